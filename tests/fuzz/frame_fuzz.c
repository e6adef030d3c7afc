/* Messages between the parts: no bytes may crash; an ask that is read, written again, is the same
 * bytes. */
#include <stdlib.h>
#include <string.h>

#include "serve/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_ask(const uint8_t *p, size_t n, struct arena *mem)
{
	struct ask q = { .mem = mem }, again = { .mem = mem };
	struct ticket ticket, ticket_again;
	struct err e = { 0 };
	struct buf b;

	if (frame_get_ask(p, n, &q, &ticket, &e) != ERR_OK)
		return;
	buf_init(&b, 0);
	frame_put_ask(&b, &q, ticket);
	if (!buf_ok(&b) || b.size != n ||
	    frame_get_ask((const uint8_t *)b.data, b.size, &again, &ticket_again, &e) != ERR_OK ||
	    ticket_again.size != ticket.size || again.body_size != q.body_size ||
	    strcmp(again.path, q.path) != 0)
		abort();
	buf_done(&b);
}

/* No bytes are a ticket but those made with the key. */
static void
check_ticket(const uint8_t *p, size_t n)
{
	static const uint8_t key[TICKET_KEY] = { 7 };
	struct ticket_use use = { PART_WRITE, true };
	struct err e = { 0 };
	struct who who;

	if (n && ticket_open(key, use, (struct ticket){ p, n }, 0, &who, &e) == ERR_OK)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reply reply;
	struct frame_who r;
	struct frame_is is;
	struct frame f;
	struct arena mem;
	struct err e = { 0 };
	uint64_t v;

	arena_init(&mem, 0);
	if (frame_look(data, size, &f, &e) == ERR_OK && f.body &&
	    (size_t)(f.body - data) + f.size > size)
		abort();
	check_ask(data, size, &mem);
	if (frame_get_reply(data, size, &reply, &e) == ERR_OK &&
	    (strpbrk(reply.type, "\r\n") || strpbrk(reply.etag, "\r\n") || reply.body_size > size))
		abort();
	if (frame_get_resolve(data, size, &r, &e) == ERR_OK && r.shown.cookie &&
	    strlen(r.shown.cookie) > size)
		abort();
	if (frame_get_is(data, size, &is, &e) == ERR_OK && is.who.role >= SERVE_ROLES)
		abort();
	if (frame_get_u64(data, size, &v, &e) == ERR_OK && size != 8)
		abort();
	check_ticket(data, size);
	arena_done(&mem);
	return 0;
}
