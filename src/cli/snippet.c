/* Settings of well-known clients for one grant. */
#include "cli/snippet.h"

static void add_cursor(struct buf *b, const char *base, const char *token,
		       const struct store_binding *v, size_t n)
{
	buf_adds(b, "Cursor, in .cursor/mcp.json:\n  {\n    \"mcpServers\": {\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(
			b,
			"      \"%s\": { \"url\": \"%s/mcp/%s\", \"headers\": { \"Authorization\": \"Bearer %s\" } }%s\n",
			v[i].server, base, v[i].server, token, i + 1 < n ? "," : "");
	buf_adds(b, "    }\n  }\n");
}

/* It starts programs only, so mcp-remote goes between. The value of a header is given by the environment,
 * because some shells split it at its space. */
static void add_desktop(struct buf *b, const char *base, const char *token,
			const struct store_binding *v, size_t n)
{
	buf_adds(b, "Claude Desktop, in claude_desktop_config.json:\n  {\n    \"mcpServers\": {\n");
	for (size_t i = 0; i < n; i++) {
		buf_addf(
			b,
			"      \"%s\": {\n        \"command\": \"npx\",\n        \"args\": [\"-y\", \"mcp-remote\", \"%s/mcp/%s\", "
			"\"--allow-http\", \"--transport\", \"http-only\",\n                 \"--header\", \"Authorization:${GATEHOUSE_TOKEN}\"],\n",
			v[i].server, base, v[i].server);
		buf_addf(b, "        \"env\": { \"GATEHOUSE_TOKEN\": \"Bearer %s\" }\n      }%s\n",
			 token, i + 1 < n ? "," : "");
	}
	buf_adds(b, "    }\n  }\n");
}

void snippet_write(struct buf *b, const char *base, const char *token,
		   const struct store_binding *v, size_t n)
{
	buf_adds(b, "Claude Code:\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(
			b,
			"  claude mcp add --transport http %s %s/mcp/%s --header \"Authorization: Bearer %s\"\n",
			v[i].server, base, v[i].server, token);
	if (n > 1)
		buf_addf(b, "  or all of them as one: claude mcp add --transport http gatehouse %s/mcp --header \"Authorization: Bearer %s\"\n",
			 base, token);
	add_cursor(b, base, token, v, n);
	add_desktop(b, base, token, v, n);
}
