/*
 * Where counters lie: records in chunks that never move, found by an index of their numbers.
 * A counter costs 48 bytes and at most 11 of index, a sliding one 144 more for its slots.
 */
#ifndef QUOTA_COUNTER_H
#define QUOTA_COUNTER_H
#include "quota/quota.h"

/* 27 digits need 90 bits. */
struct small_amount {
	uint32_t v[3];
};

struct slots {
	struct small_amount v[QUOTA_SLOTS]; /* slot number modulo QUOTA_SLOTS */
};

struct counter {
	unsigned char key[QUOTA_KEY_SIZE];
	int64_t start_us, end_us; /* of the window; of the latest slot, and when that ends to count */
	struct small_amount used; /* of SLIDING: in all its slots */
	uint32_t state : 3;       /* enum quota_kind + 1; 0: free */
	uint32_t slots : 29;      /* of SLIDING: their number */
};

/* Records of one size, known by their number; those that are free are chained. */
struct pool {
	char **chunks;
	uint32_t chunk_n, chunk_cap;
	uint32_t size, n;
	uint32_t first_free; /* number + 1; 0: none */
};

struct quota {
	struct pool counters, slots;
	uint32_t *index; /* number of a counter + 1; 0: free */
	size_t n, cap;   /* cap: a power of two */
	size_t max;
	int64_t forgot_us; /* the latest time at which a counter was dropped because it had passed */
	uint32_t hand; /* where the next step of expiry looks */
};

quota_amount small_read(struct small_amount a);
struct small_amount small_of(quota_amount a);

void counters_init(struct quota *q);
void counters_release(struct quota *q);
struct counter *counter_at(const struct quota *q, uint32_t number);
struct slots *counter_slots(const struct quota *q, const struct counter *c);
/* NULL when there is none. A sliding window of another length is another counter. */
struct counter *counter_find(const struct quota *q, const struct quota_claim *claim);
/* There was none. Its window is that of the claim, and nothing is used. */
struct counter *counter_add(struct quota *q, const struct quota_claim *claim);
void counter_drop(struct quota *q, struct counter *c);
bool counter_is_live(const struct counter *c);
enum quota_kind counter_kind(const struct counter *c);

#endif
