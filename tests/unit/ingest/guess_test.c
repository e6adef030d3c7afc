/* Drafted mappings. What is expected was written down from the files' own descriptions, not from
 * what came out. */
#include "../unit.h"

#include <string.h>

#include "base/mem.h"
#include "ingest/guess.h"

enum {
	MAX_COLUMNS = 12,
	MAX_ROWS = 8
};

static struct buf sql;
static size_t as_numbers; /* of the second column, that many rows hold whole numbers */

/* Draft for a table of texts: names in the first row, "" is null; rows end with a NULL. */
static void
draft(const char *kind, bool has_geometry, const char *crs, const char *const table[][MAX_COLUMNS])
{
	struct source_column columns[MAX_COLUMNS];
	struct source_value values[MAX_ROWS][MAX_COLUMNS];
	struct source_row row[MAX_ROWS];
	struct source_rows rows = { .rows = row };
	struct source_header header = { .layer = "t",
		                        .driver = "CSV",
		                        .encoding = "",
		                        .crs = "",
		                        .crs_wkt = "",
		                        .has_geometry = has_geometry,
		                        .features = -1,
		                        .columns = columns };
	const char *survey, *choices;
	struct form *form = NULL;
	struct guess *g = NULL;

	memset(values, 0, sizeof(values));
	while (header.column_count < MAX_COLUMNS && table[0][header.column_count]) {
		columns[header.column_count].name = table[0][header.column_count];
		columns[header.column_count++].type = PIPE_TEXT;
	}
	for (size_t r = 1; r <= MAX_ROWS && table[r][0]; r++) {
		for (size_t c = 0; c < header.column_count; c++) {
			const char *s = table[r][c];

			if (s && *s)
				values[r - 1][c] = (struct source_value){ .type = PIPE_TEXT,
					                                  .size = strlen(s),
					                                  .text = s };
			if (c == 1 && r <= as_numbers)
				values[r - 1][c] = (struct source_value){ .type = PIPE_INTEGER,
					                                  .integer = s[0] - '0' };
		}
		row[r - 1] = (struct source_row){ .number = (int64_t)r, .values = values[r - 1] };
		rows.row_count++;
	}
	assert_true(form_builtin(kind, &survey, &choices));
	assert_int_equal(form_parse(survey, strlen(survey), choices, strlen(choices), &form, NULL),
	                 ERR_OK);
	assert_int_equal(guess_create(form, &header, &g, NULL), ERR_OK);
	assert_int_equal(guess_look(g, &rows, NULL), ERR_OK);
	buf_reset(&sql);
	assert_int_equal(guess_write(g, crs, &sql, NULL), ERR_OK);
	guess_free(g);
	form_free(form);
}

static void
has(const char *text)
{
	if (!strstr(buf_text(&sql), text))
		fail_msg("no \"%s\" in\n%s", text, buf_text(&sql));
}

static void
lacks(const char *text)
{
	if (strstr(buf_text(&sql), text))
		fail_msg("\"%s\" in\n%s", text, buf_text(&sql));
}

static void
suspected_is_sha_and_the_rest_is_told(void **state)
{
	static const char *const t[][MAX_COLUMNS] = { { "typeArea", "fileId" },
		                                      { "Suspected Minefield", "2585-III" },
		                                      { "Minefield", "2585-III" },
		                                      { "Dragon", "2585-III" },
		                                      { NULL } };

	(void)state;
	draft("hazard", true, NULL, t);
	has(" geometry");
	has("WHEN 'Suspected Minefield' THEN 'sha'");
	has("WHEN 'Minefield' THEN 'cha'");
	has("ELSE \"typeArea\" END AS class");
	has("-- not understood in typeArea: Dragon (1 of");
	has("-- columns not used: fileId");
}

static void
spanish_victims(void **state)
{
	static const char *const t[][MAX_COLUMNS] = {
		{ "departamento", "municipio", "ano", "mes", "rangoedad", "condicion", "estado",
		  "genero", "latitudcabecera", "longitudcabecera", "tipoarea" },
		{ "ANTIOQUIA", "GRANADA", "2006", "1", "Menor de 18 años", "Civil", "Herido",
		  "Masculino", "6.1", "-75.1", "Rural" },
		{ "CAQUETA", "MONTAÑITA", "2009", "12", "Mayor de 18 años", "Fuerza pública",
		  "Muerto", "Femenino", "1.4", "-75.2", "Urbana" },
		{ NULL }
	};

	(void)state;
	draft("victim", false, NULL, t);
	has("\"departamento\" AS admin1_name");
	has("\"municipio\" AS admin2_name");
	has("\"ano\" AS accident_year");
	has("\"mes\" AS accident_month");
	has("WHEN 'Muerto' THEN 'killed'");
	has("WHEN 'Fuerza pública' THEN 'military_security'");
	has("WHEN 'Menor de 18 años' THEN 'child'");
	has("\"genero\" AS sex");
	/* the seat of a municipality is not where it happened, and says so */
	has("'somewhere_in_place' AS position_quality");
	has("'settlement' AS point_role");
	has("'WGS 84' AS given_datum");
	lacks("columns not used");
}

static void
dates_with_slashes(void **state)
{
	static const char *const day_first[][MAX_COLUMNS] = {
		{ "Date" }, { "13/05/2024" }, { "01/02/2024" }, { NULL }
	};
	static const char *const month_first[][MAX_COLUMNS] = {
		{ "Date" }, { "05/13/2024" }, { "01/02/2024" }, { NULL }
	};
	static const char *const open[][MAX_COLUMNS] = {
		{ "Date" }, { "05/06/2024" }, { "01/02/2024" }, { NULL }
	};
	static const char *const both[][MAX_COLUMNS] = {
		{ "Date" }, { "13/06/2024" }, { "01/22/2024" }, { NULL }
	};

	(void)state;
	draft("hazard", false, NULL, day_first);
	has("substr(\"Date\", 7, 4) || '-' || substr(\"Date\", 4, 2) || '-' || substr(\"Date\", 1, 2) AS valid_from");
	draft("hazard", false, NULL, month_first);
	has("substr(\"Date\", 7, 4) || '-' || substr(\"Date\", 1, 2) || '-' || substr(\"Date\", 4, 2) AS valid_from");
	draft("hazard", false, NULL, open);
	has("\"Date\" AS valid_from");
	has("cannot tell day from month in Date");
	draft("hazard", false, NULL, both);
	lacks("substr");
}

/* A column called "State" is a status when its values say so, and a province when they do not. */
static void
a_state_is_what_its_values_say(void **state)
{
	static const char *const t[][MAX_COLUMNS] = { { "lon", "lat", "State" },
		                                      { "-125.1", "-45.1", "Active" },
		                                      { "-125.2", "-45.2", "Cleared" },
		                                      { NULL } };
	static const char *const u[][MAX_COLUMNS] = { { "lon", "lat", "State" },
		                                      { "-125.1", "-45.1", "Oreva" },
		                                      { "-125.2", "-45.2", "Clearwater" },
		                                      { NULL } };

	(void)state;
	draft("hazard", false, "EPSG:4326", t);
	has("WHEN 'Active' THEN 'open'");
	has("WHEN 'Cleared' THEN 'closed'");
	has("AS status");
	lacks("admin1_name");
	draft("hazard", false, "EPSG:4326", u);
	has("\"State\" AS admin1_name");
	lacks("AS status");
}

/* Headings as authorities write them: the way a date is written stands in brackets. */
static void
dates_with_brackets(void **state)
{
	static const char *const t[][MAX_COLUMNS] = { { "lon", "lat", "Date (dd/mm/yyyy)" },
		                                      { "-125.1", "-45.2", "13/06/2024" },
		                                      { "-125.2", "-45.2", "06/07/2024" },
		                                      { NULL } };
	static const char *const u[][MAX_COLUMNS] = { { "lon", "lat", "Дата обстеження",
		                                        "Площа (м²)" },
		                                      { "-125.1", "-45.2", "05.06.2024", "1200" },
		                                      { NULL } };

	(void)state;
	draft("hazard", false, "EPSG:4326", t);
	has("AS valid_from");
	lacks("columns not used");
	draft("hazard", false, "EPSG:4326", u);
	has("\"Дата обстеження\" AS valid_from");
	has("AS reported_area_m2");
}

static void
positions_and_systems(void **state)
{
	static const char *const degrees[][MAX_COLUMNS] = { { "X", "Y" },
		                                            { "33.2", "48.5" },
		                                            { NULL } };
	static const char *const grid[][MAX_COLUMNS] = { { "X", "Y" },
		                                         { "6500000", "5400000" },
		                                         { NULL } };
	static const char *const mgrs[][MAX_COLUMNS] = { { "MGRS", "datum" },
		                                         { "36UVU1234567890", "WGS 84" },
		                                         { NULL } };

	(void)state;
	draft("hazard", false, NULL, degrees);
	has("\"X\" AS lon");
	has("'WGS 84' AS given_datum");
	draft("hazard", false, "EPSG:4284", degrees);
	lacks("WGS 84");
	draft("hazard", false, NULL, grid);
	has("\"X\" AS x");
	lacks("WGS 84");
	has("need a reference system");
	draft("hazard", false, NULL, mgrs);
	has("\"MGRS\" AS position");
	has("\"datum\" AS given_datum");
	lacks("'WGS 84' AS");
}

/* Outlines and positions as texts in degrees are like columns of degrees. */
static void
texts_in_degrees(void **state)
{
	static const char *const wkt[][MAX_COLUMNS] = {
		{ "WKT", "datum" }, { "POLYGON ((33 48, 34 48, 34 49, 33 48))", "" }, { NULL }
	};
	static const char *const bare[][MAX_COLUMNS] = {
		{ "WKT" }, { "POLYGON ((33 48, 34 48, 34 49, 33 48))" }, { NULL }
	};
	static const char *const metres[][MAX_COLUMNS] = { { "WKT" },
		                                           { "POINT (6500000 5400000)" },
		                                           { NULL } };
	static const char *const dms[][MAX_COLUMNS] = {
		{ "coordinates" }, { "48°30'30\" N 33°12'00\" E" }, { "48.5 N, 33.2 E" }, { NULL }
	};
	static const char *const mgrs[][MAX_COLUMNS] = { { "MGRS" },
		                                         { "36UVU1234567890" },
		                                         { NULL } };

	(void)state;
	draft("hazard", false, NULL, bare);
	has("\"WKT\" AS geometry");
	has("'WGS 84' AS given_datum");
	has("change it if that is wrong");
	draft("hazard", false, NULL, wkt);
	lacks("'WGS 84'");
	draft("hazard", false, "EPSG:4284", bare);
	lacks("'WGS 84'");
	draft("hazard", false, NULL, metres);
	lacks("'WGS 84'");
	draft("hazard", false, NULL, dms);
	has("\"coordinates\" AS position");
	has("'WGS 84' AS given_datum");
	draft("hazard", false, NULL, mgrs); /* a square of which datum? */
	lacks("'WGS 84'");
}

/* Sheets of the form's own fields: outlines are on WGS 84, whatever stands beside them. */
static void
own_sheets(void **state)
{
	static const char *const own[][MAX_COLUMNS] = {
		{ "national_id", "geometry", "given_text", "given_datum", "class" },
		{ "1", "POINT (33 48)", "33 E 48 N", "EPSG:4284", "sha" },
		{ "2", "", "33 E 48 N", "EPSG:4284", "sha" },
		{ NULL }
	};
	static const char *const more[][MAX_COLUMNS] = { { "national_id", "geometry", "mine" },
		                                         { "1", "POINT (33 48)", "x" },
		                                         { NULL } };

	(void)state;
	draft("hazard", false, NULL, own);
	has("\n \"geometry\",");
	has("CASE WHEN trim(\"geometry\") <> '' THEN 'OGC:CRS84' END AS crs");
	has("\"given_text\" AS position");
	has("\n \"given_text\",");
	has("\n \"given_datum\",");
	lacks("'WGS 84'");
	draft("hazard", false, "EPSG:4284", own);
	lacks("CRS84");
	draft("hazard", false, NULL, more); /* not ours: told */
	has("\"geometry\"");
	lacks("CRS84");
	has("'WGS 84' AS given_datum");
}

/* A Shapefile keeps 10 bytes of a name. */
static void
names_that_were_cut(void **state)
{
	static const char *const t[][MAX_COLUMNS] = {
		{ "national_i", "hazard_typ", "survey_dat", "estimated_", "descriptio",
		  "contractor", "place_name" },
		{ "H-1", "SHA", "2024-05-01", "120.5", "near a well", "X", "Oreva" },
		{ NULL }
	};
	static const char *const shorter[][MAX_COLUMNS] = { { "national", "survey_da" },
		                                            { "H-1", "2024-05-01" },
		                                            { NULL } };

	(void)state;
	draft("hazard", true, NULL, t);
	has("\"national_i\" AS national_id");
	has("\"hazard_typ\" AS class");
	has("\"survey_dat\" AS valid_from");
	has("\"estimated_\" AS estimated_area_m2");
	has("\"descriptio\" AS remarks");
	has("\n \"place_name\"");
	has("-- columns not used: contractor\n");
	draft("hazard", true, NULL, shorter);
	has("-- columns not used: national, survey_da\n");
}

/* Codes that are numbers in the file are numbers in the mapping. */
static void
codes_that_are_numbers(void **state)
{
	static const char *const t[][MAX_COLUMNS] = {
		{ "name", "admin_level" }, { "A", "4" }, { "B", "6" }, { NULL }
	};

	(void)state;
	draft("place", true, NULL, t);
	has("WHEN '4' THEN 'admin1'");
	lacks("WHEN 4 ");
	as_numbers = 2;
	draft("place", true, NULL, t);
	has("WHEN 4 THEN 'admin1'");
	has("WHEN 6 THEN 'admin2'");
	lacks("WHEN '4'");
	as_numbers = 1; /* the other one is a text */
	draft("place", true, NULL, t);
	has("WHEN 4 THEN 'admin1'");
	has("WHEN '6' THEN 'admin2'");
	as_numbers = 0;
}

static void
own_layers_map_by_name_only(void **state)
{
	static const char *const t[][MAX_COLUMNS] = {
		{ "fid", "record_id", "national_id", "area_m2", "class", "import_row", "geometry" },
		{ "1", "x", "N-1", "5", "sha", "7", "" },
		{ NULL }
	};

	(void)state;
	draft("hazard", true, NULL, t);
	has("geometry_wkb AS geometry");
	has("\"national_id\"");
	has("\"class\"");
	lacks("reported_area_m2");
	lacks("\"import_row\"");
	lacks("AS national_id");
}

static void
units_names_and_quotes(void **state)
{
	static const char *const t[][MAX_COLUMNS] = { { "Area (ha)", "It's \"odd\"", "підозра",
		                                        "parent" },
		                                      { "1,5", "a\nb", "мінне поле", "x" },
		                                      { NULL } };
	static const char *const none[][MAX_COLUMNS] = { { "q\n; DROP" }, { "1" }, { NULL } };

	(void)state;
	draft("hazard", false, NULL, t);
	has("nullif(replace(\"Area (ha)\", ',', '.') * 10000, 0) AS reported_area_m2");
	/* a column whose values all are classes is the class, whatever its name */
	has("WHEN 'мінне поле' THEN 'cha'");
	draft("hazard", false, NULL, none);
	has("no column was understood");
	has("-- columns not used: q ; DROP");
}

static int
set_up(void **state)
{
	(void)state;
	buf_init(&sql, 1u << 20);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_done(&sql);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suspected_is_sha_and_the_rest_is_told),
		cmocka_unit_test(spanish_victims),
		cmocka_unit_test(dates_with_slashes),
		cmocka_unit_test(a_state_is_what_its_values_say),
		cmocka_unit_test(dates_with_brackets),
		cmocka_unit_test(positions_and_systems),
		cmocka_unit_test(texts_in_degrees),
		cmocka_unit_test(own_sheets),
		cmocka_unit_test(names_that_were_cut),
		cmocka_unit_test(codes_that_are_numbers),
		cmocka_unit_test(own_layers_map_by_name_only),
		cmocka_unit_test(units_names_and_quotes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
