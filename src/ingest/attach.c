#include "ingest/attach.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

void
attach_key(const char *what, const char *a, const char *b, const char *c, uint8_t ret[32])
{
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, what, strlen(what) + 1);
	hash_update(&h, a, strlen(a) + 1);
	hash_update(&h, b, strlen(b) + 1);
	hash_update(&h, c, strlen(c) + 1);
	hash_final(&h, ret);
}

const char *
attach_key_text(const uint8_t key[32], const uint8_t content[32], struct arena *mem)
{
	char *s = arena_alloc(mem, 96);
	size_t n;

	if (!s)
		return NULL;
	n = text_base64url(key, 32, s);
	s[n] = '.';
	(void)text_base64url(content, 32, s + n + 1);
	return s;
}

const char *
attach_join(const char *a, const char *b, struct arena *mem)
{
	if (!a || !*a || text_eq(a, "[]"))
		return b;
	if (!b)
		return a;
	return arena_printf(mem, "%.*s,%s", (int)strlen(a) - 1, a, b + 1);
}

static const char *
source_type(const struct attach *a)
{
	if (a->type)
		return a->type;
	if (text_starts(a->media, "image/"))
		return "photo";
	return text_starts(a->media, "video/") ? "video" : "other";
}

enum err_code
attach_source(struct store *st, const struct attach *a, struct arena *mem,
              struct submit_revision *ret, struct err *e)
{
	int kind = store_kind(st, "source");
	uint8_t *key = arena_memdup(mem, a->key, 32), *content = arena_alloc(mem, 32);
	const char *identity, *sha256 = arena_strdup(mem, a->sha256);
	enum err_code rc;

	*ret = (struct submit_revision){ .kind = kind };
	if (kind < 0 || !key || !content || !sha256 ||
	    !fields_init(&ret->fields, store_form(st, kind), mem))
		return err_set(e, ERR_NOMEM, "out of memory for a file");
	(void)text_unhex(a->sha256, 64, content, 32); /* our own digits */
	identity = attach_key_text(key, content, mem);
	if (!identity)
		return err_set(e, ERR_NOMEM, "out of memory for a file");
	rc = submit_new_id(&ret->id, e);
	if (rc)
		return rc;
	(void)(fields_set_text(&ret->fields, "valid_from", a->today) &&
	       fields_set_text(&ret->fields, "type", source_type(a)) &&
	       fields_set_text(&ret->fields, "title", a->title) &&
	       fields_set_text(&ret->fields, "file", sha256) &&
	       fields_set_text(&ret->fields, "file_name", a->name) &&
	       fields_set_text(&ret->fields, "how_obtained", a->how) &&
	       fields_set_text(&ret->fields, "import_key", identity));
	(void)fields_set_text(&ret->fields, "remarks", a->caption); /* a form may lack the field */
	ret->row_key = key;
	ret->row_content = content;
	return ERR_OK;
}
