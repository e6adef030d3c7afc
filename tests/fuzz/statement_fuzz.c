/* Statements: no input may crash; lists come out sorted and within limits. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "log/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rising(uint8_t (*list)[32], size_t count)
{
	char before[48] = "";
	char now[48];

	for (size_t i = 0; i < count; i++) {
		(void)text_base64url(list[i], 32, now);
		if (strcmp(before, now) >= 0)
			abort();
		memcpy(before, now, sizeof before);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statement st;
	struct arena mem;

	arena_init(&mem, 0);
	if (statement_parse((const char *)data, size, &mem, &st, NULL) == ERR_OK) {
		if (st.parent_count > STATEMENT_PARENTS_MAX ||
		    st.digest_count > DISCLOSE_FIELDS_MAX || strlen(st.id) != 36 ||
		    strlen(st.kind) > STATEMENT_WORD_MAX)
			abort();
		rising(st.parents, st.parent_count);
		rising(st.digests, st.digest_count);
		if (statement_check(&st, NULL, 0, NULL) != ERR_OK)
			abort();
	}
	arena_done(&mem);
	return 0;
}
