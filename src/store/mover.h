/*
 * The mover: takes what stands in the journal to SQLite, in batches, each in one transaction
 * with the position it reached. A crash at any point neither loses nor doubles anything.
 *
 * One batch is one turn of three: mover_begin on the loop, mover_work on a worker thread,
 * mover_done on the loop. The worker is at low priority while the backlog is small, so
 * that calls come first.
 */
#ifndef STORE_MOVER_H
#define STORE_MOVER_H
#include "store/journal.h"

struct mover;

struct mover_opts {
	int64_t keep_us;        /* records older than this are deleted in small steps; 0: never */
	size_t batch_bytes;     /* of the journal in one batch; 0: LIMIT_MOVER_BATCH */
	uint64_t backlog_bytes; /* more than this waits: normal priority; 0: LIMIT_MOVER_BACKLOG */
};

/* Has a connection of its own to the database. */
struct mover *mover_new(struct store *s, struct journal *j, const struct mover_opts *o,
                        struct err *e) MUST_CHECK;
void mover_keep(struct mover *m, int64_t keep_us); /* as in mover_opts, from now on; on the loop */
void mover_free(struct mover **m); /* not between begin and done */

/* False: nothing to do, or a batch is under way. After true: loop_work(l, mover_work, mover_done, m). */
bool mover_begin(struct mover *m) MUST_CHECK;
void mover_work(void *ctx);
/* Logs a failure. True from mover_failed when the last batch failed: it is tried again. */
void mover_done(void *ctx);
bool mover_failed(const struct mover *m);

/* Moves everything that was flushed; at start, before counters are restored, and at the end. */
bool mover_all(struct mover *m, struct err *e) MUST_CHECK;

#endif
