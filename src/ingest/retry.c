#include "ingest/retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/editretry.h"
#include "ingest/territory.h"
#include "store/each.h"
#include "store/quarantine.h"

#define MAX_FILE_BYTES ((size_t)256 << 20)
#define MAX_BYTES ((size_t)1 << 30)
#define MAX_KEYS 16

/* Columns of an exported file that are not values of the row. */
static const char *const meta[] = { RETRY_ID, "kind",  "source",   "row",    "checks",
	                            "reason", "place", "original", "settled" };

static bool
is_meta(const char *name)
{
	for (size_t i = 0; i < sizeof(meta) / sizeof(*meta); i++)
		if (text_eq(meta[i], name))
			return true;
	return false;
}

/* One row to try again: its values by name. */
struct again {
	struct quarantine_row q;
	size_t count;
	const char **name;
	struct mapping_value *value;
	/* an edit of a work copy: what it edits (editretry.h); work NULL = a row of an import */
	const char *work, *record, *base;
};

struct retry {
	struct store *st;
	const struct retry_options *o;
	struct retry_result *ret;
	struct arena mem;
	struct again *row;
	size_t count, room;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for quarantined rows");
}

/* --- collecting
 * ---------------------------------------------------------------------------------------------- */

static struct mapping_value
text_value(const char *s, size_t n)
{
	return (struct mapping_value){ .type = n ? MAPPING_TEXT : MAPPING_NULL, .s = s, .n = n };
}

/* Which edit it is stands fast, whatever a corrected file says. */
static bool
is_edits_own(const char *name)
{
	return text_eq(name, EDITRETRY_WORK) || text_eq(name, EDITRETRY_RECORD) ||
	       text_eq(name, EDITRETRY_BASE);
}

static bool
set_value(struct again *a, const char *name, struct mapping_value v)
{
	if (is_edits_own(name))
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (text_eq(a->name[i], name)) {
			a->value[i] = v;
			return true;
		}
	if (a->count == RETRY_MOST_COLUMNS)
		return false;
	a->name[a->count] = name;
	a->value[a->count++] = v;
	return true;
}

/* What the mapping made of the row, as it is kept. */
static enum err_code
set_mapped(struct retry *r, struct again *a, struct err *e)
{
	struct json_value *v = NULL;
	enum err_code rc;

	a->name = arena_calloc(&r->mem, RETRY_MOST_COLUMNS, sizeof(*a->name));
	a->value = arena_calloc(&r->mem, RETRY_MOST_COLUMNS, sizeof(*a->value));
	if (!a->name || !a->value)
		return no_memory(e);
	if (!a->q.mapped)
		return ERR_OK;
	rc = json_parse(a->q.mapped, strlen(a->q.mapped), 0, &r->mem, &v, e);
	if (!rc) {
		a->work = json_get_string(v, EDITRETRY_WORK);
		a->record = json_get_string(v, EDITRETRY_RECORD);
		a->base = json_get_string(v, EDITRETRY_BASE);
	}
	for (const struct json_value *m = rc ? NULL : v->first; m; m = m->next) {
		struct mapping_value x = { 0 };

		if (m->type == JSON_STRING)
			x = text_value(m->string, m->count);
		else if (m->type == JSON_NUMBER)
			x = (struct mapping_value){ .type = MAPPING_REAL, .d = m->number };
		if (!set_value(a, m->key, x))
			return err_set(e, ERR_LIMIT, "a quarantined row has more than %d values",
			               RETRY_MOST_COLUMNS);
	}
	return rc;
}

/* Find or add a row; one of a corrected file that was settled since the export is passed over (*ret
 * NULL). */
static enum err_code
add_row(struct retry *r, int64_t qid, bool from_file, struct again **ret, struct err *e)
{
	struct again *a;
	enum err_code rc;

	for (size_t i = 0; i < r->count; i++)
		if (r->row[i].q.qid == qid) {
			*ret = &r->row[i];
			return ERR_OK;
		}
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;

		a = mem_realloc_array(r->row, room, sizeof(*a));
		if (!a)
			return no_memory(e);
		r->row = a;
		r->room = room;
	}
	a = &r->row[r->count];
	memset(a, 0, sizeof(*a));
	rc = quarantine_get(r->st, qid, &r->mem, &a->q, e);
	if (!rc && a->q.end_submission >= 0 && from_file) {
		*ret = NULL;
		return ERR_OK;
	}
	if (!rc && a->q.end_submission >= 0)
		rc = err_set(e, ERR_NOTFOUND, "the quarantined row %lld was settled: %s",
		             (long long)qid, a->q.end_reason);
	if (!rc)
		rc = set_mapped(r, a, e);
	if (rc)
		return rc;
	r->count++;
	*ret = a;
	return ERR_OK;
}

static enum err_code
add_waiting(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct again *a;

	return add_row(ctx, row->qid, false, &a, e);
}

/* A spreadsheet's guard against formulas, taken off again. */
static struct mapping_value
cell_value(const struct csv_field *f)
{
	bool guarded = f->n > 1 && f->s[0] == '\'' && strchr("=+-@\t\r", f->s[1]);

	return text_value(f->s + guarded, f->n - guarded);
}

/* An edit says what it changes: an empty cell of a column that it does not have is another row's.
 */
static bool
is_anothers(const struct again *a, const char *name, const struct mapping_value *v)
{
	bool has = false;

	for (size_t i = 0; i < a->count; i++)
		has = has || text_eq(a->name[i], name);
	return a->work && !has && v->type == MAPPING_NULL;
}

static enum err_code
read_csv(struct retry *r, const char *s, size_t n, struct err *e)
{
	struct csv_reader csv;
	struct csv_field *head = NULL, *field = NULL;
	size_t columns = 0, count = 0, id = SIZE_MAX;
	enum err_code rc;

	csv_open(&csv, s, n, 0);
	rc = csv_next(&csv, &r->mem, RETRY_MOST_COLUMNS, &head, &columns, e);
	for (size_t i = 0; !rc && i < columns; i++)
		if (text_eq(head[i].s, RETRY_ID))
			id = i;
	if (!rc && id == SIZE_MAX)
		return err_set(e, ERR_INVALID, "the first row has no column quarantine_id");
	while (!rc) {
		struct again *a;
		int64_t qid;

		rc = csv_next(&csv, &r->mem, RETRY_MOST_COLUMNS, &field, &count, e);
		if (rc || count == 0)
			return rc;
		if (id >= count || !text_parse_i64(field[id].s, field[id].n, &qid))
			return err_set(e, ERR_INVALID, "line %zu: quarantine_id is no number",
			               csv.line);
		rc = add_row(r, qid, true, &a, e);
		for (size_t i = 0; !rc && a && i < count && i < columns; i++) {
			struct mapping_value v = cell_value(&field[i]);

			if (is_meta(head[i].s) || is_anothers(a, head[i].s, &v))
				continue;
			if (!set_value(a, head[i].s, v))
				rc = err_set(e, ERR_LIMIT, "line %zu: too many columns", csv.line);
		}
	}
	return rc;
}

static enum err_code
read_json_row(struct retry *r, const struct json_value *row, struct err *e)
{
	const struct json_value *mapped = json_get(row, "mapped");
	double id = json_get_number(row, RETRY_ID, 0);
	struct again *a;
	enum err_code rc;

	if (!(id >= 1 && id < 9e15))
		return err_set(e, ERR_INVALID, "an element has no number quarantine_id");
	rc = add_row(r, (int64_t)id, true, &a, e);
	for (const struct json_value *m = rc || !a || !mapped ? NULL : mapped->first; m;
	     m = m->next) {
		struct mapping_value v = { 0 };

		if (m->type == JSON_STRING)
			v = text_value(m->string, m->count);
		else if (m->type == JSON_NUMBER)
			v = (struct mapping_value){ .type = MAPPING_REAL, .d = m->number };
		if (!set_value(a, m->key, v))
			return err_set(e, ERR_LIMIT, "row %lld: too many values",
			               (long long)a->q.qid);
	}
	return rc;
}

static enum err_code
read_corrected(struct retry *r, struct err *e)
{
	struct json_value *list = NULL;
	struct buf b;
	const char *s;
	enum err_code rc;

	buf_init(&b, MAX_FILE_BYTES);
	rc = file_read(r->o->from, MAX_FILE_BYTES, &b, e);
	s = rc ? NULL : arena_strndup(&r->mem, buf_text(&b), b.size);
	if (!rc && !s)
		rc = no_memory(e);
	if (!rc && *s == '[') {
		rc = json_parse(s, b.size, 0, &r->mem, &list, e);
		for (const struct json_value *v = rc ? NULL : list->first; !rc && v; v = v->next)
			rc = read_json_row(r, v, e);
	} else if (!rc) {
		rc = read_csv(r, s, b.size, e);
	}
	if (rc)
		(void)err_prefix(e, "%s", r->o->from);
	buf_done(&b);
	return rc;
}

static enum err_code
apply_sets(struct retry *r, struct err *e)
{
	for (size_t k = 0; k < r->o->sets; k++) {
		const char *eq = strchr(r->o->set[k], '=');
		char *name = eq ? arena_strndup(&r->mem, r->o->set[k], (size_t)(eq - r->o->set[k]))
		                : NULL;

		if (!eq || eq == r->o->set[k])
			return err_set(e, ERR_INVALID, "--set takes field=value");
		if (!name)
			return no_memory(e);
		for (size_t i = 0; i < r->count; i++)
			if (!set_value(&r->row[i], name, text_value(eq + 1, strlen(eq + 1))))
				return err_set(e, ERR_LIMIT, "row %lld: too many values",
				               (long long)r->row[i].q.qid);
	}
	return ERR_OK;
}

static enum err_code
collect(struct retry *r, struct err *e)
{
	struct again *a;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < r->o->qids; i++)
		rc = add_row(r, r->o->qid[i], false, &a, e);
	if (!rc && r->o->from)
		rc = read_corrected(r, e);
	if (!rc && r->o->qids == 0 && !r->o->from)
		rc = quarantine_each(r->st, -1, false, add_waiting, r, e);
	return rc ? rc : apply_sets(r, e);
}

/* --- trying again
 * -----------------------------------------------------------------------------------------------
 */

/* Rows of one kind from one import. */
struct group {
	struct retry *r;
	size_t from, to;
	size_t columns;
	const char *column[RETRY_MOST_COLUMNS];
	const char *key[MAX_KEYS + 1]; /* of the import, from its source record */
	size_t keys;
	struct territory *territory;
	struct links *links;
	struct rowmake *maker;
	struct rowmake_worker *worker;
	struct rowmake_row *made;
};

/* A geometry is kept as hex; anything else a person may write stays text. */
static struct mapping_value
decode(struct group *g, const char *name, struct mapping_value v)
{
	uint8_t *bytes;

	if (v.type != MAPPING_TEXT || !text_eq(name, "geometry") || v.n < 10 || v.n % 2)
		return v;
	bytes = arena_alloc(&g->r->mem, v.n / 2);
	if (bytes && text_unhex(v.s, v.n, bytes, v.n / 2))
		return (struct mapping_value){ .type = MAPPING_BLOB,
			                       .s = (const char *)bytes,
			                       .n = v.n / 2 };
	return v;
}

static enum err_code
name_columns(struct group *g, struct err *e)
{
	for (size_t i = g->from; i < g->to; i++) {
		const struct again *a = &g->r->row[i];

		for (size_t k = 0; k < a->count; k++) {
			size_t c = 0;

			while (c < g->columns && !text_eq(g->column[c], a->name[k]))
				c++;
			if (c == RETRY_MOST_COLUMNS)
				return err_set(e, ERR_LIMIT, "the rows have more than %d columns",
				               RETRY_MOST_COLUMNS);
			if (c == g->columns)
				g->column[g->columns++] = a->name[k];
		}
	}
	return ERR_OK;
}

/* Which fields made the rows of that import known again: its source record says so. */
static enum err_code
find_keys(struct group *g, struct err *e)
{
	struct shown shown = { 0 };
	bool any = false;
	const char *remarks, *at;
	char *text;
	enum err_code rc =
		store_get(g->r->st, g->r->row[g->from].q.source, &g->r->mem, &shown, &any, e);

	if (rc == ERR_NOTFOUND)
		return ERR_OK;
	remarks = rc || !any ? NULL : fields_text(&shown.fields, "remarks");
	at = remarks ? strstr(remarks, TAKE_KEY_MARK) : NULL;
	if (!at)
		return rc;
	at += strlen(TAKE_KEY_MARK);
	text = arena_strndup(&g->r->mem, at, strcspn(at, "]"));
	if (!text)
		return no_memory(e);
	while (text && g->keys < MAX_KEYS) {
		char *next = strchr(text, ',');

		if (next)
			*next++ = '\0';
		for (size_t c = 0; c < g->columns; c++)
			if (text_eq(g->column[c], text))
				g->key[g->keys++] = text;
		text = next;
	}
	return ERR_OK;
}

static enum err_code
make_rows(struct group *g, struct err *e)
{
	enum err_code rc = ERR_OK;

	g->made = arena_calloc(&g->r->mem, g->to - g->from, sizeof(*g->made));
	if (!g->made)
		return no_memory(e);
	for (size_t i = g->from; !rc && i < g->to; i++) {
		const struct again *a = &g->r->row[i];
		struct mapping_value *v = arena_calloc(&g->r->mem, g->columns + 1, sizeof(*v));

		if (!v)
			return no_memory(e);
		for (size_t c = 0; c < g->columns; c++)
			for (size_t k = 0; k < a->count; k++)
				if (text_eq(a->name[k], g->column[c]))
					v[c] = decode(g, g->column[c], a->value[k]);
		g->made[i - g->from] = (struct rowmake_row){ .number = a->q.row,
			                                     .mapped = v,
			                                     .settles = a->q.qid };
		rc = rowmake_row(g->maker, g->worker, &g->made[i - g->from], e);
	}
	return rc;
}

static const char *
no_original(void *ctx, size_t i, struct arena *mem)
{
	(void)ctx;
	(void)i;
	(void)mem;
	return "{}"; /* a row that waits on is not put again */
}

static enum err_code
take_group(struct group *g, struct err *e)
{
	struct retry *r = g->r;
	struct take_about about = { .st = r->st,
		                    .kind = r->row[g->from].q.kind,
		                    .maker = g->maker,
		                    .submit = { .author = r->o->author,
		                                .remark = "corrected rows from the quarantine",
		                                .pool = r->o->pool },
		                    .today_days = clock_now_us() / 86400000000,
		                    .source = &r->row[g->from].q.source };
	struct take *t = NULL;
	enum err_code rc = take_open(&about, &t, e);

	if (!rc)
		rc = take_rows(t, g->made, g->to - g->from, no_original, NULL, e);
	if (!rc)
		rc = take_finish(t, e);
	if (!rc) {
		const struct take_counts *c = take_counts(t);

		r->ret->retried += c->read;
		r->ret->accepted += c->accepted;
		r->ret->flagged += c->flagged;
		r->ret->present += c->present;
		r->ret->waiting += c->quarantined;
		for (int i = 0; i < CHECK_COUNT; i++)
			r->ret->check[i] += c->check[i];
	}
	take_close(t);
	return rc;
}

static enum err_code
run_group(struct retry *r, size_t from, size_t to, struct err *e)
{
	struct group *g = mem_calloc(1, sizeof(*g));
	struct rowmake_about about = { .form = store_form(r->st, r->row[from].q.kind),
		                       .file_crs = "",
		                       .file_wkt = "",
		                       .iso3 = store_meta(r->st, "country"),
		                       .today_days = clock_now_us() / 86400000000 };
	enum err_code rc;

	if (!g)
		return no_memory(e);
	g->r = r;
	g->from = from;
	g->to = to;
	rc = name_columns(g, e);
	if (!rc)
		rc = find_keys(g, e);
	if (!rc)
		rc = territory_load(r->st, &g->territory, e);
	if (!rc) {
		about.country = territory_country(g->territory);
		about.places = territory_places(g->territory);
		about.column_count = g->columns;
		about.column = g->column;
		about.key = g->keys ? g->key : NULL;
		rc = links_load(r->st, about.form, about.column, about.column_count, &g->links, e);
	}
	if (!rc) {
		about.links = g->links;
		rc = rowmake_create(&about, &g->maker, e);
	}
	if (!rc)
		rc = rowmake_worker_create(g->maker, &g->worker, e);
	if (!rc)
		rc = make_rows(g, e);
	if (!rc)
		rc = take_group(g, e);
	rowmake_worker_free(g->worker);
	rowmake_free(g->maker);
	territory_free(g->territory);
	links_free(g->links);
	mem_free(g);
	return rc;
}

/* --- edits of work copies
 * ---------------------------------------------------------------------------------------------- */

static const char *
set_text(struct retry *r, const char *name, struct mapping_value v)
{
	char number[40];

	if (v.type == MAPPING_REAL) {
		(void)text_format_f64(v.d, number);
		return arena_printf(&r->mem, "%s=%s", name, number);
	}
	return arena_printf(&r->mem, "%s=%.*s", name, (int)v.n, v.n ? v.s : "");
}

static enum err_code
run_edit(struct retry *r, const struct again *a, struct err *e)
{
	const char **set = arena_calloc(&r->mem, a->count + 1, sizeof(*set));
	struct editretry o = { .row = &a->q,
		               .work = a->work,
		               .record = a->record ? a->record : "",
		               .base = a->base ? a->base : "",
		               .set = set,
		               .sets = a->count,
		               .author = r->o->author };
	enum editretry_end end = EDITRETRY_WAITS;
	struct err why = { 0 };
	uint64_t found = 0;
	enum err_code rc;

	for (size_t i = 0; set && i < a->count; i++) {
		set[i] = set_text(r, a->name[i], a->value[i]);
		if (!set[i])
			return no_memory(e);
	}
	rc = set ? editretry_run(r->st, &o, &end, &found, &why, e) : no_memory(e);
	if (rc)
		return rc;
	r->ret->retried++;
	r->ret->accepted += end == EDITRETRY_TAKEN;
	r->ret->flagged += end == EDITRETRY_FLAGGED;
	r->ret->present += end == EDITRETRY_PRESENT;
	r->ret->waiting += end == EDITRETRY_WAITS;
	for (int i = 0; i < CHECK_COUNT; i++)
		r->ret->check[i] += (int64_t)(found >> i & 1);
	if (end == EDITRETRY_WAITS) {
		r->ret->why_qid = a->q.qid;
		r->ret->why = why;
	}
	return ERR_OK;
}

static int
compare_rows(const void *a, const void *b)
{
	const struct again *x = a, *y = b;
	int c = memcmp(x->q.source.b, y->q.source.b, UUID_SIZE);

	if (c)
		return c;
	if (x->q.kind != y->q.kind)
		return x->q.kind < y->q.kind ? -1 : 1;
	return x->q.qid < y->q.qid ? -1 : x->q.qid > y->q.qid;
}

enum err_code
retry_run(struct store *st, const struct retry_options *o, struct retry_result *ret, struct err *e)
{
	struct retry r = { .st = st, .o = o, .ret = ret };
	enum err_code rc;

	memset(ret, 0, sizeof(*ret));
	arena_init(&r.mem, MAX_BYTES);
	rc = collect(&r, e);
	if (!rc && r.count)
		qsort(r.row, r.count, sizeof(*r.row), compare_rows);
	for (size_t i = 0, to; !rc && i < r.count; i = to) {
		to = i + 1;
		if (r.row[i].work) {
			rc = run_edit(&r, &r.row[i], e);
			continue;
		}
		for (; to < r.count && !r.row[to].work && r.row[to].q.kind == r.row[i].q.kind &&
		       memcmp(&r.row[to].q.source, &r.row[i].q.source, UUID_SIZE) == 0;
		     to++)
			;
		rc = run_group(&r, i, to, e);
	}
	mem_free(r.row);
	arena_done(&r.mem);
	return rc;
}

/* --- dismissing
 * ---------------------------------------------------------------------------------------------------
 */

enum err_code
retry_dismiss(struct store *st, int64_t qid, const char *reason, const char *author, struct err *e)
{
	struct submit_about about = { .author = author,
		                      .remark = "a quarantined row is dismissed" };
	struct quarantine_row row;
	struct quarantine *q = NULL;
	struct arena mem;
	enum err_code rc;

	if (!reason || !*reason)
		return err_set(e, ERR_INVALID, "a dismissal needs a reason");
	arena_init(&mem, 0);
	rc = quarantine_get(st, qid, &mem, &row, e);
	if (!rc && row.end_submission >= 0)
		rc = err_set(e, ERR_CONFLICT, "the quarantined row %lld was settled already: %s",
		             (long long)qid, row.end_reason);
	if (!rc)
		rc = quarantine_open(st, &q, e);
	if (!rc)
		rc = submit_begin(st, &about, e);
	if (!rc) {
		rc = take_event(st, "dismissed",
		                arena_printf(&mem, "quarantine %lld", (long long)qid), author,
		                reason, e);
		if (!rc)
			rc = quarantine_end(q, qid, NULL, reason, e);
		if (!rc)
			rc = submit_commit(st, NULL, e);
		else
			submit_cancel(st);
	}
	quarantine_close(q);
	arena_done(&mem);
	return rc;
}
