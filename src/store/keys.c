#include "store/keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/rng.h"

enum {
	KEY_PATH = 700
};

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
		return err_set(
			e, ERR_NOTFOUND,
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
		return err_set(e, ERR_LIMIT, "the path of a key is longer than %d bytes",
		               KEY_PATH - 1);
	return ERR_OK;
}

enum err_code
keys_folder(const char *uuid, char *out, size_t out_size, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, "", e);

	if (!rc && (size_t)snprintf(out, out_size, "%s", path) >= out_size)
		rc = err_set(e, ERR_LIMIT, "the folder of the keys has too long a path");
	return rc;
}

/* Load an Ed25519 key, or make one when there is none and make is set. */
static enum err_code
signing_key(const char *uuid, const char *name, bool make, struct sign_key *ret, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, name, e);

	if (rc)
		return rc;
	if (!make || file_exists(path))
		return sign_key_read(path, ret, e);
	rc = sign_key_generate(ret, e);
	return rc ? rc : sign_key_write(path, ret, e);
}

enum err_code
keys_author(struct store_keys *k, struct err *e)
{
	return signing_key(NULL, "author.key", true, &k->author, e);
}

enum err_code
keys_create(struct store_keys *k, const char *uuid, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = key_path(path, uuid, "", e);

	if (!rc)
		rc = file_mkdirs(path, 0700, e);
	if (!rc)
		rc = signing_key(uuid, "log.key", true, &k->log, e);
	if (!rc)
		rc = rng_secret(k->register_key, sizeof(k->register_key), e);
	if (!rc)
		rc = key_path(path, uuid, "register.key", e);
	return rc ? rc : sign_secret_write(path, "register", k->register_key, e);
}

enum err_code
keys_load(struct store_keys *k, const char *uuid, struct err *e)
{
	char path[KEY_PATH];
	enum err_code rc = signing_key(uuid, "log.key", false, &k->log, e);

	if (!rc)
		rc = key_path(path, uuid, "register.key", e);
	return rc ? rc : sign_secret_read(path, "register", k->register_key, e);
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
	sign_wipe(k, sizeof(*k));
}
