/* What is made from revisions and can be made again: rulings, layers, spatial indexes, extents. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/each.h"
#include "store/layer.h"
#include "store/rebuild.h"
#include "store/verifying.h"

#include "sql_gen.h"

/* --- rulings ---------------------------------------------------------------------------------- */

/* Made anew into temporary tables of the same names, which the layers are then compared under: a
 * forged approval does not hide what it approves. */
static enum err_code
verify_rulings(struct verifying *v, struct err *e)
{
	enum err_code rc = db_exec(v->st, SQL_STORE_VERIFY_TEMP, e);
	struct err why = { 0 };

	if (rc)
		return rc;
	rc = rebuild_rulings(v->st, &why);
	if (rc == ERR_NOMEM || rc == ERR_IO)
		return err_set(e, rc, "%s", why.text);
	if (rc) {
		verify_wrong(v->r, true, "decisions: %s", why.text);
		return ERR_OK;
	}
	return verify_complaints(v->st, SQL_STORE_VERIFY_RULINGS, "rulings", v->r, e);
}

/* --- one layer -------------------------------------------------------------------------------- */

struct comparing {
	struct verifying *v;
	sqlite3_stmt *row;
	int kind;
	int64_t rows;
	struct buf names;
	bool spatial;
	struct rtree_load index; /* what the spatial index holds, by id */
	size_t at;
	struct geom_box extent;
};

static const char *
layer_name(const struct comparing *c)
{
	return store_kind_name(c->v->st, c->kind);
}

static int
by_id(const void *a, const void *b)
{
	const struct rtree_entry *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static enum err_code
read_index(struct comparing *c, struct err *e)
{
	struct buf sql;
	sqlite3_stmt *q = NULL;
	struct err why = { 0 };
	enum err_code rc;
	int s = SQLITE_DONE;

	buf_init(&sql, 4096);
	buf_printf(&sql, "SELECT id, minx, miny, maxx, maxy FROM \"rtree_%s_geometry\"",
	           layer_name(c));
	rc = db_prepare(c->v->st, buf_text(&sql), &q, &why);
	if (rc && rc != ERR_NOMEM) { /* told with the tree */
		buf_done(&sql);
		c->spatial = false;
		return ERR_OK;
	}
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct geom_box b = { sqlite3_column_double(q, 1), sqlite3_column_double(q, 2),
			              sqlite3_column_double(q, 3), sqlite3_column_double(q, 4) };

		geom_box_grow(&c->extent, b);
		if (!rtree_load_add(&c->index, sqlite3_column_int64(q, 0), b))
			rc = err_set(e, ERR_NOMEM, "out of memory for a check");
	}
	if (!rc && s != SQLITE_DONE)
		verify_wrong(c->v->r, true, "spatial index of %s: %s", layer_name(c),
		             sqlite3_errmsg(c->v->st->db));
	if (c->index.count > 1)
		qsort(c->index.entry, c->index.count, sizeof(*c->index.entry), by_id);
	sqlite3_finalize(q);
	buf_done(&sql);
	return rc;
}

/* The index rounds outward to 32-bit floats: a few steps of such a float and no more. */
static bool
side_fits(double outer, double inner)
{
	double beyond = inner - outer;

	return beyond >= 0 && beyond <= fabs(inner) * 1e-6 + 1e-30;
}

static bool
box_fits(struct geom_box is, struct geom_box exact)
{
	return side_fits(is.min_lon_deg, exact.min_lon_deg) &&
	       side_fits(is.min_lat_deg, exact.min_lat_deg) &&
	       side_fits(-is.max_lon_deg, -exact.max_lon_deg) &&
	       side_fits(-is.max_lat_deg, -exact.max_lat_deg);
}

static void
beyond(struct comparing *c)
{
	verify_wrong(c->v->r, true, "spatial index of %s: number %lld is no record with a position",
	             layer_name(c), (long long)c->index.entry[c->at++].id);
}

static void
compare_box(struct comparing *c, const struct shown *row)
{
	const struct geom *g = row->fields.geom;
	bool there;

	while (c->at < c->index.count && c->index.entry[c->at].id < row->fid)
		beyond(c);
	there = c->at < c->index.count && c->index.entry[c->at].id == row->fid;
	if (!g || geom_is_empty(g)) {
		if (there)
			beyond(c);
		return;
	}
	if (!there)
		verify_wrong(c->v->r, true, "spatial index of %s: row %lld is not in it",
		             layer_name(c), (long long)row->fid);
	else if (!box_fits(c->index.entry[c->at].box, geom_bounds(g)))
		verify_wrong(c->v->r, true,
		             "spatial index of %s: row %lld is not where its geometry is",
		             layer_name(c), (long long)row->fid);
	c->at += there;
}

static enum err_code
compare_row(void *ctx, const struct shown *row, struct err *e)
{
	struct comparing *c = ctx;
	struct verify_report *r = c->v->r;
	bool there = false;
	enum err_code rc;

	buf_reset(&c->names);
	rc = layer_compare(c->v->st, row, c->row, &c->names, &there, e);
	if (rc)
		return rc;
	if (!there)
		verify_wrong(r, true, "record %lld is missing in the layer %s", (long long)row->fid,
		             layer_name(c));
	else if (c->names.size)
		verify_wrong(
			r, true,
			"row %lld of the layer %s does not show what its revisions say: %.7000s",
			(long long)row->fid, layer_name(c), buf_text(&c->names));
	if (c->spatial)
		compare_box(c, row);
	c->rows += there;
	r->layer_rows++;
	if (r->progress && (r->layer_rows & 255) == 0)
		r->progress(r->ctx, layer_name(c), c->rows, 0);
	return ERR_OK;
}

static enum err_code
count_rows(struct comparing *c, struct err *e)
{
	struct buf sql;
	int64_t rows = 0;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_adds(&sql, "SELECT count(*) FROM ");
	db_quote_name(&sql, layer_name(c));
	rc = db_int(c->v->st, buf_text(&sql), 0, &rows, e);
	buf_done(&sql);
	if (!rc && rows > c->rows)
		verify_wrong(c->v->r, true,
		             "the layer %s has %lld rows that no record stands behind",
		             layer_name(c), (long long)(rows - c->rows));
	return rc;
}

/* What the GeoPackage says of where the layer lies: the box of its index. */
static enum err_code
compare_extent(struct comparing *c, struct err *e)
{
	const double want[] = { c->extent.min_lon_deg, c->extent.min_lat_deg, c->extent.max_lon_deg,
		                c->extent.max_lat_deg };
	sqlite3_stmt *q = NULL;
	bool any = c->spatial && c->index.count > 0, same = true;
	enum err_code rc = db_prepare(c->v->st, SQL_STORE_VERIFY_EXTENT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, layer_name(c), -1, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW) /* that there is one is told with the frame */
		for (int i = 0; i < 4; i++) {
			bool null = sqlite3_column_type(q, i) == SQLITE_NULL;

			same = same &&
			       (any ? !null && !(fabs(sqlite3_column_double(q, i) - want[i]) > 0)
			            : null);
		}
	if (!same)
		verify_wrong(c->v->r, true,
		             "gpkg_contents: the extent of %s is not that of its rows",
		             layer_name(c));
	sqlite3_finalize(q);
	return ERR_OK;
}

static enum err_code
verify_layer(struct comparing *c, struct err *e)
{
	struct store *st = c->v->st;
	struct each_filter all = { .kind = c->kind,
		                   .as_of_days = INT64_MAX,
		                   .known_size = INT64_MAX };
	struct err why = { 0 };
	enum err_code rc = c->spatial ? read_index(c, e) : ERR_OK;

	if (!rc && layer_compare_prepare(st, c->kind, &c->row, &why)) {
		verify_wrong(c->v->r, true, "layer %s: %s", layer_name(c), why.text);
		return ERR_OK;
	}
	if (!rc)
		rc = each_past(st, &all, compare_row, c, &why);
	if (rc == ERR_VERIFY || rc == ERR_INVALID) { /* a revision that cannot be read was told */
		verify_wrong(c->v->r, true, "layer %s: %s", layer_name(c), why.text);
		return ERR_OK;
	}
	if (rc)
		return why.code ? err_set(e, rc, "%s", why.text) : rc;
	while (c->at < c->index.count)
		beyond(c);
	rc = count_rows(c, e);
	return rc ? rc : compare_extent(c, e);
}

/* --- the latest dates ------------------------------------------------------------------------- */

static enum err_code
verify_layer_state(struct verifying *v, struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool seen[STORE_MAX_KINDS] = { false };
	enum err_code rc = db_prepare(v->st, SQL_STORE_VERIFY_LAYER_STATE, &q, e);
	int s = SQLITE_DONE;

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		int64_t kind = sqlite3_column_int64(q, 0) - 1;
		bool known = kind >= 0 && kind < (int64_t)v->st->kind_count;

		if (known)
			seen[kind] = true;
		if (!known || v->latest[kind] != sqlite3_column_int64(q, 1))
			verify_wrong(
				v->r, true,
				"layer_state: the latest date of %s is not that of its revisions",
				known ? v->st->kind[kind].name : "no kind");
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(v->st, "read the latest dates", e);
	sqlite3_finalize(q);
	for (size_t k = 0; !rc && k < v->st->kind_count; k++)
		if (!seen[k] && v->latest[k] != INT64_MIN)
			verify_wrong(v->r, true, "layer_state: %s has no row", v->st->kind[k].name);
	return rc;
}

enum err_code
verify_layers(struct verifying *v, struct err *e)
{
	enum err_code rc = verify_rulings(v, e);

	for (int k = 0; !rc && k < (int)v->st->kind_count; k++) {
		struct comparing c = { .v = v,
			               .kind = k,
			               .spatial = v->st->kind[k].geometry_field >= 0,
			               .extent = { INFINITY, INFINITY, -INFINITY, -INFINITY } };

		buf_init(&c.names, 1u << 16);
		rc = verify_layer(&c, e);
		sqlite3_finalize(c.row);
		buf_done(&c.names);
		rtree_load_done(&c.index);
	}
	if (!rc && v->log_read)
		rc = verify_layer_state(v, e);
	if (!rc && v->log_read)
		rc = verify_row_keys(v, e);
	return rc;
}
