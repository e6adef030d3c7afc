/* find: records by words, and "is it dangerous here?". */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "publish/found.h"

enum {
	HITS_MOST = 100
};

struct find_out {
	struct store *st;
	struct buf *out;
	struct json_writer *json; /* NULL = text */
	int64_t count;
};

static enum err_code
tell_hit(void *ctx, const struct find_hit *hit, struct err *e)
{
	struct find_out *f = ctx;
	char id[UUID_TEXT];

	(void)e;
	uuid_format(hit->id, id);
	f->count++;
	if (f->json) {
		json_object(f->json, NULL);
		json_string(f->json, "kind", store_kind_name(f->st, hit->kind));
		json_string(f->json, "id", id);
		json_string(f->json, "national_id", *hit->national_id ? hit->national_id : NULL);
		json_string(f->json, "shown_as", *hit->shown_as ? hit->shown_as : NULL);
		json_string(f->json, "field", hit->field);
		json_string(f->json, "value", hit->value);
		json_object_end(f->json);
		return ERR_OK;
	}
	buf_printf(f->out, "%s %s  %s%s%s: %.200s%s%s\n", store_kind_name(f->st, hit->kind), id,
	           hit->national_id, *hit->national_id ? "  " : "", hit->field, hit->value,
	           *hit->shown_as ? "  " : "", hit->shown_as);
	return ERR_OK;
}

static enum err_code
by_words(const struct cli *cli, struct store *st, const char *text, struct buf *out, struct err *e)
{
	const struct find_words what = { .role = ACCESS_LEGAL, .text = text, .limit = HITS_MOST };
	struct json_writer w = { 0 };
	struct find_out f = { .st = st, .out = out, .json = cli->json ? &w : NULL };
	bool more = false;
	enum err_code rc;

	json_begin(&w, out);
	if (cli->json) {
		json_object(&w, NULL);
		json_array(&w, "hits");
	}
	rc = find_text(st, &what, tell_hit, &f, &more, e);
	if (cli->json) {
		json_array_end(&w);
		json_bool(&w, "more", more);
		json_object_end(&w);
		buf_addc(out, '\n');
	} else if (!rc && f.count == 0) {
		buf_adds(out, "nothing found\n");
	} else if (!rc && more) {
		buf_printf(out, "and more; these are the first %d\n", HITS_MOST);
	}
	return rc;
}

static enum err_code
read_numbers(const char *near, const char *within, struct found_question *q, struct err *e)
{
	const char *comma = strchr(near, ',');
	size_t n = 0;
	const char *lat = comma ? text_trim(comma + 1, strlen(comma + 1), &n) : "";

	if (!comma || !text_parse_f64(near, (size_t)(comma - near), &q->lon_deg) ||
	    !text_parse_f64(lat, n, &q->lat_deg))
		return err_set(
			e, ERR_INVALID,
			"--near is \"%.60s\"; it must be LON,LAT in degrees, longitude first",
			near);
	if (!(q->lat_deg >= -90 && q->lat_deg <= 90) || !(q->lon_deg >= -180 && q->lon_deg <= 180))
		return err_set(e, ERR_INVALID,
		               "--near is \"%.60s\"; longitude is -180 .. 180 and comes first, "
		               "latitude -90 .. 90",
		               near);
	q->within_m = 500;
	if (within && !(text_parse_f64(within, strlen(within), &q->within_m) && q->within_m >= 0 &&
	                q->within_m <= 100000))
		return err_set(e, ERR_INVALID,
		               "--within is \"%.40s\"; it must be metres, 0 .. 100000", within);
	return ERR_OK;
}

static enum err_code
by_position(const struct cli *cli, struct store *st, const struct found_question *q,
            struct buf *out, struct err *e)
{
	struct find_near near;
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, (size_t)256 << 20);
	rc = find_near(st, ACCESS_LEGAL, (const double[]){ q->lon_deg, q->lat_deg }, q->within_m,
	               &mem, &near, e);
	if (!rc && cli->json)
		found_json(st, q, &near, out);
	else if (!rc)
		found_text(st, q, &near, out);
	arena_done(&mem);
	return rc;
}

static int
run_find(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 }, *near = NULL, *within = NULL;
	const struct cli_option options[] = { { .name = "--near", .value = &near },
		                              { .name = "--within", .value = &within },
		                              { 0 } };
	struct found_question q = { 0 };
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e) ||
	    (near && read_numbers(near, within, &q, &e)))
		return cli_usage("find", &e);
	if (n == 0 || (n == 2) == (near != NULL) || (within && !near)) {
		(void)err_set(&e, ERR_INVALID,
		              "find needs a register, and either words or --near LON,LAT");
		return cli_usage("find", &e);
	}
	buf_init(&out, (size_t)64 << 20);
	rc = cli_open(cli, operand[0], STORE_READ, &st, &e);
	if (!rc)
		rc = near ? by_position(cli, st, &q, &out, &e)
		          : by_words(cli, st, operand[1], &out, &e);
	if (!rc)
		rc = cli_print(&out, &e);
	buf_done(&out);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_find = {
	.name = "find",
	.run = run_find,
	.summary = "records by words; is it dangerous here?",
	.synopsis = "FILE TEXT\n"
		    "       fallow find FILE --near LON,LAT [--within METRES]",
	.text = "With TEXT: records whose text fields hold the words; letters are compared without "
		"case\n"
		"and marks. Identity values are never searched.\n\n"
		"With --near: what is known of a position and around it (default: 500 m). The "
		"answer is\n"
		"danger, with distance and class, approved or not; released by this register; "
		"released\n"
		"as reported by a source; or no information, which says nothing about the land. "
		"Danger\n"
		"reaches as far as its radius and accuracy. Accidents, minefield records and "
		"reports\n"
		"that wait in quarantine are counted beside.\n",
	.examples = "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow add r.gpkg hazard --set class=sha --set status=open --set "
		    "valid_from=2024-05-01 "
		    "--set place_name=Westford --set \"geometry=POLYGON((-125 -45,-124.99 "
		    "-45,-124.99 -44.99,-125 -45))\"\n"
		    "$ fallow find r.gpkg westford\n"
		    "$ fallow find r.gpkg --near -124.995,-44.996 --within 1000\n",
};
