/* gatehouse policy test */
#include "author/suite.h"
#include "cli/commands.h"

static int run(struct cli *c)
{
	struct buf out = BUF_INIT(64u << 20);
	struct suite_report *v = arena_zalloc(&c->arena, c->arg_n * sizeof *v);
	enum suite_format format = c->is_json ? SUITE_JSON : SUITE_TEXT;
	const char *word = cli_value(c, "format");
	size_t failed = 0, broken = 0;
	if (!v)
		return cli_fail(CLI_FAILED, "too many files");
	if (word && !suite_format_read(word, &format))
		return cli_fail(CLI_WRONG, "'--format %.20s' is none of text, json, tap, junit", word);
	for (size_t i = 0; i < c->arg_n; i++) {
		suite_run(c->args[i], cli_value(c, "policy"), cli_value(c, "tools"), &c->arena, &v[i]);
		failed += v[i].failed;
		broken += v[i].error != NULL;
	}
	suite_write(&out, format, v, c->arg_n);
	int code = cli_print(&out);
	if (code != CLI_OK)
		return code;
	return broken ? CLI_WRONG : failed ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options[] = {
	{ "policy", "FILE", "test this policy in place of the one that the file names", false },
	{ "tools", "FILE", "with these tools in place of those that the file names", false },
	{ "format", "FORMAT", "text (default), json, tap or junit", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_test = {
	.name = "policy test",
	.usage = "FILE…",
	.summary = "run the test cases of policies",
	.details =
		"A file of tests, YAML or JSON, names a policy and has cases: a call, or a session of calls, and the decision that is "
		"expected of each. docs/policy.md describes it. Needs no gate and no data folder. The exit code is 1 when a case "
		"failed, and 2 when a file could not be run.",
	.example = "gatehouse policy test files.test.yaml\ngatehouse policy test *.test.yaml --format junit > report.xml\n",
	.options = options,
	.args_min = 1,
	.args_max = 1000,
	.run = run,
};
