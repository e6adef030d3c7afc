#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "form/moment.h"

#define MS_PER_DAY 86400000
#define MIN_DAYS (-719162.0) /* 0001-01-01 */
#define MAX_DAYS 2932896.0   /* 9999-12-31 */

/* Two digits below limit at *i, which then moves on. */
static bool
two_digits(const char *s, size_t n, size_t *i, int limit, int *ret)
{
	if (*i + 2 > n || s[*i] < '0' || s[*i] > '9' || s[*i + 1] < '0' || s[*i + 1] > '9')
		return false;
	*ret = (s[*i] - '0') * 10 + (s[*i + 1] - '0');
	*i += 2;
	return *ret < limit;
}

/* "hh:mm[:ss[.f...]]" at *i, as a fraction of the day. */
static bool
read_time(const char *s, size_t n, size_t *i, double *ret)
{
	int hour = 0;
	int minute = 0;
	int second = 0;
	double fraction = 0;
	double unit = 0.1;

	if (!two_digits(s, n, i, 24, &hour) || *i >= n || s[(*i)++] != ':' ||
	    !two_digits(s, n, i, 60, &minute))
		return false;
	if (*i < n && s[*i] == ':') {
		(*i)++;
		if (!two_digits(s, n, i, 60, &second))
			return false;
		if (*i + 1 < n && s[*i] == '.' && s[*i + 1] >= '0' && s[*i + 1] <= '9')
			for ((*i)++; *i < n && s[*i] >= '0' && s[*i] <= '9'; (*i)++) {
				fraction += (s[*i] - '0') * unit;
				unit /= 10;
			}
	}
	*ret = (hour * 3600 + minute * 60 + second + fraction) / 86400.0;
	return true;
}

/* "Z", "+hh", "+hhmm", "+hh:mm" or nothing up to the end, as a fraction of the day east of UTC. */
static bool
read_offset(const char *s, size_t n, size_t i, double *ret)
{
	int hour = 0;
	int minute = 0;
	int sign;

	*ret = 0;
	if (i == n || (i + 1 == n && s[i] == 'Z'))
		return true;
	if (s[i] != '+' && s[i] != '-')
		return false;
	sign = s[i++] == '-' ? -1 : 1;
	if (!two_digits(s, n, &i, 24, &hour))
		return false;
	if (i < n && s[i] == ':')
		i++;
	if (i < n && !two_digits(s, n, &i, 60, &minute))
		return false;
	*ret = sign * (hour * 60 + minute) / 1440.0;
	return i == n;
}

bool
moment_is_time(const char *s, size_t n)
{
	double ignored;
	size_t i = 0;

	return read_time(s, n, &i, &ignored) && i == n;
}

bool
moment_parse(const char *s, size_t n, double *ret_days)
{
	int64_t day = 0;
	double time = 0;
	double offset = 0;
	size_t i = 0;

	if (n >= 10 && s[4] == '-') {
		if (!clock_parse_date(s, 10, &day))
			return false;
		i = 10;
		if (i < n && (s[i++] != 'T' || !read_time(s, n, &i, &time)))
			return false;
	} else if (!read_time(s, n, &i, &time)) {
		return false;
	}
	if (!read_offset(s, n, i, &offset))
		return false;
	*ret_days = (double)day + time - offset;
	return true;
}

bool
moment_format_date(double days, char *out)
{
	if (!(days >= MIN_DAYS && days <= MAX_DAYS))
		return false;
	clock_format_date((int64_t)days, out);
	return true;
}

/* Days and milliseconds of the day; false out of range. */
static bool
split(double days, int64_t *ret_day, int64_t *ret_ms)
{
	int64_t ms;

	if (!(days >= MIN_DAYS && days < MAX_DAYS + 1))
		return false;
	ms = (int64_t)floor(days * MS_PER_DAY + 0.5);
	*ret_day = ms >= 0 ? ms / MS_PER_DAY : -((-ms + MS_PER_DAY - 1) / MS_PER_DAY);
	*ret_ms = ms - *ret_day * MS_PER_DAY;
	return *ret_day <= (int64_t)MAX_DAYS;
}

bool
moment_format(double days, char *out)
{
	struct buf b;
	bool ok;

	buf_init(&b, 64);
	ok = moment_write(days, "%Y-%m-%dT%H:%M:%S.%3Z", &b) && buf_ok(&b) && b.size < 28;
	if (ok)
		memcpy(out, buf_text(&b), b.size + 1);
	buf_done(&b);
	return ok;
}

static bool
write_letter(char letter, int64_t day, int64_t ms, struct buf *out)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	int y = 0;
	int m = 0;
	int d = 0;

	clock_from_days(day, &y, &m, &d);
	switch (letter) {
	case 'Y':
		buf_printf(out, "%04d", y);
		return true;
	case 'y':
		buf_printf(out, "%02d", y % 100);
		return true;
	case 'm':
		buf_printf(out, "%02d", m);
		return true;
	case 'n':
		buf_printf(out, "%d", m);
		return true;
	case 'b':
		buf_adds(out, months[m - 1]);
		return true;
	case 'd':
		buf_printf(out, "%02d", d);
		return true;
	case 'e':
		buf_printf(out, "%d", d);
		return true;
	case 'a': /* 1970-01-01 was a Thursday */
		buf_adds(out, days[((day + 4) % 7 + 7) % 7]);
		return true;
	case 'H':
		buf_printf(out, "%02d", (int)(ms / 3600000));
		return true;
	case 'h':
		buf_printf(out, "%d", (int)(ms / 3600000));
		return true;
	case 'M':
		buf_printf(out, "%02d", (int)(ms / 60000 % 60));
		return true;
	case 'S':
		buf_printf(out, "%02d", (int)(ms / 1000 % 60));
		return true;
	case '3':
		buf_printf(out, "%03d", (int)(ms % 1000));
		return true;
	case '%':
		buf_addc(out, '%');
		return true;
	default:
		return false;
	}
}

bool
moment_write(double days, const char *format, struct buf *out)
{
	int64_t day = 0;
	int64_t ms = 0;

	if (!split(days, &day, &ms))
		return false;
	for (const char *s = format; *s; s++) {
		if (*s != '%')
			buf_addc(out, *s);
		else if (!s[1] || !write_letter(*++s, day, ms, out))
			return false;
	}
	return true;
}
