/* GET /api/find: is it dangerous here, and where is something called so. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "base/text.h"
#include "publish/found.h"

enum {
	HITS_MOST = 100
};

struct hits {
	struct store *st;
	struct json_writer w;
};

static enum err_code
add_hit(void *ctx, const struct find_hit *hit, struct err *e)
{
	struct hits *h = ctx;
	char id[UUID_TEXT];

	(void)e;
	uuid_format(hit->id, id);
	json_object(&h->w, NULL);
	json_string(&h->w, "kind", store_kind_name(h->st, hit->kind));
	json_string(&h->w, "id", id);
	json_string(&h->w, "national_id", *hit->national_id ? hit->national_id : NULL);
	json_string(&h->w, "shown_as", *hit->shown_as ? hit->shown_as : NULL);
	json_string(&h->w, "field", hit->field);
	json_string(&h->w, "value", hit->value);
	json_object_end(&h->w);
	return ERR_OK;
}

static enum err_code
by_words(const struct ask *q, struct store *st, const char *words, struct buf *out, struct err *e)
{
	const struct find_words what = { ask_access(q), words, HITS_MOST };
	struct hits h = { .st = st };
	bool more = false;
	enum err_code rc;

	json_begin(&h.w, out);
	json_object(&h.w, NULL);
	json_array(&h.w, "hits");
	rc = find_text(st, &what, add_hit, &h, &more, e);
	json_array_end(&h.w);
	json_bool(&h.w, "more", more);
	json_object_end(&h.w);
	return rc;
}

static enum err_code
read_position(const struct ask *q, struct found_question *f, struct err *e)
{
	const char *near = ask_query(q, "near"), *within = ask_query(q, "within");
	const char *comma = near ? strchr(near, ',') : NULL;
	char shown[100];
	size_t n = 0;
	const char *lat = comma ? text_trim(comma + 1, strlen(comma + 1), &n) : "";

	if (!comma || !text_parse_f64(near, (size_t)(comma - near), &f->lon_deg) ||
	    !text_parse_f64(lat, n, &f->lat_deg) || !(f->lon_deg >= -180 && f->lon_deg <= 180) ||
	    !(f->lat_deg >= -90 && f->lat_deg <= 90))
		return err_set(
			e, ERR_INVALID,
			"near is \"%s\"; it must be LON,LAT in degrees, longitude -180 .. 180 "
			"first, latitude -90 .. 90",
			err_quote(near ? near : "", shown, sizeof(shown)));
	f->within_m = 500;
	if (within && !(text_parse_f64(within, strlen(within), &f->within_m) && f->within_m >= 0 &&
	                f->within_m <= 100000))
		return err_set(e, ERR_INVALID, "within is \"%s\"; it must be metres, 0 .. 100000",
		               err_quote(within, shown, sizeof(shown)));
	return ERR_OK;
}

enum err_code
api_find(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	const char *words = ask_query(q, "q");
	struct found_question f = { .public_geometry = !api_exact(q) };
	struct find_near near;
	struct store *st = NULL;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (rc)
		return rc;
	if ((words != NULL) == (ask_query(q, "near") != NULL))
		return err_set(e, ERR_INVALID, "either near=LON,LAT or q=WORDS must be given");
	if (words) {
		rc = by_words(q, st, words, &r->body, e);
		return rc ? rc : api_done(r);
	}
	rc = read_position(q, &f, e);
	if (!rc)
		rc = find_near(st, ask_access(q), (const double[]){ f.lon_deg, f.lat_deg },
		               f.within_m, q->mem, &near, e);
	if (!rc)
		found_json(st, &f, &near, &r->body);
	return rc ? rc : api_done(r);
}
