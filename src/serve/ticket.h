/* Tickets: the word of the part that knows the accounts about who asks, carried by the front to the
 * part that answers. The front reads what strangers send and may have fallen to one of them; it has
 * no key, so what it says itself about who asks counts for nothing. A ticket holds for one part,
 * for reading or for changing, and for a short time (docs/decisions/0012-serve-processes.md).
 * Bytes: expiry u64 (steady clock, microseconds), part u32, changes u32, role u32, flags u32,
 * number of the account u64, its name with a NUL, HMAC-SHA-256 of all before it; little-endian. */
#ifndef SERVE_TICKET_H
#define SERVE_TICKET_H

#include "api/route.h"
#include "base/buf.h"

enum {
	TICKET_KEY = 32,
	TICKET_MOST = 1024,       /* bytes of one */
	TICKET_LIFE_S = 60,       /* it holds so long */
	TICKET_LIFE_SLOW_S = 360, /* for the part where a question may wait for minutes */
	TICKET_FRESH_S = 20       /* an older one is renewed before the part is asked */
};

/* One key for each part. The part that knows the accounts has all, every other one its own. */
struct ticket_keys {
	uint8_t of[PART_LOGIN + 1][TICKET_KEY];
};

struct ticket {
	const uint8_t *bytes;
	size_t size; /* 0 = none: the public asks */
};

/* What it is for. */
struct ticket_use {
	enum serve_part part;
	bool changes; /* not for GET */
};

/** Append a ticket for who at now_us (clock_steady_us). */
void ticket_make(const struct ticket_keys *keys, struct ticket_use use, const struct who *who,
                 int64_t now_us, struct buf *out);
/**
 * Who asks: what the ticket says, the public when there is none. key: of use.part. ret->account
 * points into the ticket. ERR_DENIED: not made with that key for that use. ERR_LIMIT: it held until
 * now.
 */
MUST_CHECK enum err_code ticket_open(const uint8_t key[TICKET_KEY], struct ticket_use use,
                                     struct ticket ticket, int64_t now_us, struct who *ret,
                                     struct err *e);

#endif
