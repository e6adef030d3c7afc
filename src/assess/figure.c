#include "assess/figure.h"

#include <string.h>

#include "assess/places.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/geo.h"
#include "store/quarantine.h"
#include "store/waiting.h"

bool
figure_wanted(const struct assess *a, const char *code)
{
	if (!a->q->codes)
		return true;
	for (const char *const *p = a->q->codes; *p; p++) {
		size_t n = strlen(*p), m = strlen(code);

		/* "extent" asks for "extent.area"; a module asks with "extent" whether any of its
		 * figures is wanted */
		if (text_eq(*p, code) || (text_starts(code, *p) && code[n] == '.') ||
		    (text_starts(*p, code) && (*p)[m] == '.'))
			return true;
	}
	return false;
}

int
figure_cut(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n > max)
		for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

bool
figure_explains(const struct assess *a, const char *code)
{
	return a->q->explain &&
	       (text_eq(a->q->explain, code) ||
	        (text_starts(code, a->q->explain) && code[strlen(a->q->explain)] == '.'));
}

enum err_code
figure_add(struct assess *a, const struct figure_row *row, size_t *ret_index, struct err *e)
{
	struct figure_set *s = a->out;
	struct figure_row r = *row;

	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct figure_row *p = mem_realloc_array(s->row, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for figures");
		s->row = p;
		s->room = room;
	}
	r.code = arena_strdup(&s->mem, row->code);
	r.dim = arena_strdup(&s->mem, row->dim ? row->dim : "");
	r.place = arena_strdup(&s->mem, row->place ? row->place : "");
	r.period = arena_strdup(&s->mem, row->period ? row->period : "");
	r.unit = arena_strdup(&s->mem, row->unit ? row->unit : "");
	r.method = arena_strdup(&s->mem, row->method ? row->method : "");
	r.note = arena_strdup(&s->mem, row->note ? row->note : "");
	if (!r.code || !r.dim || !r.place || !r.period || !r.unit || !r.method || !r.note)
		return err_set(e, ERR_NOMEM, "out of memory for figures");
	s->row[s->count] = r;
	if (ret_index)
		*ret_index = s->count;
	s->count++;
	return ERR_OK;
}

enum err_code
figure_add_member(struct assess *a, size_t row, struct uuid id, int kind, double part,
                  struct err *e)
{
	struct figure_set *s = a->out;

	if (!figure_explains(a, s->row[row].code) ||
	    (a->q->explain_place && !text_eq(a->q->explain_place, s->row[row].place)))
		return ERR_OK;
	if (s->members == s->member_room) {
		size_t room = s->member_room ? s->member_room * 2 : 256;
		struct figure_member *p = mem_realloc_array(s->member, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		s->member = p;
		s->member_room = room;
	}
	s->member[s->members++] =
		(struct figure_member){ .row = row, .id = id, .kind = kind, .part = part };
	return ERR_OK;
}

static enum err_code
count_waiting(void *ctx, const struct shown *row, struct err *e)
{
	struct assess *a = ctx;

	(void)e;
	a->out->waiting_hazards += row->unapproved;
	return ERR_OK;
}

static enum err_code
add_quarantined(void *ctx, const char *place, int64_t count, struct err *e)
{
	struct assess *a = ctx;

	(void)place;
	(void)e;
	a->out->quarantined_hazards += count;
	return ERR_OK;
}

/* What waits is not invisible: counted beside every figure. */
static enum err_code
waiting(struct assess *a, struct err *e)
{
	static const char *const none[] = { NULL };
	struct each_filter f = { .kind = store_kind(a->st, "hazard"),
		                 .as_of_days = a->q->as_of_days,
		                 .known_size = a->q->known_size,
		                 .want = none };
	enum err_code rc;

	if (f.kind < 0)
		return ERR_OK;
	rc = store_each(a->st, &f, count_waiting, a, e);
	if (!rc)
		rc = quarantine_waiting(a->st, f.kind, a->q->known_size, add_quarantined, a, e);
	return rc ? rc
	          : waiting_returned(a->st, f.kind, a->q->as_of_days, a->q->known_size,
	                             &a->out->returned_hazards, e);
}

enum err_code
figure_run(struct store *st, const struct figure_question *q, struct pool *pool,
           struct figure_set *ret, struct err *e)
{
	static const struct {
		const char *name;
		enum err_code (*run)(struct assess *a, struct err *e);
	} module[] = {
		{ "extent", figure_extent },         { "release", figure_release },
		{ "exposure", figure_exposure },     { "casualties", figure_casualties },
		{ "finds", figure_finds },           { "laying", figure_laying },
		{ "minefields", figure_minefields }, { "claims", figure_claims },
	};
	struct assess a = { .st = st, .q = q, .pool = pool, .out = ret };
	enum err_code rc = ERR_OK;

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->mem, (size_t)1 << 30);
	a.geo = geo_create();
	if (!a.geo)
		rc = err_set(e, ERR_NOMEM, "out of memory for figures");
	if (!rc)
		rc = places_load(st, a.geo, q->by, q->as_of_days, q->known_size, &a.places, e);
	for (size_t i = 0; !rc && i < sizeof(module) / sizeof(*module); i++)
		if (figure_wanted(&a, module[i].name)) {
			rc = module[i].run(&a, e);
			mem_trim(); /* what one took the next one needs in other sizes */
		}
	if (!rc)
		rc = waiting(&a, e);
	places_free(a.places);
	geo_free(a.geo);
	if (rc)
		figure_set_free(ret);
	return rc;
}

void
figure_set_free(struct figure_set *s)
{
	arena_done(&s->mem);
	mem_free(s->row);
	mem_free(s->member);
	memset(s, 0, sizeof(*s));
}
