#include "ingest/editretry.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/entry.h"
#include "ingest/retry.h"
#include "ingest/workcopy.h"

#define MOST_BYTES ((size_t)64 << 20)

/* --- keeping --------------------------------------------------------------------------------- */

static bool
same_value(const struct store_value *a, const struct store_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case STORE_INT:
		return a->i == b->i;
	case STORE_REAL:
		return a->d == b->d;
	case STORE_TEXT:
	case STORE_JSON:
		return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
	default:
		return true;
	}
}

/* As a person would write it; "" for nothing. */
static const char *
value_text(const struct store_value *v, struct arena *mem)
{
	char number[40];

	switch (v->type) {
	case STORE_INT:
		return arena_printf(mem, "%lld", (long long)v->i);
	case STORE_REAL:
		return arena_strndup(mem, number, text_format_f64(v->d, number));
	case STORE_TEXT:
	case STORE_JSON:
		return arena_strndup(mem, v->s, v->n);
	default:
		return "";
	}
}

static void
write_geometry(struct json_writer *w, const struct editretry_edit *x, struct arena *mem)
{
	const struct geom *was = x->was ? x->was->geom : NULL, *now = x->now->geom;
	struct buf b;

	if (x->unreadable_geometry) {
		json_string(w, "geometry", "unreadable");
		return;
	}
	if (was && now ? geom_equal(was, now) : was == now)
		return;
	buf_init(&b, MOST_BYTES);
	if (now)
		geom_write_json(now, &b);
	json_string(w, "geometry", buf_ok(&b) ? arena_strndup(mem, buf_text(&b), b.size) : NULL);
	buf_done(&b);
}

const char *
editretry_text(const struct editretry_edit *x, struct arena *mem)
{
	static const struct store_value none = { .type = STORE_NULL };
	const struct form *form = x->now ? x->now->form : NULL;
	struct json_writer w;
	struct buf b;
	const char *text;

	buf_init(&b, MOST_BYTES);
	json_begin(&w, &b);
	json_object(&w, NULL);
	json_string(&w, EDITRETRY_WORK, x->work);
	json_string(&w, EDITRETRY_RECORD, x->record);
	json_string(&w, EDITRETRY_BASE, x->base);
	for (size_t i = 0; form && i < form->field_count; i++) {
		const struct store_value *was = x->was ? &x->was->value[i] : &none;

		if (!same_value(was, &x->now->value[i]))
			json_string(&w, form->field[i].name, value_text(&x->now->value[i], mem));
	}
	if (form)
		write_geometry(&w, x, mem);
	json_object_end(&w);
	text = buf_ok(&b) ? arena_strndup(mem, buf_text(&b), b.size) : NULL;
	buf_done(&b);
	return text;
}

/* --- trying again ---------------------------------------------------------------------------- */

/* May the person mend it? Anything else has nothing to do with the row. */
static bool
is_the_rows(enum err_code rc)
{
	return rc == ERR_INVALID || rc == ERR_NOTFOUND || rc == ERR_CONFLICT || rc == ERR_LIMIT ||
	       rc == ERR_UNSUPPORTED;
}

static uint64_t
flags_of(const char *codes)
{
	uint64_t found = 0;

	for (int i = 0; i < CHECK_COUNT; i++) {
		const char *code = rowchecks[i].code, *at = strstr(codes, code);
		size_t n = strlen(code);

		for (; at; at = strstr(at + 1, code))
			if ((at == codes || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
				found |= (uint64_t)1 << i;
	}
	return found;
}

/* A row that was drawn in the copy is known by its number there, as a hand-in knows it. */
static void
identify(const struct editretry *o, const char *kind, uint8_t key[32], uint8_t content[32])
{
	struct hash_state s;

	workcopy_row_key(o->work, kind, o->row->row, key);
	hash_init(&s);
	for (size_t i = 0; i < o->sets; i++)
		hash_update(&s, o->set[i], strlen(o->set[i]) + 1);
	hash_final(&s, content);
}

enum err_code
editretry_run(struct store *st, const struct editretry *o, enum editretry_end *ret,
              uint64_t *ret_found, struct err *why, struct err *e)
{
	uint8_t leaf[1][32], key[32], content[32];
	const char *kind = store_kind_name(st, o->row->kind);
	struct entry_options entry = { .kind = kind,
		                       .set = o->set,
		                       .sets = o->sets,
		                       .author = o->author,
		                       .remark = "a refused edit of a work copy, corrected",
		                       .settles = o->row->qid };
	struct entry_result done;
	char reason[120];
	enum err_code rc;

	*ret = EDITRETRY_WAITS;
	*ret_found = 0;
	if (text_eq(o->record, "new")) {
		identify(o, kind, key, content);
		entry.key = key;
		entry.content = content;
	} else if (*o->record && text_unhex(o->base, strlen(o->base), leaf[0], 32)) {
		entry.id = o->record;
		entry.parents = (const uint8_t(*)[32])leaf;
		entry.parent_count = 1;
	} else {
		(void)err_set(why, ERR_INVALID,
		              "which record it edits cannot be known: enter it as a correction");
		return ERR_OK;
	}
	rc = entry_run(st, &entry, &done, why);
	if (is_the_rows(rc))
		return ERR_OK;
	if (rc) {
		if (e)
			*e = *why;
		return rc;
	}
	*ret_found = flags_of(done.flags);
	*ret = done.present ? EDITRETRY_PRESENT : *ret_found ? EDITRETRY_FLAGGED : EDITRETRY_TAKEN;
	if (!done.present)
		return ERR_OK;
	(void)snprintf(reason, sizeof(reason), "record %s says so already", done.id);
	return retry_dismiss(st, o->row->qid, reason, o->author, e);
}
