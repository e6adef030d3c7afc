#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ingest/unseal.h"
#include "store/submit.h"

/* What the event is about: this, the kind, a blank, the id. Nothing else writes such a text. */
static const char about_begins[] = "identities of ";

static enum err_code
check(struct store *st, const struct unseal_options *o, struct uuid *ret_id, int *ret_kind,
      struct err *e)
{
	size_t n = o->reason ? strlen(o->reason) : 0;
	int64_t fid;
	enum err_code rc;

	if (n == 0 || !text_is_utf8(o->reason, n) || !text_is_line(o->reason) ||
	    text_utf8_length(o->reason, n) < UNSEAL_REASON_MIN ||
	    text_utf8_length(o->reason, n) > UNSEAL_REASON_MAX)
		return err_set(e, ERR_INVALID,
		               "a reason of %d to %d characters in one line must be given: it is "
		               "recorded",
		               UNSEAL_REASON_MIN, UNSEAL_REASON_MAX);
	if (!o->by || !*o->by)
		return err_set(e, ERR_INVALID, "who reads must be said: it is recorded");
	if (!uuid_parse(o->id, strlen(o->id), ret_id))
		return err_set(e, ERR_NOTFOUND, "there is no such record");
	rc = history_find(st, *ret_id, ret_kind, &fid, e);
	if (rc == ERR_NOTFOUND)
		return err_set(e, rc, "there is no such record");
	if (!rc && !access_identity(o->role, store_kind_name(st, *ret_kind)))
		return err_set(e, ERR_DENIED, "your role does not read identities");
	return rc;
}

static enum err_code
open_all(struct store *st, struct unseal *u, struct arena *mem, struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	enum err_code rc = history_load(st, u->id, INT64_MAX, mem, &list, &n, e);

	u->revision = rc ? NULL : arena_calloc(mem, n + 1, sizeof *u->revision);
	if (!rc && !u->revision)
		rc = err_set(e, ERR_NOMEM, "out of memory for a record");
	for (size_t i = 0; !rc && i < n; i++) {
		struct unseal_revision *r = &u->revision[u->count];

		if (!list[i].has_identity)
			continue;
		*r = (struct unseal_revision){ .of = &list[i] };
		rc = fields_init(&r->fields, list[i].rev.fields.form, mem)
		             ? history_open_identity(st, u->id, list[i].rev.rid, mem, &r->fields, e)
		             : err_set(e, ERR_NOMEM, "out of memory for a record");
		u->count++;
	}
	if (!rc && u->count == 0)
		rc = err_set(e, ERR_NOTFOUND, "the record has no sealed identities");
	return rc;
}

static enum err_code
record_read(struct store *st, const struct unseal_options *o, struct unseal *u, struct arena *mem,
            struct err *e)
{
	const struct submit_about about = { .author = o->by, .remark = "" };
	struct submit_revision rev = { .kind = store_kind(st, "event") };
	struct submit_result done = { 0 };
	char day[11], at[28], id[UUID_TEXT];
	const char *what;
	enum err_code rc;

	clock_format_date(clock_now_us() / 86400000000, day);
	clock_format_s(clock_now_us() / 1000000, at);
	uuid_format(u->id, id);
	what = arena_printf(mem, "%s%s %s", about_begins, u->kind, id);
	if (rev.kind < 0 || !what || !fields_init(&rev.fields, store_form(st, rev.kind), mem))
		return err_set(e, ERR_NOMEM, "out of memory for the event");
	(void)fields_set_text(&rev.fields, "valid_from", day);
	/* A register whose form of events was changed so that the read cannot be said: no read. */
	if (!fields_set_text(&rev.fields, "type", "viewed") ||
	    !fields_set_text(&rev.fields, "about", what) ||
	    !fields_set_text(&rev.fields, "date", day) || !fields_set_text(&rev.fields, "at", at) ||
	    !fields_set_text(&rev.fields, "by_person", o->by) ||
	    !fields_set_text(&rev.fields, "reason", o->reason))
		return err_set(e, ERR_UNSUPPORTED, "the form of events has no place for a read");
	if (o->by_role)
		(void)fields_set_text(&rev.fields, "by_role", o->by_role);
	rc = submit_new_id(&rev.id, e);
	if (!rc)
		rc = submit_begin(st, &about, e);
	if (rc)
		return rc;
	rc = submit_add(st, &rev, 1, NULL, e);
	if (!rc)
		rc = submit_commit(st, &done, e);
	else
		submit_cancel(st);
	u->submission = done.first_seq;
	return rc;
}

enum err_code
unseal_run(struct store *st, const struct unseal_options *o, struct arena *mem, struct unseal *ret,
           struct err *e)
{
	struct unseal u = { 0 };
	int kind = -1;
	enum err_code rc = check(st, o, &u.id, &kind, e);

	if (!rc) {
		u.kind = store_kind_name(st, kind);
		rc = open_all(st, &u, mem, e);
	}
	if (!rc)
		rc = record_read(st, o, &u, mem, e);
	if (!rc)
		*ret = u;
	return rc;
}

void
unseal_write(const struct unseal *u, struct json_writer *w)
{
	char text[65];
	struct buf b;

	buf_init(&b, (size_t)64 << 20);
	uuid_format(u->id, text);
	json_string(w, "id", text);
	json_string(w, "kind", u->kind);
	json_int(w, "submission", u->submission);
	json_array(w, "revisions");
	for (size_t i = 0; i < u->count; i++) {
		const struct unseal_revision *r = &u->revision[i];
		const struct form *form = r->fields.form;

		json_object(w, NULL);
		text_hex(r->of->rev.leaf, 32, text);
		json_string(w, "leaf", text);
		clock_format_date(r->of->rev.valid_from_days, text);
		json_string(w, "valid_from", text);
		json_object(w, "identities");
		for (size_t k = 0; k < form->field_count; k++) {
			if (r->fields.value[k].type == STORE_NULL)
				continue;
			buf_reset(&b);
			value_to_json(&r->fields.value[k], &b);
			json_raw(w, form->field[k].name, buf_text(&b), b.size);
		}
		json_object_end(w);
		json_object_end(w);
	}
	json_array_end(w);
	if (!buf_ok(&b))
		w->out->failed = true;
	buf_done(&b);
}

/* --- reads
 * ------------------------------------------------------------------------------------------------
 */

struct reads {
	int64_t before;
	size_t most, seen;
	int64_t fid[UNSEAL_READS_MOST]; /* of the last ones, in a ring */
	struct arena *mem;
	struct unseal_read *list;
	size_t count;
};

/* "identities of KIND ID"; *ret_kind_n bytes of kind. */
static bool
read_about(const struct shown *row, const char **ret_kind, size_t *ret_kind_n, struct uuid *ret_id)
{
	const char *about = fields_text(&row->fields, "about"), *blank;

	if (!text_eq(fields_text(&row->fields, "type"), "viewed") || !about ||
	    !text_starts(about, about_begins))
		return false;
	about += sizeof about_begins - 1;
	blank = strchr(about, ' ');
	if (!blank || !uuid_parse(blank + 1, strlen(blank + 1), ret_id))
		return false;
	*ret_kind = about;
	*ret_kind_n = (size_t)(blank - about);
	return true;
}

static enum err_code
note_read(void *ctx, const struct shown *row, struct err *e)
{
	struct reads *r = ctx;
	struct uuid id;
	const char *kind;
	size_t n;

	if (row->fid >= r->before)
		return err_set(e, ERR_LIMIT, "the page is full");
	if (read_about(row, &kind, &n, &id))
		r->fid[r->seen++ % r->most] = row->fid;
	return ERR_OK;
}

static const char *
copy(struct reads *r, const struct shown *row, const char *name)
{
	const char *s = fields_text(&row->fields, name);

	return arena_strdup(r->mem, s ? s : "");
}

static enum err_code
take_read(void *ctx, const struct shown *row, struct err *e)
{
	struct reads *r = ctx;
	struct unseal_read *one = &r->list[r->count];
	const char *kind;
	size_t n;

	if (row->fid >= r->before || r->count == r->most)
		return err_set(e, ERR_LIMIT, "the page is full");
	if (!read_about(row, &kind, &n, &one->record))
		return ERR_OK;
	one->event = row->id;
	one->fid = row->fid;
	one->kind = arena_strndup(r->mem, kind, n);
	one->at = copy(r, row, "at");
	one->by = copy(r, row, "by_person");
	one->by_role = copy(r, row, "by_role");
	one->reason = copy(r, row, "reason");
	r->count++;
	return one->kind && one->at && one->by && one->by_role && one->reason
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for reads");
}

static enum err_code
walk(struct store *st, struct each_filter *f, each_fn *fn, struct reads *r, struct err *e)
{
	enum err_code rc = store_each(st, f, fn, r, e);

	if (rc != ERR_LIMIT)
		return rc;
	err_clear(e);
	return ERR_OK;
}

enum err_code
unseal_reads(struct store *st, int64_t before_fid, size_t most, struct arena *mem,
             struct unseal_read **ret, size_t *ret_count, struct err *e)
{
	static const char *const want[] = { "type",    "about",  "at", "by_person",
		                            "by_role", "reason", NULL };
	struct each_filter f = { .kind = store_kind(st, "event"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct reads r = { .before = before_fid,
		           .most = most < UNSEAL_READS_MOST ? most : UNSEAL_READS_MOST,
		           .mem = mem };
	enum err_code rc = ERR_OK;

	*ret_count = 0;
	r.list = arena_calloc(mem, r.most + 1, sizeof *r.list);
	if (!r.list)
		return err_set(e, ERR_NOMEM, "out of memory for reads");
	if (f.kind >= 0 && r.most)
		rc = walk(st, &f, note_read, &r, e);
	if (!rc && r.seen) {
		f.after_fid = r.fid[r.seen > r.most ? r.seen % r.most : 0] - 1;
		rc = walk(st, &f, take_read, &r, e);
	}
	for (size_t i = 0; i < r.count / 2; i++) {
		struct unseal_read t = r.list[i];

		r.list[i] = r.list[r.count - 1 - i];
		r.list[r.count - 1 - i] = t;
	}
	*ret = r.list;
	*ret_count = rc ? 0 : r.count;
	return rc;
}
