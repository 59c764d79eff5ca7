/* Takes from the counters what the decision claims: all, or none and the call is refused. */
#include "gate/call.h"

enum step_result step_reserve(struct call *c)
{
	struct policy_decision *d = &c->decision;
	if (!d->claim_n)
		return STEP_NEXT;
	size_t at = 0;
	int64_t retry_after_us = 0;
	switch (quota_reserve(c->gate->o.quota, d->claims, d->claim_n, c->began_wall_us, &at, &retry_after_us)) {
	case QUOTA_RESERVED:
		c->has_claims = true;
		return STEP_NEXT;
	case QUOTA_REFUSED:
		policy_refuse_limit(c->binding->policy, d, at, retry_after_us);
		c->retry_after_us = retry_after_us;
		c->refusal = REFUSE_BY_POLICY;
		break;
	case QUOTA_FULL:
		call_refuse_policy(c, "(counters full)", "the gate has no room for another counter; try again later");
		break;
	}
	d->claim_n = 0;
	return STEP_NEXT;
}
