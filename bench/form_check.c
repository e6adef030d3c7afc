/* Cost of checking records against a built-in form, one thread.
 * usage: bench_form_check [KIND [COUNT]]; prints microseconds a record for 15 plain fields, and for
 * every field that a sample value fits, rules and all. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "form/check.h"

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A value that fits the type, or NULL. */
static const char *
sample(const struct form_field *f, struct arena *mem)
{
	switch (f->type) {
	case FORM_TEXT:
		return "\"some words\"";
	case FORM_INTEGER:
		return "5";
	case FORM_DECIMAL:
		return "5.5";
	case FORM_DATE:
		return "\"2020-01-01\"";
	case FORM_SELECT_ONE:
		return arena_printf(mem, "\"%s\"", f->list->choice[0].code);
	case FORM_SELECT_MULTIPLE:
		return arena_printf(mem, "[\"%s\"]", f->list->choice[0].code);
	case FORM_GEOMETRY:
		return f->geometry_types & 1u << 3 ? "{\"type\":\"Polygon\",\"coordinates\":[[[0,0]"
		                                     ",[1,0],[1,1],[0,0]]]}"
		                                   : NULL;
	default:
		return NULL;
	}
}

static size_t
make_record(const struct form *f, bool plain, size_t most, struct arena *mem,
            struct json_value **ret)
{
	struct buf b;
	struct err e = { 0 };
	size_t n = 0;

	buf_init(&b, 0);
	buf_addc(&b, '{');
	for (size_t i = 0; i < f->field_count && n < most; i++) {
		const struct form_field *field = &f->field[i];
		const char *value =
			plain && (field->constraint || field->relevant) ? NULL : sample(field, mem);

		if (value)
			buf_printf(&b, "%s\"%s\":%s", n++ ? "," : "", field->name, value);
	}
	buf_addc(&b, '}');
	if (json_parse(buf_text(&b), b.size, 0, mem, ret, &e) != ERR_OK)
		n = 0;
	buf_done(&b);
	return n;
}

static int
run(const struct form *f, bool plain, int64_t count)
{
	struct form_checker *c = NULL;
	struct form_issues issues = { 0 };
	struct json_value *v = NULL;
	struct arena keep;
	struct arena mem;
	struct err e = { 0 };
	double begun_s;
	size_t n;
	int status = 1;

	arena_init(&keep, 0);
	arena_init(&mem, 0);
	n = make_record(f, plain, plain ? 15 : f->field_count, &keep, &v);
	if (!n || form_checker_create(f, &c, &e) != ERR_OK)
		goto out;
	begun_s = now_s();
	for (int64_t i = 0; i < count; i++) {
		arena_reset(&mem);
		if (form_check_record(c, v, 20000, &mem, &issues, &e) != ERR_OK)
			goto out;
	}
	printf("%s: %zu %s fields, %zu issues: %.2f us a record\n", f->kind, n,
	       plain ? "plain" : "mixed", issues.count, (now_s() - begun_s) / (double)count * 1e6);
	status = 0;
out:
	form_checker_free(c);
	arena_done(&keep);
	arena_done(&mem);
	return status;
}

int
main(int argc, char **argv)
{
	const char *survey = NULL;
	const char *choices = NULL;
	struct form *f = NULL;
	struct err e = { 0 };
	int64_t count = 200000;
	int status;

	if (argc > 2 && !text_parse_i64(argv[2], strlen(argv[2]), &count))
		return 2;
	if (!form_builtin(argc > 1 ? argv[1] : "hazard", &survey, &choices) ||
	    form_parse(survey, strlen(survey), choices, strlen(choices), &f, &e) != ERR_OK) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	status = run(f, true, count) || run(f, false, count);
	form_free(f);
	return status;
}
