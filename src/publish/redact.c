#include "publish/redact.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

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
	/* records that are never shown, and persons, whose totals come from access_totals */
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
	return !(text_eq(r->code, "claims.recorded") && text_eq(r->unit, "person"));
}

static bool
is_wanted(const struct figure_question *q, const char *code)
{
	bool any = !q->codes || !*q->codes;

	for (const char *const *p = q->codes; p && *p; p++) {
		size_t n = strlen(*p);

		any = any || (text_starts(code, *p) && (!code[n] || code[n] == '.'));
	}
	return any;
}

static enum err_code
add_row(struct figure_set *s, const struct figure_row *r, struct err *e)
{
	struct figure_row *more;
	size_t room;

	if (s->count == s->room) {
		room = s->room ? 2 * s->room : 64;
		more = mem_realloc_array(s->row, room, sizeof(*more));
		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for figures");
		s->row = more;
		s->room = room;
	}
	s->row[s->count++] = *r;
	return ERR_OK;
}

/* Persons by year and outcome of the whole register, without margins. */
static enum err_code
add_totals(struct store *st, const struct figure_question *q, struct figure_set *s, struct err *e)
{
	static const char *const kinds[] = { "victim", "accident" };
	struct access_total *list = NULL;
	size_t n = 0;
	enum err_code rc = ERR_OK;

	for (size_t k = 0; !rc && !n && k < 2;
	     k++) { /* counts of accidents where nobody is listed */
		struct each_filter f = { .kind = store_kind(st, kinds[k]),
			                 .as_of_days = q->as_of_days,
			                 .known_size = q->known_size };

		if (f.kind >= 0)
			rc = access_totals(st, &f, &s->mem, &list, &n, e);
	}
	for (size_t i = 0; !rc && i < n; i++) {
		double v = (double)list[i].persons;
		struct figure_row r = {
			.code = "casualties.by_year",
			.dim = arena_printf(&s->mem, "outcome=%s", list[i].outcome),
			.place = "",
			.period = list[i].year ? arena_printf(&s->mem, "%d", list[i].year)
			                       : "unknown",
			.known = v >= ACCESS_SMALL_CELL,
			.value = v,
			.low = v,
			.high = v,
			.unit = "person",
			.method = "casualties/1",
			.note = v >= ACCESS_SMALL_CELL ? "" : "fewer than 5, not published"
		};

		rc = r.dim && r.period ? add_row(s, &r, e)
		                       : err_set(e, ERR_NOMEM, "out of memory for figures");
	}
	return rc;
}

enum err_code
redact_figures(struct store *st, const struct figure_question *q, enum access_role role,
               struct figure_set *s, struct err *e)
{
	size_t *to, kept = 0, members = 0;

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
	return !q->by && is_wanted(q, "casualties.by_year") ? add_totals(st, q, s, e) : ERR_OK;
}
