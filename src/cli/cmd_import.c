/* gatehouse import */
#include "base/digest.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/import.h"
#include "cli/table.h"
#include <sys/stat.h>
#include <unistd.h>

/* A look changes nothing, so it makes no data folder either. */
static int open_place(struct import *m, bool may_create)
{
	struct stat st;
	int code = place_find(m->c, &m->place);
	if (code != CLI_OK)
		return code;
	bool is_there = stat(m->place.config->data_dir, &st) == 0;
	if (is_there || may_create) {
		place_close(&m->place);
		code = place_open(m->c, &m->place, may_create);
		if (code != CLI_OK)
			return code;
	}
	m->base = admin_base_url(m->c, m->place.config->data_dir, m->place.config->listen);
	return m->base ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

/* Without a terminal nobody can say yes. */
static bool is_agreed(const struct import *m)
{
	char answer[16] = "";
	if (cli_has(m->c, "yes"))
		return true;
	if (cli_has(m->c, "dry-run") || m->c->is_json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "write this? [y/N] ");
	fflush(stderr);
	if (!fgets(answer, sizeof answer, stdin))
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* Does this grant's client use it? */
static bool is_of(const struct import *m, const struct import_grant *g, const struct import_server *s)
{
	for (size_t i = 0; i < m->file_n; i++)
		for (size_t j = 0; j < m->files[i].n; j++)
			if (m->files[i].to && m->files[i].to[j] == s && (g->client == CLIENT_NONE || g->client == m->files[i].file.client))
				return true;
	return false;
}

static void tell_grant(const struct import *m, const struct import_grant *g, struct buf *b)
{
	size_t bare = 0;
	buf_addf(b, "grant '%s' %s\n", g->label, g->is_there ? "reaches these servers, too" : "is made; its token stands in the client's file");
	for (size_t i = 0; i < m->server_n; i++) {
		const struct import_server *s = m->servers[i];
		if (!is_of(m, g, s))
			continue;
		bare += !s->policy;
		buf_addf(b, "  %s: ", s->name);
		if (!s->policy)
			buf_adds(b, "no policy, so every call is refused\n");
		else if (s->what)
			buf_addf(b, "policy '%s' (%s)\n", s->policy, s->what);
		else
			buf_addf(b, "policy '%s'\n", s->policy);
	}
	if (bare)
		buf_addf(b, "  give one: gatehouse grant bind %s SERVER=POLICY\n", g->label);
}

static void tell_done(struct import *m, const char *id, struct buf *b)
{
	for (size_t i = 0; i < m->file_n; i++)
		if (m->files[i].moves)
			buf_addf(b, "%s goes through the gate; as it was: '%s', with its secrets in clear\n", client_title(m->files[i].file.client),
				 table_safe(&m->c->arena, slice_str(m->files[i].backup)));
	for (size_t i = 0; i < m->grant_n; i++)
		tell_grant(m, &m->grants[i], b);
	buf_addf(b, "restart the clients; take all back with 'gatehouse import --undo %s', remove the backups with 'gatehouse import --discard-backups %s'\n", id, id);
}

/* The gate's port is in every entry. */
static int check_base(const struct import *m)
{
	size_t n = strlen(m->base);
	if (n > 2 && strcmp(m->base + n - 2, ":0") == 0)
		return cli_fail(CLI_WRONG, "the gate listens on a port of the system's choice: start it first, or set 'listen' to a fixed one");
	return CLI_OK;
}

static int write_all(struct import *m, struct buf *out)
{
	const char *id = NULL;
	int code = check_base(m);
	if (code == CLI_OK && !m->place.store) {
		place_close(&m->place);
		code = open_place(m, true);
	}
	if (code == CLI_OK)
		code = import_apply(m, &id);
	if (code == CLI_OK && m->c->is_json)
		import_show_json(m, out, id);
	else if (code == CLI_OK)
		tell_done(m, id, out);
	return code;
}

/* What is found goes out before the question. */
static int look_and_write(struct import *m)
{
	struct buf found = BUF_INIT(256u << 20), done = BUF_INIT(64u << 20);
	size_t moves = import_moves(m);
	bool is_silent = m->c->is_json && cli_has(m->c, "yes") && moves; /* one document, when it is done */
	if (m->c->is_json && !is_silent)
		import_show_json(m, &found, NULL);
	else if (!m->c->is_json)
		import_show(m, &found);
	int code = cli_print(&found);
	if (code != CLI_OK || !moves)
		return code;
	if (!is_agreed(m)) {
		if (!m->c->is_json)
			cli_note("nothing was written; with --yes %zu entries go through the gate", moves);
		return CLI_OK;
	}
	code = write_all(m, &done);
	int printed = cli_print(&done);
	return code == CLI_OK ? printed : code;
}

static int run_import(struct import *m)
{
	int code = open_place(m, cli_has(m->c, "yes") && !cli_has(m->c, "dry-run"));
	if (code == CLI_OK)
		code = import_find(m);
	if (code == CLI_OK)
		code = import_plan(m);
	if (code == CLI_OK)
		code = look_and_write(m);
	for (size_t i = 0; i < m->grant_n; i++)
		digest_wipe(m->grants[i].token, sizeof m->grants[i].token);
	place_close(&m->place);
	return code == CLI_OK && import_troubles(m) ? CLI_FAILED : code;
}

static int run(struct cli *c)
{
	struct import *m = arena_zalloc(&c->arena, sizeof *m);
	if (cli_has(c, "undo") && cli_has(c, "discard-backups"))
		return cli_fail(CLI_WRONG, "name either --undo or --discard-backups");
	if (!cli_has(c, "undo") && (cli_has(c, "force") || cli_has(c, "merge")))
		return cli_fail(CLI_WRONG, "--force and --merge belong to --undo");
	if (cli_has(c, "force") && cli_has(c, "merge"))
		return cli_fail(CLI_WRONG, "name either --force or --merge");
	if (cli_has(c, "undo") || cli_has(c, "discard-backups"))
		return import_undo(c);
	if (c->arg_n)
		return cli_fail(CLI_WRONG, "'%.60s': an id belongs to --undo or --discard-backups; a file is named with --file", c->args[0]);
	if (cli_has(c, "dry-run") && cli_has(c, "yes"))
		return cli_fail(CLI_WRONG, "name either --dry-run or --yes");
	if (!m)
		return cli_fail(CLI_FAILED, "out of memory");
	m->c = c;
	return run_import(m);
}

static const struct cli_option options[] = {
	{ "dry-run", NULL, "only look: what is there, and what would be written", false },
	{ "yes", NULL, "write it without asking", false },
	{ "client", "NAME", "only this one: claude-desktop, claude-code, cursor, vscode, windsurf, codex, gemini, zed or continue", false },
	{ "file", "FILE", "only this file, of the client that --client names", false },
	{ "home", "DIR", "look in this folder in place of the home folder", false },
	{ "project", "DIR", "look at this project's own files, too", false },
	{ "grant", "LABEL", "one grant for all clients in place of one each; if it is there already, its token is in GATEHOUSE_TOKEN", false },
	{ "policy", "WHAT", "'recommended': ask each server for its tools and make its policy of them; else the name of a policy, or a file", false },
	{ "undo", NULL, "take the last import back, or the one whose ID is given", false },
	{ "force", NULL, "with --undo: also restore files that were changed since", false },
	{ "merge", NULL, "with --undo: in files that were changed since, put the entries back and keep what was changed (JSON)", false },
	{ "discard-backups", NULL, "remove the backups of the last import, or of ID: it can no longer be undone", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_import = {
	.name = "import",
	.usage = "[ID]",
	.summary = "find the servers that the clients on this machine use, and put them behind the gate",
	.details =
		"Looks into the configuration files of Claude Desktop, Claude Code, Cursor, VS Code, Windsurf, Codex, Gemini CLI, Zed and "
		"Continue, and shows each server, the secrets that stand there in clear (by name, never by value), and what would be "
		"written. After a yes, servers and the secrets of their variables and headers go into the sealed store, each client gets a "
		"grant, and its entries point at the gate; all else in the files stays as it is, byte for byte. Beside each file stays a "
		"backup. Without --policy every call is refused until there is one.\n\n"
		"Exit code 1: a file could not be read or written, which is told; the others were done. 2: nothing was done.",
	.example = "gatehouse import --dry-run\n"
		   "gatehouse import --policy recommended\n"
		   "gatehouse import --file ~/.cursor/mcp.json --client cursor --yes\n"
		   "gatehouse import --undo\n",
	.options = options,
	.args_max = 1,
	.run = run,
};
