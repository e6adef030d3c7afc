/* JSON: a strict parser into an arena, and a streaming writer that emits RFC 8785 canonical bytes
 * as long as the caller writes object members in the order json_key_cmp gives. Thread-safe. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

struct json_value {
	enum json_type type;
	size_t count; /* bytes of a string, elements of an array, members of an object */
	double number;
	const char *string; /* UTF-8, NUL-terminated (may hold U+0000 inside; count tells) */
	const char *key;    /* when a member of an object: its name, NUL-terminated */
	size_t key_size;
	struct json_value *first; /* first element or member */
	struct json_value *next;  /* next sibling */
};

/**
 * Parse one JSON text (RFC 8259, strict: no comments, no trailing rest, no duplicate names, no lone
 * surrogates, finite numbers, valid UTF-8). max_depth 0 means 64. The value lives in mem.
 * Fails with ERR_INVALID (says line and column), ERR_LIMIT (depth), ERR_NOMEM.
 */
MUST_CHECK enum err_code json_parse(const char *s, size_t n, int max_depth, struct arena *mem,
                                    struct json_value **ret, struct err *e);

/** Member by name, NULL if v is no object or has none. */
struct json_value *json_get(const struct json_value *v, const char *name);
/** Member's text, or NULL if missing or not a string. */
const char *json_get_string(const struct json_value *v, const char *name);
/** Member's number, or fallback. */
double json_get_number(const struct json_value *v, const char *name, double fallback);

/** Compare names as RFC 8785 sorts them: by UTF-16 code units. Like strcmp. */
int json_key_cmp(const char *a, size_t a_n, const char *b, size_t b_n);

/** Append a string literal with RFC 8785 escapes. s must be UTF-8; bad bytes fail the buffer. */
void json_write_string(struct buf *b, const char *s, size_t n);
/** Append a number as RFC 8785 does. A number that is not finite fails the buffer. */
void json_write_number(struct buf *b, double v);
void json_write_i64(struct buf *b, int64_t v);
/** Append a parsed value in canonical form (members sorted). Depth as parsed. */
void json_write_canonical(struct buf *b, const struct json_value *v);

/* Streaming writer for answers: commas and nesting are kept for the caller. */
struct json_writer {
	struct buf *out;
	int depth;            /* 0..32 */
	uint64_t has_element; /* bit per depth: a comma is due */
};

void json_begin(struct json_writer *w, struct buf *out);
void json_object(struct json_writer *w,
                 const char *key); /* key NULL inside arrays and at the top */
void json_object_end(struct json_writer *w);
void json_array(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);
void json_string(struct json_writer *w, const char *key,
                 const char *value);                                    /* NULL value -> null */
void json_number(struct json_writer *w, const char *key, double value); /* not finite -> null */
void json_int(struct json_writer *w, const char *key, int64_t value);
void json_bool(struct json_writer *w, const char *key, bool value);
void json_null(struct json_writer *w, const char *key);
/** Insert bytes that are JSON already. */
void json_raw(struct json_writer *w, const char *key, const char *json, size_t n);

#endif
