/*
 * Counters in the database: claims of a batch are summed first, so that a counter that a
 * thousand calls went through is written once.
 */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H
#include "base/map.h"
#include "quota/quota.h"
#include "store/db.h"

struct counter_sums {
	struct map index; /* key and start of the window to place + 1 */
	struct quota_claim *v; /* amount: the sum, may be negative */
	size_t n, cap;
};

enum counter_sign { COUNTER_TAKE = 0, COUNTER_GIVE_BACK };

void counter_sums_init(struct counter_sums *s);
void counter_sums_release(struct counter_sums *s);
void counter_sums_clear(struct counter_sums *s);
void counter_sums_add(struct counter_sums *s, const struct quota_claim *claims, size_t n,
                      enum counter_sign sign);
/* Within a transaction. Never below zero. Forgets counters whose window passed long ago. */
bool counter_sums_apply(const struct counter_sums *s, struct db *d, int64_t now_us, struct err *e) MUST_CHECK;

#endif
