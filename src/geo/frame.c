#include <math.h>

#include "geo/frame.h"
#include "geo/projlib.h"

#define A_M 6378137.0
#define F (1 / 298.257223563)
#define E2 (F * (2 - F))
#define B2 (A_M * A_M * (1 - E2)) /* b^2 */
#define RAD 0.017453292519943295
#define FAR_M2 1e-5
#define NEAR_RAD 0.02 /* up to here the sine's series ends below 1e-18 */

void
frame_init(struct frame *f, double lon0_deg, double lat0_deg)
{
	f->lon0_deg = lon0_deg;
	f->lat0_deg = lat0_deg;
	f->sin0 = sin(lat0_deg * RAD);
	f->cos0 = cos(lat0_deg * RAD);
	f->w0 = 1 - E2 * f->sin0 * f->sin0;
	f->equator = -B2 / 2 * (f->sin0 / f->w0 + atanh(sqrt(E2) * f->sin0) / sqrt(E2));
}

/* sin(lat) - sin(lat0) without cancellation. */
static double
frame_sine_step(const struct frame *f, double lat_deg)
{
	double d = (lat_deg - f->lat0_deg) * RAD, q = d * d;

	if (fabs(d) <= NEAR_RAD) {
		double sine = d * (1 - q / 6 * (1 - q / 20 * (1 - q / 42)));
		double versed = q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56)));

		return f->cos0 * sine - f->sin0 * versed;
	}
	return 2 * cos((lat_deg + f->lat0_deg) * (RAD / 2)) * sin(d / 2);
}

/* atanh(e z) / e as a series in e2 z^2; z <= 2, so that the last term is below 1e-17. */
static double
frame_atanh(double z)
{
	double q = E2 * z * z;

	if (q > 1e-3) {
		return atanh(sqrt(E2) * z) / sqrt(E2);
	}
	return z * (1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9)))));
}

struct frame_point
frame_point(const struct frame *f, double lon_deg, double lat_deg)
{
	double step = frame_sine_step(f, lat_deg), s = f->sin0 + step;
	double w = 1 - E2 * s * s, mixed = E2 * s * f->sin0;

	return (struct frame_point){
		.x = (lon_deg - f->lon0_deg) * RAD,
		.y = B2 / 2 * (step * (1 + mixed) / (w * f->w0) + frame_atanh(step / (1 - mixed))),
		.s = s
	};
}

double
frame_edge_m2(struct frame_point a, struct frame_point b, double *grow_m2)
{
	double dx = b.x - a.x, dy = b.y - a.y, s = (a.s + b.s) / 2, q = 1 - s * s;
	double r2 = A_M * A_M * q / (1 - E2 * s * s);
	double east2 = r2 * dx * dx, north2 = dy * dy / r2;
	double bend = dx * s * (east2 + 3 * north2) / 12;

	/* (1 + 3 tan^2) / (2 R^2); the constant is checked by a property test against Karney's */
	*grow_m2 += fabs(bend) * (east2 + north2) * (3 - 2 * q) / (q * (2 * B2));
	return dx * (a.y + b.y) / 2 + bend;
}

double
frame_between_m2(const struct frame *f, const double *lonlat_a, const double *lonlat_b,
                 struct frame_point a, struct frame_point b)
{
	double grow = 0, near = frame_edge_m2(a, b, &grow), from_equator;
	const struct projlib *pj;
	struct geod_geodesic ell;

	if (grow <= FAR_M2) {
		return near;
	}
	pj = projlib_get();
	if (!pj) {
		return (double)NAN;
	}
	pj->geod_init(&ell, A_M, F);
	pj->geod_geninverse(&ell, lonlat_a[1], lonlat_a[0], lonlat_b[1], lonlat_b[0], NULL, NULL,
	                    NULL, NULL, NULL, NULL, &from_equator);
	return from_equator + f->equator * (b.x - a.x);
}

double
frame_length_m(struct frame_point a, struct frame_point b)
{
	double dx = b.x - a.x, s = (a.s + b.s) / 2, q = 1 - s * s, w = 1 - E2 * s * s;
	double r2 = A_M * A_M * q / w, dy = b.y - a.y;
	double east2 = r2 * dx * dx, north2 = dy * dy / r2, t2 = (1 - q) / q;

	/* The haversine formula about the middle latitude, to the fourth power of the length; dy /
	 * r and the mean sine differ from the arc and the middle sine in that power. */
	return sqrt(east2 + north2 -
	            (east2 * east2 * t2 + east2 * north2 * (1 + 6 * t2) -
	             north2 * north2 * (1 + 3 * t2)) /
	                    (12 * B2));
}
