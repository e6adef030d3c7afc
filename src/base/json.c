#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define DEFAULT_DEPTH 64
#define LARGEST_DEPTH 512 /* each level costs the reader's stack about 200 bytes */
#define FEW_MEMBERS 12    /* up to here names are compared pair by pair */
#define WRITER_DEPTH 32

struct parser {
	const char *start;
	const char *p;
	const char *end;
	struct arena *mem;
	struct err *e;
	int depth_left;
	int max_depth;
};

static enum err_code
fail_at(const struct parser *ps, const char *at, const char *what)
{
	size_t line = 1;
	const char *begin = ps->start;

	for (const char *q = ps->start; q < at; q++) {
		if (*q == '\n') {
			line++;
			begin = q + 1;
		}
	}
	return err_set(ps->e, ERR_INVALID, "line %zu, column %zu: %s", line,
	               text_utf8_length(begin, (size_t)(at - begin)) + 1, what);
}

static enum err_code
fail_memory(const struct parser *ps)
{
	return err_set(ps->e, ERR_NOMEM, "the JSON text needs more memory than is allowed");
}

static void
skip_blanks(struct parser *ps)
{
	while (ps->p < ps->end &&
	       (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r' || *ps->p == '\t'))
		ps->p++;
}

static bool
read_hex4(const char *s, const char *end, uint32_t *ret)
{
	uint8_t b[2];

	if (end - s < 4 || !text_unhex(s, 4, b, 2))
		return false;
	*ret = (uint32_t)b[0] << 8 | b[1];
	return true;
}

/* Decode one escape at *at (behind the backslash); returns NULL or what is wrong. */
static const char *
read_escape(const char **at, const char *end, char **out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *s = *at;
	const char *found;
	uint32_t cp, low;

	if (*s != 'u') {
		found = *s ? strchr(names, *s) : NULL;
		if (!found)
			return "this escape does not exist";
		*(*out)++ = meant[found - names];
		*at = s + 1;
		return NULL;
	}
	if (!read_hex4(s + 1, end, &cp))
		return "\\u needs four hexadecimal digits";
	s += 5;
	if (cp >= 0xD800 && cp <= 0xDFFF) {
		if (cp >= 0xDC00 || end - s < 6 || s[0] != '\\' || s[1] != 'u' ||
		    !read_hex4(s + 2, end, &low) || low < 0xDC00 || low > 0xDFFF)
			return "a surrogate stands alone";
		cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
		s += 6;
	}
	*out += text_utf8_put(cp, *out);
	*at = s;
	return NULL;
}

/* p stands on the opening quote. *ret gets a NUL-terminated copy. */
static enum err_code
read_string(struct parser *ps, const char **ret, size_t *ret_size)
{
	const char *open = ps->p;
	const char *begin = open + 1;
	const char *p = begin;
	unsigned char seen = 0;
	bool escapes = false;
	char *copy, *out;

	while (p < ps->end && *p != '"') {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20)
			return fail_at(ps, p, "a control character in a string must be escaped");
		seen |= c;
		if (c == '\\') {
			escapes = true;
			if (++p >= ps->end)
				break;
		}
		p++;
	}
	if (p >= ps->end)
		return fail_at(ps, open, "this string never ends");
	if ((seen & 0x80) && !text_is_utf8(begin, (size_t)(p - begin)))
		return fail_at(ps, open, "this string is not UTF-8");
	ps->p = p + 1;
	/* No escape is shorter than what it stands for. */
	copy = arena_strndup(ps->mem, begin, (size_t)(p - begin));
	if (!copy)
		return fail_memory(ps);
	*ret = copy;
	*ret_size = (size_t)(p - begin);
	if (!escapes)
		return ERR_OK;
	out = copy;
	for (const char *q = begin; q < p;) {
		const char *wrong;

		if (*q != '\\') {
			*out++ = *q++;
			continue;
		}
		open = q++;
		wrong = read_escape(&q, p, &out);
		if (wrong)
			return fail_at(ps, open, wrong);
	}
	*out = '\0';
	*ret_size = (size_t)(out - copy);
	return ERR_OK;
}

static enum err_code
read_word(struct parser *ps, struct json_value *v)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(ps->end - ps->p) >= n && memcmp(ps->p, words[i].word, n) == 0) {
			v->type = words[i].type;
			ps->p += n;
			return ERR_OK;
		}
	}
	return fail_at(ps, ps->p, "a value is expected here");
}

static enum err_code
read_number(struct parser *ps, struct json_value *v)
{
	size_t used = decimal_read(ps->p, (size_t)(ps->end - ps->p), DECIMAL_JSON, &v->number);

	if (used == 0)
		return fail_at(ps, ps->p, "this is not a finite JSON number");
	v->type = JSON_NUMBER;
	ps->p += used;
	return ERR_OK;
}

static int
compare_names(const void *a, const void *b)
{
	const struct json_value *x = *(const struct json_value *const *)a;
	const struct json_value *y = *(const struct json_value *const *)b;

	return json_key_cmp(x->key, x->key_size, y->key, y->key_size);
}

static enum err_code
fail_twice(const struct parser *ps, const struct json_value *v)
{
	char quoted[200];
	char what[300];

	(void)snprintf(what, sizeof(what),
	               "the name \"%s\" stands twice in the object that ends here",
	               err_quote(v->key, quoted, sizeof(quoted))); /* fits */
	return fail_at(ps, ps->p, what);
}

/* Names of one object must differ. */
static enum err_code
check_names(const struct parser *ps, const struct json_value *object)
{
	struct json_value **sorted;
	size_t n = 0;

	if (object->count <= FEW_MEMBERS) {
		for (struct json_value *a = object->first; a; a = a->next) {
			for (struct json_value *b = a->next; b; b = b->next) {
				if (a->key_size == b->key_size &&
				    memcmp(a->key, b->key, a->key_size) == 0)
					return fail_twice(ps, b);
			}
		}
		return ERR_OK;
	}
	sorted = arena_calloc(ps->mem, object->count, sizeof(*sorted));
	if (!sorted)
		return fail_memory(ps);
	for (struct json_value *a = object->first; a; a = a->next)
		sorted[n++] = a;
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < n; i++) {
		if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
			return fail_twice(ps, sorted[i]);
	}
	return ERR_OK;
}

static enum err_code read_value(struct parser *ps, struct json_value *v);

static enum err_code
read_name(struct parser *ps, struct json_value *member)
{
	enum err_code rc;

	if (ps->p >= ps->end || *ps->p != '"')
		return fail_at(ps, ps->p, "a name in double quotes is expected here");
	rc = read_string(ps, &member->key, &member->key_size);
	if (rc != ERR_OK)
		return rc;
	skip_blanks(ps);
	if (ps->p >= ps->end || *ps->p != ':')
		return fail_at(ps, ps->p, "':' is expected here");
	ps->p++;
	skip_blanks(ps);
	return ERR_OK;
}

/* p stands on the opening bracket. */
static enum err_code
read_nest(struct parser *ps, struct json_value *v)
{
	bool object = *ps->p == '{';
	char close = object ? '}' : ']';
	struct json_value **tail = &v->first;
	enum err_code rc;

	if (ps->depth_left == 0)
		return err_set(ps->e, ERR_LIMIT, "the JSON text nests deeper than %d levels",
		               ps->max_depth);
	ps->depth_left--;
	v->type = object ? JSON_OBJECT : JSON_ARRAY;
	ps->p++;
	skip_blanks(ps);
	if (ps->p < ps->end && *ps->p == close) {
		ps->p++;
		ps->depth_left++;
		return ERR_OK;
	}
	for (;;) {
		struct json_value *child = arena_alloc(ps->mem, sizeof(*child));

		if (!child)
			return fail_memory(ps);
		rc = object ? read_name(ps, child) : ERR_OK;
		if (rc == ERR_OK)
			rc = read_value(ps, child);
		if (rc != ERR_OK)
			return rc;
		*tail = child;
		tail = &child->next;
		v->count++;
		skip_blanks(ps);
		if (ps->p < ps->end && *ps->p == ',') {
			ps->p++;
			skip_blanks(ps);
			continue;
		}
		if (ps->p >= ps->end || *ps->p != close)
			return fail_at(ps, ps->p,
			               object ? "',' or '}' is expected here"
			                      : "',' or ']' is expected here");
		break;
	}
	rc = object ? check_names(ps, v) : ERR_OK;
	ps->p++;
	ps->depth_left++;
	return rc;
}

static enum err_code
read_value(struct parser *ps, struct json_value *v)
{
	if (ps->p >= ps->end)
		return fail_at(ps, ps->p, "the text ends where a value is expected");
	switch (*ps->p) {
	case '{':
	case '[':
		return read_nest(ps, v);
	case '"':
		v->type = JSON_STRING;
		return read_string(ps, &v->string, &v->count);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return read_number(ps, v);
	default:
		return read_word(ps, v);
	}
}

enum err_code
json_parse(const char *s, size_t n, int max_depth, struct arena *mem, struct json_value **ret,
           struct err *e)
{
	struct parser ps = { .mem = mem, .e = e };
	struct json_value *v;
	enum err_code rc;

	if (!s || n == 0) {
		s = "";
		n = 0;
	}
	ps.start = ps.p = s;
	ps.end = s + n;
	ps.max_depth = max_depth <= 0 ? DEFAULT_DEPTH : max_depth;
	if (ps.max_depth > LARGEST_DEPTH)
		ps.max_depth = LARGEST_DEPTH;
	ps.depth_left = ps.max_depth;
	v = arena_alloc(mem, sizeof(*v));
	if (!v)
		return fail_memory(&ps);
	skip_blanks(&ps);
	rc = read_value(&ps, v);
	if (rc != ERR_OK)
		return rc;
	skip_blanks(&ps);
	if (ps.p < ps.end)
		return fail_at(&ps, ps.p, "nothing may follow the value");
	*ret = v;
	return ERR_OK;
}

struct json_value *
json_get(const struct json_value *v, const char *name)
{
	size_t n = strlen(name);

	if (!v || v->type != JSON_OBJECT)
		return NULL;
	for (struct json_value *m = v->first; m; m = m->next) {
		if (m->key_size == n && memcmp(m->key, name, n) == 0)
			return m;
	}
	return NULL;
}

const char *
json_get_string(const struct json_value *v, const char *name)
{
	const struct json_value *m = json_get(v, name);

	return m && m->type == JSON_STRING ? m->string : NULL;
}

double
json_get_number(const struct json_value *v, const char *name, double fallback)
{
	const struct json_value *m = json_get(v, name);

	return m && m->type == JSON_NUMBER ? m->number : fallback;
}

/* UTF-8 sorts by code point; UTF-16 puts U+10000 and up (lead F0..F4) before U+E000..U+FFFF. */
static unsigned
utf16_rank(unsigned char c)
{
	return c == 0xEE || c == 0xEF ? c + 0x10u : c;
}

int
json_key_cmp(const char *a, size_t a_n, const char *b, size_t b_n)
{
	size_t n = a_n < b_n ? a_n : b_n;

	for (size_t i = 0; i < n; i++) {
		unsigned x, y;

		if (a[i] == b[i])
			continue;
		x = utf16_rank((unsigned char)a[i]);
		y = utf16_rank((unsigned char)b[i]);
		return x < y ? -1 : 1;
	}
	return a_n < b_n ? -1 : a_n > b_n ? 1 : 0;
}

/* RFC 8785, 3.2.2.2: the short escapes where JSON has one, else \u00xx. */
static void
write_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char control[] = "btn_fr"; /* U+0008 .. U+000D */
	char out[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\') {
		out[1] = (char)c;
		buf_add(b, out, 2);
	} else if (c >= 8 && c <= 13 && c != 11) {
		out[1] = control[c - 8];
		buf_add(b, out, 2);
	} else {
		buf_add(b, out, 6);
	}
}

void
json_write_string(struct buf *b, const char *s, size_t n)
{
	size_t done = 0;
	unsigned char seen = 0;

	buf_addc(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		seen |= c;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, s + done, i - done);
		write_escape(b, c);
		done = i + 1;
	}
	if ((seen & 0x80) && !text_is_utf8(s, n)) {
		b->failed = true;
		return;
	}
	buf_add(b, s + done, n - done);
	buf_addc(b, '"');
}

void
json_write_number(struct buf *b, double v)
{
	char text[32];
	size_t n = text_format_f64(v, text);

	if (n == 0) {
		b->failed = true;
		return;
	}
	buf_add(b, text, n);
}

void
json_write_i64(struct buf *b, int64_t v)
{
	char text[24];
	char *end = text + sizeof(text);
	char *p = end;
	uint64_t m = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + m % 10);
		m /= 10;
	} while (m > 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
}

static void
write_member(struct buf *b, const struct json_value *m, bool first)
{
	if (!first)
		buf_addc(b, ',');
	json_write_string(b, m->key, m->key_size);
	buf_addc(b, ':');
	json_write_canonical(b, m);
}

static bool
is_sorted(const struct json_value *object)
{
	for (const struct json_value *m = object->first; m && m->next; m = m->next) {
		if (json_key_cmp(m->key, m->key_size, m->next->key, m->next->key_size) > 0)
			return false;
	}
	return true;
}

static void
write_object(struct buf *b, const struct json_value *v)
{
	const struct json_value **sorted;
	size_t n = 0;

	buf_addc(b, '{');
	if (is_sorted(v)) {
		for (const struct json_value *m = v->first; m; m = m->next)
			write_member(b, m, m == v->first);
		buf_addc(b, '}');
		return;
	}
	sorted = mem_calloc(v->count, sizeof(*sorted));
	if (!sorted) {
		b->failed = true;
		return;
	}
	for (const struct json_value *m = v->first; m; m = m->next)
		sorted[n++] = m;
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n; i++)
		write_member(b, sorted[i], i == 0);
	mem_free(sorted);
	buf_addc(b, '}');
}

void
json_write_canonical(struct buf *b, const struct json_value *v)
{
	switch (v->type) {
	case JSON_NULL:
		buf_add(b, "null", 4);
		break;
	case JSON_FALSE:
		buf_add(b, "false", 5);
		break;
	case JSON_TRUE:
		buf_add(b, "true", 4);
		break;
	case JSON_NUMBER:
		json_write_number(b, v->number);
		break;
	case JSON_STRING:
		json_write_string(b, v->string, v->count);
		break;
	case JSON_ARRAY:
		buf_addc(b, '[');
		for (const struct json_value *c = v->first; c; c = c->next) {
			json_write_canonical(b, c);
			if (c->next)
				buf_addc(b, ',');
		}
		buf_addc(b, ']');
		break;
	case JSON_OBJECT:
		write_object(b, v);
		break;
	}
}

void
json_begin(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

/* Comma and name in front of a value. */
static void
lead(struct json_writer *w, const char *key)
{
	uint64_t bit = (uint64_t)1 << w->depth;

	if (w->has_element & bit)
		buf_addc(w->out, ',');
	w->has_element |= bit;
	if (key) {
		json_write_string(w->out, key, strlen(key));
		buf_addc(w->out, ':');
	}
}

static void
nest(struct json_writer *w, const char *key, char open)
{
	lead(w, key);
	if (w->depth >= WRITER_DEPTH) {
		w->out->failed = true;
		return;
	}
	w->depth++;
	w->has_element &= ~((uint64_t)1 << w->depth);
	buf_addc(w->out, open);
}

static void
unnest(struct json_writer *w, char close)
{
	if (w->depth == 0) {
		w->out->failed = true;
		return;
	}
	w->depth--;
	buf_addc(w->out, close);
}

void
json_object(struct json_writer *w, const char *key)
{
	nest(w, key, '{');
}

void
json_object_end(struct json_writer *w)
{
	unnest(w, '}');
}

void
json_array(struct json_writer *w, const char *key)
{
	nest(w, key, '[');
}

void
json_array_end(struct json_writer *w)
{
	unnest(w, ']');
}

void
json_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value) {
		json_null(w, key);
		return;
	}
	lead(w, key);
	json_write_string(w->out, value, strlen(value));
}

void
json_number(struct json_writer *w, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(w, key);
		return;
	}
	lead(w, key);
	json_write_number(w->out, value);
}

void
json_int(struct json_writer *w, const char *key, int64_t value)
{
	lead(w, key);
	json_write_i64(w->out, value);
}

void
json_bool(struct json_writer *w, const char *key, bool value)
{
	lead(w, key);
	buf_adds(w->out, value ? "true" : "false");
}

void
json_null(struct json_writer *w, const char *key)
{
	lead(w, key);
	buf_add(w->out, "null", 4);
}

void
json_raw(struct json_writer *w, const char *key, const char *json, size_t n)
{
	lead(w, key);
	buf_add(w->out, json, n);
}
