/* gatehouse help */
#include "cli/commands.h"
#include "cli/help.h"
#include "config/config.h"

static int run(struct cli *c)
{
	struct buf b = BUF_INIT(1u << 20);
	const char *first = c->arg_n ? c->args[0] : NULL;
	char words[200];
	snprintf(words, sizeof words, "%.90s%s%.90s", first ? first : "", c->arg_n > 1 ? " " : "",
		 c->arg_n > 1 ? c->args[1] : "");
	const struct cli_command *m = cli_command_find(words);
	if (cli_has(c, "markdown"))
		help_write_manual(&b);
	else if (cli_has(c, "configuration"))
		config_write_manual(&b);
	else if (!first)
		help_write_overview(&b);
	else if (m)
		help_write_command(&b, m);
	else if (strcmp(words, "exit-codes") == 0)
		help_write_exit_codes(&b);
	else if (c->arg_n > 1 || !help_write_noun(&b, first)) {
		const char *near = help_nearest(words);
		buf_release(&b);
		return near ? cli_fail(CLI_WRONG, "there is no command '%s' (did you mean '%s'?)",
				       words, near)
			    : cli_fail(CLI_WRONG, "there is no command '%s'; see 'gatehouse help'",
				       words);
	}
	return cli_print(&b);
}

static const struct cli_option options[] = {
	{ "markdown", NULL, "print docs/cli.md", false },
	{ "configuration", NULL, "print docs/configuration.md", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_help = {
	.name = "help",
	.usage = "[COMMAND | exit-codes]",
	.summary = "explain a command",
	.example = "gatehouse help policy check\ngatehouse help exit-codes\n",
	.options = options,
	.args_max = 2,
	.run = run,
};
