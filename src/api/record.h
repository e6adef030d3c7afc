/* Private to serve: parts of answers about one record. */
#ifndef SERVE_API_RECORD_H
#define SERVE_API_RECORD_H

#include "api/ask.h"
#include "base/json.h"
#include "store/history.h"

/** Members that every answer about a record begins with: id, kind, number, how it is shown. */
void record_head(struct json_writer *w, const struct shown *row);
/** The record named by the path as the role sees it, in q->mem. ERR_NOTFOUND with one sentence for
 * what is not there and for what the role does not see. */
MUST_CHECK enum err_code record_see(const struct ask *q, struct store *st, struct shown *ret,
                                    struct err *e);
/** True for a revision that no other one (but returned ones) followed, and that was not returned.
 */
bool record_is_head(const struct history_revision *list, size_t n, size_t i);
/** Member "heads": leaf hashes of those. */
void record_heads(struct json_writer *w, const struct history_revision *list, size_t n);
/** Member "links": kind and words of each record that the fields link to (at most 50), as far as
 * the role sees it. */
MUST_CHECK enum err_code record_links(const struct ask *q, struct store *st, struct json_writer *w,
                                      const struct store_fields *f, struct err *e);

/* A record with all its revisions. */
struct record_past {
	struct uuid id;
	int kind;
	int64_t fid;
	struct history_revision *list;
	size_t count;
};
/** Load the record named by the path, in q->mem. ERR_NOTFOUND as record_see; values are not
 * redacted. */
MUST_CHECK enum err_code record_load(const struct ask *q, struct store *st, struct record_past *ret,
                                     struct err *e);
/**
 * Files are handed in as parts of the body. A file named by its hash alone must be one that the
 * record names already in a field of type file: else whoever knows a hash could open what it is of.
 *
 * fields  values by name, as they were sent
 * known   JSON objects of fields as they were so far; NULL entries are skipped
 *
 * ERR_INVALID names the field.
 */
MUST_CHECK enum err_code record_known_files(struct arena *mem, const struct form *form,
                                            const struct json_value *fields,
                                            const char *const *known, size_t n, struct err *e);
/** "waits", "approved", "returned", "released". */
const char *record_ruling(enum ruling r);
/** Index of the revision that list[i] was made from, -1 = none. */
long record_parent(const struct history_revision *list, size_t i);
/** Member "changed": fields that differ, each with what it was and is; before NULL = all. Both
 * sides must be redacted. */
void record_changes(struct json_writer *w, const struct store_fields *before,
                    const struct store_fields *now);
/** Member "fields" with geometries and lists. */
void record_all_fields(struct json_writer *w, const struct store_fields *f);
/** May the role hand in records of the kind? */
bool record_may_enter(struct store *st, enum serve_role role, int kind);

#endif
