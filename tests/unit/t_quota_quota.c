/* Counters against a naive model: random claims, give-backs and jumps of the clock. */
#include "quota/quota.h"
#include "tap.h"
#include <stdlib.h>

#define MINUTE ((int64_t)60000000)
#define KEYS   40

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

/* Slots of a minute each: a call counts for eleven to twelve of them. */
static void sliding(void)
{
	struct quota *q = quota_new(10);
	size_t at = 9;
	int64_t retry = 0, now = 1000 * MINUTE + 59999999;
	struct quota_claim c = claim(1, now, 11 * MINUTE, 1, 1), first = c;
	c.kind = QUOTA_SLIDING;
	quota_slot_span(c.window_us, now, &c.window_start_us, &c.window_end_us);
	ok(c.window_start_us == 1000 * MINUTE && c.window_end_us == 1012 * MINUTE, "a slot counts for twelve of its length");
	first = c;
	ok(quota_reserve(q, &first, 1, now, &at, &retry) == QUOTA_RESERVED, "the first call passes");
	ok(quota_reserve(q, &c, 1, now, &at, &retry) == QUOTA_REFUSED && retry == 11 * MINUTE + 1, "the next has to wait for it");
	now += retry - 1;
	quota_slot_span(c.window_us, now, &c.window_start_us, &c.window_end_us);
	ok(quota_peek(q, &c, 1, now, &at, &retry) == QUOTA_REFUSED && retry == 1, "up to the last microsecond");
	quota_slot_span(c.window_us, ++now, &c.window_start_us, &c.window_end_us);
	ok(quota_peek(q, &c, 1, now, &at, &retry) == QUOTA_RESERVED, "and passes then");
	quota_give_back(q, &first, 1);
	ok(quota_used(q, &c) == 0, "what is given back after its time changes nothing");
	int64_t start, end;
	quota_slot_span(7, -1, &start, &end);
	ok(start == -1 && end == 11, "slots are a microsecond at least, also before 1970");
	quota_free(&q);
}

static void in_flight(void)
{
	struct quota *q = quota_new(10);
	size_t at = 9;
	int64_t retry = -7;
	struct quota_claim c = {.kind = QUOTA_CONCURRENT, .amount = 1, .max = 2}, d = c;
	ok(quota_reserve(q, &c, 1, MINUTE, &at, &retry) == QUOTA_RESERVED &&
		   quota_reserve(q, &d, 1, MINUTE, &at, &retry) == QUOTA_RESERVED,
	   "two calls are in flight");
	ok(quota_reserve(q, &d, 1, 99 * MINUTE, &at, &retry) == QUOTA_REFUSED && retry == 0, "no time makes room for a third");
	quota_expire(q, INT64_MAX, 100);
	ok(quota_used(q, &c) == 2, "and none forgets them");
	quota_give_back(q, &c, 1);
	quota_give_back(q, &d, 1);
	ok(quota_count(q) == 0, "nothing is left when they have ended");
	quota_give_back(q, &d, 1);
	ok(quota_used(q, &c) == 0, "nor is anything given back that was not taken");
	quota_free(&q);
}

int main(void)
{
	sliding();
	in_flight();
	simple_use();
	all_or_none();
	the_maximum();
	return tap_done();
}
