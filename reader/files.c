#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "reader/files.h"

void
files_init(struct files *f)
{
	*f = (struct files){ 0 };
	arena_init(&f->mem, (size_t)64 << 20);
}

void
files_done(struct files *f)
{
	mem_free(f->at);
	arena_done(&f->mem);
	*f = (struct files){ 0 };
}

enum err_code
files_add(struct files *f, const char *name, int fd, int64_t offset, int64_t size, struct err *e)
{
	struct stat st;
	char *copy;

	if (size < 0) {
		if (fstat(fd, &st) != 0)
			return err_set(e, ERR_IO, "could not look at descriptor %d: %s", fd,
			               strerror(errno));
		if (!S_ISREG(st.st_mode))
			return err_set(e, ERR_INVALID, "%s is no plain file", name);
		size = st.st_size;
	}
	if (f->count == f->room) {
		size_t room = f->room ? f->room * 2 : 16;
		struct file *at = mem_realloc_array(f->at, room, sizeof *at);

		if (!at)
			return err_set(e, ERR_NOMEM, "out of memory for %zu files", room);
		f->at = at;
		f->room = room;
	}
	copy = arena_strdup(&f->mem, name);
	if (!copy)
		return err_set(e, ERR_NOMEM, "out of memory for the names of %zu files",
		               f->count + 1);
	f->at[f->count++] = (struct file){ .name = copy, .fd = fd, .offset = offset, .size = size };
	return ERR_OK;
}

const struct file *
files_find(const struct files *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++) {
		if (text_eq_nocase(f->at[i].name, name))
			return &f->at[i];
	}
	return NULL;
}

int64_t
file_pread(const struct file *f, void *p, size_t n, int64_t at)
{
	size_t done = 0;

	if (at < 0 || at >= f->size)
		return at < 0 ? -1 : 0;
	if ((int64_t)n > f->size - at)
		n = (size_t)(f->size - at);
	while (done < n) {
		ssize_t got =
			pread(f->fd, (char *)p + done, n - done, f->offset + at + (int64_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return done ? (int64_t)done : got;
		done += (size_t)got;
	}
	return (int64_t)done;
}

enum err_code
file_map(const struct file *f, struct input *ret, struct err *e)
{
	void *p;

	if (f->size == 0) {
		*ret = (struct input){ .s = "" };
		return ERR_OK;
	}
	p = mmap(NULL, (size_t)f->size, PROT_READ, MAP_SHARED, f->fd, f->offset);
	if (p == MAP_FAILED)
		return err_set(e, ERR_IO, "could not map %lld bytes: %s", (long long)f->size,
		               strerror(errno));
	*ret = (struct input){ .s = p, .n = (size_t)f->size, .mapped = true };
	return ERR_OK;
}

void
file_unmap(struct input *in)
{
	if (in->mapped)
		(void)munmap((void *)(uintptr_t)in->s, in->n);
	*in = (struct input){ .s = "" };
}
