/* upgrade: bring an older register to this program's schema. */
#include <stdio.h>

#include "cli/commands.h"
#include "store/upgrade.h"

static int
run_upgrade(struct cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	struct err e = { 0 };
	int from = 0, to = 0;
	size_t n = 0;

	if (cli_parse(cli, NULL, argc, argv, &(struct cli_operands){ &file, 1, &n }, &e))
		return cli_usage("upgrade", &e);
	if (n != 1) {
		(void)err_set(&e, ERR_INVALID, "upgrade needs a register");
		return cli_usage("upgrade", &e);
	}
	if (store_upgrade(file, &from, &to, &e))
		return cli_fail(&e);
	if (cli->json)
		printf("{\"from\":%d,\"to\":%d}\n", from, to);
	else if (!cli->quiet && from == to)
		printf("%s has schema %d, this program's: nothing to do\n", file, to);
	else if (!cli->quiet)
		printf("%s: schema %d is now schema %d\n", file, from, to);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_upgrade = {
	.name = "upgrade",
	.run = run_upgrade,
	.summary = "bring a register of an older program to this one's schema",
	.synopsis = "FILE",
	.text = "Runs the migrations that came since, in one transaction: all or nothing. "
		"Submissions,\n"
		"revisions and the log stay as they are, byte for byte. Back the register up "
		"first\n"
		"(fallow backup). A register of a newer program is refused.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow upgrade r.gpkg\n",
};
