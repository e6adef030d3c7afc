#include "ingest/gazetteer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define MAX_BYTES ((size_t)1 << 30)
#define MAX_NAME 200

struct spot {
	struct uuid id;
	char type[24];
	bool areal;
	struct region region; /* of a point: a box without extent */
};

struct name {
	const char *folded;
	uint32_t spot;
};

struct place_id {
	struct uuid id;
	uint32_t spot;
};

struct gazetteer {
	struct arena mem;
	struct spot *spot;
	struct place_id *id; /* sorted */
	struct name *name;
	size_t spots, spot_room, names, name_room;
};

const char *const gazetteer_fields[] = { "type",    "name",        "name_en",  "name_uk",
	                                 "name_az", "other_names", "geometry", NULL };

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for places");
}

enum err_code
gazetteer_create(struct gazetteer **ret, struct err *e)
{
	struct gazetteer *g = mem_calloc(1, sizeof(*g));

	if (!g)
		return no_memory(e);
	arena_init(&g->mem, MAX_BYTES);
	*ret = g;
	return ERR_OK;
}

void
gazetteer_free(struct gazetteer *g)
{
	if (!g)
		return;
	arena_done(&g->mem);
	mem_free(g->spot);
	mem_free(g->name);
	mem_free(g->id);
	mem_free(g);
}

static enum err_code
add_name(struct gazetteer *g, const char *s, size_t n, struct err *e)
{
	char folded[MAX_NAME];

	if (text_fold(s, n, folded, sizeof(folded)) == 0)
		return ERR_OK;
	if (g->names == g->name_room) {
		size_t room = g->name_room ? 2 * g->name_room : 256;
		struct name *more = mem_realloc_array(g->name, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		g->name = more;
		g->name_room = room;
	}
	g->name[g->names] =
		(struct name){ arena_strdup(&g->mem, folded), (uint32_t)(g->spots - 1) };
	return g->name[g->names++].folded ? ERR_OK : no_memory(e);
}

enum err_code
gazetteer_add(struct gazetteer *g, const struct shown *row, struct err *e)
{
	const char *type = fields_text(&row->fields, "type"),
		   *others = fields_text(&row->fields, "other_names");
	const struct geom *geom = row->fields.geom;
	struct spot *s;
	enum err_code rc = ERR_OK;

	if (!geom || geom_is_empty(geom))
		return ERR_OK;
	if (g->spots == g->spot_room) {
		size_t room = g->spot_room ? 2 * g->spot_room : 256;

		s = mem_realloc_array(g->spot, room, sizeof(*s));
		if (!s)
			return no_memory(e);
		g->spot = s;
		g->spot_room = room;
	}
	s = &g->spot[g->spots];
	*s = (struct spot){ .id = row->id, .areal = geom_is_areal(geom) };
	if (type && strlen(type) < sizeof(s->type))
		memcpy(s->type, type, strlen(type) + 1);
	if (!s->areal)
		region_of_box(geom_bounds(geom), &s->region);
	else if (!region_of_geom(geom, &g->mem, &s->region))
		return no_memory(e);
	g->spots++;
	for (size_t i = 1; !rc && i <= 4; i++) {
		const char *name = fields_text(&row->fields, gazetteer_fields[i]);

		if (name)
			rc = add_name(g, name, strlen(name), e);
	}
	for (const char *p = others; !rc && p && *p;) {
		size_t n = strcspn(p, ";,|");

		rc = add_name(g, p, n, e);
		p += n + (p[n] != '\0');
	}
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int c = strcmp(x->folded, y->folded);

	return c ? c : x->spot < y->spot ? -1 : x->spot > y->spot;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct place_id *)a)->id.b, ((const struct place_id *)b)->id.b,
	              UUID_SIZE);
}

enum err_code
gazetteer_ready(struct gazetteer *g, struct err *e)
{
	if (g->spots == 0)
		return ERR_OK;
	g->id = mem_calloc(g->spots, sizeof(*g->id));
	if (!g->id)
		return no_memory(e);
	for (size_t i = 0; i < g->spots; i++)
		g->id[i] = (struct place_id){ g->spot[i].id, (uint32_t)i };
	qsort(g->id, g->spots, sizeof(*g->id), by_id);
	if (g->names)
		qsort(g->name, g->names, sizeof(*g->name), by_name);
	return ERR_OK;
}

static bool
near_spot(const struct spot *s, const struct geom *geom, double accuracy_km)
{
	struct geom_box b = geom_bounds(geom);
	double lon = (b.min_lon_deg + b.max_lon_deg) / 2, lat = (b.min_lat_deg + b.max_lat_deg) / 2;
	double reach = (s->areal ? GAZETTEER_AREA_KM : GAZETTEER_POINT_KM) + accuracy_km;

	return region_distance_km(&s->region, lon, lat) <= reach ||
	       region_distance_km(&s->region, geom->xy[0], geom->xy[1]) <= reach;
}

/* Do the places of that name lie elsewhere? type NULL: of any type. */
static bool
name_misses(const struct gazetteer *g, const char *text, const char *type, const struct geom *geom,
            double accuracy_km)
{
	char folded[MAX_NAME];
	size_t lo = 0, hi = g->names;
	bool any = false;

	if (text_fold(text, strlen(text), folded, sizeof(folded)) == 0)
		return false;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(g->name[mid].folded, folded) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < g->names && text_eq(g->name[lo].folded, folded); lo++) {
		const struct spot *s = &g->spot[g->name[lo].spot];

		if (type && !text_eq(s->type, type))
			continue;
		if (near_spot(s, geom, accuracy_km))
			return false;
		any = true;
	}
	return any;
}

static bool
id_misses(const struct gazetteer *g, const char *text, const struct geom *geom, double accuracy_km)
{
	struct place_id key = { .spot = 0 };
	const struct place_id *found = NULL;

	if (uuid_parse(text, strlen(text), &key.id))
		found = bsearch(&key, g->id, g->spots, sizeof(*g->id), by_id);
	return found && !near_spot(&g->spot[found->spot], geom, accuracy_km);
}

const char *
gazetteer_misses(const struct gazetteer *g, const struct store_fields *f)
{
	static const char *const by[][2] = { { "admin2_name", "admin2" },
		                             { "place_name", NULL },
		                             { "admin1_name", "admin1" } };
	double accuracy_km = fields_number(f, "accuracy_m", 0) / 1000;
	const char *text;

	if (!f->geom || geom_is_empty(f->geom) || g->spots == 0)
		return NULL;
	if (!(accuracy_km > 0))
		accuracy_km = 0;
	text = fields_text(f, "place");
	if (text && id_misses(g, text, f->geom, accuracy_km))
		return text;
	for (size_t i = 0; i < sizeof(by) / sizeof(*by); i++) {
		text = fields_text(f, by[i][0]);
		if (text && name_misses(g, text, by[i][1], f->geom, accuracy_km))
			return text;
	}
	return NULL;
}
