/* Servers of the modern era over HTTP (MCP 2026-07-28): what is sent, what counts as an
 * answer, what a probe proves, how a subscription begins and ends. */
#include "upstream_rig.h"

#define ACK "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{}}}"
#define CHANGED "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"
#define ASK "{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"sampling/createMessage\",\"params\":{}}"

static struct upstream_target target(void)
{
	return (struct upstream_target){
		.session = SLICE_LIT("a-session-that-is-none"),
		.version = MCP_2026_07_28,
		.client_session = SLICE_LIT("a"),
		.client_caps = UPSTREAM_CAN_SAMPLING,
		.name = SLICE_LIT("x"),
	};
}

static struct exchange_id call(struct upstream *u, const struct upstream_target *t, struct seen *s)
{
	*s = (struct seen){ .u = u };
	return upstream_request(u, t, SLICE_LIT("tools/call"), SLICE_LIT("{\"name\":\"x\"}"), 0, &seen_events, s);
}

/* What the server does stands in the path. */
static void handle(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	struct slice p = r->path;
	(void)m;
	if (slice_is(p, "/json"))
		rig_reply(g, r->id, 200, rig_result(id, "{\"resultType\":\"complete\"}"));
	else if (slice_is(p, "/sse")) {
		rig_hold(g, r);
		rig_say(g, "", ASK);
		rig_say(g, "", CHANGED);
		rig_say(g, "", rig_result(id, "{\"ok\":2}"));
		http_end(g->server, r->id);
	} else if (slice_is(p, "/400"))
		rig_reply(g, r->id, 400, rig_error(id, -32020, ""));
	else if (slice_is(p, "/400-null"))
		rig_reply(g, r->id, 400, rig_error("null", -32020, ""));
	else if (slice_is(p, "/404"))
		rig_reply(g, r->id, 404, rig_error(id, -32601, ""));
	else if (slice_is(p, "/404-other"))
		rig_reply(g, r->id, 404, rig_error("7", -32601, ""));
	else if (slice_is(p, "/404-bare"))
		rig_reply(g, r->id, 404, "");
	else if (slice_is(p, "/401"))
		rig_reply(g, r->id, 401, rig_error(id, -32020, "\"leaked\""));
	else if (slice_is(p, "/null"))
		rig_reply(g, r->id, 200, rig_error("null", -32603, ""));
	else if (slice_is(p, "/batch")) {
		char text[3000];
		snprintf(text, sizeof text, "[%s]", rig_result(id, "{}"));
		rig_reply(g, r->id, 200, text);
	} else if (slice_is(p, "/cut")) {
		rig_hold(g, r);
		http_write(g->server, r->id, SLICE_LIT("id: 7\nretry: 1\ndata:\n\n"));
		http_end(g->server, r->id);
	} else
		g->held = r->id; /* silent */
}

static void test_headers(struct rig *g)
{
	static const struct http_header more[] = {
		{ { "Mcp-Param-Region", 16 }, { "eu", 2 } },
		{ { "traceparent", 11 }, { "00-1-2-01", 9 } },
		{ { "mcp-session-id", 14 }, { "forged", 6 } },
		{ { "x-key", 5 }, { "forged", 6 } },
		{ { "Mcp-Name", 8 }, { "forged", 6 } },
	};
	struct upstream *u = rig_upstream(g, "/json", NULL);
	struct upstream_target t = target();
	struct seen s;
	t.headers = more;
	t.header_n = ARRAY_LEN(more);
	t.name = SLICE_LIT(" caf\xc3\xa9");
	call(u, &t, &s);
	ok(!s.done && run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_OK, "a request is answered in JSON: %s", s.why);
	ok(!strcmp(rig_head(g, "MCP-Protocol-Version"), "2026-07-28") && !strcmp(rig_head(g, "Mcp-Method"), "tools/call"), "the headers repeat revision and method");
	ok(!strcmp(rig_head(g, "Mcp-Name"), "=?base64?IGNhZsOp?="), "and the name, encoded: %s", rig_head(g, "Mcp-Name"));
	ok(!strcmp(rig_head(g, "Mcp-Param-Region"), "eu") && !strcmp(rig_head(g, "traceparent"), "00-1-2-01"), "what belongs to the request goes with it");
	ok(!strcmp(rig_head(g, "X-Key"), "s3cret") && !strstr(g->heads, "forged"), "and replaces nothing of ours");
	ok(!strstr(g->heads, "ession-"), "no session is sent");
	ok(!strcmp(rig_head(g, "Accept"), "application/json, text/event-stream"), "both kinds of answers are accepted");
	t = target();
	t.headers = more;
	t.header_n = ARRAY_LEN(more);
	t.version = MCP_2025_11_25;
	call(u, &t, &s);
	ok(run_until(g->loop, &s.done, 1) && !strcmp(rig_head(g, "traceparent"), "00-1-2-01") && !rig_head(g, "Mcp-Method")[0], "an older server opens the trace, too");
	static char name[LIMIT_HTTP_HEAD_BYTES + 1];
	memset(name, 'n', sizeof name);
	t = target();
	t.name = slice_of(name, sizeof name);
	call(u, &t, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_UNREACHED && strstr(s.why, "too long"), "a name that fits no header: %s", s.why);
	static const struct http_header split[] = { { { "traceparent", 11 }, { "a\r\nX-Evil: 1", 13 } } };
	t = target();
	t.headers = split;
	t.header_n = 1;
	g->requests = 0;
	call(u, &t, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_UNREACHED && !g->requests && !strstr(s.why, "Evil"), "a header that would split the head: %s", s.why);
	t = target();
	upstream_close(u, &t);
	upstream_listen(u, &t, slice_of(NULL, 0), &seen_events, &s);
	ok(run_until(g->loop, &s.done, 2) && s.failure == UPSTREAM_REFUSED && !g->opens && !g->deletes, "no GET and no DELETE: %s", s.why);
	upstream_notify(u, &t, SLICE_LIT(CHANGED), &seen_events, &s);
	ok(run_until(g->loop, &s.done, 3) && s.failure == UPSTREAM_REFUSED, "and no notification: %s", s.why);
	upstream_notify(u, &t, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"result\":{}}"), &seen_events, &s);
	ok(run_until(g->loop, &s.done, 4) && s.failure == UPSTREAM_REFUSED, "nor an answer");
	stop_and_free(g->loop, &u);
}

static void test_answers(struct rig *g)
{
	static const struct {
		const char *path, *text;
		enum upstream_failure failure;
		int status, messages;
		enum upstream_verdict after;
	} cases[] = {
		{ "/json", "complete", UPSTREAM_OK, 200, 0, UPSTREAM_YES },
		{ "/sse", "{\"ok\":2}", UPSTREAM_OK, 200, 1, UPSTREAM_YES },
		{ "/400", "-32020", UPSTREAM_OK, 400, 0, UPSTREAM_YES },
		{ "/400-null", "-32020", UPSTREAM_OK, 400, 0, UPSTREAM_YES },
		{ "/404", "-32601", UPSTREAM_OK, 404, 0, UPSTREAM_YES },
		{ "/404-other", "404", UPSTREAM_REFUSED, 404, 0, UPSTREAM_YES },
		{ "/404-bare", "404", UPSTREAM_REFUSED, 404, 0, UPSTREAM_NOT_ASKED },
		{ "/401", "credentials", UPSTREAM_REFUSED, 401, 0, UPSTREAM_YES },
		{ "/null", "not asked", UPSTREAM_BROKEN, 200, 0, UPSTREAM_YES },
		{ "/batch", "batch", UPSTREAM_BROKEN, 200, 0, UPSTREAM_YES },
		{ "/cut", "without an answer", UPSTREAM_BROKEN, 200, 0, UPSTREAM_YES },
	};
	struct upstream_target t = target();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = rig_upstream(g, cases[i].path, NULL);
		struct seen s;
		g->requests = 0;
		era_found(u, MCP_ERA_MODERN, true);
		call(u, &t, &s);
		ok(run_until(g->loop, &s.done, 1) && s.failure == cases[i].failure && s.status == cases[i].status, "%s: ends as %d with %d: %s", cases[i].path, (int)s.failure, s.status, s.why);
		ok(s.messages == cases[i].messages && strstr(s.failure ? s.why : s.answer, cases[i].text) && !strstr(s.why, "leaked"), "%s: says what it should", cases[i].path);
		ok(g->requests == 1 && !strstr(s.first, "srv-1"), "%s: asked once, and nobody is shown a request of the server", cases[i].path);
		ok(upstream_speaks(u, MCP_ERA_MODERN) == cases[i].after, "%s: what is believed of the server afterwards", cases[i].path);
		stop_and_free(g->loop, &u);
	}
}

static void test_cancel(struct rig *g)
{
	struct upstream *u = rig_upstream(g, "/silent", NULL);
	struct upstream_target t = target();
	struct seen s;
	g->posts = g->gone = 0;
	struct exchange_id id = call(u, &t, &s);
	ok(run_until(g->loop, &g->posts, 1), "a request reaches the server");
	upstream_cancel(u, id, "enough");
	ok(run_until(g->loop, &g->gone, 1) && g->posts == 1 && !s.done, "its cancellation is the end of the connection, and no message");
	s = (struct seen){ .u = u };
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 20, &seen_events, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT && run_until(g->loop, &g->gone, 2) && g->posts == 2, "and so is its deadline");
	stop_and_free(g->loop, &u);
}

/* Answers to server/discover: by JSON-RPC code and HTTP status; the second one is for a probe that
 * is asked again. */
struct probe_case {
	const char *what;
	int status, code, again_status, again_code; /* code 0: a result; 1: an empty body */
	const char *data, *again_data;
	enum upstream_failure failure;
	bool has_answer;
	enum upstream_verdict verdict;
	int requests;
};

#define RESULT "{\"supportedVersions\":[\"2099-01-01\",\"2026-07-28\"],\"capabilities\":{}}"
#define OLD_RESULT "{\"supportedVersions\":[\"2025-11-25\"],\"capabilities\":{}}"
#define OURS "{\"supported\":[\"2026-07-28\"]}"

static void handle_probe(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	const struct probe_case *c = g->more;
	bool is_first = g->requests == 1;
	int status = is_first ? c->status : c->again_status, code = is_first ? c->code : c->again_code;
	const char *data = is_first ? c->data : c->again_data;
	(void)m;
	if (status == -1)
		http_abort(g->server, r->id);
	else if (code == 1)
		rig_reply(g, r->id, status, "");
	else if (code == 2)
		http_respond(g->server, r->id, status, NULL, 0, SLICE_LIT("<html>"));
	else if (code)
		rig_reply(g, r->id, status, rig_error(code == -32000 ? "null" : id, code, data));
	else
		rig_reply(g, r->id, status, rig_result(id, data));
}

static void test_probe(struct rig *g)
{
	static const struct probe_case cases[] = {
		{ "a result", 200, 0, 0, 0, RESULT, "", UPSTREAM_OK, true, UPSTREAM_YES, 1 },
		{ "a result of older revisions only", 200, 0, 0, 0, OLD_RESULT, "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "a result that is none of discover", 200, 0, 0, 0, "{}", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "another version, then a result", 400, -32022, 200, 0, OURS, RESULT, UPSTREAM_OK, true, UPSTREAM_YES, 2 },
		{ "another version for ever", 400, -32022, 400, -32022, OURS, OURS, UPSTREAM_REFUSED, false, UPSTREAM_YES, 2 },
		{ "no version of ours", 400, -32022, 0, 0, "{\"supported\":[\"2099-01-01\"]}", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "no versions at all", 400, -32022, 0, 0, "{\"supported\":7}", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "a header it does not like, then a result", 400, -32020, 200, 0, "", RESULT, UPSTREAM_OK, true, UPSTREAM_YES, 2 },
		{ "a capability it needs, in vain", 400, -32021, 400, -32021, "", "", UPSTREAM_REFUSED, false, UPSTREAM_YES, 2 },
		{ "an unknown method", 404, -32601, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "an unknown method, in order", 200, -32601, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "no session", 400, -32000, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "404", 404, 1, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "405", 405, 2, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "202", 202, 1, 0, 0, "", "", UPSTREAM_OK, false, UPSTREAM_NO, 1 },
		{ "401", 401, 1, 0, 0, "", "", UPSTREAM_REFUSED, false, UPSTREAM_NOT_ASKED, 1 },
		{ "403", 403, -32022, 0, 0, OURS, "", UPSTREAM_REFUSED, false, UPSTREAM_NOT_ASKED, 1 },
		{ "429", 429, -32022, 0, 0, OURS, "", UPSTREAM_REFUSED, false, UPSTREAM_NOT_ASKED, 1 },
		{ "503", 503, -32601, 0, 0, "", "", UPSTREAM_BROKEN, false, UPSTREAM_NOT_ASKED, 1 },
		{ "302", 302, 1, 0, 0, "", "", UPSTREAM_REFUSED, false, UPSTREAM_NOT_ASKED, 1 },
		{ "a page", 200, 2, 0, 0, "", "", UPSTREAM_BROKEN, false, UPSTREAM_NOT_ASKED, 1 },
		{ "nothing", -1, 0, 0, 0, "", "", UPSTREAM_BROKEN, false, UPSTREAM_NOT_ASKED, 1 },
	};
	struct upstream_target t = { .client_session = SLICE_LIT("a") };
	struct slice params = SLICE_LIT("{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"mine\":1}}");
	g->handle = handle_probe;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct probe_case *c = &cases[i];
		struct upstream *u = rig_upstream(g, "/probe", NULL);
		struct seen s = { .u = u };
		struct probe_case copy = *c;
		g->more = &copy;
		g->requests = 0;
		upstream_probe(u, &t, params, &seen_events, &s);
		ok(!s.done && run_until(g->loop, &s.done, 1) && s.failure == c->failure && !!s.answer[0] == c->has_answer, "a probe answered by %s: ends as %d: %s", c->what, (int)s.failure, s.why);
		ok(upstream_speaks(u, MCP_ERA_MODERN) == c->verdict && g->requests == c->requests, "a probe answered by %s: %d after %d requests", c->what, (int)upstream_speaks(u, MCP_ERA_MODERN), g->requests);
		ok(!strcmp(rig_head(g, "Mcp-Method"), "server/discover") && !strcmp(rig_head(g, "MCP-Protocol-Version"), "2026-07-28"), "a probe answered by %s: was one", c->what);
		ok(!!strstr(g->body, "\"mine\"") == (c->requests == 1) && strstr(g->body, "protocolVersion\":\"2026-07-28"), "a probe answered by %s: asked again in our own words only", c->what);
		stop_and_free(g->loop, &u);
	}
}

static void test_verdict(struct rig *g)
{
	struct upstream *u = rig_upstream(g, "/x", NULL);
	uint64_t now = loop_now_us(g->loop);
	ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "at first nothing is known");
	era_found(u, MCP_ERA_MODERN, false);
	u->speaks[MCP_ERA_MODERN].at_us = now - LIMIT_ERA_TTL_MS * 1000ull + 1000000;
	ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NO && upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_NOT_ASKED, "a verdict is believed for its time, of its era");
	u->speaks[MCP_ERA_MODERN].at_us = now - LIMIT_ERA_TTL_MS * 1000ull;
	ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "and no longer");
	era_found(u, MCP_ERA_MODERN, true);
	upstream_doubt(u, MCP_ERA_MODERN);
	ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "nor when something spoke against it");
	stop_and_free(g->loop, &u);
}

static void test_probe_gates_own(struct rig *g)
{
	static struct probe_case refuse = { .status = 400, .code = -32022, .data = OURS, .again_status = 400, .again_code = -32022, .again_data = OURS };
	static struct probe_case once = { .status = 400, .code = -32022, .data = OURS, .again_status = 200, .again_data = RESULT };
	struct upstream *u = rig_upstream(g, "/probe", NULL);
	struct upstream_target t = { .client_caps = UPSTREAM_CAN_ROOTS };
	struct seen s = { .u = u };
	g->more = &refuse;
	g->requests = 0;
	upstream_probe(u, &t, slice_of(NULL, 0), &seen_events, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_REFUSED && g->requests == 2, "the gate's own words are said twice and no more: %s", s.why);
	ok(strstr(g->body, "clientCapabilities\":{\"roots\":{}}") && strstr(g->body, "\"name\":\"gatehouse\""), "they say what the client can: %s", g->body);
	stop_and_free(g->loop, &u);
	u = rig_upstream(g, "/probe", NULL);
	s = (struct seen){ .u = u };
	g->more = &once;
	g->requests = 0;
	upstream_probe(u, &t, slice_of(NULL, 0), &seen_events, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_OK && s.answer[0] && g->requests == 2, "a server may refuse the first request, to see whether it is asked again");
	stop_and_free(g->loop, &u);
}

/* How servers of the modern era answer initialize. */
static void test_open(struct rig *g)
{
	static struct probe_case cases[] = {
		{ "-32022", 400, -32022, 0, 0, OURS, "", UPSTREAM_REFUSED, false, UPSTREAM_NO, 1 },
		{ "-32020", 400, -32020, 0, 0, "", "", UPSTREAM_REFUSED, false, UPSTREAM_NO, 1 },
		{ "-32601 by 404", 404, -32601, 0, 0, "", "", UPSTREAM_REFUSED, false, UPSTREAM_NO, 1 },
		{ "-32601 by 200", 200, -32601, 0, 0, "", "", UPSTREAM_REFUSED, false, UPSTREAM_NO, 1 },
		{ "-32602 that names a version", 400, -32602, 0, 0, OURS, "", UPSTREAM_REFUSED, false, UPSTREAM_NO, 1 },
		{ "-32602 by 400", 400, -32602, 0, 0, "", "", UPSTREAM_OK, true, UPSTREAM_NO, 1 },
		{ "-32602", 200, -32602, 0, 0, "", "", UPSTREAM_OK, true, UPSTREAM_NOT_ASKED, 1 },
		{ "503", 503, 1, 0, 0, "", "", UPSTREAM_BROKEN, false, UPSTREAM_NOT_ASKED, 1 },
		{ "401", 401, -32022, 0, 0, OURS, "", UPSTREAM_REFUSED, false, UPSTREAM_NOT_ASKED, 1 },
	};
	struct upstream_target t = { .client_session = SLICE_LIT("a"), .version = MCP_2026_07_28 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = rig_upstream(g, "/probe", NULL);
		struct seen s = { .u = u };
		g->more = &cases[i];
		g->requests = 0;
		upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
		ok(run_until(g->loop, &s.done, 1) && s.failure == cases[i].failure && !!s.answer[0] == cases[i].has_answer, "a handshake answered by %s: ends as %d: %s", cases[i].what, (int)s.failure, s.why);
		ok(upstream_speaks(u, MCP_ERA_LEGACY) == cases[i].verdict && !rig_head(g, "Mcp-Method")[0], "a handshake answered by %s: and that is kept", cases[i].what);
		stop_and_free(g->loop, &u);
	}
}

static void handle_listen(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	(void)m;
	if (slice_is(r->path, "/refuse"))
		rig_reply(g, r->id, 200, rig_error(id, -32601, ""));
	else
		rig_hold(g, r);
}

static void short_start(struct upstream_opts *o)
{
	o->start_timeout_ms = 20;
	o->call_timeout_ms = 20;
	o->listens_max = 1;
}

static struct exchange_id subscribe(struct upstream *u, struct seen *s)
{
	struct upstream_target t = target();
	t.name = slice_of(NULL, 0);
	*s = (struct seen){ .u = u };
	return upstream_subscribe(u, &t, SLICE_LIT("{\"notifications\":{}}"), &seen_events, s);
}

/* A server that fills the stream with nothing. */
static void test_flood(struct rig *g)
{
	struct upstream *u = rig_upstream(g, "/listen", NULL);
	struct seen s;
	g->posts = 0;
	subscribe(u, &s);
	run_until(g->loop, &g->posts, 1);
	http_write(g->server, g->held, SLICE_LIT(": nothing\n\n: nothing\n\n"));
	rig_say(g, "", ACK);
	run_until(g->loop, &s.opened, 1);
	struct exchange *x = list_entry(u->exchanges.next, struct exchange, of_server);
	ok(x->remote.fairness.bytes > sizeof ACK + 20, "comments count for its share: %zu bytes", x->remote.fairness.bytes);
	stop_and_free(g->loop, &u);
}

static void count(void *ctx)
{
	int *n = ctx;
	++*n;
}

static void test_subscribe(struct rig *g)
{
	struct upstream *u = rig_upstream(g, "/listen", short_start);
	struct upstream_status st;
	struct seen s, more;
	int later = 0;
	g->handle = handle_listen;
	g->posts = g->gone = 0;
	subscribe(u, &s);
	subscribe(u, &more);
	ok(run_until(g->loop, &more.done, 1) && more.failure == UPSTREAM_BUSY && strstr(more.why, "streams"), "one stream more than allowed: %s", more.why);
	ok(run_until(g->loop, &g->posts, 1) && !strcmp(rig_head(g, "Mcp-Method"), "subscriptions/listen") && !rig_head(g, "Mcp-Name")[0], "a subscription is a POST");
	rig_say(g, "", CHANGED);
	rig_say(g, "", ACK);
	ok(run_until(g->loop, &s.opened, 1) && s.messages <= 1 && !s.done, "it is open once it is acknowledged");
	run_until(g->loop, &s.messages, 1);
	ok(strstr(s.first, "acknowledged") != NULL, "and what came before that is not shown: %s", s.first);
	loop_after(g->loop, 60, count, &later);
	run_until(g->loop, &later, 1);
	ok(!s.done && s.opened == 1, "it may be silent for longer than any answer");
	upstream_status(u, &st);
	ok(st.calls_in_flight == 0, "and is no call");
	rig_say(g, "", ACK);
	rig_say(g, "", CHANGED);
	ok(run_until(g->loop, &s.messages, 2) && strstr(s.last, "list_changed"), "a notification is shown, a second acknowledgement is not");
	rig_say(g, "", rig_result(g->id, "{\"resultType\":\"complete\"}"));
	http_end(g->server, g->held);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_OK && strstr(s.answer, "complete"), "its last result is the server's end of it");
	g->posts = 0;
	subscribe(u, &s);
	run_until(g->loop, &g->posts, 1);
	rig_say(g, "", ACK);
	run_until(g->loop, &s.opened, 1);
	char text[256];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}", g->id);
	rig_say(g, "", text);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_OK && strstr(s.answer, g->id) && s.messages == 1, "and so is its cancellation: %s", s.answer);
	http_end(g->server, g->held);
	g->posts = 0;
	struct exchange_id id = subscribe(u, &s);
	run_until(g->loop, &g->posts, 1);
	rig_say(g, "", ACK);
	run_until(g->loop, &s.opened, 1);
	upstream_cancel(u, id, "");
	ok(run_until(g->loop, &g->gone, 1) && g->posts == 1 && !s.done, "ours is the end of the connection");
	g->posts = 0;
	subscribe(u, &s);
	run_until(g->loop, &g->posts, 1);
	rig_say(g, "", ACK);
	run_until(g->loop, &s.opened, 1);
	http_end(g->server, g->held);
	upstream_status(u, &st);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_BROKEN && st.state == UPSTREAM_UP, "a stream that is cut is broken, the server is not: %s", s.why);
	subscribe(u, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT && !s.opened, "one that nobody acknowledges ends at the deadline");
	stop_and_free(g->loop, &u);
	u = rig_upstream(g, "/refuse", NULL);
	subscribe(u, &s);
	ok(run_until(g->loop, &s.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_ERROR && !s.opened, "a server without them says so");
	stop_and_free(g->loop, &u);
}

int main(void)
{
	struct rig g = { .handle = handle };
	rig_start(&g);
	test_headers(&g);
	test_answers(&g);
	test_cancel(&g);
	test_probe(&g);
	test_probe_gates_own(&g);
	test_open(&g);
	test_verdict(&g);
	test_subscribe(&g);
	test_flood(&g);
	rig_stop(&g);
	return tap_done();
}
