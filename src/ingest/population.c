#include "ingest/population.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/source.h"
#include "store/raster.h"
#include "store/submit.h"

static enum err_code
grid_of(const struct source_raster *r, struct coverage_grid *g, struct err *e)
{
	const double *t = r->transform;

	if (r->crs && *r->crs && !text_eq(r->crs, "EPSG:4326"))
		return err_set(
			e, ERR_INVALID,
			"the raster's system is %s; a population raster must be in EPSG:4326",
			r->crs);
	if (t[2] != 0 || t[4] != 0 || !(t[1] > 0) || !(t[5] < 0))
		return err_set(e, ERR_INVALID,
		               "the raster is turned or upside down; it must be north-up");
	*g = (struct coverage_grid){ .west_deg = t[0],
		                     .north_deg = t[3],
		                     .cell_lon_deg = t[1],
		                     .cell_lat_deg = -t[5],
		                     .cols = r->width,
		                     .rows = r->height,
		                     .nodata = NAN };
	return coverage_check_grid(g, e);
}

static enum err_code
convert(struct store *st, const char *path, struct population_result *ret, struct err *e)
{
	struct source *s = NULL;
	struct raster_writer *w = NULL;
	struct coverage_grid grid = { 0 };
	double *row = NULL;
	bool end = false;
	enum err_code rc = source_raster_open(path, NULL, &s, e);

	if (!rc)
		rc = grid_of(source_raster_info(s), &grid, e);
	if (!rc)
		rc = raster_create(st, ret->sha256, &grid, &w, e);
	if (!rc) {
		ret->cols = grid.cols;
		ret->rows = grid.rows;
		row = mem_calloc(grid.cols, sizeof(*row));
		if (!row)
			rc = err_set(e, ERR_NOMEM, "out of memory for a raster of %u columns",
			             grid.cols);
	}
	while (!rc && !end) {
		uint32_t y = 0;

		rc = source_raster_next(s, row, &y, &end, e);
		if (rc || end)
			break;
		for (uint32_t i = 0; i < grid.cols; i++)
			ret->people += row[i] > 0 && isfinite(row[i]) ? row[i] : 0;
		rc = raster_put_row(w, row, e);
	}
	if (!rc) {
		rc = raster_finish(w, e);
		w = NULL;
	}
	raster_abort(w);
	source_close(s);
	mem_free(row);
	return rc;
}

enum err_code
population_add(struct store *st, const char *path, const struct population_options *o,
               struct population_result *ret, struct err *e)
{
	int kind = store_kind(st, "source");
	struct submit_about about = { .author = o->author, .remark = "population raster" };
	struct submit_revision rev = { .kind = kind };
	struct arena mem;
	char date[11];
	enum err_code rc;

	if (!(o->relative_error <= 100))
		return err_set(e, ERR_INVALID,
		               "the relative error is %g percent; allowed are 0 to 100",
		               o->relative_error);
	memset(ret, 0, sizeof(*ret));
	arena_init(&mem, 1u << 20);
	clock_format_date(clock_now_us() / 86400000000, date);
	rc = submit_begin(st, &about, e);
	if (!rc)
		rc = submit_keep_original(st, path, ret->sha256, e);
	if (!rc)
		rc = convert(st, path, ret, e);
	if (!rc && !(o->id && uuid_parse(o->id, strlen(o->id), &rev.id)))
		rc = submit_new_id(&rev.id, e);
	if (!rc && !fields_init(&rev.fields, store_form(st, kind), &mem))
		rc = err_set(e, ERR_NOMEM, "out of memory for a source");
	if (!rc) {
		(void)(fields_set_text(&rev.fields, "type", "population_raster") &&
		       fields_set_text(&rev.fields, "title",
		                       o->title ? o->title : file_basename(path)) &&
		       fields_set_text(&rev.fields, "file", ret->sha256) &&
		       fields_set_text(&rev.fields, "file_name", file_basename(path)) &&
		       fields_set_text(&rev.fields, "licence", o->licence) &&
		       (o->relative_error < 0 ||
		        fields_set_real(&rev.fields, "relative_error_percent",
		                        o->relative_error)) &&
		       fields_set_text(&rev.fields, "valid_from", o->date ? o->date : date));
		uuid_format(rev.id, ret->id);
		rc = submit_add(st, &rev, 1, NULL, e);
	}
	if (!rc)
		rc = submit_commit(st, NULL, e);
	else
		submit_cancel(st);
	arena_done(&mem);
	return rc;
}
