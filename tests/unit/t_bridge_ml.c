/* Clients of the modern era at a server of the legacy one: sessions that the bridge holds, and
 * requests of the server that the client answers by coming back. */
#include "legacy_rig.h"

static void test_discover(void)
{
	struct rig r;
	struct seen s, s2;
	rig_start(&r, 0);
	rig_ask(&r, &s, "g", 0, "server/discover", "{" RIG_META "}");
	rig_ask(&r, &s2, "g", 0, "tools/call", RIG_CALL);
	ok(run_until(r.loop, &s.done, 1) && run_until(r.loop, &s2.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_RESULT,
	   "server/discover of a legacy server is answered");
	ok(has(s.answer, "\"supportedVersions\":[\"2026-07-28\"]") && has(s.answer, "\"resultType\":\"complete\"") &&
	           has(s.answer, "be kind") && has(s.answer, "listChanged"),
	   "with what its initialize said: %s", s.answer);
	ok(r.discovers == 1 && r.opened == 1 && r.initialized == 1, "after one probe and one handshake for both");
	ok(s2.kind == MCP_RESULT && has(s2.answer, "\"resultType\":\"complete\"") && has(s2.answer, "serverInfo"),
	   "a result is complete and names the server: %s", s2.answer);
	ok(has(r.last_call, "\"arguments\":{\"a\":1,\"b\":[1,2]}") && !has(r.last_call, "clientCapabilities"),
	   "the server gets the params without the envelope");
	ok(rig_asked(&r, &s, "g", 0, "server/discover", "{" RIG_META "}") && s.kind == MCP_RESULT && r.opened == 1,
	   "and is not asked again for what is known");
	rig_stop(&r);
}

/* A server that gets a request of a session it never opened answers 404: no request of a modern
 * client may leave before the handshake is over. */
static void test_handshake_first(void)
{
	struct rig r;
	struct seen s[3];
	rig_start(&r, 0);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		rig_ask(&r, &s[i], "g", 0, "tools/list", "{" RIG_META "}");
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		ok(run_until(r.loop, &s[i].done, 1) && s[i].kind == MCP_RESULT, "request %zu is answered", i);
	ok(r.opened == 1 && r.initialized == 1 && r.calls == 3, "three requests at once make one handshake");
	ok(!strcmp(r.call_sessions[0], "sess-1") && !strcmp(r.call_sessions[2], "sess-1"), "and go by its session");
	rig_stop(&r);
}

static void test_who_shares(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	(void)rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL);
	ok(rig_asked(&r, &s, "other", 0, "tools/call", RIG_CALL) && r.opened == 2 && !strcmp(r.call_sessions[1], "sess-2"),
	   "another grant has another session");
	ok(rig_asked(&r, &s, "g", UPSTREAM_CAN_SAMPLING, "tools/call", RIG_CALL) && r.opened == 3 &&
	           has(r.last_open, "\"capabilities\":{\"sampling\":{}}"),
	   "other capabilities are another session, which says them");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && r.opened == 3 && !strcmp(r.call_sessions[3], "sess-1"),
	   "the first is still there");
	rig_stop(&r);
}

static void test_lost_session(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	(void)rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL);
	r.lost_n = 1;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && r.opened == 2,
	   "a session that the server lost is opened again and the request repeated");
	r.lost_n = 100;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.failure == UPSTREAM_UNREACHED && r.opened == 3,
	   "once: then the request did not reach it");
	r.lost_n = 0;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT, "and the next one does");
	rig_stop(&r);
}

static void test_refused_handshake(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	r.open_status = 200;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_ERROR && r.calls == 0,
	   "a handshake that the server refuses is an error: %s", s.answer);
	r.open_status = 0;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT, "and is tried again");
	rig_stop(&r);
}

static void answer_error(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_fail(r, q->id, 200, id, "{\"code\":-32002,\"message\":\"no such\",\"data\":{\"uri\":\"x:y\"}}");
}

static void log_and_answer(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"low\"}}");
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"data\":\"high\"}}");
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"gh-5\",\"progress\":1}}");
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
	rig_end(r, q->id, id, "{\"content\":[]}");
}

static void test_words(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	r.capabilities = "{\"logging\":{}}";
	r.on_call = answer_error;
	ok(rig_asked(&r, &s, "g", 0, "resources/read", "{\"uri\":\"x:y\"," RIG_META "}") && s.kind == MCP_ERROR &&
	           has(s.answer, "-32602"),
	   "-32002 is -32602: %s", s.answer);
	r.on_call = log_and_answer;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && s.messages == 1 && has(s.first, "progress"),
	   "without a log level of the request only progress is shown");
	ok(r.levels == 0, "and the server is asked for none");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", "{\"name\":\"t\"," RIG_META_LOG("warning") "}") && s.messages == 2 &&
	           has(s.first, "high") && has(s.last, "progress"),
	   "with one, what is at least as severe");
	ok(r.levels == 1 && !strcmp(r.last_level, "warning"), "and the session is told it");
	rig_stop(&r);
}

static void test_park(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && s.kind == MCP_RESULT &&
	           has(s.answer, "\"resultType\":\"input_required\"") && has(s.answer, "\"inputRequests\":{\"ask-1\":{\"method\":\"roots/list\""),
	   "a request of the server ends the client's with what it needs: %s", s.answer);
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	rig_ask(&r, &s, "g", RIG_ALL, "tools/call", params);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "\"id\":\"srv-1\",\"result\":{\"roots\":[]}"),
	   "the client's answer goes to the server: %s", r.last_answer);
	ok(r.calls == 1, "which was not called again");
	rig_end(&r, r.call, r.call_id, "{\"content\":[],\"done\":true}");
	ok(run_until(r.loop, &s.done, 1) && has(s.answer, "\"done\":true") && has(s.answer, "\"resultType\":\"complete\""),
	   "and its answer to the client");
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && has(s.answer, "-32602"),
	   "a state that was used is of no use: %s", s.answer);
	ok(r.bridge->parked_n == 0, "nothing is parked");
	rig_stop(&r);
}

static void test_states_of_others(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "other", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && has(s.answer, "-32602"),
	   "a state of another grant is refused");
	ok(rig_asked(&r, &s, "g", RIG_ALL, "prompts/get", params) && s.kind == MCP_ERROR, "of another method, too");
	rig_retry_of(state, RIG_ROOTS_ANSWER, "{\"a\":2,\"b\":[1,2]}", params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "of other arguments");
	rig_retry_of(state, RIG_ROOTS_ANSWER, "{\"a\":1,\"b\":[2,1]}", params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "of arguments in another order, where it counts");
	state[10] = state[10] == 'A' ? 'B' : 'A';
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "one that was changed");
	rig_retry_of("AAAA", RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "one that is none");
	rig_retry_of("", RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "an empty one");
	ok(r.calls == 1 && r.answers == 0 && r.bridge->parked_n == 1, "and the server heard of none of it");
	state[10] = state[10] == 'A' ? 'B' : 'A';
	rig_stop(&r);
}

static void test_missing_and_bad(void)
{
	struct rig r;
	struct seen s;
	char state[1024], first[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, RIG_FORM);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "ask-1") && has(s.answer, "ask-2"),
	   "two that come at once are asked at once");
	rig_state_of(&s, state);
	memcpy(first, state, sizeof first);
	rig_retry_of(state, "{\"ask-1\":{\"nothing\":1},\"ask-2\":{\"action\":\"decline\"}}", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && has(s.answer, "-32602") && r.answers == 0,
	   "an answer of the wrong shape goes nowhere: %s", s.answer);
	rig_retry_of(state, "[]", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "nor does a list of them");
	rig_retry_of(state, "{\"ask-2\":{\"action\":\"decline\"}}", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && has(s.answer, "input_required") && has(s.answer, "ask-1") &&
	           !has(s.answer, "ask-2"),
	   "what is missing is asked for again: %s", s.answer);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "\"id\":7,\"result\":{\"action\":\"decline\"}"), "the rest has gone to the server");
	rig_retry_of(first, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "the state of an earlier round is used up");
	rig_stop(&r);
}

static void test_kept_answer(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	rig_end(&r, r.call, r.call_id, "{\"content\":[],\"impatient\":1}");
	rig_settle(&r);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && has(s.answer, "impatient") && r.calls == 1,
	   "an answer that came while nobody waited is kept for the retry: %s", s.answer);
	ok(r.bridge->parked_bytes == 0 && list_empty(&r.bridge->errands), "and then no longer");
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	http_abort(r.back, r.call);
	rig_settle(&r);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.failure == UPSTREAM_BROKEN, "so is that the server broke");
	rig_stop(&r);
}

static void test_patience(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 50);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	ok(run_until(r.loop, &r.cancels, 1) && run_until(r.loop, &r.answers, 1) && has(r.last_answer, "error"),
	   "a client that does not come back: the server is told, and its call cancelled");
	ok(r.bridge->parked_n == 0 && list_empty(&r.bridge->errands), "nothing stays");
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR, "and it comes too late");
	rig_stop(&r);
}

static void test_who_cannot(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_FORM, NULL);
	rig_ask(&r, &s, "g", UPSTREAM_CAN_ROOTS, "tools/call", RIG_CALL);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "-32601") && s.done == 0, "who declared no elicitation is not asked for it");
	rig_end(&r, r.call, r.call_id, "{\"content\":[]}");
	ok(run_until(r.loop, &s.done, 1) && has(s.answer, "complete"), "and the call goes on");
	rig_ask(&r, &s, "g", RIG_ALL, "tools/list", "{" RIG_META "}");
	ok(run_until(r.loop, &r.answers, 2) && has(r.last_answer, "-32601") && s.done == 0, "nor is anybody by a list");
	rig_end(&r, r.call, r.call_id, "{\"tools\":[]}");
	(void)run_until(r.loop, &s.done, 1);
	rig_set_asks(&r, RIG_ROOTS, RIG_FORM);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	rig_ask(&r, &s, "g", UPSTREAM_CAN_ROOTS, "tools/call", params);
	ok(run_until(r.loop, &r.answers, 4) && s.done == 0, "who comes back with less is not asked for the rest of it");
	rig_stop(&r);
}

static void test_gone_client(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	rig_set_asks(&r, NULL, NULL);
	struct exchange_id id = rig_ask(&r, &s, "g", 0, "tools/call", RIG_CALL);
	(void)run_until(r.loop, &r.calls, 1);
	bridge_cancel(r.bridge, r.u, id, "gone");
	ok(run_until(r.loop, &r.cancels, 1) && s.done == 0 && list_empty(&r.bridge->errands), "a client that goes has cancelled");
	id = rig_ask(&r, &s, "new", 0, "tools/call", RIG_CALL);
	bridge_cancel(r.bridge, r.u, id, "gone");
	rig_settle(&r);
	ok(s.done == 0 && r.calls == 1, "also before its session is open");
	rig_stop(&r);
}

static void ask_by_get(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	rig_event(r, r->stream, RIG_ROOTS);
}

static void test_ask_by_get(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	r.on_call = ask_by_get;
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "input_required") && r.listens == 1,
	   "a server may ask on the stream of its session");
	rig_state_of(&s, state);
	rig_retry_of(state, RIG_ROOTS_ANSWER, RIG_ARGS, params);
	rig_ask(&r, &s, "g", RIG_ALL, "tools/call", params);
	ok(run_until(r.loop, &r.answers, 1), "and gets its answer");
	rig_end(&r, r.call, r.call_id, "{\"content\":[]}");
	ok(run_until(r.loop, &s.done, 1) && has(s.answer, "complete"), "and the client its own");
	rig_event(&r, r.stream, RIG_ROOTS);
	ok(run_until(r.loop, &r.answers, 2) && has(r.last_answer, "-32601"), "when no call is under way nobody can be asked");
	rig_stop(&r);
	rig_start(&r, 0);
	r.has_no_stream = true;
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && r.listens == 1, "a server without one is called as well");
	rig_stop(&r);
}

static void answer_url(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_fail(r, q->id, 200, id,
	         "{\"code\":-32042,\"message\":\"open\",\"data\":{\"elicitations\":[{\"mode\":\"url\",\"elicitationId\":\"e1\",\"url\":\"https://a.example/x\",\"message\":\"m\"}]}}");
}

static void test_url(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	rig_start(&r, 0);
	r.on_call = answer_url;
	ok(rig_asked(&r, &s, "g", UPSTREAM_CAN_ROOTS, "tools/call", RIG_CALL) && s.kind == MCP_ERROR && !has(s.answer, "-32042"),
	   "an address to open is an error for who opens none: %s", s.answer);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "input_required") && has(s.answer, "https://a.example/x"),
	   "and input that is required for who does: %s", s.answer);
	ok(r.bridge->parked_n == 0, "nothing is parked for it");
	rig_state_of(&s, state);
	rig_retry_of(state, "{\"url-0\":{\"action\":\"decline\"}}", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && s.kind == MCP_ERROR && r.calls == 2, "who does not open it gets no further");
	r.on_call = rig_answer_ok;
	rig_retry_of(state, "{\"url-0\":{\"action\":\"accept\"}}", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && has(s.answer, "complete") && r.calls == 3 && !has(r.last_call, "requestState"),
	   "who does calls again");
	rig_stop(&r);
}

static void test_limits(void)
{
	struct rig r;
	static struct seen s[LIMIT_PARKED_CALLS_OF_GRANT + 1];
	struct seen other;
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	for (size_t i = 0; i < LIMIT_PARKED_CALLS_OF_GRANT; i++)
		ok(rig_asked(&r, &s[i], "g", RIG_ALL, "tools/call", RIG_CALL) && has(s[i].answer, "input_required"), "call %zu is parked", i + 1);
	rig_ask(&r, &s[LIMIT_PARKED_CALLS_OF_GRANT], "g", RIG_ALL, "tools/call", RIG_CALL);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "-32601") && s[LIMIT_PARKED_CALLS_OF_GRANT].done == 0,
	   "one more of that grant is not: the server is told");
	ok(rig_asked(&r, &other, "h", RIG_ALL, "tools/call", RIG_CALL) && has(other.answer, "input_required"), "another grant has its own");
	rig_stop(&r);
}

static void test_rounds(void)
{
	struct rig r;
	struct seen s;
	char state[1024], params[4096];
	int rounds = 0;
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	for (; has(s.answer, "input_required") && rounds < 100; rounds++) {
		rig_state_of(&s, state);
		rig_retry_of(state, "{}", RIG_ARGS, params);
		(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params);
	}
	ok(rounds == LIMIT_PARKED_ROUNDS && s.kind == MCP_ERROR, "a client that never answers comes %d times", rounds);
	ok(run_until(r.loop, &r.cancels, 1) && list_empty(&r.bridge->errands), "and then the call is cancelled");
	rig_stop(&r);
}

static void test_forget(void)
{
	struct rig r;
	struct seen s;
	rig_start(&r, 0);
	rig_set_asks(&r, RIG_ROOTS, NULL);
	(void)rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL);
	bridge_forget(r.bridge, r.u);
	ok(list_empty(&r.bridge->errands) && r.bridge->held_n == 0, "a server that is removed is waited for by nobody");
	ok(run_until(r.loop, &r.deletes, 1), "and its session is closed");
	rig_stop(&r);
}

int main(void)
{
	test_discover();
	test_handshake_first();
	test_who_shares();
	test_lost_session();
	test_refused_handshake();
	test_words();
	test_park();
	test_states_of_others();
	test_missing_and_bad();
	test_kept_answer();
	test_patience();
	test_who_cannot();
	test_gone_client();
	test_ask_by_get();
	test_url();
	test_limits();
	test_rounds();
	test_forget();
	return tap_done();
}
