#define _GNU_SOURCE
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Stands before each record. */
struct head {
	double key;
	uint64_t size; /* of the record without its head, a multiple of 8 */
};

struct entry {
	double key;
	size_t at; /* in the buffer */
};

/* A sorted run, and where its reading is. */
struct run {
	int64_t at, end; /* what is left in the file; of a run in memory nothing */
	uint8_t *buffer; /* of the file, or all of the run */
	size_t room, begin, filled;
};

struct spool {
	struct scratch *scratch;
	uint8_t *buffer; /* records in the order they came */
	size_t used, room;
	struct entry *entry;
	size_t count, entry_room;
	struct run *run;
	size_t runs, run_room;
	size_t *heap; /* runs that have a record left, the least first */
	size_t heap_count;
	size_t given; /* the run whose record was given last, runs = none */
	bool reading;
};

void
scratch_open(struct scratch *s, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	char folder[4096] = ".";
	const char *const place[] = { folder, "/var/tmp", "/tmp" };

	if (slash && (size_t)(slash - path) + 2 < sizeof(folder))
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
	*s = (struct scratch){ .fd = -1 };
	for (size_t i = 0; s->fd < 0 && i < sizeof(place) / sizeof(*place); i++)
		s->fd = open(place[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
}

void
scratch_close(struct scratch *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	*s = (struct scratch){ .fd = -1 };
}

enum err_code
spool_create(struct scratch *scratch, struct spool **ret, struct err *e)
{
	struct spool *s = mem_calloc(1, sizeof(*s));

	if (!s)
		return err_set(e, ERR_NOMEM, "out of memory to put records aside");
	s->scratch = scratch;
	scratch->users++;
	*ret = s;
	return ERR_OK;
}

void
spool_free(struct spool *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->runs; i++)
		mem_free(s->run[i].buffer);
	if (--s->scratch->users == 0 && s->scratch->end > 0) {
		/* should it fail the next ones write behind it */
		if (ftruncate(s->scratch->fd, 0) == 0)
			s->scratch->end = 0;
	}
	mem_free(s->buffer);
	mem_free(s->entry);
	mem_free(s->run);
	mem_free(s->heap);
	mem_free(s);
}

/* ---- putting ---- */

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static size_t
size_at(const uint8_t *p)
{
	struct head h;

	memcpy(&h, p, sizeof(h));
	return sizeof(h) + h.size;
}

static enum err_code
write_all(struct scratch *t, const uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t got = pwrite(t->fd, p, n, t->end);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, ERR_IO, "could not put records aside: %s",
			               strerror(got < 0 ? errno : ENOSPC));
		p += got;
		n -= (size_t)got;
		t->end += got;
	}
	return ERR_OK;
}

/* The records of the buffer, sorted, as a run in memory or in the file. */
static enum err_code
end_run(struct spool *s, bool to_file, struct err *e)
{
	uint8_t *sorted = mem_alloc(s->used + 1);
	struct run r = { .at = s->scratch->end, .end = s->scratch->end };
	size_t n = 0;
	enum err_code rc = ERR_OK;

	if (s->runs == s->run_room) {
		size_t room = s->runs ? 2 * s->runs : 16;
		struct run *p = mem_realloc_array(s->run, room, sizeof(*p));

		if (p) {
			s->run = p;
			s->run_room = room;
		}
	}
	if (!sorted || s->runs == s->run_room) {
		mem_free(sorted);
		return err_set(e, ERR_NOMEM, "out of memory to put records aside");
	}
	if (s->count > 1)
		qsort(s->entry, s->count, sizeof(*s->entry), by_key);
	for (size_t i = 0; i < s->count; i++) {
		size_t size = size_at(s->buffer + s->entry[i].at);

		memcpy(sorted + n, s->buffer + s->entry[i].at, size);
		n += size;
	}
	if (to_file) {
		rc = write_all(s->scratch, sorted, n, e);
		r.end = s->scratch->end;
		mem_free(sorted);
	} else {
		r.buffer = sorted;
		r.filled = r.room = n;
	}
	if (rc)
		return rc;
	s->run[s->runs++] = r;
	s->used = s->count = 0;
	return ERR_OK;
}

/* Room in the buffer for so many bytes and one entry more. */
static bool
make_room(struct spool *s, size_t size)
{
	if (s->used + size > s->room) {
		size_t room = s->room ? s->room : 4096;
		uint8_t *p;

		while (room < s->used + size)
			room *= 2;
		p = mem_realloc_array(s->buffer, room, 1);
		if (!p)
			return false;
		s->buffer = p;
		s->room = room;
	}
	if (s->count == s->entry_room) {
		size_t room = s->count ? 2 * s->count : 64;
		struct entry *p = mem_realloc_array(s->entry, room, sizeof(*p));

		if (!p)
			return false;
		s->entry = p;
		s->entry_room = room;
	}
	return true;
}

enum err_code
spool_put(struct spool *s, double key, const struct spool_piece *piece, size_t count, struct err *e)
{
	struct head h = { .key = key };
	uint8_t *at;
	enum err_code rc = ERR_OK;

	if (s->reading)
		return err_set(e, ERR_INTERNAL, "a record is put aside after the first was taken");
	for (size_t i = 0; i < count; i++)
		h.size += (piece[i].size + 7) & ~(size_t)7;
	if (s->used > 0 && s->used + sizeof(h) + h.size > SPOOL_MEMORY_BYTES)
		rc = end_run(s, s->scratch->fd >= 0, e);
	if (rc)
		return rc;
	if (!make_room(s, sizeof(h) + h.size))
		return err_set(e, ERR_NOMEM, "out of memory to put records aside");
	s->entry[s->count++] = (struct entry){ key, s->used };
	at = s->buffer + s->used;
	memcpy(at, &h, sizeof(h));
	at += sizeof(h);
	for (size_t i = 0; i < count; i++) {
		size_t filled = (piece[i].size + 7) & ~(size_t)7;

		if (piece[i].size)
			memcpy(at, piece[i].data, piece[i].size);
		memset(at + piece[i].size, 0, filled - piece[i].size);
		at += filled;
	}
	s->used += sizeof(h) + h.size;
	return ERR_OK;
}

/* ---- taking ---- */

/* At least n bytes of the run at its beginning, if it has them. */
static enum err_code
fill(const struct scratch *t, struct run *r, size_t n, struct err *e)
{
	size_t want;

	if (r->filled - r->begin >= n || r->at == r->end)
		return ERR_OK;
	memmove(r->buffer, r->buffer + r->begin, r->filled - r->begin);
	r->filled -= r->begin;
	r->begin = 0;
	if (n > r->room) {
		uint8_t *p = mem_realloc_array(r->buffer, n, 1);

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory to read what was put aside");
		r->buffer = p;
		r->room = n;
	}
	while (r->at < r->end && r->filled < r->room) {
		ssize_t got;

		want = r->room - r->filled;
		if ((int64_t)want > r->end - r->at)
			want = (size_t)(r->end - r->at);
		got = pread(t->fd, r->buffer + r->filled, want, r->at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, ERR_IO, "could not read what was put aside: %s",
			               got < 0 ? strerror(errno) : "it is cut off");
		r->filled += (size_t)got;
		r->at += got;
	}
	return ERR_OK;
}

/* The run's first record, whole, in its buffer. *ret_any false: none is left. */
static enum err_code
look(const struct scratch *t, struct run *r, bool *ret_any, struct err *e)
{
	enum err_code rc;

	if (!r->buffer) {
		r->buffer = mem_alloc(SPOOL_READ_BYTES);
		if (!r->buffer)
			return err_set(e, ERR_NOMEM, "out of memory to read what was put aside");
		r->room = SPOOL_READ_BYTES;
	}
	rc = fill(t, r, sizeof(struct head), e);
	*ret_any = r->filled > r->begin;
	if (!rc && *ret_any)
		rc = fill(t, r, size_at(r->buffer + r->begin), e);
	return rc;
}

static double
key_of(const struct run *r)
{
	struct head h;

	memcpy(&h, r->buffer + r->begin, sizeof(h));
	return h.key;
}

/* Earlier runs hold what was put earlier. */
static bool
before(const struct spool *s, size_t a, size_t b)
{
	double x = key_of(&s->run[a]), y = key_of(&s->run[b]);

	return x < y || (!(y < x) && a < b);
}

static void
sink(struct spool *s, size_t at)
{
	for (;;) {
		size_t least = at, down = s->heap[at];

		for (size_t k = 2 * at + 1; k <= 2 * at + 2 && k < s->heap_count; k++)
			if (before(s, s->heap[k], s->heap[least]))
				least = k;
		if (least == at)
			return;
		s->heap[at] = s->heap[least];
		s->heap[least] = down;
		at = least;
	}
}

static enum err_code
start_reading(struct spool *s, struct err *e)
{
	enum err_code rc = s->count ? end_run(s, false, e) : ERR_OK;

	if (rc)
		return rc;
	s->reading = true;
	mem_free(s->buffer);
	mem_free(s->entry);
	s->buffer = NULL;
	s->entry = NULL;
	s->given = s->runs;
	s->heap = mem_calloc(s->runs + 1, sizeof(*s->heap));
	if (!s->heap)
		return err_set(e, ERR_NOMEM, "out of memory to read what was put aside");
	for (size_t i = 0; !rc && i < s->runs; i++) {
		bool any = false;

		rc = look(s->scratch, &s->run[i], &any, e);
		if (any)
			s->heap[s->heap_count++] = i;
	}
	for (size_t i = s->heap_count / 2; !rc && i > 0; i--)
		sink(s, i - 1);
	return rc;
}

/* Pass over the record given last: its run's next one takes its place. */
static enum err_code
pass(struct spool *s, struct err *e)
{
	struct run *r;
	bool any = false;
	enum err_code rc;

	if (s->given == s->runs)
		return ERR_OK;
	r = &s->run[s->given];
	s->given = s->runs;
	r->begin += size_at(r->buffer + r->begin);
	rc = look(s->scratch, r, &any, e);
	if (rc)
		return rc;
	if (!any) {
		mem_free(r->buffer);
		r->buffer = NULL;
		s->heap[0] = s->heap[--s->heap_count];
	}
	sink(s, 0);
	return ERR_OK;
}

enum err_code
spool_next(struct spool *s, double *ret_key, const void **ret_data, size_t *ret_size, struct err *e)
{
	enum err_code rc = s->reading ? pass(s, e) : start_reading(s, e);
	const struct run *r;

	if (rc)
		return rc;
	if (s->heap_count == 0)
		return ERR_NOTFOUND;
	s->given = s->heap[0];
	r = &s->run[s->given];
	*ret_key = key_of(r);
	*ret_data = r->buffer + r->begin + sizeof(struct head);
	*ret_size = size_at(r->buffer + r->begin) - sizeof(struct head);
	return ERR_OK;
}
