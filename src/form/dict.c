#include <string.h>

#include "form/dict.h"

static const char *const geometry_words[] = { "",           "point",     "line",        "polygon",
	                                      "multipoint", "multiline", "multipolygon" };

/* Text in a cell of a Markdown table. */
static void
write_cell(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '|' || *s == '\\' || *s == '<' || *s == '*' || *s == '_' || *s == '`')
			buf_addc(b, '\\');
		buf_add(b, *s == '\n' || *s == '\r' ? " " : s, 1);
	}
}

/* Code in a cell: backticks would end it, bars are escaped even there. */
static void
write_code(struct buf *b, const char *s)
{
	buf_addc(b, '`');
	for (; *s; s++) {
		if (*s == '|')
			buf_addc(b, '\\');
		buf_add(b, *s == '`' ? "'" : *s == '\n' || *s == '\r' ? " " : s, 1);
	}
	buf_addc(b, '`');
}

static void
write_label(struct buf *b, const char *const label[], const char *const reviewer[],
            enum form_language lang)
{
	bool reviewed = false;
	const char *text = form_label(label, reviewer, lang, &reviewed);

	write_cell(b, text);
	if (reviewed)
		return;
	buf_adds(b, " (not reviewed; English: ");
	write_cell(b, label[FORM_EN] ? label[FORM_EN] : "");
	buf_addc(b, ')');
}

static void
write_type(struct buf *b, const struct form_field *f)
{
	buf_adds(b, f->type == FORM_REPEAT ? "repeat" : form_type_name(f->type));
	if (f->list)
		buf_printf(b, " [%s](#list-%s)", f->list->name, f->list->name);
	if (f->link_kind)
		buf_printf(b, " %s", f->link_kind);
	for (size_t i = 1; f->type == FORM_GEOMETRY && i < 7; i++)
		if (f->geometry_types & 1u << i)
			buf_printf(b, " %s", geometry_words[i]);
}

static void
write_note(struct buf *b, bool *any, const char *what, const char *code)
{
	buf_printf(b, "%s%s ", *any ? "; " : "", what);
	write_code(b, code);
	*any = true;
}

static void
write_notes(struct buf *b, const struct form_field *f, enum form_language lang)
{
	const char *hint = form_label(f->hint, NULL, lang, NULL);
	bool any = *hint != '\0';

	write_cell(b, hint);
	if (f->required)
		buf_adds(b, any ? "; required" : "required");
	any = any || f->required;
	if (f->core)
		buf_adds(b, any ? "; core" : "core");
	any = any || f->core;
	if (f->relevant)
		write_note(b, &any, "asked when", f->relevant);
	if (f->constraint)
		write_note(b, &any, "must hold:", f->constraint);
	if (f->unverified)
		buf_adds(b, any ? "; (not verified)" : "(not verified)");
}

static void
write_field(struct buf *b, const struct form_field *f, const char *prefix, enum form_language lang)
{
	buf_adds(b, "| `");
	buf_adds(b, prefix);
	buf_adds(b, *prefix ? "." : "");
	buf_adds(b, f->name);
	buf_adds(b, "` | ");
	write_label(b, f->label, f->reviewer, lang);
	buf_adds(b, " | ");
	write_type(b, f);
	buf_printf(b, " | %s | %s | ", form_access_name(f->access), f->unit ? f->unit : "");
	write_cell(b, f->reference ? f->reference : "");
	buf_adds(b, " | ");
	write_notes(b, f, lang);
	buf_adds(b, " |\n");
	for (size_t i = 0; i < f->child_count; i++)
		write_field(b, &f->child[i], f->name, lang);
}

static void
write_list(struct buf *b, const struct form_list *l, enum form_language lang)
{
	buf_printf(b,
	           "\n### list %s\n\n| code | label | reference | notes |\n| --- | --- | --- | --- "
	           "|\n",
	           l->name);
	for (size_t i = 0; i < l->count; i++) {
		const struct form_choice *c = &l->choice[i];
		bool any = false;

		buf_printf(b, "| `%s` | ", c->code);
		write_label(b, c->label, c->reviewer, lang);
		buf_adds(b, " | ");
		write_cell(b, c->reference ? c->reference : "");
		buf_adds(b, " | ");
		for (const struct json_value *v = c->extra ? c->extra->first : NULL; v;
		     v = v->next) {
			/* The hint in another language would only repeat the row. */
			if (strncmp(v->key, "hint::", 6) == 0)
				continue;
			buf_adds(b, any ? "; " : "");
			if (strcmp(v->key, "hint") != 0)
				buf_printf(b, "%s: ", v->key);
			write_cell(b, v->string);
			any = true;
		}
		if (c->unverified)
			buf_adds(b, any ? "; (not verified)" : "(not verified)");
		buf_adds(b, " |\n");
	}
}

void
form_dictionary_markdown(const struct form *f, enum form_language lang, struct buf *out)
{
	buf_adds(out, "## ");
	write_label(out, f->title, f->reviewer, lang);
	buf_printf(out, "\n\nKind `%s`, version %d.", f->kind, f->version);
	if (f->national_id)
		buf_printf(out, " The national id is in `%s`.", f->national_id);
	buf_adds(out, "\n\n| field | label | type | access | unit | reference | notes |\n"
	              "| --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < f->field_count; i++)
		write_field(out, &f->field[i], "", lang);
	for (size_t i = 0; i < f->list_count; i++)
		write_list(out, &f->list[i], lang);
}

static void
json_languages(struct json_writer *w, const char *key, const char *const text[])
{
	json_object(w, key);
	for (int i = 0; i < FORM_LANGUAGES; i++)
		if (text[i])
			json_string(w, form_language_code((enum form_language)i), text[i]);
	json_object_end(w);
}

static void
json_labels(struct json_writer *w, const char *key, const char *const label[],
            const char *const reviewer[])
{
	json_languages(w, key, label);
	json_object(w, "reviewed");
	for (int i = 0; i < FORM_LANGUAGES; i++) {
		bool reviewed = false;

		if (!label[i])
			continue;
		(void)form_label(label, reviewer, (enum form_language)i, &reviewed);
		json_bool(w, form_language_code((enum form_language)i), reviewed);
	}
	json_object_end(w);
	json_languages(w, "reviewer", reviewer);
}

static void
json_field(struct json_writer *w, const struct form_field *f)
{
	json_object(w, NULL);
	json_string(w, "name", f->name);
	json_string(w, "type", f->type == FORM_REPEAT ? "repeat" : form_type_name(f->type));
	json_labels(w, "label", f->label, f->reviewer);
	json_languages(w, "hint", f->hint);
	json_string(w, "access", form_access_name(f->access));
	json_bool(w, "required", f->required);
	json_bool(w, "core", f->core);
	json_bool(w, "verified", !f->unverified);
	json_string(w, "unit", f->unit);
	json_string(w, "reference", f->reference);
	json_string(w, "relevant", f->relevant);
	json_string(w, "constraint", f->constraint);
	json_languages(w, "constraint_message", f->constraint_message);
	if (f->list)
		json_string(w, "list", f->list->name);
	if (f->type == FORM_RECORD || f->type == FORM_RECORDS)
		json_string(w, "link", f->link_kind);
	if (f->type == FORM_GEOMETRY) {
		json_array(w, "geometry");
		for (size_t i = 1; i < 7; i++)
			if (f->geometry_types & 1u << i)
				json_string(w, NULL, geometry_words[i]);
		json_array_end(w);
	}
	if (f->type == FORM_REPEAT) {
		json_array(w, "fields");
		for (size_t i = 0; i < f->child_count; i++)
			json_field(w, &f->child[i]);
		json_array_end(w);
	}
	json_object_end(w);
}

static void
json_list(struct json_writer *w, const struct form_list *l)
{
	json_object(w, NULL);
	json_string(w, "name", l->name);
	json_array(w, "choices");
	for (size_t i = 0; i < l->count; i++) {
		const struct form_choice *c = &l->choice[i];

		json_object(w, NULL);
		json_string(w, "code", c->code);
		json_labels(w, "label", c->label, c->reviewer);
		json_string(w, "reference", c->reference);
		json_bool(w, "verified", !c->unverified);
		json_object(w, "extra");
		for (const struct json_value *v = c->extra ? c->extra->first : NULL; v; v = v->next)
			json_string(w, v->key, v->string);
		json_object_end(w);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

void
form_dictionary_json(const struct form *f, struct buf *out)
{
	struct json_writer w;

	json_begin(&w, out);
	json_object(&w, NULL);
	json_string(&w, "kind", f->kind);
	json_int(&w, "version", f->version);
	json_labels(&w, "title", f->title, f->reviewer);
	json_string(&w, "national_id", f->national_id);
	json_array(&w, "fields");
	for (size_t i = 0; i < f->field_count; i++)
		json_field(&w, &f->field[i]);
	json_array_end(&w);
	json_array(&w, "lists");
	for (size_t i = 0; i < f->list_count; i++)
		json_list(&w, &f->list[i]);
	json_array_end(&w);
	json_object_end(&w);
}
