/* compare: two registers side by side. */
#include "assess/question.h"
#include "base/text.h"
#include "cli/commands.h"
#include "publish/compare_time.h"

struct sides {
	struct store *st[2];
	struct figure_question q[2];
};

static enum err_code
open_both(const struct cli *cli, const char *const path[2], const struct question_texts *t,
          struct sides *s, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < 2; k++) {
		rc = cli_open(cli, path[k], STORE_READ, &s->st[k], e);
		if (!rc)
			rc = question_make(s->st[k], t, &s->q[k], e);
	}
	return rc;
}

static enum err_code
answer(struct sides *s, const char *format, struct err *e)
{
	const struct figure_question *const q[2] = { &s->q[0], &s->q[1] };
	struct pool *pool = pool_create(0);
	struct compare_time time;
	struct compare c;
	struct buf out;
	enum err_code rc;

	buf_init(&out, (size_t)64 << 20);
	rc = compare_make(s->st, q, pool, &c, e);
	if (!rc && text_eq(format, "html")) {
		rc = compare_time_make(&c, ACCESS_LEGAL, &time, e);
		if (!rc)
			rc = compare_write_html(&c, &time, &out, e);
		compare_free(&c);
	} else if (!rc) {
		rc = compare_write(&c, text_eq(format, "json"), &out, e);
		compare_free(&c);
	}
	if (!rc)
		rc = cli_print(&out, e);
	buf_done(&out);
	pool_free(pool);
	return rc;
}

static int
run_compare(struct cli *cli, int argc, char **argv)
{
	struct question_texts t = { 0 };
	const char *path[2] = { NULL, NULL }, *format = NULL;
	const struct cli_option options[] = { { .name = "--as-of", .value = &t.as_of },
		                              { .name = "--known-at", .value = &t.known_at },
		                              { .name = "--after", .value = &t.after },
		                              { .name = "--format", .value = &format },
		                              { 0 } };
	struct sides s = { { NULL, NULL }, { { 0 }, { 0 } } };
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ path, 2, &n }, &e))
		return cli_usage("compare", &e);
	if (!format)
		format = cli->json ? "json" : "table";
	if (n != 2 ||
	    (!text_eq(format, "table") && !text_eq(format, "json") && !text_eq(format, "html"))) {
		(void)err_set(&e, ERR_INVALID,
		              n != 2 ? "compare needs two registers"
		                     : "--format is table, json or html");
		return cli_usage("compare", &e);
	}
	rc = open_both(cli, path, &t, &s, &e);
	if (!rc)
		rc = answer(&s, format, &e);
	store_close(s.st[0]);
	store_close(s.st[1]);
	return !rc ? CLI_EXIT_DONE : s.st[1] ? cli_fail_question(&e) : cli_fail(&e);
}

const struct cli_command cmd_compare = {
	.name = "compare",
	.run = run_compare,
	.summary = "two registers side by side: claims, records, accidents, booby-traps",
	.synopsis =
		"A B [--as-of DATE] [--known-at TIME] [--after DATE] [--format table|json|html]",
	.text = "Answers six questions from two registers: every figure that is claimed beside "
		"what\n"
		"the records yield; the accidents of the same days; what devices were attached "
		"to;\n"
		"items made after a date; finds and accidents inside minefield records; and what\n"
		"the experience of one would mean for the other. Where definitions or units "
		"differ\n"
		"it says so and divides nothing. Names in brackets are the records behind a "
		"cell.\n\n"
		"  --after DATE     the date of the fourth question\n"
		"  --as-of DATE     as it was on that day (default: today)\n"
		"  --known-at TIME  as the registers knew it then (default: now)\n"
		"  --format F       table (default), json, or html: one page for printing, with the\n"
		"                   accidents of both on one time line\n",
	.examples = "$ fallow init a.gpkg --country XXA --name Here\n"
		    "$ fallow init b.gpkg --country XXA --name There\n"
		    "$ fallow add a.gpkg claim --set valid_from=2024-05-01 --set \"statement=30 "
		    "percent is dangerous\" "
		    "--set figure_code=extent.share --set value=30 --set unit=percent\n"
		    "$ fallow compare a.gpkg b.gpkg --after 2020-11-10\n",
};
