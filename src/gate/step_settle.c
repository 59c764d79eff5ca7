/*
 * Counters: what was reserved is kept when the tool ran, also when it failed, and is given
 * back into its window when the server was never reached or says that it did not run it.
 * What counts calls in flight is given back at the end of the call, however it ends.
 */
#include "gate/call.h"

/* JSON-RPC 2.0, 5.1: these say that the request was not taken up. Every other code may come
 * after the tool did something. */
static bool did_not_run(const struct mcp_message *answer)
{
	int64_t code = 0;
	if (!answer || answer->kind != MCP_ERROR)
		return false;
	return json_int64(json_gets(answer->error, "code"), &code) &&
	       (code == MCP_PARSE_ERROR || code == MCP_INVALID_REQUEST || code == MCP_METHOD_NOT_FOUND ||
	        code == MCP_INVALID_PARAMS);
}

enum step_result step_settle(struct call *c)
{
	if (!c->has_claims)
		return STEP_NEXT;
	c->has_claims = false;
	bool was_reached = c->failure != UPSTREAM_UNREACHED && c->failure != UPSTREAM_BUSY &&
	                   c->failure != UPSTREAM_GONE_SESSION && c->failure != UPSTREAM_REFUSED;
	if (c->is_forwarded && was_reached && !did_not_run(c->answer)) {
		ledger_settle(c->gate->o.ledger, c->decision.claims, c->decision.claim_n);
		c->decision.claim_n = 0; /* spent: nothing for the outcome to give back */
		return STEP_NEXT;
	}
	ledger_give_back(c->gate->o.ledger, c->decision.claims, c->decision.claim_n);
	return STEP_NEXT;
}
