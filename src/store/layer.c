#include "store/layer.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "store/rtree.h"
#include "store/style.h"

#include "sql_gen.h"

/* Columns before the form's own fields, in this order. */
static const char *const system_column[] = { "fid",
	                                     "record_id",
	                                     "shown_as",
	                                     "unapproved",
	                                     "conflict",
	                                     "revisions",
	                                     "drawn",
	                                     "shown_area_m2",
	                                     "shown_area_low_m2",
	                                     "shown_area_high_m2",
	                                     "shown_perimeter_m",
	                                     "submission" };
enum {
	SYSTEM_COLUMNS = 12
};

static const char *
column_type(const struct form_field *f)
{
	switch (f->type) {
	case FORM_INTEGER:
		return "INTEGER";
	case FORM_DECIMAL:
		return "REAL";
	case FORM_DATE:
		return "DATE";
	default:
		return "TEXT";
	}
}

/* Identity never reaches a layer; keys of imported rows are of no use in one. */
static bool
in_layer(const struct form_field *f)
{
	return form_field_access(f) != FORM_IDENTITY && !field_is_main_geometry(f) &&
	       !text_eq(f->name, "import_key");
}

static bool
has_geometry(const struct store_kind *k)
{
	return k->geometry_field >= 0;
}

/* Is it one that rows are written with? The others are of fields that a later form dropped. */
static bool
own_column(const struct store_kind *k, const char *name)
{
	int i = form_index(k->form, name);

	for (int j = 0; j < SYSTEM_COLUMNS; j++)
		if (text_eq(name, system_column[j]))
			return true;
	return text_eq(name, "geometry") || (i >= 0 && in_layer(&k->form->field[i]));
}

static enum err_code
create_table(struct store *st, const struct store_kind *k, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	buf_adds(&b, "CREATE TABLE ");
	db_quote_name(&b, k->name);
	buf_adds(&b, " (fid INTEGER PRIMARY KEY NOT NULL,");
	if (has_geometry(k))
		buf_adds(&b, " geometry GEOMETRY,");
	buf_adds(&b,
	         " record_id TEXT NOT NULL, shown_as TEXT NOT NULL, unapproved INTEGER NOT NULL,"
	         " conflict INTEGER NOT NULL, revisions INTEGER NOT NULL, drawn TEXT NOT NULL,"
	         " shown_area_m2 REAL, shown_area_low_m2 REAL, shown_area_high_m2 REAL,"
	         " shown_perimeter_m REAL,"
	         " submission INTEGER NOT NULL");
	for (size_t i = 0; i < k->form->field_count; i++) {
		if (!in_layer(&k->form->field[i]))
			continue;
		buf_adds(&b, ", ");
		db_quote_name(&b, k->form->field[i].name);
		buf_printf(&b, " %s", column_type(&k->form->field[i]));
	}
	buf_addc(&b, ')');
	rc = buf_ok(&b) ? db_exec(st, buf_text(&b), e)
	                : err_set(e, ERR_NOMEM, "out of memory for a table");
	buf_done(&b);
	return rc;
}

/* A script of sql/store with every $T replaced by the layer's name. */
static enum err_code
run_template(struct store *st, const char *sql, const char *name, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	for (const char *p = sql; *p; p++) {
		if (p[0] == '$' && p[1] == 'T') {
			buf_adds(&b, name);
			p++;
		} else {
			buf_addc(&b, *p);
		}
	}
	rc = buf_ok(&b) ? db_exec(st, buf_text(&b), e)
	                : err_set(e, ERR_NOMEM, "out of memory for a table");
	buf_done(&b);
	return rc;
}

static enum err_code
add_columns(struct store *st, const struct store_kind *k, struct err *e)
{
	struct buf b;
	enum err_code rc = ERR_OK;

	buf_init(&b, 1u << 16);
	for (size_t i = 0; !rc && i < k->form->field_count; i++) {
		const struct form_field *f = &k->form->field[i];

		if (!in_layer(f) ||
		    sqlite3_table_column_metadata(st->db, NULL, k->name, f->name, NULL, NULL, NULL,
		                                  NULL, NULL) == SQLITE_OK)
			continue;
		buf_reset(&b);
		buf_adds(&b, "ALTER TABLE ");
		db_quote_name(&b, k->name);
		buf_adds(&b, " ADD COLUMN ");
		db_quote_name(&b, f->name);
		buf_printf(&b, " %s", column_type(f));
		rc = db_exec(st, buf_text(&b), e);
	}
	buf_done(&b);
	return rc;
}

/* What a dropped field held stands in the revisions only; a layer that is made anew has it nowhere.
 */
static enum err_code
clear_dropped(struct store *st, const struct store_kind *k, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct buf b;
	enum err_code rc = db_prepare(st, "SELECT name FROM pragma_table_info(?1)", &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	buf_init(&b, 1u << 16);
	(void)sqlite3_bind_text(q, 1, k->name, -1, SQLITE_STATIC);
	while ((s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(q, 0);

		if (own_column(k, name))
			continue;
		buf_adds(&b, "UPDATE ");
		db_quote_name(&b, k->name);
		buf_adds(&b, " SET ");
		db_quote_name(&b, name);
		buf_adds(&b, " = NULL WHERE ");
		db_quote_name(&b, name);
		buf_adds(&b, " IS NOT NULL;");
	}
	rc = s == SQLITE_DONE ? ERR_OK : db_fail(st, "read the schema", e);
	sqlite3_finalize(q);
	if (!rc)
		rc = buf_ok(&b) ? db_exec(st, buf_text(&b), e)
		                : err_set(e, ERR_NOMEM, "out of memory for a table");
	buf_done(&b);
	return rc;
}

static enum err_code
check_names(const struct store_kind *k, struct err *e)
{
	for (size_t i = 0; i < k->form->field_count; i++)
		for (int j = 0; j < SYSTEM_COLUMNS; j++)
			if (text_eq(k->form->field[i].name, system_column[j]))
				return err_set(e, ERR_INVALID,
				               "form %s: the field name %s is the program's own",
				               k->name, system_column[j]);
	return ERR_OK;
}

/* Small indexes of hazards for questions about a position (find.c): of the few that reach far, have
 * no position, or wait. Without them the same questions read all. */
static enum err_code
index_hazards(struct store *st, const struct store_kind *k, struct err *e)
{
	static const char *const needed[] = { "radius_m", "accuracy_m", "place_name", "admin1_name",
		                              "admin2_name" };

	if (!text_eq(k->name, "hazard") || !has_geometry(k))
		return ERR_OK;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (form_index(k->form, needed[i]) < 0)
			return ERR_OK;
	return db_exec(st, SQL_STORE_LAYER_HAZARD, e);
}

enum err_code
layer_ensure(struct store *st, int kind, struct err *e)
{
	struct store_kind *k = &st->kind[kind];
	enum err_code rc = check_names(k, e);

	if (rc)
		return rc;
	sqlite3_finalize(k->insert);
	k->insert = NULL;
	if (sqlite3_table_column_metadata(st->db, NULL, k->name, "fid", NULL, NULL, NULL, NULL,
	                                  NULL) == SQLITE_OK) {
		rc = add_columns(st, k, e);
		if (!rc)
			rc = clear_dropped(st, k, e);
		return rc ? rc : index_hazards(st, k, e);
	}
	rc = create_table(st, k, e);
	if (!rc)
		rc = index_hazards(st, k, e);
	if (!rc)
		rc = run_template(
			st, has_geometry(k) ? SQL_STORE_LAYER_FEATURES : SQL_STORE_LAYER_ATTRIBUTES,
			k->name, e);
	if (!rc && has_geometry(k))
		rc = layer_triggers(st, kind, true, e);
	return rc ? rc : style_write(st, kind, e);
}

enum err_code
layer_triggers(struct store *st, int kind, bool on, struct err *e)
{
	return run_template(st, on ? SQL_STORE_LAYER_TRIGGERS_ON : SQL_STORE_LAYER_TRIGGERS_OFF,
	                    st->kind[kind].name, e);
}

static enum err_code
prepare_insert(struct store *st, struct store_kind *k, struct err *e)
{
	struct buf b;
	int n = SYSTEM_COLUMNS;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	buf_adds(&b, "INSERT INTO ");
	db_quote_name(&b, k->name);
	buf_adds(&b, " (");
	for (int i = 0; i < SYSTEM_COLUMNS; i++)
		buf_printf(&b, "%s%s", i ? "," : "", system_column[i]);
	if (has_geometry(k)) {
		buf_adds(&b, ",geometry");
		n++;
	}
	for (size_t i = 0; i < k->form->field_count; i++) {
		if (!in_layer(&k->form->field[i]))
			continue;
		buf_addc(&b, ',');
		db_quote_name(&b, k->form->field[i].name);
		n++;
	}
	buf_adds(&b, ") VALUES (");
	for (int i = 0; i < n; i++)
		buf_adds(&b, i ? ",?" : "?");
	buf_addc(&b, ')');
	rc = db_prepare(st, buf_text(&b), &k->insert, e);
	buf_done(&b);
	return rc;
}

static void
bind_system(sqlite3_stmt *q, const struct shown *row, const char *id)
{
	bool areal = row->fields.geom && geom_is_areal(row->fields.geom);

	(void)sqlite3_bind_int64(q, 1, row->fid);
	(void)sqlite3_bind_text(q, 2, id, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 3, shown_as_name(row->as), -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(q, 4, row->unapproved);
	(void)sqlite3_bind_int(q, 5, row->conflict);
	(void)sqlite3_bind_int(q, 6, row->revisions);
	(void)sqlite3_bind_text(q, 7, row->cover ? "cover" : "as_given", -1, SQLITE_STATIC);
	if (areal) {
		(void)sqlite3_bind_double(q, 8, row->area_m2);
		(void)sqlite3_bind_double(q, 9, row->area_low_m2);
		(void)sqlite3_bind_double(q, 10, row->area_high_m2);
		(void)sqlite3_bind_double(q, 11, row->perimeter_m);
	}
	(void)sqlite3_bind_int64(q, 12, row->submission);
}

/* Bind what a row shows: the program's columns, the geometry, the form's. The blob must live until
 * the statement was stepped. */
static enum err_code
bind_row(const struct store_kind *k, sqlite3_stmt *q, const struct shown *row, char id[UUID_TEXT],
         struct buf *blob, struct err *e)
{
	int at = SYSTEM_COLUMNS + 1;

	uuid_format(row->id, id);
	bind_system(q, row, id);
	if (has_geometry(k)) {
		if (row->fields.geom) {
			geom_to_gpkg(row->fields.geom, blob);
			if (buf_ok(blob))
				(void)sqlite3_bind_blob64(q, at, blob->data, blob->size,
				                          SQLITE_STATIC);
		}
		at++;
	}
	for (size_t i = 0; i < k->form->field_count; i++)
		if (in_layer(&k->form->field[i]))
			db_bind_value(q, at++, &row->fields.value[i]);
	return buf_ok(blob) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a geometry");
}

enum err_code
layer_put(struct store *st, const struct shown *row, struct rtree_load *load, struct err *e)
{
	struct store_kind *k = &st->kind[row->kind];
	char id[UUID_TEXT];
	struct buf blob;
	enum err_code rc = k->insert ? ERR_OK : prepare_insert(st, k, e);

	if (rc)
		return rc;
	buf_init(&blob, 0);
	rc = bind_row(k, k->insert, row, id, &blob, e);
	if (has_geometry(k) && row->fields.geom && load && !geom_is_empty(row->fields.geom) &&
	    !rtree_load_add(load, row->fid, geom_bounds(row->fields.geom)))
		rc = err_set(e, ERR_NOMEM, "out of memory for the spatial index");
	if (!rc)
		rc = db_run(st, k->insert, e);
	(void)sqlite3_clear_bindings(k->insert);
	buf_done(&blob);
	return rc;
}

/* One more column to compare with the value bound at a place; 0: it must be empty. */
static void
compare_column(struct buf *b, const char *name, int at)
{
	if (at > 2)
		buf_adds(b, ", ");
	db_quote_name(b, name);
	buf_printf(b, " IS NOT ?%d AS ", at);
	db_quote_name(b, name);
}

/* Columns of fields that a later form no longer has: nothing may stand there. */
static enum err_code
compare_dropped(struct store *st, const struct store_kind *k, struct buf *b, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, "SELECT name FROM pragma_table_info(?1)", &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, k->name, -1, SQLITE_STATIC);
	while ((s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(q, 0);

		if (own_column(k, name))
			continue;
		buf_adds(b, ", ");
		db_quote_name(b, name);
		buf_adds(b, " IS NOT NULL AS ");
		db_quote_name(b, name);
	}
	rc = s == SQLITE_DONE ? ERR_OK : db_fail(st, "read the schema", e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
layer_compare_prepare(struct store *st, int kind, sqlite3_stmt **ret, struct err *e)
{
	const struct store_kind *k = &st->kind[kind];
	struct buf b;
	int at = SYSTEM_COLUMNS + 1;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	buf_adds(&b, "SELECT ");
	for (int i = 1; i < SYSTEM_COLUMNS; i++)
		compare_column(&b, system_column[i], i + 1);
	if (has_geometry(k))
		compare_column(&b, "geometry", at++);
	for (size_t i = 0; i < k->form->field_count; i++)
		if (in_layer(&k->form->field[i]))
			compare_column(&b, k->form->field[i].name, at++);
	rc = compare_dropped(st, k, &b, e);
	buf_adds(&b, " FROM ");
	db_quote_name(&b, k->name);
	buf_adds(&b, " WHERE fid = ?1");
	if (!rc)
		rc = buf_ok(&b) ? db_prepare(st, buf_text(&b), ret, e)
		                : err_set(e, ERR_NOMEM, "out of memory for a check");
	buf_done(&b);
	return rc;
}

enum err_code
layer_compare(struct store *st, const struct shown *row, sqlite3_stmt *q, struct buf *names,
              bool *ret_there, struct err *e)
{
	char id[UUID_TEXT];
	struct buf blob;
	enum err_code rc;
	int s = SQLITE_DONE, found = 0;

	buf_init(&blob, 0);
	rc = bind_row(&st->kind[row->kind], q, row, id, &blob, e);
	if (!rc)
		s = sqlite3_step(q);
	*ret_there = s == SQLITE_ROW;
	for (int i = 0; *ret_there && i < sqlite3_column_count(q); i++)
		if (sqlite3_column_int(q, i))
			buf_printf(names, "%s%s", found++ ? ", " : "", sqlite3_column_name(q, i));
	if (!rc && s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(st, "read a layer", e);
	(void)sqlite3_reset(q); /* its code is that of the step */
	(void)sqlite3_clear_bindings(q);
	buf_done(&blob);
	return rc;
}

static enum err_code
exec_on(struct store *st, const char *before, int kind, const char *after, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 16);
	buf_adds(&b, before);
	db_quote_name(&b, st->kind[kind].name);
	buf_adds(&b, after);
	rc = db_exec(st, buf_text(&b), e);
	buf_done(&b);
	return rc;
}

enum err_code
layer_remove(struct store *st, int kind, int64_t fid, struct err *e)
{
	char where[48];
	size_t n;

	memcpy(where, " WHERE fid = ", 13);
	n = text_format_f64((double)fid, where + 13);
	where[13 + n] = '\0';
	return exec_on(st, "DELETE FROM ", kind, where, e);
}

enum err_code
layer_clear(struct store *st, int kind, struct err *e)
{
	return exec_on(st, "DELETE FROM ", kind, "", e);
}

enum err_code
layer_touch(struct store *st, int kind, struct err *e)
{
	bool spatial = has_geometry(&st->kind[kind]);
	struct geom_box box = { 0 };
	sqlite3_stmt *q = NULL;
	bool any = false;
	enum err_code rc =
		db_keep(st, spatial ? KEPT_TOUCH : KEPT_TOUCH_PLAIN,
	                spatial ? SQL_STORE_LAYER_TOUCH : SQL_STORE_LAYER_TOUCH_PLAIN, &q, e);

	if (!rc && spatial)
		rc = rtree_extent(st, kind, &box, &any, e);
	if (rc)
		return rc;
	(void)sqlite3_clear_bindings(q);
	(void)sqlite3_bind_text(q, 1, st->kind[kind].name, -1, SQLITE_STATIC);
	if (any) {
		(void)sqlite3_bind_double(q, 2, box.min_lon_deg);
		(void)sqlite3_bind_double(q, 3, box.min_lat_deg);
		(void)sqlite3_bind_double(q, 4, box.max_lon_deg);
		(void)sqlite3_bind_double(q, 5, box.max_lat_deg);
	}
	return db_run(st, q, e);
}

enum err_code
layer_latest(struct store *st, int kind, int64_t valid_from_days, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_keep(st, KEPT_LATEST, SQL_STORE_LAYER_STATE_PUT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	(void)sqlite3_bind_int64(q, 2, valid_from_days);
	return db_run(st, q, e);
}
