#include "store/raster.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum {
	HEADER_BYTES = 48,
	PATH_BYTES = 1200
};

struct raster_writer {
	FILE *f;
	char path[PATH_BYTES], tmp[PATH_BYTES + 8];
	struct coverage_grid grid;
	uint32_t rows;
};

struct raster {
	int fd;
	struct coverage_grid grid;
};

static bool
grid_path(struct store *st, const char *hex, char out[PATH_BYTES])
{
	int n = snprintf(out, PATH_BYTES, "%s/%.2s/%.64s.grid", store_files_dir(st), hex, hex);

	return n > 0 && n < PATH_BYTES;
}

static void
put_header(const struct coverage_grid *g, uint8_t head[HEADER_BYTES])
{
	double d[4] = { g->west_deg, g->north_deg, g->cell_lon_deg, g->cell_lat_deg };

	memcpy(head, "FALLOWG1", 8);
	memcpy(head + 8, &g->cols, 4);
	memcpy(head + 12, &g->rows, 4);
	memcpy(head + 16, d, 32);
}

enum err_code
raster_create(struct store *st, const char *hex, const struct coverage_grid *grid,
              struct raster_writer **ret, struct err *e)
{
	struct raster_writer *w = mem_calloc(1, sizeof(*w));
	uint8_t head[HEADER_BYTES];
	enum err_code rc = coverage_check_grid(grid, e);

	if (!w)
		return err_set(e, ERR_NOMEM, "out of memory for a raster");
	if (!rc && !grid_path(st, hex, w->path))
		rc = err_set(e, ERR_LIMIT, "the raster's path is too long");
	if (!rc) {
		(void)snprintf(w->tmp, sizeof(w->tmp), "%s.part", w->path);
		w->grid = *grid;
		w->f = fopen(w->tmp, "wb");
		put_header(grid, head);
		if (!w->f || fwrite(head, 1, sizeof(head), w->f) != sizeof(head))
			rc = err_set(e, ERR_IO, "could not write %s: %s", w->tmp, strerror(errno));
	}
	if (rc) {
		raster_abort(w);
		return rc;
	}
	*ret = w;
	return ERR_OK;
}

enum err_code
raster_put_row(struct raster_writer *w, const double *values, struct err *e)
{
	if (fwrite(values, sizeof(*values), w->grid.cols, w->f) != w->grid.cols)
		return err_set(e, ERR_IO, "could not write %s: %s", w->tmp, strerror(errno));
	w->rows++;
	return ERR_OK;
}

enum err_code
raster_finish(struct raster_writer *w, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (w->rows != w->grid.rows)
		rc = err_set(e, ERR_INVALID, "the raster has %u rows; its header says %u", w->rows,
		             w->grid.rows);
	else if (fflush(w->f) != 0 || fsync(fileno(w->f)) != 0 || rename(w->tmp, w->path) != 0)
		rc = err_set(e, ERR_IO, "could not write %s: %s", w->path, strerror(errno));
	raster_abort(w);
	return rc;
}

void
raster_abort(struct raster_writer *w)
{
	if (!w)
		return;
	if (w->f)
		(void)fclose(w->f); /* what matters was flushed and synced before */
	(void)unlink(w->tmp);
	mem_free(w);
}

enum err_code
raster_open(struct store *st, const char *hex, struct raster **ret, struct err *e)
{
	struct raster *r = mem_calloc(1, sizeof(*r));
	char path[PATH_BYTES];
	uint8_t head[HEADER_BYTES];
	double d[4];
	off_t size;
	enum err_code rc = ERR_OK;

	if (!r)
		return err_set(e, ERR_NOMEM, "out of memory for a raster");
	r->fd = grid_path(st, hex, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (r->fd < 0)
		rc = err_set(e, ERR_NOTFOUND,
		             "the population raster %.16s is not beside the register: %s", hex,
		             strerror(errno));
	else if (pread(r->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	         memcmp(head, "FALLOWG1", 8) != 0)
		rc = err_set(e, ERR_INVALID, "%s is no raster of a register", path);
	if (!rc) {
		memcpy(&r->grid.cols, head + 8, 4);
		memcpy(&r->grid.rows, head + 12, 4);
		memcpy(d, head + 16, 32);
		r->grid.west_deg = d[0], r->grid.north_deg = d[1];
		r->grid.cell_lon_deg = d[2], r->grid.cell_lat_deg = d[3];
		r->grid.nodata = NAN;
		rc = coverage_check_grid(&r->grid, e);
		size = lseek(r->fd, 0, SEEK_END);
		if (!rc &&
		    (uint64_t)size != HEADER_BYTES + (uint64_t)r->grid.cols * r->grid.rows * 8)
			rc = err_set(e, ERR_INVALID, "%s has %lld bytes; its header needs %llu",
			             path, (long long)size,
			             (unsigned long long)(HEADER_BYTES + (uint64_t)r->grid.cols *
			                                                         r->grid.rows * 8));
	}
	if (rc) {
		raster_close(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

const struct coverage_grid *
raster_grid(const struct raster *r)
{
	return &r->grid;
}

enum err_code
raster_row(struct raster *r, uint32_t row, double *values, struct err *e)
{
	size_t want = (size_t)r->grid.cols * 8, got = 0;

	while (got < want) {
		ssize_t n = pread(r->fd, (char *)values + got, want - got,
		                  (off_t)(HEADER_BYTES + (uint64_t)row * want + got));

		if (n <= 0)
			return err_set(e, ERR_IO,
			               "could not read row %u of the population raster: %s", row,
			               n ? strerror(errno) : "it ends before");
		got += (size_t)n;
	}
	return ERR_OK;
}

void
raster_close(struct raster *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		(void)close(r->fd);
	mem_free(r);
}
