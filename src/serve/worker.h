/* A part that answers: it reads messages from the front, calls the routes, and writes the answers
 * back, one after another. It ends when the front's end is closed. */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include "api/route.h"
#include "serve/ticket.h"

struct worker {
	enum serve_part part;
	struct site *site;
	int fd;                         /* to the front, a stream socket */
	const struct ticket_keys *keys; /* its own, and all others in the part of accounts */
	bool lied_to;                   /* set when the front came with a ticket of its own make */
};

/**
 * Answer until the front is gone. Asks that wait in the pipe of PART_WRITE are given to write_batch
 * together. Fails with ERR_IO, ERR_NOMEM, ERR_INVALID when the front does not speak as agreed, or
 * ERR_DENIED when it lies about who asks (w->lied_to): nothing of it is answered then.
 */
MUST_CHECK enum err_code worker_run(struct worker *w, struct err *e);

/** Compress the answer when whoever asks takes gzip, it is text-like and large enough; true if so.
 * Level 4: half the time of the default for some per cent of size. */
bool worker_gzip(const struct ask *q, struct reply *r);

#endif
