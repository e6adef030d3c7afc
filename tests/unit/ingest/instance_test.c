/* Forms from phones, read: positions and answers of every type. Positions by hand from the ODK
 * XForms specification ("lat lon altitude accuracy"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "form/xform.h"
#include "ingest/instance.h"

static struct arena mem;

static void
test_positions(void **state)
{
	static const struct {
		const char *how, *text, *shape;
		double accuracy_m;
	} c[] = {
		{ "geopoint", "48.5 33.25 120.5 4.6",
		  "{\"type\":\"Point\",\"coordinates\":[33.25,48.5]}", 4.6 },
		{ "geopoint", "48.5 33.25", "{\"type\":\"Point\",\"coordinates\":[33.25,48.5]}",
		  0 },
		{ "geopoint", " 48.5  33.25 0 0 ",
		  "{\"type\":\"Point\",\"coordinates\":[33.25,48.5]}", 0 },
		{ "geotrace", "1 2 0 3;4 5 0 9;6 7 0 1",
		  "{\"type\":\"LineString\",\"coordinates\":[[2,1],[5,4],[7,6]]}", 9 },
		{ "geoshape", "1 2;4 5;6 7;1 2;",
		  "{\"type\":\"Polygon\",\"coordinates\":[[[2,1],[5,4],[7,6],[2,1]]]}", 0 },
		/* not closed: closed for it */
		{ "geoshape", "1 2;4 5;6 7",
		  "{\"type\":\"Polygon\",\"coordinates\":[[[2,1],[5,4],[7,6],[2,1]]]}", 0 },
		/* too few corners: what there is, is kept */
		{ "geoshape", "1 2;4 5;1 2",
		  "{\"type\":\"LineString\",\"coordinates\":[[2,1],[5,4]]}", 0 },
		{ "geoshape", "1 2;", "{\"type\":\"Point\",\"coordinates\":[2,1]}", 0 },
		{ "geotrace", "1 2", "{\"type\":\"Point\",\"coordinates\":[2,1]}", 0 },
		/* out of range: the checks of rows refuse it, with what was said */
		{ "geopoint", "95 33.25", "{\"type\":\"Point\",\"coordinates\":[33.25,95]}", 0 },
		{ "geopoint", "", NULL, 0 },
		{ "geopoint", "48.5", NULL, 0 },
		{ "geopoint", "48.5 33.25 0 0 0", NULL, 0 },
		{ "geopoint", "48,5 33,25", NULL, 0 },
		{ "geopoint", "nan nan", NULL, 0 },
		{ "geopoint", "1 2;3 4", NULL, 0 },
		{ "geotrace", "1 2;x y", NULL, 0 },
		{ "geoshape", ";;", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		double accuracy = 0;
		const char *shape = instance_position(c[i].text, c[i].how, &mem, &accuracy);

		if (!c[i].shape != !shape || (shape && !text_eq(shape, c[i].shape)))
			fail_msg("%s: %s", c[i].text, shape ? shape : "NULL");
		if (shape)
			assert_true(accuracy == c[i].accuracy_m);
	}
}

static void
test_many_points(void **state)
{
	struct buf b;
	double accuracy;

	(void)state;
	for (int more = 0; more < 2; more++) {
		buf_init(&b, 0);
		for (int i = 0; i < INSTANCE_MAX_POINTS + more; i++)
			buf_printf(&b, "%s1 %d", i ? ";" : "", i % 90);
		if (more)
			assert_null(instance_position(buf_text(&b), "geotrace", &mem, &accuracy));
		else
			assert_non_null(
				instance_position(buf_text(&b), "geotrace", &mem, &accuracy));
		buf_done(&b);
	}
}

static struct form *
form_of(const char *kind)
{
	const char *survey, *choices;
	struct form *f = NULL;
	struct err e = { 0 };

	assert_true(form_builtin(kind, &survey, &choices));
	assert_int_equal(ERR_OK,
	                 form_parse(survey, strlen(survey), choices, strlen(choices), &f, &e));
	return f;
}

static const struct mapping_value *
value_of(const struct instance_columns *c, const struct mapping_value *v, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (text_eq(c->name[i], name))
			return &v[i];
	fail_msg("no column %s", name);
	return NULL;
}

static void
test_answers(void **state)
{
	static const char xml[] =
		"<h:data xmlns:h='x' id='ordnance' version='7'><entry-detail>full</entry-detail>"
		"<valid_from> 2024-05-30T00:00:00.000+03:00 </valid_from>"
		"<geometry><how>point</how><point>48.5 33.25 1 2</point></geometry>"
		"<colour>green</colour><empty> </empty>"
		"<marking_photos><photo>a.jpg</photo></marking_photos>"
		"<marking_photos><photo>b.jpg</photo></marking_photos>"
		"<marking_photos><photo/></marking_photos>"
		"<entry-photos><photo>c.jpg</photo><caption> the gate </caption></entry-photos>"
		"<meta><instanceID> uuid:7 </instanceID></meta></h:data>";
	struct instance_file file[] = { { .name = "a.jpg", .sha256 = "aa" },
		                        { .name = "c.jpg", .sha256 = "cc" } };
	struct form *f = form_of("ordnance");
	struct instance in;
	struct instance_columns c;
	struct instance_found found;
	struct mapping_value v[200];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ERR_OK, instance_read(xml, strlen(xml), &mem, &in, &e));
	assert_string_equal("ordnance", in.form_id);
	assert_string_equal("7", in.version);
	assert_string_equal("uuid:7", in.id);
	assert_string_equal("", in.replaces);
	assert_int_equal(ERR_OK, instance_columns(f, &mem, &c, &e));
	assert_true(c.count < 200 && c.source_refs >= 0);
	assert_int_equal(ERR_OK, instance_values(&in, &c, &(struct instance_files){ file, 2 }, &mem,
	                                         v, &found, &e));
	assert_int_equal(1, found.unknown); /* colour; what is empty says nothing */
	assert_int_equal(1, found.missing); /* b.jpg */
	assert_string_equal("2024-05-30", value_of(&c, v, "valid_from")->s);
	assert_string_equal("{\"type\":\"Point\",\"coordinates\":[33.25,48.5]}",
	                    value_of(&c, v, "geometry")->s);
	assert_string_equal("48.5 33.25 1 2", value_of(&c, v, "given_text")->s);
	assert_string_equal("WGS 84", value_of(&c, v, "given_datum")->s);
	/* 2 m in 68 of 100 are 3.243 m in 95 of 100: never less than that */
	assert_true(value_of(&c, v, "accuracy_m")->d == 3.3);
	assert_string_equal("[{\"photo\":\"aa\"}]", value_of(&c, v, "marking_photos")->s);
	assert_true(file[0].of_field && file[0].of_repeat);
	assert_false(file[1].of_field);
	assert_string_equal("the gate", file[1].caption);
	assert_int_equal(MAPPING_NULL, v[c.source_refs].type);
	form_free(f);
}

/* Every form's XForm is XML whose instance has a node for each column but source_refs. */
static void
test_xforms(void **state)
{
	(void)state;
	for (const char *const *kind = form_builtin_kinds(); *kind; kind++) {
		struct form *f = form_of(*kind);
		struct instance_columns c;
		struct xml_node *root = NULL;
		const struct xml_node *n;
		struct err e = { 0 };
		struct buf b;

		buf_init(&b, 0);
		form_xform(f, &b);
		assert_true(buf_ok(&b));
		if (xmltree_parse(b.data, b.size, &mem, &root, &e))
			fail_msg("%s: %s", *kind, e.text);
		n = xmltree_child(xmltree_child(root, "head"), "model");
		n = xmltree_child(xmltree_child(n, "instance"), "data");
		assert_string_equal(*kind, xmltree_attribute(n, "id"));
		assert_int_equal(ERR_OK, instance_columns(f, &mem, &c, &e));
		for (size_t i = 0; i < c.count; i++)
			if ((int)i != c.source_refs && !xmltree_child(n, c.name[i]))
				fail_msg("%s has no node %s", *kind, c.name[i]);
		buf_done(&b);
		form_free(f);
		arena_reset(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_many_points),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_xforms),
	};
	int rc;

	arena_init(&mem, (size_t)256 << 20);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
