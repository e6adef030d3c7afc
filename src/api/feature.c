/* OGC API Features: the register's description: landing page, conformance, collections, their
 * properties. Items are in feature_items.c. */
#include "api/feature.h"

#include <string.h>

#include "api/handlers.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"

/* Views of one register: by kind and role. */
struct keep {
	struct features_view *view[64][ACCESS_ROLES];
	size_t cached; /* bytes of their caches */
};

static void
view_free(struct features_view *v)
{
	if (!v)
		return;
	page_close(v->reader);
	feature_cache_free(v->cache);
	buf_done(&v->scratch);
	arena_done(&v->row);
	arena_done(&v->mem);
	mem_free(v);
}

static void
keep_free(void *p)
{
	struct keep *k = p;

	for (size_t i = 0; i < sizeof(k->view) / sizeof(*k->view); i++)
		for (int r = 0; r < ACCESS_ROLES; r++)
			view_free(k->view[i][r]);
	mem_free(k);
}

static enum cql2_type
type_of(const struct form *form, const struct sheet_column *c)
{
	const struct form_field *f = c->source == SHEET_FIELD ? &form->field[c->field] : NULL;

	if (c->source == SHEET_UNAPPROVED || c->source == SHEET_CONFLICT)
		return CQL2_BOOLEAN;
	if (c->type == STORE_INT || c->type == STORE_REAL)
		return CQL2_NUMBER;
	if (c->source == SHEET_EXPIRES || (f && (f->type == FORM_DATE || f->type == FORM_DATETIME)))
		return CQL2_DATE;
	if (f && (f->type == FORM_SELECT_MULTIPLE || f->type == FORM_RECORDS))
		return CQL2_LIST;
	if (f && (f->type == FORM_REPEAT || f->type == FORM_GEOMETRY))
		return CQL2_OTHER;
	return CQL2_TEXT;
}

static enum err_code
view_fill(struct store *st, struct features_view *v, struct err *e)
{
	const struct form *form = store_form(st, v->kind);
	struct cql2_name *name;
	struct buf b;
	enum err_code rc = sheet_make(st, v->kind, v->role, &v->mem, &v->sheet, e);
	size_t n = v->sheet.count;

	if (rc)
		return rc;
	v->word = arena_calloc(&v->mem, n + 1, sizeof(*v->word));
	v->value = arena_calloc(&v->mem, n + 1, sizeof(*v->value));
	name = arena_calloc(&v->mem, n + 1, sizeof(*name));
	v->date = -1;
	if (!v->word || !v->value || !name)
		return err_set(e, ERR_NOMEM, "out of memory for a collection");
	buf_init(&b, 4096);
	for (size_t i = 0; !rc && i < n; i++) {
		buf_reset(&b);
		buf_addc(&b, ',');
		json_write_string(&b, v->sheet.column[i].name, strlen(v->sheet.column[i].name));
		buf_addc(&b, ':');
		v->word[i].name_size = b.size;
		v->word[i].name = arena_strdup(&v->mem, buf_text(&b));
		buf_adds(&b, "null");
		v->word[i].null_size = b.size;
		v->word[i].null = arena_strdup(&v->mem, buf_text(&b));
		name[i] = (struct cql2_name){ v->sheet.column[i].name,
			                      type_of(form, &v->sheet.column[i]) };
		if (text_eq(v->sheet.column[i].name, "valid_from"))
			v->date = (int)i;
		if (!v->word[i].name || !v->word[i].null)
			rc = err_set(e, ERR_NOMEM, "out of memory for a collection");
	}
	buf_done(&b);
	if (v->sheet.geometry)
		name[n++] = (struct cql2_name){ "geometry", CQL2_GEOMETRY };
	v->names = (struct cql2_names){ name, n };
	return rc ? rc : page_open(st, v->kind, v->role, &v->reader, e);
}

bool
features_offered(const struct ask *q, int kind)
{
	return access_has_rows(ask_access(q), store_kind_name(q->reg->st, kind));
}

enum err_code
features_view(const struct ask *q, const char *collection, struct features_view **ret,
              struct err *e)
{
	struct site_register *reg = q->reg;
	enum access_role role = ask_access(q);
	int kind = store_kind(reg->st, collection);
	struct keep *k = reg->keep[SITE_KEEP_FEATURES];
	struct features_view *v;
	enum err_code rc;

	if (kind < 0 || kind >= 64 || !features_offered(q, kind))
		return err_set(e, ERR_NOTFOUND, "there is no such collection");
	if (!k) {
		k = mem_calloc(1, sizeof(*k));
		if (!k)
			return err_set(e, ERR_NOMEM, "out of memory for a collection");
		reg->keep[SITE_KEEP_FEATURES] = k;
		reg->keep_free[SITE_KEEP_FEATURES] = keep_free;
	}
	if (!k->view[kind][role]) {
		v = mem_calloc(1, sizeof(*v));
		if (!v)
			return err_set(e, ERR_NOMEM, "out of memory for a collection");
		v->kind = kind;
		v->role = role;
		arena_init(&v->mem, (size_t)16 << 20);
		arena_init(&v->row, (size_t)64 << 20);
		buf_init(&v->scratch, (size_t)32 << 20);
		v->cache = feature_cache_create(&k->cached);
		rc = v->cache ? view_fill(reg->st, v, e)
		              : err_set(e, ERR_NOMEM, "out of memory for a collection");
		if (rc) {
			view_free(v);
			return rc;
		}
		k->view[kind][role] = v;
	}
	*ret = k->view[kind][role];
	return ERR_OK;
}

void
features_cache_room(const struct ask *q, struct features_view *v)
{
	struct keep *k = q->reg->keep[SITE_KEEP_FEATURES];
	struct feature_cache *most = v->cache;

	for (size_t i = 0; k && i < sizeof(k->view) / sizeof(*k->view); i++)
		for (int r = 0; r < ACCESS_ROLES; r++)
			if (k->view[i][r] &&
			    feature_cache_bytes(k->view[i][r]->cache) > feature_cache_bytes(most))
				most = k->view[i][r]->cache;
	feature_cache_clear(most);
	if (most != v->cache) /* it may fill what came free */
		feature_cache_reopen(v->cache);
}

/* ---- common to all answers ---- */

const char *
features_link(const struct ask *q, const char *path)
{
	const char *s = arena_printf(q->mem, "%s%s%s", q->base ? q->base : "",
	                             q->prefix ? q->prefix : "", path);

	return s ? s : "";
}

void
features_write_link(struct json_writer *w, const char *href, const char *rel, const char *type,
                    const char *title)
{
	json_object(w, NULL);
	json_string(w, "href", href);
	json_string(w, "rel", rel);
	if (type)
		json_string(w, "type", type);
	if (title)
		json_string(w, "title", title);
	json_object_end(w);
}

/* Is name among the words? */
static bool
has_word(const char *words, const char *name)
{
	size_t n = strlen(name);

	while (*words) {
		size_t m = strcspn(words, " ");

		if (m == n && strncmp(words, name, n) == 0)
			return true;
		words += m + strspn(words + m, " ");
	}
	return false;
}

enum err_code
features_check_params(const struct ask *q, struct err *e)
{
	char quoted[200];

	for (size_t i = 0; i < q->query_count; i++)
		if (!has_word(q->route->params, q->query[i].name))
			return err_set(e, ERR_INVALID,
			               "there is no parameter \"%s\" here; known are: %s",
			               err_quote(q->query[i].name, quoted, sizeof(quoted)),
			               *q->route->params ? q->route->params : "none");
	return ERR_OK;
}

enum err_code
features_format(const struct ask *q, bool *ret_html, struct err *e)
{
	const char *f = ask_query(q, "f"), *accept = ask_header(q, "accept");
	char quoted[200];

	if (f && !text_eq(f, "json") && !text_eq(f, "html"))
		return err_set(e, ERR_INVALID, "f is \"%s\"; allowed are json and html",
		               err_quote(f, quoted, sizeof(quoted)));
	*ret_html = f ? text_eq(f, "html") : accept && text_starts(accept, "text/html");
	return ERR_OK;
}

bool
features_etag(const struct ask *q, int64_t size, struct reply *r)
{
	const char *have = ask_header(q, "if-none-match");
	uint8_t digest[32];
	struct buf b;

	buf_init(&b, (size_t)1 << 20);
	buf_printf(&b, "%s\n%s\n%lld\n%d\n%s%s%s?%s\n%s\n%lld", FALLOW_VERSION,
	           store_meta(q->reg->st, "uuid"), (long long)size, (int)ask_access(q),
	           q->base ? q->base : "", q->prefix, q->path, q->raw_query ? q->raw_query : "",
	           ask_header(q, "accept") ? ask_header(q, "accept") : "",
	           (long long)(clock_now_us() / 86400000000));
	hash_sha256(b.data, b.size, digest);
	buf_done(&b);
	memcpy(r->etag, "W/\"", 3);
	text_hex(digest, 16, r->etag + 3);
	memcpy(r->etag + 35, "\"", 2);
	r->cacheable = true;
	if (!have || !strstr(have, r->etag + 2))
		return false;
	r->status = 304;
	return true;
}

const struct form *
features_form(const struct ask *q, int kind)
{
	return store_form(q->reg->st, kind);
}

/* ---- HTML, for people who follow a link ---- */

void
features_html_head(const struct ask *q, struct reply *r, const char *title)
{
	struct buf *b = &r->body;

	r->type = "text/html; charset=utf-8";
	buf_adds(b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	            "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">"
	            "<link rel=\"stylesheet\" href=\"/assets/plain.css\"><title>");
	markup_add_text(b, title);
	buf_adds(b, "</title></head><body>\n<header><a href=\"");
	markup_add_text(b, features_link(q, "/"));
	buf_adds(b, "\">");
	markup_add_text(b, store_meta(q->reg->st, "name"));
	buf_adds(b, "</a> &middot; <a href=\"");
	markup_add_text(b, features_link(q, "/collections?f=html"));
	buf_adds(b, "\">Collections</a></header>\n<main>\n<p class=\"safe\">No mark does not mean "
	            "safe.</p>\n<h1>");
	markup_add_text(b, title);
	buf_adds(b, "</h1>\n");
}

void
features_html_foot(struct reply *r)
{
	buf_adds(&r->body, "</main>\n</body></html>\n");
}

/* ---- landing page ---- */

enum err_code
features_landing(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	enum err_code rc = features_check_params(q, e);

	(void)s;
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "title", store_meta(q->reg->st, "name"));
	json_string(
		&w, "description",
		"A register of explosive hazards, what was done about them and whom they hurt. No "
		"mark does not mean safe.");
	json_array(&w, "links");
	features_write_link(&w, features_link(q, "/?f=json"), "self", "application/json",
	                    "This document");
	features_write_link(&w, features_link(q, "/"), "alternate", "text/html",
	                    "The page for people");
	features_write_link(&w, features_link(q, "/openapi.json"), "service-desc",
	                    "application/vnd.oai.openapi+json;version=3.0",
	                    "The description of this interface");
	features_write_link(&w, features_link(q, "/openapi.json"), "service-doc",
	                    "application/vnd.oai.openapi+json;version=3.0",
	                    "The description of this interface");
	features_write_link(&w, features_link(q, "/conformance"), "conformance", "application/json",
	                    "What this interface keeps to");
	features_write_link(&w, features_link(q, "/conformance"),
	                    "http://www.opengis.net/def/rel/ogc/1.0/conformance",
	                    "application/json", "What this interface keeps to");
	features_write_link(&w, features_link(q, "/collections"), "data", "application/json",
	                    "The kinds of records");
	features_write_link(&w, features_link(q, "/collections"),
	                    "http://www.opengis.net/def/rel/ogc/1.0/data", "application/json",
	                    "The kinds of records");
	json_array_end(&w);
	json_object_end(&w);
	return ERR_OK;
}

static const char *const conformance[] = {
	"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
	"http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
	"http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
	"http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
	"http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/property-property",
};

enum err_code
features_conformance(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	enum err_code rc = features_check_params(q, e);

	(void)s;
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "conformsTo");
	for (size_t i = 0; i < sizeof(conformance) / sizeof(*conformance); i++)
		json_string(&w, NULL, conformance[i]);
	json_array_end(&w);
	json_object_end(&w);
	return ERR_OK;
}

/* ---- collections ---- */

static void
collection_links(const struct ask *q, const char *name, struct json_writer *w)
{
	static const struct {
		const char *tail, *rel, *type, *title;
	} link[] = {
		{ "?f=json", "self", "application/json", "This collection" },
		{ "?f=html", "alternate", "text/html", "This collection, to read" },
		{ "/items?f=json", "items", "application/geo+json", "Its records" },
		{ "/items?f=html", "items", "text/html", "Its records, to read" },
		{ "/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables",
		  "application/schema+json", "Properties that filters may name" },
		{ "/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema",
		  "application/schema+json", "The schema of its records" },
	};

	json_array(w, "links");
	for (size_t i = 0; i < sizeof(link) / sizeof(*link); i++)
		features_write_link(w,
		                    features_link(q, arena_printf(q->mem, "/collections/%s%s", name,
		                                                  link[i].tail)),
		                    link[i].rel, link[i].type, link[i].title);
	json_array_end(w);
}

static enum err_code
collection_json(const struct ask *q, struct features_view *v, struct json_writer *w, struct err *e)
{
	const struct form *form = features_form(q, v->kind);
	struct geom_box b;
	bool any = false;
	const char **crs = NULL;
	size_t crs_count = 0;
	enum err_code rc = page_extent(v->reader, &any, &b, e);

	if (!rc)
		rc = features_crs_list(q, v, &crs, &crs_count, e);
	if (rc)
		return rc;
	json_object(w, NULL);
	json_string(w, "id", form->kind);
	json_string(w, "title", form->title[FORM_EN] ? form->title[FORM_EN] : form->kind);
	json_string(w, "itemType", "feature");
	if (any) {
		json_object(w, "extent");
		json_object(w, "spatial");
		json_string(w, "crs", FEATURES_CRS84);
		json_array(w, "bbox");
		json_array(w, NULL);
		json_number(w, NULL, b.min_lon_deg);
		json_number(w, NULL, b.min_lat_deg);
		json_number(w, NULL, b.max_lon_deg);
		json_number(w, NULL, b.max_lat_deg);
		json_array_end(w);
		json_array_end(w);
		json_object_end(w);
		json_object_end(w);
	}
	json_array(w, "crs");
	for (size_t i = 0; i < crs_count; i++)
		json_string(w, NULL, crs[i]);
	json_array_end(w);
	json_string(w, "storageCrs", FEATURES_CRS84);
	collection_links(q, form->kind, w);
	json_object_end(w);
	return ERR_OK;
}

static enum err_code
collections_html(const struct ask *q, struct reply *r)
{
	features_html_head(q, r, "Collections");
	buf_adds(&r->body, "<ul>\n");
	for (int k = 0; k < (int)store_kind_count(q->reg->st); k++) {
		const struct form *form = features_form(q, k);

		if (!features_offered(q, k))
			continue;
		buf_adds(&r->body, "<li><a href=\"");
		markup_add_text(&r->body,
		                features_link(q, arena_printf(q->mem, "/collections/%s?f=html",
		                                              form->kind)));
		buf_adds(&r->body, "\">");
		markup_add_text(&r->body, form->title[FORM_EN] ? form->title[FORM_EN] : form->kind);
		buf_adds(&r->body, "</a></li>\n");
	}
	buf_adds(&r->body, "</ul>\n");
	features_html_foot(r);
	return ERR_OK;
}

enum err_code
features_collections(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	bool html = false;
	enum err_code rc = features_check_params(q, e);

	(void)s;
	if (!rc)
		rc = features_format(q, &html, e);
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	if (html)
		return collections_html(q, r);
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "links");
	features_write_link(&w, features_link(q, "/collections?f=json"), "self", "application/json",
	                    "This document");
	features_write_link(&w, features_link(q, "/collections?f=html"), "alternate", "text/html",
	                    "This document, to read");
	json_array_end(&w);
	json_array(&w, "collections");
	for (int k = 0; !rc && k < (int)store_kind_count(q->reg->st); k++) {
		struct features_view *v;

		if (!features_offered(q, k))
			continue;
		rc = features_view(q, store_kind_name(q->reg->st, k), &v, e);
		if (!rc)
			rc = collection_json(q, v, &w, e);
	}
	json_array_end(&w);
	json_object_end(&w);
	return rc;
}

static void
collection_html(const struct ask *q, struct features_view *v, struct reply *r)
{
	const struct form *form = features_form(q, v->kind);
	const char *path = arena_printf(q->mem, "/collections/%s/items?f=html", form->kind);

	features_html_head(q, r, form->title[FORM_EN] ? form->title[FORM_EN] : form->kind);
	buf_adds(&r->body, "<p><a href=\"");
	markup_add_text(&r->body, features_link(q, path ? path : ""));
	buf_adds(&r->body, "\">Records</a></p>\n<table><tr><th scope=\"col\">Property</th><th "
	                   "scope=\"col\">Meaning</th></tr>\n");
	for (size_t i = 0; i < v->sheet.count; i++) {
		const struct sheet_column *c = &v->sheet.column[i];

		buf_adds(&r->body, "<tr><td>");
		markup_add_text(&r->body, c->name);
		buf_adds(&r->body, "</td><td>");
		markup_add_text(&r->body, c->source == SHEET_FIELD
		                                  ? form->field[c->field].label[FORM_EN]
		                                  : "");
		buf_adds(&r->body, "</td></tr>\n");
	}
	buf_adds(&r->body, "</table>\n");
	features_html_foot(r);
}

enum err_code
features_collection(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct features_view *v = NULL;
	struct json_writer w;
	bool html = false;
	enum err_code rc = features_check_params(q, e);

	(void)s;
	if (!rc)
		rc = features_format(q, &html, e);
	if (!rc)
		rc = features_view(q, q->arg[0], &v, e);
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	if (html) {
		collection_html(q, v, r);
		return ERR_OK;
	}
	json_begin(&w, &r->body);
	return collection_json(q, v, &w, e);
}
