#include "publish/tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/mvt.h"
#include "geo/tileshape.h"

#define GATHER_SIDE (TILE_EXTENT / TILE_GATHER_UNITS)
enum {
	MERGE_SIDE = (TILE_EXTENT + 2 * TILE_BUFFER) / TILE_MERGE_UNITS
};
#define ID_TEXT 40

struct pick {
	uint32_t item;
	uint16_t rank, set;
};

/* One point of a record that has several. */
struct pick_of_many {
	int64_t fid;
	uint32_t cell;
	struct pick pick;
};

struct picks {
	struct pick *p;
	size_t count, room;
};

/* What stands for several records. */
struct gathered {
	struct tileset_box box;
	struct pick first; /* the most dangerous */
	uint32_t count, open;
	int64_t killed, injured; /* those that are stated, together; -1 = none is */
};

struct tiler {
	struct tile_place at;
	struct buf *out;
	struct mvt mvt;
	struct tileshape *shape;
	struct picks area, symbol;
	double *xy; /* points of one ring */
	size_t xy_room;
	struct gathered *gather; /* GATHER_SIDE^2, or MERGE_SIDE^2 */
	const struct tile_layer *layer;
	uint16_t now; /* the set that is being looked through */
	const struct tileset_kind *k;
	double x0, y0, per_unit; /* of the tile: world units */
	uint32_t least;          /* world units: smaller areas are symbols */
	size_t points;           /* of areas that were drawn */
	bool failed;
};

struct tiler *
tiler_create(void)
{
	struct tiler *t = mem_calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->shape = tileshape_create();
	t->gather = mem_calloc((size_t)MERGE_SIDE * MERGE_SIDE, sizeof(*t->gather));
	if (!t->shape || !t->gather) {
		tiler_free(t);
		return NULL;
	}
	return t;
}

void
tiler_free(struct tiler *t)
{
	if (!t)
		return;
	mvt_done(&t->mvt);
	tileshape_free(t->shape);
	mem_free(t->area.p);
	mem_free(t->symbol.p);
	mem_free(t->xy);
	mem_free(t->gather);
	mem_free(t);
}

void
tiler_begin(struct tiler *t, struct tile_place at, struct buf *out)
{
	double side = 4294967296.0 / (double)(1u << at.z);

	mvt_done(&t->mvt);
	mvt_init(&t->mvt, out);
	t->at = at;
	t->out = out;
	t->per_unit = side / TILE_EXTENT;
	t->x0 = at.x * side;
	t->y0 = at.y * side;
	t->failed = false;
}

enum err_code
tiler_end(struct tiler *t, enum err_code rc, struct err *e)
{
	bool ok = mvt_ok(&t->mvt) && !t->failed;

	mvt_done(&t->mvt);
	t->mvt = (struct mvt){ 0 };
	if (rc)
		return rc;
	return ok ? ERR_OK : err_set(e, ERR_LIMIT, "the tile is larger than this server gives");
}

static const struct tileset *
set_of(const struct tiler *t, const struct pick *p)
{
	return t->layer[p->set].set;
}

static const struct tileset_item *
item_of(const struct tiler *t, const struct pick *p)
{
	return &set_of(t, p)->item[p->item];
}

static const struct tileset_box *
box_of(const struct tiler *t, const struct pick *p)
{
	return &set_of(t, p)->box[p->item];
}

static bool
put_pick(struct picks *v, struct pick p)
{
	if (v->count == v->room) {
		size_t room = v->room ? 2 * v->room : 1024;
		struct pick *more = mem_realloc_array(v->p, room, sizeof(*more));

		if (!more)
			return false;
		v->p = more;
		v->room = room;
	}
	v->p[v->count++] = p;
	return true;
}

static enum shown_as
as_of(const struct tileset_item *i)
{
	return (enum shown_as)(i->flags / TILESET_AS & 3);
}

/* Danger before what is reported as released before what is released; then by class. */
static uint16_t
rank_of(const struct tileset *s, const struct tileset_item *i)
{
	unsigned released = as_of(i) < SHOWN_RELEASED ? as_of(i) : SHOWN_RELEASED;

	return (uint16_t)(1000 * (SHOWN_RELEASED - released) + s->rank[i->class] % 1000);
}

static double
unit_x(const struct tiler *t, double x)
{
	return (x - t->x0) / t->per_unit;
}

static double
unit_y(const struct tiler *t, double y)
{
	return (y - t->y0) / t->per_unit;
}

/* A symbol stands in the one tile that holds the middle. */
static void
see_symbol(struct tiler *t, struct pick p)
{
	const struct tileset_box *b = box_of(t, &p);
	double x = unit_x(t, ((double)b->x0 + b->x1) / 2);
	double y = unit_y(t, ((double)b->y0 + b->y1) / 2);

	if (x >= 0 && x < TILE_EXTENT && y >= 0 && y < TILE_EXTENT && !put_pick(&t->symbol, p))
		t->failed = true;
}

static void
see_item(void *ctx, uint32_t i)
{
	struct tiler *t = ctx;
	const struct tile_layer *l = &t->layer[t->now];
	const struct tileset_item *item = &l->set->item[i];
	const struct tileset_box *b = &l->set->box[i];
	const struct pick p = { i, rank_of(l->set, item), t->now };

	if (l->hidden && tilefids_has(l->hidden, item->fid))
		return;
	if (!(item->flags & TILESET_AREAL) ||
	    (b->x1 - b->x0 < t->least && b->y1 - b->y0 < t->least))
		see_symbol(t, p);
	else if (!put_pick(&t->area, p))
		t->failed = true;
}

static void
put_date(struct mvt *m, uint32_t date)
{
	char text[11] = "0000-00-00";
	static const int place[] = { 9, 8, 6, 5, 3, 2, 1, 0 };

	if (!date)
		return;
	if (date % 100 == 0) /* the month only */
		text[7] = '\0';
	for (int i = 0; i < 8; i++, date /= 10)
		if (text[place[i]] == '0')
			text[place[i]] = (char)('0' + date % 10);
	mvt_text(m, "valid_from", text);
}

/* What is said of the record that is drawn, or that stands for others. */
static void
put_tags(struct tiler *t, const struct pick *p, bool alone)
{
	const struct tileset *s = set_of(t, p);
	const struct tileset_item *i = item_of(t, p);
	struct mvt *m = &t->mvt;
	char id[UUID_TEXT];

	mvt_text(m, t->k->class_key, s->code[i->class]);
	if (i->status)
		mvt_text(m, "status", s->code[i->status]);
	if (strcmp(t->k->kind, "hazard") == 0)
		mvt_text(m, "shown_as", shown_as_name(as_of(i)));
	if (!alone)
		return;
	if (i->flags & TILESET_UNAPPROVED)
		mvt_bool(m, "unapproved", true);
	if (i->flags & TILESET_CONFLICT)
		mvt_bool(m, "conflict", true);
	put_date(m, i->valid_from);
	if (i->name && i->name < s->text_size)
		mvt_text_once(m, "name", s->text + i->name);
	if (i->fid) {
		uuid_format(i->id, id);
		mvt_text_once(m, "id", id);
	}
}

static bool
room_for(struct tiler *t, size_t n)
{
	if (n > t->xy_room) {
		double *more = mem_realloc_array(t->xy, n, 2 * sizeof(*more));

		if (!more)
			return false;
		t->xy = more;
		t->xy_room = n;
	}
	return true;
}

static bool
read_ring(struct tiler *t, const uint32_t *w, uint32_t n, const double from[2], double step,
          bool wide)
{
	if (!room_for(t, n))
		return false;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t x = wide ? w[2 * (size_t)k] : w[k] & 0xffff;
		uint32_t y = wide ? w[2 * (size_t)k + 1] : w[k] >> 16;

		t->xy[2 * (size_t)k] = from[0] + step * x;
		t->xy[2 * (size_t)k + 1] = from[1] + step * y;
	}
	return true;
}

/* Hand the outline to the shape, in tile units. */
static enum err_code
read_outline(struct tiler *t, const struct pick *p, struct err *e)
{
	const struct tileset *s = set_of(t, p);
	const struct tileset_item *i = item_of(t, p);
	const struct tileset_box *b = box_of(t, p);
	const uint32_t *w = s->outline + i->outline, *end = s->outline + s->outline_words;
	const double from[2] = { unit_x(t, b->x0), unit_y(t, b->y0) };
	double step = (double)(1u << (i->shift & 15)) / t->per_unit;
	bool wide = i->flags & TILESET_WIDE;

	tileshape_start(t->shape);
	if (i->outline >= s->outline_words)
		return err_set(e, ERR_VERIFY, "a file of outlines is damaged");
	for (uint32_t rings = *w++; rings > 0; rings--) {
		uint32_t n = w < end ? *w & ~TILESET_HOLE : 0;
		bool hole = w < end && (*w & TILESET_HOLE);
		size_t words = (size_t)n << wide;

		if (n == 0 || words > (size_t)(end - ++w))
			return err_set(e, ERR_VERIFY, "a file of outlines is damaged");
		if (!read_ring(t, w, n, from, step, wide) ||
		    !tileshape_ring(t->shape, t->xy, n, hole))
			return err_set(e, ERR_NOMEM, "out of memory for a tile");
		w += words;
	}
	return ERR_OK;
}

static enum err_code
draw_area(struct tiler *t, const struct pick *p, struct err *e)
{
	const struct tileset_item *i = item_of(t, p);
	bool inward = t->k->inward || as_of(i) != SHOWN_DANGER;
	/* points are off by half a step, edges by what their bend may be */
	double error = (2.5 + (double)(1u << (i->shift & 15))) / t->per_unit;
	struct tile_area a;
	enum err_code rc = read_outline(t, p, e);

	rc = rc ? rc
	        : tileshape_draw(t->shape, inward ? TILE_INWARD : TILE_OUTWARD, fmin(error, 1), &a,
	                         e);
	if (rc)
		return rc;
	if (a.rings == 0) { /* nothing fits inside, or it is not in this tile */
		if (inward)
			see_symbol(t, *p);
		return ERR_OK;
	}
	t->points += a.ring_end[a.rings - 1];
	mvt_feature(&t->mvt, (uint64_t)i->fid);
	put_tags(t, p, true);
	mvt_area(&t->mvt, a.xy, a.ring_end, a.rings);
	return ERR_OK;
}

static int
by_rank(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	if (x->rank != y->rank) /* what is drawn later lies above */
		return x->rank < y->rank ? -1 : 1;
	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static void
put_symbol(struct tiler *t, const struct gathered *g)
{
	double x0 = unit_x(t, g->box.x0), x1 = unit_x(t, g->box.x1), y0 = unit_y(t, g->box.y0),
	       y1 = unit_y(t, g->box.y1);
	double cx = fmin(fmax((x0 + x1) / 2, 0), TILE_EXTENT - 1),
	       cy = fmin(fmax((y0 + y1) / 2, 0), TILE_EXTENT - 1);
	int32_t at[2] = { (int32_t)lrint(cx), (int32_t)lrint(cy) };
	double dx = fmax(fabs(at[0] - x0), fabs(at[0] - x1)),
	       dy = fmax(fabs(at[1] - y0), fabs(at[1] - y1));
	const struct tileset_item *i = item_of(t, &g->first);
	/* a number stands once in a layer */
	bool numbered = g->count == 1 && !(i->flags & TILESET_PLACES);

	mvt_feature(&t->mvt, numbered ? (uint64_t)i->fid : 0);
	put_tags(t, &g->first, g->count == 1);
	if (g->count > 1) {
		mvt_int(&t->mvt, "count", g->count);
		if (strcmp(t->k->kind, "hazard") == 0)
			mvt_int(&t->mvt, "open", g->open);
	}
	if (g->killed >= 0)
		mvt_int(&t->mvt, "killed", g->killed);
	if (g->injured >= 0)
		mvt_int(&t->mvt, "injured", g->injured);
	mvt_int(&t->mvt, "reach", (int64_t)ceil(hypot(dx, dy) + 0.5));
	mvt_points(&t->mvt, at, 1);
}

static void
add_harm(int64_t *sum, int64_t n)
{
	if (n >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + n;
}

static void
grow(struct gathered *g, const struct tileset_box *b)
{
	g->box.x0 = b->x0 < g->box.x0 ? b->x0 : g->box.x0;
	g->box.y0 = b->y0 < g->box.y0 ? b->y0 : g->box.y0;
	g->box.x1 = b->x1 > g->box.x1 ? b->x1 : g->box.x1;
	g->box.y1 = b->y1 > g->box.y1 ? b->y1 : g->box.y1;
}

static void
add_to(struct gathered *g, const struct tiler *t, const struct pick *p)
{
	const struct tileset_box *b = box_of(t, p);

	if (g->count == 0) {
		*g = (struct gathered){ *b, *p, 0, 0, -1, -1 };
	} else {
		grow(g, b);
	}
	if (p->rank > g->first.rank)
		g->first = *p;
	g->count++;
	g->open += as_of(item_of(t, p)) == SHOWN_DANGER;
	add_harm(&g->killed, tileset_killed(t->k, item_of(t, p)));
	add_harm(&g->injured, tileset_injured(t->k, item_of(t, p)));
}

/* The cell in which a symbol is gathered. */
static uint32_t
cell_of(const struct tiler *t, const struct pick *p)
{
	const struct tileset_box *b = box_of(t, p);
	uint32_t x = (uint32_t)unit_x(t, ((double)b->x0 + b->x1) / 2) / TILE_GATHER_UNITS;
	uint32_t y = (uint32_t)unit_y(t, ((double)b->y0 + b->y1) / 2) / TILE_GATHER_UNITS;

	return y * GATHER_SIDE + x;
}

/* By record, then by cell: points of a record that come together count once. */
static int
by_record(const void *a, const void *b)
{
	const struct pick_of_many *x = a, *y = b;

	if (x->fid != y->fid)
		return x->fid < y->fid ? -1 : 1;
	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	return (x->pick.item > y->pick.item) - (x->pick.item < y->pick.item);
}

/* Records of several points: rare, so that they are sorted by themselves. */
static void
gather_many(struct tiler *t, size_t count)
{
	struct pick_of_many *many = mem_calloc(count, sizeof(*many));
	size_t n = 0;

	if (!many) {
		t->failed = true;
		return;
	}
	for (size_t i = 0; i < t->symbol.count && n < count; i++)
		if (item_of(t, &t->symbol.p[i])->flags & TILESET_PLACES)
			many[n++] = (struct pick_of_many){ item_of(t, &t->symbol.p[i])->fid,
				                           cell_of(t, &t->symbol.p[i]),
				                           t->symbol.p[i] };
	qsort(many, n, sizeof(*many), by_record);
	for (size_t i = 0; i < n; i++) {
		struct gathered *g = &t->gather[many[i].cell];

		if (i == 0 || many[i].fid != many[i - 1].fid || many[i].cell != many[i - 1].cell)
			add_to(g, t, &many[i].pick);
		else
			grow(g, box_of(t, &many[i].pick));
	}
	mem_free(many);
}

static void
draw_symbols(struct tiler *t)
{
	struct gathered g;
	size_t many = 0;

	if (t->at.z >= TILE_GATHER_ZOOM && t->symbol.count <= TILE_MOST_SYMBOLS) {
		for (size_t i = 0; i < t->symbol.count; i++) {
			g = (struct gathered){ 0 };
			add_to(&g, t, &t->symbol.p[i]);
			put_symbol(t, &g);
		}
		return;
	}
	memset(t->gather, 0, sizeof(g) * GATHER_SIDE * GATHER_SIDE);
	for (size_t i = 0; i < t->symbol.count; i++) {
		const struct pick *p = &t->symbol.p[i];

		if (item_of(t, p)->flags & TILESET_PLACES)
			many++;
		else
			add_to(&t->gather[cell_of(t, p)], t, p);
	}
	if (many)
		gather_many(t, many);
	for (uint32_t i = 0; i < GATHER_SIDE * GATHER_SIDE; i++)
		if (t->gather[i].count)
			put_symbol(t, &t->gather[i]);
}

static uint32_t
merge_cell(double v)
{
	double c = floor((v + TILE_BUFFER) / TILE_MERGE_UNITS);

	return c >= MERGE_SIDE ? MERGE_SIDE - 1 : c > 0 ? (uint32_t)c : 0;
}

/* Too many outlines: the smaller ones become cells, each with its most dangerous class. */
static void
draw_merged(struct tiler *t, size_t from, size_t to)
{
	memset(t->gather, 0, sizeof(*t->gather) * MERGE_SIDE * MERGE_SIDE);
	for (size_t i = from; i < to; i++) {
		const struct pick *p = &t->area.p[i];
		const struct tileset_box *b = box_of(t, p);

		if (t->k->inward || as_of(item_of(t, p)) != SHOWN_DANGER)
			continue;
		for (uint32_t y = merge_cell(unit_y(t, b->y0) - 1);
		     y <= merge_cell(unit_y(t, b->y1) + 1); y++)
			for (uint32_t x = merge_cell(unit_x(t, b->x0) - 1);
			     x <= merge_cell(unit_x(t, b->x1) + 1); x++)
				add_to(&t->gather[y * MERGE_SIDE + x], t, p);
	}
	for (uint32_t y = 0; y < MERGE_SIDE; y++)
		for (uint32_t x = 0, end; x < MERGE_SIDE; x = end) {
			const struct gathered *g = &t->gather[y * MERGE_SIDE + x];
			const uint32_t ring = 4;
			int32_t v[8];

			for (end = x + 1; end < MERGE_SIDE && g->count && g[end - x].count &&
			                  g[end - x].first.rank == g->first.rank;
			     end++)
				;
			if (!g->count)
				continue;
			v[0] = v[6] = (int32_t)x * TILE_MERGE_UNITS - TILE_BUFFER;
			v[2] = v[4] = (int32_t)end * TILE_MERGE_UNITS - TILE_BUFFER;
			v[1] = v[3] = (int32_t)y * TILE_MERGE_UNITS - TILE_BUFFER;
			v[5] = v[7] = v[1] + TILE_MERGE_UNITS;
			mvt_feature(&t->mvt, 0);
			put_tags(t, &g->first, false);
			mvt_bool(&t->mvt, "merged", true);
			mvt_area(&t->mvt, v, &ring, 1);
		}
}

static uint32_t
extent_of(const struct tiler *t, const struct pick *p)
{
	const struct tileset_box *b = box_of(t, p);

	return b->x1 - b->x0 > b->y1 - b->y0 ? b->x1 - b->x0 : b->y1 - b->y0;
}

/* Put the outlines that are drawn one by one first; how many these are. */
static size_t
part_areas(struct tiler *t)
{
	uint32_t least = t->least;
	size_t n = t->area.count;

	while (n > TILE_MOST_AREAS) {
		size_t keep = 0;

		least = least < 0x80000000u ? 2 * least + 1 : UINT32_MAX;
		for (size_t i = 0; i < n; i++)
			if (extent_of(t, &t->area.p[i]) >= least && least < UINT32_MAX) {
				struct pick p = t->area.p[keep];

				t->area.p[keep++] = t->area.p[i];
				t->area.p[i] = p;
			}
		n = keep;
	}
	return n;
}

static enum err_code
draw_areas(struct tiler *t, struct err *e)
{
	size_t alone = part_areas(t);
	enum err_code rc = ERR_OK;

	if (alone < t->area.count)
		draw_merged(t, alone, t->area.count);
	if (alone > 1)
		qsort(t->area.p, alone, sizeof(*t->area.p), by_rank);
	t->points = 0;
	for (size_t i = 0; !rc && i < alone; i++) {
		if (t->points > TILE_MOST_POINTS) {
			draw_merged(t, i, alone);
			break;
		}
		rc = draw_area(t, &t->area.p[i], e);
	}
	return rc;
}

static struct tileset_box
box_of_tile(const struct tiler *t)
{
	double pad = TILE_BUFFER * t->per_unit, side = TILE_EXTENT * t->per_unit;

	return (struct tileset_box){ (uint32_t)fmax(t->x0 - pad, 0), (uint32_t)fmax(t->y0 - pad, 0),
		                     (uint32_t)fmin(t->x0 + side + pad, 4294967295.0),
		                     (uint32_t)fmin(t->y0 + side + pad, 4294967295.0) };
}

enum err_code
tiler_add(struct tiler *t, const struct tileset_kind *k, const struct tile_layer *layer,
          size_t count, struct err *e)
{
	bool hazard = strcmp(k->kind, "hazard") == 0;
	enum err_code rc;

	t->layer = layer;
	t->k = k;
	t->area.count = t->symbol.count = 0;
	t->least = (uint32_t)fmin(TILE_SYMBOL_UNITS * t->per_unit, 4294967295.0);
	for (t->now = 0; t->now < count; t->now++)
		tileset_find(layer[t->now].set, box_of_tile(t), see_item, t);
	if (t->failed)
		return err_set(e, ERR_NOMEM, "out of memory for a tile");
	mvt_layer(&t->mvt, k->kind, TILE_EXTENT);
	rc = draw_areas(t, e);
	if (hazard) {
		mvt_layer_end(&t->mvt);
		mvt_layer(&t->mvt, "hazard_point", TILE_EXTENT);
	}
	if (!rc)
		draw_symbols(t);
	mvt_layer_end(&t->mvt);
	return rc;
}
