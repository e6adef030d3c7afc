#include "store/rtree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/measure.h"

#include "sql_gen.h"

enum {
	CELL_BYTES = 24,
	MAX_CELLS = 51,
	FILL_CELLS = 48,
	NODE_BYTES = 4 + CELL_BYTES * MAX_CELLS
};

void
rtree_load_done(struct rtree_load *l)
{
	mem_free(l->entry);
	mem_free(l->again);
	*l = (struct rtree_load){ 0 };
}

bool
rtree_load_add(struct rtree_load *l, int64_t id, struct geom_box box)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 1024;
		struct rtree_entry *p = mem_realloc_array(l->entry, room, sizeof(*p));

		if (!p)
			return false;
		l->entry = p;
		l->room = room;
	}
	l->entry[l->count++] =
		(struct rtree_entry){ .id = id, .box = box, .hilbert = measure_hilbert(box) };
	return true;
}

bool
rtree_load_again(struct rtree_load *l, int64_t id)
{
	if (l->agains == l->again_room) {
		size_t room = l->again_room ? l->again_room * 2 : 1024;
		int64_t *p = mem_realloc_array(l->again, room, sizeof(*p));

		if (!p)
			return false;
		l->again = p;
		l->again_room = room;
	}
	l->again[l->agains++] = id;
	return true;
}

static int
by_hilbert(const void *a, const void *b)
{
	const struct rtree_entry *x = a, *y = b;

	if (x->hilbert != y->hilbert)
		return x->hilbert < y->hilbert ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* The tree holds 32-bit floats: a box may only grow. */
static float
float_down(double d)
{
	float f = (float)d;

	return (double)f > d ? nextafterf(f, -INFINITY) : f;
}

static float
float_up(double d)
{
	float f = (float)d;

	return (double)f < d ? nextafterf(f, INFINITY) : f;
}

static void
put_be(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static void
put_float(uint8_t *p, float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	put_be(p, u, 4);
}

static void
put_cell(uint8_t *p, int64_t id, struct geom_box b)
{
	put_be(p, (uint64_t)id, 8);
	put_float(p + 8, float_down(b.min_lon_deg));
	put_float(p + 12, float_up(b.max_lon_deg));
	put_float(p + 16, float_down(b.min_lat_deg));
	put_float(p + 20, float_up(b.max_lat_deg));
}

struct packer {
	struct store *st;
	sqlite3_stmt *node, *rowid, *parent;
	int64_t next_node; /* 1 is the root's */
};

/* One level: entries -> nodes; entries are replaced by one per node. depth > 0 is written to a root
 * only. */
static enum err_code
pack_level(struct packer *k, struct rtree_entry *entry, size_t *count, int level, bool is_root,
           struct err *e)
{
	size_t nodes = 0, n = *count;
	uint8_t data[NODE_BYTES];
	enum err_code rc = ERR_OK;

	for (size_t at = 0; !rc && (at < n || (is_root && nodes == 0));) {
		size_t take = n - at < FILL_CELLS ? n - at : FILL_CELLS;
		int64_t no = is_root ? 1 : k->next_node++;
		struct geom_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };

		memset(data, 0, sizeof(data));
		put_be(data, is_root ? (uint64_t)level : 0, 2);
		put_be(data + 2, take, 2);
		for (size_t i = 0; !rc && i < take; i++) {
			const struct rtree_entry *c = &entry[at + i];
			sqlite3_stmt *q = level == 0 ? k->rowid : k->parent;

			put_cell(data + 4 + i * CELL_BYTES, c->id, c->box);
			geom_box_grow(&box, c->box);
			if (sqlite3_bind_int64(q, 1, c->id) == SQLITE_OK &&
			    sqlite3_bind_int64(q, 2, no) == SQLITE_OK)
				rc = db_run(k->st, q, e);
			else
				rc = db_fail(k->st, "write the spatial index", e);
		}
		if (!rc &&
		    (sqlite3_bind_int64(k->node, 1, no) != SQLITE_OK ||
		     sqlite3_bind_blob(k->node, 2, data, sizeof(data), SQLITE_STATIC) != SQLITE_OK))
			rc = db_fail(k->st, "write the spatial index", e);
		if (!rc)
			rc = db_run(k->st, k->node, e);
		at += take;
		if (n > 0) /* an empty tree has an empty root and nothing above it */
			entry[nodes] = (struct rtree_entry){ .id = no, .box = box };
		nodes++;
	}
	*count = nodes;
	return rc;
}

static enum err_code
load_existing(struct store *st, const char *layer, struct rtree_load *l, struct err *e)
{
	struct buf sql;
	sqlite3_stmt *q = NULL;
	enum err_code rc;
	int s = SQLITE_DONE;

	buf_init(&sql, 4096);
	buf_printf(&sql, "SELECT id, minx, miny, maxx, maxy FROM \"rtree_%s_geometry\"", layer);
	rc = db_prepare(st, buf_text(&sql), &q, e);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct geom_box b = { sqlite3_column_double(q, 1), sqlite3_column_double(q, 2),
			              sqlite3_column_double(q, 3), sqlite3_column_double(q, 4) };

		if (!rtree_load_add(l, sqlite3_column_int64(q, 0), b))
			rc = err_set(e, ERR_NOMEM, "out of memory for the spatial index");
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the spatial index", e);
	sqlite3_finalize(q);
	buf_done(&sql);
	return rc;
}

static int
by_id(const void *a, const void *b)
{
	const struct rtree_entry *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* An id that is there twice keeps the box of the smallest position given in `fresh`: new entries
 * come first. */
static void
drop_twins(struct rtree_load *l)
{
	size_t w = 0;

	for (size_t i = 0; i < l->count; i++)
		if (w == 0 || l->entry[w - 1].id != l->entry[i].id)
			l->entry[w++] = l->entry[i];
		else if (l->entry[i].hilbert == 0)
			l->entry[w - 1] = l->entry[i];
	l->count = w;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static enum err_code
add_as_it_lies(struct rtree_load *l, sqlite3_stmt *q, int64_t id, struct err *e)
{
	struct geom_box box;
	bool empty = false;

	if (sqlite3_column_type(q, 0) != SQLITE_BLOB)
		return ERR_OK;
	if (!db_blob_box(sqlite3_column_blob(q, 0), sqlite3_column_bytes(q, 0), &box, &empty))
		return err_set(e, ERR_VERIFY, "the outline of row %lld is damaged", (long long)id);
	return empty || rtree_load_add(l, id, box)
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for the spatial index");
}

/* What was said of rows written over goes; where they lie now is read from the layer. */
static enum err_code
load_again(struct store *st, const char *layer, struct rtree_load *l, struct err *e)
{
	struct buf sql;
	sqlite3_stmt *q = NULL;
	size_t kept = 0;
	enum err_code rc;

	if (l->agains == 0)
		return ERR_OK;
	qsort(l->again, l->agains, sizeof(*l->again), by_number);
	for (size_t i = 0; i < l->count; i++)
		if (!bsearch(&l->entry[i].id, l->again, l->agains, sizeof(*l->again), by_number))
			l->entry[kept++] = l->entry[i];
	l->count = kept;
	buf_init(&sql, 4096);
	buf_adds(&sql, "SELECT geometry FROM ");
	db_quote_name(&sql, layer);
	buf_adds(&sql, " WHERE fid = ?1");
	rc = db_prepare(st, buf_text(&sql), &q, e);
	for (size_t i = 0; !rc && i < l->agains; i++) {
		int s;

		if (i > 0 && l->again[i] == l->again[i - 1])
			continue;
		(void)sqlite3_bind_int64(q, 1, l->again[i]);
		s = sqlite3_step(q);
		if (s == SQLITE_ROW)
			rc = add_as_it_lies(l, q, l->again[i], e);
		else if (s != SQLITE_DONE)
			rc = db_fail(st, "read a layer", e);
		(void)sqlite3_reset(q); /* its code was told when it was stepped */
	}
	sqlite3_finalize(q);
	buf_done(&sql);
	return rc;
}

static enum err_code
prepare_packer(struct packer *k, const char *layer, struct err *e)
{
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_printf(
		&sql,
		"DELETE FROM \"rtree_%s_geometry_node\"; DELETE FROM \"rtree_%s_geometry_rowid\";"
		"DELETE FROM \"rtree_%s_geometry_parent\";",
		layer, layer, layer);
	rc = db_exec(k->st, buf_text(&sql), e);
	buf_reset(&sql);
	buf_printf(&sql, "INSERT INTO \"rtree_%s_geometry_node\" (nodeno, data) VALUES (?1, ?2)",
	           layer);
	if (!rc)
		rc = db_prepare(k->st, buf_text(&sql), &k->node, e);
	buf_reset(&sql);
	buf_printf(&sql, "INSERT INTO \"rtree_%s_geometry_rowid\" (rowid, nodeno) VALUES (?1, ?2)",
	           layer);
	if (!rc)
		rc = db_prepare(k->st, buf_text(&sql), &k->rowid, e);
	buf_reset(&sql);
	buf_printf(&sql,
	           "INSERT INTO \"rtree_%s_geometry_parent\" (nodeno, parentnode) VALUES (?1, ?2)",
	           layer);
	if (!rc)
		rc = db_prepare(k->st, buf_text(&sql), &k->parent, e);
	buf_done(&sql);
	return rc;
}

enum err_code
rtree_pack(struct store *st, const char *layer, struct rtree_load *l, struct err *e)
{
	struct packer k = { .st = st, .next_node = 2 };
	size_t fresh = l->count, count;
	int defensive = 0, level = 0;
	enum err_code rc = load_existing(st, layer, l, e);

	if (rc)
		return rc;
	/* hilbert 0 marks the new ones while twins are told apart */
	for (size_t i = 0; i < l->count; i++)
		l->entry[i].hilbert = i < fresh ? 0 : 1;
	if (fresh < l->count) {
		qsort(l->entry, l->count, sizeof(*l->entry), by_id);
		drop_twins(l);
	}
	rc = load_again(st, layer, l, e);
	if (rc)
		return rc;
	for (size_t i = 0; i < l->count; i++)
		l->entry[i].hilbert = measure_hilbert(l->entry[i].box);
	if (l->count > 1) /* an empty list has no array */
		qsort(l->entry, l->count, sizeof(*l->entry), by_hilbert);

	/* the shadow tables are closed to everybody else */
	(void)sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 0, &defensive);
	rc = prepare_packer(&k, layer, e);
	for (count = l->count; !rc; level++) {
		bool is_root = count <= FILL_CELLS;

		rc = pack_level(&k, l->entry, &count, level, is_root, e);
		if (is_root)
			break;
	}
	sqlite3_finalize(k.node);
	sqlite3_finalize(k.rowid);
	sqlite3_finalize(k.parent);
	if (sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &defensive) != SQLITE_OK && !rc)
		rc = db_fail(st, "close the spatial index's tables again", e);
	return rc;
}

enum err_code
rtree_clear(struct store *st, const char *layer, struct err *e)
{
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_printf(&sql, "DELETE FROM \"rtree_%s_geometry\"", layer);
	rc = db_exec(st, buf_text(&sql), e);
	buf_done(&sql);
	return rc;
}

static float
get_float(const uint8_t *p)
{
	uint32_t u = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	float f;

	memcpy(&f, &u, sizeof(f));
	return f;
}

static enum err_code
prepare_root(struct store *st, struct store_kind *k, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 4096);
	for (const char *p = SQL_STORE_RTREE_ROOT; *p; p++) {
		bool name = p[0] == '$' && p[1] == 'T';

		buf_add(&b, name ? k->name : p, name ? strlen(k->name) : 1);
		p += name;
	}
	rc = db_prepare(st, buf_text(&b), &k->root, e);
	buf_done(&b);
	return rc;
}

enum err_code
rtree_extent(struct store *st, int kind, struct geom_box *ret, bool *ret_any, struct err *e)
{
	struct store_kind *k = &st->kind[kind];
	struct geom_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	enum err_code rc = k->root ? ERR_OK : prepare_root(st, k, e);
	const uint8_t *p;
	size_t size, cells = 0;
	int s;

	if (rc)
		return rc;
	s = sqlite3_step(k->root);
	p = s == SQLITE_ROW ? sqlite3_column_blob(k->root, 0) : NULL;
	size = p ? (size_t)sqlite3_column_bytes(k->root, 0) : 0;
	if (size >= 4)
		cells = (size_t)p[2] << 8 | p[3];
	if (s == SQLITE_ROW && size < 4 + cells * CELL_BYTES)
		rc = err_set(e, ERR_VERIFY, "the spatial index of %s is damaged", k->name);
	else if (s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(st, "read a spatial index", e);
	for (size_t i = 0; !rc && i < cells; i++) {
		const uint8_t *c = p + 4 + i * CELL_BYTES + 8; /* behind the number */

		geom_box_grow(&box, (struct geom_box){ get_float(c), get_float(c + 8),
		                                       get_float(c + 4), get_float(c + 12) });
	}
	(void)sqlite3_reset(k->root); /* its code was told above */
	if (!rc) {
		*ret = box;
		*ret_any = cells > 0;
	}
	return rc;
}
