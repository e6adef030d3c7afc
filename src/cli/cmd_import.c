/* import: a foreign file into the register. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/edits.h"
#include "ingest/import.h"
#include "ingest/overlaps.h"

enum {
	MAX_KEYS = 16,
	MAX_LIMITS = 16,
	MAX_MAPPING = 1 << 20
};

struct texts {
	const char *operand[3];
	const char *layer, *map, *crs, *operation, *encoding, *message, *source_date, *approved_by,
		*author, *keys, *group;
	const char *limit[MAX_LIMITS + 1];
	size_t limits;
	bool guess, dry_run, edits;
};

struct told {
	struct cli *cli;
};

static void
show_progress(void *ctx, int64_t rows, int64_t total)
{
	cli_progress(((struct told *)ctx)->cli, "importing", rows, total > 0 ? total : 0);
}

static void
show_remark(void *ctx, const char *sentence)
{
	cli_say(((struct told *)ctx)->cli, "%s", sentence);
}

/* "a,b" to { "a", "b", NULL }; the texts are cut in place. */
static enum err_code
split_keys(const char *text, char *room, size_t room_n, const char **key, struct err *e)
{
	size_t n = 0;
	char *p = room;

	if (strlen(text) >= room_n)
		return err_set(e, ERR_LIMIT, "--key is longer than %zu characters", room_n - 1);
	memcpy(room, text, strlen(text) + 1);
	while (p) {
		char *next = strchr(p, ',');

		if (next)
			*next++ = '\0';
		if (!*p || n == MAX_KEYS)
			return err_set(e, ERR_INVALID,
			               "--key takes 1 to %d field names with commas between",
			               MAX_KEYS);
		key[n++] = p;
		p = next;
	}
	key[n] = NULL;
	return ERR_OK;
}

static void
print_json(const struct import_result *r, const struct texts *t, const char *sql)
{
	const struct take_counts *c = &r->counts;
	struct json_writer w;
	struct buf b;
	char id[UUID_TEXT];

	buf_init(&b, MAX_MAPPING);
	json_begin(&w, &b);
	json_object(&w, NULL);
	json_int(&w, "read", c->read);
	json_int(&w, "accepted", c->accepted);
	json_int(&w, "flagged", c->flagged);
	json_int(&w, "quarantined", c->quarantined);
	json_int(&w, "present", c->present);
	json_int(&w, "revised", c->revised);
	json_int(&w, "reopened", c->reopened);
	json_int(&w, "missing", c->missing);
	json_array(&w, "missing_ids");
	for (int64_t i = 0; i < c->missing && i < TAKE_MISSING_LISTED; i++) {
		uuid_format(c->missing_id[i], id);
		json_string(&w, NULL, id);
	}
	json_array_end(&w);
	json_object(&w, "checks");
	for (int i = 0; i < CHECK_COUNT; i++)
		if (c->check[i])
			json_int(&w, rowchecks[i].code, c->check[i]);
	json_object_end(&w);
	json_bool(&w, "overlaps_compared", !c->not_compared && !t->dry_run);
	json_bool(&w, "dry_run", t->dry_run);
	json_string(&w, "source", *c->source_id ? c->source_id : NULL);
	json_string(&w, "sha256", *c->sha256 ? c->sha256 : NULL);
	json_int(&w, "submissions", c->submissions);
	json_string(&w, "layer", r->layer);
	json_string(&w, "driver", r->driver);
	json_string(&w, "mapping", sql);
	json_object_end(&w);
	printf("%s\n", buf_text(&b));
	buf_done(&b);
}

static void
print_text(const struct cli *cli, const struct import_result *r, const struct texts *t)
{
	static const char *const word[] = { "noted", "flagged", "quarantined" };
	const struct take_counts *c = &r->counts;
	char id[UUID_TEXT];

	printf("read %lld = accepted %lld + flagged %lld + quarantined %lld + already present "
	       "%lld\n",
	       (long long)c->read, (long long)c->accepted, (long long)c->flagged,
	       (long long)c->quarantined, (long long)c->present);
	if (cli->quiet)
		return;
	for (int i = 0; i < CHECK_COUNT; i++)
		if (c->check[i])
			printf("  %8lld %-11s %s (%s)\n", (long long)c->check[i],
			       word[rowchecks[i].severity], rowchecks[i].sentence,
			       rowchecks[i].code);
	if (c->revised)
		printf("  %8lld correct records that were there\n", (long long)c->revised);
	if (c->not_compared)
		printf("overlaps were not looked for everywhere: more than %d hazards in all, or "
		       "%d on one spot\n",
		       OVERLAPS_MAX_HAZARDS, OVERLAPS_MAX_HEAP);
	if (c->reopened)
		printf("  %8lld released hazards are open again by what lies on them\n",
		       (long long)c->reopened);
	if (c->missing) {
		printf("  %8lld records of former editions are not in this file; they stay as they "
		       "are:\n",
		       (long long)c->missing);
		for (int64_t i = 0; i < c->missing && i < TAKE_MISSING_LISTED; i++) {
			uuid_format(c->missing_id[i], id);
			printf("           %s\n", id);
		}
	}
	if (t->dry_run)
		printf("nothing was written (--dry-run)\n");
	else if (c->quarantined)
		printf("see the quarantined rows with: fallow quarantine %s list\n", t->operand[0]);
}

static enum err_code
import_file(struct cli *cli, const struct texts *t, struct import_result *ret, struct buf *sql,
            struct err *e)
{
	struct told told = { cli };
	struct buf map;
	const char *key[MAX_KEYS + 1];
	char names[1200];
	struct import_options o = { .path = t->operand[2],
		                    .kind = t->operand[1],
		                    .layer = t->layer,
		                    .encoding = t->encoding,
		                    .dry_run = t->dry_run,
		                    .crs = t->crs,
		                    .operation = t->operation,
		                    .source_date = t->source_date,
		                    .message = t->message,
		                    .author = t->author,
		                    .approved_by = t->approved_by,
		                    .limits = t->limits ? t->limit : NULL,
		                    .progress = show_progress,
		                    .remark = show_remark,
		                    .progress_ctx = &told };
	struct store *st = NULL;
	enum err_code rc = ERR_OK;

	buf_init(&map, MAX_MAPPING);
	if (t->map)
		rc = file_read(t->map, MAX_MAPPING, &map, e);
	if (!rc && t->map)
		o.mapping = buf_text(&map);
	if (!rc && t->keys) {
		rc = split_keys(t->keys, names, sizeof(names), key, e);
		o.key = key;
	}
	if (!rc && t->group &&
	    (!text_parse_i64(t->group, strlen(t->group), &o.group) || o.group < 1))
		rc = err_set(e, ERR_INVALID, "--group takes a number of rows");
	if (!rc)
		rc = cli_open(cli, t->operand[0], t->dry_run ? STORE_READ : STORE_WRITE, &st, e);
	o.pool = pool_create(0);
	if (!rc)
		rc = import_run(st, &o, sql, ret, e);
	cli_progress_end(cli);
	pool_free((struct pool *)o.pool);
	store_close(st);
	buf_done(&map);
	return rc;
}

static int
run_import(struct cli *cli, int argc, char **argv)
{
	struct texts t = { .author = cli_author() };
	const struct cli_option options[] = {
		{ .name = "--layer", .value = &t.layer },
		{ .name = "--map", .value = &t.map },
		{ .name = "--guess", .flag = &t.guess },
		{ .name = "--edits", .flag = &t.edits },
		{ .name = "--dry-run", .flag = &t.dry_run },
		{ .name = "--key", .value = &t.keys },
		{ .name = "--crs", .value = &t.crs },
		{ .name = "--operation", .value = &t.operation },
		{ .name = "--encoding", .value = &t.encoding },
		{ .name = "--source-date", .value = &t.source_date },
		{ .name = "--message", .value = &t.message },
		{ .name = "--approved-by", .value = &t.approved_by },
		{ .name = "--author", .value = &t.author },
		{ .name = "--group", .value = &t.group },
		{ .name = "--limit", .list = t.limit, .count = &t.limits, .max = MAX_LIMITS },
		{ 0 }
	};
	struct import_result r = { 0 };
	struct err e = { 0 };
	struct buf sql;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ t.operand, 3, &n }, &e))
		return cli_usage("import", &e);
	if (t.edits && (n != 2 || t.map || t.guess || t.keys || t.approved_by)) {
		(void)err_set(
			&e, ERR_INVALID,
			"import --edits takes a register and a work copy, and only --dry-run, "
			"--message and --author");
		return cli_usage("import", &e);
	}
	if (t.edits)
		return edits_run(cli, t.operand[0], t.operand[1], t.author, t.message, t.dry_run);
	if (n != 3 || (t.map && t.guess)) {
		(void)err_set(&e, ERR_INVALID,
		              n != 3 ? "import needs a register, a kind and a file"
		                     : "--map and --guess exclude one another");
		return cli_usage("import", &e);
	}
	buf_init(&sql, MAX_MAPPING);
	rc = import_file(cli, &t, &r, &sql, &e);
	if (!t.map && sql.size && !cli->json && !cli->quiet)
		printf("%s\n", buf_text(&sql));
	if (!rc && cli->json)
		print_json(&r, &t, buf_text(&sql));
	else if (!rc)
		print_text(cli, &r, &t);
	buf_done(&sql);
	if (rc)
		return cli_fail(&e);
	return r.counts.quarantined ? CLI_EXIT_QUARANTINE : CLI_EXIT_DONE;
}

const struct cli_command cmd_import = {
	.name = "import",
	.run = run_import,
	.summary =
		"take in anybody's file: GeoJSON, CSV, Shapefile, GeoPackage, KML, GPX, XLSX ...",
	.synopsis =
		"FILE KIND SOURCE [--layer L] [--map MAP.sql | --guess] [--dry-run]\n"
		"       [--key FIELD,...] [--crs CODE] [--operation EPSG] [--source-date DATE]\n"
		"       [--message TEXT] [--approved-by NAME] [--encoding E] [--limit KEY=VALUE]\n"
		"fallow import FILE WORKCOPY.gpkg --edits [--dry-run] [--message TEXT]",
	.text = "Reads SOURCE in a sandbox and takes its rows in as records of a kind. What a row\n"
		"means is said by a mapping: one SQL SELECT over the table source, whose columns "
		"are\n"
		"named like the form's fields. Without --map one is drafted from names and "
		"values,\n"
		"printed, and used. Every row is accepted, flagged (it is in, with a mark),\n"
		"quarantined with its reason, or already present; the four add up to what was "
		"read.\n"
		"Importing a file again adds nothing. Exit status 3: rows were quarantined.\n\n"
		"  --map MAP.sql      the mapping; lon, lat, x, y, position and crs are columns "
		"too\n"
		"  --guess            draft the mapping (also what happens without --map)\n"
		"  --edits            take back a work copy (fallow workcopy): what was edited "
		"waits\n"
		"                     for approval\n"
		"  --dry-run          tell what would happen, write nothing\n"
		"  --key FIELD,...    fields that make a row known again in a later edition: "
		"changed\n"
		"                     rows correct their records, missing ones are listed\n"
		"  --layer L          a layer or a data set of an archive\n"
		"  --crs CODE         reference system of the coordinates, such as EPSG:28406\n"
		"  --operation EPSG   operation to WGS 84, such as 15865\n"
		"  --source-date D    date of information for rows that have none\n"
		"  --message TEXT     title of the source record and remark of the submission\n"
		"  --approved-by NAME who approved the content beforehand; logged as a decision\n"
		"  --author NAME      who imports (default: FALLOW_AUTHOR or the login name)\n"
		"  --encoding E       of the texts, when the file does not say\n"
		"  --group N          acknowledge every N rows (default 250000 or a quarter of the\n"
		"                     register); what was acknowledged stays if the rest fails\n"
		"  --limit KEY=VALUE  of docs/LIMITS.md, such as features=20000000\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ printf 'lon,lat,class,status\\n-125.1,-45.2,sha,open\\n' >areas.csv\n"
		    "$ fallow import r.gpkg hazard areas.csv --guess --crs EPSG:4326\n"
		    "fallow import r.gpkg hazard areas.shp --map map.sql --key national_id\n",
};
