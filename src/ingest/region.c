#include "ingest/region.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "geo/measure.h"

#define EDGES_PER_BAND 8
#define MAX_BANDS 4096

/* Boxes drawn outward to a tenth of a degree from general geographic knowledge: a first test, no
 * boundary. */
static const struct {
	char iso3[4];
	double west, south, east, north;
} countries[] = {
	{ "AFG", 60.4, 29.3, 75.0, 38.6 },       { "AGO", 11.6, -18.2, 24.2, -4.2 },
	{ "ALB", 19.1, 39.5, 21.2, 42.8 },       { "ARM", 43.4, 38.8, 46.7, 41.4 },
	{ "AZE", 44.7, 38.3, 50.9, 42.0 },       { "BFA", -5.6, 9.3, 2.5, 15.2 },
	{ "BIH", 15.6, 42.4, 19.8, 45.4 },       { "CAF", 14.3, 2.1, 27.6, 11.2 },
	{ "CMR", 8.3, 1.6, 16.3, 13.2 },         { "COD", 12.0, -13.6, 31.4, 5.5 },
	{ "COL", -82.2, -4.4, -66.7, 16.2 },     { "CYP", 32.1, 34.5, 34.7, 35.8 },
	{ "ECU", -92.2, -5.1, -75.1, 1.9 },      { "EGY", 24.6, 21.8, 37.1, 31.8 },
	{ "ERI", 36.3, 12.3, 43.3, 18.2 },       { "ESH", -17.3, 20.6, -8.5, 27.8 },
	{ "ETH", 32.9, 3.3, 48.1, 15.0 },        { "GEO", 39.8, 41.0, 46.9, 43.7 },
	{ "GNB", -16.9, 10.7, -13.5, 12.8 },     { "HRV", 13.3, 42.2, 19.6, 46.7 },
	{ "IRN", 43.9, 24.9, 63.5, 39.9 },       { "IRQ", 38.6, 28.9, 48.8, 37.5 },
	{ "ISR", 34.1, 29.3, 36.0, 33.5 },       { "JOR", 34.8, 29.1, 39.4, 33.5 },
	{ "KHM", 102.2, 9.6, 107.8, 14.8 },      { "LAO", 100.0, 13.8, 107.8, 22.6 },
	{ "LBN", 34.9, 32.9, 36.8, 34.8 },       { "LBY", 9.2, 19.4, 25.3, 33.3 },
	{ "LKA", 79.4, 5.8, 82.0, 10.0 },        { "MDA", 26.5, 45.3, 30.3, 48.6 },
	{ "MLI", -12.4, 10.0, 4.4, 25.1 },       { "MMR", 92.0, 9.4, 101.3, 28.7 },
	{ "MNE", 18.3, 41.8, 20.5, 43.7 },       { "MOZ", 30.1, -27.0, 41.0, -10.3 },
	{ "MRT", -17.3, 14.6, -4.7, 27.4 },      { "NER", 0.0, 11.6, 16.1, 23.7 },
	{ "NGA", 2.5, 3.9, 14.8, 14.0 },         { "NIC", -87.9, 10.6, -82.5, 15.2 },
	{ "NPL", 80.0, 26.3, 88.3, 30.6 },       { "OMN", 51.8, 16.4, 60.0, 26.6 },
	{ "PAK", 60.7, 23.4, 77.3, 37.2 },       { "PER", -81.6, -18.5, -68.5, 0.1 },
	{ "PSE", 34.1, 31.1, 35.7, 32.7 },       { "RUS", 19.5, 41.1, 180.0, 82.0 },
	{ "RWA", 28.7, -3.0, 31.0, -0.9 },       { "SDN", 21.7, 8.5, 38.9, 22.4 },
	{ "SEN", -17.7, 12.2, -11.2, 16.8 },     { "SOM", 40.9, -1.8, 51.6, 12.2 },
	{ "SRB", 18.7, 41.8, 23.1, 46.3 },       { "SSD", 23.3, 3.4, 36.0, 12.4 },
	{ "SYR", 35.5, 32.2, 42.5, 37.4 },       { "TCD", 13.4, 7.3, 24.1, 23.6 },
	{ "THA", 97.2, 5.5, 105.8, 20.6 },       { "TJK", 67.2, 36.6, 75.3, 41.2 },
	{ "TUN", 7.4, 30.1, 11.8, 37.7 },        { "TUR", 25.5, 35.7, 45.0, 42.4 },
	{ "UGA", 29.5, -1.6, 35.1, 4.3 },        { "UKR", 22.0, 44.0, 40.4, 52.5 },
	{ "VNM", 102.0, 6.9, 115.0, 23.5 },      { "XKX", 19.9, 41.7, 21.9, 43.4 },
	{ "XXA", -130.0, -50.0, -120.0, -42.0 }, { "YEM", 41.6, 11.8, 54.9, 19.1 },
	{ "ZWE", 25.1, -22.6, 33.2, -15.5 },
};

bool
region_country_box(const char *iso3, struct geom_box *ret)
{
	for (size_t i = 0; i < sizeof(countries) / sizeof(*countries); i++)
		if (text_eq(countries[i].iso3, iso3)) {
			*ret = (struct geom_box){ countries[i].west, countries[i].south,
				                  countries[i].east, countries[i].north };
			return true;
		}
	return false;
}

void
region_of_box(struct geom_box box, struct region *ret)
{
	*ret = (struct region){ .box = box };
}

/* Bands that an edge touches. */
static void
span(const struct region *r, const double *edge, size_t *ret_first, size_t *ret_last)
{
	double low = fmin(edge[1], edge[3]) - r->box.min_lat_deg,
	       high = fmax(edge[1], edge[3]) - r->box.min_lat_deg;
	double step = (r->box.max_lat_deg - r->box.min_lat_deg) / (double)r->bands;
	size_t first = step > 0 ? (size_t)(low / step) : 0,
	       last = step > 0 ? (size_t)(high / step) : 0;

	*ret_first = first < r->bands ? first : r->bands - 1;
	*ret_last = last < r->bands ? last : r->bands - 1;
}

/* Call for each edge of g: counts when edge is NULL, else fills the bands. */
static void
sort_edges(const struct geom *g, const struct region *r, uint32_t *at, double *edge)
{
	uint32_t from = 0;

	for (uint32_t k = 0; k < g->ring_count; k++) {
		for (uint32_t i = from; i + 1 < g->ring_end[k]; i++) {
			const double *p = g->xy + 2 * (size_t)i;
			size_t first, last;

			span(r, p, &first, &last);
			for (size_t b = first; b <= last; b++) {
				if (edge)
					memcpy(edge + 4 * (size_t)at[b], p, 4 * sizeof(*p));
				at[b]++;
			}
		}
		from = g->ring_end[k];
	}
}

bool
region_of_geom(const struct geom *g, struct arena *mem, struct region *ret)
{
	struct region r = { .box = geom_bounds(g) };
	uint32_t *at, *from, total = 0;
	double *edge;

	r.bands = g->point_count / EDGES_PER_BAND + 1;
	if (r.bands > MAX_BANDS)
		r.bands = MAX_BANDS;
	at = arena_calloc(mem, r.bands + 1, sizeof(*at));
	from = arena_calloc(mem, r.bands + 1, sizeof(*from));
	if (!at || !from)
		return false;
	sort_edges(g, &r, at, NULL);
	for (size_t b = 0; b < r.bands; b++) {
		from[b] = total;
		total += at[b];
		at[b] = from[b];
	}
	from[r.bands] = total;
	edge = arena_calloc(mem, (size_t)total * 4 + 1, sizeof(*edge));
	if (!edge)
		return false;
	sort_edges(g, &r, at, edge);
	r.from = from;
	r.edge = edge;
	*ret = r;
	return true;
}

static bool
in_box(const struct geom_box *b, double lon, double lat)
{
	return lon >= b->min_lon_deg && lon <= b->max_lon_deg && lat >= b->min_lat_deg &&
	       lat <= b->max_lat_deg;
}

bool
region_contains(const struct region *r, double lon_deg, double lat_deg)
{
	double line[4] = { lon_deg, lat_deg, lon_deg, lat_deg };
	size_t band, last;
	bool in = false;

	if (!in_box(&r->box, lon_deg, lat_deg))
		return false;
	if (r->bands == 0)
		return true;
	span(r, line, &band, &last);
	for (uint32_t i = r->from[band]; i < r->from[band + 1]; i++) {
		const double *p = r->edge + 4 * (size_t)i;

		if ((p[1] > lat_deg) != (p[3] > lat_deg) &&
		    lon_deg < (p[2] - p[0]) * (lat_deg - p[1]) / (p[3] - p[1]) + p[0])
			in = !in;
	}
	return in;
}

static double
clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

/* Nearest point of an edge in a plane where a degree of longitude is `narrow` degrees of latitude.
 */
static void
nearest(const double *p, double lon, double lat, double narrow, double ret[2])
{
	double dx = (p[2] - p[0]) * narrow, dy = p[3] - p[1], len = dx * dx + dy * dy;
	double t =
		len > 0 ? clamp(((lon - p[0]) * narrow * dx + (lat - p[1]) * dy) / len, 0, 1) : 0;

	ret[0] = p[0] + t * (p[2] - p[0]);
	ret[1] = p[1] + t * (p[3] - p[1]);
}

double
region_distance_km(const struct region *r, double lon_deg, double lat_deg)
{
	double narrow = cos(lat_deg * 0.017453292519943295), best = INFINITY, at[2],
	       point[2] = { 0, 0 };

	if (region_contains(r, lon_deg, lat_deg))
		return 0;
	if (r->bands == 0) {
		point[0] = clamp(lon_deg, r->box.min_lon_deg, r->box.max_lon_deg);
		point[1] = clamp(lat_deg, r->box.min_lat_deg, r->box.max_lat_deg);
		return measure_distance_m(lon_deg, lat_deg, point[0], point[1]) / 1000;
	}
	for (uint32_t i = 0; i < r->from[r->bands]; i++) {
		double d;

		nearest(r->edge + 4 * (size_t)i, lon_deg, lat_deg, narrow, at);
		d = (at[0] - lon_deg) * narrow * (at[0] - lon_deg) * narrow +
		    (at[1] - lat_deg) * (at[1] - lat_deg);
		if (d < best) {
			best = d;
			memcpy(point, at, sizeof(point));
		}
	}
	return measure_distance_m(lon_deg, lat_deg, point[0], point[1]) / 1000;
}
