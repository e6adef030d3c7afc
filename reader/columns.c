#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "reader/columns.h"

void
columns_init(struct columns *c, size_t limit)
{
	*c = (struct columns){ .limit = limit };
	arena_init(&c->mem, (size_t)64 << 20);
}

void
columns_done(struct columns *c)
{
	mem_free(c->at);
	mem_free(c->slot);
	arena_done(&c->mem);
	*c = (struct columns){ .limit = c->limit };
}

static uint32_t
name_hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * 16777619u;
	return h;
}

static bool
name_is(const struct column *at, const char *name, size_t n)
{
	return at->name_size == n && memcmp(at->name, name, n) == 0;
}

size_t
columns_find(const struct columns *c, const char *name, size_t n, size_t hint)
{
	if (hint < c->count && name_is(&c->at[hint], name, n))
		return hint;
	if (!c->slot_count)
		return SIZE_MAX;
	for (size_t i = name_hash(name, n);; i++) {
		uint32_t slot = c->slot[i & (c->slot_count - 1)];

		if (!slot)
			return SIZE_MAX;
		if (name_is(&c->at[slot - 1], name, n))
			return slot - 1;
	}
}

static void
slot_put(struct columns *c, size_t index)
{
	size_t i = name_hash(c->at[index].name, c->at[index].name_size);

	while (c->slot[i & (c->slot_count - 1)])
		i++;
	c->slot[i & (c->slot_count - 1)] = (uint32_t)index + 1;
}

static bool
columns_grow(struct columns *c)
{
	size_t room = c->room ? c->room * 2 : 32;
	struct column *at = mem_realloc_array(c->at, room, sizeof *at);
	uint32_t *slot;

	if (!at)
		return false;
	c->at = at;
	slot = mem_calloc(room * 2, sizeof *slot);
	if (!slot)
		return false;
	mem_free(c->slot);
	c->slot = slot;
	c->slot_count = room * 2;
	c->room = room;
	for (size_t i = 0; i < c->count; i++)
		slot_put(c, i);
	return true;
}

enum err_code
columns_add(struct columns *c, const char *name, size_t n, size_t *ret_index, struct err *e)
{
	char *copy;

	if (c->count >= c->limit)
		return err_set(e, ERR_LIMIT, "there are more than %zu columns", c->limit);
	if (n > 4096)
		return err_set(e, ERR_LIMIT, "a column's name has %zu bytes, more than 4096", n);
	copy = arena_strndup(&c->mem, name, n);
	if (!copy || (c->count == c->room && !columns_grow(c)))
		return err_set(e, ERR_NOMEM, "out of memory for %zu columns", c->count + 1);
	c->at[c->count] = (struct column){ .name = copy, .name_size = n };
	slot_put(c, c->count);
	*ret_index = c->count++;
	return ERR_OK;
}

static enum pipe_type
seen_type(unsigned seen)
{
	if (seen == SEEN_TIME)
		return PIPE_TIME;
	if (seen & (SEEN_TEXT | SEEN_TIME))
		return PIPE_TEXT;
	if (seen == SEEN_BOOL)
		return PIPE_INTEGER;
	if (seen & SEEN_BOOL)
		return PIPE_TEXT;
	if (!(seen & SEEN_REAL))
		return seen ? PIPE_INTEGER : PIPE_TEXT;
	return seen & SEEN_LONG ? PIPE_TEXT : PIPE_REAL;
}

static bool
shown_taken(const struct columns *c, size_t before, const char *shown)
{
	for (size_t i = 0; i < before; i++) {
		if (text_eq_nocase(c->at[i].shown, shown))
			return true;
	}
	return false;
}

enum err_code
columns_finish(struct columns *c, struct err *e)
{
	for (size_t i = 0; i < c->count; i++) {
		struct column *at = &c->at[i];

		at->type = seen_type(at->seen);
		at->shown = at->name;
		for (int again = 2; at->shown && shown_taken(c, i, at->shown); again++)
			at->shown = arena_printf(&c->mem, "%s_%d", at->name, again);
		if (!at->shown)
			return err_set(e, ERR_NOMEM, "out of memory for column names");
	}
	return ERR_OK;
}

struct out_column *
columns_header(struct columns *c)
{
	struct out_column *h = arena_calloc(&c->mem, c->count + 1, sizeof *h);

	for (size_t i = 0; h && i < c->count; i++) {
		h[i].name = c->at[i].shown;
		h[i].name_size = strlen(c->at[i].shown);
		h[i].type = c->at[i].type;
	}
	return h;
}

static size_t
digits_at(const char *s, size_t n, size_t from)
{
	size_t i = from;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i - from;
}

unsigned
columns_see_number(const char *s, size_t n)
{
	size_t i = n && s[0] == '-' ? 1 : 0;
	size_t whole = digits_at(s, n, i);
	size_t fraction = 0;
	int64_t v;

	if (!whole || (whole > 1 && s[i] == '0'))
		return SEEN_TEXT;
	i += whole;
	if (i == n) {
		if (whole == 1 && s[0] == '-' && s[1] == '0')
			return SEEN_REAL;
		if (whole <= 15)
			return SEEN_INTEGER;
		return text_parse_i64(s, n, &v) ? SEEN_INTEGER | SEEN_LONG : SEEN_TEXT;
	}
	if (s[i] == '.') {
		fraction = digits_at(s, n, i + 1);
		i += 1 + fraction;
		if (!fraction || whole + fraction > 17 + 3)
			return SEEN_TEXT;
	}
	if (i < n && (s[i] == 'e' || s[i] == 'E')) {
		double d;

		return text_parse_f64(s, n, &d) ? SEEN_REAL : SEEN_TEXT;
	}
	return i == n ? SEEN_REAL : SEEN_TEXT;
}

unsigned
columns_see_text(const char *s, size_t n)
{
	static const char shape[] = "dddd-dd-ddTdd:dd";

	if (n < 10)
		return SEEN_TEXT;
	for (size_t i = 0; i < n && i < sizeof shape - 1; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9';

		if (shape[i] == 'd'   ? !digit
		    : shape[i] == 'T' ? s[i] != 'T' && s[i] != ' '
		                      : s[i] != shape[i])
			return SEEN_TEXT;
	}
	if (n > 10 && n < 16)
		return SEEN_TEXT;
	for (size_t i = 16; i < n; i++) {
		if (!((s[i] >= '0' && s[i] <= '9') || strchr(":.+-Z", s[i])) || !s[i])
			return SEEN_TEXT;
	}
	return n <= 35 ? SEEN_TIME : SEEN_TEXT;
}
