#include "ingest/feed.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define ARENA_BYTES ((size_t)1 << 30)

struct feed {
	struct source *source;
	const struct source_header *header;
	struct mapping *mapping;
	struct mapping_source offered;
	const char **file_column; /* names for the mapping */
	const char **column;      /* of the mapping's result */
	size_t column_count;
	/* the source's batch at hand */
	struct arena mem;
	struct source_rows rows;
	size_t at;
	bool ended;                  /* the source has no more rows */
	struct mapping_value *value; /* of the row offered to the mapping */
	/* shared with the caller's thread */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, ready, done, stop; /* ready: batch[1] waits for the caller */
	struct feed_batch batch[3];      /* being filled, waiting, with the caller */
	struct err err;
};

/* --- batches
 * --------------------------------------------------------------------------------------------- */

static void
batch_reset(struct feed_batch *b)
{
	arena_reset(&b->mem);
	b->count = 0;
}

static void
swap(struct feed_batch *a, struct feed_batch *b)
{
	struct feed_batch t = *a;

	*a = *b;
	*b = t;
}

/* Hand the batch over; waits until the caller took the one before. */
static enum err_code
hand_over(struct feed *f, struct err *e)
{
	bool stop;

	pthread_mutex_lock(&f->lock);
	while (f->ready && !f->stop)
		pthread_cond_wait(&f->changed, &f->lock);
	stop = f->stop;
	if (!stop) {
		swap(&f->batch[0], &f->batch[1]);
		f->ready = true;
		pthread_cond_broadcast(&f->changed);
	}
	pthread_mutex_unlock(&f->lock);
	batch_reset(&f->batch[0]);
	return stop ? err_set(e, ERR_CONFLICT, "the import was stopped") : ERR_OK;
}

static struct feed_row *
new_row(struct feed *f, int64_t number)
{
	struct feed_batch *b = &f->batch[0];
	struct feed_row *r;

	if (b->count == b->room) {
		size_t room = b->room ? 2 * b->room : 256;

		r = mem_realloc_array(b->row, room, sizeof(*r));
		if (!r)
			return NULL;
		b->row = r;
		b->room = room;
	}
	r = &b->row[b->count++];
	*r = (struct feed_row){ .number = number };
	return r;
}

static enum err_code
row_done(struct feed *f, struct err *e)
{
	const struct feed_batch *b = &f->batch[0];

	return b->count >= FEED_ROWS || b->mem.used_bytes >= FEED_BYTES ? hand_over(f, e) : ERR_OK;
}

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a batch of rows");
}

/* Values and their bytes in one block. */
static const struct mapping_value *
copy_values(struct arena *mem, const struct mapping_value *v, size_t n)
{
	size_t bytes = n * sizeof(*v);
	struct mapping_value *copy;
	char *p;

	for (size_t i = 0; i < n; i++)
		if (v[i].type == MAPPING_TEXT || v[i].type == MAPPING_BLOB)
			bytes += v[i].n + 1;
	copy = arena_alloc(mem, bytes + 1);
	if (!copy)
		return NULL;
	memcpy(copy, v, n * sizeof(*v));
	p = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		if (v[i].type != MAPPING_TEXT && v[i].type != MAPPING_BLOB)
			continue;
		if (v[i].n)
			memcpy(p, v[i].s, v[i].n);
		copy[i].s = p;
		p += v[i].n + 1;
	}
	return copy;
}

static bool
copy_source(struct feed *f, struct feed_row *r, const struct mapping_row *row)
{
	struct arena *mem = &f->batch[0].mem;

	r->source = copy_values(mem, row->value, f->header->column_count);
	for (size_t i = 0; r->mapped && row->wkb && i < f->column_count; i++)
		if (r->mapped[i].type == MAPPING_BLOB && r->mapped[i].n == row->wkb_n &&
		    memcmp(r->mapped[i].s, row->wkb, row->wkb_n) == 0)
			r->wkb = (const uint8_t *)r->mapped[i].s;
	if (row->wkb && !r->wkb)
		r->wkb = arena_memdup(mem, row->wkb, row->wkb_n);
	r->wkb_n = row->wkb_n;
	return r->source && (!row->wkb || r->wkb);
}

/* --- what the mapping asks for, on the feed's thread
 * -------------------------------------------------------- */

static enum err_code
emit_bad(struct feed *f, struct err *e)
{
	for (size_t i = 0; i < f->rows.bad_count; i++) {
		const struct source_bad *bad = &f->rows.bad[i];
		struct feed_row *r = new_row(f, bad->number);
		enum err_code rc;

		if (!r)
			return no_memory(e);
		r->bad_reason = arena_strdup(&f->batch[0].mem, bad->reason);
		r->bad_original =
			arena_strndup(&f->batch[0].mem, bad->original, bad->original_size);
		if (!r->bad_reason || !r->bad_original)
			return no_memory(e);
		rc = row_done(f, e);
		if (rc)
			return rc;
	}
	return ERR_OK;
}

static enum err_code
next_row(void *ctx, struct mapping_row *ret, bool *ret_end, struct err *e)
{
	static const enum mapping_type type_of[] = {
		[0] = MAPPING_NULL,         [PIPE_INTEGER] = MAPPING_INT,
		[PIPE_REAL] = MAPPING_REAL, [PIPE_TEXT] = MAPPING_TEXT,
		[PIPE_TIME] = MAPPING_TEXT, [PIPE_BINARY] = MAPPING_BLOB
	};
	struct feed *f = ctx;
	const struct source_row *row;
	enum err_code rc;

	while (f->at == f->rows.row_count) {
		if (f->rows.end) {
			*ret_end = f->ended = true;
			return ERR_OK;
		}
		arena_reset(&f->mem);
		f->at = 0;
		rc = source_next_batch(f->source, &f->mem, &f->rows, e);
		if (rc) {
			memset(&f->rows, 0, sizeof(f->rows));
			return rc;
		}
		rc = emit_bad(f, e);
		if (rc)
			return rc;
	}
	row = &f->rows.rows[f->at++];
	for (size_t i = 0; i < f->header->column_count; i++) {
		const struct source_value *v = &row->values[i];

		f->value[i] = (struct mapping_value){ .type = type_of[v->type] };
		if (v->type == PIPE_INTEGER)
			f->value[i].i = v->integer;
		else if (v->type == PIPE_REAL)
			f->value[i].d = v->real;
		else if (v->type) {
			f->value[i].s = v->text;
			f->value[i].n = v->size;
		}
	}
	*ret = (struct mapping_row){
		.row = row->number, .wkb = row->wkb, .wkb_n = row->wkb_size, .value = f->value
	};
	*ret_end = false;
	return ERR_OK;
}

static enum err_code
skip_row(void *ctx, const struct mapping_row *row, struct err *e)
{
	struct feed *f = ctx;
	struct feed_row *r = new_row(f, row->row);

	if (!r || !copy_source(f, r, row))
		return no_memory(e);
	return row_done(f, e);
}

/* A mapping may end before the source does (LIMIT, WHERE 0): what it never looked at is left out
 * too. */
static enum err_code
drain(struct feed *f, struct err *e)
{
	struct mapping_row row;
	bool end = f->ended;
	enum err_code rc = ERR_OK;

	while (!rc && !end) {
		rc = next_row(f, &row, &end, e);
		if (!rc && !end)
			rc = skip_row(f, &row, e);
	}
	return rc;
}

static enum err_code
read_all(struct feed *f, struct err *e)
{
	enum err_code rc = emit_bad(f, e); /* of the batch that was taken before */

	while (!rc) {
		const struct mapping_value *values;
		const struct mapping_row *row;
		struct feed_row *r;

		rc = mapping_next(f->mapping, &values, &row, e);
		if (rc)
			return rc;
		if (!values) {
			rc = drain(f, e);
			return !rc && f->batch[0].count ? hand_over(f, e) : rc;
		}
		r = new_row(f, row->row);
		if (!r)
			return no_memory(e);
		r->mapped = copy_values(&f->batch[0].mem, values, f->column_count);
		if (!r->mapped || !copy_source(f, r, row))
			return no_memory(e);
		rc = row_done(f, e);
	}
	return rc;
}

static void *
run(void *ctx)
{
	struct feed *f = ctx;
	struct err e = { 0 };
	enum err_code rc = read_all(f, &e);

	/* what was mapped before a failure is true: hand it over first */
	if (rc && f->batch[0].count) {
		struct err ignored = { 0 };

		(void)hand_over(f, &ignored); /* the first failure is the one to tell */
	}
	pthread_mutex_lock(&f->lock);
	f->err = e;
	f->err.code = rc;
	f->done = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* --- the caller's side
 * ------------------------------------------------------------------------------------- */

static enum err_code
prepare(struct feed *f, const struct source_rows *first, const char *sql, struct err *e)
{
	size_t n = f->header->column_count;
	enum err_code rc;

	f->file_column = mem_calloc(n + 1, sizeof(*f->file_column));
	f->value = mem_calloc(n + 1, sizeof(*f->value));
	if (!f->file_column || !f->value)
		return no_memory(e);
	for (size_t i = 0; i < n; i++)
		f->file_column[i] = f->header->columns[i].name;
	if (first)
		f->rows = *first;
	f->offered = (struct mapping_source){ .ctx = f,
		                              .column_count = n,
		                              .column = f->file_column,
		                              .next = next_row,
		                              .on_skip = skip_row };
	rc = mapping_open(sql, &f->offered, &f->mapping, e);
	if (rc)
		return rc;
	f->column_count = mapping_column_count(f->mapping);
	f->column = mem_calloc(f->column_count + 1, sizeof(*f->column));
	if (!f->column)
		return no_memory(e);
	for (size_t i = 0; i < f->column_count; i++)
		f->column[i] = mapping_column_name(f->mapping, i);
	return ERR_OK;
}

enum err_code
feed_open(struct source *source, const struct source_rows *first, const char *sql,
          struct feed **ret, struct err *e)
{
	struct feed *f = mem_calloc(1, sizeof(*f));
	enum err_code rc;

	if (!f)
		return no_memory(e);
	f->source = source;
	f->header = source_header(source);
	arena_init(&f->mem, ARENA_BYTES);
	for (int i = 0; i < 3; i++)
		arena_init(&f->batch[i].mem, ARENA_BYTES);
	(void)pthread_mutex_init(&f->lock,
	                         NULL); /* with default attributes neither fails on Linux */
	(void)pthread_cond_init(&f->changed, NULL);
	rc = prepare(f, first, sql, e);
	if (!rc && pthread_create(&f->thread, NULL, run, f) != 0)
		rc = err_set(e, ERR_NOMEM, "could not start a thread");
	f->started = !rc;
	if (rc) {
		feed_close(f);
		return rc;
	}
	*ret = f;
	return ERR_OK;
}

void
feed_close(struct feed *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (f->started)
		(void)pthread_join(f->thread,
		                   NULL); /* the thread ends by itself once stop is set */
	mapping_close(f->mapping);
	for (int i = 0; i < 3; i++) {
		arena_done(&f->batch[i].mem);
		mem_free(f->batch[i].row);
	}
	arena_done(&f->mem);
	mem_free(f->file_column);
	mem_free(f->column);
	mem_free(f->value);
	(void)pthread_mutex_destroy(&f->lock); /* nobody holds it any more */
	(void)pthread_cond_destroy(&f->changed);
	mem_free(f);
}

size_t
feed_column_count(const struct feed *f)
{
	return f->column_count;
}

const char *const *
feed_columns(const struct feed *f)
{
	return f->column;
}

enum err_code
feed_next(struct feed *f, const struct feed_batch **ret, struct err *e)
{
	enum err_code rc = ERR_OK;

	pthread_mutex_lock(&f->lock);
	while (!f->ready && !f->done)
		pthread_cond_wait(&f->changed, &f->lock);
	if (f->ready) {
		swap(&f->batch[1], &f->batch[2]);
		f->ready = false;
		pthread_cond_broadcast(&f->changed);
	} else {
		f->batch[2].count = 0;
		rc = f->err.code;
		if (rc && e)
			*e = f->err;
	}
	pthread_mutex_unlock(&f->lock);
	*ret = &f->batch[2];
	return rc;
}
