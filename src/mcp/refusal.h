/*
 * Why a message of the modern era is not taken: the HTTP status, the JSON-RPC error and what
 * stands in its data. Nothing in it is owned.
 */
#ifndef MCP_REFUSAL_H
#define MCP_REFUSAL_H
#include "mcp/jsonrpc.h"

struct mcp_refusal {
	int status;             /* of HTTP: 400, or 404 for a method that does not exist */
	int code;               /* of JSON-RPC */
	char text[256];
	struct slice requested; /* of MCP_UNSUPPORTED_VERSION: what was asked for; borrowed */
	const char *required;   /* of MCP_MISSING_CAPABILITY: the capabilities as JSON text */
};

/* Fills *r with the status that belongs to the code and returns false. */
bool mcp_refuse(struct mcp_refusal *r, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The whole error as a message; id as JSON text, empty prints null. `data` is (2026-07-28, schema):
 * {"supported":[…],"requested":"…"} or {"requiredCapabilities":{…}}, else none. */
void mcp_refusal_write(struct buf *b, const struct mcp_refusal *r, struct slice id);
/* That data alone; nothing when the code has none. A `requested` over 64 bytes is cut. */
void mcp_refusal_data(struct buf *b, const struct mcp_refusal *r);

/*
 * The HTTP status for a JSON-RPC error that answers a modern request. Errors that the gate finds
 * itself: 400, 404 for -32601 (2026-07-28, Streamable HTTP, Protocol Version Header and Server
 * Validation). Errors of a server's handler: 200, but 400 for -32021 (schema,
 * MissingRequiredClientCapabilityError).
 */
int mcp_error_status(int code, bool is_ours);

#endif
