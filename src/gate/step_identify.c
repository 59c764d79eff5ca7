/* Whose grant is this, and does it reach the server that the client asks for? */
#include "gate/call.h"

enum step_result step_identify(struct call *c)
{
	struct inbound *in = c->in;
	c->method = method_find(c->m.method);
	c->binding = grant_binding_for(in->grant, slice_str(in->server));
	if (!c->method) {
		call_refuse_error(c, MCP_METHOD_NOT_FOUND, "(unknown method)", "unknown method");
		return STEP_NEXT;
	}
	if (!in->grant || !c->binding)
		call_refuse_error(c, MCP_INVALID_REQUEST, "(no grant)",
		                  "this grant does not reach the server '%s'", in->server);
	return STEP_NEXT;
}
