#include "ingest/guess.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "geo/coord.h"
#include "ingest/convert.h"
#include "ingest/dates.h"
#include "ingest/guess_words.h"

#define NAME_MAX_BYTES 200
#define MAX_DISTINCT 120
#define MAX_SAMPLE 100000
#define MAX_PLACES 1000 /* texts of positions read, of each column */
#define MAX_SEEN_TEXT 120
#define DBF_NAME_BYTES 10 /* a longer name is cut there on its way through a Shapefile */

/* What the sample shows of one column. */
struct column {
	const char *name;
	char squashed[NAME_MAX_BYTES];
	size_t filled, numbers, dates, day_first, month_first, slashes, degrees;
	size_t typed; /* numbers that came as numbers, not as texts */
	/* of the first texts, where asked_place */
	size_t outlines; /* WKT or GeoJSON */
	size_t places;   /* outlines and positions in degrees */
	bool asked_place;
	size_t distinct; /* more than MAX_DISTINCT are not kept */
	char *value[MAX_DISTINCT];
	size_t times[MAX_DISTINCT];
	bool many, used;
};

struct guess {
	const struct form *form;
	const struct source_header *header;
	struct converter *converter;
	struct column *column;
	size_t count, looked;
	struct arena mem;
	struct buf *sql;
	bool any;         /* a column was written */
	bool own_layer;   /* the file is a layer of a register: only its own names count */
	struct buf later; /* comments */
};

/* Fold, and leave out blanks. */
static void
squash(const char *s, size_t n, char *out, size_t room)
{
	char folded[2 * NAME_MAX_BYTES];
	size_t o = 0;

	(void)text_fold(s, n, folded, sizeof(folded));
	for (const char *p = folded; *p && o + 1 < room; p++)
		if (*p != ' ')
			out[o++] = *p;
	out[o] = '\0';
}

/* Is `squashed` one of the words with '|' between, or, where cut, how one of them begins? */
static bool
among(const char *words, const char *squashed, bool cut)
{
	char one[NAME_MAX_BYTES];

	for (const char *p = words; *p;) {
		size_t n = strcspn(p, "|");

		squash(p, n, one, sizeof(one));
		if (cut ? text_starts(one, squashed) : text_eq(one, squashed))
			return true;
		p += n + (p[n] == '|');
	}
	return false;
}

static bool
name_known(const struct guess *g, const char *field, const char *squashed, bool cut)
{
	for (const struct guess_name *n = guess_names; n->field; n++) {
		if (!text_eq(n->field, field))
			continue;
		if (n->kinds) {
			const char *at = strstr(n->kinds, g->form->kind);

			if (!at || at[-1] != ' ' || at[strlen(g->form->kind)] != ' ')
				continue;
		}
		if (among(n->words, squashed, cut))
			return true;
	}
	return false;
}

/* --- the sample
 * -------------------------------------------------------------------------------------------- */

static bool
note_distinct(struct guess *g, struct column *c, const char *s, size_t n)
{
	s = text_trim(s, n, &n);
	if (n >= MAX_SEEN_TEXT) {
		c->many = true;
		return true;
	}
	for (size_t i = 0; i < c->distinct; i++)
		if (strlen(c->value[i]) == n && memcmp(c->value[i], s, n) == 0) {
			c->times[i]++;
			return true;
		}
	if (c->distinct == MAX_DISTINCT) {
		c->many = true;
		return true;
	}
	c->value[c->distinct] = arena_strndup(&g->mem, s, n);
	c->times[c->distinct] = 1;
	return c->value[c->distinct++] != NULL;
}

/* 12/05/2024 and 12-05-2024, which dates_read takes only when they cannot be two days. */
static bool
slash_date(const char *s, size_t n, int64_t *ret_a, int64_t *ret_b)
{
	int64_t year;

	return n == 10 && (s[2] == '/' || s[2] == '-') && s[5] == s[2] &&
	       text_parse_i64(s, 2, ret_a) && text_parse_i64(s + 3, 2, ret_b) &&
	       text_parse_i64(s + 6, 4, &year) && *ret_a >= 1 && *ret_b >= 1 && *ret_a <= 31 &&
	       *ret_b <= 31 && year >= 1800;
}

static bool
is_outline(const char *s, size_t n, struct geom_box *ret_box)
{
	struct json_value *json = NULL;
	struct arena mem;
	struct geom g;
	bool ok;

	arena_init(&mem, 64u << 20);
	if (*s == '{')
		ok = json_parse(s, n, 0, &mem, &json, NULL) == ERR_OK &&
		     geom_from_json(json, 0, &mem, &g, NULL) == ERR_OK;
	else
		ok = geom_from_wkt(s, n, 0, &mem, &g, NULL) == ERR_OK;
	if (ok)
		*ret_box = geom_bounds(&g);
	arena_done(&mem);
	return ok;
}

/* An outline or a position? Are its numbers degrees, of whatever datum? */
static void
look_at_place(struct column *c, const char *s, size_t n)
{
	struct geom_box box;
	struct coord at;

	if (is_outline(s, n, &box)) {
		c->outlines++;
		c->places += box.min_lon_deg >= -180 && box.max_lon_deg <= 180 &&
		             box.min_lat_deg >= -90 && box.max_lat_deg <= 90;
		return;
	}
	c->places +=
		n <= MAX_SEEN_TEXT && coord_parse(s, n, NULL, &at, NULL) == ERR_OK &&
		(at.format == COORD_DECIMAL || at.format == COORD_DM || at.format == COORD_DMS);
}

static bool
look_at_text(struct guess *g, struct column *c, const char *s, size_t n)
{
	double d;
	int64_t days, a, b;

	s = text_trim(s, n, &n);
	if (n == 0)
		return true;
	c->filled++;
	if (convert_number(s, n, &d)) {
		c->numbers++;
		c->degrees += d >= -180 && d <= 180;
	}
	if (c->asked_place && c->filled <= MAX_PLACES)
		look_at_place(c, s, n);
	if (slash_date(s, n, &a, &b)) {
		c->slashes++;
		c->day_first += a > 12;
		c->month_first += b > 12;
		c->dates++;
	} else if (dates_read(s, n, &days)) {
		c->dates++;
	}
	return note_distinct(g, c, s, n);
}

static bool
look_at_value(struct guess *g, struct column *c, const struct source_value *v)
{
	struct mapping_value number = { .type = v->type == PIPE_INTEGER ? MAPPING_INT
		                                                        : MAPPING_REAL };
	const char *text;

	if (v->type == 0 || v->type == PIPE_BINARY)
		return true;
	if (v->type != PIPE_INTEGER && v->type != PIPE_REAL)
		return look_at_text(g, c, v->text, v->size);
	number.i = v->type == PIPE_INTEGER ? v->integer : 0;
	number.d = v->type == PIPE_REAL ? v->real : (double)v->integer;
	c->filled++;
	c->typed++;
	c->numbers++;
	c->degrees += number.d >= -180 && number.d <= 180;
	if (c->many)
		return true;
	text = convert_text(&number, &g->mem);
	return text && note_distinct(g, c, text, strlen(text));
}

static void
name_columns(struct guess *g)
{
	for (size_t i = 0; i < g->count; i++) {
		g->column[i].name = g->header->columns[i].name;
		squash(g->column[i].name, strlen(g->column[i].name), g->column[i].squashed,
		       NAME_MAX_BYTES);
		g->column[i].asked_place =
			name_known(g, "position", g->column[i].squashed, false) ||
			text_eq(g->column[i].name, "given_text");
		if (text_eq(g->column[i].name, "record_id"))
			g->own_layer = true;
	}
}

enum err_code
guess_look(struct guess *g, const struct source_rows *rows, struct err *e)
{
	for (size_t r = 0; r < rows->row_count && g->looked < MAX_SAMPLE; r++, g->looked++)
		for (size_t i = 0; i < g->count; i++)
			if (!look_at_value(g, &g->column[i], &rows->rows[r].values[i]))
				return err_set(e, ERR_NOMEM, "out of memory for a mapping");
	return ERR_OK;
}

bool
guess_full(const struct guess *g)
{
	return g->looked >= MAX_SAMPLE;
}

/* --- which column is which field
 * ------------------------------------------------------------------------------ */

static const char *
translate(const struct guess *g, int field, const char *value)
{
	const struct form_list *l = g->form->field[field].list;
	const char *code = convert_choice(g->converter, field, value, strlen(value));
	char squashed[NAME_MAX_BYTES];

	squash(value, strlen(value), squashed, sizeof(squashed));
	for (const struct guess_value *v = guess_values; !code && v->list; v++)
		if (text_eq(v->list, l->name) && among(v->words, squashed, false) &&
		    form_choice_find(l, v->code))
			code = form_choice_find(l, v->code)->code;
	return code;
}

/* Share of the sample's values that the field's list knows, counting rows. */
static double
known_share(const struct guess *g, int field, const struct column *c)
{
	size_t known = 0, all = 0;

	for (size_t i = 0; i < c->distinct; i++) {
		all += c->times[i];
		if (translate(g, field, c->value[i]))
			known += c->times[i];
	}
	return all ? (double)known / (double)all : 1;
}

static bool
looks_like_id(const char *s)
{
	struct uuid u;

	return *s == '[' || uuid_parse(s, strlen(s), &u);
}

/* Lists whose words stand for nothing else: a column may be known by its values alone. */
static bool
list_tells(const struct form_field *f)
{
	static const char *const telling[] = { "hazard_class", "hazard_status", "victim_outcome",
		                               "sex",          "victim_status", "device_class",
		                               "activity_type" };

	for (size_t i = 0; f->list && i < sizeof(telling) / sizeof(*telling); i++)
		if (text_eq(f->list->name, telling[i]))
			return true;
	return false;
}

/* Are most values codes of such a list? Then they name no place, whatever the column is called: a
 * "State" that says Active and Cleared is no province. */
static bool
says_codes(const struct guess *g, const struct column *c)
{
	if (c->many || c->distinct == 0 || c->numbers)
		return false;
	for (size_t i = 0; i < g->form->field_count; i++)
		if (g->form->field[i].type == FORM_SELECT_ONE && list_tells(&g->form->field[i]) &&
		    known_share(g, (int)i, c) >= 0.5)
			return true;
	return false;
}

/* Could the column's values be the field's? */
static bool
values_fit(const struct guess *g, int field, const struct column *c)
{
	if (c->filled == 0)
		return true;
	switch (g->form->field[field].type) {
	case FORM_INTEGER:
	case FORM_DECIMAL:
		return 2 * c->numbers >= c->filled;
	case FORM_DATE:
		return 2 * c->dates >= c->filled;
	case FORM_SELECT_ONE:
		return known_share(g, field, c) >= 0.5;
	case FORM_RECORD:
	case FORM_RECORDS:
		return c->distinct > 0 && looks_like_id(c->value[0]);
	case FORM_TEXT:
		return !text_ends(g->form->field[field].name, "_name") || !says_codes(g, c);
	default:
		return true;
	}
}

static bool
label_is(const struct form_field *f, const char *squashed, bool cut)
{
	char label[NAME_MAX_BYTES];

	for (int lang = 0; lang < FORM_LANGUAGES; lang++) {
		if (!f->label[lang])
			continue;
		squash(f->label[lang], strlen(f->label[lang]), label, sizeof(label));
		if (cut ? text_starts(label, squashed) : text_eq(label, squashed))
			return true;
	}
	return false;
}

/* The name without a unit of area behind it. */
static void
without_unit(const char *squashed, char *out)
{
	static const char *const unit[] = { "hectares", "hectareas", "ha", "sqkm",
		                            "km2",      "sqm",       "m2" };
	size_t n = strlen(squashed);

	for (size_t i = 0; i < sizeof(unit) / sizeof(*unit); i++)
		if (text_ends(squashed, unit[i]) && n > strlen(unit[i])) {
			n -= strlen(unit[i]);
			break;
		}
	memcpy(out, squashed, n);
	out[n] = '\0';
}

/* What stands in brackets behind the name of a date says how it is written, not what it is. */
static void
without_brackets(const char *name, char *out)
{
	squash(name, strcspn(name, "([{"), out, NAME_MAX_BYTES);
}

/* How well a column's name says the field: 0 = not at all. */
static int
name_score(const struct guess *g, const struct form_field *f, const struct column *c)
{
	char name[NAME_MAX_BYTES];

	if (text_eq(f->name, c->name))
		return 100;
	if (g->own_layer)
		return 0;
	squash(f->name, strlen(f->name), name, sizeof(name));
	if (text_eq(name, c->squashed))
		return 95;
	if (label_is(f, c->squashed, false))
		return 90;
	if (name_known(g, f->name, c->squashed, false))
		return 80;
	if (strlen(c->name) == DBF_NAME_BYTES &&
	    (text_starts(name, c->squashed) || label_is(f, c->squashed, true) ||
	     name_known(g, f->name, c->squashed, true)))
		return 60;
	if (f->type == FORM_DATE) {
		without_brackets(c->name, name);
		return *name && (label_is(f, name, false) || name_known(g, f->name, name, false))
		               ? 70
		               : 0;
	}
	if (f->type != FORM_DECIMAL || !text_ends(f->name, "_m2"))
		return 0;
	without_unit(c->squashed, name);
	return name_known(g, f->name, name, false) ? 70 : 0;
}

/* Are all columns named like fields of the form? Then the sheet was made for it, and a column with
 * the name of a link holds numbers of records rather than names of places or people. */
static bool
own_sheet(const struct guess *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (!form_find(g->form, g->column[i].name))
			return false;
	return true;
}

static struct column *
best_column(struct guess *g, int field)
{
	const struct form_field *f = &g->form->field[field];
	struct column *best = NULL;
	int score = 0;

	for (size_t i = 0; i < g->count; i++) {
		struct column *c = &g->column[i];
		int s = c->used ? 0 : name_score(g, f, c);

		if (s > score && ((s == 100 && (f->type != FORM_RECORD || own_sheet(g))) ||
		                  values_fit(g, field, c))) {
			best = c;
			score = s;
		}
	}
	return best;
}

/* A column for a position, by names only. */
static struct column *
named(struct guess *g, const char *field)
{
	for (size_t i = 0; i < g->count; i++)
		if (!g->column[i].used && !g->own_layer &&
		    (text_eq(g->column[i].name, field) ||
		     name_known(g, field, g->column[i].squashed, false)))
			return &g->column[i];
	return NULL;
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------
 */

/* A comment must stay on its line. */
static void
comment_text(struct buf *b, const char *text)
{
	for (; *text; text++)
		buf_addc(b, (unsigned char)*text < ' ' ? ' ' : *text);
}

static void
lead(struct guess *g)
{
	buf_adds(g->sql, g->any ? ",\n " : "SELECT\n ");
	g->any = true;
}

static void
write_constant(struct guess *g, const char *value, const char *field)
{
	if (form_index(g->form, field) < 0)
		return;
	lead(g);
	buf_add_quoted(g->sql, value, '\'');
	buf_printf(g->sql, " AS %s", field);
}

static void
write_plain(struct guess *g, struct column *c, const char *field)
{
	lead(g);
	buf_add_quoted(g->sql, c->name, '\"');
	if (!text_eq(c->name, field))
		buf_printf(g->sql, " AS %s", field);
	c->used = true;
}

/* A number is no text to SQL: 4 and '4' are two values, and a column may hold both. */
static void
write_when(struct guess *g, const struct column *c, const char *value, const char *code)
{
	double d;
	bool number = c->typed && convert_number(value, strlen(value), &d);

	for (int as_text = number ? 0 : 1; as_text <= (c->typed < c->filled || !number);
	     as_text++) {
		buf_adds(g->sql, "\n  WHEN ");
		if (as_text)
			buf_add_quoted(g->sql, value, '\'');
		else
			buf_adds(g->sql, value);
		buf_adds(g->sql, " THEN ");
		buf_add_quoted(g->sql, code, '\'');
	}
}

/* Values that are neither codes nor labels are translated, so that a person sees and can change
 * how. */
static void
write_choice(struct guess *g, struct column *c, int field)
{
	bool begun = false;

	for (size_t i = 0; i < c->distinct; i++) {
		const char *code = translate(g, field, c->value[i]);

		if (!code) {
			buf_printf(&g->later, "-- not understood in ");
			comment_text(&g->later, c->name);
			buf_adds(&g->later, ": ");
			comment_text(&g->later, c->value[i]);
			buf_printf(&g->later, " (%zu of the rows looked at)\n", c->times[i]);
		}
		if (!code || convert_choice(g->converter, field, c->value[i], strlen(c->value[i])))
			continue;
		if (!begun) {
			lead(g);
			buf_adds(g->sql, "CASE ");
			buf_add_quoted(g->sql, c->name, '\"');
		}
		begun = true;
		write_when(g, c, c->value[i], code);
	}
	if (!begun) {
		write_plain(g, c, g->form->field[field].name);
		return;
	}
	buf_adds(g->sql, "\n  ELSE ");
	buf_add_quoted(g->sql, c->name, '\"');
	buf_printf(g->sql, " END AS %s", g->form->field[field].name);
	c->used = true;
}

/* Days and months with slashes: the sample says which comes first, or it stays open. */
static void
write_date(struct guess *g, struct column *c, const char *field)
{
	bool day_first = c->day_first && !c->month_first,
	     month_first = c->month_first && !c->day_first;

	if (c->slashes == 0 || !(day_first || month_first)) {
		if (c->slashes) {
			buf_adds(&g->later, "-- cannot tell day from month in ");
			comment_text(&g->later, c->name);
			buf_addc(&g->later, '\n');
		}
		write_plain(g, c, field);
		return;
	}
	lead(g);
	if (c->slashes < c->filled) {
		buf_adds(g->sql, "CASE WHEN ");
		buf_add_quoted(g->sql, c->name, '\"');
		buf_adds(g->sql, " LIKE '__/__/____' THEN ");
	}
	for (int part = 0; part < 3; part++) {
		static const int at[2][3] = { { 7, 1, 4 }, { 7, 4, 1 } };

		buf_adds(g->sql, part ? " || '-' || substr(" : "substr(");
		buf_add_quoted(g->sql, c->name, '\"');
		buf_printf(g->sql, ", %d, %d)", at[day_first][part], part ? 2 : 4);
	}
	if (c->slashes < c->filled) {
		buf_adds(g->sql, " ELSE ");
		buf_add_quoted(g->sql, c->name, '\"');
		buf_adds(g->sql, " END");
	}
	buf_printf(g->sql, " AS %s", field);
	c->used = true;
}

/* A unit in the column's name wins over the field's square metres. */
static void
write_area(struct guess *g, struct column *c, const char *field)
{
	const char *factor =
		text_ends(c->squashed, "ha") || strstr(c->squashed, "hectare")    ? "10000"
		: text_ends(c->squashed, "km2") || text_ends(c->squashed, "sqkm") ? "1000000"
										  : NULL;

	if (!factor) {
		write_plain(g, c, field);
		return;
	}
	lead(g);
	/* a text with a decimal comma would count as its whole part */
	buf_adds(g->sql, "nullif(replace(");
	buf_add_quoted(g->sql, c->name, '\"');
	buf_printf(g->sql, ", ',', '.') * %s, 0) AS %s", factor, field);
	c->used = true;
}

static void
write_field(struct guess *g, int field, struct column *c)
{
	const struct form_field *f = &g->form->field[field];

	if (f->type == FORM_SELECT_ONE)
		write_choice(g, c, field);
	else if (f->type == FORM_DATE)
		write_date(g, c, f->name);
	else if (f->type == FORM_DECIMAL && text_ends(f->name, "_m2"))
		write_area(g, c, f->name);
	else
		write_plain(g, c, f->name);
}

/* --- positions
 * ---------------------------------------------------------------------------------------------------
 */

/* Degrees of which the file does not say on which datum they are. */
static void
write_datum(struct guess *g, const char *crs)
{
	if (crs || named(g, "given_datum"))
		return;
	write_constant(g, "WGS 84", "given_datum");
	buf_adds(&g->later, "-- the file does not name a reference system: WGS 84 stands here "
	                    "because the columns hold "
	                    "degrees; change it if that is wrong\n");
}

static void
write_pair(struct guess *g, struct column *lon, struct column *lat, const char *crs)
{
	write_plain(g, lon, "lon");
	write_plain(g, lat, "lat");
	write_datum(g, crs);
}

static void
write_position_text(struct guess *g, struct column *c, const char *crs)
{
	size_t looked = c->filled < MAX_PLACES ? c->filled : MAX_PLACES;

	write_plain(g, c,
	            strstr(c->squashed, "wkt") || 2 * c->outlines > looked ? "geometry"
	                                                                   : "position");
	if (looked && 10 * c->places >= 9 * looked)
		write_datum(g, crs);
}

static bool
is_degrees(const struct column *c)
{
	return c->filled > 0 && 10 * c->degrees >= 9 * c->filled;
}

/* A sheet of the form's own fields, or a layer of a register, has outlines in a column of their own
 * and says beside them how they were given; what is in it is on WGS 84, as the form has it. */
static bool
write_own_position(struct guess *g, const char *crs)
{
	struct column *geometry = NULL, *given = NULL;

	for (size_t i = 0; i < g->count; i++) {
		struct column *c = &g->column[i];

		geometry = text_eq(c->name, "geometry") ? c : geometry;
		given = text_eq(c->name, "given_text") ? c : given;
	}
	if (!geometry || !(g->own_layer || own_sheet(g)))
		return false;
	write_plain(g, geometry, "geometry");
	if (!crs) {
		lead(g);
		buf_adds(g->sql, "CASE WHEN trim(\"geometry\") <> '' THEN 'OGC:CRS84' END AS crs");
	}
	if (given && !g->own_layer) { /* where there is no outline */
		lead(g);
		buf_adds(g->sql, "\"given_text\" AS position");
	}
	return true;
}

static void
write_position(struct guess *g, const char *crs)
{
	struct column *lon = named(g, "lon"), *lat = named(g, "lat"), *x = named(g, "x"),
		      *y = named(g, "y");
	struct column *seat_lon = named(g, "seat_lon"), *seat_lat = named(g, "seat_lat");
	struct column *text = named(g, "position");

	if (form_index(g->form, "geometry") < 0)
		return;
	if (g->header->has_geometry) {
		bool taken = false;

		for (size_t i = 0; i < g->count; i++)
			taken = taken || text_eq_nocase(g->column[i].name, "geometry");
		lead(g);
		buf_adds(g->sql, taken ? "geometry_wkb AS geometry" : "geometry");
		return;
	}
	if (write_own_position(g, crs))
		return;
	if (lon && lat) {
		write_pair(g, lon, lat, crs);
	} else if (x && y && is_degrees(x) && is_degrees(y)) {
		write_pair(g, x, y, crs);
	} else if (x && y) {
		write_plain(g, x, "x");
		write_plain(g, y, "y");
		if (!crs)
			buf_adds(&g->later, "-- x and y need a reference system: --crs, or "
			                    "'EPSG:...' AS crs here\n");
	} else if (text) {
		write_position_text(g, text, crs);
	} else if (seat_lon && seat_lat) {
		write_pair(g, seat_lon, seat_lat, crs);
		write_constant(g, "settlement", "point_role");
		write_constant(g, "somewhere_in_place", "position_quality");
	}
}

/* An accident of which only the year is known lies between its first and last day. */
static void
write_accident_year(struct guess *g)
{
	struct column *c = text_eq(g->form->kind, "accident") ? named(g, "year") : NULL;

	for (size_t i = 0; c && i < g->count; i++)
		if (g->column[i].used && (text_eq(g->column[i].name, "date") ||
		                          name_known(g, "date", g->column[i].squashed, false)))
			return;
	if (!c || 2 * c->numbers < c->filled)
		return;
	for (int last = 0; last < 2; last++) {
		lead(g);
		buf_adds(g->sql, "printf('%04d-");
		buf_adds(g->sql, last ? "12-31', " : "01-01', ");
		buf_add_quoted(g->sql, c->name, '\"');
		buf_adds(g->sql, last ? ") AS date_latest" : ") AS date_earliest");
	}
	write_constant(g, "year", "date_known");
	c->used = true;
}

/* Work of which only month and year are known. */
static void
write_activity_month(struct guess *g)
{
	struct column *y = text_eq(g->form->kind, "activity") ? named(g, "year") : NULL;
	struct column *m = y ? named(g, "month") : NULL;

	if (!y || !m || 2 * y->numbers < y->filled || 2 * m->numbers < m->filled ||
	    strstr(buf_text(g->sql), "start_date"))
		return;
	lead(g);
	buf_adds(g->sql, "printf('%04d-%02d-01', ");
	buf_add_quoted(g->sql, y->name, '\"');
	buf_adds(g->sql, ", ");
	buf_add_quoted(g->sql, m->name, '\"');
	buf_adds(g->sql, ") AS start_date");
	y->used = m->used = true;
}

static void
write_by_values(struct guess *g, int field)
{
	bool tells = list_tells(&g->form->field[field]);

	for (size_t i = 0; tells && i < g->count; i++) {
		struct column *c = &g->column[i];

		if (c->used || c->many || c->distinct == 0 || c->numbers || c->distinct > 30 ||
		    known_share(g, field, c) < 0.9)
			continue;
		write_choice(g, c, field);
		return;
	}
}

static bool
skip_field(const struct form_field *f)
{
	return text_starts(f->name, "import_") || text_eq(f->name, "geometry") ||
	       f->type == FORM_REPEAT || f->type == FORM_FILE;
}

static void
write_fields(struct guess *g)
{
	/* exact names first, so that a synonym never takes a column from the field it is named for;
	 * names that were cut last */
	static const int least[] = { 95, 70, 1 };
	bool written[FORM_MAX_FIELDS] = { false };

	for (size_t pass = 0; pass < sizeof(least) / sizeof(*least); pass++)
		for (size_t i = 0; i < g->form->field_count; i++) {
			const struct form_field *f = &g->form->field[i];
			struct column *c = written[i] || (skip_field(f) &&
			                                  !(pass == 0 && f->type == FORM_REPEAT))
			                           ? NULL
			                           : best_column(g, (int)i);

			if (!c || name_score(g, f, c) < least[pass])
				continue;
			/* what the position wrote already */
			if (text_eq(f->name, "given_datum") &&
			    strstr(buf_text(g->sql), "AS given_datum"))
				continue;
			write_field(g, (int)i, c);
			written[i] = true;
		}
	write_accident_year(g);
	write_activity_month(g);
	for (size_t i = 0; i < g->form->field_count && !g->own_layer; i++)
		if (!written[i] && g->form->field[i].type == FORM_SELECT_ONE)
			write_by_values(g, (int)i);
}

static void
write_left_out(struct guess *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		if (!g->column[i].used) {
			buf_adds(g->sql, n++ ? ", " : "-- columns not used: ");
			comment_text(g->sql, g->column[i].name);
		}
	if (n)
		buf_addc(g->sql, '\n');
}

enum err_code
guess_create(const struct form *form, const struct source_header *header, struct guess **ret,
             struct err *e)
{
	struct guess *g = mem_calloc(1, sizeof(*g));
	enum err_code rc = g ? converter_create(form, &g->converter, e) : ERR_NOMEM;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a mapping");
	g->form = form;
	g->header = header;
	g->count = header->column_count;
	arena_init(&g->mem, (size_t)256 << 20);
	buf_init(&g->later, 1u << 20);
	g->column = arena_calloc(&g->mem, g->count + 1, sizeof(*g->column));
	if (!rc && !g->column)
		rc = err_set(e, ERR_NOMEM, "out of memory for a mapping");
	if (rc) {
		guess_free(g);
		return rc;
	}
	name_columns(g);
	*ret = g;
	return ERR_OK;
}

void
guess_free(struct guess *g)
{
	if (!g)
		return;
	converter_free(g->converter);
	arena_done(&g->mem);
	buf_done(&g->later);
	mem_free(g);
}

enum err_code
guess_write(struct guess *g, const char *crs, struct buf *sql, struct err *e)
{
	g->sql = sql;
	write_position(g, crs);
	write_fields(g);
	if (!g->any)
		buf_adds(sql, "SELECT\n NULL AS remarks -- no column was understood");
	buf_adds(sql, "\nFROM source\n");
	buf_adds(sql, buf_text(&g->later));
	write_left_out(g);
	if (!buf_ok(sql) || !buf_ok(&g->later))
		return err_set(e, ERR_NOMEM, "out of memory for a mapping");
	return ERR_OK;
}
