#define _DEFAULT_SOURCE /* madvise */
#include <stdint.h>
#include <sys/mman.h>

#include "reader/input.h"

#define INPUT_STEP ((size_t)8 << 20)

void
input_passed(struct input *in, const char *p)
{
	size_t at = (size_t)(p - in->s);
	size_t step;

	if (!in->mapped || at < in->passed + INPUT_STEP)
		return;
	step = (at - in->passed) & ~(INPUT_STEP - 1);
	/* Failure only costs memory. */
	(void)madvise((void *)((uintptr_t)in->s + in->passed), step, MADV_DONTNEED);
	in->passed += step;
}

void
input_rewind(struct input *in)
{
	in->passed = 0;
}
