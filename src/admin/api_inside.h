/* Inside admin/: what the files of the API's core share. Handlers include admin/api.h. */
#ifndef ADMIN_API_INSIDE_H
#define ADMIN_API_INSIDE_H
#include "admin/api.h"
#include "admin/routes.h"

#define API_COOKIE "__Host-gatehouse"

struct policy_memo;
/* Of the desk that a worker sits at: policy_memo.h. */
struct policy_memo **api_memo(struct api_call *c);

struct api *api_new(struct admin *a);
void api_free(struct api **i); /* calls that are with workers end by themselves, unanswered */
/* False: it is no path of the API. */
bool api_on_request(struct api *i, const struct http_request *r);

/* The route for a method and a path behind /api/v1; taken: its segments that stand for a colon, not decoded. NULL:
 * none, and allow has the methods that the path has, if it is one. */
const struct api_route *api_route_find(enum http_method method, struct slice path, struct slice taken[API_SEGMENTS], size_t *n,
				       struct buf *allow);
/* False: there is no room, or a segment cannot be decoded. */
bool api_request_copy(struct api_call *c, const struct http_request *r, const struct slice *taken, size_t taken_n);
/* Every name is one that the route knows, once. False: it failed. */
bool api_query_check(struct api_call *c);

/* who.c, on a worker: fills c->who. False: it failed. */
bool api_identify(struct api_call *c);
bool api_may(struct api_call *c); /* what the route needs; false: it failed */

/* reply.c: the HTTP answer. Not after it. */
void api_send(struct api_call *c);

/* once.c: answers that a client may ask for again by its Idempotency-Key. On the loop. */
struct once;
struct once *once_new(void);
void once_free(struct once **o);
enum once_end {
	ONCE_GO = 0, /* nobody did it yet: once_done must follow */
	ONCE_BUSY,   /* it is under way */
	ONCE_OTHER,  /* the key was used for something else */
	ONCE_AGAIN,  /* c has the first answer now */
};
enum once_end once_begin(struct once *o, struct api_call *c, uint64_t now_us);
void once_done(struct once *o, struct api_call *c, uint64_t now_us);

/* jobs.c */
struct jobs;
struct jobs *jobs_new(struct admin *a);
void jobs_free(struct jobs **j);

/* events.c */
struct events;
struct events *events_new(struct admin *a);
void events_free(struct events **e);
/* Ends every stream, and lets nobody in: before the HTTP server is stopped. */
void events_end(struct events *e);
/* A user or token is another than it was: who listens by it must come in anew. */
void events_changed(struct admin *a, const char *type, const char *id);

#endif
