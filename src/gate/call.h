/*
 * Inside the gate: one call, the steps it goes through, and what a client sent.
 * Only files of this folder include it.
 */
#ifndef GATE_CALL_H
#define GATE_CALL_H
#include "base/idtable.h"
#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "bridge/bridge.h"
#include "gate/gate.h"
#include "gate/member.h"
#include "gate/method.h"
#include "gate/replay.h"
#include "mcp/envelope.h"
#include "mcp/mirror.h"
#include "mcp/trace.h"
#include "policy/policy.h"
#include "scan/scan.h"
#include "session/cache.h"
#include "upstream/upstream.h"

/*
 * One thing a client sent: a POST, a GET stream or a line. It says who sent it and where
 * answers go, and owns the parsed text until all its calls are done, also when the client
 * has gone before.
 */
struct inbound {
	struct list link;              /* free ones, or open streams */
	struct gate *gate;
	uint64_t id;
	struct http_request_id http;   /* v 0: the line door */
	struct arena arena;
	struct grants *grants;         /* the snapshot that decides all of this message */
	const struct grant *grant;
	const char *server;            /* the door it came by, in the arena; "": that to all servers (/mcp) */
	struct session session;        /* of a modern client: what this request says of it */
	const char *client_info;       /* JSON text of inbound_target, once it was needed; in the arena */
	bool has_session;
	struct mcp_envelope envelope;  /* of a modern client */
	const struct mcp_header *param_headers; /* Mcp-Param-… that came with it */
	size_t param_header_n;
	uint64_t call_id;              /* the one call of a modern client's request */
	struct slice traceparent, tracestate; /* headers that came with it; empty: none */
	struct slice peer;
	size_t waiting;                /* calls that have not answered */
	size_t answers;                /* given so far */
	size_t collected;              /* of a batch: those that wait in `out` */
	bool is_modern;                /* MCP 2026-07-28: no session, and going is cancelling */
	bool is_batch, can_stream, is_streaming, is_closed, is_listening, is_slow;
	struct buf out;                /* answers of a batch: "[", then one a line */
	struct buf new_session;        /* token for Mcp-Session-Id of the answer */
	struct list ears;              /* of an open stream: see ear.c */
	struct subscription *subscription; /* of subscriptions/listen: see subscription.c; in the arena */
	struct replay_stream *replay;  /* once its client was given an event id */
	uint64_t old_stream;           /* inbound that answers go to: a POST of HTTP+SSE; its own id: that stream */
	char *old_id;                  /* of that stream, as in its URI; in the arena */
	bool old_asked;                /* of that stream: initialize has come */
	struct play *play;             /* of gate_play(); owned */
};

enum step_result { STEP_NEXT = 0, STEP_WAIT };

/* What a policy's `results` found in an answer and in messages before it: inspect.c. */
struct inspect_sum {
	uint32_t counts[SCAN_KINDS]; /* replaced; of SCAN_NONE: texts with too many findings */
	uint32_t left_out;           /* parts of a type that may not pass */
	const char *injection;       /* its surest finding; NULL: none. A constant */
	enum scan_certainty sure;
	bool is_withheld;            /* of something: it was not passed on */
};

enum call_refusal {
	REFUSE_NOTHING = 0,
	REFUSE_BY_POLICY,   /* a tool result with isError, or an error for what is no tool */
	REFUSE_FOR_APPROVAL, /* a person is asked; the client is told to come again */
	REFUSE_AS_ERROR,    /* a JSON-RPC error: the call itself is wrong, or we cannot serve it */
};

struct call {
	struct list link;              /* calls in flight, or free ones */
	struct gate *gate;
	uint64_t id;
	size_t at;                     /* the step it is in */
	struct inbound *in;            /* holds it while in->waiting counts this call */
	struct mcp_message m;          /* borrowed from in->arena */
	const struct method *method;
	const char *server;            /* that it is for, in in->arena or the grant; "" of a call to the door to all */
	const struct grant_binding *binding;
	struct upstream *upstream;
	struct catalog_tool *tool;     /* a reference; NULL: not known */
	struct slice name;             /* of the tool, resource or prompt, as its server knows it */
	struct slice own_name, shown_name; /* by the door to all servers: the same, and as the client said it */
	struct merge *merge;           /* of a call to all servers of the grant; owned */
	const struct json *arguments;
	struct mcp_params params;      /* of the tool that are repeated in headers */
	const struct policy_past *past; /* until the decision */
	struct slice session_labels;    /* of a decision that is not to allow, for the record */
	struct policy_decision decision;
	enum call_refusal refusal;
	int error_code;                /* of REFUSE_AS_ERROR */
	int error_status;              /* of HTTP, for it; 0: 200 */
	const char *required;          /* of MCP_MISSING_CAPABILITY: the capabilities as JSON text */
	bool has_claims;               /* reserved, and neither settled nor given back */
	/* While a step waits for the ledger: takes its answer, and then the next step runs. */
	void (*on_ledger)(struct call *c, const struct ledger_answer *a);
	bool is_counted;               /* among the calls of its session */
	bool is_recorded, is_forwarded, did_survey, is_cancelled;
	bool has_trace, is_trace_in_meta;
	struct mcp_trace trace;
	bool is_answer_ours;           /* the answer is the server's with something taken out; it has no root */
	bool is_ask_refused;           /* the answer asks the client for what it may not be asked */
	struct inspect_sum found;      /* in it, and in what came before it */
	bool is_withheld;              /* it came, and is not delivered: the decision says why */
	bool found_injection;          /* in what is delivered */
	int64_t retry_after_us;        /* of a limit that refused; 0: not a limit, -1: never */
	struct exchange_id exchange;
	struct consent *consent;       /* of a call that needs a person's yes; in in->arena */
	bool needs_yes;                /* the policy lets it through only with that */
	enum upstream_failure failure;
	const struct mcp_message *answer; /* borrowed, only while on_done runs */
	const char *why;                  /* the same */
	int http_status;
	char record_id[RANDOM_UUID_SIZE];
	int64_t began_wall_us;
	uint64_t began_us, forwarded_us, answered_us;
	size_t result_bytes;
};

struct gate {
	struct gate_opts o;
	struct bridge *bridge;
	struct grants *grants;
	struct idtable calls, inbounds;
	struct list running, free_calls, free_inbounds, streams;
	struct map inbounds_by_http;     /* eight bytes of the id -> struct inbound: streams, and what modern clients
					  * sent: those that end when their client goes */
	struct loop_timer timer;         /* of watching the streams, while has_timer */
	bool has_timer;
	uint64_t stranger_logged_us;     /* when a request without a grant was last logged */
	size_t stream_n, slow_n, free_inbound_n;
	struct gate_counts counts;
	struct map ended_sessions;       /* ids of sessions that clients ended, until they are too old */
	struct session_cache session_cache;
	struct map merged_names;         /* of the door to all servers: see merge_name.c */
	struct replay replay;
	struct map old_streams;          /* id -> struct inbound: streams of HTTP+SSE */
	struct map digests;              /* what policies show of servers: changes.c */
	uint64_t digests_at, changes_at; /* as of which change of the catalogue: of these, and told to streams */
	uint64_t seconds;                /* turns of the timer */
	struct map surveys;              /* server -> struct survey_state of survey.c */
	struct list held;                /* struct consent: calls that wait for a person */
	int64_t pins_version;            /* of the reviews that are in force */
	uint64_t pins_looked_us, pins_written_us;
	struct buf answer;               /* scratch for one answer */
	struct buf entry;                /* scratch for one entry of the journal */
	gate_hear_fn *hear;              /* NULL: nobody listens */
	void *hear_ctx;
	struct inbound *line;            /* what stands for the client of the line door */
};

/* call.c */
void call_begin(struct inbound *in, const struct mcp_message *m);
void call_resume(struct call *c);
/* The answer is borrowed while on_done runs: a copy in the arena of the inbound, for a step that waits. */
bool call_keep_answer(struct call *c) MUST_CHECK;
void call_on_ledger(void *gate, uint64_t call_id, const struct ledger_answer *a);
/* Ends a call that waits, because its client cancelled it. */
void call_cancel(struct call *c, const char *reason);
/* The next step is the first one that depends on what happened before: the past may be another now. */
void call_judge_again(struct call *c);
void call_refuse_policy(struct call *c, const char *rule, const char *message);
void call_refuse_error(struct call *c, int code, const char *rule, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* What the modern era refuses with a code and an HTTP status of its own. */
void call_refuse_mcp(struct call *c, const char *rule, const struct mcp_refusal *r);

/* endpoint.c: what came in by the door (door.c), one function for each method of HTTP */
void endpoint_post(struct inbound *in, const struct http_request *r);
void endpoint_get(struct inbound *in, const struct http_request *r);
void endpoint_delete(struct inbound *in, const struct http_request *r);
bool endpoint_is_initialize(const struct json *root);
/* Why this session may not send this array of messages; NULL when it may (JSON-RPC 2.0, 6; MCP 2025-03-26,
 * Lifecycle: initialize must not be part of one). */
const char *endpoint_check_batch(const struct session *s, const struct json *root);
bool endpoint_is_json(struct slice content_type);
void endpoint_close_session(struct inbound *in); /* at the servers */

/* modern.c: what is particular to a client of MCP 2026-07-28 */
void modern_begin(struct inbound *in, const struct mcp_envelope *e); /* of this message */
void modern_watch(struct inbound *in); /* its calls are cancelled when the client of in->http goes */
void modern_post(struct inbound *in, const struct http_request *r, const struct mcp_inbound *what);
/* MCP_CAN_… of what the policy lets a server ask; NULL: nothing. */
unsigned modern_allowed(const struct policy *p);
/* The client's capabilities without what the policy lets no server ask. */
void modern_write_capabilities(struct buf *b, const struct inbound *in, const struct policy *p);
/* Do the headers repeat what the tool's schema says? Refuses the call when not. */
void modern_check_params(struct call *c);
/* All headers of the call: those of its schema, and those of the client that no parameter has. */
bool modern_write_params(struct call *c, struct bridge_target *t) MUST_CHECK;
/* The answer of server/discover, as this gate and this grant have it. */
void modern_write_discover(struct buf *b, const struct call *c);
void modern_gone(struct gate *g, struct http_request_id id); /* harmless when it is no such request */

/* links.c */
void links_hide(struct call *c); /* in the answer: links to resources that the grant may not read */

/* step_inspect.c: an error of the server, as it is passed on when it is ours */
void inspect_write_error(struct buf *b, const struct call *c, struct slice id);

/* trace.c: the trace that a call is part of */
void trace_keep(struct inbound *in, struct http_headers h); /* what came as headers */
void trace_find(struct call *c);
/* What changes in _meta; the texts are in *text, which must not change before they are used. */
size_t trace_members(const struct call *c, struct member changes[2], struct buf *text);
size_t trace_headers(struct call *c, struct http_header h[2]); /* what goes on as headers */

/* ask.c: what a server asks of a modern client */
/* asks has inputRequests or a requestState. Records each; false and why when one is refused. */
bool ask_allows(struct inbound *in, const char *server, const struct policy *p, const struct json *asks, char *why,
                size_t why_size);
void ask_check(struct call *c);          /* of the answer: c->is_ask_refused, the decision says why */
bool ask_retry_is_sound(struct call *c); /* shape of what a client says to it; else the call is refused */

/* subscription.c: subscriptions/listen */
void subscription_decide(struct call *c); /* refuses the call, or sets in->subscription */
void subscription_write_params(struct buf *b, const struct inbound *in, const char *server);
enum step_result subscription_start(struct call *c);
/* A server says something; is_again: its stream had ended and was opened anew. */
void subscription_hear(struct inbound *in, const char *server, const struct mcp_message *m, bool is_again);
/* A server ended its stream. True: its call was waiting for that, and has ended, too, with `in`. */
bool subscription_failed(struct inbound *in, enum upstream_failure f, const struct mcp_message *m, const char *why, int status);
void subscription_open(struct inbound *in); /* the call is done, the stream begins */
void subscription_end(struct inbound *in);  /* in order: says so */
bool subscription_is(const struct inbound *in, const struct json *id);
void subscription_release(struct inbound *in);
/* Tells an open stream of either era, as far as it asked to be told. */
void subscription_changed(struct inbound *in, bool tools, bool prompts, bool resources);

/* step_decide.c: what a policy is told of a tool call; without its past. Borrows from the call. */
struct policy_facts call_facts(struct call *c);

/* The steps, one file each. */
enum step_result step_identify(struct call *c);
enum step_result step_resolve(struct call *c);
enum step_result step_recall(struct call *c);
enum step_result step_decide(struct call *c);
enum step_result step_peek(struct call *c);
enum step_result step_approve(struct call *c);
enum step_result step_reserve(struct call *c);
enum step_result step_use(struct call *c);
enum step_result step_record(struct call *c);
enum step_result step_forward(struct call *c);
enum step_result step_settle(struct call *c);
enum step_result step_inspect(struct call *c);
enum step_result step_learn(struct call *c);
enum step_result step_answer(struct call *c);

/* step_reserve.c: refuses the call for an answer that is neither RESERVED nor UNCOUNTED */
void reserve_refuse(struct call *c, enum ledger_result r, size_t at, int64_t retry_after_us);

/* record.c: what the journal keeps of a call */
bool record_decision(struct call *c);
void record_asking(struct call *c); /* that a person is asked, of a call that waits for it; once */
void record_outcome(struct call *c);
const char *record_outcome_word(const struct call *c); /* of audit/audit.h */
/* A resource that was asked for with others, and is left out by `rule`. */
void record_left_out(struct inbound *in, const char *server, struct slice method, struct slice target, const char *rule);
/* by_shadow: the policy says no, but is in mode shadow. */
void record_server_request(struct inbound *in, const char *server, struct slice method, bool is_allowed, bool by_shadow);

/* inbound.c */
struct inbound *inbound_new(struct gate *g, struct http_request_id http);
void inbound_free(struct inbound *in);
/* Every message of a POST or line, already parsed. */
void inbound_dispatch(struct inbound *in, const struct json *root);
/* A message before the answer: false when this client cannot be reached with one. */
bool inbound_message(struct inbound *in, struct slice text);
/* The answer of one call, with the HTTP status where that can still be said. The call must not
 * touch `in` afterwards. */
void inbound_answer(struct inbound *in, int status, struct slice text);
/* Answers the whole request with an HTTP status and a JSON-RPC error. */
void inbound_fail(struct inbound *in, int status, int code, struct slice id, const char *text);
void inbound_changed(struct inbound *in, const char *method); /* a notification without params, to a legacy client */
void inbound_begin_stream(struct inbound *in); /* harmless when it has begun */
void inbound_begin_again(struct inbound *in);  /* on another connection than before */
void inbound_refuse(struct inbound *in, const struct mcp_refusal *r, const struct json *id);
enum mcp_era inbound_era(const struct inbound *in);
void inbound_drop_call(struct inbound *in); /* a call ends without an answer (cancelled) */
struct bridge_target inbound_target(struct inbound *in); /* borrows from in */

/* relay.c */
/* What `server` says, on the stream of a call or (c NULL) by itself. */
void relay_message(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m);
bool relay_may_hear(const struct inbound *in, const char *server, const struct mcp_message *m); /* by its policy */
void relay_notification(struct inbound *in, const struct mcp_message *m); /* from the client */
void relay_answer(struct inbound *in, const struct mcp_message *m);       /* from the client */

/* list.c */
void list_write(struct buf *b, struct call *c); /* the answer, without what the grant may not see */
/* p NULL: nothing is shown. */
bool list_shows(const struct call *c, const char *server, const struct policy *p, const struct json *item);

/* open.c */
struct exchange_id open_session(struct call *c, const struct upstream_events *ev);
void open_answer(struct buf *b, struct call *c);
/* The client's session as it asks for it, and the token for it in in->new_session. */
void open_begin(struct call *c);
bool open_seal(struct call *c);

/* stream.c: GET streams, and what the line door hears */
void stream_open(struct inbound *in, struct slice last_event_id);
void stream_begin(struct inbound *in); /* without listening to the server */
bool stream_has_room(struct gate *g);  /* who waits for its client makes room */
void stream_end(struct inbound *in); /* frees it */
void stream_end_session(struct gate *g, const char *session_id);
void stream_end_all(struct gate *g);
void stream_gone(struct gate *g, struct http_request_id id); /* harmless when it is no stream */
void stream_keep_alive(struct gate *g); /* every second: a part of them, and each of them in its turn */
void stream_set_grants(struct gate *g, struct grants *grants);

/* resume.c: clients whose connection broke, and event ids for them to come back with */
bool resume_is_possible(const struct inbound *in);
void resume_prime(struct inbound *in); /* begins the stream of a call early, where its client knows what that is */
/* A GET with the id of the last event that its client got. False: it is a new stream. */
bool resume_stream(struct inbound *in, struct slice last_event_id);
bool resume_wait(struct inbound *in);  /* its client has gone: true when it may come back */
void resume_every_second(struct gate *g);

/* oldstream.c: HTTP+SSE of 2024-11-05 */
bool oldstream_is_get(const struct http_request *r);
void oldstream_open(struct inbound *in, const struct http_request *r);
bool oldstream_is_post(const struct http_request *r);
void oldstream_post(struct inbound *in, const struct http_request *r);
void oldstream_keep(struct inbound *in); /* its session was made: the stream has it, too, and listens to the server */
void oldstream_gone(struct inbound *in); /* the stream ended, and its session with it */

/* ear.c: what servers say by themselves, to an open stream */
size_t ear_put(struct inbound *in); /* to its servers, as its grant now has them; harmless again. At how many it is */
void ear_take_off(struct inbound *in, const char *reason);
void ear_pause(struct inbound *in, bool is_paused);
void ear_forget(struct inbound *in); /* the servers are gone */

/* pressure.c: clients that read slowly */
void pressure_check(struct inbound *in); /* after each piece of a stream */
void pressure_release(struct gate *g, struct http_request_id id); /* drained, or gone */
void pressure_forget(struct inbound *in);

/* gate.c */
void gate_watch_streams(struct gate *g); /* a stream was opened */
void gate_key_of(uint64_t v, char out[8]);
bool gate_session_ended(const struct gate *g, const char *session_id);
void gate_end_session(struct gate *g, struct session *s);

#endif
