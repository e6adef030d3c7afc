#include "ingest/import.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/feed.h"
#include "ingest/guess.h"
#include "ingest/sheet.h"
#include "ingest/territory.h"
#include "store/rowkey.h"

#define FIRST_BYTES ((size_t)512 << 20)
#define MAX_WORKERS 64
#define GUESS_WHOLE_BYTES ((int64_t)16 << 20)
#define MAX_ORIGINAL ((size_t)256 << 20)
#define MAX_GEOMETRY_TEXT                                                                          \
	20000 /* bytes of WKB shown as GeoJSON in a quarantined row; more stays hex */

struct importing {
	struct store *st;
	const struct import_options *o;
	int kind;
	struct source *source;
	const struct source_header *header;
	struct arena mem, first_mem;
	struct source_rows first;
	struct feed *feed;
	struct territory *territory;
	struct links *links;
	struct rowmake *maker;
	struct rowmake_worker *worker[MAX_WORKERS];
	size_t workers;
	struct take *take;
	/* the batch */
	const struct feed_batch *batch;
	struct rowmake_row *row;
	size_t room;
	struct err worker_err[MAX_WORKERS];
};

/* --- what a quarantined row looked like
 * ---------------------------------------------------------------------- */

static void
write_value(struct json_writer *w, const char *name, const struct mapping_value *v)
{
	struct buf text;

	buf_init(&text, 0);
	switch (v->type) {
	case MAPPING_INT:
		json_int(w, name, v->i);
		break;
	case MAPPING_REAL:
		json_number(w, name, v->d);
		break;
	case MAPPING_TEXT:
		buf_add(&text, v->s, v->n);
		json_string(w, name, buf_text(&text));
		break;
	case MAPPING_BLOB: {
		char *hex = buf_reserve(&text, 2 * v->n + 1);

		if (hex)
			text_hex((const uint8_t *)v->s, v->n, hex);
		json_string(w, name, hex ? hex : NULL);
		break;
	}
	default:
		json_null(w, name);
	}
	buf_done(&text);
}

static void
write_geometry(struct json_writer *w, const uint8_t *wkb, size_t n, struct arena *mem)
{
	struct mapping_value blob = { .type = MAPPING_BLOB, .s = (const char *)wkb, .n = n };
	struct err ignored = { 0 };
	struct geom g;
	struct buf json;

	buf_init(&json, 0);
	if (n <= MAX_GEOMETRY_TEXT && geom_from_wkb(wkb, n, 0, mem, &g, &ignored) == ERR_OK) {
		geom_write_json(&g, &json);
		json_raw(w, "geometry", buf_text(&json), json.size);
	} else {
		write_value(w, "geometry", &blob);
	}
	buf_done(&json);
}

static const char *
original_of(const struct importing *im, const struct feed_row *f, struct arena *mem)
{
	struct json_writer w;
	struct buf b;
	char *text;

	buf_init(&b, MAX_ORIGINAL);
	json_begin(&w, &b);
	json_object(&w, NULL);
	if (!f->source)
		json_string(&w, "text", f->bad_original);
	for (size_t i = 0; f->source && i < im->header->column_count; i++)
		write_value(&w, im->header->columns[i].name, &f->source[i]);
	if (f->wkb)
		write_geometry(&w, f->wkb, f->wkb_n, mem);
	json_object_end(&w);
	text = buf_ok(&b) ? arena_strndup(mem, b.data, b.size) : NULL;
	buf_done(&b);
	return text;
}

static const char *
original(void *ctx, size_t i, struct arena *mem)
{
	struct importing *im = ctx;

	return original_of(im, &im->batch->row[i], mem);
}

/* --- making rows
 * ------------------------------------------------------------------------------------------------
 */

/* A row without mapped values: the reader could not read it, or the mapping left it out. */
static enum err_code
make_refused(struct importing *im, const struct feed_row *f, struct rowmake_row *r, struct err *e)
{
	enum rowcheck_id id = f->bad_reason ? CHECK_UNREADABLE_ROW : CHECK_LEFT_OUT_BY_MAPPING;
	const char *text = original_of(im, f, &im->mem);

	if (!text)
		return err_set(e, ERR_NOMEM, "out of memory for a row");
	hash_sha256(text, strlen(text), r->content);
	r->found = (uint64_t)1 << id;
	r->reason = f->bad_reason ? f->bad_reason : rowchecks[id].sentence;
	return ERR_OK;
}

/* Fingerprint of a row as the file has it, so that true repeats are told apart from rows that only
 * map alike. */
static uint64_t
print_source(const struct feed_row *f, size_t columns)
{
	struct hash_state h;
	uint8_t sha[HASH_SIZE];
	uint64_t v;

	hash_init(&h);
	for (size_t i = 0; i < columns; i++) {
		const struct mapping_value *s = &f->source[i];
		bool bytes = s->type == MAPPING_TEXT || s->type == MAPPING_BLOB;
		uint64_t head[2] = { (uint64_t)s->type, bytes ? s->n : (uint64_t)s->i };

		if (s->type == MAPPING_REAL)
			memcpy(&head[1], &s->d, sizeof(head[1]));
		hash_update(&h, head, sizeof(head));
		if (bytes)
			hash_update(&h, s->s, s->n);
	}
	if (f->wkb)
		hash_update(&h, f->wkb, f->wkb_n);
	hash_final(&h, sha);
	memcpy(&v, sha, sizeof(v));
	return v ? v : 1;
}

static void
make_one(void *ctx, size_t i, size_t worker)
{
	struct importing *im = ctx;
	struct rowmake_row *r = &im->row[i];

	if (im->batch->row[i].source)
		r->row_print = print_source(&im->batch->row[i], im->header->column_count);
	if (r->mapped)
		r->rc = rowmake_row(im->maker, im->worker[worker], r, &im->worker_err[worker]);
}

static enum err_code
make_batch(struct importing *im, struct err *e)
{
	const struct feed_batch *b = im->batch;
	enum err_code rc = ERR_OK;

	if (b->count > im->room) {
		mem_free(im->row);
		im->row = mem_calloc(b->count, sizeof(*im->row));
		im->room = im->row ? b->count : 0;
		if (!im->row)
			return err_set(e, ERR_NOMEM, "out of memory for a batch of rows");
	}
	arena_reset(&im->mem);
	for (size_t i = 0; i < im->workers; i++)
		rowmake_worker_reset(im->worker[i]);
	for (size_t i = 0; !rc && i < b->count; i++) {
		im->row[i] = (struct rowmake_row){ .number = b->row[i].number,
			                           .mapped = b->row[i].mapped };
		if (!b->row[i].mapped)
			rc = make_refused(im, &b->row[i], &im->row[i], e);
	}
	if (rc)
		return rc;
	pool_for(im->o->pool, b->count, 64, make_one, im);
	for (size_t i = 0; i < b->count; i++)
		if (im->row[i]
		            .rc) /* told again by the first in the file, whichever thread it was */
			return rowmake_row(im->maker, im->worker[0], &im->row[i], e);
	return ERR_OK;
}

/* --- setting up
 * ---------------------------------------------------------------------------------------------------
 */

static void
tell_warnings(const struct importing *im, const struct source_rows *rows)
{
	for (size_t i = 0; im->o->remark && i < rows->warning_count; i++)
		im->o->remark(im->o->progress_ctx, rows->warnings[i]);
}

/* Size of the file in bytes, 0 when it cannot be told. */
static int64_t
file_size(const char *path)
{
	FILE *f = fopen(path, "rb");
	int64_t size = 0;

	if (f && fseeko(f, 0, SEEK_END) == 0)
		size = ftello(f);
	if (f)
		(void)fclose(f); /* only read */
	return size > 0 ? size : 0;
}

/* A small file is looked through from end to end before a mapping is drafted; of a large one, where
 * reading twice would cost, the first rows must do. */
static enum err_code
look_through(struct importing *im, const struct source_options *so, struct guess *g, struct err *e)
{
	struct source *s = NULL;
	struct source_rows rows = { 0 };
	struct arena mem;
	enum err_code rc;

	if (file_size(im->o->path) > GUESS_WHOLE_BYTES)
		return guess_look(g, &im->first, e);
	arena_init(&mem, FIRST_BYTES);
	rc = source_open(im->o->path, so, &s, e);
	while (!rc && !rows.end && !guess_full(g)) {
		arena_reset(&mem);
		rc = source_next_batch(s, &mem, &rows, e);
		sheet_skip(&rows, im->header->column_count);
		if (!rc)
			rc = guess_look(g, &rows, e);
	}
	source_close(s);
	arena_done(&mem);
	return rc;
}

static enum err_code
draft_mapping(struct importing *im, const struct source_options *so, struct buf *mapping,
              struct err *e)
{
	struct guess *g = NULL;
	enum err_code rc = guess_create(store_form(im->st, im->kind), im->header, &g, e);

	if (!rc)
		rc = look_through(im, so, g, e);
	if (!rc)
		rc = guess_write(g, im->o->crs, mapping, e);
	guess_free(g);
	return rc;
}

/* A table has one layer, whatever it is asked for. In an archive it goes by its path; the name
 * alone, with or without its ending, will do. */
static bool
is_layer(const struct source_header *h, const char *layer)
{
	const char *name = file_basename(h->layer), *dot = strrchr(name, '.');

	return !layer || !text_eq(h->driver, "CSV") || text_eq(layer, h->layer) ||
	       text_eq(layer, name) ||
	       (dot && strlen(layer) == (size_t)(dot - name) &&
	        strncmp(layer, name, strlen(layer)) == 0);
}

static enum err_code
open_file(struct importing *im, struct buf *mapping, struct err *e)
{
	const struct import_options *o = im->o;
	struct source_options so = { .layer = o->layer,
		                     .prefer = store_kind_name(im->st, im->kind),
		                     .encoding = o->encoding,
		                     .limits = o->limits };
	enum err_code rc = source_open(o->path, &so, &im->source, e);

	if (rc)
		return rc;
	im->header = source_header(im->source);
	if (!is_layer(im->header, o->layer)) {
		(void)err_set(e, ERR_NOTFOUND, "%s has no layer \"%.60s\"", file_basename(o->path),
		              o->layer);
		return err_hint(e, "its only layer is \"%.100s\"", im->header->layer);
	}
	rc = source_next_batch(im->source, &im->first_mem, &im->first, e);
	if (rc)
		return rc;
	tell_warnings(im, &im->first);
	sheet_skip(&im->first, im->header->column_count);
	if (o->mapping)
		buf_adds(mapping, o->mapping);
	else
		rc = draft_mapping(im, &so, mapping, e);
	if (!rc && !buf_ok(mapping))
		rc = err_set(e, ERR_NOMEM, "out of memory for a mapping");
	return rc ? rc : feed_open(im->source, &im->first, buf_text(mapping), &im->feed, e);
}

static enum err_code
make_workers(struct importing *im, struct err *e)
{
	enum err_code rc = ERR_OK;

	im->workers = pool_size(im->o->pool);
	if (im->workers > MAX_WORKERS)
		return err_set(e, ERR_LIMIT, "an import uses at most %d threads", MAX_WORKERS);
	for (size_t i = 0; !rc && i < im->workers; i++)
		rc = rowmake_worker_create(im->maker, &im->worker[i], e);
	return rc;
}

static enum err_code
open_maker(struct importing *im, struct err *e)
{
	const struct import_options *o = im->o;
	bool wgs84 = text_eq(im->header->driver, "GeoJSON") || text_eq(im->header->driver, "GPX") ||
	             text_eq(im->header->driver, "KML");
	struct rowmake_about about = { .form = store_form(im->st, im->kind),
		                       .column_count = feed_column_count(im->feed),
		                       .column = feed_columns(im->feed),
		                       .key = o->key,
		                       .source_date = o->source_date,
		                       .file_crs = im->header->crs,
		                       .file_wkt = im->header->crs_wkt,
		                       .iso3 = store_meta(im->st, "country"),
		                       .crs = o->crs,
		                       .operation = o->operation,
		                       .geometry_is_wgs84 = wgs84 && !*im->header->crs,
		                       .today_days = clock_now_us() / 86400000000 };
	enum err_code rc = territory_load(im->st, &im->territory, e);

	if (rc)
		return rc;
	about.country = territory_country(im->territory);
	about.places = territory_places(im->territory);
	rc = links_load(im->st, about.form, about.column, about.column_count, &im->links, e);
	if (rc)
		return rc;
	about.links = im->links;
	rc = rowmake_create(&about, &im->maker, e);
	return rc ? rc : make_workers(im, e);
}

/* Many new rows: indexes are packed at the end instead of kept row by row. */
static bool
is_bulk(const struct importing *im)
{
	int64_t features = im->header->features, revisions = 0;
	struct err ignored = { 0 };

	if (features < 0)
		features = file_size(im->o->path) / 300;
	if (rowkey_revisions(im->st, &revisions, &ignored))
		revisions = 0;
	return features >= 2000 && features >= revisions / 10;
}

/* What the submission and the source record say of the import; retry.c reads the key from it. */
static char *
remark_of(struct importing *im)
{
	const struct import_options *o = im->o;
	char *keys = NULL;

	for (const char *const *k = o->key; k && *k; k++)
		keys = arena_printf(&im->first_mem, "%s%s%s", keys ? keys : TAKE_KEY_MARK,
		                    keys ? "," : "", *k);
	return arena_printf(&im->first_mem, "import of %s as %s%s%s%s%s", file_basename(o->path),
	                    o->kind, o->message ? ": " : "", o->message ? o->message : "",
	                    keys ? keys : "", keys ? "]" : "");
}

static enum err_code
open_take(struct importing *im, struct err *e)
{
	const struct import_options *o = im->o;
	char *remark = remark_of(im);
	struct take_about about = { .st = im->st,
		                    .kind = im->kind,
		                    .maker = im->maker,
		                    .dry_run = o->dry_run,
		                    .keyed = o->key != NULL,
		                    .submit = { .author = o->author,
		                                .remark = remark,
		                                .approved_by = o->approved_by,
		                                .bulk = is_bulk(im),
		                                .pool = o->pool },
		                    .path = o->path,
		                    .title = o->message ? o->message : file_basename(o->path),
		                    .source_date = o->source_date,
		                    .remark = remark,
		                    .today_days = clock_now_us() / 86400000000,
		                    .group = o->group };

	if (!remark)
		return err_set(e, ERR_NOMEM, "out of memory for an import");
	return take_open(&about, &im->take, e);
}

static enum err_code
read_rows(struct importing *im, struct err *e)
{
	enum err_code rc = ERR_OK;
	int64_t rows = 0;

	while (!rc) {
		rc = feed_next(im->feed, &im->batch, e);
		if (rc || im->batch->count == 0)
			return rc;
		rc = make_batch(im, e);
		if (!rc)
			rc = take_rows(im->take, im->row, im->batch->count, original, im, e);
		rows += (int64_t)im->batch->count;
		if (im->o->progress)
			im->o->progress(im->o->progress_ctx, rows, im->header->features);
	}
	return rc;
}

static void
done(struct importing *im)
{
	take_close(im->take);
	for (size_t i = 0; i < im->workers && i < MAX_WORKERS; i++)
		rowmake_worker_free(im->worker[i]);
	feed_close(im->feed);
	rowmake_free(im->maker);
	territory_free(im->territory);
	links_free(im->links);
	source_close(im->source);
	arena_done(&im->mem);
	arena_done(&im->first_mem);
	mem_free(im->row);
}

enum err_code
import_run(struct store *st, const struct import_options *o, struct buf *mapping,
           struct import_result *ret, struct err *e)
{
	struct importing im = { .st = st, .o = o, .kind = store_kind(st, o->kind) };
	int64_t source_days = 0;
	enum err_code rc;

	if (im.kind < 0) {
		(void)err_set(e, ERR_INVALID, "there is no kind of record called %.60s", o->kind);
		return err_hint(e, "see the kinds with: fallow form list");
	}
	if (decide_own_kind(st, im.kind))
		return decide_refuse(o->kind, e);
	if (o->source_date &&
	    !clock_parse_date(o->source_date, strlen(o->source_date), &source_days))
		return err_set(e, ERR_INVALID, "--source-date is \"%.40s\"; it must be YYYY-MM-DD",
		               o->source_date);
	if (o->source_date && source_days > clock_now_us() / 86400000000 + 1)
		return err_set(e, ERR_INVALID, "--source-date %s lies in the future",
		               o->source_date);
	arena_init(&im.mem, FIRST_BYTES);
	arena_init(&im.first_mem, FIRST_BYTES);
	memset(ret, 0, sizeof(*ret));
	rc = open_file(&im, mapping, e);
	if (!rc)
		rc = open_maker(&im, e);
	if (!rc)
		rc = open_take(&im, e);
	if (!rc)
		rc = read_rows(&im, e);
	if (!rc)
		rc = take_finish(im.take, e);
	if (im.take)
		ret->counts = *take_counts(im.take);
	if (im.header) {
		(void)snprintf(ret->layer, sizeof(ret->layer), "%s", im.header->layer);
		(void)snprintf(ret->driver, sizeof(ret->driver), "%s", im.header->driver);
	}
	done(&im);
	return rc;
}
