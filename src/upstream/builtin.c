/*
 * A server that is part of this program: its answers are worked out beside the loop. An exchange
 * may be over before its answer is there; the job knows it by its id alone.
 */
#include "base/check.h"
#include "base/limits.h"
#include "upstream/exchange.h"
#include "upstream/handshake.h"

struct job {
	struct upstream *u;
	struct upstream_builtin server;
	struct exchange_id id;
	struct buf request, answer; /* whole messages */
};

static void write_answer(struct job *j, const struct mcp_message *m, struct arena *a)
{
	struct buf result = BUF_INIT(j->answer.max), id = BUF_INIT(LIMIT_RPC_ID * 8);
	struct err why = { 0 };
	int code = j->server.answer(j->server.ctx, m, a, &result, &why);
	json_write(&id, m->id);
	if (!code && buf_ok(&result))
		mcp_write_result(&j->answer, buf_slice(&id), buf_slice(&result));
	if (code || !buf_ok(&result) || !buf_ok(&j->answer)) {
		buf_clear(&j->answer);
		mcp_write_error(&j->answer, buf_slice(&id), code ? code : MCP_INTERNAL_ERROR,
				code ? why.text : "the answer is too long; ask for less", slice_of(NULL, 0));
	}
	buf_release(&result);
	buf_release(&id);
}

static void work(void *ctx)
{
	struct job *j = ctx;
	struct arena a;
	struct err e = { 0 };
	struct mcp_message m;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(buf_slice(&j->request), &a, &e);
	if (root && mcp_message_read(root, &m, &e))
		write_answer(j, &m, &a);
	arena_release(&a);
}

static void take_answer(struct exchange *x, const struct mcp_message *m)
{
	struct err e = { 0 };
	if (x->kind == EXCHANGE_OPEN && m->kind == MCP_RESULT &&
	    !handshake_read(m, x->u->o.name, &x->remote.version, &e)) {
		exchange_fail(x, UPSTREAM_REFUSED, 0, "%s", e.text);
		return;
	}
	era_found(x->u, MCP_ERA_LEGACY, true);
	era_found(x->u, MCP_ERA_MODERN, true);
	exchange_done(x, UPSTREAM_OK, m, NULL, 0);
}

static void on_worked(void *ctx)
{
	struct job *j = ctx;
	struct upstream *u = j->u;
	struct exchange *x = exchange_find(u, j->id);
	struct mcp_message m;
	struct err e = { 0 };
	u->jobs--;
	if (x && upstream_read(u, buf_slice(&j->answer), &m, &e))
		take_answer(x, &m);
	else if (x)
		exchange_fail(x, UPSTREAM_BROKEN, 0, "server '%s' has no answer: %s", u->o.name, e.text);
	buf_release(&j->request);
	buf_release(&j->answer);
	free(j);
	upstream_check_stopped(u);
}

void builtin_start(struct exchange *x)
{
	struct upstream *u = x->u;
	if (x->kind == EXCHANGE_NOTIFY || exchange_is_stream(x)) {
		x->soon = loop_after(u->loop, 0, exchange_on_soon, x);
		return;
	}
	struct job *j = mem_zalloc(sizeof *j);
	*j = (struct job){ .u = u, .server = *u->o.builtin, .id = x->id, .request = x->text };
	buf_init(&j->answer, u->o.message_bytes_max);
	buf_init(&x->text, x->text.max);
	u->jobs++;
	if (j->server.lane)
		lane_work(j->server.lane, work, on_worked, j);
	else
		loop_work(u->loop, work, on_worked, j);
}

/* MCP 2026-07-28, Subscriptions: the first message says what is honoured, and that is nothing. */
static void acknowledge(struct exchange *x)
{
	struct mcp_message m;
	struct err e = { 0 };
	struct buf text = BUF_INIT(512);
	buf_addf(&text,
		 "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":"
		 "{\"io.modelcontextprotocol/subscriptionId\":%llu},\"notifications\":{}}}",
		 (unsigned long long)x->wire_id);
	if (upstream_read(x->u, buf_slice(&text), &m, &e))
		exchange_show(x, &m);
	buf_release(&text);
}

void builtin_soon(struct exchange *x)
{
	if (x->kind == EXCHANGE_NOTIFY) {
		exchange_done(x, UPSTREAM_OK, NULL, NULL, 0);
		return;
	}
	loop_cancel(x->u->loop, &x->deadline);
	x->is_open = true;
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
	if (!x->is_over && x->kind == EXCHANGE_SUBSCRIBE)
		acknowledge(x);
}
