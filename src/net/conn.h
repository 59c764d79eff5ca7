/*
 * A byte stream: TCP, a Unix socket or a pipe, with TLS in front where asked for.
 *
 * Output is queued and written once at the end of the turn, after the hooks of
 * loop_before_send. Input is read into a buffer that all connections share, so an idle
 * connection holds none. Every event comes from the loop, never from inside a call.
 * After conn_close or conn_finish no event comes; the memory goes at the end of the turn.
 */
#ifndef NET_CONN_H
#define NET_CONN_H
#include "base/buf.h"
#include "base/err.h"
#include "net/deadline.h"
#include "net/loop.h"

struct conn;
struct tls_context;

struct conn_events {
	/* First, of conn_dial and conn_accept_tls: connected, and TLS agreed on. */
	void (*on_open)(void *ctx);
	/* Borrowed until it returns. */
	void (*on_data)(void *ctx, struct slice bytes);
	/* Last: the other side has ended its stream (why NULL: orderly) or the connection broke.
	 * What was queued can still be sent when it was orderly. The owner closes. */
	void (*on_end)(void *ctx, const struct err *why);
	/* What had to wait was written, down to conn_set_low or to nothing. May be NULL. */
	void (*on_drain)(void *ctx);
};

/* Takes fd over; it is not blocking already. */
struct conn *conn_accept(struct loop *l, int fd, const struct conn_events *ev, void *ctx);
/* With TLS in front: tls_context is one of tls_context_serve. */
struct conn *conn_accept_tls(struct loop *l, int fd, struct tls_context *tls, const struct conn_events *ev,
                             void *ctx);
/*
 * Looks host up, tries its addresses in turn; on_open or on_end follows. tls_context:
 * of tls_context_new, or NULL for plain TCP; the certificate must be of `host`.
 */
struct conn *conn_dial(struct loop *l, struct slice host, int port, struct tls_context *tls,
                       const struct conn_events *ev, void *ctx);
/* The same with a Unix socket; a path of at most 107 bytes. */
struct conn *conn_dial_unix(struct loop *l, struct slice path, const struct conn_events *ev, void *ctx);
void conn_close(struct conn **c); /* at once; what is queued is lost */
/* Gives the connection up: what is queued is sent, then the end of the stream, then input
 * is thrown away until the other side ends too, so that a reset does not overtake the
 * answer; for a few seconds at most. */
void conn_finish(struct conn **c);

void conn_write(struct conn *c, struct slice bytes);
/* The queue itself: append, then conn_queued. Valid until the end of the turn. */
struct buf *conn_out(struct conn *c);
void conn_queued(struct conn *c);
size_t conn_pending(const struct conn *c); /* bytes that were queued and not written yet */
void conn_set_low(struct conn *c, size_t bytes); /* on_drain also comes when so few wait; 0 at first */
void conn_ask_drain(struct conn *c);             /* on_drain comes even if nothing has to wait */
/* Does not read, and so makes the other side wait. Its end is not noticed either. */
void conn_pause(struct conn *c, bool is_paused);
uint64_t conn_written(const struct conn *c); /* bytes that the system took, since it was opened */
/* The other side has closed or sent something: looked up at once, without the loop. */
bool conn_is_stale(const struct conn *c);
/* Cut off instead of ended: the other side sees a reset. */
void conn_reset(struct conn **c);

#endif
