/* The front: the one process with the sockets. It reads HTTP/1.1, answers from the page's files and
 * from kept answers, and hands everything else to the parts. It has no register and no keys, opens
 * no file and makes no socket. */
#ifndef SERVE_FRONT_H
#define SERVE_FRONT_H

#include "base/err.h"
#include "serve/parts.h"

/* A part's process at the start: index counts all of them from 0. */
struct front_link {
	enum serve_part part;
	int fd;
};

struct front_options {
	int listen_fd;  /* bound and listening, nonblocking */
	int control_fd; /* to the supervisor: see front_message */
	const struct front_link *link;
	size_t links;
	const char *base;   /* "https://register.example" as clients call it, or NULL: from Host */
	size_t connections; /* at most so many */
	size_t kept_bytes;  /* of answers */
	int log_fd;         /* -1 = no access log */
};

/* What goes over control_fd, a SOCK_SEQPACKET pair: to the front 'L' with a descriptor (a new
 * process at this index) or 'T' (drain and end); from the front 'K' (the process at this index is
 * stuck). */
struct front_message {
	char what;
	uint8_t index;
};

/** Serve until told to end, or the supervisor is gone. ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err_code front_run(const struct front_options *o, struct err *e);

#endif
