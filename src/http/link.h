/*
 * One connection of a client and the request on it, shared by server.c (accepting,
 * stopping), link.c (reading) and respond.c (answering).
 *
 * What a request needs (text, tables, arena) hangs on an exchange that is borrowed from
 * a stack of used ones: an idle connection holds nothing of it.
 */
#ifndef HTTP_LINK_H
#define HTTP_LINK_H
#include "base/idtable.h"
#include "base/list.h"
#include "http/parse.h"
#include "http/server.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/tls.h"

#define HTTP_FACES_MAX 8
#define HTTP_DATE_SIZE 40

struct http_exchange {
	uint64_t id; /* 0: not handed to the handler, or gone */
	struct http_link *link;
	struct http_exchange *next; /* in the stack of spare ones */
	struct http_parse parse;
	struct arena arena;
	struct http_request request;
	void (*on_drain)(void *ctx, struct http_request_id id);
	void *drain_ctx;
	bool is_begun, is_chunked, is_bodiless, is_overfull, is_last; /* last: the connection closes behind it */
};

enum link_state {
	LINK_CLOSED = 0,
	LINK_IDLE,
	LINK_HEAD,
	LINK_BODY,
	LINK_ANSWERING, /* the handler has the request */
	LINK_SENDING,   /* the answer is complete, some of it waits for the client */
};

struct http_link {
	struct http_server *server;
	struct conn *conn;
	struct http_exchange *x; /* NULL when idle */
	struct list node, idle, resuming;
	struct buf stash; /* what came behind the request under way */
	struct deadline deadline;
	size_t pending_seen; /* when the deadline of writing was set */
	enum link_state state;
	bool is_unix, is_tls, is_ended;
	char peer[ADDRESS_TEXT_SIZE];
	int64_t peer_uid; /* of a Unix socket */
};

/* An address we listen on. */
struct http_face {
	struct http_server *server;
	struct listener *listener;
	struct tls_context *tls; /* NULL: plain */
};

struct http_server {
	struct loop *loop;
	struct http_server_opts opts;
	struct http_parse_opts parse_opts;
	const struct http_server_events *ev;
	void *ctx;
	struct idtable exchanges;
	struct list links, idle, resuming; /* idle: longest first */
	size_t link_n;
	struct http_exchange *spare;
	size_t spare_n;
	struct http_face faces[HTTP_FACES_MAX];
	size_t face_n;
	int64_t date_second;
	char date[HTTP_DATE_SIZE];
	struct loop_timer grace;
	loop_fn done;
	void *done_ctx;
	bool is_resuming, is_stopping, is_done;
};

/* server.c */
void server_update_listening(struct http_server *s);
void server_check_done(struct http_server *s);

/* link.c */
void link_open(struct http_face *f, int fd, const struct address *peer);
void link_close(struct http_link *k); /* at once; nobody is told */
void link_abort(struct http_link *k); /* at once, with a reset; the handler is told that the client has gone */
/* The answer is complete: the next request, or the end, at the end of the turn. */
void link_resume(struct http_link *k);
void link_watch_writing(struct http_link *k);
void link_give_back(struct http_server *s, struct http_exchange *x);

/* respond.c */
void respond_refusal(struct http_link *k, int status, const char *why); /* nothing else follows on it */
void respond_continue(struct http_link *k);

#endif
