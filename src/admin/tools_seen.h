/*
 * Inside admin/: all tools that servers list, as they were at one moment, for workers to look at. Made on the loop, and
 * anew only when a list, a review or a server became another; counted.
 */
#ifndef ADMIN_TOOLS_SEEN_H
#define ADMIN_TOOLS_SEEN_H
#include "admin/api.h"

struct seen_text {
	struct slice title, description; /* of the definition */
};

struct seen_tool {
	struct catalog_tool *tool; /* of it a worker reads name, definition, refused and risk */
	uint32_t server;           /* in servers */
	enum pin_state pin;
	bool is_held;
};

struct tools_seen {
	unsigned refs;
	struct seen_tool *v;
	size_t n;
	struct slice *servers;
	size_t server_n, unknown;  /* unknown: of which no list is known yet */
	/* the rest belongs to tools_seen.c */
	struct arena arena;
	struct seen_text *texts;
	_Atomic(struct seen_text *) texts_of;
	uint64_t key;
};

/* A reference for the caller, on the loop. */
struct tools_seen *tools_seen_now(struct admin *a);
void tools_seen_unref(struct tools_seen **s); /* on the loop */
/* On a worker: title and description of all, in the order of v; read once. */
const struct seen_text *tools_seen_texts(struct tools_seen *s);
struct seen_text tools_seen_text(const struct seen_tool *t, struct arena *a); /* of one; in the arena */

/* Servers of which nothing is known are asked for their tools; then() is called on the loop when they have answered, at
 * the latest after LIMIT_TOOLS_WAIT_MS. server: only this one; empty: all. */
void tools_ask_unknown(struct api_call *c, struct slice server, void (*then)(struct api_call *c));

/* "ok", "new", "changed", "rejected": the word of a list; held: it may not be used until somebody has looked at it. */
const char *tools_state_word(enum pin_state s);

#endif
