/*
 * One connection to a Valkey or Redis server: dialled again when it breaks, with pauses that
 * grow; commands in a pipeline, answered in order. It knows the protocol and nothing of counters.
 *
 * Every event comes from the loop, never from inside a call. A command that was sent is answered
 * exactly once: by its reply, or with NULL when the connection broke, and then nobody knows
 * whether it was done.
 */
#ifndef LEDGER_LINK_H
#define LEDGER_LINK_H
#include "ledger/args.h"
#include "ledger/place.h"
#include "ledger/script.h"
#include "net/loop.h"
#include <hiredis/hiredis.h>

struct link;
struct tls_context;

enum link_state {
	LINK_DOWN = 0, /* pauses before it dials again */
	LINK_COMING,   /* dials, or says who it is */
	LINK_UP,
};

struct link_events {
	void (*on_up)(void *ctx);
	/* tag and id as given to link_send. r: until it returns. */
	void (*on_reply)(void *ctx, unsigned tag, uint64_t id, const redisReply *r);
	void (*on_down)(void *ctx); /* all commands have been answered before */
};

/* tls: for a place with TLS; borrowed. Dials at once. */
struct link *link_new(struct loop *l, const struct place *p, struct tls_context *tls,
		      const struct link_events *ev, void *ctx);
void link_free(struct link **k); /* no event comes any more */
enum link_state link_state(const struct link *k);
/* Only while it is up. False when LIMIT_LEDGER_SENT commands wait for their replies. The script is named by its
 * digest; is_whole: sent as it stands, for a server that has forgotten it. keys: how many of the words. */
bool link_run(struct link *k, enum script_name script, bool is_whole, size_t keys, const struct args *a,
	      unsigned tag, uint64_t id) MUST_CHECK;
/* This server cannot be used as it is (a replica, a failed-over one): another attempt, later. */
void link_restart(struct link *k, const char *why);
const char *link_trouble(const struct link *k); /* why it is not up; NULL: it is */

#endif
