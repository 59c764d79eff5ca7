/* What the journal keeps of a call: who, what, the names of the arguments, which rule, and how it ended. Never values. */
#include "audit/audit.h"
#include "base/limits.h"
#include "gate/consent.h"
#include "gate/inspect.h"
#include "gate/play.h"

static enum audit_outcome outcome_of(const struct call *c)
{
	if (c->refusal)
		return AUDIT_REFUSED;
	if (c->is_cancelled)
		return AUDIT_CANCELLED;
	if (c->failure == UPSTREAM_TIMEOUT)
		return AUDIT_TIMEOUT;
	if (c->failure || !c->answer)
		return AUDIT_UPSTREAM_ERROR;
	if (c->answer->kind == MCP_ERROR)
		return AUDIT_RPC_ERROR;
	if (c->is_ask_refused || c->is_withheld)
		return AUDIT_TOOL_ERROR;
	return json_true(json_gets(c->answer->result, "isError")) ? AUDIT_TOOL_ERROR : AUDIT_OK;
}

const char *record_outcome_word(const struct call *c)
{
	return audit_outcome_name(outcome_of(c));
}

static enum audit_decision decision_of(enum policy_effect effect)
{
	switch (effect) {
	case POLICY_ALLOW: return AUDIT_ALLOW;
	case POLICY_APPROVE: return AUDIT_APPROVE;
	case POLICY_DENY: break;
	}
	return AUDIT_DENY;
}

void gate_listen(struct gate *g, gate_hear_fn *fn, void *ctx)
{
	g->hear = fn;
	g->hear_ctx = ctx;
}

static bool add(struct gate *g, enum audit_part part, const struct audit_record *r, const struct quota_claim *claims,
                size_t claim_n)
{
	if (unlikely(g->hear) && part != AUDIT_PART_OUTCOME)
		g->hear(g->hear_ctx, r);
	if (!g->o.journal)
		return true;
	struct quota_claim kept[POLICY_CLAIMS_MAX];
	size_t kept_n = 0;
	/* What counts calls in flight ends with this process; a shared store keeps its counters itself. */
	for (size_t i = 0; i < claim_n && !ledger_is_shared(g->o.ledger); i++)
		if (claims[i].kind != QUOTA_CONCURRENT)
			kept[kept_n++] = claims[i];
	buf_clear(&g->entry);
	audit_encode(&g->entry, part, r, kept, kept_n);
	return buf_ok(&g->entry) && journal_add(g->o.journal, buf_slice(&g->entry));
}

static void fill_client(struct audit_record *r, const struct inbound *in, const char *server)
{
	r->grant_id = in->grant ? in->grant->id : slice_of(NULL, 0);
	r->grant_label = in->grant ? in->grant->label : slice_of(NULL, 0);
	r->subject = in->grant ? in->grant->subject : slice_of(NULL, 0);
	r->session = in->play ? SLICE_LIT("playground") : slice_str(in->session.id);
	r->server = slice_str(server);
	r->client_name = slice_str(in->session.client_name);
	r->client_version = slice_str(in->play ? play_person(in->play) : in->session.client_version_text);
	r->client_ip = in->peer;
}

static void fill_outcome(struct audit_record *r, const struct call *c)
{
	memcpy(r->id, c->record_id, sizeof r->id);
	r->outcome = outcome_of(c);
	r->http_status = c->http_status;
	r->duration_us = loop_now_us(c->gate->o.loop) - c->began_us;
	r->upstream_us = c->answered_us > c->forwarded_us && c->is_forwarded ? c->answered_us - c->forwarded_us : 0;
	r->result_bytes = c->result_bytes;
}

/* keys, id: what r borrows from. */
static void fill_decision(struct audit_record *r, const struct call *c, struct slice keys[LIMIT_RECORD_KEYS], struct buf *id)
{
	*r = (struct audit_record){ .time_us = c->began_wall_us, .method = c->m.method, .target = c->name };
	fill_client(r, c->in, c->server);
	fill_outcome(r, c);
	for (struct json_iter it = json_iter(c->arguments); r->argument_key_n < LIMIT_RECORD_KEYS && json_next(&it);)
		keys[r->argument_key_n++] = it.key;
	r->argument_keys = keys;
	r->decision = c->refusal == REFUSE_FOR_APPROVAL ? AUDIT_APPROVE
	             : c->refusal                      ? AUDIT_DENY
	                                               : decision_of(c->decision.effect);
	r->mode = c->decision.is_shadow && !c->refusal ? SLICE_LIT("shadow") : slice_of(NULL, 0);
	r->rule = slice_str(c->decision.rule);
	r->pointer = slice_str(c->decision.pointer);
	r->message = slice_str(c->decision.message);
	if (c->binding) {
		r->policy = c->binding->policy_name;
		r->policy_version = c->binding->policy_version;
	}
	struct slice number = json_number(c->m.id);
	if (number.n && number.n < 64) {
		r->rpc_id = number;
	} else {
		json_write(id, c->m.id);
		r->rpc_id = buf_slice(id);
	}
	r->approval = c->consent ? slice_str(c->consent->id) : slice_of(NULL, 0);
	r->session_labels = c->session_labels;
	r->trace_id = c->has_trace ? slice_str(c->trace.trace_id) : slice_of(NULL, 0);
}

bool record_decision(struct call *c)
{
	struct slice keys[LIMIT_RECORD_KEYS];
	struct audit_record r;
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 6 + 8);
	fill_decision(&r, c, keys, &id);
	bool is_whole = c->refusal != REFUSE_NOTHING;
	if (!is_whole)
		r.outcome = AUDIT_PENDING;
	bool is_kept = add(c->gate, is_whole ? AUDIT_PART_WHOLE : AUDIT_PART_DECISION, &r, c->decision.claims,
	                   c->has_claims ? c->decision.claim_n : 0);
	buf_release(&id);
	return is_kept;
}

/* Who listens wants all of it at once. */
static void tell_whole(const struct call *c, const struct audit_record *outcome)
{
	struct slice keys[LIMIT_RECORD_KEYS];
	struct audit_record r;
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 6 + 8);
	fill_decision(&r, c, keys, &id);
	r.redactions = outcome->redactions;
	r.injection = outcome->injection;
	c->gate->hear(c->gate->hear_ctx, &r);
	buf_release(&id);
}

void record_outcome(struct call *c)
{
	struct audit_record r = { .time_us = c->began_wall_us };
	char redactions[INSPECT_TEXT_SIZE], injection[INSPECT_TEXT_SIZE];
	if (c->refusal)
		return; /* the decision was the whole of it */
	fill_outcome(&r, c);
	inspect_redactions(&c->found, redactions);
	inspect_injection(&c->found, injection);
	r.redactions = slice_str(redactions);
	r.injection = slice_str(injection);
	if (unlikely(c->gate->hear))
		tell_whole(c, &r);
	/* When the journal takes no more, the decision stands without its outcome: "pending". */
	(void)!add(c->gate, AUDIT_PART_OUTCOME, &r, c->decision.claims, c->decision.claim_n);
}

void record_left_out(struct inbound *in, const char *server, struct slice method, struct slice target, const char *rule)
{
	struct gate *g = in->gate;
	struct audit_record r = { .time_us = loop_wall_us(g->o.loop), .method = method, .target = target };
	fill_client(&r, in, server);
	random_uuid7(r.time_us, r.id);
	r.decision = AUDIT_DENY;
	r.outcome = AUDIT_REFUSED;
	r.rule = slice_str(rule);
	(void)!add(g, AUDIT_PART_WHOLE, &r, NULL, 0);
}

void record_server_request(struct inbound *in, const char *server, struct slice method, bool is_allowed, bool by_shadow)
{
	struct gate *g = in->gate;
	struct audit_record r = { .time_us = loop_wall_us(g->o.loop), .method = method };
	fill_client(&r, in, server);
	random_uuid7(r.time_us, r.id);
	bool is_fine = is_allowed && !by_shadow;
	r.decision = is_fine ? AUDIT_ALLOW : AUDIT_DENY;
	r.outcome = is_allowed ? AUDIT_OK : AUDIT_REFUSED;
	r.rule = is_fine ? slice_of(NULL, 0) : SLICE_LIT("/server_requests");
	r.mode = by_shadow ? SLICE_LIT("shadow") : slice_of(NULL, 0);
	(void)!add(g, AUDIT_PART_WHOLE, &r, NULL, 0);
}

void record_asking(struct call *c)
{
	struct gate *g = c->gate;
	struct audit_record r = { .time_us = loop_wall_us(g->o.loop), .method = SLICE_LIT("approvals/ask"), .target = c->name };
	if (c->consent->is_told)
		return;
	c->consent->is_told = true;
	fill_client(&r, c->in, c->server);
	random_uuid7(r.time_us, r.id);
	r.decision = AUDIT_APPROVE;
	r.outcome = AUDIT_REFUSED; /* not forwarded yet */
	r.rule = slice_str(c->decision.rule);
	r.pointer = slice_str(c->decision.pointer);
	r.message = slice_str(c->decision.message);
	r.policy = c->binding->policy_name;
	r.policy_version = c->binding->policy_version;
	r.approval = slice_str(c->consent->id);
	(void)!add(g, AUDIT_PART_WHOLE, &r, NULL, 0);
}

/* Who said what: subject is the approver here, not whom the grant speaks for. */
void gate_on_vote(void *gate, const struct approval *a, const struct approval_vote *v)
{
	struct gate *g = gate;
	char text[LIMIT_APPROVAL_NOTE + 200];
	struct audit_record r = {
		.time_us = v->time_us,
		.method = SLICE_LIT("approvals/vote"),
		.target = slice_str(a->tool),
		.server = slice_str(a->server),
		.grant_id = slice_str(a->grant_id),
		.grant_label = slice_str(a->grant_label),
		.subject = slice_str(v->subject),
		.client_name = slice_str(v->person),
		.rule = slice_str(a->rule),
		.pointer = slice_str(a->pointer),
		.policy = slice_str(a->policy),
		.decision = v->is_yes ? AUDIT_ALLOW : AUDIT_DENY,
		.outcome = v->is_yes ? AUDIT_OK : AUDIT_REFUSED,
		.approval = slice_str(a->id),
	};
	snprintf(text, sizeof text, "%s says %s%s%s", v->person, v->is_yes ? "yes" : "no", v->note[0] ? ": " : "", v->note);
	r.message = slice_str(text);
	random_uuid7(r.time_us, r.id);
	(void)!add(g, AUDIT_PART_WHOLE, &r, NULL, 0);
}

void gate_on_decided(void *gate, const struct approval_seen *s)
{
	hold_seen(gate, s);
}
