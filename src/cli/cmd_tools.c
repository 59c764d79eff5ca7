/* gatehouse tools: the inventory, the most dangerous first. */
#include "base/limits.h"
#include "catalog/words_of.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "json/json.h"

struct row {
	struct slice server, name;
	const struct json *tool;
	enum severity severity;
	enum category category;
};

static bool is_wanted(const char *wanted, struct slice name)
{
	return !wanted || slice_is(name, wanted);
}

static struct slice text_of(const struct json *tool, const char *key)
{
	return json_string(json_gets(tool, key));
}

static bool has_grant(const struct json *tool, const char *label)
{
	for (struct json_iter it = json_iter(json_gets(tool, "grants")); json_next(&it);)
		if (is_wanted(label, text_of(it.value, "label")))
			return true;
	return !label;
}

static bool is_shown(struct cli *c, const struct json *tool)
{
	return is_wanted(cli_value(c, "category"), text_of(tool, "category")) &&
	       is_wanted(cli_value(c, "severity"), text_of(tool, "severity")) && has_grant(tool, cli_value(c, "grant")) &&
	       (!cli_has(c, "held") || json_true(json_gets(tool, "held")));
}

/* "agent: allow, other: deny" */
static const char *decisions_of(struct cli *c, const struct json *tool)
{
	struct buf b = BUF_INIT(1u << 20);
	struct slice broken = text_of(tool, "schema_error");
	const char *grant = cli_value(c, "grant");
	for (struct json_iter it = json_iter(json_gets(tool, "grants")); json_next(&it);) {
		struct slice label = text_of(it.value, "label"), word = text_of(it.value, "decision");
		if (is_wanted(grant, label))
			buf_addf(&b, "%s%.*s: %.*s", b.n ? ", " : "", SLICE_ARG(label), SLICE_ARG(word));
	}
	if (broken.n)
		buf_addf(&b, "%snobody: %.*s", b.n ? ", " : "", SLICE_ARG(broken));
	char *copy = b.n ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	buf_release(&b);
	return copy;
}

/* What to look at: the server's word against ours, and what a scan found. */
static const char *notes_of(struct cli *c, const struct json *tool)
{
	struct buf b = BUF_INIT(1u << 16);
	struct slice found = text_of(tool, "found"), category = text_of(tool, "category");
	if (!slice_eq(found, category))
		buf_addf(&b, "found to be %.*s, claims worse", SLICE_ARG(found));
	else if (json_true(json_gets(tool, "disputed")))
		buf_adds(&b, "the server claims otherwise");
	for (struct json_iter it = json_iter(json_gets(tool, "findings")); json_next(&it);)
		buf_addf(&b, "%s%.*s", b.n ? ", " : "", SLICE_ARG(text_of(it.value, "name")));
	char *copy = b.n ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	buf_release(&b);
	return copy;
}

static const char *cell(struct cli *c, struct slice s)
{
	return arena_strndup(&c->arena, s.n ? s.p : "", s.n);
}

static const char *state_of(struct cli *c, const struct json *tool)
{
	struct slice state = text_of(tool, "state");
	return json_true(json_gets(tool, "held")) ? arena_printf(&c->arena, "held: %.*s", SLICE_ARG(state)) : cell(c, state);
}

static void add_row(struct cli *c, struct table *t, const struct row *r)
{
	struct slice text = text_of(r->tool, "description");
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	const char *cells[] = { severity_word(r->severity), category_word(r->category), cell(c, r->server), cell(c, r->name),
				state_of(c, r->tool), decisions_of(c, r->tool), notes_of(c, r->tool),
				cell(c, slice_of(text.p, end ? (size_t)(end - text.p) : text.n)) };
	table_add(t, cells);
}

static int compare(struct slice a, struct slice b)
{
	int d = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
	return d ? d : a.n < b.n ? -1 : a.n > b.n;
}

static int by_name(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int d = compare(a->name, b->name);
	return d ? d : compare(a->server, b->server);
}

static int by_server(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int d = compare(a->server, b->server);
	return d ? d : compare(a->name, b->name);
}

static int by_severity(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->category != b->category)
		return a->category > b->category ? -1 : 1;
	return by_server(x, y);
}

/* What is no valid tool comes first. */
static enum severity severity_of(const struct json *tool)
{
	enum severity s = severity_read(text_of(tool, "severity"));
	return s == SEVERITY_UNKNOWN ? SEVERITY_CRITICAL : s;
}

struct rows {
	struct row *v; /* in the arena */
	size_t n;
	bool is_known;
};

static bool collect(struct cli *c, const struct json *servers, struct rows *out)
{
	const char *wanted = cli_value(c, "server");
	size_t n = 0;
	for (struct json_iter it = json_iter(servers); json_next(&it);)
		n += json_count(json_gets(it.value, "tools"));
	*out = (struct rows){ .v = arena_alloc(&c->arena, (n + 1) * sizeof *out->v), .is_known = !wanted };
	for (struct json_iter it = json_iter(servers); out->v && json_next(&it);) {
		struct slice server = text_of(it.value, "name"), why = text_of(it.value, "error");
		if (!is_wanted(wanted, server))
			continue;
		out->is_known = true;
		if (why.n && !c->is_json)
			cli_note("%s", table_safe(&c->arena, why));
		for (struct json_iter t = json_iter(json_gets(it.value, "tools")); json_next(&t);)
			if (is_shown(c, t.value))
				out->v[out->n++] = (struct row){ server, text_of(t.value, "name"), t.value, severity_of(t.value),
								 category_read(text_of(t.value, "category")) };
	}
	return out->v;
}

static int (*order_of(const struct cli *c))(const void *x, const void *y)
{
	const char *word = cli_value(c, "sort");
	if (!word || strcmp(word, "severity") == 0)
		return by_severity;
	return strcmp(word, "name") == 0 ? by_name : strcmp(word, "server") == 0 ? by_server : NULL;
}

/* One list in the order that was asked for, each with its server. */
static void write_json(struct buf *b, const struct rows *r)
{
	buf_adds(b, "{\"tools\":[");
	for (size_t i = 0; i < r->n; i++) {
		struct buf server = BUF_INIT(4096);
		buf_add_json_string(&server, r->v[i].server);
		buf_adds(b, i ? "," : "");
		json_write_with(b, r->v[i].tool, SLICE_LIT("server"), buf_slice(&server));
		buf_release(&server);
	}
	buf_adds(b, "]}\n");
}

static int print_tools(struct cli *c, struct slice answer)
{
	static const char *const headings[] = { "SEVERITY", "CATEGORY", "SERVER", "TOOL", "STATE", "GRANTS", "NOTES", "DESCRIPTION", NULL };
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	struct rows rows;
	struct table t;
	const struct json *servers = json_gets(json_read(answer, &c->arena, &e), "servers");
	if (!servers || !collect(c, servers, &rows))
		return cli_fail(CLI_FAILED, "the gate's answer cannot be read: %s", e.text);
	if (!rows.is_known)
		return cli_fail(CLI_WRONG, "the gate has no server '%s'", cli_value(c, "server"));
	qsort(rows.v, rows.n, sizeof *rows.v, order_of(c));
	if (c->is_json) {
		write_json(&b, &rows);
		return cli_print(&b);
	}
	table_init(&t, &c->arena, headings);
	for (size_t i = 0; i < rows.n; i++)
		add_row(c, &t, &rows.v[i]);
	table_write(&b, &t, table_terminal_columns());
	return cli_print(&b);
}

static int check_options(struct cli *c)
{
	const char *category = cli_value(c, "category"), *severity = cli_value(c, "severity");
	if (category && category_read(slice_str(category)) == CATEGORY_UNKNOWN && strcmp(category, "unknown") != 0)
		return cli_fail(CLI_WRONG, "'--category %.40s' is none of read, write, execute, destructive, financial, unknown", category);
	if (severity && severity_read(slice_str(severity)) == SEVERITY_UNKNOWN)
		return cli_fail(CLI_WRONG, "'--severity %.40s' is none of low, medium, high, critical", severity);
	if (!order_of(c))
		return cli_fail(CLI_WRONG, "'--sort %.40s' is none of severity, name, server", cli_value(c, "sort"));
	return CLI_OK;
}

static int run(struct cli *c)
{
	struct buf answer = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct place p;
	struct err e = { 0 };
	int code = check_options(c);
	if (code == CLI_OK)
		code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	enum admin_answer how =
		admin_ask(p.config->data_dir, "GET", "/api/v1/tool-report", 180, &answer, &e);
	place_close(&p);
	if (how == ADMIN_DONE)
		code = print_tools(c, buf_slice(&answer));
	else
		code = cli_fail(how == ADMIN_UNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED, "%s",
				e.text);
	buf_release(&answer);
	return code;
}

static const struct cli_option options[] = {
	{ "server", "NAME", "only this server's", false },
	{ "grant", "LABEL", "only what this grant is bound to, and what it may do", false },
	{ "category", "NAME", "only read, write, execute, destructive or financial ones", false },
	{ "severity", "NAME", "only low, medium, high or critical ones", false },
	{ "held", NULL, "only those that wait for a review", false },
	{ "sort", "ORDER", "severity (default: the most dangerous first), name or server", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_tools = {
	.name = "tools",
	.usage = "",
	.summary = "list every tool behind the gate, the most dangerous first, and what each grant may do with it",
	.details =
		"Asks the running gate, which asks servers whose tools it does not know yet. GRANTS: 'conditional': it depends on the "
		"arguments or on a limit; 'hidden': the grant does not even see it. STATE: 'held': nobody sees or calls it until somebody "
		"has looked at it (gatehouse tools review). NOTES: where the server claims otherwise than was found, and what its text says "
		"that no definition has a reason to say.",
	.example = "gatehouse tools --category destructive\n",
	.options = options,
	.run = run,
};
