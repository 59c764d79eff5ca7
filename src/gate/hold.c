/*
 * Calls that wait for a person, while their clients do: told so now and then, gone on with
 * when the database says what was decided, ended when they have waited enough.
 */
#include "gate/consent.h"
#include "base/check.h"
#include "base/limits.h"

/* Between two notifications of progress: clients give up after a minute of silence. */
#define PROGRESS_US 5000000
/* Less than any server begins with: progress must grow (MCP 2025-11-25, Progress). */
#define PROGRESS_STEP 1e-6

static struct approvals *approvals_of(const struct consent *s)
{
	return s->call->gate->o.approvals;
}

bool hold_has_room(const struct call *c)
{
	size_t n = 0;
	if (c->in->play)
		return false; /* people look for themselves whether it was decided */
	list_each_safe(it, next, &c->gate->held)
		n += slice_eq(list_entry(it, struct consent, link)->call->in->grant->id, c->in->grant->id);
	return n < LIMIT_HELD_CALLS_OF_GRANT;
}

void hold_begin(struct consent *s, uint32_t hold_s)
{
	struct gate *g = s->call->gate;
	uint64_t now = loop_now_us(g->o.loop);
	if (!s->until_us)
		s->until_us = now + (uint64_t)hold_s * 1000000;
	s->stage = CONSENT_HOLDING;
	s->progress_us = now;
	list_add_tail(&g->held, &s->link);
	if (!s->is_watched)
		approvals_watch(approvals_of(s), s->id);
	s->is_watched = true;
	gate_watch_streams(g);
}

/* The client that was sent to the page need not be asked any longer. */
static void tell_complete(struct consent *s)
{
	struct buf b = BUF_INIT(512), params = BUF_INIT(256);
	buf_addf(&params, "{\"elicitationId\":\"%s\"}", s->id);
	mcp_write_request(&b, slice_of(NULL, 0), SLICE_LIT("notifications/elicitation/complete"), buf_slice(&params));
	(void)inbound_message(s->call->in, buf_slice(&b));
	buf_release(&b);
	buf_release(&params);
}

void hold_end(struct consent *s)
{
	list_del(&s->link);
	list_init(&s->link);
	if (s->is_watched)
		approvals_unwatch(approvals_of(s), s->id);
	s->is_watched = false;
	if (s->was_asked && !s->call->in->is_modern && !s->call->is_cancelled && s->stage == CONSENT_HOLDING)
		tell_complete(s);
	s->ask_id[0] = '\0';
}

static void tell_progress(struct consent *s, uint64_t now)
{
	struct call *c = s->call;
	const struct json *token = json_gets(json_gets(c->m.params, "_meta"), "progressToken");
	struct buf params = BUF_INIT(8192), b = BUF_INIT(16384);
	if (!token || now - s->progress_us < PROGRESS_US)
		return;
	s->progress_us = now;
	buf_adds(&params, "{\"progressToken\":");
	json_write(&params, token);
	buf_addf(&params, ",\"progress\":%.6f,\"message\":\"waiting for a person's approval (%s)\"}",
	         PROGRESS_STEP * ++s->progress_n, s->id);
	mcp_write_request(&b, slice_of(NULL, 0), SLICE_LIT("notifications/progress"), buf_slice(&params));
	if (buf_ok(&params) && buf_ok(&b))
		(void)inbound_message(c->in, buf_slice(&b));
	buf_release(&params);
	buf_release(&b);
}

/* MCP 2025-11-25 first has this mode. */
static bool can_open_page(const struct call *c)
{
	struct buf url = BUF_INIT(4096);
	bool has_page = consent_url(c, &url);
	buf_release(&url);
	if (!has_page || c->consent->was_asked)
		return false;
	if (c->in->is_modern) /* a retry for a server's own question has state that must not be lost */
		return (c->in->envelope.can & MCP_CAN_ELICITATION_URL) && !json_gets(c->m.params, "requestState") &&
		       !json_gets(c->m.params, "inputResponses");
	return (c->in->session.client_caps & UPSTREAM_CAN_ELICITATION_URL) &&
	       c->in->session.client_version >= MCP_2025_11_25;
}

static void ask_client(struct consent *s, uint64_t now)
{
	struct call *c = s->call;
	struct buf b = BUF_INIT(16384);
	s->was_asked = true;
	if (c->in->is_modern) {
		s->is_input_required = true;
		consent_put_off(c);
		return;
	}
	char id[RANDOM_UUID_SIZE];
	random_uuid7(loop_wall_us(c->gate->o.loop), id);
	snprintf(s->ask_id, sizeof s->ask_id, "gatehouse-%s", id);
	consent_write_ask(&b, c);
	uint64_t wait_ms = c->gate->o.input_ms ? c->gate->o.input_ms : LIMIT_PARKED_MS;
	bool is_sent = buf_ok(&b) && inbound_message(c->in, buf_slice(&b));
	buf_release(&b);
	if (!is_sent) {
		consent_put_off(c);
		return;
	}
	record_asking(c);
	s->until_us = now + wait_ms * 1000;
}

static void look_at(struct consent *s, uint64_t now)
{
	struct call *c = s->call;
	if (s->is_declined)
		consent_put_off(c);
	else if (now < s->until_us)
		tell_progress(s, now);
	else if (can_open_page(c))
		ask_client(s, now);
	else
		consent_put_off(c);
}

void hold_look(struct consent *s)
{
	look_at(s, loop_now_us(s->call->gate->o.loop));
}

/* What is done with one may end others: each is found anew by the id of its call. */
static void each_held(struct gate *g, void (*fn)(struct consent *s, uint64_t now))
{
	size_t n = 0;
	uint64_t now = loop_now_us(g->o.loop);
	list_each_safe(it, next, &g->held)
		n++;
	uint64_t *ids = mem_alloc((n + 1) * sizeof *ids);
	n = 0;
	list_each_safe(it2, next2, &g->held)
		ids[n++] = list_entry(it2, struct consent, link)->call->id;
	for (size_t i = 0; i < n; i++) {
		struct call *c = idtable_get(&g->calls, ids[i]);
		if (c && c->consent && c->consent->stage == CONSENT_HOLDING)
			fn(c->consent, now);
	}
	free(ids);
}

void hold_every_second(struct gate *g)
{
	if (!list_empty(&g->held))
		each_held(g, look_at);
}

static void put_off(struct consent *s, uint64_t now)
{
	(void)now;
	consent_put_off(s->call);
}

void hold_end_all(struct gate *g)
{
	each_held(g, put_off);
}

static void take_decision(struct call *c, const struct approval_seen *seen)
{
	hold_end(c->consent);
	switch (seen->state) {
	case APPROVAL_APPROVED: consent_approved(c); return;
	case APPROVAL_DENIED:
		consent_denied(c, seen->person, seen->note);
		call_resume(c);
		return;
	case APPROVAL_PENDING:
	case APPROVAL_NONE:
	case APPROVAL_EXPIRED:
	case APPROVAL_USED: break;
	}
	consent_again(c); /* it was for another call that came first, or nobody decided */
}

void hold_seen(void *gate, const struct approval_seen *seen)
{
	struct gate *g = gate;
	bool is_more = true;
	while (is_more) {
		is_more = false;
		list_each_safe(it, next, &g->held) {
			struct consent *s = list_entry(it, struct consent, link);
			if (strcmp(s->id, seen->id) != 0)
				continue;
			take_decision(s->call, seen);
			is_more = true;
			break; /* the list may be another now */
		}
	}
}

static bool is_asked_by(const struct consent *s, const struct inbound *in, struct slice id)
{
	const struct inbound *own = s->call->in;
	return s->ask_id[0] && slice_is(id, s->ask_id) && own->grant && in->grant &&
	       slice_eq(own->grant->id, in->grant->id) && strcmp(own->session.id, in->session.id) == 0;
}

bool hold_answer(struct inbound *in, const struct mcp_message *m)
{
	struct slice id = json_string(m->id);
	list_each_safe(it, next, &in->gate->held) {
		struct consent *s = list_entry(it, struct consent, link);
		if (!is_asked_by(s, in, id))
			continue;
		s->ask_id[0] = '\0';
		/* Who opens the page has not yet decided anything there. Any other answer: it is not opened,
		 * which the next second deals with, as an answer may come while another is written. */
		s->is_declined = !slice_is(json_string(json_gets(m->result, "action")), "accept");
		return true;
	}
	return slice_starts(id, SLICE_LIT("gatehouse-")); /* too late: no server asked for it */
}

void hold_gone(struct gate *g, struct http_request_id id)
{
	for (bool is_more = true; is_more;) {
		is_more = false;
		list_each_safe(it, next, &g->held) {
			struct call *c = list_entry(it, struct consent, link)->call;
			if (c->in->http.v != id.v || c->in->replay)
				continue;
			/* Nobody would see what the call brings: the request stays, and the next call finds it. */
			c->in->is_closed = true;
			call_cancel(c, "the client has gone");
			is_more = true;
			break; /* the list may be another now */
		}
	}
}
