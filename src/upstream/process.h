/*
 * One child of a stdio server and the exchanges that it carries: started at the first
 * use, greeted once, stopped when idle, started again with a growing delay.
 *
 * Each child is spoken to in one era: a greeted one is never asked in the modern way, a modern
 * one is never greeted. A server of both eras has a child for each.
 */
#ifndef UPSTREAM_PROCESS_H
#define UPSTREAM_PROCESS_H
#include "net/child.h"
#include "upstream/exchange.h"

enum process_state {
	PROCESS_ASLEEP =
		0, /* no child: never started, stopped, crashed, or waiting to be started again */
	PROCESS_STARTING, /* greeted, no answer yet */
	PROCESS_READY,
	PROCESS_ENDING, /* told to stop, not gone yet */
};

struct process {
	struct upstream *u;
	struct list node;
	char *key;
	size_t key_n;
	enum mcp_era era;
	bool is_probe; /* the one that is asked what the server speaks; belongs to nobody */
	enum process_state state;
	struct child *child;
	struct list exchanges; /* of_process; waiting until is_sent */
	struct list asks;
	size_t ask_n;
	uint64_t greeting_id; /* wire id of initialize; 0: not greeted */
	struct buf greeting;  /* the server's answer to it, a whole message */
	enum mcp_version version;
	unsigned client_caps; /* what the child was told that clients can do */
	struct early early;   /* its requests from before any client was there to ask */
	unsigned failures; /* ends in a row that nobody asked for */
	uint64_t started_us, not_before_us;
	struct loop_timer timer; /* start deadline, idle, or next start: by state */
	struct fairness fairness;
	bool is_throttled, is_paused;
	bool is_heard; /* it has said something that is a message */
	bool is_busy; /* its exchanges are being ended: not to be freed */
	struct loop_timer throttle;
	struct loop_timer silence; /* of a probe */
};


/* The process that serves t, made when there is none; NULL when children_max is reached. */
struct process *process_of(struct upstream *u, const struct upstream_target *t, enum mcp_era era);
struct process *process_for_probe(struct upstream *u);
struct process *process_find(struct upstream *u, const struct upstream_target *t, enum mcp_era era);
/* Whom an exchange may be shown to: itself, and the others of the client's session. */
bool process_is_one_client(const struct exchange *a, const struct exchange *b);
/* Called after an exchange came or went: starts, sets the idle timer, frees. */
void process_look(struct process *p);
void process_stop(struct process *p);
void process_give_up(struct process *p); /* the same, and it counts as a failure */
void process_pause(struct process *p);
/* One line to the child; false when it does not read. */
bool process_write(struct process *p, struct slice line) MUST_CHECK;

/* stdio.c: what a line means. */
void stdio_take_line(struct process *p, struct slice line);
void stdio_begin_all(struct process *p); /* sends what waited for the child */
void stdio_answer(struct exchange *x, const struct mcp_message *m); /* behind what is held */
/* What an answer, or a subscriptionId, is about; NULL when it is not under way. */
struct exchange *stdio_find(struct process *p, const struct json *id);
/* on_message, or held back while the client does not read. */
void stdio_show(struct exchange *x, const struct mcp_message *m);

/* route.c */
void route_ask(struct process *p, const struct mcp_message *m);
void route_progress(struct process *p, const struct mcp_message *m);
void route_notification(struct process *p, const struct mcp_message *m);
void route_early(void *process, const struct mcp_message *m); /* of struct early */
void process_drop_ask(struct process *p, struct ask *a);

/* modern.c: what a child of the modern era says by itself. */
void modern_take_notification(struct process *p, const struct mcp_message *m);
void modern_look_at_request(struct exchange *x); /* before it is sent */
/* Its child is gone. True: a subscription that is asked for again of the next one. */
bool modern_keeps(const struct exchange *x);

/* probe.c: what a server speaks is asked of a child of its own, which is ended after it. */
void probe_started(struct process *p);
void probe_take_answer(struct process *p, const struct mcp_message *m);
void probe_take_nonsense(struct process *p); /* an answer that is not a message */
/* It has ended by itself, and that is an answer, too. */
void probe_take_end(struct process *p, bool did_run, const char *why);

#endif
