/* Private to store: how submit.c and group.c share a submission's state. In a group the state lives
 * as long as the group, and each member begins where the one before it ended. */
#ifndef STORE_MEMBER_H
#define STORE_MEMBER_H

#include "log/merkle.h"
#include "store/handle.h"
#include "store/submit.h"

struct audit_reader;
struct submit_state;

/* Where a state stood before a member, so that the member alone can be undone. */
struct member_mark {
	int64_t seq, first_rid, next_rid;
	struct merkle_frontier frontier;
	bool touched[STORE_MAX_KINDS];
	int64_t latest[STORE_MAX_KINDS];
};

/** A fresh state with its transaction open. */
MUST_CHECK enum err_code member_open(struct store *st, const struct submit_about *about,
                                     struct submit_state **ret, struct err *e);
void member_free(struct submit_state *s);
/** Begin a member: note where it begins. */
MUST_CHECK enum err_code member_begin(struct submit_state *s, const struct submit_about *about,
                                      struct member_mark *ret, struct err *e);
/** Close the member's submissions; true in *ret_any if it added any. */
MUST_CHECK enum err_code member_end(struct submit_state *s, struct submit_result *ret,
                                    bool *ret_any, struct err *e);
/** Back to the mark, in memory. */
void member_undo(struct submit_state *s, const struct member_mark *mark);
/** Commit the transaction, audit, sign; r: what is kept for the audit, or NULL. */
MUST_CHECK enum err_code member_acknowledge(struct submit_state *s, struct audit_reader *r,
                                            struct err *e);
/** Open the next transaction of a state whose last one ended. */
MUST_CHECK enum err_code member_reopen(struct submit_state *s, struct err *e);

/** A row of this kind's layer was joined anew by the open submission, if one is open. ERR_NOMEM. */
MUST_CHECK enum err_code submit_joined(struct store *st, int kind, int64_t fid, struct err *e);

/** Put the identities of rows that a bulk submission holds back into their table: before they are
 * looked up, and at its end. Nothing when none wait. */
MUST_CHECK enum err_code submit_settle_keys(struct store *st, struct err *e);

/* submit.c's calls while a group is open. */
MUST_CHECK enum err_code group_member_begin(struct store *st, const struct submit_about *about,
                                            struct err *e);
MUST_CHECK enum err_code group_member_commit(struct store *st, struct submit_result *ret,
                                             struct err *e);
void group_member_cancel(struct store *st);
/** Cancel what is open and free what groups keep. */
void group_close(struct store *st);

#endif
