/* Reads requests from a connection, one at a time; what is behind waits in the stash. */
#include "http/link.h"
#include "base/check.h"
#include "base/limits.h"

/* Pipelined bytes that are taken in while a request is under way. */
#define STASH_BYTES 65536
/* Some 8 KiB each: a burst of so many calls is served again without asking for memory. */
#define SPARE_EXCHANGES 256

static struct http_exchange *take_exchange(struct http_link *k)
{
	struct http_server *s = k->server;
	struct http_exchange *x = s->spare;
	if (x) {
		s->spare = x->next;
		s->spare_n--;
	} else {
		x = mem_zalloc(sizeof *x);
		http_parse_init(&x->parse, &s->parse_opts, NULL);
		arena_init(&x->arena, LIMIT_REQUEST_ARENA);
	}
	x->link = k;
	return x;
}

void link_give_back(struct http_server *s, struct http_exchange *x)
{
	if (s->spare_n == SPARE_EXCHANGES || s->is_done) {
		http_parse_release(&x->parse);
		arena_release(&x->arena);
		free(x);
		return;
	}
	x->id = 0;
	x->link = NULL;
	x->on_drain = NULL;
	x->is_begun = x->is_chunked = x->is_bodiless = x->is_overfull = x->is_last = false;
	http_parse_start(&x->parse);
	arena_reset(&x->arena);
	x->next = s->spare;
	s->spare = x;
	s->spare_n++;
}

static void drop_exchange(struct http_link *k)
{
	struct http_exchange *x = k->x;
	k->x = NULL;
	if (!x)
		return;
	if (x->id)
		idtable_del(&k->server->exchanges, x->id);
	link_give_back(k->server, x);
}

static void on_free(void *ctx)
{
	struct http_link *k = ctx;
	struct http_server *s = k->server;
	drop_exchange(k);
	buf_release(&k->stash);
	free(k);
	s->link_n--;
	server_update_listening(s);
	server_check_done(s);
}

/* The exchange goes with the link, later: its handler or parser may be on the stack. */
static void detach(struct http_link *k)
{
	k->state = LINK_CLOSED;
	if (k->x && k->x->id) {
		idtable_del(&k->server->exchanges, k->x->id);
		k->x->id = 0;
	}
	deadline_clear(k->server->loop, &k->deadline);
	list_del(&k->node);
	list_del(&k->idle);
	list_del(&k->resuming);
	loop_defer(k->server->loop, on_free, k);
}

void link_close(struct http_link *k)
{
	if (k->state == LINK_CLOSED)
		return;
	conn_close(&k->conn);
	detach(k);
}

static void finish(struct http_link *k)
{
	conn_finish(&k->conn);
	detach(k);
}

void link_abort(struct http_link *k)
{
	if (k->state == LINK_CLOSED)
		return;
	uint64_t id = k->state == LINK_ANSWERING && k->x ? k->x->id : 0;
	conn_reset(&k->conn);
	detach(k);
	if (id)
		k->server->ev->on_gone(k->server->ctx, (struct http_request_id){ id });
}

static void become_idle(struct http_link *k)
{
	struct http_server *s = k->server;
	k->state = LINK_IDLE;
	list_del(&k->idle);
	list_add_tail(&s->idle, &k->idle);
	deadline_set(s->loop, &k->deadline, s->opts.idle_timeout_ms);
	server_update_listening(s);
}

static void deliver(struct http_link *k)
{
	struct http_server *s = k->server;
	struct http_exchange *x = k->x;
	struct http_request *r = &x->request;
	struct slice target = http_parse_target(&x->parse);
	const char *mark = memchr(target.p, '?', target.n);
	size_t path_n = mark ? (size_t)(mark - target.p) : target.n;
	k->state = LINK_ANSWERING;
	deadline_clear(s->loop, &k->deadline);
	x->id = idtable_add(&s->exchanges, x);
	x->is_last = !x->parse.is_keep_alive;
	r->id.v = x->id;
	r->method = x->parse.method;
	r->method_name = slice_str(x->parse.method_name);
	r->target = target;
	r->path = slice_of(target.p, path_n);
	r->query = mark ? slice_of(mark + 1, target.n - path_n - 1) : slice_of("", 0);
	r->headers = http_parse_headers(&x->parse);
	r->body = http_parse_body(&x->parse);
	r->peer = slice_str(k->peer);
	r->is_unix = k->is_unix;
	r->peer_uid = k->peer_uid;
	r->is_tls = k->is_tls;
	r->arena = &x->arena;
	s->ev->on_request(s->ctx, r);
}

static void stash(struct http_link *k, struct slice bytes)
{
	buf_add_slice(&k->stash, bytes);
	if (k->stash.n >= STASH_BYTES && k->conn)
		conn_pause(k->conn, true);
}

static void read_request(struct http_link *k, struct slice bytes)
{
	struct http_server *s = k->server;
	size_t used;
	if (!k->x) {
		k->x = take_exchange(k);
		k->state = LINK_HEAD;
		list_del(&k->idle);
		deadline_set(s->loop, &k->deadline, s->opts.head_timeout_ms);
	}
	struct http_parse *p = &k->x->parse;
	switch (http_parse_feed(p, bytes, &used)) {
	case HTTP_PARSE_DONE:
		if (used < bytes.n)
			stash(k, slice_of(bytes.p + used, bytes.n - used));
		deliver(k);
		return;
	case HTTP_PARSE_MORE:
		if (!p->is_head_done)
			return;
		if (k->state == LINK_HEAD && p->expects_continue && p->version >= 11)
			respond_continue(k);
		k->state = LINK_BODY;
		deadline_set(s->loop, &k->deadline, s->opts.body_timeout_ms);
		return;
	case HTTP_PARSE_STOPPED:
	case HTTP_PARSE_BROKEN:
		respond_refusal(k, p->status, p->why);
		finish(k);
		return;
	}
}

static void on_data(void *ctx, struct slice bytes)
{
	struct http_link *k = ctx;
	if (k->state == LINK_ANSWERING || k->state == LINK_SENDING)
		stash(k, bytes);
	else
		read_request(k, bytes);
}

static void on_end(void *ctx, const struct err *why)
{
	struct http_link *k = ctx;
	k->is_ended = true;
	if (k->state == LINK_ANSWERING && k->x->id) {
		uint64_t id = k->x->id;
		link_close(k);
		k->server->ev->on_gone(k->server->ctx, (struct http_request_id){ id });
	} else if (why || (k->state != LINK_ANSWERING && k->state != LINK_SENDING)) {
		link_close(k);
	}
}

/* Goes on with a connection whose answer is complete, after the answer has left. */
static void go_on(struct http_link *k)
{
	struct http_server *s = k->server;
	bool is_last = k->x && k->x->is_last;
	if (conn_pending(k->conn)) {
		k->state = LINK_SENDING;
		conn_ask_drain(k->conn); /* on_drain comes back here, also when one write takes it all */
		return;
	}
	if (is_last || k->is_ended || s->is_stopping) {
		finish(k);
		return;
	}
	drop_exchange(k);
	become_idle(k);
	if (!k->stash.n)
		return;
	struct buf bytes = k->stash;
	k->stash = BUF_INIT(bytes.max);
	conn_pause(k->conn, false);
	read_request(k, buf_slice(&bytes));
	buf_release(&bytes);
}

static void on_resume(void *ctx)
{
	struct http_server *s = ctx;
	/* Those that complete another answer meanwhile wait for the next round. */
	struct list now;
	s->is_resuming = false;
	list_init(&now);
	if (list_empty(&s->resuming))
		return;
	now = s->resuming;
	now.next->prev = now.prev->next = &now;
	list_init(&s->resuming);
	while (!list_empty(&now)) {
		struct http_link *k = list_entry(now.next, struct http_link, resuming);
		list_del(&k->resuming);
		go_on(k);
	}
}

void link_resume(struct http_link *k)
{
	struct http_server *s = k->server;
	list_del(&k->resuming);
	list_add_tail(&s->resuming, &k->resuming);
	if (!s->is_resuming)
		loop_defer(s->loop, on_resume, s);
	s->is_resuming = true;
}

static void on_drain(void *ctx)
{
	struct http_link *k = ctx;
	struct http_exchange *x = k->x;
	if (k->state == LINK_SENDING && !conn_pending(k->conn)) {
		deadline_clear(k->server->loop, &k->deadline);
		go_on(k);
	} else if (x && x->id && x->on_drain) {
		void (*fn)(void *, struct http_request_id) = x->on_drain;
		x->on_drain = NULL;
		fn(x->drain_ctx, (struct http_request_id){ x->id });
	}
}

void link_watch_writing(struct http_link *k)
{
	if (k->deadline.at_ms)
		return;
	k->pending_seen = conn_pending(k->conn);
	deadline_set(k->server->loop, &k->deadline, k->server->opts.write_timeout_ms);
}

static void on_deadline(void *ctx)
{
	struct http_link *k = ctx;
	switch (k->state) {
	case LINK_HEAD:
	case LINK_BODY:
		respond_refusal(k, 408, k->state == LINK_HEAD ? "the head took too long" : "the body took too long");
		finish(k);
		return;
	case LINK_ANSWERING:
	case LINK_SENDING:
		if (conn_pending(k->conn) >= k->pending_seen && conn_pending(k->conn))
			link_abort(k);
		else if (conn_pending(k->conn))
			link_watch_writing(k);
		return;
	case LINK_IDLE:
	case LINK_CLOSED:
		link_close(k);
		return;
	}
}

static void on_open(void *ctx)
{
	become_idle(ctx);
}

static const struct conn_events conn_events = { .on_open = on_open, .on_data = on_data, .on_end = on_end, .on_drain = on_drain };

void link_open(struct http_face *f, int fd, const struct address *peer)
{
	struct http_server *s = f->server;
	struct http_link *k = mem_zalloc(sizeof *k);
	k->server = s;
	k->is_unix = peer->ss.ss_family != AF_INET && peer->ss.ss_family != AF_INET6;
	k->peer_uid = k->is_unix ? address_peer_uid(fd) : -1;
	address_host_text(peer, k->peer);
	list_init(&k->node);
	list_init(&k->idle);
	list_init(&k->resuming);
	list_add_tail(&s->links, &k->node);
	s->link_n++;
	buf_init(&k->stash, 4 * STASH_BYTES);
	deadline_init(&k->deadline, on_deadline, k);
	k->is_tls = f->tls != NULL;
	if (f->tls)
		k->conn = conn_accept_tls(s->loop, fd, f->tls, &conn_events, k);
	else
		k->conn = conn_accept(s->loop, fd, &conn_events, k);
	conn_set_low(k->conn, s->opts.pending_bytes_max / 2);
	become_idle(k);
	if (f->tls) /* the handshake counts as a head */
		deadline_set(s->loop, &k->deadline, s->opts.head_timeout_ms);
}
