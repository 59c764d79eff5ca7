/* Counts of calls: what the mover adds up is what a count of the records says, and the search that they are the index of finds
 * what a search without an index finds. */
#include "base/arena.h"
#include "moving.h"
#include "store/stats.h"
#include "tap.h"

#define MINUTE ((int64_t)60 * 1000000)
#define START  ((int64_t)1700000000 * 1000000)

static struct audit_record call_of(int i, char text[64])
{
	static const char *const servers[] = { "files", "mail", "web" };
	struct audit_record r = record_of(i, START + i * 7 * MINUTE);
	snprintf(text, 64, "/tools/t%d/require/0", i % 11);
	r.server = slice_str(servers[i % 3]);
	r.target = i % 5 ? SLICE_LIT("read") : SLICE_LIT("write");
	if (i % 4 == 0) {
		r.decision = AUDIT_DENY;
		r.rule = slice_str(text);
	}
	return r;
}

/* Some are over when they are moved, some later, some never. */
static void fill(struct gate *g, int n)
{
	char text[64];
	for (int i = 0; i < n; i++) {
		struct audit_record r = call_of(i, text);
		if (r.decision == AUDIT_DENY) {
			r.outcome = AUDIT_REFUSED;
			add(g, AUDIT_PART_WHOLE, &r, NULL, 0);
			continue;
		}
		add(g, AUDIT_PART_DECISION, &r, NULL, 0);
		if (i % 60 == 1) {
			flush(g);
			move_all(g);
		}
		if (i % 10)
			add_outcome(g, &r, i % 7 ? AUDIT_OK : AUDIT_TOOL_ERROR);
	}
	flush(g);
	move_all(g);
}

static uint64_t count_of(const struct stats_list *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_is(l->v[i].key, key))
			return l->v[i].n;
	return 0;
}

static void check_sums(struct gate *g, int n)
{
	struct stats_ask ask = { .since_s = START / 1000000, .until_s = (START + n * 7 * MINUTE) / 1000000, .step = STATS_HOUR,
		                 .series_max = LIMIT_STATS_SERIES, .top_max = LIMIT_STATS_TOP };
	struct stats_answer s;
	struct arena a;
	struct err e = { 0 };
	uint64_t denied = 0, read_files = 0, errors = 0, pending = 0, points = 0;
	for (int i = 0; i < n; i++) {
		denied += i % 4 == 0;
		read_files += i % 5 && i % 3 == 0;
		errors += i % 4 && i % 10 && i % 7 == 0;
		pending += i % 4 && i % 10 == 0;
	}
	arena_init(&a, 64 << 20);
	must(stats_read(g->store, &ask, &a, &s, &e), &e);
	ok(s.records == (uint64_t)n && !s.is_counting, "all calls are counted once: %llu", (unsigned long long)s.records);
	ok(count_of(&s.decisions, "deny") == denied && count_of(&s.outcomes, "refused") == denied, "by decision");
	ok(count_of(&s.outcomes, "tool_error") == errors && count_of(&s.outcomes, "pending") == pending,
	   "a late outcome takes the place of pending");
	bool found = false;
	for (size_t i = 0; i < s.tools.n; i++)
		if (slice_is(s.tools.v[i].key, "read") && slice_is(s.tools.v[i].server, "files"))
			found = s.tools.v[i].n == read_files;
	ok(found, "by tool of a server");
	for (size_t i = 0; i < s.series.n; i++)
		for (size_t k = 0; k < s.points; k++)
			points += s.series.v[i].points[k];
	ok(points == (uint64_t)n, "the points of the series are all of them");
	ok(s.whole.calls == (uint64_t)n - denied - pending && s.whole.p50_us >= 940 && s.whole.p50_us <= 1063 && s.whole.gate_p50_us >= 94 &&
	   s.whole.gate_p50_us <= 107, "times are within 6.25 %%: %llu", (unsigned long long)s.whole.p50_us);
	ask.until_s = ask.since_s - 2 * STATS_HOUR;
	ok(!stats_read(g->store, &ask, &a, &s, &e), "no time at all is refused");
	ask.until_s = ask.since_s + (LIMIT_STATS_POINTS + 1) * (int64_t)STATS_HOUR;
	ok(!stats_read(g->store, &ask, &a, &s, &e) && e.kind == ERR_LIMIT, "one point past the limit is refused");
	ask.until_s = ask.since_s / STATS_HOUR * STATS_HOUR + LIMIT_STATS_POINTS * (int64_t)STATS_HOUR;
	ask.since_s = ask.since_s / STATS_HOUR * STATS_HOUR;
	ok(stats_read(g->store, &ask, &a, &s, &e), "the limit itself is fine");
	arena_release(&a);
}

/* The same search over pages that look at little, and over one that looks at all. */
static size_t all_pages(struct gate *g, struct audit_filter f, size_t max, size_t *pages)
{
	struct records_look look = { .max = max };
	struct tally t = { 0 };
	struct err e = { 0 };
	char last[RANDOM_UUID_SIZE];
	f.limit = 10000;
	for (*pages = 1;; ++*pages) {
		must(records_search(g->store, &f, &look, count, &t, &e), &e);
		if (!look.has_more)
			break;
		memcpy(last, look.last, sizeof last);
		f.before_id = slice_str(last);
	}
	ok(!t.doubled && !t.unordered, "each once, the newest first");
	return t.n;
}

static void check_search(struct gate *g, int n)
{
	struct audit_filter f[] = {
		{ .server = SLICE_LIT("mail") },
		{ .tool = SLICE_LIT("write"), .server = SLICE_LIT("files") },
		{ .has_decision = true, .decision = AUDIT_DENY, .server = SLICE_LIT("web") },
		{ .has_outcome = true, .outcome = AUDIT_TOOL_ERROR },
		{ .has_outcome = true, .outcome = AUDIT_PENDING },
		{ .rule = SLICE_LIT("/tools/t4/require/0") },
		{ .grant = SLICE_LIT("odd"), .has_decision = true, .decision = AUDIT_ALLOW },
		{ .q = SLICE_LIT("T4/REQ") },
		{ .server = SLICE_LIT("nothing") },
	};
	struct audit_filter all = { .limit = LIMIT_RECORD_PAGE };
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		size_t pages, few_pages, wanted = 0;
		char text[64];
		for (int k = 0; k < n; k++) {
			struct audit_record r = call_of(k, text);
			r.outcome = r.decision == AUDIT_DENY ? AUDIT_REFUSED : k % 10 == 0 ? AUDIT_PENDING : k % 7 ? AUDIT_OK : AUDIT_TOOL_ERROR;
			wanted += audit_matches(&f[i], &r);
		}
		size_t found = all_pages(g, f[i], 0, &pages), little = all_pages(g, f[i], 150, &few_pages);
		ok(found == wanted && little == wanted && pages == 1, "search %zu finds %zu of %zu, and %zu in %zu pages", i, found, wanted, little, few_pages);
	}
	ok(tally_of(g->store, &all).n == (size_t)n, "and all of them without a filter");
}

/* Records of a program that did not count. */
static void check_past(struct folder *f, struct gate *g, int n)
{
	struct err e = { 0 };
	struct db d = { 0 };
	char path[512];
	snprintf(path, sizeof path, "%s/gatehouse.db", f->path);
	must(db_open(&d, path, DB_WRITE, &e), &e);
	must(db_exec(&d, "DELETE FROM stats; DELETE FROM stats_times; UPDATE stats_past SET seq = (SELECT seq FROM mover)", &e), &e);
	db_close(&d);
	gate_close(g);
	gate_open(g, f, &plain);
	struct audit_filter one = { .server = SLICE_LIT("mail"), .limit = LIMIT_RECORD_PAGE };
	ok(tally_of(g->store, &one).n == (size_t)n / 3, "what is not counted yet is found all the same");
	int turns = 0;
	while (number(f, "SELECT seq FROM stats_past") && turns++ < 100 && mover_begin(g->mover)) {
		mover_work(g->mover);
		mover_done(g->mover);
	}
	check_sums(g, n);
}

static void check_slots(void)
{
	bool fits = true;
	for (uint64_t us = 0; us < 40000000; us += us / 50 + 1) {
		uint64_t is = stats_slot_us(stats_slot(us));
		fits = fits && (is > us ? is - us : us - is) * 10000 <= us * 625;
	}
	ok(fits, "the middle of a slot is at most 6.25 %% away");
	ok(stats_slot(UINT64_MAX) == STATS_SLOTS - 1 && stats_slot(0) == 0, "there is a slot for every time");
}

int main(void)
{
	struct folder f = folder_new();
	struct gate g;
	const int n = 600;
	check_slots();
	gate_open(&g, &f, &plain);
	fill(&g, n);
	check_sums(&g, n);
	check_search(&g, n);
	check_past(&f, &g, n);
	gate_close(&g);
	folder_remove(&f);
	return tap_done();
}
