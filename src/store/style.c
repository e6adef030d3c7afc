#include "store/style.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#include "sql_gen.h"
#include "styles_gen.h"

static const char *
find_file(const char *kind, const char *ending)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s.%s", kind, ending);
	for (const struct style_file *f = style_files; f->name; f++)
		if (text_eq(f->name, name))
			return f->data;
	return NULL;
}

enum err_code
style_put(struct store *st, const char *layer, const char *kind, const char *now, struct err *e)
{
	sqlite3_stmt *q = NULL;
	const char *qml = find_file(kind, "qml"), *sld = find_file(kind, "sld");
	enum err_code rc;

	if (!qml)
		return ERR_OK;
	rc = db_prepare(st, SQL_STORE_STYLE_PUT, &q, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, layer, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 2, qml, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 3, sld, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 4,
	                        "fill pattern, outline and colour tell the classes apart; no mark "
	                        "does not mean safe",
	                        -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 5, now, -1, SQLITE_STATIC);
	rc = db_run(st, q, e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
style_write(struct store *st, int kind, struct err *e)
{
	char now[28];

	clock_format_us(clock_now_us(), now);
	memmove(now + 23, "Z", 2); /* milliseconds, as the table's own default */
	return style_put(st, st->kind[kind].name, st->kind[kind].name, now, e);
}
