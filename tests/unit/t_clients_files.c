/*
 * Configurations as clients write them: tests/cases/clients/<client>/<case>/ has the file (in.json, in.toml,
 * in.yaml), what is found in it (found.json) and how it looks when it points at the gate (out.*); without
 * out.* it is refused, and error.txt says how. Cases whose name begins with "project" stand in a project.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "clients/clients.h"
#include "json/json.h"
#include "tap.h"
#include <dirent.h>
#include <glob.h>
#include <stdlib.h>

#define TOKEN "gh_0123456789"

static const char *variable(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "GITHUB_TOKEN") == 0 ? "of the environment" : strcmp(name, "TICKETS") == 0 ? "tickets-9" : NULL;
}

static void add_field(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, ",\n  \"%s\": ", key);
	buf_add_json_string(b, slice_str(value));
}

static void add_pairs(struct buf *b, const char *key, const struct client_pair *v, size_t n)
{
	if (n)
		buf_addf(b, ",\n  \"%s\": {", key);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ", " : "");
		buf_add_json_string(b, slice_str(v[i].name));
		buf_adds(b, ": ");
		buf_add_json_string(b, slice_str(v[i].value));
	}
	if (n)
		buf_addc(b, '}');
}

static void add_server(struct buf *b, const struct client_server *s)
{
	static const char *const transports[] = { "none", "stdio", "http", "sse" }, *const wheres[] = { "env", "header", "argument", "url" },
				 *const stays[] = { "moves", "behind", "disabled", "unknown" };
	buf_adds(b, "{\n  \"name\": ");
	buf_add_json_string(b, slice_str(s->name));
	add_field(b, "transport", transports[s->transport]);
	add_field(b, "stay", stays[s->stay]);
	if (s->folder)
		add_field(b, "folder", s->folder);
	if (s->why)
		add_field(b, "why", s->why);
	for (size_t i = 0; i < s->arg_n; i++) {
		buf_adds(b, i ? ", " : ",\n  \"argv\": [");
		buf_add_json_string(b, slice_str(s->argv[i]));
	}
	if (s->arg_n)
		buf_addc(b, ']');
	if (s->url)
		add_field(b, "url", s->url);
	if (s->cwd)
		add_field(b, "cwd", s->cwd);
	add_pairs(b, "env", s->env, s->env_n);
	add_pairs(b, "headers", s->headers, s->header_n);
	for (size_t i = 0; i < s->secret_n; i++)
		buf_addf(b, "%s[\"%s\", \"%s\", \"%s\"]", i ? ", " : ",\n  \"secrets\": [", wheres[s->secrets[i].where], s->secrets[i].name, s->secrets[i].kind);
	buf_adds(b, s->secret_n ? "]\n}" : "\n}");
}

struct found {
	struct arena arena;
	struct buf text, seen, out;
	struct client_file file;
	struct err e;
	bool is_read;
};

static bool look(struct found *f, bool is_second)
{
	struct client_facts facts = { .variable = variable, .home = "/home/me", .gate = "http://127.0.0.1:8811" };
	struct slice text = is_second ? buf_slice(&f->out) : buf_slice(&f->text);
	const struct node *root = node_read(client_language(f->file.path), text, &f->arena, &f->e);
	size_t n = 0, changes = 0, edits = 0;
	struct client_server *v = root ? clients_servers(&f->file, text, root, &facts, &f->arena, &n, &f->e) : NULL;
	struct client_change *change = v ? arena_zalloc(&f->arena, (n + 1) * sizeof *change) : NULL;
	struct edit *edit = NULL;
	if (!change)
		return false;
	buf_clear(&f->seen);
	buf_addc(&f->seen, '[');
	for (size_t i = 0; i < n; i++) {
		buf_adds(&f->seen, i ? ", " : "");
		add_server(&f->seen, &v[i]);
		if (v[i].stay != CLIENT_MOVES)
			continue;
		change[changes].server = &v[i];
		change[changes].url = arena_printf(&f->arena, "http://127.0.0.1:8811/mcp/%s", v[i].name);
		change[changes++].token = TOKEN;
	}
	buf_adds(&f->seen, "]\n");
	if (is_second)
		return changes == 0;
	if (!clients_edits(&f->file, text, change, changes, &f->arena, &edit, &edits, &f->e))
		return false;
	edits_apply(&f->out, text, edit, edits);
	return true;
}

static void compare(const char *path, struct slice got)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	struct err e = { 0 };
	if (getenv("GH_UPDATE")) {
		remove(path);
		ok(file_create(path, 0644, got, &e), "%s is written anew", path);
		return;
	}
	bool is_good = file_read(path, &b, &e);
	ok(is_good && slice_eq(buf_slice(&b), got), "%s is as expected%s", path, is_good ? "" : ": it is missing");
	if (is_good && !slice_eq(buf_slice(&b), got))
		printf("# got:\n# %.*s\n", SLICE_ARG(got));
	buf_release(&b);
}

static void run_case(const char *path)
{
	char client[64], dir[1024], other[1200];
	const char *name = strrchr(path, '/'), *ext = strrchr(path, '.');
	snprintf(dir, sizeof dir, "%.*s", (int)(name - path), path);
	const char *label = strrchr(dir, '/') + 1;
	const char *before = label - 1;
	while (before[-1] != '/')
		before--;
	snprintf(client, sizeof client, "%.*s", (int)(label - 1 - before), before);
	struct found f = { .text = BUF_INIT(LIMIT_CLIENT_FILE_BYTES), .seen = BUF_INIT(1u << 20), .out = BUF_INIT(LIMIT_CLIENT_FILE_BYTES) };
	arena_init(&f.arena, LIMIT_REQUEST_ARENA);
	f.file = (struct client_file){ client_find(slice_str(client)), path, strncmp(label, "project", 7) == 0 ? "/home/me/app" : NULL };
	ok(f.file.client != CLIENT_NONE && file_read(path, &f.text, &f.e), "%s is read", path);
	if (look(&f, false)) {
		snprintf(other, sizeof other, "%s/found.json", dir);
		compare(other, buf_slice(&f.seen));
		snprintf(other, sizeof other, "%s/out%s", dir, ext);
		compare(other, buf_slice(&f.out));
		ok(look(&f, true), "%s: behind the gate, nothing is left to move", dir);
	} else {
		snprintf(other, sizeof other, "%s/error.txt", dir);
		size_t n = strlen(f.e.text);
		f.e.text[n] = '\n';
		compare(other, slice_of(f.e.text, n + 1));
	}
	buf_release(&f.text);
	buf_release(&f.seen);
	buf_release(&f.out);
	arena_release(&f.arena);
}

int main(void)
{
	char pattern[1024];
	glob_t found = { 0 };
	snprintf(pattern, sizeof pattern, "%s/clients/*/*/in.*", getenv("GH_CASES"));
	ok(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 15, "there are cases of every client");
	for (size_t i = 0; i < found.gl_pathc; i++)
		run_case(found.gl_pathv[i]);
	globfree(&found);
	return tap_done();
}
