/* Reading the tables that oracle.py makes at build time; FALLOW_ORACLE names their folder. */
#ifndef TESTS_BASE_ORACLE_H
#define TESTS_BASE_ORACLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"

static FILE *
oracle_open(const char *name)
{
	const char *folder = getenv("FALLOW_ORACLE");
	char path[4096];
	FILE *f;

	assert_non_null(folder);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	return f;
}

/* Next line split at blanks into at most 4 columns; the number of them, 0 at the end. */
static size_t
oracle_next(FILE *f, char *line, size_t line_size, char *column[4])
{
	size_t count = 0;
	char *p = line;

	if (!fgets(line, (int)line_size, f))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	while (count < 4) {
		char *blank = strchr(p, ' ');

		column[count++] = p;
		if (!blank)
			break;
		*blank = '\0';
		p = blank + 1;
	}
	return count;
}

static inline double
oracle_real(const char *hex_bits)
{
	unsigned long long bits = strtoull(hex_bits, NULL, 16);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

#endif
