#include <string.h>

#include "base/csv.h"
#include "form/template.h"

#define MAX_CODES 40

static void
write_codes(const struct form_list *l, const char *lead, struct buf *out)
{
	buf_adds(out, lead);
	for (size_t i = 0; i < l->count && i < MAX_CODES; i++)
		buf_printf(out, "%s%s", i ? " " : "", l->choice[i].code);
	if (l->count > MAX_CODES)
		buf_printf(out, " and %zu more", l->count - MAX_CODES);
}

static void
write_geometry(const struct form_field *f, struct buf *out)
{
	static const char *const words[] = { "",           "point",     "line",        "polygon",
		                             "multipoint", "multiline", "multipolygon" };
	const char *between = "GeoJSON or WKT, longitude first, WGS 84: ";

	for (size_t i = 1; i < sizeof words / sizeof *words; i++)
		if (f->geometry_types & 1u << i) {
			buf_printf(out, "%s%s", between, words[i]);
			between = ", ";
		}
}

static void
write_repeat(const struct form_field *f, struct buf *out)
{
	buf_adds(out, "JSON list of objects with: ");
	for (size_t i = 0; i < f->child_count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", f->child[i].name);
}

static void
write_what(const struct form_field *f, struct buf *out)
{
	static const char *const plain[] = {
		[FORM_TEXT] = "text",
		[FORM_INTEGER] = "whole number",
		[FORM_DECIMAL] = "number",
		[FORM_DATE] = "date YYYY-MM-DD",
		[FORM_TIME] = "time HH:MM",
		[FORM_DATETIME] = "date and time, such as 2026-05-04T09:12:44Z",
		[FORM_FILE] = "SHA-256 of a file",
		[FORM_RECORD] = "id of a record",
		[FORM_RECORDS] = "JSON list of ids of records",
	};

	switch (f->type) {
	case FORM_SELECT_ONE:
		write_codes(f->list, "one of: ", out);
		break;
	case FORM_SELECT_MULTIPLE:
		write_codes(f->list, "JSON list of: ", out);
		break;
	case FORM_GEOMETRY:
		write_geometry(f, out);
		break;
	case FORM_REPEAT:
		write_repeat(f, out);
		break;
	default:
		buf_adds(out, plain[f->type]);
		break;
	}
	if (f->link_kind)
		buf_printf(out, " (%s)", f->link_kind);
}

void
form_template_hint(const struct form_field *f, enum form_language lang, struct buf *out)
{
	const char *hint = form_label(f->hint, NULL, lang, NULL);

	buf_adds(out, form_label(f->label, f->reviewer, lang, NULL));
	buf_adds(out, "; ");
	write_what(f, out);
	if (f->unit)
		buf_printf(out, "; in %s", f->unit);
	if (f->required)
		buf_adds(out, "; required");
	if (*hint)
		buf_printf(out, "; %s", hint);
}

void
form_template_csv(const struct form *f, enum form_language lang, struct buf *out)
{
	struct buf cell;

	for (size_t i = 0; i < f->field_count; i++) {
		if (i)
			buf_addc(out, ',');
		csv_write(out, f->field[i].name, strlen(f->field[i].name), ',');
	}
	buf_adds(out, "\r\n");
	buf_init(&cell, 0);
	for (size_t i = 0; i < f->field_count; i++) {
		buf_reset(&cell);
		buf_adds(&cell, i ? "" : "# ");
		form_template_hint(&f->field[i], lang, &cell);
		if (!buf_ok(&cell))
			out->failed = true;
		if (i)
			buf_addc(out, ',');
		csv_write(out, buf_text(&cell), cell.size, ',');
	}
	buf_adds(out, "\r\n");
	buf_done(&cell);
}
