#include "form/xmltree.h"

#include <string.h>

#include <libxml/parser.h>

#include "base/buf.h"
#include "base/text.h"

/* An element that is open. */
struct open_node {
	struct xml_node *node, *last; /* last: its newest child */
	struct buf text;
};

struct parsing {
	struct arena *mem;
	xmlParserCtxtPtr ctxt;
	struct open_node open[XMLTREE_MAX_DEPTH];
	size_t depth, nodes;
	struct xml_node *root;
	enum err_code rc;
	struct err *e;
};

static void
stop(struct parsing *p, enum err_code rc, const char *why)
{
	if (!p->rc)
		p->rc = err_set(p->e, rc, "%s", why);
	xmlStopParser(p->ctxt);
}

static bool
count(struct parsing *p)
{
	if (++p->nodes <= XMLTREE_MAX_NODES)
		return true;
	stop(p, ERR_LIMIT, "the XML has more than 100000 elements and attributes");
	return false;
}

static bool
add_attributes(struct parsing *p, struct xml_node *node, int n, const xmlChar **a)
{
	const struct xml_attribute **at = &node->attribute;

	/* five texts each: local name, prefix, namespace, begin and end of the value */
	for (int i = 0; i < n; i++, a += 5) {
		struct xml_attribute *one = arena_alloc(p->mem, sizeof(*one));

		if (!count(p))
			return false;
		if (one) {
			one->name = arena_strdup(p->mem, (const char *)a[0]);
			one->value =
				arena_strndup(p->mem, (const char *)a[3], (size_t)(a[4] - a[3]));
		}
		if (!one || !one->name || !one->value) {
			stop(p, ERR_NOMEM, "out of memory for an XML document");
			return false;
		}
		*at = one;
		at = &one->next;
	}
	return true;
}

static void
/* libxml2 says what it takes. NOLINTNEXTLINE(readability-function-size) */
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int spaces,
         const xmlChar **space, int attributes, int defaulted, const xmlChar **attribute)
{
	struct parsing *p = ctx;
	struct xml_node *node;

	(void)prefix;
	(void)uri;
	(void)spaces;
	(void)space;
	(void)defaulted;
	if (p->rc || !count(p))
		return;
	if (p->depth == XMLTREE_MAX_DEPTH) {
		stop(p, ERR_LIMIT, "the XML is nested more than 32 deep");
		return;
	}
	node = arena_alloc(p->mem, sizeof(*node));
	if (node)
		node->name = arena_strdup(p->mem, (const char *)name);
	if (!node || !node->name) {
		stop(p, ERR_NOMEM, "out of memory for an XML document");
		return;
	}
	if (!add_attributes(p, node, attributes, attribute))
		return;
	if (p->depth == 0) {
		p->root = node;
	} else {
		struct open_node *o = &p->open[p->depth - 1];

		if (o->last)
			o->last->next = node;
		else
			o->node->first = node;
		o->last = node;
	}
	p->open[p->depth].node = node;
	p->open[p->depth].last = NULL;
	buf_reset(&p->open[p->depth].text);
	p->depth++;
}

static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct parsing *p = ctx;
	struct open_node *o;

	(void)name;
	(void)prefix;
	(void)uri;
	if (p->rc || p->depth == 0)
		return;
	o = &p->open[--p->depth];
	o->node->text = o->text.size ? arena_strndup(p->mem, o->text.data, o->text.size) : "";
	if (!o->node->text || !buf_ok(&o->text))
		stop(p, ERR_NOMEM, "out of memory for an XML document");
}

static void
on_text(void *ctx, const xmlChar *s, int n)
{
	struct parsing *p = ctx;

	if (!p->rc && p->depth)
		buf_add(&p->open[p->depth - 1].text, s, (size_t)n);
}

static void
on_document_type(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	stop(ctx, ERR_INVALID, "the XML has a document type, which is not taken");
}

static enum err_code
run(struct parsing *p, const char *s, size_t n)
{
	xmlSAXHandler sax;
	int rc;

	memset(&sax, 0, sizeof(sax));
	sax.initialized = XML_SAX2_MAGIC;
	sax.startElementNs = on_start;
	sax.endElementNs = on_end;
	sax.characters = on_text;
	sax.cdataBlock = on_text;
	sax.ignorableWhitespace = on_text;
	sax.internalSubset = on_document_type;
	p->ctxt = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
	if (!p->ctxt)
		return err_set(p->e, ERR_NOMEM, "out of memory for an XML document");
	/* NOENT resolves the five of XML in attributes too; there are no others without a document
	 * type */
	(void)xmlCtxtUseOptions(p->ctxt, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR |
	                                         XML_PARSE_NOWARNING);
	rc = xmlParseChunk(p->ctxt, s, (int)n, 1);
	if (!p->rc && (rc || !p->ctxt->wellFormed || !p->root || p->depth))
		p->rc = err_set(p->e, rc == XML_ERR_NO_MEMORY ? ERR_NOMEM : ERR_INVALID,
		                "the XML is not well-formed (line %d)",
		                p->ctxt->input ? p->ctxt->input->line : 0);
	if (p->ctxt->myDoc)
		xmlFreeDoc(p->ctxt->myDoc);
	p->ctxt->myDoc = NULL;
	xmlFreeParserCtxt(p->ctxt);
	return p->rc;
}

enum err_code
xmltree_parse(const char *s, size_t n, struct arena *mem, struct xml_node **ret, struct err *e)
{
	struct parsing p = { .mem = mem, .e = e };
	enum err_code rc;

	if (n > XMLTREE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "the XML has %zu bytes; at most %u are taken", n,
		               XMLTREE_MAX_BYTES);
	xmlInitParser();
	for (size_t i = 0; i < XMLTREE_MAX_DEPTH; i++)
		buf_init(&p.open[i].text, XMLTREE_MAX_BYTES);
	rc = run(&p, s, n);
	for (size_t i = 0; i < XMLTREE_MAX_DEPTH; i++)
		buf_done(&p.open[i].text);
	if (!rc)
		*ret = p.root;
	return rc;
}

const struct xml_node *
xmltree_child(const struct xml_node *node, const char *name)
{
	for (const struct xml_node *c = node ? node->first : NULL; c; c = c->next)
		if (text_eq(c->name, name))
			return c;
	return NULL;
}

const char *
xmltree_text(const struct xml_node *node, const char *name)
{
	const struct xml_node *c = xmltree_child(node, name);

	return c ? c->text : "";
}

const char *
xmltree_attribute(const struct xml_node *node, const char *name)
{
	for (const struct xml_attribute *a = node ? node->attribute : NULL; a; a = a->next)
		if (text_eq(a->name, name))
			return a->value;
	return NULL;
}
