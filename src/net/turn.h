/* The inside of the loop, for the files of this folder only. */
#ifndef NET_TURN_H
#define NET_TURN_H
#include "base/buf.h"
#include "net/deadline.h"
#include "net/loop.h"
#include "net/timers.h"
#include <uv.h>

#define LOOP_SCRATCH_BYTES 65536
#define LOOP_SPARE_BUFS 256

struct loop_task {
	loop_fn fn;
	void *ctx;
};

struct loop_tasks {
	struct loop_task *v;
	size_t n, cap;
};

/* Read at most once a turn; behind a pointer because asking does not change the loop. */
struct loop_clock {
	uint64_t mono_us; /* 0: not asked yet in this turn */
	int64_t wall_us;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t before_poll;
	uv_check_t after_poll;
	uv_idle_t again; /* running: the next poll does not block */
	uv_timer_t alarm, tick;
	struct timers timers;
	struct wheel wheel;
	struct loop_tasks hooks, deferred, running;
	struct list signals;
	struct list dirty; /* connections with something queued */
	struct list lingering; /* connections that nobody owns any more */
	struct loop_clock *clock;
	bool is_touched; /* something ran since the last end of a turn */
	char *scratch;   /* what a connection reads goes here first */
	struct buf spare[LOOP_SPARE_BUFS]; /* emptied output buffers */
	size_t spare_n;
};

void loop_tick(struct loop *l, uint64_t every_ms); /* starts the ticking timer of the wheel */
void loop_touch(struct loop *l);                   /* output of callbacks outside of the poll leaves too */
/* An empty buffer for output, its memory used before if there is some. */
void loop_lend_buf(struct loop *l, struct buf *b);
void loop_return_buf(struct loop *l, struct buf *b);
/* Writes what is queued of all dirty connections (conn.c). */
void conn_flush_all(struct loop *l);
void conn_drop_lingering(struct loop *l);

#endif
