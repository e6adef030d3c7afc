/* Claims: every published number beside the same figure computed from the records, or "no records".
 * A claim is never merged into records; nothing is divided by anything. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assess/figure.h"
#include "base/mem.h"
#include "base/text.h"

static const char method[] = "claims/1";

enum {
	MAX_CODES = 64,
	TEXT_BYTES = 400
};

struct claim {
	struct uuid id;
	char code[80], place[120], unit[40], dim[TEXT_BYTES], note[TEXT_BYTES], bound[40];
	double value, low, high;
	bool has_value;
};

struct claiming {
	struct assess *a;
	struct claim *claim;
	size_t count, room;
	const char *codes[MAX_CODES + 1];
	size_t code_count;
	int kind;
};

static void
copy(char *out, size_t out_size, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n >= out_size) { /* not inside a character */
		n = out_size - 1;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	if (n)
		memcpy(out, s, n);
	out[n] = '\0';
}

static enum err_code
see_claim(void *ctx, const struct shown *row, struct err *e)
{
	struct claiming *c = ctx;
	const struct store_fields *f = &row->fields;
	const char *by = fields_text(f, "made_by"), *on = fields_text(f, "published_date"),
		   *as_of = fields_text(f, "as_of");
	const char *statement = fields_text(f, "statement"), *code = fields_text(f, "figure_code");
	struct claim x = { .id = row->id };
	char said[340];
	struct claim *p;

	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 64;

		p = mem_realloc_array(c->claim, room, sizeof(*p));
		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for claims");
		c->claim = p;
		c->room = room;
	}
	copy(x.code, sizeof(x.code), code ? code : "statement");
	copy(x.place, sizeof(x.place), fields_text(f, "place_name"));
	copy(x.unit, sizeof(x.unit), fields_text(f, "unit"));
	by = by ? by : "not stated";
	(void)snprintf(x.dim, sizeof(x.dim), "by=%.*s%s%.10s", figure_cut(by, 250), by,
	               on || as_of ? " on=" : "",
	               on      ? on
	               : as_of ? as_of
	                       : "");
	x.value = fields_number(f, "value", 0);
	x.has_value = form_find(f->form, "value") &&
	              f->value[form_index(f->form, "value")].type != STORE_NULL;
	x.low = fields_number(f, "low", x.has_value ? x.value : (double)NAN);
	x.high = fields_number(f, "high", x.has_value ? x.value : (double)NAN);
	if (!x.has_value && !(isnan(x.low) && isnan(x.high))) {
		/* "more than N" and "nearly N" say one bound; the other is not known and is not
		 * made up: none, or 0 */
		x.value = isnan(x.low) ? x.high : x.low;
		x.has_value = true;
		copy(x.bound, sizeof(x.bound),
		     isnan(x.low)    ? "no lower bound stated"
		     : isnan(x.high) ? "no upper bound stated"
		                     : "");
	}
	x.low = isnan(x.low) ? 0 : x.low;
	x.high = isnan(x.high) ? (double)INFINITY : x.high;
	copy(said, sizeof(said), statement);
	(void)snprintf(x.note, sizeof(x.note), "%s%s%s", said, *x.bound ? "; " : "", x.bound);
	c->claim[c->count++] = x;
	return ERR_OK;
}

/* The same figure from the records: the row with that code for the whole register, without a
 * dimension. */
static const struct figure_row *
recorded(const struct figure_set *s, const char *code)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->row[i].code, code) && !*s->row[i].dim && !*s->row[i].period)
			return &s->row[i];
	return NULL;
}

static enum err_code
add_pair(struct claiming *c, const struct claim *x, const struct figure_set *s, struct err *e)
{
	const struct figure_row *r = recorded(s, x->code);
	char code[100], dim[TEXT_BYTES + 100];
	struct figure_row row = { .code = "claims.claimed",
		                  .dim = dim,
		                  .place = x->place,
		                  .known = x->has_value,
		                  .value = x->value,
		                  .low = x->low,
		                  .high = x->high,
		                  .unit = x->unit,
		                  .method = method,
		                  .records = 1,
		                  .note = x->note,
		                  .decimals = x->value == (double)(int64_t)x->value ? 0 : 2 };
	size_t at;
	enum err_code rc;

	(void)snprintf(dim, sizeof(dim), "figure=%s %.380s", x->code, x->dim);
	rc = figure_add(c->a, &row, &at, e);
	if (!rc)
		rc = figure_add_member(c->a, at, x->id, c->kind, x->value, e);
	if (rc)
		return rc;
	(void)snprintf(code, sizeof(code), "figure=%s", x->code);
	row = (struct figure_row){ .code = "claims.recorded",
		                   .dim = code,
		                   .place = x->place,
		                   .unit = x->unit,
		                   .method = method };
	if (r && r->known) {
		row = *r;
		row.code = "claims.recorded";
		row.dim = code;
		row.place = x->place;
		if (!text_eq(r->unit, x->unit) && *x->unit)
			row.note = "the claim's unit is another: the two are not compared";
	}
	return figure_add(c->a, &row, NULL, e);
}

static void
want_code(struct claiming *c, const char *code)
{
	if (text_eq(code, "statement") || text_starts(code, "claims"))
		return;
	for (size_t i = 0; i < c->code_count; i++)
		if (text_eq(c->codes[i], code))
			return;
	if (c->code_count < MAX_CODES)
		c->codes[c->code_count++] = code;
}

enum err_code
figure_claims(struct assess *a, struct err *e)
{
	static const char *const want[] = { "statement",  "value",   "low",
		                            "high",       "unit",    "figure_code",
		                            "place_name", "made_by", "published_date",
		                            "as_of",      NULL };
	struct claiming c = { .a = a, .kind = store_kind(a->st, "claim") };
	struct each_filter filter = { .kind = c.kind,
		                      .as_of_days = a->q->as_of_days,
		                      .known_size = a->q->known_size,
		                      .want = want };
	struct figure_question q = *a->q;
	struct figure_set s = { 0 };
	enum err_code rc = c.kind < 0 ? ERR_OK : store_each(a->st, &filter, see_claim, &c, e);

	for (size_t i = 0; i < c.count; i++)
		want_code(&c, c.claim[i].code);
	q.codes = c.codes;
	q.by = NULL;
	q.explain = NULL;
	if (!rc && c.code_count)
		rc = figure_run(a->st, &q, a->pool, &s, e);
	for (size_t i = 0; !rc && i < c.count; i++)
		rc = add_pair(&c, &c.claim[i], &s, e);
	if (!rc && c.count == 0) {
		struct figure_row none = { .code = "claims.claimed", .method = method };

		rc = figure_add(a, &none, NULL, e);
	}
	figure_set_free(&s);
	mem_free(c.claim);
	return rc;
}
