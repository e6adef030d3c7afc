/* Dates as files write them. Conservative: what could be two different days is no date here.
 * Pure functions, thread-safe. */
#ifndef INGEST_DATES_H
#define INGEST_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Read one calendar date (days since 1970-01-01). Understood: 2024-05-12, 2024/5/12, 2024.05.12,
 * 20240512, each with a time of day behind it, which is read over; 12.05.2024 (dots: the day is
 * first); 12/05/2024 and 12-05-2024 only when one of the first two is above 12 or both are equal;
 * 12 May 2024, May 12, 2024 with month names in English, Spanish, Ukrainian, Azerbaijani and
 * Bosnian. Years 1800 to 2200. False, and *ret_days untouched, for anything else.
 */
bool dates_read(const char *s, size_t n, int64_t *ret_days);
/** First day of a year, or of a month of it (month 0 = the year is all that is known). False out of
 * range. */
bool dates_of_period(int64_t year, int64_t month, int64_t *ret_days);

#endif
