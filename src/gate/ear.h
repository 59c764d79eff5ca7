/* An ear of an open stream, for ear.c and changes.c; everybody else knows the stream alone. */
#ifndef GATE_EAR_H
#define GATE_EAR_H
#include "gate/merge.h"

struct ear {
	struct list link;
	struct inbound *in;
	struct upstream *upstream; /* of the exchange: after a reload another may have its name */
	struct exchange_id exchange;
	struct loop_timer retry;   /* until it is put there again */
	uint64_t retry_ms;
	uint64_t seen;             /* digest of the tools that the grant saw last: changes.c */
	bool was_open;             /* a subscription was acknowledged before */
	bool is_told;              /* by the server itself, since then */
	char server[];
};

#endif
