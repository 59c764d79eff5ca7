/* A lane: never more at once than its width, in order, and all of them, also past its end. */
#include "net/lane.h"
#include "base/check.h"
#include "tap.h"
#include <sched.h>
#include <stdatomic.h>

#define JOBS 20

static atomic_int running, most;
static struct loop *loop;
static int order[JOBS], done_n;

struct job {
	int number;
};

static void work(void *ctx)
{
	(void)ctx;
	int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most);
	while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
		;
	for (int i = 0; i < 200; i++)
		sched_yield(); /* others begin, if they may */
	atomic_fetch_sub(&running, 1);
}

static void on_done(void *ctx)
{
	struct job *j = ctx;
	order[done_n++] = j->number;
	if (done_n == JOBS)
		loop_stop(loop);
}

static int run(unsigned width, bool is_freed_early)
{
	struct job jobs[JOBS];
	loop = loop_new();
	struct lane *l = lane_new(loop, width);
	atomic_store(&most, 0);
	done_n = 0;
	for (int i = 0; i < JOBS; i++) {
		jobs[i].number = i;
		lane_work(l, work, on_done, &jobs[i]);
	}
	if (is_freed_early) {
		lane_free(&l);
		loop_free(&loop);
		return done_n;
	}
	loop_run(loop);
	lane_free(&l);
	loop_free(&loop);
	return done_n;
}

int main(void)
{
	int in_order = 0;
	ok(run(1, false) == JOBS && atomic_load(&most) == 1, "one at a time");
	for (int i = 0; i < JOBS; i++)
		in_order += order[i] == i;
	ok(in_order == JOBS, "in their order");
	ok(run(2, false) == JOBS && atomic_load(&most) <= 2, "two at a time: %d", atomic_load(&most));
	ok(run(2, true) == JOBS, "all run, also when the lane was let go before");
	return tap_done();
}
