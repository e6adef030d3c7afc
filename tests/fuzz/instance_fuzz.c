/* Forms as phones send them, with two files: no input may crash; what is read yields a value for
 * every column that is absent, a number or UTF-8 text, and geometries that are GeoJSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "ingest/instance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct form *form[3];
static struct instance_columns columns[3];
static struct arena kept;

static void
set_up(void)
{
	static const char *const kind[] = { "hazard", "accident", "ordnance" };

	if (form[0])
		return;
	arena_init(&kept, 0);
	for (int i = 0; i < 3; i++) {
		const char *survey, *choices;

		if (!form_builtin(kind[i], &survey, &choices) ||
		    form_parse(survey, strlen(survey), choices, strlen(choices), &form[i], NULL) ||
		    instance_columns(form[i], &kept, &columns[i], NULL))
			abort();
	}
}

static void
check(const struct mapping_value *v)
{
	if (v->type == MAPPING_NULL)
		return;
	if (v->type == MAPPING_REAL && isfinite(v->d))
		return;
	if (v->type != MAPPING_TEXT || !v->s || strlen(v->s) != v->n || !text_is_utf8(v->s, v->n))
		abort();
}

static void
read_as(const struct instance *in, int i, struct arena *mem)
{
	struct instance_file file[] = {
		{ .name = "1.jpg", .type = "image/jpeg", .sha256 = "aa" },
		{ .name = "2.pdf", .type = "", .sha256 = "bb" },
	};
	struct mapping_value *v = arena_calloc(mem, columns[i].count + 1, sizeof(*v));
	struct instance_found found;

	if (!v || instance_values(in, &columns[i], &(struct instance_files){ file, 2 }, mem, v,
	                          &found, NULL))
		return;
	for (size_t c = 0; c < columns[i].count; c++)
		check(&v[c]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const how[] = { "geopoint", "geotrace", "geoshape" };
	struct json_value *parsed = NULL;
	struct instance in;
	struct arena mem;
	double accuracy = 0;
	const char *text, *shape;

	set_up();
	arena_init(&mem, (size_t)64 << 20);
	if (instance_read((const char *)data, size, &mem, &in, NULL) == ERR_OK)
		for (int i = 0; i < 3; i++)
			read_as(&in, i, &mem);
	text = arena_strndup(&mem, (const char *)data, size);
	shape = text ? instance_position(text, how[size % 3], &mem, &accuracy) : NULL;
	if (shape && json_parse(shape, strlen(shape), 0, &mem, &parsed, NULL))
		abort();
	arena_done(&mem);
	return 0;
}
