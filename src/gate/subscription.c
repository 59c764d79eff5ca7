/*
 * subscriptions/listen (MCP 2026-07-28, Subscriptions): a call until the server has said what it
 * honours, then an open stream like a GET of older clients. What it may hear is decided here, when
 * it is asked for, and again for each notification: policies change while streams last.
 */
#include "gate/inspect.h"
#include "gate/merge.h"
#include "base/check.h"
#include "base/limits.h"
#include "gate/task.h"
#include "mcp/listen.h"
#include "mcp/translate.h"

struct subscription {
	struct slice id;           /* of the request, JSON text */
	struct mcp_filter asked;   /* borrowed from the request */
	const struct json *meta;   /* its envelope */
	uint64_t call_id;          /* that waits for its servers; 0: the stream is open */
	size_t waiting;            /* servers that have said nothing yet */
	struct loop_timer late;
	struct buf uris, tasks;    /* honoured, JSON texts parted by commas, until the stream is open */
	bool missed_tools, missed_prompts, missed_resources; /* changed before the stream was open */
};

/* The server that a resource belongs to, and its name there. */
static const struct grant_binding *find_binding(const struct inbound *in, struct slice shown, struct slice *own)
{
	*own = shown;
	if (!merge_is_door(in))
		return grant_binding(in->grant, slice_str(in->server));
	for (size_t i = 0; i < in->grant->binding_n; i++)
		if (mcp_merged_uri_server(shown, &in->grant->bindings[i].server, 1, own) == 0)
			return &in->grant->bindings[i];
	return NULL;
}

static bool is_allowed(const struct inbound *in, struct slice shown, const char *server, struct slice *own)
{
	const struct grant_binding *b = find_binding(in, shown, own);
	return b && (!server || slice_is(b->server, server)) && policy_allows_name(b->policy, POLICY_RESOURCE, *own);
}

void subscription_decide(struct call *c)
{
	struct inbound *in = c->in;
	struct slice own;
	struct err e = { 0 };
	struct subscription *l = arena_zalloc(&in->arena, sizeof *l);
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 6 + 8);
	json_write(&id, c->m.id);
	char *text = arena_strndup(&in->arena, id.p, id.n);
	if (!l || !text) {
		call_refuse_error(c, MCP_INTERNAL_ERROR, "(no memory)", "the request is larger than the gate carries");
	} else if (!mcp_filter_read(c->m.params, &l->asked, &e)) {
		call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)", "%s", e.text);
	} else if (!stream_has_room(c->gate)) {
		call_refuse_error(c, MCP_INTERNAL_ERROR, "(too many streams)", "the gate has as many streams open as it may");
		c->error_status = 503;
	} else {
		l->id = slice_of(text, id.n);
		l->meta = json_gets(c->m.params, "_meta");
		buf_init(&l->uris, c->gate->o.message_bytes_max);
		buf_init(&l->tasks, c->gate->o.message_bytes_max);
		in->subscription = l;
		c->decision.effect = POLICY_ALLOW;
		for (struct json_iter it = json_iter(l->asked.uris); json_next(&it);)
			if (!is_allowed(in, json_string(it.value), NULL, &own))
				record_left_out(in, c->server, c->m.method, json_string(it.value), "/resources");
	}
	buf_release(&id);
}

static void write_names(struct buf *b, const char *key, const struct json *names, const struct inbound *in, const char *server)
{
	struct slice own;
	size_t n = 0;
	for (struct json_iter it = json_iter(names); json_next(&it);) {
		if (!is_allowed(in, json_string(it.value), server, &own))
			continue;
		buf_addf(b, n++ ? "," : ",\"%s\":[", key);
		buf_add_json_string(b, own);
	}
	if (n)
		buf_addc(b, ']');
}

/* Those that this client was given, by the server's ids. */
static void write_tasks(struct buf *b, const struct json *tasks, const struct inbound *in, const char *server)
{
	struct slice own;
	size_t n = 0;
	for (struct json_iter it = json_iter(tasks); json_next(&it);) {
		if (!task_id_read(in, server, json_string(it.value), &own))
			continue;
		buf_adds(b, n++ ? "," : ",\"taskIds\":[");
		buf_add_json_string(b, own);
	}
	if (n)
		buf_addc(b, ']');
}

void subscription_write_params(struct buf *b, const struct inbound *in, const char *server)
{
	const struct subscription *l = in->subscription;
	const struct grant_binding *binding = grant_binding(in->grant, slice_str(server));
	struct buf can = BUF_INIT(b->max);
	modern_write_capabilities(&can, in, binding ? binding->policy : NULL);
	struct member member = { SLICE_LIT(MCP_META_CLIENT_CAPS), buf_slice(&can) };
	buf_adds(b, "{\"_meta\":");
	members_write(b, l->meta, &member, 1);
	buf_addf(b, ",\"notifications\":{\"toolsListChanged\":%s,\"promptsListChanged\":%s,\"resourcesListChanged\":%s",
	         l->asked.tools ? "true" : "false", l->asked.prompts ? "true" : "false", l->asked.resources ? "true" : "false");
	write_names(b, "resourceSubscriptions", l->asked.uris, in, server);
	if (!merge_is_door(in))
		write_tasks(b, l->asked.tasks, in, server);
	buf_adds(b, "}}");
	if (!buf_ok(&can))
		b->failed = true;
	buf_release(&can);
}

static void resume(struct inbound *in)
{
	struct subscription *l = in->subscription;
	struct call *c = idtable_get(&in->gate->calls, l->call_id);
	BUG_ON(!c);
	loop_cancel(in->gate->o.loop, &l->late);
	c->at++;
	call_resume(c);
}

static void on_late(void *ctx)
{
	struct inbound *in = ctx;
	in->subscription->late.v = 0;
	resume(in);
}

enum step_result subscription_start(struct call *c)
{
	struct inbound *in = c->in;
	struct subscription *l = in->subscription;
	l->waiting = ear_put(in);
	if (!l->waiting)
		return STEP_NEXT; /* none is behind this door: what the gate itself has to say goes there */
	l->call_id = c->id;
	/* One server is waited for as for any call of it. */
	if (merge_is_door(in))
		l->late = loop_after(c->gate->o.loop, c->gate->o.merge_wait_ms, on_late, in);
	return STEP_WAIT;
}

static bool has(const struct json *list, struct slice name)
{
	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (slice_eq(json_string(it.value), name))
			return true;
	return false;
}

static void add(struct buf *b, struct slice name)
{
	if (b->n)
		buf_addc(b, ',');
	buf_add_json_string(b, name);
}

static void take_honoured(struct inbound *in, const char *server, const struct mcp_message *m)
{
	struct subscription *l = in->subscription;
	const struct json *said = json_gets(m->params, "notifications");
	const struct json *uris = json_gets(said, "resourceSubscriptions"), *tasks = json_gets(said, "taskIds");
	struct slice own;
	for (struct json_iter it = json_iter(l->asked.uris); json_next(&it);)
		if (is_allowed(in, json_string(it.value), server, &own) && has(uris, own))
			add(&l->uris, json_string(it.value));
	for (struct json_iter it = json_iter(merge_is_door(in) ? NULL : l->asked.tasks); json_next(&it);)
		if (task_id_read(in, server, json_string(it.value), &own) && has(tasks, own))
			add(&l->tasks, json_string(it.value));
}

/* A whole message to the client, with the id of its stream. */
static void tell(struct inbound *in, const struct mcp_message *m)
{
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max + 65536);
	mcp_notification_write(&b, m, in->subscription->id);
	if (buf_ok(&b))
		(void)inbound_message(in, buf_slice(&b));
	buf_release(&b);
}

static void tell_changed(struct inbound *in, const char *method)
{
	struct mcp_message m = { .kind = MCP_NOTIFICATION, .method = slice_str(method) };
	if (in->subscription)
		tell(in, &m);
	else
		inbound_changed(in, method);
}

void subscription_changed(struct inbound *in, bool tools, bool prompts, bool resources)
{
	const struct subscription *l = in->subscription;
	if (tools && (!l || l->asked.tools))
		tell_changed(in, "notifications/tools/list_changed");
	if (prompts && (!l || l->asked.prompts))
		tell_changed(in, "notifications/prompts/list_changed");
	if (resources && (!l || l->asked.resources))
		tell_changed(in, "notifications/resources/list_changed");
}

/* One server has said what it honours, or that it does not. */
static void said(struct inbound *in)
{
	struct subscription *l = in->subscription;
	if (l->call_id && --l->waiting == 0)
		resume(in);
}

static void note_missed(struct subscription *l, const struct mcp_message *m)
{
	l->missed_tools |= slice_is(m->method, "notifications/tools/list_changed");
	l->missed_prompts |= slice_is(m->method, "notifications/prompts/list_changed");
	l->missed_resources |= slice_is(m->method, "notifications/resources/list_changed");
}

/* The client's filter is in the client's names: by the door to all the message is read again in those. */
static void tell_shown(struct inbound *in, const char *server, const struct mcp_message *m)
{
	struct arena arena;
	struct mcp_message shown = *m;
	struct err e;
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max + 65536);
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	if (merge_is_door(in) ? merge_rewrites(&b, server, m) : task_write_message(&b, in, server, m)) {
		const struct json *root = json_read(buf_slice(&b), &arena, &e);
		if (!root || !mcp_message_read(root, &shown, &e))
			shown.method = slice_of(NULL, 0);
	}
	if (mcp_filter_takes(&in->subscription->asked, &shown))
		tell(in, &shown);
	buf_release(&b);
	arena_release(&arena);
}

static void tell_inspected(struct inbound *in, const char *server, const struct mcp_message *m)
{
	const struct grant_binding *b = grant_binding(in->grant, slice_str(server));
	struct arena arena;
	struct mcp_message shown;
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	if (inspect_message(in, b ? b->policy : NULL, NULL, m, &arena, &shown) != INSPECT_WITHHOLD)
		tell_shown(in, server, &shown);
	arena_release(&arena);
}

/* A task may tell what it needs of the client, too. */
static bool task_may_ask(struct inbound *in, const char *server, const struct mcp_message *m)
{
	const struct grant_binding *b = grant_binding(in->grant, slice_str(server));
	char why[256];
	return !json_gets(m->params, "inputRequests") ||
	       ask_allows(in, server, b ? b->policy : NULL, m->params, why, sizeof why);
}

void subscription_hear(struct inbound *in, const char *server, const struct mcp_message *m, bool is_again)
{
	struct subscription *l = in->subscription;
	if (m->kind != MCP_NOTIFICATION)
		return;
	if (!slice_is(m->method, "notifications/subscriptions/acknowledged")) {
		if (l->call_id)
			note_missed(l, m);
		else if (relay_may_hear(in, server, m) && task_may_ask(in, server, m))
			tell_inspected(in, server, m);
	} else if (l->call_id) {
		take_honoured(in, server, m);
		said(in);
	} else if (is_again) {
		/* What changed while nobody listened is not known. */
		subscription_changed(in, true, true, true);
	}
}

bool subscription_failed(struct inbound *in, enum upstream_failure f, const struct mcp_message *m, const char *why, int status)
{
	struct subscription *l = in->subscription;
	if (!l->call_id)
		return false;
	if (merge_is_door(in)) { /* it is left out, and comes in when it can be reached */
		said(in);
		return false;
	}
	struct call *c = idtable_get(&in->gate->calls, l->call_id);
	BUG_ON(!c);
	/* One that ends the stream as it begins has answered nothing that the client could use. */
	c->failure = f ? f : m && m->kind == MCP_ERROR ? UPSTREAM_OK : UPSTREAM_BROKEN;
	c->answer = m;
	c->why = why;
	c->http_status = status;
	c->answered_us = loop_now_us(in->gate->o.loop);
	l->call_id = 0;
	c->at++;
	call_resume(c);
	return true;
}

static const struct json *read_list(struct arena *a, const struct buf *names)
{
	struct err e;
	struct buf b = BUF_INIT(names->max + 2);
	buf_addc(&b, '[');
	buf_add_slice(&b, buf_slice(names));
	buf_addc(&b, ']');
	const struct json *list = names->n && buf_ok(&b) ? json_read(buf_slice(&b), a, &e) : NULL;
	buf_release(&b);
	return list;
}

void subscription_open(struct inbound *in)
{
	struct subscription *l = in->subscription;
	struct arena arena;
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max + 65536);
	struct mcp_filter honoured = { .tools = l->asked.tools, .prompts = l->asked.prompts, .resources = l->asked.resources };
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	honoured.uris = read_list(&arena, &l->uris);
	honoured.tasks = read_list(&arena, &l->tasks);
	l->call_id = 0;
	stream_begin(in);
	mcp_acknowledged_write(&b, &honoured, l->id);
	(void)inbound_message(in, buf_slice(&b));
	buf_release(&b);
	arena_release(&arena);
	buf_release(&l->uris);
	buf_release(&l->tasks);
	subscription_changed(in, l->missed_tools, l->missed_prompts, l->missed_resources);
}

void subscription_end(struct inbound *in)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 12 + 1024);
	mcp_listen_end_write(&b, in->subscription->id);
	(void)inbound_message(in, buf_slice(&b));
	buf_release(&b);
}

bool subscription_is(const struct inbound *in, const struct json *id)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 6 + 8);
	json_write(&b, id);
	bool is_same = in->subscription && buf_ok(&b) && slice_eq(buf_slice(&b), in->subscription->id);
	buf_release(&b);
	return is_same;
}

void subscription_release(struct inbound *in)
{
	if (!in->subscription)
		return;
	loop_cancel(in->gate->o.loop, &in->subscription->late);
	buf_release(&in->subscription->uris);
	buf_release(&in->subscription->tasks);
	in->subscription = NULL;
}
