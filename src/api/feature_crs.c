/* OGC API Features, part 2: reference systems of answers and boxes. */
#include <math.h>
#include <string.h>

#include "api/feature.h"
#include "base/text.h"
#include "geo/utm.h"

#define EPSG "http://www.opengis.net/def/crs/EPSG/0/"

enum {
	CRS_MOST = 24,
	ZONES_MOST = 8
};

/* The UTM zones that the kind's extent touches, when they are few. */
static size_t
add_zones(const struct ask *q, struct geom_box b, const char **list, size_t n)
{
	int from = (int)floor((b.min_lon_deg + 180) / 6) + 1,
	    to = (int)floor((b.max_lon_deg + 180) / 6) + 1;

	if (!(b.min_lon_deg >= -180 && b.max_lon_deg <= 180) || to - from >= ZONES_MOST)
		return n;
	for (int z = from; z <= to && z <= 60; z++) {
		if (b.max_lat_deg >= 0)
			list[n++] = arena_printf(q->mem, EPSG "326%02d", z);
		if (b.min_lat_deg < 0)
			list[n++] = arena_printf(q->mem, EPSG "327%02d", z);
	}
	return n;
}

enum err_code
features_crs_list(const struct ask *q, struct features_view *v, const char ***ret,
                  size_t *ret_count, struct err *e)
{
	const char **list = arena_calloc(q->mem, CRS_MOST, sizeof(*list));
	struct geom_box b;
	bool any = false;
	size_t n = 0;
	enum err_code rc =
		list ? page_extent(v->reader, &any, &b, e) : err_set(e, ERR_NOMEM, "out of memory");

	if (rc)
		return rc;
	list[n++] = FEATURES_CRS84;
	list[n++] = EPSG "4326";
	list[n++] = EPSG "3857";
	if (any)
		n = add_zones(q, b, list, n);
	*ret = list;
	*ret_count = n;
	return ERR_OK;
}

enum err_code
features_crs(struct site *s, const struct ask *q, struct features_view *v, const char *param,
             const char *uri, struct features_crs *ret, struct err *e)
{
	const char **list = NULL, *code;
	char quoted[200];
	size_t n = 0;
	bool known = false;
	enum err_code rc = features_crs_list(q, v, &list, &n, e);

	*ret = (struct features_crs){ 0 };
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		known = known || text_eq(list[i], uri);
	if (!known)
		return err_set(
			e, ERR_INVALID,
			"%s is \"%s\"; the collection's document lists the reference systems "
			"offered",
			param, err_quote(uri, quoted, sizeof(quoted)));
	if (text_eq(uri, FEATURES_CRS84))
		return ERR_OK;
	code = uri + strlen(EPSG);
	ret->swapped = text_eq(code, "4326");
	return ret->swapped ? ERR_OK : crs_open(s->geo, code, 0, "", &ret->crs, e);
}
