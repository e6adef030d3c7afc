#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define DAY_S ((int64_t)86400)
#define SECOND_US ((int64_t)1000000)
#define FIRST_DAY ((int64_t)-719162) /* 0001-01-01 */
#define LAST_DAY ((int64_t)2932896)  /* 9999-12-31 */

/* floor(a / b) and what remains, 0 .. b-1 */
static int64_t
floor_div(int64_t a, int64_t b, int64_t *ret_rest)
{
	int64_t q = a / b;
	int64_t r = a % b;

	if (r < 0) {
		r += b;
		q--;
	}
	*ret_rest = r;
	return q;
}

int64_t
clock_now_us(void)
{
	const char *fixed = getenv("FALLOW_NOW");
	struct timespec ts = { 0 };
	int64_t us;

	if (fixed && clock_parse_us(fixed, strlen(fixed), &us))
		return us;
	(void)clock_gettime(CLOCK_REALTIME, &ts); /* CLOCK_REALTIME is always there */
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

int64_t
clock_steady_us(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* CLOCK_MONOTONIC is always there */
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

/* Write v with exactly n digits, leading zeros; returns the end. */
static char *
put_digits(char *out, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		out[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return out + n;
}

static bool
get_digits(const char *s, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*ret = v;
	return true;
}

static char *
put_date(char *out, int64_t days)
{
	int y, m, d;

	clock_from_days(days, &y, &m, &d);
	out = put_digits(out, y, 4);
	*out++ = '-';
	out = put_digits(out, m, 2);
	*out++ = '-';
	return put_digits(out, d, 2);
}

static char *
put_time(char *out, int64_t at_utc_s)
{
	int64_t s;
	int64_t days = floor_div(at_utc_s, DAY_S, &s);

	out = put_date(out, days);
	*out++ = 'T';
	out = put_digits(out, s / 3600, 2);
	*out++ = ':';
	out = put_digits(out, s / 60 % 60, 2);
	*out++ = ':';
	return put_digits(out, s % 60, 2);
}

void
clock_format_s(int64_t at_utc_s, char *out)
{
	out = put_time(out, at_utc_s);
	*out++ = 'Z';
	*out = '\0';
}

void
clock_format_us(int64_t at_utc_us, char *out)
{
	int64_t us;
	int64_t s = floor_div(at_utc_us, SECOND_US, &us);

	out = put_time(out, s);
	*out++ = '.';
	out = put_digits(out, us, 6);
	*out++ = 'Z';
	*out = '\0';
}

/* Z or +hh:mm or -hh:mm, and nothing after it. */
static bool
parse_offset(const char *s, size_t n, int64_t *ret_offset_s)
{
	int h, m;

	if (n == 1 && (s[0] == 'Z' || s[0] == 'z')) {
		*ret_offset_s = 0;
		return true;
	}
	if (n != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' || !get_digits(s + 1, 2, &h) ||
	    !get_digits(s + 4, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_offset_s = (s[0] == '-' ? -1 : 1) * (h * (int64_t)3600 + m * (int64_t)60);
	return true;
}

bool
clock_parse_us(const char *s, size_t n, int64_t *ret_utc_us)
{
	int64_t days, offset_s, at_s, unit = SECOND_US, us = 0;
	int h, m, sec;
	size_t at = 19;

	if (!s || n < 20 || !clock_parse_date(s, 10, &days) || (s[10] != 'T' && s[10] != 't') ||
	    s[13] != ':' || s[16] != ':' || !get_digits(s + 11, 2, &h) ||
	    !get_digits(s + 14, 2, &m) || !get_digits(s + 17, 2, &sec) || h > 23 || m > 59 ||
	    sec > 59)
		return false;
	if (s[at] == '.') {
		at++;
		while (at < n && s[at] >= '0' && s[at] <= '9') {
			unit /= 10;
			us += (s[at] - '0') * unit;
			if (++at > 26)
				return false;
		}
		if (at == 20)
			return false;
	}
	if (at >= n || !parse_offset(s + at, n - at, &offset_s))
		return false;
	at_s = days * DAY_S + h * (int64_t)3600 + m * (int64_t)60 + sec - offset_s;
	if (at_s < FIRST_DAY * DAY_S || at_s >= (LAST_DAY + 1) * DAY_S)
		return false;
	*ret_utc_us = at_s * SECOND_US + us;
	return true;
}

/* Hinnant: chrono-compatible low-level date algorithms (2013). */
int64_t
clock_days(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t rest;
	int64_t era = floor_div(y, 400, &rest);
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = rest * 365 + rest / 4 - rest / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void
clock_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t doe, era, yoe, doy, mp, month;

	/* Outside the years 0001..9999 nothing can be written down; stay inside. */
	if (days < FIRST_DAY)
		days = FIRST_DAY;
	if (days > LAST_DAY)
		days = LAST_DAY;
	era = floor_div(days + 719468, 146097, &doe);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	*ret_year = (int)(yoe + era * 400 + (month <= 2 ? 1 : 0));
	*ret_month = (int)month;
	*ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
}

bool
clock_is_date(int year, int month, int day)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= length[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool
clock_parse_date(const char *s, size_t n, int64_t *ret_days)
{
	int y, m, d;

	if (!s || n != 10 || s[4] != '-' || s[7] != '-' || !get_digits(s, 4, &y) ||
	    !get_digits(s + 5, 2, &m) || !get_digits(s + 8, 2, &d) || !clock_is_date(y, m, d))
		return false;
	if (ret_days)
		*ret_days = clock_days(y, m, d);
	return true;
}

void
clock_format_date(int64_t days, char *out)
{
	out = put_date(out, days);
	*out = '\0';
}
