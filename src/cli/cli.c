/* The table of commands, and the way from a command line to one of them. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"
#include <errno.h>
#include <stdarg.h>

#define CLI_ARENA (256u << 20)

static const struct cli_command *const commands[] = {
	&cmd_up,
	&cmd_init,
	&cmd_import,
	&cmd_server_add,
	&cmd_server_list,
	&cmd_server_show,
	&cmd_server_remove,
	&cmd_server_enable,
	&cmd_server_disable,
	&cmd_grant_add,
	&cmd_grant_bind,
	&cmd_grant_list,
	&cmd_grant_show,
	&cmd_grant_revoke,
	&cmd_grant_rotate,
	&cmd_policy_check,
	&cmd_policy_apply,
	&cmd_policy_list,
	&cmd_policy_show,
	&cmd_policy_history,
	&cmd_policy_diff,
	&cmd_policy_rollback,
	&cmd_policy_explain,
	&cmd_policy_decide,
	&cmd_policy_test,
	&cmd_policy_simulate,
	&cmd_policy_import,
	&cmd_policy_schema,
	&cmd_scan,
	&cmd_approval_list,
	&cmd_approval_show,
	&cmd_approval_approve,
	&cmd_approval_deny,
	&cmd_approver_add,
	&cmd_approver_list,
	&cmd_approver_revoke,
	&cmd_user_add,
	&cmd_user_list,
	&cmd_user_show,
	&cmd_user_role,
	&cmd_user_disable,
	&cmd_user_enable,
	&cmd_user_password,
	&cmd_user_link,
	&cmd_user_remove,
	&cmd_token_add,
	&cmd_token_list,
	&cmd_token_remove,
	&cmd_tools,
	&cmd_tools_review,
	&cmd_tools_accept,
	&cmd_tools_reject,
	&cmd_audit,
	&cmd_audit_changes,
	&cmd_audit_verify,
	&cmd_audit_public_key,
	&cmd_catalog_classify,
	&cmd_catalog_add,
	&cmd_catalog_list,
	&cmd_catalog_show,
	&cmd_catalog_search,
	&cmd_catalog_changes,
	&cmd_catalog_export,
	&cmd_catalog_remove,
	&cmd_catalog_site,
	&cmd_wrap,
	&cmd_status,
	&cmd_doctor,
	&cmd_help,
};

const struct cli_command *cli_command_at(size_t i)
{
	return i < ARRAY_LEN(commands) ? commands[i] : NULL;
}

const struct cli_command *cli_command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int cli_fail(enum cli_exit code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("gatehouse: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return (int)code;
}

int cli_fail_err(const struct err *e)
{
	return cli_fail(e->kind == ERR_INPUT ? CLI_WRONG : CLI_FAILED, "%s", e->text);
}

void cli_note(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int cli_print(struct buf *b)
{
	bool is_whole = buf_ok(b), is_written = true;
	if (b->n)
		is_written = fwrite(b->p, 1, b->n, stdout) == b->n;
	is_written = fflush(stdout) == 0 && is_written;
	buf_release(b);
	if (!is_written)
		return cli_fail(CLI_FAILED, "cannot write the result: %s", strerror(errno));
	return is_whole ? CLI_OK : cli_fail(CLI_FAILED, "the result is too long");
}

static int run_command(const struct cli_command *m, char **words, size_t n)
{
	struct cli c = { .command = m };
	struct err e = { 0 };
	int code;
	arena_init(&c.arena, CLI_ARENA);
	if (!options_parse(&c, words, n, &e)) {
		code = cli_fail(CLI_WRONG, "%s", e.text);
	} else if (c.wants_help) {
		struct buf b = BUF_INIT(1u << 20);
		help_write_command(&b, m);
		code = cli_print(&b);
	} else {
		code = m->run(&c);
	}
	arena_release(&c.arena);
	return code;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* "policy", "policy --help", "policy chekc". */
static int run_noun(const char *noun, const char *verb)
{
	struct buf b = BUF_INIT(1u << 20);
	char words[200];
	const char *near;
	bool is_noun = help_write_noun(&b, noun);
	if (is_noun && verb && is_help(verb))
		return cli_print(&b);
	snprintf(words, sizeof words, "%.90s%s%.90s", noun, verb ? " " : "", verb ? verb : "");
	near = help_nearest(words);
	if (!is_noun && !near) {
		snprintf(words, sizeof words, "%.90s", noun);
		near = help_nearest(words);
	}
	if (is_noun && !verb)
		fputs(buf_str(&b), stderr);
	else if (near)
		cli_fail(CLI_WRONG, "there is no command '%s' (did you mean '%s'?)", words, near);
	else
		cli_fail(CLI_WRONG, "there is no command '%s'; see 'gatehouse --help'", words);
	buf_release(&b);
	return CLI_WRONG;
}

static int print_overview(bool is_asked)
{
	struct buf b = BUF_INIT(1u << 20);
	help_write_overview(&b);
	if (is_asked)
		return cli_print(&b);
	fputs(buf_str(&b), stderr);
	buf_release(&b);
	return CLI_WRONG;
}

int cli_main(int argc, char **argv)
{
	char words[200];
	const struct cli_command *m;
	if (argc < 2 || is_help(argv[1]))
		return print_overview(argc >= 2);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		struct buf b = BUF_INIT(1000);
		buf_adds(&b, "gatehouse " GATEHOUSE_VERSION "\n");
		return cli_print(&b);
	}
	snprintf(words, sizeof words, "%.90s %.90s", argv[1], argc > 2 ? argv[2] : "");
	m = cli_command_find(words);
	if (m)
		return run_command(m, argv + 3, (size_t)(argc - 3));
	m = cli_command_find(argv[1]);
	if (m)
		return run_command(m, argv + 2, (size_t)(argc - 2));
	return run_noun(argv[1], argc > 2 ? argv[2] : NULL);
}
