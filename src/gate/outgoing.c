/* Requests to servers: the client's params with what must be said anew. */
#include "gate/outgoing.h"
#include "gate/consent.h"
#include "gate/merge.h"

static void write_meta(struct buf *b, const struct outgoing *o, const struct json *meta)
{
	const struct call *c = o->call;
	struct buf token = BUF_INIT(64), can = BUF_INIT(b->max), trace = BUF_INIT(8192);
	struct member changes[4];
	size_t n = trace_members(c, changes, &trace);
	if (json_gets(meta, "progressToken")) {
		/* Without a token there is no progress, and another call's token names that call. */
		if (!o->is_part)
			upstream_progress_token(&token, c->id);
		changes[n++] = (struct member){ SLICE_LIT("progressToken"),
		                                o->is_part ? slice_of(NULL, 0) : buf_slice(&token) };
	}
	if (c->in->is_modern) {
		modern_write_capabilities(&can, c->in, o->policy);
		changes[n++] = (struct member){ SLICE_LIT(MCP_META_CLIENT_CAPS), buf_slice(&can) };
	}
	members_write(b, meta, changes, n);
	if (!buf_ok(&can) || !buf_ok(&trace))
		b->failed = true;
	buf_release(&trace);
	buf_release(&token);
	buf_release(&can);
}

static void write_param(struct buf *b, const struct outgoing *o, struct slice key, const struct json *value)
{
	const struct call *c = o->call;
	if (!o->is_part && merge_write_param(b, c, key, value))
		return;
	if (slice_is(key, "taskId") && c->method->param && slice_is(slice_str(c->method->param), "taskId"))
		buf_add_json_string(b, c->name);
	else if (slice_is(key, "_meta") && json_is(value, JSON_OBJECT))
		write_meta(b, o, value);
	else
		json_write(b, value);
}

/* Members that are not the server's. MCP 2025-11-25, Tasks: who has not declared them runs the request
 * as if it did not ask for one, and the door to all has not. A cursor there is the gate's own. */
static bool is_kept_here(const struct outgoing *o, struct slice key)
{
	const struct json *params = o->call->m.params;
	if ((slice_is(key, "requestState") || slice_is(key, "inputResponses")) && consent_is_state(params))
		return true; /* said to the gate */
	return (slice_is(key, "task") && merge_is_door(o->call->in)) ||
	       (o->is_part && o->call->method->kind == METHOD_LIST && slice_is(key, "cursor"));
}

static void write_key(struct buf *b, size_t *n, struct slice key)
{
	if ((*n)++)
		buf_addc(b, ',');
	buf_add_json_string(b, key);
	buf_addc(b, ':');
}

void outgoing_write(struct buf *b, const struct outgoing *o)
{
	const struct json *params = o->call->m.params;
	bool has_cursor = o->is_part && o->cursor.p;
	size_t n = 0;
	if (!params && !has_cursor)
		return;
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(params); it.is_object && json_next(&it);) {
		if (is_kept_here(o, it.key))
			continue;
		write_key(b, &n, it.key);
		write_param(b, o, it.key, it.value);
	}
	if (has_cursor) {
		write_key(b, &n, SLICE_LIT("cursor"));
		buf_add_json_string(b, o->cursor);
	}
	buf_addc(b, '}');
}

bool outgoing_target(const struct outgoing *o, struct bridge_target *t, struct buf *can)
{
	struct call *c = o->call;
	if (!o->is_part && json_gets(json_gets(c->m.params, "_meta"), "progressToken"))
		t->to.progress_id = c->id;
	if (c->in->is_modern) {
		t->is_task_only = c->tool && c->tool->is_task_only;
		modern_write_capabilities(can, c->in, o->policy);
		t->client_capabilities = buf_slice(can);
		t->to.client_caps &= modern_allowed(o->policy);
	}
	return modern_write_params(c, t) && buf_ok(can);
}
