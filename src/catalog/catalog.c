/* Lists of tools by server: a map for calls, the server's order for lists. */
#include "catalog/catalog.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "catalog/fault.h"

struct list_of_tools {
	struct map by_name;      /* struct catalog_tool, each with one reference of ours */
	struct catalog_tool **v; /* the same, in order */
	size_t n, cap, refused;
	bool is_cut;
};

struct server {
	struct list_of_tools now, next;
	struct buf text; /* of next, as the server wrote it; only while somebody watches */
	bool is_known, is_learning, is_told_stale;
	uint64_t stale_at_us; /* 0: never by itself */
};

struct catalog {
	struct map servers;
	uint64_t changes;
	catalog_watch_fn *watch;
	void *watch_ctx;
};

static void release_list(struct list_of_tools *l)
{
	for (size_t i = 0; i < l->n; i++)
		catalog_tool_unref(&l->v[i]);
	free(l->v);
	map_release(&l->by_name);
	*l = (struct list_of_tools){ 0 };
	map_init(&l->by_name);
}

struct catalog *catalog_new(void)
{
	struct catalog *c = mem_zalloc(sizeof *c);
	map_init(&c->servers);
	return c;
}

static void free_server(struct server *s)
{
	release_list(&s->now);
	release_list(&s->next);
	buf_release(&s->text);
	free(s);
}

void catalog_free(struct catalog **cp)
{
	struct catalog *c = *cp;
	if (!c)
		return;
	struct slice name;
	void *value;
	for (size_t at = 0; map_next(&c->servers, &at, &name, &value);)
		free_server(value);
	map_release(&c->servers);
	free(c);
	*cp = NULL;
}

static struct server *find_server(const struct catalog *c, struct slice name)
{
	return map_get(&c->servers, name);
}

/* One block: the entry, its name, its definition, its reason. */
static struct catalog_tool *new_tool(struct slice name, struct slice definition,
				     const char *refused)
{
	size_t reason_n = refused ? strlen(refused) : 0;
	struct catalog_tool *t = mem_zalloc(sizeof *t + name.n + definition.n + reason_n + 1);
	char *at = (char *)(t + 1);
	if (name.n)
		memcpy(at, name.p, name.n);
	t->name = slice_of(at, name.n);
	at += name.n;
	if (definition.n)
		memcpy(at, definition.p, definition.n);
	t->definition = slice_of(at, definition.n);
	at += definition.n;
	if (reason_n)
		memcpy(at, refused, reason_n);
	t->refused = slice_of(refused ? at : NULL, reason_n);
	t->refs = 1;
	return t;
}

struct catalog_tool *catalog_tool_ref(struct catalog_tool *t)
{
	BUG_ON(!t->refs);
	t->refs++;
	return t;
}

void catalog_tool_unref(struct catalog_tool **tp)
{
	struct catalog_tool *t = *tp;
	*tp = NULL;
	if (!t || --t->refs)
		return;
	schema_unref(&t->schema);
	free(t->schema_error);
	free(t);
}

/* What a tool is told to be in every revision: whoever asked for the list, and in whatever words
 * it was handed on, it is one definition. */
static void write_definition(struct buf *b, const struct json *tool)
{
	const char *comma = "";
	if (!json_is(tool, JSON_OBJECT)) {
		json_write(b, tool);
		return;
	}
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(tool); json_next(&it);) {
		if (slice_is(it.key, "execution") || slice_is(it.key, "outputSchema"))
			continue;
		buf_adds(b, comma);
		comma = ",";
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		json_write(b, it.value);
	}
	buf_addc(b, '}');
}

/* MCP 2025-11-25, Tasks, Tool-Level Negotiation. Not said to clients of the modern era: what was
 * known before stays. */
static void read_task_support(struct catalog_tool *t, const struct json *tool)
{
	const struct json *execution = json_gets(tool, "execution");
	if (execution)
		t->is_task_only = slice_is(json_string(json_gets(execution, "taskSupport")), "required");
}

static struct catalog_tool *make_tool(const struct server *s, struct slice server, const struct json *tool)
{
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES * 2);
	struct slice name = json_string(json_gets(tool, "name"));
	const char *fault = fault_of(tool);
	write_definition(&text, tool);
	if (!buf_ok(&text))
		fault = "the definition is too large";
	if (name.n > LIMIT_TOOL_NAME)
		name.n = LIMIT_TOOL_NAME;
	struct catalog_tool *old = map_get(&s->now.by_name, name);
	struct catalog_tool *t;
	if (old && !old->refused.p && !fault && slice_eq(old->definition, buf_slice(&text))) {
		t = catalog_tool_ref(old);
	} else {
		t = new_tool(name, buf_slice(&text), fault);
		t->hints = catalog_hints(tool);
		risk_find(tool, server, &t->risk);
	}
	read_task_support(t, tool);
	buf_release(&text);
	return t;
}

static void append(struct list_of_tools *l, struct catalog_tool *t)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = mem_realloc(l->v, l->cap * sizeof *l->v);
	}
	l->v[l->n++] = t;
}

/* Which of two definitions would run is the server's secret: neither may be called. */
static void refuse_twin(struct list_of_tools *l, struct catalog_tool *first)
{
	if (first->refused.p)
		return;
	struct catalog_tool *t = new_tool(first->name, first->definition,
					  "the server lists it twice, with different definitions");
	t->hints = first->hints;
	t->risk = first->risk;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i] != first)
			continue;
		map_put(&l->by_name, t->name, t);
		catalog_tool_unref(&l->v[i]);
		l->v[i] = t;
		return;
	}
	BUG_ON(true);
}

static void add_tool(struct server *s, struct slice server, const struct json *tool)
{
	struct list_of_tools *l = &s->next;
	struct catalog_tool *t = make_tool(s, server, tool);
	struct catalog_tool *first = map_get(&l->by_name, t->name);
	if (first) {
		if (!slice_eq(first->definition, t->definition))
			refuse_twin(l, first);
		catalog_tool_unref(&t);
		return;
	}
	append(l, t);
	map_put(&l->by_name, t->name, t);
}

void catalog_begin(struct catalog *c, struct slice name)
{
	struct server *s = find_server(c, name);
	if (!s) {
		s = mem_zalloc(sizeof *s);
		map_init(&s->now.by_name);
		map_init(&s->next.by_name);
		map_put(&c->servers, name, s);
	}
	release_list(&s->next);
	s->text = BUF_INIT(LIMIT_KEPT_LIST);
	s->is_learning = true;
	/* What the server says to be changed from here on is not in this list. */
	s->is_told_stale = false;
}

static bool give_up(struct server *s)
{
	release_list(&s->next);
	buf_release(&s->text);
	s->is_learning = false;
	s->is_told_stale = true;
	return false;
}

/* Elements after a comma each: the first is cut off when all are there. */
static void add_text(struct server *s, const struct json *tool)
{
	buf_addc(&s->text, ',');
	json_write(&s->text, tool);
}

void catalog_watch(struct catalog *c, catalog_watch_fn *fn, void *ctx)
{
	c->watch = fn;
	c->watch_ctx = ctx;
}

static void tell(struct catalog *c, struct server *s, struct slice name, bool is_changed)
{
	buf_adds(&s->text, s->text.n ? "]" : "[]");
	if (c->watch && is_changed && buf_ok(&s->text)) {
		s->text.p[0] = '[';
		c->watch(c->watch_ctx, name, buf_slice(&s->text));
	}
	buf_release(&s->text);
}

bool catalog_add(struct catalog *c, struct slice name, const struct json *tools, struct err *e)
{
	struct server *s = find_server(c, name);
	if (!s || !s->is_learning)
		return err_set(e, ERR_INPUT, "no list of tools is being learned");
	if (!json_is(tools, JSON_ARRAY)) {
		err_set(e, ERR_REMOTE, "'tools' is not an array");
		return give_up(s);
	}
	for (struct json_iter it = json_iter(tools); json_next(&it);) {
		if (s->next.n >= LIMIT_TOOLS_PER_SERVER) {
			s->next.is_cut = true;
			return true;
		}
		if (c->watch)
			add_text(s, it.value);
		add_tool(s, name, it.value);
	}
	return true;
}

static bool is_same(const struct list_of_tools *a, const struct list_of_tools *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i] != b->v[i] && !slice_eq(a->v[i]->definition, b->v[i]->definition))
			return false;
	return true;
}

uint64_t catalog_changes(const struct catalog *c)
{
	return c->changes;
}

void catalog_touch(struct catalog *c)
{
	c->changes++;
}

void catalog_commit(struct catalog *c, struct slice name, uint64_t now_us, uint64_t ttl_ms)
{
	struct server *s = find_server(c, name);
	if (!s || !s->is_learning)
		return;
	bool is_changed = !s->is_known || !is_same(&s->now, &s->next);
	c->changes += is_changed;
	tell(c, s, name, is_changed);
	struct list_of_tools old = s->now;
	s->now = s->next;
	s->next = (struct list_of_tools){ 0 };
	map_init(&s->next.by_name);
	release_list(&old);
	for (size_t i = 0; i < s->now.n; i++)
		s->now.refused += s->now.v[i]->refused.p != NULL;
	s->is_known = true;
	s->is_learning = false;
	s->stale_at_us = ttl_ms ? now_us + ttl_ms * 1000 : 0;
}

bool catalog_learn(struct catalog *c, struct slice server, const struct json *tools,
		   uint64_t now_us, uint64_t ttl_ms, struct err *e)
{
	catalog_begin(c, server);
	if (!catalog_add(c, server, tools, e))
		return false;
	catalog_commit(c, server, now_us, ttl_ms);
	return true;
}

void catalog_forget(struct catalog *c, struct slice name)
{
	struct server *s = map_del(&c->servers, name);
	if (!s)
		return;
	c->changes++;
	free_server(s);
}

struct catalog_tool *catalog_tool(const struct catalog *c, struct slice server, struct slice name)
{
	const struct server *s = find_server(c, server);
	return s ? map_get(&s->now.by_name, name) : NULL;
}

void catalog_risk(const struct catalog *c, struct slice server, const struct json *definition, struct risk *out)
{
	const struct server *s = find_server(c, server);
	struct slice name = json_string(json_gets(definition, "name"));
	const struct catalog_tool *t = s && s->is_learning ? map_get(&s->next.by_name, name) : NULL;
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES * 2);
	write_definition(&text, definition);
	if (!t || !slice_eq(t->definition, buf_slice(&text)))
		t = s ? map_get(&s->now.by_name, name) : NULL;
	if (t && slice_eq(t->definition, buf_slice(&text)))
		*out = t->risk;
	else
		risk_find(definition, server, out);
	buf_release(&text);
}

static void compile(struct catalog_tool *t)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *tool = json_read(t->definition, &a, &e);
	if (tool)
		t->schema =
			schema_new(json_gets(tool, "inputSchema"), &(struct schema_opts){ 0 }, &e);
	if (!t->schema)
		t->schema_error = mem_strdup(e.text);
	arena_release(&a);
}

const struct schema *catalog_schema(struct catalog_tool *t, struct err *e)
{
	if (t->refused.p) {
		err_set(e, ERR_REMOTE, "tool '%.*s' may not be called: %.*s", SLICE_ARG(t->name),
			SLICE_ARG(t->refused));
		return NULL;
	}
	if (!t->is_compiled)
		compile(t);
	t->is_compiled = true;
	if (!t->schema)
		err_set(e, ERR_REMOTE, "the inputSchema of tool '%.*s' cannot be used: %s",
			SLICE_ARG(t->name), t->schema_error);
	return t->schema;
}

struct catalog_status catalog_status(const struct catalog *c, struct slice server, uint64_t now_us)
{
	const struct server *s = find_server(c, server);
	struct catalog_status out = { 0 };
	if (!s)
		return out;
	out.is_known = s->is_known;
	out.is_stale =
		s->is_known && (s->is_told_stale || (s->stale_at_us && now_us >= s->stale_at_us));
	out.is_cut = s->now.is_cut;
	out.tools = s->now.n;
	out.refused = s->now.refused;
	return out;
}

void catalog_mark_stale(struct catalog *c, struct slice server)
{
	struct server *s = find_server(c, server);
	if (s)
		s->is_told_stale = true;
}

struct catalog_tool *catalog_next(const struct catalog *c, struct slice server, size_t *at)
{
	const struct server *s = find_server(c, server);
	return s && *at < s->now.n ? s->now.v[(*at)++] : NULL;
}
