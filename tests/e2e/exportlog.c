/* Make a small log of invented submissions and export it as a tlog-tiles folder.
 * usage: exportlog DIR SIZE; writes DIR/log/ and DIR/log.vkey. Only for tests: the keys are known.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "log/note.h"
#include "log/sigsum.h"
#include "log/tile.h"

/* Every complete subtree, level by level. */
struct made {
	uint64_t size;
	uint8_t (*leaf)[SIGSUM_LEAF_SIZE];
	uint8_t (*node[MERKLE_LEVELS])[MERKLE_HASH_SIZE];
};

static enum err_code
put(void *ctx, unsigned level, uint64_t index, const uint8_t hash[MERKLE_HASH_SIZE], struct err *e)
{
	struct made *m = ctx;

	if (!m->node[level])
		m->node[level] = mem_calloc((size_t)(m->size >> level) + 1, MERKLE_HASH_SIZE);
	if (!m->node[level])
		return err_set(e, ERR_NOMEM, "out of memory");
	memcpy(m->node[level][index], hash, MERKLE_HASH_SIZE);
	return ERR_OK;
}

static enum err_code
get(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_SIZE], struct err *e)
{
	const struct made *m = ctx;

	(void)e;
	memcpy(ret_hash, m->node[level][index], MERKLE_HASH_SIZE);
	return ERR_OK;
}

static enum err_code
entry(void *ctx, uint64_t index, struct buf *b, struct err *e)
{
	const struct made *m = ctx;

	(void)e;
	buf_add(b, m->leaf[index], SIGSUM_LEAF_SIZE);
	return ERR_OK;
}

static enum err_code
export_log(const char *dir, struct made *m, struct err *e)
{
	const struct tile_source src = { m, get, entry };
	struct merkle_frontier frontier;
	struct checkpoint cp = { .size = m->size };
	struct note_key vkey;
	struct sign_key log_key;
	struct sign_key author;
	struct buf b;
	struct buf path;
	uint8_t seed[SIGN_SEED_SIZE];
	uint8_t hash[MERKLE_HASH_SIZE];
	enum err_code rc = ERR_OK;

	memset(seed, 0x11, sizeof seed);
	sign_key_from_seed(seed, &log_key);
	memset(seed, 0x33, sizeof seed);
	sign_key_from_seed(seed, &author);
	merkle_frontier_init(&frontier);
	for (uint64_t i = 0; i < m->size && rc == ERR_OK; i++) {
		char text[64];
		const int n = snprintf(text, sizeof text, "submission %llu", (unsigned long long)i);

		sigsum_leaf_make(&author, text, (size_t)n, m->leaf[i]);
		merkle_leaf(m->leaf[i], SIGSUM_LEAF_SIZE, hash);
		rc = merkle_frontier_append(&frontier, hash, put, m, e);
	}
	if (rc != ERR_OK)
		return rc;
	buf_init(&b, 0);
	buf_init(&path, 0);
	checkpoint_origin(log_key.public_key, cp.origin);
	merkle_frontier_root(&frontier, cp.root);
	checkpoint_sign(&b, &cp, &log_key);
	buf_printf(&path, "%s/log", dir);
	rc = tile_export(&src, m->size, buf_text(&b), b.size, buf_text(&path), e);
	if (rc == ERR_OK)
		rc = note_key_make(cp.origin, NOTE_ED25519, log_key.public_key, &vkey, e);
	if (rc == ERR_OK) {
		buf_reset(&b);
		note_vkey_write(&b, &vkey);
		buf_addc(&b, '\n');
		buf_adds(&path, ".vkey");
		rc = file_write_atomic(buf_text(&path), buf_text(&b), b.size, 0644, e);
	}
	buf_done(&b);
	buf_done(&path);
	return rc;
}

int
main(int argc, char **argv)
{
	struct made m = { 0 };
	struct err e = { 0 };
	int64_t size;
	enum err_code rc;

	if (argc != 3 || !text_parse_i64(argv[2], strlen(argv[2]), &size) || size < 0 ||
	    size > 1000000) {
		(void)fprintf(stderr, "usage: exportlog DIR SIZE\n");
		return 2;
	}
	m.size = (uint64_t)size;
	m.leaf = mem_calloc((size_t)size + 1, SIGSUM_LEAF_SIZE);
	rc = sign_init(&e);
	if (rc == ERR_OK)
		rc = m.leaf ? export_log(argv[1], &m, &e) : err_set(&e, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < MERKLE_LEVELS; i++)
		mem_free(m.node[i]);
	mem_free(m.leaf);
	if (rc != ERR_OK)
		(void)fprintf(stderr, "exportlog: %s\n", e.text);
	return err_exit_status(rc);
}
