#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "ingest/generate.h"

static void
progress(void *ctx, const char *doing, int64_t done, int64_t total)
{
	cli_progress(ctx, doing, done, total);
}

static enum err_code
number(const char *name, const char *text, int64_t *ret, struct err *e)
{
	if (text && (!text_parse_i64(text, strlen(text), ret) || *ret < 0))
		return err_set(e, ERR_INVALID, "%s is \"%.40s\"; it must be a whole number", name,
		               text);
	return ERR_OK;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	const char *file = NULL, *hazards = "1000", *seed = "1", *accidents = NULL, *finds = NULL;
	const struct cli_option options[] = { { .name = "--hazards", .value = &hazards },
		                              { .name = "--seed", .value = &seed },
		                              { .name = "--accidents", .value = &accidents },
		                              { .name = "--finds", .value = &finds },
		                              { 0 } };
	struct generate_options o = {
		.accidents = -1, .finds = -1, .progress = progress, .ctx = cli
	};
	int64_t s = 0;
	struct store *st = NULL;
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ &file, 1, &n }, &e) ||
	    number("--hazards", hazards, &o.hazards, &e) || number("--seed", seed, &s, &e) ||
	    number("--accidents", accidents, &o.accidents, &e) ||
	    number("--finds", finds, &o.finds, &e))
		return cli_usage("generate", &e);
	if (!file) {
		(void)err_set(&e, ERR_INVALID, "generate needs a file");
		return cli_usage("generate", &e);
	}
	if (o.hazards < 1 || o.hazards > GENERATE_MAX_HAZARDS) {
		(void)err_set(&e, ERR_INVALID, "--hazards is %s; allowed are 1 to %d", hazards,
		              GENERATE_MAX_HAZARDS);
		return cli_usage("generate", &e);
	}
	o.seed = (uint64_t)s;
	rc = store_init(file, "XXA", "Exampla (fictional)", &e);
	if (!rc)
		rc = cli_open(cli, file, STORE_WRITE, &st, &e);
	if (!rc) {
		o.pool = pool_create(0);
		rc = generate_run(st, &o, &e);
		pool_free(o.pool);
	}
	if (rc && st)
		(void)err_hint(&e, "%s is not complete: remove it", file);
	cli_progress_end(cli);
	if (!rc && cli->json) {
		printf("{\"file\":");
		cli_json_text(file);
		printf(",\"hazards\":%lld,\"seed\":%lld,\"submissions\":%lld}\n",
		       (long long)o.hazards, (long long)s, (long long)store_log_size(st));
	} else if (!rc && !cli->quiet)
		printf("made %s: the fictional country Exampla (XXA) with %lld hazards, seed "
		       "%lld\n",
		       file, (long long)o.hazards, (long long)s);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_generate = {
	.name = "generate",
	.run = run,
	.summary = "make a register of a fictional country, of any size",
	.synopsis = "FILE [--hazards N] [--seed S] [--accidents N] [--finds N]",
	.text = "Makes a new register of the fictional country Exampla (code XXA, open Pacific,\n"
		"130-120 W, 50-42 S) with places, settlements, hazards, accidents, victims, "
		"finds,\n"
		"minefield records and work. The same seed gives the same content. Nothing in it "
		"is\n"
		"real, and none of it lies on real land.\n\n"
		"  --hazards N    1 to 10000000 (default 1000)\n"
		"  --seed S       a whole number (default 1)\n"
		"  --accidents N  default: hazards / 20 + 5\n"
		"  --finds N      default: hazards / 4 + 20\n",
	.examples = "$ fallow generate exampla.gpkg --hazards 200 --seed 7\n",
};
