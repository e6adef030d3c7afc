#include "ingest/landindex.h"

#include "base/mem.h"

#define MAX_BYTES ((size_t)1 << 30)
#define BAND_DEG 0.05 /* of latitude: records are looked up by it */
#define BANDS 3601    /* 180 degrees / BAND_DEG, and one for what lies on 90 */

struct landindex {
	struct geo *geo;
	struct arena mem;
	struct landindex_item *item;
	size_t count, room;
	double tallest_deg; /* of the boxes */
	uint32_t *band;     /* BANDS + 1: where those begin whose south side lies in each band */
	uint32_t *order;    /* items by band */
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for records on land");
}

enum err_code
landindex_create(struct landindex **ret, struct err *e)
{
	struct landindex *ix = mem_calloc(1, sizeof(*ix));

	if (!ix)
		return no_memory(e);
	arena_init(&ix->mem, MAX_BYTES);
	ix->geo = geo_create();
	if (!ix->geo) {
		landindex_free(ix);
		return no_memory(e);
	}
	*ret = ix;
	return ERR_OK;
}

void
landindex_free(struct landindex *ix)
{
	if (!ix)
		return;
	geo_free(ix->geo);
	arena_done(&ix->mem);
	mem_free(ix->item);
	mem_free(ix);
}

enum err_code
landindex_add(struct landindex *ix, const struct shown *row, int64_t days, struct err *e)
{
	struct landindex_item *it;

	if (!row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	if (ix->count == ix->room) {
		size_t room = ix->room ? 2 * ix->room : 256;

		it = mem_realloc_array(ix->item, room, sizeof(*it));
		if (!it)
			return no_memory(e);
		ix->item = it;
		ix->room = room;
	}
	it = &ix->item[ix->count];
	*it = (struct landindex_item){
		.id = row->id, .kind = row->kind, .fid = row->fid, .days = days
	};
	if (!geom_copy(row->fields.geom, &ix->mem, &it->geom))
		return no_memory(e);
	it->box = geom_bounds(&it->geom);
	if (it->box.max_lat_deg - it->box.min_lat_deg > ix->tallest_deg)
		ix->tallest_deg = it->box.max_lat_deg - it->box.min_lat_deg;
	ix->count++;
	return ERR_OK;
}

static size_t
band_of(double lat_deg)
{
	double b = (lat_deg + 90) / BAND_DEG;

	return b <= 0 ? 0 : b >= BANDS - 1 ? BANDS - 1 : (size_t)b;
}

enum err_code
landindex_ready(struct landindex *ix, struct err *e)
{
	uint32_t sum = 0;

	ix->band = arena_calloc(&ix->mem, BANDS + 1, sizeof(*ix->band));
	ix->order = arena_calloc(&ix->mem, ix->count + 1, sizeof(*ix->order));
	if (!ix->band || !ix->order)
		return no_memory(e);
	for (size_t i = 0; i < ix->count; i++)
		ix->band[band_of(ix->item[i].box.min_lat_deg)]++;
	for (size_t b = 0; b <= BANDS; b++) {
		uint32_t n = ix->band[b];

		ix->band[b] = sum;
		sum += n;
	}
	for (size_t i = 0; i < ix->count; i++)
		ix->order[ix->band[band_of(ix->item[i].box.min_lat_deg)]++] = (uint32_t)i;
	for (size_t b = BANDS; b > 0; b--)
		ix->band[b] = ix->band[b - 1];
	ix->band[0] = 0;
	return ERR_OK;
}

enum err_code
landindex_next(struct landindex *ix, const struct geom *geom, size_t *from,
               struct landindex_item **ret, struct err *e)
{
	struct geom_box box;
	size_t first, last;

	*ret = NULL;
	if (!geom || geom_is_empty(geom) || ix->count == 0)
		return ERR_OK;
	box = geom_bounds(geom);
	first = ix->band[band_of(box.min_lat_deg - ix->tallest_deg)];
	last = ix->band[band_of(box.max_lat_deg) + 1];
	for (size_t k = first > *from ? first : *from; k < last; k++) {
		struct landindex_item *it = &ix->item[ix->order[k]];
		bool on = false;
		enum err_code rc;

		if (it->done || !geom_box_overlap(it->box, box))
			continue;
		rc = shape_intersects(ix->geo, &it->geom, geom, &on, e);
		if (rc)
			return rc;
		if (on) {
			*from = k + 1;
			*ret = it;
			return ERR_OK;
		}
	}
	return ERR_OK;
}
