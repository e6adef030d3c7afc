/* libxlsxwriter, loaded when first needed: linking it would cost every start of the program. As
 * geo/projlib.h does. Private to publish. Threads: safe. */
#ifndef PUBLISH_XLSXLIB_H
#define PUBLISH_XLSXLIB_H

#include <xlsxwriter.h>

#define XLSXLIB_EACH(X)                                                                            \
	X(workbook_new_opt)                                                                        \
	X(workbook_add_worksheet)                                                                  \
	X(workbook_add_format)                                                                     \
	X(workbook_set_properties)                                                                 \
	X(workbook_close)                                                                          \
	X(format_set_bold)                                                                         \
	X(format_set_italic)                                                                       \
	X(worksheet_write_string)                                                                  \
	X(worksheet_write_number)                                                                  \
	X(worksheet_freeze_panes)                                                                  \
	X(worksheet_set_column)                                                                    \
	X(worksheet_data_validation_range)                                                         \
	X(lxw_rowcol_to_cell_abs)                                                                  \
	X(lxw_strerror)

struct xlsxlib {
#define XLSXLIB_FIELD(name) __typeof__(name) *name;
	XLSXLIB_EACH(XLSXLIB_FIELD)
#undef XLSXLIB_FIELD
};

/** The functions, or NULL if the library built against is not there. */
const struct xlsxlib *xlsxlib_get(void);

#endif
