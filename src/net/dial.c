/* Opens connections: name to addresses (on a worker thread), each address in turn, TLS. */
#include "base/check.h"
#include "net/stream.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* A name with more addresses than these is not tried further. */
#define ADDRESSES_MAX 8
#define HOST_MAX 255

struct dial {
	uv_getaddrinfo_t req;
	struct conn *conn; /* NULL when it was closed meanwhile */
	struct address at[ADDRESSES_MAX];
	size_t n, next;
	int port;
	bool is_resolving;
	char host[HOST_MAX + 1];
};

void stream_forget_dial(struct conn *c)
{
	struct dial *d = c->dial;
	c->dial = NULL;
	if (!d)
		return;
	d->conn = NULL;
	if (d->is_resolving)
		uv_cancel((uv_req_t *)&d->req); /* its callback frees */
	else
		free(d);
}

static void connect_next(struct conn *c, int last_errno)
{
	struct dial *d = c->dial;
	struct err e;
	int one = 1;
	while (d->next < d->n) {
		const struct address *a = &d->at[d->next++];
		int fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0) {
			last_errno = errno;
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (connect(fd, (const struct sockaddr *)&a->ss, a->n) == 0 || errno == EINPROGRESS) {
			c->state = CONN_CONNECTING;
			stream_watch(c, fd);
			return;
		}
		last_errno = errno;
		close(fd);
	}
	err_set(&e, ERR_REMOTE, "cannot connect to '%s' port %d: %s", d->host, d->port, strerror(last_errno));
	stream_break(c, &e);
}

static void open_stream(struct conn *c)
{
	c->state = CONN_OPEN;
	stream_forget_dial(c);
	stream_update_poll(c);
	conn_queued(c);
	c->ev->on_open(c->ctx);
}

bool stream_shake_hands(struct conn *c)
{
	struct err e;
	bool is_done;
	/* What the owner has queued waits in `plain` until the handshake is done. */
	if (!c->out.p)
		loop_lend_buf(c->loop, &c->out);
	bool is_fine = tls_handshake(c->tls, &c->out, &is_done, &e);
	conn_queued(c); /* also the alert that tells why not */
	if (!is_fine) {
		stream_break(c, &e);
		return false;
	}
	if (is_done)
		open_stream(c);
	return c->state != CONN_CLOSED;
}

void stream_check_connect(struct conn *c)
{
	int number = 0;
	socklen_t size = sizeof number;
	struct dial *d = c->dial;
	getsockopt(c->poll->fd, SOL_SOCKET, SO_ERROR, &number, &size);
	if (number) {
		stream_close_fd(c);
		connect_next(c, number);
		return;
	}
	if (!c->tls) {
		open_stream(c);
		return;
	}
	c->state = CONN_HANDSHAKE;
	d->n = d->next; /* an address that answers is the one */
	stream_update_poll(c);
	stream_shake_hands(c);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct dial *d = req->data;
	struct conn *c = d->conn;
	struct err e;
	d->is_resolving = false;
	if (!c) {
		uv_freeaddrinfo(found);
		free(d);
		return;
	}
	loop_touch(c->loop);
	for (struct addrinfo *i = found; i && d->n < ADDRESSES_MAX; i = i->ai_next) {
		struct address *a = &d->at[d->n++];
		memcpy(&a->ss, i->ai_addr, i->ai_addrlen);
		a->n = i->ai_addrlen;
	}
	uv_freeaddrinfo(found);
	if (status != 0 || !d->n) {
		err_set(&e, ERR_REMOTE, "cannot find the address of '%s': %s", d->host, uv_strerror(status));
		stream_break(c, &e);
		return;
	}
	connect_next(c, ENOENT);
}

static void resolve(struct conn *c, struct dial *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC, .ai_flags = AI_ADDRCONFIG };
	struct err e;
	char port[16];
	snprintf(port, sizeof port, "%d", d->port);
	d->req.data = d;
	d->is_resolving = true;
	int got = uv_getaddrinfo(&c->loop->uv, &d->req, on_resolved, d->host, port, &hints);
	if (got != 0) {
		d->is_resolving = false;
		err_set(&e, ERR_REMOTE, "cannot look '%s' up: %s", d->host, uv_strerror(got));
		stream_break(c, &e);
	}
}

static struct conn *begin(struct loop *l, struct slice host, int port, const struct conn_events *ev, void *ctx)
{
	struct conn *c = stream_new(l, ev, ctx);
	struct dial *d = mem_zalloc(sizeof *d);
	c->state = CONN_RESOLVING;
	c->dial = d;
	d->conn = c;
	d->port = port;
	BUG_ON(host.n > HOST_MAX);
	memcpy(d->host, host.p, host.n);
	d->host[host.n] = '\0';
	return c;
}

struct conn *conn_dial(struct loop *l, struct slice host, int port, struct tls_context *tls,
                       const struct conn_events *ev, void *ctx)
{
	struct conn *c = begin(l, host, port, ev, ctx);
	if (tls)
		c->tls = tls_new(tls, host);
	if (address_of_ip(host, port, &c->dial->at[0])) {
		c->dial->n = 1;
		connect_next(c, ENOENT);
	} else {
		resolve(c, c->dial);
	}
	return c;
}

struct conn *conn_dial_unix(struct loop *l, struct slice path, const struct conn_events *ev, void *ctx)
{
	struct conn *c = begin(l, path, 0, ev, ctx);
	char text[HOST_MAX];
	struct err e;
	snprintf(text, sizeof text, "unix:%.*s", SLICE_ARG(path));
	if (address_parse(slice_str(text), &c->dial->at[0], &e)) {
		c->dial->n = 1;
		connect_next(c, ENOENT);
	} else {
		stream_break(c, &e);
	}
	return c;
}
