#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/text.h"
#include "reader/ogr_private.h"
#include "reader/schema.h"
#include "reader/vsi.h"

#define OGR_WARNINGS 20
#define MAX_LAYERS 10000
#define CHECK_BYTES ((int64_t)64 << 20) /* a larger GeoPackage is not checked whole beforehand */

/* GDAL reports through a process-wide callback; this is where it leaves its words. */
static struct {
	char error[500];
	char warnings[OGR_WARNINGS][300];
	size_t warning_count;
} said;

/* GDAL's sentence as ours: one line, no full stop, without the paths we invented. */
static void
plain_words(const char *text, char *out, size_t out_size)
{
	size_t n = 0;
	const char *advice = strstr(text, " option") ? strstr(text, ". ") : NULL;

	/* Advice to set an option of GDAL's helps nobody here. */
	for (; *text && text != advice && n + 1 < out_size; text++) {
		if (strncmp(text, VSI_PREFIX, strlen(VSI_PREFIX)) == 0)
			text += strlen(VSI_PREFIX);
		if (!*text)
			break;
		out[n++] = (unsigned char)*text < ' ' ? ' ' : *text;
	}
	while (n && (out[n - 1] == '.' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
}

static void CPL_STDCALL
on_message(CPLErr level, CPLErrorNum number, const char *text)
{
	char words[300];

	(void)number;
	plain_words(text, words, sizeof words);
	text = words;
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

/* The one preferred, else the first that has rows; how a layer is drawn is not asked for. */
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

		if (is_hidden(job, layer) || text_eq(OGR_L_GetName(layer), "layer_styles") ||
		    OGR_L_GetFeatureCount(layer, TRUE) <= 0)
			continue;
		if (job->prefer && text_eq_nocase(OGR_L_GetName(layer), job->prefer))
			return layer;
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
OGRLayerH
ogr_pick_layer(const struct ogr_job *job, GDALDatasetH ds, struct out *o, struct err *e)
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
enum err_code
ogr_check_database(const struct ogr_job *job, GDALDatasetH ds, struct err *e)
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
