#include "ingest/decide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "geo/shape.h"
#include "ingest/lessen.h"
#include "ingest/reopen.h"
#include "store/each.h"
#include "store/history.h"
#include "store/submit.h"
#include "store/waiting.h"

enum {
	REACH_DEG = 1 /* no radius_m reaches farther: 50 km at 60 degrees of latitude */
};

struct deciding {
	struct store *st;
	const struct decide_options *o;
	struct arena mem;
	struct buf about, submissions;
	size_t revisions;
	struct geo *geo;
	struct history_submission entered; /* the one asked for last */
	bool entered_known;
};

/* The outline of a closing as it is drawn: a broken one is compared by what covers it. */
static enum err_code
drawn_land(struct deciding *d, const struct store_fields *f, const struct geom **ret, struct err *e)
{
	struct shown drawn = { .fields = *f };
	enum err_code rc = shown_measure(d->geo, false, &d->mem, &drawn, e);

	if (!rc)
		*ret = drawn.fields.geom;
	return rc;
}

/* --- release: no open hazard may lie under the land
 * ---------------------------------------------------------- */

struct overlap_search {
	struct deciding *d;
	const struct geom *land; /* as it is drawn */
	struct uuid self;
	struct arena mem; /* one row */
	char other[UUID_TEXT];
	double overlap_m2;
	bool areal; /* the other is an area, else a point or a line on the land */
};

/* The most that any revision in play says of it: of the row, and of those that wait behind it. */
static enum err_code
read_radius(struct overlap_search *s, const struct shown *row, double *ret_m, struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	enum err_code rc = ERR_OK;

	*ret_m = fields_number(&row->fields, "radius_m", 0);
	if (row->revisions > 1 && (row->unapproved || row->conflict))
		rc = history_load(s->d->st, row->id, INT64_MAX, &s->mem, &list, &n, e);
	for (size_t i = 0; !rc && i < n; i++)
		if (list[i].rev.ruling != RULING_RETURNED)
			*ret_m = fmax(*ret_m, fields_number(&list[i].rev.fields, "radius_m", 0));
	return rc;
}

static enum err_code
see_other(void *ctx, const struct shown *row, struct err *e)
{
	struct overlap_search *s = ctx;
	double m2 = 0, radius_m = 0;
	struct geom grown;
	const struct geom *other = row->fields.geom;
	enum err_code rc = ERR_OK;

	if (row->as != SHOWN_DANGER || memcmp(row->id.b, s->self.b, UUID_SIZE) == 0 || !other ||
	    geom_is_empty(other))
		return ERR_OK;
	arena_reset(&s->mem);
	rc = read_radius(s, row, &radius_m, e);
	if (!rc && radius_m > 0) {
		rc = shape_grow(s->d->geo, other, radius_m, &s->mem, &grown, e);
		other = &grown;
	}
	if (!rc)
		rc = shape_overlap_m2(s->d->geo, s->land, other, &m2, e);
	if (!rc && !geom_is_areal(other)) {
		bool meets = false;

		rc = shape_intersects(s->d->geo, s->land, other, &meets, e);
		m2 = meets ? 1 : 0;
	}
	if (!rc && m2 > s->overlap_m2) {
		s->overlap_m2 = m2;
		s->areal = geom_is_areal(other);
		uuid_format(row->id, s->other);
	}
	return rc;
}

/* --- closing: nothing found since may lie on the land
 * ---------------------------------------------------------- */

struct find_search {
	struct deciding *d;
	const struct geom *land; /* as it is drawn */
	char found[UUID_TEXT], date[11];
	const char *kind; /* NULL: nothing lies on it */
	int64_t since_days;
};

static enum err_code
see_find(void *ctx, const struct shown *row, struct err *e)
{
	struct find_search *s = ctx;
	const char *date = fields_text(&row->fields, "valid_from");
	int64_t days = INT64_MAX; /* without a date it counts as of today */
	bool on = false;
	enum err_code rc;

	if (s->kind || !row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	if (date && clock_parse_date(date, strlen(date), &days) && days < s->since_days)
		return ERR_OK;
	rc = shape_intersects(s->d->geo, s->land, row->fields.geom, &on, e);
	if (!rc && on) {
		s->kind = store_kind_name(s->d->st, row->kind);
		uuid_format(row->id, s->found);
		(void)snprintf(s->date, sizeof(s->date), "%s", date ? date : "no date");
	}
	return rc;
}

/* A find or an accident that came in while the closing waited did not reopen the hazard, for it was
 * open still. It must not be closed over it. */
static enum err_code
check_finds(struct deciding *d, struct uuid id, const struct store_fields *closing, struct err *e)
{
	static const char *const want[] = { "geometry", "valid_from", NULL };
	static const char *const kinds[] = { "accident", "ordnance" };
	struct find_search s = { .d = d, .since_days = reopen_since_days(closing) };
	struct geom_box box;
	char text[UUID_TEXT];
	enum err_code rc = ERR_OK;

	if (!closing->geom || geom_is_empty(closing->geom))
		return ERR_OK;
	rc = drawn_land(d, closing, &s.land, e);
	if (rc)
		return rc;
	box = geom_bounds(s.land);
	for (size_t i = 0; !rc && !s.kind && i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct each_filter f = { .kind = store_kind(d->st, kinds[i]),
			                 .as_of_days = INT64_MAX,
			                 .known_size = INT64_MAX,
			                 .box = &box,
			                 .want = want };

		if (f.kind >= 0)
			rc = store_each(d->st, &f, see_find, &s, e);
	}
	if (rc || !s.kind)
		return rc;
	uuid_format(id, text);
	(void)err_set(
		e, ERR_DENIED,
		"hazard %s cannot be closed: the %s %s of %s lies on it and is not older than "
		"the closing",
		text, s.kind, s.found, s.date);
	return err_hint(e, "once it is dealt with, correct the closing to a later valid_from");
}

static enum err_code
check_release(struct deciding *d, int kind, struct uuid id, const struct shown_revision *rev,
              struct err *e)
{
	static const char *const want[] = { "geometry", "status", "radius_m", NULL };
	struct overlap_search s = { .d = d, .self = id };
	struct geom_box box;
	struct each_filter f = {
		.kind = kind, .as_of_days = INT64_MAX, .known_size = INT64_MAX, .want = want
	};
	const char *status = fields_text(&rev->fields, "status");
	char text[UUID_TEXT];
	enum err_code rc;

	uuid_format(id, text);
	if (!text_eq(store_kind_name(d->st, kind), "hazard"))
		return err_set(e, ERR_DENIED, "record %s is no hazard; only land is released",
		               text);
	if (!text_eq(status, "closed") && !text_eq(status, "handed_over"))
		return err_set(e, ERR_DENIED,
		               "the waiting revision of %s has status %s; a release closes it",
		               text, status ? status : "none");
	if (!fields_text(&rev->fields, "outcome"))
		return err_set(
			e, ERR_DENIED,
			"the waiting revision of %s names no outcome (cancelled, reduced, cleared)",
			text);
	if (!rev->fields.geom)
		return err_set(e, ERR_DENIED,
		               "hazard %s has no outline; what is released cannot be told", text);
	rc = drawn_land(d, &rev->fields, &s.land, e);
	if (rc)
		return rc;
	box = geom_bounds(s.land);
	/* what is drawn far off may reach here by its radius */
	box = (struct geom_box){ box.min_lon_deg - REACH_DEG, box.min_lat_deg - REACH_DEG,
		                 box.max_lon_deg + REACH_DEG, box.max_lat_deg + REACH_DEG };
	f.box = &box;
	arena_init(&s.mem, (size_t)1 << 30);
	rc = store_each(d->st, &f, see_other, &s, e);
	arena_done(&s.mem);
	/* a shared border has no area; less than a square metre is the noise of drawing */
	if (!rc && s.overlap_m2 >= 1)
		rc = s.areal ? err_set(e, ERR_DENIED,
		                       "hazard %s cannot be released: the open hazard %s lies on "
		                       "%.0f m2 of it",
		                       text, s.other, s.overlap_m2)
		             : err_set(e, ERR_DENIED,
		                       "hazard %s cannot be released: the open hazard %s lies on it",
		                       text, s.other);
	return rc;
}

/* --- collecting what the decision is about
 * --------------------------------------------------------------------- */

static enum ruling
ruling_of(const char *type)
{
	if (text_eq(type, "return"))
		return RULING_RETURNED;
	return text_eq(type, "release") ? RULING_RELEASED : RULING_APPROVED;
}

/* Four eyes: who enters what makes a hazard smaller, milder or closed does not approve it, and who
 * enters a hazard does not alone make it vanish. */
static enum err_code
check_other_person(struct deciding *d, const struct shown_revision *rev, struct err *e)
{
	const struct decide_options *o = d->o;
	enum err_code rc = ERR_OK;

	if (!d->entered_known || d->entered.seq != rev->submission)
		rc = history_submission(d->st, rev->submission, &d->mem, &d->entered, e);
	d->entered_known = !rc;
	if (rc || !*d->entered.author ||
	    (!text_same_name(d->entered.author, o->by) &&
	     !(o->second && text_same_name(d->entered.author, o->second))))
		return rc;
	return err_set(e, ERR_DENIED,
	               "%s entered what makes the hazard smaller, milder or closed; another person "
	               "must %s it",
	               d->entered.author, text_eq(o->type, "return") ? "return" : "approve");
}

/* The closing at i is followed by a revision that opens the land again, and that it does not put
 * out of play: nothing is hidden by approving it. */
static bool
opened_again(const struct history_revision *list, size_t i, size_t n)
{
	for (size_t k = i + 1; k < n; k++)
		if (list[k].rev.ruling != RULING_RETURNED && !reopen_closes(&list[k].rev.fields) &&
		    list[k].rev.valid_from_days >= list[i].rev.valid_from_days)
			return true;
	return false;
}

/* Revision i of a record's list: if it closes a hazard that was open, somebody else approves it,
 * and never over what was found on it since. Land that arrived closed has nobody here who closed
 * it. */
static enum err_code
check_closing(struct deciding *d, int kind, struct uuid id, const struct history_revision *list,
              size_t i, size_t n, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (text_eq(d->o->type, "return") || !reopen_closes(&list[i].rev.fields) ||
	    !text_eq(store_kind_name(d->st, kind), "hazard"))
		return ERR_OK;
	if (i)
		rc = check_other_person(d, &list[i].rev, e);
	if (rc || opened_again(list, i, n))
		return rc;
	return check_finds(d, id, &list[i].rev.fields, e);
}

/* What the decision takes away from the danger shown: never by one person, never over a find, and
 * no land vanishes under a closing that is drawn smaller. */
static enum err_code
check_lessening(struct deciding *d, const struct lessen_what *w, struct arena *mem, struct err *e)
{
	bool returns = text_eq(d->o->type, "return");
	struct lessen less;
	char text[UUID_TEXT];
	enum err_code rc;

	if (!text_eq(store_kind_name(d->st, w->kind), "hazard") || (w->count == 1 && !returns))
		return ERR_OK;
	rc = lessen_compare(d->st, d->geo, w, mem, &less, e);
	if (rc || !less.lessens)
		return rc;
	for (size_t i = 0; !rc && i < w->count; i++)
		if (w->about[i])
			rc = check_other_person(d, &w->list[i].rev, e);
	if (rc || !less.closes)
		return rc;
	if (returns)
		return check_finds(d, w->id, &less.after.fields, e);
	if (!less.loses)
		return ERR_OK;
	uuid_format(w->id, text);
	(void)err_set(
		e, ERR_DENIED,
		"hazard %s cannot be closed: %.0f m2 of it lie outside the outline that closes, "
		"and would be neither hazard nor released",
		text, less.lost_m2);
	return err_hint(e, "correct the outline and have that approved first, then close it; or "
	                   "record the rest as a hazard of its own");
}

static enum err_code
about_record(struct deciding *d, const char *id_text, struct err *e)
{
	struct history_revision *list = NULL;
	struct uuid id;
	int kind = -1;
	int64_t fid = 0;
	struct lessen_what w = { .ruling = ruling_of(d->o->type) };
	size_t n = 0, found = 0;
	char leaf[65];
	bool *about = NULL;
	enum err_code rc;

	if (!uuid_parse(id_text, strlen(id_text), &id))
		return err_set(e, ERR_INVALID, "\"%.60s\" is neither a record id nor @N", id_text);
	rc = history_find(d->st, id, &kind, &fid, e);
	if (!rc)
		rc = history_load(d->st, id, INT64_MAX, &d->mem, &list, &n, e);
	if (!rc && !(about = arena_calloc(&d->mem, n + 1, sizeof(*about))))
		rc = err_set(e, ERR_NOMEM, "out of memory for a decision");
	for (size_t i = 0; !rc && i < n; i++) {
		bool release = text_eq(d->o->type, "release");

		/* a release is about the last revision, the one that closes; it may have been
		 * approved before */
		if (release ? i + 1 < n || list[i].rev.ruling >= RULING_RETURNED
		            : list[i].rev.ruling != RULING_NONE)
			continue;
		if (release)
			rc = check_release(d, kind, id, &list[i].rev, e);
		if (!rc)
			rc = check_closing(d, kind, id, list, i, n, e);
		if (rc)
			break;
		text_hex(list[i].rev.leaf, 32, leaf);
		buf_printf(&d->about, "%s%.36s@%s", d->about.size ? " " : "", id_text, leaf);
		about[i] = true;
		found++;
	}
	w.kind = kind;
	w.id = id;
	w.list = list;
	w.count = n;
	w.about = about;
	if (!rc && found)
		rc = check_lessening(d, &w, &d->mem, e);
	if (!rc && found == 0)
		rc = err_set(e, ERR_NOTFOUND, "nothing of record %.36s waits for a decision",
		             id_text);
	d->revisions += found;
	return rc;
}

/* One hazard of a submission: the same rules as when it is named by itself. */
static enum err_code
check_hazard(struct deciding *d, int64_t seq, const struct lessen_what *what, struct arena *mem,
             struct err *e)
{
	struct lessen_what w = *what;
	struct history_revision *list = NULL;
	bool *about;
	enum err_code rc = history_load(d->st, w.id, INT64_MAX, mem, &list, &w.count, e);

	about = rc ? NULL : arena_calloc(mem, w.count + 1, sizeof(*about));
	if (!rc && !about)
		rc = err_set(e, ERR_NOMEM, "out of memory for a decision");
	for (size_t k = 0; !rc && k < w.count; k++) {
		about[k] = list[k].rev.submission == seq && list[k].rev.ruling == RULING_NONE;
		if (about[k])
			rc = check_closing(d, w.kind, w.id, list, k, w.count, e);
	}
	w.list = list;
	w.about = about;
	return rc ? rc : check_lessening(d, &w, mem, e);
}

static enum err_code
check_submission(struct deciding *d, int64_t seq, struct err *e)
{
	struct lessen_what w = { .kind = store_kind(d->st, "hazard"),
		                 .ruling = ruling_of(d->o->type) };
	struct uuid *id = NULL;
	struct arena mem;
	size_t count = 0;
	enum err_code rc;

	if (w.kind < 0)
		return ERR_OK;
	rc = history_submission_records(d->st, seq, w.kind, &d->mem, &id, &count, e);
	arena_init(&mem, (size_t)1 << 30);
	for (size_t i = 0; !rc && i < count; i++) {
		arena_reset(&mem);
		w.id = id[i];
		rc = check_hazard(d, seq, &w, &mem, e);
	}
	arena_done(&mem);
	return rc;
}

/* Only what waits of a submission is decided: what was ruled about before stands. A submission of
 * which everything waits is named as a whole, else revision by revision. */
static enum err_code
collect_waiting(struct deciding *d, const struct history_submission *s, struct err *e)
{
	struct waiting_record *list = arena_calloc(&d->mem, STORE_MAX_STATEMENTS, sizeof(*list));
	size_t n = 0, kept = 0;
	int64_t by = -1;
	enum err_code rc = list ? waiting_records(d->st, s->seq, list, STORE_MAX_STATEMENTS, &n, e)
	                        : err_set(e, ERR_NOMEM, "out of memory for a decision");

	if (!rc && n)
		rc = waiting_ruled_by(d->st, list[0].rid, s->seq, &by, e);
	for (size_t i = 0; !rc && by < 0 && i < n; i++)
		if (!decide_own_kind(d->st, list[i].kind))
			list[kept++] = list[i];
	if (!rc && kept == 0)
		rc = err_set(e, ERR_NOTFOUND, "nothing of submission %lld waits for a decision",
		             (long long)s->seq);
	if (rc)
		return rc;
	d->revisions += kept;
	if ((int64_t)kept == s->statements) {
		buf_printf(&d->submissions, "%s%s", d->submissions.size ? " " : "", s->leaf_hash);
		return ERR_OK;
	}
	for (size_t i = 0; i < kept; i++) {
		char id[UUID_TEXT], leaf[65];

		uuid_format(list[i].id, id);
		text_hex(list[i].leaf, 32, leaf);
		buf_printf(&d->about, "%s%s@%s", d->about.size ? " " : "", id, leaf);
	}
	return ERR_OK;
}

static enum err_code
about_submission(struct deciding *d, const char *text, struct err *e)
{
	struct history_submission s;
	int64_t seq = -1;
	enum err_code rc;

	if (!text_parse_i64(text, strlen(text), &seq) || seq < 0)
		return err_set(
			e, ERR_INVALID,
			"\"@%.40s\" is no submission; it must be @ and a number, see fallow log",
			text);
	if (text_eq(d->o->type, "release"))
		return err_set(e, ERR_DENIED,
		               "land is released hazard by hazard, not by submission");
	rc = history_submission(d->st, seq, &d->mem, &s, e);
	if (!rc)
		rc = check_submission(d, seq, e);
	return rc ? rc : collect_waiting(d, &s, e);
}

static enum err_code
submit_decision(struct deciding *d, struct decide_result *ret, struct err *e)
{
	const struct decide_options *o = d->o;
	int kind = store_kind(d->st, "decision");
	struct submit_revision rev = { .kind = kind };
	struct submit_about about = { .author = o->by, .remark = o->type };
	struct submit_result done = { 0 };
	char date[11];
	enum err_code rc =
		kind < 0 ? err_set(e, ERR_UNSUPPORTED, "the register has no form for decisions")
			 : ERR_OK;

	if (!rc)
		rc = submit_new_id(&rev.id, e);
	if (!rc && !fields_init(&rev.fields, store_form(d->st, kind), &d->mem))
		rc = err_set(e, ERR_NOMEM, "out of memory for a decision");
	if (rc)
		return rc;
	clock_format_date(clock_now_us() / 86400000000, date);
	(void)(fields_set_text(&rev.fields, "valid_from", date) &&
	       fields_set_text(&rev.fields, "date", date) &&
	       fields_set_text(&rev.fields, "type", o->type) &&
	       fields_set_text(&rev.fields, "by_person", o->by) &&
	       fields_set_text(&rev.fields, "second_person", o->second) &&
	       fields_set_text(&rev.fields, "reason", o->reason) &&
	       fields_set_text(&rev.fields, "certificate_no", o->certificate) &&
	       fields_set_text(&rev.fields, "about", d->about.size ? buf_text(&d->about) : NULL) &&
	       fields_set_text(&rev.fields, "about_submission",
	                       d->submissions.size ? buf_text(&d->submissions) : NULL));
	rc = submit_begin(d->st, &about, e);
	if (!rc)
		rc = submit_add(d->st, &rev, 1, NULL, e);
	if (!rc)
		rc = submit_commit(d->st, &done, e);
	else
		submit_cancel(d->st);
	if (!rc) {
		uuid_format(rev.id, ret->id);
		ret->submission = done.first_seq;
		ret->revisions = d->revisions;
	}
	return rc;
}

enum err_code
decide_run(struct store *st, const struct decide_options *o, struct decide_result *ret,
           struct err *e)
{
	struct deciding d = { .st = st, .o = o };
	enum err_code rc = ERR_OK;

	if (!o->by || !*o->by)
		return err_set(e, ERR_INVALID, "a decision names who makes it (--by NAME)");
	if (text_eq(o->type, "return") && (!o->reason || !*o->reason))
		return err_set(e, ERR_INVALID, "a return needs a reason (--reason TEXT)");
	arena_init(&d.mem, (size_t)1 << 30);
	buf_init(&d.about, 1u << 20);
	buf_init(&d.submissions, 1u << 20);
	d.geo = geo_create();
	if (!d.geo)
		rc = err_set(e, ERR_NOMEM, "out of memory for a decision");
	for (size_t i = 0; !rc && i < o->ids; i++)
		rc = o->id[i][0] == '@' ? about_submission(&d, o->id[i] + 1, e)
		                        : about_record(&d, o->id[i], e);
	if (!rc && (!buf_ok(&d.about) || !buf_ok(&d.submissions)))
		rc = err_set(e, ERR_LIMIT,
		             "the decision is about more than fits into one; make several");
	ret->revisions = d.revisions;
	if (!rc && !o->check_only)
		rc = submit_decision(&d, ret, e);
	geo_free(d.geo);
	buf_done(&d.about);
	buf_done(&d.submissions);
	arena_done(&d.mem);
	return rc;
}

bool
decide_own_kind(const struct store *st, int kind)
{
	const char *name = store_kind_name(st, kind);

	return text_eq(name, "decision") || text_eq(name, "event");
}

enum err_code
decide_refuse(const char *kind, struct err *e)
{
	(void)err_set(e, ERR_DENIED, "records of kind %.40s are written by the register itself",
	              kind);
	return err_hint(e, "decide with: fallow approve, fallow return");
}
