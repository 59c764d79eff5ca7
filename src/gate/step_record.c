/*
 * The decision goes into the journal before the server hears of the call. A journal that
 * cannot be written refuses the call: nothing runs that is not recorded.
 */
#include "gate/call.h"

enum step_result step_record(struct call *c)
{
	if (c->method && c->method->kind == METHOD_PING)
		return STEP_NEXT; /* answered here, reaches nothing */
	bool is_writable = !c->gate->o.journal || journal_healthy(c->gate->o.journal);
	if (is_writable && record_decision(c)) {
		c->is_recorded = true;
		return STEP_NEXT;
	}
	if (c->has_claims) {
		quota_give_back(c->gate->o.quota, c->decision.claims, c->decision.claim_n);
		c->has_claims = false;
	}
	call_refuse_error(c, MCP_INTERNAL_ERROR, "(not recorded)",
	                  "the gate cannot write its records and refuses calls until it can");
	return STEP_NEXT;
}
