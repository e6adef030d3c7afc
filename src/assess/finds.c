/* Finds: items of ordnance by what they are, when and where they were made, how they were placed
 * (AP II art. 7 list) and in which condition; and laying after a date: items whose year of
 * manufacture proves that they were emplaced after it. A record without a quantity is one item at
 * least: low and value count one, high has no bound, the note says so. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/places.h"
#include "assess/table.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	ITEMS,
	BY_CATEGORY,
	BY_MODEL,
	BY_MADE_YEAR,
	BY_MADE_COUNTRY,
	BY_EMPLACEMENT,
	BY_OBJECT,
	BY_CONDITION,
	COLUMNS
};

static const char method[] = "finds/1";
static const char no_quantity[] =
	"records without a quantity are counted as one item each; nothing bounds them from above";

struct finding {
	struct assess *a;
	struct table table;
	int64_t without_quantity, records;
	int kind;
};

static double
quantity_of(const struct shown *row, bool *ret_stated)
{
	double q = fields_number(&row->fields, "quantity", -1);

	*ret_stated = q >= 0;
	return q >= 0 ? q : 1;
}

static enum err_code
see_find(void *ctx, const struct shown *row, struct err *e)
{
	struct finding *f = ctx;
	const struct store_fields *v = &row->fields;
	char year[16] = "";
	double made = fields_number(v, "made_year", 0);
	bool stated;
	double n = quantity_of(row, &stated);
	struct table_count count = { n, n, stated ? n : (double)INFINITY };
	const char *value[COLUMNS] = { "",
		                       fields_text(v, "category"),
		                       fields_text(v, "model"),
		                       NULL,
		                       fields_text(v, "made_country"),
		                       fields_text(v, "emplacement"),
		                       fields_text(v, "placement_object"),
		                       fields_text(v, "condition") };
	size_t place;
	enum err_code rc = places_of(f->a->places, row, &place, e);

	if (made >= 1)
		(void)snprintf(year, sizeof(year), "%d", (int)made);
	value[BY_MADE_YEAR] = year;
	tally_from(f->table.tally, row->id, row->kind, f->a->q->explain);
	f->without_quantity += !stated;
	f->records++;
	for (size_t i = 0; !rc && i < COLUMNS; i++)
		rc = table_put(&f->table, i, place, value[i], count, e);
	return rc;
}

enum err_code
figure_finds(struct assess *a, struct err *e)
{
	static const char *const want[] = {
		"category",     "model",       "quantity",         "made_year",
		"made_country", "emplacement", "placement_object", "condition",
		"place",        "place_name",  "admin1_name",      "admin2_name",
		"geometry",     NULL
	};
	struct table_column column[COLUMNS] = {
		[ITEMS] = { "finds.items", "", NULL, false, NULL },
		[BY_CATEGORY] = { "finds.by_category", "category", "unknown", false, NULL },
		[BY_MODEL] = { "finds.by_model", "model", "unknown", false, NULL },
		[BY_MADE_YEAR] = { "finds.by_made_year", "made", "unknown", true, NULL },
		[BY_MADE_COUNTRY] = { "finds.by_made_country", "made_country", "unknown", false,
		                      NULL },
		[BY_EMPLACEMENT] = { "finds.by_emplacement", "emplacement", "unknown", false,
		                     NULL },
		[BY_OBJECT] = { "finds.by_object", "object", "unknown", false, NULL },
		[BY_CONDITION] = { "finds.by_condition", "condition", "unknown", false, NULL }
	};
	struct finding f = { .a = a,
		             .table = { NULL, column, COLUMNS, "item", method },
		             .kind = store_kind(a->st, "ordnance") };
	struct each_filter filter = { .kind = f.kind,
		                      .as_of_days = a->q->as_of_days,
		                      .known_size = a->q->known_size,
		                      .want = want };
	enum err_code rc = tally_create(&f.table.tally, e);

	if (!rc && filter.kind >= 0)
		rc = store_each(a->st, &filter, see_find, &f, e);
	if (!rc && f.records == 0) {
		struct figure_row none = { .code = "finds.items",
			                   .unit = "item",
			                   .method = method };

		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	} else if (!rc) {
		for (size_t i = 0; f.without_quantity && i < COLUMNS; i++)
			column[i].note = no_quantity;
		rc = table_rows(a, &f.table, e);
	}
	tally_free(f.table.tally);
	return rc;
}

/* --- laying after a date
 * --------------------------------------------------------------------------------------- */

static const char laying_method[] = "laying/1";

enum proof {
	NOT_AFTER,
	MAYBE_AFTER,
	AFTER_UNSURE,
	AFTER_SURE
};

/* Does the year (and month) of manufacture prove emplacement after the day? The whole month, or
 * year, must lie after it; a month, or year, that holds later days too leaves it open. The month's
 * own confidence counts only where the year alone does not decide; where it is not stated it is
 * that of the year. */
static enum proof
proves(const struct store_fields *f, int64_t after_days)
{
	double year = fields_number(f, "made_year", 0), month = fields_number(f, "made_month", 0);
	const char *month_confidence = fields_text(f, "made_month_confidence");
	bool sure = text_eq(fields_text(f, "made_year_confidence"), "certain");
	bool has_month = month >= 1 && month <= 12;
	int m = has_month ? (int)month : 1, y = (int)year;
	int64_t end;

	if (year < 1)
		return NOT_AFTER;
	if (clock_days(y, 1, 1) > after_days)
		return sure ? AFTER_SURE : AFTER_UNSURE;
	if (has_month && clock_days(y, m, 1) > after_days)
		return sure && (!month_confidence || text_eq(month_confidence, "certain"))
		               ? AFTER_SURE
		               : AFTER_UNSURE;
	end = has_month && m < 12 ? clock_days(y, m + 1, 1) - 1 : clock_days(y + 1, 1, 1) - 1;
	return end > after_days ? MAYBE_AFTER : NOT_AFTER;
}

struct laying {
	struct assess *a;
	struct table table;
	int64_t records;
};

static enum err_code
see_laying(void *ctx, const struct shown *row, struct err *e)
{
	struct laying *l = ctx;
	enum proof p = proves(&row->fields, l->a->q->after_days);
	const char *category = fields_text(&row->fields, "category"),
		   *marking = fields_text(&row->fields, "marking_text");
	bool stated, no_year;
	double n = quantity_of(row, &stated);
	struct table_count count = { p >= AFTER_UNSURE ? n : 0, p == AFTER_SURE ? n : 0,
		                     stated ? n : (double)INFINITY };
	char dim[360];
	size_t place;
	enum err_code rc;

	marking = marking && *marking ? marking : "none";
	l->records++;
	no_year = fields_number(&row->fields, "made_year", 0) < 1;
	if (p == NOT_AFTER && !no_year)
		return ERR_OK;
	rc = places_of(l->a->places, row, &place, e);
	if (rc)
		return rc;
	tally_from(l->table.tally, row->id, row->kind, l->a->q->explain);
	if (no_year) /* its year was not read: it may be one of them */
		return table_put(&l->table, 0, place, "", count, e);
	(void)snprintf(dim, sizeof(dim), "category=%.*s marking=%.*s",
	               figure_cut(category ? category : "unknown", 40),
	               category ? category : "unknown", figure_cut(marking, 280), marking);
	rc = table_put(&l->table, 0, place, "", count, e);
	return rc ? rc : table_put(&l->table, 1, place, dim, count, e);
}

enum err_code
figure_laying(struct assess *a, struct err *e)
{
	static const char *const want[] = { "category",
		                            "quantity",
		                            "made_year",
		                            "made_month",
		                            "made_year_confidence",
		                            "made_month_confidence",
		                            "marking_text",
		                            "place",
		                            "place_name",
		                            "admin1_name",
		                            "admin2_name",
		                            "geometry",
		                            NULL };
	char note[80], date[11];
	const struct table_column column[] = { { "laying.items", "", NULL, false, note },
		                               { "laying.by_marking", "", NULL, false, note } };
	struct laying l = { .a = a, .table = { NULL, column, 2, "item", laying_method } };
	struct each_filter filter = { .kind = store_kind(a->st, "ordnance"),
		                      .as_of_days = a->q->as_of_days,
		                      .known_size = a->q->known_size,
		                      .want = want };
	struct figure_row none = {
		.code = "laying.items", .unit = "item", .method = laying_method, .note = note
	};
	enum err_code rc;

	if (a->q->after_days == INT64_MIN) {
		(void)snprintf(note, sizeof(note), "needs a date: --after YYYY-MM-DD");
		return figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	}
	clock_format_date(a->q->after_days, date);
	(void)snprintf(note, sizeof(note), "made after %s, as read on the item", date);
	rc = tally_create(&l.table.tally, e);
	if (!rc && filter.kind >= 0)
		rc = store_each(a->st, &filter, see_laying, &l, e);
	if (!rc && tally_count(l.table.tally) == 0) {
		none.known =
			l.records > 0; /* finds are recorded, and none was made after the date */
		none.records = l.records;
		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	} else if (!rc) {
		rc = table_rows(a, &l.table, e);
	}
	tally_free(l.table.tally);
	return rc;
}
