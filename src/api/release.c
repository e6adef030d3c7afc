#include "api/release.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "store/submit.h"

enum {
	FILE_MOST = 32 << 20
};

static const char *
path_of(struct store *st, struct arena *mem)
{
	return arena_printf(mem, "%s/releases.json", store_files_dir(st));
}

static const char *
text_of(const struct json_value *v, const char *name)
{
	const char *s = json_get_string(v, name);

	return s ? s : "";
}

static bool
read_one(const struct json_value *v, struct release *r)
{
	const struct json_value *about = json_get(v, "about");
	const char *id = text_of(v, "release");

	*r = (struct release){ .by = text_of(v, "by"),
		               .at = text_of(v, "at"),
		               .reason = text_of(v, "reason"),
		               .certificate = text_of(v, "certificate") };
	if (strlen(id) != UUID_TEXT - 1 || !*r->by || !about || about->type != JSON_ARRAY ||
	    about->count == 0 || about->count > RELEASE_IDS_MOST)
		return false;
	memcpy(r->id, id, UUID_TEXT);
	for (const struct json_value *a = about->first; a; a = a->next) {
		if (a->type != JSON_STRING || a->count != 36 + 1 + 64)
			return false;
		r->about[r->abouts++] = a->string;
	}
	return true;
}

enum err_code
release_list(struct store *st, struct arena *mem, struct release **ret, size_t *ret_count,
             struct err *e)
{
	const char *path = path_of(st, mem), *text;
	struct json_value *list = NULL;
	struct release *r = NULL;
	struct buf b;
	size_t n = 0;
	enum err_code rc = path ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for releases");

	*ret_count = 0;
	if (rc)
		return rc;
	buf_init(&b, FILE_MOST);
	rc = file_read(path, FILE_MOST, &b, e);
	text = rc ? NULL : arena_strndup(mem, buf_text(&b), b.size);
	if (!rc && !text)
		rc = err_set(e, ERR_NOMEM, "out of memory for releases");
	if (!rc)
		rc = json_parse(text, b.size, 0, mem, &list, e);
	buf_done(&b);
	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		return ERR_OK;
	}
	if (!rc && (list->type != JSON_ARRAY || list->count > RELEASES_MOST))
		rc = err_set(e, ERR_VERIFY, "%s is damaged", path);
	if (!rc && !(r = arena_calloc(mem, list->count + 1, sizeof(*r))))
		rc = err_set(e, ERR_NOMEM, "out of memory for releases");
	for (const struct json_value *v = rc ? NULL : list->first; !rc && v; v = v->next)
		if (!read_one(v, &r[n++]))
			rc = err_set(e, ERR_VERIFY, "%s is damaged", path);
	if (rc)
		return rc == ERR_INVALID ? err_prefix(e, "%s", path) : rc;
	*ret = r;
	*ret_count = n;
	return ERR_OK;
}

static enum err_code
write_all(struct store *st, struct arena *mem, const struct release *list, size_t count,
          struct err *e)
{
	const char *path = path_of(st, mem);
	struct json_writer w;
	struct buf b;
	enum err_code rc;

	if (!path)
		return err_set(e, ERR_NOMEM, "out of memory for releases");
	buf_init(&b, FILE_MOST);
	json_begin(&w, &b);
	json_array(&w, NULL);
	for (size_t i = 0; i < count; i++) {
		json_object(&w, NULL);
		json_string(&w, "release", list[i].id);
		json_string(&w, "by", list[i].by);
		json_string(&w, "at", list[i].at);
		json_string(&w, "reason", list[i].reason);
		json_string(&w, "certificate", list[i].certificate);
		json_array(&w, "about");
		for (size_t k = 0; k < list[i].abouts; k++)
			json_string(&w, NULL, list[i].about[k]);
		json_array_end(&w);
		json_object_end(&w);
	}
	json_array_end(&w);
	rc = buf_ok(&b) ? file_mkdirs(store_files_dir(st), 0700, e)
	                : err_set(e, ERR_LIMIT, "too many releases wait");
	if (!rc)
		rc = file_write_atomic(path, buf_text(&b), b.size, 0600, e);
	buf_done(&b);
	return rc;
}

enum err_code
release_add(struct store *st, struct arena *mem, struct release *r, struct err *e)
{
	struct release *list = NULL, *all;
	struct uuid id;
	char *at = arena_alloc(mem, 28);
	size_t n = 0;
	enum err_code rc = release_list(st, mem, &list, &n, e);

	if (!rc && n == RELEASES_MOST)
		rc = err_set(e, ERR_LIMIT, "%d releases wait for a second approver", RELEASES_MOST);
	if (!rc)
		rc = submit_new_id(&id, e);
	all = arena_calloc(mem, n + 1, sizeof(*all));
	if (!rc && (!all || !at))
		rc = err_set(e, ERR_NOMEM, "out of memory for a release");
	if (rc)
		return rc;
	uuid_format(id, r->id);
	clock_format_s(clock_now_us() / 1000000, at);
	r->at = at;
	if (n)
		memcpy(all, list, n * sizeof(*all));
	all[n] = *r;
	return write_all(st, mem, all, n + 1, e);
}

enum err_code
release_remove(struct store *st, struct arena *mem, const char *id, struct err *e)
{
	struct release *list = NULL;
	size_t n = 0, kept = 0;
	enum err_code rc = release_list(st, mem, &list, &n, e);

	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!text_eq(list[i].id, id))
			list[kept++] = list[i];
	if (kept == n)
		return err_set(e, ERR_NOTFOUND, "no release with that number waits");
	return write_all(st, mem, list, kept, e);
}
