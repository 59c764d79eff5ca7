/* One server: what the gate asks of it goes to its transport, remote.c or stdio.c. */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "upstream/exchange.h"
#include "upstream/handshake.h"
#include "upstream/push.h"
#include "upstream/settings.h"
#include <stdarg.h>

#define TOKEN_PREFIX "gh-"

#define KEPT_LINE_BYTES 65536 /* one large message must not hold its memory for ever */

struct upstream *upstream_new(struct loop *l, struct http_client *http,
			      const struct upstream_opts *o, struct err *e)
{
	struct http_origin *origin = NULL;
	if (!settings_check(o, e))
		return NULL;
	if (o->url && !(origin = http_origin_new(o->url, e)))
		return NULL;
	struct upstream *u = mem_zalloc(sizeof *u);
	u->loop = l;
	u->http = http;
	u->origin = origin;
	u->o = settings_copy(o);
	idtable_init(&u->ids);
	/* An id's low half is a slot, and there are never so many. */
	u->id_mask = random_u64() & ~UPSTREAM_ID_WRAPPED;
	list_init(&u->exchanges);
	list_init(&u->lingering);
	list_init(&u->processes);
	list_init(&u->pushes);
	arena_init(&u->arena, LIMIT_REQUEST_ARENA);
	buf_init(&u->line, o->message_bytes_max + 4096);
	/* Over HTTP a session outlives this process and is shared with others, and no request
	 * id may be used twice in it (MCP base protocol, Requests). */
	if (origin)
		u->wire_last = random_u64() >> 16;
	return u;
}

const char *upstream_name(const struct upstream *u)
{
	return u->o.name;
}

const char *upstream_transport(const struct upstream *u)
{
	return u->o.builtin ? "builtin" : u->origin ? "http" : "stdio";
}

const char *upstream_place(const struct upstream *u)
{
	return u->o.url ? u->o.url : u->o.argv ? u->o.argv[0] : "builtin:";
}

uint64_t upstream_call_timeout_ms(const struct upstream *u)
{
	return u->o.call_timeout_ms;
}

void upstream_watch(struct upstream *u, upstream_watch_fn fn, void *ctx)
{
	u->watch = fn;
	u->watch_ctx = ctx;
}

void upstream_noticed(struct upstream *u, const struct mcp_message *m)
{
	struct slice method = m ? m->method : SLICE_LIT("started");
	if (u->watch && (!m || slice_ends(method, SLICE_LIT("/list_changed"))))
		u->watch(u->watch_ctx, u, method);
}

void upstream_status(const struct upstream *u, struct upstream_status *out)
{
	size_t children = stdio_children(u);
	*out = (struct upstream_status){
		.state = u->state,
		.calls_in_flight = u->calls,
		.children = children,
		.restarts = u->restarts,
		.last_ok_wall_us = u->last_ok_wall_us,
	};
	memcpy(out->last_error, u->last_error, sizeof out->last_error);
}

static void on_stopped(void *ctx)
{
	struct upstream *u = ctx;
	u->stop_timer.v = 0;
	loop_fn done = u->stopped;
	u->stopped = NULL;
	done(u->stopped_ctx);
}

void upstream_check_stopped(struct upstream *u)
{
	if (u->stopped && !u->stop_timer.v && !u->jobs && list_empty(&u->exchanges) &&
	    list_empty(&u->processes))
		u->stop_timer = loop_after(u->loop, 0, on_stopped, u);
}

void upstream_stop(struct upstream *u, loop_fn done, void *ctx)
{
	BUG_ON(u->is_stopped);
	u->is_stopped = true;
	u->stopped = done;
	u->stopped_ctx = ctx;
	list_each_safe(it, tmp, &u->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_server);
		exchange_fail_soon(x, UPSTREAM_BROKEN, "server '%s' has been removed", u->o.name);
	}
	while (!list_empty(&u->lingering))
		remote_end_linger(list_entry(u->lingering.next, struct exchange, of_server));
	push_stop(u);
	stdio_stop(u);
	upstream_check_stopped(u);
}

void upstream_free(struct upstream **up)
{
	struct upstream *u = *up;
	if (!u)
		return;
	BUG_ON(!list_empty(&u->exchanges) || !list_empty(&u->lingering) || !list_empty(&u->pushes) ||
	       !list_empty(&u->processes));
	http_origin_free(&u->origin);
	idtable_release(&u->ids);
	arena_release(&u->arena);
	buf_release(&u->line);
	settings_release(&u->o);
	free(u);
	*up = NULL;
}

void upstream_complain(struct upstream *u, const char *fmt, ...)
{
	struct complaints *c = &u->complaints;
	uint64_t now = loop_now_us(u->loop);
	if (now - c->since_us >= 10000000) {
		if (c->hidden)
			log_warn(u->o.name, "%u more complaints about this server", c->hidden);
		*c = (struct complaints){.since_us = now};
	}
	if (c->n >= 10) {
		c->hidden++;
		return;
	}
	c->n++;
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_warn(u->o.name, "%s", text);
}

bool upstream_read(struct upstream *u, struct slice text, struct mcp_message *m, struct err *e)
{
	arena_reset(&u->arena);
	const struct json *root = json_read(text, &u->arena, e);
	if (!root)
		return false;
	*m = (struct mcp_message){.root = root};
	return json_is(root, JSON_ARRAY) || mcp_message_read(root, m, e);
}

void upstream_clear_line(struct upstream *u)
{
	if (u->line.cap > KEPT_LINE_BYTES)
		buf_release(&u->line);
	buf_clear(&u->line);
}

bool upstream_ask_needs(const struct mcp_message *m, unsigned *cap)
{
	if (slice_is(m->method, "sampling/createMessage"))
		*cap = UPSTREAM_CAN_SAMPLING;
	else if (slice_is(m->method, "roots/list"))
		*cap = UPSTREAM_CAN_ROOTS;
	else if (slice_is(m->method, "elicitation/create"))
		*cap = slice_is(json_string(json_gets(m->params, "mode")), "url")
			       ? UPSTREAM_CAN_ELICITATION_URL
			       : UPSTREAM_CAN_ELICITATION;
	else
		return false;
	return true;
}

void upstream_write_own_answer(struct buf *b, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 8);
	json_write(&id, m->id);
	if (slice_is(m->method, "ping"))
		mcp_write_result(b, buf_slice(&id), SLICE_LIT("{}"));
	else
		mcp_write_error(b, buf_slice(&id), MCP_METHOD_NOT_FOUND,
				"no client here can answer this", slice_of(NULL, 0));
	buf_release(&id);
}

void upstream_write_cancelled(struct buf *b, uint64_t wire_id, const char *reason)
{
	struct buf params = BUF_INIT(1024);
	buf_addf(&params, "{\"requestId\":%llu", (unsigned long long)wire_id);
	if (reason && reason[0]) {
		buf_adds(&params, ",\"reason\":");
		buf_add_json_string(&params, slice_str(reason));
	}
	buf_addc(&params, '}');
	if (!buf_ok(&params)) {
		buf_clear(&params);
		buf_addf(&params, "{\"requestId\":%llu}", (unsigned long long)wire_id);
	}
	mcp_write_request(b, slice_of(NULL, 0), SLICE_LIT("notifications/cancelled"),
			  buf_slice(&params));
	buf_release(&params);
}

void upstream_progress_token(struct buf *out, uint64_t call_id)
{
	buf_addf(out, "\"" TOKEN_PREFIX "%llu\"", (unsigned long long)call_id);
}

uint64_t upstream_progress_call(const struct mcp_message *m)
{
	struct slice token = json_string(json_gets(m->params, "progressToken"));
	size_t n = sizeof TOKEN_PREFIX - 1;
	unsigned long long id;
	if (!slice_starts(token, SLICE_LIT(TOKEN_PREFIX)) ||
	    !slice_u64(slice_of(token.p + n, token.n - n), &id))
		return 0;
	return id;
}

static struct exchange_id start(struct exchange *x, uint64_t deadline_ms)
{
	struct upstream *u = x->u;
	if (x->failure)
		return x->id;
	if (!buf_ok(&x->text)) {
		exchange_fail_soon(
			x, UPSTREAM_UNREACHED,
			"the message is larger than %zu bytes, as much as server '%s' may get",
			u->o.message_bytes_max, u->o.name);
		return x->id;
	}
	if (deadline_ms)
		exchange_set_deadline(x, deadline_ms);
	if (u->o.builtin)
		builtin_start(x);
	else
		u->origin ? remote_start(x) : stdio_start(x);
	return x->id;
}

static void write_request(struct exchange *x, struct slice method, struct slice params)
{
	struct buf *id = &x->u->line;
	upstream_clear_line(x->u);
	buf_add_u64(id, x->wire_id);
	mcp_write_request(&x->text, buf_slice(id), method, params);
	if (x->u->origin && exchange_is_modern(x))
		x->method = mem_strndup(method.p, method.n);
}

struct exchange_id upstream_open(struct upstream *u, const struct upstream_target *t,
				 const struct json *client_info, const struct json *capabilities,
				 enum mcp_version version, const struct upstream_events *ev,
				 void *ctx)
{
	struct upstream_target legacy = *t;
	legacy.version = MCP_VERSION_NONE; /* what it is called is not agreed yet */
	struct exchange *x = exchange_new(u, EXCHANGE_OPEN, &legacy, ev, ctx);
	struct buf params = BUF_INIT(u->o.message_bytes_max);
	handshake_write(&params, version ? version : MCP_LEGACY_LATEST, client_info, capabilities,
			t->client_caps);
	write_request(x, SLICE_LIT("initialize"), buf_slice(&params));
	if (!buf_ok(&params))
		exchange_fail_soon(x, UPSTREAM_UNREACHED,
				   "what the client says of itself is too large");
	buf_release(&params);
	return start(x, u->o.start_timeout_ms);
}

bool upstream_opened(const struct upstream *u, struct exchange_id id, struct slice *session,
		     enum mcp_version *version)
{
	const struct exchange *x = idtable_get(&u->ids, id.v ^ u->id_mask);
	if (!x || x->kind != EXCHANGE_OPEN || !x->remote.version)
		return false;
	*session = slice_str(x->remote.session);
	*version = x->remote.version;
	return true;
}

struct exchange_id upstream_request(struct upstream *u, const struct upstream_target *t,
				    struct slice method, struct slice params, uint64_t deadline_ms,
				    const struct upstream_events *ev, void *ctx)
{
	struct exchange *x = exchange_new(u, EXCHANGE_REQUEST, t, ev, ctx);
	write_request(x, method, params);
	return start(x, deadline_ms ? deadline_ms : u->o.call_timeout_ms);
}

struct exchange_id upstream_probe(struct upstream *u, const struct upstream_target *t,
				  struct slice params, const struct upstream_events *ev, void *ctx)
{
	struct upstream_target modern = *t;
	modern.version = MCP_MODERN_LATEST;
	modern.name = slice_of(NULL, 0);
	struct exchange *x = exchange_new(u, EXCHANGE_PROBE, &modern, ev, ctx);
	if (params.n)
		write_request(x, SLICE_LIT("server/discover"), params);
	else
		era_ask_again(x);
	/* Also of words of our own: a server may refuse its first request to see whether it is
	 * asked again by a version that it names. */
	x->is_asked_again = false;
	return start(x, u->o.start_timeout_ms);
}

struct exchange_id upstream_subscribe(struct upstream *u, const struct upstream_target *t,
				      struct slice params, const struct upstream_events *ev,
				      void *ctx)
{
	struct exchange *x = exchange_new(u, EXCHANGE_SUBSCRIBE, t, ev, ctx);
	write_request(x, SLICE_LIT("subscriptions/listen"), params);
	return start(x, u->o.start_timeout_ms);
}

/* An answer over HTTP that only this process can vouch for. */
static bool take_remote_ask(struct exchange *x, const struct mcp_message *m)
{
	if (push_is_session(x->t.session))
		return push_take_ask(x->u, &x->t, m->id);
	if (x->t.session.n)
		return true;
	list_each_safe(it, tmp, &x->u->exchanges)
	{
		struct exchange *other = list_entry(it, struct exchange, of_server);
		struct ask *a = ask_find(&other->asks, x->t.client_session, m->id);
		if (a) {
			ask_free(a);
			other->ask_n--;
			return true;
		}
	}
	return false;
}

static bool is_gates_own(const struct mcp_message *m)
{
	return slice_is(m->method, "notifications/cancelled") ||
	       slice_is(m->method, "notifications/initialized");
}

struct exchange_id upstream_notify(struct upstream *u, const struct upstream_target *t,
				   struct slice text, const struct upstream_events *ev, void *ctx)
{
	struct exchange *x = exchange_new(u, EXCHANGE_NOTIFY, t, ev, ctx);
	struct arena a;
	struct err e;
	struct mcp_message m;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(text, &a, &e);
	if (!root || !mcp_message_read(root, &m, &e))
		exchange_fail_soon(x, UPSTREAM_REFUSED, "%s", e.text);
	else if (m.kind == MCP_REQUEST || (m.kind == MCP_NOTIFICATION && is_gates_own(&m)) ||
		 (m.kind == MCP_ERROR && !m.id))
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "such a message is not passed on to a server");
	else if (u->o.builtin && m.kind != MCP_NOTIFICATION)
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "the answer belongs to no open request of server '%s'",
				   u->o.name);
	else if (u->origin && exchange_is_modern(x))
		/* MCP 2026-07-28, Streamable HTTP, Sending Messages: clients send no answers, and the
		 * protocol has no notification of theirs. */
		exchange_fail_soon(x, UPSTREAM_REFUSED, "server '%s' takes only requests",
				   u->o.name);
	else if (u->origin && m.kind != MCP_NOTIFICATION && !take_remote_ask(x, &m))
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "the answer belongs to no open request of server '%s'",
				   u->o.name);
	else if (u->origin || u->o.builtin || stdio_prepare_note(x, &m))
		json_write(&x->text, m.root);
	arena_release(&a);
	return start(x, u->o.start_timeout_ms);
}

struct exchange_id upstream_listen(struct upstream *u, const struct upstream_target *t,
				   struct slice last_event_id, const struct upstream_events *ev,
				   void *ctx)
{
	struct exchange *x = exchange_new(u, EXCHANGE_LISTEN, t, ev, ctx);
	if (u->origin && exchange_is_modern(x))
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "server '%s' is listened to by a subscription", u->o.name);
	buf_init(&x->remote.last_event_id, 1024);
	buf_add_slice(&x->remote.last_event_id, last_event_id);
	return start(x, u->o.start_timeout_ms);
}

void upstream_cancel(struct upstream *u, struct exchange_id id, const char *reason)
{
	struct exchange *x = exchange_find(u, id);
	if (!x)
		return;
	if (x->is_cancellable)
		u->origin ? remote_cancel(x, reason) : stdio_cancel(x, reason);
	exchange_drop(x);
}

void upstream_pause(struct upstream *u, struct exchange_id id, bool is_paused)
{
	struct exchange *x = exchange_find(u, id);
	if (!x || x->is_paused == is_paused)
		return;
	x->is_paused = is_paused;
	u->paused_n += is_paused ? 1 : (size_t)-1;
	u->origin ? remote_pause(x) : stdio_pause(x);
}

void upstream_close(struct upstream *u, const struct upstream_target *t)
{
	if (u->is_stopped)
		return;
	u->origin ? remote_end_session(u, t) : stdio_end_session(u, t);
}
