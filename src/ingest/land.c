#include "ingest/land.h"

#include <math.h>
#include <string.h>

enum {
	NODES_X = LAND_COLUMNS + 1,
	NODES_Y = LAND_ROWS + 1
};

struct lattice {
	double node[NODES_Y][NODES_X][2];
	uint64_t seed;
};

/* All coordinates of the invented land have 7 decimals. */
static double
rounded(double deg)
{
	return round(deg * 1e7) / 1e7;
}

static void
make_nodes(struct lattice *t)
{
	struct rng r;

	rng_seed(&r, t->seed, 1);
	for (int y = 0; y < NODES_Y; y++)
		for (int x = 0; x < NODES_X; x++) {
			double w = 0.9 * (LAND_MAX_LON - LAND_MIN_LON) / LAND_COLUMNS;
			double h = 0.9 * (LAND_MAX_LAT - LAND_MIN_LAT) / LAND_ROWS;
			double lon = LAND_MIN_LON + 0.5 + x * w, lat = LAND_MIN_LAT + 0.4 + y * h;

			t->node[y][x][0] = rounded(lon + (rng_f64(&r) - 0.5) * 0.4 * w);
			t->node[y][x][1] = rounded(lat + (rng_f64(&r) - 0.5) * 0.4 * h);
		}
}

struct path {
	double *xy;
	size_t points;
};

/* The border from one node to the next, the same wherever it is used: bent points follow from both
 * ends. The last node is left out. */
static void
add_border(const struct lattice *t, int x1, int y1, int x2, int y2, struct path *p)
{
	bool forward = y1 < y2 || (y1 == y2 && x1 < x2);
	int ax = forward ? x1 : x2, ay = forward ? y1 : y2, bx = forward ? x2 : x1,
	    by = forward ? y2 : y1;
	const double *a = t->node[ay][ax], *b = t->node[by][bx];
	double bend[LAND_EDGE_POINTS][2];
	struct rng r;

	rng_seed(&r, t->seed,
	         1000 + (uint64_t)((ay * NODES_X + ax) * 4 + (bx - ax) * 2 + (by - ay)));
	for (int i = 0; i < LAND_EDGE_POINTS; i++) {
		double f = (i + 1.0) / (LAND_EDGE_POINTS + 1),
		       off = (rng_f64(&r) - 0.5) * 0.09 * sin(f * 3.14159265358979);

		bend[i][0] = rounded(a[0] + f * (b[0] - a[0]) - off * (b[1] - a[1]));
		bend[i][1] = rounded(a[1] + f * (b[1] - a[1]) + off * (b[0] - a[0]));
	}
	p->xy[2 * p->points] = t->node[y1][x1][0];
	p->xy[2 * p->points++ + 1] = t->node[y1][x1][1];
	for (int i = 0; i < LAND_EDGE_POINTS; i++) {
		const double *q = bend[forward ? i : LAND_EDGE_POINTS - 1 - i];

		p->xy[2 * p->points] = q[0];
		p->xy[2 * p->points++ + 1] = q[1];
	}
}

/* The polygon of the lattice cells x1 .. x2-1, y1 .. y2-1, counter-clockwise, closed. */
static bool
block(const struct lattice *t, int x1, int y1, int x2, int y2, struct arena *mem, struct geom *g)
{
	size_t sides = 2 * ((size_t)(x2 - x1) + (size_t)(y2 - y1));
	struct path p = { arena_calloc(mem, sides * (LAND_EDGE_POINTS + 1) + 1, 2 * sizeof(double)),
		          0 };
	uint32_t *end = arena_calloc(mem, 2, sizeof(*end));

	if (!p.xy || !end)
		return false;
	for (int x = x1; x < x2; x++)
		add_border(t, x, y1, x + 1, y1, &p);
	for (int y = y1; y < y2; y++)
		add_border(t, x2, y, x2, y + 1, &p);
	for (int x = x2; x > x1; x--)
		add_border(t, x, y2, x - 1, y2, &p);
	for (int y = y2; y > y1; y--)
		add_border(t, x1, y, x1, y - 1, &p);
	p.xy[2 * p.points] = p.xy[0];
	p.xy[2 * p.points++ + 1] = p.xy[1];
	end[0] = 1;
	end[1] = (uint32_t)p.points;
	*g = (struct geom){ .type = GEOM_POLYGON,
		            .part_count = 1,
		            .ring_count = 1,
		            .point_count = (uint32_t)p.points,
		            .part_end = &end[0],
		            .ring_end = &end[1],
		            .xy = p.xy };
	return true;
}

const char *
land_word(struct rng *r, struct arena *mem)
{
	static const char *const first[] = { "Vo",  "Te",  "Ka",  "Lu",  "Mi",  "Sa",  "Ro",
		                             "Na",  "Pe",  "Ho",  "Ze",  "Du",  "Ala", "Ori",
		                             "Une", "Bre", "Kri", "Sto", "Vae", "Thi" };
	static const char *const middle[] = { "ra", "li", "no", "ve", "mu",  "ta",  "shi", "ko",
		                              "de", "bu", "ri", "la", "men", "tor", "gal", "sen" };
	static const char *const last[] = { "va", "nd",  "ra",  "lin", "mo",  "tis",
		                            "ka", "res", "dun", "va",  "nor", "lis" };
	const char *a = first[rng_below(r, 20)], *b = middle[rng_below(r, 16)],
		   *c = last[rng_below(r, 12)];

	return rng_below(r, 3) ? arena_printf(mem, "%s%s%s", a, b, c)
	                       : arena_printf(mem, "%s%s%s%s", a, b, middle[rng_below(r, 16)], c);
}

int
land_province_of(int district)
{
	int x = district % LAND_COLUMNS, y = district / LAND_COLUMNS;

	return (y / LAND_BLOCK_ROWS) * (LAND_COLUMNS / LAND_BLOCK_COLUMNS) + x / LAND_BLOCK_COLUMNS;
}

enum err_code
land_make(struct land *l, uint64_t seed, struct err *e)
{
	struct lattice t = { .seed = seed };
	struct rng names;
	bool ok;

	memset(l, 0, sizeof(*l));
	arena_init(&l->mem, 64u << 20);
	make_nodes(&t);
	rng_seed(&names, seed, 2);
	ok = block(&t, 0, 0, LAND_COLUMNS, LAND_ROWS, &l->mem, &l->country);
	for (int i = 0; ok && i < LAND_PROVINCES; i++) {
		int x = i % (LAND_COLUMNS / LAND_BLOCK_COLUMNS) * LAND_BLOCK_COLUMNS;
		int y = i / (LAND_COLUMNS / LAND_BLOCK_COLUMNS) * LAND_BLOCK_ROWS;

		ok = block(&t, x, y, x + LAND_BLOCK_COLUMNS, y + LAND_BLOCK_ROWS, &l->mem,
		           &l->province[i]);
		l->province_name[i] =
			arena_printf(&l->mem, "%s Province", land_word(&names, &l->mem));
		ok = ok && l->province_name[i];
	}
	for (int i = 0; ok && i < LAND_DISTRICTS; i++) {
		int x = i % LAND_COLUMNS, y = i / LAND_COLUMNS;

		ok = block(&t, x, y, x + 1, y + 1, &l->mem, &l->district[i]);
		l->district_name[i] =
			arena_printf(&l->mem, "%s %d", land_word(&names, &l->mem), i + 1);
		ok = ok && l->district_name[i];
	}
	if (ok)
		return ERR_OK;
	land_done(l);
	return err_set(e, ERR_NOMEM, "out of memory for the fictional country");
}

void
land_done(struct land *l)
{
	arena_done(&l->mem);
}

void
land_position(const struct land *l, int district, struct rng *r, double ret[2])
{
	const double *xy = l->district[district].xy;
	/* the four corners, and a point between them by two fractions: inside, off the border */
	size_t step = LAND_EDGE_POINTS + 1;
	const double *a = xy, *b = xy + 2 * step, *c = xy + 4 * step, *d = xy + 6 * step;
	double u = 0.08 + 0.84 * rng_f64(r), v = 0.08 + 0.84 * rng_f64(r);

	for (int k = 0; k < 2; k++)
		ret[k] = rounded((1 - v) * ((1 - u) * a[k] + u * b[k]) +
		                 v * ((1 - u) * d[k] + u * c[k]));
}
