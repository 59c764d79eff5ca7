/* The door to all servers of a grant: who is shown, who is left out, and what stands at each limit. */
#include "gate_rig.h"

static char instructions[LIMIT_MERGE_INSTRUCTIONS * 2];

static bool is_for(const struct http_request *q, const char *server)
{
	return slice_starts(q->path, slice_str(server));
}

/* Each server has a tool of its own name; "mute" never answers, "paged" has pages without an end. */
static void list_by_path(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char text[512];
	if (is_for(q, "/mute"))
		return;
	if (is_for(q, "/paged")) {
		snprintf(text, sizeof text, "{\"tools\":[{\"name\":\"p%d\",\"inputSchema\":{\"type\":\"object\"}}],\"nextCursor\":\"\"}", r->lists);
		rig_reply(r, q->id, id, text);
		return;
	}
	(void)m;
	rig_reply(r, q->id, id, "{\"tools\":[" RIG_TOOL("free") "," RIG_TOOL("a.dotted.name") "]}");
}

static void add_server(struct rig *r, const char *name)
{
	char url[128];
	struct err e = { 0 };
	struct upstream_opts o = upstream_defaults();
	snprintf(url, sizeof url, "http://127.0.0.1:%d/%s", http_server_port(r->back), name);
	struct store_server s = { .name = name, .transport = STORE_HTTP, .url = url, .is_enabled = true };
	o.name = name;
	o.url = url;
	o.call_timeout_ms = 15000;
	rig_must(store_server_put(r->store, &s, &e) && registry_put(r->registry, &o, &e), &e);
}

static void add_grant(struct rig *r, const struct store_binding *bindings, size_t n)
{
	struct err e = { 0 };
	struct store_grant grant = { .label = bindings[0].server, .subject = "", .bindings = bindings, .binding_n = n };
	token_new(r->token, grant.token_hash);
	rig_must(store_grant_add(r->store, &grant, &e), &e);
	rig_load_grants(r);
	http_origin_free(&r->origin);
	snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/mcp", http_server_port(r->front));
	r->origin = http_origin_new(r->url, &e);
	rig_must(r->origin != NULL, &e);
}

#define LIST(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/list\"}"
#define OPEN_POLICY "{\"version\":\"1\",\"default\":\"allow\"}"

static void test_names(struct rig *r, const char *session)
{
	struct asked a;
	ok(ask_wait(r, &a, session, LIST("1")) && a.status == 200, "a list of several servers");
	ok(asked_has(&a, "\"one__free\"") && asked_has(&a, "\"A_B__free\""), "has the tools of each: %s", buf_str(&a.got));
	ok(asked_has(&a, "\"one__a_dotted_name_"), "and a name that no model takes is changed");
	ok(!asked_has(&a, "a_b__") , "of two that look the same the first is shown");
	char changed[65] = "";
	const char *at = strstr(buf_str(&a.got), "one__a_dotted_name_");
	if (at)
		snprintf(changed, sizeof changed, "%.*s", (int)strcspn(at, "\""), at);
	asked_release(&a);
	char text[256];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\"}}", changed);
	ok(ask_wait(r, &a, session, text) && asked_has(&a, "done"), "a changed name can be called");
	ok(strstr(r->last_call, "\"a.dotted.name\"") != NULL, "and the server hears its own: %s", r->last_call);
	asked_release(&a);
	ok(ask_wait(r, &a, session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}") && asked_has(&a, "-32602"),
	   "a cursor that was never given out is refused");
	asked_release(&a);
	ok(ask_wait(r, &a, session, RIG_CALL("4", "free")) && asked_has(&a, "unknown tool"), "a name without a server is unknown");
	asked_release(&a);
}

static void test_left_out(struct rig *r, const char *session)
{
	struct asked a;
	ok(ask_wait(r, &a, session, LIST("5")) && asked_has(&a, "\"one__free\"") && !asked_has(&a, "mute__"),
	   "a server that does not answer is left out, and the others are not");
	asked_release(&a);
}

static void test_pages(struct rig *r, const char *session)
{
	struct asked a;
	int n = 0;
	ok(ask_wait(r, &a, session, LIST("6")), "a server whose list never ends");
	for (const char *at = buf_str(&a.got); (at = strstr(at, "\"paged__")); at++)
		n++;
	ok(n == LIMIT_LIST_PAGES, "is asked for %d pages and no more: %d", LIMIT_LIST_PAGES, n);
	asked_release(&a);
}

static void answer_open(struct rig *r, const struct http_request *q, const char *id)
{
	struct buf b = BUF_INIT(1u << 20);
	buf_adds(&b, "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}");
	if (is_for(q, "/one") && instructions[0])
		buf_addf(&b, ",\"instructions\":\"%s\"", instructions);
	buf_addc(&b, '}');
	rig_reply(r, q->id, id, buf_str(&b));
	buf_release(&b);
}

static void test_instructions(struct rig *r, size_t n, bool is_shown)
{
	struct asked a;
	memset(instructions, 'i', n);
	instructions[n] = '\0';
	r->on_open = answer_open;
	ok(ask_wait(r, &a, NULL, RIG_INIT("2025-11-25")) && a.status == 200, "a handshake with all");
	ok(asked_has(&a, "\"instructions\"") == is_shown, "%zu bytes of instructions are %s", n, is_shown ? "passed on" : "left out");
	asked_release(&a);
	r->on_open = NULL;
}

#define NOW "2026-07-28"
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static char listed[RIG_TEXT];

static void discover(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"supportedVersions\":[\"" NOW "\"],\"capabilities\":{\"tools\":{}},"
	                        "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"},\"ttlMs\":0,\"cacheScope\":\"public\"}");
}

static void keep_list(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	snprintf(listed, sizeof listed, "%.*s", SLICE_ARG(q->body));
	rig_reply(r, q->id, id, "{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"public\",\"tools\":[" RIG_TOOL("free") "]}");
}

/* What is the client's own does not reach the servers, though all are asked the same. */
static void test_client_s_own(struct rig *r)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"progressToken\":\"gh-1\","
	                           "\"traceparent\":\"" TRACE "\",\"io.modelcontextprotocol/protocolVersion\":\"" NOW "\","
	                           "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"t\",\"version\":\"1\"},"
	                           "\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{},\"elicitation\":{},"
	                           "\"extensions\":{\"io.modelcontextprotocol/tasks\":{},\"x/y\":{}}}}}}";
	struct asked a;
	r->on_discover = discover;
	r->on_list = keep_list;
	r->extra_n = 2;
	r->extra[0] = (struct http_header){ SLICE_LIT("MCP-Protocol-Version"), SLICE_LIT(NOW) };
	r->extra[1] = (struct http_header){ SLICE_LIT("Mcp-Method"), SLICE_LIT("tools/list") };
	ok(ask_wait(r, &a, NULL, body) && a.status == 200 && asked_has(&a, "modern__free"), "a client of the newer era lists all: %s", buf_str(&a.got));
	ok(!strstr(listed, "progressToken"), "no server is told of a token for progress: %s", listed);
	ok(strstr(listed, "\"sampling\"") && !strstr(listed, "\"elicitation\""), "each hears what its own policy lets it ask");
	ok(strstr(listed, "x/y") && !strstr(listed, "io.modelcontextprotocol/tasks"), "and of no tasks");
	ok(strstr(listed, "00-0af7651916cd43dd8448eb211c80319c-") && !strstr(listed, TRACE), "the trace goes on by way of the gate");
	asked_release(&a);
	r->extra_n = 0;
	r->on_discover = NULL;
}

int main(void)
{
	struct rig r;
	char session[2048];
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	rig_set_policy(&r, OPEN_POLICY);
	r.on_list = list_by_path;
	static const char *const names[] = { "A_B", "a_b", "mute", "one", "paged" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		add_server(&r, names[i]);
	static const struct store_binding clash[] = { { "A_B", "p" }, { "a_b", "p" }, { "one", "p" } };
	add_grant(&r, clash, ARRAY_LEN(clash));
	rig_session(&r, RIG_INIT("2025-11-25"), session);
	test_names(&r, session);
	static const struct store_binding mute[] = { { "mute", "p" }, { "one", "p" } };
	add_grant(&r, mute, ARRAY_LEN(mute));
	rig_session(&r, RIG_INIT("2025-11-25"), session);
	test_left_out(&r, session);
	static const struct store_binding paged[] = { { "paged", "p" } };
	add_grant(&r, paged, ARRAY_LEN(paged));
	rig_session(&r, RIG_INIT("2025-11-25"), session);
	test_pages(&r, session);
	static const struct store_binding one[] = { { "one", "p" } };
	add_grant(&r, one, ARRAY_LEN(one));
	test_instructions(&r, LIMIT_MERGE_INSTRUCTIONS - LIMIT_NAME - 16 - 1, true);
	test_instructions(&r, LIMIT_MERGE_INSTRUCTIONS - LIMIT_NAME - 16, false);
	add_server(&r, "modern");
	rig_set_policy(&r, "{\"version\":\"1\",\"default\":\"allow\",\"server_requests\":{\"sampling\":\"allow\"}}");
	static const struct store_binding modern[] = { { "modern", "p" } };
	add_grant(&r, modern, ARRAY_LEN(modern));
	test_client_s_own(&r);
	rig_stop(&r);
	return tap_done();
}
