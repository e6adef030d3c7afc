#include "store/count.h"

#include "base/text.h"
#include "store/handle.h"

static enum shown_as
as_of(const char *name)
{
	return text_eq(name, "released")            ? SHOWN_RELEASED
	       : text_eq(name, "reported_released") ? SHOWN_REPORTED_RELEASED
	                                            : SHOWN_DANGER;
}

enum err_code
count_layer(struct store *st, int kind, count_fn *fn, void *ctx, struct err *e)
{
	const struct store_kind *k = &st->kind[kind];
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 1u << 16);
	buf_printf(&sql,
	           "SELECT %s, shown_as, unapproved, conflict, %s, count(*), min(valid_from), "
	           "max(valid_from) FROM ",
	           text_eq(k->name, "hazard") ? "class" : "NULL",
	           k->geometry_field < 0 ? "0" : "geometry IS NOT NULL");
	db_quote_name(&sql, k->name);
	buf_adds(&sql, " GROUP BY 1, 2, 3, 4, 5");
	rc = buf_ok(&sql) ? db_prepare(st, buf_text(&sql), &q, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for a query");
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const struct count_cell cell = {
			.class = (const char *)sqlite3_column_text(q, 0),
			.as = as_of((const char *)sqlite3_column_text(q, 1)),
			.unapproved = sqlite3_column_int(q, 2) != 0,
			.conflict = sqlite3_column_int(q, 3) != 0,
			.located = sqlite3_column_int(q, 4) != 0,
			.records = sqlite3_column_int64(q, 5),
			.oldest = (const char *)sqlite3_column_text(q, 6),
			.newest = (const char *)sqlite3_column_text(q, 7)
		};

		rc = fn(ctx, &cell, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "count a layer", e);
	sqlite3_finalize(q);
	buf_done(&sql);
	return rc;
}
