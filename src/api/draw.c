#include "api/draw.h"

#include <stdio.h>
#include <string.h>

#include "api/tiles.h"
#include "base/text.h"
#include "store/changed.h"
#include "store/count.h"

bool
draw_folder(const struct site_register *reg, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s.tiles", reg->path);

	return n > 0 && (size_t)n < size;
}

/* Has the view danger areas that stand for single items, in a file of their own? */
static bool
has_pieces(const struct tileset_kind *k, enum access_role role)
{
	return !access_is_exact(role) && text_eq(k->kind, "hazard");
}

/* Is the file of areas there that goes with one of records of that size of the log? */
static bool
pieces_fit(const struct site_register *reg, const struct tileset_kind *k, unsigned view,
           const char *path, int64_t size)
{
	struct tileset *s = NULL;
	char pieces[4096];
	int n = snprintf(pieces, sizeof pieces, "%s.pieces", path);
	bool fit;

	if (n < 0 || (size_t)n >= sizeof pieces)
		return false;
	tileset_open(reg->st, k, view, pieces, -1, &s);
	fit = s && s->known_size <= size;
	tileset_free(s);
	return fit;
}

/* Are the files of a view there, and not too old? */
static enum err_code
is_fresh(const struct site_register *reg, const struct tileset_kind *k, enum access_role role,
         const char *path, bool *ret, struct err *e)
{
	unsigned view = tiles_view(reg->st, k, role);
	struct tileset *s = NULL;
	struct changed since = { .count = 0 };
	struct arena mem;
	enum err_code rc;

	*ret = false;
	tileset_open(reg->st, k, view, path, -1, &s);
	if (!s)
		return ERR_OK;
	arena_init(&mem, (size_t)16 << 20);
	rc = store_changed(reg->st, store_kind(reg->st, k->kind), s->known_size, DRAW_CHANGES, &mem,
	                   &since, e);
	*ret = !rc && !since.many &&
	       (!has_pieces(k, role) || pieces_fit(reg, k, view, path, s->known_size));
	arena_done(&mem);
	tileset_free(s);
	return rc;
}

static enum err_code
make_one(const struct site_register *reg, const struct tileset_kind *k, enum access_role role,
         const char *path, struct arena *mem, struct err *e)
{
	unsigned view = tiles_view(reg->st, k, role);
	const char *pieces = arena_printf(mem, "%s.pieces", path);
	struct tileset *s = NULL;
	enum err_code rc;

	if (!pieces)
		return err_set(e, ERR_NOMEM, "out of memory for tiles");
	rc = tileset_build_now(reg->st, k, role, view, path, &s, e);
	tileset_free(s);
	s = NULL;
	if (!rc && has_pieces(k, role))
		rc = tileset_build_unclassed(reg->st, k, role, view, pieces, &s, e);
	tileset_free(s);
	return rc;
}

/* Look at every view of every large kind; make: what is missing or old, else only tell. */
static enum err_code
walk(const struct site_register *reg, bool make, bool *ret_any, struct err *e)
{
	struct arena mem;
	enum err_code rc = ERR_OK;

	*ret_any = false;
	arena_init(&mem, (size_t)1 << 20);
	/* roles outside, kinds inside: what the public sees of every kind comes first */
	for (int role = 0; !rc && role < ACCESS_ROLES; role++)
		for (const struct tileset_kind *k = tileset_kinds; !rc && k->kind; k++) {
			int kind = store_kind(reg->st, k->kind);
			const char *path;
			bool large = false, fresh = false;

			if (kind < 0 || !tileset_is_visible(reg->st, k, (enum access_role)role))
				continue;
			rc = count_is_more(reg->st, kind, DRAW_LEAST, &large, e);
			if (rc || !large)
				continue;
			path = tiles_file(reg, k, tiles_view(reg->st, k, (enum access_role)role),
			                  &mem);
			if (!path)
				rc = err_set(e, ERR_NOMEM, "out of memory for tiles");
			/* a file made for one role is that of all with the same view */
			if (!rc)
				rc = is_fresh(reg, k, (enum access_role)role, path, &fresh, e);
			*ret_any = *ret_any || !fresh;
			if (!rc && make && !fresh)
				rc = make_one(reg, k, (enum access_role)role, path, &mem, e);
		}
	arena_done(&mem);
	return rc;
}

enum err_code
draw_wanted(const struct site_register *reg, bool *ret, struct err *e)
{
	return walk(reg, false, ret, e);
}

enum err_code
draw_make(const struct site_register *reg, struct err *e)
{
	bool any;

	return walk(reg, true, &any, e);
}
