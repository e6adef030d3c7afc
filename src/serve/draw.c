/* The process that makes outlines for tiles: it asks nobody and answers nobody. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/draw.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "serve/confine.h"
#include "serve/part.h"
#include "serve/planted.h"
#include "serve/tell.h"
#include "store/snapshot.h"

enum {
	LOOK_MS = 3000, /* between looks whether a register changed */
	PAGES_KIB = 4 << 10,
	LARGE = 16 << 20, /* bytes of a register that may be worth a folder */
	FUTILE_S = 600    /* files that were not made, as too small or not writable, wait so long */
};

/* What is known of a register. */
struct drawn {
	int64_t version;   /* of its data, when last looked at */
	int64_t futile_us; /* until then there is nothing to try */
};

/* What was not finished by one that was ended: NAME.PID. */
static void
sweep(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *f;
	char path[4096];

	/* cppcheck-suppress readdirCalled; the stream is not shared, as in base/file.c */
	while (d && (f = readdir(d))) {
		const char *dot = strrchr(f->d_name, '.');
		int n = snprintf(path, sizeof path, "%s/%s", folder, f->d_name);

		if (dot && dot[1] && strspn(dot + 1, "0123456789") == strlen(dot + 1) && n > 0 &&
		    (size_t)n < sizeof path)
			(void)unlink(path); /* what stays takes room and harms nothing */
	}
	if (d)
		(void)closedir(d);
}

void
draw_folders(const char *const *path, size_t count)
{
	char folder[4096];
	struct stat st;
	struct err ignored = { 0 }; /* where none can be made tiles come from memory */

	for (size_t i = 0; i < count; i++) {
		const struct site_register reg = { .path = path[i] };

		if (stat(path[i], &st) == 0 && st.st_size >= LARGE &&
		    draw_folder(&reg, folder, sizeof folder) &&
		    file_mkdirs(folder, 0700, &ignored) == ERR_OK)
			sweep(folder);
	}
}

static bool
has_folder(const struct site_register *reg)
{
	char folder[4096];
	struct stat st;

	return draw_folder(reg, folder, sizeof folder) && stat(folder, &st) == 0;
}

static enum err_code
draw_register(struct site *s, size_t i, _Atomic int *drawing, struct drawn *d, struct err *e)
{
	bool wanted = false, still = false;
	enum err_code rc;

	site_refresh(s);
	rc = has_folder(&s->reg[i]) ? draw_wanted(&s->reg[i], &wanted, e) : ERR_OK;
	if (!rc && wanted) {
		atomic_store(&drawing[i], 1);
		rc = draw_make(&s->reg[i], e);
		if (!rc)
			rc = draw_wanted(&s->reg[i], &still, e);
		if (still)
			d->futile_us = clock_steady_us() + (int64_t)FUTILE_S * 1000000;
	}
	site_rest(s);
	atomic_store(&drawing[i], 0);
	mem_trim();
	return rc;
}

/* Look again and again until there is something to read: the supervisor is gone. */
static enum err_code
draw_all(struct site *s, int fd, _Atomic int *drawing, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct drawn *drawn = mem_calloc(s->count + 1, sizeof *drawn);
	enum err_code rc = drawn ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for tiles");

	for (size_t i = 0; !rc && i < s->count; i++)
		drawn[i].version = -2;
	do {
		for (size_t i = 0; !rc && i < s->count; i++) {
			int64_t version = store_data_version(s->reg[i].st);

			if (version == drawn[i].version || clock_steady_us() < drawn[i].futile_us)
				continue;
			drawn[i].version = version;
			rc = draw_register(s, i, drawing, &drawn[i], e);
		}
	} while (!rc && poll(&p, 1, LOOK_MS) == 0);
	mem_free(drawn);
	return rc;
}

int
draw_run(const struct part_start *p)
{
	struct site s = { 0 };
	struct err e = { 0 };
	char remark[300];
	enum err_code rc = site_open(p->o->path, p->o->count, STORE_READ_NO_KEYS, &s, &e);

	for (size_t i = 0; !rc && i < s.count; i++)
		rc = store_page_memory(s.reg[i].st, PAGES_KIB, &e);
	if (!rc) {
		PLANTED(p->part, &s);
		confine(p->part, &s, remark, sizeof remark);
		rc = draw_all(&s, p->fd, p->drawing, &e);
	}
	for (size_t i = 0; i < p->o->count; i++)
		atomic_store(&p->drawing[i], 0);
	/* The edge of a process: nobody else can tell any more. */
	if (rc != ERR_OK)
		(void)dprintf(STDERR_FILENO, "fallow: the part %s: %s\n", tell_part_name(p->part),
		              e.text);
	site_close(&s);
	return err_exit_status(rc);
}
