/* Files: whole reads with a limit, atomic durable writes, folders. Never follows a missing limit.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/** Append the whole file to b. Fails with ERR_NOTFOUND, ERR_LIMIT (limit_bytes passed), ERR_IO. */
MUST_CHECK enum err_code file_read(const char *path, size_t limit_bytes, struct buf *b,
                                   struct err *e);
/**
 * Write to a temporary beside path, fsync, rename, fsync the folder. mode such as 0644 or 0600.
 * Either the old or the new content is there after a power cut.
 */
MUST_CHECK enum err_code file_write_atomic(const char *path, const void *p, size_t n, unsigned mode,
                                           struct err *e);
/** mkdir -p with that mode for new folders. */
MUST_CHECK enum err_code file_mkdirs(const char *path, unsigned mode, struct err *e);
/**
 * Copy path into folder/ab/HEX (HEX = SHA-256 of the content, ab its first two digits) durably,
 * unless it is there. ret_sha256 gets 32 bytes, ret_size the size.
 */
MUST_CHECK enum err_code file_store_original(const char *path, const char *folder,
                                             uint8_t *ret_sha256, int64_t *ret_size, struct err *e);
/** The same for n bytes in memory. ret_sha256 gets 32 bytes. */
MUST_CHECK enum err_code file_store_bytes(const void *p, size_t n, const char *folder,
                                          uint8_t *ret_sha256, struct err *e);
/** SHA-256 of a file's content, streamed. */
MUST_CHECK enum err_code file_sha256(const char *path, uint8_t *ret_sha256, int64_t *ret_size,
                                     struct err *e);
bool file_exists(const char *path);
bool file_is_dir(const char *path);
/** fsync a folder. */
MUST_CHECK enum err_code file_sync_dir(const char *path, struct err *e);
/** The last part of a path (never NULL), inside path. */
const char *file_basename(const char *path);
/** Lower-case extension without the dot of the last part, "" if none, inside path (not lowered). */
const char *file_extension(const char *path);
/** Call fn for each entry of a folder but . and .., sorted bytewise. fn != 0 stops and is returned.
 */
MUST_CHECK enum err_code file_list(const char *path, int (*fn)(void *ctx, const char *name),
                                   void *ctx, struct err *e);

#endif
