/* Outlines of any kind (WKB): the checks, the cautious shape and the measures end with an answer or
 * an error; the cautious shape is valid and covers every vertex. */
#include <math.h>
#include <stdlib.h>

#include "geo/extent.h"
#include "geo/measure.h"
#include "geo/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On the globe, and no numbers so small that GEOS's own products vanish. */
static bool
is_usable(const struct geom *g)
{
	for (size_t i = 0; i < 2 * (size_t)g->point_count; i++) {
		double v = fabs(g->xy[i]);

		if (!(v <= 85) || (v > 0 && v < 1e-9)) {
			return false;
		}
	}
	return true;
}

static void
look_at(struct geo *ctx, const struct geom *g, struct arena *mem)
{
	struct geom most, least, cells;
	struct extent_item it[2];
	struct extent_result r;
	enum shape_fault f;

	if (shape_cover(ctx, g, mem, &most, &least, NULL) != ERR_OK) {
		return; /* GEOS may give up, with a sentence */
	}
	if (shape_check(ctx, &most, &f, NULL, NULL) == ERR_OK && f != SHAPE_VALID &&
	    f != SHAPE_EMPTY) {
		abort();
	}
	if (geom_is_empty(&most)) {
		return;
	}
	for (int i = 0; i < 2; i++) {
		it[i] = (struct extent_item){ i ? &least : &most, 0, 0, 1, 0, 0 };
		it[i].area_m2 = measure_area_m2(it[i].geom);
		it[i].perimeter_m = measure_perimeter_m(it[i].geom);
	}
	if (extent_compute(NULL, it, 2, 1, &r, NULL) == ERR_OK &&
	    !(r.low_m2 <= r.area_m2 && r.area_m2 <= r.high_m2)) {
		abort();
	}
	(void)!shape_to_grid(ctx, &most, 10000, mem, &cells, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct geo *ctx;
	struct arena mem;
	struct geom g;

	if (!ctx) {
		ctx = geo_create();
	}
	arena_init(&mem, (size_t)64 << 20);
	if (geom_from_wkb(data, size, 60, &mem, &g, NULL) == ERR_OK && is_usable(&g)) {
		look_at(ctx, &g, &mem);
	}
	arena_done(&mem);
	return 0;
}
