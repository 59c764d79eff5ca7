/*
 * The line door: one client on standard input, whose every line is one message. Of which era a
 * line is it says itself: a client may ask by server/discover and then shake hands (MCP
 * 2026-07-28, Versioning, Backward Compatibility), and one line may be answered in each.
 */
#include "gate/consent.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

#define LINE_SESSION "line" /* all modern requests of the line are one client's */

static bool is_ping(const struct json *root)
{
	return slice_is(json_string(json_gets(root, "method")), "ping");
}

static void fail(struct inbound *in, const struct json *id, const char *text)
{
	struct buf b = BUF_INIT(4096);
	json_write(&b, id);
	inbound_fail(in, 400, MCP_INVALID_REQUEST, buf_ok(&b) ? buf_slice(&b) : slice_of(NULL, 0), text);
	buf_release(&b);
}

static bool is_opening(const struct gate *g)
{
	list_each_safe(it, next, &g->running) {
		const struct call *c = list_entry(it, struct call, link);
		if (c->method && c->method->kind == METHOD_OPEN)
			return true;
	}
	return false;
}

static void take_batch(struct inbound *in, const struct json *root)
{
	const char *wrong = in->has_session ? endpoint_check_batch(&in->session, root) : "initialize first";
	if (wrong)
		fail(in, NULL, wrong);
	else
		inbound_dispatch(in, root);
}

/* A process has one session, from its first message on (MCP 2025-11-25, Lifecycle, Initialization):
 * calls under way are of that one. */
static void take_initialize(struct inbound *in, const struct json *root)
{
	if (in->has_session || is_opening(in->gate))
		fail(in, json_gets(root, "id"), "initialize was sent before: a process has one session");
	else
		inbound_dispatch(in, root);
}

static void take_legacy(struct inbound *in, const struct json *root)
{
	const struct json *id = json_gets(root, "id");
	if (endpoint_is_initialize(root))
		take_initialize(in, root);
	else if (in->has_session || is_ping(root))
		inbound_dispatch(in, root);
	else
		fail(in, id, "initialize first, or send 'params._meta' of revision 2026-07-28 with each request");
}

static void take_modern(struct inbound *in, const struct mcp_inbound *what)
{
	in->has_session = false;
	in->session = (struct session){ 0 };
	modern_begin(in, &what->envelope);
	session_set_text(in->session.id, sizeof in->session.id, SLICE_LIT(LINE_SESSION));
	inbound_dispatch(in, what->m.root);
}

/* Neither has an answer (JSON-RPC 2.0, 4.1 and 5), nor says by itself of which era it is. Before a
 * handshake it is of the modern one, which knows no answers of a client (MCP 2026-07-28, stdio,
 * Sending Messages), and of its notifications needs notifications/cancelled. */
static void take_bare(struct inbound *in, const struct mcp_inbound *what)
{
	if (in->has_session) {
		inbound_dispatch(in, what->m.root);
	} else if (what->m.kind == MCP_NOTIFICATION) {
		take_modern(in, what);
	} else {
		log_warn(in->server, "the client answered a request that it was not sent; dropped");
		inbound_free(in);
	}
}

static struct inbound *new_inbound(struct gate *g)
{
	struct inbound *in = inbound_new(g, (struct http_request_id){ 0 });
	in->server = g->line->server;
	in->peer = g->line->peer;
	in->grant = g->line->grant;
	in->session = g->line->session;
	in->has_session = g->line->has_session;
	in->can_stream = true;
	return in;
}

/* One line of the line door. A line that is no message is answered with an error, never passed on. */
void gate_on_line(struct gate *g, struct slice line)
{
	struct err e = { 0 };
	struct mcp_inbound what;
	struct mcp_refusal refusal;
	BUG_ON(!g->line);
	struct inbound *in = new_inbound(g);
	const struct json *root = json_read(line, &in->arena, &e);
	if (!root)
		inbound_fail(in, 400, MCP_PARSE_ERROR, slice_of(NULL, 0), e.text);
	else if (!mcp_classify(root, NULL, &what, &refusal))
		inbound_refuse(in, &refusal, what.m.id);
	else if (what.is_batch)
		take_batch(in, root);
	else if (what.era == MCP_ERA_MODERN)
		take_modern(in, &what);
	else if (what.m.kind == MCP_REQUEST)
		take_legacy(in, root);
	else
		take_bare(in, &what);
}

void gate_end_line(struct gate *g)
{
	list_each_safe(it, next, &g->running) {
		struct call *c = list_entry(it, struct call, link);
		if (c->in && !c->in->http.v && c->method && c->method->kind == METHOD_LISTEN)
			call_cancel(c, "the client has gone");
	}
	hold_end_all(g);
	list_each_safe(it2, next2, &g->streams) {
		struct inbound *in = list_entry(it2, struct inbound, link);
		if (!in->http.v)
			stream_end(in);
	}
}
