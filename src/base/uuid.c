#include <string.h>

#include "base/text.h"
#include "base/uuid.h"

/* Byte at which a hyphen stands in front: 8-4-4-4-12. */
static bool
hyphen_before(size_t i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

struct uuid
uuid_v7(int64_t at_utc_ms, const uint8_t random10[10])
{
	struct uuid u;

	for (size_t i = 0; i < 6; i++)
		u.b[i] = (uint8_t)((uint64_t)at_utc_ms >> (40 - 8 * i));
	memcpy(u.b + 6, random10, 10);
	u.b[6] = (uint8_t)((u.b[6] & 0x0F) | 0x70);
	u.b[8] = (uint8_t)((u.b[8] & 0x3F) | 0x80);
	return u;
}

void
uuid_format(struct uuid u, char out[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < UUID_SIZE; i++) {
		if (hyphen_before(i))
			out[at++] = '-';
		out[at++] = digits[u.b[i] >> 4];
		out[at++] = digits[u.b[i] & 15];
	}
	out[at] = '\0';
}

bool
uuid_parse(const char *s, size_t n, struct uuid *ret)
{
	struct uuid u;
	size_t at = 0;

	if (!s || n != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		if (hyphen_before(i) && s[at++] != '-')
			return false;
		if (!text_unhex(s + at, 2, &u.b[i], 1))
			return false;
		at += 2;
	}
	*ret = u;
	return true;
}
