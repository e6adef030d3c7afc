#include "store/gpkgfile.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/handle.h"
#include "store/rtree.h"
#include "store/style.h"

#include "sql_gen.h"

struct gpkgfile {
	struct store
		shell; /* only its connection is used, so that the helpers of registers work here */
	const char *name; /* of the layer that is open */
	bool geometry;
	const struct gpkgfile_column *column;
	size_t count;
	sqlite3_stmt *insert;
	struct rtree_load load;
	int64_t fid;
	char now[28];
	bool work; /* a work copy */
	bool finished;
};

/* A script with $T replaced by the layer's name and $N by the time of writing. */
static enum err_code
run_script(struct gpkgfile *g, const char *sql, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	for (const char *p = sql; *p; p++) {
		if (p[0] == '$' && (p[1] == 'T' || p[1] == 'N'))
			buf_adds(&b, *++p == 'T' ? g->name : g->now);
		else
			buf_addc(&b, *p);
	}
	rc = buf_ok(&b) ? db_exec(&g->shell, buf_text(&b), e)
	                : err_set(e, ERR_NOMEM, "out of memory for a table");
	buf_done(&b);
	return rc;
}

static enum err_code
put_metadata(struct gpkgfile *g, const char *metadata, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(&g->shell, SQL_STORE_GPKG_METADATA, &q, e);

	if (!rc) {
		(void)sqlite3_bind_text(q, 1, metadata, -1, SQLITE_STATIC);
		rc = db_run(&g->shell, q, e);
		sqlite3_finalize(q);
	}
	if (!rc)
		rc = db_prepare(&g->shell, SQL_STORE_GPKG_METADATA_REFERENCE, &q, e);
	if (!rc) {
		(void)sqlite3_bind_text(q, 1, g->now, -1, SQLITE_STATIC);
		rc = db_run(&g->shell, q, e);
		sqlite3_finalize(q);
	}
	return rc;
}

enum err_code
gpkgfile_create(const char *path, const char *metadata, struct gpkgfile **ret, struct err *e)
{
	struct gpkgfile *g;
	enum err_code rc;

	if (file_exists(path))
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", path);
	g = mem_calloc(1, sizeof(*g));
	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a GeoPackage");
	arena_init(&g->shell.mem, 1u << 20);
	g->shell.path = arena_strdup(&g->shell.mem, path);
	clock_format_us(clock_now_us() / 1000 * 1000, g->now);
	memmove(g->now + 23, "Z", 2); /* GeoPackage wants milliseconds */
	if (!g->shell.path) {
		rc = err_set(e, ERR_NOMEM, "out of memory for a GeoPackage");
	} else if (sqlite3_open_v2(path, &g->shell.db,
	                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	                                   SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                           NULL) != SQLITE_OK) {
		rc = err_set(e, ERR_IO, "could not make %s: %s", path,
		             g->shell.db ? sqlite3_errmsg(g->shell.db) : "out of memory");
	} else {
		rc = db_add_functions(g->shell.db) == SQLITE_OK
		             ? ERR_OK
		             : db_fail(&g->shell, "set up a GeoPackage", e);
	}
	/* one transaction in a file nobody knows yet: no journal; the sync comes at the end */
	if (!rc)
		rc = db_exec(&g->shell,
		             "PRAGMA page_size=4096; PRAGMA application_id=0x47504B47; PRAGMA "
		             "user_version=10300;"
		             "PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL; PRAGMA "
		             "trusted_schema=OFF; BEGIN",
		             e);
	if (!rc)
		rc = run_script(g, SQL_STORE_GPKG_CORE, e);
	if (!rc)
		rc = put_metadata(g, metadata, e);
	if (rc)
		gpkgfile_free(g);
	else
		*ret = g;
	return rc;
}

enum err_code
gpkgfile_create_work(const char *path, const char *metadata, struct gpkgfile **ret, struct err *e)
{
	struct gpkgfile *g = NULL;
	enum err_code rc = gpkgfile_create(path, metadata, &g, e);

	if (!rc)
		rc = run_script(g, SQL_STORE_WORK_OUTBOX, e);
	if (rc) {
		gpkgfile_free(g);
		return rc;
	}
	g->work = true;
	*ret = g;
	return ERR_OK;
}

static enum err_code
finish_layer(struct gpkgfile *g, struct err *e)
{
	enum err_code rc = ERR_OK;

	sqlite3_finalize(g->insert);
	g->insert = NULL;
	if (g->name && g->geometry) {
		rc = rtree_pack(&g->shell, g->name, &g->load, e);
		if (!rc)
			rc = run_script(g, SQL_STORE_LAYER_TRIGGERS_ON, e);
		if (!rc)
			rc = run_script(g, SQL_STORE_GPKG_EXTENT, e);
	}
	if (!rc && g->name && g->work)
		rc = run_script(g,
		                text_starts(g->name, "fallow_") ? SQL_STORE_WORK_FIXED
		                                                : SQL_STORE_WORK_LAYER,
		                e);
	rtree_load_done(&g->load);
	memset(&g->load, 0, sizeof(g->load));
	g->name = NULL;
	return rc;
}

static const char *
type_name(const struct gpkgfile_column *c)
{
	if (c->type == STORE_INT)
		return "INTEGER";
	if (c->type == STORE_REAL)
		return "REAL";
	return c->date ? "DATE" : "TEXT";
}

static enum err_code
make_table(struct gpkgfile *g, struct err *e)
{
	struct buf b, into;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	buf_init(&into, 1u << 20);
	buf_adds(&b, "CREATE TABLE ");
	db_quote_name(&b, g->name);
	/* in a work copy the number of a row that was deleted is not given again */
	buf_printf(&b, " (fid INTEGER PRIMARY KEY %sNOT NULL", g->work ? "AUTOINCREMENT " : "");
	buf_adds(&into, "INSERT INTO ");
	db_quote_name(&into, g->name);
	buf_adds(&into, " VALUES (?");
	if (g->geometry) {
		buf_adds(&b, ", geometry GEOMETRY");
		buf_adds(&into, ",?");
	}
	for (size_t i = 0; i < g->count; i++) {
		buf_adds(&b, ", ");
		db_quote_name(&b, g->column[i].name);
		buf_printf(&b, " %s", type_name(&g->column[i]));
		buf_adds(&into, ",?");
	}
	buf_addc(&b, ')');
	buf_addc(&into, ')');
	rc = buf_ok(&b) && buf_ok(&into) ? db_exec(&g->shell, buf_text(&b), e)
	                                 : err_set(e, ERR_NOMEM, "out of memory for a table");
	if (!rc)
		rc = db_prepare(&g->shell, buf_text(&into), &g->insert, e);
	buf_done(&b);
	buf_done(&into);
	return rc;
}

enum err_code
gpkgfile_layer(struct gpkgfile *g, const char *name, bool geometry, const char *style,
               const struct gpkgfile_column *column, size_t count, struct err *e)
{
	enum err_code rc = finish_layer(g, e);

	if (rc)
		return rc;
	g->name = name;
	g->geometry = geometry;
	g->column = column;
	g->count = count;
	g->fid = 0;
	rc = make_table(g, e);
	if (!rc)
		rc = run_script(g, geometry ? SQL_STORE_GPKG_FEATURES : SQL_STORE_GPKG_ATTRIBUTES,
		                e);
	if (!rc && style)
		rc = style_put(&g->shell, name, style, g->now, e);
	return rc;
}

enum err_code
gpkgfile_row(struct gpkgfile *g, const struct geom *geometry, const struct store_value *value,
             struct err *e)
{
	struct buf blob;
	int at = 1;
	enum err_code rc = ERR_OK;

	buf_init(&blob, 0);
	(void)sqlite3_bind_int64(g->insert, at++, ++g->fid);
	if (g->geometry) {
		if (geometry && !geom_is_empty(geometry)) {
			geom_to_gpkg(geometry, &blob);
			(void)sqlite3_bind_blob64(g->insert, at, blob.data, blob.size,
			                          SQLITE_STATIC);
			if (!buf_ok(&blob) ||
			    !rtree_load_add(&g->load, g->fid, geom_bounds(geometry)))
				rc = err_set(e, ERR_NOMEM, "out of memory for a geometry");
		}
		at++;
	}
	for (size_t i = 0; i < g->count; i++)
		db_bind_value(g->insert, at++, &value[i]);
	if (!rc)
		rc = db_run(&g->shell, g->insert, e);
	(void)sqlite3_clear_bindings(g->insert);
	buf_done(&blob);
	return rc;
}

enum err_code
gpkgfile_finish(struct gpkgfile *g, struct err *e)
{
	enum err_code rc = finish_layer(g, e);

	if (!rc)
		rc = db_exec(&g->shell, "COMMIT", e);
	if (rc)
		return rc;
	if (sqlite3_close(g->shell.db) != SQLITE_OK)
		return err_set(e, ERR_IO, "could not close %s", g->shell.path);
	g->shell.db = NULL;
	g->finished = true;
	return ERR_OK;
}

void
gpkgfile_free(struct gpkgfile *g)
{
	if (!g)
		return;
	sqlite3_finalize(g->insert);
	sqlite3_close(g->shell.db);
	if (!g->finished && g->shell.path)
		(void)unlink(g->shell.path); /* half a file is none */
	rtree_load_done(&g->load);
	arena_done(&g->shell.mem);
	mem_free(g);
}
