/*
 * The revisions of MCP and what each asks for. Nothing outside this file, session/,
 * bridge/ and upstream/handshake.c asks which revision it is dealing with.
 *
 * Two eras (MCP 2026-07-28, Versioning): a *legacy* client and server shake hands and
 * have a session; a *modern* request says all that it needs by itself.
 */
#ifndef MCP_VERSION_H
#define MCP_VERSION_H
#include "base/slice.h"

enum mcp_version {
	MCP_VERSION_NONE = 0,
	MCP_2024_11_05,
	MCP_2025_03_26,
	MCP_2025_06_18,
	MCP_2025_11_25,
	MCP_2026_07_28,
};
#define MCP_LEGACY_LATEST MCP_2025_11_25
#define MCP_MODERN_LATEST MCP_2026_07_28
#define MCP_VERSION_LATEST MCP_2026_07_28

enum mcp_era { MCP_ERA_NONE = 0, MCP_ERA_LEGACY, MCP_ERA_MODERN };

enum mcp_version mcp_version_of(struct slice name); /* MCP_VERSION_NONE when unknown */
const char *mcp_version_name(enum mcp_version v);
enum mcp_era mcp_version_era(enum mcp_version v);
/* What we answer to an initialize that asks for `requested`: the same when it is of the legacy
 * era, else our latest of that era (MCP 2025-11-25, Lifecycle, Version Negotiation; initialize
 * does not exist in the modern one). */
enum mcp_version mcp_version_negotiate(struct slice requested);

bool mcp_version_has_batches(enum mcp_version v);  /* 2025-03-26 only */
bool mcp_version_needs_header(enum mcp_version v); /* MCP-Protocol-Version, from 2025-06-18 */
/* A stream may begin with an event that has an id and no text (2025-11-25, SEP-1699). Older clients
 * take such an event for a message. */
bool mcp_version_has_priming(enum mcp_version v);

#endif
