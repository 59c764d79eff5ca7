/*
 * What the files of this folder share. Not for other folders.
 *
 * Where a client's message cannot go straight to its server, a `struct crossing` stands for it:
 * bridge.c makes it with a copy of all that was asked, finds out what the server speaks, and
 * hands it to a cell (lm.c: legacy client and modern server; ml.c: modern client and legacy
 * server; held.c: a legacy client whose session is the bridge's). The cell gives it a table of
 * functions and ends it, once, on a later turn than the one that began it.
 */
#ifndef BRIDGE_INSIDE_H
#define BRIDGE_INSIDE_H
#include "base/arena.h"
#include "base/idtable.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "bridge/bridge.h"

enum crossing_kind {
	CROSSING_NONE = 0,
	CROSSING_OPEN,
	CROSSING_REQUEST,
	CROSSING_NOTIFY,
	CROSSING_LISTEN,
	CROSSING_SUBSCRIBE,
};

struct crossing;

/* What happens to a crossing. Each may be NULL, and then the inner exchange is simply the client's. */
struct crossing_ops {
	/* Of the inner exchange, x->inner; it is zero again when on_done runs. */
	void (*on_message)(struct crossing *x, const struct mcp_message *m);
	void (*on_done)(struct crossing *x, enum upstream_failure f, const struct mcp_message *m,
	                const char *why, int http_status);
	void (*on_open)(struct crossing *x);
	/* What crossing_soon asked for, on a later turn. */
	void (*on_soon)(struct crossing *x);
	/* CROSSING_OPEN: see bridge_opened. */
	bool (*opened)(const struct crossing *x, struct slice *session, enum mcp_version *version);
	/* It is over: the client has gone, was answered, or was told why not. What is under way for it
	 * (but for x->inner, which is cancelled) must be left; x->state must be freed, or be nobody's
	 * concern. Called once, no event of x follows. */
	void (*leave)(struct crossing *x, const char *reason);
	void (*pause)(struct crossing *x); /* x->is_paused has changed */
};

/* What the bridge knows of one server. Those who keep a pointer to it count themselves in `users`. */
struct behind {
	struct bridge *bridge;
	struct upstream *u;     /* valid until bridge_forget, or while an exchange of it is under way */
	char name[LIMIT_NAME + 1];
	bool is_forgotten;      /* removed: nothing new may be kept for it */
	size_t users;
	struct exchange_id probe;
	struct list asking;     /* crossings that wait for it, by of_state */
	struct list held;       /* of struct held */
	struct list hubs;       /* of struct hub */
	struct list modern;     /* crossings of lm_call.c */
	struct map task_tools;  /* names of tools that run as a task only; ml_task.c */
	bool has_tasks;         /* the extension, as server/discover last said to lm.c */
};

struct crossing {
	struct list link;       /* of bridge->running */
	struct bridge *bridge;
	struct behind *behind;  /* NULL: of no server in particular (a held client's answer) */
	struct exchange_id id;  /* as the client of the bridge knows it */
	enum crossing_kind kind;
	const struct crossing_ops *ops;
	void *state;            /* of the cell */
	struct list of_state;   /* for a list of the cell's */
	struct upstream_events ev;
	void *ctx;
	struct bridge_target t; /* slices and headers into `strings` */
	char *strings;
	/* Copies. CROSSING_REQUEST: the method; params as JSON text. CROSSING_SUBSCRIBE: params.
	 * CROSSING_NOTIFY: the whole message. CROSSING_LISTEN: Last-Event-ID. CROSSING_OPEN: client_info and
	 * capabilities are in t, as JSON text. */
	struct slice method, text;
	enum upstream_verdict modern; /* what this crossing's probe said; UPSTREAM_NOT_ASKED: it did not */
	struct exchange_id inner, ended; /* of upstream, under way; and the last one that ended */
	uint64_t due_us;        /* CROSSING_REQUEST: when it must have ended */
	bool is_over, is_paused, is_opened;
	unsigned turns;         /* how often it was sent another way */
	struct loop_timer soon, deadline;
	enum upstream_failure failure; /* what `soon` ends it with, */
	char *why;                     /* with this, */
	struct buf answer;             /* or with this message */
};

struct bridge {
	struct bridge_opts o;
	struct idtable ids;
	uint64_t id_mask;
	struct list running;    /* of struct crossing */
	struct map behinds;     /* struct upstream * as bytes -> struct behind */
	struct lm *lm;          /* what lm.c keeps; NULL: nothing */
	/* held.c */
	struct map held;        /* key -> struct held */
	struct list held_by_use;
	struct map client_asks; /* id as the client sees it -> struct client_ask */
	size_t held_n;
	struct loop_timer held_sweep;
	/* errand.c, parked.c */
	struct list errands;    /* of struct errand */
	struct idtable parked;
	uint64_t parked_mask;
	size_t parked_n, parked_bytes; /* how many are parked, and what answers of theirs are kept */
	/* ml_task.c */
	struct list tasks;      /* of struct ml_task */
	size_t task_n;
	struct loop_timer task_sweep;
	bool is_ending;         /* bridge_free: the servers are gone, there is nobody to be told */
};

/* bridge.c */
struct behind *behind_of(struct bridge *b, struct upstream *u);
void behind_use(struct behind *s);
void behind_drop(struct behind *s); /* frees it when it is forgotten and nobody uses it */
/* Sends a crossing the way that the verdicts on its server say; again after they changed. From
 * within any function: it ends on a later turn. */
void crossing_route(struct crossing *x);

/* crossing.c. Copies all it is given. */
struct crossing *crossing_new(struct bridge *b, struct upstream *u, enum crossing_kind kind,
                              const struct bridge_target *t, struct slice method, struct slice text,
                              const struct upstream_events *ev, void *ctx);
struct crossing *crossing_find(const struct bridge *b, struct exchange_id id);
extern const struct upstream_events crossing_events; /* for an exchange of upstream, with ctx x */
/* It has this exchange of upstream under way. */
void crossing_set_inner(struct crossing *x, struct exchange_id inner);
void crossing_set_deadline(struct crossing *x, uint64_t ms); /* ends it with UPSTREAM_TIMEOUT */
uint64_t crossing_left_ms(const struct crossing *x);         /* until due_us; at least 1 */
void crossing_soon(struct crossing *x);                      /* ops->on_soon on a later turn */
/* End it on a later turn: for what is known inside the call that began it. */
void crossing_fail_soon(struct crossing *x, enum upstream_failure f, const char *fmt, ...) PRINTF_LIKE(3, 4);
void crossing_answer_soon(struct crossing *x, struct slice message); /* MCP_RESULT or MCP_ERROR */
void crossing_end_soon(struct crossing *x);                          /* UPSTREAM_OK without a message */
/* End it now: only from a turn of the loop, never inside a function of bridge.h. */
void crossing_fail(struct crossing *x, enum upstream_failure f, int status, const char *fmt, ...) PRINTF_LIKE(4, 5);
void crossing_answer(struct crossing *x, struct slice message, int status);
void crossing_done(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                   int status);
/* on_message to the client. m may be of any arena; text is a whole message. Harmless when it is over. */
void crossing_show(struct crossing *x, const struct mcp_message *m);
void crossing_show_text(struct crossing *x, struct slice text);
void crossing_opened(struct crossing *x); /* on_open to the client, once */
/* Ends it without an event: the client has gone. */
void crossing_leave(struct crossing *x, const char *reason);

/* lm.c: a legacy client, a server of the modern era. Every kind but CROSSING_SUBSCRIBE. Both begin
 * inside a function of bridge.h or on a turn of their own, and may only end x on a later one. */
void lm_begin(struct crossing *x);
void lm_close(struct bridge *b, struct upstream *u, const struct bridge_target *t);
void lm_forget(struct behind *s);
void lm_free(struct bridge *b);
/* An answer of a client (MCP_RESULT or MCP_ERROR): false when nothing that this session was shown by
 * lm.c has its id. x is what brought it: whose client, and of which server where that is known. */
bool lm_take_answer(const struct crossing *x, const struct mcp_message *m) MUST_CHECK;
/* ml.c: a modern client, a legacy server. CROSSING_REQUEST and CROSSING_SUBSCRIBE. */
void ml_begin(struct crossing *x);
/* held.c: a legacy client whose session with the server is the bridge's. */
void held_begin(struct crossing *x);
void held_close(struct bridge *b, struct upstream *u, const struct bridge_target *t);
void held_forget(struct behind *s);
/* hub.c: a modern client's CROSSING_SUBSCRIBE at a server of its era, or not. */
void hub_begin(struct crossing *x, bool is_modern);
void hub_forget(struct behind *s);

#endif
