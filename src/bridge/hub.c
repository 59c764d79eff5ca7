/* Streams of many modern clients on one stream of their server. */
#include "bridge/inside.h"

void hub_begin(struct crossing *x)
{
	crossing_set_inner(x, upstream_subscribe(x->behind->u, &x->t.to, x->text, &crossing_events, x));
}

void hub_forget(struct behind *s)
{
	(void)s;
}
