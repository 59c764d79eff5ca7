/* The rules of the modern era over HTTP (MCP 2026-07-28, Streamable HTTP): headers that
 * repeat the body, what a probe proves, how a subscription begins. */
#include "mcp/mirror.h"
#include "upstream/remote.h"

static struct slice method_of(const struct exchange *x)
{
	if (x->kind == EXCHANGE_PROBE)
		return SLICE_LIT("server/discover");
	return slice_str(x->method);
}

size_t stateless_headers(const struct exchange *x, struct http_header h[STATELESS_HEADERS],
		      struct buf *text)
{
	size_t n = 0;
	const char *version = mcp_version_name(x->t.version);
	h[n++] = (struct http_header){SLICE_LIT("MCP-Protocol-Version"), slice_str(version)};
	h[n++] = (struct http_header){SLICE_LIT("Mcp-Method"), method_of(x)};
	if (x->t.name.n) {
		mcp_header_encode(text, x->t.name);
		h[n++] = (struct http_header){SLICE_LIT("Mcp-Name"), buf_slice(text)};
	}
	return n;
}

static void end_probe(struct exchange *x, bool is_modern, const struct mcp_message *m)
{
	era_found(x->u, MCP_ERA_MODERN, is_modern);
	x->remote.has_answer = true;
	exchange_done(x, UPSTREAM_OK, is_modern ? m : NULL, NULL, x->remote.status);
}

/* Statuses that say something of who asks, how often, or what stands in between: none of them
 * tells what the server speaks. */
static bool proves_nothing(int status)
{
	switch (status) {
	case 401:
	case 402:
	case 403:
	case 407:
	case 408:
	case 421:
	case 425:
	case 429:
	case 451:
		return true;
	/* A modern server answers each request (Sending Messages). */
	case 202:
	case 204:
		return false;
	default:
		return status < 400 || status > 499;
	}
}

void stateless_probe_refused(struct exchange *x, int status)
{
	if (proves_nothing(status))
		remote_refuse(x, status);
	else
		end_probe(x, false, NULL);
}

static void ask_again(struct exchange *x)
{
	struct remote_state *r = &x->remote;
	if (r->call.v)
		http_cancel(x->u->http, r->call);
	r->call.v = 0;
	buf_clear(&r->text);
	era_ask_again(x);
	remote_send(x, HTTP_POST, buf_slice(&x->text));
	buf_release(&x->text);
}

void stateless_probe_answered(struct exchange *x, const struct mcp_message *m)
{
	int status = x->remote.status;
	enum era_finding f = era_judge(m);
	if (status >= 400 && proves_nothing(status)) {
		remote_refuse(x, status);
		return;
	}
	switch (f) {
	case ERA_MODERN:
		end_probe(x, true, m);
		return;
	case ERA_AGAIN:
		if (!x->is_asked_again) {
			ask_again(x);
			return;
		}
		/* It is of the era, and yet does not take what we say: nothing to go on with. */
		era_found(x->u, MCP_ERA_MODERN, true);
		exchange_fail(x, UPSTREAM_REFUSED, status,
			      "server '%s' speaks %s and refuses its server/discover", x->u->o.name,
			      mcp_version_name(x->t.version));
		return;
	case ERA_NO_COMMON:
	case ERA_NOT_MODERN:
		end_probe(x, false, NULL);
		return;
	case ERA_UNPROVEN:
		exchange_fail(x, UPSTREAM_BROKEN, status,
			      "server '%s' answered server/discover with what is no answer",
			      x->u->o.name);
	}
}

/* The pages on cancellation and on subscriptions differ on how a server ends one: either way it is
 * the end of it. */
static bool is_end(const struct exchange *x, const struct mcp_message *m)
{
	int64_t id;
	return slice_is(m->method, "notifications/cancelled") &&
	       json_int64(json_gets(m->params, "requestId"), &id) && (uint64_t)id == x->wire_id;
}

static void end_subscription(struct exchange *x)
{
	struct buf id = BUF_INIT(32), result = BUF_INIT(256), text = BUF_INIT(512);
	buf_add_u64(&id, x->wire_id);
	buf_addf(&result, "{\"resultType\":\"complete\",\"_meta\":{\"%s\":%s}}",
		 MCP_META_SUBSCRIPTION, buf_str(&id));
	mcp_write_result(&text, buf_slice(&id), buf_slice(&result));
	heard_text(x, buf_slice(&text));
	buf_release(&id);
	buf_release(&result);
	buf_release(&text);
}

bool stateless_subscription_says(struct exchange *x, const struct mcp_message *m)
{
	if (x->is_open && is_end(x, m)) {
		end_subscription(x);
		return false;
	}
	/* MCP 2026-07-28, Subscriptions, Acknowledgment: it comes first, and once. */
	bool is_start = slice_is(m->method, "notifications/subscriptions/acknowledged");
	if (is_start == x->is_open) {
		upstream_complain(x->u, x->is_open ? "acknowledged a subscription twice; dropped"
						   : "sent a notification before it acknowledged "
						     "the subscription; dropped");
		return false;
	}
	if (x->is_open)
		return true;
	x->is_open = true;
	loop_cancel(x->u->loop, &x->deadline);
	if (x->ev.on_open)
		x->ev.on_open(x->ctx, x->id);
	return !x->is_over;
}

void stateless_doubt(struct exchange *x, int status, const struct mcp_message *m)
{
	if (proves_nothing(status))
		return;
	if (!exchange_is_modern(x)) {
		if (m && era_is_modern_error(m))
			upstream_doubt(x->u, MCP_ERA_LEGACY);
		return;
	}
	/* A modern server says why, and of which request; legacy ones know neither. */
	if (!m || (!m->id && !era_is_modern_error(m)) || era_judge(m) == ERA_NO_COMMON)
		upstream_doubt(x->u, MCP_ERA_MODERN);
}
