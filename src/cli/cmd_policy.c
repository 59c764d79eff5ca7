/* gatehouse policy apply, rollback, list, show, history */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "json/json.h"

static int print_applied(const struct cli *c, const char *name, int64_t version, bool is_running)
{
	struct buf b = BUF_INIT(1u << 16);
	if (c->is_json) {
		buf_adds(&b, "{\"name\":");
		buf_add_json_string(&b, slice_str(name));
		buf_addf(&b, ",\"version\":%lld,\"in_force\":%s}\n", (long long)version,
			 is_running ? "true" : "false");
	} else {
		buf_addf(&b, "policy '%s' is at version %lld: %s\n", name, (long long)version,
			 admin_reloaded_text(is_running));
	}
	return cli_print(&b);
}

/* Tells every mistake; the text is stored only when there is none. */
static int check_text(const char *file, struct slice text)
{
	struct policy_problems problems = { 0 };
	struct buf b = BUF_INIT(1u << 20);
	struct policy *policy = policy_new(text, &problems);
	bool is_good = policy != NULL;
	problems_write(&b, file, &problems);
	fputs(buf_str(&b), stderr);
	buf_release(&b);
	policy_problems_release(&problems);
	if (policy)
		policy_unref(&policy);
	return is_good ? CLI_OK : cli_fail(CLI_WRONG, "'%s' is refused; nothing was changed", file);
}

/* Who changes it: what the history says. */
static const char *author_of(const struct cli *c)
{
	const char *author = cli_value(c, "author"), *user = getenv("USER");
	return author ? author : user ? user : "";
}

static int apply_file(struct cli *c, struct place *p, const char *name, const char *file,
		      int64_t *version)
{
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct err e = { 0 };
	const char *note = cli_value(c, "note");
	int code = CLI_WRONG;
	if (!file_read(file, &text, &e)) {
		code = cli_fail(CLI_WRONG, "%s", e.text);
	} else {
		code = check_text(file, slice_of(text.p ? text.p : "", text.n));
		if (code == CLI_OK &&
		    !store_policy_apply(p->store, name, buf_slice(&text), author_of(c),
					note ? note : "", version, &e))
			code = cli_fail_err(&e);
	}
	buf_release(&text);
	return code;
}

/* An old text becomes a new version, so that the history also says who went back, and when. */
static int apply_again(struct cli *c, struct place *p, const char *name, const char *option,
		       const char *number, int64_t *version)
{
	struct store_policy old;
	struct err e = { 0 };
	unsigned long long n;
	const char *note = cli_value(c, "note");
	if (!slice_u64(slice_str(number), &n) || !n || n > INT64_MAX)
		return cli_fail(CLI_WRONG, "'--%s %.20s' is not the number of a version", option,
				number);
	if (!store_policy_get(p->store, name, (int64_t)n, &c->arena, &old, &e))
		return cli_fail_err(&e);
	note = arena_printf(&c->arena, "version %llu again%s%s", n, note ? ": " : "", note ? note : "");
	int code = check_text(name, old.text);
	if (code == CLI_OK && !store_policy_apply(p->store, name, old.text, author_of(c), note ? note : "",
						  version, &e))
		code = cli_fail_err(&e);
	return code;
}

static int run_change(struct cli *c, const char *option)
{
	struct place p;
	bool is_running = false;
	int64_t version = 0;
	const char *name = c->args[0], *number = cli_value(c, option);
	int code = place_open(c, &p, true);
	if (code != CLI_OK)
		return code;
	code = place_check_policy(&p, name);
	struct changed ch = changed_begin(c, &p, "policy", name);
	if (code == CLI_OK)
		code = number ? apply_again(c, &p, name, option, number, &version)
			      : apply_file(c, &p, name, c->args[1], &version);
	if (code == CLI_OK)
		code = changed_end(&ch, number ? "policy.restore" : NULL, name);
	if (code == CLI_OK)
		code = admin_reload(p.config->data_dir, &is_running);
	place_close(&p);
	return code == CLI_OK ? print_applied(c, name, version, is_running) : code;
}

static int run_apply(struct cli *c)
{
	if ((c->arg_n == 2) == (cli_value(c, "version") != NULL))
		return cli_fail(
			CLI_WRONG,
			"name either a file or, with --version, one of the history: gatehouse policy apply %s",
			c->command->usage);
	return run_change(c, "version");
}

static int run_rollback(struct cli *c)
{
	if (!cli_value(c, "to"))
		return cli_fail(CLI_WRONG, "name the version: gatehouse policy rollback %s", c->command->usage);
	return run_change(c, "to");
}

static void add_json(struct buf *b, const struct store_policy *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->created_us, time);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(v->name));
	buf_addf(b, ",\"version\":%lld,\"current\":%s,\"applied\":\"%s\",\"author\":",
		 (long long)v->version, v->is_current ? "true" : "false", time);
	buf_add_json_string(b, slice_str(v->author));
	buf_adds(b, ",\"note\":");
	buf_add_json_string(b, slice_str(v->note));
}

static int print_policies(struct cli *c, const struct store_policy *v, size_t n)
{
	static const char *const headings[] = { "NAME", "VERSION", "CURRENT", "APPLIED",
						"BY",	"NOTE",	   NULL };
	struct buf b = BUF_INIT(64u << 20);
	struct table t;
	table_init(&t, &c->arena, headings);
	if (c->is_json)
		buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++) {
		char time[CLOCK_TEXT_SIZE];
		if (c->is_json) {
			buf_adds(&b, i ? "," : "");
			add_json(&b, &v[i]);
			buf_addc(&b, '}');
			continue;
		}
		clock_text(v[i].created_us, time);
		const char *cells[] = { v[i].name,
					arena_printf(&c->arena, "%lld", (long long)v[i].version),
					v[i].is_current ? "yes" : NULL,
					arena_printf(&c->arena, "%.10s %.5s", time, time + 11),
					v[i].author && v[i].author[0] ? v[i].author : NULL,
					v[i].note && v[i].note[0] ? v[i].note : NULL };
		table_add(&t, cells);
	}
	if (c->is_json)
		buf_adds(&b, "]\n");
	else if (n)
		table_write(&b, &t, table_terminal_columns());
	else
		cli_note("no policies yet: gatehouse policy apply NAME FILE");
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	struct place p;
	struct store_policy *v;
	struct err e = { 0 };
	size_t n;
	bool is_history = c->arg_n > 0;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_good = is_history ? store_policy_history(p.store, c->args[0], &c->arena, &v, &n, &e)
	                          : store_policies(p.store, &c->arena, &v, &n, &e);
	code = is_good ? print_policies(c, v, n) : cli_fail_err(&e);
	place_close(&p);
	return code;
}

static int run_show(struct cli *c)
{
	struct place p;
	struct store_policy v;
	struct err e = { 0 };
	struct buf b = BUF_INIT(4u << 20);
	const char *number = cli_value(c, "version"), *name = c->args[0];
	unsigned long long n = 0;
	int64_t version = 0;
	int code = place_policy_version(c, c->args[0], &name, &version);
	if (code != CLI_OK)
		return code;
	if (number && (!slice_u64(slice_str(number), &n) || !n || n > INT64_MAX || version))
		return cli_fail(CLI_WRONG, "'--version %.20s' is not the number of a version",
				number);
	code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_there = store_policy_get(p.store, name, number ? (int64_t)n : version, &c->arena, &v, &e);
	if (is_there && c->is_json) {
		add_json(&b, &v);
		buf_adds(&b, ",\"document\":");
		const struct json *document = json_read(v.text, &c->arena, NULL);
		if (document)
			json_write(&b, document);
		else
			buf_adds(&b, "null");
		buf_adds(&b, "}\n");
	} else if (is_there) {
		buf_add_slice(&b, v.text);
		if (v.text.n && v.text.p[v.text.n - 1] != '\n')
			buf_addc(&b, '\n');
	}
	place_close(&p);
	return is_there ? cli_print(&b) : cli_fail_err(&e);
}

static const struct cli_option apply_options[] = {
	{ "note", "TEXT", "why, for the history", false },
	{ "author", "NAME", "who, for the history; default: the local user", false },
	{ "version", "N", "take a version of the history again, in place of a file", false },
	{ NULL, NULL, NULL, false },
};

static const struct cli_option rollback_options[] = {
	{ "to", "N", "the version whose text is taken again", false },
	{ "note", "TEXT", "why, for the history", false },
	{ "author", "NAME", "who, for the history; default: the local user", false },
	{ NULL, NULL, NULL, false },
};

static const struct cli_option show_options[] = {
	{ "version", "N", "a version of the history, in place of the current one", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_apply = {
	.name = "policy apply",
	.usage = "NAME (FILE | --version N)",
	.summary = "make a file the policy of that name",
	.details =
		"The file is checked first. With any mistake nothing is changed, and the exit code is 2. When the command returns, "
		"the next request is decided by the new version.",
	.example = "gatehouse policy apply read-only read-only.json --note 'no more writing'\n",
	.options = apply_options,
	.args_min = 1,
	.args_max = 2,
	.run = run_apply,
};

const struct cli_command cmd_policy_rollback = {
	.name = "policy rollback",
	.usage = "NAME --to N",
	.summary = "take an earlier version of a policy again",
	.details =
		"Its text becomes a new version, the newest, so that the history also tells who went back, when and why. Nothing is "
		"ever overwritten. When the command returns, the next request is decided by it.",
	.example = "gatehouse policy rollback read-only --to 2 --note 'broke the nightly job'\n",
	.options = rollback_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_rollback,
};

const struct cli_command cmd_policy_list = {
	.name = "policy list",
	.usage = "",
	.summary = "list the policies and their versions",
	.example = "gatehouse policy list\n",
	.run = run_list,
};

const struct cli_command cmd_policy_show = {
	.name = "policy show",
	.usage = "NAME[@N]",
	.summary = "print a policy as it was applied",
	.details = "With @N, that version of its history; else the one in force.",
	.example = "gatehouse policy show read-only > read-only.json\ngatehouse policy show read-only@3\n",
	.options = show_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_show,
};

const struct cli_command cmd_policy_history = {
	.name = "policy history",
	.usage = "NAME",
	.summary = "list every version of a policy, newest first",
	.details =
		"With who applied it, when, and why. A version that the gate took from its configuration file has the author 'file'.",
	.example = "gatehouse policy history read-only\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_list,
};
