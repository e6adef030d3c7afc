#include "serve/batch.h"

#include "store/group.h"

/* What was answered rests on a write that failed: an answer that refused stands, any other is
 * withdrawn. */
static void
withdraw(const struct site_register *reg, struct ask *const *q, struct reply *const *r, size_t n,
         const struct err *why)
{
	for (size_t i = 0; i < n; i++)
		if (q[i]->reg == reg && r[i]->status < 400) {
			r[i]->headers = 0;
			reply_problem(r[i], 503, why);
		}
}

static enum err_code
begin_all(struct site *s, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < s->count && rc == ERR_OK; i++)
		rc = group_begin(s->reg[i].st, s->pool, e);
	for (size_t i = 0; i < s->count && rc != ERR_OK; i++)
		group_cancel(s->reg[i].st);
	return rc;
}

enum err_code
write_batch(struct site *s, struct ask *const *q, struct reply *const *r, size_t n, struct err *e)
{
	enum err_code rc = begin_all(s, e);

	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		route_answer(s, q[i], r[i]);
	for (size_t i = 0; i < s->count; i++) {
		struct err why = { 0 };
		enum err_code one = group_commit(s->reg[i].st, &why);

		if (one == ERR_OK)
			continue;
		withdraw(&s->reg[i], q, r, n, &why);
		if (rc == ERR_OK) {
			rc = one;
			*e = why;
		}
	}
	return rc;
}
