/* A local equal-area frame on WGS 84 in which the area under a short geodesic has a closed form.
 * Private to geo. Pure functions, thread-safe.
 *
 * Lambert's cylindrical equal-area map of the ellipsoid: x = longitude (radians), y(lat) = integral
 * from lat0 of M N cos(lat) d lat (m2 per radian), so that the area between a curve and the
 * parallel lat0 is the integral of y dx, exactly (Snyder 1987, USGS PP 1395, eq. 10-15, 3-12). A
 * geodesic obeys Clairaut's relation, from which y'' = -sin(lat) (r^2 + 3 y'^2 / r^2), r = N
 * cos(lat); the area between it and its chord in this map is therefore dx (r^2 dx^2 + 3 dy^2 / r^2)
 * sin(lat) / 12      (values at the middle of the edge) with the next term smaller by about (length
 * / R)^2 (1 + 3 tan^2 lat). frame_edge reports that term. Every function is a function of the
 * vertex alone: two polygons that share a vertex get the same bits. */
#ifndef GEO_FRAME_H
#define GEO_FRAME_H

struct frame {
	double lon0_deg, lat0_deg;
	double sin0, cos0;
	double w0;      /* 1 - e2 sin0^2 */
	double equator; /* y of the equator, m2 per radian */
};

struct frame_point {
	double x; /* radians of longitude from lon0 */
	double y; /* m2 per radian */
	double s; /* sine of the latitude */
};

/** A frame around a position, |lat0_deg| <= 90. */
void frame_init(struct frame *f, double lon0_deg, double lat0_deg);
/** Map a position; |lat_deg| <= 90; any longitude (differences are what counts). */
struct frame_point frame_point(const struct frame *f, double lon_deg, double lat_deg);
/**
 * Area in m2 between the geodesic from a to b and the frame's parallel, positive when it runs east
 * above it. For edges below about 50 km and latitudes below 85 degrees. *grow_m2 is increased by a
 * bound of the error.
 */
double frame_edge_m2(struct frame_point a, struct frame_point b, double *grow_m2);
/**
 * The same for edges of any length: where frame_edge_m2's bound passes 1e-5 m2, Karney's series.
 * lon/lat of both ends come along with their points on the map. NaN when PROJ is missing for a long
 * edge.
 */
double frame_between_m2(const struct frame *f, const double *lonlat_a, const double *lonlat_b,
                        struct frame_point a, struct frame_point b);
/** Length in metres of the geodesic from a to b, relative error below 1e-9 up to 2 km and 70
 * degrees. */
double frame_length_m(struct frame_point a, struct frame_point b);

#endif
