/* export: what is given out of a register, for a role. */
#include <stdio.h>

#include "assess/question.h"
#include "base/text.h"
#include "cli/commands.h"
#include "publish/export.h"

enum {
	MAX_KINDS = 32
};

static void
progress(void *ctx, const char *doing, int64_t done, int64_t total)
{
	cli_progress(ctx, doing, done, total);
}

static void
tell(const struct cli *cli, const struct export_options *o, const struct export_result *r)
{
	if (cli->json) {
		printf("{\"path\":");
		cli_json_text(r->path);
		printf(",\"role\":\"%s\",\"rows\":%lld,\"files\":%d,\"sha256\":\"%"
		       "s\",\"submission\":",
		       access_role_name(o->role), (long long)r->rows, r->files, r->sha256);
		printf(r->submission < 0 ? "null}\n" : "%lld}\n", (long long)r->submission);
		return;
	}
	if (cli->quiet)
		return;
	printf("wrote %s: %lld rows for the role %s\n", r->path, (long long)r->rows,
	       access_role_name(o->role));
	if (r->submission >= 0)
		printf("logged as an event (submission %lld); it holds exact positions: keep it as "
		       "you keep the register\n",
		       (long long)r->submission);
}

static int
run_export(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 }, *role = NULL, *kind[MAX_KINDS];
	struct question_texts t = { 0 };
	struct export_options o = {
		.kind = kind, .author = cli_author(), .progress = progress, .progress_ctx = cli
	};
	const struct cli_option options[] = {
		{ .name = "--role", .value = &role },
		{ .name = "--kind", .list = kind, .count = &o.kind_count, .max = MAX_KINDS },
		{ .name = "--as-of", .value = &t.as_of },
		{ .name = "--known-at", .value = &t.known_at },
		{ .name = "--to", .value = &o.to },
		{ .name = "--reason", .value = &o.reason },
		{ .name = "--author", .value = &o.author },
		{ 0 }
	};
	struct export_result r = { 0 };
	struct figure_question q;
	struct store *st = NULL;
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("export", &e);
	if (n != 2) {
		(void)err_set(&e, ERR_INVALID, "export needs a register and a file to write");
		return cli_usage("export", &e);
	}
	if (!role || !access_role_parse(role, &o.role)) {
		(void)err_set(&e, ERR_INVALID,
		              "--role %s%.40s%s; allowed are public, partner, operator, "
		              "authority and legal",
		              role ? "is \"" : "is missing", role ? role : "", role ? "\"" : "");
		return cli_usage("export", &e);
	}
	o.out = operand[1];
	/* what holds exact positions is logged, so the register must be writable */
	rc = cli_open(cli, operand[0], access_is_exact(o.role) ? STORE_WRITE : STORE_READ, &st, &e);
	if (!rc)
		rc = question_make(st, &t, &q, &e);
	if (!rc) {
		o.as_of_days = q.as_of_days;
		o.known_size = q.known_size;
		o.known_at_us = q.known_at_us;
		rc = export_run(st, &o, &r, &e);
	}
	cli_progress_end(cli);
	if (!rc)
		tell(cli, &o, &r);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_export = {
	.name = "export",
	.run = run_export,
	.summary = "give out what a role may see: GeoPackage, GeoJSON, CSV, XLSX",
	.synopsis = "FILE OUT --role public|partner|operator|authority|legal [--kind KIND]...\n"
		    "       [--as-of DATE] [--known-at TIME] [--to WHOM] [--reason TEXT]",
	.text = "Writes what the role may see; docs/ACCESS.md says what that is. OUT ends in "
		".gpkg,\n"
		".geojson, .csv or .xlsx. Several kinds as GeoJSON or CSV become a folder, named "
		"as OUT\n"
		"without its ending. CSV has a second header row of HXL tags.\n\n"
		"  --role ROLE      public and partner get hazards on the public grid, single "
		"items as\n"
		"                   unclassed danger areas, no positions of accidents and finds;\n"
		"                   operator, authority and legal get exact positions\n"
		"  --kind KIND      only these kinds\n"
		"  --as-of DATE     as it was on that day (default: today)\n"
		"  --known-at TIME  as the register knew it then (default: now)\n"
		"  --to WHOM        who gets it, --reason TEXT why: kept in the event\n\n"
		"An export with exact positions is written into the log as an event and needs the\n"
		"register's keys. Identity values are in no export. Nothing is written over.\n\n"
		"No mark does not mean safe: where nothing is drawn there is no information.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg hazard --set class=sha --set status=open --set "
		    "valid_from=2024-05-01 "
		    "--set \"geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))\"\n"
		    "$ fallow export r.gpkg public.gpkg --role public\n"
		    "$ fallow export r.gpkg hazards.csv --role authority --kind hazard --to "
		    "\"Operator A\"\n",
};
