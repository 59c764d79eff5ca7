/* gatehouse wrap */
#include "app/gateway.h"
#include "app/wrap.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "config/config.h"
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Standard output belongs to the protocol: every mistake goes to standard error. */
static struct policy *read_policy(const char *file)
{
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES), told = BUF_INIT(1u << 20);
	struct policy_problems problems = { 0 };
	struct policy *policy = NULL;
	struct err e = { 0 };
	if (!file_read(file, &text, &e)) {
		cli_fail(CLI_WRONG, "%s", e.text);
	} else {
		policy = policy_new(slice_of(text.p ? text.p : "", text.n), &problems);
		problems_write(&told, file, &problems);
		fputs(buf_str(&told), stderr);
		if (!policy)
			cli_fail(CLI_WRONG, "'%s' is refused; the server was not started", file);
	}
	policy_problems_release(&problems);
	buf_release(&text);
	buf_release(&told);
	return policy;
}

static int run(struct cli *c)
{
	const char *file = cli_value(c, "policy"), *name = cli_value(c, "name"),
		   *timeout = cli_value(c, "call-timeout");
	struct wrap_opts o = { .argv = c->argv,
			       .env = (const char *const *)environ,
			       .data_dir = c->data_dir };
	struct err e = { 0 };
	enum config_pins pins = CONFIG_PINS_FIRST;
	if (!file || strcmp(file, "-") == 0)
		return cli_fail(CLI_WRONG, "name the policy: --policy FILE");
	if (!c->argv || !c->argv[0])
		return cli_fail(
			CLI_WRONG,
			"the server's command stands behind '--': gatehouse wrap --policy FILE -- COMMAND…");
	if (timeout &&
	    (!config_duration_ms(slice_str(timeout), &o.call_timeout_ms) || !o.call_timeout_ms))
		return cli_fail(
			CLI_WRONG,
			"'--call-timeout %.40s' is not a duration with its unit, as 30s or 5m",
			timeout);
	if (cli_value(c, "pins") && !config_pins_of(cli_value(c, "pins"), &pins))
		return cli_fail(CLI_WRONG, "'--pins %.40s' is not first, review, flag or none", cli_value(c, "pins"));
	o.pins = gateway_pins_mode(pins);
	o.keeps_pins = name != NULL;
	o.policy_name = base_name(file);
	o.name = name ? name : base_name(c->argv[0]);
	o.policy = read_policy(file);
	if (!o.policy)
		return CLI_WRONG;
	bool is_good = wrap_run(&o, &e);
	policy_unref(&o.policy);
	return is_good ? CLI_OK : cli_fail_err(&e);
}

static const struct cli_option options[] = {
	{ "policy", "FILE", "the policy that decides its calls", false },
	{ "name", "NAME", "how rules and records call the server; default: the program's name",
	  false },
	{ "call-timeout", "TIME", "until it has answered a call; default: 5m", false },
	{ "pins", "MODE", "first, review, flag or none: see docs/pins.md; default: first", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_wrap = {
	.name = "wrap",
	.usage = "--policy FILE -- COMMAND [ARGUMENTS]",
	.summary = "put one server behind one policy on standard input and output",
	.details =
		"For clients that start servers themselves: they start this instead, with no gate beside it. The server inherits the "
		"environment. With --data-dir, calls are recorded there and limits outlive the run; with --name, too, so do reviews of its tools.",
	.example =
		"gatehouse wrap --policy files.json -- npx -y @modelcontextprotocol/server-filesystem /home/me/shared\n",
	.options = options,
	.takes_command = true,
	.run = run,
};
