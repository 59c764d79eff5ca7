/* Where the files of each client stand. The one source of this folder that looks at the file system. */
#include "base/compiler.h"
#include "base/limits.h"
#include "clients/clients.h"
#include <glob.h>
#include <sys/stat.h>

enum root { ROOT_HOME = 0, ROOT_CONFIG, ROOT_APPDATA, ROOT_MAC, ROOT_CODEX, ROOT_CLAUDE, ROOT_PROJECT };

/* A star stands for any name. The same folders on Linux, macOS and Windows (there seen from WSL or a mount). */
static const struct pattern {
	enum client client;
	enum root root;
	const char *path;
} patterns[] = {
	{ CLIENT_CLAUDE_DESKTOP, ROOT_CONFIG, "Claude/claude_desktop_config.json" },
	{ CLIENT_CLAUDE_DESKTOP, ROOT_MAC, "Claude/claude_desktop_config.json" },
	{ CLIENT_CLAUDE_DESKTOP, ROOT_APPDATA, "Claude/claude_desktop_config.json" },
	{ CLIENT_CLAUDE_DESKTOP, ROOT_HOME, "AppData/Local/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json" },
	{ CLIENT_CLAUDE_CODE, ROOT_CLAUDE, ".claude.json" },
	{ CLIENT_CLAUDE_CODE, ROOT_PROJECT, ".mcp.json" },
	{ CLIENT_CURSOR, ROOT_HOME, ".cursor/mcp.json" },
	{ CLIENT_CURSOR, ROOT_PROJECT, ".cursor/mcp.json" },
	{ CLIENT_VSCODE, ROOT_CONFIG, "Code*/User/mcp.json" },
	{ CLIENT_VSCODE, ROOT_CONFIG, "Code*/User/profiles/*/mcp.json" },
	{ CLIENT_VSCODE, ROOT_CONFIG, "Code*/User/settings.json" },
	{ CLIENT_VSCODE, ROOT_CONFIG, "VSCodium/User/mcp.json" },
	{ CLIENT_VSCODE, ROOT_MAC, "Code*/User/mcp.json" },
	{ CLIENT_VSCODE, ROOT_MAC, "Code*/User/profiles/*/mcp.json" },
	{ CLIENT_VSCODE, ROOT_MAC, "Code*/User/settings.json" },
	{ CLIENT_VSCODE, ROOT_APPDATA, "Code*/User/mcp.json" },
	{ CLIENT_VSCODE, ROOT_APPDATA, "Code*/User/profiles/*/mcp.json" },
	{ CLIENT_VSCODE, ROOT_APPDATA, "Code*/User/settings.json" },
	{ CLIENT_VSCODE, ROOT_HOME, ".vscode-server/data/User/mcp.json" },
	{ CLIENT_VSCODE, ROOT_PROJECT, ".vscode/mcp.json" },
	{ CLIENT_VSCODE, ROOT_PROJECT, ".vscode/settings.json" },
	{ CLIENT_WINDSURF, ROOT_HOME, ".codeium/windsurf*/mcp_config.json" },
	{ CLIENT_WINDSURF, ROOT_HOME, ".codeium/mcp_config.json" },
	{ CLIENT_CODEX, ROOT_CODEX, "config.toml" },
	{ CLIENT_CODEX, ROOT_PROJECT, ".codex/config.toml" },
	{ CLIENT_GEMINI, ROOT_HOME, ".gemini/settings.json" },
	{ CLIENT_GEMINI, ROOT_PROJECT, ".gemini/settings.json" },
	{ CLIENT_ZED, ROOT_CONFIG, "zed/settings.json" },
	{ CLIENT_ZED, ROOT_HOME, ".config/zed/settings.json" },
	{ CLIENT_ZED, ROOT_HOME, ".var/app/dev.zed.Zed/config/zed/settings.json" },
	{ CLIENT_ZED, ROOT_APPDATA, "Zed/settings.json" },
	{ CLIENT_ZED, ROOT_PROJECT, ".zed/settings.json" },
	{ CLIENT_CONTINUE, ROOT_HOME, ".continue/config.yaml" },
	{ CLIENT_CONTINUE, ROOT_HOME, ".continue/config.json" },
	{ CLIENT_CONTINUE, ROOT_HOME, ".continue/mcpServers/*.yaml" },
	{ CLIENT_CONTINUE, ROOT_HOME, ".continue/mcpServers/*.yml" },
	{ CLIENT_CONTINUE, ROOT_HOME, ".continue/mcpServers/*.json" },
	{ CLIENT_CONTINUE, ROOT_PROJECT, ".continue/mcpServers/*.yaml" },
	{ CLIENT_CONTINUE, ROOT_PROJECT, ".continue/mcpServers/*.yml" },
	{ CLIENT_CONTINUE, ROOT_PROJECT, ".continue/mcpServers/*.json" },
};

struct search {
	const struct client_roots *roots;
	struct arena *arena;
	struct client_file *v;
	size_t n, cap;
	struct err *e;
};

static const char *root_of(const struct search *s, enum root r)
{
	const struct client_roots *k = s->roots;
	const char *under = NULL, *found = NULL;
	switch (r) {
	case ROOT_HOME:
		return k->home;
	case ROOT_PROJECT:
		return k->project;
	case ROOT_CONFIG:
		found = k->config;
		under = ".config";
		break;
	case ROOT_APPDATA:
		found = k->appdata;
		under = "AppData/Roaming";
		break;
	case ROOT_MAC:
		under = "Library/Application Support";
		break;
	case ROOT_CODEX:
		found = k->codex;
		under = ".codex";
		break;
	case ROOT_CLAUDE:
		if (!k->claude)
			return k->home;
		found = k->claude;
		break;
	}
	return found || !k->home ? found : arena_printf(s->arena, "%s/%s", k->home, under);
}

/* The same file under another name is not looked at twice. What cannot be looked at (a link to itself) is kept,
 * so that reading it tells why. */
static bool is_known(const struct search *s, const char *path)
{
	struct stat st, other;
	bool is_there = stat(path, &st) == 0;
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].path, path) == 0 ||
		    (is_there && stat(s->v[i].path, &other) == 0 && other.st_dev == st.st_dev && other.st_ino == st.st_ino))
			return true;
	return false;
}

static bool add_file(struct search *s, const struct pattern *p, const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0 || S_ISDIR(st.st_mode) || is_known(s, path))
		return true;
	if (s->n == LIMIT_CLIENT_FILES)
		return err_set(s->e, ERR_LIMIT, "more than %d files of clients: name one with --file", LIMIT_CLIENT_FILES);
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		struct client_file *v = arena_realloc(s->arena, s->v, s->cap * sizeof *v, cap * sizeof *v);
		if (!v)
			return err_set(s->e, ERR_LIMIT, "out of memory");
		s->v = v;
		s->cap = cap;
	}
	struct client_file *f = &s->v[s->n];
	*f = (struct client_file){ .client = p->client, .path = arena_strndup(s->arena, path, strlen(path)) };
	if (p->root == ROOT_PROJECT)
		f->project = s->roots->project;
	s->n++;
	return f->path || err_set(s->e, ERR_LIMIT, "out of memory");
}

/* The folder's own name may hold what glob() takes for a pattern. */
static char *escape(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 2 + 1);
	size_t n = 0;
	for (; out && *text; text++) {
		if (strchr("*?[]\\", *text))
			out[n++] = '\\';
		out[n++] = *text;
	}
	if (out)
		out[n] = '\0';
	return out;
}

static bool find_all(struct search *s, const struct pattern *p, const char *root)
{
	glob_t found = { 0 };
	char *safe = escape(s->arena, root);
	char *pattern = safe ? arena_printf(s->arena, "%s/%s", safe, p->path) : NULL;
	bool is_good = pattern || err_set(s->e, ERR_LIMIT, "out of memory");
	if (is_good && glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && is_good; i++)
			is_good = add_file(s, p, found.gl_pathv[i]);
	globfree(&found);
	return is_good;
}

bool clients_files(const struct client_roots *r, struct arena *a, struct client_file **v, size_t *n, struct err *e)
{
	struct search s = { .roots = r, .arena = a, .e = e };
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		const struct pattern *p = &patterns[i];
		const char *root = root_of(&s, p->root);
		if (!root)
			continue;
		if (strchr(p->path, '*')) {
			if (!find_all(&s, p, root))
				return false;
			continue;
		}
		char *path = arena_printf(a, "%s/%s", root, p->path);
		if (!path)
			return err_set(e, ERR_LIMIT, "out of memory");
		if (!add_file(&s, p, path))
			return false;
	}
	*v = s.v;
	*n = s.n;
	return true;
}
