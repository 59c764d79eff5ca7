/*
 * Says how the gate decides methods, for tests/flow/methods.test.mjs: each line of stdin is
 * "client|server request|notification VERSION METHOD", each line of stdout the decision,
 * "unknown" where there is none.
 */
#include "base/compiler.h"
#include "gate/method.h"
#include <stdio.h>
#include <string.h>

static const char *fate_name(enum notification_fate f)
{
	switch (f) {
	case NOTIFY_OURS: return "ours";
	case NOTIFY_PASS: return "pass";
	case NOTIFY_UNKNOWN: break;
	}
	return "unknown";
}

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

static const char *decide(bool is_client, bool is_notification, enum mcp_era era, struct slice name)
{
	unsigned cap = 0;
	if (is_notification)
		return fate_name(is_client ? method_client_notification(name, era) : method_server_notification(name, era));
	if (is_client)
		return kind_name(method_find(name, era));
	const char *word = method_server_request(name, &cap);
	return word ? word : "unknown";
}

int main(void)
{
	char line[512], who[16], sort[16], version[16], method[128];
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%15s %15s %15s %127s", who, sort, version, method) != 4)
			return 2;
		enum mcp_era era = mcp_version_era(mcp_version_of(slice_str(version)));
		if (era == MCP_ERA_NONE)
			return 3;
		puts(decide(strcmp(who, "client") == 0, strcmp(sort, "notification") == 0, era, slice_str(method)));
	}
	return 0;
}
