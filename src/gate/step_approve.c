/*
 * A call that needs a person's yes: finds its request or makes it, and waits as far as its
 * client can. What is approved is judged anew from the past on: other calls may have been
 * answered meanwhile.
 */
#include "gate/consent.h"
#include "base/check.h"
#include "base/limits.h"
#include "json/canonical.h"

static enum step_result refuse(struct call *c, const char *rule, const char *text)
{
	call_refuse_policy(c, rule, text);
	return STEP_NEXT;
}

static struct slice keep(struct call *c, struct slice text, bool *is_full)
{
	char *p = arena_strndup(&c->in->arena, text.n ? text.p : "", text.n);
	*is_full |= !p;
	return slice_of(p, p ? text.n : 0);
}

/* What the yes is for. False: no memory for it. */
static bool fill_binding(struct call *c, struct approval_binding *b)
{
	bool is_full = false;
	*b = (struct approval_binding){
		.grant_id = c->in->grant->id,
		.server = slice_str(c->server),
		.tool = c->name,
		.policy = keep(c, c->binding->policy_name, &is_full),
		.pointer = keep(c, slice_str(c->decision.pointer), &is_full),
	};
	json_canonical_digest(c->arguments, b->arguments);
	return !is_full;
}

static bool is_same(const struct approval_binding *a, const struct approval_binding *b)
{
	unsigned char x[DIGEST_SIZE], y[DIGEST_SIZE];
	approval_binding_digest(a, x);
	approval_binding_digest(b, y);
	return memcmp(x, y, sizeof x) == 0;
}

static void on_asked(void *ctx, uint64_t call_id, const struct approvals_answer *a);

static void ask(struct call *c)
{
	struct consent *s = c->consent;
	const struct policy_ask *how = &c->decision.ask;
	struct buf arguments = BUF_INIT(c->gate->o.message_bytes_max), hints = BUF_INIT(8192);
	struct arena arena;
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	const struct json *definition = c->tool ? json_read(c->tool->definition, &arena, NULL) : NULL;
	struct slice description = json_string(json_gets(definition, "description"));
	if (c->arguments)
		json_write(&arguments, c->arguments);
	else
		buf_adds(&arguments, "{}");
	if (arguments.n <= LIMIT_APPROVAL_ARGUMENTS)
		hints_write(&hints, buf_slice(&arguments), description);
	struct approval_request r = {
		.binding = s->binding,
		.grant_label = c->in->grant->label,
		.subject = c->in->grant->subject,
		.session = slice_str(c->in->session.id),
		.client_name = slice_str(c->in->session.client_name),
		.arguments = buf_slice(&arguments),
		.description = description,
		.tool_class = c->tool ? risk_class(&c->tool->risk) : slice_of(NULL, 0),
		.tool_severity = c->tool ? risk_severity(&c->tool->risk) : slice_of(NULL, 0),
		.rule = slice_str(c->decision.rule),
		.message = slice_str(c->decision.message),
		.hints = buf_ok(&hints) ? buf_slice(&hints) : slice_of(NULL, 0),
		.record_id = slice_str(c->record_id),
		.expires_s = how->expires_s,
		.quorum = how->quorum,
	};
	s->stage = CONSENT_ASKING;
	approvals_ask(c->gate->o.approvals, &r, on_asked, c->gate, c->id);
	arena_release(&arena);
	buf_release(&arguments);
	buf_release(&hints);
}

/* Goes on behind this step; for a call that a person kept waiting, at the past. */
static void go_on(struct call *c, bool is_late)
{
	if (is_late)
		call_judge_again(c);
	else
		c->at++;
	call_resume(c);
}

void consent_denied(struct call *c, const char *person, const char *note)
{
	char text[sizeof c->decision.message];
	snprintf(text, sizeof text, "%.200s: denied by %.100s%s%.180s", c->decision.message, person[0] ? person : "a person",
	         note[0] ? ": " : "", note);
	c->consent->stage = CONSENT_OVER;
	call_refuse_policy(c, NULL, text);
}

void consent_approved(struct call *c)
{
	const struct grant *now = c->gate->grants ? grants_by_id(c->gate->grants, c->in->grant->id) : NULL;
	c->consent->stage = CONSENT_READY;
	/* People take their time: a grant that ended meanwhile lets nothing through. */
	if (grant_state(now, loop_wall_us(c->gate->o.loop)) != GRANT_VALID) {
		call_refuse_error(c, MCP_INVALID_REQUEST, "(no grant)", "this grant is not valid any more");
		call_resume(c);
		return;
	}
	go_on(c, true);
}

void consent_again(struct call *c)
{
	ask(c);
}

void consent_put_off(struct call *c)
{
	hold_end(c->consent);
	c->consent->stage = CONSENT_OVER;
	c->refusal = REFUSE_FOR_APPROVAL;
	call_resume(c);
}

static void on_failed(struct call *c, const struct approvals_answer *a)
{
	c->consent->stage = CONSENT_OVER;
	if (a->failed && a->err.kind == ERR_LIMIT)
		call_refuse_policy(c, NULL, a->err.text);
	else if (a->failed)
		call_refuse_policy(c, "(approvals unreachable)", "the approvals cannot be reached; try again later");
	else
		call_refuse_policy(c, "(too many approvals)",
		                   "too many calls wait for a person's approval; have them decided first");
	call_resume(c);
}

static void on_pending(struct call *c)
{
	struct consent *s = c->consent;
	bool is_held = !s->is_declined && hold_has_room(c);
	uint32_t hold_s = is_held ? c->decision.ask.hold_s : 0;
	if (hold_s)
		record_asking(c);
	hold_begin(s, hold_s);
	if (!is_held)
		consent_put_off(c);
	else if (!hold_s)
		hold_look(s);
}

static void on_asked(void *ctx, uint64_t call_id, const struct approvals_answer *a)
{
	struct call *c = idtable_get(&((struct gate *)ctx)->calls, call_id);
	struct consent *s = c ? c->consent : NULL;
	if (!s || s->stage != CONSENT_ASKING)
		return;
	if (a->failed || a->asked == APPROVAL_ASK_FULL) {
		on_failed(c, a);
		return;
	}
	const struct approval *v = &a->v[0];
	bool is_other = s->id[0] && strcmp(s->id, v->id) != 0;
	memcpy(s->id, v->id, sizeof s->id);
	s->expires_us = v->expires_us;
	if (v->state == APPROVAL_APPROVED) {
		s->stage = CONSENT_READY;
		go_on(c, s->until_us != 0);
	} else if (v->state == APPROVAL_DENIED) {
		const struct approval_vote *last = v->vote_n ? &v->votes[v->vote_n - 1] : NULL;
		consent_denied(c, last ? last->person : "", last ? last->note : "");
		call_resume(c);
	} else if (is_other && loop_now_us(c->gate->o.loop) >= s->until_us) {
		s->stage = CONSENT_HOLDING;
		consent_put_off(c);
	} else {
		on_pending(c);
	}
}

enum step_result step_approve(struct call *c)
{
	struct approval_binding b;
	if (!c->needs_yes)
		return STEP_NEXT;
	if (!c->gate->o.approvals)
		return refuse(c, "(approvals unavailable)",
		              "this call needs a person's approval, and this gate keeps no approvals: it has no data folder");
	if (!fill_binding(c, &b))
		return refuse(c, "(approvals unavailable)", "there is no memory to ask for an approval");
	if (c->consent && c->consent->stage == CONSENT_READY && is_same(&c->consent->binding, &b))
		return STEP_NEXT;
	if (!c->consent) {
		c->consent = arena_zalloc(&c->in->arena, sizeof *c->consent);
		if (!c->consent)
			return refuse(c, "(approvals unavailable)", "there is no memory to ask for an approval");
		list_init(&c->consent->link);
		c->consent->call = c;
		c->consent->was_asked = c->in->is_modern && consent_is_state(c->m.params);
		c->consent->is_declined = c->in->is_modern && consent_is_declined(c->m.params);
	}
	c->consent->binding = b;
	ask(c);
	return STEP_WAIT;
}
