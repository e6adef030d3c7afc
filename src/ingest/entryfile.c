#include "ingest/entryfile.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/attach.h"
#include "store/rowkey.h"

struct putting {
	struct store *st;
	struct arena *mem;
	struct submit_revision *rev, *source;
	size_t sources;
	struct rowkey_reader *keys;
	char *today;
};

/* The row that LIST/ROW/FIELD names, and its field; NULL when the form has none such. */
static const struct form_field *
find_row_field(const struct form *form, const char *path, int *ret_list, int64_t *ret_row)
{
	const char *row = strchr(path, '/') + 1, *field = strchr(row, '/');
	const struct form_field *child;
	char name[100];
	size_t n = (size_t)(row - 1 - path);

	if (!field || n >= sizeof(name) || !text_parse_i64(row, (size_t)(field - row), ret_row))
		return NULL;
	memcpy(name, path, n);
	name[n] = '\0';
	*ret_list = form_index(form, name);
	if (*ret_list < 0 || form->field[*ret_list].type != FORM_REPEAT)
		return NULL;
	child = form_find_child(&form->field[*ret_list], field + 1);
	return child && child->type == FORM_FILE ? child : NULL;
}

/* Set a member of an object; the one that was there goes. */
static bool
set_member(struct json_value *object, const char *key, const char *text, struct arena *mem)
{
	struct json_value **at = &object->first, *m = arena_calloc(mem, 1, sizeof(*m));

	while (*at && !text_eq((*at)->key, key))
		at = &(*at)->next;
	if (!m)
		return false;
	*m = (struct json_value){ .type = JSON_STRING,
		                  .key = key,
		                  .key_size = strlen(key),
		                  .string = text,
		                  .count = strlen(text),
		                  .next = *at ? (*at)->next : NULL };
	object->count += *at == NULL;
	*at = m;
	return true;
}

/* A file that a row of a list holds. */
static enum err_code
put_row(struct putting *p, const struct entry_file *f, const char *sha256, struct err *e)
{
	struct store_fields *to = &p->rev->fields;
	struct json_value *rows = NULL, *row;
	const struct form_field *child;
	struct store_value *v;
	struct buf out;
	int list = -1;
	int64_t n = 0;
	char shown[80];
	enum err_code rc = ERR_OK;

	child = find_row_field(to->form, f->field, &list, &n);
	if (!child)
		return err_set(e, ERR_INVALID, "field %s: %s has no such field for a file",
		               err_quote(f->field, shown, sizeof(shown)), to->form->kind);
	v = &to->value[list];
	if (v->type == STORE_JSON)
		rc = json_parse(v->s, v->n, 0, p->mem, &rows, e);
	row = rows && !rc ? rows->first : NULL;
	for (int64_t i = 1; row && i < n; i++)
		row = row->next;
	if (rc)
		return rc;
	if (n < 1 || !row || row->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "field %s: %s has no such row",
		               to->form->field[list].name,
		               err_quote(f->field, shown, sizeof(shown)));
	buf_init(&out, (size_t)16 << 20);
	if (set_member(row, child->name, sha256, p->mem))
		json_write_canonical(&out, rows);
	*v = (struct store_value){ .type = STORE_JSON,
		                   .s = arena_strndup(p->mem, buf_text(&out), out.size),
		                   .n = out.size };
	if (!buf_ok(&out) || !out.size || !v->s)
		rc = err_set(e, ERR_NOMEM, "out of memory for a file");
	buf_done(&out);
	return rc;
}

/* A file that a field holds: its content's hash is the value. */
static enum err_code
put_field(struct putting *p, const struct entry_file *f, struct err *e)
{
	struct store_fields *to = &p->rev->fields;
	int i = form_index(to->form, f->field);
	const char *sha256 = arena_strdup(p->mem, f->sha256);
	char shown[80];

	if (!sha256)
		return err_set(e, ERR_NOMEM, "out of memory for a file");
	if (strchr(f->field, '/'))
		return put_row(p, f, sha256, e);
	if (i < 0 || to->form->field[i].type != FORM_FILE)
		return err_set(e, ERR_INVALID, "field %s: %s has no such field for a file",
		               err_quote(f->field, shown, sizeof(shown)), to->form->kind);
	to->value[i] = (struct store_value){ .type = STORE_TEXT, .s = sha256, .n = 64 };
	return ERR_OK;
}

/* The record refers to a source. */
static enum err_code
refer(struct putting *p, struct uuid id, struct err *e)
{
	struct store_fields *to = &p->rev->fields;
	int i = form_index(to->form, "source_refs");
	struct store_value *v = i < 0 ? NULL : &to->value[i];
	char text[UUID_TEXT];
	const char *list;

	uuid_format(id, text);
	if (!v)
		return err_set(e, ERR_INVALID, "%s cannot refer to files", to->form->kind);
	if (v->type == STORE_JSON && strstr(v->s, text))
		return ERR_OK;
	list = arena_printf(p->mem, "[\"%s\"]", text);
	list = list ? attach_join(v->type == STORE_JSON ? v->s : NULL, list, p->mem) : NULL;
	if (!list)
		return err_set(e, ERR_NOMEM, "out of memory for a file");
	*v = (struct store_value){ .type = STORE_JSON, .s = list, .n = strlen(list) };
	return ERR_OK;
}

static enum err_code
put_source(struct putting *p, const struct entry_file *f, struct err *e)
{
	char record[UUID_TEXT];
	uint8_t key[32];
	struct attach a = { .name = f->name,
		            .media = f->media,
		            .sha256 = f->sha256,
		            .how = "handed in with a record",
		            .today = p->today,
		            .key = key };
	struct submit_revision *to = &p->source[p->sources];
	struct rowkey known;
	bool here = false;
	enum err_code rc;

	uuid_format(p->rev->id, record);
	attach_key("fallow entry file 1", record, f->name, f->sha256, key);
	rc = rowkey_find(p->keys, key, &here, &known, e);
	for (size_t i = 0; !rc && !here && i < p->sources; i++)
		if (memcmp(p->source[i].row_key, key, 32) == 0)
			return ERR_OK; /* twice in one request */
	if (rc || here)
		return rc ? rc : refer(p, known.id, e);
	a.title = arena_printf(p->mem, "%s of %s", f->name, record);
	rc = a.title ? attach_source(p->st, &a, p->mem, to, e)
	             : err_set(e, ERR_NOMEM, "out of memory for a file");
	if (rc)
		return rc;
	p->sources++;
	return refer(p, to->id, e);
}

static enum err_code
check_file(const struct entry_file *f, struct err *e)
{
	char shown[80];

	if (!f->name || !*f->name)
		return err_set(e, ERR_INVALID, "a file has no name");
	return f->size ? ERR_OK
	               : err_set(e, ERR_INVALID, "field %.60s: the file %s is empty",
	                         *f->field ? f->field : "photos",
	                         err_quote(f->name, shown, sizeof(shown)));
}

enum err_code
entryfile_put(struct store *st, struct entry_file *file, size_t n, struct arena *mem,
              struct submit_revision *rev, struct entry_sources *ret, struct err *e)
{
	struct putting p = { .st = st, .mem = mem, .rev = rev };
	uint8_t sha[32];
	enum err_code rc = ERR_OK;

	*ret = (struct entry_sources){ 0 };
	if (!n)
		return ERR_OK;
	if (n > ENTRY_MAX_FILES)
		return err_set(e, ERR_LIMIT, "a record is handed in with at most %d files",
		               ENTRY_MAX_FILES);
	p.source = arena_calloc(mem, n, sizeof(*p.source));
	p.today = arena_alloc(mem, 11);
	if (!p.source || !p.today)
		return err_set(e, ERR_NOMEM, "out of memory for files");
	clock_format_date(clock_now_us() / 86400000000, p.today);
	rc = rowkey_open(st, &p.keys, e);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = check_file(&file[i], e);
		if (rc)
			break;
		hash_sha256(file[i].bytes, file[i].size, sha);
		text_hex(sha, 32, file[i].sha256);
		rc = *file[i].field ? put_field(&p, &file[i], e) : put_source(&p, &file[i], e);
	}
	rowkey_close(p.keys);
	*ret = (struct entry_sources){ p.sources ? p.source : NULL, p.sources };
	return rc;
}

enum err_code
entryfile_keep(struct store *st, const struct entry_file *file, size_t n, struct err *e)
{
	char hex[65];
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < n; i++)
		rc = submit_keep_bytes(st, file[i].bytes, file[i].size, file[i].name, hex, e);
	return rc;
}
