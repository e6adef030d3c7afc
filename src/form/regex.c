#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "form/regex.h"

/* Thompson's construction and Pike's simulation: every state is visited at most once a character.
 */

#define MAX_DEPTH 32
#define MAX_COUNT 1000
#define MAX_WORK 100000
#define NO_LIMIT (-1)

struct range {
	uint32_t from, to;
};

struct char_class {
	bool negated;
	size_t count;
	const struct range *range;
};

enum node_kind {
	NODE_EMPTY,
	NODE_CHAR,
	NODE_ANY,
	NODE_CLASS,
	NODE_START,
	NODE_END,
	NODE_JOIN,
	NODE_OR,
	NODE_REPEAT
};

struct node {
	enum node_kind kind;
	uint32_t cp;
	const struct char_class *cls;
	struct node *left, *right;
	int min, max; /* repeat; max NO_LIMIT */
};

enum op {
	OP_CHAR,
	OP_ANY,
	OP_CLASS,
	OP_START,
	OP_END,
	OP_SPLIT,
	OP_JUMP,
	OP_MATCH
};

struct step {
	enum op op;
	uint32_t cp;
	const struct char_class *cls;
	uint32_t x, y; /* targets of SPLIT and JUMP */
};

struct regex {
	size_t count;
	struct step *step;
	bool nocase;
};

struct compile {
	const char *pattern;
	const char *s;
	const char *end;
	struct arena *mem;
	struct regex *re;
	int depth;
	int work; /* nodes written out; a repeat of nothing writes no step and must end too */
	bool nocase;
	struct err *e;
};

static enum err_code parse_or(struct compile *c, struct node **ret);

static enum err_code
fail(struct compile *c, enum err_code code, const char *what)
{
	(void)err_set(c->e, code, "%s at byte %zu of the pattern '%s'", what,
	              (size_t)(c->s - c->pattern) + 1, c->pattern);
	return code;
}

static enum err_code
new_node(struct compile *c, enum node_kind kind, struct node **ret)
{
	struct node *n = arena_alloc(c->mem, sizeof *n);

	if (!n) {
		(void)err_set(c->e, ERR_NOMEM, "out of memory for a pattern");
		return ERR_NOMEM;
	}
	n->kind = kind;
	*ret = n;
	return ERR_OK;
}

static uint32_t
next_char(struct compile *c)
{
	size_t i = 0;
	uint32_t cp = text_utf8_next(c->s, (size_t)(c->end - c->s), &i);

	c->s += i;
	return cp;
}

static uint32_t
lower(uint32_t cp)
{
	return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
}

/* \d, \w and \s as Java has them without flags: ASCII only. */
static const struct range digits[] = { { '0', '9' } };
static const struct range word[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
static const struct range blanks[] = { { '\t', '\r' }, { ' ', ' ' } };
static const struct range not_digits[] = { { 0, '0' - 1 }, { '9' + 1, 0x10FFFF } };
static const struct range not_word[] = { { 0, '0' - 1 },
	                                 { '9' + 1, 'A' - 1 },
	                                 { 'Z' + 1, '_' - 1 },
	                                 { '`', '`' },
	                                 { 'z' + 1, 0x10FFFF } };
static const struct range not_blanks[] = { { 0, 8 }, { 14, 31 }, { 33, 0x10FFFF } };

static const struct range *
shorthand(char c, size_t *ret_count)
{
	static const struct {
		char c;
		const struct range *range;
		size_t count;
	} known[] = {
		{ 'd', digits, 1 },     { 'w', word, 4 },     { 's', blanks, 2 },
		{ 'D', not_digits, 2 }, { 'W', not_word, 5 }, { 'S', not_blanks, 3 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].c == c) {
			*ret_count = known[i].count;
			return known[i].range;
		}
	return NULL;
}

/* After a backslash: one character. */
static enum err_code
read_escape(struct compile *c, uint32_t *ret)
{
	uint8_t b[2];

	switch (*c->s) {
	case 't':
		*ret = '\t';
		break;
	case 'n':
		*ret = '\n';
		break;
	case 'r':
		*ret = '\r';
		break;
	case 'f':
		*ret = '\f';
		break;
	case 'u':
		if (c->end - c->s < 5 || !text_unhex(c->s + 1, 4, b, 2))
			return fail(c, ERR_INVALID, "\\u needs four hex digits");
		*ret = (uint32_t)b[0] << 8 | b[1];
		c->s += 4;
		break;
	default:
		if ((*c->s >= 'a' && *c->s <= 'z') || (*c->s >= 'A' && *c->s <= 'Z') ||
		    (*c->s >= '0' && *c->s <= '9') || (unsigned char)*c->s >= 0x80)
			return fail(c, ERR_UNSUPPORTED, "this escape is not offered");
		*ret = (uint8_t)*c->s;
		break;
	}
	c->s++;
	return ERR_OK;
}

struct ranges {
	struct range *range;
	size_t count, room;
};

static enum err_code
add_range(struct compile *c, struct ranges *r, uint32_t from, uint32_t to)
{
	if (from > to)
		return fail(c, ERR_INVALID, "a range in [] runs backwards");
	if (r->count == r->room)
		return fail(c, ERR_LIMIT, "too many ranges in []");
	r->range[r->count++] = (struct range){ from, to };
	/* With (?i) a class holds both cases of its ASCII letters; texts are compared in lower
	 * case. */
	return ERR_OK;
}

/* One character or shorthand inside []. *ret_single says whether a range may follow. */
static enum err_code
read_class_item(struct compile *c, struct ranges *r, uint32_t *ret, bool *ret_single)
{
	const struct range *more;
	size_t n = 0;
	enum err_code rc = ERR_OK;

	*ret_single = true;
	if (*c->s == '[' || (c->end - c->s > 1 && c->s[0] == '&' && c->s[1] == '&'))
		return fail(c, ERR_UNSUPPORTED, "classes inside classes are not offered");
	if (*c->s != '\\') {
		*ret = next_char(c);
		return ERR_OK;
	}
	c->s++;
	if (c->s == c->end)
		return fail(c, ERR_INVALID, "nothing follows the backslash");
	more = shorthand(*c->s, &n);
	if (!more)
		return read_escape(c, ret);
	c->s++;
	*ret_single = false;
	for (size_t i = 0; i < n && rc == ERR_OK; i++)
		rc = add_range(c, r, more[i].from, more[i].to);
	return rc;
}

static enum err_code
read_class_members(struct compile *c, struct ranges *r)
{
	enum err_code rc = ERR_OK;
	bool first = true;

	while (rc == ERR_OK) {
		uint32_t from = 0;
		uint32_t to = 0;
		bool single = false;

		if (c->s == c->end)
			return fail(c, ERR_INVALID, "']' is missing");
		if (*c->s == ']' && !first) {
			c->s++;
			return ERR_OK;
		}
		first = false;
		rc = read_class_item(c, r, &from, &single);
		if (rc != ERR_OK || !single)
			continue;
		to = from;
		if (c->end - c->s > 1 && c->s[0] == '-' && c->s[1] != ']') {
			c->s++;
			rc = read_class_item(c, r, &to, &single);
			if (rc == ERR_OK && !single)
				rc = fail(c, ERR_INVALID, "a range in [] has no end");
		}
		if (rc == ERR_OK)
			rc = add_range(c, r, from, to);
	}
	return rc;
}

static enum err_code
read_class(struct compile *c, struct node **ret)
{
	struct char_class *cls = arena_alloc(c->mem, sizeof *cls);
	struct ranges r = { .room = 5 * strlen(c->s) };
	enum err_code rc;

	r.range = arena_calloc(c->mem, r.room, sizeof *r.range);
	if (!cls || !r.range)
		return err_set(c->e, ERR_NOMEM, "out of memory for a pattern");
	if (*c->s == '^') {
		cls->negated = true;
		c->s++;
	}
	rc = read_class_members(c, &r);
	if (rc == ERR_OK)
		rc = new_node(c, NODE_CLASS, ret);
	if (rc != ERR_OK)
		return rc;
	cls->count = r.count;
	cls->range = r.range;
	(*ret)->cls = cls;
	return ERR_OK;
}

static enum err_code
read_shorthand(struct compile *c, const struct range *range, size_t n, struct node **ret)
{
	struct char_class *cls = arena_alloc(c->mem, sizeof *cls);

	if (!cls)
		return err_set(c->e, ERR_NOMEM, "out of memory for a pattern");
	c->s++;
	cls->count = n;
	cls->range = range;
	if (new_node(c, NODE_CLASS, ret) != ERR_OK)
		return ERR_NOMEM;
	(*ret)->cls = cls;
	return ERR_OK;
}

static enum err_code
read_group(struct compile *c, struct node **ret)
{
	enum err_code rc;

	if (c->s < c->end && *c->s == '?') {
		if (c->end - c->s < 2 || c->s[1] != ':')
			return fail(c, ERR_UNSUPPORTED, "this kind of group is not offered");
		c->s += 2;
	}
	if (++c->depth > MAX_DEPTH)
		return fail(c, ERR_LIMIT, "groups nested too deep");
	rc = parse_or(c, ret);
	c->depth--;
	if (rc != ERR_OK)
		return rc;
	if (c->s == c->end || *c->s != ')')
		return fail(c, ERR_INVALID, "')' is missing");
	c->s++;
	return ERR_OK;
}

static enum err_code
parse_atom(struct compile *c, struct node **ret)
{
	const struct range *range;
	uint32_t cp = 0;
	size_t n = 0;
	char first = *c->s;
	enum err_code rc;

	if (strchr("*+?{", first))
		return fail(c, ERR_INVALID, "there is nothing to repeat");
	if (first == '(' || first == '[' || first == '.' || first == '^' || first == '$' ||
	    first == '\\')
		c->s++;
	switch (first) {
	case '(':
		return read_group(c, ret);
	case '[':
		return read_class(c, ret);
	case '.':
		return new_node(c, NODE_ANY, ret);
	case '^':
		return new_node(c, NODE_START, ret);
	case '$':
		return new_node(c, NODE_END, ret);
	case '\\':
		if (c->s == c->end)
			return fail(c, ERR_INVALID, "nothing follows the backslash");
		range = shorthand(*c->s, &n);
		if (range)
			return read_shorthand(c, range, n, ret);
		rc = read_escape(c, &cp);
		break;
	default:
		cp = next_char(c);
		rc = ERR_OK;
		break;
	}
	if (rc == ERR_OK)
		rc = new_node(c, NODE_CHAR, ret);
	if (rc == ERR_OK)
		(*ret)->cp = c->nocase ? lower(cp) : cp;
	return rc;
}

static int
read_count(struct compile *c)
{
	int n = -1;

	while (c->s < c->end && *c->s >= '0' && *c->s <= '9' && n <= MAX_COUNT) {
		n = (n < 0 ? 0 : n) * 10 + (*c->s - '0');
		c->s++;
	}
	return n;
}

static enum err_code
read_braces(struct compile *c, int *ret_min, int *ret_max)
{
	*ret_min = *ret_max = read_count(c);
	if (c->s < c->end && *c->s == ',') {
		c->s++;
		*ret_max = c->s < c->end && *c->s == '}' ? NO_LIMIT : read_count(c);
		if (*ret_max == -1 && (c->s == c->end || *c->s != '}'))
			return fail(c, ERR_INVALID, "a count is missing in {}");
	}
	if (*ret_min < 0 || c->s == c->end || *c->s != '}')
		return fail(c, ERR_INVALID, "{} is not a count");
	c->s++;
	if (*ret_min > MAX_COUNT || *ret_max > MAX_COUNT)
		return fail(c, ERR_LIMIT, "a count in {} is above 1000");
	if (*ret_max != NO_LIMIT && *ret_max < *ret_min)
		return fail(c, ERR_INVALID, "{} runs backwards");
	return ERR_OK;
}

static enum err_code
parse_repeat(struct compile *c, struct node **ret)
{
	enum err_code rc = parse_atom(c, ret);

	while (rc == ERR_OK && c->s < c->end && strchr("*+?{", *c->s)) {
		struct node *repeat = NULL;
		char sign = *c->s++;
		int min = sign == '+';
		int max = sign == '?' ? 1 : NO_LIMIT;

		if (sign == '{')
			rc = read_braces(c, &min, &max);
		if (rc == ERR_OK && c->s < c->end && *c->s == '+')
			rc = fail(c, ERR_UNSUPPORTED, "possessive repeats are not offered");
		if (c->s < c->end && *c->s == '?')
			c->s++; /* lazy: the same for a match of the whole text */
		if (rc == ERR_OK)
			rc = new_node(c, NODE_REPEAT, &repeat);
		if (rc != ERR_OK)
			return rc;
		repeat->left = *ret;
		repeat->min = min;
		repeat->max = max;
		*ret = repeat;
		if (c->s < c->end && strchr("*+{", *c->s))
			return fail(c, ERR_INVALID, "a repeat of a repeat");
	}
	return rc;
}

static enum err_code
parse_join(struct compile *c, struct node **ret)
{
	enum err_code rc = new_node(c, NODE_EMPTY, ret);

	while (rc == ERR_OK && c->s < c->end && *c->s != '|' && *c->s != ')') {
		struct node *join = NULL;
		struct node *right = NULL;

		rc = parse_repeat(c, &right);
		if (rc == ERR_OK)
			rc = new_node(c, NODE_JOIN, &join);
		if (rc != ERR_OK)
			return rc;
		join->left = *ret;
		join->right = right;
		*ret = join;
	}
	return rc;
}

static enum err_code
parse_or(struct compile *c, struct node **ret)
{
	enum err_code rc = parse_join(c, ret);

	while (rc == ERR_OK && c->s < c->end && *c->s == '|') {
		struct node *either = NULL;
		struct node *right = NULL;

		c->s++;
		rc = parse_join(c, &right);
		if (rc == ERR_OK)
			rc = new_node(c, NODE_OR, &either);
		if (rc != ERR_OK)
			return rc;
		either->left = *ret;
		either->right = right;
		*ret = either;
	}
	return rc;
}

static enum err_code emit(struct compile *c, const struct node *n);

static enum err_code
add_step(struct compile *c, enum op op, size_t *ret_at)
{
	if (c->re->count == REGEX_MAX_PROGRAM)
		return err_set(c->e, ERR_LIMIT, "the pattern '%s' is too large", c->pattern);
	*ret_at = c->re->count++;
	c->re->step[*ret_at].op = op;
	return ERR_OK;
}

static enum err_code
emit_or(struct compile *c, const struct node *n)
{
	size_t split = 0;
	size_t jump = 0;
	enum err_code rc = add_step(c, OP_SPLIT, &split);

	if (rc == ERR_OK)
		rc = emit(c, n->left);
	if (rc == ERR_OK)
		rc = add_step(c, OP_JUMP, &jump);
	if (rc != ERR_OK)
		return rc;
	c->re->step[split].x = (uint32_t)split + 1;
	c->re->step[split].y = (uint32_t)c->re->count;
	rc = emit(c, n->right);
	c->re->step[jump].x = (uint32_t)c->re->count;
	return rc;
}

static enum err_code
emit_repeat(struct compile *c, const struct node *n)
{
	size_t split = 0;
	size_t jump = 0;
	enum err_code rc = ERR_OK;

	for (int i = 0; i < n->min && rc == ERR_OK; i++)
		rc = emit(c, n->left);
	for (int i = n->min; i < n->max && rc == ERR_OK; i++) {
		rc = add_step(c, OP_SPLIT, &split);
		if (rc == ERR_OK)
			rc = emit(c, n->left);
		c->re->step[split].x = (uint32_t)split + 1;
		c->re->step[split].y = (uint32_t)c->re->count;
	}
	if (rc != ERR_OK || n->max != NO_LIMIT)
		return rc;
	rc = add_step(c, OP_SPLIT, &split);
	if (rc == ERR_OK)
		rc = emit(c, n->left);
	if (rc == ERR_OK)
		rc = add_step(c, OP_JUMP, &jump);
	if (rc != ERR_OK)
		return rc;
	c->re->step[jump].x = (uint32_t)split;
	c->re->step[split].x = (uint32_t)split + 1;
	c->re->step[split].y = (uint32_t)c->re->count;
	return ERR_OK;
}

static enum err_code
emit(struct compile *c, const struct node *n)
{
	static const enum op simple[] = { [NODE_CHAR] = OP_CHAR,
		                          [NODE_ANY] = OP_ANY,
		                          [NODE_CLASS] = OP_CLASS,
		                          [NODE_START] = OP_START,
		                          [NODE_END] = OP_END };
	size_t at = 0;
	enum err_code rc;

	if (++c->work > MAX_WORK)
		return err_set(c->e, ERR_LIMIT, "the pattern '%s' is too large", c->pattern);
	switch (n->kind) {
	case NODE_EMPTY:
		return ERR_OK;
	case NODE_JOIN:
		rc = emit(c, n->left);
		return rc == ERR_OK ? emit(c, n->right) : rc;
	case NODE_OR:
		return emit_or(c, n);
	case NODE_REPEAT:
		return emit_repeat(c, n);
	default:
		rc = add_step(c, simple[n->kind], &at);
		if (rc == ERR_OK) {
			c->re->step[at].cp = n->cp;
			c->re->step[at].cls = n->cls;
		}
		return rc;
	}
}

enum err_code
regex_compile(const char *pattern, struct arena *mem, struct regex **ret, struct err *e)
{
	struct compile c = { .pattern = pattern, .s = pattern, .mem = mem, .e = e };
	size_t n = strlen(pattern);
	struct node *tree = NULL;
	size_t at = 0;
	enum err_code rc;

	if (n > REGEX_MAX_PATTERN_BYTES)
		return err_set(e, ERR_LIMIT, "a pattern of %zu bytes is longer than the %u allowed",
		               n, REGEX_MAX_PATTERN_BYTES);
	c.end = pattern + n;
	if (text_starts(pattern, "(?i)")) {
		c.nocase = true;
		c.s += 4;
	}
	c.re = arena_alloc(mem, sizeof *c.re);
	if (!c.re)
		return err_set(e, ERR_NOMEM, "out of memory for a pattern");
	rc = parse_or(&c, &tree);
	if (rc == ERR_OK && c.s < c.end)
		rc = fail(&c, ERR_INVALID, "')' without '('");
	if (rc != ERR_OK || !tree)
		return rc != ERR_OK ? rc : ERR_INTERNAL;
	c.re->nocase = c.nocase;
	c.re->step = arena_calloc(mem, REGEX_MAX_PROGRAM, sizeof *c.re->step);
	if (!c.re->step)
		return err_set(e, ERR_NOMEM, "out of memory for a pattern");
	rc = emit(&c, tree);
	if (rc == ERR_OK)
		rc = add_step(&c, OP_MATCH, &at);
	if (rc == ERR_OK)
		*ret = c.re;
	return rc;
}

/* The states that are alive, each once; mark[pc] == generation tells that pc is in. */
struct states {
	uint32_t *pc;
	size_t count;
};

struct run {
	const struct regex *re;
	uint32_t *mark;
	uint32_t generation;
	uint32_t *stack;
	bool at_start, at_end;
};

static void
push(struct run *r, size_t *depth, uint32_t pc)
{
	if (r->mark[pc] == r->generation)
		return;
	r->mark[pc] = r->generation;
	r->stack[(*depth)++] = pc;
}

/* Follow the steps that eat nothing. */
static void
add_state(struct run *r, struct states *set, uint32_t from)
{
	size_t depth = 0;

	push(r, &depth, from);
	while (depth) {
		uint32_t pc = r->stack[--depth];
		const struct step *s = &r->re->step[pc];

		switch (s->op) {
		case OP_JUMP:
			push(r, &depth, s->x);
			break;
		case OP_SPLIT:
			push(r, &depth, s->x);
			push(r, &depth, s->y);
			break;
		case OP_START:
			if (r->at_start)
				push(r, &depth, pc + 1);
			break;
		case OP_END:
			if (r->at_end)
				push(r, &depth, pc + 1);
			break;
		default:
			set->pc[set->count++] = pc;
			break;
		}
	}
}

static bool
in_ranges(const struct char_class *c, uint32_t cp)
{
	for (size_t i = 0; i < c->count; i++)
		if (cp >= c->range[i].from && cp <= c->range[i].to)
			return true;
	return false;
}

static bool
eats(const struct regex *re, const struct step *s, uint32_t cp)
{
	bool in;

	switch (s->op) {
	case OP_CHAR:
		return s->cp == (re->nocase ? lower(cp) : cp);
	case OP_ANY:
		return cp != '\n' && cp != '\r' && cp != 0x85 && cp != 0x2028 && cp != 0x2029;
	case OP_CLASS:
		in = in_ranges(s->cls, cp);
		if (re->nocase && cp < 0x80)
			in = in || in_ranges(s->cls, lower(cp)) ||
			     (cp >= 'a' && cp <= 'z' && in_ranges(s->cls, cp - 32));
		return in != s->cls->negated;
	default:
		return false;
	}
}

static bool
run(struct run *r, struct states *now, struct states *next, const char *s, size_t n)
{
	size_t i = 0;

	r->generation = 1;
	r->at_start = true;
	r->at_end = n == 0;
	add_state(r, now, 0);
	while (i < n && now->count) {
		uint32_t cp = text_utf8_next(s, n, &i);
		struct states swap;

		r->generation++;
		r->at_start = false;
		r->at_end = i == n;
		next->count = 0;
		for (size_t k = 0; k < now->count; k++)
			if (eats(r->re, &r->re->step[now->pc[k]], cp))
				add_state(r, next, now->pc[k] + 1);
		swap = *now;
		*now = *next;
		*next = swap;
	}
	for (size_t k = 0; k < now->count; k++)
		if (i == n && r->re->step[now->pc[k]].op == OP_MATCH)
			return true;
	return false;
}

bool
regex_match(const struct regex *re, const char *s, size_t n, struct arena *scratch)
{
	struct run r = { .re = re };
	struct states now = { 0 };
	struct states next = { 0 };

	r.mark = arena_calloc(scratch, re->count, sizeof *r.mark);
	r.stack = arena_calloc(scratch, re->count, sizeof *r.stack);
	now.pc = arena_calloc(scratch, re->count, sizeof *now.pc);
	next.pc = arena_calloc(scratch, re->count, sizeof *next.pc);
	if (!r.mark || !r.stack || !now.pc || !next.pc)
		return false;
	return run(&r, &now, &next, s, n);
}
