#include "api/cql2_build.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum err_code
cql2_node(struct cql2_build *b, enum cql2_op op, struct cql2_node **ret)
{
	struct cql2_node *n;

	if (++b->out->nodes > CQL2_NODES_MOST)
		return err_set(b->e, ERR_INVALID, "filter: it has more than %d parts",
		               CQL2_NODES_MOST);
	n = arena_calloc(b->mem, 1, sizeof(*n));
	if (!n)
		return err_set(b->e, ERR_NOMEM, "out of memory for a filter");
	n->op = op;
	*ret = n;
	return ERR_OK;
}

void
cql2_below(struct cql2_node *parent, struct cql2_node *const *child)
{
	struct cql2_node **at = &parent->first;

	while (*at)
		at = &(*at)->next;
	for (; *child; child++) {
		*at = *child;
		at = &(*child)->next;
	}
}

enum err_code
cql2_deeper(struct cql2_build *b)
{
	if (++b->depth > CQL2_DEPTH_MOST)
		return err_set(b->e, ERR_INVALID,
		               "filter: more than %d brackets within one another", CQL2_DEPTH_MOST);
	return ERR_OK;
}

enum err_code
cql2_property(struct cql2_build *b, const char *name, size_t n, struct cql2_node **ret)
{
	const struct cql2_names *names = b->out->names;
	char cut[80], quoted[200];
	struct cql2_node *node = NULL;
	enum err_code rc;

	for (size_t i = 0; i < names->count; i++) {
		if (strlen(names->name[i].name) != n || memcmp(names->name[i].name, name, n) != 0)
			continue;
		rc = cql2_node(b, CQL2_PROPERTY, &node);
		if (rc)
			return rc;
		node->which = (int)i;
		if (names->name[i].type == CQL2_GEOMETRY)
			b->out->needs_geometry = true;
		*ret = node;
		return ERR_OK;
	}
	n = n < sizeof(cut) ? n : sizeof(cut) - 1;
	memcpy(cut, name, n);
	cut[n] = '\0';
	return err_set(b->e, ERR_INVALID, "filter: no such property: \"%s\"",
	               err_quote(cut, quoted, sizeof(quoted)));
}

enum err_code
cql2_text(struct cql2_build *b, const char *s, size_t n, struct cql2_node **ret)
{
	struct cql2_node *node = NULL;
	enum err_code rc = cql2_node(b, CQL2_LITERAL_TEXT, &node);

	if (rc)
		return rc;
	node->text = arena_strndup(b->mem, s, n);
	node->text_size = n;
	*ret = node;
	return node->text ? ERR_OK : err_set(b->e, ERR_NOMEM, "out of memory for a filter");
}

enum err_code
cql2_open(struct cql2_build *b, struct cql2_node **ret)
{
	enum err_code rc = cql2_node(b, CQL2_LITERAL_TIME, ret);

	if (rc)
		return rc;
	(*ret)->from_us = INT64_MIN;
	(*ret)->to_us = INT64_MAX;
	return ERR_OK;
}

enum err_code
cql2_time(struct cql2_build *b, const char *s, size_t n, struct cql2_node **ret)
{
	struct cql2_node *node = NULL;
	char cut[80], quoted[200];
	int64_t days, us;
	enum err_code rc = cql2_node(b, CQL2_LITERAL_TIME, &node);

	if (rc)
		return rc;
	if (clock_parse_date(s, n, &days)) {
		node->from_us = node->to_us = days * 86400000000;
		node->day = true;
	} else if (clock_parse_us(s, n, &us)) {
		node->from_us = node->to_us = us;
	} else {
		n = n < sizeof(cut) ? n : sizeof(cut) - 1;
		memcpy(cut, s, n);
		cut[n] = '\0';
		return err_set(b->e, ERR_INVALID,
		               "filter: \"%s\" is no date (YYYY-MM-DD) and no time "
		               "(YYYY-MM-DDThh:mm:ssZ)",
		               err_quote(cut, quoted, sizeof(quoted)));
	}
	*ret = node;
	return ERR_OK;
}

static enum cql2_type type_of(const struct cql2_build *b, const struct cql2_node *n);

enum err_code
cql2_interval(struct cql2_build *b, struct cql2_node *from, struct cql2_node *to,
              struct cql2_node **ret)
{
	struct cql2_node *node = NULL;
	struct cql2_node *const both[] = { from, to, NULL };
	enum err_code rc = cql2_node(b, CQL2_INTERVAL, &node);

	if (rc)
		return rc;
	if (type_of(b, from) != CQL2_DATE || type_of(b, to) != CQL2_DATE)
		return err_set(
			b->e, ERR_INVALID,
			"filter: an interval has two dates or times; '..' leaves a side open");
	cql2_below(node, both);
	*ret = node;
	return ERR_OK;
}

enum err_code
cql2_geometry(struct cql2_build *b, const struct geom *g, struct cql2_node **ret)
{
	struct cql2_node *node = NULL;
	enum err_code rc = cql2_node(b, CQL2_LITERAL_GEOMETRY, &node);

	if (rc)
		return rc;
	b->out->points += g->point_count;
	if (b->out->points > CQL2_POINTS_MOST)
		return err_set(b->e, ERR_INVALID, "filter: its geometries have more than %d points",
		               CQL2_POINTS_MOST);
	node->geom = arena_memdup(b->mem, g, sizeof(*g));
	node->geometry = b->out->geometries++;
	*ret = node;
	return node->geom ? ERR_OK : err_set(b->e, ERR_NOMEM, "out of memory for a filter");
}

enum err_code
cql2_bbox(struct cql2_build *b, const double *v, size_t n, struct cql2_node **ret)
{
	double w = v[0], s = v[1], o = v[n / 2], t = v[n / 2 + 1];
	bool wraps = w > o;
	double *xy = arena_calloc(b->mem, 20, sizeof(*xy));
	uint32_t *ends = arena_calloc(b->mem, 4, sizeof(*ends));
	struct geom g;

	if (!xy || !ends)
		return err_set(b->e, ERR_NOMEM, "out of memory for a filter");
	if (!(s < t) || w == o)
		return err_set(b->e, ERR_INVALID,
		               "filter: a box must have a width and a height: west, south, east, "
		               "north");
	for (size_t i = 0; i < (wraps ? 2 : 1); i++) {
		double x0 = wraps && i ? -180 : w, x1 = wraps && !i ? 180 : o;
		const double ring[] = { x0, s, x1, s, x1, t, x0, t, x0, s };

		memcpy(xy + 10 * i, ring, sizeof(ring));
		ends[i] = (uint32_t)i + 1;
		ends[2 + i] = 5 * ((uint32_t)i + 1);
	}
	g = (struct geom){ .type = wraps ? GEOM_MULTIPOLYGON : GEOM_POLYGON,
		           .part_count = wraps ? 2 : 1,
		           .ring_count = wraps ? 2 : 1,
		           .point_count = wraps ? 10 : 5,
		           .part_end = ends,
		           .ring_end = ends + 2,
		           .xy = xy };
	return cql2_geometry(b, &g, ret);
}

static bool
same_word(const char *s, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];

		if (c != word[i])
			return false;
	}
	return word[n] == '\0';
}

bool
cql2_function(const char *name, size_t n, enum cql2_op *ret_op, int *ret_which)
{
	static const struct {
		const char *name;
		enum cql2_op op;
		int which;
	} known[] = {
		{ "s_intersects", CQL2_SPATIAL, RELATE_INTERSECTS },
		{ "s_equals", CQL2_SPATIAL, RELATE_EQUALS },
		{ "s_disjoint", CQL2_SPATIAL, RELATE_DISJOINT },
		{ "s_touches", CQL2_SPATIAL, RELATE_TOUCHES },
		{ "s_within", CQL2_SPATIAL, RELATE_WITHIN },
		{ "s_contains", CQL2_SPATIAL, RELATE_CONTAINS },
		{ "s_overlaps", CQL2_SPATIAL, RELATE_OVERLAPS },
		{ "s_crosses", CQL2_SPATIAL, RELATE_CROSSES },
		{ "t_after", CQL2_TEMPORAL, CQL2_T_AFTER },
		{ "t_before", CQL2_TEMPORAL, CQL2_T_BEFORE },
		{ "t_contains", CQL2_TEMPORAL, CQL2_T_CONTAINS },
		{ "t_disjoint", CQL2_TEMPORAL, CQL2_T_DISJOINT },
		{ "t_during", CQL2_TEMPORAL, CQL2_T_DURING },
		{ "t_equals", CQL2_TEMPORAL, CQL2_T_EQUALS },
		{ "t_finishedby", CQL2_TEMPORAL, CQL2_T_FINISHEDBY },
		{ "t_finishes", CQL2_TEMPORAL, CQL2_T_FINISHES },
		{ "t_intersects", CQL2_TEMPORAL, CQL2_T_INTERSECTS },
		{ "t_meets", CQL2_TEMPORAL, CQL2_T_MEETS },
		{ "t_metby", CQL2_TEMPORAL, CQL2_T_METBY },
		{ "t_overlappedby", CQL2_TEMPORAL, CQL2_T_OVERLAPPEDBY },
		{ "t_overlaps", CQL2_TEMPORAL, CQL2_T_OVERLAPS },
		{ "t_startedby", CQL2_TEMPORAL, CQL2_T_STARTEDBY },
		{ "t_starts", CQL2_TEMPORAL, CQL2_T_STARTS },
		{ "a_equals", CQL2_ARRAY, CQL2_A_EQUALS },
		{ "a_contains", CQL2_ARRAY, CQL2_A_CONTAINS },
		{ "a_containedby", CQL2_ARRAY, CQL2_A_CONTAINEDBY },
		{ "a_overlaps", CQL2_ARRAY, CQL2_A_OVERLAPS },
		{ "casei", CQL2_CASEI, 0 },
		{ "accenti", CQL2_ACCENTI, 0 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (same_word(name, n, known[i].name)) {
			*ret_op = known[i].op;
			*ret_which = known[i].which;
			return true;
		}
	return false;
}

/* ---- do the types fit ---- */

static enum cql2_type
type_of(const struct cql2_build *b, const struct cql2_node *n)
{
	switch (n->op) {
	case CQL2_PROPERTY:
		return b->out->names->name[n->which].type;
	case CQL2_LITERAL_TEXT:
	case CQL2_CASEI:
	case CQL2_ACCENTI:
		return CQL2_TEXT;
	case CQL2_LITERAL_NUMBER:
		return CQL2_NUMBER;
	case CQL2_LITERAL_BOOLEAN:
		return CQL2_BOOLEAN;
	case CQL2_LITERAL_TIME:
	case CQL2_INTERVAL:
		return CQL2_DATE;
	case CQL2_LITERAL_GEOMETRY:
		return CQL2_GEOMETRY;
	case CQL2_LITERAL_LIST:
		return CQL2_LIST;
	default:
		return CQL2_OTHER;
	}
}

static enum err_code
misfit(struct cql2_build *b, const struct cql2_node *n, const char *wanted)
{
	return err_set(b->e, ERR_INVALID, "filter: %s%s stands where %s is expected",
	               n->op == CQL2_PROPERTY ? "property " : "a value of another type",
	               n->op == CQL2_PROPERTY ? b->out->names->name[n->which].name : "", wanted);
}

/* A text beside a date is read as one: many clients know no other dates. */
static enum err_code
as_time(struct cql2_build *b, struct cql2_node **n)
{
	struct cql2_node *time = NULL, *next = (*n)->next;
	enum err_code rc = cql2_time(b, (*n)->text, (*n)->text_size, &time);

	if (!rc) {
		time->next = next;
		*n = time;
	}
	return rc;
}

static bool
is_number(enum cql2_type t)
{
	return t == CQL2_NUMBER || t == CQL2_BOOLEAN;
}

/* Two operands that are compared. */
static enum err_code
check_pair(struct cql2_build *b, struct cql2_node **x, struct cql2_node **y)
{
	enum cql2_type tx = type_of(b, *x), ty = type_of(b, *y);

	if (tx == CQL2_OTHER || tx == CQL2_LIST || tx == CQL2_GEOMETRY)
		return misfit(b, *x, "a single value");
	if (ty == CQL2_OTHER || ty == CQL2_LIST || ty == CQL2_GEOMETRY)
		return misfit(b, *y, "a single value");
	if (tx == CQL2_DATE && (*y)->op == CQL2_LITERAL_TEXT)
		return as_time(b, y);
	if (ty == CQL2_DATE && (*x)->op == CQL2_LITERAL_TEXT)
		return as_time(b, x);
	if ((is_number(tx) && is_number(ty)) || tx == ty)
		return ERR_OK;
	return misfit(b, (*x)->op == CQL2_PROPERTY ? *x : *y,
	              "a value of the other operand's type");
}

static enum err_code
check_all(struct cql2_build *b, struct cql2_node **operand)
{
	enum err_code rc = ERR_OK;

	for (struct cql2_node **n = operand + 1; !rc && *n; n++)
		rc = check_pair(b, operand, n);
	return rc;
}

static enum err_code
expect(struct cql2_build *b, struct cql2_node *const *operand, enum cql2_type type,
       const char *wanted)
{
	for (; *operand; operand++)
		if (type_of(b, *operand) != type)
			return misfit(b, *operand, wanted);
	return ERR_OK;
}

static enum err_code
check_times(struct cql2_build *b, struct cql2_node **operand)
{
	enum err_code rc = ERR_OK;

	for (; !rc && *operand; operand++) {
		if ((*operand)->op == CQL2_LITERAL_TEXT)
			rc = as_time(b, operand);
		if (!rc && type_of(b, *operand) != CQL2_DATE)
			rc = misfit(b, *operand, "a date, a time or an interval");
	}
	return rc;
}

/* property IN (list): the list's elements are compared with the value */
static enum err_code
check_in(struct cql2_build *b, struct cql2_node **operand)
{
	struct cql2_node *list = operand[1];
	enum err_code rc = ERR_OK;

	if (!list)
		return err_set(b->e, ERR_INVALID, "filter: a list of values is missing");
	if (list->op != CQL2_LITERAL_LIST || !list->first)
		return misfit(b, list, "a list of values");
	for (struct cql2_node **at = &list->first; !rc && *at; at = &(*at)->next)
		rc = check_pair(b, operand, at);
	return rc;
}

enum {
	OPERANDS = 3
};

static enum err_code
check(struct cql2_build *b, enum cql2_op op, struct cql2_node **operand)
{
	switch (op) {
	case CQL2_EQ:
	case CQL2_NE:
	case CQL2_LT:
	case CQL2_LE:
	case CQL2_GT:
	case CQL2_GE:
	case CQL2_BETWEEN:
		return check_all(b, operand);
	case CQL2_IN:
		return check_in(b, operand);
	case CQL2_LIKE:
	case CQL2_CASEI:
	case CQL2_ACCENTI:
		return expect(b, operand, CQL2_TEXT, "a text");
	case CQL2_SPATIAL:
		return expect(b, operand, CQL2_GEOMETRY, "a geometry");
	case CQL2_TEMPORAL:
		return check_times(b, operand);
	case CQL2_ARRAY:
		return expect(b, operand, CQL2_LIST, "a list");
	default:
		return ERR_OK;
	}
}

enum err_code
cql2_join(struct cql2_build *b, enum cql2_op op, int which, struct cql2_node *const *operand,
          struct cql2_node **ret)
{
	struct cql2_node *node = NULL, *list[OPERANDS + 1] = { NULL };
	enum err_code rc;

	for (int i = 0; i < OPERANDS && operand[i]; i++)
		list[i] = operand[i];
	rc = check(b, op, list);
	if (!rc)
		rc = cql2_node(b, op, &node);
	if (rc)
		return rc;
	node->which = which;
	cql2_below(node, list);
	*ret = node;
	return ERR_OK;
}
