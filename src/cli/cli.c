#include "cli/cli.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

static enum err_code
take_value(const struct cli_option *o, const char *value, struct err *e)
{
	if (o->list) {
		if (*o->count >= o->max)
			return err_set(e, ERR_LIMIT, "%s is given more than %zu times", o->name,
			               o->max);
		o->list[(*o->count)++] = value;
	} else {
		*o->value = value;
	}
	return ERR_OK;
}

static const struct cli_option *
find_option(const struct cli_option *options, const char *arg, size_t n)
{
	for (const struct cli_option *o = options; o && o->name; o++)
		if (strlen(o->name) == n && strncmp(o->name, arg, n) == 0)
			return o;
	return NULL;
}

static enum err_code
take_option(struct cli *cli, const struct cli_option *options, int argc, char **argv, int *i,
            struct err *e)
{
	const char *arg = argv[*i], *eq = strchr(arg, '=');
	size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
	const struct cli_option *o = find_option(options, arg, n);

	if (text_eq(arg, "--json")) {
		cli->json = true;
		return ERR_OK;
	}
	if (text_eq(arg, "--quiet")) {
		cli->quiet = true;
		cli->progress = false;
		return ERR_OK;
	}
	if (!o)
		return err_set(e, ERR_INVALID, "%.*s is no option of this command", (int)n, arg);
	if (o->flag) {
		if (eq)
			return err_set(e, ERR_INVALID, "%s takes no value", o->name);
		*o->flag = true;
		return ERR_OK;
	}
	if (eq)
		return take_value(o, eq + 1, e);
	if (*i + 1 >= argc)
		return err_set(e, ERR_INVALID, "%s needs a value", o->name);
	return take_value(o, argv[++*i], e);
}

enum err_code
cli_parse(struct cli *cli, const struct cli_option *options, int argc, char **argv,
          const struct cli_operands *operands, struct err *e)
{
	bool only_operands = false;
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		enum err_code rc;

		if (!only_operands && text_eq(argv[i], "--")) {
			only_operands = true;
			continue;
		}
		if (!only_operands && argv[i][0] == '-' && argv[i][1] == '-') {
			rc = take_option(cli, options, argc, argv, &i, e);
			if (rc)
				return rc;
			continue;
		}
		if (n == operands->max)
			return err_set(e, ERR_INVALID, "\"%.80s\" is one word too many", argv[i]);
		operands->word[n++] = argv[i];
	}
	*operands->ret_count = n;
	return ERR_OK;
}

static const struct cli_command *
find_command(const char *name)
{
	for (size_t i = 0; cli_commands[i]; i++)
		if (text_eq(cli_commands[i]->name, name))
			return cli_commands[i];
	return NULL;
}

int
cli_usage(const char *command, const struct err *e)
{
	const struct cli_command *c = find_command(command);

	if (e && e->text[0])
		fprintf(stderr, "fallow: %s\n", e->text);
	if (e && e->hint[0])
		fprintf(stderr, "%s\n", e->hint);
	if (c) {
		fprintf(stderr, "usage: fallow %s %s\n", c->name, c->synopsis);
		fprintf(stderr, "See: fallow help %s\n", c->name);
	}
	return CLI_EXIT_USAGE;
}

int
cli_fail(const struct err *e)
{
	fprintf(stderr, "fallow: %s\n", e->text[0] ? e->text : err_name(e->code));
	if (e->hint[0])
		fprintf(stderr, "%s\n", e->hint);
	/* a sentence that begins with an option is about its value: that is usage */
	if (text_starts(e->text, "--") && e->code == ERR_INVALID)
		return CLI_EXIT_USAGE;
	return err_exit_status(e->code ? e->code : ERR_INTERNAL);
}

int
cli_fail_question(const struct err *e)
{
	int status = cli_fail(e);

	return e->code == ERR_INVALID ? CLI_EXIT_USAGE : status;
}

void
cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

enum err_code
cli_open(const struct cli *cli, const char *path, enum store_mode mode, struct store **ret,
         struct err *e)
{
	enum err_code rc = store_open(path, mode, ret, e);

	if (!rc && *store_warning(*ret))
		cli_say(cli, "%s: %s", path, store_warning(*ret));
	return rc;
}

void
cli_progress(const struct cli *cli, const char *doing, int64_t done, int64_t total)
{
	static int64_t last_us; /* when the line was drawn last: one process, one terminal */
	int64_t now;

	if (!cli->progress)
		return;
	now = clock_now_us();
	if (now - last_us < 100000)
		return;
	last_us = now;
	if (total > 0)
		fprintf(stderr, "\r%s %3d %%\033[K", doing, (int)(done * 100 / total));
	else
		fprintf(stderr, "\r%s %lld\033[K", doing, (long long)done);
}

void
cli_progress_end(const struct cli *cli)
{
	if (cli->progress)
		fprintf(stderr, "\r\033[K");
}

enum err_code
cli_print(const struct buf *b, struct err *e)
{
	if (!buf_ok(b))
		return err_set(e, ERR_NOMEM, "out of memory for the answer");
	if (fwrite(b->data ? b->data : "", 1, b->size, stdout) != b->size || fflush(stdout) != 0)
		return err_set(e, ERR_IO, "could not write the answer to standard output");
	return ERR_OK;
}

void
cli_json_text(const char *text)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	json_write_string(&b, text, strlen(text));
	(void)fputs(buf_ok(&b) ? buf_text(&b) : "null", stdout);
	buf_done(&b);
}

const char *
cli_author(void)
{
	const char *name = getenv("FALLOW_AUTHOR");
	static char texts[4096];
	struct passwd entry, *p = NULL;

	if (name && *name)
		return name;
	if (getpwuid_r(getuid(), &entry, texts, sizeof(texts), &p) != 0 || !p || !p->pw_name)
		return "";
	return p->pw_name;
}
