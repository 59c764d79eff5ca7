/* A modern client and a legacy server. */
#include "bridge/inside.h"

void ml_begin(struct crossing *x)
{
	crossing_fail_soon(x, UPSTREAM_REFUSED, "server '%s' speaks no revision from %s on", x->behind->name,
	                   mcp_version_name(MCP_MODERN_LATEST));
}
