/*
 * What of an answer may come back, by the policy's `results`: what is redacted, left out, or withheld
 * whole. The tool has run by now, and counts.
 */
#include "gate/inspect.h"

static bool is_inspected(const struct call *c)
{
	if (!c->method || !c->answer || !c->binding || c->merge || c->failure || c->is_cancelled)
		return false;
	switch (c->method->kind) {
	case METHOD_TOOL:
	case METHOD_PROMPT:
	case METHOD_RESOURCE:
	case METHOD_COMPLETE:
	case METHOD_PASS: return true;
	case METHOD_UNKNOWN:
	case METHOD_OPEN:
	case METHOD_DISCOVER:
	case METHOD_PING:
	case METHOD_LIST:
	case METHOD_LISTEN: break;
	}
	return false;
}

static void withhold(struct call *c)
{
	c->is_withheld = true;
	if (c->found.injection)
		snprintf(c->decision.message, sizeof c->decision.message,
		         "the call ran, but its answer is withheld: it seems to give orders to the model (%s)", c->found.injection);
	else
		snprintf(c->decision.message, sizeof c->decision.message,
		         "the call ran, but its answer is withheld: it cannot be shown without what the policy takes out");
	snprintf(c->decision.rule, sizeof c->decision.rule, "/results");
	snprintf(c->decision.pointer, sizeof c->decision.pointer, "/results%s", c->found.injection ? "/on_injection" : "");
}

enum step_result step_inspect(struct call *c)
{
	const struct policy *p = c->binding ? c->binding->policy : NULL;
	const struct policy_results *r = policy_results(p);
	if (!r || !is_inspected(c) || c->is_withheld)
		return STEP_NEXT;
	bool is_error = c->answer->kind == MCP_ERROR;
	const struct json *changed;
	enum inspect_verdict v = inspect(p, is_error ? c->answer->error : c->answer->result, !is_error, &c->found, &c->in->arena,
	                                 c->gate->o.message_bytes_max + 65536, &changed);
	c->found_injection = c->found.injection != NULL;
	if (r->max_bytes && !policy_is_shadow(p) &&
	    (!c->decision.max_result_bytes || r->max_bytes < c->decision.max_result_bytes))
		c->decision.max_result_bytes = r->max_bytes;
	struct mcp_message *m = v == INSPECT_CHANGED ? arena_alloc(&c->in->arena, sizeof *m) : NULL;
	if (m) {
		*m = (struct mcp_message){ .kind = c->answer->kind, .id = c->answer->id };
		*(is_error ? &m->error : &m->result) = changed;
		c->answer = m;
		c->is_answer_ours = true;
	} else if (v != INSPECT_SAME) {
		withhold(c);
	}
	return STEP_NEXT;
}

void inspect_write_error(struct buf *b, const struct call *c, struct slice id)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_add_slice(b, id);
	buf_adds(b, ",\"error\":");
	json_write(b, c->answer->error);
	buf_addc(b, '}');
}
