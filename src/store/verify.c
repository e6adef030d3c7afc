#include "store/verify.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "log/merkle.h"
#include "log/note.h"
#include "store/audit.h"
#include "store/each.h"
#include "store/handle.h"
#include "store/layer.h"
#include "store/logtable.h"

#include "sql_gen.h"

static void wrong(struct verify_report *r, bool can_tell, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
wrong(struct verify_report *r, bool can_tell, const char *fmt, ...)
{
	char line[1200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (can_tell)
		r->bad++;
	else
		r->cannot_tell++;
	if (r->tell)
		r->tell(r->ctx, line);
}

/* A statement whose every row is a complaint, but the single row "ok". */
static enum err_code
complaints(struct store *st, const char *sql, const char *what, struct verify_report *r,
           struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, sql, &q, e);
	int s;

	if (rc)
		return rc;
	while ((s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(q, 0);

		if (!text_eq(text, "ok"))
			wrong(r, true, "%s: %s", what, text ? text : "damaged");
	}
	if (s != SQLITE_DONE)
		wrong(r, true, "%s: %s", what, sqlite3_errmsg(st->db));
	sqlite3_finalize(q);
	return ERR_OK;
}

static enum err_code
verify_indexes(struct store *st, struct verify_report *r, struct err *e)
{
	struct buf sql;
	enum err_code rc = ERR_OK;

	buf_init(&sql, 4096);
	for (size_t k = 0; !rc && k < st->kind_count; k++) {
		if (st->kind[k].geometry_field < 0)
			continue;
		buf_reset(&sql);
		buf_printf(&sql, "SELECT rtreecheck('rtree_%s_geometry')", st->kind[k].name);
		rc = complaints(st, buf_text(&sql), "spatial index", r, e);
		buf_reset(&sql);
		buf_printf(&sql,
		           "SELECT 'row ' || fid || ' of %s is not in the spatial index' FROM "
		           "\"%s\" WHERE geometry IS NOT "
		           "NULL AND fid NOT IN (SELECT id FROM \"rtree_%s_geometry\")",
		           st->kind[k].name, st->kind[k].name, st->kind[k].name);
		if (!rc)
			rc = complaints(st, buf_text(&sql), "spatial index", r, e);
	}
	buf_done(&sql);
	return rc;
}

static void
tell_audit(void *ctx, const char *sentence)
{
	struct verify_report *r = ctx;

	if (r->tell)
		r->tell(r->ctx, sentence);
}

static enum err_code
verify_log(struct store *st, struct pool *pool, struct verify_report *r, struct err *e)
{
	struct audit_report audit = { .tell = tell_audit, .ctx = r };
	enum err_code rc;

	if (!st->has_register_key) {
		wrong(r, false,
		      "the register key is not on this machine: statements cannot be made anew");
		return ERR_OK;
	}
	rc = audit_range(st, st->db, 0, store_log_size(st), pool, &audit, e);
	r->submissions = audit.submissions;
	r->revisions = audit.revisions;
	r->bad += audit.bad;
	r->cannot_tell += audit.cannot_tell;
	return rc;
}

/* Every checkpoint ever signed is one the log has passed through. */
static enum err_code
verify_checkpoints(struct store *st, struct verify_report *r, struct err *e)
{
	struct note_key key;
	const char *vkey = store_meta(st, "log_vkey");
	sqlite3_stmt *q = NULL;
	int64_t newest = 0;
	enum err_code rc = note_vkey_parse(vkey, strlen(vkey), &key, e);

	if (!rc)
		rc = db_prepare(st, SQL_STORE_CHECKPOINTS, &q, e);
	while (!rc && sqlite3_step(q) == SQLITE_ROW) {
		struct checkpoint cp;
		struct err why = { 0 };
		uint8_t root[32];
		long long size = (long long)sqlite3_column_int64(q, 0);

		newest = size;
		if (checkpoint_open((const char *)sqlite3_column_text(q, 1),
		                    (size_t)sqlite3_column_bytes(q, 1), key.public_key, &cp, &why))
			wrong(r, true, "checkpoint %lld: %s", size, why.text);
		else if ((long long)cp.size != size ||
		         merkle_root_of_subtrees(cp.size, log_get_hash, st, root, &why) ||
		         memcmp(root, cp.root, 32) != 0)
			wrong(r, true,
			      "checkpoint %lld is not one that this log has passed through", size);
	}
	sqlite3_finalize(q);
	if (!rc && newest != store_log_size(st))
		wrong(r, true, "the newest checkpoint covers %lld of %lld submissions",
		      (long long)newest, (long long)store_log_size(st));
	return rc;
}

static enum err_code
verify_originals(struct store *st, struct verify_report *r, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_ORIGINALS, &q, e);

	while (!rc && sqlite3_step(q) == SQLITE_ROW) {
		uint8_t sha[32];
		int64_t size = 0;
		char hex[65], path[1200];
		struct err why = { 0 };

		if (sqlite3_column_bytes(q, 0) != 32)
			continue;
		text_hex(sqlite3_column_blob(q, 0), 32, hex);
		(void)snprintf(path, sizeof(path), "%s/%.2s/%s", st->files_dir, hex, hex);
		r->originals++;
		if (file_sha256(path, sha, &size, &why))
			wrong(r, why.code != ERR_NOTFOUND, "original %s (%s): %s",
			      (const char *)sqlite3_column_text(q, 1), hex, why.text);
		else if (memcmp(sha, sqlite3_column_blob(q, 0), 32) != 0)
			wrong(r, true, "original %s was changed: it has no longer the hash %s",
			      (const char *)sqlite3_column_text(q, 1), hex);
	}
	sqlite3_finalize(q);
	return rc;
}

/* A source names its file by hash; the note of it may have been taken out of the register. */
static enum err_code
verify_sources(struct store *st, struct verify_report *r, struct err *e)
{
	int kind = store_kind(st, "source");
	sqlite3_stmt *q = NULL;
	enum err_code rc = kind < 0 ? ERR_OK : db_prepare(st, SQL_STORE_ORIGINALS_MISSING, &q, e);

	if (!rc && q)
		(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	while (!rc && q && sqlite3_step(q) == SQLITE_ROW)
		wrong(r, false, "a source names the original %s, which the register does not keep",
		      (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return rc;
}

/* --- forms: what a code means closes land or opens it
 * -----------------------------------------------------------------------------------------------
 */

static enum err_code
read_count(struct store *st, const char *sha256, int64_t *ret, struct err *e)
{
	int kind = store_kind(st, "event");
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_FORMS_EVENT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, kind < 0 ? -1 : st->kind[kind].id);
	(void)sqlite3_bind_text(q, 2, sha256, -1, SQLITE_STATIC);
	*ret = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return ERR_OK;
}

/* A form that came with the register stands in no submission: what its codes mean must be what the
 * program's own form says. */
static void
compare_builtin(const char *kind, int version, const char *survey, const char *choices,
                struct verify_report *r)
{
	const char *own_survey = NULL, *own_choices = NULL;
	struct form *mine = NULL, *own = NULL;
	struct err why = { 0 };

	if (!form_builtin(kind, &own_survey, &own_choices))
		return;
	if (form_parse(survey, strlen(survey), choices, strlen(choices), &mine, &why) ||
	    form_parse(own_survey, strlen(own_survey), own_choices,
	               own_choices ? strlen(own_choices) : 0, &own, &why) ||
	    form_same_meaning(own, mine, &why))
		wrong(r, true, "form of %s, version %d, was changed: %s", kind, version, why.text);
	form_free(mine);
	form_free(own);
}

static enum err_code
verify_forms(struct store *st, struct verify_report *r, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_FORMS_ALL, &q, e);

	while (!rc && sqlite3_step(q) == SQLITE_ROW) {
		const char *kind = (const char *)sqlite3_column_text(q, 0),
			   *survey = (const char *)sqlite3_column_text(q, 2),
			   *choices = (const char *)sqlite3_column_text(q, 3);
		int version = sqlite3_column_int(q, 1);
		struct hash_state h;
		uint8_t sha[32];
		char hex[65];
		int64_t events = 0;

		survey = survey ? survey : "";
		choices = choices ? choices : "";
		if (version == sqlite3_column_int(q, 4)) {
			compare_builtin(kind, version, survey, choices, r);
			continue;
		}
		hash_init(&h);
		hash_update(&h, survey, strlen(survey));
		hash_update(&h, choices, strlen(choices));
		hash_final(&h, sha);
		text_hex(sha, 32, hex);
		rc = read_count(st, hex, &events, e);
		if (!rc && events == 0)
			wrong(r, true, "form of %s, version %d, is not the one that the log says",
			      kind, version);
	}
	sqlite3_finalize(q);
	return rc;
}

/* --- layers against revisions
 * ---------------------------------------------------------------------------------- */

struct comparing {
	struct store *st;
	struct verify_report *r;
	sqlite3_stmt *hash; /* rows of the layer as hashes, by fid */
	int kind;
	int64_t rows;
	struct buf text;
};

/* Everything a row shows, as one text. */
static void
row_text(const struct store *st, const struct shown *row, struct buf *b)
{
	buf_reset(b);
	buf_printf(b, "%lld %d %d %d %d %d %lld ", (long long)row->fid, (int)row->as,
	           row->unapproved, row->conflict, row->cover, row->revisions,
	           (long long)row->submission);
	if (row->fields.geom && geom_is_areal(row->fields.geom))
		buf_printf(b, "%.17g %.17g %.17g %.17g ", row->area_m2, row->area_low_m2,
		           row->area_high_m2, row->perimeter_m);
	for (size_t i = 0; i < row->fields.form->field_count; i++)
		if (text_eq(row->fields.form->field[i].name, "import_key"))
			row->fields.value[i] = (struct store_value){ 0 };
	fields_to_json(&row->fields, st->kind[row->kind].sorted, true, b);
}

static enum err_code
hash_layer_row(void *ctx, const struct shown *row, struct err *e)
{
	struct comparing *c = ctx;
	uint8_t sha[32];

	row_text(c->st, row, &c->text);
	if (!buf_ok(&c->text))
		return err_set(e, ERR_NOMEM, "out of memory for a check");
	hash_sha256(c->text.data, c->text.size, sha);
	(void)sqlite3_bind_int64(c->hash, 1, row->fid);
	(void)sqlite3_bind_blob(c->hash, 2, sha, 32, SQLITE_STATIC);
	return db_run(c->st, c->hash, e);
}

static enum err_code
compare_row(void *ctx, const struct shown *row, struct err *e)
{
	struct comparing *c = ctx;
	uint8_t sha[32];
	int s;

	row_text(c->st, row, &c->text);
	if (!buf_ok(&c->text))
		return err_set(e, ERR_NOMEM, "out of memory for a check");
	hash_sha256(c->text.data, c->text.size, sha);
	(void)sqlite3_bind_int64(c->hash, 1, row->fid);
	s = sqlite3_step(c->hash);
	if (s != SQLITE_ROW)
		wrong(c->r, true, "record %lld is missing in the layer %s", (long long)row->fid,
		      store_kind_name(c->st, c->kind));
	else if (memcmp(sqlite3_column_blob(c->hash, 0), sha, 32) != 0)
		wrong(c->r, true, "row %lld of the layer %s does not show what its revisions say",
		      (long long)row->fid, store_kind_name(c->st, c->kind));
	(void)sqlite3_reset(c->hash);
	c->rows++;
	c->r->layer_rows++;
	if (c->r->progress && (c->rows & 255) == 0)
		c->r->progress(c->r->ctx, store_kind_name(c->st, c->kind), c->rows, 0);
	return ERR_OK;
}

static enum err_code
verify_layer(struct comparing *c, int kind, struct err *e)
{
	struct store *st = c->st;
	struct each_filter all = { .kind = kind, .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	int64_t rows = 0;
	enum err_code rc = db_exec(st, "PRAGMA query_only=OFF; DELETE FROM temp.layer_hash", e);

	c->kind = kind;
	c->rows = 0;
	if (!rc)
		rc = db_prepare(st, "INSERT INTO temp.layer_hash (fid, sha) VALUES (?1, ?2)",
		                &c->hash, e);
	if (!rc)
		rc = each_layer(st, &all, hash_layer_row, c, e);
	sqlite3_finalize(c->hash);
	c->hash = NULL;
	if (!rc)
		rc = db_prepare(st, "SELECT sha FROM temp.layer_hash WHERE fid = ?1", &c->hash, e);
	if (!rc)
		rc = each_past(st, &all, compare_row, c, e);
	sqlite3_finalize(c->hash);
	c->hash = NULL;
	if (!rc)
		rc = db_int(st, "SELECT count(*) FROM temp.layer_hash", 0, &rows, e);
	if (!rc && rows > c->rows)
		wrong(c->r, true, "the layer %s has %lld rows that no record stands behind",
		      store_kind_name(st, kind), (long long)(rows - c->rows));
	return rc;
}

static enum err_code
verify_layers(struct store *st, struct verify_report *r, struct err *e)
{
	struct comparing c = { .st = st, .r = r };
	enum err_code rc = db_exec(st,
	                           "PRAGMA query_only=OFF; CREATE TEMP TABLE layer_hash (fid "
	                           "INTEGER PRIMARY KEY, sha BLOB)",
	                           e);

	buf_init(&c.text, 0);
	for (int k = 0; !rc && k < (int)st->kind_count; k++)
		rc = verify_layer(&c, k, e);
	buf_done(&c.text);
	if (!rc)
		rc = db_exec(st, "DROP TABLE temp.layer_hash", e);
	if (st->mode == STORE_READ && !rc)
		rc = db_exec(st, "PRAGMA query_only=ON", e);
	return rc;
}

enum err_code
store_verify(struct store *st, struct pool *pool, struct verify_report *r, struct err *e)
{
	enum err_code rc = complaints(st, "PRAGMA integrity_check(20)", "SQLite", r, e);

	if (!rc)
		rc = complaints(st,
		                "SELECT 'row ' || rowid || ' of ' || \"table\" || ' points "
		                "nowhere' FROM pragma_foreign_key_check",
		                "foreign keys", r, e);
	if (!rc)
		rc = verify_indexes(st, r, e);
	if (!rc)
		rc = verify_log(st, pool, r, e);
	if (!rc)
		rc = verify_checkpoints(st, r, e);
	if (!rc)
		rc = verify_originals(st, r, e);
	if (!rc)
		rc = verify_sources(st, r, e);
	if (!rc)
		rc = verify_forms(st, r, e);
	return rc ? rc : verify_layers(st, r, e);
}
