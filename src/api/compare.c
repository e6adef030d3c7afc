/* GET /api/compare: this register beside another one that is served here. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "assess/question.h"
#include "base/clock.h"
#include "base/text.h"
#include "publish/compare_time.h"

static enum err_code
compare_both(struct site *site, const struct ask *q, struct store *const st[2],
             const struct figure_question *const f[2], struct buf *out, struct err *e)
{
	struct compare_time time;
	struct compare c;
	enum err_code rc = compare_make(st, f, site->pool, &c, e);

	if (rc)
		return rc;
	rc = compare_time_make(&c, ask_access(q), &time, e);
	if (!rc)
		rc = compare_redact(&c, ask_access(q), e);
	if (!rc)
		rc = compare_write_json(&c, &time, out, e);
	compare_free(&c);
	return rc;
}

enum err_code
api_compare(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	const struct question_texts t = { .mark = "",
		                          .as_of = ask_query(q, "as-of"),
		                          .known_at = ask_query(q, "known-at"),
		                          .after = ask_query(q, "after") };
	const char *name = ask_query(q, "with"), *key;
	struct site_register *other = name ? site_find(site, name) : NULL;
	struct figure_question f[2];
	const struct figure_question *const both[2] = { &f[0], &f[1] };
	struct store *st[2] = { NULL, NULL };
	int64_t started_us = clock_steady_us(), state;
	char shown[80];
	enum err_code rc = api_store(q, &st[0], e);

	if (rc)
		return rc;
	if (!other || other == q->reg)
		return err_set(e, ERR_INVALID,
		               "with is \"%s\"; it must name another register that is served here, "
		               "see /registers",
		               err_quote(name ? name : "", shown, sizeof(shown)));
	st[1] = other->st;
	for (int k = 0; !rc && k < 2; k++) {
		rc = question_make(st[k], &t, &f[k], e);
		if (!rc)
			f[k].no_single_items = !access_is_exact(ask_access(q));
		if (!rc && t.as_of)
			f[k].as_of_days = ask_as_of(q, f[k].as_of_days);
	}
	if (rc)
		return rc;
	r->cacheable = true;
	key = arena_printf(q->mem, "compare %s %s %lld %lld %lld %lld %lld", other->name,
	                   access_role_name(ask_access(q)), (long long)f[0].as_of_days,
	                   f[0].known_at_us == INT64_MAX ? -1LL : (long long)f[0].known_size,
	                   (long long)f[0].known_at_us, (long long)f[0].after_days,
	                   f[1].known_at_us == INT64_MAX ? -1LL : (long long)f[1].known_size);
	state = store_log_size(st[0]) + store_log_size(st[1]);
	if (!key)
		return err_set(e, ERR_NOMEM, "out of memory");
	if (api_kept(q, key, state, r))
		return api_done(r);
	if (api_waits(q, key, r))
		return ERR_OK;
	rc = compare_both(site, q, st, both, &r->body, e);
	if (!rc)
		api_keep(q, key, state, r, started_us);
	return rc ? rc : api_done(r);
}
