/* GET and POST /api/quarantine: rows that could not be taken in, corrected or dismissed. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "base/clock.h"
#include "base/text.h"
#include "ingest/retry.h"
#include "store/quarantine.h"

enum {
	PAGE_MOST = 500,
	PAGE_USUAL = 50,
	SETS_MOST = 100
};

struct rows {
	const struct ask *q;
	struct store *st;
	struct json_writer w;
	int64_t limit, listed, after, last;
	bool more;
};

/* Codes with blanks between as a list. */
static void
write_codes(struct json_writer *w, const char *key, const char *codes)
{
	json_array(w, key);
	for (const char *p = codes; *p;) {
		char code[64];
		size_t n = strcspn(p, " ");

		if (n && n < sizeof(code)) {
			memcpy(code, p, n);
			code[n] = '\0';
			json_string(w, NULL, code);
		}
		p += n + strspn(p + n, " ");
	}
	json_array_end(w);
}

static enum err_code
write_source(const struct ask *q, struct store *st, struct json_writer *w, struct uuid id,
             struct err *e)
{
	enum access_fate fate = ACCESS_GONE;
	struct shown source;
	char text[UUID_TEXT];
	enum err_code rc = access_get(st, id, ask_access(q), q->mem, &source, &fate, e);

	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		rc = ERR_OK;
	}
	uuid_format(id, text);
	json_object(w, "source");
	json_string(w, "id", text);
	json_string(w, "title",
	            !rc && fate == ACCESS_ROW ? fields_text(&source.fields, "title") : NULL);
	json_object_end(w);
	return rc;
}

static void
write_settled(struct json_writer *w, const struct quarantine_row *row)
{
	char id[UUID_TEXT];

	if (row->end_submission < 0) {
		json_null(w, "settled");
		return;
	}
	uuid_format(row->record, id);
	json_object(w, "settled");
	json_int(w, "submission", row->end_submission);
	json_string(w, "record", row->has_record ? id : NULL);
	json_string(w, "reason", row->end_reason);
	json_object_end(w);
}

static enum err_code
write_row(const struct ask *q, struct store *st, struct json_writer *w,
          const struct quarantine_row *row, struct err *e)
{
	char at[28];
	enum err_code rc;

	clock_format_us(row->received_us, at);
	json_int(w, "qid", row->qid);
	json_string(w, "kind", row->kind < 0 ? NULL : store_kind_name(st, row->kind));
	json_int(w, "row", row->row);
	rc = write_source(q, st, w, row->source, e);
	write_codes(w, "checks", row->checks);
	json_string(w, "reason", row->reason);
	json_string(w, "place", row->place);
	json_string(w, "received", at);
	write_settled(w, row);
	return rc;
}

static enum err_code
list_row(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct rows *l = ctx;
	enum err_code rc;

	if (row->qid <= l->after)
		return ERR_OK;
	if (l->listed == l->limit) {
		l->more = true;
		return err_set(e, ERR_LIMIT, "the page is full");
	}
	l->listed++;
	l->last = row->qid;
	json_object(&l->w, NULL);
	rc = write_row(l->q, l->st, &l->w, row, e);
	json_object_end(&l->w);
	return rc;
}

static enum err_code
add_count(void *ctx, const char *place, int64_t count, struct err *e)
{
	(void)place;
	(void)e;
	*(int64_t *)ctx += count;
	return ERR_OK;
}

enum err_code
api_quarantine(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct rows l = { .q = q };
	int kind = -1;
	int64_t waiting = 0;
	bool settled = false;
	enum err_code rc = api_store(q, &l.st, e);

	(void)site;
	if (!rc && ask_query(q, "kind"))
		rc = api_kind(l.st, ask_query(q, "kind"), &kind, e);
	if (!rc)
		rc = api_flag(q, "settled", &settled, e);
	if (!rc)
		rc = api_int(q, "limit", 1, PAGE_MOST, PAGE_USUAL, &l.limit, e);
	if (!rc)
		rc = api_int(q, "after", 0, INT64_MAX, 0, &l.after, e);
	for (int k = 0; !rc && k < (int)store_kind_count(l.st); k++)
		if (kind < 0 || kind == k)
			rc = quarantine_waiting(l.st, k, INT64_MAX, add_count, &waiting, e);
	if (rc)
		return rc;
	json_begin(&l.w, &r->body);
	json_object(&l.w, NULL);
	json_array(&l.w, "rows");
	rc = quarantine_each(l.st, kind, settled, list_row, &l, e);
	if (rc == ERR_LIMIT && l.more) {
		err_clear(e);
		rc = ERR_OK;
	}
	json_array_end(&l.w);
	json_int(&l.w, "waiting", waiting);
	json_string(&l.w, "next", l.more ? arena_printf(q->mem, "%lld", (long long)l.last) : NULL);
	json_object_end(&l.w);
	return rc ? rc : api_done(r);
}

static enum err_code
find_row(const struct ask *q, struct store *st, struct quarantine_row *ret, struct err *e)
{
	int64_t qid = 0;

	if (!text_parse_i64(q->arg[0], strlen(q->arg[0]), &qid))
		return err_set(e, ERR_NOTFOUND, "no quarantined row has that number");
	return quarantine_get(st, qid, q->mem, ret, e);
}

/* What the mapping made of the row, without identity values. */
static enum err_code
write_mapped(const struct ask *q, const struct form *form, const char *mapped,
             struct json_writer *w, struct err *e)
{
	struct json_value *v = NULL;
	struct buf b;
	enum err_code rc;

	if (!mapped) {
		json_null(w, "mapped");
		return ERR_OK;
	}
	rc = json_parse(mapped, strlen(mapped), 0, q->mem, &v, e);
	if (rc)
		return rc;
	buf_init(&b, (size_t)16 << 20);
	json_object(w, "mapped");
	for (const struct json_value *m = v->first; m; m = m->next) {
		const struct form_field *f = form ? form_find(form, m->key) : NULL;

		if (!f || form_field_access(f) == FORM_IDENTITY || text_starts(m->key, "import_"))
			continue;
		buf_reset(&b);
		json_write_canonical(&b, m);
		json_raw(w, m->key, buf_text(&b), b.size);
	}
	json_object_end(w);
	buf_done(&b);
	return ERR_OK;
}

enum err_code
api_quarantined(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	const struct form *form;
	struct quarantine_row row;
	struct json_writer w;
	struct store *st = NULL;
	bool withheld;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = find_row(q, st, &row, e);
	if (rc)
		return rc;
	form = row.kind < 0 ? NULL : store_form(st, row.kind);
	/* nobody knows which column of a foreign file names a person */
	withheld = !form || form_has_identity(form);
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	rc = write_row(q, st, &w, &row, e);
	json_bool(&w, "original_withheld", withheld);
	if (withheld)
		json_null(&w, "original");
	else
		json_raw(&w, "original", row.original, strlen(row.original));
	if (!rc)
		rc = write_mapped(q, form, row.mapped, &w, e);
	json_object_end(&w);
	return rc ? rc : api_done(r);
}

/* Corrected values as "field=value"; numbers as they stand, lists and geometries as JSON. */
static enum err_code
read_sets(const struct ask *q, const struct json_value *values, const char **set, size_t *ret_count,
          struct err *e)
{
	if (values->type != JSON_OBJECT || values->count > SETS_MOST)
		return err_set(e, ERR_INVALID,
		               "retry must be an object of at most %d corrected values", SETS_MOST);
	for (const struct json_value *m = values->first; m; m = m->next) {
		const char *text = "";
		struct buf b;

		if (strpbrk(m->key, "=") || text_starts(m->key, "import_"))
			return err_set(e, ERR_INVALID, "field %.60s: it cannot be corrected",
			               m->key);
		buf_init(&b, (size_t)16 << 20);
		if (m->type == JSON_STRING)
			buf_add(&b, m->string, strlen(m->string));
		else if (m->type != JSON_NULL)
			json_write_canonical(&b, m);
		text = arena_printf(q->mem, "%s=%s", m->key, buf_text(&b));
		buf_done(&b);
		if (!text)
			return err_set(e, ERR_NOMEM, "out of memory for corrected values");
		set[(*ret_count)++] = text;
	}
	return ERR_OK;
}

static enum err_code
retry(const struct ask *q, struct store *st, int64_t qid, const struct json_value *values,
      struct reply *r, struct err *e)
{
	const char *set[SETS_MOST];
	struct retry_options o = { .qid = &qid, .qids = 1, .set = set, .author = q->who.account };
	struct retry_result done;
	struct quarantine_row row = { 0 };
	struct json_writer w;
	char id[UUID_TEXT];
	enum err_code rc = quarantine_get(st, qid, q->mem, &row, e);

	if (!rc && row.kind >= 0)
		rc = record_known_files(q->mem, store_form(st, row.kind), values, &row.mapped, 1,
		                        e);
	if (!rc)
		rc = read_sets(q, values, set, &o.sets, e);
	if (!rc)
		rc = retry_run(st, &o, &done, e);
	if (!rc)
		rc = quarantine_get(st, qid, q->mem, &row, e);
	if (rc)
		return rc;
	uuid_format(row.record, id);
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_bool(&w, "accepted", done.waiting == 0);
	json_bool(&w, "flagged", done.flagged > 0);
	json_bool(&w, "present", done.present > 0);
	json_string(&w, "record", row.has_record ? id : NULL);
	json_array(&w, "checks");
	for (int i = 0; i < CHECK_COUNT; i++) {
		if (!done.check[i])
			continue;
		json_object(&w, NULL);
		json_string(&w, "code", rowchecks[i].code);
		json_string(&w, "sentence", rowchecks[i].sentence);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_string(&w, "reason", done.why_qid ? done.why.text : NULL);
	json_object_end(&w);
	return ERR_OK;
}

static enum err_code
dismiss(const struct ask *q, struct store *st, int64_t qid, const struct json_value *reason,
        struct reply *r, struct err *e)
{
	struct json_writer w;
	enum err_code rc;

	if (reason->type != JSON_STRING || reason->count == 0 || reason->count > 4000 ||
	    strlen(reason->string) != reason->count)
		return err_set(e, ERR_INVALID, "field dismiss: it must be the reason, a text");
	rc = retry_dismiss(st, qid, reason->string, q->who.account, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_bool(&w, "dismissed", true);
	json_object_end(&w);
	return ERR_OK;
}

enum err_code
api_settle(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	static const char *const members[] = { "retry", "dismiss", NULL };
	const struct json_value *body = NULL, *values, *reason;
	struct quarantine_row row = { 0 };
	struct store *st = NULL;
	bool done = false;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = api_once(q, r, &done, e);
	if (!rc && !done)
		rc = find_row(q, st, &row, e);
	if (rc || done)
		return rc;
	rc = api_body(q, &body, e);
	if (!rc)
		rc = api_only(body, members, e);
	values = rc ? NULL : json_get(body, "retry");
	reason = rc ? NULL : json_get(body, "dismiss");
	if (!rc && (values != NULL) == (reason != NULL))
		rc = err_set(e, ERR_INVALID, "the body must have either retry or dismiss");
	if (!rc && row.end_submission >= 0)
		rc = err_set(e, ERR_CONFLICT, "the row was settled already: %.200s",
		             row.end_reason);
	if (!rc)
		rc = values ? retry(q, st, row.qid, values, r, e)
		            : dismiss(q, st, row.qid, reason, r, e);
	if (rc)
		return api_refuse(r, 0, e);
	if (!find_row(q, st, &row, e)) /* where it went, if it was settled */
		api_remember(q, r, row.end_submission);
	return ERR_OK;
}
