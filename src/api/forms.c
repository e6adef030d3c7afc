/* GET /api/forms and /api/forms/{kind}: the kinds and their fields, as forms are drawn from. */
#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "base/text.h"
#include "form/dict.h"

static void
write_languages(struct json_writer *w, const struct form *f)
{
	json_object(w, "title");
	for (int i = 0; i < FORM_LANGUAGES; i++)
		if (f->title[i])
			json_string(w, form_language_code((enum form_language)i), f->title[i]);
	json_object_end(w);
	json_object(w, "reviewed");
	for (int i = 0; i < FORM_LANGUAGES; i++) {
		bool reviewed = false;

		if (!f->title[i])
			continue;
		(void)form_label(f->title, f->reviewer, (enum form_language)i, &reviewed);
		json_bool(w, form_language_code((enum form_language)i), reviewed);
	}
	json_object_end(w);
}

enum err_code
api_forms(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	struct store *st = NULL;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "forms");
	for (int k = 0; k < (int)store_kind_count(st); k++) {
		const struct form *f = store_form(st, k);

		json_object(&w, NULL);
		json_string(&w, "kind", f->kind);
		json_int(&w, "version", f->version);
		write_languages(&w, f);
		json_int(&w, "fields", (int64_t)f->field_count);
		json_bool(&w, "sees", access_has_rows(ask_access(q), f->kind));
		json_bool(&w, "may_enter", record_may_enter(st, q->who.role, k));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return api_done(r);
}

enum err_code
api_form(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct store *st = NULL;
	int kind = -1;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = api_kind(st, q->arg[0], &kind, e);
	if (rc == ERR_INVALID) {
		rc = ERR_NOTFOUND;
		if (e)
			e->code = rc;
	}
	if (rc)
		return rc;
	form_dictionary_json(store_form(st, kind), &r->body);
	r->cacheable = true;
	return api_done(r);
}
