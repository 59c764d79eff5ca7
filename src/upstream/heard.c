/*
 * What a server said over HTTP: answers end their exchange, requests and notifications
 * are shown to the client whose stream they came on. Nothing that was not asked for
 * counts as an answer.
 */
#include "base/check.h"
#include "base/limits.h"
#include "upstream/handshake.h"
#include "upstream/push.h"

#define EVENT_ID_MAX 1024

static bool is_answer_to(const struct exchange *x, const struct mcp_message *m)
{
	int64_t id;
	return json_int64(m->id, &id) && id >= 0 && (uint64_t)id == x->wire_id;
}

static void confirm(struct exchange *x, const struct mcp_message *m)
{
	struct remote_state *r = &x->remote;
	struct buf text = BUF_INIT(256);
	struct err e;
	enum mcp_version version;
	if (!handshake_read(m, x->u->o.name, &version, &e)) {
		exchange_fail(x, UPSTREAM_REFUSED, r->status, "%s", e.text);
		return;
	}
	r->version = version;
	buf_clear(&r->text);
	json_write(&r->text, m->root);
	if (r->call.v)
		http_cancel(x->u->http, r->call);
	r->is_confirming = true;
	handshake_write_initialized(&text);
	remote_send(x, HTTP_POST, buf_slice(&text));
	buf_release(&text);
}

static void refuse_as_modern(struct exchange *x)
{
	era_found(x->u, MCP_ERA_LEGACY, false);
	exchange_fail(x, UPSTREAM_REFUSED, x->remote.status,
		      "server '%s' has no handshake: it speaks %s or later only", x->u->o.name,
		      mcp_version_name(MCP_2026_07_28));
}

void heard_answer(struct exchange *x, const struct mcp_message *m)
{
	if (x->kind == EXCHANGE_OPEN && m->kind == MCP_RESULT) {
		confirm(x, m);
	} else if (x->kind == EXCHANGE_OPEN && era_is_modern_only(m)) {
		refuse_as_modern(x);
	} else if (x->kind == EXCHANGE_PROBE) {
		stateless_probe_answered(x, m);
	} else {
		x->remote.has_answer = true;
		exchange_done(x, UPSTREAM_OK, m, NULL, x->remote.status);
	}
}

/* Each request of the server that reaches a client can be answered by it; the others
 * get the gate's answer, so that the server does not wait for nobody. */
static bool pass_ask(struct exchange *x, const struct mcp_message *m)
{
	unsigned cap;
	if (upstream_ask_needs(m, &cap) && (x->t.client_caps & cap) == cap &&
	    x->ask_n < LIMIT_OPEN_ASKS) {
		if (x->t.session.n)
			return true;
		struct ask *a = ask_new(x, 0, m);
		list_add_tail(&x->asks, &a->node);
		x->ask_n++;
		return true;
	}
	upstream_clear_line(x->u);
	upstream_write_own_answer(&x->u->line, m);
	struct upstream_target t = x->t;
	t.header_n = 0;
	if (x->remote.session)
		t.session = slice_str(x->remote.session);
	remote_tell(x->u, &t, HTTP_POST, buf_slice(&x->u->line));
	return false;
}

static void take_message(struct exchange *x, const struct mcp_message *m)
{
	struct upstream *u = x->u;
	switch (m->kind) {
	case MCP_RESULT:
	case MCP_ERROR:
		if (x->kind == EXCHANGE_LISTEN)
			upstream_complain(u, "sent an answer on the stream of a GET; dropped");
		else if (is_answer_to(x, m))
			heard_answer(x, m);
		else
			exchange_fail(x, UPSTREAM_BROKEN, x->remote.status,
				      "server '%s' answered a request that it was not asked",
				      u->o.name);
		return;
	case MCP_REQUEST:
		/* MCP 2026-07-28, Streamable HTTP, Receiving Messages: there are none, and no
		 * way to answer one. */
		if (exchange_is_modern(x))
			upstream_complain(u, "sent a request, which its revision forbids; dropped");
		else if (pass_ask(x, m))
			exchange_show(x, m);
		return;
	case MCP_NOTIFICATION:
		if (x->kind == EXCHANGE_SUBSCRIBE && !stateless_subscription_says(x, m))
			return;
		upstream_noticed(u, m);
		exchange_show(x, m);
		return;
	case MCP_INVALID:
		BUG_ON(true);
	}
}

void heard_text(struct exchange *x, struct slice text)
{
	struct upstream *u = x->u;
	struct mcp_message m;
	struct err e;
	if (!upstream_read(u, text, &m, &e)) {
		exchange_fail(x, UPSTREAM_BROKEN, x->remote.status,
			      "server '%s' sent what is not a message: %s", u->o.name, e.text);
		return;
	}
	if (m.kind != MCP_INVALID) {
		take_message(x, &m);
		return;
	}
	enum mcp_version version = x->remote.version ? x->remote.version : x->t.version;
	bool is_fit = mcp_version_has_batches(version) && json_count(m.root) >= 1 &&
		      json_count(m.root) <= LIMIT_BATCH;
	for (struct json_iter it = json_iter(m.root); is_fit && !x->is_over && json_next(&it);) {
		struct mcp_message one;
		is_fit = mcp_message_read(it.value, &one, &e);
		if (is_fit)
			take_message(x, &one);
	}
	if (!is_fit)
		exchange_fail(x, UPSTREAM_BROKEN, x->remote.status,
			      "server '%s' sent a batch that is not one", u->o.name);
}

/* The error of a whole POST may have no id (MCP 2026-07-28, Streamable HTTP, Security &
 * Endpoint and Sending Messages): over HTTP it is plain whose answer it is. */
static bool is_refusal_of(const struct exchange *x, const struct mcp_message *m)
{
	return is_answer_to(x, m) || (exchange_is_modern(x) && !m->id);
}

void heard_refusal(struct exchange *x, struct slice text)
{
	int status = x->remote.status;
	struct mcp_message m;
	struct err e;
	bool is_error = upstream_read(x->u, text, &m, &e) && m.kind == MCP_ERROR;
	if (x->kind == EXCHANGE_PROBE) {
		if (is_error && is_refusal_of(x, &m))
			stateless_probe_answered(x, &m);
		else
			stateless_probe_refused(x, status);
		return;
	}
	stateless_doubt(x, status, is_error ? &m : NULL);
	/* In words of its own: a server without a handshake may put it so, too. */
	if (x->kind == EXCHANGE_OPEN && status == 400 && is_error && is_answer_to(x, &m))
		era_found(x->u, MCP_ERA_LEGACY, false);
	if (is_error && x->kind == EXCHANGE_OPEN && era_is_modern_only(&m))
		refuse_as_modern(x);
	/* MCP 2026-07-28, Streamable HTTP, HTTP+SSE Transport (2024-11-05). */
	else if (x->kind == EXCHANGE_OPEN && (status == 400 || status == 404 || status == 405) &&
		 !(is_error && is_answer_to(x, &m)))
		push_open(x, status);
	/* Before the modern era, 404 says that the session is gone. */
	else if (is_error && is_refusal_of(x, &m) && (status != 404 || exchange_is_modern(x)))
		exchange_done(x, UPSTREAM_OK, &m, NULL, status);
	else
		remote_refuse(x, status);
}

static void keep_event_id(struct remote_state *r, const struct sse_event *ev)
{
	bool is_fit = ev->id.n <= EVENT_ID_MAX;
	for (size_t i = 0; i < ev->id.n; i++)
		is_fit = is_fit && (unsigned char)ev->id.p[i] >= 0x20 && ev->id.p[i] != 0x7f;
	buf_release(&r->last_event_id);
	buf_init(&r->last_event_id, EVENT_ID_MAX);
	if (is_fit)
		buf_add_slice(&r->last_event_id, ev->id);
}

void heard_event(void *ctx, const struct sse_event *ev)
{
	struct exchange *x = ctx;
	struct remote_state *r = &x->remote;
	if (x->is_over) {
		if (r->has_answer && ev->data.n)
			upstream_complain(x->u, "sent more on a stream behind its answer; dropped");
		return;
	}
	if (r->body != REMOTE_STREAM)
		return; /* its next request is under way already */
	if (ev->has_retry)
		r->retry_ms = ev->retry_ms;
	if (ev->has_id)
		keep_event_id(r, ev);
	remote_spend(x, 0);
	if (ev->has_id && !ev->data.n && x->kind == EXCHANGE_REQUEST && !exchange_is_modern(x) &&
	    x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
	if (ev->data.n && (!ev->event.n || slice_is(ev->event, "message")))
		heard_text(x, ev->data);
}

void heard_confirmation(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	struct mcp_message m;
	struct err e;
	if (r->status < 200 || r->status > 299) {
		remote_refuse(x, r->status);
		return;
	}
	if (!upstream_read(x->u, buf_slice(&r->text), &m, &e)) {
		exchange_fail(x, UPSTREAM_BROKEN, r->status, "server '%s': %s", x->u->o.name,
			      e.text);
		return;
	}
	int status = r->status;
	r->status = -1; /* the session belongs to whom the event tells it */
	era_found(x->u, MCP_ERA_LEGACY, true);
	push_opened(x);
	exchange_done(x, UPSTREAM_OK, &m, NULL, status);
}
