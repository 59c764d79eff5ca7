/* Connections to origins: opened when needed, used again last in, first out, closed when idle. */
#include "base/check.h"
#include "http/pool.h"

/* A connection that was idle for longer is looked at before it is used: its end may have
 * come in this very turn. */
#define LOOK_AFTER_US 50000

static void take_next(struct http_hop *h);

static void check_pool(struct http_pool *p)
{
	if (!p->is_orphan || p->is_gone || p->hop_n || p->waiting_n)
		return;
	p->is_gone = true;
	list_del(&p->of_client);
	origin_unref(p->origin);
	loop_defer(p->client->loop, free, p);
}

static void close_hop(struct http_hop *h)
{
	struct http_pool *p = h->pool;
	if (!h->conn)
		return;
	conn_close(&h->conn);
	deadline_clear(p->client->loop, &h->deadline);
	if (!list_empty(&h->idle))
		p->idle_n--;
	list_del(&h->idle);
	list_del(&h->node);
	p->hop_n--;
	p->dialing_n -= !h->is_open;
	loop_defer(p->client->loop, free, h);
}

static void dial(struct http_pool *p);

/* Those who wait get a connection in place of one that was closed. */
static void dial_for_waiting(struct http_pool *p)
{
	while (p->dialing_n < p->waiting_n && p->hop_n < p->client->opts.connections_max)
		dial(p);
}

void hop_close(struct http_hop *h)
{
	struct http_pool *p = h->pool;
	close_hop(h);
	dial_for_waiting(p);
	check_pool(p);
}

static struct http_call *first_waiting(struct http_pool *p)
{
	return list_empty(&p->waiting) ? NULL : list_entry(p->waiting.next, struct http_call, waiting);
}

void pool_drop_waiting(struct http_call *call)
{
	if (list_empty(&call->waiting))
		return;
	list_del(&call->waiting);
	call->pool->waiting_n--;
	check_pool(call->pool);
}

static void on_open(void *ctx)
{
	struct http_hop *h = ctx;
	h->is_open = true;
	h->pool->dialing_n--;
	take_next(h);
}

static void on_data(void *ctx, struct slice bytes)
{
	struct http_hop *h = ctx;
	if (h->call)
		call_on_data(h->call, bytes);
	else
		hop_close(h); /* an answer to nothing */
}

static void fail_dial(struct http_hop *h, const struct err *why)
{
	struct http_pool *p = h->pool;
	struct http_call *call = first_waiting(p);
	/* The queue first: this failure is that call's, and no new try is made for it. */
	if (call) {
		list_del(&call->waiting);
		p->waiting_n--;
	}
	close_hop(h);
	dial_for_waiting(p);
	if (call)
		call_fail(call, why, false);
	check_pool(p);
}

static void on_end(void *ctx, const struct err *why)
{
	struct http_hop *h = ctx;
	struct err closed;
	if (!h->is_open) {
		if (!why)
			err_set(&closed, ERR_REMOTE, "'%.*s' closed the connection", SLICE_ARG(h->pool->origin->host_header));
		fail_dial(h, why ? why : &closed);
	} else if (h->call) {
		call_on_close(h->call, why);
	} else {
		hop_close(h);
	}
}

static void on_deadline(void *ctx)
{
	struct http_hop *h = ctx;
	struct err e;
	if (h->is_open) {
		hop_close(h);
		return;
	}
	err_set(&e, ERR_REMOTE, "cannot connect to '%.*s': no answer in time", SLICE_ARG(h->pool->origin->host_header));
	fail_dial(h, &e);
}

static const struct conn_events conn_events = { .on_open = on_open, .on_data = on_data, .on_end = on_end };

static void dial(struct http_pool *p)
{
	struct http_client *c = p->client;
	struct http_hop *h = mem_zalloc(sizeof *h);
	h->pool = p;
	list_init(&h->idle);
	list_add_tail(&p->hops, &h->node);
	p->hop_n++;
	p->dialing_n++;
	deadline_init(&h->deadline, on_deadline, h);
	deadline_set(c->loop, &h->deadline, c->opts.connect_timeout_ms);
	h->conn = conn_dial(c->loop, p->origin->host, p->origin->port, p->origin->is_tls ? c->tls : NULL,
	                    &conn_events, h);
}

static void become_idle(struct http_hop *h)
{
	struct http_pool *p = h->pool;
	const struct http_client_opts *o = &p->client->opts;
	if (p->is_orphan || !o->idle_max) {
		hop_close(h);
		return;
	}
	list_add_head(&p->idle, &h->idle);
	p->idle_n++;
	h->idle_since_us = loop_now_us(p->client->loop);
	deadline_set(p->client->loop, &h->deadline, h->idle_ms && h->idle_ms < o->idle_timeout_ms ? h->idle_ms : o->idle_timeout_ms);
	if (p->idle_n > o->idle_max)
		hop_close(list_entry(p->idle.prev, struct http_hop, idle));
}

static void take_next(struct http_hop *h)
{
	struct http_pool *p = h->pool;
	struct http_call *call = first_waiting(p);
	if (!call) {
		become_idle(h);
		return;
	}
	list_del(&call->waiting);
	p->waiting_n--;
	deadline_clear(p->client->loop, &h->deadline);
	http_call_start(call, h);
}

void hop_free_up(struct http_hop *h)
{
	h->call = NULL;
	h->was_used = true;
	take_next(h);
}

/* NULL when none of them is good any more. */
static struct http_hop *take_idle(struct http_pool *p)
{
	while (!list_empty(&p->idle)) {
		struct http_hop *h = list_entry(p->idle.next, struct http_hop, idle);
		uint64_t idle_us = loop_now_us(p->client->loop) - h->idle_since_us;
		if (idle_us > LOOK_AFTER_US && conn_is_stale(h->conn)) {
			close_hop(h);
			continue;
		}
		list_del(&h->idle);
		p->idle_n--;
		deadline_clear(p->client->loop, &h->deadline);
		return h;
	}
	return NULL;
}

bool pool_is_full(const struct http_pool *p)
{
	const struct http_client_opts *o = &p->client->opts;
	/* Those for whom a connection is being opened are not in the queue's way. */
	return list_empty(&p->idle) && p->hop_n >= o->connections_max && p->waiting_n >= p->dialing_n + o->waiting_max;
}

void pool_serve(struct http_pool *p, struct http_call *call, bool is_first)
{
	struct http_hop *h = is_first ? NULL : take_idle(p);
	if (h) {
		http_call_start(call, h);
		return;
	}
	if (is_first)
		list_add_head(&p->waiting, &call->waiting);
	else
		list_add_tail(&p->waiting, &call->waiting);
	p->waiting_n++;
	dial_for_waiting(p);
}

struct http_pool *pool_get(struct http_client *c, struct http_origin *o)
{
	for (struct list *it = o->pools.next; it != &o->pools; it = it->next) {
		struct http_pool *p = list_entry(it, struct http_pool, of_origin);
		if (p->client == c)
			return p;
	}
	struct http_pool *p = mem_zalloc(sizeof *p);
	p->client = c;
	p->origin = o;
	o->refs++;
	list_init(&p->hops);
	list_init(&p->idle);
	list_init(&p->waiting);
	list_add_tail(&o->pools, &p->of_origin);
	list_add_tail(&c->pools, &p->of_client);
	return p;
}

void pool_orphan(struct http_pool *p)
{
	p->is_orphan = true;
	list_del(&p->of_origin);
	while (!list_empty(&p->idle))
		close_hop(list_entry(p->idle.next, struct http_hop, idle));
	check_pool(p);
}

void pool_free(struct http_pool *p)
{
	BUG_ON(!list_empty(&p->waiting));
	while (!list_empty(&p->hops))
		close_hop(list_entry(p->hops.next, struct http_hop, node));
	list_del(&p->of_origin);
	list_del(&p->of_client);
	origin_unref(p->origin);
	loop_defer(p->client->loop, free, p);
}
