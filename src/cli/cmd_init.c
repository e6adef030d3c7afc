#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"

static int
run(struct cli *cli, int argc, char **argv)
{
	const char *country = NULL, *name = NULL, *path = NULL;
	const struct cli_option options[] = { { .name = "--country", .value = &country },
		                              { .name = "--name", .value = &name },
		                              { 0 } };
	struct store *st = NULL;
	struct err e = { 0 };
	size_t n = 0;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ &path, 1, &n }, &e))
		return cli_usage("init", &e);
	if (!path || !country || !name) {
		(void)err_set(&e, ERR_INVALID, "init needs a file, --country and --name");
		return cli_usage("init", &e);
	}
	if (!*name || text_utf8_length(name, strlen(name)) > 200) {
		(void)err_set(&e, ERR_INVALID, "--name must have 1 to 200 characters");
		return cli_usage("init", &e);
	}
	if (store_init(path, country, name, &e) || cli_open(cli, path, STORE_READ, &st, &e))
		return cli_fail(&e);
	if (cli->json) {
		printf("{\"file\":");
		cli_json_text(path);
		printf(",\"origin\":\"%s\",\"vkey\":\"%s\"}\n", store_meta(st, "origin"),
		       store_meta(st, "log_vkey"));
	} else if (!cli->quiet)
		printf("made the register %s (%s, %s)\nlog %s\nIts keys are outside the file; keep "
		       "a copy of them apart "
		       "(see fallow help backup).\n",
		       path, store_meta(st, "name"), store_meta(st, "country"),
		       store_meta(st, "origin"));
	store_close(st);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_init = {
	.name = "init",
	.run = run,
	.summary = "make a new, empty register",
	.synopsis = "FILE --country ISO3 --name TEXT",
	.text = "Makes the register FILE (a GeoPackage), the folder of originals beside it and "
		"the\n"
		"keys of its log under $FALLOW_HOME (default: ~/.config/fallow). Nothing is\n"
		"overwritten. The keys are not in the file: without them nothing can be added to\n"
		"the register and sealed values stay sealed.\n\n"
		"  --country ISO3  country, three capital letters (ISO 3166-1), such as UKR\n"
		"  --name TEXT     name of the register, 1 to 200 characters\n",
	.examples = "$ fallow init demo.gpkg --country XXA --name \"A fictional register\"\n",
};
