/* approve and return: decisions about what waits. */
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "ingest/decide.h"

enum {
	MAX_IDS = 10000
};

static int
decide(struct cli *cli, const char *command, int argc, char **argv, const char *type)
{
	const char *by = cli_author(), *second = NULL, *reason = NULL, *certificate = NULL;
	static const char *operand[MAX_IDS]; /* 80 kB, too much for the stack */
	bool release = false;
	const struct cli_option options[] = { { .name = "--by", .value = &by },
		                              { .name = "--second", .value = &second },
		                              { .name = "--reason", .value = &reason },
		                              { .name = "--certificate", .value = &certificate },
		                              { .name = "--release", .flag = &release },
		                              { 0 } };
	struct decide_options what;
	struct decide_result result = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, MAX_IDS, &n }, &e))
		return cli_usage(command, &e);
	if (n < 2)
		(void)err_set(&e, ERR_INVALID, "%s needs a register and at least one id", command);
	else if (text_eq(type, "return") && !reason)
		(void)err_set(&e, ERR_INVALID, "a return needs a reason (--reason TEXT)");
	if (e.code)
		return cli_usage(command, &e);
	what = (struct decide_options){ .type = release ? "release" : type,
		                        .by = by,
		                        .second = second,
		                        .reason = reason,
		                        .certificate = certificate,
		                        .id = operand + 1,
		                        .ids = n - 1 };
	rc = cli_open(cli, operand[0], STORE_WRITE, &st, &e);
	if (!rc)
		rc = decide_run(st, &what, &result, &e);
	if (!rc && cli->json)
		printf("{\"decision\":\"%s\",\"revisions\":%zu,\"submission\":%lld}\n", result.id,
		       result.revisions, (long long)result.submission);
	else if (!rc && !cli->quiet)
		printf("%s %zu revision%s (decision %s, submission %lld)\n",
		       what.type[0] == 'r' && what.type[2] == 't' ? "returned"
		       : release                                  ? "released"
		                                                  : "approved",
		       result.revisions, result.revisions == 1 ? "" : "s", result.id,
		       (long long)result.submission);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

static int
run_approve(struct cli *cli, int argc, char **argv)
{
	return decide(cli, "approve", argc, argv, "approval");
}

static int
run_return(struct cli *cli, int argc, char **argv)
{
	return decide(cli, "return", argc, argv, "return");
}

const struct cli_command cmd_approve = {
	.name = "approve",
	.run = run_approve,
	.summary = "approve what waits: revisions of records, or a whole submission",
	.synopsis = "FILE ID... [--by NAME] [--reason TEXT] [--release --second NAME "
		    "[--certificate NO]]",
	.text = "Approves every waiting revision of each record ID (36 characters), or of each\n"
		"submission given as @N (its number in fallow log); what was decided before stands.\n"
		"Approval is itself a submission. Who entered what makes a hazard smaller, milder\n"
		"or closed does not approve it, and no land vanishes under a closing drawn smaller.\n\n"
		"  --by NAME       who approves (default: FALLOW_AUTHOR or the login name)\n"
		"  --release       release of land: closes hazards as this register's own "
		"release;\n"
		"                  needs --second, another person, and is refused where the land\n"
		"                  overlaps a hazard that is open\n"
		"  --second NAME   the second person\n"
		"  --certificate N number of the certificate\n"
		"  --reason TEXT   why\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg source --set type=dataset --set title=Map --set "
		    "valid_from=2024-05-01\n"
		    "$ fallow approve r.gpkg @0 --by \"A. Approver\"\n",
};

const struct cli_command cmd_return = {
	.name = "return",
	.run = run_return,
	.summary = "return what waits, with a reason: it no longer counts, and stays",
	.synopsis = "FILE ID... --reason TEXT [--by NAME]",
	.text = "Returns every waiting revision of each record ID, or of each submission @N. What "
		"is\n"
		"returned stays in the register with the reason, and takes no part in what is "
		"shown.\n"
		"Who reported a hazard does not alone take it back, and land that a find has opened\n"
		"again is not closed while the find counts. Options as for fallow approve.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg source --set type=dataset --set title=Map --set "
		    "valid_from=2024-05-01\n"
		    "$ fallow return r.gpkg @0 --by \"A. Approver\" --reason \"handed in twice\"\n",
};
