/* The tables of methods, from the schemas of 2024-11-05 to 2026-07-28 and its tasks extension. */
#include "gate/method.h"
#include "base/compiler.h"
#include "upstream/upstream.h"

#define LEGACY METHOD_LEGACY
#define MODERN METHOD_MODERN
#define BOTH   (METHOD_LEGACY | METHOD_MODERN)

static const struct method methods[] = {
	{ "tools/call", BOTH, METHOD_TOOL, NULL, NULL, "name" },
	{ "tools/list", BOTH, METHOD_LIST, "tools", "name", NULL },
	{ "ping", LEGACY, METHOD_PING, NULL, NULL, NULL },
	{ "initialize", LEGACY, METHOD_OPEN, NULL, NULL, NULL },
	{ "server/discover", MODERN, METHOD_DISCOVER, NULL, NULL, NULL },
	{ "resources/list", BOTH, METHOD_LIST, "resources", "uri", NULL },
	{ "resources/templates/list", BOTH, METHOD_LIST, "resourceTemplates", "uriTemplate", NULL },
	{ "resources/read", BOTH, METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "resources/subscribe", LEGACY, METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "resources/unsubscribe", LEGACY, METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "subscriptions/listen", MODERN, METHOD_LISTEN, NULL, NULL, NULL },
	{ "prompts/list", BOTH, METHOD_LIST, "prompts", "name", NULL },
	{ "prompts/get", BOTH, METHOD_PROMPT, NULL, NULL, "name" },
	{ "completion/complete", BOTH, METHOD_COMPLETE, NULL, NULL, NULL },
	{ "logging/setLevel", LEGACY, METHOD_PASS, NULL, NULL, NULL },
	{ "tasks/get", BOTH, METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/cancel", BOTH, METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/update", MODERN, METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/result", LEGACY, METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/list", LEGACY, METHOD_PASS, NULL, NULL, NULL },
};

static const struct notification {
	const char *name;
	unsigned eras;
	enum notification_fate from_client, from_server;
} notifications[] = {
	{ "notifications/initialized", LEGACY, NOTIFY_OURS, NOTIFY_UNKNOWN },
	{ "notifications/cancelled", BOTH, NOTIFY_OURS, NOTIFY_PASS },
	{ "notifications/progress", LEGACY, NOTIFY_PASS, NOTIFY_OURS },
	{ "notifications/progress", MODERN, NOTIFY_UNKNOWN, NOTIFY_OURS },
	{ "notifications/roots/list_changed", LEGACY, NOTIFY_PASS, NOTIFY_UNKNOWN },
	{ "notifications/message", BOTH, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/tools/list_changed", BOTH, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/resources/list_changed", BOTH, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/resources/updated", BOTH, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/prompts/list_changed", BOTH, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/elicitation/complete", LEGACY, NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/subscriptions/acknowledged", MODERN, NOTIFY_UNKNOWN, NOTIFY_OURS },
	{ "notifications/tasks/status", LEGACY, NOTIFY_PASS, NOTIFY_PASS },
	{ "notifications/tasks", MODERN, NOTIFY_UNKNOWN, NOTIFY_PASS },
};

static const struct {
	const char *name, *word;
	unsigned cap;
} server_requests[] = {
	{ "sampling/createMessage", "sampling", UPSTREAM_CAN_SAMPLING },
	{ "elicitation/create", "elicitation", UPSTREAM_CAN_ELICITATION | UPSTREAM_CAN_ELICITATION_URL },
	{ "roots/list", "roots", UPSTREAM_CAN_ROOTS },
};

static unsigned bit_of(enum mcp_era era)
{
	switch (era) {
	case MCP_ERA_LEGACY: return LEGACY;
	case MCP_ERA_MODERN: return MODERN;
	case MCP_ERA_NONE: break;
	}
	return 0;
}

const struct method *method_find(struct slice name, enum mcp_era era)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if ((methods[i].eras & bit_of(era)) && slice_is(name, methods[i].name))
			return &methods[i];
	return NULL;
}

static const struct notification *notification_find(struct slice name, enum mcp_era era)
{
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++)
		if ((notifications[i].eras & bit_of(era)) && slice_is(name, notifications[i].name))
			return &notifications[i];
	return NULL;
}

enum notification_fate method_client_notification(struct slice name, enum mcp_era era)
{
	const struct notification *n = notification_find(name, era);
	return n ? n->from_client : NOTIFY_UNKNOWN;
}

enum notification_fate method_server_notification(struct slice name, enum mcp_era era)
{
	const struct notification *n = notification_find(name, era);
	return n ? n->from_server : NOTIFY_UNKNOWN;
}

const char *method_server_request(struct slice name, unsigned *cap)
{
	for (size_t i = 0; i < ARRAY_LEN(server_requests); i++)
		if (slice_is(name, server_requests[i].name)) {
			*cap = server_requests[i].cap;
			return server_requests[i].word;
		}
	return NULL;
}
