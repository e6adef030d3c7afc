#include "ingest/instance.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "form/xform.h"

/* One instance being read. */
struct reading {
	const struct instance *in;
	const struct instance_columns *c;
	const struct instance_files *files;
	struct arena *mem;
	struct instance_found *found;
	bool in_repeat;
	double accuracy_m;      /* of the main geometry */
	const char *point_text; /* the main geometry's text when it is a point */
};

static const char *
trimmed(const char *s, struct arena *mem)
{
	size_t n;
	const char *at = text_trim(s, strlen(s), &n);

	return arena_strndup(mem, at, n);
}

enum err_code
instance_read(const char *xml, size_t n, struct arena *mem, struct instance *ret, struct err *e)
{
	struct xml_node *root = NULL;
	const struct xml_node *meta;
	const char *id, *version;
	enum err_code rc = xmltree_parse(xml, n, mem, &root, e);

	if (rc)
		return rc;
	meta = xmltree_child(root, "meta");
	id = xmltree_attribute(root, "id");
	version = xmltree_attribute(root, "version");
	ret->root = root;
	ret->form_id = id ? id : "";
	ret->version = version ? version : "";
	ret->id = trimmed(xmltree_text(meta, "instanceID"), mem);
	ret->replaces = trimmed(xmltree_text(meta, "deprecatedID"), mem);
	return ret->id && ret->replaces
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for a filled-in form");
}

enum err_code
instance_columns(const struct form *f, struct arena *mem, struct instance_columns *ret,
                 struct err *e)
{
	const char **name = arena_calloc(mem, f->field_count + 1, sizeof(*name));
	int *field = arena_calloc(mem, f->field_count + 1, sizeof(*field));
	size_t n = 0;

	if (!name || !field)
		return err_set(e, ERR_NOMEM, "out of memory for a form's columns");
	ret->source_refs = -1;
	for (size_t i = 0; i < f->field_count; i++) {
		bool refs = text_eq(f->field[i].name, "source_refs") &&
		            f->field[i].type == FORM_RECORDS;

		if (!refs && !xform_asks(&f->field[i]))
			continue;
		if (refs)
			ret->source_refs = (int)n;
		name[n] = f->field[i].name;
		field[n++] = (int)i;
	}
	ret->form = f;
	ret->count = n;
	ret->name = name;
	ret->field = field;
	return ERR_OK;
}

/* --- positions
 * ---------------------------------------------------------------------------------------------- */

/* One "lat lon [altitude [accuracy]]"; false if it is anything else. */
static bool
read_point(const char *s, size_t n, double ret[4])
{
	int count = 0;

	ret[2] = ret[3] = 0;
	for (size_t i = 0; i < n;) {
		size_t end = i;

		while (end < n && s[end] != ' ')
			end++;
		if (end > i) {
			if (count == 4 || !text_parse_f64(s + i, end - i, &ret[count]))
				return false;
			count++;
		}
		i = end + 1;
	}
	return count >= 2;
}

static void
write_point(struct buf *b, const double p[2])
{
	buf_addc(b, '[');
	json_write_number(b, p[0]);
	buf_addc(b, ',');
	json_write_number(b, p[1]);
	buf_addc(b, ']');
}

static void
write_geometry(struct buf *b, const double *xy, size_t n, bool area)
{
	if (area && n >= 2 && xy[0] == xy[2 * n - 2] && xy[1] == xy[2 * n - 1])
		n--; /* it comes closed; the ring is closed below */
	if (n == 1) {
		buf_adds(b, "{\"type\":\"Point\",\"coordinates\":");
		write_point(b, xy);
		buf_addc(b, '}');
		return;
	}
	area = area && n >= 3;
	buf_printf(b, "{\"type\":\"%s\",\"coordinates\":%s", area ? "Polygon" : "LineString",
	           area ? "[[" : "[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(b, ',');
		write_point(b, xy + 2 * i);
	}
	if (area) {
		buf_addc(b, ',');
		write_point(b, xy);
	}
	buf_adds(b, area ? "]]}" : "]}");
}

const char *
instance_position(const char *text, const char *how, struct arena *mem, double *ret_accuracy_m)
{
	double *xy = NULL, p[4], worst = 0;
	size_t count = 0, room = 1;
	const char *done = NULL;
	struct buf b;

	for (const char *s = text; *s; s++)
		room += *s == ';';
	if (room > INSTANCE_MAX_POINTS + 2)
		return NULL;
	xy = arena_calloc(mem, room, 2 * sizeof(*xy));
	for (const char *s = text; xy && *s;) {
		size_t n = strcspn(s, ";"), m;
		const char *one = text_trim(s, n, &m);

		if (m) {
			if (!read_point(one, m, p))
				return NULL;
			xy[2 * count] = p[1];
			xy[2 * count + 1] = p[0];
			count++;
			if (p[3] > worst)
				worst = p[3];
		}
		s += n + (s[n] == ';');
	}
	if (!xy || count == 0 || count > INSTANCE_MAX_POINTS ||
	    (text_eq(how, "geopoint") && count > 1))
		return NULL;
	buf_init(&b, 4u << 20);
	write_geometry(&b, xy, count, text_eq(how, "geoshape"));
	if (buf_ok(&b))
		done = arena_strndup(mem, b.data, b.size);
	buf_done(&b);
	*ret_accuracy_m = worst;
	return done;
}

/* --- values
 * ------------------------------------------------------------------------------------------------
 */

static struct mapping_value
text_value(const char *s)
{
	return (struct mapping_value){ .type = s && *s ? MAPPING_TEXT : MAPPING_NULL,
		                       .s = s,
		                       .n = s ? strlen(s) : 0 };
}

/* The answer to a geometry question: its text, and as what. "" if there is none. */
static const char *
position_text(const struct form_field *f, const struct xml_node *node, const char **ret_how)
{
	static const char *const part[] = { "point", "line", "area" };
	static const char *const how[] = { "geopoint", "geotrace", "geoshape" };
	static const unsigned bits[] = { 1u << 1 | 1u << 4, 1u << 2 | 1u << 5, 1u << 3 | 1u << 6 };
	const char *found = node->text;

	*ret_how = "geoshape";
	if (node->first) {
		for (int i = 0; i < 3; i++) {
			const char *s = xmltree_text(node, part[i]);

			if (s[strspn(s, " \t\r\n")]) {
				found = s;
				*ret_how = how[i];
			}
		}
		return found;
	}
	for (int i = 2; i >= 0; i--)
		if (f->geometry_types & bits[i])
			*ret_how = how[i];
	return found;
}

/* A file's answer names it; it is known by its SHA-256 once it is kept. */
static const char *
file_of(struct reading *r, const char *name, bool of_field, const char *caption)
{
	for (size_t i = 0; i < r->files->count; i++) {
		struct instance_file *file = &r->files->item[i];

		if (text_eq(file->name, name)) {
			file->of_field = file->of_field || of_field;
			file->of_repeat = file->of_repeat || r->in_repeat;
			if (caption && *caption)
				file->caption = caption;
			return file->sha256;
		}
	}
	r->found->missing++;
	return "";
}

/* "a b c" as a JSON list. */
static const char *
list_text(const char *s, struct arena *mem)
{
	const char *done = NULL;
	struct buf b;

	buf_init(&b, 4u << 20);
	buf_addc(&b, '[');
	while (*s) {
		size_t n = strcspn(s, " \t\r\n");

		if (n) {
			if (b.size > 1)
				buf_addc(&b, ',');
			json_write_string(&b, s, n);
		}
		s += n + (s[n] != '\0');
	}
	buf_addc(&b, ']');
	if (buf_ok(&b))
		done = arena_strndup(mem, b.data, b.size);
	buf_done(&b);
	return done;
}

/* Times as ODK writes them have milliseconds and an offset: 14:05:00.000+03:00. */
static const char *
time_text(const char *s, struct arena *mem)
{
	return strlen(s) > 8 && s[8] == '.' ? arena_strndup(mem, s, 8) : s;
}

/* One answer but that of a repeat as text or number. Memory that ends shows as s = NULL. */
static struct mapping_value
answer(struct reading *r, const struct form_field *f, const struct xml_node *node, bool main)
{
	const char *s = trimmed(node->text, r->mem), *how, *shape;
	double number, accuracy = 0;

	if (!s)
		return (struct mapping_value){ .type = MAPPING_TEXT };
	switch (f->type) {
	case FORM_GEOMETRY:
		s = trimmed(position_text(f, node, &how), r->mem);
		if (!s || !*s)
			break;
		shape = instance_position(s, how, r->mem, &accuracy);
		if (main && accuracy > 0)
			r->accuracy_m = ceil(accuracy * INSTANCE_ACCURACY_95 * 10) / 10;
		if (main && shape && text_eq(how, "geopoint"))
			r->point_text = s;
		return text_value(shape ? shape : s); /* what cannot be read is found later */
	case FORM_INTEGER:
	case FORM_DECIMAL:
		if (*s && text_parse_f64(s, strlen(s), &number))
			return (struct mapping_value){ .type = MAPPING_REAL, .d = number };
		break;
	case FORM_DATE:
		if (strlen(s) > 10 && s[10] == 'T')
			s = arena_strndup(r->mem, s, 10);
		break;
	case FORM_TIME:
		s = time_text(s, r->mem);
		break;
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORDS:
		s = *s ? list_text(s, r->mem) : s;
		break;
	case FORM_FILE:
		s = *s ? file_of(r, s, true, NULL) : s;
		break;
	case FORM_TEXT:
	case FORM_DATETIME:
	case FORM_SELECT_ONE:
	case FORM_RECORD:
	case FORM_REPEAT:
		break;
	}
	if (!s)
		return (struct mapping_value){ .type = MAPPING_TEXT };
	return text_value(s);
}

static void
write_answer(struct buf *b, const struct form_field *f, const struct mapping_value *v)
{
	bool is_json = v->type == MAPPING_TEXT && v->s && (*v->s == '[' || *v->s == '{');

	if (v->type == MAPPING_REAL)
		json_write_number(b, v->d);
	else if (is_json && (f->type == FORM_GEOMETRY || f->type == FORM_SELECT_MULTIPLE ||
	                     f->type == FORM_RECORDS))
		buf_add(b, v->s, v->n);
	else
		json_write_string(b, v->s, v->n);
}

/* All instances of a repeat as a JSON list; those without an answer are left out. */
static enum err_code
repeat_values(struct reading *r, const struct form_field *f, struct mapping_value *ret,
              struct err *e)
{
	struct buf b;
	size_t n = 0;

	buf_init(&b, 8u << 20);
	r->in_repeat = true;
	buf_addc(&b, '[');
	for (const struct xml_node *one = r->in->root->first; one; one = one->next) {
		size_t answers = 0;

		if (!text_eq(one->name, f->name))
			continue;
		for (const struct xml_node *a = one->first; a; a = a->next) {
			const struct form_field *child = form_find_child(f, a->name);
			struct mapping_value v = { 0 };

			if (child)
				v = answer(r, child, a, false);
			else if (*a->text && a->text[strspn(a->text, " \t\r\n")])
				r->found->unknown++;
			if (v.type == MAPPING_NULL)
				continue;
			if (v.type == MAPPING_TEXT && !v.s)
				b.failed = true;
			buf_adds(&b, answers++ ? "," : n++ ? ",{" : "{");
			json_write_string(&b, child->name, strlen(child->name));
			buf_addc(&b, ':');
			if (!b.failed)
				write_answer(&b, child, &v);
		}
		if (answers)
			buf_addc(&b, '}');
	}
	r->in_repeat = false;
	buf_addc(&b, ']');
	if (n && buf_ok(&b))
		*ret = text_value(arena_strndup(r->mem, b.data, b.size));
	buf_done(&b);
	return n && ret->type == MAPPING_NULL
	               ? err_set(e, ERR_NOMEM, "out of memory for a filled-in form")
	               : ERR_OK;
}

static int
column_of(const struct instance_columns *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (text_eq(c->name[i], name))
			return (int)i;
	return -1;
}

static void
fill(const struct reading *r, struct mapping_value *v, const char *name, const char *text)
{
	int i = column_of(r->c, name);

	if (i >= 0 && v[i].type == MAPPING_NULL)
		v[i] = text_value(text);
}

/* What a receiver says beside the position. */
static void
fill_position(const struct reading *r, struct mapping_value *v)
{
	int i = column_of(r->c, "accuracy_m");

	if (i >= 0 && v[i].type == MAPPING_NULL && r->accuracy_m > 0) {
		v[i] = (struct mapping_value){ .type = MAPPING_REAL, .d = r->accuracy_m };
		fill(r, v, "fix_method", "gnss");
	}
	if (!r->point_text)
		return;
	fill(r, v, "given_text", r->point_text);
	fill(r, v, "given_datum", "WGS 84");
	fill(r, v, "given_format", "decimal_degrees");
}

/* Photographs that belong to the record and to no field. */
static void
read_photos(struct reading *r, const struct xml_node *node)
{
	const char *name = trimmed(xmltree_text(node, "photo"), r->mem);
	const char *caption = trimmed(xmltree_text(node, "caption"), r->mem);

	if (name && *name)
		(void)file_of(r, name, false, caption); /* its hash is asked for later */
}

static bool
is_own(const char *name)
{
	return text_starts(name, "entry-") || text_eq(name, "meta");
}

enum err_code
instance_values(const struct instance *in, const struct instance_columns *c,
                const struct instance_files *files, struct arena *mem,
                struct mapping_value *ret_value, struct instance_found *ret, struct err *e)
{
	struct reading r = { .in = in, .c = c, .files = files, .mem = mem, .found = ret };
	enum err_code rc = ERR_OK;

	memset(ret, 0, sizeof(*ret));
	memset(ret_value, 0, c->count * sizeof(*ret_value));
	for (const struct xml_node *node = in->root->first; node && !rc; node = node->next) {
		int i = column_of(c, node->name);
		const struct form_field *f = i < 0 ? NULL : &c->form->field[c->field[i]];

		if (text_eq(node->name, "entry-photos"))
			read_photos(&r, node);
		if (is_own(node->name))
			continue;
		if (!f || i == c->source_refs)
			ret->unknown += node->first || node->text[strspn(node->text, " \t\r\n")];
		else if (f->type != FORM_REPEAT)
			ret_value[i] = answer(&r, f, node, text_eq(f->name, "geometry"));
		else if (ret_value[i].type == MAPPING_NULL)
			rc = repeat_values(&r, f, &ret_value[i], e);
		if (!rc && f && ret_value[i].type == MAPPING_TEXT && !ret_value[i].s)
			rc = err_set(e, ERR_NOMEM, "out of memory for a filled-in form");
	}
	if (!rc)
		fill_position(&r, ret_value);
	return rc;
}
