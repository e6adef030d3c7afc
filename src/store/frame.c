#include "store/frame.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/layer.h"

#include "sql_gen.h"

struct step {
	const char *name, *sql;
};
static const struct step schema[] = SQL_SCHEMA_TABLE;

/* Rows that the program writes by itself, with the columns that say something. Left out are times
 * and running numbers, and of the extents those that the layers are compared with. */
struct own_rows {
	const char *table, *columns;
	int named; /* how many of the columns name the row */
};
static const struct own_rows own_rows[] = {
	{ "gpkg_spatial_ref_sys",
	  "srs_id, srs_name, organization, organization_coordsys_id, definition, description", 1 },
	{ "gpkg_contents", "table_name, data_type, identifier, description, srs_id", 1 },
	{ "gpkg_geometry_columns", "table_name, column_name, geometry_type_name, srs_id, z, m", 2 },
	{ "gpkg_extensions", "table_name, column_name, extension_name, definition, scope", 3 },
	{ "gpkg_metadata", "id, md_scope, md_standard_uri, mime_type, metadata", 1 },
	{ "gpkg_metadata_reference",
	  "reference_scope, table_name, column_name, row_id_value, md_file_id, md_parent_id", 1 },
	{ "layer_styles",
	  "f_table_name, styleName, f_table_catalog, f_table_schema, f_geometry_column, styleQML, "
	  "styleSLD, useAsDefault, description, owner, ui",
	  1 },
	{ "fallow_guard", "id, open", 1 },
};

enum {
	OWN_ROWS = sizeof(own_rows) / sizeof(*own_rows)
};

/* --- the frame as it should be ---------------------------------------------------------------- */

static void
free_frame(struct store *own)
{
	if (!own)
		return;
	kinds_free(own);
	for (int i = 0; i < DB_KEPT; i++)
		sqlite3_finalize(own->kept[i]);
	sqlite3_close(own->db);
	arena_done(&own->mem);
	mem_free(own);
}

static enum err_code
put_kind(struct store *own, int64_t id, const char *name, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	if (id != (int64_t)own->kind_count + 1 || id > STORE_MAX_KINDS ||
	    strlen(name) >= sizeof(own->kind[0].name))
		return err_set(e, ERR_VERIFY, "the table of kinds is damaged at %lld",
		               (long long)id);
	rc = db_prepare(own, SQL_STORE_KIND_PUT, &q, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, id);
	(void)sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC);
	rc = db_run(own, q, e);
	sqlite3_finalize(q);
	own->kind[own->kind_count] = (struct store_kind){ .id = id, .geometry_field = -1 };
	memcpy(own->kind[own->kind_count].name, name, strlen(name) + 1);
	own->kind_count++;
	return rc;
}

/* A form comes into force, as it did in the register. */
static enum err_code
put_form(struct store *own, sqlite3_stmt *q, struct err *e)
{
	int64_t id = sqlite3_column_int64(q, 0);
	const char *name = (const char *)sqlite3_column_text(q, 1),
		   *survey = (const char *)sqlite3_column_text(q, 2),
		   *choices = (const char *)sqlite3_column_text(q, 3);
	struct form *f = NULL;
	enum err_code rc = ERR_OK;

	if (!name || !survey || !choices || id < 1)
		return err_set(e, ERR_VERIFY, "the table of forms is damaged");
	if (id > (int64_t)own->kind_count)
		rc = put_kind(own, id, name, e);
	if (!rc)
		rc = form_parse(survey, strlen(survey), *choices ? choices : NULL, strlen(choices),
		                &f, e);
	if (!rc && (!text_eq(f->kind, name) || !text_eq(own->kind[id - 1].name, name)))
		rc = err_set(e, ERR_VERIFY, "the kind %s has the form of %s", name, f->kind);
	if (!rc)
		rc = kind_set_form(&own->kind[id - 1], f, e);
	if (rc) {
		form_free(f);
		return rc;
	}
	return layer_ensure(own, (int)id - 1, e);
}

static enum err_code
fill_frame(struct store *own, struct store *st, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_exec(own, "BEGIN", e);

	for (int i = 0; !rc && i < STORE_SCHEMA_VERSION; i++)
		rc = db_exec(own, schema[i].sql, e);
	if (!rc)
		rc = db_exec(own, SQL_STORE_METADATA_PUT, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_FRAME_FORMS, &q, e);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = put_form(own, q, e);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the forms", e);
	sqlite3_finalize(q);
	return rc ? rc : db_exec(own, "COMMIT", e);
}

static enum err_code
make_frame(struct store *st, struct store **ret, struct err *e)
{
	struct store *own = mem_calloc(1, sizeof(*own));
	enum err_code rc = ERR_OK;

	if (!own)
		return err_set(e, ERR_NOMEM, "out of memory for a check");
	own->mode = STORE_WRITE;
	arena_init(&own->mem, 16u << 20);
	if (sqlite3_open_v2(":memory:", &own->db,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	                    NULL) != SQLITE_OK)
		rc = err_set(e, ERR_NOMEM, "out of memory for a check");
	if (!rc && db_add_functions(own->db) != SQLITE_OK) /* triggers name them */
		rc = err_set(e, ERR_NOMEM, "out of memory for a check");
	if (!rc)
		rc = fill_frame(own, st, e);
	if (rc) {
		free_frame(own);
		return rc;
	}
	*ret = own;
	return ERR_OK;
}

/* --- comparing -------------------------------------------------------------------------------- */

struct comparing {
	struct store *st, *own;
	frame_tell *tell;
	void *ctx;
};

static void say(const struct comparing *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(const struct comparing *c, const char *fmt, ...)
{
	char line[600];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	c->tell(c->ctx, line);
}

/* As SQLite sorts: nothing, numbers, texts, bytes. */
static int
rank_of(int type)
{
	return type == SQLITE_NULL                              ? 0
	       : type == SQLITE_INTEGER || type == SQLITE_FLOAT ? 1
	       : type == SQLITE_TEXT                            ? 2
	                                                        : 3;
}

static int
compare_bytes(const void *a, int an, const void *b, int bn)
{
	int n = an < bn ? an : bn, c = n ? memcmp(a, b, (size_t)n) : 0;

	return c ? c : an - bn;
}

static int
compare_column(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int x = rank_of(sqlite3_column_type(a, i)), y = rank_of(sqlite3_column_type(b, i));
	double p, q;

	if (x != y || x == 0)
		return x - y;
	if (x >= 2) { /* the pointers first: asking for them may change the length */
		const void *s = sqlite3_column_blob(a, i), *t = sqlite3_column_blob(b, i);

		return compare_bytes(s, sqlite3_column_bytes(a, i), t, sqlite3_column_bytes(b, i));
	}
	p = sqlite3_column_double(a, i);
	q = sqlite3_column_double(b, i);
	return p < q ? -1 : p > q;
}

static int
compare_columns(sqlite3_stmt *a, sqlite3_stmt *b, int from, int to)
{
	int c = 0;

	for (int i = from; !c && i < to; i++)
		c = compare_column(a, b, i);
	return c;
}

/* What names a row: its first columns. */
static const char *
name_of(sqlite3_stmt *q, int named, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < named && n < size; i++) {
		const char *s = (const char *)sqlite3_column_text(q, i);

		n += (size_t)snprintf(out + n, size - n, "%s%s", s && i ? " " : "", s ? s : "");
	}
	return out;
}

static void
say_columns(const struct comparing *c, const char *what, sqlite3_stmt *a, sqlite3_stmt *b,
            int named)
{
	char name[160];

	for (int i = named; i < sqlite3_column_count(a); i++)
		if (compare_column(a, b, i) != 0)
			say(c, "%s: %s of %s is not what the program writes", what,
			    sqlite3_column_name(a, i), name_of(a, named, name, sizeof(name)));
}

/* Two sorted lists of rows, the register's and the frame's. */
static enum err_code
merge(const struct comparing *c, sqlite3_stmt *is, sqlite3_stmt *should, int named,
      const char *what, struct err *e)
{
	int a = sqlite3_step(is), b = sqlite3_step(should);
	char name[160];

	while (a == SQLITE_ROW || b == SQLITE_ROW) {
		int order = a != SQLITE_ROW   ? 1
		            : b != SQLITE_ROW ? -1
		                              : compare_columns(is, should, 0, named);

		if (order < 0)
			say(c, "%s: %s was not made by the program", what,
			    name_of(is, named, name, sizeof(name)));
		else if (order > 0)
			say(c, "%s: %s is missing", what,
			    name_of(should, named, name, sizeof(name)));
		else
			say_columns(c, what, is, should, named);
		if (order <= 0)
			a = sqlite3_step(is);
		if (order >= 0)
			b = sqlite3_step(should);
	}
	return a == SQLITE_DONE && b == SQLITE_DONE
	               ? ERR_OK
	               : db_fail(a == SQLITE_DONE ? c->own : c->st, "compare the schema", e);
}

static enum err_code
compare_rows(const struct comparing *c, const char *sql, int named, const char *what, struct err *e)
{
	sqlite3_stmt *is = NULL, *should = NULL;
	enum err_code rc = db_prepare(c->own, sql, &should, e);
	struct err why = { 0 };

	if (!rc && db_prepare(c->st, sql, &is, &why))
		say(c, "%s: %s", what, why.text); /* the table itself is another */
	else if (!rc)
		rc = merge(c, is, should, named, what, e);
	sqlite3_finalize(is);
	sqlite3_finalize(should);
	return rc;
}

static enum err_code
compare_own_rows(const struct comparing *c, const struct own_rows *o, struct err *e)
{
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_printf(&sql, "SELECT %s FROM %s ORDER BY ", o->columns, o->table);
	buf_printf(&sql, o->named < 3 ? "1, 2" : "1, 2, 3");
	rc = buf_ok(&sql) ? compare_rows(c, buf_text(&sql), o->named, o->table, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for a check");
	buf_done(&sql);
	return rc;
}

enum err_code
frame_compare(struct store *st, frame_tell *tell, void *ctx, struct err *e)
{
	struct comparing c = { .st = st, .tell = tell, .ctx = ctx };
	int64_t version = 0;
	struct err why = { 0 };
	enum err_code rc = make_frame(st, &c.own, &why);

	if (rc == ERR_NOMEM)
		return err_set(e, rc, "%s", why.text);
	if (rc) { /* a form or the table of kinds that the program could not have written */
		say(&c, "forms: %s", why.text);
		return ERR_OK;
	}
	rc = compare_rows(&c, SQL_STORE_FRAME_SCHEMA, 2, "schema", e);
	for (int i = 0; !rc && i < OWN_ROWS; i++)
		rc = compare_own_rows(&c, &own_rows[i], e);
	if (!rc)
		rc = db_int(st, "PRAGMA user_version", 0, &version, e);
	if (!rc && version != 10300)
		say(&c, "user_version is %lld and must be 10300", (long long)version);
	free_frame(c.own);
	return rc;
}

/* --- putting back ----------------------------------------------------------------------------- */

/* The schema's triggers, views and indexes that are not the frame's go; SQLite's own stay. */
static enum err_code
drop_others(const struct comparing *c, struct err *e)
{
	sqlite3_stmt *is = NULL, *should = NULL;
	struct buf drop;
	int s = SQLITE_DONE;
	enum err_code rc =
		db_prepare(c->st,
	                   "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', "
	                   "'view', 'index') AND sql IS NOT NULL",
	                   &is, e);

	if (!rc)
		rc = db_prepare(c->own,
		                "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND sql "
		                "IS ?3",
		                &should, e);
	buf_init(&drop, 1u << 20);
	while (!rc && (s = sqlite3_step(is)) == SQLITE_ROW) {
		for (int i = 0; i < 3; i++)
			(void)sqlite3_bind_value(should, i + 1, sqlite3_column_value(is, i));
		if (sqlite3_step(should) != SQLITE_ROW) {
			buf_printf(&drop, "DROP %s ", (const char *)sqlite3_column_text(is, 0));
			db_quote_name(&drop, (const char *)sqlite3_column_text(is, 1));
			buf_adds(&drop, ";");
		}
		(void)sqlite3_reset(should);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(c->st, "read the schema", e);
	sqlite3_finalize(is);
	sqlite3_finalize(should);
	if (!rc)
		rc = buf_ok(&drop) ? db_exec(c->st, buf_text(&drop), e)
		                   : err_set(e, ERR_NOMEM, "out of memory for a rebuild");
	buf_done(&drop);
	return rc;
}

static enum err_code
create_missing(const struct comparing *c, struct err *e)
{
	sqlite3_stmt *should = NULL, *is = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(c->own,
	                              "SELECT sql, type, name FROM sqlite_schema WHERE type IN "
	                              "('trigger', 'index') AND sql IS NOT NULL ORDER BY rowid",
	                              &should, e);

	if (!rc)
		rc = db_prepare(c->st, "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2",
		                &is, e);
	while (!rc && (s = sqlite3_step(should)) == SQLITE_ROW) {
		bool there;

		(void)sqlite3_bind_value(is, 1, sqlite3_column_value(should, 1));
		(void)sqlite3_bind_value(is, 2, sqlite3_column_value(should, 2));
		there = sqlite3_step(is) == SQLITE_ROW;
		(void)sqlite3_reset(is);
		if (!there)
			rc = db_exec(c->st, (const char *)sqlite3_column_text(should, 0), e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(c->own, "read the schema", e);
	sqlite3_finalize(should);
	sqlite3_finalize(is);
	return rc;
}

static void
note(void *ctx, const char *sentence)
{
	(void)sentence;
	*(bool *)ctx = false;
}

/* The frame's rows of one table in the place of the register's. Extents come with the layers. */
static enum err_code
put_rows(const struct comparing *c, const struct own_rows *o, struct err *e)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	struct buf sql;
	int columns = 0, s = SQLITE_DONE;
	bool same = true;
	struct comparing look = { .st = c->st, .own = c->own, .tell = note, .ctx = &same };
	enum err_code rc = compare_own_rows(&look, o, e);

	if (rc || same)
		return rc;
	buf_init(&sql, 8192);
	buf_printf(&sql, "DELETE FROM %s", o->table);
	rc = db_exec(c->st, buf_text(&sql), e);
	buf_reset(&sql);
	buf_printf(&sql, "SELECT %s FROM %s", o->columns, o->table);
	if (!rc)
		rc = db_prepare(c->own, buf_text(&sql), &from, e);
	columns = rc ? 0 : sqlite3_column_count(from);
	buf_reset(&sql);
	buf_printf(&sql, "INSERT INTO %s (%s) VALUES (", o->table, o->columns);
	for (int i = 1; i <= columns; i++)
		buf_printf(&sql, "%s?%d", i > 1 ? "," : "", i);
	buf_addc(&sql, ')');
	if (!rc)
		rc = db_prepare(c->st, buf_text(&sql), &to, e);
	while (!rc && (s = sqlite3_step(from)) == SQLITE_ROW) {
		for (int i = 0; i < columns; i++)
			(void)sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
		rc = db_run(c->st, to, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(c->own, "read the frame", e);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	buf_done(&sql);
	return rc;
}

enum err_code
frame_restore(struct store *st, struct err *e)
{
	struct comparing c = { .st = st };
	enum err_code rc = make_frame(st, &c.own, e);

	if (rc)
		return rc;
	rc = drop_others(&c, e);
	if (!rc)
		rc = create_missing(&c, e);
	/* parents last out, first in; the guard is open and closes at the end of the transaction */
	if (!rc)
		rc = db_exec(st, "PRAGMA defer_foreign_keys = ON", e);
	for (int i = 0; !rc && i < OWN_ROWS - 1; i++)
		rc = put_rows(&c, &own_rows[i], e);
	free_frame(c.own);
	return rc;
}
