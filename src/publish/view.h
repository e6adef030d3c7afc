/* Views of single things for people and programs: a record with its whole history, and the log. */
#ifndef PUBLISH_VIEW_H
#define PUBLISH_VIEW_H

#include "base/buf.h"
#include "store/store.h"

/**
 * A record: what is shown now, then every revision with both clocks, who handed it in, from which
 * row of which file, what changed against its parent, and the decision about it. Identity values
 * are never in it. ERR_NOTFOUND, ERR_INVALID (no id).
 */
MUST_CHECK enum err_code view_record_text(struct store *st, const char *id, struct buf *out,
                                          struct err *e);
MUST_CHECK enum err_code view_record_json(struct store *st, const char *id, struct buf *out,
                                          struct err *e);

/** The log: one line or object a submission, newest last; from .. to-1 (to INT64_MAX = all). */
MUST_CHECK enum err_code view_log_text(struct store *st, int64_t from, int64_t to, struct buf *out,
                                       struct err *e);
MUST_CHECK enum err_code view_log_json(struct store *st, int64_t from, int64_t to, struct buf *out,
                                       struct err *e);

#endif
