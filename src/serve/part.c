#define _GNU_SOURCE /* nice */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/behind.h"
#include "serve/confine.h"
#include "serve/part.h"
#include "serve/planted.h"
#include "serve/tell.h"
#include "serve/worker.h"
#include "store/accounts.h"
#include "store/snapshot.h"

enum {
	READ_PAGES_KIB = 8 << 10, /* of each register in each part that reads */
	WRITE_PAGES_KIB = 32 << 10,
	SLOW_NICE = 5,
	BEHIND_PAGES_KIB = 4 << 10 /* of each register, for answers made behind */
};

static bool
reads(enum serve_part part)
{
	return part == PART_QUICK || part == PART_SLOW;
}

static enum err_code
open_registers(const struct part_start *p, struct site *s, int pages_kib, struct err *e)
{
	enum store_mode mode = p->part == PART_WRITE ? STORE_WRITE : STORE_READ_NO_KEYS;
	enum err_code rc = site_open(p->o->path, p->o->count, mode, s, e);

	for (size_t i = 0; rc == ERR_OK && i < s->count; i++)
		rc = store_page_memory(s->reg[i].st, pages_kib, e);
	return rc;
}

static enum err_code
open_all(const struct part_start *p, struct site *s, struct err *e)
{
	if (!reads(p->part) && p->part != PART_WRITE)
		return accounts_open(NULL, &s->accounts, e);
	return open_registers(p, s, p->part == PART_WRITE ? WRITE_PAGES_KIB : READ_PAGES_KIB, e);
}

/* Tell the supervisor how it went. Should that fail, it sees the process end or work. */
static void
tell(int fd, char how, const char *text)
{
	char line[1200] = { how };
	size_t n = strlen(text) < sizeof line - 1 ? strlen(text) : sizeof line - 1;

	if (fd < 0)
		return;
	memcpy(line + 1, text, n);
	(void)!write(fd, line, n + 1);
	(void)close(fd);
}

static enum err_code
take_keys(const struct part_start *p, struct ticket_keys *keys, struct err *e)
{
	uint8_t *to = p->part == PART_ACCOUNT ? keys->of[0] : keys->of[p->part];
	size_t want = p->part == PART_ACCOUNT ? sizeof keys->of : sizeof keys->of[0], n = 0;
	ssize_t got;

	do {
		got = read(p->key_fd, to + n, want - n);
		n += got > 0 ? (size_t)got : 0;
	} while (n < want && (got > 0 || (got < 0 && errno == EINTR)));
	(void)close(p->key_fd);
	return n == want ? ERR_OK : err_set(e, ERR_IO, "could not read the keys of tickets");
}

int
part_run(const struct part_start *p)
{
	struct site s = { 0 }, own = { 0 };
	struct ticket_keys keys = { 0 };
	struct behind *b = NULL;
	struct worker w = { .part = p->part, .site = &s, .fd = p->fd, .keys = &keys };
	struct err e = { 0 };
	char remark[300];
	enum err_code rc = take_keys(p, &keys, &e);

	if (rc == ERR_OK)
		rc = open_all(p, &s, &e);
	if (rc == ERR_OK && p->part == PART_SLOW)
		rc = open_registers(p, &own, BEHIND_PAGES_KIB, &e);
	if (rc != ERR_OK) {
		tell(p->ready_fd, 'E', e.text);
		return err_exit_status(rc);
	}
	for (size_t i = 0; i < s.count; i++)
		s.reg[i].drawing = &p->drawing[i];
	for (size_t i = 0; p->part == PART_SLOW && i < s.count; i++) {
		(void)store_scratch(s.reg[i].st); /* no file can be made once it is confined */
		(void)store_scratch(own.reg[i].st);
	}
	if (p->part == PART_SLOW) /* tiles and submissions go first; if it is refused they share */
		(void)!nice(SLOW_NICE);
	PLANTED(p->part, &s);
	confine(p->part, &s, remark, sizeof remark);
	if (p->part == PART_SLOW) {
		s.pool = pool_create(0);
		own.pool = pool_create(0);
		/* Without it every answer is made while somebody waits. */
		if (behind_start(&s, &own, BEHIND_LONG_US, &b, &e) != ERR_OK)
			b = NULL;
	}
	tell(p->ready_fd, 'R', remark);
	rc = worker_run(&w, &e);
	/* The edge of a process: nobody else can tell any more. */
	if (rc != ERR_OK)
		(void)dprintf(STDERR_FILENO, "fallow: the part %s: %s\n", tell_part_name(p->part),
		              e.text);
	if (!b) { /* else nobody waits for what it makes, and the process ends now */
		pool_free(s.pool);
		accounts_close(s.accounts);
		site_close(&s);
	}
	return w.lied_to ? PART_LIED_TO : err_exit_status(rc);
}
