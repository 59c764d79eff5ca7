/*
 * Whom it concerns when a child says something by itself. One pipe may serve several
 * client sessions: progress goes by the gate's own token, a request of the server to
 * the one session that it can be about. What is about nobody in particular is dropped
 * and logged, never guessed.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "upstream/process.h"

static void write_answer_of_ours(struct process *p, const struct mcp_message *m)
{
	upstream_clear_line(p->u);
	upstream_write_own_answer(&p->u->line, m);
	if (!process_write(p, buf_slice(&p->u->line)))
		upstream_complain(p->u, "does not read answers to its own requests");
}

/* Its client was asked and has not answered. */
static bool waits_for_answer(struct process *p, const struct exchange *x)
{
	list_each_safe(it, tmp, &p->asks)
	{
		if (list_entry(it, struct ask, node)->by == x->id.v)
			return true;
	}
	return false;
}

/* Those that something may be about: of one client session, unless are_many. */
struct callers {
	struct exchange *newest, *able; /* able: the newest whose client can answer */
	bool are_many;
};

static struct callers find_callers(struct process *p, enum exchange_kind kind, unsigned cap,
				   bool with_waiting)
{
	struct callers c = { 0 };
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->kind != kind || !x->is_sent || (!with_waiting && waits_for_answer(p, x)))
			continue;
		if (c.newest && !slice_eq(c.newest->t.client_session, x->t.client_session))
			c.are_many = true;
		c.newest = x;
		if ((x->t.client_caps & cap) == cap)
			c.able = x;
	}
	return c;
}

/* A call may ask several things in one breath. */
static struct exchange *find_last_asked(struct process *p, unsigned cap)
{
	const struct ask *last = list_empty(&p->asks) ? NULL : list_entry(p->asks.prev, struct ask, node);
	struct exchange *x = last ? exchange_find(p->u, (struct exchange_id){last->by}) : NULL;
	return x && x->is_sent && (x->t.client_caps & cap) == cap ? x : NULL;
}

/* With calls of one session under way it is about these, and of those about the newest. One that
 * waits for its client is not what makes the server ask now, unless there is no other. With no
 * call it is about the one session that listens; else nobody knows, and guessing would show one
 * client the business of another: where grants share a child, what waits counts as any other. */
static struct exchange *find_asked(struct process *p, unsigned cap)
{
	bool is_shared = p->u->o.per == UPSTREAM_PER_SERVER;
	struct callers c = find_callers(p, EXCHANGE_REQUEST, cap, is_shared);
	if (!c.newest && !is_shared) {
		struct exchange *x = find_last_asked(p, cap);
		if (x)
			return x;
		c = find_callers(p, EXCHANGE_REQUEST, cap, true);
	}
	if (!c.newest)
		c = find_callers(p, EXCHANGE_LISTEN, cap, true);
	return c.are_many ? NULL : c.able;
}

static bool has_clients(const struct process *p)
{
	list_each_safe(it, tmp, &p->exchanges)
	{
		const struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->is_sent && (x->kind == EXCHANGE_REQUEST || x->kind == EXCHANGE_LISTEN))
			return true;
	}
	return false;
}

static void ask(struct process *p, const struct mcp_message *m, bool may_wait)
{
	struct upstream *u = p->u;
	unsigned cap = 0;
	/* What the child was not told of at its greeting it may not ask for. */
	bool is_known = upstream_ask_needs(m, &cap) && (p->client_caps & cap) == cap;
	struct exchange *x = is_known ? find_asked(p, cap) : NULL;
	if (is_known && may_wait && !has_clients(p) && early_keep(&p->early, m))
		return;
	if (!x || p->ask_n >= LIMIT_OPEN_ASKS) {
		write_answer_of_ours(p, m);
		return;
	}
	struct ask *a = ask_new(x, ++u->ask_last, m);
	list_add_tail(&p->asks, &a->node);
	p->ask_n++;
	char id[24];
	snprintf(id, sizeof id, "%llu", (unsigned long long)a->shown_id);
	struct buf b = BUF_INIT(u->o.message_bytes_max + 64);
	struct mcp_message shown;
	struct err e;
	mcp_write_with_id(&b, m, slice_str(id));
	if (buf_ok(&b) && upstream_read(u, buf_slice(&b), &shown, &e))
		stdio_show(x, &shown);
	buf_release(&b);
}

void route_ask(struct process *p, const struct mcp_message *m)
{
	ask(p, m, true);
}

void route_early(void *process, const struct mcp_message *m)
{
	ask(process, m, false);
}

void process_drop_ask(struct process *p, struct ask *a)
{
	ask_free(a);
	p->ask_n--;
}

/* The server gives up a request of its own: the client knows it by another id. */
static void take_cancelled(struct process *p, const struct mcp_message *m)
{
	struct upstream *u = p->u;
	struct ask *a = ask_find_by_server_id(&p->asks, json_gets(m->params, "requestId"));
	if (!a)
		return;
	char id[24];
	snprintf(id, sizeof id, "%llu", (unsigned long long)a->shown_id);
	struct buf params = BUF_INIT(u->o.message_bytes_max), b = BUF_INIT(u->o.message_bytes_max);
	json_write_with(&params, m->params, SLICE_LIT("requestId"), slice_str(id));
	mcp_write_request(&b, slice_of(NULL, 0), m->method, buf_slice(&params));
	struct exchange *to = NULL;
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (!to && x->is_sent && x->kind != EXCHANGE_NOTIFY &&
		    slice_eq(x->t.client_session, slice_of(a->client_session, a->client_session_n)))
			to = x;
	}
	struct mcp_message shown;
	struct err e;
	process_drop_ask(p, a);
	if (to && buf_ok(&params) && buf_ok(&b) && upstream_read(u, buf_slice(&b), &shown, &e))
		stdio_show(to, &shown);
	buf_release(&params);
	buf_release(&b);
}

void route_progress(struct process *p, const struct mcp_message *m)
{
	uint64_t n = upstream_progress_call(m);
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (n && x->is_sent && x->kind == EXCHANGE_REQUEST && x->t.progress_id == n) {
			stdio_show(x, m);
			return;
		}
	}
	log_debug(p->u->o.name, "progress for no call under way; dropped");
}

/* Events may end any exchange of the list, so those that are meant are noted first. */
static void show_listeners(struct process *p, const struct mcp_message *m)
{
	struct buf ids = BUF_INIT(SIZE_MAX / 2);
	list_each_safe(it, tmp, &p->exchanges)
	{
		const struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->kind == EXCHANGE_LISTEN && x->is_sent)
			buf_add(&ids, &x->id, sizeof x->id);
	}
	for (size_t at = 0; at < ids.n; at += sizeof(struct exchange_id)) {
		struct exchange_id id;
		memcpy(&id, ids.p + at, sizeof id);
		struct exchange *x = exchange_find(p->u, id);
		if (x)
			stdio_show(x, m);
	}
	buf_release(&ids);
}

void route_notification(struct process *p, const struct mcp_message *m)
{
	upstream_noticed(p->u, m);
	if (slice_is(m->method, "notifications/progress")) {
		route_progress(p, m);
		return;
	}
	if (slice_is(m->method, "notifications/cancelled")) {
		take_cancelled(p, m);
		return;
	}
	struct callers callers = find_callers(p, EXCHANGE_REQUEST, 0, true);
	struct callers listeners = find_callers(p, EXCHANGE_LISTEN, 0, true);
	bool is_one_caller = callers.newest && !callers.are_many;
	bool is_one_listener = listeners.newest && !listeners.are_many;
	/* Log lines are about somebody's call; the rest is about the server. */
	bool is_log = slice_is(m->method, "notifications/message");
	if (is_one_caller && (is_log || !listeners.newest))
		stdio_show(callers.newest, m);
	else if (is_one_listener || (listeners.newest && !(is_log && p->u->o.per == UPSTREAM_PER_SERVER)))
		show_listeners(p, m);
	else
		log_debug(p->u->o.name, "a notification for nobody; dropped");
}
