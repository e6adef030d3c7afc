/* Notes, checkpoints, verifier keys, tile paths: no input may crash; what is read and written again
 * is the same text, so that every value has one spelling. */
#include <stdlib.h>
#include <string.h>

#include "log/note.h"
#include "log/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct buf *b, const char *s, size_t n)
{
	if (!buf_ok(b) || b->size != n || memcmp(b->data, s, n) != 0)
		abort();
}

static void
try_checkpoint(const char *s, size_t n)
{
	struct checkpoint cp;
	struct buf b;

	if (checkpoint_parse(s, n, &cp, NULL) != ERR_OK)
		return;
	buf_init(&b, 0);
	checkpoint_write(&b, &cp);
	same(&b, s, n);
	buf_done(&b);
}

static void
try_vkey(const char *s, size_t n)
{
	struct note_key k;
	struct buf b;

	if (note_vkey_parse(s, n, &k, NULL) != ERR_OK)
		return;
	buf_init(&b, 0);
	note_vkey_write(&b, &k);
	same(&b, s, n);
	buf_done(&b);
}

static void
try_path(const char *s, size_t n)
{
	struct tile t;
	char path[TILE_PATH_SIZE];

	if (!tile_path_parse(s, n, &t))
		return;
	if (tile_path(t, path) != n || memcmp(path, s, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct note_key known = { .name = "example.com/foo",
		                               .id = { 0x53, 0x0d, 0x90, 0x3a },
		                               .type = NOTE_ED25519 };
	static const struct note_key witness = { .name = "witness.example/w1",
		                                 .id = { 0xe0, 0xcd, 0x28, 0x64 },
		                                 .type = NOTE_COSIGNATURE };
	const char *s = (const char *)data;
	struct note note;

	try_checkpoint(s, size);
	try_vkey(s, size);
	try_path(s, size);
	if (note_parse(s, size, &note, NULL) != ERR_OK)
		return 0;
	if (note.text_size >= size || note.signature_count == 0)
		abort();
	/* keys of zeros: nothing can be good */
	if (note_verify_key(&note, &known, NULL, NULL) == ERR_OK ||
	    note_verify_key(&note, &witness, NULL, NULL) == ERR_OK)
		abort();
	try_checkpoint(note.text, note.text_size);
	return 0;
}
