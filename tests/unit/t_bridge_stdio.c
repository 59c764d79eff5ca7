/* Clients of the modern era at a legacy server that is a child. */
#include "legacy_rig.h"
#include "net/child.h"

static void start(struct rig *r, const char *mode)
{
	const char *argv[] = { getenv("GH_STDIO_SERVER"), mode, NULL }, *env[] = { NULL };
	struct upstream_opts o = upstream_defaults();
	struct bridge_opts bo = { 0 };
	struct err e = { 0 };
	log_set_level(LOG_ERROR);
	*r = (struct rig){ .loop = loop_new() };
	bo.loop = r->loop;
	o.name = "s";
	o.argv = argv;
	o.env = env;
	o.start_timeout_ms = 20000;
	r->u = upstream_new(r->loop, NULL, &o, &e);
	BUG_ON(!r->u);
	r->bridge = bridge_new(&bo);
}

static void stop(struct rig *r)
{
	bridge_forget(r->bridge, r->u);
	stop_and_free(r->loop, &r->u);
	bridge_free(&r->bridge);
	loop_free(&r->loop);
}

static void test_calls(void)
{
	struct rig r;
	struct seen s, other;
	start(&r, "notify");
	ok(rig_asked(&r, &s, "g", 0, "server/discover", "{" RIG_META "}") && s.kind == MCP_RESULT && has(s.answer, "supportedVersions"),
	   "a child of the older era is discovered: %s", s.answer);
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && has(s.answer, "\"resultType\":\"complete\"") && has(s.answer, "\"arguments\":{\"a\":1"),
	   "and called: %s", s.answer);
	ok(s.messages == 0, "what it says beside is not of this call");
	ok(rig_asked(&r, &other, "h", 0, "tools/call", RIG_CALL) && strcmp(s.answer, other.answer) != 0, "another grant has another child");
	stop(&r);
}

static void test_asks(void)
{
	struct rig r;
	struct seen s, ear = { 0 };
	char state[1024], params[4096];
	struct bridge_target t = rig_target("g", RIG_ALL);
	start(&r, "ask");
	/* Who listens is the first to need the child: it must be told all the same what calls can answer. */
	bridge_subscribe(r.bridge, r.u, &t, SLICE_LIT("{\"notifications\":{\"toolsListChanged\":true}," RIG_META "}"), &seen_events, &ear);
	ok(run_until(r.loop, &ear.messages, 1) && has(ear.first, "acknowledged"), "a child is listened to");
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && has(s.answer, "input_required") && has(s.answer, "sampling/createMessage"),
	   "what it asks is required input: %s %s", s.answer, s.why);
	ok(ear.messages == 1, "of the call alone");
	rig_state_of(&s, state);
	rig_retry_of(state, "{\"ask-1\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"yes\"}}}", RIG_ARGS, params);
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", params) && has(s.answer, "\"text\":\"yes\"") && has(s.answer, "complete"),
	   "which goes on with the answer: %s", s.answer);
	stop(&r);
}

static void test_crash(void)
{
	struct rig r;
	struct seen s;
	start(&r, "crash-second");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT, "a call");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.failure == UPSTREAM_BROKEN, "a child that ends breaks the call");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", RIG_CALL) && s.kind == MCP_RESULT && s.failure == UPSTREAM_OK, "the next one is served by the next child");
	stop(&r);
}

static void test_ask_and_cancel(void)
{
	struct rig r;
	struct seen s;
	start(&r, "ask-and-cancel");
	ok(rig_asked(&r, &s, "g", RIG_ALL, "tools/call", RIG_CALL) && s.kind == MCP_RESULT, "a server may give up what it asked: %s", s.answer);
	rig_settle(&r);
	ok(list_empty(&r.bridge->errands) || list_entry(r.bridge->errands.next, struct errand, of_bridge)->ask_n == 0, "then nobody is asked");
	stop(&r);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	if (!getenv("GH_STDIO_SERVER"))
		return 1;
	test_calls();
	test_asks();
	test_crash();
	test_ask_and_cancel();
	return tap_done();
}
