#include "ingest/dates.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define YEAR_MIN 1800
#define YEAR_MAX 2200

/* Up to three groups of digits with one mark between them. */
struct groups {
	size_t count;
	int64_t value[3];
	size_t digits[3];
	char mark[2];
	size_t end; /* one past the last digit read */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
read_groups(const char *s, size_t n, struct groups *g)
{
	size_t i = 0;

	memset(g, 0, sizeof(*g));
	while (g->count < 3 && i < n && is_digit(s[i])) {
		size_t from = i;
		int64_t v = 0;

		while (i < n && is_digit(s[i]) && i - from < 9)
			v = v * 10 + (s[i++] - '0');
		g->value[g->count] = v;
		g->digits[g->count++] = i - from;
		g->end = i;
		if (g->count == 3 || i >= n || !strchr("-/.", s[i]))
			return;
		g->mark[g->count - 1] = s[i++];
	}
}

static bool
make(int64_t year, int64_t month, int64_t day, int64_t *ret)
{
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31 ||
	    !clock_is_date((int)year, (int)month, (int)day))
		return false;
	*ret = clock_days((int)year, (int)month, (int)day);
	return true;
}

/* What may follow a date: nothing, or a time of day. */
static bool
only_time(const char *s, size_t n)
{
	if (n == 0)
		return true;
	if (*s != 'T' && *s != ' ' && *s != 't')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_digit(s[i]) && !strchr(":.+-Zz ", s[i]) && !strchr("AaPpMm", s[i]))
			return false;
	return true;
}

static bool
numeric(const char *s, size_t n, int64_t *ret)
{
	struct groups g;
	const int64_t *v = g.value;

	read_groups(s, n, &g);
	if (!only_time(s + g.end, n - g.end))
		return false;
	if (g.count == 1 && g.digits[0] == 8)
		return make(v[0] / 10000, v[0] / 100 % 100, v[0] % 100, ret);
	if (g.count != 3 || g.mark[0] != g.mark[1] || g.digits[1] > 2)
		return false;
	if (g.digits[0] == 4 && g.digits[2] <= 2)
		return make(v[0], v[1], v[2], ret);
	if (g.digits[2] != 4 || g.digits[0] > 2)
		return false;
	if (g.mark[0] == '.' || v[0] > 12 || v[0] == v[1])
		return make(v[2], v[1], v[0], ret);
	return v[1] > 12 && make(v[2], v[0], v[1], ret);
}

/* Folded beginnings of month names, by month. A token is a month if it begins with one of them. */
static const char *const month_name[12][7] = {
	{ "jan", "ene", "січ", "yan", "январ" },
	{ "feb", "лют", "fev", "феврал", "velj" },
	{ "mar", "берез", "март", "ozuj" },
	{ "apr", "abr", "квіт", "апрел", "trav" },
	{ "may", "maj", "трав", "мая", "май", "svib" },
	{ "jun", "черв", "iyun", "июн", "lip" },
	{ "jul", "липн", "iyul", "июл", "srp" },
	{ "aug", "ago", "серп", "avg", "август", "kolov" },
	{ "sep", "set", "вер", "sen", "сентяб", "ruj" },
	{ "oct", "okt", "жовт", "октяб" },
	{ "nov", "лист", "ноябр", "noy", "stud" },
	{ "dec", "dic", "груд", "dek", "декаб" },
};

static int64_t
month_of(const char *word)
{
	for (int64_t m = 0; m < 12; m++)
		for (size_t k = 0; k < 7 && month_name[m][k]; k++)
			if (text_starts(word, month_name[m][k]))
				return m + 1;
	return 0;
}

static bool
is_filler(const char *word)
{
	return text_eq(word, "de") || text_eq(word, "of") || text_eq(word, "del") ||
	       text_eq(word, "року") || text_eq(word, "р") || text_eq(word, "г") ||
	       text_eq(word, "il");
}

/* Three words in any order: a month's name, a day of one or two digits, a year of four. */
static bool
worded(const char *s, size_t n, int64_t *ret)
{
	char folded[80], *word = folded, *next;
	int64_t year = 0, month = 0, day = 0, v;
	size_t words = 0;

	if (n >= 40)
		return false;
	(void)text_fold(s, n, folded, sizeof(folded));
	for (; word; word = next) {
		size_t len;

		next = strchr(word, ' ');
		if (next)
			*next++ = '\0';
		len = strlen(word);
		if (is_filler(word))
			continue;
		words++;
		if (text_parse_i64(word, len, &v)) {
			if (len == 4 && !year)
				year = v;
			else if (len <= 2 && !day)
				day = v;
			else
				return false;
		} else if (!month) {
			month = month_of(word);
		} else {
			return false;
		}
	}
	return words == 3 && year && month && day && make(year, month, day, ret);
}

bool
dates_read(const char *s, size_t n, int64_t *ret_days)
{
	s = text_trim(s, n, &n);
	if (n < 6 || n > 60)
		return false;
	return numeric(s, n, ret_days) || worded(s, n, ret_days);
}

bool
dates_of_period(int64_t year, int64_t month, int64_t *ret_days)
{
	return make(year, month ? month : 1, 1, ret_days);
}
