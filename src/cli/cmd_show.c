/* show and log: what is there, who said it and when. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "ingest/unseal.h"
#include "publish/view.h"
#include "store/logfiles.h"

/* Sealed values of a record, as lines "field: value". */
static void
write_identities(const struct unseal *u, struct buf *out)
{
	char text[65];

	for (size_t i = 0; i < u->count; i++) {
		const struct store_fields *f = &u->revision[i].fields;

		text_hex(u->revision[i].of->rev.leaf, 32, text);
		buf_printf(out, "revision %.12s", text);
		clock_format_date(u->revision[i].of->rev.valid_from_days, text);
		buf_printf(out, " of %s\n", text);
		for (size_t k = 0; k < f->form->field_count; k++) {
			if (f->value[k].type == STORE_NULL)
				continue;
			buf_printf(out, "  %s: ", f->form->field[k].name);
			value_to_json(&f->value[k], out);
			buf_addc(out, '\n');
		}
	}
	buf_printf(out, "this read is recorded as submission %lld\n", (long long)u->submission);
}

/* Who holds the register key may open identities; the read is recorded first. */
static enum err_code
show_identities(const struct cli *cli, struct store *st, const struct unseal_options *o,
                struct buf *out, struct err *e)
{
	struct unseal u = { .kind = NULL };
	struct json_writer w;
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, 0);
	rc = unseal_run(st, o, &mem, &u, e);
	if (!rc && cli->json) {
		json_begin(&w, out);
		json_object(&w, NULL);
		unseal_write(&u, &w);
		json_object_end(&w);
		buf_addc(out, '\n');
	} else if (!rc) {
		write_identities(&u, out);
	}
	arena_done(&mem);
	return rc;
}

static int
run_show(struct cli *cli, int argc, char **argv)
{
	struct unseal_options open = { .role = ACCESS_LEGAL, .by = cli_author() };
	bool identities = false;
	const struct cli_option options[] = { { .name = "--identities", .flag = &identities },
		                              { .name = "--reason", .value = &open.reason },
		                              { .name = "--by", .value = &open.by },
		                              { 0 } };
	const char *operand[2] = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("show", &e);
	if (n != 2 || identities != (open.reason != NULL)) {
		(void)err_set(&e, ERR_INVALID,
		              n != 2 ? "show needs a register and an id"
		                     : "--identities and --reason belong together");
		return cli_usage("show", &e);
	}
	open.id = operand[1];
	buf_init(&out, (size_t)256 << 20);
	rc = cli_open(cli, operand[0], identities ? STORE_WRITE : STORE_READ, &st, &e);
	if (!rc && identities)
		rc = show_identities(cli, st, &open, &out, &e);
	else if (!rc)
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
	.synopsis = "FILE ID\n       fallow show FILE ID --identities --reason TEXT [--by NAME]",
	.text = "Prints what is shown of the record now and every revision of it: as it was on "
		"which\n"
		"day, when it was received, who handed it in, from which row of which file, what\n"
		"changed against the revision before, and what was decided. Values that identify\n"
		"persons are not printed but with --identities, by who holds the register key:\n"
		"nothing but those then, and the reason, the name (--by, default FALLOW_AUTHOR or\n"
		"the login name) and the time are recorded in the register first. See also log "
		"reads.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg source --set type=interview --set title=Told --set "
		    "valid_from=2024-05-01 --set protected_identity=Somebody\n"
		    "fallow show r.gpkg 018f3a5c-1d2e-7f00-8a11-5c0d9e7b1a22\n",
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
	if (cli->json) {
		printf("{\"path\":");
		cli_json_text(dir);
		printf(",\"submissions\":%lld}\n", (long long)size);
		return CLI_EXIT_DONE;
	}
	cli_say(cli, "wrote the log of %lld submissions to %s", (long long)size, dir);
	return CLI_EXIT_DONE;
}

static void
write_reads(const struct cli *cli, const struct unseal_read *list, size_t n, struct buf *out)
{
	char id[UUID_TEXT];

	for (size_t i = 0; i < n; i++) {
		struct json_writer w;

		uuid_format(list[i].record, id);
		if (!cli->json) {
			buf_printf(out, "%s  %s%s%s%s  %s %s  %s\n", list[i].at, list[i].by,
			           *list[i].by_role ? " (" : "", list[i].by_role,
			           *list[i].by_role ? ")" : "", list[i].kind, id, list[i].reason);
			continue;
		}
		json_begin(&w, out);
		json_object(&w, NULL);
		json_string(&w, "at", list[i].at);
		json_string(&w, "by", list[i].by);
		json_string(&w, "role", *list[i].by_role ? list[i].by_role : NULL);
		json_string(&w, "kind", list[i].kind);
		json_string(&w, "record", id);
		json_string(&w, "reason", list[i].reason);
		json_object_end(&w);
		buf_addc(out, '\n');
	}
}

static int
list_reads(const struct cli *cli, const char *path)
{
	struct unseal_read *list = NULL;
	struct store *st = NULL;
	struct err e = { 0 };
	struct arena mem;
	struct buf out;
	size_t n = 0;
	enum err_code rc = cli_open(cli, path, STORE_READ, &st, &e);

	arena_init(&mem, 0);
	buf_init(&out, (size_t)64 << 20);
	if (!rc)
		rc = unseal_reads(st, INT64_MAX, UNSEAL_READS_MOST, &mem, &list, &n, &e);
	if (!rc)
		write_reads(cli, list, n, &out);
	if (!rc)
		rc = cli_print(&out, &e);
	buf_done(&out);
	arena_done(&mem);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
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
	if (n == 2 && text_eq(operand[0], "reads"))
		return list_reads(cli, operand[1]);
	if (n != 1)
		(void)err_set(&e, ERR_INVALID,
		              "log needs a register; or: log export FILE DIR, log reads FILE");
	else if (!text_parse_i64(from, strlen(from), &first) || first < 0)
		(void)err_set(&e, ERR_INVALID,
		              "--from is \"%.40s\"; it must be the number of a submission", from);
	if (e.code)
		return cli_usage("log", &e);
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
	.synopsis =
		"FILE [--from N]\n       fallow log export FILE DIR\n       fallow log reads FILE",
	.text = "Lists the submissions with their time and author, and the newest signed "
		"checkpoint.\n"
		"With export, writes the whole log as a C2SP tlog-tiles folder (checkpoint, "
		"tile/...):\n"
		"any web host serves it, and programs not written by us verify it. It reveals no\n"
		"position and no person. With reads, lists who read identities, when, of which "
		"record,\n"
		"why: the newest 500.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg source --set type=dataset --set title=Map --set "
		    "valid_from=2024-05-01\n"
		    "$ fallow log r.gpkg\n"
		    "$ fallow log export r.gpkg logdir\n",
};
