/*
 * One request to /api/v1: found in the table of routes (routes.c), its maker identified, permitted, its
 * body read, worked on, answered. docs/openapi.yaml is the contract.
 *
 *   loop    route, limits; everything of the request is copied
 *   worker  identify, permit, read the body, then route->work
 *   loop    route->begin (what needs the gate itself; calls api_answer when it is done), the
 *           reload when the store was changed, the answer
 *
 * A call outlives its HTTP request; the administration may be gone when a worker comes back.
 */
#ifndef ADMIN_API_H
#define ADMIN_API_H
#include "admin/inside.h"
#include "json/json.h"
#include "people/people.h"

struct api;
struct api_desk;
enum api_stage { API_STAGE_WHO = 0, API_STAGE_WORK, API_STAGE_BEGIN, API_STAGE_AGAIN, API_STAGE_RECORD, API_STAGE_SENT };

#define API_SEGMENTS 4
#define API_ERRORS_MAX 32

struct api_call;

/* Flags of a route. */
enum {
	API_OPEN = 1,     /* for anybody: sign-in, set-up */
	API_BODY = 2,     /* a JSON body must be there; call->json is an object */
	API_ANYWHERE = 4, /* the permission for any server is enough: work() looks at which */
	API_CHANGES = 8,  /* work() changes the store: afterwards the gate takes it over, and is then answered */
	API_OWN = 16,     /* needs only to be somebody: their own session, password, tokens */
	API_SLOW = 32,    /* hashes a password: in a lane of its own, one at a time */
	API_REMOTE = 64,  /* asks another server: in a lane of its own */
	API_APPROVER = 128, /* also for tokens of approvers, which begin() has looked up by the approvals; it has no work() */
	API_RAW = 256,    /* the body is begin()'s to read */
};

struct api_route {
	enum http_method method;
	const char *path; /* behind /api/v1; ":name" is a segment that is decoded into call->v in order */
	enum permission need;
	unsigned flags;
	void (*work)(struct api_call *c);  /* on a worker; NULL: none */
	void (*begin)(struct api_call *c); /* on the loop, only when status is still 0 or 2xx; then api_answer(); NULL: none */
	const char *query;                 /* the names it knows: "q limit cursor"; NULL: none; "*": any */
};

struct api_error {
	const char *pointer; /* JSON Pointer into the body; or NULL */
	const char *name;    /* of a query parameter or header */
	bool is_header;
	const char *detail;
};

struct api_call {
	struct admin *admin;
	const struct api_route *route;
	struct http_request_id request;
	struct arena arena;         /* all that this points to */
	bool is_unix, is_tls;
	struct slice address;       /* of the client */
	struct slice method_name, path, query;
	struct slice v[API_SEGMENTS];
	int64_t peer_uid;           /* of the Unix socket */
	struct slice body, body_type, bearer, cookie, csrf, if_match, if_none_match, idempotency_key, last_event_id;
	struct slice host, origin, forwarded_proto, fetch_site, cookies; /* p NULL: not sent; cookies: the whole header */
	const struct json *json;    /* API_BODY */
	struct principal who;
	struct config *config;      /* what was in force when the call began; counted, never NULL */
	/* Lent while work() runs; NULL on the loop. */
	struct store *store;
	struct people *people;
	struct api *api;            /* the core's, as the next three lines */
	struct api_desk *desk;
	enum api_stage stage;
	char *body_bytes;           /* of body, to be wiped */
	void (*again)(struct api_call *c);
	bool is_recorded, is_kept, is_replayed;
	bool is_saved;              /* begin() failed after the store was changed: it is recorded all the same */
	bool is_streaming;          /* begin() answers by itself, with http_begin; api_answer() then only frees */
	/* For work() and begin() of one route. */
	void *own;                  /* in the arena */
	void (*over)(struct api_call *c); /* on the loop, when the call ends in whatever way: for what own holds; NULL: nothing */
	/* The answer. */
	int status;                 /* 0: not yet decided */
	struct buf out;             /* JSON; of a stream: nothing */
	const char *content_type;   /* NULL: application/json, or application/problem+json for errors */
	const char *location, *set_cookie, *set_cookie_too; /* NULL: none */
	char etag[35];              /* with quotes; "" : made from out for GET, none for others */
	struct err err;
	struct api_error errors[API_ERRORS_MAX];
	size_t error_n;
	uint64_t retry_s;           /* Retry-After; 0: none */
	struct slice extra;         /* members of a problem beside those of RFC 9457: `"current":{…},…` */
	/* What is to be recorded as this person's change, once the answer is good; action NULL: nothing. */
	struct change change;
	const char *event;          /* of GET /events, sent after it took effect: its name … */
	struct slice event_data;    /* … and JSON, in the arena */
	struct slice event_server;  /* whom it concerns, for `event` and the change; empty: the organisation */
};

/* Ends in a problem: sets status and detail. Return value: false, for `return api_fail(…)`. */
bool api_fail(struct api_call *c, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same for an error of the store: ERR_INPUT 400 (or `input_status` when not 0), ERR_LIMIT 422, else 503. */
bool api_fail_err(struct api_call *c, const struct err *e, int input_status);
/* Adds what is wrong with one field; the status becomes 422. pointer: "/name", copied. */
bool api_field(struct api_call *c, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same for a parameter of the query (status 400), and for a header (400). Names are borrowed. */
bool api_parameter(struct api_call *c, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool api_header(struct api_call *c, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 403 or, where it must not be seen, 404. True: permitted. For API_ANYWHERE routes, and lists. */
bool api_permit(struct api_call *c, enum permission one, struct slice server);
/* A value of the query, decoded, in the arena; empty when it is not there. */
struct slice api_query(struct api_call *c, const char *name);
/* The same of 1 to max bytes; absent: *out as it was. False: it failed. */
bool api_query_text(struct api_call *c, const char *name, size_t max, struct slice *out);
/* cursor: what `next` of the page before said; empty: the first page. */
bool api_cursor(struct api_call *c, struct slice *out);
/* limit: 1 to 200, default 50. False: it failed. */
bool api_limit(struct api_call *c, size_t *out);
/* limit and cursor of a list that is in memory as a whole; what closes its array and object: "],"total":N,"next":…}". */
bool api_page(struct api_call *c, size_t *from, size_t *limit);
void api_page_end(struct api_call *c, size_t total, size_t from, size_t limit);
bool api_time(struct api_call *c, const char *name, int64_t *out_us); /* 0 when not there */
/* Members of the body: false when it has another type (and then the field is in errors). Absent: *out as it was. */
bool api_text(struct api_call *c, const char *name, size_t max, struct slice *out);
bool api_flag(struct api_call *c, const char *name, bool *out);
bool api_count(struct api_call *c, const char *name, uint64_t max, uint64_t *out);
bool api_only(struct api_call *c, const char *const *names); /* NULL-terminated: any other member of the body is an error */
/* The tag of a representation: 16 bytes of BLAKE2b in hex, in quotes. */
void api_etag(struct slice representation, char out[35]);
/*
 * If-Match and If-None-Match of a change. now: the object as GET would give it, empty when there is none; wanted: what it
 * would be. False: 428, or 412 with current, current_etag and difference.
 */
bool api_match(struct api_call *c, struct slice now, struct slice wanted);
/* What will be recorded; before and after as JSON, empty: nothing. Copied. */
void api_changed(struct api_call *c, const char *action, const char *type, struct slice id, struct slice before,
                 struct slice after);
/* A principal like c->who that lives as long as its copy's arena: for jobs and streams. */
bool api_who_copy(const struct principal *from, struct arena *a, struct principal *out) MUST_CHECK;
/* From begin(): fn on a worker, with the store lent; when it returns the call is answered. What the loop alone may look
 * at was copied before. */
void api_work(struct api_call *c, void (*fn)(struct api_call *c));
/* On the loop, from begin() or later: the answer as it stands in c is sent, and c is gone. */
void api_answer(struct api_call *c);

/* Long work: POST answers 202 {"job":id}, GET /jobs/:id tells how far it is. run() is on a worker of its own; it looks at
 * job_is_cancelled() now and then, and says job_progress(). */
struct job;
typedef void job_fn(struct job *j, struct store *s, void *ctx);
/* ctx is freed with release() afterwards. NULL: LIMIT_JOBS are there already (the call has failed with 429). */
struct job *job_start(struct api_call *c, const char *what, job_fn *run, void (*release)(void *ctx), void *ctx);
bool job_is_cancelled(const struct job *j);
void job_progress(struct job *j, uint64_t done, uint64_t total);
struct buf *job_result(struct job *j);           /* JSON */
void job_fail(struct job *j, const char *why);
void job_accept(struct api_call *c, struct job *j); /* 202 */

/* GET /events: everybody who may see `server` (empty: the organisation's viewers) hears it. On the loop. */
void events_tell(struct admin *a, const char *event, struct slice server, struct slice data);

#endif
