/* Two registers side by side: what each side claims, what its records yield, the accidents of the
 * same days, where booby-traps were attached, what was made after a date, what lies inside recorded
 * minefields, and what the experience of one would mean for the other. Nothing of one side is
 * divided by anything of the other: where definitions or units differ, the answer says so. Methods:
 * docs/FIGURES.md, "Comparison". */
#ifndef PUBLISH_COMPARE_H
#define PUBLISH_COMPARE_H

#include "assess/figure.h"
#include "base/buf.h"
#include "base/pool.h"

#define COMPARE_IDS 20 /* records named per cell; the number of all is told */

/* What one side says on one line. Texts live in the comparison. */
struct compare_cell {
	bool any;   /* false: this side says nothing on this line */
	bool known; /* value is a number */
	double value, low, high;
	bool has_low, has_high; /* false: that bound is not stated */
	int decimals;
	const char *unit, *text; /* "" = none */
	const char *basis;       /* "claim", "records", "assumption" */
	int64_t records;
	const char *id[COMPARE_IDS]; /* national number, else id */
	size_t ids;
};

struct compare_line {
	const char *key;  /* what it is about: "casualties.total", "2023-04-27", "c_graves" */
	const char *what; /* "claimed", "recorded" ..., "" = none */
	struct compare_cell cell[2];
	const char *remark; /* "" = none */
};

struct compare_section {
	int number; /* of the question, 1 .. 6 */
	const char *question, *method, *note;
	struct compare_line *line;
	size_t count, room;
};

enum {
	COMPARE_SECTIONS = 6
};

struct compare {
	struct arena mem;
	struct store *st[2];
	const struct figure_question *q[2];
	struct pool *pool;
	const char *name[2];
	struct compare_section section[COMPARE_SECTIONS];
};

/**
 * Compare a with b. q[i].after_days is the date of the fourth question (INT64_MIN = not asked). ret
 * is freed with compare_free. Fails as figure_run does.
 */
MUST_CHECK enum err_code compare_make(struct store *const st[2],
                                      const struct figure_question *const q[2], struct pool *pool,
                                      struct compare *ret, struct err *e);
void compare_free(struct compare *c);
/** As a table for people, or as JSON. */
MUST_CHECK enum err_code compare_write(struct compare *c, bool json, struct buf *out,
                                       struct err *e);
struct compare_time; /* publish/compare_time.h */
/** As JSON, with the accidents of both on one time line. */
MUST_CHECK enum err_code compare_write_json(struct compare *c, const struct compare_time *t,
                                            struct buf *out, struct err *e);
/** As one page of HTML for printing on A4: no script, nothing fetched. */
MUST_CHECK enum err_code compare_write_html(struct compare *c, const struct compare_time *t,
                                            struct buf *out, struct err *e);
/** Text of a cell's value for people ("30 percent", "at least 5 people"), in the comparison's
 * memory; NULL when memory ends. */
const char *compare_value_text(struct compare *c, const struct compare_cell *x);

/* For the parts of the comparison. */

/* Which state of a register a side of the comparison says. */
struct compare_state {
	char as_of[11], root[64]; /* root of the log, base64 */
	int64_t size;             /* submissions */
};
/** Of side 0 or 1. ERR_IO. */
MUST_CHECK enum err_code compare_state(struct compare *c, int side, struct compare_state *ret,
                                       struct err *e);
/** Add a line to a section (0 .. 5); *ret_line lives until the next one. */
MUST_CHECK enum err_code compare_add(struct compare *c, int section, const char *key,
                                     const char *what, struct compare_line **ret_line,
                                     struct err *e);
/** Name a record behind a cell: by its national number, else its id. */
void compare_name(struct compare *c, struct compare_cell *cell, const struct shown *row);
/** Sections 2 and 3: accidents of the same days, objects that devices were attached to. */
MUST_CHECK enum err_code compare_accidents(struct compare *c, struct err *e);
MUST_CHECK enum err_code compare_objects(struct compare *c, struct err *e);
/** Section 6: productivity, cost and density of finds of one as assumption for the other. */
MUST_CHECK enum err_code compare_experience(struct compare *c, struct err *e);

#endif
