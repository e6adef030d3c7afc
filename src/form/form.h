/* A form defines a kind: fields, choices, constraints, labels, access. It is an XLSForm: a survey
 * table and a choices table, here as one CSV text each. A form is immutable once parsed; threads
 * may share it. A form lives in its own heap block: form_free frees all that it points to. */
#ifndef FORM_FORM_H
#define FORM_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum form_language {
	FORM_EN,
	FORM_UK,
	FORM_AZ,
	FORM_LANGUAGES
};

enum form_type {
	FORM_TEXT,
	FORM_INTEGER,
	FORM_DECIMAL,
	FORM_DATE,            /* "YYYY-MM-DD" */
	FORM_TIME,            /* "HH:MM" or "HH:MM:SS" */
	FORM_DATETIME,        /* RFC 3339 */
	FORM_SELECT_ONE,      /* a code of list */
	FORM_SELECT_MULTIPLE, /* JSON array of codes */
	FORM_GEOMETRY,        /* GeoJSON geometry object; geometry_types says which */
	FORM_FILE,            /* SHA-256 (hex) of an original in NAME.files */
	FORM_RECORD,          /* id of another record; link_kind says of which kind, NULL = any */
	FORM_RECORDS,         /* array of ids */
	FORM_REPEAT           /* array of objects of the child fields */
};

enum form_access {
	FORM_PUBLIC,
	FORM_PARTNER,
	FORM_RESTRICTED,
	FORM_IDENTITY
};

struct form_choice {
	const char *code;
	const char *label[FORM_LANGUAGES];    /* [FORM_EN] never NULL */
	const char *reviewer[FORM_LANGUAGES]; /* who reviewed the label; NULL or "" = unreviewed */
	const char *reference;
	bool unverified; /* domain.md marks it as not verified */
	const struct json_value
		*extra; /* further columns by name (treaty classes, base ...), or NULL */
};

struct form_index; /* private: names to positions */

struct form_list {
	const char *name;
	size_t count;
	const struct form_choice *choice;
	const struct form_index *index;
};

struct form_field {
	const char *name; /* [a-z][a-z0-9_]*, at most 60 characters */
	enum form_type type;
	const struct form_list *list; /* selects */
	const char *link_kind;        /* links */
	unsigned geometry_types;      /* bit (1 << enum geom_type) */
	bool required;
	bool core; /* the program computes with it: cannot be dropped or retyped */
	enum form_access access;
	const char *unit;       /* "m2", "m", "deg", "person" ... or NULL */
	const char *reference;  /* the standard's number or NULL */
	const char *constraint; /* XPath, or NULL */
	const char *constraint_message[FORM_LANGUAGES];
	const char *relevant; /* XPath, or NULL */
	const char *label[FORM_LANGUAGES];
	const char *reviewer[FORM_LANGUAGES];
	const char *hint[FORM_LANGUAGES];
	bool unverified;
	size_t child_count; /* repeats */
	const struct form_field *child;
	const struct form_index *child_index;
};

struct form {
	const char *kind; /* "hazard" */
	int version;      /* 1.. */
	const char *title[FORM_LANGUAGES];
	const char *reviewer[FORM_LANGUAGES]; /* of the title */
	const char *national_id;              /* field that holds the national id, or NULL */
	size_t field_count; /* in form order; groups are flattened, repeats are one field */
	const struct form_field *field;
	size_t list_count;
	const struct form_list *list;
	const struct form_index *index;
};

/* docs/LIMITS.md */
#define FORM_MAX_TABLE_BYTES (1u << 20)
#define FORM_MAX_ROWS 20000u
#define FORM_MAX_FIELDS 500u
#define FORM_MAX_CHOICES 2000u
#define FORM_MAX_COLUMNS 64u
#define FORM_MAX_CELL_BYTES 4000u
#define FORM_MAX_EXPRESSION_BYTES 1000u

/**
 * Parse survey and choices CSV as docs/FORMATS.md, section Forms, describes them. choices may be
 * NULL: they then follow the line "#choices" in survey, if there are any. Fails with ERR_INVALID
 * and the row: unknown type, name twice, list that does not exist, bad XPath; ERR_LIMIT; ERR_NOMEM.
 * ret is freed with form_free.
 */
MUST_CHECK enum err_code form_parse(const char *survey, size_t survey_n, const char *choices,
                                    size_t choices_n, struct form **ret, struct err *e);
void form_free(struct form *f);
/** The embedded form of a kind (survey and choices CSV), or false. Text is static. */
bool form_builtin(const char *kind, const char **ret_survey, const char **ret_choices);
/** Names of the embedded kinds in dependency order, NULL-terminated, static. */
const char *const *form_builtin_kinds(void);
/** Field by name; NULL if there is none. O(1). */
const struct form_field *form_find(const struct form *f, const char *name);
/** Position of a field in f->field, or -1. O(1). */
int form_index(const struct form *f, const char *name);
/** A repeat's child by name; NULL if there is none. O(1). */
const struct form_field *form_find_child(const struct form_field *repeat, const char *name);
/** The strictest access of a field and, for a repeat, of its children: who may see the whole value.
 */
enum form_access form_field_access(const struct form_field *f);
/** Does a field, or a child of one, hold identities? */
bool form_has_identity(const struct form *f);
/** Choice by code, NULL if there is none. O(1). */
const struct form_choice *form_choice_find(const struct form_list *l, const char *code);
/**
 * The label in a language, falling back to English. Never NULL. *ret_reviewed (may be NULL) is
 * false for a label in another language that nobody reviewed, true for English.
 */
const char *form_label(const char *const label[FORM_LANGUAGES],
                       const char *const reviewer[FORM_LANGUAGES], enum form_language lang,
                       bool *ret_reviewed);
/** "public", "partner", "restricted", "identity". */
const char *form_access_name(enum form_access a);
/** The XLSForm word of a type: "text", "select_one" ... */
const char *form_type_name(enum form_type t);
/** "en", "uk", "az". */
const char *form_language_code(enum form_language lang);
/**
 * May `next` follow `now` in a register in use? ERR_CONFLICT with a sentence if a core field is
 * dropped or opened to more readers, a field is retyped (but integer to decimal where not core) or
 * linked to another kind, an identity field is opened, a choice code vanishes, the version does not
 * grow; ERR_INVALID if the kind differs.
 */
MUST_CHECK enum err_code form_may_follow(const struct form *now, const struct form *next,
                                         struct err *e);
/** Do the codes that both forms have in core fields mean the same to the program (rank, open, in
 * totals)? ERR_CONFLICT and the code that does not. */
MUST_CHECK enum err_code form_same_meaning(const struct form *a, const struct form *b,
                                           struct err *e);

#endif
