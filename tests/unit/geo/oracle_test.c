/* Positions against other programs, within 1 mm: a frozen table (tests/cases/geo/positions.txt,
 * made by tools/oracle-coords) or the one that FALLOW_ORACLE names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/coord.h"
#include "geo/crs.h"
#include "geo/utm.h"

#define TOLERANCE_M 1e-3

struct system {
	char key[40];
	struct crs *crs;
};

struct run {
	struct geo *geo;
	struct system systems[64];
	size_t system_count;
	size_t lines;
	double worst_m;
};

static double
apart_m(double lon1, double lat1, double lon2, double lat2)
{
	double x = remainder(lon1 - lon2, 360) * cos(lat1 * 3.14159265358979323846 / 180);

	return 111320 * hypot(x, lat1 - lat2);
}

static void
judge(struct run *r, const char *line, double m)
{
	if (!(m < TOLERANCE_M))
		fail_msg("%s: %.6f m apart", line, m);
	r->worst_m = fmax(r->worst_m, m);
}

static struct crs *
system_of(struct run *r, const char *epsg, int operation, const char *iso3)
{
	struct system *s = &r->systems[r->system_count];
	struct err e = { 0 };

	(void)snprintf(s->key, sizeof(s->key), "%s %d %s", epsg, operation, iso3);
	for (size_t i = 0; i < r->system_count; i++) {
		if (strcmp(r->systems[i].key, s->key) == 0)
			return r->systems[i].crs;
	}
	/* The pinned operation must be found without naming it; 5044 and 1149 are named. */
	if (crs_open(r->geo, epsg, operation == 5044 || operation == 1149 ? operation : 0, iso3,
	             &s->crs, &e) != ERR_OK)
		fail_msg("%s: %s", s->key, e.text);
	assert_int_equal(crs_operation(s->crs), operation);
	r->system_count++;
	assert_true(r->system_count < sizeof(r->systems) / sizeof(r->systems[0]));
	return s->crs;
}

static void
check_crs(struct run *r, const char *line)
{
	char epsg[12], iso3[4];
	int operation;
	double given[2], want[2], p[2];
	struct crs *c;
	struct err e = { 0 };

	assert_int_equal(sscanf(line, "crs %11s %d %3s %lf %lf %lf %lf", epsg, &operation, iso3,
	                        &given[0], &given[1], &want[0], &want[1]),
	                 7);
	c = system_of(r, epsg, operation, iso3);
	memcpy(p, given, sizeof(p));
	if (crs_to_wgs84(c, CRS_EASTING_FIRST, p, 1, &e) != ERR_OK)
		fail_msg("%s: %s", line, e.text);
	judge(r, line, apart_m(p[0], p[1], want[0], want[1]));
	p[0] = given[1];
	p[1] = given[0];
	assert_int_equal(crs_to_wgs84(c, CRS_NORTHING_FIRST, p, 1, &e), ERR_OK);
	judge(r, line, apart_m(p[0], p[1], want[0], want[1]));
	assert_int_equal(crs_from_wgs84(c, p, 1, &e), ERR_OK);
	/* Both ways take the height as 0 on their own ellipsoid: up to 2 mm between the two. */
	assert_true(hypot(p[0] - given[0], p[1] - given[1]) * (crs_is_projected(c) ? 1 : 111320) <
	            2e-3);
}

static void
check_utm(struct run *r, const char *line)
{
	double lat, lon, east, north, back[2];
	int zone;
	char half;
	struct utm u;

	assert_int_equal(
		sscanf(line, "utm %lf %lf %d %c %lf %lf", &lat, &lon, &zone, &half, &east, &north),
		6);
	assert_int_equal(utm_zone(lon, lat), zone);
	assert_true(utm_forward(lon, lat, zone, &u));
	assert_int_equal(u.north, half == 'n');
	judge(r, line, hypot(u.easting_m - east, u.northing_m - north));
	u = (struct utm){ zone, half == 'n', east, north };
	utm_inverse(&u, &back[0], &back[1]);
	judge(r, line, apart_m(back[0], back[1], lon, lat));
}

static void
check_mgrs(struct run *r, const char *line)
{
	double lat, lon;
	int digits;
	char want[40], got[UTM_MGRS_SIZE];

	assert_int_equal(sscanf(line, "mgrs %lf %lf %d %39s", &lat, &lon, &digits, want), 4);
	assert_true(utm_write_mgrs(lon, lat, digits, got));
	assert_string_equal(got, want);
	r->worst_m = fmax(r->worst_m, 0);
}

static void
check_read(struct run *r, const char *line, const char *text, double lat, double lon)
{
	struct coord c;
	struct err e = { 0 };

	if (coord_parse(text, strlen(text), NULL, &c, &e) != ERR_OK)
		fail_msg("%s: %s", line, e.text);
	judge(r, line, apart_m(c.x, c.y, lon, lat));
}

static void
check_line(struct run *r, const char *line)
{
	double lat, lon;
	char text[40];

	if (line[0] == '#' || line[0] == '\0')
		return;
	r->lines++;
	if (strncmp(line, "crs ", 4) == 0) {
		check_crs(r, line);
	} else if (strncmp(line, "utm ", 4) == 0) {
		check_utm(r, line);
	} else if (strncmp(line, "mgrs ", 5) == 0) {
		check_mgrs(r, line);
	} else if (strncmp(line, "square ", 7) == 0) {
		assert_int_equal(sscanf(line, "square %39s %lf %lf", text, &lat, &lon), 3);
		check_read(r, line, text, lat, lon);
	} else {
		assert_int_equal(sscanf(line, "text %lf %lf", &lat, &lon), 2);
		assert_non_null(strchr(line, '|'));
		check_read(r, line, strchr(line, '|') + 1, lat, lon);
	}
}

static void
positions_agree_with_other_programs(void **state)
{
	const char *path = getenv("FALLOW_ORACLE"), *root = getenv("FALLOW_SOURCE_ROOT");
	char own[1000], line[400];
	struct run r = { 0 };
	FILE *f;

	(void)state;
	(void)snprintf(own, sizeof(own), "%s/tests/cases/geo/positions.txt", root ? root : ".");
	f = fopen(path ? path : own, "r");
	assert_non_null(f);
	r.geo = geo_create();
	assert_non_null(r.geo);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		check_line(&r, line);
	}
	assert_int_equal(fclose(f), 0);
	assert_true(r.lines >= 300);
	print_message("%zu positions, worst %.7f m\n", r.lines, r.worst_m);
	for (size_t i = 0; i < r.system_count; i++)
		crs_free(r.systems[i].crs);
	geo_free(r.geo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(positions_agree_with_other_programs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
