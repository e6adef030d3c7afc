#include "serve/batch.h"

enum err_code
write_batch(struct site *s, struct ask *const *q, struct reply *const *r, size_t n, struct err *e)
{
	size_t i;

	(void)e;
	for (i = 0; i < n; i++)
		route_answer(s, q[i], r[i]);
	return ERR_OK;
}
