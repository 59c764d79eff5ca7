/*
 * The past of sessions in the database. Of a unit that a batch names a thousand times only the last
 * state is written; identifiers are written as they come.
 */
#ifndef STORE_PAST_MOVES_H
#define STORE_PAST_MOVES_H
#include "base/map.h"
#include "past/codec.h"
#include "store/db.h"

struct past_moves {
	struct map index; /* unit to place + 1 */
	struct past_moved {
		struct past_key key;
		int64_t until_us;
		struct slice state; /* borrowed from the batch */
	} *v;
	size_t n, cap;
	struct past_entry *entry; /* scratch */
};

void past_moves_init(struct past_moves *m);
void past_moves_release(struct past_moves *m);
void past_moves_clear(struct past_moves *m);
/* Within a transaction, as the next two. *is_known false: it is no entry that this program writes. The text is
 * borrowed until apply. */
bool past_moves_add(struct past_moves *m, struct db *d, struct slice entry, bool *is_known, struct err *e) MUST_CHECK;
/* Also forgets what has been too old for an hour. */
bool past_moves_apply(const struct past_moves *m, struct db *d, int64_t now_us, struct err *e) MUST_CHECK;

#endif
