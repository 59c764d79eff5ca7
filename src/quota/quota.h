/*
 * Counters in memory, pure: it is told the time and never asks for it.
 *
 * A counter is known by its key (policy limit, scope and who it counts for) and its kind. All
 * claims of a call are reserved together, or none is. What was reserved can be given back
 * into the window or slot it came from, and only there.
 *
 * A clock that is set back never refills anything: a counter stands at the latest time it was
 * used at, and counts there until the clock has caught up. What was forgotten because it had passed
 * is taken to be used up when the clock says that it has not.
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
	QUOTA_FIXED = 0,  /* windows aligned to UTC */
	QUOTA_SLIDING,    /* never more than max in any window of that length; may admit slightly less */
	QUOTA_CONCURRENT, /* in flight at once: no window, always given back */
};

struct quota_claim {
	unsigned char key[QUOTA_KEY_SIZE];
	enum quota_kind kind;
	bool is_durable;         /* on disk before the call is forwarded */
	bool passes_unreachable; /* the operator lets calls pass while the shared store is away */
	/* FIXED: the window, aligned to UTC (months: the first of the month), and its length.
	 * SLIDING: window_us is the window; start and end are those of quota_slot_span.
	 * CONCURRENT: all three are 0; once reserved, start names the reservation. */
	int64_t window_us;
	int64_t window_start_us;
	int64_t window_end_us;
	quota_amount amount, max;
	uint32_t limit; /* index of the limit in its policy, for policy_refuse_limit */
};

/*
 * A sliding window counts in slots of an eleventh of its length. What was counted in a slot
 * counts until the slot's start is twelve slots ago: for the window's length at least, and for
 * an eleventh more at most. *start_us: of the slot that now_us is in; *end_us: when it no longer
 * counts.
 */
#define QUOTA_SLOTS 12
void quota_slot_span(int64_t window_us, int64_t now_us, int64_t *start_us, int64_t *end_us);

struct quota;
struct quota *quota_new(size_t counters_max);
void quota_free(struct quota **q);

enum quota_result { QUOTA_REFUSED = 0, QUOTA_FULL, QUOTA_RESERVED };
#define QUOTA_CLAIMS_MAX 32 /* of one call */
/*
 * QUOTA_REFUSED: *at is the first claim that does not fit, *retry_after_us the time until all
 * of them would (-1: never, what is asked is more than a max; 0: not known, when calls in
 * flight are too many). QUOTA_FULL: no room for another counter, which is a refusal, too.
 * Nothing was taken in both. QUOTA_RESERVED: the claims' start and end say where they were taken.
 */
enum quota_result quota_reserve(struct quota *q, struct quota_claim *claims, size_t n, int64_t now_us,
				size_t *at, int64_t *retry_after_us);
/* The same, and takes nothing. */
enum quota_result quota_peek(const struct quota *q, const struct quota_claim *claims, size_t n,
			     int64_t now_us, size_t *at, int64_t *retry_after_us);
/* Gives back; a window or slot that has passed is left alone. */
void quota_give_back(struct quota *q, const struct quota_claim *claims, size_t n);

/* For the store: what a window or slot holds, restored at a start. Not for CONCURRENT: nothing is
 * in flight then. */
void quota_restore(struct quota *q, enum quota_kind kind, const unsigned char key[QUOTA_KEY_SIZE],
		   int64_t window_start_us, int64_t window_end_us, quota_amount used);
quota_amount quota_used(const struct quota *q, const struct quota_claim *c); /* as of the claim's window */
size_t quota_count(const struct quota *q);
size_t quota_bytes(const struct quota *q);   /* memory that it holds */
void quota_expire(struct quota *q, int64_t now_us, size_t steps); /* looks at so many, frees what passed */

#endif
