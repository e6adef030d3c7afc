/* quarantine: rows that could not be taken in, and what becomes of them. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "ingest/retry.h"
#include "store/quarantine.h"

enum {
	MAX_ROWS = 1000,
	MAX_SETS = 100
};

struct texts {
	const char *operand[MAX_ROWS + 2];
	size_t operands;
	const char *kind, *from, *reason, *author;
	const char *set[MAX_SETS];
	size_t sets;
	bool all;
};

static enum err_code
kind_of(struct store *st, const char *name, int *ret, struct err *e)
{
	*ret = name ? store_kind(st, name) : -1;
	if (name && *ret < 0)
		return err_set(e, ERR_INVALID, "there is no kind of record called %.60s", name);
	return ERR_OK;
}

struct listing {
	struct store *st;
	int64_t waiting;
};

static enum err_code
print_row(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct listing *l = ctx;
	char shown[400];

	(void)e;
	l->waiting += row->end_submission < 0;
	printf("%6lld  %-10s row %-7lld %s\n", (long long)row->qid,
	       store_kind_name(l->st, row->kind), (long long)row->row, row->reason);
	if (row->place)
		printf("        at %s\n", err_quote(row->place, shown, sizeof(shown)));
	if (row->end_reason)
		printf("        settled: %s\n", row->end_reason);
	printf("        %s\n", err_quote(row->original, shown, sizeof(shown)));
	return ERR_OK;
}

static enum err_code
list(const struct cli *cli, struct store *st, const struct texts *t, struct err *e)
{
	struct listing l = { .st = st };
	struct buf b;
	int kind;
	enum err_code rc = kind_of(st, t->kind, &kind, e);

	if (rc)
		return rc;
	if (!cli->json) {
		rc = quarantine_each(st, kind, t->all, print_row, &l, e);
		if (!rc)
			printf("%lld rows wait in quarantine\n", (long long)l.waiting);
		return rc;
	}
	buf_init(&b, (size_t)1 << 30);
	rc = retry_export(st, kind, t->all, RETRY_JSON, &b, e);
	if (!rc)
		rc = cli_print(&b, e);
	buf_done(&b);
	return rc;
}

static enum err_code
write_export(const struct cli *cli, struct store *st, const struct texts *t, struct err *e)
{
	const char *out = t->operand[2];
	enum retry_format format =
		text_eq_nocase(file_extension(out), "json") ? RETRY_JSON : RETRY_CSV;
	struct buf b;
	int kind;
	enum err_code rc = kind_of(st, t->kind, &kind, e);

	if (rc)
		return rc;
	buf_init(&b, (size_t)1 << 30);
	rc = retry_export(st, kind, t->all, format, &b, e);
	if (!rc)
		rc = file_write_atomic(out, buf_text(&b), b.size, 0600, e);
	if (!rc && cli->json) {
		printf("{\"path\":");
		cli_json_text(out);
		printf("}\n");
	} else if (!rc) {
		cli_say(cli, "wrote %s", out);
	}
	buf_done(&b);
	return rc;
}

static enum err_code
read_ids(const struct texts *t, size_t from, int64_t *id, size_t *ret_n, struct err *e)
{
	*ret_n = 0;
	for (size_t i = from; i < t->operands; i++)
		if (!text_parse_i64(t->operand[i], strlen(t->operand[i]), &id[(*ret_n)++]))
			return err_set(e, ERR_INVALID,
			               "\"%.40s\" is no number of a quarantined row",
			               t->operand[i]);
	return ERR_OK;
}

static void
print_retried(const struct cli *cli, const struct retry_result *r)
{
	if (r->why_qid)
		cli_say(cli, "row %lld: %s", (long long)r->why_qid, r->why.text);
	if (cli->json) {
		printf("{\"retried\":%lld,\"accepted\":%lld,\"flagged\":%lld,\"present\":%lld,"
		       "\"quarantined\":%lld}\n",
		       (long long)r->retried, (long long)r->accepted, (long long)r->flagged,
		       (long long)r->present, (long long)r->waiting);
		return;
	}
	printf("retried %lld = accepted %lld + flagged %lld + already present %lld + still "
	       "quarantined %lld\n",
	       (long long)r->retried, (long long)r->accepted, (long long)r->flagged,
	       (long long)r->present, (long long)r->waiting);
	for (int i = 0; !cli->quiet && i < CHECK_COUNT; i++)
		if (r->check[i])
			printf("  %8lld %s (%s)\n", (long long)r->check[i], rowchecks[i].sentence,
			       rowchecks[i].code);
}

static enum err_code
retry(const struct cli *cli, struct store *st, const struct texts *t, bool *ret_waiting,
      struct err *e)
{
	int64_t id[MAX_ROWS + 2];
	struct retry_options o = {
		.qid = id, .from = t->from, .set = t->set, .sets = t->sets, .author = t->author
	};
	struct retry_result r = { 0 };
	enum err_code rc = read_ids(t, 2, id, &o.qids, e);

	if (!rc)
		rc = retry_run(st, &o, &r, e);
	if (!rc)
		print_retried(cli, &r);
	*ret_waiting = r.waiting > 0;
	return rc;
}

static enum err_code
dismiss(const struct cli *cli, struct store *st, const struct texts *t, struct err *e)
{
	int64_t id[MAX_ROWS + 2];
	size_t n;
	enum err_code rc = read_ids(t, 2, id, &n, e);

	for (size_t i = 0; !rc && i < n; i++)
		rc = retry_dismiss(st, id[i], t->reason, t->author, e);
	if (!rc && cli->json)
		printf("{\"dismissed\":%zu}\n", n);
	else if (!rc)
		cli_say(cli, "dismissed %zu", n);
	return rc;
}

/* What is asked for, or NULL and a sentence. */
static const char *
action_of(const struct texts *t, struct err *e)
{
	const char *action = t->operands >= 2 ? t->operand[1] : NULL;

	if (!action)
		(void)err_set(e, ERR_INVALID, "quarantine needs a register and what to do");
	else if (!text_eq(action, "list") && !text_eq(action, "export") &&
	         !text_eq(action, "retry") && !text_eq(action, "dismiss"))
		(void)err_set(e, ERR_INVALID, "\"%.40s\" is not list, export, retry or dismiss",
		              action);
	else if (text_eq(action, "export") && t->operands != 3)
		(void)err_set(e, ERR_INVALID, "export needs the name of a file to write");
	else if (text_eq(action, "dismiss") && (t->operands < 3 || !t->reason))
		(void)err_set(e, ERR_INVALID, "dismiss needs the number of a row and --reason");
	else
		return action;
	return NULL;
}

static int
run_quarantine(struct cli *cli, int argc, char **argv)
{
	static struct texts none;
	struct texts t = none;
	const struct cli_option options[] = {
		{ .name = "--kind", .value = &t.kind },
		{ .name = "--all", .flag = &t.all },
		{ .name = "--from", .value = &t.from },
		{ .name = "--reason", .value = &t.reason },
		{ .name = "--author", .value = &t.author },
		{ .name = "--set", .list = t.set, .count = &t.sets, .max = MAX_SETS },
		{ 0 }
	};
	struct store *st = NULL;
	struct err e = { 0 };
	const char *action;
	bool waiting = false, write;
	enum err_code rc;

	t.author = cli_author();
	if (cli_parse(cli, options, argc, argv,
	              &(struct cli_operands){ t.operand, MAX_ROWS + 2, &t.operands }, &e))
		return cli_usage("quarantine", &e);
	action = action_of(&t, &e);
	if (!action)
		return cli_usage("quarantine", &e);
	write = text_eq(action, "retry") || text_eq(action, "dismiss");
	rc = cli_open(cli, t.operand[0], write ? STORE_WRITE : STORE_READ, &st, &e);
	if (!rc && text_eq(action, "list"))
		rc = list(cli, st, &t, &e);
	else if (!rc && text_eq(action, "export"))
		rc = write_export(cli, st, &t, &e);
	else if (!rc && text_eq(action, "retry"))
		rc = retry(cli, st, &t, &waiting, &e);
	else if (!rc)
		rc = dismiss(cli, st, &t, &e);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	return waiting ? CLI_EXIT_QUARANTINE : CLI_EXIT_DONE;
}

const struct cli_command cmd_quarantine = {
	.name = "quarantine",
	.run = run_quarantine,
	.summary = "rows that could not be taken in: look, correct, hand in again",
	.synopsis =
		"FILE list [--kind K] [--all]\n"
		"       fallow quarantine FILE export OUT.csv|OUT.json [--kind K] [--all]\n"
		"       fallow quarantine FILE retry [ROW...] [--from CORRECTED] [--set FIELD=VALUE]...\n"
		"       fallow quarantine FILE dismiss ROW... --reason TEXT",
	.text = "A row whose kind or position cannot be known waits here, as it came, with the\n"
		"reason; waiting hazards are counted beside every figure. retry hands rows in "
		"again:\n"
		"all that wait, those with the numbers given, or those of a corrected export. "
		"What\n"
		"is good becomes a record of its import; what is not waits on. Exit status 3: "
		"rows\n"
		"still wait. A refused edit of a work copy comes in as the edit of its record "
		"that\n"
		"it was, and waits for approval.\n\n"
		"  --from CORRECTED   a file that export wrote, with values corrected\n"
		"  --set FIELD=VALUE  a value for every row retried; an empty one clears\n"
		"  --kind K           only rows of a kind\n"
		"  --all              also rows that were settled\n"
		"  --reason TEXT      why a row is dismissed; goes into the log\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ printf 'class,place_name\\nsha,\\nsha,Oreva\\n' >areas.csv\n"
		    "fallow import r.gpkg hazard areas.csv\n"
		    "$ fallow quarantine r.gpkg list\n"
		    "fallow quarantine r.gpkg retry 1 --set place_name=Oreva\n",
};
