#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "reader/encoding.h"
#include "reader/encoding_tables.h"

#define GUESS_BYTES ((size_t)4 << 20)

static const char *const encoding_names[] = { "windows-1250", "windows-1251", "windows-1252",
	                                      "windows-1254", "UTF-8",        "UTF-16LE",
	                                      "UTF-16BE" };

const char *
encoding_name(enum encoding en)
{
	return encoding_names[en];
}

const char *
encoding_iconv_name(enum encoding en)
{
	static const char *const names[] = { "CP1250", "CP1251",   "CP1252",  "CP1254",
		                             "UTF-8",  "UTF-16LE", "UTF-16BE" };

	return names[en];
}

bool
encoding_from_name(const char *name, enum encoding *ret)
{
	static const struct {
		const char *name;
		enum encoding en;
	} also[] = {
		{ "CP1250", ENCODING_1250 },     { "CP1251", ENCODING_1251 },
		{ "CP1252", ENCODING_1252 },     { "CP1254", ENCODING_1254 },
		{ "1250", ENCODING_1250 },       { "1251", ENCODING_1251 },
		{ "1252", ENCODING_1252 },       { "1254", ENCODING_1254 },
		{ "UTF8", ENCODING_UTF8 },       { "latin1", ENCODING_1252 },
		{ "ISO-8859-1", ENCODING_1252 }, { "ISO-8859-9", ENCODING_1254 },
	};

	for (size_t i = 0; i < sizeof encoding_names / sizeof encoding_names[0]; i++) {
		if (text_eq_nocase(name, encoding_names[i])) {
			*ret = (enum encoding)i;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof also / sizeof also[0]; i++) {
		if (text_eq_nocase(name, also[i].name)) {
			*ret = also[i].en;
			return true;
		}
	}
	return false;
}

/* ASCII in UTF-16 has a zero in every second byte; other encodings of text have no zeros at all. */
static bool
looks_utf16(const char *s, size_t n, size_t zero_at)
{
	size_t zeros = 0;
	size_t others = 0; /* a few characters end in a zero byte themselves */
	size_t pairs = (n < 4096 ? n : 4096) / 2;

	for (size_t i = 0; i < pairs; i++) {
		zeros += s[2 * i + zero_at] == 0;
		others += s[2 * i + 1 - zero_at] == 0;
	}
	return pairs >= 2 && zeros * 10 > pairs && others * 8 < zeros;
}

/* UTF-8 with a few broken bytes is still UTF-8: its rows that hold them are bad, not all the
 * others. */
static bool
mostly_utf8(const char *s, size_t n)
{
	size_t whole = 0;
	size_t bad = 0;

	for (size_t i = 0; i < n;) {
		size_t from = i;
		uint32_t cp = text_utf8_next(s, n, &i);

		if (i - from > 1)
			whole++;
		else if (cp == 0xfffd)
			bad++;
	}
	return whole > 10 * bad;
}

static enum encoding
guess_table(const char *s, size_t n)
{
	static const uint8_t turkish[] = { 0xd0, 0xdd, 0xde, 0xf0, 0xfd, 0xfe };
	size_t high = 0;
	size_t run = 0;
	size_t turkish_seen = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c < 0x80)
			continue;
		high++;
		if (i && (uint8_t)s[i - 1] >= 0x80)
			run++;
		if (memchr(turkish, c, sizeof turkish))
			turkish_seen++;
	}
	if (run * 2 > high)
		return ENCODING_1251;
	return turkish_seen * 8 > high ? ENCODING_1254 : ENCODING_1252;
}

enum encoding
encoding_guess(const char *s, size_t n, bool *ret_sure)
{
	*ret_sure = true;
	if (n >= 2 && memcmp(s, "\xff\xfe", 2) == 0)
		return ENCODING_UTF16LE;
	if (n >= 2 && memcmp(s, "\xfe\xff", 2) == 0)
		return ENCODING_UTF16BE;
	if (looks_utf16(s, n, 1))
		return ENCODING_UTF16LE;
	if (looks_utf16(s, n, 0))
		return ENCODING_UTF16BE;
	return encoding_guess_8bit(s, n, ret_sure);
}

enum encoding
encoding_guess_8bit(const char *s, size_t n, bool *ret_sure)
{
	*ret_sure = text_is_utf8(s, n);
	if (*ret_sure)
		return ENCODING_UTF8;
	n = n < GUESS_BYTES ? n : GUESS_BYTES;
	return mostly_utf8(s, n) ? ENCODING_UTF8 : guess_table(s, n);
}

size_t
encoding_mark(enum encoding en, const char *s, size_t n)
{
	if (en == ENCODING_UTF8)
		return n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	if (en == ENCODING_UTF16LE)
		return n >= 2 && memcmp(s, "\xff\xfe", 2) == 0 ? 2 : 0;
	if (en == ENCODING_UTF16BE)
		return n >= 2 && memcmp(s, "\xfe\xff", 2) == 0 ? 2 : 0;
	return 0;
}

static void
put(struct buf *b, uint32_t cp)
{
	char out[4];

	buf_add(b, out, text_utf8_put(cp, out));
}

static bool
utf16_to_utf8(const char *s, size_t n, size_t high_at, struct buf *b)
{
	const uint8_t *u = (const uint8_t *)s;
	bool whole = n % 2 == 0;
	uint32_t lead = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		uint32_t c = (uint32_t)u[i + high_at] << 8 | u[i + 1 - high_at];
		bool low = c >= 0xdc00 && c <= 0xdfff;

		if (lead && low) {
			put(b, 0x10000 + ((lead - 0xd800) << 10) + (c - 0xdc00));
			lead = 0;
			continue;
		}
		if (lead || low) {
			put(b, 0xfffd);
			whole = false;
		}
		lead = c >= 0xd800 && c <= 0xdbff ? c : 0;
		if (!lead && !low)
			put(b, c);
	}
	if (lead)
		put(b, 0xfffd);
	return whole && !lead;
}

bool
encoding_to_utf8(enum encoding en, const char *s, size_t n, struct buf *b)
{
	bool whole = true;
	size_t from = 0;

	if (en == ENCODING_UTF16LE || en == ENCODING_UTF16BE)
		return utf16_to_utf8(s, n, en == ENCODING_UTF16LE ? 1 : 0, b);
	if (en == ENCODING_UTF8) {
		buf_add(b, s, n);
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		uint16_t cp;

		if ((uint8_t)s[i] < 0x80)
			continue;
		buf_add(b, s + from, i - from);
		from = i + 1;
		cp = encoding_high[en][(uint8_t)s[i] - 0x80];
		put(b, cp ? cp : 0xfffd);
		whole = whole && cp;
	}
	buf_add(b, s + from, n - from);
	return whole;
}
