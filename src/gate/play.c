/*
 * The door for people. What they send is made a message of a client of 2026-07-28, which needs no session with
 * the server, whatever the server speaks: the bridge sees to that. Nothing of it goes to the HTTP connection
 * that asked: to the gate its client is gone from the start, and the answer is handed over here.
 */
#include "gate/play.h"
#include "base/check.h"
#include "base/limits.h"
#include "gate/consent.h"
#include <stdio.h>

#define CLIENT_NAME "gatehouse console"

struct play {
	struct loop *loop;
	gate_played_fn *done;
	void *ctx;
	bool is_over;
	struct gate_played said;
	/* What `said` points to. */
	char by[LIMIT_NAME + 16];
	char record_id[RANDOM_UUID_SIZE], approval[APPROVAL_ID_SIZE];
	char rule[POLICY_RULE_MAX], pointer[POLICY_RULE_MAX], message[512], allowed[256];
	struct buf url, answer;
};

const char *play_person(const struct play *p)
{
	return p->by;
}

static const char *word_of(const struct call *c)
{
	if (c->refusal)
		return c->refusal == REFUSE_FOR_APPROVAL ? "approve" : "deny";
	switch (c->decision.effect) {
	case POLICY_ALLOW: return "allow";
	case POLICY_APPROVE: return "approve";
	case POLICY_DENY: break;
	}
	return "deny";
}

void play_take(struct play *p, const struct call *c, struct slice answer)
{
	const struct policy_decision *d = &c->decision;
	uint64_t now = loop_now_us(p->loop);
	snprintf(p->record_id, sizeof p->record_id, "%s", c->record_id);
	snprintf(p->approval, sizeof p->approval, "%s", c->consent ? c->consent->id : "");
	snprintf(p->rule, sizeof p->rule, "%s", d->rule);
	snprintf(p->pointer, sizeof p->pointer, "%s", d->pointer);
	snprintf(p->message, sizeof p->message, "%s", d->message);
	snprintf(p->allowed, sizeof p->allowed, "%s", d->allowed);
	(void)consent_url(c, &p->url);
	buf_add_slice(&p->answer, answer);
	p->is_over = true;
	p->said = (struct gate_played){
		.record_id = p->record_id,
		.decision = word_of(c),
		.rule = p->rule,
		.message = p->message,
		.pointer = p->pointer,
		.allowed = p->allowed,
		.approval = p->approval,
		.approval_url = buf_str(&p->url),
		.outcome = record_outcome_word(c),
		.is_shadow = d->is_shadow,
		.is_forwarded = c->is_forwarded,
		.retry_after_us = c->retry_after_us,
		.duration_us = now - c->began_us,
		.upstream_us = c->is_forwarded && c->answered_us > c->forwarded_us ? c->answered_us - c->forwarded_us : 0,
		.answer = buf_slice(&p->answer),
	};
}

static void play_free(struct play *p)
{
	buf_release(&p->url);
	buf_release(&p->answer);
	free(p);
}

static void tell(void *ctx)
{
	struct play *p = ctx;
	p->done(p->ctx, p->is_over ? &p->said : NULL);
	play_free(p);
}

void play_end(struct play **it)
{
	struct play *p = *it;
	*it = NULL;
	loop_defer(p->loop, tell, p);
}

void play_forget(struct play **it)
{
	if (*it)
		play_free(*it);
	*it = NULL;
}

static struct play *play_new(struct gate *g, const struct gate_play *o, gate_played_fn *done, void *ctx)
{
	struct play *p = mem_zalloc(sizeof *p);
	p->loop = g->o.loop;
	p->done = done;
	p->ctx = ctx;
	buf_init(&p->url, 4096);
	buf_init(&p->answer, g->answer.max);
	snprintf(p->by, sizeof p->by, "played by %.*s", (int)(o->person.n < LIMIT_NAME ? o->person.n : LIMIT_NAME), o->person.p);
	return p;
}

/* Whose grant it is, and whether it reaches the server, in the words for who named both. */
static bool find_grant(struct inbound *in, const struct gate_play *o, struct err *e)
{
	const struct grant *grant = in->grants ? grants_by_id(in->grants, o->grant_id) : NULL;
	switch (grant_state(grant, loop_wall_us(in->gate->o.loop))) {
	case GRANT_UNKNOWN: return err_set(e, ERR_INPUT, "there is no such grant");
	case GRANT_REVOKED: return err_set(e, ERR_INPUT, "this grant was revoked");
	case GRANT_EXPIRED: return err_set(e, ERR_INPUT, "this grant has expired");
	case GRANT_VALID: break;
	}
	in->grant = grant;
	return grant_binding(grant, o->server) || err_set(e, ERR_INPUT, "this grant does not reach the server '%.*s'", SLICE_ARG(o->server));
}

static void write_call(struct buf *b, const struct gate_play *o)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"_meta\":{\"" MCP_META_VERSION "\":\"");
	buf_adds(b, mcp_version_name(MCP_MODERN_LATEST));
	buf_adds(b, "\",\"" MCP_META_CLIENT_INFO "\":{\"name\":\"" CLIENT_NAME "\",\"version\":\"" GATEHOUSE_VERSION "\"},\"" MCP_META_CLIENT_CAPS
	            "\":{}},\"name\":");
	buf_add_json_string(b, o->tool);
	buf_adds(b, ",\"arguments\":");
	if (o->arguments)
		json_write(b, o->arguments);
	else
		buf_adds(b, "{}");
	buf_adds(b, "}}");
}

static bool read_call(struct inbound *in, const struct gate_play *o, struct mcp_inbound *what, struct err *e)
{
	struct mcp_refusal refusal;
	struct buf b = BUF_INIT(in->gate->o.message_bytes_max);
	write_call(&b, o);
	const struct json *root = buf_ok(&b) ? json_read(buf_slice(&b), &in->arena, e) : NULL;
	bool is_read = root && mcp_classify(root, NULL, what, &refusal);
	buf_release(&b);
	if (root && !is_read)
		return err_set(e, ERR_INPUT, "%.200s", refusal.text);
	return is_read || err_set(e, ERR_LIMIT, "the arguments are larger than a message to the server may be");
}

static struct slice keep(struct inbound *in, struct slice s)
{
	char *p = arena_strndup(&in->arena, s.n ? s.p : "", s.n);
	return slice_of(p, p ? s.n : 0);
}

bool gate_play(struct gate *g, const struct gate_play *o, gate_played_fn *done, void *ctx, struct err *e)
{
	struct mcp_inbound what;
	struct inbound *in = inbound_new(g, o->http);
	in->is_closed = true;
	in->server = keep(in, o->server).p;
	in->peer = keep(in, o->address);
	if (!in->server || !find_grant(in, o, e) || !read_call(in, o, &what, e)) {
		inbound_free(in);
		return false;
	}
	in->play = play_new(g, o, done, ctx);
	modern_begin(in, &what.envelope);
	modern_watch(in);
	inbound_dispatch(in, what.m.root);
	return true;
}
