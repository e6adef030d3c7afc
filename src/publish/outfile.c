#include "publish/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	MUCH = 1 << 20,
	MOST = 1 << 30
};

enum err_code
outfile_open(struct outfile *f, const char *path, struct err *e)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->pending, MOST);
	f->fd = -1;
	f->path = mem_strdup(path);
	if (!f->path)
		return err_set(e, ERR_NOMEM, "out of memory for %s", path);
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (f->fd < 0 && errno == EEXIST)
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", path);
	if (f->fd < 0)
		return err_set(e, ERR_IO, "could not write %s: %s", path, strerror(errno));
	return ERR_OK;
}

enum err_code
outfile_flush(struct outfile *f, bool force, struct err *e)
{
	size_t done = 0;

	if (!buf_ok(&f->pending))
		return err_set(e, ERR_NOMEM, "out of memory for %s", f->path);
	if (!force && f->pending.size < MUCH)
		return ERR_OK;
	while (done < f->pending.size) {
		ssize_t n = write(f->fd, f->pending.data + done, f->pending.size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, ERR_IO, "could not write %s: %s", f->path,
			               strerror(errno));
		done += (size_t)n;
	}
	buf_reset(&f->pending);
	return ERR_OK;
}

enum err_code
outfile_close(struct outfile *f, struct err *e)
{
	enum err_code rc = outfile_flush(f, true, e);

	if (!rc && fsync(f->fd) != 0)
		rc = err_set(e, ERR_IO, "could not write %s: %s", f->path, strerror(errno));
	if (rc)
		return rc;
	if (close(f->fd) != 0)
		rc = err_set(e, ERR_IO, "could not close %s: %s", f->path, strerror(errno));
	f->fd = -1;
	mem_free(f->path);
	f->path = NULL;
	buf_done(&f->pending);
	return rc;
}

void
outfile_abort(struct outfile *f)
{
	if (!f->path)
		return;
	if (f->fd >= 0) {
		(void)close(f->fd);
		(void)unlink(f->path); /* half a file is none */
	}
	f->fd = -1;
	mem_free(f->path);
	f->path = NULL;
	buf_done(&f->pending);
}
