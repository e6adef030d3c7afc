/* A comparison as one page for printing. Every text is escaped; there is no script and nothing is
 * fetched, so that the file may be sent and opened anywhere. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/markup.h"
#include "base/text.h"
#include "publish/compare.h"
#include "publish/compare_time.h"

static const char style[] =
	"@page{size:A4;margin:18mm 16mm 20mm}"
	"*{box-sizing:border-box}"
	"html{font:10pt/1.45 \"Source Serif 4\",Charter,Georgia,\"DejaVu Serif\",serif;color:#1b1b1b;"
	"background:#fff}"
	"body{max-width:178mm;margin:0 auto;padding:8mm 4mm}"
	"h1{font-size:20pt;line-height:1.15;margin:0 0 2mm;font-weight:600}"
	"h2{font-size:12.5pt;line-height:1.25;margin:9mm 0 1mm;font-weight:600;break-after:avoid}"
	".sub,.note,.method,footer{color:#555;font-size:8.5pt}"
	".method{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:7.5pt}"
	"table{width:100%;border-collapse:collapse;margin:2mm 0 0;table-layout:fixed}"
	"th,td{text-align:left;vertical-align:top;padding:1.4mm 3mm 1.4mm 0;overflow-wrap:anywhere}"
	"thead th{border-bottom:.6pt solid #1b1b1b;font-weight:600}"
	"tbody tr{break-inside:avoid}"
	"tbody td{border-top:.3pt solid #ccc}"
	"tr.key td{border-top:.6pt solid #888;padding-top:2.4mm;font-weight:600}"
	"col.what{width:24%}td.what{color:#555}"
	".value{font-variant-numeric:tabular-nums lining-nums;font-weight:600}"
	".claim .value{font-weight:400;font-style:italic}"
	".names{color:#555;font-size:8pt;display:block}"
	".text{display:block}"
	"td.remark{color:#8a3b00;font-size:8.5pt;border-top:0;padding-top:0}"
	"td.num{text-align:right;font-variant-numeric:tabular-nums}"
	"svg{width:100%;height:auto;margin:3mm 0 1mm}"
	"svg text{font:8px sans-serif;fill:#444}"
	"footer{margin-top:10mm;border-top:.6pt solid #1b1b1b;padding-top:2mm}"
	"footer code{font-size:7pt;overflow-wrap:anywhere}";

static void
element(struct buf *out, const char *open, const char *text, const char *close)
{
	buf_adds(out, open);
	markup_add_text(out, text);
	buf_adds(out, close);
}

static void
write_cell(struct compare *c, const struct compare_cell *x, struct buf *out)
{
	const char *value = compare_value_text(c, x);

	buf_adds(out, text_eq(x->basis, "claim") && x->any ? "<td class=\"claim\">" : "<td>");
	if (!x->any) {
		buf_adds(out, "&ndash;</td>");
		return;
	}
	if (value && *value)
		element(out, "<span class=\"value\">", value, "</span>");
	if (*x->text)
		element(out, "<span class=\"text\">", x->text, "</span>");
	if (x->ids) {
		buf_adds(out, "<span class=\"names\">");
		for (size_t i = 0; i < x->ids; i++)
			element(out, i ? ", " : "", x->id[i], "");
		if (x->records > (int64_t)x->ids)
			buf_printf(out, " and %lld more",
			           (long long)(x->records - (int64_t)x->ids));
		buf_adds(out, "</span>");
	}
	buf_adds(out, "</td>");
}

static void
write_section(struct compare *c, const struct compare_section *s, struct buf *out)
{
	const char *key = NULL;

	buf_printf(out, "<section><h2>%d. ", s->number);
	element(out, "", s->question, "</h2>");
	if (*s->note)
		element(out, "<p class=\"note\">", s->note, "</p>");
	element(out, "<p class=\"method\">", s->method, "</p>");
	if (!s->count) {
		buf_adds(out, "<p class=\"note\">No records.</p></section>\n");
		return;
	}
	buf_adds(out,
	         "<table><colgroup><col class=\"what\"><col><col></colgroup><thead><tr><th></th>");
	element(out, "<th scope=\"col\">", c->name[0], "</th>");
	element(out, "<th scope=\"col\">", c->name[1], "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < s->count; i++) {
		const struct compare_line *l = &s->line[i];

		if (!text_eq(key, l->key)) {
			element(out, "<tr class=\"key\"><td colspan=\"3\">", l->key, "</td></tr>");
			key = l->key;
		}
		element(out, "<tr><td class=\"what\">", l->what, "</td>");
		write_cell(c, &l->cell[0], out);
		write_cell(c, &l->cell[1], out);
		buf_adds(out, "</tr>\n");
		if (*l->remark)
			element(out, "<tr><td class=\"remark\" colspan=\"3\">", l->remark,
			        "</td></tr>\n");
	}
	buf_adds(out, "</tbody></table></section>\n");
}

/* Days of a date, or of the middle of its month. */
static bool
days_of(const char *date, int64_t *ret)
{
	char whole[11];

	(void)snprintf(whole, sizeof(whole), strlen(date) == 7 ? "%.7s-15" : "%.10s", date);
	return clock_parse_date(whole, strlen(whole), ret);
}

/* The first side above the line, the second below; a disc's area is that of persons harmed. */
static void
write_drawing(const struct compare *c, const struct compare_time *t, struct buf *out)
{
	int64_t from = INT64_MAX, to = INT64_MIN, day;
	int first = 0, last = 0, month, mday, step;

	for (size_t i = 0; i < t->accidents; i++) {
		if (!days_of(t->accident[i].date, &day))
			continue;
		from = day < from ? day : from;
		to = day > to ? day : to;
	}
	if (from > to)
		return;
	from -= 20 + (to - from) / 40;
	to += 20 + (to - from) / 40;
	clock_from_days(from, &first, &month, &mday);
	clock_from_days(to, &last, &month, &mday);
	buf_adds(out, "<svg viewBox=\"0 0 660 120\" role=\"img\" aria-label=\"Accidents of both "
	              "registers by date\"><line x1=\"0\" x2=\"660\" y1=\"60\" y2=\"60\" "
	              "stroke=\"#1b1b1b\" stroke-width=\".6\"/>");
	step = 1 + (last - first) / 12;
	for (int y = first + 1; y <= last; y += step) {
		double x = 660.0 * (double)(clock_days(y, 1, 1) - from) / (double)(to - from);

		buf_printf(out,
		           "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"57\" y2=\"63\" stroke=\"#1b1b1b\" "
		           "stroke-width=\".6\"/><text x=\"%.1f\" y=\"70\">%d</text>",
		           x, x, x + 2, y);
	}
	for (size_t i = 0; i < t->accidents; i++) {
		const struct compare_accident *a = &t->accident[i];
		double harmed = fmax(a->killed, 0) + fmax(a->injured, 0);

		if (days_of(a->date, &day))
			buf_printf(out,
			           "<circle cx=\"%.1f\" cy=\"%d\" r=\"%.1f\" fill=\"%s\" "
			           "fill-opacity=\".55\"/>",
			           660.0 * (double)(day - from) / (double)(to - from),
			           a->side ? 90 : 34, fmin(12, 2 + sqrt(harmed)),
			           a->side ? "#00597d" : "#8a3b00");
	}
	element(out, "<text x=\"2\" y=\"10\">", c->name[0], "</text>");
	element(out, "<text x=\"2\" y=\"117\">", c->name[1], "</text></svg>\n");
}

static void
number_cell(struct buf *out, double v)
{
	if (v < 0)
		buf_adds(out, "<td class=\"num\">&ndash;</td>");
	else
		buf_printf(out, "<td class=\"num\">%.0f</td>", v);
}

static void
write_time(const struct compare *c, const struct compare_time *t, struct buf *out)
{
	if (!t || (!t->accidents && !t->years))
		return;
	buf_adds(out, "<section><h2>Accidents of both on one time line</h2>\n");
	write_drawing(c, t, out);
	if (t->accidents) {
		buf_adds(out,
		         "<table><thead><tr><th>Date</th><th>Register</th><th>Place</th>"
		         "<th>Record</th><th>Killed</th><th>Injured</th></tr></thead><tbody>\n");
		for (size_t i = 0; i < t->accidents; i++) {
			const struct compare_accident *a = &t->accident[i];

			element(out, "<tr><td>", a->date, "</td>");
			element(out, "<td>", c->name[a->side], "</td>");
			element(out, "<td>", a->place, "</td>");
			element(out, "<td>", *a->national_id ? a->national_id : a->id, "</td>");
			number_cell(out, a->killed);
			number_cell(out, a->injured);
			buf_adds(out, "</tr>\n");
		}
		buf_adds(out, "</tbody></table>\n");
	}
	buf_adds(out, "<table><thead><tr><th>Persons killed or injured</th>");
	element(out, "<th>", c->name[0], "</th>");
	element(out, "<th>", c->name[1], "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < t->years; i++) {
		element(out, "<tr><td>", t->year[i].year, "</td>");
		number_cell(out, t->year[i].persons[0]);
		number_cell(out, t->year[i].persons[1]);
		buf_adds(out, "</tr>\n");
	}
	buf_adds(out, "</tbody></table></section>\n");
}

static enum err_code
write_foot(struct compare *c, struct buf *out, struct err *e)
{
	enum err_code rc = ERR_OK;

	buf_adds(out, "<footer>");
	for (int k = 0; !rc && k < 2; k++) {
		struct compare_state s;

		rc = compare_state(c, k, &s, e);
		if (rc)
			break;
		element(out, "<p>", c->name[k], "");
		buf_printf(
			out,
			": as it was on %s, %lld submissions, root of the log <code>%s</code></p>",
			s.as_of, (long long)s.size, s.root);
	}
	buf_adds(out,
	         "<p>A claim (in italics) is what somebody said, with who and when; the program "
	         "asserts none of them. Nothing of one side is divided by anything of the "
	         "other. No mark on a map and no number here means that land is safe. Made by "
	         "fallow " FALLOW_VERSION ".</p></footer>");
	return rc;
}

enum err_code
compare_write_html(struct compare *c, const struct compare_time *t, struct buf *out, struct err *e)
{
	enum err_code rc;

	buf_adds(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	              "<meta name=\"viewport\" content=\"width=device-width\">"
	              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	              "style-src 'unsafe-inline'\"><title>");
	markup_add_text(out, c->name[0]);
	element(out, " beside ", c->name[1], "</title><style>");
	buf_adds(out, style);
	buf_adds(out, "</style></head><body>\n<header><h1>");
	markup_add_text(out, c->name[0]);
	element(out, " beside ", c->name[1],
	        "</h1><p class=\"sub\">What is claimed, beside what the "
	        "records yield.</p></header>\n");
	for (int i = 0; i < COMPARE_SECTIONS; i++) {
		write_section(c, &c->section[i], out);
		if (i == 1)
			write_time(c, t, out);
	}
	rc = write_foot(c, out, e);
	buf_adds(out, "</body></html>\n");
	return rc            ? rc
	       : buf_ok(out) ? ERR_OK
	                     : err_set(e, ERR_NOMEM, "out of memory for a comparison");
}
