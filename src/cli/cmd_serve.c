/* serve: registers as a service, for browsers, phones and other programs. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "serve/supervise.h"

static void
say_ready(void *ctx, const char *address)
{
	const struct cli *cli = ctx;

	if (cli->json)
		printf("{\"address\":\"%s\"}\n", address);
	else
		printf("serving at %s\n", address);
	fflush(stdout);
}

static void
say_remark(void *ctx, const char *text)
{
	cli_say(ctx, "%s", text);
}

/* "https://register.example", without a slash at the end */
static enum err_code
check_base(const char *base, struct err *e)
{
	size_t n = base ? strlen(base) : 0;

	if (!base || ((text_starts(base, "https://") || text_starts(base, "http://")) &&
	              base[n - 1] != '/' && n < 200 && !strpbrk(base, "\"\\<> ?#")))
		return ERR_OK;
	return err_set(e, ERR_INVALID,
	               "the address for clients must be like https://register.example, without a "
	               "slash at the end");
}

static int
run_serve(struct cli *cli, int argc, char **argv)
{
	const char *file[SERVE_REGISTERS_MOST] = { 0 };
	struct serve_options o = { .path = file,
		                   .listen = "127.0.0.1:8080",
		                   .ready = say_ready,
		                   .remark = say_remark,
		                   .ctx = cli };
	const struct cli_option options[] = { { .name = "--listen", .value = &o.listen },
		                              { .name = "--base", .value = &o.base },
		                              { .name = "--read-only", .flag = &o.read_only },
		                              { .name = NULL } };
	struct err e = { 0 };

	if (cli_parse(cli, options, argc, argv,
	              &(struct cli_operands){ file, SERVE_REGISTERS_MOST, &o.count }, &e) ||
	    check_base(o.base, &e))
		return cli_usage("serve", &e);
	if (o.count == 0) {
		(void)err_set(&e, ERR_INVALID, "serve needs a register");
		return cli_usage("serve", &e);
	}
	o.quiet = cli->quiet;
	return supervise_run(&o, &e) ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_serve = {
	.name = "serve",
	.run = run_serve,
	.summary = "show registers to browsers, phones and other programs",
	.synopsis = "FILE... [--listen ADDRESS:PORT] [--base URL] [--read-only]",
	.text = "Serves the page, the OGC API, vector tiles, the door for phones (OpenRosa) and\n"
		"the JSON API until it is told to end (Ctrl-C or SIGTERM); what was begun then\n"
		"ends first. The first FILE is at /, each one at /r/NAME too, NAME being that of\n"
		"the file. See docs/API.md and deploy/.\n\n"
		"  --listen A:P   address and port, 127.0.0.1:8080 unless said; [::1]:8080 for\n"
		"                 IPv6; port 0 takes a free one. The address is printed.\n"
		"  --base URL     how clients call this server when a proxy with TLS stands before\n"
		"                 it (deploy/nginx.conf): https://register.example\n"
		"  --read-only    nobody can change anything; the register's keys are not needed\n"
		"  --quiet        no access log on standard error. The log never holds who asked\n"
		"                 for what: neither address nor account nor the values asked for.\n\n"
		"It speaks plain HTTP: give it to the world only through a proxy with TLS.\n",
	.examples = "fallow serve land.gpkg\n"
		    "fallow serve land.gpkg --listen 127.0.0.1:8080 --base "
		    "https://register.example\n",
};
