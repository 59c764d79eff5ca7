/* Servers on stdio: started at the first use, answers to whom they belong, and what a
 * broken or lying child does to its own calls and to nobody else's. */
#include "base/limits.h"
#include "base/log.h"
#include "net/child.h"
#include "upstream_seen.h"

static const char *server_path;
static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };

static struct upstream *make(struct loop *l, const char *mode, enum upstream_per per,
                             void (*change)(struct upstream_opts *o))
{
	const char *const argv[] = { server_path, mode, NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	o.name = mode;
	o.argv = argv;
	o.env = no_env;
	o.per = per;
	o.message_bytes_max = 1u << 20;
	o.child_stop_ms = 50;
	if (change)
		change(&o);
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	if (!u)
		printf("# %s\n", e.text);
	return u;
}

static struct upstream_target target(const char *who, unsigned caps)
{
	return (struct upstream_target){
		.version = MCP_LEGACY_LATEST,
		.grant_id = SLICE_LIT("g1"),
		.client_session = slice_str(who),
		.client_caps = caps,
	};
}

static struct exchange_id call(struct upstream *u, const char *who, unsigned caps, const char *params, struct seen *s)
{
	struct upstream_target t = target(who, caps);
	*s = (struct seen){ .u = u };
	return upstream_request(u, &t, SLICE_LIT("tools/call"), slice_str(params), 0, &seen_events, s);
}

static const char *result_of(const struct seen *s)
{
	const char *r = strstr(s->answer, "\"calls\"");
	return r ? r : s->answer;
}

static void test_normal(struct loop *l)
{
	struct upstream *u = make(l, "normal", UPSTREAM_PER_GRANT, NULL);
	struct upstream_target t = target("a", 0);
	struct seen s, first = { .u = u }, second = { .u = u };
	call(u, "a", 0, "{\"name\":\"x\"}", &s);
	ok(s.done == 0, "no event comes inside the call");
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_RESULT, "a call starts the child and is answered");
	ok(strcmp(result_of(&s), "\"calls\":1,\"params\":{\"name\":\"x\"}}}") == 0, "the params arrived as they were");
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &first);
	upstream_open(u, &t, NULL, NULL, MCP_2025_03_26, &seen_events, &second);
	ok(first.done == 0, "a known handshake also answers later");
	ok(run_until(l, &second.done, 1) && first.done == 1, "a child that runs answers each handshake");
	ok(first.version == MCP_2025_06_18 && !first.session[0], "the revision is the one that the server chose");
	ok(strcmp(first.answer, second.answer) == 0, "both get what it said at its start");
	call(u, "b", 0, "", &s);
	ok(run_until(l, &s.done, 1) && strncmp(result_of(&s), "\"calls\":2", 9) == 0, "another session of the grant uses the same child");
	struct upstream_status st;
	upstream_status(u, &st);
	ok(st.state == UPSTREAM_UP && st.children == 1 && !st.calls_in_flight && !st.last_error[0], "the status says so");
	stop_and_free(l, &u);
}

static void test_per_session(struct loop *l)
{
	struct upstream *u = make(l, "normal", UPSTREAM_PER_SESSION, NULL);
	struct seen a, b;
	call(u, "a", 0, "", &a);
	call(u, "b", 0, "", &b);
	ok(run_until(l, &a.done, 1) && run_until(l, &b.done, 1), "two sessions are answered");
	ok(strcmp(a.answer, b.answer) != 0 && strstr(a.answer, "\"calls\":1") && strstr(b.answer, "\"calls\":1"), "each by its own child");
	struct upstream_target t = target("a", 0);
	struct upstream_status st;
	upstream_close(u, &t);
	call(u, "a", 0, "", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":1"), "a closed session gets a new child");
	upstream_status(u, &st);
	ok(st.children == 2 && st.restarts == 0, "the old one is gone, and that was no crash");
	stop_and_free(l, &u);
}

static void few_children(struct upstream_opts *o)
{
	o->children_max = 1;
	o->calls_max = 2;
}

static void test_limits(struct loop *l)
{
	struct upstream *u = make(l, "slow", UPSTREAM_PER_SESSION, few_children);
	struct seen a, b, c, d;
	call(u, "a", 0, "", &a);
	call(u, "b", 0, "", &b);
	ok(run_until(l, &b.done, 1) && b.failure == UPSTREAM_BUSY, "one child more than allowed is refused");
	struct exchange_id id = call(u, "a", 0, "", &c);
	call(u, "a", 0, "", &d);
	ok(run_until(l, &d.done, 1) && d.failure == UPSTREAM_BUSY && !c.done, "one call more than allowed is refused");
	upstream_cancel(u, id, "test");
	call(u, "a", 0, "", &d);
	struct upstream_status st;
	upstream_status(u, &st);
	ok(st.calls_in_flight == 2 && !c.done, "a cancelled call makes room and has no event");
	stop_and_free(l, &u);
	ok(a.done == 1 && a.failure == UPSTREAM_BROKEN && d.done == 1, "what was under way at the stop is told");
}

static void test_crash(struct loop *l)
{
	struct upstream *u = make(l, "crash-second", UPSTREAM_PER_GRANT, NULL);
	struct upstream *other = make(l, "normal", UPSTREAM_PER_GRANT, NULL);
	struct seen a, b, c;
	call(u, "a", 0, "", &a);
	call(other, "a", 0, "", &c);
	run_until(l, &a.done, 1);
	run_until(l, &c.done, 1);
	call(u, "a", 0, "", &a);
	call(u, "b", 0, "", &b);
	ok(run_until(l, &a.done, 1) && run_until(l, &b.done, 1), "a crash ends the calls in flight at once");
	ok(a.failure == UPSTREAM_BROKEN && b.failure == UPSTREAM_BROKEN, "they may have run");
	call(u, "a", 0, "", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_OK && strstr(a.answer, "\"calls\":1"), "the next call starts it again");
	struct upstream_status st;
	upstream_status(u, &st);
	ok(st.restarts == 1 && st.state == UPSTREAM_UP, "the restart is counted");
	call(other, "a", 0, "", &c);
	ok(run_until(l, &c.done, 1) && strstr(c.answer, "\"calls\":2"), "another server noticed nothing");
	stop_and_free(l, &u);
	stop_and_free(l, &other);
}

static void test_crash_at_start(struct loop *l)
{
	struct upstream *u = make(l, "crash-at-start", UPSTREAM_PER_GRANT, NULL);
	struct seen a;
	bool is_delayed = false;
	for (int i = 0; i < 8 && !is_delayed; i++) {
		call(u, "a", 0, "", &a);
		if (!run_until(l, &a.done, 1) || a.failure != UPSTREAM_UNREACHED)
			break;
		is_delayed = strstr(a.why, "next start") != NULL;
	}
	ok(is_delayed, "a child that keeps ending is started ever more seldom: %s", a.why);
	stop_and_free(l, &u);
}

static void short_start(struct upstream_opts *o)
{
	o->start_timeout_ms = 50;
}

static void test_handshakes(struct loop *l)
{
	static const struct {
		const char *mode, *why;
		enum upstream_failure open, request;
	} cases[] = {
		{ "refuse", "refused the handshake", UPSTREAM_OK, UPSTREAM_UNREACHED },
		{ "old", "2024-10-07", UPSTREAM_REFUSED, UPSTREAM_UNREACHED },
		{ "mute", "in time", UPSTREAM_TIMEOUT, UPSTREAM_UNREACHED },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = make(l, cases[i].mode, UPSTREAM_PER_SESSION, i == 2 ? short_start : NULL);
		struct upstream_target t = target("a", 0);
		struct seen open = { .u = u }, request;
		upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &open);
		call(u, "b", 0, "", &request);
		ok(run_until(l, &open.done, 1) && (open.failure == cases[i].open || (i == 2 && open.failure == UPSTREAM_UNREACHED)) &&
		           !open.version, "%s: the handshake fails: %s", cases[i].mode, open.why);
		ok(run_until(l, &request.done, 1) && request.failure == cases[i].request && strstr(request.why, cases[i].why),
		   "%s: a call never reaches it: %s", cases[i].mode, request.why);
		stop_and_free(l, &u);
	}
}

static void test_liars(struct loop *l)
{
	static const struct {
		const char *mode;
		enum upstream_failure failure;
	} cases[] = {
		{ "lie", UPSTREAM_OK }, { "twice", UPSTREAM_OK }, { "garbage", UPSTREAM_OK }, { "invalid", UPSTREAM_BROKEN },
		{ "huge", UPSTREAM_BROKEN }, { "flood", UPSTREAM_OK },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = make(l, cases[i].mode, UPSTREAM_PER_GRANT, NULL);
		struct seen a, b;
		call(u, "a", 0, "{\"n\":1}", &a);
		ok(run_until(l, &a.done, 1) && a.failure == cases[i].failure, "%s: the call ends as it should: %s", cases[i].mode, a.why);
		ok(a.failure != UPSTREAM_OK || strstr(a.answer, "\"n\":1"), "%s: with its own answer", cases[i].mode);
		call(u, "a", 0, "{\"n\":2}", &b);
		ok(run_until(l, &b.done, 1) && b.failure == cases[i].failure && a.done == 1, "%s: and so does the next", cases[i].mode);
		ok(b.failure != UPSTREAM_OK || strstr(b.answer, "\"n\":2"), "%s: never with the answer of another", cases[i].mode);
		stop_and_free(l, &u);
	}
}

static void short_call(struct upstream_opts *o)
{
	o->call_timeout_ms = 30;
}

static void test_timeout(struct loop *l)
{
	struct upstream *u = make(l, "slow", UPSTREAM_PER_GRANT, NULL);
	struct upstream_target t = target("a", 0);
	struct seen a = { .u = u };
	struct seen opened = { .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &opened);
	run_until(l, &opened.done, 1);
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 30, &seen_events, &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_TIMEOUT, "a slow call ends at its deadline: %s", a.why);
	stop_and_free(l, &u);
	u = make(l, "deaf", UPSTREAM_PER_GRANT, short_call);
	call(u, "a", 0, "{}", &a);
	ok(run_until(l, &a.done, 1) && (a.failure == UPSTREAM_TIMEOUT), "so does one that is not read");
	stop_and_free(l, &u);
	u = make(l, "ignore-end", UPSTREAM_PER_GRANT, NULL);
	call(u, "a", 0, "{}", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_OK, "a child that will not go works until then");
	stop_and_free(l, &u);
}

static void test_routing(struct loop *l)
{
	struct upstream *u = make(l, "notify", UPSTREAM_PER_GRANT, NULL);
	struct upstream_target ta = target("a", 0), tb = target("b", 0);
	struct seen listener = { .u = u }, a = { .u = u }, b = { .u = u };
	struct exchange_id listening = upstream_listen(u, &tb, slice_of(NULL, 0), &seen_events, &listener);
	ok(run_until(l, &listener.opened, 1), "a child takes a listener");
	ta.progress_id = 7;
	upstream_request(u, &ta, SLICE_LIT("tools/call"), SLICE_LIT("{\"_meta\":{\"progressToken\":\"gh-7\"}}"), 0, &seen_events, &a);
	ok(run_until(l, &a.done, 1) && a.messages == 2, "a call sees its progress and its log lines");
	ok(strstr(a.first, "gh-7") && strstr(a.last, "notifications/message"), "and no more");
	ok(listener.messages == 1 && strstr(listener.last, "list_changed"), "the listener sees what changed at the server");
	tb.progress_id = 8;
	upstream_request(u, &tb, SLICE_LIT("tools/call"), SLICE_LIT("{\"_meta\":{\"progressToken\":\"gh-7\"}}"), 0, &seen_events, &b);
	ok(run_until(l, &b.done, 1) && b.messages == 1 && a.messages == 2, "progress with the token of another call is dropped");
	upstream_cancel(u, listening, "");
	upstream_request(u, &ta, SLICE_LIT("tools/call"), SLICE_LIT("{\"_meta\":{\"progressToken\":\"gh-7\"}}"), 0, &seen_events, &a);
	ok(run_until(l, &a.done, 2) && a.messages == 5 && strstr(a.last, "list_changed"), "without a listener the call sees all");
	ok(listener.done == 0, "a cancelled listener has no event");
	stop_and_free(l, &u);
}

static struct exchange_id notify(struct upstream *u, const char *who, const char *text, struct seen *s)
{
	struct upstream_target t = target(who, UPSTREAM_CAN_SAMPLING);
	*s = (struct seen){ .u = u };
	return upstream_notify(u, &t, slice_str(text), &seen_events, s);
}

static void test_asks(struct loop *l)
{
	struct upstream *u = make(l, "ask", UPSTREAM_PER_GRANT, NULL);
	struct seen a, b, n;
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &a);
	ok(run_until(l, &a.messages, 1), "a request of the server reaches the session that called");
	ok(strstr(a.first, "\"id\":1,") && !strstr(a.first, "srv-1"), "under an id of the gate's: %s", a.first);
	char answer[128], progress[160];
	snprintf(answer, sizeof answer, "{\"jsonrpc\":\"2.0\",\n\"id\":1,\"result\":{\"x\":1}}");
	snprintf(progress, sizeof progress, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"st-1\"}}");
	notify(u, "b", answer, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED && !a.done, "another session may not answer it: %s", n.why);
	notify(u, "b", progress, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "nor say how it goes");
	notify(u, "a", progress, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_OK, "its own session may");
	notify(u, "a", "{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"result\":{}}", &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "the server's own id is no key");
	notify(u, "a", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}", &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "no client cancels by wire id");
	notify(u, "a", answer, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_OK, "the session that was asked answers");
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "{\"got\":{\"x\":1}}"), "and the server gets it: %s", a.answer);
	notify(u, "a", answer, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "once");
	call(u, "a", 0, "{}", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "-32601") && !a.messages, "a client that cannot is not asked");
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &a);
	call(u, "b", UPSTREAM_CAN_SAMPLING, "{}", &b);
	/* Both calls are on their way before the child asks: whose request it is cannot be told. */
	ok(run_until(l, &b.done, 1) && strstr(b.answer, "-32601") && !a.messages && !b.messages, "with two sessions calling nobody is asked");
	stop_and_free(l, &u);
	u = make(l, "ask", UPSTREAM_PER_GRANT, NULL);
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &a);
	ok(run_until(l, &a.messages, 1), "one call of a session asks, and waits");
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &b);
	ok(run_until(l, &b.messages, 1) && a.messages == 1, "what the server asks while a newer one is under way is shown on that one");
	call(u, "b", UPSTREAM_CAN_SAMPLING, "{}", &n);
	ok(run_until(l, &n.messages, 1) && a.messages == 1 && b.messages == 1, "nor is it about calls of others that wait for their clients");
	stop_and_free(l, &u);
	u = make(l, "ask", UPSTREAM_PER_SERVER, NULL);
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &a);
	ok(run_until(l, &a.messages, 1), "the same where grants share a child");
	call(u, "b", UPSTREAM_CAN_SAMPLING, "{}", &b);
	ok(run_until(l, &b.done, 1) && strstr(b.answer, "-32601") && a.messages == 1 && !b.messages, "there nobody is asked while others wait, too");
	stop_and_free(l, &u);
	u = make(l, "ask-and-cancel", UPSTREAM_PER_GRANT, NULL);
	call(u, "a", UPSTREAM_CAN_SAMPLING, "{}", &a);
	ok(run_until(l, &a.done, 1) && a.messages == 2 && strstr(a.last, "\"requestId\":1"), "a request given up is given up by the id that was shown: %s", a.last);
	notify(u, "a", answer, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "and takes no answer any more");
	stop_and_free(l, &u);
}

static void test_early_ask(struct loop *l)
{
	struct upstream *u = make(l, "ask-early", UPSTREAM_PER_GRANT, NULL);
	struct upstream_target t = target("a", UPSTREAM_CAN_ROOTS);
	struct seen s = { .u = u }, other;
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &s);
	ok(run_until(l, &s.done, 1), "a child is greeted and asks at once");
	upstream_listen(u, &t, slice_of(NULL, 0), &seen_events, &s);
	ok(run_until(l, &s.messages, 1) && strstr(s.last, "roots/list"), "the first client that listens is asked");
	stop_and_free(l, &u);
	u = make(l, "ask-early", UPSTREAM_PER_GRANT, NULL);
	t = target("a", 0);
	other = (struct seen){ .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, &other);
	ok(run_until(l, &other.done, 1), "another child is told that its client has no roots");
	t = target("a", UPSTREAM_CAN_ROOTS);
	call(u, "a", UPSTREAM_CAN_ROOTS, "", &other);
	ok(run_until(l, &other.done, 1) && !other.messages, "and nobody is asked");
	stop_and_free(l, &u);
}

static void test_slow_client(struct loop *l)
{
	struct upstream *u = make(l, "flood", UPSTREAM_PER_GRANT, NULL);
	struct upstream_target tb = target("b", 0), ta = target("a", 0);
	struct seen listener = { .u = u }, a = { .u = u, .is_paused_at_first = true };
	struct exchange_id id = upstream_request(u, &ta, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &seen_events, &a);
	ok(run_until(l, &a.messages, 1), "a flood begins");
	upstream_pause(u, id, false);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_OK && a.messages == 20000, "alone, a slow client only slows its child: %d", a.messages);
	upstream_listen(u, &tb, slice_of(NULL, 0), &seen_events, &listener);
	ok(run_until(l, &listener.opened, 1), "somebody else uses the child too");
	a = (struct seen){ .u = u, .is_paused_at_first = true };
	upstream_request(u, &ta, SLICE_LIT("tools/call"), SLICE_LIT("{}"), 0, &seen_events, &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_BROKEN && a.messages == 1, "then one that never reads loses its call: %s", a.why);
	stop_and_free(l, &u);
}

static void test_not_a_program(struct loop *l)
{
	const char *const argv[] = { "/nonexistent/server", NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	struct seen a;
	o.name = "none";
	o.argv = argv;
	o.env = no_env;
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	call(u, "a", 0, "{}", &a);
	ok(a.done == 0 && run_until(l, &a.done, 1) && a.failure == UPSTREAM_UNREACHED, "a program that is not there: %s", a.why);
	struct upstream_status st;
	upstream_status(u, &st);
	ok(st.state == UPSTREAM_DOWN && strstr(st.last_error, "none"), "the status says so: %s", st.last_error);
	stop_and_free(l, &u);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	struct loop *l = loop_new();
	server_path = getenv("GH_STDIO_SERVER");
	log_set_level(LOG_ERROR);
	if (!server_path)
		return 1;
	test_normal(l);
	test_per_session(l);
	test_limits(l);
	test_crash(l);
	test_crash_at_start(l);
	test_handshakes(l);
	test_liars(l);
	test_timeout(l);
	test_routing(l);
	test_asks(l);
	test_early_ask(l);
	test_slow_client(l);
	test_not_a_program(l);
	loop_free(&l);
	return tap_done();
}
