/*
 * The server hears of the call (outgoing.c says how), and the call waits for its answer.
 */
#include "base/check.h"
#include "gate/consent.h"
#include "gate/merge.h"
#include "gate/outgoing.h"

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

static void send(struct call *c)
{
	struct buf *b = &c->gate->answer, can = BUF_INIT(b->max);
	struct bridge_target target = inbound_target(c->in);
	struct outgoing o = { .call = c, .policy = c->binding ? c->binding->policy : NULL };
	buf_clear(b);
	outgoing_write(b, &o);
	if (!outgoing_target(&o, &target, &can) || !buf_ok(b)) {
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
	BUG_ON(c->decision.effect != POLICY_ALLOW && !c->decision.is_shadow);
	BUG_ON(!c->is_recorded);
	BUG_ON(c->needs_yes && (!c->consent || c->consent->stage != CONSENT_USED));
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
