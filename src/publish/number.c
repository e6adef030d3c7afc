#include "publish/number.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

void
number_plain(char out[NUMBER_TEXT], double v, int decimals)
{
	if (!isfinite(v))
		out[0] = '\0';
	else if (text_format_fixed(v, decimals, out, 48) == 0)
		memcpy(out, "?", 2);
	if (strcmp(out, "-0") == 0) /* rounding may leave a sign on nothing */
		memcpy(out, "0", 2);
}

void
number_grouped(char out[NUMBER_TEXT], double v, int decimals)
{
	char plain[NUMBER_TEXT] = "";
	size_t n, point, w = 0;

	number_plain(plain, v, decimals);
	n = strlen(plain);
	point = strcspn(plain, ".");
	for (size_t i = 0; i < n && w < NUMBER_TEXT - 2; i++) {
		if (i > 0 && i < point && (point - i) % 3 == 0 && plain[i - 1] != '-')
			out[w++] = ' ';
		out[w++] = plain[i];
	}
	out[w] = '\0';
}
