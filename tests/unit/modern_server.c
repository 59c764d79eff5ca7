/*
 * A server on stdio of the modern era (MCP 2026-07-28), or of both, or one that answers in its
 * own way when it is asked which: the first argument says. Within a call the tool's name says
 * what happens. t_upstream_modern.c drives it.
 */
#include "json/json.h"
#include "mcp/jsonrpc.h"
#include <stdarg.h>
#include <unistd.h>

#define SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"

static struct arena memory;
static unsigned calls, cancels;
static char listens[8][32]; /* ids of subscriptions under way, JSON text */

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void say(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	fputc('\n', stdout);
	fflush(stdout);
}

static const char *text_of(const struct json *v, char out[4096])
{
	struct buf b = BUF_INIT(4095);
	json_write(&b, v);
	snprintf(out, 4096, "%s", b.n ? buf_str(&b) : "null");
	buf_release(&b);
	return out;
}

static void answer(const struct json *id, const char *result)
{
	char text[4096];
	say("{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}", text_of(id, text), result);
}

static void refuse(const struct json *id, const char *error)
{
	char text[4096];
	say("{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":%s}", text_of(id, text), error);
}

static void discover(const struct mcp_message *m, const char *versions)
{
	char r[256];
	snprintf(r, sizeof r,
	         "{\"resultType\":\"complete\",\"supportedVersions\":[%s],\"capabilities\":{\"tools\":{}},\"ttlMs\":0,"
	         "\"cacheScope\":\"private\",\"pid\":%d}", versions, (int)getpid());
	answer(m->id, r);
}

static void greet(const struct mcp_message *m)
{
	answer(m->id, "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"serverInfo\":{\"name\":\"t\",\"version\":\"1\"}}");
}

static void note_all(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(listens); i++)
		if (listens[i][0])
			say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/%s\",\"params\":{\"_meta\":{\"" SUBSCRIPTION "\":%s}}}",
			    method, listens[i]);
}

static void listen_to(const struct mcp_message *m)
{
	char id[4096], filter[4096];
	text_of(m->id, id);
	text_of(json_gets(m->params, "notifications"), filter);
	for (size_t i = 0; i < ARRAY_LEN(listens); i++)
		if (!listens[i][0]) {
			snprintf(listens[i], sizeof listens[i], "%.31s", id);
			break;
		}
	if (strstr(filter, "mute"))
		return;
	if (strstr(filter, "refuse")) {
		refuse(m->id, "{\"code\":-32602,\"message\":\"no\"}");
		return;
	}
	say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\","
	    "\"params\":{\"_meta\":{\"" SUBSCRIPTION "\":%s},\"notifications\":%s}}", id, filter);
}

static void tell(const char *name, const struct mcp_message *m)
{
	char token[4096];
	text_of(json_gets(json_gets(m->params, "_meta"), "progressToken"), token);
	if (strcmp(name, "crash") == 0)
		_exit(3);
	if (strcmp(name, "progress") == 0)
		say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%s,\"progress\":1}}", token);
	if (strcmp(name, "log") == 0)
		say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}");
	if (strcmp(name, "ask") == 0)
		say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}");
	if (strcmp(name, "change") == 0)
		note_all("tools/list_changed");
	if (strcmp(name, "stray") == 0)
		say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{\"" SUBSCRIPTION "\":987654}}}");
	if (strcmp(name, "end") == 0)
		say("{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"resultType\":\"complete\",\"_meta\":{\"" SUBSCRIPTION "\":%s}}}",
		    listens[0], listens[0]);
	if (strcmp(name, "cancel") == 0)
		say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}", listens[0]);
}

static void call(const struct mcp_message *m)
{
	char name[64], params[4096], r[8192];
	struct slice s = json_string(json_gets(m->params, "name"));
	snprintf(name, sizeof name, "%.*s", SLICE_ARG(s));
	calls++;
	tell(name, m);
	if (strcmp(name, "silent") == 0)
		return;
	snprintf(r, sizeof r, "{\"resultType\":\"complete\",\"pid\":%d,\"calls\":%u,\"cancels\":%u,\"params\":%s}", (int)getpid(),
	         calls, cancels, text_of(m->params, params));
	answer(m->id, r);
}

static void list_tools(const struct mcp_message *m)
{
	answer(m->id, "{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":["
	              "{\"name\":\"x\",\"inputSchema\":{\"type\":\"object\"}},"
	              "{\"name\":\"change\",\"inputSchema\":{\"type\":\"object\"}},"
	              "{\"name\":\"silent\",\"inputSchema\":{\"type\":\"object\"}},"
	              "{\"name\":\"secret\",\"inputSchema\":{\"type\":\"object\"}}]}");
}

/* How each kind answers server/discover and initialize before anything else. */
static bool is_opened(const char *mode, const struct mcp_message *m)
{
	static unsigned asked;
	bool is_discover = slice_is(m->method, "server/discover"), is_initialize = slice_is(m->method, "initialize");
	if (!is_discover && !is_initialize)
		return false;
	asked += is_discover;
	if (strcmp(mode, "modern") == 0 && is_initialize)
		refuse(m->id, "{\"code\":-32022,\"message\":\"no\",\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"2025-11-25\"}}");
	else if (is_initialize)
		greet(m);
	else if (strcmp(mode, "modern") == 0 || strcmp(mode, "both") == 0)
		discover(m, "\"2026-07-28\",\"2025-11-25\"");
	else if (strcmp(mode, "future") == 0)
		discover(m, "\"2099-01-01\"");
	else if (strcmp(mode, "again") == 0 && asked == 1)
		refuse(m->id, "{\"code\":-32022,\"message\":\"no\",\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"x\"}}");
	else if (strcmp(mode, "again") == 0)
		discover(m, "\"2026-07-28\"");
	else if (strcmp(mode, "stubborn") == 0)
		refuse(m->id, "{\"code\":-32021,\"message\":\"no\",\"data\":{\"requiredCapabilities\":{}}}");
	else if (strcmp(mode, "old") == 0)
		refuse(m->id, "{\"code\":-32601,\"message\":\"Method not found\"}");
	else if (strcmp(mode, "nobody") == 0)
		say("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"what?\"}}");
	else if (strcmp(mode, "invalid") == 0)
		answer(m->id, "{},\"error\":{\"code\":1,\"message\":\"\"}");
	else if (strcmp(mode, "any") == 0)
		answer(m->id, "{}");
	else if (strcmp(mode, "exits") == 0)
		_exit(6);
	else if (strcmp(mode, "mute") == 0)
		while (true)
			pause();
	return true; /* "quiet" says nothing to what it does not know */
}

static void take(const char *mode, const struct mcp_message *m)
{
	if (m->kind == MCP_REQUEST && is_opened(mode, m))
		return;
	if (m->kind == MCP_REQUEST && slice_is(m->method, "subscriptions/listen"))
		listen_to(m);
	else if (m->kind == MCP_REQUEST && slice_is(m->method, "tools/list"))
		list_tools(m);
	else if (m->kind == MCP_REQUEST)
		call(m);
	else if (m->kind == MCP_NOTIFICATION && slice_is(m->method, "notifications/cancelled"))
		cancels++;
	else if (m->kind != MCP_NOTIFICATION)
		_exit(7); /* no client writes an answer */
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; argc > 1 && (n = getline(&line, &cap, stdin)) > 0;) {
		struct mcp_message m;
		struct err e;
		arena_init(&memory, 64u << 20);
		const struct json *root = json_read(slice_of(line, (size_t)n - 1), &memory, &e);
		if (!root || !mcp_message_read(root, &m, &e))
			return 5;
		take(argv[1], &m);
		arena_release(&memory);
	}
	free(line);
	return 0;
}
