#include <math.h>
#include <string.h>

#include "geo/coordhalf.h"

struct parts {
	double v[3]; /* degrees, minutes, seconds as far as given */
	int decimals[3];
	int digits[3];
	bool has_mark[3];
	size_t count;
	int sign;
	char hemisphere, axis;
};

static const char *const part_name[3] = { "degrees", "minutes", "seconds" };

static enum err_code
add_number(struct parts *p, const struct token *t, struct err *e)
{
	if (p->count == 3)
		return err_set(e, ERR_INVALID, "more than degrees, minutes and seconds");
	if (t->sign && p->count)
		return err_set(e, ERR_INVALID, "a sign before the %s", part_name[p->count]);
	if (p->count && p->decimals[p->count - 1] > 0)
		return err_set(e, ERR_INVALID, "the %s have decimals and %s follow",
		               part_name[p->count - 1], part_name[p->count]);
	p->sign = p->count ? p->sign : t->sign;
	p->v[p->count] = t->value;
	p->decimals[p->count] = t->decimals > 0 ? t->decimals : 0;
	p->digits[p->count] = t->digits;
	p->count++;
	return ERR_OK;
}

static enum err_code
add_mark(struct parts *p, size_t place, struct err *e)
{
	if (p->count != place + 1 || p->has_mark[place])
		return err_set(e, ERR_INVALID, "the mark for %s stands in the wrong place",
		               part_name[place]);
	p->has_mark[place] = true;
	return ERR_OK;
}

static enum err_code
add_axis(struct parts *p, const struct token *t, struct err *e)
{
	char axis = t->meaning;

	if (t->kind == TOKEN_HEMISPHERE) {
		if (p->hemisphere)
			return err_set(e, ERR_INVALID, "two hemispheres, %c and %c", p->hemisphere,
			               t->meaning);
		p->hemisphere = t->meaning;
		axis = t->meaning == 'N' || t->meaning == 'S' ? 'Y' : 'X';
	}
	if (p->axis && p->axis != axis)
		return err_set(e, ERR_INVALID, "said to be both a latitude and a longitude");
	p->axis = axis;
	return ERR_OK;
}

static enum err_code
gather(const struct token *t, size_t n, struct parts *p, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		switch (t[i].kind) {
		case TOKEN_NUMBER:
			rc = add_number(p, &t[i], e);
			break;
		case TOKEN_DEGREE:
			rc = add_mark(p, 0, e);
			break;
		case TOKEN_MINUTE:
		case TOKEN_METRE:
			rc = add_mark(p, 1, e);
			break;
		case TOKEN_SECOND:
			rc = add_mark(p, 2, e);
			break;
		case TOKEN_HEMISPHERE:
		case TOKEN_AXIS:
			rc = add_axis(p, &t[i], e);
			break;
		case TOKEN_COLON:
		case TOKEN_DASH:
		case TOKEN_DOT:
			if (i + 1 == n || i == 0 || t[i + 1].kind != TOKEN_NUMBER)
				rc = err_set(e, ERR_INVALID,
				             "a separator without a number behind it");
			break;
		default:
			rc = err_set(e, ERR_INVALID,
			             t[i].kind == TOKEN_WORD
			                     ? "a word that belongs to no coordinate"
			                     : "a separator in the wrong place");
		}
	}
	return rc;
}

/* 483030N and 0331200E: digits run together, as in aviation. Only where a hemisphere says which
 * axis it is. */
static bool
is_run_together(const struct parts *p)
{
	int degrees = p->axis == 'Y' ? 2 : 3;

	return p->count == 1 && p->hemisphere && !p->has_mark[0] && p->decimals[0] == 0 &&
	       (p->digits[0] == degrees + 2 || p->digits[0] == degrees + 4);
}

static void
take_apart(struct parts *p)
{
	double v = p->v[0];
	bool has_seconds = p->digits[0] >= 6;

	p->count = has_seconds ? 3 : 2;
	p->v[2] = has_seconds ? fmod(v, 100) : 0;
	if (has_seconds)
		v = floor(v / 100);
	p->v[1] = fmod(v, 100);
	p->v[0] = floor(v / 100);
}

/* Is 0.3030 a way to write 30' 30"? Four decimals, both pairs below 60. */
static bool
looks_like_dms(const struct parts *p)
{
	double pairs = round((p->v[0] - floor(p->v[0])) * 1e4);

	return p->count == 1 && p->decimals[0] == 4 && floor(pairs / 100) < 60 &&
	       fmod(pairs, 100) < 60;
}

static bool
looks_like_seconds(const struct parts *p)
{
	return p->count == 2 && p->decimals[1] == 2 && round((p->v[1] - floor(p->v[1])) * 100) < 60;
}

/* A value that 32 bits hold exactly, yet written with 8 decimals or more, has been through 32 bits.
 */
static bool
looks_like_float(const struct parts *p)
{
	double v = p->v[0];

	return p->count == 1 && p->decimals[0] >= 8 && v < 1000 && v == (double)(float)v &&
	       v * 256 != floor(v * 256);
}

enum err_code
coordhalf_read(const struct token *t, size_t n, struct coordhalf *ret, struct err *e)
{
	static const double unit_deg[3] = { 1, 1.0 / 60, 1.0 / 3600 };
	struct parts p = { 0 };
	struct coordhalf h = { 0 };
	enum err_code rc = gather(t, n, &p, e);

	if (rc != ERR_OK)
		return rc;
	if (p.count == 0 || p.count > 3)
		return err_set(e, ERR_INVALID, "a number is missing");
	if (p.sign && p.hemisphere)
		return err_set(e, ERR_INVALID, "a sign and a hemisphere (%c) together",
		               p.hemisphere);
	if (is_run_together(&p))
		take_apart(&p);
	for (size_t i = 1; i < p.count; i++) {
		if (!(p.v[i] < 60))
			return err_set(e, ERR_INVALID, "%s %g are not 0 .. 59.999", part_name[i],
			               p.v[i]);
	}
	h.format = p.count == 1 ? COORD_DECIMAL : p.count == 2 ? COORD_DM : COORD_DMS;
	h.axis = p.axis;
	h.deg = (p.v[0] * 3600 + p.v[1] * 60 + p.v[2]) / 3600;
	if (p.count == 1)
		h.deg = p.v[0];
	h.half_deg = 0.5 * pow(10, -p.decimals[p.count - 1]) * unit_deg[p.count - 1];
	h.maybe_dms = looks_like_dms(&p);
	h.maybe_seconds = looks_like_seconds(&p);
	h.is_float = looks_like_float(&p);
	if (h.is_float)
		h.half_deg = ((double)nextafterf((float)h.deg, INFINITY) - h.deg) / 2;
	if (p.sign < 0 || p.hemisphere == 'S' || p.hemisphere == 'W')
		h.deg = -h.deg;
	*ret = h;
	return ERR_OK;
}
