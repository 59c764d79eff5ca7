/* Whose grant is this, and does it reach the server that the client asks for? */
#include "gate/merge.h"

enum step_result step_identify(struct call *c)
{
	struct inbound *in = c->in;
	c->method = method_find(c->m.method, inbound_era(in));
	/* A grant may have expired between the request and this element of a batch. */
	bool is_valid = grant_state(in->grant, c->began_wall_us) == GRANT_VALID;
	c->binding = is_valid ? grant_binding(in->grant, slice_str(c->server)) : NULL;
	if (!c->method) {
		call_refuse_error(c, MCP_METHOD_NOT_FOUND, "(unknown method)", "unknown method");
		c->error_status = mcp_error_status(MCP_METHOD_NOT_FOUND, true);
		return STEP_NEXT;
	}
	if (is_valid && merge_is_door(in)) {
		merge_route(c);
		return STEP_NEXT;
	}
	if (!c->binding)
		call_refuse_error(c, MCP_INVALID_REQUEST, "(no grant)",
		                  "this grant is not valid for %s%s", c->server[0] ? "the server " : "any server", c->server);
	return STEP_NEXT;
}
