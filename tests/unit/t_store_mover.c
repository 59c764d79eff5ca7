/*
 * The mover: whatever it is interrupted by, each record is kept once and each counter is
 * exact; readers see the same before, while and after.
 */
#include "moving.h"
#include "store/tail.h"
#include "tap.h"
#include <fcntl.h>
#include <sys/wait.h>

static void check_merging(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct err e = { 0 };
	int64_t now = clock_wall_us();
	gate_open(&g, &f, &plain);
	struct audit_record quick = record_of(1, now), slow = record_of(2, now + 1000), refused = record_of(3, now + 2000);
	add(&g, AUDIT_PART_DECISION, &quick, NULL, 0);
	add(&g, AUDIT_PART_DECISION, &slow, NULL, 0);
	add_outcome(&g, &quick, AUDIT_OK);
	refused.decision = AUDIT_DENY;
	refused.outcome = AUDIT_REFUSED;
	refused.rule = SLICE_LIT("(default deny)");
	add(&g, AUDIT_PART_WHOLE, &refused, NULL, 0);
	struct tally t = all_of(g.store);
	ok(t.n == 0, "what was not flushed did not happen");
	flush(&g);
	t = all_of(g.store);
	ok(t.n == 3 && t.pending == 1 && t.ok == 1, "what stands in the journal is seen");
	move_all(&g);
	t = all_of(g.store);
	ok(t.n == 3 && t.pending == 1 && t.ok == 1 && journal_backlog(g.journal) == 0, "moved, it is the same");
	ok(number(&f, "SELECT count(*) FROM records") == 3 && number(&f, "SELECT count(*) FROM outcomes") == 0,
	   "a call that is over is one row");
	add_outcome(&g, &slow, AUDIT_OK);
	flush(&g);
	t = all_of(g.store);
	ok(t.n == 3 && t.pending == 0 && t.ok == 2, "a late outcome in the journal belongs to its row");
	move_all(&g);
	t = all_of(g.store);
	ok(t.n == 3 && t.pending == 0 && t.ok == 2 && number(&f, "SELECT count(*) FROM outcomes") == 1,
	   "and so it does in the database");
	struct records_verdict v = verdict_of(g.store);
	ok(!v.is_broken && v.records == 3 && v.checkpoints == 2, "the chain holds: %s", v.why);
	ok(!mover_begin(g.mover), "there is nothing more to do");
	gate_close(&g);
	must(e.text[0] == '\0', &e);
	folder_remove(&f);
}

static struct audit_record seen;
static char seen_text[4096];

static bool keep_seen(void *ctx, const struct audit_record *r)
{
	struct buf b = BUF_INIT(sizeof seen_text);
	(void)ctx;
	seen = *r;
	audit_write_json(&b, r);
	snprintf(seen_text, sizeof seen_text, "%s", buf_str(&b));
	buf_release(&b);
	return true;
}

static void check_fields(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct err e = { 0 };
	struct audit_filter all = { 0 };
	char before[sizeof seen_text];
	gate_open(&g, &f, &plain);
	struct audit_record r = record_of(1, 1700000000000000);
	r.message = SLICE_LIT("with \0 and \xc3\xa9 and \"quotes\"");
	r.subject = SLICE_LIT("s");
	r.session = SLICE_LIT("abc");
	r.rule = SLICE_LIT("/tools/x");
	r.pointer = SLICE_LIT("/tools/x/0");
	r.client_name = SLICE_LIT("c");
	r.client_version = SLICE_LIT("1");
	r.client_ip = SLICE_LIT("::1");
	r.trace_id = SLICE_LIT("0af7651916cd43dd8448eb211c80319c");
	r.outcome = AUDIT_TIMEOUT;
	r.http_status = 504;
	r.duration_us = UINT64_MAX / 2;
	add(&g, AUDIT_PART_WHOLE, &r, NULL, 0);
	flush(&g);
	must(records_query(g.store, &all, keep_seen, NULL, &e), &e);
	memcpy(before, seen_text, sizeof before);
	move_all(&g);
	must(records_query(g.store, &all, keep_seen, NULL, &e), &e);
	ok(strcmp(before, seen_text) == 0 && strstr(before, "504"), "all fields survive the move: %s", seen_text);
	gate_close(&g);
	folder_remove(&f);
}

static void check_filters(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct err e = { 0 };
	const int64_t start = 1700000000000000;
	char ids[30][RANDOM_UUID_SIZE];
	gate_open(&g, &f, &plain);
	for (int i = 0; i < 30; i++) {
		struct audit_record r = record_of(i, start + i * (int64_t)1000000);
		memcpy(ids[i], r.id, sizeof ids[i]);
		r.decision = i % 5 ? AUDIT_ALLOW : AUDIT_DENY;
		add(&g, AUDIT_PART_WHOLE, &r, NULL, 0);
		flush(&g);
		if (i == 14)
			move_all(&g);
	}
	struct audit_filter x = { .grant = SLICE_LIT("odd") };
	ok(tally_of(g.store, &x).n == 15, "by the label of the grant, in database and journal");
	x = (struct audit_filter){ .target = SLICE_LIT("write"), .server = SLICE_LIT("files") };
	ok(tally_of(g.store, &x).n == 10, "by tool and server");
	x = (struct audit_filter){ .has_decision = true, .decision = AUDIT_DENY };
	ok(tally_of(g.store, &x).n == 6, "by decision");
	x = (struct audit_filter){ .since_us = start + 10000000, .until_us = start + 20000000 };
	ok(tally_of(g.store, &x).n == 10, "by time: since is within, until is not");
	x = (struct audit_filter){ .id = slice_str(ids[3]) };
	ok(tally_of(g.store, &x).n == 1, "by id");
	x = (struct audit_filter){ .limit = 20 };
	struct tally page = tally_of(g.store, &x);
	ok(page.n == 20 && page.unordered == 0 && page.doubled == 0 && strcmp(page.last, ids[10]) == 0,
	   "a page ends at its limit, newest first");
	x.before_id = slice_str(page.last);
	struct tally next = tally_of(g.store, &x);
	ok(next.n == 10 && strcmp(next.last, ids[0]) == 0, "the next page goes on there");
	x.before_id = SLICE_LIT("nonsense");
	ok(!records_query(g.store, &x, count, &page, &e) && strstr(e.text, "nonsense"), "no id: %s", e.text);
	gate_close(&g);
	folder_remove(&f);
}

#define CALLS 1500

/* Each call takes one from a counter; every tenth gives it back. */
static void add_calls(struct gate *g, const struct quota_claim *c)
{
	for (int i = 0; i < CALLS; i++) {
		struct audit_record r = record_of(i, 1700000000000000 + i * (int64_t)1000);
		struct quota_claim both[2] = { c[i % 2], c[2] };
		add(g, AUDIT_PART_DECISION, &r, both, 2);
		if (i % 10 == 0)
			add(g, AUDIT_PART_GIVE_BACK, &r, both, 2);
		if (i % 3 == 0)
			add_outcome(g, &r, AUDIT_OK);
		flush(g);
	}
}

static void make_claims(struct quota_claim c[3])
{
	int64_t now = clock_wall_us();
	memset(c, 0, 3 * sizeof *c);
	for (int i = 0; i < 3; i++) {
		c[i].key[0] = (unsigned char)(i + 1);
		c[i].window_start_us = now - now % 1000000;
		c[i].window_end_us = c[i].window_start_us + 3600 * (int64_t)1000000;
		c[i].window_us = 3600 * (int64_t)1000000;
		c[i].amount = c[i].max = QUOTA_ONE;
	}
	c[2].amount = QUOTA_ONE / 1000 + 1; /* 0.001000001 */
}

static bool counters_are_exact(struct store *s, const struct quota_claim *c)
{
	struct quota *q = quota_new(100);
	struct err e = { 0 };
	const quota_amount calls = CALLS - CALLS / 10;
	must(store_restore_counters(s, q, clock_wall_us(), &e), &e);
	/* Calls that give back have even numbers: they are all of the first counter. */
	bool exact = quota_used(q, &c[0]) == (CALLS / 2 - CALLS / 10) * QUOTA_ONE &&
	             quota_used(q, &c[1]) == CALLS / 2 * QUOTA_ONE && quota_used(q, &c[2]) == calls * c[2].amount;
	quota_free(&q);
	return exact;
}

/* What a process finds that starts on this copy. */
static bool recovers(struct folder *copy, const struct quota_claim *c)
{
	struct gate g;
	bool fine = true;
	for (int i = 0; i < 2; i++) { /* a second start replays nothing */
		gate_open(&g, copy, &plain);
		move_all(&g);
		struct tally t = all_of(g.store);
		struct records_verdict v = verdict_of(g.store);
		fine = fine && t.n == CALLS && t.ok == CALLS / 3 && t.doubled == 0 && !v.is_broken &&
		       v.records == CALLS && counters_are_exact(g.store, c) && journal_backlog(g.journal) == 0;
		gate_close(&g);
	}
	folder_remove(copy);
	return fine;
}

static void check_crashes(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct quota_claim c[3];
	size_t steps = 0, seen_right = 0, recovered = 0;
	make_claims(c);
	gate_open(&g, &f, &small);
	add_calls(&g, c);
	struct folder first = folder_copy(&f);
	while (mover_begin(g.mover)) {
		/* Copies of the same moment but for the database: a crash after the write and before its commit,
		 * and after the commit and before the files are deleted. */
		struct folder before = folder_copy(&f);
		mover_work(g.mover);
		struct folder after = folder_copy(&f);
		mover_done(g.mover);
		struct tally t = all_of(g.store);
		seen_right += t.n == CALLS && t.ok == CALLS / 3 && t.doubled == 0;
		recovered += recovers(&before, c) && recovers(&after, c);
		steps++;
	}
	ok(steps > 3, "%zu batches", steps);
	ok(seen_right == steps, "readers see every record once between all of them");
	ok(recovered == steps, "a crash before or after each of them loses and doubles nothing");
	ok(counters_are_exact(g.store, c), "counters are exact, give-backs too");
	gate_close(&g);
	char source[300], target[300];
	snprintf(source, sizeof source, "%s/journal", first.path);
	snprintf(target, sizeof target, "%s/journal", f.path);
	folder_copy_into(source, target);
	ok(recovers(&f, c), "files that should have been deleted are not moved again");
	folder_remove(&first);
}

/* The worker commits after a reader read the files and before it has its snapshot. */
static void check_race(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct err e = { 0 };
	struct tail t;
	gate_open(&g, &f, &plain);
	for (int i = 0; i < 20; i++) {
		struct audit_record r = record_of(i, 1700000000000000 + i * (int64_t)1000);
		add(&g, AUDIT_PART_WHOLE, &r, NULL, 0);
		flush(&g);
		if (i == 9) {
			must(tail_read(&t, g.store, &e), &e);
			move_all(&g);
			must(tail_begin(&t, g.store, &e), &e);
			ok(t.n == 0, "what was moved meanwhile is left out");
			tail_release(&t);
		}
	}
	must(tail_read(&t, g.store, &e) && tail_begin(&t, g.store, &e), &e);
	ok(t.n == 10, "what was not is there");
	tail_release(&t);
	gate_close(&g);
	folder_remove(&f);
}

static void check_damage(void)
{
	struct folder f = folder_new();
	struct gate g;
	char path[512];
	gate_open(&g, &f, &plain);
	for (int start = 0; start < 3; start++) {
		for (int i = 0; i < 10; i++) {
			struct audit_record r = record_of(i, 1700000000000000 + (start * 10 + i) * (int64_t)1000);
			add(&g, AUDIT_PART_WHOLE, &r, NULL, 0);
		}
		flush(&g);
		gate_close(&g);
		gate_open(&g, &f, &plain);
	}
	snprintf(path, sizeof path, "%s/journal/000000000002.log", f.path);
	int fd = open(path, O_WRONLY);
	struct stat st;
	ok(fd >= 0 && fstat(fd, &st) == 0 && pwrite(fd, "\xff", 1, st.st_size / 2) == 1, "a byte in the middle is changed");
	close(fd);
	ok(all_of(g.store).n >= 20, "readers go on behind it");
	move_all(&g);
	struct tally t = all_of(g.store);
	ok(t.n >= 20 && t.n < 30 && !mover_begin(g.mover), "so does the mover: %zu of 30 are left", t.n);
	ok(access(path, F_OK) != 0, "what was moved is deleted");
	gate_close(&g);
	folder_remove(&f);
}

/* The command line writes while a gate journals and moves. */
static void check_neighbours(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct quota_claim c[3];
	int status;
	make_claims(c);
	gate_open(&g, &f, &small);
	pid_t child = fork();
	if (child == 0) {
		struct store_opts o = { .data_dir = f.path };
		struct err e = { 0 };
		struct store *s = store_open(&o, &e);
		int64_t version;
		bool fine = s != NULL;
		for (int i = 0; fine && i < 50; i++) {
			char text[32];
			snprintf(text, sizeof text, "{\"n\":%d}", i);
			fine = store_policy_apply(s, "p", slice_str(text), "", "", &version, &e);
			struct audit_filter all = { .limit = 10 };
			struct tally t = { 0 };
			fine = fine && records_query(s, &all, count, &t, &e) && t.doubled == 0 && t.unordered == 0;
		}
		if (!fine)
			fprintf(stderr, "# %s\n", e.text);
		_exit(!fine);
	}
	add_calls(&g, c);
	while (mover_begin(g.mover)) {
		mover_work(g.mover);
		mover_done(g.mover);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "another process writes and reads meanwhile");
	ok(all_of(g.store).n == CALLS && !mover_failed(g.mover) && counters_are_exact(g.store, c),
	   "the gate loses nothing by it");
	gate_close(&g);
	folder_remove(&f);
}

/* Rows that cannot be written stay in the journal. */
static void check_failure(void)
{
	struct folder f = folder_new();
	struct gate g;
	struct err e = { 0 };
	gate_open(&g, &f, &plain);
	struct audit_record r = record_of(1, 1700000000000000);
	add(&g, AUDIT_PART_WHOLE, &r, NULL, 0);
	flush(&g);
	change(&f, "CREATE TRIGGER stop BEFORE INSERT ON records BEGIN SELECT raise(ABORT, 'no room'); END");
	ok(!mover_all(g.mover, &e) && mover_failed(g.mover) && strstr(e.text, "no room"), "a batch fails: %s", e.text);
	ok(all_of(g.store).n == 1 && journal_backlog(g.journal) > 0, "its records are still there");
	change(&f, "DROP TRIGGER stop");
	ok(mover_all(g.mover, &e) && !mover_failed(g.mover) && number(&f, "SELECT count(*) FROM records") == 1,
	   "the next attempt moves them");
	gate_close(&g);
	folder_remove(&f);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_merging();
	check_fields();
	check_filters();
	check_crashes();
	check_race();
	check_damage();
	check_neighbours();
	check_failure();
	return tap_done();
}
