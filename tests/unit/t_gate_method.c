/* Every method of every revision has a place in the tables, and nothing else has. */
#include "gate/method.h"
#include "base/compiler.h"
#include "tap.h"
#include "upstream/upstream.h"
#include <stdlib.h>

static const char *kind_name(const struct method *m)
{
	static const char *const names[] = {
		[METHOD_UNKNOWN] = "unknown",   [METHOD_OPEN] = "open",     [METHOD_PING] = "ping",
		[METHOD_TOOL] = "tool",         [METHOD_LIST] = "list",     [METHOD_RESOURCE] = "resource",
		[METHOD_PROMPT] = "prompt",     [METHOD_COMPLETE] = "complete", [METHOD_PASS] = "pass",
		[METHOD_DISCOVER] = "discover", [METHOD_LISTEN] = "listen",
	};
	return names[m ? m->kind : METHOD_UNKNOWN];
}

static const char *fate_name(enum notification_fate f)
{
	static const char *const names[] = { [NOTIFY_UNKNOWN] = "unknown", [NOTIFY_OURS] = "ours", [NOTIFY_PASS] = "pass" };
	return names[f];
}

static void check_line(const char *who, const char *sort, enum mcp_era era, const char *method, const char *is)
{
	struct slice name = slice_str(method);
	bool is_client = strcmp(who, "client") == 0;
	unsigned cap = 0;
	const char *got;
	if (strcmp(sort, "notification") == 0) {
		got = fate_name(is_client ? method_client_notification(name, era) : method_server_notification(name, era));
	} else if (is_client) {
		got = kind_name(method_find(name, era));
	} else {
		got = method_server_request(name, &cap);
		ok(!got == !cap, "%s %s needs a capability exactly when a client may see it", who, method);
		got = got ? got : "ours";
	}
	ok(strcmp(got, is) == 0, "%s %s %s of era %d is '%s', should be '%s'", who, sort, method, (int)era, got, is);
}

/* In its era what the line says; in the other one nothing. */
static void check_eras(const char *who, const char *sort, const char *era, const char *method, const char *is)
{
	bool is_both = strcmp(era, "both") == 0;
	bool is_ask = strcmp(who, "server") == 0 && strcmp(sort, "request") == 0;
	if (is_ask) {
		check_line(who, sort, MCP_ERA_LEGACY, method, is);
		return;
	}
	check_line(who, sort, MCP_ERA_LEGACY, method, is_both || strcmp(era, "legacy") == 0 ? is : "unknown");
	check_line(who, sort, MCP_ERA_MODERN, method, is_both || strcmp(era, "modern") == 0 ? is : "unknown");
	check_line(who, sort, MCP_ERA_NONE, method, "unknown");
}

/* What a method needs for being decided must stand in its row. */
static void check_row(const struct method *m)
{
	bool has_param = m->kind == METHOD_TOOL || m->kind == METHOD_RESOURCE || m->kind == METHOD_PROMPT;
	ok(!has_param || m->param, "%s names what it asks for", m->name);
	ok((m->kind == METHOD_LIST) == (m->list && m->item), "%s has a list exactly when it is one", m->name);
}

int main(void)
{
	char path[1024], line[512], who[16], sort[16], era[16], method[64], is[16];
	size_t n = 0, rows = 0;
	snprintf(path, sizeof path, "%s/gate/methods.txt", getenv("GH_CASES"));
	FILE *f = fopen(path, "r");
	ok(f != NULL, "%s can be read", path);
	while (f && fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%15s %15s %15s %63s %15s", who, sort, era, method, is) != 5) {
			ok(false, "a line has five words: %s", line);
			continue;
		}
		n++;
		check_eras(who, sort, era, method, is);
		const struct method *m = method_find(slice_str(method), MCP_ERA_LEGACY);
		m = m ? m : method_find(slice_str(method), MCP_ERA_MODERN);
		if (!m || strcmp(who, "client") != 0)
			continue;
		rows++;
		check_row(m);
	}
	if (f)
		fclose(f);
	ok(n == 58 && rows == 20, "all %zu lines were there, %zu of them rows", n, rows);
	return tap_done();
}
