/* The schema table of an SQLite file, and WKB out of one: no bytes may crash or hold up their
 * readers. */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>

#include "reader/schema.h"
#include "reader/wkb.h"

#include "stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = stream_fd();
	struct file f = { .name = "x", .fd = fd, .size = (int64_t)size };
	struct schema s;
	struct err e = { 0 };
	bool empty;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	if (schema_read(&s, &f, &e) == ERR_OK)
		(void)!schema_check_gpkg(&s, &e);
	schema_done(&s);
	(void)wkb_refusal(data, size, 1000, 8, &empty);
	return 0;
}
