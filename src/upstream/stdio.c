/*
 * What the lines of a child mean: an answer goes by the gate's own id, the rest by
 * route.c. Lines that mean nothing are dropped and logged.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "upstream/handshake.h"
#include "upstream/process.h"

static void hold(struct exchange *x, const struct mcp_message *m)
{
	struct upstream *u = x->u;
	if (waiting_put(&x->waiting, u, m, LIMIT_WAITING_MESSAGES))
		return;
	stdio_cancel(x, "the client does not read");
	exchange_fail(x, UPSTREAM_BROKEN, 0, "the client does not read what server '%s' sends",
		      u->o.name);
}

void stdio_show(struct exchange *x, const struct mcp_message *m)
{
	if (x->is_paused || x->waiting.n)
		hold(x, m);
	else
		exchange_show(x, m);
}

/* Each in a turn's part of its own: u->arena holds one message at a time. */
static void show_held(struct exchange *x, bool is_last)
{
	while (!x->is_over && (is_last || !x->is_paused)) {
		struct held_message *h = waiting_take(&x->waiting);
		struct mcp_message m;
		struct err e;
		if (!h)
			return;
		if (upstream_read(x->u, slice_of(h->text, h->n), &m, &e))
			exchange_show(x, &m);
		free(h);
	}
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

static void send_request(struct exchange *x)
{
	modern_look_at_request(x);
	if (!process_write(x->process, buf_slice(&x->text))) {
		exchange_fail_soon(x, UPSTREAM_UNREACHED,
				   "server '%s' does not read what it is sent", x->u->o.name);
		return;
	}
	x->is_sent = true;
	x->is_cancellable = x->kind == EXCHANGE_REQUEST || x->kind == EXCHANGE_SUBSCRIBE;
	/* A subscription is asked for again when the child had to be started again. */
	if (x->kind == EXCHANGE_SUBSCRIBE)
		exchange_set_deadline(x, x->u->o.start_timeout_ms);
	else
		buf_release(&x->text);
	if (x->kind == EXCHANGE_REQUEST)
		early_soon(&x->process->early);
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
		early_soon(&x->process->early);
		if (x->ev.on_open)
			x->ev.on_open(x->ctx, x->id);
		return;
	case EXCHANGE_REQUEST:
	case EXCHANGE_PROBE:
	case EXCHANGE_SUBSCRIBE:
		send_request(x);
		return;
	case EXCHANGE_NOTIFY:
		send_request(x);
		if (!x->failure)
			exchange_done(x, UPSTREAM_OK, NULL, NULL, 0);
		return;
	case EXCHANGE_NONE:
		BUG_ON(true);
	}
}

void stdio_begin_all(struct process *p)
{
	struct upstream *u = p->u;
	struct buf ids = BUF_INIT(SIZE_MAX / 2);
	list_each_safe(it, tmp, &p->exchanges)
	{
		const struct exchange *x = list_entry(it, struct exchange, of_process);
		buf_add(&ids, &x->id, sizeof x->id);
	}
	for (size_t at = 0; at < ids.n && p->state == PROCESS_READY; at += sizeof(struct exchange_id)) {
		struct exchange_id id;
		memcpy(&id, ids.p + at, sizeof id);
		struct exchange *x = exchange_find(u, id);
		if (x && !x->is_sent && !x->failure)
			begin(x);
	}
	buf_release(&ids);
}

/* The ones that wait now: an event may bring new ones, which get the next child. */
static void refuse_all(struct process *p, const struct mcp_message *answer, const char *why)
{
	struct list gone;
	list_init(&gone);
	list_each_safe(it, tmp, &p->exchanges)
	{
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
			exchange_fail(
				x, x->kind == EXCHANGE_OPEN ? UPSTREAM_REFUSED : UPSTREAM_UNREACHED,
				0, "%s", why);
	}
}

static void take_greeting(struct process *p, const struct mcp_message *m)
{
	struct upstream *u = p->u;
	struct buf line = BUF_INIT(256);
	struct err e;
	if (m->kind == MCP_ERROR) {
		/* A server of the modern era alone does not know initialize, and with which error
		 * it says so is its own choice (MCP 2026-07-28, Versioning, Compatibility
		 * Matrix). */
		era_found(u, MCP_ERA_LEGACY, false);
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
	era_found(u, MCP_ERA_LEGACY, true);
	handshake_write_initialized(&line);
	if (!process_write(p, buf_slice(&line)))
		upstream_complain(u, "does not read");
	buf_release(&line);
	upstream_noticed(u, NULL);
	stdio_begin_all(p);
	process_look(p);
}

struct exchange *stdio_find(struct process *p, const struct json *id)
{
	int64_t v;
	if (!json_int64(id, &v) || v <= 0)
		return NULL;
	/* From the youngest: those who listen, who may be very many, mostly came before. */
	for (struct list *it = p->exchanges.prev; it != &p->exchanges; it = it->prev) {
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->wire_id == (uint64_t)v && x->is_sent &&
		    (x->kind == EXCHANGE_REQUEST || x->kind == EXCHANGE_SUBSCRIBE ||
		     x->kind == EXCHANGE_PROBE))
			return x;
	}
	return NULL;
}

static void take_answer(struct process *p, const struct mcp_message *m)
{
	int64_t v;
	if (p->is_probe) {
		probe_take_answer(p, m);
		return;
	}
	if (p->state == PROCESS_STARTING && json_int64(m->id, &v) && v > 0 &&
	    (uint64_t)v == p->greeting_id) {
		take_greeting(p, m);
		return;
	}
	struct exchange *x = stdio_find(p, m->id);
	if (!x) {
		/* Answered twice, cancelled meanwhile, or never asked. */
		upstream_complain(p->u, "answered a request that is not under way; dropped");
		return;
	}
	stdio_answer(x, m);
}

void stdio_answer(struct exchange *x, const struct mcp_message *m)
{
	if (!x->waiting.n) {
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
		exchange_fail(x, UPSTREAM_BROKEN, 0, "server '%s' sent too large an answer",
			      x->u->o.name);
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
		if (p->era == MCP_ERA_LEGACY)
			route_ask(p, m);
		else /* MCP 2026-07-28, stdio: no server writes one, and no client an answer. */
			upstream_complain(p->u, "wrote a request, which its revision has not; dropped");
		return;
	case MCP_NOTIFICATION:
		if (p->era == MCP_ERA_LEGACY)
			route_notification(p, m);
		else if (!p->is_probe)
			modern_take_notification(p, m);
		return;
	case MCP_INVALID:
		BUG_ON(true);
	}
}

/* A child that was not greeted is known to run once it has spoken. */
static void note_heard(struct process *p)
{
	if (p->is_heard)
		return;
	p->is_heard = true;
	if (p->era == MCP_ERA_MODERN && !p->is_probe)
		upstream_noticed(p->u, NULL);
}

static void take_batch(struct process *p, const struct json *root)
{
	struct upstream *u = p->u;
	bool is_fit = mcp_version_has_batches(p->version) && json_count(root) >= 1 &&
		      json_count(root) <= LIMIT_BATCH;
	struct buf b = BUF_INIT(u->o.message_bytes_max);
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	/* A copy: looking at one element may read others into u->arena. */
	json_write(&b, root);
	const struct json *copy = is_fit && buf_ok(&b) ? json_read(buf_slice(&b), &a, &e) : NULL;
	for (struct json_iter it = json_iter(copy);
	     copy && p->state == PROCESS_READY && json_next(&it);) {
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
		struct exchange *x = m.method.n ? NULL : stdio_find(p, m.id);
		if (x && p->is_probe)
			probe_take_nonsense(p);
		else if (x)
			exchange_fail(x, UPSTREAM_BROKEN, 0,
				      "server '%s' gave an answer that is not one: %s", u->o.name,
				      e.text);
	} else if (m.kind == MCP_INVALID) {
		take_batch(p, m.root);
	} else {
		note_heard(p);
		take_message(p, &m);
	}
}

static enum mcp_era era_of(const struct exchange *x)
{
	return exchange_is_modern(x) ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
}

static struct process *find_process(struct exchange *x)
{
	if (x->kind == EXCHANGE_PROBE)
		return process_for_probe(x->u);
	if (x->kind == EXCHANGE_NOTIFY)
		return process_find(x->u, &x->t, era_of(x));
	return process_of(x->u, &x->t, era_of(x));
}

void stdio_start(struct exchange *x)
{
	struct upstream *u = x->u;
	struct process *p = find_process(x);
	if (x->text.n && memchr(x->text.p, '\n', x->text.n)) {
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "a message for server '%s' has a line end in it", u->o.name);
	} else if (x->kind == EXCHANGE_NOTIFY &&
		   (!p || (p->era == MCP_ERA_MODERN && p->state == PROCESS_ASLEEP))) {
		exchange_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' is not running", u->o.name);
	} else if (!p) {
		exchange_fail_soon(x, UPSTREAM_BUSY,
				   "server '%s' has %zu children, as many as it may", u->o.name,
				   u->process_n);
	} else {
		x->process = p;
		list_add_tail(&p->exchanges, &x->of_process);
		process_pause(p); /* somebody new who reads */
		if (p->state != PROCESS_READY)
			process_look(p);
		else if (x->kind != EXCHANGE_OPEN && x->kind != EXCHANGE_LISTEN &&
			 x->kind != EXCHANGE_NOTIFY)
			send_request(x);
		else
			x->soon = loop_after(u->loop, 0, exchange_on_soon, x);
		if (p->state == PROCESS_READY)
			process_look(p);
	}
}

void stdio_soon(struct exchange *x)
{
	if (x->is_sent || x->is_open)
		show_held(x, false);
	else if (x->process && x->process->state == PROCESS_READY)
		begin(x);
}

bool stdio_prepare_note(struct exchange *x, const struct mcp_message *m)
{
	struct upstream *u = x->u;
	struct process *p = find_process(x);
	if (m->kind == MCP_NOTIFICATION) {
		if (!slice_is(m->method, "notifications/progress"))
			return true;
		const struct json *token = json_gets(m->params, "progressToken");
		list_each_safe(it, tmp, p ? &p->asks : &x->asks)
		{
			struct ask *a = list_entry(it, struct ask, node);
			if (slice_eq(x->t.client_session,
				     slice_of(a->client_session, a->client_session_n)) &&
			    ask_has_token(a, token))
				return true;
		}
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "the progress belongs to no open request of server '%s'",
				   u->o.name);
		return false;
	}
	struct ask *a = p ? ask_find(&p->asks, x->t.client_session, m->id) : NULL;
	if (!a) {
		exchange_fail_soon(x, UPSTREAM_REFUSED,
				   "the answer belongs to no open request of server '%s'",
				   u->o.name);
		return false;
	}
	mcp_write_with_id(&x->text, m, slice_str(a->server_id));
	process_drop_ask(p, a);
	return false;
}

void stdio_pause(struct exchange *x)
{
	if (!x->process)
		return;
	process_pause(x->process);
	/* What was held comes on a later turn, not inside the call that resumes. */
	if (!x->is_paused && x->waiting.n && !x->soon.v && !x->failure)
		x->soon = loop_after(x->u->loop, 0, exchange_on_soon, x);
}

void stdio_detach(struct exchange *x)
{
	struct process *p = x->process;
	waiting_drop(&x->waiting);
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
	struct process *p = process_find(u, t, MCP_ERA_LEGACY);
	if (u->o.per == UPSTREAM_PER_SESSION) {
		struct process *modern = process_find(u, t, MCP_ERA_MODERN);
		if (p)
			process_stop(p);
		if (modern && t->client_session.n)
			process_stop(modern);
		return;
	}
	if (!p)
		return;
	/* Nobody else may answer what this session was asked. */
	list_each_safe(it, tmp, &p->asks)
	{
		struct ask *a = list_entry(it, struct ask, node);
		if (!slice_eq(t->client_session, slice_of(a->client_session, a->client_session_n)))
			continue;
		upstream_clear_line(u);
		mcp_write_error(&u->line, slice_str(a->server_id), MCP_INTERNAL_ERROR,
				"the client has gone", slice_of(NULL, 0));
		if (p->state == PROCESS_READY && !process_write(p, buf_slice(&u->line)))
			upstream_complain(u, "does not read");
		process_drop_ask(p, a);
	}
}
