/* The clients that are known, how each is called, and the two questions about servers that need no file. */
#include "clients/clients.h"
#include "base/limits.h"
#include "clients/dialect.h"
#include <stdio.h>

/*
 * Sources, by client:
 * Claude Desktop: modelcontextprotocol.io/docs/develop/connect-local-servers
 * Claude Code: code.claude.com/docs/en/mcp (scopes, .mcp.json, variables)
 * Cursor: cursor.com/docs/mcp (mcp.json, interpolation)
 * VS Code: code.visualstudio.com/docs/copilot/reference/mcp-configuration; before version 1.102 in settings.json
 * Windsurf: docs.windsurf.com/windsurf/cascade/mcp
 * Codex: developers.openai.com/codex/mcp
 * Gemini CLI: github.com/google-gemini/gemini-cli, docs/tools/mcp-server.md
 * Zed: zed.dev/docs/ai/mcp
 * Continue: docs.continue.dev/customize/deep-dives/mcp, docs.continue.dev/reference
 */
static const struct dialect dialects[CLIENTS] = {
	[CLIENT_CLAUDE_DESKTOP] = { "claude-desktop", "Claude Desktop", { "mcpServers" }, "url", "headers", NULL, true },
	[CLIENT_CLAUDE_CODE] = { "claude-code", "Claude Code", { "mcpServers", "projects.*.mcpServers" }, "url", "headers", "http", false },
	[CLIENT_CURSOR] = { "cursor", "Cursor", { "mcpServers" }, "url", "headers", NULL, false },
	[CLIENT_VSCODE] = { "vscode", "VS Code", { "servers", "mcp.servers" }, "url", "headers", "http", false },
	[CLIENT_WINDSURF] = { "windsurf", "Windsurf", { "mcpServers" }, "serverUrl", "headers", NULL, false },
	[CLIENT_CODEX] = { "codex", "Codex", { "mcp_servers" }, "url", "http_headers", NULL, false },
	[CLIENT_GEMINI] = { "gemini", "Gemini CLI", { "mcpServers" }, "httpUrl", "headers", NULL, false },
	[CLIENT_ZED] = { "zed", "Zed", { "context_servers" }, "url", "headers", NULL, false },
	[CLIENT_CONTINUE] = { "continue", "Continue", { "mcpServers", "experimental.modelContextProtocolServers" }, "url", "headers", "http", false },
};
static const char *const words[] = { "claude-desktop", "claude-code", "cursor", "vscode", "windsurf", "codex", "gemini", "zed", "continue", NULL };

const struct dialect *dialect_of(enum client c)
{
	return &dialects[c];
}

const char *client_word(enum client c)
{
	return dialects[c].word;
}

const char *client_title(enum client c)
{
	return dialects[c].title;
}

enum client client_find(struct slice word)
{
	for (enum client c = CLIENT_NONE + 1; c < CLIENTS; c++)
		if (slice_is(word, dialects[c].word))
			return c;
	return CLIENT_NONE;
}

const char *const *client_words(void)
{
	return words;
}

enum language client_language(const char *path)
{
	struct slice name = slice_str(path);
	if (slice_ends(name, SLICE_LIT(".toml")))
		return LANGUAGE_TOML;
	if (slice_ends(name, SLICE_LIT(".yaml")) || slice_ends(name, SLICE_LIT(".yml")))
		return LANGUAGE_YAML;
	return LANGUAGE_JSONC;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

const char *client_server_name(struct arena *a, const char *wanted, bool (*is_taken)(void *ctx, const char *name),
			       void *ctx)
{
	char name[LIMIT_NAME + 1], other[LIMIT_NAME + 16];
	size_t n = 0;
	for (; *wanted && n < LIMIT_NAME; wanted++) {
		if (is_alnum(*wanted) || (*wanted == '_' && n && name[n - 1] != '_'))
			name[n++] = *wanted;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n && !is_alnum(name[n - 1]))
		n--;
	while (n && !is_alnum(name[0])) {
		memmove(name, name + 1, n - 1);
		n--;
	}
	if (!n) {
		memcpy(name, "server", 6);
		n = 6;
	}
	name[n] = '\0';
	memcpy(other, name, n + 1);
	for (unsigned i = 2; is_taken(ctx, other); i++) {
		size_t keep = n > LIMIT_NAME - 6 ? LIMIT_NAME - 6 : n;
		while (keep > 1 && !is_alnum(name[keep - 1]))
			keep--;
		snprintf(other, sizeof other, "%.*s-%u", (int)keep, name, i % 10000);
	}
	return arena_strndup(a, other, strlen(other));
}

static bool is_same_text(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool has_pair(const struct client_pair *v, size_t n, const struct client_pair *one)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, one->name) == 0)
			return strcmp(v[i].value, one->value) == 0;
	return false;
}

static bool is_same_set(const struct client_pair *x, size_t n, const struct client_pair *y, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!has_pair(y, m, &x[i]))
			return false;
	return true;
}

bool client_server_same(const struct client_server *x, const struct client_server *y)
{
	if ((x->transport == CLIENT_STDIO) != (y->transport == CLIENT_STDIO) || x->arg_n != y->arg_n)
		return false;
	for (size_t i = 0; i < x->arg_n; i++)
		if (strcmp(x->argv[i], y->argv[i]) != 0)
			return false;
	return is_same_text(x->url, y->url) && is_same_text(x->cwd, y->cwd) && is_same_set(x->env, x->env_n, y->env, y->env_n) &&
	       is_same_set(x->headers, x->header_n, y->headers, y->header_n);
}
