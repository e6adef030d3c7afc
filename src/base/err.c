#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

/* Remove a character that the end of the buffer cut in two. */
static void
mend_end(char *s, size_t size)
{
	size_t n = strlen(s);
	size_t start = n;

	if (n + 1 < size)
		return;
	while (start > 0 && n - start < 4 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)s[start - 1] & 0xC0) == 0xC0)
		start--;
	if (start < n && !text_is_utf8(s + start, n - start))
		s[start] = '\0';
}

__attribute__((format(printf, 3, 0))) static void
format(char *out, size_t size, const char *fmt, va_list args)
{
	if (vsnprintf(out, size, fmt, args) < 0)
		out[0] = '\0';
	mend_end(out, size);
}

enum err_code(err_set)(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return code;
	e->code = code;
	e->hint[0] = '\0';
	va_start(args, fmt);
	format(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return code;
}

enum err_code
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	size_t n;
	va_list args;

	if (!e)
		return ERR_INTERNAL;
	memcpy(old, e->text, sizeof(old));
	va_start(args, fmt);
	format(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s", old); /* a cut is mended below */
	mend_end(e->text, sizeof(e->text));
	return e->code;
}

enum err_code
err_hint(struct err *e, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return ERR_INTERNAL;
	va_start(args, fmt);
	format(e->hint, sizeof(e->hint), fmt, args);
	va_end(args);
	return e->code;
}

void
err_clear(struct err *e)
{
	if (!e)
		return;
	e->code = ERR_OK;
	e->text[0] = '\0';
	e->hint[0] = '\0';
}

const char *
err_quote(const char *text, char *buf, unsigned buf_size)
{
	static const char ellipsis[] = "\xE2\x80\xA6";
	size_t n, i = 0, out = 0;
	unsigned characters = 0;

	if (buf_size == 0)
		return buf;
	if (!text)
		text = "";
	n = strlen(text);
	while (i < n) {
		size_t start = i;
		uint32_t cp = text_utf8_next(text, n, &i);
		bool bad = text_is_unsafe(cp) || (cp == 0xFFFD && i - start == 1);
		size_t width = bad ? 1 : i - start;

		if (characters == 60 || out + width + 1 > buf_size) {
			/* Step back until the ellipsis fits. */
			while (out > 0 && out + sizeof(ellipsis) > buf_size) {
				out--;
				while (out > 0 && ((unsigned char)buf[out] & 0xC0) == 0x80)
					out--;
			}
			if (out + sizeof(ellipsis) <= buf_size) {
				memcpy(buf + out, ellipsis, sizeof(ellipsis) - 1);
				out += sizeof(ellipsis) - 1;
			}
			break;
		}
		if (bad)
			buf[out] = '?';
		else
			memcpy(buf + out, text + start, width);
		out += width;
		characters++;
	}
	buf[out] = '\0';
	return buf;
}

const char *
err_name(enum err_code code)
{
	switch (code) {
	case ERR_OK:
		return "ok";
	case ERR_INVALID:
		return "invalid";
	case ERR_NOTFOUND:
		return "not-found";
	case ERR_NOMEM:
		return "no-memory";
	case ERR_IO:
		return "io";
	case ERR_LIMIT:
		return "limit";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_VERIFY:
		return "verify";
	case ERR_UNKNOWN:
		return "unknown";
	case ERR_UNSUPPORTED:
		return "unsupported";
	case ERR_DENIED:
		return "denied";
	case ERR_INTERNAL:
		return "internal";
	}
	return "internal";
}

int
err_exit_status(enum err_code code)
{
	switch (code) {
	case ERR_OK:
		return 0;
	case ERR_VERIFY:
		return 4;
	case ERR_UNKNOWN:
		return 5;
	default:
		return 1;
	}
}
