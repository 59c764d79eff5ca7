/*
 * The client against a server that says what the test wrote down, word for word, and
 * against our own server.
 */
#include "base/buf.h"
#include "base/check.h"
#include "http/client.h"
#include "http/server.h"
#include "net/conn.h"
#include "net/listen.h"
#include "tap.h"

/* What the scripted server does with its n-th connection: one answer for each request. */
struct script {
	const char *answers[4]; /* NULL: closes; "": says nothing */
	bool closes_behind;     /* the end of the stream follows the last answer */
};

struct world;

struct peer {
	struct world *w;
	struct conn *conn;
	const struct script *script;
	struct buf got;
	size_t answered;
};

#define PEERS_MAX 16

struct world {
	struct loop *loop;
	struct http_client *client;
	struct http_origin *origin;
	struct listener *listener;
	const struct script *scripts;
	size_t script_n, peer_n;
	struct peer peers[PEERS_MAX];
	/* of the calls: */
	int status, heads, ends;
	struct buf body;
	bool is_failed, was_sent;
	struct err why;
	bool cancels_on_head, cancels_on_body;
	int waits_for; /* ends */
};

static void answer(struct peer *p)
{
	const struct script *s = p->script;
	const char *text = p->answered < ARRAY_LEN(s->answers) ? s->answers[p->answered] : NULL;
	p->answered++;
	if (!text) {
		conn_close(&p->conn);
		return;
	}
	conn_write(p->conn, slice_str(text));
	if (s->closes_behind)
		conn_finish(&p->conn);
}

static void on_peer_data(void *ctx, struct slice bytes)
{
	struct peer *p = ctx;
	buf_add_slice(&p->got, bytes);
	if (strstr(buf_str(&p->got), "\r\n\r\n")) /* the tests' bodies come with their heads */
		answer(p);
}

static void on_peer_end(void *ctx, const struct err *why)
{
	(void)why;
	conn_close(&((struct peer *)ctx)->conn);
}

static const struct conn_events peer_events = { .on_data = on_peer_data, .on_end = on_peer_end };

static void on_accept(void *ctx, int fd, const struct address *from)
{
	struct world *w = ctx;
	(void)from;
	BUG_ON(w->peer_n == PEERS_MAX);
	struct peer *p = &w->peers[w->peer_n];
	*p = (struct peer){ .w = w, .got = BUF_INIT(1 << 20) };
	p->script = &w->scripts[w->peer_n < w->script_n ? w->peer_n : w->script_n - 1];
	w->peer_n++;
	p->conn = conn_accept(w->loop, fd, &peer_events, p);
}

static void on_guard(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct world *w)
{
	struct loop_timer guard = loop_after(w->loop, 20000, on_guard, w->loop);
	loop_run(w->loop);
	loop_cancel(w->loop, &guard);
}

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers)
{
	struct world *w = ctx;
	(void)headers;
	w->heads++;
	w->status = status;
	if (w->cancels_on_head) {
		http_cancel(w->client, id);
		loop_stop(w->loop);
	}
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	struct world *w = ctx;
	buf_add_slice(&w->body, bytes);
	if (w->cancels_on_body) {
		http_cancel(w->client, id);
		loop_stop(w->loop);
	}
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct world *w = ctx;
	(void)id;
	w->ends++;
	w->is_failed = why != NULL;
	w->was_sent = was_sent;
	if (why)
		w->why = *why;
	if (w->ends >= w->waits_for)
		loop_stop(w->loop);
}

static const struct http_client_events events = { on_head, on_body, on_end };

static void world_open(struct world *w, const struct script *scripts, size_t n, const struct http_client_opts *o)
{
	struct err e;
	char url[64];
	*w = (struct world){ .loop = loop_new(), .scripts = scripts, .script_n = n, .body = BUF_INIT(1 << 20) };
	w->waits_for = 1;
	w->client = http_client_new(w->loop, o);
	w->listener = listen_start(w->loop, "127.0.0.1:0", false, on_accept, w, &e);
	BUG_ON(!w->listener);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/base?q", listen_port(w->listener));
	w->origin = http_origin_new(url, &e);
	BUG_ON(!w->origin);
}

static void world_close(struct world *w)
{
	http_client_free(&w->client);
	http_origin_free(&w->origin);
	listen_stop(&w->listener);
	for (size_t i = 0; i < w->peer_n; i++) {
		conn_close(&w->peers[i].conn);
		buf_release(&w->peers[i].got);
	}
	buf_release(&w->body);
	loop_free(&w->loop);
}

static struct http_call_id send_one(struct world *w, enum http_method m, struct err *e)
{
	struct http_outgoing out = { .method = m, .body = m == HTTP_POST ? SLICE_LIT("body") : SLICE_LIT("") };
	out.head_deadline_ms = out.idle_deadline_ms = 10000;
	return http_send(w->client, w->origin, &out, &events, w, e);
}

/* One call from begin to end. */
static void call(struct world *w, enum http_method m)
{
	struct err e;
	buf_clear(&w->body);
	w->status = w->heads = w->ends = 0;
	w->is_failed = false;
	ok(send_one(w, m, &e).v && !w->ends && !w->heads, "a call answers later");
	run(w);
}

#define OK(body, n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n" body

static void test_plain(void)
{
	struct world w;
	static const struct script s = { { OK("one", 3), OK("two", 3), "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntre\r\n0\r\n\r\n",
		                           NULL }, false };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, &s, 1, &o);
	call(&w, HTTP_POST);
	ok(!w.is_failed && w.status == 200 && slice_is(buf_slice(&w.body), "one"), "an answer with a length");
	char want[256];
	snprintf(want, sizeof want, "POST /base?q HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 4\r\n\r\nbody", listen_port(w.listener));
	ok(slice_is(buf_slice(&w.peers[0].got), want), "the request is as it should be");
	call(&w, HTTP_GET);
	ok(!w.is_failed && slice_is(buf_slice(&w.body), "two") && w.peer_n == 1, "the connection is used again");
	call(&w, HTTP_GET);
	ok(!w.is_failed && w.status == 202 && slice_is(buf_slice(&w.body), "tre"), "an answer in chunks");
	world_close(&w);
}

static void test_breaks(void)
{
	static const struct {
		const char *name, *answer;
		const char *want; /* part of the error; NULL: the answer is fine */
	} cases[] = {
		{ "to the end of the stream", "HTTP/1.1 200 OK\r\n\r\nhello", NULL },
		{ "cut in its body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "broke off" },
		{ "cut in its head", "HTTP/1.1 200 OK\r\nConte", "broke off" },
		{ "nothing", "", "broke off" },
		{ "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "malformed" },
		{ "not HTTP", "SSH-2.0-x\r\n", "malformed" },
	};
	struct http_client_opts o = http_client_defaults();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		struct script s = { { cases[i].answer }, true };
		world_open(&w, &s, 1, &o);
		call(&w, HTTP_POST);
		ok(cases[i].want ? w.is_failed && strstr(w.why.text, cases[i].want) : !w.is_failed, "%s: %s",
		   cases[i].name, w.is_failed ? w.why.text : "fine");
		ok(w.was_sent && w.ends == 1, "it was sent and ended once");
		world_close(&w);
	}
}

static void test_race(void)
{
	struct world w;
	static const struct script s[] = { { { OK("one", 3), NULL }, false }, { { OK("new", 3) }, false } };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, s, 2, &o);
	call(&w, HTTP_GET);
	call(&w, HTTP_GET);
	ok(!w.is_failed && slice_is(buf_slice(&w.body), "new") && w.peer_n == 2,
	   "a GET on a connection that closed under it is sent once more");
	world_close(&w);
	world_open(&w, s, 2, &o);
	call(&w, HTTP_POST);
	call(&w, HTTP_POST);
	ok(w.is_failed && w.was_sent && w.peer_n == 1, "a POST is not: %s", w.why.text);
	world_close(&w);

	static const struct script fresh[] = { { { NULL }, false }, { { OK("never", 5) }, false } };
	world_open(&w, fresh, 2, &o);
	call(&w, HTTP_GET);
	ok(w.is_failed && w.peer_n == 1, "nor is anything on a connection that is new");
	world_close(&w);

	static const struct script both[] = { { { OK("one", 3), NULL }, false }, { { NULL }, false } };
	world_open(&w, both, 2, &o);
	call(&w, HTTP_GET);
	call(&w, HTTP_GET);
	ok(w.is_failed && w.peer_n == 2, "and nothing is sent three times");
	world_close(&w);
}

static void test_leftover(void)
{
	struct world w;
	static const struct script s[] = { { { OK("one", 3) "HTTP/1.1 200 OK\r\n" }, false }, { { OK("two", 3) }, false } };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, s, 2, &o);
	call(&w, HTTP_POST);
	ok(!w.is_failed && slice_is(buf_slice(&w.body), "one"), "what follows an answer is not of it");
	call(&w, HTTP_POST);
	ok(!w.is_failed && slice_is(buf_slice(&w.body), "two") && w.peer_n == 2, "and its connection is not used again");
	world_close(&w);
}

static void test_cancel(void)
{
	struct world w;
	struct err e;
	static const struct script s = { { OK("one", 3) }, false };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, &s, 1, &o);
	w.cancels_on_head = true;
	BUG_ON(!send_one(&w, HTTP_POST, &e).v);
	run(&w);
	ok(w.heads == 1 && !w.ends && !w.body.n, "cancelled in its head: no event follows");
	w.cancels_on_head = false;
	w.cancels_on_body = true;
	BUG_ON(!send_one(&w, HTTP_POST, &e).v);
	run(&w);
	ok(w.heads == 2 && !w.ends && w.body.n, "cancelled in its body");
	w.cancels_on_body = false;
	struct http_call_id id = send_one(&w, HTTP_POST, &e);
	http_cancel(w.client, id);
	http_cancel(w.client, id);
	call(&w, HTTP_POST);
	ok(w.ends == 1 && !w.is_failed, "cancelled before it was sent; the next one is answered");
	world_close(&w);
}

static void test_deadlines(void)
{
	struct world w;
	struct err e;
	static const struct script s = { { "" }, false }, half = { { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf" }, false };
	struct http_outgoing out = { .method = HTTP_POST, .head_deadline_ms = 20, .idle_deadline_ms = 20 };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, &s, 1, &o);
	BUG_ON(!http_send(w.client, w.origin, &out, &events, &w, &e).v);
	run(&w);
	ok(w.is_failed && w.was_sent && strstr(w.why.text, "did not answer in time"), "no head in time: %s", w.why.text);
	world_close(&w);
	world_open(&w, &half, 1, &o);
	BUG_ON(!http_send(w.client, w.origin, &out, &events, &w, &e).v);
	run(&w);
	ok(w.is_failed && w.heads == 1 && strstr(w.why.text, "sent no more"), "no more of the body in time: %s", w.why.text);
	world_close(&w);
}

static void test_queue(void)
{
	struct world w;
	struct err e;
	static const struct script s = { { OK("a", 1), OK("b", 1), OK("c", 1) }, false };
	struct http_client_opts o = http_client_defaults();
	o.connections_max = 1;
	o.waiting_max = 2;
	world_open(&w, &s, 1, &o);
	w.waits_for = 3;
	for (int i = 0; i < 3; i++)
		ok(send_one(&w, HTTP_POST, &e).v, "call %d is taken", i);
	ok(!send_one(&w, HTTP_POST, &e).v && e.kind == ERR_LIMIT, "one more than may wait is refused: %s", e.text);
	run(&w);
	ok(w.ends == 3 && !w.is_failed && slice_is(buf_slice(&w.body), "abc") && w.peer_n == 1,
	   "those that wait are answered in their order, on one connection");
	world_close(&w);
}

static void test_unreachable(void)
{
	struct world w;
	struct err e;
	static const struct script s = { { NULL }, false };
	struct http_client_opts o = http_client_defaults();
	world_open(&w, &s, 1, &o);
	listen_stop(&w.listener);
	w.waits_for = 2;
	BUG_ON(!send_one(&w, HTTP_POST, &e).v || !send_one(&w, HTTP_POST, &e).v);
	run(&w);
	ok(w.ends == 2 && w.is_failed && !w.was_sent, "a server that is not there: %s", w.why.text);
	http_origin_free(&w.origin);
	w.origin = http_origin_new("http://gatehouse.invalid/", &e);
	w.ends = 0;
	w.waits_for = 1;
	BUG_ON(!send_one(&w, HTTP_POST, &e).v);
	run(&w);
	ok(w.is_failed && !w.was_sent, "a name that is not there: %s", w.why.text);
	BUG_ON(!send_one(&w, HTTP_POST, &e).v); /* its look-up is under way when the client is freed */
	world_close(&w);
}

static void test_outgoing(void)
{
	struct world w;
	struct err e;
	static const struct script s = { { OK("a", 1) }, false };
	struct http_client_opts o = http_client_defaults();
	struct http_header bad[] = {
		{ SLICE_LIT("X"), SLICE_LIT("a\r\nB: c") },  { SLICE_LIT("X Y"), SLICE_LIT("a") },
		{ SLICE_LIT("host"), SLICE_LIT("other") },   { SLICE_LIT("Content-Length"), SLICE_LIT("1") },
		{ SLICE_LIT("Transfer-Encoding"), SLICE_LIT("chunked") }, { SLICE_LIT(""), SLICE_LIT("a") },
	};
	world_open(&w, &s, 1, &o);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct http_outgoing out = { .method = HTTP_GET, .headers = &bad[i], .header_n = 1 };
		ok(!http_send(w.client, w.origin, &out, &events, &w, &e).v, "refused: %s", e.text);
	}
	struct http_outgoing split = { .method = HTTP_GET, .target = SLICE_LIT("/a HTTP/1.1\r\nX: ") };
	ok(!http_send(w.client, w.origin, &split, &events, &w, &e).v, "refused: %s", e.text);
	world_close(&w);
}

static void test_origins(void)
{
	static const char *const bad[] = { "ftp://x/", "http://", "http:///a", "http://a@x/", "http://u:p@x/", "http://x/#a",
		"http://x:0/", "http://x:65536/", "http://x:80a/", "http://[::1/", "http://x y/", "http://x/a b", "http://x\n/", "x" };
	static const char *const good[][3] = { { "http://x", "x", "/" }, { "https://x:8443/a?b", "x:8443", "/a?b" },
		{ "http://[::1]:80/", "[::1]:80", "/" }, { "http://a.b-c/?q", "a.b-c", "/?q" }, { "http://x?q", "x", "/?q" } };
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct http_origin *o = http_origin_new(bad[i], &e);
		ok(!o, "bad address %zu is refused: %s", i, o ? "no" : e.text);
		http_origin_free(&o);
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct http_origin *o = http_origin_new(good[i][0], &e);
		ok(o && slice_is(http_origin_host(o), good[i][1]) && slice_is(http_origin_target(o), good[i][2]), "'%s'", good[i][0]);
		http_origin_free(&o);
	}
}

/* Client and server of our own: an echo of a large body, with the reader held back. */
static void on_echo(void *ctx, const struct http_request *r)
{
	http_respond(*(struct http_server **)ctx, r->id, 200, NULL, 0, r->body);
}

static void on_gone(void *ctx, struct http_request_id id)
{
	(void)ctx;
	(void)id;
}

static void on_stopped(void *ctx)
{
	loop_stop(ctx);
}

static void test_echo(void)
{
	struct world w;
	struct err e;
	char url[64];
	static const struct script s = { { NULL }, false };
	static const struct http_server_events server_events = { on_echo, on_gone };
	struct http_client_opts o = http_client_defaults();
	struct http_server_opts so = http_server_defaults();
	struct http_server *server;
	world_open(&w, &s, 1, &o);
	server = http_server_new(w.loop, &so, &server_events, &server);
	BUG_ON(!http_server_listen(server, "127.0.0.1:0", false, &e));
	snprintf(url, sizeof url, "http://localhost:%d/", http_server_port(server));
	http_origin_free(&w.origin);
	w.origin = http_origin_new(url, &e);
	struct buf big = BUF_INIT(8 << 20);
	for (unsigned i = 0; i < 1 << 20; i++)
		buf_addc(&big, (char)(i * 7 + i / 251));
	w.body.max = 8 << 20;
	for (int i = 0; i < 3; i++) {
		struct http_outgoing out = { .method = HTTP_POST, .body = buf_slice(&big) };
		buf_clear(&w.body);
		w.ends = 0;
		struct http_call_id id = http_send(w.client, w.origin, &out, &events, &w, &e);
		http_pause(w.client, id, true);
		http_pause(w.client, id, false);
		run(&w);
		ok(!w.is_failed && slice_eq(buf_slice(&w.body), buf_slice(&big)), "a megabyte goes there and back");
	}
	ok(http_server_connections(server) == 1, "on one connection, to a name");
	buf_release(&big);
	http_client_free(&w.client);
	http_server_stop(server, 1, on_stopped, w.loop);
	run(&w);
	http_server_free(&server);
	world_close(&w);
}

int main(void)
{
	test_plain();
	test_breaks();
	test_race();
	test_leftover();
	test_cancel();
	test_deadlines();
	test_queue();
	test_unreachable();
	test_outgoing();
	test_origins();
	test_echo();
	return tap_done();
}
