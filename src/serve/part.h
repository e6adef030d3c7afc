/* A part's process from its start to its end: what it may touch is opened, the rest is given up,
 * and it answers until the front is gone. */
#ifndef SERVE_PART_H
#define SERVE_PART_H

#include "api/route.h"
#include "serve/supervise.h"

struct part_start {
	enum serve_part part;
	const struct serve_options *o;
	int fd;       /* to the front */
	int ready_fd; /* told 'R', 'W' and a remark, or 'E' and why not; then closed. -1 = nobody */
};

/** Run in the new process; returns its exit status. */
int part_run(const struct part_start *p);

#endif
