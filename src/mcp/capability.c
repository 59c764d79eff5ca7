/* Capabilities in the words of the other era. Their header is translate.h. */
#include "mcp/inside.h"
#include "mcp/translate.h"

/* `extensions` without the tasks extension, which is a capability of the core in the other era. */
static void add_extensions(struct buf *b, const struct json *extensions, bool with_tasks)
{
	static const char *const tasks[] = { MCP_EXTENSION_TASKS, NULL };
	if (!with_tasks && !has_members(extensions, tasks))
		return;
	add_key(b, SLICE_LIT("extensions"));
	buf_addc(b, '{');
	add_members(b, extensions, tasks);
	if (with_tasks)
		add_text(b, MCP_EXTENSION_TASKS, SLICE_LIT("{}"));
	buf_addc(b, '}');
}

void mcp_server_caps_to_modern(struct buf *b, const struct json *capabilities)
{
	static const char *const others[] = { "tasks", "extensions", NULL };
	const struct json *requests = json_gets(json_gets(capabilities, "tasks"), "requests");
	bool with_tasks = json_gets(json_gets(requests, "tools"), "call") != NULL;
	buf_addc(b, '{');
	add_members(b, capabilities, others);
	add_extensions(b, json_gets(capabilities, "extensions"), with_tasks);
	buf_addc(b, '}');
}

void mcp_server_caps_to_legacy(struct buf *b, const struct json *capabilities, enum mcp_version v)
{
	static const char *const others[] = { "tasks", "extensions", NULL };
	static const char *const oldest[] = { "tasks", "extensions", "completions", NULL };
	const struct json *extensions = json_gets(capabilities, "extensions");
	buf_addc(b, '{');
	add_members(b, capabilities, v >= MCP_2025_03_26 ? others : oldest);
	if (v >= MCP_2025_11_25 && json_gets(extensions, MCP_EXTENSION_TASKS))
		add_text(b, "tasks", SLICE_LIT("{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}"));
	add_extensions(b, extensions, false);
	buf_addc(b, '}');
}

static void add_without(struct buf *b, struct slice key, const struct json *v, const char *const *without)
{
	add_key(b, key);
	buf_addc(b, '{');
	add_members(b, v, without);
	buf_addc(b, '}');
}

void mcp_client_caps_to_modern(struct buf *b, const struct json *capabilities)
{
	static const char *const list_changed[] = { "listChanged", NULL };
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(capabilities); it.is_object && json_next(&it);) {
		if (slice_is(it.key, "tasks") || slice_is(it.key, "extensions"))
			continue;
		if (slice_is(it.key, "roots"))
			add_without(b, it.key, it.value, list_changed);
		else
			add_value(b, it.key, it.value);
	}
	add_extensions(b, json_gets(capabilities, "extensions"), false);
	buf_addc(b, '}');
}

void mcp_client_caps_to_legacy(struct buf *b, const struct json *capabilities, enum mcp_version v)
{
	static const char *const modes[] = { "form", "url", NULL };
	static const char *const sampling[] = { "tools", "context", NULL };
	bool has_modes = v >= MCP_2025_11_25;
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(capabilities); it.is_object && json_next(&it);) {
		if (slice_is(it.key, "tasks") || slice_is(it.key, "extensions"))
			continue;
		if (slice_is(it.key, "elicitation") && !has_modes) {
			if (v >= MCP_2025_06_18 && (mcp_client_can(capabilities) & MCP_CAN_ELICITATION))
				add_without(b, it.key, it.value, modes);
		} else if (slice_is(it.key, "sampling") && !has_modes) {
			add_without(b, it.key, it.value, sampling);
		} else {
			add_value(b, it.key, it.value);
		}
	}
	add_extensions(b, json_gets(capabilities, "extensions"), false);
	buf_addc(b, '}');
}
