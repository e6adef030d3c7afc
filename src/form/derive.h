/* What follows from a form for whoever keeps its records in a table: columns, their types and what
 * may stand in them. Plain data: no SQL here. */
#ifndef FORM_DERIVE_H
#define FORM_DERIVE_H

#include "form/form.h"

enum derive_type {
	DERIVE_TEXT,
	DERIVE_INTEGER,
	DERIVE_REAL,
	DERIVE_GEOMETRY, /* the table's one geometry */
	DERIVE_JSON      /* text: lists, repeats, further geometries */
};

/* What holds for every value in the column that is not null. */
enum derive_check {
	DERIVE_CHECK_TYPE,    /* nothing but the type */
	DERIVE_CHECK_LENGTH,  /* exactly `length` characters, all of glob: dates, ids, hashes */
	DERIVE_CHECK_CODE,    /* a code of field->list; lists may grow with the form's version */
	DERIVE_CHECK_ARRAY,   /* JSON text that begins with "[" */
	DERIVE_CHECK_GEOJSON, /* JSON text that begins with "{" */
	DERIVE_CHECK_BLOB     /* GeoPackage geometry */
};

struct derive_column {
	const char *name; /* the field's */
	const struct form_field *field;
	enum derive_type type;
	enum derive_check check;
	size_t length;           /* characters, 0 = any */
	const char *glob;        /* "[0-9]", "-" and "?" as in a shell pattern, or NULL */
	const char *title;       /* English label */
	const char *description; /* English hint, or "" */
	enum form_access access; /* of the whole value: form_field_access */
};

struct derive_table {
	const char *kind;
	const char *title;
	size_t count;
	const struct derive_column *column;   /* in form order */
	const struct derive_column *geometry; /* among them, or NULL */
	const char
		*geometry_type; /* of a GeoPackage layer: "POINT", "MULTIPOLYGON", "GEOMETRY" ... */
};

/**
 * The table of a form. The geometry is the field named "geometry", else the first of that type;
 * others become GeoJSON text. The result lives in mem and points into f. Fails with ERR_NOMEM.
 */
MUST_CHECK enum err_code form_derive(const struct form *f, struct arena *mem,
                                     struct derive_table *ret, struct err *e);
/** "text", "integer", "real", "geometry", "json". */
const char *derive_type_name(enum derive_type t);

#endif
