/*
 * The servers behind the gate. One `struct upstream` is one registered server,
 * reached by Streamable HTTP or as a child process on stdio; the gate does not
 * know which.
 *
 * Every exchange is known by an id and answers by events on a later turn. The
 * messages handed to events are parsed and borrowed until the event returns.
 * A `struct upstream *` may be kept for as long as an exchange of it is under way:
 * each one ends (on_done, or upstream_cancel) before the server is freed.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H
#include "http/client.h"
#include "mcp/jsonrpc.h"
#include "mcp/version.h"
#include "net/lane.h"
#include "json/json.h"

struct upstream;

enum upstream_per { UPSTREAM_PER_GRANT = 0, UPSTREAM_PER_SESSION, UPSTREAM_PER_SERVER };

/*
 * A server that is part of this program. `answer` runs on worker threads, several at once: it answers
 * a request, initialize and server/discover included, by the JSON text of its result and 0, or by a
 * code of mcp/jsonrpc.h with a line in *why. The message lives in the arena. Such a server says
 * nothing by itself: a stream of it stays open and silent.
 */
struct upstream_builtin {
	int (*answer)(void *ctx, const struct mcp_message *m, struct arena *a, struct buf *result,
		      struct err *why);
	void *ctx;
	struct lane *lane; /* where it runs; NULL: on any worker */
};

struct upstream_opts {
	const char *name;
	/* A server of our own; the next two are NULL then. Borrowed until done() of upstream_stop. */
	const struct upstream_builtin *builtin;
	/* Streamable HTTP: */
	const char *url;                   /* NULL for any other */
	const struct http_header *headers; /* credentials and the like; never logged */
	size_t header_n;
	/* stdio: */
	const char *const *argv; /* NULL for any other */
	const char *const *env;  /* the whole environment of the child */
	const char *cwd;
	enum upstream_per per;
	size_t children_max;    /* at most so many at once; more are refused */
	uint64_t child_stop_ms; /* how long one may take to end by itself; see net/child.h */
	/* A child, or the stream of a session over HTTP+SSE, that nobody used for so long is stopped;
	 * 0: never. */
	uint64_t child_idle_ms;
	/* both: */
	uint64_t call_timeout_ms;  /* until the answer is there */
	uint64_t start_timeout_ms; /* a handshake, a child's start included */
	size_t message_bytes_max;
	size_t calls_max;   /* in flight at once; more are refused at once */
	/* Streams of upstream_listen and upstream_subscribe, each of which holds a connection (HTTP),
	 * and sessions over HTTP+SSE, which do, too. */
	size_t listens_max;
};
struct upstream_opts upstream_defaults(void);

/* Each thing that is wrong with them, by JSON Pointer into the document of a server (docs/openapi.yaml). No value of a
 * header or variable is in a text. False: there was one. */
typedef void upstream_fault_fn(void *ctx, const char *pointer, const char *text);
bool upstream_check(const struct upstream_opts *o, upstream_fault_fn *tell, void *ctx) MUST_CHECK;

struct upstream *upstream_new(struct loop *l, struct http_client *http,
			      const struct upstream_opts *o,
			      struct err *e) MUST_CHECK; /* copies all of o */
/* What is under way ends with UPSTREAM_BROKEN, children are ended, then done(), on a later turn.
 * Calls that come after it end with UPSTREAM_UNREACHED. */
void upstream_stop(struct upstream *u, loop_fn done, void *ctx);
void upstream_free(struct upstream **u); /* after done(), not from within an event */
const char *upstream_name(const struct upstream *u);
const char *upstream_transport(const struct upstream *u); /* "http", "stdio" or "builtin" */
const char *upstream_place(const struct upstream *u); /* its URL, which may hold credentials, or its program */
uint64_t upstream_call_timeout_ms(const struct upstream *u);

/* Called when the server says that a list of its changed (method is the notification's) or
 * was started anew ("started"): what was learned from it is stale. */
typedef void (*upstream_watch_fn)(void *ctx, struct upstream *u, struct slice method);
void upstream_watch(struct upstream *u, upstream_watch_fn fn, void *ctx);

enum upstream_state { UPSTREAM_UNKNOWN = 0, UPSTREAM_UP, UPSTREAM_DOWN };
struct upstream_status {
	enum upstream_state state; /* of the last exchange that proved something */
	char last_error[256];      /* "" when there was none since the last success */
	size_t calls_in_flight, children;
	uint64_t restarts;
	int64_t last_ok_wall_us;
};
void upstream_status(const struct upstream *u, struct upstream_status *out);

/* Which session of the server a message belongs to. All slices are copied. */
struct upstream_target {
	struct slice session;     /* HTTP: the server's Mcp-Session-Id, may be empty */
	enum mcp_version version; /* agreed with the server, for MCP-Protocol-Version */
	struct slice grant_id;    /* stdio: whose child */
	struct slice
		client_session; /* id of the client's own session; routes what the server sends */
	unsigned client_caps;   /* what this client can answer: UPSTREAM_CAN_… */
	uint64_t progress_id; /* what upstream_progress_token was given for this request; 0: none */
	/* With a version of the modern era (MCP 2026-07-28), for upstream_request and upstream_subscribe: */
	struct slice name; /* what Mcp-Name mirrors, as it stands in params; empty: nothing */
	/* Mcp-Param-… and whatever else belongs to this request, encoded: at most UPSTREAM_HEADERS_MAX */
	const struct http_header *headers;
	size_t header_n;
};
#define UPSTREAM_HEADERS_MAX 64
#define UPSTREAM_CAN_SAMPLING        1u
#define UPSTREAM_CAN_ELICITATION     2u /* by form */
#define UPSTREAM_CAN_ROOTS           4u
#define UPSTREAM_CAN_ELICITATION_URL 8u
/* What else mcp_client_can (mcp/envelope.h) tells: the same bits. */
#define UPSTREAM_CAN_SAMPLING_TOOLS 16u
#define UPSTREAM_CAN_TASKS          32u

struct exchange_id {
	uint64_t v;
};
/* Never set in an id of ours: who wraps exchanges tells its own ids by it. */
#define UPSTREAM_ID_WRAPPED (1ull << 31)

enum upstream_failure {
	UPSTREAM_OK = 0,
	UPSTREAM_UNREACHED, /* the server never got it: counters are given back */
	UPSTREAM_BROKEN,    /* it may have run */
	UPSTREAM_TIMEOUT,
	UPSTREAM_GONE_SESSION, /* HTTP 404 for this session: the client must initialize again */
	UPSTREAM_REFUSED,      /* HTTP 401, 403 or another 4xx: the server refused us */
	UPSTREAM_BUSY,         /* a limit of ours: calls_max, children_max, waiting_max */
};

struct upstream_events {
	/* A notification or a request of the server that belongs to this exchange's stream. */
	void (*on_message)(void *ctx, struct exchange_id id, const struct mcp_message *m);
	/* Exactly once, last. m is the answer (MCP_RESULT or MCP_ERROR) for UPSTREAM_OK of a request,
	 * else NULL. why: one line for the log and, where it is safe, for the client. http_status 0
	 * for stdio. */
	void (*on_done)(void *ctx, struct exchange_id id, enum upstream_failure f,
			const struct mcp_message *m, const char *why, int http_status);
	/* May be NULL. upstream_listen: the server has taken the stream; once, before on_message.
	 * upstream_request: the server may rest its stream and go on later (an event with an id and no
	 * data: MCP 2025-11-25, Transports), which happens without further word. */
	void (*on_open)(void *ctx, struct exchange_id id);
};

/*
 * What a server speaks. A server may speak both eras (dual-era). A verdict is found out by
 * upstream_probe and by how upstream_open ends, is dated, and is UPSTREAM_NOT_ASKED again after
 * LIMIT_ERA_TTL_MS: a stale one would fail in silence.
 */
enum upstream_verdict { UPSTREAM_NOT_ASKED = 0, UPSTREAM_YES, UPSTREAM_NO };
enum upstream_verdict upstream_speaks(const struct upstream *u, enum mcp_era era);
/* Something spoke against the verdict: the next one asks again. */
void upstream_doubt(struct upstream *u, enum mcp_era era);

/*
 * Asks by server/discover whether the server is of the modern era (MCP 2026-07-28, Versioning;
 * stdio: by a process of its own, since servers exist that end on it). params: JSON text with the
 * envelope in _meta, empty for the gate's own. on_done: UPSTREAM_OK with the MCP_RESULT of
 * discover when it is and has a version in common with us, UPSTREAM_OK without a message when it
 * is not, anything else proves nothing (401, 403, 429, 5xx, a broken connection). A server that
 * refuses with an error of the modern era is asked once more, in the gate's own words; one that
 * refuses these, too, is UPSTREAM_REFUSED with the verdict YES. t->version is not looked at.
 */
struct exchange_id upstream_probe(struct upstream *u, const struct upstream_target *t,
				  struct slice params, const struct upstream_events *ev, void *ctx);

/*
 * subscriptions/listen of a server of the modern era: lasts until cancelled or the server ends it.
 * on_open once the server has taken it (start_timeout_ms at the latest); then on_message first for
 * its notifications/subscriptions/acknowledged, which says what it honours, and for each
 * notification after it, with the id that the server knows as subscriptionId (restamp it); on_done
 * UPSTREAM_OK with the server's last result when it ended the stream in order, or with its error
 * when it never took it. Counts as a listen, not as a call. A child that ends by itself does not end
 * it: the next one is asked for it, and a further acknowledgement says that something may have been
 * missed.
 */
struct exchange_id upstream_subscribe(struct upstream *u, const struct upstream_target *t,
				      struct slice params, const struct upstream_events *ev, void *ctx);

/*
 * Opens a session: the whole handshake with the server, notifications/initialized
 * included (the client's own is not passed on). client_info and capabilities are those of the
 * client (NULL: the gate's own), version what to ask for. In on_done the message is the server's
 * answer to initialize, and upstream_opened() tells, within on_done, what to keep.
 * A stdio child that already runs answers with what it said at its start. A server that refuses
 * with a JSON-RPC error is UPSTREAM_OK with MCP_ERROR; one that answers with a revision we do not
 * speak is UPSTREAM_REFUSED by name. One that shows that it has no handshake (an error of the modern
 * era, an unknown method) is UPSTREAM_REFUSED, and upstream_speaks says NO of the legacy era: so it
 * does of one that refuses in another way by 400, or by 404 or 405 over both transports, which ends as
 * any other. NO is a reason to ask for the other era, not to ask for nothing.
 * One that refuses the POST with 400, 404 or 405 is tried by HTTP+SSE (MCP 2024-11-05, Transports),
 * which is remembered like a verdict. Such a session lives in this process, and elsewhere, or once its
 * stream has ended, is UPSTREAM_GONE_SESSION.
 * t->version is not looked at.
 */
struct exchange_id upstream_open(struct upstream *u, const struct upstream_target *t,
				 const struct json *client_info, const struct json *capabilities,
				 enum mcp_version version, const struct upstream_events *ev,
				 void *ctx);
/* Valid only inside the on_done of upstream_open. */
bool upstream_opened(const struct upstream *u, struct exchange_id id, struct slice *session,
		     enum mcp_version *version);

/*
 * Sends a request and waits for its answer. With t->version of the modern era it is a request of
 * that era: no session, params must have its envelope in _meta, over HTTP with the headers that
 * mirror it, and upstream_cancel closes the response stream (stdio: notifications/cancelled). An
 * HTTP status of 400 or 404 with a JSON-RPC error is an answer. params is JSON text that was printed
 * from a judged value, may be empty. The id on the wire is the gate's own (ids of clients never reach a server);
 * progressToken in params._meta must already be the gate's: see upstream_progress_token.
 * A child that is not running is started and initialized first (client_info unknown: the gate's
 * own, capabilities by t->client_caps). deadline_ms 0: call_timeout_ms. A notification
 * "notifications/progress" of the server for this exchange does not extend the deadline.
 */
struct exchange_id upstream_request(struct upstream *u, const struct upstream_target *t,
				    struct slice method, struct slice params, uint64_t deadline_ms,
				    const struct upstream_events *ev, void *ctx);
/* The client's own progress token must be replaced in params before upstream_request: a JSON text to
 * put there ("\"gh-…\""); on_message then shows the server's notifications with that token. */
void upstream_progress_token(struct buf *out, uint64_t call_id);
/* The call that notifications/progress is about; 0: no token of ours. */
uint64_t upstream_progress_call(const struct mcp_message *m);

/* Ends the exchange: the server is told (notifications/cancelled for what is under way, as its
 * revision says); no further event. */
void upstream_cancel(struct upstream *u, struct exchange_id id, const char *reason);
/* Back-pressure from the client. */
void upstream_pause(struct upstream *u, struct exchange_id id, bool is_paused);

/*
 * Sends a notification, or the answer to a request of the server (its id as on_message showed it).
 * on_done tells how it went; ev may be NULL. text is a whole message. UPSTREAM_REFUSED:
 * - an answer to a request that was not shown to this client session, or was answered already. Over
 *   HTTP with a session of the server's the server itself tells them apart, so that any process of
 *   ours may send the answer; without one, the process that showed the request must;
 * - notifications/cancelled (see upstream_cancel) and notifications/initialized: those are the gate's;
 * - notifications/progress with a token that no open request of the server to this session carries
 *   (stdio).
 */
struct exchange_id upstream_notify(struct upstream *u, const struct upstream_target *t,
				   struct slice text, const struct upstream_events *ev, void *ctx);

/* Opens the stream of what the server says by itself (GET in HTTP); lasts until cancelled or the
 * server ends it. on_message for each message. last_event_id may be empty. UPSTREAM_REFUSED with
 * status 405 when the server offers none. */
struct exchange_id upstream_listen(struct upstream *u, const struct upstream_target *t,
				   struct slice last_event_id, const struct upstream_events *ev,
				   void *ctx);

/* Ends a session (DELETE in HTTP; a child per session is stopped). Fire and forget. */
void upstream_close(struct upstream *u, const struct upstream_target *t);

#endif
