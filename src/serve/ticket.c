#include <string.h>

#include "base/mac.h"
#include "serve/ticket.h"

enum {
	FLAG_SECOND = 1,
	FLAG_TOKEN = 2,
	FLAG_READ_ONLY = 4,
	NAME_AT = 32 /* where the name begins */
};

static int64_t
life_us(enum serve_part part)
{
	return (int64_t)(part == PART_SLOW ? TICKET_LIFE_SLOW_S : TICKET_LIFE_S) * 1000000;
}

void
ticket_make(const struct ticket_keys *keys, struct ticket_use use, const struct who *who,
            int64_t now_us, struct buf *out)
{
	uint8_t code[MAC_SIZE];
	size_t begin = out->size;

	buf_add_u64le(out, (uint64_t)(now_us + life_us(use.part)));
	buf_add_u32le(out, (uint32_t)use.part);
	buf_add_u32le(out, use.changes ? 1 : 0);
	buf_add_u32le(out, (uint32_t)who->role);
	buf_add_u32le(out, (who->second_factor ? FLAG_SECOND : 0u) |
	                           (who->token ? FLAG_TOKEN : 0u) |
	                           (who->read_only ? FLAG_READ_ONLY : 0u));
	buf_add_u64le(out, (uint64_t)who->id);
	buf_add(out, who->account, strlen(who->account) + 1);
	if (!buf_ok(out))
		return;
	mac_make(keys->of[use.part], TICKET_KEY, out->data + begin, out->size - begin, code);
	buf_add(out, code, sizeof code);
}

static uint64_t
number(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

enum err_code
ticket_open(const uint8_t key[TICKET_KEY], struct ticket_use use, struct ticket ticket,
            int64_t now_us, struct who *ret, struct err *e)
{
	const uint8_t *p = ticket.bytes;
	size_t n = ticket.size - MAC_SIZE; /* of what is signed */
	uint8_t code[MAC_SIZE];
	uint64_t flags;

	if (ticket.size == 0) {
		*ret = (struct who){ .role = SERVE_PUBLIC, .account = "" };
		return ERR_OK;
	}
	if (ticket.size <= NAME_AT + MAC_SIZE || ticket.size > TICKET_MOST)
		return err_set(e, ERR_DENIED, "a ticket is not %d .. %d bytes long",
		               NAME_AT + MAC_SIZE + 1, TICKET_MOST);
	mac_make(key, TICKET_KEY, p, n, code);
	if (!mac_is(code, p + n))
		return err_set(e, ERR_DENIED, "a ticket was not made by the part of accounts");
	/* From here on these are our own part's words. */
	if (number(p + 8, 4) != (uint64_t)use.part || number(p + 12, 4) != (use.changes ? 1u : 0u))
		return err_set(e, ERR_DENIED, "a ticket was made for another use");
	if (number(p + 16, 4) >= SERVE_ROLES || p[n - 1] != '\0')
		return err_set(e, ERR_DENIED, "a ticket is not as agreed");
	if ((int64_t)number(p, 8) <= now_us)
		return err_set(e, ERR_LIMIT, "this waited too long; try again");
	flags = number(p + 20, 4);
	*ret = (struct who){ .role = (enum serve_role)number(p + 16, 4),
		             .account = (const char *)p + NAME_AT,
		             .id = (int64_t)number(p + 24, 8),
		             .second_factor = flags & FLAG_SECOND,
		             .token = flags & FLAG_TOKEN,
		             .read_only = flags & FLAG_READ_ONLY };
	return ERR_OK;
}
