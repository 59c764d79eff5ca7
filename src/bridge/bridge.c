/* Which way an exchange goes: straight through, or across the eras. */
#include "bridge/bridge.h"
#include "base/check.h"

struct bridge {
	struct bridge_opts o;
};

struct bridge *bridge_new(const struct bridge_opts *o)
{
	struct bridge *b = mem_zalloc(sizeof *b);
	b->o = *o;
	return b;
}

void bridge_free(struct bridge **b)
{
	free(*b);
	*b = NULL;
}

struct exchange_id bridge_open(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                               const struct json *client_info, const struct json *capabilities,
                               const struct upstream_events *ev, void *ctx)
{
	(void)b;
	return upstream_open(u, &t->to, client_info, capabilities, MCP_LEGACY_LATEST, ev, ctx);
}

bool bridge_opened(struct bridge *b, struct upstream *u, struct exchange_id id, struct slice *session,
                   enum mcp_version *version)
{
	(void)b;
	return upstream_opened(u, id, session, version);
}

struct exchange_id bridge_request(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                  struct slice method, struct slice params, uint64_t deadline_ms,
                                  const struct upstream_events *ev, void *ctx)
{
	(void)b;
	return upstream_request(u, &t->to, method, params, deadline_ms, ev, ctx);
}

struct exchange_id bridge_notify(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice text, const struct upstream_events *ev, void *ctx)
{
	(void)b;
	return upstream_notify(u, &t->to, text, ev, ctx);
}

struct exchange_id bridge_listen(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice last_event_id, const struct upstream_events *ev, void *ctx)
{
	(void)b;
	return upstream_listen(u, &t->to, last_event_id, ev, ctx);
}

void bridge_cancel(struct bridge *b, struct upstream *u, struct exchange_id id, const char *reason)
{
	(void)b;
	upstream_cancel(u, id, reason);
}

void bridge_pause(struct bridge *b, struct upstream *u, struct exchange_id id, bool is_paused)
{
	(void)b;
	upstream_pause(u, id, is_paused);
}

void bridge_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	(void)b;
	upstream_close(u, &t->to);
}

void bridge_forget(struct bridge *b, struct upstream *u)
{
	(void)b;
	(void)u;
}
