/* gatehouse catalog add, catalog remove */
#include "base/check.h"
#include "base/limits.h"
#include "cli/catalog_file.h"
#include "cli/catalog_source.h"
#include "cli/commands.h"
#include "cli/table.h"
#include <errno.h>
#include <unistd.h>

struct adding {
	struct cli *c;
	struct index *x;
	struct catalog_import m;
	int64_t last_change; /* before */
};

static bool take_number(void *ctx, const struct index_change *change)
{
	*(int64_t *)ctx = change->number;
	return false;
}

static int open_index(struct adding *a)
{
	struct err e = { 0 };
	int code = catalog_open(a->c, INDEX_WRITE, &a->x);
	a->m.index = a->x;
	if (code == CLI_OK && !index_each_change(a->x, slice_of("", 0), 0, 1, take_number, &a->last_change, &e))
		code = cli_fail_err(&e);
	return code;
}

struct change_counts {
	int64_t after;
	size_t n[INDEX_REMOVED + 1];
};

static bool count_change(void *ctx, const struct index_change *change)
{
	struct change_counts *k = ctx;
	if (change->number <= k->after)
		return false;
	if (change->name.n && change->kind <= INDEX_REMOVED)
		k->n[change->kind]++;
	return true;
}

/* One server: what it has, and what is another since the last time. */
static int print_server(struct adding *a, struct slice id)
{
	struct index_server s;
	struct err e = { 0 };
	struct change_counts k = { .after = a->last_change };
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES), why = BUF_INIT(4096);
	if (!index_server(a->x, id, &a->c->arena, &s, &e) || !index_each_change(a->x, id, 0, SIZE_MAX, count_change, &k, &e))
		return cli_fail(CLI_FAILED, "'%.*s' was added and cannot be read again: %s", SLICE_ARG(id), e.text);
	if (a->c->is_json) {
		index_write_server(&b, &s);
		buf_addc(&b, '\n');
		buf_release(&why);
		return cli_print(&b);
	}
	index_grade(&s, &why);
	buf_addf(&b, "%s: %u %s", table_safe(&a->c->arena, s.id), s.tools, s.tools == 1 ? "tool" : "tools");
	if (k.n[INDEX_ADDED] || k.n[INDEX_CHANGED] || k.n[INDEX_REMOVED])
		buf_addf(&b, " (%zu new, %zu changed, %zu gone)", k.n[INDEX_ADDED], k.n[INDEX_CHANGED], k.n[INDEX_REMOVED]);
	buf_addf(&b, "\ngrade %s\n", buf_str(&why));
	buf_release(&why);
	return cli_print(&b);
}

static int print_totals(struct adding *a)
{
	const struct catalog_import *m = &a->m;
	struct buf b = BUF_INIT(4096);
	if (a->c->is_json)
		buf_addf(&b, "{\"servers\":%zu,\"tools\":%zu,\"refused\":%zu,\"entries\":%zu,\"older\":%zu,\"bad\":%zu}\n", m->servers, m->tools,
			 m->refused, m->entries, m->older, m->bad);
	else
		buf_addf(&b, "%zu servers with %zu tools (%zu refused), %zu registry entries (%zu older versions left out), %zu bad rows\n",
			 m->servers, m->tools, m->refused, m->entries, m->older, m->bad);
	int code = cli_print(&b);
	return code == CLI_OK && m->bad ? CLI_FAILED : code;
}

/* "lists/files.json": files */
static const char *stem_of(struct cli *c, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	const char *stem = arena_strndup(&c->arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	BUG_ON(!stem);
	return strcmp(base, "-") == 0 ? "stdin" : stem;
}

/* "https://mcp.example.com/x": mcp.example.com/x */
static const char *host_of(struct cli *c, const char *url)
{
	char address[LIMIT_INDEX_WORD + 1];
	size_t n = index_remote(slice_str(url), address, sizeof address);
	const char *from = n ? strstr(address, "://") + 3 : "";
	const char *copy = arena_strndup(&c->arena, from, strlen(from));
	BUG_ON(!copy);
	return copy;
}

/* The server is asked before the catalogue is touched. */
static int add_live(struct adding *a, const char *target, bool is_url)
{
	struct cli *c = a->c;
	const char *as = cli_value(c, "as");
	struct index_server s = { .id = slice_str(as ? as : is_url ? host_of(c, target) : target) };
	struct buf tools = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct ask_tools_opts how;
	struct err e = { 0 };
	int code = source_find(c, target, is_url ? target : NULL, &how);
	if (code == CLI_OK)
		code = source_ask(c, &how, &tools, &s);
	if (code == CLI_OK)
		code = open_index(a);
	if (code == CLI_OK) {
		if (cli_value(c, "package"))
			s.package = slice_str(cli_value(c, "package"));
		if (cli_value(c, "version"))
			s.version = slice_str(cli_value(c, "version"));
		const struct json *v = json_read(buf_slice(&tools), &c->arena, &e);
		if (!v || !index_begin(a->x, &e) || !index_end(a->x, catalog_import_list(&a->m, &s, v, &e), &e))
			code = cli_fail(CLI_FAILED, "the tools of '%s' cannot be kept: %s", target, e.text);
	}
	buf_release(&tools);
	if (code != CLI_OK || a->m.bad)
		return code != CLI_OK ? code : CLI_FAILED;
	return print_server(a, s.id);
}

static int add_file(struct adding *a, const char *path)
{
	struct err e = { 0 };
	int code = open_index(a);
	if (code != CLI_OK)
		return code;
	if (!index_begin(a->x, &e) || !index_end(a->x, catalog_import_file(&a->m, path, &e), &e))
		return cli_fail_err(&e);
	bool is_one = a->m.servers == 1 && !a->m.entries && !a->m.bad && !cli_has(a->c, "jsonl");
	struct index_server s;
	if (is_one && index_server(a->x, slice_str(a->m.as), &a->c->arena, &s, &e))
		return print_server(a, s.id);
	return print_totals(a);
}

static int add_registry(struct adding *a, const char *address)
{
	struct err e = { 0 };
	int code = open_index(a);
	if (code != CLI_OK)
		return code;
	if (!index_begin(a->x, &e))
		return cli_fail_err(&e);
	/* What was read until a page failed is kept. */
	code = source_registry(address, &a->m);
	if (!index_end(a->x, true, &e))
		return cli_fail_err(&e);
	int printed = print_totals(a);
	return code != CLI_OK ? code : printed;
}

static int add(struct adding *a, const char *target)
{
	struct cli *c = a->c;
	bool is_url = !c->argv && (!strncmp(target, "http://", 7) || !strncmp(target, "https://", 8));
	if (c->argv && !c->argv[0])
		return cli_fail(CLI_WRONG, "behind '--' stands no command");
	if (cli_value(c, "package") && strncmp(cli_value(c, "package"), "pkg:", 4) != 0)
		return cli_fail(CLI_WRONG, "'--package %.80s' is not of the form pkg:npm/NAME", cli_value(c, "package"));
	char address[LIMIT_INDEX_WORD + 1];
	if (is_url && !index_remote(slice_str(target), address, sizeof address))
		return cli_fail(CLI_WRONG, "'%.80s' is no address", target);
	if (is_url && (cli_has(c, "registry") || source_is_registry(target))) {
		a->m.where = address;
		return add_registry(a, target);
	}
	if (cli_has(c, "registry"))
		return cli_fail(CLI_WRONG, "--registry takes an address, and a file says itself what it is");
	if (is_url || c->argv || (strcmp(target, "-") != 0 && access(target, F_OK) != 0 && !strpbrk(target, "/.")))
		return add_live(a, target, is_url);
	if (strcmp(target, "-") != 0 && access(target, R_OK) != 0)
		return cli_fail(CLI_WRONG, "cannot open '%s': %s", target, strerror(errno));
	a->m.where = target;
	a->m.as = cli_value(c, "as") ? cli_value(c, "as") : stem_of(c, target);
	a->m.is_lines = cli_has(c, "jsonl");
	a->m.package = slice_str(cli_value(c, "package"));
	a->m.version = slice_str(cli_value(c, "version"));
	return add_file(a, target);
}

static int run_add(struct cli *c)
{
	struct adding a = { .c = c, .m = { .as = c->args[0], .where = c->args[0], .arena = &c->arena } };
	int code = add(&a, c->args[0]);
	index_close(&a.x);
	return code;
}

static int run_remove(struct cli *c)
{
	struct index *x;
	struct index_server s;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	int code = catalog_open(c, INDEX_WRITE, &x);
	if (code != CLI_OK)
		return code;
	code = catalog_find_server(c, x, c->args[0], &s);
	if (code == CLI_OK && !index_remove_server(x, s.id, &e))
		code = cli_fail_err(&e);
	index_close(&x);
	if (code != CLI_OK)
		return code;
	if (c->is_json) {
		buf_adds(&b, "{\"id\":");
		buf_add_json_string(&b, s.id);
		buf_addf(&b, ",\"done\":\"removed\",\"tools\":%u}\n", s.tools);
	} else {
		buf_addf(&b, "%s is removed, with its %u tools and their history\n", table_safe(&c->arena, s.id), s.tools);
	}
	return cli_print(&b);
}

static const struct cli_option add_options[] = {
	CATALOG_OPTION_DB,
	{ "as", "ID", "keep the list under this id, that of a registry entry for one; default: the name, the file's or the host", false },
	{ "package", "pkg:TYPE/NAME", "the package that was asked, where the command does not say it", false },
	{ "version", "VERSION", "the version that was asked, where the server does not say it", false },
	{ "jsonl", NULL, "the file has one document a line, whatever its first line looks like", false },
	{ "registry", NULL, "the address is a registry's, whatever its path looks like", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_add = {
	.name = "catalog add",
	.usage = "SERVER|FILE|ADDRESS [-- COMMAND…]",
	.summary = "read a server's tools, a file or a registry into the catalogue",
	.details =
		"SERVER is a server of this gate, asked now by tools/list with all pages; with a command behind '--' it is the id "
		"under which that program's tools are kept. ADDRESS is a server that speaks HTTP, or a registry (a path with "
		"/v0.1/servers, or --registry), whose pages are all read: the latest version of each entry, unless the address asks "
		"otherwise.\n\n"
		"FILE ('-': standard input) is one document or one a line: what tools/list answered or an array of tools (of the "
		"server --as), {\"server\", \"tools\"} with title, version and package where known, a tool with its \"server\", a "
		"server.json of the registry, or a page of its API. Entries of a registry have no tools: they say who a server is, and "
		"a list with the same package or remote is linked to them.\n\n"
		"What a server listed before is compared: what is new, changed and gone becomes history ('catalog changes'). A tool "
		"belongs to a server only because that server listed it. Bad rows get one line each and stop nothing; then the exit "
		"code is 1. Exit code 2: the input cannot be opened.",
	.example = "gatehouse catalog add files\n"
		   "gatehouse catalog add everything -- npx -y @modelcontextprotocol/server-everything\n"
		   "gatehouse catalog add https://registry.example.com/v0.1/servers\n"
		   "gatehouse catalog add servers.jsonl --db catalog.db\n",
	.options = add_options,
	.args_min = 1,
	.args_max = 1,
	.takes_command = true,
	.run = run_add,
};

static const struct cli_option remove_options[] = {
	CATALOG_OPTION_DB,
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_remove = {
	.name = "catalog remove",
	.usage = "SERVER",
	.summary = "forget a server, its tools and their history",
	.example = "gatehouse catalog remove io.github.owner/name\n",
	.options = remove_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_remove,
};
