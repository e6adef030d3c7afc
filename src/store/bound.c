#include "store/bound.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "log/disclose.h"
#include "log/seal.h"
#include "log/sigsum.h"

#include "sql_gen.h"

struct bound_rule {
	const char *name, *select;
	const char *before; /* of all that was kept before submission ?1 */
};

static const struct bound_rule rules[BOUND_TABLES] = {
	[BOUND_AUTHOR] = { "author", SQL_STORE_BOUND_AUTHOR,
	                   " WHERE hash IN (SELECT substr(leaf, 97, 32) FROM submission WHERE seq < "
	                   "?1)" },
	[BOUND_CHECKPOINT] = { "checkpoint", SQL_STORE_BOUND_CHECKPOINT, " WHERE size <= ?1" },
	[BOUND_FALLOW_META] = { "fallow_meta", SQL_STORE_BOUND_META, " WHERE key <> 'schema'" },
	[BOUND_FORM_VERSION] = { "form_version", SQL_STORE_BOUND_FORM,
	                         " WHERE coalesce(submission, -1) < ?1" },
	[BOUND_KIND] = { "kind", SQL_STORE_BOUND_KIND, "" },
	[BOUND_ORIGINAL] = { "original", SQL_STORE_BOUND_ORIGINAL, " WHERE submission < ?1" },
	[BOUND_QUARANTINE] = { "quarantine", SQL_STORE_BOUND_QUARANTINE, " WHERE submission < ?1" },
	[BOUND_QUARANTINE_END] = { "quarantine_end", SQL_STORE_BOUND_QUARANTINE_END,
	                           " WHERE submission < ?1" },
	[BOUND_SUBMISSION] = { "submission", SQL_STORE_BOUND_SUBMISSION, " WHERE seq < ?1" },
};

const char *
bound_name(enum bound_table t)
{
	return rules[t].name;
}

const char *
bound_select(enum bound_table t)
{
	return rules[t].select;
}

void
bound_done(struct bound *k)
{
	for (int t = 0; t < BOUND_TABLES; t++)
		mem_free(k->set[t].line);
	memset(k, 0, sizeof(*k));
}

void
bound_reset(struct bound *k)
{
	for (int t = 0; t < BOUND_TABLES; t++)
		k->set[t].count = 0;
}

static void
add_hex(struct buf *out, const uint8_t *p, size_t n)
{
	char pair[3];

	buf_addc(out, '"');
	for (size_t i = 0; i < n; i++) {
		text_hex(p + i, 1, pair);
		buf_add(out, pair, 2);
	}
	buf_addc(out, '"');
}

void
bound_line(enum bound_table t, sqlite3_stmt *row, struct buf *out)
{
	buf_printf(out, "[\"%s\"", rules[t].name);
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const void *p;

		buf_addc(out, ',');
		switch (sqlite3_column_type(row, i)) {
		case SQLITE_NULL:
			buf_adds(out, "null");
			break;
		case SQLITE_BLOB:
			p = sqlite3_column_blob(row, i);
			add_hex(out, p, (size_t)sqlite3_column_bytes(row, i));
			break;
		case SQLITE_INTEGER:
			buf_printf(out, "%lld", (long long)sqlite3_column_int64(row, i));
			break;
		default: /* a number that is not whole never stands there: as its text */
			p = sqlite3_column_text(row, i);
			json_write_string(out, p ? p : "", (size_t)sqlite3_column_bytes(row, i));
		}
	}
	buf_addc(out, ']');
}

static enum err_code
add_line(struct bound *k, enum bound_table t, const struct buf *line, struct err *e)
{
	struct bound_set *s = &k->set[t];

	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		void *more = mem_realloc_array(s->line, room, sizeof(*s->line));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for kept rows");
		s->line = more;
		s->room = room;
	}
	if (!buf_ok(line))
		return err_set(e, ERR_NOMEM, "out of memory for kept rows");
	hash_sha256(line->data, line->size, s->line[s->count++]);
	return ERR_OK;
}

enum err_code
bound_add(struct bound *k, enum bound_table t, sqlite3_stmt *row, struct err *e)
{
	struct buf line;
	enum err_code rc;

	buf_init(&line, 0);
	bound_line(t, row, &line);
	rc = add_line(k, t, &line, e);
	buf_done(&line);
	return rc;
}

enum err_code
bound_add_received(struct bound *k, int64_t seq, int64_t received_us, struct err *e)
{
	struct buf line;
	enum err_code rc;

	buf_init(&line, 4096);
	buf_printf(&line, "[\"%s\",%lld,%lld]", rules[BOUND_SUBMISSION].name, (long long)seq,
	           (long long)received_us);
	rc = add_line(k, BOUND_SUBMISSION, &line, e);
	buf_done(&line);
	return rc;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

void
bound_digest(struct bound_set *s, char out[44])
{
	uint8_t sha[32];

	out[0] = '\0';
	if (s->count == 0)
		return;
	qsort(s->line, s->count, sizeof(*s->line), by_bytes);
	hash_sha256(s->line, s->count * sizeof(*s->line), sha);
	(void)text_base64url(sha, 32, out);
}

void
bound_write(struct bound *k, struct buf *out)
{
	bool any = false;
	char digest[44];

	buf_addc(out, '{');
	for (int t = 0; t < BOUND_TABLES; t++) { /* in the order of their names */
		bound_digest(&k->set[t], digest);
		if (!digest[0])
			continue;
		buf_printf(out, "%s\"%s\":\"%s\"", any ? "," : "", rules[t].name, digest);
		any = true;
	}
	buf_addc(out, '}');
}

static enum err_code
prepare(struct store *st, enum bound_table t, const char *where, sqlite3_stmt **ret, struct err *e)
{
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_adds(&sql, rules[t].select);
	buf_adds(&sql, where);
	rc = buf_ok(&sql) ? db_prepare(st, buf_text(&sql), ret, e)
	                  : err_set(e, ERR_NOMEM, "out of memory for kept rows");
	buf_done(&sql);
	return rc;
}

static enum err_code
add_all(struct store *st, struct bound *k, enum bound_table t, sqlite3_stmt *q, struct err *e)
{
	enum err_code rc = ERR_OK;
	int s = SQLITE_DONE;

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = bound_add(k, t, q, e);
	return rc || s == SQLITE_DONE ? rc : db_fail(st, "read kept rows", e);
}

enum err_code
bound_add_where(struct store *st, struct bound *k, enum bound_table t, const char *where,
                int64_t number, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = prepare(st, t, where, &q, e);

	if (!rc && sqlite3_bind_parameter_count(q) > 0)
		(void)sqlite3_bind_int64(q, 1, number);
	if (!rc)
		rc = add_all(st, k, t, q, e);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
add_hash(struct store *st, struct bound *k, enum bound_table t, const char *where,
         const uint8_t hash[32], struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = prepare(st, t, where, &q, e);

	if (!rc)
		(void)sqlite3_bind_blob(q, 1, hash, 32, SQLITE_STATIC);
	if (!rc)
		rc = add_all(st, k, t, q, e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
bound_add_author(struct store *st, struct bound *k, const uint8_t hash[32], struct err *e)
{
	return add_hash(st, k, BOUND_AUTHOR, " WHERE hash = ?1", hash, e);
}

enum err_code
bound_add_before(struct store *st, struct bound *k, int64_t seq, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int t = 0; !rc && t < BOUND_TABLES; t++)
		rc = bound_add_where(st, k, (enum bound_table)t, rules[t].before, seq, e);
	return rc;
}

enum err_code
bound_is_named(struct store *st, int64_t seq, bool *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct arena mem;
	struct buf b;
	struct disclosure d;
	struct json_value *v = NULL;
	struct err why = { 0 };
	enum err_code rc = seq < 0 ? ERR_OK : db_prepare(st, SQL_STORE_SUBMISSION_GET, &q, e);

	*ret = false;
	if (rc || seq < 0)
		return rc;
	arena_init(&mem, 4u << 20);
	buf_init(&b, 1u << 20);
	(void)sqlite3_bind_int64(q, 1, seq);
	if (sqlite3_step(q) == SQLITE_ROW && st->has_register_key &&
	    sqlite3_column_bytes(q, 1) == SIGSUM_LEAF_SIZE) {
		struct seal_place place = { sqlite3_column_blob(q, 1), SIGSUM_LEAF_SIZE };

		*ret = !seal_open(st->keys.register_key, place, sqlite3_column_blob(q, 6),
		                  (size_t)sqlite3_column_bytes(q, 6), &b, &why) &&
		       !disclose_parse(b.data, b.size, &mem, &d, &why) &&
		       !json_parse(d.value, d.value_size, 0, &mem, &v, &why) && json_get(v, "kept");
	}
	if (why.code == ERR_NOMEM)
		rc = err_set(e, ERR_NOMEM, "out of memory for kept rows");
	sqlite3_finalize(q);
	buf_done(&b);
	arena_done(&mem);
	return rc;
}

enum err_code
bound_note(struct store *st, enum bound_table t, const char *where, int64_t number, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = prepare(st, t, where, &q, e);

	if (!rc)
		(void)sqlite3_bind_int64(q, 1, number);
	if (!rc && sqlite3_step(q) != SQLITE_ROW)
		rc = db_fail(st, "read back a kept row", e);
	if (!rc)
		rc = submit_note_bound(st, t, q, e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
bound_note_original(struct store *st, const uint8_t sha[32], struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = prepare(st, BOUND_ORIGINAL, " WHERE sha256 = ?1", &q, e);

	if (!rc)
		(void)sqlite3_bind_blob(q, 1, sha, 32, SQLITE_STATIC);
	if (!rc && sqlite3_step(q) != SQLITE_ROW)
		rc = db_fail(st, "read back a kept row", e);
	if (!rc)
		rc = submit_note_bound(st, BOUND_ORIGINAL, q, e);
	sqlite3_finalize(q);
	return rc;
}
