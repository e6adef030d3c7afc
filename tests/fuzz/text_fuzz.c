/* Numbers, times, ids and encodings as text: what is accepted reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
check_numbers(const char *s, size_t n)
{
	char out[32];
	double v, back;
	int64_t us, again;
	struct uuid u;

	if (text_parse_f64(s, n, &v)) {
		must(text_scan_f64(s, n, &back) == n);
		must(text_parse_f64(out, text_format_f64(v, out), &back));
		must(v == back);
	}
	if (n == sizeof(v)) {
		memcpy(&v, s, sizeof(v));
		if (text_format_f64(v, out) > 0) {
			must(text_parse_f64(out, strlen(out), &back));
			must(v == back);
		}
	}
	if (clock_parse_us(s, n, &us)) {
		clock_format_us(us, out);
		must(clock_parse_us(out, strlen(out), &again) && us == again);
	}
	(void)uuid_parse(s, n, &u); /* only must not crash */
}

static void
check_encodings(const char *s, size_t n)
{
	uint8_t bytes[64];
	char out[96];
	size_t got;

	if (text_unbase64(s, n, bytes, sizeof(bytes), &got))
		must(text_base64(bytes, got, out) == n && memcmp(out, s, n) == 0);
	if (text_unbase64url(s, n, bytes, sizeof(bytes), &got))
		must(text_base64url(bytes, got, out) == n && memcmp(out, s, n) == 0);
}

static void
check_utf8(const char *s, size_t n)
{
	char folded[64], again[64], quoted[70];
	size_t i = 0, count = 0, size;
	char *text = malloc(n + 1);

	if (!text)
		return;
	while (i < n) {
		size_t before = i;

		(void)text_utf8_next(s, n, &i); /* only how far it goes */
		must(i > before && i <= n);
		count++;
	}
	if (text_is_utf8(s, n))
		must(count == text_utf8_length(s, n));
	size = text_fold(s, n, folded, sizeof(folded));
	must(size < sizeof(folded) && text_is_utf8(folded, size));
	must(text_fold(folded, size, again, sizeof(again)) == size);
	must(memcmp(folded, again, size) == 0);
	memcpy(text, s, n);
	text[n] = '\0';
	err_quote(text, quoted, sizeof(quoted));
	must(text_is_utf8(quoted, strlen(quoted)));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;

	check_numbers(s, size);
	check_encodings(s, size);
	check_utf8(s, size);
	return 0;
}
