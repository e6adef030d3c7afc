#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "reader/schema.h"

#define FILE_HEADER 100u
#define MAX_PAGE 65536u
#define MAX_DEPTH 20
#define LEAF 13
#define INTERIOR 5

struct walk {
	struct schema *s;
	const struct file *f;
	uint32_t page_size;
	uint32_t usable;    /* of a page */
	int64_t pages_left; /* a page is visited once in a sound file */
	struct err *e;
};

static uint32_t
be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

/* A varint at p; bytes used, 0 past the end. */
static size_t
varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 9 && p + i < end; i++) {
		if (i == 8) {
			*ret = v << 8 | p[i];
			return 9;
		}
		v = v << 7 | (p[i] & 0x7f);
		if (!(p[i] & 0x80)) {
			*ret = v;
			return i + 1;
		}
	}
	return 0;
}

static enum err_code
damaged(struct walk *w)
{
	return err_set(w->e, ERR_INVALID, "the database's schema is damaged");
}

/* Size of a column's content by its serial type. */
static uint64_t
serial_size(uint64_t type)
{
	static const uint8_t sizes[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0 };

	return type < 12 ? sizes[type] : (type - 12) / 2;
}

static bool
read_text(const uint8_t **p, const uint8_t *end, uint64_t type, struct arena *mem, const char **ret)
{
	uint64_t n = serial_size(type);

	if (type == 0) {
		*ret = "";
		return true;
	}
	if (type < 13 || type % 2 == 0 || n > (uint64_t)(end - *p))
		return false;
	*ret = arena_strndup(mem, (const char *)*p, (size_t)n);
	*p += n;
	return *ret != NULL;
}

/* type, name, tbl_name, rootpage: they come first and lie on the page, however long the SQL behind
 * is. */
static bool
read_record(struct walk *w, const uint8_t *p, const uint8_t *end, struct schema_entry *ret)
{
	const uint8_t *content;
	uint64_t header;
	uint64_t types[4];
	const char *table;
	size_t used = varint(p, end, &header);

	if (!used || header > (uint64_t)(end - p))
		return false;
	content = p + header;
	p += used;
	for (int i = 0; i < 4; i++) {
		used = varint(p, content, &types[i]);
		if (!used)
			return false;
		p += used;
	}
	if (!read_text(&content, end, types[0], &w->s->mem, &ret->type) ||
	    !read_text(&content, end, types[1], &w->s->mem, &ret->name) ||
	    !read_text(&content, end, types[2], &w->s->mem, &table))
		return false;
	ret->root = types[3] == 9;
	if (types[3] > 9 || serial_size(types[3]) > (uint64_t)(end - content))
		return false;
	for (uint64_t i = 0; i < serial_size(types[3]); i++)
		ret->root = (int64_t)((uint64_t)ret->root << 8 | content[i]);
	return true;
}

static enum err_code
add_entry(struct walk *w, const uint8_t *p, const uint8_t *end)
{
	struct schema *s = w->s;
	struct schema_entry entry;
	uint64_t payload;
	uint64_t rowid;
	size_t a = varint(p, end, &payload);
	size_t b = a ? varint(p + a, end, &rowid) : 0;

	if (!b)
		return damaged(w);
	p += a + b;
	if (payload < (uint64_t)(end - p))
		end = p + payload;
	if (!read_record(w, p, end, &entry))
		return damaged(w);
	if (s->count == SCHEMA_MAX_ENTRIES)
		return err_set(w->e, ERR_LIMIT,
		               "the database has more than %u tables, views, indexes and triggers",
		               SCHEMA_MAX_ENTRIES);
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct schema_entry *at = mem_realloc_array(s->at, room, sizeof *at);

		if (!at)
			return err_set(w->e, ERR_NOMEM, "out of memory for the database's schema");
		s->at = at;
		s->room = room;
	}
	s->at[s->count++] = entry;
	return ERR_OK;
}

static enum err_code
walk_page(struct walk *w, uint32_t number, int depth)
{
	uint8_t *page;
	uint32_t head = number == 1 ? FILE_HEADER : 0;
	uint32_t count;
	uint8_t type;
	enum err_code rc = ERR_OK;

	if (number < 1 || depth > MAX_DEPTH || --w->pages_left < 0)
		return damaged(w);
	page = mem_alloc(w->page_size);
	if (!page)
		return err_set(w->e, ERR_NOMEM, "out of memory for a page");
	if (file_pread(w->f, page, w->page_size, (int64_t)(number - 1) * w->page_size) !=
	    (int64_t)w->page_size) {
		mem_free(page);
		return damaged(w);
	}
	type = page[head];
	count = be16(page + head + 3);
	if ((type != LEAF && type != INTERIOR) || head + 12 + 2 * count > w->usable)
		rc = damaged(w);
	for (uint32_t i = 0; rc == ERR_OK && i < count; i++) {
		uint32_t at = be16(page + head + (type == LEAF ? 8 : 12) + 2 * (size_t)i);

		if (at + 4 > w->usable)
			rc = damaged(w);
		else if (type == LEAF)
			rc = add_entry(w, page + at, page + w->usable);
		else
			rc = walk_page(w, be32(page + at), depth + 1);
	}
	if (rc == ERR_OK && type == INTERIOR)
		rc = walk_page(w, be32(page + head + 8), depth + 1);
	mem_free(page);
	return rc;
}

enum err_code
schema_read(struct schema *s, const struct file *f, struct err *e)
{
	uint8_t head[FILE_HEADER];
	struct walk w = { .s = s, .f = f, .e = e };

	*s = (struct schema){ 0 };
	arena_init(&s->mem, 32 << 20);
	if (file_pread(f, head, sizeof head, 0) != sizeof head)
		return damaged(&w);
	w.page_size = be16(head + 16) == 1 ? MAX_PAGE : be16(head + 16);
	if (w.page_size < 512 || (w.page_size & (w.page_size - 1)) || head[20] > w.page_size - 480)
		return damaged(&w);
	if (be32(head + 56) > 1)
		return err_set(e, ERR_UNSUPPORTED,
		               "the database holds its texts in UTF-16, which is not read");
	w.usable = w.page_size - head[20];
	w.pages_left = f->size / w.page_size + 1;
	return walk_page(&w, 1, 0);
}

void
schema_done(struct schema *s)
{
	mem_free(s->at);
	arena_done(&s->mem);
	*s = (struct schema){ 0 };
}

bool
schema_is_table(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->at[i].root > 0 && text_eq(s->at[i].type, "table") &&
		    text_eq_nocase(s->at[i].name, name))
			return true;
	}
	return false;
}

enum err_code
schema_check_gpkg(const struct schema *s, struct err *e)
{
	char quoted[100];

	for (size_t i = 0; i < s->count; i++) {
		const struct schema_entry *at = &s->at[i];
		bool view =
			text_eq(at->type, "view") || (text_eq(at->type, "table") && at->root == 0);

		if (view && (strncasecmp(at->name, "gpkg_", 5) == 0 ||
		             strncasecmp(at->name, "sqlite_", 7) == 0))
			return err_set(
				e, ERR_DENIED,
				"the GeoPackage's own table %s is a view: the file is hostile",
				err_quote(at->name, quoted, sizeof quoted));
	}
	if (!schema_is_table(s, "gpkg_contents"))
		return err_set(e, ERR_INVALID, "the GeoPackage has no table gpkg_contents");
	return ERR_OK;
}
