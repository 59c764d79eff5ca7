/*
 * The decision goes into the journal before the server hears of the call. A journal that
 * cannot be written refuses the call: nothing runs that is not recorded.
 */
#include "gate/call.h"

/* Must the record outlive a loss of power before the server hears of the call? */
static bool must_last(const struct call *c)
{
	if (c->refusal)
		return false;
	for (size_t i = 0; i < c->decision.claim_n; i++)
		if (c->decision.claims[i].is_durable)
			return true;
	return c->tool && c->tool->risk.category >= CATEGORY_DESTRUCTIVE;
}

enum step_result step_record(struct call *c)
{
	if (c->method && c->method->kind == METHOD_PING)
		return STEP_NEXT; /* answered here, reaches nothing */
	bool is_writable = !c->gate->o.journal || journal_healthy(c->gate->o.journal);
	if (is_writable && record_decision(c)) {
		c->is_recorded = true;
		if (c->gate->o.journal && must_last(c))
			journal_want_sync(c->gate->o.journal);
		return STEP_NEXT;
	}
	if (c->has_claims) {
		ledger_give_back(c->gate->o.ledger, c->decision.claims, c->decision.claim_n);
		c->has_claims = false;
	}
	call_refuse_error(c, MCP_INTERNAL_ERROR, "(not recorded)",
	                  "the gate cannot write its records and refuses calls until it can");
	return STEP_NEXT;
}
