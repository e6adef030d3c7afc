/* A build for tests only (-DSERVE_PLANTED): before a process confines itself, copies of it do, and
 * try ways out (tests/e2e/serve_confined.py). In every other build this is nothing. */
#ifndef SERVE_PLANTED_H
#define SERVE_PLANTED_H

#include "api/route.h"

#ifdef SERVE_PLANTED
/** Try every way and print a line for each: PART WAY held|ESCAPED. */
void planted_ways(enum serve_part part, const struct site *site);
#define PLANTED(part, site) planted_ways(part, site)
#else
#define PLANTED(part, site) (void)0
#endif

#endif
