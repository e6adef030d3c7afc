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

#define SQLITE_WAL_AT 18 /* write and read version of the file header: 2 = WAL */

struct handle {
	const struct file *file;
	int64_t at;
	bool eof;
	bool sqlite; /* an SQLite file in WAL mode is shown as one without */
};

/* The part of a path that names an entry: behind our prefix, or behind /vsizip/ and the archive's
 * name. */
static const char *
entry_name(const char *path)
{
	const char *brace;

	if (strncmp(path, VSI_PREFIX, strlen(VSI_PREFIX)) == 0)
		path += strlen(VSI_PREFIX);
	if (strncmp(path, "/vsizip/", 8) != 0)
		return path;
	brace = strchr(path, '}');
	if (!brace)
		return path + 8;
	return brace[1] == '/' ? brace + 2 : brace + 1;
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
	const struct files *files = ctx;
	const char *name = entry_name(path);
	const struct file *f = files_find(files, name);

	(void)flags;
	memset(ret, 0, sizeof *ret);
	if (f) {
		ret->st_mode = S_IFREG | 0444;
		ret->st_size = f->size;
		return 0;
	}
	if (!is_folder(files, name))
		return -1;
	ret->st_mode = S_IFDIR | 0555;
	return 0;
}

static void *
vsi_open(void *ctx, const char *path, const char *access)
{
	const struct file *f = files_find(ctx, entry_name(path));
	struct handle *h;
	char first[16] = "";

	if (!f || strpbrk(access, "wa+")) {
		errno = f ? EACCES : ENOENT;
		return NULL;
	}
	h = mem_alloc(sizeof *h);
	if (!h)
		return NULL;
	*h = (struct handle){ .file = f };
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

static size_t
vsi_read(void *file, void *p, size_t size, size_t count)
{
	struct handle *h = file;
	int64_t n;

	if (!size || !count || count > SIZE_MAX / 2 / size)
		return 0;
	n = file_pread(h->file, p, size * count, h->at);
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
	const struct files *files = ctx;
	const char *folder = entry_name(path);
	size_t n = strlen(folder);
	char **list = NULL;

	(void)max;
	while (n && folder[n - 1] == '/')
		n--;
	for (size_t i = 0; i < files->count; i++) {
		const char *rest = files->at[i].name;
		char name[256];

		if (n && (strncasecmp(rest, folder, n) != 0 || rest[n] != '/'))
			continue;
		rest += n ? n + 1 : 0;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "/"), rest);
		if (name[0] && CSLFindString(list, name) < 0)
			list = CSLAddString(list, name);
	}
	return list;
}

static enum err_code
install(const char *prefix, const struct files *files, struct err *e)
{
	VSIFilesystemPluginCallbacksStruct *cb = VSIAllocFilesystemPluginCallbacksStruct();
	int rc;

	if (!cb)
		return err_set(e, ERR_NOMEM, "out of memory for the reader's files");
	cb->pUserData = (void *)(uintptr_t)files;
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
	return install(VSI_PREFIX, files, e);
}

enum err_code
vsi_install_zip(const struct files *files, struct err *e)
{
	return install("/vsizip/", files, e);
}
