/* The description of the interface, OpenAPI 3.0.3, made from the table of routes, the parameters
 * (params.def) and the forms. Collections stand there by their own names, not as a template:
 * clients take the properties that they may filter by from the parameters of
 * /collections/NAME/items. */
#include <string.h>

#include "api/feature.h"
#include "api/handlers.h"
#include "api/resolve.h"
#include "base/json.h"
#include "base/text.h"

struct param {
	const char *name, *schema, *text;
	bool place;
};

static const struct param params[] = {
#define PARAM(name, schema, text) { name, schema, text, false },
#define PLACE(name, schema, text) { name, schema, text, true },
#include "api/params.def"
#undef PARAM
#undef PLACE
};

static const struct {
	const char *tail, *type;
	bool binary;
} types[] = {
	{ "/items", "application/geo+json", false },
	{ "/items/{id}", "application/geo+json", false },
	{ "/queryables", "application/schema+json", false },
	{ "/schema", "application/schema+json", false },
	{ ".mvt", "application/vnd.mapbox-vector-tile", true },
	{ ".xml", "text/xml", true },
	{ "/formList", "text/xml", true },
	{ "/manifest", "text/xml", true },
	{ "/submission", "text/xml", true },
	{ "/openapi.json", "application/vnd.oai.openapi+json;version=3.0", false },
	{ "/checkpoint", "text/plain", true },
	{ "/metrics", "text/plain", true },
};

static void
raw(struct json_writer *w, const char *key, const char *json)
{
	json_raw(w, key, json, strlen(json));
}

static const struct param *
param_find(const char *name, size_t n, bool place)
{
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++)
		if (params[i].place == place && strlen(params[i].name) == n &&
		    strncmp(params[i].name, name, n) == 0)
			return &params[i];
	return NULL;
}

static void
write_ref(struct json_writer *w, const char *where, const char *name, const char *tail)
{
	char ref[160];
	size_t n = strlen(where), m = strlen(name), k = strlen(tail);

	if (n + m + k + 1 > sizeof(ref))
		return;
	memcpy(ref, where, n);
	memcpy(ref + n, name, m);
	memcpy(ref + n + m, tail, k + 1);
	json_string(w, "$ref", ref);
}

/* A name without a line in params.def is a text. */
static void
param_ref(struct json_writer *w, const struct ask *q, const char *name, size_t n, bool place)
{
	const struct param *p = param_find(name, n, place);

	json_object(w, NULL);
	if (p) {
		write_ref(w, "#/components/parameters/", p->name, place ? "_in_path" : "");
	} else {
		json_string(w, "name", arena_strndup(q->mem, name, n));
		json_string(w, "in", place ? "path" : "query");
		json_bool(w, "required", place);
		raw(w, "schema", "{\"type\":\"string\"}");
	}
	json_object_end(w);
}

/* References to the {..} of a path, but for the first when kind stands for it, and to the
 * parameters of the query. */
static void
param_refs(struct json_writer *w, const struct ask *q, const struct route *r, const char *kind)
{
	for (const char *at = strchr(r->path, '{'); at; at = strchr(at + 1, '{'))
		if (!(kind && at == strchr(r->path, '{')))
			param_ref(w, q, at + 1, strcspn(at + 1, "}"), true);
	for (const char *at = r->params; *at;) {
		size_t n = strcspn(at, " ");

		param_ref(w, q, at, n, false);
		at += n + strspn(at + n, " ");
	}
}

/* Is it the name of a parameter that items have anyway? */
static bool
param_of_items(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < route_count; i++) {
		if (!text_eq(route_table[i].id, "items"))
			continue;
		for (const char *at = route_table[i].params; *at;) {
			size_t m = strcspn(at, " ");

			if (m == n && strncmp(at, name, n) == 0)
				return true;
			at += m + strspn(at + m, " ");
		}
	}
	return false;
}

/* The properties of a collection as parameters, so that clients push their filters down. */
static void
property_params(struct json_writer *w, const struct ask *q, const struct features_view *v)
{
	const struct form *form = features_form(q, v->kind);

	for (size_t i = 0; i < v->sheet.count; i++) {
		const struct sheet_column *c = &v->sheet.column[i];
		enum cql2_type t = v->names.name[i].type;

		/* a parameter of every collection has the name already */
		if (t == CQL2_OTHER || param_of_items(c->name))
			continue;
		json_object(w, NULL);
		json_string(w, "name", c->name);
		json_string(w, "in", "query");
		json_string(w, "description",
		            c->source == SHEET_FIELD ? form->field[c->field].label[FORM_EN]
		                                     : c->name);
		json_bool(w, "required", false);
		json_object(w, "schema");
		json_string(w, "type",
		            t == CQL2_BOOLEAN || c->type == STORE_INT ? "integer"
		            : t == CQL2_NUMBER                        ? "number"
		                                                      : "string");
		json_object_end(w);
		json_object_end(w);
	}
}

static void
response_schema(struct json_writer *w, const struct route *r, const char *kind, bool binary)
{
	json_object(w, "schema");
	if (kind && text_ends(r->path, "/items"))
		write_ref(w, "#/components/schemas/", kind, "_page");
	else if (kind && text_ends(r->path, "/items/{id}"))
		write_ref(w, "#/components/schemas/", kind, "");
	else
		json_string(w, "type", binary ? "string" : "object");
	json_object_end(w);
}

static bool
has_html(const struct route *r)
{
	return strstr(r->path, "/collections") && !text_ends(r->path, "/queryables") &&
	       !text_ends(r->path, "/schema");
}

static void
responses(struct json_writer *w, const struct route *r, const char *kind)
{
	const char *type = "application/json";
	bool binary = false;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (text_ends(r->path, types[i].tail)) {
			type = types[i].type;
			binary = types[i].binary;
		}
	json_object(w, "responses");
	json_object(w, r->method == ASK_GET ? "200" : "2XX");
	json_string(w, "description", r->summary);
	json_object(w, "content");
	json_object(w, type);
	response_schema(w, r, kind, binary);
	json_object_end(w);
	if (has_html(r)) {
		json_object(w, "text/html");
		json_object(w, "schema");
		json_string(w, "type", "string");
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
	json_object_end(w);
	json_object(w, "4XX");
	json_string(w, "$ref", "#/components/responses/problem");
	json_object_end(w);
	json_object(w, "5XX");
	json_string(w, "$ref", "#/components/responses/problem");
	json_object_end(w);
	json_object_end(w);
}

static void
request_body(struct json_writer *w, const struct route *r)
{
	bool form = strstr(r->path, "/submission") != NULL;
	bool files = text_ends(r->path, "/api/records") || text_ends(r->path, "/api/records/{id}");

	if (r->method != ASK_POST && r->method != ASK_PUT)
		return;
	json_object(w, "requestBody");
	json_object(w, "content");
	for (int i = 0; i < 2; i++) { /* records come with or without files */
		if (i == 0 ? form : !form && !files)
			continue;
		json_object(w, i == 0 ? "application/json" : "multipart/form-data");
		json_object(w, "schema");
		json_string(w, "type", "object");
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
	json_object_end(w);
}

static void
security(struct json_writer *w, const struct route *r)
{
	static const char *const scheme[] = { "session", "token", "password" };

	json_array(w, "security");
	if (r->allow & SERVE_BIT(SERVE_PUBLIC)) {
		json_object(w, NULL);
		json_object_end(w);
	}
	for (size_t i = 0; i < sizeof(scheme) / sizeof(*scheme); i++) {
		json_object(w, NULL);
		json_array(w, scheme[i]);
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}

static const char *
tag_of(const struct route *r)
{
	static const char *const tag[][2] = {
		{ "/collections", "features" },
		{ "/conformance", "features" },
		{ "/tiles", "tiles" },
		{ "/log", "log" },
		{ "/form", "phones" },
		{ "/submission", "phones" },
		{ "/t/", "phones" },
		{ "/api/", "records" },
	};

	for (size_t i = 0; i < sizeof(tag) / sizeof(*tag); i++)
		if (text_starts(r->path, tag[i][0]))
			return tag[i][1];
	return "server";
}

static const char *
method_name(enum ask_method m)
{
	static const char *const name[] = { "get", "post", "put", "delete" };

	return name[m];
}

static void
operation(struct json_writer *w, const struct ask *q, const struct route *r, const char *kind,
          const struct features_view *v)
{
	json_object(w, method_name(r->method));
	json_string(w, "operationId", kind ? arena_printf(q->mem, "%s_%s", r->id, kind) : r->id);
	json_string(w, "summary", r->summary);
	json_array(w, "tags");
	json_string(w, NULL, tag_of(r));
	json_array_end(w);
	json_array(w, "parameters");
	param_refs(w, q, r, kind);
	if (v && text_ends(r->path, "/items"))
		property_params(w, q, v);
	json_array_end(w);
	request_body(w, r);
	security(w, r);
	responses(w, r, kind);
	json_object_end(w);
}

/* All methods of one path, when this route is the first with it. */
static void
path_item(struct json_writer *w, const struct ask *q, size_t first, const char *kind,
          const struct features_view *v)
{
	const char *path = route_table[first].path, *brace = strchr(path, '{');

	for (size_t i = 0; i < first; i++)
		if (text_eq(route_table[i].path, path))
			return;
	if (kind)
		path = arena_printf(q->mem, "%.*s%s%s", (int)(brace - path), path, kind,
		                    strchr(brace, '}') + 1);
	json_object(w, path);
	for (size_t i = first; i < route_count; i++)
		if (text_eq(route_table[i].path, route_table[first].path))
			operation(w, q, &route_table[i], kind, v);
	json_object_end(w);
}

static enum err_code
paths(struct json_writer *w, const struct ask *q, struct err *e)
{
	enum err_code rc = ERR_OK;

	json_object(w, "paths");
	for (size_t i = 0; !rc && i < route_count; i++) {
		if (!text_starts(route_table[i].path, "/collections/{")) {
			path_item(w, q, i, NULL, NULL);
			continue;
		}
		for (int k = 0; !rc && k < (int)store_kind_count(q->reg->st); k++) {
			struct features_view *v = NULL;

			if (!features_offered(q, k))
				continue;
			rc = features_view(q, store_kind_name(q->reg->st, k), &v, e);
			if (!rc)
				path_item(w, q, i, store_kind_name(q->reg->st, k), v);
		}
	}
	json_object_end(w);
	return rc;
}

/* ---- components ---- */

static void
component_params(struct json_writer *w)
{
	char name[80];

	json_object(w, "parameters");
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++) {
		const struct param *p = &params[i];
		size_t n = strlen(p->name);

		memcpy(name, p->name, n + 1);
		if (p->place)
			memcpy(name + n, "_in_path", 9);
		json_object(w, name);
		json_string(w, "name", p->name);
		json_string(w, "in", p->place ? "path" : "query");
		json_string(w, "description", p->text);
		json_bool(w, "required", p->place);
		if (strstr(p->schema, "\"array\"")) {
			json_string(w, "style", "form");
			json_bool(w, "explode", false);
		}
		json_raw(w, "schema", p->schema, strlen(p->schema));
		json_object_end(w);
	}
	json_object_end(w);
}

static void
component_responses(struct json_writer *w)
{
	static const char schema[] =
		"{\"type\":\"object\",\"required\":[\"title\",\"status\"],\"properties\":{\"type\":{"
		"\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
		"\"detail\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"}}}";

	json_object(w, "responses");
	json_object(w, "problem");
	json_string(w, "description", "What is wrong, in a sentence (RFC 9457)");
	json_object(w, "content");
	json_object(w, "application/problem+json");
	json_raw(w, "schema", schema, sizeof(schema) - 1);
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
}

static void
component_security(struct json_writer *w)
{
	static const char schemes[] =
		"{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"" RESOLVE_COOKIE
		"\"},"
		"\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
		"\"password\":{\"type\":\"http\",\"scheme\":\"basic\"}}";

	json_raw(w, "securitySchemes", schemes, sizeof(schemes) - 1);
}

/* A feature of a collection, and a page of them. */
static void
feature_schemas(struct json_writer *w, const struct ask *q, const struct features_view *v)
{
	static const char links[] =
		"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
		"\"href\",\"rel\"],\"properties\":{\"href\":{\"type\":"
		"\"string\"},\"rel\":{\"type\":\"string\"},\"type\":{\"type\":"
		"\"string\"},\"title\":{\"type\":\"string\"}}}}";
	static const char geometry[] =
		"{\"type\":\"object\",\"nullable\":true,\"required\":[\"type\",\"coordinates\"],"
		"\"properties\":{\"type\":{\"type\":\"string\"},\"coordinates\":{\"type\":\"array\","
		"\"items\":{}}}}";
	const struct form *form = features_form(q, v->kind);

	json_object(w, form->kind);
	json_string(w, "type", "object");
	raw(w, "required", "[\"type\",\"geometry\",\"properties\"]");
	json_object(w, "properties");
	raw(w, "type", "{\"type\":\"string\",\"enum\":[\"Feature\"]}");
	raw(w, "id", "{\"type\":\"string\"}");
	json_raw(w, "links", links, sizeof(links) - 1);
	json_raw(w, "geometry", geometry, sizeof(geometry) - 1);
	json_object(w, "properties");
	json_string(w, "type", "object");
	json_object(w, "properties");
	for (size_t i = 0; i < v->sheet.count; i++)
		features_property_schema(form, &v->sheet.column[i], true, w);
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);

	json_object(w, arena_printf(q->mem, "%s_page", form->kind));
	json_string(w, "type", "object");
	raw(w, "required", "[\"type\",\"features\"]");
	json_object(w, "properties");
	raw(w, "type", "{\"type\":\"string\",\"enum\":[\"FeatureCollection\"]}");
	raw(w, "timeStamp", "{\"type\":\"string\",\"format\":\"date-time\"}");
	raw(w, "numberReturned", "{\"type\":\"integer\",\"minimum\":0}");
	raw(w, "numberMatched", "{\"type\":\"integer\",\"minimum\":0}");
	json_raw(w, "links", links, sizeof(links) - 1);
	json_object(w, "features");
	json_string(w, "type", "array");
	json_object(w, "items");
	write_ref(w, "#/components/schemas/", form->kind, "");
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
}

static enum err_code
components(struct json_writer *w, const struct ask *q, struct err *e)
{
	enum err_code rc = ERR_OK;

	json_object(w, "components");
	component_params(w);
	component_responses(w);
	component_security(w);
	json_object(w, "schemas");
	for (int k = 0; !rc && k < (int)store_kind_count(q->reg->st); k++) {
		struct features_view *v = NULL;

		if (!features_offered(q, k))
			continue;
		rc = features_view(q, store_kind_name(q->reg->st, k), &v, e);
		if (!rc)
			feature_schemas(w, q, v);
	}
	json_object_end(w);
	json_object_end(w);
	return rc;
}

enum err_code
openapi_document(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	static const char license[] =
		"{\"name\":\"GPL-3.0-or-later\",\"url\":\"https://www.gnu.org/licenses/gpl-3.0.html\"}";
	struct json_writer w;
	enum err_code rc = features_check_params(q, e);

	(void)s;
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	r->type = "application/vnd.oai.openapi+json;version=3.0";
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "openapi", "3.0.3");
	json_object(&w, "info");
	json_string(&w, "title", store_meta(q->reg->st, "name"));
	json_string(&w, "version", FALLOW_VERSION);
	json_string(
		&w, "description",
		"A register of explosive hazards: OGC API Features, vector tiles, OpenRosa, JSON. No "
		"mark does not mean safe.");
	json_raw(&w, "license", license, sizeof(license) - 1);
	json_object_end(&w);
	json_array(&w, "servers");
	json_object(&w, NULL);
	json_string(&w, "url", features_link(q, ""));
	json_object_end(&w);
	json_array_end(&w);
	json_array(&w, "tags");
	for (size_t i = 0; i < 6; i++) {
		static const char *const tag[][2] = {
			{ "features", "OGC API Features" },
			{ "tiles", "Vector tiles" },
			{ "phones", "OpenRosa: forms out, submissions in" },
			{ "records", "Records and figures for the page and other programs" },
			{ "log", "The log for outside verifiers" },
			{ "server", "The server itself" },
		};

		json_object(&w, NULL);
		json_string(&w, "name", tag[i][0]);
		json_string(&w, "description", tag[i][1]);
		json_object_end(&w);
	}
	json_array_end(&w);
	rc = paths(&w, q, e);
	if (!rc)
		rc = components(&w, q, e);
	json_object_end(&w);
	return rc;
}
