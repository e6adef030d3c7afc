#include <math.h>
#include <stddef.h>

#include "geo/build.h"

static void
build_rewind(struct build *b)
{
	b->given = 0;
	b->parts = b->rings = b->points = 0;
	b->ring_first = b->part_first = 0;
}

void
build_start(struct build *b, size_t max_points)
{
	*b = (struct build){ .type = GEOM_POINT,
		             .max_points = max_points ? max_points : GEOM_MAX_POINTS };
}

bool
build_fill(struct build *b, struct arena *mem)
{
	b->xy = arena_calloc(mem, (size_t)b->points * 2 + 1, sizeof(*b->xy));
	b->ring_end = arena_calloc(mem, (size_t)b->rings + 1, sizeof(*b->ring_end));
	b->part_end = arena_calloc(mem, (size_t)b->parts + 1, sizeof(*b->part_end));
	build_rewind(b);
	return b->xy && b->ring_end && b->part_end;
}

enum err_code
build_point(struct build *b, double x, double y, struct err *e)
{
	if (!(isfinite(x) && isfinite(y))) {
		return err_set(e, ERR_INVALID, "a coordinate is not a finite number");
	}
	if (b->given >= b->max_points || b->points >= UINT32_MAX / 2 - 1) {
		return err_set(e, ERR_LIMIT, "more than %zu vertices in one geometry",
		               b->max_points);
	}
	b->given++;
	if (b->points == b->ring_first) {
		b->first[0] = x;
		b->first[1] = y;
	}
	b->last[0] = x;
	b->last[1] = y;
	if (b->xy) {
		b->xy[2 * (size_t)b->points] = x;
		b->xy[2 * (size_t)b->points + 1] = y;
	}
	b->points++;
	return ERR_OK;
}

/* To the bit, but -0 equals 0: a ring closed as people mean it. */
static bool
build_is_closed(const struct build *b)
{
	return b->first[0] >= b->last[0] && b->first[0] <= b->last[0] &&
	       b->first[1] >= b->last[1] && b->first[1] <= b->last[1];
}

void
build_end_ring(struct build *b, bool close)
{
	if (b->points == b->ring_first) {
		return;
	}
	if (close && !build_is_closed(b)) {
		if (b->xy) {
			b->xy[2 * (size_t)b->points] = b->first[0];
			b->xy[2 * (size_t)b->points + 1] = b->first[1];
		}
		b->points++;
	}
	if (b->ring_end) {
		b->ring_end[b->rings] = b->points;
	}
	b->rings++;
	b->ring_first = b->points;
}

void
build_end_part(struct build *b)
{
	if (b->rings == b->part_first) {
		return;
	}
	if (b->part_end) {
		b->part_end[b->parts] = b->rings;
	}
	b->parts++;
	b->part_first = b->rings;
}

void
build_done(const struct build *b, struct geom *ret)
{
	*ret = (struct geom){ .type = b->type,
		              .part_count = b->parts,
		              .ring_count = b->rings,
		              .point_count = b->points,
		              .part_end = b->part_end,
		              .ring_end = b->ring_end,
		              .xy = b->xy };
}
