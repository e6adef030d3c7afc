/* A filled-in form as a phone sends it (an XForms instance, form/xform.h) -> the values of its
 * kind, as a mapping of a file would yield them. Pure: no register. Nothing is guessed: what cannot
 * be read stays text, and the checks of rows find it. */
#ifndef INGEST_INSTANCE_H
#define INGEST_INSTANCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "form/form.h"
#include "form/xmltree.h"
#include "store/mapping.h"

#define INSTANCE_MAX_POINTS 10000 /* of one geotrace or geoshape */

/* What the instance says of itself. Texts live in the arena; "" where it says nothing. */
struct instance {
	const char *form_id, *version;
	const char *id;       /* instanceID */
	const char *replaces; /* deprecatedID: the instance that this one corrects */
	const struct xml_node *root;
};

/* A file that came with it and where it is kept. */
struct instance_file {
	const char *name, *type; /* as sent; type may be "" */
	const uint8_t *bytes;
	size_t size;
	char sha256[65];     /* set by who keeps it; "" = not kept yet */
	bool of_field;       /* a field of the kind holds it */
	bool of_repeat;      /* a field of one of its repeats holds it */
	const char *caption; /* what its question says of it, or NULL */
};

struct instance_files {
	struct instance_file *item;
	size_t count;
};

/* The columns that instances of a form yield: every field that is asked for, and source_refs. */
struct instance_columns {
	const struct form *form;
	size_t count;
	const char *const *name;
	const int *field;
	int source_refs; /* column, -1 = none */
};

/** Parse. ERR_INVALID, ERR_LIMIT, ERR_NOMEM; what it lacks is no error. */
MUST_CHECK enum err_code instance_read(const char *xml, size_t n, struct arena *mem,
                                       struct instance *ret, struct err *e);
/** The columns of a form, in mem. ERR_NOMEM. */
MUST_CHECK enum err_code instance_columns(const struct form *f, struct arena *mem,
                                          struct instance_columns *ret, struct err *e);

/* What came of reading an instance. */
struct instance_found {
	size_t unknown; /* answers that the form in force has no field for */
	size_t missing; /* files named that did not come */
};

/**
 * The values by column, in mem; source_refs is left null. A file's field gets the SHA-256 of the
 * file of that name among `files`, which is then marked. ERR_NOMEM.
 */
MUST_CHECK enum err_code instance_values(const struct instance *in,
                                         const struct instance_columns *c,
                                         const struct instance_files *files, struct arena *mem,
                                         struct mapping_value *ret_value,
                                         struct instance_found *ret, struct err *e);
/**
 * A position as ODK writes it ("lat lon altitude accuracy", several with ";" between) as a GeoJSON
 * geometry: how is "geopoint", "geotrace" or "geoshape". With too few points it becomes a point or
 * a line. *ret_accuracy_m: the worst accuracy stated, 0 = none. NULL when it cannot be read or
 * memory ends.
 */
const char *instance_position(const char *text, const char *how, struct arena *mem,
                              double *ret_accuracy_m);

/* A phone states the radius that holds the true position in 68 of 100 cases; the register's
 * accuracy is that of 95. For errors alike in both directions (Rayleigh):
 * sqrt(ln 0.05 / ln 0.32). */
#define INSTANCE_ACCURACY_95 1.6215

#endif
