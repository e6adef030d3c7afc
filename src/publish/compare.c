#include "publish/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	MAX_CODES = 64
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a comparison");
}

enum err_code
compare_add(struct compare *c, int section, const char *key, const char *what,
            struct compare_line **ret_line, struct err *e)
{
	struct compare_section *s = &c->section[section];
	struct compare_line *l;

	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 32;

		l = mem_realloc_array(s->line, room, sizeof(*l));
		if (!l)
			return no_memory(e);
		s->line = l;
		s->room = room;
	}
	l = &s->line[s->count];
	memset(l, 0, sizeof(*l));
	l->key = arena_strdup(&c->mem, key);
	l->what = what;
	l->remark = "";
	for (int i = 0; i < 2; i++)
		l->cell[i] = (struct compare_cell){ .unit = "", .text = "", .basis = "records" };
	if (!l->key)
		return no_memory(e);
	s->count++;
	*ret_line = l;
	return ERR_OK;
}

void
compare_name(struct compare *c, struct compare_cell *cell, const struct shown *row)
{
	const char *number = row->fields.form->national_id
	                             ? fields_text(&row->fields, row->fields.form->national_id)
	                             : NULL;
	char id[UUID_TEXT];

	cell->records++;
	if (cell->ids == COMPARE_IDS)
		return;
	uuid_format(row->id, id);
	cell->id[cell->ids] = arena_strdup(&c->mem, number ? number : id);
	if (cell->id[cell->ids]) /* without memory the name is missing, the number of records is
	                            right */
		cell->ids++;
}

/* --- claims beside records
 * -------------------------------------------------------------------------------------- */

struct claim {
	const char *code, *unit, *rule;
	struct compare_cell cell;
};

struct claims {
	struct compare *c;
	struct claim *claim;
	size_t count, room;
};

static const char *
said_when(struct compare *c, const struct store_fields *f)
{
	const char *on = fields_text(f, "published_date"), *as_of = fields_text(f, "as_of");
	const char *from = fields_text(f, "period_from"), *to = fields_text(f, "period_to");

	if (on || as_of)
		return on ? on : as_of;
	if (!from && !to)
		return "day not stated";
	return arena_printf(&c->mem, "about %s to %s", from ? from : "?", to ? to : "?");
}

static void
claim_value(const struct store_fields *f, struct compare_cell *x)
{
	double value = fields_number(f, "value", (double)NAN);

	x->low = fields_number(f, "low", value);
	x->high = fields_number(f, "high", value);
	x->has_low = !isnan(x->low);
	x->has_high = !isnan(x->high);
	x->value = !isnan(value) ? value : x->has_low ? x->low : x->high;
	x->known = !isnan(x->value);
	x->decimals = x->value == floor(x->value) ? 0 : 2;
}

static enum err_code
see_claim(void *ctx, const struct shown *row, struct err *e)
{
	struct claims *s = ctx;
	struct compare *c = s->c;
	const struct store_fields *f = &row->fields;
	const char *code = fields_text(f, "figure_code"), *by = fields_text(f, "made_by"),
		   *unit = fields_text(f, "unit");
	const char *rule = fields_text(f, "counting_rule"),
		   *statement = fields_text(f, "statement");
	const char *when = said_when(c, f), *place = fields_text(f, "place_name");
	struct claim *x;

	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 32;

		x = mem_realloc_array(s->claim, room, sizeof(*x));
		if (!x)
			return no_memory(e);
		s->claim = x;
		s->room = room;
	}
	x = &s->claim[s->count];
	*x = (struct claim){ .code = arena_strdup(&c->mem, code ? code : "statement"),
		             .unit = arena_strdup(&c->mem, unit ? unit : ""),
		             .rule = arena_strdup(&c->mem, rule ? rule : "") };
	x->cell = (struct compare_cell){ .any = true, .unit = x->unit, .basis = "claim" };
	claim_value(f, &x->cell);
	x->cell.text =
		arena_printf(&c->mem, "%s%s%s (%s, %s)%s%s", statement ? statement : "",
	                     place ? "; " : "", place ? place : "", by ? by : "speaker not stated",
	                     when ? when : "", rule ? "; counts: " : "", rule ? rule : "");
	if (!x->code || !x->unit || !x->rule || !x->cell.text)
		return no_memory(e);
	compare_name(c, &x->cell, row);
	s->count++;
	return ERR_OK;
}

static enum err_code
read_claims(struct compare *c, int side, struct claims *s, struct err *e)
{
	static const char *const want[] = {
		"national_id", "statement",   "value",      "low",           "high",
		"unit",        "figure_code", "place_name", "made_by",       "published_date",
		"as_of",       "period_from", "period_to",  "counting_rule", NULL
	};
	struct each_filter f = { .kind = store_kind(c->st[side], "claim"),
		                 .as_of_days = c->q[side]->as_of_days,
		                 .known_size = c->q[side]->known_size,
		                 .want = want };

	s->c = c;
	return f.kind < 0 ? ERR_OK : store_each(c->st[side], &f, see_claim, s, e);
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t
add_code(const char **code, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(code[i], text))
			return n;
	if (n == MAX_CODES)
		return n;
	code[n] = text;
	return n + 1;
}

static const struct claim *
nth_claim(const struct claims *s, const char *code, size_t nth)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->claim[i].code, code) && nth-- == 0)
			return &s->claim[i];
	return NULL;
}

/* Why the two are not compared, or "". */
static const char *
differs(struct compare *c, const struct claim *a, const struct claim *b)
{
	if (!a || !b || !a->cell.known || !b->cell.known)
		return "";
	if (!text_eq(a->unit, b->unit))
		return "the units differ: the two are not set against one another";
	if (!text_eq(a->rule, b->rule))
		return arena_printf(
			&c->mem,
			"not the same thing is counted (%s; %s): neither is divided by the other",
			*a->rule ? a->rule : "rule not stated",
			*b->rule ? b->rule : "rule not stated");
	return "";
}

static enum err_code
add_claimed(struct compare *c, int section, const struct claims side[2], const char *code,
            struct err *e)
{
	for (size_t i = 0;; i++) {
		const struct claim *x[2] = { nth_claim(&side[0], code, i),
			                     nth_claim(&side[1], code, i) };
		struct compare_line *l;
		enum err_code rc;

		if (!x[0] && !x[1])
			return ERR_OK;
		rc = compare_add(c, section, code, text_eq(code, "statement") ? "said" : "claimed",
		                 &l, e);
		if (rc)
			return rc;
		for (int k = 0; k < 2; k++)
			if (x[k])
				l->cell[k] = x[k]->cell;
		l->remark = differs(c, x[0], x[1]);
		if (!l->remark)
			return no_memory(e);
	}
}

static enum err_code
copy_row(struct compare *c, const struct figure_row *r, struct compare_cell *x, struct err *e)
{
	*x = (struct compare_cell){ .any = true,
		                    .known = r->known,
		                    .value = r->value,
		                    .low = r->low,
		                    .high = r->high,
		                    .has_low = isfinite(r->low),
		                    .has_high = isfinite(r->high),
		                    .decimals = r->decimals,
		                    .basis = "records",
		                    .records = r->records };
	x->unit = arena_strdup(&c->mem, r->unit);
	if (!r->known)
		x->text = arena_strdup(&c->mem, r->note);
	else
		x->text = *r->note ? arena_printf(&c->mem, "%s; %s", r->note, r->method)
		                   : arena_strdup(&c->mem, r->method);
	return x->unit && x->text ? ERR_OK : no_memory(e);
}

/* The row of a code for the whole register. */
static const struct figure_row *
whole_row(const struct figure_set *s, const char *code)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->row[i].code, code) && !*s->row[i].dim && !*s->row[i].period &&
		    !*s->row[i].place)
			return &s->row[i];
	return NULL;
}

static enum err_code
add_recorded(struct compare *c, const struct figure_set set[2], const struct claims side[2],
             const char *code, struct err *e)
{
	struct compare_line *l;
	enum err_code rc = compare_add(c, 0, code, "recorded", &l, e);

	for (int k = 0; !rc && k < 2; k++) {
		const struct figure_row *r = whole_row(&set[k], code);
		const struct claim *x = nth_claim(&side[k], code, 0);

		l->cell[k].any = true;
		if (r)
			rc = copy_row(c, r, &l->cell[k], e);
		if (!rc && r && r->known && x && x->cell.known && *x->rule)
			l->remark = "a claim counts what it says it counts, the records what the "
				    "method says: compare with care";
		if (!rc && r && r->known && x && x->cell.known && !text_eq(x->unit, r->unit))
			l->remark = "the claim is in another unit than the records: the two are "
				    "not set against one another";
	}
	return rc;
}

static enum err_code
run_figures(struct compare *c, const char *const *codes, const char *by, struct figure_set set[2],
            struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < 2; k++) {
		struct figure_question q = *c->q[k];

		q.codes = codes;
		q.by = by;
		q.explain = NULL;
		rc = figure_run(c->st[k], &q, c->pool, &set[k], e);
	}
	return rc;
}

static enum err_code
section_claims(struct compare *c, const struct claims side[2], struct err *e)
{
	const char *code[MAX_CODES + 1] = { NULL };
	struct figure_set set[2] = { { .count = 0 }, { .count = 0 } };
	size_t n = 0;
	enum err_code rc = ERR_OK;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < side[k].count; i++)
			if (!text_eq(side[k].claim[i].code, "statement") &&
			    !text_starts(side[k].claim[i].code, "claims"))
				n = add_code(code, n, side[k].claim[i].code);
	qsort(code, n, sizeof(*code), compare_text);
	if (n)
		rc = run_figures(c, code, NULL, set, e);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = add_claimed(c, 0, side, code[i], e);
		if (!rc)
			rc = add_recorded(c, set, side, code[i], e);
	}
	if (!rc)
		rc = add_claimed(c, 0, side, "statement", e);
	figure_set_free(&set[0]);
	figure_set_free(&set[1]);
	return rc;
}

/* --- figures beside one another
 * --------------------------------------------------------------------------------- */

static const char *
row_key(struct compare *c, const struct figure_row *r)
{
	if (!*r->place && !*r->dim && !*r->period)
		return "all places";
	if (text_eq(r->place, "?"))
		return arena_printf(&c->mem, "place unknown%s%s%s%s", *r->dim ? "  " : "", r->dim,
		                    *r->period ? " " : "", r->period);
	return arena_printf(&c->mem, "%s%s%s%s%s", *r->place ? r->place : "",
	                    *r->place && *r->dim ? "  " : "", r->dim, *r->period ? " " : "",
	                    r->period);
}

static struct compare_line *
line_of(struct compare_section *s, const char *what, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->line[i].what, what) && text_eq(s->line[i].key, key))
			return &s->line[i];
	return NULL;
}

/* Every row that a module yields, aligned by code, place and dimension. */
static enum err_code
section_figures(struct compare *c, int section, const char *code, const char *by, struct err *e)
{
	const char *const codes[2] = { code, NULL };
	struct figure_set set[2] = { { .count = 0 }, { .count = 0 } };
	enum err_code rc = run_figures(c, codes, by, set, e);

	for (int k = 0; !rc && k < 2; k++)
		for (size_t i = 0; !rc && i < set[k].count; i++) {
			const struct figure_row *r = &set[k].row[i];
			const char *key = row_key(c, r), *what = arena_strdup(&c->mem, r->code);
			struct compare_line *l;

			if (!key || !what)
				rc = no_memory(e);
			else if (!(l = line_of(&c->section[section], what, key)))
				rc = compare_add(c, section, key, what, &l, e);
			if (!rc)
				rc = copy_row(c, r, &l->cell[k], e);
		}
	figure_set_free(&set[0]);
	figure_set_free(&set[1]);
	return rc;
}

static enum err_code
section_laying(struct compare *c, const struct claims side[2], struct err *e)
{
	char date[11];
	enum err_code rc;

	if (c->q[0]->after_days == INT64_MIN) {
		c->section[3].note = "no date was given: ask with --after YYYY-MM-DD";
	} else {
		clock_format_date(c->q[0]->after_days, date);
		c->section[3].note = arena_printf(
			&c->mem, "items whose year of manufacture, as read on them, lies after %s",
			date);
		if (!c->section[3].note)
			return no_memory(e);
		rc = section_figures(c, 3, "laying", "admin1", e);
		if (rc)
			return rc;
	}
	return add_claimed(c, 3, side, "finds.items", e);
}

static enum err_code
section_minefields(struct compare *c, const struct claims side[2], struct err *e)
{
	enum err_code rc = section_figures(c, 4, "minefields", NULL, e);
	struct compare_line *l;

	if (!rc && c->section[4].count == 0) {
		rc = compare_add(c, 4, "finds and accidents inside", "recorded", &l, e);
		for (int k = 0; !rc && k < 2; k++)
			l->cell[k].any = true;
	}
	for (size_t i = 0; !rc && i < 2; i++)
		for (size_t k = 0; !rc && k < side[i].count; k++) {
			const char *code = side[i].claim[k].code;

			if (text_starts(code, "minefields") &&
			    (i == 0 || !nth_claim(&side[0], code, 0)) &&
			    nth_claim(&side[i], code, 0) == &side[i].claim[k])
				rc = add_claimed(c, 4, side, code, e);
		}
	return rc;
}

enum err_code
compare_make(struct store *const st[2], const struct figure_question *const q[2], struct pool *pool,
             struct compare *ret, struct err *e)
{
	static const struct {
		const char *question, *method;
	} ask[COMPARE_SECTIONS] = {
		{ "Every figure that is claimed, and what the records yield", "compare.claims/1" },
		{ "Accidents of the same days (one day apart at most), by the victims' activity",
		  "compare.days/1" },
		{ "What mines and booby-traps were attached to (Amended Protocol II, article 7)",
		  "compare.objects/1" },
		{ "Items made after a date, by place, with the marking as read",
		  "compare.made_after/1" },
		{ "Finds and accidents inside the minefield records handed over",
		  "compare.minefields/1" },
		{ "What the experience of one would mean for the other", "compare.experience/1" },
	};
	struct claims side[2] = { { .count = 0 }, { .count = 0 } };
	enum err_code rc = ERR_OK;

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->mem, (size_t)256 << 20);
	ret->pool = pool;
	for (int i = 0; i < COMPARE_SECTIONS; i++)
		ret->section[i] = (struct compare_section){ .number = i + 1,
			                                    .question = ask[i].question,
			                                    .method = ask[i].method,
			                                    .note = "" };
	for (int k = 0; !rc && k < 2; k++) {
		ret->st[k] = st[k];
		ret->q[k] = q[k];
		ret->name[k] = store_meta(st[k], "name");
		rc = read_claims(ret, k, &side[k], e);
	}
	if (!rc)
		rc = section_claims(ret, side, e);
	if (!rc)
		rc = compare_accidents(ret, e);
	if (!rc)
		rc = compare_objects(ret, e);
	if (!rc)
		rc = section_laying(ret, side, e);
	if (!rc)
		rc = section_minefields(ret, side, e);
	if (!rc)
		rc = compare_experience(ret, e);
	mem_free(side[0].claim);
	mem_free(side[1].claim);
	if (rc)
		compare_free(ret);
	return rc;
}

enum err_code
compare_state(struct compare *c, int side, struct compare_state *ret, struct err *e)
{
	const struct figure_question *q = c->q[side];
	int64_t all = store_log_size(c->st[side]);
	uint8_t root[32];
	enum err_code rc;

	ret->size = q->known_size < all ? q->known_size : all;
	rc = store_root_at(c->st[side], ret->size, root, e);
	if (rc)
		return rc;
	(void)text_base64(root, 32, ret->root);
	clock_format_date(q->as_of_days, ret->as_of);
	return ERR_OK;
}

void
compare_free(struct compare *c)
{
	for (int i = 0; i < COMPARE_SECTIONS; i++)
		mem_free(c->section[i].line);
	arena_done(&c->mem);
	memset(c, 0, sizeof(*c));
}
