/*
 * Random schedules of reserving, settling, giving back, crashes and clocks that jump, beside an
 * oracle that keeps every event: in memory with the journal, and in a real store.
 */
#include "moving.h"
#include "oracle.h"
#include "valkey_rig.h"

#define IDS     7
#define MINUTE  ((int64_t)60000000)
#define HELD    40

struct held { /* a call that has reserved and not ended */
	struct quota_claim c[4];
	size_t n, first; /* first: of its events */
};

struct world {
	uint64_t seed;
	int64_t now;
	unsigned epoch;
	struct oracle oracle;
	struct held held[HELD];
	size_t held_n;
	bool has_slots;
	/* One of both: */
	struct quota *quota;
	struct folder folder;
	struct gate storage;
	struct valkey_server *server;
	struct asker asker;
	int wrong, passed, refused;
};

static uint64_t next_random(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

/* A crash frees what was in flight in memory only: in a store it ends with its lease, so those
 * counters have other names after it. */
static struct quota_claim claim_of(struct world *w, unsigned id, int64_t now)
{
	static const enum quota_kind kinds[IDS] = { QUOTA_FIXED,   QUOTA_FIXED,      QUOTA_SLIDING,   QUOTA_SLIDING,
		                                    QUOTA_FIXED, QUOTA_CONCURRENT, QUOTA_CONCURRENT };
	static const int64_t windows[IDS] = { MINUTE, 7 * MINUTE, MINUTE, 10 * MINUTE + 7, 2 * MINUTE, 0, 0 };
	struct quota_claim c = { .kind = kinds[id], .window_us = windows[id], .max = 12 * QUOTA_ONE, .is_durable = id == 4 };
	if (c.kind == QUOTA_SLIDING && !w->has_slots)
		c.kind = QUOTA_FIXED;
	c.key[0] = (unsigned char)(id % 3); /* few homes: long probes */
	c.key[9] = (unsigned char)id;
	if (c.kind == QUOTA_CONCURRENT)
		c.key[10] = (unsigned char)w->epoch;
	/* Thirds are not exact in binary, and the last digits must not get lost under large ones. */
	c.amount = (quota_amount)(next_random(w) % 5) * QUOTA_ONE + (quota_amount)(next_random(w) % 3) * 333333333;
	if (id == 4) {
		c.max = (quota_amount)999999999999999999 * QUOTA_ONE + 999999999;
		c.amount = c.max / 5 - (quota_amount)(next_random(w) % 2);
	}
	if (c.kind == QUOTA_FIXED) {
		c.window_start_us = now - now % c.window_us;
		c.window_end_us = c.window_start_us + c.window_us;
	} else if (c.kind == QUOTA_SLIDING) {
		quota_slot_span(c.window_us, now, &c.window_start_us, &c.window_end_us);
	}
	return c;
}

static void note(struct world *w, enum audit_part part, const struct quota_claim *c, size_t n)
{
	struct quota_claim kept[4];
	size_t k = 0;
	struct audit_record r = record_of(1, w->now);
	for (size_t i = 0; i < n; i++)
		if (c[i].kind != QUOTA_CONCURRENT)
			kept[k++] = c[i];
	add(&w->storage, part, &r, kept, k);
	flush(&w->storage);
}

static bool reserve(struct world *w, struct quota_claim *c, size_t n, size_t *at, int64_t *retry)
{
	if (w->server)
		return asker_reserve(&w->asker, c, n, w->now, at, retry) == LEDGER_RESERVED;
	if (quota_reserve(w->quota, c, n, w->now, at, retry) != QUOTA_RESERVED)
		return false;
	note(w, AUDIT_PART_DECISION, c, n);
	return true;
}

/* Whoever is told to wait so long, passes then, and not before. */
static bool waits_right(struct world *w, const struct quota_claim *c, size_t n, int64_t retry)
{
	struct quota_claim then[4];
	size_t at;
	int64_t more;
	for (int early = 0; early < 2; early++) {
		int64_t now = w->now + retry - early;
		for (size_t i = 0; i < n; i++) {
			then[i] = c[i];
			if (c[i].kind == QUOTA_FIXED) {
				then[i].window_start_us = now - now % c[i].window_us;
				then[i].window_end_us = then[i].window_start_us + c[i].window_us;
			} else if (c[i].kind == QUOTA_SLIDING) {
				quota_slot_span(c[i].window_us, now, &then[i].window_start_us, &then[i].window_end_us);
			}
		}
		enum ledger_result r = w->server ? asker_peek(&w->asker, then, n, now, &at, &more)
		                       : quota_peek(w->quota, then, n, now, &at, &more) == QUOTA_RESERVED ? LEDGER_RESERVED
		                                                                                          : LEDGER_REFUSED;
		if (r != (early ? LEDGER_REFUSED : LEDGER_RESERVED))
			return false;
	}
	return true;
}

static void wrong(struct world *w, const char *what)
{
	if (!w->wrong++)
		printf("# %s, at %lld, seed %llx\n", what, (long long)w->now, (unsigned long long)w->seed);
}

static void call(struct world *w)
{
	unsigned ids[4];
	struct held h = { .n = 1 + next_random(w) % 4, .first = w->oracle.n };
	size_t at = 99;
	int64_t retry = -2;
	bool has_flight = false;
	for (size_t i = 0; i < h.n; i++) {
		ids[i] = (unsigned)(next_random(w) % IDS);
		h.c[i] = claim_of(w, ids[i], w->now);
		has_flight |= h.c[i].kind == QUOTA_CONCURRENT;
	}
	struct quota_claim asked[4];
	memcpy(asked, h.c, sizeof asked);
	bool may = oracle_allows(&w->oracle, ids, h.c, h.n, w->now, false);
	bool must_pass = oracle_allows(&w->oracle, ids, h.c, h.n, w->now, true) && !oracle_is_behind(&w->oracle, w->now);
	bool passed = w->held_n < HELD && reserve(w, h.c, h.n, &at, &retry);
	if (passed && !may)
		wrong(w, "a call passed that no limit allows");
	if (!passed && must_pass && w->held_n < HELD)
		wrong(w, "a call was refused that all limits allow");
	if (passed) {
		oracle_take(&w->oracle, ids, asked, h.n, w->now);
		w->held[w->held_n++] = h;
		w->passed++;
	} else if (w->held_n < HELD) {
		w->refused++;
		if (at >= h.n)
			wrong(w, "a refusal names no claim");
		if (!has_flight && retry > 0 && !oracle_is_behind(&w->oracle, w->now) && !waits_right(w, asked, h.n, retry))
			wrong(w, "the time to wait is not that after which it passes");
	}
}

static void give_back(struct world *w, const struct quota_claim *c, size_t n)
{
	if (w->server) {
		ledger_give_back(w->asker.ledger, c, n);
		return;
	}
	quota_give_back(w->quota, c, n);
	note(w, AUDIT_PART_GIVE_BACK, c, n);
}

static void end(struct world *w)
{
	if (!w->held_n)
		return;
	size_t which = next_random(w) % w->held_n;
	struct held h = w->held[which];
	w->held[which] = w->held[--w->held_n];
	if (next_random(w) % 2) { /* the tool did not run */
		oracle_give_back(&w->oracle, h.first, h.n);
		give_back(w, h.c, h.n);
		return;
	}
	oracle_end_flights(&w->oracle, h.first, h.n);
	if (w->server)
		ledger_settle(w->asker.ledger, h.c, h.n);
	for (size_t i = 0; i < h.n && !w->server; i++)
		if (h.c[i].kind == QUOTA_CONCURRENT)
			quota_give_back(w->quota, &h.c[i], 1);
}

static void open_memory(struct world *w)
{
	struct err e = { 0 };
	gate_open(&w->storage, &w->folder, &plain);
	move_all(&w->storage);
	w->quota = quota_new(1000);
	must(store_restore_counters(w->storage.store, w->quota, w->now, &e), &e);
}

/* What is in memory is gone; what was written is not. */
static void crash(struct world *w)
{
	for (size_t i = 0; i < w->held_n; i++)
		oracle_end_flights(&w->oracle, w->held[i].first, w->held[i].n);
	w->held_n = 0;
	w->epoch++;
	if (w->server) {
		struct loop *l = w->asker.loop;
		char url[400];
		/* What was given back in this turn would still be counted after it: it was not sent yet. */
		struct quota_claim c = claim_of(w, 0, w->now);
		size_t at;
		int64_t retry;
		(void)!asker_peek(&w->asker, &c, 1, w->now, &at, &retry);
		ledger_free(&w->asker.ledger);
		snprintf(url, sizeof url, "unix:%s", w->server->socket);
		asker_open(&w->asker, l, url, 10000, 600000);
		asker_until(&w->asker, asker_is_up);
		return;
	}
	quota_free(&w->quota);
	gate_close(&w->storage);
	open_memory(w);
}

static void play(struct world *w, int steps, int crashes)
{
	for (int i = 0; i < steps; i++) {
		uint64_t r = next_random(w) % 100;
		int64_t back = (int64_t)(next_random(w) % 4) * MINUTE;
		w->now += r == 0 ? -back : r == 1 ? 20 * MINUTE : (int64_t)(next_random(w) % 2000000);
		if (w->quota)
			quota_expire(w->quota, w->now, next_random(w) % 8);
		if (w->oracle.latest_us < w->now)
			w->oracle.latest_us = w->now;
		if (next_random(w) % 3)
			call(w);
		else
			end(w);
		if (crashes && i % (steps / crashes) == 0)
			crash(w);
	}
}

/* The next midnight: rows of the past are forgotten by the machine's own clock. */
static int64_t a_time(void)
{
	return (clock_wall_us() / (1440 * MINUTE) + 1) * 1440 * MINUTE;
}

static void in_memory(uint64_t seed)
{
	struct world w = { .seed = seed, .now = a_time(), .has_slots = true, .folder = folder_new() };
	open_memory(&w);
	play(&w, 6000, 12);
	ok(w.wrong == 0 && w.passed > 300 && w.refused > 300,
	   "in memory with the journal, seed %llu: %d calls passed and %d were refused as the oracle says", (unsigned long long)seed,
	   w.passed, w.refused);
	quota_free(&w.quota);
	gate_close(&w.storage);
	folder_remove(&w.folder);
	oracle_release(&w.oracle);
}

static void in_store(uint64_t seed, struct valkey_server *server, struct loop *l)
{
	struct world w = { .seed = seed, .now = a_time(), .server = server };
	char url[400], reply[200];
	server_say(server, "FLUSHALL", reply);
	snprintf(url, sizeof url, "unix:%s", server->socket);
	asker_open(&w.asker, l, url, 10000, 600000);
	asker_until(&w.asker, asker_is_up);
	play(&w, 4000, 12);
	ok(w.wrong == 0 && w.passed > 200 && w.refused > 200,
	   "in a store, seed %llu: %d calls passed and %d were refused as the oracle says", (unsigned long long)seed, w.passed,
	   w.refused);
	ledger_free(&w.asker.ledger);
	oracle_release(&w.oracle);
}

int main(void)
{
	in_memory(1);
	in_memory(42);
	in_memory(20260101);
	if (!server_program()) {
		printf("ok %d - in a store # SKIP neither valkey-server nor redis-server is installed\n", ++tap_count);
		return tap_done();
	}
	struct valkey_server server;
	struct loop *l = loop_new();
	server_init(&server);
	server_start(&server, NULL, NULL);
	in_store(1, &server, l);
	in_store(42, &server, l);
	in_store(20260101, &server, l);
	loop_free(&l);
	server_release(&server);
	return tap_done();
}
