#include "store/formupdate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/bound.h"
#include "store/handle.h"
#include "store/layer.h"
#include "store/submit.h"

#include "sql_gen.h"

static void
say_choices(const struct form_field *a, const struct form_field *b, struct buf *what,
            struct formupdate_result *r)
{
	for (size_t i = 0; a->list && b->list && i < b->list->count; i++) {
		if (form_choice_find(a->list, b->list->choice[i].code))
			continue;
		r->choices_added++;
		if (what)
			buf_printf(what, "field %s: new choice %s\n", b->name,
			           b->list->choice[i].code);
	}
}

static void
say_changes(const struct form *now, const struct form *next, struct buf *what,
            struct formupdate_result *r)
{
	for (size_t i = 0; i < next->field_count; i++) {
		const struct form_field *b = &next->field[i], *a = form_find(now, b->name);

		if (a) {
			say_choices(a, b, what, r);
			continue;
		}
		r->added++;
		if (what)
			buf_printf(what, "new field %s (%s, %s)\n", b->name,
			           form_type_name(b->type), form_access_name(b->access));
	}
	for (size_t i = 0; i < now->field_count; i++) {
		if (form_find(next, now->field[i].name))
			continue;
		r->dropped++;
		if (what)
			buf_printf(what,
			           "field %s is no longer asked for; what was said stays in its "
			           "revisions\n",
			           now->field[i].name);
	}
}

static void
hash_text(const struct formupdate *u, char out[65])
{
	struct hash_state h;
	uint8_t sha[32];

	hash_init(&h);
	hash_update(&h, u->survey, u->survey_n);
	hash_update(&h, u->choices ? u->choices : "", u->choices ? u->choices_n : 0);
	hash_final(&h, sha);
	text_hex(sha, 32, out);
}

static enum err_code
put_text(struct store *st, const struct formupdate *u, const struct formupdate_result *r,
         struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_FORM_PUT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[r->kind].id);
	(void)sqlite3_bind_int(q, 2, r->to);
	(void)sqlite3_bind_text64(q, 3, u->survey, u->survey_n, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_text64(q, 4, u->choices ? u->choices : "", u->choices ? u->choices_n : 0,
	                          SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_int64(q, 5, submit_current(st));
	rc = db_run(st, q, e);
	sqlite3_finalize(q);
	return rc ? rc
	          : bound_note(st, BOUND_FORM_VERSION, " WHERE submission = ?1", submit_current(st),
	                       e);
}

static enum err_code
put_event(struct store *st, const struct formupdate *u, const struct formupdate_result *r,
          struct arena *mem, struct err *e)
{
	struct submit_revision rev = { .kind = store_kind(st, "event") };
	char at[28], day[11];
	const char *details = arena_printf(mem, "form of %s, version %d to %d",
	                                   st->kind[r->kind].name, r->from, r->to);
	enum err_code rc;

	clock_format_s(clock_now_us() / 1000000, at);
	clock_format_date(clock_now_us() / 86400000000, day);
	if (rev.kind < 0 || !details || !fields_init(&rev.fields, store_form(st, rev.kind), mem))
		return err_set(e, ERR_NOMEM, "out of memory for the event");
	(void)fields_set_text(&rev.fields, "valid_from", day);
	(void)fields_set_text(&rev.fields, "type", "form_changed");
	(void)fields_set_text(&rev.fields, "date", day);
	(void)fields_set_text(&rev.fields, "at", at);
	(void)fields_set_text(&rev.fields, "by_person", u->author ? u->author : "");
	(void)fields_set_text(&rev.fields, "sha256", r->sha256);
	(void)fields_set_text(&rev.fields, "details", details);
	rc = submit_new_id(&rev.id, e);
	return rc ? rc : submit_add(st, &rev, 1, NULL, e);
}

/* The transaction: event, text, columns. *next is owned by the kind afterwards. */
static enum err_code
apply(struct store *st, const struct formupdate *u, struct form **next, struct formupdate_result *r,
      struct err *e)
{
	const struct submit_about about = { .author = u->author ? u->author : "",
		                            .remark = u->remark ? u->remark : "" };
	struct submit_result done = { 0 };
	struct arena mem;
	enum err_code rc = submit_begin(st, &about, e);

	if (rc)
		return rc;
	arena_init(&mem, 1u << 20);
	rc = put_event(st, u, r, &mem, e);
	if (!rc)
		rc = put_text(st, u, r, e);
	if (!rc)
		rc = kind_set_form(&st->kind[r->kind], *next, e);
	if (!rc) {
		*next = NULL;
		rc = layer_ensure(st, r->kind, e);
	}
	if (!rc)
		rc = submit_commit(st, &done, e);
	else
		submit_cancel(st);
	arena_done(&mem);
	r->submission = done.first_seq;
	return rc;
}

enum err_code
store_form_update(struct store *st, const struct formupdate *u, struct buf *what,
                  struct formupdate_result *ret, struct err *e)
{
	struct formupdate_result r = { .submission = -1 };
	struct form *next = NULL;
	const struct form *now;
	struct err ignored = { 0 };
	enum err_code rc = form_parse(u->survey, u->survey_n, u->choices,
	                              u->choices ? u->choices_n : 0, &next, e);

	if (rc)
		return rc;
	r.kind = store_kind(st, next->kind);
	now = r.kind >= 0 ? store_form(st, r.kind) : NULL;
	if (!now)
		rc = err_set(e, ERR_NOTFOUND,
		             "the form is of kind \"%.40s\", which the register does not have",
		             next->kind);
	else
		rc = form_may_follow(now, next, e);
	if (!rc) {
		r.from = now->version;
		r.to = next->version;
		hash_text(u, r.sha256);
		say_changes(now, next, what, &r);
		rc = apply(st, u, &next, &r, e);
		if (rc && !st->submit &&
		    kinds_load(st, &ignored)) /* what is in force is what the file says */
			(void)err_hint(e, "open the register again");
	}
	form_free(next);
	if (!rc)
		*ret = r;
	return rc;
}

enum err_code
store_form_text(struct store *st, const char *kind, int version, struct buf *out, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_FORM_GET, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, kind, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(q, 2, version);
	if (sqlite3_step(q) == SQLITE_ROW) {
		const char *survey = (const char *)sqlite3_column_text(q, 1),
			   *choices = (const char *)sqlite3_column_text(q, 2);

		buf_adds(out, survey ? survey : "");
		if (out->size && out->data[out->size - 1] != '\n')
			buf_addc(out, '\n');
		if (choices && *choices) {
			buf_adds(out, "#choices\n");
			buf_adds(out, choices);
		}
		rc = buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a form");
	} else {
		rc = err_set(e, ERR_NOTFOUND, "the register has no form of kind %.40s%s", kind,
		             version ? " with that version" : "");
	}
	sqlite3_finalize(q);
	return rc;
}
