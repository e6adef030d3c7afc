/* Vector tiles and their description. What is kept between requests: per kind and way of seeing it
 * one set of the present, and a few of the past. */
#include <math.h>
#include <string.h>

#include "api/handlers.h"
#include "api/tiles.h"
#include "assess/question.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/mercator.h"
#include "publish/tileindex.h"
#include "store/history.h"

enum {
	KEPT_PAST = 12,
	KEPT_NOW = 40 /* kinds times ways of seeing them */
};

/* Which set of the past: roles that see the same share one. */
struct set_key {
	int kind;
	unsigned view;
	int64_t as_of_days, known_size;
};

struct kept_set {
	struct set_key key;
	int64_t log_size; /* when it was built */
	int64_t used;
	struct tileset *set;
};

struct kept_now {
	const struct tileset_kind *kind;
	unsigned view;
	struct tileindex *index;
};

struct kept {
	struct tiler *tiler;
	struct kept_set past[KEPT_PAST];
	struct kept_now now[KEPT_NOW];
	int64_t clock;
};

static void
kept_free(void *p)
{
	struct kept *k = p;

	for (int i = 0; i < KEPT_PAST; i++)
		tileset_free(k->past[i].set);
	for (int i = 0; i < KEPT_NOW; i++)
		tileindex_free(k->now[i].index);
	tiler_free(k->tiler);
	mem_free(k);
}

static struct kept *
kept_of(struct site_register *reg)
{
	struct kept *k = reg->keep[SITE_KEEP_TILES];

	if (k)
		return k;
	k = mem_calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->tiler = tiler_create();
	if (!k->tiler) {
		mem_free(k);
		return NULL;
	}
	reg->keep[SITE_KEEP_TILES] = k;
	reg->keep_free[SITE_KEEP_TILES] = kept_free;
	return k;
}

/* What a role may see of the fields that tiles show, as a number. */
unsigned
tiles_view(struct store *st, const struct tileset_kind *k, enum access_role role)
{
	const char *const field[] = { "geometry",
		                      "valid_from",
		                      k->class_field,
		                      k->status_field ? k->status_field : k->class_field,
		                      k->name_field ? k->name_field : k->class_field,
		                      "radius_m",
		                      "killed",
		                      "injured" };
	const size_t fields = sizeof(field) / sizeof(*field) - (k->harm ? 0 : 2);
	const struct form *form = store_form(st, store_kind(st, k->kind));
	unsigned v = access_is_exact(role);

	for (size_t i = 0; i < fields; i++) {
		int at = form_index(form, field[i]);

		v = 4 * v + (unsigned)(at < 0 ? ACCESS_HIDE
		                              : access_field(role, k->kind, &form->field[at]));
	}
	return v;
}

/* The slot of a key, or the one to use for it: free, else the oldest of the past. */
static struct kept_set *
slot_of(struct kept *k, const struct set_key *key)
{
	struct kept_set *best = NULL;

	for (int i = 0; i < KEPT_PAST; i++) {
		struct kept_set *s = &k->past[i];

		if (s->set && memcmp(&s->key, key, sizeof(*key)) == 0)
			return s;
		if (!best || (best->set && (!s->set || s->used < best->used)))
			best = s;
	}
	return best;
}

static enum err_code
past_of(struct site_register *reg, const struct tileset_kind *kind, enum access_role role,
        const struct each_filter *moment, const struct tileset **ret, struct err *e)
{
	struct kept *k = kept_of(reg);
	struct each_filter f = *moment;
	int64_t size = store_log_size(reg->st);
	struct set_key key;
	struct kept_set *s;
	enum err_code rc = ERR_OK;

	if (!k)
		return err_set(e, ERR_NOMEM, "out of memory for tiles");
	memset(&key, 0, sizeof(key));
	key.kind = f.kind = store_kind(reg->st, kind->kind);
	key.view = tiles_view(reg->st, kind, role);
	key.as_of_days = f.as_of_days;
	key.known_size = f.known_size;
	s = slot_of(k, &key);
	if (!s->set || memcmp(&s->key, &key, sizeof(key)) != 0 || s->log_size != size) {
		tileset_free(s->set);
		s->set = NULL;
		rc = tileset_build(reg->st, kind, &f, role, &s->set, e);
		s->key = key;
		s->log_size = size;
	}
	s->used = ++k->clock;
	*ret = s->set;
	return rc;
}

/* The file of a large set: beside the register, for its owner alone. */
const char *
tiles_file(const struct site_register *reg, const struct tileset_kind *kind, unsigned view,
           struct arena *mem)
{
	return arena_printf(mem, "%s.tiles/%s-%x", reg->path, kind->kind, view);
}

static struct tileindex *
index_of(struct kept *k, const struct site_register *reg, const struct tileset_kind *kind,
         enum access_role role, struct arena *mem)
{
	unsigned view = tiles_view(reg->st, kind, role);
	int i = 0;

	while (i < KEPT_NOW && k->now[i].index &&
	       (k->now[i].kind != kind || k->now[i].view != view))
		i++;
	if (i == KEPT_NOW)
		return NULL;
	if (!k->now[i].index) {
		k->now[i] = (struct kept_now){ kind, view, NULL };
		k->now[i].index =
			tileindex_create(kind, role, view, tiles_file(reg, kind, view, mem));
		if (k->now[i].index)
			tileindex_await(k->now[i].index, reg->drawing);
	}
	return k->now[i].index;
}

/* What to draw of a kind at a moment. */
static enum err_code
layers_of(const struct ask *q, const struct tileset_kind *kind, const struct each_filter *moment,
          struct tile_layer ret[TILER_SETS], size_t *ret_count, struct err *e)
{
	bool now = moment->as_of_days == INT64_MAX && moment->known_size == INT64_MAX;
	struct kept *k = kept_of(q->reg);
	const struct tileset *set = NULL;
	struct tileindex *x;
	enum err_code rc;

	*ret_count = 0;
	if (!now) {
		rc = past_of(q->reg, kind, ask_access(q), moment, &set, e);
		ret[0] = (struct tile_layer){ set, NULL };
		*ret_count = rc == ERR_OK;
		return rc;
	}
	x = k ? index_of(k, q->reg, kind, ask_access(q), q->mem) : NULL;
	if (!x)
		return err_set(e, ERR_NOMEM, "out of memory for tiles");
	rc = tileindex_refresh(x, q->reg->st, e);
	if (!rc)
		*ret_count = tileindex_layers(x, ret);
	return rc;
}

static enum err_code
moment_of(const struct ask *q, struct each_filter *f, struct err *e)
{
	const char *as_of = ask_query(q, "as-of"), *known = ask_query(q, "known-at");
	int64_t at_us;
	enum err_code rc;

	*f = (struct each_filter){ .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	if (as_of && *as_of && !clock_parse_date(as_of, strlen(as_of), &f->as_of_days))
		return err_set(e, ERR_INVALID, "as-of must be a date such as 2026-05-04");
	if (as_of && *as_of)
		f->as_of_days = ask_as_of(q, f->as_of_days);
	if (!known || !*known)
		return ERR_OK;
	rc = question_known_at("", known, &at_us, e);
	return rc ? rc : history_size_at(q->reg->st, at_us, &f->known_size, e);
}

/* Does the layer of the address hold the kind? */
static bool
is_in_layer(const char *layer, const struct tileset_kind *k)
{
	return strcmp(layer, "all") == 0 || strcmp(layer, k->kind) == 0;
}

static enum err_code
check_layer(const struct ask *q, struct err *e)
{
	if (!q->reg)
		return err_set(e, ERR_NOTFOUND, "no register is served here");
	if (strcmp(q->arg[0], "all") != 0 && !tileset_kind_find(q->arg[0]))
		return err_set(e, ERR_NOTFOUND, "there is no layer of that name");
	return ERR_OK;
}

static bool
parse_number(const char *s, const char *tail, uint32_t below, uint32_t *ret)
{
	size_t n = strlen(s), t = strlen(tail);
	int64_t v = -1;

	if (n <= t || n - t > 6 || strcmp(s + n - t, tail) != 0 || *s < '0' || *s > '9' ||
	    !text_parse_i64(s, n - t, &v) || v >= below)
		return false;
	*ret = (uint32_t)v;
	return true;
}

enum err_code
answer_tile(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct tile_place at;
	struct each_filter f;
	struct kept *k;
	enum err_code rc = check_layer(q, e);

	(void)s;
	if (rc)
		return rc;
	if (!parse_number(q->arg[1], "", TILE_MAX_ZOOM + 1, &at.z) ||
	    !parse_number(q->arg[2], "", 1u << at.z, &at.x) ||
	    !parse_number(q->arg[3], ".mvt", 1u << at.z, &at.y))
		return err_set(e, ERR_NOTFOUND, "there is no such tile; zoom is 0 .. %d",
		               TILE_MAX_ZOOM);
	rc = moment_of(q, &f, e);
	k = rc ? NULL : kept_of(q->reg);
	if (!rc && !k)
		rc = err_set(e, ERR_NOMEM, "out of memory for tiles");
	if (rc)
		return rc;
	tiler_begin(k->tiler, at, &r->body);
	for (const struct tileset_kind *kind = tileset_kinds; !rc && kind->kind; kind++) {
		struct tile_layer layer[TILER_SETS];
		size_t count = 0;

		if (!is_in_layer(q->arg[0], kind) ||
		    !tileset_is_visible(q->reg->st, kind, ask_access(q)))
			continue;
		rc = layers_of(q, kind, &f, layer, &count, e);
		if (!rc)
			rc = tiler_add(k->tiler, kind, layer, count, e);
	}
	rc = tiler_end(k->tiler, rc, e);
	if (rc)
		return rc;
	r->type = "application/vnd.mapbox-vector-tile";
	r->cacheable = true;
	reply_etag_of_body(r);
	return ERR_OK;
}

static void
put_layer(struct json_writer *w, const struct tileset_kind *k, const char *name)
{
	bool hazard = strcmp(k->kind, "hazard") == 0;

	json_object(w, NULL);
	json_string(w, "id", name);
	json_object(w, "fields");
	json_string(w, "id", "String");
	json_string(w, "name", "String");
	json_string(w, k->class_key, "String");
	if (k->status_field)
		json_string(w, "status", "String");
	if (hazard)
		json_string(w, "shown_as", "String");
	json_string(w, "valid_from", "String");
	json_string(w, "unapproved", "Boolean");
	json_string(w, "conflict", "Boolean");
	json_string(w, "count", "Number");
	json_string(w, "reach", "Number");
	json_string(w, "merged", "Boolean");
	if (k->harm) {
		json_string(w, "killed", "Number");
		json_string(w, "injured", "Number");
	}
	json_object_end(w);
	json_int(w, "minzoom", 0);
	json_int(w, "maxzoom", TILE_MAX_ZOOM);
	json_object_end(w);
}

/* Widen the bounds by what a set holds. */
static void
widen(struct geom_box *b, const struct tileset *s)
{
	uint32_t top = s->count;

	for (uint32_t l = 0; l < s->levels; l++)
		top = (top + TILESET_NODE - 1) / TILESET_NODE;
	for (uint32_t i = s->level_start[s->levels]; i < s->level_start[s->levels] + top; i++)
		geom_box_grow(b, (struct geom_box){ mercator_lon_deg(s->box[i].x0),
		                                    mercator_lat_deg(s->box[i].y1),
		                                    mercator_lon_deg(s->box[i].x1),
		                                    mercator_lat_deg(s->box[i].y0) });
}

static void
put_bounds(struct json_writer *w, struct geom_box b)
{
	if (b.min_lon_deg > b.max_lon_deg)
		b = (struct geom_box){ -180, -85, 180, 85 };
	json_array(w, "bounds");
	json_number(w, NULL, b.min_lon_deg);
	json_number(w, NULL, b.min_lat_deg);
	json_number(w, NULL, b.max_lon_deg);
	json_number(w, NULL, b.max_lat_deg);
	json_array_end(w);
}

enum err_code
answer_tilejson(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	const double far = (double)INFINITY;
	struct geom_box bounds = { far, far, -far, -far };
	struct each_filter f;
	struct json_writer w;
	const char *tiles;
	enum err_code rc = check_layer(q, e);

	(void)s;
	rc = rc ? rc : moment_of(q, &f, e);
	if (rc)
		return rc;
	tiles = arena_printf(q->mem, "%s%s/tiles/%s/{z}/{x}/{y}.mvt%s%s", q->base ? q->base : "",
	                     q->prefix, q->arg[0], q->raw_query && *q->raw_query ? "?" : "",
	                     q->raw_query ? q->raw_query : "");
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "tilejson", "3.0.0");
	json_string(&w, "name", store_meta(q->reg->st, "name"));
	json_string(&w, "description",
	            "Recorded hazards and what is known around them; no mark does not mean safe");
	json_array(&w, "tiles");
	json_string(&w, NULL, tiles);
	json_array_end(&w);
	json_int(&w, "minzoom", 0);
	json_int(&w, "maxzoom", TILE_MAX_ZOOM);
	json_array(&w, "vector_layers");
	for (const struct tileset_kind *k = tileset_kinds; !rc && k->kind; k++) {
		struct tile_layer layer[TILER_SETS];
		size_t count = 0;

		if (!is_in_layer(q->arg[0], k) || !tileset_is_visible(q->reg->st, k, ask_access(q)))
			continue;
		put_layer(&w, k, k->kind);
		if (strcmp(k->kind, "hazard") == 0)
			put_layer(&w, k, "hazard_point");
		rc = layers_of(q, k, &f, layer, &count, e);
		for (size_t i = 0; !rc && i < count; i++)
			widen(&bounds, layer[i].set);
	}
	json_array_end(&w);
	put_bounds(&w, bounds);
	json_object_end(&w);
	r->cacheable = true;
	reply_etag_of_body(r);
	return rc;
}
