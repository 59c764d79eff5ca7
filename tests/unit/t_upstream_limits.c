/* What one server may make the gate hold: each limit exactly reached, and passed by one.
 * Lines are given to a process without a child, as if one had written them. */
#include "base/limits.h"
#include "base/log.h"
#include "upstream/process.h"
#include "upstream_seen.h"

static const char *const argv[] = { "none", NULL };

struct bed {
	struct loop *loop;
	struct upstream *u;
	struct process *p;
};

static struct bed make(void)
{
	static const struct upstream_target nobody;
	struct bed b = { .loop = loop_new() };
	struct upstream_opts o = upstream_defaults();
	struct err e;
	o.name = "s";
	o.argv = argv;
	o.child_idle_ms = 0;
	b.u = upstream_new(b.loop, NULL, &o, &e);
	BUG_ON(!b.u);
	b.p = process_of(b.u, &nobody, MCP_ERA_LEGACY);
	b.p->state = PROCESS_READY;
	b.p->version = MCP_LEGACY_LATEST;
	b.p->client_caps = UPSTREAM_CAN_ROOTS;
	return b;
}

static void drop(struct bed *b)
{
	while (!list_empty(&b->u->exchanges))
		exchange_drop(list_entry(b->u->exchanges.next, struct exchange, of_server));
	b->p->state = PROCESS_ASLEEP;
	b->p->failures = 0;
	process_look(b->p);
	upstream_free(&b->u);
	loop_free(&b->loop);
}

static struct exchange *add(struct bed *b, const char *who, struct seen *s)
{
	struct upstream_target t = { .client_session = slice_str(who), .client_caps = UPSTREAM_CAN_ROOTS };
	struct exchange *x = exchange_new(b->u, EXCHANGE_REQUEST, &t, &seen_events, s);
	x->process = b->p;
	x->is_sent = true;
	list_add_tail(&b->p->exchanges, &x->of_process);
	return x;
}

static void say(struct bed *b, const char *text, int times)
{
	for (int i = 0; i < times; i++)
		stdio_take_line(b->p, slice_str(text));
}

static void test_asks(void)
{
	struct bed b = make();
	struct seen s = { 0 };
	add(&b, "a", &s);
	say(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}", LIMIT_OPEN_ASKS);
	ok(s.messages == LIMIT_OPEN_ASKS, "as many requests of a server as may be open are shown");
	say(&b, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"roots/list\"}", 1);
	ok(s.messages == LIMIT_OPEN_ASKS && s.done == 0, "one more is not");
	drop(&b);
}

static const char note[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"gh-5\"}}";

static void test_waiting(void)
{
	struct bed b = make();
	struct seen slow = { 0 }, other = { 0 };
	struct exchange *x = add(&b, "a", &slow);
	add(&b, "b", &other);
	x->t.progress_id = 5;
	upstream_pause(b.u, x->id, true);
	say(&b, note, LIMIT_WAITING_MESSAGES);
	ok(slow.messages == 0 && slow.done == 0 && x->waiting.n == LIMIT_WAITING_MESSAGES, "messages wait for a client that does not read");
	say(&b, note, 1);
	ok(slow.done == 1 && slow.failure == UPSTREAM_BROKEN && other.done == 0, "one more ends its call and no other");
	drop(&b);
}

static void test_waiting_bytes(void)
{
	struct bed b = make();
	struct seen slow = { 0 };
	struct exchange *x = add(&b, "a", &slow);
	struct buf line = BUF_INIT(LIMIT_WAITING_BYTES * 2);
	x->t.progress_id = 5;
	upstream_pause(b.u, x->id, true);
	buf_add(&line, note, sizeof note - 3);
	buf_adds(&line, ",\"message\":\"");
	while (line.n < LIMIT_WAITING_BYTES - 3)
		buf_addc(&line, 'x');
	buf_adds(&line, "\"}}");
	say(&b, buf_str(&line), 1);
	ok(line.n == LIMIT_WAITING_BYTES && slow.done == 0 && x->waiting.bytes == LIMIT_WAITING_BYTES, "as many bytes as may wait");
	say(&b, note, 1);
	ok(slow.done == 1 && slow.failure == UPSTREAM_BROKEN, "not one message more");
	buf_release(&line);
	drop(&b);
}

struct taker {
	struct loop *loop;
	int taken;
};

static void take_early(void *owner, const struct mcp_message *m)
{
	struct taker *t = owner;
	(void)m;
	if (++t->taken == LIMIT_EARLY_REQUESTS)
		loop_stop(t->loop);
}

static void test_early(void)
{
	static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}";
	struct bed b = make();
	struct mcp_message m;
	struct early early;
	struct err e;
	struct taker t = { .loop = b.loop };
	early_init(&early, b.u, take_early, &t);
	BUG_ON(!upstream_read(b.u, slice_str(text), &m, &e));
	bool is_kept = true;
	for (int i = 0; i < LIMIT_EARLY_REQUESTS; i++)
		is_kept = early_keep(&early, &m) && is_kept;
	ok(is_kept && early.timer.v, "requests wait for a first client");
	ok(!early_keep(&early, &m), "not one more");
	early_soon(&early);
	loop_run(b.loop);
	ok(t.taken == LIMIT_EARLY_REQUESTS && !early.waiting.n && !early.waiting.bytes, "all are taken when one comes: %d", t.taken);
	early_drop(&early);
	drop(&b);
}

static void test_fairness(void)
{
	struct fairness f = { 0 };
	bool is_over = false;
	for (int i = 0; i < LIMIT_FAIR_MESSAGES; i++)
		is_over = fairness_spend(&f, 1000000, 1);
	ok(!is_over, "the share of a window may be used up");
	ok(fairness_spend(&f, 1000000 + LIMIT_FAIR_WINDOW_MS * 1000 - 1, 1), "one message more is too many");
	ok(fairness_left_ms(&f, 1000000) == LIMIT_FAIR_WINDOW_MS && fairness_left_ms(&f, 9000000) == 1, "until the window is over");
	ok(!fairness_spend(&f, 1000000 + LIMIT_FAIR_WINDOW_MS * 1000, LIMIT_FAIR_BYTES), "the next has a share of its own");
	ok(fairness_spend(&f, 1000000 + LIMIT_FAIR_WINDOW_MS * 1000, 1), "counted in bytes too");
}

static void test_flood(void)
{
	struct bed b = make();
	say(&b, "junk", LIMIT_FAIR_MESSAGES);
	ok(!b.p->is_throttled, "a child may say much");
	say(&b, "junk", 1);
	ok(b.p->is_throttled && b.p->throttle.v, "one line more and it rests until the window is over");
	drop(&b);
}

static void test_restarts(void)
{
	struct bed b = make();
	uint64_t last = 0;
	bool is_growing = true;
	b.p->state = PROCESS_STARTING;
	process_give_up(b.p);
	ok(b.p->not_before_us <= loop_now_us(b.loop), "after one failure the next call starts the child at once");
	for (int i = 0; i < 8; i++) {
		process_give_up(b.p);
		is_growing = is_growing && b.p->not_before_us > last;
		last = b.p->not_before_us;
	}
	ok(is_growing && last == loop_now_us(b.loop) + LIMIT_RESTART_DELAY_MS * 1000ull, "then ever later, up to the longest delay");
	process_give_up(b.p);
	ok(b.p->not_before_us == last, "and no later");
	drop(&b);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	test_asks();
	test_waiting();
	test_waiting_bytes();
	test_early();
	test_fairness();
	test_flood();
	test_restarts();
	return tap_done();
}
