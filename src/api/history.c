/* GET /api/records/{id}/history: every revision of a record, who handed it in, what changed, what
 * was decided, from which row of which file. */

#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/waiting.h"

struct telling {
	const struct ask *q;
	struct store *st;
	struct json_writer *w;
	const struct history_revision *list;
	struct shown *seen; /* list[i] as the role sees it */
	size_t count;
	struct uuid id;
	int kind;
};

/* Each revision by itself, with what the role may not see taken out. */
static enum err_code
see_revisions(struct telling *t, struct err *e)
{
	enum err_code rc = ERR_OK;

	t->seen = arena_calloc(t->q->mem, t->count + 1, sizeof(*t->seen));
	if (!t->seen)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	for (size_t i = 0; !rc && i < t->count; i++) {
		enum access_fate fate = ACCESS_GONE;

		t->seen[i] = (struct shown){ .id = t->id,
			                     .kind = t->kind,
			                     .fields = t->list[i].rev.fields };
		rc = access_row(t->st, ask_access(t->q), t->q->mem, &t->seen[i], &fate, e);
		if (!rc && fate != ACCESS_ROW)
			rc = err_set(e, ERR_DENIED, "your role does not see this record's history");
	}
	return rc;
}

static void
field_json(const struct store_fields *f, size_t i, struct buf *out)
{
	if (field_is_main_geometry(&f->form->field[i])) {
		if (f->geom)
			geom_write_json(f->geom, out);
		return;
	}
	if (f->value[i].type != STORE_NULL)
		value_to_json(&f->value[i], out);
}

static void
raw_or_null(struct json_writer *w, const char *key, struct buf *b)
{
	if (!buf_ok(b))
		w->out->failed = true;
	else if (b->size)
		json_raw(w, key, buf_text(b), b->size);
	else
		json_null(w, key);
}

void
record_changes(struct json_writer *w, const struct store_fields *before,
               const struct store_fields *now)
{
	struct buf a, b;

	buf_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)64 << 20);
	json_array(w, "changed");
	for (size_t i = 0; i < now->form->field_count; i++) {
		const char *name = now->form->field[i].name;

		buf_reset(&a);
		buf_reset(&b);
		if (before)
			field_json(before, i, &a);
		field_json(now, i, &b);
		if (text_starts(name, "import_") ||
		    (a.size == b.size && memcmp(buf_text(&a), buf_text(&b), a.size) == 0))
			continue;
		json_object(w, NULL);
		json_string(w, "field", name);
		raw_or_null(w, "before", &a);
		raw_or_null(w, "after", &b);
		json_object_end(w);
	}
	json_array_end(w);
	buf_done(&a);
	buf_done(&b);
}

void
record_all_fields(struct json_writer *w, const struct store_fields *f)
{
	struct buf b;

	buf_init(&b, (size_t)64 << 20);
	json_object(w, "fields");
	api_fields(w, f, true);
	if (f->geom) {
		geom_write_json(f->geom, &b);
		raw_or_null(w, "geometry", &b);
	}
	json_object_end(w);
	buf_done(&b);
}

long
record_parent(const struct history_revision *list, size_t i)
{
	if (list[i].rev.parent_count == 0)
		return -1;
	for (size_t p = 0; p < i; p++)
		if (memcmp(list[p].rev.leaf, list[i].rev.parents[0], 32) == 0)
			return (long)p;
	return -1;
}

/* Which row of which file: the source record's title, and the row. */
static enum err_code
write_source(struct telling *t, const struct store_fields *f, struct err *e)
{
	const char *text = fields_text(f, "import_source");
	enum access_fate fate = ACCESS_GONE;
	struct shown source;
	struct uuid id;
	enum err_code rc = ERR_OK;

	if (!text || !uuid_parse(text, strlen(text), &id)) {
		json_null(t->w, "source");
		return ERR_OK;
	}
	rc = access_get(t->st, id, ask_access(t->q), t->q->mem, &source, &fate, e);
	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		rc = ERR_OK;
	}
	json_object(t->w, "source");
	json_string(t->w, "id", text);
	json_string(t->w, "title",
	            !rc && fate == ACCESS_ROW ? fields_text(&source.fields, "title") : NULL);
	if (fields_number(f, "import_row", 0) > 0)
		json_int(t->w, "row", (int64_t)fields_number(f, "import_row", 0));
	else
		json_null(t->w, "row");
	json_object_end(t->w);
	return rc;
}

/* The decision that rules about a revision. */
static enum err_code
write_decision(struct telling *t, const struct shown_revision *rev, struct err *e)
{
	int kind = store_kind(t->st, "decision");
	struct uuid *id = NULL;
	enum access_fate fate = ACCESS_GONE;
	struct shown d;
	char text[UUID_TEXT];
	int64_t by = -1;
	size_t n = 0;
	enum err_code rc = waiting_ruled_by(t->st, rev->rid, rev->submission, &by, e);

	if (!rc && by >= 0 && kind >= 0)
		rc = history_submission_records(t->st, by, kind, t->q->mem, &id, &n, e);
	if (!rc && n)
		rc = access_get(t->st, id[0], ask_access(t->q), t->q->mem, &d, &fate, e);
	if (rc || fate != ACCESS_ROW) {
		json_null(t->w, "decision");
		return rc;
	}
	uuid_format(id[0], text);
	json_object(t->w, "decision");
	json_string(t->w, "id", text);
	json_string(t->w, "type", fields_text(&d.fields, "type"));
	json_string(t->w, "date", fields_text(&d.fields, "date"));
	json_string(t->w, "by", fields_text(&d.fields, "by_person"));
	json_string(t->w, "second", fields_text(&d.fields, "second_person"));
	json_string(t->w, "reason", fields_text(&d.fields, "reason"));
	json_string(t->w, "certificate", fields_text(&d.fields, "certificate_no"));
	json_int(t->w, "submission", by);
	json_object_end(t->w);
	return ERR_OK;
}

const char *
record_ruling(enum ruling r)
{
	static const char *const word[] = { "waits", "approved", "returned", "released" };

	return word[r];
}

static void
write_submission(struct telling *t, const struct history_submission *s)
{
	char at[28];

	clock_format_us(s->received_us, at);
	json_string(t->w, "received", at);
	clock_format_s(s->claimed_s, at);
	json_string(t->w, "claimed", at);
	json_int(t->w, "submission", s->seq);
	json_string(t->w, "author", *s->author ? s->author : NULL);
	json_string(t->w, "author_key", s->author_hash);
	json_string(t->w, "remark", s->remark);
}

static enum err_code
write_revision(struct telling *t, size_t i, struct err *e)
{
	const struct history_revision *h = &t->list[i];
	long parent = record_parent(t->list, i);
	struct history_submission s;
	char text[65];
	enum err_code rc = history_submission(t->st, h->rev.submission, t->q->mem, &s, e);

	if (rc)
		return rc;
	json_object(t->w, NULL);
	text_hex(h->rev.leaf, 32, text);
	json_string(t->w, "leaf", text);
	json_array(t->w, "parents");
	for (size_t k = 0; k < h->rev.parent_count; k++) {
		text_hex(h->rev.parents[k], 32, text);
		json_string(t->w, NULL, text);
	}
	json_array_end(t->w);
	json_bool(t->w, "head", record_is_head(t->list, t->count, i));
	clock_format_date(h->rev.valid_from_days, text);
	json_string(t->w, "valid_from", text);
	write_submission(t, &s);
	json_string(t->w, "ruling", record_ruling(h->rev.ruling));
	json_int(t->w, "form_version", h->form_version);
	json_bool(t->w, "erased", h->erased);
	json_bool(t->w, "sealed_identity", h->has_identity);
	rc = write_source(t, &t->seen[i].fields, e);
	if (!rc)
		rc = write_decision(t, &h->rev, e);
	record_all_fields(t->w, &t->seen[i].fields);
	record_changes(t->w, parent < 0 ? NULL : &t->seen[parent].fields, &t->seen[i].fields);
	json_object_end(t->w);
	return rc;
}

/* Heads that do not follow one another: the sides of a conflict. */
static void
write_conflict(struct telling *t)
{
	size_t heads = 0;
	char leaf[65];

	for (size_t i = 0; i < t->count; i++)
		heads += record_is_head(t->list, t->count, i);
	json_array(t->w, "conflict");
	if (heads > 1) {
		json_array(t->w, NULL);
		for (size_t i = 0; i < t->count; i++) {
			if (!record_is_head(t->list, t->count, i))
				continue;
			text_hex(t->list[i].rev.leaf, 32, leaf);
			json_string(t->w, NULL, leaf);
		}
		json_array_end(t->w);
	}
	json_array_end(t->w);
}

enum err_code
record_load(const struct ask *q, struct store *st, struct record_past *ret, struct err *e)
{
	const char *text = q->arg[0];
	char shown[80];
	enum err_code rc;

	if (!uuid_parse(text, strlen(text), &ret->id))
		return err_set(e, ERR_NOTFOUND, "\"%s\" is no record id",
		               err_quote(text, shown, sizeof(shown)));
	rc = history_find(st, ret->id, &ret->kind, &ret->fid, e);
	if (!rc && !access_has_rows(ask_access(q), store_kind_name(st, ret->kind)))
		rc = ERR_NOTFOUND;
	if (rc == ERR_NOTFOUND)
		return err_set(e, rc, "there is no record %s that you may see", text);
	return rc ? rc : history_load(st, ret->id, INT64_MAX, q->mem, &ret->list, &ret->count, e);
}

enum err_code
api_history(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct record_past past = { 0 };
	struct json_writer w;
	struct telling t = { .q = q, .w = &w };
	enum err_code rc = api_store(q, &t.st, e);

	(void)site;
	if (!rc)
		rc = record_load(q, t.st, &past, e);
	if (rc)
		return rc;
	t.list = past.list;
	t.count = past.count;
	t.id = past.id;
	t.kind = past.kind;
	rc = see_revisions(&t, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "id", q->arg[0]);
	json_string(&w, "kind", store_kind_name(t.st, t.kind));
	json_array(&w, "revisions");
	for (size_t i = 0; !rc && i < t.count; i++)
		rc = write_revision(&t, i, e);
	json_array_end(&w);
	record_heads(&w, t.list, t.count);
	write_conflict(&t);
	json_object_end(&w);
	return rc ? rc : api_done(r);
}
