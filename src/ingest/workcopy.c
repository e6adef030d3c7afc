#include "ingest/workcopy.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "store/each.h"
#include "store/gpkgfile.h"
#include "store/history.h"
#include "store/rowkey.h"
#include "store/submit.h"

enum {
	OWN = 4, /* columns before those of the form */
	MAX_COLUMNS = OWN + FORM_MAX_FIELDS
};

struct handed {
	int kind;
	int64_t row;
	struct uuid id;
	uint8_t leaf[32];
};

struct writing {
	struct store *st;
	struct gpkgfile *file;
	struct rowkey_reader *keys;
	struct arena mem;
	struct handed *handed;
	size_t count, room;
	int kind;
	int64_t row;
	int *field; /* of the form, by column from OWN on */
	size_t columns;
	struct gpkgfile_column *column;
	struct store_value *value;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a work copy");
}

void
workcopy_row_key(const char *work, const char *kind, int64_t row, uint8_t key[32])
{
	struct hash_state s;
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld", (long long)row);
	hash_init(&s);
	hash_update(&s, "fallow work row 1", 18);
	hash_update(&s, work, UUID_TEXT);
	hash_update(&s, kind, strlen(kind) + 1);
	hash_update(&s, number, strlen(number) + 1);
	hash_final(&s, key);
}

bool
workcopy_holds(const struct form_field *f)
{
	/* what the position was made from is the program's own, as is what an import writes */
	static const char *const not [] = { "given_text", "given_datum", "given_format",
		                            "operation" };

	for (size_t i = 0; i < sizeof(not ) / sizeof(*not ); i++)
		if (text_eq(f->name, not [i]))
			return false;
	return form_field_access(f) != FORM_IDENTITY && f->type != FORM_GEOMETRY &&
	       f->type != FORM_FILE && !text_starts(f->name, "import_");
}

static struct store_value
text_value(const char *s)
{
	return (struct store_value){ .type = STORE_TEXT, .s = s, .n = strlen(s) };
}

/* The columns of a kind. */
static enum err_code
plan(struct writing *w, const struct form *form, struct err *e)
{
	static const struct gpkgfile_column own[OWN] = { { "record_id", STORE_TEXT, false },
		                                         { "base", STORE_TEXT, false },
		                                         { "shown_as", STORE_TEXT, false },
		                                         { "unapproved", STORE_INT, false } };

	w->field = arena_calloc(&w->mem, form->field_count + 1, sizeof(*w->field));
	w->column = arena_calloc(&w->mem, MAX_COLUMNS, sizeof(*w->column));
	w->value = arena_calloc(&w->mem, MAX_COLUMNS, sizeof(*w->value));
	if (!w->field || !w->column || !w->value)
		return no_memory(e);
	memcpy(w->column, own, sizeof(own));
	w->columns = 0;
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *f = &form->field[i];

		if (!workcopy_holds(f))
			continue;
		w->column[OWN + w->columns] =
			(struct gpkgfile_column){ f->name,
			                          f->type == FORM_INTEGER   ? STORE_INT
			                          : f->type == FORM_DECIMAL ? STORE_REAL
			                                                    : STORE_TEXT,
			                          f->type == FORM_DATE };
		w->field[w->columns++] = (int)i;
	}
	return ERR_OK;
}

static enum err_code
note_handed(struct writing *w, struct uuid id, const uint8_t leaf[32], struct err *e)
{
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 1024;
		struct handed *more = mem_realloc_array(w->handed, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		w->handed = more;
		w->room = room;
	}
	w->handed[w->count] = (struct handed){ .kind = w->kind, .row = ++w->row, .id = id };
	memcpy(w->handed[w->count++].leaf, leaf, 32);
	return ERR_OK;
}

/* What a correction of the record would start from: its newest revision that was not returned. */
static enum err_code
newest(struct writing *w, const struct shown *row, struct arena *mem, struct store_fields *ret,
       uint8_t leaf[32], struct err *e)
{
	struct history_revision *list = NULL;
	struct uuid source;
	size_t n = 0;
	enum err_code rc;

	*ret = row->fields;
	if (row->revisions == 1 && !row->cover)
		return rowkey_newest(w->keys, row->id, leaf, &source, e);
	rc = history_load(w->st, row->id, INT64_MAX, mem, &list, &n, e);
	while (!rc && n > 1 && list[n - 1].rev.ruling == RULING_RETURNED)
		n--;
	if (!rc && n == 0)
		rc = err_set(e, ERR_VERIFY, "a record of kind %s has no revision",
		             store_kind_name(w->st, w->kind));
	if (rc)
		return rc;
	*ret = list[n - 1].rev.fields;
	memcpy(leaf, list[n - 1].rev.leaf, 32);
	return ERR_OK;
}

static enum err_code
put_record(void *ctx, const struct shown *row, struct err *e)
{
	struct writing *w = ctx;
	struct store_fields f;
	struct arena mem;
	char id[UUID_TEXT], base[65];
	uint8_t leaf[32];
	enum err_code rc;

	arena_init(&mem, (size_t)256 << 20);
	rc = newest(w, row, &mem, &f, leaf, e);
	if (!rc) {
		uuid_format(row->id, id);
		text_hex(leaf, 32, base);
		w->value[0] = text_value(id);
		w->value[1] = text_value(base);
		w->value[2] = text_value(shown_as_name(row->as));
		w->value[3] =
			(struct store_value){ .type = STORE_INT, .i = row->unapproved ? 1 : 0 };
		for (size_t i = 0; i < w->columns; i++)
			w->value[OWN + i] = f.value[w->field[i]];
		rc = gpkgfile_row(w->file, f.geom, w->value, e);
	}
	if (!rc)
		rc = note_handed(w, row->id, leaf, e);
	arena_done(&mem);
	return rc;
}

static enum err_code
put_kind(struct writing *w, int kind, struct err *e)
{
	struct each_filter f = { .kind = kind, .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	const struct form *form = store_form(w->st, kind);
	const char *name = store_kind_name(w->st, kind);
	enum err_code rc = plan(w, form, e);

	w->kind = kind;
	w->row = 0;
	if (!rc)
		rc = gpkgfile_layer(w->file, name, form_index(form, "geometry") >= 0, name,
		                    w->column, OWN + w->columns, e);
	return rc ? rc : store_each(w->st, &f, put_record, w, e);
}

static enum err_code
put_base(struct writing *w, struct err *e)
{
	static const struct gpkgfile_column column[] = { { "layer", STORE_TEXT, false },
		                                         { "row", STORE_INT, false },
		                                         { "record_id", STORE_TEXT, false },
		                                         { "base", STORE_TEXT, false } };
	char id[UUID_TEXT], base[65];
	enum err_code rc = gpkgfile_layer(w->file, WORKCOPY_BASE, false, NULL, column, 4, e);

	for (size_t i = 0; !rc && i < w->count; i++) {
		const struct handed *h = &w->handed[i];
		struct store_value v[4];

		uuid_format(h->id, id);
		text_hex(h->leaf, 32, base);
		v[0] = text_value(store_kind_name(w->st, h->kind));
		v[1] = (struct store_value){ .type = STORE_INT, .i = h->row };
		v[2] = text_value(id);
		v[3] = text_value(base);
		rc = gpkgfile_row(w->file, NULL, v, e);
	}
	return rc;
}

static enum err_code
put_about(struct writing *w, const char *id, struct err *e)
{
	static const struct gpkgfile_column column[] = { { "name", STORE_TEXT, false },
		                                         { "value", STORE_TEXT, false } };
	char size[24], now[28];
	const char *const pair[][2] = { { "format", "fallow-workcopy/v1" },
		                        { "register", store_meta(w->st, "uuid") },
		                        { "work", id },
		                        { "submissions", size },
		                        { "made", now } };
	enum err_code rc = gpkgfile_layer(w->file, WORKCOPY_ABOUT, false, NULL, column, 2, e);

	(void)snprintf(size, sizeof(size), "%lld", (long long)store_log_size(w->st));
	clock_format_us(clock_now_us(), now);
	for (size_t i = 0; !rc && i < sizeof(pair) / sizeof(*pair); i++) {
		struct store_value v[2] = { text_value(pair[i][0]), text_value(pair[i][1]) };

		rc = gpkgfile_row(w->file, NULL, v, e);
	}
	return rc;
}

static bool
is_named(const char *const *kinds, const char *name)
{
	for (; kinds && *kinds; kinds++)
		if (text_eq(*kinds, name))
			return true;
	return false;
}

static enum err_code
write_all(struct writing *w, const char *const *kinds, struct workcopy_result *ret, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < (int)store_kind_count(w->st); k++) {
		if (decide_own_kind(w->st, k) ||
		    (kinds && !is_named(kinds, store_kind_name(w->st, k))))
			continue;
		rc = put_kind(w, k, e);
		ret->layers++;
	}
	if (!rc)
		rc = put_base(w, e);
	if (!rc)
		rc = put_about(w, ret->id, e);
	if (!rc)
		rc = gpkgfile_finish(w->file, e);
	ret->records = (int64_t)w->count;
	return rc;
}

enum err_code
workcopy_write(struct store *st, const char *path, const char *const *kinds,
               struct workcopy_result *ret, struct err *e)
{
	static const char about[] =
		"Work copy of a mine action register, with exact positions: for that authority's own "
		"people. Edit it in QGIS or with GDAL and hand it back with: fallow import FILE "
		"THIS.gpkg --edits. Nothing edited here takes effect before it is handed in; no mark "
		"does not mean safe.";
	struct writing w = { .st = st };
	struct uuid id;
	enum err_code rc = ERR_OK;

	*ret = (struct workcopy_result){ 0 };
	for (const char *const *k = kinds; !rc && k && *k; k++)
		if (store_kind(st, *k) < 0)
			rc = err_set(e, ERR_INVALID, "there is no kind of record called %.60s", *k);
		else if (decide_own_kind(st, store_kind(st, *k)))
			rc = decide_refuse(*k, e);
	if (!rc)
		rc = submit_new_id(&id, e);
	if (rc)
		return rc;
	uuid_format(id, ret->id);
	arena_init(&w.mem, (size_t)64 << 20);
	rc = rowkey_open(st, &w.keys, e);
	if (!rc)
		rc = gpkgfile_create_work(path, about, &w.file, e);
	if (!rc)
		rc = write_all(&w, kinds, ret, e);
	gpkgfile_free(w.file);
	rowkey_close(w.keys);
	mem_free(w.handed);
	arena_done(&w.mem);
	return rc;
}
