/* check, rebuild, backup: looking after a register. */
#include <stdio.h>

#include "cli/commands.h"
#include "store/backup.h"
#include "store/rebuild.h"
#include "store/verify.h"

static void
progress(void *ctx, const char *doing, int64_t done, int64_t total)
{
	cli_progress(ctx, doing, done, total);
}

static void
tell(void *ctx, const char *sentence)
{
	cli_progress_end(ctx);
	fprintf(stderr, "fallow: %s\n", sentence);
}

static int
one_file(struct cli *cli, int argc, char **argv, const char **file, size_t want)
{
	struct err e = { 0 };
	size_t n = 0;

	if (cli_parse(cli, NULL, argc, argv, &(struct cli_operands){ file, want, &n }, &e))
		return cli_usage(argv[0], &e);
	if (n != want) {
		(void)err_set(&e, ERR_INVALID,
		              want == 1 ? "%s needs a register"
		                        : "%s needs a register and a file to write",
		              argv[0]);
		return cli_usage(argv[0], &e);
	}
	return CLI_EXIT_DONE;
}

static int
run_check(struct cli *cli, int argc, char **argv)
{
	struct verify_report r = { .tell = tell, .progress = progress, .ctx = cli };
	const char *file = NULL;
	struct store *st = NULL;
	struct pool *pool;
	struct err e = { 0 };
	int status = one_file(cli, argc, argv, &file, 1);
	enum err_code rc;

	if (status)
		return status;
	rc = cli_open(cli, file, STORE_READ, &st, &e);
	pool = pool_create(0);
	if (!rc)
		rc = store_verify(st, pool, &r, &e);
	pool_free(pool);
	store_close(st);
	cli_progress_end(cli);
	if (rc)
		return cli_fail(&e);
	status = r.bad ? CLI_EXIT_BROKEN : r.cannot_tell ? CLI_EXIT_UNKNOWN : CLI_EXIT_DONE;
	if (cli->json)
		printf("{\"submissions\":%lld,\"revisions\":%lld,\"originals\":%lld,\"layer_rows\":"
		       "%lld,\"bad\":%lld,"
		       "\"cannot_tell\":%lld}\n",
		       (long long)r.submissions, (long long)r.revisions, (long long)r.originals,
		       (long long)r.layer_rows, (long long)r.bad, (long long)r.cannot_tell);
	else if (!cli->quiet)
		printf("%s: %lld submissions, %lld revisions, %lld originals, %lld layer rows: "
		       "%s\n",
		       file, (long long)r.submissions, (long long)r.revisions,
		       (long long)r.originals, (long long)r.layer_rows,
		       r.bad           ? "does not verify"
		       : r.cannot_tell ? "cannot tell everything"
		                       : "everything holds");
	if (r.bad && !cli->json && !cli->quiet)
		printf("fallow rebuild makes layers, indexes, rulings, styles and the schema's triggers "
		       "again;\nfor what is wrong in the log, its rows or originals, go back to a "
		       "backup that fallow check accepts\n");
	return status;
}

const struct cli_command cmd_check = {
	.name = "check",
	.run = run_check,
	.summary = "does everything in the register still hold?",
	.synopsis = "FILE",
	.text = "Checks the database, makes every statement anew from its revision and key, "
		"recomputes\n"
		"every root, checks every signature, checkpoint and original file, quarantine, notes "
		"and\n"
		"times against what their submissions say, every layer row and box of a spatial "
		"index\n"
		"against the revisions, kept figures, and the schema with its triggers and styles "
		"against\n"
		"what this program makes. Says each thing that does not hold.\n"
		"Exit status 0 everything holds, 4 something does not verify, 5 cannot tell (keys "
		"or\n"
		"originals are not here).\n",
	.examples = "$ fallow generate g.gpkg --hazards 50 --quiet\n$ fallow check g.gpkg\n",
};

static int
run_rebuild(struct cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	struct store *st = NULL;
	struct err e = { 0 };
	int status = one_file(cli, argc, argv, &file, 1);
	enum err_code rc;

	if (status)
		return status;
	rc = cli_open(cli, file, STORE_WRITE, &st, &e);
	if (!rc)
		rc = store_rebuild(st, progress, cli, &e);
	store_close(st);
	cli_progress_end(cli);
	if (rc)
		return cli_fail(&e);
	if (cli->json) {
		printf("{\"rebuilt\":");
		cli_json_text(file);
		printf("}\n");
	} else if (!cli->quiet)
		printf("rebuilt layers, indexes and rulings of %s from its revisions\n", file);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_rebuild = {
	.name = "rebuild",
	.run = run_rebuild,
	.summary = "make layers and indexes again from the revisions",
	.synopsis = "FILE",
	.text = "Makes everything that is not durable again: layers, spatial indexes, rulings and "
		"the\n"
		"identities of imported rows. In one transaction; the content is the same as "
		"before.\n",
	.examples = "$ fallow generate g.gpkg --hazards 50 --quiet\n$ fallow rebuild g.gpkg\n$ "
		    "fallow check g.gpkg\n",
};

static int
run_backup(struct cli *cli, int argc, char **argv)
{
	const char *file[2] = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	int64_t originals = 0;
	int status = one_file(cli, argc, argv, file, 2);
	enum err_code rc;

	if (status)
		return status;
	rc = cli_open(cli, file[0], STORE_READ, &st, &e);
	if (!rc)
		rc = store_backup(st, file[1], &originals, &e);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	if (cli->json) {
		printf("{\"path\":");
		cli_json_text(file[1]);
		printf(",\"originals\":%lld,\"keys\":false,\"accounts\":false}\n",
		       (long long)originals);
	} else if (!cli->quiet)
		printf("wrote %s and %lld originals; checked.\nIt does not hold the keys: copy "
		       "their folder (FALLOW_HOME, or "
		       "~/.config/fallow) to another safe place.\nIt does not hold the accounts of "
		       "the server: fallow user backup DIR copies them while they are in use.\n",
		       file[1], (long long)originals);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_backup = {
	.name = "backup",
	.run = run_backup,
	.summary = "copy a live register and its originals, checked",
	.synopsis = "FILE OUT",
	.text = "Copies the register while it is in use, checks the copy and makes it durable. "
		"Never\n"
		"copy a live register with other programs. The keys are not in the copy: without "
		"them\n"
		"nothing can be added to it and sealed values stay sealed. Keep them apart. The\n"
		"accounts of the server are not in it either: see fallow help user, backup.\n",
	.examples = "$ fallow generate g.gpkg --hazards 50 --quiet\n$ fallow backup g.gpkg "
		    "copy.gpkg\n$ fallow check copy.gpkg\n",
};
