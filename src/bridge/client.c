/* Sessions with legacy servers for one legacy client of many servers. */
#include "bridge/inside.h"

void held_begin(struct crossing *x)
{
	crossing_fail_soon(x, UPSTREAM_REFUSED, "server '%s' cannot be reached by this door",
	                   x->behind ? x->behind->name : "");
}

void held_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	(void)b;
	(void)u;
	(void)t;
}
