#include "geo/band.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static void
add(double *hi, double *lo, double x)
{
	double s = *hi + x;
	double back = s - *hi;

	*lo += (*hi - (s - back)) + (x - back);
	*hi = s;
}

void
band_total_add(struct band_total *a, const struct band_total *b)
{
	add(&a->people_hi, &a->people_lo, b->people_hi);
	a->people_lo += b->people_lo;
	add(&a->area_hi, &a->area_lo, b->area_hi);
	a->area_lo += b->area_lo;
	a->rise += b->rise;
}

enum err_code
band_init(struct band *b, uint32_t lo_col, uint32_t hi_col, uint32_t cap_rows, struct err *e)
{
	size_t width = (size_t)hi_col - lo_col;

	*b = (struct band){ .lo_col = lo_col, .hi_col = hi_col, .cap_rows = cap_rows };
	if (hi_col < lo_col || cap_rows == 0)
		return err_set(e, ERR_INTERNAL, "a band of %u rows, columns %u to %u", cap_rows,
		               lo_col, hi_col);
	b->value = mem_calloc(cap_rows, (width + 1) * sizeof *b->value);
	b->sum = mem_calloc(cap_rows, (width + 1) * sizeof *b->sum);
	b->row_area_m2 = mem_calloc(cap_rows, sizeof *b->row_area_m2);
	b->filled = mem_calloc(cap_rows, sizeof *b->filled);
	if (!b->value || !b->sum || !b->row_area_m2 || !b->filled)
		return err_set(e, ERR_NOMEM, "out of memory for %u raster rows of %zu columns",
		               cap_rows, width);
	return ERR_OK;
}

void
band_done(struct band *b)
{
	mem_free(b->value);
	mem_free(b->sum);
	mem_free(b->row_area_m2);
	mem_free(b->filled);
	*b = (struct band){ 0 };
}

void
band_start(struct band *b, int64_t first_row)
{
	b->first_row = first_row;
	b->rows = 0;
}

void
band_push(struct band *b, const double *values, double nodata)
{
	size_t width = (size_t)b->hi_col - b->lo_col;
	const double *in = values ? values + b->lo_col : NULL;
	double *restrict out = b->value + b->rows * width;

	b->filled[b->rows] = values != NULL;
	for (size_t i = 0; in && i < width; i++) /* without branches: four at a time */
		out[i] = ((in[i] > 0) & (in[i] <= 1e300) & (in[i] != nodata)) ? in[i] : 0;
	b->rows++;
}

static void
seal_row(void *ctx, size_t i, size_t worker)
{
	struct band *b = ctx;
	size_t width = (size_t)b->hi_col - b->lo_col;
	const double *v = b->value + i * width;
	struct band_prefix *out = b->sum + i * (width + 1);
	double hi = 0, lo = 0;

	(void)worker;
	if (!b->filled[i])
		return;
	out[0] = (struct band_prefix){ 0, 0 };
	for (size_t c = 0; c < width; c++) {
		add(&hi, &lo, v[c]);
		out[c + 1] = (struct band_prefix){ hi, lo };
	}
}

void
band_seal(struct band *b, struct pool *pool)
{
	pool_for(pool, b->rows, 1, seal_row, b);
}

/* Sum of the row from the reference to the left border of column c (both counted from lo_col). */
static inline double
left_of(const struct band_prefix *row, size_t c, struct band_prefix ref)
{
	return (row[c].hi - ref.hi) + (row[c].lo - ref.lo);
}

static inline double
value_of(const struct band_prefix *row, size_t c)
{
	return (row[c + 1].hi - row[c].hi) + (row[c + 1].lo - row[c].lo);
}

/* Mean of F over columns ua .. ub (ua <= ub), both counted from lo_col; width columns hold values.
 */
static double
mean_left(const struct band_prefix *row, size_t width, struct band_prefix ref, double ua, double ub)
{
	double length = ub - ua;
	double end = (double)width;
	double total = 0;
	double x;

	if (ub <= 0)
		return left_of(row, 0, ref);
	if (ua >= end)
		return left_of(row, width, ref);
	if (ua >= 0 && ub < end && (size_t)ua == (size_t)ub) {
		size_t c = (size_t)ua;

		return left_of(row, c, ref) + value_of(row, c) * ((ua + ub) / 2 - (double)c);
	}
	if (ua < 0) {
		total += -ua * left_of(row, 0, ref);
		ua = 0;
	}
	if (ub > end) {
		total += (ub - end) * left_of(row, width, ref);
		ub = end;
	}
	for (size_t c = (size_t)ua; ua < ub && c < width; c++) {
		x = fmin(ub, (double)(c + 1));
		total += (x - ua) *
		         (left_of(row, c, ref) + value_of(row, c) * ((ua + x) / 2 - (double)c));
		ua = x;
	}
	return total / length;
}

/* One piece inside row i of the band: dv rows long (signed), from column ua to ub. */
static void
add_piece(const struct band *b, uint32_t i, double dv, double ua, double ub, uint32_t ref_col,
          struct band_total *t)
{
	size_t width = (size_t)b->hi_col - b->lo_col;
	const struct band_prefix *row = b->sum + i * (width + 1);
	size_t ref = ref_col > b->lo_col ? ref_col - b->lo_col : 0;

	add(&t->area_hi, &t->area_lo, dv * ((ua + ub) / 2) * b->row_area_m2[i]);
	if (!b->filled[i])
		return;
	ua -= (double)b->lo_col;
	ub -= (double)b->lo_col;
	add(&t->people_hi, &t->people_lo,
	    dv * mean_left(row, width, row[ref], fmin(ua, ub), fmax(ua, ub)));
}

void
band_add_edge(const struct band *b, const double p[2], const double q[2], uint32_t ref_col,
              double sign, struct band_total *t)
{
	double top = (double)b->first_row;
	double bottom = top + b->rows;
	double u0 = p[0], v0 = p[1], u1 = q[0], v1 = q[1];
	double slope, u_lo, u_hi, row_end, u_end, v_stop;

	if (v0 == v1)
		return;
	/* Downwards always, so that an edge shared by two rings gives the same bits to both. */
	if (v0 > v1) {
		u0 = q[0], v0 = q[1], u1 = p[0], v1 = p[1];
		sign = -sign;
	}
	if (v1 <= top || v0 >= bottom)
		return;
	slope = (u1 - u0) / (v1 - v0);
	u_lo = fmin(u0, u1);
	u_hi = fmax(u0, u1);
	v_stop = fmin(v1, bottom);
	double v = v0, u = u0;
	if (v < top) {
		v = top;
		u = fmax(u_lo, fmin(u_hi, u0 + (top - v0) * slope));
	}
	t->rise += sign * (v_stop - v);
	while (v < v_stop) {
		uint32_t i = (uint32_t)(v - top);

		row_end = top + (double)i + 1;
		if (row_end >= v1) {
			row_end = v1;
			u_end = u1;
		} else {
			u_end = fmax(u_lo, fmin(u_hi, u0 + (row_end - v0) * slope));
		}
		add_piece(b, i, sign * (row_end - v), u, u_end, ref_col, t);
		v = row_end;
		u = u_end;
	}
}
