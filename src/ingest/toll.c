#include "ingest/toll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ingest/rowcheck.h"
#include "store/each.h"

struct person {
	struct uuid accident;
	int64_t fid, submission;
	int outcome; /* 0 killed, 1 injured, 2 not known */
};

struct work {
	struct person *person;
	size_t count, room;
	int64_t since, found;
	struct rowkey_reader *notes;
};

static enum err_code
see_victim(void *ctx, const struct shown *row, struct err *e)
{
	struct work *w = ctx;
	const char *text = fields_text(&row->fields, "accident"),
		   *outcome = fields_text(&row->fields, "outcome");
	struct person p = { .fid = row->fid, .submission = row->submission };

	if (!text || !uuid_parse(text, strlen(text), &p.accident))
		return ERR_OK;
	p.outcome = text_eq(outcome, "killed") ? 0 : text_eq(outcome, "injured") ? 1 : 2;
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 256;
		struct person *more = mem_realloc_array(w->person, room, sizeof(*more));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for victims");
		w->person = more;
		w->room = room;
	}
	w->person[w->count++] = p;
	return ERR_OK;
}

static int
by_accident(const void *a, const void *b)
{
	const struct person *x = a, *y = b;
	int c = memcmp(x->accident.b, y->accident.b, UUID_SIZE);

	return c ? c : x->fid < y->fid ? -1 : x->fid > y->fid;
}

/* The first victim of an accident in the sorted list. */
static size_t
first_of(const struct work *w, struct uuid accident)
{
	size_t lo = 0, hi = w->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (memcmp(w->person[mid].accident.b, accident.b, UUID_SIZE) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static enum err_code
see_accident(void *ctx, const struct shown *row, struct err *e)
{
	struct work *w = ctx;
	double said[2] = { fields_number(&row->fields, "killed", -1),
		           fields_number(&row->fields, "injured", -1) };
	double unknown = fields_number(&row->fields, "unknown_outcome", 0), listed[3] = { 0 };
	int64_t newest = row->submission, last = 0;
	char detail[120];
	bool differs;

	for (size_t i = first_of(w, row->id);
	     i < w->count && memcmp(w->person[i].accident.b, row->id.b, UUID_SIZE) == 0; i++) {
		listed[w->person[i].outcome]++;
		last = w->person[i].fid;
		if (w->person[i].submission > newest)
			newest = w->person[i].submission;
	}
	if (last == 0 || newest < w->since || (said[0] < 0 && said[1] < 0))
		return ERR_OK;
	differs = (said[0] >= 0 && listed[0] > said[0]) || (said[1] >= 0 && listed[1] > said[1]) ||
	          (said[0] < 0 ? 0 : said[0]) + (said[1] < 0 ? 0 : said[1]) + unknown !=
	                  listed[0] + listed[1] + listed[2];
	if (!differs)
		return ERR_OK;
	w->found++;
	(void)snprintf(detail, sizeof(detail),
	               "says killed %.0f, injured %.0f; lists killed %.0f, injured %.0f, not known "
	               "%.0f",
	               said[0] < 0 ? 0 : said[0], said[1] < 0 ? 0 : said[1], listed[0], listed[1],
	               listed[2]);
	return rowkey_note(w->notes, row->fid, rowchecks[CHECK_CASUALTIES_DIFFER].code, last,
	                   detail, e);
}

enum err_code
toll_note(struct store *st, int64_t since, struct rowkey_reader *notes, int64_t *ret, struct err *e)
{
	static const char *const victims[] = { "accident", "outcome", NULL };
	static const char *const accidents[] = { "killed", "injured", "unknown_outcome", NULL };
	struct each_filter f = { .kind = store_kind(st, "victim"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = victims };
	struct work w = { .since = since, .notes = notes };
	enum err_code rc = ERR_OK;

	*ret = 0;
	if (f.kind >= 0)
		rc = store_each(st, &f, see_victim, &w, e);
	if (!rc && w.count)
		qsort(w.person, w.count, sizeof(*w.person), by_accident);
	f.kind = store_kind(st, "accident");
	f.want = accidents;
	if (!rc && w.count && f.kind >= 0)
		rc = store_each(st, &f, see_accident, &w, e);
	mem_free(w.person);
	*ret = w.found;
	return rc;
}
