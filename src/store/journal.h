/*
 * The journal: every decision stands in a file before any answer of its loop turn leaves.
 *
 * Entries are collected while a turn runs and written by one write(2) at its end (from the
 * hook of loop_before_send). data_dir/journal/<number>.log, only ever appended to; each
 * start begins a new one. An entry is framed by its length and CRC-32C, so that what a
 * kill tore off is recognised and cut. The mover (mover.h) takes entries to SQLite.
 *
 * A process that is killed loses nothing that was flushed; a machine that loses power, what
 * the kernel had not yet written, but for what journal_sync() was called for.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H
#include "store/store.h"

struct journal;

/* Refused while another gate runs on the same folder. Cuts torn tails, and says so in the log. */
struct journal *journal_open(struct store *s, struct err *e) MUST_CHECK;
void journal_close(struct journal **j); /* flushes */

/* Takes an entry of audit_encode. False when it is empty, too long (LIMIT_JOURNAL_ENTRY), or when more
 * than LIMIT_JOURNAL_PENDING bytes wait because the disk takes none: the call must be refused. */
bool journal_add(struct journal *j, struct slice entry) MUST_CHECK;
/* Writes what was collected. False when not all of it could be written: what is left stays and is
 * tried again by the next flush; until one succeeds nothing of this turn may be answered as allowed
 * or forwarded. Costs nothing when nothing was added. */
bool journal_flush(struct journal *j) MUST_CHECK;
/* Flushes, and has the disk confirm it (fdatasync). Blocks. */
bool journal_sync(struct journal *j) MUST_CHECK;
/* The next flush does so: one sync for all that a turn wants to last. */
void journal_want_sync(struct journal *j);
/* Did the last write succeed? When not, every call is refused. */
bool journal_healthy(const struct journal *j);
/* Bytes that the mover has not taken yet. */
uint64_t journal_backlog(const struct journal *j);

#endif
