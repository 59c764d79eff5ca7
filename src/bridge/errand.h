/*
 * An errand: what a legacy server does for a modern client's request. It outlives the client's
 * exchange when the server asks something (sampling, elicitation, roots): that exchange ends with
 * an input_required result and the errand is parked, until the client sends its request again with
 * what was asked for and the requestState that names the errand, or LIMIT_PARKED_MS are over.
 * Not for other folders.
 */
#ifndef BRIDGE_ERRAND_H
#define BRIDGE_ERRAND_H
#include "bridge/held.h"
#include "mcp/input.h"

/* One open request of the server. */
struct errand_ask {
	struct list node;
	char key[24];    /* in inputRequests */
	char *id;        /* the server's, JSON text */
	char *method;
	unsigned needs;  /* of the client, MCP_CAN_… */
	struct buf params;
};

struct errand {
	struct list link;          /* of held->errands, once it is sent */
	struct list of_bridge;     /* of bridge->errands */
	struct bridge *bridge;
	struct behind *behind;
	struct held_wait wait;     /* the session it uses */
	struct crossing *x;        /* whom it is for now; NULL: parked */
	char *method, *grant_id;
	unsigned char digest[DIGEST_SIZE]; /* of the params, see parked_digest */
	struct buf params;         /* as the server gets them */
	struct buf client_info;
	unsigned can;              /* what the client said last that it can answer */
	unsigned client_caps;      /* what it said when the errand began: of the session */
	enum mcp_log_level session_level, log_level; /* the same of the log */
	uint64_t progress_id;
	struct exchange_id inner;
	bool may_ask;              /* its method may end with input_required */
	bool did_repeat, is_dead;
	bool wants_task, is_task;  /* its tool runs as a task only; it was sent as one */
	struct list asks;          /* of struct errand_ask, in the order of their coming */
	size_t ask_n, ask_bytes;
	unsigned ask_last, rounds;
	uint64_t id;               /* in bridge->parked; 0: it was never parked */
	uint64_t round;            /* the one that the last requestState names */
	bool is_parked;
	struct loop_timer gather, late;
	bool has_ended;            /* while it was parked: this is for the next retry */
	struct buf answer;         /* a whole message; empty: */
	enum upstream_failure failure;
	char *why;
	int http_status;
};

/* errand.c. x is of CROSSING_REQUEST and has a message's params in x->text. */
void errand_begin(struct crossing *x, const struct json *params);
/* What the server says on the stream of a session. */
void errand_hear(struct held *h, const struct mcp_message *m);
/* It is for nobody any more: the server is told. */
void errand_abort(struct errand *e, const char *reason);
void errand_attach(struct errand *e, struct crossing *x, const struct json *params);
struct crossing *errand_detach(struct errand *e);
void errand_free(struct errand *e);
void errand_forget(struct behind *s); /* parked ones of a server that was removed */
void errand_release(struct bridge *b);
/* The session for the requests of such a client. Slices are borrowed, and from *caps that this writes. */
struct held_key errand_key(struct buf *caps, struct slice grant_id, unsigned client_caps, enum mcp_log_level level,
                           struct slice client_info);
/* How a session's opening failed, said to a modern client; may send x another way. */
void errand_not_opened(struct crossing *x, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status);
enum mcp_log_level errand_log_level(const struct json *params);

/* parked.c */
void parked_init(struct bridge *b);
void parked_release(struct bridge *b);
/* The server asks: kept for the client, or refused. */
void parked_ask(struct errand *e, const struct mcp_message *m);
void parked_drop_ask(struct errand *e, const struct json *id); /* the server gives it up */
void parked_refuse_asks(struct errand *e, const char *text);
/* The request of a client that answers; ends x with an error where it answers nothing of ours. */
void parked_resume(struct crossing *x, const struct json *params, const struct mcp_retry *retry);
/* Error -32042: the client is to open addresses and to send its request again, which then runs
 * anew: *b gets the whole message. False: it is no such error, or this client opens none. */
bool parked_by_url(struct errand *e, const struct json *error, struct buf *b) MUST_CHECK;
void parked_keep(struct errand *e);    /* it has ended while nobody waits: bounds what is kept */
void parked_digest(const struct json *params, unsigned char out[DIGEST_SIZE]);
void parked_forget(struct errand *e);  /* errand_free */

#endif
