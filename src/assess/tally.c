#include "assess/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	TALLY_BACK = 64 /* cells that one record can count in: columns times outcomes */
};

struct tally {
	struct arena mem;
	struct tally_cell *cell;
	size_t count, room;
	uint32_t *slot; /* cell number + 1, 0 = free */
	size_t slots;
	/* of what is explained */
	const char *asked;
	struct uuid id;
	int kind;
	struct tally_member *member;
	size_t members, member_room;
};

enum err_code
tally_create(struct tally **ret, struct err *e)
{
	struct tally *t = mem_calloc(1, sizeof(*t));

	if (!t)
		return err_set(e, ERR_NOMEM, "out of memory for counting");
	arena_init(&t->mem, (size_t)1 << 30);
	*ret = t;
	return ERR_OK;
}

void
tally_free(struct tally *t)
{
	if (!t)
		return;
	arena_done(&t->mem);
	mem_free(t->cell);
	mem_free(t->slot);
	mem_free(t->member);
	mem_free(t);
}

void
tally_from(struct tally *t, struct uuid id, int kind, const char *asked)
{
	t->id = id;
	t->kind = kind;
	t->asked = asked;
}

bool
tally_remembers(const struct tally *t, const char *code)
{
	size_t n = t->asked ? strlen(t->asked) : 0;

	return n && strncmp(code, t->asked, n) == 0 && (!code[n] || code[n] == '.');
}

enum err_code
tally_note(struct tally *t, const struct tally_cell *cell, double part, struct err *e)
{
	/* a record that counts for several things of one cell is one record; what it was noted for
	 * last is near the end */
	for (size_t i = t->members; i > 0 && i + TALLY_BACK > t->members; i--) {
		struct tally_member *m = &t->member[i - 1];

		if (memcmp(&m->id, &t->id, sizeof(t->id)) != 0)
			break;
		if (m->key == cell->key && m->place == cell->place) {
			m->part += part;
			return ERR_OK;
		}
	}
	if (t->members == t->member_room) {
		size_t room = t->member_room ? 2 * t->member_room : 256;
		struct tally_member *p = mem_realloc_array(t->member, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		t->member = p;
		t->member_room = room;
	}
	t->member[t->members++] = (struct tally_member){
		.place = cell->place, .key = cell->key, .id = t->id, .kind = t->kind, .part = part
	};
	return ERR_OK;
}

const struct tally_member *
tally_members(const struct tally *t, size_t *ret_count)
{
	*ret_count = t->members;
	return t->member;
}

static size_t
hash_key(size_t place, const char *key)
{
	uint64_t h = 1469598103934665603u ^ (uint64_t)place * 1099511628211u;

	for (; *key; key++)
		h = (h ^ (uint8_t)*key) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static size_t
find_slot(const struct tally *t, size_t place, const char *key)
{
	size_t i = hash_key(place, key) & (t->slots - 1);

	while (t->slot[i]) {
		const struct tally_cell *c = &t->cell[t->slot[i] - 1];

		if (c->place == place && strcmp(c->key, key) == 0)
			break;
		i = (i + 1) & (t->slots - 1);
	}
	return i;
}

static enum err_code
make_room(struct tally *t, struct err *e)
{
	size_t slots = t->slots ? t->slots * 2 : 256, room = slots / 2;
	uint32_t *slot;
	struct tally_cell *cell;

	if (t->count < t->room)
		return ERR_OK;
	cell = mem_realloc_array(t->cell, room, sizeof(*cell));
	if (!cell)
		return err_set(e, ERR_NOMEM, "out of memory for counting");
	t->cell = cell;
	slot = mem_calloc(slots, sizeof(*slot));
	if (!slot)
		return err_set(e, ERR_NOMEM, "out of memory for counting");
	mem_free(t->slot);
	t->slot = slot;
	t->slots = slots;
	t->room = room;
	for (size_t i = 0; i < t->count; i++)
		t->slot[find_slot(t, t->cell[i].place, t->cell[i].key)] = (uint32_t)i + 1;
	return ERR_OK;
}

enum err_code
tally_at(struct tally *t, size_t place, const char *key, struct tally_cell **ret, struct err *e)
{
	enum err_code rc = make_room(t, e);
	size_t i;

	if (rc)
		return rc;
	i = find_slot(t, place, key);
	if (!t->slot[i]) {
		char *copy = arena_strdup(&t->mem, key);

		if (!copy)
			return err_set(e, ERR_NOMEM, "out of memory for counting");
		t->cell[t->count] = (struct tally_cell){ .place = place, .key = copy };
		t->slot[i] = (uint32_t)++t->count;
	}
	*ret = &t->cell[t->slot[i] - 1];
	return ERR_OK;
}

static int
by_place_and_key(const void *a, const void *b)
{
	const struct tally_cell *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->key, y->key);
}

void
tally_sort(struct tally *t)
{
	if (t->count > 1)
		qsort(t->cell, t->count, sizeof(*t->cell), by_place_and_key);
	for (size_t i = 0; i < t->slots; i++)
		t->slot[i] = 0;
	for (size_t i = 0; i < t->count; i++)
		t->slot[find_slot(t, t->cell[i].place, t->cell[i].key)] = (uint32_t)i + 1;
}

size_t
tally_count(const struct tally *t)
{
	return t->count;
}

struct tally_cell *
tally_cell(struct tally *t, size_t i)
{
	return &t->cell[i];
}
