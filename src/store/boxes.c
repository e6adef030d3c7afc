#include "store/boxes.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/handle.h"

struct outline_reader {
	struct store *st;
	int kind;
	sqlite3_stmt *get;
};

/* "SELECT columns FROM layer tail". */
static enum err_code
prepare(struct store *st, int kind, const char *columns, const char *tail, sqlite3_stmt **ret,
        struct err *e)
{
	struct buf sql;
	enum err_code rc;

	if (kind < 0 || (size_t)kind >= st->kind_count || st->kind[kind].geometry_field < 0)
		return err_set(e, ERR_INTERNAL, "kind %d has no outlines", kind);
	buf_init(&sql, 1u << 16);
	buf_printf(&sql, "SELECT %s FROM ", columns);
	db_quote_name(&sql, st->kind[kind].name);
	buf_adds(&sql, tail);
	rc = buf_ok(&sql) ? db_prepare(st, buf_text(&sql), ret, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&sql);
	return rc;
}

static enum err_code
damaged(const struct store *st, int kind, int64_t fid, struct err *e)
{
	return err_set(e, ERR_VERIFY, "the outline of row %lld of layer %s is damaged",
	               (long long)fid, st->kind[kind].name);
}

enum err_code
boxes_each(struct store *st, int kind, boxes_fn *fn, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = prepare(st, kind, "fid,shown_as,geometry",
	                           " WHERE geometry IS NOT NULL ORDER BY fid", &q, e);

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct boxes_row row = { .fid = sqlite3_column_int64(q, 0) };
		bool empty = false;

		row.danger = text_eq((const char *)sqlite3_column_text(q, 1),
		                     shown_as_name(SHOWN_DANGER));
		if (!db_blob_box(sqlite3_column_blob(q, 2), sqlite3_column_bytes(q, 2), &row.box,
		                 &empty))
			rc = damaged(st, kind, row.fid, e);
		else if (!empty && row.box.max_lon_deg > row.box.min_lon_deg &&
		         row.box.max_lat_deg > row.box.min_lat_deg)
			rc = fn(ctx, &row, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read a layer", e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
outline_open(struct store *st, int kind, struct outline_reader **ret, struct err *e)
{
	struct outline_reader *r = mem_calloc(1, sizeof(*r));
	enum err_code rc;

	if (!r)
		return err_set(e, ERR_NOMEM, "out of memory for reading outlines");
	r->st = st;
	r->kind = kind;
	rc = prepare(st, kind, "geometry,shown_area_m2,shown_perimeter_m", " WHERE fid = ?1",
	             &r->get, e);
	if (rc) {
		mem_free(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

void
outline_close(struct outline_reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->get);
	mem_free(r);
}

static enum err_code
read_outline(struct outline_reader *r, int64_t fid, struct arena *mem, struct outline *ret,
             struct err *e)
{
	int s;

	(void)sqlite3_bind_int64(r->get, 1, fid);
	s = sqlite3_step(r->get);
	if (s == SQLITE_DONE)
		return err_set(e, ERR_NOTFOUND, "layer %s has no row %lld",
		               r->st->kind[r->kind].name, (long long)fid);
	if (s != SQLITE_ROW)
		return db_fail(r->st, "read an outline", e);
	*ret = (struct outline){ .area_m2 = sqlite3_column_double(r->get, 1),
		                 .perimeter_m = sqlite3_column_double(r->get, 2) };
	if (sqlite3_column_type(r->get, 0) != SQLITE_BLOB)
		return ERR_OK;
	ret->geom = arena_alloc(mem, sizeof(*ret->geom));
	if (!ret->geom)
		return err_set(e, ERR_NOMEM, "out of memory for an outline");
	return geom_from_gpkg(sqlite3_column_blob(r->get, 0),
	                      (size_t)sqlite3_column_bytes(r->get, 0), mem, ret->geom, e);
}

enum err_code
outline_get(struct outline_reader *r, int64_t fid, struct arena *mem, struct outline *ret,
            struct err *e)
{
	enum err_code rc = read_outline(r, fid, mem, ret, e);

	(void)sqlite3_reset(r->get); /* its code was told when it was stepped */
	return rc;
}
