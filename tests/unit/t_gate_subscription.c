/* subscriptions/listen of modern clients: what they hear, and how their streams end. */
#include "gate_rig.h"

#define NOW "2026-07-28"
#define LISTEN(id, filter)                                                                                             \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"subscriptions/listen\",\"params\":{\"_meta\":{"                  \
	"\"io.modelcontextprotocol/protocolVersion\":\"" NOW "\",\"io.modelcontextprotocol/clientCapabilities\":{}}," \
	"\"notifications\":{" filter "}}}"

static struct http_request_id streams[64];
static int stream_n;
static const char *honoured;

static void event(struct rig *r, struct http_request_id to, const char *method, const char *params)
{
	char text[1024];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/%s\",\"params\":{%s%s\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":99}}}",
	         method, params, params[0] ? "," : "");
	rig_event(r, to, text);
}

static void answer_listen(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char params[512];
	if (!slice_is(m->method, "subscriptions/listen")) {
		rig_answer_ok(r, q, m, id);
		return;
	}
	streams[stream_n] = q->id;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	snprintf(params, sizeof params, "\"notifications\":{%s}", honoured);
	event(r, q->id, "subscriptions/acknowledged", params);
	stream_n++;
}

static void refuse_listen(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	struct buf b = BUF_INIT(4096);
	mcp_write_error(&b, slice_str(id), MCP_METHOD_NOT_FOUND, "unknown method", slice_of(NULL, 0));
	http_respond(r->back, q->id, 404, rig_json, 1, buf_slice(&b));
	buf_release(&b);
}

static void answer_discover(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"supportedVersions\":[\"" NOW "\"],\"capabilities\":{\"tools\":{}},"
	                        "\"cacheScope\":\"public\",\"ttlMs\":1}");
}

static void listen_as(struct rig *r, struct asked *a, const char *body)
{
	r->extra[0] = (struct http_header){ SLICE_LIT("MCP-Protocol-Version"), SLICE_LIT(NOW) };
	r->extra[1] = (struct http_header){ SLICE_LIT("Mcp-Method"), SLICE_LIT("subscriptions/listen") };
	r->extra_n = 2;
	ask(r, a, NULL, body);
	r->extra_n = 0;
}

static int count(struct asked *a, const char *text)
{
	int n = 0;
	for (const char *p = buf_str(&a->got); (p = strstr(p, text)); p++)
		n++;
	return n;
}

static bool hears(struct rig *r, struct asked *a, const char *text)
{
	for (int i = 0; i < 100 && !asked_has(a, text); i++)
		rig_settle(r);
	return asked_has(a, text);
}

static int left_out;

static void count_left_out(struct rig *r, const struct audit_entry *en)
{
	(void)r;
	left_out += slice_is(en->record.method, "subscriptions/listen") && en->record.decision == AUDIT_DENY &&
	            slice_is(en->record.target, "file:///etc/passwd");
}

static void test_filter(struct rig *r)
{
	struct asked a;
	int before = stream_n;
	r->on_record = count_left_out;
	honoured = "\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///pub/a\",\"file:///pub/x\"]";
	listen_as(r, &a, LISTEN("\"l1\"", "\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///pub/a\",\"file:///pub/b\",\"file:///etc/passwd\"]"));
	ok(rig_until(r, &stream_n, before + 1) && hears(r, &a, "acknowledged"), "the stream begins with what is honoured");
	ok(strstr(r->last_call, "\"resourceSubscriptions\":[\"file:///pub/a\",\"file:///pub/b\"]") != NULL, "the server is asked for what the policy allows: %s",
	   r->last_call);
	ok(asked_has(&a, "\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///pub/a\"]}"), "and the rest is not honoured: %s",
	   buf_str(&a.got));
	ok(asked_has(&a, "\"io.modelcontextprotocol/subscriptionId\":\"l1\""), "under the id of the request");
	ok(left_out == 1, "what was left out is recorded");
	r->on_record = NULL;
	event(r, streams[before], "prompts/list_changed", "");
	event(r, streams[before], "resources/updated", "\"uri\":\"file:///etc/passwd\"");
	event(r, streams[before], "message", "\"level\":\"error\",\"data\":1");
	event(r, streams[before], "resources/updated", "\"uri\":\"file:///pub/a\"");
	event(r, streams[before], "tools/list_changed", "");
	ok(hears(r, &a, "tools/list_changed"), "it hears what it asked for");
	ok(asked_has(&a, "resources/updated") && !asked_has(&a, "prompts") && !asked_has(&a, "passwd") && !asked_has(&a, "error"), "and nothing else: %s",
	   buf_str(&a.got));
	ok(count(&a, "\"io.modelcontextprotocol/subscriptionId\":\"l1\"") == 3 && !asked_has(&a, ":99"), "always under its own id");
	ok(gate_counts(r->gate).streams == 1 && !gate_counts(r->gate).in_flight, "it is a stream and no call");
	int gone = r->gone;
	asked_release(&a);
	ok(rig_until(r, &r->gone, gone + 1), "a client that leaves ends the stream at the server");
	ok(rig_is_idle(r), "nothing is left");
}

static void test_again(struct rig *r)
{
	struct asked a;
	int before = stream_n;
	honoured = "\"toolsListChanged\":true";
	listen_as(r, &a, LISTEN("7", "\"toolsListChanged\":true"));
	ok(rig_until(r, &stream_n, before + 1) && hears(r, &a, "acknowledged"), "a client listens");
	http_abort(r->back, streams[before]);
	ok(rig_until(r, &stream_n, before + 2) && !a.ended, "a server that breaks off is listened to again");
	ok(hears(r, &a, "tools/list_changed"), "and the client is told to look anew");
	ok(count(&a, "acknowledged") == 1 && asked_has(&a, "subscriptionId\":7"), "on the stream that it has: %s", buf_str(&a.got));
	gate_end_streams(r->gate);
	ok(rig_until(r, &a.ended, 1) && !a.is_broken, "the gate ends a stream in order");
	ok(asked_has(&a, "\"id\":7,\"result\":{\"resultType\":\"complete\""), "with the answer to its request: %s", buf_str(&a.got));
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_refused(struct rig *r)
{
	struct asked a;
	r->on_call = refuse_listen;
	listen_as(r, &a, LISTEN("1", "\"toolsListChanged\":true"));
	ok(rig_until(r, &a.ended, 1) && a.status == 404 && asked_has(&a, "-32601"), "a server without streams says so: %d %s", a.status, buf_str(&a.got));
	asked_release(&a);
	r->on_call = answer_listen;
	listen_as(r, &a, LISTEN("1", "\"toolsListChanged\":1"));
	ok(rig_until(r, &a.ended, 1) && asked_has(&a, "-32602"), "a filter of another form is refused: %s", buf_str(&a.got));
	asked_release(&a);
	listen_as(r, &a, LISTEN("1", "\"taskIds\":[\"t\"]"));
	ok(rig_until(r, &a.ended, 1) && a.status == 400 && asked_has(&a, "-32021"), "tasks of a client that declares none: %s", buf_str(&a.got));
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

#define POLICY(tools, rest) "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{" tools "}" rest "}"
#define RESOURCES ",\"resources\":{\"default\":\"deny\",\"allow\":[\"file:///pub/**\"]}"

static void change_policy(struct rig *r, const char *text)
{
	rig_set_policy(r, text);
	rig_load_grants(r);
}

static void list_tools(struct rig *r, const char *session)
{
	struct asked a;
	ok(ask_wait(r, &a, session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}") && a.status == 200, "tools are listed");
	asked_release(&a);
}

static void answer_more(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"tools\":[" RIG_TOOL("free") "," RIG_TOOL("more") "]}");
}

static void test_changes(struct rig *r)
{
	struct asked a, old, b;
	char session[2048];
	rig_session(r, RIG_INIT("2025-11-25"), session);
	list_tools(r, session);
	listen_as(r, &a, LISTEN("1", "\"toolsListChanged\":true,\"resourcesListChanged\":true"));
	ok(hears(r, &a, "acknowledged"), "a client listens");
	int before = r->listens;
	ask_send(r, &old, HTTP_GET, session, slice_of(NULL, 0));
	ok(rig_until(r, &r->listens, before + 1), "and one of the older era");
	change_policy(r, RIG_POLICY);
	rig_settle(r);
	ok(!asked_has(&a, "list_changed") && !asked_has(&old, "list_changed"), "a policy that says the same changes nothing: %s", buf_str(&a.got));
	change_policy(r, POLICY("\"free\":{},\"few\":{},\"none\":{}", RESOURCES));
	rig_settle(r);
	ok(!asked_has(&a, "list_changed"), "nor does one that shows the same: %s", buf_str(&a.got));
	change_policy(r, POLICY("\"free\":{}", RESOURCES));
	ok(hears(r, &a, "tools/list_changed") && hears(r, &old, "tools/list_changed"), "one that shows less of the tools is told to both");
	ok(!asked_has(&a, "resources/") && !asked_has(&old, "resources/") && !asked_has(&old, "prompts/"), "and nothing else is: %s", buf_str(&old.got));
	change_policy(r, POLICY("\"free\":{}", ""));
	ok(hears(r, &a, "resources/list_changed") && hears(r, &old, "resources/list_changed"), "so is one that says else of resources");
	ok(count(&a, "tools/list_changed") == 1 && count(&old, "tools/list_changed") == 1, "and the tools are as before");
	change_policy(r, POLICY("\"free\":{},\"more\":{}", ""));
	rig_settle(r);
	ok(count(&a, "tools/list_changed") == 1, "a tool that is not there is none: %s", buf_str(&a.got));
	r->on_list = answer_more;
	list_tools(r, session);
	for (int i = 0; i < 100 && count(&a, "tools/list_changed") < 2; i++)
		rig_settle(r);
	ok(count(&a, "tools/list_changed") == 2 && count(&old, "tools/list_changed") == 2, "when the server has it, both are told");
	ok(ask_wait(r, &b, NULL, RIG_INIT("2025-11-25")) && asked_has(&b, "\"tools\":{\"listChanged\":true}"), "which the handshake says: %s", buf_str(&b.got));
	asked_release(&b);
	int gone = r->gone;
	asked_release(&a);
	asked_release(&old);
	ok(rig_until(r, &r->gone, gone + 1), "they leave");
	r->on_list = rig_answer_list;
	change_policy(r, RIG_POLICY);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_keep_alive(struct rig *r)
{
	struct asked a;
	listen_as(r, &a, LISTEN("1", "\"toolsListChanged\":true"));
	ok(hears(r, &a, "acknowledged"), "a client listens");
	for (int i = 0; i < LIMIT_KEEP_ALIVE_S; i++)
		stream_keep_alive(r->gate);
	/* The gate's own turns may have come to it, too. */
	ok(hears(r, &a, "\n:\n\n") && count(&a, "\n:\n") <= 2, "and gets a comment in its turn: %s", buf_str(&a.got));
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

/* By the door to all servers a resource has the name of its server before it. */
static void test_door_to_all(struct rig *r)
{
	struct asked a;
	struct err e = { 0 };
	char url[128];
	struct http_origin *one = r->origin;
	int before = stream_n;
	snprintf(url, sizeof url, "http://127.0.0.1:%d/mcp", http_server_port(r->front));
	r->origin = http_origin_new(url, &e);
	rig_must(r->origin != NULL, &e);
	honoured = "\"resourceSubscriptions\":[\"file:///pub/a\"]";
	listen_as(r, &a, LISTEN("\"all\"", "\"toolsListChanged\":true,\"resourceSubscriptions\":[\"s+file:///pub/a\",\"s+file:///etc/passwd\",\"t+file:///pub/a\"]"));
	ok(rig_until(r, &stream_n, before + 1) && hears(r, &a, "acknowledged"), "a client listens at the door to all");
	ok(strstr(r->last_call, "\"resourceSubscriptions\":[\"file:///pub/a\"]") != NULL, "its server is asked by its own name: %s", r->last_call);
	ok(asked_has(&a, "\"resourceSubscriptions\":[\"s+file:///pub/a\"]"), "and the client told by the shown one: %s", buf_str(&a.got));
	event(r, streams[before], "resources/updated", "\"uri\":\"file:///etc/passwd\"");
	event(r, streams[before], "resources/updated", "\"uri\":\"file:///pub/a\"");
	ok(hears(r, &a, "\"uri\":\"s+file:///pub/a\""), "so is a change: %s", buf_str(&a.got));
	ok(!asked_has(&a, "passwd") && count(&a, "subscriptionId\":\"all\"") == 2, "of what it may read, on its stream");
	asked_release(&a);
	http_origin_free(&r->origin);
	r->origin = one;
	ok(rig_is_idle(r), "nothing is left");
}

static void test_limit(struct rig *r)
{
	struct asked a[4];
	for (int i = 0; i < 3; i++) {
		listen_as(r, &a[i], LISTEN("1", "\"toolsListChanged\":true"));
		ok(hears(r, &a[i], "acknowledged"), "stream %d of as many as there may be", i + 1);
	}
	listen_as(r, &a[3], LISTEN("1", "\"toolsListChanged\":true"));
	ok(rig_until(r, &a[3].ended, 1) && a[3].status == 503, "and one more is refused: %d", a[3].status);
	for (int i = 0; i < 4; i++)
		asked_release(&a[i]);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_grant_ends(struct rig *r)
{
	struct asked a;
	struct err e = { 0 };
	int before = stream_n;
	listen_as(r, &a, LISTEN("1", "\"toolsListChanged\":true"));
	ok(rig_until(r, &stream_n, before + 1) && hears(r, &a, "acknowledged"), "a client listens");
	rig_must(store_grant_revoke(r->store, r->grant_id, &e), &e);
	rig_load_grants(r);
	ok(rig_until(r, &a.ended, 1) && asked_has(&a, "\"resultType\":\"complete\""), "its stream ends in order with its grant");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void few_streams(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->streams_max = 3;
}

int main(void)
{
	static struct rig r;
	rig_start(&r, few_streams);
	r.on_discover = answer_discover;
	r.on_call = answer_listen;
	test_filter(&r);
	test_again(&r);
	test_refused(&r);
	test_changes(&r);
	test_keep_alive(&r);
	test_door_to_all(&r);
	test_limit(&r);
	test_grant_ends(&r);
	rig_stop(&r);
	return tap_done();
}
