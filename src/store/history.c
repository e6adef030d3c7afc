#include "store/history.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "log/disclose.h"
#include "log/manifest.h"
#include "log/seal.h"
#include "log/sigsum.h"
#include "store/handle.h"
#include "store/layer.h"
#include "store/member.h"
#include "store/ruling.h"

#include "sql_gen.h"

enum err_code
history_find(struct store *st, struct uuid id, int *ret_kind, int64_t *ret_fid, struct err *e)
{
	sqlite3_stmt *q = NULL;
	char text[UUID_TEXT];
	enum err_code rc = db_prepare(st, SQL_STORE_RECORD_FIND, &q, e);
	int s;

	if (rc)
		return rc;
	(void)sqlite3_bind_blob(q, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	s = sqlite3_step(q);
	uuid_format(id, text);
	if (s == SQLITE_ROW && sqlite3_column_type(q, 1) != SQLITE_NULL) {
		*ret_kind = sqlite3_column_int(q, 0) - 1;
		*ret_fid = sqlite3_column_int64(q, 1);
	} else if (s == SQLITE_ROW || s == SQLITE_DONE) {
		rc = err_set(e, ERR_NOTFOUND, "the register has no record %s", text);
	} else {
		rc = db_fail(st, "find a record", e);
	}
	sqlite3_finalize(q);
	return rc;
}

enum err_code
history_decode(struct store *st, sqlite3_stmt *q, struct arena *mem, struct history_revision *r,
               struct err *e)
{
	const char *fields = (const char *)sqlite3_column_text(q, 6);
	size_t n = (size_t)sqlite3_column_bytes(q, 6);
	int kind = sqlite3_column_int(q, 2) - 1;
	struct json_value *object = NULL;
	enum err_code rc;

	memset(r, 0, sizeof(*r));
	r->rev.rid = sqlite3_column_int64(q, 0);
	r->rev.submission = sqlite3_column_int64(q, 1);
	r->form_version = sqlite3_column_int(q, 3);
	r->rev.parent_count = (size_t)sqlite3_column_bytes(q, 4) / 32;
	r->rev.parents = r->rev.parent_count ? arena_memdup(mem, sqlite3_column_blob(q, 4),
	                                                    r->rev.parent_count * 32)
	                                     : NULL;
	r->rev.valid_from_days = sqlite3_column_int64(q, 5);
	r->fields_json = arena_strndup(mem, fields ? fields : "", n);
	r->has_identity = sqlite3_column_int(q, 8) != 0;
	r->received_us = sqlite3_column_int64(q, 9);
	r->rev.ruling = (enum ruling)sqlite3_column_int(q, 10);
	r->erased = sqlite3_column_int(q, 11) != 0;
	if (kind < 0 || (size_t)kind >= st->kind_count || sqlite3_column_bytes(q, 7) != 32)
		return err_set(e, ERR_VERIFY, "revision %lld is damaged", (long long)r->rev.rid);
	memcpy(r->rev.leaf, sqlite3_column_blob(q, 7), 32);
	if (!r->fields_json || (r->rev.parent_count && !r->rev.parents))
		return err_set(e, ERR_NOMEM, "out of memory for a record's revisions");
	rc = json_parse(r->fields_json, n, 0, mem, &object, e);
	if (!rc)
		rc = fields_from_json(st->kind[kind].form, object, true, mem, &r->rev.fields, e);
	if (rc)
		(void)err_prefix(e, "revision %lld", (long long)r->rev.rid);
	return rc;
}

enum err_code
history_load(struct store *st, struct uuid id, int64_t before, struct arena *mem,
             struct history_revision **ret, size_t *ret_count, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct history_revision *list = NULL;
	size_t n = 0, room = 0;
	enum err_code rc = db_prepare(st, SQL_STORE_RECORD_REVISIONS, &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	(void)sqlite3_bind_blob(q, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, before);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		if (n == room) {
			size_t more = room ? room * 2 : 4;
			struct history_revision *p = arena_calloc(mem, more, sizeof(*p));

			if (!p) {
				rc = err_set(e, ERR_NOMEM,
				             "out of memory for a record's revisions");
				break;
			}
			if (n)
				memcpy(p, list, n * sizeof(*p));
			list = p;
			room = more;
		}
		rc = history_decode(st, q, mem, &list[n], e);
		n++;
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read a record", e);
	sqlite3_finalize(q);
	if (rc)
		return rc;
	*ret = list;
	*ret_count = n;
	return ERR_OK;
}

enum err_code
history_join(struct store *st, const struct history *h, int64_t as_of_days, struct arena *mem,
             struct shown *ret, bool *ret_any, struct err *e)
{
	struct shown_revision *rev = arena_calloc(mem, h->count + 1, sizeof(*rev));
	struct shown_history in = { rev, h->count, as_of_days };
	enum err_code rc;

	if (!rev)
		return err_set(e, ERR_NOMEM, "out of memory for a record's revisions");
	for (size_t i = 0; i < h->count; i++)
		rev[i] = h->rev[i].rev;
	memset(ret, 0, sizeof(*ret));
	rc = shown_join(st->geo, &in, mem, ret, ret_any, e);
	if (!rc && h->count) {
		ret->kind = h->kind;
		ret->id = h->id;
		ret->fid = h->rev[0].rev.rid;
	}
	return rc;
}

enum err_code
history_shown(struct store *st, const struct history_ask *ask, struct arena *mem, struct shown *ret,
              bool *ret_any, struct err *e)
{
	struct history_revision *list = NULL;
	struct history h = { .kind = ask->kind, .id = ask->id };
	enum err_code rc = history_load(st, ask->id, ask->before, mem, &list, &h.count, e);

	h.rev = list;
	return rc ? rc : history_join(st, &h, ask->as_of_days, mem, ret, ret_any, e);
}

enum err_code
history_any_thin(struct store *st, struct uuid id, bool *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_keep(st, KEPT_THIN, SQL_STORE_RECORD_THIN, &q, e);
	int s;

	if (rc)
		return rc;
	(void)sqlite3_bind_blob(q, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	s = sqlite3_step(q);
	*ret = s == SQLITE_ROW;
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(st, "read a record", e);
	(void)sqlite3_reset(q); /* its code is that of the step */
	(void)sqlite3_clear_bindings(q);
	return rc;
}

enum err_code
history_refresh(struct store *st, int kind, int64_t fid, struct err *e)
{
	struct arena mem;
	struct shown row;
	struct uuid id = { 0 };
	bool any = false;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_RECORD_OF_RID, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, fid);
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0) == UUID_SIZE)
		memcpy(id.b, sqlite3_column_blob(q, 0), UUID_SIZE);
	else
		rc = err_set(e, ERR_NOTFOUND, "the register has no record with number %lld",
		             (long long)fid);
	sqlite3_finalize(q);
	if (rc)
		return rc;
	rc = submit_joined(st, kind, fid, e);
	if (rc)
		return rc;
	arena_init(&mem, (size_t)1 << 30);
	rc = history_shown(st, &(struct history_ask){ kind, id, INT64_MAX, INT64_MAX }, &mem, &row,
	                   &any, e);
	if (!rc)
		rc = layer_remove(st, kind, fid, e);
	if (!rc && any)
		rc = layer_put(st, &row, NULL, e);
	arena_done(&mem);
	return rc;
}

enum err_code
history_size_at(struct store *st, int64_t at_utc_us, int64_t *ret_size, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_SIZE_AT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, at_utc_us);
	*ret_size = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return ERR_OK;
}

/* Open the sealed remark; what cannot be opened stays "". */
static enum err_code
open_remark(struct store *st, sqlite3_stmt *q, struct arena *mem, struct history_submission *r,
            struct err *e)
{
	struct seal_place place = { sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1) };
	struct buf b;
	struct disclosure d;
	struct json_value *v = NULL;
	struct err quiet = { 0 };
	enum err_code rc = ERR_OK;

	buf_init(&b, 1u << 20);
	if (st->has_register_key && sqlite3_column_bytes(q, 6) > 0 &&
	    !seal_open(st->keys.register_key, place, sqlite3_column_blob(q, 6),
	               (size_t)sqlite3_column_bytes(q, 6), &b, &quiet) &&
	    !disclose_parse(b.data, b.size, mem, &d, &quiet) &&
	    !json_parse(d.value, d.value_size, 0, mem, &v, &quiet)) {
		const char *author = json_get_string(v, "author"),
			   *remark = json_get_string(v, "remark");

		r->author = author ? author : "";
		r->remark = remark ? remark : "";
		r->run = json_get_string(v, "run");
	}
	if (quiet.code == ERR_NOMEM)
		rc = err_set(e, ERR_NOMEM, "out of memory for a submission");
	buf_done(&b);
	return rc;
}

enum err_code
history_submission(struct store *st, int64_t seq, struct arena *mem, struct history_submission *ret,
                   struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct history_submission r = { .seq = seq, .author = "", .remark = "" };
	struct manifest m;
	uint8_t hash[32];
	enum err_code rc = db_prepare(st, SQL_STORE_SUBMISSION_GET, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, seq);
	if (sqlite3_step(q) != SQLITE_ROW) {
		rc = err_set(e, ERR_NOTFOUND, "the log has no submission %lld", (long long)seq);
	} else {
		r.received_us = sqlite3_column_int64(q, 3);
		r.statements = sqlite3_column_int64(q, 4);
		merkle_leaf(sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1), hash);
		text_hex(hash, 32, r.leaf_hash);
		rc = manifest_parse(sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2),
		                    &m, e);
		if (!rc) {
			text_hex(m.author, 32, r.author_hash);
			r.claimed_s = m.at_utc_s;
			rc = open_remark(st, q, mem, &r, e);
		}
	}
	sqlite3_finalize(q);
	if (!rc)
		*ret = r;
	return rc;
}

enum err_code
history_open_identity(struct store *st, struct uuid id, int64_t rid, struct arena *mem,
                      struct store_fields *f, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct json_value *object = NULL;
	struct store_fields sealed;
	struct seal_place place;
	struct buf b;
	char *text = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_REVISION_IDENTITY, &q, e);

	if (rc)
		return rc;
	buf_init(&b, SEAL_MAX_BYTES);
	(void)sqlite3_bind_int64(q, 1, rid);
	(void)sqlite3_bind_blob(q, 2, id.b, UUID_SIZE, SQLITE_STATIC);
	if (sqlite3_step(q) != SQLITE_ROW) {
		rc = err_set(e, ERR_NOTFOUND, "the register has no revision %lld", (long long)rid);
	} else {
		place = (struct seal_place){ sqlite3_column_blob(q, 1),
			                     (size_t)sqlite3_column_bytes(q, 1) };
		if (!st->has_register_key ||
		    seal_open(st->keys.register_key, place, sqlite3_column_blob(q, 0),
		              (size_t)sqlite3_column_bytes(q, 0), &b, e))
			rc = err_set(e, ERR_UNKNOWN,
			             "the sealed values of revision %lld cannot be opened on this "
			             "machine",
			             (long long)rid);
	}
	if (!rc)
		text = arena_strndup(mem, buf_text(&b), b.size);
	if (!rc && !text)
		rc = err_set(e, ERR_NOMEM, "out of memory for sealed values");
	if (!rc)
		rc = json_parse(text, b.size, 0, mem, &object, e);
	if (!rc)
		rc = fields_from_json(f->form, object, true, mem, &sealed, e);
	for (size_t i = 0; !rc && i < f->form->field_count; i++)
		if (sealed.value[i].type != STORE_NULL)
			f->value[i] = sealed.value[i];
	if (b.data)
		sign_wipe(b.data, b.size);
	buf_done(&b);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
history_submission_records(struct store *st, int64_t seq, int kind, struct arena *mem,
                           struct uuid **ret, size_t *ret_count, struct err *e)
{
	struct uuid *list = arena_calloc(mem, STORE_MAX_STATEMENTS, sizeof(*list));
	sqlite3_stmt *q = NULL;
	size_t n = 0;
	int s = SQLITE_DONE;
	enum err_code rc = list ? db_prepare(st, SQL_STORE_SUBMISSION_OF_KIND, &q, e)
	                        : err_set(e, ERR_NOMEM, "out of memory for a submission");

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, seq);
	(void)sqlite3_bind_int64(q, 2, st->kind[kind].id);
	while (n < STORE_MAX_STATEMENTS && (s = sqlite3_step(q)) == SQLITE_ROW)
		memcpy(list[n++].b, sqlite3_column_blob(q, 0), UUID_SIZE);
	if (s != SQLITE_DONE && s != SQLITE_ROW)
		rc = db_fail(st, "read a submission", e);
	sqlite3_finalize(q);
	*ret = list;
	*ret_count = n;
	return rc;
}

enum err_code
original_find(struct store *st, const char *sha256, struct arena *mem, struct original_note *ret,
              struct err *e)
{
	sqlite3_stmt *q = NULL;
	uint8_t hash[32];
	enum err_code rc = db_prepare(st, SQL_STORE_ORIGINAL_GET, &q, e);

	if (rc)
		return rc;
	if (!text_unhex(sha256, strlen(sha256), hash, 32) ||
	    sqlite3_bind_blob(q, 1, hash, 32, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_step(q) != SQLITE_ROW) {
		rc = err_set(e, ERR_NOTFOUND, "the register keeps no original %.64s", sha256);
	} else {
		const char *name = (const char *)sqlite3_column_text(q, 0);

		ret->name = arena_strdup(mem, name ? name : "");
		ret->size = sqlite3_column_int64(q, 1);
		rc = ret->name ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a name");
	}
	sqlite3_finalize(q);
	return rc;
}
