/* The snapshot of all grants, and the compiled policies that they share. */
#include "grant/grant.h"
#include "base/check.h"
#include "base/log.h"
#include "base/map.h"
#include "grant/token.h"

/* Memory for the rows of the store. With 10,000 grants of ten servers some 20 MiB are used. */
#define GRANTS_ARENA_MAX (512u << 20)

/* The current version of one policy, compiled. */
struct compiled {
	struct slice name;
	int64_t version;
	struct policy *policy; /* NULL: it does not compile */
};

struct grants {
	size_t refs;
	struct arena arena;
	struct grant *v;
	size_t n;
	struct map by_hash, by_id; /* both to v */
	struct compiled *compiled;
	size_t compiled_n, broken_n;
};

struct grants *grants_ref(struct grants *g)
{
	g->refs++;
	return g;
}

void grants_unref(struct grants **g)
{
	struct grants *it = *g;
	*g = NULL;
	if (!it)
		return;
	BUG_ON(it->refs == 0);
	if (--it->refs)
		return;
	for (size_t i = 0; i < it->compiled_n; i++)
		policy_unref(&it->compiled[i].policy);
	map_release(&it->by_hash);
	map_release(&it->by_id);
	arena_release(&it->arena);
	free(it);
}

static struct slice keep(const char *text)
{
	return slice_str(text ? text : "");
}

static void log_problems(const char *name, int64_t version, const struct policy_problems *problems)
{
	char subject[128];
	snprintf(subject, sizeof subject, "policy %s", name);
	for (size_t i = 0; i < problems->n; i++) {
		const struct policy_problem *p = &problems->v[i];
		if (p->is_warning)
			continue;
		log_error(subject, "version %lld does not compile, every call under it is refused: line %d, "
		                   "column %d: %s", (long long)version, p->line, p->column, p->text);
	}
}

/* Each document is read into memory of its own: it is not needed once it is compiled. */
static bool compile_one(struct store *s, const char *name, struct compiled *out, struct err *e)
{
	struct arena scratch;
	struct store_policy p;
	struct policy_problems problems = { 0 };
	arena_init(&scratch, GRANTS_ARENA_MAX);
	bool found = store_policy_get(s, name, 0, &scratch, &p, e);
	if (found) {
		out->version = p.version;
		out->policy = policy_new(p.text, &problems);
		if (!out->policy)
			log_problems(name, p.version, &problems);
		policy_problems_release(&problems);
	}
	arena_release(&scratch);
	return found;
}

static bool compile_policies(struct grants *g, struct store *s, struct err *e)
{
	struct store_policy *list;
	size_t n;
	if (!store_policies(s, &g->arena, &list, &n, e))
		return false;
	g->compiled = arena_zalloc(&g->arena, (n + 1) * sizeof *g->compiled);
	if (!g->compiled)
		return err_set(e, ERR_LIMIT, "the policies need more memory than they may have");
	for (size_t i = 0; i < n; i++) {
		struct compiled *c = &g->compiled[g->compiled_n];
		c->name = slice_str(list[i].name);
		if (!compile_one(s, list[i].name, c, e))
			return false;
		g->compiled_n++;
		g->broken_n += !c->policy;
	}
	return true;
}

/* Few: a walk. */
static const struct compiled *find_compiled(const struct grants *g, struct slice name)
{
	for (size_t i = 0; i < g->compiled_n; i++) {
		if (slice_eq(g->compiled[i].name, name))
			return &g->compiled[i];
	}
	return NULL;
}

static void bind_policy(const struct grants *g, const struct store_binding *row, struct grant_binding *out)
{
	*out = (struct grant_binding){ .server = keep(row->server), .policy_name = keep(row->policy) };
	if (!row->policy)
		return;
	const struct compiled *c = find_compiled(g, out->policy_name);
	/* Deleted between two reads: as broken as one that does not compile. */
	out->is_broken = !c || !c->policy;
	out->policy = c ? c->policy : NULL;
	out->policy_version = c ? c->version : 0;
}

static bool keep_grant(struct grants *g, const struct store_grant *row, struct grant *out, struct err *e)
{
	struct slice *tags = arena_alloc(&g->arena, (row->tag_n + 1) * sizeof *tags);
	struct grant_binding *bindings = arena_alloc(&g->arena, (row->binding_n + 1) * sizeof *bindings);
	if (!tags || !bindings)
		return err_set(e, ERR_LIMIT, "the grants need more memory than they may have");
	for (size_t i = 0; i < row->tag_n; i++)
		tags[i] = keep(row->tags[i]);
	for (size_t i = 0; i < row->binding_n; i++)
		bind_policy(g, &row->bindings[i], &bindings[i]);
	*out = (struct grant){
		.id = keep(row->id), /* the row lives in the same arena */
		.label = keep(row->label),
		.subject = keep(row->subject),
		.tags = tags,
		.tag_n = row->tag_n,
		.created_us = row->created_us,
		.expires_us = row->expires_us,
		.revoked_us = row->revoked_us,
		.bindings = bindings,
		.binding_n = row->binding_n,
	};
	map_put(&g->by_hash, slice_of((const char *)row->token_hash, DIGEST_SIZE), out);
	map_put(&g->by_id, out->id, out);
	return true;
}

static bool load_grants(struct grants *g, struct store *s, struct err *e)
{
	struct store_grant *rows;
	if (!store_grants(s, &g->arena, &rows, &g->n, e))
		return false;
	g->v = arena_alloc(&g->arena, (g->n + 1) * sizeof *g->v);
	if (!g->v)
		return err_set(e, ERR_LIMIT, "the grants need more memory than they may have");
	for (size_t i = 0; i < g->n; i++) {
		if (!keep_grant(g, &rows[i], &g->v[i], e))
			return false;
	}
	return true;
}

struct grants *grants_load(struct store *s, struct err *e)
{
	struct grants *g = mem_zalloc(sizeof *g);
	g->refs = 1;
	arena_init(&g->arena, GRANTS_ARENA_MAX);
	map_init(&g->by_hash);
	map_init(&g->by_id);
	if (compile_policies(g, s, e) && load_grants(g, s, e))
		return g;
	grants_unref(&g);
	return NULL;
}

struct grants *grants_of_one(const struct grant *one)
{
	struct grants *g = mem_zalloc(sizeof *g);
	g->refs = 1;
	arena_init(&g->arena, GRANTS_ARENA_MAX);
	map_init(&g->by_hash);
	map_init(&g->by_id);
	g->v = arena_zalloc(&g->arena, sizeof *g->v);
	g->compiled = arena_zalloc(&g->arena, (one->binding_n + 1) * sizeof *g->compiled);
	struct grant_binding *bindings = arena_alloc(&g->arena, (one->binding_n + 1) * sizeof *bindings);
	BUG_ON(!g->v || !g->compiled || !bindings);
	for (size_t i = 0; i < one->binding_n; i++) {
		bindings[i] = one->bindings[i];
		if (bindings[i].policy)
			g->compiled[g->compiled_n++].policy = policy_ref(bindings[i].policy);
	}
	*g->v = *one;
	g->v->bindings = bindings;
	g->n = 1;
	map_put(&g->by_id, g->v->id, g->v);
	return g;
}

const struct grant *grants_next(const struct grants *g, size_t *at)
{
	return *at < g->n ? &g->v[(*at)++] : NULL;
}

size_t grants_count(const struct grants *g)
{
	return g->n;
}

size_t grants_broken(const struct grants *g)
{
	return g->broken_n;
}

const struct grant *grants_find(const struct grants *g, struct slice token)
{
	unsigned char hash[DIGEST_SIZE];
	if (!token_hash(token, hash))
		return NULL;
	return map_get(&g->by_hash, slice_of((const char *)hash, sizeof hash));
}

const struct grant *grants_by_id(const struct grants *g, struct slice id)
{
	return map_get(&g->by_id, id);
}

enum grant_state grant_state(const struct grant *g, int64_t now_us)
{
	if (!g)
		return GRANT_UNKNOWN;
	if (g->revoked_us)
		return GRANT_REVOKED;
	if (g->expires_us && now_us >= g->expires_us)
		return GRANT_EXPIRED;
	return GRANT_VALID;
}

const struct grant_binding *grant_binding(const struct grant *g, struct slice server)
{
	size_t low = 0, high = g->binding_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct slice at = g->bindings[middle].server;
		int order = memcmp(at.p, server.p, at.n < server.n ? at.n : server.n);
		if (order == 0)
			order = at.n == server.n ? 0 : at.n < server.n ? -1 : 1;
		if (order == 0)
			return &g->bindings[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
