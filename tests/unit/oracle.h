/*
 * What counters must do, told by somebody who keeps every single event and forgets none: slow, and
 * plainly right.
 */
#ifndef ORACLE_H
#define ORACLE_H
#include "quota/quota.h"
#include <stdbool.h>
#include <stdlib.h>

struct oracle_event {
	unsigned id;          /* which counter */
	enum quota_kind kind;
	int64_t at_us;        /* when, or the counter's latest time when the clock was behind it */
	int64_t window_us;    /* start of the window it counted in: of FIXED */
	quota_amount amount;
	bool is_gone;         /* given back */
};

struct oracle {
	struct oracle_event *v;
	size_t n, cap;
	int64_t latest_us; /* of all times told */
};

static inline void oracle_release(struct oracle *o)
{
	free(o->v);
	*o = (struct oracle){ 0 };
}

static inline bool oracle_is_behind(const struct oracle *o, int64_t now_us)
{
	return now_us < o->latest_us;
}

/* Nothing of a counter goes back in time. */
static inline int64_t oracle_time(const struct oracle *o, unsigned id, int64_t now_us)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].id == id && o->v[i].at_us > now_us)
			now_us = o->v[i].at_us;
	return now_us;
}

static inline int64_t oracle_window(const struct oracle *o, unsigned id, int64_t start_us)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].id == id && o->v[i].window_us > start_us)
			start_us = o->v[i].window_us;
	return start_us;
}

/* reach_us: of SLIDING, how far back events count. */
static inline quota_amount oracle_sum(const struct oracle *o, unsigned id, const struct quota_claim *c, int64_t now_us,
                                      int64_t reach_us)
{
	quota_amount sum = 0;
	int64_t now = oracle_time(o, id, now_us), window = oracle_window(o, id, c->window_start_us);
	for (size_t i = 0; i < o->n; i++) {
		const struct oracle_event *e = &o->v[i];
		if (e->id != id || e->is_gone)
			continue;
		if (c->kind == QUOTA_CONCURRENT || (c->kind == QUOTA_FIXED && e->window_us == window) ||
		    (c->kind == QUOTA_SLIDING && e->at_us > now - reach_us))
			sum += e->amount;
	}
	return sum;
}

/* Would this call be within all limits? slack_us: events of sliding windows count for so much longer. */
static inline bool oracle_allows(const struct oracle *o, const unsigned *ids, const struct quota_claim *c, size_t n,
                                 int64_t now_us, bool has_slack)
{
	for (size_t i = 0; i < n; i++) {
		int64_t reach = c[i].window_us;
		if (has_slack) /* the slots that hold an event, and the one that now is in */
			reach = c[i].window_end_us - c[i].window_start_us + 1;
		quota_amount sum = oracle_sum(o, ids[i], &c[i], now_us, reach);
		for (size_t k = 0; k <= i; k++)
			sum += ids[k] == ids[i] ? c[k].amount : 0;
		if (sum > c[i].max)
			return false;
	}
	return true;
}

static inline void oracle_take(struct oracle *o, const unsigned *ids, const struct quota_claim *c, size_t n,
                               int64_t now_us)
{
	for (size_t i = 0; i < n; i++) {
		if (o->n == o->cap) {
			o->cap = o->cap ? o->cap * 2 : 1024;
			o->v = realloc(o->v, o->cap * sizeof *o->v);
		}
		o->v[o->n] = (struct oracle_event){
			.id = ids[i], .kind = c[i].kind, .amount = c[i].amount,
			.at_us = oracle_time(o, ids[i], now_us),
			.window_us = c[i].kind == QUOTA_FIXED ? oracle_window(o, ids[i], c[i].window_start_us) : INT64_MIN,
		};
		o->n++;
	}
}

/* The call whose events begin at `first`. */
static inline void oracle_give_back(struct oracle *o, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		o->v[i].is_gone = true;
}

/* Only what was in flight ends there: it is kept nowhere. */
static inline void oracle_end_flights(struct oracle *o, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		o->v[i].is_gone |= o->v[i].kind == QUOTA_CONCURRENT;
}

#endif
