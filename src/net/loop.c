/*
 * The turn on top of libuv: events, then hooks, then output, then what was deferred.
 * The end of a turn runs after each poll and, when a timer ran, also before the next.
 */
#include "net/loop.h"
#include "base/check.h"
#include "base/clock.h"
#include "net/turn.h"
#include <signal.h>

/* Buffers that grew large do not wait for the next answer. */
#define SPARE_BUF_BYTES_MAX 16384
/* Deferred functions that defer again go on in the next turn. */
#define ROUNDS_PER_TURN 4

struct loop_signal {
	uv_signal_t handle;
	struct list node;
	struct loop *loop;
	loop_fn fn;
	void *ctx;
};

static void add_task(struct loop_tasks *t, loop_fn fn, void *ctx)
{
	BUG_ON(!fn);
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->v = mem_realloc(t->v, t->cap * sizeof *t->v);
	}
	t->v[t->n++] = (struct loop_task){ fn, ctx };
}

static void run_deferred(struct loop *l)
{
	struct loop_tasks now = l->deferred;
	l->deferred = l->running;
	l->deferred.n = 0;
	for (size_t i = 0; i < now.n; i++)
		now.v[i].fn(now.v[i].ctx);
	now.n = 0;
	l->running = now;
}

static void on_again(uv_idle_t *h)
{
	(void)h;
}

static void end_turn(struct loop *l)
{
	for (int round = 0; round < ROUNDS_PER_TURN; round++) {
		l->is_touched = false;
		for (size_t i = 0; i < l->hooks.n; i++)
			l->hooks.v[i].fn(l->hooks.v[i].ctx);
		conn_flush_all(l);
		if (!l->deferred.n)
			break;
		run_deferred(l);
		l->is_touched = true;
	}
	if (l->is_touched || l->deferred.n || !list_empty(&l->dirty)) {
		l->is_touched = true;
		uv_idle_start(&l->again, on_again);
	} else {
		uv_idle_stop(&l->again);
	}
}

static void on_before_poll(uv_prepare_t *h)
{
	struct loop *l = h->data;
	if (l->is_touched || l->deferred.n || !list_empty(&l->dirty))
		end_turn(l);
	l->clock->mono_us = 0;
}

static void on_after_poll(uv_check_t *h)
{
	struct loop *l = h->data;
	end_turn(l);
	l->clock->mono_us = 0;
}

struct loop *loop_new(void)
{
	struct loop *l = mem_zalloc(sizeof *l);
	/* A peer that does not read on is an error of write(), not the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	/* Records, approvals, two lanes for questions, one for passwords and one for jobs: none waits for another. */
	setenv("UV_THREADPOOL_SIZE", "8", 0);
	BUG_ON(uv_loop_init(&l->uv) != 0);
	l->uv.data = l;
	uv_prepare_init(&l->uv, &l->before_poll);
	uv_check_init(&l->uv, &l->after_poll);
	uv_idle_init(&l->uv, &l->again);
	uv_timer_init(&l->uv, &l->alarm);
	uv_timer_init(&l->uv, &l->tick);
	l->before_poll.data = l->after_poll.data = l->again.data = l->alarm.data = l->tick.data = l;
	uv_prepare_start(&l->before_poll, on_before_poll);
	uv_check_start(&l->after_poll, on_after_poll);
	timers_init(&l->timers);
	wheel_init(&l->wheel);
	list_init(&l->signals);
	list_init(&l->dirty);
	list_init(&l->lingering);
	l->clock = mem_zalloc(sizeof *l->clock);
	l->scratch = mem_alloc(LOOP_SCRATCH_BYTES);
	return l;
}

static void on_signal_closed(uv_handle_t *h)
{
	free(h->data);
}

static void close_signals(struct loop *l)
{
	list_each_safe(it, tmp, &l->signals) {
		struct loop_signal *s = list_entry(it, struct loop_signal, node);
		list_del(&s->node);
		uv_close((uv_handle_t *)&s->handle, on_signal_closed);
	}
}

static void check_closing(uv_handle_t *h, void *ctx)
{
	(void)ctx;
	BUG_ON(!uv_is_closing(h));
}

void loop_free(struct loop **lp)
{
	struct loop *l = *lp;
	if (!l)
		return;
	l->hooks.n = 0; /* whom they are of may be gone */
	while (l->deferred.n || !list_empty(&l->dirty))
		end_turn(l);
	conn_drop_lingering(l);
	close_signals(l);
	uv_close((uv_handle_t *)&l->before_poll, NULL);
	uv_close((uv_handle_t *)&l->after_poll, NULL);
	uv_close((uv_handle_t *)&l->again, NULL);
	uv_close((uv_handle_t *)&l->alarm, NULL);
	uv_close((uv_handle_t *)&l->tick, NULL);
	uv_walk(&l->uv, check_closing, NULL);
	while (uv_run(&l->uv, UV_RUN_DEFAULT))
		;
	/* What callbacks of work that ended just now have left. */
	while (l->deferred.n || !list_empty(&l->dirty))
		end_turn(l);
	BUG_ON(uv_loop_close(&l->uv) != 0);
	for (size_t i = 0; i < l->spare_n; i++)
		buf_release(&l->spare[i]);
	timers_release(&l->timers);
	free(l->hooks.v);
	free(l->deferred.v);
	free(l->running.v);
	free(l->clock);
	free(l->scratch);
	free(l);
	*lp = NULL;
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

static void ask_clock(const struct loop *l)
{
	if (likely(l->clock->mono_us))
		return;
	l->clock->mono_us = clock_mono_us();
	l->clock->wall_us = clock_wall_us();
}

uint64_t loop_now_us(const struct loop *l)
{
	ask_clock(l);
	return l->clock->mono_us;
}

int64_t loop_wall_us(const struct loop *l)
{
	ask_clock(l);
	return l->clock->wall_us;
}

static void on_alarm(uv_timer_t *h);

static void set_alarm(struct loop *l)
{
	uint64_t at_ms, now_ms = uv_now(&l->uv);
	if (timers_first(&l->timers, &at_ms))
		uv_timer_start(&l->alarm, on_alarm, at_ms > now_ms ? at_ms - now_ms : 1, 0);
	else
		uv_timer_stop(&l->alarm);
}

static void on_alarm(uv_timer_t *h)
{
	struct loop *l = h->data;
	loop_fn fn;
	void *ctx;
	loop_touch(l);
	uint64_t now_ms = loop_now_us(l) / 1000;
	while (timers_take(&l->timers, now_ms, &fn, &ctx))
		fn(ctx);
	set_alarm(l);
}

struct loop_timer loop_after(struct loop *l, uint64_t delay_ms, loop_fn fn, void *ctx)
{
	uint64_t first_ms = 0, at_ms = loop_now_us(l) / 1000 + (delay_ms ? delay_ms : 1);
	bool had_one = timers_first(&l->timers, &first_ms);
	struct loop_timer t = { timers_add(&l->timers, at_ms, fn, ctx) };
	if (!had_one || at_ms < first_ms)
		set_alarm(l);
	return t;
}

void loop_cancel(struct loop *l, struct loop_timer *t)
{
	/* The alarm may then ring for nothing, once. */
	timers_del(&l->timers, t->v);
	t->v = 0;
}

static void on_tick(uv_timer_t *h)
{
	struct loop *l = h->data;
	loop_touch(l);
	wheel_sweep(&l->wheel, loop_now_us(l) / 1000);
	if (!l->wheel.n)
		uv_timer_stop(&l->tick);
}

void loop_tick(struct loop *l, uint64_t every_ms)
{
	uv_timer_start(&l->tick, on_tick, every_ms, every_ms);
}

void loop_touch(struct loop *l)
{
	l->is_touched = true;
}

void loop_before_send(struct loop *l, loop_fn fn, void *ctx)
{
	add_task(&l->hooks, fn, ctx);
}

void loop_defer(struct loop *l, loop_fn fn, void *ctx)
{
	add_task(&l->deferred, fn, ctx);
}

struct loop_job {
	uv_work_t req;
	struct loop *loop;
	loop_fn work, done;
	void *ctx;
};

static void on_work(uv_work_t *req)
{
	struct loop_job *j = req->data;
	j->work(j->ctx);
}

static void on_work_done(uv_work_t *req, int status)
{
	struct loop_job *j = req->data;
	(void)status;
	loop_touch(j->loop);
	j->done(j->ctx);
	free(j);
}

void loop_work(struct loop *l, loop_fn work, loop_fn done, void *ctx)
{
	struct loop_job *j = mem_zalloc(sizeof *j);
	*j = (struct loop_job){ .loop = l, .work = work, .done = done, .ctx = ctx };
	j->req.data = j;
	BUG_ON(uv_queue_work(&l->uv, &j->req, on_work, on_work_done) != 0);
}

static void on_signal(uv_signal_t *h, int signum)
{
	struct loop_signal *s = h->data;
	(void)signum;
	loop_touch(s->loop);
	s->fn(s->ctx);
}

void loop_on_signal(struct loop *l, int signum, loop_fn fn, void *ctx)
{
	struct loop_signal *s = mem_zalloc(sizeof *s);
	s->loop = l;
	s->fn = fn;
	s->ctx = ctx;
	list_add_tail(&l->signals, &s->node);
	BUG_ON(uv_signal_init(&l->uv, &s->handle) != 0);
	s->handle.data = s;
	BUG_ON(uv_signal_start(&s->handle, on_signal, signum) != 0);
	uv_unref((uv_handle_t *)&s->handle);
}

void loop_lend_buf(struct loop *l, struct buf *b)
{
	size_t max = b->max;
	BUG_ON(b->p);
	if (l->spare_n)
		*b = l->spare[--l->spare_n];
	b->max = max;
}

void loop_return_buf(struct loop *l, struct buf *b)
{
	buf_clear(b);
	if (!b->p || b->cap > SPARE_BUF_BYTES_MAX || l->spare_n == LOOP_SPARE_BUFS) {
		buf_release(b);
		return;
	}
	l->spare[l->spare_n++] = *b;
	*b = BUF_INIT(b->max);
}
