/* GDAL's view of the files of a reading: /vsifallow/NAME, read-only, over descriptors that are
 * open. The handler for /vsizip/ is replaced too, so that drivers which open a zip themselves
 * (XLSX, ODS) see the entries that we unpacked, not bytes that GDAL unpacks. One table of files a
 * process. */
#ifndef READER_VSI_H
#define READER_VSI_H

#include "base/err.h"
#include "reader/files.h"

#define VSI_PREFIX "/vsifallow/"

/** Offer these files, which must stay, under /vsifallow/. ERR_INTERNAL. */
MUST_CHECK enum err_code vsi_install(const struct files *files, struct err *e);
/** Offer these under /vsizip/{ANYTHING}/ as well. */
MUST_CHECK enum err_code vsi_install_zip(const struct files *files, struct err *e);

#endif
