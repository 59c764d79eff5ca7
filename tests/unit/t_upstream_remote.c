/* Servers over Streamable HTTP: a scripted one on our own HTTP server, whose path says
 * how it behaves, and what the gate makes of it. */
#include "base/limits.h"
#include "base/log.h"
#include "http/server.h"
#include "upstream/exchange.h"
#include "upstream_seen.h"

struct script {
	struct loop *loop;
	struct http_server *server;
	int session_n;
	int posts, deletes, cancels, answers, initialized;
	char last_post[SEEN_TEXT];
	char session[128], version[32], accept[128], secret[64], event_id[64];
	struct http_request_id held;
};

static const struct http_header json_content = { { "Content-Type", 12 }, { "application/json; charset=utf-8", 31 } };
static const struct http_header sse_content = { { "Content-Type", 12 }, { "text/event-stream", 17 } };

static void reply(struct script *s, struct http_request_id id, int status, const char *body)
{
	http_respond(s->server, id, status, &json_content, 1, slice_str(body));
}

static char *answer_text(const char *id, const char *result)
{
	static char texts[4][1024]; /* the last four stay readable */
	static unsigned at;
	char *text = texts[at++ % ARRAY_LEN(texts)];
	snprintf(text, sizeof texts[0], "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}", id, result);
	return text;
}

static void stream(struct script *s, struct http_request_id id, const char *text)
{
	http_begin(s->server, id, 200, &sse_content, 1);
	http_write(s->server, id, slice_str(text));
}

static void events(struct script *s, struct http_request_id id, const char *const *v, bool is_ended)
{
	struct buf b = BUF_INIT(1u << 20);
	for (; *v; v++)
		sse_write(&b, slice_of(NULL, 0), slice_of(NULL, 0), slice_str(*v));
	stream(s, id, buf_str(&b));
	buf_release(&b);
	if (is_ended)
		http_end(s->server, id);
}

#define ASK "{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"sampling/createMessage\",\"params\":{}}"
#define LOG_NOTE "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}"

static void handle_initialize(struct script *s, const struct http_request *r, const char *id)
{
	static const char *const result = "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}}";
	struct http_header h[2] = { json_content, { { "Mcp-Session-Id", 14 }, { "sess-42", 7 } } };
	if (slice_is(r->path, "/old"))
		reply(s, r->id, 200, answer_text(id, "{\"protocolVersion\":\"2024-10-07\"}"));
	else if (slice_is(r->path, "/sse-open"))
		events(s, r->id, (const char *const[]){ answer_text(id, result), NULL }, true);
	else if (slice_is(r->path, "/long-session")) {
		static char name[LIMIT_SERVER_SESSION + 1];
		memset(name, 's', sizeof name);
		h[1].value = slice_of(name, (size_t)s->session_n);
		http_respond(s->server, r->id, 200, h, 2, slice_str(answer_text(id, result)));
	} else if (slice_is(r->path, "/bad-session")) {
		h[1].value = SLICE_LIT("a b");
		http_respond(s->server, r->id, 200, h, 2, slice_str(answer_text(id, result)));
	} else
		http_respond(s->server, r->id, 200, h, 2, slice_str(answer_text(id, result)));
}

/* A stream that is cut behind an event id: the answer waits at the GET. */
static void handle_polling(struct script *s, const struct http_request *r, const char *id)
{
	static char kept[32];
	if (r->method == HTTP_POST) {
		snprintf(kept, sizeof kept, "%s", id);
		stream(s, r->id, "id: ev-1\nretry: 1\ndata:\n\n");
		http_end(s->server, r->id);
	} else {
		events(s, r->id, (const char *const[]){ answer_text(kept, "{\"late\":true}"), NULL }, true);
	}
}

static void hold_and_ask(struct script *s, const struct http_request *r, const char *id)
{
	s->held = r->id;
	snprintf(s->event_id, sizeof s->event_id, "%s", id);
	events(s, r->id, (const char *const[]){ ASK, NULL }, false);
}

static void cut(struct script *s, const struct http_request *r)
{
	stream(s, r->id, "data: {\"jso");
	http_abort(s->server, r->id);
}

/* "/slow" and whatever is not here gets no answer. */
static void handle_call(struct script *s, const struct http_request *r, const char *id)
{
	struct slice p = r->path;
	char number[80];
	if (slice_is(p, "/json") || slice_is(p, "/sse-open"))
		reply(s, r->id, 200, answer_text(id, "{\"ok\":1}"));
	else if (slice_is(p, "/sse"))
		events(s, r->id, (const char *const[]){ LOG_NOTE, answer_text(id, "{\"ok\":2}"), NULL }, true);
	else if (slice_is(p, "/sse-twice"))
		events(s, r->id, (const char *const[]){ answer_text(id, "{\"ok\":3}"), answer_text(id, "{\"ok\":4}"), NULL }, false);
	else if (slice_is(p, "/ask"))
		hold_and_ask(s, r, id);
	else if (slice_is(p, "/lie")) {
		snprintf(number, sizeof number, "\"%s\"", id);
		reply(s, r->id, 200, answer_text(number, "{}"));
	} else if (slice_is(p, "/other"))
		reply(s, r->id, 200, answer_text("7", "{}"));
	else if (slice_is(p, "/html"))
		http_respond(s->server, r->id, 200, NULL, 0, SLICE_LIT("<html>"));
	else if (slice_is(p, "/garbage"))
		reply(s, r->id, 200, "{\"jsonrpc\":\"2.0\",");
	else if (slice_is(p, "/question"))
		reply(s, r->id, 200, LOG_NOTE);
	else if (slice_is(p, "/batch")) {
		char text[1400];
		snprintf(text, sizeof text, "[%s,%s]", LOG_NOTE, answer_text(id, "{\"ok\":5}"));
		reply(s, r->id, 200, text);
	} else if (slice_is(p, "/cut"))
		cut(s, r);
	else if (slice_is(p, "/ended"))
		events(s, r->id, (const char *const[]){ LOG_NOTE, NULL }, true);
	else if (slice_is(p, "/polling"))
		handle_polling(s, r, id);
	else if (slice_is(p, "/202"))
		http_respond(s->server, r->id, 202, NULL, 0, slice_of(NULL, 0));
	else if (slice_is(p, "/400"))
		reply(s, r->id, 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"x\"}}");
	else if (slice_is(p, "/400-ours")) {
		char text[256];
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32602,\"message\":\"x\"}}", id);
		reply(s, r->id, 400, text);
	} else if (slice_is(p, "/401"))
		reply(s, r->id, 401, "{\"secret\":\"leaked\"}");
	else if (slice_is(p, "/404"))
		reply(s, r->id, 404, "{}");
	else if (slice_is(p, "/302"))
		reply(s, r->id, 302, "{}");
	else if (slice_is(p, "/500"))
		reply(s, r->id, 500, "{}");
}

static void read_headers(struct script *s, const struct http_request *r)
{
	snprintf(s->session, sizeof s->session, "%.*s", SLICE_ARG(http_header_get(r->headers, "Mcp-Session-Id")));
	snprintf(s->version, sizeof s->version, "%.*s", SLICE_ARG(http_header_get(r->headers, "MCP-Protocol-Version")));
	snprintf(s->accept, sizeof s->accept, "%.*s", SLICE_ARG(http_header_get(r->headers, "Accept")));
	snprintf(s->secret, sizeof s->secret, "%.*s", SLICE_ARG(http_header_get(r->headers, "X-Key")));
}

static void handle_answer(struct script *s, const struct http_request *r)
{
	s->answers++;
	http_respond(s->server, r->id, 202, NULL, 0, slice_of(NULL, 0));
	if (!s->held.v)
		return;
	struct buf b = BUF_INIT(4096);
	sse_write(&b, slice_of(NULL, 0), slice_of(NULL, 0), slice_str(answer_text(s->event_id, "{\"asked\":true}")));
	http_write(s->server, s->held, buf_slice(&b));
	http_end(s->server, s->held);
	s->held.v = 0;
	buf_release(&b);
}

static void on_post(struct script *s, const struct http_request *r)
{
	struct err e;
	struct mcp_message m;
	char id[64];
	const struct json *root = json_read(r->body, r->arena, &e);
	s->posts++;
	snprintf(s->last_post, sizeof s->last_post, "%.*s", SLICE_ARG(r->body));
	if (!root || !mcp_message_read(root, &m, &e)) {
		reply(s, r->id, 400, "{}");
		return;
	}
	snprintf(id, sizeof id, "%.*s", SLICE_ARG(json_number(m.id)));
	s->cancels += slice_is(m.method, "notifications/cancelled");
	s->initialized += slice_is(m.method, "notifications/initialized");
	if (m.kind == MCP_REQUEST && slice_is(m.method, "initialize"))
		handle_initialize(s, r, id);
	else if (m.kind == MCP_REQUEST)
		handle_call(s, r, id);
	else if (m.kind == MCP_NOTIFICATION)
		http_respond(s->server, r->id, slice_is(r->path, "/deaf") ? 403 : 202, NULL, 0, slice_of(NULL, 0));
	else
		handle_answer(s, r);
}

static void on_request(void *ctx, const struct http_request *r)
{
	struct script *s = ctx;
	read_headers(s, r);
	if (r->method == HTTP_POST) {
		on_post(s, r);
	} else if (r->method == HTTP_DELETE) {
		s->deletes++;
		http_respond(s->server, r->id, 405, NULL, 0, slice_of(NULL, 0));
	} else {
		if (slice_is(r->path, "/polling"))
			handle_polling(s, r, NULL);
		else if (slice_is(r->path, "/sse"))
			events(s, r->id, (const char *const[]){ LOG_NOTE, ASK, NULL }, true);
		else
			http_respond(s->server, r->id, 405, NULL, 0, slice_of(NULL, 0));
	}
}

static void on_gone(void *ctx, struct http_request_id id)
{
	(void)ctx;
	(void)id;
}

struct bed {
	struct loop *loop;
	struct http_client *client;
	struct script script;
};

static struct upstream *make(struct bed *b, const char *path, void (*change)(struct upstream_opts *o))
{
	char url[128];
	struct http_header secret = { SLICE_LIT("X-Key"), SLICE_LIT("s3cret") };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", http_server_port(b->script.server), path);
	o.name = path + 1;
	o.url = url;
	o.headers = &secret;
	o.header_n = 1;
	o.message_bytes_max = 65536;
	if (change)
		change(&o);
	struct upstream *u = upstream_new(b->loop, b->client, &o, &e);
	if (!u)
		printf("# %s\n", e.text);
	return u;
}

static struct upstream_target target(const char *session)
{
	return (struct upstream_target){
		.session = slice_str(session),
		.version = MCP_2025_06_18,
		.client_session = SLICE_LIT("a"),
		.client_caps = UPSTREAM_CAN_SAMPLING,
	};
}

static struct exchange_id call(struct upstream *u, const char *session, struct seen *s)
{
	struct upstream_target t = target(session);
	*s = (struct seen){ .u = u };
	return upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{\"name\":\"x\"}"), 0, &seen_events, s);
}

static void test_open(struct bed *b)
{
	struct upstream *u = make(b, "/json", NULL);
	struct upstream_target t = target("");
	struct seen s = { .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
	ok(s.done == 0 && run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_OK, "a handshake succeeds: %s", s.why);
	ok(strcmp(s.session, "sess-42") == 0 && s.version == MCP_2025_06_18, "with the server's session and revision");
	ok(b->script.initialized == 1 && strcmp(b->script.session, "sess-42") == 0, "the server is told before the client is");
	ok(strcmp(b->script.version, "2025-06-18") == 0 && strcmp(b->script.secret, "s3cret") == 0, "with the revision's header and the credentials");
	call(u, "sess-42", &s);
	ok(run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_OK && strstr(s.answer, "{\"ok\":1}"), "a call is answered in JSON");
	ok(strcmp(b->script.accept, "application/json, text/event-stream") == 0, "both kinds of answers were accepted");
	ok(strstr(b->script.last_post, "\"params\":{\"name\":\"x\"}}") != NULL, "the params arrived as they were");
	t = target("sess-42");
	upstream_close(u, &t);
	ok(run_until(b->loop, &b->script.deletes, 1) && strcmp(b->script.session, "sess-42") == 0, "a closed session is deleted");
	stop_and_free(b->loop, &u);
	u = make(b, "/sse-open", NULL);
	s = (struct seen){ .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
	ok(run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_OK && !s.session[0] && s.version, "a handshake by stream, without a session");
	stop_and_free(b->loop, &u);
}

static void test_failed_handshakes(struct bed *b)
{
	static const struct {
		const char *path, *why;
		enum upstream_failure failure;
		int deletes;
	} cases[] = {
		{ "/old", "2024-10-07", UPSTREAM_REFUSED, 0 },
		{ "/bad-session", "session id", UPSTREAM_BROKEN, 0 },
		{ "/deaf", "403", UPSTREAM_REFUSED, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = make(b, cases[i].path, NULL);
		struct upstream_target t = target("");
		struct seen s = { .u = u };
		b->script.deletes = 0;
		upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
		ok(run_until(b->loop, &s.done, 1) && s.failure == cases[i].failure && strstr(s.why, cases[i].why), "%s: %s", cases[i].path, s.why);
		ok(run_until(b->loop, &b->script.deletes, cases[i].deletes), "%s: no session is left behind", cases[i].path);
		stop_and_free(b->loop, &u);
	}
}

/* The longest session id that the gate can seal, and one character more. */
static void test_session_limit(struct bed *b)
{
	for (int more = 0; more < 2; more++) {
		struct upstream *u = make(b, "/long-session", NULL);
		struct upstream_target t = target("");
		struct seen s = { .u = u };
		b->script.session_n = LIMIT_SERVER_SESSION + more;
		upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
		ok(run_until(b->loop, &s.done, 1) && s.failure == (more ? UPSTREAM_BROKEN : UPSTREAM_OK), "a session id of %d characters: %s", b->script.session_n, s.why);
		stop_and_free(b->loop, &u);
	}
}

static void test_answers(struct bed *b)
{
	static const struct {
		const char *path, *session, *text;
		enum upstream_failure failure;
		int status, messages;
	} cases[] = {
		{ "/sse", "", "{\"ok\":2}", UPSTREAM_OK, 200, 1 },
		{ "/sse-twice", "", "{\"ok\":3}", UPSTREAM_OK, 200, 0 },
		{ "/polling", "", "{\"late\":true}", UPSTREAM_OK, 200, 0 },
		{ "/lie", "", "not asked", UPSTREAM_BROKEN, 200, 0 },
		{ "/other", "", "not asked", UPSTREAM_BROKEN, 200, 0 },
		{ "/html", "", "neither JSON", UPSTREAM_BROKEN, 200, 0 },
		{ "/garbage", "", "not a message", UPSTREAM_BROKEN, 200, 0 },
		{ "/question", "", "no answer", UPSTREAM_BROKEN, 200, 1 },
		{ "/batch", "", "batch", UPSTREAM_BROKEN, 200, 0 },
		{ "/cut", "", "cut", UPSTREAM_BROKEN, 200, 0 },
		{ "/ended", "", "without an answer", UPSTREAM_BROKEN, 200, 1 },
		{ "/202", "", "neither JSON", UPSTREAM_BROKEN, 202, 0 },
		{ "/400", "", "400", UPSTREAM_REFUSED, 400, 0 },
		{ "/400-ours", "", "-32602", UPSTREAM_OK, 400, 0 },
		{ "/401", "s", "credentials", UPSTREAM_REFUSED, 401, 0 },
		{ "/404", "", "404", UPSTREAM_REFUSED, 404, 0 },
		{ "/404", "s", "session", UPSTREAM_GONE_SESSION, 404, 0 },
		{ "/302", "", "redirects", UPSTREAM_REFUSED, 302, 0 },
		{ "/500", "", "500", UPSTREAM_BROKEN, 500, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = make(b, cases[i].path, NULL);
		struct seen s;
		b->script.posts = 0;
		call(u, cases[i].session, &s);
		bool is_cut = strcmp(cases[i].path, "/cut") == 0; /* where, the network decides */
		ok(run_until(b->loop, &s.done, 1) && s.failure == cases[i].failure && (is_cut || s.status == cases[i].status),
		   "%s: ends as %d with %d: %s", cases[i].path, (int)s.failure, s.status, s.why);
		ok(s.messages == cases[i].messages && (is_cut || strstr(s.failure ? s.why : s.answer, cases[i].text)), "%s: says what it should", cases[i].path);
		ok(!strstr(s.why, "s3cret") && !strstr(s.why, "leaked"), "%s: and no secret", cases[i].path);
		ok(b->script.posts == 1, "%s: nothing was sent twice", cases[i].path);
		stop_and_free(b->loop, &u);
	}
}

static void test_batch(struct bed *b)
{
	struct upstream *u = make(b, "/batch", NULL);
	struct upstream_target t = target("");
	struct seen s = { .u = u };
	t.version = MCP_2025_03_26;
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &seen_events, &s);
	ok(run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_OK && s.messages == 1, "a batch is taken where the revision has them");
	ok(!b->script.version[0], "that revision has no header of its own");
	stop_and_free(b->loop, &u);
}

static void test_unreached(struct bed *b)
{
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	struct seen s;
	o.name = "dead";
	o.url = "http://127.0.0.1:1/mcp";
	struct upstream *u = upstream_new(b->loop, b->client, &o, &e);
	call(u, "", &s);
	ok(s.done == 0 && run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_UNREACHED, "a dead server: %s", s.why);
	struct upstream_status st;
	upstream_status(u, &st);
	ok(st.state == UPSTREAM_DOWN && st.last_error[0], "the status says so");
	stop_and_free(b->loop, &u);
}

static void few_calls(struct upstream_opts *o)
{
	o->calls_max = 1;
	o->call_timeout_ms = 20;
}

static void test_timeout_and_cancel(struct bed *b)
{
	struct upstream *u = make(b, "/slow", few_calls);
	struct seen s, t;
	b->script.cancels = 0;
	call(u, "", &s);
	call(u, "", &t);
	ok(run_until(b->loop, &t.done, 1) && t.failure == UPSTREAM_BUSY, "one call more than allowed is refused");
	ok(run_until(b->loop, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT, "a slow call ends at its deadline");
	ok(run_until(b->loop, &b->script.cancels, 1), "and the server is told");
	stop_and_free(b->loop, &u);
	u = make(b, "/slow", NULL);
	b->script.cancels = b->script.posts = 0;
	struct exchange_id id = call(u, "", &s);
	run_until(b->loop, &b->script.posts, 1);
	upstream_cancel(u, id, "the user said so");
	ok(run_until(b->loop, &b->script.cancels, 1) && strstr(b->script.last_post, "the user said so"), "a cancellation reaches the server: %s", b->script.last_post);
	ok(s.done == 0, "and no event follows");
	stop_and_free(b->loop, &u);
}

static void test_asks(struct bed *b)
{
	struct upstream *u = make(b, "/ask", NULL);
	struct upstream_target t = target(""), other = target("");
	struct seen s, n = { .u = u };
	other.client_session = SLICE_LIT("b");
	b->script.answers = 0;
	call(u, "", &s);
	ok(run_until(b->loop, &s.messages, 1) && strstr(s.first, "srv-1"), "a request of the server reaches the client that called");
	struct slice answer = SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"result\":{}}");
	upstream_notify(u, &other, answer, &seen_events, &n);
	ok(run_until(b->loop, &n.done, 1) && n.failure == UPSTREAM_REFUSED && !b->script.answers, "without a session nobody else may answer it");
	upstream_notify(u, &t, answer, &seen_events, &n);
	ok(run_until(b->loop, &n.done, 2) && n.failure == UPSTREAM_OK && run_until(b->loop, &s.done, 1) && strstr(s.answer, "asked"), "the client that was asked may");
	upstream_notify(u, &t, answer, &seen_events, &n);
	ok(run_until(b->loop, &n.done, 3) && n.failure == UPSTREAM_REFUSED, "once");
	t.client_caps = 0;
	b->script.answers = 0;
	s = (struct seen){ .u = u };
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &seen_events, &s);
	ok(run_until(b->loop, &s.done, 1) && !s.messages && b->script.answers == 1 && strstr(b->script.last_post, "-32601"), "a client that cannot is not asked: the gate answers");
	stop_and_free(b->loop, &u);
}

static void test_listen(struct bed *b)
{
	struct upstream *u = make(b, "/sse", NULL);
	struct upstream_target t = target("");
	struct seen s = { .u = u };
	upstream_listen(u, &t, SLICE_LIT("ev-9"), &seen_events, &s);
	ok(run_until(b->loop, &s.done, 1) && s.opened == 1 && s.messages == 2 && s.failure == UPSTREAM_OK, "a stream of the server is followed to its end");
	stop_and_free(b->loop, &u);
	u = make(b, "/json", NULL);
	s = (struct seen){ .u = u };
	upstream_listen(u, &t, slice_of(NULL, 0), &seen_events, &s);
	ok(run_until(b->loop, &s.done, 1) && !s.opened && s.failure == UPSTREAM_REFUSED && s.status == 405, "a server without one says so: %s", s.why);
	stop_and_free(b->loop, &u);
}

int main(void)
{
	struct bed b = { .loop = loop_new() };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	const struct http_server_events ev = { on_request, on_gone };
	struct err e = { 0 };
	int stopped = 0;
	log_set_level(LOG_ERROR);
	b.client = http_client_new(b.loop, &co);
	b.script.loop = b.loop;
	b.script.server = http_server_new(b.loop, &so, &ev, &b.script);
	if (!http_server_listen(b.script.server, "127.0.0.1:0", false, &e))
		return 1;
	test_open(&b);
	test_failed_handshakes(&b);
	test_session_limit(&b);
	test_answers(&b);
	test_batch(&b);
	test_unreached(&b);
	test_timeout_and_cancel(&b);
	test_asks(&b);
	test_listen(&b);
	http_client_free(&b.client);
	http_server_stop(b.script.server, 0, seen_stopped, &stopped);
	ok(run_until(b.loop, &stopped, 1), "the scripted server stops");
	http_server_free(&b.script.server);
	loop_free(&b.loop);
	return tap_done();
}
