#include "publish/found.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

static const char *const answer_code[] = { "no_information", "reported_released", "released",
	                                   "danger" };

static const char *
class_label(struct store *st, const struct find_near_item *it)
{
	const struct form_field *f;
	const struct form_choice *c;

	if (!text_eq(store_kind_name(st, it->kind), "hazard"))
		return "ordnance found, not disposed of";
	f = form_find(store_form(st, it->kind), "class");
	c = f && f->list && *it->class ? form_choice_find(f->list, it->class) : NULL;
	return c && !text_eq(it->class, "unknown") ? c->label[FORM_EN] : "danger, class not stated";
}

static void
say_answer(const struct found_question *q, const struct find_near *n, struct buf *out)
{
	const struct find_near_item *it = n->item;

	if (n->answer == FIND_DANGER && it->distance_m > 0)
		buf_printf(out, "DANGER %.0f m from here", floor(it->distance_m));
	else if (n->answer == FIND_DANGER)
		buf_adds(out, "DANGER here");
	else if (n->answer == FIND_RELEASED)
		buf_adds(out, "RELEASED by this register");
	else if (n->answer == FIND_REPORTED_RELEASED)
		buf_printf(out, "RELEASED AS REPORTED by %s%s; never released by this register",
		           *it->source ? it->source : "a source that is not named",
		           it->unapproved ? ", which nobody here approved" : "");
	else
		buf_printf(out,
		           "NO INFORMATION: nothing is recorded within %.0f m. That is not a "
		           "statement about the land",
		           q->within_m);
	buf_addc(out, '\n');
}

static void
say_item(struct store *st, const struct find_near_item *it, struct buf *out)
{
	char id[UUID_TEXT];

	uuid_format(it->id, id);
	if (it->what == FIND_DANGER)
		buf_printf(out, "  %7.0f m  %s%s", floor(it->distance_m), class_label(st, it),
		           it->unapproved ? ", not approved" : "");
	else if (it->what == FIND_RELEASED)
		buf_adds(out, "     here   released by this register; residual risk stays");
	else
		buf_printf(out, "     here   released as reported by %s%s",
		           *it->source ? it->source : "a source that is not named",
		           it->unapproved ? ", not approved" : "");
	if (it->margin_m > 0)
		buf_printf(out, ", %.0f m of radius and accuracy %s", ceil(it->margin_m),
		           it->what == FIND_DANGER ? "taken in" : "taken off");
	buf_printf(out, "  %s%s%s\n", it->national_id, *it->national_id ? "  " : "", id);
}

static void
say_counts(const struct found_question *q, const struct find_near *n, struct buf *out)
{
	if (n->accidents)
		buf_printf(out, "%lld accidents are recorded within %.0f m\n",
		           (long long)n->accidents, q->within_m);
	if (n->records)
		buf_printf(out,
		           "%lld minefield records reach within %.0f m: claims of a party, not "
		           "surveyed land\n",
		           (long long)n->records, q->within_m);
	if (n->unlocated_here)
		buf_printf(out, "%lld hazards without a position are recorded under a place here\n",
		           (long long)n->unlocated_here);
	if (n->waiting_here)
		buf_printf(out,
		           "%lld reports that name a place here could not be placed and wait in "
		           "quarantine\n",
		           (long long)n->waiting_here);
	if (n->waiting_elsewhere)
		buf_printf(out,
		           "%lld other reports wait in quarantine, %lld of them name no place\n",
		           (long long)n->waiting_elsewhere, (long long)n->waiting_unplaced);
}

void
found_text(struct store *st, const struct found_question *q, const struct find_near *n,
           struct buf *out)
{
	char at[28];

	say_answer(q, n, out);
	for (size_t i = 0; i < n->count; i++)
		say_item(st, &n->item[i], out);
	if (n->dangers > (int64_t)n->count)
		buf_printf(out, "  and more: %lld in all\n", (long long)n->dangers);
	say_counts(q, n, out);
	clock_format_s(clock_now_us() / 1000000, at);
	buf_printf(out,
	           "position %.7f, %.7f (WGS 84, longitude first), within %.0f m, as known at %s\n",
	           q->lon_deg, q->lat_deg, q->within_m, at);
}

static void
json_count(struct json_writer *w, const char *key, int64_t count)
{
	if (count < 0)
		json_null(w, key);
	else
		json_int(w, key, count);
}

void
found_json(struct store *st, const struct found_question *q, const struct find_near *n,
           struct buf *out)
{
	struct json_writer w;
	const struct uuid none = { { 0 } };
	char id[UUID_TEXT], at[28];

	clock_format_s(clock_now_us() / 1000000, at);
	json_begin(&w, out);
	json_object(&w, NULL);
	json_string(&w, "answer", answer_code[n->answer]);
	json_number(&w, "lon_deg", q->lon_deg);
	json_number(&w, "lat_deg", q->lat_deg);
	json_number(&w, "within_m", q->within_m);
	json_bool(&w, "public_geometry", q->public_geometry);
	json_string(&w, "known_at", at);
	json_int(&w, "dangers", n->dangers);
	json_array(&w, "items");
	for (size_t i = 0; i < n->count; i++) {
		const struct find_near_item *it = &n->item[i];

		uuid_format(it->id, id);
		json_object(&w, NULL);
		json_string(&w, "what", answer_code[it->what]);
		json_string(&w, "kind", store_kind_name(st, it->kind));
		json_string(&w, "id", memcmp(&it->id, &none, sizeof(none)) ? id : NULL);
		json_string(&w, "national_id", *it->national_id ? it->national_id : NULL);
		json_string(&w, "class", *it->class ? it->class : NULL);
		json_number(&w, "distance_m", floor(it->distance_m * 10) / 10);
		json_number(&w, "margin_m", it->margin_m);
		json_bool(&w, "unapproved", it->unapproved);
		if (it->what == FIND_REPORTED_RELEASED)
			json_string(&w, "reported_by", *it->source ? it->source : NULL);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_count(&w, "accidents", n->accidents);
	json_count(&w, "minefield_records", n->records);
	json_int(&w, "unlocated_here", n->unlocated_here);
	json_int(&w, "waiting_here", n->waiting_here);
	json_int(&w, "waiting_elsewhere", n->waiting_elsewhere);
	json_int(&w, "waiting_unplaced", n->waiting_unplaced);
	json_object_end(&w);
	buf_addc(out, '\n');
}
