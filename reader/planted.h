/* For a test build only: code that tries to get out of the sandbox, as a taken-over parser would.
 */
#ifndef READER_PLANTED_H
#define READER_PLANTED_H

/** Try one way by name; "list" prints all names. Returns 99 if it worked, 1 if it did not; may be
 * killed. */
int planted_try(const char *name);

#endif
