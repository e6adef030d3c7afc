#define _DEFAULT_SOURCE /* madvise */
#include "publish/tilefile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define PATH_ROOM 1100

static const char magic[16] = "fallow-tiles 4\n";

/* At the beginning of the file; the same machine reads it that wrote it. */
struct head {
	char magic[16], uuid[40], kind[64], version[32];
	uint64_t view;
	int64_t known_size;
	uint8_t root[32]; /* of the log at that size */
	uint32_t count, codes, form_version, item_size;
	uint64_t outline_words, boxes, text_size, code_size, singles;
	uint64_t outline_at, box_at, item_at, text_at, single_at, code_at, end;
	uint8_t digest[HASH_SIZE]; /* of all before it */
};

struct tilefile {
	int fd;
	char temporary[PATH_ROOM];
	uint64_t at;
};

struct tilefile *
tilefile_create(const char *path)
{
	struct tilefile *f = mem_calloc(1, sizeof(*f));
	struct head none;
	struct err ignored; /* NULL says enough */
	char dir[PATH_ROOM];
	int n = (int)(file_basename(path) - path) - 1;

	if (!f)
		return NULL;
	f->fd = -1;
	memset(&none, 0, sizeof(none));
	(void)snprintf(dir, sizeof(dir), "%.*s", n > 0 ? n : 1, n > 0 ? path : ".");
	if (file_mkdirs(dir, 0700, &ignored) != ERR_OK) {
		tilefile_free(f);
		return NULL;
	}
	(void)snprintf(f->temporary, sizeof(f->temporary), "%s.%ld", path, (long)getpid());
	f->fd = open(f->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->fd < 0 || write(f->fd, &none, sizeof(none)) != (ssize_t)sizeof(none)) {
		tilefile_free(f);
		return NULL;
	}
	f->at = sizeof(none);
	return f;
}

void
tilefile_free(struct tilefile *f)
{
	if (!f)
		return;
	if (f->fd >= 0) {
		(void)close(f->fd);
		(void)unlink(f->temporary); /* gone already if it has its name */
	}
	mem_free(f);
}

static bool
put(struct tilefile *f, const void *p, size_t n)
{
	const char *c = p;

	while (n > 0) {
		ssize_t done = write(f->fd, c, n);

		if (done <= 0)
			return false;
		c += done;
		n -= (size_t)done;
		f->at += (uint64_t)done;
	}
	return true;
}

/* A section begins at a multiple of 16. */
static bool
put_section(struct tilefile *f, const void *p, size_t n, uint64_t *ret_at)
{
	static const char none[16] = { 0 };

	if (f->at % 16 && !put(f, none, 16 - f->at % 16))
		return false;
	*ret_at = f->at;
	return put(f, p, n);
}

bool
tilefile_outlines(struct tilefile *f, struct tileset *s)
{
	size_t n = s->mem_outline.size;

	if (n < TILEFILE_LEAST)
		return true;
	buf_reset(&s->mem_outline);
	s->outline_words += n / 4;
	return put(f, s->mem_outline.data, n);
}

/* Words of the outline that begins at w; more than n while these do not tell. */
static size_t
outline_words(const uint32_t *w, size_t n, bool wide)
{
	size_t at = 1;

	for (uint32_t rings = n > 0 ? w[0] : 0; rings > 0; rings--) {
		if (at >= n)
			return at + 1;
		at += 1 + ((size_t)(w[at] & ~TILESET_HOLE) << wide);
	}
	return at;
}

/* Append one outline of the file, from a word on, to what s holds in memory. */
static bool
take_outline(const struct tilefile *f, uint32_t from, bool wide, struct buf *scratch,
             struct tileset *s)
{
	size_t want = 64, size, got;

	for (;;) {
		ssize_t n;

		buf_reset(scratch);
		if (!buf_reserve(scratch, want * 4))
			return false;
		n = pread(f->fd, scratch->data, want * 4,
		          (off_t)(sizeof(struct head) + (uint64_t)from * 4));
		got = n > 0 ? (size_t)n / 4 : 0;
		size = outline_words((const uint32_t *)(const void *)scratch->data, got, wide);
		if (size <= got)
			break;
		if (got < want) /* the file ends within it */
			return false;
		want = size > 2 * want ? size : 2 * want;
	}
	buf_add(&s->mem_outline, scratch->data, size * 4);
	return buf_ok(&s->mem_outline);
}

bool
tilefile_order(struct tilefile **file, const char *path, struct tileset *s)
{
	/* the set is being built: its items are its own */
	struct tileset_item *item = (struct tileset_item *)(void *)s->mem_item.data;
	struct tilefile *from = *file, *to;
	char second[PATH_ROOM];
	struct buf scratch;
	bool ok;

	(void)snprintf(second, sizeof(second), "%s.o", path);
	to = tilefile_create(second);
	ok = to && put(from, s->mem_outline.data, s->mem_outline.size);
	buf_reset(&s->mem_outline);
	s->outline_words = 0;
	buf_init(&scratch, (size_t)4 << 30);
	for (uint32_t i = 0; ok && i < s->count; i++) {
		uint32_t begin = (uint32_t)(s->outline_words + s->mem_outline.size / 4);

		if (!(item[i].flags & TILESET_AREAL))
			continue;
		ok = take_outline(from, item[i].outline, item[i].flags & TILESET_WIDE, &scratch,
		                  s) &&
		     tilefile_outlines(to, s);
		item[i].outline = begin;
	}
	buf_done(&scratch);
	if (!to)
		return false;
	tilefile_free(from);
	*file = to;
	return ok;
}

static void
head_of(struct store *st, const struct tileset_kind *k, unsigned view, struct head *h)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, magic, sizeof(magic));
	(void)snprintf(h->uuid, sizeof(h->uuid), "%s", store_meta(st, "uuid"));
	(void)snprintf(h->kind, sizeof(h->kind), "%s", k->kind);
	(void)snprintf(h->version, sizeof(h->version), "%s", FALLOW_VERSION);
	h->view = view;
	h->form_version = (uint32_t)store_form(st, store_kind(st, k->kind))->version;
	h->item_size = sizeof(struct tileset_item);
}

bool
tilefile_keep(struct tilefile *f, struct store *st, const struct tileset_kind *k, unsigned view,
              const char *path, const struct tileset *s)
{
	struct buf codes;
	struct head h;
	size_t rest = s->mem_outline.size;
	struct err e;
	bool ok;

	buf_init(&codes, 1u << 20);
	for (uint32_t i = 1; i < s->codes; i++) {
		buf_add_u16le(&codes, s->rank[i]);
		buf_add(&codes, s->code[i], strlen(s->code[i]) + 1);
	}
	head_of(st, k, view, &h);
	h.known_size = s->known_size;
	h.count = s->count;
	h.codes = s->codes;
	h.outline_at = sizeof(h);
	h.outline_words = (f->at - sizeof(h) + rest) / 4;
	h.boxes = s->mem_box.size / sizeof(*s->box);
	h.text_size = s->text_size;
	h.singles = s->singles;
	h.code_size = codes.size;
	ok = buf_ok(&codes) && store_root_at(st, s->known_size, h.root, &e) == ERR_OK &&
	     put(f, s->mem_outline.data, rest) &&
	     put_section(f, s->mem_box.data, s->mem_box.size, &h.box_at) &&
	     put_section(f, s->mem_item.data, s->mem_item.size, &h.item_at) &&
	     put_section(f, s->text, s->text_size, &h.text_at) &&
	     put_section(f, s->single, s->singles * sizeof(*s->single), &h.single_at) &&
	     put_section(f, codes.data, codes.size, &h.code_at);
	buf_done(&codes);
	h.end = f->at;
	hash_sha256(&h, offsetof(struct head, digest), h.digest);
	ok = ok && pwrite(f->fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h) && fsync(f->fd) == 0 &&
	     rename(f->temporary, path) == 0;
	return ok;
}

bool
tilefile_finish(struct tilefile *f, struct store *st, const struct tileset_kind *k, unsigned view,
                const char *path, struct tileset **set)
{
	if (!tilefile_keep(f, st, k, view, path, *set))
		return false;
	tileset_free(*set);
	*set = NULL;
	tileset_open(st, k, view, path, -1, set);
	return *set != NULL;
}

void
tilefile_unmap(struct tileset *s)
{
	if (s->map)
		(void)munmap(s->map, s->map_size);
}

void
tilefile_rest(const struct tileset *s)
{
	if (s->map)
		(void)madvise(s->map, s->map_size, MADV_DONTNEED); /* at worst they stay */
}

static bool
section_fits(uint64_t at, uint64_t count, uint64_t size, uint64_t end)
{
	return at % 8 == 0 && at <= end && count <= (end - at) / size;
}

/* Is it a file of this register, kind and view, of a state that this log contains? */
static bool
head_fits(struct store *st, const struct tileset_kind *k, unsigned view, const struct head *h,
          uint64_t size)
{
	uint8_t digest[HASH_SIZE], root[32];
	struct head want;
	struct err e;
	uint64_t boxes = h->count, n = h->count;

	hash_sha256(h, offsetof(struct head, digest), digest);
	head_of(st, k, view, &want);
	while (n > TILESET_NODE) {
		n = (n + TILESET_NODE - 1) / TILESET_NODE;
		boxes += n;
	}
	return memcmp(digest, h->digest, sizeof(digest)) == 0 &&
	       memcmp(h, &want, offsetof(struct head, known_size)) == 0 && h->end == size &&
	       h->form_version == want.form_version && h->item_size == want.item_size &&
	       h->codes >= 1 && h->codes <= TILESET_CODES && h->text_size >= 1 &&
	       h->boxes == boxes && section_fits(h->outline_at, h->outline_words, 4, size) &&
	       section_fits(h->box_at, boxes, sizeof(struct tileset_box), size) &&
	       section_fits(h->item_at, h->count, sizeof(struct tileset_item), size) &&
	       section_fits(h->text_at, h->text_size, 1, size) &&
	       section_fits(h->single_at, h->singles, 8, size) &&
	       section_fits(h->code_at, h->code_size, 1, size) && h->known_size >= 0 &&
	       h->known_size <= store_log_size(st) &&
	       store_root_at(st, h->known_size, root, &e) == ERR_OK &&
	       memcmp(root, h->root, sizeof(root)) == 0;
}

static bool
read_codes(struct tileset *s, const struct head *h, const char *p)
{
	size_t at = 0;

	s->code_text = mem_alloc(h->code_size + 1);
	if (!s->code_text)
		return false;
	memcpy(s->code_text, p, h->code_size);
	s->code_text[h->code_size] = '\0';
	for (uint32_t i = 1; i < h->codes; i++) {
		if (at + 2 >= h->code_size)
			return false;
		s->rank[i] = (uint16_t)((uint8_t)s->code_text[at] |
		                        (unsigned)(uint8_t)s->code_text[at + 1] << 8);
		s->code[i] = s->code_text + at + 2;
		at += 3 + strlen(s->code[i]);
	}
	return true;
}

static bool
read_file(struct store *st, const struct tileset_kind *k, unsigned view, struct tileset *s)
{
	const char *p = s->map;
	struct head h;

	memcpy(&h, p, sizeof(h));
	if (!head_fits(st, k, view, &h, s->map_size) || p[h.text_at + h.text_size - 1] != '\0' ||
	    !read_codes(s, &h, p + h.code_at))
		return false;
	s->count = h.count;
	s->codes = h.codes;
	s->known_size = h.known_size;
	for (uint32_t n = h.count, at = 0; n > TILESET_NODE;) {
		at += n;
		s->level_start[++s->levels] = at;
		n = (n + TILESET_NODE - 1) / TILESET_NODE;
	}
	s->outline = (const void *)(p + h.outline_at);
	s->outline_words = h.outline_words;
	s->box = (const void *)(p + h.box_at);
	s->item = (const void *)(p + h.item_at);
	s->text = p + h.text_at;
	s->text_size = h.text_size;
	s->single = (const void *)(p + h.single_at);
	s->singles = h.singles;
	return true;
}

void
tileset_open(struct store *st, const struct tileset_kind *k, unsigned view, const char *path,
             int64_t newer, struct tileset **ret)
{
	struct tileset *s = mem_calloc(1, sizeof(*s));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat is;
	bool ok = s && fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) &&
	          is.st_size >= (off_t)sizeof(struct head);

	*ret = NULL;
	if (ok) {
		s->map_size = (size_t)is.st_size;
		s->map = mmap(NULL, s->map_size, PROT_READ, MAP_SHARED, fd, 0);
		s->map = s->map == MAP_FAILED ? NULL : s->map;
		ok = s->map && read_file(st, k, view, s) && s->known_size > newer;
	}
	if (fd >= 0)
		(void)close(fd);
	if (ok)
		*ret = s;
	else
		tileset_free(s);
}
