/*
 * The trace that a call is part of, and the gate's place in it (W3C Trace Context; MCP 2026-07-28,
 * basic, General fields: _meta). What stands in _meta goes on in _meta, what came as headers of
 * HTTP as headers; the gate's span has the last half of the record's id as its own.
 */
#include "gate/call.h"

static struct slice keep(struct inbound *in, struct http_headers h, const char *name)
{
	struct slice s = http_header_get(h, name);
	char *p = s.n && http_header_count(h, name) == 1 ? arena_strndup(&in->arena, s.p, s.n) : NULL;
	return slice_of(p, p ? s.n : 0);
}

void trace_keep(struct inbound *in, struct http_headers h)
{
	in->traceparent = keep(in, h, "traceparent");
	if (in->traceparent.n)
		in->tracestate = keep(in, h, "tracestate");
}

void trace_find(struct call *c)
{
	struct slice none = { NULL, 0 };
	c->has_trace = c->is_trace_in_meta = mcp_trace_find(c->m.params, none, none, &c->trace);
	if (!c->has_trace)
		c->has_trace = mcp_trace_find(NULL, c->in->traceparent, c->in->tracestate, &c->trace);
}

/* xxxxxxxx-xxxx-7xxx-SPAN-SPANSPANSPAN: its first bits are never all zero (RFC 9562, 4.1). */
static void write_parent(const struct call *c, char out[MCP_TRACEPARENT_SIZE])
{
	char span[17];
	snprintf(span, sizeof span, "%.4s%.12s", c->record_id + 19, c->record_id + 24);
	mcp_trace_write(out, &c->trace, span);
}

size_t trace_members(const struct call *c, struct member changes[2], struct buf *text)
{
	char parent[MCP_TRACEPARENT_SIZE];
	if (!c->is_trace_in_meta)
		return 0;
	write_parent(c, parent);
	buf_add_json_string(text, slice_str(parent));
	size_t n = text->n;
	if (c->trace.state.n)
		buf_add_json_string(text, c->trace.state);
	changes[0] = (struct member){ SLICE_LIT("traceparent"), slice_of(text->p, n) };
	/* One of another trace is dropped. */
	changes[1] = (struct member){ SLICE_LIT("tracestate"), c->trace.state.n ? slice_of(text->p + n, text->n - n) : slice_of(NULL, 0) };
	return 2;
}

size_t trace_headers(struct call *c, struct http_header h[2])
{
	char parent[MCP_TRACEPARENT_SIZE];
	size_t n = 0;
	if (!c->has_trace || c->is_trace_in_meta)
		return 0;
	write_parent(c, parent);
	char *text = arena_strndup(&c->in->arena, parent, sizeof parent - 1);
	if (text)
		h[n++] = (struct http_header){ SLICE_LIT("traceparent"), slice_of(text, sizeof parent - 1) };
	if (text && c->trace.state.n)
		h[n++] = (struct http_header){ SLICE_LIT("tracestate"), c->trace.state };
	return n;
}
