/* Which way an exchange goes: straight through, or across the eras. */
#include "base/check.h"
#include "base/random.h"
#include "bridge/ml_task.h"

#define TURNS_MAX 4 /* a server whose verdict keeps changing is not followed for ever */

struct bridge *bridge_new(const struct bridge_opts *o)
{
	struct bridge *b = mem_zalloc(sizeof *b);
	b->o = *o;
	if (!b->o.parked_ms)
		b->o.parked_ms = LIMIT_PARKED_MS;
	idtable_init(&b->ids);
	b->id_mask = random_u64() | UPSTREAM_ID_WRAPPED;
	list_init(&b->running);
	map_init(&b->behinds);
	held_init(b);
	parked_init(b);
	list_init(&b->tasks);
	return b;
}

void bridge_free(struct bridge **bp)
{
	struct bridge *b = *bp;
	size_t at = 0;
	void *value;
	if (!b)
		return;
	b->is_ending = true;
	list_each_safe(it, next, &b->running)
	{
		/* Without its client and its server nothing of it is left to do. */
		struct crossing *x = list_entry(it, struct crossing, link);
		x->inner.v = 0;
		crossing_leave(x, "the gate stops");
	}
	while (map_next(&b->behinds, &at, NULL, &value)) {
		struct behind *s = value;
		bridge_forget(b, s->u);
	}
	lm_free(b);
	ml_task_release(b);
	errand_release(b);
	parked_release(b);
	held_release(b);
	map_release(&b->behinds);
	idtable_release(&b->ids);
	digest_wipe(b->o.key, sizeof b->o.key);
	free(b);
	*bp = NULL;
}

static struct slice key_of(struct upstream *const *u)
{
	return slice_of((const char *)u, sizeof *u);
}

struct behind *behind_of(struct bridge *b, struct upstream *u)
{
	struct behind *s = map_get(&b->behinds, key_of(&u));
	if (s)
		return s;
	s = mem_zalloc(sizeof *s);
	s->bridge = b;
	s->u = u;
	snprintf(s->name, sizeof s->name, "%s", upstream_name(u));
	list_init(&s->asking);
	list_init(&s->held);
	list_init(&s->hubs);
	list_init(&s->modern);
	map_init(&s->task_tools);
	map_put(&b->behinds, key_of(&u), s);
	return s;
}

void behind_use(struct behind *s)
{
	s->users++;
}

void behind_drop(struct behind *s)
{
	BUG_ON(!s->users);
	if (--s->users || !s->is_forgotten)
		return;
	map_release(&s->task_tools);
	free(s);
}

void bridge_forget(struct bridge *b, struct upstream *u)
{
	struct behind *s = map_del(&b->behinds, key_of(&u));
	if (!s)
		return;
	s->is_forgotten = true;
	behind_use(s);
	hub_forget(s);
	lm_forget(s);
	errand_forget(s);
	ml_task_forget(s);
	held_forget(s);
	behind_drop(s);
}

enum way { WAY_NONE = 0, WAY_DIRECT, WAY_PROBE, WAY_ML, WAY_LM, WAY_HELD, WAY_HUB, WAY_NOWHERE };

static bool is_modern(enum mcp_version v)
{
	return mcp_version_era(v) == MCP_ERA_MODERN;
}

static enum way choose_modern(enum crossing_kind kind, enum upstream_verdict modern)
{
	if (modern == UPSTREAM_NOT_ASKED)
		return kind == CROSSING_NOTIFY ? WAY_NOWHERE : WAY_PROBE;
	if (modern == UPSTREAM_YES)
		return kind == CROSSING_SUBSCRIBE ? WAY_HUB : WAY_DIRECT;
	/* A client of this era has no notification that a session would understand. */
	return kind == CROSSING_NOTIFY ? WAY_NOWHERE : WAY_ML;
}

static enum way choose(const struct upstream *u, const struct bridge_target *t, enum crossing_kind kind,
                       enum upstream_verdict modern)
{
	if (!u)
		return WAY_HELD;
	if (modern == UPSTREAM_NOT_ASKED)
		modern = upstream_speaks(u, MCP_ERA_MODERN);
	if (is_modern(t->client_version))
		return choose_modern(kind, modern);
	if (!t->is_held && kind != CROSSING_OPEN) {
		if (!is_modern(t->to.version))
			return WAY_DIRECT;
		/* Another may have its place by now, to which a session means something. */
		return kind == CROSSING_REQUEST && modern == UPSTREAM_NOT_ASKED ? WAY_PROBE : WAY_LM;
	}
	/* A server of both eras is spoken to in the client's. */
	if (upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_NO && modern != UPSTREAM_NO)
		return modern == UPSTREAM_YES ? WAY_LM : WAY_PROBE;
	return t->is_held ? WAY_HELD : WAY_DIRECT;
}

static const struct json *read_json(struct slice text, struct arena *a)
{
	struct err e;
	return text.n ? json_read(text, a, &e) : NULL;
}

/* Legacy after all, or not: how a handshake ends may be the first to say. */
static void on_direct_done(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                           int http_status)
{
	bool is_refused = x->kind == CROSSING_OPEN && (f != UPSTREAM_OK || m->kind == MCP_ERROR);
	if (is_refused && x->turns < TURNS_MAX && choose(x->behind->u, &x->t, x->kind, x->modern) != WAY_DIRECT)
		crossing_route(x);
	else
		crossing_done(x, f, m, why, http_status);
}

static const struct crossing_ops direct_ops = { .on_done = on_direct_done };

static void go_straight(struct crossing *x)
{
	struct upstream *u = x->behind->u;
	struct upstream_target to = x->t.to;
	struct exchange_id id = { 0 };
	struct arena a;
	x->ops = &direct_ops;
	if (is_modern(x->t.client_version))
		to.version = MCP_MODERN_LATEST;
	switch (x->kind) {
	case CROSSING_OPEN:
		arena_init(&a, LIMIT_REQUEST_ARENA);
		id = upstream_open(u, &to, read_json(x->t.client_info, &a), read_json(x->t.client_capabilities, &a),
		                   MCP_LEGACY_LATEST, &crossing_events, x);
		arena_release(&a);
		break;
	case CROSSING_REQUEST:
		id = upstream_request(u, &to, x->method, x->text, crossing_left_ms(x), &crossing_events, x);
		break;
	case CROSSING_NOTIFY:
		id = upstream_notify(u, &to, x->text, &crossing_events, x);
		break;
	case CROSSING_LISTEN:
		id = upstream_listen(u, &to, x->text, &crossing_events, x);
		break;
	case CROSSING_SUBSCRIBE:
		id = upstream_subscribe(u, &to, x->text, &crossing_events, x);
		break;
	case CROSSING_NONE:
		BUG_ON(true);
	}
	crossing_set_inner(x, id);
}

/* One probe for all that wait for it. */
static void on_probed(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                      const char *why, int http_status)
{
	struct behind *s = ctx;
	struct list asking;
	BUG_ON(s->probe.v != id.v);
	s->probe.v = 0;
	list_init(&asking);
	list_each_safe(it, next, &s->asking)
	{
		list_del(it);
		list_add_tail(&asking, it);
	}
	while (!list_empty(&asking)) {
		struct crossing *x = list_entry(asking.next, struct crossing, of_state);
		list_del(&x->of_state);
		x->modern = m ? UPSTREAM_YES : UPSTREAM_NO;
		/* The client's own request has not left: whatever became of the probe. */
		if (f == UPSTREAM_OK)
			crossing_route(x);
		else
			crossing_done(x, f == UPSTREAM_BROKEN || f == UPSTREAM_TIMEOUT ? UPSTREAM_UNREACHED : f, NULL, why,
			              http_status);
	}
	behind_drop(s);
}

static const struct upstream_events probe_events = { .on_done = on_probed };

static void probe(struct crossing *x)
{
	static const struct crossing_ops ops;
	struct behind *s = x->behind;
	x->ops = &ops;
	list_add_tail(&s->asking, &x->of_state);
	if (s->probe.v)
		return;
	behind_use(s);
	s->probe = upstream_probe(s->u, &x->t.to, slice_of(NULL, 0), &probe_events, s);
}

void crossing_route(struct crossing *x)
{
	if (x->turns++ >= TURNS_MAX) {
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' says now one era of the protocol and now another",
		                   x->behind ? x->behind->name : "");
		return;
	}
	switch (choose(x->behind ? x->behind->u : NULL, &x->t, x->kind, x->modern)) {
	case WAY_DIRECT: go_straight(x); break;
	case WAY_PROBE: probe(x); break;
	case WAY_ML: ml_begin(x); break;
	case WAY_LM: lm_begin(x); break;
	case WAY_HELD: held_begin(x); break;
	case WAY_HUB: hub_begin(x, true); break;
	case WAY_NOWHERE: crossing_end_soon(x); break;
	case WAY_NONE: BUG_ON(true);
	}
}

static struct exchange_id cross(struct bridge *b, struct upstream *u, enum crossing_kind kind,
                                const struct bridge_target *t, struct slice method, struct slice text,
                                uint64_t deadline_ms, const struct upstream_events *ev, void *ctx)
{
	struct crossing *x = crossing_new(b, u, kind, t, method, text, ev, ctx);
	if (kind == CROSSING_REQUEST)
		crossing_set_deadline(x, deadline_ms ? deadline_ms : upstream_call_timeout_ms(u));
	crossing_route(x);
	return x->id;
}

struct exchange_id bridge_open(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                               const struct json *client_info, const struct json *capabilities,
                               const struct upstream_events *ev, void *ctx)
{
	if (!t->is_held && upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_YES)
		return upstream_open(u, &t->to, client_info, capabilities, MCP_LEGACY_LATEST, ev, ctx);
	struct bridge_target copy = *t;
	struct buf info = BUF_INIT(LIMIT_MESSAGE_BYTES), caps = BUF_INIT(LIMIT_MESSAGE_BYTES);
	if (client_info)
		json_write(&info, client_info);
	if (capabilities)
		json_write(&caps, capabilities);
	copy.client_info = client_info ? buf_slice(&info) : t->client_info;
	copy.client_capabilities = capabilities ? buf_slice(&caps) : t->client_capabilities;
	struct exchange_id id =
		cross(b, u, CROSSING_OPEN, &copy, slice_of(NULL, 0), slice_of(NULL, 0), 0, ev, ctx);
	buf_release(&info);
	buf_release(&caps);
	return id;
}

bool bridge_opened(struct bridge *b, struct upstream *u, struct exchange_id id, struct slice *session,
                   enum mcp_version *version)
{
	const struct crossing *x = crossing_find(b, id);
	if (x && x->ops->opened)
		return x->ops->opened(x, session, version);
	return upstream_opened(u, x ? x->ended : id, session, version);
}

struct exchange_id bridge_request(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                  struct slice method, struct slice params, uint64_t deadline_ms,
                                  const struct upstream_events *ev, void *ctx)
{
	if (choose(u, t, CROSSING_REQUEST, UPSTREAM_NOT_ASKED) != WAY_DIRECT)
		return cross(b, u, CROSSING_REQUEST, t, method, params, deadline_ms, ev, ctx);
	struct upstream_target to = t->to;
	if (is_modern(t->client_version))
		to.version = MCP_MODERN_LATEST;
	return upstream_request(u, &to, method, params, deadline_ms, ev, ctx);
}

struct exchange_id bridge_notify(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice text, const struct upstream_events *ev, void *ctx)
{
	if (choose(u, t, CROSSING_NOTIFY, UPSTREAM_NOT_ASKED) != WAY_DIRECT)
		return cross(b, u, CROSSING_NOTIFY, t, slice_of(NULL, 0), text, 0, ev, ctx);
	return upstream_notify(u, &t->to, text, ev, ctx);
}

struct exchange_id bridge_listen(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice last_event_id, const struct upstream_events *ev, void *ctx)
{
	if (choose(u, t, CROSSING_LISTEN, UPSTREAM_NOT_ASKED) != WAY_DIRECT)
		return cross(b, u, CROSSING_LISTEN, t, slice_of(NULL, 0), last_event_id, 0, ev, ctx);
	return upstream_listen(u, &t->to, last_event_id, ev, ctx);
}

struct exchange_id bridge_subscribe(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                    struct slice params, const struct upstream_events *ev, void *ctx)
{
	return cross(b, u, CROSSING_SUBSCRIBE, t, SLICE_LIT("subscriptions/listen"), params, 0, ev, ctx);
}

void bridge_cancel(struct bridge *b, struct upstream *u, struct exchange_id id, const char *reason)
{
	struct crossing *x = crossing_find(b, id);
	if (x)
		crossing_leave(x, reason);
	else
		upstream_cancel(u, id, reason);
}

void bridge_pause(struct bridge *b, struct upstream *u, struct exchange_id id, bool is_paused)
{
	struct crossing *x = crossing_find(b, id);
	if (!x) {
		upstream_pause(u, id, is_paused);
		return;
	}
	if (x->is_over || x->is_paused == is_paused)
		return;
	x->is_paused = is_paused;
	if (x->inner.v)
		upstream_pause(x->behind->u, x->inner, is_paused);
	if (x->ops->pause)
		x->ops->pause(x);
}

void bridge_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	if (t->is_held)
		held_close(b, u, t);
	if (t->is_held || is_modern(t->to.version))
		lm_close(b, u, t);
	if (!t->is_held && !is_modern(t->to.version))
		upstream_close(u, &t->to);
}
