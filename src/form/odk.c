#include <pthread.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xpathInternals.h>

#include "base/mem.h"
#include "base/text.h"
#include "form/odk_private.h"

struct odk_expr {
	xmlXPathCompExprPtr comp;
	const char *source;
	struct odk_expr *next;
};

/* The engine proper; odk_private.h has what the functions need of it. */
struct engine {
	struct odk o; /* first */
	struct odk_expr *first;
};

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void
start(void)
{
	xmlInitParser();
}

/* The first message is the one that tells; later ones follow from it. */
static void
on_error(void *user, xmlErrorPtr error)
{
	struct odk *o = user;
	char quote[200];

	if (o->failed)
		return;
	o->failed = true;
	if (error && error->code == XML_XPATH_EXPRESSION_OK + XPATH_OP_LIMIT_EXCEEDED) {
		(void)err_set(o->e, ERR_LIMIT, "expression takes more than %u steps",
		              ODK_MAX_STEPS);
		return;
	}
	(void)err_set(o->e, ERR_INVALID, "expression cannot be evaluated: %s",
	              err_quote(error && error->message ? error->message : "unknown reason", quote,
	                        sizeof quote));
}

enum err_code
odk_create(const struct form *f, struct odk **ret, struct err *e)
{
	struct engine *en = mem_calloc(1, sizeof *en);
	struct odk *o;

	if (!en)
		return err_set(e, ERR_NOMEM, "out of memory for an expression engine");
	o = &en->o;
	(void)pthread_once(&started, start);
	arena_init(&o->mem, 0);
	o->form = f;
	o->top = arena_calloc(&o->mem, f->field_count, sizeof(xmlNodePtr));
	o->used = arena_calloc(&o->mem, f->field_count, sizeof *o->used);
	o->ctx = xmlXPathNewContext(NULL);
	if (!o->top || !o->used || !o->ctx || !odk_register_functions(o) ||
	    xmlXPathContextSetCache(o->ctx, 1, -1, 0) != 0) {
		odk_free(o);
		return err_set(e, ERR_NOMEM, "out of memory for an expression engine");
	}
	o->ctx->error = on_error;
	o->ctx->userData = o;
	o->ctx->opLimit = ODK_MAX_STEPS;
	*ret = o;
	return ERR_OK;
}

void
odk_free(struct odk *o)
{
	struct engine *en = (struct engine *)o;

	if (!o)
		return;
	odk_end(o);
	for (struct odk_expr *x = en->first; x; x = x->next)
		xmlXPathFreeCompExpr(x->comp);
	xmlXPathFreeContext(o->ctx);
	arena_done(&o->mem);
	mem_free(en);
}

enum err_code
odk_compile(struct odk *o, const char *src, const struct form_field *repeat,
            const struct form_field *field, const struct odk_expr **ret, struct err *e)
{
	struct engine *en = (struct engine *)o;
	struct expr_scope scope = { o->form, field, repeat, o->used };
	const char *xpath = NULL;
	struct odk_expr *x = arena_alloc(&o->mem, sizeof *x);
	enum err_code rc;

	if (!x)
		return err_set(e, ERR_NOMEM, "out of memory for an expression");
	rc = expr_translate(src, &scope, &o->mem, &xpath, e);
	if (rc != ERR_OK)
		return rc;
	o->e = e;
	o->failed = false;
	x->source = src;
	x->comp = xmlXPathCtxtCompile(o->ctx, (const xmlChar *)xpath);
	if (!x->comp)
		return o->failed ? err_prefix(e, "'%s'", src)
		                 : err_set(e, ERR_NOMEM, "out of memory for an expression");
	x->next = en->first;
	en->first = x;
	o->used[(repeat ? repeat : field) - o->form->field] = true;
	*ret = x;
	return ERR_OK;
}

/* Text of a GeoJSON position as ODK has it: latitude first. */
static void
write_point(const struct json_value *position, struct buf *b)
{
	const struct json_value *lon = position->first;
	const struct json_value *lat = lon ? lon->next : NULL;
	char text[32];

	if (position->type != JSON_ARRAY || !lat || lon->type != JSON_NUMBER ||
	    lat->type != JSON_NUMBER)
		return;
	(void)text_format_f64(lat->number, text);
	buf_adds(b, text);
	buf_addc(b, ' ');
	(void)text_format_f64(lon->number, text);
	buf_adds(b, text);
	buf_adds(b, " 0 0");
}

/* Points of a line are joined with ";", rings and lines with "|", polygons with "||". */
static void
write_coordinates(const struct json_value *v, int depth, struct buf *b)
{
	static const char *const between[] = { "", ";", "|", "||" };

	if (v->type != JSON_ARRAY)
		return;
	if (depth == 0) {
		write_point(v, b);
		return;
	}
	for (const struct json_value *c = v->first; c; c = c->next) {
		write_coordinates(c, depth - 1, b);
		if (c->next)
			buf_adds(b, between[depth]);
	}
}

static void
write_geometry(const struct json_value *v, struct buf *b)
{
	static const struct {
		const char *type;
		int depth;
	} known[] = { { "Point", 0 },      { "LineString", 1 },      { "Polygon", 2 },
		      { "MultiPoint", 1 }, { "MultiLineString", 2 }, { "MultiPolygon", 3 } };
	const char *type = json_get_string(v, "type");
	const struct json_value *coordinates = json_get(v, "coordinates");

	for (size_t i = 0; type && coordinates && i < sizeof known / sizeof *known; i++)
		if (strcmp(type, known[i].type) == 0)
			write_coordinates(coordinates, known[i].depth, b);
}

/* The text that an expression sees for a value; "" for one that is not there or of a wrong type. */
static void
write_value(const struct form_field *f, const struct json_value *v, struct buf *b)
{
	char text[32];

	if (f->type == FORM_GEOMETRY) {
		write_geometry(v, b);
	} else if (v->type == JSON_STRING) {
		buf_add(b, v->string, v->count);
	} else if (v->type == JSON_NUMBER) {
		(void)text_format_f64(v->number, text);
		buf_adds(b, text);
	} else if (v->type == JSON_ARRAY) {
		for (const struct json_value *c = v->first; c; c = c->next) {
			if (c->type != JSON_STRING)
				continue;
			if (b->size)
				buf_addc(b, ' ');
			buf_add(b, c->string, c->count);
		}
	}
}

static xmlNodePtr
add_element(struct odk *o, xmlNodePtr parent, const struct form_field *f)
{
	xmlNodePtr n = xmlNewDocNode(o->doc, NULL, (const xmlChar *)f->name, NULL);

	if (!n)
		return NULL;
	/* libxml2 has no const here; it never looks behind the pointer. */
	memcpy(&n->_private, &f, sizeof f);
	return xmlAddChild(parent, n);
}

static bool
add_value(struct odk *o, xmlNodePtr parent, const struct form_field *f, const struct json_value *v,
          xmlNodePtr *ret)
{
	xmlNodePtr n = add_element(o, parent, f);
	xmlNodePtr text = NULL;
	struct buf b;
	bool ok = n != NULL;

	if (ret)
		*ret = n;
	if (!ok || !v)
		return ok;
	buf_init(&b, 0);
	write_value(f, v, &b);
	ok = buf_ok(&b);
	if (ok && b.size) {
		text = xmlNewDocText(o->doc, (const xmlChar *)buf_text(&b));
		ok = text && xmlAddChild(n, text);
	}
	buf_done(&b);
	return ok;
}

static bool
add_repeat(struct odk *o, xmlNodePtr root, const struct form_field *f, const struct json_value *v,
           xmlNodePtr *ret)
{
	for (const struct json_value *c = v && v->type == JSON_ARRAY ? v->first : NULL; c;
	     c = c->next) {
		xmlNodePtr n = add_element(o, root, f);

		if (!n)
			return false;
		if (!*ret)
			*ret = n;
		for (size_t i = 0; i < f->child_count; i++)
			if (!add_value(o, n, &f->child[i], json_get(c, f->child[i].name), NULL))
				return false;
	}
	return true;
}

enum err_code
odk_begin(struct odk *o, const struct json_value *fields, int64_t today_days, struct arena *mem,
          struct err *e)
{
	const struct form *f = o->form;
	xmlNodePtr root;
	bool ok;

	odk_end(o);
	o->doc = xmlNewDoc((const xmlChar *)"1.0");
	root = o->doc ? xmlNewDocNode(o->doc, NULL, (const xmlChar *)"data", NULL) : NULL;
	ok = root != NULL;
	if (ok)
		(void)xmlDocSetRootElement(o->doc, root);
	for (size_t i = 0; i < f->field_count && ok; i++) {
		const struct json_value *v;

		if (!o->used[i])
			continue;
		v = json_get(fields, f->field[i].name);
		ok = f->field[i].type == FORM_REPEAT
		             ? add_repeat(o, root, &f->field[i], v, &o->top[i])
		             : add_value(o, root, &f->field[i], v, &o->top[i]);
	}
	if (!ok) {
		odk_end(o);
		return err_set(e, ERR_NOMEM, "out of memory for a record's expressions");
	}
	o->ctx->doc = o->doc;
	o->today_days = today_days;
	o->record_mem = mem;
	return ERR_OK;
}

void
odk_end(struct odk *o)
{
	if (!o->doc || !o->ctx || !o->top)
		return;
	xmlFreeDoc(o->doc);
	o->doc = NULL;
	o->ctx->doc = NULL;
	o->ctx->node = NULL;
	memset(o->top, 0, o->form->field_count * sizeof(xmlNodePtr));
}

struct odk_node *
odk_top(struct odk *o, size_t field)
{
	return (struct odk_node *)o->top[field];
}

struct odk_node *
odk_next_instance(struct odk_node *instance)
{
	xmlNodePtr n = (xmlNodePtr)instance;

	return (struct odk_node *)(n->next && n->next->_private == n->_private ? n->next : NULL);
}

struct odk_node *
odk_child(struct odk_node *instance, const struct form_field *child)
{
	for (xmlNodePtr n = ((xmlNodePtr)instance)->children; n; n = n->next)
		if (n->_private == child)
			return (struct odk_node *)n;
	return NULL;
}

static bool
take_value(struct odk *o, xmlXPathObjectPtr v, struct odk_value *ret)
{
	xmlChar *text;

	if (v->type == XPATH_BOOLEAN || v->type == XPATH_NUMBER) {
		ret->type = v->type == XPATH_BOOLEAN ? ODK_BOOLEAN : ODK_NUMBER;
		ret->number = xmlXPathCastToNumber(v);
		ret->boolean = xmlXPathCastToBoolean(v);
		ret->string = "";
		return true;
	}
	text = xmlXPathCastToString(v);
	ret->type = ODK_STRING;
	ret->string = text ? arena_strdup(o->record_mem, (const char *)text) : NULL;
	ret->boolean = ret->string && *ret->string;
	ret->number = xmlXPathCastToNumber(v);
	xmlFree(text);
	return ret->string != NULL;
}

enum err_code
odk_eval(struct odk *o, const struct odk_expr *x, struct odk_node *node, struct odk_value *ret,
         struct err *e)
{
	xmlXPathObjectPtr v;
	bool ok;

	o->e = e;
	o->failed = false;
	o->current = (xmlNodePtr)node;
	o->ctx->node = o->current ? o->current : xmlDocGetRootElement(o->doc);
	o->ctx->opCount = 0;
	v = xmlXPathCompiledEval(x->comp, o->ctx);
	if (!v || o->failed) {
		xmlXPathFreeObject(v);
		if (!o->failed)
			return err_set(e, ERR_NOMEM, "out of memory for '%s'", x->source);
		return err_prefix(e, "'%s'", x->source);
	}
	ok = take_value(o, v, ret);
	xmlXPathFreeObject(v);
	return ok ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for '%s'", x->source);
}

enum err_code
odk_pattern(struct odk *o, const char *text, struct regex **ret)
{
	bool keep = o->pattern_count < ODK_PATTERNS;
	struct arena *mem = keep ? &o->mem : o->record_mem;
	enum err_code rc;

	for (size_t i = 0; i < o->pattern_count; i++)
		if (strcmp(o->pattern[i].text, text) == 0) {
			*ret = o->pattern[i].re;
			return ERR_OK;
		}
	rc = regex_compile(text, mem, ret, o->e);
	if (rc == ERR_OK && keep) {
		o->pattern[o->pattern_count].re = *ret;
		o->pattern[o->pattern_count].text = arena_strdup(&o->mem, text);
		if (o->pattern[o->pattern_count].text)
			o->pattern_count++;
	}
	return rc;
}
