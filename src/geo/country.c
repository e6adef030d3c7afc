#include "geo/country.h"

static bool
inside(struct geom_box b, double lon_deg, double lat_deg)
{
	return lon_deg >= b.min_lon_deg && lon_deg <= b.max_lon_deg && lat_deg >= b.min_lat_deg &&
	       lat_deg <= b.max_lat_deg;
}

unsigned
country_fit(struct geom_box country, double lon_deg, double lat_deg)
{
	unsigned fit = 0;

	if (inside(country, lon_deg, lat_deg))
		return COUNTRY_INSIDE;
	if (inside(country, lat_deg, lon_deg))
		fit |= COUNTRY_IF_SWAPPED;
	if (inside(country, lon_deg, -lat_deg))
		fit |= COUNTRY_IF_LAT_SIGN;
	if (inside(country, -lon_deg, lat_deg))
		fit |= COUNTRY_IF_LON_SIGN;
	if (inside(country, lon_deg + 6, lat_deg))
		fit |= COUNTRY_IF_ZONE_EAST;
	if (inside(country, lon_deg - 6, lat_deg))
		fit |= COUNTRY_IF_ZONE_WEST;
	return fit;
}

const char *
country_fit_text(enum country_fit bit)
{
	switch (bit) {
	case COUNTRY_INSIDE:
		return "inside the country";
	case COUNTRY_IF_SWAPPED:
		return "inside the country if latitude and longitude are exchanged";
	case COUNTRY_IF_LAT_SIGN:
		return "inside the country if it lies on the other side of the equator";
	case COUNTRY_IF_LON_SIGN:
		return "inside the country if it lies on the other side of Greenwich";
	case COUNTRY_IF_ZONE_EAST:
		return "inside the country if the zone number is one higher";
	case COUNTRY_IF_ZONE_WEST:
		return "inside the country if the zone number is one lower";
	}
	return "outside the country";
}
