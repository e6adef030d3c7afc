/* The bytes that a text format is read from: a mapping, or memory of a test. Pages already read are
 * given back, so that a file of any size needs little memory. Threads: one input, one thread. */
#ifndef READER_INPUT_H
#define READER_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct input {
	const char *s;
	size_t n;
	size_t passed; /* bytes given back */
	bool mapped;   /* s is a mapping of a file: pages can be fetched again */
};

/** The reader is past p and will not look back before it (a later pass may). Cheap to call often.
 */
void input_passed(struct input *in, const char *p);
/** A second pass begins. */
void input_rewind(struct input *in);

#endif
