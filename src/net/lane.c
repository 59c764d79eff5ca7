/* Jobs in a row, a few at a time. */
#include "net/lane.h"
#include "base/check.h"
#include "base/list.h"

struct lane {
	struct loop *loop;
	struct list waiting;
	unsigned width, running;
	bool is_gone;
};

struct lane_job {
	struct lane *lane;
	struct list node;
	loop_fn work, done;
	void *ctx;
};

struct lane *lane_new(struct loop *l, unsigned width)
{
	struct lane *lane = mem_zalloc(sizeof *lane);
	BUG_ON(!width);
	lane->loop = l;
	lane->width = width;
	list_init(&lane->waiting);
	return lane;
}

static void on_work(void *ctx)
{
	struct lane_job *j = ctx;
	j->work(j->ctx);
}

static void start(struct lane *l);

static void on_done(void *ctx)
{
	struct lane_job *j = ctx;
	struct lane *l = j->lane;
	j->done(j->ctx);
	free(j);
	l->running--;
	start(l);
	if (l->is_gone && !l->running)
		free(l);
}

static void start(struct lane *l)
{
	while (l->running < l->width && !list_empty(&l->waiting)) {
		struct lane_job *j = list_entry(l->waiting.next, struct lane_job, node);
		list_del(&j->node);
		l->running++;
		loop_work(l->loop, on_work, on_done, j);
	}
}

void lane_work(struct lane *l, loop_fn work, loop_fn done, void *ctx)
{
	struct lane_job *j = mem_zalloc(sizeof *j);
	*j = (struct lane_job){ .lane = l, .work = work, .done = done, .ctx = ctx };
	list_add_tail(&l->waiting, &j->node);
	start(l);
}

void lane_free(struct lane **lp)
{
	struct lane *l = *lp;
	*lp = NULL;
	if (l && l->running)
		l->is_gone = true;
	else
		free(l);
}
