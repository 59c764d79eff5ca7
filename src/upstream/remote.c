/*
 * Streamable HTTP (MCP 2025-11-25, Transports): one POST an exchange, answered by JSON
 * or by a stream. Nothing is ever sent twice; a stream that a server closed before its
 * answer is taken up again by GET, which runs nothing.
 */
#include "base/check.h"
#include "base/limits.h"
#include "http/client.h"
#include "upstream/exchange.h"
#include "upstream/handshake.h"
#include "upstream/settings.h"

#define LINGER_MS         1000 /* how long the end of a stream is waited for after the answer */
#define LINGERING_MAX     256
#define SPILL_BYTES_MAX   65536
#define REFUSAL_BYTES_MAX 65536 /* of the body of a 4xx, which may hold our answer */
#define RETRY_MS          1000  /* when the server named no time to come back */
#define RETRY_MS_MAX      30000
#define EVENT_ID_MAX      1024

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers);
static void on_body(void *ctx, struct http_call_id id, struct slice bytes);
static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent);

static const struct http_client_events client_events = {on_head, on_body, on_end};

static struct http_header header(const char *name, struct slice value)
{
	return (struct http_header){slice_str(name), value};
}

static void send_http(struct exchange *x, enum http_method method, struct slice body)
{
	struct upstream *u = x->u;
	struct http_header h[SETTINGS_HEADERS_MAX + 5];
	size_t n = 0;
	struct remote_state *r = &x->remote;
	struct slice session = r->session ? slice_str(r->session) : x->t.session;
	enum mcp_version version = r->version ? r->version : x->t.version;
	for (size_t i = 0; i < u->o.header_n; i++)
		h[n++] = u->o.headers[i];
	if (method == HTTP_POST)
		h[n++] = header("Content-Type", SLICE_LIT("application/json"));
	if (method != HTTP_DELETE)
		h[n++] = header("Accept",
				method == HTTP_GET
					? SLICE_LIT("text/event-stream")
					: SLICE_LIT("application/json, text/event-stream"));
	bool is_first = x->kind == EXCHANGE_OPEN && !r->is_confirming;
	if (!is_first && mcp_version_needs_header(version))
		h[n++] = header("MCP-Protocol-Version", slice_str(mcp_version_name(version)));
	if (!is_first && session.n)
		h[n++] = header("Mcp-Session-Id", session);
	if (method == HTTP_GET && r->last_event_id.n)
		h[n++] = header("Last-Event-ID", buf_slice(&r->last_event_id));
	struct http_outgoing out = {.method = method, .headers = h, .header_n = n, .body = body};
	struct err e = { 0 };
	r->status = 0;
	r->body = REMOTE_NONE;
	r->call = http_send(u->http, u->origin, &out, &client_events, x, &e);
	if (!r->call.v)
		exchange_fail_soon(x, e.kind == ERR_LIMIT ? UPSTREAM_BUSY : UPSTREAM_UNREACHED,
				   "server '%s': %s", u->o.name, e.text);
}

void remote_start(struct exchange *x)
{
	buf_init(&x->remote.text, x->u->o.message_bytes_max);
	if (x->kind != EXCHANGE_LISTEN && x->t.session.n > LIMIT_SERVER_SESSION) {
		exchange_fail_soon(x, UPSTREAM_REFUSED, "the session id is too long");
		return;
	}
	x->is_cancellable = x->kind == EXCHANGE_REQUEST;
	send_http(x, x->kind == EXCHANGE_LISTEN ? HTTP_GET : HTTP_POST, buf_slice(&x->text));
	buf_release(&x->text);
}

/* Without events: nobody waits for how it went. */
static void tell(struct upstream *u, const struct upstream_target *t, enum http_method method,
		 struct slice text)
{
	struct exchange *x = exchange_new(u, EXCHANGE_NOTIFY, t, NULL, NULL);
	if (x->failure)
		return;
	buf_add_slice(&x->text, text);
	exchange_set_deadline(x, u->o.start_timeout_ms);
	send_http(x, method, buf_slice(&x->text));
	buf_release(&x->text);
}

void remote_cancel(struct exchange *x, const char *reason)
{
	upstream_clear_line(x->u);
	upstream_write_cancelled(&x->u->line, x->wire_id, reason);
	tell(x->u, &x->t, HTTP_POST, buf_slice(&x->u->line));
}

void remote_end_session(struct upstream *u, const struct upstream_target *t)
{
	if (t->session.n)
		tell(u, t, HTTP_DELETE, slice_of(NULL, 0));
}

void remote_pause(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (r->call.v)
		http_pause(x->u->http, r->call, x->is_paused || r->is_throttled);
}

static void on_throttle_over(void *ctx)
{
	struct exchange *x = ctx;
	x->remote.throttle.v = 0;
	x->remote.is_throttled = false;
	remote_pause(x);
}

static void spend(struct exchange *x, size_t bytes)
{
	struct remote_state *r = &x->remote;
	uint64_t now = loop_now_us(x->u->loop);
	if (!fairness_spend(&r->fairness, now, bytes) || r->is_throttled || x->is_over)
		return;
	r->is_throttled = true;
	r->throttle =
		loop_after(x->u->loop, fairness_left_ms(&r->fairness, now), on_throttle_over, x);
	remote_pause(x);
}

void remote_end_linger(struct exchange *x)
{
	struct upstream *u = x->u;
	loop_cancel(u->loop, &x->deadline);
	list_del(&x->of_server);
	u->lingering_n--;
	x->remote.has_answer = false;
	remote_detach(x);
	exchange_free(x);
}

static void on_linger_over(void *ctx)
{
	struct exchange *x = ctx;
	x->deadline.v = 0;
	remote_end_linger(x);
}

bool remote_detach(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	struct upstream *u = x->u;
	loop_cancel(u->loop, &r->throttle);
	loop_cancel(u->loop, &r->retry);
	if (r->call.v && r->has_answer && u->lingering_n < LINGERING_MAX && !u->is_stopped) {
		/* Closing here would cost the connection that the next call can use. */
		if (x->is_paused || r->is_throttled)
			http_pause(u->http, r->call, false);
		list_add_tail(&u->lingering, &x->of_server);
		u->lingering_n++;
		x->deadline = loop_after(u->loop, LINGER_MS, on_linger_over, x);
		return true;
	}
	if (r->call.v)
		http_cancel(u->http, r->call);
	r->call.v = 0;
	/* A session that a handshake opened and nobody will use. */
	if (x->kind == EXCHANGE_OPEN && r->session && r->status != -1 && !u->is_stopped) {
		struct upstream_target t = {.session = slice_str(r->session),
					    .version = r->version};
		remote_end_session(u, &t);
	}
	return false;
}

static bool is_media(struct slice type, const char *name)
{
	const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;
	struct slice base = semicolon ? slice_of(type.p, (size_t)(semicolon - type.p)) : type;
	return slice_ieq(slice_trim(base), slice_str(name));
}

static bool keep_session(struct exchange *x, struct http_headers headers)
{
	struct slice s = http_header_get(headers, "Mcp-Session-Id");
	if (!s.p || x->remote.session)
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	if (!s.n || s.n > LIMIT_SERVER_SESSION || http_header_count(headers, "Mcp-Session-Id") > 1)
		return false;
	x->remote.session = mem_strndup(s.p, s.n);
	return true;
}

static void refuse(struct exchange *x, int status)
{
	const char *name = x->u->o.name;
	if (x->remote.is_resuming)
		exchange_fail(
			x, UPSTREAM_BROKEN, status,
			"server '%s' closed its stream and answered %d when asked for the rest",
			name, status);
	else if (status == 404 && (x->t.session.n || x->remote.session))
		exchange_fail(x, UPSTREAM_GONE_SESSION, status,
			      "server '%s' no longer has this session", name);
	else if (status == 401 || status == 403)
		exchange_fail(x, UPSTREAM_REFUSED, status,
			      "server '%s' answered %d %s: check the credentials it is given", name,
			      status, http_reason(status));
	else if (status >= 300 && status < 400)
		exchange_fail(x, UPSTREAM_REFUSED, status,
			      "server '%s' answered %d: redirects are not followed, give the "
			      "address it points to",
			      name, status);
	else
		exchange_fail(x, status < 500 ? UPSTREAM_REFUSED : UPSTREAM_BROKEN, status,
			      "server '%s' answered %d %s", name, status, http_reason(status));
}

static void begin_stream(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (r->has_reader)
		sse_release(&r->reader);
	sse_init(&r->reader, x->u->o.message_bytes_max);
	r->has_reader = true;
	r->body = REMOTE_STREAM;
	if (x->kind != EXCHANGE_LISTEN)
		return;
	loop_cancel(x->u->loop, &x->deadline);
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
}

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers)
{
	(void)id;
	struct exchange *x = ctx;
	struct remote_state *r = &x->remote;
	const char *name = x->u->o.name;
	struct slice type = http_header_get(headers, "Content-Type");
	r->status = status;
	if (x->kind == EXCHANGE_NOTIFY || r->is_confirming) {
		r->body = REMOTE_DROP; /* the status says all; on_end judges it */
		return;
	}
	if (status < 200 || status > 299) {
		bool may_answer = status >= 400 && status != 401 && status != 403 &&
				  is_media(type, "application/json");
		if (!may_answer || x->kind == EXCHANGE_LISTEN)
			refuse(x, status);
		else
			r->body = REMOTE_JSON;
		return;
	}
	if (x->kind == EXCHANGE_OPEN && !keep_session(x, headers))
		exchange_fail(x, UPSTREAM_BROKEN, status,
			      "server '%s' gave a session id that is not visible ASCII of at most "
			      "%d characters",
			      name, LIMIT_SERVER_SESSION);
	else if (status == 200 && is_media(type, "text/event-stream"))
		begin_stream(x);
	else if (status == 200 && is_media(type, "application/json") &&
		 x->kind != EXCHANGE_LISTEN && !r->is_resuming)
		r->body = REMOTE_JSON;
	else
		exchange_fail(x, UPSTREAM_BROKEN, status,
			      "server '%s' answered %d with neither JSON nor an event stream", name,
			      status);
}

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
	send_http(x, HTTP_POST, buf_slice(&text));
	buf_release(&text);
}

static void take_answer(struct exchange *x, const struct mcp_message *m)
{
	if (x->kind == EXCHANGE_OPEN && m->kind == MCP_RESULT) {
		confirm(x, m);
		return;
	}
	x->remote.has_answer = true;
	exchange_done(x, UPSTREAM_OK, m, NULL, x->remote.status);
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
	if (x->remote.session)
		t.session = slice_str(x->remote.session);
	tell(x->u, &t, HTTP_POST, buf_slice(&x->u->line));
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
			take_answer(x, m);
		else
			exchange_fail(x, UPSTREAM_BROKEN, x->remote.status,
				      "server '%s' answered a request that it was not asked",
				      u->o.name);
		return;
	case MCP_REQUEST:
		if (pass_ask(x, m))
			exchange_show(x, m);
		return;
	case MCP_NOTIFICATION:
		upstream_noticed(u, m);
		exchange_show(x, m);
		return;
	case MCP_INVALID:
		BUG_ON(true);
	}
}

/* A batch of 2025-03-26, or one message. */
static void take_text(struct exchange *x, struct slice text)
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

static void on_event(void *ctx, const struct sse_event *ev)
{
	struct exchange *x = ctx;
	struct remote_state *r = &x->remote;
	if (x->is_over) {
		if (r->has_answer && ev->data.n)
			upstream_complain(x->u, "sent more on a stream behind its answer; dropped");
		return;
	}
	if (r->is_confirming)
		return;
	if (ev->has_retry)
		r->retry_ms = ev->retry_ms;
	if (ev->has_id)
		keep_event_id(r, ev);
	spend(x, ev->data.n);
	if (ev->has_id && !ev->data.n && x->kind == EXCHANGE_REQUEST && x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
	if (ev->data.n && (!ev->event.n || slice_is(ev->event, "message")))
		take_text(x, ev->data);
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	(void)id;
	struct exchange *x = ctx;
	struct remote_state *r = &x->remote;
	if (x->is_over) {
		r->spilled_bytes += bytes.n;
		if (r->spilled_bytes > SPILL_BYTES_MAX) {
			remote_end_linger(x);
			return;
		}
	}
	switch (r->body) {
	case REMOTE_JSON:
		buf_add_slice(&r->text, bytes);
		if (!buf_ok(&r->text) || (r->status >= 400 && r->text.n > REFUSAL_BYTES_MAX))
			exchange_fail(x, UPSTREAM_BROKEN, r->status,
				      "server '%s' answered with more than %zu bytes", x->u->o.name,
				      x->u->o.message_bytes_max);
		return;
	case REMOTE_STREAM:
		if (!sse_feed(&r->reader, bytes, on_event, x))
			exchange_fail(x, UPSTREAM_BROKEN, r->status,
				      "server '%s' sent an event of more than %zu bytes",
				      x->u->o.name, x->u->o.message_bytes_max);
		return;
	case REMOTE_DROP:
		r->spilled_bytes += bytes.n;
		if (r->spilled_bytes > SPILL_BYTES_MAX)
			exchange_fail(x, UPSTREAM_BROKEN, r->status,
				      "server '%s' answered a notification at length",
				      x->u->o.name);
		return;
	case REMOTE_NONE:
		return;
	}
}

static void end_json(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	struct mcp_message m;
	struct err e;
	if (r->status < 400) {
		take_text(x, buf_slice(&r->text));
		if (!x->is_over && !r->is_confirming)
			exchange_fail(x, UPSTREAM_BROKEN, r->status,
				      "server '%s' answered with a message that is no answer",
				      x->u->o.name);
		return;
	}
	/* Some servers give their JSON-RPC errors an HTTP status too. */
	if (r->status != 404 && upstream_read(x->u, buf_slice(&r->text), &m, &e) &&
	    m.kind == MCP_ERROR && is_answer_to(x, &m))
		exchange_done(x, UPSTREAM_OK, &m, NULL, r->status);
	else
		refuse(x, r->status);
}

static void end_confirming(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	struct mcp_message m;
	struct err e;
	if (r->status < 200 || r->status > 299) {
		refuse(x, r->status);
		return;
	}
	if (!upstream_read(x->u, buf_slice(&r->text), &m, &e)) {
		exchange_fail(x, UPSTREAM_BROKEN, r->status, "server '%s': %s", x->u->o.name,
			      e.text);
		return;
	}
	int status = r->status;
	r->status = -1; /* the session belongs to whom the event tells it */
	exchange_done(x, UPSTREAM_OK, &m, NULL, status);
}

static void on_retry(void *ctx)
{
	struct exchange *x = ctx;
	x->remote.retry.v = 0;
	x->remote.is_resuming = true;
	send_http(x, HTTP_GET, slice_of(NULL, 0));
}

/* MCP 2025-11-25, Streamable HTTP: a server may close a stream behind an event with an
 * id and be asked for the rest later. */
static bool resume(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (x->kind != EXCHANGE_REQUEST || r->body != REMOTE_STREAM || !r->last_event_id.n)
		return false;
	uint64_t ms = r->retry_ms ? r->retry_ms : RETRY_MS;
	r->retry = loop_after(x->u->loop, ms < RETRY_MS_MAX ? ms : RETRY_MS_MAX, on_retry, x);
	return true;
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	(void)id;
	struct exchange *x = ctx;
	struct remote_state *r = &x->remote;
	const char *name = x->u->o.name;
	r->call.v = 0;
	if (x->is_over) {
		remote_end_linger(x);
	} else if (resume(x)) {
		return;
	} else if (why) {
		bool is_unreached = !was_sent && !r->is_resuming && !r->is_confirming;
		exchange_fail(x, is_unreached ? UPSTREAM_UNREACHED : UPSTREAM_BROKEN, r->status,
			      "server '%s': %s", name, why->text);
	} else if (r->is_confirming) {
		end_confirming(x);
	} else if (r->body == REMOTE_JSON) {
		end_json(x);
	} else if (r->body == REMOTE_STREAM && x->kind == EXCHANGE_LISTEN) {
		exchange_done(x, UPSTREAM_OK, NULL, NULL, r->status);
	} else if (r->body == REMOTE_STREAM) {
		exchange_fail(x, UPSTREAM_BROKEN, r->status,
			      "server '%s' closed its stream without an answer", name);
	} else if (r->status < 200 || r->status > 299) {
		refuse(x, r->status);
	} else {
		exchange_done(x, UPSTREAM_OK, NULL, NULL, r->status);
	}
}
