/*
 * Coarse deadlines of connections: setting one again costs two list operations and no
 * system call, so each state of a connection may have its own. They fire up to
 * DEADLINE_TICK_MS late, never early. One ticking timer sweeps them all.
 */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H
#include "base/list.h"
#include "net/loop.h"

#define DEADLINE_TICK_MS 100
#define DEADLINE_SLOTS 512

struct deadline {
	struct list node;
	uint64_t at_ms; /* 0: not set */
	loop_fn fn;
	void *ctx;
};

void deadline_init(struct deadline *d, loop_fn fn, void *ctx);
void deadline_set(struct loop *l, struct deadline *d, uint64_t delay_ms); /* 0: the same as clear */
void deadline_clear(struct loop *l, struct deadline *d);

/* The loop's side. */
struct wheel {
	struct list slots[DEADLINE_SLOTS];
	uint64_t swept_tick; /* all slots up to this tick are done */
	size_t n;
};
void wheel_init(struct wheel *w);
void wheel_sweep(struct wheel *w, uint64_t now_ms);

#endif
