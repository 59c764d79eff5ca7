/*
 * Lists of all servers as one: each server's in the order of the grant's servers, each filtered
 * by its own policy. The whole is one page: what a server has further is asked for here.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/merge.h"
#include "gate/pinning.h"

static void write_item(struct merge_part *p, const struct json *item)
{
	const struct method *method = p->call->method;
	struct slice server = slice_str(p->server), name = json_string(json_gets(item, method->item));
	struct buf own = BUF_INIT(LIMIT_URI * 6 + 256);
	if (!slice_is(slice_str(method->item), "name")) {
		struct buf uri = BUF_INIT(LIMIT_URI + LIMIT_NAME + 8);
		mcp_merged_uri(&uri, server, name);
		buf_add_json_string(&own, buf_slice(&uri));
		if (!buf_ok(&uri))
			own.failed = true;
		merge_remember(p->call->gate, buf_slice(&uri), server, name);
		buf_release(&uri);
	} else {
		char merged[MCP_MERGED_NAME_SIZE];
		mcp_merged_name(merged, server, name);
		buf_add_json_string(&own, slice_str(merged));
		merge_remember(p->call->gate, slice_str(merged), server, name);
	}
	if (buf_ok(&own)) {
		if (p->out.n)
			buf_addc(&p->out, ',');
		json_write_with(&p->out, item, slice_str(method->item), buf_slice(&own));
	} else {
		log_warn(p->server, "an item of its %s is too long to be shown", method->list);
	}
	buf_release(&own);
}

/* Calls are judged by what was learnt: the whole list, or nothing of it. */
static void learn(struct merge_part *p, const struct json *tools, bool is_last)
{
	struct gate *g = p->call->gate;
	struct slice server = slice_str(p->server);
	struct err e;
	pinning_take(g, p->server, tools, p->call->in->session.client_version);
	if (registry_get(g->o.registry, server) != p->upstream)
		return;
	if (p->pages == 0) {
		catalog_begin(g->o.catalog, server);
		p->is_learning = true;
	}
	if (p->is_learning && !catalog_add(g->o.catalog, server, tools, &e)) {
		log_warn(p->server, "its tools/list cannot be used: %s", e.text);
		p->is_learning = false;
	}
	if (!p->is_learning || !is_last)
		return;
	catalog_commit(g->o.catalog, server, loop_now_us(g->o.loop), LIMIT_CATALOG_TTL_MS);
	pinning_learnt(g, p->server);
}

struct slice merge_take_list(struct merge_part *p, const struct json *result)
{
	const struct method *method = p->call->method;
	const struct json *items = json_gets(result, method->list);
	const struct json *next = json_gets(result, "nextCursor");
	struct slice cursor = json_is(next, JSON_STRING) ? json_string(next) : slice_of(NULL, 0); /* "" is one, too */
	bool is_last = !cursor.p || p->pages + 1 >= LIMIT_LIST_PAGES;
	int64_t ttl = 0;
	if (slice_is(slice_str(method->list), "tools"))
		learn(p, items, is_last);
	for (struct json_iter it = json_iter(items); json_next(&it);)
		if (list_shows(p->call, p->server, p->binding->policy, it.value))
			write_item(p, it.value);
	if (!json_int64(json_gets(result, "ttlMs"), &ttl) || ttl < 0)
		ttl = 0;
	if (!p->pages++ || (uint64_t)ttl < p->ttl_ms)
		p->ttl_ms = (uint64_t)ttl;
	if (cursor.p && is_last)
		log_warn(p->server, "its %s have more than %d pages; the rest is left out", method->list, LIMIT_LIST_PAGES);
	return is_last ? slice_of(NULL, 0) : cursor;
}

void merge_write_list(struct buf *b, struct call *c)
{
	uint64_t ttl_ms = UINT64_MAX;
	bool is_first = true, is_whole = true;
	buf_addf(b, "{\"%s\":[", c->method->list);
	for (size_t i = 0; i < c->merge->part_n; i++) {
		struct merge_part *p = &c->merge->parts[i];
		is_whole = is_whole && !p->is_left_out;
		if (!p->is_left_out && p->ttl_ms < ttl_ms)
			ttl_ms = p->ttl_ms;
		if (!buf_ok(&p->out)) {
			log_warn(p->server, "its %s are larger than the gate carries, and left out", c->method->list);
			continue;
		}
		if (!p->out.n)
			continue;
		if (!is_first)
			buf_addc(b, ',');
		is_first = false;
		buf_add_slice(b, buf_slice(&p->out));
	}
	buf_addc(b, ']');
	/* MCP 2026-07-28, Caching: the smallest of what was put together, and private, since it is
	 * filtered by grant. A list with a hole in it is not to be kept. */
	if (c->in->is_modern)
		buf_addf(b, ",\"resultType\":\"complete\",\"ttlMs\":%llu,\"cacheScope\":\"private\"",
		         (unsigned long long)(is_whole && ttl_ms != UINT64_MAX ? ttl_ms : 0));
	buf_addc(b, '}');
}
