/* CQL2 JSON: the schema of OGC 21-065r2. */
#include <string.h>

#include "api/cql2_build.h"
#include "base/json.h"
#include "base/text.h"

static enum err_code node_of(struct cql2_build *b, const struct json_value *v,
                             struct cql2_node **ret);

static enum err_code
wrong(struct cql2_build *b, const char *what)
{
	return err_set(b->e, ERR_INVALID, "filter: %s", what);
}

static enum err_code
list_of(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	struct cql2_node *node = NULL, **at;
	enum err_code rc = cql2_node(b, CQL2_LITERAL_LIST, &node);

	if (rc)
		return rc;
	rc = cql2_deeper(b);
	at = &node->first;
	for (const struct json_value *el = v->first; !rc && el; el = el->next) {
		rc = node_of(b, el, at);
		if (rc)
			break;
		if ((*at)->op == CQL2_PROPERTY || (*at)->op == CQL2_LITERAL_LIST ||
		    (*at)->op == CQL2_LITERAL_GEOMETRY || (*at)->op < CQL2_PROPERTY)
			return wrong(b, "a list holds texts, numbers or times");
		at = &(*at)->next;
	}
	b->depth--;
	*ret = node;
	return rc;
}

static enum err_code
interval_of(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	struct cql2_node *end[2] = { NULL, NULL };
	enum err_code rc = ERR_OK;
	int i = 0;

	if (v->type != JSON_ARRAY || v->count != 2)
		return wrong(b, "an interval is an array of two");
	for (const struct json_value *el = v->first; !rc && el; el = el->next, i++) {
		if (el->type == JSON_STRING && text_eq(el->string, "..")) {
			rc = cql2_open(b, &end[i]);
		} else if (el->type == JSON_STRING) {
			rc = cql2_time(b, el->string, el->count, &end[i]);
		} else {
			rc = node_of(b, el, &end[i]);
		}
	}
	return rc ? rc : cql2_interval(b, end[0], end[1], ret);
}

static enum err_code
bbox_of(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	double n[6];
	size_t i = 0;

	if (v->type != JSON_ARRAY || (v->count != 4 && v->count != 6))
		return wrong(b, "a bbox is an array of four or six numbers");
	for (const struct json_value *el = v->first; el; el = el->next) {
		if (el->type != JSON_NUMBER)
			return wrong(b, "a bbox is an array of four or six numbers");
		n[i++] = el->number;
	}
	return cql2_bbox(b, n, i, ret);
}

static enum err_code
geometry_of(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	struct geom g;
	enum err_code rc = geom_from_json(v, CQL2_POINTS_MOST, b->mem, &g, b->e);

	if (rc == ERR_LIMIT || rc == ERR_UNSUPPORTED) /* the client's to mend */
		b->e->code = rc = ERR_INVALID;
	return rc ? err_prefix(b->e, "filter: geometry") : cql2_geometry(b, &g, ret);
}

/* {"op": ..., "args": [...]} */
static enum err_code
operation(struct cql2_build *b, const char *op, const struct json_value *args,
          struct cql2_node **ret)
{
	static const struct {
		const char *name;
		enum cql2_op op;
		size_t least, most;
	} known[] = {
		{ "and", CQL2_AND, 2, CQL2_NODES_MOST },
		{ "or", CQL2_OR, 2, CQL2_NODES_MOST },
		{ "not", CQL2_NOT, 1, 1 },
		{ "=", CQL2_EQ, 2, 2 },
		{ "<>", CQL2_NE, 2, 2 },
		{ "<", CQL2_LT, 2, 2 },
		{ "<=", CQL2_LE, 2, 2 },
		{ ">", CQL2_GT, 2, 2 },
		{ ">=", CQL2_GE, 2, 2 },
		{ "like", CQL2_LIKE, 2, 2 },
		{ "between", CQL2_BETWEEN, 3, 3 },
		{ "in", CQL2_IN, 2, 2 },
		{ "isNull", CQL2_NULL, 1, 1 },
	};
	struct cql2_node *operand[4] = { NULL }, *node = NULL, **at;
	enum cql2_op code = CQL2_TRUTH;
	size_t least = 2, most = 2, n = 0;
	int which = 0;
	char quoted[200];
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (text_eq(op, known[i].name)) {
			code = known[i].op;
			least = known[i].least;
			most = known[i].most;
		}
	if (code == CQL2_TRUTH && !cql2_function(op, strlen(op), &code, &which))
		return err_set(b->e, ERR_INVALID, "filter: there is no operator \"%s\"",
		               err_quote(op, quoted, sizeof(quoted)));
	if (code == CQL2_CASEI || code == CQL2_ACCENTI)
		least = most = 1;
	if (!args || args->type != JSON_ARRAY || args->count < least || args->count > most)
		return err_set(b->e, ERR_INVALID, "filter: %s takes another number of args", op);
	if (code != CQL2_AND && code != CQL2_OR) {
		for (const struct json_value *v = args->first; !rc && v; v = v->next)
			rc = node_of(b, v, &operand[n++]);
		if (!rc && (code == CQL2_NOT) != (operand[0]->op < CQL2_PROPERTY))
			rc = wrong(b,
			           "a condition stands where a value is expected, or the reverse");
		for (size_t i = 1; !rc && i < n; i++)
			if (operand[i]->op < CQL2_PROPERTY)
				rc = wrong(b, "a condition stands where a value is expected");
		return rc ? rc : cql2_join(b, code, which, operand, ret);
	}
	rc = cql2_node(b, code, &node);
	if (rc)
		return rc;
	at = &node->first;
	for (const struct json_value *v = args->first; !rc && v; v = v->next) {
		rc = node_of(b, v, at);
		if (!rc && (*at)->op == CQL2_LITERAL_BOOLEAN)
			(*at)->op = CQL2_TRUTH;
		if (!rc && (*at)->op >= CQL2_PROPERTY)
			rc = wrong(b, "and, or join conditions");
		at = rc ? at : &(*at)->next;
	}
	*ret = node;
	return rc;
}

static enum err_code
object(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	const struct json_value *m;
	const char *s;

	if ((s = json_get_string(v, "op")))
		return operation(b, s, json_get(v, "args"), ret);
	if ((m = json_get(v, "property")))
		return m->type == JSON_STRING ? cql2_property(b, m->string, m->count, ret)
		                              : wrong(b, "property takes a name");
	if ((m = json_get(v, "date")) || (m = json_get(v, "timestamp"))) {
		enum err_code rc = m->type == JSON_STRING ? cql2_time(b, m->string, m->count, ret)
		                                          : wrong(b, "a time is a text");

		if (!rc && (*ret)->day != (json_get(v, "date") != NULL))
			rc = wrong(b, "date takes YYYY-MM-DD, timestamp YYYY-MM-DDThh:mm:ssZ");
		return rc;
	}
	if ((m = json_get(v, "interval")))
		return interval_of(b, m, ret);
	if ((m = json_get(v, "bbox")) && !json_get(v, "type"))
		return bbox_of(b, m, ret);
	if (json_get(v, "type"))
		return geometry_of(b, v, ret);
	return wrong(
		b, "an object is none of: op, property, date, timestamp, interval, bbox, geometry");
}

static enum err_code
node_of(struct cql2_build *b, const struct json_value *v, struct cql2_node **ret)
{
	enum err_code rc;

	switch (v->type) {
	case JSON_STRING:
		return cql2_text(b, v->string, v->count, ret);
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		rc = cql2_node(b,
		               v->type == JSON_NUMBER ? CQL2_LITERAL_NUMBER : CQL2_LITERAL_BOOLEAN,
		               ret);
		if (rc)
			return rc;
		(*ret)->number = v->type == JSON_NUMBER ? v->number : v->type == JSON_TRUE;
		return ERR_OK;
	case JSON_ARRAY:
		return list_of(b, v, ret);
	case JSON_OBJECT:
		rc = cql2_deeper(b);
		if (!rc)
			rc = object(b, v, ret);
		b->depth--;
		return rc;
	default:
		return wrong(b, "null is no value; ask with isNull");
	}
}

enum err_code
cql2_parse_json(const char *s, size_t n, const struct cql2_names *names, struct arena *mem,
                struct cql2 *ret, struct err *e)
{
	struct err own = { 0 };
	struct cql2 c = { .names = names };
	struct cql2_build b = { .out = &c, .mem = mem, .e = e ? e : &own };
	struct json_value *v = NULL;
	enum err_code rc;

	if (n > CQL2_BYTES_MOST)
		return err_set(e, ERR_INVALID, "filter: it has more than %d bytes",
		               CQL2_BYTES_MOST);
	rc = json_parse(s, n, 0, mem, &v, b.e);
	if (rc == ERR_LIMIT)
		b.e->code = rc = ERR_INVALID;
	if (rc)
		return err_prefix(b.e, "filter");
	rc = node_of(&b, v, &c.root);
	if (!rc && c.root->op == CQL2_LITERAL_BOOLEAN)
		c.root->op = CQL2_TRUTH;
	if (!rc && c.root->op >= CQL2_PROPERTY)
		rc = wrong(&b, "it is a value and no condition");
	if (!rc)
		*ret = c;
	return rc;
}
