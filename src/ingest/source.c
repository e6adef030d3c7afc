#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ingest/child.h"
#include "ingest/frames.h"
#include "ingest/source.h"

#define SLOTS 4u
#define SLOT_BYTES ((size_t)PIPE_ROWS_TARGET * 2)
#define SLOT_KEEP_BYTES ((size_t)4 << 20) /* a larger buffer is given back after use */
#define GATHER_COUNT 512u                 /* bad rows and warnings of one batch */
#define GATHER_BYTES ((size_t)2 << 20)
#define SILENCE_S 300
#define HEAD_BYTES ((size_t)16 << 20)

/* One frame, filled by the thread, used by the caller. */
struct slot {
	uint8_t *data;
	size_t room;
	size_t size;
	char type; /* 0: the stream broke; err says how */
	struct err err;
};

struct source {
	struct child child;
	pthread_t thread;
	bool thread_runs;
	pthread_mutex_t lock; /* guards first, filled and stop */
	pthread_cond_t change;
	struct slot slots[SLOTS];
	size_t first; /* the oldest filled slot */
	size_t filled;
	bool stop;
	int fd; /* the stream; closed after the thread has ended */
	int silence_ms;

	/* the caller's */
	struct arena mem; /* header, early warnings */
	struct source_header header;
	struct source_raster raster;
	const char *early[16]; /* warnings before the header */
	size_t early_count;
	int64_t rows;
	bool held; /* the first slot's bytes are in the caller's hands */
	bool ended;
};

/* ---- the thread: bytes into slots ---- */

static enum err_code
read_all(struct source *s, void *out, size_t n, bool *ret_eof, struct err *e)
{
	size_t done = 0;

	*ret_eof = false;
	while (done < n) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		int ready = poll(&p, 1, s->silence_ms);
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return err_set(e, ERR_LIMIT, "the reader said nothing for %d s",
			               s->silence_ms / 1000);
		got = read(s->fd, (char *)out + done, n - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_IO, "could not read from the reader: %s",
			               strerror(errno));
		if (got == 0) {
			*ret_eof = true;
			return err_set(e, ERR_IO, "the reader's stream ended early");
		}
		done += (size_t)got;
	}
	return ERR_OK;
}

static bool
slot_room(struct slot *slot, size_t n)
{
	uint8_t *data;

	if (slot->room >= n && (slot->room <= SLOT_KEEP_BYTES || n > SLOT_KEEP_BYTES / 4))
		return true;
	n = n < SLOT_BYTES ? SLOT_BYTES : n;
	mem_free(slot->data);
	slot->room = 0;
	data = mem_alloc(n);
	slot->data = data;
	if (data)
		slot->room = n;
	return data != NULL;
}

static void
slot_fill(struct source *s, struct slot *slot)
{
	uint8_t head[5] = { 0 };
	uint32_t size;
	bool eof;

	slot->type = 0;
	slot->size = 0;
	err_clear(&slot->err);
	if (read_all(s, head, sizeof head, &eof, &slot->err) != ERR_OK) {
		/* Only the caller's thread may wait for the child; ERR_UNKNOWN asks it to. */
		slot->err.code = eof ? ERR_UNKNOWN : slot->err.code;
		return;
	}
	memcpy(&size, head, 4);
	if (size > PIPE_MAX_FRAME) {
		(void)err_set(&slot->err, ERR_INVALID,
		              "the reader's stream is broken: a frame of %u bytes", size);
		return;
	}
	if (!slot_room(slot, (size_t)size + 1)) {
		(void)err_set(&slot->err, ERR_NOMEM, "out of memory for a frame of %u bytes", size);
		return;
	}
	if (read_all(s, slot->data, size, &eof, &slot->err) != ERR_OK) {
		slot->err.code = eof ? ERR_UNKNOWN : slot->err.code;
		return;
	}
	slot->size = size;
	slot->type = (char)head[4];
}

static void *
read_ahead(void *ctx)
{
	struct source *s = ctx;
	bool more = true;

	while (more) {
		struct slot *slot;

		pthread_mutex_lock(&s->lock);
		while (s->filled == SLOTS && !s->stop)
			pthread_cond_wait(&s->change, &s->lock);
		slot = &s->slots[(s->first + s->filled) % SLOTS];
		more = !s->stop;
		pthread_mutex_unlock(&s->lock);
		if (!more)
			break;
		slot_fill(s, slot);
		more = slot->type && slot->type != 'E' && slot->type != 'F';
		pthread_mutex_lock(&s->lock);
		s->filled++;
		pthread_cond_signal(&s->change);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* ---- the caller: slots into rows ---- */

static struct slot *
slot_wait(struct source *s)
{
	struct slot *slot;

	pthread_mutex_lock(&s->lock);
	while (!s->filled)
		pthread_cond_wait(&s->change, &s->lock);
	slot = &s->slots[s->first];
	pthread_mutex_unlock(&s->lock);
	return slot;
}

static void
slot_release(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	s->first = (s->first + 1) % SLOTS;
	s->filled--;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

/* What a frame means that no batch is made of: the end, a failure, a broken stream. */
static enum err_code
slot_last(struct source *s, const struct slot *slot, struct err *e)
{
	int64_t rows;

	s->ended = true;
	if (slot->type == 'F')
		return frames_failure(slot->data, slot->size, e);
	if (slot->type == 'E') {
		if (frames_end(slot->data, slot->size, &rows, e) != ERR_OK)
			return e->code;
		if (rows != s->rows)
			return err_set(
				e, ERR_INVALID,
				"the reader's stream is broken: %lld rows came, it says %lld",
				(long long)s->rows, (long long)rows);
		return ERR_OK;
	}
	if (slot->type == 0 && slot->err.code == ERR_UNKNOWN && s->child.pid)
		return child_explain(&s->child, e);
	if (slot->type == 0) {
		*e = slot->err;
		return e->code == ERR_UNKNOWN ? (e->code = ERR_IO) : e->code;
	}
	return err_set(e, ERR_INVALID,
	               "the reader's stream is broken: a frame of type %d came out of turn",
	               slot->type);
}

/* NULL with *e set; the child is stopped then. */
static struct source *
source_create(struct child child, const struct source_options *opt, struct err *e)
{
	struct source *s = mem_calloc(1, sizeof *s);

	if (!s) {
		child_stop(&child);
		(void)err_set(e, ERR_NOMEM, "out of memory for a source");
		return NULL;
	}
	s->child = child;
	s->fd = child.fd;
	s->child.fd = -1;
	s->silence_ms = (opt && opt->silence_s > 0 ? opt->silence_s : SILENCE_S) * 1000;
	arena_init(&s->mem, HEAD_BYTES);
	if (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_cond_init(&s->change, NULL) != 0 ||
	    pthread_create(&s->thread, NULL, read_ahead, s) != 0) {
		source_close(s);
		(void)err_set(e, ERR_NOMEM, "could not start a thread for the reader's stream");
		return NULL;
	}
	s->thread_runs = true;
	return s;
}

/* Up to the header ('H' or 'P' or 'L'), keeping early warnings. NULL with *e set. */
static struct slot *
head_wait(struct source *s, char type, struct err *e)
{
	for (;;) {
		struct slot *slot = slot_wait(s);
		const char *text;

		if (slot->type == type)
			return slot;
		if (slot->type != 'W') {
			if (slot_last(s, slot, e) == ERR_OK)
				(void)err_set(e, ERR_INVALID,
				              "the reader's stream is broken: it has no header");
			return NULL;
		}
		if (frames_warning(slot->data, slot->size, &s->mem, &text, e) != ERR_OK)
			return NULL;
		if (s->early_count < sizeof s->early / sizeof s->early[0])
			s->early[s->early_count++] = text;
		slot_release(s);
	}
}

static enum err_code
open_child(struct child child, const struct source_options *opt, bool raster, struct source **ret,
           struct err *e)
{
	struct source *s = source_create(child, opt, e);
	struct slot *slot = s ? head_wait(s, raster ? 'P' : 'H', e) : NULL;
	enum err_code rc;

	if (!slot) {
		source_close(s);
		return e->code;
	}
	if (raster)
		rc = frames_raster(slot->data, slot->size, &s->mem, &s->raster, e);
	else
		rc = frames_header(slot->data, slot->size, &s->mem, &s->header, e);
	if (rc != ERR_OK) {
		source_close(s);
		return rc;
	}
	slot_release(s);
	*ret = s;
	return ERR_OK;
}

enum err_code
source_open(const char *path, const struct source_options *opt, struct source **ret, struct err *e)
{
	struct child child = { .fd = -1 };
	struct err local = { 0 };

	if (!e)
		e = &local;
	if (child_start(path, "rows", opt, &child, e) != ERR_OK)
		return e->code;
	return open_child(child, opt, false, ret, e);
}

enum err_code
source_raster_open(const char *path, const struct source_options *opt, struct source **ret,
                   struct err *e)
{
	struct child child = { .fd = -1 };
	struct err local = { 0 };

	if (!e)
		e = &local;
	if (child_start(path, "raster", opt, &child, e) != ERR_OK)
		return e->code;
	return open_child(child, opt, true, ret, e);
}

enum err_code
source_open_stream(int fd, bool raster, struct source **ret, struct err *e)
{
	struct err local = { 0 };

	return open_child((struct child){ .fd = fd }, NULL, raster, ret, e ? e : &local);
}

enum err_code
source_list_layers(const char *path, const struct source_options *opt, struct arena *mem,
                   struct source_layer **ret_layers, size_t *ret_count, struct err *e)
{
	struct child child = { .fd = -1 };
	struct source *s;
	struct slot *slot;
	struct err local = { 0 };
	enum err_code rc;

	if (!e)
		e = &local;
	if (child_start(path, "list", opt, &child, e) != ERR_OK)
		return e->code;
	s = source_create(child, opt, e);
	slot = s ? head_wait(s, 'L', e) : NULL;
	rc = slot ? frames_layers(slot->data, slot->size, mem, ret_layers, ret_count, e) : e->code;
	source_close(s);
	return rc;
}

const struct source_header *
source_header(const struct source *s)
{
	return &s->header;
}

const struct source_raster *
source_raster_info(const struct source *s)
{
	return &s->raster;
}

int64_t
source_rows_seen(const struct source *s)
{
	return s->rows;
}

static void
release_held(struct source *s)
{
	if (!s->held)
		return;
	s->held = false;
	slot_release(s);
}

/* Bad rows and warnings that wait one behind another become one batch. */
static enum err_code
gather(struct source *s, struct arena *mem, struct source_rows *r, struct err *e)
{
	size_t bytes = 0;

	r->bad = arena_calloc(mem, GATHER_COUNT, sizeof *r->bad);
	r->warnings = arena_calloc(mem, GATHER_COUNT + sizeof s->early / sizeof s->early[0],
	                           sizeof *r->warnings);
	if (!r->bad || !r->warnings)
		return err_set(e, ERR_NOMEM, "out of memory for a batch");
	for (size_t i = 0; i < s->early_count; i++)
		r->warnings[r->warning_count++] = s->early[i];
	s->early_count = 0;
	while (r->bad_count + r->warning_count < GATHER_COUNT && bytes < GATHER_BYTES) {
		struct slot *slot = slot_wait(s);

		if (slot->type == 'W') {
			if (frames_warning(slot->data, slot->size, mem,
			                   &r->warnings[r->warning_count], e) != ERR_OK)
				return e->code;
			r->warning_count++;
		} else if (slot->type == 'B') {
			if (frames_bad(slot->data, slot->size, mem, &r->bad[r->bad_count], e) !=
			    ERR_OK)
				return e->code;
			r->bad_count++;
			s->rows++;
		} else {
			break;
		}
		bytes += slot->size;
		slot_release(s);
	}
	return ERR_OK;
}

enum err_code
source_next_batch(struct source *s, struct arena *mem, struct source_rows *ret, struct err *e)
{
	struct source_rows r = { 0 };
	struct err local = { 0 };
	struct slot *slot;

	if (!e)
		e = &local;
	release_held(s);
	if (s->ended) {
		*ret = (struct source_rows){ .end = true };
		return ERR_OK;
	}
	slot = s->early_count ? NULL : slot_wait(s);
	if (!slot || slot->type == 'B' || slot->type == 'W') {
		if (gather(s, mem, &r, e) != ERR_OK) {
			s->ended = true;
			return e->code;
		}
		*ret = r;
		return ERR_OK;
	}
	if (slot->type == 'R') {
		if (frames_rows(slot->data, slot->size, &s->header, mem, &r.rows, &r.row_count,
		                e) != ERR_OK) {
			s->ended = true;
			return e->code;
		}
		s->held = true;
		s->rows += (int64_t)r.row_count;
	} else if (slot_last(s, slot, e) != ERR_OK) {
		return e->code;
	} else {
		r.end = true;
	}
	*ret = r;
	return ERR_OK;
}

enum err_code
source_raster_next(struct source *s, double *row, uint32_t *ret_y, bool *ret_end, struct err *e)
{
	struct err local = { 0 };

	if (!e)
		e = &local;
	for (;;) {
		struct slot *slot;

		*ret_end = s->ended;
		if (s->ended)
			return ERR_OK;
		slot = slot_wait(s);
		if (slot->type == 'W') {
			slot_release(s);
			continue;
		}
		if (slot->type != 'D') {
			*ret_end = true;
			return slot_last(s, slot, e);
		}
		if (frames_raster_row(slot->data, slot->size, &s->raster, row, ret_y, e) !=
		    ERR_OK) {
			s->ended = true;
			return e->code;
		}
		if (*ret_y != (uint32_t)s->rows) {
			s->ended = true;
			return err_set(
				e, ERR_INVALID,
				"the reader's stream is broken: raster row %u came, not %lld",
				*ret_y, (long long)s->rows);
		}
		s->rows++;
		slot_release(s);
		return ERR_OK;
	}
}

void
source_close(struct source *s)
{
	if (!s)
		return;
	child_stop(&s->child); /* the stream then ends, and the thread with it */
	if (s->thread_runs) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->change);
		pthread_mutex_unlock(&s->lock);
		(void)pthread_join(s->thread, NULL);
	}
	(void)close(s->fd); /* only read from */
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->change);
	for (size_t i = 0; i < SLOTS; i++)
		mem_free(s->slots[i].data);
	arena_done(&s->mem);
	mem_free(s);
}
