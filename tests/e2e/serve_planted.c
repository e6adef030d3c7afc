/* Ways out of the server's processes, tried by copies of each process that confined themselves as
 * it does. Besides those of the reader's test: keys, registers and accounts by their paths. And a
 * front and parts that do as a header tells them, as taken-over ones would
 * (tests/e2e/serve_trust.py). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "reader/planted.h"
#include "serve/confine.h"
#include "serve/planted.h"
#include "serve/tell.h"
#include "serve/ticket.h"

static const char *const ways[] = {
	"read_passwd",
	"read_program",
	"read_environment",
	"list_root",
	"list_tmp",
	"write_memory",
	"write_passwd",
	"create_file",
	"create_file_old_call",
	"create_unnamed",
	"open_old_call",
	"open_new_call",
	"make_folder",
	"make_link",
	"make_node",
	"change_mode",
	"cut_file",
	"rename_file",
	"remove_file",
	"run_program",
	"run_from_memory",
	"start_process",
	"start_process_old_call",
	"internet_socket",
	"local_socket",
	"socket_pair",
	"signal_parent",
	"signal_parent_thread",
	"trace_parent",
	"read_parent_memory",
	"limit_parent",
	"map_program_code",
	"turn_data_to_code",
	"become_root",
	"change_privileges",
	"mount_something",
	"change_root",
	"change_folder",
	"new_namespace",
	"kernel_program",
	"kernel_queue",
	"kernel_keys",
	"shared_memory",
	"message_queue",
	"watch_files",
	"host_name",
};

/* Paths come from the test: FALLOW_PLANTED_X for read_x and write_x. */
static const struct {
	const char *name, *env;
	int flags;
} paths[] = {
	{ "read_register_key", "FALLOW_PLANTED_KEY", O_RDONLY },
	{ "read_author_key", "FALLOW_PLANTED_AUTHOR", O_RDONLY },
	{ "read_register", "FALLOW_PLANTED_REGISTER", O_RDONLY },
	{ "write_register", "FALLOW_PLANTED_REGISTER", O_RDWR },
	{ "read_accounts", "FALLOW_PLANTED_ACCOUNTS", O_RDONLY },
	{ "write_original", "FALLOW_PLANTED_ORIGINAL", O_WRONLY | O_CREAT },
};

static int
try_path(size_t i)
{
	const char *path = getenv(paths[i].env);
	char c;
	int fd = path ? open(path, paths[i].flags, 0600) : -1;

	if (fd < 0)
		return 1;
	return paths[i].flags & O_CREAT || read(fd, &c, 1) == 1 ? 99 : 1;
}

static void
try_one(enum serve_part part, const struct site *site, const char *name, int path)
{
	bool open_doors = getenv("FALLOW_PLANTED_OPEN") != NULL;
	char remark[300];
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!open_doors)
			confine(part, site, remark, sizeof remark);
		_exit(path >= 0 ? try_path((size_t)path) : planted_try(name));
	}
	(void)waitpid(pid, &status, 0);
	(void)dprintf(STDERR_FILENO, "planted %s %s %s\n", tell_part_name(part), name,
	              WIFSIGNALED(status)                              ? "killed"
	              : WIFEXITED(status) && WEXITSTATUS(status) == 99 ? "ESCAPED"
	                                                               : "held");
}

void
planted_ways(enum serve_part part, const struct site *site)
{
	if (getenv("FALLOW_PLANTED_LATER"))
		return;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		try_one(part, site, ways[i], -1);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		try_one(part, site, paths[i].name, (int)i);
}

/* What a front can do that has no key: claim, make a ticket with a key of its own, change one that
 * it was given, use it for something else, leave it out. */
void
planted_front(struct ask *q, struct ticket *ticket, int64_t *ticket_us)
{
	static const struct ticket_keys own = { { { 1 } } };
	static const struct who approver = { SERVE_APPROVER, "planted", 1, true, false, false };
	static struct ticket earlier;
	const char *what = ask_header(q, "x-planted");
	struct buf b;

	if (!what)
		return;
	if (strncmp(what, "do-", 3) == 0) {
		(void)planted_try(what + 3);
		return;
	}
	if (strcmp(what, "keep") == 0) {
		buf_init(&b, 0);
		buf_add(&b, ticket->bytes, ticket->size);
		earlier = (struct ticket){ (const uint8_t *)b.data, b.size };
		return;
	}
	q->who = approver;
	*ticket_us = clock_steady_us(); /* else it would be renewed */
	if (strcmp(what, "claim") == 0) {
		*ticket = (struct ticket){ NULL, 0 };
	} else if (strcmp(what, "forge") == 0) {
		struct ticket_use use = { q->route->part, q->method != ASK_GET };

		buf_init(&b, 0);
		ticket_make(&own, use, &approver, clock_steady_us(), &b);
		*ticket = (struct ticket){ (const uint8_t *)b.data, b.size };
	} else if (strcmp(what, "flip") == 0) {
		buf_init(&b, 0);
		buf_add(&b, ticket->bytes, ticket->size);
		b.data[16] = SERVE_APPROVER;
		*ticket = (struct ticket){ (const uint8_t *)b.data, b.size };
	} else if (strcmp(what, "earlier") == 0) {
		*ticket = earlier;
	}
}

void
planted_part(const struct ask *q)
{
	const char *way = ask_header(q, "x-planted-part");

	if (way)
		(void)planted_try(way);
}
