/* Private to store: the handle, the connection's statements, small helpers. */
#ifndef STORE_HANDLE_H
#define STORE_HANDLE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/spool.h"
#include "geo/geom.h"
#include "store/keys.h"
#include "store/store.h"

struct store_value;

/* What find keeps between questions, so that a large register is not read whole for each. */
struct find_kept {
	bool any;             /* reach_m is known */
	int64_t rid;          /* of the newest revision that reach_m holds */
	double reach_m;       /* no hazard reaches farther beyond its drawing; never shrinks */
	int64_t size;         /* of the log when unlocated was read */
	struct buf unlocated; /* "COUNT PLACE" and a NUL each */
};

#define STORE_MAX_KINDS 32
#define STORE_MAX_FIELDS 500 /* of a form, as form/form.h limits them */

/* Statements that every submission runs: prepared once, kept until the store is closed. */
enum db_kept {
	KEPT_LOG_GET,
	KEPT_LOG_PUT,
	KEPT_SUBMISSION,
	KEPT_RECEIVED,
	KEPT_TOUCH,
	KEPT_TOUCH_PLAIN,
	KEPT_LATEST,
	KEPT_THIN,
	DB_KEPT
};

struct store_kind {
	int64_t id; /* kind.id in the register: index + 1 */
	char name[64];
	struct form *form;    /* in force */
	int *sorted;          /* field indexes in bytewise order of names */
	int geometry_field;   /* index of the field `geometry`, or -1 */
	int valid_from_field; /* index of `valid_from` */
	sqlite3_stmt *insert; /* layer row, made when first needed */
	sqlite3_stmt *root;   /* root of its spatial index, likewise */
	bool has_layer;
};

struct store {
	sqlite3 *db;
	enum store_mode mode;
	char *path, *files_dir;
	char warning[400];
	struct arena mem;       /* lives as long as the handle */
	struct store_keys keys; /* zeroed when read without keys */
	bool has_register_key, has_log_key;
	char uuid[UUID_TEXT], origin[120];
	struct store_kind kind[STORE_MAX_KINDS];
	size_t kind_count;
	int64_t forms_state;          /* of the table of forms when they were read */
	struct store_meta_kept *meta; /* values handed out, so that asking again takes no memory */
	struct geo *geo;
	sqlite3_stmt *kept[DB_KEPT];
	bool skip_refresh; /* rows were written as the decision says, or will be rebuilt */
	struct submit_state *submit; /* the submission that is open, see submit.c */
	struct submit_group *group;  /* what groups of submissions keep, see group.c */
	bool group_open;
	char *note; /* newest checkpoint */
	struct find_kept find;
	struct count_kept *count[STORE_MAX_KINDS]; /* see count.c */
	struct scratch scratch;
	bool has_scratch;
};

/** Prepare one statement; the sentence names what it was for. */
MUST_CHECK enum err_code db_prepare(struct store *st, const char *sql, sqlite3_stmt **ret,
                                    struct err *e);
/** The statement kept under a number, prepared with sql when it is first asked for; reset, its
 * bindings as they were left. Not to be finalized. */
MUST_CHECK enum err_code db_keep(struct store *st, enum db_kept which, const char *sql,
                                 sqlite3_stmt **ret, struct err *e);
/** Run a script of statements that return nothing. */
MUST_CHECK enum err_code db_exec(struct store *st, const char *sql, struct err *e);
/** Step a statement that returns no row; resets it. */
MUST_CHECK enum err_code db_run(struct store *st, sqlite3_stmt *q, struct err *e);
/** Drop a trigger of the schema within the open transaction; what makes it again is appended to
 * back, to be run before the commit. Nothing when there is none. */
MUST_CHECK enum err_code db_lift_trigger(struct store *st, const char *name, struct buf *back,
                                         struct err *e);
/** ERR_IO (or ERR_NOMEM, ERR_LIMIT when full) with SQLite's message. */
enum err_code db_fail(struct store *st, const char *doing, struct err *e);
/** The single integer a query yields; fallback when no row. */
MUST_CHECK enum err_code db_int(struct store *st, const char *sql, int64_t fallback, int64_t *ret,
                                struct err *e);
/** Bind a value; the text must live until the step. A null leaves the place as it is: clear the
 * bindings before. A bind can only fail for want of memory or a bad index; the step then says so.
 */
void db_bind_value(sqlite3_stmt *q, int at, const struct store_value *v);
/** Append an identifier in double quotes; it must come from the catalogue (forms, schema). */
void db_quote_name(struct buf *b, const char *name);
/** Register the GeoPackage functions ST_MinX ... ST_IsEmpty on a connection. */
int db_add_functions(sqlite3 *db);
/** The box of a GeoPackage blob: from its header when that has an envelope, else from its WKB.
 * False when the blob is none; *ret_box says nothing when it is empty. */
bool db_blob_box(const uint8_t *p, int n, struct geom_box *ret_box, bool *ret_empty);
/** Settings of every connection, each read back. */
MUST_CHECK enum err_code db_configure(sqlite3 *db, enum store_mode mode, struct err *e);
/** Decode a row of record_revisions.sql (its columns in that order). */
struct history_revision;
MUST_CHECK enum err_code history_decode(struct store *st, sqlite3_stmt *q, struct arena *mem,
                                        struct history_revision *r, struct err *e);
/** Put a parsed form in force for a kind; k owns f on success. */
MUST_CHECK enum err_code kind_set_form(struct store_kind *k, struct form *f, struct err *e);
/** Load kinds and the forms in force from the register. */
MUST_CHECK enum err_code kinds_load(struct store *st, struct err *e);
void kinds_free(struct store *st);
/** Let go of what a handle keeps of counts; NULL is allowed. */
void count_free(struct count_kept *k);

#endif
