/*
 * A policy against itself and a server's tools: names that no tool has, paths that no argument can
 * have, and what lint.c and reach.c find. A misspelt path in deny_if never fires, so silence would
 * be the worst answer.
 */
#include "policy/check.h"
#include "base/check.h"
#include "base/glob.h"

struct slice check_tool_name(const struct json *tool)
{
	return json_string(json_gets(tool, "name"));
}

struct slice check_tool_class(const struct json *tool)
{
	return json_string(json_gets(tool, "class"));
}

bool check_concerns(const struct check *c, const struct rules *r, const struct json *tool)
{
	switch (r->kind) {
	case RULES_ALL:
		return true;
	case RULES_TOOL:
		return glob_match(r->name, check_tool_name(tool), 0);
	case RULES_CLASS:
		break;
	}
	return policy_find_rules(c->policy, check_tool_name(tool), check_tool_class(tool)) == r;
}

static const char *near_argument(const struct json *schema, const struct path *p)
{
	const char *names[200];
	size_t n = 0;
	for (struct json_iter it = json_iter(json_gets(schema, "properties"));
	     n < ARRAY_LEN(names) && json_next(&it);)
		names[n++] = it.key.p;
	return p->steps[0].kind == STEP_KEY ? nearest_name(p->steps[0].key, names, n) : NULL;
}

/* r NULL: a path that any tool may have. */
static void check_path(struct check *c, const struct rules *r, const struct path *p,
		       const char *member)
{
	const struct json *schema = NULL;
	size_t concerned = 0;
	for (struct json_iter it = json_iter(c->tools); json_next(&it);) {
		if (r && !check_concerns(c, r, it.value))
			continue;
		schema = json_gets(it.value, "inputSchema");
		if (schema_may_have_path(schema, p))
			return;
		concerned++;
	}
	if (!concerned)
		return;
	size_t mark = parser_enter(&c->ps, slice_str(member));
	const char *near = concerned == 1 ? near_argument(schema, p) : NULL;
	struct slice path = slice_of(p->text.p, p->text.n > 80 ? 80 : p->text.n);
	if (concerned > 1)
		parser_warn(&c->ps, "none of the %zu tools that this concerns can have '%.*s'",
			    concerned, SLICE_ARG(path));
	else if (near && !json_get(json_gets(schema, "properties"), p->steps[0].key))
		parser_warn(&c->ps, "the tool has no argument for '%.*s' (did you mean '%s'?)",
			    SLICE_ARG(path), near);
	else
		parser_warn(&c->ps, "the tool has no argument for '%.*s'", SLICE_ARG(path));
	parser_leave(&c->ps, mark);
}

static void check_groups(struct check *c, const struct rules *r, const struct group_list *list,
			 const char *member)
{
	size_t mark = parser_enter(&c->ps, slice_str(member));
	for (size_t i = 0; i < list->n; i++) {
		size_t group = parser_enter_at(&c->ps, i);
		size_t conditions = parser_enter(&c->ps, SLICE_LIT("conditions"));
		for (size_t j = 0; j < list->v[i].n; j++) {
			size_t condition = parser_enter_at(&c->ps, j);
			check_path(c, r, &list->v[i].conditions[j].path, "path");
			parser_leave(&c->ps, condition);
		}
		parser_leave(&c->ps, conditions);
		parser_leave(&c->ps, group);
	}
	parser_leave(&c->ps, mark);
}

static void check_paths(struct check *c, const struct rules *r)
{
	check_groups(c, r, &r->require, "require");
	check_groups(c, r, &r->deny_if, "deny_if");
	check_groups(c, r, &r->approve_if, "approve_if");
	size_t mark = parser_enter(&c->ps, SLICE_LIT("limits"));
	for (size_t i = 0; i < r->limit_n; i++) {
		size_t inner = parser_enter_at(&c->ps, r->limits[i].place);
		if (r->limits[i].is_from_argument)
			check_path(c, r, &r->limits[i].increment_from, "increment_from");
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

static void check_name(struct check *c, struct slice name)
{
	for (size_t i = 0; i < c->n; i++)
		if (glob_match(name, slice_str(c->names[i]), 0))
			return;
	struct slice shown = slice_of(name.p, name.n > 128 ? 128 : name.n);
	const char *near = glob_is_pattern(name) ? NULL : nearest_name(name, c->names, c->n);
	if (near)
		parser_warn(&c->ps, "no tool is named '%.*s' (did you mean '%s'?)",
			    SLICE_ARG(shown), near);
	else if (glob_is_pattern(name))
		parser_warn(&c->ps, "no tool matches '%.*s'", SLICE_ARG(shown));
	else
		parser_warn(&c->ps, "no tool is named '%.*s'", SLICE_ARG(shown));
}

static void check_rules(struct check *c, const struct rules *r)
{
	if (c->tools)
		check_paths(c, r);
	check_conditions(c, r);
	check_reach(c, r);
}

static void check_flows(struct check *c, const struct policy *p)
{
	size_t mark = parser_enter(&c->ps, SLICE_LIT("flows"));
	for (size_t i = 0; i < p->flow_n; i++) {
		const struct flow *w = &p->flows[i];
		const struct group_list narrow = {&w->narrow, 1};
		size_t inner = parser_enter_at(&c->ps, i);
		size_t conditions = parser_enter(&c->ps, SLICE_LIT("conditions"));
		for (size_t j = 0; c->tools && j < narrow.v->n; j++) {
			size_t condition = parser_enter_at(&c->ps, j);
			check_path(c, NULL, &w->narrow.conditions[j].path, "path");
			parser_leave(&c->ps, condition);
		}
		check_flow_conditions(c, w);
		parser_leave(&c->ps, conditions);
		if (c->tools && w->has_unless_same)
			check_path(c, NULL, &w->unless_same, "unless_same");
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

static void check_hide(struct check *c, const struct policy *p)
{
	size_t mark = parser_enter(&c->ps, SLICE_LIT("hide"));
	for (size_t i = 0; c->tools && i < p->hide.n; i++) {
		size_t inner = parser_enter_at(&c->ps, i);
		check_name(c, p->hide.v[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

static void check_document(struct check *c, const struct policy *p)
{
	check_hide(c, p);
	size_t mark = parser_enter(&c->ps, SLICE_LIT("all_tools"));
	check_rules(c, &p->all_tools);
	parser_leave(&c->ps, mark);
	mark = parser_enter(&c->ps, SLICE_LIT("classes"));
	for (size_t i = 0; i < POLICY_CLASSES; i++) {
		if (!p->classes[i])
			continue;
		size_t inner = parser_enter(&c->ps, p->classes[i]->name);
		check_rules(c, p->classes[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
	mark = parser_enter(&c->ps, SLICE_LIT("tools"));
	for (size_t i = 0; i < p->tool_n; i++) {
		size_t inner = parser_enter(&c->ps, p->tools[i].name);
		if (c->tools)
			check_name(c, p->tools[i].name);
		check_rules(c, &p->tools[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
	check_flows(c, p);
	check_labels(c);
}

void policy_check(const struct policy *p, struct slice text, const struct json *tools,
		  struct policy_problems *problems)
{
	struct check c = {.ps = {.text = text, .problems = problems, .pointer = BUF_INIT(1 << 14)},
			  .policy = p,
			  .tools = json_is(tools, JSON_ARRAY) ? tools : NULL};
	arena_init(&c.arena, 1u << 20);
	c.names = mem_alloc((json_count(c.tools) + 1) * sizeof *c.names);
	for (struct json_iter it = json_iter(c.tools); json_next(&it);) {
		struct slice name = check_tool_name(it.value);
		if (name.n && !memchr(name.p, '\0', name.n))
			c.names[c.n++] = name.p; /* the reader ends strings with a NUL */
	}
	check_document(&c, p);
	free(c.names);
	arena_release(&c.arena);
	buf_release(&c.ps.pointer);
}
