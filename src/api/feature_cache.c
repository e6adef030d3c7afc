#include "api/feature_cache.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
	BLOCK = 1 << 20,
	SLOTS_FIRST = 1024
};

struct slot {
	int64_t number; /* 0 = free, -1 = dropped */
	const char *bytes;
	uint32_t size;
	bool placed;  /* has a box */
	float box[4]; /* rounded outward: what lies in it for sure is asked of the outline */
};

struct block {
	struct block *next;
	size_t used;
	char bytes[BLOCK];
};

struct feature_cache {
	struct slot *slot;
	size_t slots, taken; /* a power of two; slots that are not free */
	struct block *block;
	size_t *used; /* shared */
	size_t own;
	int64_t state;
	bool full;
	size_t missed; /* since it is full, less what was found */
};

struct feature_cache *
feature_cache_create(size_t *used)
{
	struct feature_cache *c = mem_calloc(1, sizeof(*c));

	if (c) {
		c->used = used;
		c->state = -1;
	}
	return c;
}

void
feature_cache_clear(struct feature_cache *c)
{
	while (c->block) {
		struct block *next = c->block->next;

		mem_free(c->block);
		c->block = next;
	}
	mem_free(c->slot);
	c->slot = NULL;
	c->slots = c->taken = 0;
	*c->used -= c->own;
	c->own = 0;
	c->full = false;
	c->missed = 0;
}

void
feature_cache_free(struct feature_cache *c)
{
	if (!c)
		return;
	feature_cache_clear(c);
	mem_free(c);
}

size_t
feature_cache_bytes(const struct feature_cache *c)
{
	return c->own;
}

void
feature_cache_reopen(struct feature_cache *c)
{
	c->full = false;
	c->missed = 0;
}

int64_t
feature_cache_state(const struct feature_cache *c)
{
	return c->state;
}

void
feature_cache_set_state(struct feature_cache *c, int64_t state)
{
	c->state = state;
}

/* The slot of a number, or the free one where it would go. */
static size_t
find(const struct slot *slot, size_t slots, int64_t number)
{
	uint64_t h = (uint64_t)number * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 20) & (slots - 1);

	while (slot[i].number != 0 && slot[i].number != number)
		i = (i + 1) & (slots - 1);
	return i;
}

bool
feature_cache_get(struct feature_cache *c, int64_t number, const char **ret, size_t *ret_size,
                  struct geom_box *ret_box)
{
	const struct slot *s;

	if (!c->slots)
		return false;
	s = &c->slot[find(c->slot, c->slots, number)];
	if (s->number != number)
		return false;
	c->missed -= c->missed > 0;
	*ret = s->bytes;
	*ret_size = s->size;
	*ret_box = s->placed ? (struct geom_box){ (double)s->box[0], (double)s->box[1],
		                                  (double)s->box[2], (double)s->box[3] }
	                     : (struct geom_box){ 1, 1, -1, -1 };
	return true;
}

void
feature_cache_drop(struct feature_cache *c, int64_t number)
{
	struct slot *s;

	if (!c->slots)
		return;
	s = &c->slot[find(c->slot, c->slots, number)];
	if (s->number == number)
		s->number = -1; /* its bytes go when all go */
}

static bool
room_for_slot(struct feature_cache *c)
{
	size_t slots = c->slots ? 2 * c->slots : SLOTS_FIRST;
	struct slot *more;

	if (c->slots && c->taken < c->slots / 4 * 3)
		return true;
	if (*c->used + slots * sizeof(*more) > FEATURE_CACHE_BYTES ||
	    !(more = mem_calloc(slots, sizeof(*more))))
		return false;
	for (size_t i = 0; i < c->slots; i++)
		if (c->slot[i].number > 0)
			more[find(more, slots, c->slot[i].number)] = c->slot[i];
	mem_free(c->slot);
	c->own += (slots - c->slots) * sizeof(*more);
	*c->used += (slots - c->slots) * sizeof(*more);
	c->slot = more;
	c->slots = slots;
	return true;
}

static char *
room_for_bytes(struct feature_cache *c, size_t size)
{
	struct block *b = c->block;

	if (!b || b->used + size > BLOCK) {
		if (size > BLOCK / 8 || *c->used + sizeof(*b) > FEATURE_CACHE_BYTES ||
		    !(b = mem_alloc(sizeof(*b))))
			return NULL;
		b->next = c->block;
		b->used = 0;
		c->block = b;
		c->own += sizeof(*b);
		*c->used += sizeof(*b);
	}
	b->used += size;
	return b->bytes + b->used - size;
}

static float
outward(double v, int way)
{
	float f = (float)v;

	if (way < 0 ? (double)f > v : (double)f < v)
		f = nextafterf(f, way < 0 ? -INFINITY : INFINITY);
	return f;
}

void
feature_cache_put(struct feature_cache *c, int64_t number, const char *bytes, size_t size,
                  struct geom_box box, bool *ret_full)
{
	char *copy;
	size_t i;

	*ret_full = false;
	if (c->full) { /* what is kept stays, unless it is of no use any more */
		*ret_full = ++c->missed > c->taken;
		return;
	}
	if (size > BLOCK / 8) /* a giant is not worth its room */
		return;
	if (!room_for_slot(c) || !(copy = room_for_bytes(c, size))) {
		c->full = true;
		return;
	}
	memcpy(copy, bytes, size);
	i = find(c->slot, c->slots, number);
	c->taken += c->slot[i].number == 0;
	c->slot[i] = (struct slot){ number,
		                    copy,
		                    (uint32_t)size,
		                    box.min_lon_deg <= box.max_lon_deg,
		                    { outward(box.min_lon_deg, -1), outward(box.min_lat_deg, -1),
		                      outward(box.max_lon_deg, 1), outward(box.max_lat_deg, 1) } };
}

void
feature_sign(struct buf *b, int sign, size_t i)
{
	buf_addc(b, (char)sign);
	i++;
	while (i >= 128) {
		buf_addc(b, (char)(i | 128));
		i >>= 7;
	}
	buf_addc(b, (char)i);
}

/* The next byte that is a sign, or end. Eight bytes at a time: a byte below 3 borrows. */
static const char *
next_sign(const char *s, const char *end)
{
	const uint64_t three = 0x0303030303030303u, top = 0x8080808080808080u;
	uint64_t x;

	for (; end - s >= 8; s += 8) {
		memcpy(&x, s, 8);
		if ((x - three) & ~x & top)
			break;
	}
	while (s < end && (unsigned char)*s > FEATURE_NULL)
		s++;
	return s;
}

void
feature_expand(const char *s, size_t n, const struct feature_word *word, struct buf *out)
{
	const char *end = s + n, *from = s;

	while ((s = next_sign(s, end)) < end) {
		size_t i = 0;
		int sign, shift = 0;

		buf_add(out, from, (size_t)(s - from));
		sign = (unsigned char)*s++;
		do
			i |= (size_t)(*s & 127) << shift, shift += 7;
		while (*s++ & 128);
		i--;
		if (sign == FEATURE_NAME)
			buf_add(out, word[i].name, word[i].name_size);
		else
			buf_add(out, word[i].null, word[i].null_size);
		from = s;
	}
	buf_add(out, from, (size_t)(s - from));
}
