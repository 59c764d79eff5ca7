/* gatehouse policy schema */
#include "author/published.h"
#include "cli/commands.h"

static int run(struct cli *c)
{
	struct buf out = BUF_INIT(1u << 20);
	(void)c;
	for (const char *const *line = policy_schema_lines; *line; line++)
		buf_adds(&out, *line);
	return cli_print(&out);
}

const struct cli_command cmd_policy_schema = {
	.name = "policy schema",
	.usage = "",
	.summary = "print the JSON Schema of policies, for editors",
	.details =
		"JSON Schema 2020-12. An editor that knows it completes keys and marks mistakes while a policy is written; it knows "
		"less than 'policy check', which reads paths, patterns and hosts, too.",
	.example = "gatehouse policy schema > policy.schema.json\n",
	.run = run,
};
