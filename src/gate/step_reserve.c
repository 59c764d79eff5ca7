/* Takes from the counters what the decision claims: all, or none and the call is refused. */
#include "base/check.h"
#include "gate/call.h"

void reserve_refuse(struct call *c, enum ledger_result r, size_t at, int64_t retry_after_us)
{
	struct policy_decision *d = &c->decision;
	switch (r) {
	case LEDGER_REFUSED:
		policy_refuse_limit(c->binding->policy, d, at, retry_after_us,
		                    ledger_left(c->gate->o.ledger, &d->claims[at]));
		c->retry_after_us = retry_after_us;
		c->refusal = REFUSE_BY_POLICY;
		break;
	case LEDGER_FULL:
		call_refuse_policy(c, "(counters full)", "the gate has no room for another counter; try again later");
		break;
	case LEDGER_UNREACHABLE:
		call_refuse_policy(c, "(counters unreachable)",
		                   "the counters of the limits cannot be reached; try again later");
		break;
	case LEDGER_RESERVED:
	case LEDGER_UNCOUNTED:
	case LEDGER_WAIT: BUG_ON(true);
	}
	d->claim_n = 0;
	if (d->is_shadow) { /* for the record only */
		c->refusal = REFUSE_NOTHING;
		c->retry_after_us = 0;
	}
}

static void take_result(struct call *c, enum ledger_result r, size_t at, int64_t retry_after_us)
{
	if (r == LEDGER_RESERVED)
		c->has_claims = true;
	else if (r == LEDGER_UNCOUNTED)
		c->decision.claim_n = 0;
	else
		reserve_refuse(c, r, at, retry_after_us);
}

static void on_reserved(struct call *c, const struct ledger_answer *a)
{
	struct policy_decision *d = &c->decision;
	if (a->result == LEDGER_RESERVED) {
		BUG_ON(a->claim_n != d->claim_n);
		memcpy(d->claims, a->claims, a->claim_n * sizeof *a->claims);
	}
	take_result(c, a->result, a->at, a->retry_after_us);
}

enum step_result step_reserve(struct call *c)
{
	struct policy_decision *d = &c->decision;
	if (!d->claim_n)
		return STEP_NEXT;
	size_t at = 0;
	int64_t retry_after_us = 0;
	enum ledger_result r = ledger_reserve(c->gate->o.ledger, d->claims, d->claim_n, c->began_wall_us, c->id, &at,
	                                      &retry_after_us);
	if (r == LEDGER_WAIT) {
		c->on_ledger = on_reserved;
		return STEP_WAIT;
	}
	take_result(c, r, at, retry_after_us);
	return STEP_NEXT;
}
