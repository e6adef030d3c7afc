#include "ingest/rowmake.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/dates.h"
#include "ingest/position.h"
#include "ingest/reopen.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define MAX_KEYS 16
#define MAX_BAD_TEXT 200

struct rowmake {
	struct rowmake_about about;
	struct arena mem;
	struct converter *converter;
	struct position_plan position;
	int *target; /* by column: field, or -1 */
	int *sorted; /* fields in bytewise order of names */
	int key[MAX_KEYS];
	size_t key_count;
	int valid_from, class_field, remarks, national_id, geometry;
	bool is_hazard, has_class, has_date, has_position;
};

struct rowmake_worker {
	struct arena mem;
	struct buf text;
	struct geo *geo;
	struct form_checker *checker;
	struct position_worker *position;
};

/* Fields that hold a day, and failing that a year and a month, from which the date of information
 * follows. */
static const struct {
	const char *kind, *day[3], *year, *month;
} date_from[] = {
	{ "accident", { "date", "date_earliest" }, NULL, NULL },
	{ "victim", { "accident_date" }, "accident_year", "accident_month" },
	{ "ordnance", { "found_date" }, "found_year", "found_month" },
	{ "activity", { "end_date", "start_date" }, NULL, NULL },
	{ "hazard", { "status_date" }, NULL, NULL },
	{ "claim", { "as_of", "published_date" }, NULL, NULL },
	{ "source", { "date_of_information", "published" }, NULL, NULL },
};

static bool
is_own(const char *name)
{
	return text_starts(name, "import_");
}

static enum err_code
plan_columns(struct rowmake *m, struct err *e)
{
	const struct rowmake_about *a = &m->about;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < a->column_count; i++) {
		int f = form_index(a->form, a->column[i]);

		m->target[i] = -1;
		for (size_t j = 0; !rc && j < i; j++)
			if (text_eq(a->column[j], a->column[i]))
				rc = err_set(e, ERR_INVALID,
				             "the mapping yields the column %s twice",
				             a->column[i]);
		if (!rc && is_own(a->column[i]))
			rc = err_set(e, ERR_INVALID,
			             "the mapping yields %s, which the program writes itself",
			             a->column[i]);
		if (rc || position_takes(&m->position, a->column[i], i))
			continue;
		if (f < 0) {
			(void)err_set(e, ERR_INVALID,
			              "the mapping yields the column %.80s, which %s does not have",
			              a->column[i], a->form->kind);
			(void)err_hint(e, "see the fields with: fallow form show %s",
			               a->form->kind);
			return ERR_INVALID;
		}
		m->target[i] = f;
	}
	return rc;
}

static enum err_code
plan_keys(struct rowmake *m, struct err *e)
{
	for (const char *const *k = m->about.key; k && *k; k++) {
		int f = form_index(m->about.form, *k);

		if (m->key_count == MAX_KEYS)
			return err_set(e, ERR_LIMIT, "a key has at most %d fields", MAX_KEYS);
		if (f < 0 || !rowmake_has_column(m, *k))
			return err_set(e, ERR_INVALID,
			               "the key names %.80s, which the mapping does not yield", *k);
		m->key[m->key_count++] = f;
	}
	return ERR_OK;
}

bool
rowmake_has_column(const struct rowmake *m, const char *field)
{
	for (size_t i = 0; i < m->about.column_count; i++)
		if (text_eq(m->about.column[i], field))
			return true;
	return false;
}

static void
find_fields(struct rowmake *m)
{
	const struct form *form = m->about.form;

	m->valid_from = form_index(form, "valid_from");
	m->class_field = form_index(form, "class");
	m->remarks = form_index(form, "remarks");
	m->geometry = form_index(form, "geometry");
	m->national_id = form->national_id ? form_index(form, form->national_id) : -1;
	m->is_hazard = text_eq(form->kind, "hazard");
	m->has_class = rowmake_has_column(m, "class");
	m->has_date = rowmake_has_column(m, "valid_from");
	for (size_t i = 0; i < sizeof(date_from) / sizeof(*date_from); i++) {
		if (!text_eq(date_from[i].kind, form->kind))
			continue;
		for (size_t k = 0; k < 3 && date_from[i].day[k]; k++)
			m->has_date = m->has_date || rowmake_has_column(m, date_from[i].day[k]);
		m->has_date = m->has_date ||
		              (date_from[i].year && rowmake_has_column(m, date_from[i].year));
	}
	for (size_t i = 0; i < form->field_count; i++) {
		size_t at = i;

		for (;
		     at > 0 && strcmp(form->field[m->sorted[at - 1]].name, form->field[i].name) > 0;
		     at--)
			m->sorted[at] = m->sorted[at - 1];
		m->sorted[at] = (int)i;
	}
}

enum err_code
rowmake_create(const struct rowmake_about *about, struct rowmake **ret, struct err *e)
{
	struct rowmake *m = mem_calloc(1, sizeof(*m));
	enum err_code rc;

	if (!m)
		return err_set(e, ERR_NOMEM, "out of memory for making rows");
	m->about = *about;
	arena_init(&m->mem, 0);
	m->target = arena_calloc(&m->mem, about->column_count + 1, sizeof(*m->target));
	m->sorted = arena_calloc(&m->mem, about->form->field_count + 1, sizeof(*m->sorted));
	rc = m->target && m->sorted ? ERR_OK
	                            : err_set(e, ERR_NOMEM, "out of memory for making rows");
	if (!rc)
		rc = converter_create(about->form, &m->converter, e);
	if (!rc)
		rc = position_plan_init(&m->position, &m->about, e);
	if (!rc)
		rc = plan_columns(m, e);
	if (!rc)
		rc = plan_keys(m, e);
	if (rc) {
		rowmake_free(m);
		return rc;
	}
	find_fields(m);
	*ret = m;
	return ERR_OK;
}

void
rowmake_free(struct rowmake *m)
{
	if (!m)
		return;
	converter_free(m->converter);
	arena_done(&m->mem);
	mem_free(m);
}

enum err_code
rowmake_worker_create(const struct rowmake *m, struct rowmake_worker **ret, struct err *e)
{
	struct rowmake_worker *w = mem_calloc(1, sizeof(*w));
	enum err_code rc;

	if (!w)
		return err_set(e, ERR_NOMEM, "out of memory for making rows");
	arena_init(&w->mem, ARENA_BYTES);
	buf_init(&w->text, (size_t)64 << 20);
	w->geo = geo_create();
	rc = w->geo ? form_checker_create(m->about.form, &w->checker, e)
	            : err_set(e, ERR_NOMEM, "out of memory for making rows");
	if (!rc)
		rc = position_worker_create(&m->position, &w->position, e);
	if (rc) {
		rowmake_worker_free(w);
		return rc;
	}
	*ret = w;
	return ERR_OK;
}

void
rowmake_worker_free(struct rowmake_worker *w)
{
	if (!w)
		return;
	arena_done(&w->mem);
	buf_done(&w->text);
	geo_free(w->geo);
	form_checker_free(w->checker);
	position_worker_free(w->position);
	mem_free(w);
}

void
rowmake_worker_reset(struct rowmake_worker *w)
{
	arena_reset(&w->mem);
}

/* --- one row
 * --------------------------------------------------------------------------------------------- */

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a row");
}

/* Keep the text of a value that does not fit; what identifies a person stays out of the remarks. */
static enum err_code
keep_bad(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r, size_t column,
         struct err *e)
{
	const struct form_field *f = &m->about.form->field[m->target[column]];
	const char *text;
	char quoted[MAX_BAD_TEXT];

	if (f->access == FORM_IDENTITY)
		return ERR_OK;
	text = convert_text(&r->mapped[column], &w->mem);
	if (!text)
		return no_memory(e);
	if (strlen(text) >= sizeof(quoted))
		text = err_quote(text, quoted, sizeof(quoted));
	r->bad = arena_printf(&w->mem, "%s%s%s: %s", r->bad ? r->bad : "", r->bad ? "; " : "",
	                      f->name, text);
	return r->bad ? ERR_OK : no_memory(e);
}

static enum err_code
convert_columns(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
                struct rowcheck_row *check, bool *ret_any, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < m->about.column_count; i++) {
		struct mapping_value v = r->mapped[i];
		enum convert_result done;
		bool linked;

		if (m->target[i] < 0 || v.type == MAPPING_NULL)
			continue;
		linked = links_resolve(m->about.links, &m->about.form->field[m->target[i]], &w->mem,
		                       &v);
		done = linked ? convert_value(m->converter, m->target[i], &v, &w->mem,
		                              &r->fields.value[m->target[i]])
		              : CONVERT_BAD;
		if (done == CONVERT_NOMEM)
			return no_memory(e);
		*ret_any = *ret_any || done != CONVERT_EMPTY;
		if (done == CONVERT_BAD) {
			r->fields.value[m->target[i]] = (struct store_value){ 0 };
			rowcheck_set(check, linked ? CHECK_BAD_VALUE : CHECK_BROKEN_LINK, NULL);
			rc = keep_bad(m, w, r, i, e);
		}
	}
	return rc;
}

static void
hash_text(struct hash_state *h, const char *s)
{
	hash_update(h, s, strlen(s) + 1);
}

/* What the row says: its values as canonical JSON, the texts that did not fit, the position as
 * given. */
static enum err_code
hash_content(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
             const struct position *p, struct err *e)
{
	struct store_fields said = r->fields;
	struct hash_state h;

	if (p->given)
		said.geom = NULL;
	buf_reset(&w->text);
	fields_to_json(&said, m->sorted, false, &w->text);
	/* a row that is not hashed whole would be taken for another */
	if (!buf_ok(&w->text))
		return no_memory(e);
	hash_init(&h);
	hash_text(&h, "fallow row content 1");
	hash_text(&h, m->about.form->kind);
	hash_update(&h, w->text.data, w->text.size);
	hash_text(&h, "");
	hash_text(&h, r->bad ? r->bad : "");
	if (p->given)
		hash_update(&h, p->given, p->given_n);
	hash_final(&h, r->content);
	return ERR_OK;
}

void
rowmake_key(const struct rowmake *m, const uint8_t content[32], uint64_t occurrence,
            uint8_t ret[32])
{
	struct hash_state h;
	uint8_t le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(occurrence >> (8 * i));
	hash_init(&h);
	hash_text(&h, "fallow row 1");
	hash_text(&h, m->about.form->kind);
	hash_update(&h, content, 32);
	hash_update(&h, le, 8);
	hash_final(&h, ret);
}

/* Identity by named fields: their names and canonical values. A row without any value has no such
 * key. */
static enum err_code
hash_key(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
         struct rowcheck_row *check, struct err *e)
{
	struct hash_state h;

	if (m->key_count == 0)
		return ERR_OK;
	buf_reset(&w->text);
	for (size_t i = 0; i < m->key_count; i++) {
		const struct store_value *v = &r->fields.value[m->key[i]];

		r->has_key = r->has_key || v->type != STORE_NULL;
		buf_adds(&w->text, m->about.form->field[m->key[i]].name);
		buf_addc(&w->text, '=');
		value_to_json(v, &w->text);
		buf_addc(&w->text, '\n');
	}
	if (!buf_ok(&w->text))
		return no_memory(e);
	if (!r->has_key) {
		rowcheck_set(check, CHECK_NO_KEY, NULL);
		return ERR_OK;
	}
	hash_init(&h);
	hash_text(&h, "fallow row key 1");
	hash_text(&h, m->about.form->kind);
	hash_update(&h, w->text.data, w->text.size);
	hash_final(&h, r->key);
	return ERR_OK;
}

static uint64_t
print_of(const void *p, size_t n)
{
	uint8_t sha[32];
	uint64_t v;

	hash_sha256(p, n, sha);
	memcpy(&v, sha, sizeof(v));
	return v ? v : 1;
}

/* Fingerprints by which other rows are found to be the same; serial code compares them. */
static void
fingerprints(const struct rowmake *m, struct rowmake_row *r)
{
	const struct geom *g = r->fields.geom;
	const struct store_value *id = m->national_id < 0 ? NULL : &r->fields.value[m->national_id];
	char folded[400];
	size_t n;

	if (g && m->is_hazard)
		r->geometry_print = print_of(g->xy, (size_t)g->point_count * 2 * sizeof(*g->xy));
	if (!id || id->type != STORE_TEXT || id->n == 0)
		return;
	r->id_print = print_of(id->s, id->n);
	n = text_fold(id->s, id->n, folded, sizeof(folded));
	r->similar_print = n ? print_of(folded, n) : r->id_print;
}

static void
set_date(const struct rowmake *m, struct rowmake_row *r, const char *date)
{
	r->fields.value[m->valid_from] =
		(struct store_value){ .type = STORE_TEXT, .s = date, .n = 10 };
}

/* Date of information from the row's other dates; true if there is one. */
static enum err_code
derive_date(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
            struct rowcheck_row *check, bool *ret_found, struct err *e)
{
	const struct store_fields *f = &r->fields;

	*ret_found = false;
	for (size_t i = 0; i < sizeof(date_from) / sizeof(*date_from); i++) {
		double year, month;
		int64_t days;
		char *text;

		if (!text_eq(date_from[i].kind, f->form->kind))
			continue;
		for (size_t k = 0; k < 3 && date_from[i].day[k]; k++) {
			const char *day = fields_text(f, date_from[i].day[k]);

			if (day && clock_parse_date(day, strlen(day), NULL)) {
				set_date(m, r, day);
				*ret_found = true;
				return ERR_OK;
			}
		}
		year = date_from[i].year ? fields_number(f, date_from[i].year, 0) : 0;
		month = date_from[i].month ? fields_number(f, date_from[i].month, 0) : 0;
		if (!dates_of_period((int64_t)year, (int64_t)month, &days))
			continue;
		text = arena_alloc(&w->mem, 16);
		if (!text)
			return no_memory(e);
		clock_format_date(days, text);
		set_date(m, r, text);
		rowcheck_set(check, CHECK_PERIOD_DATE, NULL);
		*ret_found = true;
	}
	return ERR_OK;
}

static enum err_code
fill_date(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
          struct rowcheck_row *check, struct err *e)
{
	bool found = false;
	enum err_code rc;
	char *today;

	if (m->valid_from < 0 || r->fields.value[m->valid_from].type != STORE_NULL)
		return ERR_OK;
	rc = derive_date(m, w, r, check, &found, e);
	if (rc || found)
		return rc;
	if (m->about.source_date) {
		set_date(m, r, m->about.source_date);
		rowcheck_set(check, m->has_date ? CHECK_DATE_OF_SOURCE : CHECK_FILE_DATE, NULL);
		return ERR_OK;
	}
	today = arena_alloc(&w->mem, 16);
	if (!today)
		return no_memory(e);
	clock_format_date(m->about.today_days, today);
	set_date(m, r, today);
	if (m->is_hazard && reopen_closes(&r->fields))
		rowcheck_set(check, CHECK_CLOSING_UNDATED, NULL);
	rowcheck_set(check, m->has_date ? CHECK_DATE_OF_RECEIPT : CHECK_FILE_DATE, NULL);
	return ERR_OK;
}

/* Something that did not fit its field, for the remarks. */
static bool
keep_text(struct rowmake_worker *w, struct rowmake_row *r, const char *field, const char *text)
{
	r->bad = arena_printf(&w->mem, "%s%s%s: %s", r->bad ? r->bad : "", r->bad ? "; " : "",
	                      field, text);
	return r->bad != NULL;
}

/* Nothing is known of a day that is yet to come: what a row says of it counts from the day of
 * receipt, or a figure of today would leave the danger out. Land is not closed by a day to come:
 * whether it is now is not said. */
static enum err_code
bound_date(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
           struct rowcheck_row *check, struct err *e)
{
	const char *date = fields_text(&r->fields, "valid_from"), *status;
	int64_t days = 0;
	char *today;

	/* a day is over in the far east before it is in UTC */
	if (!date || !clock_parse_date(date, strlen(date), &days) ||
	    days <= m->about.today_days + 1)
		return ERR_OK;
	today = arena_alloc(&w->mem, 11);
	if (!today || !keep_text(w, r, "valid_from", date))
		return no_memory(e);
	clock_format_date(m->about.today_days, today);
	set_date(m, r, today);
	rowcheck_set(check, CHECK_FUTURE_DATE, NULL);
	if (!m->is_hazard || !reopen_closes(&r->fields))
		return ERR_OK;
	status = fields_text(&r->fields, "status");
	if (!keep_text(w, r, "status", status))
		return no_memory(e);
	(void)fields_set_text(&r->fields, "status", "unknown"); /* a core choice */
	return ERR_OK;
}

void
rowmake_derive(struct store_fields *f)
{
	double age = fields_number(f, "age_years", -1);
	const char *band = fields_text(f, "age_band"), *follows = age < 18 ? "child" : "adult";

	if (!(age >= 0 && age <= 130) || text_eq(band, follows))
		return;
	(void)fields_set_text(f, "age_band",
	                      !band || text_eq(band, "unknown") ? follows : "unknown");
}

/* What the row does not say and the register needs. */
static enum err_code
fill(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r,
     struct rowcheck_row *check, struct err *e)
{
	struct store_value *remarks = m->remarks < 0 ? NULL : &r->fields.value[m->remarks];
	enum err_code rc = fill_date(m, w, r, check, e);

	if (!rc)
		rc = bound_date(m, w, r, check, e);
	if (rc)
		return rc;
	if (m->is_hazard && r->fields.value[m->class_field].type == STORE_NULL) {
		(void)fields_set_text(&r->fields, "class", "indication");
		rowcheck_set(check, m->has_class ? CHECK_NO_CLASS : CHECK_FILE_CLASS, NULL);
	}
	if (!r->bad || !remarks)
		return ERR_OK;
	remarks->s = arena_printf(&w->mem, "%s%sas given: %s",
	                          remarks->type == STORE_TEXT ? remarks->s : "",
	                          remarks->type == STORE_TEXT ? "; " : "", r->bad);
	if (!remarks->s)
		return no_memory(e);
	remarks->type = STORE_TEXT;
	remarks->n = strlen(remarks->s);
	return ERR_OK;
}

enum err_code
rowmake_row(const struct rowmake *m, struct rowmake_worker *w, struct rowmake_row *r, struct err *e)
{
	struct rowcheck_row check = { .fields = &r->fields,
		                      .half_m = -1,
		                      .country = m->about.country,
		                      .places = m->about.places,
		                      .today_days = m->about.today_days,
		                      .geo = w->geo,
		                      .checker = w->checker,
		                      .mem = &w->mem };
	struct position position = { 0 };
	bool any = false;
	enum err_code rc;

	if (!fields_init(&r->fields, m->about.form, &w->mem))
		return no_memory(e);
	rc = convert_columns(m, w, r, &check, &any, e);
	if (!rc)
		rc = position_read(&m->position, w->position, r, &check, &position, e);
	if (!rc)
		rc = hash_content(m, w, r, &position, e);
	if (!rc)
		rc = hash_key(m, w, r, &check, e);
	if (rc)
		return rc;
	fingerprints(m, r);
	if (!any && !position.any)
		rowcheck_set(&check, CHECK_EMPTY_ROW, NULL);
	rowmake_derive(&r->fields);
	rc = fill(m, w, r, &check, e);
	if (!rc)
		rc = rowcheck_run(&check, e);
	r->found = check.found;
	r->reason = check.reason;
	r->outline_valid = check.outline_valid;
	return rc;
}

/* The system of the row's position where no column of the mapping says it. */
static const char *
unsaid_system(const struct rowmake *m, const struct rowmake_row *r)
{
	int geometry = m->position.column[POSITION_GEOMETRY];

	if (m->position.column[POSITION_CRS] >= 0)
		return NULL;
	if (m->about.crs)
		return m->about.crs;
	if (geometry < 0 || !r->mapped || r->mapped[geometry].type == MAPPING_NULL)
		return NULL;
	if (m->about.file_crs && *m->about.file_crs)
		return m->about.file_crs;
	return m->about.geometry_is_wgs84 ? "OGC:CRS84" : NULL;
}

void
rowmake_mapped_json(const struct rowmake *m, const struct rowmake_row *r, struct buf *out)
{
	struct json_writer w;
	char *hex;

	json_begin(&w, out);
	json_object(&w, NULL);
	for (size_t i = 0; r->mapped && i < m->about.column_count; i++) {
		const struct mapping_value *v = &r->mapped[i];
		const char *name = m->about.column[i];
		struct buf text;

		buf_init(&text, 0);
		switch (v->type) {
		case MAPPING_INT:
			json_int(&w, name, v->i);
			break;
		case MAPPING_REAL:
			json_number(&w, name, v->d);
			break;
		case MAPPING_TEXT:
			buf_add(&text, v->s, v->n);
			json_string(&w, name, buf_text(&text));
			out->failed = out->failed || !buf_ok(&text);
			break;
		case MAPPING_BLOB:
			hex = buf_reserve(&text, 2 * v->n + 1);
			out->failed = out->failed || !hex;
			if (hex) {
				text_hex((const uint8_t *)v->s, v->n, hex);
				json_string(&w, name, hex);
			}
			break;
		default:
			break;
		}
		buf_done(&text);
	}
	if (unsaid_system(m, r))
		json_string(&w, "crs", unsaid_system(m, r));
	json_object_end(&w);
}
