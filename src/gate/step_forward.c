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

/* What is the client's own there is said anew for the server: which progress is meant, and what
 * its client can, as far as the policy lets it be asked. */
static void write_meta(struct buf *b, const struct call *c, const struct json *meta)
{
	struct buf token = BUF_INIT(64), can = BUF_INIT(b->max), trace = BUF_INIT(8192);
	struct member changes[4];
	size_t n = trace_members(c, changes, &trace);
	if (json_gets(meta, "progressToken")) {
		upstream_progress_token(&token, c->id);
		changes[n++] = (struct member){ SLICE_LIT("progressToken"), buf_slice(&token) };
	}
	if (c->in->is_modern) {
		modern_write_capabilities(&can, c->in, c->binding->policy);
		changes[n++] = (struct member){ SLICE_LIT(MCP_META_CLIENT_CAPS), buf_slice(&can) };
	}
	members_write(b, meta, changes, n);
	if (!buf_ok(&can) || !buf_ok(&trace))
		b->failed = true;
	buf_release(&trace);
	buf_release(&token);
	buf_release(&can);
}

static void write_param(struct buf *b, const struct call *c, struct slice key, const struct json *value)
{
	if (merge_write_param(b, c, key, value))
		return;
	if (slice_is(key, "taskId") && c->method->param && slice_is(slice_str(c->method->param), "taskId"))
		buf_add_json_string(b, c->name);
	else if (slice_is(key, "_meta") && json_is(value, JSON_OBJECT))
		write_meta(b, c, value);
	else
		json_write(b, value);
}

static void write_params(struct buf *b, const struct call *c)
{
	const char *comma = "";
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(c->m.params); json_next(&it);) {
		/* MCP 2025-11-25, Tasks: who has not declared them runs the request as if it did not ask
		 * for one, and the door to all has not. */
		if (slice_is(it.key, "task") && merge_is_door(c->in))
			continue;
		buf_adds(b, comma);
		comma = ",";
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		write_param(b, c, it.key, it.value);
	}
	buf_addc(b, '}');
}

/* Who asks, as far as it is said of this request and not of a session. */
static void fill_target(const struct call *c, struct bridge_target *t, struct buf *can)
{
	if (json_gets(json_gets(c->m.params, "_meta"), "progressToken"))
		t->to.progress_id = c->id;
	if (!c->in->is_modern)
		return;
	t->is_task_only = c->tool && c->tool->is_task_only;
	modern_write_capabilities(can, c->in, c->binding->policy);
	t->client_capabilities = buf_slice(can);
	t->to.client_caps &= modern_allowed(c->binding->policy);
}

static void send(struct call *c)
{
	struct buf *b = &c->gate->answer, can = BUF_INIT(b->max);
	struct bridge_target target = inbound_target(c->in);
	buf_clear(b);
	if (c->m.params)
		write_params(b, c);
	fill_target(c, &target, &can);
	if (!modern_write_params(c, &target) || !buf_ok(b) || !buf_ok(&can)) {
		c->failure = UPSTREAM_UNREACHED;
		c->why = "the message grew over its limit";
	} else {
		c->exchange = bridge_request(c->gate->bridge, c->upstream, &target, c->m.method, buf_slice(b),
		                             c->decision.timeout_ms, &events, c);
	}
	buf_release(&can);
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
	if (c->method->kind == METHOD_LISTEN)
		return subscription_start(c);
	if (c->method->kind == METHOD_OPEN) {
		c->exchange = open_session(c, &events);
		return STEP_WAIT;
	}
	send(c);
	return c->exchange.v ? STEP_WAIT : STEP_NEXT;
}
