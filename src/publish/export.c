#include "publish/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "publish/suppress.h"
#include "publish/writer.h"
#include "store/submit.h"

enum {
	MOST_FILES = 64
};

typedef enum err_code writer_start(const char *path, const struct about *a, struct writer **ret,
                                   struct err *e);

static const struct format {
	const char *extension;
	writer_start *start;
	bool one_table; /* a file holds one; more become a folder */
} formats[] = {
	{ "gpkg", writer_gpkg, false },   { "geojson", writer_geojson, true },
	{ "json", writer_geojson, true }, { "csv", writer_csv, true },
	{ "xlsx", writer_xlsx, false },
};

struct export
{
	struct store *st;
	const struct export_options *o;
	struct export_result *res;
	const struct format *format;
	struct arena mem; /* the whole export */
	struct arena row; /* a row */
	struct about about;
	int kind[32];
	size_t kinds;
	bool folder;
	char temporary[1100]; /* what is written; renamed at the end */
	struct writer *w;
	bool started; /* the table of w has begun */
	struct sheet sheet;
	struct store_value *value;
	struct geo *geo;
	char file[MOST_FILES][80];
	int64_t kind_rows;
};

static enum err_code
choose_kinds(struct export *x, struct err *e)
{
	const struct export_options *o = x->o;

	for (size_t i = 0; i < o->kind_count; i++) {
		int k = store_kind(x->st, o->kind[i]);

		if (k < 0)
			return err_set(e, ERR_INVALID,
			               "--kind is \"%.40s\"; see the kinds with fallow form list",
			               o->kind[i]);
		if (x->kinds == sizeof(x->kind) / sizeof(*x->kind))
			return err_set(e, ERR_LIMIT, "more than %zu kinds", x->kinds);
		x->kind[x->kinds++] = k;
	}
	for (size_t k = 0; o->kind_count == 0 && k < store_kind_count(x->st) && x->kinds < 32; k++)
		if (!text_eq(store_kind_name(x->st, (int)k),
		             "event")) /* who was given what is not given out unasked */
			x->kind[x->kinds++] = (int)k;
	return ERR_OK;
}

static enum err_code
choose_format(struct export *x, struct err *e)
{
	const char *extension = file_extension(x->o->out);
	size_t stem;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (text_eq_nocase(extension, formats[i].extension))
			x->format = &formats[i];
	if (!x->format)
		return err_set(
			e, ERR_INVALID,
			"%s ends in \"%.20s\"; exports end in .gpkg, .geojson, .csv or .xlsx",
			x->o->out, extension);
	x->folder = x->format->one_table && x->o->kind_count != 1;
	stem = strlen(x->o->out) - (x->folder ? strlen(extension) + 1 : 0);
	if (stem == 0 || stem >= sizeof(x->res->path) - 1)
		return err_set(e, ERR_LIMIT, "the name of the export is too long");
	memcpy(x->res->path, x->o->out, stem);
	x->res->path[stem] = '\0';
	(void)snprintf(x->temporary, sizeof(x->temporary), "%s.part", x->res->path);
	if (file_exists(x->res->path))
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed",
		               x->res->path);
	if (file_exists(x->temporary)) {
		(void)err_set(e, ERR_CONFLICT,
		              "%s is there: the rest of an export that was interrupted, or of one "
		              "that runs",
		              x->temporary);
		return err_hint(e, "remove it and export again");
	}
	return ERR_OK;
}

/* The writer for the table that begins now. */
static enum err_code
start_table(struct export *x, struct err *e)
{
	char path[1300];
	enum err_code rc = ERR_OK;

	if (x->folder && !x->w) {
		if (x->res->files == MOST_FILES)
			return err_set(e, ERR_LIMIT, "more than %d files", MOST_FILES);
		(void)snprintf(x->file[x->res->files], sizeof(x->file[0]), "%s.%s", x->sheet.name,
		               x->format->extension);
		(void)snprintf(path, sizeof(path), "%s/%s", x->temporary, x->file[x->res->files]);
		x->res->files++;
		rc = x->format->start(path, &x->about, &x->w, e);
	}
	if (!rc)
		rc = x->w->calls->sheet(x->w, &x->sheet, e);
	x->started = !rc;
	return rc;
}

static enum err_code
end_file(struct export *x, struct err *e)
{
	enum err_code rc = x->w ? x->w->calls->finish(x->w, e) : ERR_OK;

	if (x->w)
		x->w->calls->free(x->w);
	x->w = NULL;
	return rc;
}

static enum err_code
take_row(void *ctx, const struct shown *row, struct err *e)
{
	struct export *x = ctx;
	const struct geom *g = x->sheet.geometry ? row->fields.geom : NULL;
	double at[2] = { 0, 0 };
	enum err_code rc = x->started ? ERR_OK : start_table(x, e);

	arena_reset(&x->row);
	if (!rc)
		rc = sheet_values(&x->sheet, row, x->about.expires, &x->row, x->value, e);
	if (!rc && g && x->w->needs_point)
		rc = shape_point_inside(x->geo, g, at, e);
	if (!rc)
		rc = x->w->calls->row(x->w, x->value, g, at, e);
	x->res->rows += !rc;
	if (!rc && x->o->progress && ++x->kind_rows % 1024 == 0)
		x->o->progress(x->o->progress_ctx, x->sheet.name, x->kind_rows, 0);
	return rc;
}

/* Persons by year, as every other answer gives them; accidents and victims have the one table. */
static enum err_code
one_totals(struct export *x, const struct each_filter *f, struct err *e)
{
	static const char *const codes[] = { "casualties.by_year", NULL };
	const struct figure_question q = { .codes = codes };
	struct figure_set s = { 0 };
	enum err_code rc = sheet_make_totals(x->st, f->kind, &x->mem, &x->sheet, e);

	arena_init(&s.mem, 16u << 20);
	if (!rc)
		rc = suppress_casualties(x->st, &q, &s, e);
	if (!rc && (s.count > 0 || x->o->kind_count))
		rc = start_table(x, e);
	for (size_t i = 0; !rc && i < s.count; i++) {
		struct store_value value[8];

		sheet_total_values(&x->sheet, &s.row[i], value);
		rc = x->w->calls->row(x->w, value, NULL, NULL, e);
		x->res->rows += !rc;
	}
	figure_set_free(&s);
	return rc;
}

static enum err_code
one_kind(struct export *x, int kind, struct err *e)
{
	const struct each_filter f = { .kind = kind,
		                       .as_of_days = x->o->as_of_days,
		                       .known_size = x->o->known_size };
	const char *name = store_kind_name(x->st, kind);
	bool totals = text_eq(name, "accident") || text_eq(name, "victim");
	enum err_code rc = ERR_OK;

	x->started = false;
	x->kind_rows = 0;
	if (access_has_rows(x->o->role, name)) {
		rc = sheet_make(x->st, kind, x->o->role, &x->mem, &x->sheet, e);
		x->value = rc ? NULL : arena_calloc(&x->mem, x->sheet.count + 1, sizeof(*x->value));
		if (!rc && !x->value)
			rc = err_set(e, ERR_NOMEM, "out of memory for an export");
		/* asked for by name, or the hazards: an empty table says that there is none */
		if (!rc && (x->o->kind_count || text_eq(name, "hazard")))
			rc = start_table(x, e);
		if (!rc)
			rc = access_each(x->st, &f, x->o->role, take_row, x, e);
	} else if (totals) {
		rc = one_totals(x, &f, e);
	} else if (x->o->kind_count) {
		rc = err_set(e, ERR_DENIED, "records of kind %s are not given to the role %s", name,
		             access_role_name(x->o->role));
	}
	if (!rc && x->folder)
		rc = end_file(x, e);
	return rc;
}

static enum err_code
write_all(struct export *x, struct err *e)
{
	char path[1300];
	enum err_code rc = ERR_OK;

	if (x->folder)
		rc = file_mkdirs(x->temporary, 0755, e);
	else
		rc = x->format->start(x->temporary, &x->about, &x->w, e);
	for (size_t i = 0; !rc && i < x->kinds; i++)
		rc = one_kind(x, x->kind[i], e);
	if (!rc)
		rc = end_file(x, e);
	if (!rc && x->folder) {
		struct buf b;

		buf_init(&b, 1u << 20);
		about_text(&x->about, &b);
		(void)snprintf(x->file[x->res->files], sizeof(x->file[0]), "about.txt");
		(void)snprintf(path, sizeof(path), "%s/about.txt", x->temporary);
		x->res->files++;
		rc = buf_ok(&b) ? file_write_atomic(path, b.data, b.size, 0644, e)
		                : err_set(e, ERR_NOMEM, "out of memory");
		buf_done(&b);
	}
	if (!x->folder)
		x->res->files = 1;
	return rc;
}

/* Hash of the file, or of the lines that sha256sum prints for the files of a folder. */
static enum err_code
take_hash(struct export *x, struct err *e)
{
	uint8_t sha[32];
	int64_t size;
	struct buf lines;
	enum err_code rc = ERR_OK;

	if (!x->folder) {
		rc = file_sha256(x->temporary, sha, &size, e);
		text_hex(sha, 32, x->res->sha256);
		return rc;
	}
	buf_init(&lines, 1u << 20);
	for (int i = 0; !rc && i < x->res->files; i++) {
		char path[1300], hex[65];

		(void)snprintf(path, sizeof(path), "%s/%s", x->temporary, x->file[i]);
		rc = file_sha256(path, sha, &size, e);
		text_hex(sha, 32, hex);
		buf_printf(&lines, "%s  %s\n", hex, x->file[i]);
	}
	hash_sha256(lines.data, lines.size, sha);
	text_hex(sha, 32, x->res->sha256);
	buf_done(&lines);
	return rc;
}

/* The event that says who was given what. */
static enum err_code
log_event(struct export *x, struct err *e)
{
	const struct submit_about about = { .author = x->o->author ? x->o->author : "",
		                            .remark = "" };
	struct submit_revision rev = { .kind = store_kind(x->st, "event") };
	struct submit_result done = { 0 };
	struct buf details;
	char at[28], day[11];
	enum err_code rc;

	x->res->submission = -1;
	if (!access_is_exact(x->o->role))
		return ERR_OK;
	buf_init(&details, 1u << 16);
	buf_printf(&details, "role %s, as of %s, %lld rows, %s:", x->about.role, x->about.as_of,
	           (long long)x->res->rows, x->format->extension);
	for (size_t i = 0; i < x->kinds; i++)
		buf_printf(&details, " %s", store_kind_name(x->st, x->kind[i]));
	clock_format_s(clock_now_us() / 1000000, at);
	clock_format_date(clock_now_us() / 86400000000, day);
	rc = rev.kind >= 0 && fields_init(&rev.fields, store_form(x->st, rev.kind), &x->mem)
	             ? submit_new_id(&rev.id, e)
	             : err_set(e, ERR_NOMEM, "out of memory for the event");
	if (!rc) {
		(void)fields_set_text(&rev.fields, "valid_from", day);
		(void)fields_set_text(&rev.fields, "type", "exported");
		(void)fields_set_text(&rev.fields, "date", day);
		(void)fields_set_text(&rev.fields, "at", at);
		(void)fields_set_text(&rev.fields, "by_person", about.author);
		if (x->o->to)
			(void)fields_set_text(&rev.fields, "to_whom", x->o->to);
		if (x->o->reason)
			(void)fields_set_text(&rev.fields, "reason", x->o->reason);
		(void)fields_set_text(&rev.fields, "sha256", x->res->sha256);
		(void)fields_set_text(&rev.fields, "details", buf_text(&details));
		rc = submit_begin(x->st, &about, e);
	}
	if (!rc)
		rc = submit_add(x->st, &rev, 1, NULL, e);
	if (!rc)
		rc = submit_commit(x->st, &done, e);
	else
		submit_cancel(x->st);
	if (!rc)
		x->res->submission = done.first_seq;
	buf_done(&details);
	return rc;
}

static void
remove_rest(struct export *x)
{
	char path[1300];

	if (x->w)
		x->w->calls->free(x->w);
	x->w = NULL;
	for (int i = 0; x->folder && i < x->res->files; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", x->temporary, x->file[i]);
		(void)unlink(path);
	}
	(void)(x->folder ? rmdir(x->temporary)
	                 : unlink(x->temporary)); /* it may never have come to be */
}

static enum err_code
run(struct export *x, struct err *e)
{
	const struct about_question q = { .role = x->o->role,
		                          .as_of_days = x->o->as_of_days,
		                          .known_size = x->o->known_size,
		                          .known_at_us = x->o->known_at_us,
		                          .kind = x->kind,
		                          .kind_count = x->kinds };
	enum err_code rc = about_make(x->st, &q, &x->mem, &x->about, e);

	if (!rc)
		rc = write_all(x, e);
	if (!rc)
		rc = take_hash(x, e);
	if (!rc)
		rc = log_event(x, e);
	if (!rc && rename(x->temporary, x->res->path) != 0)
		rc = err_set(e, ERR_IO, "could not name %s: %s", x->res->path, strerror(errno));
	if (rc)
		remove_rest(x);
	return rc;
}

enum err_code
export_run(struct store *st, const struct export_options *o, struct export_result *ret,
           struct err *e)
{
	struct export *x = mem_calloc(1, sizeof(*x));
	enum err_code rc;

	memset(ret, 0, sizeof(*ret));
	ret->submission = -1;
	if (!x)
		return err_set(e, ERR_NOMEM, "out of memory for an export");
	x->st = st;
	x->o = o;
	x->res = ret;
	arena_init(&x->mem, (size_t)64 << 20);
	arena_init(&x->row, (size_t)64 << 20);
	x->geo = geo_create();
	rc = x->geo ? choose_kinds(x, e) : err_set(e, ERR_NOMEM, "out of memory for an export");
	if (!rc)
		rc = choose_format(x, e);
	if (!rc)
		rc = run(x, e);
	geo_free(x->geo);
	arena_done(&x->mem);
	arena_done(&x->row);
	mem_free(x);
	return rc;
}
