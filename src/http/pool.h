/*
 * The inside of the client: origins, the connections to them, the calls that use them.
 * Shared by client.c (calls), hop.c (connections) and origin.c.
 */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H
#include "base/idtable.h"
#include "base/list.h"
#include "http/client.h"
#include "http/parse.h"
#include "net/conn.h"
#include "net/tls.h"

struct http_origin {
	char *text;               /* "host[:port]" as in Host, NUL, the target */
	struct slice host;        /* of the name alone, without brackets */
	struct slice host_header, target;
	int port;
	bool is_tls;
	size_t refs;
	struct list pools; /* one for each client that uses it */
};

struct http_pool {
	struct http_client *client;
	struct http_origin *origin; /* a reference */
	struct list of_origin, of_client;
	struct list hops, idle, waiting; /* idle: the last used first */
	size_t hop_n, idle_n, waiting_n, dialing_n;
	bool is_orphan; /* the origin was freed by its owner */
	bool is_gone;   /* and nothing uses it any more */
};

/* One connection. */
struct http_hop {
	struct http_pool *pool;
	struct conn *conn; /* NULL when closed */
	struct http_call *call;
	struct list node, idle;
	struct deadline deadline; /* of connecting, then of being idle */
	uint64_t idle_ms;         /* 0: as the options say */
	uint64_t idle_since_us;
	bool is_open, was_used;
};

struct http_call {
	uint64_t id;
	struct http_client *client;
	struct http_pool *pool;
	struct http_hop *hop; /* NULL while it waits */
	const struct http_client_events *ev;
	void *ctx;
	struct buf out;
	struct http_parse parse;
	struct list waiting;
	struct deadline deadline;
	uint64_t idle_deadline_ms, written_before;
	enum http_method method;
	struct http_call *next; /* in the stack of spare ones */
	bool has_head, has_bytes, was_retried, is_paused, is_reading, is_over;
};

struct http_client {
	struct loop *loop;
	struct http_client_opts opts;
	struct http_parse_opts parse_opts;
	struct idtable calls;
	struct list pools;
	struct tls_context *tls;
	struct http_call *spare;
	size_t spare_n;
};

void origin_unref(struct http_origin *o);

/* hop.c */
struct http_pool *pool_get(struct http_client *c, struct http_origin *o);
void pool_free(struct http_pool *p); /* closes all; calls must be gone */
/* An idle connection, a new one, or the end of the queue; first: in front of the queue. */
void pool_serve(struct http_pool *p, struct http_call *call, bool is_first);
bool pool_is_full(const struct http_pool *p); /* it would have to wait and may not */
void pool_orphan(struct http_pool *p);
void pool_drop_waiting(struct http_call *call);
void hop_close(struct http_hop *h);
void hop_free_up(struct http_hop *h); /* its call is over and it can be used again */

/* client.c: what a connection tells its call. */
void call_on_data(struct http_call *call, struct slice bytes);
void call_on_close(struct http_call *call, const struct err *why); /* why NULL: orderly */
void http_call_start(struct http_call *call, struct http_hop *h);
void call_fail(struct http_call *call, const struct err *why, bool was_sent);

#endif
