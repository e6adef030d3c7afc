/* What phones hand in: a filled-in form with its files -> one signed submission, through the checks
 * of an import. It comes as often as the phone sends it and counts once: the identity is the
 * instance's own id (docs/FORMATS.md, Forms from phones). What has no kind or no position that can
 * be known goes to quarantine with all that was sent; danger is never turned away. One thread. */
#ifndef INGEST_PHONE_H
#define INGEST_PHONE_H

#include "ingest/instance.h"
#include "store/store.h"

#define PHONE_MAX_FILES 100 /* in one request */

struct phone;

struct phone_in {
	const char *xml; /* the instance, as sent */
	size_t xml_size;
	struct instance_file *file; /* whole files; sha256, of_field and caption are set here */
	size_t files;
	const char *author; /* name of the account */
};

enum phone_fate {
	PHONE_TAKEN,   /* a new record, or a new revision of one */
	PHONE_PRESENT, /* it was here already, with all its files */
	PHONE_WAITS    /* in quarantine, for a person to look at */
};

struct phone_result {
	enum phone_fate fate;
	const char *kind;   /* static as long as the store */
	char id[UUID_TEXT]; /* of the record; "" in quarantine */
	int64_t submission; /* -1 when nothing was added */
	char flags[400];    /* codes of the checks that flagged it */
	char reason[400];   /* why it waits */
	size_t missing;     /* files it names that did not come */
};

/** What is kept between submissions. st must stay. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err_code phone_open(struct store *st, struct phone **ret, struct err *e);
/** NULL is fine. */
void phone_close(struct phone *p);
/**
 * Take one in. Nothing was written when it fails: ERR_INVALID only for a form that nobody hands in
 * (decision, event: ERR_DENIED), ERR_LIMIT for too many files, else the store's own errors.
 */
MUST_CHECK enum err_code phone_take(struct phone *p, const struct phone_in *in,
                                    struct phone_result *ret, struct err *e);

#endif
