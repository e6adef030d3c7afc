#define _GNU_SOURCE /* stat64, which GDAL hands over */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include "base/mem.h"
#include "reader/vsi.h"

#define BLOCK_BYTES 32768
#define SQLITE_WAL_AT 18 /* write and read version of the file header: 2 = WAL */

struct handle {
	const struct file *file;
	int64_t at;
	bool eof;
	bool sqlite; /* an SQLite file in WAL mode is shown as one without */
	int64_t block_at;
	int64_t block_size;
	char block[BLOCK_BYTES];
};

/* What a handler serves. GDAL hands over paths without the handler's prefix. */
struct view {
	const struct files *files;
	bool zip; /* paths are ARCHIVE/ENTRY, with or without braces around ARCHIVE: the entry is
	             the end */
};

static const struct file *
find_file(const struct view *view, const char *path)
{
	const struct files *files = view->files;
	const struct file *best = NULL;
	size_t n = strlen(path);

	if (!view->zip)
		return files_find(files, path);
	for (size_t i = 0; i < files->count; i++) {
		size_t size = strlen(files->at[i].name);

		if (size < n && path[n - size - 1] == '/' &&
		    strcmp(path + n - size, files->at[i].name) == 0 &&
		    (!best || size > strlen(best->name)))
			best = &files->at[i];
	}
	return best;
}

/* A folder is whatever some entry lies beneath. */
static bool
is_folder(const struct files *files, const char *name)
{
	size_t n = strlen(name);

	while (n && name[n - 1] == '/')
		n--;
	for (size_t i = 0; i < files->count; i++) {
		const char *full = files->at[i].name;

		if (n == 0 || (strncasecmp(full, name, n) == 0 && full[n] == '/'))
			return true;
	}
	return false;
}

static int
vsi_stat(void *ctx, const char *path, VSIStatBufL *ret, int flags)
{
	const struct view *view = ctx;
	const struct file *f = find_file(view, path);

	(void)flags;
	memset(ret, 0, sizeof *ret);
	if (f) {
		ret->st_mode = S_IFREG | 0444;
		ret->st_size = f->size;
		return 0;
	}
	if (view->zip || !is_folder(view->files, path))
		return -1;
	ret->st_mode = S_IFDIR | 0555;
	return 0;
}

static void *
vsi_open(void *ctx, const char *path, const char *access)
{
	const struct file *f = find_file(ctx, path);
	struct handle *h;
	char first[16] = "";

	if (!f || strpbrk(access, "wa+")) {
		errno = f ? EACCES : ENOENT;
		return NULL;
	}
	h = mem_alloc(sizeof *h);
	if (!h)
		return NULL;
	h->file = f;
	h->at = 0;
	h->eof = false;
	h->block_at = 0;
	h->block_size = 0;
	h->sqlite = file_pread(f, first, sizeof first, 0) == sizeof first &&
	            memcmp(first, "SQLite format 3", sizeof first) == 0;
	return h;
}

static vsi_l_offset
vsi_tell(void *file)
{
	const struct handle *h = file;

	return (vsi_l_offset)h->at;
}

static int
vsi_seek(void *file, vsi_l_offset offset, int whence)
{
	struct handle *h = file;
	int64_t base = whence == SEEK_CUR ? h->at : whence == SEEK_END ? h->file->size : 0;

	if (offset > INT64_MAX / 2)
		return -1;
	h->at = base + (int64_t)offset;
	h->eof = false;
	return 0;
}

/* Bytes at an offset; small pieces come out of a block, because drivers ask for a few bytes at a
 * time. */
static int64_t
handle_pread(struct handle *h, char *p, int64_t n, int64_t at)
{
	int64_t done = 0;

	if (n >= BLOCK_BYTES)
		return file_pread(h->file, p, (size_t)n, at);
	while (done < n) {
		int64_t from = at + done - h->block_at;
		int64_t piece = h->block_size - from;

		if (from < 0 || piece <= 0) {
			h->block_at = (at + done) / BLOCK_BYTES * BLOCK_BYTES;
			h->block_size = file_pread(h->file, h->block, BLOCK_BYTES, h->block_at);
			if (h->block_size <= at + done - h->block_at)
				break;
			continue;
		}
		piece = piece < n - done ? piece : n - done;
		memcpy(p + done, h->block + from, (size_t)piece);
		done += piece;
	}
	return done;
}

static size_t
vsi_read(void *file, void *p, size_t size, size_t count)
{
	struct handle *h = file;
	int64_t n;

	if (!size || !count || count > (SIZE_MAX / 4) / size || h->at < 0)
		return 0;
	n = handle_pread(h, p, (int64_t)(size * count), h->at);
	if (n < (int64_t)(size * count))
		h->eof = true;
	if (n <= 0)
		return 0;
	for (int64_t i = SQLITE_WAL_AT; h->sqlite && i < SQLITE_WAL_AT + 2; i++) {
		if (i >= h->at && i < h->at + n && ((char *)p)[i - h->at] == 2)
			((char *)p)[i - h->at] = 1;
	}
	h->at += n;
	return (size_t)n / size;
}

static int
vsi_eof(void *file)
{
	const struct handle *h = file;

	return h->eof;
}

static int
vsi_close(void *file)
{
	mem_free(file);
	return 0;
}

/* Names directly beneath a folder. */
static char **
vsi_list(void *ctx, const char *path, int max)
{
	const struct files *files = ((const struct view *)ctx)->files;
	size_t n = strlen(path);
	char **list = NULL;

	(void)max;
	while (n && path[n - 1] == '/')
		n--;
	for (size_t i = 0; i < files->count; i++) {
		const char *rest = files->at[i].name;
		char name[256];

		if (n && (strncasecmp(rest, path, n) != 0 || rest[n] != '/'))
			continue;
		rest += n ? n + 1 : 0;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "/"), rest);
		if (name[0] && CSLFindString(list, name) < 0)
			list = CSLAddString(list, name);
	}
	return list;
}

static enum err_code
install(const char *prefix, struct view *view, struct err *e)
{
	VSIFilesystemPluginCallbacksStruct *cb = VSIAllocFilesystemPluginCallbacksStruct();
	int rc;

	if (!cb)
		return err_set(e, ERR_NOMEM, "out of memory for the reader's files");
	cb->pUserData = view;
	cb->stat = vsi_stat;
	cb->open = vsi_open;
	cb->tell = vsi_tell;
	cb->seek = vsi_seek;
	cb->read = vsi_read;
	cb->eof = vsi_eof;
	cb->close = vsi_close;
	cb->read_dir = vsi_list;
	rc = VSIInstallPluginHandler(prefix, cb);
	VSIFreeFilesystemPluginCallbacksStruct(cb);
	if (rc != 0)
		return err_set(e, ERR_INTERNAL, "could not offer the files to GDAL");
	return ERR_OK;
}

enum err_code
vsi_install(const struct files *files, struct err *e)
{
	static struct view view;

	view = (struct view){ .files = files };
	return install(VSI_PREFIX, &view, e);
}

enum err_code
vsi_install_zip(const struct files *files, struct err *e)
{
	static struct view view;

	view = (struct view){ .files = files, .zip = true };
	return install("/vsizip/", &view, e);
}
