/*
 * The header mirror of Streamable HTTP (2026-07-28, Streamable HTTP, Request Metadata; SEP-2243):
 * how a value stands in a header, and that headers equal the body. The body is the truth; a header
 * only repeats it for those who do not read bodies, and nothing is ever decided by one.
 */
#ifndef MCP_MIRROR_H
#define MCP_MIRROR_H
#include "base/arena.h"
#include "mcp/envelope.h"

/*
 * The value that a header stands for (Value Encoding): without white space around it, and decoded
 * when it is "=?base64?…?=" (markers in lower case, RFC 4648 section 4 with its padding). *out
 * points into `value`, or into scratch, which must hold nothing else that is needed. false: bad
 * base64, or a byte that may not stand in a header. What is decoded may be any bytes.
 */
bool mcp_header_decode(struct slice value, struct buf *scratch, struct slice *out) MUST_CHECK;
/* Appends the value as it may stand in a header: as it is, or as base64 when it is empty, has other
 * bytes than 0x20 to 0x7e, white space at an end, or looks like base64 of ours. */
void mcp_header_encode(struct buf *out, struct slice value);

/* The member of params that Mcp-Name repeats: "name" of tools/call and prompts/get, "uri" of
 * resources/read (Standard Request Headers), "taskId" of tasks/get, tasks/update, tasks/cancel
 * (ext-tasks 2026-07-28, Routing Headers). NULL: the method has none. */
const char *mcp_name_member(struct slice method);
/* That value, as Mcp-Name must say it. Empty when the method has none, or params lack it. */
struct slice mcp_name_of(const struct mcp_message *m);

/*
 * A modern message against its headers: -32020 in *r when one is missing or differs (Server
 * Validation). h NULL (stdio) has nothing to compare. Where params lack the member that Mcp-Name
 * repeats, the header may be absent, and what is there is not compared: the params are wrong then.
 * tasks/… are held to Mcp-Name only when it is there: the client must send it, but who is asked is
 * told by the body.
 */
bool mcp_mirror_check(const struct mcp_message *m, const struct mcp_headers *h,
		      struct mcp_refusal *r) MUST_CHECK;

/* One annotated parameter of a tool. Borrowed from the schema. */
struct mcp_param {
	struct slice name;          /* "Region" of Mcp-Param-Region */
	enum json_type type;        /* JSON_STRING, JSON_NUMBER, JSON_BOOL */
	const struct slice *path;   /* members of the arguments that lead to it */
	size_t path_n;
};
struct mcp_params {
	const struct mcp_param *v;
	size_t n;
};
struct mcp_header {
	struct slice name, value;
};

/*
 * The `x-mcp-header` annotations of an inputSchema (Schema Extension). false and why: one is not a
 * non-empty token (RFC 9110, 5.6.2), not unique without regard to case, not on a string, integer
 * or boolean, or not reached by `properties` alone; or there are more than LIMIT_PARAM_HEADERS. An
 * HTTP client must then leave the tool out of its list.
 */
bool mcp_params_read(const struct json *input_schema, struct arena *a, struct mcp_params *out,
		     struct err *e) MUST_CHECK;

/*
 * Headers against the arguments (Server Behavior for Custom Headers): each annotated parameter with
 * a value that is not null must be repeated, one without a value must not be; integers are
 * compared as numbers; a header that comes twice is refused. Headers that no parameter has are
 * ignored. An argument that is no string, number or boolean is not compared: the schema refuses
 * it. false: -32020 in *r.
 */
bool mcp_params_check(const struct mcp_params *p, const struct json *arguments,
		      const struct mcp_header *headers, size_t header_n,
		      struct mcp_refusal *r) MUST_CHECK;

/*
 * The headers to send for a call (Client Behavior): *out and its n, in the arena. Those whose value
 * is absent, null, or no string, number or boolean are left out. false when they are longer than
 * LIMIT_PARAM_BYTES together, or the arena is full.
 */
bool mcp_params_write(const struct mcp_params *p, const struct json *arguments, struct arena *a,
		      const struct mcp_header **out, size_t *out_n, struct err *e) MUST_CHECK;

#endif
