#include "publish/about.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/quarantine.h"

struct ages {
	const char *date_field;
	char oldest[11], newest[11];
	int64_t records;
};

static enum err_code
take_age(void *ctx, const struct shown *row, struct err *e)
{
	struct ages *a = ctx;
	const char *d = fields_text(&row->fields, "valid_from");

	(void)e;
	a->records++;
	if (!d || strlen(d) != 10)
		return ERR_OK;
	if (!*a->oldest || strcmp(d, a->oldest) < 0)
		memcpy(a->oldest, d, 11);
	if (strcmp(d, a->newest) > 0)
		memcpy(a->newest, d, 11);
	return ERR_OK;
}

static enum err_code
add_waiting(void *ctx, const char *place, int64_t count, struct err *e)
{
	(void)place;
	(void)e;
	*(int64_t *)ctx += count;
	return ERR_OK;
}

static void
add(struct about *a, const char *key, const char *value)
{
	if (a->count < ABOUT_LINES) {
		a->line[a->count].key = key;
		a->line[a->count++].value = value ? value : "";
	}
}

static enum err_code
find_ages(struct store *st, const struct about_question *q, struct ages *a, struct err *e)
{
	static const char *const want[] = { "valid_from", NULL };
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < q->kind_count; i++) {
		const struct each_filter f = { .kind = q->kind[i],
			                       .as_of_days = q->as_of_days,
			                       .known_size = q->known_size,
			                       .want = want };

		rc = store_each(st, &f, take_age, a, e);
	}
	if (!rc && q->role == ACCESS_PUBLIC) /* by month, as every date of the public */
		a->oldest[*a->oldest ? 7 : 0] = a->newest[*a->newest ? 7 : 0] = '\0';
	return rc;
}

static const char *
withheld_kinds(struct store *st, enum access_role role, struct arena *mem)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1u << 16);
	for (size_t i = 0; i < store_kind_count(st); i++)
		if (!access_has_rows(role, store_kind_name(st, (int)i)))
			buf_printf(&b, "%s%s", b.size ? ", " : "", store_kind_name(st, (int)i));
	text = b.size ? arena_strdup(mem, buf_text(&b)) : "nothing";
	buf_done(&b);
	return text;
}

static void
add_moment(struct store *st, const struct about_question *q, struct arena *mem, struct about *a)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	int64_t now_us = clock_now_us();
	char made[28], date[16], root[65];

	clock_format_s(now_us / 1000000, made);
	a->made_at = arena_strdup(mem, made);
	clock_format_date(q->as_of_days == INT64_MAX ? now_us / 86400000000 : q->as_of_days, date);
	a->as_of = arena_strdup(mem, date);
	clock_format_date(now_us / 86400000000 + ABOUT_EXPIRES_DAYS, date);
	a->expires = arena_strdup(mem, date);
	text_hex(cp.root, 32, root);
	add(a, "as_of", a->as_of);
	if (q->known_at_us != INT64_MAX) {
		clock_format_s(q->known_at_us / 1000000, made);
		add(a, "known_at", arena_strdup(mem, made));
	}
	add(a, "made_at", a->made_at);
	add(a, "checkpoint",
	    arena_printf(mem, "size %lld, root %s", (long long)cp.size, cp.size ? root : "none"));
}

static const char *
accuracy_words(enum access_role role, struct arena *mem)
{
	if (access_is_exact(role))
		return "Positions as recorded; accuracy_m is the accuracy of each in metres, empty "
		       "where it is not known.";
	return arena_printf(mem,
	                    "Hazards are drawn outward to a grid of %.0f m: the true outline lies "
	                    "inside. Released land is drawn "
	                    "inward. Areas are of the recorded outlines.",
	                    ACCESS_GRID_M);
}

enum err_code
about_make(struct store *st, const struct about_question *q, struct arena *mem, struct about *ret,
           struct err *e)
{
	struct ages ages = { 0 };
	int64_t waiting = 0;
	int hazard = store_kind(st, "hazard");
	char last[28];
	enum err_code rc = find_ages(st, q, &ages, e);

	memset(ret, 0, sizeof(*ret));
	if (!rc && hazard >= 0)
		rc = quarantine_waiting(st, hazard, q->known_size, add_waiting, &waiting, e);
	if (rc)
		return rc;
	ret->role = access_role_name(q->role);
	ret->warning =
		"No mark does not mean safe: where nothing is drawn there is no information.";
	ret->name = arena_printf(mem, "%s (%s)", store_meta(st, "name"), store_meta(st, "country"));
	clock_format_s(store_last_received_us(st) / 1000000, last);
	add(ret, "warning", ret->warning);
	add(ret, "register", ret->name);
	add(ret, "register_id", store_meta(st, "uuid"));
	add(ret, "role", ret->role);
	add_moment(st, q, mem, ret);
	add(ret, "oldest_record", arena_strdup(mem, ages.oldest));
	add(ret, "newest_record", arena_strdup(mem, ages.newest));
	add(ret, "last_received", arena_strdup(mem, last));
	add(ret, "datum", "WGS 84 (EPSG:4326), degrees, longitude before latitude");
	add(ret, "accuracy", accuracy_words(q->role, mem));
	add(ret, "expires", ret->expires);
	add(ret, "expiry",
	    "What is shown as released holds until that day; after it read it as no information. "
	    "Hazards never "
	    "expire.");
	add(ret, "not_drawn",
	    arena_printf(mem, "%lld rows that may be hazards wait in quarantine and are not drawn",
	                 (long long)waiting));
	add(ret, "withheld",
	    arena_printf(mem, "not shown one by one to this role: %s",
	                 withheld_kinds(st, q->role, mem)));
	add(ret, "rules", "docs/ACCESS.md of fallow " FALLOW_VERSION);
	return ret->name && ret->made_at && ret->as_of && ret->expires
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for an export");
}

void
about_text(const struct about *a, struct buf *out)
{
	for (size_t i = 0; i < a->count; i++)
		buf_printf(out, "%s: %s\n", a->line[i].key, a->line[i].value);
}

void
about_json(const struct about *a, struct buf *out)
{
	struct json_writer w;

	json_begin(&w, out);
	json_object(&w, NULL);
	for (size_t i = 0; i < a->count; i++)
		json_string(&w, a->line[i].key, a->line[i].value);
	json_object_end(&w);
}
