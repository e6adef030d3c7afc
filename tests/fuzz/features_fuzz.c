/* GeoJSON: no input may crash; both passes see the same features; the stream satisfies its decoder.
 */
#define _GNU_SOURCE /* memfd_create */
#include "reader/geojson.h"

#include "stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits;
	struct geojson g;
	struct out o;
	struct out_header h = { .layer = "l", .driver = "d", .encoding = "e", .crs_wkt = "" };
	struct err e = { 0 };
	int fd = stream_fd();

	limits_default(&limits);
	limits.vertices = 1000;
	limits.attribute_bytes = 1000;
	limits.features = 1000;
	limits.columns = 50;
	out_init(&o, fd, &limits);
	geojson_init(&g, (struct input){ .s = (const char *)data, .n = size }, &limits, NULL);
	if (geojson_scan(&g, &e) == ERR_OK) {
		h.crs = g.crs;
		h.features = g.features;
		h.column_count = g.cols.count;
		h.columns = columns_header(&g.cols);
		if (!h.columns)
			abort();
		out_header(&o, &h);
		if (geojson_rows(&g, &o, &e) == ERR_OK) {
			if (o.rows != g.features)
				abort();
			out_end(&o);
		}
	} else if (!e.text[0]) {
		abort();
	}
	geojson_done(&g);
	out_done(&o);
	check_stream(fd);
	return 0;
}
