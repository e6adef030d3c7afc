#include "base/markup.h"

void
markup_add_text(struct buf *out, const char *s)
{
	for (; s && *s; s++)
		switch (*s) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '"':
			buf_adds(out, "&quot;");
			break;
		case '\'': /* &apos; is no name of HTML 4 */
			buf_adds(out, "&#39;");
			break;
		case '\n':
		case '\t':
			buf_addc(out, *s);
			break;
		default:
			buf_addc(out, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
		}
}
