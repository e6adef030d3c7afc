/* Cost of statements: N revisions of F fields on one thread, in groups of G. CPU time, since the
 * machine may be shared. usage: bench_statements [N] [F] [G] */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/text.h"
#include "log/statement.h"

#define FIELDS_MAX 64
#define GROUP_MAX 256

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	static char names[FIELDS_MAX][24];
	static char values[FIELDS_MAX][64];
	struct statement_field fields[FIELDS_MAX];
	static struct statement_in in[GROUP_MAX];
	static uint8_t key[GROUP_MAX][32];
	static uint8_t leaf[GROUP_MAX][32];
	struct statement_scratch s;
	struct err e = { 0 };
	uint8_t all[32] = { 0 };
	int64_t count = 1000000;
	int64_t field_count = 20;
	int64_t group = GROUP_MAX;
	enum err_code rc = ERR_OK;
	double begun_s;
	double took_s;
	char hex[65];

	if (argc > 1 && !text_parse_i64(argv[1], strlen(argv[1]), &count))
		return 2;
	if (argc > 2 &&
	    (!text_parse_i64(argv[2], strlen(argv[2]), &field_count) || field_count > FIELDS_MAX))
		return 2;
	if (argc > 3 &&
	    (!text_parse_i64(argv[3], strlen(argv[3]), &group) || group < 1 || group > GROUP_MAX))
		return 2;
	for (int i = 0; i < FIELDS_MAX; i++) {
		(void)snprintf(names[i], sizeof names[i], "field_%02d_name", i);
		(void)snprintf(values[i], sizeof values[i], "\"value number %d%.*s\"", i, i % 13,
		               "abcdefghijklm");
		fields[i].name = names[i];
		fields[i].name_size = strlen(names[i]);
		fields[i].value = values[i];
		fields[i].value_size = strlen(values[i]);
	}
	statement_scratch_init(&s);
	begun_s = now_s();
	for (int64_t i = 0; i < count && rc == ERR_OK; i += group) {
		const int64_t n = count - i < group ? count - i : group;

		for (int64_t j = 0; j < n; j++) {
			const int64_t number = i + j;

			memcpy(key[j], &number, sizeof number);
			in[j] = (struct statement_in){ .kind = "hazard",
				                       .id = "0190d9b2-7c00-7000-8000-000000000001",
				                       .form = "hazard@1",
				                       .fields = fields,
				                       .field_count = (size_t)field_count,
				                       .key = key[j] };
		}
		rc = group == 1 ? statement_leaf(in, &s, leaf[0], &e)
		                : statement_leaves(in, (size_t)n, &s, leaf, &e);
		for (int64_t j = 0; j < n * 32; j++)
			all[j % 32] ^= leaf[j / 32][j % 32];
	}
	if (rc != ERR_OK) {
		(void)fprintf(stderr, "bench_statements: %s\n", e.text);
		return 1;
	}
	took_s = now_s() - begun_s;
	statement_scratch_done(&s);
	text_hex(all, sizeof all, hex);
	(void)printf("%lld statements of %lld fields in groups of %lld: %.2f s CPU, %.2f us each, "
	             "xor %s\n",
	             (long long)count, (long long)field_count, (long long)group, took_s,
	             1e6 * took_s / (double)(count > 0 ? count : 1), hex);
	return 0;
}
