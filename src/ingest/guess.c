#include "ingest/guess.h"

#include <string.h>

#include "base/text.h"

static void
quote(struct buf *b, const char *name)
{
	buf_addc(b, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_addc(b, '"');
		buf_addc(b, *name);
	}
	buf_addc(b, '"');
}

enum err_code
guess_mapping(const struct form *form, const struct source_header *header,
              const struct source_rows *sample, const char *crs, struct buf *sql, struct err *e)
{
	const char *lead = "SELECT\n ";

	(void)sample;
	(void)crs;
	if (header->has_geometry && form_index(form, "geometry") >= 0) {
		buf_printf(sql, "%sgeometry", lead);
		lead = ",\n ";
	}
	for (size_t i = 0; i < header->column_count; i++) {
		const char *name = header->columns[i].name;

		if (form_index(form, name) < 0 || text_starts(name, "import_") ||
		    text_eq(name, "geometry"))
			continue;
		buf_adds(sql, lead);
		quote(sql, name);
		lead = ",\n ";
	}
	if (*lead == 'S')
		buf_adds(sql, "SELECT NULL AS remarks");
	buf_adds(sql, "\nFROM source\n");
	return buf_ok(sql) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a mapping");
}
