/*
 * The stream of what a server says by itself, of a legacy client: a subscription of the modern era
 * (2026-07-28, basic/patterns/subscriptions) to the lists and to what the client subscribed to.
 * A session's newest stream hears it: each message goes to one (2025-11-25, Streamable HTTP).
 */
#include "base/check.h"
#include "bridge/lm.h"

static void start(struct lm_client *k);

static struct crossing *newest(const struct lm_client *k)
{
	return list_empty(&k->streams) ? NULL : list_entry(k->streams.prev, struct crossing, of_state);
}

static void stop(struct lm_client *k, struct exchange_id *id, const char *reason)
{
	struct exchange_id old = *id;
	id->v = 0;
	if (old.v && !k->lm->bridge->is_ending)
		bridge_cancel(k->lm->bridge, k->behind->u, old, reason);
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct lm_client *k = ctx;
	struct crossing *x = newest(k);
	if ((id.v != k->subscription.v && id.v != k->before.v) || !x ||
	    slice_is(m->method, "notifications/subscriptions/acknowledged"))
		return;
	lm_show(x, m);
}

static void on_open(void *ctx, struct exchange_id id)
{
	struct lm_client *k = ctx;
	if (id.v != k->subscription.v)
		return;
	stop(k, &k->before, "it subscribes to something else");
	list_each_safe(it, next, &k->streams)
		crossing_opened(list_entry(it, struct crossing, of_state));
	if (k->is_outdated && id.v == k->subscription.v)
		start(k);
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct lm_client *k = ctx;
	struct list ending;
	if (id.v == k->before.v)
		k->before.v = 0;
	if (id.v != k->subscription.v)
		return;
	k->subscription.v = 0;
	stop(k, &k->before, "it has ended");
	/* As a server that offers no stream: 405 (2025-11-25, Streamable HTTP, Listening for Messages). */
	bool is_refused = f == UPSTREAM_OK && m && m->kind == MCP_ERROR;
	list_init(&ending);
	list_each_safe(it, next, &k->streams)
	{
		list_del(it);
		list_add_tail(&ending, it);
	}
	lm_client_touch(k);
	/* Whoever is told may do anything, as end the session. */
	while (!list_empty(&ending)) {
		struct crossing *x = list_entry(ending.next, struct crossing, of_state);
		list_del(&x->of_state);
		x->state = NULL;
		if (is_refused)
			crossing_fail(x, UPSTREAM_REFUSED, 405, "server '%s' offers no stream", x->behind->name);
		else
			crossing_done(x, f, NULL, why, http_status);
	}
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done, .on_open = on_open };

static void write_filter(struct buf *b, const struct lm_client *k)
{
	buf_adds(b, "{\"toolsListChanged\":true,\"promptsListChanged\":true,\"resourcesListChanged\":true");
	for (size_t i = 0; i < k->uri_n; i++) {
		buf_adds(b, i ? "," : ",\"resourceSubscriptions\":[");
		buf_add_json_string(b, slice_str(k->uris[i]));
	}
	buf_adds(b, k->uri_n ? "]}" : "}");
}

static void write_params(struct buf *b, const struct lm_client *k, const struct crossing *x)
{
	struct buf caps = BUF_INIT(4096), envelope = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct mcp_speaker s = lm_speaker(x, MCP_LOG_NONE, false, &caps);
	mcp_params_to_modern(&envelope, NULL, &s);
	if (buf_ok(&envelope)) {
		buf_add(b, envelope.p, envelope.n - 1);
		buf_adds(b, ",\"notifications\":");
		write_filter(b, k);
		buf_addc(b, '}');
	}
	b->failed |= envelope.failed;
	buf_release(&caps);
	buf_release(&envelope);
}

/* The old one is heard until the new one is open: a change between them is not lost. */
static void start(struct lm_client *k)
{
	struct crossing *x = newest(k);
	struct buf params = BUF_INIT(LIMIT_MESSAGE_BYTES);
	if (!x)
		return;
	struct bridge_target t = x->t;
	t.client_version = MCP_MODERN_LATEST;
	t.is_held = false;
	t.to.session = slice_of(NULL, 0);
	t.to.version = MCP_MODERN_LATEST;
	write_params(&params, k, x);
	k->is_outdated = false;
	k->before = k->subscription;
	k->subscription.v = 0;
	if (buf_ok(&params))
		k->subscription = bridge_subscribe(x->bridge, k->behind->u, &t, buf_slice(&params), &events, k);
	else
		crossing_fail_soon(x, UPSTREAM_BUSY, "its subscriptions are larger than the gate carries");
	buf_release(&params);
}

void lm_listen_changed(struct lm_client *k)
{
	if (k->before.v)
		k->is_outdated = true;
	else if (k->subscription.v)
		start(k);
}

static void on_leave(struct crossing *x, const char *reason)
{
	struct lm_client *k = x->state;
	x->state = NULL;
	if (!k)
		return;
	lm_client_touch(k);
	if (!list_empty(&k->streams))
		return;
	stop(k, &k->subscription, reason);
	stop(k, &k->before, reason);
	k->is_outdated = false;
}

static void on_pause(struct crossing *x)
{
	struct lm_client *k = x->state;
	if (k && newest(k) == x && k->subscription.v)
		bridge_pause(x->bridge, k->behind->u, k->subscription, x->is_paused);
}

void lm_listen_begin(struct crossing *x)
{
	static const struct crossing_ops ops = { .on_soon = crossing_opened, .leave = on_leave, .pause = on_pause };
	struct lm_client *k = lm_client_get(x);
	x->ops = &ops;
	if (!k) {
		crossing_fail_soon(x, UPSTREAM_BUSY, "the gate keeps the streams of as many clients as it may");
		return;
	}
	x->state = k;
	list_add_tail(&k->streams, &x->of_state);
	lm_client_touch(k);
	if (k->subscription.v)
		crossing_soon(x);
	else
		start(k);
}

void lm_listen_drop(struct lm_client *k)
{
	stop(k, &k->subscription, "the session has ended");
	stop(k, &k->before, "the session has ended");
	while (!list_empty(&k->streams)) {
		struct crossing *x = newest(k);
		list_del(&x->of_state);
		x->state = NULL;
		if (!x->bridge->is_ending)
			crossing_fail_soon(x, UPSTREAM_BROKEN, "the session with server '%s' has ended", k->behind->name);
	}
}
