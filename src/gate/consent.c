/* What clients are told of a call that waits for a person. */
#include "gate/consent.h"
#include "base/clock.h"
#include "mcp/input.h"

/* requestState of ours: recognised by its beginning, and trusted for nothing. */
#define STATE_PREFIX "gatehouse-approval:"
#define ASK_KEY      "approval"

bool consent_url(const struct call *c, struct buf *b)
{
	const char *base = c->gate->o.approvals ? approvals_url(c->gate->o.approvals) : "";
	if (!base[0] || !c->consent || !c->consent->id[0])
		return false;
	buf_addf(b, "%s/approve/%s", base, c->consent->id);
	return true;
}

void consent_write_text(struct buf *b, const struct call *c)
{
	const struct consent *s = c->consent;
	struct buf url = BUF_INIT(4096);
	char time[CLOCK_TEXT_SIZE];
	clock_text(s->expires_us, time);
	buf_addf(b, "[APPROVAL REQUIRED] %s\nA person must approve this call (approval %s), ", c->decision.message, s->id);
	if (consent_url(c, &url))
		buf_addf(b, "at %s or ", buf_str(&url));
	buf_addf(b,
	         "with: gatehouse approval approve %s\nTell the person you work for. Once it is approved, make the same call "
	         "again with the very same arguments: it passes once. It expires at %.19sZ.",
	         s->id, time);
	buf_release(&url);
}

/* Params of elicitation/create by URL (MCP 2025-11-25 and 2026-07-28, client/elicitation). */
static void write_ask(struct buf *b, const struct call *c, const char *elicitation_id)
{
	struct buf url = BUF_INIT(4096), text = BUF_INIT(2048);
	(void)consent_url(c, &url);
	buf_addf(&text, "This call of '%.*s' needs the yes of an approver: %s", (int)(c->name.n < 200 ? c->name.n : 200),
	         c->name.p, c->decision.message);
	buf_adds(b, "{\"mode\":\"url\",\"message\":");
	buf_add_json_string(b, buf_slice(&text));
	buf_adds(b, ",\"url\":");
	buf_add_json_string(b, buf_slice(&url));
	if (elicitation_id)
		buf_addf(b, ",\"elicitationId\":\"%s\"", elicitation_id);
	buf_addc(b, '}');
	buf_release(&url);
	buf_release(&text);
}

void consent_write_ask(struct buf *b, const struct call *c)
{
	struct buf params = BUF_INIT(8192);
	struct buf id = BUF_INIT(128);
	write_ask(&params, c, c->consent->id);
	buf_add_json_string(&id, slice_str(c->consent->ask_id));
	mcp_write_request(b, buf_slice(&id), SLICE_LIT("elicitation/create"), buf_slice(&params));
	buf_release(&params);
	buf_release(&id);
}

void consent_write_input_required(struct buf *b, const struct call *c)
{
	char state[sizeof STATE_PREFIX + APPROVAL_ID_SIZE];
	struct buf params = BUF_INIT(8192);
	write_ask(&params, c, NULL);
	struct mcp_ask ask = { SLICE_LIT(ASK_KEY), SLICE_LIT("elicitation/create"), buf_slice(&params) };
	snprintf(state, sizeof state, "%s%s", STATE_PREFIX, c->consent->id);
	mcp_input_required_write(b, &ask, 1, slice_str(state));
	buf_release(&params);
}

bool consent_is_state(const struct json *params)
{
	return slice_starts(json_string(json_gets(params, "requestState")), SLICE_LIT(STATE_PREFIX));
}

bool consent_is_declined(const struct json *params)
{
	struct slice action =
	        json_string(json_gets(json_gets(json_gets(params, "inputResponses"), ASK_KEY), "action"));
	return consent_is_state(params) && (slice_is(action, "decline") || slice_is(action, "cancel"));
}
