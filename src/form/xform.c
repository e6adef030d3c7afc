#include "form/xform.h"

#include <string.h>

#include "base/markup.h"
#include "base/text.h"

#define POINT_BITS (1u << 1 | 1u << 4) /* by the numbers of WKB */
#define LINE_BITS (1u << 2 | 1u << 5)
#define AREA_BITS (1u << 3 | 1u << 6)

/* A question of our own: its node, and what it says. */
struct own_text {
	const char *id;
	const char *text[FORM_LANGUAGES];
};

/* Ukrainian and Azerbaijani are drafts: shown with the English beside until somebody reviews them.
 */
static const struct own_text own_texts[] = {
	{ "entry-note:label",
	  { "Do not walk into dangerous land to record a position: stand where it is safe. What you "
	    "send is drawn as danger at once and waits for approval.",
	    "Не заходьте на небезпечну ділянку, щоб визначити координати: стійте в безпечному місці. "
	    "Надіслане одразу позначається як небезпека й очікує затвердження.",
	    "Mövqeyi qeyd etmək üçün təhlükəli sahəyə girməyin: təhlükəsiz yerdə dayanın. "
	    "Göndərdiyiniz dərhal təhlükə kimi çəkilir və təsdiq gözləyir." } },
	{ "entry-detail:label",
	  { "How much do you want to fill in?", "Скільки ви хочете заповнити?",
	    "Nə qədər doldurmaq istəyirsiniz?" } },
	{ "entry-detail-0", { "The main questions", "Головні запитання", "Əsas suallar" } },
	{ "entry-detail-1", { "All questions", "Усі запитання", "Bütün suallar" } },
	{ "entry-photos:label",
	  { "Photographs and documents", "Фотографії та документи", "Fotoşəkillər və sənədlər" } },
	{ "entry-photos/photo:label", { "Photograph", "Фотографія", "Fotoşəkil" } },
	{ "entry-photos/caption:label",
	  { "What it shows; no names of persons", "Що на ній; без імен осіб",
	    "Nə göstərir; şəxslərin adı yazılmır" } },
	{ "entry-how-0", { "A point", "Точка", "Nöqtə" } },
	{ "entry-how-1", { "A line", "Лінія", "Xətt" } },
	{ "entry-how-2",
	  { "An area, by its corners", "Ділянка за вершинами", "Sahə, küncləri ilə" } },
};

static const char *const how_code[] = { "point", "line", "area" };
static const unsigned how_bits[] = { POINT_BITS, LINE_BITS, AREA_BITS };
static const char *const geo_type[] = { "geopoint", "geotrace", "geoshape" };

/* The words of the language's own speakers; the code in brackets is what programs look for. */
static const char *const language_name[] = { "English (en)", "Українська (uk)",
	                                     "Azərbaycanca (az)" };

/* Where a question stands. */
struct place {
	const struct form *form;
	const struct form_field *field;
	const struct form_field *repeat; /* or NULL */
};

bool
xform_asks(const struct form_field *f)
{
	if (text_starts(f->name, "import_"))
		return false;
	return !((f->type == FORM_RECORD || f->type == FORM_RECORDS) && f->link_kind &&
	         text_eq(f->link_kind, "source"));
}

static int
how_count(const struct form_field *f)
{
	int n = 0;

	for (int i = 0; i < 3; i++)
		n += (f->geometry_types & how_bits[i]) != 0;
	return n;
}

bool
xform_splits(const struct form_field *f)
{
	return f->type == FORM_GEOMETRY && how_count(f) != 1;
}

/* The first way in which the field may be drawn. */
static int
how_first(const struct form_field *f)
{
	for (int i = 0; i < 3; i++)
		if (f->geometry_types & how_bits[i])
			return i;
	return 0;
}

static bool
how_allowed(const struct form_field *f, int how)
{
	return !f->geometry_types || (f->geometry_types & how_bits[how]);
}

bool
xform_picks(const struct form_field *f)
{
	return (f->type == FORM_RECORD || f->type == FORM_RECORDS) && f->link_kind;
}

static bool
list_of(const struct form_field *f, const char *const *seen, size_t n)
{
	if (!xform_asks(f) || !xform_picks(f))
		return false;
	for (size_t i = 0; i < n; i++)
		if (text_eq(seen[i], f->link_kind))
			return false;
	return true;
}

const char *
xform_list(const struct form *f, size_t *at)
{
	const char *seen[64];
	size_t n = 0;

	for (size_t i = 0; i < f->field_count && n < 64; i++) {
		const struct form_field *field = &f->field[i];

		if (list_of(field, seen, n))
			seen[n++] = field->link_kind;
		for (size_t k = 0; k < field->child_count && n < 64; k++)
			if (list_of(&field->child[k], seen, n))
				seen[n++] = field->child[k].link_kind;
	}
	return *at < n ? seen[(*at)++] : NULL;
}

static void
add_path(struct buf *out, const struct place *p)
{
	buf_adds(out, "/data/");
	if (p->repeat)
		buf_printf(out, "%s/", p->repeat->name);
	buf_adds(out, p->field->name);
}

/* ODK's expression with each ${field} as a path: of the same repeat as its sibling, else from the
 * root. */
static void
add_expression(struct buf *out, const struct place *p, const char *s)
{
	struct buf plain;

	buf_init(&plain, 0);
	while (*s) {
		const char *end = s[0] == '$' && s[1] == '{' ? strchr(s, '}') : NULL;
		char name[64];
		size_t n = end ? (size_t)(end - s - 2) : 0;

		if (!end || n >= sizeof(name)) {
			buf_addc(&plain, *s++);
			continue;
		}
		memcpy(name, s + 2, n);
		name[n] = '\0';
		buf_printf(&plain,
		           p->repeat && form_find_child(p->repeat, name) ? " ../%s " : " /data/%s ",
		           name);
		s = end + 1;
	}
	markup_add_text(out, buf_text(&plain));
	buf_done(&plain);
}

/* --- itext
 * ---------------------------------------------------------------------------------------------- */

/* A label as it is shown: one that nobody reviewed stands beside its English. */
static void
add_label(struct buf *out, const char *const label[], const char *const reviewer[],
          enum form_language lang, const char *unit)
{
	bool reviewed = true;
	const char *text = form_label(label, reviewer, lang, &reviewed);

	markup_add_text(out, text);
	if (unit)
		buf_printf(out, " [%s]", unit);
	if (!reviewed && !text_eq(text, label[FORM_EN])) {
		buf_adds(out, " (en: ");
		markup_add_text(out, label[FORM_EN]);
		buf_addc(out, ')');
	}
}

static void
add_value(struct buf *out, const struct place *p, const char *what, const char *const text[],
          const char *const reviewer[], enum form_language lang)
{
	buf_adds(out, "<text id=\"");
	add_path(out, p);
	buf_printf(out, ":%s\"><value>", what);
	add_label(out, text, reviewer, lang, text_eq(what, "label") ? p->field->unit : NULL);
	buf_adds(out, "</value></text>\n");
}

static void
add_field_texts(struct buf *out, const struct place *p, enum form_language lang)
{
	const struct form_field *f = p->field;

	if (!xform_asks(f))
		return;
	add_value(out, p, "label", f->label, f->reviewer, lang);
	if (f->hint[FORM_EN])
		add_value(out, p, "hint", f->hint, f->reviewer, lang);
	if (f->constraint && f->constraint_message[FORM_EN])
		add_value(out, p, "jr:constraintMsg", f->constraint_message, f->reviewer, lang);
	for (size_t i = 0; i < f->child_count; i++) {
		struct place child = { p->form, &f->child[i], f };

		add_field_texts(out, &child, lang);
	}
}

static void
add_own_texts(struct buf *out, enum form_language lang)
{
	for (size_t i = 0; i < sizeof own_texts / sizeof *own_texts; i++) {
		const struct own_text *t = &own_texts[i];

		buf_printf(out, "<text id=\"%s%s\"><value>", strchr(t->id, ':') ? "/data/" : "",
		           t->id);
		add_label(out, t->text, NULL, lang, NULL);
		buf_adds(out, "</value></text>\n");
	}
}

static void
add_itext(const struct form *f, struct buf *out)
{
	buf_adds(out, "<itext>\n");
	for (int lang = 0; lang < FORM_LANGUAGES; lang++) {
		buf_printf(out, "<translation lang=\"%s\"%s>\n", language_name[lang],
		           lang == FORM_EN ? " default=\"true()\"" : "");
		add_own_texts(out, (enum form_language)lang);
		for (size_t i = 0; i < f->field_count; i++) {
			struct place p = { f, &f->field[i], NULL };

			add_field_texts(out, &p, (enum form_language)lang);
		}
		for (size_t l = 0; l < f->list_count; l++)
			for (size_t k = 0; k < f->list[l].count; k++) {
				const struct form_choice *c = &f->list[l].choice[k];

				buf_printf(out, "<text id=\"%s-%zu\"><value>", f->list[l].name, k);
				add_label(out, c->label, c->reviewer, (enum form_language)lang,
				          NULL);
				buf_adds(out, "</value></text>\n");
			}
		buf_adds(out, "</translation>\n");
	}
	buf_adds(out, "</itext>\n");
}

/* --- instance
 * ------------------------------------------------------------------------------------------- */

static void
add_node(struct buf *out, const struct form_field *f)
{
	if (!xform_asks(f))
		return;
	if (f->type == FORM_REPEAT) {
		buf_printf(out, "<%s jr:template=\"\">", f->name);
		for (size_t i = 0; i < f->child_count; i++)
			add_node(out, &f->child[i]);
		buf_printf(out, "</%s>", f->name);
	} else if (xform_splits(f)) {
		buf_printf(out, "<%s><how/>", f->name);
		for (int i = 0; i < 3; i++)
			if (how_allowed(f, i))
				buf_printf(out, "<%s/>", how_code[i]);
		buf_printf(out, "</%s>", f->name);
	} else {
		buf_printf(out, "<%s/>", f->name);
	}
}

static void
add_items(struct buf *out, const char *list, const char *prefix, const char *const *code, size_t n)
{
	buf_printf(out, "<instance id=\"%s\"><root>", list);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "<item><itextId>%s-%zu</itextId><name>%s</name></item>", prefix, i,
		           code[i]);
	buf_adds(out, "</root></instance>\n");
}

static void
add_instances(const struct form *f, struct buf *out)
{
	static const char *const detail[] = { "short", "full" };
	const char *kind;
	size_t at = 0;

	buf_printf(out,
	           "<instance><data id=\"%s\" version=\"%d\"><entry-note/><entry-detail>short"
	           "</entry-detail>",
	           f->kind, f->version);
	for (size_t i = 0; i < f->field_count; i++)
		add_node(out, &f->field[i]);
	buf_adds(out, "<entry-photos jr:template=\"\"><photo/><caption/></entry-photos>"
	              "<meta><instanceID/></meta></data></instance>\n");
	add_items(out, "entry-detail", "entry-detail", detail, 2);
	add_items(out, "entry-how", "entry-how", how_code, 3);
	for (size_t l = 0; l < f->list_count; l++) {
		buf_printf(out, "<instance id=\"%s\"><root>", f->list[l].name);
		for (size_t k = 0; k < f->list[l].count; k++) {
			buf_printf(out, "<item><itextId>%s-%zu</itextId><name>", f->list[l].name,
			           k);
			markup_add_text(out, f->list[l].choice[k].code);
			buf_adds(out, "</name></item>");
		}
		buf_adds(out, "</root></instance>\n");
	}
	while ((kind = xform_list(f, &at)) != NULL)
		buf_printf(out, "<instance id=\"records-%s\" src=\"jr://file-csv/%s.csv\"/>\n",
		           kind, kind);
}

/* --- binds
 * ---------------------------------------------------------------------------------------------- */

static const char *
bind_type(const struct form_field *f)
{
	switch (f->type) {
	case FORM_INTEGER:
		return "int";
	case FORM_DECIMAL:
		return "decimal";
	case FORM_DATE:
		return "date";
	case FORM_TIME:
		return "time";
	case FORM_DATETIME:
		return "dateTime";
	case FORM_GEOMETRY:
		return geo_type[how_first(f)];
	case FORM_FILE:
		return "binary";
	case FORM_TEXT:
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORD:
	case FORM_RECORDS:
	case FORM_REPEAT:
		break;
	}
	return "string";
}

/* Asked for even by those who want few questions. */
static bool
is_main(const struct form_field *f)
{
	if (text_starts(f->name, "given_") || text_eq(f->name, "operation") ||
	    f->type == FORM_REPEAT)
		return false;
	return f->core || f->required || f->type == FORM_FILE || text_eq(f->name, "remarks");
}

static void
add_relevant(struct buf *out, const struct place *p)
{
	bool more = !p->repeat && !is_main(p->field);

	if (!p->field->relevant && !more)
		return;
	buf_adds(out, " relevant=\"");
	if (p->field->relevant) {
		buf_adds(out, more ? "(" : "");
		add_expression(out, p, p->field->relevant);
		buf_adds(out, more ? ") and " : "");
	}
	if (more)
		buf_adds(out, "/data/entry-detail = &apos;full&apos;");
	buf_addc(out, '"');
}

static void
add_bind(struct buf *out, const struct place *p)
{
	const struct form_field *f = p->field;

	if (!xform_asks(f))
		return;
	buf_adds(out, "<bind nodeset=\"");
	add_path(out, p);
	buf_addc(out, '"');
	if (f->type != FORM_REPEAT && !xform_splits(f))
		buf_printf(out, " type=\"%s\"", bind_type(f));
	if (f->required && f->type != FORM_REPEAT && !xform_splits(f))
		buf_adds(out, " required=\"true()\"");
	add_relevant(out, p);
	if (f->constraint) {
		buf_adds(out, " constraint=\"");
		add_expression(out, p, f->constraint);
		buf_addc(out, '"');
		if (f->constraint_message[FORM_EN]) {
			buf_adds(out, " jr:constraintMsg=\"jr:itext(&apos;");
			add_path(out, p);
			buf_adds(out, ":jr:constraintMsg&apos;)\"");
		}
	}
	buf_adds(out, "/>\n");
	for (int i = 0; xform_splits(f) && i < 3; i++) {
		if (i == 0) {
			buf_adds(out, "<bind nodeset=\"");
			add_path(out, p);
			buf_adds(out, "/how\" type=\"string\"/>\n");
		}
		if (!how_allowed(f, i))
			continue;
		buf_adds(out, "<bind nodeset=\"");
		add_path(out, p);
		buf_printf(out, "/%s\" type=\"%s\" relevant=\" ../how = &apos;%s&apos;\"/>\n",
		           how_code[i], geo_type[i], how_code[i]);
	}
	for (size_t i = 0; i < f->child_count; i++) {
		struct place child = { p->form, &f->child[i], f };

		add_bind(out, &child);
	}
}

static void
add_binds(const struct form *f, struct buf *out)
{
	buf_adds(out, "<bind nodeset=\"/data/entry-note\" type=\"string\" readonly=\"true()\"/>\n"
	              "<bind nodeset=\"/data/entry-detail\" type=\"string\"/>\n");
	for (size_t i = 0; i < f->field_count; i++) {
		struct place p = { f, &f->field[i], NULL };

		add_bind(out, &p);
	}
	buf_adds(out, "<bind nodeset=\"/data/entry-photos/photo\" type=\"binary\"/>\n"
	              "<bind nodeset=\"/data/entry-photos/caption\" type=\"string\"/>\n"
	              "<bind nodeset=\"/data/meta/instanceID\" type=\"string\" readonly=\"true()\""
	              " jr:preload=\"uid\"/>\n");
	if (form_find(f, "valid_from"))
		buf_adds(out, "<setvalue event=\"odk-instance-first-load\" "
		              "ref=\"/data/valid_from\" value=\"today()\"/>\n");
}

/* --- body
 * -----------------------------------------------------------------------------------------------
 */

static void
add_itext_ref(struct buf *out, const char *element, const struct place *p, const char *what)
{
	buf_printf(out, "<%s ref=\"jr:itext(&apos;", element);
	add_path(out, p);
	buf_printf(out, ":%s&apos;)\"/>", what);
}

static void
add_labels(struct buf *out, const struct place *p)
{
	add_itext_ref(out, "label", p, "label");
	if (p->field->hint[FORM_EN])
		add_itext_ref(out, "hint", p, "hint");
}

static void
open_control(struct buf *out, const char *control, const char *more, const struct place *p)
{
	buf_printf(out, "<%s%s ref=\"", control, more);
	add_path(out, p);
	buf_adds(out, "\">");
	add_labels(out, p);
}

static void
add_itemset(struct buf *out, const char *list, bool record)
{
	buf_printf(out,
	           "<itemset nodeset=\"instance(&apos;%s%s&apos;)/root/item\"><value "
	           "ref=\"name\"/><label ref=\"%s\"/></itemset>",
	           record ? "records-" : "", list, record ? "label" : "jr:itext(itextId)");
}

static void
add_how(struct buf *out, const struct place *p)
{
	buf_adds(out, "<group ref=\"");
	add_path(out, p);
	buf_adds(out, "\">");
	add_itext_ref(out, "label", p, "label");
	buf_adds(out, "<select1 ref=\"");
	add_path(out, p);
	buf_adds(out, "/how\">");
	add_labels(out, p);
	buf_adds(out, "<itemset nodeset=\"instance(&apos;entry-how&apos;)/root/item[");
	for (int i = 0, n = 0; i < 3; i++)
		if (how_allowed(p->field, i))
			buf_printf(out, "%sname = &apos;%s&apos;", n++ ? " or " : "", how_code[i]);
	buf_adds(out, "]\"><value ref=\"name\"/><label ref=\"jr:itext(itextId)\"/></itemset>"
	              "</select1>");
	for (int i = 0; i < 3; i++)
		if (how_allowed(p->field, i)) {
			buf_printf(out, "<input%s ref=\"",
			           i == 0 ? " appearance=\"placement-map\"" : "");
			add_path(out, p);
			buf_printf(out,
			           "/%s\"><label ref=\"jr:itext(&apos;entry-how-%d&apos;)\"/>"
			           "</input>",
			           how_code[i], i);
		}
	buf_adds(out, "</group>\n");
}

static bool
is_picture(const struct form_field *f)
{
	return strstr(f->name, "photo") || strstr(f->name, "diagram");
}

static void add_control(struct buf *out, const struct place *p);

static void
add_repeat(struct buf *out, const struct place *p)
{
	buf_adds(out, "<group ref=\"");
	add_path(out, p);
	buf_adds(out, "\">");
	add_itext_ref(out, "label", p, "label");
	buf_adds(out, "<repeat nodeset=\"");
	add_path(out, p);
	buf_adds(out, "\">\n");
	for (size_t i = 0; i < p->field->child_count; i++) {
		struct place child = { p->form, &p->field->child[i], p->field };

		add_control(out, &child);
	}
	buf_adds(out, "</repeat></group>\n");
}

static void
add_control(struct buf *out, const struct place *p)
{
	const struct form_field *f = p->field;
	bool many = f->type == FORM_SELECT_MULTIPLE || f->type == FORM_RECORDS;

	if (!xform_asks(f))
		return;
	if (f->type == FORM_REPEAT) {
		add_repeat(out, p);
	} else if (xform_splits(f)) {
		add_how(out, p);
	} else if (f->list || xform_picks(f)) {
		const char *control = many ? "select" : "select1";

		open_control(out, control, f->list ? "" : " appearance=\"autocomplete\"", p);
		add_itemset(out, f->list ? f->list->name : f->link_kind, !f->list);
		buf_printf(out, "</%s>\n", control);
	} else if (f->type == FORM_FILE) {
		open_control(out, "upload",
		             is_picture(f) ? " mediatype=\"image/*\""
		                           : " mediatype=\"application/*\"",
		             p);
		buf_adds(out, "</upload>\n");
	} else {
		open_control(out, "input",
		             f->type == FORM_GEOMETRY && how_first(f) == 0
		                     ? " appearance=\"placement-map\""
		                     : "",
		             p);
		buf_adds(out, "</input>\n");
	}
}

static void
add_body(const struct form *f, struct buf *out)
{
	buf_adds(out, "<h:body>\n"
	              "<input ref=\"/data/entry-note\"><label "
	              "ref=\"jr:itext(&apos;/data/entry-note:label&apos;)\"/></input>\n"
	              "<select1 ref=\"/data/entry-detail\"><label "
	              "ref=\"jr:itext(&apos;/data/entry-detail:label&apos;)\"/>");
	add_itemset(out, "entry-detail", false);
	buf_adds(out, "</select1>\n");
	for (size_t i = 0; i < f->field_count; i++) {
		struct place p = { f, &f->field[i], NULL };

		add_control(out, &p);
	}
	buf_adds(out, "<group ref=\"/data/entry-photos\"><label "
	              "ref=\"jr:itext(&apos;/data/entry-photos:label&apos;)\"/>"
	              "<repeat nodeset=\"/data/entry-photos\">\n"
	              "<upload mediatype=\"image/*\" ref=\"/data/entry-photos/photo\"><label "
	              "ref=\"jr:itext(&apos;/data/entry-photos/photo:label&apos;)\"/></upload>\n"
	              "<input ref=\"/data/entry-photos/caption\"><label "
	              "ref=\"jr:itext(&apos;/data/entry-photos/caption:label&apos;)\"/></input>\n"
	              "</repeat></group>\n</h:body>\n");
}

void
form_xform(const struct form *f, struct buf *out)
{
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	              "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
	              "xmlns:h=\"http://www.w3.org/1999/xhtml\" "
	              "xmlns:ev=\"http://www.w3.org/2001/xml-events\" "
	              "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
	              "xmlns:jr=\"http://openrosa.org/javarosa\" "
	              "xmlns:orx=\"http://openrosa.org/xforms\" "
	              "xmlns:odk=\"http://www.opendatakit.org/xforms\">\n<h:head>\n<h:title>");
	markup_add_text(out, f->title[FORM_EN] ? f->title[FORM_EN] : f->kind);
	buf_adds(out, "</h:title>\n<model odk:xforms-version=\"1.0.0\">\n");
	add_itext(f, out);
	add_instances(f, out);
	add_binds(f, out);
	buf_adds(out, "</model>\n</h:head>\n");
	add_body(f, out);
	buf_adds(out, "</h:html>\n");
}
