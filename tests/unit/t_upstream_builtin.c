/* A server that is part of the program: answers come later, in both eras, and never to who has gone. */
#include "base/limits.h"
#include "base/log.h"
#include "upstream_seen.h"

static int answer(void *ctx, const struct mcp_message *m, struct arena *a, struct buf *result, struct err *why)
{
	(void)ctx;
	(void)a;
	if (slice_is(m->method, "initialize")) {
		buf_adds(result, "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"serverInfo\":{\"name\":\"own\",\"version\":\"1\"}}");
		return 0;
	}
	if (slice_is(m->method, "long")) {
		while (buf_ok(result))
			buf_adds(result, "0123456789abcdef");
		return 0;
	}
	if (!slice_is(m->method, "echo") && !slice_is(m->method, "server/discover")) {
		err_set(why, ERR_INPUT, "no method '%.*s' here", SLICE_ARG(m->method));
		return MCP_METHOD_NOT_FOUND;
	}
	buf_adds(result, "{\"said\":");
	m->params ? json_write(result, m->params) : buf_adds(result, "null");
	buf_addc(result, '}');
	return 0;
}

static const struct upstream_builtin own = { .answer = answer };
static const struct upstream_target modern = { .version = MCP_MODERN_LATEST }, legacy = { .version = MCP_2025_06_18 };

static struct upstream *make(struct loop *l, void (*change)(struct upstream_opts *o))
{
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	o.name = "own";
	o.builtin = &own;
	if (change)
		change(&o);
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	if (!u)
		printf("# %s\n", e.text);
	return u;
}

static void test_requests(struct loop *l)
{
	struct upstream *u = make(l, NULL);
	struct seen s = { 0 }, no = { 0 }, open = { .u = u }, probe = { 0 }, large = { 0 };
	upstream_request(u, &legacy, SLICE_LIT("echo"), SLICE_LIT("{\"a\":1}"), 0, &seen_events, &s);
	upstream_request(u, &modern, SLICE_LIT("nothing"), SLICE_LIT(""), 0, &seen_events, &no);
	upstream_request(u, &modern, SLICE_LIT("long"), SLICE_LIT(""), 0, &seen_events, &large);
	upstream_open(u, &legacy, NULL, NULL, MCP_2025_06_18, &seen_events, &open);
	upstream_probe(u, &legacy, SLICE_LIT(""), &seen_events, &probe);
	ok(!s.done && !open.done, "nothing is answered inside the call");
	ok(run_until(l, &s.done, 1) && s.kind == MCP_RESULT && strstr(s.answer, "\"said\":{\"a\":1}"), "a request: %s", s.answer);
	ok(run_until(l, &no.done, 1) && no.kind == MCP_ERROR && strstr(no.answer, "-32601") && strstr(no.answer, "no method 'nothing'"),
	   "an error of its own: %s", no.answer);
	ok(run_until(l, &open.done, 1) && open.version == MCP_2025_06_18 && !open.session[0], "a session without an id");
	ok(run_until(l, &probe.done, 1) && probe.kind == MCP_RESULT && upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_YES &&
	   upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_YES, "it speaks both eras");
	ok(run_until(l, &large.done, 1) && large.kind == MCP_ERROR && strstr(large.answer, "too long"), "an answer past the limit: %s",
	   large.answer);
	ok(strcmp(upstream_transport(u), "builtin") == 0, "it has a transport of its own");
	stop_and_free(l, &u);
}

static void test_streams(struct loop *l)
{
	struct upstream *u = make(l, NULL);
	struct seen s = { 0 }, listens = { 0 }, note = { 0 }, reply = { 0 };
	struct exchange_id id = upstream_subscribe(u, &modern, SLICE_LIT("{}"), &seen_events, &s);
	upstream_listen(u, &legacy, SLICE_LIT(""), &seen_events, &listens);
	upstream_notify(u, &legacy, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}"), &seen_events, &note);
	upstream_notify(u, &legacy, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), &seen_events, &reply);
	ok(run_until(l, &s.messages, 1) && s.opened == 1 && strstr(s.first, "acknowledged"), "a subscription is taken: %s", s.first);
	ok(run_until(l, &listens.opened, 1) && !listens.done, "a stream stays open");
	ok(run_until(l, &note.done, 1) && !note.failure, "a notification is taken");
	ok(run_until(l, &reply.done, 1) && reply.failure == UPSTREAM_REFUSED, "an answer to nothing is not: %s", reply.why);
	upstream_cancel(u, id, "enough");
	stop_and_free(l, &u);
	ok(!s.done && listens.done == 1 && listens.failure == UPSTREAM_BROKEN, "what lasts ends with the server, but for what was cancelled");
}

static void test_end(struct loop *l)
{
	struct upstream *u = make(l, NULL);
	struct seen gone = { 0 }, cut = { 0 };
	struct exchange_id id = upstream_request(u, &legacy, SLICE_LIT("echo"), SLICE_LIT(""), 0, &seen_events, &gone);
	upstream_request(u, &legacy, SLICE_LIT("echo"), SLICE_LIT(""), 0, &seen_events, &cut);
	upstream_cancel(u, id, "gone");
	stop_and_free(l, &u);
	ok(!gone.done, "a cancelled request says nothing");
	ok(cut.done == 1, "and the server waits for its workers before it goes");
}

static void of_nothing(struct upstream_opts *o)
{
	o->builtin = NULL;
}

static void of_two(struct upstream_opts *o)
{
	o->url = "http://127.0.0.1:1/mcp";
}

static void one_call(struct upstream_opts *o)
{
	o->calls_max = 1;
}

static void test_settings(struct loop *l)
{
	struct seen a = { 0 }, b = { 0 };
	ok(!make(l, of_nothing) && !make(l, of_two), "a server is one thing");
	struct upstream *u = make(l, one_call);
	upstream_request(u, &legacy, SLICE_LIT("echo"), SLICE_LIT(""), 0, &seen_events, &a);
	upstream_request(u, &legacy, SLICE_LIT("echo"), SLICE_LIT(""), 0, &seen_events, &b);
	ok(run_until(l, &b.done, 1) && b.failure == UPSTREAM_BUSY, "calls past its limit are refused: %s", b.why);
	ok(run_until(l, &a.done, 1) && !a.failure, "the one before is answered");
	stop_and_free(l, &u);
}

int main(void)
{
	struct loop *l = loop_new();
	log_set_level(LOG_ERROR);
	test_requests(l);
	test_streams(l);
	test_end(l);
	test_settings(l);
	loop_free(&l);
	return tap_done();
}
