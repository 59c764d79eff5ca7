/* Answers that are given at the end of a turn, when what earlier answers had to do is done already. */
#include "base/check.h"
#include "http/client.h"
#include "http/server.h"
#include "tap.h"

struct world {
	struct loop *loop;
	struct http_server *server;
	struct http_client *client;
	struct http_origin *origin;
	struct http_request_id first;
	int served, ended;
};

static void answer_first(void *ctx)
{
	struct world *w = ctx;
	http_respond(w->server, w->first, 200, NULL, 0, SLICE_LIT("first"));
}

/* The first request waits for the second, and is answered by what is deferred before the
 * server's own end of the turn. */
static void on_request(void *ctx, const struct http_request *r)
{
	struct world *w = ctx;
	if (++w->served == 1) {
		w->first = r->id;
		return;
	}
	if (w->served == 2)
		loop_defer(w->loop, answer_first, w);
	http_respond(w->server, r->id, 200, NULL, 0, SLICE_LIT("other"));
}

static void on_gone(void *ctx, struct http_request_id id)
{
	(void)ctx;
	(void)id;
}

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers h)
{
	(void)ctx;
	(void)id;
	(void)status;
	(void)h;
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	(void)ctx;
	(void)id;
	(void)bytes;
}

static void stop(void *ctx)
{
	struct world *w = ctx;
	loop_stop(w->loop);
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct world *w = ctx;
	(void)id;
	(void)was_sent;
	w->ended += !why;
	if (w->ended % 2 == 0)
		loop_stop(w->loop);
}

static void send_two(struct world *w)
{
	static const struct http_client_events events = { on_head, on_body, on_end };
	struct http_outgoing out = { .method = HTTP_GET };
	struct err e = { 0 };
	for (int i = 0; i < 2; i++) {
		struct http_call_id id = http_send(w->client, w->origin, &out, &events, w, &e);
		BUG_ON(!id.v);
	}
	struct loop_timer late = loop_after(w->loop, 10000, stop, w);
	loop_run(w->loop);
	loop_cancel(w->loop, &late);
}

int main(void)
{
	static const struct http_server_events events = { on_request, on_gone };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	struct world w = { .loop = loop_new() };
	struct err e = { 0 };
	char url[64];
	w.server = http_server_new(w.loop, &so, &events, &w);
	w.client = http_client_new(w.loop, &co);
	bool is_listening = http_server_listen(w.server, "127.0.0.1:0", false, &e);
	BUG_ON(!is_listening);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/", http_server_port(w.server));
	w.origin = http_origin_new(url, &e);
	BUG_ON(!w.origin);
	send_two(&w);
	ok(w.ended == 2, "an answer at the end of a turn arrives");
	send_two(&w);
	ok(w.ended == 4, "and its connection takes the next request");
	http_client_free(&w.client);
	http_origin_free(&w.origin);
	http_server_stop(w.server, 0, stop, &w);
	loop_run(w.loop);
	http_server_free(&w.server);
	loop_free(&w.loop);
	return tap_done();
}
