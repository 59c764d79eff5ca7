/* What fits, what is taken and what is given back: windows, slots and calls in flight. */
#include "quota/quota.h"
#include "base/check.h"
#include "quota/counter.h"

struct quota *quota_new(size_t counters_max)
{
	struct quota *q = mem_zalloc(sizeof *q);
	q->max = counters_max;
	counters_init(q);
	return q;
}

void quota_free(struct quota **q)
{
	if (*q)
		counters_release(*q);
	free(*q);
	*q = NULL;
}

static int64_t floor_div(int64_t v, int64_t unit)
{
	return v / unit - (v % unit < 0);
}

void quota_slot_span(int64_t window_us, int64_t now_us, int64_t *start_us, int64_t *end_us)
{
	/* Rounded up: the slots but the latest one, of which only a part has passed, are the
	 * window's length at least. */
	int64_t width = window_us / (QUOTA_SLOTS - 1) + (window_us % (QUOTA_SLOTS - 1) != 0);
	BUG_ON(width <= 0);
	*start_us = floor_div(now_us, width) * width;
	*end_us = *start_us + QUOTA_SLOTS * width;
}

static int64_t slot_width(int64_t start_us, int64_t end_us)
{
	return (end_us - start_us) / QUOTA_SLOTS;
}

static size_t place_of(int64_t number)
{
	return (size_t)(((number % QUOTA_SLOTS) + QUOTA_SLOTS) % QUOTA_SLOTS);
}

static struct small_amount *slot_at(struct slots *s, int64_t number)
{
	return &s->v[place_of(number)];
}

/* The latest of both: a clock that was set back does not take a counter back. */
static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What slots before the one at from_us hold does not count. */
static quota_amount sum_slots(const struct quota *q, const struct counter *c, int64_t from_us)
{
	int64_t width = slot_width(c->start_us, c->end_us);
	int64_t newest = c->start_us / width, first = later(newest - QUOTA_SLOTS + 1, from_us / width);
	const struct slots *s = counter_slots(q, c);
	quota_amount sum = 0;
	size_t at = place_of(newest);
	for (int64_t i = newest; i >= first; i--) {
		sum += small_read(s->v[at]);
		at = at ? at - 1 : QUOTA_SLOTS - 1;
	}
	return sum;
}

/* The first slot that counts as of the claim. */
static int64_t horizon_of(const struct counter *c, const struct quota_claim *claim)
{
	int64_t width = slot_width(c->start_us, c->end_us);
	return later(c->start_us, claim->window_start_us) - (QUOTA_SLOTS - 1) * width;
}

static quota_amount used_by(const struct quota *q, const struct counter *c, const struct quota_claim *claim)
{
	if (!c)
		return 0;
	switch (claim->kind) {
	case QUOTA_FIXED:
		return c->start_us >= claim->window_start_us ? small_read(c->used) : 0;
	case QUOTA_SLIDING:
		return claim->window_start_us > c->start_us ? sum_slots(q, c, horizon_of(c, claim))
							     : small_read(c->used);
	case QUOTA_CONCURRENT:
		return small_read(c->used);
	}
	BUG_ON(true);
	return 0;
}

/* When enough of the oldest slots count no longer. */
static int64_t find_room(const struct quota *q, const struct counter *c, const struct quota_claim *claim,
			 quota_amount asked)
{
	int64_t width = slot_width(c->start_us, c->end_us), at = horizon_of(c, claim);
	while (sum_slots(q, c, at) > claim->max - asked)
		at += width;
	/* The slot before `at` is the last that must go. */
	return at + (QUOTA_SLOTS - 1) * width;
}

/* asked: of this claim and of those of the same call before it that count on the same. */
static int64_t wait_of(const struct quota *q, const struct counter *c, const struct quota_claim *claim,
		       quota_amount asked, int64_t now_us)
{
	int64_t at = 0;
	if (asked > claim->max)
		return -1;
	BUG_ON(!c);
	switch (claim->kind) {
	case QUOTA_FIXED:
		at = c->end_us;
		break;
	case QUOTA_SLIDING:
		at = find_room(q, c, claim, asked);
		break;
	case QUOTA_CONCURRENT:
		return 0;
	}
	return later(at - now_us, 0);
}

/* Was the counter dropped, perhaps, and is the clock back where it would still count? */
static bool is_forgotten(const struct quota *q, const struct counter *c, const struct quota_claim *claim, int64_t now_us)
{
	if (c || now_us >= q->forgot_us || claim->kind == QUOTA_CONCURRENT)
		return false;
	return claim->kind == QUOTA_SLIDING ? claim->window_start_us < q->forgot_us
					    : claim->window_end_us <= q->forgot_us;
}

static bool is_same(const struct quota_claim *a, const struct quota_claim *b)
{
	return a->kind == b->kind && memcmp(a->key, b->key, QUOTA_KEY_SIZE) == 0;
}

static bool check_all(const struct quota *q, struct counter *const *found, const struct quota_claim *claims,
		      size_t n, int64_t now_us, size_t *at, int64_t *retry_after_us)
{
	bool fits = true;
	for (size_t i = 0; i < n; i++) {
		const struct quota_claim *c = &claims[i];
		quota_amount asked = c->amount, sum;
		BUG_ON(c->amount < 0 ||
		       (c->kind != QUOTA_CONCURRENT && c->window_end_us <= c->window_start_us));
		for (size_t j = 0; j < i; j++)
			if (is_same(&claims[j], c) && __builtin_add_overflow(asked, claims[j].amount, &asked))
				asked = c->max + 1;
		sum = used_by(q, found[i], c);
		bool is_gone = is_forgotten(q, found[i], c, now_us);
		if (!__builtin_add_overflow(sum, asked, &sum) && sum <= c->max && !is_gone)
			continue;
		int64_t wait = is_gone && asked <= c->max ? q->forgot_us - now_us
							  : wait_of(q, found[i], c, asked, now_us);
		if (fits) {
			*at = i;
			*retry_after_us = wait;
		} else if (*retry_after_us >= 0) {
			*retry_after_us = wait < 0 ? wait : later(*retry_after_us, wait);
		}
		fits = false;
	}
	return fits;
}

static void find_all(const struct quota *q, struct counter **found, const struct quota_claim *claims, size_t n)
{
	BUG_ON(n > QUOTA_CLAIMS_MAX);
	for (size_t i = 0; i < n; i++)
		found[i] = counter_find(q, &claims[i]);
}

static size_t count_new(struct counter *const *found, const struct quota_claim *claims, size_t n)
{
	size_t fresh = 0;
	for (size_t i = 0; i < n; i++) {
		bool is_new = !found[i];
		for (size_t j = 0; j < i && is_new; j++)
			is_new = !is_same(&claims[j], &claims[i]);
		fresh += is_new;
	}
	return fresh;
}

/* Empties the slots between the latest one and that of start_us, which becomes the latest. */
static void advance(struct quota *q, struct counter *c, int64_t start_us, int64_t end_us)
{
	int64_t width = slot_width(start_us, end_us), to = start_us / width;
	for (int64_t i = later(c->start_us / width, to - QUOTA_SLOTS) + 1; i <= to; i++)
		*slot_at(counter_slots(q, c), i) = small_of(0);
	c->start_us = start_us;
	c->end_us = end_us;
	c->used = small_of(sum_slots(q, c, start_us - (QUOTA_SLOTS - 1) * width));
}

static void take(struct quota *q, struct counter *c, struct quota_claim *claim)
{
	if (claim->kind != QUOTA_CONCURRENT && claim->window_start_us > c->start_us) {
		if (claim->kind == QUOTA_SLIDING) {
			advance(q, c, claim->window_start_us, claim->window_end_us);
		} else {
			c->start_us = claim->window_start_us;
			c->end_us = claim->window_end_us;
			c->used = small_of(0);
		}
	}
	c->used = small_of(small_read(c->used) + claim->amount);
	if (claim->kind == QUOTA_CONCURRENT)
		return;
	if (claim->kind == QUOTA_SLIDING) {
		int64_t newest = c->start_us / slot_width(c->start_us, c->end_us);
		struct small_amount *into = slot_at(counter_slots(q, c), newest);
		*into = small_of(small_read(*into) + claim->amount);
	}
	claim->window_start_us = c->start_us;
	claim->window_end_us = c->end_us;
}

#define EXPIRE_WHEN_FULL 1024
/* Fewer are not worth looking for those that passed: whoever plays calls out of their order then
 * finds all of them. */
#define EXPIRE_FROM 4096

enum quota_result quota_reserve(struct quota *q, struct quota_claim *claims, size_t n, int64_t now_us,
				size_t *at, int64_t *retry_after_us)
{
	struct counter *found[QUOTA_CLAIMS_MAX];
	if (q->n >= EXPIRE_FROM)
		quota_expire(q, now_us, 2);
	find_all(q, found, claims, n);
	if (!check_all(q, found, claims, n, now_us, at, retry_after_us))
		return QUOTA_REFUSED;
	if (q->n + count_new(found, claims, n) > q->max) {
		quota_expire(q, now_us, EXPIRE_WHEN_FULL);
		find_all(q, found, claims, n);
		if (q->n + count_new(found, claims, n) > q->max)
			return QUOTA_FULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (!found[i]) /* looked up again: a claim before may have made it */
			found[i] = counter_find(q, &claims[i]);
		take(q, found[i] ? found[i] : counter_add(q, &claims[i]), &claims[i]);
	}
	return QUOTA_RESERVED;
}

enum quota_result quota_peek(const struct quota *q, const struct quota_claim *claims, size_t n,
			     int64_t now_us, size_t *at, int64_t *retry_after_us)
{
	struct counter *found[QUOTA_CLAIMS_MAX];
	find_all(q, found, claims, n);
	return check_all(q, found, claims, n, now_us, at, retry_after_us) ? QUOTA_RESERVED : QUOTA_REFUSED;
}

static void subtract(struct small_amount *from, quota_amount amount)
{
	quota_amount used = small_read(*from);
	*from = small_of(used > amount ? used - amount : 0);
}

static void give_back(struct quota *q, const struct quota_claim *claim)
{
	struct counter *c = counter_find(q, claim);
	if (!c)
		return;
	switch (claim->kind) {
	case QUOTA_FIXED:
		if (c->start_us == claim->window_start_us)
			subtract(&c->used, claim->amount);
		break;
	case QUOTA_SLIDING: {
		int64_t width = slot_width(c->start_us, c->end_us);
		int64_t newest = c->start_us / width, slot = claim->window_start_us / width;
		if (slot <= newest && slot > newest - QUOTA_SLOTS) {
			subtract(slot_at(counter_slots(q, c), slot), claim->amount);
			subtract(&c->used, claim->amount);
		}
		break;
	}
	case QUOTA_CONCURRENT:
		subtract(&c->used, claim->amount);
		if (!small_read(c->used))
			counter_drop(q, c);
		break;
	}
}

void quota_give_back(struct quota *q, const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		give_back(q, &claims[i]);
}

void quota_expire(struct quota *q, int64_t now_us, size_t steps)
{
	for (; steps && q->counters.n; steps--) {
		if (q->hand >= q->counters.n)
			q->hand = 0;
		struct counter *c = counter_at(q, q->hand++);
		if (!counter_is_live(c) || counter_kind(c) == QUOTA_CONCURRENT || c->end_us > now_us)
			continue;
		counter_drop(q, c);
		q->forgot_us = later(q->forgot_us, now_us);
	}
}

void quota_restore(struct quota *q, enum quota_kind kind, const unsigned char key[QUOTA_KEY_SIZE],
		   int64_t window_start_us, int64_t window_end_us, quota_amount used)
{
	struct quota_claim claim = {.kind = kind,
				    .window_start_us = window_start_us,
				    .window_end_us = window_end_us};
	if (kind == QUOTA_CONCURRENT || window_end_us <= window_start_us || used < 0 || used >> 96)
		return;
	if (kind == QUOTA_SLIDING && (slot_width(window_start_us, window_end_us) == 0 ||
				      (window_end_us - window_start_us) % QUOTA_SLOTS))
		return;
	memcpy(claim.key, key, QUOTA_KEY_SIZE);
	struct counter *c = counter_find(q, &claim);
	if (!c)
		c = counter_add(q, &claim); /* past the maximum, too: forgetting would allow */
	if (kind == QUOTA_SLIDING) {
		int64_t width = slot_width(window_start_us, window_end_us);
		if (window_start_us > c->start_us)
			advance(q, c, window_start_us, window_end_us);
		if (c->start_us / width - window_start_us / width < QUOTA_SLOTS)
			*slot_at(counter_slots(q, c), window_start_us / width) = small_of(used);
		c->used = small_of(sum_slots(q, c, c->start_us - (QUOTA_SLOTS - 1) * width));
	} else if (window_start_us >= c->start_us) {
		c->start_us = window_start_us;
		c->end_us = window_end_us;
		c->used = small_of(used);
	}
}

quota_amount quota_used(const struct quota *q, const struct quota_claim *c)
{
	return used_by(q, counter_find(q, c), c);
}

size_t quota_count(const struct quota *q)
{
	return q->n;
}
