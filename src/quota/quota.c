/*
 * Open addressing with linear probing; a key is a hash already, its first bytes are the
 * place. A counter is 48 bytes and the table at least three eighths full once it has grown.
 */
#include "quota/quota.h"
#include "base/check.h"

struct counter {
	unsigned char key[QUOTA_KEY_SIZE];
	int64_t window_start_us, window_end_us; /* equal: the place is free */
	quota_amount used;
};

struct quota {
	struct counter *table;
	size_t n, cap; /* cap: a power of two */
	size_t max;
	size_t hand; /* where the next step of expiry looks */
};

#define FIRST_CAP 64

_Static_assert(sizeof(struct counter) * 8 / 3 <= 200, "a counter costs at most 200 bytes");

struct quota *quota_new(size_t counters_max)
{
	struct quota *q = mem_zalloc(sizeof *q);
	q->max = counters_max;
	q->cap = FIRST_CAP;
	q->table = mem_zalloc(q->cap * sizeof *q->table);
	return q;
}

void quota_free(struct quota **q)
{
	if (*q)
		free((*q)->table);
	free(*q);
	*q = NULL;
}

static bool is_live(const struct counter *c)
{
	return c->window_end_us != c->window_start_us;
}

static size_t home_of(const struct quota *q, const unsigned char *key)
{
	size_t h;
	memcpy(&h, key, sizeof h);
	return h & (q->cap - 1);
}

/* The counter, or the free place where it belongs. */
static struct counter *find(const struct quota *q, const unsigned char *key)
{
	size_t i = home_of(q, key);
	while (is_live(&q->table[i]) && memcmp(q->table[i].key, key, QUOTA_KEY_SIZE) != 0)
		i = (i + 1) & (q->cap - 1);
	return &q->table[i];
}

static void grow(struct quota *q)
{
	struct quota next = *q;
	next.cap = q->cap * 2;
	next.table = mem_zalloc(next.cap * sizeof *next.table);
	next.hand = 0;
	for (size_t i = 0; i < q->cap; i++)
		if (is_live(&q->table[i]))
			*find(&next, q->table[i].key) = q->table[i];
	free(q->table);
	*q = next;
}

static struct counter *add(struct quota *q, const unsigned char *key)
{
	if ((q->n + 1) * 4 > q->cap * 3)
		grow(q);
	struct counter *c = find(q, key);
	BUG_ON(is_live(c));
	memcpy(c->key, key, QUOTA_KEY_SIZE);
	q->n++;
	return c;
}

/* Closes the gap, so that no probe ends too early. */
static void drop(struct quota *q, size_t gap)
{
	size_t mask = q->cap - 1, i = gap;
	for (;;) {
		i = (i + 1) & mask;
		if (!is_live(&q->table[i]))
			break;
		size_t home = home_of(q, q->table[i].key);
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			q->table[gap] = q->table[i];
			gap = i;
		}
	}
	q->table[gap] = (struct counter){0};
	q->n--;
}

void quota_expire(struct quota *q, int64_t now_us, size_t steps)
{
	if (steps > q->cap)
		steps = q->cap;
	for (; steps; steps--) {
		struct counter *c = &q->table[q->hand];
		if (is_live(c) && c->window_end_us <= now_us)
			drop(q, q->hand); /* another may have moved here: look again */
		else
			q->hand = (q->hand + 1) & (q->cap - 1);
	}
}

/* A window that lies before the counter's own comes from a clock that was set back: it
 * counts where the counter stands, or setting the clock would refill every limit. */
static bool is_current(const struct counter *c, const struct quota_claim *claim)
{
	return is_live(c) && c->window_start_us >= claim->window_start_us;
}

static quota_amount used_by(const struct quota *q, const struct quota_claim *claim)
{
	const struct counter *c = find(q, claim->key);
	return is_current(c, claim) ? c->used : 0;
}

static bool fits(const struct quota *q, const struct quota_claim *claims, size_t at)
{
	quota_amount sum = used_by(q, &claims[at]);
	for (size_t i = 0; i <= at; i++)
		if (memcmp(claims[i].key, claims[at].key, QUOTA_KEY_SIZE) == 0 &&
		    __builtin_add_overflow(sum, claims[i].amount, &sum))
			return false;
	return sum <= claims[at].max;
}

static size_t count_new(const struct quota *q, const struct quota_claim *claims, size_t n)
{
	size_t fresh = 0;
	for (size_t i = 0; i < n; i++) {
		bool is_new = !is_live(find(q, claims[i].key));
		for (size_t j = 0; j < i && is_new; j++)
			is_new = memcmp(claims[j].key, claims[i].key, QUOTA_KEY_SIZE) != 0;
		fresh += is_new;
	}
	return fresh;
}

#define EXPIRE_WHEN_FULL 1024

enum quota_result quota_reserve(struct quota *q, const struct quota_claim *claims, size_t n,
				int64_t now_us, size_t *at, int64_t *retry_after_us)
{
	for (size_t i = 0; i < n; i++) {
		BUG_ON(claims[i].window_end_us <= claims[i].window_start_us ||
		       claims[i].amount < 0);
		if (fits(q, claims, i))
			continue;
		const struct counter *c = find(q, claims[i].key);
		int64_t end =
			is_current(c, &claims[i]) ? c->window_end_us : claims[i].window_end_us;
		*at = i;
		*retry_after_us = claims[i].amount > claims[i].max ? -1
				  : end > now_us                   ? end - now_us
								   : 0;
		return QUOTA_REFUSED;
	}
	quota_expire(q, now_us, 2);
	if (q->n + count_new(q, claims, n) > q->max) {
		quota_expire(q, now_us, EXPIRE_WHEN_FULL);
		if (q->n + count_new(q, claims, n) > q->max)
			return QUOTA_FULL;
	}
	for (size_t i = 0; i < n; i++) {
		struct counter *c = find(q, claims[i].key);
		if (!is_current(c, &claims[i])) {
			if (!is_live(c))
				c = add(q, claims[i].key);
			c->window_start_us = claims[i].window_start_us;
			c->window_end_us = claims[i].window_end_us;
			c->used = 0;
		}
		c->used += claims[i].amount;
	}
	return QUOTA_RESERVED;
}

void quota_give_back(struct quota *q, const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct counter *c = find(q, claims[i].key);
		if (is_live(c) && c->window_start_us == claims[i].window_start_us)
			c->used = c->used > claims[i].amount ? c->used - claims[i].amount : 0;
	}
}

void quota_restore(struct quota *q, const unsigned char key[QUOTA_KEY_SIZE],
		   int64_t window_start_us, int64_t window_end_us, quota_amount used)
{
	struct counter *c = find(q, key);
	if (window_end_us <= window_start_us || used < 0)
		return;
	if (!is_live(c))
		c = add(q, key); /* past the maximum, too: forgetting would allow */
	else if (c->window_start_us > window_start_us)
		return;
	c->window_start_us = window_start_us;
	c->window_end_us = window_end_us;
	c->used = used;
}

quota_amount quota_used(const struct quota *q, const struct quota_claim *c)
{
	return used_by(q, c);
}

size_t quota_count(const struct quota *q)
{
	return q->n;
}
