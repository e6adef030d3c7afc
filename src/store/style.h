/* Private to store: how the layers are drawn by GIS programs (table layer_styles: QML and SLD). */
#ifndef STORE_STYLE_H
#define STORE_STYLE_H

#include "store/handle.h"

/** Write the default style of a kind's layer, if there is one for it. */
MUST_CHECK enum err_code style_write(struct store *st, int kind, struct err *e);
/** The same for a layer of any file: drawn as that kind. now: time of writing, as text. */
MUST_CHECK enum err_code style_put(struct store *st, const char *layer, const char *kind,
                                   const char *now, struct err *e);

#endif
