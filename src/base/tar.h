/* A folder's files as one archive (POSIX ustar), the same bytes for the same files whenever and
 * wherever it is made: names in bytewise order, no times, no owners. For keeping data sets that are
 * folders (FileGDB) as one original. */
#ifndef BASE_TAR_H
#define BASE_TAR_H

#include "base/err.h"

#define TAR_MAX_NAME 99                             /* bytes of folder, slash and name */
#define TAR_MAX_FILE_BYTES (((int64_t)1 << 33) - 1) /* what a ustar header can say */

/**
 * Write the regular files of a folder, not those of folders in it nor locks (*.lock), to path,
 * which is replaced. ERR_LIMIT (a name too long, a file too large), ERR_IO; then path is not there.
 */
MUST_CHECK enum err_code tar_folder(const char *folder, const char *path, struct err *e);

#endif
