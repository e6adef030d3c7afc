/* CQL2: judging rows by a tree. */
#include "api/cql2.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/text.h"

/* What an expression comes to. */
struct value {
	enum cql2_type type;
	bool null;
	const char *text;
	size_t size;
	double number;
	int64_t from_us, to_us;
	bool day;
	const struct geom *geom;
	const struct cql2_node *list; /* of a literal; else text is JSON */
	const struct cql2_node *node;
};

struct judge {
	const struct cql2 *c;
	const struct cql2_row *row;
	struct err *e;
};

/* ---- letters ---- */

/* Lower case of Latin, Greek and Cyrillic letters; anything else stays. */
static uint32_t
lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3ab && c != 0x3a2) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if (c == 0x130 || c == 0x18f) /* dotted I, schwa */
		return c == 0x130 ? 'i' : 0x259;
	if (c == 0x178)
		return 0xff;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) || (c >= 0x4c1 && c <= 0x4ce))
		return c + (c & 1);
	if ((c >= 0x100 && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
	    (c >= 0x1e00 && c <= 0x1eff))
		return c | 1;
	return c;
}

/* Without marks: what base/fold.h makes of a letter, its case kept; 0 = it vanishes. */
static uint32_t
plain(uint32_t c)
{
	char out[4];
	size_t n, i = 0;
	uint32_t base;

	if (c < 0xc0)
		return c;
	n = fold_code_point(c, out);
	if (n == FOLD_DROP)
		return 0;
	if (n == 0 || n > 4)
		return c;
	base = text_utf8_next(out, n, &i);
	if (i < n || base == lower(c))
		return c; /* several letters, or no mark on it */
	return lower(c) != c && base >= 'a' && base <= 'z' ? base - 32 : base;
}

static bool
fold(struct judge *j, enum cql2_op op, struct value *v)
{
	char *out = arena_alloc(j->row->mem, 4 * v->size + 1);
	size_t n = 0, i = 0;

	if (!out)
		return false;
	while (i < v->size) {
		uint32_t c = text_utf8_next(v->text, v->size, &i);

		c = op == CQL2_CASEI ? lower(c) : plain(c);
		if (c)
			n += text_utf8_put(c, out + n);
	}
	out[n] = '\0';
	v->text = out;
	v->size = n;
	return true;
}

/* ---- times ---- */

static bool
month_of(const char *s, size_t n, int64_t *from, int64_t *to)
{
	int64_t year = 0, month = 1, last = 12;

	if ((n != 4 && n != 7) || !text_parse_i64(s, 4, &year) || year < 1 || year > 9999 ||
	    (n == 7 && (s[4] != '-' || !text_parse_i64(s + 5, 2, &month))))
		return false;
	if (n == 7)
		last = month;
	if (month < 1 || last > 12)
		return false;
	*from = clock_days((int)year, (int)month, 1);
	*to = (last == 12 ? clock_days((int)year + 1, 1, 1)
	                  : clock_days((int)year, (int)last + 1, 1)) -
	      1;
	return true;
}

/* A date as it is shown: a day, a month, a year, an instant. */
static void
read_time(struct value *v)
{
	int64_t from = 0, to = 0;

	v->type = CQL2_DATE;
	v->day = true;
	if (clock_parse_date(v->text, v->size, &from)) {
		to = from;
	} else if (clock_parse_us(v->text, v->size, &v->from_us)) {
		v->to_us = v->from_us;
		v->day = false;
		return;
	} else if (!month_of(v->text, v->size, &from, &to)) {
		v->null = true;
		return;
	}
	v->from_us = from * 86400000000;
	v->to_us = to * 86400000000;
}

static int64_t
day_of(int64_t us)
{
	int64_t rest = us % 86400000000;

	if (us == INT64_MIN || us == INT64_MAX)
		return us;
	return us - (rest < 0 ? rest + 86400000000 : rest);
}

/* A day beside an instant: both by day. */
static void
same_grain(struct value *a, struct value *b)
{
	if (a->day == b->day)
		return;
	a->from_us = day_of(a->from_us);
	a->to_us = day_of(a->to_us);
	b->from_us = day_of(b->from_us);
	b->to_us = day_of(b->to_us);
}

/* Allen's relations, as the standard's table of temporal operators has them. */
static bool
temporal(enum cql2_temporal which, const struct value *a, const struct value *b)
{
	int64_t a1 = a->from_us, a2 = a->to_us, b1 = b->from_us, b2 = b->to_us;

	switch (which) {
	case CQL2_T_AFTER:
		return a1 > b2;
	case CQL2_T_BEFORE:
		return a2 < b1;
	case CQL2_T_CONTAINS:
		return a1 < b1 && a2 > b2;
	case CQL2_T_DISJOINT:
		return a2 < b1 || a1 > b2;
	case CQL2_T_DURING:
		return a1 > b1 && a2 < b2;
	case CQL2_T_EQUALS:
		return a1 == b1 && a2 == b2;
	case CQL2_T_FINISHEDBY:
		return a1 < b1 && a2 == b2;
	case CQL2_T_FINISHES:
		return a1 > b1 && a2 == b2;
	case CQL2_T_INTERSECTS:
		return !(a2 < b1 || a1 > b2);
	case CQL2_T_MEETS:
		return a2 == b1;
	case CQL2_T_METBY:
		return a1 == b2;
	case CQL2_T_OVERLAPPEDBY:
		return a1 > b1 && a1 < b2 && a2 > b2;
	case CQL2_T_OVERLAPS:
		return a1 < b1 && a2 > b1 && a2 < b2;
	case CQL2_T_STARTEDBY:
		return a1 == b1 && a2 > b2;
	case CQL2_T_STARTS:
		return a1 == b1 && a2 < b2;
	}
	return false;
}

/* ---- values ---- */

static enum err_code value_of(struct judge *j, const struct cql2_node *n, struct value *v);

static enum err_code
interval_value(struct judge *j, const struct cql2_node *n, struct value *v)
{
	struct value a, b;
	enum err_code rc = value_of(j, n->first, &a);

	if (!rc)
		rc = value_of(j, n->first->next, &b);
	if (rc)
		return rc;
	/* an open end has no grain of its own */
	if (a.from_us == INT64_MIN && a.to_us == INT64_MAX)
		a.day = b.day;
	if (b.from_us == INT64_MIN && b.to_us == INT64_MAX)
		b.day = a.day;
	same_grain(&a, &b);
	v->type = CQL2_DATE;
	v->null = a.null || b.null || a.from_us > b.to_us;
	v->from_us = a.from_us;
	v->to_us = b.to_us;
	v->day = a.day || b.day;
	return ERR_OK;
}

static void
property_value(struct judge *j, const struct cql2_node *n, struct value *v)
{
	struct cql2_value got = { .type = j->c->names->name[n->which].type, .null = true };

	j->row->value(j->row->ctx, (size_t)n->which, &got);
	*v = (struct value){ .type = got.type,
		             .null = got.null,
		             .text = got.text,
		             .size = got.size,
		             .number = got.number,
		             .geom = got.geom,
		             .node = n };
	if (got.type == CQL2_GEOMETRY)
		v->null = !got.geom;
	else if (got.type == CQL2_DATE && !got.null)
		read_time(v);
}

static enum err_code
value_of(struct judge *j, const struct cql2_node *n, struct value *v)
{
	enum err_code rc;

	*v = (struct value){
		.node = n, .text = n->text, .size = n->text_size, .number = n->number
	};
	switch (n->op) {
	case CQL2_PROPERTY:
		property_value(j, n, v);
		return ERR_OK;
	case CQL2_LITERAL_TEXT:
		v->type = CQL2_TEXT;
		return ERR_OK;
	case CQL2_LITERAL_NUMBER:
	case CQL2_LITERAL_BOOLEAN:
		v->type = CQL2_NUMBER;
		return ERR_OK;
	case CQL2_LITERAL_TIME:
		v->type = CQL2_DATE;
		v->from_us = n->from_us;
		v->to_us = n->to_us;
		v->day = n->day;
		return ERR_OK;
	case CQL2_LITERAL_GEOMETRY:
		v->type = CQL2_GEOMETRY;
		v->geom = n->geom;
		return ERR_OK;
	case CQL2_LITERAL_LIST:
		v->type = CQL2_LIST;
		v->list = n->first;
		return ERR_OK;
	case CQL2_INTERVAL:
		return interval_value(j, n, v);
	case CQL2_CASEI:
	case CQL2_ACCENTI:
		rc = value_of(j, n->first, v);
		v->node = n;
		if (!rc && !v->null && !fold(j, n->op, v))
			rc = err_set(j->e, ERR_NOMEM, "out of memory for a filter");
		return rc;
	default:
		return err_set(j->e, ERR_INTERNAL, "a filter's value is a condition");
	}
}

/* ---- conditions ---- */

static enum cql2_truth
truth(bool yes)
{
	return yes ? CQL2_TRUE : CQL2_FALSE;
}

static bool
is_number(enum cql2_type t)
{
	return t == CQL2_NUMBER || t == CQL2_BOOLEAN;
}

static enum cql2_truth
by_order(enum cql2_op op, int c)
{
	switch (op) {
	case CQL2_EQ:
		return truth(c == 0);
	case CQL2_NE:
		return truth(c != 0);
	case CQL2_LT:
		return truth(c < 0);
	case CQL2_LE:
		return truth(c <= 0);
	case CQL2_GT:
		return truth(c > 0);
	default:
		return truth(c >= 0);
	}
}

/* A month is smaller than a day in it neither way: what may be is taken. */
static enum cql2_truth
compare_times(enum cql2_op op, struct value a, struct value b)
{
	same_grain(&a, &b);
	switch (op) {
	case CQL2_EQ:
		return truth(a.from_us == b.from_us && a.to_us == b.to_us);
	case CQL2_NE:
		return truth(a.from_us != b.from_us || a.to_us != b.to_us);
	case CQL2_LT:
		return truth(a.from_us < b.from_us);
	case CQL2_LE:
		return truth(a.from_us <= b.to_us);
	case CQL2_GT:
		return truth(a.to_us > b.to_us);
	default:
		return truth(a.to_us >= b.from_us);
	}
}

static enum cql2_truth
compare(enum cql2_op op, const struct value *a, const struct value *b)
{
	size_t n;
	int c;

	if (a->null || b->null)
		return CQL2_UNKNOWN;
	if (a->type == CQL2_DATE && b->type == CQL2_DATE)
		return compare_times(op, *a, *b);
	if (is_number(a->type) && is_number(b->type))
		return by_order(op, a->number < b->number ? -1 : a->number > b->number);
	if (a->type != CQL2_TEXT || b->type != CQL2_TEXT)
		return CQL2_UNKNOWN;
	n = a->size < b->size ? a->size : b->size;
	c = n ? memcmp(a->text, b->text, n) : 0;
	return by_order(op, c ? c : a->size < b->size ? -1 : a->size > b->size);
}

/* One step of a pattern: a character, and whether it is itself a wildcard. */
static uint32_t
pattern_next(const char *p, size_t n, size_t *i, bool *wild)
{
	uint32_t c = text_utf8_next(p, n, i);

	*wild = c == '%' || c == '_';
	if (c == '\\' && *i < n)
		return text_utf8_next(p, n, i);
	return c;
}

static bool
like(const char *s, size_t n, const char *p, size_t m)
{
	size_t i = 0, k = 0, star = SIZE_MAX, resume = 0;

	while (i < n) {
		size_t at = k;
		bool wild = false;
		uint32_t c = k < m ? pattern_next(p, m, &k, &wild) : 0;

		if (at < m && wild && c == '%') {
			star = k;
			resume = i;
			continue;
		}
		if (at < m && (text_utf8_next(s, n, &i) == c || wild))
			continue;
		if (star == SIZE_MAX)
			return false;
		k = star; /* the last % takes one character more */
		i = resume;
		(void)text_utf8_next(s, n, &i);
		resume = i;
	}
	while (k < m && p[k] == '%')
		k++;
	return k == m;
}

/* An element of a list: text of a literal, or of JSON. Returns false at the end. */
struct elements {
	const struct cql2_node *node;
	const char *s, *end;
};

static bool
element(struct elements *it, struct arena *mem, const char **ret, size_t *ret_n)
{
	const char *from;
	char *copy;
	size_t n = 0;

	if (it->node) {
		*ret = it->node->text ? it->node->text : "";
		*ret_n = it->node->text_size;
		it->node = it->node->next;
		return true;
	}
	while (it->s < it->end && *it->s != '"')
		it->s++;
	if (it->s >= it->end)
		return false;
	from = ++it->s;
	while (it->s < it->end && *it->s != '"')
		it->s += *it->s == '\\' ? 2 : 1;
	copy = arena_alloc(mem, (size_t)(it->s - from) + 1);
	if (!copy || it->s >= it->end)
		return false;
	for (const char *c = from; c < it->s; c++) /* codes and ids have no other escapes */
		if (*c != '\\')
			copy[n++] = *c;
	it->s++;
	*ret = copy;
	*ret_n = n;
	return true;
}

static struct elements
elements_of(const struct value *v)
{
	return v->text ? (struct elements){ NULL, v->text, v->text + v->size }
	               : (struct elements){ v->list, NULL, NULL };
}

static bool
holds(const struct value *list, struct arena *mem, const char *text, size_t n)
{
	struct elements it = elements_of(list);
	const char *s;
	size_t m;

	while (element(&it, mem, &s, &m))
		if (m == n && memcmp(s, text, n) == 0)
			return true;
	return false;
}

/* Every element of a is in b; *any: one is. */
static bool
within(const struct value *a, const struct value *b, struct arena *mem, bool *any)
{
	struct elements it = elements_of(a);
	const char *s;
	size_t n;
	bool all = true;

	*any = false;
	while (element(&it, mem, &s, &n)) {
		bool in = holds(b, mem, s, n);

		all = all && in;
		*any = *any || in;
	}
	return all;
}

static enum cql2_truth
arrays(struct judge *j, enum cql2_array which, const struct value *a, const struct value *b)
{
	bool any = false, back = false, ab = within(a, b, j->row->mem, &any),
	     ba = within(b, a, j->row->mem, &back);

	switch (which) {
	case CQL2_A_EQUALS:
		return truth(ab && ba);
	case CQL2_A_CONTAINS:
		return truth(ba);
	case CQL2_A_CONTAINEDBY:
		return truth(ab);
	case CQL2_A_OVERLAPS:
		return truth(any);
	}
	return CQL2_UNKNOWN;
}

/* The relation that b has to a when a has this one to b. */
static enum relate_kind
converse(enum relate_kind k)
{
	return k == RELATE_WITHIN ? RELATE_CONTAINS : k == RELATE_CONTAINS ? RELATE_WITHIN : k;
}

static enum err_code
spatial(struct judge *j, const struct cql2_node *n, enum cql2_truth *ret)
{
	const struct cql2_row *row = j->row;
	struct relate *made = NULL, **ready = &made;
	enum relate_kind kind = (enum relate_kind)n->which;
	struct value a, b;
	bool yes = false;
	enum err_code rc = value_of(j, n->first, &a);

	if (!rc)
		rc = value_of(j, n->first->next, &b);
	if (rc)
		return rc;
	*ret = CQL2_UNKNOWN;
	if (a.null || b.null)
		return ERR_OK;
	if (a.node->op == CQL2_LITERAL_GEOMETRY && b.node->op != CQL2_LITERAL_GEOMETRY) {
		struct value other = a;

		a = b;
		b = other;
		kind = converse(kind);
	}
	if (b.node->op == CQL2_LITERAL_GEOMETRY && row->ready)
		ready = &row->ready[b.node->geometry];
	if (!*ready)
		rc = relate_open(row->geo, b.geom, ready, j->e);
	if (rc == ERR_INVALID)
		return err_prefix(j->e, "filter");
	if (!rc)
		rc = relate_test(*ready, kind, a.geom, &yes, j->e);
	relate_close(made);
	*ret = truth(yes);
	return rc;
}

static enum err_code judge(struct judge *j, const struct cql2_node *n, enum cql2_truth *ret);

static enum err_code
connect(struct judge *j, const struct cql2_node *n, enum cql2_truth *ret)
{
	enum cql2_truth decides = n->op == CQL2_AND ? CQL2_FALSE : CQL2_TRUE;
	bool unknown = false;
	enum err_code rc = ERR_OK;

	for (const struct cql2_node *c = n->first; !rc && c; c = c->next) {
		enum cql2_truth one = CQL2_UNKNOWN;

		rc = judge(j, c, &one);
		if (!rc && one == decides) {
			*ret = decides;
			return ERR_OK;
		}
		unknown = unknown || one == CQL2_UNKNOWN;
	}
	*ret = unknown ? CQL2_UNKNOWN : n->op == CQL2_AND ? CQL2_TRUE : CQL2_FALSE;
	return rc;
}

static enum err_code
between(struct judge *j, const struct cql2_node *n, const struct value *v, enum cql2_truth *ret)
{
	struct value low, high;
	enum cql2_truth a, b;
	enum err_code rc = value_of(j, n->first->next, &low);

	if (!rc)
		rc = value_of(j, n->first->next->next, &high);
	if (rc)
		return rc;
	a = compare(CQL2_GE, v, &low);
	b = compare(CQL2_LE, v, &high);
	*ret = a == CQL2_FALSE || b == CQL2_FALSE ? CQL2_FALSE
	       : a == CQL2_TRUE && b == CQL2_TRUE ? CQL2_TRUE
	                                          : CQL2_UNKNOWN;
	return ERR_OK;
}

static enum err_code
in_list(struct judge *j, const struct cql2_node *n, const struct value *v, enum cql2_truth *ret)
{
	enum err_code rc = ERR_OK;

	*ret = v->null ? CQL2_UNKNOWN : CQL2_FALSE;
	for (const struct cql2_node *c = n->first->next->first; !rc && c && *ret == CQL2_FALSE;
	     c = c->next) {
		struct value one;

		rc = value_of(j, c, &one);
		if (!rc && compare(CQL2_EQ, v, &one) == CQL2_TRUE)
			*ret = CQL2_TRUE;
	}
	return rc;
}

/* Conditions on one value, or on two. */
static enum err_code
on_values(struct judge *j, const struct cql2_node *n, enum cql2_truth *ret)
{
	struct value a, b;
	enum err_code rc = value_of(j, n->first, &a);

	if (rc)
		return rc;
	if (n->op == CQL2_NULL) {
		*ret = truth(a.null);
		return ERR_OK;
	}
	if (n->op == CQL2_BETWEEN)
		return between(j, n, &a, ret);
	if (n->op == CQL2_IN)
		return in_list(j, n, &a, ret);
	rc = value_of(j, n->first->next, &b);
	if (rc)
		return rc;
	*ret = CQL2_UNKNOWN;
	if (a.null || b.null)
		return ERR_OK;
	switch (n->op) {
	case CQL2_LIKE:
		*ret = truth(like(a.text, a.size, b.text, b.size));
		break;
	case CQL2_TEMPORAL:
		same_grain(&a, &b);
		*ret = truth(temporal((enum cql2_temporal)n->which, &a, &b));
		break;
	case CQL2_ARRAY:
		*ret = arrays(j, (enum cql2_array)n->which, &a, &b);
		break;
	default:
		*ret = compare(n->op, &a, &b);
	}
	return ERR_OK;
}

static bool
names_geometry(const struct judge *j, const struct cql2_node *n)
{
	for (const struct cql2_node *c = n->first; c; c = c->next)
		if (c->op == CQL2_PROPERTY && j->c->names->name[c->which].type == CQL2_GEOMETRY)
			return true;
	return false;
}

static enum err_code
judge(struct judge *j, const struct cql2_node *n, enum cql2_truth *ret)
{
	enum err_code rc;

	switch (n->op) {
	case CQL2_AND:
	case CQL2_OR:
		return connect(j, n, ret);
	case CQL2_NOT:
		rc = judge(j, n->first, ret);
		if (!rc && *ret != CQL2_UNKNOWN)
			*ret = *ret == CQL2_TRUE ? CQL2_FALSE : CQL2_TRUE;
		return rc;
	case CQL2_TRUTH:
		*ret = truth(n->number != 0);
		return ERR_OK;
	default:
		break;
	}
	if (j->row->no_geometry && names_geometry(j, n)) {
		*ret = CQL2_UNKNOWN;
		return ERR_OK;
	}
	return n->op == CQL2_SPATIAL ? spatial(j, n, ret) : on_values(j, n, ret);
}

enum err_code
cql2_judge(const struct cql2 *c, const struct cql2_row *row, enum cql2_truth *ret, struct err *e)
{
	struct err own = { 0 };
	struct judge j = { .c = c, .row = row, .e = e ? e : &own };

	return judge(&j, c->root, ret);
}
