/*
 * A client of MCP 2026-07-28: no session and no handshake. Each request says by itself who
 * sends it and what its client can, in an envelope that headers of HTTP repeat; the body decides.
 */
#include "gate/changes.h"
#include "base/limits.h"
#include "base/log.h"

#define PARAM_PREFIX "mcp-param-"
/* Of those that no tool is known to have; the rest of what one message carries is for the tool's own
 * parameters and for the trace. */
#define PARAMS_MAX (UPSTREAM_HEADERS_MAX - LIMIT_PARAM_HEADERS - 2)

static bool is_param(struct slice name)
{
	size_t n = sizeof PARAM_PREFIX - 1;
	return name.n > n && slice_ieq(slice_of(name.p, n), slice_of(PARAM_PREFIX, n));
}

static struct slice keep(struct inbound *in, struct slice s)
{
	char *p = arena_strndup(&in->arena, s.p ? s.p : "", s.n);
	return slice_of(p, p ? s.n : 0);
}

/* They outlive the request of HTTP. Those past what one message to a server can carry are refused. */
static bool keep_params(struct inbound *in, struct http_headers h)
{
	size_t n = 0;
	for (size_t i = 0; i < h.n; i++)
		n += is_param(h.v[i].name);
	struct mcp_header *v = arena_alloc(&in->arena, (n + 1) * sizeof *v);
	if (!v || n > PARAMS_MAX)
		return false;
	in->param_headers = v;
	for (size_t i = 0; i < h.n; i++)
		if (is_param(h.v[i].name))
			v[in->param_header_n++] = (struct mcp_header){ keep(in, h.v[i].name), keep(in, h.v[i].value) };
	return true;
}

void modern_begin(struct inbound *in, const struct mcp_envelope *e)
{
	struct session *s = &in->session;
	in->is_modern = true;
	in->envelope = *e;
	s->client_version = s->server_version = e->version ? e->version : MCP_MODERN_LATEST;
	s->client_caps = e->can;
	session_set_text(s->client_name, sizeof s->client_name, e->client_name);
	session_set_text(s->client_version_text, sizeof s->client_version_text, e->client_version);
}

void modern_watch(struct inbound *in)
{
	char key[8];
	gate_key_of(in->http.v, key);
	map_put(&in->gate->inbounds_by_http, slice_of(key, 8), in);
}

void modern_post(struct inbound *in, const struct http_request *r, const struct mcp_inbound *what)
{
	modern_begin(in, &what->envelope);
	modern_watch(in);
	if (keep_params(in, r->headers)) {
		inbound_dispatch(in, what->m.root);
		return;
	}
	struct mcp_refusal too_many;
	(void)!mcp_refuse(&too_many, MCP_HEADER_MISMATCH, "more than %d headers 'Mcp-Param-*'",
	                  PARAMS_MAX);
	inbound_refuse(in, &too_many, what->m.id);
}

static const struct {
	const char *word;
	unsigned can;
} asks[] = {
	{ "sampling", MCP_CAN_SAMPLING | MCP_CAN_SAMPLING_TOOLS },
	{ "elicitation", MCP_CAN_ELICITATION | MCP_CAN_ELICITATION_URL },
	{ "roots", MCP_CAN_ROOTS },
};

unsigned modern_allowed(const struct policy *p)
{
	unsigned can = MCP_CAN_TASKS;
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		if (p && policy_allows_server_request(p, slice_str(asks[i].word)))
			can |= asks[i].can;
	return can;
}

void modern_write_capabilities(struct buf *b, const struct inbound *in, const struct policy *p)
{
	struct member changes[ARRAY_LEN(asks) + 1];
	struct buf extensions = BUF_INIT(b->max);
	const struct json *said = json_gets(in->envelope.capabilities, "extensions");
	size_t n = 0;
	unsigned allowed = modern_allowed(p);
	/* An id of a task does not say which server it is of: by the door to all there are none. */
	if (merge_is_door(in) && json_is(said, JSON_OBJECT)) {
		json_write_with(&extensions, said, SLICE_LIT(MCP_EXTENSION_TASKS), slice_of(NULL, 0));
		changes[n++] = (struct member){ SLICE_LIT("extensions"), buf_slice(&extensions) };
	}
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		if (!(allowed & asks[i].can))
			changes[n++] = (struct member){ .key = slice_str(asks[i].word) };
	members_write(b, in->envelope.capabilities, changes, n);
	if (!buf_ok(&extensions))
		b->failed = true;
	buf_release(&extensions);
}

/* The annotations of the tool's schema, if it has any. One that cannot be used is as none: the
 * server did not mean what no client can send. */
static void read_params(struct call *c)
{
	struct err e = { 0 };
	struct slice text = c->tool ? c->tool->definition : slice_of(NULL, 0);
	if (!text.n || !memmem(text.p, text.n, "x-mcp-header", 12))
		return;
	const struct json *tool = json_read(text, &c->in->arena, &e);
	if (!tool || !mcp_params_read(json_gets(tool, "inputSchema"), &c->in->arena, &c->params, &e))
		log_debug(c->server, "the headers of its tool '%.*s' cannot be used: %s", SLICE_ARG(c->name), e.text);
}

void modern_check_params(struct call *c)
{
	struct mcp_refusal r;
	read_params(c);
	/* Server Behavior for Custom Headers: only a client of this era, over HTTP, mirrors. */
	if (c->in->is_modern && c->in->http.v && !c->in->play &&
	    !mcp_params_check(&c->params, c->arguments, c->in->param_headers, c->in->param_header_n, &r))
		call_refuse_mcp(c, "(header mismatch)", &r);
}

static bool is_annotated(const struct mcp_params *p, struct slice header)
{
	size_t n = sizeof PARAM_PREFIX - 1;
	for (size_t i = 0; i < p->n; i++)
		if (slice_ieq(p->v[i].name, slice_of(header.p + n, header.n - n)))
			return true;
	return false;
}

bool modern_write_params(struct call *c, struct bridge_target *t)
{
	struct inbound *in = c->in;
	const struct mcp_header *own = NULL;
	size_t own_n = 0;
	struct err e = { 0 };
	t->to.name = mcp_name_member(c->m.method) ? c->name : slice_of(NULL, 0);
	if (!c->params.n && !in->param_header_n && !in->traceparent.n)
		return true;
	if (!mcp_params_write(&c->params, c->arguments, &in->arena, &own, &own_n, &e))
		return false;
	struct http_header *h = arena_alloc(&in->arena, (own_n + in->param_header_n + 2) * sizeof *h);
	if (!h)
		return false;
	t->to.headers = h;
	for (size_t i = 0; i < own_n; i++)
		h[t->to.header_n++] = (struct http_header){ own[i].name, own[i].value };
	for (size_t i = 0; i < in->param_header_n; i++)
		if (!is_annotated(&c->params, in->param_headers[i].name))
			h[t->to.header_n++] = (struct http_header){ in->param_headers[i].name, in->param_headers[i].value };
	t->to.header_n += trace_headers(c, h + t->to.header_n);
	return true;
}

void modern_write_discover(struct buf *b, const struct call *c)
{
	struct buf versions = BUF_INIT(64), can = BUF_INIT(b->max);
	changes_write_capabilities(&can, json_gets(c->answer->result, "capabilities"));
	buf_addf(&versions, "[\"%s\"]", mcp_version_name(MCP_MODERN_LATEST));
	/* What the gate passes of a server depends on the grant. */
	struct member changes[] = {
		{ SLICE_LIT("supportedVersions"), buf_slice(&versions) },
		{ SLICE_LIT("capabilities"), buf_slice(&can) },
		{ SLICE_LIT("cacheScope"), SLICE_LIT("\"private\"") },
	};
	members_write(b, c->answer->result, changes, ARRAY_LEN(changes));
	buf_release(&versions);
	buf_release(&can);
}

/* Closing the response is cancelling (MCP 2026-07-28, Streamable HTTP, Cancellation). */
void modern_gone(struct gate *g, struct http_request_id id)
{
	char key[8];
	gate_key_of(id.v, key);
	struct inbound *in = map_get(&g->inbounds_by_http, slice_of(key, 8));
	if (!in || !in->is_modern || in->is_listening)
		return;
	struct call *c = idtable_get(&g->calls, in->call_id);
	in->is_closed = true;
	if (c)
		call_cancel(c, "the client closed its request");
}
