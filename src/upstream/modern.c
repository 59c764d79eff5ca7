/*
 * What a child of the modern era says by itself (MCP 2026-07-28, stdio, Receiving Messages):
 * progress goes by the gate's token, what a subscription brings by the id of its request, a log
 * line to the one client that asked for some. The rest is about nobody, and is dropped.
 */
#include "base/limits.h"
#include "base/log.h"
#include "mcp/envelope.h"
#include "upstream/process.h"

bool modern_keeps(const struct exchange *x)
{
	return x->kind == EXCHANGE_SUBSCRIBE && x->is_open && !x->failure;
}

/* Without a level in its envelope a request gets no log lines (MCP 2026-07-28, Logging). */
void modern_look_at_request(struct exchange *x)
{
	struct slice key = SLICE_LIT(MCP_META_LOG_LEVEL);
	struct arena a;
	struct err e;
	struct mcp_message m;
	if (x->kind != EXCHANGE_REQUEST || !exchange_is_modern(x) ||
	    !memmem(x->text.p, x->text.n, key.p, key.n))
		return;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(buf_slice(&x->text), &a, &e);
	if (root && mcp_message_read(root, &m, &e))
		x->has_level = mcp_log_level_of(json_string(json_get(
				       json_gets(m.params, "_meta"), key))) != MCP_LOG_NONE;
	arena_release(&a);
}

static void open_subscription(struct exchange *x)
{
	x->is_open = true;
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
}

/* The first message of a stream acknowledges it (MCP 2026-07-28, Subscriptions, Acknowledgment).
 * One that was asked for again is not opened anew, but shows by this that something may have
 * been missed. */
static void take_subscribed(struct process *p, const struct mcp_message *m, const struct json *id)
{
	struct exchange *x = stdio_find(p, id);
	if (!x || x->kind != EXCHANGE_SUBSCRIBE) {
		log_debug(p->u->o.name, "a notification for no subscription under way; dropped");
		return;
	}
	loop_cancel(p->u->loop, &x->deadline);
	if (!x->is_open)
		open_subscription(x);
	if (!x->is_over)
		stdio_show(x, m);
}

/* A server may end a subscription by this and by a result: both end in the same way (MCP
 * 2026-07-28: the pages on cancellation and on subscriptions differ). */
static void take_cancelled(struct process *p, const struct mcp_message *m)
{
	struct exchange *x = stdio_find(p, json_gets(m->params, "requestId"));
	if (!x || x->kind != EXCHANGE_SUBSCRIBE) {
		upstream_complain(p->u, "cancelled a request that is no subscription; dropped");
		return;
	}
	struct buf id = BUF_INIT(32), result = BUF_INIT(256), b = BUF_INIT(512);
	struct mcp_message end;
	struct err e;
	buf_add_u64(&id, x->wire_id);
	buf_addf(&result, "{\"resultType\":\"complete\",\"_meta\":{\"%s\":%s}}",
		 MCP_META_SUBSCRIPTION, buf_str(&id));
	mcp_write_result(&b, buf_slice(&id), buf_slice(&result));
	if (upstream_read(p->u, buf_slice(&b), &end, &e))
		stdio_answer(x, &end);
	buf_release(&id);
	buf_release(&result);
	buf_release(&b);
}

/* A log line names no request: it is shown where only one client can be meant. */
static struct exchange *find_logged(struct process *p)
{
	struct exchange *only = NULL;
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (!x->is_sent || !x->has_level)
			continue;
		if (only && !process_is_one_client(only, x))
			return NULL;
		only = only ? only : x;
	}
	return only;
}

void modern_take_notification(struct process *p, const struct mcp_message *m)
{
	const struct json *id = json_gets(json_gets(m->params, "_meta"), MCP_META_SUBSCRIPTION);
	struct exchange *x = NULL;
	upstream_noticed(p->u, m);
	if (id) {
		take_subscribed(p, m, id);
	} else if (slice_is(m->method, "notifications/progress")) {
		route_progress(p, m);
	} else if (slice_is(m->method, "notifications/cancelled")) {
		take_cancelled(p, m);
	} else {
		if (slice_is(m->method, "notifications/message"))
			x = find_logged(p);
		if (x)
			stdio_show(x, m);
		else
			log_debug(p->u->o.name, "a notification for nobody; dropped");
	}
}
