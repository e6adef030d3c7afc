#include "ingest/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "store/each.h"

#define MAX_KINDS 16

struct number {
	const char *text;
	struct uuid id;
};

struct kind_numbers {
	const char *kind;
	struct number *number; /* sorted by text */
	size_t count, room;
};

struct links {
	struct arena mem;
	struct kind_numbers kind[MAX_KINDS];
	size_t kinds;
};

struct loading {
	struct links *links;
	struct kind_numbers *k;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for the numbers of records");
}

static enum err_code
see_record(void *ctx, const struct shown *row, struct err *e)
{
	struct loading *l = ctx;
	struct kind_numbers *k = l->k;
	const char *text = fields_text(&row->fields, row->fields.form->national_id);

	if (!text)
		return ERR_OK;
	if (k->count == k->room) {
		size_t room = k->room ? 2 * k->room : 64;
		struct number *more = mem_realloc_array(k->number, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		k->number = more;
		k->room = room;
	}
	text = arena_strdup(&l->links->mem, text);
	if (!text)
		return no_memory(e);
	k->number[k->count++] = (struct number){ text, row->id };
	return ERR_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;
	int c = strcmp(x->text, y->text);

	return c ? c : memcmp(&x->id, &y->id, sizeof(x->id));
}

static enum err_code
load_kind(struct store *st, struct links *l, const char *kind, struct err *e)
{
	struct each_filter f = { .kind = store_kind(st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	const struct form *form = f.kind < 0 ? NULL : store_form(st, f.kind);
	const char *want[2] = { form ? form->national_id : NULL };
	struct loading loading = { .links = l };
	enum err_code rc;

	for (size_t i = 0; i < l->kinds; i++)
		if (text_eq(l->kind[i].kind, kind))
			return ERR_OK;
	if (!want[0] || l->kinds == MAX_KINDS)
		return ERR_OK;
	f.want = want;
	loading.k = &l->kind[l->kinds++];
	loading.k->kind = kind;
	rc = store_each(st, &f, see_record, &loading, e);
	if (!rc && loading.k->count)
		qsort(loading.k->number, loading.k->count, sizeof(struct number), compare);
	return rc;
}

enum err_code
links_load(struct store *st, const struct form *form, const char *const *column, size_t columns,
           struct links **ret, struct err *e)
{
	struct links *l = mem_calloc(1, sizeof(*l));
	enum err_code rc = l ? ERR_OK : no_memory(e);

	if (rc)
		return rc;
	arena_init(&l->mem, (size_t)1 << 30);
	for (size_t i = 0; !rc && i < columns; i++) {
		const struct form_field *f = form_find(form, column[i]);

		if (f && (f->type == FORM_RECORD || f->type == FORM_RECORDS) && f->link_kind)
			rc = load_kind(st, l, f->link_kind, e);
	}
	if (rc) {
		links_free(l);
		return rc;
	}
	*ret = l;
	return ERR_OK;
}

void
links_free(struct links *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->kinds; i++)
		mem_free(l->kind[i].number);
	arena_done(&l->mem);
	mem_free(l);
}

/* The number of the first entry not before text. */
static size_t
lower_bound(const struct kind_numbers *k, const char *text)
{
	size_t lo = 0, hi = k->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(k->number[mid].text, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The id behind one number or id. */
static const char *
resolve_one(const struct kind_numbers *k, const char *s, size_t n, struct arena *mem)
{
	struct uuid id;
	char *text;
	size_t at;

	s = text_trim(s, n, &n);
	text = arena_strndup(mem, s, n);
	if (!text || n == 0 || uuid_parse(s, n, &id))
		return n ? text : NULL;
	if (!k)
		return NULL;
	at = lower_bound(k, text);
	if (at == k->count || strcmp(k->number[at].text, text) != 0)
		return NULL;
	if (at + 1 < k->count && strcmp(k->number[at + 1].text, text) == 0)
		return NULL;
	text = arena_alloc(mem, UUID_TEXT);
	if (text)
		uuid_format(k->number[at].id, text);
	return text;
}

bool
links_resolve(const struct links *l, const struct form_field *field, struct arena *mem,
              struct mapping_value *v)
{
	const struct kind_numbers *k = NULL;
	const char *all = "", *one;
	size_t from = 0;

	if (!l || (field->type != FORM_RECORD && field->type != FORM_RECORDS) ||
	    v->type != MAPPING_TEXT)
		return true;
	one = text_trim(v->s, v->n, &from);
	if (from == 0 || *one == '[') /* nothing, or a JSON list of ids */
		return true;
	for (size_t i = 0; i < l->kinds; i++)
		if (field->link_kind && text_eq(l->kind[i].kind, field->link_kind))
			k = &l->kind[i];
	one = resolve_one(k, v->s, v->n, mem);
	if (one || field->type == FORM_RECORD) {
		if (one)
			*v = (struct mapping_value){ .type = MAPPING_TEXT,
				                     .s = one,
				                     .n = strlen(one) };
		return one != NULL;
	}
	from = 0;
	for (size_t i = 0; i <= v->n; i++) {
		if (i < v->n && v->s[i] != ';' && v->s[i] != '|')
			continue;
		one = resolve_one(k, v->s + from, i - from, mem);
		all = one ? arena_printf(mem, "%s%s%s", all, *all ? ";" : "", one) : NULL;
		if (!all)
			return false;
		from = i + 1;
	}
	*v = (struct mapping_value){ .type = MAPPING_TEXT, .s = all, .n = strlen(all) };
	return true;
}
