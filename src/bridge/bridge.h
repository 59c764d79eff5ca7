/*
 * Makes each server look like one of its client's era. The shape is that of upstream.h,
 * and where client and server are of one era every function here is the one there:
 * nothing is wrapped, nothing is changed. Where they are not:
 *
 *   legacy client, modern server: initialize is answered from server/discover; each request
 *   gets its envelope; an input_required result becomes requests of the server, which the
 *   client answers (bridge_notify), and the request is sent again with what they said.
 *
 *   modern client, legacy server: the bridge holds a session with the server; server/discover
 *   is answered from its initialize; a request of the server ends the client's request with an
 *   input_required result and the call is parked behind requestState, until the client sends
 *   its answer.
 *
 * A server of both eras is spoken to in the client's. The caller is told nothing of all this:
 * it sees messages of its client's era only, and decides on each as on any other.
 */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H
#include "base/digest.h"
#include "upstream/upstream.h"

struct bridge;

struct bridge_opts {
	struct loop *loop;
	unsigned char key[SEAL_KEY_SIZE]; /* seals requestState, under a context of its own */
	uint64_t parked_ms;  /* how long a parked call waits for its client; 0: LIMIT_PARKED_MS */
};

struct bridge *bridge_new(const struct bridge_opts *o);
void bridge_free(struct bridge **b); /* once nothing is under way: the servers are gone */

/* On whose behalf. All slices are copied where they are kept. */
struct bridge_target {
	/* A legacy client with a legacy server: the session and version that bridge_opened gave. */
	struct upstream_target to;
	enum mcp_version client_version;
	/* JSON text of what the client says of itself; empty: the gate's own words, and what
	 * to.client_caps says. Of a modern client: of this request. */
	struct slice client_info, client_capabilities;
	/* A legacy client whose session with this server is the bridge's own business (the door to all
	 * servers): opened at the first use by to.client_session, and again when the server lost it.
	 * Ids of the server's requests are then the bridge's. */
	bool is_held;
	/* Of tools/call: a server of 2025-11-25 said that this tool runs as a task only. */
	bool is_task_only;
};

/* The same as those of upstream.h, but for the client's era. Ids are of one kind: a
 * bridge_cancel takes what any of these gave. */
struct exchange_id bridge_open(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                               const struct json *client_info, const struct json *capabilities,
                               const struct upstream_events *ev, void *ctx);
/* Within on_done of bridge_open. version is of the modern era when the session is the bridge's. */
bool bridge_opened(struct bridge *b, struct upstream *u, struct exchange_id id, struct slice *session,
                   enum mcp_version *version);
/* A modern client's server/discover, too: answered by the server's own, or from its initialize.
 * params of a modern client have its envelope. */
struct exchange_id bridge_request(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                  struct slice method, struct slice params, uint64_t deadline_ms,
                                  const struct upstream_events *ev, void *ctx);
/* The answer of a legacy client to a request that on_message showed, or a notification of it. u may be
 * NULL for an answer with t->is_held: the id tells which server it is for. */
struct exchange_id bridge_notify(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice text, const struct upstream_events *ev, void *ctx);
/* Of a legacy client: what the server says by itself. */
struct exchange_id bridge_listen(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                 struct slice last_event_id, const struct upstream_events *ev, void *ctx);
/* subscriptions/listen of a modern client. on_message shows first, right after on_open, a
 * notifications/subscriptions/acknowledged with what is honoured of the filter in params (a legacy
 * server's is made by the bridge), then what the filter let through; the subscriptionId is for the
 * caller to set. Streams of one server and grant share one behind; each gets its own acknowledgement. */
struct exchange_id bridge_subscribe(struct bridge *b, struct upstream *u, const struct bridge_target *t,
                                    struct slice params, const struct upstream_events *ev, void *ctx);
void bridge_cancel(struct bridge *b, struct upstream *u, struct exchange_id id, const char *reason);
void bridge_pause(struct bridge *b, struct upstream *u, struct exchange_id id, bool is_paused);
/* The client's session has ended. */
void bridge_close(struct bridge *b, struct upstream *u, const struct bridge_target *t);
/* The server was removed, or is another now: what was held for it is dropped. */
void bridge_forget(struct bridge *b, struct upstream *u);

#endif
