/*
 * Sessions with legacy servers that are the bridge's own, not a client's: opened at the first use,
 * joined by all who want the same, opened again when the server lost them, closed when nobody used
 * them for LIMIT_HELD_IDLE_MS or others need the room. Not for other folders.
 */
#ifndef BRIDGE_HELD_H
#define BRIDGE_HELD_H
#include "bridge/inside.h"
#include "mcp/envelope.h"

enum held_kind {
	HELD_NONE = 0,
	HELD_MODERN, /* requests of modern clients of one grant */
	HELD_CLIENT, /* one legacy client's, at one of many servers */
	HELD_HUB,    /* what the server says by itself, for all who listen */
};

/* Whose session. Two that differ in any of it never share one: a server keeps state for each. Of
 * HELD_CLIENT the grant and the client's session are all that counts. */
struct held_key {
	enum held_kind kind;
	struct slice grant_id;       /* of HELD_HUB: empty where the server is one for all */
	struct slice client_session; /* HELD_CLIENT */
	struct slice capabilities;   /* what initialize says of the client, JSON text; empty: by client_caps */
	unsigned client_caps;
	enum mcp_log_level log_level;
	struct slice client_info;    /* JSON text, of whoever opens it; tells nothing apart */
};

struct held_watch {
	/* The server says something by itself, on the stream of the session. */
	void (*on_message)(void *ctx, const struct mcp_message *m);
	/* The stream is there (again); or it never will be, as status 405 says. */
	void (*on_stream)(void *ctx, bool is_open);
	/* It is not, this time: it is asked for again. */
	void (*on_failed)(void *ctx, enum upstream_failure f, const char *why, int http_status);
	/* The session is gone, and so is its stream. */
	void (*on_lost)(void *ctx);
};

struct held {
	struct list link;          /* of behind->held */
	struct list by_use;        /* of bridge->held_by_use, the last used at the end */
	struct behind *behind;
	unsigned char key[DIGEST_SIZE];
	enum held_kind kind;
	enum mcp_log_level log_level;
	bool is_ready;
	bool is_lost;              /* found by nobody any more; stays for those who use it */
	bool is_dead;              /* memory only, until the end of the turn */
	size_t users;
	uint64_t opened_us, used_us;
	struct upstream_target to; /* slices into the next three */
	char *session, *grant_id, *client_session;
	struct buf client_info, capabilities;
	struct buf greeting;       /* the server's InitializeResult */
	struct buf server_info;    /* its serverInfo; empty: it said none */
	struct exchange_id opening, stream; /* opening: the handshake, then logging/setLevel */
	struct list waiting;       /* of struct held_wait */
	struct list errands;       /* of struct errand, the newest at the end: HELD_MODERN */
	struct list asks;          /* of struct client_ask: HELD_CLIENT */
	size_t ask_n;
	const struct held_watch *watch; /* HELD_HUB */
	void *watch_ctx;
	bool wants_stream, has_no_stream, is_stream_open;
	uint64_t retry_ms;
	struct loop_timer retry, late;
};

/* One who uses, or waits for, a session. */
struct held_wait {
	struct list node;
	struct held *held;
	/* On a later turn: held is ready, or f says why not and held is NULL, with the server's error where it gave one. */
	void (*fn)(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
	           int http_status);
};

enum held_joined { HELD_NO_ROOM = 0, HELD_WAITS, HELD_IS_READY };
/* HELD_NO_ROOM: every session is in use (or the server was removed), w->held is NULL. */
enum held_joined held_join(struct held_wait *w, struct behind *s, const struct held_key *k);
/* Uses one that is ready, whatever its key. */
void held_share(struct held_wait *w, struct held *h);
void held_no_room(struct crossing *x); /* ends it, with the reason */
void held_leave(struct held_wait *w); /* harmless when it has none */
struct held *held_find(struct behind *s, const struct held_key *k); /* NULL: there is none */
/* Is that how a server ends an exchange whose session it does not know? */
bool held_is_lost(const struct held *h, enum upstream_failure f, int http_status);
/* The server does not know the session any more: whoever joins from now on opens another. */
void held_lost(struct held *h);
void held_end(struct held *h); /* the same, and the server is told that nobody needs it */
/* A request of the server that no client can be asked. */
void held_refuse(const struct held *h, const struct mcp_message *m);
/* Opens the stream of what the server says by itself, and keeps it while anybody uses the session. */
void held_want_stream(struct held *h);

/* client.c */
void client_forget_asks(struct held *h);

void held_close_idle(struct bridge *b); /* those that nobody used for LIMIT_HELD_IDLE_MS */
void held_init(struct bridge *b);
void held_release(struct bridge *b); /* without a word to servers */

#endif
