/* The schema table of an SQLite file, read by ourselves before SQLite does: which names are real
 * tables and which are views or virtual tables, which a hostile file can make do anything. Pure
 * reading, no SQL. Threads: one schema, one thread. */
#ifndef READER_SCHEMA_H
#define READER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "reader/files.h"

#define SCHEMA_MAX_ENTRIES 20000u

struct schema_entry {
	const char *type; /* "table", "index", "view", "trigger" */
	const char *name;
	int64_t root; /* first page; 0 for views, triggers and virtual tables */
};

struct schema {
	struct arena mem;
	struct schema_entry *at;
	size_t count;
	size_t room;
};

/**
 * Read it. Format: sqlite.org/fileformat2.html sections 1.3, 1.5, 1.6, 2.1 and 2.6.
 * Fails with ERR_INVALID (damaged), ERR_LIMIT (too many entries), ERR_UNSUPPORTED (UTF-16),
 * ERR_NOMEM.
 */
MUST_CHECK enum err_code schema_read(struct schema *s, const struct file *f, struct err *e);
void schema_done(struct schema *s);
/** True if the name is a table with content of its own. */
bool schema_is_table(const struct schema *s, const char *name);
/**
 * A GeoPackage's own tables (gpkg_...) must be tables: a view in their place could show GDAL
 * anything. Fails with ERR_DENIED.
 */
MUST_CHECK enum err_code schema_check_gpkg(const struct schema *s, struct err *e);

#endif
