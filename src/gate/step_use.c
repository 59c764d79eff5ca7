/*
 * The one right that a person's yes gives is taken: by one call of all gates, behind the
 * counters and before anything else. Whoever comes second is refused.
 */
#include "gate/consent.h"
#include "base/check.h"

/* The journal must not count what a refused call gives back. */
static void give_back(struct call *c)
{
	if (c->has_claims)
		ledger_give_back(c->gate->o.ledger, c->decision.claims, c->decision.claim_n);
	c->has_claims = false;
	c->decision.claim_n = 0;
}

static void on_used(void *ctx, uint64_t call_id, const struct approvals_answer *a)
{
	struct call *c = idtable_get(&((struct gate *)ctx)->calls, call_id);
	struct consent *s = c ? c->consent : NULL;
	if (!s || s->stage != CONSENT_USING)
		return;
	s->stage = a->is_ours && !a->failed ? CONSENT_USED : CONSENT_OVER;
	if (a->failed)
		call_refuse_policy(c, "(approvals unreachable)", "the approvals cannot be reached; try again later");
	else if (!a->is_ours)
		call_refuse_policy(c, NULL,
		                   "another call has used this approval, or it has expired: it was for one call; make the call "
		                   "again to ask for another");
	if (c->refusal)
		give_back(c);
	c->at++;
	call_resume(c);
}

enum step_result step_use(struct call *c)
{
	if (!c->needs_yes)
		return STEP_NEXT;
	struct consent *s = c->consent;
	BUG_ON(!s || s->stage != CONSENT_READY);
	s->stage = CONSENT_USING;
	c->decision.effect = POLICY_ALLOW;
	approvals_use(c->gate->o.approvals, s->id, &s->binding, slice_str(c->record_id), on_used, c->gate, c->id);
	return STEP_WAIT;
}
