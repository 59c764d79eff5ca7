/* gatehouse policy check */
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/tools.h"
#include "gate/judge.h"
#include "json/json.h"

struct unnamed {
	struct buf names;
	size_t n;
};

static void add_unnamed(void *ctx, struct slice tool)
{
	struct unnamed *u = ctx;
	buf_adds(&u->names, u->n++ ? "," : "");
	buf_add_json_string(&u->names, tool);
}

/* False: it does not load. Problems has its warnings, too. */
static bool check_text(struct slice text, struct slice tools, struct policy_problems *problems,
		       struct unnamed *u, struct err *e)
{
	struct judge *j = judge_new(text, tools, problems, e);
	if (!j)
		return false;
	judge_check(j, problems);
	judge_each_unnamed(j, add_unnamed, u);
	judge_free(&j);
	return true;
}

static void write_unnamed(struct cli *c, struct buf *out, const char *file, const struct unnamed *u)
{
	const struct json *names = json_read(buf_slice(&u->names), &c->arena, NULL);
	size_t n = 0;
	buf_addf(out, "%s: note: decided by 'default' alone: ", file);
	for (struct json_iter it = json_iter(names); json_next(&it) && n < 20; n++) {
		buf_adds(out, n ? ", " : "");
		table_add_safe(out, json_string(it.value), 80);
	}
	buf_addf(out, u->n > n ? " and %zu more\n" : "\n", u->n - n);
}

/* A document that loads has only warnings. */
static int check_file(struct cli *c, const char *file, struct slice tools, struct buf *out)
{
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct unnamed unnamed = { .names = BUF_INIT(1u << 22) };
	struct policy_problems problems = { 0 };
	struct err e = { 0 };
	buf_addc(&unnamed.names, '[');
	bool is_good = file_read(file, &text, &e) &&
		       check_text(slice_of(text.p ? text.p : "", text.n), tools, &problems, &unnamed, &e);
	is_good = is_good && !(cli_has(c, "strict") && problems.n);
	buf_addc(&unnamed.names, ']');
	if (problems_refuse(&problems))
		e.text[0] = '\0';
	if (c->is_json) {
		buf_adds(out, "{\"file\":");
		buf_add_json_string(out, slice_str(file));
		buf_addf(out, ",\"valid\":%s,\"problems\":", is_good ? "true" : "false");
		problems_write_json(out, &problems);
		buf_adds(out, ",\"unnamed\":");
		buf_add_slice(out, buf_slice(&unnamed.names));
		if (e.text[0]) {
			buf_adds(out, ",\"error\":");
			buf_add_json_string(out, slice_str(e.text));
		}
		buf_adds(out, "}\n");
	} else {
		problems_write(out, file, &problems);
		if (unnamed.n)
			write_unnamed(c, out, file, &unnamed);
		if (e.text[0])
			buf_addf(out, "%s: %s\n", file, e.text);
		else
			buf_addf(out, "%s: %s\n", file, is_good ? "valid" : "refused");
	}
	policy_problems_release(&problems);
	buf_release(&unnamed.names);
	buf_release(&text);
	return is_good ? CLI_OK : CLI_WRONG;
}

static int run(struct cli *c)
{
	struct buf out = BUF_INIT(64u << 20), tools = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct slice known;
	int code = tools_read(c, &tools, &known);
	bool is_asked = code == CLI_OK;
	for (size_t i = 0; is_asked && i < c->arg_n; i++) {
		int one = check_file(c, c->args[i], known, &out);
		code = one == CLI_OK ? code : one;
	}
	buf_release(&tools);
	int printed = cli_print(&out);
	return code == CLI_OK ? printed : code;
}

static const struct cli_option options[] = {
	{ "tools", "FILE", "check against these tools: a tools/list result, or one tool a line",
	  false },
	{ "server", "NAME", "check against the tools that this server of the running gate lists", false },
	{ "strict", NULL, "refuse for warnings, too", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_check = {
	.name = "policy check",
	.usage = "FILE…",
	.summary = "check policy files, every mistake with its line and column",
	.details =
		"Needs no gate and no data folder, but with --server. Warns of conditions that can never hold and of rules that are "
		"never looked at; with --tools or --server also of names, arguments, values, labels and classes that no tool has. "
		"Tools that only `default` decides are noted. With --json, one object a line for each file.",
	.example = "gatehouse policy check files.json --tools tools.json\n",
	.options = options,
	.args_min = 1,
	.args_max = 1000,
	.run = run,
};
