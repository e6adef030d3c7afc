/* show and log: what is there, who said it and when. */
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "publish/view.h"
#include "store/logfiles.h"

static int
run_show(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, NULL, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("show", &e);
	if (n != 2) {
		(void)err_set(&e, ERR_INVALID, "show needs a register and an id");
		return cli_usage("show", &e);
	}
	buf_init(&out, (size_t)256 << 20);
	rc = cli_open(cli, operand[0], STORE_READ, &st, &e);
	if (!rc)
		rc = cli->json ? view_record_json(st, operand[1], &out, &e)
		               : view_record_text(st, operand[1], &out, &e);
	if (!rc)
		rc = cli_print(&out, &e);
	buf_done(&out);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_show = {
	.name = "show",
	.run = run_show,
	.summary = "a record with its whole history",
	.synopsis = "FILE ID",
	.text = "Prints what is shown of the record now and every revision of it: as it was on "
		"which\n"
		"day, when it was received, who handed it in, from which row of which file, what\n"
		"changed against the revision before, and what was decided. Values that identify\n"
		"persons are never printed.\n",
	.examples = "",
};

static int
export_log(const struct cli *cli, const char *dir, const char *path)
{
	struct store *st = NULL;
	struct err e = { 0 };
	int64_t size = 0;
	enum err_code rc = cli_open(cli, path, STORE_READ, &st, &e);

	if (!rc)
		rc = logfiles_export(st, dir, &size, &e);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	cli_say(cli, "wrote the log of %lld submissions to %s", (long long)size, dir);
	return CLI_EXIT_DONE;
}

static int
run_log(struct cli *cli, int argc, char **argv)
{
	const char *operand[3] = { 0 }, *from = "0";
	const struct cli_option options[] = { { .name = "--from", .value = &from }, { 0 } };
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	int64_t first = 0;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 3, &n }, &e))
		return cli_usage("log", &e);
	if (n == 3 && text_eq(operand[0], "export"))
		return export_log(cli, operand[2], operand[1]);
	if (n != 1 || !text_parse_i64(from, strlen(from), &first) || first < 0) {
		(void)err_set(&e, ERR_INVALID, "log needs a register; or: log export FILE DIR");
		return cli_usage("log", &e);
	}
	buf_init(&out, (size_t)1 << 30);
	rc = cli_open(cli, operand[0], STORE_READ, &st, &e);
	if (!rc)
		rc = cli->json ? view_log_json(st, first, INT64_MAX, &out, &e)
		               : view_log_text(st, first, INT64_MAX, &out, &e);
	if (!rc)
		rc = cli_print(&out, &e);
	buf_done(&out);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_log = {
	.name = "log",
	.run = run_log,
	.summary = "the log of submissions; or write it as a folder that others verify",
	.synopsis = "FILE [--from N]\n       fallow log export FILE DIR",
	.text = "Lists the submissions with their time and author, and the newest signed "
		"checkpoint.\n"
		"With export, writes the whole log as a C2SP tlog-tiles folder (checkpoint, "
		"tile/...):\n"
		"any web host serves it, and programs not written by us verify it. It reveals no\n"
		"position and no person.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg source --set type=dataset --set title=Map --set "
		    "valid_from=2024-05-01\n"
		    "$ fallow log r.gpkg\n"
		    "$ fallow log export r.gpkg logdir\n",
};
