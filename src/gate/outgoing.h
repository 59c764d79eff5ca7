/*
 * A request as the server hears it: printed from the value that was judged. What is the client's
 * own there is said anew for the server: which progress is meant, what its client can as far as
 * the policy lets it be asked, which trace it is part of. Only files of this folder include it.
 */
#ifndef GATE_OUTGOING_H
#define GATE_OUTGOING_H
#include "gate/call.h"

struct outgoing {
	struct call *call;
	const struct policy *policy; /* of this server */
	/* One of several servers that are asked the same: nobody hears of its progress, and of a list
	 * it is asked for the page at `cursor`, the first when p is NULL. */
	bool is_part;
	struct slice cursor;
};

/* Nothing is written when the client sent no params and nothing is to be added. */
void outgoing_write(struct buf *b, const struct outgoing *o);
/* Who asks, as far as it is said of this request and not of a session. *can holds what *t borrows.
 * False when it cannot be said within the limits of a message. */
bool outgoing_target(const struct outgoing *o, struct bridge_target *t, struct buf *can) MUST_CHECK;

#endif
