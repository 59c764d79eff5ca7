/* gatehouse catalog show */
#include "base/check.h"
#include "base/limits.h"
#include "catalog/show.h"
#include "cli/catalog_file.h"
#include "cli/catalog_page.h"
#include "cli/commands.h"
#include "cli/table.h"
#include <stdlib.h>

struct showing {
	struct cli *c;
	struct index *x;
	struct index_server s;
	struct buf out;
	struct arena arena; /* of its tools */
	const struct index_tool **tools;
	const struct profile **profiles;
	size_t n;
	struct err e;
};

static struct slice copy_in(struct showing *h, struct slice s)
{
	char *p = arena_strndup(&h->arena, s.n ? s.p : "", s.n);
	BUG_ON(!p);
	return slice_of(p, s.n);
}

static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct showing *h = ctx;
	struct index_tool *tool = arena_alloc(&h->arena, sizeof *tool);
	struct profile *p = arena_zalloc(&h->arena, sizeof *p);
	if (!tool || !p || h->n == LIMIT_TOOLS_PER_SERVER)
		return false;
	*tool = *t;
	tool->server = copy_in(h, t->server);
	tool->name = copy_in(h, t->name);
	tool->refused = copy_in(h, t->refused);
	tool->definition = copy_in(h, t->definition);
	if (!index_profile(tool, &h->arena, p, &h->e))
		return false;
	h->tools[h->n] = tool;
	h->profiles[h->n++] = p;
	return true;
}

static int compare_tools(const void *a, const void *b)
{
	const struct index_tool *const *x = a, *const *y = b;
	return (*x)->severity != (*y)->severity ? ((*x)->severity > (*y)->severity ? -1 : 1) : 0;
}

/* A stable order: they come by name. */
static void sort_tools(struct showing *h)
{
	for (size_t i = 1; i < h->n; i++) {
		const struct index_tool *one = h->tools[i];
		size_t at = i;
		for (; at > 0 && compare_tools(&h->tools[at - 1], &one) > 0; at--)
			h->tools[at] = h->tools[at - 1];
		h->tools[at] = one;
	}
}

static void write_server_json(struct showing *h, struct slice policy)
{
	index_write_server(&h->out, &h->s);
	h->out.n--; /* its brace */
	buf_adds(&h->out, ",\"tool_list\":[");
	for (size_t i = 0; i < h->n; i++) {
		buf_addf(&h->out, "%s{\"name\":", i ? "," : "");
		show_json(&h->out, h->tools[i]->name, 0);
		buf_addf(&h->out, ",\"category\":\"%s\",\"severity\":\"%s\",\"tokens\":%u}", category_word(h->tools[i]->category),
			 severity_word(h->tools[i]->severity), h->tools[i]->tokens);
	}
	buf_addf(&h->out, "],\"policy\":%.*s}\n", SLICE_ARG(policy));
}

static int show_server(struct showing *h)
{
	struct buf policy = BUF_INIT(LIMIT_ADMIN_BYTES);
	h->tools = calloc(LIMIT_TOOLS_PER_SERVER, sizeof *h->tools);
	h->profiles = calloc(LIMIT_TOOLS_PER_SERVER, sizeof *h->profiles);
	BUG_ON(!h->tools || !h->profiles);
	int code = index_each_tool(h->x, h->s.id, on_tool, h, &h->e) && h->e.kind == ERR_NONE ? CLI_OK : cli_fail_err(&h->e);
	if (code == CLI_OK) {
		recommend_policy(&policy, h->profiles, h->n);
		sort_tools(h);
		if (h->c->is_json)
			write_server_json(h, buf_slice(&policy));
		else
			page_server(&h->out, &h->arena, &h->s, h->tools, h->n, buf_slice(&policy));
	}
	buf_release(&policy);
	free(h->tools);
	free(h->profiles);
	return code;
}

static int no_tool(struct showing *h, struct slice name)
{
	struct slice near;
	struct err e = { 0 };
	char *shown = table_safe(&h->c->arena, name), *id = table_safe(&h->c->arena, h->s.id);
	if (!index_nearest_tool(h->x, h->s.id, name, &h->arena, &near, &e))
		return cli_fail_err(&e);
	if (near.n)
		return cli_fail(CLI_FAILED, "server '%s' lists no tool '%s' (did you mean '%s'?)", id, shown, table_safe(&h->c->arena, near));
	return cli_fail(CLI_FAILED, "server '%s' lists no tool '%s'", id, shown);
}

static int show_tool(struct showing *h, struct slice name)
{
	struct index_tool t;
	struct index_page related = { 0 };
	struct profile *p = arena_zalloc(&h->arena, sizeof *p);
	BUG_ON(!p);
	if (!index_tool(h->x, h->s.id, name, &h->arena, &t, &h->e))
		return h->e.kind == ERR_NONE ? no_tool(h, name) : cli_fail_err(&h->e);
	if (h->c->is_json) {
		index_write_tool(&h->out, &t);
		buf_addc(&h->out, '\n');
		return CLI_OK;
	}
	struct index_query q = { .server = h->s.id, .categories = 1u << t.category, .limit = 10 };
	if (!index_profile(&t, &h->arena, p, &h->e) || !index_search(h->x, &q, &h->arena, &related, &h->e))
		return cli_fail_err(&h->e);
	page_tool(&h->out, &h->s, &t, p, &related);
	return CLI_OK;
}

static int run(struct cli *c)
{
	struct showing h = { .c = c, .out = BUF_INIT(LIMIT_ADMIN_BYTES * 4) };
	struct slice tool;
	int code = catalog_open(c, INDEX_READ, &h.x);
	if (code != CLI_OK)
		return code;
	arena_init(&h.arena, (size_t)1 << 30);
	code = catalog_find(c, h.x, &h.s, &tool);
	if (code == CLI_OK)
		code = tool.n ? show_tool(&h, tool) : show_server(&h);
	index_close(&h.x);
	arena_release(&h.arena);
	if (code == CLI_OK)
		return cli_print(&h.out);
	buf_release(&h.out);
	return code;
}

static const struct cli_option options[] = {
	CATALOG_OPTION_DB,
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_show = {
	.name = "catalog show",
	.usage = "SERVER[/TOOL] [TOOL]",
	.summary = "show what a server or one of its tools can do, why, and the rule for it",
	.details =
		"A tool: its risk, its own words, the reasons with their evidence, the rule, attacks with their sources, arguments, "
		"branches, what the server claims, related tools, and where all that is from. A server: who it is, its grade with the "
		"arithmetic, its tools and a policy for all of them. docs/catalog.md has the shape of --json.",
	.example = "gatehouse catalog show files/write_file\n"
		   "gatehouse catalog show io.github.owner/name --json | jq .policy > policy.json\n",
	.options = options,
	.args_min = 1,
	.args_max = 2,
	.run = run,
};
