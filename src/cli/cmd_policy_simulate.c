/* gatehouse policy simulate */
#include "author/simulate.h"
#include "author/span.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"

#define SIMULATE_ARENA (512u << 20)

static bool read_since(const char *word, int64_t *out)
{
	int64_t span;
	if (span_read(slice_str(word), &span)) {
		*out = clock_wall_us() - span;
		return true;
	}
	return clock_parse(slice_str(word), out);
}

static void write_text(struct cli *c, struct buf *b, const struct simulation *s)
{
	static const char *const headings[] = { "SERVER", "TOOL", "WAS", "NOW", "CALLS", "RECORD", "RULE", NULL };
	struct table t;
	table_init(&t, &c->arena, headings);
	for (size_t i = 0; i < s->n; i++) {
		const struct simulated_change *v = &s->v[i];
		const char *rule = v->to_rule[0] ? v->to_rule : v->from_rule;
		const char *cells[] = { v->server, v->tool, v->from, v->to, arena_printf(&c->arena, "%zu", v->calls),
					v->example, rule };
		table_add(&t, cells);
	}
	if (s->n)
		table_write(b, &t, 0);
	buf_addf(b, "%zu calls: %zu decided as they were, %zu otherwise, %zu unknown (they need values)\n", s->calls,
		 s->calls - s->changed - s->unknown, s->changed, s->unknown);
}

static int simulate(struct cli *c, struct arena *a, struct simulate_opts *o)
{
	struct simulation s;
	struct buf out = BUF_INIT(256u << 20);
	struct err e = { 0 };
	o->arena = a;
	if (!simulate_policy(o, &s, &e))
		return cli_fail_err(&e);
	if (c->is_json) {
		simulation_write_json(&out, &s);
		buf_addc(&out, '\n');
	} else
		write_text(c, &out, &s);
	return cli_print(&out);
}

/* Tells every mistake of the policy. */
static int check(const char *file, struct slice text)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(text, &problems);
	struct buf b = BUF_INIT(1u << 20);
	if (!p)
		problems_write(&b, file, &problems);
	fputs(buf_str(&b), stderr);
	bool is_good = p != NULL;
	buf_release(&b);
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good ? CLI_OK : cli_fail(CLI_WRONG, "'%s' is refused", file);
}

static int read_files(struct cli *c, struct buf *policy, struct buf *tools, struct simulate_opts *o)
{
	struct err e = { 0 };
	const char *file = cli_value(c, "policy"), *tools_file = cli_value(c, "tools");
	if (!file)
		return cli_fail(CLI_WRONG, "name the policy: --policy FILE");
	if (!file_read(file, policy, &e) || (tools_file && !file_read(tools_file, tools, &e)))
		return cli_fail(CLI_WRONG, "%s", e.text);
	o->policy = slice_of(policy->p ? policy->p : "", policy->n);
	if (tools_file)
		o->tools = slice_of(tools->p ? tools->p : "", tools->n);
	return check(file, o->policy);
}

static int run(struct cli *c)
{
	struct buf policy = BUF_INIT(LIMIT_POLICY_BYTES), tools = BUF_INIT(LIMIT_ADMIN_BYTES);
	const char *since = cli_value(c, "since"), *server = cli_value(c, "server"), *grant = cli_value(c, "grant");
	struct simulate_opts o = { .filter = { .server = slice_str(server ? server : ""),
					       .grant = slice_str(grant ? grant : "") } };
	struct place p;
	struct arena a;
	if (!read_since(since ? since : "7d", &o.filter.since_us))
		return cli_fail(CLI_WRONG, "'--since %.40s' is no time; write 7d, 12h or 2030-01-01T00:00:00Z", since);
	int code = read_files(c, &policy, &tools, &o);
	if (code == CLI_OK)
		code = place_open(c, &p, false);
	if (code == CLI_OK) {
		arena_init(&a, SIMULATE_ARENA);
		o.store = p.store;
		code = simulate(c, &a, &o);
		arena_release(&a);
		place_close(&p);
	}
	buf_release(&policy);
	buf_release(&tools);
	return code;
}

static const struct cli_option options[] = {
	{ "policy", "FILE", "the new policy", false },
	{ "since", "TIME", "calls from then on: 7d (ago; the default), 12h, or 2030-01-01T00:00:00Z", false },
	{ "server", "NAME", "only calls to this server", false },
	{ "grant", "LABEL", "only calls of this grant", false },
	{ "tools", "FILE", "the servers' tools, for rules that look at classes and labels", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_simulate = {
	.name = "policy simulate",
	.usage = "--policy FILE",
	.summary = "replay recorded calls against another policy: what would change",
	.details =
		"Takes the records of a period in their order and decides each anew, with counters, labels and the times at which they "
		"were made. Records have the names of arguments and no values: where a rule needs a value, the call is counted as "
		"unknown. RECORD is the id of an example, for 'gatehouse audit --id'. Nothing is changed.",
	.example = "gatehouse policy simulate --policy new.json --since 7d --server files\n",
	.options = options,
	.run = run,
};
