/*
 * The MCP server behind every leg of `make bench`: Streamable HTTP, one thread, and as
 * little work a call as an honest server can do, so that what stands before it shows.
 *   usage: bench_upstream TOOLS [STREAMS]     prints its port, serves until it is ended
 * With STREAMS it offers so many event streams (GET), and a call of tool_000 makes it say on all
 * of them that its tools have changed.
 */
#include "http/server.h"
#include "mcp/jsonrpc.h"
#include "net/loop.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_BYTES_MAX (16u << 20)

struct bench {
	struct loop *loop;
	struct http_server *server;
	unsigned tools;
	struct http_request_id *streams;
	size_t stream_n, streams_max;
	struct buf answer; /* of the request at hand */
};

/* A definition as real servers have them: a few properties, some with bounds. */
static void add_tool(struct buf *b, unsigned i)
{
	buf_addf(b,
	         "%s{\"name\":\"tool_%03u\",\"description\":\"Reads order number %u of a customer and "
	         "says where it is.\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"
	         "\"customer\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64,"
	         "\"description\":\"who ordered\"},"
	         "\"order\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000},"
	         "\"fields\":{\"type\":\"array\",\"maxItems\":8,\"items\":{\"type\":\"string\","
	         "\"enum\":[\"state\",\"price\",\"address\",\"items\"]}},"
	         "\"verbose\":{\"type\":\"boolean\"}},\"required\":[\"customer\",\"order\"],"
	         "\"additionalProperties\":false}}",
	         i ? "," : "", i, i);
}

static void write_result(struct bench *b, const struct mcp_message *m)
{
	struct buf result = BUF_INIT(ANSWER_BYTES_MAX);
	struct buf id = BUF_INIT(1024);

	json_write(&id, m->id);
	if (slice_is(m->method, "tools/call")) {
		buf_adds(&result, "{\"content\":[{\"type\":\"text\",\"text\":\"on its way\"}],"
		                  "\"isError\":false}");
	} else if (slice_is(m->method, "tools/list")) {
		buf_adds(&result, "{\"tools\":[");
		for (unsigned i = 0; i < b->tools; i++)
			add_tool(&result, i);
		buf_adds(&result, "]}");
	} else if (slice_is(m->method, "initialize")) {
		buf_adds(&result, "{\"protocolVersion\":");
		buf_add_json_string(&result, json_string(json_gets(m->params, "protocolVersion")));
		buf_adds(&result, ",\"capabilities\":{\"tools\":{}},"
		                  "\"serverInfo\":{\"name\":\"bench\",\"version\":\"1\"}}");
	} else {
		buf_adds(&result, "{}");
	}
	mcp_write_result(&b->answer, buf_slice(&id), buf_slice(&result));
	buf_release(&id);
	buf_release(&result);
}

static void answer_empty(struct bench *b, const struct http_request *r, int status)
{
	http_respond(b->server, r->id, status, NULL, 0, slice_of("", 0));
}

static void open_stream(struct bench *b, const struct http_request *r)
{
	const struct http_header type = { SLICE_LIT("Content-Type"), SLICE_LIT("text/event-stream") };

	if (b->stream_n == b->streams_max) {
		answer_empty(b, r, 405);
		return;
	}
	b->streams[b->stream_n++] = r->id;
	http_begin(b->server, r->id, 200, &type, 1);
}

static void say_changed(struct bench *b)
{
	for (size_t i = 0; i < b->stream_n; i++)
		http_write(b->server, b->streams[i],
		           SLICE_LIT("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n"));
}

static void on_request(void *ctx, const struct http_request *r)
{
	/* The session is named with the answer to initialize only. */
	const struct http_header headers[] = {
		{ SLICE_LIT("Content-Type"), SLICE_LIT("application/json") },
		{ SLICE_LIT("Mcp-Session-Id"), SLICE_LIT("bench") },
	};
	struct bench *b = ctx;
	struct mcp_message m;

	if (r->method == HTTP_GET) {
		open_stream(b, r);
		return;
	}
	if (r->method != HTTP_POST) {
		answer_empty(b, r, r->method == HTTP_DELETE ? 200 : 405);
		return;
	}
	const struct json *root = json_read(r->body, r->arena, NULL);
	if (!root || !mcp_message_read(root, &m, NULL)) {
		answer_empty(b, r, 400);
	} else if (m.kind != MCP_REQUEST) {
		answer_empty(b, r, 202);
	} else {
		buf_clear(&b->answer);
		if (slice_is(json_string(json_gets(m.params, "name")), "tool_000"))
			say_changed(b);
		write_result(b, &m);
		http_respond(b->server, r->id, 200, headers,
		             slice_is(m.method, "initialize") ? 2 : 1, buf_slice(&b->answer));
	}
}

static void on_gone(void *ctx, struct http_request_id id)
{
	struct bench *b = ctx;

	for (size_t i = 0; i < b->stream_n; i++)
		if (b->streams[i].v == id.v) {
			b->streams[i] = b->streams[--b->stream_n];
			return;
		}
}

static void on_stopped(void *ctx)
{
	struct bench *b = ctx;

	loop_stop(b->loop);
}

static void on_signal(void *ctx)
{
	struct bench *b = ctx;

	http_server_stop(b->server, 0, on_stopped, b);
}

int main(int argc, char **argv)
{
	static const struct http_server_events events = { on_request, on_gone };
	struct http_server_opts opts = http_server_defaults();
	struct bench b = { .loop = loop_new(), .answer = BUF_INIT(ANSWER_BYTES_MAX) };
	struct err e;

	b.tools = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;
	b.streams_max = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	b.streams = calloc(b.streams_max + 1, sizeof *b.streams);
	opts.connections_max += b.streams_max;
	b.server = http_server_new(b.loop, &opts, &events, &b);
	if (!http_server_listen(b.server, "127.0.0.1:0", false, &e)) {
		fprintf(stderr, "bench_upstream: %s\n", e.text);
		return 1;
	}
	printf("%d\n", http_server_port(b.server));
	fflush(stdout);
	loop_on_signal(b.loop, SIGTERM, on_signal, &b);
	loop_run(b.loop);
	http_server_free(&b.server);
	loop_free(&b.loop);
	buf_release(&b.answer);
	free(b.streams);
	return 0;
}
