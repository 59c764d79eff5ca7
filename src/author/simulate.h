/*
 * What would have been decided otherwise: the recorded calls of a period, replayed against another
 * policy in the order and at the times at which they were made.
 *
 * A record has the names of arguments and no values. A decision that depends on a value is counted as
 * unknown. Counters and labels run over the replay: a call that was delivered then counts as
 * delivered, and one that only passes now as one that would have been.
 */
#ifndef AUTHOR_SIMULATE_H
#define AUTHOR_SIMULATE_H
#include "store/records.h"

struct simulated_change {
	const char *server, *tool;
	const char *from, *from_rule, *to, *to_rule; /* decisions: "allow", "deny", "approve" */
	size_t calls;
	char example[RANDOM_UUID_SIZE]; /* the first record of these */
};

struct simulation {
	size_t calls, changed, unknown;
	struct simulated_change *v; /* in the arena; one for each tool, decision and rule */
	size_t n;
};

struct simulate_opts {
	struct store *store;
	struct audit_filter filter; /* since_us, until_us, server, grant */
	struct slice policy;	    /* that loads */
	struct slice tools;	    /* as judge_new takes them: classes and labels; p NULL: none */
	struct arena *arena;
	/* Now and then; total 0: the records are being read. False ends it, as ERR_INPUT. NULL: nobody asks. */
	bool (*on_progress)(void *ctx, size_t done, size_t total);
	void *ctx;
};

/* ERR_LIMIT past LIMIT_SIMULATED_CALLS. */
bool simulate_policy(struct simulate_opts *o, struct simulation *out, struct err *e) MUST_CHECK;
/* {"calls","changed","unknown","changes":[{"server","tool","from","from_rule","to","to_rule","example","calls"}…]} */
void simulation_write_json(struct buf *b, const struct simulation *s);

#endif
