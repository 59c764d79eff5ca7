/*
 * The life of one call: start reading here. Each step is a file of its own. A step
 * that waits returns STEP_WAIT and is resumed, by whoever finishes its work, with
 * call_resume; a refusal skips every step that is not for refused calls.
 */
#include "gate/consent.h"
#include "gate/merge.h"
#include "base/check.h"
#include "base/log.h"
#include <stdarg.h>

static const struct step {
	const char *name; /* shown in logs */
	enum step_result (*run)(struct call *c);
	bool when_refused; /* runs for a refused call, too */
} steps[] = {
	{ "identify", step_identify, false }, /* whose grant is this, and does it reach this server */
	{ "resolve", step_resolve, false },   /* which server, which tool, what is asked for        */
	{ "recall", step_recall, false },     /* what the session did, if the policy looks at it    */
	{ "decide", step_decide, false },     /* policy, with the arguments against the schema      */
	{ "peek", step_peek, false },         /* before a person is asked: would the counters do    */
	{ "approve", step_approve, false },   /* a person's yes, where the policy wants one         */
	{ "reserve", step_reserve, false },   /* from the counters, all or none                     */
	{ "use", step_use, false },           /* the yes: it is for one call                        */
	{ "record", step_record, true },      /* the decision is in the journal before ..           */
	{ "forward", step_forward, false },   /* .. the server hears of the call                    */
	{ "settle", step_settle, true },      /* counters: keep or give back                        */
	{ "inspect", step_inspect, false },   /* what of the answer may come back                   */
	{ "learn", step_learn, false },       /* what the answer leaves behind, before ..           */
	{ "answer", step_answer, true },      /* to the client, and the outcome to the journal      */
};

static void release(struct call *c)
{
	struct gate *g = c->gate;
	BUG_ON(c->has_claims);
	merge_free(c);
	catalog_tool_unref(&c->tool);
	idtable_del(&g->calls, c->id);
	c->id = 0;
	list_del(&c->link);
	g->counts.in_flight--;
	list_add_head(&g->free_calls, &c->link);
}

static void run(struct call *c)
{
	for (; c->at < ARRAY_LEN(steps); c->at++) {
		if (c->refusal && !steps[c->at].when_refused)
			continue;
		if (steps[c->at].run(c) == STEP_WAIT)
			return;
	}
	release(c);
}

void call_judge_again(struct call *c)
{
	c->at = 0;
	while (steps[c->at].run != step_recall)
		c->at++;
}

void call_resume(struct call *c)
{
	BUG_ON(!c->id);
	run(c);
}

bool call_keep_answer(struct call *c)
{
	struct arena *a = &c->in->arena;
	struct buf b = BUF_INIT(c->gate->answer.max), result = BUF_INIT(c->gate->answer.max);
	struct mcp_message *m = arena_zalloc(a, sizeof *m);
	struct err e;
	if (c->is_answer_ours) {
		json_write(&result, c->answer->result);
		mcp_write_result(&b, SLICE_LIT("0"), buf_slice(&result));
	} else {
		mcp_write_with_id(&b, c->answer, SLICE_LIT("0"));
	}
	bool ok = m && buf_ok(&b) && buf_ok(&result);
	const char *text = ok ? arena_strndup(a, b.p, b.n) : NULL;
	const struct json *root = text ? json_read(slice_of(text, b.n), a, &e) : NULL;
	ok = root && mcp_message_read(root, m, &e);
	buf_release(&b);
	buf_release(&result);
	c->answer = ok ? m : c->answer;
	c->why = NULL;
	return ok;
}

/* Whoever asked may have gone, or no longer wait for this. */
void call_on_ledger(void *gate, uint64_t call_id, const struct ledger_answer *a)
{
	struct gate *g = gate;
	struct call *c = idtable_get(&g->calls, call_id);
	if (!c || !c->on_ledger)
		return;
	void (*take)(struct call *c, const struct ledger_answer *a) = c->on_ledger;
	c->on_ledger = NULL;
	take(c, a);
	c->at++;
	call_resume(c);
}

/* Memory of calls is used again and never handed back, and ids tell whether an event is
 * for this life of it: a late event finds another exchange and is dropped. */
static struct call *take_call(struct gate *g)
{
	struct call *c;
	if (list_empty(&g->free_calls)) {
		c = mem_alloc(sizeof *c);
		list_init(&c->link);
	} else {
		c = list_entry(g->free_calls.next, struct call, link);
		list_del(&c->link);
	}
	/* The claims of the decision are large and valid only up to claim_n. */
	size_t from = offsetof(struct call, decision) + sizeof c->decision;
	memset(c, 0, offsetof(struct call, decision));
	memset((char *)c + from, 0, sizeof *c - from);
	c->decision.effect = POLICY_DENY;
	c->decision.rule[0] = c->decision.pointer[0] = c->decision.message[0] = c->decision.allowed[0] = '\0';
	c->decision.claim_n = 0;
	c->decision.is_hidden = c->decision.is_shadow = false;
	c->decision.timeout_ms = 0;
	c->decision.max_result_bytes = 0;
	c->gate = g;
	c->id = idtable_add(&g->calls, c);
	list_add_tail(&g->running, &c->link);
	g->counts.in_flight++;
	return c;
}

void call_begin(struct inbound *in, const struct mcp_message *m)
{
	struct gate *g = in->gate;
	struct call *c = take_call(g);
	c->in = in;
	in->call_id = c->id;
	c->server = in->server;
	c->m = *m;
	c->began_us = loop_now_us(g->o.loop);
	c->began_wall_us = loop_wall_us(g->o.loop);
	random_uuid7(c->began_wall_us, c->record_id);
	trace_find(c);
	if (g->counts.in_flight > g->o.calls_max)
		call_refuse_error(c, MCP_INTERNAL_ERROR, "(too many calls)",
		                  "the gate has %zu calls in flight, which is its limit: try again later",
		                  g->o.calls_max);
	run(c);
}

void call_cancel(struct call *c, const char *reason)
{
	c->is_cancelled = true;
	c->answered_us = loop_now_us(c->gate->o.loop);
	if (c->on_ledger) {
		ledger_abandon(c->gate->o.ledger, c->id);
		c->on_ledger = NULL;
	}
	if (c->merge && c->is_forwarded) {
		merge_free(c);
		c->at++;
	} else if (c->method && c->method->kind == METHOD_LISTEN && c->is_forwarded) {
		c->failure = UPSTREAM_BROKEN; /* what listens for it ends with its inbound */
		c->at++;
	} else if (!c->exchange.v) {
		/* It waits for something of ours, and will not go further. */
		if (c->consent)
			hold_end(c->consent);
		if (c->has_claims) { /* the record of a refused call takes nothing */
			ledger_give_back(c->gate->o.ledger, c->decision.claims, c->decision.claim_n);
			c->has_claims = false;
		}
		call_refuse_error(c, MCP_INTERNAL_ERROR, "(cancelled)", "cancelled by the client");
	} else {
		bridge_cancel(c->gate->bridge, c->upstream, c->exchange, reason);
		c->exchange.v = 0;
		c->failure = UPSTREAM_BROKEN; /* it may have run: what was reserved is kept */
		c->at++;                      /* behind forward: settle and answer, which sends nothing */
	}
	call_resume(c);
}

void call_refuse_policy(struct call *c, const char *rule, const char *message)
{
	c->refusal = REFUSE_BY_POLICY;
	c->decision.effect = POLICY_DENY;
	c->decision.allowed[0] = '\0';
	if (rule)
		snprintf(c->decision.rule, sizeof c->decision.rule, "%s", rule);
	if (message)
		snprintf(c->decision.message, sizeof c->decision.message, "%s", message);
}

void call_refuse_error(struct call *c, int code, const char *rule, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(c->decision.message, sizeof c->decision.message, fmt, ap);
	va_end(ap);
	snprintf(c->decision.rule, sizeof c->decision.rule, "%s", rule);
	c->decision.effect = POLICY_DENY;
	c->decision.allowed[0] = '\0';
	c->refusal = REFUSE_AS_ERROR;
	c->error_code = code;
}

void call_refuse_mcp(struct call *c, const char *rule, const struct mcp_refusal *r)
{
	call_refuse_error(c, r->code, rule, "%s", r->text);
	c->error_status = r->status;
	c->required = r->required;
}
