/* Time: UTC seconds since 1970 and calendar dates. No local time zone anywhere, no leap seconds.
 * Years 0001..9999. Pure functions but clock_now. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Now, in microseconds UTC. The environment's FALLOW_NOW (RFC 3339) replaces it, for tests. */
int64_t clock_now_us(void);

/** Microseconds of a clock that only goes forward, for deadlines; its zero means nothing. */
int64_t clock_steady_us(void);

/** "2026-05-04T09:12:44Z"; out has at least 21 bytes. */
void clock_format_s(int64_t at_utc_s, char *out);
/** "2026-05-04T09:12:44.123456Z"; out has at least 28 bytes. */
void clock_format_us(int64_t at_utc_us, char *out);
/** RFC 3339 with Z or an offset, fraction up to 6 digits allowed. False if it is anything else. */
bool clock_parse_us(const char *s, size_t n, int64_t *ret_utc_us);

/** Days since 1970-01-01 of a proleptic Gregorian date. The date must be valid. */
int64_t clock_days(int year, int month, int day);
/** Inverse of clock_days. */
void clock_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
/** True for a real calendar date. */
bool clock_is_date(int year, int month, int day);
/**
 * "YYYY-MM-DD" exactly (10 characters). ret_days may be NULL.
 */
bool clock_parse_date(const char *s, size_t n, int64_t *ret_days);
/** "YYYY-MM-DD" from days; out has at least 11 bytes. */
void clock_format_date(int64_t days, char *out);

#endif
