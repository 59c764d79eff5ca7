/*
 * The MCP endpoint /mcp/<server> over Streamable HTTP (MCP 2025-11-25, Transports): who
 * is asking, in what shape, for which session; then on to the calls. Nothing of the body is
 * read before the grant is known.
 */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

static void fail(struct gate *g, const struct http_request *r, int status, int code, const char *text)
{
	struct inbound *in = inbound_new(g, r->id);
	inbound_fail(in, status, code, slice_of(NULL, 0), text);
}

/* host[:port] or an origin's host, without the port. */
static struct slice host_only(struct slice h)
{
	if (h.n && h.p[0] == '[') {
		const char *end = memchr(h.p, ']', h.n);
		return end ? slice_of(h.p, (size_t)(end - h.p) + 1) : h;
	}
	const char *colon = h.n ? memchr(h.p, ':', h.n) : NULL;
	return colon ? slice_of(h.p, (size_t)(colon - h.p)) : h;
}

static bool is_loopback_name(struct slice host)
{
	host = host_only(host);
	return slice_ieq(host, SLICE_LIT("localhost")) || slice_is(host, "127.0.0.1") || slice_is(host, "[::1]");
}

static bool is_listed(const char *const *list, struct slice value)
{
	for (size_t i = 0; list && list[i]; i++)
		if (slice_ieq(value, slice_str(list[i])))
			return true;
	return false;
}

/* DNS rebinding: a page that an agent's user opens must not reach a gate on loopback
 * (MCP 2025-11-25, Transports, Security Warning: 403 for a bad Origin). */
static bool comes_from_allowed_place(const struct gate *g, const struct http_request *r)
{
	struct slice origin = http_header_get(r->headers, "origin"), host = http_header_get(r->headers, "host");
	bool hosts_named = g->o.allowed_hosts && g->o.allowed_hosts[0];
	if (!is_loopback_name(host) && !is_listed(g->o.allowed_hosts, host) &&
	    !is_listed(g->o.allowed_hosts, host_only(host)) && (!g->o.is_public || hosts_named))
		return false;
	if (!origin.p || is_listed(g->o.allowed_origins, origin))
		return true;
	for (size_t i = 0; i + 3 <= origin.n; i++)
		if (memcmp(origin.p + i, "://", 3) == 0)
			return is_loopback_name(slice_of(origin.p + i + 3, origin.n - i - 3));
	return false;
}

static const struct grant *find_grant(const struct inbound *in, const struct http_request *r)
{
	struct slice h = http_header_get(r->headers, "authorization");
	if (h.n < 8 || !slice_ieq(slice_of(h.p, 7), SLICE_LIT("Bearer ")) ||
	    http_header_count(r->headers, "authorization") != 1 || !in->grants)
		return NULL;
	const struct grant *grant = grants_find(in->grants, slice_trim(slice_of(h.p + 7, h.n - 7)));
	return grant_state(grant, loop_wall_us(in->gate->o.loop)) == GRANT_VALID ? grant : NULL;
}

/* Somebody who tries tokens is seen in the log, and cannot fill it: a line a second at most,
 * with how many there were. */
static void note_stranger(struct gate *g, struct slice peer)
{
	uint64_t now = loop_now_us(g->o.loop);
	g->counts.unauthenticated++;
	if (g->stranger_logged_us && now - g->stranger_logged_us < 1000000)
		return;
	log_warn(NULL, "a request from %.*s had no valid grant (%llu such requests since the start)", SLICE_ARG(peer),
	         (unsigned long long)g->counts.unauthenticated);
	g->stranger_logged_us = now;
}

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

static bool is_json(struct slice type)
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

static bool is_initialize(const struct json *root)
{
	return slice_is(json_string(json_gets(root, "method")), "initialize") && json_gets(root, "id");
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
	if (s == SESSION_ABSENT && (is_batch || !is_initialize(root)))
		return "the header Mcp-Session-Id is missing: initialize first";
	if (s == SESSION_OPEN && !is_batch && is_initialize(root))
		return "initialize must not carry the header Mcp-Session-Id";
	if (!version_fits(in, r))
		return "the header MCP-Protocol-Version is not a revision that this session speaks";
	if (is_batch && !mcp_version_has_batches(in->session.client_version))
		return "this revision of MCP has no batches: send each message by itself";
	if (is_batch && (!json_count(root) || json_count(root) > LIMIT_BATCH))
		return "a batch must have 1 to 100 messages";
	for (struct json_iter it = json_iter(is_batch ? root : NULL); json_next(&it);)
		if (slice_is(json_string(json_gets(it.value, "method")), "initialize"))
			return "initialize must not be part of a batch";
	return NULL;
}

static void on_post(struct inbound *in, const struct http_request *r)
{
	struct slice accept = http_header_get(r->headers, "accept");
	struct err e = { 0 };
	int status;
	in->can_stream = accepts(accept, "text/event-stream");
	if (!in->can_stream || !accepts(accept, "application/json")) {
		inbound_fail(in, 406, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "the header Accept must list application/json and text/event-stream");
		return;
	}
	if (!is_json(http_header_get(r->headers, "content-type"))) {
		inbound_fail(in, 415, MCP_INVALID_REQUEST, slice_of(NULL, 0), "the Content-Type must be application/json");
		return;
	}
	const struct json *root = json_read(r->body, &in->arena, &e);
	if (!root) {
		inbound_fail(in, 400, MCP_PARSE_ERROR, slice_of(NULL, 0), e.text);
		return;
	}
	const char *why = check_post(in, r, root, &status);
	if (why)
		inbound_fail(in, status, MCP_INVALID_REQUEST, slice_of(NULL, 0), why);
	else
		inbound_dispatch(in, root);
}

static void on_get(struct inbound *in, const struct http_request *r)
{
	struct gate *g = in->gate;
	if (!accepts(http_header_get(r->headers, "accept"), "text/event-stream")) {
		inbound_fail(in, 406, MCP_INVALID_REQUEST, slice_of(NULL, 0), "the header Accept must list text/event-stream");
		return;
	}
	enum session_state s = open_session_of(in, r);
	if (s != SESSION_OPEN || !version_fits(in, r)) {
		inbound_fail(in, s == SESSION_BAD ? 404 : 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             s == SESSION_BAD ? "unknown session: initialize again"
		                              : "the header Mcp-Session-Id or MCP-Protocol-Version is missing or wrong");
		return;
	}
	if (g->stream_n >= g->o.streams_max) {
		inbound_fail(in, 503, MCP_INTERNAL_ERROR, slice_of(NULL, 0), "the gate has as many streams open as it may");
		return;
	}
	stream_open(in, http_header_get(r->headers, "last-event-id"));
}

static void on_delete(struct inbound *in, const struct http_request *r)
{
	enum session_state s = open_session_of(in, r);
	if (s != SESSION_OPEN) {
		inbound_fail(in, s == SESSION_BAD ? 404 : 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             s == SESSION_BAD ? "unknown session" : "the header Mcp-Session-Id is missing");
		return;
	}
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(in->server));
	struct bridge_target t = inbound_target(in);
	if (u)
		bridge_close(in->gate->bridge, u, &t);
	gate_end_session(in->gate, &in->session);
	http_respond(in->gate->o.http, r->id, 200, NULL, 0, slice_of(NULL, 0));
	inbound_free(in);
}

static bool read_path(struct inbound *in, const struct http_request *r)
{
	struct slice prefix = SLICE_LIT("/mcp/");
	struct slice name = r->path;
	if (!slice_starts(name, prefix))
		return false;
	name = slice_of(name.p + prefix.n, name.n - prefix.n);
	if (name.n && name.p[name.n - 1] == '/')
		name.n--;
	if (!name.n || name.n > LIMIT_NAME || memchr(name.p, '/', name.n))
		return false;
	in->server = arena_strndup(&in->arena, name.p, name.n);
	return in->server != NULL;
}

void gate_on_request(struct gate *g, const struct http_request *r)
{
	if (!r->is_unix && !comes_from_allowed_place(g, r)) {
		fail(g, r, 403, MCP_INVALID_REQUEST, "this Origin or Host is not allowed; see allowed_origins and allowed_hosts");
		return;
	}
	struct inbound *in = inbound_new(g, r->id);
	char *peer = arena_strndup(&in->arena, r->peer.p, r->peer.n);
	in->peer = peer ? slice_of(peer, r->peer.n) : slice_of(NULL, 0);
	in->grant = find_grant(in, r);
	if (!in->grant) {
		note_stranger(g, in->peer);
		inbound_fail(in, 401, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "a valid grant is needed: send 'Authorization: Bearer <token>' of a grant that has not expired");
		return;
	}
	if (!read_path(in, r) || !grant_binding(in->grant, slice_str(in->server))) {
		inbound_fail(in, 404, MCP_INVALID_REQUEST, slice_of(NULL, 0), "this grant reaches no server of that name");
		return;
	}
	switch (r->method) {
	case HTTP_POST: on_post(in, r); return;
	case HTTP_GET: on_get(in, r); return;
	case HTTP_DELETE: on_delete(in, r); return;
	case HTTP_NONE:
	case HTTP_PUT:
	case HTTP_PATCH:
	case HTTP_HEAD:
	case HTTP_OPTIONS:
	case HTTP_OTHER: break;
	}
	struct http_header allow = { SLICE_LIT("Allow"), SLICE_LIT("GET, POST, DELETE") };
	http_respond(g->o.http, r->id, 405, &allow, 1, slice_of(NULL, 0));
	inbound_free(in);
}

void gate_on_gone(struct gate *g, struct http_request_id id)
{
	pressure_release(g, id); /* a call goes on without its client (MCP 2025-11-25, Streamable HTTP) */
	stream_gone(g, id);
}

static bool is_ping(const struct json *root)
{
	return slice_is(json_string(json_gets(root, "method")), "ping");
}

/* Before initialize has been answered. What is no request gets no answer (JSON-RPC 2.0, 4.1). */
static void refuse_early(struct inbound *in, const struct json *root)
{
	const struct json *id = json_gets(root, "id");
	if (!id && json_gets(root, "method")) {
		inbound_free(in);
		return;
	}
	struct buf text = BUF_INIT(4096);
	json_write(&text, id);
	inbound_fail(in, 400, MCP_INVALID_REQUEST, buf_ok(&text) ? buf_slice(&text) : slice_of(NULL, 0),
	             "initialize first");
	buf_release(&text);
}

/* One line of the line door. A line that is no message is answered with an error, never passed on. */
void gate_on_line(struct gate *g, struct slice line)
{
	struct err e = { 0 };
	BUG_ON(!g->line);
	struct inbound *in = inbound_new(g, (struct http_request_id){ 0 });
	in->server = g->line->server;
	in->peer = g->line->peer;
	in->grant = g->line->grant;
	in->session = g->line->session;
	in->has_session = g->line->has_session;
	in->can_stream = true;
	const struct json *root = json_read(line, &in->arena, &e);
	if (!root) {
		inbound_fail(in, 400, MCP_PARSE_ERROR, slice_of(NULL, 0), e.text);
		return;
	}
	bool is_batch = json_is(root, JSON_ARRAY);
	if (is_batch && (!in->has_session || !mcp_version_has_batches(in->session.client_version) || !json_count(root) ||
	                 json_count(root) > LIMIT_BATCH)) {
		inbound_fail(in, 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "this revision of MCP has no batches: send each message by itself");
		return;
	}
	if (!in->has_session && !is_batch && !is_initialize(root) && !is_ping(root)) {
		refuse_early(in, root);
		return;
	}
	inbound_dispatch(in, root);
}
