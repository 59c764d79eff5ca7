/* The line door: of which era each line is, one pipe with both, one session, and what is answered
 * and what is not. A scripted child of both eras is behind. */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/gate.h"
#include "net/child.h"
#include "past/past.h"
#include "tap.h"

#define LINE_MAX 65536

struct bed {
	struct loop *loop;
	struct http_client *client;
	struct registry *registry;
	struct catalog *catalog;
	struct quota *quota;
	struct past *past;
	struct ledger *ledger;
	struct policy *policy;
	struct grants *grants;
	struct gate *gate;
	int n;               /* lines that the client got */
	char last[LINE_MAX]; /* the newest of them */
	char before[LINE_MAX]; /* and that before it */
	const int *watched;
	int want;
	bool is_late;
	struct loop_timer poll, late;
};

static void write_line(void *ctx, struct slice line)
{
	struct bed *b = ctx;
	b->n++;
	memcpy(b->before, b->last, sizeof b->before);
	snprintf(b->last, sizeof b->last, "%.*s", SLICE_ARG(line));
}

static void on_poll(void *ctx)
{
	struct bed *b = ctx;
	b->poll.v = 0;
	if (*b->watched >= b->want)
		loop_stop(b->loop);
	else
		b->poll = loop_after(b->loop, 1, on_poll, b);
}

static void on_late(void *ctx)
{
	struct bed *b = ctx;
	b->late.v = 0;
	b->is_late = true;
	loop_stop(b->loop);
}

static bool until(struct bed *b, const int *n, int want)
{
	b->watched = n;
	b->want = want;
	b->is_late = false;
	b->poll = loop_after(b->loop, 0, on_poll, b);
	b->late = loop_after(b->loop, 20000, on_late, b);
	loop_run(b->loop);
	loop_cancel(b->loop, &b->poll);
	loop_cancel(b->loop, &b->late);
	return !b->is_late;
}

static void add_server(struct bed *b, const char *mode)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	const char *const argv[] = { getenv("GH_MODERN_SERVER"), mode, NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	o.name = "s";
	o.argv = argv;
	o.env = env;
	o.per = UPSTREAM_PER_SERVER;
	o.child_stop_ms = 50;
	BUG_ON(!registry_put(b->registry, &o, &e));
}

static void start(struct bed *b, struct loop *l, const char *mode)
{
	struct policy_problems problems = { 0 };
	struct http_client_opts co = http_client_defaults();
	*b = (struct bed){ .loop = l };
	b->client = http_client_new(l, &co);
	b->registry = registry_new(l, b->client);
	b->catalog = catalog_new();
	b->quota = quota_new(100);
	b->past = past_new(&(struct past_opts){ 0 });
	b->ledger = ledger_new_memory(b->quota, b->past);
	b->policy = policy_new(SLICE_LIT("{\"version\":\"1\",\"default\":\"allow\",\"tools\":{\"secret\":{\"action\":\"deny\"}}}"), &problems);
	BUG_ON(!b->policy);
	policy_problems_release(&problems);
	add_server(b, mode);
	struct gate_opts o = {
		.loop = l, .registry = b->registry, .catalog = b->catalog, .ledger = b->ledger, .session_age_ms = 3600000,
		.calls_max = 100, .streams_max = 2, .message_bytes_max = 1u << 20, .write_line = write_line, .line_ctx = b,
	};
	struct grant_binding binding = { .server = SLICE_LIT("s"), .policy = b->policy, .policy_name = SLICE_LIT("p") };
	struct grant grant = { .id = SLICE_LIT("wrap"), .label = SLICE_LIT("wrap"), .subject = SLICE_LIT(""),
		               .bindings = &binding, .binding_n = 1 };
	b->gate = gate_new(&o);
	b->grants = grants_of_one(&grant);
	gate_set_grants(b->gate, b->grants);
	gate_set_line_client(b->gate, SLICE_LIT("wrap"), "s");
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

static void end(struct bed *b)
{
	int stopped = 0;
	registry_stop(b->registry, count, &stopped);
	ok(until(b, &stopped, 1), "the servers are gone");
	gate_free(&b->gate);
	registry_free(&b->registry);
	http_client_free(&b->client);
	catalog_free(&b->catalog);
	grants_unref(&b->grants);
	policy_unref(&b->policy);
	ledger_free(&b->ledger);
	quota_free(&b->quota);
	past_free(&b->past);
}

/* Says a line and waits for as many. */
static bool say(struct bed *b, const char *line, int lines)
{
	int want = b->n + lines;
	gate_on_line(b->gate, slice_str(line));
	return until(b, &b->n, want) && b->n == want;
}

static bool has(const struct bed *b, const char *text)
{
	if (strstr(b->last, text))
		return true;
	printf("# got: %.400s\n", b->last);
	return false;
}

#define META \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define MODERN(id, method, more) "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method "\",\"params\":{" META more "}}"
#define LEGACY(id, method, params) "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method "\",\"params\":{" params "}}"
#define INITIALIZE_AS(id, version) \
	LEGACY(id, "initialize", "\"protocolVersion\":\"" version "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}")
#define INITIALIZE(id) INITIALIZE_AS(id, "2025-11-25")

static void test_modern(struct loop *l)
{
	struct bed b;
	start(&b, l, "modern");
	ok(say(&b, MODERN(1, "server/discover", ""), 1) && has(&b, "\"supportedVersions\":[\"2026-07-28\"]") && has(&b, "\"id\":1"),
	   "server/discover is answered");
	ok(say(&b, MODERN(2, "tools/call", ",\"name\":\"x\",\"arguments\":{}"), 1) && has(&b, "\"calls\":"), "a call needs no handshake");
	ok(say(&b, MODERN(3, "tools/call", ",\"name\":\"secret\",\"arguments\":{}"), 1) && has(&b, "POLICY DENIED") &&
	           has(&b, "\"resultType\":\"complete\""), "and is decided");
	ok(say(&b, MODERN(4, "ping", ""), 1) && has(&b, "-32601"), "what the revision has not is unknown");
	ok(say(&b, LEGACY(5, "tools/list", ""), 1) && has(&b, "-32600") && has(&b, "initialize first"), "a request without an envelope needs a handshake");
	ok(say(&b, "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}", 1) &&
	           has(&b, "-32602") && has(&b, "\"id\":6"), "half an envelope is refused");
	ok(say(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2099-01-01\","
	           "\"io.modelcontextprotocol/clientCapabilities\":{}}}}", 1) && has(&b, "-32022") && has(&b, "\"supported\":[\"2026-07-28\""),
	   "another revision is refused with those that are spoken");
	ok(say(&b, "[" MODERN(8, "tools/list", "") "]", 1) && has(&b, "-32600"), "this era has no batches");
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}"));
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":10,\"error\":{\"code\":1,\"message\":\"\"}}"));
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard\"}"));
	ok(say(&b, MODERN(11, "tools/call", ",\"name\":\"x\""), 1) && has(&b, "\"id\":11"), "answers of the client and odd notifications are dropped in silence");
	end(&b);
}

static void test_cancel(struct loop *l)
{
	struct bed b;
	start(&b, l, "modern");
	ok(say(&b, MODERN(1, "tools/call", ",\"name\":\"x\""), 1), "the tools are known");
	gate_on_line(b.gate, SLICE_LIT(MODERN(2, "tools/call", ",\"name\":\"silent\"")));
	ok(say(&b, MODERN(3, "tools/call", ",\"name\":\"x\""), 1) && has(&b, "\"id\":3"), "a slow call holds up none");
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}"));
	ok(say(&b, MODERN(4, "tools/call", ",\"name\":\"x\""), 1) && has(&b, "\"cancels\":1") && gate_counts(b.gate).in_flight == 0,
	   "a notification cancels it, at the server, too");
	end(&b);
}

static void test_legacy(struct loop *l)
{
	struct bed b;
	start(&b, l, "both");
	ok(say(&b, LEGACY(1, "ping", ""), 1) && has(&b, "\"result\":{}"), "ping needs no handshake");
	ok(say(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 1) && has(&b, "-32600") && has(&b, "\"id\":1"), "what is no message is answered with an error");
	gate_on_line(b.gate, SLICE_LIT(INITIALIZE(2)));
	ok(say(&b, INITIALIZE(3), 1) && has(&b, "-32600") && has(&b, "\"id\":3"), "a second initialize while the first is under way is refused");
	ok(until(&b, &b.n, 4) && has(&b, "\"protocolVersion\":\"2025-11-25\"") && has(&b, "\"id\":2"), "the first is answered");
	ok(say(&b, INITIALIZE(4), 1) && has(&b, "-32600"), "a later one is refused, too");
	ok(say(&b, LEGACY(5, "tools/call", "\"name\":\"x\""), 1) && has(&b, "\"calls\":"), "the session goes on");
	ok(say(&b, "[" LEGACY(6, "ping", "") "]", 1) && has(&b, "-32600"), "its revision has no batches");
	end(&b);
}

static void test_batches(struct loop *l)
{
	struct bed b;
	start(&b, l, "both");
	ok(say(&b, "[" INITIALIZE_AS(1, "2025-03-26") "]", 1) && has(&b, "-32600") && has(&b, "initialize first"), "no session begins in a batch");
	ok(say(&b, INITIALIZE_AS(2, "2025-03-26"), 1) && has(&b, "\"protocolVersion\":\"2025-03-26\""), "a session whose revision has batches");
	ok(say(&b, "[" LEGACY(3, "ping", "") "]", 1) && has(&b, "\"id\":3") && has(&b, "\"result\""), "takes one");
	ok(say(&b, "[" LEGACY(4, "ping", "") "," INITIALIZE_AS(5, "2025-03-26") "]", 1) && has(&b, "-32600"), "but not with an initialize in it");
	end(&b);
}

static void test_both(struct loop *l)
{
	struct bed b;
	start(&b, l, "both");
	ok(say(&b, MODERN(1, "server/discover", ""), 1) && has(&b, "supportedVersions"), "a client asks what is spoken");
	ok(say(&b, INITIALIZE(2), 1) && has(&b, "2025-11-25"), "and shakes hands all the same");
	ok(say(&b, LEGACY(3, "tools/call", "\"name\":\"x\""), 1) && has(&b, "\"calls\":") && !strstr(b.last, "serverInfo"), "its calls are of the session");
	ok(say(&b, MODERN(4, "tools/call", ",\"name\":\"x\""), 1) && has(&b, "protocolVersion"), "one with an envelope is still of the other era");
	gate_on_line(b.gate, SLICE_LIT(MODERN(5, "tools/call", ",\"name\":\"silent\"")));
	ok(say(&b, MODERN(6, "tools/call", ",\"name\":\"x\""), 1), "and goes on");
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":5}}"));
	ok(gate_counts(b.gate).in_flight == 0, "a cancellation finds its call in either era");
	end(&b);
}

#define LISTEN(id) MODERN(id, "subscriptions/listen", ",\"notifications\":{\"toolsListChanged\":true}")
#define STREAM "\"io.modelcontextprotocol/subscriptionId\":"

static void test_subscriptions(struct loop *l)
{
	struct bed b;
	start(&b, l, "modern");
	ok(say(&b, LISTEN(1), 1) && has(&b, "notifications/subscriptions/acknowledged") && has(&b, STREAM "1") && !strstr(b.last, "\"id\""),
	   "a subscription is acknowledged under the client's id");
	ok(say(&b, LISTEN("two"), 1) && has(&b, STREAM "\"two\""), "a second one of the same pipe under its own");
	ok(say(&b, LISTEN(3), 1) && has(&b, "\"error\"") && has(&b, "\"id\":3"), "one more than may be open is refused");
	gate_on_line(b.gate, SLICE_LIT(MODERN(4, "tools/call", ",\"name\":\"change\"")));
	ok(until(&b, &b.n, 6), "a change and the answer to the call that made it");
	gate_on_line(b.gate, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}"));
	int n = b.n;
	gate_on_line(b.gate, SLICE_LIT(MODERN(5, "tools/call", ",\"name\":\"change\"")));
	ok(until(&b, &b.n, n + 2) && (strstr(b.last, STREAM "\"two\"") || strstr(b.before, STREAM "\"two\"")) &&
	           !strstr(b.last, STREAM "1") && !strstr(b.before, STREAM "1"), "one that was cancelled hears no more, the other does");
	ok(say(&b, LISTEN(6), 1) && has(&b, STREAM "6"), "and there is room again");
	gate_end_line(b.gate);
	ok(gate_counts(b.gate).in_flight == 0, "the end of the input ends them");
	end(&b);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	struct loop *l = loop_new();
	log_set_level(LOG_ERROR);
	if (!getenv("GH_MODERN_SERVER"))
		return 1;
	test_modern(l);
	test_cancel(l);
	test_legacy(l);
	test_batches(l);
	test_both(l);
	test_subscriptions(l);
	loop_free(&l);
	return tap_done();
}
