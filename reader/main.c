/* fallow-reader: opens one foreign file in a sandbox and streams its rows (ingest/pipe.h). */
#define _GNU_SOURCE /* close_range */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "reader/dataset.h"
#include "reader/geojson.h"
#include "reader/ogr.h"
#include "reader/sandbox.h"
#include "reader/schema.h"
#include "reader/table.h"
#include "reader/vsi.h"
#ifdef READER_PLANTED
#include "reader/planted.h"
#endif

#define GUESS_WINDOW ((size_t)4 << 20)
#define DBASE_LANGUAGE_AT 29 /* of the header: 0 = not said */

enum mode {
	MODE_LIST,
	MODE_ROWS,
	MODE_RASTER
};

struct job {
	enum mode mode;
	const char *name;
	const char *encoding;
	const char *prefer; /* a layer */
	enum table_header header;
	bool unsandboxed;
	struct limits limits;
	struct dataset data;
	struct out out;
	const char *planted; /* the way out that a test build tries */
};

/* ---- a crash still says so ---- */

static char last_words[600];
static size_t last_words_size;

static size_t
last_words_text(size_t at, const char *s)
{
	uint32_t n = (uint32_t)strlen(s);

	memcpy(last_words + at, &n, 4);
	memcpy(last_words + at + 4, s, n);
	return at + 4 + n;
}

/* Both texts together are shorter than 500 bytes. */
static void
last_words_set(const char *sentence, const char *hint)
{
	uint32_t body;

	last_words[4] = 'F';
	last_words[5] = (char)ERR_LIMIT;
	last_words_size = last_words_text(last_words_text(6, sentence), hint);
	body = (uint32_t)last_words_size - 5;
	memcpy(last_words, &body, 4);
}

static void
on_crash(int number)
{
	if (number == SIGBUS)
		last_words_set("the file changed or became unreadable while it was read", "");
	else if (number == SIGXCPU)
		last_words_set("the file took more processor time than is allowed",
		               "--limit cpu_s=N allows N seconds before the first row");
	else
		last_words_set("the file made its format's library break off: it is damaged, "
		               "hostile, or needs "
		               "more memory than is allowed",
		               "--limit memory_bytes=N allows more memory");
	(void)!write(STDOUT_FILENO, last_words, last_words_size);
	_exit(1);
}

static void
catch_crashes(void)
{
	static const int numbers[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGXCPU };
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction act = { .sa_handler = on_crash,
		                 .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };

	(void)sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		(void)sigaction(numbers[i], &act, NULL);
}

/* ---- the command line ---- */

static enum err_code
add_file(struct job *job, const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');
	int64_t fd;

	if (!colon || !text_parse_i64(text, (size_t)(colon - text), &fd) || fd < 3 || fd > 65535)
		return err_set(e, ERR_INVALID, "--file needs DESCRIPTOR:NAME");
	if ((int64_t)job->data.given.count >= job->limits.files)
		return err_set(e, ERR_LIMIT, "more than %lld files were given",
		               (long long)job->limits.files);
	return files_add(&job->data.given, colon + 1, (int)fd, 0, -1, e);
}

static enum err_code
option(struct job *job, const char *key, const char *value, struct err *e)
{
	if (text_eq(key, "--file"))
		return add_file(job, value, e);
	if (text_eq(key, "--limit"))
		return limits_set(&job->limits, value, e);
	if (text_eq(key, "--name"))
		job->name = value;
	else if (text_eq(key, "--layer"))
		job->data.layer = value;
	else if (text_eq(key, "--prefer"))
		job->prefer = value;
	else if (text_eq(key, "--member"))
		job->data.member = value;
	else if (text_eq(key, "--encoding"))
		job->encoding = value;
	else if (text_eq(key, "--header"))
		job->header = text_eq(value, "no") ? TABLE_HEADER_NO : TABLE_HEADER_YES;
#ifdef READER_PLANTED
	else if (text_eq(key, "--planted"))
		job->planted = value;
#endif
	else
		return err_set(e, ERR_INVALID, "option %s does not exist", key);
	return ERR_OK;
}

static enum err_code
command_line(struct job *job, int argc, char **argv, struct err *e)
{
	static const char *const modes[] = { "list", "rows", "raster" };
	char file[1200];
	int64_t fd = -1;
	int mode = 0;

	while (mode < 3 && !(argc > 1 && text_eq(argv[1], modes[mode])))
		mode++;
	if (mode == 3)
		return err_set(e, ERR_INVALID,
		               "usage: fallow-reader list|rows|raster --fd N --name NAME [...]");
	job->mode = (enum mode)mode;
	for (int i = 2; i < argc; i++) {
		if (text_eq(argv[i], "--unsandboxed")) {
			job->unsandboxed = true;
			continue;
		}
		if (i + 1 == argc)
			return err_set(e, ERR_INVALID, "option %s needs a value", argv[i]);
		if (text_eq(argv[i], "--fd")) {
			if (!text_parse_i64(argv[i + 1], strlen(argv[i + 1]), &fd))
				return err_set(e, ERR_INVALID, "--fd needs a number");
		} else if (option(job, argv[i], argv[i + 1], e) != ERR_OK) {
			return e->code;
		}
		i++;
		/* The main file goes first, its companions behind it. */
		if (fd >= 0 && job->name && !job->data.given.count) {
			(void)snprintf(file, sizeof file, "%d:%s", (int)fd, job->name);
			if (add_file(job, file, e) != ERR_OK)
				return e->code;
		}
	}
	if (!job->name || !job->name[0] || strchr(job->name, '/'))
		return err_set(e, ERR_INVALID, "--name needs a file's name without folders");
	return ERR_OK;
}

/* Whatever else was inherited is closed: a descriptor is a way out. */
static void
close_others(const struct files *given)
{
	for (int fd = 3; fd < 4096; fd++) {
		bool ours = false;

		for (size_t i = 0; i < given->count && !ours; i++)
			ours = given->at[i].fd == fd;
		if (!ours)
			(void)close(fd); /* most are not open */
	}
	(void)close_range(4096, ~0u, 0);
}

/* ---- reading ---- */

static enum err_code
list_one(struct job *job, const char *geometry)
{
	struct out *o = &job->out;
	const char *base = job->data.file.name;

	out_frame_begin(o, 'L');
	out_u8(o, 1);
	out_u8(o, 0);
	out_text_safe(o, base, strlen(base), 4096);
	out_text(o, geometry, strlen(geometry));
	out_i64(o, -1);
	out_frame_end(o);
	return ERR_OK;
}

static enum err_code
list_members(struct job *job)
{
	struct out *o = &job->out;
	const struct files *m = &job->data.members;

	out_frame_begin(o, 'L');
	out_u8(o, (uint8_t)(m->count & 255));
	out_u8(o, (uint8_t)(m->count >> 8));
	for (size_t i = 0; i < m->count; i++) {
		out_text_safe(o, m->at[i].name, strlen(m->at[i].name), 4096);
		out_text(o, "", 0);
		out_i64(o, -1);
	}
	out_frame_end(o);
	return ERR_OK;
}

static enum err_code
read_geojson(struct job *job, struct input in, struct err *e)
{
	struct geojson g;
	struct out_header h = { .driver = "GeoJSON", .encoding = "UTF-8", .crs_wkt = "" };
	enum err_code rc;

	geojson_init(&g, in, &job->limits, sandbox_rows);
	rc = geojson_scan(&g, e);
	if (rc == ERR_OK) {
		h.layer = g.name[0] ? g.name : job->data.file.name;
		h.crs = g.crs;
		h.has_geometry = g.has_geometry;
		h.features = g.features;
		h.column_count = g.cols.count;
		h.columns = columns_header(&g.cols);
		if (!h.columns)
			rc = err_set(e, ERR_NOMEM, "out of memory for %zu columns", g.cols.count);
	}
	if (rc == ERR_OK) {
		out_header(&job->out, &h);
		if (g.crs_note[0])
			out_warn(&job->out,
			         "the file states a reference system that is not understood: %s",
			         g.crs_note);
		if (g.other[0])
			out_warn(&job->out,
			         "features have members beside their properties that are not read, "
			         "such as \"%s\"",
			         g.other);
		rc = geojson_rows(&g, &job->out, e);
	}
	geojson_done(&g);
	return rc;
}

/* A window at a time, so that a large file need not be in memory; the first window that is not
 * UTF-8 decides. */
static void
guess_encoding(struct table *t)
{
	const char *p = t->in.s;
	const char *end = t->in.s + t->in.n;

	input_rewind(&t->in);
	do {
		size_t n = (size_t)(end - p);

		if (n > GUESS_WINDOW) {
			n = GUESS_WINDOW;
			while (n > GUESS_WINDOW - 4 && ((uint8_t)p[n] & 0xc0) == 0x80)
				n--;
		}
		t->encoding = encoding_guess_8bit(p, n, &t->encoding_sure);
		p += n;
		input_passed(&t->in, p);
	} while (p < end && t->encoding_sure);
}

static enum err_code
table_encoding(const struct job *job, struct table *t, struct err *e)
{
	char quoted[100];

	t->encoding_sure = true;
	if (!job->encoding) {
		guess_encoding(t);
		return ERR_OK;
	}
	if (encoding_from_name(job->encoding, &t->encoding))
		return ERR_OK;
	return err_set(e, ERR_UNSUPPORTED,
	               "encoding \"%s\" is not offered (UTF-8, UTF-16LE, UTF-16BE, windows-1250, "
	               "windows-1251, windows-1252, windows-1254)",
	               err_quote(job->encoding, quoted, sizeof quoted));
}

static enum err_code
read_table(struct job *job, struct input in, const char *encoding_shown, struct err *e)
{
	struct out_header h = { .driver = "CSV", .crs = "", .crs_wkt = "" };
	struct table t;
	enum err_code rc;

	table_init(&t, in, &job->limits, sandbox_rows);
	t.header = job->header;
	rc = encoding_shown ? ERR_OK : table_encoding(job, &t, e);
	t.encoding_sure = t.encoding_sure || encoding_shown;
	if (rc == ERR_OK)
		rc = table_scan(&t, e);
	if (rc == ERR_OK) {
		h.layer = job->data.file.name;
		h.encoding = encoding_shown ? encoding_shown : encoding_name(t.encoding);
		h.features = t.rows;
		h.column_count = t.cols.count;
		h.columns = columns_header(&t.cols);
		if (!h.columns)
			rc = err_set(e, ERR_NOMEM, "out of memory for %zu columns", t.cols.count);
	}
	if (rc == ERR_OK) {
		out_header(&job->out, &h);
		rc = table_rows(&t, &job->out, e);
	}
	table_done(&t);
	return rc;
}

/* UTF-16 is turned into UTF-8 whole; anything else is read where it lies. */
static enum err_code
read_text(struct job *job, struct err *e)
{
	struct input in = { 0 };
	struct input whole;
	struct buf utf8;
	enum encoding en = ENCODING_UTF8;
	bool sure = true;
	enum err_code rc = file_map(&job->data.file, &in, e);

	if (rc != ERR_OK)
		return rc;
	whole = in;
	buf_init(&utf8, (size_t)job->limits.memory_bytes);
	if (job->encoding)
		(void)encoding_from_name(job->encoding, &en); /* read_table refuses unknown ones */
	else
		en = encoding_guess(in.s, in.n < DETECT_BYTES ? in.n : DETECT_BYTES, &sure);
	if (en == ENCODING_UTF16LE || en == ENCODING_UTF16BE) {
		size_t mark = encoding_mark(en, in.s, in.n);

		if (!encoding_to_utf8(en, in.s + mark, in.n - mark, &utf8))
			out_warn(&job->out, "the %s text is damaged in places", encoding_name(en));
		if (!buf_ok(&utf8))
			rc = err_set(e, ERR_LIMIT,
			             "the %s text is too large to be turned into UTF-8",
			             encoding_name(en));
		in = (struct input){ .s = buf_text(&utf8), .n = utf8.size };
		if (rc == ERR_OK)
			job->data.format =
				detect(in.s, in.n < DETECT_BYTES ? in.n : DETECT_BYTES, job->name);
	}
	if (rc == ERR_OK && job->data.format == FORMAT_GEOJSON)
		rc = read_geojson(job, in, e);
	else if (rc == ERR_OK)
		rc = read_table(job, in, utf8.size ? encoding_name(en) : NULL, e);
	buf_done(&utf8);
	file_unmap(&whole);
	return rc;
}

static const struct file *
beside(const struct job *job, const char *ext)
{
	const char *name = job->data.file.name;
	int stem = (int)(file_extension(name) - name);
	char text[1200];

	(void)snprintf(text, sizeof text, "%.*s%s", stem, name, ext);
	return files_find(dataset_files(&job->data), text);
}

/* A dBASE file need not say how its texts are encoded: then its bytes do, as in a CSV. */
static const char *
dbase_encoding(struct job *job)
{
	const struct file *dbf = beside(job, "dbf");
	struct input in;
	struct err ignored = { 0 };
	enum encoding en;
	bool sure;

	if (beside(job, "cpg"))
		return NULL;
	if (!dbf || dbf->size < 33 || file_map(dbf, &in, &ignored) != ERR_OK)
		return NULL;
	if (in.s[DBASE_LANGUAGE_AT]) {
		file_unmap(&in);
		return NULL;
	}
	en = encoding_guess_8bit(in.s + 32, in.n - 32, &sure);
	file_unmap(&in);
	if (!sure)
		out_warn(&job->out,
		         "the file does not say how its texts are encoded; they were read as %s, "
		         "which is a "
		         "guess (--encoding tells)",
		         encoding_name(en));
	return encoding_iconv_name(en);
}

static enum err_code
check_shapefile(struct job *job, struct err *e)
{
	if (!beside(job, "shx")) {
		(void)err_set(e, ERR_INVALID, "the Shapefile has no .shx beside its .shp");
		return err_hint(e, "ask for all files of the Shapefile, at best in one .zip");
	}
	if (!beside(job, "dbf"))
		out_warn(&job->out,
		         "the Shapefile has no .dbf beside its .shp: its rows have no attributes");
	return ERR_OK;
}

/* A GeoPackage's schema is looked at before SQLite sees it. */
static enum err_code
read_gpkg(struct job *job, struct ogr_job *ogr, struct err *e)
{
	struct schema schema;
	enum err_code rc = schema_read(&schema, &job->data.file, e);

	if (rc == ERR_OK)
		rc = schema_check_gpkg(&schema, e);
	ogr->schema = &schema;
	if (rc == ERR_OK)
		rc = job->mode == MODE_LIST ? ogr_list(ogr, &job->out, e)
		                            : ogr_rows(ogr, &job->out, e);
	ogr->schema = NULL;
	schema_done(&schema);
	return rc;
}

static enum err_code
read_gdal(struct job *job, struct err *e)
{
	struct dataset *d = &job->data;
	struct ogr_job ogr = { .driver = detect_driver(d->format),
		               .label = detect_label(d->format),
		               .layer = d->layer,
		               .prefer = job->prefer,
		               .header = job->header == TABLE_HEADER_GUESS
		                                 ? -1
		                                 : job->header == TABLE_HEADER_YES,
		               .encoding = job->encoding,
		               .limits = &job->limits,
		               .progress = sandbox_rows };
	char path[1200];

	if (d->format == FORMAT_SHP && check_shapefile(job, e) != ERR_OK)
		return e->code;
	if (!ogr.encoding && (d->format == FORMAT_SHP || d->format == FORMAT_DBF))
		ogr.encoding = dbase_encoding(job);
	(void)snprintf(path, sizeof path, VSI_PREFIX "%s", d->file.name);
	ogr.path = path;
	if (vsi_install(dataset_files(d), e) != ERR_OK)
		return e->code;
	if (d->zip.count && vsi_install_zip(&d->zip, e) != ERR_OK)
		return e->code;
	if (detect_is_raster(d->format) != (job->mode == MODE_RASTER))
		return err_set(e, ERR_UNSUPPORTED,
		               job->mode == MODE_RASTER ? "the file is %s, not a raster"
		                                        : "the file is a raster (%s), not rows",
		               ogr.label);
	if (job->mode == MODE_RASTER)
		return ogr_raster(&ogr, &job->out, e);
	ogr.file_bytes = d->file.size;
	if (d->format == FORMAT_GPKG)
		return read_gpkg(job, &ogr, e);
	return job->mode == MODE_LIST ? ogr_list(&ogr, &job->out, e) : ogr_rows(&ogr, &job->out, e);
}

/* Libraries call it a broken file when their memory ends. */
static enum err_code
hint_memory(const struct job *job, struct err *e)
{
	struct rusage use;

	if (e->hint[0] || getrusage(RUSAGE_SELF, &use) != 0 ||
	    use.ru_maxrss * INT64_C(1024) < job->limits.memory_bytes / 5 * 3)
		return e->code;
	return err_hint(
		e,
		"perhaps it needs more memory: --limit memory_bytes=%lld would allow twice as much",
		(long long)job->limits.memory_bytes * 2);
}

static enum err_code
run(struct job *job, struct err *e)
{
	struct dataset *d = &job->data;
	bool text;

	job->data.unpack.progress = sandbox_bytes;
	if (dataset_find(d, job->name, e) != ERR_OK) {
		if (job->mode == MODE_LIST && d->members.count > 1) {
			err_clear(e);
			return list_members(job);
		}
		return e->code;
	}
	sandbox_seal();
	text = d->format == FORMAT_GEOJSON || d->format == FORMAT_TABLE;
	if (text && job->mode == MODE_LIST)
		return list_one(job, d->format == FORMAT_GEOJSON ? "mixed" : "");
	if (text && job->mode == MODE_RASTER)
		return err_set(e, ERR_UNSUPPORTED, "the file is %s, not a raster",
		               detect_label(d->format));
	if ((text ? read_text(job, e) : read_gdal(job, e)) != ERR_OK)
		return hint_memory(job, e);
	if (d->unpack.damaged)
		return err_set(e, ERR_INVALID,
		               "the archive is damaged; what could be unpacked was read");
	return ERR_OK;
}

/* What is unpacked lies in memory: no more than half of what is free. */
static void
limit_unpacked(struct limits *limits)
{
	char text[1000] = "";
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	const char *p;
	int64_t kib = 0;

	if (fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
	    (p = strstr(text, "MemAvailable:")) != NULL) {
		for (p += 13; *p == ' '; p++)
			;
		for (; *p >= '0' && *p <= '9'; p++)
			kib = kib * 10 + (*p - '0');
	}
	if (fd >= 0)
		(void)close(fd); /* only read from */
	if (kib && kib * 512 < limits->unpacked_bytes)
		limits->unpacked_bytes = kib * 512;
}

static int64_t
given_bytes(const struct files *given)
{
	int64_t sum = 0;

	for (size_t i = 0; i < given->count; i++)
		sum += given->at[i].size;
	return sum;
}

static enum err_code
enter(struct job *job, struct err *e)
{
	int64_t bytes = given_bytes(&job->data.given);

	close_others(&job->data.given);
	catch_crashes();
	limit_unpacked(&job->limits);
	ogr_start();
	for (size_t i = 0; i < job->data.given.count; i++) {
		enum format f = detect_name(job->data.given.at[i].name);

		if (f == FORMAT_DBF || f == FORMAT_SHP || f == FORMAT_ZIP) {
			ogr_load_encodings();
			break;
		}
	}
	if (job->unsandboxed)
		return sandbox_limits(&job->limits, bytes, e);
	if (sandbox_enter(&job->limits, bytes, e) == ERR_OK)
		return ERR_OK;
	(void)err_prefix(e, "foreign files are not read without a sandbox");
	return err_hint(
		e,
		"run on a kernel with Landlock and seccomp, or set FALLOW_READER_UNSANDBOXED=1 and "
		"answer for it");
}

int
main(int argc, char **argv)
{
	static struct job job;
	struct err e = { 0 };
	enum err_code rc;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_IGN); /* the write fails, and the archive's reader says so */
	limits_default(&job.limits);
	dataset_init(&job.data, &job.limits);
	out_init(&job.out, STDOUT_FILENO, &job.limits);
	rc = command_line(&job, argc, argv, &e);
	if (rc == ERR_OK)
		rc = enter(&job, &e);
#ifdef READER_PLANTED
	if (rc == ERR_OK && job.planted)
		return planted_try(job.planted);
#endif
	if (rc == ERR_OK)
		rc = run(&job, &e);
	if (rc == ERR_OK)
		out_end(&job.out);
	else
		out_fail(&job.out, &e);
	out_done(&job.out);
	dataset_done(&job.data);
	return rc == ERR_OK ? 0 : 1;
}
