#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "reader/ogr_private.h"
#include "reader/table.h"
#include "reader/wkb.h"

struct reading {
	const struct ogr_job *job;
	OGRLayerH layer;
	OGRFeatureDefnH defn;
	struct out *out;
	int fields;
	bool has_id; /* the layer's id column comes first */
	struct out_column *columns;
	OGRFieldType *types;
	struct arena mem; /* of names */
};

static enum pipe_type
column_type(OGRFieldType type)
{
	switch (type) {
	case OFTInteger:
	case OFTInteger64:
		return PIPE_INTEGER;
	case OFTReal:
		return PIPE_REAL;
	case OFTDate:
	case OFTTime:
	case OFTDateTime:
		return PIPE_TIME;
	case OFTBinary:
		return PIPE_BINARY;
	default:
		return PIPE_TEXT;
	}
}

static bool
name_taken(const struct reading *r, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_eq_nocase(r->columns[i].name, name))
			return true;
	}
	return false;
}

/* The name, or "name_2" ...: unique without regard to ASCII case. NULL when memory ends. */
static const char *
unique_name(struct reading *r, size_t count, const char *name)
{
	const char *shown = name;

	for (int again = 2; shown && name_taken(r, count, shown); again++)
		shown = arena_printf(&r->mem, "%s_%d", name, again);
	return shown;
}

static enum err_code
find_columns(struct reading *r, struct err *e)
{
	const char *id = OGR_L_GetFIDColumn(r->layer);
	size_t n = 0;

	r->fields = OGR_FD_GetFieldCount(r->defn);
	r->has_id = id && id[0] && OGR_FD_GetFieldIndex(r->defn, id) < 0;
	if (r->fields + 1 > r->job->limits->columns)
		return err_set(e, ERR_LIMIT, "there are more than %lld columns",
		               (long long)r->job->limits->columns);
	r->columns = mem_calloc((size_t)r->fields + 1, sizeof *r->columns);
	r->types = mem_calloc((size_t)r->fields + 1, sizeof *r->types);
	if (!r->columns || !r->types)
		return err_set(e, ERR_NOMEM, "out of memory for %d columns", r->fields);
	if (r->has_id)
		r->columns[n++] = (struct out_column){ id, strlen(id), PIPE_INTEGER };
	for (int i = 0; i < r->fields; i++) {
		OGRFieldDefnH field = OGR_FD_GetFieldDefn(r->defn, i);
		const char *name = unique_name(r, n, OGR_Fld_GetNameRef(field));

		if (!name)
			return err_set(e, ERR_NOMEM, "out of memory for %d columns", r->fields);

		r->types[i] = OGR_Fld_GetType(field);
		r->columns[n++] =
			(struct out_column){ name, strlen(name), column_type(r->types[i]) };
	}
	return ERR_OK;
}

static void
send_header(struct reading *r)
{
	struct out_header h = { .driver = r->job->label, .encoding = "UTF-8", .crs_wkt = "" };
	char crs[64];
	char *wkt = NULL;

	h.layer = OGR_L_GetName(r->layer);
	h.has_geometry = OGR_FD_GetGeomFieldCount(r->defn) > 0;
	ogr_crs(OGR_L_GetSpatialRef(r->layer), crs, sizeof crs, &wkt);
	h.crs = crs;
	h.crs_wkt = wkt ? wkt : "";
	h.features = OGR_L_GetFeatureCount(r->layer, FALSE);
	h.column_count = (size_t)r->fields + r->has_id;
	h.columns = r->columns;
	out_header(r->out, &h);
	CPLFree(wkt);
}

/* NULL, or why the geometry is no good. */
static const char *
put_geometry(struct reading *r, OGRFeatureH f)
{
	OGRGeometryH g = OGR_F_GetGeometryRef(f);
	size_t at = r->out->buf.size;
	bool empty = false;
	const char *why;
	uint8_t *p;
	uint32_t size;

	out_u32(r->out, 0xffffffffu);
	if (!g || OGR_G_IsEmpty(g))
		return NULL;
	if (OGR_G_Is3D(g) || OGR_G_IsMeasured(g))
		OGR_G_FlattenTo2D(g);
	size = (uint32_t)OGR_G_WkbSize(g);
	if (size / 16 > r->job->limits->vertices * 2)
		return "the geometry has more vertices than allowed";
	p = out_bytes(r->out, size);
	if (!p)
		return NULL; /* out_row_end says so */
	if (OGR_G_ExportToIsoWkb(g, wkbNDR, p) != OGRERR_NONE)
		return "the geometry cannot be written as WKB";
	why = wkb_refusal(p, size, r->job->limits->vertices, (int)r->job->limits->depth, &empty);
	if (!why)
		memcpy(r->out->buf.data + at, &size, 4);
	return why;
}

static const char *
put_text(struct reading *r, const char *s)
{
	size_t n = strlen(s);

	if ((int64_t)n > r->job->limits->attribute_bytes)
		return "a value is larger than allowed";
	if (!text_is_utf8(s, n))
		return "a text is not in the encoding that the file states (--encoding tells "
		       "another)";
	out_blob(r->out, PIPE_TEXT, s, n);
	return NULL;
}

static const char *
put_time(struct reading *r, OGRFeatureH f, int i)
{
	int year, month, day, hour, minute, zone;
	float second;
	char date[40] = "";
	char clock[60] = "";
	char offset[40] = "";
	char text[160];

	if (!OGR_F_GetFieldAsDateTimeEx(f, i, &year, &month, &day, &hour, &minute, &second, &zone))
		return put_text(r, OGR_F_GetFieldAsString(f, i));
	if (r->types[i] != OFTTime)
		(void)snprintf(date, sizeof date, "%04d-%02d-%02d", year, month, day);
	if (r->types[i] != OFTDate)
		(void)snprintf(clock, sizeof clock,
		               second > floorf(second) ? "%02d:%02d:%06.3f" : "%02d:%02d:%02.0f",
		               hour, minute, (double)second);
	/* GDAL's zone: 100 is UTC, a quarter of an hour a step, 0 and 1 are unknown and local. */
	if (r->types[i] == OFTDateTime && zone == 100)
		(void)snprintf(offset, sizeof offset, "Z");
	else if (r->types[i] == OFTDateTime && zone > 1)
		(void)snprintf(offset, sizeof offset, "%c%02d:%02d", zone < 100 ? '-' : '+',
		               abs(zone - 100) / 4, abs(zone - 100) % 4 * 15);
	(void)snprintf(text, sizeof text, "%s%s%s%s", date, date[0] && clock[0] ? "T" : "", clock,
	               offset);
	return put_text(r, text);
}

/* Lists become JSON lists. */
static const char *
put_list(struct reading *r, OGRFeatureH f, int i)
{
	struct buf b;
	const char *why;
	int n = 0;

	buf_init(&b, (size_t)r->job->limits->attribute_bytes + 16);
	buf_addc(&b, '[');
	if (r->types[i] == OFTStringList) {
		char **list = OGR_F_GetFieldAsStringList(f, i);

		for (; list && list[n]; n++) {
			buf_adds(&b, n ? "," : "");
			json_write_string(&b, list[n], strlen(list[n]));
		}
	} else if (r->types[i] == OFTRealList) {
		const double *list = OGR_F_GetFieldAsDoubleList(f, i, &n);

		for (int k = 0; k < n; k++) {
			buf_adds(&b, k ? "," : "");
			json_write_number(&b, list[k]);
		}
	} else {
		const GIntBig *list = OGR_F_GetFieldAsInteger64List(f, i, &n);

		for (int k = 0; list && k < n; k++) {
			buf_adds(&b, k ? "," : "");
			json_write_i64(&b, list[k]);
		}
	}
	buf_addc(&b, ']');
	why = buf_ok(&b) ? put_text(r, buf_text(&b))
	                 : "a list is too long, or holds no numbers or UTF-8";
	buf_done(&b);
	return why;
}

static const char *
put_field(struct reading *r, OGRFeatureH f, int i)
{
	int n;

	if (!OGR_F_IsFieldSetAndNotNull(f, i)) {
		out_null(r->out);
		return NULL;
	}
	switch (r->types[i]) {
	case OFTInteger:
	case OFTInteger64:
		out_integer(r->out, OGR_F_GetFieldAsInteger64(f, i));
		return NULL;
	case OFTReal:
		out_real(r->out, OGR_F_GetFieldAsDouble(f, i));
		return NULL;
	case OFTString:
		return put_text(r, OGR_F_GetFieldAsString(f, i));
	case OFTDate:
	case OFTTime:
	case OFTDateTime:
		return put_time(r, f, i);
	case OFTBinary: {
		const GByte *p = OGR_F_GetFieldAsBinary(f, i, &n);

		if (n > r->job->limits->attribute_bytes)
			return "a value is larger than allowed";
		out_blob(r->out, PIPE_BINARY, p, (size_t)n);
		return NULL;
	}
	default:
		return put_list(r, f, i);
	}
}

static const char *
put_feature(struct reading *r, OGRFeatureH f)
{
	const char *why = put_geometry(r, f);

	if (!why && r->has_id)
		out_integer(r->out, OGR_F_GetFID(f));
	for (int i = 0; !why && i < r->fields; i++)
		why = put_field(r, f, i);
	return why;
}

/* The attributes of a bad row as JSON, with as much of the geometry as fits. */
static void
original(struct reading *r, OGRFeatureH f, struct buf *b)
{
	OGRGeometryH g = OGR_F_GetGeometryRef(f);

	buf_addc(b, '{');
	for (int i = 0; i < r->fields; i++) {
		const char *name = r->columns[i + r->has_id].name;
		const char *s = OGR_F_GetFieldAsString(f, i);
		size_t n = strnlen(s, 100000);

		if (!OGR_F_IsFieldSetAndNotNull(f, i))
			continue;
		if (b->size > 1)
			buf_addc(b, ',');
		json_write_string(b, name, strlen(name));
		buf_addc(b, ':');
		if (text_is_utf8(s, n)) {
			json_write_string(b, s, n);
		} else {
			buf_addc(b, '"');
			buf_add(b, s, n); /* out_bad shows the broken bytes */
			buf_addc(b, '"');
		}
	}
	buf_addc(b, '}');
	if (g && OGR_G_WkbSize(g) < (1 << 20)) {
		char *wkt = NULL;

		if (OGR_G_ExportToIsoWkt(g, &wkt) == OGRERR_NONE) {
			buf_addc(b, ' ');
			buf_adds(b, wkt);
		}
		CPLFree(wkt);
	}
}

static void
write_feature(struct reading *r, OGRFeatureH f, int64_t number)
{
	const char *why;
	struct buf b;

	out_row_begin(r->out, number);
	why = ogr_said()[0] ? ogr_said() : put_feature(r, f);
	if (why)
		out_row_drop(r->out);
	else if (!out_row_end(r->out))
		why = "the row is larger than a row may be";
	if (!why)
		return;
	buf_init(&b, (size_t)r->job->limits->row_bytes);
	original(r, f, &b);
	out_bad(r->out, number, why, buf_text(&b), b.size);
	buf_done(&b);
	ogr_forget(); /* what GDAL said was about this row */
}

static enum err_code
stream(struct reading *r, struct err *e)
{
	int64_t number = 0;
	int64_t last_id = INT64_MIN;
	OGRFeatureH f;

	OGR_L_ResetReading(r->layer);
	ogr_forget();
	while ((f = OGR_L_GetNextFeature(r->layer)) != NULL) {
		if (++number > r->job->limits->features) {
			OGR_F_Destroy(f);
			return err_set(e, ERR_LIMIT, "there are more than %lld features",
			               (long long)r->job->limits->features);
		}
		if (r->job->schema && r->has_id && OGR_F_GetFID(f) <= last_id) {
			OGR_F_Destroy(f);
			return err_set(e, ERR_INVALID,
			               "the GeoPackage is damaged: row ids are out of order after "
			               "row %lld",
			               (long long)number - 1);
		}
		last_id = OGR_F_GetFID(f);
		write_feature(r, f, number);
		OGR_F_Destroy(f);
		if (r->job->progress && number % 4096 == 0)
			r->job->progress(number);
	}
	ogr_warn(r->out);
	if (CPLGetLastErrorType() >= CE_Failure)
		return err_set(e, ERR_INVALID, "reading broke off after row %lld: %s",
		               (long long)number, ogr_said());
	return ERR_OK;
}

/* Of itself GDAL takes the first row of a sheet as names only if the second is not all texts. */
static void
sheets_have_names(bool names)
{
	CPLSetConfigOption("OGR_XLSX_HEADERS", names ? "FORCE" : "DISABLE");
	CPLSetConfigOption("OGR_ODS_HEADERS", names ? "FORCE" : "DISABLE");
}

static bool
names_are_data(OGRLayerH layer)
{
	OGRFeatureDefnH defn = OGR_L_GetLayerDefn(layer);

	for (int i = 0; i < OGR_FD_GetFieldCount(defn); i++) {
		const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(defn, i));

		if (table_is_datum(name, strlen(name)))
			return true;
	}
	return false;
}

/* Open and choose the layer. NULL with *e set. */
static GDALDatasetH
open_layer(const struct ogr_job *job, struct out *o, OGRLayerH *ret, struct err *e)
{
	bool sheet = strcmp(job->driver, "XLSX") == 0 || strcmp(job->driver, "ODS") == 0;
	GDALDatasetH ds;

	sheets_have_names(job->header != 0);
	ds = ogr_open(job, GDAL_OF_VECTOR, e);
	if (!ds)
		return NULL;
	*ret = ogr_check_database(job, ds, e) == ERR_OK ? ogr_pick_layer(job, ds, o, e) : NULL;
	if (*ret && sheet && job->header < 0 && names_are_data(*ret)) {
		char name[200];

		(void)snprintf(name, sizeof(name), "%s", OGR_L_GetName(*ret));
		GDALClose(ds);
		sheets_have_names(false);
		ds = ogr_open(job, GDAL_OF_VECTOR, e);
		*ret = ds ? GDALDatasetGetLayerByName(ds, name) : NULL;
		if (ds && !*ret)
			(void)err_set(e, ERR_INVALID, "the sheet has a name that cannot be read");
		out_warn(o, "the first row looks like data, so the columns are named Field1, "
		            "Field2 ...");
	}
	if (ds && !*ret) {
		GDALClose(ds);
		ds = NULL;
	}
	return ds;
}

enum err_code
ogr_rows(const struct ogr_job *job, struct out *o, struct err *e)
{
	struct reading r = { .job = job, .out = o };
	GDALDatasetH ds = open_layer(job, o, &r.layer, e);
	enum err_code rc;

	if (!ds)
		return e->code;
	r.defn = OGR_L_GetLayerDefn(r.layer);
	arena_init(&r.mem, 0);
	rc = find_columns(&r, e);
	if (rc == ERR_OK) {
		send_header(&r);
		rc = stream(&r, e);
	}
	mem_free(r.columns);
	mem_free(r.types);
	arena_done(&r.mem);
	GDALClose(ds);
	return rc;
}
