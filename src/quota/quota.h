/*
 * Counters in memory, pure: it is told the time and never asks for it.
 *
 * A counter is known by its key (policy limit, scope and who it counts for) and holds what
 * was used in the current window. All claims of a call are reserved together, or none is.
 * What was reserved can be given back into the window it came from, and only there.
 */
#ifndef QUOTA_QUOTA_H
#define QUOTA_QUOTA_H
#include "base/slice.h"
#include <stdint.h>

/* Amounts: exact decimals with 18 integer and 9 fraction digits, as integers of 10^-9. */
__extension__ typedef __int128 quota_amount;
#define QUOTA_ONE ((quota_amount)1000000000)
/* From a JSON number as written; false when it has more digits than that or is negative.
 * Trailing zeros and exponents are fine: 1e2, 0.50. */
bool quota_amount_read(struct slice number, quota_amount *out);
/* As plain decimal text without trailing zeros; out has room for 40 bytes. */
void quota_amount_text(quota_amount a, char *out);

#define QUOTA_KEY_SIZE 16 /* a keyed hash of limit, scope and subject; see policy/window.c */

enum quota_kind {
	QUOTA_FIXED = 0, /* windows aligned to UTC */
	QUOTA_SLIDING,   /* never more than max in any window of that length; may admit slightly less */
	QUOTA_CONCURRENT, /* in flight at once: no window, always given back */
};

struct quota_claim {
	unsigned char key[QUOTA_KEY_SIZE];
	enum quota_kind kind;
	bool is_durable;           /* on disk before the call is forwarded */
	bool passes_unreachable;   /* the operator lets calls pass while the shared store is away */
	int64_t window_us;       /* length */
	int64_t window_start_us; /* aligned to UTC (months: the first of the month) */
	int64_t window_end_us;
	quota_amount amount, max;
	uint32_t limit; /* index of the limit in its policy, for policy_refuse_limit */
};

struct quota;
struct quota *quota_new(size_t counters_max);
void quota_free(struct quota **q);

enum quota_result { QUOTA_REFUSED = 0, QUOTA_FULL, QUOTA_RESERVED };
/* QUOTA_REFUSED: *at is the first claim that does not fit, *retry_after_us the time until its
 * window ends (-1: never, the amount alone is more than max). QUOTA_FULL: no room for another
 * counter, which is a refusal, too. Nothing was taken in both. */
enum quota_result quota_reserve(struct quota *q, const struct quota_claim *claims, size_t n,
				int64_t now_us, size_t *at, int64_t *retry_after_us);
/* Gives back; a window that has passed is left alone. */
void quota_give_back(struct quota *q, const struct quota_claim *claims, size_t n);

/* For the store: what a counter holds, restored at a start; and a walk over all that live. */
void quota_restore(struct quota *q, const unsigned char key[QUOTA_KEY_SIZE],
		   int64_t window_start_us, int64_t window_end_us, quota_amount used);
quota_amount quota_used(const struct quota *q, const struct quota_claim *c);
size_t quota_count(const struct quota *q);
void quota_expire(struct quota *q, int64_t now_us, size_t steps); /* frees some passed counters */

#endif
