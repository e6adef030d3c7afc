#include "ingest/seen.h"

#include <string.h>

#include "base/mem.h"

#define FIRST_ROOM 1024

void
seen_init(struct seen *s, bool values)
{
	memset(s, 0, sizeof(*s));
	s->values = values;
}

void
seen_done(struct seen *s)
{
	mem_free(s->print);
	mem_free(s->value);
	memset(s, 0, sizeof(*s));
}

/* Fingerprints are hashes already; a multiplication spreads those that are not. */
static size_t
place(const struct seen *s, uint64_t print)
{
	size_t i = (size_t)((print * 0x9e3779b97f4a7c15u) >> 17) & (s->room - 1);

	while (s->print[i] && s->print[i] != print)
		i = (i + 1) & (s->room - 1);
	return i;
}

static bool
grow(struct seen *s)
{
	struct seen next = *s;

	next.room = s->room ? 2 * s->room : FIRST_ROOM;
	next.print = mem_calloc(next.room, sizeof(*next.print));
	next.value = s->values ? mem_calloc(next.room, sizeof(*next.value)) : NULL;
	if (!next.print || (s->values && !next.value)) {
		mem_free(next.print);
		mem_free(next.value);
		return false;
	}
	for (size_t i = 0; i < s->room; i++) {
		size_t at;

		if (!s->print[i])
			continue;
		at = place(&next, s->print[i]);
		next.print[at] = s->print[i];
		if (s->values)
			next.value[at] = s->value[i];
	}
	mem_free(s->print);
	mem_free(s->value);
	*s = next;
	return true;
}

bool
seen_add(struct seen *s, uint64_t print, bool *ret_new, uint64_t **ret_value)
{
	size_t i;

	if (4 * (s->count + 1) > 3 * s->room && !grow(s))
		return false;
	i = place(s, print);
	*ret_new = s->print[i] == 0;
	if (*ret_new) {
		s->print[i] = print;
		s->count++;
	}
	if (ret_value)
		*ret_value = s->values ? &s->value[i] : NULL;
	return true;
}
