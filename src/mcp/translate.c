/* Params, results and notifications in the words of the other era. */
#include "mcp/translate.h"
#include "base/compiler.h"
#include "mcp/inside.h"
#include "mcp/task.h"

#define ENVELOPE MCP_META_VERSION, MCP_META_CLIENT_INFO, MCP_META_CLIENT_CAPS, MCP_META_LOG_LEVEL

void mcp_params_to_modern(struct buf *b, const struct json *params, const struct mcp_speaker *s)
{
	static const char *const ours[] = { "_meta", "inputResponses", "requestState", "task", NULL };
	static const char *const envelope[] = { ENVELOPE, MCP_META_RELATED_TASK, NULL };
	buf_addc(b, '{');
	add_members(b, params, ours);
	add_key(b, SLICE_LIT("_meta"));
	buf_addc(b, '{');
	add_members(b, json_gets(params, "_meta"), envelope);
	add_string(b, MCP_META_VERSION, slice_str(mcp_version_name(s->version)));
	if (s->info.n)
		add_text(b, MCP_META_CLIENT_INFO, s->info);
	add_text(b, MCP_META_CLIENT_CAPS, s->capabilities.n ? s->capabilities : SLICE_LIT("{}"));
	if (s->log_level)
		add_string(b, MCP_META_LOG_LEVEL, slice_str(mcp_log_level_name(s->log_level)));
	buf_adds(b, "}}");
}

/* An _meta that would be empty is left out. */
static void add_meta(struct buf *b, const struct json *meta, const char *const *without)
{
	if (!has_members(meta, without))
		return;
	add_key(b, SLICE_LIT("_meta"));
	buf_addc(b, '{');
	add_members(b, meta, without);
	buf_addc(b, '}');
}

void mcp_params_to_legacy(struct buf *b, const struct json *params, bool as_task)
{
	static const char *const ours[] = { "_meta", "inputResponses", "requestState", "task", NULL };
	static const char *const envelope[] = { ENVELOPE, NULL };
	buf_addc(b, '{');
	add_members(b, params, ours);
	if (as_task)
		add_text(b, "task", SLICE_LIT("{}"));
	add_meta(b, json_gets(params, "_meta"), envelope);
	buf_addc(b, '}');
}

bool mcp_is_cacheable(struct slice method)
{
	static const char *const methods[] = { "server/discover", "tools/list", "prompts/list", "resources/list",
					       "resources/templates/list", "resources/read", NULL };
	return is_one_of(method, methods);
}

/* Opens _meta with serverInfo where it says none, and what it has else. */
static void add_result_meta(struct buf *b, const struct json *meta, struct slice info)
{
	static const char *const gone[] = { MCP_META_RELATED_TASK, NULL };
	bool with_info = info.n && !json_gets(meta, MCP_META_SERVER_INFO);
	if (!with_info) {
		add_meta(b, meta, gone);
		return;
	}
	add_key(b, SLICE_LIT("_meta"));
	buf_addc(b, '{');
	add_members(b, meta, gone);
	add_text(b, MCP_META_SERVER_INFO, info);
	buf_addc(b, '}');
}

/* Each element by itself; what is no array is printed as it is. */
static void add_array(struct buf *b, struct slice key, const struct json *array,
		      void (*write)(struct buf *b, const struct json *element, enum mcp_version v), enum mcp_version v)
{
	bool is_first = true;
	if (!json_is(array, JSON_ARRAY)) {
		add_value(b, key, array);
		return;
	}
	add_key(b, key);
	buf_addc(b, '[');
	for (struct json_iter it = json_iter(array); json_next(&it);) {
		if (!is_first)
			buf_addc(b, ',');
		is_first = false;
		write(b, it.value, v);
	}
	buf_addc(b, ']');
}

static void write_modern_tool(struct buf *b, const struct json *tool, enum mcp_version v)
{
	(void)v;
	json_write_with(b, tool, SLICE_LIT("execution"), (struct slice){ NULL, 0 });
}

/* 2025-11-25, Tool: outputSchema is of type object. */
static void write_legacy_tool(struct buf *b, const struct json *tool, enum mcp_version v)
{
	const struct json *schema = json_gets(tool, "outputSchema");
	(void)v;
	if (schema && !slice_is(json_string(json_gets(schema, "type")), "object"))
		json_write_with(b, tool, SLICE_LIT("outputSchema"), (struct slice){ NULL, 0 });
	else
		json_write(b, tool);
}

/* JSON has no other values that are no objects at these places: a member of a tools/list that is
 * no tool is printed as it stands. */
static void write_tool(struct buf *b, const struct json *tool, enum mcp_version v)
{
	if (!json_is(tool, JSON_OBJECT))
		json_write(b, tool);
	else if (mcp_version_era(v) == MCP_ERA_MODERN)
		write_modern_tool(b, tool, v);
	else
		write_legacy_tool(b, tool, v);
}

void mcp_result_to_modern(struct buf *b, struct slice method, const struct json *result, struct slice info)
{
	static const char *const ours[] = { "_meta", "resultType", NULL };
	static const char *const cached[] = { "_meta", "resultType", "ttlMs", "cacheScope", "tools", NULL };
	const struct json *task = json_gets(result, "task");
	bool is_cacheable = mcp_is_cacheable(method);
	buf_addc(b, '{');
	if (slice_is(method, "tools/call") && json_is(task, JSON_OBJECT) && !json_gets(result, "content")) {
		mcp_task_add_modern(b, task, "task", NULL);
	} else if (slice_is(method, "tasks/cancel")) {
		add_string(b, "resultType", SLICE_LIT("complete"));
	} else {
		add_string(b, "resultType", SLICE_LIT("complete"));
		add_members(b, result, is_cacheable ? cached : ours);
		if (is_cacheable && json_gets(result, "tools"))
			add_array(b, SLICE_LIT("tools"), json_gets(result, "tools"), write_tool, MCP_MODERN_LATEST);
	}
	if (is_cacheable)
		buf_adds(b, ",\"ttlMs\":0,\"cacheScope\":\"private\"");
	add_result_meta(b, json_gets(result, "_meta"), info);
	buf_addc(b, '}');
}

/* Content that a client's revision does not know (ContentBlock of each schema). */
static void write_content(struct buf *b, const struct json *content, enum mcp_version v)
{
	struct slice type = json_string(json_gets(content, "type"));
	static const char *const link[] = { "type", "text", "uri", "name", "title", "description", "mimeType", "size",
					    "icons", NULL };
	static const char *const audio[] = { "type", "resource", "data", "mimeType", NULL };
	if (slice_is(type, "resource_link") && v < MCP_2025_06_18) {
		buf_addc(b, '{');
		add_string(b, "type", SLICE_LIT("text"));
		add_string(b, "text", json_string(json_gets(content, "uri")));
		add_members(b, content, link);
		buf_addc(b, '}');
	} else if (slice_is(type, "audio") && v < MCP_2025_03_26) {
		buf_addc(b, '{');
		add_string(b, "type", SLICE_LIT("resource"));
		add_key(b, SLICE_LIT("resource"));
		buf_addc(b, '{');
		add_string(b, "uri", SLICE_LIT("audio:content"));
		add_string(b, "mimeType", json_string(json_gets(content, "mimeType")));
		add_string(b, "blob", json_string(json_gets(content, "data")));
		buf_addc(b, '}');
		add_members(b, content, audio);
		buf_addc(b, '}');
	} else {
		json_write(b, content);
	}
}

static void write_prompt_message(struct buf *b, const struct json *message, enum mcp_version v)
{
	static const char *const content[] = { "content", NULL };
	if (!json_is(message, JSON_OBJECT) || !json_gets(message, "content")) {
		json_write(b, message);
		return;
	}
	buf_addc(b, '{');
	add_members(b, message, content);
	add_key(b, SLICE_LIT("content"));
	write_content(b, json_gets(message, "content"), v);
	buf_addc(b, '}');
}

static void add_legacy_member(struct buf *b, struct slice method, struct slice key, const struct json *v,
			      enum mcp_version version)
{
	bool is_call = slice_is(method, "tools/call") || slice_is(method, "tasks/result");
	if (slice_is(method, "tools/list") && slice_is(key, "tools"))
		add_array(b, key, v, write_tool, version);
	else if (is_call && slice_is(key, "content"))
		add_array(b, key, v, write_content, version);
	else if (slice_is(method, "prompts/get") && slice_is(key, "messages"))
		add_array(b, key, v, write_prompt_message, version);
	else if (!is_call || !slice_is(key, "structuredContent") || json_is(v, JSON_OBJECT))
		add_value(b, key, v);
}

void mcp_result_to_legacy(struct buf *b, struct slice method, const struct json *result, enum mcp_version v)
{
	static const char *const ours[] = { "_meta", "resultType", NULL };
	static const char *const cached[] = { "_meta", "resultType", "ttlMs", "cacheScope", NULL };
	static const char *const meta[] = { MCP_META_SERVER_INFO, MCP_META_SUBSCRIPTION, NULL };
	const char *const *without = mcp_is_cacheable(method) ? cached : ours;
	buf_addc(b, '{');
	if (slice_is(json_string(json_gets(result, "resultType")), "task")) {
		add_key(b, SLICE_LIT("task"));
		mcp_task_to_legacy(b, result);
	} else if (slice_is(method, "tasks/get")) {
		mcp_task_add_legacy(b, result);
	} else {
		for (struct json_iter it = json_iter(result); it.is_object && json_next(&it);)
			if (!is_one_of(it.key, without))
				add_legacy_member(b, method, it.key, it.value, v);
	}
	add_meta(b, json_gets(result, "_meta"), meta);
	buf_addc(b, '}');
}

static void add_if_there(struct buf *b, const char *key, const struct json *v)
{
	if (v)
		add_value(b, slice_str(key), v);
}

void mcp_discover_to_initialize(struct buf *b, const struct json *discover, enum mcp_version v, struct slice info)
{
	static const char *const gone[] = { MCP_META_SERVER_INFO, NULL };
	const struct json *meta = json_gets(discover, "_meta");
	const struct json *own = json_gets(meta, MCP_META_SERVER_INFO);
	buf_addc(b, '{');
	add_string(b, "protocolVersion", slice_str(mcp_version_name(v)));
	add_key(b, SLICE_LIT("capabilities"));
	mcp_server_caps_to_legacy(b, json_gets(discover, "capabilities"), v);
	if (json_is(json_gets(own, "name"), JSON_STRING) && json_is(json_gets(own, "version"), JSON_STRING))
		add_value(b, SLICE_LIT("serverInfo"), own);
	else
		add_text(b, "serverInfo", info);
	add_if_there(b, "instructions", json_gets(discover, "instructions"));
	add_meta(b, meta, gone);
	buf_addc(b, '}');
}

void mcp_initialize_to_discover(struct buf *b, const struct json *initialize)
{
	const struct json *info = json_gets(initialize, "serverInfo");
	bool is_info = json_is(json_gets(info, "name"), JSON_STRING) && json_is(json_gets(info, "version"), JSON_STRING);
	buf_addc(b, '{');
	add_string(b, "resultType", SLICE_LIT("complete"));
	add_key(b, SLICE_LIT("supportedVersions"));
	buf_adds(b, "[\"");
	buf_adds(b, mcp_version_name(MCP_MODERN_LATEST));
	buf_adds(b, "\"]");
	add_key(b, SLICE_LIT("capabilities"));
	mcp_server_caps_to_modern(b, json_gets(initialize, "capabilities"));
	add_if_there(b, "instructions", json_gets(initialize, "instructions"));
	buf_adds(b, ",\"ttlMs\":0,\"cacheScope\":\"private\"");
	if (is_info || json_gets(initialize, "_meta")) {
		static const char *const own[] = { MCP_META_SERVER_INFO, NULL };
		add_key(b, SLICE_LIT("_meta"));
		buf_addc(b, '{');
		add_members(b, json_gets(initialize, "_meta"), own);
		if (is_info)
			add_value(b, SLICE_LIT(MCP_META_SERVER_INFO), info);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

static void write_error(struct buf *b, int64_t code, struct slice message, const struct json *data)
{
	buf_addf(b, "{\"code\":%lld", (long long)code);
	add_string(b, "message", message);
	add_if_there(b, "data", data);
	buf_addc(b, '}');
}

static int64_t code_of(const struct json *error)
{
	int64_t code = MCP_INTERNAL_ERROR;
	return json_int64(json_gets(error, "code"), &code) ? code : MCP_INTERNAL_ERROR;
}

void mcp_error_to_modern(struct buf *b, const struct json *error)
{
	int64_t code = code_of(error);
	if (code == MCP_RESOURCE_NOT_FOUND)
		code = MCP_INVALID_PARAMS;
	else if (code <= MCP_HEADER_MISMATCH && code >= -32099)
		code = MCP_INTERNAL_ERROR;
	write_error(b, code, json_string(json_gets(error, "message")), json_gets(error, "data"));
}

/* "elicitation, sampling" of {"elicitation":{},"sampling":{}}. */
static void add_names(struct buf *b, const struct json *object)
{
	bool is_first = true;
	for (struct json_iter it = json_iter(object); it.is_object && json_next(&it);) {
		buf_adds(b, is_first ? ": " : ", ");
		is_first = false;
		buf_add_slice(b, it.key);
	}
}

void mcp_error_to_legacy(struct buf *b, struct slice method, const struct json *error)
{
	int64_t code = code_of(error);
	const struct json *data = json_gets(error, "data");
	struct slice message = json_string(json_gets(error, "message"));
	struct buf text = BUF_INIT(b->max);
	if (code == MCP_INVALID_PARAMS && slice_is(method, "resources/read") &&
	    json_is(json_gets(data, "uri"), JSON_STRING)) {
		code = MCP_RESOURCE_NOT_FOUND;
	} else if (code == MCP_MISSING_CAPABILITY) {
		code = MCP_INTERNAL_ERROR;
		buf_adds(&text, "the server needs what this client has not declared");
		add_names(&text, json_gets(data, "requiredCapabilities"));
		message = buf_slice(&text);
		data = NULL;
	} else if (code == MCP_HEADER_MISMATCH || code == MCP_UNSUPPORTED_VERSION) {
		code = MCP_INTERNAL_ERROR;
		data = NULL;
	}
	write_error(b, code, message, data);
	buf_release(&text);
}

static void write_params(struct buf *b, const struct json *params, struct slice subscription)
{
	static const char *const meta_key[] = { "_meta", NULL };
	static const char *const gone[] = { MCP_META_SUBSCRIPTION, NULL };
	const struct json *meta = json_gets(params, "_meta");
	buf_addc(b, '{');
	add_members(b, params, meta_key);
	if (!subscription.n) {
		add_meta(b, meta, gone);
	} else {
		add_key(b, SLICE_LIT("_meta"));
		buf_addc(b, '{');
		add_members(b, meta, gone);
		add_text(b, MCP_META_SUBSCRIPTION, subscription);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

void mcp_notification_write(struct buf *b, const struct mcp_message *m, struct slice subscription)
{
	struct buf params = BUF_INIT(b->max);
	if (m->params || subscription.n)
		write_params(&params, m->params, subscription);
	if (!buf_ok(&params))
		b->failed = true;
	else
		mcp_write_request(b, (struct slice){ NULL, 0 }, m->method, buf_slice(&params));
	buf_release(&params);
}

bool mcp_log_passes(const struct mcp_message *m, enum mcp_log_level least)
{
	enum mcp_log_level level = mcp_log_level_of(json_string(json_gets(m->params, "level")));
	return least && level >= least;
}
