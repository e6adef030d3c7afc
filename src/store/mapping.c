#include "store/mapping.h"

#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

struct mapping {
	sqlite3 *db;
	sqlite3_stmt *q;
	const struct mapping_source *source;
	struct mapping_row row; /* the row the cursor stands on */
	bool end, open, given,
		told; /* given: this row was yielded; told: it was told as left out */
	int64_t steps;
	size_t column_count;
	struct mapping_value *value;
	struct err err; /* what the source or the limits said */
};

struct table {
	sqlite3_vtab base;
	struct mapping *m;
};

struct cursor {
	sqlite3_vtab_cursor base;
	struct mapping *m;
};

/* --- the virtual table
 * ----------------------------------------------------------------------------------- */

static void
declare_column(struct buf *b, const struct mapping_source *src, size_t i)
{
	struct buf name;
	size_t twin = 0;

	for (size_t j = 0; j < i; j++)
		twin += text_eq_nocase(src->column[j], src->column[i]);
	buf_init(&name, 1u << 20);
	buf_adds(&name, src->column[i]);
	if (!*src->column[i])
		buf_printf(&name, "column_%zu", i + 1);
	if (twin)
		buf_printf(&name, "_%zu", twin + 1);
	if (i)
		buf_addc(b, ',');
	buf_add_quoted(b, buf_text(&name), '"');
	if (!buf_ok(&name))
		b->failed = true;
	buf_done(&name);
}

static bool
has_column(const struct mapping_source *src, const char *name)
{
	for (size_t i = 0; i < src->column_count; i++)
		if (text_eq_nocase(src->column[i], name))
			return true;
	return false;
}

static int
table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **ret,
              char **msg)
{
	struct mapping *m = aux;
	struct table *t = sqlite3_malloc(sizeof(*t));
	struct buf b;
	int rc;

	(void)argc;
	(void)argv;
	(void)msg;
	if (!t)
		return SQLITE_NOMEM;
	memset(t, 0, sizeof(*t));
	t->m = m;
	buf_init(&b, 4u << 20);
	buf_adds(&b, "CREATE TABLE x(");
	for (size_t i = 0; i < m->source->column_count; i++)
		declare_column(&b, m->source, i);
	buf_printf(&b, "%s\"%s\"", m->source->column_count ? "," : "",
	           has_column(m->source, "geometry") ? "geometry_wkb" : "geometry");
	buf_printf(&b, ",\"%s\")", has_column(m->source, "row") ? "row_number" : "row");
	rc = buf_ok(&b) ? sqlite3_declare_vtab(db, buf_text(&b)) : SQLITE_NOMEM;
	buf_done(&b);
	if (rc != SQLITE_OK) {
		sqlite3_free(t);
		return rc;
	}
	*ret = &t->base;
	return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *v)
{
	sqlite3_free(v);
	return SQLITE_OK;
}

static int
table_best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
	(void)v;
	info->estimatedCost = 1e6;
	return SQLITE_OK;
}

static int
cursor_open(sqlite3_vtab *v, sqlite3_vtab_cursor **ret)
{
	struct mapping *m = ((struct table *)v)->m;
	struct cursor *c;

	if (m->open) {
		(void)err_set(&m->err, ERR_INVALID,
		              "the mapping reads the table source more than once");
		return SQLITE_ERROR;
	}
	c = sqlite3_malloc(sizeof(*c));
	if (!c)
		return SQLITE_NOMEM;
	memset(c, 0, sizeof(*c));
	c->m = m;
	m->open = true;
	*ret = &c->base;
	return SQLITE_OK;
}

static int
cursor_close(sqlite3_vtab_cursor *c)
{
	sqlite3_free(c);
	return SQLITE_OK;
}

/* Leave the row the cursor stands on: if it was not yielded it was left out. */
static int
leave(struct mapping *m)
{
	if (m->row.row && !m->given && !m->told) {
		m->told = true;
		if (m->source->on_skip(m->source->ctx, &m->row, &m->err))
			return SQLITE_ERROR;
	}
	return SQLITE_OK;
}

static int
advance(struct mapping *m)
{
	int rc = leave(m);

	if (rc != SQLITE_OK)
		return rc;
	m->given = m->told = false;
	m->steps = 0;
	memset(&m->row, 0, sizeof(m->row));
	return m->source->next(m->source->ctx, &m->row, &m->end, &m->err) ? SQLITE_ERROR
	                                                                  : SQLITE_OK;
}

static int
cursor_filter(sqlite3_vtab_cursor *c, int index, const char *text, int argc, sqlite3_value **argv)
{
	(void)index;
	(void)text;
	(void)argc;
	(void)argv;
	return advance(((struct cursor *)c)->m);
}

static int
cursor_next(sqlite3_vtab_cursor *c)
{
	return advance(((struct cursor *)c)->m);
}

static int
cursor_eof(sqlite3_vtab_cursor *c)
{
	return ((struct cursor *)c)->m->end;
}

static int
cursor_column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int i)
{
	struct mapping *m = ((struct cursor *)c)->m;
	const struct mapping_value *v;

	if ((size_t)i == m->source->column_count) {
		if (m->row.wkb)
			sqlite3_result_blob64(ctx, m->row.wkb, m->row.wkb_n, SQLITE_STATIC);
		return SQLITE_OK;
	}
	if ((size_t)i > m->source->column_count) {
		sqlite3_result_int64(ctx, m->row.row);
		return SQLITE_OK;
	}
	v = &m->row.value[i];
	switch (v->type) {
	case MAPPING_INT:
		sqlite3_result_int64(ctx, v->i);
		break;
	case MAPPING_REAL:
		sqlite3_result_double(ctx, v->d);
		break;
	case MAPPING_TEXT:
		sqlite3_result_text64(ctx, v->s, v->n, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case MAPPING_BLOB:
		sqlite3_result_blob64(ctx, v->s, v->n, SQLITE_STATIC);
		break;
	default:
		break;
	}
	return SQLITE_OK;
}

static int
cursor_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *ret)
{
	*ret = ((struct cursor *)c)->m->row.row;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.iVersion = 1,
	.xCreate = table_connect,
	.xConnect = table_connect,
	.xBestIndex = table_best_index,
	.xDisconnect = table_disconnect,
	.xDestroy = table_disconnect,
	.xOpen = cursor_open,
	.xClose = cursor_close,
	.xFilter = cursor_filter,
	.xNext = cursor_next,
	.xEof = cursor_eof,
	.xColumn = cursor_column,
	.xRowid = cursor_rowid,
};

/* --- what a mapping may do
 * --------------------------------------------------------------------------------- */

static bool
function_allowed(const char *name)
{
	static const char *const allowed[] = {
		"abs",      "char",      "coalesce",  "concat",       "concat_ws",    "date",
		"datetime", "format",    "glob",      "hex",          "ifnull",       "iif",
		"if",       "instr",     "julianday", "length",       "like",         "lower",
		"ltrim",    "max",       "min",       "nullif",       "octet_length", "printf",
		"quote",    "replace",   "round",     "rtrim",        "sign",         "strftime",
		"substr",   "substring", "time",      "timediff",     "trim",         "typeof",
		"unhex",    "unicode",   "unixepoch", "unlikely",     "likely",       "upper",
		"ceil",     "floor",     "trunc",     "json_extract", "json_array",   "json_object",
		"json",     "->",        "->>",       "likelihood",   "cast"
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (text_eq_nocase(name, allowed[i]))
			return true;
	return false;
}

static int
authorize(void *ctx, int action, const char *a, const char *b, const char *db, const char *trigger)
{
	struct mapping *m = ctx;

	(void)db;
	(void)trigger;
	switch (action) {
	case SQLITE_SELECT:
		return SQLITE_OK;
	case SQLITE_READ:
		if (text_eq_nocase(a, "source"))
			return SQLITE_OK;
		(void)err_set(&m->err, ERR_INVALID,
		              "the mapping reads \"%.60s\"; it may read only the table source", a);
		return SQLITE_DENY;
	case SQLITE_FUNCTION:
		if (b && function_allowed(b))
			return SQLITE_OK;
		(void)err_set(&m->err, ERR_INVALID,
		              "the mapping uses the function %.60s, which is not allowed",
		              b ? b : "?");
		return SQLITE_DENY;
	default:
		(void)err_set(&m->err, ERR_INVALID,
		              "a mapping is one SELECT over the table source and nothing else");
		return SQLITE_DENY;
	}
}

static int
count_steps(void *ctx)
{
	struct mapping *m = ctx;

	m->steps += 1000;
	if (m->steps <= MAPPING_MAX_STEPS)
		return 0;
	(void)err_set(&m->err, ERR_LIMIT, "the mapping takes more than %d steps for one row",
	              MAPPING_MAX_STEPS);
	return 1;
}

static enum err_code
failed(struct mapping *m, enum err_code code, struct err *e)
{
	if (m->err.code) {
		if (e)
			*e = m->err;
		return m->err.code;
	}
	return err_set(e, code, "the mapping: %s", sqlite3_errmsg(m->db));
}

static enum err_code
prepare(struct mapping *m, const char *sql, struct err *e)
{
	const char *rest = NULL;
	size_t n;

	if (strlen(sql) > MAPPING_MAX_SQL)
		return err_set(e, ERR_LIMIT, "the mapping has %zu bytes; allowed are %d",
		               strlen(sql), MAPPING_MAX_SQL);
	if (sqlite3_set_authorizer(m->db, authorize, m) != SQLITE_OK ||
	    sqlite3_prepare_v2(m->db, sql, -1, &m->q, &rest) != SQLITE_OK)
		return failed(m, ERR_INVALID, e);
	rest = text_trim(rest, strlen(rest), &n);
	if (!m->q || n || !sqlite3_stmt_readonly(m->q) || sqlite3_stmt_isexplain(m->q))
		return err_set(e, ERR_INVALID,
		               "a mapping is one SELECT over the table source and nothing else");
	m->column_count = (size_t)sqlite3_column_count(m->q);
	m->value = mem_calloc(m->column_count + 1, sizeof(*m->value));
	return m->value ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a mapping");
}

enum err_code
mapping_open(const char *sql, const struct mapping_source *source, struct mapping **ret,
             struct err *e)
{
	struct mapping *m = mem_calloc(1, sizeof(*m));
	int flag = 0;
	enum err_code rc;

	if (!m)
		return err_set(e, ERR_NOMEM, "out of memory for a mapping");
	m->source = source;
	if (sqlite3_open_v2(":memory:", &m->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	                    NULL) != SQLITE_OK ||
	    sqlite3_create_module_v2(m->db, "source_rows", &module, m, NULL) != SQLITE_OK ||
	    sqlite3_exec(m->db, "CREATE VIRTUAL TABLE temp.source USING source_rows", NULL, NULL,
	                 NULL) != SQLITE_OK ||
	    sqlite3_db_config(m->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &flag) != SQLITE_OK) {
		rc = failed(m, ERR_NOMEM, e);
		mapping_close(m);
		return rc;
	}
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_LENGTH, 64 << 20);
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200);
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_COMPOUND_SELECT, 1);
	(void)sqlite3_limit(m->db, SQLITE_LIMIT_VDBE_OP, 250000);
	sqlite3_progress_handler(m->db, 1000, count_steps, m);
	rc = prepare(m, sql, e);
	if (rc) {
		mapping_close(m);
		return rc;
	}
	*ret = m;
	return ERR_OK;
}

void
mapping_close(struct mapping *m)
{
	if (!m)
		return;
	sqlite3_finalize(m->q);
	sqlite3_close(m->db);
	mem_free(m->value);
	mem_free(m);
}

size_t
mapping_column_count(const struct mapping *m)
{
	return m->column_count;
}

const char *
mapping_column_name(const struct mapping *m, size_t i)
{
	return sqlite3_column_name(m->q, (int)i);
}

static struct mapping_value
result_value(sqlite3_stmt *q, int i)
{
	struct mapping_value v = { 0 };

	switch (sqlite3_column_type(q, i)) {
	case SQLITE_INTEGER:
		v.type = MAPPING_INT;
		v.i = sqlite3_column_int64(q, i);
		break;
	case SQLITE_FLOAT:
		v.type = MAPPING_REAL;
		v.d = sqlite3_column_double(q, i);
		break;
	case SQLITE_TEXT:
		v.type = MAPPING_TEXT;
		v.s = (const char *)sqlite3_column_text(q, i);
		v.n = (size_t)sqlite3_column_bytes(q, i);
		break;
	case SQLITE_BLOB:
		v.type = MAPPING_BLOB;
		v.s = sqlite3_column_blob(q, i);
		v.n = (size_t)sqlite3_column_bytes(q, i);
		break;
	default:
		break;
	}
	return v;
}

enum err_code
mapping_next(struct mapping *m, const struct mapping_value **ret_values,
             const struct mapping_row **ret_source, struct err *e)
{
	int s = sqlite3_step(m->q);

	if (s == SQLITE_DONE) {
		/* a LIMIT or a condition that never holds may stop early: what is left was left out
		 */
		while (!m->end)
			if (advance(m) != SQLITE_OK)
				return failed(m, ERR_INVALID, e);
		*ret_values = NULL;
		*ret_source = NULL;
		return ERR_OK;
	}
	if (s != SQLITE_ROW)
		return failed(m, ERR_INVALID, e);
	if (m->end || m->given || m->told || !m->row.row)
		return err_set(e, ERR_INVALID,
		               "the mapping sorts, groups, joins or multiplies rows; it must yield "
		               "each row of source at "
		               "most once, in order");
	m->given = true;
	for (size_t i = 0; i < m->column_count; i++)
		m->value[i] = result_value(m->q, (int)i);
	*ret_values = m->value;
	*ret_source = &m->row;
	return ERR_OK;
}
