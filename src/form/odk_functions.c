#include <math.h>
#include <string.h>

#include <libxml/xpathInternals.h>

#include "base/clock.h"
#include "base/text.h"
#include "form/moment.h"
#include "form/odk_private.h"

/* Each function pops its arguments, last first, and pushes one result. Behaviour follows ODK's own
 * documentation ("Form operators and functions") and, where it is silent, JavaRosa. */

#define EARTH_RADIUS_M 6378100.0 /* as in JavaRosa's GeoUtils */
#define PI 3.14159265358979323846
#define MAX_ARGUMENTS 64
#define MAX_TEXT_FOR_REGEX 20000u

static const double no_number = (double)NAN;

static struct odk *
engine(xmlXPathParserContextPtr p)
{
	return p->context->userData;
}

/* A value that the function cannot take: the evaluation fails with this sentence. */
static void
refuse(xmlXPathParserContextPtr p, const char *what, const char *text)
{
	struct odk *o = engine(p);
	char quote[80];

	if (!o->failed) {
		o->failed = true;
		(void)err_set(o->e, ERR_INVALID, "%s '%s'", what,
		              err_quote(text, quote, sizeof quote));
	}
	xmlXPathSetError(p, XPATH_EXPR_ERROR);
}

static void
push_text(xmlXPathParserContextPtr p, const char *s, size_t n)
{
	valuePush(p, xmlXPathWrapString(xmlStrndup((const xmlChar *)s, (int)n)));
}

static void
push_number(xmlXPathParserContextPtr p, double v)
{
	valuePush(p, xmlXPathNewFloat(v));
}

static void
push_boolean(xmlXPathParserContextPtr p, bool v)
{
	valuePush(p, xmlXPathNewBoolean(v));
}

static const char *
chars(const xmlChar *s)
{
	return s ? (const char *)s : "";
}

/* Days of a value; NaN with *ret_known false when it is a text that is no moment. */
static double
days_of(xmlXPathObjectPtr v, bool *ret_known)
{
	double days = no_number;
	double number;
	xmlChar *text;
	const char *s;
	size_t n;

	*ret_known = true;
	if (!v || v->type == XPATH_NUMBER || v->type == XPATH_BOOLEAN)
		return v ? xmlXPathCastToNumber(v) : no_number;
	text = xmlXPathCastToString(v);
	s = text_trim(chars(text), strlen(chars(text)), &n);
	if (n && text_parse_f64(s, n, &number))
		days = number;
	else if (n)
		*ret_known = moment_parse(s, n, &days);
	xmlFree(text);
	return days;
}

static double
pop_days(xmlXPathParserContextPtr p)
{
	xmlXPathObjectPtr v = valuePop(p);
	bool known = true;
	double days = days_of(v, &known);

	if (!known) {
		xmlChar *text = xmlXPathCastToString(v);

		refuse(p, "not a date or time:", chars(text));
		xmlFree(text);
	}
	xmlXPathFreeObject(v);
	return days;
}

/* The number of one node or text: a date counts as its days. NaN if it is none. */
static double
number_of(const xmlChar *text)
{
	double v = no_number;
	size_t n;
	const char *s = text_trim(chars(text), strlen(chars(text)), &n);

	if (n && !text_parse_f64(s, n, &v) && !moment_parse(s, n, &v))
		v = no_number;
	return v;
}

static void
fn_position(xmlXPathParserContextPtr p, int nargs)
{
	xmlXPathObjectPtr v = valuePop(p);
	double position = 0;

	(void)nargs;
	if (v && v->type == XPATH_NODESET && !xmlXPathNodeSetIsEmpty(v->nodesetval)) {
		xmlNodePtr first = v->nodesetval->nodeTab[0];

		for (xmlNodePtr n = first; n; n = n->prev)
			position += xmlStrEqual(n->name, first->name);
	}
	xmlXPathFreeObject(v);
	push_number(p, position);
}

/* As in JavaRosa: booleans first, then numbers with a tolerance of 1e-12. */
static void
fn_equal(xmlXPathParserContextPtr p, int nargs)
{
	xmlXPathObjectPtr b = valuePop(p);
	xmlXPathObjectPtr a = valuePop(p);
	bool equal = false;

	(void)nargs;
	if (a && b && (a->type == XPATH_BOOLEAN || b->type == XPATH_BOOLEAN))
		equal = xmlXPathCastToBoolean(a) == xmlXPathCastToBoolean(b);
	else if (a && b)
		equal = fabs(xmlXPathCastToNumber(a) - xmlXPathCastToNumber(b)) < 1e-12;
	xmlXPathFreeObject(a);
	xmlXPathFreeObject(b);
	push_boolean(p, equal);
}

static void
fn_if(xmlXPathParserContextPtr p, int nargs)
{
	xmlXPathObjectPtr other = valuePop(p);
	xmlXPathObjectPtr then = valuePop(p);
	xmlXPathObjectPtr condition = valuePop(p);
	bool yes = condition && xmlXPathCastToBoolean(condition);

	(void)nargs;
	xmlXPathFreeObject(condition);
	xmlXPathFreeObject(yes ? other : then);
	valuePush(p, yes ? then : other);
}

static bool
is_empty(xmlXPathObjectPtr v)
{
	xmlChar *text;
	bool empty;

	if (!v || (v->type == XPATH_NUMBER && isnan(v->floatval)))
		return true;
	if (v->type == XPATH_NUMBER || v->type == XPATH_BOOLEAN)
		return false;
	text = xmlXPathCastToString(v);
	empty = !text || !*text;
	xmlFree(text);
	return empty;
}

static void
fn_coalesce(xmlXPathParserContextPtr p, int nargs)
{
	xmlXPathObjectPtr b = valuePop(p);
	xmlXPathObjectPtr a = valuePop(p);
	bool first = !is_empty(a);

	(void)nargs;
	xmlXPathFreeObject(first ? b : a);
	valuePush(p, first ? a : b);
}

static void
fn_current(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	valuePush(p, xmlXPathNewNodeSet(engine(p)->current));
}

static void
fn_once(xmlXPathParserContextPtr p, int nargs)
{
	xmlXPathObjectPtr now;

	fn_current(p, nargs);
	now = valuePop(p);
	if (is_empty(now)) {
		xmlXPathFreeObject(now);
		return;
	}
	xmlXPathFreeObject(valuePop(p));
	valuePush(p, now);
}

/* The i-th word of a text of words between blanks; NULL past the last. */
static const char *
word_at(const char *s, double at, size_t *ret_n)
{
	double i = 0;

	for (;;) {
		s += strspn(s, " ");
		if (!*s)
			return NULL;
		*ret_n = strcspn(s, " ");
		if (i == at)
			return s;
		s += *ret_n;
		i++;
	}
}

static void
fn_selected(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *code = xmlXPathPopString(p);
	xmlChar *list = xmlXPathPopString(p);
	size_t code_n;
	size_t n = 0;
	const char *wanted = text_trim(chars(code), strlen(chars(code)), &code_n);
	bool found = false;

	(void)nargs;
	for (const char *s = chars(list); !found && (s = word_at(s, 0, &n)); s += n)
		found = n == code_n && memcmp(s, wanted, n) == 0;
	xmlFree(code);
	xmlFree(list);
	push_boolean(p, found);
}

static void
fn_selected_at(xmlXPathParserContextPtr p, int nargs)
{
	double at = trunc(xmlXPathPopNumber(p));
	xmlChar *list = xmlXPathPopString(p);
	size_t n = 0;
	const char *word = at >= 0 && at < 1e6 ? word_at(chars(list), at, &n) : NULL;

	(void)nargs;
	push_text(p, word ? word : "", word ? n : 0);
	xmlFree(list);
}

static void
fn_count_selected(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *list = xmlXPathPopString(p);
	size_t n = 0;
	double count = 0;

	(void)nargs;
	for (const char *s = chars(list); (s = word_at(s, 0, &n)); s += n)
		count++;
	xmlFree(list);
	push_number(p, count);
}

static void
fn_choice_name(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *list = xmlXPathPopString(p);
	xmlChar *code = xmlXPathPopString(p);
	const struct form *f = engine(p)->form;
	const struct form_choice *c = NULL;
	const char *label = "";

	(void)nargs;
	for (size_t i = 0; i < f->list_count && !c; i++)
		if (strcmp(f->list[i].name, chars(list)) == 0)
			c = form_choice_find(&f->list[i], chars(code));
	if (c)
		label = c->label[FORM_EN];
	xmlFree(list);
	xmlFree(code);
	push_text(p, label, strlen(label));
}

/* indexed-repeat(field, group, i): the field of that name in the i-th instance. */
static void
fn_indexed_repeat(xmlXPathParserContextPtr p, int nargs)
{
	double at = trunc(xmlXPathPopNumber(p));
	xmlXPathObjectPtr group = valuePop(p);
	xmlXPathObjectPtr field = valuePop(p);
	xmlNodePtr found = NULL;

	(void)nargs;
	if (!(at >= 1))
		at = 1;
	if (group && field && group->type == XPATH_NODESET && field->type == XPATH_NODESET &&
	    !xmlXPathNodeSetIsEmpty(field->nodesetval) && group->nodesetval &&
	    at <= (double)group->nodesetval->nodeNr) {
		const xmlChar *name = field->nodesetval->nodeTab[0]->name;

		for (xmlNodePtr n = group->nodesetval->nodeTab[(int)at - 1]->children; n && !found;
		     n = n->next)
			if (xmlStrEqual(n->name, name))
				found = n;
	}
	xmlXPathFreeObject(group);
	xmlXPathFreeObject(field);
	valuePush(p, xmlXPathNewNodeSet(found));
}

/* Call fn for the text of each node, or of the one value, of the argument on top of the stack. */
static void
each_text(xmlXPathParserContextPtr p, void (*fn)(void *ctx, const xmlChar *text), void *ctx)
{
	xmlXPathObjectPtr v = valuePop(p);
	int n = v && v->type == XPATH_NODESET && v->nodesetval ? v->nodesetval->nodeNr : 0;

	for (int i = 0; i < n; i++) {
		xmlChar *text = xmlXPathCastNodeToString(v->nodesetval->nodeTab[i]);

		fn(ctx, text);
		xmlFree(text);
	}
	if (v && v->type != XPATH_NODESET) {
		xmlChar *text = xmlXPathCastToString(v);

		fn(ctx, text);
		xmlFree(text);
	}
	xmlXPathFreeObject(v);
}

struct tally {
	double sum, min, max;
	double filled, numbers;
};

static void
tally_text(void *ctx, const xmlChar *text)
{
	struct tally *t = ctx;
	double v = number_of(text);

	t->filled += text && *text;
	if (isnan(v))
		return;
	t->min = t->numbers == 0 || v < t->min ? v : t->min;
	t->max = t->numbers == 0 || v > t->max ? v : t->max;
	t->sum += v;
	t->numbers++;
}

static struct tally
tally_arguments(xmlXPathParserContextPtr p, int nargs)
{
	struct tally t = { 0 };

	for (int i = 0; i < nargs; i++)
		each_text(p, tally_text, &t);
	return t;
}

static void
fn_count_non_empty(xmlXPathParserContextPtr p, int nargs)
{
	push_number(p, tally_arguments(p, nargs).filled);
}

static void
fn_sum(xmlXPathParserContextPtr p, int nargs)
{
	push_number(p, tally_arguments(p, nargs).sum);
}

static void
fn_max(xmlXPathParserContextPtr p, int nargs)
{
	struct tally t = tally_arguments(p, nargs);

	push_number(p, t.numbers > 0 ? t.max : no_number);
}

static void
fn_min(xmlXPathParserContextPtr p, int nargs)
{
	struct tally t = tally_arguments(p, nargs);

	push_number(p, t.numbers > 0 ? t.min : no_number);
}

static void
fn_regex(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *pattern = xmlXPathPopString(p);
	xmlChar *text = xmlXPathPopString(p);
	struct odk *o = engine(p);
	struct regex *re = NULL;
	size_t n = strlen(chars(text));
	bool match = false;

	(void)nargs;
	if (odk_pattern(o, chars(pattern), &re) != ERR_OK) {
		o->failed = true;
		xmlXPathSetError(p, XPATH_EXPR_ERROR);
	} else if (n > MAX_TEXT_FOR_REGEX) {
		refuse(p, "too long for regex():", chars(text));
	} else {
		match = regex_match(re, chars(text), n, o->record_mem);
	}
	xmlFree(pattern);
	xmlFree(text);
	push_boolean(p, match);
}

static void
fn_ends_with(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *end = xmlXPathPopString(p);
	xmlChar *text = xmlXPathPopString(p);
	bool yes = text_ends(chars(text), chars(end));

	(void)nargs;
	xmlFree(end);
	xmlFree(text);
	push_boolean(p, yes);
}

/* A position in characters, negative from the end, as a byte offset. */
static size_t
offset_of(const char *s, double at, double length)
{
	size_t n = strlen(s);
	size_t i = 0;

	if (isnan(at))
		at = 0;
	if (at < 0)
		at += length;
	if (at >= (double)n)
		return n;
	for (size_t skip = at > 0 ? (size_t)at : 0; skip && i < n; skip--)
		(void)text_utf8_next(s, n, &i);
	return i;
}

static void
fn_substr(xmlXPathParserContextPtr p, int nargs)
{
	double end = nargs == 3 ? trunc(xmlXPathPopNumber(p)) : (double)INFINITY;
	double start = trunc(xmlXPathPopNumber(p));
	xmlChar *text = xmlXPathPopString(p);
	const char *s = chars(text);
	double length = (double)text_utf8_length(s, strlen(s));
	size_t from = offset_of(s, start, length);
	size_t to = offset_of(s, end, length);

	push_text(p, s + from, from < to ? to - from : 0);
	xmlFree(text);
}

struct joining {
	struct buf b;
	const char *separator;
	bool any;
};

static void
join_text(void *ctx, const xmlChar *text)
{
	struct joining *j = ctx;

	if (j->any)
		buf_adds(&j->b, j->separator);
	buf_adds(&j->b, chars(text));
	j->any = true;
}

/* The last nargs arguments joined in order. */
static void
join_arguments(xmlXPathParserContextPtr p, int nargs, struct joining *j)
{
	xmlXPathObjectPtr v[MAX_ARGUMENTS] = { NULL };
	int n = nargs < MAX_ARGUMENTS ? nargs : MAX_ARGUMENTS;

	for (int i = n - 1; i >= 0; i--)
		v[i] = valuePop(p);
	for (int i = 0; i < n; i++) {
		valuePush(p, v[i]);
		each_text(p, join_text, j);
	}
}

static void
fn_concat(xmlXPathParserContextPtr p, int nargs)
{
	struct joining j = { .separator = "" };

	buf_init(&j.b, 1u << 20);
	join_arguments(p, nargs, &j);
	push_text(p, buf_text(&j.b), j.b.size);
	buf_done(&j.b);
}

static void
fn_join(xmlXPathParserContextPtr p, int nargs)
{
	struct joining j = { .separator = "" };
	xmlXPathObjectPtr v[MAX_ARGUMENTS] = { NULL };
	int n = nargs < MAX_ARGUMENTS ? nargs : MAX_ARGUMENTS;
	xmlChar *separator;

	buf_init(&j.b, 1u << 20);
	for (int i = n - 1; i > 0; i--)
		v[i] = valuePop(p);
	separator = xmlXPathPopString(p);
	j.separator = chars(separator);
	for (int i = 1; i < n; i++)
		valuePush(p, v[i]);
	join_arguments(p, n - 1, &j);
	push_text(p, buf_text(&j.b), j.b.size);
	xmlFree(separator);
	buf_done(&j.b);
}

static void
fn_boolean_from_string(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *text = xmlXPathPopString(p);
	bool yes = text_eq_nocase(chars(text), "true") || text_eq(chars(text), "1");

	(void)nargs;
	xmlFree(text);
	push_boolean(p, yes);
}

/* Half away from zero for positive numbers, half towards zero for negative ones, on the decimal
 * digits that the number is written with (JavaRosa: BigDecimal of Double.toString). */
static double
round_digits(double v, int places)
{
	char text[64];
	char *point;
	size_t n = text_format_f64(fabs(v), text);
	size_t keep;
	double down = fabs(v);
	double unit = pow(10, -places);
	bool up;

	if (memchr(text, 'e', n))
		return fabs(v) < 1 && places < 7 ? 0 * v : v;
	point = memchr(text, '.', n);
	if (!point || strlen(point + 1) <= (size_t)places)
		return v;
	keep = (size_t)(point - text) + 1 + (size_t)places;
	up = text[keep] > '5' || (text[keep] == '5' && (v > 0 || text[keep + 1]));
	(void)text_parse_f64(text, places ? keep : keep - 1, &down);
	if (up) {
		down += unit;
		/* Back to the nearest double of so many digits. */
		n = text_format_fixed(down, places, text, sizeof text);
		(void)text_parse_f64(text, n, &down);
	}
	return v < 0 ? -down : down;
}

static double
round_to(double v, double places)
{
	double scale;

	if (!isfinite(v))
		return v;
	if (!(places <= 30 && places >= -30))
		return no_number;
	if (places >= 0)
		return places > 12 ? v : round_digits(v, (int)places);
	scale = pow(10, -trunc(places));
	return trunc(v / scale + 0.5) * scale;
}

static void
fn_round(xmlXPathParserContextPtr p, int nargs)
{
	double places = nargs == 2 ? trunc(xmlXPathPopNumber(p)) : 0;
	double v = xmlXPathPopNumber(p);

	push_number(p, round_to(v, places));
}

#define NUMBER_FUNCTION(name, expression)                                                          \
	static void fn_##name(xmlXPathParserContextPtr p, int nargs)                               \
	{                                                                                          \
		double v = xmlXPathPopNumber(p);                                                   \
                                                                                                   \
		(void)nargs;                                                                       \
		push_number(p, expression);                                                        \
	}

NUMBER_FUNCTION(int, trunc(v))
NUMBER_FUNCTION(abs, fabs(v))
NUMBER_FUNCTION(log, log(v))
NUMBER_FUNCTION(log10, log10(v))
NUMBER_FUNCTION(sin, sin(v))
NUMBER_FUNCTION(cos, cos(v))
NUMBER_FUNCTION(tan, tan(v))
NUMBER_FUNCTION(asin, asin(v))
NUMBER_FUNCTION(acos, acos(v))
NUMBER_FUNCTION(atan, atan(v))
NUMBER_FUNCTION(sqrt, sqrt(v))
NUMBER_FUNCTION(exp, exp(v))
NUMBER_FUNCTION(exp10, pow(10, v))

static void
fn_pow(xmlXPathParserContextPtr p, int nargs)
{
	double power = xmlXPathPopNumber(p);
	double base = xmlXPathPopNumber(p);

	(void)nargs;
	push_number(p, pow(base, power));
}

static void
fn_atan2(xmlXPathParserContextPtr p, int nargs)
{
	double x = xmlXPathPopNumber(p);
	double y = xmlXPathPopNumber(p);

	(void)nargs;
	push_number(p, atan2(y, x));
}

static void
fn_pi(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_number(p, PI);
}

static void
push_date(xmlXPathParserContextPtr p, double days)
{
	char text[32];

	if (isnan(days))
		push_text(p, "", 0);
	else if (!moment_format_date(floor(days), text))
		refuse(p, "out of range for a date:", "");
	else
		push_text(p, text, strlen(text));
}

static void
push_moment(xmlXPathParserContextPtr p, double days)
{
	char text[32];

	if (isnan(days))
		push_text(p, "", 0);
	else if (!moment_format(days, text))
		refuse(p, "out of range for a date and time:", "");
	else
		push_text(p, text, strlen(text));
}

static void
fn_today(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_date(p, (double)engine(p)->today_days);
}

/* The clock's time if the day is still the one given, else the end of that day. */
static void
fn_now(xmlXPathParserContextPtr p, int nargs)
{
	double day = (double)engine(p)->today_days;
	double now = (double)clock_now_us() / 86400e6;

	(void)nargs;
	push_moment(p, floor(now) == day ? now : day + 86399.999 / 86400);
}

/* date(5.9) is day 5 and date(-0.5) day 0, as in JavaRosa; a text with a time loses it. */
static void
fn_date(xmlXPathParserContextPtr p, int nargs)
{
	bool number = p->value && p->value->type == XPATH_NUMBER;
	double days = pop_days(p);

	(void)nargs;
	push_date(p, number ? trunc(days) : days);
}

static void
fn_date_time(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_moment(p, pop_days(p));
}

static void
fn_days(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_number(p, pop_days(p));
}

static void
fn_decimal_time(xmlXPathParserContextPtr p, int nargs)
{
	double days = pop_days(p);

	(void)nargs;
	push_number(p, days - floor(days));
}

static void
fn_format_date(xmlXPathParserContextPtr p, int nargs)
{
	xmlChar *format = xmlXPathPopString(p);
	double days = pop_days(p);
	struct buf b;

	(void)nargs;
	buf_init(&b, 1u << 16);
	if (isnan(days))
		push_text(p, "", 0);
	else if (!moment_write(days, chars(format), &b))
		refuse(p, "no format for a date:", chars(format));
	else
		push_text(p, buf_text(&b), b.size);
	buf_done(&b);
	xmlFree(format);
}

/* Points of a geometry's text, ring by ring. State is kept over several nodes, one point each. */
struct walk {
	bool want_area;
	double total; /* square metres, or metres */
	double part;  /* area of the polygon so far */
	size_t in_ring, rings;
	double lat0, lon0; /* first of the ring */
	double lat, lon;   /* the one before */
	double x, y, area; /* metres from the first; area of the ring */
};

static double
radians(double deg)
{
	return deg * PI / 180;
}

static void
add_point(struct walk *w, double lat, double lon)
{
	double metres = 2 * PI * EARTH_RADIUS_M / 360;
	double x = (lon - w->lon0) * metres * cos(radians(lat));
	double y = (lat - w->lat0) * metres;

	if (w->in_ring++ == 0) {
		w->lat0 = lat;
		w->lon0 = lon;
		w->x = w->y = 0;
		w->area = 0;
	} else if (w->want_area) {
		w->area += (w->y * x - w->x * y) / 2;
		w->x = x;
		w->y = y;
	} else {
		double c = sin(radians(w->lat)) * sin(radians(lat)) +
		           cos(radians(w->lat)) * cos(radians(lat)) * cos(radians(lon - w->lon));

		w->total += acos(c > 1 ? 1 : c < -1 ? -1 : c) * EARTH_RADIUS_M;
	}
	w->lat = lat;
	w->lon = lon;
}

static void
end_ring(struct walk *w)
{
	w->part += (w->rings++ ? -1 : 1) * fabs(w->area);
	w->area = 0;
	w->in_ring = 0;
}

static void
end_part(struct walk *w)
{
	end_ring(w);
	if (w->want_area)
		w->total += fabs(w->part);
	w->part = 0;
	w->rings = 0;
}

static void
walk_text(void *ctx, const xmlChar *text)
{
	struct walk *w = ctx;
	const char *s = chars(text);

	while (*s) {
		double lat = 0;
		double lon = 0;
		size_t n = text_scan_f64(s, strlen(s), &lat);
		size_t m = n && s[n] == ' ' ? text_scan_f64(s + n + 1, strlen(s + n + 1), &lon) : 0;

		if (m)
			add_point(w, lat, lon);
		s += strcspn(s, ";|");
		if (s[0] == '|' && s[1] == '|')
			end_part(w);
		else if (s[0] == '|')
			end_ring(w);
		s += s[0] == '|' && s[1] == '|' ? 2 : *s != '\0';
	}
}

static double
walk_argument(xmlXPathParserContextPtr p, bool want_area)
{
	struct walk w = { .want_area = want_area };

	each_text(p, walk_text, &w);
	end_part(&w);
	return w.total;
}

static void
fn_area(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_number(p, walk_argument(p, true));
}

static void
fn_distance(xmlXPathParserContextPtr p, int nargs)
{
	(void)nargs;
	push_number(p, walk_argument(p, false));
}

static const struct {
	const char *name;
	xmlXPathFunction fn;
} table[] = {
	{ "f-position", fn_position },
	{ "f-equal", fn_equal },
	{ "f-if", fn_if },
	{ "f-once", fn_once },
	{ "f-selected", fn_selected },
	{ "f-selected-at", fn_selected_at },
	{ "f-count-selected", fn_count_selected },
	{ "f-choice-name", fn_choice_name },
	{ "f-indexed-repeat", fn_indexed_repeat },
	{ "f-current", fn_current },
	{ "f-count-non-empty", fn_count_non_empty },
	{ "f-sum", fn_sum },
	{ "f-max", fn_max },
	{ "f-min", fn_min },
	{ "f-regex", fn_regex },
	{ "f-ends-with", fn_ends_with },
	{ "f-substr", fn_substr },
	{ "f-concat", fn_concat },
	{ "f-join", fn_join },
	{ "f-boolean-from-string", fn_boolean_from_string },
	{ "f-round", fn_round },
	{ "f-int", fn_int },
	{ "f-pow", fn_pow },
	{ "f-log", fn_log },
	{ "f-log10", fn_log10 },
	{ "f-abs", fn_abs },
	{ "f-sin", fn_sin },
	{ "f-cos", fn_cos },
	{ "f-tan", fn_tan },
	{ "f-asin", fn_asin },
	{ "f-acos", fn_acos },
	{ "f-atan", fn_atan },
	{ "f-atan2", fn_atan2 },
	{ "f-sqrt", fn_sqrt },
	{ "f-exp", fn_exp },
	{ "f-exp10", fn_exp10 },
	{ "f-pi", fn_pi },
	{ "f-today", fn_today },
	{ "f-now", fn_now },
	{ "f-date", fn_date },
	{ "f-date-time", fn_date_time },
	{ "f-days", fn_days },
	{ "f-decimal-time", fn_decimal_time },
	{ "f-format-date", fn_format_date },
	{ "f-area", fn_area },
	{ "f-distance", fn_distance },
	{ "f-coalesce", fn_coalesce },
};

bool
odk_register_functions(struct odk *o)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (xmlXPathRegisterFunc(o->ctx, (const xmlChar *)table[i].name, table[i].fn) != 0)
			return false;
	return true;
}

bool
odk_has_function(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return true;
	return false;
}
