/*
 * The gate: what clients send comes in here, is decided call by call (call.c has the
 * steps), and goes on to the servers behind. Two doors lead in: HTTP requests, and
 * lines of a client on standard input.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H
#include "approval/approvals.h"
#include "audit/audit.h"
#include "base/digest.h"
#include "catalog/catalog.h"
#include "grant/grant.h"
#include "http/server.h"
#include "ledger/ledger.h"
#include "store/journal.h"
#include "store/store.h"
#include "upstream/registry.h"

struct gate;

struct gate_opts {
	struct loop *loop;
	struct http_server *http;   /* NULL: only the line door */
	struct registry *registry;  /* all of these are borrowed and outlive the gate */
	struct catalog *catalog;
	struct ledger *ledger;      /* the gate hears its answers */
	struct approvals *approvals; /* NULL: a call that needs a person's yes is refused */
	struct pins *pins;          /* NULL: any tool may be used as it is listed */
	struct store *store;        /* where reviews of tools are kept; NULL: they end with the run */
	struct journal *journal;    /* NULL: nothing is recorded (gatehouse wrap without a data folder) */
	unsigned char session_key[SEAL_KEY_SIZE];
	uint64_t session_age_ms;
	size_t calls_max;           /* in flight, of all clients; more are refused */
	size_t streams_max;         /* open GET streams */
	uint64_t input_ms;          /* a call waits for what its client answers; 0: LIMIT_PARKED_MS */
	uint64_t merge_wait_ms;     /* the door to all waits for a server; 0: LIMIT_MERGE_WAIT_MS */
	uint64_t replay_ms;         /* how long a broken stream waits for its client; 0: no event ids */
	size_t message_bytes_max;
	/* Values of Origin and hosts of Host that are let in beside loopback ones; NULL-terminated
	 * or NULL. Any host is let in when is_public and no hosts are named. */
	const char *const *allowed_origins, *const *allowed_hosts;
	bool is_public;             /* listens beyond loopback */
	/* The line door: writes one message to the client. */
	void (*write_line)(void *ctx, struct slice line);
	void *line_ctx;
};

struct gate *gate_new(const struct gate_opts *o);
void gate_free(struct gate **g);
/* The grants from now on: the next message is decided by them. Takes a reference of its own. */
void gate_set_grants(struct gate *g, struct grants *grants);

/* Requests for /mcp/…; answers every one of them. */
void gate_on_request(struct gate *g, const struct http_request *r);
void gate_on_gone(struct gate *g, struct http_request_id id);
/* Ends what would last for ever: before the HTTP server is stopped. */
void gate_end_streams(struct gate *g);
/* What approvals_opts wants: a vote becomes a record; a call that waits goes on. */
void gate_on_vote(void *gate, const struct approval *a, const struct approval_vote *v);
void gate_on_decided(void *gate, const struct approval_seen *s);

/* The line door: whose lines they are, and one line. */
void gate_set_line_client(struct gate *g, struct slice grant_id, const char *server);
void gate_on_line(struct gate *g, struct slice line);
/* Its input has ended: calls go on to their answers, what would last for ever ends. */
void gate_end_line(struct gate *g);

/*
 * The door for people: somebody calls a tool as a grant, from the console. The grant, which a token names at other
 * doors, is named by its id; from there on it is a call as any other, of a client of 2026-07-28 that can be asked
 * nothing: judged, counted, recorded (session "playground", client_name "gatehouse console", client_version
 * "played by NAME"), sent as it was judged. It never waits for a person: a call that needs one is answered with
 * the id of the approval.
 */
struct gate_play {
	struct slice grant_id, server, tool;
	const struct json *arguments; /* an object; NULL: none */
	struct slice person, address; /* who plays, and from where */
	struct http_request_id http;  /* the call ends when this request's client goes (gate_on_gone) */
};
struct gate_played {
	const char *record_id, *decision; /* "allow", "deny", "approve" */
	const char *rule, *message, *pointer, *allowed;
	const char *approval, *approval_url; /* "": none */
	const char *outcome; /* of audit/audit.h: "ok", "refused", "timeout" … */
	bool is_shadow, is_forwarded;
	int64_t retry_after_us; /* of a limit that refused; 0: not a limit, -1: never */
	uint64_t duration_us, upstream_us;
	struct slice answer; /* the JSON-RPC message that a client of the grant would be sent */
};
/* On a later turn, once; p NULL: the call was cancelled, because its client has gone or the gate stops. */
typedef void gate_played_fn(void *ctx, const struct gate_played *p);
/* Copies what it needs. False: there is no such grant, it has ended, or it does not reach the server; done is not
 * called then. */
bool gate_play(struct gate *g, const struct gate_play *o, gate_played_fn *done, void *ctx, struct err *e) MUST_CHECK;

/* Asks a server for its tools with a session of the gate's own, so that they are known
 * before the first call. done() when they are learnt or the server failed. */
void gate_survey(struct gate *g, const char *server, loop_fn done, void *ctx);

/* Takes over how tools were reviewed, from the store. False: what was in force stays. */
bool gate_load_pins(struct gate *g, struct err *e) MUST_CHECK;
struct gate_pins {
	size_t held;       /* tools that wait for a person */
	size_t suspicious; /* whose definitions say what none has a reason to say */
};
struct gate_pins gate_pins(const struct gate *g);

/* Hears of each record when it is added to the journal: a decision, and then the whole of it when it is over. Borrowed;
 * on the loop, before anything of the turn has left. fn NULL: nobody listens, which costs nothing. */
typedef void gate_hear_fn(void *ctx, const struct audit_record *r);
void gate_listen(struct gate *g, gate_hear_fn *fn, void *ctx);

struct gate_counts {
	uint64_t allowed, refused, failed;
	uint64_t unauthenticated; /* requests without a valid grant */
	size_t in_flight, streams;
};
struct gate_counts gate_counts(const struct gate *g);

#endif
