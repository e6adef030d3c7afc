#include "ingest/convert.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "ingest/dates.h"

#define FOLD_MAX 240
#define MAX_SAFE 9007199254740991.0
#define MAX_PARTS 200

/* A word that stands for a choice. */
struct word {
	const char *folded;
	const char *code; /* NULL: two choices have this word */
};

/* Words of one list, sorted. */
struct words {
	size_t count;
	struct word *word;
};

struct converter {
	const struct form *form;
	struct arena mem;
	struct words *list; /* by form->list */
	int *list_of;       /* by field: index into list, or -1 */
};

/* --- choices
 * --------------------------------------------------------------------------------------------- */

static const struct {
	const char *code;
	const char *word[14];
} everyday[] = {
	{ "yes",
	  { "y", "true", "t", "1", "si", "sí", "da", "d", "так", "да", "bəli", "hə", "oui" } },
	{ "no", { "n", "false", "f", "0", "ne", "ні", "нет", "xeyr", "yox", "non" } },
	{ "unknown",
	  { "not known", "unk", "n/a", "na", "sin información", "sin informacion", "no informa",
	    "невідомо", "nepoznato", "naməlum", "məlum deyil", "неизвестно", "not stated",
	    "not specified" } },
	{ "not_stated",
	  { "unknown", "not known", "sin información", "невідомо", "nepoznato", "naməlum" } },
	{ "male",
	  { "m", "man", "men", "masculino", "hombre", "чоловік", "ч", "kişi", "muški", "musko",
	    "boy" } },
	{ "female",
	  { "f", "w", "woman", "femenino", "mujer", "жінка", "ж", "qadın", "ženski", "zensko",
	    "girl" } },
};

static struct word *
find_word(const struct words *w, const char *folded)
{
	size_t lo = 0, hi = w->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(w->word[mid].folded, folded);

		if (c == 0)
			return &w->word[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Insert in order. own: a code or label, which wins over an everyday word. */
static bool
add_word(struct words *w, struct arena *mem, const char *text, const char *code, bool own)
{
	char folded[FOLD_MAX];
	size_t n = text_fold(text, strlen(text), folded, sizeof(folded)), at;
	struct word *was;

	if (n == 0)
		return true;
	was = find_word(w, folded);
	if (was) {
		if (own && was->code && strcmp(was->code, code) != 0)
			was->code = NULL;
		return true;
	}
	for (at = w->count; at > 0 && strcmp(w->word[at - 1].folded, folded) > 0; at--)
		w->word[at] = w->word[at - 1];
	w->word[at] = (struct word){ arena_strdup(mem, folded), code };
	w->count++;
	return w->word[at].folded != NULL;
}

static bool
add_everyday(struct words *w, struct arena *mem, const struct form_list *l)
{
	bool ok = true;

	for (size_t k = 0; k < sizeof(everyday) / sizeof(*everyday); k++) {
		const struct form_choice *c = form_choice_find(l, everyday[k].code);

		for (size_t i = 0; ok && c && i < 14 && everyday[k].word[i]; i++)
			ok = add_word(w, mem, everyday[k].word[i], c->code, false);
	}
	return ok;
}

static bool
list_words(struct words *w, struct arena *mem, const struct form_list *l)
{
	bool ok;

	w->word = arena_calloc(mem, l->count * (FORM_LANGUAGES + 1) + 100, sizeof(*w->word));
	ok = w->word != NULL;
	for (size_t i = 0; ok && i < l->count; i++) {
		const struct form_choice *c = &l->choice[i];

		ok = add_word(w, mem, c->code, c->code, true);
		for (int lang = 0; ok && lang < FORM_LANGUAGES; lang++)
			if (c->label[lang])
				ok = add_word(w, mem, c->label[lang], c->code, true);
	}
	return ok && add_everyday(w, mem, l);
}

enum err_code
converter_create(const struct form *form, struct converter **ret, struct err *e)
{
	struct converter *c = mem_calloc(1, sizeof(*c));
	bool ok = c != NULL;

	if (!ok)
		return err_set(e, ERR_NOMEM, "out of memory for converting rows");
	arena_init(&c->mem, 0);
	c->form = form;
	c->list = arena_calloc(&c->mem, form->list_count + 1, sizeof(*c->list));
	c->list_of = arena_calloc(&c->mem, form->field_count + 1, sizeof(*c->list_of));
	ok = c->list && c->list_of;
	for (size_t i = 0; ok && i < form->list_count; i++)
		ok = list_words(&c->list[i], &c->mem, &form->list[i]);
	for (size_t i = 0; ok && i < form->field_count; i++)
		c->list_of[i] = form->field[i].list ? (int)(form->field[i].list - form->list) : -1;
	if (!ok) {
		converter_free(c);
		return err_set(e, ERR_NOMEM, "out of memory for converting rows");
	}
	*ret = c;
	return ERR_OK;
}

void
converter_free(struct converter *c)
{
	if (!c)
		return;
	arena_done(&c->mem);
	mem_free(c);
}

const char *
convert_choice(const struct converter *c, int field, const char *s, size_t n)
{
	const struct form_list *l = c->form->field[field].list;
	char text[FOLD_MAX], folded[FOLD_MAX];
	const struct form_choice *exact;
	const struct word *w;

	s = text_trim(s, n, &n);
	if (!l || n == 0 || n >= sizeof(text))
		return NULL;
	memcpy(text, s, n);
	text[n] = '\0';
	exact = form_choice_find(l, text);
	if (exact)
		return exact->code;
	(void)text_fold(s, n, folded, sizeof(folded));
	w = find_word(&c->list[c->list_of[field]], folded);
	return w ? w->code : NULL;
}

/* --- numbers
 * --------------------------------------------------------------------------------------------- */

/* Length of a blank that may part thousands at s: space, no-break space, narrow no-break space; 0
 * if none. */
static size_t
thousands_blank(const char *s, size_t n)
{
	if (n >= 1 && (*s == ' ' || *s == '\''))
		return 1;
	if (n >= 2 && memcmp(s, "\xc2\xa0", 2) == 0)
		return 2;
	if (n >= 3 && memcmp(s, "\xe2\x80\xaf", 3) == 0)
		return 3;
	return 0;
}

/* Digits in groups of three parted by `mark` (0 = blanks); the groups' digits go to out. */
static bool
join_groups(const char *s, size_t n, char mark, char *out, size_t *ret_n)
{
	size_t digits = 0, o = 0, groups = 0;

	for (size_t i = 0; i < n;) {
		size_t blank = mark ? (size_t)(s[i] == mark) : thousands_blank(s + i, n - i);

		if (blank) {
			if (digits == 0 || digits > 3 || (groups && digits != 3))
				return false;
			groups++;
			digits = 0;
			i += blank;
		} else if (s[i] >= '0' && s[i] <= '9') {
			out[o++] = s[i++];
			digits++;
		} else {
			return false;
		}
	}
	*ret_n = o;
	return o > 0 && (!groups || digits == 3);
}

bool
convert_number(const char *s, size_t n, double *ret)
{
	char plain[80];
	const char *comma, *dot;
	size_t o = 0, head, used;

	s = text_trim(s, n, &n);
	if (n == 0 || n > 60)
		return false;
	comma = memchr(s, ',', n);
	dot = memchr(s, '.', n);
	if (!comma && text_parse_f64(s, n, ret))
		return true;
	if (*s == '-' || *s == '+') {
		plain[o++] = *s++;
		n--;
	}
	/* the mark that comes last is the decimal one; the other parts thousands */
	if (comma && dot) {
		const char *last = comma > dot ? comma : dot;

		head = (size_t)(last - s);
		if (memchr(last + 1, *last, n - head - 1) ||
		    !join_groups(s, head, comma > dot ? '.' : ',', plain + o, &used))
			return false;
	} else if (comma) {
		head = (size_t)(comma - s);
		if (memchr(comma + 1, ',', n - head - 1)) {
			head = n;
			if (!join_groups(s, n, ',', plain + o, &used)) /* 1,234,567 */
				return false;
		} else {
			if (n - head - 1 == 3 && head >= 1 && head <= 3 && *s != '0')
				return false; /* 1,234: thousands or decimals */
			if (!join_groups(s, head, 0, plain + o, &used))
				return false;
		}
	} else {
		head = dot ? (size_t)(dot - s) : n;
		if (dot && memchr(dot + 1, '.', n - head - 1)) {
			head = n;
			if (!join_groups(s, n, '.', plain + o, &used)) /* 1.234.567 */
				return false;
		} else if (!join_groups(s, head, 0, plain + o, &used)) {
			return false;
		}
	}
	o += used;
	if (head + 1 == n)
		return false; /* a mark with nothing behind it */
	if (head < n) {
		plain[o++] = '.';
		memcpy(plain + o, s + head + 1, n - head - 1);
		o += n - head - 1;
	}
	return text_parse_f64(plain, o, ret);
}

static bool
number_of(const struct mapping_value *in, double *ret)
{
	switch (in->type) {
	case MAPPING_INT:
		*ret = (double)in->i;
		return fabs(*ret) <= MAX_SAFE;
	case MAPPING_REAL:
		*ret = in->d;
		return isfinite(in->d);
	case MAPPING_TEXT:
		return convert_number(in->s, in->n, ret);
	default:
		return false;
	}
}

/* --- texts
 * -----------------------------------------------------------------------------------------------
 */

const char *
convert_text(const struct mapping_value *in, struct arena *mem)
{
	char number[40];

	switch (in->type) {
	case MAPPING_INT:
		return arena_printf(mem, "%lld", (long long)in->i);
	case MAPPING_REAL:
		return arena_strndup(mem, number, text_format_f64(in->d, number));
	case MAPPING_TEXT:
		return arena_strndup(mem, in->s, in->n);
	case MAPPING_BLOB:
		return arena_printf(mem, "(%zu bytes)", in->n);
	default:
		return "";
	}
}

static enum convert_result
take(struct arena *mem, const char *s, size_t n, enum store_type type, struct store_value *ret)
{
	char *copy = arena_strndup(mem, s, n);

	*ret = (struct store_value){ .type = type, .s = copy, .n = n };
	return copy ? CONVERT_OK : CONVERT_NOMEM;
}

static enum convert_result
to_date(const struct mapping_value *in, struct arena *mem, struct store_value *ret)
{
	char text[16];
	int64_t days;

	if (in->type == MAPPING_INT && in->i >= 18000101 && in->i <= 22001231) {
		int year = (int)(in->i / 10000), month = (int)(in->i / 100 % 100),
		    day = (int)(in->i % 100);

		if (!clock_is_date(year, month, day))
			return CONVERT_BAD;
		days = clock_days(year, month, day);
	} else if (in->type != MAPPING_TEXT || !dates_read(in->s, in->n, &days)) {
		return CONVERT_BAD;
	}
	clock_format_date(days, text);
	return take(mem, text, 10, STORE_TEXT, ret);
}

static enum convert_result
to_time(const char *s, size_t n, struct arena *mem, struct store_value *ret)
{
	bool shape = (n == 5 || n == 8) && s[2] == ':' && (n == 5 || s[5] == ':');
	int64_t h, m, sec = 0;

	if (!shape || !text_parse_i64(s, 2, &h) || !text_parse_i64(s + 3, 2, &m) ||
	    (n == 8 && !text_parse_i64(s + 6, 2, &sec)))
		return CONVERT_BAD;
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59)
		return CONVERT_BAD;
	return take(mem, s, n, STORE_TEXT, ret);
}

static enum convert_result
to_id(const char *s, size_t n, struct arena *mem, struct store_value *ret)
{
	struct uuid u;
	char text[UUID_TEXT];

	if (!uuid_parse(s, n, &u))
		return CONVERT_BAD;
	uuid_format(u, text);
	return take(mem, text, UUID_TEXT - 1, STORE_TEXT, ret);
}

static enum convert_result
to_hash(const char *s, size_t n, struct arena *mem, struct store_value *ret)
{
	uint8_t sha[32];
	char text[65];

	if (!text_unhex(s, n, sha, 32))
		return CONVERT_BAD;
	text_hex(sha, 32, text);
	return take(mem, text, 64, STORE_TEXT, ret);
}

/* --- lists
 * -----------------------------------------------------------------------------------------------
 */

struct parts {
	size_t count;
	const char *text[MAX_PARTS]; /* code or id */
};

static bool
add_part(const struct converter *c, int field, const char *s, size_t n, struct arena *mem,
         struct parts *p)
{
	struct store_value id;
	const char *text;

	s = text_trim(s, n, &n);
	if (n == 0)
		return true;
	if (c->form->field[field].type == FORM_RECORDS)
		text = to_id(s, n, mem, &id) == CONVERT_OK ? id.s : NULL;
	else
		text = convert_choice(c, field, s, n);
	if (!text || p->count == MAX_PARTS)
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->text[i], text) == 0)
			return true;
	p->text[p->count++] = text;
	return true;
}

static bool
split(const struct converter *c, int field, const char *s, size_t n, const char *marks,
      struct arena *mem, struct parts *p)
{
	size_t from = 0;

	p->count = 0;
	for (size_t i = 0; i <= n; i++)
		if (i == n || strchr(marks, s[i])) {
			if (!add_part(c, field, s + from, i - from, mem, p))
				return false;
			from = i + 1;
		}
	return p->count > 0;
}

static bool
split_json(const struct converter *c, int field, const char *s, size_t n, struct arena *mem,
           struct parts *p)
{
	struct json_value *v = NULL;
	struct err ignored = { 0 };

	p->count = 0;
	if (json_parse(s, n, 4, mem, &v, &ignored) || v->type != JSON_ARRAY)
		return false;
	for (const struct json_value *x = v->first; x; x = x->next)
		if (x->type != JSON_STRING || !add_part(c, field, x->string, x->count, mem, p))
			return false;
	return true;
}

static enum convert_result
to_list(const struct converter *c, int field, const char *s, size_t n, struct arena *mem,
        struct store_value *ret)
{
	static const char *const marks[] = { "", ";|", ";|,", ";|, " };
	struct parts p = { 0 };
	bool ok = *s == '[' && split_json(c, field, s, n, mem, &p);
	enum convert_result rc;
	struct buf b;

	/* labels may hold commas and blanks: the coarsest way of parting that fits is the right one
	 */
	for (size_t i = 0; !ok && i < sizeof(marks) / sizeof(*marks); i++)
		ok = i == 0 ? (add_part(c, field, s, n, mem, &p) && p.count > 0)
		            : split(c, field, s, n, marks[i], mem, &p);
	if (!ok)
		return CONVERT_BAD;
	if (p.count == 0)
		return CONVERT_EMPTY;
	buf_init(&b, 1u << 20);
	buf_addc(&b, '[');
	for (size_t i = 0; i < p.count; i++) {
		if (i)
			buf_addc(&b, ',');
		json_write_string(&b, p.text[i], strlen(p.text[i]));
	}
	buf_addc(&b, ']');
	rc = buf_ok(&b) ? take(mem, b.data, b.size, STORE_JSON, ret) : CONVERT_NOMEM;
	buf_done(&b);
	return rc;
}

static enum convert_result
to_json(const char *s, size_t n, enum json_type want, struct arena *mem, struct store_value *ret)
{
	struct json_value *v = NULL;
	struct err ignored = { 0 };
	enum convert_result rc;
	struct buf b;

	if (json_parse(s, n, 0, mem, &v, &ignored) || v->type != want)
		return CONVERT_BAD;
	buf_init(&b, 64u << 20);
	json_write_canonical(&b, v);
	rc = buf_ok(&b) ? take(mem, b.data, b.size, STORE_JSON, ret) : CONVERT_NOMEM;
	buf_done(&b);
	return rc;
}

/* A geometry beside the record's own outline: WKB, WKT or GeoJSON. */
static enum convert_result
to_geometry(const struct mapping_value *in, struct arena *mem, struct store_value *ret)
{
	struct json_value *v = NULL;
	struct err ignored = { 0 };
	struct geom g;
	enum convert_result rc;
	enum err_code code;
	struct buf b;

	if (in->type == MAPPING_BLOB)
		code = geom_from_wkb((const uint8_t *)in->s, in->n, 0, mem, &g, &ignored);
	else if (in->type != MAPPING_TEXT)
		return CONVERT_BAD;
	else if (in->n && *in->s == '{')
		code = json_parse(in->s, in->n, 0, mem, &v, &ignored)
		               ? ERR_INVALID
		               : geom_from_json(v, 0, mem, &g, &ignored);
	else
		code = geom_from_wkt(in->s, in->n, 0, mem, &g, &ignored);
	if (code)
		return CONVERT_BAD;
	buf_init(&b, 64u << 20);
	geom_write_json(&g, &b);
	rc = buf_ok(&b) ? take(mem, b.data, b.size, STORE_JSON, ret) : CONVERT_NOMEM;
	buf_done(&b);
	return rc;
}

/* --- by type
 * --------------------------------------------------------------------------------------------- */

static enum convert_result
from_text(const struct converter *c, int field, const char *s, size_t n, struct arena *mem,
          struct store_value *ret)
{
	const struct form_field *f = &c->form->field[field];
	const char *code;
	int64_t at;

	switch (f->type) {
	case FORM_TEXT:
		return take(mem, s, n, STORE_TEXT, ret);
	case FORM_TIME:
		return to_time(s, n, mem, ret);
	case FORM_DATETIME:
		return clock_parse_us(s, n, &at) ? take(mem, s, n, STORE_TEXT, ret) : CONVERT_BAD;
	case FORM_SELECT_ONE:
		code = convert_choice(c, field, s, n);
		if (!code)
			return CONVERT_BAD;
		*ret = (struct store_value){ .type = STORE_TEXT, .s = code, .n = strlen(code) };
		return CONVERT_OK;
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORDS:
		return to_list(c, field, s, n, mem, ret);
	case FORM_FILE:
		return to_hash(s, n, mem, ret);
	case FORM_RECORD:
		return to_id(s, n, mem, ret);
	case FORM_REPEAT:
		return to_json(s, n, JSON_ARRAY, mem, ret);
	default:
		return CONVERT_BAD;
	}
}

enum convert_result
convert_value(const struct converter *c, int field, const struct mapping_value *in,
              struct arena *mem, struct store_value *ret)
{
	const struct form_field *f = &c->form->field[field];
	const char *s = in->s;
	size_t n = in->n;
	double d;

	if (in->type == MAPPING_NULL)
		return CONVERT_EMPTY;
	if (in->type == MAPPING_TEXT) {
		s = text_trim(s, n, &n);
		if (n == 0)
			return CONVERT_EMPTY;
	}
	switch (f->type) {
	case FORM_INTEGER:
		if (!number_of(in, &d) || d != trunc(d) || fabs(d) > MAX_SAFE)
			return CONVERT_BAD;
		*ret = (struct store_value){ .type = STORE_INT, .i = (int64_t)d };
		return CONVERT_OK;
	case FORM_DECIMAL:
		if (!number_of(in, &d))
			return CONVERT_BAD;
		*ret = (struct store_value){ .type = STORE_REAL, .d = d };
		return CONVERT_OK;
	case FORM_DATE:
		return to_date(in, mem, ret);
	case FORM_GEOMETRY:
		return to_geometry(in, mem, ret);
	default:
		break;
	}
	if (in->type == MAPPING_BLOB)
		return CONVERT_BAD;
	if (in->type != MAPPING_TEXT) {
		s = convert_text(in, mem);
		if (!s)
			return CONVERT_NOMEM;
		n = strlen(s);
	}
	return from_text(c, field, s, n, mem, ret);
}
