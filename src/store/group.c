#include "store/group.h"

#include "base/mem.h"
#include "store/audit.h"
#include "store/member.h"

struct submit_group {
	struct submit_state *state; /* NULL until the first member */
	struct audit_reader *audit; /* likewise */
	struct member_mark mark;    /* of the member that is open */
	struct pool *pool;
	size_t members;
	bool begun;  /* the transaction is open */
	bool failed; /* the transaction is gone: nothing of the group can be acknowledged */
};

enum err_code
group_begin(struct store *st, struct pool *pool, struct err *e)
{
	struct submit_group *g = st->group;

	if (st->group_open || st->submit)
		return err_set(e, ERR_INTERNAL, "a submission or a group of them is open already");
	if (g && g->pool != pool) {
		group_close(st);
		g = NULL;
	}
	if (!g)
		g = st->group = mem_calloc(1, sizeof(*g));
	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a group of submissions");
	g->pool = pool;
	g->members = 0;
	g->begun = g->failed = false;
	st->group_open = true;
	return ERR_OK;
}

size_t
group_members(const struct store *st)
{
	return st->group_open ? st->group->members : 0;
}

void
group_cancel(struct store *st)
{
	if (!st->group_open)
		return;
	if (st->group->begun)
		(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
		                   NULL); /* it may be gone already; nothing more can be done */
	st->group_open = false;
	st->submit = NULL;
}

void
group_close(struct store *st)
{
	if (!st->group)
		return;
	group_cancel(st);
	member_free(st->group->state);
	audit_close(st->group->audit);
	mem_free(st->group);
	st->group = NULL;
}

enum err_code
group_commit(struct store *st, struct err *e)
{
	struct submit_group *g = st->group;
	enum err_code rc = ERR_OK;

	if (!st->group_open)
		return err_set(e, ERR_INTERNAL, "no group of submissions is open");
	if (st->submit)
		rc = err_set(e, ERR_INTERNAL, "a member of the group is still open");
	else if (g->failed)
		rc = err_set(e, ERR_IO, "the register could not be written to");
	else if (g->members && !g->audit)
		rc = audit_open(st, g->pool, &g->audit, e);
	if (!rc && g->members)
		rc = member_acknowledge(g->state, g->audit, e);
	if (rc || g->members == 0)
		group_cancel(st); /* without members, what was begun holds nothing */
	st->group_open = false;
	return rc;
}

/* --- members
 * -----------------------------------------------------------------------------------------------
 */

/* A failure of the disk ends the whole transaction behind our back. */
static bool
is_gone(struct store *st)
{
	return sqlite3_get_autocommit(st->db) != 0;
}

enum err_code
group_member_begin(struct store *st, const struct submit_about *about, struct err *e)
{
	struct submit_group *g = st->group;
	struct submit_about first = { .pool = g->pool };
	enum err_code rc = ERR_OK;

	if (st->submit)
		return err_set(e, ERR_INTERNAL, "a submission is open already");
	if (g->failed)
		return err_set(e, ERR_IO, "the register could not be written to");
	if (!g->state)
		rc = member_open(st, &first, &g->state, e);
	else if (!g->begun)
		rc = member_reopen(g->state, e);
	g->begun = g->begun || !rc;
	if (!rc)
		rc = db_exec(st, "SAVEPOINT member", e);
	if (rc)
		return rc;
	st->submit = g->state;
	rc = member_begin(g->state, about, &g->mark, e);
	if (rc)
		group_member_cancel(st);
	return rc;
}

void
group_member_cancel(struct store *st)
{
	struct submit_group *g = st->group;

	if (!st->submit)
		return;
	st->submit = NULL;
	if (is_gone(st) || sqlite3_exec(st->db, "ROLLBACK TO member; RELEASE member", NULL, NULL,
	                                NULL) != SQLITE_OK)
		g->failed = true;
	member_undo(g->state, &g->mark);
}

enum err_code
group_member_commit(struct store *st, struct submit_result *ret, struct err *e)
{
	struct submit_group *g = st->group;
	bool any = false;
	enum err_code rc = member_end(g->state, ret, &any, e);

	if (!rc && any)
		rc = db_exec(st, "RELEASE member", e);
	if (rc || !any) {
		group_member_cancel(st);
		return rc;
	}
	st->submit = NULL;
	g->members++;
	return ERR_OK;
}
