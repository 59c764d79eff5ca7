/*
 * A share of the worker threads: at most `width` jobs of a lane run at once, the others wait in order,
 * so that many slow ones leave threads for everybody else.
 */
#ifndef NET_LANE_H
#define NET_LANE_H
#include "net/loop.h"

struct lane;

struct lane *lane_new(struct loop *l, unsigned width);
/* As loop_work. How many may wait is the caller's to bound. */
void lane_work(struct lane *l, loop_fn work, loop_fn done, void *ctx);
/* What runs or waits still runs, at the latest in loop_free; the memory goes with the last job. */
void lane_free(struct lane **l);

#endif
