#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/handle.h"

#include "sql_gen.h"

static int *
sorted_fields(const struct form *f)
{
	int *order = mem_calloc(f->field_count + 1, sizeof(*order));

	if (!order)
		return NULL;
	/* insertion sort: some dozens of names, once per open */
	for (size_t i = 0; i < f->field_count; i++) {
		size_t j = i;

		for (; j > 0 && strcmp(f->field[order[j - 1]].name, f->field[i].name) > 0; j--)
			order[j] = order[j - 1];
		order[j] = (int)i;
	}
	return order;
}

enum err_code
kind_set_form(struct store_kind *k, struct form *f, struct err *e)
{
	int *order = sorted_fields(f);

	if (!order)
		return err_set(e, ERR_NOMEM, "out of memory for the form of %s", k->name);
	form_free(k->form);
	mem_free(k->sorted);
	k->form = f;
	k->sorted = order;
	k->geometry_field = form_index(f, "geometry");
	if (k->geometry_field >= 0 && f->field[k->geometry_field].type != FORM_GEOMETRY)
		k->geometry_field = -1;
	k->valid_from_field = form_index(f, "valid_from");
	return ERR_OK;
}

static enum err_code
load_one(struct store *st, sqlite3_stmt *q, struct err *e)
{
	struct store_kind *k;
	struct form *f = NULL;
	const char *name = (const char *)sqlite3_column_text(q, 1);
	const char *survey = (const char *)sqlite3_column_text(q, 2);
	const char *choices = (const char *)sqlite3_column_text(q, 3);
	enum err_code rc;

	if (st->kind_count >= STORE_MAX_KINDS)
		return err_set(e, ERR_LIMIT, "the register has more than %d kinds",
		               STORE_MAX_KINDS);
	if (!name || !survey || !choices || strlen(name) >= sizeof(k->name))
		return err_set(e, ERR_INVALID, "the register's table of forms is damaged");
	k = &st->kind[st->kind_count];
	*k = (struct store_kind){ .id = sqlite3_column_int64(q, 0), .geometry_field = -1 };
	memcpy(k->name, name, strlen(name) + 1);
	/* no choices of its own: they may follow in the survey */
	rc = form_parse(survey, (size_t)sqlite3_column_bytes(q, 2), *choices ? choices : NULL,
	                (size_t)sqlite3_column_bytes(q, 3), &f, e);
	if (rc) {
		(void)err_prefix(e, "form %s", k->name);
		return rc;
	}
	rc = kind_set_form(k, f, e);
	if (rc)
		form_free(f);
	else
		st->kind_count++;
	return rc;
}

enum err_code
kinds_load(struct store *st, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_KINDS, &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	kinds_free(st);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = load_one(st, q, e);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the forms", e);
	sqlite3_finalize(q);
	return rc ? rc : db_int(st, SQL_STORE_FORMS_STATE, 0, &st->forms_state, e);
}

void
kinds_free(struct store *st)
{
	for (size_t i = 0; i < st->kind_count; i++) {
		sqlite3_finalize(st->kind[i].insert);
		sqlite3_finalize(st->kind[i].root);
		form_free(st->kind[i].form);
		mem_free(st->kind[i].sorted);
	}
	memset(st->kind, 0, sizeof(st->kind));
	st->kind_count = 0;
}

size_t
store_kind_count(const struct store *st)
{
	return st->kind_count;
}

int
store_kind(const struct store *st, const char *name)
{
	for (size_t i = 0; i < st->kind_count; i++)
		if (text_eq(st->kind[i].name, name))
			return (int)i;
	return -1;
}

const char *
store_kind_name(const struct store *st, int kind)
{
	return kind >= 0 && (size_t)kind < st->kind_count ? st->kind[kind].name : "";
}

const struct form *
store_form(const struct store *st, int kind)
{
	return kind >= 0 && (size_t)kind < st->kind_count ? st->kind[kind].form : NULL;
}

const int *
store_sorted_fields(const struct store *st, int kind)
{
	return kind >= 0 && (size_t)kind < st->kind_count ? st->kind[kind].sorted : NULL;
}
