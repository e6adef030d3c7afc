/* figures and explain: how large the problem is, and why. */
#include <stdio.h>
#include <string.h>

#include "assess/question.h"
#include "base/text.h"
#include "cli/commands.h"
#include "publish/answer.h"
#include "store/cache.h"

static enum err_code
read_format(const struct cli *cli, const char *text, enum answer_format *ret, struct err *e)
{
	if (text_eq(text, "table"))
		*ret = ANSWER_TABLE;
	else if (text_eq(text, "csv"))
		*ret = ANSWER_CSV;
	else if (text_eq(text, "json"))
		*ret = ANSWER_JSON;
	else if (text)
		return err_set(e, ERR_INVALID,
		               "--format is \"%.40s\"; allowed are table, csv and json", text);
	else
		*ret = cli->json ? ANSWER_JSON : ANSWER_TABLE;
	return ERR_OK;
}

/* The question as one text: the key of the cache. */
static void
question_key(const struct figure_question *q, enum answer_format format, struct buf *b)
{
	buf_printf(b, "figures/3 %s as_of=%lld known=%lld at=%lld after=%lld by=%s format=%d",
	           FALLOW_VERSION, (long long)q->as_of_days, (long long)q->known_size,
	           (long long)q->known_at_us, (long long)q->after_days, q->by ? q->by : "",
	           (int)format);
	for (const char *const *p = q->codes; p && *p; p++)
		buf_printf(b, " %s", *p);
}

static enum err_code
compute(struct store *st, const struct figure_question *q, enum answer_format format,
        struct buf *out, struct err *e)
{
	struct pool *pool = pool_create(0);
	struct figure_set set;
	enum err_code rc = figure_run(st, q, pool, &set, e);

	if (!rc) {
		rc = answer_figures(st, q, &set, format, out, e);
		figure_set_free(&set);
	}
	pool_free(pool);
	return rc;
}

static enum err_code
answer(struct store *st, const struct question_texts *t, enum answer_format format, bool cached,
       struct buf *out, struct err *e)
{
	struct figure_question q;
	struct buf key;
	bool hit = false;
	enum err_code rc = question_make(st, t, &q, e);

	buf_init(&key, 1u << 16);
	if (!rc) {
		question_key(&q, format, &key);
		if (cached)
			rc = cache_get(st, buf_text(&key), out, &hit, e);
	}
	if (!rc && !hit) {
		rc = compute(st, &q, format, out, e);
		if (!rc && cached)
			rc = cache_put(st, buf_text(&key), out, e);
	}
	buf_done(&key);
	return rc;
}

static int
run_figures(struct cli *cli, int argc, char **argv)
{
	struct question_texts t = { 0 };
	const char *file = NULL, *format_text = NULL;
	bool fresh = false;
	const struct cli_option options[] = {
		{ .name = "--figure", .list = t.codes, .count = &t.code_count, .max = 31 },
		{ .name = "--by", .value = &t.by },
		{ .name = "--as-of", .value = &t.as_of },
		{ .name = "--known-at", .value = &t.known_at },
		{ .name = "--after", .value = &t.after },
		{ .name = "--format", .value = &format_text },
		{ .name = "--fresh", .flag = &fresh },
		{ 0 }
	};
	enum answer_format format = ANSWER_TABLE;
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ &file, 1, &n }, &e) ||
	    read_format(cli, format_text, &format, &e))
		return cli_usage("figures", &e);
	if (!file) {
		(void)err_set(&e, ERR_INVALID, "figures needs a register");
		return cli_usage("figures", &e);
	}
	buf_init(&out, (size_t)1 << 30);
	rc = cli_open(cli, file, STORE_READ, &st, &e);
	if (!rc)
		rc = answer(st, &t, format, !fresh, &out, &e);
	if (!rc)
		rc = cli_print(&out, &e);
	buf_done(&out);
	store_close(st);
	return !rc ? CLI_EXIT_DONE : st ? cli_fail_question(&e) : cli_fail(&e);
}

const struct cli_command cmd_figures = {
	.name = "figures",
	.run = run_figures,
	.summary = "how large the problem is: area, people, casualties, finds, claims",
	.synopsis = "FILE [--figure CODE]... [--by LEVEL] [--as-of DATE] [--known-at TIME]\n"
		    "       [--after DATE] [--format table|csv|json] [--fresh]",
	.text = "Computes figures from the records. Each row has a value, low and high, a unit, "
		"the\n"
		"method with its version and the number of records; docs/FIGURES.md defines "
		"them.\n\n"
		"  --figure CODE    only these: extent, release, exposure, casualties, finds,\n"
		"                   laying, minefields, claims, or a code such as extent.area\n"
		"  --by LEVEL       per place: country, admin1, admin2, admin3 or settlement\n"
		"  --as-of DATE     as it was on that day (default: today)\n"
		"  --known-at TIME  as the register knew it then (default: now)\n"
		"  --after DATE     for laying: items made or laid after that day\n"
		"  --format F       table (default), csv or json\n"
		"  --fresh          compute anew, whatever was kept\n\n"
		"The same question about the same past gives the same bytes.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg hazard --set class=sha --set status=open --set "
		    "valid_from=2024-05-01 "
		    "--set \"geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))\"\n"
		    "$ fallow figures r.gpkg --figure extent --as-of 2024-12-31\n",
};

static int
run_explain(struct cli *cli, int argc, char **argv)
{
	struct question_texts t = { 0 };
	const char *operand[2] = { 0 }, *place = NULL;
	const struct cli_option options[] = { { .name = "--place", .value = &place },
		                              { .name = "--by", .value = &t.by },
		                              { .name = "--as-of", .value = &t.as_of },
		                              { .name = "--known-at", .value = &t.known_at },
		                              { .name = "--after", .value = &t.after },
		                              { 0 } };
	struct figure_question q;
	struct figure_set set;
	struct pool *pool = NULL;
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("explain", &e);
	if (n != 2) {
		(void)err_set(&e, ERR_INVALID, "explain needs a register and a figure's code");
		return cli_usage("explain", &e);
	}
	if (place && !t.by)
		t.by = "admin1";
	buf_init(&out, (size_t)1 << 30);
	t.codes[t.code_count++] = operand[1];
	rc = cli_open(cli, operand[0], STORE_READ, &st, &e);
	if (!rc)
		rc = question_make(st, &t, &q, &e);
	if (!rc) {
		q.explain = operand[1];
		q.explain_place = place;
		pool = pool_create(0);
		rc = figure_run(st, &q, pool, &set, &e);
	}
	if (!rc) {
		rc = answer_explain(st, &q, &set, cli->json, &out, &e);
		figure_set_free(&set);
	}
	if (!rc)
		rc = cli_print(&out, &e);
	pool_free(pool);
	buf_done(&out);
	store_close(st);
	return !rc ? CLI_EXIT_DONE : st ? cli_fail_question(&e) : cli_fail(&e);
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.run = run_explain,
	.summary = "walk from a figure to its records and their submissions",
	.synopsis = "FILE CODE [--place NAME] [--by LEVEL] [--as-of DATE] [--known-at TIME]",
	.text = "Prints the rows of a figure with every record that went into each, its part of "
		"the\n"
		"value, and the submissions it came in. fallow show tells the rest of a record.\n"
		"Options as for fallow figures; --place names one place (level admin1 unless "
		"--by).\n",
	.examples = "$ fallow generate g.gpkg --hazards 50 --quiet\n"
		    "$ fallow explain g.gpkg extent.area --as-of 2024-12-31\n"
		    "$ fallow explain g.gpkg casualties.by_sex --as-of 2024-12-31 --json\n",
};
