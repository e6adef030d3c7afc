#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "reader/ogr_private.h"
#include "reader/schema.h"
#include "reader/wkb.h"

#define OGR_WARNINGS 20
#define MAX_LAYERS 10000
#define CHECK_BYTES ((int64_t)64 << 20) /* a larger GeoPackage is not checked whole beforehand */

/* GDAL reports through a process-wide callback; this is where it leaves its words. */
static struct {
	char error[500];
	char warnings[OGR_WARNINGS][300];
	size_t warning_count;
} said;

static void CPL_STDCALL
on_message(CPLErr level, CPLErrorNum number, const char *text)
{
	(void)number;
	if (level >= CE_Failure) {
		(void)snprintf(said.error, sizeof said.error, "%s", text);
	} else if (level == CE_Warning && said.warning_count < OGR_WARNINGS) {
		for (size_t i = 0; i < said.warning_count; i++) {
			if (strncmp(said.warnings[i], text, sizeof said.warnings[i] - 1) == 0)
				return;
		}
		(void)snprintf(said.warnings[said.warning_count++], sizeof said.warnings[0], "%s",
		               text);
	}
}

const char *
ogr_said(void)
{
	return said.error;
}

void
ogr_forget(void)
{
	said.error[0] = '\0';
	CPLErrorReset();
}

void
ogr_warn(struct out *o)
{
	for (size_t i = 0; i < said.warning_count; i++)
		out_warn(o, "%s", said.warnings[i]);
	said.warning_count = 0;
}

void
ogr_start(void)
{
	static const char *const settings[][2] = {
		{ "GDAL_DRIVER_PATH", "disable" },
		{ "OGR_SQLITE_LOAD_EXTENSIONS", "NO" },
		{ "GDAL_CACHEMAX", "64" },
		{ "GDAL_NUM_THREADS", "1" },
		{ "GDAL_PAM_ENABLED", "NO" },
		{ "OGR_SQLITE_JOURNAL", "OFF" },
		{ "OGR_GPKG_FOREIGN_KEY_CHECK", "NO" },
		{ "GPX_SHORT_NAMES", "NO" },
		{ "CPL_TMPDIR", "/nonexistent" },
	};

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		CPLSetConfigOption(settings[i][0], settings[i][1]);
	CPLSetErrorHandler(on_message);
	GDALAllRegister();
	OGRSetNonLinearGeometriesEnabledFlag(FALSE);
}

void
ogr_load_encodings(void)
{
	static const char *const names[] = {
		"CP1250",     "CP1251",     "CP1252",      "CP1253",      "CP1254",
		"CP1255",     "CP1256",     "CP1257",      "CP1258",      "CP437",
		"CP850",      "CP852",      "CP855",       "CP857",       "CP866",
		"CP874",      "CP932",      "CP936",       "CP949",       "CP950",
		"ISO-8859-1", "ISO-8859-2", "ISO-8859-3",  "ISO-8859-4",  "ISO-8859-5",
		"ISO-8859-6", "ISO-8859-9", "ISO-8859-13", "ISO-8859-15", "KOI8-R",
		"KOI8-U",     "GBK",        "BIG5",        "EUC-JP",      "UTF-16LE",
	};

	/* Never closed: a converter without a user may be unloaded. */
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)iconv_open("UTF-8", names[i]);
}

/* All drivers but one go; what a file pretends to be then does not matter. */
static GDALDriverH
only_driver(const char *name)
{
	GDALDriverH keep = GDALGetDriverByName(name);

	for (int i = GDALGetDriverCount() - 1; keep && i >= 0; i--) {
		GDALDriverH driver = GDALGetDriver(i);

		if (driver != keep)
			GDALDeregisterDriver(driver);
	}
	return keep;
}

GDALDatasetH
ogr_open(const struct ogr_job *job, unsigned flags, struct err *e)
{
	const char *drivers[] = { job->driver, NULL };
	char encoding[100] = "";
	const char *options[] = { NULL, NULL };
	GDALDatasetH ds;

	if (!only_driver(job->driver)) {
		(void)err_set(e, ERR_UNSUPPORTED, "this installation of GDAL cannot read %s",
		              job->label);
		return NULL;
	}
	if (job->encoding && strcmp(job->driver, "ESRI Shapefile") == 0) {
		(void)snprintf(encoding, sizeof encoding, "ENCODING=%s", job->encoding);
		options[0] = encoding;
	} else if (strcmp(job->driver, "GPKG") == 0) {
		options[0] = "LIST_ALL_TABLES=NO";
	}
	ogr_forget();
	ds = GDALOpenEx(job->path, flags | GDAL_OF_READONLY, drivers, options, NULL);
	if (!ds)
		(void)err_set(e, ERR_INVALID, "the file cannot be read as %s: %s", job->label,
		              ogr_said()[0] ? ogr_said()
		                            : "its content is not what its first bytes say");
	return ds;
}

/* A definition without a code: the one that PROJ's catalogue holds for it, if there is no doubt. */
static bool
identify(OGRSpatialReferenceH crs, char *name, size_t name_size)
{
	int count = 0;
	int *confidence = NULL;
	OGRSpatialReferenceH *found = OSRFindMatches(crs, NULL, &count, &confidence);
	bool ok = found && count > 0 && confidence[0] >= 90 &&
	          (count == 1 || confidence[1] < confidence[0]);
	const char *authority = ok ? OSRGetAuthorityName(found[0], NULL) : NULL;
	const char *code = ok ? OSRGetAuthorityCode(found[0], NULL) : NULL;

	ok = authority && code;
	if (ok)
		(void)snprintf(name, name_size, "%s:%s", authority, code);
	OSRFreeSRSArray(found);
	CPLFree(confidence);
	return ok;
}

void
ogr_crs(OGRSpatialReferenceH crs, char *name, size_t name_size, char **ret_wkt)
{
	static const char *const wkt_options[] = { "FORMAT=WKT2_2019", NULL };
	const char *authority;
	const char *code;
	bool crs_named = false;

	name[0] = '\0';
	*ret_wkt = NULL;
	if (!crs)
		return;
	if (!OSRGetAuthorityCode(crs, NULL) && identify(crs, name, name_size))
		crs_named = true;
	authority = OSRGetAuthorityName(crs, NULL);
	code = OSRGetAuthorityCode(crs, NULL);
	if (!crs_named && authority && code)
		(void)snprintf(name, name_size, "%s:%s", authority, code);
	if (OSRExportToWktEx(crs, ret_wkt, wkt_options) != OGRERR_NONE) {
		CPLFree(*ret_wkt);
		*ret_wkt = NULL;
	}
}

static const char *
geometry_word(OGRLayerH layer)
{
	switch (wkbFlatten(OGR_L_GetGeomType(layer))) {
	case wkbNone:
		return "";
	case wkbPoint:
	case wkbMultiPoint:
		return "point";
	case wkbLineString:
	case wkbMultiLineString:
		return "line";
	case wkbPolygon:
	case wkbMultiPolygon:
		return "polygon";
	default:
		return "mixed";
	}
}

/* A view or a virtual table of a GeoPackage: even looking at it would run what it says. */
static bool
is_hidden(const struct ogr_job *job, OGRLayerH layer)
{
	return job->schema && !schema_is_table(job->schema, OGR_L_GetName(layer));
}

enum err_code
ogr_list(const struct ogr_job *job, struct out *o, struct err *e)
{
	GDALDatasetH ds = ogr_open(job, GDAL_OF_VECTOR, e);
	int count = ds ? GDALDatasetGetLayerCount(ds) : 0;
	int shown = 0;

	if (!ds)
		return e->code;
	for (int i = 0; i < count && shown < MAX_LAYERS; i++)
		shown += !is_hidden(job, GDALDatasetGetLayer(ds, i));
	out_frame_begin(o, 'L');
	out_u8(o, (uint8_t)(shown & 255));
	out_u8(o, (uint8_t)(shown >> 8));
	for (int i = 0; i < count && shown; i++) {
		OGRLayerH layer = GDALDatasetGetLayer(ds, i);
		const char *name = OGR_L_GetName(layer);
		const char *word;

		if (is_hidden(job, layer))
			continue;
		shown--;
		word = geometry_word(layer);

		out_text_safe(o, name, strlen(name), 4096);
		out_text(o, word, strlen(word));
		out_i64(o, OGR_L_GetFeatureCount(layer, FALSE));
	}
	out_frame_end(o);
	ogr_warn(o);
	GDALClose(ds);
	return ERR_OK;
}

/* The first that has rows. */
static OGRLayerH
first_layer(const struct ogr_job *job, GDALDatasetH ds, struct out *o)
{
	OGRLayerH first = NULL;
	OGRLayerH any = NULL;
	int visible = 0;
	int filled = 0;
	char quoted[100];

	for (int i = 0; i < GDALDatasetGetLayerCount(ds); i++) {
		OGRLayerH layer = GDALDatasetGetLayer(ds, i);

		if (is_hidden(job, layer)) {
			out_warn(o, "layer \"%s\" is a view, which is not read",
			         err_quote(OGR_L_GetName(layer), quoted, sizeof quoted));
			continue;
		}
		any = any ? any : layer;
		visible++;
	}
	for (int i = 0; visible > 1 && i < GDALDatasetGetLayerCount(ds); i++) {
		OGRLayerH layer = GDALDatasetGetLayer(ds, i);

		if (is_hidden(job, layer) || OGR_L_GetFeatureCount(layer, TRUE) <= 0)
			continue;
		first = first ? first : layer;
		filled++;
	}
	if (filled > 1)
		out_warn(o,
		         "%d layers of the file hold rows; \"%s\" is read (--layer names another)",
		         filled, err_quote(OGR_L_GetName(first), quoted, sizeof quoted));
	return first ? first : any;
}

/* The layer asked for; else the only one, else the first that has rows. */
static OGRLayerH
pick_layer(const struct ogr_job *job, GDALDatasetH ds, struct out *o, struct err *e)
{
	char quoted[100];
	OGRLayerH layer = job->layer ? NULL : first_layer(job, ds, o);

	if (!job->layer && !layer)
		(void)err_set(e, ERR_INVALID, "the %s file holds no layer", job->label);
	if (!job->layer)
		return layer;
	err_quote(job->layer, quoted, sizeof quoted);
	for (int i = 0; i < GDALDatasetGetLayerCount(ds); i++) {
		layer = GDALDatasetGetLayer(ds, i);
		if (!text_eq_nocase(OGR_L_GetName(layer), job->layer))
			continue;
		if (!is_hidden(job, layer))
			return layer;
		(void)err_set(e, ERR_UNSUPPORTED, "layer \"%s\" is a view, which is not read",
		              quoted);
		return NULL;
	}
	(void)err_set(e, ERR_NOTFOUND, "the file has no layer \"%s\"", quoted);
	return NULL;
}

/* SQLite's own look over the file. A large one takes longer to check than to read: there only the
 * order of the row ids is watched. */
static enum err_code
check_database(const struct ogr_job *job, GDALDatasetH ds, struct err *e)
{
	OGRLayerH result;
	OGRFeatureH f;
	char text[200] = "";

	if (!job->schema || job->file_bytes > CHECK_BYTES)
		return ERR_OK;
	result = GDALDatasetExecuteSQL(ds, "PRAGMA quick_check(1)", NULL, NULL);
	f = result ? OGR_L_GetNextFeature(result) : NULL;
	if (f) {
		(void)snprintf(text, sizeof text, "%s", OGR_F_GetFieldAsString(f, 0));
		OGR_F_Destroy(f);
	}
	if (result)
		GDALDatasetReleaseResultSet(ds, result);
	if (strcmp(text, "ok") != 0)
		return err_set(e, ERR_INVALID, "the GeoPackage is damaged: %s",
		               text[0] ? text : ogr_said());
	return ERR_OK;
}

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
	char text[80];
	int n = 0;

	if (!OGR_F_GetFieldAsDateTimeEx(f, i, &year, &month, &day, &hour, &minute, &second, &zone))
		return put_text(r, OGR_F_GetFieldAsString(f, i));
	if (r->types[i] != OFTTime)
		n = snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
	if (r->types[i] != OFTDate) {
		double s = (double)second;

		n += snprintf(text + n, sizeof text - (size_t)n, "%s%02d:%02d:", n ? "T" : "", hour,
		              minute);
		n += snprintf(text + n, sizeof text - (size_t)n, s == (int)s ? "%02.0f" : "%06.3f",
		              s);
	}
	if (r->types[i] == OFTDateTime && zone == 100)
		n += snprintf(text + n, sizeof text - (size_t)n, "Z");
	else if (r->types[i] == OFTDateTime && zone > 1)
		n += snprintf(text + n, sizeof text - (size_t)n, "%c%02d:%02d",
		              zone < 100 ? '-' : '+', (zone < 100 ? 100 - zone : zone - 100) / 4,
		              (zone < 100 ? 100 - zone : zone - 100) % 4 * 15);
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
	why = put_feature(r, f);
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

enum err_code
ogr_rows(const struct ogr_job *job, struct out *o, struct err *e)
{
	struct reading r = { .job = job, .out = o };
	GDALDatasetH ds = ogr_open(job, GDAL_OF_VECTOR, e);
	enum err_code rc;

	if (!ds)
		return e->code;
	r.layer = check_database(job, ds, e) == ERR_OK ? pick_layer(job, ds, o, e) : NULL;
	if (!r.layer) {
		GDALClose(ds);
		return e->code;
	}
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
