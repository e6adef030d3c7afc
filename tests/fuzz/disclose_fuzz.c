/* Disclosures: the input is the string itself, or, after a 0x00, the JSON inside it. No input may
 * crash; name and value lie within what was sent. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "log/disclose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_string(const char *s, size_t n)
{
	struct disclosure d;
	struct arena mem;
	struct json_value *v;
	uint8_t hash[32];

	arena_init(&mem, 0);
	if (disclose_parse(s, n, &mem, &d, NULL) == ERR_OK) {
		disclose_hash(s, n, hash);
		if (memcmp(hash, d.digest, sizeof hash) != 0 || d.name_size == 0 ||
		    d.name_size > DISCLOSE_NAME_MAX || strlen(d.name) != d.name_size ||
		    d.value_size >= n ||
		    json_parse(d.value, d.value_size, 0, &mem, &v, NULL) != ERR_OK)
			abort();
	}
	arena_done(&mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b;
	char *to;

	if (size == 0 || data[0] != 0) {
		try_string((const char *)data, size);
		return 0;
	}
	buf_init(&b, 0);
	to = buf_reserve(&b, 4 * size / 3 + 8);
	if (to) {
		b.size = text_base64url(data + 1, size - 1, to);
		try_string(b.data, b.size);
	}
	buf_done(&b);
	return 0;
}
