/* What a stream of notifications carries, and its first and last message. */
#include "mcp/listen.h"
#include "base/limits.h"
#include "mcp/envelope.h"
#include "mcp/inside.h"

static bool read_flag(const struct json *filter, const char *key, bool *out, struct err *e)
{
	const struct json *v = json_gets(filter, key);
	if (v && !json_is(v, JSON_BOOL))
		return err_set(e, ERR_INPUT, "'params.notifications.%s' must be true or false", key);
	*out = json_true(v);
	return true;
}

static bool read_names(const struct json *filter, const char *key, size_t max, const struct json **out,
		       struct err *e)
{
	const struct json *v = json_gets(filter, key);
	*out = NULL;
	if (!v)
		return true;
	if (!json_is(v, JSON_ARRAY))
		return err_set(e, ERR_INPUT, "'params.notifications.%s' must be a list", key);
	if (json_count(v) > LIMIT_SUBSCRIPTIONS)
		return err_set(e, ERR_LIMIT, "'params.notifications.%s' has more than %d entries", key,
			       LIMIT_SUBSCRIPTIONS);
	for (struct json_iter it = json_iter(v); json_next(&it);)
		if (!json_is(it.value, JSON_STRING) || json_string(it.value).n > max)
			return err_set(e, ERR_INPUT, "'params.notifications.%s' must be of strings of at most %zu bytes",
				       key, max);
	if (json_count(v))
		*out = v;
	return true;
}

bool mcp_filter_read(const struct json *params, struct mcp_filter *f, struct err *e)
{
	const struct json *filter = json_gets(params, "notifications");
	*f = (struct mcp_filter){ 0 };
	if (!json_is(filter, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'params.notifications' must be an object");
	return read_flag(filter, "toolsListChanged", &f->tools, e) &&
	       read_flag(filter, "promptsListChanged", &f->prompts, e) &&
	       read_flag(filter, "resourcesListChanged", &f->resources, e) &&
	       read_names(filter, "resourceSubscriptions", LIMIT_URI, &f->uris, e) &&
	       read_names(filter, "taskIds", LIMIT_RPC_ID, &f->tasks, e);
}

bool mcp_filter_is_empty(const struct mcp_filter *f)
{
	return !f->tools && !f->prompts && !f->resources && !f->uris && !f->tasks;
}

bool mcp_uri_is_below(struct slice uri, struct slice of)
{
	if (!of.n || !slice_starts(uri, of))
		return false;
	return uri.n == of.n || of.p[of.n - 1] == '/' || strchr("/?#", uri.p[of.n]);
}

static bool has_uri(const struct json *uris, struct slice uri)
{
	for (struct json_iter it = json_iter(uris); uri.n && json_next(&it);)
		if (mcp_uri_is_below(uri, json_string(it.value)))
			return true;
	return false;
}

static bool has_task(const struct json *tasks, struct slice id)
{
	for (struct json_iter it = json_iter(tasks); id.n && json_next(&it);)
		if (slice_eq(id, json_string(it.value)))
			return true;
	return false;
}

bool mcp_filter_takes(const struct mcp_filter *f, const struct mcp_message *m)
{
	if (slice_is(m->method, "notifications/tools/list_changed"))
		return f->tools;
	if (slice_is(m->method, "notifications/prompts/list_changed"))
		return f->prompts;
	if (slice_is(m->method, "notifications/resources/list_changed"))
		return f->resources;
	if (slice_is(m->method, "notifications/resources/updated"))
		return has_uri(f->uris, json_string(json_gets(m->params, "uri")));
	return slice_is(m->method, "notifications/tasks") &&
	       has_task(f->tasks, json_string(json_gets(m->params, "taskId")));
}

void mcp_filter_write(struct buf *b, const struct mcp_filter *f)
{
	buf_addc(b, '{');
	if (f->tools)
		add_text(b, "toolsListChanged", SLICE_LIT("true"));
	if (f->prompts)
		add_text(b, "promptsListChanged", SLICE_LIT("true"));
	if (f->resources)
		add_text(b, "resourcesListChanged", SLICE_LIT("true"));
	if (f->uris)
		add_value(b, SLICE_LIT("resourceSubscriptions"), f->uris);
	if (f->tasks)
		add_value(b, SLICE_LIT("taskIds"), f->tasks);
	buf_addc(b, '}');
}

static void add_meta_of(struct buf *b, struct slice id)
{
	add_key(b, SLICE_LIT("_meta"));
	buf_addc(b, '{');
	add_text(b, MCP_META_SUBSCRIPTION, id);
	buf_addc(b, '}');
}

void mcp_acknowledged_write(struct buf *b, const struct mcp_filter *f, struct slice id)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{");
	add_key(b, SLICE_LIT("notifications"));
	mcp_filter_write(b, f);
	add_meta_of(b, id);
	buf_adds(b, "}}");
}

void mcp_listen_end_write(struct buf *b, struct slice id)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_add_slice(b, id);
	buf_adds(b, ",\"result\":{\"resultType\":\"complete\"");
	add_meta_of(b, id);
	buf_adds(b, "}}");
}
