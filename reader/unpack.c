#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "reader/unpack.h"

#define PAGE ((int64_t)65536)
#define RATIO_FROM ((int64_t)1 << 20)
#define BLOCK ((size_t)1 << 16)

void
unpack_init(struct unpack *u, const struct limits *limits, void (*progress)(int64_t bytes))
{
	*u = (struct unpack){ .limits = limits, .fd = -1, .progress = progress };
}

void
unpack_done(struct unpack *u)
{
	if (u->fd >= 0)
		(void)close(u->fd); /* memory only */
	u->fd = -1;
}

struct source {
	const struct file *file;
	int64_t at;
	char block[BLOCK];
};

static la_ssize_t
source_read(struct archive *a, void *ctx, const void **ret)
{
	struct source *s = ctx;
	int64_t n = file_pread(s->file, s->block, sizeof s->block, s->at);

	if (n < 0) {
		archive_set_error(a, EIO, "the file could not be read");
		return -1;
	}
	s->at += n;
	*ret = s->block;
	return (la_ssize_t)n;
}

static la_int64_t
source_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
	struct source *s = ctx;
	int64_t to = offset + (whence == SEEK_CUR ? s->at : whence == SEEK_END ? s->file->size : 0);

	(void)a;
	if (to < 0 || to > s->file->size)
		return ARCHIVE_FATAL;
	s->at = to;
	return to;
}

static la_int64_t
source_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct source *s = ctx;

	(void)a;
	if (n < 0 || n > s->file->size - s->at)
		n = s->file->size - s->at;
	s->at += n;
	return n;
}

static struct archive *
archive_start(struct source *s, const struct file *from, bool zip)
{
	struct archive *a = archive_read_new();

	s->file = from;
	s->at = 0;
	if (!a)
		return NULL;
	if (zip) {
		archive_read_support_format_zip_seekable(a);
	} else {
		archive_read_support_filter_gzip(a);
		archive_read_support_format_raw(a);
	}
	archive_read_set_read_callback(a, source_read);
	archive_read_set_seek_callback(a, source_seek);
	archive_read_set_skip_callback(a, source_skip);
	archive_read_set_callback_data(a, s);
	if (archive_read_open1(a) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

static enum err_code
space_check(const struct unpack *u, const struct file *from, struct err *e)
{
	if (u->used_bytes > u->limits->unpacked_bytes)
		return err_set(e, ERR_LIMIT, "the archive unpacks to more than %lld bytes",
		               (long long)u->limits->unpacked_bytes);
	if (u->used_bytes > RATIO_FROM && u->used_bytes / u->limits->ratio > from->size)
		return err_set(e, ERR_LIMIT, "the archive unpacks to more than %lld times its size",
		               (long long)u->limits->ratio);
	return ERR_OK;
}

static enum err_code
space_write(struct unpack *u, const char *p, size_t n, struct err *e)
{
	while (n) {
		ssize_t put = pwrite(u->fd, p, n, u->used_bytes);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return err_set(
				e, ERR_LIMIT,
				"there is no memory for what the archive holds, after %lld bytes",
				(long long)u->used_bytes);
		u->used_bytes += put;
		p += put;
		n -= (size_t)put;
	}
	return ERR_OK;
}

static enum err_code
space_open(struct unpack *u, struct err *e)
{
	if (u->fd < 0)
		u->fd = memfd_create("unpacked", MFD_CLOEXEC);
	if (u->fd < 0)
		return err_set(e, ERR_IO, "could not get memory to unpack into: %s",
		               strerror(errno));
	/* Each entry begins on a page, so that it can be mapped alone. */
	u->used_bytes = (u->used_bytes + PAGE - 1) / PAGE * PAGE;
	return ERR_OK;
}

/* One entry's content. A broken end is kept: *ret_broken tells. */
static enum err_code
entry_unpack(struct unpack *u, struct archive *a, const struct file *from, bool *ret_broken,
             struct err *e)
{
	char block[BLOCK];

	for (;;) {
		la_ssize_t n = archive_read_data(a, block, sizeof block);

		*ret_broken = n < 0;
		if (n <= 0)
			return ERR_OK;
		if (space_write(u, block, (size_t)n, e) != ERR_OK ||
		    space_check(u, from, e) != ERR_OK)
			return e->code;
		if (u->progress)
			u->progress(u->used_bytes);
	}
}

enum err_code
unpack_gzip(struct unpack *u, const struct file *from, const char *name, struct files *ret,
            struct err *e)
{
	struct source s;
	struct archive *a = archive_start(&s, from, false);
	struct archive_entry *entry;
	int64_t start;
	bool broken = false;
	enum err_code rc;

	if (!a || archive_read_next_header(a, &entry) != ARCHIVE_OK) {
		archive_read_free(a);
		return err_set(e, ERR_INVALID, "the gzip file is broken at its start");
	}
	rc = space_open(u, e);
	start = u->used_bytes;
	if (rc == ERR_OK)
		rc = entry_unpack(u, a, from, &broken, e);
	if (rc == ERR_OK && broken && u->used_bytes == start)
		rc = err_set(e, ERR_INVALID, "the gzip file is broken");
	u->damaged = u->damaged || broken;
	if (rc == ERR_OK)
		rc = files_add(ret, name, u->fd, start, u->used_bytes - start, e);
	archive_read_free(a);
	return rc;
}

/* Next plain file of a zip; NULL at the end or on failure. */
static const char *
zip_next(struct unpack *u, struct archive *a, struct archive_entry **ret, int64_t *count,
         struct err *e)
{
	int got;

	for (;;) {
		const char *name;

		got = archive_read_next_header(a, ret);
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			break;
		if (++*count > u->limits->entries) {
			(void)err_set(e, ERR_LIMIT, "the archive has more than %lld entries",
			              (long long)u->limits->entries);
			return NULL;
		}
		name = archive_entry_pathname_utf8(*ret);
		if (!name)
			name = archive_entry_pathname(*ret);
		if (name && archive_entry_filetype(*ret) != AE_IFDIR &&
		    text_is_utf8(name, strlen(name)))
			return name;
	}
	if (got != ARCHIVE_EOF)
		(void)err_set(e, ERR_INVALID, "the zip file is broken: %s",
		              archive_error_string(a) ? archive_error_string(a)
		                                      : "no reason given");
	return NULL;
}

enum err_code
unpack_list(struct unpack *u, const struct file *from, struct files *ret, struct err *e)
{
	struct source s;
	struct archive *a = archive_start(&s, from, true);
	struct archive_entry *entry;
	const char *name;
	int64_t count = 0;

	err_clear(e);
	if (!a)
		return err_set(e, ERR_INVALID,
		               "the zip file is broken: its list of contents is missing");
	while ((name = zip_next(u, a, &entry, &count, e)) != NULL) {
		int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;

		if (files_add(ret, name, -1, 0, size < 0 ? 0 : size, e) != ERR_OK)
			break;
	}
	archive_read_free(a);
	return e->code;
}

enum err_code
unpack_zip(struct unpack *u, const struct file *from, bool (*want)(void *ctx, const char *name),
           void *ctx, struct files *ret, struct err *e)
{
	struct source s;
	struct archive *a = archive_start(&s, from, true);
	struct archive_entry *entry;
	const char *name;
	int64_t count = 0;
	bool broken = false;

	err_clear(e);
	if (!a)
		return err_set(e, ERR_INVALID,
		               "the zip file is broken: its list of contents is missing");
	while ((name = zip_next(u, a, &entry, &count, e)) != NULL) {
		int64_t start;

		if (!want(ctx, name))
			continue;
		if (archive_entry_is_encrypted(entry)) {
			(void)err_set(e, ERR_UNSUPPORTED,
			              "the zip file is encrypted; unpack it first");
			break;
		}
		if (space_open(u, e) != ERR_OK)
			break;
		start = u->used_bytes;
		if (entry_unpack(u, a, from, &broken, e) != ERR_OK)
			break;
		u->damaged = u->damaged || broken;
		if (files_add(ret, name, u->fd, start, u->used_bytes - start, e) != ERR_OK)
			break;
	}
	archive_read_free(a);
	return e->code;
}
