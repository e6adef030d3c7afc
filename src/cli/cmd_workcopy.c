/* workcopy: records to edit in QGIS or with GDAL; and import --edits, which takes them back. */
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/edits.h"
#include "ingest/handin.h"
#include "ingest/workcopy.h"

enum {
	MAX_KINDS = 32
};

static void
show_progress(void *ctx, int64_t rows, int64_t total)
{
	cli_progress(ctx, "handing in", rows, total);
}

static void
show_remark(void *ctx, const char *sentence)
{
	cli_say(ctx, "%s", sentence);
}

static void
write_ids(struct json_writer *w, const char *name, const struct handin_ids *ids)
{
	char id[UUID_TEXT];

	json_array(w, name);
	for (int64_t i = 0; i < ids->count && i < HANDIN_LISTED; i++) {
		uuid_format(ids->id[i], id);
		json_string(w, NULL, id);
	}
	json_array_end(w);
}

static void
print_json(const struct handin_result *r, bool dry_run)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, 1u << 20);
	json_begin(&w, &b);
	json_object(&w, NULL);
	json_int(&w, "read", r->read);
	json_int(&w, "accepted", r->accepted);
	json_int(&w, "flagged", r->flagged);
	json_int(&w, "quarantined", r->quarantined);
	json_int(&w, "present", r->present);
	json_int(&w, "unchanged", r->unchanged);
	json_int(&w, "edited", r->edited.count);
	json_int(&w, "added", r->added.count);
	json_int(&w, "conflicts", r->conflicts.count);
	json_int(&w, "deletions_proposed", r->deleted.count);
	json_int(&w, "reopened", r->reopened);
	write_ids(&w, "edited_ids", &r->edited);
	write_ids(&w, "added_ids", &r->added);
	write_ids(&w, "conflict_ids", &r->conflicts);
	write_ids(&w, "deletion_ids", &r->deleted);
	json_object(&w, "checks");
	for (int i = 0; i < CHECK_COUNT; i++)
		if (r->check[i])
			json_int(&w, rowchecks[i].code, r->check[i]);
	json_object_end(&w);
	json_bool(&w, "dry_run", dry_run);
	json_string(&w, "work_copy", r->work);
	json_string(&w, "source", *r->source_id ? r->source_id : NULL);
	json_int(&w, "submissions", r->submissions);
	json_object_end(&w);
	printf("%s\n", buf_text(&b));
	buf_done(&b);
}

static void
print_ids(const char *what, const struct handin_ids *ids)
{
	char id[UUID_TEXT];

	if (ids->count == 0)
		return;
	printf("  %8lld %s\n", (long long)ids->count, what);
	for (int64_t i = 0; i < ids->count && i < HANDIN_LISTED; i++) {
		uuid_format(ids->id[i], id);
		printf("           %s\n", id);
	}
}

static void
print_text(const struct cli *cli, const struct handin_result *r, const char *file, bool dry_run)
{
	static const char *const word[] = { "noted", "flagged", "quarantined" };

	printf("read %lld = accepted %lld + flagged %lld + quarantined %lld + already present "
	       "%lld\n",
	       (long long)r->read, (long long)r->accepted, (long long)r->flagged,
	       (long long)r->quarantined, (long long)r->present);
	if (cli->quiet)
		return;
	print_ids("edited; they wait for approval:", &r->edited);
	print_ids("new; shown at once, they wait for approval:", &r->added);
	print_ids("edited here and in the register since: both sides are kept:", &r->conflicts);
	print_ids("deleted in the copy; that closes nothing, it is proposed:", &r->deleted);
	for (int i = 0; i < CHECK_COUNT; i++)
		if (r->check[i])
			printf("  %8lld %-11s %s (%s)\n", (long long)r->check[i],
			       word[rowchecks[i].severity], rowchecks[i].sentence,
			       rowchecks[i].code);
	if (r->reopened)
		printf("  %8lld released hazards are open again by what lies on them\n",
		       (long long)r->reopened);
	if (dry_run)
		printf("nothing was written (--dry-run)\n");
	else if (r->submissions)
		printf("review it with: fallow log %s; approve it with: fallow approve %s @%lld\n",
		       file, file, (long long)r->first_seq);
}

int
edits_run(struct cli *cli, const char *file, const char *copy, const char *author,
          const char *message, bool dry_run)
{
	struct handin_options o = { .path = copy,
		                    .author = author,
		                    .message = message,
		                    .dry_run = dry_run,
		                    .progress = show_progress,
		                    .remark = show_remark,
		                    .ctx = cli };
	struct handin_result r = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	enum err_code rc = cli_open(cli, file, dry_run ? STORE_READ : STORE_WRITE, &st, &e);

	if (!rc)
		rc = handin_run(st, &o, &r, &e);
	cli_progress_end(cli);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	if (cli->json)
		print_json(&r, dry_run);
	else
		print_text(cli, &r, file, dry_run);
	return r.quarantined ? CLI_EXIT_QUARANTINE : CLI_EXIT_DONE;
}

static int
run_workcopy(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 }, *kind[MAX_KINDS + 1] = { 0 };
	size_t n = 0, kinds = 0;
	const struct cli_option options[] = {
		{ .name = "--kind", .list = kind, .count = &kinds, .max = MAX_KINDS }, { 0 }
	};
	struct workcopy_result r = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("workcopy", &e);
	if (n != 2) {
		(void)err_set(&e, ERR_INVALID, "workcopy needs a register and a file to make");
		return cli_usage("workcopy", &e);
	}
	rc = cli_open(cli, operand[0], STORE_READ, &st, &e);
	if (!rc)
		rc = workcopy_write(st, operand[1], kinds ? kind : NULL, &r, &e);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	if (cli->json)
		printf("{\"work_copy\":\"%s\",\"records\":%lld,\"layers\":%lld}\n", r.id,
		       (long long)r.records, (long long)r.layers);
	else if (!cli->quiet)
		printf("made a work copy of %lld records (%s); it holds exact positions\n"
		       "hand it back with: fallow import %s %s --edits\n",
		       (long long)r.records, r.id, operand[0], operand[1]);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_workcopy = {
	.name = "workcopy",
	.run = run_workcopy,
	.summary = "write a copy to edit in QGIS or with GDAL",
	.synopsis = "FILE OUT.gpkg [--kind KIND]...",
	.text = "Writes the records as a GeoPackage of its own, each as its newest revision says "
		"it.\n"
		"Edit it in QGIS, with ogr2ogr or with any program that writes GeoPackages, and "
		"hand it\n"
		"back with fallow import FILE OUT.gpkg --edits. What was edited waits for "
		"approval;\n"
		"what is newer in the register stays beside it; a deleted row closes nothing.\n"
		"The copy holds exact positions, and nothing of persons' identity.\n\n"
		"  --kind KIND  only these kinds; may come often\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg hazard --set class=sha --set status=open --set "
		    "geometry=-125,-45\n"
		    "$ fallow workcopy r.gpkg work.gpkg --kind hazard\n"
		    "$ fallow import r.gpkg work.gpkg --edits\n",
};
