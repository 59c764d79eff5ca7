/* The order of a turn, timers, deadlines, work on other threads. */
#include "base/buf.h"
#include "base/check.h"
#include "net/conn.h"
#include "tap.h"
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
	struct loop *loop;
	struct buf story; /* one letter for each thing that happened */
	struct conn *conn;
	struct deadline late, early;
	int fd; /* the other end of conn */
	int hooks;
};

static void tell(struct world *w, char c)
{
	buf_addc(&w->story, c);
}

static bool has_arrived(const struct world *w)
{
	char byte;
	return recv(w->fd, &byte, 1, MSG_DONTWAIT) == 1;
}

static void on_hook(void *ctx)
{
	struct world *w = ctx;
	w->hooks++;
	if (conn_pending(w->conn))
		tell(w, has_arrived(w) ? '!' : 'h');
}

static void on_deferred(void *ctx)
{
	struct world *w = ctx;
	tell(w, has_arrived(w) ? 'd' : '!');
	loop_stop(w->loop);
}

static void on_write(void *ctx)
{
	struct world *w = ctx;
	tell(w, 'w');
	conn_write(w->conn, SLICE_LIT("x"));
	loop_defer(w->loop, on_deferred, w);
}

static void on_nothing(void *ctx)
{
	(void)ctx;
}

static void on_data(void *ctx, struct slice bytes)
{
	(void)bytes;
	on_write(ctx);
}

static void on_end(void *ctx, const struct err *why)
{
	(void)why;
	tell(ctx, 'e');
	loop_stop(((struct world *)ctx)->loop);
}

static const struct conn_events events = { .on_open = on_nothing, .on_data = on_data, .on_end = on_end };

static void world_open(struct world *w)
{
	int fd[2];
	*w = (struct world){ .loop = loop_new(), .story = BUF_INIT(1000) };
	BUG_ON(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) != 0);
	w->fd = fd[0];
	w->conn = conn_accept(w->loop, fd[1], &events, w);
}

static void world_close(struct world *w)
{
	conn_close(&w->conn);
	close(w->fd);
	buf_release(&w->story);
	loop_free(&w->loop);
}

static void on_work(void *ctx)
{
	(void)ctx; /* on another thread */
}

static void on_again(void *ctx)
{
	struct world *w = ctx;
	loop_defer(w->loop, on_write, w);
}

static void test_order(void)
{
	static const char *const names[] = { "an event", "a timer", "a deferred function", "a deferred function of a timer",
		"work", "a deadline", "nothing: before the loop ran" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct world w;
		world_open(&w);
		loop_before_send(w.loop, on_hook, &w);
		deadline_init(&w.early, on_write, &w);
		switch (i) {
		case 0: BUG_ON(write(w.fd, "y", 1) != 1); break;
		case 1: loop_after(w.loop, 1, on_write, &w); break;
		case 2: loop_defer(w.loop, on_write, &w); break;
		case 3: loop_after(w.loop, 1, on_again, &w); break;
		case 4: loop_work(w.loop, on_work, on_write, &w); break;
		case 5: deadline_set(w.loop, &w.early, 1); break;
		default: on_write(&w); break;
		}
		loop_run(w.loop);
		ok(strcmp(buf_str(&w.story), "whd") == 0, "written by %s, hook, sent, deferred: %s", names[i],
		   buf_str(&w.story));
		world_close(&w);
	}
}

struct ring {
	struct world *w;
	char letter;
};

static void on_ring(void *ctx)
{
	struct ring *r = ctx;
	tell(r->w, r->letter);
	if (r->letter == 'z')
		loop_stop(r->w->loop);
}

static void test_timers(void)
{
	struct world w;
	struct ring a = { &w, 'a' }, b = { &w, 'b' }, c = { &w, 'c' }, z = { &w, 'z' };
	world_open(&w);
	uint64_t before_us = loop_now_us(w.loop);
	loop_after(w.loop, 30, on_ring, &z);
	struct loop_timer gone = loop_after(w.loop, 5, on_ring, &c);
	loop_after(w.loop, 20, on_ring, &b);
	loop_after(w.loop, 10, on_ring, &a);
	loop_after(w.loop, 20, on_ring, &a);
	loop_cancel(w.loop, &gone);
	loop_cancel(w.loop, &gone);
	loop_run(w.loop);
	ok(strcmp(buf_str(&w.story), "abaz") == 0 && gone.v == 0, "timers fire in their order, once: %s", buf_str(&w.story));
	ok(loop_now_us(w.loop) - before_us >= 29000, "and not before their time");
	struct loop_timer many[500];
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = loop_after(w.loop, 1 + (i * 7919) % 1000, on_ring, &b);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		loop_cancel(w.loop, &many[i]);
	buf_clear(&w.story);
	loop_after(w.loop, 1, on_ring, &z);
	loop_run(w.loop);
	ok(strcmp(buf_str(&w.story), "z") == 0, "cancelled ones do not fire");
	world_close(&w);
}

static void on_early(void *ctx)
{
	struct world *w = ctx;
	tell(w, '1');
	deadline_clear(w->loop, &w->late);
	deadline_set(w->loop, &w->early, 1);
	deadline_set(w->loop, &w->late, DEADLINE_TICK_MS);
	w->early.fn = w->late.fn;
}

static void on_late(void *ctx)
{
	struct world *w = ctx;
	tell(w, '2');
	if (!w->early.at_ms && !w->late.at_ms)
		loop_stop(w->loop);
}

static void test_deadlines(void)
{
	struct world w;
	world_open(&w);
	deadline_init(&w.early, on_early, &w);
	deadline_init(&w.late, on_late, &w);
	uint64_t before_us = loop_now_us(w.loop);
	deadline_set(w.loop, &w.late, 50 * DEADLINE_SLOTS * DEADLINE_TICK_MS);
	deadline_set(w.loop, &w.late, 1);
	deadline_set(w.loop, &w.early, 1);
	loop_run(w.loop);
	ok(strcmp(buf_str(&w.story), "2122") == 0 || strcmp(buf_str(&w.story), "122") == 0,
	   "deadlines are set, cleared and set again from within: %s", buf_str(&w.story));
	ok(loop_now_us(w.loop) - before_us >= DEADLINE_TICK_MS * 1000, "and not before their time");
	deadline_set(w.loop, &w.late, 0);
	ok(!w.late.at_ms, "none for 0");
	world_close(&w);
}

static void on_letter(void *ctx)
{
	tell(ctx, 's');
	loop_stop(((struct world *)ctx)->loop);
}

static void test_signal(void)
{
	struct world w;
	world_open(&w);
	loop_on_signal(w.loop, SIGTERM, on_letter, &w);
	raise(SIGTERM);
	loop_run(w.loop);
	ok(strcmp(buf_str(&w.story), "s") == 0, "a signal runs its function on the loop");
	world_close(&w);
}

static void test_broken_peer(void)
{
	struct world w;
	static char block[1 << 20];
	world_open(&w);
	conn_write(w.conn, slice_of(block, sizeof block));
	close(w.fd);
	loop_run(w.loop);
	ok(strcmp(buf_str(&w.story), "e") == 0, "a peer that has gone is told once: %s", buf_str(&w.story));
	conn_write(w.conn, SLICE_LIT("x"));
	ok(conn_pending(w.conn) > 0, "what is written then goes nowhere");
	w.fd = dup(0);
	world_close(&w);

	world_open(&w);
	conn_write(w.conn, SLICE_LIT("last words"));
	conn_finish(&w.conn);
	close(w.fd);
	w.fd = dup(0);
	world_close(&w);
	ok(true, "a connection that was given up goes with the loop");
}

int main(void)
{
	test_order();
	test_timers();
	test_deadlines();
	test_signal();
	test_broken_peer();
	return tap_done();
}
