#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "geo/coord.h"
#include "geo/coordhalf.h"
#include "geo/coordlex.h"
#include "geo/country.h"
#include "geo/utm.h"

#define TEXT_MAX 200
#define COARSE_M 100.0
#define MANY_DIGITS 6 /* a number of metres in a grid has at least so many */

static const struct coord_options nothing_known = { .grid_prefix = -1 };

/* ---- degrees ---- */

/* Metres in a degree of latitude and of longitude on WGS 84, to 1 m. */
static void
degree_lengths(double lat_deg, double *ret_x_m, double *ret_y_m)
{
	double lat = lat_deg * (3.14159265358979323846 / 180);

	*ret_y_m = 111132.95 - 559.82 * cos(2 * lat) + 1.17 * cos(4 * lat);
	*ret_x_m = fmax(0, 111412.88 * cos(lat) - 93.50 * cos(3 * lat) + 0.12 * cos(5 * lat));
}

static void
set_sizes(struct coord *c, double x_m, double y_m)
{
	c->half_m = fmax(x_m, y_m);
	c->reach_m = hypot(x_m, y_m);
	/* A whisker of tolerance: 5.0 m of half-size must not turn coarse by rounding. */
	if (c->half_m > COARSE_M * (1 + 1e-9))
		c->warnings |= COORD_WARN_COARSE;
}

static void
note_country(struct coord *c, const struct coord_options *opt)
{
	if (opt->country && !c->is_grid && country_fit(*opt->country, c->x, c->y) != COUNTRY_INSIDE)
		c->warnings |= COORD_WARN_OUTSIDE;
}

static enum err_code
check_range(const struct coordhalf *lat, const struct coordhalf *lon, struct err *e)
{
	if (!(fabs(lat->deg) <= 90)) {
		(void)err_set(e, ERR_INVALID, "latitude %.6g is not -90 .. 90", lat->deg);
		return fabs(lon->deg) <= 90
		               ? err_hint(e, "Latitude and longitude may have changed places.")
		               : ERR_INVALID;
	}
	if (!(fabs(lon->deg) <= 180))
		return err_set(e, ERR_INVALID, "longitude %.6g is not -180 .. 180", lon->deg);
	return ERR_OK;
}

static enum err_code
join_halves(const struct coordhalf *lat, const struct coordhalf *lon, unsigned warnings,
            const struct coord_options *opt, struct coord *ret, struct err *e)
{
	struct coord c = { .x = lon->deg, .y = lat->deg, .warnings = warnings };
	enum err_code rc = check_range(lat, lon, e);
	double x_m, y_m;

	if (rc != ERR_OK)
		return rc;
	c.format = lat->format > lon->format ? lat->format : lon->format;
	c.half_x = lon->half_deg;
	c.half_y = lat->half_deg;
	if (lat->maybe_dms && lon->maybe_dms)
		c.warnings |= COORD_WARN_MAYBE_DMS;
	if (lat->maybe_seconds && lon->maybe_seconds)
		c.warnings |= COORD_WARN_MAYBE_SECONDS;
	if (lat->is_float || lon->is_float)
		c.warnings |= COORD_WARN_FLOAT;
	degree_lengths(c.y, &x_m, &y_m);
	set_sizes(&c, c.half_x * x_m, c.half_y * y_m);
	note_country(&c, opt);
	*ret = c;
	return ERR_OK;
}

/* Which half is the latitude, when no letter says it? 'Y': the first; 'X': the second; NUL: cannot
 * tell. */
static char
find_axis(const struct coordhalf *a, const struct coordhalf *b, const struct coord_options *opt,
          unsigned *warnings)
{
	bool first, second;

	if (opt->order != COORD_ORDER_UNKNOWN)
		return opt->order == COORD_LAT_FIRST ? 'Y' : 'X';
	first = fabs(a->deg) <= 90 && fabs(b->deg) <= 180;
	second = fabs(b->deg) <= 90 && fabs(a->deg) <= 180;
	if (first && second && opt->country) {
		first = country_fit(*opt->country, b->deg, a->deg) == COUNTRY_INSIDE;
		second = country_fit(*opt->country, a->deg, b->deg) == COUNTRY_INSIDE;
		*warnings |= COORD_WARN_BY_COUNTRY;
	}
	if (first == second && a->deg != b->deg)
		return '\0';
	return first ? 'Y' : 'X';
}

static enum err_code
order_halves(const struct coordhalf *a, const struct coordhalf *b, const struct coord_options *opt,
             struct coord *ret, struct err *e)
{
	unsigned warnings = 0;
	char axis = a->axis;

	if (a->axis && a->axis == b->axis)
		return err_set(e, ERR_INVALID, "both numbers are said to be a %s",
		               axis == 'Y' ? "latitude" : "longitude");
	if (!axis && b->axis)
		axis = b->axis == 'Y' ? 'X' : 'Y';
	if (!axis)
		axis = find_axis(a, b, opt, &warnings);
	if (!axis && fabs(a->deg) > 90 && fabs(b->deg) > 90)
		return err_set(e, ERR_INVALID, "neither %.6g nor %.6g can be a latitude", a->deg,
		               b->deg);
	if (!axis) {
		(void)err_set(e, ERR_UNKNOWN, "cannot tell which number is the latitude");
		return err_hint(e, "Add N and E, or say which comes first.");
	}
	return axis == 'Y' ? join_halves(a, b, warnings, opt, ret, e)
	                   : join_halves(b, a, warnings, opt, ret, e);
}

static bool
is_axis(const struct token *t)
{
	return t->kind == TOKEN_HEMISPHERE || t->kind == TOKEN_AXIS;
}

static size_t
count_kind(const struct tokens *t, enum token_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->at[i].kind == kind;
	return n;
}

static char
axis_of(const struct token *t)
{
	return t->meaning == 'N' || t->meaning == 'S' || t->meaning == 'Y' ? 'Y' : 'X';
}

/* The index of the first token of the second half, found from letters; 0 if they do not tell. */
static size_t
split_at_letters(const struct tokens *t)
{
	size_t i = 0, first, last = t->count;

	while (last > 0 && t->at[last - 1].kind != TOKEN_NUMBER)
		last--;
	if (is_axis(&t->at[0])) { /* N 48 30 E 33 12 */
		while (i < t->count && t->at[i].kind != TOKEN_NUMBER)
			i++;
		while (i < t->count && !is_axis(&t->at[i]))
			i++;
		return i < last ? i : 0;
	}
	while (i < t->count && !is_axis(&t->at[i]))
		i++;
	first = i;
	while (i < t->count && is_axis(&t->at[i]) && /* 48 30 N 33 12 E; 48 30 N E 33 12 */
	       axis_of(&t->at[i]) == axis_of(&t->at[first]))
		i++;
	return i < last ? i : 0;
}

/* The number that begins the second half, if just two numbers are not joined to the one before:
 * 48:30 33:12. */
static size_t
split_at_joints(const struct tokens *t)
{
	size_t heads = 0, at = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (t->at[i].kind != TOKEN_NUMBER ||
		    (i && t->at[i - 1].kind >= TOKEN_COLON && t->at[i - 1].kind <= TOKEN_DOT))
			continue;
		heads++;
		at = heads == 2 ? i : at;
	}
	return heads == 2 ? at : 0;
}

/* The same from degree marks (48 deg 30 33 deg 12) or from the number of numbers. */
static size_t
split_at_numbers(const struct tokens *t)
{
	size_t numbers = count_kind(t, TOKEN_NUMBER), degrees = 0, seen = 0;

	for (size_t i = 0; i < t->count && count_kind(t, TOKEN_DEGREE) == 2; i++) {
		degrees += t->at[i].kind == TOKEN_DEGREE;
		if (degrees == 2)
			return i && t->at[i - 1].kind == TOKEN_NUMBER ? i - 1 : 0;
	}
	if (split_at_joints(t))
		return split_at_joints(t);
	for (size_t i = 0; i < t->count && numbers % 2 == 0; i++) {
		seen += t->at[i].kind == TOKEN_NUMBER;
		if (seen == numbers / 2 + 1)
			return i;
	}
	return 0;
}

static enum err_code
read_degrees(const struct tokens *t, const struct coord_options *opt, struct coord *ret,
             struct err *e)
{
	size_t splits = count_kind(t, TOKEN_SPLIT), commas = count_kind(t, TOKEN_COMMA);
	enum token_kind separator = splits ? TOKEN_SPLIT : TOKEN_COMMA;
	size_t end = 0, begin = 0;
	struct coordhalf a, b;
	enum err_code rc;

	if (splits > 1 || (!splits && commas > 1))
		return err_set(e, ERR_INVALID, "more than one separator between the two numbers");
	if (splits || commas) {
		while (t->at[end].kind != separator)
			end++;
		begin = end + 1;
	} else if (t->count) {
		begin = split_at_letters(t);
		begin = begin ? begin : split_at_numbers(t);
		end = begin;
	}
	if (begin == 0)
		return err_set(e, ERR_INVALID, "a latitude and a longitude are expected");
	rc = coordhalf_read(t->at, end, &a, e);
	if (rc == ERR_OK)
		rc = coordhalf_read(t->at + begin, t->count - begin, &b, e);
	if (rc != ERR_OK)
		return rc;
	return order_halves(&a, &b, opt, ret, e);
}

/* ---- eastings and northings ---- */

struct metres {
	double v[2];
	int decimals[2];
	char label[2]; /* 'E', 'N', 'X', 'Y' or NUL */
	size_t count;
};

static bool
take_label(struct metres *m, const struct token *t, size_t place)
{
	bool is_known =
		(t->kind == TOKEN_HEMISPHERE && strchr("NE", t->meaning)) || t->kind == TOKEN_XY;

	if (!is_known || place > 1 || m->label[place])
		return false;
	m->label[place] = t->meaning;
	return true;
}

/* Two numbers of metres, each perhaps with a letter before or behind it. False if it is anything
 * else. */
static bool
gather_metres(const struct token *t, size_t n, struct metres *ret)
{
	struct metres m = { 0 };
	bool label_first = n && t[0].kind != TOKEN_NUMBER;

	for (size_t i = 0; i < n; i++) {
		switch (t[i].kind) {
		case TOKEN_NUMBER:
			if (m.count == 2)
				return false;
			m.v[m.count] = t[i].sign < 0 ? -t[i].value : t[i].value;
			m.decimals[m.count] = t[i].decimals > 0 ? t[i].decimals : 0;
			m.count++;
			break;
		case TOKEN_HEMISPHERE:
		case TOKEN_XY:
			if (!take_label(&m, &t[i], label_first ? m.count : m.count - 1))
				return false;
			break;
		case TOKEN_COMMA:
		case TOKEN_SPLIT:
			if (m.count != 1)
				return false;
			break;
		case TOKEN_METRE:
			break;
		default:
			return false;
		}
	}
	*ret = m;
	return m.count == 2;
}

static bool
fits_prefix(double easting_m, int prefix)
{
	return prefix < 0 || floor(easting_m / 1e6) == prefix;
}

static bool
is_labelled(const struct metres *m, size_t place, char label)
{
	return m->label[place] == label || m->label[1 - place] == (label == 'E' ? 'N' : 'E');
}

static enum err_code
refuse_easting(double easting_m, int prefix, struct err *e)
{
	if (prefix > 0) {
		(void)err_set(
			e, ERR_INVALID,
			"easting %.0f does not begin with the zone prefix %d of the stated system",
			easting_m, prefix);
		return err_hint(e, "The zone may be another one, or the prefix was left out.");
	}
	(void)err_set(e, ERR_INVALID, "easting %.0f is not 0 .. 999999", easting_m);
	return err_hint(e,
	                "An easting of 7 digits with the zone in front is Gauss-Krueger, not UTM.");
}

/* Which of the two numbers is the easting? 0, 1, or 2 when it cannot be told. */
static enum err_code
find_easting(const struct metres *m, int prefix, enum coord_order order, size_t *ret, struct err *e)
{
	bool first = fits_prefix(m->v[0], prefix), second = fits_prefix(m->v[1], prefix);

	if (m->label[0] == m->label[1] && m->label[0])
		return err_set(e, ERR_INVALID, "both numbers carry the letter %c", m->label[0]);
	if (is_labelled(m, 0, 'E') || is_labelled(m, 1, 'E')) {
		*ret = is_labelled(m, 0, 'E') ? 0 : 1;
	} else if (order != COORD_ORDER_UNKNOWN && !m->label[0]) {
		*ret = order == COORD_LON_FIRST ? 0 : 1;
	} else if (first != second) {
		*ret = first ? 0 : 1;
	} else if (!first) {
		*ret = m->v[0] < m->v[1] ? 0
		                         : 1; /* either way it is refused, by the likelier one */
	} else {
		/* In Gauss-Krueger papers X is the northing, in a GIS it is the easting. */
		(void)err_set(e, ERR_UNKNOWN, "cannot tell which number is the easting");
		return err_hint(e, "Write E and N behind the numbers, or say which comes first.");
	}
	if (!fits_prefix(m->v[*ret], prefix))
		return refuse_easting(m->v[*ret], prefix, e);
	return ERR_OK;
}

static enum err_code
read_grid(const struct metres *m, const struct coord_options *opt, struct coord *ret, struct err *e)
{
	struct coord c = { .format = COORD_GRID, .is_grid = true };
	size_t east = 0;
	enum err_code rc;

	if (fabs(m->v[0]) <= 180 && fabs(m->v[1]) <= 180)
		return err_set(
			e, ERR_INVALID,
			"these look like degrees, but the stated system is a grid in metres");
	rc = find_easting(m, opt->grid_prefix, opt->order, &east, e);
	if (rc != ERR_OK)
		return rc;
	c.x = m->v[east];
	c.y = m->v[1 - east];
	if (!(fabs(c.x) < 1e8 && fabs(c.y) < 1e8))
		return err_set(e, ERR_INVALID, "%.6g and %.6g are no metres of a grid", c.x, c.y);
	c.half_x = 0.5 * pow(10, -m->decimals[east]);
	c.half_y = 0.5 * pow(10, -m->decimals[1 - east]);
	set_sizes(&c, c.half_x, c.half_y);
	*ret = c;
	return ERR_OK;
}

/* ---- UTM and MGRS ---- */

static void
fill_from_zone(const struct utm *u, struct coord *c, const struct coord_options *opt)
{
	utm_inverse(u, &c->x, &c->y);
	c->zone = u->zone;
	c->zone_is_north = u->north;
	c->easting_m = u->easting_m;
	c->northing_m = u->northing_m;
	set_sizes(c, c->half_x, c->half_y);
	/* Half a degree over the edge is usual practice; a whole zone is a mistake. */
	if (fabs(remainder(c->x - utm_meridian(u->zone), 360)) > 3.5 &&
	    utm_zone(c->x, c->y) != u->zone)
		c->warnings |= COORD_WARN_ZONE;
	note_country(c, opt);
}

static enum err_code
check_wgs84(const struct coord_options *opt, const char *what, int zone, bool north, struct err *e)
{
	if (opt->system == COORD_SYSTEM_GRID && (!zone || opt->utm_zone != (north ? zone : -zone)))
		return err_set(e, ERR_INVALID, "%s, but another grid is the stated system", what);
	if (opt->system == COORD_SYSTEM_GEOGRAPHIC)
		return err_set(e, ERR_INVALID, "%s is read on WGS 84, but another datum is stated",
		               what);
	return ERR_OK;
}

struct zone_text {
	int zone;
	char letter;     /* one letter, or NUL */
	char hemisphere; /* a word for north or south: 'N', 'S', or NUL */
};

/* A zone number and its letter at t[0]. Returns the number of tokens it takes, 0 if it is none. */
static size_t
read_zone(const struct token *t, size_t n, struct zone_text *ret)
{
	bool has_letter, has_word;

	if (n == 0 || t[0].kind != TOKEN_NUMBER || t[0].sign || t[0].decimals >= 0 ||
	    t[0].digits > 2 || !(t[0].value >= 1 && t[0].value <= 60))
		return 0;
	has_letter = n > 1 && t[1].letter;
	has_word = n > 1 && t[1].kind == TOKEN_HEMISPHERE && strchr("NS", t[1].meaning);
	ret->zone = (int)t[0].value;
	ret->letter = has_letter ? t[1].letter : '\0';
	ret->hemisphere = !has_letter && has_word ? t[1].meaning : '\0';
	return has_letter || has_word ? 2 : 1;
}

/* Zone before or behind two numbers, one of them with at least 6 digits. False if this is no UTM
 * text. */
static bool
gather_utm(const struct tokens *given, struct zone_text *ret_zone, struct metres *ret)
{
	struct token t[TOKENS_MAX] = { 0 };
	size_t n = 0, used;

	for (size_t i = 0; i < given->count; i++) {
		if (given->at[i].kind != TOKEN_ZONE)
			t[n++] = given->at[i];
	}
	used = read_zone(t, n, ret_zone);
	if (used && n > used && t[used].kind <= TOKEN_SPLIT && t[used].kind >= TOKEN_COMMA)
		used++;
	if (!used || !gather_metres(t + used, n - used, ret)) {
		if (n < 4 || read_zone(t + n - 2, 2, ret_zone) != 2 ||
		    !gather_metres(t, n - 2, ret))
			return false;
	}
	return fabs(ret->v[0]) >= 1e5 || fabs(ret->v[1]) >= 1e5;
}

/* Does this northing make sense in that hemisphere and under that letter? */
static bool
fits_zone(const struct utm *u, const struct zone_text *z)
{
	double lon, lat, south, north;

	if (!(u->northing_m >= 0 && u->northing_m <= 1e7))
		return false;
	utm_inverse(u, &lon, &lat);
	if (!(lat >= -80.5 && lat <= 84.5))
		return false;
	if (z->hemisphere)
		return u->north == (z->hemisphere == 'N');
	if (!z->letter)
		return true;
	if (z->letter == 'N' && u->north)
		return true; /* north, as a band or as a hemisphere: the same place */
	if (z->letter == 'S' && !u->north)
		return true;
	return utm_band_limits(z->letter, &south, &north) && lat > south - 1e-6 &&
	       lat < north + 1e-6;
}

static enum err_code
refuse_zone(const struct zone_text *z, double northing_m, struct err *e)
{
	if (z->letter && !strchr("CDEFGHJKLMNPQRSTUVWX", z->letter))
		return err_set(e, ERR_INVALID, "%c is no latitude band (C .. X without I and O)",
		               z->letter);
	if (z->letter)
		return err_set(e, ERR_INVALID, "northing %.0f does not lie in band %c", northing_m,
		               z->letter);
	return err_set(e, ERR_INVALID, "northing %.0f is not in UTM's range", northing_m);
}

static enum err_code
ask_hemisphere(const struct zone_text *z, struct err *e)
{
	if (z->letter) {
		(void)err_set(e, ERR_UNKNOWN, "%d%c can mean band S (32 .. 40 N) or the south",
		              z->zone, z->letter);
	} else {
		(void)err_set(e, ERR_UNKNOWN, "zone %d is given without its letter", z->zone);
	}
	return err_hint(e, "Write the hemisphere as a word: %d north or %d south.", z->zone,
	                z->zone);
}

static enum err_code
read_utm(const struct zone_text *z, const struct metres *m, const struct coord_options *opt,
         struct coord *ret, struct err *e)
{
	struct coord c = { .format = COORD_UTM };
	struct utm kept[2];
	size_t east = 0, count = 0, inside = 0, which = 0;
	enum err_code rc;

	/* By custom the easting comes first; only below 1,000,000 m of northing could one doubt it.
	 */
	rc = find_easting(m, 0, m->v[0] < 1e6 && m->v[1] < 1e6 ? COORD_LON_FIRST : 0, &east, e);
	if (rc == ERR_OK && !(m->v[east] >= 1e5))
		rc = err_set(e, ERR_INVALID, "easting %.0f is not 100000 .. 999999", m->v[east]);
	for (int i = 0; rc == ERR_OK && i < 2; i++) {
		struct utm u = { z->zone, i == 0, m->v[east], m->v[1 - east] };
		double lon, lat;

		if (!fits_zone(&u, z))
			continue;
		utm_inverse(&u, &lon, &lat);
		if (opt->country && country_fit(*opt->country, lon, lat) == COUNTRY_INSIDE) {
			inside++;
			which = count;
		}
		kept[count++] = u;
	}
	if (rc != ERR_OK)
		return rc;
	if (count == 0)
		return refuse_zone(z, m->v[1 - east], e);
	if (count == 2 && inside != 1)
		return ask_hemisphere(z, e);
	c.warnings = count == 2 ? COORD_WARN_BY_COUNTRY : 0;
	which = count == 2 ? which : 0;
	rc = check_wgs84(opt, "UTM", z->zone, kept[which].north, e);
	if (rc != ERR_OK)
		return rc;
	c.half_x = 0.5 * pow(10, -m->decimals[east]);
	c.half_y = 0.5 * pow(10, -m->decimals[1 - east]);
	fill_from_zone(&kept[which], &c, opt);
	*ret = c;
	return ERR_OK;
}

/* The Latin capital that a Cyrillic letter looks like, or NUL. */
static char
look_alike(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		char latin;
	} pairs[] = { { 0x410, 'A' }, { 0x412, 'B' }, { 0x415, 'E' }, { 0x41A, 'K' },
		      { 0x41C, 'M' }, { 0x41D, 'H' }, { 0x420, 'P' }, { 0x421, 'C' },
		      { 0x422, 'T' }, { 0x425, 'X' }, { 0x423, 'Y' }, { 0x430, 'A' },
		      { 0x435, 'E' }, { 0x440, 'P' }, { 0x441, 'C' }, { 0x445, 'X' },
		      { 0x443, 'Y' }, { 0x405, 'S' }, { 0x408, 'J' } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].cp == cp)
			return pairs[i].latin;
	}
	return '\0';
}

/* Is the text digits, then two or three letters, then digits? The zone may be missing, then it is
 * said so. */
static bool
is_mgrs(const char *s, size_t n, char *copy, bool *ret_look_alike)
{
	size_t i = 0, out = 0, before = 0, letters = 0, after = 0;

	*ret_look_alike = false;
	while (i < n) {
		uint32_t cp = text_utf8_next(s, n, &i);
		char twin = look_alike(cp), c = (char)(cp < 0x80 ? cp : 0);

		*ret_look_alike |= twin != '\0';
		c = twin ? twin : c;
		copy[out++] = c;
		if (c == ' ' || c == '\t' || c == '-')
			continue;
		if (c >= '0' && c <= '9') {
			after += letters > 0;
			before += letters == 0;
		} else if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && after == 0) {
			letters++;
		} else {
			return false;
		}
	}
	copy[out] = '\0';
	if (letters == 3 && before > 0)
		return before <= 2;
	/* Without a zone: a polar square, or the zone was left out ("VU 12345 67890"). */
	if (*ret_look_alike || before > 0 || after < 4)
		return false;
	return letters == 2 || (letters == 3 && strchr("ABYZabyz", copy[0]));
}

/* "36U VU 12345 678": two numbers of different length cannot be told apart. */
static bool
are_groups_uneven(const char *copy)
{
	size_t length[4] = { 0 }, groups = 0;
	const char *p = copy + strlen(copy);

	while (p > copy && groups < 4) {
		while (p > copy && (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '-'))
			p--;
		while (p > copy && p[-1] >= '0' && p[-1] <= '9') {
			length[groups]++;
			p--;
		}
		groups += length[groups] > 0;
		if (p > copy && p[-1] != ' ' && p[-1] != '\t' && p[-1] != '-')
			break;
	}
	return groups == 2 && length[0] != length[1];
}

static enum err_code
read_mgrs(const char *copy, bool is_look_alike, const struct coord_options *opt, struct coord *ret,
          struct err *e)
{
	struct coord c = { .format = COORD_MGRS };
	struct utm u;
	double size_m;
	enum err_code rc = check_wgs84(opt, "MGRS", 0, true, e);

	if (rc == ERR_OK && are_groups_uneven(copy))
		rc = err_set(e, ERR_INVALID,
		             "the two numbers of a grid reference have different lengths");
	if (rc == ERR_OK)
		rc = utm_read_mgrs(copy, strlen(copy), &u, &size_m, e);
	if (rc != ERR_OK)
		return rc;
	c.warnings = is_look_alike ? COORD_WARN_LETTERS : 0;
	c.half_x = size_m / 2;
	c.half_y = size_m / 2;
	fill_from_zone(&u, &c, opt);
	*ret = c;
	return ERR_OK;
}

/* ---- a text ---- */

static enum err_code
refuse_metres(const struct metres *m, const struct coord_options *opt, struct err *e)
{
	double big = fmax(m->v[0], m->v[1]), small = fmin(m->v[0], m->v[1]);

	if (opt->system != COORD_SYSTEM_UNSTATED)
		return err_set(
			e, ERR_INVALID,
			"these look like metres of a grid, but the stated system is in degrees");
	(void)err_set(e, ERR_UNKNOWN, "these look like metres of a grid, but no system is stated");
	if (small >= 1e6)
		return err_hint(
			e,
			"An easting of 7 digits is usual in Gauss-Krueger zones such as EPSG:%d.",
			28400 + (int)fmin(32, (small < big ? small : big) / 1e6));
	return err_hint(e,
	                "For UTM write the zone and its letter in front; else state the system.");
}

/* Degrees with the letters x and y: which is which depends on who writes, so they say nothing. */
static enum err_code
read_unlabelled(const struct tokens *t, const struct coord_options *opt, struct coord *ret,
                struct err *e)
{
	struct tokens bare = *t;
	struct coord_options said = *opt;
	char seen[2] = { 0 };
	size_t labels = 0;

	bare.count = 0;
	for (size_t i = 0; i < t->count; i++) {
		if (t->at[i].kind == TOKEN_XY)
			seen[labels++ % 2] = t->at[i].meaning;
		else
			bare.at[bare.count++] = t->at[i];
	}
	if (labels && (labels != 2 || seen[0] == seen[1]))
		return err_set(e, ERR_INVALID, "the letters x and y do not make a pair");
	if (labels)
		said.order = COORD_ORDER_UNKNOWN;
	while (bare.count && bare.at[bare.count - 1].kind == TOKEN_SPLIT)
		bare.count--; /* the stroke that ends ISO 6709 */
	return read_degrees(&bare, &said, ret, e);
}

/* Read with one meaning of the comma. */
static enum err_code
read_tokens(const struct tokens *t, const struct coord_options *opt, struct coord *ret,
            struct err *e)
{
	struct zone_text zone;
	struct metres m;

	if (gather_utm(t, &zone, &m))
		return read_utm(&zone, &m, opt, ret, e);
	if (gather_metres(t->at, t->count, &m)) {
		if (opt->system == COORD_SYSTEM_GRID)
			return read_grid(&m, opt, ret, e);
		/* 483030N 0331200E is an angle; what is none and has so many digits is a grid. */
		if (fabs(m.v[0]) >= 1e5 && fabs(m.v[1]) >= 1e5 &&
		    read_unlabelled(t, opt, ret, NULL) != ERR_OK)
			return refuse_metres(&m, opt, e);
	}
	if (opt->system == COORD_SYSTEM_GRID)
		return err_set(e, ERR_INVALID,
		               "not an easting and a northing of the stated system");
	return read_unlabelled(t, opt, ret, e);
}

/* A comma between two digits is either a point or a separator: both are tried. */
static enum err_code
read_both_ways(const char *s, size_t n, const struct coord_options *opt, struct coord *ret,
               struct err *e)
{
	struct tokens t;
	struct coord plain = { 0 }, comma = { 0 };
	struct err plain_e = { 0 }, comma_e = { 0 };
	enum err_code plain_rc = coordlex_split(s, n, false, &t, &plain_e), comma_rc = ERR_INVALID;
	bool two_ways = t.has_comma_between_digits && !t.has_point;

	if (plain_rc == ERR_OK)
		plain_rc = read_tokens(&t, opt, &plain, &plain_e);
	if (two_ways) {
		comma_rc = coordlex_split(s, n, true, &t, &comma_e);
		if (comma_rc == ERR_OK)
			comma_rc = read_tokens(&t, opt, &comma, &comma_e);
	}
	if (plain_rc == ERR_OK && comma_rc == ERR_OK) {
		(void)err_set(e, ERR_UNKNOWN, "the comma may be a decimal comma or a separator");
		return err_hint(e, "Write a point in the numbers, or a semicolon between them.");
	}
	if (plain_rc == ERR_OK || comma_rc == ERR_OK) {
		*ret = plain_rc == ERR_OK ? plain : comma;
		return ERR_OK;
	}
	if (e)
		*e = two_ways ? comma_e : plain_e;
	return two_ways ? comma_rc : plain_rc;
}

static enum err_code
check_text(const char **s, size_t *n, struct err *e)
{
	if (*n > TEXT_MAX)
		return err_set(e, ERR_LIMIT, "a coordinate of %zu bytes; at most %d are read", *n,
		               TEXT_MAX);
	if (!text_is_utf8(*s, *n))
		return err_set(e, ERR_INVALID, "the coordinate is not UTF-8");
	*s = text_trim(*s, *n, n);
	if (*n == 0)
		return err_set(e, ERR_INVALID, "the coordinate is empty");
	return ERR_OK;
}

static enum err_code
quote_text(const char *s, size_t n, struct err *e)
{
	char text[TEXT_MAX + 1], quoted[TEXT_MAX + 8];

	memcpy(text, s, n);
	text[n] = '\0';
	return err_prefix(e, "coordinate \"%s\"", err_quote(text, quoted, sizeof(quoted)));
}

enum err_code
coord_parse(const char *s, size_t n, const struct coord_options *opt, struct coord *ret,
            struct err *e)
{
	char copy[TEXT_MAX + 1];
	bool is_look_alike;
	enum err_code rc = check_text(&s, &n, e);

	if (rc != ERR_OK)
		return rc;
	opt = opt ? opt : &nothing_known;
	if (is_mgrs(s, n, copy, &is_look_alike))
		rc = read_mgrs(copy, is_look_alike, opt, ret, e);
	else
		rc = read_both_ways(s, n, opt, ret, e);
	if (rc != ERR_OK)
		(void)quote_text(s, n, e);
	return rc;
}

/* ---- two texts ---- */

static enum err_code
lex_half(const char *s, size_t n, struct tokens *ret, struct err *e)
{
	/* In a number of its own a comma can only be a decimal comma. */
	return coordlex_split(s, n, true, ret, e);
}

static enum err_code
read_two_metres(const struct metres *north, const struct metres *east,
                const struct coord_options *opt, struct coord *ret, struct err *e)
{
	struct metres m = { .count = 2 };
	const struct metres *from[2] = { north, east };
	struct coord_options said = *opt;
	enum err_code rc;

	for (size_t i = 0; i < 2; i++) {
		m.v[i] = from[i]->v[0];
		m.decimals[i] = from[i]->decimals[0];
		m.label[i] = from[i]->label[0];
	}
	if (opt->system != COORD_SYSTEM_GRID)
		return refuse_metres(&m, opt, e);
	/* The columns' names say which is which; X and Y say no more. */
	if (strchr("XY", m.label[0]) && strchr("XY", m.label[1]))
		memset(m.label, 0, sizeof(m.label));
	said.order = COORD_LAT_FIRST;
	rc = read_grid(&m, &said, ret, e);
	if (rc == ERR_OK && (m.label[0] == 'E' || m.label[1] == 'N'))
		ret->warnings |= COORD_WARN_SWAPPED;
	return rc;
}

/* One number of metres in a text of its own. */
static bool
gather_one(const struct tokens *t, struct metres *ret)
{
	struct token two[TOKENS_MAX + 1];

	if (t->count == 0 || t->count > 4)
		return false;
	memcpy(two, t->at, t->count * sizeof(two[0]));
	two[t->count] = (struct token){ .kind = TOKEN_NUMBER };
	if (!gather_metres(two, t->count + 1, ret))
		return false;
	return true;
}

static enum err_code
read_two_degrees(const struct tokens *lat, const struct tokens *lon,
                 const struct coord_options *opt, struct coord *ret, struct err *e)
{
	struct coordhalf a, b;
	enum err_code rc = coordhalf_read(lat->at, lat->count, &a, e);

	if (rc != ERR_OK)
		return err_prefix(e, "latitude");
	rc = coordhalf_read(lon->at, lon->count, &b, e);
	if (rc != ERR_OK)
		return err_prefix(e, "longitude");
	if (a.axis && a.axis == b.axis)
		return err_set(e, ERR_INVALID, "both are said to be a %s",
		               a.axis == 'Y' ? "latitude" : "longitude");
	if (a.axis == 'X' || b.axis == 'Y')
		return join_halves(&b, &a, COORD_WARN_SWAPPED, opt, ret, e);
	return join_halves(&a, &b, 0, opt, ret, e);
}

enum err_code
coord_parse_two(const char *lat, size_t lat_n, const char *lon, size_t lon_n,
                const struct coord_options *opt, struct coord *ret, struct err *e)
{
	struct tokens a, b;
	struct metres north, east;
	enum err_code rc = check_text(&lat, &lat_n, e);

	if (rc != ERR_OK)
		return err_prefix(e, "latitude");
	rc = check_text(&lon, &lon_n, e);
	if (rc != ERR_OK)
		return err_prefix(e, "longitude");
	opt = opt ? opt : &nothing_known;
	rc = lex_half(lat, lat_n, &a, e);
	if (rc == ERR_OK)
		rc = lex_half(lon, lon_n, &b, e);
	if (rc == ERR_OK && gather_one(&a, &north) && gather_one(&b, &east) &&
	    (opt->system == COORD_SYSTEM_GRID || (north.v[0] >= 1e5 && east.v[0] >= 1e5)))
		rc = read_two_metres(&north, &east, opt, ret, e);
	else if (rc == ERR_OK && opt->system == COORD_SYSTEM_GRID)
		rc = err_set(e, ERR_INVALID, "not a northing and an easting of the stated system");
	else if (rc == ERR_OK)
		rc = read_two_degrees(&a, &b, opt, ret, e);
	if (rc != ERR_OK) {
		(void)quote_text(lon, lon_n, e);
		(void)quote_text(lat, lat_n, e);
	}
	return rc;
}

/* ---- out ---- */

void
coord_cell(const struct coord *c, double ret_xy[10])
{
	static const double corner[5][2] = {
		{ -1, -1 }, { 1, -1 }, { 1, 1 }, { -1, 1 }, { -1, -1 }
	};

	for (size_t i = 0; i < 5; i++) {
		struct utm u = { c->zone, c->zone_is_north, c->easting_m + corner[i][0] * c->half_x,
			         c->northing_m + corner[i][1] * c->half_y };

		ret_xy[2 * i] = c->x + corner[i][0] * c->half_x;
		ret_xy[2 * i + 1] = c->y + corner[i][1] * c->half_y;
		if (c->zone)
			utm_inverse(&u, &ret_xy[2 * i], &ret_xy[2 * i + 1]);
	}
}

const char *
coord_format_name(enum coord_format f)
{
	static const char *const names[] = { "decimal", "dm", "dms", "mgrs", "utm", "grid" };

	return (unsigned)f < sizeof(names) / sizeof(names[0]) ? names[f] : "";
}

const char *
coord_warning_text(enum coord_warning bit)
{
	switch (bit) {
	case COORD_WARN_MAYBE_DMS:
		return "the four digits after the point may be minutes and seconds";
	case COORD_WARN_MAYBE_SECONDS:
		return "the two digits after the point of the minutes may be seconds";
	case COORD_WARN_BY_COUNTRY:
		return "two readings are possible; only this one lies inside the country";
	case COORD_WARN_COARSE:
		return "the digits given leave more than 100 m open";
	case COORD_WARN_OUTSIDE:
		return "outside the country";
	case COORD_WARN_SWAPPED:
		return "the letters say that latitude and longitude stand in each other's place";
	case COORD_WARN_LETTERS:
		return "Cyrillic letters were read as the Latin ones they look like";
	case COORD_WARN_ZONE:
		return "the position lies outside the zone in which it is given";
	case COORD_WARN_FLOAT:
		return "the value lost digits in 32-bit storage before it came here";
	}
	return "";
}

static size_t
write_half(double deg, const char *letters, int decimals, char *out, size_t out_size)
{
	double unit = 3600 * pow(10, decimals), all = round(fabs(deg) * unit);
	double degrees = floor(all / unit), rest = all - degrees * unit;
	double minutes = floor(rest / (unit / 60)), seconds = rest - minutes * (unit / 60);
	char text[24];

	(void)text_format_fixed(seconds / (unit / 3600), decimals, text, sizeof(text));
	return (size_t)snprintf(out, out_size, "%.0f°%02.0f'%s%s\"%c", degrees, minutes,
	                        seconds / (unit / 3600) < 10 ? "0" : "", text,
	                        letters[deg < 0 && all > 0]);
}

size_t
coord_write_dms(double lon_deg, double lat_deg, int decimals, char *out, size_t out_size)
{
	char lat[48], lon[48];
	int n;

	if (!(fabs(lat_deg) <= 90) || !(fabs(lon_deg) <= 180) || decimals < 0 || decimals > 6)
		return 0;
	(void)write_half(lat_deg, "NS", decimals, lat, sizeof(lat));
	(void)write_half(lon_deg, "EW", decimals, lon, sizeof(lon));
	n = snprintf(out, out_size, "%s %s", lat, lon);
	return n > 0 && (size_t)n < out_size ? (size_t)n : 0;
}
