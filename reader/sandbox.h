/* The sandbox, entered once before any foreign byte is parsed: no new privileges, no core dumps,
 * limits on memory, time and descriptors, no file system but GDAL's and PROJ's own data (Landlock),
 * and only the system calls that reading takes (seccomp, everything else kills). Never left again.
 */
#ifndef READER_SANDBOX_H
#define READER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "reader/limits.h"

/**
 * Enter. mapped_bytes: address space that inputs may take besides limits->memory_bytes.
 * Fails with ERR_DENIED when the kernel offers no Landlock or no seccomp; nothing foreign may be
 * read then.
 */
MUST_CHECK enum err_code sandbox_enter(const struct limits *limits, int64_t mapped_bytes,
                                       struct err *e);
/** Only the limits on memory, time and descriptors: for --unsandboxed. */
MUST_CHECK enum err_code sandbox_limits(const struct limits *limits, int64_t mapped_bytes,
                                        struct err *e);
/** Allow the processor time that so many rows may take. Called as they are read. */
void sandbox_rows(int64_t rows);
/** Allow the processor time that unpacking so many bytes may take. */
void sandbox_bytes(int64_t bytes);
/** Nothing more will be unpacked: no descriptor may be written to but a pipe. */
void sandbox_seal(void);

#endif
