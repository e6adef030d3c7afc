/* POST /api/records/{id}/identities and GET /api/reads: what is sealed of persons, for a stated
 * reason, and who read it. */
#include "api/api.h"
#include "api/handlers.h"
#include "base/text.h"
#include "ingest/unseal.h"

enum {
	READS_USUAL = 100
};

/* Asked by POST: it leaves a trace. The read is in the log before the answer leaves, because the
 * part that writes holds back every answer until its group is committed (serve/batch.h). */
enum err_code
api_identities(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	static const char *const members[] = { "reason", NULL };
	struct unseal_options o = { .id = q->arg[0],
		                    .role = ask_access(q),
		                    .by = q->who.account,
		                    .by_role = serve_role_name(q->who.role) };
	const struct json_value *body = NULL;
	struct unseal u = { .kind = NULL };
	struct store *st = NULL;
	struct json_writer w;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (rc)
		return rc;
	if (!q->who.second_factor || q->who.token) {
		(void)err_set(e, ERR_DENIED,
		              "identities are shown in a session with a second factor only");
		return api_refuse_factor(r, e);
	}
	rc = api_body(q, &body, e);
	if (!rc)
		rc = api_only(body, members, e);
	if (rc)
		return api_refuse(r, 0, e);
	o.reason = json_get_string(body, "reason");
	rc = unseal_run(st, &o, q->mem, &u, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	unseal_write(&u, &w);
	json_object_end(&w);
	reply_header(r, "Cache-Control", "no-store");
	return ERR_OK;
}

enum err_code
api_reads(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct unseal_read *list = NULL;
	struct store *st = NULL;
	struct json_writer w;
	int64_t limit = 0, before = 0;
	size_t n = 0;
	char id[UUID_TEXT];
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = api_int(q, "limit", 1, UNSEAL_READS_MOST, READS_USUAL, &limit, e);
	if (!rc)
		rc = api_int(q, "after", 1, INT64_MAX, INT64_MAX, &before, e);
	if (!rc)
		rc = unseal_reads(st, before, (size_t)limit, q->mem, &list, &n, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "reads");
	for (size_t i = 0; i < n; i++) {
		json_object(&w, NULL);
		json_string(&w, "at", list[i].at);
		json_string(&w, "by", list[i].by);
		json_string(&w, "role", *list[i].by_role ? list[i].by_role : NULL);
		json_string(&w, "kind", list[i].kind);
		uuid_format(list[i].record, id);
		json_string(&w, "record", id);
		json_string(&w, "reason", list[i].reason);
		uuid_format(list[i].event, id);
		json_string(&w, "event", id);
		json_object_end(&w);
	}
	json_array_end(&w);
	if (n == (size_t)limit)
		json_int(&w, "next", list[n - 1].fid);
	else
		json_null(&w, "next");
	json_object_end(&w);
	return api_done(r);
}
