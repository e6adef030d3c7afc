#include "geo/clump.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
	LOOK_EVERY = 1024
};

void
clumps_done(struct clumps *c)
{
	mem_free(c->open);
	*c = (struct clumps){ 0 };
}

static void
make_ready(struct clumps *c, const struct clump *k)
{
	k->last->next = c->ready;
	c->ready = k->first;
	c->ready_count += k->count;
}

/* Those that the line has left behind are whole. */
static void
look_through(struct clumps *c, double west_deg)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (c->open[i].east_deg < west_deg)
			make_ready(c, &c->open[i]);
		else
			c->open[n++] = c->open[i];
	}
	c->count = n;
	c->until_look = LOOK_EVERY;
}

/* The first one that reaches as far north as that latitude. */
static size_t
first_from(const struct clumps *c, double south_deg)
{
	size_t lo = 0, hi = c->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->open[mid].north_deg < south_deg)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
join(struct clump *k, const struct clump *other)
{
	k->south_deg = fmin(k->south_deg, other->south_deg);
	k->north_deg = fmax(k->north_deg, other->north_deg);
	k->east_deg = fmax(k->east_deg, other->east_deg);
	k->last->next = other->first;
	k->last = other->last;
	k->count += other->count;
}

bool
clumps_add(struct clumps *c, struct geom_box box, struct clump_link *item)
{
	struct clump k = { box.min_lat_deg, box.max_lat_deg, box.max_lon_deg, item, item, 1 };
	size_t from, to;

	if (c->count == c->room) {
		size_t room = c->room ? 2 * c->room : 256;
		struct clump *p = mem_realloc_array(c->open, room, sizeof(*p));

		if (!p)
			return false;
		c->open = p;
		c->room = room;
	}
	if (c->until_look == 0)
		look_through(c, box.min_lon_deg);
	c->until_look--;
	item->next = NULL;
	from = to = first_from(c, box.min_lat_deg);
	for (; to < c->count && c->open[to].south_deg <= box.max_lat_deg; to++) {
		if (c->open[to].east_deg < box.min_lon_deg)
			make_ready(c, &c->open[to]);
		else
			join(&k, &c->open[to]);
	}
	/* from .. to become one */
	memmove(c->open + from + 1, c->open + to, (c->count - to) * sizeof(*c->open));
	c->count = c->count - (to - from) + 1;
	c->open[from] = k;
	return true;
}

void
clumps_end(struct clumps *c)
{
	for (size_t i = 0; i < c->count; i++)
		make_ready(c, &c->open[i]);
	c->count = 0;
}

struct clump_link *
clumps_take(struct clumps *c, size_t *ret_count)
{
	struct clump_link *list = c->ready;

	*ret_count = c->ready_count;
	c->ready = NULL;
	c->ready_count = 0;
	return list;
}

struct clump_link *
clumps_abandon(struct clumps *c)
{
	size_t count;

	clumps_end(c);
	return clumps_take(c, &count);
}
