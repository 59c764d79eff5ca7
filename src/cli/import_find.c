/* Which files of clients are there, and what stands in them. */
#include "base/limits.h"
#include "cli/import.h"
#include "clients/read.h"
#include <stdlib.h>

static const char *variable_of(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static const char *unless_empty(const char *text)
{
	return text && *text ? text : NULL;
}

/* The person's own folders; with --home only what stands below it. */
static struct client_roots roots_of(const struct import *m)
{
	struct client_roots r = { .home = m->home, .project = m->project };
	if (cli_value(m->c, "home"))
		return r;
	r.config = unless_empty(getenv("XDG_CONFIG_HOME"));
	r.appdata = unless_empty(getenv("APPDATA"));
	r.codex = unless_empty(getenv("CODEX_HOME"));
	r.claude = unless_empty(getenv("CLAUDE_CONFIG_DIR"));
	return r;
}

static const char *folder_of(struct cli *c, const char *option, const char *fallback)
{
	const char *given = cli_value(c, option);
	char *real = realpath(given ? given : fallback ? fallback : "", NULL);
	char *copy = real ? arena_strndup(&c->arena, real, strlen(real)) : NULL;
	free(real);
	return copy;
}

static void read_file(struct import *m, struct import_file *f)
{
	struct client_facts facts = { .variable = variable_of, .home = m->home, .gate = m->base };
	struct client_text t;
	bool is_good = clients_read(&f->file, &facts, &m->c->arena, &t);
	f->target = t.target;
	f->text = t.text;
	f->mode = t.mode;
	f->servers = t.servers;
	f->n = t.n;
	f->trouble = t.trouble;
	if (!is_good)
		return;
	f->to = arena_zalloc(&m->c->arena, (f->n + 1) * sizeof *f->to);
	if (!f->to)
		f->trouble = "out of memory";
}

/* --client alone picks its files; with --file it says whose that is. */
static int list_files(struct import *m, struct client_file **v, size_t *n)
{
	const char *file = cli_value(m->c, "file"), *word = cli_value(m->c, "client");
	struct client_roots roots = roots_of(m);
	struct err e = { 0 };
	enum client client = word ? client_find(slice_str(word)) : CLIENT_NONE;
	if (word && client == CLIENT_NONE)
		return cli_fail(CLI_WRONG, "'--client %.40s' is none of claude-desktop, claude-code, cursor, vscode, windsurf, codex, gemini, zed, continue", word);
	if (file && !word)
		return cli_fail(CLI_WRONG, "say whose '%.120s' is: --client NAME", file);
	if (file) {
		*v = arena_zalloc(&m->c->arena, sizeof **v);
		*n = 1;
		if (!*v)
			return cli_fail(CLI_FAILED, "out of memory");
		**v = (struct client_file){ client, file, m->project };
		return CLI_OK;
	}
	if (!clients_files(&roots, &m->c->arena, v, n, &e))
		return cli_fail_err(&e);
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++)
		if (!word || (*v)[i].client == client)
			(*v)[kept++] = (*v)[i];
	*n = kept;
	return CLI_OK;
}

int import_find(struct import *m)
{
	struct client_file *v = NULL;
	size_t n = 0;
	m->home = folder_of(m->c, "home", getenv("HOME"));
	m->project = cli_has(m->c, "project") ? folder_of(m->c, "project", NULL) : NULL;
	if (!m->home && !cli_has(m->c, "file"))
		return cli_fail(CLI_WRONG, "there is no folder '%.120s' to look in: name one with --home", cli_value(m->c, "home") ? cli_value(m->c, "home") : "$HOME");
	if (cli_has(m->c, "project") && !m->project)
		return cli_fail(CLI_WRONG, "there is no folder '%.120s'", cli_value(m->c, "project"));
	int code = list_files(m, &v, &n);
	if (code != CLI_OK)
		return code;
	m->files = arena_zalloc(&m->c->arena, (n + 1) * sizeof *m->files);
	if (!m->files)
		return cli_fail(CLI_FAILED, "out of memory");
	for (size_t i = 0; i < n; i++) {
		m->files[i].file = v[i];
		read_file(m, &m->files[i]);
	}
	m->file_n = n;
	return CLI_OK;
}

size_t import_troubles(const struct import *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->file_n; i++)
		n += m->files[i].trouble != NULL;
	return n;
}
