/* What each process of the server may still do once it has opened what it needs: no new privileges,
 * no core dumps, a short list of files (Landlock) and of system calls (seccomp). Never left again.
 * Enter before the process makes threads. */
#ifndef SERVE_CONFINE_H
#define SERVE_CONFINE_H

#include <stddef.h>

#include "api/route.h"

/**
 * Confine this process as its part asks for (docs/decisions/0012-serve-processes.md):
 * the front reads, writes and accepts on what is open and opens nothing; parts that read open files
 * of the system and originals to read; the part that writes also originals and keys of its
 * registers; parts of accounts the accounts' folder. None makes a socket or runs a program.
 *
 * site: of the part, NULL for the front. What the kernel did not offer is put into remark as a
 * sentence ("" = all is there): serving goes on, said aloud.
 */
void confine(enum serve_part part, const struct site *site, char *remark, size_t remark_size);

#endif
