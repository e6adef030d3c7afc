#include "assess/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/locate.h"
#include "geo/shape.h"
#include "store/history.h"

const char *const places_fields[] = { "place",       "place_name", "admin1_name",
	                              "admin2_name", "geometry",   NULL };

enum {
	NAME_BYTES = 256
};

/* A place record of any level: for following links upwards. */
struct link {
	struct uuid id, parent;
	bool has_parent;
	long at; /* index among the places of the level, -1 */
};

struct place {
	const char *name;
	char folded[NAME_BYTES];
	struct uuid id;
	double area_m2;
	const struct geom *geom; /* in places.mem */
};

struct places {
	struct arena mem;
	const char *level; /* NULL = whole */
	struct place *place;
	size_t count, room, loaded; /* loaded: those from place records */
	struct link *link;
	size_t links, link_room;
	struct locate *locate;
	struct store *st;
	int64_t as_of_days, known_size;
	struct geo *geo;
	double country_m2;
	const char *name_field;
};

static enum err_code
grow(void **p, size_t *room, size_t count, size_t size, struct err *e)
{
	void *q;

	if (count < *room)
		return ERR_OK;
	q = mem_realloc_array(*p, *room ? *room * 2 : 64, size);
	if (!q)
		return err_set(e, ERR_NOMEM, "out of memory for places");
	*p = q;
	*room = *room ? *room * 2 : 64;
	return ERR_OK;
}

static enum err_code
add_place(struct places *p, const char *name, const struct shown *row, struct err *e)
{
	struct place q = { .name = arena_strdup(&p->mem, name) };
	enum err_code rc = grow((void **)&p->place, &p->room, p->count, sizeof(*p->place), e);

	if (rc)
		return rc;
	if (!q.name)
		return err_set(e, ERR_NOMEM, "out of memory for places");
	(void)text_fold(name, strlen(name), q.folded, sizeof(q.folded));
	if (row) {
		q.id = row->id;
		q.area_m2 = row->area_m2;
		if (row->fields.geom) {
			struct geom *g = arena_alloc(&p->mem, sizeof(*g));

			if (!g || !geom_copy(row->fields.geom, &p->mem, g))
				return err_set(e, ERR_NOMEM, "out of memory for places");
			q.geom = g;
		}
	}
	p->place[p->count++] = q;
	return ERR_OK;
}

static enum err_code
see_place(void *ctx, const struct shown *row, struct err *e)
{
	struct places *p = ctx;
	const char *type = fields_text(&row->fields, "type");
	const char *name = fields_text(&row->fields, "name"),
		   *parent = fields_text(&row->fields, "parent");
	struct link l = { .id = row->id, .at = -1 };
	enum err_code rc = grow((void **)&p->link, &p->link_room, p->links, sizeof(*p->link), e);

	if (rc)
		return rc;
	l.has_parent = parent && uuid_parse(parent, strlen(parent), &l.parent);
	p->link[p->links++] = l;
	if (text_eq(type, "country"))
		p->country_m2 += row->area_m2;
	if (p->level && text_eq(type, p->level))
		return add_place(p, name ? name : "?", row, e);
	return ERR_OK;
}

static int
by_name_then_id(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : memcmp(x->id.b, y->id.b, UUID_SIZE);
}

static int
by_link_id(const void *a, const void *b)
{
	return memcmp(((const struct link *)a)->id.b, ((const struct link *)b)->id.b, UUID_SIZE);
}

static struct link *
find_link(const struct places *p, struct uuid id)
{
	struct link key = { .id = id };

	return p->links ? bsearch(&key, p->link, p->links, sizeof(*p->link), by_link_id) : NULL;
}

/* Two places of one name are told apart by what they lie in, else by number. */
static enum err_code
tell_apart(struct places *p, struct err *e)
{
	for (size_t i = 1; i + 1 < p->count; i++) {
		size_t j = i;

		while (j + 1 < p->count && text_eq(p->place[j + 1].name, p->place[i].name))
			j++;
		for (size_t k = i; j > i && k <= j; k++) {
			p->place[k].name =
				arena_printf(&p->mem, "%s (%zu)", p->place[k].name, k - i + 1);
			if (!p->place[k].name)
				return err_set(e, ERR_NOMEM, "out of memory for places");
		}
		i = j;
	}
	return ERR_OK;
}

static enum err_code
index_places(struct places *p, struct err *e)
{
	enum err_code rc = locate_create(&p->locate, e);

	if (rc)
		return rc;
	/* 0 is "?" */
	if (p->count > 2)
		qsort(p->place + 1, p->count - 1, sizeof(*p->place), by_name_then_id);
	if (p->links > 1)
		qsort(p->link, p->links, sizeof(*p->link), by_link_id);
	for (size_t i = 1; !rc && i < p->count; i++) {
		struct link *l = find_link(p, p->place[i].id);

		if (l)
			l->at = (long)i;
		if (p->place[i].geom)
			rc = locate_add(p->locate, p->place[i].geom, (long)i, e);
	}
	p->loaded = p->count;
	return rc ? rc : tell_apart(p, e);
}

enum err_code
places_load(struct store *st, struct geo *geo, const char *level, int64_t as_of_days,
            int64_t known_size, struct places **ret, struct err *e)
{
	static const char *const want[] = { "type", "name", "parent", "geometry", NULL };
	struct each_filter f = { .kind = store_kind(st, "place"),
		                 .as_of_days = as_of_days,
		                 .known_size = known_size,
		                 .want = want };
	struct places *p = mem_calloc(1, sizeof(*p));
	enum err_code rc;

	if (!p)
		return err_set(e, ERR_NOMEM, "out of memory for places");
	arena_init(&p->mem, (size_t)1 << 30);
	p->st = st;
	p->as_of_days = as_of_days;
	p->known_size = known_size;
	p->geo = geo;
	p->level = level;
	p->name_field = text_eq(level, "admin1")   ? "admin1_name"
	                : text_eq(level, "admin2") ? "admin2_name"
	                                           : "place_name";
	rc = add_place(p, level ? "?" : "", NULL, e);
	if (!rc && f.kind >= 0)
		rc = store_each(st, &f, see_place, p, e);
	if (!rc)
		rc = index_places(p, e);
	if (rc) {
		places_free(p);
		return rc;
	}
	*ret = p;
	return ERR_OK;
}

void
places_free(struct places *p)
{
	if (!p)
		return;
	locate_free(p->locate);
	mem_free(p->place);
	mem_free(p->link);
	arena_done(&p->mem);
	mem_free(p);
}

size_t
places_count(const struct places *p)
{
	return p->count;
}

const char *
places_name(const struct places *p, size_t i)
{
	return p->place[i].name;
}

double
places_area_m2(const struct places *p, size_t i)
{
	return p->level ? p->place[i].area_m2 : p->country_m2;
}

/* Follow links upwards to a place of the level. */
static long
by_link(const struct places *p, const char *id_text)
{
	struct uuid id;

	if (!id_text || !uuid_parse(id_text, strlen(id_text), &id))
		return -1;
	for (int step = 0; step < 10; step++) {
		const struct link *l = find_link(p, id);

		if (!l)
			return -1;
		if (l->at >= 0)
			return l->at;
		if (!l->has_parent)
			return -1;
		id = l->parent;
	}
	return -1;
}

static enum err_code
by_position(struct places *p, const struct geom *g, long *ret, struct err *e)
{
	struct geom_box b = geom_bounds(g);
	double at[2] = { (b.min_lon_deg + b.max_lon_deg) / 2, (b.min_lat_deg + b.max_lat_deg) / 2 };
	enum err_code rc = ERR_OK;

	/* the middle of a large or bent area may lie outside it */
	if (geom_is_areal(g) &&
	    (b.max_lon_deg - b.min_lon_deg > 0.02 || b.max_lat_deg - b.min_lat_deg > 0.02))
		rc = shape_point_inside(p->geo, g, at, e);
	if (!rc)
		*ret = locate_point(p->locate, at[0], at[1]);
	return rc;
}

static enum err_code
by_name(struct places *p, const struct store_fields *f, long *ret, struct err *e)
{
	const char *name = fields_text(f, p->name_field);
	char folded[NAME_BYTES];
	enum err_code rc;

	*ret = -1;
	if (!name)
		return ERR_OK;
	(void)text_fold(name, strlen(name), folded, sizeof(folded));
	if (!*folded)
		return ERR_OK;
	for (size_t i = 1; i < p->count && *ret < 0; i++)
		if (text_eq(p->place[i].folded, folded))
			*ret = (long)i;
	if (*ret >= 0)
		return ERR_OK;
	rc = add_place(p, name, NULL, e);
	*ret = (long)p->count - 1;
	return rc;
}

/* By the outline as it is counted: while a correction waits what is drawn is larger than that. */
static enum err_code
by_drawn(struct places *p, const struct shown *row, long *ret, struct err *e)
{
	const struct history_ask ask = { row->kind, row->id, p->as_of_days, p->known_size };
	const struct geom *g = row->fields.geom;
	struct shown joined = *row;
	struct arena mem;
	bool any = true;
	enum err_code rc = ERR_OK;

	if (!g)
		return ERR_OK;
	arena_init(&mem, (size_t)1 << 30);
	if (row->revisions > 1 && (row->unapproved || row->conflict)) {
		if (!row->rid)
			rc = history_shown(p->st, &ask, &mem, &joined, &any, e);
		g = any ? joined.base_geom : NULL;
	}
	if (!rc && g && !geom_is_empty(g))
		rc = by_position(p, g, ret, e);
	arena_done(&mem);
	return rc;
}

enum err_code
places_of(struct places *p, const struct shown *row, size_t *ret, struct err *e)
{
	long at;
	enum err_code rc = ERR_OK;

	*ret = 0;
	if (!p->level)
		return ERR_OK;
	at = by_link(p, fields_text(&row->fields, "place"));
	if (at < 0)
		rc = by_drawn(p, row, &at, e);
	if (!rc && at < 0)
		rc = by_name(p, &row->fields, &at, e);
	if (!rc && at >= 0)
		*ret = (size_t)at;
	return rc;
}
