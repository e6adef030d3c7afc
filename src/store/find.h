/* Finding records: by words, and by a position ("is it dangerous here?"). Reads the present. For a
 * role without exact access only what store/access shows of a record is looked at: nothing that is
 * withheld steers the answer. */
#ifndef STORE_FIND_H
#define STORE_FIND_H

#include "store/access.h"
#include "store/shown.h"
#include "store/store.h"

/* One hit by words. Texts live until the call returns. */
struct find_hit {
	int kind;
	struct uuid id;
	const char *field; /* the first that holds the words */
	const char *value;
	const char *national_id; /* "" = none */
	const char *shown_as;    /* of hazards; "" else */
};
typedef enum err_code find_fn(void *ctx, const struct find_hit *hit, struct err *e);

/* What to look for. */
struct find_words {
	enum access_role role;
	const char *text; /* 1 .. 200 characters of UTF-8 */
	size_t limit;
};

/**
 * Records whose text fields hold the words, letters folded (case, marks), in the order of kinds and
 * records; at most limit of them. Only fields and records that the role sees are searched.
 * *ret_more: there were more.
 */
MUST_CHECK enum err_code find_text(struct store *st, const struct find_words *what, find_fn *fn,
                                   void *ctx, bool *ret_more, struct err *e);

enum find_answer {
	FIND_NO_INFORMATION,
	FIND_REPORTED_RELEASED, /* the position lies in land that its source reports as released */
	FIND_RELEASED,          /* ... that this register released */
	FIND_DANGER             /* danger within the distance asked for */
};

/* Something near a position. */
struct find_near_item {
	enum find_answer what; /* FIND_DANGER, FIND_RELEASED, FIND_REPORTED_RELEASED */
	int kind;              /* hazard, ordnance or minefield_record */
	struct uuid id;
	char class[64]; /* of a hazard, category of ordnance; "" = not stated */
	char national_id[80];
	char source[200]; /* who reports a release: title of the record's source, else its id; "" =
	                     not known */
	bool unapproved;
	double margin_m;   /* radius and accuracy taken in */
	double distance_m; /* from what it may reach to, 0 = the position lies in it */
};

struct find_near {
	enum find_answer answer;
	struct find_near_item
		*item; /* nearest danger first, then releases; at most 200 of each; in mem */
	size_t count;
	int64_t dangers;        /* all of them */
	int64_t accidents;      /* recorded within the distance; -1 = not for this role */
	int64_t records;        /* minefield records that reach within it: claims of a party; -1 */
	int64_t unlocated_here; /* open hazards without position under a place here */
	int64_t waiting_here;   /* rows in quarantine that may be hazards and name a place here */
	int64_t waiting_elsewhere; /* others of them; those that name no place among them */
	int64_t waiting_unplaced;  /* that name no place at all */
};

/**
 * What is known within within_m (0 .. 100,000) of a position (longitude, latitude), as the role may
 * know it: without exact access from the public geometry; danger that may not be told apart has the
 * zero id, no class and no number. Danger reaches as far as its radius
 * and accuracy (of every revision in play); a release only holds farther inside than its accuracy.
 * ERR_INVALID.
 */
MUST_CHECK enum err_code find_near(struct store *st, enum access_role role, const double at_deg[2],
                                   double within_m, struct arena *mem, struct find_near *ret,
                                   struct err *e);

#endif
