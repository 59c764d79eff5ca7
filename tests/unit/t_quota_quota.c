/* Counters against a naive model: random claims, give-backs and jumps of the clock. */
#include "quota/quota.h"
#include "tap.h"
#include <stdlib.h>

#define MINUTE ((int64_t)60000000)
#define KEYS   40

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct quota_claim claim(unsigned id, int64_t now, int64_t window, quota_amount amount,
				quota_amount max)
{
	struct quota_claim c = {.window_us = window, .amount = amount, .max = max};
	c.key[0] = (unsigned char)(id % 3); /* few homes: long probes */
	c.key[9] = (unsigned char)id;
	c.window_start_us = now - now % window;
	c.window_end_us = c.window_start_us + window;
	return c;
}

static void simple_use(void)
{
	struct quota *q = quota_new(100);
	size_t at = 9;
	int64_t retry = 0, now = 1000 * MINUTE + 37000000;
	struct quota_claim c = claim(1, now, MINUTE, 1, 10);
	int passed = 0;
	for (int i = 0; i < 10; i++)
		passed += quota_reserve(q, &c, 1, now, &at, &retry) == QUOTA_RESERVED;
	ok(passed == 10, "ten of ten pass");
	ok(quota_reserve(q, &c, 1, now, &at, &retry) == QUOTA_REFUSED && at == 0,
	   "the eleventh does not");
	ok(retry == 23000000, "and is told 23 seconds");
	struct quota_claim later = claim(1, now + MINUTE, MINUTE, 1, 10);
	ok(quota_reserve(q, &later, 1, now + MINUTE, &at, &retry) == QUOTA_RESERVED,
	   "the next window is fresh");
	quota_give_back(q, &c, 1);
	ok(quota_used(q, &later) == 1, "what is given back late does not touch the next window");
	quota_give_back(q, &later, 1);
	ok(quota_used(q, &later) == 0, "and is taken off its own");
	struct quota_claim back = claim(1, now, MINUTE, 1, 10);
	for (int i = 0; i < 10; i++)
		(void)!quota_reserve(q, &later, 1, now + MINUTE, &at, &retry);
	ok(quota_reserve(q, &back, 1, now, &at, &retry) == QUOTA_REFUSED,
	   "a clock set back refills nothing");
	struct quota_claim big = claim(2, now, MINUTE, 11, 10);
	ok(quota_reserve(q, &big, 1, now, &at, &retry) == QUOTA_REFUSED && retry == -1,
	   "more than max never fits");
	quota_free(&q);
	ok(q == NULL, "freed");
}

static void all_or_none(void)
{
	struct quota *q = quota_new(100);
	size_t at = 0;
	int64_t retry, now = 5 * MINUTE;
	struct quota_claim two[2] = {claim(1, now, MINUTE, 1, 10), claim(2, now, MINUTE, 5, 7)};
	ok(quota_reserve(q, two, 2, now, &at, &retry) == QUOTA_RESERVED, "both fit");
	ok(quota_reserve(q, two, 2, now, &at, &retry) == QUOTA_REFUSED && at == 1,
	   "the second does not");
	ok(quota_used(q, &two[0]) == 1, "the first lost nothing");
	struct quota_claim same[2] = {claim(3, now, MINUTE, 4, 7), claim(3, now, MINUTE, 4, 7)};
	ok(quota_reserve(q, same, 2, now, &at, &retry) == QUOTA_REFUSED && at == 1,
	   "the same counter twice adds up");
	ok(quota_count(q) == 2, "a refused call leaves no counter behind");
	struct quota_claim zero = claim(1, now, MINUTE, 0, 1);
	ok(quota_reserve(q, &zero, 1, now, &at, &retry) == QUOTA_RESERVED,
	   "nothing always fits up to the maximum");
	quota_free(&q);
}

static void the_maximum(void)
{
	struct quota *q = quota_new(1000);
	size_t at;
	int64_t retry, now = 7 * MINUTE;
	bool all = true;
	for (unsigned i = 0; i < 1000; i++) {
		struct quota_claim c = claim(0, now, MINUTE, 1, 1);
		memcpy(c.key, &i, sizeof i);
		c.key[15] = 1;
		all = all && quota_reserve(q, &c, 1, now, &at, &retry) == QUOTA_RESERVED;
	}
	ok(all && quota_count(q) == 1000, "as many counters as allowed");
	struct quota_claim one_more = claim(200, now, MINUTE, 1, 1);
	one_more.key[14] = 9;
	ok(quota_reserve(q, &one_more, 1, now, &at, &retry) == QUOTA_FULL, "one more is refused");
	ok(quota_count(q) == 1000, "and takes nothing");
	now += MINUTE;
	struct quota_claim next = claim(200, now, MINUTE, 1, 1);
	ok(quota_reserve(q, &next, 1, now, &at, &retry) == QUOTA_RESERVED,
	   "passed counters make room");
	quota_expire(q, now, 10000);
	ok(quota_count(q) == 1, "expiry leaves what lives");
	quota_restore(q, QUOTA_FIXED, next.key, next.window_start_us, next.window_end_us, 7);
	ok(quota_used(q, &next) == 7, "a counter is restored");
	quota_restore(q, QUOTA_FIXED, next.key, next.window_start_us - MINUTE, next.window_start_us, 1);
	ok(quota_used(q, &next) == 7, "but not by an older window");
	quota_free(&q);
}

struct model {
	int64_t start, end;
	long used;
};

static bool model_fits(const struct model *m, const struct quota_claim *c, size_t n,
		       const unsigned *ids, size_t *at)
{
	for (size_t i = 0; i < n; i++) {
		long sum = m[ids[i]].end && m[ids[i]].start >= c[i].window_start_us ? m[ids[i]].used
										    : 0;
		for (size_t j = 0; j <= i; j++)
			sum += ids[j] == ids[i] ? (long)c[j].amount : 0;
		if (sum > (long)c[i].max) {
			*at = i;
			return false;
		}
	}
	return true;
}

static void model_take(struct model *m, const struct quota_claim *c)
{
	if (!m->end || m->start < c->window_start_us)
		*m = (struct model){c->window_start_us, c->window_end_us, 0};
	m->used += (long)c->amount;
}

static void model_give(struct model *m, const struct quota_claim *c)
{
	if (m->end && m->start == c->window_start_us)
		m->used = m->used > (long)c->amount ? m->used - (long)c->amount : 0;
}

static int one_call(struct quota *q, struct model *m, uint64_t *seed, int64_t now)
{
	struct quota_claim c[4];
	unsigned ids[4];
	size_t n = 1 + next_random(seed) % 4, at = 0, expected = 0;
	int64_t retry;
	for (size_t i = 0; i < n; i++) {
		ids[i] = (unsigned)(next_random(seed) % KEYS);
		int64_t window = ids[i] % 2 ? MINUTE : 7 * MINUTE;
		c[i] = claim(ids[i], now, window, (quota_amount)(next_random(seed) % 5), 12);
	}
	bool fits = model_fits(m, c, n, ids, &expected);
	enum quota_result r = quota_reserve(q, c, n, now, &at, &retry);
	if ((r == QUOTA_RESERVED) != fits || (!fits && at != expected))
		return 1;
	for (size_t i = 0; fits && i < n; i++)
		model_take(&m[ids[i]], &c[i]);
	if (fits && next_random(seed) % 3 == 0) {
		quota_give_back(q, c, n);
		for (size_t i = 0; i < n; i++)
			model_give(&m[ids[i]], &c[i]);
	}
	for (size_t i = 0; i < n; i++) {
		bool now_current = m[ids[i]].end && m[ids[i]].start >= c[i].window_start_us;
		if (quota_used(q, &c[i]) != (now_current ? m[ids[i]].used : 0))
			return 1;
	}
	return 0;
}

/*
 * A counter whose window has passed may be forgotten or not, and only a clock that goes
 * back would tell. So either the clock never goes back, or both sides forget at once.
 */
static void against_the_model(uint64_t seed, bool clock_goes_back)
{
	struct quota *q = quota_new(KEYS);
	struct model m[KEYS] = {0};
	int64_t now = 1000 * MINUTE;
	int wrong = 0;
	for (int i = 0; i < 20000; i++) {
		uint64_t r = next_random(&seed) % 100;
		now += r == 0 && clock_goes_back ? -3 * MINUTE
		       : r == 1                  ? 20 * MINUTE
						 : (int64_t)(next_random(&seed) % 3000000);
		for (int turn = 0; turn < (clock_goes_back ? 3 : 1); turn++)
			quota_expire(q, now, clock_goes_back ? 1000 : r % 8);
		for (unsigned k = 0; k < KEYS && clock_goes_back; k++)
			if (m[k].end <= now)
				m[k] = (struct model){0};
		wrong += one_call(q, m, &seed, now);
	}
	ok(wrong == 0, "20000 random calls agree with the model");
	ok(quota_count(q) <= KEYS, "no counter stands twice");
	quota_free(&q);
}

int main(void)
{
	simple_use();
	all_or_none();
	the_maximum();
	against_the_model(1, false);
	against_the_model(1, true);
	against_the_model(42, false);
	against_the_model(42, true);
	against_the_model(20260101, false);
	against_the_model(20260101, true);
	return tap_done();
}
