/* The life of an exchange: made, shown messages, ended once. */
#include "upstream/exchange.h"
#include "upstream/push.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdarg.h>

bool fairness_spend(struct fairness *f, uint64_t now_us, size_t bytes)
{
	if (now_us - f->since_us >= LIMIT_FAIR_WINDOW_MS * 1000ull)
		*f = (struct fairness){.since_us = now_us};
	f->messages++;
	f->bytes += bytes;
	return f->messages > LIMIT_FAIR_MESSAGES || f->bytes > LIMIT_FAIR_BYTES;
}

uint64_t fairness_left_ms(const struct fairness *f, uint64_t now_us)
{
	uint64_t gone = (now_us - f->since_us) / 1000;
	return gone < LIMIT_FAIR_WINDOW_MS ? LIMIT_FAIR_WINDOW_MS - gone : 1;
}

static struct slice keep(char **at, struct slice s)
{
	struct slice out = slice_of(*at, s.n);
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return out;
}

static size_t *counter_of(struct upstream *u, enum exchange_kind kind)
{
	switch (kind) {
	case EXCHANGE_OPEN:
	case EXCHANGE_REQUEST:
	case EXCHANGE_PROBE:
		return &u->calls;
	case EXCHANGE_LISTEN:
	case EXCHANGE_SUBSCRIBE:
		return &u->listens;
	case EXCHANGE_NOTIFY:
	case EXCHANGE_NONE:
		break;
	}
	return &u->notes;
}

bool exchange_is_stream(const struct exchange *x)
{
	return x->kind == EXCHANGE_LISTEN || x->kind == EXCHANGE_SUBSCRIBE;
}

bool exchange_is_modern(const struct exchange *x)
{
	return mcp_version_era(x->t.version) == MCP_ERA_MODERN;
}

static size_t size_of_strings(const struct upstream_target *t)
{
	size_t n = t->session.n + t->grant_id.n + t->client_session.n + t->name.n;
	for (size_t i = 0; i < t->header_n; i++)
		n += t->headers[i].name.n + t->headers[i].value.n;
	return n;
}

static void keep_target(struct exchange *x, const struct upstream_target *t)
{
	x->strings = mem_alloc(size_of_strings(t) + 1);
	char *at = x->strings;
	x->t = *t;
	/* Sessions ended with the older era. */
	x->t.session = exchange_is_modern(x) ? slice_of(NULL, 0) : keep(&at, t->session);
	x->t.grant_id = keep(&at, t->grant_id);
	x->t.client_session = keep(&at, t->client_session);
	x->t.name = keep(&at, t->name);
	x->headers = t->header_n ? mem_alloc(t->header_n * sizeof *x->headers) : NULL;
	for (size_t i = 0; i < t->header_n; i++)
		x->headers[i] = (struct http_header){keep(&at, t->headers[i].name),
						     keep(&at, t->headers[i].value)};
	x->t.headers = x->headers;
}

struct exchange *exchange_new(struct upstream *u, enum exchange_kind kind,
			      const struct upstream_target *t, const struct upstream_events *ev,
			      void *ctx)
{
	struct exchange *x = mem_zalloc(sizeof *x);
	x->u = u;
	x->kind = kind;
	x->ev = ev ? *ev : (struct upstream_events){ 0 };
	x->ctx = ctx;
	x->wire_id = ++u->wire_last;
	BUG_ON(t->header_n > UPSTREAM_HEADERS_MAX);
	keep_target(x, t);
	buf_init(&x->text, u->o.message_bytes_max + 4096);
	list_init(&x->asks);
	list_init(&x->of_process);
	waiting_init(&x->waiting);
	list_add_tail(&u->exchanges, &x->of_server);
	x->id.v = idtable_add(&u->ids, x) ^ u->id_mask;
	size_t *n = counter_of(u, kind);
	if (u->is_stopped)
		exchange_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' has been removed",
				   u->o.name);
	else if (*n >= (exchange_is_stream(x) ? u->o.listens_max : u->o.calls_max))
		exchange_fail_soon(x, UPSTREAM_BUSY,
				   "server '%s' has %zu %s under way, as many as it may", u->o.name,
				   *n, exchange_is_stream(x) ? "streams" : "calls");
	++*n;
	return x;
}

struct exchange *exchange_find(const struct upstream *u, struct exchange_id id)
{
	struct exchange *x = idtable_get(&u->ids, id.v ^ u->id_mask);
	return x && !x->is_over ? x : NULL;
}

static void on_deadline(void *ctx)
{
	struct exchange *x = ctx;
	struct upstream *u = x->u;
	x->deadline.v = 0;
	if (x->kind == EXCHANGE_PROBE && u->o.argv) {
		stdio_silent(x);
		return;
	}
	if (x->is_cancellable)
		u->origin ? remote_cancel(x, "deadline passed")
			  : stdio_cancel(x, "deadline passed");
	exchange_fail(x, UPSTREAM_TIMEOUT, 0, "server '%s' did not answer in time", u->o.name);
}

void exchange_set_deadline(struct exchange *x, uint64_t ms)
{
	loop_cancel(x->u->loop, &x->deadline);
	x->deadline = loop_after(x->u->loop, ms, on_deadline, x);
}

void exchange_on_soon(void *ctx)
{
	struct exchange *x = ctx;
	x->soon.v = 0;
	if (x->failure)
		exchange_done(x, x->failure, NULL, x->why, 0);
	else if (x->u->o.builtin)
		builtin_soon(x);
	else if (x->u->origin)
		push_soon(x);
	else
		stdio_soon(x);
}

void exchange_fail_soon(struct exchange *x, enum upstream_failure f, const char *fmt, ...)
{
	BUG_ON(f == UPSTREAM_OK);
	if (x->failure || x->is_over)
		return;
	char why[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	x->failure = f;
	x->why = mem_strdup(why);
	loop_cancel(x->u->loop, &x->soon);
	x->soon = loop_after(x->u->loop, 0, exchange_on_soon, x);
}

void exchange_fail(struct exchange *x, enum upstream_failure f, int status, const char *fmt, ...)
{
	char why[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	exchange_done(x, f, NULL, why, status);
}

static void set_state(struct upstream *u, enum upstream_state state, const char *why)
{
	if (state == UPSTREAM_DOWN && u->state != UPSTREAM_DOWN)
		log_warn(u->o.name, "down: %s", why);
	else if (state == UPSTREAM_UP && u->state == UPSTREAM_DOWN)
		log_info(u->o.name, "up again");
	u->state = state;
}

/* A call that was slow proves nothing about its server; one that broke does. */
static void judge_server(struct exchange *x, enum upstream_failure f, const char *why)
{
	struct upstream *u = x->u;
	/* A session of ours whose stream has ended: the server was not asked. */
	bool is_unasked = f == UPSTREAM_GONE_SESSION && !x->remote.status;
	if (u->is_stopped || is_unasked)
		return;
	switch (f) {
	case UPSTREAM_OK:
	case UPSTREAM_GONE_SESSION:
		set_state(u, UPSTREAM_UP, NULL);
		u->last_error[0] = '\0';
		u->last_ok_wall_us = loop_wall_us(u->loop);
		return;
	case UPSTREAM_UNREACHED:
	case UPSTREAM_BROKEN:
		/* Long streams are cut by whatever stands between, and opened again. */
		if (x->kind == EXCHANGE_SUBSCRIBE && x->is_open)
			break;
		set_state(u, UPSTREAM_DOWN, why);
		break;
	case UPSTREAM_TIMEOUT:
		if (x->kind == EXCHANGE_OPEN)
			set_state(u, UPSTREAM_DOWN, why);
		break;
	case UPSTREAM_REFUSED:
	case UPSTREAM_BUSY:
		break;
	}
	snprintf(u->last_error, sizeof u->last_error, "%s", why);
}

/* From here on no event follows, and no limit counts it any more. */
static void leave(struct exchange *x)
{
	struct upstream *u = x->u;
	x->is_over = true;
	idtable_del(&u->ids, x->id.v ^ u->id_mask);
	loop_cancel(u->loop, &x->soon);
	loop_cancel(u->loop, &x->deadline);
	list_del(&x->of_server);
	--*counter_of(u, x->kind);
	ask_free_all(&x->asks);
	bool is_lingering = false;
	if (u->origin)
		is_lingering = remote_detach(x);
	else
		stdio_detach(x);
	if (!is_lingering)
		exchange_free(x);
	upstream_check_stopped(u);
}

void exchange_done(struct exchange *x, enum upstream_failure f, const struct mcp_message *m,
		   const char *why, int status)
{
	if (x->is_over)
		return;
	/* Over, but still to be found by upstream_opened() within the event. */
	x->is_over = true;
	if (x->kind != EXCHANGE_PROBE || f != UPSTREAM_OK || m)
		judge_server(x, f, why ? why : "");
	if (x->ev.on_done)
		x->ev.on_done(x->ctx, x->id, f, m, why ? why : "", status);
	leave(x);
}

void exchange_show(struct exchange *x, const struct mcp_message *m)
{
	if (!x->is_over && x->ev.on_message)
		x->ev.on_message(x->ctx, x->id, m);
}

void exchange_drop(struct exchange *x)
{
	if (!x->is_over)
		leave(x);
}

static void free_now(void *ctx)
{
	struct exchange *x = ctx;
	free(x->strings);
	free(x->headers);
	free(x->method);
	free(x->why);
	free(x->remote.session);
	buf_release(&x->text);
	buf_release(&x->remote.text);
	buf_release(&x->remote.last_event_id);
	if (x->remote.has_reader)
		sse_release(&x->remote.reader);
	free(x);
}

void exchange_free(struct exchange *x)
{
	x->u->paused_n -= x->is_paused;
	x->is_paused = false;
	loop_defer(x->u->loop, free_now, x);
}
