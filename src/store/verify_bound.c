/* Rows that are no leaves of the log: quarantine and how rows were settled, originals, forms, keys
 * of authors, times. Every submission names in its remark the digests of what was kept with it. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "log/disclose.h"
#include "store/bound.h"
#include "store/verifying.h"

#include "sql_gen.h"

/* A table read once, in the order of the submissions that its rows belong to. */
struct cursor {
	sqlite3_stmt *q;
	int column; /* the submission */
	bool more;
};

enum {
	CURSORS = 4
};

static const struct {
	enum bound_table table;
	const char *order;
	int column;
} in_order[CURSORS] = {
	/* numbered as they came: no sorting needed, and one out of order is seen */
	{ BOUND_QUARANTINE, " ORDER BY qid", 1 },
	{ BOUND_QUARANTINE_END, " ORDER BY submission, qid", 1 },
	{ BOUND_ORIGINAL, " ORDER BY submission", 3 },
	{ BOUND_FORM_VERSION, " WHERE submission IS NOT NULL ORDER BY submission", 4 },
};

struct verify_bound {
	struct cursor cursor[CURSORS];
	struct bound bound;
	struct arena mem;
	int64_t unbound; /* submissions whose remark names nothing, since the last that names all */
	int64_t first_unbound;
};

void
verify_bound_free(struct verify_bound *b)
{
	if (!b)
		return;
	for (int i = 0; i < CURSORS; i++)
		sqlite3_finalize(b->cursor[i].q);
	bound_done(&b->bound);
	arena_done(&b->mem);
	mem_free(b);
}

static enum err_code
step(struct verifying *v, struct cursor *c, struct err *e)
{
	int s = sqlite3_step(c->q);

	c->more = s == SQLITE_ROW;
	return s == SQLITE_ROW || s == SQLITE_DONE ? ERR_OK : db_fail(v->st, "read kept rows", e);
}

enum err_code
verify_bound_begin(struct verifying *v, struct err *e)
{
	struct verify_bound *b = mem_calloc(1, sizeof(*b));
	enum err_code rc = ERR_OK;

	if (!b)
		return err_set(e, ERR_NOMEM, "out of memory for a check");
	arena_init(&b->mem, 16u << 20);
	v->bound = b;
	for (int i = 0; !rc && i < CURSORS; i++) {
		struct buf sql;

		buf_init(&sql, 4096);
		buf_printf(&sql, "%s%s", bound_select(in_order[i].table), in_order[i].order);
		rc = db_prepare(v->st, buf_text(&sql), &b->cursor[i].q, e);
		if (!rc)
			rc = step(v, &b->cursor[i], e);
		buf_done(&sql);
	}
	return rc;
}

static void
stray(struct verifying *v, int i, int64_t submission)
{
	verify_wrong(v->r, true, "%s: a row says submission %lld, where it has no place in the log",
	             bound_name(in_order[i].table), (long long)submission);
}

/* The rows of this submission, from all tables. */
static enum err_code
collect(struct verifying *v, int64_t seq, struct err *e)
{
	struct verify_bound *b = v->bound;
	enum err_code rc = ERR_OK;

	bound_reset(&b->bound);
	for (int i = 0; i < CURSORS; i++) {
		struct cursor *c = &b->cursor[i];

		while (!rc && c->more) {
			int64_t of = sqlite3_column_int64(c->q, in_order[i].column);

			if (of > seq)
				break;
			if (of < seq)
				stray(v, i, of);
			else
				rc = bound_add(&b->bound, in_order[i].table, c->q, e);
			if (!rc)
				rc = step(v, c, e);
		}
	}
	if (!rc)
		rc = bound_add_where(v->st, &b->bound, BOUND_AUTHOR,
		                     " WHERE hash = (SELECT substr(leaf, 97, 32) FROM submission "
		                     "WHERE seq = ?1)",
		                     seq, e);
	if (!rc)
		rc = bound_add_where(v->st, &b->bound, BOUND_CHECKPOINT,
		                     " WHERE size <= ?1 ORDER BY size DESC LIMIT 1", seq, e);
	return rc ? rc
	          : bound_add_where(v->st, &b->bound, BOUND_SUBMISSION, " WHERE seq = ?1", seq, e);
}

static void
compare(struct verifying *v, struct bound *is, const struct json_value *named, int64_t seq,
        const char *what)
{
	char digest[44];

	for (int t = 0; t < BOUND_TABLES; t++) {
		const char *want = json_get_string(named, bound_name((enum bound_table)t));

		bound_digest(&is->set[t], digest);
		if (strcmp(want ? want : "", digest) != 0)
			verify_wrong(v->r, true,
			             "%s: %s submission %lld is not what its manifest says",
			             bound_name((enum bound_table)t), what, (long long)seq);
	}
}

/* Everything that was kept before, of which the submissions that kept it say nothing. */
static enum err_code
compare_before(struct verifying *v, const struct json_value *named, int64_t seq, struct err *e)
{
	struct bound all = { 0 };
	enum err_code rc = bound_add_before(v->st, &all, seq, e);

	if (!rc)
		compare(v, &all, named, seq, "what was kept before");
	bound_done(&all);
	v->bound->unbound = 0;
	return rc;
}

enum err_code
verify_bound_submission(struct verifying *v, int64_t seq, const struct buf *remark, struct err *e)
{
	struct verify_bound *b = v->bound;
	const struct json_value *kept = NULL, *before = NULL;
	struct json_value *object = NULL;
	struct disclosure d;
	struct err why = { 0 };
	enum err_code rc = collect(v, seq, e);

	if (rc)
		return rc;
	arena_reset(&b->mem);
	if (disclose_parse(remark->data, remark->size, &b->mem, &d, &why) ||
	    json_parse(d.value, d.value_size, 0, &b->mem, &object, &why)) {
		if (why.code == ERR_NOMEM)
			return err_set(e, ERR_NOMEM, "%s", why.text);
		verify_wrong(v->r, true, "submission %lld: its remark cannot be read: %s",
		             (long long)seq, why.text);
		return ERR_OK;
	}
	kept = json_get(object, "kept");
	before = json_get(object, "before");
	if (before)
		rc = compare_before(v, before, seq, e);
	if (kept)
		compare(v, &b->bound, kept, seq, "what was kept with");
	else if (b->unbound++ == 0)
		b->first_unbound = seq;
	return rc;
}

/* The newest checkpoint is named by the submission after it, which is still to come. */
static enum err_code
verify_newest(struct verifying *v, struct err *e)
{
	int64_t at = 0, now = clock_now_us();
	enum err_code rc = db_int(v->st, SQL_STORE_VERIFY_SIGNED_AT, now, &at, e);

	if (!rc && (at < store_last_received_us(v->st) || at > now))
		verify_wrong(
			v->r, true,
			"checkpoint: the newest one was not signed between the last submission "
			"and now");
	return rc;
}

enum err_code
verify_bound_end(struct verifying *v, struct err *e)
{
	struct verify_bound *b = v->bound;
	enum err_code rc = ERR_OK;

	for (int i = 0; i < CURSORS; i++)
		for (; !rc && b->cursor[i].more; rc = step(v, &b->cursor[i], e))
			stray(v, i, sqlite3_column_int64(b->cursor[i].q, in_order[i].column));
	if (!rc)
		rc = verify_newest(v, e);
	if (!rc && b->unbound)
		verify_wrong(
			v->r, false,
			"submissions from %lld on were made by a program that did not bind "
			"quarantine, notes of originals, forms and times to the log: whether these "
			"were changed cannot be told; the next submission binds them as they are",
			(long long)b->first_unbound);
	return rc;
}
