/* GET /api/status: what the register holds, how old it is, what waits, what the role does not see.
 */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/count.h"
#include "store/quarantine.h"

/* Counts of one kind as the role may know them. */
struct tally {
	int64_t records, unapproved, conflict, no_position;
	int64_t as[3]; /* by shown_as */
};

struct status {
	const struct ask *q;
	struct store *st;
	struct json_writer w;
	struct tally kind, hazard;
	bool coarse, is_hazard;
	int64_t waiting;
	char oldest[11], newest[11];
};

static enum err_code
add_cell(void *ctx, const struct count_cell *c, struct err *e)
{
	struct status *s = ctx;

	(void)e;
	if (s->coarse && s->is_hazard && access_is_single(c->class))
		return ERR_OK;
	s->kind.records += c->records;
	s->kind.unapproved += c->unapproved ? c->records : 0;
	s->kind.conflict += c->conflict ? c->records : 0;
	s->kind.no_position += c->located ? 0 : c->records;
	s->kind.as[c->as] += c->records;
	if (c->oldest && (!*s->oldest || strcmp(c->oldest, s->oldest) < 0))
		(void)snprintf(s->oldest, sizeof(s->oldest), "%s", c->oldest);
	if (c->newest && strcmp(c->newest, s->newest) > 0)
		(void)snprintf(s->newest, sizeof(s->newest), "%s", c->newest);
	return ERR_OK;
}

/* Kinds the program writes itself are no information about the land. */
static bool
is_own(const char *kind)
{
	return text_eq(kind, "decision") || text_eq(kind, "event");
}

static enum err_code
write_counts(struct status *s, struct err *e)
{
	enum access_role role = ask_access(s->q);
	enum err_code rc = ERR_OK;

	json_array(&s->w, "counts");
	for (int k = 0; !rc && k < (int)store_kind_count(s->st); k++) {
		const char *name = store_kind_name(s->st, k);
		char oldest[11], newest[11];

		if (!access_has_rows(role, name))
			continue;
		memcpy(oldest, s->oldest, sizeof(oldest));
		memcpy(newest, s->newest, sizeof(newest));
		memset(&s->kind, 0, sizeof(s->kind));
		s->is_hazard = text_eq(name, "hazard");
		rc = count_layer(s->st, k, add_cell, s, e);
		if (is_own(name)) {
			memcpy(s->oldest, oldest, sizeof(oldest));
			memcpy(s->newest, newest, sizeof(newest));
		} else {
			s->waiting += s->kind.unapproved;
		}
		if (s->is_hazard)
			s->hazard = s->kind;
		json_object(&s->w, NULL);
		json_string(&s->w, "kind", name);
		json_int(&s->w, "records", s->kind.records);
		json_int(&s->w, "unapproved", is_own(name) ? 0 : s->kind.unapproved);
		json_int(&s->w, "conflict", s->kind.conflict);
		json_int(&s->w, "no_position", s->kind.no_position);
		json_object_end(&s->w);
	}
	json_array_end(&s->w);
	return rc;
}

static void
write_information(struct status *s)
{
	int64_t newest = 0, now = clock_now_us() / 86400000000;
	bool any = clock_parse_date(s->newest, strlen(s->newest), &newest);

	if (s->coarse && any) /* by month, and the age from its first day */
		newest = (memcpy(s->newest + 8, "01", 2),
		          clock_parse_date(s->newest, strlen(s->newest), &newest), newest);
	if (s->coarse) {
		s->newest[*s->newest ? 7 : 0] = '\0';
		s->oldest[*s->oldest ? 7 : 0] = '\0';
	}
	json_object(&s->w, "information");
	json_string(&s->w, "oldest", *s->oldest ? s->oldest : NULL);
	json_string(&s->w, "newest", *s->newest ? s->newest : NULL);
	if (any)
		json_int(&s->w, "age_days", now > newest ? now - newest : 0);
	else
		json_null(&s->w, "age_days");
	json_object_end(&s->w);
}

static void
write_hazards(struct status *s)
{
	json_object(&s->w, "hazards");
	json_int(&s->w, "danger", s->hazard.as[SHOWN_DANGER]);
	json_int(&s->w, "reported_released", s->hazard.as[SHOWN_REPORTED_RELEASED]);
	json_int(&s->w, "released", s->hazard.as[SHOWN_RELEASED]);
	json_int(&s->w, "no_position", s->hazard.no_position);
	json_object_end(&s->w);
	json_object(&s->w, "waiting");
	json_int(&s->w, "records", s->waiting);
	json_int(&s->w, "hazards", s->hazard.unapproved);
	json_object_end(&s->w);
}

struct waiting_rows {
	struct json_writer *w; /* NULL: only count */
	int64_t rows, no_place;
};

static enum err_code
add_waiting(void *ctx, const char *place, int64_t count, struct err *e)
{
	struct waiting_rows *r = ctx;

	(void)e;
	r->rows += count;
	r->no_place += *place ? 0 : count;
	if (r->w && *place) {
		json_object(r->w, NULL);
		json_string(r->w, "place", place);
		json_int(r->w, "rows", count);
		json_object_end(r->w);
	}
	return ERR_OK;
}

static enum err_code
write_quarantine(struct status *s, struct err *e)
{
	struct waiting_rows all = { 0 }, hazards = { 0 }, places = { .w = &s->w };
	int hazard = store_kind(s->st, "hazard");
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < (int)store_kind_count(s->st); k++)
		rc = quarantine_waiting(s->st, k, INT64_MAX, add_waiting,
		                        k == hazard ? &hazards : &all, e);
	json_object(&s->w, "quarantine");
	json_int(&s->w, "rows", all.rows + hazards.rows);
	json_int(&s->w, "hazards", hazards.rows);
	json_int(&s->w, "no_place", all.no_place + hazards.no_place);
	if (!rc && !s->coarse && hazard >= 0) {
		json_array(&s->w, "places");
		rc = quarantine_waiting(s->st, hazard, INT64_MAX, add_waiting, &places, e);
		json_array_end(&s->w);
	}
	json_object_end(&s->w);
	return rc;
}

static void
write_sees(struct status *s)
{
	enum access_role role = ask_access(s->q);

	json_object(&s->w, "sees");
	json_bool(&s->w, "exact", !s->coarse);
	if (s->coarse)
		json_number(&s->w, "grid_m", ACCESS_GRID_M);
	for (int sees = 1; sees >= 0; sees--) {
		json_array(&s->w, sees ? "kinds" : "not");
		for (int k = 0; k < (int)store_kind_count(s->st); k++)
			if (access_has_rows(role, store_kind_name(s->st, k)) == (sees == 1))
				json_string(&s->w, NULL, store_kind_name(s->st, k));
		json_array_end(&s->w);
	}
	json_object_end(&s->w);
}

static void
write_head(struct status *s)
{
	struct store_checkpoint cp = store_checkpoint_newest(s->st);
	char text[64];

	json_object(&s->w, "register");
	json_string(&s->w, "name", s->q->reg->name);
	json_string(&s->w, "title", store_meta(s->st, "name"));
	json_string(&s->w, "country", store_meta(s->st, "country"));
	json_string(&s->w, "uuid", store_meta(s->st, "uuid"));
	json_object_end(&s->w);
	json_object(&s->w, "log");
	json_int(&s->w, "size", cp.size);
	(void)text_base64(cp.root, 32, text);
	json_string(&s->w, "root", cp.size ? text : NULL);
	clock_format_us(store_last_received_us(s->st), text);
	json_string(&s->w, "received", cp.size ? text : NULL);
	json_object_end(&s->w);
}

enum err_code
api_status(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct status s = { .q = q, .coarse = !api_exact(q) };
	int64_t started_us = clock_steady_us();
	const char *key;
	enum err_code rc = api_store(q, &s.st, e);

	(void)site;
	if (rc)
		return rc;
	key = arena_printf(q->mem, "status %s", access_role_name(ask_access(q)));
	if (!key)
		return err_set(e, ERR_NOMEM, "out of memory");
	r->cacheable = true;
	if (api_kept(q, key, store_log_size(s.st), r))
		return api_done(r);
	json_begin(&s.w, &r->body);
	json_object(&s.w, NULL);
	write_head(&s);
	rc = write_counts(&s, e);
	write_information(&s);
	write_hazards(&s);
	if (!rc)
		rc = write_quarantine(&s, e);
	write_sees(&s);
	json_object_end(&s.w);
	if (!rc)
		api_keep(q, key, store_log_size(s.st), r, started_us);
	return rc ? rc : api_done(r);
}
