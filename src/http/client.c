/* Calls: sending, reading the answer, deadlines, the one repetition, cancelling. */
#include "http/client.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/pool.h"

#define SPARE_CALLS 256
/* A request that was larger does not stay in memory behind its call. */
#define KEPT_OUT_BYTES 16384
/* Between our last use of a connection and the moment at which the server closes it. */
#define KEEP_ALIVE_MARGIN_MS 1000

struct http_client_opts http_client_defaults(void)
{
	return (struct http_client_opts){
		.head_bytes_max = LIMIT_HTTP_HEAD_BYTES,
		.idle_max = 1024,
		.connections_max = 1024,
		.waiting_max = 1024,
		.connect_timeout_ms = 5000,
		.idle_timeout_ms = 4000,
	};
}

static bool on_head(void *ctx);
static bool on_body(void *ctx, struct slice bytes);

struct http_client *http_client_new(struct loop *l, const struct http_client_opts *o)
{
	BUG_ON(!o->connections_max);
	struct http_client *c = mem_zalloc(sizeof *c);
	c->loop = l;
	c->opts = *o;
	c->parse_opts = (struct http_parse_opts){ .is_response = true,
		                                  .head_bytes_max = o->head_bytes_max,
		                                  .on_head = on_head,
		                                  .on_body = on_body };
	idtable_init(&c->calls);
	list_init(&c->pools);
	return c;
}

static void on_deadline(void *ctx);

static struct http_call *take_call(struct http_client *c)
{
	struct http_call *call = c->spare;
	if (call) {
		c->spare = call->next;
		c->spare_n--;
	} else {
		call = mem_zalloc(sizeof *call);
		call->client = c;
		list_init(&call->waiting);
		http_parse_init(&call->parse, &c->parse_opts, call);
		deadline_init(&call->deadline, on_deadline, call);
		buf_init(&call->out, SIZE_MAX / 2);
	}
	call->has_head = call->has_bytes = call->was_retried = call->is_paused = call->is_over = false;
	return call;
}

static void free_call(struct http_call *call)
{
	http_parse_release(&call->parse);
	buf_release(&call->out);
	free(call);
}

static void give_back(struct http_call *call)
{
	struct http_client *c = call->client;
	BUG_ON(call->is_reading);
	if (c->spare_n == SPARE_CALLS) {
		free_call(call);
		return;
	}
	buf_clear(&call->out);
	if (call->out.cap > KEPT_OUT_BYTES)
		buf_release(&call->out);
	http_parse_start(&call->parse);
	call->next = c->spare;
	c->spare = call;
	c->spare_n++;
}

/* Its id finds nothing from here on. The memory goes when no parser stands on it. */
static void end_call(struct http_call *call)
{
	deadline_clear(call->client->loop, &call->deadline);
	idtable_del(&call->client->calls, call->id);
	call->hop = NULL;
	call->is_over = true;
	if (!call->is_reading)
		give_back(call);
}

void http_client_free(struct http_client **cp)
{
	struct http_client *c = *cp;
	if (!c)
		return;
	struct http_call *call;
	for (uint32_t at = 0; (call = idtable_next(&c->calls, &at));) {
		list_del(&call->waiting);
		BUG_ON(call->is_reading);
		end_call(call);
	}
	while (!list_empty(&c->pools)) {
		struct http_pool *p = list_entry(c->pools.next, struct http_pool, of_client);
		pool_free(p);
	}
	while ((call = c->spare)) {
		c->spare = call->next;
		free_call(call);
	}
	idtable_release(&c->calls);
	tls_context_free(&c->tls);
	loop_defer(c->loop, free, c);
	*cp = NULL;
}

void http_call_start(struct http_call *call, struct http_hop *h)
{
	call->hop = h;
	h->call = call;
	call->written_before = conn_written(h->conn);
	conn_pause(h->conn, call->is_paused);
	conn_write(h->conn, buf_slice(&call->out));
}

static bool was_sent(const struct http_call *call)
{
	return call->hop && conn_written(call->hop->conn) > call->written_before;
}

void call_fail(struct http_call *call, const struct err *why, bool sent)
{
	const struct http_client_events *ev = call->ev;
	struct http_call_id id = { call->id };
	void *ctx = call->ctx;
	if (call->is_over)
		return;
	struct http_hop *h = call->hop;
	end_call(call);
	if (h) {
		h->call = NULL;
		hop_close(h);
	}
	ev->on_end(ctx, id, why, sent);
}

static void succeed(struct http_call *call, bool is_reusable)
{
	const struct http_client_events *ev = call->ev;
	struct http_call_id id = { call->id };
	void *ctx = call->ctx;
	struct http_hop *h = call->hop;
	end_call(call);
	/* First, so that a call made by on_end finds it. */
	if (is_reusable) {
		conn_pause(h->conn, false);
		hop_free_up(h);
	} else {
		h->call = NULL;
		hop_close(h);
	}
	ev->on_end(ctx, id, NULL, true);
}

static void on_deadline(void *ctx)
{
	struct http_call *call = ctx;
	struct err e;
	err_set(&e, ERR_REMOTE, "'%.*s' %s in time", SLICE_ARG(call->pool->origin->host_header),
	        call->has_head ? "sent no more of its answer" : "did not answer");
	pool_drop_waiting(call);
	call_fail(call, &e, was_sent(call));
}

/* "timeout=5, max=100": how long the server keeps the connection open. */
static void note_keep_alive(struct http_call *call, struct slice value)
{
	static const char word[] = "timeout=";
	unsigned long long seconds;
	const char *at = value.n ? memmem(value.p, value.n, word, sizeof word - 1) : NULL;
	if (!at)
		return;
	const char *from = at + sizeof word - 1, *end = from;
	while (end < value.p + value.n && *end >= '0' && *end <= '9')
		end++;
	if (!slice_u64(slice_of(from, (size_t)(end - from)), &seconds) || seconds > 3600)
		return;
	uint64_t ms = seconds * 1000;
	call->hop->idle_ms = ms > 2 * KEEP_ALIVE_MARGIN_MS ? ms - KEEP_ALIVE_MARGIN_MS : ms / 2 + 1;
}

static bool on_head(void *ctx)
{
	struct http_call *call = ctx;
	struct http_headers h = http_parse_headers(&call->parse);
	call->has_head = true;
	note_keep_alive(call, http_header_get(h, "keep-alive"));
	call->ev->on_head(call->ctx, (struct http_call_id){ call->id }, call->parse.status, h);
	return !call->is_over;
}

static bool on_body(void *ctx, struct slice bytes)
{
	struct http_call *call = ctx;
	call->ev->on_body(call->ctx, (struct http_call_id){ call->id }, bytes);
	return !call->is_over;
}

static void fail_malformed(struct http_call *call, const char *why)
{
	struct err e;
	err_set(&e, ERR_REMOTE, "the answer of '%.*s' is malformed: %s", SLICE_ARG(call->pool->origin->host_header), why);
	call_fail(call, &e, true);
}

void call_on_data(struct http_call *call, struct slice bytes)
{
	struct http_client *c = call->client;
	size_t used;
	call->has_bytes = true;
	call->is_reading = true;
	enum http_parse_result r = http_parse_feed(&call->parse, bytes, &used);
	call->is_reading = false;
	if (call->is_over) {
		give_back(call); /* cancelled by one of its events */
		return;
	}
	switch (r) {
	case HTTP_PARSE_DONE:
		succeed(call, call->parse.is_keep_alive && used == bytes.n);
		return;
	case HTTP_PARSE_MORE:
		if (call->has_head && !call->is_paused)
			deadline_set(c->loop, &call->deadline, call->idle_deadline_ms);
		return;
	case HTTP_PARSE_STOPPED:
	case HTTP_PARSE_BROKEN:
		fail_malformed(call, call->parse.why);
		return;
	}
}

static bool is_idempotent(enum http_method m)
{
	return m == HTTP_GET || m == HTTP_HEAD || m == HTTP_OPTIONS || m == HTTP_PUT || m == HTTP_DELETE;
}

void call_on_close(struct http_call *call, const struct err *why)
{
	struct http_hop *h = call->hop;
	struct http_pool *p = call->pool;
	struct err e;
	bool sent = was_sent(call);
	if (!why && call->has_head && http_parse_end(&call->parse) == HTTP_PARSE_DONE) {
		succeed(call, false);
		return;
	}
	/* The server closed while the request was on its way: RFC 9112, 9.3.1. */
	if (!call->has_bytes && h->was_used && !call->was_retried && (!sent || is_idempotent(call->method))) {
		call->was_retried = true;
		call->hop = NULL;
		h->call = NULL;
		pool_serve(p, call, true);
		hop_close(h);
		return;
	}
	err_set(&e, ERR_REMOTE, "'%.*s' broke off: %s", SLICE_ARG(p->origin->host_header),
	        why ? why->text : "it closed the connection before its answer was complete");
	call_fail(call, &e, sent);
}

static bool is_ours(struct slice name)
{
	return slice_ieq(name, SLICE_LIT("host")) || slice_ieq(name, SLICE_LIT("connection")) ||
	       slice_ieq(name, SLICE_LIT("content-length")) || slice_ieq(name, SLICE_LIT("transfer-encoding"));
}

static bool check_outgoing(const struct http_outgoing *out, struct err *e)
{
	BUG_ON(out->method == HTTP_NONE || out->method >= HTTP_OTHER);
	for (size_t i = 0; i < out->target.n; i++)
		if ((unsigned char)out->target.p[i] <= ' ' || out->target.p[i] == 0x7f || out->target.p[0] != '/')
			return err_set(e, ERR_INPUT, "the target of a request is not a path");
	for (size_t i = 0; i < out->header_n; i++) {
		const struct http_header *h = &out->headers[i];
		if (!http_is_token(h->name) || is_ours(h->name))
			return err_set(e, ERR_INPUT, "header '%.*s' cannot be sent", SLICE_ARG(h->name));
		if (!http_is_value(h->value))
			return err_set(e, ERR_INPUT, "the value of header '%.*s' has control characters", SLICE_ARG(h->name));
	}
	return true;
}

static void write_request(struct buf *b, const struct http_origin *o, const struct http_outgoing *out)
{
	buf_adds(b, http_method_name(out->method));
	buf_addc(b, ' ');
	buf_add_slice(b, out->target.n ? out->target : o->target);
	buf_add_slice(b, SLICE_LIT(" HTTP/1.1\r\nHost: "));
	buf_add_slice(b, o->host_header);
	buf_add(b, "\r\n", 2);
	for (size_t i = 0; i < out->header_n; i++) {
		buf_add_slice(b, out->headers[i].name);
		buf_add(b, ": ", 2);
		buf_add_slice(b, out->headers[i].value);
		buf_add(b, "\r\n", 2);
	}
	bool has_body = out->method == HTTP_POST || out->method == HTTP_PUT || out->method == HTTP_PATCH;
	if (has_body || out->body.n) {
		buf_add_slice(b, SLICE_LIT("Content-Length: "));
		buf_add_u64(b, out->body.n);
		buf_add(b, "\r\n", 2);
	}
	buf_add(b, "\r\n", 2);
	buf_add_slice(b, out->body);
}

struct http_call_id http_send(struct http_client *c, struct http_origin *o, const struct http_outgoing *out,
                              const struct http_client_events *ev, void *ctx, struct err *e)
{
	const struct http_call_id none = { 0 };
	if (!check_outgoing(out, e))
		return none;
	if (o->is_tls && !c->tls && !(c->tls = tls_context_new(c->opts.ca_file, e)))
		return none;
	struct http_pool *p = pool_get(c, o);
	if (pool_is_full(p)) {
		err_set(e, ERR_LIMIT, "too many requests to '%.*s' wait already", SLICE_ARG(o->host_header));
		return none;
	}
	struct http_call *call = take_call(c);
	call->pool = p;
	call->hop = NULL;
	call->ev = ev;
	call->ctx = ctx;
	call->method = call->parse.method = out->method;
	call->idle_deadline_ms = out->idle_deadline_ms;
	call->id = idtable_add(&c->calls, call);
	write_request(&call->out, o, out);
	deadline_set(c->loop, &call->deadline, out->head_deadline_ms);
	struct http_call_id id = { call->id };
	pool_serve(p, call, false);
	return id;
}

void http_cancel(struct http_client *c, struct http_call_id id)
{
	struct http_call *call = idtable_get(&c->calls, id.v);
	if (!call)
		return;
	struct http_hop *h = call->hop;
	pool_drop_waiting(call);
	end_call(call);
	if (h) {
		h->call = NULL;
		hop_close(h);
	}
}

void http_pause(struct http_client *c, struct http_call_id id, bool is_paused)
{
	struct http_call *call = idtable_get(&c->calls, id.v);
	if (!call || call->is_paused == is_paused)
		return;
	call->is_paused = is_paused;
	if (call->hop)
		conn_pause(call->hop->conn, is_paused);
	if (call->has_head)
		deadline_set(c->loop, &call->deadline, is_paused ? 0 : call->idle_deadline_ms);
}
