/*
 * The cell of a legacy client and a server of the modern era (MCP 2026-07-28). Only lm*.c
 * include it.
 *
 * lm.c       which way a crossing goes; handshakes, what a client sends beside requests
 * lm_call.c  one request of the client: its envelope, its answers, sent again with input
 * lm_ask.c   the requests of the server that the client is shown, and its answers
 * lm_client.c what is kept of a client's session: level of logs, subscriptions, tasks
 * lm_listen.c its stream of what the server says by itself
 * lm_task.c  tasks of 2025-11-25 with a server that has the tasks extension
 */
#ifndef BRIDGE_LM_H
#define BRIDGE_LM_H
#include "bridge/inside.h"
#include "mcp/input.h"
#include "mcp/task.h"

#define LM_ID_SIZE 40 /* "gh-", 32 hexadecimal digits and a NUL */

/* What is kept of one session with one server, in memory: a restart forgets it. */
struct lm_client {
	struct list node;        /* of lm.idle, the longest unused first, or of lm.busy */
	struct lm *lm;
	struct behind *behind;   /* counted there */
	char *key;               /* of lm.clients */
	size_t key_n;
	enum mcp_log_level log_level; /* what logging/setLevel said; MCP_LOG_NONE: nothing */
	char **uris;             /* subscribed to */
	size_t uri_n;
	struct list kept;        /* of struct lm_kept, oldest first */
	size_t kept_n;
	struct list streams;     /* crossings of CROSSING_LISTEN by of_state; the last is told */
	struct exchange_id subscription, before; /* of bridge_subscribe; `before` until the other opens */
	bool is_outdated;        /* it subscribed to something else meanwhile */
};

/* The result of a call that was answered at once although a task was asked for. */
struct lm_kept {
	struct list node;
	char id[LM_ID_SIZE];
	char *result; /* JSON text of a CallToolResult */
	size_t result_n;
	int64_t created_wall_us;
	uint64_t ttl_ms;
};

/* One request of the server that the client of a call was shown. */
struct lm_ask {
	char id[LM_ID_SIZE]; /* random, and taken from its own client session only */
	struct lm_call *call;
	char *key, *method;
	size_t key_n;
	char *answer;        /* JSON text; NULL: not there yet */
	size_t answer_n;
};

struct lm_call {
	struct crossing *x;
	struct buf params;        /* as they were sent first */
	struct buf state;         /* requestState of the last answer */
	bool has_state;
	struct lm_ask *asks;      /* of this round */
	size_t ask_n, answered;
	bool is_showing;          /* answers may come while the rest is shown */
	unsigned rounds;
	struct loop_timer timer;
	/* With the answer (never NULL) to what was sent last: */
	void (*next)(struct lm_call *c, const struct mcp_message *m);
	void (*timed)(struct lm_call *c);  /* what `timer` waits for */
	void (*when_answered)(struct lm_call *c);
	/* lm_task.c: */
	bool is_task;             /* the client asked for a task */
	bool is_polled;           /* it did not, and the server made one: its result is waited for, */
	bool is_settled;          /* and has come */
	uint64_t ttl_ms;          /* how long the client wants its task kept */
	char *task_id;
	struct map told;          /* keys that were answered; values mean nothing */
};

/* Of a bridge; made at the first use. */
struct lm {
	struct bridge *bridge;
	struct map asks;     /* id -> struct lm_ask */
	struct map clients;  /* server and session -> struct lm_client */
	struct list idle, busy;
	size_t client_n, kept_bytes;
};

/* lm.c */
struct lm *lm_of(struct bridge *b);
void lm_random_id(char out[LM_ID_SIZE]);
/* What stands in the envelope of this client's requests; both buffers are appended to. */
struct mcp_speaker lm_speaker(const struct crossing *x, enum mcp_log_level level, bool with_tasks,
                              struct buf *capabilities);
/* Notifications of requests and streams, as an older client knows them. */
void lm_show(struct crossing *x, const struct mcp_message *m);

/* lm_call.c */
void lm_call_begin(struct crossing *x);
/* Sends a request for it; its answer goes to c->next. The name that Mcp-Name repeats is read from
 * params, which must be JSON text of an object. */
void lm_call_send(struct lm_call *c, struct slice method, struct slice params);
void lm_call_wait(struct lm_call *c, uint64_t ms, void (*timed)(struct lm_call *c));
/* End the call: from a turn of the loop only. */
void lm_call_result(struct lm_call *c, struct slice result);
void lm_call_error(struct lm_call *c, const struct json *error);
void lm_call_complete(struct lm_call *c, const struct json *result); /* of a modern server */
/* Ends it on a later turn with an error of the gate's own. */
void lm_call_refuse(struct lm_call *c, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Counts a round: false when there were as many as there may be, and the call has been refused. */
bool lm_call_round(struct lm_call *c) MUST_CHECK;

/* lm_ask.c */
/* Shows them to the client; when_answered once all of them are, on this turn or a later one, unless
 * the call ended before. task (may be empty) is the id of the task that they belong to. */
void lm_ask(struct lm_call *c, const struct mcp_input *in, size_t n, struct slice task,
            void (*when_answered)(struct lm_call *c));
void lm_ask_drop(struct lm_call *c); /* forgets them: they are not answered any more */
void lm_ask_responses(struct lm_call *c, struct buf *b); /* the value of inputResponses */
/* Adds _meta's related task (2025-11-25, basic/utilities/tasks) to the text of an object. */
void lm_add_related_task(struct buf *object, struct slice task);

/* lm_client.c */
struct lm_client *lm_client_find(const struct crossing *x); /* NULL: nothing is kept */
struct lm_client *lm_client_get(const struct crossing *x);  /* NULL: as many are as may be */
void lm_client_touch(struct lm_client *k);
void lm_client_free(struct lm_client *k);
bool lm_client_subscribe(struct lm_client *k, struct slice uri) MUST_CHECK; /* false: too many */
void lm_client_unsubscribe(struct lm_client *k, struct slice uri);
enum mcp_log_level lm_client_level(const struct lm_client *k); /* k may be NULL */

/* lm_listen.c */
void lm_listen_begin(struct crossing *x);
void lm_listen_changed(struct lm_client *k); /* it subscribed to something else */
void lm_listen_drop(struct lm_client *k);

/* lm_task.c */
void lm_task_begin(struct lm_call *c, const struct json *params); /* tasks/… */
uint64_t lm_task_ttl(const struct json *task); /* of params.task, within our limits */
/* A tools/list for a client that may ask for tasks: each tool says that it can. */
void lm_task_mark_tools(struct buf *b, const struct json *result);
/* The answer to tools/call: true when it was dealt with. */
bool lm_task_answer(struct lm_call *c, const struct mcp_message *m);
void lm_kept_free(struct lm_client *k, struct lm_kept *t);
void lm_task_abandon(struct lm_call *c); /* the task of a call that is polled */

#endif
