/* The table of routes (routes.def): the dispatcher, the API description and the tests are made from
 * it. A path is matched segment by segment; {x} stands for one segment, decoded. Every route of a
 * register is also there under /r/NAME. */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "api/ask.h"
#include "api/site.h"

/* Which process answers. */
enum serve_part {
	PART_FRONT,   /* the process with the sockets: files of the page, health */
	PART_QUICK,   /* read-only, answers in milliseconds: tiles, features, records */
	PART_SLOW,    /* read-only, may take a minute: figures, comparison */
	PART_WRITE,   /* the only one that writes and that has the keys */
	PART_ACCOUNT, /* accounts: who is it */
	PART_LOGIN,   /* accounts: checks a password, slow by design */
	PART_DRAW     /* answers nobody: makes outlines for tiles ahead */
};

typedef enum err_code route_fn(struct site *s, const struct ask *q, struct reply *r, struct err *e);

struct route {
	const char *id; /* name of the operation in the description */
	enum ask_method method;
	const char *path;
	route_fn *fn; /* NULL: the front answers */
	enum serve_part part;
	unsigned allow;      /* SERVE_BIT of the roles that may */
	const char *params;  /* names of query parameters (params.def), blanks between */
	const char *summary; /* one line for the description */
	bool of_server;      /* not of one register: no /r/NAME in front */
};

extern const struct route route_table[];
extern const size_t route_count;

enum {
	ROUTE_SEGMENTS_MOST = 16
};

/** Split a path into segments, which live in mem. False when there are too many or one is "." or
 * "..". */
bool route_split(const char *path, struct arena *mem, const char *segment[ROUTE_SEGMENTS_MOST],
                 size_t *ret_count);

/**
 * What stands in front of an address: /t/TOKEN, a token or app password for programs that can show
 * none otherwise, then /r/NAME. NULL where it is missing; both may be. Returns how many segments
 * that are.
 */
size_t route_prefix(const char *const *segment, size_t count, const char **ret_token,
                    const char **ret_register);

enum route_found {
	ROUTE_FOUND,
	ROUTE_NO_PATH,  /* 404 */
	ROUTE_NO_METHOD /* 405; *ret_allow has the methods */
};

/**
 * Find the route of a path, split into decoded segments, and what stands for its {..}. Fixed
 * segments win over {..}.
 */
enum route_found route_find(enum ask_method method, const char *const *segment, size_t count,
                            const struct route **ret, const char *arg[ASK_ARGS],
                            unsigned *ret_allow);

/**
 * Answer in this process: check the role, call the handler, turn an error into a problem document.
 * Sets q->route and q->arg from q->path, which may begin with /r/NAME. Tests call it directly; the
 * workers call it for what the front sent.
 */
void route_answer(struct site *s, struct ask *q, struct reply *r);

#endif
