/* The register: one GeoPackage file, its keys outside it, its originals beside it (NAME.files).
 * A store handle serves one thread at a time. One writer at a time per register; readers never wait
 * for it. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"
#include "form/form.h"

struct store;

enum store_mode {
	STORE_READ,        /* read-only */
	STORE_WRITE,       /* may submit; needs the register's keys */
	STORE_READ_NO_KEYS /* read-only, and no key is looked for: what is sealed stays sealed */
};

#define STORE_MAX_STATEMENTS 50000 /* revisions in one submission */
#define STORE_SCHEMA_VERSION 1

/**
 * Make a new register with its keys. country: ISO 3166-1 alpha-3 (upper case), name: 1..200
 * characters. Fails with ERR_CONFLICT if path exists, ERR_INVALID, ERR_IO.
 */
MUST_CHECK enum err_code store_init(const char *path, const char *country, const char *name,
                                    struct err *e);

/**
 * Open a register. Checks the SQLite version, the application id, the schema version, the settings
 * of the connection, and the last signed checkpoint kept beside the log key: a register older than
 * it, or different, fails with ERR_VERIFY. An interrupted submission is finished (STORE_WRITE).
 * Fails with ERR_NOTFOUND, ERR_INVALID (not a register), ERR_UNSUPPORTED (needs `fallow upgrade`).
 */
MUST_CHECK enum err_code store_open(const char *path, enum store_mode mode, struct store **ret,
                                    struct err *e);
void store_close(struct store *st);
/**
 * Where those who read this handle put aside what does not fit in memory (base/spool.h): a file
 * without a name beside the register, made when it is first asked for. A process that shuts itself
 * in asks before. Lives as long as the handle.
 */
struct scratch *store_scratch(struct store *st);

/** A value of the register's description: "uuid", "country", "name", "origin", "log_vkey",
 * "created". "" if unset. */
const char *store_meta(struct store *st, const char *key);
/** The folder of originals (NAME.files), never NULL. */
const char *store_files_dir(const struct store *st);
/** A sentence about something the opener should know (no local checkpoint ...), or "". */
const char *store_warning(const struct store *st);

/** Number of kinds; kinds are numbered 0 .. n-1 in a fixed order. */
size_t store_kind_count(const struct store *st);
/** The number of a kind by name, or -1. */
int store_kind(const struct store *st, const char *name);
const char *store_kind_name(const struct store *st, int kind);
/** The form in force of a kind. Lives as long as the store (until store_form_update). */
const struct form *store_form(const struct store *st, int kind);

/** Indexes of the form's fields in bytewise order of their names (canonical order). */
const int *store_sorted_fields(const struct store *st, int kind);

/** Size of the log (number of submissions) and its root. */
int64_t store_log_size(struct store *st);
/** The newest signed checkpoint's note (text), size and root; size 0 and "" if there is none. */
struct store_checkpoint {
	int64_t size;
	uint8_t root[32];
	const char *note; /* lives until the next write */
};
struct store_checkpoint store_checkpoint_newest(struct store *st);
/** Root of the log's first size submissions (SHA-256 of nothing for 0). ERR_VERIFY when hashes are
 * missing. */
MUST_CHECK enum err_code store_root_at(struct store *st, int64_t size, uint8_t root[32],
                                       struct err *e);
/** Time the newest submission was received, UTC microseconds; 0 if none. */
int64_t store_last_received_us(struct store *st);

/** Library versions that figures were computed with, for the provenance: "SQLite 3.53.2". Static.
 */
const char *store_sqlite_version(void);

#endif
