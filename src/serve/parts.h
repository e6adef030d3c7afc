/* The front's side of the parts: questions wait in a queue per part, go over a socket to a process
 * that has room, and come back in the order they went. Nothing here waits. */
#ifndef SERVE_PARTS_H
#define SERVE_PARTS_H

#include "api/route.h"
#include "serve/frame.h"

enum {
	PARTS = PART_LOGIN + 1,
	PARTS_LINKS_MOST = 16
};

/* What the epoll loop of the front gets back for a descriptor. */
enum source_kind {
	SOURCE_LISTEN,
	SOURCE_CONTROL,
	SOURCE_LINK,
	SOURCE_CONN
};
struct source {
	enum source_kind kind;
	int fd; /* -1 = closed */
};

/* A question on its way. */
struct call {
	struct call *next;
	enum frame_type type;
	enum serve_part part;
	uint64_t id;
	void *owner;        /* who waits for it; NULL = nobody any more */
	int64_t asked_us;   /* when it was put in the queue */
	int64_t sent_us;    /* when a process got it; 0 = it waits */
	unsigned link;      /* which one */
	struct buf message; /* while it waits */
};

struct call_list {
	struct call *first, *last;
	size_t count;
};

/* One process that answers. */
struct link {
	struct source src; /* first: epoll's pointer is this one */
	enum serve_part part;
	unsigned index; /* of the links, fixed */
	struct buf out;
	size_t out_at;
	bool writing; /* EPOLLOUT is asked for */
	struct call_list flight;
	uint8_t head[FRAME_HEAD];
	size_t got; /* of head and body */
	struct frame frame;
	uint8_t *body;
	uint64_t version; /* what its last pong said */
};

/** How a call ended. f NULL: no process answered (it died, or took too long). body belongs to the
 * callee. */
typedef void parts_done_fn(void *ctx, struct call *c, const struct frame *f, uint8_t *body);

struct parts {
	struct link link[PARTS_LINKS_MOST];
	size_t links;
	struct call_list queue[PARTS];
	int epoll;
	uint64_t next_id;
	parts_done_fn *done;
	void *ctx;
};

/** Most questions that may wait for a part, and how long one may take, microseconds. */
size_t parts_queue_most(enum serve_part part);
int64_t parts_deadline_us(enum serve_part part);

/** Put a process's socket in place (nonblocking from then on); what was in flight there is told as
 * lost. ERR_IO. */
MUST_CHECK enum err_code parts_connect(struct parts *p, size_t link, int fd, struct err *e);
/**
 * Ask: message is taken over (emptied). NULL when the part's queue is full, it has no process at
 * all, or memory ends.
 */
struct call *parts_ask(struct parts *p, enum serve_part part, enum frame_type type,
                       struct buf *message, void *owner);
/** Send what waits for a part, as far as its processes have room. After parts_ask, once the caller
 * is ready for parts_done_fn (it may be called from here). */
void parts_go(struct parts *p, enum serve_part part);
/** Start a message of the next call. */
size_t parts_message(struct parts *p, enum frame_type type, struct buf *b);
/** Its owner is gone: the answer will be thrown away; if it still waits it is not asked at all. */
void parts_forget(struct call *c);
/** epoll said something about a link. */
void parts_event(struct parts *p, struct link *l, uint32_t events);
/** Look at deadlines; returns the index of a link whose process is stuck and must be ended, or -1.
 */
int parts_tick(struct parts *p, int64_t now_us);
/** Is there a process for each part that ever had one? */
bool parts_are_whole(const struct parts *p);
void parts_close(struct parts *p);

#endif
