/* The server over real sockets: what a raw client sends and what it gets. */
#include "base/check.h"
#include "http/server.h"
#include "net/conn.h"
#include "tap.h"
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct loop *loop;
	struct http_server *server;
	struct http_request_id held; /* of "/hold" and "/stream" */
	int requests, gone;
	bool is_stopped;
};

/* A client that sends bytes and gathers what comes until the end. */
struct raw {
	struct world *w;
	struct conn *conn;
	struct buf got;
	const char *until; /* stop the loop when this was seen; NULL: at the end of the stream */
	bool is_ended, is_reset;
};

static void on_raw_open(void *ctx)
{
	(void)ctx;
}

static void on_raw_data(void *ctx, struct slice bytes)
{
	struct raw *r = ctx;
	buf_add_slice(&r->got, bytes);
	if (r->until && strstr(buf_str(&r->got), r->until))
		loop_stop(r->w->loop);
}

static void on_raw_end(void *ctx, const struct err *why)
{
	struct raw *r = ctx;
	r->is_ended = true;
	r->is_reset = why != NULL;
	loop_stop(r->w->loop);
}

static const struct conn_events raw_events = { .on_open = on_raw_open, .on_data = on_raw_data, .on_end = on_raw_end };

static void raw_open(struct raw *r, struct world *w)
{
	*r = (struct raw){ .w = w, .got = BUF_INIT(64 << 20) };
	r->conn = conn_dial(w->loop, SLICE_LIT("127.0.0.1"), http_server_port(w->server), NULL, &raw_events, r);
}

static void raw_close(struct raw *r)
{
	conn_close(&r->conn);
	buf_release(&r->got);
}

static void on_guard(void *ctx)
{
	loop_stop(ctx);
}

/* Runs until somebody stops the loop; a guard keeps a broken test from hanging. */
static void run(struct world *w)
{
	struct loop_timer guard = loop_after(w->loop, 20000, on_guard, w->loop);
	loop_run(w->loop);
	loop_cancel(w->loop, &guard);
}

static void raw_send(struct raw *r, const char *text, const char *until)
{
	r->until = until;
	conn_write(r->conn, slice_str(text));
	run(r->w);
}

/* One connection, everything at once, until the server closes. */
static const char *talk(struct world *w, const char *text)
{
	static char answer[65536];
	struct raw r;
	raw_open(&r, w);
	raw_send(&r, text, NULL);
	snprintf(answer, sizeof answer, "%s", buf_str(&r.got));
	raw_close(&r);
	return answer;
}

static void on_gone(void *ctx, struct http_request_id id)
{
	struct world *w = ctx;
	w->gone++;
	if (id.v == w->held.v)
		loop_stop(w->loop);
}

static void on_request(void *ctx, const struct http_request *r)
{
	struct world *w = ctx;
	struct http_header type = { SLICE_LIT("Content-Type"), SLICE_LIT("text/plain") };
	w->requests++;
	if (slice_is(r->path, "/hold") || slice_is(r->path, "/stream")) {
		w->held = r->id;
		if (slice_is(r->path, "/stream"))
			BUG_ON(!http_begin(w->server, r->id, 200, &type, 1));
		loop_stop(w->loop);
		return;
	}
	if (slice_is(r->path, "/split")) {
		struct http_header bad = { SLICE_LIT("X"), SLICE_LIT("a\r\nSet-Cookie: b") };
		http_respond(w->server, r->id, 200, &bad, 1, SLICE_LIT("never"));
		return;
	}
	if (slice_is(r->path, "/nothing")) {
		http_respond(w->server, r->id, 204, NULL, 0, SLICE_LIT(""));
		return;
	}
	char *body = arena_printf(r->arena, "%.*s %.*s|%.*s|%.*s", SLICE_ARG(r->method_name), SLICE_ARG(r->path),
	                          SLICE_ARG(r->query), SLICE_ARG(r->body));
	ok(http_respond(w->server, r->id, 200, &type, 1, slice_str(body)), "%s is answered", body);
	ok(!http_respond(w->server, r->id, 200, &type, 1, slice_str(body)), "and not twice");
}

static const struct http_server_events server_events = { .on_request = on_request, .on_gone = on_gone };

static void world_open(struct world *w, const struct http_server_opts *o)
{
	struct err e;
	*w = (struct world){ .loop = loop_new() };
	w->server = http_server_new(w->loop, o, &server_events, w);
	if (!http_server_listen(w->server, "127.0.0.1:0", false, &e))
		ok(false, "listens: %s", e.text);
}

static void on_stopped(void *ctx)
{
	struct world *w = ctx;
	w->is_stopped = true;
	loop_stop(w->loop);
}

static void world_close(struct world *w)
{
	http_server_stop(w->server, 1, on_stopped, w);
	while (!w->is_stopped)
		run(w);
	http_server_free(&w->server);
	loop_free(&w->loop);
}

#define LAST "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static size_t count(const char *text, const char *part)
{
	size_t n = 0;
	while ((text = strstr(text, part))) {
		n++;
		text += strlen(part);
	}
	return n;
}

static void test_answers(struct world *w)
{
	const char *a = talk(w, "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\nPOST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
	                        "hello" LAST);
	ok(count(a, "HTTP/1.1 200 OK\r\n") == 3, "pipelined requests are all answered");
	const char *first = strstr(a, "GET /a|b=c|"), *second = strstr(a, "POST /p||hello"), *third = strstr(a, "GET /last||");
	ok(first && second && third && first < second && second < third, "in their order");
	ok(count(a, "\r\nDate: ") == 3 && count(a, " GMT\r\n") == 3, "each answer has a date");
	ok(count(a, "Connection: close\r\n") == 1, "the last one says that it is the last");
	ok(count(a, "Content-Length: 11\r\n") == 2, "and its length");

	a = talk(w, "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
	ok(strstr(a, "Content-Length: 9\r\n") && !strstr(a, "HEAD /h|"), "HEAD is answered without a body");
	a = talk(w, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
	ok(count(a, "Content-Length") == 1 && strstr(a, "204 No Content"), "204 has neither body nor length");
	a = talk(w, "GET /split HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
	ok(!strstr(a, "Set-Cookie") && strstr(a, "HTTP/1.1 500"), "a header cannot split an answer");
	a = talk(w, "GET /old HTTP/1.0\r\n\r\n");
	ok(strstr(a, "GET /old||") && strstr(a, "Connection: close"), "HTTP/1.0 closes");
	a = talk(w, "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /new HTTP/1.0\r\n\r\n");
	ok(count(a, "HTTP/1.1 200") == 2 && strstr(a, "Connection: keep-alive"), "unless it asks for more");
	a = talk(w, "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
	ok(strstr(a, "POST /c||hello"), "chunks are put together");
}

static void test_refusals(struct world *w)
{
	int before = w->requests;
	const char *a = talk(w, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" LAST);
	ok(strncmp(a, "HTTP/1.1 400 Bad Request\r\n", 26) == 0 && count(a, "HTTP/1.1") == 1,
	   "an ambiguous request is refused and ends the connection");
	a = talk(w, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
	ok(strstr(a, "HTTP/1.1 413 "), "a body that is too large is refused before it is sent");
	char big[4096] = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
	memset(big + strlen(big), 'a', 2000);
	a = talk(w, big);
	ok(strstr(a, "HTTP/1.1 431 "), "a head that is too large is refused");
	ok(w->requests == before, "the handler saw none of them");
}

static void test_continue(struct world *w)
{
	struct raw r;
	raw_open(&r, w);
	raw_send(&r, "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
	         "100 Continue\r\n\r\n");
	ok(strcmp(buf_str(&r.got), "HTTP/1.1 100 Continue\r\n\r\n") == 0, "a client that waits is told to go on");
	raw_send(&r, "ab", NULL);
	ok(strstr(buf_str(&r.got), "POST /e||ab"), "and answered");
	raw_close(&r);
}

static void test_held(struct world *w)
{
	struct raw r;
	raw_open(&r, w);
	raw_send(&r, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" LAST, NULL);
	ok(r.got.n == 0 && http_pending(w->server, w->held) == 0, "an answer may come later");
	ok(http_respond(w->server, w->held, 200, NULL, 0, SLICE_LIT("late")), "it is taken");
	run(w);
	const char *a = buf_str(&r.got), *late = strstr(a, "late"), *last = strstr(a, "GET /last||");
	ok(late && last && late < last, "what was pipelined behind it waited");
	ok(!http_respond(w->server, w->held, 200, NULL, 0, SLICE_LIT("again")), "its id is of no use any more");
	raw_close(&r);

	raw_open(&r, w);
	raw_send(&r, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	int gone = w->gone;
	raw_close(&r);
	run(w);
	ok(w->gone == gone + 1, "a client that goes away is told of");
	ok(!http_respond(w->server, w->held, 200, NULL, 0, SLICE_LIT("x")), "and cannot be answered");
}

static void test_stream(struct world *w)
{
	struct raw r;
	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
	ok(http_write(w->server, w->held, SLICE_LIT("hello, ")) && http_write(w->server, w->held, SLICE_LIT("a stream of bytes")),
	   "a stream takes bytes");
	ok(http_end(w->server, w->held) && !http_write(w->server, w->held, SLICE_LIT("x")), "until its end");
	run(w);
	ok(strstr(buf_str(&r.got), "Transfer-Encoding: chunked\r\n\r\n7\r\nhello, \r\n11\r\na stream of bytes\r\n0\r\n\r\n"),
	   "in chunks");
	raw_close(&r);

	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	ok(http_write(w->server, w->held, SLICE_LIT("half")), "a second stream begins");
	r.until = "half\r\n";
	run(w);
	ok(http_abort(w->server, w->held), "and is cut");
	run(w);
	ok(r.is_reset && !strstr(buf_str(&r.got), "0\r\n\r\n"), "the client can tell that it is not whole");
	raw_close(&r);

	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.0\r\n\r\n", NULL);
	ok(http_write(w->server, w->held, SLICE_LIT("old")) && http_end(w->server, w->held), "a stream in HTTP/1.0");
	run(w);
	ok(strstr(buf_str(&r.got), "\r\n\r\nold") && !r.is_reset, "ends with the connection, uncoded");
	raw_close(&r);
}

static void on_drain(void *ctx, struct http_request_id id)
{
	struct world *w = ctx;
	if (id.v == w->held.v)
		loop_stop(w->loop);
}

static void test_slow_reader(struct world *w)
{
	struct raw r;
	size_t sent = 0;
	static char piece[1 << 16];
	memset(piece, 'p', sizeof piece);
	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	conn_pause(r.conn, true);
	int gone = w->gone;
	while (sent < 64u << 20 && http_write(w->server, w->held, slice_of(piece, sizeof piece)))
		sent += sizeof piece;
	ok(sent == 1 << 20, "a stream takes what the limit says and no more: %zu", sent);
	run(w);
	ok(w->gone == gone + 1 && !http_write(w->server, w->held, SLICE_LIT("x")), "a client past it is cut off");
	raw_close(&r);

	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	conn_pause(r.conn, true);
	for (sent = 0; sent < (1 << 20) - sizeof piece; sent += sizeof piece)
		BUG_ON(!http_write(w->server, w->held, slice_of(piece, sizeof piece)));
	http_on_drain(w->server, w->held, on_drain, w);
	conn_pause(r.conn, false);
	run(w);
	ok(http_pending(w->server, w->held) <= 1 << 19, "one that reads on makes the stream go on");
	http_end(w->server, w->held);
	r.until = "\r\n0\r\n\r\n";
	run(w);
	ok(r.got.n > sent, "and gets all of it");
	raw_close(&r);
}

/* The piece is larger than all that may wait, and something waits already. */
static void test_large_piece(struct world *w)
{
	struct raw r;
	const size_t n = 3u << 20;
	char *piece = mem_alloc(n);
	memset(piece, 'l', n);
	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	ok(http_write(w->server, w->held, SLICE_LIT("progress")) && http_write(w->server, w->held, slice_of(piece, n)),
	   "a large piece right behind a small one is taken");
	ok(!http_write(w->server, w->held, SLICE_LIT("x")), "and nothing behind it while it waits");
	free(piece);
	run(w);
	raw_close(&r);

	piece = mem_alloc(n);
	memset(piece, 'l', n);
	raw_open(&r, w);
	raw_send(&r, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	ok(http_write(w->server, w->held, SLICE_LIT("progress")) && http_write(w->server, w->held, slice_of(piece, n)) &&
	   http_end(w->server, w->held), "with the end of the stream behind it");
	r.until = "\r\n0\r\n\r\n";
	run(w);
	ok(r.got.n > n, "the client gets all of it");
	raw_close(&r);
	free(piece);
}

static void test_slow_sender(void)
{
	struct world w;
	struct http_server_opts o = http_server_defaults();
	o.head_timeout_ms = o.body_timeout_ms = o.idle_timeout_ms = 50;
	world_open(&w, &o);
	ok(strncmp(talk(&w, "GET / HT"), "HTTP/1.1 408 ", 13) == 0, "a head that does not end is given up");
	ok(strncmp(talk(&w, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"), "HTTP/1.1 408 ", 13) == 0,
	   "so is a body");
	ok(talk(&w, "")[0] == '\0', "a connection that says nothing is closed without a word");
	world_close(&w);
}

static void test_cap(void)
{
	struct world w;
	struct raw a, b, c;
	struct http_server_opts o = http_server_defaults();
	o.connections_max = 2;
	world_open(&w, &o);
	raw_open(&a, &w);
	raw_send(&a, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	struct http_request_id first = w.held;
	raw_open(&b, &w);
	raw_send(&b, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /b||");
	ok(http_server_connections(w.server) == 2, "two connections fill a server of two");
	raw_open(&c, &w);
	c.until = NULL;
	conn_write(c.conn, SLICE_LIT("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
	while (!b.is_ended || w.held.v == first.v)
		run(&w);
	ok(!a.is_ended && !c.is_ended, "a third one takes the place of the idle one");
	raw_close(&b);
	raw_open(&b, &w);
	conn_write(b.conn, slice_str(LAST));
	ok(http_respond_close(w.server, first, 200, NULL, 0, SLICE_LIT("bye")), "while both are busy the next one waits");
	while (!b.is_ended)
		run(&w);
	ok(strstr(buf_str(&b.got), "GET /last||"), "and is served when there is room");
	raw_close(&a);
	raw_close(&b);
	raw_close(&c);
	world_close(&w);
}

static void test_unix(void)
{
	struct world w;
	struct err e;
	struct stat st;
	char dir[] = "/tmp/gatehouse-test-XXXXXX", address[64];
	struct http_server_opts o = http_server_defaults();
	world_open(&w, &o);
	BUG_ON(!mkdtemp(dir));
	snprintf(address, sizeof address, "unix:%s/socket", dir);
	ok(http_server_listen(w.server, address, false, &e), "listens on a Unix socket");
	ok(stat(address + 5, &st) == 0 && (st.st_mode & 0777) == 0600, "that is for its owner alone");
	ok(!http_server_listen(w.server, address, false, &e), "a second one is refused: %s", e.text);
	ok(!http_server_listen(w.server, "localhost:80", false, &e), "names are refused: %s", e.text);
	ok(!http_server_listen(w.server, "127.0.0.1:70000", false, &e), "ports past 65535 too: %s", e.text);
	world_close(&w);
	ok(stat(address + 5, &st) != 0, "the socket goes with the server");
	rmdir(dir);
}

static void test_stop(void)
{
	struct world w;
	struct raw r;
	struct http_server_opts o = http_server_defaults();
	world_open(&w, &o);
	raw_open(&r, &w);
	raw_send(&r, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
	http_server_stop(w.server, 10000, on_stopped, &w);
	http_respond(w.server, w.held, 200, NULL, 0, SLICE_LIT("the last word"));
	while (!r.is_ended || !w.is_stopped)
		run(&w);
	ok(strstr(buf_str(&r.got), "the last word") && strstr(buf_str(&r.got), "Connection: close"),
	   "a server that stops lets answers finish");
	raw_close(&r);
	http_server_free(&w.server);
	loop_free(&w.loop);
}

int main(void)
{
	struct world w;
	struct http_server_opts o = http_server_defaults();
	o.head_bytes_max = o.body_bytes_max = 1000;
	o.pending_bytes_max = (1 << 20) + 512; /* 16 pieces of 64 KiB with the frames of their chunks */
	world_open(&w, &o);
	test_answers(&w);
	test_refusals(&w);
	test_continue(&w);
	test_held(&w);
	test_stream(&w);
	test_slow_reader(&w);
	test_large_piece(&w);
	world_close(&w);
	test_slow_sender();
	test_cap();
	test_unix();
	test_stop();
	return tap_done();
}
