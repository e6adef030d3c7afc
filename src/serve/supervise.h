/* The server as processes: one that supervises, the front, and the parts (docs/decisions/
 * 0012-serve-processes.md). The supervisor opens nothing that a stranger's bytes reach: it binds
 * the address, starts the others, and replaces one that ends. */
#ifndef SERVE_SUPERVISE_H
#define SERVE_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct serve_options {
	const char *const *path; /* of the registers, the first one is at / */
	size_t count;            /* 1 .. SERVE_REGISTERS_MOST */
	const char *listen;      /* "127.0.0.1:8080", "[::1]:8080"; port 0 = any free one */
	const char *base;        /* as clients call it, behind a proxy with TLS; NULL = from Host */
	bool read_only;          /* no part that writes, no keys needed */
	bool quiet;              /* no access log */
	/* Told once everything answers: the address, such as "http://127.0.0.1:8080". */
	void (*ready)(void *ctx, const char *address);
	/* A sentence for the keeper: a part was replaced, a sandbox is missing. */
	void (*remark)(void *ctx, const char *text);
	void *ctx;
};

enum {
	SERVE_REGISTERS_MOST = 16,
	SERVE_QUICK = 2 /* processes of PART_QUICK */
};

/**
 * Serve until SIGTERM or SIGINT, then let what was begun end. Call it from a program that has no
 * threads yet. Fails with ERR_INVALID (address), ERR_IO (cannot listen), or what opening a register
 * says.
 */
MUST_CHECK enum err_code supervise_run(const struct serve_options *o, struct err *e);

#endif
