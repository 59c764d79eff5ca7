/* Which files of a repository are configurations, lists of tools or policies: by their names. */
#include "base/limits.h"
#include "cli/scan.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32

/* By the end of the path, at a bound of names. "*" at the front: any name that ends so. */
static const struct {
	const char *end;
	enum scan_file_kind kind;
	enum client client;
} known[] = {
	{ ".mcp.json", SCAN_FILE_CLIENT, CLIENT_CLAUDE_CODE },
	{ ".cursor/mcp.json", SCAN_FILE_CLIENT, CLIENT_CURSOR },
	{ ".vscode/mcp.json", SCAN_FILE_CLIENT, CLIENT_VSCODE },
	{ ".vscode/settings.json", SCAN_FILE_CLIENT, CLIENT_VSCODE },
	{ "mcp.json", SCAN_FILE_CLIENT, CLIENT_CURSOR },
	{ "claude_desktop_config.json", SCAN_FILE_CLIENT, CLIENT_CLAUDE_DESKTOP },
	{ "mcp_config.json", SCAN_FILE_CLIENT, CLIENT_WINDSURF },
	{ ".codex/config.toml", SCAN_FILE_CLIENT, CLIENT_CODEX },
	{ ".gemini/settings.json", SCAN_FILE_CLIENT, CLIENT_GEMINI },
	{ ".zed/settings.json", SCAN_FILE_CLIENT, CLIENT_ZED },
	{ ".continue/config.yaml", SCAN_FILE_CLIENT, CLIENT_CONTINUE },
	{ "gatehouse.yaml", SCAN_FILE_GATE, CLIENT_VSCODE },
	{ "gatehouse.yml", SCAN_FILE_GATE, CLIENT_VSCODE },
	{ "server.json", SCAN_FILE_REGISTRY, CLIENT_NONE },
	{ "*.policy.json", SCAN_FILE_POLICY, CLIENT_NONE },
	{ "tools.json", SCAN_FILE_TOOLS, CLIENT_NONE },
	{ "tools.jsonl", SCAN_FILE_TOOLS, CLIENT_NONE },
	{ "*.tools.json", SCAN_FILE_TOOLS, CLIENT_NONE },
	{ "*.tools.jsonl", SCAN_FILE_TOOLS, CLIENT_NONE },
};

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m;
	bool is_any = *end == '*';
	end += is_any;
	m = strlen(end);
	if (n < m || strcmp(path + n - m, end) != 0)
		return false;
	return is_any || n == m || path[n - m - 1] == '/';
}

static bool is_skipped(const char *name)
{
	static const char *const names[] = { ".",  "..",	  ".git",  ".hg",	   ".svn", "node_modules",
					     ".venv", "venv", "__pycache__", ".tox", NULL };
	return slice_is_among(slice_str(name), names);
}

/* Relative to here, without "./". */
static const char *shown_of(struct scanning *s, const char *path)
{
	char here[4096];
	while (path[0] == '.' && path[1] == '/')
		for (path += 2; *path == '/';)
			path++;
	if (path[0] == '/' && getcwd(here, sizeof here)) {
		size_t n = strlen(here);
		if (strncmp(path, here, n) == 0 && path[n] == '/')
			path += n + 1;
	}
	const char *name = report_name(&s->report, slice_str(path));
	return *name ? name : "-";
}

/* Continue takes every file of one folder. */
static bool is_of_continue(const char *path)
{
	const char *folder = strstr(path, ".continue/mcpServers/");
	return folder && (folder == path || folder[-1] == '/') &&
	       (ends_with(path, "*.yaml") || ends_with(path, "*.yml") || ends_with(path, "*.json"));
}

static bool add_file(struct scanning *s, const char *path, bool is_named)
{
	struct scan_file f = { .is_named = is_named };
	for (size_t i = 0; i < ARRAY_LEN(known) && !f.kind; i++)
		if (ends_with(path, known[i].end)) {
			f.kind = known[i].kind;
			f.client = known[i].client;
		}
	if (!f.kind && is_of_continue(path)) {
		f.kind = SCAN_FILE_CLIENT;
		f.client = CLIENT_CONTINUE;
	}
	if (!f.kind && !is_named)
		return true;
	if (s->file_n >= LIMIT_SCAN_FILES) {
		s->is_full = true;
		return false;
	}
	f.path = arena_strndup(&s->arena, path, strlen(path));
	f.text.shown = shown_of(s, path);
	for (size_t i = 0; i < s->file_n; i++)
		if (strcmp(s->files[i].text.shown, f.text.shown) == 0)
			return true;
	if (f.path && scan_grow(s, &s->files, s->file_n, &s->file_cap, sizeof *s->files))
		s->files[s->file_n++] = f;
	return true;
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk(struct scanning *s, const char *folder, int depth);

static bool look_at(struct scanning *s, const char *path, const char *name, int depth)
{
	struct stat st;
	if (++s->entries > LIMIT_SCAN_ENTRIES) {
		s->is_full = true;
		return false;
	}
	if (is_skipped(name) || lstat(path, &st) != 0)
		return true;
	if (S_ISDIR(st.st_mode))
		return walk(s, path, depth + 1);
	return !S_ISREG(st.st_mode) || add_file(s, path, false);
}

/* Links are not followed: they lead out, or round in circles. */
static bool walk(struct scanning *s, const char *folder, int depth)
{
	struct dirent **v = NULL;
	bool goes_on = true;
	if (depth > DEPTH_MAX) {
		report_note(&s->report, "folders deeper than %d levels were not looked at", DEPTH_MAX);
		return true;
	}
	int n = scandir(folder, &v, NULL, compare);
	if (n < 0)
		report_note(&s->report, "a folder cannot be read: %s: %s", report_name(&s->report, slice_str(folder)), strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];
		const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
		int length = snprintf(path, sizeof path, "%s%s%s", folder, slash, v[i]->d_name);
		goes_on = goes_on && (length >= (int)sizeof path || look_at(s, path, v[i]->d_name, depth));
		free(v[i]);
	}
	free(v);
	return goes_on;
}

int scan_find(struct scanning *s, const char *path)
{
	struct stat st;
	if (!*path || stat(path, &st) != 0)
		return cli_fail(CLI_WRONG, "cannot open '%.150s': %s", path, *path ? strerror(errno) : "it has no name");
	bool is_whole = S_ISDIR(st.st_mode) ? walk(s, path, 0) : add_file(s, path, true);
	if (!is_whole)
		return cli_fail(CLI_WRONG, "'%.150s' has more files than this program looks at: name the folders that matter", path);
	return CLI_OK;
}

void scan_file_guess(struct scan_file *f, const struct node *root)
{
	static const struct {
		const char *key;
		enum scan_file_kind kind;
		enum client client;
	} keys[] = {
		{ "mcpServers", SCAN_FILE_CLIENT, CLIENT_CLAUDE_CODE },
		{ "mcp_servers", SCAN_FILE_CLIENT, CLIENT_CODEX },
		{ "context_servers", SCAN_FILE_CLIENT, CLIENT_ZED },
		{ "default", SCAN_FILE_POLICY, CLIENT_NONE },
		{ "packages", SCAN_FILE_REGISTRY, CLIENT_NONE },
		{ "remotes", SCAN_FILE_REGISTRY, CLIENT_NONE },
		{ "tools", SCAN_FILE_TOOLS, CLIENT_NONE },
		{ "result", SCAN_FILE_TOOLS, CLIENT_NONE },
		{ "inputSchema", SCAN_FILE_TOOLS, CLIENT_NONE },
	};
	if (node_type(root) == NODE_LIST) {
		f->kind = SCAN_FILE_TOOLS;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys) && !f->kind; i++)
		if (node_gets(root, keys[i].key)) {
			f->kind = keys[i].kind;
			f->client = keys[i].client;
		}
	if (!f->kind && node_gets(root, "servers")) {
		f->kind = node_type(node_gets(root, "servers")) == NODE_LIST ? SCAN_FILE_TOOLS : SCAN_FILE_CLIENT;
		f->client = CLIENT_VSCODE;
	}
}
