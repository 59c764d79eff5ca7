/*
 * The HTTP/1.1 server: connections to requests, answers to connections.
 *
 * Strict (RFC 9112): a message whose length can be read in two ways, a bare CR or
 * LF, an obsolete fold, two Content-Length or Host headers, Transfer-Encoding with
 * Content-Length, a coding other than chunked, an absent Host: 400 and the
 * connection closes. Slow clients, large heads and bodies, and too many connections
 * have limits in http_server_opts. Pipelined requests are answered in order.
 *
 * A request is known by its id. It lives until its answer is complete or its client
 * has gone; after that every function here answers false for it. The pointers in
 * struct http_request are valid until the handler's request ends.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H
#include "base/arena.h"
#include "base/err.h"
#include "http/message.h"
#include "net/loop.h"

struct http_server;

struct http_request_id {
	uint64_t v;
};

struct http_request {
	struct http_request_id id;
	enum http_method method;
	struct slice method_name;
	struct slice target;      /* as sent, origin form, starts with '/' */
	struct slice path, query; /* the parts of target around '?'; not decoded */
	struct http_headers headers;
	struct slice body;        /* complete, chunked coding removed */
	struct slice peer;        /* address of the client, "127.0.0.1", or "unix" */
	bool is_unix;             /* came in by a Unix socket */
	int64_t peer_uid;         /* then: who connected; -1: not known */
	bool is_tls;
	struct arena *arena;      /* for the handler; released with the request */
};

struct http_server_opts {
	size_t head_bytes_max, body_bytes_max;
	size_t connections_max;
	uint64_t head_timeout_ms;  /* from the first byte of a head to its end */
	uint64_t body_timeout_ms;  /* no byte of a body for so long */
	uint64_t idle_timeout_ms;  /* keep-alive */
	uint64_t write_timeout_ms; /* a client that does not read its answer */
	/* Queued for one client; a stream past it is ended, but for one piece of any size when no more
	 * than a quarter of it waits. */
	size_t pending_bytes_max;
};
/* Defaults that fit production; change a few. */
struct http_server_opts http_server_defaults(void);

struct http_server_events {
	/* A complete request. May answer at once or later, by id. */
	void (*on_request)(void *ctx, const struct http_request *r);
	/* The client has gone before its answer was complete. Not called after http_end. One
	 * that ends only its own side of the stream counts as gone: the two look alike. */
	void (*on_gone)(void *ctx, struct http_request_id id);
};

struct http_server *http_server_new(struct loop *l, const struct http_server_opts *o,
                                    const struct http_server_events *ev, void *ctx);
/* address: "127.0.0.1:8811", "[::1]:0" (0: the system chooses), "unix:/path" (mode 0600). */
bool http_server_listen(struct http_server *s, const char *address, bool reuse_port, struct err *e) MUST_CHECK;
/* The same over TLS; the files are PEM: the certificate with its chain, and its key. */
bool http_server_listen_tls(struct http_server *s, const char *address, bool reuse_port, const char *cert_file,
                            const char *key_file, struct err *e) MUST_CHECK;
int http_server_port(const struct http_server *s); /* of the first TCP address */
/* Stops accepting, lets answers finish for grace_ms, then closes; done() when all is closed. */
void http_server_stop(struct http_server *s, uint64_t grace_ms, loop_fn done, void *ctx);
void http_server_free(struct http_server **s); /* after done() */
size_t http_server_connections(const struct http_server *s);

/* A whole answer in one write. Content-Length, Date and, where needed, Connection are added.
 * The body is copied. False when the request is gone. */
bool http_respond(struct http_server *s, struct http_request_id id, int status,
                  const struct http_header *headers, size_t header_n, struct slice body);
/* The same, and the connection closes behind it. */
bool http_respond_close(struct http_server *s, struct http_request_id id, int status,
                        const struct http_header *headers, size_t header_n, struct slice body);

/* A streamed answer (chunked). http_end completes it; http_abort cuts it, so that the
 * client knows that it is not whole. */
bool http_begin(struct http_server *s, struct http_request_id id, int status,
                const struct http_header *headers, size_t header_n);
bool http_write(struct http_server *s, struct http_request_id id, struct slice bytes);
bool http_end(struct http_server *s, struct http_request_id id);
bool http_abort(struct http_server *s, struct http_request_id id);
/* Bytes that this client has not taken yet, and a call when they fall below half of
 * pending_bytes_max: so a fast server waits for a slow client. */
size_t http_pending(const struct http_server *s, struct http_request_id id);
bool http_is_slow(const struct http_server *s, struct http_request_id id); /* over three quarters of it wait */
void http_on_drain(struct http_server *s, struct http_request_id id, void (*fn)(void *ctx, struct http_request_id id), void *ctx);

#endif
