/* Forms: no tables may crash; what is accepted can be derived from, described and checked with. */
#include <stdlib.h>
#include <string.h>

#include "form/check.h"
#include "form/derive.h"
#include "form/dict.h"
#include "form/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char record[] =
	"{\"a\":\"x\",\"b\":5,\"c\":[\"x\",\"y\"],\"d\":\"2020-01-01\",\"e\":1.5,"
	"\"r\":[{\"a\":\"x\",\"b\":7},{\"b\":null}],\"g\":{\"type\":\"Point\",\"coordinates\":[1,2]"
	"}}";

static void
describe(const struct form *f, struct arena *mem)
{
	struct derive_table t = { 0 };
	struct json_value *v = NULL;
	struct buf b;

	if (form_derive(f, mem, &t, NULL) != ERR_OK || t.count != f->field_count)
		abort();
	buf_init(&b, 0);
	form_dictionary_markdown(f, FORM_UK, &b);
	form_template_csv(f, FORM_AZ, &b);
	if (!buf_ok(&b))
		abort();
	buf_reset(&b);
	form_dictionary_json(f, &b);
	if (!buf_ok(&b) || json_parse(buf_text(&b), b.size, 0, mem, &v, NULL) != ERR_OK)
		abort();
	buf_done(&b);
}

static void
check(const struct form *f, struct arena *mem)
{
	struct form_checker *c = NULL;
	struct form_issues issues = { 0 };
	struct json_value *v = NULL;

	if (form_checker_create(f, &c, NULL) != ERR_OK ||
	    json_parse(record, sizeof record - 1, 0, mem, &v, NULL) != ERR_OK)
		abort();
	if (form_check_record(c, v, 20000, mem, &issues, NULL) != ERR_OK ||
	    issues.count > FORM_MAX_ISSUES)
		abort();
	form_checker_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form *f = NULL;
	struct arena mem;

	if (form_parse((const char *)data, size, NULL, 0, &f, NULL) != ERR_OK)
		return 0;
	arena_init(&mem, (size_t)256 << 20);
	for (size_t i = 0; i < f->field_count; i++)
		if (form_index(f, f->field[i].name) != (int)i)
			abort();
	describe(f, &mem);
	check(f, &mem);
	arena_done(&mem);
	form_free(f);
	return 0;
}
