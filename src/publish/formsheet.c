#include "publish/formsheet.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "form/template.h"
#include "publish/xlsxlib.h"

enum {
	MOST_COLUMNS = 16384,
	CHECKED_ROWS = 10000
};

struct formsheet {
	const struct xlsxlib *lib;
	lxw_workbook *book;
	lxw_worksheet *page, *codes;
	lxw_format *bold, *italic;
	uint16_t code_column;
};

/* The codes of a list in a column of the sheet "codes"; the field's cells offer them. */
static lxw_error
offer_choices(struct formsheet *x, const struct form_list *list, enum form_language lang,
              uint16_t column)
{
	char first[LXW_MAX_CELL_NAME_LENGTH], last[LXW_MAX_CELL_NAME_LENGTH], formula[80];
	lxw_data_validation check = { .validate = LXW_VALIDATION_TYPE_LIST_FORMULA };
	uint16_t at = x->code_column;
	lxw_error rc = x->lib->worksheet_write_string(x->codes, 0, at, list->name, x->bold);

	x->code_column = (uint16_t)(at + 2);
	for (size_t i = 0; rc == LXW_NO_ERROR && i < list->count; i++) {
		const char *label = list->choice[i].label[lang] ? list->choice[i].label[lang]
		                                                : list->choice[i].label[FORM_EN];

		rc = x->lib->worksheet_write_string(x->codes, (lxw_row_t)i + 1, at,
		                                    list->choice[i].code, NULL);
		if (rc == LXW_NO_ERROR)
			rc = x->lib->worksheet_write_string(x->codes, (lxw_row_t)i + 1,
			                                    (lxw_col_t)(at + 1), label, NULL);
	}
	x->lib->lxw_rowcol_to_cell_abs(first, 1, at, 1, 1);
	x->lib->lxw_rowcol_to_cell_abs(last, (lxw_row_t)list->count, at, 1, 1);
	(void)snprintf(formula, sizeof(formula), "=codes!%s:%s", first, last);
	check.value_formula = formula;
	if (rc == LXW_NO_ERROR && list->count)
		rc = x->lib->worksheet_data_validation_range(x->page, 2, column, CHECKED_ROWS,
		                                             column, &check);
	return rc;
}

static enum err_code
put_fields(struct formsheet *x, const struct form *f, enum form_language lang, struct err *e)
{
	struct buf hint;
	uint16_t column = 0;
	lxw_error rc = LXW_NO_ERROR;

	buf_init(&hint, 1u << 16);
	for (size_t i = 0; rc == LXW_NO_ERROR && i < f->field_count && column < MOST_COLUMNS; i++) {
		const struct form_field *field = &f->field[i];

		buf_reset(&hint);
		if (column == 0)
			buf_adds(&hint, "# ");
		form_template_hint(field, lang, &hint);
		rc = x->lib->worksheet_write_string(x->page, 0, column, field->name, x->bold);
		if (rc == LXW_NO_ERROR)
			rc = x->lib->worksheet_write_string(x->page, 1, column, buf_text(&hint),
			                                    x->italic);
		if (rc == LXW_NO_ERROR && field->type == FORM_SELECT_ONE && field->list)
			rc = offer_choices(x, field->list, lang, column);
		column++;
	}
	buf_done(&hint);
	return rc == LXW_NO_ERROR ? ERR_OK
	                          : err_set(e, ERR_IO, "could not write the sheet: %s",
	                                    x->lib->lxw_strerror(rc));
}

enum err_code
formsheet_xlsx(const struct form *f, enum form_language lang, const char *path, struct err *e)
{
	struct formsheet x = { .lib = xlsxlib_get() };
	lxw_workbook_options options = { .constant_memory = 0 };
	lxw_doc_properties about = { .created = (time_t)(clock_now_us() / 1000000) };
	enum err_code rc = ERR_OK;

	if (!x.lib) {
		(void)err_set(e, ERR_UNSUPPORTED,
		              "cannot write XLSX: the library %s is not on this machine",
		              FALLOW_XLSX_SONAME);
		return err_hint(e, "install libxlsxwriter4, or take --format csv");
	}
	if (file_exists(path))
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", path);
	x.book = x.lib->workbook_new_opt(path, &options);
	if (!x.book)
		return err_set(e, ERR_NOMEM, "could not make %s", path);
	x.bold = x.lib->workbook_add_format(x.book);
	x.italic = x.lib->workbook_add_format(x.book);
	x.page = x.lib->workbook_add_worksheet(x.book, f->kind);
	x.codes = x.lib->workbook_add_worksheet(x.book, "codes");
	if (!x.bold || !x.italic || !x.page || !x.codes ||
	    x.lib->workbook_set_properties(x.book, &about) != LXW_NO_ERROR) {
		rc = err_set(e, ERR_NOMEM, "could not make %s", path);
	} else {
		x.lib->format_set_bold(x.bold);
		x.lib->format_set_italic(x.italic);
		x.lib->worksheet_freeze_panes(x.page, 2, 0);
		rc = put_fields(&x, f, lang, e);
	}
	if (x.lib->workbook_close(x.book) != LXW_NO_ERROR && !rc)
		rc = err_set(e, ERR_IO, "could not write %s", path);
	if (rc)
		(void)unlink(path); /* half a file is none */
	return rc;
}
