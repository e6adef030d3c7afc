#include "ingest/generate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/geotiff.h"
#include "ingest/land.h"
#include "ingest/population.h"
#include "store/submit.h"

enum {
	BATCH = 2048,
	ORGANISATIONS = 6,
	TEAMS = 18,
	SETTLEMENTS_PER_DISTRICT = 12,
	GROUP = 250000
};

struct settlement {
	double at[2];
	int64_t population;
};

struct gen {
	struct store *st;
	const struct generate_options *o;
	struct land land;
	struct arena batch; /* fields of the revisions not yet handed in */
	struct submit_revision rev[BATCH];
	size_t count;
	int64_t since_commit, serial, done, total;
	struct rng rng; /* of the record being made */
	struct rng ids;
	const char *doing;
	char country_id[UUID_TEXT], source_id[UUID_TEXT];
	char province_id[LAND_PROVINCES][UUID_TEXT], district_id[LAND_DISTRICTS][UUID_TEXT];
	char organisation_id[ORGANISATIONS][UUID_TEXT], team_id[TEAMS][UUID_TEXT];
	struct settlement *settlement;
	char (*hazard_id)[UUID_TEXT]; /* of the first hazards, for links */
	int64_t kept_hazards;
};

static enum err_code
flush(struct gen *g, struct err *e)
{
	enum err_code rc = g->count ? submit_add(g->st, g->rev, g->count, NULL, e) : ERR_OK;

	g->since_commit += (int64_t)g->count;
	g->count = 0;
	arena_reset(&g->batch);
	if (!rc && g->since_commit >= GROUP) {
		rc = submit_continue(g->st, NULL, e);
		g->since_commit = 0;
	}
	if (g->o->progress)
		g->o->progress(g->o->ctx, g->doing, g->done, g->total);
	return rc;
}

/* Start a record: its fields, empty, and its id. Everything random in it comes from seed, kind and
 * number. */
static enum err_code
start(struct gen *g, const char *kind, int64_t number, char id_text[UUID_TEXT],
      struct store_fields **ret, struct err *e)
{
	int k = store_kind(g->st, kind);
	struct submit_revision *rev;
	uint8_t random[10];
	enum err_code rc = g->count == BATCH ? flush(g, e) : ERR_OK;

	if (rc)
		return rc;
	rev = &g->rev[g->count];
	*rev = (struct submit_revision){ .kind = k, .outline_valid = true };
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)rng_u64(&g->ids);
	rev->id = uuid_v7(1704067200000 + g->serial++, random);
	uuid_format(rev->id, id_text);
	if (k < 0 || !fields_init(&rev->fields, store_form(g->st, k), &g->batch))
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	rng_seed(&g->rng, g->o->seed, 0x10000000000 * (uint64_t)(k + 1) + (uint64_t)number);
	*ret = &rev->fields;
	g->count++;
	g->done++;
	return ERR_OK;
}

static const char *
date_between(struct gen *g, int first_year, int last_year)
{
	int64_t a = clock_days(first_year, 1, 1), b = clock_days(last_year, 12, 31);
	char *text = arena_alloc(&g->batch, 12);

	if (text)
		clock_format_date(a + (int64_t)rng_below(&g->rng, (uint64_t)(b - a)), text);
	return text;
}

static const char *
pick(struct rng *r, const char *const *list, size_t n)
{
	return list[rng_below(r, n)];
}
#define PICK(g, ...)                                                                               \
	pick(&(g)->rng, (const char *const[]){ __VA_ARGS__ },                                      \
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static const char *
keep(struct gen *g, const char *text)
{
	return arena_strdup(&g->batch, text);
}

static enum err_code
set_point(struct gen *g, struct store_fields *f, double lon, double lat, struct err *e)
{
	struct geom *p = arena_alloc(&g->batch, sizeof(*p));

	if (!p || !geom_make_point(round(lon * 1e7) / 1e7, round(lat * 1e7) / 1e7, &g->batch, p))
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	f->geom = p;
	return ERR_OK;
}

/* A star-shaped outline around a point: it never crosses itself. radius in metres. */
static enum err_code
set_outline(struct gen *g, struct store_fields *f, const double at[2], double radius_m,
            struct err *e)
{
	size_t n = 7 + rng_below(&g->rng, 9);
	double *xy = arena_calloc(&g->batch, n + 1, 2 * sizeof(*xy));
	uint32_t *end = arena_calloc(&g->batch, 2, sizeof(*end));
	struct geom *p = arena_alloc(&g->batch, sizeof(*p));
	double turn = rng_f64(&g->rng), long_axis = 0.5 + rng_f64(&g->rng),
	       tilt = rng_f64(&g->rng) * 3.14159265358979;
	double m_lat = 111320.0, m_lon = 111320.0 * cos(at[1] * 3.14159265358979 / 180);

	if (!xy || !end || !p)
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	for (size_t i = 0; i < n; i++) {
		double a = 2 * 3.14159265358979 *
		           ((double)i + turn + 0.6 * (rng_f64(&g->rng) - 0.5)) / (double)n;
		double d = radius_m * (0.55 + 0.45 * rng_f64(&g->rng)), u = d * cos(a) * long_axis,
		       v = d * sin(a);

		xy[2 * i] = round((at[0] + (u * cos(tilt) - v * sin(tilt)) / m_lon) * 1e7) / 1e7;
		xy[2 * i + 1] =
			round((at[1] + (u * sin(tilt) + v * cos(tilt)) / m_lat) * 1e7) / 1e7;
	}
	xy[2 * n] = xy[0];
	xy[2 * n + 1] = xy[1];
	end[0] = 1;
	end[1] = (uint32_t)n + 1;
	*p = (struct geom){ .type = GEOM_POLYGON,
		            .part_count = 1,
		            .ring_count = 1,
		            .point_count = (uint32_t)n + 1,
		            .part_end = &end[0],
		            .ring_end = &end[1],
		            .xy = xy };
	f->geom = p;
	return ERR_OK;
}

/* --- places and people
 * --------------------------------------------------------------------------------------- */

struct new_place {
	const char *type, *name, *parent;
	const struct geom *outline;
	const struct settlement *at; /* of a settlement, which has no outline */
};

static enum err_code
place(struct gen *g, int64_t number, const struct new_place *p, char id[UUID_TEXT], struct err *e)
{
	struct store_fields *f;
	struct geom *copy;
	enum err_code rc = start(g, "place", number, id, &f, e);

	if (rc)
		return rc;
	(void)(fields_set_text(f, "name", p->name) && fields_set_text(f, "type", p->type) &&
	       fields_set_text(f, "parent", p->parent) && fields_set_text(f, "country", "XXA") &&
	       fields_set_text(f, "valid_from", "2000-01-01") &&
	       fields_set_text(f, "p_code",
	                       arena_printf(&g->batch, "XXA%05lld", (long long)number)));
	if (p->at) {
		(void)(fields_set_int(f, "population", p->at->population) &&
		       fields_set_int(f, "population_year", 2023));
		return set_point(g, f, p->at->at[0], p->at->at[1], e);
	}
	copy = arena_alloc(&g->batch, sizeof(*copy));
	if (!copy || !geom_copy(p->outline, &g->batch, copy))
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	f->geom = copy;
	return ERR_OK;
}

static enum err_code
make_places(struct gen *g, struct err *e)
{
	int64_t n = 0;
	struct rng names;
	const struct new_place country = { "country", "Exampla", NULL, &g->land.country, NULL };
	enum err_code rc = place(g, n++, &country, g->country_id, e);

	g->doing = "places";
	for (int i = 0; !rc && i < LAND_PROVINCES; i++) {
		const struct new_place p = { "admin1", g->land.province_name[i], g->country_id,
			                     &g->land.province[i], NULL };

		rc = place(g, n++, &p, g->province_id[i], e);
	}
	for (int i = 0; !rc && i < LAND_DISTRICTS; i++) {
		const struct new_place p = { "admin2", g->land.district_name[i],
			                     g->province_id[land_province_of(i)],
			                     &g->land.district[i], NULL };

		rc = place(g, n++, &p, g->district_id[i], e);
	}
	rng_seed(&names, g->o->seed, 3);
	for (int i = 0; !rc && i < LAND_DISTRICTS * SETTLEMENTS_PER_DISTRICT; i++) {
		struct settlement *s = &g->settlement[i];
		struct new_place p = { .type = "settlement", .at = s };
		char id[UUID_TEXT];
		int district = i / SETTLEMENTS_PER_DISTRICT;

		land_position(&g->land, district, &names, s->at);
		/* few towns, many villages */
		s->population = (int64_t)(40 * exp(1.4 * fabs(rng_normal(&names)) * 1.6));
		p.name = land_word(&names, &g->batch);
		p.parent = g->district_id[district];
		rc = place(g, n++, &p, id, e);
	}
	return rc;
}

static enum err_code
make_organisations(struct gen *g, struct err *e)
{
	static const char *const name[ORGANISATIONS] = {
		"Exampla Mine Action Authority", "Clear Fields (invented)",
		"Safe Steps (invented)",         "North Wind Demining (invented)",
		"Army Engineers of Exampla",     "Emergency Service of Exampla"
	};
	static const char *const type[ORGANISATIONS] = {
		"national_authority", "ngo", "ngo", "commercial", "military", "police_emergency"
	};
	static const char *const team_type[] = {
		"nts", "ts", "manual", "mechanical", "dogs", "eod"
	};
	struct store_fields *f;
	enum err_code rc = ERR_OK;

	for (int i = 0; !rc && i < ORGANISATIONS; i++) {
		rc = start(g, "organisation", i, g->organisation_id[i], &f, e);
		if (!rc)
			(void)(fields_set_text(f, "name", name[i]) &&
			       fields_set_text(f, "type", type[i]) &&
			       fields_set_text(f, "valid_from", "2010-01-01"));
	}
	for (int i = 0; !rc && i < TEAMS; i++) {
		rc = start(g, "team", i, g->team_id[i], &f, e);
		if (!rc)
			(void)(fields_set_text(f, "name",
			                       arena_printf(&g->batch, "Team %d", i + 1)) &&
			       fields_set_text(
				       f, "organisation",
				       keep(g, g->organisation_id[1 + i % (ORGANISATIONS - 1)])) &&
			       fields_set_text(f, "type", team_type[i % 6]) &&
			       fields_set_int(f, "size", 4 + i % 9) &&
			       fields_set_text(f, "valid_from", "2015-01-01"));
	}
	return rc;
}

/* --- the danger
 * ---------------------------------------------------------------------------------------------------
 */

/* Where danger lies: near a settlement more often than not, clustered along an invented front
 * through two provinces. */
static int
danger_position(struct gen *g, double at[2])
{
	int district = (int)rng_below(&g->rng, LAND_DISTRICTS);
	double angle = 2 * 3.14159265358979 * rng_f64(&g->rng),
	       km = fabs(rng_normal(&g->rng)) * 2.5;
	const struct settlement *s;

	if (rng_below(&g->rng, 10) < 6)
		district =
			(int)(rng_below(&g->rng, 30) * 5 + rng_below(&g->rng, 2)) % LAND_DISTRICTS;
	if (rng_below(&g->rng, 4) == 0) {
		land_position(&g->land, district, &g->rng, at);
		return district;
	}
	s = &g->settlement[district * SETTLEMENTS_PER_DISTRICT +
	                   (int)rng_below(&g->rng, SETTLEMENTS_PER_DISTRICT)];
	if (km > 3.5)
		km = 3.5;
	at[0] = s->at[0] + km / 80 * cos(angle);
	at[1] = s->at[1] + km / 111 * sin(angle);
	return district;
}

static enum err_code
hazard(struct gen *g, int64_t i, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT];
	double at[2], radius;
	int district;
	uint64_t c, s;
	const char *status;
	enum err_code rc = start(g, "hazard", i, id, &f, e);

	if (rc)
		return rc;
	district = danger_position(g, at);
	c = rng_below(&g->rng, 100);
	s = rng_below(&g->rng, 100);
	status = s < 62   ? "open"
	         : s < 78 ? "worked_on"
	         : s < 83 ? "suspended"
	         : s < 96 ? "closed"
	                  : "handed_over";
	radius = 35 * exp(0.7 * rng_normal(&g->rng));
	if (radius > 900)
		radius = 900;
	(void)(fields_set_text(f, "national_id",
	                       arena_printf(&g->batch, "XXA-HA-%07lld", (long long)i + 1)) &&
	       fields_set_text(f, "valid_from", date_between(g, 2016, 2024)) &&
	       fields_set_text(f, "class",
	                       c < 52   ? "sha"
	                       : c < 84 ? "cha"
	                       : c < 93 ? "battle_area"
	                                : "cluster_area") &&
	       fields_set_text(f, "status", status) &&
	       fields_set_text(f, "place", keep(g, g->district_id[district])) &&
	       fields_set_real(f, "accuracy_m", (double)(2 + rng_below(&g->rng, 9))) &&
	       fields_set_text(f, "marked", PICK(g, "yes", "no", "unknown")));
	if (s >= 83)
		(void)fields_set_text(f, "outcome", PICK(g, "cancelled", "reduced", "cleared"));
	if (rng_below(&g->rng, 3) == 0)
		(void)fields_set_text(f, "fix_method", "gnss");
	if (i < g->kept_hazards)
		memcpy(g->hazard_id[i], id, UUID_TEXT);
	return set_outline(g, f, at, radius < 12 ? 12 : radius, e);
}

static const char *
device(struct gen *g)
{
	return PICK(g, "ap_mine", "ap_mine", "av_mine", "submunition", "projectile", "mortar",
	            "booby_trap", "unknown", "mine_unspecified", "grenade_hand",
	            "ap_mine_improvised");
}

struct harm {
	const char *accident, *date, *device_class;
	int district, killed;
};

/* The first n persons of an accident. */
static enum err_code
victims(struct gen *g, int64_t first, int n, const struct harm *h, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < n; k++) {
		struct store_fields *f;
		char id[UUID_TEXT], text[16], acc[UUID_TEXT];

		memcpy(text, h->date, 11);
		memcpy(acc, h->accident, UUID_TEXT);
		rc = start(g, "victim", first + k, id, &f, e);
		if (rc)
			break;
		(void)(fields_set_text(f, "valid_from", keep(g, text)) &&
		       fields_set_text(f, "accident", keep(g, acc)) &&
		       fields_set_text(f, "accident_date", keep(g, text)) &&
		       fields_set_int(f, "victim_no", k + 1) &&
		       fields_set_text(f, "outcome", k < h->killed ? "killed" : "injured") &&
		       fields_set_text(f, "sex",
		                       PICK(g, "female", "male", "male", "male", "not_stated")) &&
		       fields_set_text(f, "age_band",
		                       PICK(g, "child", "adult", "adult", "adult", "unknown")) &&
		       fields_set_text(f, "status",
		                       PICK(g, "civilian", "civilian", "civilian",
		                            "military_security", "deminer")) &&
		       fields_set_text(f, "activity",
		                       PICK(g, "farming", "herding", "collecting_scrap",
		                            "travelling_vehicle", "playing",
		                            "construction_utility_work", "unknown")) &&
		       fields_set_text(f, "device_class", h->device_class) &&
		       fields_set_text(f, "place", keep(g, g->district_id[h->district])));
	}
	return rc;
}

static enum err_code
accident(struct gen *g, int64_t i, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT], date[16];
	double at[2];
	int district, n, killed;
	const char *what, *d;
	enum err_code rc = start(g, "accident", i, id, &f, e);

	if (rc)
		return rc;
	district = danger_position(g, at);
	n = 1 + (int)rng_below(&g->rng, 3);
	killed = (int)rng_below(&g->rng, (uint64_t)n + 1);
	what = device(g);
	d = date_between(g, 2016, 2024);
	if (!d)
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	memcpy(date, d, 11);
	(void)(fields_set_text(f, "national_id",
	                       arena_printf(&g->batch, "XXA-AC-%06lld", (long long)i + 1)) &&
	       fields_set_text(f, "valid_from", d) && fields_set_text(f, "date", d) &&
	       fields_set_text(f, "class",
	                       PICK(g, "mine", "mine", "uxo_axo", "cluster", "unknown")) &&
	       fields_set_text(f, "device_class", what) && fields_set_int(f, "killed", killed) &&
	       fields_set_int(f, "injured", n - killed) &&
	       fields_set_text(f, "place", keep(g, g->district_id[district])) &&
	       fields_set_real(f, "accuracy_m", 20));
	rc = set_point(g, f, at[0], at[1], e);
	/* one in ten has persons that nobody listed one by one */
	return rc ? rc
	          : victims(g, i * 4, rng_below(&g->rng, 10) ? n : n - 1,
	                    &(struct harm){ id, date, what, district, killed }, e);
}

static enum err_code
find(struct gen *g, int64_t i, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT];
	double at[2];
	int district, year;
	const char *what;
	enum err_code rc = start(g, "ordnance", i, id, &f, e);

	if (rc)
		return rc;
	district = danger_position(g, at);
	what = device(g);
	(void)(fields_set_text(f, "valid_from", date_between(g, 2017, 2024)) &&
	       fields_set_text(f, "category", what) &&
	       fields_set_int(f, "quantity",
	                      rng_below(&g->rng, 5) ? 1 : 1 + (int64_t)rng_below(&g->rng, 12)) &&
	       fields_set_text(f, "model", PICK(g, "EX-1", "EX-2", "EX-7", "KV-4", "unknown")) &&
	       fields_set_text(f, "condition",
	                       PICK(g, "intact", "corroded", "damaged", "unknown")) &&
	       fields_set_text(f, "emplacement",
	                       PICK(g, "buried", "surface", "in_structure", "unknown")) &&
	       fields_set_text(f, "place", keep(g, g->district_id[district])) &&
	       fields_set_real(f, "accuracy_m", 5));
	if (rng_below(&g->rng, 3) == 0) {
		year = 1975 + (int)rng_below(&g->rng, 48);
		(void)(fields_set_int(f, "made_year", year) &&
		       fields_set_text(f, "made_country", "XXB") &&
		       fields_set_text(f, "made_year_confidence",
		                       PICK(g, "certain", "probable", "possible")) &&
		       fields_set_text(f, "marking_text",
		                       arena_printf(&g->batch, "EX-%02d-%d",
		                                    1 + (int)rng_below(&g->rng, 60), year)));
	}
	if (text_eq(what, "booby_trap"))
		(void)fields_set_text(
			f, "placement_object",
			PICK(g, "c_graves", "f_food", "e_children", "other_object", "unknown"));
	return set_point(g, f, at[0], at[1], e);
}

static enum err_code
minefield(struct gen *g, int64_t i, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT];
	double at[2];
	int district;
	enum err_code rc = start(g, "minefield_record", i, id, &f, e);

	if (rc)
		return rc;
	district = danger_position(g, at);
	(void)(fields_set_text(f, "valid_from", date_between(g, 2019, 2023)) &&
	       fields_set_text(f, "party", PICK(g, "Party A (invented)", "Party B (invented)")) &&
	       fields_set_text(f, "record_no",
	                       arena_printf(&g->batch, "MF-%05lld", (long long)i + 1)) &&
	       fields_set_text(f, "laid_date", date_between(g, 1999, 2016)) &&
	       fields_set_int(f, "number_total", 20 + (int64_t)rng_below(&g->rng, 300)) &&
	       fields_set_text(f, "place", keep(g, g->district_id[district])) &&
	       fields_set_real(f, "accuracy_m", 30 + (double)rng_below(&g->rng, 120)));
	return set_outline(g, f, at, 150 + 300 * rng_f64(&g->rng), e);
}

static enum err_code
work(struct gen *g, int64_t i, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT];
	const char *begin;
	const char *type;
	enum err_code rc = start(g, "activity", i, id, &f, e);

	if (rc)
		return rc;
	type = PICK(g, "nts", "ts", "clearance", "bac", "eod_spot", "marking");
	begin = date_between(g, 2018, 2023);
	(void)(fields_set_text(f, "valid_from", begin) && fields_set_text(f, "type", type) &&
	       fields_set_text(f, "status", "completed") &&
	       fields_set_text(f, "start_date", begin) &&
	       fields_set_text(f, "organisation",
	                       keep(g, g->organisation_id[1 + rng_below(&g->rng, 5)])) &&
	       fields_set_text(f, "team", keep(g, g->team_id[rng_below(&g->rng, TEAMS)])) &&
	       fields_set_real(f, "asset_days", (double)(1 + rng_below(&g->rng, 60))));
	if (text_eq(type, "clearance"))
		(void)(fields_set_real(f, "depth_cm", 13) &&
		       fields_set_real(f, "cleared_area_m2",
		                       500 + floor(20000 * rng_f64(&g->rng))));
	f->value[form_index(f->form, "hazards")] = (struct store_value){
		.type = STORE_JSON,
		.s = arena_printf(&g->batch, "[\"%s\"]",
		                  g->hazard_id[rng_below(&g->rng, (uint64_t)g->kept_hazards)]),
		.n = 40
	};
	return ERR_OK;
}

/* The smaller kinds, a few of each. */
static enum err_code
others(struct gen *g, struct err *e)
{
	struct store_fields *f;
	char id[UUID_TEXT];
	enum err_code rc = start(g, "claim", 0, id, &f, e);

	if (!rc)
		(void)(fields_set_text(f, "valid_from", "2024-01-15") &&
		       fields_set_text(f, "statement",
		                       "Officials put the contaminated land at 900 km2.") &&
		       fields_set_real(f, "value", 900000000) && fields_set_text(f, "unit", "m2") &&
		       fields_set_text(f, "figure_code", "extent.area") &&
		       fields_set_text(f, "made_by", "A spokesperson (invented)") &&
		       fields_set_text(f, "source", keep(g, g->source_id)) &&
		       fields_set_text(f, "published_date", "2024-01-15"));
	for (int i = 0; !rc && i < 12; i++) {
		rc = start(g, "task", i, id, &f, e);
		if (!rc)
			(void)(fields_set_text(f, "valid_from", date_between(g, 2023, 2024)) &&
			       fields_set_text(f, "activity_type", "clearance") &&
			       fields_set_text(
				       f, "status",
				       PICK(g, "draft", "ordered", "ongoing", "completed")) &&
			       fields_set_text(f, "organisation",
			                       keep(g, g->organisation_id[1 + i % 5])));
		if (!rc)
			rc = start(g, "quality", i, id, &f, e);
		if (!rc)
			(void)(fields_set_text(f, "valid_from", date_between(g, 2023, 2024)) &&
			       fields_set_text(f, "inspector", "Inspector (invented)"));
		if (!rc)
			rc = start(g, "education", i, id, &f, e);
		if (!rc)
			(void)(fields_set_text(f, "valid_from", date_between(g, 2022, 2024)) &&
			       fields_set_int(f, "girls", (int64_t)rng_below(&g->rng, 40)) &&
			       fields_set_int(f, "boys", (int64_t)rng_below(&g->rng, 40)) &&
			       fields_set_text(f, "place", keep(g, g->district_id[i])));
		if (!rc)
			rc = start(g, "assistance", i, id, &f, e);
		if (!rc)
			(void)(fields_set_text(f, "valid_from", date_between(g, 2022, 2024)) &&
			       fields_set_text(f, "place", keep(g, g->district_id[i])) &&
			       fields_set_int(f, "persons", 1 + (int64_t)rng_below(&g->rng, 3)));
	}
	return rc;
}

static enum err_code
make_source(struct gen *g, struct err *e)
{
	struct store_fields *f;
	enum err_code rc = start(g, "source", 0, g->source_id, &f, e);

	if (!rc)
		(void)(fields_set_text(f, "valid_from", "2024-01-01") &&
		       fields_set_text(f, "type", "dataset") &&
		       fields_set_text(
			       f, "title",
			       arena_printf(&g->batch,
		                            "Invented data of the fictional country, seed %llu",
		                            (unsigned long long)g->o->seed)));
	return rc;
}

/* --- the population raster
 * --------------------------------------------------------------------------------------- */

/* People around their settlement, thinning out with distance: 30 arc-seconds, as the common world
 * rasters have. */
static void
spread(const struct coverage_grid *grid, const struct settlement *s, float *cell)
{
	int reach = 2 + (s->population > 2000) * 2, cx, cy;
	double total = 0, share[9][9];

	cx = (int)((s->at[0] - grid->west_deg) / grid->cell_lon_deg);
	cy = (int)((grid->north_deg - s->at[1]) / grid->cell_lat_deg);
	for (int y = -reach; y <= reach; y++)
		for (int x = -reach; x <= reach; x++)
			total += share[y + reach][x + reach] =
				exp(-(x * x + y * y) / (0.5 * reach * reach));
	for (int y = -reach; y <= reach; y++)
		for (int x = -reach; x <= reach; x++) {
			int col = cx + x, row = cy + y;

			if (col >= 0 && row >= 0 && col < (int)grid->cols && row < (int)grid->rows)
				cell[(size_t)row * grid->cols + (size_t)col] +=
					(float)((double)s->population *
				                share[y + reach][x + reach] / total);
		}
}

static enum err_code
make_raster(struct gen *g, struct err *e)
{
	struct coverage_grid grid = { .west_deg = LAND_MIN_LON,
		                      .north_deg = LAND_MAX_LAT,
		                      .cell_lon_deg = 1.0 / 120,
		                      .cell_lat_deg = 1.0 / 120,
		                      .cols = 1200,
		                      .rows = 960,
		                      .nodata = NAN };
	struct population_options o = {
		.title = "Invented population of the fictional country, 30 arc-seconds",
		.date = "2023-12-31",
		.relative_error = 15,
		.author = "fallow generate",
		.licence = "CC0-1.0"
	};
	struct population_result result;
	float *cell = mem_calloc((size_t)grid.cols * grid.rows, sizeof(*cell));
	char path[1200];
	enum err_code rc;

	if (!cell)
		return err_set(e, ERR_NOMEM, "out of memory for the population raster");
	for (int i = 0; i < LAND_DISTRICTS * SETTLEMENTS_PER_DISTRICT; i++)
		spread(&grid, &g->settlement[i], cell);
	(void)snprintf(path, sizeof(path), "%.1000s/population.tif", store_files_dir(g->st));
	rc = geotiff_write(path, &grid, cell, e);
	if (!rc)
		rc = population_add(g->st, path, &o, &result, e);
	(void)unlink(path); /* it is kept among the originals */
	mem_free(cell);
	return rc;
}

typedef enum err_code make_fn(struct gen *g, int64_t i, struct err *e);

static enum err_code
make_many(struct gen *g, const char *doing, make_fn *fn, int64_t from, int64_t to, struct err *e)
{
	enum err_code rc = ERR_OK;

	g->doing = doing;
	for (int64_t i = from; !rc && i < to; i++)
		rc = fn(g, i, e);
	return rc;
}

static enum err_code
make_all(struct gen *g, struct err *e)
{
	int64_t n = g->o->hazards, pending = n / 50;
	int64_t accidents = g->o->accidents < 0 ? n / 20 + 5 : g->o->accidents;
	int64_t finds = g->o->finds < 0 ? n / 4 + 20 : g->o->finds;
	struct submit_about about = { .author = "fallow generate",
		                      .remark = "invented data",
		                      .bulk = true,
		                      .approved_by = "Generator (invented)",
		                      .pool = g->o->pool };
	enum err_code rc;

	g->total = n + 4 * accidents + finds + n / 50 + n / 10;
	rc = submit_begin(g->st, &about, e);
	if (!rc)
		rc = make_source(g, e);
	if (!rc)
		rc = make_places(g, e);
	if (!rc)
		rc = make_organisations(g, e);
	if (!rc)
		rc = make_many(g, "hazards", hazard, 0, n - pending, e);
	if (!rc)
		rc = make_many(g, "accidents", accident, 0, accidents, e);
	if (!rc)
		rc = make_many(g, "finds", find, 0, finds, e);
	if (!rc)
		rc = make_many(g, "minefield records", minefield, 0, n / 50 + 3, e);
	if (!rc)
		rc = make_many(g, "work", work, 0, n / 10 + 10, e);
	if (!rc)
		rc = others(g, e);
	if (!rc)
		rc = flush(g, e);
	if (!rc)
		rc = submit_commit(g->st, NULL, e);
	if (!rc)
		rc = make_raster(g, e);
	if (rc || pending == 0)
		return rc;
	/* the newest reports wait for approval */
	about.approved_by = NULL;
	g->since_commit = 0;
	rc = submit_begin(g->st, &about, e);
	if (!rc)
		rc = make_many(g, "hazards", hazard, n - pending, n, e);
	if (!rc)
		rc = flush(g, e);
	return rc ? rc : submit_commit(g->st, NULL, e);
}

enum err_code
generate_run(struct store *st, const struct generate_options *o, struct err *e)
{
	struct gen *g;
	enum err_code rc;

	if (o->hazards < 1 || o->hazards > GENERATE_MAX_HAZARDS)
		return err_set(e, ERR_INVALID, "the number of hazards is %lld; allowed are 1 to %d",
		               (long long)o->hazards, GENERATE_MAX_HAZARDS);
	if (!text_eq(store_meta(st, "country"), "XXA") || store_log_size(st) > 0)
		return err_set(
			e, ERR_INVALID,
			"invented data go only into a new register of the fictional country XXA");
	g = mem_calloc(1, sizeof(*g));
	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for generating");
	g->st = st;
	g->o = o;
	arena_init(&g->batch, (size_t)256 << 20);
	rng_seed(&g->ids, o->seed, 0);
	g->kept_hazards =
		o->hazards - o->hazards / 50 < 100000 ? o->hazards - o->hazards / 50 : 100000;
	g->hazard_id = mem_calloc((size_t)g->kept_hazards, sizeof(*g->hazard_id));
	g->settlement = mem_calloc((size_t)LAND_DISTRICTS * SETTLEMENTS_PER_DISTRICT,
	                           sizeof(*g->settlement));
	rc = g->hazard_id && g->settlement ? land_make(&g->land, o->seed, e)
	                                   : err_set(e, ERR_NOMEM, "out of memory for generating");
	if (!rc) {
		rc = make_all(g, e);
		if (rc)
			submit_cancel(st);
		land_done(&g->land);
	}
	arena_done(&g->batch);
	mem_free(g->hazard_id);
	mem_free(g->settlement);
	mem_free(g);
	return rc;
}
