#include "log/statement.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "log/fast.h"
#include "log/lines.h"
#include "log/merkle.h"
#include "log/sign.h"

#define DIGEST DISCLOSE_DIGEST_TEXT
#define GROUP 16               /* revisions worked on together */
#define GROUP_BYTES (1u << 20) /* of disclosures after which a group takes no further revision */

/* A digest as text, with the room that fast_base64url wants. */
struct digest {
	char text[DIGEST + 1 + FAST_SLACK];
};

/* A digest and the key it is sorted by: its first eight characters, big-endian. */
struct sorted {
	uint64_t first8;
	const struct digest *digest;
};

/* What a scratch holds behind its void pointer. A group is some revisions worked on together, so
 * that their many short hashes fill the lanes of fast_sha256. */
struct work {
	struct buf json;  /* one disclosure's array */
	struct buf text;  /* the group's disclosure strings */
	struct buf bytes; /* the group's statements, each behind the 0x00 of its leaf hash */
	size_t room;      /* fields of the group that fit below */
	struct fast_message *message;
	uint8_t (*hash)[32];
	struct digest *digest;
	uint8_t (*salt)[DISCLOSE_SALT_SIZE];
	struct sorted *order;
};

static const struct {
	size_t n;
	const char *s;
} header_names[] = { { 4, "kind" }, { 2, "id" },      { 4, "form" }, { 7, "parents" },
	             { 3, "_sd" },  { 7, "_sd_alg" }, { 3, "..." } };

void
statement_scratch_init(struct statement_scratch *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->bytes, STATEMENT_MAX_BYTES);
}

void
statement_scratch_done(struct statement_scratch *s)
{
	struct work *w = s->work;

	buf_done(&s->bytes);
	if (!w)
		return;
	if (w->salt)
		sign_wipe(w->salt, w->room * sizeof w->salt[0]);
	if (w->json.data)
		sign_wipe(w->json.data, w->json.room);
	if (w->text.data)
		sign_wipe(w->text.data, w->text.room);
	buf_done(&w->json);
	buf_done(&w->text);
	buf_done(&w->bytes);
	mem_free(w->message);
	mem_free(w->hash);
	mem_free(w->digest);
	mem_free(w->salt);
	mem_free(w->order);
	mem_free(w);
	s->work = NULL;
}

/* Grow one array; false when memory ends, and the old one stays. */
static bool
grow(void *array, size_t count, size_t size)
{
	void *old;
	void *p;

	memcpy(&old, array, sizeof old);
	p = mem_realloc_array(old, count, size);
	if (!p)
		return false;
	memcpy(array, &p, sizeof p);
	return true;
}

/* Room for that many fields in a group. */
static bool
work_grow(struct work *w, size_t fields)
{
	if (fields <= w->room)
		return true;
	fields = fields < 2 * w->room ? 2 * w->room : fields;
	fields = fields < 512 ? 512 : fields;
	/* w->room stays until all have grown, so a failure in between is harmless. */
	if (!grow(&w->message, fields, sizeof w->message[0]) ||
	    !grow(&w->hash, fields, sizeof w->hash[0]) ||
	    !grow(&w->digest, fields, sizeof w->digest[0]) ||
	    !grow(&w->salt, fields, sizeof w->salt[0]) ||
	    !grow(&w->order, fields, sizeof w->order[0]))
		return false;
	w->room = fields;
	return true;
}

static struct work *
work_of(struct statement_scratch *s)
{
	struct work *w = s->work;

	if (!w) {
		w = mem_calloc(1, sizeof *w);
		if (!w)
			return NULL;
		buf_init(&w->json, 0);
		buf_init(&w->text, 0);
		buf_init(&w->bytes, 0);
		s->work = w;
	}
	return w;
}

static bool
is_header_name(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof header_names / sizeof header_names[0]; i++) {
		if (header_names[i].n == n && memcmp(header_names[i].s, s, n) == 0)
			return true;
	}
	return false;
}

/* kind: [a-z][a-z0-9_]*; form: the same and then @ and digits. */
static bool
word_ok(const char *s, bool version)
{
	size_t n = 0;

	if (!(s[0] >= 'a' && s[0] <= 'z'))
		return false;
	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '_')
		n++;
	if (version) {
		uint64_t number;
		const size_t rest = s[n] == '@' ? strlen(s + n + 1) : 0;

		return lines_decimal(s + n + 1, rest, UINT32_MAX, &number) && number > 0 &&
		       n + 1 + rest <= STATEMENT_WORD_MAX;
	}
	return n <= STATEMENT_WORD_MAX && s[n] == '\0';
}

static bool
id_ok(const char *s)
{
	struct uuid u;
	char again[UUID_TEXT];
	const size_t n = strlen(s);

	if (!uuid_parse(s, n, &u))
		return false;
	uuid_format(u, again);
	return text_eq(s, again);
}

static int
name_cmp(const struct statement_field *a, const struct statement_field *b)
{
	const size_t n = a->name_size < b->name_size ? a->name_size : b->name_size;
	const int c = memcmp(a->name, b->name, n);

	if (c != 0)
		return c;
	return a->name_size < b->name_size ? -1 : a->name_size > b->name_size;
}

static enum err_code
check_in(const struct statement_in *in, struct err *e)
{
	if (!word_ok(in->kind, false) || !word_ok(in->form, true) || !id_ok(in->id))
		return err_set(e, ERR_INVALID, "kind, form or id of a revision is not plain");
	if (in->parent_count > STATEMENT_PARENTS_MAX)
		return err_set(e, ERR_LIMIT, "a revision with %zu parents, at most %d",
		               in->parent_count, STATEMENT_PARENTS_MAX);
	if (in->field_count > DISCLOSE_FIELDS_MAX)
		return err_set(e, ERR_LIMIT, "a revision with %zu fields, at most %d",
		               in->field_count, DISCLOSE_FIELDS_MAX);
	for (size_t i = 0; i < in->field_count; i++) {
		const struct statement_field *f = &in->fields[i];

		if (f->name_size == 0 || f->name_size > DISCLOSE_NAME_MAX || f->value_size == 0 ||
		    is_header_name(f->name, f->name_size))
			return err_set(e, ERR_INVALID,
			               "field %zu of a revision has no allowed name", i + 1);
		if (i > 0 && name_cmp(f - 1, f) >= 0)
			return err_set(e, ERR_INVALID, "the fields of a revision are not sorted");
	}
	return ERR_OK;
}

static struct sorted
set_digest(struct digest *d, const uint8_t hash[32])
{
	struct sorted s = { .digest = d };

	(void)fast_base64url(hash, 32, d->text);
	for (size_t i = 0; i < 8; i++)
		s.first8 = s.first8 << 8 | (uint8_t)d->text[i];
	return s;
}

static int
digest_cmp(const void *a, const void *b)
{
	const struct sorted *x = a;
	const struct sorted *y = b;

	if (x->first8 != y->first8)
		return x->first8 < y->first8 ? -1 : 1;
	return memcmp(x->digest->text, y->digest->text, DIGEST);
}

static void
sort_digests(struct sorted *s, size_t n)
{
	if (n > 64) {
		qsort(s, n, sizeof *s, digest_cmp);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		const struct sorted x = s[i];
		size_t j = i;

		while (j > 0 && digest_cmp(&x, &s[j - 1]) < 0) {
			s[j] = s[j - 1];
			j--;
		}
		s[j] = x;
	}
}

static void
add_list(struct buf *b, const struct sorted *s, size_t n)
{
	char *to = buf_reserve(b, n * (DIGEST + 3) + 2);
	char *const start = to;

	if (!to)
		return;
	*to++ = '[';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ',';
		*to++ = '"';
		memcpy(to, s[i].digest->text, DIGEST);
		to += DIGEST;
		*to++ = '"';
	}
	*to++ = ']';
	b->size += (size_t)(to - start);
}

static enum err_code
add_parents(const struct statement_in *in, struct buf *b, struct err *e)
{
	struct digest parent[STATEMENT_PARENTS_MAX];
	struct sorted order[STATEMENT_PARENTS_MAX];

	for (size_t i = 0; i < in->parent_count; i++)
		order[i] = set_digest(&parent[i], in->parents[i]);
	sort_digests(order, in->parent_count);
	for (size_t i = 1; i < in->parent_count; i++) {
		if (digest_cmp(&order[i - 1], &order[i]) == 0)
			return err_set(e, ERR_INVALID, "a revision has one parent twice");
	}
	add_list(b, order, in->parent_count);
	return ERR_OK;
}

/* Append the disclosures of one revision to the group, whose fields so far are `before`. */
static enum err_code
add_disclosures(const struct statement_in *in, struct work *w, size_t before, struct err *e)
{
	enum err_code rc = check_in(in, e);

	if (rc != ERR_OK)
		return rc;
	if (!work_grow(w, before + in->field_count))
		return err_set(e, ERR_NOMEM, "out of memory for a statement");
	disclose_salts(in->key, 0, in->field_count, w->salt);
	for (size_t i = 0; i < in->field_count; i++) {
		const struct statement_field *f = &in->fields[i];
		const struct disclose_pair p = { f->name, f->name_size, f->value, f->value_size };
		const size_t at = w->text.size;

		disclose_write_with(&w->text, &w->json, w->salt[i], &p);
		if (!buf_ok(&w->text))
			return err_set(e, ERR_NOMEM, "out of memory for a disclosure");
		w->message[before + i].size = w->text.size - at;
		if (w->message[before + i].size > DISCLOSE_MAX_BYTES)
			return err_set(e, ERR_LIMIT, "field %zu of a revision is too long", i + 1);
	}
	return ERR_OK;
}

/* Append the statement of a revision whose digests begin at `first`. */
static enum err_code
add_statement(const struct statement_in *in, struct work *w, size_t first, struct err *e)
{
	struct buf *b = &w->bytes;
	enum err_code rc;

	for (size_t i = 0; i < in->field_count; i++)
		w->order[i] = set_digest(&w->digest[i], w->hash[first + i]);
	sort_digests(w->order, in->field_count);
	buf_add(b, "\0{\"_sd\":", 8);
	add_list(b, w->order, in->field_count);
	buf_adds(b, ",\"_sd_alg\":\"sha-256\",\"form\":\"");
	buf_adds(b, in->form);
	buf_adds(b, "\",\"id\":\"");
	buf_adds(b, in->id);
	buf_adds(b, "\",\"kind\":\"");
	buf_adds(b, in->kind);
	buf_adds(b, "\",\"parents\":");
	rc = add_parents(in, b, e);
	if (rc != ERR_OK)
		return rc;
	buf_addc(b, '}');
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a statement");
}

/* Point messages 0 .. count - 1, whose sizes are set, at their places one after the other. */
static void
place_messages(struct work *w, const struct buf *b, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		w->message[i].p = b->data + at;
		at += w->message[i].size;
	}
}

/* The statements of a group whose disclosures are in w->text, then their leaf hashes. */
static enum err_code
finish_group(const struct statement_in *in, size_t count, struct work *w, uint8_t (*ret_leaf)[32],
             struct err *e)
{
	size_t sizes[GROUP];
	size_t first = 0;

	for (size_t i = 0; i < count; i++)
		first += in[i].field_count;
	place_messages(w, &w->text, first);
	fast_sha256(w->message, first, w->hash);
	buf_reset(&w->bytes);
	first = 0;
	for (size_t i = 0; i < count; i++) {
		const size_t at = w->bytes.size;
		enum err_code rc = add_statement(&in[i], w, first, e);

		if (rc != ERR_OK)
			return rc;
		first += in[i].field_count;
		sizes[i] = w->bytes.size - at;
	}
	for (size_t i = 0; i < count; i++)
		w->message[i].size = sizes[i];
	place_messages(w, &w->bytes, count);
	fast_sha256(w->message, count, ret_leaf);
	return ERR_OK;
}

enum err_code
statement_leaves(const struct statement_in *in, size_t count, struct statement_scratch *s,
                 uint8_t (*ret_leaf)[32], struct err *e)
{
	struct work *w = work_of(s);
	enum err_code rc;

	if (!w || !work_grow(w, GROUP))
		return err_set(e, ERR_NOMEM, "out of memory for a statement");
	for (size_t i = 0; i < count;) {
		size_t fields = 0;
		size_t n = 0;

		buf_reset(&w->text);
		while (i + n < count && n < GROUP && w->text.size < GROUP_BYTES) {
			rc = add_disclosures(&in[i + n], w, fields, e);
			if (rc != ERR_OK)
				return rc;
			fields += in[i + n].field_count;
			n++;
		}
		rc = finish_group(in + i, n, w, ret_leaf + i, e);
		if (rc != ERR_OK)
			return rc;
		i += n;
	}
	return ERR_OK;
}

enum err_code
statement_leaf(const struct statement_in *in, struct statement_scratch *s, uint8_t ret_leaf[32],
               struct err *e)
{
	const struct work *w;
	uint8_t leaf[1][32];
	enum err_code rc = statement_leaves(in, 1, s, leaf, e);

	if (rc != ERR_OK)
		return rc;
	w = s->work;
	buf_reset(&s->bytes);
	buf_add(&s->bytes, w->bytes.data + 1, w->bytes.size - 1);
	if (!buf_ok(&s->bytes))
		return err_set(e, ERR_NOMEM, "out of memory for a statement");
	memcpy(ret_leaf, leaf[0], 32);
	return ERR_OK;
}

enum err_code
statement_write(const struct statement_in *in, struct statement_scratch *s, struct buf *out,
                struct err *e)
{
	uint8_t leaf[32];
	enum err_code rc = statement_leaf(in, s, leaf, e);

	if (rc != ERR_OK)
		return rc;
	buf_add(out, s->bytes.data, s->bytes.size);
	return buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a statement");
}

enum err_code
statement_disclosure(const struct statement_in *in, size_t i, struct buf *out, struct err *e)
{
	uint8_t salt[1][DISCLOSE_SALT_SIZE];
	enum err_code rc = check_in(in, e);

	if (rc != ERR_OK)
		return rc;
	if (i >= in->field_count)
		return err_set(e, ERR_INVALID, "field %zu of a revision with %zu", i,
		               in->field_count);
	disclose_salts(in->key, i, 1, salt);
	disclose_write(out, salt[0], in->fields[i].name, in->fields[i].name_size,
	               in->fields[i].value, in->fields[i].value_size);
	return buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a disclosure");
}

void
statement_hash(const void *bytes, size_t n, uint8_t out[32])
{
	merkle_leaf(bytes, n, out);
}

/* A list of 43-character digests, strictly rising. */
static enum err_code
read_list(const struct json_value *v, size_t max, struct arena *mem, uint8_t (**ret)[32],
          size_t *ret_n, struct err *e)
{
	const char *before = NULL;
	size_t n = 0;

	if (!v || v->type != JSON_ARRAY)
		return err_set(e, ERR_INVALID, "a statement lacks a list of digests");
	if (v->count > max)
		return err_set(e, ERR_LIMIT, "a statement with %zu digests in a list, at most %zu",
		               v->count, max);
	*ret = arena_calloc(mem, v->count, 32);
	if (!*ret)
		return err_set(e, ERR_NOMEM, "out of memory for a statement");
	for (const struct json_value *d = v->first; d; d = d->next) {
		if (d->type != JSON_STRING || !lines_base64url_32(d->string, d->count, (*ret)[n]))
			return err_set(e, ERR_INVALID, "digest %zu of a statement is malformed",
			               n + 1);
		if (before && memcmp(before, d->string, DIGEST) >= 0)
			return err_set(e, ERR_INVALID, "digest %zu of a statement is out of order",
			               n + 1);
		before = d->string;
		n++;
	}
	*ret_n = n;
	return ERR_OK;
}

static enum err_code
check_canonical(const char *s, size_t n, const struct json_value *v, struct err *e)
{
	struct buf b;
	bool same;

	buf_init(&b, 2 * (size_t)STATEMENT_MAX_BYTES);
	json_write_canonical(&b, v);
	same = buf_ok(&b) && b.size == n && memcmp(b.data, s, n) == 0;
	buf_done(&b);
	return same ? ERR_OK : err_set(e, ERR_INVALID, "the statement is not canonical JSON");
}

/* A member's text without U+0000 inside, NULL if there is none. */
static const char *
plain_text(const struct json_value *v, const char *name)
{
	const struct json_value *m = json_get(v, name);

	if (!m || m->type != JSON_STRING || strlen(m->string) != m->count)
		return NULL;
	return m->string;
}

enum err_code
statement_parse(const char *s, size_t n, struct arena *mem, struct statement *ret, struct err *e)
{
	struct statement st = { 0 };
	struct json_value *v;
	enum err_code rc;

	if (n > STATEMENT_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a statement of %zu bytes is longer than %u", n,
		               STATEMENT_MAX_BYTES);
	rc = json_parse(s, n, 4, mem, &v, e);
	if (rc != ERR_OK) {
		(void)err_prefix(e, "statement");
		return rc;
	}
	if (v->type != JSON_OBJECT || v->count != 6 ||
	    !text_eq(plain_text(v, "_sd_alg"), "sha-256"))
		return err_set(e, ERR_INVALID, "a statement has six members and _sd_alg sha-256");
	st.kind = plain_text(v, "kind");
	st.id = plain_text(v, "id");
	st.form = plain_text(v, "form");
	if (!st.kind || !st.id || !st.form || !word_ok(st.kind, false) || !word_ok(st.form, true) ||
	    !id_ok(st.id))
		return err_set(e, ERR_INVALID, "kind, form or id of a statement is not plain");
	rc = read_list(json_get(v, "_sd"), DISCLOSE_FIELDS_MAX, mem, &st.digests, &st.digest_count,
	               e);
	if (rc == ERR_OK)
		rc = read_list(json_get(v, "parents"), STATEMENT_PARENTS_MAX, mem, &st.parents,
		               &st.parent_count, e);
	if (rc == ERR_OK)
		rc = check_canonical(s, n, v, e);
	if (rc != ERR_OK)
		return rc;
	*ret = st;
	return ERR_OK;
}

static bool
has_digest(const struct statement *st, const uint8_t digest[32])
{
	for (size_t i = 0; i < st->digest_count; i++) {
		if (memcmp(st->digests[i], digest, 32) == 0)
			return true;
	}
	return false;
}

enum err_code
statement_check(const struct statement *st, const struct disclosure *d, size_t count, struct err *e)
{
	char quoted[80];

	if (count > st->digest_count)
		return err_set(e, ERR_VERIFY, "%zu disclosures for a statement with %zu digests",
		               count, st->digest_count);
	for (size_t i = 0; i < count; i++) {
		if (is_header_name(d[i].name, d[i].name_size))
			return err_set(e, ERR_VERIFY, "disclosure %zu has the name of a header: %s",
			               i + 1, err_quote(d[i].name, quoted, sizeof quoted));
		if (!has_digest(st, d[i].digest))
			return err_set(e, ERR_VERIFY,
			               "disclosure %zu (%s) is not one of this statement", i + 1,
			               err_quote(d[i].name, quoted, sizeof quoted));
		for (size_t j = 0; j < i; j++) {
			if (d[j].name_size == d[i].name_size &&
			    memcmp(d[j].name, d[i].name, d[i].name_size) == 0)
				return err_set(e, ERR_VERIFY,
				               "disclosures %zu and %zu have one name: %s", j + 1,
				               i + 1, err_quote(d[i].name, quoted, sizeof quoted));
		}
	}
	return ERR_OK;
}
