/* A small XML document as a tree: element names without their prefixes, attributes, text. For what
 * phones send. No document types, so no entities but the five of XML; nothing is fetched. UTF-8
 * out, whatever the encoding was. Thread-safe. */
#ifndef FORM_XMLTREE_H
#define FORM_XMLTREE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* docs/LIMITS.md */
#define XMLTREE_MAX_BYTES (4u << 20)
#define XMLTREE_MAX_DEPTH 32
#define XMLTREE_MAX_NODES 100000u /* elements and attributes */

struct xml_attribute {
	const char *name, *value;
	const struct xml_attribute *next;
};

struct xml_node {
	const char *name; /* local part */
	const char *text; /* of the element itself, its pieces joined; never NULL */
	const struct xml_attribute *attribute;
	struct xml_node *first, *next; /* child, sibling; in order */
};

/**
 * Parse. The tree lives in mem. Fails with ERR_INVALID (not well-formed, a document type, not
 * text), ERR_LIMIT (size, depth, number of nodes), ERR_NOMEM.
 */
MUST_CHECK enum err_code xmltree_parse(const char *s, size_t n, struct arena *mem,
                                       struct xml_node **ret, struct err *e);
/** First child of that name, or NULL. node may be NULL. */
const struct xml_node *xmltree_child(const struct xml_node *node, const char *name);
/** Text of the first child of that name, blanks around it cut off by the caller; "" if none. */
const char *xmltree_text(const struct xml_node *node, const char *name);
/** Value of an attribute, or NULL. */
const char *xmltree_attribute(const struct xml_node *node, const char *name);

#endif
