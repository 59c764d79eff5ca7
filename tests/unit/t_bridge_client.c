/* A legacy client of many servers: its sessions with them are the bridge's. */
#include "legacy_rig.h"

static struct bridge_target target(const char *session)
{
	return (struct bridge_target){ .to = { .grant_id = SLICE_LIT("g"), .client_session = slice_str(session), .client_caps = RIG_ALL },
		                       .client_version = MCP_2025_06_18, .is_held = true };
}

static struct exchange_id request(struct rig *r, struct seen *s, const char *session, const char *method)
{
	struct bridge_target t = target(session);
	*s = (struct seen){ 0 };
	return bridge_request(r->bridge, r->u, &t, slice_str(method), SLICE_LIT("{\"x\":1}"), 15000, &seen_events, s);
}

static bool requested(struct rig *r, struct seen *s, const char *session, const char *method)
{
	request(r, s, session, method);
	return run_until(r->loop, &s->done, 1);
}

static void test_sessions(void)
{
	struct rig r;
	struct seen s, opened = { 0 };
	struct err e;
	struct arena a;
	rig_start(&r, 0);
	struct bridge_target t = target("c1");
	arena_init(&a, 65536);
	const struct json *caps = json_read(SLICE_LIT("{\"roots\":{\"listChanged\":true}}"), &a, &e);
	bridge_open(r.bridge, r.u, &t, NULL, caps, &seen_events, &opened);
	ok(run_until(r.loop, &opened.done, 1) && opened.kind == MCP_RESULT && has(opened.answer, "be kind"),
	   "initialize is answered by the server's own");
	ok(has(r.last_open, "\"roots\":{\"listChanged\":true}"), "which was told what the client can do");
	ok(requested(&r, &s, "c1", "tools/list") && s.kind == MCP_RESULT && r.opened == 1 && !has(s.answer, "resultType"),
	   "a request goes by that session and its answer as it is");
	ok(requested(&r, &s, "c2", "tools/list") && r.opened == 2, "another client has its own");
	r.lost_n = 2;
	ok(requested(&r, &s, "c1", "tools/list") && s.kind == MCP_RESULT && r.opened == 3, "one that was lost is opened again");
	t = target("c1");
	bridge_close(r.bridge, r.u, &t);
	ok(run_until(r.loop, &r.deletes, 1), "the client's end is its end");
	arena_release(&a);
	rig_stop(&r);
}

static void test_asks(void)
{
	struct rig r;
	struct seen s, note = { 0 }, stream = { 0 };
	char answer[256], id[64] = "";
	rig_start(&r, 0);
	struct bridge_target t = target("c1"), other = target("c2");
	bridge_listen(r.bridge, r.u, &t, slice_of(NULL, 0), &seen_events, &stream);
	ok(run_until(r.loop, &stream.opened, 1) && r.opened == 1, "a client may listen");
	rig_event(&r, r.stream, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\",\"params\":{\"_meta\":{\"progressToken\":\"p\"}}}");
	ok(run_until(r.loop, &stream.messages, 1) && has(stream.first, "\"id\":\"ask-") && has(stream.first, "roots/list"),
	   "what the server asks has an id of the bridge's: %s", stream.first);
	const char *p = strstr(stream.first, "\"id\":");
	snprintf(id, sizeof id, "%.*s", (int)strcspn(p + 5, ","), p + 5);
	snprintf(answer, sizeof answer, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[]}}", id);
	bridge_notify(r.bridge, NULL, &other, slice_str(answer), &seen_events, &note);
	ok(run_until(r.loop, &note.done, 1) && note.failure == UPSTREAM_REFUSED && r.answers == 0, "another client cannot answer it");
	bridge_notify(r.bridge, r.u, &t,
	              SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"p\",\"progress\":1}}"),
	              &seen_events, &note);
	ok(run_until(r.loop, &note.done, 2) && run_until(r.loop, &r.notes, 2), "its progress reaches the server that asked");
	bridge_notify(r.bridge, r.u, &t,
	              SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"q\",\"progress\":1}}"),
	              &seen_events, &note);
	bridge_notify(r.bridge, NULL, &t, slice_str(answer), &seen_events, &note);
	ok(run_until(r.loop, &r.answers, 1) && has(r.last_answer, "\"id\":1,") && r.notes == 2, "its answer, too, by the server's id; other progress does not");
	bridge_notify(r.bridge, NULL, &t, slice_str(answer), &seen_events, &note);
	ok(run_until(r.loop, &note.done, 5) && note.failure == UPSTREAM_REFUSED, "once");
	(void)s;
	rig_event(&r, r.stream, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"roots/list\"}");
	rig_event(&r, r.stream, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}");
	ok(run_until(r.loop, &stream.messages, 3) && has(stream.last, "\"requestId\":\"ask-"), "what the server gives up is named as it was shown: %s", stream.last);
	for (int i = 0; i <= LIMIT_OPEN_ASKS; i++)
		rig_event(&r, r.stream, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"roots/list\"}");
	ok(run_until(r.loop, &stream.messages, 4 + LIMIT_OPEN_ASKS) && r.bridge->client_asks.n == LIMIT_OPEN_ASKS, "so many are remembered");
	http_end(r.back, r.stream);
	ok(run_until(r.loop, &stream.done, 1), "the stream ends with the server's");
	rig_stop(&r);
}

static void test_nothing_opened(void)
{
	struct rig r;
	struct seen note = { 0 };
	rig_start(&r, 0);
	struct bridge_target t = target("c1");
	bridge_notify(r.bridge, r.u, &t, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}"), &seen_events, &note);
	ok(run_until(r.loop, &note.done, 1) && note.failure == UPSTREAM_OK && r.opened == 0, "a notification opens no session");
	r.open_status = 401;
	struct seen s;
	ok(requested(&r, &s, "c1", "tools/list") && s.failure == UPSTREAM_REFUSED, "a refused handshake says so: %s", s.why);
	rig_stop(&r);
}

int main(void)
{
	test_sessions();
	test_asks();
	test_nothing_opened();
	return tap_done();
}
