#include <string.h>

#include "base/text.h"
#include "reader/jscan.h"

bool
jscan_fail(struct jscan *j, const char *why)
{
	if (!j->why)
		j->why = why;
	return false;
}

bool
jscan_expect(struct jscan *j, char c)
{
	if (jscan_peek(j) != c || j->p == j->end)
		return jscan_fail(j, c == ':'   ? "a \":\" is missing"
		                     : c == '[' ? "a list \"[\" is missing"
		                     : c == '{' ? "an object \"{\" is missing"
		                                : "the punctuation is not JSON");
	j->p++;
	return true;
}

bool
jscan_next(struct jscan *j, char close, bool *ret_more)
{
	char c = jscan_peek(j);

	if (c != ',' && c != close)
		return jscan_fail(j, "a \",\" or a closing bracket is missing");
	j->p++;
	*ret_more = c == ',';
	return true;
}

bool
jscan_string(struct jscan *j, struct jtoken *ret)
{
	const char *p;

	if (!(jscan_peek(j) == '"'))
		return jscan_fail(j, "a text in quotes is missing");
	p = ++j->p;
	*ret = (struct jtoken){ .s = p, .kind = '"' };
	for (;;) {
		while (p < j->end && *p != '"' && *p != '\\')
			p++;
		if (p == j->end)
			return jscan_fail(j, "a text never ends");
		if (*p == '"')
			break;
		ret->escaped = true;
		if (j->end - p < 2)
			return jscan_fail(j, "a text never ends");
		p += 2;
	}
	ret->n = (size_t)(p - ret->s);
	j->p = p + 1;
	return true;
}

static bool
value_members(struct jscan *j, char close)
{
	struct jtoken t;
	bool more = true;

	j->p++;
	if (jscan_peek(j) == close) {
		j->p++;
		return true;
	}
	while (more) {
		if (close == '}' && !(jscan_string(j, &t) && jscan_expect(j, ':')))
			return false;
		if (!jscan_value(j, &t) || !jscan_next(j, close, &more))
			return false;
	}
	return true;
}

static bool
number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

static bool
value_word(struct jscan *j, const char *word, struct jtoken *ret)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return jscan_fail(j, "a value is not JSON");
	*ret = (struct jtoken){ .s = j->p, .n = n, .kind = word[0] };
	j->p += n;
	return true;
}

bool
jscan_value(struct jscan *j, struct jtoken *ret)
{
	char c = jscan_peek(j);
	const char *start = j->p;

	switch (c) {
	case '"':
		return jscan_string(j, ret);
	case '{':
	case '[':
		if (--j->depth < 0)
			return jscan_fail(j, "values are nested too deeply");
		if (!value_members(j, c == '{' ? '}' : ']'))
			return false;
		j->depth++;
		*ret = (struct jtoken){ .s = start, .n = (size_t)(j->p - start), .kind = c };
		return true;
	case 't':
		return value_word(j, "true", ret);
	case 'f':
		return value_word(j, "false", ret);
	case 'n':
		return value_word(j, "null", ret);
	case 'N':
	case 'I':
		return jscan_fail(j, "NaN and Infinity are not JSON");
	default:
		break;
	}
	if (c != '-' && !(c >= '0' && c <= '9'))
		return jscan_fail(j, c ? "a value is not JSON" : "a value is missing");
	while (j->p < j->end && number_byte(*j->p))
		j->p++;
	if (j->p < j->end && *j->p == 'I')
		return jscan_fail(j, "NaN and Infinity are not JSON");
	*ret = (struct jtoken){ .s = start, .n = (size_t)(j->p - start), .kind = '0' };
	return true;
}

bool
jscan_number(struct jscan *j, double *ret)
{
	double v;
	size_t n;

	(void)jscan_peek(j);
	n = text_scan_f64(j->p, (size_t)(j->end - j->p), &v);
	if (!n || (j->p + n < j->end && number_byte(j->p[n])))
		return jscan_fail(j, "a coordinate is not a finite number");
	j->p += n;
	*ret = v;
	return true;
}

/* 1 opens, 2 closes, 3 quote; 0 is passed over. */
static const uint8_t match_class[256] = {
	['{'] = 1, ['['] = 1, ['}'] = 2, [']'] = 2, ['"'] = 3,
};

static const char *
match_string(const char *p, const char *end)
{
	for (;;) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p)
			return NULL;
		if (p[-1] != '\\')
			return p + 1;
		/* An even number of backslashes before the quote escapes only itself. */
		const char *q = p;

		while (q[-1] == '\\')
			q--;
		p++;
		if ((p - 1 - q) % 2 == 0)
			return p;
	}
}

const char *
jscan_match(const char *p, const char *end)
{
	size_t open = 0;

	while (p < end) {
		uint8_t c = match_class[(uint8_t)*p++];

		if (!c)
			continue;
		if (c == 1) {
			open++;
		} else if (c == 2) {
			if (--open == 0)
				return p;
		} else {
			p = match_string(p, end);
			if (!p)
				return NULL;
		}
	}
	return NULL;
}

static int
hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
		        : c >= 'a' && c <= 'f' ? c - 'a' + 10
		        : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                               : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* \uXXXX at s, which is after the u. Returns bytes used, 0 when malformed. */
static size_t
unescape_unicode(const char *s, const char *end, char *out, size_t *ret_n)
{
	int hi = end - s >= 4 ? hex4(s) : -1;
	int lo;

	if (hi <= 0 || (hi >= 0xdc00 && hi <= 0xdfff))
		return 0;
	if (hi < 0xd800 || hi > 0xdbff) {
		*ret_n = text_utf8_put((uint32_t)hi, out);
		return 4;
	}
	if (end - s < 10 || s[4] != '\\' || s[5] != 'u')
		return 0;
	lo = hex4(s + 6);
	if (lo < 0xdc00 || lo > 0xdfff)
		return 0;
	*ret_n = text_utf8_put(0x10000u + ((uint32_t)(hi - 0xd800) << 10) + (uint32_t)(lo - 0xdc00),
	                       out);
	return 10;
}

bool
jscan_unescape(const struct jtoken *t, char *out, size_t *ret_n)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *s = t->s;
	const char *end = t->s + t->n;
	size_t n = 0;

	while (s < end) {
		const char *stop = t->escaped ? memchr(s, '\\', (size_t)(end - s)) : NULL;
		size_t plain = (size_t)((stop ? stop : end) - s);
		const char *known;
		size_t put = 1;

		memcpy(out + n, s, plain);
		n += plain;
		s += plain;
		if (s == end)
			break;
		if (++s == end)
			return false;
		known = *s ? strchr(from, *s) : NULL;
		if (known) {
			out[n] = to[known - from];
			s++;
		} else {
			size_t used = *s == 'u' ? unescape_unicode(s + 1, end, out + n, &put) : 0;

			if (!used)
				return false;
			s += used + 1;
		}
		n += put;
	}
	*ret_n = n;
	return text_is_utf8(out, n) && (n == 0 || !memchr(out, '\0', n));
}

bool
jscan_is(const struct jtoken *t, const char *name)
{
	return t->n == strlen(name) && memcmp(t->s, name, t->n) == 0 && !t->escaped;
}
