/* Which fingerprints came by already, and a number kept with each. 8 or 16 bytes a place, at most
 * 24 or 12 bytes a fingerprint on average. One thread at a time. */
#ifndef INGEST_SEEN_H
#define INGEST_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
	uint64_t *print; /* 0 = free */
	uint64_t *value; /* NULL when none are kept */
	size_t room, count;
	bool values;
};

/** Start empty; values: keep a number with each. Allocates nothing yet. */
void seen_init(struct seen *s, bool values);
void seen_done(struct seen *s);
/**
 * Find a fingerprint (not 0), adding it with the number 0 if it is new. *ret_value (NULL when no
 * numbers are kept) may be changed until the next call. *ret_new says whether it was added. False
 * when memory ends.
 */
bool seen_add(struct seen *s, uint64_t print, bool *ret_new, uint64_t **ret_value);

#endif
