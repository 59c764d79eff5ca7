/* GET streams: whom they end with, and what they hear when servers come and go. */
#include "gate_rig.h"

static void listen_to(struct rig *r, struct asked *a, const char *session)
{
	int before = r->listens;
	ask_send(r, a, HTTP_GET, session, slice_of(NULL, 0));
	ok(rig_until(r, &r->listens, before + 1), "the server is listened to");
}

#define NOTE(n) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":" n "}}"

static void test_messages(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	rig_event(r, r->stream, NOTE("1"));
	rig_settle(r);
	ok(a.status == 200 && asked_has(&a, "\"data\":1") && !a.ended, "a message of the server comes by");
	http_end(r->back, r->stream);
	int before = r->listens;
	ok(rig_until(r, &r->listens, before + 1) && !a.ended, "a server that ends its stream is listened to again");
	rig_event(r, r->stream, NOTE("2"));
	rig_settle(r);
	ok(asked_has(&a, "\"data\":2"), "on the same stream of the client");
	before = r->gone;
	asked_release(&a);
	ok(rig_until(r, &r->gone, before + 1), "a client that leaves ends the stream at the server");
	ok(rig_is_idle(r), "nothing is left");
}

/* Another server takes the name while the old one still works for somebody. */
static void test_replaced(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	int before = r->gone;
	r->server_number++;
	rig_put_server(r);
	asked_release(&a);
	ok(rig_until(r, &r->gone, before + 1), "a client that leaves after a reload ends the stream at the old server");
	ok(rig_is_idle(r), "nothing is left");
	listen_to(r, &a, session);
	before = r->listens;
	r->server_number++;
	rig_put_server(r);
	ok(rig_until(r, &r->listens, before + 1) && !a.ended, "who stays listens to the new one");
	rig_event(r, r->stream, NOTE("3"));
	rig_settle(r);
	ok(asked_has(&a, "\"data\":3"), "and hears it");
	asked_release(&a);
	int lists = r->lists;
	ok(ask_wait(r, &a, session, RIG_CALL("1", "free")) && asked_has(&a, "done"), "a call is answered by the new one");
	asked_release(&a);
	r->server_number++;
	rig_put_server(r);
	ok(ask_wait(r, &a, session, RIG_CALL("1", "free")) && asked_has(&a, "done") && r->lists == lists + 2,
	   "each is asked for its own tools before it is called");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_ended_session(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	ask_send(r, &b, HTTP_DELETE, session, slice_of(NULL, 0));
	ok(rig_until(r, &b.ended, 1) && b.status == 200, "a session is ended by its client");
	ok(rig_until(r, &a.ended, 1) && !a.is_broken, "and its streams with it");
	asked_release(&a);
	asked_release(&b);
	ok(ask_wait(r, &b, session, RIG_CALL("1", "free")) && b.status == 404, "it is 404 from then on");
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_grants(struct rig *r)
{
	char session[2048];
	struct asked a;
	struct err e = { 0 };
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	rig_load_grants(r);
	rig_event(r, r->stream, NOTE("4"));
	rig_settle(r);
	ok(!a.ended && asked_has(&a, "\"data\":4"), "a stream outlives a reload of the same grant");
	rig_must(store_grant_revoke(r->store, r->grant_id, &e), &e);
	rig_load_grants(r);
	ok(rig_until(r, &a.ended, 1) && !a.is_broken, "a revoked grant hears nothing more");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_slow_client(struct rig *r)
{
	char session[2048];
	struct asked a;
	struct buf b = BUF_INIT(1u << 20);
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	rig_settle(r);
	http_pause(r->client, a.call, true);
	buf_adds(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"");
	for (int i = 0; i < 60000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}}");
	const int n = 400;
	for (int i = 0; i < n; i++) {
		rig_event(r, r->stream, buf_str(&b));
		if (i % 20 == 0)
			rig_settle(r);
	}
	rig_settle(r);
	ok(gate_counts(r->gate).streams == 1, "a client that does not read keeps its stream: the server waits for it");
	http_pause(r->client, a.call, false);
	const size_t want = (size_t)n * 60000;
	for (int i = 0; i < 200 && a.got.n < want; i++)
		rig_settle(r);
	ok(a.got.n >= want && !a.ended, "and gets everything when it reads on (%zu of %zu bytes)", a.got.n, want);
	buf_release(&b);
	asked_release(&a);
}

static void test_order(struct rig *r)
{
	test_messages(r);
	test_replaced(r);
	test_ended_session(r);
	test_grants(r);
}

static void small_queue(struct gate_opts *g, struct http_server_opts *h)
{
	(void)g;
	h->pending_bytes_max = 1u << 20;
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	test_order(&r);
	rig_stop(&r);
	rig_start(&r, small_queue);
	test_slow_client(&r);
	rig_stop(&r);
	return tap_done();
}
