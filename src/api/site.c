#include <string.h>

#include "api/handlers.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/snapshot.h"

/* A name for addresses from a file's name: letters a-z, digits; anything else is one '-'. */
static char *
name_of(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name;
	size_t i, n = 0;

	base = base ? base + 1 : path;
	name = mem_alloc(strlen(base) + 2);
	if (!name)
		return NULL;
	for (i = 0; base[i] && strcmp(base + i, ".gpkg") != 0; i++) {
		char c = base[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			name[n++] = c;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n && name[n - 1] == '-')
		n--;
	if (!n)
		name[n++] = 'r';
	name[n] = '\0';
	return name;
}

enum err_code
site_open(const char *const *path, size_t count, enum store_mode mode, struct site *ret,
          struct err *e)
{
	struct site s = { .reg = mem_calloc(count, sizeof *s.reg) };
	size_t i, k;
	enum err_code rc = ERR_OK;

	s.geo = geo_create();
	if (!s.reg || !s.geo) {
		site_close(&s);
		return err_set(e, ERR_NOMEM, "out of memory");
	}
	for (i = 0; i < count && rc == ERR_OK; i++) {
		s.reg[i].name = name_of(path[i]);
		s.reg[i].path = path[i];
		s.reg[i].writes = mode == STORE_WRITE;
		s.count = i + 1;
		if (!s.reg[i].name)
			rc = err_set(e, ERR_NOMEM, "out of memory");
		for (k = 0; k < i && rc == ERR_OK; k++)
			if (strcmp(s.reg[k].name, s.reg[i].name) == 0)
				rc = err_set(
					e, ERR_INVALID,
					"%s and %s would have the same address /r/%s; rename one of "
					"them",
					path[k], path[i], s.reg[i].name);
		if (rc == ERR_OK)
			rc = store_open(path[i], mode, &s.reg[i].st, e);
	}
	if (rc != ERR_OK) {
		site_close(&s);
		return rc;
	}
	*ret = s;
	return ERR_OK;
}

static void
let_go(struct site_register *reg)
{
	for (size_t k = 0; k < sizeof reg->keep / sizeof *reg->keep; k++) {
		if (reg->keep[k] && reg->keep_free[k])
			reg->keep_free[k](reg->keep[k]);
		reg->keep[k] = NULL;
	}
}

void
site_refresh(struct site *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct site_register *reg = &s->reg[i];
		int64_t version = store_data_version(reg->st);

		/* On failure the old forms serve on, and the next request tries again. */
		if (version == reg->version)
			;
		else if (!store_forms_are_old(reg->st))
			reg->version = version;
		else {
			let_go(reg);
			if (store_forms_reload(reg->st, NULL) == ERR_OK)
				reg->version = version;
		}
		/* Without it every query has a state of its own, each of them true. */
		if (!reg->writes && store_snapshot_begin(reg->st, NULL) != ERR_OK)
			continue;
	}
}

void
site_rest(struct site *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->reg[i].writes)
			store_snapshot_end(s->reg[i].st);
}

void
site_close(struct site *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		let_go(&s->reg[i]);
		if (s->reg[i].st)
			store_close(s->reg[i].st);
		mem_free((char *)(uintptr_t)s->reg[i].name);
	}
	mem_free(s->reg);
	geo_free(s->geo);
	*s = (struct site){ 0 };
}

struct site_register *
site_find(const struct site *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->reg[i].name, name) == 0)
			return &s->reg[i];
	return NULL;
}

enum err_code
list_registers(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	size_t i;

	(void)q;
	(void)e;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "registers");
	for (i = 0; i < s->count; i++) {
		json_object(&w, NULL);
		json_string(&w, "name", s->reg[i].name);
		json_string(&w, "title", store_meta(s->reg[i].st, "name"));
		json_string(&w, "country", store_meta(s->reg[i].st, "country"));
		json_int(&w, "submissions", store_log_size(s->reg[i].st));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return ERR_OK;
}
