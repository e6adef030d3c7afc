/* Filters: any bytes as text and as JSON; what is a filter judges a row without harm. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/cql2.h"

static const struct cql2_name name[] = {
	{ "a", CQL2_TEXT }, { "n", CQL2_NUMBER }, { "b", CQL2_BOOLEAN },  { "d", CQL2_DATE },
	{ "l", CQL2_LIST }, { "o", CQL2_OTHER },  { "g", CQL2_GEOMETRY },
};
static const struct cql2_names names = { name, sizeof(name) / sizeof(*name) };
static const double square[] = { 9, 49, 11, 49, 11, 51, 9, 51, 9, 49 };
static const uint32_t ends[] = { 1, 5 };
static const struct geom shape = { GEOM_POLYGON, 1, 1, 5, ends, ends + 1, square };

static void
value(void *ctx, size_t i, struct cql2_value *v)
{
	static const char *const text[] = {
		"sha", NULL, NULL, "2024-05", "[\"a\",\"\\\\b\"]", "[]"
	};

	(void)ctx;
	v->null = false;
	v->number = i == 1 ? -1.5 : 1;
	v->text = i < 6 ? text[i] : NULL;
	v->size = v->text ? strlen(v->text) : 0;
	v->geom = i == 6 ? &shape : NULL;
}

static void
one(enum err_code rc, struct cql2 *c, struct geo *geo, struct arena *mem)
{
	const struct cql2_row row = { .value = value, .geo = geo, .mem = mem };
	struct err e = { 0 };
	struct geom_box b;
	enum cql2_truth t = CQL2_UNKNOWN;

	if (rc)
		return;
	(void)cql2_box(c, &b);
	rc = cql2_judge(c, &row, &t, &e);
	if (rc == ERR_OK && t > CQL2_UNKNOWN)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct geo *geo;
	struct arena mem;
	struct cql2 c;
	struct err e = { 0 };

	if (!geo)
		geo = geo_create();
	arena_init(&mem, 0);
	one(cql2_parse_text((const char *)data, size, &names, &mem, &c, &e), &c, geo, &mem);
	one(cql2_parse_json((const char *)data, size, &names, &mem, &c, &e), &c, geo, &mem);
	arena_done(&mem);
	return 0;
}
