/* Many clients that listen to one server: of the modern era, and of the legacy one. */
#include "legacy_rig.h"
#include <malloc.h>

#define FILTER(f) "{\"notifications\":{" f "}," RIG_META "}"
#define TOOLS "\"toolsListChanged\":true"
#define PROMPTS "\"promptsListChanged\":true"
#define URIS(u) "\"resourceSubscriptions\":[" u "]"
#define CHANGED(what) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/" what "/list_changed\"}"
#define UPDATED(uri) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"" uri "\"}}"

static struct exchange_id listen_as(struct rig *r, struct seen *s, const char *grant, const char *params)
{
	struct bridge_target t = rig_target(grant, 0);
	*s = (struct seen){ 0 };
	return bridge_subscribe(r->bridge, r->u, &t, slice_str(params), &seen_events, s);
}

/* A server of the modern era: each subscriptions/listen is acknowledged with what it asks for. */
static char honoured[4096];

static void serve_modern(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	struct buf b = BUF_INIT(1u << 20);
	if (slice_is(m->method, "server/discover")) {
		rig_reply(r, q->id, id,
		          "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{},\"ttlMs\":0,\"cacheScope\":\"private\"}");
		r->calls--;
		return;
	}
	if (!slice_is(m->method, "subscriptions/listen")) {
		rig_reply(r, q->id, id, "{\"resultType\":\"complete\"}");
		return;
	}
	json_write(&b, json_gets(m->params, "notifications"));
	snprintf(honoured, sizeof honoured, "%s", buf_str(&b));
	buf_clear(&b);
	buf_addf(&b,
	         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":%s,"
	         "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":%s}}}",
	         honoured, id);
	r->stream = q->id;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	rig_event(r, q->id, buf_str(&b));
	buf_release(&b);
}

static void start_modern(struct rig *r)
{
	rig_start(r, 0);
	r->is_modern = true;
	r->on_call = serve_modern;
}

static void tell(struct rig *r, const char *text)
{
	/* Of the subscription that the last stream is. */
	struct buf b = BUF_INIT(65536);
	size_t n = strlen(text);
	bool has_params = strstr(text, "\"params\":{") != NULL;
	buf_add(&b, text, n - (has_params ? 2 : 1));
	buf_addf(&b, "%s\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":%s}}}", has_params ? "," : ",\"params\":{", r->call_id);
	rig_event(r, r->stream, buf_str(&b));
	buf_release(&b);
}

static void test_one_stream(void)
{
	struct rig r;
	struct seen a, b, c;
	start_modern(&r);
	listen_as(&r, &a, "g", FILTER(TOOLS));
	listen_as(&r, &b, "h", FILTER(TOOLS "," PROMPTS));
	ok(run_until(r.loop, &a.messages, 1) && run_until(r.loop, &b.messages, 1) && a.opened == 1, "two listen");
	ok(r.calls == 1 && has(honoured, "tools") && has(honoured, "prompts"), "by one stream with what both want: %s", honoured);
	ok(has(a.first, "subscriptions/acknowledged") && has(a.first, "toolsListChanged") && !has(a.first, "prompts"),
	   "each is acknowledged what it asked for: %s", a.first);
	ok(has(b.first, "promptsListChanged"), "and no less");
	listen_as(&r, &c, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &c.messages, 1) && r.calls == 1, "a third that wants no more needs no other stream");
	tell(&r, CHANGED("prompts"));
	tell(&r, CHANGED("tools"));
	ok(run_until(r.loop, &c.messages, 2) && a.messages == 2 && b.messages == 3 && has(c.last, "tools/list_changed"),
	   "each is told what it listens to, and nothing else");
	rig_stop(&r);
	ok(a.done == 1 && a.failure == UPSTREAM_BROKEN && b.done == 1 && c.done == 1, "a server that is removed ends all");
}

static void test_more_is_wanted(void)
{
	struct rig r;
	struct seen a, b;
	start_modern(&r);
	struct exchange_id first = listen_as(&r, &a, "g", FILTER(TOOLS));
	(void)run_until(r.loop, &a.messages, 1);
	struct exchange_id second = listen_as(&r, &b, "g", FILTER(URIS("\"file:///a\",\"file:///b/\"")));
	ok(run_until(r.loop, &b.messages, 1) && r.calls == 2 && has(honoured, "file:///a") && has(honoured, "toolsListChanged"),
	   "who wants more makes another stream with all of it: %s", honoured);
	ok(has(b.first, "[\"file:///a\",\"file:///b/\"]") && run_until(r.loop, &r.gone, 1), "which takes the place of the first");
	tell(&r, CHANGED("tools"));
	tell(&r, UPDATED("file:///c"));
	tell(&r, UPDATED("file:///ab"));
	tell(&r, UPDATED("file:///b/x"));
	ok(run_until(r.loop, &b.messages, 2) && has(b.last, "file:///b/x") && a.messages == 2, "a resource below one is one: %s", b.last);
	bridge_cancel(r.bridge, r.u, first, "gone");
	bridge_cancel(r.bridge, r.u, second, "gone");
	ok(run_until(r.loop, &r.gone, 2) && a.done == 0, "when nobody listens any more the stream is closed");
	ok(list_empty(&r.bridge->running), "and nothing is left");
	rig_stop(&r);
}

static void test_gap(void)
{
	struct rig r;
	struct seen a;
	start_modern(&r);
	listen_as(&r, &a, "g", FILTER(TOOLS "," URIS("\"file:///a\"")));
	(void)run_until(r.loop, &a.messages, 1);
	http_abort(r.back, r.stream);
	ok(run_until(r.loop, &r.calls, 2) && run_until(r.loop, &a.messages, 3) && a.done == 0, "a stream that broke is taken up again");
	ok(has(a.last, "file:///a"), "and who listens is told that something may have changed: %s", a.last);
	rig_stop(&r);
}

static void refuse_listen(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	if (slice_is(m->method, "server/discover"))
		serve_modern(r, q, m, id);
	else
		rig_fail(r, q->id, 404, id, "{\"code\":-32601,\"message\":\"no\"}");
}

static void test_refused(void)
{
	struct rig r;
	struct seen a;
	start_modern(&r);
	r.on_call = refuse_listen;
	listen_as(&r, &a, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &a.done, 1) && a.messages == 0, "who cannot listen is told: %s %s", a.answer, a.why);
	listen_as(&r, &a, "g", "{\"notifications\":{\"toolsListChanged\":1}," RIG_META "}");
	ok(run_until(r.loop, &a.done, 1) && a.kind == MCP_ERROR && has(a.answer, "-32602"), "so is who asks for nonsense: %s", a.answer);
	rig_stop(&r);
}

static void test_slow(void)
{
	struct rig r;
	struct seen a, b;
	start_modern(&r);
	struct exchange_id slow = listen_as(&r, &a, "g", FILTER(TOOLS));
	listen_as(&r, &b, "g", FILTER(TOOLS));
	(void)run_until(r.loop, &a.messages, 1);
	bridge_pause(r.bridge, r.u, slow, true);
	for (int i = 0; i < 3; i++)
		tell(&r, CHANGED("tools"));
	ok(run_until(r.loop, &b.messages, 4) && a.messages == 1, "who does not read holds nobody else up");
	bridge_pause(r.bridge, r.u, slow, false);
	ok(run_until(r.loop, &a.messages, 2), "and is told once when it reads again");
	rig_settle(&r);
	ok(a.messages == 2, "only once");
	rig_stop(&r);
}

static void test_legacy(void)
{
	struct rig r;
	struct seen a, b;
	rig_start(&r, 0);
	struct exchange_id first = listen_as(&r, &a, "g", FILTER(TOOLS "," PROMPTS "," URIS("\"file:///a\"")));
	ok(run_until(r.loop, &a.messages, 1) && r.opened == 1 && r.listens == 1 && r.subscribes == 1 && !strcmp(r.last_uri, "file:///a"),
	   "a legacy server: a session, its stream, and the resource is subscribed to");
	ok(has(a.first, "toolsListChanged") && has(a.first, "file:///a") && !has(a.first, "prompts"), "what it cannot tell of is not acknowledged: %s", a.first);
	struct exchange_id second = listen_as(&r, &b, "h", FILTER(URIS("\"file:///a\"")));
	ok(run_until(r.loop, &b.messages, 1) && r.opened == 1 && r.listens == 1 && r.subscribes == 1, "another shares all of it");
	rig_event(&r, r.stream, UPDATED("file:///a"));
	rig_event(&r, r.stream, CHANGED("tools"));
	ok(run_until(r.loop, &a.messages, 3) && b.messages == 2 && has(b.last, "file:///a"), "each hears what is its own");
	bridge_cancel(r.bridge, r.u, first, "gone");
	rig_settle(&r);
	ok(r.unsubscribes == 0, "what another listens to stays subscribed");
	bridge_cancel(r.bridge, r.u, second, "gone");
	ok(run_until(r.loop, &r.unsubscribes, 1) && run_until(r.loop, &r.deletes, 1), "then it does not, and the session is closed");
	rig_stop(&r);
}

static void test_legacy_gap(void)
{
	struct rig r;
	struct seen a;
	rig_start(&r, 0);
	listen_as(&r, &a, "g", FILTER(TOOLS "," URIS("\"file:///a\"")));
	(void)run_until(r.loop, &a.messages, 1);
	http_end(r.back, r.stream);
	ok(run_until(r.loop, &r.listens, 2) && run_until(r.loop, &a.messages, 3), "a stream that ended is taken up again, and who listens told");
	ok(r.subscribes == 1, "the session still has its subscriptions");
	r.lost_n = 1;
	http_end(r.back, r.stream);
	ok(run_until(r.loop, &r.opened, 2) && run_until(r.loop, &r.subscribes, 2) && run_until(r.loop, &a.messages, 5),
	   "a session that was lost is opened again, with what was subscribed to");
	ok(a.done == 0, "and nobody had to come again");
	rig_stop(&r);
	rig_start(&r, 0);
	r.has_no_stream = true;
	listen_as(&r, &a, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &a.messages, 1) && has(a.first, "\"notifications\":{}"), "a server that tells nothing by itself honours nothing: %s", a.first);
	rig_stop(&r);
	rig_start(&r, 0);
	r.stream_status = 500;
	listen_as(&r, &a, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &a.done, 1) && a.failure == UPSTREAM_BROKEN, "so is a stream that cannot: %s", a.why);
	rig_stop(&r);
	rig_start(&r, 0);
	r.lost_n = 100;
	listen_as(&r, &a, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &a.done, 1) && a.failure == UPSTREAM_BROKEN, "and a session that is lost at once: %s", a.why);
	rig_stop(&r);
	rig_start(&r, 0);
	r.open_status = 401;
	listen_as(&r, &a, "g", FILTER(TOOLS));
	ok(run_until(r.loop, &a.done, 1) && a.failure == UPSTREAM_REFUSED, "a session that cannot be opened is said at once: %s", a.why);
	rig_stop(&r);
}

#define MANY 10000

static void count_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	(void)id;
	(void)m;
	++*(int *)ctx;
}

static void test_many(void)
{
	struct rig r;
	static const struct upstream_events events = { .on_message = count_message };
	int heard = 0;
	start_modern(&r);
	struct bridge_target t = rig_target("g", 0);
	struct seen first;
	listen_as(&r, &first, "g", FILTER(TOOLS "," URIS("\"file:///a\"")));
	(void)run_until(r.loop, &first.messages, 1);
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < MANY; i++)
		bridge_subscribe(r.bridge, r.u, &t, SLICE_LIT(FILTER(TOOLS "," URIS("\"file:///a\""))), &events, &heard);
	ok(run_until(r.loop, &heard, MANY), "%d listen", MANY);
	size_t each = (mallinfo2().uordblks - before) / MANY;
	ok(each < 2048, "in %zu bytes each", each);
	ok(r.calls == 1, "by one stream");
	tell(&r, CHANGED("tools"));
	ok(run_until(r.loop, &heard, 2 * MANY), "all are told of a change");
	tell(&r, UPDATED("file:///a"));
	ok(run_until(r.loop, &heard, 3 * MANY), "and of an update");
	rig_stop(&r);
}

static void test_topic_limit(void)
{
	struct rig r;
	struct seen s;
	struct buf b = BUF_INIT(1u << 20);
	rig_start(&r, 0);
	r.on_call = rig_answer_ok;
	for (int n = 0; n < LIMIT_HUB_TOPICS / LIMIT_SUBSCRIPTIONS; n++) {
		buf_clear(&b);
		buf_adds(&b, "{\"notifications\":{\"resourceSubscriptions\":[");
		for (int i = 0; i < LIMIT_SUBSCRIPTIONS; i++)
			buf_addf(&b, "%s\"x:%d-%d\"", i ? "," : "", n, i);
		buf_adds(&b, "]}}");
		listen_as(&r, &s, "g", buf_str(&b));
	}
	ok(run_until(r.loop, &s.messages, 1), "%d resources are listened to", LIMIT_HUB_TOPICS);
	ok(run_until(r.loop, &r.subscribes, LIMIT_HUB_TOPICS), "each is subscribed to");
	listen_as(&r, &s, "g", FILTER(URIS("\"x:more\"")));
	ok(run_until(r.loop, &s.done, 1) && s.failure == UPSTREAM_BUSY, "one more is not: %s", s.why);
	buf_release(&b);
	rig_stop(&r);
}

int main(void)
{
	test_one_stream();
	test_more_is_wanted();
	test_gap();
	test_refused();
	test_slow();
	test_legacy();
	test_legacy_gap();
	test_many();
	test_topic_limit();
	return tap_done();
}
