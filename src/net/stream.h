/* The inside of a connection, shared by conn.c (reading, writing, closing) and dial.c (opening). */
#ifndef NET_STREAM_H
#define NET_STREAM_H
#include "net/address.h"
#include "net/conn.h"
#include "net/tls.h"
#include "net/turn.h"

/* In this order: the first two have nothing to read from yet. */
enum conn_state {
	CONN_RESOLVING = 0,
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_LINGERING, /* given up by its owner */
	CONN_CLOSED,
};

/* Of its own, because libuv needs it longer than we need the connection. */
struct conn_poll {
	uv_poll_t handle;
	struct conn *conn; /* NULL when it is closed */
	int fd, interest;
};

struct dial;

struct conn {
	struct loop *loop;
	const struct conn_events *ev;
	void *ctx;
	struct conn_poll *poll;
	struct list dirty;
	struct buf out; /* for the wire; the first out_at bytes are written */
	size_t out_at, low;
	struct buf plain; /* with TLS: queued, not encrypted yet */
	struct tls *tls;
	struct dial *dial; /* while it is being opened */
	struct err *why;
	struct deadline linger;
	struct list lingering;
	size_t pending_seen; /* when the deadline was set */
	enum conn_state state;
	uint64_t written;
	bool is_paused, is_blocked, has_waited, is_draining;
	bool is_ended;  /* the other side sends nothing more */
	bool is_broken; /* neither reads nor writes */
	bool is_told;   /* on_end was called */
};

struct conn *stream_new(struct loop *l, const struct conn_events *ev, void *ctx);
void stream_watch(struct conn *c, int fd); /* takes fd over */
void stream_update_poll(struct conn *c);
void stream_break(struct conn *c, const struct err *why); /* on_end follows, later */
void stream_close_fd(struct conn *c);
void stream_encrypt(struct conn *c);

/* dial.c */
void stream_check_connect(struct conn *c);
bool stream_shake_hands(struct conn *c); /* false: it broke, or its owner closed it */
void stream_forget_dial(struct conn *c);

#endif
