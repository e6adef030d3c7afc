/* OGC API Features: the records of a collection, and one of them. */
#include <stdlib.h>
#include <string.h>

#include "api/feature.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"

/* One answer being made. */
struct answer {
	struct site *s;
	const struct ask *q;
	struct reply *r;
	struct features_view *v;
	struct features_question f;
	struct err *e;
	enum err_code failed; /* inside keep, which cannot say so */
	bool fits;
	bool html;
	bool cached; /* rows may come from the cache and go into it */
	size_t written;
	int64_t last; /* number of the last record written */
	bool more;
	struct sorted *list; /* when sorted */
	size_t count, room;
};

/* A record and what it is sorted by, as text that compares bytewise. */
struct sorted {
	char *key;
	size_t key_size;
	int64_t number;
};

static bool
keep(void *ctx, const struct shown *row)
{
	struct answer *a = ctx;
	bool fits = false;

	if (!a->failed)
		a->failed = features_values(a->v, row, a->e);
	if (!a->failed)
		a->failed = features_fits(a->s, a->v, &a->f, row, true, &fits, a->e);
	return fits || a->failed; /* a failure is told by the row that follows */
}

/* What a code is called, else the code. */
static const char *
words_of(const struct form_field *f, const char *code)
{
	const struct form_choice *c =
		f && f->type == FORM_SELECT_ONE ? form_choice_find(f->list, code) : NULL;

	return c ? c->label[FORM_EN] : code;
}

/* A record for people: what is stated of it, by its names; what is not stated takes no room. */
static void
write_html_row(struct answer *a, const struct shown *row)
{
	struct buf *b = &a->r->body, value;
	const struct form *form = features_form(a->q, a->v->kind);
	const char *id = NULL;

	(void)row;
	buf_init(&value, (size_t)1 << 20);
	buf_adds(b, "<section>\n<dl>\n");
	for (size_t i = 0; i < a->v->sheet.count; i++) {
		const struct sheet_column *c = &a->v->sheet.column[i];
		const struct store_value *v = &a->v->value[i];
		const struct form_field *f =
			c->source == SHEET_FIELD ? &form->field[c->field] : NULL;

		if (text_eq(c->name, "record_id") && v->type == STORE_TEXT)
			id = v->s;
		if ((a->f.shown && !a->f.shown[i]) || v->type == STORE_NULL)
			continue;
		buf_adds(b, "<dt>");
		markup_add_text(b, f ? f->label[FORM_EN] : c->name);
		buf_adds(b, "</dt><dd>");
		buf_reset(&value);
		if (v->type == STORE_TEXT) {
			markup_add_text(b, words_of(f, v->s));
		} else {
			value_to_json(v, &value);
			markup_add_text(b, buf_text(&value));
		}
		buf_adds(b, "</dd>\n");
	}
	buf_adds(b, "</dl>\n");
	if (id) {
		buf_adds(b, "<p><a href=\"");
		markup_add_text(b, features_link(a->q, arena_printf(a->q->mem, "/records/%s", id)));
		buf_adds(b, "\">This record on the page</a></p>\n");
	}
	buf_adds(b, "</section>\n");
	buf_done(&value);
}

static void
remember(struct answer *a, const struct shown *row, int64_t number)
{
	static const struct geom_box none = { 1, 1, -1, -1 };
	const struct geom *g = row->fields.geom;
	bool full = false;

	feature_cache_put(a->v->cache, number, a->v->scratch.data, a->v->scratch.size,
	                  g && !geom_is_empty(g) ? geom_bounds(g) : none, &full);
	if (full) /* begin anew: what is asked for now is asked for again soonest */
		features_cache_room(a->q, a->v);
}

static enum err_code
write_row(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *e)
{
	struct answer *a = ctx;
	bool fits = false;
	enum err_code rc = a->failed;

	if (!rc)
		rc = features_fits(a->s, a->v, &a->f, row, false, &fits, e);
	if (rc || !fits)
		return rc;
	if (a->written == a->f.limit) {
		a->more = *stop = true;
		return ERR_OK;
	}
	if (a->html) {
		write_html_row(a, row);
	} else {
		buf_adds(&a->r->body, a->written ? ",\n" : "\n");
		rc = features_write(a->v, &a->f, row, &a->r->body, e);
		if (!rc && a->cached && number < PAGE_UNCLASSED)
			remember(a, row, number);
	}
	a->written++;
	a->last = number;
	return rc;
}

/* A record that was written before. */
static bool
have(void *ctx, int64_t number, bool *stop)
{
	struct answer *a = ctx;
	const struct features_question *f = &a->f;
	const char *bytes;
	size_t size;
	struct geom_box box;
	bool inside = f->page.boxes == 0, near = inside, nowhere;

	if (!feature_cache_get(a->v->cache, number, &bytes, &size, &box))
		return false;
	nowhere = box.min_lon_deg > box.max_lon_deg;
	for (size_t i = 0; !nowhere && i < f->page.boxes; i++) {
		near = near || geom_box_overlap(box, f->box[i]);
		inside = inside || (f->plain_box && box.min_lon_deg >= f->box[i].min_lon_deg &&
		                    box.max_lon_deg <= f->box[i].max_lon_deg &&
		                    box.min_lat_deg >= f->box[i].min_lat_deg &&
		                    box.max_lat_deg <= f->box[i].max_lat_deg);
	}
	if (!near)
		return true;
	if (!inside)
		return false; /* its outline decides */
	if (a->written == f->limit) {
		a->more = *stop = true;
		return true;
	}
	buf_adds(&a->r->body, a->written ? ",\n" : "\n");
	feature_expand(bytes, size, a->v->word, &a->r->body);
	a->written++;
	a->last = number;
	return true;
}

/* ---- sorted ---- */

/* A value as bytes that sort as it does; no value comes last. */
static void
add_key(const struct store_value *value, bool down, struct buf *b)
{
	size_t from = b->size;
	double d = value->type == STORE_INT ? (double)value->i : value->d;
	uint64_t bits;

	switch (value->type) {
	case STORE_INT:
	case STORE_REAL:
		buf_addc(b, 1);
		d = d == 0 ? 0 : d; /* no minus zero */
		memcpy(&bits, &d, 8);
		bits ^= bits >> 63 ? ~(uint64_t)0 : (uint64_t)1 << 63;
		for (int i = 7; i >= 0; i--)
			buf_addc(b, (char)(bits >> (8 * i)));
		break;
	case STORE_TEXT:
		buf_addc(b, 2);
		buf_add(b, value->s, value->n);
		buf_addc(b, 0);
		break;
	default:
		buf_addc(b, (char)(down ? 0 : 3)); /* turned round below: last both ways */
	}
	for (size_t i = from; down && i < b->size; i++)
		b->data[i] = (char)~b->data[i];
}

static enum err_code
take_key(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *e)
{
	struct answer *a = ctx;
	struct buf b;
	struct sorted *more;
	bool fits = false;
	enum err_code rc = a->failed;

	(void)stop;
	if (!rc)
		rc = features_fits(a->s, a->v, &a->f, row, false, &fits, e);
	if (rc || !fits)
		return rc;
	if (a->count == FEATURES_SORT_MOST)
		return err_set(e, ERR_INVALID,
		               "more than %d records would be sorted; narrow the selection",
		               FEATURES_SORT_MOST);
	if (a->count == a->room) {
		a->room = a->room ? 2 * a->room : 256;
		more = mem_realloc_array(a->list, a->room, sizeof(*more));
		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for sorting");
		a->list = more;
	}
	buf_init(&b, (size_t)1 << 20);
	for (size_t i = 0; i < a->f.sorts; i++)
		add_key(&a->v->value[a->f.sort[i].column], a->f.sort[i].descending, &b);
	a->list[a->count] = (struct sorted){ mem_alloc(b.size + 1), b.size, number };
	if (!buf_ok(&b) || !a->list[a->count].key) {
		mem_free(a->list[a->count].key);
		buf_done(&b);
		return err_set(e, ERR_NOMEM, "out of memory for sorting");
	}
	memcpy(a->list[a->count++].key, b.data, b.size);
	buf_done(&b);
	return ERR_OK;
}

static int
by_key(const void *x, const void *y)
{
	const struct sorted *a = x, *b = y;
	size_t n = a->key_size < b->key_size ? a->key_size : b->key_size;
	int c = memcmp(a->key, b->key, n);

	if (c)
		return c;
	if (a->key_size != b->key_size)
		return a->key_size < b->key_size ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static enum err_code
write_sorted(struct answer *a, struct err *e)
{
	struct page_calls c = { .keep = keep, .row = take_key, .ctx = a };
	struct page_question q = a->f.page;
	enum err_code rc;

	q.no_geometry = !q.box && !(a->f.filter && a->f.filter->needs_geometry);
	rc = page_walk(a->v->reader, &q, &c, e);
	if (!rc && a->failed)
		rc = a->failed;
	if (!rc && a->count)
		qsort(a->list, a->count, sizeof(*a->list), by_key);
	c.row = write_row;
	q.box = NULL;
	q.boxes = 0;
	q.no_geometry =
		!a->f.geometry && !a->f.in_box && !(a->f.filter && a->f.filter->needs_geometry);
	for (size_t i = a->f.skip; !rc && i < a->count && a->written < a->f.limit; i++)
		rc = page_number(a->v->reader, &q, a->list[i].number, &c, e);
	a->more = a->f.skip + a->written < a->count;
	for (size_t i = 0; i < a->count; i++)
		mem_free(a->list[i].key);
	mem_free(a->list);
	return rc;
}

/* ---- the frame of a page ---- */

static void
add_escaped(struct buf *b, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~,:/", c)) {
			buf_addc(b, (char)c);
		} else {
			buf_addc(b, '%');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

/* The address of the same question with another value of one parameter (NULL = without it). */
static const char *
link_with(const struct ask *q, const char *name, const char *value)
{
	struct buf b;
	const char *text, *join = "?";

	buf_init(&b, (size_t)1 << 20);
	buf_adds(&b, features_link(q, ""));
	add_escaped(&b, q->path);
	for (size_t i = 0; i < q->query_count; i++) {
		if (text_eq(q->query[i].name, name))
			continue;
		buf_adds(&b, join);
		add_escaped(&b, q->query[i].name);
		buf_addc(&b, '=');
		add_escaped(&b, q->query[i].value);
		join = "&";
	}
	if (value) {
		buf_printf(&b, "%s%s=", join, name);
		add_escaped(&b, value);
	}
	text = arena_strdup(q->mem, buf_text(&b));
	buf_done(&b);
	return text ? text : "";
}

static const char *
next_cursor(const struct answer *a)
{
	const char *s = a->f.sorts ? arena_printf(a->q->mem, "%lld-s%zu", (long long)a->f.size,
	                                          a->f.skip + a->written)
	                           : arena_printf(a->q->mem, "%lld-%lld", (long long)a->f.size,
	                                          (long long)a->last);

	return s ? s : "";
}

static void
finish_json(struct answer *a)
{
	const struct ask *q = a->q;
	struct buf *b = &a->r->body;
	struct json_writer w;
	char now[28];

	buf_adds(b, "\n],");
	clock_format_s(clock_now_us() / 1000000, now);
	buf_printf(b, "\"timeStamp\":\"%s\",\"numberReturned\":%zu,", now, a->written);
	if (a->f.sorts)
		buf_printf(b, "\"numberMatched\":%zu,", a->count);
	else if (a->f.first && !a->more)
		buf_printf(b, "\"numberMatched\":%zu,", a->written);
	buf_adds(b, "\"links\":");
	json_begin(&w, b);
	json_array(&w, NULL);
	features_write_link(&w, link_with(q, "f", "json"), "self", "application/geo+json",
	                    "This document");
	features_write_link(&w, link_with(q, "f", "html"), "alternate", "text/html",
	                    "This document, to read");
	if (a->more)
		features_write_link(&w, link_with(q, "cursor", next_cursor(a)), "next",
		                    "application/geo+json", "The next page");
	features_write_link(&w,
	                    features_link(q, arena_printf(q->mem, "/collections/%s", q->arg[0])),
	                    "collection", "application/json", "The collection");
	json_array_end(&w);
	buf_adds(b, "}\n");
}

static void
start_html(struct answer *a)
{
	const struct form *form = features_form(a->q, a->v->kind);

	features_html_head(a->q, a->r, form->title[FORM_EN] ? form->title[FORM_EN] : form->kind);
}

static void
finish_html(struct answer *a)
{
	struct buf *b = &a->r->body;

	buf_adds(b, "<p class=\"foot\">");
	if (a->more) {
		buf_adds(b, "<a rel=\"next\" href=\"");
		markup_add_text(b, link_with(a->q, "cursor", next_cursor(a)));
		buf_adds(b, "\">Next page</a> &middot; ");
	}
	buf_adds(b, "<a href=\"");
	markup_add_text(b, link_with(a->q, "f", "json"));
	buf_adds(b, "\">GeoJSON</a></p>\n");
	features_html_foot(a->r);
}

static enum err_code
write_page(struct answer *a, int64_t size, struct err *e)
{
	struct page_calls c = { .keep = keep, .row = write_row, .ctx = a };
	enum err_code rc;

	if (a->html)
		start_html(a);
	else
		buf_adds(&a->r->body, "{\"type\":\"FeatureCollection\",\"features\":[");
	if (a->f.sorts) {
		rc = write_sorted(a, e);
	} else {
		a->f.page.no_geometry = !a->f.geometry && !a->f.page.box &&
		                        !(a->f.filter && a->f.filter->needs_geometry);
		a->cached = !a->html && features_plain(&a->f) && a->f.size == size;
		rc = a->cached ? features_cache_renew(a->v, size, e) : ERR_OK;
		c.have = a->cached ? have : NULL;
		if (!rc)
			rc = page_walk(a->v->reader, &a->f.page, &c, e);
	}
	if (rc)
		return rc;
	if (a->failed)
		return a->failed;
	if (a->html)
		finish_html(a);
	else
		finish_json(a);
	return ERR_OK;
}

static void
content_crs(struct answer *a)
{
	const char *value = arena_printf(a->q->mem, "<%s>", a->f.crs_uri);

	a->r->type = "application/geo+json";
	if (value)
		reply_header(a->r, "Content-Crs", value);
}

enum err_code
features_items(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct answer a = { .s = s, .q = q, .r = r, .e = e };
	int64_t size;
	enum err_code rc = features_format(q, &a.html, e);

	if (!rc)
		rc = features_view(q, q->arg[0], &a.v, e);
	if (!rc)
		rc = page_begin(q->reg->st, e);
	if (rc)
		return rc;
	rc = features_question(s, q, a.v, true, &a.f, e);
	if (!rc) {
		size = store_log_size(q->reg->st);
		if (!a.html)
			content_crs(&a);
		if (!features_etag(q, size, r))
			rc = write_page(&a, size, e);
		features_question_done(&a.f);
	}
	page_end(q->reg->st);
	return rc;
}

/* ---- one record ---- */

static enum err_code
write_one(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *e)
{
	struct answer *a = ctx;
	enum err_code rc = features_values(a->v, row, e);

	(void)number;
	*stop = true;
	if (rc)
		return rc;
	if (a->html) {
		start_html(a);
		write_html_row(a, row);
		finish_html(a);
		return ERR_OK;
	}
	return features_write(a->v, &a->f, row, &a->r->body, e);
}

/* Put links into the feature that was written. */
static void
link_one(struct answer *a)
{
	const struct ask *q = a->q;
	struct buf *b = &a->r->body;
	struct json_writer w;

	if (!b->size || !buf_ok(b))
		return;
	b->size--; /* the closing brace */
	buf_adds(b, ",\"links\":");
	json_begin(&w, b);
	json_array(&w, NULL);
	features_write_link(&w, link_with(q, "f", "json"), "self", "application/geo+json",
	                    "This document");
	features_write_link(&w, link_with(q, "f", "html"), "alternate", "text/html",
	                    "This document, to read");
	features_write_link(&w,
	                    features_link(q, arena_printf(q->mem, "/collections/%s", q->arg[0])),
	                    "collection", "application/json", "The collection");
	json_array_end(&w);
	buf_adds(b, "}\n");
}

static enum err_code
one_item(struct answer *a, struct uuid id, struct err *e)
{
	const struct page_calls c = { .row = write_one, .ctx = a };
	enum err_code rc = features_question(a->s, a->q, a->v, false, &a->f, e);

	if (rc)
		return rc;
	if (!a->html)
		content_crs(a);
	rc = page_record(a->v->reader, &a->f.page, id, &c, e);
	if (!rc && !a->html)
		link_one(a);
	if (!rc && features_etag(a->q, store_log_size(a->q->reg->st), a->r))
		buf_reset(&a->r->body);
	features_question_done(&a->f);
	return rc;
}

enum err_code
features_item(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct answer a = { .s = s, .q = q, .r = r, .e = e };
	struct uuid id;
	enum err_code rc = features_format(q, &a.html, e);

	if (!rc)
		rc = features_view(q, q->arg[0], &a.v, e);
	if (!rc && !uuid_parse(q->arg[1], strlen(q->arg[1]), &id))
		rc = err_set(e, ERR_NOTFOUND, "there is no such %s", q->arg[0]);
	if (!rc)
		rc = page_begin(q->reg->st, e);
	if (rc)
		return rc;
	rc = one_item(&a, id, e);
	page_end(q->reg->st);
	return rc;
}
