/* What a client of MCP 2026-07-28 gets over HTTP: each request by itself, decided as any other. */
#include "gate_rig.h"

#define ENVELOPE(version, caps) \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" version "\",\"io.modelcontextprotocol/clientInfo\":" \
	"{\"name\":\"m\",\"version\":\"2\"},\"io.modelcontextprotocol/clientCapabilities\":" caps "}"
#define NOW "2026-07-28"
#define REQUEST(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"" method "\",\"params\":{" params "}}"
#define CALL(tool) REQUEST("tools/call", "\"name\":\"" tool "\",\"arguments\":{}," ENVELOPE(NOW, "{}"))

static void set_header(struct rig *r, const char *name, const char *value)
{
	size_t i = 0;
	while (i < r->extra_n && !slice_is(r->extra[i].name, name))
		i++;
	if (value)
		r->extra[i] = (struct http_header){ slice_str(name), slice_str(value) };
	else if (i < r->extra_n)
		r->extra[i] = r->extra[r->extra_n - 1];
	r->extra_n += value ? i == r->extra_n : i < r->extra_n ? (size_t)-1 : 0;
}

static void set_headers(struct rig *r, const char *version, const char *method, const char *name)
{
	set_header(r, "MCP-Protocol-Version", version);
	set_header(r, "Mcp-Method", method);
	set_header(r, "Mcp-Name", name);
}

/* One request with the headers that belong to it; what it got stays in *a. */
static bool ask_modern(struct rig *r, struct asked *a, const char *method, const char *name, const char *body)
{
	set_headers(r, NOW, method, name);
	bool is_there = ask_wait(r, a, NULL, body);
	set_headers(r, NULL, NULL, NULL);
	return is_there;
}

/* Is it answered with this status and this code, and did nothing reach the server? */
static void refused(struct rig *r, const char *body, int status, const char *code, const char *what)
{
	struct asked a;
	int calls = r->calls;
	ok(ask_wait(r, &a, NULL, body) && a.status == status, "%s: %d", what, a.status);
	ok(asked_has(&a, code) && asked_has(&a, "\"id\":\"q\""), "as %s for its id: %s", code, buf_str(&a.got));
	ok(r->calls == calls, "and the server hears nothing");
	asked_release(&a);
}

static void test_envelope(struct rig *r)
{
	set_headers(r, NOW, "tools/call", "free");
	refused(r, REQUEST("tools/call", "\"name\":\"free\""), 400, "-32602", "a request without an envelope");
	refused(r, REQUEST("tools/call", "\"name\":\"free\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NOW "\"}"), 400,
	        "-32602", "an envelope without capabilities");
	refused(r, REQUEST("tools/call", "\"name\":\"free\"," ENVELOPE("v999", "{}")), 400, "-32020", "another version in the body");
	set_header(r, "MCP-Protocol-Version", "v999");
	refused(r, REQUEST("tools/call", "\"name\":\"free\"," ENVELOPE("v999", "{}")), 400, "-32022", "a version that is none");
	set_header(r, "MCP-Protocol-Version", NULL);
	refused(r, CALL("free"), 400, "-32020", "no header of the version");
	set_headers(r, NOW, NULL, "free");
	refused(r, CALL("free"), 400, "-32020", "no header of the method");
	set_headers(r, NOW, "tools/list", "free");
	refused(r, CALL("free"), 400, "-32020", "the header of another method");
	set_headers(r, NOW, "tools/call", NULL);
	refused(r, CALL("free"), 400, "-32020", "no header of the name");
	set_headers(r, NOW, "tools/call", "few");
	refused(r, CALL("free"), 400, "-32020", "the header of another tool");
	set_headers(r, NOW, "tools/call", "free");
	r->extra[r->extra_n++] = (struct http_header){ SLICE_LIT("mcp-name"), SLICE_LIT("free") };
	refused(r, CALL("free"), 400, "-32020", "a header that is there twice");
	r->extra_n--;
	set_headers(r, NULL, NULL, NULL);
}

static void test_methods(struct rig *r)
{
	static const char *const gone[] = { "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe",
		                            "tasks/list", "tasks/result", "rpc.discover" };
	char body[1024];
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		set_headers(r, NOW, gone[i], NULL);
		snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"%s\",\"params\":{\"uri\":\"file:///pub/a\"," ENVELOPE(NOW, "{}") "}}",
		         gone[i]);
		refused(r, body, 404, "-32601", gone[i]);
	}
	set_headers(r, NOW, "tasks/get", "t");
	refused(r, REQUEST("tasks/get", "\"taskId\":\"t\"," ENVELOPE(NOW, "{}")), 400, "-32021", "a task of a client that declares none");
	set_headers(r, NULL, NULL, NULL);
}

static void test_calls(struct rig *r)
{
	struct asked a;
	ok(ask_modern(r, &a, "tools/call", "free", CALL("free")) && a.status == 200, "an allowed tool is called: %d", a.status);
	ok(asked_has(&a, "\"id\":\"q\"") && asked_has(&a, "done"), "and answers");
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "never", CALL("never")) && a.status == 200, "a refused one is answered, too");
	ok(asked_has(&a, "[POLICY DENIED]") && asked_has(&a, "\"resultType\":\"complete\""), "in words, as a complete result");
	asked_release(&a);
	ok(ask_modern(r, &a, "resources/read", "file:///etc/passwd", REQUEST("resources/read", "\"uri\":\"file:///etc/passwd\"," ENVELOPE(NOW, "{}"))) &&
	           a.status == 200,
	   "a refused resource is answered");
	ok(asked_has(&a, "-32602") && asked_has(&a, "[POLICY DENIED]"), "as one that does not exist");
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "free",
	              REQUEST("tools/call", "\"name\":\"free\"," ENVELOPE(NOW, "{\"sampling\":{},\"elicitation\":{},\"roots\":{},\"x\":1}"))) &&
	           a.status == 200,
	   "a client that can be asked calls");
	ok(strstr(r->last_call, "\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{},\"x\":1}") != NULL,
	   "the server is told what the policy lets it ask: %s", r->last_call);
	asked_release(&a);
	ok(ask_wait(r, &a, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}") && a.status == 400,
	   "a request of the older era has no session");
	asked_release(&a);
}

static void answer_hinted(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"ttlMs\":5,\"cacheScope\":\"public\",\"tools\":[" RIG_TOOL("free") "," RIG_TOOL("never") "]}");
}

static void answer_discover(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"supportedVersions\":[\"2027-01-01\",\"2026-07-28\"],"
	                        "\"capabilities\":{\"tools\":{},\"extensions\":{\"a.b/c\":{}}},\"cacheScope\":\"public\",\"ttlMs\":1,"
	                        "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}");
}

static void test_lists(struct rig *r)
{
	struct asked a;
	r->on_list = answer_hinted;
	ok(ask_modern(r, &a, "tools/list", NULL, REQUEST("tools/list", ENVELOPE(NOW, "{}"))) && a.status == 200, "tools are listed");
	ok(asked_has(&a, "\"free\"") && !asked_has(&a, "\"never\""), "those that the policy shows");
	ok(asked_has(&a, "\"ttlMs\":5") && asked_has(&a, "\"cacheScope\":\"private\"") && asked_has(&a, "\"resultType\":\"complete\""),
	   "with the hints of the server, for this client alone: %s", buf_str(&a.got));
	asked_release(&a);
	r->on_list = rig_answer_list;
	ok(ask_modern(r, &a, "server/discover", NULL, REQUEST("server/discover", ENVELOPE(NOW, "{}"))) && a.status == 200, "the server is discovered");
	ok(asked_has(&a, "\"supportedVersions\":[\"2026-07-28\"]") && asked_has(&a, "\"a.b/c\"") && asked_has(&a, "\"cacheScope\":\"private\"") &&
	           asked_has(&a, "\"name\":\"s\""),
	   "by the version that both speak: %s", buf_str(&a.got));
	asked_release(&a);
}

static void test_other_messages(struct rig *r)
{
	struct asked a;
	set_header(r, "MCP-Protocol-Version", NOW);
	int notes = r->notes;
	ok(ask_wait(r, &a, NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"q\"}}") && a.status == 202,
	   "a notification is taken: %d", a.status);
	asked_release(&a);
	ok(r->notes == notes, "and goes nowhere");
	ok(ask_wait(r, &a, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}") && a.status == 400, "an answer is refused: %d", a.status);
	asked_release(&a);
	ok(ask_wait(r, &a, NULL, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" ENVELOPE(NOW, "{}") "}}]") && a.status == 400,
	   "a batch is refused: %d", a.status);
	asked_release(&a);
	ask_send(r, &a, HTTP_GET, "any", slice_of(NULL, 0));
	ok(rig_until(r, &a.ended, 1) && a.status == 405, "there is no stream to get: %d", a.status);
	asked_release(&a);
	ask_send(r, &a, HTTP_DELETE, "any", slice_of(NULL, 0));
	ok(rig_until(r, &a.ended, 1) && a.status == 405, "nor a session to end: %d", a.status);
	asked_release(&a);
	set_header(r, "MCP-Protocol-Version", NULL);
}

#define ASK(method) "{\"method\":\"" method "\",\"params\":{\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\"},\"messages\":[],\"maxTokens\":1}}"
static const char *asked_for;

static void answer_asking(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char text[1024];
	(void)m;
	snprintf(text, sizeof text, "{\"resultType\":\"input_required\",\"inputRequests\":{%s},\"requestState\":\"opaque\"}", asked_for);
	rig_reply(r, q->id, id, text);
}

static int asks_recorded, asks_denied;

static void count_asks(struct rig *r, const struct audit_entry *en)
{
	(void)r;
	if (!slice_is(en->record.method, "sampling/createMessage") && !slice_is(en->record.method, "elicitation/create"))
		return;
	asks_recorded++;
	asks_denied += en->record.decision == AUDIT_DENY;
}

#define CALL_BY(caps) REQUEST("tools/call", "\"name\":\"free\"," ENVELOPE(NOW, caps))

static void test_asks(struct rig *r)
{
	struct asked a;
	r->on_call = answer_asking;
	r->on_record = count_asks;
	asked_for = "\"a\":" ASK("sampling/createMessage");
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{\"sampling\":{}}")) && a.status == 200, "a server asks for what the policy allows");
	ok(asked_has(&a, "\"resultType\":\"input_required\"") && asked_has(&a, "\"requestState\":\"opaque\""), "and the client sees it: %s",
	   buf_str(&a.got));
	ok(asks_recorded == 1 && !asks_denied, "which is recorded");
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{\"elicitation\":{}}")) && a.status == 200, "it asks a client that cannot");
	ok(!asked_has(&a, "input_required") && asked_has(&a, "has not declared"), "which is not shown to it: %s", buf_str(&a.got));
	asked_release(&a);
	asks_recorded = asks_denied = 0;
	asked_for = "\"a\":" ASK("sampling/createMessage") ",\"b\":" ASK("elicitation/create");
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{\"sampling\":{},\"elicitation\":{}}")) && a.status == 200, "a server asks for more than that");
	ok(!asked_has(&a, "inputRequests") && asked_has(&a, "[POLICY DENIED]") && asked_has(&a, "\"isError\":true") && asked_has(&a, "/server_requests"),
	   "and the client sees none of it: %s", buf_str(&a.got));
	ok(asks_recorded == 2 && asks_denied == 1, "each is recorded with what became of it: %d, %d", asks_recorded, asks_denied);
	asked_release(&a);
	ok(ask_modern(r, &a, "completion/complete", NULL,
	              REQUEST("completion/complete", "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"file:///pub/a\"}," ENVELOPE(NOW, "{\"sampling\":{}}"))) &&
	           !asked_has(&a, "input_required") && asked_has(&a, "where it may not"),
	   "a server asks where it may not: %s", buf_str(&a.got));
	asked_release(&a);
	r->on_record = NULL;
	r->on_call = rig_answer_ok;
	ok(ask_modern(r, &a, "tools/call", "free",
	              REQUEST("tools/call", "\"name\":\"free\",\"inputResponses\":{\"a\":{\"action\":\"cancel\"}},\"requestState\":\"opaque\"," ENVELOPE(NOW, "{}"))) &&
	           asked_has(&a, "done"),
	   "the client calls again with its answer");
	ok(strstr(r->last_call, "\"inputResponses\":{\"a\":{\"action\":\"cancel\"}},\"requestState\":\"opaque\"") != NULL, "which the server gets");
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "never",
	              REQUEST("tools/call", "\"name\":\"never\",\"requestState\":\"opaque\"," ENVELOPE(NOW, "{}"))) && asked_has(&a, "[POLICY DENIED]"),
	   "and is decided anew");
	asked_release(&a);
	set_headers(r, NOW, "tools/call", "free");
	refused(r, REQUEST("tools/call", "\"name\":\"free\",\"inputResponses\":[]," ENVELOPE(NOW, "{}")), 200, "-32602", "an answer of another form");
	set_headers(r, NULL, NULL, NULL);
}

static struct http_request_id held;
static int held_n;

static void hold(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)r;
	(void)m;
	(void)id;
	held = q->id;
	held_n++;
}

static void test_gone(struct rig *r)
{
	struct asked a;
	int gone = r->gone, told = 0;
	r->on_call = hold;
	held_n = 0;
	set_headers(r, NOW, "tools/call", "free");
	ask(r, &a, NULL, CALL("free"));
	ok(rig_until(r, &held_n, 1), "a call is under way");
	asked_release(&a);
	for (int i = 0; i < 200 && !told; i++) {
		rig_settle(r);
		told = r->gone - gone + r->cancels;
	}
	ok(told > 0, "a client that closes its request cancels it at the server");
	set_headers(r, NULL, NULL, NULL);
	r->on_call = rig_answer_ok;
	ok(rig_is_idle(r), "nothing is left");
}

#define LOG(level) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"" level "\",\"data\":\"" level "\"}}"

static void answer_talking(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char text[256];
	(void)m;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	rig_event(r, q->id, LOG("info"));
	rig_event(r, q->id, LOG("error"));
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
	rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"sampling/createMessage\",\"params\":{}}");
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"resultType\":\"complete\"}}", id);
	rig_event(r, q->id, text);
	http_end(r->back, q->id);
}

static void test_stream(struct rig *r)
{
	struct asked a;
	r->on_call = answer_talking;
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{\"sampling\":{}}")) && asked_has(&a, "complete"), "a server talks before its answer");
	ok(!asked_has(&a, "notifications/") && !asked_has(&a, "sampling/createMessage"), "of which this client asked for nothing: %s", buf_str(&a.got));
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "free",
	              REQUEST("tools/call", "\"name\":\"free\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NOW
	                                    "\",\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/logLevel\":\"warning\"}")) &&
	           asked_has(&a, "complete"),
	   "a client asks for its log");
	ok(asked_has(&a, "\"error\"") && !asked_has(&a, "\"info\"") && !asked_has(&a, "list_changed"), "from the level that it wants: %s", buf_str(&a.got));
	asked_release(&a);
	r->on_call = rig_answer_ok;
}

#define ANNOTATED                                                                                                      \
	"{\"tools\":[{\"name\":\"free\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"                             \
	"\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"}}}}]}"

static void answer_annotated(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, ANNOTATED);
}

#define CALL_IN(region) REQUEST("tools/call", "\"name\":\"free\",\"arguments\":{\"region\":\"" region "\"}," ENVELOPE(NOW, "{}"))

static void test_params(struct rig *r)
{
	struct asked a;
	r->on_list = answer_annotated;
	ok(ask_modern(r, &a, "tools/list", NULL, REQUEST("tools/list", ENVELOPE(NOW, "{}"))), "a tool has a parameter that headers repeat");
	asked_release(&a);
	set_headers(r, NOW, "tools/call", "free");
	refused(r, CALL_IN("us"), 400, "-32020", "no header of the parameter");
	set_header(r, "Mcp-Param-Region", "eu");
	refused(r, CALL_IN("us"), 400, "-32020", "the header of another value");
	set_header(r, "Mcp-Param-Region", "us");
	ok(ask_wait(r, &a, NULL, CALL_IN("us")) && a.status == 200 && asked_has(&a, "done"), "the header repeats it");
	asked_release(&a);
	set_header(r, "Mcp-Param-Region", NULL);
	set_headers(r, NULL, NULL, NULL);
	r->on_list = rig_answer_list;
	ok(ask_modern(r, &a, "tools/list", NULL, REQUEST("tools/list", ENVELOPE(NOW, "{}"))), "the tools are as before");
	asked_release(&a);
}

static void answer_lacking(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	struct buf b = BUF_INIT(4096);
	(void)m;
	mcp_write_error(&b, slice_str(id), MCP_MISSING_CAPABILITY, "missing", SLICE_LIT("{\"requiredCapabilities\":{\"elicitation\":{}}}"));
	http_respond(r->back, q->id, 400, rig_json, 1, buf_slice(&b));
	buf_release(&b);
}

static void test_lacking(struct rig *r)
{
	struct asked a;
	r->on_call = answer_lacking;
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{}")) && a.status == 400 && asked_has(&a, "-32021") &&
	           asked_has(&a, "\"requiredCapabilities\":{\"elicitation\":{}}"),
	   "a server that needs what the client lacks says so: %d %s", a.status, buf_str(&a.got));
	asked_release(&a);
	ok(ask_modern(r, &a, "tools/call", "free", CALL_BY("{\"elicitation\":{}}")) && a.status == 200 && asked_has(&a, "[POLICY DENIED]"),
	   "and where the policy took it out, the client is told that: %d %s", a.status, buf_str(&a.got));
	asked_release(&a);
	r->on_call = rig_answer_ok;
}

static void answer_links(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},"
	                        "{\"type\":\"resource_link\",\"uri\":\"file:///pub/a\",\"name\":\"a\"},"
	                        "{\"type\":\"resource_link\",\"uri\":\"file:///etc/passwd\",\"name\":\"b\"}],\"x\":1}");
}

static void test_links(struct rig *r)
{
	struct asked a;
	r->on_call = answer_links;
	ok(ask_modern(r, &a, "tools/call", "free", CALL("free")) && a.status == 200, "a tool answers with links");
	ok(asked_has(&a, "file:///pub/a") && !asked_has(&a, "passwd") && asked_has(&a, "[POLICY DENIED] a link") && asked_has(&a, "\"x\":1"),
	   "to what the client may read: %s", buf_str(&a.got));
	asked_release(&a);
	r->on_call = rig_answer_ok;
}

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "00-" TRACE "-b7ad6b7169203331-01"
static char parent_header[128], state_header[64], recorded_trace[64], recorded_id[64];

static void answer_traced(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	snprintf(parent_header, sizeof parent_header, "%.*s", SLICE_ARG(http_header_get(q->headers, "traceparent")));
	snprintf(state_header, sizeof state_header, "%.*s", SLICE_ARG(http_header_get(q->headers, "tracestate")));
	rig_answer_ok(r, q, m, id);
}

static void note_trace(struct rig *r, const struct audit_entry *en)
{
	(void)r;
	if (en->part != AUDIT_PART_DECISION)
		return;
	snprintf(recorded_trace, sizeof recorded_trace, "%.*s", SLICE_ARG(en->record.trace_id));
	snprintf(recorded_id, sizeof recorded_id, "%s", en->record.id);
}

static void test_trace(struct rig *r)
{
	struct asked a;
	char expected[64];
	r->on_call = answer_traced;
	r->on_record = note_trace;
	ok(ask_modern(r, &a, "tools/call", "free",
	              REQUEST("tools/call", "\"name\":\"free\",\"_meta\":{\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1\",\"io.modelcontextprotocol/protocolVersion\":\"" NOW
	                                    "\",\"io.modelcontextprotocol/clientCapabilities\":{}}")),
	   "a call is part of a trace");
	asked_release(&a);
	snprintf(expected, sizeof expected, "00-" TRACE "-%.4s%.12s-01", recorded_id + 19, recorded_id + 24);
	ok(strcmp(recorded_trace, TRACE) == 0, "which is recorded: %s", recorded_trace);
	ok(strstr(r->last_call, expected) && strstr(r->last_call, "\"tracestate\":\"a=1\"") && !strstr(r->last_call, PARENT),
	   "and goes on with the gate in it: %s", r->last_call);
	ok(!parent_header[0], "in the body alone");
	set_header(r, "traceparent", PARENT);
	set_header(r, "tracestate", "b=2");
	ok(ask_modern(r, &a, "tools/call", "free", CALL("free")), "the trace comes by headers");
	asked_release(&a);
	snprintf(expected, sizeof expected, "00-" TRACE "-%.4s%.12s-01", recorded_id + 19, recorded_id + 24);
	ok(strcmp(parent_header, expected) == 0 && strcmp(state_header, "b=2") == 0, "and goes on by headers: %s", parent_header);
	ok(strcmp(recorded_trace, TRACE) == 0 && !strstr(r->last_call, "traceparent"), "and is recorded, too");
	set_header(r, "tracestate", NULL);
	set_header(r, "traceparent", "00-" TRACE "-0000000000000000-01");
	ok(ask_modern(r, &a, "tools/call", "free", CALL("free")) && !parent_header[0] && !recorded_trace[0], "one that is none is dropped: %s", parent_header);
	asked_release(&a);
	set_header(r, "traceparent", NULL);
	r->on_record = NULL;
	r->on_call = rig_answer_ok;
}

int main(void)
{
	static struct rig r;
	rig_start(&r, NULL);
	r.on_discover = answer_discover;
	test_envelope(&r);
	test_methods(&r);
	test_calls(&r);
	test_lists(&r);
	test_other_messages(&r);
	test_asks(&r);
	test_gone(&r);
	test_stream(&r);
	test_params(&r);
	test_lacking(&r);
	test_links(&r);
	test_trace(&r);
	ok(rig_is_idle(&r), "nothing is left");
	rig_stop(&r);
	return tap_done();
}
