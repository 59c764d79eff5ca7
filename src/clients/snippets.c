/* See snippets.h. */
#include "clients/snippets.h"
#include "clients/dialect.h"

const struct snippet snippets[] = {
	{ "claude-code", "Claude Code", "shell", NULL },
	{ "claude-desktop", "Claude Desktop", "json", "claude_desktop_config.json" },
	{ "cursor", "Cursor", "json", ".cursor/mcp.json" },
	{ "vscode", "VS Code", "json", ".vscode/mcp.json" },
	{ "codex", "Codex", "toml", "~/.codex/config.toml" },
	{ "windsurf", "Windsurf", "json", "~/.codeium/windsurf/mcp_config.json" },
	{ "gemini", "Gemini CLI", "json", "~/.gemini/settings.json" },
	{ "zed", "Zed", "json", "~/.config/zed/settings.json" },
	{ "python", "Python", "python", NULL },
	{ "typescript", "TypeScript", "typescript", NULL },
	{ "curl", "curl", "shell", NULL },
	{ NULL, NULL, NULL, NULL },
};

static void add_string(struct buf *b, const char *text)
{
	buf_add_json_string(b, slice_str(text));
}

static void add_bearer(struct buf *b, const char *token)
{
	struct buf text = BUF_INIT(65536);
	buf_addf(&text, "Bearer %s", token);
	buf_add_json_string(b, buf_slice(&text));
	buf_release(&text);
}

/* An entry that names the address itself. */
static void add_entry(struct buf *b, const struct dialect *d, const struct snippet_place *p, const char *token)
{
	buf_adds(b, "    ");
	add_string(b, p->name);
	buf_adds(b, ": { ");
	if (d->type)
		buf_addf(b, "\"type\": \"%s\", ", d->type);
	buf_addf(b, "\"%s\": ", d->url_key);
	add_string(b, p->url);
	buf_addf(b, ", \"%s\": { \"Authorization\": ", d->headers_key);
	add_bearer(b, token);
	buf_adds(b, " } }");
}

/* The client starts programs only, so mcp-remote goes between. The value of a header is given by the environment,
 * because some shells split it at its space. */
static void add_bridged(struct buf *b, const struct snippet_place *p, const char *token)
{
	buf_adds(b, "    ");
	add_string(b, p->name);
	buf_adds(b, ": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"mcp-remote\", ");
	add_string(b, p->url);
	buf_adds(b, ", \"--allow-http\", \"--transport\", \"http-only\",\n               \"--header\", \"Authorization:${GATEHOUSE_TOKEN}\"],\n"
		    "      \"env\": { \"GATEHOUSE_TOKEN\": ");
	add_bearer(b, token);
	buf_adds(b, " }\n    }");
}

static void write_json(struct buf *b, enum client client, const struct snippet_place *v, size_t n, const char *token)
{
	const struct dialect *d = dialect_of(client);
	buf_addf(b, "{\n  \"%s\": {\n", d->servers[0]);
	for (size_t i = 0; i < n; i++) {
		if (d->is_bridged)
			add_bridged(b, &v[i], token);
		else
			add_entry(b, d, &v[i], token);
		buf_adds(b, i + 1 < n ? ",\n" : "\n");
	}
	buf_adds(b, "  }\n}\n");
}

static void write_toml(struct buf *b, const struct snippet_place *v, size_t n, const char *token)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s[mcp_servers.%s]\nurl = ", i ? "\n" : "", v[i].name);
		add_string(b, v[i].url);
		buf_adds(b, "\nhttp_headers = { Authorization = ");
		add_bearer(b, token);
		buf_adds(b, " }\n");
	}
}

static void write_claude_code(struct buf *b, const struct snippet_place *v, size_t n, const char *token)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "claude mcp add --transport http %s %s --header \"Authorization: Bearer %s\"\n", v[i].name, v[i].url, token);
}

static void write_python(struct buf *b, const char *url, const char *token)
{
	buf_adds(b, "# pip install mcp\nimport asyncio\n\nfrom mcp import ClientSession\nfrom mcp.client.streamable_http import streamablehttp_client\n\n"
		    "URL = ");
	add_string(b, url);
	buf_adds(b, "\nHEADERS = {\"Authorization\": ");
	add_bearer(b, token);
	buf_adds(b, "}\n\n\nasync def main() -> None:\n    async with streamablehttp_client(URL, headers=HEADERS) as (read, write, _):\n"
		    "        async with ClientSession(read, write) as session:\n            await session.initialize()\n"
		    "            print([tool.name for tool in (await session.list_tools()).tools])\n\n\nasyncio.run(main())\n");
}

static void write_typescript(struct buf *b, const char *url, const char *token)
{
	buf_adds(b, "// npm install @modelcontextprotocol/sdk\nimport { Client } from \"@modelcontextprotocol/sdk/client/index.js\";\n"
		    "import { StreamableHTTPClientTransport } from \"@modelcontextprotocol/sdk/client/streamableHttp.js\";\n\n"
		    "const transport = new StreamableHTTPClientTransport(new URL(");
	add_string(b, url);
	buf_adds(b, "), {\n  requestInit: { headers: { Authorization: ");
	add_bearer(b, token);
	buf_adds(b, " } },\n});\nconst client = new Client({ name: \"my-agent\", version: \"1.0.0\" });\nawait client.connect(transport);\n"
		    "console.log((await client.listTools()).tools.map((tool) => tool.name));\nawait client.close();\n");
}

static void write_curl(struct buf *b, const char *url, const char *token)
{
	buf_addf(b, "curl %s \\\n  -H \"Authorization: Bearer %s\" \\\n  -H 'Content-Type: application/json' \\\n"
		    "  -H 'Accept: application/json, text/event-stream' \\\n"
		    "  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
		    "\"capabilities\":{},\"clientInfo\":{\"name\":\"curl\",\"version\":\"1\"}}}'\n",
		 url, token);
}

void snippet_text(struct buf *b, const struct snippet *s, const struct snippet_place *v, size_t n, const char *all, const char *token)
{
	const char *one = n == 1 ? v[0].url : all;
	enum client client = client_find(slice_str(s->client));
	if (client == CLIENT_CLAUDE_CODE)
		write_claude_code(b, v, n, token);
	else if (client == CLIENT_CODEX)
		write_toml(b, v, n, token);
	else if (client != CLIENT_NONE)
		write_json(b, client, v, n, token);
	else if (strcmp(s->client, "python") == 0)
		write_python(b, one, token);
	else if (strcmp(s->client, "typescript") == 0)
		write_typescript(b, one, token);
	else
		write_curl(b, one, token);
}
