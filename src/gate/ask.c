/*
 * What a server asks of a modern client: requests within a result (MCP 2026-07-28, Multi
 * Round-Trip Requests). The policy decides on each, as on the requests that a server sends to an
 * older client; the client's retry is another call, which is decided as its first one was.
 */
#include "gate/call.h"
#include "base/limits.h"
#include "mcp/input.h"

/* One of them is refused, all are: the client could not answer the rest alone. */
static bool decide_one(struct inbound *in, const char *server, const struct policy *p, const struct mcp_input *ask,
                       char *why, size_t why_size)
{
	unsigned cap = 0, needs = mcp_input_needs(ask->method, ask->params);
	const char *word = method_server_request(ask->method, &cap);
	bool wants_secret = mcp_input_wants_secret(ask->method, ask->params);
	bool is_allowed = word && p && !wants_secret && policy_allows_server_request(p, slice_str(word));
	record_server_request(in, server, ask->method, is_allowed,
	                      is_allowed && !policy_would_allow_server_request(p, slice_str(word)));
	if (wants_secret)
		snprintf(why, why_size, "the server asks the user for a password, key or card in a form, which none may");
	else if (!is_allowed)
		snprintf(why, why_size, "the server asks for '%s', which the policy does not allow", word ? word : "(unknown)");
	else if ((in->envelope.can & needs) != needs)
		snprintf(why, why_size, "the server asks for '%s', which the client has not declared", word);
	else
		return true;
	return false;
}

bool ask_allows(struct inbound *in, const char *server, const struct policy *p, const struct json *asks, char *why,
                size_t why_size)
{
	struct mcp_input v[LIMIT_OPEN_ASKS];
	struct slice state;
	struct err e = { 0 };
	size_t n = 0;
	bool is_fine = true;
	if (!mcp_inputs_read(asks, v, ARRAY_LEN(v), &n, &state, &e)) {
		snprintf(why, why_size, "the server asks for input in a form that cannot be judged: %s", e.text);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		is_fine = decide_one(in, server, p, &v[i], why, is_fine ? why_size : 0) && is_fine;
	return is_fine;
}

/* Supported Requests: these three, and tasks, which carry what they wait for. */
static bool may_ask(const struct call *c, bool is_input_required)
{
	switch (c->method->kind) {
	case METHOD_TOOL:
	case METHOD_PROMPT:
	case METHOD_RESOURCE: return true;
	case METHOD_PASS: return !is_input_required;
	case METHOD_UNKNOWN:
	case METHOD_OPEN:
	case METHOD_DISCOVER:
	case METHOD_PING:
	case METHOD_LIST:
	case METHOD_COMPLETE:
	case METHOD_LISTEN: break;
	}
	return false;
}

/* -32021 tells the client to declare what it has declared, and the gate has taken out: the policy is
 * the reason, and declaring it again would not help. */
static bool is_for_policy(const struct call *c)
{
	int64_t code = 0;
	const struct json *error = c->answer ? c->answer->error : NULL;
	unsigned needs = mcp_client_can(json_gets(json_gets(error, "data"), "requiredCapabilities"));
	return json_int64(json_gets(error, "code"), &code) && code == MCP_MISSING_CAPABILITY && c->binding &&
	       (needs & c->in->envelope.can & ~modern_allowed(c->binding->policy));
}

void ask_check(struct call *c)
{
	const struct json *result = c->answer ? c->answer->result : NULL;
	bool is_input_required = mcp_is_input_required(result);
	if (c->in->is_modern && !c->refusal && is_for_policy(c)) {
		snprintf(c->decision.message, sizeof c->decision.message,
		         "the server needs to ask the client for what the policy does not allow");
		snprintf(c->decision.rule, sizeof c->decision.rule, "/server_requests");
		c->is_ask_refused = true;
		return;
	}
	if (!c->in->is_modern || c->refusal || (!is_input_required && !json_gets(result, "inputRequests")))
		return;
	if (!may_ask(c, is_input_required)) {
		snprintf(c->decision.message, sizeof c->decision.message, "the server asks for input where it may not");
		c->is_ask_refused = true;
		return;
	}
	c->is_ask_refused = !ask_allows(c->in, c->server, c->binding ? c->binding->policy : NULL, result, c->decision.message,
	                                sizeof c->decision.message);
	if (c->is_ask_refused)
		snprintf(c->decision.rule, sizeof c->decision.rule, "/server_requests");
}

bool ask_retry_is_sound(struct call *c)
{
	struct mcp_retry retry;
	struct err e = { 0 };
	if (!c->in->is_modern || mcp_retry_read(c->m.params, &retry, &e))
		return true;
	call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)", "%s", e.text);
	return false;
}
