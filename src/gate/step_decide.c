/* Policy: allow, ask or refuse. What is no tool call is decided here, too: there is no other place. */
#include "base/check.h"
#include "gate/merge.h"
#include "gate/past.h"
#include "gate/pinning.h"

static bool arguments_fit(void *ctx, enum policy_validate mode, char *why, size_t why_size)
{
	struct call *c = ctx;
	struct err e = { 0 };
	struct schema_report r = { .path = "" };
	if (!c->tool) {
		snprintf(why, why_size, "the server does not list this tool");
		return false;
	}
	if (c->tool->refused.p) {
		snprintf(why, why_size, "the definition of this tool cannot be used: %.*s",
		         SLICE_ARG(c->tool->refused));
		return false;
	}
	const struct schema *schema = catalog_schema(c->tool, &e);
	if (!schema) {
		snprintf(why, why_size, "the tool's inputSchema cannot be used: %s", e.text);
		return false;
	}
	const struct json *arguments = c->arguments;
	if (!arguments)
		arguments = json_read(SLICE_LIT("{}"), &c->in->arena, &e);
	enum schema_mode how = mode == POLICY_VALIDATE_STRICT ? SCHEMA_STRICT : SCHEMA_PLAIN;
	if (schema_check(schema, arguments, how, &r))
		return true;
	if (r.path[0])
		snprintf(why, why_size, "argument '%s' %s", r.path + 1, r.reason);
	else
		snprintf(why, why_size, "the arguments: %s", r.reason);
	return false;
}

struct policy_facts call_facts(struct call *c)
{
	const struct inbound *in = c->in;
	return (struct policy_facts){
		.server = slice_str(c->server),
		.tool = c->name,
		.arguments = c->arguments,
		.tool_class = c->tool ? risk_class(&c->tool->risk) : slice_of(NULL, 0),
		.tool_severity = c->tool ? risk_severity(&c->tool->risk) : slice_of(NULL, 0),
		.tool_labels = c->tool ? c->tool->risk.label : NULL,
		.tool_label_n = c->tool ? c->tool->risk.label_n : 0,
		.grant_id = in->grant->id,
		.grant_label = in->grant->label,
		.grant_subject = in->grant->subject,
		.grant_tags = in->grant->tags,
		.grant_tag_n = in->grant->tag_n,
		.session_id = in->has_session ? slice_str(in->session.id) : slice_of(NULL, 0),
		.client_name = slice_str(in->session.client_name),
		.client_ip = in->peer,
		.now_us = c->began_wall_us,
		.arguments_fit = arguments_fit,
		.ctx = c,
	};
}

static void decide_tool(struct call *c, const struct policy *p)
{
	struct policy_facts f = call_facts(c);
	f.past = c->past;
	c->past = NULL;
	policy_decide(p, &f, &c->decision);
	if (f.past && c->decision.effect != POLICY_ALLOW)
		c->session_labels = past_labels(f.past, &c->in->arena);
	if (c->decision.is_shadow) { /* what the policy says is recorded, and nothing else comes of it */
		c->decision.timeout_ms = 0;
		c->decision.max_result_bytes = 0;
	} else if (c->decision.effect == POLICY_DENY) {
		c->refusal = REFUSE_BY_POLICY;
		return;
	}
	c->needs_yes = c->decision.effect == POLICY_APPROVE && !c->decision.is_shadow;
	if (!c->tool)
		call_refuse_error(c, MCP_INVALID_PARAMS, "(unknown tool)", "unknown tool: %.*s", SLICE_ARG(c->name));
	else if (c->tool->refused.p)
		call_refuse_policy(c, "(invalid tool)", "the definition of this tool cannot be used");
	else
		pinning_check(c);
}

/* In mode shadow a refusal is for the record only. */
static void decide_name(struct call *c, const struct policy *p, enum policy_kind kind)
{
	const char *word = kind == POLICY_PROMPT ? "prompts" : "resources";
	if (policy_would_allow_name(p, kind, c->name)) {
		c->decision.effect = POLICY_ALLOW;
		return;
	}
	call_refuse_policy(c, p ? (kind == POLICY_PROMPT ? "/prompts" : "/resources") : "(no policy)",
	                   "the policy does not allow this");
	snprintf(c->decision.message, sizeof c->decision.message, "the policy's %s do not allow '%.*s'", word,
	         (int)(c->name.n < 200 ? c->name.n : 200), c->name.p);
	c->decision.is_shadow = policy_is_shadow(p);
	if (c->decision.is_shadow)
		c->refusal = REFUSE_NOTHING;
}

enum step_result step_decide(struct call *c)
{
	const struct policy *p = c->binding ? c->binding->policy : NULL;
	switch (c->method->kind) {
	case METHOD_OPEN:
	case METHOD_DISCOVER:
	case METHOD_PING:
	case METHOD_LIST: /* the answer shows only what the policy allows */
		c->decision.effect = POLICY_ALLOW;
		break;
	case METHOD_TOOL: decide_tool(c, p); break;
	case METHOD_RESOURCE: decide_name(c, p, POLICY_RESOURCE); break;
	case METHOD_PROMPT: decide_name(c, p, POLICY_PROMPT); break;
	case METHOD_COMPLETE:
		decide_name(c, p, slice_is(json_string(json_gets(json_gets(c->m.params, "ref"), "type")), "ref/prompt")
		                          ? POLICY_PROMPT
		                          : POLICY_RESOURCE);
		break;
	case METHOD_LISTEN:
		if (p || merge_is_door(c->in)) /* there, each server by its own policy */
			subscription_decide(c);
		else
			call_refuse_policy(c, "(no policy)", "this grant has no policy for this server");
		break;
	case METHOD_PASS:
		if (p || c->merge) /* of a call to all, each server by its own policy: merge_start */
			c->decision.effect = POLICY_ALLOW;
		else
			call_refuse_policy(c, "(no policy)", "this grant has no policy for this server");
		break;
	case METHOD_UNKNOWN: BUG_ON(true);
	}
	return STEP_NEXT;
}
