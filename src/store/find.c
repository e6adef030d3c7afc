#include "store/find.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/measure.h"
#include "geo/shape.h"
#include "store/each.h"
#include "store/handle.h"
#include "store/history.h"
#include "store/quarantine.h"

#include "sql_gen.h"

enum {
	TEXT_MOST = 200,
	ITEMS_MOST = 200
};

/* -- by words
 * --------------------------------------------------------------------------------------------------
 */

/* %words% with the signs of LIKE taken as they are */
static bool
make_pattern(const char *text, struct buf *out)
{
	char folded[8 * TEXT_MOST + 1];
	size_t n = text_fold(text, strlen(text), folded, sizeof(folded));

	if (n == 0 || n >= sizeof(folded))
		return false;
	buf_addc(out, '%');
	for (size_t i = 0; i < n; i++) {
		if (strchr("%_\\", folded[i]))
			buf_addc(out, '\\');
		buf_addc(out, folded[i]);
	}
	buf_addc(out, '%');
	return buf_ok(out);
}

static bool
is_searched(struct store *st, enum access_role role, const struct store_kind *k,
            const struct form_field *f)
{
	return f->type == FORM_TEXT && access_field(role, k->name, f) == ACCESS_SHOW &&
	       f->access != FORM_IDENTITY && !text_eq(f->name, "import_key") &&
	       sqlite3_table_column_metadata(st->db, NULL, k->name, f->name, NULL, NULL, NULL, NULL,
	                                     NULL) == SQLITE_OK;
}

/* SELECT of the searched columns of a layer; *ret_columns of them. */
static enum err_code
build_search(struct store *st, enum access_role role, const struct store_kind *k, struct buf *b,
             size_t *ret_columns, struct err *e)
{
	const char *join = " WHERE (";

	*ret_columns = 0;
	/* records that a role without exact access sees only as danger, or not at all */
	if (!access_has_rows(role, k->name) ||
	    (!access_is_exact(role) && text_eq(k->name, "ordnance")))
		return ERR_OK;
	buf_printf(b, "SELECT record_id, shown_as, %s",
	           text_eq(k->name, "hazard") ? "class" : "NULL");
	for (size_t i = 0; i < k->form->field_count; i++) {
		if (!is_searched(st, role, k, &k->form->field[i]))
			continue;
		buf_adds(b, ", ");
		db_quote_name(b, k->form->field[i].name);
		++*ret_columns;
	}
	buf_adds(b, " FROM ");
	db_quote_name(b, k->name);
	for (size_t i = 0; i < k->form->field_count; i++) {
		if (!is_searched(st, role, k, &k->form->field[i]))
			continue;
		buf_printf(b, "%sfallow_fold(", join);
		db_quote_name(b, k->form->field[i].name);
		buf_adds(b, ") LIKE ?1 ESCAPE '\\'");
		join = " OR ";
	}
	buf_adds(b, ") ORDER BY fid");
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a search");
}

static bool
holds(const char *value, const char *folded_words)
{
	char folded[4096];
	size_t n = text_fold(value, strlen(value), folded, sizeof(folded));

	return n > 0 && n < sizeof(folded) && strstr(folded, folded_words) != NULL;
}

static enum err_code
take_hit(const struct store_kind *k, int kind, sqlite3_stmt *q, const char *words, find_fn *fn,
         void *ctx, struct err *e)
{
	struct find_hit hit = {
		.kind = kind, .field = "", .value = "", .national_id = "", .shown_as = ""
	};
	const char *id = (const char *)sqlite3_column_text(q, 0);
	char folded[8 * TEXT_MOST + 1];

	(void)text_fold(words, strlen(words), folded, sizeof(folded));
	if (!id || !uuid_parse(id, strlen(id), &hit.id))
		return err_set(e, ERR_VERIFY, "a row of layer %s is damaged", k->name);
	if (text_eq(k->name, "hazard"))
		hit.shown_as = (const char *)sqlite3_column_text(q, 1);
	for (int c = 3; c < sqlite3_column_count(q); c++) {
		const char *value = (const char *)sqlite3_column_text(q, c);

		if (value && text_eq(sqlite3_column_name(q, c), "national_id"))
			hit.national_id = value;
		if (value && !*hit.field && holds(value, folded)) {
			hit.field = sqlite3_column_name(q, c);
			hit.value = value;
		}
	}
	return fn(ctx, &hit, e);
}

enum err_code
find_text(struct store *st, const struct find_words *what, find_fn *fn, void *ctx, bool *ret_more,
          struct err *e)
{
	const char *text = what->text;
	struct buf pattern, sql;
	size_t columns = 0, found = 0;
	enum err_code rc = ERR_OK;

	*ret_more = false;
	if (!text_is_utf8(text, strlen(text)) || text_utf8_length(text, strlen(text)) < 1 ||
	    text_utf8_length(text, strlen(text)) > TEXT_MOST)
		return err_set(e, ERR_INVALID, "the words to find must have 1 to %d characters",
		               TEXT_MOST);
	buf_init(&pattern, 1u << 16);
	buf_init(&sql, 1u << 20);
	if (!make_pattern(text, &pattern))
		rc = err_set(e, ERR_INVALID, "there is nothing to look for in \"%.80s\"", text);
	for (int k = 0; !rc && !*ret_more && k < (int)st->kind_count; k++) {
		sqlite3_stmt *q = NULL;
		int s = SQLITE_DONE;

		buf_reset(&sql);
		rc = build_search(st, what->role, &st->kind[k], &sql, &columns, e);
		if (rc || columns == 0)
			continue;
		rc = db_prepare(st, buf_text(&sql), &q, e);
		if (!rc)
			(void)sqlite3_bind_text(q, 1, buf_text(&pattern), -1, SQLITE_STATIC);
		while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
			if (!access_is_exact(what->role) &&
			    access_is_single((const char *)sqlite3_column_text(q, 2)))
				continue;
			if (found++ == what->limit) {
				*ret_more = true;
				break;
			}
			rc = take_hit(&st->kind[k], k, q, text, fn, ctx, e);
		}
		if (!rc && s != SQLITE_DONE && s != SQLITE_ROW)
			rc = db_fail(st, "search a layer", e);
		sqlite3_finalize(q);
	}
	buf_done(&pattern);
	buf_done(&sql);
	return rc;
}

/* -- by position
 * -----------------------------------------------------------------------------------------------
 */

struct near_walk {
	struct store *st;
	enum access_role role;
	struct geom point;
	double within_m;
	struct arena *mem;
	struct arena row;  /* one record's history */
	struct arena seen; /* one record as the role sees it */
	struct find_near *out;
	struct find_near_item *danger, *release;
	size_t dangers, releases;
	char **place; /* folded names of places here */
	size_t places, place_room;
	struct geom_box
		walked[3]; /* boxes of this kind that were walked, over the 180th meridian too */
	size_t boxes;
};

/* A record on both sides of the 180th meridian lies in several boxes; it counts once. */
static bool
is_walked(const struct near_walk *w, const struct shown *row)
{
	struct geom_box b = geom_bounds(row->fields.geom);

	for (size_t i = 0; i < w->boxes; i++)
		if (geom_box_overlap(w->walked[i], b))
			return true;
	return false;
}

static double
reach_of(const struct store_fields *f)
{
	double radius = fields_number(f, "radius_m", 0),
	       accuracy = fields_number(f, "accuracy_m", 0);

	return (radius > 0 ? radius : 0) + (accuracy > 0 ? accuracy : 0);
}

/* The most that a revision in play may reach: of the row, and of those that wait behind it. */
static enum err_code
margin_of(struct near_walk *w, const struct shown *row, double *ret_m, struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	enum err_code rc;

	*ret_m = reach_of(&row->fields);
	if (row->revisions < 2 || !(row->unapproved || row->conflict))
		return ERR_OK;
	arena_reset(&w->row);
	rc = history_load(w->st, row->id, INT64_MAX, &w->row, &list, &n, e);
	for (size_t i = 0; !rc && i < n; i++)
		*ret_m = fmax(*ret_m, reach_of(&list[i].rev.fields));
	return rc;
}

static void
copy_text(char *out, size_t size, const char *s)
{
	(void)snprintf(out, size, "%s", s ? s : "");
}

static void
fill_item(const struct shown *row, enum find_answer what, double margin_m, double distance_m,
          struct find_near_item *it)
{
	const char *class = fields_text(&row->fields, "class");

	*it = (struct find_near_item){ .what = what,
		                       .kind = row->kind,
		                       .id = row->id,
		                       .unapproved = row->unapproved,
		                       .margin_m = margin_m,
		                       .distance_m = distance_m };
	copy_text(it->class, sizeof(it->class),
	          class ? class : fields_text(&row->fields, "category"));
	copy_text(it->national_id, sizeof(it->national_id),
	          fields_text(&row->fields, "national_id"));
}

/* Keep the nearest ITEMS_MOST, sorted; equal distances by id, so that the order depends on nothing
 * else. */
static void
keep(struct find_near_item *list, size_t *count, const struct find_near_item *it)
{
	size_t i = *count < ITEMS_MOST ? (*count)++ : ITEMS_MOST;

	for (; i > 0; i--) {
		const struct find_near_item *before = &list[i - 1];

		if (before->distance_m < it->distance_m ||
		    (!(before->distance_m > it->distance_m) &&
		     memcmp(&before->id, &it->id, sizeof(it->id)) <= 0))
			break;
		if (i < ITEMS_MOST)
			list[i] = *before;
	}
	if (i < ITEMS_MOST)
		list[i] = *it;
}

/* Who says that land was released: the source of the record's import, or of the record. */
static enum err_code
name_source(struct near_walk *w, const struct shown *row, struct find_near_item *it, struct err *e)
{
	const char *id = fields_text(&row->fields, "import_source");
	struct shown source;
	struct uuid uuid;
	bool any = false;
	char first[40];
	enum err_code rc = ERR_OK;

	/* a record that was corrected since may have been closed by whoever corrected it */
	if (!id && row->revisions == 1) {
		const char *refs = NULL;
		int i = form_index(row->fields.form, "source_refs");

		if (i >= 0 && row->fields.value[i].type == STORE_JSON)
			refs = strchr(row->fields.value[i].s, '"');
		if (refs && strlen(refs) > 37) {
			copy_text(first, 37, refs + 1);
			id = first;
		}
	}
	if (!id || !uuid_parse(id, 36, &uuid))
		return ERR_OK;
	copy_text(it->source, sizeof(it->source), id);
	arena_reset(&w->row);
	rc = store_get(w->st, uuid, &w->row, &source, &any, e);
	if (rc == ERR_NOTFOUND) { /* a link to nowhere is told as it is */
		err_clear(e);
		return ERR_OK;
	}
	if (!rc && any && fields_text(&source.fields, "title"))
		copy_text(it->source, sizeof(it->source), fields_text(&source.fields, "title"));
	return rc;
}

/* Is the position inside, and farther from the outline than the accuracy? */
static enum err_code
holds_release(struct near_walk *w, const struct shown *row, double margin_m, bool *ret,
              struct err *e)
{
	const struct geom *g = row->fields.geom;
	struct geom rings = *g;
	uint32_t *end;
	double m = 0;
	enum err_code rc =
		geom_is_areal(g) ? shape_intersects(w->st->geo, g, &w->point, ret, e) : ERR_OK;

	if (!geom_is_areal(g))
		*ret = false;
	if (rc || !*ret || !(margin_m > 0))
		return rc;
	arena_reset(&w->row);
	end = arena_calloc(&w->row, (size_t)g->ring_count + 1, sizeof(*end));
	if (!end)
		return err_set(e, ERR_NOMEM, "out of memory for an outline");
	for (uint32_t r = 0; r < g->ring_count; r++)
		end[r] = r + 1;
	rings.type = GEOM_MULTILINESTRING;
	rings.part_count = g->ring_count;
	rings.part_end = end;
	rc = shape_distance_m(w->st->geo, &rings, &w->point, &m, e);
	*ret = !rc && m > margin_m;
	return rc;
}

/* One hazard, drawn as the role sees it. */
static enum err_code
take_hazard(struct near_walk *w, const struct shown *row, double margin_m, struct err *e)
{
	struct find_near_item it;
	double m = 0;
	bool inside = false;
	enum err_code rc;

	if (row->as == SHOWN_DANGER) {
		rc = shape_distance_m(w->st->geo, row->fields.geom, &w->point, &m, e);
		m = fmax(0, m * 0.999 - margin_m); /* the distance is known to 0.1 % */
		if (rc || m > w->within_m)
			return rc;
		fill_item(row, FIND_DANGER, margin_m, m, &it);
		w->out->dangers++;
		keep(w->danger, &w->dangers, &it);
		return ERR_OK;
	}
	rc = holds_release(w, row, margin_m, &inside, e);
	if (rc || !inside)
		return rc;
	fill_item(row, row->as == SHOWN_RELEASED ? FIND_RELEASED : FIND_REPORTED_RELEASED, margin_m,
	          0, &it);
	if (row->as == SHOWN_REPORTED_RELEASED)
		rc = name_source(w, row, &it, e);
	keep(w->release, &w->releases, &it);
	return rc;
}

/* The row as a role without exact access sees it; *ret_any false: it sees nothing of it. The public
 * geometry has radius and accuracy in it already. */
static enum err_code
see_coarse(struct near_walk *w, const struct shown *row, struct shown *ret, bool *ret_any,
           struct err *e)
{
	enum access_fate fate = ACCESS_GONE;
	enum err_code rc;

	arena_reset(&w->seen);
	*ret = *row;
	rc = access_row(w->st, w->role, &w->seen, ret, &fate, e);
	*ret_any =
		!rc && fate != ACCESS_GONE && ret->fields.geom && !geom_is_empty(ret->fields.geom);
	if (fate == ACCESS_UNCLASSED) {
		memset(&ret->id, 0, sizeof(ret->id));
		ret->kind = store_kind(w->st, "hazard");
		ret->as = SHOWN_DANGER;
		ret->unapproved = ret->conflict = false;
	}
	return rc;
}

static enum err_code
near_hazard(void *ctx, const struct shown *row, struct err *e)
{
	struct near_walk *w = ctx;
	struct shown seen;
	double margin_m = 0;
	bool any = true;
	enum err_code rc;

	if (!row->fields.geom || geom_is_empty(row->fields.geom) || is_walked(w, row))
		return ERR_OK;
	if (!access_is_exact(w->role)) {
		rc = see_coarse(w, row, &seen, &any, e);
		return rc || !any ? rc : take_hazard(w, &seen, 0, e);
	}
	rc = margin_of(w, row, &margin_m, e);
	return rc ? rc : take_hazard(w, row, margin_m, e);
}

static enum err_code
near_other(void *ctx, const struct shown *row, struct err *e)
{
	struct near_walk *w = ctx;
	const char *kind = row->fields.form->kind;
	double margin_m = 0, m = 0;
	struct find_near_item it;
	enum err_code rc;

	if (!row->fields.geom || geom_is_empty(row->fields.geom) || is_walked(w, row) ||
	    (text_eq(kind, "ordnance") && shown_disposed(&row->fields)))
		return ERR_OK;
	if (!access_is_exact(w->role)) {
		struct shown seen;
		bool any = false;

		rc = see_coarse(w, row, &seen, &any, e);
		return rc || !any ? rc : take_hazard(w, &seen, 0, e);
	}
	rc = margin_of(w, row, &margin_m, e);
	if (!rc)
		rc = shape_distance_m(w->st->geo, row->fields.geom, &w->point, &m, e);
	m = fmax(0, m * 0.999 - margin_m);
	if (rc || m > w->within_m)
		return rc;
	if (text_eq(kind, "accident")) {
		w->out->accidents++;
	} else if (text_eq(kind, "minefield_record")) {
		w->out->records++;
	} else {
		fill_item(row, FIND_DANGER, margin_m, m, &it);
		w->out->dangers++;
		keep(w->danger, &w->dangers, &it);
	}
	return ERR_OK;
}

static enum err_code
keep_name(struct near_walk *w, const char *name, struct err *e)
{
	char folded[1024];
	size_t n = name ? text_fold(name, strlen(name), folded, sizeof(folded)) : 0;

	if (n == 0 || n >= sizeof(folded))
		return ERR_OK;
	if (w->places == w->place_room) {
		size_t room = w->place_room ? 2 * w->place_room : 32;
		char **more = mem_realloc_array(w->place, room, sizeof(*more));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for places");
		w->place = more;
		w->place_room = room;
	}
	w->place[w->places] = arena_strdup(w->mem, folded);
	return w->place[w->places++] ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for places");
}

/* Places here: units that the position lies in, settlements within the distance or 5 km. */
static enum err_code
near_place(void *ctx, const struct shown *row, struct err *e)
{
	static const char *const names[] = { "name",    "name_en",       "name_uk",
		                             "name_az", "national_code", "p_code" };
	struct near_walk *w = ctx;
	double m = 0;
	enum err_code rc;

	if (!row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	rc = shape_distance_m(w->st->geo, row->fields.geom, &w->point, &m, e);
	if (rc || m > (geom_is_areal(row->fields.geom) ? w->within_m : fmax(w->within_m, 5000)))
		return rc;
	for (size_t i = 0; !rc && i < sizeof(names) / sizeof(*names); i++)
		rc = keep_name(w, fields_text(&row->fields, names[i]), e);
	return rc;
}

static bool
names_place_here(const struct near_walk *w, const char *place, bool *ret_named)
{
	char folded[1024];
	size_t n = place ? text_fold(place, strlen(place), folded, sizeof(folded)) : 0;

	*ret_named = n > 0;
	for (size_t i = 0; n > 0 && i < w->places; i++)
		if (strstr(folded, w->place[i]))
			return true;
	return false;
}

static enum err_code
take_waiting(void *ctx, const char *place, int64_t count, struct err *e)
{
	struct near_walk *w = ctx;
	bool named;

	(void)e;
	if (names_place_here(w, place, &named))
		w->out->waiting_here += count;
	else
		w->out->waiting_elsewhere += count;
	if (!named)
		w->out->waiting_unplaced += count;
	return ERR_OK;
}

static void
keep_unlocated(struct find_kept *k, int64_t count, const char *place)
{
	buf_printf(&k->unlocated, "%lld %s", (long long)count, place);
	buf_addc(&k->unlocated, '\0');
}

/* A hazard of which a revision in play has no position counts under the places of all of them: a
 * position, or another place, that waits for approval takes it from none. */
static enum err_code
join_unlocated(struct store *st, struct uuid id, struct arena *mem, struct buf *place,
               struct err *e)
{
	static const char *const field[] = { "place_name", "admin2_name", "admin1_name" };
	struct history_revision *list = NULL;
	struct history h = { store_kind(st, "hazard"), id, NULL, 0 };
	struct shown_revision *rev;
	const bool *in_play = NULL;
	struct shown row;
	bool any = false, unlocated = false;
	enum err_code rc = history_load(st, id, INT64_MAX, mem, &list, &h.count, e);

	h.rev = list;
	if (!rc)
		rc = history_join(st, &h, INT64_MAX, mem, &row, &any, e);
	if (rc || !any || row.as != SHOWN_DANGER)
		return rc;
	rev = arena_calloc(mem, h.count + 1, sizeof(*rev));
	for (size_t i = 0; rev && i < h.count; i++)
		rev[i] = list[i].rev;
	if (rev)
		shown_in_play(&(struct shown_history){ rev, h.count, INT64_MAX }, mem, &in_play);
	if (!in_play)
		return err_set(e, ERR_NOMEM, "out of memory for hazards without position");
	for (size_t i = 0; i < h.count; i++)
		unlocated = unlocated || (in_play[i] && !rev[i].fields.geom);
	for (size_t i = 0; unlocated && i < h.count; i++)
		for (size_t f = 0; in_play[i] && f < sizeof(field) / sizeof(*field); f++) {
			const char *name = fields_text(&rev[i].fields, field[f]);

			buf_printf(place, "%s ", name ? name : "");
		}
	return ERR_OK;
}

static enum err_code
read_unlocated_waiting(struct store *st, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct arena mem;
	struct buf place;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_FIND_UNLOCATED_WAITING, &q, e);

	arena_init(&mem, (size_t)256 << 20);
	buf_init(&place, (size_t)1 << 20);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(q, 0);
		struct uuid id;

		arena_reset(&mem);
		buf_reset(&place);
		if (!text || !uuid_parse(text, strlen(text), &id))
			continue;
		rc = join_unlocated(st, id, &mem, &place, e);
		if (!rc && place.size)
			keep_unlocated(&st->find, 1, buf_text(&place));
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the hazards", e);
	sqlite3_finalize(q);
	buf_done(&place);
	arena_done(&mem);
	return rc;
}

/* Read the open hazards whose position is not known, by the place they stand under. */
static enum err_code
read_unlocated(struct store *st, struct err *e)
{
	struct find_kept *k = &st->find;
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_FIND_UNLOCATED, &q, e);

	k->size = -1;
	buf_done(&k->unlocated);
	buf_init(&k->unlocated, (size_t)64 << 20);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *place = (const char *)sqlite3_column_text(q, 0);

		keep_unlocated(k, sqlite3_column_int64(q, 1), place ? place : "");
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the hazards", e);
	sqlite3_finalize(q);
	if (!rc)
		rc = read_unlocated_waiting(st, e);
	if (!rc && !buf_ok(&k->unlocated))
		rc = err_set(e, ERR_NOMEM, "out of memory for hazards without position");
	if (rc)
		return rc;
	k->size = store_log_size(st);
	return ERR_OK;
}

static enum err_code
count_unlocated(struct near_walk *w, struct err *e)
{
	struct find_kept *k = &w->st->find;
	const char *p, *end;
	enum err_code rc = ERR_OK;

	if (k->size < 0 || !k->any || k->size != store_log_size(w->st))
		rc = read_unlocated(w->st, e);
	p = k->unlocated.data;
	end = p ? p + k->unlocated.size : NULL;
	for (; !rc && p < end; p += strlen(p) + 1) {
		const char *place = strchr(p, ' ');
		int64_t count = 0;
		bool named;

		if (place && text_parse_i64(p, (size_t)(place - p), &count) &&
		    names_place_here(w, place + 1, &named))
			w->out->unlocated_here += count;
	}
	return rc;
}

/* A box that holds every position within m metres. */
static struct geom_box
box_around(double lon, double lat, double m)
{
	double dlat = m / 110000, edge = fmin(89.9, fabs(lat) + dlat),
	       dlon = dlat / cos(edge * 0.017453292519943295);

	return (struct geom_box){ lon - dlon, lat - dlat, lon + dlon, lat + dlat };
}

/* The farthest that any hazard reaches beyond its drawing, from all of them. */
static enum err_code
read_reach(struct near_walk *w, double *ret_m, struct err *e)
{
	struct store *st = w->st;
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_FIND_REACH, &q, e);

	if (rc)
		return rc;
	*ret_m = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_double(q, 0) : 0;
	sqlite3_finalize(q);
	rc = db_prepare(st, SQL_STORE_FIND_PENDING, &q, e);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(q, 0);
		struct history_revision *list = NULL;
		struct uuid uuid;
		size_t n = 0;

		arena_reset(&w->row);
		if (!id || !uuid_parse(id, strlen(id), &uuid))
			continue;
		rc = history_load(st, uuid, INT64_MAX, &w->row, &list, &n, e);
		for (size_t i = 0; !rc && i < n; i++)
			*ret_m = fmax(*ret_m, reach_of(&list[i].rev.fields));
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the hazards", e);
	sqlite3_finalize(q);
	return rc;
}

/* The same, kept: what came in since can only make it larger. */
static enum err_code
find_reach(struct near_walk *w, double *ret_m, struct err *e)
{
	struct find_kept *k = &w->st->find;
	sqlite3_stmt *q = NULL;
	int64_t newest = k->rid;
	double since_m = 0;
	enum err_code rc = db_prepare(w->st, SQL_STORE_FIND_REACH_SINCE, &q, e);

	if (!rc && !k->any) {
		k->size = -1;
		rc = read_reach(w, &k->reach_m, e);
		if (!rc)
			rc = db_int(w->st, SQL_STORE_LAST_RID, 0, &newest, e);
	}
	if (!rc && k->any) {
		(void)sqlite3_bind_int64(q, 1, w->st->kind[store_kind(w->st, "hazard")].id);
		(void)sqlite3_bind_int64(q, 2, k->rid);
		if (sqlite3_step(q) == SQLITE_ROW) {
			since_m = sqlite3_column_double(q, 0);
			newest = sqlite3_column_int64(q, 1);
		} else {
			rc = db_fail(w->st, "read the hazards", e);
		}
	}
	sqlite3_finalize(q);
	if (rc)
		return rc;
	k->any = true;
	k->rid = newest;
	k->reach_m = fmax(k->reach_m, since_m);
	*ret_m = k->reach_m;
	return ERR_OK;
}

static enum err_code
walk_kind(struct near_walk *w, const char *kind, double reach_m, each_fn *fn, struct err *e)
{
	double lon = w->point.xy[0], lat = w->point.xy[1];
	struct geom_box box = box_around(lon, lat, (w->within_m + reach_m) * 1.01 + 10), shifted;
	struct each_filter f = { .kind = store_kind(w->st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .box = &shifted };
	enum err_code rc = ERR_OK;

	w->boxes = 0;
	for (int turn = -1; !rc && turn <= 1 && f.kind >= 0; turn++) { /* over the 180th meridian */
		shifted = box;
		shifted.min_lon_deg += 360 * turn;
		shifted.max_lon_deg += 360 * turn;
		if (shifted.max_lon_deg >= -180 && shifted.min_lon_deg <= 180)
			rc = each_layer(w->st, &f, fn, w, e);
		w->walked[w->boxes++] = shifted;
	}
	return rc;
}

static enum err_code
run_near(struct near_walk *w, struct err *e)
{
	int hazard = store_kind(w->st, "hazard");
	double reach_m = 0;
	enum err_code rc = find_reach(w, &reach_m, e);

	if (!access_is_exact(w->role))
		reach_m += 3 * ACCESS_GRID_M; /* the public geometry fills its cells */
	if (!rc)
		rc = walk_kind(w, "hazard", reach_m, near_hazard, e);
	/* others have no index of their reach: 20 km holds every handheld and every map */
	if (!rc)
		rc = walk_kind(w, "ordnance", 20000, near_other, e);
	if (!access_is_exact(w->role))
		w->out->accidents = w->out->records = -1;
	else if (!rc)
		rc = walk_kind(w, "accident", 20000, near_other, e);
	if (!rc && access_is_exact(w->role))
		rc = walk_kind(w, "minefield_record", 20000, near_other, e);
	if (!rc)
		rc = walk_kind(w, "place", 5000, near_place, e);
	if (!rc)
		rc = count_unlocated(w, e);
	return rc ? rc : quarantine_waiting(w->st, hazard, INT64_MAX, take_waiting, w, e);
}

enum err_code
find_near(struct store *st, enum access_role role, const double at_deg[2], double within_m,
          struct arena *mem, struct find_near *ret, struct err *e)
{
	double lon_deg = at_deg[0], lat_deg = at_deg[1];
	struct near_walk w = {
		.st = st, .role = role, .within_m = within_m, .mem = mem, .out = ret
	};
	enum err_code rc;

	if (!(lon_deg >= -180 && lon_deg <= 180))
		return err_set(e, ERR_INVALID, "longitude %g is not -180 .. 180", lon_deg);
	if (!(lat_deg >= -90 && lat_deg <= 90))
		return err_set(e, ERR_INVALID, "latitude %g is not -90 .. 90", lat_deg);
	if (!(within_m >= 0 && within_m <= 100000))
		return err_set(e, ERR_INVALID, "a distance of %g m is not 0 .. 100000", within_m);
	memset(ret, 0, sizeof(*ret));
	w.danger = arena_calloc(mem, 2 * (size_t)ITEMS_MOST, sizeof(*w.danger));
	if (!w.danger || !geom_make_point(lon_deg, lat_deg, mem, &w.point))
		return err_set(e, ERR_NOMEM, "out of memory for a search");
	w.release = w.danger + ITEMS_MOST;
	arena_init(&w.row, (size_t)256 << 20);
	arena_init(&w.seen, (size_t)256 << 20);
	rc = run_near(&w, e);
	mem_free(w.place);
	arena_done(&w.row);
	arena_done(&w.seen);
	if (rc)
		return rc;
	ret->item = w.danger;
	memmove(w.danger + w.dangers, w.release, w.releases * sizeof(*w.release));
	ret->count = w.dangers + w.releases;
	if (w.dangers)
		ret->answer = FIND_DANGER;
	/* two records may say different things of the same land: the more cautious one answers */
	for (size_t i = w.dangers; !w.dangers && i < ret->count; i++)
		if (ret->answer == FIND_NO_INFORMATION ||
		    ret->item[i].what == FIND_REPORTED_RELEASED)
			ret->answer = ret->item[i].what;
	return ERR_OK;
}
