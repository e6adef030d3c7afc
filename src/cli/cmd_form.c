/* form and template: the kinds, what their fields mean, sheets to fill in, and changing a form in
 * use. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "form/dict.h"
#include "form/template.h"
#include "form/xform.h"
#include "publish/formsheet.h"
#include "store/formupdate.h"

struct form_options {
	const char *in, *language, *format;
	bool csv;
};

static enum err_code
read_language(const char *text, enum form_language *ret, struct err *e)
{
	*ret = FORM_EN;
	for (int i = 0; text && i < FORM_LANGUAGES; i++)
		if (text_eq(text, form_language_code((enum form_language)i))) {
			*ret = (enum form_language)i;
			return ERR_OK;
		}
	return text ? err_set(e, ERR_INVALID, "--language is \"%.20s\"; allowed are en, uk and az",
	                      text)
	            : ERR_OK;
}

/* The form of a kind: in force in a register, or as the program brings it. *ret_own is the caller's
 * to free. */
static enum err_code
find_form(struct store *st, const char *kind, struct form **ret_own, const struct form **ret,
          struct err *e)
{
	const char *survey = NULL, *choices = NULL;
	enum err_code rc;

	*ret_own = NULL;
	if (st) {
		*ret = store_form(st, store_kind(st, kind));
		return *ret ? ERR_OK
		            : err_set(e, ERR_NOTFOUND,
		                      "there is no kind %.40s; see fallow form list", kind);
	}
	if (!form_builtin(kind, &survey, &choices))
		return err_set(e, ERR_NOTFOUND, "there is no kind %.40s; see fallow form list",
		               kind);
	rc = form_parse(survey, strlen(survey), *choices ? choices : NULL, strlen(choices), ret_own,
	                e);
	*ret = *ret_own;
	return rc;
}

static enum err_code
list_forms(const struct cli *cli, struct store *st, enum form_language lang, struct buf *out,
           struct err *e)
{
	const char *const *kind = form_builtin_kinds();
	struct json_writer w;
	enum err_code rc = ERR_OK;

	json_begin(&w, out);
	if (cli->json)
		json_array(&w, NULL);
	for (size_t i = 0; !rc && kind[i]; i++) {
		struct form *own = NULL;
		const struct form *f = NULL;

		rc = find_form(st, kind[i], &own, &f, e);
		if (!rc && cli->json) {
			json_object(&w, NULL);
			json_string(&w, "kind", f->kind);
			json_int(&w, "version", f->version);
			json_string(&w, "title",
			            f->title[lang] ? f->title[lang] : f->title[FORM_EN]);
			json_int(&w, "fields", (int64_t)f->field_count);
			json_object_end(&w);
		} else if (!rc) {
			buf_printf(out, "%-18s version %d  %3zu fields  %s\n", f->kind, f->version,
			           f->field_count,
			           f->title[lang] ? f->title[lang] : f->title[FORM_EN]);
		}
		form_free(own);
	}
	if (cli->json) {
		json_array_end(&w);
		buf_addc(out, '\n');
	}
	return rc;
}

static enum err_code
show_form(const struct cli *cli, struct store *st, const char *kind, const struct form_options *o,
          enum form_language lang, struct buf *out, struct err *e)
{
	struct form *own = NULL;
	const struct form *f = NULL;
	const char *survey = NULL, *choices = NULL;
	enum err_code rc = find_form(st, kind, &own, &f, e);

	if (!rc && o->csv && st) {
		rc = store_form_text(st, kind, 0, out, e);
	} else if (!rc && o->csv && form_builtin(kind, &survey, &choices)) {
		buf_adds(out, survey);
		if (*choices)
			buf_adds(out, "#choices\n");
		buf_adds(out, choices);
	} else if (!rc && cli->json) {
		form_dictionary_json(f, out);
		buf_addc(out, '\n');
	} else if (!rc) {
		form_dictionary_markdown(f, lang, out);
	}
	form_free(own);
	return rc;
}

static enum err_code
print_xform(const struct cli *cli, const char *kind, const char *in, struct err *e)
{
	struct form *own = NULL;
	const struct form *f = NULL;
	struct store *st = NULL;
	struct buf out;
	enum err_code rc = in ? cli_open(cli, in, STORE_READ, &st, e) : ERR_OK;

	buf_init(&out, (size_t)64 << 20);
	if (!rc)
		rc = find_form(st, kind, &own, &f, e);
	if (!rc) {
		form_xform(f, &out);
		rc = cli_print(&out, e);
	}
	form_free(own);
	buf_done(&out);
	store_close(st);
	return rc;
}

static enum err_code
update(const struct cli *cli, const char *file, const char *survey, const char *choices,
       const char *author, const char *remark, struct err *e)
{
	struct formupdate u = { .author = author, .remark = remark };
	struct formupdate_result r = { 0 };
	struct buf a, b, what;
	struct store *st = NULL;
	enum err_code rc;

	buf_init(&a, 0);
	buf_init(&b, 0);
	buf_init(&what, 1u << 22);
	rc = file_read(survey, FORM_MAX_TABLE_BYTES, &a, e);
	if (!rc && choices)
		rc = file_read(choices, FORM_MAX_TABLE_BYTES, &b, e);
	if (!rc)
		rc = cli_open(cli, file, STORE_WRITE, &st, e);
	if (!rc) {
		u.survey = buf_text(&a);
		u.survey_n = a.size;
		u.choices = choices ? buf_text(&b) : NULL;
		u.choices_n = b.size;
		rc = store_form_update(st, &u, &what, &r, e);
	}
	if (!rc && cli->json)
		printf("{\"kind\":\"%s\",\"from\":%d,\"to\":%d,\"added\":%d,\"dropped\":%d,"
		       "\"choices_added\":%d,\"sha256\":\"%s\","
		       "\"submission\":%lld}\n",
		       store_kind_name(st, r.kind), r.from, r.to, r.added, r.dropped,
		       r.choices_added, r.sha256, (long long)r.submission);
	else if (!rc && !cli->quiet)
		printf("%sform of %s: version %d is in force (submission %lld); records keep the "
		       "version they were written under\n",
		       buf_text(&what), store_kind_name(st, r.kind), r.to, (long long)r.submission);
	buf_done(&a);
	buf_done(&b);
	buf_done(&what);
	store_close(st);
	return rc;
}

static enum err_code
tell_forms(const struct cli *cli, const char *kind, const struct form_options *o, struct err *e)
{
	enum form_language lang = FORM_EN;
	struct store *st = NULL;
	struct buf out;
	enum err_code rc = read_language(o->language, &lang, e);

	buf_init(&out, (size_t)64 << 20);
	if (!rc && o->in)
		rc = cli_open(cli, o->in, STORE_READ, &st, e);
	if (!rc)
		rc = kind ? show_form(cli, st, kind, o, lang, &out, e)
		          : list_forms(cli, st, lang, &out, e);
	if (!rc)
		rc = cli_print(&out, e);
	buf_done(&out);
	store_close(st);
	return rc;
}

static int
run_form(struct cli *cli, int argc, char **argv)
{
	const char *operand[4] = { 0 }, *author = cli_author(), *remark = "";
	struct form_options o = { 0 };
	const struct cli_option options[] = { { .name = "--in", .value = &o.in },
		                              { .name = "--language", .value = &o.language },
		                              { .name = "--csv", .flag = &o.csv },
		                              { .name = "--author", .value = &author },
		                              { .name = "--remark", .value = &remark },
		                              { 0 } };
	struct err e = { 0 };
	size_t n = 0;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 4, &n }, &e))
		return cli_usage("form", &e);
	if (n == 1 && text_eq(operand[0], "list")) {
		rc = tell_forms(cli, NULL, &o, &e);
	} else if (n == 2 && text_eq(operand[0], "show")) {
		rc = tell_forms(cli, operand[1], &o, &e);
	} else if (n == 2 && text_eq(operand[0], "xform")) {
		rc = print_xform(cli, operand[1], o.in, &e);
	} else if ((n == 3 || n == 4) && text_eq(operand[0], "update")) {
		rc = update(cli, operand[1], operand[2], operand[3], author, remark, &e);
	} else {
		(void)err_set(
			&e, ERR_INVALID,
			"form is called as list, show KIND, xform KIND, or update FILE FORM.csv");
		return cli_usage("form", &e);
	}
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_form = {
	.name = "form",
	.run = run_form,
	.summary = "the kinds and their fields; change a form in a register in use",
	.synopsis = "list [--in FILE] [--language en|uk|az]\n"
		    "       fallow form show KIND [--in FILE] [--language en|uk|az] [--csv]\n"
		    "       fallow form xform KIND [--in FILE]\n"
		    "       fallow form update FILE FORM.csv [CHOICES.csv] [--remark TEXT]",
	.text = "list names the kinds. show prints the data dictionary of one: every field with "
		"its\n"
		"meaning, type, who may see it, unit and reference, and every code; --csv prints "
		"the\n"
		"XLSForm itself, survey first, then the line #choices and the choices. --in FILE "
		"takes\n"
		"the form in force in a register, else the one the program brings. xform prints it "
		"as an\n"
		"ODK XForm, which phones fill in.\n\n"
		"update puts a new version of a form in force, without conversion: fields and "
		"choices\n"
		"may be added and other fields no longer be asked for; its settings_version must "
		"be\n"
		"higher. Fields the program computes with cannot be dropped or retyped. Records "
		"keep\n"
		"the version they were written under. The change is an event in the log.\n",
	.examples = "$ fallow form list\n"
		    "$ fallow form show hazard --language uk\n"
		    "$ fallow form xform accident\n"
		    "$ fallow init r.gpkg --country XXA --name Example\n"
		    "$ fallow form show team --in r.gpkg --csv\n",
};

static int
run_template(struct cli *cli, int argc, char **argv)
{
	const char *operand[2] = { 0 };
	struct form_options o = { 0 };
	const struct cli_option options[] = { { .name = "--in", .value = &o.in },
		                              { .name = "--language", .value = &o.language },
		                              { .name = "--format", .value = &o.format },
		                              { 0 } };
	enum form_language lang = FORM_EN;
	struct form *own = NULL;
	const struct form *f = NULL;
	struct store *st = NULL;
	struct err e = { 0 };
	struct buf out;
	size_t n = 0;
	bool xlsx;
	enum err_code rc;

	if (cli_parse(cli, options, argc, argv, &(struct cli_operands){ operand, 2, &n }, &e) ||
	    read_language(o.language, &lang, &e))
		return cli_usage("template", &e);
	xlsx = o.format ? text_eq(o.format, "xlsx")
	                : operand[1] && text_eq_nocase(file_extension(operand[1]), "xlsx");
	if (n == 0 || (xlsx && !operand[1]) || (o.format && !xlsx && !text_eq(o.format, "csv"))) {
		(void)err_set(&e, ERR_INVALID,
		              n == 0 ? "template needs a kind"
		                     : "--format is csv, or xlsx and a file to write");
		return cli_usage("template", &e);
	}
	buf_init(&out, (size_t)16 << 20);
	rc = o.in ? cli_open(cli, o.in, STORE_READ, &st, &e) : ERR_OK;
	if (!rc)
		rc = find_form(st, operand[0], &own, &f, &e);
	if (!rc && xlsx) {
		rc = formsheet_xlsx(f, lang, operand[1], &e);
	} else if (!rc) {
		form_template_csv(f, lang, &out);
		if (!operand[1])
			rc = cli_print(&out, &e);
		else if (file_exists(operand[1]))
			rc = err_set(&e, ERR_CONFLICT, "%s exists already; nothing was changed",
			             operand[1]);
		else
			rc = file_write_atomic(operand[1], out.data, out.size, 0644, &e);
	}
	if (!rc && cli->json && operand[1]) {
		printf("{\"path\":");
		cli_json_text(operand[1]);
		printf("}\n");
	}
	form_free(own);
	buf_done(&out);
	store_close(st);
	return rc ? cli_fail(&e) : CLI_EXIT_DONE;
}

const struct cli_command cmd_template = {
	.name = "template",
	.run = run_template,
	.summary = "an empty sheet of a kind, to fill in",
	.synopsis = "KIND [OUT] [--format csv|xlsx] [--in FILE] [--language en|uk|az]",
	.text = "Prints or writes a sheet with a column for each field and a row that tells what "
		"goes\n"
		"in, which is skipped when the sheet is imported. Outlines there are in WGS 84. As XLSX "
		"it\n"
		"offers the codes to choose from. --in FILE takes the form in force in a "
		"register.\n",
	.examples = "$ fallow template accident\n"
		    "$ fallow template hazard hazard.xlsx --language az\n",
};
