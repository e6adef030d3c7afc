#include <string.h>

#include "base/mem.h"
#include "serve/parcel.h"

static struct parcel *
parcel_create(void)
{
	struct parcel *p = mem_calloc(1, sizeof *p);

	if (p)
		p->holders = 1;
	return p;
}

enum err_code
parcel_of_frame(const struct frame *f, void *memory, struct parcel **ret, struct err *e)
{
	struct parcel *p = parcel_create();
	enum err_code rc;

	if (!p) {
		mem_free(memory);
		return err_set(e, ERR_NOMEM, "out of memory for an answer");
	}
	p->memory = memory;
	p->bytes = f->size;
	rc = frame_get_reply(f->body, f->size, &p->r, e);
	if (rc != ERR_OK) {
		parcel_drop(p);
		return rc;
	}
	*ret = p;
	return ERR_OK;
}

struct parcel *
parcel_of_buf(const char *type, struct buf *b)
{
	struct parcel *p = parcel_create();

	if (!p || !buf_ok(b)) {
		mem_free(p);
		buf_done(b);
		return NULL;
	}
	p->r = (struct frame_reply){ .status = 200,
		                     .type = type,
		                     .etag = "",
		                     .body = (const uint8_t *)b->data,
		                     .body_size = b->size };
	p->memory = b->data;
	p->bytes = b->size;
	buf_init(b, b->cap_bytes);
	return p;
}

struct parcel *
parcel_problem(int status, const char *detail)
{
	static const struct {
		int status;
		enum err_code code;
	} code[] = {
		{ 401, ERR_DENIED },   { 403, ERR_DENIED }, { 404, ERR_NOTFOUND },
		{ 413, ERR_LIMIT },    { 414, ERR_LIMIT },  { 431, ERR_LIMIT },
		{ 500, ERR_INTERNAL }, { 503, ERR_IO },     { 501, ERR_UNSUPPORTED },
	};
	struct err e = { .code = ERR_INVALID };
	struct reply r;
	struct parcel *p;

	for (size_t i = 0; i < sizeof code / sizeof *code; i++)
		if (code[i].status == status)
			e.code = code[i].code;
	(void)err_set(&e, e.code, "%s", detail);
	reply_init(&r, 4096);
	reply_problem(&r, status, &e);
	p = parcel_of_buf(r.type, &r.body);
	if (p) {
		p->r.status = status;
		p->no_store = true;
	}
	return p;
}

struct parcel *
parcel_static(const char *type, const char *etag, const void *bytes, size_t n, bool gzip)
{
	struct parcel *p = parcel_create();

	if (p)
		p->r = (struct frame_reply){ .status = 200,
			                     .type = type,
			                     .etag = etag,
			                     .body = bytes,
			                     .body_size = n,
			                     .gzip = gzip };
	return p;
}

struct parcel *
parcel_hold(struct parcel *p)
{
	p->holders++;
	return p;
}

void
parcel_drop(struct parcel *p)
{
	if (!p || --p->holders)
		return;
	mem_free(p->memory);
	mem_free(p);
}
