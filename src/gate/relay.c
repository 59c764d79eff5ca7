/*
 * What the two sides tell each other beside calls: progress, logs, list changes,
 * cancellation, and the requests of a server to its client.
 */
#include "gate/consent.h"
#include "gate/inspect.h"
#include "gate/merge.h"
#include "gate/past.h"
#include "gate/task.h"
#include "base/limits.h"
#include "base/log.h"
#include "mcp/input.h"

static const struct policy *policy_of(const struct inbound *in, const char *server)
{
	const struct grant_binding *binding = in->grant ? grant_binding(in->grant, slice_str(server)) : NULL;
	return binding ? binding->policy : NULL;
}

static void write_id(struct buf *b, const struct json *id)
{
	json_write(b, id);
}

/* Tells the server that its request is not answered by the client. */
static void refuse_server(struct inbound *in, const char *server, const struct mcp_message *m, int code, const char *text)
{
	struct buf id = BUF_INIT(4096), b = BUF_INIT(8192);
	write_id(&id, m->id);
	mcp_write_error(&b, buf_slice(&id), code, text, slice_of(NULL, 0));
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(server));
	struct bridge_target t = inbound_target(in);
	if (u && buf_ok(&b))
		(void)bridge_notify(in->gate->bridge, u, &t, buf_slice(&b), NULL, NULL);
	buf_release(&id);
	buf_release(&b);
}

static void answer_ping(struct inbound *in, const char *server, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(4096), b = BUF_INIT(8192);
	write_id(&id, m->id);
	mcp_write_result(&b, buf_slice(&id), SLICE_LIT("{}"));
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(server));
	struct bridge_target t = inbound_target(in);
	if (u && buf_ok(&b))
		(void)bridge_notify(in->gate->bridge, u, &t, buf_slice(&b), NULL, NULL);
	buf_release(&id);
	buf_release(&b);
}

static void relay_server_request(struct inbound *in, const char *server, const struct mcp_message *m)
{
	unsigned cap = 0;
	const char *word = method_server_request(m->method, &cap);
	if (!word) {
		if (slice_is(m->method, "ping"))
			answer_ping(in, server, m);
		else
			refuse_server(in, server, m, MCP_METHOD_NOT_FOUND, "the gate does not know this method");
		return;
	}
	const struct policy *p = policy_of(in, server);
	bool wants_secret = mcp_input_wants_secret(m->method, m->params);
	bool is_allowed = p && !wants_secret && policy_allows_server_request(p, slice_str(word));
	record_server_request(in, server, m->method, is_allowed,
	                      is_allowed && !policy_would_allow_server_request(p, slice_str(word)));
	if (!is_allowed) {
		refuse_server(in, server, m, MCP_INVALID_REQUEST,
		              wants_secret ? "a form must not ask for a password, key or card" : "the policy does not allow this request");
		return;
	}
	if (!(in->session.client_caps & cap)) {
		refuse_server(in, server, m, MCP_METHOD_NOT_FOUND, "the client has not declared this capability");
		return;
	}
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max + 65536);
	if (!task_write_message(&b, in, server, m))
		json_write(&b, m->root);
	if (!buf_ok(&b) || !inbound_message(in, buf_slice(&b)))
		refuse_server(in, server, m, MCP_INTERNAL_ERROR, "the client cannot be asked on this connection");
	buf_release(&b);
}

/* Progress carries our token; the client knows its own. */
static void relay_progress(struct inbound *in, const struct call *c, const struct mcp_message *m)
{
	const struct json *token = c ? json_gets(json_gets(c->m.params, "_meta"), "progressToken") : NULL;
	if (!token)
		return;
	struct buf own = BUF_INIT(4096), params = BUF_INIT(in->gate->o.message_bytes_max), b = BUF_INIT(params.max + 4096);
	json_write(&own, token);
	json_write_with(&params, m->params, SLICE_LIT("progressToken"), buf_slice(&own));
	mcp_write_request(&b, slice_of(NULL, 0), m->method, buf_slice(&params));
	if (buf_ok(&own) && buf_ok(&params) && buf_ok(&b))
		(void)inbound_message(in, buf_slice(&b));
	buf_release(&own);
	buf_release(&params);
	buf_release(&b);
}

/* A resource that the client may not read is none of which it hears. */
bool relay_may_hear(const struct inbound *in, const char *server, const struct mcp_message *m)
{
	return !slice_is(m->method, "notifications/resources/updated") ||
	       policy_allows_name(policy_of(in, server), POLICY_RESOURCE, json_string(json_gets(m->params, "uri")));
}

/* The answer of a modern request carries what belongs to it, and of the log what it asked for (MCP
 * 2026-07-28, Streamable HTTP, Receiving Messages; Logging). No server asks anything there. */
static bool belongs_to(const struct call *c, const struct mcp_message *m)
{
	return m->kind == MCP_NOTIFICATION &&
	       (slice_is(m->method, "notifications/progress") ||
	        (slice_is(m->method, "notifications/message") && mcp_log_passes(m, c->in->envelope.log_level)));
}

static void relay_shown(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m);

void relay_message(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m)
{
	struct arena arena;
	struct mcp_message shown;
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	enum inspect_verdict v = inspect_message(in, policy_of(in, server), c, m, &arena, &shown);
	if (v != INSPECT_WITHHOLD) {
		relay_shown(in, server, c, v == INSPECT_CHANGED ? &shown : m);
	} else if (m->kind == MCP_REQUEST) {
		record_server_request(in, server, m->method, false, false);
		refuse_server(in, server, m, MCP_INVALID_REQUEST, "the policy withholds what it asks");
	} else {
		log_debug(server, "withheld a message that seems to give orders to the model");
	}
	arena_release(&arena);
}


static void relay_shown(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m)
{
	if (in->is_modern && c && !belongs_to(c, m)) {
		log_debug(server, "dropped a message that does not belong to the request");
		return;
	}
	if (!past_learn_message(in, server, c, m)) {
		log_warn(server, "dropped a message: what it says cannot be remembered, as a policy asks");
		return;
	}
	if (m->kind == MCP_REQUEST) {
		relay_server_request(in, server, m);
		return;
	}
	if (m->kind != MCP_NOTIFICATION || !relay_may_hear(in, server, m))
		return;
	switch (method_server_notification(m->method, inbound_era(in))) {
	case NOTIFY_OURS: relay_progress(in, c, m); break;
	case NOTIFY_PASS: {
		struct buf b = BUF_INIT(in->gate->o.message_bytes_max + 65536);
		if (merge_is_door(in) ? !merge_rewrites(&b, server, m) : !task_write_message(&b, in, server, m))
			json_write(&b, m->root);
		if (buf_ok(&b))
			(void)inbound_message(in, buf_slice(&b));
		buf_release(&b);
		break;
	}
	case NOTIFY_UNKNOWN:
		log_debug(server, "dropped a notification that the gate does not know: %.*s",
		          (int)(m->method.n < 64 ? m->method.n : 64), m->method.p);
		break;
	}
}

/* An id means nothing outside its session, or the line. */
static bool is_same_client(const struct inbound *a, const struct inbound *b)
{
	if (a->gate->line)
		return true;
	return strcmp(a->session.id, b->session.id) == 0;
}

/* On the line door a stream has no connection of its own to be closed. */
static bool end_line_stream(struct gate *g, const struct json *id)
{
	list_each_safe(it, next, &g->streams) {
		struct inbound *in = list_entry(it, struct inbound, link);
		if (in->http.v || !subscription_is(in, id))
			continue;
		stream_end(in);
		return true;
	}
	return false;
}

static void cancel_call(struct inbound *in, const struct mcp_message *m)
{
	const struct json *id = json_gets(m->params, "requestId");
	struct slice reason = json_string(json_gets(m->params, "reason"));
	char text[200];
	if (!in->http.v && end_line_stream(in->gate, id))
		return;
	snprintf(text, sizeof text, "%.*s", (int)(reason.n < 190 ? reason.n : 190), reason.p ? reason.p : "");
	list_each_safe(it, next, &in->gate->running) {
		struct call *c = list_entry(it, struct call, link);
		/* initialize is never cancelled (MCP 2025-11-25, Cancellation, Behavior Requirements). */
		if (c->in && c->in != in && c->method && c->method->kind != METHOD_OPEN &&
		    is_same_client(c->in, in) && json_equal(c->m.id, id)) {
			call_cancel(c, text);
			return;
		}
	}
}

static void pass_to(struct inbound *in, const struct grant_binding *binding, struct slice text)
{
	struct upstream *u = registry_get(in->gate->o.registry, binding->server);
	struct bridge_target t = inbound_target(in);
	if (u && binding->policy)
		(void)bridge_notify(in->gate->bridge, u, &t, text, NULL, NULL);
}

/* By the door to all servers a notification is for each; which of them an answer is for the bridge
 * knows by its id. */
static void pass_on(struct inbound *in, const struct mcp_message *m)
{
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max);
	const struct grant *grant = in->grant;
	if (!task_write_answer(&b, in, in->server, m))
		json_write(&b, m->root);
	if (!buf_ok(&b) || !in->has_session || !grant) {
		buf_release(&b);
		return;
	}
	if (!merge_is_door(in)) {
		pass_to(in, grant_binding(grant, slice_str(in->server)), buf_slice(&b));
	} else if (m->kind == MCP_NOTIFICATION) {
		for (size_t i = 0; i < grant->binding_n; i++)
			pass_to(in, &grant->bindings[i], buf_slice(&b));
	} else {
		struct bridge_target t = inbound_target(in);
		(void)bridge_notify(in->gate->bridge, NULL, &t, buf_slice(&b), NULL, NULL);
	}
	buf_release(&b);
}

/* Whether the client may tell its servers anything: by the door to all each is asked for in pass_to. */
static bool may_tell(const struct inbound *in)
{
	return merge_is_door(in) ? in->grant != NULL : policy_of(in, in->server) != NULL;
}

void relay_notification(struct inbound *in, const struct mcp_message *m)
{
	/* Over HTTP a modern client has nothing to notify: it cancels by closing the stream (MCP
	 * 2026-07-28, Streamable HTTP, Sending Messages), and an id means nothing outside of it. */
	if ((in->is_modern && in->http.v) || !may_tell(in))
		return;
	switch (method_client_notification(m->method, inbound_era(in))) {
	case NOTIFY_PASS: pass_on(in, m); break;
	case NOTIFY_OURS:
		if (slice_is(m->method, "notifications/cancelled"))
			cancel_call(in, m);
		break;
	case NOTIFY_UNKNOWN: break;
	}
}

void relay_answer(struct inbound *in, const struct mcp_message *m)
{
	if (!hold_answer(in, m) && may_tell(in) && m->id)
		pass_on(in, m);
}
