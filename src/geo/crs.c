#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/crs.h"
#include "geo/handle.h"
#include "geo/projlib.h"

#define BATCH 128 /* positions converted and checked at a time */
#define ROUND_TRIP_M 1e-3
#define WKT_MAX 65536
#define NAME_MAX_BYTES 160

#define EPSG_WGS84 4326
#define METHOD_TM "9807" /* EPSG: Transverse Mercator */
#define PARAM_FALSE_EASTING "False easting"

/* The pinned operations: of which datum, for which countries. */
struct pin {
	int datum;             /* EPSG code of the geographic system */
	int operation;         /* EPSG code; 0: it is WGS 84 */
	const char *countries; /* ISO 3166 codes, NULL: everywhere */
};

static const struct pin pins[] = {
	{ 4326, 0, NULL },          /* WGS 84 */
	{ 4979, 0, NULL },          /* WGS 84 with heights */
	{ 4284, 15865, "UKR AZE" }, /* SK-42; Azerbaijan until its authority names a better one */
	{ 5561, 5840, "UKR" },      /* UCS-2000 */
};

struct crs {
	PJ_CONTEXT *ctx;
	const struct projlib *pj;
	PJ *conversion; /* projected to degrees of its own datum; NULL if geographic */
	PJ *shift;      /* degrees of its own datum to WGS 84; NULL if it is WGS 84 */
	PJ_DIRECTION shift_way;
	int datum;
	int operation;
	double accuracy_m;
	int prefix;   /* see coord_options.grid_prefix */
	int utm_zone; /* of WGS 84, negative in the south, else 0 */
	char code[CRS_CODE_SIZE];
	char name[NAME_MAX_BYTES];
	char operation_text[NAME_MAX_BYTES + 60];
	char warning[120];
};

/* ---- the context ---- */

static void
free_context(void *ctx)
{
	(void)projlib_get()->proj_context_destroy(ctx);
}

static void
say_nothing(void *user, int level, const char *message)
{
	(void)user;
	(void)level;
	(void)message;
}

/* The PROJ context of a geo context, made when first asked for. */
static enum err_code
get_context(struct geo *g, PJ_CONTEXT **ret, struct err *e)
{
	const struct projlib *pj = projlib_get();
	PJ_CONTEXT *ctx = g->coord;

	if (!pj)
		return err_set(e, ERR_IO, "could not open the PROJ library");
	if (!ctx) {
		ctx = pj->proj_context_create();
		if (!ctx)
			return err_set(e, ERR_NOMEM, "out of memory for a PROJ context");
		pj->proj_log_func(ctx, NULL, say_nothing);
		(void)pj->proj_context_set_enable_network(ctx, 0);
		g->coord = ctx;
		g->coord_free = free_context;
	}
	*ret = ctx;
	return ERR_OK;
}

/* ---- codes ---- */

static bool
parse_digits(const char *s, int *ret)
{
	int64_t v;

	if (!text_parse_i64(s, strlen(s), &v) || v < 1 || v > 999999)
		return false;
	*ret = (int)v;
	return true;
}

/* "EPSG:4326", "4326", "urn:ogc:def:crs:EPSG::4326", "OGC:CRS84" ... */
static bool
parse_code(const char *code, int *ret)
{
	const char *colon = strrchr(code, ':');
	char head[40];
	size_t n = colon ? (size_t)(colon - code) : 0;

	if (!colon)
		return parse_digits(code, ret);
	if (text_eq_nocase(colon + 1, "CRS84")) {
		*ret = EPSG_WGS84;
		return true;
	}
	if (n >= sizeof(head))
		return false;
	memcpy(head, code, n);
	head[n] = '\0';
	text_lower_ascii(head);
	if (strcmp(head, "epsg") != 0 && !text_starts(head, "urn:ogc:def:crs:epsg:"))
		return false;
	return parse_digits(colon + 1, ret);
}

/* EPSG code of a PROJ object, 0 if it has none. */
static int
code_of(const struct projlib *pj, const PJ *p)
{
	const char *authority = p ? pj->proj_get_id_auth_name(p, 0) : NULL;
	const char *code = p ? pj->proj_get_id_code(p, 0) : NULL;
	int v = 0;

	if (!authority || !code || strcmp(authority, "EPSG") != 0 || !parse_digits(code, &v))
		return 0;
	return v;
}

static bool
lists_country(const char *countries, const char *iso3)
{
	const char *at = countries;

	if (strlen(iso3) != 3)
		return false;
	for (; (at = strstr(at, iso3)) != NULL; at++) {
		if ((at == countries || at[-1] == ' ') && (at[3] == ' ' || at[3] == '\0'))
			return true;
	}
	return false;
}

/* ---- opening ---- */

/* The pinned operation of a datum, in *ret. */
static enum err_code
find_pin(int datum, const char *datum_name, const char *iso3, int *ret, struct err *e)
{
	const struct pin *near = NULL;

	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		if (pins[i].datum != datum)
			continue;
		if (!pins[i].countries || lists_country(pins[i].countries, iso3)) {
			*ret = pins[i].operation;
			return ERR_OK;
		}
		near = &pins[i];
	}
	if (near) {
		(void)err_set(
			e, ERR_UNKNOWN,
			"the way from %s (EPSG:%d) to WGS 84 is pinned for %s only, not for %s",
			datum_name, datum, near->countries, iso3[0] ? iso3 : "no country");
	} else {
		(void)err_set(e, ERR_UNKNOWN, "no way from %s (EPSG:%d) to WGS 84 is pinned",
		              datum_name, datum);
	}
	return err_hint(e, "Name the operation that the authority uses with --operation CODE.");
}

static void
note_other_than_pinned(struct crs *c, const char *iso3)
{
	int pinned = 0;

	if (find_pin(c->datum, "", iso3, &pinned, NULL) == ERR_OK && pinned != c->operation)
		(void)snprintf(c->warning, sizeof(c->warning),
		               "operation EPSG:%d was named; for %s EPSG:%d is pinned",
		               c->operation, iso3, pinned);
}

static bool
is_wgs84_code(int code)
{
	return code == EPSG_WGS84 || code == 4979 || code == 4978;
}

/* Load the operation and make sure that it joins this datum and WGS 84, in one direction or the
 * other. */
static enum err_code
open_shift(struct crs *c, struct err *e)
{
	const struct projlib *pj = c->pj;
	char code[16];
	PJ *op, *from, *to, *grid = NULL;
	int source, target;
	enum err_code rc = ERR_OK;

	(void)snprintf(code, sizeof(code), "%d", c->operation);
	op = pj->proj_create_from_database(c->ctx, "EPSG", code, PJ_CATEGORY_COORDINATE_OPERATION,
	                                   0, NULL);
	if (!op)
		return err_set(e, ERR_NOTFOUND, "EPSG:%d is no coordinate operation known to PROJ",
		               c->operation);
	from = pj->proj_get_source_crs(c->ctx, op);
	to = pj->proj_get_target_crs(c->ctx, op);
	source = code_of(pj, from);
	target = code_of(pj, to);
	c->shift_way = source == c->datum ? PJ_FWD : PJ_INV;
	if (!((source == c->datum && is_wgs84_code(target)) ||
	      (target == c->datum && is_wgs84_code(source))))
		rc = err_set(
			e, ERR_INVALID,
			"operation EPSG:%d joins EPSG:%d and EPSG:%d; needed is EPSG:%d and WGS 84",
			c->operation, source, target, c->datum);
	else if (!pj->proj_coordoperation_is_instantiable(c->ctx, op))
		rc = err_set(e, ERR_UNSUPPORTED,
		             "operation EPSG:%d needs a grid file that is not installed",
		             c->operation);
	if (rc == ERR_OK) {
		c->accuracy_m = pj->proj_coordoperation_get_accuracy(c->ctx, op);
		(void)snprintf(c->operation_text, sizeof(c->operation_text), "EPSG:%d, %.*s, %g m",
		               c->operation, NAME_MAX_BYTES, pj->proj_get_name(op), c->accuracy_m);
		grid = pj->proj_normalize_for_visualization(c->ctx, op);
		if (!grid)
			rc = err_set(e, ERR_UNSUPPORTED, "operation EPSG:%d cannot be carried out",
			             c->operation);
	}
	c->shift = grid;
	pj->proj_destroy(from);
	pj->proj_destroy(to);
	pj->proj_destroy(op);
	return rc;
}

/* What eastings of a transverse Mercator projection begin with: its zone prefix. */
static void
note_prefix(struct crs *c, const PJ *projected)
{
	const struct projlib *pj = c->pj;
	PJ *conversion = pj->proj_crs_get_coordoperation(c->ctx, projected);
	const char *method = NULL;
	double value = 0, unit = 0;
	int index;

	if (!conversion)
		return;
	index = pj->proj_coordoperation_get_param_index(c->ctx, conversion, PARAM_FALSE_EASTING);
	if (pj->proj_coordoperation_get_method_info(c->ctx, conversion, NULL, NULL, &method) &&
	    method && strcmp(method, METHOD_TM) == 0 && index >= 0 &&
	    pj->proj_coordoperation_get_param(c->ctx, conversion, index, NULL, NULL, NULL, &value,
	                                      NULL, &unit, NULL, NULL, NULL, NULL) &&
	    unit == 1 && value > 0)
		c->prefix = (int)floor(value / 1e6);
	pj->proj_destroy(conversion);
}

/* Make the step from the projection to its own datum. With one datum there is one way: nothing to
 * choose. */
static enum err_code
open_conversion(struct crs *c, const PJ *projected, const PJ *geographic, int epsg, struct err *e)
{
	const struct projlib *pj = c->pj;
	PJ *step = pj->proj_create_crs_to_crs_from_pj(c->ctx, projected, geographic, NULL, NULL);

	if (step && pj->proj_get_type(step) != PJ_TYPE_CONVERSION) {
		pj->proj_destroy(step);
		step = NULL;
	}
	c->conversion = step ? pj->proj_normalize_for_visualization(c->ctx, step) : NULL;
	pj->proj_destroy(step);
	if (!c->conversion)
		return err_set(e, ERR_UNSUPPORTED, "the projection of %s cannot be undone",
		               c->code);
	note_prefix(c, projected);
	if (epsg > 32600 && epsg <= 32660)
		c->utm_zone = epsg - 32600;
	if (epsg > 32700 && epsg <= 32760)
		c->utm_zone = 32700 - epsg;
	return ERR_OK;
}

static bool
is_geographic(PJ_TYPE type)
{
	return type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_GEOGRAPHIC_3D_CRS;
}

/* Everything that needs PROJ. c is zeroed but for ctx, pj, code and operation. */
static enum err_code
open_system(struct crs *c, int epsg, int operation, const char *iso3, struct err *e)
{
	const struct projlib *pj = c->pj;
	PJ *given, *part, *system, *geographic = NULL;
	char code[16];
	enum err_code rc = ERR_OK;

	(void)snprintf(code, sizeof(code), "%d", epsg);
	given = pj->proj_create_from_database(c->ctx, "EPSG", code, PJ_CATEGORY_CRS, 0, NULL);
	if (!given)
		return err_set(e, ERR_NOTFOUND, "%s is no reference system known to PROJ", c->code);
	/* Of a system with heights the horizontal part counts. */
	part = pj->proj_get_type(given) == PJ_TYPE_COMPOUND_CRS
	               ? pj->proj_crs_get_sub_crs(c->ctx, given, 0)
	               : NULL;
	system = part ? part : given;
	(void)snprintf(c->name, sizeof(c->name), "%s", pj->proj_get_name(given));
	if (!is_geographic(pj->proj_get_type(system)) &&
	    pj->proj_get_type(system) != PJ_TYPE_PROJECTED_CRS)
		rc = err_set(e, ERR_UNSUPPORTED, "%s (%s) is neither geographic nor projected",
		             c->code, c->name);
	if (rc == ERR_OK)
		geographic = pj->proj_crs_get_geodetic_crs(c->ctx, system);
	if (rc == ERR_OK && !geographic)
		rc = err_set(e, ERR_UNSUPPORTED, "%s has no datum", c->code);
	if (rc == ERR_OK) {
		c->datum = code_of(pj, geographic);
		c->operation = operation;
		if (operation)
			note_other_than_pinned(c, iso3);
		else
			rc = find_pin(c->datum, pj->proj_get_name(geographic), iso3, &c->operation,
			              e);
	}
	if (rc == ERR_OK && pj->proj_get_type(system) == PJ_TYPE_PROJECTED_CRS)
		rc = open_conversion(c, system, geographic, epsg, e);
	if (rc == ERR_OK && c->operation)
		rc = open_shift(c, e);
	pj->proj_destroy(geographic);
	pj->proj_destroy(part);
	pj->proj_destroy(given);
	return rc;
}

enum err_code
crs_open(struct geo *ctx, const char *code, int operation, const char *iso3, struct crs **ret,
         struct err *e)
{
	struct crs *c;
	char quoted[80];
	int epsg;
	enum err_code rc;

	if (!parse_code(code, &epsg))
		return err_set(e, ERR_NOTFOUND,
		               "\"%s\" is no code of a reference system, such as EPSG:28405",
		               err_quote(code, quoted, sizeof(quoted)));
	c = mem_calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory for a reference system");
	(void)snprintf(c->code, sizeof(c->code), "EPSG:%d", epsg);
	(void)snprintf(c->name, sizeof(c->name), "WGS 84");
	(void)snprintf(c->operation_text, sizeof(c->operation_text), "none: WGS 84");
	c->datum = epsg;
	c->prefix = -1;
	if (epsg == EPSG_WGS84 && operation == 0) { /* the usual case does without PROJ */
		*ret = c;
		return ERR_OK;
	}
	rc = get_context(ctx, &c->ctx, e);
	c->pj = projlib_get();
	if (rc == ERR_OK)
		rc = open_system(c, epsg, operation, iso3 ? iso3 : "", e);
	if (rc != ERR_OK) {
		crs_free(c);
		return rc;
	}
	*ret = c;
	return ERR_OK;
}

void
crs_free(struct crs *c)
{
	if (!c)
		return;
	if (c->pj) {
		c->pj->proj_destroy(c->conversion);
		c->pj->proj_destroy(c->shift);
	}
	mem_free(c);
}

/* ---- converting ---- */

static void
run(const struct crs *c, PJ *step, PJ_DIRECTION way, double *xy, size_t n)
{
	size_t stride = 2 * sizeof(double);

	(void)c->pj->proj_trans_generic(step, way, xy, stride, n, xy + 1, stride, n, NULL, 0, 0,
	                                NULL, 0, 0);
}

static enum err_code
refuse(const struct crs *c, const double *given, const char *why, struct err *e)
{
	return err_set(e, ERR_INVALID, "%.10g, %.10g in %s: %s", given[0], given[1], c->code, why);
}

static enum err_code
check_easting(const struct crs *c, const double *p, struct err *e)
{
	if (c->prefix < 0 || floor(p[0] / 1e6) == c->prefix)
		return ERR_OK;
	(void)refuse(c, p,
	             c->prefix ? "the easting does not begin with the zone prefix of this system"
	                       : "the easting is not 0 .. 999999",
	             e);
	return err_hint(e, "The order of the axes or the zone may be another one.");
}

/* given: as they came (easting first); at: after the conversion, degrees of the own datum. */
static enum err_code
check_conversion(const struct crs *c, const double *given, const double *at, size_t n,
                 struct err *e)
{
	double back[2 * BATCH];

	memcpy(back, at, 2 * n * sizeof(double));
	run(c, c->conversion, PJ_INV, back, n);
	for (size_t i = 0; i < n; i++) {
		const double *g = given + 2 * i, *b = back + 2 * i;

		if (!(fabs(b[0] - g[0]) < ROUND_TRIP_M && fabs(b[1] - g[1]) < ROUND_TRIP_M))
			return refuse(c, g, "too far from where this projection is defined", e);
	}
	return ERR_OK;
}

static enum err_code
convert_batch(const struct crs *c, double *xy, size_t n, struct err *e)
{
	double given[2 * BATCH];
	enum err_code rc = ERR_OK;

	memcpy(given, xy, 2 * n * sizeof(double));
	for (size_t i = 0; i < n && rc == ERR_OK; i++) {
		if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1]))
			rc = refuse(c, given + 2 * i, "not finite", e);
		else
			rc = check_easting(c, given + 2 * i, e);
	}
	if (rc == ERR_OK && c->conversion) {
		run(c, c->conversion, PJ_FWD, xy, n);
		rc = check_conversion(c, given, xy, n, e);
	}
	if (rc == ERR_OK && c->shift)
		run(c, c->shift, c->shift_way, xy, n);
	for (size_t i = 0; i < n && rc == ERR_OK; i++) {
		if (!(fabs(xy[2 * i]) <= 180 && fabs(xy[2 * i + 1]) <= 90))
			rc = refuse(c, given + 2 * i, "not a position on Earth", e);
	}
	return rc;
}

enum err_code
crs_to_wgs84(struct crs *c, enum crs_axis axis, double *xy, size_t count, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; axis == CRS_NORTHING_FIRST && i < count; i++) {
		double t = xy[2 * i];

		xy[2 * i] = xy[2 * i + 1];
		xy[2 * i + 1] = t;
	}
	for (size_t i = 0; rc == ERR_OK && i < count; i += BATCH)
		rc = convert_batch(c, xy + 2 * i, count - i < BATCH ? count - i : BATCH, e);
	return rc;
}

enum err_code
crs_from_wgs84(struct crs *c, double *lon_lat, size_t count, struct err *e)
{
	if (c->shift)
		run(c, c->shift, c->shift_way == PJ_FWD ? PJ_INV : PJ_FWD, lon_lat, count);
	if (c->conversion)
		run(c, c->conversion, PJ_INV, lon_lat, count);
	for (size_t i = 0; i < 2 * count; i++) {
		if (!isfinite(lon_lat[i]))
			return err_set(e, ERR_INVALID, "position %zu cannot be given in %s", i / 2,
			               c->code);
	}
	return ERR_OK;
}

/* ---- asking ---- */

bool
crs_is_wgs84_degrees(const struct crs *c)
{
	return !c->conversion && !c->shift;
}

bool
crs_is_projected(const struct crs *c)
{
	return c->conversion != NULL;
}

const char *
crs_code(const struct crs *c)
{
	return c->code;
}

const char *
crs_name(const struct crs *c)
{
	return c->name;
}

int
crs_operation(const struct crs *c)
{
	return c->operation;
}

double
crs_accuracy_m(const struct crs *c)
{
	return c->accuracy_m;
}

const char *
crs_operation_text(const struct crs *c)
{
	return c->operation_text;
}

const char *
crs_warning(const struct crs *c)
{
	return c->warning;
}

void
crs_coord_options(const struct crs *c, struct coord_options *opt)
{
	opt->grid_prefix = c->prefix;
	opt->utm_zone = c->utm_zone;
	opt->system = c->conversion ? COORD_SYSTEM_GRID
	              : c->shift    ? COORD_SYSTEM_GEOGRAPHIC
	                            : COORD_SYSTEM_WGS84;
}

/* ---- definitions ---- */

/* Do two systems say the same, the order of their axes aside? Files write the easting first
 * whatever EPSG says. */
static bool
are_equal(const struct projlib *pj, PJ_CONTEXT *ctx, const PJ *a, const PJ *b)
{
	PJ *x = pj->proj_normalize_for_visualization(ctx, a);
	PJ *y = pj->proj_normalize_for_visualization(ctx, b);
	bool same =
		x && y && pj->proj_is_equivalent_to_with_ctx(ctx, x, y, PJ_COMP_EQUIVALENT) != 0;

	pj->proj_destroy(x);
	pj->proj_destroy(y);
	return same;
}

/* The one register entry in a list of candidates that says the same; a withdrawn one only if no
 * other does. 0: none, -1: several. */
static int
choose_equal(const struct projlib *pj, PJ_CONTEXT *ctx, const PJ *given, const PJ_OBJ_LIST *list)
{
	int found[2] = { 0, 0 }, n = pj->proj_list_get_count(list);

	for (int i = 0; i < n && i < 50; i++) {
		PJ *p = pj->proj_list_get(ctx, list, i);
		int code = code_of(pj, p);

		if (p && code && are_equal(pj, ctx, given, p)) {
			int *at = &found[pj->proj_is_deprecated(p) ? 1 : 0];

			*at = *at && *at != code ? -1 : code;
		}
		pj->proj_destroy(p);
	}
	return found[0] ? found[0] : found[1];
}

/* The horizontal system inside a definition; the caller destroys it. NULL if there is none. */
static PJ *
horizontal_part(const struct projlib *pj, PJ_CONTEXT *ctx, const char *wkt)
{
	PJ *p = pj->proj_create(ctx, wkt);

	for (int depth = 0; p && depth < 4; depth++) {
		PJ_TYPE type = pj->proj_get_type(p);
		PJ *inner = NULL;

		if (type == PJ_TYPE_BOUND_CRS)
			inner = pj->proj_get_source_crs(ctx, p);
		else if (type == PJ_TYPE_COMPOUND_CRS)
			inner = pj->proj_crs_get_sub_crs(ctx, p, 0);
		else if (is_geographic(type) || type == PJ_TYPE_PROJECTED_CRS)
			return p;
		pj->proj_destroy(p);
		p = inner;
	}
	pj->proj_destroy(p);
	return NULL;
}

static enum err_code
identify(struct geo *ctx, const char *wkt, char *ret_code, struct err *e)
{
	const struct projlib *pj;
	PJ_CONTEXT *proj = NULL;
	PJ_OBJ_LIST *list;
	int *confidence = NULL, code;
	char name[NAME_MAX_BYTES], quoted[80];
	PJ *given;
	enum err_code rc = get_context(ctx, &proj, e);

	if (rc != ERR_OK)
		return rc;
	pj = projlib_get();
	given = horizontal_part(pj, proj, wkt);
	if (!given)
		return err_set(e, ERR_INVALID,
		               "not the definition of a geographic or projected system");
	list = pj->proj_identify(proj, given, "EPSG", NULL, &confidence);
	code = list ? choose_equal(pj, proj, given, list) : 0;
	(void)snprintf(name, sizeof(name), "%s", pj->proj_get_name(given));
	pj->proj_list_destroy(list);
	pj->proj_int_list_destroy(confidence);
	pj->proj_destroy(given);
	(void)err_quote(name, quoted, sizeof(quoted));
	if (code == 0)
		(void)err_set(e, ERR_UNKNOWN,
		              "the system \"%s\" matches no entry of the EPSG register", quoted);
	if (code < 0)
		(void)err_set(e, ERR_UNKNOWN,
		              "the system \"%s\" matches several entries of the EPSG register",
		              quoted);
	if (code <= 0) {
		(void)err_hint(e, "State the system with --crs, if the source tells which it is.");
		return ERR_UNKNOWN;
	}
	(void)snprintf(ret_code, CRS_CODE_SIZE, "EPSG:%d", code);
	return ERR_OK;
}

enum err_code
crs_identify_wkt(struct geo *ctx, const char *wkt, size_t n, char ret_code[CRS_CODE_SIZE],
                 struct err *e)
{
	char *copy;
	const char *text;
	enum err_code rc;

	if (n > WKT_MAX)
		return err_set(e, ERR_LIMIT, "a definition of %zu bytes; at most %d are read", n,
		               WKT_MAX);
	text = text_trim(wkt, n, &n);
	if (n == 0 || memchr(text, '\0', n))
		return err_set(e, ERR_INVALID, "no definition of a reference system");
	copy = mem_alloc(n + 1);
	if (!copy)
		return err_set(e, ERR_NOMEM, "out of memory for a definition");
	memcpy(copy, text, n);
	copy[n] = '\0';
	rc = identify(ctx, copy, ret_code, e);
	mem_free(copy);
	return rc;
}
