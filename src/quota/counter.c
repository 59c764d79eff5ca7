/*
 * Open addressing with linear probing over numbers of records; a key is a hash already, its
 * first bytes are the place. Chunks are never moved and never handed back: their memory is
 * used again for the next counters.
 */
#include "quota/counter.h"
#include "base/check.h"

#define CHUNK_RECORDS 1024
#define FIRST_CAP     64
#define MOST_SLOTS    ((1u << 29) - 1)

_Static_assert(sizeof(struct counter) == 48, "a counter costs 48 bytes");
_Static_assert(sizeof(struct slots) == 144, "and its slots 144");

quota_amount small_read(struct small_amount a)
{
	return (quota_amount)a.v[2] << 64 | (quota_amount)a.v[1] << 32 | a.v[0];
}

struct small_amount small_of(quota_amount a)
{
	BUG_ON(a < 0 || a >> 96);
	return (struct small_amount){{(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)(a >> 64)}};
}

static void *record_at(const struct pool *p, uint32_t number)
{
	return p->chunks[number / CHUNK_RECORDS] + (size_t)(number % CHUNK_RECORDS) * p->size;
}

static uint32_t take_record(struct pool *p)
{
	uint32_t number;
	if (p->first_free) {
		number = p->first_free - 1;
		memcpy(&p->first_free, record_at(p, number), sizeof p->first_free);
	} else {
		number = p->n++;
		BUG_ON(number >= MOST_SLOTS);
		if (number / CHUNK_RECORDS == p->chunk_n) {
			if (p->chunk_n == p->chunk_cap) {
				p->chunk_cap = p->chunk_cap ? p->chunk_cap * 2 : 16;
				p->chunks = mem_realloc(p->chunks, p->chunk_cap * sizeof *p->chunks);
			}
			p->chunks[p->chunk_n++] = mem_alloc((size_t)CHUNK_RECORDS * p->size);
		}
	}
	memset(record_at(p, number), 0, p->size);
	return number;
}

static void free_record(struct pool *p, uint32_t number)
{
	memset(record_at(p, number), 0, p->size);
	memcpy(record_at(p, number), &p->first_free, sizeof p->first_free);
	p->first_free = number + 1;
}

static void release_pool(struct pool *p)
{
	for (uint32_t i = 0; i < p->chunk_n; i++)
		free(p->chunks[i]);
	free(p->chunks);
	*p = (struct pool){.size = p->size};
}

void counters_init(struct quota *q)
{
	q->counters.size = sizeof(struct counter);
	q->slots.size = sizeof(struct slots);
	q->cap = FIRST_CAP;
	q->index = mem_zalloc(q->cap * sizeof *q->index);
}

void counters_release(struct quota *q)
{
	release_pool(&q->counters);
	release_pool(&q->slots);
	free(q->index);
	q->index = NULL;
}

size_t quota_bytes(const struct quota *q)
{
	return sizeof *q + q->cap * sizeof *q->index +
	       (size_t)CHUNK_RECORDS * (q->counters.chunk_n * sizeof(struct counter) +
					q->slots.chunk_n * sizeof(struct slots));
}

struct counter *counter_at(const struct quota *q, uint32_t number)
{
	return record_at(&q->counters, number);
}

struct slots *counter_slots(const struct quota *q, const struct counter *c)
{
	return record_at(&q->slots, c->slots);
}

bool counter_is_live(const struct counter *c)
{
	return c->state != 0;
}

enum quota_kind counter_kind(const struct counter *c)
{
	BUG_ON(c->state == 0);
	return (enum quota_kind)(c->state - 1);
}

static size_t home_of(const struct quota *q, const unsigned char *key)
{
	size_t h;
	memcpy(&h, key, sizeof h);
	return h & (q->cap - 1);
}

static bool is_of(const struct counter *c, const struct quota_claim *claim)
{
	return memcmp(c->key, claim->key, QUOTA_KEY_SIZE) == 0 && counter_kind(c) == claim->kind &&
	       (claim->kind != QUOTA_SLIDING ||
		c->end_us - c->start_us == claim->window_end_us - claim->window_start_us);
}

struct counter *counter_find(const struct quota *q, const struct quota_claim *claim)
{
	size_t i = home_of(q, claim->key);
	for (; q->index[i]; i = (i + 1) & (q->cap - 1)) {
		struct counter *c = counter_at(q, q->index[i] - 1);
		if (is_of(c, claim))
			return c;
	}
	return NULL;
}

static void put_index(struct quota *q, const unsigned char *key, uint32_t entry)
{
	size_t i = home_of(q, key);
	while (q->index[i])
		i = (i + 1) & (q->cap - 1);
	q->index[i] = entry;
}

static void grow(struct quota *q)
{
	free(q->index);
	q->cap *= 2;
	q->index = mem_zalloc(q->cap * sizeof *q->index);
	for (uint32_t i = 0; i < q->counters.n; i++)
		if (counter_is_live(counter_at(q, i)))
			put_index(q, counter_at(q, i)->key, i + 1);
}

struct counter *counter_add(struct quota *q, const struct quota_claim *claim)
{
	if ((q->n + 1) * 4 > q->cap * 3)
		grow(q);
	uint32_t number = take_record(&q->counters);
	struct counter *c = counter_at(q, number);
	memcpy(c->key, claim->key, QUOTA_KEY_SIZE);
	c->state = ((unsigned)claim->kind + 1) & 7;
	c->start_us = claim->window_start_us;
	c->end_us = claim->window_end_us;
	if (claim->kind == QUOTA_SLIDING)
		c->slots = take_record(&q->slots) & MOST_SLOTS;
	put_index(q, c->key, number + 1);
	q->n++;
	return c;
}

/* Closes the gap in the index, so that no probe ends too early. */
void counter_drop(struct quota *q, struct counter *c)
{
	size_t mask = q->cap - 1, gap = home_of(q, c->key);
	while (counter_at(q, q->index[gap] - 1) != c)
		gap = (gap + 1) & mask;
	uint32_t number = q->index[gap] - 1;
	for (size_t i = (gap + 1) & mask; q->index[i]; i = (i + 1) & mask) {
		size_t home = home_of(q, counter_at(q, q->index[i] - 1)->key);
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			q->index[gap] = q->index[i];
			gap = i;
		}
	}
	q->index[gap] = 0;
	if (counter_kind(c) == QUOTA_SLIDING)
		free_record(&q->slots, c->slots);
	free_record(&q->counters, number);
	q->n--;
}
