/*
 * How many calls there were, by minute, hour and day, and how long they took: counted by the mover in
 * the transaction that moves their records, read as series for charts. The tables are described in
 * sql/0011_stats.sql; the search in records uses them as its index.
 *
 * A call belongs to the minute that its id has. Approvals' own records (approvals/…) are no calls.
 */
#ifndef STORE_STATS_H
#define STORE_STATS_H
#include "audit/audit.h"
#include "base/arena.h"
#include "base/map.h"
#include "store/store.h"

enum stats_of { STATS_NOTHING = 0, STATS_ENDS, STATS_SERVER, STATS_TOOL, STATS_LABEL, STATS_GRANT, STATS_RULE };
enum stats_step { STATS_MINUTE = 60, STATS_HOUR = 3600, STATS_DAY = 86400 };

/*
 * Times are kept in slots: below 8 us each has one microsecond; above, each doubling has eight. What is told of a
 * slot is its middle, which is at most 6.25 % away from any time in it.
 */
#define STATS_SLOTS 256
unsigned stats_slot(uint64_t us);
uint64_t stats_slot_us(unsigned slot); /* its middle */

struct stats_times {
	uint64_t n[STATS_SLOTS];
};
/* The time below which this part (0 to 1) of the calls stayed; 0: there are none. */
uint64_t stats_percentile(const struct stats_times *t, double part);

enum stats_by { STATS_BY_DECISION = 0, STATS_BY_OUTCOME, STATS_BY_SERVER, STATS_BY_TOOL, STATS_BY_GRANT, STATS_BY_RULE };

struct stats_ask {
	int64_t since_s, until_s;  /* since <= time < until; widened to whole steps */
	enum stats_step step;
	enum stats_by by;
	size_t series_max;         /* of these, the greatest; at most LIMIT_STATS_SERIES */
	size_t top_max;
	/* NULL: all servers. Else only what may be seen. */
	bool (*sees)(void *ctx, struct slice server);
	void *ctx;
};

struct stats_key {
	struct slice key, server; /* server: of a tool or rule; else empty */
	uint64_t n, rough;        /* rough: of n, what is replaced by an exact count (stats_read.c) */
	uint64_t *points;         /* of a series: one a step */
};
struct stats_list {
	struct stats_key *v; /* the greatest first */
	size_t n;
};
struct stats_latency {
	int64_t start_s;
	uint64_t calls, p50_us, p95_us, p99_us, gate_p50_us, gate_p99_us;
};
struct stats_answer {
	int64_t since_s;        /* of the first point */
	size_t points;
	struct stats_list series, decisions, outcomes, tools, grants, rules, servers;
	struct stats_latency *latency, whole; /* only steps that have calls; over all of it */
	size_t latency_n;
	uint64_t records;       /* calls */
	bool is_counting;       /* older records are still being counted */
};

/* All of it lives in the arena. ERR_LIMIT: more than LIMIT_STATS_POINTS points. */
bool stats_read(struct store *s, const struct stats_ask *ask, struct arena *a, struct stats_answer *out,
                struct err *e) MUST_CHECK;

/* How often each tool was called since then, in days: fn is told of each. */
typedef void stats_tool_fn(void *ctx, struct slice server, struct slice tool, uint64_t n);
bool stats_tools(struct store *s, int64_t since_s, stats_tool_fn *fn, void *ctx, struct err *e) MUST_CHECK;
/* Of one tool: seven days, the last one being of now_s. */
bool stats_tool_days(struct store *s, struct slice server, struct slice tool, int64_t now_s, uint64_t days[7],
                     struct err *e) MUST_CHECK;

#endif
