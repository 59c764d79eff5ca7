/* The line door: one client on standard input, whose every line is one message. */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"

static bool is_ping(const struct json *root)
{
	return slice_is(json_string(json_gets(root, "method")), "ping");
}

/* Before initialize has been answered. What is no request gets no answer (JSON-RPC 2.0, 4.1). */
static void refuse_early(struct inbound *in, const struct json *root)
{
	const struct json *id = json_gets(root, "id");
	if (!id && json_gets(root, "method")) {
		inbound_free(in);
		return;
	}
	struct buf text = BUF_INIT(4096);
	json_write(&text, id);
	inbound_fail(in, 400, MCP_INVALID_REQUEST, buf_ok(&text) ? buf_slice(&text) : slice_of(NULL, 0),
	             "initialize first");
	buf_release(&text);
}

/* One line of the line door. A line that is no message is answered with an error, never passed on. */
void gate_on_line(struct gate *g, struct slice line)
{
	struct err e = { 0 };
	BUG_ON(!g->line);
	struct inbound *in = inbound_new(g, (struct http_request_id){ 0 });
	in->server = g->line->server;
	in->peer = g->line->peer;
	in->grant = g->line->grant;
	in->session = g->line->session;
	in->has_session = g->line->has_session;
	in->can_stream = true;
	const struct json *root = json_read(line, &in->arena, &e);
	if (!root) {
		inbound_fail(in, 400, MCP_PARSE_ERROR, slice_of(NULL, 0), e.text);
		return;
	}
	bool is_batch = json_is(root, JSON_ARRAY);
	if (is_batch && (!in->has_session || !mcp_version_has_batches(in->session.client_version) || !json_count(root) ||
	                 json_count(root) > LIMIT_BATCH)) {
		inbound_fail(in, 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "this revision of MCP has no batches: send each message by itself");
		return;
	}
	if (!in->has_session && !is_batch && !endpoint_is_initialize(root) && !is_ping(root)) {
		refuse_early(in, root);
		return;
	}
	inbound_dispatch(in, root);
}
