/* Who may see what. Redaction is decided here and nowhere else: exports, tiles and pages take their
 * rows from access_each. Rules: docs/ACCESS.md; sources: domain.md section 17, the letters in the
 * forms' access column.
 *
 * A role without exact access sees one public geometry per hazard: the cells of the public grid
 * (FORMATS.md) that the outline touches after it was grown by its radius and its accuracy. Land
 * that was released is drawn inward, so that neither danger is drawn too small nor release too
 * large. */
#ifndef STORE_ACCESS_H
#define STORE_ACCESS_H

#include "store/each.h"

enum access_role {
	ACCESS_PUBLIC,
	ACCESS_PARTNER,
	ACCESS_OPERATOR,
	ACCESS_AUTHORITY,
	ACCESS_LEGAL
};
enum {
	ACCESS_ROLES = 5
};

#define ACCESS_GRID_M 100.0 /* cell of the public grid, metres */
#define ACCESS_SMALL_CELL 5 /* counts of persons below it are not published */

/* What may be said of a field. */
enum access_show {
	ACCESS_HIDE,
	ACCESS_MONTH, /* dates as "YYYY-MM" */
	ACCESS_SHOW
};

/** "public", "partner", "operator", "authority", "legal". */
const char *access_role_name(enum access_role r);
/** The role of a name; false if there is none. */
bool access_role_parse(const char *name, enum access_role *ret);
/** Does the role see exact positions? */
bool access_is_exact(enum access_role r);
/** May records of the kind be shown one by one? */
bool access_has_rows(enum access_role r, const char *kind);
/** What of a field of the kind may be shown. The main geometry: ACCESS_SHOW when there may be one,
 * exact or public. */
enum access_show access_field(enum access_role r, const char *kind, const struct form_field *f);
/** May identities of the kind be opened for the role, one record at a time and recorded
 * (ingest/unseal.h)? Nothing else here ever shows them. */
bool access_identity(enum access_role r, const char *kind);
/** May the role open the file whose hash the field holds? Files of a kind with identities may name
 * persons: legal only. */
bool access_original(enum access_role r, const struct form *form, const struct form_field *f);
/** May the role open photographs and papers that were handed in with a record of the kind? Who
 * approves it must see them; never those of minefield records and of kinds with identities. */
bool access_attached(enum access_role r, const struct form *form);
/** The same for the child of a repeat. */
enum access_show access_child(enum access_role r, const char *kind, const struct form_field *repeat,
                              const struct form_field *child);

/** Is this a class of single items (spot task, store of ammunition), which roles without exact
 * access see only as unclassed danger areas? NULL = no. */
bool access_is_single(const char *class);

/* What became of a row. */
enum access_fate {
	ACCESS_ROW,       /* show it */
	ACCESS_UNCLASSED, /* show only that there is danger: row's geometry is the public one, its
	                     fields are empty */
	ACCESS_GONE       /* this role does not see it */
};

struct access_how {
	enum access_role role;
	double grid_m;   /* cell of the public grid; 0 = ACCESS_GRID_M */
	double margin_m; /* grow by at least that much (radius and accuracy of other revisions in
	                    play) */
	const uint8_t *show; /* what access_plan said of the form; NULL = decide anew */
};

/** access_field of every field of a form, for roles that read many rows; show has field_count
 * entries. */
void access_plan(enum access_role r, const struct form *form, uint8_t *show);
/** How far beyond its drawing a record may reach by a revision that waits or contradicts: margin_m
 * of access_how. Revisions are read into mem. */
MUST_CHECK enum err_code access_margin(struct store *st, const struct shown *row,
                                       int64_t known_size, struct arena *mem, double *ret_m,
                                       struct err *e);

/**
 * Take from a shown record what the role may not see; row's values and geometry are replaced, all
 * in mem. Identity values are removed for every role, legal too. Fails with ERR_NOMEM, ERR_LIMIT
 * (an outline over too many cells).
 */
MUST_CHECK enum err_code access_apply(const struct access_how *how, struct geo *geo,
                                      struct arena *mem, struct shown *row,
                                      enum access_fate *ret_fate, struct err *e);
/**
 * Walk over the records of a kind as the role may see them. Filters on place (f->box) act on what
 * is shown, never on what is withheld. With kind hazard, roles that may not know single items get
 * them (spot tasks, stores of ammunition, ordnance not yet disposed of) as unclassed danger areas
 * after the others: rows with the zero id and fid 0, class `unknown`, status `open`, joined where
 * they touch, so that neither kind nor number can be told. With f->after_fid those of the records
 * before it are missing.
 */
MUST_CHECK enum err_code access_each(struct store *st, const struct each_filter *f,
                                     enum access_role role, each_fn *fn, void *ctx, struct err *e);

/**
 * One record in its shown state of the present, as the role may see it: the same that access_each
 * gives of it. ret lives in mem; *ret_fate ACCESS_GONE: nothing of it is shown to this role, or
 * every revision was returned. ERR_NOTFOUND.
 */
MUST_CHECK enum err_code access_get(struct store *st, struct uuid id, enum access_role role,
                                    struct arena *mem, struct shown *ret,
                                    enum access_fate *ret_fate, struct err *e);
/**
 * What access_each does with one row it was given (of the present): the margin of every revision in
 * play is taken in, then access_apply. mem must not be the row's own.
 */
MUST_CHECK enum err_code access_row(struct store *st, enum access_role role, struct arena *mem,
                                    struct shown *row, enum access_fate *ret_fate, struct err *e);
/**
 * Only those danger areas (f->kind hazard; f->box acts as there). Nothing for roles with exact
 * access.
 */
MUST_CHECK enum err_code access_unclassed(struct store *st, const struct each_filter *f,
                                          enum access_role role, each_fn *fn, void *ctx,
                                          struct err *e);

#endif
