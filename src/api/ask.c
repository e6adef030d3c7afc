#include <stdio.h>
#include <string.h>

#include "api/ask.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"

static const char *const role_name[SERVE_ROLES] = { "public",       "reporter", "operator",
	                                            "officer",      "approver", "legal",
	                                            "administrator" };

void
reply_init(struct reply *r, size_t cap_bytes)
{
	*r = (struct reply){ .status = 200, .type = "application/json" };
	buf_init(&r->body, cap_bytes ? cap_bytes : (size_t)64 << 20);
}

void
reply_done(struct reply *r)
{
	buf_done(&r->body);
}

void
reply_header(struct reply *r, const char *name, const char *value)
{
	if (r->headers < REPLY_HEADERS)
		r->header[r->headers] = (struct ask_pair){ name, value };
	r->headers++;
}

void
reply_etag_of_body(struct reply *r)
{
	uint8_t digest[32];
	size_t i, n = 0;

	hash_sha256(r->body.data, r->body.size, digest);
	r->etag[n++] = '"';
	for (i = 0; i < 16; i++)
		n += (size_t)snprintf(r->etag + n, 3, "%02x", digest[i]);
	r->etag[n++] = '"';
	r->etag[n] = '\0';
}

int
reply_status_of(enum err_code code)
{
	switch (code) {
	case ERR_OK:
		return 200;
	case ERR_INVALID:
		return 400;
	case ERR_NOTFOUND:
		return 404;
	case ERR_LIMIT:
		return 413;
	case ERR_CONFLICT:
		return 409;
	case ERR_DENIED:
		return 403;
	case ERR_NOMEM:
	case ERR_IO:
		return 503;
	case ERR_UNSUPPORTED:
		return 501;
	case ERR_VERIFY:
	case ERR_UNKNOWN:
	case ERR_INTERNAL:
		return 500;
	}
	return 500;
}

void
reply_problem(struct reply *r, int status, const struct err *e)
{
	reply_problem_of(r, status, e, "", false);
}

void
reply_problem_of(struct reply *r, int status, const struct err *e, const char *field, bool factor)
{
	struct json_writer w;

	buf_reset(&r->body);
	r->status = status;
	r->type = "application/problem+json";
	r->etag[0] = '\0';
	r->cacheable = r->final = false;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "type", "about:blank");
	json_string(&w, "title", err_name(e->code));
	json_int(&w, "status", status);
	json_string(&w, "detail", e->text);
	if (*field)
		json_string(&w, "field", field);
	if (factor)
		json_bool(&w, "second_factor", true);
	if (*e->hint)
		json_string(&w, "hint", e->hint);
	json_object_end(&w);
}

static const char *
pair_find(const struct ask_pair *pair, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(pair[i].name, name) == 0)
			return pair[i].value;
	return NULL;
}

bool
ask_is_json(const struct ask *q)
{
	static const char json[] = "application/json";
	const char *type = ask_header(q, "content-type");
	size_t n = sizeof(json) - 1;

	return type && strncmp(type, json, n) == 0 && (!type[n] || strchr("; ", type[n]));
}

const char *
ask_query(const struct ask *q, const char *name)
{
	return pair_find(q->query, q->query_count, name);
}

const char *
ask_header(const struct ask *q, const char *name)
{
	return pair_find(q->header, q->header_count, name);
}

enum access_role
ask_access(const struct ask *q)
{
	return serve_role_access(q->who.role);
}

int64_t
ask_as_of(const struct ask *q, int64_t days)
{
	int64_t today = clock_now_us() / 86400000000, end;
	int year, month, day;

	if (ask_access(q) != ACCESS_PUBLIC)
		return days;
	clock_from_days(days, &year, &month, &day);
	end = (month == 12 ? clock_days(year + 1, 1, 1) : clock_days(year, month + 1, 1)) - 1;
	return days <= today && end > today ? today : end;
}

enum access_role
serve_role_access(enum serve_role role)
{
	switch (role) {
	case SERVE_OPERATOR:
		return ACCESS_OPERATOR;
	case SERVE_OFFICER:
	case SERVE_APPROVER:
		return ACCESS_AUTHORITY;
	case SERVE_LEGAL:
		return ACCESS_LEGAL;
	case SERVE_PUBLIC:
	case SERVE_REPORTER:
	case SERVE_ADMINISTRATOR:
	case SERVE_ROLES:
		return ACCESS_PUBLIC;
	}
	return ACCESS_PUBLIC;
}

const char *
serve_role_name(enum serve_role role)
{
	return role < SERVE_ROLES ? role_name[role] : "public";
}

bool
serve_role_parse(const char *name, enum serve_role *ret)
{
	int i;

	for (i = 0; i < SERVE_ROLES; i++)
		if (strcmp(role_name[i], name) == 0) {
			*ret = (enum serve_role)i;
			return true;
		}
	return false;
}
