#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "reader/limits.h"

struct limit_row {
	const char *key;
	size_t offset;
	int64_t value;
};

#define LIMIT(field, value)                                                                        \
	{                                                                                          \
#field, offsetof(struct limits, field), value                                      \
	}

static const struct limit_row limit_rows[] = {
	LIMIT(features, 10000000),
	LIMIT(vertices, 100000),
	LIMIT(attribute_bytes, 16 << 20),
	LIMIT(row_bytes, 48 << 20),
	LIMIT(original_bytes, 1 << 20),
	LIMIT(columns, 2000),
	LIMIT(depth, 64),
	LIMIT(unpacked_bytes, (int64_t)8 << 30),
	LIMIT(ratio, 1000),
	LIMIT(entries, 10000),
	LIMIT(files, 2000),
	LIMIT(raster_cells, 4000000000),
	LIMIT(raster_width, 4000000),
	LIMIT(memory_bytes, 512 << 20),
	LIMIT(cpu_s, 20),
	LIMIT(cpu_us_a_feature, 200),
};

#define LIMIT_COUNT (sizeof limit_rows / sizeof limit_rows[0])

static void
limit_put(struct limits *l, const struct limit_row *row, int64_t value)
{
	memcpy((char *)l + row->offset, &value, sizeof value);
}

void
limits_default(struct limits *l)
{
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		limit_put(l, &limit_rows[i], limit_rows[i].value);
}

enum err_code
limits_set(struct limits *l, const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	int64_t value;
	char shown[80];

	if (!eq || !text_parse_i64(eq + 1, strlen(eq + 1), &value) || value < 1)
		return err_set(e, ERR_INVALID,
		               "--limit is \"%s\"; it must be KEY=VALUE with a whole number from 1",
		               err_quote(text, shown, sizeof shown));
	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		if (strlen(limit_rows[i].key) != (size_t)(eq - text) ||
		    memcmp(limit_rows[i].key, text, (size_t)(eq - text)) != 0)
			continue;
		limit_put(l, &limit_rows[i], value);
		return ERR_OK;
	}
	return err_set(e, ERR_INVALID, "limit \"%s\" does not exist",
	               err_quote(text, shown, sizeof shown));
}
