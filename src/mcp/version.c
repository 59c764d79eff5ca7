/* The table of revisions. A new one is a row here. */
#include "mcp/version.h"
#include "base/compiler.h"

static const struct revision {
	const char *name;
	enum mcp_era era;
	bool has_batches, needs_header, has_priming;
} revisions[] = {
	[MCP_VERSION_NONE] = { "", MCP_ERA_NONE, false, false, false },
	[MCP_2024_11_05] = { "2024-11-05", MCP_ERA_LEGACY, false, false, false },
	[MCP_2025_03_26] = { "2025-03-26", MCP_ERA_LEGACY, true, false, false },
	[MCP_2025_06_18] = { "2025-06-18", MCP_ERA_LEGACY, false, true, false },
	[MCP_2025_11_25] = { "2025-11-25", MCP_ERA_LEGACY, false, true, true },
	[MCP_2026_07_28] = { "2026-07-28", MCP_ERA_MODERN, false, true, false },
};

enum mcp_version mcp_version_of(struct slice name)
{
	for (size_t i = 1; i < ARRAY_LEN(revisions); i++)
		if (slice_is(name, revisions[i].name))
			return (enum mcp_version)i;
	return MCP_VERSION_NONE;
}

const char *mcp_version_name(enum mcp_version v)
{
	return revisions[v].name;
}

enum mcp_era mcp_version_era(enum mcp_version v)
{
	return revisions[v].era;
}

enum mcp_version mcp_version_negotiate(struct slice requested)
{
	enum mcp_version v = mcp_version_of(requested);
	return mcp_version_era(v) == MCP_ERA_LEGACY ? v : MCP_LEGACY_LATEST;
}

bool mcp_version_has_batches(enum mcp_version v)
{
	return revisions[v].has_batches;
}

bool mcp_version_needs_header(enum mcp_version v)
{
	return revisions[v].needs_header;
}

bool mcp_version_has_priming(enum mcp_version v)
{
	return revisions[v].has_priming;
}
