/* Private to store: how the layers are drawn by GIS programs (table layer_styles: QML and SLD). */
#ifndef STORE_STYLE_H
#define STORE_STYLE_H

#include "store/handle.h"

/** Write the default style of a kind's layer, if there is one for it. */
MUST_CHECK enum err_code style_write(struct store *st, int kind, struct err *e);

#endif
