/* Children of stdio servers: when they start, when they stop, and what their end means
 * for the exchanges they carried. */
#include "upstream/process.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "upstream/handshake.h"

#define FIRST_DELAY_MS 250
#define GOOD_RUN_US    10000000ull /* a run so long forgives the failures before it */
#define PATIENCE_MS    1000        /* calls wait for a start that is not further away */
#define MEMORY_MS      60000       /* how long failures are remembered behind their delay */

/* In the modern era a process is no session, and most clients have none: theirs is the grant's
 * (MCP 2026-07-28, stdio, Unexpected Termination). */
static struct slice key_of(const struct upstream *u, const struct upstream_target *t)
{
	switch (u->o.per) {
	case UPSTREAM_PER_GRANT:
		return t->grant_id;
	case UPSTREAM_PER_SESSION:
		return t->client_session.n ? t->client_session : t->grant_id;
	case UPSTREAM_PER_SERVER:
		break;
	}
	return slice_of(NULL, 0);
}

struct process *process_find(struct upstream *u, const struct upstream_target *t, enum mcp_era era)
{
	struct slice key = key_of(u, t);
	list_each_safe(it, tmp, &u->processes)
	{
		struct process *p = list_entry(it, struct process, node);
		if (!p->is_probe && p->era == era && slice_eq(key, slice_of(p->key, p->key_n)))
			return p;
	}
	return NULL;
}

static struct process *find_probe(struct upstream *u)
{
	list_each_safe(it, tmp, &u->processes)
	{
		struct process *p = list_entry(it, struct process, node);
		if (p->is_probe)
			return p;
	}
	return NULL;
}

bool process_is_one_client(const struct exchange *a, const struct exchange *b)
{
	return a == b ||
	       (a->t.client_session.n && slice_eq(a->t.client_session, b->t.client_session));
}

static void free_process(struct process *p)
{
	BUG_ON(p->child || !list_empty(&p->exchanges));
	loop_cancel(p->u->loop, &p->timer);
	loop_cancel(p->u->loop, &p->throttle);
	loop_cancel(p->u->loop, &p->silence);
	ask_free_all(&p->asks);
	early_drop(&p->early);
	list_del(&p->node);
	if (!p->is_probe)
		p->u->process_n--;
	upstream_check_stopped(p->u);
	buf_release(&p->greeting);
	free(p->key);
	free(p);
}

/* A place that only remembers a crash is given up when places run out. */
static void make_room(struct upstream *u)
{
	list_each_safe(it, tmp, &u->processes)
	{
		struct process *p = list_entry(it, struct process, node);
		if (!p->child && !p->is_probe && !p->is_busy && list_empty(&p->exchanges)) {
			free_process(p);
			return;
		}
	}
}

static struct process *new_process(struct upstream *u, struct slice key, enum mcp_era era)
{
	struct process *p = mem_zalloc(sizeof *p);
	p->u = u;
	p->era = era;
	p->key = mem_strndup(key.n ? key.p : "", key.n);
	p->key_n = key.n;
	list_init(&p->exchanges);
	list_init(&p->asks);
	early_init(&p->early, u, route_early, p);
	buf_init(&p->greeting, u->o.message_bytes_max);
	list_add_tail(&u->processes, &p->node);
	return p;
}

/* One for all who ask, beside children_max: it lives for an answer, and a server whose only child
 * is busy can be asked, too. */
struct process *process_for_probe(struct upstream *u)
{
	struct process *p = find_probe(u);
	if (!p) {
		p = new_process(u, slice_of(NULL, 0), MCP_ERA_MODERN);
		p->is_probe = true;
	}
	return p;
}

struct process *process_of(struct upstream *u, const struct upstream_target *t, enum mcp_era era)
{
	struct process *p = process_find(u, t, era);
	if (p)
		return p;
	if (u->process_n >= u->o.children_max)
		make_room(u);
	if (u->process_n >= u->o.children_max)
		return NULL;
	u->process_n++;
	return new_process(u, key_of(u, t), era);
}

static bool is_unsent(const struct exchange *x)
{
	return !x->is_sent;
}

/* All but the spared. Takes the exchanges out one by one: an event may end others of the same
 * list. */
static void fail_all(struct process *p, bool (*is_spared)(const struct exchange *), bool did_run,
		     const char *why)
{
	struct list gone;
	list_init(&gone);
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (is_spared && is_spared(x)) {
			x->is_sent = x->is_cancellable = false;
			continue;
		}
		list_del(it);
		list_add_tail(&gone, it);
	}
	while (!list_empty(&gone)) {
		struct exchange *x = list_entry(gone.next, struct exchange, of_process);
		list_del(&x->of_process);
		x->process = NULL;
		exchange_fail(x, x->is_sent && did_run ? UPSTREAM_BROKEN : UPSTREAM_UNREACHED, 0,
			      "server '%s': %s", p->u->o.name, why);
	}
}

static void note_failure(struct process *p)
{
	uint64_t now = loop_now_us(p->u->loop);
	bool was_good = p->state == PROCESS_READY && now - p->started_us >= GOOD_RUN_US;
	p->failures = was_good ? 1 : p->failures + 1;
	uint64_t delay_ms = 0;
	for (unsigned i = 1; i < p->failures && delay_ms < LIMIT_RESTART_DELAY_MS; i++)
		delay_ms = delay_ms ? delay_ms * 2 : FIRST_DELAY_MS;
	if (delay_ms > LIMIT_RESTART_DELAY_MS)
		delay_ms = LIMIT_RESTART_DELAY_MS;
	p->not_before_us = now + delay_ms * 1000;
}

/* A server that ends on what it does not know may be another than it was. */
static void note_end(struct process *p, const char *why)
{
	struct upstream *u = p->u;
	note_failure(p);
	if (p->is_probe) {
		log_debug(u->o.name, "the child that was asked what it speaks ended: %s", why);
		return;
	}
	log_warn(u->o.name, "child ended%s: %s",
		 p->state == PROCESS_STARTING ? " before its handshake" : "", why);
	if (!p->is_heard)
		upstream_doubt(u, MCP_ERA_MODERN);
}

static void on_exit_of_child(void *ctx, const char *why)
{
	struct process *p = ctx;
	struct upstream *u = p->u;
	bool is_asked = p->state == PROCESS_ENDING, did_run = child_pid(p->child) != 0;
	p->child = NULL;
	if (is_asked)
		log_debug(u->o.name, "child stopped: %s", why);
	else
		note_end(p, why);
	p->state = PROCESS_ASLEEP;
	p->is_throttled = p->is_paused = false;
	loop_cancel(u->loop, &p->throttle);
	loop_cancel(u->loop, &p->timer);
	loop_cancel(u->loop, &p->silence);
	ask_free_all(&p->asks);
	p->ask_n = 0;
	early_drop(&p->early);
	/* What waits for a child that was told to stop gets the next one. */
	p->is_busy = true;
	if (p->is_probe && !is_asked && !u->is_stopped)
		probe_take_end(p, did_run, why);
	else
		fail_all(p, u->is_stopped ? NULL : is_asked ? is_unsent : modern_keeps, did_run,
			 why);
	p->is_busy = false;
	process_look(p);
}

static void on_line(void *ctx, struct slice line)
{
	struct process *p = ctx;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (p->state != PROCESS_ENDING)
		stdio_take_line(p, line);
}

static void on_stderr_line(void *ctx, struct slice line)
{
	struct process *p = ctx;
	log_debug(p->u->o.name, "stderr: %.*s", SLICE_ARG(line));
}

static void on_start_deadline(void *ctx)
{
	struct process *p = ctx;
	p->timer.v = 0;
	log_warn(p->u->o.name, "child did not answer the handshake in time");
	upstream_doubt(p->u, MCP_ERA_MODERN);
	process_give_up(p);
	fail_all(p, NULL, false, "its child did not answer the handshake in time");
}

static void on_look_again(void *ctx)
{
	struct process *p = ctx;
	p->timer.v = 0;
	process_look(p);
}

/* Subscriptions that were open wait on for the next start. */
static void fail_waiting(struct process *p, const char *why)
{
	uint64_t now = loop_now_us(p->u->loop);
	bool is_awaited = false;
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (modern_keeps(x))
			is_awaited = true;
		else
			exchange_fail_soon(x, UPSTREAM_UNREACHED, "server '%s': %s", p->u->o.name,
					   why);
	}
	if (is_awaited)
		p->timer = loop_after(
			p->u->loop,
			p->not_before_us > now ? (p->not_before_us - now) / 1000 + 1 : FIRST_DELAY_MS,
			on_look_again, p);
}

/* The handshake of a child that a plain request woke is the gate's own. */
static bool greet(struct process *p)
{
	struct upstream *u = p->u;
	struct exchange *x = list_entry(p->exchanges.next, struct exchange, of_process);
	p->client_caps = x->t.client_caps;
	if (x->kind == EXCHANGE_OPEN) {
		p->greeting_id = x->wire_id;
		return child_write(p->child, buf_slice(&x->text));
	}
	struct buf params = BUF_INIT(4096);
	char id[24];
	p->greeting_id = ++u->wire_last;
	snprintf(id, sizeof id, "%llu", (unsigned long long)p->greeting_id);
	handshake_write(&params, MCP_LEGACY_LATEST, NULL, NULL, x->t.client_caps);
	upstream_clear_line(u);
	mcp_write_request(&u->line, slice_str(id), SLICE_LIT("initialize"), buf_slice(&params));
	buf_release(&params);
	return child_write(p->child, buf_slice(&u->line));
}

static void begin_legacy(struct process *p)
{
	p->state = PROCESS_STARTING;
	buf_clear(&p->greeting);
	p->timer = loop_after(p->u->loop, p->u->o.start_timeout_ms, on_start_deadline, p);
	if (greet(p))
		return;
	fail_waiting(p, "its child does not read");
	process_give_up(p);
}

static void begin_modern(struct process *p)
{
	p->state = PROCESS_READY;
	p->version = MCP_MODERN_LATEST;
	stdio_begin_all(p);
	if (p->is_probe)
		probe_started(p);
}

static void start_child(struct process *p)
{
	static const struct child_events events = {on_line, on_stderr_line, on_exit_of_child};
	struct upstream *u = p->u;
	struct child_opts o = {
		.argv = u->o.argv,
		.env = u->o.env,
		.cwd = u->o.cwd,
		.line_bytes_max = u->o.message_bytes_max,
		.stop_ms = u->o.child_stop_ms,
	};
	struct err e = { 0 };
	p->started_us = loop_now_us(u->loop);
	p->child = child_start(u->loop, &o, &events, p, &e);
	if (!p->child) {
		note_failure(p);
		fail_waiting(p, e.text);
		return;
	}
	u->restarts += p->failures > 0 && !p->is_probe;
	p->is_heard = false;
	p->greeting_id = 0;
	if (p->era == MCP_ERA_LEGACY)
		begin_legacy(p);
	else
		begin_modern(p);
}

static void on_idle(void *ctx)
{
	struct process *p = ctx;
	p->timer.v = 0;
	log_debug(p->u->o.name, "child idle, stopped");
	process_stop(p);
}

/* Nobody needs it; it stays for as long as its failures are to be remembered. */
static void look_unused(struct process *p, uint64_t now)
{
	uint64_t until = p->failures ? p->not_before_us + MEMORY_MS * 1000ull : 0;
	if (now >= until || p->u->is_stopped)
		free_process(p);
	else
		p->timer = loop_after(p->u->loop, (until - now) / 1000 + 1, on_look_again, p);
}

static void look_asleep(struct process *p)
{
	struct upstream *u = p->u;
	uint64_t now = loop_now_us(u->loop);
	uint64_t wait_ms = p->not_before_us > now ? (p->not_before_us - now + 999) / 1000 : 0;
	bool is_wanted = false;
	if (p->is_busy)
		return;
	if (list_empty(&p->exchanges)) {
		look_unused(p, now);
		return;
	}
	list_each_safe(it, tmp, &p->exchanges) is_wanted =
		is_wanted || !list_entry(it, struct exchange, of_process)->failure;
	if (!is_wanted)
		return; /* their failures are under way; the last one looks again */
	if (!wait_ms) {
		start_child(p);
		return;
	}
	if (wait_ms > PATIENCE_MS) {
		char why[64];
		snprintf(why, sizeof why, "it keeps ending; its next start is in %llu s",
			 (unsigned long long)(wait_ms + 999) / 1000);
		fail_waiting(p, why);
		return;
	}
	p->timer = loop_after(u->loop, wait_ms, on_look_again, p);
}

void process_look(struct process *p)
{
	if (p->state == PROCESS_STARTING || p->state == PROCESS_ENDING)
		return;
	loop_cancel(p->u->loop, &p->timer);
	if (p->state == PROCESS_ASLEEP)
		look_asleep(p);
	else if (list_empty(&p->exchanges) && p->is_probe)
		process_stop(p);
	else if (list_empty(&p->exchanges) && p->u->o.child_idle_ms)
		p->timer = loop_after(p->u->loop, p->u->o.child_idle_ms, on_idle, p);
}

void process_stop(struct process *p)
{
	if (!p->child || p->state == PROCESS_ENDING)
		return;
	loop_cancel(p->u->loop, &p->timer);
	loop_cancel(p->u->loop, &p->silence);
	p->state = PROCESS_ENDING;
	if (p->is_paused)
		child_pause(p->child, false);
	child_stop(p->child);
}

void process_give_up(struct process *p)
{
	note_failure(p);
	process_stop(p);
}

static void on_throttle_over(void *ctx)
{
	struct process *p = ctx;
	p->throttle.v = 0;
	p->is_throttled = false;
	process_pause(p);
}

static bool is_slow(const struct process *p, const struct exchange *of)
{
	list_each_safe(it, tmp, &p->exchanges)
	{
		const struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->is_paused && process_is_one_client(x, of))
			return true;
	}
	return false;
}

/* Every client that it works for has stopped reading. Of a child with other clients too
 * the messages for a slow one wait in its exchange, up to LIMIT_WAITING_…. */
static bool has_only_slow_clients(const struct process *p)
{
	list_each_safe(it, tmp, &p->exchanges) if (!is_slow(
		p, list_entry(it, struct exchange, of_process))) return false;
	return !list_empty(&p->exchanges);
}

/* Paused while its share of the window is used up, or while nobody it talks to reads. */
void process_pause(struct process *p)
{
	struct upstream *u = p->u;
	bool is_unheard = u->paused_n && has_only_slow_clients(p);
	if (p->is_throttled && !p->throttle.v)
		p->throttle =
			loop_after(u->loop, fairness_left_ms(&p->fairness, loop_now_us(u->loop)),
				   on_throttle_over, p);
	bool is_paused = p->is_throttled || is_unheard;
	if (is_paused == p->is_paused || !p->child || p->state == PROCESS_ENDING)
		return;
	p->is_paused = is_paused;
	child_pause(p->child, is_paused);
}

bool process_write(struct process *p, struct slice line)
{
	return p->child && p->state != PROCESS_ENDING && child_write(p->child, line);
}

void stdio_stop(struct upstream *u)
{
	list_each_safe(it, tmp, &u->processes)
	{
		struct process *p = list_entry(it, struct process, node);
		if (p->child)
			process_stop(p);
		else
			process_look(p);
	}
}

size_t stdio_children(const struct upstream *u)
{
	size_t n = 0;
	list_each_safe(it, tmp, &u->processes) n +=
		list_entry(it, struct process, node)->child != NULL;
	return n;
}
