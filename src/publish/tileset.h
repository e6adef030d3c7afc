/* The records of one kind as tiles need them, as one role sees them: boxes in a packed tree along
 * the Hilbert curve, outlines on a grid of 2^-32 of the world's width (9 mm at the equator), and
 * the few values a map shows. Built by walking access_each, which decides what is in it; read-only
 * then. Threads: a built set may be read by many. */
#ifndef PUBLISH_TILESET_H
#define PUBLISH_TILESET_H

#include "base/buf.h"
#include "store/access.h"

#define TILESET_NODE 16          /* boxes a node of the tree */
#define TILESET_LEVELS 8         /* 16^8 boxes */
#define TILESET_HOLE 0x80000000u /* in the number of points of an outline's ring */
#define TILESET_CODES 256        /* different codes of a field; more share the last one */

struct tileset_box {
	uint32_t x0, y0, x1, y1; /* units of 2^-32 of the world, y to the south; inclusive */
};

enum tileset_flag {
	TILESET_UNAPPROVED = 1,
	TILESET_CONFLICT = 2,
	TILESET_AREAL = 4,
	TILESET_WIDE = 8,   /* outline in whole words */
	TILESET_AS = 16,    /* times enum shown_as, 0 .. 3 */
	TILESET_PLACES = 64 /* one of several points of the record, each an item */
};

struct tileset_item {
	struct uuid id; /* zero: an unclassed danger area */
	int64_t fid;
	/* Of an area: the word at which its outline begins. Of an accident at a point: how many
	 * were killed (low half) and injured, each plus one; 0 = not stated. */
	uint32_t outline;
	uint32_t name;         /* place in the texts, 0 = none */
	uint32_t valid_from;   /* yyyymmdd, dd 0 where only the month may be seen; 0 = unknown */
	uint8_t class, status; /* numbers in the lists of codes, 0 = none */
	uint8_t flags;
	uint8_t shift; /* coordinates of the outline are box + (v << shift) */
};

struct tileset {
	uint32_t count;
	uint32_t levels, level_start[TILESET_LEVELS + 1];
	const struct tileset_box *box; /* items first, then the levels above */
	const struct tileset_item *item;
	const uint32_t *outline;
	const char *text;
	size_t outline_words, text_size;
	const int64_t *single; /* numbers of records that are part of unclassed danger areas */
	size_t singles;
	const char *code[TILESET_CODES]; /* of classes and statuses */
	uint16_t rank[TILESET_CODES];    /* danger of a class, 0 .. 100 */
	uint32_t codes;
	int64_t known_size; /* size of the log it was built at */
	struct buf mem_box, mem_item, mem_outline, mem_text, mem_single;
	char *code_text; /* of a set that was read from a file */
	void *map;
	size_t map_size;
};

/** How a kind is drawn. */
struct tileset_kind {
	const char *kind;
	const char *class_field, *status_field, *name_field; /* NULL = none */
	const char *class_key;                               /* name of the tag */
	bool inward;                                         /* land worked on: never larger */
	bool harm;                                           /* people killed and injured */
};
/** The kinds that have tiles, in the order of a tile's layers; ends with kind NULL. */
extern const struct tileset_kind tileset_kinds[];
const struct tileset_kind *tileset_kind_find(const char *kind);
/** People killed or injured in an accident at a point; -1 = not stated, or no such item. */
int64_t tileset_killed(const struct tileset_kind *k, const struct tileset_item *i);
int64_t tileset_injured(const struct tileset_kind *k, const struct tileset_item *i);
/** May the role see positions of the kind at all? */
bool tileset_is_visible(struct store *st, const struct tileset_kind *k, enum access_role role);

/**
 * Build what is shown at a moment: f->kind, moment and box as in access_each. Free with
 * tileset_free. ERR_NOMEM, ERR_LIMIT, and what access_each gives.
 */
MUST_CHECK enum err_code tileset_build(struct store *st, const struct tileset_kind *k,
                                       const struct each_filter *f, enum access_role role,
                                       struct tileset **ret, struct err *e);
/**
 * The present of a kind without unclassed danger areas, whose records are listed as singles. A
 * large one is written to the file `path` (NULL = none) and read from there, shared with other
 * processes; where that cannot be written it stays in memory.
 */
MUST_CHECK enum err_code tileset_build_now(struct store *st, const struct tileset_kind *k,
                                           enum access_role role, unsigned view, const char *path,
                                           struct tileset **ret, struct err *e);
/** Of the same some records by number (as they are seen now). */
MUST_CHECK enum err_code tileset_build_some(struct store *st, const struct tileset_kind *k,
                                            enum access_role role, const int64_t *fid, size_t n,
                                            struct tileset **ret, struct err *e);
/** The unclassed danger areas, in memory; many are left in a file too, for the next start. */
MUST_CHECK enum err_code tileset_build_unclassed(struct store *st, const struct tileset_kind *k,
                                                 enum access_role role, unsigned view,
                                                 const char *path, struct tileset **ret,
                                                 struct err *e);
/**
 * Open a file that tileset_build_now wrote for this register, kind and view at this or an earlier
 * size of its log, newer than `newer`. *ret NULL when there is none.
 */
void tileset_open(struct store *st, const struct tileset_kind *k, unsigned view, const char *path,
                  int64_t newer, struct tileset **ret);
void tileset_free(struct tileset *s);
/** Is the record in it? Looks at every item; s NULL = no. */
bool tileset_has(const struct tileset *s, int64_t fid);

/** A set of record numbers (1 ..). Starts zeroed. */
struct tilefids {
	int64_t *slot;
	size_t slots, count;
};
/** Add n; false when memory ends. */
bool tilefids_add(struct tilefids *f, const int64_t *fid, size_t n);
bool tilefids_has(const struct tilefids *f, int64_t fid);
void tilefids_done(struct tilefids *f);

/** Called for each item whose box meets the one asked for, in the order of the set. */
typedef void tileset_fn(void *ctx, uint32_t i);
void tileset_find(const struct tileset *s, struct tileset_box want, tileset_fn *fn, void *ctx);

#endif
