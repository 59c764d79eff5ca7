/* gatehouse policy check */
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "gate/judge.h"

static struct policy *compile(struct slice text, struct slice tools,
			      struct policy_problems *problems, struct err *e)
{
	struct judge *j;
	struct policy *p;
	if (!tools.p)
		return policy_new(text, problems);
	j = judge_new(text, tools, problems, e);
	if (!j)
		return NULL;
	policy_problems_release(problems);
	p = policy_new(text, problems);
	judge_check(j, problems);
	judge_free(&j);
	return p;
}

/* A document that loads has only warnings. */
static int check_file(struct cli *c, const char *file, struct slice tools, struct buf *out)
{
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct policy_problems problems = { 0 };
	struct err e = { 0 };
	struct policy *p = NULL;
	bool is_good = file_read(file, &text, &e);
	if (is_good) {
		p = compile(buf_slice(&text).p ? buf_slice(&text) : SLICE_LIT(""), tools, &problems,
			    &e);
		is_good = p && !(cli_has(c, "strict") && problems.n);
	}
	if (c->is_json) {
		buf_adds(out, "{\"file\":");
		buf_add_json_string(out, slice_str(file));
		buf_addf(out, ",\"valid\":%s,\"problems\":", is_good ? "true" : "false");
		problems_write_json(out, &problems);
		if (e.text[0]) {
			buf_adds(out, ",\"error\":");
			buf_add_json_string(out, slice_str(e.text));
		}
		buf_adds(out, "}\n");
	} else {
		problems_write(out, file, &problems);
		if (e.text[0])
			buf_addf(out, "%s: %s\n", file, e.text);
		else
			buf_addf(out, "%s: %s\n", file, is_good ? "valid" : "refused");
	}
	if (p)
		policy_unref(&p);
	policy_problems_release(&problems);
	buf_release(&text);
	return is_good ? CLI_OK : CLI_WRONG;
}

static int run(struct cli *c)
{
	struct buf out = BUF_INIT(64u << 20), tools = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	const char *tools_file = cli_value(c, "tools");
	int code = CLI_OK;
	if (tools_file && !file_read(tools_file, &tools, &e)) {
		buf_release(&tools);
		return cli_fail(CLI_WRONG, "%s", e.text);
	}
	struct slice known =
		tools_file ? slice_of(tools.p ? tools.p : "", tools.n) : slice_of(NULL, 0);
	for (size_t i = 0; i < c->arg_n; i++) {
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
	{ "strict", NULL, "refuse for warnings, too", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_check = {
	.name = "policy check",
	.usage = "FILE…",
	.summary = "check policy files, every mistake with its line and column",
	.details =
		"Needs no gate and no data folder. With --tools, every tool and every argument that the policy names is looked up "
		"in the tools' own schemas. With --json, one object a line for each file.",
	.example = "gatehouse policy check files.json --tools tools.json\n",
	.options = options,
	.args_min = 1,
	.args_max = 1000,
	.run = run,
};
