/*
 * Messages of a server that wait, in the order in which they came: for a client that does not
 * read (of an exchange), or for a first client (early requests).
 */
#ifndef UPSTREAM_WAITING_H
#define UPSTREAM_WAITING_H
#include "base/list.h"
#include "mcp/jsonrpc.h"
#include "net/loop.h"

struct upstream;

struct held_message {
	struct list node;
	size_t n;
	char text[];
};

struct waiting {
	struct list messages; /* of struct held_message */
	size_t n, bytes;
};

void waiting_init(struct waiting *w);
/* False when more than `max` messages, or more than LIMIT_WAITING_BYTES, would wait. */
bool waiting_put(struct waiting *w, struct upstream *u, const struct mcp_message *m,
		 size_t max) MUST_CHECK;
/* The first one, for the caller to free; NULL: none is left. */
struct held_message *waiting_take(struct waiting *w);
void waiting_drop(struct waiting *w);

/* Servers ask for roots as soon as they are greeted, clients come a moment later. What nobody came for
 * within LIMIT_EARLY_MS is taken all the same. */
struct early {
	struct upstream *u;
	struct waiting waiting;
	struct loop_timer timer;
	void (*take)(void *owner, const struct mcp_message *m);
	void *owner;
};

void early_init(struct early *e, struct upstream *u,
		void (*take)(void *owner, const struct mcp_message *m), void *owner);
bool early_keep(struct early *e, const struct mcp_message *m) MUST_CHECK;
void early_soon(struct early *e); /* somebody came who may be asked: on the next turn */
void early_drop(struct early *e);

#endif
