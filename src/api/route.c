#include <string.h>

#include "api/handlers.h"
#include "base/text.h"

const struct route route_table[] = {
#define ROW(id, method, path, handler, part, allow, params, summary, of_server)                    \
	{ #id, ASK_##method, path, handler, PART_##part, allow, params, summary, of_server },
#define ROUTE(id, method, path, handler, part, allow, params, summary)                             \
	ROW(id, method, path, handler, part, allow, params, summary, false)
#define SERVER(id, method, path, handler, part, allow, params, summary)                            \
	ROW(id, method, path, handler, part, allow, params, summary, true)
#include "api/routes.def"
#undef ROUTE
#undef SERVER
};
const size_t route_count = sizeof route_table / sizeof *route_table;

/* Does the path of a route fit? Returns 0 = no, else 1 + the number of fixed segments. */
static int
fit(const char *path, const char *const *segment, size_t count, const char *arg[ASK_ARGS])
{
	size_t i = 0, args = 0, n;
	int fixed = 0;

	while (*path == '/')
		path++;
	while (*path) {
		n = strcspn(path, "/");
		if (i == count)
			return 0;
		if (*path == '{') {
			const char *tail = memchr(path, '}', n);
			size_t tail_n = (size_t)(path + n - (tail + 1)), seg_n = strlen(segment[i]);

			/* {y}.mvt: what follows the brace must end the segment */
			if (seg_n <= tail_n || args == ASK_ARGS ||
			    strncmp(segment[i] + seg_n - tail_n, tail + 1, tail_n) != 0)
				return 0;
			arg[args++] = segment[i];
			fixed += tail_n ? 1 : 0;
		} else {
			if (strlen(segment[i]) != n || strncmp(path, segment[i], n) != 0)
				return 0;
			fixed += 2;
		}
		i++;
		path += n;
		while (*path == '/')
			path++;
	}
	return i == count ? 1 + fixed : 0;
}

enum route_found
route_find(enum ask_method method, const char *const *segment, size_t count,
           const struct route **ret, const char *arg[ASK_ARGS], unsigned *ret_allow)
{
	const char *found[ASK_ARGS];
	size_t i;
	int best = 0;

	*ret = NULL;
	*ret_allow = 0;
	for (i = 0; i < route_count; i++) {
		int how;

		memset(found, 0, sizeof found);
		how = fit(route_table[i].path, segment, count, found);
		if (!how)
			continue;
		*ret_allow |= 1u << route_table[i].method;
		if (route_table[i].method == method && how > best) {
			best = how;
			*ret = &route_table[i];
			memcpy(arg, found, sizeof found);
		}
	}
	if (best)
		return ROUTE_FOUND;
	return *ret_allow ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

bool
route_split(const char *path, struct arena *mem, const char *segment[ROUTE_SEGMENTS_MOST],
            size_t *ret_count)
{
	size_t n, count = 0;

	while (*path == '/')
		path++;
	while (*path) {
		n = strcspn(path, "/");
		if (count == ROUTE_SEGMENTS_MOST)
			return false;
		segment[count] = arena_strndup(mem, path, n);
		if (!segment[count] || strcmp(segment[count], ".") == 0 ||
		    strcmp(segment[count], "..") == 0)
			return false;
		count++;
		path += n;
		if (*path == '/')
			path++;
	}
	*ret_count = count;
	return true;
}

size_t
route_prefix(const char *const *segment, size_t count, const char **ret_token,
             const char **ret_register)
{
	size_t skip = 0;

	*ret_token = *ret_register = NULL;
	if (count > 2 && strcmp(segment[0], "t") == 0) {
		*ret_token = segment[1];
		skip = 2;
	}
	if (count - skip >= 2 && strcmp(segment[skip], "r") == 0) {
		*ret_register = segment[skip + 1];
		skip += 2;
	}
	return skip;
}

static enum err_code
take_prefix(struct site *s, struct ask *q, const char *token, const char *name, struct err *e)
{
	q->reg = name ? site_find(s, name) : s->count ? &s->reg[0] : NULL;
	if (name && !q->reg)
		return err_set(e, ERR_NOTFOUND, "no register of that name is served here");
	q->prefix = arena_printf(q->mem, "%s%s%s%s", token ? "/t/" : "", token ? token : "",
	                         name ? "/r/" : "", name ? name : "");
	return q->prefix ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory");
}

static enum err_code
answer(struct site *s, struct ask *q, struct reply *r, int *ret_status, struct err *e)
{
	const char *segment[ROUTE_SEGMENTS_MOST] = { 0 };
	size_t count = 0, skip = 0;
	const char *token, *name;
	unsigned allow = 0;
	enum err_code rc;

	*ret_status = 0;
	if (!route_split(q->path, q->mem, segment, &count))
		return err_set(e, ERR_NOTFOUND, "no such address");
	skip = route_prefix(segment, count, &token, &name);
	rc = take_prefix(s, q, token, name, e);
	if (rc)
		return rc;
	switch (route_find(q->method, segment + skip, count - skip, &q->route, q->arg, &allow)) {
	case ROUTE_NO_METHOD:
		*ret_status = 405;
		return err_set(e, ERR_INVALID, "this address does not take that method");
	case ROUTE_FOUND:
		break;
	case ROUTE_NO_PATH:
		return err_set(e, ERR_NOTFOUND, "no such address");
	}
	if (!q->route->fn || (name && q->route->of_server))
		return err_set(e, ERR_NOTFOUND, "no such address");
	if (!(q->route->allow & SERVE_BIT(q->who.role))) {
		bool stranger = q->who.role == SERVE_PUBLIC && !q->who.id;

		*ret_status = stranger ? 401 : 403;
		if (q->who.role == SERVE_PUBLIC && q->who.id && !q->who.token)
			return err_set(e, ERR_DENIED, "set up your second factor first");
		return err_set(e, ERR_DENIED, "%s",
		               stranger ? "log in first" : "your role does not allow this");
	}
	if (q->route->part >= PART_ACCOUNT && !s->accounts)
		return err_set(e, ERR_INTERNAL, "this process does not know the accounts");
	if (q->who.read_only && q->method != ASK_GET) {
		*ret_status = 403;
		return err_set(e, ERR_DENIED, "this token may only read");
	}
	return q->route->fn(s, q, r, e);
}

void
route_answer(struct site *s, struct ask *q, struct reply *r)
{
	struct err e = { 0 };
	int status = 0;
	enum err_code rc = answer(s, q, r, &status, &e);

	if (rc == ERR_OK && (!buf_ok(&r->body) || r->headers > REPLY_HEADERS))
		rc = err_set(&e, buf_ok(&r->body) ? ERR_INTERNAL : ERR_LIMIT,
		             "the answer is larger than this server gives at once");
	if (rc != ERR_OK)
		reply_problem(r, status ? status : reply_status_of(rc), &e);
}
