/*
 * What a million live counters cost: memory of the process, and the time of one reserve with its
 * settle, of each kind of limit. Prints one line for each; nothing here passes or fails.
 */
#include "ledger/ledger.h"
#include "past/past.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define COUNTERS 1000000
#define SECOND   ((int64_t)1000000)

static int64_t thread_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

static size_t resident_bytes(void)
{
	long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* A key is a hash. */
static void fill(struct quota_claim *c, enum quota_kind kind, uint64_t i, int64_t now)
{
	uint64_t h = (i + 1) * 0x9e3779b97f4a7c15u;
	*c = (struct quota_claim){.kind = kind, .window_us = 3600 * SECOND, .amount = QUOTA_ONE, .max = 1000 * QUOTA_ONE};
	h ^= h >> 29;
	memcpy(c->key, &h, sizeof h);
	memcpy(c->key + 8, &i, sizeof i);
	if (kind == QUOTA_SLIDING)
		quota_slot_span(c->window_us, now, &c->window_start_us, &c->window_end_us);
	if (kind == QUOTA_FIXED) {
		c->window_start_us = now - now % c->window_us;
		c->window_end_us = c->window_start_us + c->window_us;
	}
}

static void measure(const char *name, enum quota_kind kind)
{
	size_t before = resident_bytes(), at;
	int64_t retry, now = 1800000000 * SECOND, ns;
	struct quota *q = quota_new(COUNTERS);
	struct past *p = past_new(&(struct past_opts){.secret = "bench"});
	struct ledger *l = ledger_new_memory(q, p);
	struct quota_claim c;
	uint64_t random = 88172645463325252u;
	int refused = 0;
	for (uint64_t i = 0; i < COUNTERS; i++) {
		fill(&c, kind, i, now);
		refused += ledger_reserve(l, &c, 1, now, 1, &at, &retry) != LEDGER_RESERVED;
	}
	size_t bytes = resident_bytes() - before;
	ns = thread_ns();
	for (int i = 0; i < COUNTERS; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		fill(&c, kind, random % COUNTERS, now);
		refused += ledger_reserve(l, &c, 1, now, 1, &at, &retry) != LEDGER_RESERVED;
		if (i % 2)
			ledger_settle(l, &c, 1);
		else
			ledger_give_back(l, &c, 1);
	}
	ns = thread_ns() - ns;
	printf("%-12s %4zu MiB for a million counters, %4lld ns for reserve and settle%s\n", name, bytes >> 20,
	       (long long)ns / COUNTERS, refused ? " (SOME REFUSED)" : "");
	ledger_free(&l);
	past_free(&p);
	quota_free(&q);
}

int main(void)
{
	measure("fixed", QUOTA_FIXED);
	measure("sliding", QUOTA_SLIDING);
	measure("concurrent", QUOTA_CONCURRENT);
	return 0;
}
