/* /log: the log as C2SP tlog-tiles, byte for byte what `fallow log export` writes. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "log/tile.h"
#include "store/logfiles.h"

static const char plain_text[] = "text/plain; charset=utf-8";

enum err_code
log_checkpoint(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct store *st = NULL;
	struct store_checkpoint cp;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (rc)
		return rc;
	cp = store_checkpoint_newest(st);
	if (cp.size == 0)
		return err_set(e, ERR_NOTFOUND, "nothing was submitted yet; there is no log");
	buf_adds(&r->body, cp.note);
	r->type = plain_text;
	reply_header(r, "Cache-Control", "no-cache");
	return api_done(r);
}

enum err_code
log_vkey(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct store *st = NULL;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (rc)
		return rc;
	buf_printf(&r->body, "%s\n", store_meta(st, "log_vkey"));
	r->type = plain_text;
	return api_done(r);
}

enum err_code
log_tile(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	char path[TILE_PATH_SIZE + 1] = "tile";
	size_t n = strlen(path);
	struct store *st = NULL;
	struct tile t;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	for (size_t i = 0; !rc && i < ASK_ARGS && q->arg[i]; i++) {
		size_t m = strlen(q->arg[i]);

		if (n + 1 + m > TILE_PATH_SIZE)
			return err_set(e, ERR_NOTFOUND, "no such tile");
		path[n] = '/';
		memcpy(path + n + 1, q->arg[i], m + 1);
		n += 1 + m;
	}
	if (!rc && !tile_path_parse(path, n, &t))
		rc = err_set(e, ERR_NOTFOUND, "no such tile");
	if (!rc)
		rc = logfiles_tile(st, t, &r->body, e);
	if (rc)
		return rc;
	r->type = "application/octet-stream";
	/* complete tiles never change, and a partial one is that of one width */
	r->final = true;
	return api_done(r);
}
