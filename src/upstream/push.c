/* Streams of HTTP+SSE: opened, named, joined by exchanges, ended. */
#include "upstream/push.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/random.h"
#include "upstream/pushed.h"
#include "upstream/settings.h"

#define SESSION_PREFIX "gh-sse-"
/* A server of this kind names its endpoint before anything else; one of another kind may keep a
 * stream open and say nothing. At most this, and a part of start_timeout_ms. */
#define ENDPOINT_MS   5000
#define ENDPOINT_PART 4

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers);
static void on_body(void *ctx, struct http_call_id id, struct slice bytes);
static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent);

static const struct http_client_events stream_events = {on_head, on_body, on_end};

bool push_is_session(struct slice session)
{
	return slice_starts(session, SLICE_LIT(SESSION_PREFIX));
}

static struct push *find(const struct upstream *u, struct slice session)
{
	list_each_safe(it, tmp, &u->pushes)
	{
		struct push *p = list_entry(it, struct push, node);
		if (slice_is(session, p->session) && !p->opener && !p->is_ending)
			return p;
	}
	return NULL;
}

struct slice push_target(const struct push *p)
{
	return slice_str(p->endpoint);
}

static void free_now(void *ctx)
{
	struct push *p = ctx;
	if (p->has_reader)
		sse_release(&p->reader);
	free(p->endpoint);
	free(p);
}

/* Its memory stays until the end of the turn: one of its events may be on the way. */
static void drop(struct push *p)
{
	struct upstream *u = p->u;
	if (p->is_over)
		return;
	p->is_over = true;
	p->opener = NULL;
	list_each_safe(it, tmp, &p->exchanges)
	{
		list_entry(it, struct exchange, of_process)->push = NULL;
		list_del(it);
	}
	if (p->call.v)
		http_cancel(u->http, p->call);
	p->call.v = 0;
	loop_cancel(u->loop, &p->timer);
	loop_cancel(u->loop, &p->throttle);
	early_drop(&p->early);
	ask_free_all(&p->asks);
	list_del(&p->node);
	u->listens--;
	loop_defer(u->loop, free_now, p);
}

static void on_idle(void *ctx)
{
	struct push *p = ctx;
	p->timer.v = 0;
	drop(p);
}

static void watch_idle(struct push *p)
{
	struct upstream *u = p->u;
	if (p->is_over || p->opener)
		return;
	loop_cancel(u->loop, &p->timer);
	if (list_empty(&p->exchanges) && u->o.child_idle_ms)
		p->timer = loop_after(u->loop, u->o.child_idle_ms, on_idle, p);
}

/* Everything that waits on it ends, and so does the session. */
static void break_off(struct push *p, const char *why)
{
	struct upstream *u = p->u;
	p->is_ending = true; /* an event may come back to this session */
	while (!p->is_over && !list_empty(&p->exchanges)) {
		struct exchange *x = list_entry(p->exchanges.next, struct exchange, of_process);
		list_del(&x->of_process);
		x->push = NULL;
		if (x == p->opener)
			p->opener = NULL;
		exchange_fail(x, UPSTREAM_BROKEN, x->remote.status, "server '%s': %s", u->o.name,
			      why);
	}
	drop(p);
}

static void join(struct push *p, struct exchange *x)
{
	x->push = p;
	list_add_tail(&p->exchanges, &x->of_process);
	loop_cancel(p->u->loop, &p->timer);
}

void push_detach(struct exchange *x)
{
	struct push *p = x->push;
	if (!p)
		return;
	x->push = NULL;
	list_del(&x->of_process);
	if (p->opener == x) {
		drop(p); /* a handshake that failed, or was given up */
		return;
	}
	push_pause(p);
	watch_idle(p);
}

/* The server is of another kind after all. */
static void give_up(struct push *p, int status)
{
	struct upstream *u = p->u;
	struct exchange *x = p->opener;
	drop(p);
	if (status == 401 || status == 403 || status >= 500) {
		remote_refuse(x, status);
	} else if (x->remote.refused_status) {
		/* Neither of the two transports that know a handshake. */
		era_found(u, MCP_ERA_LEGACY, false);
		remote_refuse(x, x->remote.refused_status);
	} else {
		u->is_push = (struct verdict){ 0 };
		remote_send(x, HTTP_POST, buf_slice(&x->text));
	}
}

static void on_no_endpoint(void *ctx)
{
	struct push *p = ctx;
	p->timer.v = 0;
	give_up(p, 0);
}

static void send_get(struct push *p, const struct exchange *x)
{
	struct upstream *u = p->u;
	struct http_header h[SETTINGS_HEADERS_MAX + UPSTREAM_HEADERS_MAX + 1];
	size_t n = remote_given_headers(x, h);
	h[n++] = (struct http_header){SLICE_LIT("Accept"), SLICE_LIT("text/event-stream")};
	struct http_outgoing out = {.method = HTTP_GET, .headers = h, .header_n = n};
	struct err e = { 0 };
	p->call = http_send(u->http, u->origin, &out, &stream_events, p, &e);
	if (!p->call.v)
		exchange_fail_soon(p->opener,
				   e.kind == ERR_LIMIT ? UPSTREAM_BUSY : UPSTREAM_UNREACHED,
				   "server '%s': %s", u->o.name, e.text);
}

void push_open(struct exchange *x, int status)
{
	struct upstream *u = x->u;
	struct remote_state *r = &x->remote;
	if (r->call.v)
		http_cancel(u->http, r->call);
	r->call.v = 0;
	r->refused_status = status;
	if (u->listens >= u->o.listens_max) {
		exchange_fail_soon(x, UPSTREAM_BUSY,
				   "server '%s' has %zu streams under way, as many as it may",
				   u->o.name, u->listens);
		return;
	}
	struct push *p = mem_zalloc(sizeof *p);
	p->u = u;
	p->opener = x;
	list_init(&p->exchanges);
	list_init(&p->asks);
	early_init(&p->early, u, pushed_early, p);
	snprintf(p->session, sizeof p->session, SESSION_PREFIX "%016llx%016llx",
		 (unsigned long long)random_u64(), (unsigned long long)random_u64());
	list_add_tail(&u->pushes, &p->node);
	u->listens++;
	join(p, x);
	uint64_t ms = u->o.start_timeout_ms / ENDPOINT_PART;
	p->timer = loop_after(u->loop, ms < ENDPOINT_MS ? ms : ENDPOINT_MS, on_no_endpoint, p);
	send_get(p, x);
}

void push_opened(struct exchange *x)
{
	struct push *p = x->push;
	verdict_set(x->u, &x->u->is_push, p != NULL);
	if (!p)
		return;
	p->opener = NULL;
	p->version = x->remote.version;
}

void push_start(struct exchange *x)
{
	struct upstream *u = x->u;
	struct push *p = find(u, x->t.session);
	if (!p) {
		exchange_fail_soon(x, UPSTREAM_GONE_SESSION,
				   "server '%s' no longer has this session", u->o.name);
		return;
	}
	join(p, x);
	x->is_cancellable = x->kind == EXCHANGE_REQUEST;
	if (x->kind == EXCHANGE_LISTEN)
		x->soon = loop_after(u->loop, 0, exchange_on_soon, x);
	else
		remote_send(x, HTTP_POST, buf_slice(&x->text));
	buf_release(&x->text);
	pushed_early_soon(p);
}

void push_soon(struct exchange *x)
{
	if (x->kind != EXCHANGE_LISTEN || !x->push)
		return;
	loop_cancel(x->u->loop, &x->deadline);
	x->is_open = true;
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
}

bool push_posted(struct exchange *x)
{
	struct push *p = x->push;
	int status = x->remote.status;
	bool is_taken = status >= 200 && status < 300;
	if (!is_taken)
		remote_refuse(x, status);
	if (status == 404 && !p->is_over)
		break_off(p, "it no longer has this session");
	return is_taken;
}

/* All of them are of one client: what one of its streams does not read, none does. */
void push_pause(struct push *p)
{
	bool is_paused = p->is_throttled;
	list_each_safe(it, tmp, &p->exchanges)
		is_paused |= list_entry(it, struct exchange, of_process)->is_paused;
	if (!p->is_over && p->call.v && is_paused != p->is_paused) {
		p->is_paused = is_paused;
		http_pause(p->u->http, p->call, is_paused);
	}
}

static void on_throttle_over(void *ctx)
{
	struct push *p = ctx;
	p->throttle.v = 0;
	p->is_throttled = false;
	push_pause(p);
}

static void spend(struct push *p, size_t bytes)
{
	uint64_t now = loop_now_us(p->u->loop);
	if (!fairness_spend(&p->fairness, now, bytes) || p->is_throttled)
		return;
	p->is_throttled = true;
	p->throttle = loop_after(p->u->loop, fairness_left_ms(&p->fairness, now),
				 on_throttle_over, p);
	push_pause(p);
}

bool push_take_ask(struct upstream *u, const struct upstream_target *t, const struct json *id)
{
	struct push *p = find(u, t->session);
	struct ask *a = p ? ask_find(&p->asks, t->client_session, id) : NULL;
	if (!a)
		return false;
	ask_free(a);
	p->ask_n--;
	return true;
}

void push_end_session(struct upstream *u, struct slice session)
{
	struct push *p = find(u, session);
	if (p)
		break_off(p, "the session was ended");
}

void push_stop(struct upstream *u)
{
	while (!list_empty(&u->pushes))
		drop(list_entry(u->pushes.next, struct push, node));
}

/* An address on another server would get our credentials, and what clients say. */
static void take_endpoint(struct push *p, struct slice uri)
{
	struct exchange *x = p->opener;
	struct buf target = BUF_INIT(LIMIT_URI);
	struct err e;
	if (!http_origin_resolve(p->u->origin, uri, &target, &e)) {
		exchange_fail(x, UPSTREAM_REFUSED, p->status,
			      "server '%s' names no address for messages that may be used: %s",
			      p->u->o.name, e.text);
	} else {
		loop_cancel(p->u->loop, &p->timer);
		p->endpoint = mem_strndup(target.p, target.n);
		remote_send(x, HTTP_POST, buf_slice(&x->text));
	}
	buf_release(&target);
}

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers)
{
	struct push *p = ctx;
	(void)id;
	p->status = status;
	if (status != 200 ||
	    !remote_is_media(http_header_get(headers, "Content-Type"), "text/event-stream")) {
		give_up(p, status);
		return;
	}
	sse_init(&p->reader, p->u->o.message_bytes_max);
	p->has_reader = true;
}

static void on_event(void *ctx, const struct sse_event *ev)
{
	struct push *p = ctx;
	bool is_endpoint = slice_is(ev->event, "endpoint");
	if (p->is_over)
		return;
	spend(p, 0);
	if (!p->endpoint && is_endpoint)
		take_endpoint(p, ev->data);
	else if (!p->endpoint)
		give_up(p, 0);
	else if (is_endpoint)
		upstream_complain(p->u, "named a second address for messages; dropped");
	else if (ev->data.n && (!ev->event.n || slice_is(ev->event, "message")))
		pushed_text(p, ev->data);
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	struct push *p = ctx;
	(void)id;
	spend(p, bytes.n);
	if (!p->is_over && !sse_feed(&p->reader, bytes, on_event, p))
		break_off(p, "it sent an event that is too large");
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct push *p = ctx;
	struct exchange *x = p->opener;
	(void)id, (void)was_sent;
	p->call.v = 0;
	if (x && !p->endpoint && why) {
		drop(p);
		exchange_fail(x, UPSTREAM_UNREACHED, 0, "server '%s': %s", p->u->o.name,
			      why->text);
	} else if (x && !p->endpoint) {
		give_up(p, 0);
	} else {
		break_off(p, why ? why->text : "it closed the stream of this session");
	}
}
