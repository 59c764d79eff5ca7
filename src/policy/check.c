/*
 * A policy against a server's tools: names that no tool has, and paths that no argument can
 * have. A misspelt path in deny_if never fires, so silence would be the worst answer. In
 * doubt a schema may have a path; only what it plainly does not declare is reported.
 */
#include "base/check.h"
#include "base/glob.h"
#include "base/limits.h"
#include "policy/parse.h"

enum declared { DECLARED_NO = 0, DECLARED_SILENT, DECLARED_YES };

struct walk {
	const struct json *root; /* for $ref */
	int left;                /* schemas that may still be looked at */
};

static enum declared find_steps(struct walk *w, const struct json *schema, const struct step *s,
				size_t n);

/* What is declared and says nothing of what is below it may have anything there. */
static enum declared find_below(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	return find_steps(w, schema, s + 1, n - 1) == DECLARED_NO ? DECLARED_NO : DECLARED_YES;
}

static bool may_be(const struct json *schema, const char *type)
{
	const struct json *t = json_gets(schema, "type");
	if (json_is(t, JSON_STRING))
		return slice_is(json_string(t), type);
	for (struct json_iter it = json_iter(t); json_is(t, JSON_ARRAY) && json_next(&it);)
		if (slice_is(json_string(it.value), type))
			return true;
	return !json_is(t, JSON_ARRAY);
}

static enum declared find_property(struct walk *w, const struct json *schema, const struct step *s,
				   size_t n)
{
	const struct json *properties = json_gets(schema, "properties");
	const struct json *others = json_gets(schema, "additionalProperties");
	const struct json *own = json_get(properties, s->key);
	if (own)
		return find_below(w, own, s, n);
	if (json_gets(schema, "patternProperties") || json_gets(schema, "unevaluatedProperties"))
		return DECLARED_YES;
	if (others)
		return find_below(w, others, s, n);
	return properties ? DECLARED_NO : DECLARED_SILENT;
}

static enum declared find_element(struct walk *w, const struct json *schema, const struct step *s,
				  size_t n)
{
	const struct json *first = json_gets(schema, "prefixItems"),
			  *items = json_gets(schema, "items");
	if (s->kind == STEP_EACH && (first || may_be(schema, "object")))
		return DECLARED_YES;
	if (s->kind == STEP_INDEX && s->index < json_count(first))
		return find_below(w, json_at(first, s->index), s, n);
	return items ? find_below(w, items, s, n) : DECLARED_SILENT;
}

static const struct json *resolve(const struct json *root, struct slice ref)
{
	char token[256];
	if (!ref.n || ref.p[0] != '#')
		return NULL;
	for (size_t at = 1; root && at < ref.n;) {
		size_t n = 0;
		if (ref.p[at++] != '/')
			return NULL;
		for (; at < ref.n && ref.p[at] != '/' && n < sizeof token; at++) {
			char c = ref.p[at];
			if (c == '%')
				return NULL;
			if (c == '~' && at + 1 < ref.n)
				c = ref.p[++at] == '1' ? '/' : '~';
			token[n++] = c;
		}
		unsigned long long index;
		bool is_index = json_is(root, JSON_ARRAY) && slice_u64(slice_of(token, n), &index);
		root = is_index ? json_at(root, (size_t)index) : json_get(root, slice_of(token, n));
	}
	return root;
}

static enum declared most(enum declared a, enum declared b)
{
	if (a == DECLARED_YES || b == DECLARED_YES)
		return DECLARED_YES;
	return a == DECLARED_NO || b == DECLARED_NO ? DECLARED_NO : DECLARED_SILENT;
}

static enum declared find_parts(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	static const char *const lists[] = {"allOf", "anyOf", "oneOf"};
	static const char *const single[] = {"then", "else"};
	enum declared d = DECLARED_SILENT;
	const struct json *ref = json_gets(schema, "$ref");
	if (json_gets(schema, "$dynamicRef") || json_gets(schema, "dependentSchemas"))
		return DECLARED_YES;
	if (ref) {
		const struct json *target = resolve(w->root, json_string(ref));
		d = target ? find_steps(w, target, s, n) : DECLARED_YES;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (struct json_iter it = json_iter(json_gets(schema, lists[i])); json_next(&it);)
			d = most(d, find_steps(w, it.value, s, n));
	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		if (json_gets(schema, single[i]))
			d = most(d, find_steps(w, json_gets(schema, single[i]), s, n));
	return d;
}

static enum declared find_steps(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	if (json_is(schema, JSON_BOOL))
		return json_true(schema) ? DECLARED_YES : DECLARED_NO;
	if (n == 0 || !json_is(schema, JSON_OBJECT) || w->left-- <= 0)
		return DECLARED_YES;
	bool is_key = s->kind == STEP_KEY;
	if (!may_be(schema, is_key ? "object" : "array") &&
	    (s->kind != STEP_EACH || !may_be(schema, "object")))
		return DECLARED_NO;
	enum declared own = is_key ? find_property(w, schema, s, n) : find_element(w, schema, s, n);
	return own == DECLARED_YES ? own : most(own, find_parts(w, schema, s, n));
}

static bool may_have(const struct json *schema, const struct path *p)
{
	struct walk w = {schema, 1000};
	return p->root != ROOT_ARGS || p->n == 0 ||
	       find_steps(&w, schema, p->steps, p->n) != DECLARED_NO;
}

struct check {
	struct parser ps;
	const struct json *tools;
	const char **names;
	size_t n;
};

static bool concerns(const struct rules *r, struct slice tool)
{
	return r->kind == RULES_ALL || glob_match(r->name, tool, 0);
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

static void check_path(struct check *c, const struct rules *r, const struct path *p,
		       const char *member)
{
	const struct json *schema = NULL;
	size_t concerned = 0;
	for (struct json_iter it = json_iter(c->tools); json_next(&it);) {
		if (!concerns(r, json_string(json_gets(it.value, "name"))))
			continue;
		schema = json_gets(it.value, "inputSchema");
		if (may_have(schema, p))
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

static void check_rules(struct check *c, const struct rules *r)
{
	check_groups(c, r, &r->require, "require");
	check_groups(c, r, &r->deny_if, "deny_if");
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

static void check_document(struct check *c, const struct policy *p)
{
	size_t mark = parser_enter(&c->ps, SLICE_LIT("hide"));
	for (size_t i = 0; i < p->hide.n; i++) {
		size_t inner = parser_enter_at(&c->ps, i);
		check_name(c, p->hide.v[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
	mark = parser_enter(&c->ps, SLICE_LIT("all_tools"));
	check_rules(c, &p->all_tools);
	parser_leave(&c->ps, mark);
	mark = parser_enter(&c->ps, SLICE_LIT("tools"));
	for (size_t i = 0; i < p->tool_n; i++) {
		size_t inner = parser_enter(&c->ps, p->tools[i].name);
		check_name(c, p->tools[i].name);
		check_rules(c, &p->tools[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

void policy_check_tools(const struct policy *p, struct slice text, const struct json *tools,
			struct policy_problems *problems)
{
	struct check c = {.ps = {.text = text, .problems = problems, .pointer = BUF_INIT(1 << 14)},
			  .tools = tools};
	if (!json_is(tools, JSON_ARRAY))
		return;
	c.names = mem_alloc((json_count(tools) + 1) * sizeof *c.names);
	for (struct json_iter it = json_iter(tools); json_next(&it);) {
		struct slice name = json_string(json_gets(it.value, "name"));
		if (name.n && !memchr(name.p, '\0', name.n))
			c.names[c.n++] = name.p; /* the reader ends strings with a NUL */
	}
	check_document(&c, p);
	free(c.names);
	buf_release(&c.ps.pointer);
}
