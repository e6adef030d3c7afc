#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/text.h"
#include "reader/dataset.h"

#define BARE_GDB "unnamed.gdb"
#define MAX_WRAPS 2 /* an archive, and one more inside it */

void
dataset_init(struct dataset *d, const struct limits *limits)
{
	*d = (struct dataset){ .limits = limits };
	files_init(&d->given);
	files_init(&d->found);
	files_init(&d->zip);
	files_init(&d->members);
	unpack_init(&d->unpack, limits, NULL);
}

void
dataset_done(struct dataset *d)
{
	files_done(&d->given);
	files_done(&d->found);
	files_done(&d->zip);
	files_done(&d->members);
	unpack_done(&d->unpack);
}

const struct files *
dataset_files(const struct dataset *d)
{
	return d->found.count ? &d->found : &d->given;
}

/* What of an archive belongs together with the chosen entry. */
struct choice {
	enum format format;
	const char *name; /* of the entry, or of the folder of a FileGDB */
	size_t stem;      /* bytes of the name before the last dot */
};

static size_t
stem_size(const char *name)
{
	const char *ext = file_extension(name);

	return ext[0] ? (size_t)(ext - name) - 1 : strlen(name);
}

static bool
wanted(void *ctx, const char *name)
{
	const struct choice *c = ctx;
	size_t n = strlen(c->name);

	if (c->format == FORMAT_UNKNOWN)
		return true;
	if (c->format == FORMAT_FILEGDB)
		return n == 0 || (strncasecmp(name, c->name, n) == 0 && name[n] == '/');
	if (c->format == FORMAT_SHP)
		return strncasecmp(name, c->name, c->stem) == 0 &&
		       (name[c->stem] == '.' || !name[c->stem]);
	return strcmp(name, c->name) == 0;
}

static bool
is_hidden(const char *name)
{
	return text_starts(name, "__MACOSX/") || file_basename(name)[0] == '.';
}

/* A higher rank hides all lower ones: data sets with positions, then tables, then plain text. */
static int
rank(const struct dataset *d, const struct files *all, const char *name)
{
	enum format f = is_hidden(name) ? FORMAT_UNKNOWN : detect_name(name);
	char shp[1024];

	if (d->raster)
		return detect_is_raster(f) ? 3 : f == FORMAT_ZIP || f == FORMAT_GZIP ? 1 : 0;
	if (f == FORMAT_UNKNOWN || detect_is_raster(f))
		return 0;
	if (f == FORMAT_DBF) {
		(void)snprintf(shp, sizeof shp, "%.*sshp", (int)stem_size(name) + 1, name);
		return files_find(all, shp) ? 0 : 1;
	}
	if (f == FORMAT_TABLE)
		return text_eq_nocase(file_extension(name), "txt") ? 1 : 2;
	return 3;
}

static enum err_code
member_add(struct dataset *d, const char *name, struct err *e)
{
	char folder[4096];

	if (detect_name(name) != FORMAT_FILEGDB)
		return files_add(&d->members, name, -1, 0, 0, e);
	/* All tables of a FileGDB are one data set: their folder. */
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(file_basename(name) - name), name);
	if (folder[0])
		folder[strlen(folder) - 1] = '\0';
	if (files_find(&d->members, folder))
		return ERR_OK;
	return files_add(&d->members, folder, -1, 0, 0, e);
}

static enum err_code
members_find(struct dataset *d, const struct files *all, struct err *e)
{
	int best = 0;

	for (size_t i = 0; i < all->count; i++) {
		int r = rank(d, all, all->at[i].name);

		best = r > best ? r : best;
	}
	d->members.count = 0;
	for (size_t i = 0; best && i < all->count; i++) {
		if (rank(d, all, all->at[i].name) == best &&
		    member_add(d, all->at[i].name, e) != ERR_OK)
			return e->code;
	}
	return ERR_OK;
}

static bool
member_is(const char *name, const char *asked)
{
	const char *base = file_basename(name);

	return text_eq(name, asked) || text_eq_nocase(base, asked) ||
	       (strlen(asked) == stem_size(base) && strncasecmp(base, asked, strlen(asked)) == 0);
}

/* The chosen one, NULL when several remain. */
static const char *
member_pick(struct dataset *d)
{
	const char *asked = d->member ? d->member : d->layer;
	const char *doc = NULL;

	for (size_t i = 0; asked && i < d->members.count; i++) {
		if (!member_is(d->members.at[i].name, asked))
			continue;
		if (asked == d->layer && d->members.count > 1)
			d->layer = NULL;
		return d->members.at[i].name;
	}
	for (size_t i = 0; i < d->members.count; i++) {
		if (text_eq_nocase(d->members.at[i].name, "doc.kml"))
			doc = d->members.at[i].name;
	}
	return d->members.count == 1 && !d->member ? d->members.at[0].name : doc;
}

/* Some programs write a doc.kml that only links to the files with the content. */
static bool
holds_placemarks(const struct file *f)
{
	static const char word[] = "<Placemark";
	struct input in;
	struct err ignored = { 0 };
	const char *p;
	bool found = false;

	if (file_map(f, &in, &ignored) != ERR_OK)
		return true;
	p = in.s;
	while (!found && p && (size_t)(in.s + in.n - p) >= sizeof word) {
		p = memchr(p, '<', (size_t)(in.s + in.n - p) - sizeof word + 1);
		found = p && memcmp(p, word, sizeof word - 1) == 0;
		p = p ? p + 1 : NULL;
	}
	file_unmap(&in);
	return found;
}

static enum err_code
several(const struct dataset *d, struct err *e)
{
	char names[600] = "";
	char quoted[100];
	size_t n = 0;

	if (d->member)
		return err_set(e, ERR_NOTFOUND, "the archive holds no data set \"%s\"",
		               err_quote(d->member, quoted, sizeof quoted));
	for (size_t i = 0; i < d->members.count && i < 6; i++)
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "",
		                      err_quote(d->members.at[i].name, quoted, sizeof quoted));
	(void)err_set(e, ERR_INVALID, "the archive holds %zu data sets: %s%s", d->members.count,
	              names, d->members.count > 6 ? " ..." : "");
	return err_hint(e, "choose one with --layer NAME");
}

/* Unpack one member with all that belongs to it. */
static enum err_code
unwrap_member(struct dataset *d, const struct files *names, const char *name, struct files *ret,
              struct err *e)
{
	struct choice c = { .format = detect_name(name), .name = name, .stem = stem_size(name) };

	for (size_t i = 0; i < names->count && c.format == FORMAT_UNKNOWN; i++) {
		if (detect_name(names->at[i].name) == FORMAT_FILEGDB)
			c.format = FORMAT_FILEGDB;
	}
	if (unpack_zip(&d->unpack, &d->file, wanted, &c, ret, e) != ERR_OK)
		return e->code;
	if (c.format != FORMAT_FILEGDB && !files_find(ret, name))
		return err_set(e, ERR_INVALID, "the archive's entry could not be unpacked");
	/* A FileGDB packed without its folder gets one, because its driver asks for it. */
	for (size_t i = 0; c.format == FORMAT_FILEGDB && !name[0] && i < ret->count; i++) {
		ret->at[i].name = arena_printf(&ret->mem, BARE_GDB "/%s", ret->at[i].name);
		if (!ret->at[i].name)
			return err_set(e, ERR_NOMEM, "out of memory for file names");
	}
	return ERR_OK;
}

/* Leave out a member; the others keep their order. */
static void
member_drop(struct dataset *d, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->members.count; i++) {
		if (d->members.at[i].name != name)
			d->members.at[kept++] = d->members.at[i];
	}
	d->members.count = kept;
}

static enum err_code
unwrap_zip(struct dataset *d, const struct files *names, struct files *ret, struct err *e)
{
	const char *name;

	if (members_find(d, names, e) != ERR_OK)
		return e->code;
	if (!d->members.count)
		return err_set(e, ERR_UNSUPPORTED,
		               "the archive holds no file of a format that is read%s",
		               d->raster ? " as a raster" : "");
	for (;;) {
		name = member_pick(d);
		if (!name)
			return several(d, e);
		if (unwrap_member(d, names, name, ret, e) != ERR_OK)
			return e->code;
		if (d->members.count == 1 || !text_eq_nocase(name, "doc.kml") ||
		    holds_placemarks(files_find(ret, name)))
			break;
		member_drop(d, name);
	}
	d->member = NULL;
	if (files_find(ret, name)) {
		d->file = *files_find(ret, name);
	} else {
		d->format = FORMAT_FILEGDB;
		d->file = (struct file){ .name = name[0] ? name : BARE_GDB, .fd = -1 };
	}
	return ERR_OK;
}

static bool
has_entry(const struct files *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->at[i].name, name) == 0)
			return true;
	}
	return false;
}

static enum err_code
open_zip(struct dataset *d, struct err *e)
{
	struct choice all = { .format = FORMAT_UNKNOWN, .name = "" };
	struct files names;
	struct files content;
	enum err_code rc;

	files_init(&names);
	files_init(&content);
	rc = unpack_list(&d->unpack, &d->file, &names, e);
	if (rc == ERR_OK && has_entry(&names, "xl/workbook.xml"))
		d->format = FORMAT_XLSX;
	else if (rc == ERR_OK && has_entry(&names, "content.xml") && has_entry(&names, "mimetype"))
		d->format = FORMAT_ODS;
	if (rc == ERR_OK && d->format != FORMAT_ZIP)
		rc = unpack_zip(&d->unpack, &d->file, wanted, &all, &d->zip, e);
	else if (rc == ERR_OK)
		rc = unwrap_zip(d, &names, &content, e);
	if (rc == ERR_OK && content.count) {
		files_done(&d->found);
		d->found = content;
		files_init(&content);
	}
	files_done(&names);
	files_done(&content);
	return rc;
}

static enum err_code
open_gzip(struct dataset *d, struct err *e)
{
	struct files content;
	char name[1024];
	size_t n = strlen(d->file.name);
	enum err_code rc;

	if (text_eq_nocase(file_extension(d->file.name), "gz"))
		n -= 3;
	(void)snprintf(name, sizeof name, "%.*s", (int)n, d->file.name);
	files_init(&content);
	rc = unpack_gzip(&d->unpack, &d->file, name, &content, e);
	if (rc == ERR_OK) {
		d->file = content.at[0];
		files_done(&d->found);
		d->found = content;
		return ERR_OK;
	}
	files_done(&content);
	return rc;
}

static enum err_code
look(struct dataset *d, struct err *e)
{
	char first[DETECT_BYTES];
	int64_t n = file_pread(&d->file, first, sizeof first, 0);

	if (n < 0)
		return err_set(e, ERR_IO, "could not read the file");
	d->format = detect(first, (size_t)n, d->file.name);
	if (d->format == FORMAT_UNKNOWN || d->format == FORMAT_REFUSED)
		return err_set(e, ERR_UNSUPPORTED, "%s", detect_refusal(first, (size_t)n));
	return ERR_OK;
}

enum err_code
dataset_find(struct dataset *d, const char *name, struct err *e)
{
	for (size_t i = 0; i < d->given.count; i++) {
		if (detect_name(d->given.at[i].name) != FORMAT_FILEGDB)
			continue;
		d->format = FORMAT_FILEGDB;
		d->file = (struct file){ .name = name, .fd = -1 };
		return ERR_OK;
	}
	if (!d->given.count)
		return err_set(e, ERR_INVALID, "no file was given");
	d->file = d->given.at[0];
	for (int wraps = 0;; wraps++) {
		if (look(d, e) != ERR_OK)
			return e->code;
		if (d->format != FORMAT_GZIP && d->format != FORMAT_ZIP)
			return ERR_OK;
		if (wraps == MAX_WRAPS)
			return err_set(e, ERR_LIMIT,
			               "archives inside archives are opened %d deep, no further",
			               MAX_WRAPS);
		if ((d->format == FORMAT_GZIP ? open_gzip(d, e) : open_zip(d, e)) != ERR_OK)
			return e->code;
		if (d->format != FORMAT_GZIP && d->format != FORMAT_ZIP)
			return ERR_OK;
	}
}
