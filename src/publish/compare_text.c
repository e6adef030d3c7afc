/* A comparison as a table for people and as JSON for programs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "publish/columns.h"
#include "publish/compare.h"
#include "publish/compare_time.h"
#include "publish/number.h"

static const size_t widths[] = { 17, 38, 38 };

/* Units as people say them: square kilometres for large areas, plurals. */
static const char *
spoken_unit(const char *unit, double value, double *ret_scale)
{
	static const struct {
		const char *one, *many;
	} word[] = { { "person", "people" },
		     { "item", "items" },
		     { "year", "years" },
		     { "hazard", "hazards" } };

	*ret_scale = 1;
	if (text_eq(unit, "m2") && value >= 1e6) {
		*ret_scale = 1e-6;
		return "km2";
	}
	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++)
		if (text_eq(unit, word[i].one) && value != 1)
			return word[i].many;
	return unit;
}

/* "at least 14 000 000 people", "30 percent", "no records". */
const char *
compare_value_text(struct compare *c, const struct compare_cell *x)
{
	char value[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
	const char *bound = !x->has_low && x->has_high   ? "at most "
	                    : x->has_low && !x->has_high ? "at least "
	                                                 : "";
	const char *unit;
	double scale;
	int decimals;

	if (!x->any)
		return "-";
	if (!x->known)
		return text_eq(x->basis, "claim") ? "" : "no records";
	unit = spoken_unit(x->unit, x->value, &scale);
	decimals = scale < 1 && fmod(x->value, 1e6) != 0 ? 3 : x->decimals;
	number_grouped(value, x->value * scale, decimals);
	number_grouped(low, x->low * scale, decimals);
	number_grouped(high, x->high * scale, decimals);
	if (x->has_low && x->has_high && !text_eq(low, high))
		return arena_printf(&c->mem, "%s %s (%s to %s)", value, unit, low, high);
	return arena_printf(&c->mem, "%s%s %s", bound, value, unit);
}

static const char *
cell_text(struct compare *c, const struct compare_cell *x)
{
	const char *value = compare_value_text(c, x), *names = "";

	for (size_t i = 0; value && names && i < x->ids; i++)
		names = arena_printf(&c->mem, "%s%s%s", names, i ? " " : "", x->id[i]);
	if (value && names && x->records > (int64_t)x->ids && x->ids)
		names = arena_printf(&c->mem, "%s and %lld more", names,
		                     (long long)(x->records - (int64_t)x->ids));
	if (!value || !names)
		return "";
	return arena_printf(&c->mem, "%s%s%s%s%s%s", value, *value && *x->text ? "\n" : "", x->text,
	                    *names ? "\n[" : "", names, *names ? "]" : "");
}

static void
write_heading(struct compare *c, struct buf *out)
{
	char as_of[11];

	buf_printf(out, "%s beside %s\n", c->name[0], c->name[1]);
	for (int k = 0; k < 2; k++) {
		int64_t all = store_log_size(c->st[k]),
			size = c->q[k]->known_size < all ? c->q[k]->known_size : all;

		clock_format_date(c->q[k]->as_of_days, as_of);
		buf_printf(out, "  %s: as it was on %s, %lld submissions\n", c->name[k], as_of,
		           (long long)size);
	}
	buf_adds(out, "  A claim is what somebody said, with who and when; the program asserts "
	              "none of them.\n");
}

static void
write_line(struct compare *c, const struct compare_line *l, const char **key, struct buf *out)
{
	static const size_t remark_width[] = { 95 };
	const char *cell[3] = { l->what, cell_text(c, &l->cell[0]), cell_text(c, &l->cell[1]) };

	if (!text_eq(*key, l->key)) {
		buf_printf(out, "\n  %s\n", l->key);
		*key = l->key;
	}
	columns_write(out, 4, widths, cell, 3);
	if (*l->remark)
		columns_write(out, 6, remark_width, &l->remark, 1);
}

static void
write_table(struct compare *c, struct buf *out)
{
	const char *heads[3] = { "", c->name[0], c->name[1] };

	write_heading(c, out);
	for (int i = 0; i < COMPARE_SECTIONS; i++) {
		const struct compare_section *s = &c->section[i];
		const char *key = NULL;

		buf_printf(out, "\n%d. %s  [%s]\n", s->number, s->question, s->method);
		if (*s->note)
			buf_printf(out, "   %s\n", s->note);
		if (s->count)
			columns_write(out, 4, widths, heads, 3);
		else
			buf_adds(out, "   no records\n");
		for (size_t k = 0; k < s->count; k++)
			write_line(c, &s->line[k], &key, out);
	}
}

static void
json_value_of(struct json_writer *w, const char *key, double v, int decimals, bool known)
{
	char text[NUMBER_TEXT];

	number_plain(text, v, decimals);
	if (known)
		json_raw(w, key, text, strlen(text));
	else
		json_null(w, key);
}

static void
cell_json(struct json_writer *w, const struct compare_cell *x)
{
	json_object(w, NULL);
	json_string(w, "basis", x->any ? x->basis : NULL);
	json_value_of(w, "value", x->value, x->decimals, x->any && x->known);
	json_value_of(w, "low", x->low, x->decimals, x->any && x->known && x->has_low);
	json_value_of(w, "high", x->high, x->decimals, x->any && x->known && x->has_high);
	json_string(w, "unit", x->unit);
	json_string(w, "text", x->text);
	json_int(w, "records", x->records);
	json_array(w, "named");
	for (size_t i = 0; i < x->ids; i++)
		json_string(w, NULL, x->id[i]);
	json_array_end(w);
	json_object_end(w);
}

static void
section_json(struct json_writer *w, const struct compare_section *s)
{
	json_object(w, NULL);
	json_int(w, "question", s->number);
	json_string(w, "title", s->question);
	json_string(w, "method", s->method);
	json_string(w, "note", s->note);
	json_array(w, "lines");
	for (size_t i = 0; i < s->count; i++) {
		json_object(w, NULL);
		json_string(w, "key", s->line[i].key);
		json_string(w, "what", s->line[i].what);
		json_array(w, "sides");
		cell_json(w, &s->line[i].cell[0]);
		cell_json(w, &s->line[i].cell[1]);
		json_array_end(w);
		json_string(w, "remark", s->line[i].remark);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

enum err_code
compare_write_json(struct compare *c, const struct compare_time *t, struct buf *out, struct err *e)
{
	struct json_writer w;
	enum err_code rc = ERR_OK;

	json_begin(&w, out);
	json_object(&w, NULL);
	json_array(&w, "registers");
	for (int k = 0; !rc && k < 2; k++) {
		struct compare_state s;

		rc = compare_state(c, k, &s, e);
		if (rc)
			break;
		json_object(&w, NULL);
		json_string(&w, "name", c->name[k]);
		json_string(&w, "country", store_meta(c->st[k], "country"));
		json_string(&w, "as_of", s.as_of);
		json_int(&w, "size", s.size);
		json_string(&w, "root", s.root);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_array(&w, "questions");
	for (int i = 0; i < COMPARE_SECTIONS; i++)
		section_json(&w, &c->section[i]);
	json_array_end(&w);
	if (t)
		compare_time_json(t, &w);
	json_object_end(&w);
	buf_addc(out, '\n');
	return rc;
}

enum err_code
compare_write(struct compare *c, bool json, struct buf *out, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (json)
		rc = compare_write_json(c, NULL, out, e);
	else
		write_table(c, out);
	return rc            ? rc
	       : buf_ok(out) ? ERR_OK
	                     : err_set(e, ERR_NOMEM, "out of memory for a comparison");
}
