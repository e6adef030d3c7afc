#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "reader/table.h"

#define ROW_BYTES ((size_t)128 << 20)

void
table_init(struct table *t, struct input in, const struct limits *limits,
           void (*progress)(int64_t rows))
{
	*t = (struct table){
		.in = in, .limits = limits, .progress = progress, .encoding = ENCODING_UTF8
	};
	columns_init(&t->cols, (size_t)limits->columns);
	arena_init(&t->mem, ROW_BYTES);
	buf_init(&t->text, (size_t)limits->row_bytes * 3 + 16);
}

void
table_done(struct table *t)
{
	columns_done(&t->cols);
	arena_done(&t->mem);
	buf_done(&t->text);
}

/* Separators outside quotes in one line. */
static size_t
line_count(const char *s, const char *end, char c, const char **ret_next)
{
	size_t count = 0;
	bool quoted = false;

	for (; s < end && (quoted || *s != '\n'); s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == c && !quoted)
			count++;
	}
	*ret_next = s < end ? s + 1 : end;
	return count;
}

char
table_guess_separator(const char *s, size_t n)
{
	static const char candidates[] = ",;\t|";
	const char *end = s + (n < 65536 ? n : 65536);
	size_t best_score = 0;
	char best = ',';

	for (const char *c = candidates; *c; c++) {
		const char *p = s;
		size_t first = line_count(p, end, *c, &p);
		size_t even = 1;

		for (int i = 0; i < 20 && p < end; i++)
			even += line_count(p, end, *c, &p) == first;
		if (first && first * even * even > best_score) {
			best_score = first * even * even;
			best = *c;
		}
	}
	return best;
}

/* A row, or a bad one with what it said; *ret_count 0 and no reason at the end. */
struct row {
	struct csv_field *fields;
	size_t count;
	const char *start;
	const char *bad; /* reason, in mem */
};

static enum err_code
row_next(struct table *t, struct csv_reader *csv, struct row *ret, struct err *e)
{
	struct err why = { 0 };
	enum err_code rc;

	arena_reset(&t->mem);
	*ret = (struct row){ .start = csv->p };
	rc = csv_next(csv, &t->mem, (size_t)t->limits->columns, &ret->fields, &ret->count, &why);
	input_passed(&t->in, ret->start);
	if (rc == ERR_OK)
		return ERR_OK;
	if (rc == ERR_LIMIT && csv->row <= 1)
		return err_set(e, ERR_LIMIT, "there are more than %lld columns",
		               (long long)t->limits->columns);
	/* Only this line is lost: go on behind it. */
	const char *line = memchr(ret->start, '\n', (size_t)(csv->end - ret->start));

	csv->p = line ? line + 1 : csv->end;
	ret->count = 1;
	arena_reset(&t->mem);
	ret->bad = arena_printf(&t->mem, "the row cannot be read: %s", why.text);
	return ret->bad ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a row");
}

static const char *
field_text(struct table *t, const struct csv_field *f, size_t *ret_n, bool *ret_whole)
{
	if (t->encoding == ENCODING_UTF8) {
		*ret_n = f->n;
		*ret_whole = text_is_utf8(f->s, f->n);
		return f->s;
	}
	buf_reset(&t->text);
	*ret_whole = encoding_to_utf8(t->encoding, f->s, f->n, &t->text) && buf_ok(&t->text);
	*ret_n = t->text.size;
	return buf_text(&t->text);
}

static unsigned
field_seen(const struct csv_field *f)
{
	unsigned seen;

	if (!f->n)
		return 0;
	seen = columns_see_number(f->s, f->n);
	if (seen == SEEN_TEXT || memchr(f->s, 'e', f->n) || memchr(f->s, 'E', f->n))
		seen = columns_see_text(f->s, f->n);
	return seen;
}

bool
table_is_datum(const char *s, size_t n)
{
	int64_t v;

	if (!n)
		return false;
	if (!text_parse_i64(s, n, &v))
		return columns_see_number(s, n) == SEEN_REAL;
	return v < 1900 || v > 2100;
}

/* The first row names the columns unless it looks like data. */
static bool
looks_like_data(const struct csv_field *f, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (table_is_datum(f[i].s, f[i].n))
			return true;
	return false;
}

static enum err_code
header_columns(struct table *t, const struct csv_field *f, size_t count, struct err *e)
{
	size_t index;

	for (size_t i = 0; i < count; i++) {
		char made[32];
		bool whole;
		size_t n;
		const char *name = field_text(t, &f[i], &n, &whole);

		name = text_trim(name, n, &n);
		if (!n || t->header == TABLE_HEADER_NO || !text_is_utf8(name, n)) {
			n = (size_t)snprintf(made, sizeof made, "column_%zu", i + 1);
			name = made;
		}
		if (columns_add(&t->cols, name, n, &index, e) != ERR_OK)
			return e->code;
	}
	return ERR_OK;
}

static bool
is_tags(const struct row *row)
{
	bool some = false;

	for (size_t i = 0; i < row->count; i++) {
		const struct csv_field *f = &row->fields[i];

		if (!f->n)
			continue;
		if (f->n < 2 || f->s[0] != '#' || f->s[1] < 'a' || f->s[1] > 'z')
			return false;
		some = true;
	}
	return some;
}

static void
open_csv(struct table *t, struct csv_reader *csv)
{
	size_t mark = encoding_mark(t->encoding, t->in.s, t->in.n);

	if (!t->separator)
		t->separator = table_guess_separator(t->in.s + mark, t->in.n - mark);
	csv_open(csv, t->in.s + mark, t->in.n - mark, t->separator);
	input_rewind(&t->in);
}

static enum err_code
scan_header(struct table *t, struct csv_reader *csv, struct err *e)
{
	struct csv_reader again = *csv;
	struct row row;

	if (row_next(t, csv, &row, e) != ERR_OK)
		return e->code;
	if (row.bad)
		return err_set(e, ERR_INVALID, "the first row cannot be read: %s", row.bad);
	if (!row.count)
		return err_set(e, ERR_INVALID, "the file is empty");
	if (t->header == TABLE_HEADER_GUESS)
		t->header =
			looks_like_data(row.fields, row.count) ? TABLE_HEADER_NO : TABLE_HEADER_YES;
	if (header_columns(t, row.fields, row.count, e) != ERR_OK)
		return e->code;
	if (t->header == TABLE_HEADER_NO) {
		*csv = again;
		return ERR_OK;
	}
	again = *csv;
	if (row_next(t, csv, &row, e) != ERR_OK)
		return e->code;
	t->has_tags = !row.bad && row.count && is_tags(&row);
	if (!t->has_tags)
		*csv = again;
	return ERR_OK;
}

/* A row with values beyond the header's columns: which belongs where cannot be known. */
static bool
is_too_long(const struct table *t, const struct row *row)
{
	for (size_t i = t->cols.count; i < row->count; i++) {
		if (row->fields[i].n)
			return true;
	}
	return false;
}

enum err_code
table_scan(struct table *t, struct err *e)
{
	struct csv_reader csv;
	struct row row;

	open_csv(t, &csv);
	if (scan_header(t, &csv, e) != ERR_OK)
		return e->code;
	for (;;) {
		if (row_next(t, &csv, &row, e) != ERR_OK)
			return e->code;
		if (!row.count)
			break;
		if (++t->rows > t->limits->features)
			return err_set(e, ERR_LIMIT, "there are more than %lld rows",
			               (long long)t->limits->features);
		row.bad = row.bad || !is_too_long(t, &row) ? row.bad : "too long";
		for (size_t i = 0; !row.bad && i < row.count && i < t->cols.count; i++)
			t->cols.at[i].seen |= field_seen(&row.fields[i]);
		t->short_rows += !row.bad && row.count < t->cols.count;
		if (t->progress && t->rows % 4096 == 0)
			t->progress(t->rows);
	}
	return columns_finish(&t->cols, e);
}

static const char *
put_text(struct table *t, struct out *o, const struct csv_field *f)
{
	bool whole;
	size_t n;
	const char *s = field_text(t, f, &n, &whole);

	if ((int64_t)n > t->limits->attribute_bytes)
		return "is larger than a value may be";
	if (!whole)
		return t->encoding == ENCODING_UTF8
		               ? "is not UTF-8"
		               : "holds a byte that the encoding does not have";
	out_blob(o, PIPE_TEXT, s, n);
	return NULL;
}

/* NULL, or why the field makes its row bad. */
static const char *
put_field(struct table *t, struct out *o, size_t column, const struct csv_field *f)
{
	int64_t i;
	double d;

	if (!f->n && !(f->quoted && t->cols.at[column].type == PIPE_TEXT)) {
		out_null(o);
		return NULL;
	}
	switch (t->cols.at[column].type) {
	case PIPE_INTEGER:
		if (!text_parse_i64(f->s, f->n, &i))
			return "is not a whole number";
		out_integer(o, i);
		return NULL;
	case PIPE_REAL:
		if (!text_parse_f64(f->s, f->n, &d))
			return "is not a number";
		out_real(o, d);
		return NULL;
	default:
		return put_text(t, o, f);
	}
}

static const char *
put_row(struct table *t, struct out *o, const struct row *row)
{
	if (is_too_long(t, row))
		return arena_printf(&t->mem, "the row has %zu fields, the header %zu", row->count,
		                    t->cols.count);
	for (size_t i = 0; i < t->cols.count; i++) {
		const char *why = NULL;

		if (i < row->count)
			why = put_field(t, o, i, &row->fields[i]);
		else
			out_null(o);
		if (why)
			return arena_printf(&t->mem, "field %zu %s", i + 1, why);
	}
	return NULL;
}

static void
row_write(struct table *t, struct out *o, int64_t number, const struct row *row, const char *end)
{
	const char *why = row->bad;

	if (!why) {
		out_row_begin(o, number);
		out_u32(o, 0xffffffffu);
		why = put_row(t, o, row);
		if (why)
			out_row_drop(o);
		else if (!out_row_end(o))
			why = "the row is larger than a row may be";
	}
	if (why)
		out_bad(o, number, why, row->start, (size_t)(end - row->start));
}

static void
warn(struct table *t, struct out *o)
{
	if (!t->encoding_sure && t->encoding == ENCODING_UTF8)
		out_warn(o, "the text is UTF-8 with some broken bytes");
	else if (!t->encoding_sure)
		out_warn(o,
		         "the text is not UTF-8; it was read as %s, which is a guess (--encoding "
		         "tells)",
		         encoding_name(t->encoding));
	if (t->header == TABLE_HEADER_NO)
		out_warn(o, "the first row looks like data, so the columns are named column_1, "
		            "column_2 ...");
	if (t->has_tags)
		out_warn(o, "the row under the header holds HXL tags; it was read as part of the "
		            "header");
	if (t->short_rows)
		out_warn(o,
		         "%lld rows have fewer fields than the header; the missing ones are null",
		         (long long)t->short_rows);
}

enum err_code
table_rows(struct table *t, struct out *o, struct err *e)
{
	struct csv_reader csv;
	struct row row;
	int64_t number = 0;

	warn(t, o);
	open_csv(t, &csv);
	if (t->header == TABLE_HEADER_YES && row_next(t, &csv, &row, e) != ERR_OK)
		return e->code;
	if (t->has_tags && row_next(t, &csv, &row, e) != ERR_OK)
		return e->code;
	for (;;) {
		if (row_next(t, &csv, &row, e) != ERR_OK)
			return e->code;
		if (!row.count)
			return ERR_OK;
		row_write(t, o, ++number, &row, csv.p);
		if (t->progress && number % 4096 == 0)
			t->progress(number);
	}
}
