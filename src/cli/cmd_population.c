#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "ingest/population.h"

static int
run(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 }, *error = NULL;
	struct population_options o = { .author = cli_author(), .relative_error = -1 };
	const struct cli_option options[] = { { .name = "--relative-error", .value = &error },
		                              { .name = "--title", .value = &o.title },
		                              { .name = "--date", .value = &o.date },
		                              { .name = "--licence", .value = &o.licence },
		                              { 0 } };
	struct population_result r;
	struct store *st = NULL;
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e))
		return cli_usage("population", &e);
	if (n != 2 ||
	    (error &&
	     (!text_parse_f64(error, strlen(error), &o.relative_error) || o.relative_error < 0)) ||
	    (o.date && !clock_parse_date(o.date, strlen(o.date), NULL))) {
		(void)err_set(&e, ERR_INVALID,
		              "population needs a register and a raster; an error is a number, a "
		              "date YYYY-MM-DD");
		return cli_usage("population", &e);
	}
	rc = cli_open(cli, operand[0], STORE_WRITE, &st, &e);
	if (!rc)
		rc = population_add(st, operand[1], &o, &r, &e);
	store_close(st);
	if (rc)
		return cli_fail(&e);
	if (cli->json)
		printf("{\"id\":\"%s\",\"sha256\":\"%s\",\"columns\":%u,\"rows\":%u,\"people\":%."
		       "0f}\n",
		       r.id, r.sha256, r.cols, r.rows, r.people);
	else if (!cli->quiet)
		printf("took in the raster of %u x %u cells, %.0f people (source %s)\n", r.cols,
		       r.rows, r.people, r.id);
	return CLI_EXIT_DONE;
}

const struct cli_command cmd_population = {
	.name = "population",
	.run = run,
	.summary = "take in a population raster, for the figure exposure",
	.synopsis = "FILE RASTER [--relative-error PERCENT] [--date DATE] [--title TEXT]\n       "
		    "[--licence TEXT]",
	.text = "Takes in a raster of people per cell (any format the reader opens, such as "
		"GeoTIFF;\n"
		"EPSG:4326, north-up). It is kept as an original and as a source record; exposure "
		"is\n"
		"computed from the newest one that is approved, while none is from the newest.\n\n"
		"  --relative-error PERCENT  how far its figures may be off (default 0: not "
		"stated)\n"
		"  --date DATE               date of information (default: today)\n",
	.examples = "fallow population r.gpkg people.tif --relative-error 15 --date 2023-01-01\n"
		    "fallow figures r.gpkg --figure exposure\n",
};
