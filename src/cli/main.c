/* fallow: an open mine action register. Finds the command and calls it. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "geo/geo.h"
#include "store/store.h"

const struct cli_command *const cli_commands[] = {
#define COMMAND(name) &cmd_##name,
#include "cli/commands.def"
#undef COMMAND
	NULL
};

static const char exit_text[] =
	"Exit status: 0 done, 1 failed, 2 wrong call, 3 done and rows are in quarantine,\n"
	"4 evidence does not verify, 5 cannot tell.\n";

static void
print_help(FILE *out)
{
	fprintf(out, "fallow %s: an open mine action register in one file.\n\n", FALLOW_VERSION);
	fprintf(out, "usage: fallow COMMAND [ARGUMENT]... [--json] [--quiet]\n\n");
	for (size_t i = 0; cli_commands[i]; i++)
		fprintf(out, "  %-11s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
	fprintf(out, "  %-11s %s\n\n", "help", "explain a command: fallow help COMMAND");
	fputs(exit_text, out);
}

static const struct cli_command *
command(const char *name)
{
	for (size_t i = 0; cli_commands[i]; i++)
		if (text_eq(cli_commands[i]->name, name))
			return cli_commands[i];
	return NULL;
}

static void
help_plain(const struct cli_command *c)
{
	printf("fallow %s: %s\n\nusage: fallow %s %s\n\n%s\n", c->name, c->summary, c->name,
	       c->synopsis, c->text);
	if (*c->examples)
		printf("Examples:\n%s\n", c->examples);
	fputs(exit_text, stdout);
}

/* roff: a line that begins with a dot or an apostrophe would be a request. */
static void
roff_text(const char *s)
{
	for (bool start = true; *s; s++) {
		if (start && (*s == '.' || *s == '\''))
			fputs("\\&", stdout);
		if (*s == '\\' || *s == '-')
			putchar('\\');
		putchar(*s);
		start = *s == '\n';
	}
}

static void
help_man(const struct cli_command *c)
{
	printf(".TH FALLOW\\-%s 1 \"\" \"fallow %s\" \"Fallow\"\n.SH NAME\nfallow\\-%s \\- ",
	       c->name, FALLOW_VERSION, c->name);
	roff_text(c->summary);
	printf("\n.SH SYNOPSIS\n.nf\nfallow %s ", c->name);
	roff_text(c->synopsis);
	printf("\n.fi\n.SH DESCRIPTION\n.nf\n");
	roff_text(c->text);
	printf("\n.fi\n.SH EXAMPLES\n.nf\n");
	roff_text(c->examples);
	printf("\n.fi\n.SH EXIT STATUS\n");
	roff_text(exit_text);
}

static int
help(int argc, char **argv)
{
	bool man = argc > 2 && text_eq(argv[1], "--man");
	const char *name = NULL;
	const struct cli_command *c;

	for (int i = 1; i < argc; i++) /* what every command takes says nothing here */
		if (!text_eq(argv[i], "--json") && !text_eq(argv[i], "--quiet"))
			name = argv[i];
	c = name ? command(name) : NULL;

	if (!name) {
		print_help(stdout);
		return CLI_EXIT_DONE;
	}
	if (!c) {
		fprintf(stderr, "fallow: there is no command %s\nSee: fallow help\n", name);
		return CLI_EXIT_USAGE;
	}
	if (man)
		help_man(c);
	else
		help_plain(c);
	return CLI_EXIT_DONE;
}

int
main(int argc, char **argv)
{
	struct cli cli = { .progress = isatty(2) == 1 };
	const struct cli_command *c;

	if (argc < 2) {
		print_help(stderr);
		return CLI_EXIT_USAGE;
	}
	if (text_eq(argv[1], "--version")) {
		bool json = argc > 2 && text_eq(argv[2], "--json");

		printf(json ? "{\"fallow\":\"%s\",\"libraries\":\"%s, %s\"}\n"
		            : "fallow %s\n%s, %s\n",
		       FALLOW_VERSION, store_sqlite_version(), geo_versions());
		return CLI_EXIT_DONE;
	}
	if (text_eq(argv[1], "--help") || text_eq(argv[1], "-h") || text_eq(argv[1], "help"))
		return help(argc - 1, argv + 1);
	c = command(argv[1]);
	if (!c) {
		fprintf(stderr, "fallow: there is no command %s\nSee: fallow help\n", argv[1]);
		return CLI_EXIT_USAGE;
	}
	for (int i = 2; i < argc; i++)
		if (text_eq(argv[i], "--help") || (i == 2 && text_eq(argv[i], "-h"))) {
			help_plain(c);
			return CLI_EXIT_DONE;
		}
	return c->run(&cli, argc - 1, argv + 1);
}
