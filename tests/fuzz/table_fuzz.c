/* Tables in any encoding: no input may crash; both passes see the same rows; the stream satisfies
 * its decoder. The first byte chooses the encoding, the header and the separator. */
#define _GNU_SOURCE /* memfd_create */
#include "reader/detect.h"
#include "reader/table.h"

#include "stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = { 0, ',', ';', '\t' };
	struct limits limits;
	struct table t;
	struct out o;
	struct out_header h = {
		.layer = "l", .driver = "d", .encoding = "e", .crs = "", .crs_wkt = ""
	};
	struct err e = { 0 };
	struct buf text;
	struct input in;
	int fd;

	if (!size)
		return 0;
	fd = stream_fd();
	limits_default(&limits);
	limits.attribute_bytes = 1000;
	limits.features = 1000;
	limits.columns = 50;
	in = (struct input){ .s = (const char *)data + 1, .n = size - 1 };
	buf_init(&text, 1 << 24);
	out_init(&o, fd, &limits);
	table_init(&t, in, &limits, NULL);
	(void)detect(in.s, in.n, "x.csv");
	if (data[0] & 1)
		t.encoding = encoding_guess(in.s, in.n, &t.encoding_sure);
	else
		t.encoding = (enum encoding)(data[0] >> 5 & 3);
	if (t.encoding >= ENCODING_UTF16LE) {
		(void)encoding_to_utf8(t.encoding, in.s, in.n, &text);
		t.in = (struct input){ .s = buf_text(&text), .n = text.size };
		t.encoding = ENCODING_UTF8;
	}
	t.header = (enum table_header)((data[0] >> 1 & 3) % 3);
	t.separator = separators[data[0] >> 3 & 3];
	if (table_scan(&t, &e) == ERR_OK) {
		h.column_count = t.cols.count;
		h.columns = columns_header(&t.cols);
		if (!h.columns)
			abort();
		out_header(&o, &h);
		if (table_rows(&t, &o, &e) == ERR_OK && o.rows != t.rows)
			abort();
	} else if (!e.text[0]) {
		abort();
	}
	table_done(&t);
	out_done(&o);
	buf_done(&text);
	check_stream(fd);
	return 0;
}
