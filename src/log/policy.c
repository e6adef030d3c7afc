#include "log/policy.h"

#include <string.h>

#include "base/text.h"
#include "log/lines.h"

#define GROUP_BASE POLICY_WITNESSES_MAX /* number of group 0 as a member */
#define URL_MAX 255
#define WORDS_MAX (POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX + 3)

_Static_assert(POLICY_GROUPS_MAX <= 64 && POLICY_WITNESSES_MAX <= 64, "members fit in two words");

struct word {
	const char *s;
	size_t n;
};

/* State while a policy is read. */
struct reading {
	struct policy *p;
	struct word word[WORDS_MAX];
	size_t count;
	bool have_quorum;
	bool used[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX]; /* is a member of a group already */
};

static bool
word_is(struct word w, const char *text)
{
	return lines_is(w.s, w.n, text);
}

/* Split at blanks; false if there are too many words. */
static bool
split_words(struct reading *r, const char *s, size_t n)
{
	size_t i = 0;

	r->count = 0;
	for (;;) {
		size_t start;

		while (i < n && (s[i] == ' ' || s[i] == '\t'))
			i++;
		if (i == n)
			return true;
		start = i;
		while (i < n && s[i] != ' ' && s[i] != '\t')
			i++;
		if (r->count == WORDS_MAX)
			return false;
		r->word[r->count].s = s + start;
		r->word[r->count].n = i - start;
		r->count++;
	}
}

static bool
copy_word(struct word w, char *out, size_t room)
{
	if (w.n == 0 || w.n >= room || memchr(w.s, '\0', w.n))
		return false;
	memcpy(out, w.s, w.n);
	out[w.n] = '\0';
	return true;
}

/* Number of a witness or group by name, -1 if there is none. */
static int
find_member(const struct policy *p, struct word w)
{
	for (size_t i = 0; i < p->witness_count; i++) {
		if (word_is(w, p->witness[i].name))
			return (int)i;
	}
	for (size_t i = 0; i < p->group_count; i++) {
		if (word_is(w, p->group[i].name))
			return (int)(GROUP_BASE + i);
	}
	return -1;
}

/* A vkey or 64 hex digits. name: what a bare key is called. */
static enum err_code
key_parse(struct word w, uint8_t type, const char *name, struct note_key *ret, bool *ret_bare,
          struct err *e)
{
	uint8_t public_key[SIGN_PUBLIC_SIZE];
	char origin[NOTE_ORIGIN_SIZE];
	enum err_code rc;

	if (lines_hex(w.s, w.n, public_key, sizeof public_key)) {
		*ret_bare = true;
		checkpoint_origin(public_key, origin);
		return note_key_make(name ? name : origin, type, public_key, ret, e);
	}
	*ret_bare = false;
	rc = note_vkey_parse(w.s, w.n, ret, e);
	if (rc == ERR_OK && ret->type != type)
		rc = err_set(e, ERR_INVALID, "a key of type %u stands where type %u is wanted",
		             ret->type, type);
	return rc;
}

static enum err_code
read_log(struct reading *r, struct err *e)
{
	struct policy *p = r->p;
	struct policy_log *log;
	enum err_code rc;

	if (r->count < 2 || r->count > 3)
		return err_set(e, ERR_INVALID, "a log has a key and perhaps an address");
	if (p->log_count == POLICY_LOGS_MAX)
		return err_set(e, ERR_LIMIT, "a policy names at most %d logs", POLICY_LOGS_MAX);
	log = &p->log[p->log_count];
	rc = key_parse(r->word[1], NOTE_ED25519, NULL, &log->key, &log->bare, e);
	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < p->log_count; i++) {
		if (text_eq(p->log[i].key.name, log->key.name))
			return err_set(e, ERR_INVALID, "the log %s stands there twice",
			               log->key.name);
	}
	log->url[0] = '\0';
	if (r->count == 3 && !copy_word(r->word[2], log->url, sizeof log->url))
		return err_set(e, ERR_LIMIT, "an address is longer than %d bytes", URL_MAX);
	p->log_count++;
	return ERR_OK;
}

static enum err_code
read_name(struct reading *r, char *out, struct err *e)
{
	if (!copy_word(r->word[1], out, POLICY_NAME_MAX + 1))
		return err_set(e, ERR_LIMIT, "a name is longer than %d bytes", POLICY_NAME_MAX);
	if (text_eq(out, "none") || find_member(r->p, r->word[1]) >= 0)
		return err_set(e, ERR_INVALID, "the name \"%s\" is taken", out);
	return ERR_OK;
}

static enum err_code
read_witness(struct reading *r, struct err *e)
{
	struct policy *p = r->p;
	struct policy_witness *w;
	enum err_code rc;

	if (r->count < 3 || r->count > 4)
		return err_set(e, ERR_INVALID,
		               "a witness has a name, a key and perhaps an address");
	if (p->witness_count == POLICY_WITNESSES_MAX)
		return err_set(e, ERR_LIMIT, "a policy names at most %d witnesses",
		               POLICY_WITNESSES_MAX);
	w = &p->witness[p->witness_count];
	rc = read_name(r, w->name, e);
	if (rc == ERR_OK)
		rc = key_parse(r->word[2], NOTE_COSIGNATURE, w->name, &w->key, &w->bare, e);
	if (rc != ERR_OK)
		return rc;
	/* One key under two names would count twice. */
	for (size_t i = 0; i < p->witness_count; i++) {
		if (memcmp(p->witness[i].key.public_key, w->key.public_key, SIGN_PUBLIC_SIZE) == 0)
			return err_set(e, ERR_INVALID, "the witnesses %s and %s have one key",
			               p->witness[i].name, w->name);
	}
	w->url[0] = '\0';
	if (r->count == 4 && !copy_word(r->word[3], w->url, sizeof w->url))
		return err_set(e, ERR_LIMIT, "an address is longer than %d bytes", URL_MAX);
	p->witness_count++;
	return ERR_OK;
}

static enum err_code
read_group(struct reading *r, struct err *e)
{
	struct policy *p = r->p;
	struct policy_group *g;
	uint64_t threshold;
	enum err_code rc;

	if (r->count < 4)
		return err_set(e, ERR_INVALID, "a group has a name, a number and members");
	if (p->group_count == POLICY_GROUPS_MAX)
		return err_set(e, ERR_LIMIT, "a policy has at most %d groups", POLICY_GROUPS_MAX);
	g = &p->group[p->group_count];
	rc = read_name(r, g->name, e);
	if (rc != ERR_OK)
		return rc;
	g->member_count = (unsigned)(r->count - 3);
	if (word_is(r->word[2], "all"))
		threshold = g->member_count;
	else if (word_is(r->word[2], "any"))
		threshold = 1;
	else if (!lines_decimal(r->word[2].s, r->word[2].n, g->member_count, &threshold) ||
	         threshold == 0)
		return err_set(e, ERR_INVALID, "the number of a group is all, any or 1 .. %u",
		               g->member_count);
	g->threshold = (unsigned)threshold;
	for (size_t i = 3; i < r->count; i++) {
		const int m = find_member(p, r->word[i]);

		if (m < 0)
			return err_set(e, ERR_INVALID, "member %zu of group %s is not known", i - 2,
			               g->name);
		if (r->used[m])
			return err_set(e, ERR_INVALID,
			               "member %zu of group %s is in a group already", i - 2,
			               g->name);
		r->used[m] = true;
		g->member[i - 3] = (uint16_t)m;
	}
	p->group_count++;
	return ERR_OK;
}

static enum err_code
read_quorum(struct reading *r, struct err *e)
{
	if (r->have_quorum)
		return err_set(e, ERR_INVALID, "a second quorum");
	if (r->count != 2)
		return err_set(e, ERR_INVALID, "a quorum is one name or none");
	r->have_quorum = true;
	r->p->quorum = -1;
	if (word_is(r->word[1], "none"))
		return ERR_OK;
	r->p->quorum = find_member(r->p, r->word[1]);
	if (r->p->quorum < 0)
		return err_set(e, ERR_INVALID, "the quorum's name is not known");
	return ERR_OK;
}

static enum err_code
read_line(struct reading *r, const char *s, size_t n, struct err *e)
{
	if (!split_words(r, s, n))
		return err_set(e, ERR_LIMIT, "more than %d words", WORDS_MAX);
	if (r->count == 0 || r->word[0].s[0] == '#')
		return ERR_OK;
	if (word_is(r->word[0], "log"))
		return read_log(r, e);
	if (word_is(r->word[0], "witness"))
		return read_witness(r, e);
	if (word_is(r->word[0], "group"))
		return read_group(r, e);
	if (word_is(r->word[0], "quorum"))
		return read_quorum(r, e);
	return err_set(e, ERR_INVALID, "a line begins with log, witness, group or quorum");
}

enum err_code
policy_parse(const char *s, size_t n, struct policy *ret, struct err *e)
{
	struct reading r = { .p = ret };
	struct lines l;
	const char *line;
	size_t line_n;
	enum err_code rc;

	if (n > POLICY_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a policy of %zu bytes is longer than %d", n,
		               POLICY_MAX_BYTES);
	if (!text_is_utf8(s, n))
		return err_set(e, ERR_INVALID, "a policy is UTF-8");
	for (size_t i = 0; i < n; i++) {
		if (((unsigned char)s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7f)
			return err_set(e, ERR_INVALID, "a policy has no control characters");
	}
	memset(ret, 0, sizeof *ret);
	ret->quorum = -1;
	lines_open(&l, s, n);
	for (;;) {
		if (!lines_next(&l, &line, &line_n)) {
			if (lines_done(&l))
				break;
			/* A last line without line feed counts as one. */
			line = l.p;
			line_n = (size_t)(l.end - l.p);
			l.p = l.end;
			l.number++;
		}
		rc = read_line(&r, line, line_n, e);
		if (rc != ERR_OK) {
			(void)err_prefix(e, "policy: line %zu", l.number);
			return rc;
		}
	}
	if (!r.have_quorum)
		return err_set(e, ERR_INVALID, "policy: there is no quorum line");
	return ERR_OK;
}

static void
write_key(struct buf *b, const struct note_key *k, bool bare)
{
	char hex[2 * SIGN_PUBLIC_SIZE + 1];

	if (bare) {
		text_hex(k->public_key, sizeof k->public_key, hex);
		buf_adds(b, hex);
	} else {
		note_vkey_write(b, k);
	}
}

static const char *
member_name(const struct policy *p, unsigned m)
{
	return m < GROUP_BASE ? p->witness[m].name : p->group[m - GROUP_BASE].name;
}

static void
write_url(struct buf *b, const char *url)
{
	if (url[0] != '\0') {
		buf_addc(b, ' ');
		buf_adds(b, url);
	}
	buf_addc(b, '\n');
}

void
policy_write(struct buf *b, const struct policy *p, bool bare)
{
	for (size_t i = 0; i < p->log_count; i++) {
		buf_adds(b, "log ");
		write_key(b, &p->log[i].key, bare);
		write_url(b, p->log[i].url);
	}
	for (size_t i = 0; i < p->witness_count; i++) {
		buf_printf(b, "witness %s ", p->witness[i].name);
		write_key(b, &p->witness[i].key, bare);
		write_url(b, p->witness[i].url);
	}
	for (size_t i = 0; i < p->group_count; i++) {
		const struct policy_group *g = &p->group[i];

		buf_printf(b, "group %s %u", g->name, g->threshold);
		for (unsigned j = 0; j < g->member_count; j++)
			buf_printf(b, " %s", member_name(p, g->member[j]));
		buf_addc(b, '\n');
	}
	buf_printf(b, "quorum %s\n", p->quorum < 0 ? "none" : member_name(p, (unsigned)p->quorum));
}

bool
policy_quorum(const struct policy *p, const bool *signed_by)
{
	bool met[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX] = { false };

	if (p->quorum < 0)
		return true;
	for (size_t i = 0; i < p->witness_count; i++)
		met[i] = signed_by[i];
	/* A group names only what stands before it, so one pass in order is enough. */
	for (size_t i = 0; i < p->group_count; i++) {
		unsigned count = 0;

		for (unsigned j = 0; j < p->group[i].member_count; j++)
			count += met[p->group[i].member[j]] ? 1 : 0;
		met[GROUP_BASE + i] = count >= p->group[i].threshold;
	}
	return met[p->quorum];
}

/* Check the lines of one witness. A bare key has no name of its own: it takes each line's. */
static enum err_code
check_witness(const struct note *note, const struct policy_witness *w, bool *ret_good,
              struct err *e)
{
	enum err_code rc;

	*ret_good = false;
	if (!w->bare) {
		rc = note_verify_key(note, &w->key, NULL, e);
		*ret_good = rc == ERR_OK;
		return rc == ERR_UNKNOWN ? ERR_OK : rc;
	}
	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *sig = &note->signature[i];
		struct note_key key;
		char name[NOTE_NAME_MAX + 1];

		memcpy(name, sig->name, sig->name_size);
		name[sig->name_size] = '\0';
		rc = note_key_make(name, NOTE_COSIGNATURE, w->key.public_key, &key, e);
		if (rc == ERR_OK)
			rc = note_verify_key(note, &key, NULL, e);
		if (rc == ERR_OK)
			*ret_good = true;
		else if (rc != ERR_UNKNOWN)
			return rc;
	}
	return ERR_OK;
}

enum err_code
policy_check(const struct policy *p, const char *checkpoint, size_t n, struct checkpoint *ret,
             size_t *ret_log, struct err *e)
{
	bool signed_by[POLICY_WITNESSES_MAX] = { false };
	struct note note;
	struct checkpoint cp;
	size_t log = 0;
	enum err_code rc = note_parse(checkpoint, n, &note, e);

	if (rc != ERR_OK)
		return rc;
	rc = checkpoint_parse(note.text, note.text_size, &cp, e);
	if (rc != ERR_OK)
		return rc;
	while (log < p->log_count && !text_eq(p->log[log].key.name, cp.origin))
		log++;
	if (log == p->log_count)
		return err_set(e, ERR_UNKNOWN, "the policy does not know the log %s", cp.origin);
	rc = note_verify_key(&note, &p->log[log].key, NULL, e);
	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < p->witness_count; i++) {
		rc = check_witness(&note, &p->witness[i], &signed_by[i], e);
		if (rc != ERR_OK)
			return rc;
	}
	if (!policy_quorum(p, signed_by))
		return err_set(e, ERR_UNKNOWN, "too few witnesses of the policy have signed");
	*ret = cp;
	if (ret_log)
		*ret_log = log;
	return ERR_OK;
}
