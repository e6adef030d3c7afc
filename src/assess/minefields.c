/* Minefield records against the ground: which share of finds and accidents lies inside what parties
 * say they laid, and how far off the rest is. A record is always a claim. docs/FIGURES.md,
 * "Minefield records".
 *
 * value: inside the outline as recorded. high: inside it grown by the accuracies of record and
 * find; low: inside, and farther from its border than they. Finds are records of ordnance, each one
 * once, whatever its quantity. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/places.h"
#include "assess/table.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/shape.h"

static const char method[] = "minefields/1";

/* A record of a minefield without a stated accuracy: as AP II asks for reference points, not for
 * coordinates. */
#define MINEFIELD_ACCURACY_M 100.0
#define POINT_ACCURACY_M 25.0
/* Farther than this a find says nothing about a record's error. */
#define FAR_M 2000.0

enum {
	MAX_PARTIES = 64,
	BANDS = 3600
}; /* bands of 0.05 degree */

struct minefield {
	struct geom geom, border; /* the outline, and its rings as lines */
	struct geom_box near;     /* its box grown by FAR_M */
	double accuracy_m;
	size_t party; /* its number */
};

struct off {
	double m;
	struct uuid id;
	int kind;
};

struct matching {
	struct assess *a;
	struct arena mem;
	struct minefield *field;
	size_t count, room;
	struct tally *tally; /* place, "WHAT|PARTY": inside value, low, high; all in sum[3] */
	const char *what;    /* "finds" or "accidents" */
	const char *party[MAX_PARTIES];
	unsigned lie[MAX_PARTIES]; /* enum lie, of the point in hand */
	size_t parties;
	uint32_t *band_start, *band_of; /* numbers of fields by band of latitude */
	struct off *off;                /* of finds that lie near a record but outside */
	size_t offs, off_room;
};

static int
band_of(double lat_deg)
{
	double b = (lat_deg + 90) * 20;

	return b <= 0 ? 0 : b >= BANDS ? BANDS - 1 : (int)b;
}

/* The number of a party; past the limit the last one holds all that are left. */
static enum err_code
party_number(struct matching *m, const char *name, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < m->parties; i++)
		if (text_eq(m->party[i], name)) {
			*ret = i;
			return ERR_OK;
		}
	if (m->parties == MAX_PARTIES) {
		*ret = MAX_PARTIES - 1;
		return ERR_OK;
	}
	m->party[m->parties] =
		arena_strdup(&m->mem, m->parties == MAX_PARTIES - 1 ? "all other parties" : name);
	if (!m->party[m->parties])
		return err_set(e, ERR_NOMEM, "out of memory for minefield records");
	*ret = m->parties++;
	return ERR_OK;
}

static bool
border_of(const struct geom *g, struct arena *mem, struct geom *ret)
{
	uint32_t *part = arena_calloc(mem, g->ring_count + 1u, sizeof(*part));

	if (!part)
		return false;
	for (uint32_t i = 0; i < g->ring_count; i++)
		part[i] = i + 1;
	*ret = *g;
	ret->type = GEOM_MULTILINESTRING;
	ret->part_count = g->ring_count;
	ret->part_end = part;
	return true;
}

static enum err_code
see_minefield(void *ctx, const struct shown *row, struct err *e)
{
	struct matching *m = ctx;
	const char *party = fields_text(&row->fields, "party");
	struct minefield f = { .accuracy_m = fields_number(&row->fields, "accuracy_m",
		                                           MINEFIELD_ACCURACY_M) };
	double lat;
	enum err_code rc;

	if (!row->fields.geom || !geom_is_areal(row->fields.geom) ||
	    geom_is_empty(row->fields.geom))
		return ERR_OK;
	if (m->count == m->room) {
		size_t room = m->room ? m->room * 2 : 64;
		struct minefield *p = mem_realloc_array(m->field, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for minefield records");
		m->field = p;
		m->room = room;
	}
	rc = party_number(m, party ? party : "not stated", &f.party, e);
	if (rc)
		return rc;
	if (!geom_copy(row->fields.geom, &m->mem, &f.geom) ||
	    !border_of(&f.geom, &m->mem, &f.border))
		return err_set(e, ERR_NOMEM, "out of memory for minefield records");
	f.near = geom_bounds(&f.geom);
	lat = fmax(fabs(f.near.min_lat_deg), fabs(f.near.max_lat_deg));
	f.near.min_lat_deg -= FAR_M / 110000;
	f.near.max_lat_deg += FAR_M / 110000;
	f.near.min_lon_deg -=
		FAR_M / (110000 * fmax(cos((lat + 0.1) * 3.14159265358979 / 180), 0.01));
	f.near.max_lon_deg +=
		FAR_M / (110000 * fmax(cos((lat + 0.1) * 3.14159265358979 / 180), 0.01));
	m->field[m->count++] = f;
	return ERR_OK;
}

/* Fields by bands of latitude of their grown boxes, so that a point looks at few. */
static enum err_code
make_bands(struct matching *m, struct err *e)
{
	m->band_start = mem_calloc(BANDS + 2, sizeof(*m->band_start));
	if (!m->band_start)
		return err_set(e, ERR_NOMEM, "out of memory for minefield records");
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < m->count; i++) {
			int lo = band_of(m->field[i].near.min_lat_deg),
			    hi = band_of(m->field[i].near.max_lat_deg);

			for (int k = lo; k <= hi; k++) {
				if (pass == 0)
					m->band_start[k + 1]++;
				else
					m->band_of[m->band_start[k]++] = (uint32_t)i;
			}
		}
		if (pass == 0) {
			for (int k = 0; k < BANDS; k++)
				m->band_start[k + 1] += m->band_start[k];
			m->band_of =
				mem_calloc((size_t)m->band_start[BANDS] + 1, sizeof(*m->band_of));
			if (!m->band_of)
				return err_set(e, ERR_NOMEM, "out of memory for minefield records");
		}
	}
	memmove(m->band_start + 1, m->band_start, BANDS * sizeof(*m->band_start));
	m->band_start[0] = 0;
	return ERR_OK;
}

/* How a point lies to a record. */
enum lie {
	OUTSIDE,
	MAYBE_INSIDE,
	INSIDE,
	SURELY_INSIDE
};

static enum err_code
lie_of(struct matching *m, const struct minefield *f, const struct geom *point, double accuracy_m,
       enum lie *ret, double *ret_off_m, struct err *e)
{
	double reach = f->accuracy_m + accuracy_m, border = 0;
	enum err_code rc = shape_distance_m(m->a->geo, &f->geom, point, ret_off_m, e);

	if (!rc && *ret_off_m == 0)
		rc = shape_distance_m(m->a->geo, &f->border, point, &border, e);
	if (rc)
		return rc;
	if (*ret_off_m > 0)
		*ret = *ret_off_m <= reach ? MAYBE_INSIDE : OUTSIDE;
	else
		*ret = border > reach ? SURELY_INSIDE : INSIDE;
	return ERR_OK;
}

/* The best lie of a point to any record, and to each party's. */
static enum err_code
lies(struct matching *m, const struct geom *point, double accuracy_m, enum lie *ret_any,
     double *ret_off_m, struct err *e)
{
	struct geom_box b = geom_bounds(point);
	int band = band_of(b.min_lat_deg);
	enum err_code rc = ERR_OK;

	*ret_any = OUTSIDE;
	*ret_off_m = INFINITY;
	memset(m->lie, 0, m->parties * sizeof(*m->lie));
	for (uint32_t k = m->band_start[band]; !rc && k < m->band_start[band + 1]; k++) {
		const struct minefield *f = &m->field[m->band_of[k]];
		enum lie l = OUTSIDE;
		double off = INFINITY;

		if (!geom_box_overlap(b, f->near))
			continue;
		rc = lie_of(m, f, point, accuracy_m, &l, &off, e);
		if (!rc && (unsigned)l > m->lie[f->party])
			m->lie[f->party] = (unsigned)l;
		if (l > *ret_any)
			*ret_any = l;
		if (off < *ret_off_m)
			*ret_off_m = off;
	}
	return rc;
}

static enum err_code
count_lie(struct matching *m, size_t place, const char *party, enum lie l, struct err *e)
{
	struct tally_cell *cell;
	char key[300];
	enum err_code rc;

	(void)snprintf(key, sizeof(key), "%s|%.*s", m->what, figure_cut(party, 250), party);
	rc = tally_at(m->tally, place, key, &cell, e);
	if (rc)
		return rc;
	cell->records++;
	cell->sum[0] += l >= INSIDE;
	cell->sum[1] += l >= SURELY_INSIDE;
	cell->sum[2] += l >= MAYBE_INSIDE;
	return m->a->q->explain ? tally_note(m->tally, cell, l >= INSIDE, e) : ERR_OK;
}

static enum err_code
keep_distance(struct matching *m, const struct shown *row, double off_m, struct err *e)
{
	if (m->offs == m->off_room) {
		size_t room = m->off_room ? m->off_room * 2 : 256;
		struct off *p = mem_realloc_array(m->off, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for distances");
		m->off = p;
		m->off_room = room;
	}
	m->off[m->offs++] = (struct off){ off_m, row->id, row->kind };
	return ERR_OK;
}

static enum err_code
see_point(void *ctx, const struct shown *row, struct err *e)
{
	struct matching *m = ctx;
	double accuracy = fields_number(&row->fields, "accuracy_m", POINT_ACCURACY_M), off;
	enum lie any;
	size_t place;
	enum err_code rc;

	if (!row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	tally_from(m->tally, row->id, row->kind, m->a->q->explain);
	rc = places_of(m->a->places, row, &place, e);
	if (!rc)
		rc = lies(m, row->fields.geom, accuracy, &any, &off, e);
	if (!rc)
		rc = count_lie(m, place, "", any, e);
	if (!rc && any < INSIDE && off <= FAR_M)
		rc = keep_distance(m, row, off, e);
	for (size_t i = 0; !rc && i < m->parties; i++)
		rc = count_lie(m, place, m->party[i], (enum lie)m->lie[i], e);
	return rc;
}

static int
by_value(const void *a, const void *b)
{
	const struct off *x = a, *y = b;

	return x->m < y->m ? -1 : x->m > y->m ? 1 : memcmp(x->id.b, y->id.b, UUID_SIZE);
}

static enum err_code
add_rows(struct matching *m, struct err *e)
{
	enum err_code rc = ERR_OK;

	tally_sort(m->tally);
	for (size_t i = 0; !rc && i < tally_count(m->tally); i++) {
		const struct tally_cell *c = tally_cell(m->tally, i);
		const char *bar = strchr(c->key, '|');
		double n = (double)c->records;
		char code[60], dim[300], note[100];
		size_t row = 0;
		struct figure_row r = { .code = code,
			                .dim = dim,
			                .place = places_name(m->a->places, c->place),
			                .known = true,
			                .value = 100 * c->sum[0] / n,
			                .low = 100 * c->sum[1] / n,
			                .high = 100 * c->sum[2] / n,
			                .unit = "percent",
			                .decimals = 1,
			                .method = method,
			                .records = c->records,
			                .note = note };

		(void)snprintf(code, sizeof(code), "minefields.%.*s_inside", (int)(bar - c->key),
		               c->key);
		(void)snprintf(dim, sizeof(dim), "%s%s", bar[1] ? "party=" : "", bar + 1);
		(void)snprintf(note, sizeof(note), "%.0f of %.0f with a position", c->sum[0], n);
		if (figure_wanted(m->a, code))
			rc = figure_add(m->a, &r, &row, e);
		if (!rc && figure_wanted(m->a, code))
			rc = table_members(m->a, m->tally, c, row, e);
	}
	if (!rc && m->offs && figure_wanted(m->a, "minefields.distance")) {
		size_t row = 0;
		struct figure_row r = { .code = "minefields.distance",
			                .dim = "median",
			                .known = true,
			                .unit = "m",
			                .method = method,
			                .records = (int64_t)m->offs,
			                .decimals = 0,
			                .note = "of finds and accidents outside the records but "
			                        "within 2 km; low and high are quartiles" };

		qsort(m->off, m->offs, sizeof(*m->off), by_value);
		r.value = (m->off[m->offs / 2].m + m->off[(m->offs - 1) / 2].m) / 2;
		r.low = m->off[m->offs / 4].m;
		r.high = m->off[m->offs * 3 / 4].m;
		rc = figure_add(m->a, &r, &row, e);
		for (size_t i = 0; !rc && i < m->offs; i++)
			rc = figure_add_member(m->a, row, m->off[i].id, m->off[i].kind, m->off[i].m,
			                       e);
	}
	return rc;
}

static enum err_code
walk(struct matching *m, const char *kind, const char *what, struct err *e)
{
	static const char *const want[] = { "accuracy_m",  "place",    "place_name", "admin1_name",
		                            "admin2_name", "geometry", NULL };
	struct each_filter f = { .kind = store_kind(m->a->st, kind),
		                 .as_of_days = m->a->q->as_of_days,
		                 .known_size = m->a->q->known_size,
		                 .want = want };

	m->what = what;
	return f.kind < 0 ? ERR_OK : store_each(m->a->st, &f, see_point, m, e);
}

enum err_code
figure_minefields(struct assess *a, struct err *e)
{
	static const char *const want[] = { "party", "accuracy_m", "geometry", NULL };
	struct matching m = { .a = a };
	struct each_filter f = { .kind = store_kind(a->st, "minefield_record"),
		                 .as_of_days = a->q->as_of_days,
		                 .known_size = a->q->known_size,
		                 .want = want };
	enum err_code rc = tally_create(&m.tally, e);

	arena_init(&m.mem, (size_t)1 << 30);
	if (!rc && f.kind >= 0)
		rc = store_each(a->st, &f, see_minefield, &m, e);
	if (!rc)
		rc = make_bands(&m, e);
	if (!rc && m.count > 0)
		rc = walk(&m, "ordnance", "finds", e);
	if (!rc && m.count > 0)
		rc = walk(&m, "accident", "accidents", e);
	if (!rc && tally_count(m.tally) == 0) {
		struct figure_row none = { .code = "minefields.finds_inside",
			                   .unit = "percent",
			                   .method = method,
			                   .note = m.count ? "no find or accident has a position"
			                                   : "no minefield record has an outline" };

		rc = figure_add(a, &none, NULL, e);
	} else if (!rc) {
		rc = add_rows(&m, e);
	}
	tally_free(m.tally);
	mem_free(m.field);
	mem_free(m.off);
	mem_free(m.band_start);
	mem_free(m.band_of);
	arena_done(&m.mem);
	return rc;
}
