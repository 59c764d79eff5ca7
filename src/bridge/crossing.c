/* The life of a crossing: made with copies of all it needs, shown messages, ended once. */
#include "base/check.h"
#include "bridge/inside.h"
#include <stdarg.h>

static struct slice keep(char **at, struct slice s)
{
	struct slice out = slice_of(*at, s.n);
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return out;
}

static size_t header_bytes(const struct upstream_target *t)
{
	size_t n = t->header_n * sizeof *t->headers;
	for (size_t i = 0; i < t->header_n; i++)
		n += t->headers[i].name.n + t->headers[i].value.n;
	return n;
}

static void keep_all(struct crossing *x, const struct bridge_target *t, struct slice method, struct slice text)
{
	const struct upstream_target *to = &t->to;
	/* The headers come first: they must stand aligned. */
	x->strings = mem_alloc(header_bytes(to) + to->session.n + to->grant_id.n + to->client_session.n +
	                       to->name.n + t->client_info.n + t->client_capabilities.n + method.n + text.n + 1);
	struct http_header *h = (struct http_header *)(void *)x->strings;
	char *at = x->strings + to->header_n * sizeof *h;
	x->t = *t;
	for (size_t i = 0; i < to->header_n; i++)
		h[i] = (struct http_header){ keep(&at, to->headers[i].name), keep(&at, to->headers[i].value) };
	x->t.to.headers = to->header_n ? h : NULL;
	x->t.to.session = keep(&at, to->session);
	x->t.to.grant_id = keep(&at, to->grant_id);
	x->t.to.client_session = keep(&at, to->client_session);
	x->t.to.name = keep(&at, to->name);
	x->t.client_info = keep(&at, t->client_info);
	x->t.client_capabilities = keep(&at, t->client_capabilities);
	x->method = keep(&at, method);
	x->text = keep(&at, text);
}

struct crossing *crossing_new(struct bridge *b, struct upstream *u, enum crossing_kind kind,
                              const struct bridge_target *t, struct slice method, struct slice text,
                              const struct upstream_events *ev, void *ctx)
{
	static const struct crossing_ops none;
	struct crossing *x = mem_zalloc(sizeof *x);
	x->bridge = b;
	x->kind = kind;
	x->ops = &none;
	x->ev = ev ? *ev : (struct upstream_events){ 0 };
	x->ctx = ctx;
	x->answer = BUF_INIT(LIMIT_MESSAGE_BYTES + 65536);
	list_init(&x->of_state);
	keep_all(x, t, method, text);
	if (u) {
		x->behind = behind_of(b, u);
		behind_use(x->behind);
	}
	list_add_tail(&b->running, &x->link);
	x->id.v = idtable_add(&b->ids, x) ^ b->id_mask;
	return x;
}

struct crossing *crossing_find(const struct bridge *b, struct exchange_id id)
{
	if (!(id.v & UPSTREAM_ID_WRAPPED))
		return NULL;
	return idtable_get(&b->ids, id.v ^ b->id_mask);
}

void crossing_set_inner(struct crossing *x, struct exchange_id inner)
{
	BUG_ON(x->inner.v || x->is_over);
	x->inner = inner;
	if (x->is_paused)
		upstream_pause(x->behind->u, inner, true);
}

static void on_inner_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct crossing *x = ctx;
	BUG_ON(x->inner.v != id.v);
	if (x->ops->on_message)
		x->ops->on_message(x, m);
	else
		crossing_show(x, m);
}

static void on_inner_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                          const char *why, int http_status)
{
	struct crossing *x = ctx;
	BUG_ON(x->inner.v != id.v);
	x->inner.v = 0;
	x->ended = id;
	if (x->ops->on_done)
		x->ops->on_done(x, f, m, why, http_status);
	else
		crossing_done(x, f, m, why, http_status);
}

static void on_inner_open(void *ctx, struct exchange_id id)
{
	struct crossing *x = ctx;
	BUG_ON(x->inner.v != id.v);
	if (x->ops->on_open)
		x->ops->on_open(x);
	else
		crossing_opened(x);
}

const struct upstream_events crossing_events = { on_inner_message, on_inner_done, on_inner_open };

static void on_deadline(void *ctx)
{
	struct crossing *x = ctx;
	x->deadline.v = 0;
	const char *name = x->behind ? x->behind->name : "";
	crossing_fail(x, UPSTREAM_TIMEOUT, 0, "server '%s' did not answer in time", name);
}

void crossing_set_deadline(struct crossing *x, uint64_t ms)
{
	struct loop *l = x->bridge->o.loop;
	loop_cancel(l, &x->deadline);
	x->due_us = loop_now_us(l) + ms * 1000;
	x->deadline = loop_after(l, ms, on_deadline, x);
}

uint64_t crossing_left_ms(const struct crossing *x)
{
	uint64_t now = loop_now_us(x->bridge->o.loop);
	return x->due_us > now + 1000 ? (x->due_us - now) / 1000 : 1;
}

static void on_soon(void *ctx)
{
	struct crossing *x = ctx;
	x->soon.v = 0;
	if (x->why)
		crossing_done(x, x->failure, NULL, x->why, 0);
	else if (x->answer.n)
		crossing_answer(x, buf_slice(&x->answer), 0);
	else if (x->ops->on_soon)
		x->ops->on_soon(x);
}

void crossing_soon(struct crossing *x)
{
	if (!x->soon.v)
		x->soon = loop_after(x->bridge->o.loop, 0, on_soon, x);
}

void crossing_fail_soon(struct crossing *x, enum upstream_failure f, const char *fmt, ...)
{
	char why[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	if (x->why)
		return;
	x->failure = f;
	x->why = mem_strdup(why);
	crossing_soon(x);
}

void crossing_answer_soon(struct crossing *x, struct slice message)
{
	buf_clear(&x->answer);
	buf_add_slice(&x->answer, message);
	if (!buf_ok(&x->answer))
		crossing_fail_soon(x, UPSTREAM_BROKEN, "the answer is too large");
	crossing_soon(x);
}

void crossing_end_soon(struct crossing *x)
{
	crossing_fail_soon(x, UPSTREAM_OK, "%s", "");
}

static void free_now(void *ctx)
{
	struct crossing *x = ctx;
	free(x->strings);
	free(x->why);
	buf_release(&x->answer);
	free(x);
}

static void leave(struct crossing *x, const char *reason)
{
	struct bridge *b = x->bridge;
	x->is_over = true;
	idtable_del(&b->ids, x->id.v ^ b->id_mask);
	loop_cancel(b->o.loop, &x->soon);
	loop_cancel(b->o.loop, &x->deadline);
	list_del(&x->link);
	list_del(&x->of_state);
	struct exchange_id inner = x->inner;
	x->inner.v = 0;
	if (x->ops->leave)
		x->ops->leave(x, reason);
	if (inner.v)
		upstream_cancel(x->behind->u, inner, reason);
	if (x->behind)
		behind_drop(x->behind);
	x->behind = NULL;
	/* Whoever calls this may still look at is_over. */
	loop_defer(b->o.loop, free_now, x);
}

void crossing_leave(struct crossing *x, const char *reason)
{
	if (!x->is_over)
		leave(x, reason);
}

void crossing_done(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                   int status)
{
	if (x->is_over)
		return;
	/* Over, but still to be found by bridge_opened() within the event. */
	x->is_over = true;
	if (x->ev.on_done)
		x->ev.on_done(x->ctx, x->id, f, m, why ? why : "", status);
	leave(x, "it has ended");
}

void crossing_fail(struct crossing *x, enum upstream_failure f, int status, const char *fmt, ...)
{
	char why[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	crossing_done(x, f, NULL, why, status);
}

/* Reads a message that this folder wrote, or passes on. */
static bool read_text(struct slice text, struct arena *a, struct mcp_message *m)
{
	struct err e;
	arena_init(a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(text, a, &e);
	return root && mcp_message_read(root, m, &e);
}

void crossing_answer(struct crossing *x, struct slice message, int status)
{
	struct arena a;
	struct mcp_message m;
	if (read_text(message, &a, &m) && (m.kind == MCP_RESULT || m.kind == MCP_ERROR))
		crossing_done(x, UPSTREAM_OK, &m, NULL, status);
	else
		crossing_fail(x, UPSTREAM_BROKEN, status, "the answer could not be translated");
	arena_release(&a);
}

void crossing_show(struct crossing *x, const struct mcp_message *m)
{
	if (!x->is_over && x->ev.on_message)
		x->ev.on_message(x->ctx, x->id, m);
}

void crossing_show_text(struct crossing *x, struct slice text)
{
	struct arena a;
	struct mcp_message m;
	if (read_text(text, &a, &m))
		crossing_show(x, &m);
	arena_release(&a);
}

void crossing_opened(struct crossing *x)
{
	if (x->is_over || x->is_opened)
		return;
	x->is_opened = true;
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
}
