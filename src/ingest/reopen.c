#include "ingest/reopen.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/shape.h"
#include "store/each.h"
#include "store/history.h"

#define MAX_BYTES ((size_t)1 << 30)
#define BAND_DEG 0.05 /* of latitude: closed hazards are looked up by it */
#define BANDS 3601    /* 180 degrees / BAND_DEG, and one for what lies on 90 */

/* A closed hazard. */
struct closed {
	struct uuid id;
	int64_t fid, since_days; /* date of information of its closing */
	struct geom geom;
	struct geom_box box;
	bool open; /* reopened by this import */
};

struct reopen {
	struct store *st;
	struct geo *geo;
	struct arena mem;
	struct closed *closed;
	size_t count, room;
	double tallest_deg; /* of the boxes */
	uint32_t *band;  /* BANDS + 1: where the hazards begin whose south side lies in each band */
	uint32_t *order; /* hazards by band */
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for closed hazards");
}

bool
reopen_kind(const struct store *st, int kind)
{
	return text_eq(store_kind_name(st, kind), "accident") ||
	       text_eq(store_kind_name(st, kind), "ordnance");
}

static size_t
band_of(double lat_deg)
{
	double b = (lat_deg + 90) / BAND_DEG;

	return b <= 0 ? 0 : b >= BANDS - 1 ? BANDS - 1 : (size_t)b;
}

static enum err_code
keep(void *ctx, const struct shown *row, struct err *e)
{
	struct reopen *r = ctx;
	const char *date = fields_text(&row->fields, "valid_from");
	struct closed *c;

	if (row->as == SHOWN_DANGER || !row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 256;

		c = mem_realloc_array(r->closed, room, sizeof(*c));
		if (!c)
			return no_memory(e);
		r->closed = c;
		r->room = room;
	}
	c = &r->closed[r->count];
	*c = (struct closed){ .id = row->id, .fid = row->fid, .since_days = INT64_MIN };
	if (date)
		(void)clock_parse_date(date, strlen(date),
		                       &c->since_days); /* else any find counts */
	if (!geom_copy(row->fields.geom, &r->mem, &c->geom))
		return no_memory(e);
	c->box = geom_bounds(&c->geom);
	if (c->box.max_lat_deg - c->box.min_lat_deg > r->tallest_deg)
		r->tallest_deg = c->box.max_lat_deg - c->box.min_lat_deg;
	r->count++;
	return ERR_OK;
}

static bool
sort_bands(struct reopen *r)
{
	uint32_t sum = 0;

	r->band = arena_calloc(&r->mem, BANDS + 1, sizeof(*r->band));
	r->order = arena_calloc(&r->mem, r->count + 1, sizeof(*r->order));
	if (!r->band || !r->order)
		return false;
	for (size_t i = 0; i < r->count; i++)
		r->band[band_of(r->closed[i].box.min_lat_deg)]++;
	for (size_t b = 0; b <= BANDS; b++) {
		uint32_t n = r->band[b];

		r->band[b] = sum;
		sum += n;
	}
	for (size_t i = 0; i < r->count; i++)
		r->order[r->band[band_of(r->closed[i].box.min_lat_deg)]++] = (uint32_t)i;
	for (size_t b = BANDS; b > 0; b--)
		r->band[b] = r->band[b - 1];
	r->band[0] = 0;
	return true;
}

enum err_code
reopen_create(struct store *st, struct reopen **ret, struct err *e)
{
	static const char *const want[] = { "geometry", "valid_from", "status", NULL };
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct reopen *r = mem_calloc(1, sizeof(*r));
	enum err_code rc;

	if (!r)
		return no_memory(e);
	r->st = st;
	arena_init(&r->mem, MAX_BYTES);
	r->geo = geo_create();
	rc = r->geo ? store_each(st, &f, keep, r, e) : no_memory(e);
	if (!rc && !sort_bands(r))
		rc = no_memory(e);
	if (rc) {
		reopen_free(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

void
reopen_free(struct reopen *r)
{
	if (!r)
		return;
	geo_free(r->geo);
	arena_done(&r->mem);
	mem_free(r->closed);
	mem_free(r);
}

static bool
date_of(const struct store_fields *f, int64_t *ret)
{
	const char *date = fields_text(f, "valid_from");

	return date && clock_parse_date(date, strlen(date), ret);
}

enum err_code
reopen_next(struct reopen *r, const struct store_fields *fields, size_t *from, size_t *ret,
            struct err *e)
{
	int64_t days = INT64_MAX;
	struct geom_box box;
	size_t first, last;

	*ret = SIZE_MAX;
	if (!fields->geom || geom_is_empty(fields->geom) || r->count == 0)
		return ERR_OK;
	(void)date_of(fields, &days); /* without a date it counts as of today */
	box = geom_bounds(fields->geom);
	first = r->band[band_of(box.min_lat_deg - r->tallest_deg)];
	last = r->band[band_of(box.max_lat_deg) + 1];
	for (size_t k = first > *from ? first : *from; k < last; k++) {
		const struct closed *c = &r->closed[r->order[k]];
		bool on = false;
		enum err_code rc;

		if (c->open || c->since_days > days || !geom_box_overlap(c->box, box))
			continue;
		rc = shape_intersects(r->geo, &c->geom, fields->geom, &on, e);
		if (rc)
			return rc;
		if (on) {
			*from = k + 1;
			*ret = r->order[k];
			return ERR_OK;
		}
	}
	return ERR_OK;
}

enum err_code
reopen_revision(struct reopen *r, size_t i, struct uuid because, const struct store_fields *fields,
                struct arena *mem, struct submit_revision *ret, struct err *e)
{
	static const char *const cleared[] = { "outcome",        "handed_over_date",
		                               "handed_over_to", "import_source",
		                               "import_row",     "import_key",
		                               "import_flags" };
	struct closed *c = &r->closed[i];
	struct history_revision *list = NULL;
	size_t n = 0;
	char text[UUID_TEXT];
	const char *kind = fields->form->kind, *date = fields_text(fields, "valid_from"), *why;
	uint8_t(*leaf)[32] = arena_alloc(mem, 32);
	int hazard = store_kind(r->st, "hazard");
	enum err_code rc = history_load(r->st, hazard, c->id, INT64_MAX, mem, &list, &n, e);

	if (rc)
		return rc;
	uuid_format(because, text);
	why = arena_printf(mem, "reopened by itself: %s %s lies on it", kind, text);
	if (!leaf || !why || n == 0)
		return no_memory(e);
	memcpy(*leaf, list[n - 1].rev.leaf, 32);
	*ret = (struct submit_revision){ .kind = hazard,
		                         .id = c->id,
		                         .fid = c->fid,
		                         .parents = (const uint8_t(*)[32])leaf,
		                         .parent_count = 1,
		                         .fields = list[n - 1].rev.fields };
	for (size_t k = 0; k < sizeof(cleared) / sizeof(*cleared); k++)
		(void)fields_set_text(&ret->fields, cleared[k],
		                      NULL); /* a form without it has nothing to clear */
	(void)(fields_set_text(&ret->fields, "status", "reopened") &&
	       fields_set_text(&ret->fields, "status_reason", why) &&
	       fields_set_text(&ret->fields, "status_date", date) &&
	       fields_set_text(&ret->fields, "valid_from", date));
	c->open = true;
	return ERR_OK;
}

enum err_code
reopen_for(struct store *st, const struct submit_revision *rev, struct arena *mem, struct err *e)
{
	struct reopen *r = NULL;
	size_t from = 0, i = 0;
	enum err_code rc;

	if (!reopen_kind(st, rev->kind) || !rev->fields.geom)
		return ERR_OK;
	rc = reopen_create(st, &r, e);
	while (!rc) {
		struct submit_revision more;

		rc = reopen_next(r, &rev->fields, &from, &i, e);
		if (rc || i == SIZE_MAX)
			break;
		rc = reopen_revision(r, i, rev->id, &rev->fields, mem, &more, e);
		if (!rc)
			rc = submit_add(st, &more, 1, NULL, e);
	}
	reopen_free(r);
	return rc;
}
