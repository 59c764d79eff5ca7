/* A legacy client and a server of the modern era. */
#include "bridge/inside.h"

void lm_begin(struct crossing *x)
{
	crossing_fail_soon(x, UPSTREAM_REFUSED, "server '%s' speaks only %s", x->behind->name,
	                   mcp_version_name(MCP_MODERN_LATEST));
}

void lm_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	(void)b;
	(void)u;
	(void)t;
}

void lm_forget(struct behind *s)
{
	(void)s;
}
