/* An empty sheet of a kind as XLSX: header row, hint row, lists to choose from. */
#ifndef PUBLISH_FORMSHEET_H
#define PUBLISH_FORMSHEET_H

#include "form/form.h"

/** Write path, which must not exist. The CSV form of it is form_template_csv. ERR_CONFLICT,
 * ERR_UNSUPPORTED, ERR_IO. */
MUST_CHECK enum err_code formsheet_xlsx(const struct form *f, enum form_language lang,
                                        const char *path, struct err *e);

#endif
