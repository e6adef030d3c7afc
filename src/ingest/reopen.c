#include "ingest/reopen.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/landindex.h"
#include "ingest/rowcheck.h"
#include "store/each.h"
#include "store/history.h"

struct reopen {
	struct store *st;
	struct geo *geo;
	struct landindex *closed; /* hazards; NULL for hazards that come in */
	struct landindex *finds;  /* NULL until a hazard comes in closed */
};

static const char *const find_kinds[] = { "accident", "ordnance" };

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

bool
reopen_closes(const struct store_fields *hazard)
{
	const char *status = fields_text(hazard, "status");

	return text_eq(status, "closed") || text_eq(status, "handed_over");
}

static bool
date_of(const struct store_fields *f, int64_t *ret)
{
	const char *date = fields_text(f, "valid_from");

	return date && clock_parse_date(date, strlen(date), ret);
}

int64_t
reopen_since_days(const struct store_fields *hazard)
{
	const char *flags = fields_text(hazard, "import_flags");
	int64_t days = INT64_MIN;

	if (flags && strstr(flags, rowchecks[CHECK_CLOSING_UNDATED].code))
		return INT64_MIN;
	return date_of(hazard, &days) ? days : INT64_MIN;
}

static enum err_code
keep_closed(void *ctx, const struct shown *row, struct err *e)
{
	struct reopen *r = ctx;

	return row->as == SHOWN_DANGER
	               ? ERR_OK
	               : landindex_add(r->closed, row, reopen_since_days(&row->fields), e);
}

static enum err_code
keep_find(void *ctx, const struct shown *row, struct err *e)
{
	struct reopen *r = ctx;
	int64_t days = INT64_MAX; /* without a date it counts as of today */

	(void)date_of(&row->fields, &days);
	return landindex_add(r->finds, row, days, e);
}

static enum err_code
load(struct reopen *r, const char *kind, const struct geom_box *box, each_fn *fn, struct err *e)
{
	static const char *const want[] = { "geometry", "valid_from", "status", "import_flags",
		                            NULL };
	struct each_filter f = { .kind = store_kind(r->st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want,
		                 .box = box };

	return f.kind < 0 ? ERR_OK : store_each(r->st, &f, fn, r, e);
}

/* box: where the records of that kind lie; NULL = anywhere. */
static enum err_code
create(struct store *st, int kind, const struct geom_box *box, struct reopen **ret, struct err *e)
{
	struct reopen *r;
	enum err_code rc;

	*ret = NULL;
	if (!reopen_kind(st, kind) && !text_eq(store_kind_name(st, kind), "hazard"))
		return ERR_OK;
	r = mem_calloc(1, sizeof(*r));
	if (!r)
		return no_memory(e);
	r->st = st;
	r->geo = geo_create();
	rc = r->geo ? ERR_OK : no_memory(e);
	if (!rc && reopen_kind(st, kind)) {
		rc = landindex_create(&r->closed, e);
		if (!rc)
			rc = load(r, "hazard", box, keep_closed, e);
		if (!rc)
			rc = landindex_ready(r->closed, e);
	}
	if (rc) {
		reopen_free(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

enum err_code
reopen_create(struct store *st, int kind, struct reopen **ret, struct err *e)
{
	return create(st, kind, NULL, ret, e);
}

void
reopen_free(struct reopen *r)
{
	if (!r)
		return;
	landindex_free(r->closed);
	landindex_free(r->finds);
	geo_free(r->geo);
	mem_free(r);
}

/* A reopening is about the day of the find, but never sorts before a closing, whose own date may
 * be that of receipt. */
static enum err_code
date_revision(const struct history_revision *list, size_t n, const char *date, struct arena *mem,
              struct store_fields *f, struct err *e)
{
	int64_t days = INT64_MIN;
	char *text = arena_alloc(mem, 11);

	if (!text)
		return no_memory(e);
	(void)clock_parse_date(date, strlen(date), &days);
	for (size_t i = 0; i < n; i++)
		if (list[i].rev.ruling != RULING_RETURNED && reopen_closes(&list[i].rev.fields) &&
		    list[i].rev.valid_from_days > days)
			days = list[i].rev.valid_from_days;
	clock_format_date(days, text);
	(void)fields_set_text(f, "valid_from", text); /* every kind has it */
	return ERR_OK;
}

/* The revision that reopens a hazard, made from its newest one. */
static enum err_code
make_revision(struct reopen *r, struct uuid id, const struct reopen_find *because,
              struct arena *mem, struct submit_revision *ret, struct err *e)
{
	static const char *const cleared[] = { "outcome",        "handed_over_date",
		                               "handed_over_to", "import_source",
		                               "import_row",     "import_key",
		                               "import_flags" };
	struct history_revision *list = NULL;
	size_t n = 0;
	char text[UUID_TEXT];
	const char *why, *date = arena_strdup(mem, because->date);
	uint8_t(*leaf)[32] = arena_alloc(mem, 32);
	int hazard = store_kind(r->st, "hazard");
	enum err_code rc = history_load(r->st, id, INT64_MAX, mem, &list, &n, e);

	if (rc)
		return rc;
	uuid_format(because->id, text);
	why = arena_printf(mem, "reopened by itself: %s %s lies on it", because->kind, text);
	if (!leaf || !why || !date || n == 0)
		return no_memory(e);
	memcpy(*leaf, list[n - 1].rev.leaf, 32);
	*ret = (struct submit_revision){ .kind = hazard,
		                         .id = id,
		                         .fid = list[0].rev.rid,
		                         .parents = (const uint8_t(*)[32])leaf,
		                         .parent_count = 1,
		                         .fields = list[n - 1].rev.fields };
	/* the fields are those of the list: its closings are looked at before */
	rc = date_revision(list, n, date, mem, &ret->fields, e);
	for (size_t k = 0; k < sizeof(cleared) / sizeof(*cleared); k++)
		(void)fields_set_text(&ret->fields, cleared[k],
		                      NULL); /* a form without it has nothing to clear */
	(void)(fields_set_text(&ret->fields, "status", "reopened") &&
	       fields_set_text(&ret->fields, "status_reason", why) &&
	       fields_set_text(&ret->fields, "status_date", date));
	return rc;
}

enum err_code
reopen_next(struct reopen *r, struct reopen_walk *w, struct arena *mem, struct submit_revision *ret,
            bool *ret_any, struct err *e)
{
	struct reopen_find why = { .id = w->id, .kind = w->fields->form->kind };
	struct landindex_item *it = NULL;
	const char *date = fields_text(w->fields, "valid_from");
	int64_t days = INT64_MAX; /* without a date it counts as of today */
	enum err_code rc;

	*ret_any = false;
	if (!r->closed)
		return ERR_OK;
	(void)date_of(w->fields, &days);
	(void)snprintf(why.date, sizeof(why.date), "%.10s", date ? date : "");
	do {
		rc = landindex_next(r->closed, w->fields->geom, &w->next, &it, e);
		if (rc || !it)
			return rc;
	} while (it->days > days);
	rc = make_revision(r, it->id, &why, mem, ret, e);
	if (rc)
		return rc;
	it->done = true;
	*ret_any = true;
	return ERR_OK;
}

static enum err_code
load_finds(struct reopen *r, struct err *e)
{
	enum err_code rc = landindex_create(&r->finds, e);

	for (size_t i = 0; !rc && i < sizeof(find_kinds) / sizeof(*find_kinds); i++)
		rc = load(r, find_kinds[i], NULL, keep_find, e);
	return rc ? rc : landindex_ready(r->finds, e);
}

enum err_code
reopen_find(struct reopen *r, const struct store_fields *hazard, int64_t since_days,
            bool outline_valid, struct reopen_find *ret, bool *ret_any, struct err *e)
{
	struct shown drawn = { .fields = *hazard };
	struct landindex_item *it = NULL, *newest = NULL;
	struct arena mem;
	size_t from = 0;
	enum err_code rc = ERR_OK;

	*ret_any = false;
	if (!reopen_closes(hazard) || !hazard->geom || geom_is_empty(hazard->geom))
		return ERR_OK;
	if (!r->finds)
		rc = load_finds(r, e);
	if (rc)
		return rc;
	arena_init(&mem, (size_t)1 << 30);
	rc = shown_measure(r->geo, outline_valid, &mem, &drawn, e);
	while (!rc) {
		rc = landindex_next(r->finds, drawn.fields.geom, &from, &it, e);
		if (rc || !it)
			break;
		if (it->days >= since_days && (!newest || it->days > newest->days))
			newest = it;
	}
	arena_done(&mem);
	if (rc || !newest)
		return rc;
	*ret = (struct reopen_find){ .id = newest->id,
		                     .kind = store_kind_name(r->st, newest->kind) };
	clock_format_date(newest->days == INT64_MAX ? clock_now_us() / 86400000000 : newest->days,
	                  ret->date);
	*ret_any = true;
	return ERR_OK;
}

enum err_code
reopen_land(struct reopen *r, struct uuid hazard, const struct reopen_find *because,
            struct arena *mem, struct submit_revision *ret, bool *ret_any, struct err *e)
{
	struct shown shown;
	bool any = false;
	enum err_code rc = store_get(r->st, hazard, mem, &shown, &any, e);

	*ret_any = false;
	if (rc || !any || (shown.as == SHOWN_DANGER && !because->approved))
		return rc;
	rc = make_revision(r, hazard, because, mem, ret, e);
	*ret_any = !rc;
	return rc;
}

enum err_code
reopen_for(struct store *st, const struct submit_revision *rev, struct arena *mem, struct err *e)
{
	struct reopen *r = NULL;
	struct reopen_find found;
	struct submit_revision more;
	struct geom_box box;
	struct reopen_walk walk = { .id = rev->id, .fields = &rev->fields };
	bool any = false;
	enum err_code rc;

	if (!rev->fields.geom || (!reopen_kind(st, rev->kind) && !reopen_closes(&rev->fields)))
		return ERR_OK;
	box = geom_bounds(rev->fields.geom); /* one record: the index finds what is near */
	rc = create(st, rev->kind, &box, &r, e);
	if (rc || !r)
		return rc;
	do {
		rc = reopen_next(r, &walk, mem, &more, &any, e);
		if (!rc && any)
			rc = submit_add(st, &more, 1, NULL, e);
	} while (!rc && any);
	if (!rc && !reopen_kind(st, rev->kind))
		rc = reopen_find(r, &rev->fields, reopen_since_days(&rev->fields), false, &found,
		                 &any, e);
	if (!rc && any)
		rc = reopen_land(r, rev->id, &found, mem, &more, &any, e);
	if (!rc && any)
		rc = submit_add(st, &more, 1, NULL, e);
	reopen_free(r);
	return rc;
}
