#include "store/count.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/changed.h"
#include "store/handle.h"
#include "store/history.h"

#include "sql_gen.h"

enum {
	CLASSES_MOST = 4000,
	CHANGES_MOST = 2000, /* more are counted faster by reading all */
	NO_DATE = 0
};

/* How many records are alike. key: date (days + 2^30, 0 = none) << 20 | class << 8 | ... */
struct slot {
	uint64_t key; /* 0 = free */
	int64_t records;
};

struct count_kept {
	int64_t size; /* of the log */
	struct slot *slot;
	size_t slots, used;
	struct arena mem;
	const char **class;
	size_t classes, class_room;
};

static uint64_t
key_of(uint64_t class, enum shown_as as, bool unapproved, bool conflict, bool located,
       const char *date)
{
	int64_t days = 0;
	uint64_t when = date && clock_parse_date(date, strlen(date), &days)
	                        ? (uint64_t)(days + (1 << 30))
	                        : NO_DATE;

	return when << 20 | class << 8 | 1u << 7 | (uint64_t)as << 3 | (unapproved ? 4u : 0u) |
	       (conflict ? 2u : 0u) | (located ? 1u : 0u);
}

static enum shown_as
as_of(const char *name)
{
	return text_eq(name, "released")            ? SHOWN_RELEASED
	       : text_eq(name, "reported_released") ? SHOWN_REPORTED_RELEASED
	                                            : SHOWN_DANGER;
}

static void
forget(struct count_kept *k)
{
	mem_free(k->slot);
	mem_free(k->class);
	arena_done(&k->mem);
	*k = (struct count_kept){ .size = -1 };
	arena_init(&k->mem, (size_t)4 << 20);
}

void
count_free(struct count_kept *k)
{
	if (!k)
		return;
	forget(k);
	arena_done(&k->mem);
	mem_free(k);
}

static struct slot *
find(struct slot *slot, size_t slots, uint64_t key)
{
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (slots - 1);

	while (slot[i].key && slot[i].key != key)
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

static bool
add(struct count_kept *k, uint64_t key, int64_t records)
{
	struct slot *s;

	if (k->used >= k->slots / 2) {
		size_t slots = k->slots ? 2 * k->slots : 256;
		struct slot *more = mem_calloc(slots, sizeof *more);

		if (!more)
			return false;
		for (size_t i = 0; i < k->slots; i++)
			if (k->slot[i].key)
				*find(more, slots, k->slot[i].key) = k->slot[i];
		mem_free(k->slot);
		k->slot = more;
		k->slots = slots;
	}
	s = find(k->slot, k->slots, key);
	k->used += s->key == 0;
	s->key = key;
	s->records += records;
	return true;
}

/* The number of a class, 1 ..; 0 = not stated. False when memory ends or there are too many. */
static bool
class_number(struct count_kept *k, const char *class, uint64_t *ret)
{
	*ret = 0;
	if (!class)
		return true;
	for (size_t i = 0; i < k->classes; i++)
		if (strcmp(k->class[i], class) == 0) {
			*ret = i + 1;
			return true;
		}
	if (k->classes == k->class_room) {
		size_t room = k->class_room ? 2 * k->class_room : 16;
		const char **more = room <= CLASSES_MOST
		                            ? mem_realloc_array(k->class, room, sizeof *more)
		                            : NULL;

		if (!more)
			return false;
		k->class = more;
		k->class_room = room;
	}
	k->class[k->classes] = arena_strdup(&k->mem, class);
	*ret = ++k->classes;
	return k->class[*ret - 1] != NULL;
}

/* A row of the query below. */
static enum err_code
add_row(struct count_kept *k, sqlite3_stmt *q, struct err *e)
{
	uint64_t class = 0;

	if (!class_number(k, (const char *)sqlite3_column_text(q, 0), &class) ||
	    !add(k,
	         key_of(class, as_of((const char *)sqlite3_column_text(q, 1)),
	                sqlite3_column_int(q, 2) != 0, sqlite3_column_int(q, 3) != 0,
	                sqlite3_column_int(q, 4) != 0, (const char *)sqlite3_column_text(q, 5)),
	         1))
		return err_set(e, ERR_NOMEM, "out of memory for counting records");
	return ERR_OK;
}

static enum err_code
prepare(struct store *st, int kind, const char *where, sqlite3_stmt **ret, struct err *e)
{
	const struct store_kind *k = &st->kind[kind];
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 1u << 16);
	buf_printf(&sql, "SELECT %s, shown_as, unapproved, conflict, %s, valid_from FROM ",
	           text_eq(k->name, "hazard") ? "class" : "NULL",
	           k->geometry_field < 0 ? "0" : "geometry IS NOT NULL");
	db_quote_name(&sql, k->name);
	buf_adds(&sql, where);
	rc = buf_ok(&sql) ? db_prepare(st, buf_text(&sql), ret, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&sql);
	return rc;
}

static enum err_code
count_all(struct store *st, int kind, struct count_kept *k, struct err *e)
{
	int64_t size = store_log_size(st);
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc;

	forget(k);
	rc = prepare(st, kind, "", &q, e);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = add_row(k, q, e);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "count a layer", e);
	sqlite3_finalize(q);
	if (!rc)
		k->size = size;
	return rc;
}

/* Take a changed record out as it was shown then. *ret_sure false: it cannot be told. */
static enum err_code
take_out(struct store *st, int kind, struct count_kept *k, struct uuid id, bool *ret_sure,
         struct err *e)
{
	bool any = false, hazard = text_eq(st->kind[kind].name, "hazard");
	const struct history_ask then = {
		.kind = kind, .id = id, .as_of_days = INT64_MAX, .before = k->size
	};
	struct shown row;
	uint64_t class = 0;
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, (size_t)64 << 20);
	rc = history_shown(st, &then, &mem, &row, &any, e);
	if (!rc && any) {
		struct slot *s;

		*ret_sure =
			class_number(k, hazard ? fields_text(&row.fields, "class") : NULL, &class);
		s = find(k->slot, k->slots,
		         key_of(class, row.as, row.unapproved, row.conflict,
		                row.fields.geom && !geom_is_empty(row.fields.geom),
		                fields_text(&row.fields, "valid_from")));
		*ret_sure = *ret_sure && s->key && s->records > 0;
		s->records -= *ret_sure;
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
put_in(sqlite3_stmt *q, struct store *st, int64_t fid, struct count_kept *k, struct err *e)
{
	enum err_code rc = ERR_OK;
	int s;

	(void)sqlite3_bind_int64(q, 1, fid);
	s = sqlite3_step(q);
	if (s == SQLITE_ROW)
		rc = add_row(k, q, e);
	else if (s != SQLITE_DONE)
		rc = db_fail(st, "count a layer", e);
	(void)sqlite3_reset(q); /* its code is that of the step */
	return rc;
}

/* Only what changed since. *ret_sure false: all must be counted. */
static enum err_code
count_changes(struct store *st, int kind, struct count_kept *k, bool *ret_sure, struct err *e)
{
	int64_t size = store_log_size(st);
	struct changed list = { .count = 0 };
	sqlite3_stmt *q = NULL, *erased = NULL;
	struct arena mem;
	enum err_code rc;

	*ret_sure = k->slots > 0;
	arena_init(&mem, (size_t)64 << 20);
	rc = store_changed(st, kind, k->size, CHANGES_MOST, &mem, &list, e);
	*ret_sure = *ret_sure && !list.many;
	if (!rc && list.count)
		rc = prepare(st, kind, " WHERE fid = ?1", &q, e);
	/* what was erased cannot be read as it was */
	if (!rc && list.count)
		rc = db_prepare(st, SQL_STORE_COUNT_ERASED, &erased, e);
	if (!rc && list.count) {
		(void)sqlite3_bind_int64(erased, 1, k->size);
		*ret_sure = *ret_sure && sqlite3_step(erased) == SQLITE_DONE;
	}
	for (size_t i = 0; !rc && *ret_sure && i < list.count; i++) {
		rc = take_out(st, kind, k, list.id[i], ret_sure, e);
		if (!rc && *ret_sure)
			rc = put_in(q, st, list.fid[i], k, e);
	}
	sqlite3_finalize(q);
	sqlite3_finalize(erased);
	arena_done(&mem);
	k->size = !rc && *ret_sure ? size : -1;
	return rc;
}

static enum err_code
tell(const struct count_kept *k, count_fn *fn, void *ctx, struct err *e)
{
	char date[11];

	for (size_t i = 0; i < k->slots; i++) {
		const struct slot *s = &k->slot[i];
		uint64_t when = s->key >> 20, class = s->key >> 8 & 0xfff;
		struct count_cell cell = {
			.class = class ? k->class[class - 1] : NULL,
			.as = (enum shown_as)(s->key >> 3 & 0xf),
			.unapproved = (s->key & 4) != 0,
			.conflict = (s->key & 2) != 0,
			.located = (s->key & 1) != 0,
			.records = s->records,
		};
		enum err_code rc;

		if (s->records == 0)
			continue;
		if (when != NO_DATE) {
			clock_format_date((int64_t)when - (1 << 30), date);
			cell.oldest = cell.newest = date;
		}
		rc = fn(ctx, &cell, e);
		if (rc)
			return rc;
	}
	return ERR_OK;
}

enum err_code
count_layer(struct store *st, int kind, count_fn *fn, void *ctx, struct err *e)
{
	struct count_kept *k = st->count[kind];
	bool sure = false;
	enum err_code rc = ERR_OK;

	if (!k) {
		k = st->count[kind] = mem_calloc(1, sizeof *k);
		if (!k)
			return err_set(e, ERR_NOMEM, "out of memory for counting records");
		k->size = -1;
	}
	if (k->size >= 0 && k->size == store_log_size(st))
		return tell(k, fn, ctx, e);
	if (k->size >= 0 && k->size < store_log_size(st))
		rc = count_changes(st, kind, k, &sure, e);
	if (!rc && !sure)
		rc = count_all(st, kind, k, e);
	return rc ? rc : tell(k, fn, ctx, e);
}

enum err_code
count_is_more(struct store *st, int kind, int64_t than, bool *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct buf sql;
	int s = SQLITE_DONE;
	enum err_code rc;

	buf_init(&sql, 1u << 16);
	buf_adds(&sql, "SELECT 1 FROM ");
	db_quote_name(&sql, st->kind[kind].name);
	buf_adds(&sql, " LIMIT 1 OFFSET ?1");
	rc = buf_ok(&sql) ? db_prepare(st, buf_text(&sql), &q, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&sql);
	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, than);
	s = sqlite3_step(q);
	*ret = s == SQLITE_ROW;
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(st, "count a layer", e);
	sqlite3_finalize(q);
	return rc;
}
