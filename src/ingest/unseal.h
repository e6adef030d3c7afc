/* Identities of one record, opened by who may (store/access.h) for a stated reason. Who opened what
 * when and why becomes an event of the register, so it stands in the log; a caller shows nothing
 * before that is acknowledged. Needs the register key. */
#ifndef INGEST_UNSEAL_H
#define INGEST_UNSEAL_H

#include "base/json.h"
#include "store/access.h"
#include "store/history.h"

enum {
	UNSEAL_REASON_MIN = 3, /* characters of a reason */
	UNSEAL_REASON_MAX = 500,
	UNSEAL_READS_MOST = 500 /* of one page of reads */
};

struct unseal_options {
	const char *id; /* of the record */
	enum access_role role;
	const char *by;      /* who reads, not empty */
	const char *by_role; /* code of the choice list `role`; NULL = not said */
	const char *reason;
};

struct unseal_revision {
	const struct history_revision *of;
	struct store_fields fields; /* nothing but identities */
};

struct unseal {
	struct uuid id;
	const char *kind;
	struct unseal_revision *revision; /* in the order received */
	size_t count;
	int64_t submission; /* that recorded the read */
};

/**
 * Open the identities of every revision of a record that has some; all in mem. When this returns
 * ERR_OK the read is recorded (in a group of submissions: with its commit). ERR_INVALID (reason),
 * ERR_DENIED (the role does not see identities), ERR_NOTFOUND (no such record, or it has none),
 * ERR_UNKNOWN (a seal does not open here); then nothing is recorded and *ret is untouched.
 */
MUST_CHECK enum err_code unseal_run(struct store *st, const struct unseal_options *o,
                                    struct arena *mem, struct unseal *ret, struct err *e);
/** Members id, kind, submission, revisions of an object that is open. */
void unseal_write(const struct unseal *u, struct json_writer *w);

/* One read, as recorded. */
struct unseal_read {
	struct uuid event, record;
	int64_t fid;      /* of the event: where a page goes on */
	const char *kind; /* of the record */
	const char *at;   /* RFC 3339 */
	const char *by, *by_role, *reason;
};

/** Reads before an event's number (INT64_MAX = from the newest), newest first, at most `most` (<=
 * UNSEAL_READS_MOST), in mem. No keys needed. */
MUST_CHECK enum err_code unseal_reads(struct store *st, int64_t before_fid, size_t most,
                                      struct arena *mem, struct unseal_read **ret,
                                      size_t *ret_count, struct err *e);

#endif
