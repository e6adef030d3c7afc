#include "store/verify.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "log/seal.h"
#include "store/cache.h"
#include "store/frame.h"
#include "store/verifying.h"

#include "sql_gen.h"

void
verify_wrong(struct verify_report *r, bool can_tell, const char *fmt, ...)
{
	char line[8192];
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

enum err_code
verify_complaints(struct store *st, const char *sql, const char *what, struct verify_report *r,
                  struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct err why = { 0 };
	int s;

	if (db_prepare(st, sql, &q, &why) == ERR_NOMEM)
		return err_set(e, ERR_NOMEM, "%s", why.text);
	if (!q) {
		verify_wrong(r, true, "%s: %s", what, why.text);
		return ERR_OK;
	}
	while ((s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(q, 0);

		if (!text_eq(text, "ok"))
			verify_wrong(r, true, "%s: %s", what, text ? text : "damaged");
	}
	if (s != SQLITE_DONE)
		verify_wrong(r, true, "%s: %s", what, sqlite3_errmsg(st->db));
	sqlite3_finalize(q);
	return ERR_OK;
}

/* The tree's own order, and no node beside it. That it says where each row lies is seen with the
 * layers. */
static enum err_code
verify_indexes(struct store *st, struct verify_report *r, struct err *e)
{
	struct buf sql;
	char what[100];
	enum err_code rc = ERR_OK;

	buf_init(&sql, 4096);
	for (size_t k = 0; !rc && k < st->kind_count; k++) {
		const char *name = st->kind[k].name;

		if (st->kind[k].geometry_field < 0)
			continue;
		(void)snprintf(what, sizeof(what), "spatial index of %s", name);
		buf_reset(&sql);
		buf_printf(&sql, "SELECT rtreecheck('rtree_%s_geometry')", name);
		rc = verify_complaints(st, buf_text(&sql), what, r, e);
		buf_reset(&sql);
		buf_printf(&sql,
		           "SELECT 'a node that belongs to no other' WHERE (SELECT count(*) FROM "
		           "\"rtree_%s_geometry_node\") <> 1 + (SELECT count(*) FROM "
		           "\"rtree_%s_geometry_parent\")",
		           name, name);
		if (!rc)
			rc = verify_complaints(st, buf_text(&sql), what, r, e);
	}
	buf_done(&sql);
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
			verify_wrong(r, why.code != ERR_NOTFOUND, "original %s (%s): %s",
			             (const char *)sqlite3_column_text(q, 1), hex, why.text);
		else if (memcmp(sha, sqlite3_column_blob(q, 0), 32) != 0)
			verify_wrong(r, true,
			             "original %s was changed: it has no longer the hash %s",
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
		verify_wrong(r, false,
		             "a source names the original %s, which the register does not keep",
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
		verify_wrong(r, true, "form of %s, version %d, was changed: %s", kind, version,
		             why.text);
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
			verify_wrong(r, true,
			             "form of %s, version %d, is not the one that the log says",
			             kind, version);
	}
	sqlite3_finalize(q);
	return rc;
}

/* Kept answers open with the register key, as they were computed. Those of programs before 0.2 were
 * not sealed; nothing asks for them. */
static enum err_code
verify_answers(struct store *st, struct verify_report *r, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct buf out;
	int s = SQLITE_DONE;
	enum err_code rc =
		st->has_register_key ? db_prepare(st, SQL_STORE_VERIFY_ANSWERS, &q, e) : ERR_OK;

	if (rc || !q)
		return rc;
	buf_init(&out, SEAL_MAX_BYTES);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct err why = { 0 };

		rc = cache_open_row(st, q, &out, &why);
		if (rc == ERR_NOMEM)
			(void)err_set(e, rc, "%s", why.text);
		else if (rc)
			verify_wrong(
				r, true,
				"figure_cache: an answer that the program did not keep: %.100s",
				(const char *)sqlite3_column_text(q, 0));
		rc = rc == ERR_NOMEM ? rc : ERR_OK;
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the kept answers", e);
	sqlite3_finalize(q);
	buf_done(&out);
	return rc;
}

static void
tell_frame(void *ctx, const char *sentence)
{
	verify_wrong(ctx, true, "%s", sentence);
}

static enum err_code
verify_file(struct store *st, struct verify_report *r, struct err *e)
{
	enum err_code rc = verify_complaints(st, "PRAGMA integrity_check(20)", "SQLite", r, e);

	if (!rc)
		rc = verify_complaints(st,
		                       "SELECT 'row ' || rowid || ' of ' || \"table\" || ' points "
		                       "nowhere' FROM pragma_foreign_key_check",
		                       "foreign keys", r, e);
	if (!rc)
		rc = frame_compare(st, tell_frame, r, e);
	return rc ? rc : verify_indexes(st, r, e);
}

/* One state of the file throughout, whoever writes meanwhile. */
static enum err_code
verify_all(struct verifying *v, struct err *e)
{
	enum err_code rc = verify_file(v->st, v->r, e);

	if (!rc)
		rc = verify_log(v, e);
	if (!rc)
		rc = verify_originals(v->st, v->r, e);
	if (!rc)
		rc = verify_sources(v->st, v->r, e);
	if (!rc)
		rc = verify_forms(v->st, v->r, e);
	if (!rc)
		rc = verify_answers(v->st, v->r, e);
	return rc ? rc : verify_layers(v, e);
}

enum err_code
store_verify(struct store *st, struct pool *pool, struct verify_report *r, struct err *e)
{
	struct verifying v = { .st = st, .pool = pool, .r = r };
	enum err_code rc = db_exec(st, "PRAGMA query_only=OFF; BEGIN", e);
	struct err end = { 0 };

	if (rc)
		return rc;
	for (int k = 0; k < STORE_MAX_KINDS; k++)
		v.latest[k] = INT64_MIN;
	rc = verify_all(&v, e);
	verify_keys_done(&v);
	if (db_exec(st, "ROLLBACK", &end) && !rc) /* nothing but temporary tables was written */
		rc = err_set(e, end.code, "%s", end.text);
	if (st->mode == STORE_READ && db_exec(st, "PRAGMA query_only=ON", &end) && !rc)
		rc = err_set(e, end.code, "%s", end.text);
	return rc;
}
