/* What the front tells its keeper: a line per request without anything about who asked (no address,
 * no account, no value of a query, no path: the route's name only), and counters for Prometheus. */
#ifndef SERVE_TELL_H
#define SERVE_TELL_H

#include "base/buf.h"
#include "serve/parts.h"

enum {
	TELL_BUCKETS = 10
};

struct tell_done {
	enum serve_part part;
	const char *route; /* its id, "page", or "-" when there was none */
	const char *method;
	int status;
	size_t bytes; /* of the body sent */
	int64_t took_us;
	bool kept; /* from the kept answers */
};

struct tell {
	int log_fd; /* -1 = no log */
	struct buf lines;
	uint64_t lines_lost;
	uint64_t count[PARTS][6]; /* by part and first digit of the status */
	uint64_t bucket[PARTS][TELL_BUCKETS + 1];
	uint64_t sum_us[PARTS];
	uint64_t kept_hits, kept_misses, refused, accepted, evicted, parts_lost;
};

/* What is so right now. */
struct tell_now {
	size_t connections, kept_bytes, kept_count;
	const struct parts *parts;
};

void tell_init(struct tell *t, int log_fd);
void tell_finished(struct tell *t, const struct tell_done *d);
/** Write the lines that gathered; a log that cannot take them loses them, and they are counted. */
void tell_flush(struct tell *t);
void tell_metrics(const struct tell *t, const struct tell_now *now, struct buf *b);
void tell_close(struct tell *t);
const char *tell_part_name(enum serve_part part);

#endif
