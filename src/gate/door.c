/*
 * The door of HTTP: from where requests may come, whose grant they carry and which server
 * they ask for. Nothing of a body is read before the grant is known.
 */
#include "gate/consent.h"
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

static bool read_path(struct inbound *in, const struct http_request *r)
{
	struct slice prefix = SLICE_LIT("/mcp/");
	struct slice name = r->path;
	if (slice_is(name, "/mcp") || slice_is(name, "/mcp/")) {
		in->server = "";
		return true;
	}
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
	if (!read_path(in, r) || (in->server[0] && !grant_binding(in->grant, slice_str(in->server)))) {
		inbound_fail(in, 404, MCP_INVALID_REQUEST, slice_of(NULL, 0), "this grant reaches no server of that name");
		return;
	}
	switch (r->method) {
	case HTTP_POST: endpoint_post(in, r); return;
	case HTTP_GET: endpoint_get(in, r); return;
	case HTTP_DELETE: endpoint_delete(in, r); return;
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
	pressure_release(g, id);
	hold_gone(g, id);
	modern_gone(g, id); /* any other call goes on without its client (MCP 2025-11-25, Streamable HTTP) */
	stream_gone(g, id);
}
