/*
 * The wire alone, for measuring: answers each request with what one server says to the
 * same request. forward 127.0.0.1:8001 http://127.0.0.1:8002
 */
#include "base/buf.h"
#include "http/client.h"
#include "http/server.h"
#include <signal.h>

struct forward {
	struct loop *loop;
	struct http_server *server;
	struct http_client *client;
	struct http_origin *origin;
};

struct exchange {
	struct forward *f;
	struct http_request_id id;
	struct buf body;
	int status;
};

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers)
{
	(void)id;
	(void)headers;
	((struct exchange *)ctx)->status = status;
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	(void)id;
	buf_add_slice(&((struct exchange *)ctx)->body, bytes);
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct exchange *x = ctx;
	const struct http_header type = { SLICE_LIT("Content-Type"), SLICE_LIT("application/json") };
	(void)id;
	(void)was_sent;
	struct slice body = why ? slice_str(why->text) : buf_slice(&x->body);
	http_respond(x->f->server, x->id, why ? 502 : x->status, &type, 1, body);
	buf_release(&x->body);
	free(x);
}

static const struct http_client_events client_events = { on_head, on_body, on_end };

static void on_request(void *ctx, const struct http_request *r)
{
	struct forward *f = ctx;
	struct exchange *x = calloc(1, sizeof *x);
	struct http_header type = { SLICE_LIT("Content-Type"), http_header_get(r->headers, "content-type") };
	struct http_outgoing out = { .method = r->method, .target = r->target, .body = r->body,
		                     .headers = &type, .header_n = type.value.p ? 1 : 0, .head_deadline_ms = 30000 };
	struct err e;
	*x = (struct exchange){ .f = f, .id = r->id, .body = BUF_INIT(1 << 20) };
	if (!http_send(f->client, f->origin, &out, &client_events, x, &e).v) {
		http_respond(f->server, r->id, 503, NULL, 0, slice_str(e.text));
		free(x);
	}
}

static void on_gone(void *ctx, struct http_request_id id)
{
	(void)ctx;
	(void)id;
}

static void on_signal(void *ctx)
{
	loop_stop(((struct forward *)ctx)->loop);
}

int main(int argc, char **argv)
{
	static const struct http_server_events events = { on_request, on_gone };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	struct forward f = { .loop = loop_new() };
	struct err e;
	if (argc != 3 || !(f.origin = http_origin_new(argv[2], &e)))
		return 2;
	f.client = http_client_new(f.loop, &co);
	f.server = http_server_new(f.loop, &so, &events, &f);
	if (!http_server_listen(f.server, argv[1], false, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	loop_on_signal(f.loop, SIGTERM, on_signal, &f);
	loop_run(f.loop);
	return 0;
}
