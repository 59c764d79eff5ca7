/* Servers of 2024-11-05 over HTTP+SSE: how they are told, what is said on the one stream of a
 * session and to whom it goes, and what a server that lies about it can do. */
#include "upstream/pushed.h"
#include "upstream_rig.h"

#define CHANGED "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"
#define ASK "{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"sampling/createMessage\",\"params\":{}}"
#define HELLO "{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{}}"

/* How the server behaves now. */
struct script {
	int post_status;      /* of a POST to the address itself */
	const char *endpoint; /* NULL: no such event */
	const char *before;   /* a message in front of it */
	int get_status;
	bool is_late, is_double;     /* the answer comes before the status; twice */
	int call_status;
	bool is_silent;
	int answers;
	char cancelled[SEEN_TEXT], answer[SEEN_TEXT];
};

static void answer_call(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	struct script *s = g->more;
	const char *text = rig_result(id, slice_is(m->method, "initialize") ? HELLO : "{\"ok\":1}");
	if (s->call_status) {
		rig_reply(g, r->id, s->call_status, "");
		return;
	}
	if (s->is_late)
		rig_say(g, "", text);
	http_respond(g->server, r->id, 202, NULL, 0, SLICE_LIT("Accepted"));
	if (!s->is_silent && !s->is_late)
		rig_say(g, "message", text);
	if (s->is_double)
		rig_say(g, "", text);
}

static void take_post(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	struct script *s = g->more;
	if (m->kind == MCP_REQUEST) {
		answer_call(g, r, m, id);
		return;
	}
	if (slice_is(m->method, "notifications/cancelled"))
		snprintf(s->cancelled, sizeof s->cancelled, "%s", g->body);
	if (m->kind != MCP_NOTIFICATION) {
		snprintf(s->answer, sizeof s->answer, "%s", g->body);
		s->answers++;
	}
	http_respond(g->server, r->id, 202, NULL, 0, slice_of(NULL, 0));
}

static void handle(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id)
{
	struct script *s = g->more;
	if (slice_is(r->path, "/messages"))
		take_post(g, r, m, id);
	else if (r->method == HTTP_POST && s->post_status == 200 && m->kind == MCP_REQUEST)
		rig_reply(g, r->id, 200, rig_result(id, HELLO));
	else if (r->method == HTTP_POST)
		rig_reply(g, r->id, s->post_status == 200 ? 202 : s->post_status, "");
	else if (s->get_status)
		rig_reply(g, r->id, s->get_status, "");
	else {
		rig_hold(g, r);
		if (s->before)
			rig_say(g, "", s->before);
		if (s->endpoint)
			rig_say(g, "endpoint", s->endpoint);
	}
}

static struct script plain(void)
{
	return (struct script){ .post_status = 405, .endpoint = "/messages?sid=1" };
}

static void begin(struct rig *g, struct script *s)
{
	g->more = s;
	g->requests = g->posts = g->opens = g->gone = g->notes = 0;
}

static struct upstream_target target(const char *session)
{
	return (struct upstream_target){
		.session = slice_str(session),
		.version = MCP_2024_11_05,
		.client_session = SLICE_LIT("a"),
		.client_caps = UPSTREAM_CAN_SAMPLING,
	};
}

/* A session, whose name is in o->session. */
static bool open_session(struct rig *g, struct upstream *u, struct seen *o)
{
	struct upstream_target t = target("");
	*o = (struct seen){ .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, o);
	return run_until(g->loop, &o->done, 1) && o->failure == UPSTREAM_OK;
}

static struct exchange_id call(struct upstream *u, const char *session, struct seen *s)
{
	struct upstream_target t = target(session);
	t.progress_id = 7;
	*s = (struct seen){ .u = u };
	return upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{\"name\":\"x\"}"), 0, &seen_events, s);
}

static void listen_to(struct rig *g, struct upstream *u, const char *session, struct seen *s)
{
	struct upstream_target t = target(session);
	*s = (struct seen){ .u = u };
	upstream_listen(u, &t, slice_of(NULL, 0), &seen_events, s);
	ok(run_until(g->loop, &s->opened, 1), "a session can be listened to");
}

static void test_open(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct upstream_target t;
	struct seen o, more, c;
	begin(g, &s);
	ok(open_session(g, u, &o) && strstr(o.answer, "2024-11-05") && o.session[0] && o.version == MCP_2024_11_05, "a handshake over HTTP+SSE: %s", o.why);
	ok(g->opens == 1 && g->posts == 3 && g->notes == 1, "POST, GET, POST, and the server is told");
	ok(upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_YES, "it is of the older era");
	begin(g, &s);
	ok(open_session(g, u, &more) && g->posts == 2 && strcmp(o.session, more.session), "the next one asks for no POST at the address: %s", more.why);
	call(u, more.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_OK && strstr(c.answer, "\"ok\":1") && c.status == 200, "a call is answered on the stream: %s", c.why);
	ok(!strcmp(g->target, "/messages?sid=1") && !strcmp(rig_head(g, "X-Key"), "s3cret") && !strstr(g->heads, "ession-"), "it was sent where the server wanted: %s", g->target);
	s.is_late = true;
	call(u, more.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_OK, "an answer may come before the status");
	t = target(more.session);
	upstream_close(u, &t);
	ok(run_until(g->loop, &g->gone, 1), "a closed session ends its stream");
	call(u, more.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_GONE_SESSION, "and is gone: %s", c.why);
	call(u, "gh-sse-00", &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_GONE_SESSION, "as is one of another process");
	u->state = UPSTREAM_DOWN;
	call(u, "gh-sse-00", &c);
	ok(run_until(g->loop, &c.done, 1) && u->state == UPSTREAM_DOWN, "which says nothing of the server");
	stop_and_free(g->loop, &u);
}

/* It speaks Streamable HTTP now. */
static void test_change(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o;
	begin(g, &s);
	ok(open_session(g, u, &o), "a server of HTTP+SSE");
	s = (struct script){ .post_status = 200, .get_status = 405 };
	begin(g, &s);
	ok(open_session(g, u, &o) && !o.session[0] && g->posts == 2 && g->opens == 1, "that becomes one of Streamable HTTP is opened at once: %s", o.why);
	begin(g, &s);
	ok(open_session(g, u, &o) && g->opens == 0, "and is remembered as such");
	stop_and_free(g->loop, &u);
}

static void short_wait(struct upstream_opts *o)
{
	o->start_timeout_ms = 400;
}

static void test_refused(struct rig *g)
{
	static const struct {
		const char *what;
		struct script s;
		enum upstream_failure failure;
		const char *why;
		int opens;
	} cases[] = {
		{ "no stream", { .post_status = 404, .get_status = 405 }, UPSTREAM_REFUSED, "404", 1 },
		{ "a stream without an address", { .post_status = 400 }, UPSTREAM_REFUSED, "400", 1 },
		{ "a message first", { .post_status = 405, .before = CHANGED, .endpoint = "/messages" }, UPSTREAM_REFUSED, "405", 1 },
		{ "credentials", { .post_status = 405, .get_status = 401 }, UPSTREAM_REFUSED, "credentials", 1 },
		{ "a fault", { .post_status = 405, .get_status = 500 }, UPSTREAM_BROKEN, "500", 1 },
		{ "another refusal", { .post_status = 403 }, UPSTREAM_REFUSED, "403", 0 },
		{ "another fault", { .post_status = 500 }, UPSTREAM_BROKEN, "500", 0 },
		{ "another host", { .post_status = 405, .endpoint = "http://localhost/messages" }, UPSTREAM_REFUSED, "another server", 1 },
		{ "another port", { .post_status = 405, .endpoint = "http://127.0.0.1:1/messages" }, UPSTREAM_REFUSED, "another server", 1 },
		{ "another scheme", { .post_status = 405, .endpoint = "https://127.0.0.1/messages" }, UPSTREAM_REFUSED, "another server", 1 },
		{ "no network", { .post_status = 405, .endpoint = "file:///messages" }, UPSTREAM_REFUSED, "http", 1 },
		{ "a host alone", { .post_status = 405, .endpoint = "//evil.example/messages" }, UPSTREAM_REFUSED, "another server", 1 },
		{ "user info", { .post_status = 405, .endpoint = "http://a@127.0.0.1/messages" }, UPSTREAM_REFUSED, "user info", 1 },
		{ "a header", { .post_status = 405, .endpoint = "/m HTTP/1.1\r\nX: y" }, UPSTREAM_REFUSED, "escaped", 1 },
		{ "a stale session", { .post_status = 405, .endpoint = "/messages", .call_status = 404 }, UPSTREAM_REFUSED, "404", 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct script s = cases[i].s;
		struct upstream *u = rig_upstream(g, "/sse", short_wait);
		struct seen o;
		begin(g, &s);
		ok(!open_session(g, u, &o) && o.failure == cases[i].failure && strstr(o.why, cases[i].why), "%s: ends as %d: %s", cases[i].what, (int)o.failure, o.why);
		ok(g->opens == cases[i].opens && u->listens == 0 && list_empty(&u->pushes) && !strstr(o.why, "evil"), "%s: nothing is left", cases[i].what);
		ok(upstream_speaks(u, MCP_ERA_LEGACY) == (i < 3 ? UPSTREAM_NO : UPSTREAM_NOT_ASKED), "%s: and what is believed of the server", cases[i].what);
		stop_and_free(g->loop, &u);
	}
}

static void test_asks(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct upstream_target t, other;
	struct seen o, c, l, n = { 0 };
	struct slice answer = SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"result\":{}}");
	begin(g, &s);
	open_session(g, u, &o);
	t = other = target(o.session);
	other.client_session = SLICE_LIT("b");
	rig_say(g, "", ASK);
	listen_to(g, u, o.session, &l);
	ok(run_until(g->loop, &l.messages, 1) && strstr(l.first, "srv-1"), "what was asked before anybody came is shown to who comes");
	upstream_notify(u, &other, answer, &seen_events, &n);
	ok(run_until(g->loop, &n.done, 1) && n.failure == UPSTREAM_REFUSED && !s.answers, "nobody else may answer");
	upstream_notify(u, &t, answer, &seen_events, &n);
	ok(run_until(g->loop, &n.done, 2) && n.failure == UPSTREAM_OK && s.answers == 1 && strstr(s.answer, "srv-1"), "who was asked may: %s", n.why);
	upstream_notify(u, &t, answer, &seen_events, &n);
	ok(run_until(g->loop, &n.done, 3) && n.failure == UPSTREAM_REFUSED, "once");
	s.is_silent = true;
	call(u, o.session, &c);
	run_until(g->loop, &g->posts, 5);
	rig_say(g, "", ASK);
	ok(run_until(g->loop, &c.messages, 1) && l.messages == 1, "during a call it is the call's");
	rig_say(g, "", "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"roots/list\"}");
	ok(run_until(g->loop, &s.answers, 2) && strstr(s.answer, "-32601"), "what no client can is answered by the gate");
	rig_say(g, "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"srv-1\"}}");
	ok(run_until(g->loop, &c.messages, 2), "a request that the server takes back");
	upstream_notify(u, &t, answer, &seen_events, &n);
	ok(run_until(g->loop, &n.done, 4) && n.failure == UPSTREAM_REFUSED && s.answers == 2, "is not answered any more");
	for (int i = 0; i < LIMIT_OPEN_ASKS; i++)
		rig_say(g, "", ASK);
	ok(run_until(g->loop, &c.messages, 2 + LIMIT_OPEN_ASKS) && s.answers == 2, "as many as may be open");
	rig_say(g, "", ASK);
	ok(run_until(g->loop, &s.answers, 3) && c.messages == 2 + LIMIT_OPEN_ASKS, "one more is not shown");
	stop_and_free(g->loop, &u);
}

static void test_notifications(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o, c, l;
	begin(g, &s);
	open_session(g, u, &o);
	listen_to(g, u, o.session, &l);
	rig_say(g, "", CHANGED);
	ok(run_until(g->loop, &l.messages, 1), "a notification goes where the client listens");
	s.is_silent = true;
	struct exchange_id id = call(u, o.session, &c);
	run_until(g->loop, &g->posts, 4);
	rig_say(g, "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"gh-8\"}}");
	rig_say(g, "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"gh-7\"}}");
	ok(run_until(g->loop, &c.messages, 1) && strstr(c.first, "gh-7") && l.messages == 1, "progress goes to its call");
	rig_say(g, "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}");
	ok(run_until(g->loop, &c.messages, 2) && l.messages == 1, "and so does a log line");
	upstream_cancel(u, id, "enough");
	ok(run_until(g->loop, &g->posts, 5) && strstr(s.cancelled, "enough") && strstr(s.cancelled, g->id), "a cancellation is a message: %s", s.cancelled);
	rig_say(g, "", rig_result(g->id, "{}"));
	rig_say(g, "endpoint", "/elsewhere");
	rig_say(g, "", "[]");
	rig_say(g, "", "{\"jsonrpc\"");
	rig_say(g, "", CHANGED);
	ok(run_until(g->loop, &l.messages, 2) && !c.done, "late answers, second addresses, batches and rubbish are dropped");
	s.is_silent = false;
	call(u, o.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_OK && !strcmp(g->target, "/messages?sid=1"), "and change nothing");
	stop_and_free(g->loop, &u);
}

static void test_break(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o, c, l, again;
	begin(g, &s);
	open_session(g, u, &o);
	listen_to(g, u, o.session, &l);
	s.is_silent = true;
	call(u, o.session, &c);
	run_until(g->loop, &g->posts, 4);
	http_end(g->server, g->held);
	ok(run_until(g->loop, &c.done, 1) && run_until(g->loop, &l.done, 1) && c.failure == UPSTREAM_BROKEN && l.failure == UPSTREAM_BROKEN, "a stream that ends takes all with it: %s", c.why);
	call(u, o.session, &again);
	ok(run_until(g->loop, &again.done, 1) && again.failure == UPSTREAM_GONE_SESSION && u->listens == 0, "and the session is gone");
	s = plain();
	begin(g, &s);
	open_session(g, u, &o);
	listen_to(g, u, o.session, &l);
	s.call_status = 404;
	call(u, o.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_GONE_SESSION && run_until(g->loop, &l.done, 1) && l.failure == UPSTREAM_BROKEN, "a server that forgot the session ends it, too: %s", c.why);
	s = plain();
	begin(g, &s);
	open_session(g, u, &o);
	s.call_status = 500;
	call(u, o.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_BROKEN && u->listens == 1, "one that has a fault does not: %s", c.why);
	s.call_status = 0;
	s.is_silent = true;
	call(u, o.session, &c);
	run_until(g->loop, &g->posts, 4);
	static char big[70000];
	memset(big, 'x', sizeof big - 1);
	rig_say(g, "", big);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_BROKEN && strstr(c.why, "too large"), "an event that is too large ends it: %s", c.why);
	stop_and_free(g->loop, &u);
}

/* A client that asks again at once, from within the event that says that its session broke. */
static void ask_again(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m, const char *why, int status)
{
	static const struct upstream_events events = { NULL, ask_again, NULL };
	struct seen *s = ctx;
	struct upstream_target t = target(s->session);
	(void)id, (void)m, (void)why, (void)status;
	s->failure = f;
	if (++s->done < 3)
		upstream_request(s->u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &events, s);
}

static void test_again(struct rig *g)
{
	static const struct upstream_events events = { NULL, ask_again, NULL };
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o;
	begin(g, &s);
	open_session(g, u, &o);
	struct upstream_target t = target(o.session);
	s.is_silent = true;
	o.done = 0;
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &events, &o);
	run_until(g->loop, &g->posts, 4);
	http_end(g->server, g->held);
	ok(run_until(g->loop, &o.done, 3) && o.failure == UPSTREAM_GONE_SESSION, "nobody joins a session that is breaking");
	stop_and_free(g->loop, &u);
}

static void test_pause(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o, l, c;
	begin(g, &s);
	open_session(g, u, &o);
	struct push *p = list_entry(u->pushes.next, struct push, node);
	listen_to(g, u, o.session, &l);
	s.is_silent = true;
	struct exchange_id id = call(u, o.session, &c);
	run_until(g->loop, &g->posts, 4);
	upstream_pause(u, id, true);
	ok(p->is_paused, "a client that does not read stops the stream of its session");
	rig_say(g, "", CHANGED);
	upstream_cancel(u, id, "");
	ok(!p->is_paused && run_until(g->loop, &l.messages, 1), "until that exchange is over");
	stop_and_free(g->loop, &u);
}

static void narrow(struct upstream_opts *o)
{
	o->listens_max = 2;
	o->child_idle_ms = 20;
}

static void test_limits(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", narrow);
	struct seen o, p, l, c;
	begin(g, &s);
	ok(open_session(g, u, &o) && u->listens == 1, "a session holds a stream");
	listen_to(g, u, o.session, &l);
	ok(!open_session(g, u, &p) && p.failure == UPSTREAM_BUSY, "one more than allowed: %s", p.why);
	struct upstream_target t = target(o.session);
	upstream_close(u, &t);
	run_until(g->loop, &l.done, 1);
	begin(g, &s);
	ok(open_session(g, u, &o) && run_until(g->loop, &g->gone, 1) && u->listens == 0, "one that nobody uses is ended");
	call(u, o.session, &c);
	ok(run_until(g->loop, &c.done, 1) && c.failure == UPSTREAM_GONE_SESSION, "and is gone");
	stop_and_free(g->loop, &u);
}

static void test_lies(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct seen o, c, other;
	s.is_double = true;
	begin(g, &s);
	ok(open_session(g, u, &o) && o.done == 1, "a handshake that is answered twice is one");
	s.is_double = false;
	struct seen p;
	struct http_request_id first = g->held;
	ok(open_session(g, u, &p), "a second session");
	s.is_silent = true;
	call(u, o.session, &c);
	run_until(g->loop, &g->posts, 6);
	char id[64];
	snprintf(id, sizeof id, "%s", g->id);
	rig_say(g, "", rig_result(id, "{\"stolen\":1}"));
	call(u, p.session, &other);
	run_until(g->loop, &g->posts, 7);
	rig_say(g, "", rig_result(g->id, "{\"own\":1}"));
	ok(run_until(g->loop, &other.done, 1) && strstr(other.answer, "own") && !c.done, "the stream of one session answers no call of another");
	g->held = first;
	rig_say(g, "", rig_result(id, "{\"own\":2}"));
	ok(run_until(g->loop, &c.done, 1) && strstr(c.answer, "\"own\":2"), "its own does");
	stop_and_free(g->loop, &u);
}

static void test_cancelled_open(struct rig *g)
{
	struct script s = plain();
	struct upstream *u = rig_upstream(g, "/sse", NULL);
	struct upstream_target t = target("");
	struct seen o = { .u = u };
	s.endpoint = NULL;
	begin(g, &s);
	struct exchange_id id = upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &o);
	run_until(g->loop, &g->opens, 1);
	upstream_cancel(u, id, "");
	ok(run_until(g->loop, &g->gone, 1) && !o.done && u->listens == 0, "a handshake that is given up leaves no stream");
	o = (struct seen){ .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &o);
	run_until(g->loop, &g->opens, 2);
	stop_and_free(g->loop, &u);
	ok(o.done == 1 && o.failure == UPSTREAM_BROKEN, "nor does one whose server is removed");
}

static void test_resolve(void)
{
	static const struct {
		const char *base, *ref, *target; /* NULL: refused */
	} cases[] = {
		{ "http://h/a/sse", "/messages?s=1", "/messages?s=1" },
		{ "http://h/a/sse", "messages/?s=1", "/a/messages/?s=1" },
		{ "http://h/a/sse?x=/y/z", "m", "/a/m" },
		{ "http://h", "m", "/m" },
		{ "http://h/a/sse?x", "?s=1", "/a/sse?s=1" },
		{ "http://h/a/b/sse", "../m", "/a/m" },
		{ "http://h/a/b/sse", "../../../../m", "/m" },
		{ "http://h/a/sse", "./m/./n/..", "/a/m/" },
		{ "http://h/a/sse", "/a/../b?../c", "/b?../c" },
		{ "http://h/a/sse", "..", "/" },
		{ "http://h/a/sse", "http://h/m", "/m" },
		{ "http://h/a/sse", "http://H:80/m", "/m" },
		{ "http://h:80/a/sse", "http://h/m", "/m" },
		{ "http://h/a/sse", "http://h?s=1", "/?s=1" },
		{ "http://h/a/sse", "http://h", "/" },
		{ "http://h/a/sse", "//h/m", "/m" },
		{ "https://h/a/sse", "//h:443/m", "/m" },
		{ "http://h/a/sse", "m:x/y", NULL },
		{ "http://h/a/sse", "./m:x/y", "/a/m:x/y" },
		{ "http://h/a/sse", "", NULL },
		{ "http://h/a/sse", "/m#f", NULL },
		{ "http://h/a/sse", "/m\\n", NULL },
		{ "http://h/a/sse", "\\\\evil/m", NULL },
		{ "http://h/a/sse", "/\\evil/m", NULL },
		{ "http://h/a/sse", "http:/m", NULL },
		{ "http://h/a/sse", "http:m", NULL },
		{ "http://h/a/sse", "//", NULL },
		{ "http://h/a/sse", "///m", NULL },
		{ "http://h/a/sse", "http://h.evil/m", NULL },
		{ "http://h/a/sse", "http://h@evil/m", NULL },
		{ "http://h/a/sse", "http://evil@h/m", NULL },
		{ "http://h/a/sse", "https://h/m", NULL },
		{ "http://h/a/sse", "http://h:8080/m", NULL },
		{ "http://h/a/sse", "javascript:1", NULL },
		{ "http://h/a/sse", "/m\xc3\xa9", NULL },
		{ "http://h/a/sse", "/m n", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct buf target = BUF_INIT(LIMIT_URI);
		struct http_origin *o = http_origin_new(cases[i].base, &e);
		bool is_fit = http_origin_resolve(o, slice_str(cases[i].ref), &target, &e);
		ok(is_fit == !!cases[i].target && (!is_fit || !strcmp(buf_str(&target), cases[i].target)) && (is_fit || e.text[0]),
		   "'%s' at %s: %s", cases[i].ref[0] == '/' && cases[i].ref[1] == '\\' ? "" : cases[i].ref, cases[i].base, is_fit ? buf_str(&target) : e.text);
		buf_release(&target);
		http_origin_free(&o);
	}
	for (size_t more = 0; more < 2; more++) {
		static char ref[LIMIT_URI + 1];
		struct err e = { 0 };
		struct buf target = BUF_INIT(LIMIT_URI);
		struct http_origin *o = http_origin_new("http://h/sse", &e);
		memset(ref, 'm', sizeof ref);
		ref[0] = '/';
		ok(http_origin_resolve(o, slice_of(ref, LIMIT_URI + more), &target, &e) == !more, "an address of %zu bytes", LIMIT_URI + more);
		buf_release(&target);
		http_origin_free(&o);
	}
}

int main(void)
{
	struct rig g = { .handle = handle };
	rig_start(&g);
	test_resolve();
	test_open(&g);
	test_change(&g);
	test_refused(&g);
	test_asks(&g);
	test_notifications(&g);
	test_break(&g);
	test_again(&g);
	test_pause(&g);
	test_limits(&g);
	test_lies(&g);
	test_cancelled_open(&g);
	rig_stop(&g);
	return tap_done();
}
