/*
 * One step of the mover: a piece of the journal becomes rows, counters and links of the
 * chain, in one transaction together with the place that was reached.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H
#include "store/chain.h"
#include "store/counters.h"
#include "store/past_moves.h"
#include "store/row.h"
#include "store/stats_sums.h"

struct place {
	uint64_t segment, offset;
};

struct batch {
	struct db *db;
	const char *dir;     /* of the journal; borrowed */
	size_t bytes_max;
	struct chain_keys keys;
	struct buf bytes;    /* of the journal */
	struct buf scratch;
	struct row_bytes row;
	struct map outcomes; /* id to entry: outcomes that no decision took yet */
	struct counter_sums sums;
	struct past_moves past;
	struct stats_sums stats;
	struct audit_entry entry, outcome;
	struct stmt put_record, put_outcome, get_record;
	struct place at;     /* everything before it was moved */
	struct chain chain;
	int64_t signed_seq;  /* the last checkpoint */
	int64_t uncounted_seq; /* stats_uncounted */
	uint64_t dropped;    /* records whose id was there already */
};

void batch_init(struct batch *b, struct store *s, struct db *d, const char *dir, size_t bytes_max);
void batch_release(struct batch *b);
/* Reads where an earlier process came to. */
bool batch_load(struct batch *b, struct err *e) MUST_CHECK;

enum batch_checkpoint { BATCH_CHECKPOINT_WHEN_LONG = 0, BATCH_CHECKPOINT };
/* Moves at most bytes_max bytes before `end`. On failure nothing was moved. */
bool batch_move(struct batch *b, struct place end, enum batch_checkpoint checkpoint, struct err *e) MUST_CHECK;

/* Counts some of the records that an older program wrote. */
bool batch_count_past(struct batch *b, bool *has_more, struct err *e) MUST_CHECK;

/* See stats_make_tops. */
bool batch_make_tops(struct batch *b, bool *has_more, struct err *e) MUST_CHECK;

/* Deletes some of the oldest records, up to a checkpoint, when all before it are older than `before_us`. */
bool batch_retain(struct batch *b, int64_t before_us, bool *has_more, struct err *e) MUST_CHECK;

#endif
