#include "log/tile.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "log/lines.h"

#define FILE_MAX ((size_t)TILE_WIDTH * (2 + TILE_ENTRY_MAX))
#define NUMBER_MAX (MERKLE_SIZE_MAX / TILE_WIDTH)

size_t
tile_path(struct tile t, char out[TILE_PATH_SIZE])
{
	char groups[32];
	char *p = groups + sizeof groups;
	uint64_t n = t.n;
	bool last = true;
	int len;

	*--p = '\0';
	do {
		const unsigned group = (unsigned)(n % 1000);

		if (!last)
			*--p = '/';
		*--p = (char)('0' + group % 10);
		*--p = (char)('0' + group / 10 % 10);
		*--p = (char)('0' + group / 100);
		if (!last)
			*--p = 'x';
		n /= 1000;
		last = false;
	} while (n > 0);
	if (t.level == TILE_ENTRIES)
		len = snprintf(out, TILE_PATH_SIZE, "tile/entries/%s", p);
	else
		len = snprintf(out, TILE_PATH_SIZE, "tile/%d/%s", t.level, p);
	if (t.width < TILE_WIDTH)
		len += snprintf(out + len, TILE_PATH_SIZE - (size_t)len, ".p/%u", t.width);
	return (size_t)len;
}

static bool
three_digits(const char *s, uint64_t *n)
{
	for (size_t i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*n = *n * 10 + (unsigned)(s[i] - '0');
	}
	return true;
}

bool
tile_path_parse(const char *s, size_t n, struct tile *ret)
{
	struct tile t = { .width = TILE_WIDTH };
	char again[TILE_PATH_SIZE];
	const char *const whole = s;
	const size_t whole_n = n;

	if (n >= TILE_PATH_SIZE || !lines_skip(&s, &n, "tile/"))
		return false;
	if (lines_skip(&s, &n, "entries/")) {
		t.level = TILE_ENTRIES;
	} else if (n > 2 && s[0] >= '0' && s[0] <= '0' + TILE_LEVEL_MAX && s[1] == '/') {
		t.level = s[0] - '0';
		s += 2;
		n -= 2;
	} else {
		return false;
	}
	while (n >= 5 && s[0] == 'x' && s[4] == '/') {
		if (t.n > NUMBER_MAX || !three_digits(s + 1, &t.n))
			return false;
		s += 5;
		n -= 5;
	}
	if (n < 3 || t.n > NUMBER_MAX || !three_digits(s, &t.n) || t.n > NUMBER_MAX)
		return false;
	s += 3;
	n -= 3;
	if (n > 0) {
		uint64_t width;

		if (!lines_skip(&s, &n, ".p/") || !lines_decimal(s, n, TILE_WIDTH - 1, &width) ||
		    width == 0)
			return false;
		t.width = (unsigned)width;
	}
	/* "x000/" in front would be a second name of the same tile. */
	if (tile_path(t, again) != whole_n || memcmp(again, whole, whole_n) != 0)
		return false;
	*ret = t;
	return true;
}

static unsigned
level_shift(int level)
{
	return level == TILE_ENTRIES ? 0 : 8 * (unsigned)level;
}

unsigned
tile_partial_width(int level, uint64_t size)
{
	return (unsigned)(size >> level_shift(level)) % TILE_WIDTH;
}

uint64_t
tile_full_count(int level, uint64_t size)
{
	return (size >> level_shift(level)) / TILE_WIDTH;
}

struct tile
tile_at(int level, uint64_t n, uint64_t size)
{
	const uint64_t full = tile_full_count(level, size);
	struct tile t = { .level = level, .n = n };

	if (n < full)
		t.width = TILE_WIDTH;
	else if (n == full)
		t.width = tile_partial_width(level, size);
	return t;
}

static enum err_code
add_entry(const struct tile_source *src, uint64_t index, struct buf *b, struct err *e)
{
	const size_t at = b->size;
	size_t n;
	enum err_code rc;

	buf_add(b, "\0\0", 2);
	rc = src->entry(src->ctx, index, b, e);
	if (rc != ERR_OK)
		return rc;
	if (!buf_ok(b))
		return err_set(e, ERR_NOMEM, "out of memory for entries");
	n = b->size - at - 2;
	if (n > TILE_ENTRY_MAX)
		return err_set(e, ERR_LIMIT, "entry %llu is longer than %d bytes",
		               (unsigned long long)index, TILE_ENTRY_MAX);
	b->data[at] = (char)(uint8_t)(n >> 8);
	b->data[at + 1] = (char)(uint8_t)n;
	return ERR_OK;
}

enum err_code
tile_content(const struct tile_source *src, struct tile t, struct buf *b, struct err *e)
{
	for (unsigned i = 0; i < t.width; i++) {
		const uint64_t index = t.n * TILE_WIDTH + i;
		uint8_t hash[MERKLE_HASH_SIZE];
		enum err_code rc;

		if (t.level == TILE_ENTRIES) {
			rc = add_entry(src, index, b, e);
		} else {
			rc = src->hash(src->ctx, level_shift(t.level), index, hash, e);
			if (rc == ERR_OK)
				buf_add(b, hash, sizeof hash);
		}
		if (rc != ERR_OK)
			return rc;
	}
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a tile");
}

/* What one export works with. */
struct export
{
	const struct tile_source *src;
	const char *dir;
	struct buf content;
	struct buf there; /* what the file held before */
	struct buf path;
};

/* The file's folder, for file_mkdirs. */
static enum err_code
make_folder(struct export *x, struct err *e)
{
	char *slash = strrchr(x->path.data, '/');
	enum err_code rc;

	*slash = '\0';
	rc = file_mkdirs(x->path.data, 0755, e);
	*slash = '/';
	return rc;
}

static enum err_code
export_tile(struct export *x, struct tile t, struct err *e)
{
	char name[TILE_PATH_SIZE];
	enum err_code rc;

	(void)tile_path(t, name);
	buf_reset(&x->path);
	buf_printf(&x->path, "%s/%s", x->dir, name);
	buf_reset(&x->content);
	rc = tile_content(x->src, t, &x->content, e);
	if (rc != ERR_OK)
		return rc;
	if (!buf_ok(&x->path))
		return err_set(e, ERR_LIMIT, "the path of the folder is too long");
	(void)buf_text(&x->path);
	buf_reset(&x->there);
	rc = file_read(x->path.data, FILE_MAX, &x->there, e);
	if (rc == ERR_OK) {
		if (x->there.size == x->content.size &&
		    memcmp(x->there.data, x->content.data, x->content.size) == 0)
			return ERR_OK;
		return err_set(e, ERR_CONFLICT, "%s is there with other content: another log",
		               x->path.data);
	}
	if (rc != ERR_NOTFOUND)
		return rc;
	rc = make_folder(x, e);
	if (rc != ERR_OK)
		return rc;
	return file_write_atomic(x->path.data, x->content.data, x->content.size, 0644, e);
}

static enum err_code
export_level(struct export *x, int level, uint64_t size, struct err *e)
{
	const uint64_t full = tile_full_count(level, size);

	for (uint64_t n = 0; n <= full; n++) {
		const struct tile t = tile_at(level, n, size);
		enum err_code rc = t.width > 0 ? export_tile(x, t, e) : ERR_OK;

		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}

enum err_code
tile_export(const struct tile_source *src, uint64_t size, const char *checkpoint,
            size_t checkpoint_size, const char *dir, struct err *e)
{
	struct export x = { .src = src, .dir = dir };
	enum err_code rc = ERR_OK;

	buf_init(&x.content, FILE_MAX + TILE_ENTRY_MAX);
	buf_init(&x.there, FILE_MAX + 1);
	buf_init(&x.path, 8192);
	for (int level = TILE_ENTRIES; level <= TILE_LEVEL_MAX && rc == ERR_OK; level++)
		rc = export_level(&x, level, size, e);
	if (rc != ERR_OK)
		goto out;
	buf_reset(&x.path);
	buf_printf(&x.path, "%s/checkpoint", dir);
	if (!buf_ok(&x.path)) {
		rc = err_set(e, ERR_LIMIT, "the path of the folder is too long");
		goto out;
	}
	(void)buf_text(&x.path);
	rc = make_folder(&x, e);
	if (rc == ERR_OK)
		rc = file_write_atomic(x.path.data, checkpoint, checkpoint_size, 0644, e);
out:
	buf_done(&x.content);
	buf_done(&x.there);
	buf_done(&x.path);
	return rc;
}
