/* What clients and servers can say in a conversation, and when: each takes what it needs of the input. */
#ifndef CONVERSATION_H
#define CONVERSATION_H
#include "fake_io.h"
#include "base/limits.h"
#include "gate/call.h"
#include "grant/token.h"
#include "http/sse.h"
#include "../unit/folder.h"

enum { ASKS = 256, SESSIONS = 8, TEXT = 2048 };

/* Made once: what is on disk, and who may do what. */
static struct world {
	struct folder folder;
	struct store *store;
	struct journal *journal;
	struct grants *grants;
	char bearer[TOKEN_SIZE + 8];
} world;

/* One request of a client that has an id. */
struct ask {
	bool is_allowed, may_stay; /* may_stay: cancelled, or nobody is there to be told */
	bool may_repeat;           /* the server said that it has no such session: it did not run */
	unsigned heard, answered;
	size_t request;            /* by which it went */
	char event[64];            /* id of the event that answered it */
};

static struct talk {
	const uint8_t *p, *end;
	struct loop *loop;
	struct http_server front;
	struct http_client back;
	struct registry *registry;
	struct catalog *catalog;
	struct quota *quota;
	struct past *past;
	struct ledger *ledger;
	struct gate *gate;
	struct ask asks[ASKS];
	size_t ask_n;
	struct {
		char token[1024];
		unsigned version;
	} session[SESSIONS];
	size_t session_n;
	char old[SESSIONS][256]; /* where to POST to over HTTP+SSE */
	size_t old_n;
	char event[64];          /* id of the last event that came */
	char state[700];         /* the last requestState, as JSON text */
	bool is_modern;          /* the servers are */
	size_t journal_at;
} t;

static unsigned take(unsigned n)
{
	return t.p < t.end ? *t.p++ % n : 0;
}

static const char *const versions[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25" };
static const char *const doors[] = { "/mcp/h", "/mcp/p", "/mcp" };

/* Calls are known by the name of their argument, which records keep. */
static struct ask *ask_of(struct slice name, char kind)
{
	unsigned long long n;
	bool is_fit = name.n > 1 && name.p[0] == kind && slice_u64(slice_of(name.p + 1, name.n - 1), &n) && n < t.ask_n;
	return is_fit ? &t.asks[n] : NULL;
}

/* Clients */

static void send_request(enum http_method method, const char *target, const struct http_header *more, size_t more_n, const char *body)
{
	if (t.front.n == FAKE_REQUESTS)
		return;
	struct fake_request *r = &t.front.v[t.front.n++];
	struct http_header h[10];
	size_t n = 0;
	*r = (struct fake_request){ .is_open = true, .got = BUF_INIT(1u << 26) };
	arena_init(&r->arena, 1u << 24);
	h[n++] = (struct http_header){ SLICE_LIT("Host"), SLICE_LIT("127.0.0.1") };
	h[n++] = (struct http_header){ SLICE_LIT("Authorization"), slice_str(world.bearer) };
	h[n++] = (struct http_header){ SLICE_LIT("Accept"), SLICE_LIT("application/json, text/event-stream") };
	h[n++] = (struct http_header){ SLICE_LIT("Content-Type"), SLICE_LIT("application/json") };
	for (size_t i = 0; i < more_n; i++)
		h[n++] = more[i];
	const char *mark = strchr(target, '?');
	struct http_request q = {
		.id = { t.front.n }, .method = method, .method_name = slice_str(http_method_name(method)), .target = slice_str(target),
		.path = slice_of(target, mark ? (size_t)(mark - target) : strlen(target)), .query = slice_str(mark ? mark + 1 : NULL),
		.headers = { h, n }, .body = slice_str(body), .peer = SLICE_LIT("127.0.0.1"), .arena = &r->arena,
	};
	gate_on_request(t.gate, &q);
}

static const char envelope[] = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientInfo\":{\"name\":\"f\",\"version\":\"1\"},"
                               "\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{},\"elicitation\":{},\"roots\":{}},\"progressToken\":1}";
static const char legacy_meta[] = "\"_meta\":{\"progressToken\":\"p\"}";

static const struct {
	const char *method, *name, *params; /* %s in params: what else */
} methods[] = {
	{ "tools/call", "free", "\"name\":\"free\"" }, { "tools/call", "few", "\"name\":\"few\"" }, { "tools/call", "never", "\"name\":\"never\"" },
	{ "tools/call", "absent", "\"name\":\"absent\"" }, { "tools/list", NULL, "\"x\":1" }, { "resources/list", NULL, "\"x\":1" },
	{ "resources/read", "file:///pub/a", "\"uri\":\"file:///pub/a\"" }, { "resources/read", "file:///etc/x", "\"uri\":\"file:///etc/x\"" },
	{ "prompts/get", "a", "\"name\":\"a\"" }, { "prompts/list", NULL, "\"x\":1" }, { "ping", NULL, "\"x\":1" },
	{ "resources/subscribe", NULL, "\"uri\":\"file:///pub/a\"" }, { "logging/setLevel", NULL, "\"level\":\"info\"" },
	{ "completion/complete", NULL, "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\"},\"argument\":{\"name\":\"x\",\"value\":\"y\"}" },
	{ "server/discover", NULL, "\"x\":1" }, { "subscriptions/listen", NULL, "\"notifications\":{\"toolsListChanged\":true}" },
	{ "tasks/get", "t1", "\"taskId\":\"t1\"" }, { "no/such", NULL, "\"x\":1" },
};

/* A request under a new number, as text; returns which method. */
static unsigned write_request(char out[TEXT], bool is_modern)
{
	unsigned i = take(ARRAY_LEN(methods)), how = take(4);
	size_t n = t.ask_n < ASKS ? t.ask_n++ : ASKS;
	char more[TEXT / 2] = "";
	if (n < ASKS)
		t.asks[n].request = t.front.n;
	if (is_modern && how == 1 && t.state[0])
		snprintf(more, sizeof more, ",\"requestState\":%s,\"inputResponses\":{\"q\":{\"action\":\"accept\",\"content\":{}}}", t.state);
	snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"id\":\"c%zu\",\"method\":\"%s\",\"params\":{%s,\"arguments\":{\"k%zu\":1}%s%s%s}}", n,
	         methods[i].method, methods[i].params, n, is_modern || how == 2 ? "," : "", is_modern ? envelope : how == 2 ? legacy_meta : "", more);
	return i;
}

static void write_other(char out[TEXT])
{
	switch (take(5)) {
	case 0: snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"); break;
	case 1: {
		unsigned n = take(ASKS);
		if (n < t.ask_n)
			t.asks[n].may_stay = true;
		snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"c%u\"}}", n);
		break;
	}
	case 2: snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"id\":\"srv\",\"result\":{\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"x\"},\"model\":\"m\"}}"); break;
	case 3: snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":{\"action\":\"accept\",\"content\":{}}}", take(8)); break;
	default: snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}"); break;
	}
}

static const char *write_initialize(char out[TEXT])
{
	const char *version = versions[take(ARRAY_LEN(versions))];
	size_t n = t.ask_n < ASKS ? t.ask_n++ : ASKS;
	if (n < ASKS)
		t.asks[n].request = t.front.n;
	snprintf(out, TEXT, "{\"jsonrpc\":\"2.0\",\"id\":\"c%zu\",\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":{\"sampling\":{},\"elicitation\":{}},"
	         "\"clientInfo\":{\"name\":\"f\",\"version\":\"1\"}}}", n, version);
	return version;
}

/* Anything: it may claim no id of ours. */
static void write_raw(char out[TEXT])
{
	size_t n = take(200), left = (size_t)(t.end - t.p);
	n = n < left ? n : left;
	memcpy(out, t.p, n);
	out[n] = '\0';
	t.p += n;
	for (char *p = out; (p = strstr(p, "\"c"));)
		p[1] = 'x';
}

static void post_legacy(void)
{
	char text[TEXT], batch[3 * TEXT];
	unsigned s = take(SESSIONS);
	struct http_header h = { SLICE_LIT("Mcp-Session-Id"), slice_str(t.session[s].token) };
	switch (take(4)) {
	case 0: write_other(text); break;
	case 1: write_raw(text); break;
	case 2: {
		char one[TEXT], two[TEXT];
		write_request(one, false);
		write_request(two, false);
		snprintf(batch, sizeof batch, "[%s,%s]", one, two);
		send_request(HTTP_POST, doors[take(3)], &h, s < t.session_n, batch);
		return;
	}
	default: write_request(text, false); break;
	}
	send_request(HTTP_POST, doors[take(3)], &h, s < t.session_n, text);
}

static void post_modern(void)
{
	char text[TEXT];
	unsigned i = write_request(text, true);
	struct http_header h[3] = {
		{ SLICE_LIT("MCP-Protocol-Version"), SLICE_LIT("2026-07-28") },
		{ SLICE_LIT("Mcp-Method"), slice_str(methods[i].method) },
		{ SLICE_LIT("Mcp-Name"), slice_str(methods[i].name) },
	};
	send_request(HTTP_POST, doors[take(3)], h, methods[i].name ? 3 : 2, text);
}

static void post_old(void)
{
	char text[TEXT];
	unsigned i = take(SESSIONS);
	switch (take(4)) {
	case 0: write_initialize(text); break;
	case 1: write_other(text); break;
	default: write_request(text, false); break;
	}
	send_request(HTTP_POST, i < t.old_n ? t.old[i] : "/mcp/h?session=00", NULL, 0, text);
}

static void get_stream(void)
{
	unsigned s = take(SESSIONS), how = take(3);
	char event[64];
	snprintf(event, sizeof event, "%s", t.event);
	struct http_header h[2] = { { SLICE_LIT("Mcp-Session-Id"), slice_str(t.session[s].token) }, { SLICE_LIT("Last-Event-ID"), slice_str(event) } };
	send_request(how == 2 ? HTTP_DELETE : HTTP_GET, doors[take(3)], h, s >= t.session_n ? 0 : how == 1 && event[0] ? 2 : 1, "");
}

/* Who goes takes the right to an answer along. */
static void go(size_t i)
{
	if (i >= t.front.n || !t.front.v[i].is_open)
		return;
	fake_close(&t.front.v[i]);
	t.front.v[i].is_aborted = true;
	gate_on_gone(t.gate, (struct http_request_id){ i + 1 });
}

static void change_pace(size_t i)
{
	struct fake_request *r = i < t.front.n ? &t.front.v[i] : NULL;
	if (!r)
		return;
	r->is_slow = !r->is_slow;
	if (!r->is_slow && r->on_drain && r->is_open)
		r->on_drain(r->drain_ctx, (struct http_request_id){ i + 1 });
}

/* Servers */

enum how { HOW_GOOD = 0, HOW_ERROR, HOW_ASK, HOW_OTHER, HOW_RAW };

static void write_good(struct buf *b, const struct mcp_message *m)
{
	const char *modern = t.is_modern ? ",\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\"" : "";
	if (slice_is(m->method, "initialize"))
		buf_adds(b, "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"prompts\":{},"
		            "\"logging\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}");
	else if (slice_is(m->method, "server/discover"))
		buf_addf(b, "{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{\"listChanged\":true},\"resources\":{}}%s}", modern);
	else if (slice_is(m->method, "tools/list"))
		buf_addf(b, "{\"tools\":[{\"name\":\"free\",\"inputSchema\":{\"type\":\"object\"}},{\"name\":\"few\",\"inputSchema\":{\"type\":\"object\"}},"
		            "{\"name\":\"never\",\"inputSchema\":{\"type\":\"object\"}}]%s}", modern);
	else
		buf_addf(b, "{\"content\":[],\"contents\":[],\"messages\":[],\"resources\":[{\"uri\":\"file:///pub/a\",\"name\":\"a\"},{\"uri\":\"file:///etc/x\",\"name\":\"x\"}],"
		            "\"prompts\":[{\"name\":\"a\"}]%s}", modern);
}

/* The answer to a request; false when it was none. */
static bool write_reply(struct buf *b, struct slice request, enum how how)
{
	struct arena a;
	struct err e;
	struct mcp_message m;
	struct buf id = BUF_INIT(4096), result = BUF_INIT(1u << 16);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(request, &a, &e);
	bool is_request = root && mcp_message_read(root, &m, &e) && m.kind == MCP_REQUEST;
	if (is_request) {
		bool is_unknown = t.is_modern ? slice_is(m.method, "initialize") : slice_is(m.method, "server/discover");
		json_write(&id, m.id);
		write_good(&result, &m);
		if (how == HOW_RAW)
			buf_adds(b, "{\"jsonrpc\":\"2.0\",\"method\":7}");
		else if (how == HOW_ERROR || is_unknown)
			mcp_write_error(b, buf_slice(&id), is_unknown ? MCP_METHOD_NOT_FOUND : -32000, "no", slice_of(NULL, 0));
		else if (how == HOW_ASK)
			mcp_write_result(b, buf_slice(&id), SLICE_LIT("{\"resultType\":\"input_required\",\"requestState\":\"s\",\"inputRequests\":{\"q\":{\"method\":\"elicitation/create\","
			                                              "\"params\":{\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}}}"));
		else
			mcp_write_result(b, how == HOW_OTHER ? SLICE_LIT("\"other\"") : buf_slice(&id), buf_slice(&result));
	}
	arena_release(&a);
	buf_release(&id);
	buf_release(&result);
	return is_request;
}

static const char *const says[] = {
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}",
	"{\"jsonrpc\":\"2.0\",\"id\":\"srv\",\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[],\"maxTokens\":1}}",
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}",
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}",
	("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{\"toolsListChanged\":true},"
	 "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":1}}}"),
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"gh-1\",\"progress\":1}}",
	"[1]",
};

static void give_head(size_t i, int status, const char *type)
{
	struct fake_call *c = &t.back.v[i];
	struct http_header h[2] = { { SLICE_LIT("Content-Type"), slice_str(type) }, { SLICE_LIT("Mcp-Session-Id"), SLICE_LIT("s-1") } };
	c->has_head = true;
	c->is_stream = strcmp(type, "text/event-stream") == 0;
	c->ev->on_head(c->ctx, (struct http_call_id){ i + 1 }, status, (struct http_headers){ h, t.is_modern ? 1 : 2 });
}

static void give_body(size_t i, struct slice text)
{
	struct fake_call *c = &t.back.v[i];
	if (c->is_open)
		c->ev->on_body(c->ctx, (struct http_call_id){ i + 1 }, text);
}

static void give_event(size_t i, const char *id, struct slice text)
{
	struct buf b = BUF_INIT(1u << 24);
	sse_write(&b, slice_of(NULL, 0), slice_str(id), text);
	give_body(i, buf_slice(&b));
	buf_release(&b);
}

static void give_end(size_t i, bool is_broken)
{
	struct fake_call *c = &t.back.v[i];
	struct err e;
	err_set(&e, ERR_REMOTE, "broken");
	if (!c->is_open)
		return;
	c->is_open = false;
	c->ev->on_end(c->ctx, (struct http_call_id){ i + 1 }, is_broken ? &e : NULL, true);
}

static void note_lost_session(struct slice text)
{
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	struct json_iter it = json_iter(json_gets(json_gets(text.n ? json_read(text, &a, &e) : NULL, "params"), "arguments"));
	struct ask *k = json_next(&it) ? ask_of(it.key, 'k') : NULL;
	if (k)
		k->may_repeat = true;
	arena_release(&a);
}

static void give_status(size_t i, int status)
{
	if (status == 404)
		note_lost_session(buf_slice(&t.back.v[i].body));
	give_head(i, status, "text/plain");
	give_end(i, false);
}

static void give_reply(size_t i, enum how how)
{
	struct fake_call *c = &t.back.v[i];
	struct buf b = BUF_INIT(1u << 20);
	if (c->method != HTTP_POST) {
		if (c->method == HTTP_GET && how == HOW_GOOD && !c->has_head)
			give_head(i, 200, "text/event-stream");
		else if (!c->has_head)
			give_status(i, c->method == HTTP_GET ? 405 : 200);
	} else if (!write_reply(&b, buf_slice(&c->body), how)) {
		give_status(i, 202);
	} else if (c->is_stream) {
		give_event(i, "", buf_slice(&b));
		give_end(i, false);
	} else {
		give_head(i, 200, "application/json");
		give_body(i, buf_slice(&b));
		give_end(i, false);
	}
	buf_release(&b);
}

static void serve_one(void)
{
	size_t i = t.back.n ? t.back.n - 1 - take((unsigned)(t.back.n < 16 ? t.back.n : 16)) : 0;
	unsigned how = take(12);
	struct fake_call *c = &t.back.v[i];
	if (!t.back.n || !c->is_open || c->is_paused)
		return;
	if (how < 5)
		give_reply(i, (enum how)how);
	else if (how == 5)
		give_end(i, true);
	else if (how == 6 && !c->has_head)
		give_status(i, 404);
	else if (how == 7 && !c->has_head)
		give_status(i, 500);
	else if (!c->has_head)
		give_head(i, 200, "text/event-stream");
	else if (c->is_stream && how == 8)
		give_event(i, "e1", slice_of(NULL, 0));
	else if (c->is_stream && how == 9)
		give_end(i, false);
	else if (c->is_stream)
		give_event(i, how == 10 ? "e2" : "", slice_str(says[take(ARRAY_LEN(says))]));
}

/* One line of a child is answered, oldest first. */
static void answer_line(struct child *c, enum how how)
{
	struct buf b = BUF_INIT(1u << 20);
	const char *end = c->lines.n ? memchr(c->lines.p, '\n', c->lines.n) : NULL;
	if (!end || c->is_over)
		return;
	size_t n = (size_t)(end - c->lines.p);
	bool is_request = write_reply(&b, slice_of(c->lines.p, n), how);
	buf_consume(&c->lines, n + 1);
	if (is_request)
		c->ev->on_line(c->ctx, buf_slice(&b));
	buf_release(&b);
}

static void serve_child(void)
{
	unsigned i = take(4), how = take(8);
	struct child *c = i < fake_child_n ? fake_children[i] : NULL;
	if (!c || c->is_over)
		return;
	if (how < 5)
		answer_line(c, (enum how)how);
	else if (how < 7)
		c->ev->on_line(c->ctx, slice_str(says[take(ARRAY_LEN(says))]));
	else
		child_stop(c);
}

static void serve_all(void)
{
	for (size_t i = 0; i < t.back.n; i++)
		if (t.back.v[i].is_open && !(t.back.v[i].method == HTTP_GET && t.back.v[i].has_head))
			give_reply(i, HOW_GOOD);
	for (size_t i = 0; i < fake_child_n; i++)
		for (int n = 0; n < 100 && i < fake_child_n && fake_children[i]->lines.n && !fake_children[i]->is_over; n++)
			answer_line(fake_children[i], HOW_GOOD);
}

#endif
