/* Lists of tools in the forms that people keep them in. */
#include "gate/given.h"
#include "base/check.h"
#include "base/limits.h"

void given_init(struct given *g, struct arena *a)
{
	*g = (struct given){ .arena = a };
	map_init(&g->tools);
}

void given_release(struct given *g)
{
	size_t at = 0;
	struct slice name;
	void *tool;
	while (map_next(&g->tools, &at, &name, &tool)) {
		schema_unref(&((struct given_tool *)tool)->schema);
		free(tool);
	}
	map_release(&g->tools);
}

struct slice given_name(const struct json *definition)
{
	if (json_is(definition, JSON_STRING))
		return json_string(definition);
	struct slice name = json_string(json_gets(definition, "name"));
	return name.n ? name : json_string(json_gets(definition, "tool"));
}

/* Of a row that may have it in `tool`, beside what else it says. */
const struct json *given_definition(const struct json *row)
{
	const struct json *inner = json_gets(row, "tool");
	return json_is(inner, JSON_OBJECT) ? inner : row;
}

/* A name alone says nothing that a policy should go by. */
static bool is_described(const struct json *definition)
{
	return json_gets(definition, "inputSchema") || json_gets(definition, "annotations") ||
	       json_gets(definition, "description");
}

static void find_risk(struct given_tool *t, struct slice server)
{
	struct risk r;
	bool is_said = t->tool_class.n && t->severity.n && json_gets(t->definition, "labels");
	if (is_said || !is_described(t->definition))
		return;
	risk_find(t->definition, server, &r);
	if (r.found == CATEGORY_UNKNOWN)
		return;
	t->tool_class = t->tool_class.n ? t->tool_class : risk_class(&r);
	t->severity = t->severity.n ? t->severity : risk_severity(&r);
	for (size_t i = 0; !json_gets(t->definition, "labels") && i < r.label_n; i++)
		t->labels[t->label_n++] = r.label[i];
}

/* What the row says itself goes before what is found. */
static void keep_risk(struct given_tool *t, struct slice server)
{
	t->tool_class = json_string(json_gets(t->definition, "class"));
	t->severity = json_string(json_gets(t->definition, "severity"));
	find_risk(t, server);
	for (struct json_iter it = json_iter(json_gets(t->definition, "labels")); json_next(&it);)
		if (json_string(it.value).n && t->label_n < POLICY_LABELS_MAX)
			t->labels[t->label_n++] = json_string(it.value);
}

static void keep_tool(struct given *g, const struct json *v)
{
	struct slice server = json_string(json_gets(v, "server"));
	v = given_definition(v);
	struct slice name = given_name(v);
	if (!name.n || map_get(&g->tools, name))
		return;
	struct given_tool *t = mem_zalloc(sizeof *t);
	t->definition = json_is(v, JSON_OBJECT) ? v : NULL;
	keep_risk(t, server);
	(void)!map_put(&g->tools, name, t);
}

/* The list in a document: an array, a tools/list result, the answer around it. */
static const struct json *list_of(const struct json *doc)
{
	if (json_is(doc, JSON_ARRAY))
		return doc;
	const struct json *result = json_gets(doc, "result");
	const struct json *list = json_gets(result ? result : doc, "tools");
	return json_is(list, JSON_ARRAY) ? list : NULL;
}

/* One definition or one bare name a line. Also makes the list that a check wants. */
static bool read_lines(struct given *g, struct slice text, struct err *e)
{
	struct buf all = BUF_INIT(64u << 20);
	struct slice line;
	struct err why = {0};
	size_t at = 0, n = 0;
	buf_addc(&all, '[');
	while (slice_next_line(&text, &line)) {
		at++;
		if (!line.n)
			continue;
		if (n++)
			buf_addc(&all, ',');
		if (line.p[0] != '{' && line.p[0] != '"')
			buf_add_json_string(&all, line);
		else if (json_read(line, g->arena, &why))
			buf_add_slice(&all, line);
		else
			break;
	}
	buf_addc(&all, ']');
	if (!why.kind && buf_ok(&all))
		g->list = json_read(buf_slice(&all), g->arena, &why);
	buf_release(&all);
	if (!g->list)
		return err_set(e, ERR_INPUT, "cannot read the tools: line %zu: %s", at,
			       why.kind ? why.text : "too long");
	return true;
}

bool given_read(struct given *g, struct slice text, struct err *e)
{
	if (!text.p)
		return true;
	const struct json *doc = json_read(text, g->arena, NULL);
	g->list = list_of(doc);
	if (json_is(doc, JSON_OBJECT) && !g->list && !given_name(doc).n && !json_gets(doc, "tool"))
		return err_set(
			e, ERR_INPUT,
			"cannot read the tools: an object must be a tools/list result or a tool");
	if (!g->list && !read_lines(g, text, e))
		return false;
	for (struct json_iter it = json_iter(g->list); json_next(&it);)
		keep_tool(g, it.value);
	return true;
}

bool given_has_schema(struct given_tool *t)
{
	struct schema_opts opts = {.check_format = false};
	struct err e = {0};
	if (t->schema || t->why[0])
		return t->schema != NULL;
	t->schema = schema_new(json_gets(t->definition, "inputSchema"), &opts, &e);
	if (!t->schema)
		snprintf(t->why, sizeof t->why, "%s", e.text[0] ? e.text : "not a schema");
	return t->schema != NULL;
}
