/* Private to serve: releases of land that one approver proposed and that wait for a second one, who
 * confirms in a session of their own. Kept beside the originals in NAME.files/releases.json, so
 * that they outlive the process; the decision itself, with both names, stands in the log once it is
 * confirmed. Only the part that writes touches them. */
#ifndef SERVE_RELEASE_H
#define SERVE_RELEASE_H

#include "base/arena.h"
#include "store/store.h"

enum {
	RELEASES_MOST = 1000,
	RELEASE_IDS_MOST = 200
};

struct release {
	char id[UUID_TEXT];
	const char *by; /* account that proposed it */
	const char *at; /* RFC 3339 */
	const char *reason, *certificate;
	/* "RECORD@LEAF": the revision that it would release */
	const char *about[RELEASE_IDS_MOST];
	size_t abouts;
};

/** All that wait, oldest first, in mem. No file = none. ERR_VERIFY when it is damaged. */
MUST_CHECK enum err_code release_list(struct store *st, struct arena *mem, struct release **ret,
                                      size_t *ret_count, struct err *e);
/** Add one; its id is made here. ERR_LIMIT. */
MUST_CHECK enum err_code release_add(struct store *st, struct arena *mem, struct release *r,
                                     struct err *e);
/** Take one away. ERR_NOTFOUND. */
MUST_CHECK enum err_code release_remove(struct store *st, struct arena *mem, const char *id,
                                        struct err *e);

#endif
