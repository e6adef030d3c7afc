#include "log/note.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "log/lines.h"
#include "log/merkle.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define ORIGIN_PREFIX "sigsum.org/v1/tree/"
#define BLOB_MAX 8192 /* bytes of one decoded signature: ML-DSA-44 needs 2432 */

/* Unicode White_Space, as unicode.IsSpace of the reference implementation has it. */
static bool
is_space(uint32_t cp)
{
	return (cp >= 0x09 && cp <= 0x0d) || cp == 0x20 || cp == 0x85 || cp == 0xa0 ||
	       cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 ||
	       cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

static bool
name_ok(const char *s, size_t n)
{
	size_t i = 0;

	if (n == 0 || n > NOTE_NAME_MAX || !text_is_utf8(s, n))
		return false;
	while (i < n) {
		const uint32_t cp = text_utf8_next(s, n, &i);

		if (cp < 0x20 || cp == '+' || is_space(cp))
			return false;
	}
	return true;
}

static void
key_id(const char *name, size_t name_n, uint8_t type, const uint8_t *public_key, uint8_t out[4])
{
	uint8_t digest[HASH_SIZE];
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, name, name_n);
	hash_update(&h, "\n", 1);
	hash_update(&h, &type, 1);
	hash_update(&h, public_key, SIGN_PUBLIC_SIZE);
	hash_final(&h, digest);
	memcpy(out, digest, 4);
}

enum err_code
note_key_make(const char *name, uint8_t type, const uint8_t public_key[SIGN_PUBLIC_SIZE],
              struct note_key *ret, struct err *e)
{
	const size_t n = strlen(name);

	if (!name_ok(name, n))
		return err_set(e, ERR_INVALID,
		               "a key name is 1 .. %d bytes of UTF-8 without space and '+'",
		               NOTE_NAME_MAX);
	if (type != NOTE_ED25519 && type != NOTE_COSIGNATURE)
		return err_set(e, ERR_UNSUPPORTED, "key type %u is not known", type);
	memcpy(ret->name, name, n + 1);
	ret->type = type;
	memcpy(ret->public_key, public_key, SIGN_PUBLIC_SIZE);
	key_id(name, n, type, public_key, ret->id);
	return ERR_OK;
}

enum err_code
note_vkey_parse(const char *s, size_t n, struct note_key *ret, struct err *e)
{
	const char *plus = n > 0 ? memchr(s, '+', n) : NULL;
	const char *rest;
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t blob[1 + SIGN_PUBLIC_SIZE];
	struct note_key k;
	size_t name_n;
	size_t blob_n;
	size_t rest_n;
	enum err_code rc;

	if (!plus || (size_t)(plus - s) > NOTE_NAME_MAX || (size_t)(plus - s) + 10 > n ||
	    plus[9] != '+')
		return err_set(e, ERR_INVALID, "a verifier key is name+hex id+base64");
	name_n = (size_t)(plus - s);
	rest = plus + 10;
	rest_n = n - name_n - 10;
	if (memchr(s, '\0', n) || !lines_hex(plus + 1, 8, id, sizeof id))
		return err_set(e, ERR_INVALID,
		               "the id of a verifier key is 8 lower-case hex digits");
	if (!text_unbase64(rest, rest_n, blob, sizeof blob, &blob_n) || blob_n == 0)
		return err_set(e, ERR_INVALID, "a verifier key holds no Ed25519 key in base64");
	if (blob[0] != NOTE_ED25519 && blob[0] != NOTE_COSIGNATURE)
		return err_set(e, ERR_UNSUPPORTED, "key type %u is not known", blob[0]);
	if (blob_n != sizeof blob)
		return err_set(e, ERR_INVALID, "an Ed25519 key has 32 bytes, not %zu", blob_n - 1);
	memcpy(name, s, name_n);
	name[name_n] = '\0';
	rc = note_key_make(name, blob[0], blob + 1, &k, e);
	if (rc != ERR_OK)
		return rc;
	if (memcmp(k.id, id, sizeof id) != 0)
		return err_set(e, ERR_INVALID,
		               "the id of the verifier key does not fit name and key");
	*ret = k;
	return ERR_OK;
}

void
note_vkey_write(struct buf *b, const struct note_key *k)
{
	uint8_t blob[1 + SIGN_PUBLIC_SIZE];
	char hex[9];
	char base64[49];

	blob[0] = k->type;
	memcpy(blob + 1, k->public_key, SIGN_PUBLIC_SIZE);
	text_hex(k->id, sizeof k->id, hex);
	(void)text_base64(blob, sizeof blob, base64);
	buf_printf(b, "%s+%s+%s", k->name, hex, base64);
}

/* One signature line without its LF. */
static enum err_code
signature_parse(const char *s, size_t n, struct note_signature *ret, struct err *e)
{
	uint8_t blob[BLOB_MAX];
	size_t blob_n;

	if (!lines_skip(&s, &n, DASH) || !lines_word(&s, &n, &ret->name, &ret->name_size) ||
	    !name_ok(ret->name, ret->name_size))
		return err_set(e, ERR_INVALID, "a signature line is a dash, a name and base64");
	if (n > 4 * ((size_t)BLOB_MAX / 3))
		return err_set(e, ERR_LIMIT, "a signature is longer than %d bytes", BLOB_MAX);
	if (!text_unbase64(s, n, blob, sizeof blob, &blob_n) || blob_n < 5)
		return err_set(e, ERR_INVALID, "the base64 of a signature line is malformed");
	memcpy(ret->id, blob, sizeof ret->id);
	ret->size = blob_n - 4;
	memset(ret->bytes, 0, sizeof ret->bytes);
	memcpy(ret->bytes, blob + 4, ret->size < sizeof ret->bytes ? ret->size : sizeof ret->bytes);
	return ERR_OK;
}

/* Length of the text: up to and with the LF before the last blank line; 0 if there is none. */
static size_t
text_length(const char *s, size_t n)
{
	for (size_t i = n; i >= 2; i--) {
		if (s[i - 1] == '\n' && s[i - 2] == '\n')
			return i - 1;
	}
	return 0;
}

enum err_code
note_parse(const char *s, size_t n, struct note *ret, struct err *e)
{
	struct lines l;
	const char *line;
	size_t line_n;

	if (n > NOTE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a note of %zu bytes is longer than %d", n,
		               NOTE_MAX_BYTES);
	if (!text_is_utf8(s, n))
		return err_set(e, ERR_INVALID, "a note is UTF-8");
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 && s[i] != '\n')
			return err_set(e, ERR_INVALID, "a note has no control characters");
	}
	ret->text = s;
	ret->text_size = text_length(s, n);
	ret->signature_count = 0;
	if (ret->text_size == 0)
		return err_set(e, ERR_INVALID, "the note has no blank line before its signatures");
	lines_open(&l, s + ret->text_size + 1, n - ret->text_size - 1);
	while (lines_next(&l, &line, &line_n)) {
		enum err_code rc;

		if (ret->signature_count == NOTE_SIGNATURES_MAX)
			return err_set(e, ERR_LIMIT, "a note with more than %d signatures",
			               NOTE_SIGNATURES_MAX);
		rc = signature_parse(line, line_n, &ret->signature[ret->signature_count], e);
		if (rc != ERR_OK)
			return rc;
		ret->signature_count++;
	}
	if (!lines_done(&l) || ret->signature_count == 0)
		return err_set(e, ERR_INVALID, "the note does not end in signature lines");
	return ERR_OK;
}

/* What a witness signs (tlog-cosignature, cosignature/v1). */
static void
cosigned(struct buf *b, const char *text, size_t text_size, uint64_t at_utc_s)
{
	buf_printf(b, "cosignature/v1\ntime %llu\n", (unsigned long long)at_utc_s);
	buf_add(b, text, text_size);
}

/* ERR_OK if good; the time of a cosignature in *ret_time. */
static enum err_code
signature_check(const struct note *note, const struct note_key *key,
                const struct note_signature *sig, uint64_t *ret_time, struct err *e)
{
	struct buf b;
	uint64_t at_utc_s = 0;
	bool good = false;

	if (key->type == NOTE_ED25519) {
		good = sig->size == SIGN_SIZE &&
		       sign_check(key->public_key, note->text, note->text_size, sig->bytes);
	} else if (sig->size == 8 + SIGN_SIZE) {
		for (size_t i = 0; i < 8; i++)
			at_utc_s = at_utc_s << 8 | sig->bytes[i];
		buf_init(&b, 2 * (size_t)NOTE_MAX_BYTES);
		cosigned(&b, note->text, note->text_size, at_utc_s);
		if (!buf_ok(&b)) {
			buf_done(&b);
			return err_set(e, ERR_NOMEM, "out of memory for a cosignature");
		}
		good = sign_check(key->public_key, b.data, b.size, sig->bytes + 8);
		buf_done(&b);
	}
	if (!good)
		return err_set(e, ERR_VERIFY, "the signature of %s is wrong", key->name);
	*ret_time = at_utc_s;
	return ERR_OK;
}

enum err_code
note_verify_key(const struct note *note, const struct note_key *key, uint64_t *ret_time,
                struct err *e)
{
	const size_t name_n = strlen(key->name);
	uint64_t at_utc_s = 0;
	bool found = false;

	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *sig = &note->signature[i];
		uint64_t t = 0;
		enum err_code rc;

		if (sig->name_size != name_n || memcmp(sig->name, key->name, name_n) != 0 ||
		    memcmp(sig->id, key->id, sizeof key->id) != 0)
			continue;
		rc = signature_check(note, key, sig, &t, e);
		if (rc != ERR_OK)
			return rc;
		if (!found)
			at_utc_s = t;
		found = true;
	}
	if (!found)
		return err_set(e, ERR_UNKNOWN, "the note is not signed by %s", key->name);
	if (ret_time)
		*ret_time = at_utc_s;
	return ERR_OK;
}

enum err_code
note_verify(const struct note *note, const struct note_key *keys, size_t count, bool *ret_good,
            struct err *e)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		enum err_code rc = note_verify_key(note, &keys[i], NULL, e);

		if (rc != ERR_OK && rc != ERR_UNKNOWN)
			return rc;
		if (ret_good)
			ret_good[i] = rc == ERR_OK;
		any = any || rc == ERR_OK;
	}
	if (!any)
		return err_set(e, ERR_UNKNOWN, "the note is signed by none of the known keys");
	return ERR_OK;
}

static void
add_line(struct buf *b, const char *name, const uint8_t *blob, size_t blob_n)
{
	char base64[4 * ((4 + 8 + SIGN_SIZE + 2) / 3) + 1];

	(void)text_base64(blob, blob_n, base64);
	buf_printf(b, DASH "%s %s\n", name, base64);
}

void
note_begin(struct buf *b, const char *text, size_t text_size)
{
	buf_add(b, text, text_size);
	buf_addc(b, '\n');
}

void
note_add_signature(struct buf *b, const char *name, const struct sign_key *k, const char *text,
                   size_t text_size)
{
	uint8_t blob[4 + SIGN_SIZE];

	key_id(name, strlen(name), NOTE_ED25519, k->public_key, blob);
	sign_make(k, text, text_size, blob + 4);
	add_line(b, name, blob, sizeof blob);
}

void
note_add_cosignature(struct buf *b, const char *name, const struct sign_key *k, const char *text,
                     size_t text_size, uint64_t at_utc_s)
{
	uint8_t blob[4 + 8 + SIGN_SIZE];
	struct buf message;

	key_id(name, strlen(name), NOTE_COSIGNATURE, k->public_key, blob);
	for (size_t i = 0; i < 8; i++)
		blob[4 + i] = (uint8_t)(at_utc_s >> (56 - 8 * i));
	buf_init(&message, 2 * (size_t)NOTE_MAX_BYTES);
	cosigned(&message, text, text_size, at_utc_s);
	if (buf_ok(&message)) {
		sign_make(k, message.data, message.size, blob + 12);
		add_line(b, name, blob, sizeof blob);
	} else {
		b->failed = true;
	}
	buf_done(&message);
}

void
checkpoint_origin(const uint8_t public_key[SIGN_PUBLIC_SIZE], char out[NOTE_ORIGIN_SIZE])
{
	uint8_t hash[32];

	sign_key_hash(public_key, hash);
	memcpy(out, ORIGIN_PREFIX, sizeof ORIGIN_PREFIX);
	text_hex(hash, sizeof hash, out + sizeof ORIGIN_PREFIX - 1);
}

void
checkpoint_write(struct buf *b, const struct checkpoint *cp)
{
	char base64[45];

	(void)text_base64(cp->root, sizeof cp->root, base64);
	buf_printf(b, "%s\n%llu\n%s\n", cp->origin, (unsigned long long)cp->size, base64);
}

enum err_code
checkpoint_parse(const char *s, size_t n, struct checkpoint *ret, struct err *e)
{
	struct checkpoint cp;
	struct lines l;
	const char *line;
	size_t line_n;

	lines_open(&l, s, n);
	if (!lines_next(&l, &line, &line_n) || !name_ok(line, line_n))
		return err_set(e, ERR_INVALID, "the first line of a checkpoint is not an origin");
	memcpy(cp.origin, line, line_n);
	cp.origin[line_n] = '\0';
	if (!lines_next(&l, &line, &line_n) ||
	    !lines_decimal(line, line_n, MERKLE_SIZE_MAX, &cp.size))
		return err_set(e, ERR_INVALID, "the second line of a checkpoint is not a size");
	if (!lines_next(&l, &line, &line_n) || !lines_base64_32(line, line_n, cp.root))
		return err_set(e, ERR_INVALID, "the third line of a checkpoint is not a root");
	if (!lines_done(&l))
		return err_set(e, ERR_INVALID, "a checkpoint has three lines, this one has more");
	*ret = cp;
	return ERR_OK;
}

void
checkpoint_sign(struct buf *b, const struct checkpoint *cp, const struct sign_key *k)
{
	struct buf text;

	buf_init(&text, 4096);
	checkpoint_write(&text, cp);
	if (buf_ok(&text)) {
		note_begin(b, text.data, text.size);
		note_add_signature(b, cp->origin, k, text.data, text.size);
	} else {
		b->failed = true;
	}
	buf_done(&text);
}

enum err_code
checkpoint_open(const char *s, size_t n, const uint8_t public_key[SIGN_PUBLIC_SIZE],
                struct checkpoint *ret, struct err *e)
{
	char origin[NOTE_ORIGIN_SIZE];
	struct note note;
	struct note_key key;
	struct checkpoint cp = { .size = 0 };
	enum err_code rc = note_parse(s, n, &note, e);

	if (rc != ERR_OK)
		return rc;
	rc = checkpoint_parse(note.text, note.text_size, &cp, e);
	if (rc != ERR_OK)
		return rc;
	checkpoint_origin(public_key, origin);
	if (!text_eq(cp.origin, origin))
		return err_set(e, ERR_UNKNOWN, "the checkpoint is of another log: %s", cp.origin);
	rc = note_key_make(origin, NOTE_ED25519, public_key, &key, e);
	if (rc == ERR_OK)
		rc = note_verify_key(&note, &key, NULL, e);
	if (rc != ERR_OK)
		return rc;
	*ret = cp;
	return ERR_OK;
}
