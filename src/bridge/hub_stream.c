/*
 * The stream behind a hub at a server of the modern era (MCP 2026-07-28, Subscriptions). Who wants
 * more than it asks for makes a second one with all of it, which takes its place once the server
 * has acknowledged it: nothing is missed in between.
 */
#include "bridge/hub.h"
#include "mcp/translate.h"

#define AGAIN_MS        50 /* between streams that each ask for more: many come at once, */
#define TOPICS_EACH_MS  20 /* and what asks for many costs more */

static void stop(struct hub *hub, struct hub_stream *s)
{
	struct exchange_id was = s->exchange;
	*s = (struct hub_stream){ 0 };
	if (was.v && !hub->behind->bridge->is_ending)
		upstream_cancel(hub->behind->u, was, "nobody listens to it any more");
}

void hub_stream_stop(struct hub *hub)
{
	stop(hub, &hub->now);
	stop(hub, &hub->next);
}

static void add_comma(struct buf *b, bool *is_first)
{
	if (!*is_first)
		buf_addc(b, ',');
	*is_first = false;
}

/* Also says of each topic which stream asks for it. */
static void write_filter(struct hub *hub, struct hub_stream *s, struct buf *b)
{
	static const char *const names[] = { "toolsListChanged", "promptsListChanged", "resourcesListChanged" };
	bool is_first = true;
	buf_adds(b, "{\"notifications\":{");
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (!(s->flags & 1u << i))
			continue;
		add_comma(b, &is_first);
		buf_addf(b, "\"%s\":true", names[i]);
	}
	if (hub->topics.n) {
		add_comma(b, &is_first);
		buf_adds(b, "\"resourceSubscriptions\":[");
		is_first = true;
		list_each_safe(it, next, &hub->order)
		{
			struct hub_topic *t = list_entry(it, struct hub_topic, link);
			t->asked_by = s->number;
			add_comma(b, &is_first);
			buf_add_json_string(b, slice_of(t->uri, t->uri_n));
		}
		buf_addc(b, ']');
	}
	buf_adds(b, "}}");
}

static bool write_params(struct hub *hub, struct hub_stream *s, struct buf *b)
{
	struct buf filter = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct arena a;
	struct err e;
	struct mcp_speaker gate = { .version = MCP_MODERN_LATEST,
		                    .info = SLICE_LIT("{\"name\":\"gatehouse\",\"version\":\"" GATEHOUSE_VERSION "\"}") };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	write_filter(hub, s, &filter);
	const struct json *params = buf_ok(&filter) ? json_read(buf_slice(&filter), &a, &e) : NULL;
	if (params)
		mcp_params_to_modern(b, params, &gate);
	arena_release(&a);
	buf_release(&filter);
	return params && buf_ok(b);
}

static void forget_known(struct hub *hub)
{
	hub->known = hub->honoured = 0;
	list_each_safe(it, next, &hub->order)
	{
		struct hub_topic *t = list_entry(it, struct hub_topic, link);
		t->is_known = t->is_honoured = false;
	}
}

/* What the server honours of what the stream asked for. */
static void take_acknowledgement(struct hub *hub, struct hub_stream *s, const struct mcp_message *m)
{
	struct mcp_filter f = { 0 };
	struct err e;
	if (!mcp_filter_read(m->params, &f, &e))
		f = (struct mcp_filter){ 0 };
	hub->known = s->flags;
	hub->honoured = s->flags & ((f.tools ? HUB_TOOLS : 0) | (f.prompts ? HUB_PROMPTS : 0) |
	                            (f.resources ? HUB_RESOURCES : 0));
	list_each_safe(it, next, &hub->order)
	{
		struct hub_topic *t = list_entry(it, struct hub_topic, link);
		t->is_known = t->asked_by == s->number;
		t->is_honoured = false;
	}
	for (struct json_iter it = json_iter(f.uris); json_next(&it);) {
		struct hub_topic *t = map_get(&hub->topics, json_string(it.value));
		if (t)
			t->is_honoured = t->is_known;
	}
	s->is_acknowledged = true;
}

static bool is_covered(struct hub *hub, const struct hub_stream *s)
{
	list_each_safe(it, next, &hub->order)
	{
		if (list_entry(it, struct hub_topic, link)->asked_by < s->number)
			return false;
	}
	return (hub_flags(hub) & s->flags) == hub_flags(hub);
}

static void on_acknowledged(struct hub *hub, struct hub_stream *s, const struct mcp_message *m)
{
	bool had_gap = hub->had_gap;
	take_acknowledgement(hub, s, m);
	if (s == &hub->next) {
		stop(hub, &hub->now);
		hub->now = hub->next;
		hub->next = (struct hub_stream){ 0 };
	}
	hub->retry_ms = 0;
	hub->had_gap = false;
	if (had_gap)
		hub_tell_gap(hub);
	if (!hub->is_dead)
		hub_settle(hub);
	if (!hub->is_dead && !is_covered(hub, &hub->now))
		hub_stream_want(hub);
}

static struct hub_stream *stream_of(struct hub *hub, struct exchange_id id)
{
	if (hub->now.exchange.v == id.v)
		return &hub->now;
	return hub->next.exchange.v == id.v ? &hub->next : NULL;
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct hub *hub = ctx;
	struct hub_stream *s = stream_of(hub, id);
	if (!s || m->kind != MCP_NOTIFICATION)
		return;
	if (slice_is(m->method, "notifications/subscriptions/acknowledged")) {
		if (!s->is_acknowledged)
			on_acknowledged(hub, s, m);
	} else if (s == &hub->now) {
		hub_tell(hub, m);
	}
}

/* Those who listen already keep their streams while the server is away. Those who only come, and
 * all when the server says that it has no such streams or is of another era, are told. */
static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct hub *hub = ctx;
	struct hub_stream *s = stream_of(hub, id);
	if (!s)
		return;
	bool was_acknowledged = s->is_acknowledged, was_now = s == &hub->now;
	*s = (struct hub_stream){ 0 };
	bool is_final = (f == UPSTREAM_OK && m && m->kind == MCP_ERROR) ||
	                upstream_speaks(hub->behind->u, MCP_ERA_MODERN) == UPSTREAM_NO;
	if (was_now) {
		hub->had_gap = true;
		forget_known(hub);
	}
	if (!was_acknowledged) {
		bool is_unsaid = f == UPSTREAM_OK && !(m && m->kind == MCP_ERROR);
		hub_fail(hub, is_final && !hub->now.exchange.v, is_unsaid ? UPSTREAM_BROKEN : f, is_unsaid ? NULL : m,
		         is_unsaid ? "the server ended the stream before it began" : why, http_status);
	}
	if (!hub->is_dead && !hub->now.exchange.v && !hub->next.exchange.v)
		hub_again(hub);
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };

static void open_stream(struct hub *hub)
{
	struct hub_stream *s = hub->now.exchange.v ? &hub->next : &hub->now;
	struct upstream_target to = { .version = MCP_MODERN_LATEST, .grant_id = slice_str(hub->grant_id) };
	struct buf params = BUF_INIT(LIMIT_MESSAGE_BYTES);
	*s = (struct hub_stream){ .number = ++hub->stream_last, .flags = hub_flags(hub) };
	if (write_params(hub, s, &params)) {
		s->exchange = upstream_subscribe(hub->behind->u, &to, buf_slice(&params), &events, hub);
	} else {
		*s = (struct hub_stream){ 0 };
		hub_fail(hub, false, UPSTREAM_BUSY, NULL, "more resources are listened to than one request can name", 0);
	}
	buf_release(&params);
}

static void on_want(void *ctx)
{
	struct hub *hub = ctx;
	hub->refresh.v = 0;
	hub->refreshed_us = loop_now_us(hub_loop(hub));
	if (hub->next.exchange.v || (hub->now.exchange.v && (!hub->now.is_acknowledged || is_covered(hub, &hub->now))))
		return; /* what that one is answered with is looked at then */
	open_stream(hub);
}

void hub_stream_want(struct hub *hub)
{
	uint64_t since_us = loop_now_us(hub_loop(hub)) - hub->refreshed_us;
	uint64_t again_ms = AGAIN_MS + hub->topics.n / TOPICS_EACH_MS;
	bool is_soon = hub->refreshed_us && since_us < again_ms * 1000;
	if (hub->refresh.v || hub->retry.v)
		return;
	hub->refresh = loop_after(hub_loop(hub), is_soon ? again_ms : 0, on_want, hub);
}
