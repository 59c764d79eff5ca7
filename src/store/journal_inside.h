/* What the mover sees of a journal: on the loop's thread only. */
#ifndef STORE_JOURNAL_INSIDE_H
#define STORE_JOURNAL_INSIDE_H
#include "base/buf.h"
#include "store/journal.h"

struct journal {
	struct store *store;
	char *dir;
	int lock;            /* held for as long as this process has the journal */
	int fd;              /* of the current segment */
	uint64_t segment;    /* its number */
	uint64_t written;    /* its size: whole frames only */
	uint64_t backlog;    /* bytes of all segments that were not moved */
	struct buf pending;  /* frames of this turn */
	uint64_t lost;       /* entries that were not taken since the journal works no more */
	bool is_healthy;
	bool is_new;         /* the segment's name was not synced yet */
	bool wants_sync;     /* of what is pending */
	bool must_leave;     /* the segment has a torn end */
};

#endif
