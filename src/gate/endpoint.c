/*
 * The MCP endpoint /mcp/<server> over Streamable HTTP: in what shape, of which era, for which
 * session; then on to the calls (MCP 2025-11-25, Transports). Who is asking is known by now: door.c.
 */
#include "gate/merge.h"
#include "base/limits.h"

static bool accepts(struct slice accept, const char *type)
{
	size_t n = strlen(type);
	while (accept.n) {
		const char *comma = memchr(accept.p, ',', accept.n);
		struct slice item = slice_of(accept.p, comma ? (size_t)(comma - accept.p) : accept.n);
		size_t used = item.n + (comma ? 1 : 0);
		const char *semi = memchr(item.p, ';', item.n);
		struct slice name = slice_trim(slice_of(item.p, semi ? (size_t)(semi - item.p) : item.n));
		const char *slash = memchr(type, '/', n);
		if (slice_ieq(name, slice_of(type, n)) || slice_is(name, "*/*") ||
		    (name.n == (size_t)(slash - type) + 2 && name.p[name.n - 1] == '*' &&
		     slice_ieq(slice_of(name.p, name.n - 1), slice_of(type, name.n - 1))))
			return true;
		accept = slice_of(accept.p + used, accept.n - used);
	}
	return false;
}

bool endpoint_is_json(struct slice type)
{
	const char *semi = type.n ? memchr(type.p, ';', type.n) : NULL;
	return slice_ieq(slice_trim(slice_of(type.p, semi ? (size_t)(semi - type.p) : type.n)),
	                 SLICE_LIT("application/json"));
}

enum session_state { SESSION_BAD = 0, SESSION_ABSENT, SESSION_OPEN };

static enum session_state open_session_of(struct inbound *in, const struct http_request *r)
{
	struct gate *g = in->gate;
	struct slice token = http_header_get(r->headers, "mcp-session-id");
	if (!token.p)
		return SESSION_ABSENT;
	if (!session_cache_open(&g->session_cache, token, g->o.session_key, loop_wall_us(g->o.loop),
	                        (int64_t)g->o.session_age_ms * 1000, &in->session) ||
	    !slice_is(in->grant->id, in->session.grant_id) || strcmp(in->session.server, in->server) != 0 ||
	    gate_session_ended(g, in->session.id))
		return SESSION_BAD;
	in->has_session = true;
	return SESSION_OPEN;
}

/* The header is required from 2025-06-18 on and must be what was agreed; clients that do not
 * send it are taken as what their session says. */
static bool version_fits(const struct inbound *in, const struct http_request *r)
{
	struct slice v = http_header_get(r->headers, "mcp-protocol-version");
	if (!v.p)
		return true;
	enum mcp_version version = mcp_version_of(v);
	return version && (!in->has_session || version == in->session.client_version);
}

bool endpoint_is_initialize(const struct json *root)
{
	return slice_is(json_string(json_gets(root, "method")), "initialize") && json_gets(root, "id");
}

const char *endpoint_check_batch(const struct session *s, const struct json *root)
{
	if (!mcp_version_has_batches(s->client_version))
		return "this revision of MCP has no batches: send each message by itself";
	if (!json_count(root) || json_count(root) > LIMIT_BATCH)
		return "a batch must have 1 to 100 messages";
	for (struct json_iter it = json_iter(root); json_next(&it);)
		if (slice_is(json_string(json_gets(it.value, "method")), "initialize"))
			return "initialize must not be part of a batch";
	return NULL;
}

/* What a POST must be before its messages count. NULL when it is; else why not. */
static const char *check_post(struct inbound *in, const struct http_request *r, const struct json *root, int *status)
{
	enum session_state s = open_session_of(in, r);
	bool is_batch = json_is(root, JSON_ARRAY);
	*status = 400;
	if (s == SESSION_BAD) {
		*status = 404;
		return "unknown session: initialize again";
	}
	if (s == SESSION_ABSENT && (is_batch || !endpoint_is_initialize(root)))
		return "the header Mcp-Session-Id is missing: initialize first";
	if (s == SESSION_OPEN && !is_batch && endpoint_is_initialize(root))
		return "initialize must not carry the header Mcp-Session-Id";
	if (!version_fits(in, r))
		return "the header MCP-Protocol-Version is not a revision that this session speaks";
	return is_batch ? endpoint_check_batch(&in->session, root) : NULL;
}

/* The era of the body. false: it was refused. What is no message and does not claim to be modern is
 * answered as its session says. */
static bool classify(struct inbound *in, const struct http_request *r, const struct json *root,
                     struct mcp_inbound *what)
{
	static const char *const names[] = { "mcp-protocol-version", "mcp-method", "mcp-name" };
	struct mcp_refusal refusal;
	struct mcp_headers h = {
		.version = http_header_get(r->headers, names[0]),
		.method = http_header_get(r->headers, names[1]),
		.name = http_header_get(r->headers, names[2]),
	};
	bool is_fine = mcp_classify(root, &h, what, &refusal);
	bool claims = mcp_version_era(mcp_version_of(h.version)) == MCP_ERA_MODERN || what->is_batch ||
	              refusal.code != MCP_INVALID_REQUEST;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (http_header_count(r->headers, names[i]) > 1) {
			is_fine = mcp_refuse(&refusal, MCP_HEADER_MISMATCH, "the header '%s' is there more than once", names[i]);
			claims = true;
		}
	if (!is_fine && !claims) {
		what->era = MCP_ERA_LEGACY;
		return true;
	}
	if (!is_fine)
		inbound_refuse(in, &refusal, what->m.id);
	return is_fine;
}

void endpoint_post(struct inbound *in, const struct http_request *r)
{
	struct slice accept = http_header_get(r->headers, "accept");
	struct err e = { 0 };
	int status;
	if (oldstream_is_post(r)) {
		oldstream_post(in, r);
		return;
	}
	in->can_stream = accepts(accept, "text/event-stream");
	if (!in->can_stream || !accepts(accept, "application/json")) {
		inbound_fail(in, 406, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "the header Accept must list application/json and text/event-stream");
		return;
	}
	if (!endpoint_is_json(http_header_get(r->headers, "content-type"))) {
		inbound_fail(in, 415, MCP_INVALID_REQUEST, slice_of(NULL, 0), "the Content-Type must be application/json");
		return;
	}
	const struct json *root = json_read(r->body, &in->arena, &e);
	if (!root) {
		inbound_fail(in, 400, MCP_PARSE_ERROR, slice_of(NULL, 0), e.text);
		return;
	}
	struct mcp_inbound what;
	trace_keep(in, r->headers);
	if (!classify(in, r, root, &what))
		return;
	if (what.era == MCP_ERA_MODERN) {
		modern_post(in, r, &what);
		return;
	}
	const char *why = check_post(in, r, root, &status);
	if (why)
		inbound_fail(in, status, MCP_INVALID_REQUEST, slice_of(NULL, 0), why);
	else
		inbound_dispatch(in, root);
}

/* The modern era knows POST alone (MCP 2026-07-28, Streamable HTTP): what such a client sends here
 * by an older habit has no session to speak of. */
static bool is_of_modern_client(struct inbound *in, const struct http_request *r)
{
	struct http_header allow = { SLICE_LIT("Allow"), SLICE_LIT("POST") };
	if (mcp_version_era(mcp_version_of(http_header_get(r->headers, "mcp-protocol-version"))) != MCP_ERA_MODERN)
		return false;
	http_respond(in->gate->o.http, r->id, 405, &allow, 1, slice_of(NULL, 0));
	inbound_free(in);
	return true;
}

void endpoint_get(struct inbound *in, const struct http_request *r)
{
	if (is_of_modern_client(in, r))
		return;
	if (!accepts(http_header_get(r->headers, "accept"), "text/event-stream")) {
		inbound_fail(in, 406, MCP_INVALID_REQUEST, slice_of(NULL, 0), "the header Accept must list text/event-stream");
		return;
	}
	if (oldstream_is_get(r)) {
		oldstream_open(in, r);
		return;
	}
	enum session_state s = open_session_of(in, r);
	if (s != SESSION_OPEN || !version_fits(in, r)) {
		inbound_fail(in, s == SESSION_BAD ? 404 : 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             s == SESSION_BAD ? "unknown session: initialize again"
		                              : "the header Mcp-Session-Id or MCP-Protocol-Version is missing or wrong");
		return;
	}
	if (!stream_has_room(in->gate)) {
		inbound_fail(in, 503, MCP_INTERNAL_ERROR, slice_of(NULL, 0), "the gate has as many streams open as it may");
		return;
	}
	stream_open(in, http_header_get(r->headers, "last-event-id"));
}

void endpoint_close_session(struct inbound *in)
{
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(in->server));
	struct bridge_target t = inbound_target(in);
	if (u)
		bridge_close(in->gate->bridge, u, &t);
	for (size_t i = 0; merge_is_door(in) && i < in->grant->binding_n; i++)
		if ((u = registry_get(in->gate->o.registry, in->grant->bindings[i].server)))
			bridge_close(in->gate->bridge, u, &t);
}

void endpoint_delete(struct inbound *in, const struct http_request *r)
{
	if (is_of_modern_client(in, r))
		return;
	enum session_state s = open_session_of(in, r);
	if (s != SESSION_OPEN) {
		inbound_fail(in, s == SESSION_BAD ? 404 : 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             s == SESSION_BAD ? "unknown session" : "the header Mcp-Session-Id is missing");
		return;
	}
	endpoint_close_session(in);
	gate_end_session(in->gate, &in->session);
	http_respond(in->gate->o.http, r->id, 200, NULL, 0, slice_of(NULL, 0));
	inbound_free(in);
}
