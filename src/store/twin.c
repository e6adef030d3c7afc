#include "store/twin.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "store/handle.h"

struct twin_finder {
	struct store *st;
	sqlite3_stmt *q;
	int field[TWIN_MAX_SAME];
	int count;
};

static enum err_code
prepare(struct twin_finder *t, const struct store_kind *k, const char *const *same, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 16);
	buf_adds(&b, "SELECT l.shown_area_m2 FROM \"rtree_");
	buf_printf(&b, "%s_geometry\" AS r JOIN ", k->name);
	db_quote_name(&b, k->name);
	buf_adds(&b, " AS l ON l.fid = r.id WHERE r.minx BETWEEN ?1 AND ?2 AND r.maxx BETWEEN ?3 "
	             "AND ?4 AND r.miny BETWEEN ?5 AND ?6 AND r.maxy BETWEEN ?7 AND ?8 AND l.fid < "
	             "?9");
	for (; *same && t->count < TWIN_MAX_SAME; same++) {
		int i = form_index(k->form, *same);

		if (i < 0 || sqlite3_table_column_metadata(t->st->db, NULL, k->name, *same, NULL,
		                                           NULL, NULL, NULL, NULL) != SQLITE_OK)
			continue;
		buf_adds(&b, " AND l.");
		db_quote_name(&b, k->form->field[i].name);
		buf_printf(&b, " IS ?%d", 10 + t->count);
		t->field[t->count++] = i;
	}
	rc = buf_ok(&b) ? db_prepare(t->st, buf_text(&b), &t->q, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&b);
	return rc;
}

enum err_code
twin_open(struct store *st, int kind, const char *const *same, struct twin_finder **ret,
          struct err *e)
{
	struct twin_finder *t;
	enum err_code rc;

	*ret = NULL;
	if (kind < 0 || st->kind[kind].geometry_field < 0)
		return ERR_OK;
	t = mem_calloc(1, sizeof(*t));
	if (!t)
		return err_set(e, ERR_NOMEM, "out of memory for looking for duplicates");
	t->st = st;
	rc = prepare(t, &st->kind[kind], same, e);
	if (rc) {
		twin_close(t);
		return rc;
	}
	*ret = t;
	return ERR_OK;
}

void
twin_close(struct twin_finder *t)
{
	if (!t)
		return;
	sqlite3_finalize(t->q);
	mem_free(t);
}

enum err_code
twin_find(struct twin_finder *t, const struct store_fields *f, double area_m2, int64_t before,
          bool *ret_any, struct err *e)
{
	struct geom_box b;
	double side[4];
	int s = SQLITE_DONE;

	*ret_any = false;
	if (!f->geom || geom_is_empty(f->geom))
		return ERR_OK;
	(void)sqlite3_clear_bindings(t->q);
	b = geom_bounds(f->geom);
	side[0] = b.min_lon_deg, side[1] = b.max_lon_deg;
	side[2] = b.min_lat_deg, side[3] = b.max_lat_deg;
	for (int i = 0; i < 4; i++) {
		(void)sqlite3_bind_double(t->q, 2 * i + 1, side[i] - TWIN_NEAR_DEG);
		(void)sqlite3_bind_double(t->q, 2 * i + 2, side[i] + TWIN_NEAR_DEG);
	}
	(void)sqlite3_bind_int64(t->q, 9, before);
	for (int i = 0; i < t->count; i++)
		db_bind_value(t->q, 10 + i, &f->value[t->field[i]]);
	while (!*ret_any && (s = sqlite3_step(t->q)) == SQLITE_ROW)
		*ret_any = fabs(sqlite3_column_double(t->q, 0) - area_m2) <=
		           TWIN_AREA_SHARE * fmax(area_m2, 1);
	if (!*ret_any && s != SQLITE_DONE) {
		enum err_code rc = db_fail(t->st, "look for duplicates", e);

		(void)sqlite3_reset(t->q); /* the failure is told already */
		return rc;
	}
	(void)sqlite3_reset(t->q);
	return ERR_OK;
}
