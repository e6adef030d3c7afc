/* The one socket that listens. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stddef.h>

#include "base/err.h"

/**
 * Listen at "A.B.C.D:PORT" or "[IPV6]:PORT"; "localhost" is 127.0.0.1, port 0 any free one. *ret_fd
 * is nonblocking; address gets "http://127.0.0.1:8080" as it came out. ERR_INVALID, ERR_IO.
 */
MUST_CHECK enum err_code listen_open(const char *where, int *ret_fd, char *address,
                                     size_t address_size, struct err *e);

#endif
