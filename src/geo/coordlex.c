#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "geo/coordlex.h"

#define NUMBER_MAX 40 /* characters of one number */
#define WORD_MAX 48   /* bytes of one word */

struct lexer {
	const char *s;
	size_t n, i;
	bool comma_is_point;
	struct tokens *out;
	struct err *e;
};

struct word {
	const char *text; /* as text_fold writes it, blanks taken out */
	enum token_kind kind;
	char meaning;
	bool is_foreign; /* only if the text had a letter outside ASCII: "se" is not the Azerbaijani
	                    "s.e." */
};

static const struct word words[] = {
	{ "n", TOKEN_HEMISPHERE, 'N', false },
	{ "s", TOKEN_HEMISPHERE, 'S', false },
	{ "e", TOKEN_HEMISPHERE, 'E', false },
	{ "w", TOKEN_HEMISPHERE, 'W', false },
	{ "north", TOKEN_HEMISPHERE, 'N', false },
	{ "south", TOKEN_HEMISPHERE, 'S', false },
	{ "east", TOKEN_HEMISPHERE, 'E', false },
	{ "west", TOKEN_HEMISPHERE, 'W', false },
	{ "mn", TOKEN_HEMISPHERE, 'N', false }, /* metres north */
	{ "me", TOKEN_HEMISPHERE, 'E', false },
	{ "northing", TOKEN_HEMISPHERE, 'N', false },
	{ "easting", TOKEN_HEMISPHERE, 'E', false },
	/* Ukrainian */
	{ "пн", TOKEN_HEMISPHERE, 'N', false },
	{ "пнш", TOKEN_HEMISPHERE, 'N', false },
	{ "північ", TOKEN_HEMISPHERE, 'N', false },
	{ "північна", TOKEN_HEMISPHERE, 'N', false },
	{ "північної", TOKEN_HEMISPHERE, 'N', false },
	{ "пд", TOKEN_HEMISPHERE, 'S', false },
	{ "пдш", TOKEN_HEMISPHERE, 'S', false },
	{ "південь", TOKEN_HEMISPHERE, 'S', false },
	{ "південна", TOKEN_HEMISPHERE, 'S', false },
	{ "південної", TOKEN_HEMISPHERE, 'S', false },
	{ "сх", TOKEN_HEMISPHERE, 'E', false },
	{ "схд", TOKEN_HEMISPHERE, 'E', false },
	{ "схід", TOKEN_HEMISPHERE, 'E', false },
	{ "східна", TOKEN_HEMISPHERE, 'E', false },
	{ "східної", TOKEN_HEMISPHERE, 'E', false },
	{ "зх", TOKEN_HEMISPHERE, 'W', false },
	{ "зхд", TOKEN_HEMISPHERE, 'W', false },
	{ "захід", TOKEN_HEMISPHERE, 'W', false },
	{ "західна", TOKEN_HEMISPHERE, 'W', false },
	{ "західної", TOKEN_HEMISPHERE, 'W', false },
	{ "широта", TOKEN_AXIS, 'Y', false },
	{ "широти", TOKEN_AXIS, 'Y', false },
	{ "шир", TOKEN_AXIS, 'Y', false },
	{ "ш", TOKEN_AXIS, 'Y', false },
	{ "довгота", TOKEN_AXIS, 'X', false },
	{ "довготи", TOKEN_AXIS, 'X', false },
	{ "довг", TOKEN_AXIS, 'X', false },
	{ "д", TOKEN_AXIS, 'X', false },
	{ "зона", TOKEN_ZONE, 0, false },
	/* Russian; С Ю В З as receivers set to Russian show them */
	{ "с", TOKEN_HEMISPHERE, 'N', false },
	{ "сш", TOKEN_HEMISPHERE, 'N', false },
	{ "север", TOKEN_HEMISPHERE, 'N', false },
	{ "ю", TOKEN_HEMISPHERE, 'S', false },
	{ "юш", TOKEN_HEMISPHERE, 'S', false },
	{ "в", TOKEN_HEMISPHERE, 'E', false },
	{ "вд", TOKEN_HEMISPHERE, 'E', false },
	{ "восток", TOKEN_HEMISPHERE, 'E', false },
	{ "з", TOKEN_HEMISPHERE, 'W', false },
	{ "зд", TOKEN_HEMISPHERE, 'W', false },
	{ "долгота", TOKEN_AXIS, 'X', false },
	{ "долг", TOKEN_AXIS, 'X', false },
	/* Azerbaijani: simal, cenub, serq, qerb; enlik and uzunluq, with and without their letters
	 */
	{ "simal", TOKEN_HEMISPHERE, 'N', false },
	{ "se", TOKEN_HEMISPHERE, 'N', true },
	{ "cənub", TOKEN_HEMISPHERE, 'S', false },
	{ "ce", TOKEN_HEMISPHERE, 'S', false },
	{ "sərq", TOKEN_HEMISPHERE, 'E', false },
	{ "su", TOKEN_HEMISPHERE, 'E', true },
	{ "qərb", TOKEN_HEMISPHERE, 'W', false },
	{ "qu", TOKEN_HEMISPHERE, 'W', false },
	{ "enlik", TOKEN_AXIS, 'Y', false },
	{ "enliyi", TOKEN_AXIS, 'Y', false },
	{ "uzunluq", TOKEN_AXIS, 'X', false },
	{ "uzunlugu", TOKEN_AXIS, 'X', false },
	/* axes and grids */
	{ "lat", TOKEN_AXIS, 'Y', false },
	{ "latitude", TOKEN_AXIS, 'Y', false },
	{ "lon", TOKEN_AXIS, 'X', false },
	{ "long", TOKEN_AXIS, 'X', false },
	{ "lng", TOKEN_AXIS, 'X', false },
	{ "longitude", TOKEN_AXIS, 'X', false },
	{ "x", TOKEN_XY, 'X', false },
	{ "х", TOKEN_XY, 'X', false }, /* Cyrillic */
	{ "y", TOKEN_XY, 'Y', false },
	{ "у", TOKEN_XY, 'Y', false }, /* Cyrillic */
	{ "utm", TOKEN_ZONE, 0, false },
	{ "zone", TOKEN_ZONE, 0, false },
	{ "zona", TOKEN_ZONE, 0, false },
	/* marks */
	{ "d", TOKEN_DEGREE, 0, false },
	{ "deg", TOKEN_DEGREE, 0, false },
	{ "degree", TOKEN_DEGREE, 0, false },
	{ "degrees", TOKEN_DEGREE, 0, false },
	{ "г", TOKEN_DEGREE, 0, false },
	{ "град", TOKEN_DEGREE, 0, false },
	{ "градус", TOKEN_DEGREE, 0, false },
	{ "градусів", TOKEN_DEGREE, 0, false },
	{ "dərəcə", TOKEN_DEGREE, 0, false },
	{ "m", TOKEN_METRE, 0, false },
	{ "м", TOKEN_METRE, 0, false },
	{ "min", TOKEN_MINUTE, 0, false },
	{ "minutes", TOKEN_MINUTE, 0, false },
	{ "мин", TOKEN_MINUTE, 0, false },
	{ "хв", TOKEN_MINUTE, 0, false },
	{ "dəq", TOKEN_MINUTE, 0, false },
	{ "dəqiqə", TOKEN_MINUTE, 0, false },
	{ "sec", TOKEN_SECOND, 0, false },
	{ "seconds", TOKEN_SECOND, 0, false },
	{ "сек", TOKEN_SECOND, 0, false },
	{ "san", TOKEN_SECOND, 0, false },
	{ "saniyə", TOKEN_SECOND, 0, false },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum err_code
push(struct lexer *l, struct token t)
{
	if (l->out->count == TOKENS_MAX)
		return err_set(l->e, ERR_LIMIT, "more than %d parts in one coordinate", TOKENS_MAX);
	l->out->at[l->out->count++] = t;
	return ERR_OK;
}

static enum err_code
push_kind(struct lexer *l, enum token_kind kind, bool is_glued)
{
	return push(l, (struct token){ .kind = kind, .is_glued = is_glued });
}

/* ---- numbers ---- */

/* The groups of digits joined by points that begin here: "48.30.30" has three. */
static size_t
count_groups(const struct lexer *l)
{
	size_t groups = 0, i = l->i;

	while (i < l->n && is_digit(l->s[i])) {
		groups++;
		while (i < l->n && is_digit(l->s[i]))
			i++;
		if (i + 1 >= l->n || l->s[i] != '.' || !is_digit(l->s[i + 1]))
			break;
		i++;
	}
	return groups;
}

static bool
is_point_here(const struct lexer *l)
{
	char c = l->i < l->n ? l->s[l->i] : '\0';
	bool before_digit = l->i + 1 < l->n && is_digit(l->s[l->i + 1]);

	if (c == ',' && before_digit)
		l->out->has_comma_between_digits = true;
	return c == '.' || (c == ',' && l->comma_is_point && before_digit);
}

static enum err_code
lex_number(struct lexer *l, int sign, bool is_glued, bool is_whole)
{
	struct token t = {
		.kind = TOKEN_NUMBER, .sign = sign, .is_glued = is_glued, .decimals = -1
	};
	char copy[NUMBER_MAX + 1];
	size_t n = 0;

	for (; l->i < l->n && n < NUMBER_MAX; l->i++) {
		if (is_digit(l->s[l->i])) {
			copy[n++] = l->s[l->i];
			if (t.decimals >= 0)
				t.decimals++;
			else
				t.digits++;
			continue;
		}
		if (is_whole || t.decimals >= 0 || !is_point_here(l))
			break;
		l->out->has_point |= l->s[l->i] == '.';
		copy[n++] = '.';
		t.decimals = 0;
	}
	if (n > 0 && copy[n - 1] == '.')
		n--; /* "48." */
	if (n == NUMBER_MAX || !text_parse_f64(copy, n, &t.value))
		return err_set(l->e, ERR_INVALID, "a number has more than %d characters",
		               NUMBER_MAX - 1);
	return push(l, t);
}

static enum err_code
lex_numbers(struct lexer *l, int sign, bool is_glued)
{
	size_t groups = count_groups(l);
	enum err_code rc;

	if (groups > 4)
		return err_set(l->e, ERR_INVALID, "%zu groups of digits joined by points", groups);
	if (groups < 3)
		return lex_number(l, sign, is_glued, false);
	for (size_t g = 0; g < 2; g++) { /* 48.30.30 and 48.30.30.5 */
		rc = lex_number(l, g ? 0 : sign, is_glued || g, true);
		if (rc == ERR_OK)
			rc = push_kind(l, TOKEN_DOT, true);
		if (rc != ERR_OK)
			return rc;
		l->i++;
	}
	return lex_number(l, 0, true, false);
}

/* ---- marks ---- */

static bool
mark_of(uint32_t cp, enum token_kind *ret)
{
	switch (cp) {
	case 0xB0:
	case 0xBA:
	case 0x2DA:
	case 0x2070: /* a raised zero */
	case 0x2218:
		*ret = TOKEN_DEGREE;
		return true;
	case '\'':
	case '`':
	case 0xB4:
	case 0x2B9:
	case 0x2BC:
	case 0x2018:
	case 0x2019:
	case 0x201B:
	case 0x2032:
	case 0x2035:
		*ret = TOKEN_MINUTE;
		return true;
	case '"':
	case 0x2BA:
	case 0x201C:
	case 0x201D:
	case 0x201E:
	case 0x2033:
	case 0x2036:
	case 0x2DD:
		*ret = TOKEN_SECOND;
		return true;
	case ';':
	case '/':
	case '|':
	case '\n':
	case '\t':
		*ret = TOKEN_SPLIT;
		return true;
	case ',':
		*ret = TOKEN_COMMA;
		return true;
	case ':':
		*ret = TOKEN_COLON;
		return true;
	default:
		return false;
	}
}

static bool
is_dash(uint32_t cp)
{
	return cp == '-' || cp == 0x2212 || cp == 0x2013;
}

static bool
is_blank(uint32_t cp)
{
	return cp == ' ' || cp == '\r' || cp == '=' || cp == '(' || cp == ')' || cp == '[' ||
	       cp == ']' || cp == 0xA0 || cp == 0x2009 || cp == 0x202F || cp == 0xFEFF;
}

static bool
is_letter(uint32_t cp)
{
	return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
	       (cp >= 0xC0 && cp < 0x2000 && cp != 0xD7 && cp != 0xF7 &&
	        !(cp >= 0x2B0 && cp < 0x370));
}

/* ---- words ---- */

static const struct word *
find_word(const char *raw, size_t n)
{
	char folded[WORD_MAX + 1];
	size_t length = 0;
	bool is_foreign = false;

	for (size_t i = 0; i < n; i++)
		is_foreign |= (unsigned char)raw[i] >= 0x80;
	(void)text_fold(raw, n, folded, sizeof(folded)); /* cut words match nothing */
	for (size_t i = 0; folded[i]; i++) {
		if (folded[i] != ' ')
			folded[length++] = folded[i];
	}
	folded[length] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].text, folded) == 0 && (is_foreign || !words[i].is_foreign))
			return &words[i];
	}
	return NULL;
}

/* From l->i on: letters. Returns the index behind them. */
static size_t
letters_end(const struct lexer *l, size_t from)
{
	size_t i = from;

	while (i < l->n) {
		size_t next = i;

		if (!is_letter(text_utf8_next(l->s, l->n, &next)))
			break;
		i = next;
	}
	return i;
}

/* "s" behind "48d30m30" is a second, elsewhere it is the south. */
static bool
ends_letter_marks(const struct tokens *t)
{
	return t->count >= 3 && t->at[t->count - 1].kind == TOKEN_NUMBER &&
	       t->at[t->count - 2].kind == TOKEN_METRE && t->at[t->count - 3].kind == TOKEN_NUMBER;
}

static enum err_code
lex_word(struct lexer *l, bool is_glued)
{
	size_t end = letters_end(l, l->i), dot = end, last;
	const struct word *w = find_word(l->s + l->i, end - l->i), *pair = NULL;
	struct token t = { .kind = TOKEN_WORD, .is_glued = is_glued };

	/* An abbreviation of two: "пн.ш.", "ş. e." */
	if (dot < l->n && l->s[dot] == '.') {
		dot++;
		while (dot < l->n && l->s[dot] == ' ')
			dot++;
		last = letters_end(l, dot);
		if (last > dot && last - dot <= 2)
			pair = find_word(l->s + l->i, last - l->i);
		if (pair) {
			w = pair;
			end = last;
		}
	}
	/* "30sN": the mark and the hemisphere without a blank. */
	if (!w && is_glued && strchr("dmsDMS", l->s[l->i]) && end - l->i > 1) {
		pair = find_word(l->s + l->i + 1, end - l->i - 1);
		if (pair && pair->kind == TOKEN_HEMISPHERE) {
			end = l->i + 1;
			w = find_word(l->s + l->i, 1);
		}
	}
	if (end - l->i == 1)
		t.letter = (char)(l->s[l->i] >= 'a' ? l->s[l->i] - 'a' + 'A' : l->s[l->i]);
	if (w) {
		t.kind = w->kind;
		t.meaning = w->meaning;
	}
	if (is_glued && ends_letter_marks(l->out) && w &&
	    (t.letter == 'S' || strcmp(w->text, "с") == 0))
		t.kind = TOKEN_SECOND;
	l->i = end;
	if (l->i < l->n && l->s[l->i] == '.' &&
	    (l->i + 1 >= l->n || !is_digit(l->s[l->i + 1]) || w))
		l->i++; /* the point of an abbreviation */
	return push(l, t);
}

/* ---- all of it ---- */

static enum err_code
lex_mark(struct lexer *l, enum token_kind kind, bool is_glued)
{
	struct tokens *t = l->out;

	/* Two minute signs make one second sign. */
	if (kind == TOKEN_MINUTE && is_glued && t->count &&
	    t->at[t->count - 1].kind == TOKEN_MINUTE) {
		t->at[t->count - 1].kind = TOKEN_SECOND;
		return ERR_OK;
	}
	/* "Lat: 48.5" */
	if (kind == TOKEN_COLON && (!t->count || t->at[t->count - 1].kind >= TOKEN_HEMISPHERE))
		return ERR_OK;
	return push_kind(l, kind, is_glued);
}

static enum err_code
lex_sign(struct lexer *l, bool is_minus, bool is_glued)
{
	const struct tokens *t = l->out;
	const struct token *last = t->count ? &t->at[t->count - 1] : NULL;
	bool after_number = is_glued && last && last->kind <= TOKEN_SECOND;

	/* ISO 6709: +48.5083-033.2000 */
	if (after_number && last->kind == TOKEN_NUMBER && last->sign && last->decimals > 0)
		after_number = false;

	if (l->i >= l->n || !is_digit(l->s[l->i]))
		return err_set(l->e, ERR_INVALID, "a sign without a number behind it");
	if (after_number && is_minus)
		return push_kind(l, TOKEN_DASH, true);
	return lex_numbers(l, is_minus ? -1 : 1, is_glued);
}

enum err_code
coordlex_split(const char *s, size_t n, bool comma_is_point, struct tokens *ret, struct err *e)
{
	struct lexer l = { s, n, 0, comma_is_point, ret, e };
	bool is_glued = false;
	enum err_code rc = ERR_OK;

	memset(ret, 0, sizeof(*ret));
	while (rc == ERR_OK && l.i < n) {
		size_t next = l.i;
		uint32_t cp = text_utf8_next(s, n, &next);
		enum token_kind kind;

		if (is_blank(cp)) {
			l.i = next;
			is_glued = false;
			continue;
		}
		if (is_digit(s[l.i])) {
			rc = lex_numbers(&l, 0, is_glued);
		} else if (is_letter(cp)) {
			rc = lex_word(&l, is_glued);
		} else if (is_dash(cp) || cp == '+') {
			l.i = next;
			rc = lex_sign(&l, cp != '+', is_glued);
		} else if (mark_of(cp, &kind)) {
			l.i = next;
			rc = lex_mark(&l, kind, is_glued);
		} else {
			rc = err_set(e, ERR_INVALID, "a character that is in no coordinate");
		}
		is_glued = true;
	}
	return rc;
}
