/* Exports as GeoPackage: one layer a table, drawn as in the register. */
#include "base/mem.h"
#include "publish/writer.h"
#include "store/gpkgfile.h"

struct gpkg_writer {
	struct writer w;
	struct gpkgfile *file;
	struct arena mem;
};

static enum err_code
gpkg_sheet(struct writer *w, const struct sheet *s, struct err *e)
{
	struct gpkg_writer *g = (struct gpkg_writer *)w;
	struct gpkgfile_column *c = arena_calloc(&g->mem, s->count + 1, sizeof(*c));

	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory for a layer");
	for (size_t i = 0; i < s->count; i++)
		c[i] = (struct gpkgfile_column){ s->column[i].name, s->column[i].type,
			                         s->column[i].date };
	w->sheet = s;
	return gpkgfile_layer(g->file, s->name, s->geometry, s->style, c, s->count, e);
}

static enum err_code
gpkg_row(struct writer *w, const struct store_value *value, const struct geom *geom,
         const double at[2], struct err *e)
{
	(void)at;
	return gpkgfile_row(((struct gpkg_writer *)w)->file, geom, value, e);
}

static enum err_code
gpkg_finish(struct writer *w, struct err *e)
{
	return gpkgfile_finish(((struct gpkg_writer *)w)->file, e);
}

static void
gpkg_free(struct writer *w)
{
	struct gpkg_writer *g = (struct gpkg_writer *)w;

	gpkgfile_free(g->file);
	arena_done(&g->mem);
	mem_free(g);
}

enum err_code
writer_gpkg(const char *path, const struct about *a, struct writer **ret, struct err *e)
{
	static const struct writer_calls calls = { gpkg_sheet, gpkg_row, gpkg_finish, gpkg_free };
	struct gpkg_writer *g = mem_calloc(1, sizeof(*g));
	struct buf text;
	enum err_code rc;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for an export");
	g->w = (struct writer){ .calls = &calls, .about = a };
	arena_init(&g->mem, 16u << 20);
	buf_init(&text, 1u << 20);
	about_text(a, &text);
	rc = gpkgfile_create(path, buf_text(&text), &g->file, e);
	buf_done(&text);
	if (rc) {
		gpkg_free(&g->w);
		return rc;
	}
	*ret = &g->w;
	return ERR_OK;
}
