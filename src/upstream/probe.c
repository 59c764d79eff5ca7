/*
 * Asking a child whether it speaks the modern era (MCP 2026-07-28, stdio, Backward
 * Compatibility). It is a child for this alone: some servers end on a request before
 * initialize. What is not an answer of the modern era means the legacy one, be it an error,
 * the child's end or silence.
 */
#include "upstream/handshake.h"
#include "upstream/process.h"

/* Servers exist that never answer what they do not know, and others need a minute for their
 * start. One that answers initialize, which it is asked after a silence, runs; what it has not
 * answered a while after that it does not know. */
#define SILENCE_MS 2000
#define GRACE_MS   500

static uint64_t at_most_of_start(const struct process *p, uint64_t ms)
{
	uint64_t quarter = p->u->o.start_timeout_ms / 4;
	return ms < quarter ? ms : quarter;
}

/* Of no version that we speak is, for us, the same. */
static void end_as_legacy(struct exchange *x, const char *why)
{
	era_found(x->u, MCP_ERA_MODERN, false);
	exchange_done(x, UPSTREAM_OK, NULL, why, 0);
}

/* Those that wait now: an event may bring new ones, which get the next child. */
static void end_all(struct process *p, bool did_run, const char *why)
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
		if (did_run)
			end_as_legacy(x, why);
		else
			exchange_fail(x, UPSTREAM_UNREACHED, 0, "server '%s': %s", p->u->o.name,
				      why);
	}
}

static void on_grace_over(void *ctx)
{
	struct process *p = ctx;
	p->silence.v = 0;
	process_stop(p);
	end_all(p, true, "the server answers initialize and not server/discover");
}

static void on_silence(void *ctx)
{
	struct process *p = ctx;
	struct upstream *u = p->u;
	struct buf params = BUF_INIT(4096), id = BUF_INIT(32);
	p->silence.v = 0;
	p->greeting_id = ++u->wire_last;
	buf_add_u64(&id, p->greeting_id);
	handshake_write(&params, MCP_LEGACY_LATEST, NULL, NULL, 0);
	upstream_clear_line(u);
	mcp_write_request(&u->line, buf_slice(&id), SLICE_LIT("initialize"), buf_slice(&params));
	if (!process_write(p, buf_slice(&u->line)))
		upstream_complain(u, "does not read");
	buf_release(&params);
	buf_release(&id);
}

void probe_started(struct process *p)
{
	p->silence = loop_after(p->u->loop, at_most_of_start(p, SILENCE_MS), on_silence, p);
}

static bool is_greeting(const struct process *p, const struct json *id)
{
	int64_t v;
	return p->greeting_id && json_int64(id, &v) && v > 0 && (uint64_t)v == p->greeting_id;
}

static void ask_again(struct exchange *x)
{
	if (x->is_asked_again) {
		era_found(x->u, MCP_ERA_MODERN, true);
		exchange_fail(x, UPSTREAM_REFUSED, 0,
			      "server '%s' answers server/discover with an error", x->u->o.name);
		return;
	}
	era_ask_again(x);
	if (!process_write(x->process, buf_slice(&x->text)))
		exchange_fail(x, UPSTREAM_UNREACHED, 0,
			      "server '%s' does not read what it is sent", x->u->o.name);
}

/* Errors without an id, and answers that are none: of what was asked, all the same. */
void probe_take_nonsense(struct process *p)
{
	process_stop(p);
	end_all(p, true, "the server does not know server/discover");
}

void probe_take_answer(struct process *p, const struct mcp_message *m)
{
	if (is_greeting(p, m->id)) {
		loop_cancel(p->u->loop, &p->silence);
		p->silence =
			loop_after(p->u->loop, at_most_of_start(p, GRACE_MS), on_grace_over, p);
		return;
	}
	struct exchange *x = stdio_find(p, m->id);
	if (!x && m->kind == MCP_ERROR && !json_int64(m->id, &(int64_t){ 0 }) && !era_is_modern_error(m)) {
		probe_take_nonsense(p);
		return;
	}
	if (!x) {
		upstream_complain(p->u, "answered a request that is not under way; dropped");
		return;
	}
	p->failures = 0;
	switch (era_judge(m)) {
	case ERA_MODERN:
		era_found(p->u, MCP_ERA_MODERN, true);
		exchange_done(x, UPSTREAM_OK, m, NULL, 0);
		return;
	case ERA_AGAIN:
		ask_again(x);
		return;
	case ERA_NO_COMMON:
		end_as_legacy(x, "the server has no version in common with the gate");
		return;
	case ERA_NOT_MODERN:
	case ERA_UNPROVEN:
		end_as_legacy(x, "the server does not know server/discover");
		return;
	}
}

void probe_take_end(struct process *p, bool did_run, const char *why)
{
	end_all(p, did_run, why);
}

void stdio_silent(struct exchange *x)
{
	struct process *p = x->process;
	if (p && p->child && child_pid(p->child))
		end_as_legacy(x, "the server does not answer server/discover");
	else
		exchange_fail(x, UPSTREAM_TIMEOUT, 0, "server '%s' did not start in time",
			      x->u->o.name);
}
