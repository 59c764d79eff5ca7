/* gatehouse policy decide, explain: what a policy would do, from files alone */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "gate/judge.h"
#include "json/json.h"
#include <errno.h>
#include <unistd.h>

/* The text of --policy FILE or --stored NAME. */
static int read_policy(struct cli *c, struct buf *text, const char **name)
{
	const char *file = cli_value(c, "policy"), *stored = cli_value(c, "stored");
	struct store_policy v;
	struct place p;
	struct err e = { 0 };
	*name = file ? file : stored;
	if (!file == !stored)
		return cli_fail(CLI_WRONG, "name the policy: --policy FILE, or --stored NAME");
	if (file)
		return file_read(file, text, &e) ? CLI_OK : cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (store_policy_get(p.store, stored, 0, &c->arena, &v, &e))
		buf_add_slice(text, v.text);
	else
		code = cli_fail_err(&e);
	place_close(&p);
	return code;
}

static struct judge *open_judge(struct cli *c, int *code)
{
	struct buf policy = BUF_INIT(LIMIT_POLICY_BYTES), tools = BUF_INIT(LIMIT_ADMIN_BYTES),
		   told = BUF_INIT(1u << 20);
	const char *name, *tools_file = cli_value(c, "tools");
	struct policy_problems problems = { 0 };
	struct judge *j = NULL;
	struct err e = { 0 };
	*code = read_policy(c, &policy, &name);
	if (*code == CLI_OK && tools_file && !file_read(tools_file, &tools, &e))
		*code = cli_fail(CLI_WRONG, "%s", e.text);
	if (*code == CLI_OK) {
		struct slice known =
			tools_file ? slice_of(tools.p ? tools.p : "", tools.n) : slice_of(NULL, 0);
		j = judge_new(slice_of(policy.p ? policy.p : "", policy.n), known, &problems, &e);
		problems_write(&told, name, &problems);
		fputs(buf_str(&told), stderr);
		if (!j)
			*code = problems_refuse(&problems) ? cli_fail(CLI_WRONG, "'%s' is refused", name)
			                                   : cli_fail(CLI_WRONG, "%s", e.text);
	}
	policy_problems_release(&problems);
	buf_release(&policy);
	buf_release(&tools);
	buf_release(&told);
	return j;
}

static bool write_all(struct buf *b)
{
	bool is_good = buf_ok(b) && fwrite(b->p ? b->p : "", 1, b->n, stdout) == b->n;
	buf_clear(b);
	return is_good;
}

/* Takes whole lines off the front of `in`; the last one needs no end when is_last. */
static bool decide_lines(struct judge *j, struct buf *in, bool is_last, struct buf *out)
{
	size_t at = 0;
	bool is_good = true;
	while (is_good && at < in->n) {
		const char *end = memchr(in->p + at, '\n', in->n - at);
		size_t n = end ? (size_t)(end - in->p) - at : in->n - at;
		if (!end && !is_last)
			break;
		struct slice line = slice_trim(slice_of(in->p + at, n));
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n)
			judge_line(j, line, clock_wall_us(), out);
		is_good = write_all(out);
		at += n + (end != NULL);
	}
	buf_consume(in, at);
	return fflush(stdout) == 0 && is_good;
}

static int run_decide(struct cli *c)
{
	struct buf in = BUF_INIT(LIMIT_LINE_BYTES), out = BUF_INIT(LIMIT_LINE_BYTES);
	int code;
	struct judge *j = open_judge(c, &code);
	bool is_last = false;
	while (j && code == CLI_OK && !is_last) {
		char piece[65536];
		ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = cli_fail(CLI_FAILED, "cannot read standard input: %s",
					strerror(errno));
		is_last = n <= 0;
		buf_add(&in, piece, n > 0 ? (size_t)n : 0);
		if (!buf_ok(&in))
			code = cli_fail(CLI_WRONG, "a line is longer than %u bytes",
					LIMIT_LINE_BYTES);
		else if (!decide_lines(j, &in, is_last, &out))
			code = cli_fail(CLI_FAILED, "cannot write the result: %s", strerror(errno));
	}
	if (j)
		judge_free(&j);
	buf_release(&in);
	buf_release(&out);
	return code;
}

/* The line that the judge reads, of the command's words. */
static bool build_call(struct cli *c, struct buf *line, struct err *e)
{
	struct err why = { 0 };
	const char *session = cli_value(c, "session"), *at = cli_value(c, "at");
	buf_adds(line, "{\"tool\":");
	buf_add_json_string(line, slice_str(c->args[0]));
	if (c->arg_n > 1) {
		const struct json *arguments = json_read(slice_str(c->args[1]), &c->arena, &why);
		if (!arguments)
			return err_set(e, ERR_INPUT, "the arguments are no JSON: %s", why.text);
		buf_adds(line, ",\"arguments\":");
		json_write(line, arguments);
	}
	if (session) {
		buf_adds(line, ",\"session\":");
		buf_add_json_string(line, slice_str(session));
	}
	if (at) {
		buf_adds(line, ",\"at\":");
		buf_add_json_string(line, slice_str(at));
	}
	buf_addc(line, '}');
	return true;
}

static const char *text_of(struct cli *c, const struct json *object, const char *key)
{
	struct slice s = json_string(json_gets(object, key));
	return arena_strndup(&c->arena, s.n ? s.p : "", s.n);
}

static void write_explanation(struct buf *b, struct cli *c, const struct json *v)
{
	static const char *const headings[] = { "RULE", "SAW", "SAYS", "", NULL };
	const struct json *steps = json_gets(v, "steps");
	const char *rule = text_of(c, v, "rule"), *message = text_of(c, v, "message");
	struct table t;
	buf_addf(b, "%s", text_of(c, v, "decision"));
	if (rule && rule[0])
		buf_addf(b, " by %s", table_safe(&c->arena, slice_str(rule)));
	if (message && message[0])
		buf_addf(b, ": %s", table_safe(&c->arena, slice_str(message)));
	buf_adds(b, "\n");
	if (!json_count(steps))
		return;
	buf_adds(b, "\n");
	table_init(&t, &c->arena, headings);
	for (struct json_iter it = json_iter(steps); json_next(&it);) {
		const char *cells[] = { text_of(c, it.value, "rule"), text_of(c, it.value, "saw"),
					text_of(c, it.value, "says"),
					json_true(json_gets(it.value, "decides")) ? "<- decides"
										  : "" };
		table_add(&t, cells);
	}
	table_write(b, &t, 0);
}

static int run_explain(struct cli *c)
{
	struct buf line = BUF_INIT(LIMIT_LINE_BYTES), out = BUF_INIT(LIMIT_LINE_BYTES),
		   shown = BUF_INIT(LIMIT_LINE_BYTES);
	struct err e = { 0 };
	int code = CLI_WRONG;
	struct judge *j = build_call(c, &line, &e) ? open_judge(c, &code) : NULL;
	if (!j && e.text[0])
		code = cli_fail(CLI_WRONG, "%s", e.text);
	if (j && !judge_explain(j, buf_slice(&line), clock_wall_us(), &out, &e))
		code = cli_fail(CLI_WRONG, "%s", e.text);
	if (j && code == CLI_OK) {
		if (c->is_json)
			buf_add_slice(&shown, buf_slice(&out));
		else
			write_explanation(&shown, c, json_read(buf_slice(&out), &c->arena, &e));
		code = cli_print(&shown);
	}
	if (j)
		judge_free(&j);
	buf_release(&line);
	buf_release(&out);
	buf_release(&shown);
	return code;
}

static const struct cli_option decide_options[] = {
	{ "policy", "FILE", "the policy", false },
	{ "stored", "NAME", "a policy that was applied, in place of a file", false },
	{ "tools", "FILE", "the server's tools: a tools/list result, or one tool a line", false },
	{ NULL, NULL, NULL, false },
};

static const struct cli_option explain_options[] = {
	{ "policy", "FILE", "the policy", false },
	{ "stored", "NAME", "a policy that was applied, in place of a file", false },
	{ "tools", "FILE", "the server's tools: a tools/list result, or one tool a line", false },
	{ "session", "TEXT", "the session of the call", false },
	{ "at", "TIME", "when it is made, as 2030-01-01T00:00:00Z; default: now", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_decide = {
	.name = "policy decide",
	.usage = "< CALLS",
	.summary = "decide calls from files, with no gate",
	.details =
		"Reads one call a line from standard input, {\"tool\", \"arguments\", \"session\"?, \"grant\"?, \"at\"?, \"result\"?, "
		"\"delivered\"?} with `at` in RFC 3339, and prints one decision a line, {\"decision\": \"allow\"|\"deny\"|\"approve\", "
		"\"rule\", \"message\"}. Limits count over the lines, and what each session did is remembered: `result` is what an "
		"allowed call returned; `delivered` true says so of one that was not allowed, false denies it. A tool in the file may have "
		"`class`, `severity` and `labels`. Where the tools are not given, a policy that validates arguments refuses.",
	.example = "gatehouse policy decide --policy files.json --tools tools.json < calls.jsonl\n",
	.options = decide_options,
	.run = run_decide,
};

const struct cli_command cmd_policy_explain = {
	.name = "policy explain",
	.usage = "TOOL [ARGUMENTS]",
	.summary = "say rule by rule why a call is decided as it is",
	.details =
		"ARGUMENTS is a JSON object. Every rule that concerns the call is shown with the value that it looked at. Nothing is "
		"taken from counters.",
	.example =
		"gatehouse policy explain read_text_file '{\"path\": \"/etc/passwd\"}' --policy files.json --tools tools.json\n",
	.options = explain_options,
	.args_min = 1,
	.args_max = 2,
	.run = run_explain,
};
