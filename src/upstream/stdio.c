/*
 * What the lines of a child mean, and for whom. One pipe may serve several client
 * sessions: an answer goes by the gate's own id, progress by the gate's own token, a
 * request of the server to the one session that it can be about. What is about nobody
 * in particular is dropped and logged, never guessed.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "upstream/handshake.h"
#include "upstream/process.h"

struct held_message {
	struct list node;
	size_t n;
	char text[];
};

static void hold(struct exchange *x, const struct mcp_message *m)
{
	struct upstream *u = x->u;
	upstream_clear_line(u);
	json_write(&u->line, m->root);
	struct slice text = buf_slice(&u->line);
	if (!buf_ok(&u->line) || x->waiting_n >= LIMIT_WAITING_MESSAGES ||
	    x->waiting_bytes + text.n > LIMIT_WAITING_BYTES) {
		stdio_cancel(x, "the client does not read");
		exchange_fail(x, UPSTREAM_BROKEN, 0, "the client does not read what server '%s' sends", u->o.name);
		return;
	}
	struct held_message *h = mem_alloc(sizeof *h + text.n);
	h->n = text.n;
	memcpy(h->text, text.p, text.n);
	list_add_tail(&x->waiting, &h->node);
	x->waiting_n++;
	x->waiting_bytes += text.n;
}

static void show(struct exchange *x, const struct mcp_message *m)
{
	if (x->is_paused)
		hold(x, m);
	else
		exchange_show(x, m);
}

static struct held_message *take_held(struct exchange *x)
{
	if (list_empty(&x->waiting))
		return NULL;
	struct held_message *h = list_entry(x->waiting.next, struct held_message, node);
	list_del(&h->node);
	x->waiting_n--;
	x->waiting_bytes -= h->n;
	return h;
}

/* Each in a turn's part of its own: u->arena holds one message at a time. */
static void show_held(struct exchange *x, bool is_last)
{
	while (!x->is_over && (is_last || !x->is_paused)) {
		struct held_message *h = take_held(x);
		struct mcp_message m;
		struct err e;
		if (!h)
			return;
		if (upstream_read(x->u, slice_of(h->text, h->n), &m, &e))
			exchange_show(x, &m);
		free(h);
	}
}

static void write_answer_of_ours(struct process *p, const struct mcp_message *m)
{
	upstream_clear_line(p->u);
	upstream_write_own_answer(&p->u->line, m);
	if (!process_write(p, buf_slice(&p->u->line)))
		upstream_complain(p->u, "does not read answers to its own requests");
}

/* The one client session with a call under way, in *only; false when there are several. */
static bool find_only_caller(struct process *p, enum exchange_kind kind, struct exchange **only)
{
	*only = NULL;
	list_each_safe(it, tmp, &p->exchanges) {
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->kind != kind || !x->is_sent)
			continue;
		if (*only && !slice_eq((*only)->t.client_session, x->t.client_session))
			return false;
		if (!*only)
			*only = x;
	}
	return true;
}

static bool can(const struct exchange *x, unsigned cap)
{
	return (x->t.client_caps & cap) == cap;
}

/* With calls of one session under way it is about these; with none, about the one
 * session that listens; else nobody knows, and guessing would show one client the
 * business of another. */
static struct exchange *find_asked(struct process *p, unsigned cap)
{
	struct exchange *caller, *listener;
	if (!find_only_caller(p, EXCHANGE_REQUEST, &caller))
		return NULL;
	if (caller && can(caller, cap))
		return caller;
	if (caller || !find_only_caller(p, EXCHANGE_LISTEN, &listener))
		return NULL;
	return listener && can(listener, cap) ? listener : NULL;
}

static void take_ask(struct process *p, const struct mcp_message *m)
{
	struct upstream *u = p->u;
	unsigned cap;
	struct exchange *x = upstream_ask_needs(m, &cap) ? find_asked(p, cap) : NULL;
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
		show(x, &shown);
	buf_release(&b);
}

static void drop_ask(struct process *p, struct ask *a)
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
	list_each_safe(it, tmp, &p->exchanges) {
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (!to && x->is_sent && x->kind != EXCHANGE_NOTIFY &&
		    slice_eq(x->t.client_session, slice_of(a->client_session, a->client_session_n)))
			to = x;
	}
	struct mcp_message shown;
	struct err e;
	drop_ask(p, a);
	if (to && buf_ok(&params) && buf_ok(&b) && upstream_read(u, buf_slice(&b), &shown, &e))
		show(to, &shown);
	buf_release(&params);
	buf_release(&b);
}

static void take_progress(struct process *p, const struct mcp_message *m)
{
	struct slice token = json_string(json_gets(m->params, "progressToken"));
	unsigned long long n;
	bool is_ours = slice_starts(token, SLICE_LIT("gh-")) && slice_u64(slice_of(token.p + 3, token.n - 3), &n) && n;
	list_each_safe(it, tmp, &p->exchanges) {
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (is_ours && x->is_sent && x->kind == EXCHANGE_REQUEST && x->t.progress_id == n) {
			show(x, m);
			return;
		}
	}
	log_debug(p->u->o.name, "progress for no call under way; dropped");
}

/* Events may end any exchange of the list, so each turn looks for the next by its wire id. */
static void show_listeners(struct process *p, const struct mcp_message *m)
{
	uint64_t after = 0;
	for (;;) {
		struct exchange *next = NULL;
		list_each_safe(it, tmp, &p->exchanges) {
			struct exchange *x = list_entry(it, struct exchange, of_process);
			if (x->kind == EXCHANGE_LISTEN && x->is_sent && x->wire_id > after &&
			    (!next || x->wire_id < next->wire_id))
				next = x;
		}
		if (!next)
			return;
		after = next->wire_id;
		show(next, m);
	}
}

static void take_notification(struct process *p, const struct mcp_message *m)
{
	struct exchange *caller, *listener;
	upstream_noticed(p->u, m);
	if (slice_is(m->method, "notifications/progress")) {
		take_progress(p, m);
		return;
	}
	if (slice_is(m->method, "notifications/cancelled")) {
		take_cancelled(p, m);
		return;
	}
	bool is_one_caller = find_only_caller(p, EXCHANGE_REQUEST, &caller) && caller;
	bool is_one_listener = find_only_caller(p, EXCHANGE_LISTEN, &listener) && listener;
	/* Log lines are about somebody's call; the rest is about the server. */
	bool is_log = slice_is(m->method, "notifications/message");
	if (is_one_caller && (is_log || !listener))
		show(caller, m);
	else if (is_one_listener || (listener && !(is_log && p->u->o.per == UPSTREAM_PER_SERVER)))
		show_listeners(p, m);
	else
		log_debug(p->u->o.name, "a notification for nobody; dropped");
}

static void open_with_greeting(struct exchange *x)
{
	struct process *p = x->process;
	struct mcp_message m;
	struct err e;
	if (!upstream_read(x->u, buf_slice(&p->greeting), &m, &e)) {
		exchange_fail(x, UPSTREAM_BROKEN, 0, "server '%s': %s", x->u->o.name, e.text);
		return;
	}
	x->remote.version = p->version;
	exchange_done(x, UPSTREAM_OK, &m, NULL, 0);
}

/* From a turn of the loop: starts what waited for the child. */
static void begin(struct exchange *x)
{
	switch (x->kind) {
	case EXCHANGE_OPEN:
		open_with_greeting(x);
		return;
	case EXCHANGE_LISTEN:
		loop_cancel(x->u->loop, &x->deadline);
		x->is_sent = true;
		if (x->ev.on_open)
			x->ev.on_open(x->ctx, x->id);
		return;
	case EXCHANGE_REQUEST:
		stdio_send(x);
		return;
	case EXCHANGE_NOTIFY:
		stdio_send(x);
		if (!x->failure)
			exchange_done(x, UPSTREAM_OK, NULL, NULL, 0);
		return;
	case EXCHANGE_NONE:
		BUG_ON(true);
	}
}

static void begin_all(struct process *p)
{
	struct exchange *next;
	do {
		next = NULL;
		list_each_safe(it, tmp, &p->exchanges) {
			struct exchange *x = list_entry(it, struct exchange, of_process);
			if (!next && !x->is_sent && !x->failure)
				next = x;
		}
		if (next)
			begin(next);
	} while (next && p->state == PROCESS_READY);
}

/* The ones that wait now: an event may bring new ones, which get the next child. */
static void refuse_all(struct process *p, const struct mcp_message *answer, const char *why)
{
	struct list gone;
	list_init(&gone);
	list_each_safe(it, tmp, &p->exchanges) {
		list_del(it);
		list_add_tail(&gone, it);
	}
	while (!list_empty(&gone)) {
		struct exchange *x = list_entry(gone.next, struct exchange, of_process);
		list_del(&x->of_process);
		x->process = NULL;
		if (x->kind == EXCHANGE_OPEN && answer)
			exchange_done(x, UPSTREAM_OK, answer, NULL, 0);
		else
			exchange_fail(x, x->kind == EXCHANGE_OPEN ? UPSTREAM_REFUSED : UPSTREAM_UNREACHED, 0, "%s", why);
	}
}

static void take_greeting(struct process *p, const struct mcp_message *m)
{
	struct upstream *u = p->u;
	struct buf line = BUF_INIT(256);
	struct err e;
	if (m->kind == MCP_ERROR) {
		process_give_up(p);
		refuse_all(p, m, "the server refused the handshake");
		return;
	}
	if (!handshake_read(m, u->o.name, &p->version, &e)) {
		process_give_up(p);
		refuse_all(p, NULL, e.text);
		return;
	}
	json_write(&p->greeting, m->root);
	loop_cancel(u->loop, &p->timer);
	p->state = PROCESS_READY;
	handshake_write_initialized(&line);
	if (!process_write(p, buf_slice(&line)))
		upstream_complain(u, "does not read");
	buf_release(&line);
	upstream_noticed(u, NULL);
	begin_all(p);
	process_look(p);
}

static struct exchange *find_by_wire_id(struct process *p, const struct json *id)
{
	int64_t v;
	if (!json_int64(id, &v) || v <= 0)
		return NULL;
	list_each_safe(it, tmp, &p->exchanges) {
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->wire_id == (uint64_t)v && x->is_sent && x->kind == EXCHANGE_REQUEST)
			return x;
	}
	return NULL;
}

static void take_answer(struct process *p, const struct mcp_message *m)
{
	int64_t v;
	if (p->state == PROCESS_STARTING && json_int64(m->id, &v) && v > 0 && (uint64_t)v == p->greeting_id) {
		take_greeting(p, m);
		return;
	}
	struct exchange *x = find_by_wire_id(p, m->id);
	if (!x) {
		/* Answered twice, cancelled meanwhile, or never asked. */
		upstream_complain(p->u, "answered a request that is not under way; dropped");
		return;
	}
	if (list_empty(&x->waiting)) {
		exchange_done(x, UPSTREAM_OK, m, NULL, 0);
		return;
	}
	/* What was held comes first, and takes the place of m in the arena. */
	struct buf b = BUF_INIT(x->u->o.message_bytes_max);
	struct mcp_message again;
	struct err e;
	json_write(&b, m->root);
	show_held(x, true);
	if (buf_ok(&b) && upstream_read(x->u, buf_slice(&b), &again, &e))
		exchange_done(x, UPSTREAM_OK, &again, NULL, 0);
	else
		exchange_fail(x, UPSTREAM_BROKEN, 0, "server '%s' sent too large an answer", x->u->o.name);
	buf_release(&b);
}

static void take_message(struct process *p, const struct mcp_message *m)
{
	switch (m->kind) {
	case MCP_RESULT:
	case MCP_ERROR:
		take_answer(p, m);
		return;
	case MCP_REQUEST:
		take_ask(p, m);
		return;
	case MCP_NOTIFICATION:
		take_notification(p, m);
		return;
	case MCP_INVALID:
		BUG_ON(true);
	}
}

static void take_batch(struct process *p, const struct json *root)
{
	struct upstream *u = p->u;
	bool is_fit = mcp_version_has_batches(p->version) && json_count(root) >= 1 && json_count(root) <= LIMIT_BATCH;
	struct buf b = BUF_INIT(u->o.message_bytes_max);
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	/* A copy: looking at one element may read others into u->arena. */
	json_write(&b, root);
	const struct json *copy = is_fit && buf_ok(&b) ? json_read(buf_slice(&b), &a, &e) : NULL;
	for (struct json_iter it = json_iter(copy); copy && p->state == PROCESS_READY && json_next(&it);) {
		struct mcp_message one;
		if (mcp_message_read(it.value, &one, &e))
			take_message(p, &one);
		else
			upstream_complain(u, "wrote a message that is not one: %s", e.text);
	}
	if (!copy)
		upstream_complain(u, "wrote a batch that is not one; dropped");
	arena_release(&a);
	buf_release(&b);
}

void stdio_take_line(struct process *p, struct slice line)
{
	struct upstream *u = p->u;
	struct mcp_message m;
	struct err e;
	if (fairness_spend(&p->fairness, loop_now_us(u->loop), line.n) && !p->is_throttled) {
		p->is_throttled = true;
		process_pause(p);
	}
	if (!slice_trim(line).n)
		return;
	m = (struct mcp_message){ 0 };
	if (!upstream_read(u, line, &m, &e)) {
		upstream_complain(u, "wrote a line that is not a message: %s", e.text);
		struct exchange *x = m.method.n ? NULL : find_by_wire_id(p, m.id);
		if (x)
			exchange_fail(x, UPSTREAM_BROKEN, 0, "server '%s' gave an answer that is not one: %s", u->o.name, e.text);
	} else if (m.kind == MCP_INVALID) {
		take_batch(p, m.root);
	} else {
		take_message(p, &m);
	}
}

void stdio_send(struct exchange *x)
{
	if (!process_write(x->process, buf_slice(&x->text))) {
		exchange_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' does not read what it is sent", x->u->o.name);
		return;
	}
	x->is_sent = x->is_cancellable = true;
	buf_release(&x->text);
}

void stdio_start(struct exchange *x)
{
	struct upstream *u = x->u;
	struct process *p = x->kind == EXCHANGE_NOTIFY ? process_find(u, &x->t) : process_of(u, &x->t);
	if (x->text.n && memchr(x->text.p, '\n', x->text.n)) {
		exchange_fail_soon(x, UPSTREAM_REFUSED, "a message for server '%s' has a line end in it", u->o.name);
	} else if (!p && x->kind == EXCHANGE_NOTIFY) {
		exchange_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' is not running", u->o.name);
	} else if (!p) {
		exchange_fail_soon(x, UPSTREAM_BUSY, "server '%s' has %zu children, as many as it may", u->o.name, u->process_n);
	} else {
		x->process = p;
		list_add_tail(&p->exchanges, &x->of_process);
		if (p->state != PROCESS_READY)
			process_look(p);
		else if (x->kind == EXCHANGE_REQUEST)
			stdio_send(x);
		else
			x->soon = loop_after(u->loop, 0, exchange_on_soon, x);
		if (p->state == PROCESS_READY)
			process_look(p);
	}
}

void stdio_soon(struct exchange *x)
{
	if (x->is_sent)
		show_held(x, false);
	else if (x->process && x->process->state == PROCESS_READY)
		begin(x);
}

bool stdio_prepare_note(struct exchange *x, const struct mcp_message *m)
{
	struct upstream *u = x->u;
	struct process *p = process_find(u, &x->t);
	if (m->kind == MCP_NOTIFICATION) {
		if (!slice_is(m->method, "notifications/progress"))
			return true;
		const struct json *token = json_gets(m->params, "progressToken");
		list_each_safe(it, tmp, p ? &p->asks : &x->asks) {
			struct ask *a = list_entry(it, struct ask, node);
			if (slice_eq(x->t.client_session, slice_of(a->client_session, a->client_session_n)) &&
			    ask_has_token(a, token))
				return true;
		}
		exchange_fail_soon(x, UPSTREAM_REFUSED, "the progress belongs to no open request of server '%s'", u->o.name);
		return false;
	}
	struct ask *a = p ? ask_find(&p->asks, x->t.client_session, m->id) : NULL;
	if (!a) {
		exchange_fail_soon(x, UPSTREAM_REFUSED, "the answer belongs to no open request of server '%s'", u->o.name);
		return false;
	}
	mcp_write_with_id(&x->text, m, slice_str(a->server_id));
	drop_ask(p, a);
	return false;
}

void stdio_pause(struct exchange *x)
{
	if (!x->process)
		return;
	process_pause(x->process);
	/* What was held comes on a later turn, not inside the call that resumes. */
	if (!x->is_paused && x->waiting_n && !x->soon.v && !x->failure)
		x->soon = loop_after(x->u->loop, 0, exchange_on_soon, x);
}

void stdio_detach(struct exchange *x)
{
	struct process *p = x->process;
	for (struct held_message *h; (h = take_held(x));)
		free(h);
	x->process = NULL;
	if (!p)
		return;
	list_del(&x->of_process);
	process_pause(p);
	process_look(p);
}

void stdio_cancel(struct exchange *x, const char *reason)
{
	struct process *p = x->process;
	if (!p || !x->is_sent || p->state != PROCESS_READY)
		return;
	upstream_clear_line(x->u);
	upstream_write_cancelled(&x->u->line, x->wire_id, reason);
	if (!process_write(p, buf_slice(&x->u->line)))
		upstream_complain(x->u, "does not read a cancellation");
}

void stdio_end_session(struct upstream *u, const struct upstream_target *t)
{
	struct process *p = process_find(u, t);
	if (!p)
		return;
	if (u->o.per == UPSTREAM_PER_SESSION) {
		process_stop(p);
		return;
	}
	/* Nobody else may answer what this session was asked. */
	list_each_safe(it, tmp, &p->asks) {
		struct ask *a = list_entry(it, struct ask, node);
		if (!slice_eq(t->client_session, slice_of(a->client_session, a->client_session_n)))
			continue;
		upstream_clear_line(u);
		mcp_write_error(&u->line, slice_str(a->server_id), MCP_INTERNAL_ERROR, "the client has gone", slice_of(NULL, 0));
		if (p->state == PROCESS_READY && !process_write(p, buf_slice(&u->line)))
			upstream_complain(u, "does not read");
		drop_ask(p, a);
	}
}
