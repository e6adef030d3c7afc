#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>

#include "reader/ogr_private.h"

/* A block is decoded whole, so one that is larger than this would take the memory of all. */
#define RASTER_MAX_BLOCK ((int64_t)128 << 20)

static enum err_code
check_size(const struct ogr_job *job, GDALRasterBandH band, int64_t width, int64_t height,
           struct err *e)
{
	int block_width, block_height;
	int64_t cell = GDALGetDataTypeSizeBytes(GDALGetRasterDataType(band));

	GDALGetBlockSize(band, &block_width, &block_height);
	if (width < 1 || height < 1)
		return err_set(e, ERR_INVALID, "the raster has %lld x %lld cells", (long long)width,
		               (long long)height);
	if (width > job->limits->raster_width || width * 8 > (int64_t)PIPE_MAX_FRAME - 64)
		return err_set(e, ERR_LIMIT, "the raster is %lld cells wide; %lld are allowed",
		               (long long)width, (long long)job->limits->raster_width);
	if (height > job->limits->raster_cells / width)
		return err_set(e, ERR_LIMIT, "the raster has %lld x %lld cells; %lld are allowed",
		               (long long)width, (long long)height,
		               (long long)job->limits->raster_cells);
	if (block_width < 1 || block_height < 1 ||
	    block_width * cell > RASTER_MAX_BLOCK / block_height)
		return err_set(
			e, ERR_LIMIT,
			"the raster's blocks are %d x %d cells, more than can be held at once",
			block_width, block_height);
	if (GDALDataTypeIsComplex(GDALGetRasterDataType(band)))
		return err_set(e, ERR_UNSUPPORTED, "the raster holds complex numbers");
	return ERR_OK;
}

static void
send_header(GDALDatasetH ds, GDALRasterBandH band, struct out *o, double *ret_nodata, bool *ret_has)
{
	double transform[6] = { 0, 1, 0, 0, 0, 1 };
	int has = 0;
	const char *unit = GDALGetRasterUnitType(band);
	char crs[64];
	char *wkt = NULL;

	if (GDALGetGeoTransform(ds, transform) != CE_None)
		out_warn(o, "the raster does not say where it lies");
	*ret_nodata = GDALGetRasterNoDataValue(band, &has);
	*ret_has = has != 0;
	ogr_crs(GDALGetSpatialRef(ds), crs, sizeof crs, &wkt);
	CPLFree(wkt);
	out_frame_begin(o, 'P');
	out_u32(o, (uint32_t)GDALGetRasterXSize(ds));
	out_u32(o, (uint32_t)GDALGetRasterYSize(ds));
	for (int i = 0; i < 6; i++)
		out_f64(o, transform[i]);
	out_text(o, crs, strlen(crs));
	out_u8(o, has ? 1 : 0);
	out_f64(o, has ? *ret_nodata : 0.0);
	out_text_safe(o, unit ? unit : "", unit ? strlen(unit) : 0, 100);
	out_frame_end(o);
	out_flush(o);
}

/* What is no data, and what is not finite, goes as NaN; scale and offset are applied. */
static void
clean_row(double *row, uint32_t width, bool has_nodata, double nodata, double scale, double offset)
{
	for (uint32_t i = 0; i < width; i++) {
		if (!isfinite(row[i]) || (has_nodata && row[i] == nodata))
			row[i] = (double)NAN;
		else
			row[i] = row[i] * scale + offset;
	}
}

static enum err_code
stream(const struct ogr_job *job, GDALDatasetH ds, GDALRasterBandH band, struct out *o,
       struct err *e)
{
	uint32_t width = (uint32_t)GDALGetRasterXSize(ds);
	uint32_t height = (uint32_t)GDALGetRasterYSize(ds);
	int has_scale = 0, has_offset = 0;
	double scale = GDALGetRasterScale(band, &has_scale);
	double offset = GDALGetRasterOffset(band, &has_offset);
	double nodata;
	bool has_nodata;

	send_header(ds, band, o, &nodata, &has_nodata);
	for (uint32_t y = 0; y < height; y++) {
		double *row;

		out_frame_begin(o, 'D');
		out_u32(o, y);
		/* Frames begin anywhere in the buffer; GDAL gets an aligned place behind and we
		 * move. */
		row = (double *)(void *)buf_reserve(&o->buf, ((size_t)width + 1) * 8);
		if (!row)
			return err_set(e, ERR_NOMEM, "out of memory for a row of %u cells", width);
		row = (double *)(void *)(((uintptr_t)row + 7) & ~(uintptr_t)7);
		ogr_forget();
		if (GDALRasterIO(band, GF_Read, 0, (int)y, (int)width, 1, row, (int)width, 1,
		                 GDT_Float64, 0, 0) != CE_None) {
			o->buf.size = o->frame_start;
			return err_set(e, ERR_INVALID, "row %u of the raster cannot be read: %s", y,
			               ogr_said());
		}
		clean_row(row, width, has_nodata, nodata, has_scale ? scale : 1.0,
		          has_offset ? offset : 0.0);
		memmove(o->buf.data + o->buf.size, row, (size_t)width * 8);
		o->buf.size += (size_t)width * 8;
		out_frame_end(o);
		if (o->buf.size > PIPE_ROWS_TARGET)
			out_flush(o);
		o->rows++;
		if (job->progress)
			job->progress((int64_t)y * width / 16);
	}
	return ERR_OK;
}

enum err_code
ogr_raster(const struct ogr_job *job, struct out *o, struct err *e)
{
	GDALDatasetH ds = ogr_open(job, GDAL_OF_RASTER, e);
	GDALRasterBandH band;
	enum err_code rc;

	if (!ds)
		return e->code;
	if (GDALGetRasterCount(ds) < 1) {
		GDALClose(ds);
		return err_set(e, ERR_INVALID, "the raster has no band");
	}
	band = GDALGetRasterBand(ds, 1);
	rc = check_size(job, band, GDALGetRasterXSize(ds), GDALGetRasterYSize(ds), e);
	if (rc == ERR_OK && GDALGetRasterCount(ds) > 1)
		out_warn(o, "the raster has %d bands; the first is read", GDALGetRasterCount(ds));
	if (rc == ERR_OK)
		rc = stream(job, ds, band, o, e);
	ogr_warn(o);
	GDALClose(ds);
	return rc;
}
