#include "api/behind.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/snapshot.h"

enum {
	JOBS_MOST = 32,
	PAIRS_MOST = 16,
	LOOK_MS = 500, /* between looks whether a register changed */
	ANSWER_MOST = 12 << 20
};

/* A question, and its newest answer. Texts are one piece of memory. */
struct job {
	char *text, *key, *path, *raw_query;
	struct ask_pair pair[PAIRS_MOST];
	size_t pairs, reg;
	enum serve_role role;
	bool wanted, running;
	bool failed; /* its making ended without an answer */
	int64_t asked_us, begun_us;
	int64_t given; /* state that was given last; -1 = none yet: somebody waits */
	int64_t state; /* of the answer made behind; -1 = none */
	struct buf answer;
};

struct behind {
	struct site *site, *own;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t work;
	struct job job[JOBS_MOST];
	size_t count;
	bool stop;
	size_t ahead; /* of the answers made at the start: those of one kind, then of the other */
	int64_t rest_until_us; /* a register that changes all the time leaves time for others */
	int64_t version[64];   /* of each register when its questions were last wanted */
	int64_t long_us;
};

static void
job_done(struct job *j)
{
	buf_done(&j->answer);
	mem_free(j->text);
	*j = (struct job){ .state = -1 };
}

static size_t
register_of(const struct behind *b, const struct ask *q)
{
	const struct site *s = q->reg->makes_behind ? b->own : b->site;

	return (size_t)(q->reg - s->reg);
}

static struct job *
find(struct behind *b, size_t reg, const char *key)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->job[i].reg == reg && text_eq(b->job[i].key, key))
			return &b->job[i];
	return NULL;
}

static char *
put(char **at, const char *s)
{
	char *begin = *at;
	size_t n = strlen(s) + 1;

	memcpy(begin, s, n);
	*at += n;
	return begin;
}

/* Copy a question; false when memory ends or it is none to keep. */
static bool
job_make(struct job *j, const struct ask *q, size_t reg, const char *key)
{
	size_t n = strlen(key) + strlen("/r/") + strlen(q->reg->name) + strlen(q->route->path) +
	           strlen(q->raw_query) + 3;
	char *at;

	*j = (struct job){ .reg = reg, .role = q->who.role, .state = -1, .given = -1 };
	j->asked_us = j->begun_us = clock_steady_us();
	if (q->query_count > PAIRS_MOST)
		return false;
	for (size_t i = 0; i < q->query_count; i++)
		n += strlen(q->query[i].name) + strlen(q->query[i].value) + 2;
	at = j->text = mem_alloc(n);
	if (!at)
		return false;
	j->key = put(&at, key);
	j->path = put(&at, "/r/"); /* no token that stood in front is kept */
	at--;
	(void)put(&at, q->reg->name);
	at--;
	(void)put(&at, q->route->path); /* only routes without {..} keep answers */
	j->raw_query = put(&at, q->raw_query);
	for (size_t i = 0; i < q->query_count; i++) {
		j->pair[i].name = put(&at, q->query[i].name);
		j->pair[i].value = put(&at, q->query[i].value);
	}
	j->pairs = q->query_count;
	buf_init(&j->answer, ANSWER_MOST);
	return true;
}

/* A free place, else that of the question nobody asked for longest; NULL = all are being made. */
static struct job *
place_for(struct behind *b)
{
	struct job *oldest = NULL;

	if (b->count < JOBS_MOST)
		return &b->job[b->count];
	for (size_t i = 0; i < b->count; i++)
		if (!b->job[i].running && (!oldest || b->job[i].asked_us < oldest->asked_us))
			oldest = &b->job[i];
	return oldest;
}

/* The job of a question, made if it is new. NULL: it cannot be kept. */
static struct job *
job_of(struct behind *b, const struct ask *q, const char *key)
{
	size_t reg = register_of(b, q);
	struct job *j = find(b, reg, key), made;

	if (j)
		return j;
	if (!job_make(&made, q, reg, key)) {
		job_done(&made);
		return NULL;
	}
	j = place_for(b);
	if (!j) {
		job_done(&made);
		return NULL;
	}
	if (j == &b->job[b->count])
		b->count++;
	else
		job_done(j);
	*j = made;
	return j;
}

void
behind_note(struct behind *b, const struct ask *q, const char *key, int64_t state, bool wanted)
{
	struct job *j;

	(void)pthread_mutex_lock(&b->lock);
	j = job_of(b, q, key);
	if (j) {
		j->asked_us = clock_steady_us();
		j->given = state;
		j->failed = false;
		j->wanted = j->wanted || wanted;
	}
	if (wanted)
		(void)pthread_cond_signal(&b->work);
	(void)pthread_mutex_unlock(&b->lock);
}

int64_t
behind_first(struct behind *b, const struct ask *q, const char *key)
{
	struct job *j;
	int64_t us = -1;

	(void)pthread_mutex_lock(&b->lock);
	j = job_of(b, q, key);
	if (j && !j->failed) {
		j->asked_us = clock_steady_us();
		j->given = -1;
		j->wanted = j->wanted || !j->running;
		us = j->asked_us - j->begun_us;
		(void)pthread_cond_signal(&b->work);
	}
	if (j)
		j->failed = false; /* who comes next may have more luck */
	(void)pthread_mutex_unlock(&b->lock);
	return us;
}

bool
behind_take(struct behind *b, const struct ask *q, const char *key, int64_t *state, struct buf *out)
{
	struct job *j;
	bool newer;

	(void)pthread_mutex_lock(&b->lock);
	j = find(b, register_of(b, q), key);
	newer = j && j->state > *state;
	if (newer) {
		buf_add(out, j->answer.data, j->answer.size);
		*state = j->state;
		buf_done(&j->answer); /* who took it keeps it */
		buf_init(&j->answer, ANSWER_MOST);
		j->state = -1;
	}
	(void)pthread_mutex_unlock(&b->lock);
	return newer;
}

void
behind_answer(struct behind *b, const struct ask *q, const char *key, int64_t state,
              const struct buf *answer)
{
	struct job *j;

	(void)pthread_mutex_lock(&b->lock);
	j = job_of(b, q, key); /* none yet: it was made before anybody asked */
	if (j) {
		buf_reset(&j->answer);
		buf_add(&j->answer, answer->data, answer->size);
		j->state = buf_ok(&j->answer) ? state : -1;
	}
	(void)pthread_mutex_unlock(&b->lock);
}

bool
behind_has(struct behind *b, const struct ask *q, const char *key, int64_t state)
{
	const struct job *j;
	bool has;

	(void)pthread_mutex_lock(&b->lock);
	j = find(b, register_of(b, q), key);
	has = j && (j->state >= state || j->given >= state);
	(void)pthread_mutex_unlock(&b->lock);
	return has;
}

bool
behind_is_long(const struct behind *b, int64_t took_us)
{
	return took_us >= b->long_us;
}

/* ---- the thread ---- */

/* What is wanted: first what somebody waits for, then the one asked for last. */
static struct job *
next_job(struct behind *b)
{
	struct job *best = NULL;

	for (size_t i = 0; i < b->count; i++) {
		struct job *j = &b->job[i];

		if (j->wanted &&
		    (!best || (j->given < 0) > (best->given < 0) ||
		     ((j->given < 0) == (best->given < 0) && j->asked_us > best->asked_us)))
			best = j;
	}
	return best;
}

/* Want again what was asked lately of registers that changed. */
static void
look(struct behind *b)
{
	int64_t now_us = clock_steady_us();

	for (size_t r = 0; r < b->own->count && r < sizeof b->version / sizeof *b->version; r++) {
		int64_t version = store_data_version(b->own->reg[r].st);

		if (version == b->version[r])
			continue;
		b->version[r] = version;
		for (size_t i = 0; i < b->count; i++)
			if (b->job[i].reg == r && now_us - b->job[i].asked_us < BEHIND_ASKED_US)
				b->job[i].wanted = true;
	}
}

/* Make the answer of a job, without the lock. */
static void
make(struct behind *b, const struct job *j)
{
	struct arena mem;
	struct reply r;
	struct ask q = { .method = ASK_GET,
		         .base = "",
		         .path = j->path,
		         .query = j->pair,
		         .query_count = j->pairs,
		         .raw_query = j->raw_query,
		         .who = { .role = j->role, .account = "" },
		         .mem = &mem };

	arena_init(&mem, 0);
	reply_init(&r, 0);
	site_refresh(b->own);
	route_answer(b->own, &q, &r); /* its handler hands the answer in, see api_keep */
	site_rest(b->own);
	reply_done(&r);
	arena_done(&mem);
	mem_trim();
}

static void
run_job(struct behind *b, struct job *j)
{
	int64_t begun_us = clock_steady_us(), now_us;
	struct job copy = *j; /* its texts stay while it runs */

	j->wanted = false;
	j->running = true;
	(void)pthread_mutex_unlock(&b->lock);
	make(b, &copy);
	(void)pthread_mutex_lock(&b->lock);
	j->running = false;
	j->failed = j->given < 0 && j->state < 0;
	now_us = clock_steady_us();
	b->rest_until_us = now_us + (now_us - begun_us);
}

static void
wait_some(struct behind *b)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += (long)LOOK_MS * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&b->work, &b->lock, &t);
}

/* Are outlines for tiles of a register being made? That too takes memory: one after the other. */
static bool
is_drawing(const struct site_register *reg)
{
	return reg->drawing && atomic_load(reg->drawing);
}

/* What the page shows first, as everybody sees it, before anybody asks: one answer a call, of the
 * large registers. False when all were made, or nothing can be made now. */
static bool
make_ahead(struct behind *b)
{
	size_t i = b->ahead % b->own->count;
	bool timeline = b->ahead >= b->own->count;
	const struct site_register *reg = &b->own->reg[i];
	struct job j = { .role = SERVE_PUBLIC, .raw_query = timeline ? "figure=extent" : "" };
	char text[300];

	if (b->ahead >= 2 * b->own->count || is_drawing(&b->site->reg[i]))
		return false;
	b->ahead++;
	if (!reg->large)
		return true;
	(void)snprintf(text, sizeof(text), "/r/%s/api/%s", reg->name,
	               timeline ? "timeline" : "figures");
	j.path = text;
	if (timeline)
		j.pair[j.pairs++] = (struct ask_pair){ "figure", "extent" };
	(void)pthread_mutex_unlock(&b->lock);
	make(b, &j);
	(void)pthread_mutex_lock(&b->lock);
	return true;
}

static void *
run(void *p)
{
	struct behind *b = p;

	(void)pthread_mutex_lock(&b->lock);
	while (!b->stop) {
		struct job *j = next_job(b);

		if (j && (j->given < 0 || clock_steady_us() >= b->rest_until_us)) {
			run_job(b, j);
			continue;
		}
		if (!j && b->own->count && make_ahead(b))
			continue;
		wait_some(b);
		if (b->count)
			look(b);
	}
	(void)pthread_mutex_unlock(&b->lock);
	return NULL;
}

enum err_code
behind_start(struct site *site, struct site *own, int64_t long_us, struct behind **ret,
             struct err *e)
{
	struct behind *b = mem_calloc(1, sizeof *b);
	struct stat about;

	if (!b)
		return err_set(e, ERR_NOMEM, "out of memory for answers made behind");
	b->site = site;
	b->own = own;
	b->long_us = long_us;
	for (size_t i = 0; i < own->count && i < sizeof b->version / sizeof *b->version; i++)
		b->version[i] = store_data_version(own->reg[i].st);
	for (size_t i = 0; i < site->count; i++) {
		site->reg[i].behind = own->reg[i].behind = b;
		own->reg[i].makes_behind = true;
		site->reg[i].large = own->reg[i].large =
			stat(site->reg[i].path, &about) == 0 && about.st_size >= BEHIND_LARGE_BYTES;
	}
	if (pthread_mutex_init(&b->lock, NULL) != 0 || pthread_cond_init(&b->work, NULL) != 0 ||
	    pthread_create(&b->thread, NULL, run, b) != 0) {
		for (size_t i = 0; i < site->count; i++) {
			site->reg[i].behind = own->reg[i].behind = NULL;
			site->reg[i].large = own->reg[i].large = false;
		}
		mem_free(b);
		return err_set(e, ERR_NOMEM, "could not start a thread");
	}
	*ret = b;
	return ERR_OK;
}

void
behind_stop(struct behind *b)
{
	if (!b)
		return;
	(void)pthread_mutex_lock(&b->lock);
	b->stop = true;
	(void)pthread_cond_signal(&b->work);
	(void)pthread_mutex_unlock(&b->lock);
	(void)pthread_join(b->thread, NULL);
	for (size_t i = 0; i < b->site->count; i++)
		b->site->reg[i].behind = NULL;
	for (size_t i = 0; i < b->own->count; i++)
		b->own->reg[i].behind = NULL;
	for (size_t i = 0; i < b->count; i++)
		job_done(&b->job[i]);
	(void)pthread_cond_destroy(&b->work);
	(void)pthread_mutex_destroy(&b->lock);
	mem_free(b);
}
