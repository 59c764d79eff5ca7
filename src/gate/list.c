/* Lists, without what the grant may not use. Everything else of the server's answer stays: _meta, cursors, unknown members. */
#include "base/limits.h"
#include "base/log.h"
#include "gate/pinning.h"

static bool shows_tool(const struct call *c, const char *server, const struct policy *p, struct slice name,
		       const struct json *tool)
{
	struct risk risk;
	if (!name.n || name.n > LIMIT_TOOL_NAME || !pinning_shows(c->gate, server, tool, c->in->session.client_version))
		return false;
	catalog_risk(c->gate->o.catalog, slice_str(server), tool, &risk);
	return policy_shows_tool(p, name, risk_class(&risk));
}

bool list_shows(const struct call *c, const char *server, const struct policy *p, const struct json *item)
{
	const struct method *m = c->method;
	struct slice name = json_string(json_gets(item, m->item));
	if (slice_is(slice_str(m->list), "tools"))
		return shows_tool(c, server, p, name, item);
	if (slice_is(slice_str(m->list), "prompts"))
		return policy_allows_name(p, POLICY_PROMPT, name);
	return policy_allows_name(p, POLICY_RESOURCE, name);
}

static void write_items(struct buf *b, const struct call *c, const struct policy *p, const struct json *items)
{
	bool is_first = true;
	buf_addc(b, '[');
	for (struct json_iter it = json_iter(items); json_next(&it);) {
		if (!list_shows(c, c->server, p, it.value))
			continue;
		if (!is_first)
			buf_addc(b, ',');
		is_first = false;
		json_write(b, it.value);
	}
	buf_addc(b, ']');
}

/* A list of one page is the server's whole list: calls are judged by it. */
static void learn(struct call *c, const struct json *result, const struct json *tools)
{
	struct gate *g = c->gate;
	struct err e;
	pinning_take(g, c->server, tools, c->in->session.client_version);
	if (json_gets(c->m.params, "cursor") || json_gets(result, "nextCursor") ||
	    registry_get(g->o.registry, slice_str(c->server)) != c->upstream)
		return;
	if (!catalog_learn(g->o.catalog, slice_str(c->server), tools, loop_now_us(g->o.loop), LIMIT_CATALOG_TTL_MS,
	                   &e))
		log_warn(c->server, "its tools/list cannot be used: %s", e.text);
	else
		pinning_learnt(g, c->server);
}

void list_write(struct buf *b, struct call *c)
{
	const struct policy *p = c->binding->policy;
	const struct json *items = json_gets(c->answer->result, c->method->list);
	if (slice_is(slice_str(c->method->list), "tools"))
		learn(c, c->answer->result, items);
	struct buf shown = BUF_INIT(c->gate->o.message_bytes_max), id = BUF_INIT(4096), result = BUF_INIT(b->max);
	write_items(&shown, c, p, items);
	/* What is shown depends on the grant: no cache may show it to another (MCP 2026-07-28, Caching). */
	struct member changes[] = {
		{ slice_str(c->method->list), buf_slice(&shown) },
		{ SLICE_LIT("cacheScope"), SLICE_LIT("\"private\"") },
	};
	members_write(&result, c->answer->result, changes, c->in->is_modern ? 2 : 1);
	json_write(&id, c->m.id);
	if (buf_ok(&shown) && buf_ok(&result))
		mcp_write_result(b, buf_slice(&id), buf_slice(&result));
	else
		b->failed = true;
	buf_release(&shown);
	buf_release(&id);
	buf_release(&result);
}
