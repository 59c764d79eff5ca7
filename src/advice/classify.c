/* Tools that are judged here: definitions that somebody gives, and the whole list of one server. */
#include "advice/inside.h"
#include "base/limits.h"

static bool is_tools(const struct json *v)
{
	return json_is(v, JSON_ARRAY) && json_count(v) >= 1 && json_count(v) <= LIMIT_ADVICE_TOOLS;
}

static bool judge_one(const struct json *definition, struct slice server, struct arena *a, struct judged *out)
{
	struct profile *p = arena_zalloc(a, sizeof *p);
	if (p) {
		profile_make(definition, server, a, p);
		out->v[out->n++] = p;
	}
	return p != NULL;
}

enum advice_end judge_text(const struct json *given, struct slice server, struct arena *a, struct judged *out,
			   struct err *e)
{
	bool is_one = json_is(given, JSON_OBJECT);
	size_t n = is_one ? 1 : json_count(given);
	if (!is_one && !is_tools(given)) {
		err_set(e, ERR_INPUT, "give a tool definition (an object with name, description and inputSchema), or a list of 1 to %d",
			LIMIT_ADVICE_TOOLS);
		return ADVICE_WRONG;
	}
	*out = (struct judged){ .v = arena_alloc(a, n * sizeof(struct profile *)) };
	bool is_whole = out->v != NULL;
	if (is_one && is_whole)
		is_whole = judge_one(given, server, a, out);
	for (struct json_iter it = json_iter(is_one ? NULL : given); is_whole && json_next(&it);)
		is_whole = judge_one(it.value, server, a, out);
	if (is_whole)
		return ADVICE_FOUND;
	err_set(e, ERR_LIMIT, "these definitions need too much memory: send fewer of them");
	return ADVICE_WRONG;
}

void judged_write_policy(struct buf *b, const struct judged *j)
{
	recommend_policy(b, (const struct profile *const *)j->v, j->n);
}

enum advice_end advice_classify(struct slice text, struct buf *b, struct err *e)
{
	struct arena arena;
	struct judged j;
	struct err why = { 0 };
	enum advice_end end = ADVICE_WRONG;
	arena_init(&arena, ADVICE_ARENA);
	const struct json *root = json_read(text, &arena, &why), *list = json_gets(root, "tools");
	if (!root)
		err_set(e, ERR_INPUT, "the body is not JSON that can be used: %s", why.text);
	else if (list && !json_is(list, JSON_ARRAY))
		err_set(e, ERR_INPUT, "'tools' must be a list of definitions as tools/list has them");
	else
		end = judge_text(list ? list : root, list ? json_string(json_gets(root, "server")) : slice_of("", 0), &arena, &j, e);
	if (end == ADVICE_FOUND) {
		buf_adds(b, "{\"tools\":[");
		for (size_t i = 0; i < j.n; i++) {
			buf_adds(b, i ? "," : "");
			profile_write(b, j.v[i]);
		}
		buf_adds(b, "],\"policy\":");
		judged_write_policy(b, &j);
		buf_addc(b, '}');
	}
	arena_release(&arena);
	return end;
}

struct collecting {
	struct arena *a;
	struct index_tool **v;
	size_t n, cap;
	bool is_full;
};

static bool keep(struct arena *a, struct slice *s)
{
	char *p = arena_strndup(a, s->n ? s->p : "", s->n);
	s->p = p;
	return p != NULL;
}

static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct collecting *c = ctx;
	if (t->removed_us)
		return true;
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 64;
		struct index_tool **grown = arena_realloc(c->a, c->v, c->cap * sizeof *grown, cap * sizeof *grown);
		c->is_full = !grown;
		if (!grown)
			return false;
		c->v = grown;
		c->cap = cap;
	}
	struct index_tool *copy = arena_alloc(c->a, sizeof *copy);
	c->is_full = !copy;
	if (!copy)
		return false;
	*copy = *t;
	copy->profile = slice_of(NULL, 0);
	c->v[c->n++] = copy;
	c->is_full = !(keep(c->a, &copy->server) && keep(c->a, &copy->name) && keep(c->a, &copy->definition) &&
		       keep(c->a, &copy->refused));
	return !c->is_full;
}

bool judge_server(struct index *x, struct slice server, struct arena *a, struct judged *out, struct err *e)
{
	struct collecting c = { .a = a };
	*out = (struct judged){ 0 };
	if (!index_each_tool(x, server, on_tool, &c, e))
		return false;
	out->v = c.is_full ? NULL : arena_alloc(a, (c.n + 1) * sizeof *out->v);
	for (size_t i = 0; out->v && i < c.n; i++) {
		struct profile *p = arena_zalloc(a, sizeof *p);
		if (!p) {
			out->v = NULL;
			break;
		}
		if (!index_profile(c.v[i], a, p, e))
			return false;
		out->v[out->n++] = p;
	}
	return out->v || err_set(e, ERR_LIMIT, "the tools of this server need too much memory");
}
