/* Private to the front: its state, its connections and the request each of them is at. */
#ifndef SERVE_FRONT_STATE_H
#define SERVE_FRONT_STATE_H

#include "serve/front.h"
#include "serve/http1.h"
#include "serve/keep.h"
#include "serve/target.h"
#include "serve/tell.h"

enum conn_state {
	CONN_IDLE,   /* between requests */
	CONN_HEAD,   /* some bytes of a head are there */
	CONN_WAIT,   /* a part is asked: who, or the answer */
	CONN_BODY,   /* reading a body */
	CONN_WRITE,  /* the client takes the answer slowly */
	CONN_LINGER, /* the answer is out; what the client still sends is thrown away */
	CONN_STATES
};

struct front;

/* One request, from its first byte until its answer is out. */
struct request {
	struct http1 http;
	struct http1_chunks chunks;
	struct target target;
	struct ask ask;
	struct arena mem;
	struct resolve_ask shown;
	struct ticket ticket; /* who asks, for the part; in mem */
	int64_t ticket_us;    /* when it came */
	bool again;           /* who it is is asked once more: the body took long */
	struct buf body;
	struct call *call;    /* what a part was asked */
	const char *question; /* of the kept answers, or NULL */
	enum serve_part part;
	const char *route; /* name for the log */
	int64_t begun_us;
	size_t body_most;
	bool is_head, gzip, answered, kept;
	const char *if_none_match;
};

struct conn {
	struct source src; /* first: epoll's pointer is this one */
	enum conn_state state;
	struct conn *prev, *next; /* of its state, oldest first */
	int64_t since_us;         /* in this state, or since the last look at its progress */
	size_t moved;             /* bytes since then */
	char *in;
	size_t in_size, in_room;
	struct request *req;
	struct parcel *out; /* being sent */
	struct buf head;
	size_t sent;   /* of head and body */
	bool close;    /* after this answer */
	bool not_read; /* EPOLLIN is off */
	bool writing;  /* EPOLLOUT is on */
	bool gone;     /* closed; freed at the end of the round */
	bool busy;     /* conn_work is running */
	char remote[48];
};

struct conn_list {
	struct conn *first, *last;
	size_t count;
};

struct front {
	const struct front_options *o;
	int epoll;
	struct source listen, control;
	struct conn_list list[CONN_STATES];
	struct conn *gone; /* to be freed */
	size_t conns, conns_most;
	size_t body_bytes; /* of all bodies being read */
	size_t out_bytes;  /* of all answers being sent, each counted once */
	struct parts parts;
	struct keep *keep;
	struct tell tell;
	int64_t now_us, ticked_us;
	int64_t fresh_us;   /* the registers were looked at then: kept answers are right */
	int64_t changed_us; /* answers asked for before this are not kept */
	bool pinging;
	int64_t day;
	bool draining;
	int64_t drain_us;
};

#define FRONT_FRESH_US ((int64_t)1000000) /* so old may a look at the registers be */

/* front.c */
/** A register changed, or may have: nothing kept is right any more. */
void front_changed(struct front *f);
/** Have a part look whether a register changed, unless one does so already. */
void front_look(struct front *f);
/** Send a few bytes if the socket takes them at once. */
bool front_send_now(int fd, const void *p, size_t n);

/* conn.c */
void conn_accept(struct front *f);
void conn_event(struct front *f, struct conn *c, uint32_t events);
void conn_tick(struct front *f);
void conn_close(struct front *f, struct conn *c);
void conn_free_gone(struct front *f);
/** Close the slowest connection of a state (CONN_BODY, CONN_WRITE), so that its memory serves
 * others. Returns it, or NULL when the state is empty; `spare` is returned without being closed. */
struct conn *conn_shed(struct front *f, enum conn_state s, const struct conn *spare);
/** Move to another state: its clock starts. */
void conn_state(struct front *f, struct conn *c, enum conn_state s);
/** Go on with what is there: read requests from the buffer, send what is ready. */
void conn_work(struct front *f, struct conn *c);

/* request.c */
/** The head is read: find out what is asked and go on from there. */
void request_head(struct front *f, struct conn *c);
/** The body is whole. */
void request_body(struct front *f, struct conn *c);
/** A part answered, or did not. */
void request_done(void *front, struct call *call, const struct frame *frame, uint8_t *body);

/* respond.c */
/** Send p (taken over; NULL = out of memory, closes) as the answer to what c is at. */
void respond(struct front *f, struct conn *c, struct parcel *p);
/** The front's own sentence; status 400 .. 599; the connection is closed after it when close. */
void respond_problem(struct front *f, struct conn *c, int status, const char *detail, bool close);

#endif
