/* gatehouse policy diff */
#include "author/compare.h"
#include "author/difference.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "cli/tools.h"
#include <unistd.h>

/* A file, else what was applied under that name; NAME@N is always that. */
static int read_document(struct cli *c, const char *word, struct buf *text)
{
	struct store_policy v;
	struct place p;
	struct err e = { 0 };
	const char *name;
	int64_t version;
	if (!strchr(word, '@') && (access(word, F_OK) == 0 || strchr(word, '/') || strchr(word, '.')))
		return file_read(word, text, &e) ? CLI_OK : cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_policy_version(c, word, &name, &version);
	if (code == CLI_OK)
		code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (store_policy_get(p.store, name, version, &c->arena, &v, &e))
		buf_add_slice(text, v.text);
	else
		code = cli_fail_err(&e);
	place_close(&p);
	return code;
}

static const struct json *parse(struct cli *c, const char *word, struct slice text, int *code)
{
	struct err e = { 0 };
	const struct json *v = json_read(slice_of(text.p ? text.p : "", text.n), &c->arena, &e);
	if (!v)
		*code = cli_fail(CLI_WRONG, "'%s' is no JSON: %s", word, e.text);
	return v;
}

/* At most so many calls of one tool are shown to people. */
#define SHOWN_PER_TOOL 3

static void write_comparison(struct cli *c, struct buf *b, const struct comparison *m)
{
	static const char *const headings[] = { "TOOL", "TRIED", "DIFFERENT", NULL };
	struct table t;
	buf_addf(b, "\n%zu of %zu calls are decided differently\n", m->different, m->tried);
	table_init(&t, &c->arena, headings);
	for (size_t i = 0; i < m->tool_n; i++) {
		const char *cells[] = { m->tools[i].name, arena_printf(&c->arena, "%zu", m->tools[i].tried),
					arena_printf(&c->arena, "%zu", m->tools[i].different) };
		if (m->tools[i].different)
			table_add(&t, cells);
	}
	if (m->different)
		table_write(b, &t, 0);
	for (size_t i = 0, shown = 0; i < m->call_n; i++) {
		const struct compared_call *v = &m->calls[i];
		shown = i && strcmp(v->tool, m->calls[i - 1].tool) == 0 ? shown + 1 : 0;
		if (shown >= SHOWN_PER_TOOL)
			continue;
		buf_addf(b, "%s ", table_safe(&c->arena, slice_str(v->tool)));
		table_add_safe(b, slice_str(v->call), 200);
		buf_addf(b, "\n  %s%s%s -> %s%s%s\n", v->from, v->from_rule[0] ? " by " : "",
			 table_safe(&c->arena, slice_str(v->from_rule)), v->to, v->to_rule[0] ? " by " : "",
			 table_safe(&c->arena, slice_str(v->to_rule)));
	}
}

static int load_test(const char *word, struct slice text)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(text, &problems);
	struct buf b = BUF_INIT(1u << 20);
	if (!p)
		problems_write(&b, word, &problems);
	fputs(buf_str(&b), stderr);
	bool is_good = p != NULL;
	buf_release(&b);
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good ? CLI_OK : cli_fail(CLI_WRONG, "'%s' is refused", word);
}

static int compare(struct cli *c, struct slice from, struct slice to, struct comparison *out)
{
	struct buf tools = BUF_INIT(LIMIT_ADMIN_BYTES), calls = BUF_INIT(LIMIT_ADMIN_BYTES);
	const char *file = cli_value(c, "calls");
	struct compare_opts o = { .documents = { from, to }, .now_us = clock_wall_us(), .arena = &c->arena };
	struct err e = { 0 };
	int code = load_test(c->args[0], from);
	if (code == CLI_OK)
		code = load_test(c->args[1], to);
	if (code == CLI_OK)
		code = tools_read(c, &tools, &o.tools);
	if (code == CLI_OK && file && !file_read(file, &calls, &e))
		code = cli_fail(CLI_WRONG, "%s", e.text);
	if (file)
		o.calls = slice_of(calls.p ? calls.p : "", calls.n);
	if (code == CLI_OK && !compare_policies(&o, out, &e))
		code = cli_fail_err(&e);
	buf_release(&tools);
	buf_release(&calls);
	return code;
}

static int print(struct cli *c, const struct differences *d, const struct comparison *m)
{
	struct buf out = BUF_INIT(256u << 20);
	if (c->is_json) {
		buf_adds(&out, "{\"changes\":");
		differences_write_json(&out, d);
		buf_addc(&out, ',');
		comparison_write_json(&out, m);
		buf_adds(&out, "}\n");
		return cli_print(&out);
	}
	if (d->n)
		differences_write(&out, d);
	else
		buf_adds(&out, "no difference\n");
	if (d->n || m->different)
		write_comparison(c, &out, m);
	return cli_print(&out);
}

static int run(struct cli *c)
{
	struct buf a = BUF_INIT(LIMIT_POLICY_BYTES), b = BUF_INIT(LIMIT_POLICY_BYTES);
	const struct json *from = NULL, *to = NULL;
	struct differences d;
	struct comparison m;
	int code = read_document(c, c->args[0], &a);
	if (code == CLI_OK)
		code = read_document(c, c->args[1], &b);
	if (code == CLI_OK)
		from = parse(c, c->args[0], buf_slice(&a), &code);
	if (code == CLI_OK)
		to = parse(c, c->args[1], buf_slice(&b), &code);
	if (code == CLI_OK && !differences_find(from, to, &c->arena, &d))
		code = cli_fail(CLI_FAILED, "the documents differ in more than %d places", LIMIT_DIFFERENCES);
	if (code == CLI_OK)
		code = compare(c, buf_slice(&a), buf_slice(&b), &m);
	if (code == CLI_OK)
		code = print(c, &d, &m);
	buf_release(&a);
	buf_release(&b);
	return code;
}

static const struct cli_option options[] = {
	{ "tools", "FILE", "the server's tools: a tools/list result or a list", false },
	{ "server", "NAME", "the tools that this server of the running gate lists", false },
	{ "calls", "FILE", "decide these calls, one a line as 'policy decide' reads them, in place of made-up ones", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_diff = {
	.name = "policy diff",
	.usage = "A B",
	.summary = "say what two policies differ in, and which calls they decide differently",
	.details =
		"A and B are files, or policies that were applied: NAME is the version in force, NAME@3 one of its history. Each "
		"difference stands on a line with its JSON Pointer: + is only in B, - only in A, ~ in both. Then calls are decided by "
		"both: those of --calls in their order, with counters; else calls that are made up on either side of every condition, "
		"without counters.",
	.example = "gatehouse policy diff read-only@2 read-only@3\ngatehouse policy diff read-only new.json --tools tools.json\n",
	.options = options,
	.args_min = 2,
	.args_max = 2,
	.run = run,
};
