/* One half of a coordinate pair: a latitude or a longitude in degrees, from tokens. Private to
 * geo/coord.c. */
#ifndef GEO_COORDHALF_H
#define GEO_COORDHALF_H

#include "geo/coord.h"
#include "geo/coordlex.h"

struct coordhalf {
	enum coord_format format; /* COORD_DECIMAL, COORD_DM or COORD_DMS */
	char axis;                /* 'Y' latitude, 'X' longitude, NUL: not said */
	double deg;               /* signed */
	double half_deg;          /* half of the last digit given */
	bool maybe_dms, maybe_seconds, is_float;
};

/** ERR_INVALID with a sentence if these tokens are no angle; ranges of 90 and 180 degrees are not
 * checked. */
MUST_CHECK enum err_code coordhalf_read(const struct token *t, size_t n, struct coordhalf *ret,
                                        struct err *e);

#endif
