/* A small log in memory, out of the entry bundles of a vector folder. Include after cmocka.h. */
#ifndef TESTS_LOG_VLOG_H
#define TESTS_LOG_VLOG_H

#include "log/merkle.h"
#include "log/tile.h"
#include "vectors.h"

#define VLOG_MAX 700

struct vlog {
	uint64_t size;
	uint8_t node[11][VLOG_MAX][32];
	struct buf bundle[4];
	const uint8_t *entry[VLOG_MAX];
	size_t entry_size[VLOG_MAX];
	struct merkle_frontier frontier;
};

static inline enum err_code
vlog_put(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	struct vlog *v = ctx;

	(void)e;
	assert_true(level < 11 && index < VLOG_MAX);
	memcpy(v->node[level][index], hash, 32);
	return ERR_OK;
}

static inline enum err_code
vlog_get(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	struct vlog *v = ctx;

	(void)e;
	assert_true(level < 11 && (index + 1) << level <= v->size);
	memcpy(ret_hash, v->node[level][index], 32);
	return ERR_OK;
}

static inline enum err_code
vlog_entry(void *ctx, uint64_t index, struct buf *b, struct err *e)
{
	struct vlog *v = ctx;

	(void)e;
	assert_true(index < v->size);
	buf_add(b, v->entry[index], v->entry_size[index]);
	return ERR_OK;
}

/* The first size entries of the log in that vector folder. */
static inline void
vlog_load(struct vlog *v, const char *folder, uint64_t size)
{
	struct err e;

	memset(v, 0, sizeof *v);
	merkle_frontier_init(&v->frontier);
	for (uint64_t n = 0; v->size < size; n++) {
		const struct tile t = tile_at(TILE_ENTRIES, n, size);
		char path[TILE_PATH_SIZE];
		char name[200];
		size_t at = 0;

		(void)tile_path(t, path);
		(void)snprintf(name, sizeof name, "%s/%s", folder, path);
		read_vector(name, &v->bundle[n]);
		for (unsigned i = 0; i < t.width; i++) {
			const uint8_t *p = (const uint8_t *)v->bundle[n].data + at;
			uint8_t hash[32];

			assert_true(at + 2 <= v->bundle[n].size);
			v->entry_size[v->size] = (size_t)p[0] << 8 | p[1];
			v->entry[v->size] = p + 2;
			at += 2 + v->entry_size[v->size];
			assert_true(at <= v->bundle[n].size);
			merkle_leaf(p + 2, v->entry_size[v->size], hash);
			v->size++;
			assert_int_equal(
				merkle_frontier_append(&v->frontier, hash, vlog_put, v, &e),
				ERR_OK);
		}
		assert_int_equal(at, v->bundle[n].size);
	}
}

static inline void
vlog_done(struct vlog *v)
{
	for (size_t i = 0; i < 4; i++)
		buf_done(&v->bundle[i]);
}

#endif
