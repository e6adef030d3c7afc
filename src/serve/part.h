/* A part's process from its start to its end: what it may touch is opened, the rest is given up,
 * and it answers until the front is gone. */
#ifndef SERVE_PART_H
#define SERVE_PART_H

#include "api/route.h"
#include "serve/supervise.h"

enum {
	PART_LIED_TO = 86 /* exit status: the front lied about who asks */
};

struct part_start {
	enum serve_part part;
	const struct serve_options *o;
	int fd;     /* to the front */
	int key_fd; /* the keys of tickets: struct ticket_keys for the part of accounts, for others
	               their own; then closed */
	int ready_fd; /* told 'R', 'W' and a remark, or 'E' and why not; then closed. -1 = nobody */
	/* of each register, shared by all processes: outlines for its tiles are being made */
	_Atomic int *drawing;
};

/** Run in the new process; returns its exit status. */
int part_run(const struct part_start *p);
/** Before any part is started: make the folders that tiles of large registers need, clean them. */
void draw_folders(const char *const *path, size_t count);
/**
 * The process that makes outlines for tiles, beside those that answer: p->fd is readable when it is
 * to end. Returns its exit status.
 */
int draw_run(const struct part_start *p);

#endif
