/*
 * The revisions of MCP and what each asks for. Nothing outside this file, session/
 * and upstream/handshake.c asks which revision it is dealing with.
 */
#ifndef MCP_VERSION_H
#define MCP_VERSION_H
#include "base/slice.h"

enum mcp_version {
	MCP_VERSION_NONE = 0,
	MCP_2025_03_26,
	MCP_2025_06_18,
	MCP_2025_11_25,
};
#define MCP_VERSION_LATEST MCP_2025_11_25

enum mcp_version mcp_version_of(struct slice name); /* MCP_VERSION_NONE when unknown */
const char *mcp_version_name(enum mcp_version v);
/* What we answer a client that asks for `requested`: the same when we speak it, else
 * our latest (MCP lifecycle, version negotiation). */
enum mcp_version mcp_version_negotiate(struct slice requested);

bool mcp_version_has_batches(enum mcp_version v);        /* 2025-03-26 only */
bool mcp_version_needs_header(enum mcp_version v);       /* MCP-Protocol-Version, from 2025-06-18 */

#endif
