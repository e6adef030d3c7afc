/* Quarantined rows as a file for a person to look at and correct; retry.c reads it back. */
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/retry.h"
#include "store/quarantine.h"

#define MAX_BYTES ((size_t)1 << 30)

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for quarantined rows");
}

struct exporting {
	struct store *st;
	enum retry_format format;
	struct buf *out;
	struct arena mem;
	size_t columns, rows;
	bool placed;                            /* rows of a kind that has a position */
	const char *column[RETRY_MOST_COLUMNS]; /* names of mapped values, in the order met */
};

/* True when it was there already or has a column now. */
static bool
meet_column(struct exporting *x, const char *name)
{
	size_t c = 0;

	while (c < x->columns && !text_eq(x->column[c], name))
		c++;
	if (c < x->columns || c == RETRY_MOST_COLUMNS)
		return true;
	x->column[x->columns] = arena_strdup(&x->mem, name);
	return x->column[x->columns++] != NULL;
}

static enum err_code
meet_columns(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct exporting *x = ctx;
	struct json_value *v = NULL;
	struct arena mem;
	enum err_code rc = ERR_OK;

	arena_init(&mem, MAX_BYTES);
	if (row->mapped)
		rc = json_parse(row->mapped, strlen(row->mapped), 0, &mem, &v, e);
	for (const struct json_value *m = v ? v->first : NULL; !rc && m; m = m->next)
		if (!meet_column(x, m->key))
			rc = no_memory(e);
	x->placed = x->placed || form_index(store_form(x->st, row->kind), "geometry") >= 0;
	arena_done(&mem);
	return rc;
}

static void
cell(struct exporting *x, const char *s)
{
	csv_write_safe(x->out, s ? s : "", s ? strlen(s) : 0, ',');
}

static enum err_code
write_csv_row(struct exporting *x, const struct quarantine_row *row, struct err *e)
{
	struct json_value *v = NULL;
	char source[UUID_TEXT], number[40];
	struct arena mem;
	enum err_code rc = ERR_OK;

	arena_init(&mem, MAX_BYTES);
	uuid_format(row->source, source);
	buf_printf(x->out, "%lld,%s,%s,%lld,", (long long)row->qid,
	           store_kind_name(x->st, row->kind), source, (long long)row->row);
	cell(x, row->checks);
	buf_addc(x->out, ',');
	cell(x, row->reason);
	buf_addc(x->out, ',');
	cell(x, row->place);
	buf_addc(x->out, ',');
	cell(x, row->original);
	buf_addc(x->out, ',');
	cell(x, row->end_reason);
	if (row->mapped)
		rc = json_parse(row->mapped, strlen(row->mapped), 0, &mem, &v, e);
	for (size_t c = 0; !rc && c < x->columns; c++) {
		const struct json_value *m = json_get(v, x->column[c]);

		buf_addc(x->out, ',');
		if (m && m->type == JSON_NUMBER)
			buf_add(x->out, number, text_format_f64(m->number, number));
		else if (m && m->type == JSON_STRING)
			cell(x, m->string);
	}
	buf_addc(x->out, '\n');
	arena_done(&mem);
	return rc;
}

static void
write_json_row(struct exporting *x, const struct quarantine_row *row)
{
	struct json_writer w;
	char id[UUID_TEXT];

	buf_adds(x->out, x->rows++ ? ",\n" : "[\n");
	json_begin(&w, x->out);
	json_object(&w, NULL);
	json_int(&w, RETRY_ID, row->qid);
	json_string(&w, "kind", store_kind_name(x->st, row->kind));
	uuid_format(row->source, id);
	json_string(&w, "source", id);
	json_int(&w, "row", row->row);
	json_string(&w, "checks", row->checks);
	json_string(&w, "reason", row->reason);
	json_string(&w, "place", row->place);
	json_raw(&w, "original", row->original, strlen(row->original));
	if (row->mapped)
		json_raw(&w, "mapped", row->mapped, strlen(row->mapped));
	else
		json_null(&w, "mapped");
	json_string(&w, "settled", row->end_reason);
	if (row->has_record) {
		uuid_format(row->record, id);
		json_string(&w, "record", id);
	}
	json_object_end(&w);
}

static enum err_code
write_row(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct exporting *x = ctx;

	if (x->format == RETRY_CSV)
		return write_csv_row(x, row, e);
	write_json_row(x, row);
	return ERR_OK;
}

enum err_code
retry_export(struct store *st, int kind, bool ended, enum retry_format format, struct buf *out,
             struct err *e)
{
	static const char *const wanted[] = { "lon", "lat", "given_datum", "place_name" };
	struct exporting *x = mem_calloc(1, sizeof(*x));
	enum err_code rc = ERR_OK;

	if (!x)
		return no_memory(e);
	x->st = st;
	x->format = format;
	x->out = out;
	arena_init(&x->mem, 0);
	if (format == RETRY_CSV) {
		rc = quarantine_each(st, kind, ended, meet_columns, x, e);
		/* rows wait for want of these, and an empty value has no column of its own */
		for (size_t i = 0; !rc && x->placed && i < sizeof(wanted) / sizeof(*wanted); i++)
			if (!meet_column(x, wanted[i]))
				rc = no_memory(e);
		buf_adds(out, "quarantine_id,kind,source,row,checks,reason,place,original,settled");
		for (size_t c = 0; c < x->columns; c++) {
			buf_addc(out, ',');
			cell(x, x->column[c]);
		}
		buf_addc(out, '\n');
	}
	if (!rc)
		rc = quarantine_each(st, kind, ended, write_row, x, e);
	if (format == RETRY_JSON)
		buf_adds(out, x->rows ? "\n]\n" : "[]\n");
	if (!rc && !buf_ok(out))
		rc = no_memory(e);
	arena_done(&x->mem);
	mem_free(x);
	return rc;
}
