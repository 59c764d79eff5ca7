/*
 * The world outside of a gate, made of memory: a loop with a clock that only the script moves, an
 * HTTP server and an HTTP client without sockets, children without processes, and random numbers
 * that are the same each time. It stands in for net/, http/ and base/random.c in one program, so
 * that a whole gate runs in it, the same way each time, thousands of times a second.
 */
#ifndef FAKE_IO_H
#define FAKE_IO_H
#include "base/check.h"
#include "base/list.h"
#include "base/random.h"
#include "http/client.h"
#include "http/server.h"
#include "net/child.h"
#include "net/conn.h"
#include "net/timers.h"
#include <stdio.h>
#include <stdlib.h>

/* Random numbers */

static uint64_t fake_random;

uint64_t random_u64(void)
{
	fake_random += 0x9e3779b97f4a7c15ull;
	uint64_t x = fake_random;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void random_bytes(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((unsigned char *)p)[i] = (unsigned char)(random_u64() >> 32);
}

void random_uuid7(int64_t wall_us, char out[RANDOM_UUID_SIZE])
{
	snprintf(out, RANDOM_UUID_SIZE, "%08llx-0000-7000-8000-%012llx", (unsigned long long)wall_us & 0xffffffff,
	         (unsigned long long)random_u64() & 0xffffffffffff);
}

/* The loop */

struct fake_later {
	loop_fn fn;
	void *ctx;
};

struct loop {
	struct timers timers;
	uint64_t now_us;
	struct buf later;
};

struct loop *loop_new(void)
{
	struct loop *l = mem_zalloc(sizeof *l);
	timers_init(&l->timers);
	buf_init(&l->later, 1u << 24);
	l->now_us = 1000000000;
	return l;
}

void loop_free(struct loop **l)
{
	timers_release(&(*l)->timers);
	buf_release(&(*l)->later);
	free(*l);
	*l = NULL;
}

uint64_t loop_now_us(const struct loop *l)
{
	return l->now_us;
}

int64_t loop_wall_us(const struct loop *l)
{
	return 1790000000000000 + (int64_t)l->now_us;
}

struct loop_timer loop_after(struct loop *l, uint64_t delay_ms, loop_fn fn, void *ctx)
{
	return (struct loop_timer){ timers_add(&l->timers, l->now_us / 1000 + delay_ms, fn, ctx) };
}

void loop_cancel(struct loop *l, struct loop_timer *t)
{
	timers_del(&l->timers, t->v);
	t->v = 0;
}

void loop_defer(struct loop *l, loop_fn fn, void *ctx)
{
	struct fake_later x = { fn, ctx };
	buf_add(&l->later, &x, sizeof x);
	BUG_ON(!buf_ok(&l->later));
}

/* Nothing that is played here has work for other threads. */
void loop_work(struct loop *l, loop_fn work, loop_fn done, void *ctx)
{
	(void)l;
	(void)work;
	(void)done;
	(void)ctx;
	BUG_ON(true);
}

static void fake_run_later(struct loop *l)
{
	while (l->later.n) {
		struct buf now = l->later;
		buf_init(&l->later, now.max);
		for (size_t at = 0; at < now.n; at += sizeof(struct fake_later)) {
			struct fake_later x;
			memcpy(&x, now.p + at, sizeof x);
			x.fn(x.ctx);
		}
		buf_release(&now);
	}
}

/* Everything that is due, and what follows from it at this moment. */
static void fake_turns(struct loop *l)
{
	loop_fn fn;
	void *ctx;
	fake_run_later(l);
	for (int i = 0; i < 100000 && timers_take(&l->timers, l->now_us / 1000, &fn, &ctx); i++) {
		fn(ctx);
		fake_run_later(l);
	}
}

static void fake_pass(struct loop *l, uint64_t ms)
{
	uint64_t until = l->now_us + ms * 1000, at_ms;
	while (timers_first(&l->timers, &at_ms) && at_ms * 1000 <= until) {
		if (at_ms * 1000 > l->now_us)
			l->now_us = at_ms * 1000;
		fake_turns(l);
	}
	l->now_us = until;
	fake_turns(l);
}

/* The server: requests by number, and what was answered to each */

enum { FAKE_REQUESTS = 512, FAKE_CALLS = 1024, FAKE_CHILDREN = 64 };

struct fake_request {
	bool is_open, is_begun, is_over, is_aborted, is_slow;
	int status;
	struct buf got; /* the body of the answer, not yet looked at */
	void (*on_drain)(void *ctx, struct http_request_id id);
	void *drain_ctx;
	struct arena arena;
};

struct http_server {
	struct fake_request v[FAKE_REQUESTS];
	size_t n;
	/* The answer to request number i has more to say, or is over; headers with its head only. */
	void (*on_answer)(size_t i, const struct http_header *h, size_t header_n);
};

static struct fake_request *fake_find(struct http_server *s, struct http_request_id id)
{
	struct fake_request *r = id.v && id.v <= s->n ? &s->v[id.v - 1] : NULL;
	return r && r->is_open ? r : NULL;
}

static void fake_close(struct fake_request *r)
{
	r->is_open = false;
	r->is_over = true;
}

bool http_begin(struct http_server *s, struct http_request_id id, int status, const struct http_header *h, size_t n)
{
	struct fake_request *r = fake_find(s, id);
	if (!r || r->is_begun)
		return false;
	for (size_t i = 0; i < n; i++)
		BUG_ON(!http_is_token(h[i].name) || !http_is_value(h[i].value));
	r->is_begun = true;
	r->status = status;
	s->on_answer(id.v - 1, h, n);
	return true;
}

bool http_write(struct http_server *s, struct http_request_id id, struct slice bytes)
{
	struct fake_request *r = fake_find(s, id);
	if (!r || !r->is_begun)
		return false;
	buf_add_slice(&r->got, bytes);
	s->on_answer(id.v - 1, NULL, 0);
	return true;
}

bool http_end(struct http_server *s, struct http_request_id id)
{
	struct fake_request *r = fake_find(s, id);
	if (!r || !r->is_begun)
		return false;
	fake_close(r);
	s->on_answer(id.v - 1, NULL, 0);
	return true;
}

bool http_respond(struct http_server *s, struct http_request_id id, int status, const struct http_header *h, size_t n,
                  struct slice body)
{
	struct fake_request *r = fake_find(s, id);
	if (!r || !http_begin(s, id, status, h, n))
		return false;
	return http_write(s, id, body) && http_end(s, id);
}

bool http_abort(struct http_server *s, struct http_request_id id)
{
	struct fake_request *r = fake_find(s, id);
	if (!r)
		return false;
	fake_close(r);
	r->is_aborted = true;
	return true;
}

size_t http_pending(const struct http_server *s, struct http_request_id id)
{
	(void)s, (void)id;
	return 0;
}

bool http_is_slow(const struct http_server *s, struct http_request_id id)
{
	return id.v && id.v <= s->n && s->v[id.v - 1].is_slow;
}

void http_on_drain(struct http_server *s, struct http_request_id id, void (*fn)(void *ctx, struct http_request_id id), void *ctx)
{
	struct fake_request *r = fake_find(s, id);
	if (!r)
		return;
	r->on_drain = fn;
	r->drain_ctx = ctx;
}

/* The client: what was sent to servers, by number */

struct fake_call {
	bool is_open, is_paused, has_head, is_stream;
	enum http_method method;
	struct buf body;
	const struct http_client_events *ev;
	void *ctx;
};

struct http_client {
	struct fake_call v[FAKE_CALLS];
	size_t n;
	void (*on_sent)(struct slice body);
};

struct http_origin {
	int unused;
};

struct http_origin *http_origin_new(const char *url, struct err *e)
{
	(void)url, (void)e;
	return mem_zalloc(sizeof(struct http_origin));
}

void http_origin_free(struct http_origin **o)
{
	free(*o);
	*o = NULL;
}

bool http_origin_resolve(const struct http_origin *o, struct slice reference, struct buf *target, struct err *e)
{
	(void)o, (void)e;
	buf_add_slice(target, reference);
	return true;
}

struct http_call_id http_send(struct http_client *c, struct http_origin *o, const struct http_outgoing *out,
                              const struct http_client_events *ev, void *ctx, struct err *e)
{
	(void)o;
	for (size_t i = 0; i < out->header_n; i++)
		BUG_ON(!http_is_token(out->headers[i].name) || !http_is_value(out->headers[i].value));
	if (c->n == FAKE_CALLS) {
		err_set(e, ERR_LIMIT, "too many connections");
		return (struct http_call_id){ 0 };
	}
	struct fake_call *k = &c->v[c->n++];
	*k = (struct fake_call){ .is_open = true, .method = out->method, .ev = ev, .ctx = ctx, .body = BUF_INIT(1u << 24) };
	buf_add_slice(&k->body, out->body);
	c->on_sent(out->body);
	return (struct http_call_id){ c->n };
}

void http_cancel(struct http_client *c, struct http_call_id id)
{
	BUG_ON(!id.v || id.v > c->n);
	c->v[id.v - 1].is_open = false;
}

void http_pause(struct http_client *c, struct http_call_id id, bool is_paused)
{
	BUG_ON(!id.v || id.v > c->n);
	c->v[id.v - 1].is_paused = is_paused;
}

/* Children: what was written to each stands in its line by line */

struct child {
	struct loop *loop;
	bool is_used, is_over;
	struct buf lines;
	const struct child_events *ev;
	void *ctx;
};

static struct child *fake_children[FAKE_CHILDREN];
static size_t fake_child_n;
static void (*fake_on_line)(struct slice line);

static void fake_on_exit(void *ctx)
{
	struct child *c = ctx;
	for (size_t i = 0; i < fake_child_n; i++)
		if (fake_children[i] == c)
			fake_children[i] = fake_children[--fake_child_n];
	c->ev->on_exit(c->ctx, "exited with 0");
	buf_release(&c->lines);
	free(c);
}

void child_stop(struct child *c)
{
	if (!c->is_over)
		loop_defer(c->loop, fake_on_exit, c);
	c->is_over = true;
}

struct child *child_start(struct loop *l, const struct child_opts *o, const struct child_events *ev, void *ctx, struct err *e)
{
	(void)o;
	if (fake_child_n == FAKE_CHILDREN) {
		err_set(e, ERR_LIMIT, "too many children");
		return NULL;
	}
	struct child *c = mem_zalloc(sizeof *c);
	*c = (struct child){ .loop = l, .ev = ev, .ctx = ctx, .lines = BUF_INIT(1u << 24) };
	fake_children[fake_child_n++] = c;
	return c;
}

bool child_write(struct child *c, struct slice line)
{
	if (c->is_over)
		return false;
	buf_add_slice(&c->lines, line);
	buf_addc(&c->lines, '\n');
	fake_on_line(line);
	return true;
}

void child_pause(struct child *c, bool is_paused)
{
	(void)c, (void)is_paused;
}

int child_pid(const struct child *c)
{
	(void)c;
	return 1;
}

/* Connections: a gate in here has its counters in memory. */

struct conn *conn_dial(struct loop *l, struct slice host, int port, struct tls_context *tls,
                       const struct conn_events *ev, void *ctx)
{
	(void)l, (void)host, (void)port, (void)tls, (void)ev, (void)ctx;
	BUG_ON(true);
	return NULL;
}

struct conn *conn_dial_unix(struct loop *l, struct slice path, const struct conn_events *ev, void *ctx)
{
	(void)l, (void)path, (void)ev, (void)ctx;
	BUG_ON(true);
	return NULL;
}

void conn_close(struct conn **c)
{
	BUG_ON(*c);
}

void conn_write(struct conn *c, struct slice bytes)
{
	(void)bytes;
	BUG_ON(c);
}

#endif
