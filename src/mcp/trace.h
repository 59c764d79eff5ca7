/*
 * W3C Trace Context through the gate (2026-07-28, basic, General fields: _meta; SEP-414): the
 * context of a message stands in params._meta, that of a connection in HTTP headers.
 */
#ifndef MCP_TRACE_H
#define MCP_TRACE_H
#include "base/compiler.h"
#include "json/json.h"

#define MCP_TRACEPARENT_SIZE 56 /* 00-32-16-02 and a NUL */

struct mcp_trace {
	char trace_id[33], parent_id[17]; /* lower-case hex; never all zeros */
	char flags[3];
	struct slice state; /* tracestate; borrowed, empty when absent or not valid */
};

/* A traceparent (W3C Trace Context, 3.2.2). Version 00 exactly; a later version is read by its
 * first four fields (3.2.4) and continued as 00; ff, zero ids and upper case are refused. */
bool mcp_traceparent_read(struct slice text, struct mcp_trace *t) MUST_CHECK;
/* Is it a tracestate (3.3.1): 1 to 32 members key=value, no key twice, at most 512 bytes. */
bool mcp_tracestate_ok(struct slice text);

/*
 * The context of a request: params._meta.traceparent, else the HTTP headers (p NULL: absent), each
 * with the tracestate that stands beside it. One that is not valid is as if absent (3.2.2.5).
 * false: there is none, the trace begins here.
 */
bool mcp_trace_find(const struct json *params, struct slice http_parent, struct slice http_state,
		    struct mcp_trace *t) MUST_CHECK;

/* The traceparent to send on: same trace and flags, and span_id, 16 lower-case hex digits of the
 * caller's making, as the parent. */
void mcp_trace_write(char out[MCP_TRACEPARENT_SIZE], const struct mcp_trace *t, const char *span_id);

/* params with _meta.traceparent and, when state is not empty, _meta.tracestate replaced; a state of
 * the old context is dropped. params may be NULL. Everything else stays in its order. */
void mcp_trace_stamp(struct buf *b, const struct json *params, struct slice parent, struct slice state);

#endif
