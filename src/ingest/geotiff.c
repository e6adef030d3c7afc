#include "ingest/geotiff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum {
	SHORT = 3,
	LONG = 4,
	DOUBLE = 12,
	TAGS = 14,
	HEAD = 8,
	DATA_AT = 512
};

struct tags {
	struct buf ifd, extra; /* the directory, and values that do not fit into it */
};

static void
tag(struct tags *t, uint16_t number, uint16_t type, uint32_t count, uint32_t value)
{
	buf_add_u16le(&t->ifd, number);
	buf_add_u16le(&t->ifd, type);
	buf_add_u32le(&t->ifd, count);
	if (type == SHORT && count == 1) {
		buf_add_u16le(&t->ifd, (uint16_t)value);
		buf_add_u16le(&t->ifd, 0);
	} else {
		buf_add_u32le(&t->ifd, value);
	}
}

static uint32_t
extra_at(const struct tags *t)
{
	return (uint32_t)(HEAD + 2 + TAGS * 12 + 4 + t->extra.size);
}

static void
write_head(struct tags *t, const struct coverage_grid *g)
{
	static const uint16_t keys[] = {
		1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326
	};
	uint32_t bytes = g->cols * g->rows * 4, at;

	tag(t, 256, LONG, 1, g->cols);
	tag(t, 257, LONG, 1, g->rows);
	tag(t, 258, SHORT, 1, 32);
	tag(t, 259, SHORT, 1, 1); /* not compressed */
	tag(t, 262, SHORT, 1, 1); /* black is zero */
	tag(t, 273, LONG, 1, DATA_AT);
	tag(t, 277, SHORT, 1, 1);
	tag(t, 278, LONG, 1, g->rows);
	tag(t, 279, LONG, 1, bytes);
	tag(t, 284, SHORT, 1, 1);
	tag(t, 339, SHORT, 1, 3); /* floating point */
	at = extra_at(t);
	buf_add_f64le(&t->extra, g->cell_lon_deg);
	buf_add_f64le(&t->extra, g->cell_lat_deg);
	buf_add_f64le(&t->extra, 0);
	tag(t, 33550, DOUBLE, 3, at);
	at = extra_at(t);
	for (int i = 0; i < 3; i++)
		buf_add_f64le(&t->extra, 0);
	buf_add_f64le(&t->extra, g->west_deg);
	buf_add_f64le(&t->extra, g->north_deg);
	buf_add_f64le(&t->extra, 0);
	tag(t, 33922, DOUBLE, 6, at);
	at = extra_at(t);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		buf_add_u16le(&t->extra, keys[i]);
	tag(t, 34735, SHORT, sizeof(keys) / sizeof(*keys), at);
}

enum err_code
geotiff_write(const char *path, const struct coverage_grid *g, const float *values, struct err *e)
{
	struct tags t;
	struct buf head;
	uint64_t cells = (uint64_t)g->cols * g->rows;
	FILE *f;
	enum err_code rc = ERR_OK;

	if (cells > 500000000)
		return err_set(e, ERR_LIMIT, "a raster of %llu cells; allowed are 500000000",
		               (unsigned long long)cells);
	buf_init(&t.ifd, 4096);
	buf_init(&t.extra, 4096);
	buf_init(&head, 4096);
	write_head(&t, g);
	buf_adds(&head, "II");
	buf_add_u16le(&head, 42);
	buf_add_u32le(&head, HEAD);
	buf_add_u16le(&head, TAGS);
	buf_add(&head, t.ifd.data, t.ifd.size);
	buf_add_u32le(&head, 0);
	buf_add(&head, t.extra.data, t.extra.size);
	while (head.size < DATA_AT && buf_ok(&head))
		buf_addc(&head, 0);
	f = buf_ok(&head) ? fopen(path, "wb") : NULL;
	if (!f || fwrite(head.data, 1, head.size, f) != head.size ||
	    fwrite(values, 4, cells, f) != cells)
		rc = err_set(e, ERR_IO, "could not write %s: %s", path, strerror(errno));
	if (f && fclose(f) != 0 && !rc)
		rc = err_set(e, ERR_IO, "could not write %s: %s", path, strerror(errno));
	buf_done(&t.ifd);
	buf_done(&t.extra);
	buf_done(&head);
	return rc;
}
