#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "geo/utm.h"

#define RADIAN (3.14159265358979323846 / 180)
#define AXIS_M 6378137.0
#define FLATTENING (1 / 298.257223563)
#define N1 (FLATTENING / (2 - FLATTENING))
#define N2 (N1 * N1)
#define N3 (N2 * N1)
#define N4 (N2 * N2)
#define N5 (N4 * N1)
#define N6 (N3 * N3)
#define RADIUS_M (AXIS_M / (1 + N1) * (1 + N2 / 4 + N4 / 64 + N6 / 256))
#define SCALE 0.9996
#define FALSE_EASTING_M 500000.0
#define FALSE_NORTHING_M 10000000.0 /* south of the equator */
#define HUNDRED_KM 100000.0
#define ROW_CYCLE_M 2000000.0
#define MAX_DIGITS 7

static const double alpha[6] = { /* Karney 2011, eq. 35 */
	                         N1 / 2 - 2 * N2 / 3 + 5 * N3 / 16 + 41 * N4 / 180 -
	                                 127 * N5 / 288 + 7891 * N6 / 37800,
	                         13 * N2 / 48 - 3 * N3 / 5 + 557 * N4 / 1440 + 281 * N5 / 630 -
	                                 1983433 * N6 / 1935360,
	                         61 * N3 / 240 - 103 * N4 / 140 + 15061 * N5 / 26880 +
	                                 167603 * N6 / 181440,
	                         49561 * N4 / 161280 - 179 * N5 / 168 + 6601661 * N6 / 7257600,
	                         34729 * N5 / 80640 - 3418889 * N6 / 1995840,
	                         212378941 * N6 / 319334400
};
static const double beta[6] = { /* Karney 2011, eq. 36 */
	                        N1 / 2 - 2 * N2 / 3 + 37 * N3 / 96 - N4 / 360 - 81 * N5 / 512 +
	                                96199 * N6 / 604800,
	                        N2 / 48 + N3 / 15 - 437 * N4 / 1440 + 46 * N5 / 105 -
	                                1118711 * N6 / 3870720,
	                        17 * N3 / 480 - 37 * N4 / 840 - 209 * N5 / 4480 + 5569 * N6 / 90720,
	                        4397 * N4 / 161280 - 11 * N5 / 504 - 830251 * N6 / 7257600,
	                        4583 * N5 / 161280 - 108847 * N6 / 3991680,
	                        20648693 * N6 / 638668800
};

static const char bands[] = "CDEFGHJKLMNPQRSTUVWX";
static const char rows[] = "ABCDEFGHJKLMNPQRSTUV";
static const char columns[] = "ABCDEFGHJKLMNPQRSTUVWXYZ"; /* 8 for each of three zones in turn */

int
utm_zone(double lon_deg, double lat_deg)
{
	double lon;
	int zone;

	if (!(lat_deg >= -80 && lat_deg <= 84) || !isfinite(lon_deg))
		return 0;
	lon = lon_deg - 360 * floor((lon_deg + 180) / 360); /* -180 .. 180 */
	zone = (int)floor((lon + 180) / 6) % 60 + 1;
	if (lat_deg >= 56 && lat_deg < 64 && zone == 31 && lon >= 3)
		return 32;                           /* Norway */
	if (lat_deg >= 72 && lon >= 0 && lon < 42) { /* Svalbard */
		if (lon < 9)
			return 31;
		if (lon < 21)
			return 33;
		return lon < 33 ? 35 : 37;
	}
	return zone;
}

char
utm_band(double lat_deg)
{
	int i;

	if (!(lat_deg >= -80 && lat_deg <= 84))
		return '\0';
	i = (int)floor((lat_deg + 80) / 8);
	return bands[i > 19 ? 19 : i];
}

bool
utm_band_limits(char band, double *ret_south_deg, double *ret_north_deg)
{
	const char *at = band ? strchr(bands, band) : NULL;

	if (!at)
		return false;
	*ret_south_deg = -80 + 8 * (double)(at - bands);
	*ret_north_deg = band == 'X' ? 84 : *ret_south_deg + 8;
	return true;
}

double
utm_meridian(int zone)
{
	return 6 * zone - 183;
}

/* sinh(e artanh(e sin(lat))) from tan(lat): the step between geodetic and conformal latitude. */
static double
conformal_step(double tan_lat)
{
	double e = sqrt(FLATTENING * (2 - FLATTENING));

	return sinh(e * atanh(e * tan_lat / hypot(1, tan_lat)));
}

static double
tan_conformal(double tan_lat)
{
	double s = conformal_step(tan_lat);

	return tan_lat * hypot(1, s) - s * hypot(1, tan_lat);
}

/* Newton's method, Karney 2011, eq. 19-21: two steps reach full precision. */
static double
tan_geodetic(double tan_conf)
{
	double e2 = FLATTENING * (2 - FLATTENING), t = tan_conf / (1 - e2);

	for (int i = 0; i < 5; i++) {
		double at = tan_conformal(t);
		double step = (tan_conf - at) / hypot(1, at) * (1 + (1 - e2) * t * t) /
		              ((1 - e2) * hypot(1, t));

		t += step;
		if (!(fabs(step) > 1e-15 * fmax(1, fabs(t))))
			break;
	}
	return t;
}

bool
utm_forward(double lon_deg, double lat_deg, int zone, struct utm *ret)
{
	double away = remainder(lon_deg - utm_meridian(zone), 360);
	double t, xi1, eta1, xi, eta;

	if (!(fabs(away) < 80) || !(fabs(lat_deg) <= 90))
		return false;
	t = tan_conformal(tan(lat_deg * RADIAN));
	xi1 = atan2(t, cos(away * RADIAN));
	eta1 = asinh(sin(away * RADIAN) / hypot(t, cos(away * RADIAN)));
	xi = xi1;
	eta = eta1;
	for (int j = 0; j < 6; j++) {
		xi += alpha[j] * sin(2 * (j + 1) * xi1) * cosh(2 * (j + 1) * eta1);
		eta += alpha[j] * cos(2 * (j + 1) * xi1) * sinh(2 * (j + 1) * eta1);
	}
	ret->zone = zone;
	ret->north = lat_deg >= 0;
	ret->easting_m = FALSE_EASTING_M + SCALE * RADIUS_M * eta;
	ret->northing_m = SCALE * RADIUS_M * xi + (ret->north ? 0 : FALSE_NORTHING_M);
	return true;
}

void
utm_inverse(const struct utm *u, double *ret_lon_deg, double *ret_lat_deg)
{
	double xi = (u->northing_m - (u->north ? 0 : FALSE_NORTHING_M)) / (SCALE * RADIUS_M);
	double eta = (u->easting_m - FALSE_EASTING_M) / (SCALE * RADIUS_M);
	double xi1 = xi, eta1 = eta, t;

	for (int j = 0; j < 6; j++) {
		xi1 -= beta[j] * sin(2 * (j + 1) * xi) * cosh(2 * (j + 1) * eta);
		eta1 -= beta[j] * cos(2 * (j + 1) * xi) * sinh(2 * (j + 1) * eta);
	}
	t = sin(xi1) / hypot(sinh(eta1), cos(xi1));
	*ret_lat_deg = atan(tan_geodetic(t)) / RADIAN;
	*ret_lon_deg = remainder(utm_meridian(u->zone) + atan2(sinh(eta1), cos(xi1)) / RADIAN, 360);
}

/* ---- MGRS ---- */

static int
row_shift(int zone)
{
	return zone % 2 ? 0 : 5; /* even zones begin with F */
}

bool
utm_write_mgrs(double lon_deg, double lat_deg, int digits, char ret[UTM_MGRS_SIZE])
{
	int zone = utm_zone(lon_deg, lat_deg);
	double unit = pow(10, 5 - digits), east, north;
	long column, row;
	struct utm u;

	if (!zone || digits < 0 || digits > MAX_DIGITS || !utm_forward(lon_deg, lat_deg, zone, &u))
		return false;
	column = (long)floor(u.easting_m / HUNDRED_KM);
	row = (long)floor(u.northing_m / HUNDRED_KM);
	if (column < 1 || column > 8 || row < 0)
		return false;
	east = floor((u.easting_m - HUNDRED_KM * (double)column) / unit);
	north = floor((u.northing_m - HUNDRED_KM * (double)row) / unit);
	(void)snprintf(ret, UTM_MGRS_SIZE, "%02d%c%c%c", zone, utm_band(lat_deg),
	               columns[(long)((zone - 1) % 3) * 8 + column - 1],
	               rows[(row + row_shift(zone)) % 20]);
	if (digits)
		(void)snprintf(ret + 5, UTM_MGRS_SIZE - 5, "%0*.0f%0*.0f", digits, east, digits,
		               north);
	return true;
}

/* South and north edge of what a square of side size_m at its south-west corner u can hold. */
static void
square_latitudes(const struct utm *u, double size_m, double *ret_south, double *ret_north)
{
	double south = 91, north = -91;

	/* A square's edge bulges toward the pole where it crosses the central meridian. */
	for (int i = 0; i < 6; i++) {
		double middle = fmin(fmax(FALSE_EASTING_M, u->easting_m), u->easting_m + size_m);
		double x[3] = { u->easting_m, middle, u->easting_m + size_m };
		struct utm corner = { u->zone, u->north, x[i % 3],
			              u->northing_m + (i < 3 ? 0 : size_m) };
		double lon, lat;

		utm_inverse(&corner, &lon, &lat);
		south = fmin(south, lat);
		north = fmax(north, lat);
	}
	*ret_south = south;
	*ret_north = north;
}

/* The 100 km square's row repeats every 2,000 km; the band tells which of them is meant. */
static bool
find_northing(struct utm *u, double size_m, double row_m, double south, double north)
{
	for (int cycle = 0; cycle < 5; cycle++) { /* 10,000 km */
		double low, high;

		u->northing_m = ROW_CYCLE_M * cycle + row_m;
		square_latitudes(u, size_m, &low, &high);
		/* The tolerance lets a square touch its band's edge; it is 0.1 m. */
		if (high > south - 1e-6 && low < north + 1e-6)
			return true;
	}
	return false;
}

struct mgrs_text {
	int zone;
	char band, column, row;
	size_t digits; /* of both numbers together */
	char digit[2 * MAX_DIGITS];
};

static enum err_code
split_mgrs(const char *s, size_t n, struct mgrs_text *ret, struct err *e)
{
	struct mgrs_text m = { 0 };
	size_t i = 0, letters = 0;
	char letter[3] = { 0 };

	for (; i < n; i++) {
		char c = (char)(s[i] >= 'a' && s[i] <= 'z' ? s[i] - 'a' + 'A' : s[i]);
		bool is_digit = c >= '0' && c <= '9';

		if (c == ' ' || c == '\t' || c == '-')
			continue;
		if (is_digit && letters == 0) {
			m.zone = m.zone * 10 + (c - '0');
			if (m.zone > 60)
				return err_set(e, ERR_INVALID, "grid zone %d is not 1 .. 60",
				               m.zone);
		} else if (is_digit && letters == 3 && m.digits < sizeof(m.digit)) {
			m.digit[m.digits++] = c;
		} else if (c >= 'A' && c <= 'Z' && letters < 3) {
			letter[letters++] = c;
		} else if (is_digit && letters == 2 && m.zone == 0) {
			return err_set(e, ERR_INVALID,
			               "the grid zone before %s is missing: such as 36U", letter);
		} else {
			return err_set(
				e, ERR_INVALID,
				"not a grid reference such as 36UVU1234567890 (at most %d digits)",
				2 * MAX_DIGITS);
		}
	}
	if (letters != 3)
		return err_set(e, ERR_INVALID,
		               "a grid reference has three letters, such as 36UVU1234567890");
	if (m.digits % 2)
		return err_set(
			e, ERR_INVALID,
			"a grid reference has an even number of digits after the letters, not %zu",
			m.digits);
	m.band = letter[0];
	m.column = letter[1];
	m.row = letter[2];
	*ret = m;
	return ERR_OK;
}

enum err_code
utm_read_mgrs(const char *s, size_t n, struct utm *ret, double *ret_size_m, struct err *e)
{
	struct mgrs_text m = { 0 };
	struct utm u = { 0 };
	double south, north, low, high, size_m = HUNDRED_KM, east = 0, up = 0;
	const char *column, *row;
	size_t half;
	enum err_code rc = split_mgrs(s, n, &m, e);

	if (rc != ERR_OK)
		return rc;
	if (m.zone == 0 && strchr("ABYZ", m.band))
		return err_set(e, ERR_UNSUPPORTED, "polar grid squares (%c) are not offered",
		               m.band);
	if (m.zone == 0)
		return err_set(e, ERR_INVALID,
		               "the grid zone before %c%c%c is missing: such as 36U", m.band,
		               m.column, m.row);
	if (!utm_band_limits(m.band, &south, &north))
		return err_set(e, ERR_INVALID, "%c is no latitude band (C .. X without I and O)",
		               m.band);
	column = strchr(columns, m.column);
	row = strchr(rows, m.row);
	if (!column || (column - columns) / 8 != (m.zone - 1) % 3 || !row)
		return err_set(e, ERR_INVALID, "zone %d has no square %c%c", m.zone, m.column,
		               m.row);
	u.zone = m.zone;
	u.north = south >= 0;
	u.easting_m = HUNDRED_KM * (double)((column - columns) % 8 + 1);
	if (!find_northing(&u, HUNDRED_KM,
	                   HUNDRED_KM * (double)((row - rows + 20 - row_shift(m.zone)) % 20), south,
	                   north))
		return err_set(e, ERR_INVALID, "band %d%c has no square %c%c", m.zone, m.band,
		               m.column, m.row);
	half = m.digits / 2;
	for (size_t i = 0; i < half; i++) {
		size_m /= 10;
		east = east * 10 + (m.digit[i] - '0');
		up = up * 10 + (m.digit[half + i] - '0');
	}
	u.easting_m += east * size_m;
	u.northing_m += up * size_m;
	square_latitudes(&u, size_m, &low, &high);
	if (!(high > south - 1e-6 && low < north + 1e-6))
		return err_set(e, ERR_INVALID,
		               "this square lies at latitude %.3f, outside band %c (%.0f .. %.0f)",
		               low, m.band, south, north);
	u.easting_m += size_m / 2;
	u.northing_m += size_m / 2;
	*ret = u;
	*ret_size_m = size_m;
	return ERR_OK;
}
