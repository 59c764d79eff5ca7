/*
 * JSON-RPC 2.0 messages as MCP uses them: checked once, then looked at by kind.
 *
 * A message that is not exactly one of the kinds is refused: what one side calls a
 * notification and the other a request would be judged by one and run by the other.
 */
#ifndef MCP_JSONRPC_H
#define MCP_JSONRPC_H
#include "json/json.h"

enum mcp_kind {
	MCP_INVALID = 0,
	MCP_REQUEST,      /* method and id */
	MCP_NOTIFICATION, /* method, no id */
	MCP_RESULT,       /* id and result */
	MCP_ERROR,        /* id (or null) and error */
};

struct mcp_message {
	enum mcp_kind kind;
	const struct json *root;
	const struct json *id; /* string or number (MCP: never null in a request) */
	struct slice method;
	const struct json *params; /* object (or array in nothing of MCP: refused), NULL when absent */
	const struct json *result, *error;
};

/* Error codes of JSON-RPC 2.0, 5.1, and of MCP. */
#define MCP_PARSE_ERROR (-32700)
#define MCP_INVALID_REQUEST (-32600)
#define MCP_METHOD_NOT_FOUND (-32601)
#define MCP_INVALID_PARAMS (-32602)
#define MCP_INTERNAL_ERROR (-32603)
/* Of 2026-07-28 (schema, MCP error codes; -32020 to -32099 belong to the specification): */
#define MCP_HEADER_MISMATCH (-32020)
#define MCP_MISSING_CAPABILITY (-32021)
#define MCP_UNSUPPORTED_VERSION (-32022)
/* Of 2025-11-25 and before; never sent to a modern peer: */
#define MCP_RESOURCE_NOT_FOUND (-32002)
#define MCP_URL_ELICITATION_REQUIRED (-32042)

/* Refuses: no "jsonrpc":"2.0", an id that is null, bool, object, fractional or longer than
 * LIMIT_RPC_ID bytes, params that are not an object, result and error together, members in
 * another case ("Method") that a lenient parser would take. m->id is set where it can be read. */
bool mcp_message_read(const struct json *root, struct mcp_message *m, struct err *e) MUST_CHECK;

/* {"jsonrpc":"2.0","id":ID,"method":METHOD,"params":PARAMS}: id is JSON text; an empty id makes a
 * notification; params is JSON text, empty for none. */
void mcp_write_request(struct buf *b, struct slice id, struct slice method, struct slice params);
void mcp_write_result(struct buf *b, struct slice id, struct slice result);
/* code and one line of text; data is JSON text or empty. An empty id prints null. */
void mcp_write_error(struct buf *b, struct slice id, int code, const char *text, struct slice data);
/* The message with its id (and, where given, its params) replaced: order and unknown members kept. */
void mcp_write_with_id(struct buf *b, const struct mcp_message *m, struct slice id);

#endif
