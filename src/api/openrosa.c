/* OpenRosa: what ODK Collect and its relatives speak. Forms out (form list, XForm, lists of
 * records), submissions in. A submission that was understood is answered 201 however often it
 * comes; one that cannot be a record waits in quarantine and is answered 201 too, since a phone
 * keeps for ever what is refused. */
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/multipart.h"
#include "base/csv.h"
#include "base/hash.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"
#include "form/xform.h"
#include "ingest/decide.h"
#include "ingest/phone.h"
#include "store/access.h"

enum {
	MOST_KINDS = 32,
	LIST_ROWS_MOST = 20000 /* of one list of records */
};
#define LIST_BYTES_MOST ((size_t)8 << 20)

/* What one process keeps between requests. */
struct keep {
	struct phone *phone;
	struct {
		int version;
		char md5[33];
	} form[MOST_KINDS];
	struct {
		int64_t size; /* of the log, when the list was made */
		char md5[33];
	} list[MOST_KINDS][ACCESS_ROLES];
};

static void
keep_free(void *p)
{
	struct keep *k = p;

	phone_close(k->phone);
	mem_free(k);
}

static struct keep *
keep_get(struct site_register *reg)
{
	if (!reg->keep[SITE_KEEP_PHONES]) {
		reg->keep[SITE_KEEP_PHONES] = mem_calloc(1, sizeof(struct keep));
		reg->keep_free[SITE_KEEP_PHONES] = keep_free;
	}
	return reg->keep[SITE_KEEP_PHONES];
}

static void
open_reply(struct reply *r)
{
	r->type = "text/xml; charset=utf-8";
	reply_header(r, "X-OpenRosa-Version", "1.0");
}

static void
md5_text(const struct buf *b, char ret[33])
{
	uint8_t md5[16];

	hash_md5(b->data, b->size, md5);
	text_hex(md5, 16, ret);
}

/* The kind named by an argument of the path, which may end in ".xml" or ".csv". */
static enum err_code
find_kind(const struct ask *q, const char *arg, const char *ending, int *ret, struct err *e)
{
	size_t n = strlen(arg), tail = strlen(ending);
	char name[64];

	*ret = -1;
	if (n > tail && n - tail < sizeof(name) && strcmp(arg + n - tail, ending) == 0) {
		memcpy(name, arg, n - tail);
		name[n - tail] = '\0';
		*ret = store_kind(q->reg->st, name);
	}
	return *ret < 0 || *ret >= MOST_KINDS ? err_set(e, ERR_NOTFOUND, "there is no such form")
	                                      : ERR_OK;
}

/* --- forms
 * -------------------------------------------------------------------------------------------------
 */

static const char *
form_hash(struct keep *k, struct store *st, int kind, struct err *e)
{
	const struct form *f = store_form(st, kind);
	struct buf b;

	if (k->form[kind].version == f->version)
		return k->form[kind].md5;
	buf_init(&b, (size_t)16 << 20);
	form_xform(f, &b);
	if (!buf_ok(&b)) {
		buf_done(&b);
		(void)err_set(e, ERR_NOMEM, "out of memory for a form");
		return NULL;
	}
	md5_text(&b, k->form[kind].md5);
	k->form[kind].version = f->version;
	buf_done(&b);
	return k->form[kind].md5;
}

static void
add_element(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, "<%s>", name);
	markup_add_text(b, text);
	buf_printf(b, "</%s>", name);
}

static void
add_link(struct buf *b, const char *name, const struct ask *q, const char *path, const char *more)
{
	buf_printf(b, "<%s>", name);
	markup_add_text(b, q->base);
	markup_add_text(b, q->prefix);
	buf_printf(b, "%s%s</%s>", path, more, name);
}

static enum err_code
add_form(const struct ask *q, struct keep *k, int kind, struct buf *b, struct err *e)
{
	const struct form *f = store_form(q->reg->st, kind);
	const char *hash = form_hash(k, q->reg->st, kind, e);
	size_t at = 0;
	char path[100];

	if (!hash)
		return e ? e->code : ERR_NOMEM;
	buf_adds(b, "<xform>");
	add_element(b, "formID", f->kind);
	add_element(b, "name", f->title[FORM_EN] ? f->title[FORM_EN] : f->kind);
	buf_printf(b, "<version>%d</version><hash>md5:%s</hash>", f->version, hash);
	(void)snprintf(path, sizeof(path), "/forms/%s", f->kind);
	add_link(b, "downloadUrl", q, path, ".xml");
	if (xform_list(f, &at))
		add_link(b, "manifestUrl", q, path, "/manifest");
	buf_adds(b, "</xform>\n");
	return ERR_OK;
}

enum err_code
openrosa_forms(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct store *st = q->reg->st;
	struct keep *k = keep_get(q->reg);
	const char *only = ask_query(q, "formID");
	enum err_code rc = k ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for the forms");

	(void)s;
	buf_adds(&r->body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	                   "<xforms xmlns=\"http://openrosa.org/xforms/xformsList\">\n");
	for (int i = 0; !rc && i < (int)store_kind_count(st) && i < MOST_KINDS; i++)
		if (!decide_own_kind(st, i) && (!only || text_eq(only, store_kind_name(st, i))))
			rc = add_form(q, k, i, &r->body, e);
	buf_adds(&r->body, "</xforms>\n");
	if (!rc)
		open_reply(r);
	return rc;
}

enum err_code
openrosa_form(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	int kind;
	enum err_code rc = find_kind(q, q->arg[0], ".xml", &kind, e);

	(void)s;
	if (rc)
		return rc;
	form_xform(store_form(q->reg->st, kind), &r->body);
	open_reply(r);
	reply_etag_of_body(r);
	return ERR_OK;
}

/* --- lists of records
 * ------------------------------------------------------------------------------------------- */

struct listing {
	struct buf *out;
	size_t rows;
};

/* What a person knows a record by: the first two of these that it has. */
static const char *const label_fields[] = { "name",       "title",       "national_id",
	                                    "place_name", "admin2_name", "date" };
static const char *const want_fields[] = { "name",        "title", "national_id", "place_name",
	                                   "admin2_name", "date",  NULL };

static enum err_code
list_row(void *ctx, const struct shown *row, struct err *e)
{
	static const struct uuid none;
	struct listing *l = ctx;
	char id[UUID_TEXT];
	struct buf label;
	int parts = 0;

	(void)e;
	if (memcmp(&row->id, &none, sizeof(none)) == 0 || l->rows++ >= LIST_ROWS_MOST)
		return ERR_OK;
	uuid_format(row->id, id);
	buf_init(&label, 1u << 16);
	for (size_t i = 0; i < sizeof label_fields / sizeof *label_fields && parts < 2; i++) {
		const char *s = fields_text(&row->fields, label_fields[i]);

		if (s && *s)
			buf_printf(&label, "%s%s", parts++ ? ", " : "", s);
	}
	buf_printf(l->out, "%s,", id);
	buf_add_quoted(l->out, label.size ? buf_text(&label) : id, '"');
	buf_adds(l->out, "\r\n");
	buf_done(&label);
	return ERR_OK;
}

/* The records of a kind as this role may see them: name, label. */
static enum err_code
write_list(const struct ask *q, int kind, struct buf *out, struct err *e)
{
	struct store *st = q->reg->st;
	struct each_filter f = {
		.kind = kind, .as_of_days = INT64_MAX, .known_size = INT64_MAX, .want = want_fields
	};
	struct listing l = { .out = out };
	enum err_code rc = ERR_OK;

	buf_adds(out, "name,label\r\n");
	if (access_has_rows(ask_access(q), store_kind_name(st, kind)))
		rc = access_each(st, &f, ask_access(q), list_row, &l, e);
	return !rc && !buf_ok(out) ? err_set(e, ERR_LIMIT, "the list of %s is too long",
	                                     store_kind_name(st, kind))
	                           : rc;
}

static enum err_code
list_hash(const struct ask *q, struct keep *k, int kind, char ret[33], struct err *e)
{
	enum access_role role = ask_access(q);
	int64_t size = store_log_size(q->reg->st) + 1; /* 0 = never made */
	struct buf b;
	enum err_code rc = ERR_OK;

	if (k->list[kind][role].size != size) {
		buf_init(&b, LIST_BYTES_MOST);
		rc = write_list(q, kind, &b, e);
		if (!rc) {
			md5_text(&b, k->list[kind][role].md5);
			k->list[kind][role].size = size;
		}
		buf_done(&b);
	}
	if (!rc)
		memcpy(ret, k->list[kind][role].md5, 33);
	return rc;
}

enum err_code
openrosa_manifest(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct keep *k = keep_get(q->reg);
	const char *list, *form = q->arg[0];
	size_t at = 0;
	int kind;
	enum err_code rc = find_kind(q, form, "", &kind, e);

	(void)s;
	if (!rc && !k)
		rc = err_set(e, ERR_NOMEM, "out of memory for the forms");
	if (rc)
		return rc;
	buf_adds(&r->body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	                   "<manifest xmlns=\"http://openrosa.org/xforms/xformsManifest\">\n");
	while (!rc && (list = xform_list(store_form(q->reg->st, kind), &at)) != NULL) {
		int of = store_kind(q->reg->st, list);
		char md5[33], path[200];

		if (of < 0 || of >= MOST_KINDS)
			continue;
		rc = list_hash(q, k, of, md5, e);
		if (rc)
			break;
		(void)snprintf(path, sizeof(path), "/forms/%s/media/%s", form, list);
		buf_printf(&r->body, "<mediaFile><filename>%s.csv</filename><hash>md5:%s</hash>",
		           list, md5);
		add_link(&r->body, "downloadUrl", q, path, ".csv");
		buf_adds(&r->body, "</mediaFile>\n");
	}
	buf_adds(&r->body, "</manifest>\n");
	if (!rc)
		open_reply(r);
	return rc;
}

enum err_code
openrosa_media(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	int kind, of;
	enum err_code rc = find_kind(q, q->arg[0], "", &kind, e);

	(void)s;
	if (!rc)
		rc = find_kind(q, q->arg[1], ".csv", &of, e);
	if (!rc)
		rc = write_list(q, of, &r->body, e);
	if (rc)
		return rc;
	r->type = "text/csv; charset=utf-8";
	reply_header(r, "X-OpenRosa-Version", "1.0");
	reply_etag_of_body(r);
	return ERR_OK;
}

/* --- submissions
 * ---------------------------------------------------------------------------------------------- */

static const char accept_bytes[] = "10485760"; /* OPENROSA_MAX_BYTES */

static void
answer(struct reply *r, int status, const char *nature, const char *message)
{
	buf_reset(&r->body);
	r->headers = 0;
	r->status = status;
	open_reply(r);
	reply_header(r, "X-OpenRosa-Accept-Content-Length", accept_bytes);
	buf_printf(&r->body,
	           "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">"
	           "<message nature=\"%s\">",
	           nature);
	markup_add_text(&r->body, message);
	buf_adds(&r->body, "</message></OpenRosaResponse>\n");
}

enum err_code
openrosa_probe(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	(void)s;
	(void)e;
	open_reply(r);
	r->status = 204;
	reply_header(r, "X-OpenRosa-Accept-Content-Length", accept_bytes);
	reply_header(r, "Location", arena_printf(q->mem, "%s%s/submission", q->base, q->prefix));
	return ERR_OK;
}

static enum err_code
read_parts(const struct ask *q, struct phone_in *in, struct err *e)
{
	struct multipart_part *part = NULL;
	size_t count = 0;
	enum err_code rc = multipart_parse(ask_header(q, "content-type"), q->body, q->body_size,
	                                   q->mem, &part, &count, e);

	if (rc)
		return rc;
	in->file = arena_calloc(q->mem, count + 1, sizeof(*in->file));
	if (!in->file)
		return err_set(e, ERR_NOMEM, "out of memory for a submission");
	for (size_t i = 0; i < count; i++) {
		if (text_eq(part[i].name, "xml_submission_file")) {
			if (in->xml)
				return err_set(e, ERR_INVALID,
				               "the submission has two parts xml_submission_file");
			in->xml = (const char *)part[i].bytes;
			in->xml_size = part[i].size;
		} else if (part[i].filename) {
			in->file[in->files++] = (struct instance_file){ .name = part[i].filename,
				                                        .type = part[i].type,
				                                        .bytes = part[i].bytes,
				                                        .size = part[i].size };
		} /* else a word such as *isIncomplete*: each request is taken as it is */
	}
	return in->xml ? ERR_OK
	               : err_set(e, ERR_INVALID, "the submission has no part xml_submission_file");
}

static const char *
tell(const struct phone_result *done, struct arena *mem)
{
	const char *missing =
		done->missing ? arena_printf(mem, " %zu of its files did not come.", done->missing)
			      : "";
	const char *text = NULL;

	switch (done->fate) {
	case PHONE_TAKEN:
		text = arena_printf(mem, "Received; it waits for approval. Record %s.%s", done->id,
		                    missing ? missing : "");
		break;
	case PHONE_PRESENT:
		text = arena_printf(mem, "It was received before. Record %s.", done->id);
		break;
	case PHONE_WAITS:
		text = arena_printf(mem, "Received; a person must look at it first: %s.",
		                    done->reason);
		break;
	}
	return text ? text : "Received.";
}

enum err_code
openrosa_submit(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct keep *k = keep_get(q->reg);
	struct phone_in in = { .author = q->who.account };
	struct phone_result done;
	enum err_code rc;

	(void)s;
	rc = k ? read_parts(q, &in, e) : err_set(e, ERR_NOMEM, "out of memory for a submission");
	if (!rc && !k->phone)
		rc = phone_open(q->reg->st, &k->phone, e);
	if (!rc)
		rc = phone_take(k->phone, &in, &done, e);
	if (rc) {
		answer(r, reply_status_of(rc), "submit_error", e->text);
		return ERR_OK; /* told in the way that phones read */
	}
	answer(r, 201, "submit_success", tell(&done, q->mem));
	reply_header(r, "Location", arena_printf(q->mem, "%s%s/submission", q->base, q->prefix));
	return ERR_OK;
}
