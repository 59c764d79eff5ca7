/* What still stands in the journal, for readers: decisions and outcomes that were not moved yet. */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H
#include "audit/fields.h"
#include "base/map.h"
#include "store/inside.h"

struct tail_call {
	unsigned char id[AUDIT_ID_SIZE];
	struct slice decision; /* entries; empty: only the other one stands here */
	struct slice outcome;
};

struct tail {
	struct buf *files; /* the entries borrow from them */
	uint64_t *numbers, *offsets; /* of each file, and where its bytes begin */
	size_t file_n;
	struct tail_call *v; /* newest first */
	size_t n, cap;
	struct map by_id;    /* to place + 1 */
};

/*
 * In two steps, because the mover goes on meanwhile: first the files are read, then, from
 * the same snapshot of the database that the rows come from, the place that was moved. What
 * is in neither did not exist when the files were read.
 */
bool tail_read(struct tail *t, struct store *s, struct err *e) MUST_CHECK;
bool tail_begin(struct tail *t, struct store *s, struct err *e) MUST_CHECK; /* within the snapshot */
void tail_release(struct tail *t);

const struct tail_call *tail_find(const struct tail *t, struct slice id);

#endif
