#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/text.h"

#define MOST_THREADS 256

struct pool {
	pthread_mutex_t loop_lock; /* one loop at a time; taken before lock */
	pthread_mutex_t lock;      /* guards round, busy, stop */
	pthread_cond_t work;
	pthread_cond_t done;
	pthread_t *threads;
	size_t started; /* threads besides the caller's */
	uint64_t round;
	size_t busy;
	bool stop;

	/* the loop that runs; written by the caller under lock before a round begins */
	void (*fn)(void *ctx, size_t i, size_t worker);
	void *ctx;
	size_t count;
	size_t chunk;
	atomic_size_t next;
};

struct worker {
	struct pool *pool;
	size_t index;
};

/* Set while this thread runs a loop, so that a loop inside a loop stays on its thread. */
static _Thread_local const struct pool *inside;
static _Thread_local size_t inside_worker;

static void
run_loop(struct pool *p, size_t worker)
{
	inside = p;
	inside_worker = worker;
	for (;;) {
		size_t i = atomic_fetch_add(&p->next, p->chunk);
		size_t stop;

		/* next cannot wrap: it grows past count by one chunk a thread at most. */
		if (i >= p->count)
			break;
		stop = p->count - i < p->chunk ? p->count : i + p->chunk;
		for (; i < stop; i++)
			p->fn(p->ctx, i, worker);
	}
	inside = NULL;
}

static void *
worker_main(void *arg)
{
	struct worker w = *(struct worker *)arg;
	struct pool *p = w.pool;
	uint64_t seen = 0;

	mem_free(arg);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->round == seen)
			pthread_cond_wait(&p->work, &p->lock);
		if (p->stop)
			break;
		seen = p->round;
		pthread_mutex_unlock(&p->lock);
		run_loop(p, w.index);
		pthread_mutex_lock(&p->lock);
		if (--p->busy == 0)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static size_t
default_threads(void)
{
	const char *text = getenv("FALLOW_THREADS");
	int64_t n;
	long processors;

	if (text && text_parse_i64(text, strlen(text), &n) && n >= 1 && n <= MOST_THREADS)
		return (size_t)n;
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (processors < 1)
		return 1;
	return processors > MOST_THREADS ? MOST_THREADS : (size_t)processors;
}

struct pool *
pool_create(size_t threads)
{
	struct pool *p = mem_calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	if (threads == 0)
		threads = default_threads();
	if (threads > MOST_THREADS)
		threads = MOST_THREADS;
	/* With default attributes these fail only for lack of memory, which Linux never reports. */
	pthread_mutex_init(&p->loop_lock, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	p->threads = mem_calloc(threads, sizeof(*p->threads));
	if (!p->threads)
		goto fail;
	while (p->started + 1 < threads) {
		struct worker *w = mem_alloc(sizeof(*w));

		if (!w)
			goto fail;
		*w = (struct worker){ .pool = p, .index = p->started + 1 };
		if (pthread_create(&p->threads[p->started], NULL, worker_main, w) != 0) {
			mem_free(w);
			goto fail;
		}
		p->started++;
	}
	return p;
fail:
	pool_free(p);
	return NULL;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->loop_lock);
	mem_free(p->threads);
	mem_free(p);
}

size_t
pool_size(const struct pool *p)
{
	return p ? p->started + 1 : 1;
}

/* Begin a round of the workers over count indexes, chunk at a time; the caller holds loop_lock. */
static void
begin_round(struct pool *p, size_t count, size_t chunk,
            void (*fn)(void *ctx, size_t i, size_t worker), void *ctx)
{
	pthread_mutex_lock(&p->lock);
	p->fn = fn;
	p->ctx = ctx;
	p->count = count;
	p->chunk = chunk < SIZE_MAX / 2 / MOST_THREADS ? chunk : SIZE_MAX / 2 / MOST_THREADS;
	atomic_store(&p->next, 0);
	p->busy = p->started;
	p->round++;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

static void
await_round(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->busy > 0)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void
pool_for(struct pool *p, size_t count, size_t chunk, void (*fn)(void *ctx, size_t i, size_t worker),
         void *ctx)
{
	if (chunk == 0)
		chunk = 1;
	if (!p || p->started == 0 || count <= chunk || inside == p) {
		size_t worker = p && inside == p ? inside_worker : 0;

		for (size_t i = 0; i < count; i++)
			fn(ctx, i, worker);
		return;
	}
	pthread_mutex_lock(&p->loop_lock);
	begin_round(p, count, chunk, fn, ctx);
	run_loop(p, 0);
	await_round(p);
	pthread_mutex_unlock(&p->loop_lock);
}

/* What is made in order to be taken in order. */
struct line {
	void (*make)(void *ctx, size_t i, size_t worker);
	enum err_code (*take)(void *ctx, size_t i, struct err *e);
	void *ctx;
	size_t count, chunk;
	atomic_bool *made; /* per chunk */
};

static void
make_chunk(void *ctx, size_t c, size_t worker)
{
	struct line *l = ctx;
	size_t from = c * l->chunk, n = l->count - from < l->chunk ? l->count - from : l->chunk;

	for (size_t i = from; i < from + n; i++)
		l->make(l->ctx, i, worker);
	atomic_store(&l->made[c], true);
}

static enum err_code
take_chunk(struct line *l, size_t c, struct err *e)
{
	size_t from = c * l->chunk, n = l->count - from < l->chunk ? l->count - from : l->chunk;
	enum err_code rc = ERR_OK;

	for (size_t i = from; !rc && i < from + n; i++)
		rc = l->take(l->ctx, i, e);
	return rc;
}

enum err_code
pool_line(struct pool *p, size_t count, size_t chunk,
          void (*make)(void *ctx, size_t i, size_t worker),
          enum err_code (*take)(void *ctx, size_t i, struct err *e), void *ctx, struct err *e)
{
	struct line l = { make, take, ctx, count, chunk == 0 ? 1 : chunk, NULL };
	size_t chunks = count / l.chunk + (count % l.chunk != 0);
	enum err_code rc = ERR_OK;

	if (!p || p->started == 0 || chunks <= 1 || inside == p) {
		size_t worker = p && inside == p ? inside_worker : 0;

		for (size_t i = 0; i < count; i++)
			make(ctx, i, worker);
		for (size_t i = 0; !rc && i < count; i++)
			rc = take(ctx, i, e);
		return rc;
	}
	l.made = mem_calloc(chunks, sizeof(*l.made));
	if (!l.made)
		return err_set(e, ERR_NOMEM, "out of memory for %zu parts of a loop", chunks);
	pthread_mutex_lock(&p->loop_lock);
	begin_round(p, chunks, 1, make_chunk, &l);
	inside = p; /* a loop inside make or take stays on this thread */
	inside_worker = 0;
	for (size_t c = 0; !rc && c < chunks; c++) {
		while (!atomic_load(&l.made[c])) {
			size_t other = atomic_fetch_add(&p->next, 1);

			if (other < chunks)
				make_chunk(&l, other, 0);
			else
				(void)sched_yield(); /* a worker has it in hand */
		}
		rc = take_chunk(&l, c, e);
	}
	inside = NULL;
	atomic_store(&p->next, chunks);
	await_round(p);
	pthread_mutex_unlock(&p->loop_lock);
	mem_free(l.made);
	return rc;
}
