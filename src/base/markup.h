/* Text inside HTML and XML. */
#ifndef BASE_MARKUP_H
#define BASE_MARKUP_H

#include "base/buf.h"

/**
 * Append text so that it is text in HTML and in XML 1.0, as content and inside an attribute with
 * either quote: & < > " ' become references. Control characters, which neither allows, become
 * blanks; lines and tabs stay. s is UTF-8, NULL appends nothing.
 */
void markup_add_text(struct buf *out, const char *s);

#endif
