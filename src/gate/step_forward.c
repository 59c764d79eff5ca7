/*
 * The server hears of the call: printed from the value that was judged, with an id of our
 * own and, where the client wants progress, a token of our own.
 */
#include "base/check.h"
#include "gate/merge.h"

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct call *c = ctx;
	if (c->exchange.v == id.v)
		relay_message(c->in, c->server, c, m);
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct call *c = ctx;
	if (c->exchange.v != id.v)
		return;
	c->failure = f;
	c->answer = m;
	c->why = why;
	c->http_status = http_status;
	c->answered_us = loop_now_us(c->gate->o.loop);
	c->at++;
	call_resume(c);
}

/* The server lets its stream rest (MCP 2025-11-25, Transports, SEP-1699): its client can, too. */
static void on_open(void *ctx, struct exchange_id id)
{
	struct call *c = ctx;
	if (c->exchange.v == id.v)
		resume_prime(c->in);
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done, .on_open = on_open };

static void write_meta(struct buf *b, const struct call *c, const struct json *meta)
{
	if (!json_gets(meta, "progressToken")) {
		json_write(b, meta);
		return;
	}
	struct buf token = BUF_INIT(64);
	upstream_progress_token(&token, c->id);
	json_write_with(b, meta, SLICE_LIT("progressToken"), buf_slice(&token));
	buf_release(&token);
}

static void write_params(struct buf *b, const struct call *c)
{
	bool is_first = true;
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(c->m.params); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		if (merge_write_param(b, c, it.key, it.value))
			continue;
		if (slice_is(it.key, "_meta") && json_is(it.value, JSON_OBJECT))
			write_meta(b, c, it.value);
		else
			json_write(b, it.value);
	}
	buf_addc(b, '}');
}

enum step_result step_forward(struct call *c)
{
	if (c->method->kind == METHOD_PING)
		return STEP_NEXT;
	BUG_ON(c->decision.effect != POLICY_ALLOW);
	BUG_ON(!c->is_recorded);
	c->is_forwarded = true;
	gate_watch_streams(c->gate);
	c->forwarded_us = loop_now_us(c->gate->o.loop);
	if (c->merge) {
		if (c->method->kind == METHOD_OPEN)
			open_begin(c);
		merge_start(c);
		return STEP_WAIT;
	}
	if (c->method->kind == METHOD_OPEN) {
		c->exchange = open_session(c, &events);
		return STEP_WAIT;
	}
	struct buf *b = &c->gate->answer;
	buf_clear(b);
	if (c->m.params)
		write_params(b, c);
	struct bridge_target target = inbound_target(c->in);
	if (json_gets(json_gets(c->m.params, "_meta"), "progressToken"))
		target.to.progress_id = c->id;
	if (!buf_ok(b)) {
		c->failure = UPSTREAM_UNREACHED;
		c->why = "the message grew over its limit";
		return STEP_NEXT;
	}
	c->exchange = bridge_request(c->gate->bridge, c->upstream, &target, c->m.method, buf_slice(b),
	                               c->decision.timeout_ms, &events, c);
	return STEP_WAIT;
}
