#include <math.h>
#include <string.h>

#include "reader/wkb.h"

struct walk {
	const uint8_t *p;
	const uint8_t *end;
	int64_t left; /* vertices still allowed */
	bool swap;
	bool empty;
};

static bool
get_u32(struct walk *w, uint32_t *ret)
{
	if (w->end - w->p < 4)
		return false;
	memcpy(ret, w->p, 4);
	if (w->swap)
		*ret = __builtin_bswap32(*ret);
	w->p += 4;
	return true;
}

static const char *
points(struct walk *w, uint32_t count, size_t dims, bool lone)
{
	w->left -= count;
	if (w->left < 0)
		return "the geometry has more vertices than allowed";
	if ((size_t)(w->end - w->p) < (size_t)count * dims * 8)
		return "the geometry ends early";
	for (uint32_t i = 0; i < count; i++, w->p += dims * 8) {
		uint64_t bits[2];
		double xy[2];

		memcpy(bits, w->p, 16);
		for (int k = 0; k < 2; k++)
			bits[k] = w->swap ? __builtin_bswap64(bits[k]) : bits[k];
		memcpy(xy, bits, 16);
		if (isfinite(xy[0]) && isfinite(xy[1]))
			continue;
		if (!lone || !isnan(xy[0]) || !isnan(xy[1]))
			return "a coordinate is not a finite number";
		w->empty = true;
	}
	return NULL;
}

static const char *
rings(struct walk *w, uint32_t count, size_t dims)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *why;
		uint32_t n;

		if (!get_u32(w, &n))
			return "the geometry ends early";
		why = points(w, n, dims, false);
		if (why)
			return why;
	}
	return NULL;
}

/* Byte order and type; returns the plain type 1 .. 7, 0 for others. */
static uint32_t
head(struct walk *w, size_t *ret_dims)
{
	uint32_t type;

	if (w->end - w->p < 5 || *w->p > 1)
		return 0;
	w->swap = *w->p++ == 0;
	if (!get_u32(w, &type))
		return 0;
	*ret_dims = 2;
	if (type & 0x20000000u) {
		uint32_t srid;

		if (!get_u32(w, &srid))
			return 0;
	}
	*ret_dims += (type >> 31) + ((type >> 30) & 1);
	type &= 0x1fffffffu;
	if (type >= 1000)
		*ret_dims += type / 1000 == 3 ? 2 : 1;
	if (type / 1000 > 3)
		return 0;
	type %= 1000;
	return type >= 1 && type <= 7 ? type : 0;
}

static const char *
geometry(struct walk *w, int depth)
{
	size_t dims;
	uint32_t type = head(w, &dims);
	uint32_t count;

	if (!type)
		return "the geometry's type is not a point, line, polygon or several of them";
	if (depth <= 0)
		return "geometry collections are nested too deeply";
	if (type == 1)
		return points(w, 1, dims, true);
	if (!get_u32(w, &count))
		return "the geometry ends early";
	if (type == 2)
		return points(w, count, dims, false);
	if (type == 3)
		return rings(w, count, dims);
	for (uint32_t i = 0; i < count; i++) {
		const char *why = geometry(w, depth - 1);

		if (why)
			return why;
	}
	return NULL;
}

const char *
wkb_refusal(const uint8_t *p, size_t n, int64_t max_vertices, int depth, bool *ret_empty)
{
	struct walk w = { .p = p, .end = p + n, .left = max_vertices };
	const char *why = geometry(&w, depth);

	*ret_empty = w.empty && n <= 40 && w.p - p <= 40;
	if (!why && w.empty && !*ret_empty)
		return "a coordinate is not a finite number";
	return why;
}
