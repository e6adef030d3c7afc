#include "form/visible.h"

bool
form_may_see(const struct form_field *f, enum form_access cleared)
{
	return f->access <= cleared;
}

/* Members of one element in canonical order: smallest name not yet written, over few names. */
static void
write_element(const struct form_field *f, const struct json_value *element,
              enum form_access cleared, struct buf *out)
{
	const struct json_value *last = NULL;
	const struct json_value *next;
	bool any = false;

	buf_addc(out, '{');
	for (;;) {
		next = NULL;
		for (const struct json_value *m = element->first; m; m = m->next) {
			const struct form_field *child = form_find_child(f, m->key);

			if (!child || !form_may_see(child, cleared) ||
			    (last &&
			     json_key_cmp(m->key, m->key_size, last->key, last->key_size) <= 0) ||
			    (next &&
			     json_key_cmp(m->key, m->key_size, next->key, next->key_size) >= 0))
				continue;
			next = m;
		}
		if (!next)
			break;
		if (any)
			buf_addc(out, ',');
		json_write_string(out, next->key, next->key_size);
		buf_addc(out, ':');
		json_write_canonical(out, next);
		any = true;
		last = next;
	}
	buf_addc(out, '}');
}

void
form_write_visible(const struct form_field *f, const struct json_value *v, enum form_access cleared,
                   struct buf *out)
{
	if (!form_may_see(f, cleared)) {
		buf_adds(out, "null");
		return;
	}
	if (f->type != FORM_REPEAT) {
		json_write_canonical(out, v);
		return;
	}
	buf_addc(out, '[');
	for (const struct json_value *c = v->type == JSON_ARRAY ? v->first : NULL; c; c = c->next) {
		if (c->type == JSON_OBJECT)
			write_element(f, c, cleared, out);
		else
			buf_adds(out, "null");
		if (c->next)
			buf_addc(out, ',');
	}
	buf_addc(out, ']');
}
