#include "log/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/text.h"
#include "log/lines.h"

#define FILE_MAGIC "fallow-key/v1 "
#define FILE_MAX 256

enum err_code
sign_init(struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "could not start libsodium");
	return ERR_OK;
}

void
sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE], struct sign_key *ret)
{
	(void)crypto_sign_seed_keypair(ret->public_key, ret->secret, seed); /* always 0 */
}

enum err_code
sign_key_generate(struct sign_key *ret, struct err *e)
{
	uint8_t seed[SIGN_SEED_SIZE];
	enum err_code rc = rng_secret(seed, sizeof seed, e);

	if (rc != ERR_OK)
		return rc;
	sign_key_from_seed(seed, ret);
	sign_wipe(seed, sizeof seed);
	return ERR_OK;
}

void
sign_key_wipe(struct sign_key *k)
{
	if (k)
		sign_wipe(k->secret, sizeof k->secret);
}

void
sign_key_hash(const uint8_t public_key[SIGN_PUBLIC_SIZE], uint8_t out[32])
{
	hash_sha256(public_key, SIGN_PUBLIC_SIZE, out);
}

void
sign_make(const struct sign_key *k, const void *p, size_t n, uint8_t out[SIGN_SIZE])
{
	(void)crypto_sign_detached(out, NULL, p, n, k->secret); /* always 0 */
}

bool
sign_check(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *p, size_t n,
           const uint8_t signature[SIGN_SIZE])
{
	return crypto_sign_verify_detached(signature, p, n, public_key) == 0;
}

void
sign_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

/* Open a secret file and refuse whatever is not a private regular file. */
static enum err_code
secret_open(const char *path, int *ret_fd, struct err *e)
{
	struct stat st;
	enum err_code rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		if (errno == ENOENT)
			return err_set(e, ERR_NOTFOUND, "key file %s does not exist", path);
		return err_set(e, ERR_IO, "could not open key file %s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) != 0) {
		rc = err_set(e, ERR_IO, "could not look at key file %s: %s", path, strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = err_set(e, ERR_DENIED, "key file %s is not a regular file", path);
		goto fail;
	}
	if ((st.st_mode & 07777 & ~(mode_t)0600) != 0) {
		rc = err_set(e, ERR_DENIED,
		             "key file %s has mode %04o; others may touch it, it must be 0600",
		             path, (unsigned)(st.st_mode & 07777));
		(void)err_hint(e,
		               "Run: chmod 600 %s (and make a new key if others may have read it).",
		               path);
		goto fail;
	}
	*ret_fd = fd;
	return ERR_OK;
fail:
	(void)close(fd); /* only read from */
	return rc;
}

/* The whole file, at most room bytes. */
static enum err_code
secret_slurp(int fd, const char *path, char *out, size_t room, size_t *ret_n, struct err *e)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, out + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_IO, "could not read key file %s: %s", path,
			               strerror(errno));
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == room)
			return err_set(e, ERR_INVALID, "key file %s is too long", path);
	}
	*ret_n = n;
	return ERR_OK;
}

enum err_code
sign_secret_read(const char *path, const char *what, uint8_t ret_secret[SIGN_SECRET_SIZE],
                 struct err *e)
{
	char content[FILE_MAX];
	uint8_t secret[SIGN_SECRET_SIZE];
	const char *s = content;
	size_t n;
	int fd = -1;
	enum err_code rc = secret_open(path, &fd, e);

	if (rc != ERR_OK)
		return rc;
	rc = secret_slurp(fd, path, content, sizeof content, &n, e);
	(void)close(fd); /* only read from */
	if (rc != ERR_OK)
		goto out;
	if (!lines_skip(&s, &n, FILE_MAGIC) || !lines_skip(&s, &n, what) ||
	    !lines_skip(&s, &n, "\n") || n != 2 * SIGN_SECRET_SIZE + 1 || s[n - 1] != '\n' ||
	    !lines_hex(s, n - 1, secret, sizeof secret)) {
		rc = err_set(e, ERR_INVALID, "%s is not a key file of the kind \"%s%s\"", path,
		             FILE_MAGIC, what);
		goto out;
	}
	memcpy(ret_secret, secret, sizeof secret);
	rc = ERR_OK;
out:
	sign_wipe(content, sizeof content);
	sign_wipe(secret, sizeof secret);
	return rc;
}

static enum err_code
write_all(int fd, const char *path, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return err_set(e, ERR_IO, "could not write key file %s: %s", path,
			               strerror(errno));
		p += put;
		n -= (size_t)put;
	}
	if (fsync(fd) != 0)
		return err_set(e, ERR_IO, "could not sync key file %s: %s", path, strerror(errno));
	return ERR_OK;
}

/* Write beside, then link under the name: never half a key, never over another key. */
static enum err_code
secret_place(const char *path, const char *content, size_t n, struct err *e)
{
	char beside[4096];
	char folder[4096];
	const size_t folder_n = (size_t)(file_basename(path) - path);
	enum err_code rc;
	int fd;
	int len = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());

	if (len < 0 || (size_t)len >= sizeof beside)
		return err_set(e, ERR_LIMIT, "the path of the key file is too long");
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(e, ERR_IO, "could not create key file %s: %s", beside,
		               strerror(errno));
	rc = write_all(fd, path, content, n, e);
	if (close(fd) != 0 && rc == ERR_OK)
		rc = err_set(e, ERR_IO, "could not close key file %s: %s", path, strerror(errno));
	if (rc == ERR_OK && link(beside, path) != 0) {
		if (errno == EEXIST)
			rc = err_set(e, ERR_CONFLICT,
			             "key file %s exists already; a key is never replaced", path);
		else
			rc = err_set(e, ERR_IO, "could not create key file %s: %s", path,
			             strerror(errno));
	}
	(void)unlink(beside); /* what matters has its name or has failed */
	if (rc != ERR_OK)
		return rc;
	memcpy(folder, path, folder_n);
	folder[folder_n] = '\0';
	return file_sync_dir(folder_n > 0 ? folder : ".", e);
}

enum err_code
sign_secret_write(const char *path, const char *what, const uint8_t secret[SIGN_SECRET_SIZE],
                  struct err *e)
{
	char content[FILE_MAX];
	char hex[2 * SIGN_SECRET_SIZE + 1];
	enum err_code rc;
	int n;

	text_hex(secret, SIGN_SECRET_SIZE, hex);
	n = snprintf(content, sizeof content, "%s%s\n%s\n", FILE_MAGIC, what, hex);
	if (n < 0 || (size_t)n >= sizeof content)
		rc = err_set(e, ERR_INTERNAL, "the kind of a key file is too long");
	else
		rc = secret_place(path, content, (size_t)n, e);
	sign_wipe(hex, sizeof hex);
	sign_wipe(content, sizeof content);
	return rc;
}

enum err_code
sign_key_read(const char *path, struct sign_key *ret, struct err *e)
{
	uint8_t seed[SIGN_SEED_SIZE];
	enum err_code rc = sign_secret_read(path, "ed25519", seed, e);

	if (rc != ERR_OK)
		return rc;
	sign_key_from_seed(seed, ret);
	sign_wipe(seed, sizeof seed);
	return ERR_OK;
}

enum err_code
sign_key_write(const char *path, const struct sign_key *k, struct err *e)
{
	return sign_secret_write(path, "ed25519", k->secret, e); /* the seed stands first */
}
