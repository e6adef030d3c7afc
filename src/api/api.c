#include "api/api.h"

#include <stdio.h>
#include <string.h>

#include "api/behind.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/history.h"

enum err_code
api_store(const struct ask *q, struct store **ret, struct err *e)
{
	if (!q->reg || !q->reg->st)
		return err_set(e, ERR_NOTFOUND, "no register is served here");
	*ret = q->reg->st;
	return ERR_OK;
}

bool
api_exact(const struct ask *q)
{
	return access_is_exact(ask_access(q));
}

enum err_code
api_int(const struct ask *q, const char *name, int64_t min, int64_t max, int64_t fallback,
        int64_t *ret, struct err *e)
{
	const char *text = ask_query(q, name);
	char shown[80];
	int64_t v = fallback;

	if (text && (!text_parse_i64(text, strlen(text), &v) || v < min || v > max))
		return err_set(e, ERR_INVALID,
		               "%s is \"%s\"; it must be a whole number %lld .. %lld", name,
		               err_quote(text, shown, sizeof(shown)), (long long)min,
		               (long long)max);
	*ret = v;
	return ERR_OK;
}

enum err_code
api_flag(const struct ask *q, const char *name, bool *ret, struct err *e)
{
	const char *text = ask_query(q, name);
	char shown[80];

	*ret = text && (!*text || text_eq(text, "true") || text_eq(text, "1"));
	if (text && !*ret && !text_eq(text, "false") && !text_eq(text, "0"))
		return err_set(e, ERR_INVALID, "%s is \"%s\"; it must be true or false", name,
		               err_quote(text, shown, sizeof(shown)));
	return ERR_OK;
}

enum err_code
api_kind(struct store *st, const char *name, int *ret, struct err *e)
{
	char shown[80];

	if (!name)
		return err_set(e, ERR_INVALID, "a kind of record must be named, such as hazard");
	*ret = store_kind(st, name);
	if (*ret < 0)
		return err_set(e, ERR_INVALID, "there is no kind of record called \"%s\"",
		               err_quote(name, shown, sizeof(shown)));
	return ERR_OK;
}

enum err_code
api_body(const struct ask *q, const struct json_value **ret, struct err *e)
{
	struct json_value *v = NULL;
	enum err_code rc;

	if (q->body_size == 0)
		return err_set(e, ERR_INVALID, "the request has no body; it must be a JSON object");
	if (!ask_is_json(q))
		return err_set(e, ERR_INVALID, "the body must be application/json");
	rc = json_parse((const char *)q->body, q->body_size, 0, q->mem, &v, e);
	if (rc)
		return err_prefix(e, "the body");
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "the body must be a JSON object");
	*ret = v;
	return ERR_OK;
}

enum err_code
api_only(const struct json_value *body, const char *const *names, struct err *e)
{
	char shown[80];

	for (const struct json_value *m = body->first; m; m = m->next) {
		const char *const *n = names;

		while (*n && !text_eq(*n, m->key))
			n++;
		if (!*n)
			return err_set(e, ERR_INVALID,
			               "the body has a member \"%s\", which is not known",
			               err_quote(m->key, shown, sizeof(shown)));
	}
	return ERR_OK;
}

enum err_code
api_refuse(struct reply *r, int status, const struct err *e)
{
	char field[80] = "";
	size_t n = 0;

	if (text_starts(e->text, "field "))
		n = strcspn(e->text + 6, ": ");
	if (n && n < sizeof(field) && e->text[6 + n] == ':')
		(void)snprintf(field, sizeof(field), "%.*s", (int)n, e->text + 6);
	reply_problem_of(r, status ? status : reply_status_of(e->code), e, field, false);
	return ERR_OK;
}

enum err_code
api_refuse_factor(struct reply *r, const struct err *e)
{
	reply_problem_of(r, 403, e, "", true);
	return ERR_OK;
}

enum err_code
api_done(struct reply *r)
{
	if (buf_ok(&r->body))
		reply_etag_of_body(r);
	return ERR_OK;
}

void
api_value(struct json_writer *w, const char *key, const struct store_value *v)
{
	switch (v->type) {
	case STORE_NULL:
		json_null(w, key);
		break;
	case STORE_INT:
		json_int(w, key, v->i);
		break;
	case STORE_REAL:
		json_number(w, key, v->d);
		break;
	case STORE_TEXT:
		json_string(w, key, v->s);
		break;
	case STORE_JSON:
		json_raw(w, key, v->s, v->n);
		break;
	}
}

void
api_fields(struct json_writer *w, const struct store_fields *f, bool all)
{
	for (size_t i = 0; i < f->form->field_count; i++) {
		const struct form_field *field = &f->form->field[i];

		if (f->value[i].type == STORE_NULL || field_is_main_geometry(field))
			continue;
		if (!all && (field->type == FORM_REPEAT || field->type == FORM_GEOMETRY))
			continue;
		api_value(w, field->name, &f->value[i]);
	}
}

const char *
api_label(const struct store_fields *f)
{
	static const char *const names[] = { "national_id", "title",      "name",  "name_en",
		                             "statement",   "place_name", "model", NULL };
	const char *s = NULL;

	for (const char *const *p = names; *p && !(s && *s); p++)
		s = fields_text(f, *p);
	return s;
}

/* --- answers kept -------------------------------------------------------------------------------
 */

enum {
	KEEP_MOST = 256
};
#define KEEP_BYTES ((size_t)48 << 20)

struct kept {
	char *key;
	struct buf answer;
	uint64_t used; /* when it was asked for last */
	int64_t state; /* it is of */
	bool lasting;  /* it took long: given, marked, though something changed */
};

/* A change that was answered. */
struct once {
	uint8_t key[HASH_SIZE], body[HASH_SIZE];
	int status;
	struct buf answer;
	int64_t submission; /* -1 = none */
	char leaf[65];      /* of the submission */
	bool used;
};

enum {
	ONCE_MOST = 1000,
	ONCE_BYTES = 1 << 16
};

struct keep {
	struct once once[ONCE_MOST];
	size_t next_once;
	int64_t day; /* of the answers */
	size_t bytes, count;
	uint64_t clock;
	struct kept one[KEEP_MOST];
};

static void
drop(struct keep *k, size_t i)
{
	k->bytes -= k->one[i].answer.size;
	mem_free(k->one[i].key);
	buf_done(&k->one[i].answer);
	k->one[i] = k->one[--k->count];
}

static void
keep_free(void *p)
{
	struct keep *k = p;

	while (k->count)
		drop(k, k->count - 1);
	for (size_t i = 0; i < ONCE_MOST; i++)
		buf_done(&k->once[i].answer);
	mem_free(k);
}

/* What is kept of the register today; NULL = nothing can be kept. */
static struct keep *
keep_of(const struct ask *q)
{
	struct site_register *reg = q->reg;
	struct keep *k = reg->keep[SITE_KEEP_API];
	int64_t day = clock_now_us() / 86400000000;

	if (!k) {
		k = mem_calloc(1, sizeof(*k));
		reg->keep[SITE_KEEP_API] = k;
		reg->keep_free[SITE_KEEP_API] = keep_free;
	}
	if (k && k->day != day) {
		while (k->count)
			drop(k, k->count - 1);
		k->day = day;
	}
	return k;
}

static struct kept *
find_kept(struct keep *k, const char *key)
{
	for (size_t i = 0; k && i < k->count; i++)
		if (text_eq(k->one[i].key, key))
			return &k->one[i];
	return NULL;
}

/* The answer made behind in the place of an older one. */
static void
renew(struct keep *k, struct kept *one, const struct ask *q)
{
	struct buf newer;

	buf_init(&newer, KEEP_BYTES);
	if (behind_take(q->reg->behind, q, one->key, &one->state, &newer) && buf_ok(&newer)) {
		k->bytes += newer.size - one->answer.size;
		buf_done(&one->answer);
		one->answer = newer;
		return;
	}
	buf_done(&newer);
}

/* An object with two members in front that say how old it is. */
static void
add_marked(const struct kept *one, struct reply *r)
{
	if (one->answer.size < 2 || one->answer.data[0] != '{') {
		buf_add(&r->body, one->answer.data, one->answer.size);
		return;
	}
	buf_printf(&r->body, "{\"stale\":true,\"log_size\":%lld,", (long long)one->state);
	buf_add(&r->body, one->answer.data + 1, one->answer.size - 1);
}

/* Put an answer among the others, copied; the oldest make room. NULL: it is not kept. */
static struct kept *
keep_one(struct keep *k, const char *key, int64_t state, const struct buf *answer)
{
	struct kept *one;

	if (!k || !buf_ok(answer) || answer->size > KEEP_BYTES / 4)
		return NULL;
	while (k->count && (k->count == KEEP_MOST || k->bytes + answer->size > KEEP_BYTES)) {
		size_t oldest = 0;

		for (size_t i = 1; i < k->count; i++)
			if (k->one[i].used < k->one[oldest].used)
				oldest = i;
		drop(k, oldest);
	}
	one = &k->one[k->count];
	*one = (struct kept){ .key = mem_strdup(key), .used = ++k->clock, .state = state };
	buf_init(&one->answer, KEEP_BYTES);
	buf_add(&one->answer, answer->data, answer->size);
	if (!one->key || !buf_ok(&one->answer)) {
		mem_free(one->key);
		buf_done(&one->answer);
		return NULL;
	}
	k->bytes += answer->size;
	k->count++;
	return one;
}

/* The first answer to a question, made behind. */
static struct kept *
take_first(struct keep *k, const struct ask *q, const char *key)
{
	struct kept *one = NULL;
	int64_t state = -1;
	struct buf answer;

	buf_init(&answer, KEEP_BYTES);
	if (behind_take(q->reg->behind, q, key, &state, &answer))
		one = keep_one(k, key, state, &answer);
	if (one)
		one->lasting = true;
	buf_done(&answer);
	return one;
}

bool
api_kept(const struct ask *q, const char *key, int64_t state, struct reply *r)
{
	struct behind *b = q->reg->behind;
	struct keep *k;
	struct kept *one;

	if (q->reg->makes_behind)
		return b && behind_has(b, q, key, state);
	k = keep_of(q);
	one = find_kept(k, key);
	if (!one && b)
		one = take_first(k, q, key);
	if (one && one->lasting && b && one->state < state)
		renew(k, one, q);
	if (!one || (one->state != state && !(one->lasting && b))) {
		if (one)
			drop(k, (size_t)(one - k->one));
		return false;
	}
	one->used = ++k->clock;
	if (one->lasting && b)
		behind_note(b, q, key, one->state, one->state < state);
	if (one->state < state) {
		add_marked(one, r);
		r->cacheable = false;
	} else {
		buf_add(&r->body, one->answer.data, one->answer.size);
	}
	return true;
}

bool
api_waits(const struct ask *q, const char *key, struct reply *r)
{
	struct json_writer w;
	int64_t us;

	if (!q->reg->large || !q->reg->behind || q->reg->makes_behind)
		return false;
	us = behind_first(q->reg->behind, q, key);
	if (us < 0)
		return false;
	r->status = 503;
	r->type = "application/problem+json";
	r->cacheable = false;
	reply_header(r, "Retry-After", us < 10000000 ? "2" : "10");
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "type", "about:blank");
	json_string(&w, "title", "being made");
	json_int(&w, "status", 503);
	json_string(&w, "detail",
	            "the register is large and this is reckoned for the first time since the "
	            "server started; ask again");
	json_int(&w, "making_s", us / 1000000);
	json_object_end(&w);
	return true;
}

void
api_keep(const struct ask *q, const char *key, int64_t state, const struct reply *r,
         int64_t started_us)
{
	int64_t took_us = clock_steady_us() - started_us;
	struct behind *b = q->reg->behind;
	struct kept *one;

	if (q->reg->makes_behind) {
		if (b && buf_ok(&r->body))
			behind_answer(b, q, key, state, &r->body);
		return;
	}
	one = keep_one(keep_of(q), key, state, &r->body);
	if (!one || !b || !behind_is_long(b, took_us))
		return;
	one->lasting = true;
	behind_note(b, q, key, state, false);
}

/* --- changes that come twice
 * ------------------------------------------------------------------------------- */

static bool
once_key(const struct ask *q, const char *key, uint8_t out[HASH_SIZE], uint8_t body[HASH_SIZE])
{
	const char *text =
		arena_printf(q->mem, "%lld\n%s\n%s\n%s%s", (long long)q->who.id,
	                     q->who.account ? q->who.account : "", key, q->prefix, q->path);

	if (!text)
		return false;
	hash_sha256(text, strlen(text), out);
	hash_sha256(q->body, q->body_size, body);
	return true;
}

/* What is written together becomes durable together, or not at all: is the submission that an
 * answer rests on still the one it was? */
static bool
still_there(const struct ask *q, const struct once *o)
{
	struct history_submission s;
	struct err quiet = { 0 };

	return o->submission < 0 ||
	       (!history_submission(q->reg->st, o->submission, q->mem, &s, &quiet) &&
	        text_eq(s.leaf_hash, o->leaf));
}

enum err_code
api_once(const struct ask *q, struct reply *r, bool *ret_done, struct err *e)
{
	const char *key = ask_header(q, "idempotency-key");
	struct keep *k = keep_of(q);
	uint8_t hash[HASH_SIZE], body[HASH_SIZE];

	*ret_done = false;
	if (!key)
		return ERR_OK;
	if (!*key || strlen(key) > 100 || !text_is_utf8(key, strlen(key)))
		return err_set(e, ERR_INVALID, "Idempotency-Key must have 1 to 100 characters");
	if (!k || !once_key(q, key, hash, body))
		return ERR_OK;
	for (size_t i = 0; i < ONCE_MOST; i++) {
		const struct once *o = &k->once[i];

		if (!o->used || memcmp(o->key, hash, HASH_SIZE) != 0 || !still_there(q, o))
			continue;
		if (memcmp(o->body, body, HASH_SIZE) != 0)
			return err_set(e, ERR_CONFLICT,
			               "the same Idempotency-Key came with another body before");
		buf_add(&r->body, o->answer.data, o->answer.size);
		r->status = o->status;
		*ret_done = true;
		return ERR_OK;
	}
	return ERR_OK;
}

void
api_remember(const struct ask *q, const struct reply *r, int64_t submission)
{
	struct history_submission s = { .leaf_hash = "" };
	struct err quiet = { 0 };
	const char *key = ask_header(q, "idempotency-key");
	struct keep *k = keep_of(q);
	struct once *o = k ? &k->once[k->next_once] : NULL;

	if (!key || !o || r->status >= 300 || !buf_ok(&r->body) ||
	    (submission >= 0 &&
	     history_submission(q->reg->st, submission, q->mem, &s, &quiet) != ERR_OK))
		return;
	buf_done(&o->answer);
	buf_init(&o->answer, ONCE_BYTES);
	buf_add(&o->answer, r->body.data, r->body.size);
	o->status = r->status;
	o->submission = submission;
	memcpy(o->leaf, s.leaf_hash, sizeof(o->leaf));
	o->used = buf_ok(&o->answer) && once_key(q, key, o->key, o->body);
	k->next_once = (k->next_once + 1) % ONCE_MOST;
}
