#include "publish/redact.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "publish/suppress.h"

/* Does the dimension name a class of single items? */
static bool
names_single(const char *dim)
{
	const char *at = strstr(dim, "class=");
	char class[64];
	size_t n;

	if (!at)
		return false;
	at += strlen("class=");
	n = strcspn(at, " ");
	if (n >= sizeof(class))
		return false;
	memcpy(class, at, n);
	class[n] = '\0';
	return access_is_single(class);
}

/* May the row be published as it is? */
static bool
is_public(const struct figure_question *q, const struct figure_row *r)
{
	/* records that are never shown, and persons, whose tables come from suppress.h */
	if (text_starts(r->code, "minefields.") || text_starts(r->code, "casualties.") ||
	    text_eq(r->code, "laying.by_marking"))
		return false;
	/* neither kind nor number of single items can be told */
	if (text_eq(r->code, "extent.not_in_totals") || names_single(r->dim))
		return false;
	if (text_starts(r->code, "finds.") || text_starts(r->code, "laying."))
		return !q->by &&
		       (text_eq(r->code, "finds.items") || text_eq(r->code, "finds.by_category") ||
		        text_eq(r->code, "laying.items"));
	if (text_eq(r->code, "claims.recorded") && text_starts(r->dim, "figure=")) {
		/* beside a claim stands what may be published of that figure; persons: below */
		const struct figure_row same = { .code = r->dim + strlen("figure="), .dim = "" };

		return text_starts(same.code, "casualties.") || is_public(q, &same);
	}
	return true;
}

/* Beside claims about persons stands the published total, and nothing for parts of it. */
static enum err_code
publish_recorded(struct store *st, const struct figure_question *q, struct figure_set *s,
                 struct err *e)
{
	static const char *const codes[] = { "casualties.total", NULL };
	struct figure_question total = *q;
	const struct figure_row *t = NULL;
	struct figure_set set = { 0 };
	enum err_code rc;

	total.codes = codes;
	total.by = NULL;
	arena_init(&set.mem, (size_t)64 << 20);
	rc = suppress_casualties(st, &total, &set, e);
	for (size_t i = 0; !rc && i < set.count; i++)
		if (text_eq(set.row[i].code, codes[0]) && !*set.row[i].place)
			t = &set.row[i];
	for (size_t i = 0; !rc && i < s->count; i++) {
		struct figure_row *r = &s->row[i];
		bool is_total = text_eq(r->dim, "figure=casualties.total") && t && t->known;

		if (!text_eq(r->code, "claims.recorded") ||
		    !text_starts(r->dim, "figure=casualties."))
			continue;
		r->known = is_total;
		r->value = is_total ? t->value : 0;
		r->low = is_total ? t->low : 0;
		r->high = is_total ? t->high : 0;
		r->records = 0;
		r->note =
			is_total ? "the published total, as of the last release" : "not published";
	}
	figure_set_free(&set);
	return rc;
}

enum err_code
redact_figures(struct store *st, const struct figure_question *q, enum access_role role,
               struct figure_set *s, struct err *e)
{
	size_t *to, kept = 0, members = 0;
	enum err_code rc;

	if (access_is_exact(role))
		return ERR_OK;
	to = mem_calloc(s->count + 1, sizeof(*to));
	if (!to)
		return err_set(e, ERR_NOMEM, "out of memory for figures");
	for (size_t i = 0; i < s->count; i++) {
		to[i] = is_public(q, &s->row[i]) ? kept : SIZE_MAX;
		if (to[i] != SIZE_MAX)
			s->row[kept++] = s->row[i];
	}
	for (size_t i = 0; i < s->members; i++) {
		if (to[s->member[i].row] == SIZE_MAX)
			continue;
		s->member[members] = s->member[i];
		s->member[members++].row = to[s->member[i].row];
	}
	s->count = kept;
	s->members = members;
	mem_free(to);
	rc = publish_recorded(st, q, s, e);
	return rc ? rc : suppress_casualties(st, q, s, e);
}
