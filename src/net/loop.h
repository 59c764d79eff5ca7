/*
 * The event loop: one thread, descriptors, timers, work for other threads.
 *
 * A turn has three parts, in this order:
 *   1. everything that is ready is handled; what handlers write to connections is only queued;
 *   2. the hooks of loop_before_send run, in the order of their registration (the journal
 *      is written here, before any answer of this turn leaves);
 *   3. each connection that has something queued is written, once; then deferred functions run.
 * Only this folder includes <uv.h>.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H
#include "base/compiler.h"
#include "base/err.h"
#include <stdint.h>

struct loop;
typedef void (*loop_fn)(void *ctx);

struct loop *loop_new(void);
void loop_free(struct loop **l); /* every handle must have been closed by its owner */
void loop_run(struct loop *l);   /* until loop_stop */
void loop_stop(struct loop *l);

uint64_t loop_now_us(const struct loop *l); /* monotonic, cached at the start of the turn */
int64_t loop_wall_us(const struct loop *l); /* wall clock, cached at the start of the turn */

/* Timers are ids: cancelling one that has fired does nothing. It fires once. */
struct loop_timer {
	uint64_t v;
};
struct loop_timer loop_after(struct loop *l, uint64_t delay_ms, loop_fn fn, void *ctx);
void loop_cancel(struct loop *l, struct loop_timer *t); /* sets *t to zero */

void loop_before_send(struct loop *l, loop_fn fn, void *ctx); /* a hook; until loop_free is called */
/* From inside a hook: what is queued to connections in this turn is dropped, and those
 * connections are cut. */
void loop_drop_output(struct loop *l);
void loop_defer(struct loop *l, loop_fn fn, void *ctx); /* once, at the end of this turn */

/* Runs work() on a worker thread, then done() on the loop. Neither may touch what
 * the other side owns while work() runs. */
void loop_work(struct loop *l, loop_fn work, loop_fn done, void *ctx);

/* SIGINT, SIGTERM: fn runs on the loop. One function for each signal. */
void loop_on_signal(struct loop *l, int signum, loop_fn fn, void *ctx);

#endif
