/*
 * Byte streams on uv_poll: the descriptors are ours, so one read and one write a turn
 * are all the system calls that a busy connection makes. Opening is in dial.c.
 */
#include "net/conn.h"
#include "base/check.h"
#include "net/stream.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a given-up connection may take to end its side when it has our last answer, */
#define LINGER_MS 2000
/* and how long to take any of that answer. */
#define LAST_WRITE_MS 10000
/* What was written of a long queue is dropped from it in pieces, not byte by byte. */
#define DROP_BYTES 65536
/* Reads after which an ending connection is cut even when it still sends. */
#define LAST_READS 16

static void on_free(void *ctx)
{
	struct conn *c = ctx;
	tls_free(&c->tls);
	buf_release(&c->plain);
	loop_return_buf(c->loop, &c->out);
	free(c->why);
	free(c);
}

static void on_poll_closed(uv_handle_t *h)
{
	free(container_of((uv_poll_t *)h, struct conn_poll, handle));
}

void stream_close_fd(struct conn *c)
{
	if (!c->poll)
		return;
	c->poll->conn = NULL;
	uv_close((uv_handle_t *)&c->poll->handle, on_poll_closed);
	close(c->poll->fd);
	c->poll = NULL;
}

static void destroy(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	stream_close_fd(c);
	stream_forget_dial(c);
	deadline_clear(c->loop, &c->linger);
	list_del(&c->dirty);
	list_del(&c->lingering);
	c->state = CONN_CLOSED;
	loop_defer(c->loop, on_free, c);
}

static void on_poll(uv_poll_t *h, int status, int events);

void stream_update_poll(struct conn *c)
{
	int want = 0;
	if (!c->poll || c->is_broken)
		return;
	if (c->state == CONN_CONNECTING)
		want = UV_WRITABLE;
	else if (!c->is_paused && !c->is_ended)
		want = UV_READABLE;
	if (c->is_blocked)
		want |= UV_WRITABLE;
	if (want == c->poll->interest)
		return;
	c->poll->interest = want;
	if (want)
		uv_poll_start(&c->poll->handle, want, on_poll);
	else
		uv_poll_stop(&c->poll->handle);
}

void stream_watch(struct conn *c, int fd)
{
	struct conn_poll *p = mem_zalloc(sizeof *p);
	p->conn = c;
	p->fd = fd;
	BUG_ON(uv_poll_init(&c->loop->uv, &p->handle, fd) != 0);
	c->poll = p;
	stream_update_poll(c);
}

static void tell_end(struct conn *c)
{
	c->is_told = true;
	c->ev->on_end(c->ctx, c->why);
}

static void on_break(void *ctx)
{
	struct conn *c = ctx;
	if (c->state == CONN_CLOSED || c->is_told)
		return;
	if (c->state == CONN_LINGERING)
		destroy(c);
	else
		tell_end(c);
}

void stream_break(struct conn *c, const struct err *why)
{
	if (c->is_broken || c->state == CONN_CLOSED)
		return;
	if (!c->why)
		c->why = mem_alloc(sizeof *c->why);
	*c->why = *why;
	if (c->poll)
		uv_poll_stop(&c->poll->handle);
	list_del(&c->dirty);
	c->is_broken = true;
	/* Later, because the reason may have been met while output is written: what the
	 * owner queues then must not leave before the hooks have run. */
	loop_defer(c->loop, on_break, c);
}

static void break_errno(struct conn *c, const char *what, int number)
{
	struct err e;
	err_set(&e, ERR_REMOTE, "%s: %s", what, strerror(number));
	stream_break(c, &e);
}

struct conn *stream_new(struct loop *l, const struct conn_events *ev, void *ctx)
{
	struct conn *c = mem_zalloc(sizeof *c);
	c->loop = l;
	c->ev = ev;
	c->ctx = ctx;
	list_init(&c->dirty);
	list_init(&c->lingering);
	buf_init(&c->out, SIZE_MAX / 2);
	buf_init(&c->plain, SIZE_MAX / 2);
	return c;
}

struct conn *conn_accept(struct loop *l, int fd, const struct conn_events *ev, void *ctx)
{
	struct conn *c = stream_new(l, ev, ctx);
	c->state = CONN_OPEN;
	stream_watch(c, fd);
	return c;
}

struct conn *conn_accept_tls(struct loop *l, int fd, struct tls_context *tls, const struct conn_events *ev,
                             void *ctx)
{
	struct conn *c = stream_new(l, ev, ctx);
	c->tls = tls_accept(tls);
	c->state = CONN_HANDSHAKE;
	stream_watch(c, fd);
	return c;
}

void conn_close(struct conn **cp)
{
	if (*cp)
		destroy(*cp);
	*cp = NULL;
}

void conn_reset(struct conn **cp)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	if (*cp && (*cp)->poll)
		setsockopt((*cp)->poll->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	conn_close(cp);
}

static void on_linger(void *ctx)
{
	struct conn *c = ctx;
	if (conn_pending(c) && conn_pending(c) < c->pending_seen) {
		c->pending_seen = conn_pending(c);
		deadline_set(c->loop, &c->linger, LAST_WRITE_MS);
	} else {
		destroy(c);
	}
}

void conn_drop_lingering(struct loop *l)
{
	while (!list_empty(&l->lingering))
		destroy(list_entry(l->lingering.next, struct conn, lingering));
}

void conn_finish(struct conn **cp)
{
	struct conn *c = *cp;
	*cp = NULL;
	if (!c || c->state == CONN_CLOSED)
		return;
	if (c->is_broken || c->state != CONN_OPEN) {
		destroy(c);
		return;
	}
	if (c->tls) {
		/* Behind what is queued, so that the peer sees a whole stream. */
		stream_encrypt(c);
		tls_finish(c->tls, &c->out);
	}
	c->state = CONN_LINGERING;
	c->is_paused = false;
	deadline_init(&c->linger, on_linger, c);
	deadline_set(c->loop, &c->linger, LAST_WRITE_MS);
	c->pending_seen = conn_pending(c) + 1;
	list_add_tail(&c->loop->lingering, &c->lingering);
	stream_update_poll(c);
	conn_queued(c);
}

struct buf *conn_out(struct conn *c)
{
	struct buf *b = c->tls ? &c->plain : &c->out;
	if (!b->p)
		loop_lend_buf(c->loop, b);
	return b;
}

void conn_queued(struct conn *c)
{
	if (c->state != CONN_CLOSED && !c->is_broken && list_empty(&c->dirty))
		list_add_tail(&c->loop->dirty, &c->dirty);
}

void conn_write(struct conn *c, struct slice bytes)
{
	if (c->state >= CONN_LINGERING)
		return;
	buf_add_slice(conn_out(c), bytes);
	conn_queued(c);
}

size_t conn_pending(const struct conn *c)
{
	return c->out.n - c->out_at + c->plain.n;
}

uint64_t conn_written(const struct conn *c)
{
	return c->written;
}

void conn_pause(struct conn *c, bool is_paused)
{
	if (c->is_paused == is_paused)
		return;
	c->is_paused = is_paused;
	stream_update_poll(c);
}

bool conn_is_stale(const struct conn *c)
{
	char byte;
	if (c->state != CONN_OPEN || c->is_broken || c->is_ended)
		return true;
	return recv(c->poll->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

void stream_encrypt(struct conn *c)
{
	struct err e;
	if (!c->plain.n)
		return;
	if (!c->out.p)
		loop_lend_buf(c->loop, &c->out);
	if (!tls_write(c->tls, buf_slice(&c->plain), &c->out, &e))
		stream_break(c, &e);
	loop_return_buf(c->loop, &c->plain);
}

static void on_drained(void *ctx)
{
	struct conn *c = ctx;
	c->is_draining = false;
	if (c->state == CONN_OPEN && !c->is_broken && c->ev->on_drain && conn_pending(c) <= c->low)
		c->ev->on_drain(c->ctx);
}

static void tell_drain(struct conn *c)
{
	if (!c->is_draining)
		loop_defer(c->loop, on_drained, c);
	c->is_draining = true;
}

void conn_set_low(struct conn *c, size_t bytes)
{
	c->low = bytes;
}

void conn_ask_drain(struct conn *c)
{
	c->has_waited = true;
	if (conn_pending(c) <= c->low)
		tell_drain(c);
}

static void end_flush(struct conn *c)
{
	loop_return_buf(c->loop, &c->out);
	c->out_at = 0;
	if (c->state == CONN_LINGERING) {
		if (c->is_ended) {
			destroy(c);
			return;
		}
		if (shutdown(c->poll->fd, SHUT_WR) != 0) {
			destroy(c); /* a pipe ends by being closed */
			return;
		}
		c->pending_seen = 0;
		deadline_set(c->loop, &c->linger, LINGER_MS);
		return;
	}
	if (c->has_waited)
		tell_drain(c);
	c->has_waited = false;
}

static void flush(struct conn *c)
{
	if (c->is_broken || c->is_blocked || c->state <= CONN_CONNECTING || c->state == CONN_CLOSED)
		return;
	if (c->tls && c->state != CONN_HANDSHAKE)
		stream_encrypt(c);
	size_t left = c->out.n - c->out_at;
	if (left) {
		ssize_t n = write(c->poll->fd, c->out.p + c->out_at, left);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			break_errno(c, "cannot write to the connection", errno);
			return;
		}
		size_t done = n > 0 ? (size_t)n : 0;
		c->written += done;
		c->out_at += done;
		left -= done;
	}
	if (!left) {
		end_flush(c);
		return;
	}
	if (c->out_at >= DROP_BYTES && c->out_at >= left) {
		buf_consume(&c->out, c->out_at);
		c->out_at = 0;
	}
	if (c->has_waited && c->low && left <= c->low)
		tell_drain(c);
	c->is_blocked = c->has_waited = true;
	stream_update_poll(c);
}

void conn_flush_all(struct loop *l)
{
	while (!list_empty(&l->dirty)) {
		struct conn *c = list_entry(l->dirty.next, struct conn, dirty);
		list_del(&c->dirty);
		flush(c);
	}
}

void loop_drop_output(struct loop *l)
{
	struct err why;
	err_set(&why, ERR_REMOTE, "what was to be sent was taken back");
	while (!list_empty(&l->dirty)) {
		struct conn *c = list_entry(l->dirty.next, struct conn, dirty);
		list_del(&c->dirty);
		stream_break(c, &why);
	}
}

static void end_input(struct conn *c)
{
	c->is_ended = true;
	stream_update_poll(c);
	if (c->state != CONN_LINGERING)
		tell_end(c);
	else if (!conn_pending(c))
		destroy(c);
}

/* False when nothing more can come of this connection. */
static bool take_plain(struct conn *c)
{
	struct err e;
	size_t got;
	bool is_end = false;
	do {
		struct buf *wire = &c->out;
		if (!wire->p)
			loop_lend_buf(c->loop, wire);
		if (!tls_read(c->tls, c->loop->scratch, LOOP_SCRATCH_BYTES, &got, &is_end, wire, &e)) {
			stream_break(c, &e);
			return false;
		}
		if (wire->n)
			conn_queued(c);
		else
			loop_return_buf(c->loop, wire);
		if (got && c->state == CONN_OPEN)
			c->ev->on_data(c->ctx, slice_of(c->loop->scratch, got));
		if (c->state == CONN_CLOSED || c->is_broken)
			return false;
	} while (got);
	if (is_end)
		end_input(c);
	return !is_end;
}

static bool take_bytes(struct conn *c, struct slice bytes)
{
	if (c->tls) {
		tls_feed(c->tls, bytes);
		if (c->state == CONN_HANDSHAKE && !stream_shake_hands(c))
			return false;
		return c->state == CONN_HANDSHAKE || take_plain(c);
	}
	if (c->state == CONN_OPEN)
		c->ev->on_data(c->ctx, bytes);
	return c->state != CONN_CLOSED;
}

/* True when another read may give more. */
static bool read_once(struct conn *c)
{
	ssize_t n = read(c->poll->fd, c->loop->scratch, LOOP_SCRATCH_BYTES);
	if (n > 0)
		return take_bytes(c, slice_of(c->loop->scratch, (size_t)n));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		break_errno(c, "the connection broke", errno);
	} else if (c->tls && c->state != CONN_LINGERING) {
		struct err e;
		err_set(&e, ERR_REMOTE, "the connection was cut: it ended without the end of its TLS stream");
		stream_break(c, &e);
	} else {
		end_input(c);
	}
	return false;
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct conn *c = container_of(h, struct conn_poll, handle)->conn;
	if (!c || c->state == CONN_CLOSED || c->is_broken)
		return;
	if (c->state == CONN_CONNECTING) {
		stream_check_connect(c);
		return;
	}
	if (status < 0) {
		/* An error is pending behind what can still be read. */
		for (int i = 0; i < LAST_READS && c->poll && !c->is_ended && read_once(c); i++)
			;
		if (c->state != CONN_CLOSED && !c->is_ended)
			break_errno(c, "the connection broke", ECONNRESET);
		else if (c->state != CONN_CLOSED && !c->is_broken && conn_pending(c))
			break_errno(c, "the connection broke", EPIPE);
		return;
	}
	if (events & UV_WRITABLE) {
		c->is_blocked = false;
		stream_update_poll(c);
		conn_queued(c);
	}
	if (events & (UV_READABLE | UV_DISCONNECT) && !c->is_paused && !c->is_ended)
		read_once(c);
}
