#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#define CHUNK ((size_t)1 << 20)

/* "could not VERB 'PATH': why" for the error in errno. */
static enum err_code
fail(struct err *e, const char *verb, const char *path)
{
	int number = errno;
	char quoted[256];
	enum err_code code = number == ENOENT || number == ENOTDIR ? ERR_NOTFOUND : ERR_IO;

	if (number == EACCES || number == EPERM)
		code = ERR_DENIED;
	if (number == ENOSPC || number == EDQUOT) {
		(void)err_set(e, code, "could not %s '%s': the disk is full", verb,
		              err_quote(path, quoted, sizeof(quoted)));
		return err_hint(e, "make room on the disk; nothing that was acknowledged is lost");
	}
	return err_set(e, code, "could not %s '%s': %s", verb,
	               err_quote(path, quoted, sizeof(quoted)), strerror(number));
}

static enum err_code
fail_memory(struct err *e, const char *path)
{
	char quoted[256];

	return err_set(e, ERR_NOMEM, "out of memory for '%s'",
	               err_quote(path, quoted, sizeof(quoted)));
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* The folder a path lies in, on the heap. */
static char *
folder_of(const char *path)
{
	size_t n = strlen(path);
	char *copy;

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0)
		return mem_strdup(".");
	copy = mem_alloc(n + 1);
	if (copy) {
		memcpy(copy, path, n);
		copy[n] = '\0';
	}
	return copy;
}

static enum err_code
sync_folder_of(const char *path, struct err *e)
{
	char *folder = folder_of(path);
	enum err_code rc;

	if (!folder)
		return fail_memory(e, path);
	rc = file_sync_dir(folder, e);
	mem_free(folder);
	return rc;
}

enum err_code
file_read(const char *path, size_t limit_bytes, struct buf *b, struct err *e)
{
	size_t before = b->size;
	char quoted[256];
	struct stat st;
	enum err_code rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, "open", path);
	if (fstat(fd, &st) != 0) {
		rc = fail(e, "read", path);
		goto out;
	}
	/* One byte more than it holds, so that one read more finds the end. */
	if (S_ISREG(st.st_mode) && st.st_size >= 0 && (uint64_t)st.st_size <= limit_bytes)
		(void)buf_reserve(b, (size_t)st.st_size + 1); /* asked again below */
	for (;;) {
		size_t left = limit_bytes - (b->size - before);
		size_t want = b->room > b->size + 1 ? b->room - b->size - 1 : CHUNK / 16;
		char *to;
		ssize_t got;

		/* One past the limit tells too large from just right. */
		if (want > CHUNK)
			want = CHUNK;
		if (want > left && left < SIZE_MAX)
			want = left + 1;
		to = buf_reserve(b, want);
		if (!to) {
			rc = fail_memory(e, path);
			goto out;
		}
		got = read_some(fd, to, want);
		if (got < 0) {
			rc = fail(e, "read", path);
			goto out;
		}
		if (got == 0)
			break;
		if ((size_t)got > left) {
			rc = err_set(e, ERR_LIMIT, "'%s' is larger than the %zu bytes allowed",
			             err_quote(path, quoted, sizeof(quoted)), limit_bytes);
			goto out;
		}
		b->size += (size_t)got;
	}
	(void)buf_text(b); /* sets the NUL */
	rc = ERR_OK;
out:
	if (rc != ERR_OK && !b->failed)
		b->size = before;
	(void)close(fd); /* only read */
	return rc;
}

/* Make a new file beside path; *ret_name (heap) is its name. Returns the descriptor or -1. */
static int
open_temporary(const char *path, unsigned mode, char **ret_name)
{
	static atomic_uint serial;
	size_t room = strlen(path) + 64;
	char *name = mem_alloc(room);
	int fd = -1;

	if (!name) {
		errno = ENOMEM;
		return -1;
	}
	for (int tries = 0; tries < 100; tries++) {
		(void)snprintf(name, room, "%s.%ld-%u.tmp", path, (long)getpid(),
		               atomic_fetch_add(&serial, 1)); /* room for it */
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	/* The mode asked for, whatever the umask. */
	if (fd >= 0 && fchmod(fd, (mode_t)mode) == 0) {
		*ret_name = name;
		return fd;
	}
	if (fd >= 0) {
		int number = errno;

		(void)close(fd);    /* nothing in it */
		(void)unlink(name); /* nothing in it */
		errno = number;
	}
	mem_free(name);
	return -1;
}

enum err_code
file_write_atomic(const char *path, const void *p, size_t n, unsigned mode, struct err *e)
{
	char *name = NULL;
	enum err_code rc;
	int fd = open_temporary(path, mode, &name);

	if (fd < 0)
		return fail(e, "write", path);
	if (write_all(fd, p, n) != 0 || fsync(fd) != 0) {
		rc = fail(e, "write", path);
		(void)close(fd); /* the failure is told already */
		goto undo;
	}
	if (close(fd) != 0 || rename(name, path) != 0) {
		rc = fail(e, "write", path);
		goto undo;
	}
	rc = sync_folder_of(path, e);
	mem_free(name);
	return rc;
undo:
	(void)unlink(name); /* leaves at worst a temporary behind */
	mem_free(name);
	return rc;
}

/* One folder, if it is not there; a new one is made durable. */
static enum err_code
make_folder(const char *path, unsigned mode, struct err *e)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return sync_folder_of(path, e);
	if (errno == EEXIST && file_is_dir(path))
		return ERR_OK;
	return fail(e, "make the folder", path);
}

enum err_code
file_mkdirs(const char *path, unsigned mode, struct err *e)
{
	char *copy = mem_strdup(path);
	enum err_code rc = ERR_OK;

	if (!copy)
		return fail_memory(e, path);
	if (file_is_dir(path))
		goto out;
	for (char *p = copy + 1; copy[0] && *p && rc == ERR_OK; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (!file_is_dir(copy))
			rc = make_folder(copy, mode, e);
		*p = '/';
	}
	if (rc == ERR_OK)
		rc = make_folder(path, mode, e);
out:
	mem_free(copy);
	return rc;
}

/* Hash from, copy to (-1 = only hash). */
static enum err_code
stream(int from, int to, const char *path, uint8_t sha256[HASH_SIZE], int64_t *ret_size,
       struct err *e)
{
	struct hash_state h;
	int64_t size = 0;
	enum err_code rc = ERR_OK;
	char *chunk = mem_alloc(CHUNK);

	if (!chunk)
		return fail_memory(e, path);
	hash_init(&h);
	for (;;) {
		ssize_t got = read_some(from, chunk, CHUNK);

		if (got < 0)
			rc = fail(e, "read", path);
		if (got <= 0)
			break;
		hash_update(&h, chunk, (size_t)got);
		size += got;
		if (to >= 0 && write_all(to, chunk, (size_t)got) != 0) {
			rc = fail(e, "store a copy of", path);
			break;
		}
	}
	if (rc == ERR_OK) {
		hash_final(&h, sha256);
		*ret_size = size;
	}
	mem_free(chunk);
	return rc;
}

enum err_code
file_sha256(const char *path, uint8_t *ret_sha256, int64_t *ret_size, struct err *e)
{
	uint8_t sha256[HASH_SIZE];
	int64_t size;
	enum err_code rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, "open", path);
	rc = stream(fd, -1, path, sha256, &size, e);
	(void)close(fd); /* only read */
	if (rc != ERR_OK)
		return rc;
	memcpy(ret_sha256, sha256, HASH_SIZE);
	if (ret_size)
		*ret_size = size;
	return ERR_OK;
}

/* Give the finished temporary its place folder/ab/HEX, unless the same content is there. */
static enum err_code
place_original(const char *temporary, const char *folder, const uint8_t sha256[HASH_SIZE],
               int64_t size, struct err *e)
{
	char hex[2 * HASH_SIZE + 1];
	size_t room = strlen(folder) + sizeof(hex) + 8;
	char *path = mem_alloc(room);
	struct stat st;
	enum err_code rc;

	if (!path)
		return fail_memory(e, folder);
	text_hex(sha256, HASH_SIZE, hex);
	(void)snprintf(path, room, "%s/%.2s", folder, hex); /* room for it */
	rc = file_mkdirs(path, 0755, e);
	if (rc != ERR_OK)
		goto out;
	(void)snprintf(path, room, "%s/%.2s/%s", folder, hex, hex); /* room for it */
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size) {
		(void)unlink(temporary); /* a second copy does no harm */
		/* It may be there from a run that died before its folder was synced. */
		rc = sync_folder_of(path, e);
		goto out;
	}
	if (rename(temporary, path) != 0) {
		rc = fail(e, "store", path);
		goto out;
	}
	rc = sync_folder_of(path, e);
out:
	mem_free(path);
	return rc;
}

enum err_code
file_store_bytes(const void *p, size_t n, const char *folder, uint8_t *ret_sha256, struct err *e)
{
	char hex[2 * HASH_SIZE + 1];
	size_t room = strlen(folder) + sizeof(hex) + 8;
	char *path = mem_alloc(room);
	uint8_t sha256[HASH_SIZE];
	struct stat st;
	enum err_code rc;

	if (!path)
		return fail_memory(e, folder);
	hash_sha256(p, n, sha256);
	text_hex(sha256, HASH_SIZE, hex);
	(void)snprintf(path, room, "%s/%.2s", folder, hex); /* room for it */
	rc = file_mkdirs(path, 0755, e);
	if (rc == ERR_OK) {
		(void)snprintf(path, room, "%s/%.2s/%s", folder, hex, hex); /* room for it */
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == n)
			rc = sync_folder_of(path, e); /* from a run that died before it, perhaps */
		else
			rc = file_write_atomic(path, p, n, 0644, e);
	}
	mem_free(path);
	if (rc == ERR_OK)
		memcpy(ret_sha256, sha256, HASH_SIZE);
	return rc;
}

enum err_code
file_store_original(const char *path, const char *folder, uint8_t *ret_sha256, int64_t *ret_size,
                    struct err *e)
{
	uint8_t sha256[HASH_SIZE];
	int64_t size = 0;
	char *temporary = NULL;
	char *base = NULL;
	int to = -1;
	enum err_code rc;
	int from = open(path, O_RDONLY | O_CLOEXEC);

	if (from < 0)
		return fail(e, "open", path);
	rc = file_mkdirs(folder, 0755, e);
	if (rc != ERR_OK)
		goto out;
	base = mem_alloc(strlen(folder) + sizeof("/original"));
	if (!base) {
		rc = fail_memory(e, path);
		goto out;
	}
	(void)snprintf(base, strlen(folder) + sizeof("/original"), "%s/original",
	               folder); /* fits */
	to = open_temporary(base, 0644, &temporary);
	if (to < 0) {
		rc = fail(e, "store a copy in", folder);
		goto out;
	}
	rc = stream(from, to, path, sha256, &size, e);
	if (rc != ERR_OK)
		goto out;
	if (fsync(to) != 0) {
		rc = fail(e, "store a copy of", path);
		goto out;
	}
	rc = place_original(temporary, folder, sha256, size, e);
	if (rc != ERR_OK)
		goto out;
	memcpy(ret_sha256, sha256, HASH_SIZE);
	if (ret_size)
		*ret_size = size;
out:
	if (to >= 0)
		(void)close(to); /* synced, or given up */
	if (temporary && rc != ERR_OK)
		(void)unlink(temporary); /* leaves at worst a temporary behind */
	mem_free(temporary);
	mem_free(base);
	(void)close(from); /* only read */
	return rc;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool
file_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum err_code
file_sync_dir(const char *path, struct err *e)
{
	enum err_code rc = ERR_OK;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, "open the folder", path);
	if (fsync(fd) != 0)
		rc = fail(e, "sync the folder", path);
	(void)close(fd); /* nothing was written through it */
	return rc;
}

const char *
file_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *
file_extension(const char *path)
{
	const char *name = file_basename(path);
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? dot + 1 : name + strlen(name);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct names {
	char **name;
	size_t count;
	size_t room;
};

static bool
add_name(struct names *x, const char *name)
{
	if (x->count == x->room) {
		size_t room = x->room > 0 ? 2 * x->room : 32;
		char **grown = mem_realloc_array(x->name, room, sizeof(*grown));

		if (!grown)
			return false;
		x->name = grown;
		x->room = room;
	}
	x->name[x->count] = mem_strdup(name);
	return x->name[x->count++] != NULL;
}

enum err_code
file_list(const char *path, int (*fn)(void *ctx, const char *name), void *ctx, struct err *e)
{
	struct names x = { 0 };
	enum err_code rc = ERR_OK;
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return fail(e, "open the folder", path);
	for (;;) {
		errno = 0;
		/* cppcheck-suppress readdirCalled; safe for streams that are not shared, POSIX 2024
		 */
		entry = readdir(dir);
		if (!entry)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!add_name(&x, entry->d_name)) {
			rc = fail_memory(e, path);
			goto out;
		}
	}
	if (errno != 0) {
		rc = fail(e, "read the folder", path);
		goto out;
	}
	if (x.count > 0)
		qsort(x.name, x.count, sizeof(*x.name), compare_texts);
	for (size_t i = 0; i < x.count && rc == ERR_OK; i++)
		rc = (enum err_code)fn(ctx, x.name[i]);
out:
	for (size_t i = 0; i < x.count; i++)
		mem_free(x.name[i]);
	mem_free(x.name);
	(void)closedir(dir); /* only read */
	return rc;
}
