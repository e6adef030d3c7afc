/* GET /api/records/{id}/originals and one of them: the files that a record's fields hold, and the
 * photographs and papers that were handed in with it. Who may open which: store/access.h. */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "base/file.h"
#include "base/text.h"

enum {
	FILES_MOST = 1000,
	SOURCES_MOST = 200 /* of one record that are looked at */
};

/* Files that the revisions of a record name: field and SHA-256 in hex. */
struct named_file {
	const char *field, *sha256;
};

struct finding {
	const struct ask *q;
	struct store *st;
	enum access_role role;
	struct named_file *list;
	size_t count;
	size_t sources; /* looked at so far */
};

static void
add_file(struct finding *o, const char *field, const char *sha256)
{
	uint8_t hash[32];

	if (!text_unhex(sha256, strlen(sha256), hash, 32) || o->count == FILES_MOST)
		return;
	for (size_t i = 0; i < o->count; i++)
		if (text_eq(o->list[i].sha256, sha256))
			return;
	o->list[o->count++] = (struct named_file){ field, sha256 };
}

static void
add_of_rows(struct finding *o, const struct form *form, const struct form_field *repeat,
            const struct json_value *rows)
{
	for (const struct json_value *row = rows->first; row; row = row->next)
		for (const struct json_value *m = row->first; m; m = m->next) {
			const struct form_field *child = form_find_child(repeat, m->key);

			if (child && child->type == FORM_FILE && m->type == JSON_STRING &&
			    access_child(o->role, form->kind, repeat, child) == ACCESS_SHOW &&
			    access_original(o->role, form, child))
				add_file(o, child->name, m->string);
		}
}

/* Files in the fields of one revision. */
static enum err_code
add_of_fields(struct finding *o, const struct store_fields *f, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < f->form->field_count; i++) {
		const struct form_field *field = &f->form->field[i];
		struct json_value *rows = NULL;

		if (field->type == FORM_FILE && f->value[i].type == STORE_TEXT &&
		    access_original(o->role, f->form, field))
			add_file(o, field->name, f->value[i].s);
		if (field->type != FORM_REPEAT || f->value[i].type != STORE_JSON)
			continue;
		rc = json_parse(f->value[i].s, f->value[i].n, 0, o->q->mem, &rows, e);
		if (!rc)
			add_of_rows(o, f->form, field, rows);
	}
	return rc;
}

/* The file of a source that came in the same submission as the revision that names it: so nobody
 * opens a file by naming its source in a record of his own. */
static enum err_code
add_of_source(struct finding *o, const char *text, int64_t submission, struct err *e)
{
	static const char *const came_with[] = { "photo", "video", "other" };
	struct history_revision *list = NULL;
	const struct store_fields *f;
	int kind = store_kind(o->st, "source");
	struct uuid id;
	size_t n = 0;
	enum err_code rc;

	if (kind < 0 || !uuid_parse(text, strlen(text), &id) || o->sources++ >= SOURCES_MOST)
		return ERR_OK;
	rc = history_load(o->st, id, INT64_MAX, o->q->mem, &list, &n, e);
	if (rc == ERR_NOTFOUND)
		err_clear(e);
	if (rc || !n || list[0].rev.submission != submission ||
	    !text_eq(list[0].rev.fields.form->kind, "source"))
		return rc == ERR_NOTFOUND ? ERR_OK : rc;
	f = &list[0].rev.fields;
	for (size_t i = 0; i < sizeof(came_with) / sizeof(*came_with); i++)
		if (text_eq(fields_text(f, "type"), came_with[i]) && fields_text(f, "file"))
			add_file(o, "source_refs", fields_text(f, "file"));
	return ERR_OK;
}

static enum err_code
add_of_sources(struct finding *o, const struct shown_revision *rev, struct err *e)
{
	int i = form_index(rev->fields.form, "source_refs");
	const struct store_value *v = i < 0 ? NULL : &rev->fields.value[i];
	struct json_value *ids = NULL;
	enum err_code rc;

	if (!v || v->type != STORE_JSON)
		return ERR_OK;
	rc = json_parse(v->s, v->n, 0, o->q->mem, &ids, e);
	for (const struct json_value *m = rc ? NULL : ids->first; !rc && m; m = m->next)
		if (m->type == JSON_STRING)
			rc = add_of_source(o, m->string, rev->submission, e);
	return rc;
}

static enum err_code
find_files(const struct ask *q, struct store *st, struct finding *ret, struct err *e)
{
	struct finding o = { .q = q, .st = st, .role = ask_access(q) };
	struct record_past past = { 0 };
	enum err_code rc = record_load(q, st, &past, e);

	o.list = arena_calloc(q->mem, FILES_MOST, sizeof(*o.list));
	if (!rc && !o.list)
		rc = err_set(e, ERR_NOMEM, "out of memory for a record");
	for (size_t i = 0; !rc && i < past.count; i++) {
		const struct shown_revision *rev = &past.list[i].rev;

		rc = add_of_fields(&o, &rev->fields, e);
		if (!rc && access_attached(o.role, rev->fields.form))
			rc = add_of_sources(&o, rev, e);
	}
	*ret = o;
	return rc;
}

/* Where an original lies; ERR_NOTFOUND when it is not kept. */
static enum err_code
original_path(struct store *st, const char *sha256, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%.2s/%.64s", store_files_dir(st), sha256, sha256);

	if (n < 0 || (size_t)n >= size)
		return err_set(e, ERR_LIMIT, "the path of the originals is too long");
	return ERR_OK;
}

/* --- what may be written
 * ---------------------------------------------------------------------------------------------- */

struct hashes {
	const char *list[FILES_MOST];
	size_t count;
};

static void
take_hash(struct hashes *h, const struct json_value *v)
{
	if (v->type == JSON_STRING && h->count < FILES_MOST)
		h->list[h->count++] = v->string;
}

/* Hashes that one member of a record's fields names; a list may stand as text. */
static enum err_code
hashes_of(struct arena *mem, const struct form_field *f, const struct json_value *v,
          struct hashes *h, struct err *e)
{
	const struct json_value *rows = v;
	struct json_value *parsed = NULL;

	if (f->type == FORM_FILE)
		take_hash(h, v);
	if (f->type != FORM_REPEAT)
		return ERR_OK;
	if (v->type == JSON_STRING && v->count) {
		enum err_code rc = json_parse(v->string, v->count, 0, mem, &parsed, e);

		if (rc)
			return err_prefix(e, "field %s", f->name);
		rows = parsed;
	}
	for (const struct json_value *row = rows->first; row; row = row->next)
		for (const struct json_value *m = row->first; m; m = m->next) {
			const struct form_field *child = m->key ? form_find_child(f, m->key) : NULL;

			if (child && child->type == FORM_FILE)
				take_hash(h, m);
		}
	return ERR_OK;
}

static enum err_code
hashes_known(struct arena *mem, const struct form *form, const char *fields, struct hashes *h,
             struct err *e)
{
	struct json_value *v = NULL;
	enum err_code rc = fields ? json_parse(fields, strlen(fields), 0, mem, &v, e) : ERR_OK;

	for (const struct json_value *m = v && !rc ? v->first : NULL; m && !rc; m = m->next) {
		const struct form_field *f = form_find(form, m->key);

		if (f)
			rc = hashes_of(mem, f, m, h, e);
	}
	return rc;
}

static bool
is_known(const struct hashes *h, const char *sha256)
{
	for (size_t i = 0; i < h->count; i++)
		if (text_eq(h->list[i], sha256))
			return true;
	return false;
}

enum err_code
record_known_files(struct arena *mem, const struct form *form, const struct json_value *fields,
                   const char *const *known, size_t n, struct err *e)
{
	struct hashes *have = arena_calloc(mem, 2, sizeof(*have)), *sent = have ? have + 1 : NULL;
	enum err_code rc = have ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for files");

	for (size_t i = 0; !rc && i < n; i++)
		rc = hashes_known(mem, form, known[i], have, e);
	for (const struct json_value *m = fields->first; m && !rc; m = m->next) {
		const struct form_field *f = form_find(form, m->key);

		sent->count = 0;
		if (f)
			rc = hashes_of(mem, f, m, sent, e);
		for (size_t i = 0; !rc && i < sent->count; i++)
			if (*sent->list[i] && !is_known(have, sent->list[i]))
				rc = err_set(e, ERR_INVALID,
				             "field %s: a file is handed in with the record, not "
				             "named by its hash",
				             f->name);
	}
	return rc;
}

/* --- answers
 * ---------------------------------------------------------------------------------------------- */

enum err_code
api_originals(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct finding o = { 0 };
	struct json_writer w;
	struct store *st = NULL;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = find_files(q, st, &o, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "originals");
	for (size_t i = 0; !rc && i < o.count; i++) {
		struct original_note note;

		rc = original_find(st, o.list[i].sha256, q->mem, &note, e);
		if (rc == ERR_NOTFOUND) {
			err_clear(e);
			rc = ERR_OK;
			note = (struct original_note){ .size = -1 };
		}
		json_object(&w, NULL);
		json_string(&w, "sha256", o.list[i].sha256);
		json_string(&w, "name", note.name);
		if (note.size >= 0)
			json_int(&w, "size", note.size);
		else
			json_null(&w, "size");
		json_string(&w, "field", o.list[i].field);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return rc ? rc : api_done(r);
}

/* A name that is safe between quotes in a header: ASCII letters, digits and a few signs. */
static const char *
safe_name(struct arena *mem, const char *name)
{
	char *out = arena_strdup(mem, name && *name ? name : "original");

	for (char *p = out; p && *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		             (*p >= '0' && *p <= '9') || strchr("._-", *p);

		if (!plain || (p == out && *p == '.'))
			*p = '_';
	}
	return out;
}

enum err_code
api_original(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct finding o = { 0 };
	struct original_note note = { 0 };
	struct store *st = NULL;
	char path[1200];
	const char *value;
	size_t i = 0;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = find_files(q, st, &o, e);
	while (!rc && i < o.count && !text_eq(o.list[i].sha256, q->arg[1]))
		i++;
	if (!rc && i == o.count)
		rc = err_set(e, ERR_NOTFOUND, "the record names no such file");
	if (!rc)
		rc = original_find(st, o.list[i].sha256, q->mem, &note, e);
	if (!rc)
		rc = original_path(st, o.list[i].sha256, path, sizeof(path), e);
	if (!rc)
		rc = file_read(path, (size_t)256 << 20, &r->body, e);
	if (rc)
		return rc;
	value = arena_printf(q->mem, "attachment; filename=\"%s\"", safe_name(q->mem, note.name));
	if (!value)
		return err_set(e, ERR_NOMEM, "out of memory");
	/* never shown by a browser: it is a stranger's file */
	r->type = "application/octet-stream";
	reply_header(r, "Content-Disposition", value);
	reply_header(r, "X-Content-Type-Options", "nosniff");
	reply_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
	reply_header(r, "Cache-Control", "no-store");
	return ERR_OK;
}
