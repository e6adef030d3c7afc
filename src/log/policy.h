/* Trust policies: which logs, which witnesses, which quorum (C2SP tlog-policy; Sigsum's own files
 * give bare hex keys in place of vkeys, both are read and written). Thread-safe. */
#ifndef LOG_POLICY_H
#define LOG_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/note.h"

#define POLICY_LOGS_MAX 32
#define POLICY_WITNESSES_MAX 64
#define POLICY_GROUPS_MAX 64
#define POLICY_NAME_MAX 63
#define POLICY_MAX_BYTES 65536

struct policy_log {
	struct note_key key; /* for a bare hex key the name is the Sigsum origin */
	char url[256];       /* "" if not given */
	bool bare;           /* was given as hex */
};

struct policy_witness {
	char name[POLICY_NAME_MAX + 1]; /* the name used in groups */
	struct note_key key;
	char url[256];
	bool bare;
};

struct policy_group {
	char name[POLICY_NAME_MAX + 1];
	unsigned threshold; /* of its members; 1 .. member_count */
	unsigned member_count;
	uint16_t member[POLICY_WITNESSES_MAX +
	                POLICY_GROUPS_MAX]; /* witness i, or 64 + group i (defined before) */
};

struct policy {
	size_t log_count;
	size_t witness_count;
	size_t group_count;
	int quorum; /* -1 none; else witness i, or 64 + group i */
	struct policy_log log[POLICY_LOGS_MAX];
	struct policy_witness witness[POLICY_WITNESSES_MAX];
	struct policy_group group[POLICY_GROUPS_MAX];
};

/** Parse a policy. About 80 kB a struct: keep it off small stacks. ERR_INVALID (line), ERR_LIMIT.
 */
MUST_CHECK enum err_code policy_parse(const char *s, size_t n, struct policy *ret, struct err *e);
/** Append the policy as text; bare: hex keys (Sigsum's form), else vkeys. */
void policy_write(struct buf *b, const struct policy *p, bool bare);
/** Is the quorum met by the witnesses whose entry in signed_by (witness_count of them) is true? */
bool policy_quorum(const struct policy *p, const bool *signed_by);
/**
 * Check a signed checkpoint against a policy: signed by one of its logs (whose key name must be the
 * origin), no bad signature of a known key, quorum of cosignatures. ret_log (may be NULL) gets the
 * number of the log. ERR_VERIFY, ERR_UNKNOWN (no log of the policy, quorum not met), ERR_INVALID.
 */
MUST_CHECK enum err_code policy_check(const struct policy *p, const char *checkpoint, size_t n,
                                      struct checkpoint *ret, size_t *ret_log, struct err *e);

#endif
