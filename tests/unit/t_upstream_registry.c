/* The set of servers: reloads keep what did not change and let the rest finish. */
#include "base/log.h"
#include "net/child.h"
#include "upstream/registry.h"
#include "upstream_seen.h"

static const char *argv_normal[3], *argv_slow[3];
static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };

static struct upstream_opts server(const char *name, const char *const *argv)
{
	struct upstream_opts o = upstream_defaults();
	o.name = name;
	o.argv = argv;
	o.env = no_env;
	return o;
}

static void on_watch(void *ctx, struct upstream *u, struct slice method)
{
	int *n = ctx;
	*n += strcmp(upstream_name(u), "one") == 0 && slice_is(method, "started");
}

static void test_apply(struct loop *l)
{
	struct registry *r = registry_new(l, NULL);
	struct err e = { 0 };
	int watched = 0, stopped = 0;
	struct upstream_target t = { .version = MCP_LEGACY_LATEST };
	struct seen s = { 0 }, slow = { 0 };
	struct upstream_opts set[2] = { server("one", argv_normal), server("two", argv_slow) };
	registry_watch(r, on_watch, &watched);
	ok(registry_apply(r, set, 2, &e) && registry_count(r) == 2, "a set of two servers is taken");
	struct upstream *one = registry_get(r, SLICE_LIT("one")), *two = registry_get(r, SLICE_LIT("two"));
	upstream_request(one, &t, SLICE_LIT("tools/call"), slice_of(NULL, 0), 0, &seen_events, &s);
	upstream_request(two, &t, SLICE_LIT("tools/call"), slice_of(NULL, 0), 0, &seen_events, &slow);
	ok(run_until(l, &s.done, 1) && s.failure == UPSTREAM_OK && watched == 1, "one answers, and its start is told");
	set[1].argv = argv_normal;
	set[1].name = "";
	ok(!registry_apply(r, set, 2, &e) && registry_get(r, SLICE_LIT("two")) == two, "a bad set changes nothing: %s", e.text);
	set[1].name = "one";
	ok(!registry_apply(r, set, 2, &e) && strstr(e.text, "twice"), "nor does one with a name twice: %s", e.text);
	set[1].name = "three";
	ok(registry_apply(r, set, 2, &e) && registry_get(r, SLICE_LIT("one")) == one, "what did not change keeps running");
	ok(!registry_get(r, SLICE_LIT("two")) && registry_get(r, SLICE_LIT("three")), "the rest is replaced");
	struct upstream_status st;
	upstream_status(two, &st);
	ok(slow.done == 0 && st.calls_in_flight == 1, "a retired server may finish its call");
	upstream_request(one, &t, SLICE_LIT("tools/call"), slice_of(NULL, 0), 0, &seen_events, &s);
	ok(run_until(l, &s.done, 2) && strstr(s.answer, "\"calls\":2"), "the child of the kept one is the same");
	ok(registry_put(r, &set[0], &e) && registry_get(r, SLICE_LIT("one")) == one, "putting the same changes nothing");
	set[0].child_idle_ms = 7;
	ok(registry_put(r, &set[0], &e) && registry_get(r, SLICE_LIT("one")) != one, "putting another replaces it");
	ok(registry_drop(r, SLICE_LIT("three")) && !registry_drop(r, SLICE_LIT("three")) && registry_count(r) == 1, "one is dropped, once");
	registry_stop(r, seen_stopped, &stopped);
	ok(run_until(l, &stopped, 1) && slow.done == 1 && slow.failure == UPSTREAM_BROKEN, "the stop ends what is still under way");
	ok(stopped == 1 && registry_count(r) == 0, "and then all are gone");
	registry_free(&r);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	struct loop *l = loop_new();
	const char *path = getenv("GH_STDIO_SERVER");
	log_set_level(LOG_ERROR);
	if (!path)
		return 1;
	argv_normal[0] = argv_slow[0] = path;
	argv_normal[1] = "normal";
	argv_slow[1] = "slow";
	test_apply(l);
	loop_free(&l);
	return tap_done();
}
