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
	ok(rig_is_idle(&r), "nothing is left");
	rig_stop(&r);
	return tap_done();
}
