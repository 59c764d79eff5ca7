/* Values for each path that conditions name, then one path at a time around calls that pass. */
#include "author/boundary.h"
#include "base/check.h"
#include "base/glob.h"
#include "base/limits.h"
#include "base/map.h"
#include "policy/path.h"
#include <stdarg.h>

#define PATHS_MAX  64
#define VALUES_MAX 24

struct spot {
	struct path path;
	const char *values[VALUES_MAX]; /* JSON text; NULL: left out */
	size_t n, chosen;
};

struct maker {
	const struct boundary_opts *o;
	struct slice tool;
	struct spot spots[PATHS_MAX];
	size_t n;
	struct map made; /* arguments that were tried */
	size_t calls;
	struct buf line, arguments;
};

static void add_value(struct spot *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if ((!text && !s->values[i]) || (text && s->values[i] && strcmp(text, s->values[i]) == 0))
			return;
	if (s->n < VALUES_MAX)
		s->values[s->n++] = text;
}

static void add_json(struct maker *m, struct spot *s, const struct json *v)
{
	struct buf b = BUF_INIT(1u << 16);
	json_write(&b, v);
	if (buf_ok(&b))
		add_value(s, arena_strndup(m->o->arena, b.p, b.n));
	buf_release(&b);
}

static void add_string(struct maker *m, struct spot *s, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void add_string(struct maker *m, struct spot *s, const char *fmt, ...)
{
	char text[2048];
	struct buf b = BUF_INIT(1u << 14);
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	buf_add_json_string(&b, slice_str(text));
	add_value(s, arena_strndup(m->o->arena, b.p, b.n));
	buf_release(&b);
}

static void add_near_number(struct maker *m, struct spot *s, const struct json *v)
{
	int64_t n;
	add_json(m, s, v);
	if (!json_int64(v, &n) || n <= INT64_MIN + 1 || n == INT64_MAX)
		return;
	add_value(s, arena_printf(m->o->arena, "%lld", (long long)n - 1));
	add_value(s, arena_printf(m->o->arena, "%lld", (long long)n + 1));
}

/* A value of the type that is most likely another one. */
static void add_other(struct maker *m, struct spot *s, const struct json *v)
{
	if (json_is(v, JSON_NUMBER))
		add_near_number(m, s, v);
	else if (json_is(v, JSON_BOOL))
		add_value(s, json_true(v) ? "false" : "true");
	else
		add_value(s, "\"another\"");
}

/* What a pattern says when its special characters are left out. */
static void add_pattern(struct maker *m, struct spot *s, struct slice pattern, const char *special)
{
	char text[256];
	size_t n = 0;
	for (size_t i = 0; i < pattern.n && n + 1 < sizeof text; i++)
		if (!strchr(special, pattern.p[i]))
			text[n++] = pattern.p[i];
	text[n] = '\0';
	add_string(m, s, "%s", text);
	add_string(m, s, "%sx", text);
	add_string(m, s, "x%s", text);
}

static void add_text(struct maker *m, struct spot *s, struct slice op, struct slice v)
{
	struct slice t = slice_of(v.p ? v.p : "", v.n > 500 ? 500 : v.n);
	if (slice_is(op, "regex")) {
		add_pattern(m, s, t, "^$\\()[]{}*+?|");
	} else if (slice_is(op, "glob")) {
		add_pattern(m, s, t, "*?");
	} else if (slice_is(op, "path_within")) {
		add_string(m, s, "%.*s/x", SLICE_ARG(t));
		add_string(m, s, "%.*s/../x", SLICE_ARG(t));
		add_string(m, s, "/etc/passwd");
	} else if (slice_is(op, "host_in") || slice_is(op, "urls_in_hosts")) {
		bool is_below = slice_starts(t, SLICE_LIT("*."));
		add_string(m, s, "https://%s%.*s/", is_below ? "a." : "", SLICE_ARG(is_below ? slice_of(t.p + 2, t.n - 2) : t));
		add_string(m, s, "https://another.example/");
	} else {
		add_string(m, s, "%.*s", SLICE_ARG(t));
		add_string(m, s, "%.*sx", SLICE_ARG(t));
		add_string(m, s, "x%.*s", SLICE_ARG(t));
	}
}

static void add_length(struct maker *m, struct spot *s, const struct json *v)
{
	static const char xs[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	int64_t n;
	if (!json_int64(v, &n) || n < 0 || n + 1 >= (int64_t)sizeof xs)
		return;
	for (int64_t k = n ? n - 1 : 0; k <= n + 1; k++)
		add_string(m, s, "%.*s", (int)k, xs);
}

static void add_for_condition(struct maker *m, struct spot *s, const struct json *c)
{
	static const char *const orders[] = {"lt", "lte", "gt", "gte"};
	struct slice op = json_string(json_gets(c, "op"));
	const struct json *v = json_gets(c, "value");
	bool is_order = false;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		is_order = is_order || slice_is(op, orders[i]);
	if (slice_is(op, "host_private")) {
		add_value(s, "\"http://127.0.0.1/\"");
		add_value(s, "\"https://example.com/\"");
	} else if (slice_is(op, "sql_only")) {
		add_value(s, "\"select 1\"");
		add_value(s, "\"delete from t\"");
	} else if (slice_starts(op, SLICE_LIT("length_"))) {
		add_length(m, s, v);
	} else if (is_order) {
		add_near_number(m, s, v);
	} else if (json_is(v, JSON_ARRAY)) {
		for (struct json_iter it = json_iter(v); json_next(&it);)
			if (slice_is(op, "in") || slice_is(op, "not_in"))
				add_json(m, s, it.value);
			else
				add_text(m, s, op, json_string(it.value));
		add_value(s, "\"another\"");
	} else if (json_is(v, JSON_STRING) && !slice_is(op, "eq") && !slice_is(op, "neq")) {
		add_text(m, s, op, json_string(v));
	} else if (v && !slice_is(op, "exists")) {
		add_json(m, s, v);
		add_other(m, s, v);
	}
}

static bool same_path(const struct path *a, const struct path *b)
{
	return slice_eq(a->text, b->text);
}

static struct spot *spot_of(struct maker *m, struct slice text)
{
	struct path path = {0};
	if (!path_read(text, m->o->arena, &path, NULL) || path.root != ROOT_ARGS || !path.n)
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		if (same_path(&m->spots[i].path, &path))
			return &m->spots[i];
	if (m->n == PATHS_MAX)
		return NULL;
	m->spots[m->n] = (struct spot){.path = path};
	return &m->spots[m->n++];
}

static void read_conditions(struct maker *m, const struct json *list)
{
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct spot *s = spot_of(m, json_string(json_gets(it.value, "path")));
		if (s)
			add_for_condition(m, s, it.value);
	}
}

static void read_rules(struct maker *m, const struct json *rules)
{
	static const char *const lists[] = {"require", "deny_if", "approve_if"};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (struct json_iter it = json_iter(json_gets(rules, lists[i])); json_next(&it);)
			read_conditions(m, json_gets(it.value, "conditions"));
	for (struct json_iter it = json_iter(json_gets(rules, "limits")); json_next(&it);) {
		struct spot *s = spot_of(m, json_string(json_gets(it.value, "increment_from")));
		if (s && json_gets(it.value, "max"))
			add_near_number(m, s, json_gets(it.value, "max"));
	}
}

static void read_document(struct maker *m, const struct json *doc)
{
	read_rules(m, json_gets(doc, "all_tools"));
	for (struct json_iter it = json_iter(json_gets(doc, "classes")); json_next(&it);)
		read_rules(m, it.value);
	for (struct json_iter it = json_iter(json_gets(doc, "tools")); json_next(&it);)
		if (glob_match(it.key, m->tool, 0))
			read_rules(m, it.value);
	for (struct json_iter it = json_iter(json_gets(doc, "flows")); json_next(&it);)
		read_conditions(m, json_gets(it.value, "conditions"));
}

/* A value that the schema of one argument takes, for the plain kinds of schemas. */
static const char *filler(struct maker *m, const struct json *schema)
{
	const struct json *list = json_gets(schema, "enum"), *type = json_gets(schema, "type");
	const struct json *given = json_count(list) ? json_at(list, 0) : json_gets(schema, "const");
	struct slice name = json_is(type, JSON_ARRAY) ? json_string(json_at(type, 0)) : json_string(type);
	if (!given)
		given = json_gets(schema, "default");
	if (!given && (slice_is(name, "number") || slice_is(name, "integer")))
		given = json_gets(schema, "minimum");
	if (given) {
		struct buf b = BUF_INIT(1u << 16);
		json_write(&b, given);
		char *text = arena_strndup(m->o->arena, b.p ? b.p : "", b.n);
		buf_release(&b);
		return text;
	}
	if (slice_is(name, "number") || slice_is(name, "integer"))
		return "1";
	if (slice_is(name, "boolean"))
		return "false";
	return slice_is(name, "array") ? "[]" : slice_is(name, "object") ? "{}" : "\"x\"";
}

static void read_schema(struct maker *m, const struct json *schema)
{
	const struct json *properties = json_gets(schema, "properties");
	for (struct json_iter it = json_iter(json_gets(schema, "required")); json_next(&it);) {
		struct buf path = BUF_INIT(1u << 12);
		buf_adds(&path, "args[");
		buf_add_json_string(&path, json_string(it.value));
		buf_addc(&path, ']');
		struct spot *s = NULL;
		/* The same argument may stand in a condition in its short spelling. */
		for (size_t i = 0; i < m->n; i++)
			if (m->spots[i].path.n == 1 && slice_eq(m->spots[i].path.steps[0].key, json_string(it.value)))
				s = &m->spots[i];
		char *text = arena_strndup(m->o->arena, path.p, path.n);
		if (!s && text)
			s = spot_of(m, slice_of(text, path.n));
		if (s && s->n < VALUES_MAX) {
			memmove(s->values + 1, s->values, s->n * sizeof *s->values);
			s->values[0] = filler(m, json_get(properties, json_string(it.value)));
			s->n++;
		}
		buf_release(&path);
	}
}

static bool begins_alike(const struct path *a, const struct path *b, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		if (i >= a->n || i >= b->n || a->steps[i].kind != b->steps[i].kind ||
		    !slice_eq(a->steps[i].key, b->steps[i].key))
			return false;
	return true;
}

/* The members below what spot `first` shares with others in its first `depth` steps. */
static void write_members(struct maker *m, size_t first, size_t depth)
{
	const struct path *base = &m->spots[first].path;
	bool is_list = base->n > depth && base->steps[depth].kind != STEP_KEY;
	size_t n = 0;
	buf_addc(&m->arguments, is_list ? '[' : '{');
	for (size_t i = 0; i < m->n; i++) {
		struct spot *s = &m->spots[i];
		bool is_new = s->path.n > depth && s->values[s->chosen] && begins_alike(base, &s->path, depth);
		for (size_t j = 0; is_new && j < i; j++)
			is_new = !(m->spots[j].values[m->spots[j].chosen] && begins_alike(&m->spots[j].path, &s->path, depth + 1));
		if (!is_new || (s->path.steps[depth].kind != STEP_KEY) != is_list)
			continue;
		buf_adds(&m->arguments, n++ ? "," : "");
		if (!is_list) {
			buf_add_json_string(&m->arguments, s->path.steps[depth].key);
			buf_addc(&m->arguments, ':');
		}
		if (s->path.n == depth + 1)
			buf_adds(&m->arguments, s->values[s->chosen]);
		else
			write_members(m, i, depth + 1);
	}
	buf_addc(&m->arguments, is_list ? ']' : '}');
}

/* The call with the values that are chosen. */
static void build(struct maker *m)
{
	buf_clear(&m->arguments);
	buf_clear(&m->line);
	if (m->n)
		write_members(m, 0, 0);
	else
		buf_adds(&m->arguments, "{}");
	buf_adds(&m->line, "{\"at\":\"2030-01-01T12:00:00Z\",\"tool\":");
	buf_add_json_string(&m->line, m->tool);
	buf_adds(&m->line, ",\"arguments\":");
	buf_add_slice(&m->line, buf_slice(&m->arguments));
	buf_addc(&m->line, '}');
}

static void make_call(struct maker *m)
{
	build(m);
	if (m->calls == LIMIT_BOUNDARY_CALLS || !buf_ok(&m->line) || map_get(&m->made, buf_slice(&m->arguments)))
		return;
	(void)!map_put(&m->made, buf_slice(&m->arguments), m);
	m->calls++;
	m->o->on_call(m->o->ctx, buf_slice(&m->line), buf_slice(&m->arguments));
}

static size_t refusals(struct maker *m, struct judge *j)
{
	struct buf out = BUF_INIT(16u << 20);
	struct arena a;
	size_t n = 0;
	arena_init(&a, 64u << 20);
	build(m);
	if (judge_explain(j, buf_slice(&m->line), 0, &out, NULL))
		for (struct json_iter it = json_iter(json_gets(json_read(buf_slice(&out), &a, NULL), "steps")); json_next(&it);)
			n += json_true(json_gets(it.value, "refuses"));
	arena_release(&a);
	buf_release(&out);
	return n;
}

/* One path after the other takes the value with which fewest rules refuse. */
static void seek_passing(struct maker *m, struct judge *j)
{
	for (size_t i = 0; i < m->n; i++) {
		struct spot *s = &m->spots[i];
		size_t best = s->chosen, least = refusals(m, j);
		for (size_t k = 0; k < s->n && least; k++) {
			s->chosen = k;
			size_t n = refusals(m, j);
			if (n < least) {
				least = n;
				best = k;
			}
		}
		s->chosen = best;
	}
}

static void vary(struct maker *m)
{
	make_call(m);
	for (size_t i = 0; i < m->n; i++) {
		size_t kept = m->spots[i].chosen;
		for (size_t k = 0; k < m->spots[i].n; k++) {
			m->spots[i].chosen = k;
			make_call(m);
		}
		m->spots[i].chosen = kept;
	}
}

void boundary_each(const struct boundary_opts *o)
{
	struct maker *m = mem_zalloc(sizeof *m);
	m->o = o;
	m->tool = o->name;
	m->line = m->arguments = BUF_INIT(1u << 20);
	map_init(&m->made);
	for (size_t i = 0; i < 2; i++)
		read_document(m, o->documents[i]);
	read_schema(m, json_gets(o->tool, "inputSchema"));
	for (size_t i = 0; i < m->n; i++)
		add_value(&m->spots[i], NULL);
	vary(m);
	for (size_t i = 0; i < 2; i++) {
		seek_passing(m, o->judges[i]);
		vary(m);
	}
	map_release(&m->made);
	buf_release(&m->line);
	buf_release(&m->arguments);
	free(m);
}
