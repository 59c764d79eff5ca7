/* Classification of what clients send: the body first, headers must agree with it. */
#include "mcp/envelope.h"
#include "base/limits.h"
#include "mcp/mirror.h"

static const char *const levels[] = {
	[MCP_LOG_NONE] = "",
	[MCP_LOG_DEBUG] = "debug",
	[MCP_LOG_INFO] = "info",
	[MCP_LOG_NOTICE] = "notice",
	[MCP_LOG_WARNING] = "warning",
	[MCP_LOG_ERROR] = "error",
	[MCP_LOG_CRITICAL] = "critical",
	[MCP_LOG_ALERT] = "alert",
	[MCP_LOG_EMERGENCY] = "emergency",
};

enum mcp_log_level mcp_log_level_of(struct slice name)
{
	for (size_t i = 1; i < ARRAY_LEN(levels); i++)
		if (slice_is(name, levels[i]))
			return (enum mcp_log_level)i;
	return MCP_LOG_NONE;
}

const char *mcp_log_level_name(enum mcp_log_level l)
{
	return levels[l];
}

unsigned mcp_client_can(const struct json *capabilities)
{
	const struct json *sampling = json_gets(capabilities, "sampling");
	const struct json *elicitation = json_gets(capabilities, "elicitation");
	unsigned can = 0;
	if (json_is(sampling, JSON_OBJECT))
		can |= MCP_CAN_SAMPLING;
	if (json_is(json_gets(sampling, "tools"), JSON_OBJECT))
		can |= MCP_CAN_SAMPLING_TOOLS;
	if (json_is(json_gets(capabilities, "roots"), JSON_OBJECT))
		can |= MCP_CAN_ROOTS;
	if (json_is(json_gets(elicitation, "url"), JSON_OBJECT))
		can |= MCP_CAN_ELICITATION_URL;
	if (json_is(elicitation, JSON_OBJECT) &&
	    (json_gets(elicitation, "form") || !json_gets(elicitation, "url")))
		can |= MCP_CAN_ELICITATION;
	if (json_is(json_gets(json_gets(capabilities, "extensions"), MCP_EXTENSION_TASKS), JSON_OBJECT))
		can |= MCP_CAN_TASKS;
	return can;
}

static const struct json *meta_of(const struct json *params)
{
	return json_gets(params, "_meta");
}

static bool has_claim(const struct json *params)
{
	return json_gets(meta_of(params), MCP_META_VERSION) != NULL;
}

/* NULL when it is well-formed, else the key that is not. A revision we do not know is well-formed. */
static const char *find_fault(const struct json *meta)
{
	const struct json *version = json_gets(meta, MCP_META_VERSION);
	const struct json *info = json_gets(meta, MCP_META_CLIENT_INFO);
	const struct json *level = json_gets(meta, MCP_META_LOG_LEVEL);
	if (!json_is(version, JSON_STRING))
		return MCP_META_VERSION;
	if (!json_is(json_gets(meta, MCP_META_CLIENT_CAPS), JSON_OBJECT))
		return MCP_META_CLIENT_CAPS;
	if (info && (!json_is(json_gets(info, "name"), JSON_STRING) ||
		     !json_is(json_gets(info, "version"), JSON_STRING)))
		return MCP_META_CLIENT_INFO;
	if (level && !mcp_log_level_of(json_string(level)))
		return MCP_META_LOG_LEVEL;
	return NULL;
}

static void read_envelope(const struct json *meta, struct mcp_envelope *e)
{
	e->version = mcp_version_of(json_string(json_gets(meta, MCP_META_VERSION)));
	e->client_info = json_gets(meta, MCP_META_CLIENT_INFO);
	e->client_name = json_string(json_gets(e->client_info, "name"));
	e->client_version = json_string(json_gets(e->client_info, "version"));
	e->capabilities = json_gets(meta, MCP_META_CLIENT_CAPS);
	e->can = mcp_client_can(e->capabilities);
	e->log_level = mcp_log_level_of(json_string(json_gets(meta, MCP_META_LOG_LEVEL)));
}

static enum mcp_era era_of(struct slice version)
{
	return mcp_version_era(mcp_version_of(version));
}

static bool carries_modern_envelope(const struct json *params)
{
	const struct json *meta = meta_of(params);
	return has_claim(params) && !find_fault(meta) &&
	       era_of(json_string(json_gets(meta, MCP_META_VERSION))) == MCP_ERA_MODERN;
}

static bool classify_batch(const struct json *root, struct mcp_inbound *in, struct mcp_refusal *r)
{
	in->is_batch = true;
	if (!json_count(root))
		return mcp_refuse(r, MCP_INVALID_REQUEST, "a batch must have at least one message");
	for (struct json_iter it = json_iter(root); json_next(&it);)
		if (has_claim(json_gets(it.value, "params")))
			return mcp_refuse(r, MCP_INVALID_REQUEST,
					  "a message of revision 2026-07-28 cannot stand in a batch, send it alone");
	in->era = MCP_ERA_LEGACY;
	return true;
}

static bool check_version(struct slice version, const struct mcp_headers *h, struct mcp_refusal *r)
{
	if (h && h->version.p && !slice_eq(slice_trim(h->version), version))
		return mcp_refuse(r, MCP_HEADER_MISMATCH,
				  "header 'MCP-Protocol-Version' does not equal '" MCP_META_VERSION "' of the body");
	if (era_of(version) == MCP_ERA_MODERN)
		return true;
	mcp_refuse(r, MCP_UNSUPPORTED_VERSION, "unsupported protocol version");
	r->requested = version;
	return false;
}

static bool classify_claim(const struct mcp_headers *h, struct mcp_inbound *in, struct mcp_refusal *r)
{
	const struct json *meta = meta_of(in->m.params);
	struct slice version = json_string(json_gets(meta, MCP_META_VERSION));
	bool is_request = in->m.kind == MCP_REQUEST;
	const char *fault = find_fault(meta);
	/* A notification has no envelope of its own: only what it claims to be must be readable. */
	if (fault && (is_request || strcmp(fault, MCP_META_VERSION) == 0))
		return mcp_refuse(r, MCP_INVALID_PARAMS, "'params._meta' has no valid '%s'", fault);
	if (!check_version(version, h, r))
		return false;
	in->era = MCP_ERA_MODERN;
	if (!fault)
		read_envelope(meta, &in->envelope);
	return mcp_mirror_check(&in->m, h, r);
}

/* No envelope, but a modern revision in the header. */
static bool classify_header(const struct mcp_headers *h, struct mcp_inbound *in, struct mcp_refusal *r)
{
	if (in->m.kind == MCP_NOTIFICATION) {
		in->era = MCP_ERA_MODERN;
		return mcp_mirror_check(&in->m, h, r);
	}
	if (in->m.kind != MCP_REQUEST)
		return mcp_refuse(r, MCP_INVALID_REQUEST, "revision 2026-07-28 has no answers from a client");
	return mcp_refuse(r, MCP_INVALID_PARAMS,
			  "'params._meta' lacks '" MCP_META_VERSION "', which revision 2026-07-28 demands of each request");
}

bool mcp_classify(const struct json *root, const struct mcp_headers *h, struct mcp_inbound *in,
		  struct mcp_refusal *r)
{
	struct err e = { 0 };
	*in = (struct mcp_inbound){ 0 };
	*r = (struct mcp_refusal){ 0 };
	if (json_is(root, JSON_ARRAY))
		return classify_batch(root, in, r);
	if (!mcp_message_read(root, &in->m, &e))
		return mcp_refuse(r, MCP_INVALID_REQUEST, "%s", e.text);
	bool is_modern_header = h && era_of(slice_trim(h->version)) == MCP_ERA_MODERN;
	if (in->m.kind == MCP_REQUEST && slice_is(in->m.method, "initialize") &&
	    !carries_modern_envelope(in->m.params)) {
		if (is_modern_header)
			return mcp_refuse(r, MCP_HEADER_MISMATCH,
					  "'initialize' does not exist in the revision of header 'MCP-Protocol-Version'");
		in->era = MCP_ERA_LEGACY;
		return true;
	}
	bool is_answer = in->m.kind == MCP_RESULT || in->m.kind == MCP_ERROR;
	if (!is_answer && has_claim(in->m.params))
		return classify_claim(h, in, r);
	if (is_modern_header)
		return classify_header(h, in, r);
	in->era = MCP_ERA_LEGACY;
	return true;
}

bool mcp_envelope_may(const struct mcp_message *m, const struct mcp_envelope *e, struct mcp_refusal *r)
{
	const struct json *filter = json_gets(m->params, "notifications");
	bool is_task = slice_is(m->method, "tasks/get") || slice_is(m->method, "tasks/update") ||
		       slice_is(m->method, "tasks/cancel");
	bool is_listen = slice_is(m->method, "subscriptions/listen") && json_count(json_gets(filter, "taskIds"));
	if ((!is_task && !is_listen) || (e->can & MCP_CAN_TASKS))
		return true;
	mcp_refuse(r, MCP_MISSING_CAPABILITY, "missing required client capability");
	r->required = "{\"extensions\":{\"" MCP_EXTENSION_TASKS "\":{}}}";
	return false;
}
