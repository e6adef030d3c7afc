/* Danger shows at once, safety waits (DESIGN promise 5), over whole chains: whatever one person
 * hands in about a hazard, a find, an accident, a victim, a minefield record or a place, all that
 * was shown as dangerous or counted before is so until somebody decides. Nothing is computed twice
 * here: each answer is only compared with itself before the submission. */
#include "register.h"

#include "base/rng.h"
#include "store/access.h"
#include "store/each.h"
#include "store/find.h"
#include "store/history.h"
#include "store/verify.h"

enum {
	SPOTS = 16, /* positions records are put at; asked about one by one */
	RECORDS = 12,
	STEPS = 60,
	CHAINS = 4,
	CODES = 160,
	PLACE = 5, /* among the kinds */
	PLACES = SPOTS + 2
};

static struct rng rng;

static unsigned
pick(unsigned below)
{
	return (unsigned)rng_below(&rng, below);
}

/* Four by four spots of 2 km; two districts of two columns each. */
static void
spot_of(unsigned i, double at[2])
{
	at[0] = -125 + 0.02 * (i % 4);
	at[1] = -45 + 0.02 * (i / 4 % 4);
}

/* What is shown and counted at a moment. */
struct state {
	bool danger[SPOTS][2]; /* as authority, as public */
	int64_t dangers[SPOTS], accidents[SPOTS], records[SPOTS], unlocated[SPOTS];
	struct {
		char name[120];
		double value, high;
	} figure[CODES];
	size_t figures;
	int64_t rows[6];
};

static const char *const kinds[] = { "hazard", "ordnance",         "accident",
	                             "victim", "minefield_record", "place" };

static enum err_code
count_row(void *ctx, const struct shown *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int64_t *)ctx;
	return ERR_OK;
}

static void
ask_spots(struct state *s)
{
	for (unsigned i = 0; i < SPOTS; i++)
		for (int role = 0; role < 2; role++) {
			struct arena mem;
			struct find_near near;
			double at[2];

			spot_of(i, at);
			arena_init(&mem, (size_t)64 << 20);
			reg_ok(find_near(reg.st, role ? ACCESS_PUBLIC : ACCESS_AUTHORITY, at, 1,
			                 &mem, &near, &reg_err));
			s->danger[i][role] = near.answer == FIND_DANGER;
			if (!role) {
				s->dangers[i] = near.dangers;
				s->accidents[i] = near.accidents;
				s->records[i] = near.records;
				s->unlocated[i] = near.unlocated_here;
			}
			arena_done(&mem);
		}
}

/* Figures that may only grow. by_class, by_device and the like follow what a record says it is,
 * shares what they are shares of. */
static bool
only_grows(const char *code)
{
	static const char *const list[] = { "extent.area",        "extent.hazards",
		                            "exposure.people",    "casualties.total",
		                            "casualties.by_year", "finds.items" };

	for (size_t i = 0; i < COUNT_OF(list); i++)
		if (text_eq(list[i], code))
			return true;
	return false;
}

static void
ask_figures(struct state *s, const char *by, bool no_single)
{
	reg.q.by = by;
	reg.q.no_single_items = no_single;
	reg_run(NULL);
	for (size_t i = 0; i < reg.set.count; i++) {
		const struct figure_row *r = &reg.set.row[i];

		if (!r->known || !only_grows(r->code) || s->figures == CODES)
			continue;
		(void)snprintf(s->figure[s->figures].name, sizeof(s->figure->name),
		               "%s|%s|%s|%s|%d", r->code, r->dim, r->place, r->period, no_single);
		s->figure[s->figures].value = r->value;
		/* a quantity or a count that was not stated has no bound until it is */
		s->figure[s->figures++].high = text_starts(r->code, "extent") ? r->high : r->value;
	}
	assert_true(s->figures < CODES);
	reg.q.by = NULL;
	reg.q.no_single_items = false;
}

static void
ask(struct state *s)
{
	memset(s, 0, sizeof(*s));
	ask_spots(s);
	ask_figures(s, NULL, false);
	ask_figures(s, NULL, true);
	ask_figures(s, "admin1", false);
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		const struct each_filter f = { .kind = store_kind(reg.st, kinds[k]),
			                       .as_of_days = INT64_MAX,
			                       .known_size = INT64_MAX };

		reg_ok(each_layer(reg.st, &f, count_row, &s->rows[k], &reg_err));
	}
}

/* Nothing that was is less; returns what is, NULL = nothing. */
static const char *
lost(const struct state *was, const struct state *is)
{
	static char text[300];

	for (unsigned i = 0; i < SPOTS; i++) {
		const char *what = was->danger[i][0] > is->danger[i][0]   ? "danger"
		                   : was->danger[i][1] > is->danger[i][1] ? "danger to the public"
		                   : was->dangers[i] > is->dangers[i]     ? "dangers"
		                   : was->accidents[i] > is->accidents[i] ? "accidents"
		                   : was->records[i] > is->records[i]     ? "minefield records"
		                   : was->unlocated[i] > is->unlocated[i] ? "unlocated hazards"
		                                                          : NULL;

		if (what) {
			(void)snprintf(text, sizeof(text), "%s at spot %u", what, i);
			return text;
		}
	}
	for (size_t i = 0; i < was->figures; i++) {
		double value = 0, high = 0; /* a row that is not there */

		for (size_t k = 0; k < is->figures; k++)
			if (text_eq(was->figure[i].name, is->figure[k].name)) {
				value = is->figure[k].value;
				high = is->figure[k].high;
			}
		/* areas are sums of doubles */
		if (was->figure[i].value > value * (1 + 1e-9) + 1e-6 ||
		    was->figure[i].high > high * (1 + 1e-9) + 1e-6) {
			(void)snprintf(text, sizeof(text),
			               "%s: %.3f, high %.3f was %.3f, high %.3f",
			               was->figure[i].name, value, high, was->figure[i].value,
			               was->figure[i].high);
			return text;
		}
	}
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		if (was->rows[k] > is->rows[k]) {
			(void)snprintf(text, sizeof(text), "rows of %s", kinds[k]);
			return text;
		}
	return NULL;
}

/* --- what people hand in
 * -------------------------------------------------------------------------------------- */

struct record {
	int kind;
	char id[UUID_TEXT];
};

struct change {
	char text[12][200];
	const char *set[13];
	size_t count;
};

static void say(struct change *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct change *c, const char *format, ...)
{
	va_list v;

	va_start(v, format);
	(void)vsnprintf(c->text[c->count], sizeof(c->text[0]), format, v);
	va_end(v);
	c->set[c->count] = c->text[c->count];
	c->set[++c->count] = NULL;
}

static const char *
one_of(const char *const *list, size_t n)
{
	return list[pick((unsigned)n)];
}

static void
say_place(struct change *c, bool areas)
{
	double at[2], half = 0.0005 * (1 + pick(8));

	spot_of(pick(SPOTS), at);
	if (pick(8) == 0)
		say(c, "geometry=");
	else if (areas && pick(3))
		say(c, "geometry=POLYGON((%.4f %.4f,%.4f %.4f,%.4f %.4f,%.4f %.4f,%.4f %.4f))",
		    at[0] - half, at[1] - half, at[0] + half, at[1] - half, at[0] + half,
		    at[1] + half, at[0] - half, at[1] + half, at[0] - half, at[1] - half);
	else
		say(c, "geometry=POINT(%.4f %.4f)", at[0], at[1]);
}

static void
say_common(struct change *c)
{
	static const char *const day[] = { "2023-02-03", "2024-05-06", "2025-06-30" };
	static const char *const place[] = { "West", "East", "" };

	if (pick(3) == 0)
		say(c, "valid_from=%s", one_of(day, COUNT_OF(day)));
	if (pick(3) == 0)
		say(c, "admin1_name=%s", one_of(place, COUNT_OF(place)));
	if (pick(3) == 0)
		say(c, "accuracy_m=%s", pick(4) ? (pick(2) ? "5" : "80") : "");
}

static void
say_hazard(struct change *c)
{
	static const char *const class[] = { "unknown",      "eod_spot",   "sha", "cha",
		                             "ammo_storage", "indication", "" };
	static const char *const status[] = { "open", "worked_on", "closed", "handed_over", "" };

	if (pick(2))
		say(c, "class=%s", one_of(class, COUNT_OF(class)));
	if (pick(2))
		say(c, "status=%s", one_of(status, COUNT_OF(status)));
	if (pick(2))
		say_place(c, true);
	if (pick(3) == 0)
		say(c, "radius_m=%s", pick(3) ? (pick(2) ? "30" : "400") : "");
	if (pick(4) == 0)
		say(c, "reported_area_m2=%s", pick(2) ? "90000" : "");
}

static void
say_find(struct change *c)
{
	static const char *const disposal[] = { "burnt", "handed_to_authority", "left_in_place",
		                                "" };

	if (pick(2))
		say_place(c, false);
	if (pick(3) == 0)
		say(c, "category=%s", pick(2) ? "ap_mine" : "ied_false");
	if (pick(2))
		say(c, "quantity=%s", pick(4) ? (pick(2) ? "7" : "0") : "");
	if (pick(2))
		say(c, "disposal_method=%s", one_of(disposal, COUNT_OF(disposal)));
}

static void
say_accident(struct change *c)
{
	if (pick(2))
		say_place(c, false);
	if (pick(2))
		say(c, "killed=%s", pick(4) ? (pick(2) ? "2" : "0") : "");
	if (pick(2))
		say(c, "injured=%s", pick(4) ? (pick(2) ? "3" : "0") : "");
	if (pick(3) == 0)
		say(c, "during_attack=%s", pick(2) ? "yes" : "no");
	if (pick(3) == 0)
		say(c, "device_class=%s", pick(2) ? "ap_mine" : "ied_command");
	if (pick(3) == 0)
		say(c, "date=202%u-01-02", 2 + pick(3));
}

static void
say_victim(struct change *c, const struct record *all, size_t n)
{
	static const char *const outcome[] = { "killed", "injured", "unknown", "" };
	const struct record *other = &all[pick((unsigned)n)];

	if (pick(2) && other->kind == 2)
		say(c, "accident=%s", other->id);
	if (pick(2))
		say(c, "outcome=%s", one_of(outcome, COUNT_OF(outcome)));
	if (pick(3) == 0)
		say(c, "accident_year=202%u", 2 + pick(3));
	if (pick(3) == 0)
		say(c, "during_attack=%s", pick(2) ? "yes" : "no");
}

static void
make_change(struct change *c, int kind, const struct record *all, size_t n)
{
	c->count = 0;
	c->set[0] = NULL;
	if (kind != 3)
		say_common(c);
	if (kind == 0)
		say_hazard(c);
	else if (kind == 1)
		say_find(c);
	else if (kind == 2)
		say_accident(c);
	else if (kind == 3)
		say_victim(c, all, n);
	else if (pick(2))
		say_place(c, true);
	if (kind == PLACE && pick(2))
		say(c, "population=%s", pick(2) ? "0" : "");
	if (kind == PLACE && pick(3) == 0)
		say(c, "type=%s", pick(2) ? "admin2" : "settlement");
}

/* What the form refuses is not handed in. */
static bool
hand_in(struct record *r, const struct change *c)
{
	struct entry_options o = {
		.kind = kinds[r->kind], .id = *r->id ? r->id : NULL, .set = c->set, .sets = c->count
	};
	struct entry_result res;
	enum err_code rc = entry_run(reg.st, &o, &res, &reg_err);

	if (rc && rc != ERR_INVALID)
		reg_ok(rc);
	if (!rc)
		memcpy(r->id, res.id, UUID_TEXT);
	return !rc;
}

/* Of a record whose every revision was returned nothing is shown: what comes then is a new report,
 * such as that of an attack, whose victims are counted apart. */
static bool
is_shown(const struct record *r)
{
	struct arena mem;
	struct shown row;
	struct uuid id;
	bool any = false;

	arena_init(&mem, 1u << 20);
	assert_true(uuid_parse(r->id, strlen(r->id), &id));
	reg_ok(store_get(reg.st, id, &mem, &row, &any, &reg_err));
	arena_done(&mem);
	return any;
}

static void
rule(const struct record *r)
{
	const char *const ids[] = { r->id };
	struct decide_options o = { .type = pick(3) ? "approval" : "return",
		                    .by = "A. Approver",
		                    .second = "B. Second",
		                    .reason = "seen",
		                    .id = ids,
		                    .ids = 1 };
	struct decide_result res;

	(void)(decide_run(reg.st, &o, &res, &reg_err) == ERR_OK); /* nothing may wait */
}

static void
keep_place(struct record *r, const char *id)
{
	r->kind = PLACE;
	memcpy(r->id, id, UUID_TEXT);
}

/* Two districts and a settlement at every spot, approved. */
static void
put_places(struct record all[PLACES])
{
	static const char *const name[] = { "name=West", "name=East" };

	char id[UUID_TEXT];
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		double x = i ? -124.97 : -125.03;
		char g[200];

		(void)snprintf(g, sizeof(g),
		               "geometry=POLYGON((%.2f -45.1,%.2f -45.1,%.2f -44.8,%.2f -44.8,%.2f "
		               "-45.1))",
		               x, x + 0.06, x + 0.06, x, x);
		ADD("place", id, "type=admin1", name[i], g);
		reg_decide("approval", id);
		keep_place(&all[n++], id);
	}
	for (unsigned i = 0; i < SPOTS; i++) {
		double at[2];
		char g[80];

		spot_of(i, at);
		(void)snprintf(g, sizeof(g), "geometry=POINT(%.4f %.4f)", at[0], at[1]);
		ADD("place", id, "type=settlement", "name=S", "population=10", g);
		reg_decide("approval", id);
		keep_place(&all[n++], id);
	}
}

static void
tell_bad(void *ctx, const char *sentence)
{
	(void)ctx;
	print_error("check: %s\n", sentence);
}

static void
run_chain(void)
{
	struct record all[RECORDS], place[PLACES];
	struct verify_report report = { .tell = tell_bad };
	struct state was, is;
	struct change c;
	char said[1600];
	size_t n = 0;

	put_places(place);
	memset(all, 0, sizeof(all));
	ask(&is);
	for (int step = 0; step < STEPS; step++) {
		bool fresh = n < RECORDS && (n < 5 || pick(6) == 0);
		bool moves_place = !fresh && pick(6) == 0;
		struct record *r =
			moves_place ? &place[pick(PLACES)] : &all[fresh ? n : pick((unsigned)n)];

		if (fresh)
			r->kind = n < 5 ? (int)n : (int)pick(5);
		if (!fresh && !is_shown(r))
			continue;
		if (!fresh && !moves_place && pick(3) == 0) {
			rule(r);
			ask(&is);
			continue;
		}
		make_change(&c, r->kind, all, n ? n : 1);
		if (!hand_in(r, &c))
			continue;
		n += fresh;
		was = is;
		ask(&is);
		if (lost(&was, &is)) {
			size_t at = 0;

			for (size_t i = 0; i < c.count; i++)
				at += (size_t)snprintf(said + at, sizeof(said) - at, " %s",
				                       c.set[i]);
			fail_msg("step %d: %s %s%s:%s\nlost %s", step, kinds[r->kind], r->id,
			         fresh ? " (new)" : "", c.count ? said : " nothing",
			         lost(&was, &is));
		}
	}
	reg_ok(store_verify(reg.st, reg.pool, &report, &reg_err));
	assert_int_equal(report.bad, 0);
}

static void
nothing_is_lost(void **state)
{
	const char *given = getenv("FALLOW_SEED");
	int64_t seed = 20261123;

	assert_true(!given || text_parse_i64(given, strlen(given), &seed));
	for (int i = 0; i < CHAINS; i++) {
		rng_seed(&rng, (uint64_t)seed + (uint64_t)i, 1);
		print_message("seed %lld\n", (long long)seed + i);
		assert_int_equal(reg_setup(state), 0);
		run_chain();
		assert_int_equal(reg_teardown(state), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_lost) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
