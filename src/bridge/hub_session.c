/*
 * The source of a hub at a legacy server: a session of the bridge's, the stream of what the server
 * says by itself in it, and resources/subscribe for each resource that somebody listens to.
 */
#include "base/check.h"
#include "bridge/errand.h"
#include "bridge/hub.h"

#define ASKING_MAX 16 /* at once: the rest of the server's calls are for those who call */

static void on_message(void *ctx, const struct mcp_message *m)
{
	hub_tell(ctx, m);
}

static bool has_true(const struct json *caps, const char *name, const char *member)
{
	return json_true(json_gets(json_gets(caps, name), member));
}

/* What the server said when the session was opened. */
static unsigned read_capabilities(const struct held *h, bool *has_subscribe)
{
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *caps = json_gets(json_read(buf_slice(&h->greeting), &a, &e), "capabilities");
	unsigned flags = (has_true(caps, "tools", "listChanged") ? HUB_TOOLS : 0) |
	                 (has_true(caps, "prompts", "listChanged") ? HUB_PROMPTS : 0) |
	                 (has_true(caps, "resources", "listChanged") ? HUB_RESOURCES : 0);
	*has_subscribe = has_true(caps, "resources", "subscribe");
	arena_release(&a);
	return flags;
}

static void look(struct hub *hub);

static void on_subscribed(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                          const char *why, int http_status)
{
	struct hub_topic *t = ctx;
	struct hub *hub = t->hub;
	(void)why;
	BUG_ON(t->asking.v != id.v);
	t->asking.v = 0;
	hub->asking_n--;
	if (hub->session.held && held_is_lost(hub->session.held, f, http_status)) {
		held_lost(hub->session.held);
		return;
	}
	t->is_known = true;
	t->is_honoured = f == UPSTREAM_OK && m->kind == MCP_RESULT;
	look(hub);
}

static const struct upstream_events subscribed_events = { .on_done = on_subscribed };

static struct exchange_id ask(struct hub *hub, struct hub_topic *t, const char *method, const struct upstream_events *ev)
{
	struct buf params = BUF_INIT(8 * LIMIT_URI);
	buf_adds(&params, "{\"uri\":");
	buf_add_json_string(&params, slice_of(t->uri, t->uri_n));
	buf_addc(&params, '}');
	struct exchange_id id = upstream_request(hub->behind->u, &hub->session.held->to, slice_str(method),
	                                         buf_slice(&params), 0, ev, t);
	buf_release(&params);
	return id;
}

static void subscribe_more(struct hub *hub)
{
	if (!hub->session.held || !hub->session.held->is_ready || !hub->known)
		return;
	list_each_safe(it, next, &hub->order)
	{
		struct hub_topic *t = list_entry(it, struct hub_topic, link);
		if (t->is_known || t->asking.v || hub->asking_n >= ASKING_MAX)
			continue;
		if (!hub->has_stream || !hub->has_subscribe) {
			t->is_known = true; /* and not honoured */
			continue;
		}
		t->asking = ask(hub, t, "resources/subscribe", &subscribed_events);
		hub->asking_n++;
	}
}

/* Who listened before is told of a gap once what it listens to is listened to again. */
static void look(struct hub *hub)
{
	subscribe_more(hub);
	if (hub->had_gap && hub->has_stream && !hub->asking_n) {
		hub->had_gap = false;
		hub_tell_gap(hub);
	}
	if (!hub->is_dead)
		hub_settle(hub);
}

void hub_session_drop(struct hub *hub, struct hub_topic *t)
{
	struct exchange_id asking = t->asking;
	const struct held *h = hub->session.held;
	t->asking.v = 0;
	hub->asking_n -= asking.v != 0;
	if (hub->behind->bridge->is_ending)
		return;
	if (asking.v)
		upstream_cancel(hub->behind->u, asking, "nobody listens to it any more");
	else if (t->is_honoured && h && h->is_ready && !h->is_lost)
		(void)ask(hub, t, "resources/unsubscribe", NULL);
}

static void forget_topics(struct hub *hub)
{
	list_each_safe(it, next, &hub->order)
	{
		struct hub_topic *t = list_entry(it, struct hub_topic, link);
		struct exchange_id asking = t->asking;
		t->asking.v = 0;
		t->is_known = t->is_honoured = false;
		if (asking.v)
			upstream_cancel(hub->behind->u, asking, "the session is gone");
	}
	hub->asking_n = 0;
}

static void on_stream(void *ctx, bool is_open)
{
	struct hub *hub = ctx;
	bool was_open = hub->has_stream;
	hub->has_stream = is_open;
	hub->retry_ms = 0;
	hub->known = HUB_TOOLS | HUB_PROMPTS | HUB_RESOURCES;
	hub->honoured = read_capabilities(hub->session.held, &hub->has_subscribe);
	if (!is_open)
		hub->honoured = 0; /* it has no way to say anything by itself */
	hub->had_gap |= was_open;
	if (was_open && hub->is_child)
		forget_topics(hub); /* another child, which was asked for nothing yet */
	look(hub);
}

static void on_lost(void *ctx)
{
	struct hub *hub = ctx;
	hub->session.held->watch = NULL;
	held_leave(&hub->session);
	forget_topics(hub);
	hub->known = hub->honoured = 0;
	hub->has_stream = false;
	hub->had_gap = true;
	hub_fail(hub, false, UPSTREAM_BROKEN, NULL, "the server lost the session", 0);
	hub_again(hub);
}

static void on_failed(void *ctx, enum upstream_failure f, const char *why, int http_status)
{
	hub_fail(ctx, false, f, NULL, why, http_status);
}

static const struct held_watch watch = { on_message, on_stream, on_failed, on_lost };

static void begin(struct hub *hub)
{
	struct held *h = hub->session.held;
	h->watch = &watch;
	h->watch_ctx = hub;
	held_want_stream(h);
	if (h->has_no_stream || h->is_stream_open)
		on_stream(hub, h->is_stream_open);
}

static void on_session(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct hub *hub = container_of(w, struct hub, session);
	(void)error;
	if (w->held) {
		begin(hub);
		return;
	}
	bool is_of_other_era = upstream_speaks(hub->behind->u, MCP_ERA_LEGACY) == UPSTREAM_NO;
	if (is_of_other_era)
		upstream_doubt(hub->behind->u, MCP_ERA_MODERN);
	if (f == UPSTREAM_OK)
		hub_fail(hub, is_of_other_era, UPSTREAM_REFUSED, NULL, "the server refused the handshake", http_status);
	else
		hub_fail(hub, is_of_other_era, f, NULL, why, http_status);
	hub_again(hub);
}

static void join(struct hub *hub, const struct held_key *k)
{
	if (hub->session.held) {
		look(hub);
		return;
	}
	hub->session.fn = on_session;
	switch (held_join(&hub->session, hub->behind, k)) {
	case HELD_IS_READY:
		begin(hub);
		break;
	case HELD_NO_ROOM:
		hub_fail(hub, false, UPSTREAM_BUSY, NULL, "the server has as many sessions of the gate's as it may", 0);
		hub_again(hub);
		break;
	case HELD_WAITS:
		break;
	}
}

static void on_want(void *ctx)
{
	struct hub *hub = ctx;
	struct buf caps = BUF_INIT(256);
	struct held_key k = errand_key(&caps, slice_str(hub->grant_id), hub->client_caps, MCP_LOG_NONE, slice_of(NULL, 0));
	hub->refresh.v = 0;
	k.kind = HELD_HUB;
	join(hub, &k);
	buf_release(&caps);
}

void hub_session_want(struct hub *hub)
{
	if (!hub->refresh.v && !hub->retry.v)
		hub->refresh = loop_after(hub_loop(hub), 0, on_want, hub);
}

void hub_session_stop(struct hub *hub)
{
	struct held *h = hub->session.held;
	if (!h)
		return;
	h->watch = NULL;
	held_leave(&hub->session);
	if (!h->is_lost)
		held_end(h);
}
