/* One format of an export: tables are written one after another, rows in the order given. */
#ifndef PUBLISH_WRITER_H
#define PUBLISH_WRITER_H

#include "publish/about.h"
#include "publish/sheet.h"

struct writer;

struct writer_calls {
	/* A new table; the one before is done. s stays until the next call of it or of finish. */
	enum err_code (*sheet)(struct writer *w, const struct sheet *s, struct err *e);
	/* A row of it: s->count values; geom NULL = none; at: a point inside geom. */
	enum err_code (*row)(struct writer *w, const struct store_value *value,
	                     const struct geom *geom, const double at[2], struct err *e);
	/* All is written, synced and closed. */
	enum err_code (*finish)(struct writer *w, struct err *e);
	/* Free; removes what was not finished. */
	void (*free)(struct writer *w);
};

struct writer {
	const struct writer_calls *calls;
	const struct about *about;
	const struct sheet *sheet;
	bool needs_point; /* wants `at` */
};

/* Start a file at path, which must not exist. about must outlive the writer. */
MUST_CHECK enum err_code writer_gpkg(const char *path, const struct about *a, struct writer **ret,
                                     struct err *e);
/* These two hold one table. */
MUST_CHECK enum err_code writer_geojson(const char *path, const struct about *a,
                                        struct writer **ret, struct err *e);
MUST_CHECK enum err_code writer_csv(const char *path, const struct about *a, struct writer **ret,
                                    struct err *e);
MUST_CHECK enum err_code writer_xlsx(const char *path, const struct about *a, struct writer **ret,
                                     struct err *e);

#endif
