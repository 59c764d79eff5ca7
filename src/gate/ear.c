/*
 * What servers say by themselves, for one open stream: an ear for its server, or by the door to
 * all for each server of its grant. An ear that a server no longer fills is put to it again.
 */
#include "gate/changes.h"
#include "base/check.h"
#include "base/limits.h"

static void listen(struct ear *ear);

static void on_retry(void *ctx)
{
	struct ear *ear = ctx;
	ear->retry.v = 0;
	listen(ear);
}

static void retry(struct ear *ear)
{
	ear->retry_ms = ear->retry_ms ? ear->retry_ms * 2 : LIMIT_LISTEN_AGAIN_MS;
	if (ear->retry_ms > LIMIT_LISTEN_AGAIN_MAX_MS)
		ear->retry_ms = LIMIT_LISTEN_AGAIN_MAX_MS;
	ear->retry = loop_after(ear->in->gate->o.loop, ear->retry_ms, on_retry, ear);
}

static void on_open(void *ctx, struct exchange_id id)
{
	struct ear *ear = ctx;
	if (ear->exchange.v == id.v)
		ear->retry_ms = 0;
}

static void hear(struct ear *ear, const struct mcp_message *m)
{
	bool is_again = ear->was_open;
	if (slice_is(m->method, "notifications/subscriptions/acknowledged"))
		ear->was_open = true;
	subscription_hear(ear->in, ear->server, m, is_again);
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct ear *ear = ctx;
	struct inbound *in = ear->in;
	if (ear->exchange.v != id.v)
		return;
	ear->is_told |= slice_is(m->method, "notifications/tools/list_changed");
	if (in->is_listening && grant_state(in->grant, loop_wall_us(in->gate->o.loop)) != GRANT_VALID)
		stream_end(in);
	else if (in->subscription)
		hear(ear, m);
	else
		relay_message(in, ear->server, NULL, m);
}

/* A server that ended its stream, or was replaced, is listened to again; one that offers none is
 * not. The client's own stream stays open: what the gate has to say goes there. */
static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct ear *ear = ctx;
	if (ear->exchange.v != id.v)
		return;
	ear->exchange.v = 0;
	ear->upstream = NULL;
	if (ear->in->subscription && subscription_failed(ear->in, f, m, why, http_status))
		return;
	if (m && m->kind == MCP_ERROR)
		return; /* it has no such stream */
	switch (f) {
	case UPSTREAM_OK:
	case UPSTREAM_UNREACHED:
	case UPSTREAM_BROKEN:
	case UPSTREAM_TIMEOUT:
	case UPSTREAM_BUSY: retry(ear); break;
	case UPSTREAM_REFUSED: break;
	case UPSTREAM_GONE_SESSION:
		if (ear->in->is_listening && !merge_is_door(ear->in))
			gate_end_session(ear->in->gate, &ear->in->session); /* ends this stream, too */
		break;
	}
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done, .on_open = on_open };

static void listen(struct ear *ear)
{
	struct inbound *in = ear->in;
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(ear->server));
	struct bridge_target t = inbound_target(in);
	if (ear->exchange.v || ear->retry.v)
		return;
	if (!u) {
		retry(ear);
		return;
	}
	ear->upstream = u;
	if (!in->subscription) {
		ear->exchange = bridge_listen(in->gate->bridge, u, &t, slice_of(NULL, 0), &events, ear);
		return;
	}
	struct buf params = BUF_INIT(in->gate->o.message_bytes_max);
	subscription_write_params(&params, in, ear->server);
	if (buf_ok(&params))
		ear->exchange = bridge_subscribe(in->gate->bridge, u, &t, buf_slice(&params), &events, ear);
	else
		retry(ear);
	buf_release(&params);
}

static struct ear *find(const struct inbound *in, struct slice server)
{
	list_each_safe(it, next, &in->ears) {
		struct ear *ear = list_entry(it, struct ear, link);
		if (slice_is(server, ear->server))
			return ear;
	}
	return NULL;
}

static void put(struct inbound *in, struct slice server)
{
	struct ear *ear = find(in, server);
	if (!ear) {
		ear = mem_zalloc(sizeof *ear + server.n + 1);
		ear->in = in;
		memcpy(ear->server, server.p, server.n);
		const struct grant_binding *binding = in->grant ? grant_binding(in->grant, server) : NULL;
		ear->seen = changes_seen(in->gate, binding ? binding->policy : NULL, ear->server);
		list_add_tail(&in->ears, &ear->link);
	}
	listen(ear);
}

static void take_off(struct ear *ear, const char *reason)
{
	struct gate *g = ear->in->gate;
	loop_cancel(g->o.loop, &ear->retry);
	if (ear->exchange.v)
		bridge_cancel(g->bridge, ear->upstream, ear->exchange, reason);
	list_del(&ear->link);
	free(ear);
}

/* Nothing of a server without a policy for it may be seen. */
static bool may_hear(const struct inbound *in, struct slice server)
{
	const struct grant_binding *binding = in->grant ? grant_binding(in->grant, server) : NULL;
	return binding && (binding->policy || !merge_is_door(in));
}

static size_t count_listening(const struct inbound *in)
{
	size_t n = 0;
	for (struct list *it = in->ears.next; it != &in->ears; it = it->next)
		n += list_entry(it, struct ear, link)->exchange.v != 0;
	return n;
}

size_t ear_put(struct inbound *in)
{
	list_each_safe(it, next, &in->ears) {
		struct ear *ear = list_entry(it, struct ear, link);
		if (!may_hear(in, slice_str(ear->server)))
			take_off(ear, "the grant no longer reaches this server");
	}
	if (!merge_is_door(in)) {
		put(in, slice_str(in->server));
		return count_listening(in);
	}
	for (size_t i = 0; in->grant && i < in->grant->binding_n; i++)
		if (may_hear(in, in->grant->bindings[i].server))
			put(in, in->grant->bindings[i].server);
	return count_listening(in);
}

void ear_take_off(struct inbound *in, const char *reason)
{
	list_each_safe(it, next, &in->ears)
		take_off(list_entry(it, struct ear, link), reason);
}

void ear_forget(struct inbound *in)
{
	list_each_safe(it, next, &in->ears) {
		struct ear *ear = list_entry(it, struct ear, link);
		loop_cancel(in->gate->o.loop, &ear->retry);
		list_del(&ear->link);
		free(ear);
	}
}

void ear_pause(struct inbound *in, bool is_paused)
{
	list_each_safe(it, next, &in->ears) {
		const struct ear *ear = list_entry(it, struct ear, link);
		if (ear->exchange.v)
			bridge_pause(in->gate->bridge, ear->upstream, ear->exchange, is_paused);
	}
}
