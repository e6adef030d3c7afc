/* user: accounts of the server, by whoever sits at the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/password.h"
#include "base/text.h"
#include "cli/commands.h"
#include "store/accounts.h"
#include "store/session.h"

struct wish {
	const char *operand[4]; /* what to do, NAME, and what that needs */
	size_t operands;
	const char *role, *scope, *revoke;
	bool from_stdin, remove;
};

/* Read a line into out, without its line feed; false at the end or when it is too long. */
static bool
read_line(FILE *in, char *out, size_t room)
{
	size_t n = 0;
	int c;

	while ((c = fgetc(in)) != EOF && c != '\n')
		if (n + 1 < room)
			out[n++] = (char)c;
		else
			return false;
	while (n && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	return n > 0 || c == '\n';
}

/* Ask on the terminal without echo. */
static enum err_code
ask_terminal(const char *question, char out[PASSWORD_MAX + 1], struct err *e)
{
	FILE *tty = fopen("/dev/tty", "r+");
	struct termios shown, hidden;
	bool ok;

	if (!tty || tcgetattr(fileno(tty), &shown) != 0) {
		if (tty)
			(void)fclose(tty); /* nothing was written */
		(void)err_hint(e, "Give it on standard input with --password-stdin.");
		return err_set(e, ERR_INVALID, "there is no terminal to ask for the password");
	}
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(question, tty);
	(void)fflush(tty);
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
	ok = read_line(tty, out, PASSWORD_MAX + 1);
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &shown);
	(void)fputc('\n', tty);
	(void)fclose(tty); /* a terminal: nothing to lose */
	return ok ? ERR_OK : err_set(e, ERR_INVALID, "no password was given");
}

static enum err_code
get_password(const struct wish *w, char out[PASSWORD_MAX + 1], struct err *e)
{
	char again[PASSWORD_MAX + 1];
	enum err_code rc;

	if (w->from_stdin)
		return read_line(stdin, out, PASSWORD_MAX + 1)
		               ? ERR_OK
		               : err_set(e, ERR_INVALID,
		                         "no password of at most %d bytes on standard input",
		                         PASSWORD_MAX);
	rc = ask_terminal("Password: ", out, e);
	if (!rc)
		rc = ask_terminal("Once more: ", again, e);
	if (!rc && strcmp(out, again) != 0)
		rc = err_set(e, ERR_INVALID, "the two are not the same");
	password_wipe(again, sizeof(again));
	return rc;
}

static enum err_code
add(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
    struct err *e)
{
	char password[PASSWORD_MAX + 1] = "";
	int64_t id = 0;
	enum err_code rc = get_password(w, password, e);

	(void)mem;
	if (!rc)
		rc = accounts_add(a, cli_author(), w->operand[1], w->role, password, &id, e);
	password_wipe(password, sizeof(password));
	if (!rc && cli->json)
		printf("{\"id\":%lld}\n", (long long)id);
	else if (!rc)
		cli_say(cli, "added %s", w->operand[1]);
	if (!rc && (text_eq(w->role, "approver") || text_eq(w->role, "legal")))
		cli_say(cli,
		        "%s can do what the role may only with a second factor: "
		        "fallow user totp %s",
		        w->operand[1], w->operand[1]);
	return rc;
}

static void
print_time(int64_t us)
{
	char text[24] = "never";

	if (us)
		clock_format_s(us / 1000000, text);
	printf("%-21s", text);
}

static enum err_code
list(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
     struct err *e)
{
	struct account *one;
	size_t count;
	enum err_code rc = accounts_list(a, mem, &one, &count, e);

	(void)w;
	if (rc)
		return rc;
	if (cli->json)
		printf("[");
	else
		printf("%-20s %-14s %-9s %-5s %s\n", "name", "role", "state", "totp", "last login");
	for (size_t i = 0; i < count; i++) {
		if (cli->json) {
			printf("%s{\"id\":%lld,\"name\":", i ? ",\n" : "", (long long)one[i].id);
			cli_json_text(one[i].name);
			printf(",\"role\":\"%s\",\"disabled\":%s,\"totp\":%s}", one[i].role,
			       one[i].disabled ? "true" : "false", one[i].totp ? "true" : "false");
			continue;
		}
		printf("%-20s %-14s %-9s %-5s ", one[i].name, one[i].role,
		       one[i].disabled ? "disabled" : "enabled", one[i].totp ? "yes" : "no");
		print_time(one[i].login_us);
		printf("\n");
	}
	if (cli->json)
		printf("]\n");
	return ERR_OK;
}

static enum err_code
passwd(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
       struct err *e)
{
	char password[PASSWORD_MAX + 1] = "";
	struct account who;
	enum err_code rc = accounts_find(a, w->operand[1], mem, &who, e);

	if (!rc)
		rc = get_password(w, password, e);
	if (!rc)
		rc = accounts_set_password(a, cli_author(), who.id, password, e);
	password_wipe(password, sizeof(password));
	if (!rc)
		cli_say(cli, "%s has a new password; all sessions ended", who.name);
	return rc;
}

static enum err_code
set_disabled(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
             struct err *e)
{
	bool disabled = text_eq(w->operand[0], "disable");
	struct account who;
	enum err_code rc = accounts_find(a, w->operand[1], mem, &who, e);

	if (!rc)
		rc = accounts_set_disabled(a, cli_author(), who.id, disabled, e);
	if (!rc)
		cli_say(cli, "%s is %s", who.name, disabled ? "disabled" : "enabled");
	return rc;
}

static enum err_code
list_tokens(struct accounts *a, int64_t id, struct arena *mem, struct err *e)
{
	struct token *t;
	size_t count;
	enum err_code rc = token_list(a, id, mem, &t, &count, e);

	for (size_t i = 0; !rc && i < count; i++) {
		char shown[130];

		printf("%4lld  %-6s  %-7s  ", (long long)t[i].id, t[i].scope,
		       t[i].revoked_us ? "revoked" : "");
		print_time(t[i].used_us);
		printf("  %s\n", err_quote(t[i].name, shown, sizeof(shown)));
	}
	return rc;
}

static enum err_code
token(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
      struct err *e)
{
	struct account who;
	char text[TOKEN_TEXT];
	int64_t id = 0;
	enum err_code rc = accounts_find(a, w->operand[1], mem, &who, e);

	if (rc)
		return rc;
	if (w->revoke) {
		if (!text_parse_i64(w->revoke, strlen(w->revoke), &id))
			return err_set(e, ERR_INVALID, "\"%.40s\" is no number of a token",
			               w->revoke);
		rc = token_revoke(a, cli_author(), who.id, id, e);
		if (!rc)
			cli_say(cli, "revoked");
		return rc;
	}
	if (!w->operand[2])
		return list_tokens(a, who.id, mem, e);
	rc = token_make(a,
	                &(struct token_wish){ cli_author(), who.id, w->operand[2],
	                                      w->scope ? w->scope : "submit" },
	                &id, text, e);
	if (rc)
		return rc;
	if (cli->json)
		printf("{\"id\":%lld,\"token\":\"%s\"}\n", (long long)id, text);
	else
		printf("%s\n", text);
	cli_say(cli, "shown once; revoke it with: fallow user token %s --revoke %lld", who.name,
	        (long long)id);
	password_wipe(text, sizeof(text));
	return ERR_OK;
}

static enum err_code
totp(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
     struct err *e)
{
	const char *uri = NULL;
	struct account who;
	enum err_code rc = accounts_find(a, w->operand[1], mem, &who, e);

	if (rc)
		return rc;
	if (w->remove) {
		rc = accounts_totp_remove(a, cli_author(), who.id, e);
		if (!rc)
			cli_say(cli, "%s has no second factor", who.name);
		return rc;
	}
	rc = accounts_totp_begin(a, cli_author(), who.id, true, mem, &uri, e);
	if (rc)
		return rc;
	if (cli->json)
		printf("{\"uri\":\"%s\"}\n", uri); /* made of letters that need no escape */
	else
		printf("%s\n", uri);
	cli_say(cli,
	        "shown once: give it to an authenticator program; every login of %s asks for "
	        "its code from now on",
	        who.name);
	return ERR_OK;
}

static enum err_code
print_audit(void *ctx, int64_t at_us, const char *actor, const char *what, const char *account,
            const char *detail, struct err *e)
{
	char at[24], shown[130];

	(void)ctx;
	(void)e;
	clock_format_s(at_us / 1000000, at);
	printf("%s  %-20s  %-14s  %-20s  %s\n", at, err_quote(actor, shown, sizeof(shown)), what,
	       account, detail);
	return ERR_OK;
}

static enum err_code
audit(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
      struct err *e)
{
	(void)cli;
	(void)w;
	(void)mem;
	return accounts_audit(a, print_audit, NULL, e);
}

static enum err_code
set_role(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
         struct err *e)
{
	struct account who;
	enum err_code rc = accounts_find(a, w->operand[1], mem, &who, e);

	if (!rc)
		rc = accounts_set_role(a, cli_author(), who.id, w->operand[2], e);
	if (!rc)
		cli_say(cli, "%s is %s", who.name, w->operand[2]);
	return rc;
}

static enum err_code
backup(const struct cli *cli, struct accounts *a, const struct wish *w, struct arena *mem,
       struct err *e)
{
	enum err_code rc = accounts_copy(a, w->operand[1], e);

	(void)mem;
	if (!rc)
		cli_say(cli,
		        "copied the accounts to %s, checked, without sessions. It is a secret: it "
		        "gives second factors away and lets passwords be guessed",
		        w->operand[1]);
	return rc;
}

/* Before anything is opened: that would make new accounts. */
static int
restore(const struct cli *cli, const struct wish *w)
{
	struct err e = { 0 };

	if (accounts_restore(w->operand[1], NULL, &e) != ERR_OK)
		return cli_fail(&e);
	cli_say(cli,
	        "the accounts are those of %s; what was revoked, disabled or changed after "
	        "that copy must be done again (see: fallow user audit)",
	        w->operand[1]);
	return CLI_EXIT_DONE;
}

static const struct action {
	const char *name;
	size_t least, most; /* operands, its own name among them */
	enum err_code (*run)(const struct cli *cli, struct accounts *a, const struct wish *w,
	                     struct arena *mem, struct err *e);
} actions[] = {
	{ "add", 2, 2, add },       { "list", 1, 1, list },
	{ "passwd", 2, 2, passwd }, { "disable", 2, 2, set_disabled },
	{ "role", 3, 3, set_role }, { "enable", 2, 2, set_disabled },
	{ "token", 2, 3, token },   { "totp", 2, 2, totp },
	{ "audit", 1, 1, audit },   { "backup", 2, 2, backup },
	{ "restore", 2, 2, NULL }, /* run_user does it */
};

static const struct action *
action_of(const struct wish *w, struct err *e)
{
	for (size_t i = 0; w->operands && i < sizeof(actions) / sizeof(*actions); i++) {
		if (!text_eq(actions[i].name, w->operand[0]))
			continue;
		if (w->operands < actions[i].least || w->operands > actions[i].most)
			(void)err_set(e, ERR_INVALID, "%s takes %zu words after it",
			              actions[i].name, actions[i].least - 1);
		else if (actions[i].run == add && !w->role)
			(void)err_set(e, ERR_INVALID, "add needs --role");
		else
			return &actions[i];
		return NULL;
	}
	(void)err_set(e, ERR_INVALID, "user needs to be told what to do");
	return NULL;
}

static int
run_user(struct cli *cli, int argc, char **argv)
{
	struct wish w = { .operands = 0 };
	const struct cli_option options[] = { { .name = "--role", .value = &w.role },
		                              { .name = "--scope", .value = &w.scope },
		                              { .name = "--revoke", .value = &w.revoke },
		                              { .name = "--remove", .flag = &w.remove },
		                              { .name = "--password-stdin", .flag = &w.from_stdin },
		                              { 0 } };
	const struct action *action;
	struct accounts *a = NULL;
	struct arena mem;
	struct err e = { 0 };
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ w.operand, 4, &w.operands },
	              &e))
		return cli_usage("user", &e);
	action = action_of(&w, &e);
	if (!action)
		return cli_usage("user", &e);
	if (!action->run)
		return restore(cli, &w);
	arena_init(&mem, 0);
	rc = accounts_open(NULL, &a, &e);
	if (!rc)
		rc = action->run(cli, a, &w, &mem, &e);
	accounts_close(a);
	arena_done(&mem);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_user = {
	.name = "user",
	.run = run_user,
	.summary = "accounts of the server: who may log in, with which role",
	.synopsis =
		"add NAME --role ROLE [--password-stdin]\n"
		"       fallow user list\n"
		"       fallow user passwd NAME [--password-stdin]\n"
		"       fallow user role NAME ROLE\n"
		"       fallow user disable|enable NAME\n"
		"       fallow user totp NAME [--remove]\n"
		"       fallow user token NAME [TITLE [--scope submit|read] | --revoke NUMBER]\n"
		"       fallow user audit\n"
		"       fallow user backup DIR\n"
		"       fallow user restore DIR",
	.text = "Accounts lie in $FALLOW_HOME/accounts and count for every register that this\n"
		"machine serves. ROLE is reporter, operator, officer, approver, legal or\n"
		"administrator; what each may see is in docs/ACCESS.md. Approver and legal can do\n"
		"what the role may only with a second factor. A changed password or role and\n"
		"disable end every session at once. A password has at least 8 characters, better\n"
		"15, and is not one that everybody tries.\n\n"
		"  totp               a second factor: prints the otpauth:// address for an\n"
		"                     authenticator program, once; --remove takes it away\n"
		"  token NAME TITLE   a token or app password for a program or phone, printed\n"
		"                     once; without TITLE: which there are\n"
		"  --scope S          what the token may: submit (hand in as a reporter, the\n"
		"                     default) or read (what the account reads, change nothing)\n"
		"  --revoke NUMBER    a token ends\n"
		"  --password-stdin   the password is the first line of standard input, not asked\n"
		"                     for on the terminal\n"
		"  audit              every login and change, oldest first\n"
		"  backup DIR         copies the accounts and their key into a new folder: fallow\n"
		"                     backup does not hold them. It is a secret\n"
		"  restore DIR        takes such a copy where there are no accounts yet\n",
	.examples = "$ echo 'three unlike words' | fallow user add olena --role operator "
		    "--password-stdin\n"
		    "$ echo 'four more unlike words' | fallow user add taras --role approver "
		    "--password-stdin\n"
		    "$ fallow user totp taras\n"
		    "$ fallow user token olena 'phone 7'\n"
		    "$ fallow user token olena --revoke 1\n"
		    "$ fallow user disable olena\n"
		    "$ fallow user list\n"
		    "$ fallow user audit\n"
		    "$ fallow user backup accounts-copy\n",
};
