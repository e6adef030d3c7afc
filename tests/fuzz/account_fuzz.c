/* Who asks: headers Cookie and Authorization and a token in the path, against a file with one
 * account. No bytes may crash, and none that were not handed out may make anybody. */
#include <stdlib.h>
#include <string.h>

#include "api/resolve.h"
#include "base/password.h"
#include "base/totp.h"
#include "store/accounts.h"
#include "store/passrule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct accounts *
opened(void)
{
	static struct accounts *a;
	static char folder[] = "/tmp/fallow_fuzz_XXXXXX";
	struct err e = { 0 };
	int64_t id;

	if (!a &&
	    (!mkdtemp(folder) || accounts_open(folder, &a, &e) != ERR_OK ||
	     accounts_add(a, "test", "anna", "officer", "three unlike words", &id, &e) != ERR_OK))
		abort();
	return a;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolve_ask c = { 0 };
	struct arena mem;
	struct err e = { 0 };
	struct who who;
	const char *text;

	if (!size)
		return 0;
	arena_init(&mem, 1u << 20);
	text = arena_strndup(&mem, (const char *)data + 1, size - 1);
	if (!text)
		abort();
	if (data[0] % 3 == 0)
		c.cookie = text;
	else if (data[0] % 3 == 1)
		c.authorization = text;
	else
		c.token = text;
	if (account_resolve(opened(), &c, &mem, &who, &e) == ERR_OK &&
	    (who.id || who.role != SERVE_PUBLIC))
		abort();
	(void)passrule_check((const char *)data, size, "anna", &e);
	if (totp_find((const uint8_t *)"12345678901234567890", 20, text, 59, 2) >= 0)
		abort(); /* every step of the window was taken before */
	arena_done(&mem);
	return 0;
}
