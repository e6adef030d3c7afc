/* Tiles of a register for bench/tiles: times, and the hazards as rows for PostgreSQL.
 *   tiles_bench copy REGISTER ROLE             WKB in hex, id, class, status, shown_as, dates ...
 *   tiles_bench time REGISTER ROLE Z X Y ...   "z x y bytes microseconds" a tile, warm
 * ROLE: an access role (docs/ACCESS.md). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "publish/tileindex.h"

static struct err e;

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static enum err_code
copy_row(void *ctx, const struct shown *row, struct err *err)
{
	const char *class = fields_text(&row->fields, "class"),
		   *status = fields_text(&row->fields, "status"),
		   *from = fields_text(&row->fields, "valid_from"),
		   *name = fields_text(&row->fields, "national_id");
	char id[UUID_TEXT];
	struct buf *b = ctx;

	(void)err;
	if (!row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	buf_reset(b);
	geom_to_wkb(row->fields.geom, b);
	uuid_format(row->id, id);
	for (size_t i = 0; i < b->size; i++)
		printf("%02x", (unsigned)(unsigned char)b->data[i]);
	printf("\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\n", (long long)row->fid, id, class ? class : "",
	       status ? status : "", shown_as_name(row->as), from ? from : "", name ? name : "");
	return ERR_OK;
}

static int
copy(struct store *st, enum access_role role)
{
	const struct each_filter f = { .kind = store_kind(st, "hazard"),
		                       .as_of_days = INT64_MAX,
		                       .known_size = INT64_MAX };
	struct buf b;
	enum err_code rc;

	buf_init(&b, 0);
	rc = access_each(st, &f, role, copy_row, &b, &e);
	buf_done(&b);
	return rc != ERR_OK;
}

static int
times(struct store *st, const char *path, enum access_role role, int n, char **arg)
{
	const struct tileset_kind *k = tileset_kind_find("hazard");
	char file[1000];
	struct tileindex *x;
	struct tiler *t = tiler_create();
	struct tile_layer layer[TILER_SETS];
	double begin = now_us();
	size_t sets;

	(void)snprintf(file, sizeof(file), "%s.bench-%d", path, (int)role);
	x = tileindex_create(k, role, role, file);
	if (!t || !x || tileindex_refresh(x, st, &e))
		return 1;
	sets = tileindex_layers(x, layer);
	fprintf(stderr, "ready in %.3f s\n", (now_us() - begin) / 1e6);
	for (int i = 0; i + 2 < n; i += 3) {
		struct tile_place at = { (uint32_t)atoi(arg[i]), (uint32_t)atoi(arg[i + 1]),
			                 (uint32_t)atoi(arg[i + 2]) };
		double best = 1e30;
		struct buf out;

		buf_init(&out, 0);
		for (int round = 0; round < 5; round++) {
			buf_reset(&out);
			begin = now_us();
			tiler_begin(t, at, &out);
			if (tileindex_refresh(x, st, &e) ||
			    tiler_end(t, tiler_add(t, k, layer, sets, &e), &e))
				return 1;
			best = best < now_us() - begin ? best : now_us() - begin;
		}
		printf("%u %u %u %zu %.1f\n", at.z, at.x, at.y, out.size, best);
		buf_done(&out);
	}
	tileindex_free(x);
	tiler_free(t);
	return 0;
}

int
main(int argc, char **argv)
{
	struct store *st = NULL;
	enum access_role role;
	int failed;

	if (argc < 4 || !access_role_parse(argv[3], &role)) {
		fprintf(stderr, "usage: tiles_bench copy|time REGISTER ROLE [Z X Y]...\n");
		return 2;
	}
	if (store_open(argv[2], STORE_READ, &st, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	failed = text_eq(argv[1], "copy") ? copy(st, role)
	                                  : times(st, argv[2], role, argc - 4, argv + 4);
	if (failed)
		fprintf(stderr, "%s\n", e.text);
	store_close(st);
	return failed;
}
