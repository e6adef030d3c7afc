/* Coordinate text: no input may crash; what is accepted is on Earth (or in the grid), has a size,
 * does not contradict the stated system, and reads back when written in our own notation. The first
 * byte chooses what is stated; a '\x1f' splits the rest into two texts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/coord.h"
#include "geo/utm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static void
check_rewritten(const struct coord *c)
{
	char text[100];
	struct coord back;

	must(coord_write_dms(c->x, c->y, 6, text, sizeof(text)) > 0);
	must(coord_parse(text, strlen(text), NULL, &back, NULL) == ERR_OK);
	must(fabs(back.y - c->y) < 2e-10 && fabs(back.x - c->x) < 2e-10);
	if (!utm_write_mgrs(c->x, c->y, 5, text))
		return;
	must(coord_parse(text, strlen(text), NULL, &back, NULL) == ERR_OK);
	must(fabs(back.y - c->y) < 2e-5);
}

static void
check(const struct coord *c, const struct coord_options *opt)
{
	double ring[10];

	must(isfinite(c->x) && isfinite(c->y));
	must(c->half_x > 0 && c->half_y > 0 && c->half_m > 0 && c->reach_m >= c->half_m);
	must(c->is_grid == (c->format == COORD_GRID));
	must(c->is_grid ? opt->system == COORD_SYSTEM_GRID : fabs(c->x) <= 180 && fabs(c->y) <= 90);
	must((c->zone != 0) == (c->format == COORD_MGRS || c->format == COORD_UTM));
	coord_cell(c, ring);
	for (size_t i = 0; i < 10; i++)
		must(isfinite(ring[i]));
	if (opt->system == COORD_SYSTEM_GRID && !c->is_grid)
		must(c->format == COORD_UTM &&
		     opt->utm_zone == (c->zone_is_north ? c->zone : -c->zone));
	if (opt->system == COORD_SYSTEM_GRID && c->is_grid && opt->grid_prefix >= 0)
		must(floor(c->x / 1e6) == opt->grid_prefix);
	if (!c->is_grid)
		check_rewritten(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct geom_box ukraine = { 22.1, 44.3, 40.3, 52.4 };
	struct coord_options opt = { 0 };
	struct coord c = { .x = 7 };
	struct err e = { 0 };
	const char *s = (const char *)data + 1, *cut;
	enum err_code rc;

	if (size == 0)
		return 0;
	opt.order = (enum coord_order)((data[0] & 3) % 3);
	opt.system = (enum coord_system)(data[0] >> 2 & 3);
	opt.grid_prefix = (data[0] >> 4 & 3) == 3 ? -1 : (data[0] >> 4 & 3) * 3;
	opt.utm_zone = opt.grid_prefix == 0 ? 36 : 0;
	opt.country = data[0] & 64 ? &ukraine : NULL;
	size--;
	cut = memchr(s, 0x1f, size);
	if (cut)
		rc = coord_parse_two(s, (size_t)(cut - s), cut + 1, size - (size_t)(cut - s) - 1,
		                     &opt, &c, &e);
	else
		rc = coord_parse(s, size, &opt, &c, &e);
	if (rc == ERR_OK) {
		check(&c, &opt);
	} else {
		must(e.text[0] != '\0' && e.code == rc && c.x == 7);
		must(rc == ERR_INVALID || rc == ERR_UNKNOWN || rc == ERR_LIMIT ||
		     rc == ERR_UNSUPPORTED);
	}
	return 0;
}
