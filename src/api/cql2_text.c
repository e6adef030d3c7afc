/* CQL2 Text: a parser by recursive descent, after the grammar of OGC 21-065r2, annex B. */
#include <string.h>

#include "api/cql2_build.h"
#include "base/text.h"

enum token {
	T_END,
	T_NAME,   /* identifier, keyword or function */
	T_QUOTED, /* "identifier" */
	T_TEXT,   /* 'text' */
	T_NUMBER,
	T_SIGN /* ( ) , and comparison operators */
};

struct parser {
	struct cql2_build b;
	const char *s;
	size_t n, at;     /* at: after the token at hand */
	enum token token; /* at hand */
	size_t from, to;  /* its bytes, without quotes */
	bool escaped;     /* a quote is doubled in it */
	double number;
};

static enum err_code
wrong(struct parser *p, const char *expected)
{
	char cut[80], quoted[200];
	size_t n = p->n - p->from;

	n = n < 24 ? n : 24;
	while (n && p->from + n < p->n && ((unsigned char)p->s[p->from + n] & 0xc0) == 0x80)
		n--;
	memcpy(cut, p->s + p->from, n);
	cut[n] = '\0';
	if (p->token == T_END)
		return err_set(p->b.e, ERR_INVALID, "filter: it ends where %s is expected",
		               expected);
	return err_set(p->b.e, ERR_INVALID, "filter: at byte %zu, %s is expected before \"%s\"",
	               p->from + 1, expected, err_quote(cut, quoted, sizeof(quoted)));
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (unsigned char)c >= 0x80;
}

static bool
is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static enum err_code
quoted(struct parser *p, char quote)
{
	p->from = ++p->at;
	p->escaped = false;
	for (; p->at < p->n; p->at++) {
		if (quote == '\'' && p->s[p->at] == '\\' && p->at + 1 < p->n &&
		    p->s[p->at + 1] == '\'') {
			p->escaped = true;
			p->at++;
		} else if (p->s[p->at] == quote) {
			if (p->at + 1 >= p->n || p->s[p->at + 1] != quote)
				break;
			p->escaped = true;
			p->at++;
		}
	}
	if (p->at >= p->n)
		return err_set(p->b.e, ERR_INVALID, "filter: a %c at byte %zu is not closed", quote,
		               p->from);
	p->to = p->at++;
	p->token = quote == '"' ? T_QUOTED : T_TEXT;
	return ERR_OK;
}

/* Read the next token. */
static enum err_code
next(struct parser *p)
{
	size_t used;

	while (p->at < p->n && strchr(" \t\r\n", p->s[p->at]))
		p->at++;
	p->from = p->at;
	p->token = T_END;
	if (p->at >= p->n) {
		p->to = p->at;
		return ERR_OK;
	}
	if (p->s[p->at] == '\'' || p->s[p->at] == '"')
		return quoted(p, p->s[p->at]);
	if (is_name_start(p->s[p->at])) {
		while (p->at < p->n && is_name(p->s[p->at]))
			p->at++;
		p->token = T_NAME;
	} else if ((used = text_scan_f64(p->s + p->at, p->n - p->at, &p->number)) > 0) {
		p->at += used;
		p->token = T_NUMBER;
	} else if (strchr("(),=", p->s[p->at])) {
		p->at++;
		p->token = T_SIGN;
	} else if (p->s[p->at] == '<' || p->s[p->at] == '>') {
		p->at++;
		if (p->at < p->n &&
		    (p->s[p->at] == '=' || (p->s[p->from] == '<' && p->s[p->at] == '>')))
			p->at++;
		p->token = T_SIGN;
	} else {
		p->token = T_SIGN;
		return wrong(p, "a condition");
	}
	p->to = p->at;
	return ERR_OK;
}

static bool
at_sign(const struct parser *p, const char *sign)
{
	return p->token == T_SIGN && p->to - p->from == strlen(sign) &&
	       memcmp(p->s + p->from, sign, p->to - p->from) == 0;
}

static bool
at_word(const struct parser *p, const char *word)
{
	if (p->token != T_NAME || p->to - p->from != strlen(word))
		return false;
	for (size_t i = 0; word[i]; i++) {
		char c = p->s[p->from + i];

		if ((c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) != word[i])
			return false;
	}
	return true;
}

/* Is the token at hand followed by an opening bracket? */
static bool
is_call(const struct parser *p)
{
	size_t i = p->at;

	while (i < p->n && strchr(" \t\r\n", p->s[i]))
		i++;
	return p->token == T_NAME && i < p->n && p->s[i] == '(';
}

static enum err_code
eat(struct parser *p, const char *sign)
{
	return at_sign(p, sign) ? next(p) : wrong(p, sign);
}

/* The text of a literal, quotes undoubled, in mem. */
static enum err_code
literal(struct parser *p, const char **ret, size_t *ret_n)
{
	char *t = arena_strndup(p->b.mem, p->s + p->from, p->to - p->from);
	size_t n = 0;

	if (!t)
		return err_set(p->b.e, ERR_NOMEM, "out of memory for a filter");
	for (size_t i = p->from; i < p->to; i++) {
		/* 'it''s' and 'it\'s' */
		if (p->escaped && i + 1 < p->to &&
		    ((p->s[i] == '\'' && p->s[i + 1] == '\'') ||
		     (p->s[i] == '\\' && p->s[i + 1] == '\'') ||
		     (p->token == T_QUOTED && p->s[i] == '"' && p->s[i + 1] == '"')))
			i++;
		t[n++] = p->s[i];
	}
	t[n] = '\0';
	*ret = t;
	*ret_n = n;
	return ERR_OK;
}

/* ---- times ---- */

static enum err_code scalar(struct parser *p, struct cql2_node **ret);

static enum err_code
time_text(struct parser *p, bool open, struct cql2_node **ret)
{
	const char *t = NULL;
	size_t n = 0;
	enum err_code rc;

	if (p->token != T_TEXT)
		return wrong(p, "a time in quotes");
	rc = literal(p, &t, &n);
	if (rc)
		return rc;
	if (open && n == 2 && strcmp(t, "..") == 0)
		rc = cql2_open(&p->b, ret);
	else
		rc = cql2_time(&p->b, t, n, ret);
	return rc ? rc : next(p);
}

/* DATE('...'), TIMESTAMP('...') */
static enum err_code
time_literal(struct parser *p, bool day, struct cql2_node **ret)
{
	enum err_code rc = next(p);

	if (!rc)
		rc = eat(p, "(");
	if (!rc)
		rc = time_text(p, false, ret);
	if (!rc && *ret && (*ret)->day != day)
		return err_set(p->b.e, ERR_INVALID, "filter: %s",
		               day ? "DATE takes YYYY-MM-DD"
		                   : "TIMESTAMP takes YYYY-MM-DDThh:mm:ssZ");
	return rc ? rc : eat(p, ")");
}

static enum err_code
interval_end(struct parser *p, struct cql2_node **ret)
{
	return p->token == T_TEXT ? time_text(p, true, ret) : scalar(p, ret);
}

static enum err_code
interval(struct parser *p, struct cql2_node **ret)
{
	struct cql2_node *from = NULL, *to = NULL;
	enum err_code rc = next(p);

	if (!rc)
		rc = eat(p, "(");
	if (!rc)
		rc = interval_end(p, &from);
	if (!rc)
		rc = eat(p, ",");
	if (!rc)
		rc = interval_end(p, &to);
	if (!rc)
		rc = cql2_interval(&p->b, from, to, ret);
	return rc ? rc : eat(p, ")");
}

/* ---- geometries ---- */

static bool
at_geometry(const struct parser *p)
{
	static const char *const word[] = {
		"POINT",        "LINESTRING",      "POLYGON",           "MULTIPOINT",
		"MULTIPOLYGON", "MULTILINESTRING", "GEOMETRYCOLLECTION"
	};

	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++)
		if (at_word(p, word[i]))
			return true;
	return false;
}

static enum err_code
wkt(struct parser *p, struct cql2_node **ret)
{
	struct geom g;
	size_t depth = 0, i = p->at;
	enum err_code rc;

	for (; i < p->n; i++) {
		depth += p->s[i] == '(';
		if (p->s[i] == ')' && (depth == 0 || --depth == 0))
			break;
	}
	if (i >= p->n)
		return wrong(p, "a geometry with its closing bracket");
	rc = geom_from_wkt(p->s + p->from, i + 1 - p->from, CQL2_POINTS_MOST, p->b.mem, &g, p->b.e);
	if (rc == ERR_LIMIT || rc == ERR_UNSUPPORTED) /* the client's to mend */
		p->b.e->code = rc = ERR_INVALID;
	if (rc)
		return err_prefix(p->b.e, "filter: geometry at byte %zu", p->from + 1);
	p->at = i + 1;
	rc = cql2_geometry(&p->b, &g, ret);
	return rc ? rc : next(p);
}

static enum err_code
bbox(struct parser *p, struct cql2_node **ret)
{
	double v[6];
	size_t n = 0;
	enum err_code rc = next(p);

	if (!rc)
		rc = eat(p, "(");
	while (!rc) {
		if (p->token != T_NUMBER || n == 6)
			return wrong(p, "four or six numbers");
		v[n++] = p->number;
		rc = next(p);
		if (rc || !at_sign(p, ","))
			break;
		rc = next(p);
	}
	if (!rc && n != 4 && n != 6)
		rc = wrong(p, "four or six numbers");
	if (!rc)
		rc = cql2_bbox(&p->b, v, n, ret);
	return rc ? rc : eat(p, ")");
}

/* ---- values ---- */

static enum err_code list(struct parser *p, struct cql2_node **ret);

/* CASEI(...), ACCENTI(...) */
static enum err_code
folded(struct parser *p, enum cql2_op op, struct cql2_node **ret)
{
	struct cql2_node *one[] = { NULL, NULL };
	enum err_code rc = cql2_deeper(&p->b);

	if (!rc)
		rc = next(p);
	if (!rc)
		rc = eat(p, "(");
	if (!rc)
		rc = scalar(p, &one[0]);
	if (!rc)
		rc = cql2_join(&p->b, op, 0, one, ret);
	p->b.depth--;
	return rc ? rc : eat(p, ")");
}

static enum err_code
called(struct parser *p, struct cql2_node **ret)
{
	enum cql2_op op;
	int which;

	if (at_word(p, "DATE") || at_word(p, "TIMESTAMP"))
		return time_literal(p, at_word(p, "DATE"), ret);
	if (at_word(p, "INTERVAL"))
		return interval(p, ret);
	if (at_word(p, "BBOX"))
		return bbox(p, ret);
	if (cql2_function(p->s + p->from, p->to - p->from, &op, &which) &&
	    (op == CQL2_CASEI || op == CQL2_ACCENTI))
		return folded(p, op, ret);
	return wrong(p, "a property, a value or a known function");
}

/* A value: property, literal, function of one. */
static enum err_code
scalar(struct parser *p, struct cql2_node **ret)
{
	const char *t = NULL;
	size_t n = 0;
	enum err_code rc;

	if (p->token == T_TEXT || p->token == T_QUOTED) {
		bool text = p->token == T_TEXT;

		rc = literal(p, &t, &n);
		if (!rc)
			rc = text ? cql2_text(&p->b, t, n, ret) : cql2_property(&p->b, t, n, ret);
		return rc ? rc : next(p);
	}
	if (p->token == T_NUMBER || at_word(p, "TRUE") || at_word(p, "FALSE")) {
		rc = cql2_node(&p->b,
		               p->token == T_NUMBER ? CQL2_LITERAL_NUMBER : CQL2_LITERAL_BOOLEAN,
		               ret);
		if (rc)
			return rc;
		(*ret)->number = p->token == T_NUMBER ? p->number : at_word(p, "TRUE");
		return next(p);
	}
	if (at_geometry(p))
		return wkt(p, ret);
	if (is_call(p))
		return called(p, ret);
	if (at_sign(p, "("))
		return list(p, ret);
	if (p->token != T_NAME)
		return wrong(p, "a property or a value");
	rc = cql2_property(&p->b, p->s + p->from, p->to - p->from, ret);
	return rc ? rc : next(p);
}

/* ( value, value ... ) */
static enum err_code
list(struct parser *p, struct cql2_node **ret)
{
	struct cql2_node *node = NULL, **at;
	enum err_code rc = cql2_node(&p->b, CQL2_LITERAL_LIST, &node);

	if (rc)
		return rc;
	rc = cql2_deeper(&p->b);
	if (!rc)
		rc = eat(p, "(");
	at = &node->first;
	while (!rc && !at_sign(p, ")")) {
		rc = scalar(p, at);
		if (rc)
			break;
		if ((*at)->op == CQL2_PROPERTY || (*at)->op == CQL2_LITERAL_LIST ||
		    (*at)->op == CQL2_LITERAL_GEOMETRY)
			return err_set(p->b.e, ERR_INVALID,
			               "filter: a list holds texts, numbers or times");
		at = &(*at)->next;
		if (at_sign(p, ","))
			rc = next(p);
		else if (!at_sign(p, ")"))
			rc = wrong(p, ", or )");
	}
	p->b.depth--;
	*ret = node;
	return rc ? rc : eat(p, ")");
}

/* ---- conditions ---- */

static enum err_code either(struct parser *p, struct cql2_node **ret);

/* S_INTERSECTS(a, b), T_AFTER(a, b), A_CONTAINS(a, b) */
static enum err_code
relation(struct parser *p, enum cql2_op op, int which, struct cql2_node **ret)
{
	struct cql2_node *pair[] = { NULL, NULL, NULL };
	enum err_code rc = next(p);

	if (!rc)
		rc = eat(p, "(");
	if (!rc)
		rc = scalar(p, &pair[0]);
	if (!rc)
		rc = eat(p, ",");
	if (!rc)
		rc = scalar(p, &pair[1]);
	if (!rc)
		rc = cql2_join(&p->b, op, which, pair, ret);
	return rc ? rc : eat(p, ")");
}

static enum err_code
negate(struct parser *p, bool yes, struct cql2_node **node)
{
	struct cql2_node *one[] = { *node, NULL };

	return yes ? cql2_join(&p->b, CQL2_NOT, 0, one, node) : ERR_OK;
}

static enum err_code
between(struct parser *p, struct cql2_node *value, struct cql2_node **ret)
{
	struct cql2_node *three[] = { value, NULL, NULL, NULL };
	enum err_code rc = next(p);

	if (!rc)
		rc = scalar(p, &three[1]);
	if (!rc)
		rc = at_word(p, "AND") ? next(p) : wrong(p, "AND");
	if (!rc)
		rc = scalar(p, &three[2]);
	return rc ? rc : cql2_join(&p->b, CQL2_BETWEEN, 0, three, ret);
}

/* What follows a value: IS NULL, LIKE, BETWEEN, IN, a comparison. */
static enum err_code
compare(struct parser *p, struct cql2_node *value, struct cql2_node **ret)
{
	static const struct {
		const char *sign;
		enum cql2_op op;
	} sign[] = { { "=", CQL2_EQ },  { "<>", CQL2_NE }, { "<", CQL2_LT },
		     { "<=", CQL2_LE }, { ">", CQL2_GT },  { ">=", CQL2_GE } };
	struct cql2_node *pair[] = { value, NULL, NULL };
	bool no = false;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < sizeof(sign) / sizeof(*sign); i++)
		if (at_sign(p, sign[i].sign)) {
			rc = next(p);
			if (!rc)
				rc = scalar(p, &pair[1]);
			return rc ? rc : cql2_join(&p->b, sign[i].op, 0, pair, ret);
		}
	if (at_word(p, "IS")) {
		rc = next(p);
		no = at_word(p, "NOT");
		if (!rc && no)
			rc = next(p);
		if (!rc)
			rc = at_word(p, "NULL") ? next(p) : wrong(p, "NULL");
		if (!rc)
			rc = cql2_join(&p->b, CQL2_NULL, 0, pair, ret);
		return rc ? rc : negate(p, no, ret);
	}
	no = at_word(p, "NOT");
	if (no)
		rc = next(p);
	if (!rc && at_word(p, "BETWEEN")) {
		rc = between(p, value, ret);
	} else if (!rc && (at_word(p, "LIKE") || at_word(p, "IN"))) {
		enum cql2_op op = at_word(p, "LIKE") ? CQL2_LIKE : CQL2_IN;

		rc = next(p);
		if (!rc)
			rc = scalar(p, &pair[1]);
		if (!rc)
			rc = cql2_join(&p->b, op, 0, pair, ret);
	} else if (!rc) {
		return wrong(p, "a comparison");
	}
	return rc ? rc : negate(p, no, ret);
}

static enum err_code
condition(struct parser *p, struct cql2_node **ret)
{
	struct cql2_node *value = NULL;
	enum cql2_op op;
	int which;
	enum err_code rc;

	if (at_sign(p, "(")) {
		rc = cql2_deeper(&p->b);
		if (!rc)
			rc = next(p);
		if (!rc)
			rc = either(p, ret);
		p->b.depth--;
		return rc ? rc : eat(p, ")");
	}
	if (is_call(p) && cql2_function(p->s + p->from, p->to - p->from, &op, &which) &&
	    op != CQL2_CASEI && op != CQL2_ACCENTI)
		return relation(p, op, which, ret);
	rc = scalar(p, &value);
	if (rc)
		return rc;
	if (value->op == CQL2_LITERAL_BOOLEAN &&
	    (p->token == T_END || at_sign(p, ")") || at_word(p, "AND") || at_word(p, "OR"))) {
		value->op = CQL2_TRUTH;
		*ret = value;
		return ERR_OK;
	}
	return compare(p, value, ret);
}

static enum err_code
factor(struct parser *p, struct cql2_node **ret)
{
	enum err_code rc;

	if (!at_word(p, "NOT"))
		return condition(p, ret);
	rc = cql2_deeper(&p->b);
	if (!rc)
		rc = next(p);
	if (!rc)
		rc = factor(p, ret);
	p->b.depth--;
	return rc ? rc : negate(p, true, ret);
}

/* operand WORD operand WORD operand ... */
static enum err_code
chain(struct parser *p, const char *word, enum cql2_op op,
      enum err_code (*operand)(struct parser *, struct cql2_node **), struct cql2_node **ret)
{
	struct cql2_node *node = NULL, **at;
	enum err_code rc = operand(p, ret);

	if (rc || !at_word(p, word))
		return rc;
	rc = cql2_node(&p->b, op, &node);
	if (rc)
		return rc;
	node->first = *ret;
	at = &node->first->next;
	while (!rc && at_word(p, word)) {
		rc = next(p);
		if (!rc)
			rc = operand(p, at);
		at = rc ? at : &(*at)->next;
	}
	*ret = node;
	return rc;
}

static enum err_code
both(struct parser *p, struct cql2_node **ret)
{
	return chain(p, "AND", CQL2_AND, factor, ret);
}

static enum err_code
either(struct parser *p, struct cql2_node **ret)
{
	return chain(p, "OR", CQL2_OR, both, ret);
}

enum err_code
cql2_parse_text(const char *s, size_t n, const struct cql2_names *names, struct arena *mem,
                struct cql2 *ret, struct err *e)
{
	struct err own = { 0 };
	struct cql2 c = { .names = names };
	struct parser p = { .b = { .out = &c, .mem = mem, .e = e ? e : &own }, .s = s, .n = n };
	enum err_code rc;

	if (n > CQL2_BYTES_MOST)
		return err_set(e, ERR_INVALID, "filter: it has more than %d bytes",
		               CQL2_BYTES_MOST);
	if (!text_is_utf8(s, n) || memchr(s, 0, n))
		return err_set(e, ERR_INVALID, "filter: it is not UTF-8 text");
	rc = next(&p);
	if (!rc)
		rc = either(&p, &c.root);
	if (!rc && p.token != T_END)
		rc = wrong(&p, "AND, OR or the end");
	if (!rc)
		*ret = c;
	return rc;
}
