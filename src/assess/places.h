/* Places: which administrative unit a record lies in. Rules in docs/FIGURES.md, "Places":
 *  1. the record's own link to a place; 2. its position inside a place's outline (an inner point
 * for areas);
 *  3. the names it was reported with; else the place is unknown ("?"). */
#ifndef ASSESS_PLACES_H
#define ASSESS_PLACES_H

#include "base/arena.h"
#include "store/each.h"

struct geo;
struct places;

/** Load the places of one level ("country", "admin1" ...; NULL = the whole register is one place).
 */
MUST_CHECK enum err_code places_load(struct store *st, struct geo *geo, const char *level,
                                     int64_t as_of_days, int64_t known_size, struct places **ret,
                                     struct err *e);
void places_free(struct places *p);
/** Number of places; index 0 is "?" (unknown) when a level is asked for, else the whole register
 * (""). */
size_t places_count(const struct places *p);
/** Name of a place ("" whole, "?" unknown). Sorted bytewise from index 1 on; names met in records
 * only are appended. */
const char *places_name(const struct places *p, size_t i);
/** Geodesic area of its outline in m2, 0 if it has none. For the whole: the country's outline. */
double places_area_m2(const struct places *p, size_t i);
/** Where a record lies. The row needs place, place_name, admin1_name, admin2_name and geometry
 * among its fields. */
MUST_CHECK enum err_code places_of(struct places *p, const struct shown *row, size_t *ret,
                                   struct err *e);
/** The fields that places_of reads, for each_filter.want (merge with your own). */
extern const char *const places_fields[];

#endif
