/* Would the limits let this call pass? Nobody is asked to approve a call that they refuse. */
#include "gate/call.h"

static void on_peeked(struct call *c, const struct ledger_answer *a)
{
	if (a->result != LEDGER_RESERVED && a->result != LEDGER_UNCOUNTED)
		reserve_refuse(c, a->result, a->at, a->retry_after_us);
}

enum step_result step_peek(struct call *c)
{
	struct policy_decision *d = &c->decision;
	struct ledger_answer a = { .result = LEDGER_RESERVED };
	if (!c->needs_yes || !d->claim_n)
		return STEP_NEXT;
	a.result = ledger_peek(c->gate->o.ledger, d->claims, d->claim_n, c->began_wall_us, c->id, &a.at, &a.retry_after_us);
	if (a.result == LEDGER_WAIT) {
		c->on_ledger = on_peeked;
		return STEP_WAIT;
	}
	on_peeked(c, &a);
	return STEP_NEXT;
}
