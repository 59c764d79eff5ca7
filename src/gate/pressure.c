/*
 * A client that reads more slowly than its servers write makes them wait: what is under way
 * for it is paused until its queue has drained. Other clients are not touched.
 */
#include "gate/call.h"

static void pause_all(struct inbound *in, bool is_paused)
{
	ear_pause(in, is_paused);
	list_each_safe(it, next, &in->gate->running) {
		const struct call *c = list_entry(it, struct call, link);
		if (c->in == in && c->exchange.v)
			bridge_pause(in->gate->bridge, c->upstream, c->exchange, is_paused);
	}
}

/* Slow ones are few: the walk happens only when there is one. */
static struct inbound *find_slow(const struct gate *g, struct http_request_id id)
{
	uint32_t at = 0;
	for (struct inbound *in; g->slow_n && (in = idtable_next(&g->inbounds, &at));)
		if (in->is_slow && in->http.v == id.v)
			return in;
	return NULL;
}

void pressure_forget(struct inbound *in)
{
	if (in->is_slow)
		in->gate->slow_n--;
	in->is_slow = false;
}

static void on_drain(void *ctx, struct http_request_id id)
{
	pressure_release(ctx, id);
}

void pressure_release(struct gate *g, struct http_request_id id)
{
	/* Over HTTP+SSE several share a stream. */
	for (struct inbound *in; (in = find_slow(g, id));) {
		pressure_forget(in);
		pause_all(in, false);
	}
}

void pressure_check(struct inbound *in)
{
	struct gate *g = in->gate;
	if (!http_is_slow(g->o.http, in->http))
		return;
	pause_all(in, true);
	if (in->is_slow)
		return;
	in->is_slow = true;
	g->slow_n++;
	http_on_drain(g->o.http, in->http, on_drain, g);
}
