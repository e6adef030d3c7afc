#include "base/tar.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	BLOCK = 512,
	NAME_BYTES = 100
};

struct archive {
	FILE *out;
	const char *folder, *base;
	struct err *e;
};

static void
put_octal(char *at, size_t width, uint64_t v)
{
	(void)snprintf(at, width, "%0*llo", (int)width - 1, (unsigned long long)v);
}

static void
make_header(char h[BLOCK], const char *name, uint64_t size)
{
	unsigned sum = 0;

	memset(h, 0, BLOCK);
	memcpy(h, name, strlen(name));
	put_octal(h + 100, 8, 0644);
	put_octal(h + 108, 8, 0);
	put_octal(h + 116, 8, 0);
	put_octal(h + 124, 12, size);
	put_octal(h + 136, 12, 0);
	memset(h + 148, ' ', 8);
	h[156] = '0';
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	(void)snprintf(h + 148, 8, "%06o", sum);
	h[155] = ' ';
}

static enum err_code
put_content(struct archive *a, FILE *in, const char *path, uint64_t size)
{
	static const char zero[BLOCK];
	char block[16384];
	uint64_t done = 0;
	size_t n;

	while ((n = fread(block, 1, sizeof(block), in)) > 0) {
		done += n;
		if (done > size || fwrite(block, 1, n, a->out) != n)
			break;
	}
	if (ferror(in) || done != size)
		return err_set(a->e, ERR_IO, "could not read %s: it changed or broke off", path);
	n = (size_t)((BLOCK - size % BLOCK) % BLOCK);
	if (fwrite(zero, 1, n, a->out) != n || ferror(a->out))
		return err_set(a->e, ERR_IO, "could not write an archive of %s", a->folder);
	return ERR_OK;
}

static int
put_file(void *ctx, const char *name)
{
	struct archive *a = ctx;
	char path[4200], inside[4200], header[BLOCK];
	struct stat st;
	FILE *in;
	enum err_code rc;

	/* locks say who has the data set open, and nothing of it */
	if (text_ends(name, ".lock"))
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%s", a->folder, name);
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	(void)snprintf(inside, sizeof(inside), "%s/%s", a->base, name);
	if (strlen(inside) > TAR_MAX_NAME || st.st_size > TAR_MAX_FILE_BYTES)
		return (int)err_set(a->e, ERR_LIMIT,
		                    "%s cannot be kept: its name has more than %d bytes, or it has "
		                    "8 GiB",
		                    inside, TAR_MAX_NAME);
	in = fopen(path, "rb");
	if (!in)
		return (int)err_set(a->e, ERR_IO, "could not open %s", path);
	make_header(header, inside, (uint64_t)st.st_size);
	rc = fwrite(header, 1, BLOCK, a->out) == BLOCK
	             ? put_content(a, in, path, (uint64_t)st.st_size)
	             : err_set(a->e, ERR_IO, "could not write an archive of %s", a->folder);
	(void)fclose(in); /* only read */
	return (int)rc;
}

enum err_code
tar_folder(const char *folder, const char *path, struct err *e)
{
	static const char end[2 * BLOCK];
	size_t n = strlen(folder);
	char *plain;
	struct archive a = { .e = e };
	struct err why = { 0 };
	enum err_code rc;

	while (n > 1 && folder[n - 1] == '/')
		n--;
	plain = mem_alloc(n + 1);
	if (!plain)
		return err_set(e, ERR_NOMEM, "out of memory for an archive");
	memcpy(plain, folder, n);
	plain[n] = '\0';
	a.folder = plain;
	a.base = file_basename(plain);
	a.e = &why;
	a.out = fopen(path, "wb");
	rc = a.out ? file_list(plain, put_file, &a, &why)
	           : err_set(&why, ERR_IO, "could not make %s", path);
	if (!rc)
		rc = why.code;
	if (!rc && fwrite(end, 1, sizeof(end), a.out) != sizeof(end))
		rc = err_set(&why, ERR_IO, "could not write an archive of %s", folder);
	if (a.out && fclose(a.out) != 0 && !rc)
		rc = err_set(&why, ERR_IO, "could not write an archive of %s", folder);
	if (rc) {
		(void)unlink(path);
		if (e)
			*e = why;
	}
	mem_free(plain);
	return rc;
}
