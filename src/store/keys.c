#include "store/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/rng.h"
#include "log/sign.h"
#include "log/seal.h"

enum { KEY_PATH = 700 };

enum err_code
keys_home(char *out, size_t out_size, struct err *e)
{
	const char *home = getenv("FALLOW_HOME");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *user = getenv("HOME");
	int n;

	if (home && *home)
		n = snprintf(out, out_size, "%s", home);
	else if (xdg && *xdg)
		n = snprintf(out, out_size, "%s/fallow", xdg);
	else if (user && *user)
		n = snprintf(out, out_size, "%s/.config/fallow", user);
	else
		return err_set(e, ERR_NOTFOUND,
		               "no folder for keys: none of FALLOW_HOME, XDG_CONFIG_HOME and HOME is set");
	if (n < 0 || (size_t)n >= out_size)
		return err_set(e, ERR_LIMIT, "the folder for keys has a path longer than %zu bytes",
		               out_size - 1);
	return file_mkdirs(out, 0700, e);
}

static enum err_code
key_path(char out[KEY_PATH], const char *uuid, const char *name, struct err *e)
{
	char home[512];
	enum err_code rc = keys_home(home, sizeof(home), e);
	int n;

	if (rc)
		return rc;
	if (uuid)
		n = snprintf(out, KEY_PATH, "%s/registers/%s/%s", home, uuid, name);
	else
		n = snprintf(out, KEY_PATH, "%s/%s", home, name);
	if (n < 0 || n >= KEY_PATH)
		return err_set(e, ERR_LIMIT, "the path of a key is longer than %d bytes", KEY_PATH - 1);
	return ERR_OK;
}

/* A secret file of exactly 32 bytes that nobody else may read. */
static enum err_code
read_secret(const char *path, uint8_t out[32], struct err *e)
{
	struct stat s;
	struct buf b;
	enum err_code rc;

	if (stat(path, &s) != 0)
		return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "could not open the key %s: %s",
		               path, strerror(errno));
	if ((s.st_mode & 077) != 0) {
		(void)err_set(e, ERR_DENIED, "the key %s can be read by others (mode %03o, allowed is 600)",
		              path, (unsigned)(s.st_mode & 0777));
		return err_hint(e, "run: chmod 600 %s", path);
	}
	buf_init(&b, 4096);
	rc = file_read(path, 4096, &b, e);
	if (!rc && b.size != 32)
		rc = err_set(e, ERR_INVALID, "the key %s has %zu bytes; a key has 32", path, b.size);
	if (!rc)
		memcpy(out, b.data, 32);
	if (b.data)
		seal_wipe(b.data, b.size);
	buf_done(&b);
	return rc;
}

/* Load a secret, or make one when there is none and make is set. */
static enum err_code
secret(const char *uuid, const char *name, bool make, uint8_t out[32], struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, name, e);

	if (rc)
		return rc;
	if (!make || file_exists(path))
		return read_secret(path, out, e);
	rc = rng_secret(out, 32, e);
	return rc ? rc : file_write_atomic(path, out, 32, 0600, e);
}

enum err_code
keys_author(struct store_keys *k, struct err *e)
{
	enum err_code rc = secret(NULL, "author.key", true, k->author_seed, e);

	if (!rc)
		sign_public(k->author_seed, k->author_public);
	return rc;
}

static enum err_code
register_keys(struct store_keys *k, const char *uuid, bool make, struct err *e)
{
	enum err_code rc = secret(uuid, "log.key", make, k->log_seed, e);

	if (!rc)
		rc = secret(uuid, "register.key", make, k->register_key, e);
	if (!rc)
		sign_public(k->log_seed, k->log_public);
	return rc;
}

enum err_code
keys_create(struct store_keys *k, const char *uuid, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, "", e);

	if (!rc)
		rc = file_mkdirs(path, 0700, e);
	return rc ? rc : register_keys(k, uuid, true, e);
}

enum err_code
keys_load(struct store_keys *k, const char *uuid, struct err *e)
{
	return register_keys(k, uuid, false, e);
}

enum err_code
keys_read_checkpoint(const char *uuid, struct buf *note, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, "checkpoint", e);

	return rc ? rc : file_read(path, 1u << 16, note, e);
}

enum err_code
keys_write_checkpoint(const char *uuid, const char *note, size_t n, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, "checkpoint", e);

	return rc ? rc : file_write_atomic(path, note, n, 0600, e);
}

void
keys_wipe(struct store_keys *k)
{
	seal_wipe(k, sizeof(*k));
}
