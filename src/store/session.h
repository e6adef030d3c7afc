/* Who is logged in: sessions of people, tokens of programs, and what slows guessing down. Of every
 * session and token only the SHA-256 is kept. Times: microseconds UTC, by base/clock.h.
 * Threads: as the handle of accounts.h. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "store/accounts.h"

enum {
	SESSION_TEXT = 44,          /* 256 random bits as base64url, and a NUL */
	SESSION_IDLE_S = 30 * 60,   /* ends after so long without a request */
	SESSION_LIFE_S = 12 * 3600, /* ends after so long in any case */
	SESSION_MOST = 20,          /* of one account; the oldest ends */
	TOKEN_TEXT = 30,            /* "fw_", 128 random bits as base32 in small letters, a NUL */
	TOKEN_MOST = 100,           /* of one account, not revoked */
	LOGIN_FREE_PAIR = 5,        /* wrong passwords before waiting: of a name from an address */
	LOGIN_FREE_NAME = 20,       /* of a name, from anywhere */
	LOGIN_FREE_REMOTE = 30,     /* from an address, any names */
	LOGIN_WAIT_PAIR_S = 900,    /* longest wait; it doubles from 2 s */
	LOGIN_WAIT_NAME_S = 300,    /* shorter: a stranger shall not lock somebody out for long */
	LOGIN_WAIT_REMOTE_S = 900,
	LOGIN_FORGET_S = 24 * 3600,  /* wrong passwords are forgotten after */
	LOGIN_ATTEMPTS_MOST = 100000 /* rows that count wrong passwords */
};

struct login_ask {
	const char *name;
	const char *password;
	size_t password_size;
	const char *code;   /* one-time password, NULL = none given */
	const char *remote; /* the client's address or network */
};

enum login_result {
	LOGIN_DONE,
	LOGIN_WRONG,      /* name, password or one-time password: one answer, in one time */
	LOGIN_NEEDS_CODE, /* the password is right, a one-time password must come with it */
	LOGIN_WAIT        /* too many wrong ones: wait_s; the password was not looked at */
};

struct login {
	enum login_result result;
	int wait_s;
	int64_t account;
	bool second_factor;
	char session[SESSION_TEXT]; /* for the cookie */
};

/** Log in: a new session. The result says what happened; errors are those of the file. */
MUST_CHECK enum err_code session_login(struct accounts *a, const struct login_ask *ask,
                                       struct login *ret, struct err *e);
/** Prove who it is again, for what a stolen session must not do: the same checks and limits, no
 * session. The one-time password is not asked again. */
MUST_CHECK enum err_code session_prove(struct accounts *a, const struct login_ask *ask,
                                       struct login *ret, struct err *e);
/** A session for an account that proved itself (a second factor just set). */
MUST_CHECK enum err_code session_make(struct accounts *a, int64_t account, bool second_factor,
                                      char ret[SESSION_TEXT], struct err *e);

struct session {
	int64_t account; /* 0 = nobody */
	const char *name, *role;
	bool second_factor;
	bool may_read, may_submit; /* of a token: one of them; of a session: both */
};

/** Whose session it is; account 0 when it is none, ended, too old or idle too long. */
MUST_CHECK enum err_code session_find(struct accounts *a, const char *text, struct arena *mem,
                                      struct session *ret, struct err *e);
/** End one (log out); ending none is no error. */
MUST_CHECK enum err_code session_end(struct accounts *a, const char *text, struct err *e);

struct token {
	int64_t id;
	const char *name, *scope;
	int64_t created_us, used_us, revoked_us; /* 0 = never */
};

struct token_wish {
	const char *by; /* who asks for it */
	int64_t account;
	const char *name;  /* 1 .. 100 bytes of UTF-8 */
	const char *scope; /* "submit" or "read" */
};

/** Make a token or app password. The text is shown once and not kept. ERR_INVALID, ERR_LIMIT. */
MUST_CHECK enum err_code token_make(struct accounts *a, const struct token_wish *w, int64_t *ret_id,
                                    char ret_text[TOKEN_TEXT], struct err *e);
/** All of an account, revoked ones too; in mem. */
MUST_CHECK enum err_code token_list(struct accounts *a, int64_t account, struct arena *mem,
                                    struct token **ret, size_t *ret_count, struct err *e);
/** Revoke one of an account; ERR_NOTFOUND. */
MUST_CHECK enum err_code token_revoke(struct accounts *a, const char *by, int64_t account,
                                      int64_t id, struct err *e);
/** Whose token it is; account 0 when it is none, revoked, or of a disabled account. */
MUST_CHECK enum err_code token_find(struct accounts *a, const char *text, struct arena *mem,
                                    struct session *ret, struct err *e);

#endif
