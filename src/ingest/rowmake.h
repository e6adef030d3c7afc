/* From a mapped row to a record's fields: typed values, position on WGS 84, dates, marks, and the
 * hash of what the row says. Rows are made in parallel: a maker is read-only, each worker has its
 * own part. */
#ifndef INGEST_ROWMAKE_H
#define INGEST_ROWMAKE_H

#include "base/arena.h"
#include "base/buf.h"
#include "ingest/convert.h"
#include "ingest/links.h"
#include "ingest/region.h"
#include "ingest/rowcheck.h"
#include "store/mapping.h"
#include "store/record.h"

/* What is true of the whole file. Texts must stay. */
struct rowmake_about {
	const struct form *form;
	size_t column_count;
	const char *const *column; /* of the mapping's result */
	const char *const *
		key; /* fields that make a row known again, NULL-terminated; NULL = the whole row */
	const char *source_date;      /* "YYYY-MM-DD", date of information of the source, or NULL */
	const char *file_crs;         /* of the file's geometry: "EPSG:4326", "" = none stated */
	const char *file_wkt;         /* its definition, "" = none */
	const char *iso3;             /* the register's country: operations are pinned for one */
	const char *crs;              /* --crs: "EPSG:28406" ..., or NULL */
	const char *operation;        /* --operation: "15865", or NULL */
	bool geometry_is_wgs84;       /* by the file format (GeoJSON, KML, GPX) */
	const struct region *country; /* or NULL */
	const struct gazetteer *places; /* of the register, or NULL */
	const struct links *links;      /* numbers of records that rows may name, or NULL */
	int64_t today_days;
};

struct rowmake;
struct rowmake_worker;

/* One row: inputs, then what was made of it. Everything made lives in the worker's arena. */
struct rowmake_row {
	int64_t number;
	const struct mapping_value
		*mapped; /* by column; NULL = the mapping left the row out, or it is bad */
	struct store_fields fields;
	const char *bad; /* values that did not fit: "class: foo; killed: some", or NULL */
	bool outline_valid, has_key;
	uint64_t found;
	const char *reason;
	uint8_t content[32]; /* SHA-256 of what the row says; docs/FORMATS.md, Imported rows */
	uint8_t key[32];     /* of --key; else set by rowmake_key */
	int64_t settles;     /* a quarantined row that this one corrects, 0 = none */
	uint64_t row_print;  /* of the row as the file has it, by the caller; 0 = not known */
	uint64_t geometry_print, id_print, similar_print; /* 0 = none; for finding duplicates */
	enum err_code rc;
};

/**
 * Fails with ERR_INVALID when a column is neither a field of the form nor a position column, is
 * written by the program itself, or comes twice; or when a key names no column.
 */
MUST_CHECK enum err_code rowmake_create(const struct rowmake_about *about, struct rowmake **ret,
                                        struct err *e);
void rowmake_free(struct rowmake *m);
/** What one thread needs. */
MUST_CHECK enum err_code rowmake_worker_create(const struct rowmake *m, struct rowmake_worker **ret,
                                               struct err *e);
void rowmake_worker_free(struct rowmake_worker *w);
/** Forget the rows made so far. */
void rowmake_worker_reset(struct rowmake_worker *w);
/**
 * What follows from other fields: the age band of a victim (child below 18 years) from the age,
 * which is an identity value that no figure reads. A band that is stated stays; one that
 * contradicts the age becomes unknown.
 */
void rowmake_derive(struct store_fields *f);
/** Make one row. ERR_NOMEM, ERR_INTERNAL; whatever the row holds is no failure but a finding. */
MUST_CHECK enum err_code rowmake_row(const struct rowmake *m, struct rowmake_worker *w,
                                     struct rowmake_row *r, struct err *e);
/** Identity of a row by its content and its occurrence (0 = the first) in the file. */
void rowmake_key(const struct rowmake *m, const uint8_t content[32], uint64_t occurrence,
                 uint8_t ret[32]);
/** Position of a field in the form of the maker; see form_index. */
bool rowmake_has_column(const struct rowmake *m, const char *field);
/** Mapped values as a JSON object; values keep their types. */
void rowmake_mapped_json(const struct rowmake *m, const struct rowmake_row *r, struct buf *out);

#endif
