#include "log/disclose.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "log/fast.h"

#define BLOCK 64 /* of ChaCha20 */
#define SALTS_PER_BLOCK (BLOCK / DISCLOSE_SALT_SIZE)
#define SALT_TEXT 22
#define NONCE "fallow/salt1"

_Static_assert(sizeof NONCE - 1 == crypto_stream_chacha20_ietf_NONCEBYTES, "nonce");
_Static_assert(DISCLOSE_KEY_SIZE == crypto_stream_chacha20_ietf_KEYBYTES, "key");

void
disclose_salts(const uint8_t key[DISCLOSE_KEY_SIZE], size_t first, size_t count,
               uint8_t (*ret_salt)[DISCLOSE_SALT_SIZE])
{
	const unsigned char *nonce = (const unsigned char *)NONCE;
	const size_t skip = first % SALTS_PER_BLOCK;
	const size_t head = skip == 0 ? 0 : SALTS_PER_BLOCK - skip;
	const size_t in_head = head < count ? head : count;
	uint8_t block[BLOCK] = { 0 };

	if (in_head > 0) {
		(void)crypto_stream_chacha20_ietf_xor_ic(block, block, sizeof block, nonce,
		                                         (uint32_t)(first / SALTS_PER_BLOCK), key);
		memcpy(ret_salt, block + skip * DISCLOSE_SALT_SIZE, in_head * DISCLOSE_SALT_SIZE);
		sodium_memzero(block, sizeof block);
	}
	if (count == in_head)
		return;
	memset(ret_salt + in_head, 0, (count - in_head) * DISCLOSE_SALT_SIZE);
	(void)crypto_stream_chacha20_ietf_xor_ic(
		ret_salt[in_head], ret_salt[in_head], (count - in_head) * DISCLOSE_SALT_SIZE, nonce,
		(uint32_t)((first + in_head) / SALTS_PER_BLOCK), key);
}

/* Most names need no escape. */
static bool
plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == '"' || s[i] == '\\' ||
		    (unsigned char)s[i] >= 0x7f)
			return false;
	}
	return true;
}

/* Append the JSON array. */
static void
write_array(struct buf *b, const uint8_t salt[DISCLOSE_SALT_SIZE], const char *name,
            size_t name_size, const char *value, size_t value_size)
{
	char *to = buf_reserve(b, 2 + SALT_TEXT + 1 + FAST_SLACK);

	if (!to)
		return;
	memcpy(to, "[\"", 2);
	(void)text_base64url(salt, DISCLOSE_SALT_SIZE, to + 2);
	memcpy(to + 2 + SALT_TEXT, "\",", 2);
	b->size += 2 + SALT_TEXT + 2;
	if (plain(name, name_size)) {
		to = buf_reserve(b, name_size + value_size + 4 + FAST_SLACK);
		if (!to)
			return;
		*to++ = '"';
		memcpy(to, name, name_size);
		to += name_size;
		*to++ = '"';
		b->size += name_size + 2;
	} else {
		json_write_string(b, name, name_size);
		to = buf_reserve(b, value_size + 2 + FAST_SLACK);
		if (!to)
			return;
	}
	*to++ = ',';
	memcpy(to, value, value_size);
	to[value_size] = ']';
	b->size += value_size + 2;
}

void
disclose_write_with(struct buf *b, struct buf *json, const uint8_t salt[DISCLOSE_SALT_SIZE],
                    const struct disclose_pair *f)
{
	char *to;

	buf_reset(json);
	write_array(json, salt, f->name, f->name_size, f->value, f->value_size);
	if (!buf_ok(json)) {
		b->failed = true;
		return;
	}
	to = buf_reserve(b, (4 * json->size + 2) / 3 + 1 + FAST_SLACK);
	if (to)
		b->size += fast_base64url((const uint8_t *)json->data, json->size, to);
}

void
disclose_write(struct buf *b, const uint8_t salt[DISCLOSE_SALT_SIZE], const char *name,
               size_t name_size, const char *value, size_t value_size)
{
	const struct disclose_pair f = { name, name_size, value, value_size };
	struct buf json;

	buf_init(&json, 0);
	disclose_write_with(b, &json, salt, &f);
	if (json.data)
		sodium_memzero(json.data, json.size < json.room ? json.size : json.room);
	buf_done(&json);
}

void
disclose_hash(const char *disclosure, size_t n, uint8_t out[32])
{
	hash_sha256(disclosure, n, out);
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind a string literal of valid JSON; p stands on its quote. */
static const char *
skip_string(const char *p, const char *end)
{
	p++;
	while (p < end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	return p + 1;
}

/* The text of the third element of a valid array whose first two are strings. */
static void
third_element(const char *json, size_t n, const char **ret_s, size_t *ret_n)
{
	const char *end = json + n;
	const char *p = skip_space(json, end) + 1;

	for (int i = 0; i < 2; i++) {
		p = skip_string(skip_space(p, end), end);
		p = skip_space(p, end) + 1; /* the comma */
	}
	p = skip_space(p, end);
	do
		end--;
	while (*end != ']');
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
		end--;
	*ret_s = p;
	*ret_n = (size_t)(end - p);
}

static enum err_code
read_array(const char *json, size_t n, struct arena *mem, struct disclosure *ret, struct err *e)
{
	struct json_value *v;
	const struct json_value *salt;
	const struct json_value *name;
	uint8_t salt_bytes[DISCLOSE_SALT_SIZE + 1];
	size_t salt_n;
	enum err_code rc = json_parse(json, n, 0, mem, &v, e);

	if (rc != ERR_OK) {
		(void)err_prefix(e, "disclosure");
		return rc;
	}
	if (v->type != JSON_ARRAY || v->count != 3)
		return err_set(e, ERR_INVALID, "a disclosure is an array of three elements");
	salt = v->first;
	name = salt->next;
	if (salt->type != JSON_STRING ||
	    !text_unbase64url(salt->string, salt->count, salt_bytes, sizeof salt_bytes, &salt_n) ||
	    salt_n != DISCLOSE_SALT_SIZE)
		return err_set(e, ERR_INVALID, "the salt of a disclosure is 16 bytes in base64url");
	if (name->type != JSON_STRING || name->count == 0 || name->count > DISCLOSE_NAME_MAX ||
	    strlen(name->string) != name->count)
		return err_set(e, ERR_INVALID,
		               "the name in a disclosure is a text of 1 .. %d bytes",
		               DISCLOSE_NAME_MAX);
	ret->name = name->string;
	ret->name_size = name->count;
	third_element(json, n, &ret->value, &ret->value_size);
	ret->value = arena_strndup(mem, ret->value, ret->value_size);
	if (!ret->value)
		return err_set(e, ERR_NOMEM, "out of memory for a disclosure");
	return ERR_OK;
}

enum err_code
disclose_parse(const char *s, size_t n, struct arena *mem, struct disclosure *ret, struct err *e)
{
	struct disclosure d;
	const size_t room = n / 4 * 3 + 3;
	uint8_t *json;
	size_t json_n;
	enum err_code rc;

	if (n > DISCLOSE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a disclosure of %zu bytes is longer than %u", n,
		               DISCLOSE_MAX_BYTES);
	json = mem_alloc(room);
	if (!json)
		return err_set(e, ERR_NOMEM, "out of memory for a disclosure");
	if (!text_unbase64url(s, n, json, room, &json_n))
		rc = err_set(e, ERR_INVALID, "a disclosure is base64url without padding");
	else
		rc = read_array((const char *)json, json_n, mem, &d, e);
	mem_free(json);
	if (rc != ERR_OK)
		return rc;
	disclose_hash(s, n, d.digest);
	*ret = d;
	return ERR_OK;
}
