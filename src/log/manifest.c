#include "log/manifest.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "log/disclose.h"
#include "log/lines.h"

#define TYPE_END "\"type\":\"fallow-submission/v1\"}"
#define ORIGIN_PREFIX "sigsum.org/v1/tree/"
#define ORIGIN_LENGTH (NOTE_ORIGIN_SIZE - 1)
#define TIME_LENGTH 20

static bool
origin_ok(const char *s, size_t n)
{
	uint8_t hash[32];

	return lines_skip(&s, &n, ORIGIN_PREFIX) && lines_hex(s, n, hash, sizeof hash);
}

enum err_code
manifest_write(const struct manifest *m, struct buf *b, struct err *e)
{
	char author[65];
	char remark[44];
	char root[44];
	char at[21];

	if (!origin_ok(m->origin, strnlen(m->origin, sizeof m->origin)))
		return err_set(e, ERR_INVALID, "the origin of a manifest is %s and a key hash",
		               ORIGIN_PREFIX);
	if (m->statements < 1 || m->statements > MANIFEST_STATEMENTS_MAX)
		return err_set(e, ERR_INVALID, "a submission of %u statements, allowed are 1 .. %d",
		               m->statements, MANIFEST_STATEMENTS_MAX);
	if (m->at_utc_s < 0 || m->at_utc_s >= clock_days(9999, 12, 31) * 86400 + 86400)
		return err_set(e, ERR_INVALID, "the time of a manifest is not in 1970 .. 9999");
	text_hex(m->author, sizeof m->author, author);
	(void)text_base64url(m->remark, sizeof m->remark, remark);
	(void)text_base64url(m->root, sizeof m->root, root);
	clock_format_s(m->at_utc_s, at);
	buf_printf(b,
	           "{\"author\":\"%s\",\"origin\":\"%s\",\"remark\":\"%s\",\"root\":\"%s\","
	           "\"statements\":%u,\"time\":\"%s\"," TYPE_END,
	           author, m->origin, remark, root, m->statements, at);
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a manifest");
}

/* Cut the next n characters. */
static bool
take(const char **s, size_t *n, size_t length, const char **ret)
{
	if (*n < length)
		return false;
	*ret = *s;
	*s += length;
	*n -= length;
	return true;
}

static bool
parse_members(const char *s, size_t n, struct manifest *m)
{
	const char *part;
	const char *comma;
	uint64_t statements;
	int64_t at_utc_us;
	char again[21];

	if (!lines_skip(&s, &n, "{\"author\":\"") || !take(&s, &n, 64, &part) ||
	    !lines_hex(part, 64, m->author, 32))
		return false;
	if (!lines_skip(&s, &n, "\",\"origin\":\"") || !take(&s, &n, ORIGIN_LENGTH, &part) ||
	    !origin_ok(part, ORIGIN_LENGTH))
		return false;
	memcpy(m->origin, part, ORIGIN_LENGTH);
	m->origin[ORIGIN_LENGTH] = '\0';
	if (!lines_skip(&s, &n, "\",\"remark\":\"") || !take(&s, &n, 43, &part) ||
	    !lines_base64url_32(part, 43, m->remark))
		return false;
	if (!lines_skip(&s, &n, "\",\"root\":\"") || !take(&s, &n, 43, &part) ||
	    !lines_base64url_32(part, 43, m->root))
		return false;
	if (!lines_skip(&s, &n, "\",\"statements\":") || !(comma = memchr(s, ',', n)) ||
	    !lines_decimal(s, (size_t)(comma - s), MANIFEST_STATEMENTS_MAX, &statements) ||
	    statements == 0)
		return false;
	m->statements = (uint32_t)statements;
	n -= (size_t)(comma - s);
	s = comma;
	if (!lines_skip(&s, &n, ",\"time\":\"") || !take(&s, &n, TIME_LENGTH, &part) ||
	    !clock_parse_us(part, TIME_LENGTH, &at_utc_us) || at_utc_us < 0)
		return false;
	m->at_utc_s = at_utc_us / 1000000;
	clock_format_s(m->at_utc_s, again);
	return memcmp(part, again, TIME_LENGTH) == 0 && lines_is(s, n, "\"," TYPE_END);
}

enum err_code
manifest_parse(const char *s, size_t n, struct manifest *ret, struct err *e)
{
	const size_t end_n = sizeof TYPE_END - 1;
	struct manifest m;

	if (n > MANIFEST_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a manifest of %zu bytes is longer than %d", n,
		               MANIFEST_MAX_BYTES);
	if (n > end_n && memcmp(s + n - end_n, TYPE_END, end_n) != 0 && s[0] == '{' &&
	    s[n - 1] == '}')
		return err_set(e, ERR_UNSUPPORTED,
		               "the manifest is not of the type fallow-submission/v1");
	memset(&m, 0, sizeof m);
	if (!parse_members(s, n, &m))
		return err_set(e, ERR_INVALID, "the manifest is not in canonical form");
	*ret = m;
	return ERR_OK;
}

enum err_code
manifest_remark_write(const struct manifest_remark *r, const uint8_t key[32], struct buf *b,
                      uint8_t ret_digest[32], struct err *e)
{
	const size_t run_n = r->run ? strlen(r->run) : 0;
	uint8_t salt[1][DISCLOSE_SALT_SIZE];
	struct buf value;
	const size_t at = b->size;
	enum err_code rc = ERR_OK;

	if (strlen(r->author) + strlen(r->remark) + run_n > MANIFEST_TEXT_MAX)
		return err_set(e, ERR_LIMIT, "author and remark are longer than %d bytes together",
		               MANIFEST_TEXT_MAX);
	if (!text_is_utf8(r->author, strlen(r->author)) ||
	    !text_is_utf8(r->remark, strlen(r->remark)) || (r->run && !text_is_utf8(r->run, run_n)))
		return err_set(e, ERR_INVALID, "author and remark must be UTF-8");
	buf_init(&value, 0);
	buf_adds(&value, "{\"author\":");
	json_write_string(&value, r->author, strlen(r->author));
	if (r->before)
		buf_printf(&value, ",\"before\":%s", r->before);
	if (r->kept)
		buf_printf(&value, ",\"kept\":%s", r->kept);
	buf_adds(&value, ",\"remark\":");
	json_write_string(&value, r->remark, strlen(r->remark));
	if (r->run) {
		buf_adds(&value, ",\"run\":");
		json_write_string(&value, r->run, run_n);
	}
	buf_addc(&value, '}');
	disclose_salts(key, 0, 1, salt);
	if (buf_ok(&value))
		disclose_write(b, salt[0], "remark", 6, value.data, value.size);
	if (!buf_ok(&value) || !buf_ok(b))
		rc = err_set(e, ERR_NOMEM, "out of memory for a remark");
	else
		disclose_hash(b->data + at, b->size - at, ret_digest);
	buf_done(&value);
	return rc;
}

enum err_code
manifest_verify(const char *s, size_t n, const uint8_t leaf[SIGSUM_LEAF_SIZE],
                const uint8_t author_key[SIGN_PUBLIC_SIZE], const char *origin, struct err *e)
{
	struct manifest m;
	uint8_t key_hash[32];
	enum err_code rc = manifest_parse(s, n, &m, e);

	if (rc != ERR_OK)
		return rc;
	if (origin && !text_eq(m.origin, origin))
		return err_set(e, ERR_VERIFY, "the manifest was made for another log: %s",
		               m.origin);
	sign_key_hash(author_key, key_hash);
	if (memcmp(m.author, key_hash, sizeof key_hash) != 0)
		return err_set(e, ERR_VERIFY, "the manifest is by another author");
	return sigsum_leaf_verify(leaf, s, n, author_key, e);
}
