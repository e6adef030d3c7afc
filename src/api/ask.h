/* A request as a worker gets it, after the front has read it, and the answer it gives back. Neither
 * knows a socket: handlers are plain functions from one to the other, and tests call them so.
 * Units: bytes. Texts are UTF-8, decoded once, and live until the answer was sent. */
#ifndef SERVE_ASK_H
#define SERVE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/access.h"

enum ask_method {
	ASK_GET, /* HEAD comes as GET; the front leaves the body out */
	ASK_POST,
	ASK_PUT,
	ASK_DELETE
};

/* Roles of accounts; what each may read is decided in store/access.h. */
enum serve_role {
	SERVE_PUBLIC,        /* nobody logged in */
	SERVE_REPORTER,      /* hands in; reads as the public */
	SERVE_OPERATOR,      /* hands in and corrects; exact positions */
	SERVE_OFFICER,       /* information officer: all that is not identity; quarantine */
	SERVE_APPROVER,      /* approves, returns, releases (with a second person) */
	SERVE_LEGAL,         /* all originals; identities, recorded */
	SERVE_ADMINISTRATOR, /* accounts and tokens; reads as the public */
	SERVE_ROLES
};
/* Bit of a role in route.allow. */
#define SERVE_BIT(role) (1u << (role))
#define SERVE_ALL ((1u << SERVE_ROLES) - 1)
#define SERVE_ACCOUNTS (SERVE_ALL & ~SERVE_BIT(SERVE_PUBLIC)) /* anyone logged in */
/* Who may hand in; who corrects and sees what waits; who rules. */
#define SERVE_HANDS_IN                                                                             \
	(SERVE_BIT(SERVE_REPORTER) | SERVE_BIT(SERVE_OPERATOR) | SERVE_BIT(SERVE_OFFICER) |        \
	 SERVE_BIT(SERVE_APPROVER))
#define SERVE_WORKS                                                                                \
	(SERVE_BIT(SERVE_OPERATOR) | SERVE_BIT(SERVE_OFFICER) | SERVE_BIT(SERVE_APPROVER))
#define SERVE_RULES SERVE_BIT(SERVE_APPROVER)

struct ask_pair {
	const char *name; /* of headers: lower case */
	const char *value;
};

struct who {
	enum serve_role role;
	const char *account; /* its name; "" = nobody */
	int64_t id;          /* number of the account; 0 = nobody. An account whose role needs a
	                        second factor that was not given has role SERVE_PUBLIC and its id */
	bool second_factor;  /* this session gave a one-time password */
	bool token;          /* came with a program's token or app password, not a session */
	bool read_only;      /* a token that may only read: route_answer refuses all but GET */
};

struct site_register; /* api/site.h */
struct route;         /* api/route.h */

enum {
	ASK_ARGS = 6
};

struct ask {
	enum ask_method method;
	const struct route *route;
	struct site_register *reg; /* of the path, the first one when the path names none */
	const char *base;          /* "http://127.0.0.1:8080", no slash at the end */
	const char *prefix;        /* "" or "/r/NAME" as asked: put it in front of links */
	const char *path;          /* decoded, after the prefix */
	const char *arg[ASK_ARGS]; /* what stood for {..} in the route's path, in order */
	const struct ask_pair *query;
	size_t query_count;
	const char *raw_query; /* as it came, "" = none */
	const struct ask_pair *header;
	size_t header_count;
	const uint8_t *body;
	size_t body_size;
	struct who who;
	const char *remote; /* address of the client, for rate limits only; never kept */
	struct arena *mem;  /* for the life of the answer */
};

enum {
	REPLY_HEADERS = 12
};

struct reply {
	int status;       /* 200 unless set */
	const char *type; /* media type with charset; "application/json" unless set */
	struct buf body;
	char etag[80];  /* with its quotes; "" = none. The front answers 304 by it */
	bool cacheable; /* the same for everyone who reads with the same access, until the register
	                   or the day changes: the front may keep it */
	bool final;     /* never changes (complete tiles of the log): a year in caches */
	struct ask_pair header[REPLY_HEADERS];
	size_t headers;
};

/** Start an empty answer; body at most cap_bytes (0 = 64 MiB). */
void reply_init(struct reply *r, size_t cap_bytes);
void reply_done(struct reply *r);
/** Add a header; name and value must live as long as the answer (ask.mem). Too many are an
 * ERR_INTERNAL of the dispatcher. */
void reply_header(struct reply *r, const char *name, const char *value);
/** Set the entity tag from the bytes of the body (SHA-256, shortened). */
void reply_etag_of_body(struct reply *r);
/** The status for an error: 400, 404, 413, 409, 403, 503, 501, 500. */
int reply_status_of(enum err_code code);
/** Replace whatever is there by a problem document (RFC 9457): title, status, detail = e's
 * sentence, hint. */
void reply_problem(struct reply *r, int status, const struct err *e);
/** The same, naming the field that it is about ("" = none) and whether a second factor is what is
 * missing. */
void reply_problem_of(struct reply *r, int status, const struct err *e, const char *field,
                      bool factor);

/** Does the body say that it is application/json? A form of another site cannot send this type
 * without asking first. */
bool ask_is_json(const struct ask *q);
/** First value of a query parameter or header (lower case), or NULL. */
const char *ask_query(const struct ask *q, const char *name);
const char *ask_header(const struct ask *q, const char *name);
/** How the role of who asks reads the register. */
enum access_role ask_access(const struct ask *q);
/** The day that an as-of asked for means to who asks: to roles that are shown months the last of
 * its month (today in the month that is not over), so that asking for one day after another does
 * not find the day of a record. */
int64_t ask_as_of(const struct ask *q, int64_t days);
/** The access of a role: public and administrators as the public, reporter as the public, operator
 * as operator, officer and approver as authority, legal as legal. */
enum access_role serve_role_access(enum serve_role role);
/** "public", "reporter", ... */
const char *serve_role_name(enum serve_role role);
bool serve_role_parse(const char *name, enum serve_role *ret);

#endif
