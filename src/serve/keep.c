#include <string.h>

#include "base/mem.h"
#include "serve/keep.h"

enum {
	SLOTS = 8192, /* chains stay short: an answer has at least some hundred bytes */
	OVERHEAD = 200
};

struct kept {
	struct kept *chain; /* of the same slot */
	struct kept *newer, *older;
	struct parcel *parcel;
	size_t slot, bytes;
	char question[];
};

struct keep {
	struct kept *slot[SLOTS];
	struct kept *newest, *oldest;
	size_t bytes, cap_bytes, count;
};

struct keep *
keep_create(size_t cap_bytes)
{
	struct keep *k = mem_calloc(1, sizeof *k);

	if (k)
		k->cap_bytes = cap_bytes;
	return k;
}

static size_t
slot_of(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return (size_t)((h ^ (h >> 32)) % SLOTS);
}

static void
unlink_use(struct keep *k, struct kept *x)
{
	*(x->newer ? &x->newer->older : &k->newest) = x->older;
	*(x->older ? &x->older->newer : &k->oldest) = x->newer;
}

static void
link_newest(struct keep *k, struct kept *x)
{
	x->newer = NULL;
	x->older = k->newest;
	*(k->newest ? &k->newest->newer : &k->oldest) = x;
	k->newest = x;
}

static void
forget(struct keep *k, struct kept *x)
{
	struct kept **at = &k->slot[x->slot];

	while (*at != x)
		at = &(*at)->chain;
	*at = x->chain;
	unlink_use(k, x);
	k->bytes -= x->bytes;
	k->count--;
	parcel_drop(x->parcel);
	mem_free(x);
}

static struct kept *
find(struct keep *k, const char *question, size_t slot)
{
	struct kept *x = k->slot[slot];

	while (x && strcmp(x->question, question) != 0)
		x = x->chain;
	return x;
}

struct parcel *
keep_find(struct keep *k, const char *question)
{
	struct kept *x = find(k, question, slot_of(question));

	if (!x)
		return NULL;
	unlink_use(k, x);
	link_newest(k, x);
	return x->parcel;
}

void
keep_put(struct keep *k, const char *question, struct parcel *p)
{
	size_t slot = slot_of(question), n = strlen(question) + 1;
	size_t bytes = p->bytes + n + OVERHEAD;
	struct kept *x = find(k, question, slot);

	if (x)
		forget(k, x);
	if (bytes > k->cap_bytes / 8)
		return;
	while (k->bytes + bytes > k->cap_bytes)
		forget(k, k->oldest);
	x = mem_calloc(1, sizeof *x + n);
	if (!x)
		return;
	memcpy(x->question, question, n);
	x->slot = slot;
	x->bytes = bytes;
	x->parcel = parcel_hold(p);
	x->chain = k->slot[slot];
	k->slot[slot] = x;
	link_newest(k, x);
	k->bytes += bytes;
	k->count++;
}

void
keep_clear(struct keep *k)
{
	while (k->oldest)
		forget(k, k->oldest);
}

void
keep_free(struct keep *k)
{
	if (!k)
		return;
	keep_clear(k);
	mem_free(k);
}

size_t
keep_bytes(const struct keep *k)
{
	return k->bytes;
}

size_t
keep_count(const struct keep *k)
{
	return k->count;
}
