/* PROJ, loaded when first needed. Linking it costs every start of the program about 6 ms (it drags
 *in curl, tiff and a second SQLite), so the library is opened at the first use and called through
 *this table:
 *
 *	const struct projlib *pj = projlib_get();
 *	if (!pj) ...                            PROJ is not installed
 *	pj->geod_init(&g, a, f);
 *
 * Private to geo. Threads: safe. A process that will shut itself in calls projlib_get() before. */
#ifndef GEO_PROJLIB_H
#define GEO_PROJLIB_H

#include <geodesic.h>
#include <proj.h>

/* Each function of PROJ that this room calls. One line here is all it takes to use one more. */
#define PROJLIB_EACH(X)                                                                            \
	X(proj_info)                                                                               \
	X(proj_context_create)                                                                     \
	X(proj_context_destroy)                                                                    \
	X(proj_context_set_enable_network)                                                         \
	X(proj_context_errno)                                                                      \
	X(proj_context_errno_string)                                                               \
	X(proj_log_func)                                                                           \
	X(proj_create)                                                                             \
	X(proj_create_from_database)                                                               \
	X(proj_create_crs_to_crs_from_pj)                                                          \
	X(proj_normalize_for_visualization)                                                        \
	X(proj_destroy)                                                                            \
	X(proj_list_destroy)                                                                       \
	X(proj_list_get)                                                                           \
	X(proj_list_get_count)                                                                     \
	X(proj_int_list_destroy)                                                                   \
	X(proj_get_type)                                                                           \
	X(proj_get_name)                                                                           \
	X(proj_get_id_auth_name)                                                                   \
	X(proj_get_id_code)                                                                        \
	X(proj_is_deprecated)                                                                      \
	X(proj_is_equivalent_to_with_ctx)                                                          \
	X(proj_identify)                                                                           \
	X(proj_get_source_crs)                                                                     \
	X(proj_get_target_crs)                                                                     \
	X(proj_crs_get_geodetic_crs)                                                               \
	X(proj_crs_get_sub_crs)                                                                    \
	X(proj_crs_get_coordoperation)                                                             \
	X(proj_coordoperation_get_accuracy)                                                        \
	X(proj_coordoperation_get_param_index)                                                     \
	X(proj_coordoperation_get_param)                                                           \
	X(proj_coordoperation_get_method_info)                                                     \
	X(proj_coordoperation_is_instantiable)                                                     \
	X(proj_coordoperation_has_ballpark_transformation)                                         \
	X(proj_trans_generic)                                                                      \
	X(proj_errno)                                                                              \
	X(proj_errno_reset)                                                                        \
	X(geod_init)                                                                               \
	X(geod_direct)                                                                             \
	X(geod_inverse)                                                                            \
	X(geod_geninverse)                                                                         \
	X(geod_polygonarea)                                                                        \
	X(geod_polygon_init)                                                                       \
	X(geod_polygon_clear)                                                                      \
	X(geod_polygon_addpoint)                                                                   \
	X(geod_polygon_addedge)                                                                    \
	X(geod_polygon_compute)                                                                    \
	X(geod_lineinit)                                                                           \
	X(geod_inverseline)                                                                        \
	X(geod_position)

struct projlib {
#define PROJLIB_FIELD(name) __typeof__(name) *name;
	PROJLIB_EACH(PROJLIB_FIELD)
#undef PROJLIB_FIELD
};

/** The functions of PROJ, or NULL if the library built against is not there. */
const struct projlib *projlib_get(void);

#endif
