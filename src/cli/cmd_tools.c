/* gatehouse tools */
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "json/json.h"

static bool is_wanted(const char *wanted, struct slice name)
{
	return !wanted || slice_is(name, wanted);
}

/* "agent: allow, other: deny" */
static const char *decisions_of(struct cli *c, const struct json *tool)
{
	struct buf b = BUF_INIT(1u << 20);
	struct slice broken = json_string(json_gets(tool, "schema_error"));
	const char *grant = cli_value(c, "grant");
	for (struct json_iter it = json_iter(json_gets(tool, "grants")); json_next(&it);) {
		struct slice label = json_string(json_gets(it.value, "label")),
			     word = json_string(json_gets(it.value, "decision"));
		if (is_wanted(grant, label))
			buf_addf(&b, "%s%.*s: %.*s", b.n ? ", " : "", SLICE_ARG(label),
				 SLICE_ARG(word));
	}
	if (broken.n)
		buf_addf(&b, "%snobody: %.*s", b.n ? ", " : "", SLICE_ARG(broken));
	char *copy = b.n ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	buf_release(&b);
	return copy;
}

static void add_rows(struct cli *c, struct table *t, const struct json *server)
{
	struct slice name = json_string(json_gets(server, "name"));
	for (struct json_iter it = json_iter(json_gets(server, "tools")); json_next(&it);) {
		struct slice tool = json_string(json_gets(it.value, "name"));
		struct slice text = json_string(json_gets(it.value, "description"));
		const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
		const char *cells[] = { arena_strndup(&c->arena, name.p, name.n),
					arena_strndup(&c->arena, tool.n ? tool.p : "", tool.n),
					decisions_of(c, it.value),
					arena_strndup(&c->arena, text.n ? text.p : "",
						      end ? (size_t)(end - text.p) : text.n) };
		table_add(t, cells);
	}
}

static void tell_failure(struct cli *c, const struct json *server)
{
	struct slice why = json_string(json_gets(server, "error"));
	if (why.n)
		cli_note("%s", table_safe(&c->arena, why));
}

static int print_tools(struct cli *c, struct slice answer)
{
	static const char *const headings[] = { "SERVER", "TOOL", "GRANTS", "DESCRIPTION", NULL };
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	struct table t;
	const char *wanted = cli_value(c, "server");
	bool is_known = !wanted;
	const struct json *servers = json_gets(json_read(answer, &c->arena, &e), "servers");
	if (!servers)
		return cli_fail(CLI_FAILED, "the gate's answer cannot be read: %s", e.text);
	table_init(&t, &c->arena, headings);
	if (c->is_json)
		buf_adds(&b, "{\"servers\":[");
	bool is_first = true;
	for (struct json_iter it = json_iter(servers); json_next(&it);) {
		if (!is_wanted(wanted, json_string(json_gets(it.value, "name"))))
			continue;
		is_known = true;
		if (c->is_json) {
			buf_adds(&b, is_first ? "" : ",");
			json_write(&b, it.value);
			is_first = false;
		} else {
			tell_failure(c, it.value);
			add_rows(c, &t, it.value);
		}
	}
	if (c->is_json)
		buf_adds(&b, "]}\n");
	else
		table_write(&b, &t, table_terminal_columns());
	if (!is_known) {
		buf_release(&b);
		return cli_fail(CLI_WRONG, "the gate has no server '%s'", wanted);
	}
	return cli_print(&b);
}

static int run(struct cli *c)
{
	struct buf answer = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct place p;
	struct err e = { 0 };
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	enum admin_answer how =
		admin_ask(p.config->data_dir, "GET", "/api/v1/tools", 180, &answer, &e);
	place_close(&p);
	if (how == ADMIN_DONE)
		code = print_tools(c, buf_slice(&answer));
	else
		code = cli_fail(how == ADMIN_UNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED, "%s",
				e.text);
	buf_release(&answer);
	return code;
}

static const struct cli_option options[] = {
	{ "server", "NAME", "only this server's", false },
	{ "grant", "LABEL", "only what this grant may do", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_tools = {
	.name = "tools",
	.usage = "",
	.summary = "list every tool behind the gate, and what each grant may do with it",
	.details =
		"Asks the running gate, which asks servers whose tools it does not know yet. 'conditional': it depends on the "
		"arguments or on a limit; 'hidden': the grant does not even see it.",
	.example = "gatehouse tools --server files\n",
	.options = options,
	.run = run,
};
