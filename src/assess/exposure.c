/* Exposure: people in, and within 100 m, 500 m, 1 km, 5 km of, open hazards; hazards grown and
 * dissolved, so nobody counts twice. From the newest population raster, and from settlement points.
 * docs/FIGURES.md, "Exposure". */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/landset.h"
#include "assess/places.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/nearby.h"
#include "store/history.h"
#include "store/raster.h"

static const char method[] = "exposure/1";
static const double distance_m[] = { 0, 100, 500, 1000, 5000 };
static const char *const distance_name[] = { "within=0m", "within=100m", "within=500m",
	                                     "within=1km", "within=5km" };

enum {
	DISTANCES = 5
};

/* Settlement points state no error of their own: where its people live in it is not known. */
#define SETTLEMENT_ERROR 0.2
/* Of a raster whose source states none, in percent. */
#define RASTER_ERROR_PERCENT 10

/* Hazards handed on together. */
#define BATCH 8192u
#define BATCH_POINTS 500000u

struct exposure {
	struct assess *a;
	/* hazards at hand, and how many there are, whole and by place */
	struct arena mem;
	struct nearby_hazard *hazard;
	struct geom *geom;
	size_t count, points_of;
	int64_t hazards;
	int64_t *by_place;
	size_t place_room;
	/* who they are, for an explanation */
	struct exposed {
		struct uuid id;
		size_t place;
	} * member;
	size_t members, member_room;
	struct nearby *raster_near;
	struct nearby_settled *settled;
	/* population */
	struct coverage_point *point;
	size_t points, point_room;
	char raster_sha[65];
	double raster_error;
	int64_t raster_date;
	bool raster_waits;
};

static enum err_code
see_settlement(void *ctx, const struct shown *row, struct err *e)
{
	struct exposure *x = ctx;
	double people = fields_number(&row->fields, "population", -1);
	struct geom_box b;

	if (people < 0 || !row->fields.geom ||
	    !text_eq(fields_text(&row->fields, "type"), "settlement"))
		return ERR_OK;
	if (x->points == x->point_room) {
		size_t room = x->point_room ? x->point_room * 2 : 1024;
		struct coverage_point *p = mem_realloc_array(x->point, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for settlements");
		x->point = p;
		x->point_room = room;
	}
	b = geom_bounds(row->fields.geom);
	x->point[x->points++] =
		(struct coverage_point){ (b.min_lon_deg + b.max_lon_deg) / 2,
		                         (b.min_lat_deg + b.max_lat_deg) / 2, people };
	return ERR_OK;
}

/* Is the source as it is shown not approved? A correction beside an approved revision is not shown.
 */
static enum err_code
source_waits(struct exposure *x, const struct shown *row, bool *ret, struct err *e)
{
	const struct history_ask ask = { row->kind, row->id, x->a->q->as_of_days,
		                         x->a->q->known_size };
	struct shown joined = *row;
	struct arena mem;
	bool any = true;
	enum err_code rc = ERR_OK;

	*ret = row->unapproved;
	if (!row->unapproved || row->revisions < 2)
		return ERR_OK;
	arena_init(&mem, (size_t)1 << 30);
	if (!row->rid)
		rc = history_shown(x->a->st, &ask, &mem, &joined, &any, e);
	*ret = !joined.base_approved;
	arena_done(&mem);
	return rc;
}

/* The newest raster by its date of information, approved before waiting; among those of one day the
 * one received last. */
static enum err_code
see_source(void *ctx, const struct shown *row, struct err *e)
{
	struct exposure *x = ctx;
	const char *sha = fields_text(&row->fields, "file"),
		   *date = fields_text(&row->fields, "valid_from");
	int64_t days = 0;
	bool waits;
	enum err_code rc;

	if (!text_eq(fields_text(&row->fields, "type"), "population_raster") || !sha ||
	    strlen(sha) != 64 || !date || !clock_parse_date(date, strlen(date), &days))
		return ERR_OK;
	rc = source_waits(x, row, &waits, e);
	/* one that waits for approval takes the place of none that is approved */
	if (rc || (*x->raster_sha && (waits != x->raster_waits ? waits : days < x->raster_date)))
		return rc;
	x->raster_waits = waits;
	memcpy(x->raster_sha, sha, 65);
	x->raster_date = days;
	x->raster_error =
		fields_number(&row->fields, "relative_error_percent", RASTER_ERROR_PERCENT) / 100;
	return ERR_OK;
}

static enum err_code
load_population(struct exposure *x, struct err *e)
{
	static const char *const want_place[] = { "type", "population", "geometry", NULL };
	static const char *const want_source[] = { "type", "file", "valid_from",
		                                   "relative_error_percent", NULL };
	struct each_filter f = { .kind = store_kind(x->a->st, "place"),
		                 .as_of_days = x->a->q->as_of_days,
		                 .known_size = x->a->q->known_size,
		                 .want = want_place };
	enum err_code rc = f.kind < 0 ? ERR_OK : store_each(x->a->st, &f, see_settlement, x, e);

	f.kind = store_kind(x->a->st, "source");
	f.want = want_source;
	return rc || f.kind < 0 ? rc : store_each(x->a->st, &f, see_source, x, e);
}

static enum err_code
hand_on(struct exposure *x, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (x->raster_near)
		rc = nearby_add(x->raster_near, x->hazard, x->count, e);
	if (!rc && x->settled)
		rc = nearby_points_add(x->settled, x->hazard, x->count, e);
	x->count = x->points_of = 0;
	arena_reset(&x->mem);
	return rc;
}

static enum err_code
count_hazard(struct exposure *x, const struct land_item *h, struct err *e)
{
	x->hazards++;
	if (h->place >= x->place_room) {
		size_t room = 2 * h->place + 64;
		int64_t *p = mem_realloc_array(x->by_place, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for exposure");
		memset(p + x->place_room, 0, (room - x->place_room) * sizeof(*p));
		x->by_place = p;
		x->place_room = room;
	}
	x->by_place[h->place]++;
	if (!x->a->q->explain)
		return ERR_OK;
	if (x->members == x->member_room) {
		size_t room = x->members ? 2 * x->members : 1024;
		struct exposed *p = mem_realloc_array(x->member, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		x->member = p;
		x->member_room = room;
	}
	x->member[x->members++] = (struct exposed){ h->id, h->place };
	return ERR_OK;
}

static enum err_code
see_hazard(void *ctx, const struct land_record *r, struct err *e)
{
	struct exposure *x = ctx;
	const struct land_item *h = r->day[0];
	enum err_code rc;

	if (h->as != SHOWN_DANGER || h->geom.point_count == 0)
		return ERR_OK;
	rc = count_hazard(x, h, e);
	if (rc || (!x->raster_near && !x->settled))
		return rc;
	if (!geom_copy(&h->geom, &x->mem, &x->geom[x->count]))
		return err_set(e, ERR_NOMEM, "out of memory for %zu hazards", x->count);
	x->hazard[x->count] =
		(struct nearby_hazard){ &x->geom[x->count], h->accuracy_m, (uint32_t)h->place };
	x->count++;
	x->points_of += h->geom.point_count;
	return x->count == BATCH || x->points_of > BATCH_POINTS ? hand_on(x, e) : ERR_OK;
}

/* How many groups: known when all hazards were seen, as places are met in them. */
static uint32_t
groups_of(const struct exposure *x)
{
	return x->a->q->by ? (uint32_t)places_count(x->a->places) : 0;
}

/* All hazards, once, to whoever counts people. */
static enum err_code
load_hazards(struct exposure *x, struct err *e)
{
	struct land_question q = { &x->a->q->as_of_days, 1, x->a->q->by != NULL };
	struct nearby_request req = { .distances_m = distance_m,
		                      .distance_count = DISTANCES,
		                      .pool = x->a->pool,
		                      .population_error = x->raster_error };
	enum err_code rc = ERR_OK;

	arena_init(&x->mem, (size_t)1 << 30);
	x->hazard = mem_calloc(BATCH, sizeof(*x->hazard));
	x->geom = mem_calloc(BATCH, sizeof(*x->geom));
	if (!x->hazard || !x->geom)
		return err_set(e, ERR_NOMEM, "out of memory for exposure");
	if (*x->raster_sha)
		rc = nearby_start(&req, store_scratch(x->a->st), &x->raster_near, e);
	req.population_error = SETTLEMENT_ERROR;
	if (!rc && x->points > 0)
		rc = nearby_points_start(&req, x->point, x->points, &x->settled, e);
	if (!rc)
		rc = land_each(x->a, &q, see_hazard, x, e);
	if (!rc)
		rc = hand_on(x, e);
	mem_trim(); /* now bands follow */
	return rc;
}

static int64_t
hazards_of(const struct exposure *x, uint32_t group, bool all)
{
	return all ? x->hazards : group < x->place_room ? x->by_place[group] : 0;
}

/* The hazards that people were counted near. How many each adds by itself is not known: they are
 * counted once for all. */
static enum err_code
add_members(struct exposure *x, size_t row, uint32_t group, bool all, struct err *e)
{
	int kind = store_kind(x->a->st, "hazard");
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < x->members; i++)
		if (all || x->member[i].place == group)
			rc = figure_add_member(x->a, row, x->member[i].id, kind, (double)NAN, e);
	return rc;
}

static enum err_code
add_rows(struct exposure *x, const struct nearby_figure *f, const char *source, const char *note,
         struct err *e)
{
	uint32_t groups = groups_of(x);
	enum err_code rc = ERR_OK;

	for (uint32_t g = groups ? 0 : groups; !rc && g <= groups; g++) {
		bool all = g == groups;
		int64_t n = hazards_of(x, g, all);

		if (!all && n == 0)
			continue;
		for (size_t d = 0; !rc && d < DISTANCES; d++) {
			const struct nearby_figure *v = &f[(size_t)g * DISTANCES + d];
			char dim[80];
			size_t row = 0;
			struct figure_row r = { .code = "exposure.people",
				                .dim = dim,
				                .known = true,
				                .place = all ? "" : places_name(x->a->places, g),
				                .value = v->people,
				                .low = v->people_low,
				                .high = v->people_high,
				                .unit = "person",
				                .method = method,
				                .records = n,
				                .note = note };

			(void)snprintf(dim, sizeof(dim), "%s source=%s", distance_name[d], source);
			rc = figure_add(x->a, &r, &row, e);
			if (!rc && figure_explains(x->a, r.code))
				rc = add_members(x, row, g, all, e);
		}
	}
	return rc;
}

/* Room for the figures of all groups. */
static struct nearby_figure *
make_figures(const struct exposure *x, struct err *e)
{
	struct nearby_figure *f = mem_calloc(((size_t)groups_of(x) + 1) * DISTANCES, sizeof(*f));

	if (!f)
		(void)err_set(e, ERR_NOMEM, "out of memory for exposure");
	return f;
}

static enum err_code
from_raster(struct exposure *x, struct err *e)
{
	struct nearby_figure *f = make_figures(x, e);
	struct nearby *n = x->raster_near;
	struct raster *r = NULL;
	double *row = NULL;
	uint32_t first = 0, count = 0;
	enum err_code rc = f ? raster_open(x->a->st, x->raster_sha, &r, e) : ERR_NOMEM;

	if (!rc)
		rc = nearby_seal(n, groups_of(x), raster_grid(r), e);
	if (!rc) {
		nearby_window(n, &first, &count);
		row = mem_calloc(raster_grid(r)->cols, sizeof(*row));
		if (!row)
			rc = err_set(e, ERR_NOMEM, "out of memory for exposure");
	}
	for (uint32_t y = first; !rc && y < first + count; y++) {
		rc = raster_row(r, y, row, e);
		if (!rc)
			rc = nearby_feed_row(n, y, row, e);
	}
	if (!rc)
		rc = nearby_finish(n, f, e);
	if (!rc)
		rc = add_rows(x, f, "raster",
		              nearby_reaches_outside(n) ? "some hazards reach beyond the raster: "
		                                          "people there are not counted"
		                                        : "",
		              e);
	raster_close(r);
	mem_free(row);
	mem_free(f);
	return rc;
}

static enum err_code
from_settlements(struct exposure *x, struct err *e)
{
	struct nearby_figure *f = make_figures(x, e);
	enum err_code rc = f ? nearby_points_finish(x->settled, groups_of(x), f, e) : ERR_NOMEM;

	if (!rc)
		rc = add_rows(x, f, "settlements",
		              "all people of a settlement counted at its point", e);
	mem_free(f);
	return rc;
}

enum err_code
figure_exposure(struct assess *a, struct err *e)
{
	struct exposure x = { .a = a };
	struct figure_row none = { .code = "exposure.people", .unit = "person", .method = method };
	enum err_code rc = load_population(&x, e);

	if (!rc)
		rc = load_hazards(&x, e);
	none.note = x.hazards == 0 ? ""
	                           : "no population source: see fallow help population, or import "
	                             "settlements with their population";
	if (!rc && (x.hazards == 0 || (!x.raster_near && !x.settled)))
		rc = figure_add(a, &none, NULL, e);
	if (!rc && x.hazards > 0 && x.raster_near)
		rc = from_raster(&x, e);
	if (!rc && x.hazards > 0 && x.settled)
		rc = from_settlements(&x, e);
	nearby_free(x.raster_near);
	nearby_points_free(x.settled);
	arena_done(&x.mem);
	mem_free(x.hazard);
	mem_free(x.geom);
	mem_free(x.by_place);
	mem_free(x.member);
	mem_free(x.point);
	return rc;
}
