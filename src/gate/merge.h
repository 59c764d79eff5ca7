/*
 * The door to all servers of a grant, /mcp: one client sees them as one. A tool or prompt is
 * "<server>__<name>" there and a resource "<label>+<uri>" (mcp/merged.h). What names one thing
 * goes to its server as any other call; what is about all of them (initialize,
 * server/discover, lists, logging/setLevel) asks each and puts the answers together here.
 */
#ifndef GATE_MERGE_H
#define GATE_MERGE_H
#include "gate/call.h"
#include "mcp/merged.h"

/* In records, for what is about all servers. No server can have this name. */
#define MERGE_SERVER "*"

bool merge_is_door(const struct inbound *in); /* in came by it */

/* identify: which server the call is for (c->server, c->binding, c->own_name), or that it is for
 * all (c->merge). Refuses the call when its name is none of ours. */
void merge_route(struct call *c);
/* resolve, each time: a name that was changed can be told once the server's tools are known. */
void merge_find_name(struct call *c);
/* forward: asks all; the call is resumed when the last has answered or gate_opts.merge_wait_ms are
 * over. A server that is known to be down is asked but not waited for. */
void merge_start(struct call *c);
/* answer: what they said, as one. */
void merge_answer(struct buf *b, struct call *c, struct slice id);
/* The answer of one server with its URIs as this door shows them. */
void merge_write_result(struct buf *b, const struct call *c, const struct mcp_message *m, struct slice id);
/* Of one message of a server, in the same way: *out is filled when something changed. */
bool merge_rewrites(struct buf *out, const char *server, const struct mcp_message *m);
/* The member of params that carries the name, as the server knows it. False: not this one. */
bool merge_write_param(struct buf *b, const struct call *c, struct slice key, const struct json *value);
void merge_free(struct call *c); /* ends what is under way */
void merge_forget(struct call *c);
void merge_remember(struct gate *g, struct slice shown, struct slice server, struct slice name);
void merge_release(struct gate *g);

/* merge_list.c: one page of a server's list goes to its part of the merged one. */
struct merge_part;
/* The cursor of the next page; p NULL: that was the last. */
struct slice merge_take_list(struct merge_part *p, const struct json *result);
void merge_write_list(struct buf *result, struct call *c);
/* merge_open.c */
void merge_write_open(struct buf *result, struct call *c);

/* One server's share in a call to all. */
struct merge_part {
	struct call *call;
	const struct grant_binding *binding;
	const char *server; /* in the arena of the inbound */
	struct upstream *upstream;
	struct exchange_id exchange;
	struct buf out;  /* items of a list, or the result of a handshake, JSON text */
	size_t pages;
	uint64_t ttl_ms; /* of a list: the smallest so far */
	bool is_waited_for, is_done, is_left_out, is_learning;
};

struct merge {
	struct merge_part *parts; /* owned: the inbound is gone when the call ends */
	size_t part_n, waiting;
	struct loop_timer timer;
	bool has_timer, is_over;
};

#endif
