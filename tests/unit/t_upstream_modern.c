/* Servers of the modern era on stdio: what one speaks is found out by a child of its own, calls
 * and subscriptions share a child without a handshake, and nothing of one client is shown to
 * another. */
#include "base/limits.h"
#include "base/log.h"
#include "net/child.h"
#include "upstream_seen.h"

static const char *server_path;
static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };

static struct upstream *make(struct loop *l, const char *mode, void (*change)(struct upstream_opts *o))
{
	const char *const argv[] = { server_path, mode, NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	o.name = mode;
	o.argv = argv;
	o.env = no_env;
	o.message_bytes_max = 1u << 20;
	o.child_stop_ms = 50;
	if (change)
		change(&o);
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	if (!u)
		printf("# %s\n", e.text);
	return u;
}

static struct upstream_target target(const char *grant, const char *session)
{
	return (struct upstream_target){
		.version = MCP_2026_07_28,
		.grant_id = slice_str(grant),
		.client_session = slice_str(session),
	};
}

#define ENVELOPE \
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}"

static struct exchange_id call_by(struct upstream *u, struct upstream_target t, const char *tool, const char *more, struct seen *s)
{
	char params[512];
	*s = (struct seen){ .u = u };
	snprintf(params, sizeof params, "{\"name\":\"%s\",\"_meta\":{" ENVELOPE "%s}}", tool, more);
	return upstream_request(u, &t, SLICE_LIT("tools/call"), slice_str(params), 0, &seen_events, s);
}

static struct exchange_id call(struct upstream *u, const char *tool, struct seen *s)
{
	return call_by(u, target("g1", ""), tool, "", s);
}

static struct exchange_id subscribe(struct upstream *u, const char *filter, struct seen *s)
{
	struct upstream_target t = target("g1", "");
	char params[512];
	*s = (struct seen){ .u = u };
	snprintf(params, sizeof params, "{\"notifications\":{%s},\"_meta\":{" ENVELOPE "}}", filter);
	return upstream_subscribe(u, &t, slice_str(params), &seen_events, s);
}

static void probe(struct upstream *u, struct seen *s)
{
	struct upstream_target t = target("g1", "");
	*s = (struct seen){ .u = u };
	upstream_probe(u, &t, SLICE_LIT("{\"_meta\":{" ENVELOPE "}}"), &seen_events, s);
}

static void open_legacy(struct upstream *u, struct seen *s)
{
	struct upstream_target t = target("g1", "a");
	t.version = MCP_VERSION_NONE;
	*s = (struct seen){ .u = u };
	upstream_open(u, &t, NULL, NULL, MCP_LEGACY_LATEST, &seen_events, s);
}

static struct upstream_status status_of(const struct upstream *u)
{
	struct upstream_status st;
	upstream_status(u, &st);
	return st;
}

static void hasty(struct upstream_opts *o)
{
	o->start_timeout_ms = 2000;
}

static void test_verdicts(struct loop *l)
{
	static const struct {
		const char *mode;
		enum upstream_verdict verdict;
		enum upstream_failure failure;
		bool has_result, is_hasty;
	} cases[] = {
		{ "modern", UPSTREAM_YES, UPSTREAM_OK, true, false },
		{ "both", UPSTREAM_YES, UPSTREAM_OK, true, false },
		{ "again", UPSTREAM_YES, UPSTREAM_OK, true, false },
		{ "stubborn", UPSTREAM_YES, UPSTREAM_REFUSED, false, false },
		{ "future", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "old", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "nobody", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "invalid", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "any", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "exits", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "quiet", UPSTREAM_NO, UPSTREAM_OK, false, false },
		{ "mute", UPSTREAM_NO, UPSTREAM_OK, false, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream *u = make(l, cases[i].mode, cases[i].is_hasty ? hasty : NULL);
		struct seen a, b;
		ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "%s: nothing is known at first", cases[i].mode);
		probe(u, &a);
		probe(u, &b);
		ok(!a.done && run_until(l, &a.done, 1) && run_until(l, &b.done, 1), "%s: a probe ends: %s", cases[i].mode, a.why);
		ok(a.failure == cases[i].failure && (a.kind == MCP_RESULT) == cases[i].has_result && b.failure == a.failure,
		   "%s: as it should, for all who asked: %s", cases[i].mode, a.why);
		ok(upstream_speaks(u, MCP_ERA_MODERN) == cases[i].verdict, "%s: the verdict is kept", cases[i].mode);
		upstream_doubt(u, MCP_ERA_MODERN);
		ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "%s: until it is doubted", cases[i].mode);
		stop_and_free(l, &u);
	}
}

static void one_child(struct upstream_opts *o)
{
	o->children_max = 1;
}

static void test_disposable(struct loop *l)
{
	struct upstream *u = make(l, "both", one_child);
	struct seen a, p, q;
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && status_of(u).children == 1, "a server has its one child");
	probe(u, &p);
	ok(run_until(l, &p.done, 1) && p.kind == MCP_RESULT, "and is asked beside it");
	call_by(u, target("g2", ""), "x", "", &q);
	ok(run_until(l, &q.done, 1) && q.failure == UPSTREAM_BUSY, "which is no second place for calls");
	const char *pid = strstr(p.answer, "\"pid\":");
	char text[32];
	snprintf(text, sizeof text, "%.*s", pid ? (int)strcspn(pid, ",}") : 0, pid ? pid : "");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && pid && !strstr(a.answer, text), "no call goes to the child that was asked");
	ok(status_of(u).restarts == 0, "whose end is no crash");
	stop_and_free(l, &u);
	u = make(l, "both", NULL);
	probe(u, &p);
	stop_and_free(l, &u);
	ok(p.done == 1 && p.failure == UPSTREAM_BROKEN, "a probe under way ends with its server");
}

static void test_no_program(struct loop *l)
{
	const char *const argv[] = { "/nonexistent/server", NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	struct seen p, a;
	o.name = "none";
	o.argv = argv;
	o.env = no_env;
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	probe(u, &p);
	ok(run_until(l, &p.done, 1) && p.failure == UPSTREAM_UNREACHED, "a program that is not there proves nothing: %s", p.why);
	ok(upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED, "and leaves no verdict");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_UNREACHED, "a call never reached it: %s", a.why);
	stop_and_free(l, &u);
}

static void test_eras_apart(struct loop *l)
{
	struct upstream *u = make(l, "both", NULL);
	struct seen a, open, old;
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && a.kind == MCP_RESULT && strstr(a.answer, "\"calls\":1"), "a call needs no handshake");
	ok(strstr(a.answer, ENVELOPE), "its envelope arrives as it was");
	open_legacy(u, &open);
	ok(run_until(l, &open.done, 1) && open.version == MCP_2025_11_25, "the same server is greeted");
	ok(upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_YES && status_of(u).children == 2, "as another child");
	struct upstream_target t = target("g1", "a");
	t.version = MCP_2025_11_25;
	old = (struct seen){ .u = u };
	upstream_request(u, &t, SLICE_LIT("tools/call"), SLICE_LIT("{\"name\":\"x\"}"), 0, &seen_events, &old);
	ok(run_until(l, &old.done, 1) && strstr(old.answer, "\"calls\":1"), "the greeted one has its own calls");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":2"), "and the other is still there");
	stop_and_free(l, &u);
	u = make(l, "modern", NULL);
	open_legacy(u, &open);
	ok(run_until(l, &open.done, 1) && open.failure == UPSTREAM_OK && open.kind == MCP_ERROR, "a server of the new era refuses the handshake");
	ok(upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_NO, "by which it is known");
	stop_and_free(l, &u);
}

static void test_doubt(struct loop *l)
{
	struct upstream *u = make(l, "old", NULL);
	struct seen p, a;
	probe(u, &p);
	run_until(l, &p.done, 1);
	call(u, "crash", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_BROKEN && upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NOT_ASKED,
	   "a child that ends before its first word makes the verdict doubtful");
	probe(u, &p);
	ok(run_until(l, &p.done, 1) && upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NO, "it can be asked again");
	call(u, "x", &a);
	run_until(l, &a.done, 1);
	call(u, "crash", &a);
	ok(run_until(l, &a.done, 1) && upstream_speaks(u, MCP_ERA_MODERN) == UPSTREAM_NO, "the end of one that has spoken proves nothing");
	stop_and_free(l, &u);
}

static void test_requests(struct loop *l)
{
	struct upstream *u = make(l, "modern", NULL);
	struct upstream_target t = target("g1", "");
	struct seen a, b, n = { .u = u };
	call(u, "ask", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_OK && !a.messages, "a request of the server is shown to nobody");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":2"), "and is not answered, either");
	t.progress_id = 7;
	call_by(u, t, "progress", ",\"progressToken\":\"gh-7\"", &a);
	ok(run_until(l, &a.done, 1) && a.messages == 1 && strstr(a.first, "gh-7"), "progress comes to its call");
	t.progress_id = 8;
	call_by(u, t, "progress", ",\"progressToken\":\"gh-7\"", &a);
	ok(run_until(l, &a.done, 1) && !a.messages, "and to no other");
	struct exchange_id id = call(u, "silent", &a);
	call(u, "x", &b);
	run_until(l, &b.done, 1);
	upstream_cancel(u, id, "test");
	call(u, "x", &b);
	ok(run_until(l, &b.done, 1) && strstr(b.answer, "\"cancels\":1") && !a.done, "a call is cancelled by a notification");
	t = target("g1", "");
	upstream_notify(u, &t, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), &seen_events, &n);
	ok(run_until(l, &n.done, 1) && n.failure == UPSTREAM_REFUSED, "no answer is ever sent to it: %s", n.why);
	call(u, "crash", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_BROKEN, "a crash loses the call");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":1") && status_of(u).restarts == 1, "and the next starts another child");
	stop_and_free(l, &u);
}

#define LEVEL ",\"io.modelcontextprotocol/logLevel\":\"info\""

static void test_logs(struct loop *l)
{
	struct upstream *u = make(l, "modern", NULL);
	struct seen a, b, c;
	call(u, "log", &a);
	ok(run_until(l, &a.done, 1) && !a.messages, "who asked for no log lines gets none");
	call_by(u, target("g1", ""), "log", LEVEL, &a);
	ok(run_until(l, &a.done, 1) && a.messages == 1 && strstr(a.first, "notifications/message"), "who asked gets them");
	struct exchange_id id = call_by(u, target("g1", ""), "silent", LEVEL, &b);
	call_by(u, target("g1", ""), "log", LEVEL, &a);
	ok(run_until(l, &a.done, 1) && !a.messages && !b.messages, "with two who asked nobody is shown the other's");
	upstream_cancel(u, id, "test");
	call(u, "silent", &c);
	call_by(u, target("g1", ""), "log", LEVEL, &a);
	ok(run_until(l, &a.done, 1) && a.messages == 1 && !c.messages, "one who asked for none does not count");
	id = call_by(u, target("g1", "one"), "silent", LEVEL, &b);
	call_by(u, target("g1", "one"), "log", LEVEL, &a);
	ok(run_until(l, &a.done, 1) && a.messages + b.messages == 1, "two calls of one client are shown it once");
	stop_and_free(l, &u);
}

static void test_subscriptions(struct loop *l)
{
	struct upstream *u = make(l, "modern", NULL);
	struct seen s, other, a;
	struct exchange_id id = subscribe(u, "\"toolsListChanged\":true", &s);
	ok(run_until(l, &s.opened, 1) && s.messages == 1 && strstr(s.first, "subscriptions/acknowledged") && strstr(s.first, "toolsListChanged"),
	   "a subscription begins with what the server honours");
	call(u, "change", &a);
	ok(run_until(l, &a.done, 1) && s.messages == 2 && strstr(s.last, "tools/list_changed") && !a.messages, "it is told what changed");
	subscribe(u, "\"promptsListChanged\":true", &other);
	ok(run_until(l, &other.opened, 1) && s.messages == 2, "another has its own acknowledgement");
	call(u, "stray", &a);
	ok(run_until(l, &a.done, 1) && s.messages == 2 && other.messages == 1, "what is for no subscription is shown to none");
	call(u, "end", &a);
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_RESULT && !other.done, "the server ends the first, by a result");
	upstream_cancel(u, id, "over");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"cancels\":0"), "which is not cancelled then");
	ok(status_of(u).calls_in_flight == 0, "a subscription is no call");
	stop_and_free(l, &u);
	ok(other.done == 1 && other.failure == UPSTREAM_BROKEN, "the others end with the server");
}

static void test_subscription_ends(struct loop *l)
{
	struct upstream *u = make(l, "modern", hasty);
	struct seen s, a;
	subscribe(u, "", &s);
	run_until(l, &s.opened, 1);
	call(u, "cancel", &a);
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_RESULT, "a server may end one by a notification, too");
	struct exchange_id id = subscribe(u, "", &s);
	run_until(l, &s.opened, 1);
	upstream_cancel(u, id, "test");
	call(u, "x", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"cancels\":1") && !s.done, "the client ends one by a notification");
	subscribe(u, "\"refuse\":true", &s);
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_OK && s.kind == MCP_ERROR && !s.opened, "one may be refused");
	subscribe(u, "\"mute\":true", &s);
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT && !s.opened, "one that is not acknowledged ends at its deadline: %s", s.why);
	stop_and_free(l, &u);
}

static void test_restart(struct loop *l)
{
	struct upstream *u = make(l, "modern", NULL);
	struct seen s, a;
	subscribe(u, "\"toolsListChanged\":true", &s);
	run_until(l, &s.opened, 1);
	call(u, "crash", &a);
	ok(run_until(l, &a.done, 1) && a.failure == UPSTREAM_BROKEN && !s.done, "a crash ends the call, not the subscription");
	call(u, "change", &a);
	ok(run_until(l, &a.done, 1) && s.messages == 3 && strstr(s.last, "tools/list_changed"), "which is asked for again of the next child");
	ok(s.opened == 1 && status_of(u).restarts == 1, "and is no new one");
	for (int i = 0; i < 5; i++) {
		call(u, "crash", &a);
		run_until(l, &a.done, 1);
	}
	ok(a.failure == UPSTREAM_UNREACHED && !s.done, "a server that keeps ending refuses calls, a subscription waits: %s", a.why);
	stop_and_free(l, &u);
	ok(s.done == 1 && s.failure == UPSTREAM_BROKEN, "until the server is removed");
}

static void test_slow_client(struct loop *l)
{
	struct upstream *u = make(l, "modern", NULL);
	struct seen s, a;
	struct exchange_id id = subscribe(u, "\"toolsListChanged\":true", &s);
	run_until(l, &s.opened, 1);
	upstream_pause(u, id, true);
	call(u, "change", &a);
	ok(run_until(l, &a.done, 1) && s.messages == 1, "a client that does not read holds up no other");
	call(u, "crash", &a);
	run_until(l, &a.done, 1);
	upstream_pause(u, id, false);
	ok(run_until(l, &s.messages, 3) && strstr(s.last, "acknowledged"), "what was held for it comes, and then what the next child says");
	stop_and_free(l, &u);
}

static void per_session(struct upstream_opts *o)
{
	o->per = UPSTREAM_PER_SESSION;
}

static void test_per_session(struct loop *l)
{
	struct upstream *u = make(l, "modern", per_session);
	struct upstream_target t = target("g1", "");
	struct seen a, b;
	call_by(u, t, "x", "", &a);
	call_by(u, target("g2", ""), "x", "", &b);
	ok(run_until(l, &a.done, 1) && run_until(l, &b.done, 1) && strstr(b.answer, "\"calls\":1"), "clients without a session are parted by grant");
	upstream_close(u, &t);
	call_by(u, t, "x", "", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":2"), "whose child no client ends");
	t = target("g1", "s");
	call_by(u, t, "x", "", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":1"), "a session has a child of its own");
	upstream_close(u, &t);
	call_by(u, t, "x", "", &a);
	ok(run_until(l, &a.done, 1) && strstr(a.answer, "\"calls\":1"), "which ends with it");
	stop_and_free(l, &u);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	struct loop *l = loop_new();
	server_path = getenv("GH_MODERN_SERVER");
	log_set_level(LOG_ERROR);
	if (!server_path)
		return 1;
	test_verdicts(l);
	test_disposable(l);
	test_no_program(l);
	test_eras_apart(l);
	test_doubt(l);
	test_requests(l);
	test_logs(l);
	test_subscriptions(l);
	test_subscription_ends(l);
	test_restart(l);
	test_slow_client(l);
	test_per_session(l);
	loop_free(&l);
	return tap_done();
}
