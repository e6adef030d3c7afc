/* What a worker process has open: the registers it serves, each with a short name for addresses.
 * Threads: one site belongs to one thread of one process. */
#ifndef SERVE_SITE_H
#define SERVE_SITE_H

#include "base/pool.h"
#include "geo/geo.h"
#include "store/store.h"

struct site_register {
	const char *name; /* of the file, lower case letters, digits and '-': "ukraine" */
	const char *path;
	struct store *st;      /* read-only, or for writing in the part that writes */
	bool writes;           /* opened for writing */
	int64_t version;       /* of the data when last looked at, see site_refresh */
	struct behind *behind; /* makes long answers again (api/behind.h); NULL = nobody does */
	bool makes_behind;     /* this is the one of its thread */
	bool large;            /* figures of it are only made behind: nobody waits for them */
	const _Atomic int *drawing; /* not 0: outlines for its tiles are being made (api/draw.h) */
	/* What handlers keep between requests (an index of tiles ...), each its own slot. */
	void *keep[4];
	void (*keep_free[4])(void *);
};

enum site_keep {
	SITE_KEEP_TILES,
	SITE_KEEP_FEATURES,
	SITE_KEEP_API,
	SITE_KEEP_PHONES
};

struct site {
	struct site_register *reg;
	size_t count;
	struct pool *pool;
	struct geo *geo;
	struct accounts *accounts; /* of the part that knows them; NULL elsewhere */
};

/** Open the registers (ERR_INVALID when two have the same name) and name them. */
MUST_CHECK enum err_code site_open(const char *const *path, size_t count, enum store_mode mode,
                                   struct site *ret, struct err *e);
void site_close(struct site *s);
/**
 * Before an answer: if another process changed a form since, let go of what is kept between
 * requests and read the forms again; then hold one state of every register that is open read-only
 * until site_rest.
 */
void site_refresh(struct site *s);
/** After an answer. */
void site_rest(struct site *s);
/** A register by its name, or NULL. */
struct site_register *site_find(const struct site *s, const char *name);

#endif
