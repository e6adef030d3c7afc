#include "publish/view.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/history.h"

struct record {
	struct uuid id;
	int kind;
	int64_t fid;
	struct history_revision *rev;
	size_t count;
	struct shown shown;
	bool any;
};

static enum err_code
load(struct store *st, const char *id, struct arena *mem, struct record *r, struct err *e)
{
	enum err_code rc;

	if (!uuid_parse(id, strlen(id), &r->id))
		return err_set(e, ERR_INVALID, "\"%.60s\" is no record id (36 characters)", id);
	rc = history_find(st, r->id, &r->kind, &r->fid, e);
	if (!rc)
		rc = history_load(st, r->id, INT64_MAX, mem, &r->rev, &r->count, e);
	if (!rc)
		rc = history_join(st, &(struct history){ r->kind, r->id, r->rev, r->count },
		                  INT64_MAX, mem, &r->shown, &r->any, e);
	return rc;
}

static const char *
ruling_word(enum ruling r)
{
	static const char *const word[] = { "waits for approval", "approved", "returned",
		                            "released" };

	return word[r];
}

/* Foreign text on one line that it cannot leave: whatever acts on a terminal becomes '?'. */
static void
add_plain(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t start = i;

		if (text_is_unsafe(text_utf8_next(s, n, &i)))
			buf_addc(out, '?');
		else
			buf_add(out, s + start, i - start);
	}
}

/* Who handed in and why, as he says; before: what stands between. */
static void
add_said(struct buf *out, const char *before, const char *s)
{
	buf_adds(out, before);
	add_plain(out, s, strlen(s));
}

static void
write_field(struct buf *out, const char *name, const struct json_value *v)
{
	static const size_t longest = 160;
	struct buf b;
	size_t cut;

	buf_init(&b, (size_t)64 << 20);
	if (v->type == JSON_STRING)
		buf_add(&b, v->string, v->count);
	else
		json_write_canonical(&b, v);
	cut = buf_ok(&b) ? b.size : 0;
	if (cut > longest) {
		cut = longest;
		while (cut > 0 && ((unsigned char)b.data[cut] & 0xc0) == 0x80)
			cut--;
	}
	buf_printf(out, "    %-22s ", name);
	add_plain(out, buf_text(&b), cut);
	if (cut < b.size)
		buf_printf(out, " ... (%zu bytes)", b.size);
	buf_addc(out, '\n');
	out->failed = out->failed || !buf_ok(&b); /* an empty value would look like an answer */
	buf_done(&b);
}

/* out fails when they could not be compared. */
static bool
same_json(const struct json_value *a, const struct json_value *b, struct buf *out)
{
	struct buf x, y;
	bool same;

	buf_init(&x, (size_t)64 << 20);
	buf_init(&y, (size_t)64 << 20);
	json_write_canonical(&x, a);
	json_write_canonical(&y, b);
	out->failed = out->failed || !buf_ok(&x) || !buf_ok(&y);
	same = x.size == y.size && memcmp(buf_text(&x), buf_text(&y), x.size) == 0;
	buf_done(&x);
	buf_done(&y);
	return same;
}

/* The revision this one was made from, as JSON fields; NULL if it is the first. */
static const struct json_value *
parent_fields(const struct record *r, struct json_value *const *fields, size_t i)
{
	if (!r->rev[i].rev.parent_count)
		return NULL;
	for (size_t p = 0; p < i; p++)
		if (memcmp(r->rev[p].rev.leaf, r->rev[i].rev.parents[0], 32) == 0)
			return fields[p];
	return NULL;
}

static void
write_changes(struct buf *out, const struct json_value *now, const struct json_value *before)
{
	for (const struct json_value *m = now->first; m; m = m->next) {
		const struct json_value *old = before ? json_get(before, m->key) : NULL;

		if (!old || !same_json(m, old, out))
			write_field(out, m->key, m);
	}
	for (const struct json_value *m = before ? before->first : NULL; m; m = m->next)
		if (!json_get(now, m->key))
			buf_printf(out, "    %-22s (removed)\n", m->key);
}

static enum err_code
write_revision(struct store *st, const struct record *r, struct json_value *const *fields, size_t i,
               struct arena *mem, struct buf *out, struct err *e)
{
	const struct history_revision *h = &r->rev[i];
	struct history_submission s;
	char received[28], claimed[21], leaf[65], valid[11];
	enum err_code rc = history_submission(st, h->rev.submission, mem, &s, e);

	if (rc)
		return rc;
	clock_format_us(h->received_us, received);
	clock_format_s(s.claimed_s, claimed);
	clock_format_date(h->rev.valid_from_days, valid);
	text_hex(h->rev.leaf, 32, leaf);
	buf_printf(out, "\n  revision %zu of %zu  %s\n", i + 1, r->count,
	           ruling_word(h->rev.ruling));
	buf_printf(out, "    as it was on   %s\n    received       %s  (author's clock: %s)\n",
	           valid, received, claimed);
	add_said(out, "    by             ", *s.author ? s.author : "(sealed)");
	buf_printf(out, "  key %.16s  submission %lld", s.author_hash, (long long)s.seq);
	add_said(out, *s.remark ? "  " : "", s.remark);
	buf_addc(out, '\n');
	buf_printf(out, "    leaf           %s\n", leaf);
	if (h->erased)
		buf_adds(out, "    something was erased from this revision; its proof stays\n");
	if (h->has_identity)
		buf_adds(out, "    identity values are sealed\n");
	write_changes(out, fields[i], parent_fields(r, fields, i));
	return ERR_OK;
}

static enum err_code
parse_all(const struct record *r, struct arena *mem, struct json_value ***ret, struct err *e)
{
	struct json_value **fields = arena_calloc(mem, r->count + 1, sizeof(*fields));

	if (!fields)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	for (size_t i = 0; i < r->count; i++) {
		const char *s = r->rev[i].fields_json;
		enum err_code rc = json_parse(s, strlen(s), 0, mem, &fields[i], e);

		if (rc)
			return rc;
	}
	*ret = fields;
	return ERR_OK;
}

enum err_code
view_record_text(struct store *st, const char *id, struct buf *out, struct err *e)
{
	struct arena mem;
	struct record r = { 0 };
	struct json_value **fields = NULL;
	enum err_code rc;

	arena_init(&mem, (size_t)1 << 30);
	rc = load(st, id, &mem, &r, e);
	if (!rc)
		rc = parse_all(&r, &mem, &fields, e);
	if (!rc) {
		buf_printf(out, "%s %s\n", store_kind_name(st, r.kind), id);
		if (!r.any)
			buf_adds(out, "  nothing of it is shown: every revision was returned\n");
		else
			buf_printf(out, "  shown as %s%s%s%s\n", shown_as_name(r.shown.as),
			           r.shown.unapproved ? ", unapproved" : "",
			           r.shown.conflict ? ", in conflict" : "",
			           r.shown.cover ? ", drawn as the shape that contains every "
			                           "reading of its outline"
			                         : "");
		if (r.any && r.shown.area_m2 > 0)
			buf_printf(out, "  area %.1f m2 (%.1f to %.1f)\n", r.shown.area_m2,
			           r.shown.area_low_m2, r.shown.area_high_m2);
	}
	for (size_t i = 0; !rc && i < r.count; i++)
		rc = write_revision(st, &r, fields, i, &mem, out, e);
	arena_done(&mem);
	return rc;
}

static enum err_code
revision_json(struct store *st, const struct history_revision *h, struct arena *mem,
              struct json_writer *w, struct err *e)
{
	struct history_submission s;
	char text[80];
	enum err_code rc = history_submission(st, h->rev.submission, mem, &s, e);

	if (rc)
		return rc;
	json_object(w, NULL);
	text_hex(h->rev.leaf, 32, text);
	json_string(w, "leaf", text);
	json_array(w, "parents");
	for (size_t k = 0; k < h->rev.parent_count; k++) {
		text_hex(h->rev.parents[k], 32, text);
		json_string(w, NULL, text);
	}
	json_array_end(w);
	clock_format_date(h->rev.valid_from_days, text);
	json_string(w, "valid_from", text);
	clock_format_us(h->received_us, text);
	json_string(w, "received", text);
	clock_format_s(s.claimed_s, text);
	json_string(w, "claimed", text);
	json_int(w, "submission", s.seq);
	json_string(w, "author_key", s.author_hash);
	json_string(w, "author", s.author);
	json_string(w, "remark", s.remark);
	json_string(w, "ruling", ruling_word(h->rev.ruling));
	json_int(w, "form_version", h->form_version);
	json_bool(w, "erased", h->erased);
	json_bool(w, "sealed_identity", h->has_identity);
	json_raw(w, "fields", h->fields_json, strlen(h->fields_json));
	json_object_end(w);
	return ERR_OK;
}

enum err_code
view_record_json(struct store *st, const char *id, struct buf *out, struct err *e)
{
	struct arena mem;
	struct record r = { 0 };
	struct json_writer w;
	enum err_code rc;

	arena_init(&mem, (size_t)1 << 30);
	rc = load(st, id, &mem, &r, e);
	if (!rc) {
		json_begin(&w, out);
		json_object(&w, NULL);
		json_string(&w, "id", id);
		json_string(&w, "kind", store_kind_name(st, r.kind));
		json_string(&w, "shown_as", r.any ? shown_as_name(r.shown.as) : NULL);
		json_bool(&w, "unapproved", r.any && r.shown.unapproved);
		json_bool(&w, "conflict", r.any && r.shown.conflict);
		json_number(&w, "area_m2", r.any ? r.shown.area_m2 : 0);
		json_array(&w, "revisions");
		for (size_t i = 0; !rc && i < r.count; i++)
			rc = revision_json(st, &r.rev[i], &mem, &w, e);
		json_array_end(&w);
		json_object_end(&w);
		buf_addc(out, '\n');
	}
	arena_done(&mem);
	return rc;
}

enum err_code
view_log_text(struct store *st, int64_t from, int64_t to, struct buf *out, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	int64_t size = store_log_size(st);
	struct arena mem;
	enum err_code rc = ERR_OK;

	arena_init(&mem, (size_t)256 << 20);
	buf_printf(out, "log %s\n", store_meta(st, "origin"));
	for (int64_t i = from; !rc && i < size && i < to; i++) {
		struct history_submission s;
		char received[28];

		arena_reset(&mem);
		rc = history_submission(st, i, &mem, &s, e);
		if (rc)
			break;
		clock_format_us(s.received_us, received);
		buf_printf(out, "%6lld  %s  %6lld revision%s  %.16s", (long long)i, received,
		           (long long)s.statements, s.statements == 1 ? " " : "s", s.leaf_hash);
		add_said(out, "  ", s.author);
		add_said(out, *s.remark ? "  " : "", s.remark);
		buf_addc(out, '\n');
	}
	if (!rc && cp.size)
		buf_printf(out, "checkpoint\n%s", cp.note);
	arena_done(&mem);
	return rc;
}

enum err_code
view_log_json(struct store *st, int64_t from, int64_t to, struct buf *out, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	int64_t size = store_log_size(st);
	struct json_writer w;
	struct arena mem;
	enum err_code rc = ERR_OK;

	arena_init(&mem, (size_t)256 << 20);
	json_begin(&w, out);
	json_object(&w, NULL);
	json_string(&w, "origin", store_meta(st, "origin"));
	json_int(&w, "size", size);
	json_array(&w, "submissions");
	for (int64_t i = from; !rc && i < size && i < to; i++) {
		struct history_submission s;
		char received[28];

		arena_reset(&mem);
		rc = history_submission(st, i, &mem, &s, e);
		if (rc)
			break;
		clock_format_us(s.received_us, received);
		json_object(&w, NULL);
		json_int(&w, "index", i);
		json_string(&w, "received", received);
		json_int(&w, "statements", s.statements);
		json_string(&w, "leaf_hash", s.leaf_hash);
		json_string(&w, "author_key", s.author_hash);
		json_string(&w, "author", s.author);
		json_string(&w, "remark", s.remark);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_string(&w, "checkpoint", cp.note);
	json_object_end(&w);
	buf_addc(out, '\n');
	arena_done(&mem);
	return rc;
}
