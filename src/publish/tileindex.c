#include "publish/tileindex.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store/changed.h"

struct tileindex {
	const struct tileset_kind *k;
	enum access_role role;
	unsigned view;
	char *path, *pieces_path;
	struct tileset *base, *mid, *top, *unclassed;
	struct tilefids hide_base, hide_mid, single;
	int64_t mid_size, size, unclassed_size;
	const _Atomic int *busy;
};

enum {
	AWAIT_TURNS = 1500,
	AWAIT_NS = 20000000
};

struct tileindex *
tileindex_create(const struct tileset_kind *k, enum access_role role, unsigned view,
                 const char *path)
{
	struct tileindex *x = mem_calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->k = k;
	x->role = role;
	x->view = view;
	if (path) { /* without memory for the names there are no files */
		size_t n = strlen(path);

		x->path = mem_strdup(path);
		x->pieces_path = mem_alloc(n + sizeof(".pieces"));
		if (x->pieces_path) {
			memcpy(x->pieces_path, path, n);
			memcpy(x->pieces_path + n, ".pieces", sizeof(".pieces"));
		}
	}
	return x;
}

static void
drop(struct tileset **s)
{
	tileset_free(*s);
	*s = NULL;
}

static void
drop_changes(struct tileindex *x)
{
	drop(&x->mid);
	drop(&x->top);
	tilefids_done(&x->hide_base);
	tilefids_done(&x->hide_mid);
}

void
tileindex_free(struct tileindex *x)
{
	if (!x)
		return;
	drop_changes(x);
	drop(&x->base);
	drop(&x->unclassed);
	tilefids_done(&x->single);
	mem_free(x->path);
	mem_free(x->pieces_path);
	mem_free(x);
}

void
tileindex_await(struct tileindex *x, const _Atomic int *busy)
{
	x->busy = busy;
}

/* The file of another process, waiting for it while it is being made. */
static struct tileset *
open_base(struct tileindex *x, struct store *st)
{
	const struct timespec pause = { .tv_nsec = AWAIT_NS };
	int64_t newer = x->base ? x->base->known_size : -1;
	struct tileset *s = NULL;

	if (!x->path)
		return NULL;
	tileset_open(st, x->k, x->view, x->path, newer, &s);
	for (int i = 0; !s && x->busy && atomic_load(x->busy) && i < AWAIT_TURNS; i++) {
		(void)nanosleep(&pause, NULL);
		tileset_open(st, x->k, x->view, x->path, newer, &s);
	}
	if (!s && x->busy) /* it may have been finished just now */
		tileset_open(st, x->k, x->view, x->path, newer, &s);
	return s;
}

/* A base: one that another process wrote, else our own. */
static enum err_code
make_base(struct tileindex *x, struct store *st, struct err *e)
{
	struct tileset *s = open_base(x, st);
	enum err_code rc = ERR_OK;

	if (!s)
		rc = tileset_build_now(st, x->k, x->role, x->view, x->path, &s, e);
	if (rc)
		return rc;
	drop_changes(x);
	drop(&x->base);
	tilefids_done(&x->single);
	x->base = s;
	x->mid_size = s->known_size;
	return tilefids_add(&x->single, s->single, s->singles)
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for tiles");
}

/* Everything that changed since the base, as the middle set. *ret_many: too much. */
static enum err_code
make_mid(struct tileindex *x, struct store *st, struct arena *mem, bool *ret_many, struct err *e)
{
	int kind = store_kind(st, x->k->kind);
	struct tileset *s = NULL;
	struct changed c = { 0 };
	enum err_code rc = store_changed(st, kind, x->base->known_size, TILEINDEX_MID, mem, &c, e);

	*ret_many = c.many;
	if (!rc && !c.many)
		rc = tileset_build_some(st, x->k, x->role, c.fid, c.count, &s, e);
	if (rc || c.many)
		return rc;
	drop_changes(x);
	x->mid = s;
	x->mid_size = store_log_size(st);
	return tilefids_add(&x->hide_base, c.fid, c.count)
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for tiles");
}

/* What changed since the middle set (or the base). *ret_many: too much for that. */
static enum err_code
make_top(struct tileindex *x, struct store *st, struct arena *mem, bool *ret_many, struct err *e)
{
	int kind = store_kind(st, x->k->kind);
	struct tileset *s = NULL;
	struct changed c = { 0 };
	enum err_code rc = store_changed(st, kind, x->mid_size, TILEINDEX_TOP, mem, &c, e);

	*ret_many = c.many;
	if (!rc && c.count > 0)
		rc = tileset_build_some(st, x->k, x->role, c.fid, c.count, &s, e);
	if (rc || c.many)
		return rc;
	drop(&x->top);
	x->top = s;
	/* what was hidden for an earlier top is hidden for this one: changes only become more */
	return tilefids_add(&x->hide_base, c.fid, c.count) &&
	                       tilefids_add(&x->hide_mid, c.fid, c.count)
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for tiles");
}

/* May the danger areas be others than they were at `since`? Hazards that the role does not see as
 * records now are noted as singles: if they change later, the areas may change again. */
static enum err_code
look_for_singles(struct tileindex *x, struct store *st, int64_t since, struct arena *mem,
                 bool *ret_any, struct err *e)
{
	/* where what changed just now is, as far as the role sees it as a record */
	const struct tileset *seen = !x->top && x->mid_size == store_log_size(st) ? x->mid : x->top;
	int ordnance = store_kind(st, "ordnance");
	struct changed finds = { 0 }, c = { 0 };
	enum err_code rc = ERR_OK;

	if (ordnance >= 0)
		rc = store_changed(st, ordnance, since, 0, mem, &finds, e);
	if (!rc)
		rc = store_changed(st, store_kind(st, x->k->kind), since, TILEINDEX_MID, mem, &c,
		                   e);
	*ret_any = finds.many || c.many;
	for (size_t i = 0; !rc && i < c.count; i++) {
		if (tilefids_has(&x->single, c.fid[i])) {
			*ret_any = true;
		} else if (!tileset_has(seen, c.fid[i])) {
			*ret_any = true;
			if (!tilefids_add(&x->single, &c.fid[i], 1))
				rc = err_set(e, ERR_NOMEM, "out of memory for tiles");
		}
	}
	return rc;
}

/* Danger areas that stand for single items: made anew when one of those may have changed. */
static enum err_code
make_unclassed(struct tileindex *x, struct store *st, struct arena *mem, struct err *e)
{
	struct tileset *s = NULL;
	bool any = false;
	enum err_code rc;

	if (access_is_exact(x->role) || strcmp(x->k->kind, "hazard") != 0)
		return ERR_OK;
	if (!x->unclassed && x->pieces_path) {
		tileset_open(st, x->k, x->view, x->pieces_path, -1, &x->unclassed);
		if (x->unclassed && x->unclassed->known_size > x->base->known_size)
			drop(&x->unclassed); /* its singles are not those of the base */
		x->unclassed_size = x->unclassed ? x->unclassed->known_size : 0;
	}
	rc = look_for_singles(x, st, x->unclassed ? x->unclassed_size : x->base->known_size, mem,
	                      &any, e);
	if (!rc && (any || !x->unclassed)) {
		rc = tileset_build_unclassed(st, x->k, x->role, x->view, x->pieces_path, &s, e);
		if (!rc) {
			drop(&x->unclassed);
			x->unclassed = s;
		}
	}
	if (!rc)
		x->unclassed_size = store_log_size(st);
	return rc;
}

enum err_code
tileindex_refresh(struct tileindex *x, struct store *st, struct err *e)
{
	int64_t size = store_log_size(st);
	struct arena mem;
	bool many = false;
	enum err_code rc = ERR_OK;

	if (x->base && x->size == size)
		return ERR_OK;
	arena_init(&mem, (size_t)64 << 20);
	if (!x->base)
		rc = make_base(x, st, e);
	rc = rc ? rc : make_top(x, st, &mem, &many, e);
	if (!rc && many) {
		rc = make_mid(x, st, &mem, &many, e);
		if (!rc && many) {
			rc = make_base(x, st, e);
			/* a base that another process wrote may be some submissions behind */
			rc = rc ? rc : make_mid(x, st, &mem, &many, e);
		}
	}
	if (!rc && many)
		rc = err_set(e, ERR_IO, "the register changes faster than tiles can follow");
	rc = rc ? rc : make_unclassed(x, st, &mem, e);
	arena_done(&mem);
	if (!rc)
		x->size = size;
	return rc;
}

size_t
tileindex_layers(const struct tileindex *x, struct tile_layer ret[TILER_SETS])
{
	size_t n = 0;

	ret[n++] = (struct tile_layer){ x->base, &x->hide_base };
	if (x->mid)
		ret[n++] = (struct tile_layer){ x->mid, &x->hide_mid };
	if (x->top)
		ret[n++] = (struct tile_layer){ x->top, NULL };
	if (x->unclassed)
		ret[n++] = (struct tile_layer){ x->unclassed, NULL };
	return n;
}
