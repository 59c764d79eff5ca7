/*
 * The pooled HTTP/1.1 client of the hot path: to http:// and https:// addresses.
 * As strict as the server: an answer whose length can be read in two ways is an
 * error and its connection is closed. A connection that broke before the first byte
 * of an answer, and had been used before, is replaced once for a request that was
 * not yet delivered (RFC 9112, 9.3.1 names the race); a POST that may have been
 * delivered is never sent twice.
 *
 * No callback runs inside the call that started it.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H
#include "base/buf.h"
#include "base/err.h"
#include "http/message.h"
#include "net/loop.h"

struct http_client;

struct http_call_id {
	uint64_t v;
};

/* Where requests go: parsed once, kept for as long as it is used. */
struct http_origin;
/* url: "http://host[:port]/path" or https. Refuses user info, fragments, other schemes. */
struct http_origin *http_origin_new(const char *url, struct err *e) MUST_CHECK;
void http_origin_free(struct http_origin **o);
struct slice http_origin_target(const struct http_origin *o); /* path and query, "/" when absent */
struct slice http_origin_host(const struct http_origin *o);   /* as it stands in Host */
/* A reference that the server at o gave (RFC 3986, 5.2), as a target on o, appended to `target`. false
 * and why, without the reference: it is malformed, has a fragment or user info, is too long for
 * `target`, or leads to another scheme, host or port. */
bool http_origin_resolve(const struct http_origin *o, struct slice reference, struct buf *target,
			 struct err *e) MUST_CHECK;

struct http_client_opts {
	size_t head_bytes_max;
	size_t idle_max;          /* idle connections kept for one origin */
	size_t connections_max;   /* to one origin; more requests wait, in order */
	size_t waiting_max;       /* waiting requests of one origin; more are refused */
	/* idle: how long a connection waits for its next request; less where the server's
	 * Keep-Alive header says so. Servers of Node and Python close theirs after 5 s, and
	 * a request that meets the close on its way is lost. */
	uint64_t connect_timeout_ms, idle_timeout_ms;
	const char *ca_file; /* authorities for https, PEM; NULL: the system's. Kept by the caller. */
};
struct http_client_opts http_client_defaults(void);

struct http_client_events {
	/* The head of the answer; 1xx are not shown. */
	void (*on_head)(void *ctx, struct http_call_id id, int status, struct http_headers headers);
	/* Some bytes of the body, chunked coding removed. Borrowed. */
	void (*on_body)(void *ctx, struct http_call_id id, struct slice bytes);
	/* Exactly once, last, unless http_cancel was called: NULL when the answer is
	 * complete. was_sent: the server may have received the request. */
	void (*on_end)(void *ctx, struct http_call_id id, const struct err *why, bool was_sent);
};

struct http_outgoing {
	enum http_method method;
	struct slice target;                 /* empty: the origin's own */
	/* Host and Content-Length are added. These, Connection and Transfer-Encoding, and what
	 * could split a head, are refused. */
	const struct http_header *headers;
	size_t header_n;
	struct slice body;                   /* copied */
	uint64_t head_deadline_ms;           /* until the head of the answer is there; 0: none */
	uint64_t idle_deadline_ms;           /* between two pieces of the body; 0: none */
};

struct http_client *http_client_new(struct loop *l, const struct http_client_opts *o);
void http_client_free(struct http_client **c); /* closes everything, calls nobody */
/* ctx is handed back to each event. id.v is 0 and *e set when it is refused at once
 * (waiting_max, a malformed header or target). */
struct http_call_id http_send(struct http_client *c, struct http_origin *o, const struct http_outgoing *out,
                              const struct http_client_events *ev, void *ctx, struct err *e) MUST_CHECK;
/* Closes the connection under it unless the answer is complete. No event follows. */
void http_cancel(struct http_client *c, struct http_call_id id);
/* Back-pressure. What was read already is still handed out; idle_deadline_ms stands still. */
void http_pause(struct http_client *c, struct http_call_id id, bool is_paused);

#endif
