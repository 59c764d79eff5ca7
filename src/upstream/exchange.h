/*
 * What the files of this folder share: one server's state and one exchange's. Not for
 * other folders.
 *
 * An exchange starts in upstream.c, is carried by remote.c or stdio.c, and ends in
 * exchange.c, which is the only place that calls the events. Its memory stays until
 * the end of the turn in which it ended, so that a loop over messages may look at
 * `is_over` after each event.
 */
#ifndef UPSTREAM_EXCHANGE_H
#define UPSTREAM_EXCHANGE_H
#include "base/idtable.h"
#include "base/list.h"
#include "http/sse.h"
#include "upstream/upstream.h"
#include "upstream/waiting.h"

struct process;
struct push;

enum exchange_kind {
	EXCHANGE_NONE = 0,
	EXCHANGE_OPEN,
	EXCHANGE_REQUEST,
	EXCHANGE_NOTIFY,
	EXCHANGE_LISTEN,
	EXCHANGE_PROBE,     /* server/discover, to learn what the server speaks */
	EXCHANGE_SUBSCRIBE, /* subscriptions/listen of the modern era */
};

/* What one child or one stream said in the current window (LIMIT_FAIR_…). */
struct fairness {
	uint64_t since_us;
	size_t messages, bytes;
};
/* True when its share of the window is used up. */
bool fairness_spend(struct fairness *f, uint64_t now_us, size_t bytes);
uint64_t fairness_left_ms(const struct fairness *f, uint64_t now_us);

/* Log lines about what a server does wrong: a few in ten seconds, the rest is counted. */
struct complaints {
	uint64_t since_us;
	unsigned n, hidden;
};

/* A request of the server that one client session was shown and has not answered. */
struct ask {
	struct list node; /* of the process, or of the exchange (HTTP) */
	char *client_session;
	size_t client_session_n;
	uint64_t by;          /* the exchange that it was shown on */
	uint64_t shown_id;    /* stdio: the id that the client sees; 0 over HTTP */
	char *server_id;      /* the server's own id, JSON text */
	char *progress_token; /* JSON text or NULL */
};

enum remote_body { REMOTE_NONE = 0, REMOTE_DROP, REMOTE_JSON, REMOTE_STREAM };

struct remote_state {
	struct http_call_id call;
	int status;
	int refused_status; /* of the POST of a handshake that is tried as HTTP+SSE now */
	enum remote_body body;
	bool has_answer;    /* the rest of the stream is only waited for */
	bool is_confirming; /* notifications/initialized is under way */
	bool is_resuming;   /* the stream of a request is taken up again by GET */
	bool has_reader;
	struct buf text; /* body, or the answer that waits for is_confirming */
	struct sse_reader reader;
	struct buf last_event_id;
	uint64_t retry_ms;
	size_t spilled_bytes; /* read after the answer */
	char *session;        /* from the answer to initialize */
	enum mcp_version version;
	struct fairness fairness;
	bool is_throttled;
	struct loop_timer throttle, retry;
};

struct exchange {
	struct upstream *u;
	struct exchange_id id;
	struct list of_server;
	enum exchange_kind kind;
	struct upstream_target t; /* slices into `strings`, headers into `headers` */
	char *strings;
	struct http_header *headers;
	struct upstream_events ev;
	void *ctx;
	uint64_t wire_id;
	char *method; /* of a modern request over HTTP, else NULL */
	bool is_over; /* no event follows */
	bool is_paused;
	bool is_cancellable;           /* the server may have it: a cancellation makes sense */
	enum upstream_failure failure; /* what `soon` will end it with, with `why` */
	char *why;
	struct loop_timer soon, deadline;
	struct buf text;  /* what waits to be sent */
	struct list asks; /* HTTP without a session of the server's */
	size_t ask_n;
	bool is_asked_again; /* a probe, with the gate's own envelope */
	struct remote_state remote;
	struct push *push; /* HTTP+SSE: the session's stream */
	/* stdio: */
	struct process *process;
	struct list of_process; /* or of the session's stream */
	bool is_sent;
	bool is_open;   /* a subscription that the server has taken */
	bool has_level; /* a modern request that log lines may be about */
	struct waiting waiting; /* shown later: its client does not read */
};

/* What was found out about a server, and when. */
struct verdict {
	enum upstream_verdict v;
	uint64_t at_us;
};

struct upstream {
	struct loop *loop;
	struct http_client *http;
	struct http_origin *origin; /* NULL: stdio */
	struct upstream_opts o;     /* owned */
	struct idtable ids;
	uint64_t id_mask;      /* an id of one server finds nothing in another */
	struct list exchanges; /* under way */
	struct list lingering; /* ended, but their stream is not yet at its end */
	size_t lingering_n;
	size_t calls, listens, notes; /* under way by kind */
	size_t paused_n;              /* exchanges that are */
	uint64_t wire_last, ask_last;
	struct arena arena; /* of the message that is being looked at */
	struct buf line;    /* scratch for a message on its way out */
	struct list processes;
	size_t process_n; /* of them, but the probe */
	uint64_t restarts;
	enum upstream_state state;
	char last_error[256];
	int64_t last_ok_wall_us;
	struct complaints complaints;
	struct verdict speaks[MCP_ERA_MODERN + 1]; /* by era */
	struct verdict is_push; /* over HTTP+SSE, and nothing else */
	struct list pushes;     /* its sessions */
	size_t jobs;            /* of a server of our own: on workers */
	bool is_stopped;
	loop_fn stopped;
	void *stopped_ctx;
	struct loop_timer stop_timer;
	upstream_watch_fn watch;
	void *watch_ctx;
};

/* NULL never: an exchange that is over a limit is made and ends by itself (BUSY). */
struct exchange *exchange_new(struct upstream *u, enum exchange_kind kind,
			      const struct upstream_target *t, const struct upstream_events *ev,
			      void *ctx);
/* Lasts until it is cancelled, and counts in listens. */
bool exchange_is_stream(const struct exchange *x);
bool exchange_is_modern(const struct exchange *x); /* of the modern era's messages */
struct exchange *exchange_find(const struct upstream *u, struct exchange_id id);
void exchange_set_deadline(struct exchange *x, uint64_t ms);
void exchange_on_soon(void *ctx); /* what x->soon runs */
/* Ends it on a later turn: for what fails inside the call that starts it. */
void exchange_fail_soon(struct exchange *x, enum upstream_failure f, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Ends it now. Only from a turn of the loop, never inside a function of upstream.h. */
void exchange_fail(struct exchange *x, enum upstream_failure f, int status, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void exchange_done(struct exchange *x, enum upstream_failure f, const struct mcp_message *m,
		   const char *why, int status);
void exchange_show(struct exchange *x, const struct mcp_message *m); /* on_message */
/* Ends it without an event. Harmless when it is over. */
void exchange_drop(struct exchange *x);
void exchange_free(struct exchange *x); /* at the end of the turn */

/* Reads one message into u->arena. The root is valid until the next call; an array is
 * left to the caller (m->kind MCP_INVALID, m->root set) and is not an error. */
bool upstream_read(struct upstream *u, struct slice text, struct mcp_message *m,
		   struct err *e) MUST_CHECK;
void upstream_complain(struct upstream *u, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Tells the watcher of what changed at the server. */
void upstream_noticed(struct upstream *u, const struct mcp_message *m);
void upstream_clear_line(struct upstream *u); /* empties u->line */
void upstream_check_stopped(struct upstream *u);
void upstream_write_cancelled(struct buf *b, uint64_t wire_id, const char *reason);
/* The client capability that a request of a server asks for. False: nobody can answer it. */
bool upstream_ask_needs(const struct mcp_message *m, unsigned *cap);
/* The answer to a request of the server that no client is shown. */
void upstream_write_own_answer(struct buf *b, const struct mcp_message *m);

/* era.c */
void verdict_set(struct upstream *u, struct verdict *v, bool is_yes);
enum upstream_verdict verdict_get(const struct upstream *u, const struct verdict *v);
void era_found(struct upstream *u, enum mcp_era era, bool is_yes);
/* What an answer to server/discover proves. */
enum era_finding {
	ERA_UNPROVEN = 0,
	ERA_MODERN,      /* and it is the result of discover, with a version in common */
	ERA_AGAIN,       /* it is, but of another version than was asked for: ask by our own */
	ERA_NO_COMMON,   /* it is, but in no version that we speak */
	ERA_NOT_MODERN,
};
enum era_finding era_judge(const struct mcp_message *answer);
/* An error that only a server of the modern era gives. */
bool era_is_modern_error(const struct mcp_message *m);
/* An answer to initialize that only a server without one gives. */
bool era_is_modern_only(const struct mcp_message *m);
/* Puts server/discover with the gate's own envelope into x->text, under a new id. */
void era_ask_again(struct exchange *x);

/* ask.c */
struct ask *ask_new(const struct exchange *x, uint64_t shown_id, const struct mcp_message *m);
void ask_free(struct ask *a); /* also takes it out of its list */
void ask_free_all(struct list *asks);
/* Finds what an answer of that session belongs to: by shown_id, or, where that is 0,
 * by the server's own id. */
struct ask *ask_find(struct list *asks, struct slice client_session, const struct json *id);
struct ask *ask_find_by_server_id(struct list *asks, const struct json *id);
bool ask_has_token(const struct ask *a, const struct json *token);

/* remote.c: Streamable HTTP. */
void remote_start(struct exchange *x);
void remote_pause(struct exchange *x);
/* The exchange is over: takes the transport's part away. True: it lingers, and frees itself. */
bool remote_detach(struct exchange *x);
void remote_end_linger(struct exchange *x);
void remote_cancel(struct exchange *x, const char *reason); /* tells the server */
void remote_end_session(struct upstream *u, const struct upstream_target *t);

/* builtin.c: a server that is part of this program. */
void builtin_start(struct exchange *x);
void builtin_soon(struct exchange *x);

/* stdio.c and process.c: children. */
void stdio_start(struct exchange *x);
void stdio_soon(struct exchange *x);
/* A notification or an answer to a child: puts its text into x->text where that must differ from what
 * the client wrote (ids), or refuses it. True: it may go as it is. */
bool stdio_prepare_note(struct exchange *x, const struct mcp_message *m) MUST_CHECK;
void stdio_pause(struct exchange *x);
void stdio_detach(struct exchange *x);
void stdio_cancel(struct exchange *x, const char *reason);
void stdio_end_session(struct upstream *u, const struct upstream_target *t);
void stdio_silent(struct exchange *x); /* a probe's deadline has passed */
void stdio_stop(struct upstream *u);
size_t stdio_children(const struct upstream *u); /* that run */

#endif
