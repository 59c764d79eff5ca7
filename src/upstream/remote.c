/*
 * Streamable HTTP (MCP 2025-11-25, Transports): one POST an exchange, answered by JSON
 * or by a stream. Nothing is ever sent twice; a stream that a server closed before its
 * answer is taken up again by GET, which runs nothing.
 */
#include "base/check.h"
#include "base/limits.h"
#include "http/client.h"
#include "upstream/push.h"
#include "upstream/settings.h"

#define LINGER_MS         1000 /* how long the end of a stream is waited for after the answer */
#define LINGERING_MAX     256
#define SPILL_BYTES_MAX   65536
#define REFUSAL_BYTES_MAX 65536 /* of the body of a 4xx, which may hold our answer */
#define RETRY_MS          1000  /* when the server named no time to come back */
#define RETRY_MS_MAX      30000

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers);
static void on_body(void *ctx, struct http_call_id id, struct slice bytes);
static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent);

static const struct http_client_events client_events = {on_head, on_body, on_end};

static struct http_header header(const char *name, struct slice value)
{
	return (struct http_header){slice_str(name), value};
}

size_t remote_given_headers(const struct exchange *x, struct http_header *h)
{
	const struct upstream_opts *o = &x->u->o;
	size_t n = 0;
	for (size_t i = 0; i < o->header_n; i++)
		h[n++] = o->headers[i];
	for (size_t i = 0; i < x->t.header_n; i++) {
		const struct http_header *given = &x->t.headers[i];
		bool is_taken = settings_reserves(given->name);
		for (size_t j = 0; j < o->header_n; j++)
			is_taken |= slice_ieq(given->name, o->headers[j].name);
		if (!is_taken)
			h[n++] = *given;
	}
	return n;
}

/* Those of the protocol; `text` holds what must be encoded. */
static size_t add_our_headers(const struct exchange *x, enum http_method method,
			      struct http_header *h, struct buf *text)
{
	const struct remote_state *r = &x->remote;
	struct slice session = r->session ? slice_str(r->session) : x->t.session;
	enum mcp_version version = r->version ? r->version : x->t.version;
	size_t n = 0;
	if (method == HTTP_POST)
		h[n++] = header("Content-Type", SLICE_LIT("application/json"));
	if (method != HTTP_DELETE)
		h[n++] = header("Accept",
				method == HTTP_GET
					? SLICE_LIT("text/event-stream")
					: SLICE_LIT("application/json, text/event-stream"));
	if (exchange_is_modern(x))
		return n + stateless_headers(x, h + n, text);
	bool is_first = x->kind == EXCHANGE_OPEN && !r->is_confirming;
	if (!is_first && mcp_version_needs_header(version))
		h[n++] = header("MCP-Protocol-Version", slice_str(mcp_version_name(version)));
	if (!is_first && session.n && !x->push)
		h[n++] = header("Mcp-Session-Id", session);
	if (method == HTTP_GET && r->last_event_id.n)
		h[n++] = header("Last-Event-ID", buf_slice(&r->last_event_id));
	return n;
}

void remote_send(struct exchange *x, enum http_method method, struct slice body)
{
	struct upstream *u = x->u;
	struct remote_state *r = &x->remote;
	struct http_header h[SETTINGS_HEADERS_MAX + UPSTREAM_HEADERS_MAX + STATELESS_HEADERS + 5];
	struct buf text = BUF_INIT(LIMIT_HTTP_HEAD_BYTES);
	struct http_outgoing out = {.method = method, .headers = h, .body = body};
	if (x->push)
		out.target = push_target(x->push);
	struct err e = { 0 };
	out.header_n = remote_given_headers(x, h);
	out.header_n += add_our_headers(x, method, h + out.header_n, &text);
	r->status = 0;
	r->body = REMOTE_NONE;
	r->call.v = 0;
	if (!buf_ok(&text))
		err_set(&e, ERR_INPUT, "the name is too long for a header");
	else
		r->call = http_send(u->http, u->origin, &out, &client_events, x, &e);
	buf_release(&text);
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
	if (push_is_session(x->t.session)) {
		push_start(x);
		return;
	}
	if (x->kind == EXCHANGE_OPEN && verdict_get(x->u, &x->u->is_push) == UPSTREAM_YES) {
		push_open(x, 0);
		return;
	}
	/* A modern server learns of a cancellation by the end of the connection. */
	x->is_cancellable = x->kind == EXCHANGE_REQUEST && !exchange_is_modern(x);
	remote_send(x, x->kind == EXCHANGE_LISTEN ? HTTP_GET : HTTP_POST, buf_slice(&x->text));
	if (x->kind != EXCHANGE_OPEN) /* which may be said again, by HTTP+SSE */
		buf_release(&x->text);
}

/* Without events: nobody waits for how it went. */
void remote_tell(struct upstream *u, const struct upstream_target *t, enum http_method method,
		 struct slice text)
{
	struct exchange *x = exchange_new(u, EXCHANGE_NOTIFY, t, NULL, NULL);
	if (x->failure)
		return;
	buf_add_slice(&x->text, text);
	exchange_set_deadline(x, u->o.start_timeout_ms);
	if (push_is_session(x->t.session)) {
		push_start(x);
		return;
	}
	remote_send(x, method, buf_slice(&x->text));
	buf_release(&x->text);
}

void remote_cancel(struct exchange *x, const char *reason)
{
	upstream_clear_line(x->u);
	upstream_write_cancelled(&x->u->line, x->wire_id, reason);
	remote_tell(x->u, &x->t, HTTP_POST, buf_slice(&x->u->line));
}

void remote_end_session(struct upstream *u, const struct upstream_target *t)
{
	if (push_is_session(t->session))
		push_end_session(u, t->session);
	else if (t->session.n && mcp_version_era(t->version) != MCP_ERA_MODERN)
		remote_tell(u, t, HTTP_DELETE, slice_of(NULL, 0));
}

void remote_pause(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (x->push)
		push_pause(x->push);
	else if (r->call.v)
		http_pause(x->u->http, r->call, x->is_paused || r->is_throttled);
}

static void on_throttle_over(void *ctx)
{
	struct exchange *x = ctx;
	x->remote.throttle.v = 0;
	x->remote.is_throttled = false;
	remote_pause(x);
}

void remote_spend(struct exchange *x, size_t bytes)
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
	push_detach(x);
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

bool remote_is_media(struct slice type, const char *name)
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
	if (!s.n || s.n > LIMIT_SERVER_SESSION || push_is_session(s) || http_header_count(headers, "Mcp-Session-Id") > 1)
		return false;
	x->remote.session = mem_strndup(s.p, s.n);
	return true;
}

void remote_refuse(struct exchange *x, int status)
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
	if (x->kind == EXCHANGE_NOTIFY || r->is_confirming || x->push || x->is_over) {
		r->body = REMOTE_DROP; /* the status says all; on_end judges it */
		return;
	}
	if (status < 200 || status > 299) {
		bool may_answer = status >= 400 && status != 401 && status != 403 &&
				  remote_is_media(type, "application/json");
		if (may_answer && x->kind != EXCHANGE_LISTEN)
			r->body = REMOTE_JSON;
		else
			heard_refusal(x, slice_of(NULL, 0));
		return;
	}
	if (x->kind == EXCHANGE_PROBE && (status == 202 || status == 204))
		stateless_probe_refused(x, status);
	else if (x->kind == EXCHANGE_OPEN && !keep_session(x, headers))
		exchange_fail(x, UPSTREAM_BROKEN, status,
			      "server '%s' gave a session id that is not visible ASCII of at most "
			      "%d characters",
			      name, LIMIT_SERVER_SESSION);
	else if (status == 200 && remote_is_media(type, "text/event-stream"))
		begin_stream(x);
	else if (status == 200 && remote_is_media(type, "application/json") &&
		 x->kind != EXCHANGE_LISTEN && !r->is_resuming)
		r->body = REMOTE_JSON;
	else
		exchange_fail(x, UPSTREAM_BROKEN, status,
			      "server '%s' answered %d with neither JSON nor an event stream", name,
			      status);
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
		/* Comments, too, cost the loop its time. */
		remote_spend(x, bytes.n);
		if (!sse_feed(&r->reader, bytes, heard_event, x))
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
	if (r->status < 400) {
		heard_text(x, buf_slice(&r->text));
		/* It may have led to another request. */
		if (!x->is_over && !x->failure && !r->call.v)
			exchange_fail(x, UPSTREAM_BROKEN, r->status,
				      "server '%s' answered with a message that is no answer",
				      x->u->o.name);
		return;
	}
	heard_refusal(x, buf_slice(&r->text));
}

static void on_retry(void *ctx)
{
	struct exchange *x = ctx;
	x->remote.retry.v = 0;
	x->remote.is_resuming = true;
	remote_send(x, HTTP_GET, slice_of(NULL, 0));
}

/* MCP 2025-11-25, Streamable HTTP: a server may close a stream behind an event with an
 * id and be asked for the rest later. */
static bool resume(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (x->kind != EXCHANGE_REQUEST || exchange_is_modern(x) || r->body != REMOTE_STREAM ||
	    !r->last_event_id.n)
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
	} else if (x->push && !r->is_confirming) {
		if (push_posted(x) && x->kind == EXCHANGE_NOTIFY)
			exchange_done(x, UPSTREAM_OK, NULL, NULL, r->status);
	} else if (r->is_confirming) {
		heard_confirmation(x);
	} else if (r->body == REMOTE_JSON) {
		end_json(x);
	} else if (r->body == REMOTE_STREAM && x->kind == EXCHANGE_LISTEN) {
		exchange_done(x, UPSTREAM_OK, NULL, NULL, r->status);
	} else if (r->body == REMOTE_STREAM) {
		exchange_fail(x, UPSTREAM_BROKEN, r->status,
			      "server '%s' closed its stream without an answer", name);
	} else if (r->status < 200 || r->status > 299) {
		remote_refuse(x, r->status);
	} else {
		exchange_done(x, UPSTREAM_OK, NULL, NULL, r->status);
	}
}
