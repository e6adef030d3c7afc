/* CSV: no input may crash; the rows that are read, written again, are read as the same rows. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

#define MOST_FIELDS 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A lone empty field would be a blank line, which readers skip. */
static bool
is_blank(const struct csv_field *f, size_t count)
{
	return count == 1 && f[0].n == 0;
}

static void
check_row(const struct csv_field *f, size_t count, char separator, struct arena *mem)
{
	struct csv_field *again = NULL;
	struct csv_reader r;
	struct buf b;
	size_t n = 0;

	buf_init(&b, 0);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(&b, separator);
		csv_write(&b, f[i].s, f[i].n, separator);
	}
	buf_addc(&b, '\n');
	csv_open(&r, b.data, b.size, separator);
	/* A byte order mark inside the text is content, and at its start a mark. */
	if (b.size >= 3 && memcmp(b.data, "\xEF\xBB\xBF", 3) == 0)
		r.p = b.data;
	if (csv_next(&r, mem, MOST_FIELDS, &again, &n, NULL) != ERR_OK || n != count)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (again[i].n != f[i].n || memcmp(again[i].s, f[i].s, f[i].n) != 0)
			abort();
	}
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = { 0, ',', ';', '\t' };
	struct csv_reader r;
	struct arena mem;

	if (size == 0)
		return 0;
	arena_init(&mem, 0);
	csv_open(&r, (const char *)data + 1, size - 1, separators[data[0] % sizeof(separators)]);
	for (;;) {
		struct csv_field *f = NULL;
		size_t count = 0;
		enum err_code rc = csv_next(&r, &mem, MOST_FIELDS, &f, &count, NULL);

		if (rc == ERR_OK && count == 0)
			break;
		if (rc == ERR_NOMEM)
			break;
		if (rc == ERR_OK && !is_blank(f, count))
			check_row(f, count, r.separator, &mem);
		if (r.p > r.end)
			abort();
		arena_reset(&mem);
	}
	arena_done(&mem);
	return 0;
}
