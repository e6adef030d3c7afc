#include "log/sigsum.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "log/lines.h"

#define LEAF_PREFIX "sigsum.org/v1/tree-leaf" /* its NUL belongs to it */
#define ORIGIN_PREFIX "sigsum.org/v1/tree/"
#define TIME_MAX ((uint64_t)1 << 62)

void
sigsum_checksum(const void *data, size_t n, uint8_t out[32])
{
	uint8_t message[HASH_SIZE];

	hash_sha256(data, n, message);
	hash_sha256(message, sizeof message, out);
}

static void
leaf_message(const uint8_t checksum[32], uint8_t out[sizeof LEAF_PREFIX + 32])
{
	memcpy(out, LEAF_PREFIX, sizeof LEAF_PREFIX);
	memcpy(out + sizeof LEAF_PREFIX, checksum, 32);
}

void
sigsum_leaf_make(const struct sign_key *k, const void *data, size_t n,
                 uint8_t out[SIGSUM_LEAF_SIZE])
{
	uint8_t message[sizeof LEAF_PREFIX + 32];

	sigsum_checksum(data, n, out);
	leaf_message(out, message);
	sign_make(k, message, sizeof message, out + 32);
	sign_key_hash(k->public_key, out + 96);
}

/* Checksum taken as it is. */
static enum err_code
leaf_check(const uint8_t leaf[SIGSUM_LEAF_SIZE], const uint8_t checksum[32],
           const uint8_t public_key[SIGN_PUBLIC_SIZE], struct err *e)
{
	uint8_t key_hash[32];
	uint8_t message[sizeof LEAF_PREFIX + 32];

	if (memcmp(leaf, checksum, 32) != 0)
		return err_set(e, ERR_VERIFY, "the checksum in the leaf is not that of the data");
	sign_key_hash(public_key, key_hash);
	if (memcmp(leaf + 96, key_hash, sizeof key_hash) != 0)
		return err_set(e, ERR_VERIFY, "the leaf is not by this submitter");
	leaf_message(checksum, message);
	if (!sign_check(public_key, message, sizeof message, leaf + 32))
		return err_set(e, ERR_VERIFY, "the submitter's signature in the leaf is wrong");
	return ERR_OK;
}

enum err_code
sigsum_leaf_verify(const uint8_t leaf[SIGSUM_LEAF_SIZE], const void *data, size_t n,
                   const uint8_t public_key[SIGN_PUBLIC_SIZE], struct err *e)
{
	uint8_t checksum[32];

	sigsum_checksum(data, n, checksum);
	return leaf_check(leaf, checksum, public_key, e);
}

static void
write_hex(struct buf *b, const char *before, const uint8_t *p, size_t n)
{
	char hex[2 * SIGN_SIZE + 1];

	text_hex(p, n, hex);
	buf_adds(b, before);
	buf_adds(b, hex);
}

void
sigsum_proof_write(struct buf *b, const struct sigsum_proof *p)
{
	write_hex(b, "version=2\nlog=", p->log_key_hash, 32);
	write_hex(b, "\nleaf=", p->leaf_key_hash, 32);
	write_hex(b, " ", p->leaf_signature, SIGN_SIZE);
	buf_printf(b, "\n\nsize=%llu", (unsigned long long)p->size);
	write_hex(b, "\nroot_hash=", p->root, 32);
	write_hex(b, "\nsignature=", p->signature, SIGN_SIZE);
	for (size_t i = 0; i < p->cosignature_count; i++) {
		const struct sigsum_cosignature *c = &p->cosignature[i];

		write_hex(b, "\ncosignature=", c->key_hash, 32);
		buf_printf(b, " %llu", (unsigned long long)c->at_utc_s);
		write_hex(b, " ", c->signature, SIGN_SIZE);
	}
	buf_addc(b, '\n');
	if (p->size <= 1)
		return;
	buf_printf(b, "\nleaf_index=%llu\n", (unsigned long long)p->index);
	for (size_t i = 0; i < p->path.count; i++) {
		write_hex(b, "node_hash=", p->path.hash[i], MERKLE_HASH_SIZE);
		buf_addc(b, '\n');
	}
}

/* The value of a line "name=value"; false if the next line is another one. */
static bool
value(struct lines *l, const char *name_equals, const char **ret_s, size_t *ret_n)
{
	struct lines ahead = *l;

	if (!lines_next(&ahead, ret_s, ret_n) || !lines_skip(ret_s, ret_n, name_equals))
		return false;
	*l = ahead;
	return true;
}

static bool
blank(struct lines *l)
{
	const char *s;
	size_t n;

	return lines_next(l, &s, &n) && n == 0;
}

static bool
parse_head(struct lines *l, struct sigsum_proof *p)
{
	const char *s;
	const char *word;
	size_t n;
	size_t word_n;

	return value(l, "log=", &s, &n) && lines_hex(s, n, p->log_key_hash, 32) &&
	       value(l, "leaf=", &s, &n) && lines_word(&s, &n, &word, &word_n) &&
	       lines_hex(word, word_n, p->leaf_key_hash, 32) &&
	       lines_hex(s, n, p->leaf_signature, SIGN_SIZE) && blank(l);
}

static bool
parse_tree(struct lines *l, struct sigsum_proof *p)
{
	const char *s;
	size_t n;

	return value(l, "size=", &s, &n) && lines_decimal(s, n, MERKLE_SIZE_MAX, &p->size) &&
	       p->size > 0 && value(l, "root_hash=", &s, &n) && lines_hex(s, n, p->root, 32) &&
	       value(l, "signature=", &s, &n) && lines_hex(s, n, p->signature, SIGN_SIZE);
}

static bool
parse_cosignature(const char *s, size_t n, struct sigsum_cosignature *c)
{
	const char *word;
	size_t word_n;

	return lines_word(&s, &n, &word, &word_n) && lines_hex(word, word_n, c->key_hash, 32) &&
	       lines_word(&s, &n, &word, &word_n) &&
	       lines_decimal(word, word_n, TIME_MAX, &c->at_utc_s) &&
	       lines_hex(s, n, c->signature, SIGN_SIZE);
}

/* The lists and the last part. ERR_INVALID means the line after l->number. */
static enum err_code
parse_rest(struct lines *l, struct sigsum_proof *p, struct err *e)
{
	const char *s;
	size_t n;

	while (value(l, "cosignature=", &s, &n)) {
		if (p->cosignature_count == SIGSUM_COSIGNATURES_MAX)
			return err_set(e, ERR_LIMIT, "a proof with more than %d cosignatures",
			               SIGSUM_COSIGNATURES_MAX);
		if (!parse_cosignature(s, n, &p->cosignature[p->cosignature_count]))
			return err_set(e, ERR_INVALID, "line %zu of the proof is no cosignature",
			               l->number);
		p->cosignature_count++;
	}
	if (p->size > 1) {
		if (!blank(l) || !value(l, "leaf_index=", &s, &n) ||
		    !lines_decimal(s, n, p->size - 1, &p->index))
			return err_set(e, ERR_INVALID,
			               "line %zu of the proof: leaf_index is wanted",
			               l->number + 1);
		while (value(l, "node_hash=", &s, &n)) {
			if (p->path.count == MERKLE_PROOF_MAX)
				return err_set(e, ERR_LIMIT, "the path has more than %d hashes",
				               MERKLE_PROOF_MAX);
			if (!lines_hex(s, n, p->path.hash[p->path.count], MERKLE_HASH_SIZE))
				return err_set(e, ERR_INVALID, "line %zu of the proof is no hash",
				               l->number);
			p->path.count++;
		}
	}
	if (!lines_done(l))
		return err_set(e, ERR_INVALID, "the proof does not end after line %zu", l->number);
	return ERR_OK;
}

enum err_code
sigsum_proof_parse(const char *s, size_t n, struct sigsum_proof *ret, struct err *e)
{
	struct lines l;
	const char *version;
	size_t version_n;

	if (n > SIGSUM_PROOF_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a proof of %zu bytes is longer than %d", n,
		               SIGSUM_PROOF_MAX_BYTES);
	memset(ret, 0, sizeof *ret);
	lines_open(&l, s, n);
	if (!value(&l, "version=", &version, &version_n))
		return err_set(e, ERR_INVALID, "a proof begins with its version");
	if (!lines_is(version, version_n, "2"))
		return err_set(e, ERR_UNSUPPORTED, "the proof is not of version 2");
	if (!parse_head(&l, ret) || !parse_tree(&l, ret))
		return err_set(e, ERR_INVALID, "line %zu of the proof is not what the format wants",
		               l.number + 1);
	return parse_rest(&l, ret, e);
}

/* Take over the cosignatures of the policy's witnesses. */
static void
take_cosignatures(const struct note *note, const struct policy *policy, struct sigsum_proof *p)
{
	for (size_t w = 0; w < policy->witness_count; w++) {
		const struct policy_witness *witness = &policy->witness[w];

		for (size_t i = 0; i < note->signature_count; i++) {
			const struct note_signature *sig = &note->signature[i];
			struct sigsum_cosignature *c = &p->cosignature[p->cosignature_count];
			struct note_key key;
			char name[NOTE_NAME_MAX + 1];

			memcpy(name, sig->name, sig->name_size);
			name[sig->name_size] = '\0';
			if (sig->size != 8 + SIGN_SIZE ||
			    p->cosignature_count == SIGSUM_COSIGNATURES_MAX ||
			    (!witness->bare && !text_eq(name, witness->key.name)) ||
			    note_key_make(name, NOTE_COSIGNATURE, witness->key.public_key, &key,
			                  NULL) != ERR_OK ||
			    memcmp(key.id, sig->id, sizeof key.id) != 0)
				continue;
			sign_key_hash(witness->key.public_key, c->key_hash);
			c->at_utc_s = 0;
			for (size_t j = 0; j < 8; j++)
				c->at_utc_s = c->at_utc_s << 8 | sig->bytes[j];
			memcpy(c->signature, sig->bytes + 8, SIGN_SIZE);
			p->cosignature_count++;
			break;
		}
	}
}

enum err_code
sigsum_proof_make(const struct sigsum_place *place, const struct policy *policy,
                  struct sigsum_proof *ret, struct err *e)
{
	struct note note;
	struct checkpoint cp;
	const struct note_signature *own = NULL;
	const char *hex;
	size_t hex_n;
	enum err_code rc = note_parse(place->checkpoint, place->checkpoint_size, &note, e);

	if (rc != ERR_OK)
		return rc;
	rc = checkpoint_parse(note.text, note.text_size, &cp, e);
	if (rc != ERR_OK)
		return rc;
	memset(ret, 0, sizeof *ret);
	hex = cp.origin;
	hex_n = strlen(cp.origin);
	if (!lines_skip(&hex, &hex_n, ORIGIN_PREFIX) ||
	    !lines_hex(hex, hex_n, ret->log_key_hash, 32))
		return err_set(e, ERR_INVALID, "the origin %s is not that of a Sigsum log",
		               cp.origin);
	for (size_t i = 0; i < note.signature_count && !own; i++) {
		if (note.signature[i].size == SIGN_SIZE &&
		    lines_is(note.signature[i].name, note.signature[i].name_size, cp.origin))
			own = &note.signature[i];
	}
	if (!own)
		return err_set(e, ERR_INVALID, "the checkpoint is not signed by its log");
	if (place->index >= cp.size)
		return err_set(e, ERR_INVALID, "leaf %llu is not in a log of %llu",
		               (unsigned long long)place->index, (unsigned long long)cp.size);
	memcpy(ret->leaf_signature, place->leaf + 32, SIGN_SIZE);
	memcpy(ret->leaf_key_hash, place->leaf + 96, 32);
	ret->size = cp.size;
	memcpy(ret->root, cp.root, sizeof ret->root);
	memcpy(ret->signature, own->bytes, SIGN_SIZE);
	ret->index = place->index;
	ret->path = *place->path;
	if (policy)
		take_cosignatures(&note, policy, ret);
	return ERR_OK;
}

/* The log's and the witnesses' signatures. */
static enum err_code
verify_tree_head(const struct sigsum_proof *p, const struct policy *policy, struct err *e)
{
	bool signed_by[POLICY_WITNESSES_MAX] = { false };
	struct checkpoint cp = { .size = p->size };
	const uint8_t *log_key = NULL;
	struct buf text;
	struct buf message;
	uint8_t hash[32];
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < policy->log_count && !log_key; i++) {
		sign_key_hash(policy->log[i].key.public_key, hash);
		if (memcmp(hash, p->log_key_hash, sizeof hash) == 0)
			log_key = policy->log[i].key.public_key;
	}
	if (!log_key)
		return err_set(e, ERR_UNKNOWN, "the policy does not know the log of the proof");
	checkpoint_origin(log_key, cp.origin);
	memcpy(cp.root, p->root, sizeof cp.root);
	buf_init(&text, 4096);
	buf_init(&message, 8192);
	checkpoint_write(&text, &cp);
	if (!buf_ok(&text)) {
		rc = err_set(e, ERR_NOMEM, "out of memory for a checkpoint");
		goto out;
	}
	if (!sign_check(log_key, text.data, text.size, p->signature)) {
		rc = err_set(e, ERR_VERIFY, "the log's signature of the tree head is wrong");
		goto out;
	}
	for (size_t i = 0; i < p->cosignature_count; i++) {
		const struct sigsum_cosignature *c = &p->cosignature[i];

		for (size_t w = 0; w < policy->witness_count; w++) {
			sign_key_hash(policy->witness[w].key.public_key, hash);
			if (memcmp(hash, c->key_hash, sizeof hash) != 0)
				continue;
			buf_reset(&message);
			buf_printf(&message, "cosignature/v1\ntime %llu\n",
			           (unsigned long long)c->at_utc_s);
			buf_add(&message, text.data, text.size);
			if (!buf_ok(&message)) {
				rc = err_set(e, ERR_NOMEM, "out of memory for a cosignature");
				goto out;
			}
			if (!sign_check(policy->witness[w].key.public_key, message.data,
			                message.size, c->signature)) {
				rc = err_set(e, ERR_VERIFY,
				             "the cosignature of witness %s is wrong",
				             policy->witness[w].name);
				goto out;
			}
			signed_by[w] = true;
		}
	}
	if (!policy_quorum(policy, signed_by))
		rc = err_set(e, ERR_UNKNOWN, "too few witnesses of the policy have signed");
out:
	buf_done(&text);
	buf_done(&message);
	return rc;
}

enum err_code
sigsum_proof_verify(const struct sigsum_proof *p, const struct sigsum_facts *f, struct err *e)
{
	uint8_t leaf[SIGSUM_LEAF_SIZE];
	uint8_t leaf_hash[32];
	enum err_code rc;

	memcpy(leaf, f->checksum, 32);
	memcpy(leaf + 32, p->leaf_signature, SIGN_SIZE);
	memcpy(leaf + 96, p->leaf_key_hash, 32);
	rc = leaf_check(leaf, f->checksum, f->submitter, e);
	if (rc != ERR_OK)
		return rc;
	rc = verify_tree_head(p, f->policy, e);
	if (rc != ERR_OK)
		return rc;
	merkle_leaf(leaf, sizeof leaf, leaf_hash);
	return merkle_verify_inclusion(p->index, p->size, leaf_hash, &p->path, p->root, e);
}
