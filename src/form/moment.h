/* Dates and times as ODK's expressions know them: texts that become days since 1970-01-01T00:00Z.
 * Pure functions, thread-safe. A text without an offset is taken as UTC. */
#ifndef FORM_MOMENT_H
#define FORM_MOMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/**
 * Read "YYYY-MM-DD", the same with "Thh:mm", "Thh:mm:ss" or "Thh:mm:ss.fff" and an optional offset
 * ("Z",
 * "+02", "+02:00"), or a time alone (then *ret_days is the fraction of the day). False for anything
 * else.
 */
bool moment_parse(const char *s, size_t n, double *ret_days);
/** "hh:mm" or "hh:mm:ss" with an optional fraction, nothing else. */
bool moment_is_time(const char *s, size_t n);
/** "YYYY-MM-DD" of a whole number of days; false outside the years 1 .. 9999. out has 11 bytes. */
bool moment_format_date(double days, char *out);
/** "YYYY-MM-DDThh:mm:ss.fffZ"; false outside the years 1 .. 9999. out has 28 bytes. */
bool moment_format(double days, char *out);
/**
 * Append days in a format of ODK's format-date: %Y %y %m %n %b %d %e %a %H %h %M %S %3 %%. English
 * names. False for another letter after %, or outside the years 1 .. 9999.
 */
bool moment_write(double days, const char *format, struct buf *out);

#endif
