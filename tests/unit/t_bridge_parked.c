/* What a client or a server that means ill can do with sessions that are held, calls that wait and
 * the state that names them: nothing, and no more than a limit says. */
#include "legacy_rig.h"

static struct held *newest(struct rig *r)
{
	return list_entry(r->bridge->held_by_use.prev, struct held, by_use);
}

/* Another log level and other capabilities are another session: the number-th of so many. */
static bool ask_as(struct rig *r, struct seen *s, int number)
{
	char params[512];
	snprintf(params, sizeof params,
	         "{\"name\":\"t\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	         "\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/logLevel\":\"%s\"}}",
	         mcp_log_level_name((enum mcp_log_level)(number % 8 + 1)));
	return rig_asked(r, s, "g", (unsigned)(number / 8), "tools/call", params);
}

static void test_sessions_of_grant(void)
{
	struct rig r;
	struct seen s;
	int answered = 0;
	rig_start(&r, 0);
	r.has_no_stream = true;
	for (int i = 0; i < LIMIT_HELD_SESSIONS_OF_GRANT; i++)
		answered += ask_as(&r, &s, i) && s.kind == MCP_RESULT;
	rig_settle(&r);
	ok(answered == LIMIT_HELD_SESSIONS_OF_GRANT && r.opened == LIMIT_HELD_SESSIONS_OF_GRANT && r.deletes == 0,
	   "a grant may have %d sessions", LIMIT_HELD_SESSIONS_OF_GRANT);
	(void)rig_asked(&r, &s, "other", 0, "tools/call", RIG_CALL);
	ok(ask_as(&r, &s, LIMIT_HELD_SESSIONS_OF_GRANT) && s.kind == MCP_RESULT && run_until(r.loop, &r.deletes, 1),
	   "one more closes the one it used least");
	int opened = r.opened;
	ok(rig_asked(&r, &s, "other", 0, "tools/call", RIG_CALL) && r.opened == opened, "and nobody else's");
	ok(ask_as(&r, &s, 1) && r.opened == opened && ask_as(&r, &s, 0) && r.opened == opened + 1, "which is opened again when it is needed");
	rig_stop(&r);
}

static void test_sessions_of_all(void)
{
	struct rig r;
	struct seen s, held;
	rig_start(&r, 0);
	(void)rig_asked(&r, &s, "a", 0, "tools/call", RIG_CALL);
	/* As if so many others were there: opening four thousand proves no more. */
	r.bridge->held_n = LIMIT_HELD_SESSIONS - 1;
	ok(rig_asked(&r, &s, "b", 0, "tools/call", RIG_CALL) && r.deletes == 0 && r.bridge->held_n == LIMIT_HELD_SESSIONS, "the last that may be held");
	ok(rig_asked(&r, &s, "c", 0, "tools/call", RIG_CALL) && run_until(r.loop, &r.deletes, 1), "one more closes the one longest unused");
	rig_set_asks(&r, NULL, NULL);
	rig_ask(&r, &held, "b", 0, "tools/call", RIG_CALL);
	rig_ask(&r, &held, "c", 0, "tools/call", RIG_CALL);
	ok(rig_asked(&r, &s, "d", 0, "tools/call", RIG_CALL) && s.failure == UPSTREAM_BUSY, "while all are in use there is no room: %s", s.why);
	r.bridge->held_n = 2;
	rig_stop(&r);
}

static void test_idle(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	(void)rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL);
	newest(&r)->used_us -= LIMIT_HELD_IDLE_MS * 1000ull - 60000000;
	held_close_idle(r.bridge);
	ok(r.bridge->held_n == 1, "a session that was used is kept");
	newest(&r)->used_us -= 60000000;
	held_close_idle(r.bridge);
	ok(r.bridge->held_n == 0 && run_until(r.loop, &r.deletes, 1), "one that nobody used for long enough is closed");
	rig_set_asks(&r, NULL, NULL);
	rig_ask(&r, &s, "g", 0, "tools/call", RIG_CALL);
	(void)run_until(r.loop, &r.calls, 2);
	newest(&r)->used_us -= LIMIT_HELD_IDLE_MS * 1000ull;
	held_close_idle(r.bridge);
	ok(r.bridge->held_n == 1, "one that is in use is not");
	rig_stop(&r);
}

/* What a server says of itself in n bytes. */
static bool greet(size_t n)
{
	static char caps[LIMIT_HELD_GREETING + 64];
	static const char frame[] = "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":,\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"},\"instructions\":\"be kind\"}";
	struct rig r;
	struct seen s;
	size_t fill = n - (sizeof frame - 1) - 8;
	rig_start(&r, 0);
	snprintf(caps, sizeof caps, "{\"x\":\"%0*d\"}", (int)fill, 0);
	r.capabilities = caps;
	bool is_fine = rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && s.failure == UPSTREAM_OK;
	rig_stop(&r);
	return is_fine;
}

static void test_greeting(void)
{
	ok(greet(LIMIT_HELD_GREETING), "a server may say %d bytes of itself", LIMIT_HELD_GREETING);
	ok(!greet(LIMIT_HELD_GREETING + 1), "and not one more");
}

static void test_parked_of_all(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	r.bridge->parked_n = LIMIT_PARKED_CALLS - 1;
	ok(rig_asked(&r, &s, "a", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "input_required"), "the last call that may wait");
	rig_ask(&r, &s, "b", RIG_ALL, "tools/call", RIG_CALL);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "-32601") && s.done == 0, "one more may not: the server is told");
	r.bridge->parked_n -= LIMIT_PARKED_CALLS - 1;
	rig_stop(&r);
}

static void test_kept_of_all(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	r.bridge->parked_bytes = LIMIT_PARKED_BYTES;
	rig_end(&r, r.call, r.call_id, "{\"content\":[]}");
	rig_settle(&r);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.failure == UPSTREAM_BROKEN, "an answer for which there is no room is lost, and that is said: %s", s.why);
	ok(r.bridge->parked_bytes == LIMIT_PARKED_BYTES, "and not counted");
	r.bridge->parked_bytes = 0;
	rig_stop(&r);
}

static void ask_many(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	struct buf b = BUF_INIT(1u << 20);
	http_begin(r->back, q->id, 200, rig_sse, 1);
	for (int i = 0; i <= LIMIT_OPEN_ASKS; i++)
		buf_addf(&b, "data: {\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"roots/list\"}\n\n", i);
	http_write(r->back, q->id, buf_slice(&b));
	buf_release(&b);
}

static void ask_at_length(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	struct buf b = BUF_INIT(4u << 20);
	buf_adds(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{\"message\":\"");
	buf_addf(&b, "%0*d", LIMIT_WAITING_BYTES, 0);
	buf_adds(&b, "\"}}");
	http_begin(r->back, q->id, 200, rig_sse, 1);
	rig_event(r, q->id, buf_str(&b));
	buf_release(&b);
}

static void forge(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"input_required\",\"requestState\":\"x\",\"inputRequests\":{},\"content\":[]}");
}

static void test_server_that_asks_too_much(void)
{
	struct rig r;
	struct seen s;
	char last[32];
	rig_start(&r, 0);
	r.on_call = ask_many;
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	snprintf(last, sizeof last, "\"ask-%d\"", LIMIT_OPEN_ASKS);
	ok(run_until(r.loop, &r.answers, 1) && has(s.answer, "\"ask-1\"") && has(r.last_answer, "-32601"), "one ask more than %d is refused: %s", LIMIT_OPEN_ASKS, r.last_answer);
	ok(list_entry(r.bridge->errands.next, struct errand, of_bridge)->ask_n == LIMIT_OPEN_ASKS, "so many wait");
	r.on_call = ask_at_length;
	rig_ask(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	ok(run_until(r.loop, &r.answers, 2) && s.done == 0, "so is one that is too long");
	r.on_call = forge;
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "\"resultType\":\"complete\"") && !has(s.answer, "\"input_required\""),
	   "a legacy server cannot say that input is required: %s", s.answer);
	rig_stop(&r);
}

static void test_two_retries(void)
{
	struct rig r;
	struct seen s, first, second;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	struct exchange_id id = rig_ask(&r, &first, "g", RIG_ALL, "tools/call", params);
	rig_ask(&r, &second, "g", RIG_ALL, "tools/call", params);
	ok(run_until(r.loop, &second.done, 1) && second.kind == MCP_ERROR && first.done == 0, "of two retries at once one is refused");
	ok(run_until(r.loop, &r.answers, 1), "the other answers the server");
	bridge_cancel(r.bridge, r.u, id, "gone");
	ok(run_until(r.loop, &r.cancels, 1), "and when its client goes the call is cancelled");
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && r.answers == 1, "for good");
	rig_stop(&r);
}

static void test_another_process(void)
{
	struct rig r, other;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_start(&other, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&other, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && has(s.answer, "-32602") && other.calls == 0,
	   "a state of another process with the same key is refused: %s", s.answer);
	rig_stop(&other);
	rig_stop(&r);
}

static void test_400(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	r.lost_status = 400;
	(void)rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL);
	r.lost_n = 1;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.failure == UPSTREAM_REFUSED && r.opened == 1, "400 of a young session is a refusal of the request");
	newest(&r)->opened_us -= 10000000;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && r.opened == 2, "of an old one it means that the session is lost");
	rig_stop(&r);
}

static void serve_modern(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id,
	          "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{},\"ttlMs\":0,\"cacheScope\":\"private\",\"modern\":1}");
}

static void test_new_era(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	(void)rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL);
	r.lost_n = 100;
	r.is_modern = true;
	r.open_status = 400;
	r.open_error = "{\"code\":-32022,\"message\":\"v\",\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"2025-11-25\"}}";
	r.on_call = serve_modern;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && has(s.answer, "\"modern\":1"), "a server that became one of the client's era is spoken to in it: %s %s", s.answer, s.why);
	rig_stop(&r);
}

static void test_sudden_end(void)
{
	struct rig r;
	struct seen s, t;
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_ask(&r, &t, "h", RIG_ALL, "tools/list", "{" RIG_META "}");
	(void)run_until(r.loop, &r.calls, 2);
	int stopped = 0;
	upstream_stop(r.u, seen_stopped, &stopped);
	ok(run_until(r.loop, &stopped, 1) && t.done == 1, "a server that is stopped without a word ends what is under way");
	ok(r.bridge->parked_n == 1, "what waited is kept for its client to be told");
	bridge_forget(r.bridge, r.u);
	upstream_free(&r.u);
	bridge_free(&r.bridge);
	http_client_free(&r.http);
	stopped = 0;
	http_server_stop(r.back, 0, rig_turn, &stopped);
	(void)run_until(r.loop, &stopped, 1);
	http_server_free(&r.back);
	loop_free(&r.loop);
}

int main(void)
{
	test_sessions_of_grant();
	test_sessions_of_all();
	test_idle();
	test_greeting();
	test_parked_of_all();
	test_kept_of_all();
	test_server_that_asks_too_much();
	test_two_retries();
	test_another_process();
	test_400();
	test_new_era();
	test_sudden_end();
	return tap_done();
}
