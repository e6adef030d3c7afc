/* A build for tests only (-DSERVE_PLANTED): before a process confines itself, copies of it do, and
 * try ways out (tests/e2e/serve_confined.py). In every other build this is nothing. */
#ifndef SERVE_PLANTED_H
#define SERVE_PLANTED_H

#include "api/route.h"

#ifdef SERVE_PLANTED
struct ticket;
/** Try every way and print a line for each: PART WAY held|ESCAPED. */
void planted_ways(enum serve_part part, const struct site *site);
/** A front that has fallen: what the header x-planted names is done to who asks, or by it. */
void planted_front(struct ask *q, struct ticket *ticket, int64_t *ticket_us);
/** A part that has fallen: it tries the way that the header x-planted-part names. */
void planted_part(const struct ask *q);
#define PLANTED(part, site) planted_ways(part, site)
#define PLANTED_FRONT(q, ticket, at_us) planted_front(q, ticket, at_us)
#define PLANTED_PART(q) planted_part(q)
#else
#define PLANTED(part, site) (void)0
#define PLANTED_FRONT(q, ticket, at_us) (void)0
#define PLANTED_PART(q) (void)0
#endif

#endif
