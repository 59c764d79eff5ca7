/*
 * What a client sent, before anything is decided: of which era it is, and the envelope that a
 * modern request carries in params._meta (2026-07-28, basic, General fields: _meta). The body
 * says the era, never a header alone; a header that disagrees with the body is refused.
 */
#ifndef MCP_ENVELOPE_H
#define MCP_ENVELOPE_H
#include "mcp/refusal.h"
#include "mcp/version.h"

/* Names in _meta and of extensions. */
#define MCP_META_VERSION      "io.modelcontextprotocol/protocolVersion"
#define MCP_META_CLIENT_INFO  "io.modelcontextprotocol/clientInfo"
#define MCP_META_CLIENT_CAPS  "io.modelcontextprotocol/clientCapabilities"
#define MCP_META_LOG_LEVEL    "io.modelcontextprotocol/logLevel"
#define MCP_META_SERVER_INFO  "io.modelcontextprotocol/serverInfo"
#define MCP_META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
#define MCP_META_RELATED_TASK "io.modelcontextprotocol/related-task"
#define MCP_EXTENSION_TASKS   "io.modelcontextprotocol/tasks"

/* LoggingLevel of every revision, least severe first (RFC 5424, 6.2.1). */
enum mcp_log_level {
	MCP_LOG_NONE = 0, /* absent: nothing may be logged to this client */
	MCP_LOG_DEBUG,
	MCP_LOG_INFO,
	MCP_LOG_NOTICE,
	MCP_LOG_WARNING,
	MCP_LOG_ERROR,
	MCP_LOG_CRITICAL,
	MCP_LOG_ALERT,
	MCP_LOG_EMERGENCY,
};
enum mcp_log_level mcp_log_level_of(struct slice name); /* MCP_LOG_NONE when unknown */
const char *mcp_log_level_name(enum mcp_log_level l);   /* "" for none */

/* What a client can answer. The first four are UPSTREAM_CAN_… of upstream.h, bit for bit. */
#define MCP_CAN_SAMPLING        1u
#define MCP_CAN_ELICITATION     2u /* by form */
#define MCP_CAN_ROOTS           4u
#define MCP_CAN_ELICITATION_URL 8u
#define MCP_CAN_SAMPLING_TOOLS  16u
#define MCP_CAN_TASKS           32u /* extension io.modelcontextprotocol/tasks */
/* Of a ClientCapabilities object of any revision; NULL gives 0. An elicitation capability that
 * names no mode means the form (2025-11-25, client/elicitation, Capabilities). */
unsigned mcp_client_can(const struct json *capabilities);

/* All borrowed from the message. Self-reported: for display and logs, never for a decision. */
struct mcp_envelope {
	enum mcp_version version;        /* MCP_VERSION_NONE: no envelope */
	struct slice client_name, client_version; /* of clientInfo; empty when absent */
	const struct json *client_info;  /* NULL when absent */
	const struct json *capabilities; /* an object */
	unsigned can;                    /* MCP_CAN_… */
	enum mcp_log_level log_level;
};

/* Values of the headers that mirror the body; p NULL: absent. More than one header of a name
 * is the caller's to refuse. White space around a value is ignored. */
struct mcp_headers {
	struct slice version; /* MCP-Protocol-Version */
	struct slice method;  /* Mcp-Method */
	struct slice name;    /* Mcp-Name */
};

struct mcp_inbound {
	enum mcp_era era;
	bool is_batch;                /* then nothing below is set; elements are read one by one */
	struct mcp_message m;
	struct mcp_envelope envelope; /* of a modern request, or notification that has one */
};

/*
 * Classifies the body of a POST (h not NULL) or a line of stdio (h NULL), and for a modern message
 * checks what it must carry. false and *r when it is refused; in->m.id is then set where it could
 * be read. In this order (2026-07-28, basic/versioning, Backward Compatibility; Streamable HTTP,
 * Server Validation):
 *
 * - an empty batch, a batch with an element that has an envelope: -32600, 400. Another batch is
 *   legacy: whether the session may send one, and what its elements are, is seen later.
 * - no JSON-RPC message: -32600, 400.
 * - `initialize` without a valid envelope of a modern revision: legacy; with a modern version in
 *   the header: -32020.
 * - a version key in _meta: an envelope. One that is malformed (version no string, capabilities
 *   absent or no object, clientInfo without name or version, an unknown logLevel): -32602, 400.
 *   Another version in the header: -32020. A revision that is unknown or legacy: -32022. Else modern.
 * - no version key, and a modern version in the header: a request is -32602, 400; an answer is
 *   -32600, 400 (clients send none in this era); a notification is modern.
 * - else legacy. On stdio this says no more than that there is no envelope: a notification or an
 *   answer belongs to the era in which the connection was opened.
 *
 * Then, over HTTP, of modern requests: MCP-Protocol-Version, Mcp-Method and Mcp-Name must be there
 * and equal the body, else -32020 (mirror.h). Of a modern notification no header is demanded (the
 * revision leaves it undefined); an Mcp-Method that is there must be equal.
 */
bool mcp_classify(const struct json *root, const struct mcp_headers *h, struct mcp_inbound *in,
		  struct mcp_refusal *r) MUST_CHECK;

/*
 * What a modern request needs its client to have declared: tasks/get, tasks/update, tasks/cancel
 * and a subscription to taskIds need the tasks extension (ext-tasks 2026-07-28, Protocol Errors).
 * false and -32021 in *r.
 */
bool mcp_envelope_may(const struct mcp_message *m, const struct mcp_envelope *e,
		      struct mcp_refusal *r) MUST_CHECK;

#endif
