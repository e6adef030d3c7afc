#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "ingest/child.h"

#define PIPE_BYTES (1 << 20)
#define MAX_FILES 2000

/* The command line as it grows, and the descriptors that go with it. */
struct command {
	struct arena mem;
	char *argv[2 * MAX_FILES + 200];
	size_t argc;
	int fds[MAX_FILES];
	size_t fd_count;
};

static enum err_code
arg(struct command *c, const char *text, struct err *e)
{
	char *copy = arena_strdup(&c->mem, text);

	if (c->argc + 1 >= sizeof c->argv / sizeof c->argv[0])
		return err_set(e, ERR_LIMIT, "the reader's command line has too many words");
	if (!copy)
		return err_set(e, ERR_NOMEM, "out of memory for the reader's command line");
	c->argv[c->argc++] = copy;
	return ERR_OK;
}

static enum err_code
pair(struct command *c, const char *key, const char *value, struct err *e)
{
	return arg(c, key, e) == ERR_OK ? arg(c, value, e) : e->code;
}

/* Open one file for the child. ERR_NOTFOUND when it is not there. */
static enum err_code
open_file(struct command *c, const char *path, int *ret_fd, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char quoted[100];

	if (fd >= 0 && fd < 3) {
		int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);

		(void)close(fd);
		fd = high;
	}
	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO,
		               "could not open \"%s\": %s", err_quote(path, quoted, sizeof quoted),
		               strerror(errno));
	if (c->fd_count == MAX_FILES) {
		(void)close(fd);
		return err_set(e, ERR_LIMIT, "more than %d files belong together", MAX_FILES);
	}
	c->fds[c->fd_count++] = fd;
	*ret_fd = fd;
	return ERR_OK;
}

static enum err_code
add_companion(struct command *c, const char *path, const char *name, struct err *e)
{
	char text[1200];
	int fd = -1;

	if (open_file(c, path, &fd, e) != ERR_OK)
		return e->code;
	(void)snprintf(text, sizeof text, "%d:%s", fd, name);
	return pair(c, "--file", text, e);
}

/* The files of the same name that a format spreads its content over. */
static enum err_code
add_companions(struct command *c, const char *path, struct err *e)
{
	static const struct {
		const char *ext;
		const char *companions[10];
	} kinds[] = {
		{ "shp", { "shx", "dbf", "prj", "cpg", "SHX", "DBF", "PRJ", "CPG" } },
		{ "dbf", { "cpg", "CPG" } },
		{ "tif", { "tfw", "TFW" } },
		{ "tiff", { "tfw", "TFW" } },
		{ "asc", { "prj", "PRJ" } },
	};
	const char *ext = file_extension(path);

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!text_eq_nocase(ext, kinds[i].ext))
			continue;
		for (const char *const *k = kinds[i].companions; *k; k++) {
			char *beside = arena_printf(&c->mem, "%.*s%s", (int)(ext - path), path, *k);

			if (!beside)
				return err_set(e, ERR_NOMEM, "out of memory for file names");
			if (!file_exists(beside))
				continue;
			if (add_companion(c, beside, file_basename(beside), e) != ERR_OK)
				return e->code;
		}
	}
	return ERR_OK;
}

struct folder {
	struct command *c;
	const char *path;
	struct err *e;
};

static int
add_folder_file(void *ctx, const char *name)
{
	struct folder *f = ctx;
	char *path = arena_printf(&f->c->mem, "%s/%s", f->path, name);
	char *shown = arena_printf(&f->c->mem, "%s/%s", file_basename(f->path), name);

	if (!path || !shown)
		return (int)err_set(f->e, ERR_NOMEM, "out of memory for file names");
	if (file_is_dir(path) || text_ends(name, ".lock"))
		return 0;
	return (int)add_companion(f->c, path, shown, f->e);
}

static enum err_code
add_folder(struct command *c, const char *path, struct err *e)
{
	size_t n = strlen(path);
	struct folder f = { .c = c, .e = e };
	char *plain;
	char quoted[100];

	while (n > 1 && path[n - 1] == '/')
		n--;
	plain = arena_strndup(&c->mem, path, n);
	if (!plain)
		return err_set(e, ERR_NOMEM, "out of memory for file names");
	if (!text_eq_nocase(file_extension(plain), "gdb"))
		return err_set(e, ERR_INVALID, "\"%s\" is a folder, and no FileGDB (.gdb)",
		               err_quote(plain, quoted, sizeof quoted));
	f.path = plain;
	err_clear(e);
	if (pair(c, "--name", file_basename(plain), e) != ERR_OK)
		return e->code;
	if (file_list(plain, add_folder_file, &f, e) != ERR_OK)
		return e->code ? e->code : err_set(e, ERR_IO, "could not read the folder");
	return ERR_OK;
}

/* What another program wrote into a GeoPackage and has not yet folded into it would be missed. */
static enum err_code
check_wal(const char *path, struct arena *mem, struct err *e)
{
	char *wal = arena_printf(mem, "%s-wal", path);
	struct stat st;

	if (!wal || !text_eq_nocase(file_extension(path), "gpkg") || stat(wal, &st) != 0 ||
	    st.st_size == 0)
		return ERR_OK;
	(void)err_set(e, ERR_CONFLICT,
	              "another program has this GeoPackage open, or did not close it: %s-wal holds "
	              "changes",
	              file_basename(path));
	return err_hint(e, "close it there, or open and close it once in QGIS");
}

static enum err_code
add_source(struct command *c, const char *path, struct err *e)
{
	char number[16];
	int fd = -1;

	if (file_is_dir(path))
		return add_folder(c, path, e);
	if (check_wal(path, &c->mem, e) != ERR_OK || open_file(c, path, &fd, e) != ERR_OK)
		return e->code;
	(void)snprintf(number, sizeof number, "%d", fd);
	if (pair(c, "--fd", number, e) != ERR_OK ||
	    pair(c, "--name", file_basename(path), e) != ERR_OK)
		return e->code;
	return add_companions(c, path, e);
}

static enum err_code
add_options(struct command *c, const struct source_options *opt, struct err *e)
{
	const char *unsandboxed = getenv("FALLOW_READER_UNSANDBOXED");

	if (unsandboxed && text_eq(unsandboxed, "1") && arg(c, "--unsandboxed", e) != ERR_OK)
		return e->code;
	if (!opt)
		return ERR_OK;
	if (opt->layer && pair(c, "--layer", opt->layer, e) != ERR_OK)
		return e->code;
	if (opt->prefer && !opt->layer && pair(c, "--prefer", opt->prefer, e) != ERR_OK)
		return e->code;
	if (opt->encoding && pair(c, "--encoding", opt->encoding, e) != ERR_OK)
		return e->code;
	if (opt->header != SOURCE_HEADER_GUESS &&
	    pair(c, "--header", opt->header == SOURCE_HEADER_YES ? "yes" : "no", e) != ERR_OK)
		return e->code;
	for (const char *const *limit = opt->limits; limit && *limit; limit++) {
		if (pair(c, "--limit", *limit, e) != ERR_OK)
			return e->code;
	}
	return ERR_OK;
}

/* $FALLOW_READER, or the program beside this one. */
static enum err_code
find_reader(char *out, size_t out_size, struct err *e)
{
	const char *named = getenv("FALLOW_READER");
	ssize_t n;

	if (named && named[0]) {
		(void)snprintf(out, out_size, "%s", named);
	} else {
		static const char beside[] = "fallow-reader";

		n = readlink("/proc/self/exe", out, out_size - 1);
		if (n < 0 || (size_t)n + sizeof beside >= out_size)
			return err_set(e, ERR_IO, "could not find out where this program lies: %s",
			               strerror(errno));
		out[n] = '\0';
		(void)snprintf(out + (file_basename(out) - out), sizeof beside, "%s", beside);
	}
	if (access(out, X_OK) != 0) {
		(void)err_set(e, ERR_IO, "could not find the reader program %s", out);
		return err_hint(
			e, "install fallow-reader beside fallow, or set FALLOW_READER to its path");
	}
	return ERR_OK;
}

/* The child sees no setting of the user's that GDAL or PROJ would follow. */
static void
make_environment(char *out[8], struct arena *mem)
{
	static const char *const kept[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
		                            "LD_LIBRARY_PATH" };
	size_t n = 0;

	out[n++] = arena_strdup(mem, "LC_ALL=C.UTF-8");
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		const char *value = getenv(kept[i]);
		char *text = value ? arena_printf(mem, "%s=%s", kept[i], value) : NULL;

		if (text)
			out[n++] = text;
	}
	out[n] = NULL;
}

static int
spawn_actions(posix_spawn_file_actions_t *acts, const struct command *c, int write_fd)
{
	int rc = posix_spawn_file_actions_addopen(acts, 0, "/dev/null", O_RDONLY, 0);

	if (!rc)
		rc = posix_spawn_file_actions_adddup2(acts, write_fd, 1);
	if (!rc && !getenv("FALLOW_READER_DEBUG"))
		rc = posix_spawn_file_actions_addopen(acts, 2, "/dev/null", O_WRONLY, 0);
	/* A descriptor onto itself only loses its close-on-exec mark. */
	for (size_t i = 0; !rc && i < c->fd_count; i++)
		rc = posix_spawn_file_actions_adddup2(acts, c->fds[i], c->fds[i]);
	return rc;
}

static enum err_code
spawn(struct command *c, const char *reader, struct child *ret, struct err *e)
{
	posix_spawn_file_actions_t acts;
	char *env[8];
	int fds[2];
	pid_t pid = 0;
	int rc;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(e, ERR_IO, "could not make a pipe: %s", strerror(errno));
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES); /* a smaller pipe is only slower */
	make_environment(env, &c->mem);
	rc = posix_spawn_file_actions_init(&acts);
	if (!rc) {
		rc = spawn_actions(&acts, c, fds[1]);
		if (!rc)
			rc = posix_spawn(&pid, reader, &acts, NULL, c->argv, env);
		(void)posix_spawn_file_actions_destroy(&acts);
	}
	(void)close(fds[1]);
	if (rc) {
		(void)close(fds[0]);
		return err_set(e, ERR_IO, "could not start the reader: %s", strerror(rc));
	}
	*ret = (struct child){ .pid = pid, .fd = fds[0] };
	return ERR_OK;
}

enum err_code
child_start(const char *path, const char *mode, const struct source_options *opt, struct child *ret,
            struct err *e)
{
	static _Thread_local struct command c; /* too large for a stack */
	char reader[4096];
	struct err local = { 0 };
	enum err_code rc;

	if (!e)
		e = &local;
	c.argc = 0;
	c.fd_count = 0;
	arena_init(&c.mem, 8 << 20);
	rc = find_reader(reader, sizeof reader, e);
	if (rc == ERR_OK)
		rc = pair(&c, "fallow-reader", mode, e);
	if (rc == ERR_OK)
		rc = add_options(&c, opt, e);
	if (rc == ERR_OK)
		rc = add_source(&c, path, e);
	c.argv[c.argc] = NULL;
	if (rc == ERR_OK)
		rc = spawn(&c, reader, ret, e);
	for (size_t i = 0; i < c.fd_count; i++)
		(void)close(c.fds[i]); /* opened to read only */
	arena_done(&c.mem);
	return rc;
}

static int
wait_for(struct child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0) {
		if (errno != EINTR) {
			status = 0;
			break;
		}
	}
	c->pid = 0;
	return status;
}

enum err_code
child_explain(struct child *c, struct err *e)
{
	int status = c->pid ? wait_for(c) : 0;
	struct err local = { 0 };

	if (!e)
		e = &local;
	if (!WIFSIGNALED(status))
		return err_set(e, ERR_IO,
		               "the reader's stream ended early (its exit status was %d)",
		               WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	switch (WTERMSIG(status)) {
	case SIGSYS:
		(void)err_set(
			e, ERR_DENIED,
			"the file made the reader ask for something that its sandbox forbids");
		return err_hint(
			e, "the file may be hostile: do not open it with other programs either");
	case SIGXCPU:
		return err_set(e, ERR_LIMIT, "the file took more processor time than is allowed");
	case SIGXFSZ:
		return err_set(e, ERR_LIMIT, "the archive unpacks to more than is allowed");
	case SIGKILL:
		return err_set(e, ERR_LIMIT,
		               "the reader was killed: it took more memory or time than it may");
	default:
		return err_set(
			e, ERR_INVALID,
			"the reader broke off (signal %d): the file is damaged or needs more "
			"memory than is allowed",
			WTERMSIG(status));
	}
}

void
child_stop(struct child *c)
{
	if (c->pid) {
		(void)kill(c->pid, SIGKILL); /* it may have ended already */
		(void)wait_for(c);
	}
	if (c->fd >= 0)
		(void)close(c->fd); /* only read from */
	c->fd = -1;
}
