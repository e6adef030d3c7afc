#include "ingest/territory.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/each.h"

#define MAX_BYTES ((size_t)256 << 20)

struct territory {
	struct arena mem;
	struct region country;
	struct gazetteer *places;
	bool known;
	/* while loading */
	const char *iso3;
	size_t countries;
};

static enum err_code
look_at(void *ctx, const struct shown *row, struct err *e)
{
	struct territory *t = ctx;
	const char *code = fields_text(&row->fields, "country");
	bool named = text_eq(code, t->iso3);
	enum err_code rc = gazetteer_add(t->places, row, e);

	if (rc)
		return rc;
	if (!text_eq(fields_text(&row->fields, "type"), "country") || !row->fields.geom ||
	    !geom_is_areal(row->fields.geom))
		return ERR_OK;
	/* the one with the register's code, or the only one there is */
	t->countries++;
	if (!named && t->countries > 1) {
		t->known = t->known && t->country.bands && code == NULL ? false : t->known;
		return ERR_OK;
	}
	if (code && !named)
		return ERR_OK;
	if (!region_of_geom(row->fields.geom, &t->mem, &t->country))
		return err_set(e, ERR_NOMEM, "out of memory for the country's outline");
	t->known = true;
	return ERR_OK;
}

enum err_code
territory_load(struct store *st, struct territory **ret, struct err *e)
{
	const char *want[16] = { "country" };
	struct territory *t = mem_calloc(1, sizeof(*t));
	struct each_filter f = { .kind = store_kind(st, "place"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct geom_box box;
	enum err_code rc;

	for (size_t i = 0; gazetteer_fields[i]; i++)
		want[i + 1] = gazetteer_fields[i];
	if (!t)
		return err_set(e, ERR_NOMEM, "out of memory for the country's outline");
	arena_init(&t->mem, MAX_BYTES);
	t->iso3 = store_meta(st, "country");
	rc = gazetteer_create(&t->places, e);
	if (!rc && f.kind >= 0)
		rc = store_each(st, &f, look_at, t, e);
	if (!rc)
		rc = gazetteer_ready(t->places, e);
	if (rc) {
		territory_free(t);
		return rc;
	}
	if (!t->known && region_country_box(t->iso3, &box)) {
		region_of_box(box, &t->country);
		t->known = true;
	}
	*ret = t;
	return ERR_OK;
}

void
territory_free(struct territory *t)
{
	if (!t)
		return;
	gazetteer_free(t->places);
	arena_done(&t->mem);
	mem_free(t);
}

const struct gazetteer *
territory_places(const struct territory *t)
{
	return t->places;
}

const struct region *
territory_country(const struct territory *t)
{
	return t->known ? &t->country : NULL;
}
