#include "publish/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "publish/columns.h"
#include "publish/number.h"
#include "store/history.h"

struct head {
	char as_of[11], known_at[28], root[64];
	int64_t size;
};

/* The question's place in time, and the root of the log then: what makes the answer repeatable. */
static enum err_code
make_head(struct store *st, const struct figure_question *q, struct head *h, struct err *e)
{
	int64_t all = store_log_size(st);
	uint8_t root[32];
	enum err_code rc;

	memset(h, 0, sizeof(*h));
	h->size = q->known_size < all ? q->known_size : all;
	if (q->as_of_days == INT64_MAX)
		memcpy(h->as_of, "all", 4);
	else
		clock_format_date(q->as_of_days, h->as_of);
	if (q->known_at_us != INT64_MAX)
		clock_format_us(q->known_at_us, h->known_at);
	rc = store_root_at(st, h->size, root, e);
	if (!rc)
		(void)text_base64(root, 32, h->root);
	return rc;
}

/* The value and its bounds: "12 (10 to 15)"; what is said without a number has none. */
static void
value_texts(const struct figure_row *r, char value[NUMBER_TEXT], char range[160])
{
	char low[NUMBER_TEXT], high[NUMBER_TEXT];
	bool said = text_eq(r->code, "claims.claimed") && r->records > 0;

	range[0] = '\0';
	(void)snprintf(value, NUMBER_TEXT, "%s", said ? "" : "no records");
	if (!r->known)
		return;
	number_grouped(value, r->value, r->decimals);
	number_grouped(low, r->low, r->decimals);
	number_grouped(high, r->high, r->decimals);
	if (!isfinite(r->high))
		(void)snprintf(range, 160, "(%s or more)", low);
	else if (!text_eq(low, high))
		(void)snprintf(range, 160, "(%s to %s)", low, high);
}

/* A claim and the record beside it are one block: the claim's heading, then both. */
static bool
same_block(const struct figure_row *r, const struct figure_row *before)
{
	return before &&
	       (text_eq(before->code, r->code) ||
	        (text_eq(before->code, "claims.claimed") && text_eq(r->code, "claims.recorded")));
}

static void
table_row(const struct figure_row *r, const struct figure_row *before, struct buf *out)
{
	static const size_t note_width[] = { 92 };
	char value[NUMBER_TEXT], range[160];
	bool claim = text_starts(r->code, "claims.") && !text_eq(r->code, "claims.recorded");
	struct buf what;

	value_texts(r, value, range);
	if (claim || !same_block(r, before))
		buf_printf(out, "\n%s  [%s]  %s\n", r->code, r->unit, r->method);
	buf_init(&what, 1u << 16);
	if (text_eq(r->code, "claims.recorded"))
		buf_adds(&what, "the records say");
	else
		buf_printf(&what, "%s%s%s%s%s", r->place,
		           *r->place && (*r->dim || *r->period) ? "  " : "", r->dim,
		           *r->period && *r->dim ? "  " : "", r->period);
	buf_adds(out, "  ");
	if (columns_width(buf_text(&what), strlen(buf_text(&what))) > 44) {
		buf_printf(out, "%s\n  ", buf_text(&what));
		buf_reset(&what);
		buf_adds(&what, " ");
	}
	columns_pad(out, *buf_text(&what) ? buf_text(&what) : "all", 44);
	buf_printf(out, " %18s  %-34s %8lld\n", value, range, (long long)r->records);
	if (*r->note && !(before && same_block(r, before) && text_eq(before->note, r->note)))
		columns_write(out, 6, note_width, &r->note, 1);
	buf_done(&what);
}

static void
write_table(const struct head *h, const struct figure_set *s, struct buf *out)
{
	buf_printf(out, "as it was on %s, as known at %s\n", h->as_of,
	           *h->known_at ? h->known_at : "the newest submission");
	buf_printf(out, "checkpoint: %lld submissions, root %s\n", (long long)h->size, h->root);
	for (size_t i = 0; i < s->count; i++)
		table_row(&s->row[i], i ? &s->row[i - 1] : NULL, out);
	buf_printf(out,
	           "\nwaiting for approval: %lld hazards (drawn as danger); returned: %lld (not "
	           "drawn); in quarantine: %lld rows that may be hazards\n",
	           (long long)s->waiting_hazards, (long long)s->returned_hazards,
	           (long long)s->quarantined_hazards);
}

static void
csv_text(struct buf *out, const char *s, bool comma)
{
	if (comma)
		buf_addc(out, ',');
	csv_write_safe(out, s, strlen(s), ',');
}

static void
write_csv(const struct head *h, const struct figure_set *s, struct buf *out)
{
	buf_adds(out, "code,dimension,place,period,value,low,high,unit,method,records,note,as_of,"
	              "known_at,size,root,"
	              "waiting_hazards,quarantined_hazards,returned_hazards\n");
	for (size_t i = 0; i < s->count; i++) {
		const struct figure_row *r = &s->row[i];
		char v[3][NUMBER_TEXT] = { "", "", "" };

		if (r->known) {
			number_plain(v[0], r->value, r->decimals);
			number_plain(v[1], r->low, r->decimals);
			number_plain(v[2], r->high, r->decimals);
		}
		csv_text(out, r->code, false);
		csv_text(out, r->dim, true);
		csv_text(out, r->place, true);
		csv_text(out, r->period, true);
		buf_printf(out, ",%s,%s,%s", v[0], v[1], v[2]);
		csv_text(out, r->unit, true);
		csv_text(out, r->method, true);
		buf_printf(out, ",%lld", (long long)r->records);
		csv_text(out, r->note, true);
		buf_printf(out, ",%s,%s,%lld,%s,%lld,%lld,%lld\n", h->as_of, h->known_at,
		           (long long)h->size, h->root, (long long)s->waiting_hazards,
		           (long long)s->quarantined_hazards, (long long)s->returned_hazards);
	}
}

static void
json_rounded(struct json_writer *w, const char *key, const struct figure_row *r, double v)
{
	char text[NUMBER_TEXT];

	number_plain(text, v, r->decimals);
	if (r->known && *text)
		json_raw(w, key, text, strlen(text));
	else
		json_null(w, key);
}

/* A row as an object that is left open. */
static void
row_json_open(struct json_writer *w, const struct figure_row *r)
{
	json_object(w, NULL);
	json_string(w, "code", r->code);
	json_string(w, "dimension", r->dim);
	json_string(w, "place", r->place);
	json_string(w, "period", r->period);
	json_rounded(w, "value", r, r->value);
	json_rounded(w, "low", r, r->low);
	json_rounded(w, "high", r, r->high);
	json_string(w, "unit", r->unit);
	json_string(w, "method", r->method);
	json_int(w, "records", r->records);
	json_string(w, "note", r->note);
}

static void
head_json(struct json_writer *w, const struct head *h)
{
	json_string(w, "as_of", h->as_of);
	json_string(w, "known_at", *h->known_at ? h->known_at : NULL);
	json_object(w, "checkpoint");
	json_int(w, "size", h->size);
	json_string(w, "root", h->root);
	json_object_end(w);
}

static void
write_json(const struct head *h, const struct figure_set *s, struct buf *out)
{
	struct json_writer w;

	json_begin(&w, out);
	json_object(&w, NULL);
	head_json(&w, h);
	json_int(&w, "waiting_hazards", s->waiting_hazards);
	json_int(&w, "quarantined_hazards", s->quarantined_hazards);
	json_int(&w, "returned_hazards", s->returned_hazards);
	json_array(&w, "figures");
	for (size_t i = 0; i < s->count; i++) {
		row_json_open(&w, &s->row[i]);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	buf_addc(out, '\n');
}

enum err_code
answer_figures(struct store *st, const struct figure_question *q, const struct figure_set *s,
               enum answer_format format, struct buf *out, struct err *e)
{
	struct head h;
	enum err_code rc = make_head(st, q, &h, e);

	if (rc)
		return rc;
	if (format == ANSWER_TABLE)
		write_table(&h, s, out);
	else if (format == ANSWER_CSV)
		write_csv(&h, s, out);
	else
		write_json(&h, s, out);
	return buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for the answer");
}

static void
part_json(struct json_writer *w, double part)
{
	if (isnan(part))
		json_null(w, "part"); /* what it adds by itself is not known */
	else
		json_number(w, "part", part);
}

static enum err_code
member_text(struct store *st, const struct figure_member *m, const struct figure_row *r,
            int64_t known_size, struct arena *mem, struct buf *out, struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	char id[UUID_TEXT], part[64];
	enum err_code rc = history_load(st, m->id, known_size, mem, &list, &n, e);

	if (rc)
		return rc;
	uuid_format(m->id, id);
	if (isnan(m->part))
		memcpy(part, "-", 2); /* what it adds by itself is not known */
	else
		number_grouped(part, m->part, r->decimals);
	buf_printf(out, "    %s %s  %s %s  submission", store_kind_name(st, m->kind), id, part,
	           r->unit);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s %lld", i ? "," : "", (long long)list[i].rev.submission);
	buf_addc(out, '\n');
	return ERR_OK;
}

static enum err_code
member_json(struct store *st, const struct figure_member *m, int64_t known_size, struct arena *mem,
            struct json_writer *w, struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	char id[UUID_TEXT];
	enum err_code rc = history_load(st, m->id, known_size, mem, &list, &n, e);

	if (rc)
		return rc;
	uuid_format(m->id, id);
	json_object(w, NULL);
	json_string(w, "kind", store_kind_name(st, m->kind));
	json_string(w, "id", id);
	part_json(w, m->part);
	json_array(w, "submissions");
	for (size_t i = 0; i < n; i++)
		json_int(w, NULL, list[i].rev.submission);
	json_array_end(w);
	json_object_end(w);
	return ERR_OK;
}

/* Does the code asked for ("extent", "extent.area") name this row, at the place asked for? */
static bool
asked_for(const struct figure_question *q, const struct figure_row *r)
{
	size_t n = strlen(q->explain);

	return text_starts(r->code, q->explain) && (!r->code[n] || r->code[n] == '.') &&
	       (!q->explain_place || text_eq(q->explain_place, r->place));
}

/* What the parts of a row of areas add up to. It is more than the row says where hazards overlap,
 * which counts once. False when a part is not known or there are none. */
static bool
sum_of_parts(const struct figure_set *s, size_t row, double *ret_sum)
{
	const struct figure_row *r = &s->row[row];
	double sum = 0;
	size_t n = 0;

	if (!text_eq(r->unit, "m2") || !text_starts(r->code, "extent.") || !r->known ||
	    text_eq(r->code, "extent.overlap"))
		return false;
	for (size_t k = 0; k < s->members; k++) {
		if (s->member[k].row != row)
			continue;
		if (isnan(s->member[k].part))
			return false;
		sum += s->member[k].part;
		n++;
	}
	*ret_sum = sum;
	return n > 0;
}

/* Land counted once although several records cover it; less than what is rounded away is none. */
static double
counted_once(const struct figure_row *r, double sum)
{
	return sum - r->value >= 0.5 ? sum - r->value : 0;
}

static void
parts_text(const struct figure_set *s, size_t row, struct buf *out)
{
	const struct figure_row *r = &s->row[row];
	char all[NUMBER_TEXT], more[NUMBER_TEXT];
	double sum = 0;

	if (!sum_of_parts(s, row, &sum) || !(counted_once(r, sum) > 0))
		return;
	number_grouped(all, sum, r->decimals);
	number_grouped(more, counted_once(r, sum), r->decimals);
	buf_printf(out,
	           "    together %s %s, which is %s %s more than the figure: land that several of "
	           "them cover counts once\n",
	           all, r->unit, more, r->unit);
}

/* tell: false for who may not know what stands behind the row besides what is listed. */
static void
parts_json(struct json_writer *w, const struct figure_set *s, size_t row, bool tell)
{
	const struct figure_row *r = &s->row[row];
	double sum = 0;

	if (!tell || !sum_of_parts(s, row, &sum)) {
		json_null(w, "parts_sum");
		json_null(w, "parts_overlap");
		return;
	}
	json_rounded(w, "parts_sum", r, sum);
	json_rounded(w, "parts_overlap", r, counted_once(r, sum));
}

static enum err_code
explain_row_text(struct store *st, const struct figure_question *q, const struct figure_set *s,
                 size_t row, struct arena *mem, struct buf *out, struct err *e)
{
	enum err_code rc = ERR_OK;
	bool any = false;

	table_row(&s->row[row], NULL, out);
	for (size_t k = 0; !rc && k < s->members; k++) {
		if (s->member[k].row != row)
			continue;
		any = true;
		arena_reset(mem);
		rc = member_text(st, &s->member[k], &s->row[row], q->known_size, mem, out, e);
	}
	if (!any)
		buf_adds(out, "    (its records are not listed one by one)\n");
	parts_text(s, row, out);
	return rc;
}

static enum err_code
explain_row_json(struct store *st, const struct figure_question *q, const struct figure_set *s,
                 size_t row, struct arena *mem, struct json_writer *w, struct err *e)
{
	const struct figure_row *r = &s->row[row];
	enum err_code rc = ERR_OK;

	json_object(w, NULL);
	json_string(w, "code", r->code);
	json_string(w, "dimension", r->dim);
	json_string(w, "place", r->place);
	json_string(w, "period", r->period);
	json_rounded(w, "value", r, r->value);
	json_string(w, "unit", r->unit);
	json_string(w, "method", r->method);
	parts_json(w, s, row, true);
	json_array(w, "records");
	for (size_t k = 0; !rc && k < s->members; k++) {
		if (s->member[k].row != row)
			continue;
		arena_reset(mem);
		rc = member_json(st, &s->member[k], q->known_size, mem, w, e);
	}
	json_array_end(w);
	json_object_end(w);
	return rc;
}

enum err_code
answer_explain(struct store *st, const struct figure_question *q, const struct figure_set *s,
               bool json, struct buf *out, struct err *e)
{
	struct json_writer w;
	struct head h;
	struct arena mem;
	enum err_code rc = make_head(st, q, &h, e);

	arena_init(&mem, (size_t)256 << 20);
	json_begin(&w, out);
	if (json) {
		json_object(&w, NULL);
		head_json(&w, &h);
		json_array(&w, "figures");
	} else {
		buf_printf(out, "as it was on %s; checkpoint: %lld submissions, root %s\n", h.as_of,
		           (long long)h.size, h.root);
	}
	for (size_t i = 0; !rc && i < s->count; i++)
		if (asked_for(q, &s->row[i]))
			rc = json ? explain_row_json(st, q, s, i, &mem, &w, e)
			          : explain_row_text(st, q, s, i, &mem, out, e);
	if (json) {
		json_array_end(&w);
		json_object_end(&w);
		buf_addc(out, '\n');
	}
	arena_done(&mem);
	return rc ? rc
	          : (buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for the answer"));
}

/* What answer_members works with. */
struct naming {
	struct store *st;
	const struct figure_question *q;
	const struct figure_set *s;
	enum access_role role;
	size_t limit;
	struct arena mem;
	struct json_writer w;
	const struct figure_member **list;
};

static int
largest_first(const void *a, const void *b)
{
	const struct figure_member *const *x = a, *const *y = b;

	if ((*x)->part > (*y)->part || (*x)->part < (*y)->part)
		return (*x)->part > (*y)->part ? -1 : 1;
	return memcmp(&(*x)->id, &(*y)->id, sizeof((*x)->id));
}

/* One record of a row, if the role sees it. */
static enum err_code
name_member(struct naming *n, const struct figure_member *m, bool *ret_named, struct err *e)
{
	struct history_revision *list = NULL;
	enum access_fate fate = ACCESS_GONE;
	struct shown row;
	size_t count = 0;
	char id[UUID_TEXT];
	enum err_code rc;

	*ret_named = false;
	arena_reset(&n->mem);
	if (!access_has_rows(n->role, store_kind_name(n->st, m->kind)))
		return ERR_OK;
	rc = access_get(n->st, m->id, n->role, &n->mem, &row, &fate, e);
	/* returned since: it stands in a past figure, and only who sees all may see it */
	if (rc || fate == ACCESS_UNCLASSED || (fate == ACCESS_GONE && !access_is_exact(n->role)))
		return rc;
	rc = history_load(n->st, m->id, n->q->known_size, &n->mem, &list, &count, e);
	if (rc)
		return rc;
	uuid_format(m->id, id);
	json_object(&n->w, NULL);
	json_string(&n->w, "kind", store_kind_name(n->st, m->kind));
	json_string(&n->w, "id", id);
	json_string(&n->w, "national_id",
	            fate == ACCESS_ROW ? fields_text(&row.fields, "national_id") : NULL);
	/* digits beyond what is published of it would tell where in its cells a hazard lies */
	part_json(&n->w,
	          access_is_exact(n->role) || !text_eq(store_kind_name(n->st, m->kind), "hazard")
	                  ? m->part
	                  : nearbyint(m->part));
	json_array(&n->w, "submissions");
	for (size_t i = 0; i < count; i++)
		json_int(&n->w, NULL, list[i].rev.submission);
	json_array_end(&n->w);
	json_object_end(&n->w);
	*ret_named = true;
	return ERR_OK;
}

static enum err_code
name_members(struct naming *n, size_t row, struct err *e)
{
	const struct figure_row *r = &n->s->row[row];
	size_t count = 0, listed = 0, i = 0;
	enum err_code rc = ERR_OK;

	for (size_t k = 0; k < n->s->members; k++)
		if (n->s->member[k].row == row)
			n->list[count++] = &n->s->member[k];
	if (count)
		qsort(n->list, count, sizeof(*n->list), largest_first);
	row_json_open(&n->w, r);
	json_array(&n->w, "records_listed");
	for (; !rc && i < count && listed < n->limit; i++) {
		bool named = false;

		rc = name_member(n, n->list[i], &named, e);
		listed += named;
	}
	json_array_end(&n->w);
	/* how many are not shown is not told either */
	if (access_is_exact(n->role))
		json_int(&n->w, "count", (int64_t)count);
	else
		json_null(&n->w, "count");
	json_int(&n->w, "listed", (int64_t)listed);
	json_bool(&n->w, "more", i < count);
	parts_json(&n->w, n->s, row, access_is_exact(n->role));
	json_object_end(&n->w);
	return rc;
}

enum err_code
answer_members(struct store *st, const struct figure_question *q, const struct figure_set *s,
               enum access_role role, size_t limit, struct buf *out, struct err *e)
{
	struct naming n = { .st = st, .q = q, .s = s, .role = role, .limit = limit };
	struct head h;
	enum err_code rc = make_head(st, q, &h, e);

	n.list = mem_calloc(s->members + 1, sizeof(*n.list));
	if (!rc && !n.list)
		rc = err_set(e, ERR_NOMEM, "out of memory for an explanation");
	arena_init(&n.mem, (size_t)256 << 20);
	json_begin(&n.w, out);
	json_object(&n.w, NULL);
	head_json(&n.w, &h);
	json_array(&n.w, "figures");
	for (size_t i = 0; !rc && i < s->count; i++)
		if (asked_for(q, &s->row[i]))
			rc = name_members(&n, i, e);
	json_array_end(&n.w);
	json_object_end(&n.w);
	buf_addc(out, '\n');
	mem_free(n.list);
	arena_done(&n.mem);
	return rc ? rc
	          : (buf_ok(out) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for the answer"));
}
