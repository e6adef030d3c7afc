/* The target of a request: path and query, each decoded once. What a second decoder or another
 * server could read differently is refused: %00 and control characters, %2F and %5C, dot segments
 * however written, empty segments, text that is not UTF-8, a fragment. */
#ifndef SERVE_TARGET_H
#define SERVE_TARGET_H

#include "api/ask.h"
#include "base/arena.h"

enum {
	TARGET_PAIRS_MOST = 64 /* of a query */
};

struct target {
	const char *path;      /* decoded, begins with '/' */
	const char *raw_query; /* as it came, without '?'; "" = none */
	struct ask_pair *query;
	size_t query_count;
};

/**
 * Read a target. All texts live in mem. In the query '+' is a blank, and line ends and tabs may be
 * encoded. Fails with ERR_INVALID, ERR_LIMIT (too many parameters), ERR_NOMEM.
 */
MUST_CHECK enum err_code target_parse(const char *s, size_t n, struct arena *mem,
                                      struct target *ret, struct err *e);

#endif
