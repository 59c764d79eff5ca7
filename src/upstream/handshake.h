/* The handshake with a server of the revisions that have one (MCP lifecycle). */
#ifndef UPSTREAM_HANDSHAKE_H
#define UPSTREAM_HANDSHAKE_H
#include "upstream/upstream.h"

/* The params of initialize as JSON text. client_info NULL: the gate's own; capabilities
 * NULL: what `client_caps` (UPSTREAM_CAN_…) says. */
void handshake_write(struct buf *b, enum mcp_version version, const struct json *client_info,
		     const struct json *capabilities, unsigned client_caps);
/* The params of server/discover with the gate's own envelope. */
void handshake_write_discover(struct buf *b, enum mcp_version version, unsigned client_caps);
/* The whole notification. */
void handshake_write_initialized(struct buf *b);
/* What the server's answer agreed to; false when it is a revision that we do not speak. */
bool handshake_read(const struct mcp_message *answer, const char *server, enum mcp_version *version,
		    struct err *e) MUST_CHECK;

#endif
