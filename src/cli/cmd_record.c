/* add and edit: one record by hand. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "ingest/entry.h"

enum {
	MAX_SETS = 200
};

static const char *
what_happens(const struct entry_result *r, bool edit)
{
	if (r->reopened)
		return "something was found there since: it is open";
	if (r->closes)
		return edit ? "still open until another person approves it"
		            : "shown as closed as reported, waits for approval";
	return edit ? "worse shows at once, better waits for approval"
	            : "shown at once, waits for approval";
}

static int
enter(struct cli *cli, const char *command, int argc, char **argv, bool edit)
{
	const char *operand[3] = { 0 }, *set[MAX_SETS], *json_file = NULL, *remark = "",
		   *author = cli_author();
	size_t n = 0, sets = 0;
	const struct cli_option options[] = {
		{ .name = "--set", .list = set, .count = &sets, .max = MAX_SETS },
		{ .name = "--from", .value = &json_file },
		{ .name = "--remark", .value = &remark },
		{ .name = "--author", .value = &author },
		{ 0 }
	};
	struct entry_result result;
	struct entry_options what = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 3, &n }, &e))
		return cli_usage(command, &e);
	if (n != (edit ? 3u : 2u)) {
		(void)err_set(&e, ERR_INVALID,
		              edit ? "edit needs a register, a kind and an id"
		                   : "add needs a register and a kind");
		return cli_usage(command, &e);
	}
	if (edit && !sets && !json_file) {
		(void)err_set(&e, ERR_INVALID, "edit changes nothing without --set or --from");
		return cli_usage(command, &e);
	}
	what = (struct entry_options){ .kind = operand[1],
		                       .id = operand[2],
		                       .set = set,
		                       .sets = sets,
		                       .json_file = json_file,
		                       .remark = remark,
		                       .author = author };
	rc = cli_open(cli, operand[0], STORE_WRITE, &st, &e);
	if (!rc)
		rc = entry_run(st, &what, &result, &e);
	if (!rc && cli->json)
		printf("{\"id\":\"%s\",\"leaf\":\"%s\",\"submission\":%lld,\"approved\":false,"
		       "\"flags\":\"%s\"}\n",
		       result.id, result.leaf, (long long)result.submission, result.flags);
	else if (!rc && !cli->quiet)
		printf("%s %s %s (submission %lld; %s)%s%s\n", edit ? "corrected" : "added",
		       operand[1], result.id, (long long)result.submission,
		       what_happens(&result, edit), *result.flags ? "\nflagged: " : "",
		       result.flags);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

static int
run_add(struct cli *cli, int argc, char **argv)
{
	return enter(cli, "add", argc, argv, false);
}

static int
run_edit(struct cli *cli, int argc, char **argv)
{
	return enter(cli, "edit", argc, argv, true);
}

const struct cli_command cmd_add = {
	.name = "add",
	.run = run_add,
	.summary = "enter one record",
	.synopsis = "FILE KIND [--set FIELD=VALUE]... [--from FIELDS.json] [--remark TEXT]",
	.text = "Enters a record of a kind (see fallow form list). Values are checked against the\n"
		"form. A new hazard is shown at once, marked unapproved.\n\n"
		"  --set FIELD=VALUE  a field's value; choices by code; lists as codes with "
		"commas\n"
		"                     between; geometry as WKT, GeoJSON or \"LON,LAT\"\n"
		"  --from FILE.json   a JSON object of fields; --set wins over it\n"
		"  --remark TEXT      kept with the submission, sealed\n"
		"  --author NAME      who enters it (default: FALLOW_AUTHOR or the login name)\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg hazard --set class=sha --set status=open --set "
		    "valid_from=2024-05-01 "
		    "--set \"geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))\"\n",
};

const struct cli_command cmd_edit = {
	.name = "edit",
	.run = run_edit,
	.summary = "correct one record: a new revision, the old one stays",
	.synopsis = "FILE KIND ID [--set FIELD=VALUE]... [--from FIELDS.json] [--remark TEXT]",
	.text = "Writes a new revision of a record. Fields that are not named keep their value; "
		"an\n"
		"empty value removes one. What makes a hazard smaller, milder or closed takes "
		"effect\n"
		"when it is approved; what makes it larger or worse shows at once.\n\n"
		"Options as for fallow add.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow edit r.gpkg source $(fallow add r.gpkg source --set type=dataset "
		    "--set title=Map --set valid_from=2024-05-01 | cut -d' ' -f3) --set "
		    "title=\"Map of mines\"\n"
		    "fallow edit r.gpkg hazard 018f3a5c-1d2e-7f00-8a11-5c0d9e7b1a22 --set "
		    "status=worked_on --set status_date=2024-06-01\n",
};
