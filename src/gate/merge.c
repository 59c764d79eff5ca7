/* Asks all servers of a grant the same and waits for them, but not for ever. */
#include "gate/merge.h"
#include "gate/outgoing.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/survey.h"

bool merge_is_door(const struct inbound *in)
{
	return !in->server[0];
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	(void)ctx;
	(void)id;
	(void)m; /* a list or a handshake has nothing to say beside its answer */
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status);
static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };

/* It is asked again with the next call, and in the background: when it is back, clients hear of it
 * as of any other change of a list. */
static void leave_out(struct merge_part *p, const char *why)
{
	struct gate *g = p->call->gate;
	p->is_done = p->is_left_out = true;
	buf_clear(&p->out);
	if (survey_left_out(g, slice_str(p->server), true))
		log_warn(p->server, "left out of what is shown of all servers: %s", why);
}

static bool is_down(const struct upstream *u)
{
	struct upstream_status s;
	upstream_status(u, &s);
	return s.state == UPSTREAM_DOWN;
}

static void end(struct call *c)
{
	struct merge *m = c->merge;
	m->is_over = true;
	for (size_t i = 0; i < m->part_n; i++) {
		struct merge_part *p = &m->parts[i];
		if (p->is_done)
			continue;
		if (p->exchange.v)
			bridge_cancel(c->gate->bridge, p->upstream, p->exchange, "the gate no longer waits for it");
		p->exchange.v = 0;
		leave_out(p, p->is_waited_for ? "it did not answer in time" : "it is down");
	}
	c->answered_us = loop_now_us(c->gate->o.loop);
	c->at++;
	call_resume(c);
}

static void on_late(void *ctx)
{
	struct call *c = ctx;
	c->merge->has_timer = false;
	end(c);
}

static void part_done(struct merge_part *p)
{
	struct merge *m = p->call->merge;
	p->is_done = true;
	if (p->is_waited_for)
		m->waiting--;
	if (!m->waiting && !m->is_over)
		end(p->call);
}

/* cursor: of a list; p NULL: its first page. */
static void ask(struct merge_part *p, struct slice cursor)
{
	struct call *c = p->call;
	struct gate *g = c->gate;
	struct bridge_target t = inbound_target(c->in);
	if (c->method->kind == METHOD_OPEN) {
		p->exchange = bridge_open(g->bridge, p->upstream, &t, json_gets(c->m.params, "clientInfo"),
		                          json_gets(c->m.params, "capabilities"), &events, p);
		return;
	}
	struct buf params = BUF_INIT(g->o.message_bytes_max), can = BUF_INIT(g->o.message_bytes_max);
	struct outgoing o = { .call = c, .policy = p->binding->policy, .is_part = true, .cursor = cursor };
	outgoing_write(&params, &o);
	if (outgoing_target(&o, &t, &can) && buf_ok(&params)) {
		p->exchange = bridge_request(g->bridge, p->upstream, &t, c->m.method, buf_slice(&params),
		                             c->decision.timeout_ms, &events, p);
	} else {
		leave_out(p, "what it would be asked is larger than the gate carries");
		part_done(p);
	}
	buf_release(&params);
	buf_release(&can);
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct merge_part *p = ctx;
	struct slice cursor = { NULL, 0 };
	(void)http_status;
	if (p->exchange.v != id.v)
		return;
	p->exchange.v = 0;
	if (f || !m) {
		leave_out(p, why ? why : "it did not answer");
	} else if (m->kind == MCP_RESULT && p->call->method->kind == METHOD_LIST) {
		cursor = merge_take_list(p, m->result);
		if (cursor.p) {
			ask(p, cursor);
			return;
		}
	} else if (m->kind == MCP_RESULT) {
		json_write(&p->out, m->result);
	}
	/* An error is the answer of a server that has none of these: it adds nothing. */
	part_done(p);
}

/* Two servers whose names look the same at this door cannot both stand behind it: what is meant for
 * one would reach the other. The first has it. */
static bool is_first_of_name(struct map *seen, struct slice server)
{
	char name[MCP_MERGED_NAME_SIZE];
	struct buf label = BUF_INIT(LIMIT_NAME + 16);
	mcp_merged_name(name, server, SLICE_LIT("x"));
	mcp_merged_label(&label, server);
	buf_addc(&label, '+'); /* which no merged name has in it */
	bool is_first = !map_get(seen, slice_str(name)) && buf_ok(&label) && !map_get(seen, buf_slice(&label));
	map_put(seen, slice_str(name), seen);
	map_put(seen, buf_slice(&label), seen);
	buf_release(&label);
	return is_first;
}

static void add_parts(struct call *c)
{
	struct inbound *in = c->in;
	struct gate *g = c->gate;
	struct merge *m = c->merge;
	const struct grant *grant = in->grant;
	struct map seen;
	map_init(&seen);
	m->parts = mem_zalloc((grant->binding_n + 1) * sizeof *m->parts);
	for (size_t i = 0; i < grant->binding_n; i++) {
		const struct grant_binding *binding = &grant->bindings[i];
		struct upstream *u = registry_get(g->o.registry, binding->server);
		char *name = arena_strndup(&in->arena, binding->server.p, binding->server.n);
		if (!u || !binding->policy || !name)
			continue; /* not registered, or nothing of it may be seen */
		if (!is_first_of_name(&seen, binding->server)) {
			if (survey_left_out(g, binding->server, false))
				log_warn(name, "left out of what is shown of all servers: another server of the grant looks the same there; rename one");
			continue;
		}
		struct merge_part *p = &m->parts[m->part_n++];
		*p = (struct merge_part){ .call = c, .binding = binding, .server = name, .upstream = u };
		buf_init(&p->out, g->o.message_bytes_max);
		p->is_waited_for = !is_down(u);
		m->waiting += p->is_waited_for;
	}
	map_release(&seen);
}

void merge_start(struct call *c)
{
	struct merge *m = c->merge;
	add_parts(c);
	/* One more, so that nothing ends before all have been asked. */
	m->waiting++;
	for (size_t i = 0; i < m->part_n; i++)
		ask(&m->parts[i], slice_of(NULL, 0));
	m->waiting--;
	m->has_timer = true;
	m->timer = loop_after(c->gate->o.loop, m->waiting ? c->gate->o.merge_wait_ms : 0, on_late, c);
}

/* The gate ends: the servers and their exchanges are gone already. */
void merge_forget(struct call *c)
{
	for (size_t i = 0; c->merge && i < c->merge->part_n; i++)
		c->merge->parts[i].exchange.v = 0;
	merge_free(c);
}

void merge_free(struct call *c)
{
	struct merge *m = c->merge;
	if (!m)
		return;
	if (m->has_timer)
		loop_cancel(c->gate->o.loop, &m->timer);
	for (size_t i = 0; i < m->part_n; i++) {
		struct merge_part *p = &m->parts[i];
		if (p->exchange.v)
			bridge_cancel(c->gate->bridge, p->upstream, p->exchange, "cancelled by the client");
		buf_release(&p->out);
	}
	free(m->parts);
	free(m);
	c->merge = NULL;
}
