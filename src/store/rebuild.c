#include "store/rebuild.h"

#include <string.h>

#include "base/text.h"
#include "store/each.h"
#include "store/frame.h"
#include "store/handle.h"
#include "store/history.h"
#include "store/layer.h"
#include "store/ruling.h"
#include "store/submit.h"

#include "sql_gen.h"

struct rebuilding {
	struct store *st;
	struct rtree_load load;
	rebuild_progress *progress;
	void *ctx;
	int64_t done, total;
	int kind;
	sqlite3_stmt *row_key;
};

static void
tell(struct rebuilding *r, const char *doing)
{
	if (r->progress && (r->done & 1023) == 0)
		r->progress(r->ctx, doing, r->done, r->total);
}

enum err_code
rebuild_rulings(struct store *st, struct err *e)
{
	int kind = store_kind(st, "decision");
	sqlite3_stmt *q = NULL;
	struct arena mem;
	int s = SQLITE_DONE;
	enum err_code rc = kind < 0 ? ERR_OK : db_prepare(st, SQL_STORE_REVISIONS_OF_KIND, &q, e);

	if (rc || kind < 0)
		return rc;
	arena_init(&mem, (size_t)256 << 20);
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	st->skip_refresh = true;
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct history_revision h;
		struct submit_revision rev = { .kind = kind };

		arena_reset(&mem);
		rc = history_decode(st, q, &mem, &h, e);
		rev.fields = h.rev.fields;
		if (!rc)
			rc = ruling_note(st, &rev, h.rev.submission, e);
	}
	st->skip_refresh = false;
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the decisions", e);
	sqlite3_finalize(q);
	arena_done(&mem);
	return rc;
}

static enum err_code
put_layer_row(void *ctx, const struct shown *row, struct err *e)
{
	struct rebuilding *r = ctx;

	r->done++;
	tell(r, store_kind_name(r->st, r->kind));
	return layer_put(r->st, row, r->st->kind[r->kind].geometry_field >= 0 ? &r->load : NULL, e);
}

static enum err_code
rebuild_layer(struct rebuilding *r, int kind, struct err *e)
{
	struct store *st = r->st;
	struct each_filter all = { .kind = kind, .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	bool spatial = st->kind[kind].geometry_field >= 0;
	int64_t latest = INT64_MIN;
	sqlite3_stmt *q = NULL;
	enum err_code rc = spatial ? layer_triggers(st, kind, false, e) : ERR_OK;

	r->kind = kind;
	if (!rc)
		rc = layer_clear(st, kind, e);
	if (!rc && spatial)
		rc = rtree_clear(st, st->kind[kind].name, e);
	if (!rc)
		rc = each_past(st, &all, put_layer_row, r, e);
	if (!rc && spatial)
		rc = rtree_pack(st, st->kind[kind].name, &r->load, e);
	rtree_load_done(&r->load);
	if (!rc && spatial)
		rc = layer_triggers(st, kind, true, e);
	if (!rc)
		rc = layer_touch(st, kind, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_LATEST_OF_KIND, &q, e);
	if (!rc) {
		(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
		if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL)
			latest = sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	return rc || latest == INT64_MIN ? rc : layer_latest(st, kind, latest, e);
}

/* import_key is KEY.CONTENT (docs/FORMATS.md, Imported rows): all that is needed stands in the
 * revision. */
static enum err_code
put_row_key(struct rebuilding *r, const struct history_revision *h, struct uuid id, struct err *e)
{
	struct store *st = r->st;
	const char *key = fields_text(&h->rev.fields, "import_key"),
		   *dot = key ? strchr(key, '.') : NULL;
	uint8_t hash[32], content[32];
	size_t n = 0, m = 0;
	int found = 0;
	int64_t fid = 0;
	enum err_code rc;

	if (!dot || !text_unbase64url(key, (size_t)(dot - key), hash, sizeof(hash), &n) ||
	    n != 32 || !text_unbase64url(dot + 1, strlen(dot + 1), content, sizeof(content), &m) ||
	    m != 32)
		return ERR_OK;
	rc = history_find(st, id, &found, &fid, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_blob(r->row_key, 1, hash, 32, SQLITE_STATIC);
	(void)sqlite3_bind_int64(r->row_key, 2, fid);
	(void)sqlite3_bind_blob(r->row_key, 3, content, 32, SQLITE_STATIC);
	return db_run(st, r->row_key, e);
}

static enum err_code
rebuild_row_keys(struct rebuilding *r, int kind, struct err *e)
{
	struct store *st = r->st;
	sqlite3_stmt *q = NULL;
	struct arena mem;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_REVISIONS_OF_KIND, &q, e);

	if (rc)
		return rc;
	arena_init(&mem, (size_t)256 << 20);
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct history_revision h;
		struct uuid id;

		arena_reset(&mem);
		r->done++;
		tell(r, "identities of imported rows");
		memcpy(id.b, sqlite3_column_blob(q, 12), UUID_SIZE);
		rc = history_decode(st, q, &mem, &h, e);
		if (!rc)
			rc = put_row_key(r, &h, id, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the imported rows", e);
	sqlite3_finalize(q);
	arena_done(&mem);
	return rc;
}

enum err_code
store_rebuild(struct store *st, rebuild_progress *progress, void *ctx, struct err *e)
{
	struct rebuilding r = { .st = st, .progress = progress, .ctx = ctx };
	enum err_code rc;

	if (st->mode != STORE_WRITE || st->submit)
		return err_set(e, ERR_DENIED, "the register %s is open for reading only", st->path);
	rc = db_exec(st, SQL_STORE_REBUILD_BEGIN, e);
	if (rc)
		return rc;
	rc = db_int(st, SQL_STORE_LAST_RID, 0, &r.total, e);
	r.total *= 2;
	if (!rc)
		rc = db_prepare(st, SQL_STORE_ROW_KEY_PUT, &r.row_key, e);
	if (!rc)
		rc = rebuild_rulings(st, e);
	for (int k = 0; !rc && k < (int)st->kind_count; k++)
		rc = layer_ensure(st, k, e);
	if (!rc)
		rc = frame_restore(st, e);
	for (int k = 0; !rc && k < (int)st->kind_count; k++)
		rc = rebuild_layer(&r, k, e);
	for (int k = 0; !rc && k < (int)st->kind_count; k++)
		rc = rebuild_row_keys(&r, k, e);
	sqlite3_finalize(r.row_key);
	if (!rc)
		rc = db_exec(st, "UPDATE fallow_guard SET open = 0; COMMIT", e);
	if (rc)
		(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
		                   NULL); /* the failure is told already */
	return rc;
}
