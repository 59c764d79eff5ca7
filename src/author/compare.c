/* Asks a judge of each policy the same question, and keeps the answers that differ. */
#include "author/compare.h"
#include "author/boundary.h"
#include "base/glob.h"
#include "base/limits.h"

struct court {
	const struct compare_opts *o;
	struct comparison *out;
	struct judge *judges[2];
	bool is_given; /* calls that count */
	bool is_full;
};

static const char *copy(struct court *c, struct slice s)
{
	const char *text = arena_strndup(c->o->arena, s.p ? s.p : "", s.n);
	c->is_full = c->is_full || !text;
	return text ? text : "";
}

static struct compared_tool *tool_of(struct court *c, struct slice name)
{
	struct comparison *out = c->out;
	for (size_t i = out->tool_n; i-- > 0;)
		if (slice_is(name, out->tools[i].name))
			return &out->tools[i];
	struct compared_tool *v = arena_realloc(c->o->arena, out->tools, out->tool_n * sizeof *v,
						(out->tool_n + 1) * sizeof *v);
	c->is_full = c->is_full || !v;
	if (!v)
		return NULL;
	out->tools = v;
	v[out->tool_n] = (struct compared_tool){.name = copy(c, name)};
	return &v[out->tool_n++];
}

static const struct json *ask(struct court *c, size_t which, struct slice line, struct arena *a)
{
	struct buf out = BUF_INIT(LIMIT_LINE_BYTES);
	if (c->is_given)
		judge_line(c->judges[which], line, c->o->now_us, &out);
	else
		(void)!judge_explain(c->judges[which], line, c->o->now_us, &out, NULL);
	const struct json *v = json_read(buf_slice(&out), a, NULL);
	buf_release(&out);
	return v;
}

static void keep(struct court *c, struct slice tool, struct slice call, const struct json *const answers[2])
{
	struct comparison *out = c->out;
	if (out->call_n == LIMIT_COMPARED_CALLS || c->is_full)
		return;
	if (!out->calls)
		out->calls = arena_alloc(c->o->arena, LIMIT_COMPARED_CALLS * sizeof *out->calls);
	c->is_full = c->is_full || !out->calls;
	if (c->is_full)
		return;
	out->calls[out->call_n++] =
		(struct compared_call){copy(c, tool),
				       copy(c, call),
				       copy(c, json_string(json_gets(answers[0], "decision"))),
				       copy(c, json_string(json_gets(answers[0], "rule"))),
				       copy(c, json_string(json_gets(answers[1], "decision"))),
				       copy(c, json_string(json_gets(answers[1], "rule")))};
}

static void compare_call(struct court *c, struct slice tool, struct slice line, struct slice shown)
{
	struct arena a;
	const struct json *answers[2];
	struct compared_tool *t = tool_of(c, tool);
	if (!t)
		return;
	arena_init(&a, 64u << 20);
	for (size_t i = 0; i < 2; i++)
		answers[i] = ask(c, i, line, &a);
	t->tried++;
	c->out->tried++;
	if (!json_equal(json_gets(answers[0], "decision"), json_gets(answers[1], "decision"))) {
		t->different++;
		c->out->different++;
		keep(c, tool, shown, answers);
	}
	arena_release(&a);
}

struct made_up {
	struct court *court;
	struct slice tool;
};

static void on_made_up(void *ctx, struct slice line, struct slice arguments)
{
	struct made_up *m = ctx;
	compare_call(m->court, m->tool, line, arguments);
}

struct pair {
	struct court *court;
	const struct json *documents[2];
};

static void compare_tool(void *ctx, struct slice name, const struct json *tool)
{
	struct pair *p = ctx;
	struct court *c = p->court;
	struct made_up m = {c, name};
	struct boundary_opts o = {.documents = {p->documents[0], p->documents[1]},
				  .judges = {c->judges[0], c->judges[1]},
				  .name = name,
				  .tool = tool,
				  .arena = c->o->arena,
				  .on_call = on_made_up,
				  .ctx = &m};
	if (!c->is_full)
		boundary_each(&o);
}

/* Names, and no patterns, that either document has; as a list of tools by name alone. */
static void name_tools(const struct json *const documents[2], struct buf *out)
{
	for (size_t i = 0; i < 2; i++)
		for (struct json_iter it = json_iter(json_gets(documents[i], "tools")); json_next(&it);) {
			if (glob_is_pattern(it.key) || (i == 1 && json_get(json_gets(documents[0], "tools"), it.key)))
				continue;
			buf_adds(out, out->n > 1 ? "," : "");
			buf_add_json_string(out, it.key);
		}
}

static void compare_lines(struct court *c, struct slice calls)
{
	struct slice line;
	while (!c->is_full && slice_next_line(&calls, &line)) {
		struct arena a;
		arena_init(&a, 64u << 20);
		if (line.n)
			compare_call(c, json_string(json_gets(json_read(line, &a, NULL), "tool")), line, line);
		arena_release(&a);
	}
}

static bool run(struct court *c, struct slice tools, struct err *e)
{
	struct pair p = {.court = c};
	struct buf names = BUF_INIT(LIMIT_POLICY_BYTES);
	for (size_t i = 0; i < 2; i++)
		p.documents[i] = json_read(c->o->documents[i], c->o->arena, NULL);
	buf_addc(&names, '[');
	if (!tools.p)
		name_tools(p.documents, &names);
	buf_addc(&names, ']');
	struct slice known = tools.p ? tools : buf_slice(&names);
	for (size_t i = 0; i < 2 && (!i || c->judges[0]); i++) {
		struct policy_problems problems = {0};
		c->judges[i] = judge_new(c->o->documents[i], known, &problems, e);
		policy_problems_release(&problems);
	}
	if (c->judges[0] && c->judges[1]) {
		if (c->is_given)
			compare_lines(c, c->o->calls);
		else
			judge_each_tool(c->judges[0], compare_tool, &p);
	}
	bool is_good = c->judges[0] && c->judges[1] && !c->is_full;
	if (c->is_full)
		err_set(e, ERR_LIMIT, "there are too many calls to compare");
	for (size_t i = 0; i < 2; i++)
		judge_free(&c->judges[i]);
	buf_release(&names);
	return is_good;
}

bool compare_policies(const struct compare_opts *o, struct comparison *out, struct err *e)
{
	struct court c = {.o = o, .out = out, .is_given = o->calls.p != NULL};
	*out = (struct comparison){0};
	return run(&c, o->tools, e);
}

void comparison_write_json(struct buf *b, const struct comparison *m)
{
	buf_adds(b, "\"tools\":[");
	for (size_t i = 0; i < m->tool_n; i++) {
		buf_adds(b, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(b, slice_str(m->tools[i].name));
		buf_addf(b, ",\"tried\":%zu,\"different\":%zu}", m->tools[i].tried, m->tools[i].different);
	}
	buf_adds(b, "],\"calls\":[");
	for (size_t i = 0; i < m->call_n; i++) {
		const struct compared_call *v = &m->calls[i];
		const char *const members[][2] = { { "tool", v->tool }, { "call", v->call },
						   { "from", v->from }, { "from_rule", v->from_rule },
						   { "to", v->to },	{ "to_rule", v->to_rule } };
		for (size_t k = 0; k < ARRAY_LEN(members); k++) {
			buf_addf(b, "%s\"%s\":", k ? "," : i ? ",{" : "{", members[k][0]);
			buf_add_json_string(b, slice_str(members[k][1]));
		}
		buf_addc(b, '}');
	}
	buf_addf(b, "],\"tried\":%zu,\"different\":%zu", m->tried, m->different);
}
