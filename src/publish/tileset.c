#include "publish/tileset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/measure.h"
#include "geo/mercator.h"
#include "publish/tilefile.h"
#include "store/count.h"
#include "store/page.h"
#include "store/shown.h"

#define BEND 2.0        /* units by which a straight edge may leave its image */
#define NARROW 65535    /* largest value of a narrow outline */
#define MOST_SHIFT 2    /* more would be seen at the last zoom */
#define LINE_HALF_M 1   /* lines without a radius become areas of twice that width */
#define FILE_LEAST 5000 /* danger areas that are worth a file */
#define MANY_FOUND 2000 /* items after which the pages of a file are let go */

const struct tileset_kind tileset_kinds[] = {
	{ "place", "type", NULL, "name", "class", false, false },
	{ "activity", "type", "status", "national_id", "class", true, false },
	{ "minefield_record", "reliability", NULL, "national_id", "class", false, false },
	{ "hazard", "class", "status", "national_id", "class", false, false },
	{ "ordnance", "category", NULL, "national_id", "category", false, false },
	{ "accident", "class", NULL, "national_id", "class", false, true },
	{ NULL, NULL, NULL, NULL, NULL, false, false },
};

const struct tileset_kind *
tileset_kind_find(const char *kind)
{
	const struct tileset_kind *k = tileset_kinds;

	while (k->kind && strcmp(k->kind, kind) != 0)
		k++;
	return k->kind ? k : NULL;
}

bool
tileset_is_visible(struct store *st, const struct tileset_kind *k, enum access_role role)
{
	int kind = store_kind(st, k->kind), i;
	const struct form *form = kind >= 0 ? store_form(st, kind) : NULL;

	i = form ? form_index(form, "geometry") : -1;
	return i >= 0 && access_has_rows(role, k->kind) &&
	       access_field(role, k->kind, &form->field[i]) != ACCESS_HIDE;
}

#define MOST_HARMED 65534

/* People plus one, in half a word; 0 = not stated. */
static uint32_t
harmed(const struct store_fields *f, const char *field)
{
	double n = fields_number(f, field, -1);

	return n >= 0 ? (uint32_t)fmin(n, MOST_HARMED) + 1 : 0;
}

int64_t
tileset_killed(const struct tileset_kind *k, const struct tileset_item *i)
{
	return k->harm && !(i->flags & TILESET_AREAL) ? (int64_t)(i->outline & 0xffff) - 1 : -1;
}

int64_t
tileset_injured(const struct tileset_kind *k, const struct tileset_item *i)
{
	return k->harm && !(i->flags & TILESET_AREAL) ? (int64_t)(i->outline >> 16) - 1 : -1;
}

struct builder {
	struct tileset *s;
	const struct tileset_kind *k;
	const struct form *form;
	struct store *st;
	struct geo *geo;
	struct arena mem, row;
	enum access_role role;
	uint8_t *show;         /* access_plan of the form */
	const char *path;      /* of the file to be made; NULL = none, or it is there */
	struct tilefile *file; /* outlines go there once they are many */
};

/* The number of a code in the set's list. */
static uint8_t
code_of(struct builder *b, const char *field, const char *code)
{
	struct tileset *s = b->s;
	uint32_t i = 1;

	if (!code || !*code)
		return 0;
	while (i < s->codes && strcmp(s->code[i], code) != 0)
		i++;
	if (i == s->codes && i < TILESET_CODES) {
		double rank = shown_rank(b->form, field, code, "danger_rank");

		s->code[i] = mem_strdup(code);
		if (!s->code[i])
			return 0;
		s->rank[i] = (uint16_t)fmin(fmax(rank, 0), 100);
		s->codes++;
	}
	return (uint8_t)(i < TILESET_CODES ? i : TILESET_CODES - 1);
}

/* "2024-05-17" -> 20240517, "2024-05" -> 20240500 */
static uint32_t
date_of(const char *s)
{
	uint32_t v = 0, digits = 0;

	for (; s && *s; s++)
		if (*s >= '0' && *s <= '9' && digits < 8) {
			v = 10 * v + (uint32_t)(*s - '0');
			digits++;
		}
	return digits == 8 ? v : digits == 6 ? 100 * v : 0;
}

static uint32_t
unit_of(double v)
{
	return (uint32_t)fmin(fmax(nearbyint(v), 0), 4294967295.0);
}

static struct tileset_box
box_of(const struct geom *g)
{
	struct geom_box b = geom_bounds(g);

	return (struct tileset_box){ unit_of(b.min_lon_deg), unit_of(b.min_lat_deg),
		                     unit_of(b.max_lon_deg), unit_of(b.max_lat_deg) };
}

/* rings, then per ring its points (and whether it is a hole) and the points themselves. */
static void
put_outline(struct builder *b, const struct geom *g, struct tileset_box box,
            struct tileset_item *item)
{
	struct buf *to = &b->s->mem_outline;
	uint64_t begin = b->s->outline_words + to->size / 4;
	uint32_t span = box.x1 - box.x0 > box.y1 - box.y0 ? box.x1 - box.x0 : box.y1 - box.y0;
	uint32_t part = 0, at = 0;

	/* not span + 1: what reaches both ends of the world has the largest span there is */
	while (item->shift <= MOST_SHIFT && span >> item->shift >= NARROW)
		item->shift++;
	if (item->shift > MOST_SHIFT) {
		item->shift = 0;
		item->flags |= TILESET_WIDE;
	}
	item->outline = (uint32_t)begin;
	buf_add_u32le(to, g->ring_count);
	for (uint32_t r = 0; r < g->ring_count; r++) {
		bool hole = r > 0;

		while (part < g->part_count && g->part_end[part] <= r)
			part++;
		if (part > 0 && g->part_end[part - 1] == r)
			hole = false;
		buf_add_u32le(to, (g->ring_end[r] - at) | (hole ? TILESET_HOLE : 0));
		for (; at < g->ring_end[r]; at++) {
			uint32_t x = unit_of(g->xy[2 * (size_t)at]) - box.x0;
			uint32_t y = unit_of(g->xy[2 * (size_t)at + 1]) - box.y0;
			uint32_t half = item->shift ? 1u << (item->shift - 1) : 0;

			if (item->flags & TILESET_WIDE) {
				buf_add_u32le(to, x);
				buf_add_u32le(to, y);
			} else {
				buf_add_u32le(to, (x + half) >> item->shift |
				                          ((y + half) >> item->shift) << 16);
			}
		}
	}
}

/* What is drawn of a record: lines and points with a reach are areas. */
static enum err_code
drawn_of(struct builder *b, const struct shown *row, const struct geom **ret, struct err *e)
{
	const struct geom *g = row->fields.geom;
	double radius_m = fields_number(&row->fields, "radius_m", 0);
	bool line = g->type == GEOM_LINESTRING || g->type == GEOM_MULTILINESTRING;
	struct geom *grown, *out = arena_calloc(&b->mem, 1, sizeof(*out));
	enum err_code rc;

	*ret = out;
	grown = arena_calloc(&b->mem, 1, sizeof(*grown));
	if (!out || !grown)
		return err_set(e, ERR_NOMEM, "out of memory for tiles");
	if (!geom_is_areal(g) && (line || radius_m > 0)) {
		rc = shape_grow(b->geo, g, radius_m > 0 ? radius_m : LINE_HALF_M, &b->mem, grown,
		                e);
		if (rc)
			return rc;
		g = grown;
	}
	return mercator_project(g, BEND, &b->mem, out)
	               ? ERR_OK
	               : err_set(e, ERR_LIMIT, "an outline has too many points for tiles");
}

/* A record of several points is an item at each: a tile shows what lies in it. */
static bool
put_items(struct builder *b, const struct geom *g, struct tileset_item *item)
{
	struct tileset *s = b->s;
	bool areal = geom_is_areal(g);
	uint32_t n = areal ? 1 : g->point_count;

	item->flags |= n > 1 ? TILESET_PLACES : 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = unit_of(g->xy[2 * (size_t)i]), y = unit_of(g->xy[2 * (size_t)i + 1]);
		struct tileset_box at = { x, y, x, y };

		at = areal ? box_of(g) : at;
		buf_add(&s->mem_item, item, sizeof(*item));
		buf_add(&s->mem_box, &at, sizeof(at));
	}
	s->count += n;
	return buf_ok(&s->mem_item) && buf_ok(&s->mem_box) && buf_ok(&s->mem_outline) &&
	       buf_ok(&s->mem_text);
}

static enum err_code
add_row(void *ctx, const struct shown *row, struct err *e)
{
	struct builder *b = ctx;
	struct tileset *s = b->s;
	struct tileset_item item = { .id = row->id, .fid = row->fid };
	const char *name = b->k->name_field ? fields_text(&row->fields, b->k->name_field) : NULL;
	const struct geom *g = NULL;
	enum err_code rc;

	if (!row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	arena_reset(&b->mem);
	rc = drawn_of(b, row, &g, e);
	if (rc)
		return rc;
	item.flags =
		(uint8_t)((row->unapproved ? TILESET_UNAPPROVED : 0) |
	                  (row->conflict ? TILESET_CONFLICT : 0) |
	                  (geom_is_areal(g) ? TILESET_AREAL : 0) | TILESET_AS * (unsigned)row->as);
	item.class = code_of(b, b->k->class_field, fields_text(&row->fields, b->k->class_field));
	if (b->k->status_field)
		item.status = code_of(b, b->k->status_field,
		                      fields_text(&row->fields, b->k->status_field));
	item.valid_from = date_of(fields_text(&row->fields, "valid_from"));
	if (name && *name) {
		item.name = (uint32_t)s->mem_text.size;
		buf_add(&s->mem_text, name, strlen(name) + 1);
	}
	if (geom_is_areal(g))
		put_outline(b, g, box_of(g), &item);
	else if (b->k->harm)
		item.outline = harmed(&row->fields, "killed") | harmed(&row->fields, "injured")
		                                                        << 16;
	if (b->path && !b->file &&
	    (s->mem_outline.size >= TILEFILE_LEAST || s->count >= TILEFILE_MANY)) {
		b->file = tilefile_create(b->path);
		b->path = NULL;
	}
	if (b->file && !tilefile_outlines(b->file, s)) /* then it stays in memory */
		return err_set(e, ERR_IO, "could not write a file of outlines");
	if (s->outline_words + s->mem_outline.size / 4 > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "too many outlines for tiles");
	return put_items(b, g, &item) ? ERR_OK
	                              : err_set(e, ERR_LIMIT, "too many records for tiles");
}

static uint32_t
hilbert(const struct tileset_box *b)
{
	const double lon = 360 / MERCATOR_WORLD, lat = 180 / MERCATOR_WORLD;

	return measure_hilbert((struct geom_box){ b->x0 * lon - 180, b->y0 * lat - 90,
	                                          b->x1 * lon - 180, b->y1 * lat - 90 });
}

struct place {
	uint32_t hilbert, item;
};

static int
by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->hilbert != y->hilbert)
		return x->hilbert < y->hilbert ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static void
box_join(struct tileset_box *a, const struct tileset_box *b)
{
	a->x0 = b->x0 < a->x0 ? b->x0 : a->x0;
	a->y0 = b->y0 < a->y0 ? b->y0 : a->y0;
	a->x1 = b->x1 > a->x1 ? b->x1 : a->x1;
	a->y1 = b->y1 > a->y1 ? b->y1 : a->y1;
}

/* Put items and boxes in the order of the curve and the tree's levels behind the boxes. */
static bool
pack(struct tileset *s)
{
	const struct tileset_box *box = (const struct tileset_box *)(const void *)s->mem_box.data;
	const struct tileset_item *item =
		(const struct tileset_item *)(const void *)s->mem_item.data;
	struct place *place = mem_calloc((size_t)s->count + 1, sizeof(*place));
	struct buf boxes, items;
	uint32_t n = s->count, start = 0;

	buf_init(&boxes, (size_t)4 << 30);
	buf_init(&items, (size_t)4 << 30);
	for (uint32_t i = 0; place && i < n; i++)
		place[i] = (struct place){ hilbert(&box[i]), i };
	if (place && n)
		qsort(place, n, sizeof(*place), by_place);
	(void)buf_reserve(&boxes, ((size_t)n + n / (TILESET_NODE - 1) + 16) * sizeof(*box));
	(void)buf_reserve(&items, (size_t)n * sizeof(*item) + 1);
	for (uint32_t i = 0; place && i < n; i++) {
		buf_add(&boxes, &box[place[i].item], sizeof(*box));
		buf_add(&items, &item[place[i].item], sizeof(*item));
	}
	while (place && n > TILESET_NODE && s->levels < TILESET_LEVELS) {
		uint32_t next = (n + TILESET_NODE - 1) / TILESET_NODE;

		s->level_start[++s->levels] = start + n;
		for (uint32_t k = 0; k < next && buf_ok(&boxes); k++) {
			const struct tileset_box *all = (const void *)boxes.data;
			struct tileset_box node = all[start + k * TILESET_NODE];

			for (uint32_t j = k * TILESET_NODE; j < n && j < (k + 1) * TILESET_NODE;
			     j++)
				box_join(&node, &all[start + j]);
			buf_add(&boxes, &node, sizeof(node));
		}
		start += n;
		n = next;
	}
	buf_done(&s->mem_box);
	buf_done(&s->mem_item);
	s->mem_box = boxes;
	s->mem_item = items;
	mem_free(place);
	return place && buf_ok(&boxes) && buf_ok(&items);
}

static bool
begin(struct builder *b, struct store *st, const struct tileset_kind *k, enum access_role role)
{
	struct tileset *s = mem_calloc(1, sizeof(*s));

	*b = (struct builder){ .s = s, .k = k, .st = st, .role = role };
	arena_init(&b->mem, (size_t)512 << 20);
	arena_init(&b->row, (size_t)512 << 20);
	b->form = store_form(st, store_kind(st, k->kind));
	b->geo = geo_create();
	b->show = mem_calloc(b->form->field_count + 1, sizeof(*b->show));
	if (!s || !b->show)
		return false;
	access_plan(role, b->form, b->show);
	buf_init(&s->mem_box, (size_t)4 << 30);
	buf_init(&s->mem_item, (size_t)4 << 30);
	buf_init(&s->mem_outline, (size_t)8 << 30);
	buf_init(&s->mem_text, (size_t)2 << 30);
	buf_init(&s->mem_single, (size_t)1 << 30);
	buf_addc(&s->mem_text, '\0');
	s->codes = 1;
	s->known_size = store_log_size(st);
	return b->geo != NULL;
}

/* Pack and give out what was built, or let go of it. */
static enum err_code
finish(struct builder *b, enum err_code rc, struct tileset **ret, struct err *e)
{
	struct tileset *s = b->s;

	if (!rc && (!s || !b->geo || !pack(s) || !buf_ok(&s->mem_single)))
		rc = err_set(e, ERR_NOMEM, "out of memory for tiles");
	arena_done(&b->mem);
	arena_done(&b->row);
	geo_free(b->geo);
	mem_free(b->show);
	if (rc) {
		tileset_free(s);
		return rc;
	}
	s->box = (const void *)s->mem_box.data;
	s->item = (const void *)s->mem_item.data;
	if (!b->file) {
		s->outline = (const void *)s->mem_outline.data;
		s->outline_words = s->mem_outline.size / 4;
	}
	s->text = s->mem_text.data;
	s->text_size = s->mem_text.size;
	s->single = (const void *)s->mem_single.data;
	s->singles = s->mem_single.size / sizeof(*s->single);
	*ret = s;
	return ERR_OK;
}

enum err_code
tileset_build(struct store *st, const struct tileset_kind *k, const struct each_filter *f,
              enum access_role role, struct tileset **ret, struct err *e)
{
	struct builder b;
	enum err_code rc = begin(&b, st, k, role)
	                           ? access_each(st, f, role, add_row, &b, e)
	                           : err_set(e, ERR_NOMEM, "out of memory for tiles");

	return finish(&b, rc, ret, e);
}

/* A row of the layer as the role sees it. */
static enum err_code
add_seen(void *ctx, const struct shown *row, struct err *e)
{
	struct builder *b = ctx;
	struct shown seen = *row;
	enum access_fate fate = ACCESS_GONE;
	struct access_how how = { .role = b->role, .show = b->show };
	enum err_code rc = ERR_OK;

	arena_reset(&b->row);
	if (!access_is_exact(b->role))
		rc = access_margin(b->st, row, INT64_MAX, &b->row, &how.margin_m, e);
	rc = rc ? rc : access_apply(&how, b->geo, &b->row, &seen, &fate, e);
	if (!rc && fate == ACCESS_UNCLASSED)
		buf_add(&b->s->mem_single, &row->fid, sizeof(row->fid));
	return rc || fate != ACCESS_ROW ? rc : add_row(b, &seen, e);
}

enum err_code
tileset_build_now(struct store *st, const struct tileset_kind *k, enum access_role role,
                  unsigned view, const char *path, struct tileset **ret, struct err *e)
{
	/* what tiles show and what access_row asks of a row */
	const char *const want[] = {
		"geometry",    "valid_from",    "radius_m", "accuracy_m", "disposal_method",
		"class",       "status",        "killed",   "injured",    k->class_field,
		k->name_field, k->status_field, NULL
	};
	const struct each_filter f = { .kind = store_kind(st, k->kind),
		                       .as_of_days = INT64_MAX,
		                       .known_size = INT64_MAX,
		                       .want = want };
	struct builder b;
	struct err why = { 0 };
	enum err_code rc =
		begin(&b, st, k, role) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for tiles");

	b.path = path;
	rc = rc ? rc : store_each(st, &f, add_seen, &b, e);
	if (b.file && rc == ERR_IO) { /* once more, without the file */
		tilefile_free(b.file);
		(void)(finish(&b, rc, ret, &why) == ERR_OK);
		return tileset_build_now(st, k, role, view, NULL, ret, e);
	}
	rc = finish(&b, rc, ret, e);
	if (!b.file)
		return rc;
	if (!rc && !(tilefile_order(&b.file, path, *ret) &&
	             tilefile_finish(b.file, st, k, view, path, ret))) {
		tileset_free(*ret);
		*ret = NULL;
		rc = tileset_build_now(st, k, role, view, NULL, ret, e);
	}
	tilefile_free(b.file);
	return rc;
}

static enum err_code
add_numbered(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *e)
{
	(void)number;
	*stop = true;
	return add_row(ctx, row, e);
}

enum err_code
tileset_build_some(struct store *st, const struct tileset_kind *k, enum access_role role,
                   const int64_t *fid, size_t n, struct tileset **ret, struct err *e)
{
	const struct page_question q = { .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	struct page_reader *p = NULL;
	struct builder b;
	struct page_calls c = { .row = add_numbered, .ctx = &b };
	enum err_code rc =
		begin(&b, st, k, role) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for tiles");

	rc = rc ? rc : page_open(st, store_kind(st, k->kind), role, &p, e);
	for (size_t i = 0; !rc && i < n; i++)
		rc = page_number(p, &q, fid[i], &c, e);
	page_close(p);
	return finish(&b, rc, ret, e);
}

enum err_code
tileset_build_unclassed(struct store *st, const struct tileset_kind *k, enum access_role role,
                        unsigned view, const char *path, struct tileset **ret, struct err *e)
{
	const struct each_filter f = { .kind = store_kind(st, k->kind),
		                       .as_of_days = INT64_MAX,
		                       .known_size = INT64_MAX };
	struct builder b;
	struct tilefile *file;
	bool large = false;
	enum err_code rc = begin(&b, st, k, role)
	                           ? access_unclassed(st, &f, role, add_row, &b, e)
	                           : err_set(e, ERR_NOMEM, "out of memory for tiles");

	rc = finish(&b, rc, ret, e);
	/* what takes long is looking at every record, however few areas there are */
	if (!rc && path && (*ret)->count < FILE_LEAST)
		rc = count_is_more(st, f.kind, TILEFILE_MANY, &large, e);
	if (rc || !path || ((*ret)->count < FILE_LEAST && !large))
		return rc;
	file = tilefile_create(path);
	(void)(file && tilefile_keep(file, st, k, view, path, *ret)); /* else it is made again */
	tilefile_free(file);
	return ERR_OK;
}

void
tileset_free(struct tileset *s)
{
	if (!s)
		return;
	for (uint32_t i = 1; !s->code_text && i < s->codes; i++)
		mem_free((char *)(uintptr_t)s->code[i]);
	mem_free(s->code_text);
	tilefile_unmap(s);
	buf_done(&s->mem_box);
	buf_done(&s->mem_item);
	buf_done(&s->mem_outline);
	buf_done(&s->mem_text);
	buf_done(&s->mem_single);
	mem_free(s);
}

static bool
meets(const struct tileset_box *a, const struct tileset_box *b)
{
	return a->x0 <= b->x1 && b->x0 <= a->x1 && a->y0 <= b->y1 && b->y0 <= a->y1;
}

void
tileset_find(const struct tileset *s, struct tileset_box want, tileset_fn *fn, void *ctx)
{
	struct {
		uint32_t at, end;
	} level[TILESET_LEVELS + 1];
	uint32_t l = s->levels, size = s->count, found = 0;

	for (uint32_t k = 0; k < l; k++)
		size = (size + TILESET_NODE - 1) / TILESET_NODE;
	level[l].at = 0;
	level[l].end = size;
	for (;;) {
		if (level[l].at == level[l].end) {
			if (l == s->levels)
				break;
			l++;
			continue;
		}
		uint32_t i = level[l].at++;

		if (!meets(&s->box[s->level_start[l] + i], &want))
			continue;
		if (l == 0) {
			fn(ctx, i);
			found++;
			continue;
		}
		size = l > 1 ? s->level_start[l] - s->level_start[l - 1] : s->count;
		l--;
		level[l].at = i * TILESET_NODE;
		level[l].end = (i + 1) * TILESET_NODE < size ? (i + 1) * TILESET_NODE : size;
	}
	if (found > MANY_FOUND)
		tilefile_rest(s);
}

bool
tileset_has(const struct tileset *s, int64_t fid)
{
	for (uint32_t i = 0; s && i < s->count; i++)
		if (s->item[i].fid == fid)
			return true;
	return false;
}

static size_t
place_of(const struct tilefids *f, int64_t fid)
{
	size_t i = (size_t)((uint64_t)fid * 0x9e3779b97f4a7c15u >> 32) & (f->slots - 1);

	while (f->slot[i] && f->slot[i] != fid)
		i = (i + 1) & (f->slots - 1);
	return i;
}

static bool
grow_fids(struct tilefids *f)
{
	struct tilefids more = { .slots = f->slots ? 2 * f->slots : 64 };

	more.slot = mem_calloc(more.slots, sizeof(*more.slot));
	if (!more.slot)
		return false;
	for (size_t i = 0; i < f->slots; i++)
		if (f->slot[i])
			more.slot[place_of(&more, f->slot[i])] = f->slot[i];
	more.count = f->count;
	mem_free(f->slot);
	*f = more;
	return true;
}

bool
tilefids_add(struct tilefids *f, const int64_t *fid, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (2 * f->count >= f->slots && !grow_fids(f))
			return false;
		at = place_of(f, fid[i]);
		f->count += f->slot[at] == 0;
		f->slot[at] = fid[i];
	}
	return true;
}

bool
tilefids_has(const struct tilefids *f, int64_t fid)
{
	return f->count > 0 && fid > 0 && f->slot[place_of(f, fid)] == fid;
}

void
tilefids_done(struct tilefids *f)
{
	mem_free(f->slot);
	*f = (struct tilefids){ 0 };
}
