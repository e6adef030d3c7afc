/* GET /api/inbox and POST /api/decisions: what waits, and what approvers say of it. A release needs
 * two accounts: the first proposes, the second confirms in a session of its own. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "api/release.h"
#include "base/clock.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "store/waiting.h"

enum {
	IDS_MOST = 1000,
	RECORDS_SHOWN = 20, /* of one submission in the inbox */
	PAGE_MOST = 100,
	PAGE_USUAL = 20
};

/* --- the inbox
 * -----------------------------------------------------------------------------------------------
 */

struct inbox {
	const struct ask *q;
	struct store *st;
	struct json_writer w;
	int64_t limit, listed, next;
	bool own_only;
};

static bool
closes(const struct store_fields *f)
{
	const char *status = fields_text(f, "status");

	return text_eq(status, "closed") || text_eq(status, "handed_over");
}

static enum err_code
write_waiting(struct inbox *b, const struct waiting_record *waiting, struct err *e)
{
	struct history_revision *list = NULL;
	struct shown seen[2] = { { 0 }, { 0 } };
	enum access_fate fate = ACCESS_GONE;
	size_t n = 0, i = 0, heads = 0;
	char text[65];
	long parent;
	enum err_code rc = history_load(b->st, waiting->id, INT64_MAX, b->q->mem, &list, &n, e);

	if (rc)
		return rc;
	while (i < n && list[i].rev.rid != waiting->rid)
		i++;
	if (i == n || !access_has_rows(ask_access(b->q), store_kind_name(b->st, waiting->kind)))
		return ERR_OK;
	parent = record_parent(list, i);
	for (int k = 0; !rc && k < (parent < 0 ? 1 : 2); k++) {
		seen[k] = (struct shown){ .id = waiting->id,
			                  .kind = waiting->kind,
			                  .fields = list[k ? (size_t)parent : i].rev.fields };
		rc = access_row(b->st, ask_access(b->q), b->q->mem, &seen[k], &fate, e);
	}
	if (rc)
		return rc;
	for (size_t k = 0; k < n; k++)
		heads += record_is_head(list, n, k);
	uuid_format(waiting->id, text);
	json_object(&b->w, NULL);
	json_string(&b->w, "id", text);
	json_string(&b->w, "kind", store_kind_name(b->st, waiting->kind));
	json_string(&b->w, "national_id", fields_text(&seen[0].fields, "national_id"));
	json_string(&b->w, "label", api_label(&seen[0].fields));
	text_hex(list[i].rev.leaf, 32, text);
	json_string(&b->w, "leaf", text);
	json_bool(&b->w, "new", i == 0);
	json_bool(&b->w, "conflict", heads > 1);
	json_bool(&b->w, "closes",
	          text_eq(store_kind_name(b->st, waiting->kind), "hazard") &&
	                  closes(&seen[0].fields) && (parent < 0 || !closes(&seen[1].fields)));
	json_string(&b->w, "flags", fields_text(&list[i].rev.fields, "import_flags"));
	record_changes(&b->w, parent < 0 ? NULL : &seen[1].fields, &seen[0].fields);
	json_object_end(&b->w);
	return ERR_OK;
}

static void
write_kinds(struct inbox *b, const struct waiting_submission *s)
{
	json_array(&b->w, "kinds");
	for (size_t i = 0; i < s->kinds; i++) {
		json_object(&b->w, NULL);
		json_string(&b->w, "kind", store_kind_name(b->st, s->kind[i].kind));
		json_int(&b->w, "revisions", s->kind[i].revisions);
		json_object_end(&b->w);
	}
	json_array_end(&b->w);
}

static enum err_code
list_submission(void *ctx, const struct waiting_submission *s, struct err *e)
{
	struct inbox *b = ctx;
	struct waiting_record list[RECORDS_SHOWN];
	struct history_submission about;
	char at[28];
	size_t n = 0;
	bool mine;
	enum err_code rc;

	if (b->listed == b->limit) {
		b->next = s->seq + 1;
		return err_set(e, ERR_LIMIT, "the page is full");
	}
	rc = history_submission(b->st, s->seq, b->q->mem, &about, e);
	if (rc)
		return rc;
	mine = *about.author && text_eq_nocase(about.author, b->q->who.account);
	if (b->own_only && !mine)
		return ERR_OK;
	b->listed++;
	rc = waiting_records(b->st, s->seq, list, RECORDS_SHOWN, &n, e);
	clock_format_us(about.received_us, at);
	json_object(&b->w, NULL);
	json_int(&b->w, "submission", s->seq);
	json_string(&b->w, "received", at);
	json_string(&b->w, "author", *about.author ? about.author : NULL);
	json_bool(&b->w, "mine", mine);
	json_string(&b->w, "remark", about.remark);
	json_int(&b->w, "revisions", s->revisions);
	json_int(&b->w, "waiting", s->waiting);
	json_bool(&b->w, "outside", text_starts(about.remark, "edits of a work copy"));
	write_kinds(b, s);
	json_array(&b->w, "records");
	for (size_t i = 0; !rc && i < n; i++)
		rc = write_waiting(b, &list[i], e);
	json_array_end(&b->w);
	json_bool(&b->w, "more", s->waiting > (int64_t)n);
	json_object_end(&b->w);
	return rc;
}

/* "RECORD@LEAF" -> the record's id and what it is called. */
static enum err_code
write_about(struct inbox *b, const char *about, struct err *e)
{
	char *text = arena_strndup(b->q->mem, about, 36);
	enum access_fate fate = ACCESS_GONE;
	struct shown row;
	struct uuid id;
	enum err_code rc;

	if (!text || !uuid_parse(text, 36, &id))
		return text ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory");
	rc = access_get(b->st, id, ask_access(b->q), b->q->mem, &row, &fate, e);
	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		return ERR_OK;
	}
	json_object(&b->w, NULL);
	json_string(&b->w, "id", text);
	json_string(&b->w, "national_id",
	            !rc && fate == ACCESS_ROW ? fields_text(&row.fields, "national_id") : NULL);
	json_object_end(&b->w);
	return rc;
}

static enum err_code
write_releases(struct inbox *b, struct err *e)
{
	struct release *list = NULL;
	size_t n = 0;
	enum err_code rc = release_list(b->st, b->q->mem, &list, &n, e);

	json_array(&b->w, "releases");
	for (size_t i = 0; !rc && i < n; i++) {
		json_object(&b->w, NULL);
		json_string(&b->w, "release", list[i].id);
		json_string(&b->w, "by", list[i].by);
		json_bool(&b->w, "mine", text_eq_nocase(list[i].by, b->q->who.account));
		json_string(&b->w, "at", list[i].at);
		json_string(&b->w, "reason", list[i].reason);
		json_string(&b->w, "certificate", list[i].certificate);
		json_array(&b->w, "records");
		for (size_t k = 0; !rc && k < list[i].abouts; k++)
			rc = write_about(b, list[i].about[k], e);
		json_array_end(&b->w);
		json_object_end(&b->w);
	}
	json_array_end(&b->w);
	return rc;
}

enum err_code
api_inbox(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct inbox b = { .q = q, .next = -1, .own_only = q->who.role == SERVE_OPERATOR };
	int64_t before = INT64_MAX, next = -1;
	enum err_code rc = api_store(q, &b.st, e);

	(void)site;
	if (!rc)
		rc = api_int(q, "limit", 1, PAGE_MOST, PAGE_USUAL, &b.limit, e);
	if (!rc)
		rc = api_int(q, "after", 0, INT64_MAX, INT64_MAX, &before, e);
	if (rc)
		return rc;
	json_begin(&b.w, &r->body);
	json_object(&b.w, NULL);
	json_array(&b.w, "submissions");
	rc = waiting_each(b.st, before, list_submission, &b, &next, e);
	if (rc == ERR_LIMIT && b.next >= 0) {
		err_clear(e);
		rc = ERR_OK;
		next = b.next;
	}
	json_array_end(&b.w);
	if (!rc && !b.own_only)
		rc = write_releases(&b, e);
	json_string(&b.w, "next", next >= 0 ? arena_printf(q->mem, "%lld", (long long)next) : NULL);
	json_object_end(&b.w);
	return rc ? rc : api_done(r);
}

/* --- decisions
 * -----------------------------------------------------------------------------------------------
 */

struct deciding {
	const struct ask *q;
	struct store *st;
	const struct json_value *body;
	const char *type, *reason, *certificate;
	const char *id[IDS_MOST];
	size_t ids;
	int64_t submission; /* that it became; -1 = none */
};

static enum err_code
read_text(const struct json_value *body, const char *name, size_t most, const char **ret,
          struct err *e)
{
	const struct json_value *v = json_get(body, name);

	*ret = NULL;
	if (!v || v->type == JSON_NULL)
		return ERR_OK;
	if (v->type != JSON_STRING || strlen(v->string) != v->count)
		return err_set(e, ERR_INVALID, "field %s: it must be a text", name);
	if (text_utf8_length(v->string, v->count) > most)
		return err_set(e, ERR_LIMIT, "field %s: it must have at most %zu characters", name,
		               most);
	*ret = v->count ? v->string : NULL;
	return ERR_OK;
}

/* Is who decides the author of a submission? */
static enum err_code
check_author(const struct deciding *d, int64_t seq, struct err *e)
{
	struct history_submission s;
	enum err_code rc = history_submission(d->st, seq, d->q->mem, &s, e);

	if (!rc && *s.author && text_eq_nocase(s.author, d->q->who.account))
		rc = err_set(e, ERR_DENIED,
		             "you entered submission %lld yourself; another person must decide it",
		             (long long)seq);
	return rc;
}

/* A record, or "RECORD@LEAF": only if that is still its newest revision. The author of what waits
 * is somebody else; of a release, the author of the revision that closes. */
static enum err_code
check_record(struct deciding *d, size_t i, struct err *e)
{
	const char *text = d->id[i], *leaf_text = text[0] && strlen(text) == 101 ? text + 37 : NULL;
	struct history_revision *list = NULL;
	char leaf[65];
	struct uuid id;
	int64_t fid;
	size_t n = 0;
	int kind;
	enum err_code rc;

	if (leaf_text && !(d->id[i] = arena_strndup(d->q->mem, text, 36)))
		return err_set(e, ERR_NOMEM, "out of memory");
	if (!uuid_parse(d->id[i], strlen(d->id[i]), &id))
		return err_set(e, ERR_INVALID,
		               "field ids: each must be a record's id, or @ and a "
		               "submission's number");
	rc = history_find(d->st, id, &kind, &fid, e);
	if (!rc)
		rc = history_load(d->st, id, INT64_MAX, d->q->mem, &list, &n, e);
	if (rc)
		return rc;
	text_hex(list[n - 1].rev.leaf, 32, leaf);
	if (leaf_text && !text_eq(leaf, leaf_text))
		return err_set(e, ERR_CONFLICT, "record %s was changed since you looked at it",
		               d->id[i]);
	for (size_t k = 0; !rc && k < n; k++)
		if (list[k].rev.ruling == RULING_NONE ||
		    (text_eq(d->type, "release") && k + 1 == n))
			rc = check_author(d, list[k].rev.submission, e);
	if (!rc && text_eq(d->type, "release"))
		d->id[i] = arena_printf(d->q->mem, "%s@%s", d->id[i], leaf);
	return rc || d->id[i] ? rc : err_set(e, ERR_NOMEM, "out of memory");
}

static enum err_code
check_ids(struct deciding *d, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < d->ids; i++) {
		int64_t seq = -1;

		if (d->id[i][0] == '@' && text_parse_i64(d->id[i] + 1, strlen(d->id[i] + 1), &seq))
			rc = text_eq(d->type, "return") ? ERR_OK : check_author(d, seq, e);
		else if (!text_eq(d->type, "return") || strlen(d->id[i]) == 101)
			rc = check_record(d, i, e);
	}
	return rc;
}

static enum err_code
read_ids(struct deciding *d, struct err *e)
{
	const struct json_value *list = json_get(d->body, "ids");
	size_t most = text_eq(d->type, "release") ? RELEASE_IDS_MOST : IDS_MOST;

	if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > most)
		return err_set(e, ERR_INVALID, "field ids: it must be a list of 1 to %zu ids",
		               most);
	for (const struct json_value *v = list->first; v; v = v->next) {
		if (v->type != JSON_STRING || v->count > 101 || v->count == 0 ||
		    strlen(v->string) != v->count)
			return err_set(e, ERR_INVALID,
			               "field ids: each must be a record's id, or @ and a "
			               "submission's number");
		d->id[d->ids++] = v->string;
	}
	return ERR_OK;
}

static void
write_decided(const struct decide_result *done, struct reply *r)
{
	struct json_writer w;

	r->status = 201;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "decision", done->id);
	json_int(&w, "revisions", (int64_t)done->revisions);
	json_int(&w, "submission", done->submission);
	json_object_end(&w);
}

static enum err_code
decide(struct deciding *d, const char *by, const char *second, bool check_only, struct reply *r,
       struct err *e)
{
	struct decide_options o = { .type = d->type,
		                    .by = by,
		                    .second = second,
		                    .reason = d->reason,
		                    .certificate = d->certificate,
		                    .id = d->id,
		                    .ids = d->ids,
		                    .check_only = check_only };
	struct decide_result done = { 0 };
	enum err_code rc = decide_run(d->st, &o, &done, e);

	if (!rc && !check_only) {
		write_decided(&done, r);
		d->submission = done.submission;
	}
	return rc;
}

/* The first of two: nothing is decided yet, but all that can be refused is refused now. */
static enum err_code
propose_release(struct deciding *d, struct reply *r, struct err *e)
{
	struct release one = { .by = d->q->who.account,
		               .reason = d->reason ? d->reason : "",
		               .certificate = d->certificate ? d->certificate : "" };
	struct json_writer w;
	enum err_code rc;

	for (size_t i = 0; i < d->ids; i++) {
		one.about[one.abouts++] = d->id[i];
		d->id[i] = arena_strndup(d->q->mem, d->id[i], 36);
		if (!d->id[i])
			return err_set(e, ERR_NOMEM, "out of memory");
	}
	rc = decide(d, d->q->who.account, NULL, true, r, e);
	if (!rc)
		rc = release_add(d->st, d->q->mem, &one, e);
	if (rc)
		return rc;
	r->status = 202;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "release", one.id);
	json_string(&w, "waits", "for a second approver");
	json_object_end(&w);
	return ERR_OK;
}

static enum err_code
find_release(struct deciding *d, const char *id, const struct release **ret, struct err *e)
{
	struct release *list = NULL;
	size_t n = 0;
	enum err_code rc = release_list(d->st, d->q->mem, &list, &n, e);

	for (size_t i = 0; !rc && i < n; i++)
		if (text_eq(list[i].id, id)) {
			*ret = &list[i];
			return ERR_OK;
		}
	return rc ? rc : err_set(e, ERR_NOTFOUND, "no release with that number waits");
}

/* The second of two, another account than the first and than who entered the closing. */
static enum err_code
confirm_release(struct deciding *d, const char *id, struct reply *r, struct err *e)
{
	const struct release *one = NULL;
	enum err_code rc = find_release(d, id, &one, e);

	if (rc)
		return rc;
	if (text_eq_nocase(one->by, d->q->who.account))
		return err_set(e, ERR_DENIED,
		               "you proposed this release; another approver must confirm it");
	d->reason = *one->reason ? one->reason : NULL;
	d->certificate = *one->certificate ? one->certificate : NULL;
	for (size_t i = 0; i < one->abouts; i++)
		d->id[d->ids++] = one->about[i];
	rc = check_ids(d, e); /* what the first saw is what the second releases */
	for (size_t i = 0; !rc && i < d->ids; i++)
		if (!(d->id[i] = arena_strndup(d->q->mem, d->id[i], 36)))
			rc = err_set(e, ERR_NOMEM, "out of memory");
	if (!rc)
		rc = decide(d, one->by, d->q->who.account, false, r, e);
	/* it stands in the log now; an entry left over would only be refused */
	if (!rc && release_remove(d->st, d->q->mem, id, e))
		err_clear(e);
	return rc;
}

static enum err_code
withdraw_release(struct deciding *d, const char *id, struct reply *r, struct err *e)
{
	struct json_writer w;
	enum err_code rc = release_remove(d->st, d->q->mem, id, e);

	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "withdrawn", id);
	json_object_end(&w);
	return ERR_OK;
}

static enum err_code
run_decision(struct deciding *d, struct reply *r, struct err *e)
{
	static const char *const members[] = { "type",    "ids",      "reason", "certificate",
		                               "confirm", "withdraw", NULL };
	const char *confirm = json_get_string(d->body, "confirm"),
		   *withdraw = json_get_string(d->body, "withdraw");
	bool release;
	enum err_code rc = api_only(d->body, members, e);

	d->type = json_get_string(d->body, "type");
	release = text_eq(d->type, "release");
	if (!rc && !release && !text_eq(d->type, "approval") && !text_eq(d->type, "return"))
		rc = err_set(e, ERR_INVALID, "field type: it must be approval, return or release");
	if (!rc && !release && (confirm || withdraw))
		rc = err_set(e, ERR_INVALID, "only a release is confirmed or withdrawn");
	if (!rc && confirm)
		return confirm_release(d, confirm, r, e);
	if (!rc && withdraw)
		return withdraw_release(d, withdraw, r, e);
	if (!rc)
		rc = read_text(d->body, "reason", 4000, &d->reason, e);
	if (!rc)
		rc = read_text(d->body, "certificate", 200, &d->certificate, e);
	if (!rc && text_eq(d->type, "return") && !d->reason)
		rc = err_set(e, ERR_INVALID, "field reason: a return needs a reason");
	if (!rc)
		rc = read_ids(d, e);
	if (!rc)
		rc = check_ids(d, e);
	if (rc)
		return rc;
	return release ? propose_release(d, r, e) : decide(d, d->q->who.account, NULL, false, r, e);
}

enum err_code
api_decide(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct deciding *d = arena_calloc(q->mem, 1, sizeof(*d));
	bool done = false;
	enum err_code rc;

	(void)site;
	if (!d)
		return err_set(e, ERR_NOMEM, "out of memory");
	d->q = q;
	d->submission = -1;
	rc = api_store(q, &d->st, e);
	if (!rc && !q->who.second_factor) {
		(void)err_set(e, ERR_DENIED, "a decision needs your one-time password");
		return api_refuse_factor(r, e);
	}
	if (!rc)
		rc = api_once(q, r, &done, e);
	if (rc || done)
		return rc;
	rc = api_body(q, &d->body, e);
	if (!rc)
		rc = run_decision(d, r, e);
	if (rc)
		return api_refuse(r, 0, e);
	api_remember(q, r, d->submission);
	return ERR_OK;
}
