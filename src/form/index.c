#include <stdint.h>
#include <string.h>

#include "form/index.h"

struct slot {
	const char *name; /* NULL = empty */
	uint32_t hash;
	int position;
};

struct form_index {
	uint32_t mask; /* slots - 1; slots are a power of two, at least twice the names */
	struct slot slot[];
};

/* FNV-1a. Forms are bounded, so no seed is needed against chosen names. */
static uint32_t
hash_name(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static int
put(struct form_index *ix, const char *name, int position)
{
	uint32_t hash = hash_name(name);
	uint32_t i = hash & ix->mask;

	while (ix->slot[i].name) {
		if (ix->slot[i].hash == hash && strcmp(ix->slot[i].name, name) == 0)
			return -1;
		i = (i + 1) & ix->mask;
	}
	ix->slot[i] = (struct slot){ .name = name, .hash = hash, .position = position };
	return 0;
}

const struct form_index *
index_create(const void *base, size_t count, size_t size, struct arena *mem, size_t *ret_twice)
{
	struct form_index *ix;
	uint32_t slots = 4;

	while (slots < 2 * count)
		slots *= 2;
	ix = arena_alloc(mem, sizeof *ix + slots * sizeof ix->slot[0]);
	if (!ix)
		return NULL;
	ix->mask = slots - 1;
	*ret_twice = count;
	for (size_t i = 0; i < count && *ret_twice == count; i++) {
		const char *name;

		memcpy(&name, (const char *)base + i * size, sizeof name);
		if (put(ix, name, (int)i) != 0)
			*ret_twice = i;
	}
	return ix;
}

int
index_find(const struct form_index *ix, const char *name)
{
	uint32_t hash;

	if (!ix)
		return -1;
	hash = hash_name(name);
	for (uint32_t i = hash & ix->mask; ix->slot[i].name; i = (i + 1) & ix->mask)
		if (ix->slot[i].hash == hash && strcmp(ix->slot[i].name, name) == 0)
			return ix->slot[i].position;
	return -1;
}
