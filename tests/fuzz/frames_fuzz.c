/* The reader's stream as a hostile reader would write it: no body of any frame may crash its
 * decoder, and what is accepted lies inside the body. Two bytes of size before each frame's type
 * and body. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ingest/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_rows(const uint8_t *p, size_t n, const struct source_row *rows, size_t count, size_t columns)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].wkb && (rows[i].wkb < p || rows[i].wkb + rows[i].wkb_size > p + n))
			abort();
		for (size_t k = 0; k < columns; k++) {
			const struct source_value *v = &rows[i].values[k];

			if (v->type == PIPE_TEXT && ((const uint8_t *)v->text < p ||
			                             (const uint8_t *)v->text + v->size > p + n ||
			                             !text_is_utf8(v->text, v->size)))
				abort();
			if (v->type == PIPE_BINARY && (v->bytes < p || v->bytes + v->size > p + n))
				abort();
		}
	}
}

static void
one_frame(char type, const uint8_t *p, size_t n, struct source_header *h, struct arena *mem)
{
	struct source_layer *layers;
	struct source_row *rows;
	struct source_bad bad;
	struct source_raster raster = { .width = 3, .height = 3 };
	struct err e = { 0 };
	const char *text;
	double cells[3];
	uint32_t y;
	int64_t sent;
	size_t count;

	switch (type) {
	case 'L':
		(void)!frames_layers(p, n, mem, &layers, &count, &e);
		break;
	case 'H':
		(void)!frames_header(p, n, mem, h, &e);
		break;
	case 'R':
		if (frames_rows(p, n, h, mem, &rows, &count, &e) == ERR_OK)
			check_rows(p, n, rows, count, h->column_count);
		break;
	case 'B':
		(void)!frames_bad(p, n, mem, &bad, &e);
		break;
	case 'W':
		(void)!frames_warning(p, n, mem, &text, &e);
		break;
	case 'P':
		(void)!frames_raster(p, n, mem, &raster, &e);
		break;
	case 'D':
		(void)!frames_raster_row(p, n, &raster, cells, &y, &e);
		break;
	case 'E':
		(void)!frames_end(p, n, &sent, &e);
		break;
	default:
		if (frames_failure(p, n, &e) == ERR_OK)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_header h = { 0 };
	struct arena mem;
	size_t at = 0;

	arena_init(&mem, 8 << 20);
	while (size - at > 3) {
		size_t n = (size_t)data[at] | (size_t)data[at + 1] << 8;
		uint8_t *body;

		n = n < size - at - 3 ? n : size - at - 3;
		/* A block of its own, so that one byte past it is seen. */
		body = malloc(n + 1);
		if (!body)
			break;
		memcpy(body, data + at + 3, n);
		one_frame((char)data[at + 2], body, n, &h, &mem);
		free(body);
		at += 3 + n;
	}
	arena_done(&mem);
	return 0;
}
