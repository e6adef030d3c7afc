/* Expressions: no text may crash or hang; what translates also compiles, and evaluates to a value
 * or to a sentence. The input is an expression, then optionally a zero byte and the JSON of a
 * record. */
#include <stdlib.h>
#include <string.h>

#include "form/odk.h"
#include "form/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char survey[] =
	"type,name,label,geometry\nsettings_kind,k,K\nsettings_version,1\ntext,a,A\ninteger,b,B\n"
	"select_multiple l,c,C\ndate,d,D\ndecimal,e,E\ngeometry,g,G,point polygon\ntime,t,T\n"
	"begin_repeat,r,R\ntext,a,A\ninteger,n,N\nend_repeat\n#choices\nlist_name,name,label\n"
	"l,x,X\nl,y,Y\n";
static const char record[] =
	"{\"a\":\"x\",\"b\":5,\"c\":[\"x\",\"y\"],\"d\":\"2020-01-01\",\"e\":1.5,\"t\":\"10:00\","
	"\"r\":[{\"a\":\"x\",\"n\":7},{\"n\":null},{\"a\":\"z\"}],"
	"\"g\":{\"type\":\"Polygon\",\"coordinates\":[[[1,2],[3,4],[5,7],[1,2]]]}}";

static void
evaluate(struct odk *o, const struct form *f, const char *src, const struct json_value *fields,
         struct arena *mem)
{
	const struct form_field *r = form_find(f, "r");
	const struct form_field *field[2] = { form_find(f, "b"), form_find_child(r, "n") };

	for (int i = 0; i < 2; i++) {
		const struct odk_expr *x = NULL;
		struct odk_value v = { 0 };
		struct odk_node *node;
		struct err e = { 0 };

		struct expr_scope scope = { f, field[i], i ? r : NULL, NULL };
		const char *xpath = NULL;
		bool good = expr_translate(src, &scope, mem, &xpath, &e) == ERR_OK;

		/* What we translate, libxml2 must be able to read. */
		if ((odk_compile(o, src, i ? r : NULL, field[i], &x, &e) == ERR_OK) != good ||
		    (!good && !e.text[0]))
			abort();
		if (!good)
			continue;
		if (odk_begin(o, fields, 20000, mem, &e) != ERR_OK)
			abort();
		node = odk_top(o, (size_t)form_index(f, i ? "r" : "b"));
		if (node && i)
			node = odk_child(node, field[1]);
		if (odk_eval(o, x, node, &v, &e) == ERR_OK ? !v.string : !e.text[0])
			abort();
		odk_end(o);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *split = memchr(data, 0, size);
	size_t n = split ? (size_t)(split - (const char *)data) : size;
	struct json_value *fields = NULL;
	struct form *f = NULL;
	struct odk *o = NULL;
	struct arena mem;
	char *src;

	if (n > FORM_MAX_EXPRESSION_BYTES)
		return 0;
	arena_init(&mem, (size_t)256 << 20);
	src = arena_strndup(&mem, (const char *)data, n);
	if (form_parse(survey, sizeof survey - 1, NULL, 0, &f, NULL) != ERR_OK ||
	    odk_create(f, &o, NULL) != ERR_OK)
		abort();
	if (!split || json_parse(split + 1, size - n - 1, 0, &mem, &fields, NULL) != ERR_OK ||
	    fields->type != JSON_OBJECT)
		if (json_parse(record, sizeof record - 1, 0, &mem, &fields, NULL) != ERR_OK)
			abort();
	evaluate(o, f, src, fields, &mem);
	odk_free(o);
	form_free(f);
	arena_done(&mem);
	return 0;
}
