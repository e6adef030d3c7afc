/* The client of the reader's stream: streams made by hand (every field wrong once), and the real
 * reader. */
#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ingest/source.h"

static void
frame(struct buf *b, char type, const struct buf *body)
{
	buf_add_u32le(b, (uint32_t)body->size);
	buf_addc(b, type);
	buf_add(b, body->data, body->size);
}

static void
text(struct buf *b, const char *s)
{
	buf_add_u32le(b, (uint32_t)strlen(s));
	buf_adds(b, s);
}

/* Header of a point layer with an integer "n" and a text "name". */
static void
add_header(struct buf *b)
{
	struct buf h;

	buf_init(&h, 0);
	text(&h, "layer");
	text(&h, "Test");
	text(&h, "UTF-8");
	text(&h, "EPSG:4326");
	text(&h, "");
	buf_addc(&h, 1);
	buf_add_u64le(&h, 2);
	buf_add_u16le(&h, 2);
	text(&h, "n");
	buf_addc(&h, PIPE_INTEGER);
	text(&h, "name");
	buf_addc(&h, PIPE_TEXT);
	frame(b, 'H', &h);
	buf_done(&h);
}

static void
row_body(struct buf *r)
{
	buf_init(r, 0);
	buf_add_u32le(r, 2);
	buf_add_u64le(r, 1);
	buf_add_u32le(r, 3);
	buf_add(r, "wkb", 3);
	buf_addc(r, PIPE_INTEGER);
	buf_add_u64le(r, 42);
	buf_addc(r, PIPE_TEXT);
	text(r, "Нагірне");
	buf_add_u64le(r, 2);
	buf_add_u32le(r, UINT32_MAX);
	buf_addc(r, 0);
	buf_addc(r, 0);
}

static void
add_end(struct buf *b, uint64_t rows)
{
	struct buf body;

	buf_init(&body, 0);
	buf_add_u64le(&body, rows);
	frame(b, 'E', &body);
	buf_done(&body);
}

static int
stream_fd(const struct buf *b)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_int_equal(write(fd, b->data, b->size), b->size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
test_good(void **state)
{
	struct buf b;
	struct buf r;
	struct source *s = NULL;
	struct source_rows rows;
	struct arena mem;
	struct err e = { 0 };

	(void)state;
	buf_init(&b, 0);
	arena_init(&mem, 0);
	add_header(&b);
	row_body(&r);
	frame(&b, 'R', &r);
	add_end(&b, 2);
	assert_int_equal(source_open_stream(stream_fd(&b), false, &s, &e), ERR_OK);
	assert_string_equal(source_header(s)->crs, "EPSG:4326");
	assert_int_equal(source_header(s)->column_count, 2);
	assert_string_equal(source_header(s)->columns[1].name, "name");
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	assert_int_equal(rows.row_count, 2);
	assert_int_equal(rows.rows[0].number, 1);
	assert_int_equal(rows.rows[0].wkb_size, 3);
	assert_int_equal(rows.rows[0].values[0].integer, 42);
	assert_int_equal(rows.rows[0].values[1].size, strlen("Нагірне"));
	assert_null(rows.rows[1].wkb);
	assert_int_equal(rows.rows[1].values[1].type, 0);
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	assert_true(rows.end);
	assert_int_equal(source_rows_seen(s), 2);
	source_close(s);
	source_close(NULL);
	arena_done(&mem);
	buf_done(&r);
	buf_done(&b);
}

/* Whole stream to its end or failure; what matters under sanitizers is that nothing else happens.
 */
static enum err_code
drain(const struct buf *b)
{
	struct source *s = NULL;
	struct source_rows rows = { 0 };
	struct arena mem;
	struct err e = { 0 };
	enum err_code rc = source_open_stream(stream_fd(b), false, &s, &e);

	arena_init(&mem, 0);
	while (rc == ERR_OK && !rows.end) {
		arena_reset(&mem);
		rc = source_next_batch(s, &mem, &rows, &e);
	}
	source_close(s);
	arena_done(&mem);
	if (rc != ERR_OK)
		assert_true(e.text[0]);
	return rc;
}

static void
test_cut_everywhere(void **state)
{
	struct buf b;
	struct buf r;

	(void)state;
	buf_init(&b, 0);
	add_header(&b);
	row_body(&r);
	frame(&b, 'R', &r);
	add_end(&b, 2);
	assert_int_equal(drain(&b), ERR_OK);
	for (size_t n = 0, whole = b.size; n < whole; n++) {
		b.size = n;
		assert_int_not_equal(drain(&b), ERR_OK);
	}
	buf_done(&b);
	buf_done(&r);
}

static void
test_flip_everywhere(void **state)
{
	struct buf b;
	struct buf r;

	(void)state;
	buf_init(&b, 0);
	add_header(&b);
	row_body(&r);
	frame(&b, 'R', &r);
	add_end(&b, 2);
	for (size_t i = 0; i < b.size; i++) {
		char kept = b.data[i];

		b.data[i] = (char)0xff;
		(void)drain(&b);
		b.data[i] = (char)(kept ^ 1);
		(void)drain(&b);
		b.data[i] = kept;
	}
	buf_done(&b);
	buf_done(&r);
}

static void
test_wrong_count(void **state)
{
	struct buf b;
	struct buf r;

	(void)state;
	buf_init(&b, 0);
	add_header(&b);
	row_body(&r);
	frame(&b, 'R', &r);
	add_end(&b, 3);
	assert_int_equal(drain(&b), ERR_INVALID);
	buf_done(&b);
	buf_done(&r);
}

static void
test_real_reader(void **state)
{
	static const char csv[] =
		"id,name,lon\n1,Alpha,30.5\n2,\"Beta, two\",31\n3,too,many,fields\n";
	char path[] = "/tmp/fallow_source_XXXXXX.csv";
	int fd = mkstemps(path, 4);
	struct source *s = NULL;
	struct source_rows rows;
	struct source_layer *layers;
	struct arena mem;
	struct err e = { 0 };
	size_t count;

	(void)state;
	assert_int_equal(write(fd, csv, sizeof csv - 1), sizeof csv - 1);
	(void)close(fd);
	arena_init(&mem, 0);
	if (source_open(path, NULL, &s, &e) != ERR_OK)
		fail_msg("%s", e.text);
	assert_string_equal(source_header(s)->driver, "CSV");
	assert_int_equal(source_header(s)->columns[2].type, PIPE_REAL);
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	assert_int_equal(rows.row_count, 2);
	assert_memory_equal(rows.rows[1].values[1].text, "Beta, two", 9);
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	assert_int_equal(rows.bad_count, 1);
	assert_int_equal(rows.bad[0].number, 3);
	assert_string_equal(rows.bad[0].original, "3,too,many,fields\n");
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	assert_true(rows.end);
	source_close(s);
	assert_int_equal(source_list_layers(path, NULL, &mem, &layers, &count, &e), ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(source_open("/nonexistent.csv", NULL, &s, &e), ERR_NOTFOUND);
	assert_int_equal(source_open("/tmp", NULL, &s, &e), ERR_INVALID);
	arena_done(&mem);
	(void)unlink(path);
}

/* A reader that is none: what becomes of it must be a sentence. */
static void
expect_fake(const char *script, enum err_code code, const char *word)
{
	char csv[] = "/tmp/fallow_source_XXXXXX.csv";
	char fake[] = "/tmp/fallow_reader_XXXXXX";
	char *kept = strdup(getenv("FALLOW_READER"));
	int fd = mkstemps(csv, 4);
	int reader = mkstemp(fake);
	struct source_options opt = { .silence_s = 1 };
	struct source *s = NULL;
	struct err e = { 0 };

	assert_int_equal(write(fd, "a\n1\n", 4), 4);
	assert_int_equal(write(reader, script, strlen(script)), strlen(script));
	(void)fchmod(reader, 0700);
	(void)close(fd);
	(void)close(reader);
	(void)setenv("FALLOW_READER", fake, 1);
	assert_int_equal(source_open(csv, &opt, &s, &e), code);
	assert_non_null(strstr(e.text, word));
	(void)setenv("FALLOW_READER", kept, 1);
	(void)unlink(csv);
	(void)unlink(fake);
	free(kept);
}

static void
test_fake_readers(void **state)
{
	(void)state;
	expect_fake("#!/bin/sh\nexec sleep 60\n", ERR_LIMIT, "said nothing for 1 s");
	expect_fake("#!/bin/sh\nkill -SYS $$\n", ERR_DENIED, "sandbox");
	expect_fake("#!/bin/sh\nkill -KILL $$\n", ERR_LIMIT, "killed");
	expect_fake("#!/bin/sh\nkill -XCPU $$\n", ERR_LIMIT, "processor time");
	expect_fake("#!/bin/sh\nkill -SEGV $$\n", ERR_INVALID, "signal 11");
	expect_fake("#!/bin/sh\nexit 3\n", ERR_IO, "exit status was 3");
	expect_fake("#!/bin/sh\necho hello, this is no stream at all\n", ERR_INVALID, "broken");
}

static void
test_wal(void **state)
{
	char path[] = "/tmp/fallow_source_XXXXXX.gpkg";
	char wal[64];
	int fd = mkstemps(path, 5);
	FILE *f;
	struct source *s = NULL;
	struct err e = { 0 };

	(void)state;
	(void)close(fd);
	(void)snprintf(wal, sizeof wal, "%s-wal", path);
	f = fopen(wal, "w");
	fputs("changes", f);
	(void)fclose(f);
	assert_int_equal(source_open(path, NULL, &s, &e), ERR_CONFLICT);
	assert_true(e.hint[0]);
	(void)unlink(path);
	(void)unlink(wal);
}

/* Closing before the end stops the reader at once. */
static void
test_close_early(void **state)
{
	char path[] = "/tmp/fallow_source_XXXXXX.csv";
	int fd = mkstemps(path, 4);
	FILE *f = fdopen(fd, "w");
	struct source *s = NULL;
	struct source_rows rows;
	struct arena mem;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < 300000; i++)
		fprintf(f, "%d,name %d,30.5\n", i, i);
	(void)fclose(f);
	arena_init(&mem, 0);
	assert_int_equal(source_open(path, NULL, &s, &e), ERR_OK);
	assert_int_equal(source_next_batch(s, &mem, &rows, &e), ERR_OK);
	source_close(s);
	arena_done(&mem);
	(void)unlink(path);
}

/* Who asks for no sentence gets the code all the same, from every way in. */
static void
test_without_a_sentence(void **state)
{
	char path[] = "/tmp/fallow_source_XXXXXX.csv";
	int fd = mkstemps(path, 4);
	struct source *s = NULL;
	struct source_layer *layers = NULL;
	struct source_rows rows;
	struct arena mem;
	struct buf b, r;
	double row[4];
	uint32_t y = 0;
	bool end = false;
	size_t n = 0;

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(source_open("/nonexistent.csv", NULL, &s, NULL), ERR_NOTFOUND);
	assert_int_equal(source_raster_open("/nonexistent.tif", NULL, &s, NULL), ERR_NOTFOUND);
	assert_int_equal(source_list_layers("/nonexistent.csv", NULL, &mem, &layers, &n, NULL),
	                 ERR_NOTFOUND);
	assert_int_equal(source_open("/tmp", NULL, &s, NULL), ERR_INVALID);
	assert_int_equal(write(fd, "a\n1\n", 4), 4);
	(void)close(fd);
	/* a table is no raster: what the reader says of it */
	assert_int_not_equal(source_raster_open(path, NULL, &s, NULL), ERR_OK);
	(void)unlink(path);
	buf_init(&b, 0);
	buf_adds(&b, "no stream at all, and longer than the head of a frame");
	assert_int_equal(source_open_stream(stream_fd(&b), false, &s, NULL), ERR_INVALID);
	assert_int_equal(source_open_stream(stream_fd(&b), true, &s, NULL), ERR_INVALID);
	assert_null(s);
	/* broken in the middle: rows of which the last says less than it holds */
	buf_reset(&b);
	add_header(&b);
	row_body(&r);
	r.size--;
	frame(&b, 'R', &r);
	assert_int_equal(source_open_stream(stream_fd(&b), false, &s, NULL), ERR_OK);
	assert_int_equal(source_next_batch(s, &mem, &rows, NULL), ERR_INVALID);
	source_close(s);
	/* a table's header is followed by nothing that a raster's rows could be */
	buf_reset(&b);
	add_header(&b);
	add_end(&b, 1);
	assert_int_equal(source_open_stream(stream_fd(&b), false, &s, NULL), ERR_OK);
	assert_int_equal(source_raster_next(s, row, &y, &end, NULL), ERR_INVALID);
	source_close(s);
	buf_done(&r);
	buf_done(&b);
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_flip_everywhere),
		cmocka_unit_test(test_wrong_count),
		cmocka_unit_test(test_real_reader),
		cmocka_unit_test(test_fake_readers),
		cmocka_unit_test(test_wal),
		cmocka_unit_test(test_close_early),
		cmocka_unit_test(test_without_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
