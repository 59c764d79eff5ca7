/* The tables of methods, from the schemas of 2025-03-26, 2025-06-18 and 2025-11-25. */
#include "gate/method.h"
#include "base/compiler.h"
#include "upstream/upstream.h"

static const struct method methods[] = {
	{ "tools/call", METHOD_TOOL, NULL, NULL, "name" },
	{ "tools/list", METHOD_LIST, "tools", "name", NULL },
	{ "ping", METHOD_PING, NULL, NULL, NULL },
	{ "initialize", METHOD_OPEN, NULL, NULL, NULL },
	{ "resources/list", METHOD_LIST, "resources", "uri", NULL },
	{ "resources/templates/list", METHOD_LIST, "resourceTemplates", "uriTemplate", NULL },
	{ "resources/read", METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "resources/subscribe", METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "resources/unsubscribe", METHOD_RESOURCE, NULL, NULL, "uri" },
	{ "prompts/list", METHOD_LIST, "prompts", "name", NULL },
	{ "prompts/get", METHOD_PROMPT, NULL, NULL, "name" },
	{ "completion/complete", METHOD_COMPLETE, NULL, NULL, NULL },
	{ "logging/setLevel", METHOD_PASS, NULL, NULL, NULL },
	{ "tasks/get", METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/result", METHOD_PASS, NULL, NULL, "taskId" },
	{ "tasks/list", METHOD_PASS, NULL, NULL, NULL },
	{ "tasks/cancel", METHOD_PASS, NULL, NULL, "taskId" },
};

static const struct {
	const char *name;
	enum notification_fate from_client, from_server;
} notifications[] = {
	{ "notifications/initialized", NOTIFY_OURS, NOTIFY_UNKNOWN },
	{ "notifications/cancelled", NOTIFY_OURS, NOTIFY_PASS },
	{ "notifications/progress", NOTIFY_PASS, NOTIFY_OURS },
	{ "notifications/roots/list_changed", NOTIFY_PASS, NOTIFY_UNKNOWN },
	{ "notifications/message", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/tools/list_changed", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/resources/list_changed", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/resources/updated", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/prompts/list_changed", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/elicitation/complete", NOTIFY_UNKNOWN, NOTIFY_PASS },
	{ "notifications/tasks/status", NOTIFY_PASS, NOTIFY_PASS },
};

static const struct {
	const char *name, *word;
	unsigned cap;
} server_requests[] = {
	{ "sampling/createMessage", "sampling", UPSTREAM_CAN_SAMPLING },
	{ "elicitation/create", "elicitation", UPSTREAM_CAN_ELICITATION | UPSTREAM_CAN_ELICITATION_URL },
	{ "roots/list", "roots", UPSTREAM_CAN_ROOTS },
};

const struct method *method_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (slice_is(name, methods[i].name))
			return &methods[i];
	return NULL;
}

enum notification_fate method_client_notification(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++)
		if (slice_is(name, notifications[i].name))
			return notifications[i].from_client;
	return NOTIFY_UNKNOWN;
}

enum notification_fate method_server_notification(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++)
		if (slice_is(name, notifications[i].name))
			return notifications[i].from_server;
	return NOTIFY_UNKNOWN;
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
