/* POST /api/records and /api/records/{id}: a record entered or corrected, through the same checks
 * as by hand (ingest/entry.h). Shown at once, waits for approval. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/multipart.h"
#include "api/record.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"

enum {
	PARENTS_MOST = 64,
	REMARK_MOST = 2000
};

bool
record_may_enter(struct store *st, enum serve_role role, int kind)
{
	/* what the register is run with is not handed in by reporters */
	static const char *const run[] = { "task",         "team",  "quality",
		                           "organisation", "place", "claim" };

	if (!(SERVE_HANDS_IN & SERVE_BIT(role)) || decide_own_kind(st, kind))
		return false;
	for (size_t i = 0; role == SERVE_REPORTER && i < sizeof(run) / sizeof(*run); i++)
		if (text_eq(store_kind_name(st, kind), run[i]))
			return false;
	return true;
}

static enum err_code
read_remark(const struct json_value *body, const char **ret, struct err *e)
{
	const struct json_value *v = json_get(body, "remark");

	*ret = "";
	if (!v || v->type == JSON_NULL)
		return ERR_OK;
	if (v->type != JSON_STRING || strlen(v->string) != v->count)
		return err_set(e, ERR_INVALID, "remark must be a text");
	if (text_utf8_length(v->string, v->count) > REMARK_MOST)
		return err_set(e, ERR_LIMIT, "remark must have at most %d characters", REMARK_MOST);
	*ret = v->string;
	return ERR_OK;
}

/* What the program writes, and texts that would be cut at a NUL. */
static enum err_code
check_members(const struct json_value *fields, struct err *e)
{
	if (!fields || fields->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "fields must be an object");
	for (const struct json_value *m = fields->first; m; m = m->next) {
		if (text_starts(m->key, "import_"))
			return err_set(e, ERR_INVALID, "field %.60s: it is written by the register",
			               m->key);
		if (m->type == JSON_STRING && strlen(m->string) != m->count)
			return err_set(e, ERR_INVALID, "field %.60s: the text holds a NUL", m->key);
	}
	return ERR_OK;
}

static void
write_entered(const struct entry_result *entered, struct reply *r)
{
	struct json_writer w;

	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "id", entered->id);
	json_string(&w, "leaf", entered->leaf);
	json_int(&w, "submission", entered->submission);
	json_bool(&w, "approved", false);
	json_bool(&w, "present", entered->present);
	json_array(&w, "flags");
	for (const char *p = entered->flags; *p;) {
		char flag[64];
		size_t n = strcspn(p, " ");

		if (n && n < sizeof(flag)) {
			memcpy(flag, p, n);
			flag[n] = '\0';
			json_string(&w, NULL, flag);
		}
		p += n + strspn(p + n, " ");
	}
	json_array_end(&w);
	json_object_end(&w);
}

/* The body of a change: JSON alone, or multipart with a part `record` and files. */
struct handed {
	const struct json_value *body;
	struct entry_file *file;
	size_t files;
};

static enum err_code
read_part(const struct ask *q, const struct multipart_part *part, struct handed *h, struct err *e)
{
	struct json_value *v = NULL;
	char shown[80];
	enum err_code rc;

	if (part->filename) {
		bool own = text_eq(part->name, "photos");

		h->file[h->files++] = (struct entry_file){ .field = own ? "" : part->name,
			                                   .name = part->filename,
			                                   .media = part->type,
			                                   .bytes = part->bytes,
			                                   .size = part->size };
		return ERR_OK;
	}
	if (!text_eq(part->name, "record") || h->body)
		return err_set(e, ERR_INVALID, "the body has a part %s that is no file%s",
		               err_quote(part->name, shown, sizeof(shown)),
		               h->body ? " (it has one part record)" : "");
	rc = json_parse((const char *)part->bytes, part->size, 0, q->mem, &v, e);
	if (rc)
		return err_prefix(e, "the part record");
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "the part record must be a JSON object");
	h->body = v;
	return ERR_OK;
}

static enum err_code
read_handed(const struct ask *q, struct handed *h, struct err *e)
{
	const char *type = ask_header(q, "content-type");
	struct multipart_part *part = NULL;
	size_t count = 0;
	enum err_code rc;

	*h = (struct handed){ 0 };
	if (!type || !text_starts(type, "multipart/"))
		return api_body(q, &h->body, e);
	rc = multipart_parse(type, q->body, q->body_size, q->mem, &part, &count, e);
	h->file = rc ? NULL : arena_calloc(q->mem, count + 1, sizeof(*h->file));
	if (!rc && !h->file)
		rc = err_set(e, ERR_NOMEM, "out of memory for files");
	for (size_t i = 0; !rc && i < count; i++)
		rc = read_part(q, &part[i], h, e);
	if (!rc && !h->body)
		rc = err_set(e, ERR_INVALID, "the body has no part record");
	return rc;
}

/* Identity of what is handed in, from the account, its key and the body. */
static bool
make_key(const struct ask *q, uint8_t key[HASH_SIZE], uint8_t content[HASH_SIZE])
{
	static const char mark[] = "fallow api 1";
	const char *given = ask_header(q, "idempotency-key");
	struct buf b;

	if (!given)
		return false;
	buf_init(&b, 4096);
	buf_add(&b, mark, sizeof(mark));
	buf_add(&b, q->who.account, strlen(q->who.account) + 1);
	buf_add(&b, given, strlen(given) + 1);
	hash_sha256(b.data, b.size, key);
	buf_done(&b);
	hash_sha256(q->body, q->body_size, content);
	return true;
}

enum err_code
api_enter(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	static const char *const members[] = { "kind", "fields", "remark", NULL };
	struct entry_options o = { .author = q->who.account };
	struct entry_result entered;
	struct handed h;
	uint8_t key[HASH_SIZE], content[HASH_SIZE];
	struct store *st = NULL;
	int kind = -1;
	bool done = false;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = api_once(q, r, &done, e);
	if (rc || done)
		return rc;
	rc = read_handed(q, &h, e);
	if (!rc)
		rc = api_only(h.body, members, e);
	if (!rc)
		rc = api_kind(st, json_get_string(h.body, "kind"), &kind, e);
	if (!rc && !record_may_enter(st, q->who.role, kind))
		rc = err_set(e, ERR_DENIED, "your role does not hand in records of kind %s",
		             store_kind_name(st, kind));
	if (!rc)
		rc = read_remark(h.body, &o.remark, e);
	if (!rc)
		rc = check_members(json_get(h.body, "fields"), e);
	if (!rc)
		rc = record_known_files(q->mem, store_form(st, kind), json_get(h.body, "fields"),
		                        NULL, 0, e);
	if (rc)
		return api_refuse(r, 0, e);
	o.kind = store_kind_name(st, kind);
	o.fields = json_get(h.body, "fields");
	o.file = h.file;
	o.files = h.files;
	if (make_key(q, key, content)) {
		o.key = key;
		o.content = content;
	}
	rc = entry_run(st, &o, &entered, e);
	if (rc)
		return api_refuse(r, 0, e);
	r->status = 201;
	write_entered(&entered, r);
	api_remember(q, r, entered.submission);
	return ERR_OK;
}

/* --- corrections
 * ----------------------------------------------------------------------------------------- */

struct correction {
	const struct ask *q;
	struct store *st;
	struct record_past past;
	struct handed handed;
	const struct json_value *fields;
	uint8_t (*parents)[32];
	size_t parent_count;
	bool force;
};

static enum err_code
read_parents(struct correction *c, struct err *e)
{
	const struct json_value *list = json_get(c->handed.body, "parents");

	c->parents = arena_calloc(c->q->mem, PARENTS_MOST, sizeof(*c->parents));
	if (!c->parents)
		return err_set(e, ERR_NOMEM, "out of memory for a correction");
	if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > PARENTS_MOST)
		return err_set(e, ERR_INVALID,
		               "parents must be the heads that the editor saw, 1 to %d of them",
		               PARENTS_MOST);
	for (const struct json_value *v = list->first; v; v = v->next)
		if (v->type != JSON_STRING ||
		    !text_unhex(v->string, v->count, c->parents[c->parent_count++], 32))
			return err_set(e, ERR_INVALID, "a parent must be 64 hexadecimal digits");
	return ERR_OK;
}

static bool
is_parent(const struct correction *c, const uint8_t leaf[32])
{
	for (size_t i = 0; i < c->parent_count; i++)
		if (memcmp(c->parents[i], leaf, 32) == 0)
			return true;
	return false;
}

/* Is there a head that the editor did not see? */
static bool
is_behind(const struct correction *c)
{
	for (size_t i = 0; i < c->past.count; i++)
		if (record_is_head(c->past.list, c->past.count, i) &&
		    !is_parent(c, c->past.list[i].rev.leaf))
			return true;
	return false;
}

/* One head that the editor did not see: who, when, and what it changed. */
static enum err_code
write_theirs(const struct correction *c, struct json_writer *w, size_t i, struct err *e)
{
	const struct history_revision *h = &c->past.list[i];
	long parent = record_parent(c->past.list, i);
	struct shown seen[2] = { { 0 }, { 0 } };
	enum access_fate fate;
	struct history_submission s;
	char leaf[65], at[28];
	enum err_code rc = history_submission(c->st, h->rev.submission, c->q->mem, &s, e);

	for (int k = 0; !rc && k < 2; k++) {
		if (k && parent < 0)
			break;
		seen[k].id = c->past.id;
		seen[k].kind = c->past.kind;
		seen[k].fields = c->past.list[k ? (size_t)parent : i].rev.fields;
		rc = access_row(c->st, ask_access(c->q), c->q->mem, &seen[k], &fate, e);
	}
	if (rc)
		return rc;
	json_object(w, NULL);
	text_hex(h->rev.leaf, 32, leaf);
	json_string(w, "leaf", leaf);
	json_string(w, "author", *s.author ? s.author : NULL);
	clock_format_us(s.received_us, at);
	json_string(w, "received", at);
	json_string(w, "ruling", record_ruling(h->rev.ruling));
	record_all_fields(w, &seen[0].fields);
	record_changes(w, parent < 0 ? NULL : &seen[1].fields, &seen[0].fields);
	json_object_end(w);
	return ERR_OK;
}

/* 409 with both sides. */
static enum err_code
refuse_behind(const struct correction *c, struct reply *r, struct err *e)
{
	struct json_writer w;
	struct buf yours;
	enum err_code rc = ERR_OK;

	buf_init(&yours, (size_t)16 << 20);
	json_write_canonical(&yours, c->fields);
	r->status = 409;
	r->type = "application/problem+json";
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "type", "about:blank");
	json_string(&w, "title", err_name(ERR_CONFLICT));
	json_int(&w, "status", 409);
	json_string(&w, "detail",
	            "the record was changed since you opened it; compare, then send it again with "
	            "the new heads, or with force to keep both");
	json_raw(&w, "yours", buf_text(&yours), yours.size);
	json_array(&w, "theirs");
	for (size_t i = 0; !rc && i < c->past.count; i++)
		if (record_is_head(c->past.list, c->past.count, i) &&
		    !is_parent(c, c->past.list[i].rev.leaf))
			rc = write_theirs(c, &w, i, e);
	json_array_end(&w);
	record_heads(&w, c->past.list, c->past.count);
	json_object_end(&w);
	if (!buf_ok(&yours))
		rc = err_set(e, ERR_NOMEM, "out of memory for a correction");
	buf_done(&yours);
	return rc;
}

/* Nobody writes over what they do not see. Identity values are the exception: no role sees them. */
static enum err_code
check_seen(const struct correction *c, struct err *e)
{
	const struct form *form = store_form(c->st, c->past.kind);

	for (const struct json_value *m = c->fields->first; m; m = m->next) {
		const struct form_field *f = form_find(form, m->key);

		if (f && form_field_access(f) != FORM_IDENTITY &&
		    access_field(ask_access(c->q), form->kind, f) != ACCESS_SHOW)
			return err_set(e, ERR_DENIED,
			               "field %s: your role does not see it and cannot correct it",
			               m->key);
	}
	for (size_t i = 0; i < c->handed.files; i++) {
		const char *path = c->handed.file[i].field; /* NAME or LIST/ROW/NAME */
		const char *name = arena_strndup(c->q->mem, path, strcspn(path, "/"));
		const struct form_field *f = name ? form_find(form, name) : NULL;

		if (!name)
			return err_set(e, ERR_NOMEM, "out of memory for a correction");
		if (f && access_field(ask_access(c->q), form->kind, f) != ACCESS_SHOW)
			return err_set(e, ERR_DENIED,
			               "field %s: your role does not see it and cannot correct it",
			               f->name);
	}
	return ERR_OK;
}

static enum err_code
check_files(const struct correction *c, struct err *e)
{
	const char **known = arena_calloc(c->q->mem, c->past.count + 1, sizeof(*known));

	if (!known)
		return err_set(e, ERR_NOMEM, "out of memory for a correction");
	for (size_t i = 0; i < c->past.count; i++)
		known[i] = c->past.list[i].fields_json;
	return record_known_files(c->q->mem, store_form(c->st, c->past.kind), c->fields, known,
	                          c->past.count, e);
}

static enum err_code
read_correction(struct correction *c, const char **ret_remark, struct err *e)
{
	static const char *const members[] = { "fields", "parents", "remark", "force", NULL };
	const struct json_value *force;
	enum err_code rc = read_handed(c->q, &c->handed, e);

	if (!rc)
		rc = api_only(c->handed.body, members, e);
	if (!rc)
		rc = read_remark(c->handed.body, ret_remark, e);
	if (!rc)
		rc = read_parents(c, e);
	if (rc)
		return rc;
	force = json_get(c->handed.body, "force");
	c->force = force && force->type == JSON_TRUE;
	if (force && !c->force && force->type != JSON_FALSE)
		return err_set(e, ERR_INVALID, "force must be true or false");
	c->fields = json_get(c->handed.body, "fields");
	rc = check_members(c->fields, e);
	if (!rc)
		rc = check_seen(c, e);
	return rc ? rc : check_files(c, e);
}

enum err_code
api_correct(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct correction c = { .q = q };
	struct entry_options o = { .id = q->arg[0], .author = q->who.account };
	struct entry_result entered;
	bool done = false;
	enum err_code rc = api_store(q, &c.st, e);

	(void)site;
	if (!rc)
		rc = api_once(q, r, &done, e);
	if (!rc && !done)
		rc = record_load(q, c.st, &c.past, e);
	if (rc || done)
		return rc;
	rc = read_correction(&c, &o.remark, e);
	if (!rc && !record_may_enter(c.st, q->who.role, c.past.kind))
		rc = err_set(e, ERR_DENIED, "your role does not correct records of kind %s",
		             store_kind_name(c.st, c.past.kind));
	if (rc)
		return api_refuse(r, 0, e);
	o.kind = store_kind_name(c.st, c.past.kind);
	o.fields = c.fields;
	o.file = c.handed.file;
	o.files = c.handed.files;
	o.parents = (const uint8_t(*)[32])c.parents;
	o.parent_count = c.parent_count;
	o.only_same = is_behind(&c) && !c.force;
	rc = entry_run(c.st, &o, &entered, e);
	/* the same correction again is no conflict; anything else is one */
	if (rc == ERR_CONFLICT && o.only_same) {
		err_clear(e);
		return refuse_behind(&c, r, e);
	}
	if (rc)
		return api_refuse(r, 0, e);
	write_entered(&entered, r);
	api_remember(q, r, entered.submission);
	return ERR_OK;
}
