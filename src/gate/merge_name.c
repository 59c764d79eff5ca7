/*
 * What a name at the door to all servers means, and how a server's own names and URIs look
 * there (mcp/merged.h). Only names that the server's own cannot be read from are kept.
 */
#include "base/check.h"
#include "base/limits.h"
#include "gate/merge.h"

/* A name that was changed, or a ui:// URI: "<server>\n<its own name>". */
void merge_remember(struct gate *g, struct slice shown, struct slice server, struct slice name)
{
	struct slice rest;
	bool is_readable = mcp_merged_uri_server(shown, &server, 1, &rest) == 0 ||
	                   (mcp_merged_server(shown, &server, 1, &rest) == 0 && slice_eq(rest, name));
	if (is_readable || map_get(&g->merged_names, shown) || g->merged_names.n >= LIMIT_MERGED_NAMES)
		return;
	char *text = mem_alloc(server.n + name.n + 2);
	memcpy(text, server.p, server.n);
	text[server.n] = '\n';
	memcpy(text + server.n + 1, name.p, name.n);
	text[server.n + 1 + name.n] = '\0';
	map_put(&g->merged_names, shown, text);
}

void merge_release(struct gate *g)
{
	size_t at = 0;
	void *text;
	while (map_next(&g->merged_names, &at, NULL, &text))
		free(text);
	map_release(&g->merged_names);
}

static bool find_remembered(struct call *c, struct slice shown)
{
	struct slice text = slice_str(map_get(&c->gate->merged_names, shown));
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	if (!end)
		return false;
	struct slice server = slice_of(text.p, (size_t)(end - text.p));
	const struct grant_binding *binding = grant_binding(c->in->grant, server);
	char *own = arena_strndup(&c->in->arena, end + 1, text.n - server.n - 1);
	if (!binding || !own)
		return false;
	c->binding = binding;
	c->own_name = slice_of(own, text.n - server.n - 1);
	return true;
}

static bool find_server(struct call *c, struct slice shown, bool is_uri)
{
	const struct grant *grant = c->in->grant;
	struct slice *servers = arena_alloc(&c->in->arena, (grant->binding_n + 1) * sizeof *servers);
	for (size_t i = 0; servers && i < grant->binding_n; i++)
		servers[i] = grant->bindings[i].server;
	int at = !servers ? -1
	         : is_uri ? mcp_merged_uri_server(shown, servers, grant->binding_n, &c->own_name)
	                  : mcp_merged_server(shown, servers, grant->binding_n, &c->own_name);
	bool is_changed = at < 0 || (!is_uri && mcp_merged_is_changed(c->own_name));
	if (is_changed && find_remembered(c, shown))
		return true;
	c->binding = at < 0 ? NULL : &grant->bindings[at];
	return c->binding;
}

static void refuse_unknown(struct call *c, struct slice shown)
{
	static const char *const words[] = { [METHOD_TOOL] = "tool", [METHOD_PROMPT] = "prompt", [METHOD_COMPLETE] = "reference" };
	const char *word = c->method->kind == METHOD_RESOURCE ? "resource" : words[c->method->kind];
	int code = c->method->kind == METHOD_RESOURCE && !c->in->is_modern ? MCP_RESOURCE_NOT_FOUND : MCP_INVALID_PARAMS;
	call_refuse_error(c, code, "(unknown name)", "unknown %s: %.*s", word, (int)(shown.n < 200 ? shown.n : 200),
	                  shown.p ? shown.p : "");
	c->server = MERGE_SERVER;
}

static void route_name(struct call *c, struct slice shown, bool is_uri)
{
	c->shown_name = shown;
	if (!shown.n || shown.n > LIMIT_URI || !find_server(c, shown, is_uri)) {
		refuse_unknown(c, shown);
		return;
	}
	c->server = arena_strndup(&c->in->arena, c->binding->server.p, c->binding->server.n);
	if (!c->server)
		refuse_unknown(c, shown);
}

void merge_route(struct call *c)
{
	const struct json *ref = json_gets(c->m.params, "ref");
	bool is_uri = slice_is(json_string(json_gets(ref, "type")), "ref/resource");
	c->server = MERGE_SERVER;
	switch (c->method->kind) {
	case METHOD_PING:
		break;
	case METHOD_OPEN:
	case METHOD_LIST:
	case METHOD_DISCOVER:
		if (c->method->kind == METHOD_LIST && json_string(json_gets(c->m.params, "cursor")).n)
			call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)", "params.cursor is none that was given out here");
		c->merge = mem_zalloc(sizeof *c->merge);
		break;
	case METHOD_PASS:
		if (slice_is(c->m.method, "logging/setLevel"))
			c->merge = mem_zalloc(sizeof *c->merge);
		else
			call_refuse_error(c, MCP_METHOD_NOT_FOUND, "(unknown method)", "there are no tasks at this door");
		break;
	case METHOD_TOOL:
	case METHOD_PROMPT:
		route_name(c, json_string(json_gets(c->m.params, "name")), false);
		break;
	case METHOD_RESOURCE:
		route_name(c, json_string(json_gets(c->m.params, "uri")), true);
		break;
	case METHOD_COMPLETE:
		route_name(c, json_string(json_gets(ref, is_uri ? "uri" : "name")), is_uri);
		break;
	case METHOD_LISTEN: /* each server by itself: subscription.c */
		break;
	case METHOD_UNKNOWN:
		BUG_ON(true);
	}
}

void merge_find_name(struct call *c)
{
	size_t at = 0;
	char merged[MCP_MERGED_NAME_SIZE];
	if (c->method->kind != METHOD_TOOL || !mcp_merged_is_changed(c->own_name))
		return;
	for (struct catalog_tool *t; (t = catalog_next(c->gate->o.catalog, slice_str(c->server), &at));) {
		mcp_merged_name(merged, slice_str(c->server), t->name);
		char *own = slice_is(c->shown_name, merged) ? arena_strndup(&c->in->arena, t->name.p, t->name.n) : NULL;
		if (own)
			c->own_name = slice_of(own, t->name.n);
	}
}

static void write_ref(struct buf *b, const struct call *c, const struct json *ref)
{
	struct buf own = BUF_INIT(LIMIT_URI * 6 + 16);
	buf_add_json_string(&own, c->own_name);
	bool is_uri = slice_is(json_string(json_gets(ref, "type")), "ref/resource");
	if (buf_ok(&own))
		json_write_with(b, ref, slice_str(is_uri ? "uri" : "name"), buf_slice(&own));
	else
		b->failed = true;
	buf_release(&own);
}

bool merge_write_param(struct buf *b, const struct call *c, struct slice key, const struct json *value)
{
	if (!c->own_name.p)
		return false;
	if (c->method->kind == METHOD_COMPLETE && slice_is(key, "ref"))
		write_ref(b, c, value);
	else if (c->method->param && slice_is(key, c->method->param))
		buf_add_json_string(b, c->own_name);
	else
		return false;
	return true;
}
