/* For tests: a parser writes its stream into memory, and the client of the stream reads it back. */
#ifndef TEST_READER_STREAM_H
#define TEST_READER_STREAM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "ingest/source.h"
#include "reader/out.h"

struct stream {
	int fd;
	struct limits limits;
	struct out out;
};

static inline void
stream_start(struct stream *s)
{
	limits_default(&s->limits);
	s->fd = memfd_create("stream", MFD_CLOEXEC);
	out_init(&s->out, s->fd, &s->limits);
}

static inline void
show_value(struct buf *b, const struct source_value *v)
{
	char number[32];

	switch (v->type) {
	case PIPE_INTEGER:
		buf_printf(b, " %lld", (long long)v->integer);
		break;
	case PIPE_REAL:
		(void)text_format_f64(v->real, number);
		buf_printf(b, " %s%s", number, strpbrk(number, ".e") ? "" : ".0");
		break;
	case PIPE_TEXT:
		buf_printf(b, " '%.*s'", (int)v->size, v->text);
		break;
	case 0:
		buf_adds(b, " null");
		break;
	default:
		buf_printf(b, " binary %zu", v->size);
	}
}

static inline void
show_row(struct buf *b, const struct source_row *row, size_t columns)
{
	char hex[3];

	buf_printf(b, "%lld", (long long)row->number);
	if (row->wkb)
		buf_adds(b, " ");
	for (size_t i = 0; row->wkb && i < row->wkb_size; i++) {
		text_hex(row->wkb + i, 1, hex);
		buf_adds(b, hex);
	}
	for (size_t i = 0; i < columns; i++)
		show_value(b, &row->values[i]);
	buf_adds(b, "\n");
}

/* The whole stream as lines: columns, rows "NUMBER WKB VALUES", "bad NUMBER REASON | ORIGINAL",
 * "warning ...", "end" or "failed CODE". buf must be fresh. */
static inline const char *
stream_show(struct stream *st, const struct err *failure, struct buf *b)
{
	static const char types[] = "?irtdb";
	struct source *s = NULL;
	struct source_rows rows = { 0 };
	struct arena mem;
	struct err e = { 0 };
	enum err_code rc;

	if (failure->code)
		out_fail(&st->out, failure);
	else
		out_end(&st->out);
	out_done(&st->out);
	(void)lseek(st->fd, 0, SEEK_SET);
	arena_init(&mem, 0);
	rc = source_open_stream(st->fd, false, &s, &e);
	for (size_t i = 0; rc == ERR_OK && i < source_header(s)->column_count; i++)
		buf_printf(b, "%s%s:%c", i ? " " : "", source_header(s)->columns[i].name,
		           types[source_header(s)->columns[i].type]);
	buf_adds(b, "\n");
	while (rc == ERR_OK && !rows.end) {
		rc = source_next_batch(s, &mem, &rows, &e);
		for (size_t i = 0; rc == ERR_OK && i < rows.warning_count; i++)
			buf_printf(b, "warning %s\n", rows.warnings[i]);
		for (size_t i = 0; rc == ERR_OK && i < rows.row_count; i++)
			show_row(b, &rows.rows[i], source_header(s)->column_count);
		for (size_t i = 0; rc == ERR_OK && i < rows.bad_count; i++)
			buf_printf(b, "bad %lld %s | %s\n", (long long)rows.bad[i].number,
			           rows.bad[i].reason, rows.bad[i].original);
	}
	buf_printf(b, rc == ERR_OK ? "end\n" : "failed %s: %s\n", err_name(rc), e.text);
	source_close(s);
	arena_done(&mem);
	return buf_text(b);
}

#endif
