/*
 * What the running gate and `gatehouse wrap` have in common: the store with its journal and the
 * work of moving records, the loop, the servers behind, the gate. Made in order, released in
 * reverse.
 */
#ifndef APP_ENGINE_H
#define APP_ENGINE_H
#include "gate/gate.h"
#include "past/past.h"
#include "store/mover.h"

struct engine {
	struct store *store;     /* this and the next two NULL: nothing is kept */
	struct journal *journal;
	struct mover *mover;
	struct quota *quota;
	struct past *past;
	struct ledger *ledger;
	struct tls_context *ledger_tls; /* NULL: it needs none */
	struct loop *loop;
	struct http_client *client;
	struct registry *registry;
	struct catalog *catalog;
	struct pins *pins;
	struct grants *grants;
	struct approvals *approvals; /* NULL: nothing is kept */
	struct gate *gate;       /* the last two are the owner's to make */
	struct loop_timer move_timer;
	bool is_moving, is_stopping;
	loop_fn on_rest;         /* no batch is under way any more; only once it is stopping */
	void *ctx;
};

/* What was flushed before a kill is moved first, so that counters go on where they stood. */
bool engine_open_store(struct engine *g, const char *data_dir, int64_t keep_us, size_t counters_max,
                       struct err *e) MUST_CHECK; /* data_dir NULL: only counters */
/* Requests for a person's yes, kept beside the store; o has db.url, url and webhook. Without a store
 * there are none. Once there is a loop. */
bool engine_open_approvals(struct engine *g, struct approvals_opts *o, struct err *e) MUST_CHECK;
void engine_stop_approvals(struct engine *g, loop_fn done, void *ctx); /* done() in a later turn */
/* And client, registry, catalog. streams_max: connections to one server beside those of calls. */
void engine_make_loop(struct engine *g, size_t streams_max);
/* Counters and the past elsewhere: o has url, prefix, timeout_ms and lease_ms. Once there is a loop, and
 * before there is a gate. */
bool engine_share_counters(struct engine *g, struct ledger_shared *o, struct err *e) MUST_CHECK;
/* Moves records to the database from now on, beside the loop. */
void engine_move(struct engine *g, loop_fn on_rest, void *ctx);
void engine_stop_moving(struct engine *g); /* a batch that is under way ends by itself */
/* A start that failed half-way has left out what is not there. */
void engine_release_network(struct engine *g);
void engine_release_store(struct engine *g);

#endif
