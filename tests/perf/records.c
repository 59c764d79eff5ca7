/*
 * Fills a data folder with made-up records, as a gate would: into the journal, and by the mover into the
 * database. Prints what the mover took of the time.
 *
 *     bench_records FOLDER RECORDS SERVERS TOOLS DAYS
 *
 * TOOLS are those of one server. Few servers and tools have most of the calls, as it is with people; the
 * last record is of now.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "store/mover.h"
#include "audit/audit.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GRANTS 60
#define FLUSH  500

static const char *const verbs[] = { "read", "list", "search", "create", "update", "delete", "send", "query" };

struct bench {
	struct store *store;
	struct journal *journal;
	struct mover *mover;
	struct buf entry;
	uint64_t random, moving_ns, moves;
	unsigned servers, tools;
};

static double next(struct bench *b)
{
	b->random ^= b->random << 13, b->random ^= b->random >> 7, b->random ^= b->random << 17;
	return (double)(b->random >> 11) / 9007199254740992.0;
}

static uint64_t thread_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const struct err *e)
{
	fprintf(stderr, "bench_records: %s\n", e->text);
	exit(1);
}

static void add(struct bench *b, enum audit_part part, const struct audit_record *r)
{
	struct err e = { .text = "the journal takes no entry" };
	buf_clear(&b->entry);
	audit_encode(&b->entry, part, r, NULL, 0);
	if (!buf_ok(&b->entry) || !journal_add(b->journal, buf_slice(&b->entry)))
		fail(&e);
}

static void flush(struct bench *b)
{
	struct err e = { .text = "the journal cannot be written" };
	if (!journal_flush(b->journal))
		fail(&e);
	if (journal_backlog(b->journal) < LIMIT_MOVER_BATCH)
		return;
	uint64_t from = thread_ns();
	if (!mover_all(b->mover, &e))
		fail(&e);
	b->moving_ns += thread_ns() - from;
	b->moves++;
}

/* One call: decided, and but for a few, over. */
static void call(struct bench *b, int64_t at_us)
{
	char server[32], tool[48], grant[40], id[40], rule[96], subject[32];
	double u = next(b), v = next(b);
	unsigned s = (unsigned)(u * u * u * b->servers), t = (unsigned)(v * v * b->tools);
	unsigned g = (s * 7 + (unsigned)(next(b) * 3)) % GRANTS;
	static const struct slice keys[] = { { "path", 4 }, { "limit", 5 } };
	snprintf(server, sizeof server, "server-%03u", s);
	snprintf(tool, sizeof tool, "%s_thing_%02u", verbs[t % ARRAY_LEN(verbs)], t);
	snprintf(grant, sizeof grant, "agent-%02u", g);
	snprintf(id, sizeof id, "00000000-0000-7000-8000-0000000000%02u", g);
	snprintf(subject, sizeof subject, "person%u@example.com", g % 20);
	struct audit_record r = {
		.time_us = at_us, .grant_id = slice_str(id), .grant_label = slice_str(grant), .subject = slice_str(subject),
		.session = SLICE_LIT("5f0c1a2b3c4d5e6f"), .server = slice_str(server), .method = SLICE_LIT("tools/call"),
		.target = slice_str(tool), .argument_keys = keys, .argument_key_n = 2, .decision = AUDIT_ALLOW,
		.policy = SLICE_LIT("team"), .policy_version = 3, .client_name = SLICE_LIT("claude-code"),
		.client_version = SLICE_LIT("2.1.0"), .client_ip = SLICE_LIT("127.0.0.1"), .rpc_id = SLICE_LIT("17"),
	};
	random_uuid7(at_us, r.id);
	bool is_refused = next(b) < .08;
	if (is_refused) {
		snprintf(rule, sizeof rule, "/tools/%s/require/%u", tool, t % 3);
		r.decision = AUDIT_DENY;
		r.outcome = AUDIT_REFUSED;
		r.rule = r.pointer = slice_str(rule);
		r.message = SLICE_LIT("the path must be below /srv/shared: ask for a file there, or ask the owner of the grant");
		r.duration_us = 30 + (uint64_t)(next(b) * 60);
		add(b, AUDIT_PART_WHOLE, &r);
		return;
	}
	add(b, AUDIT_PART_DECISION, &r);
	r.outcome = next(b) < .03 ? AUDIT_TOOL_ERROR : next(b) < .01 ? AUDIT_TIMEOUT : AUDIT_OK;
	r.upstream_us = (uint64_t)(2000 / (next(b) + .001));
	r.duration_us = r.upstream_us + 40 + (uint64_t)(next(b) * 100);
	r.result_bytes = (uint64_t)(next(b) * 5000);
	if (next(b) < .999)
		add(b, AUDIT_PART_OUTCOME, &r);
}

int main(int argc, char **argv)
{
	struct bench b = { .random = 88172645463325252u };
	struct err e = { 0 };
	struct mover_opts mo = { 0 };
	if (argc != 6)
		return 2;
	struct store_opts so = { .data_dir = argv[1] };
	long n = strtol(argv[2], NULL, 10), days = strtol(argv[5], NULL, 10);
	b.servers = (unsigned)strtoul(argv[3], NULL, 10);
	b.tools = (unsigned)strtoul(argv[4], NULL, 10);
	buf_init(&b.entry, LIMIT_JOURNAL_ENTRY);
	if (!(b.store = store_open(&so, &e)) || !(b.journal = journal_open(b.store, &e)) ||
	    !(b.mover = mover_new(b.store, b.journal, &mo, &e)))
		fail(&e);
	int64_t span = days * 86400000000, now = clock_wall_us();
	for (long i = 1; i <= n; i++) {
		call(&b, now - span + (int64_t)((double)span * (double)i / (double)n));
		if (i % FLUSH == 0)
			flush(&b);
	}
	flush(&b);
	if (!mover_all(b.mover, &e))
		fail(&e);
	printf("{\"records\": %ld, \"batches\": %llu, \"moving_s\": %.2f, \"us_per_record\": %.2f}\n", n,
	       (unsigned long long)b.moves, (double)b.moving_ns / 1e9, (double)b.moving_ns / 1e3 / (double)n);
	mover_free(&b.mover);
	journal_close(&b.journal);
	store_close(&b.store);
	buf_release(&b.entry);
	return 0;
}
