/* One list of all tools. Entries of the catalogue are immutable and counted, so that nothing is copied. */
#include "admin/tools_seen.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdatomic.h>

struct making {
	struct tools_seen *seen;
	size_t cap;
};

static void add_tool(struct making *m, const struct admin *a, struct catalog_tool *t, size_t server)
{
	struct tools_seen *s = m->seen;
	if (!t->name.n)
		return; /* no tool: nobody can call it */
	if (s->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 256;
		s->v = mem_realloc(s->v, m->cap * sizeof *s->v);
	}
	enum pin_state pin = a->o.pins ? pins_state(a->o.pins, s->servers[server], t->name) : PIN_FREE;
	s->v[s->n++] = (struct seen_tool){ .tool = catalog_tool_ref(t), .server = (uint32_t)server, .pin = pin,
		                           .is_held = a->o.pins && pins_holds(a->o.pins, pin) };
}

/* Another whenever what is seen may be another. */
static uint64_t key_now(const struct admin *a)
{
	uint64_t key = 1469598103934665603u;
	uint64_t parts[] = { catalog_changes(a->o.catalog), a->o.pins ? pins_changes(a->o.pins) : 0, registry_count(a->o.registry), 0 };
	size_t at = 0;
	for (struct upstream *u; (u = registry_next(a->o.registry, &at));)
		parts[3] += (uint64_t)(uintptr_t)u;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		key = (key ^ parts[i]) * 1099511628211u;
	return key;
}

static struct tools_seen *make(struct admin *a)
{
	struct tools_seen *s = mem_zalloc(sizeof *s);
	struct making m = { .seen = s };
	size_t at = 0;
	s->refs = 1;
	s->key = key_now(a);
	arena_init(&s->arena, LIMIT_TOOLS_TEXTS);
	s->servers = mem_zalloc((registry_count(a->o.registry) + 1) * sizeof *s->servers);
	for (struct upstream *u; (u = registry_next(a->o.registry, &at));) {
		size_t i = 0, server = s->server_n++;
		s->servers[server] = slice_str(mem_strdup(upstream_name(u)));
		s->unknown += !catalog_status(a->o.catalog, s->servers[server], loop_now_us(a->o.loop)).is_known;
		for (struct catalog_tool *t; (t = catalog_next(a->o.catalog, s->servers[server], &i));)
			add_tool(&m, a, t, server);
	}
	return s;
}

void tools_seen_unref(struct tools_seen **sp)
{
	struct tools_seen *s = *sp;
	*sp = NULL;
	if (!s || --s->refs)
		return;
	for (size_t i = 0; i < s->n; i++)
		catalog_tool_unref(&s->v[i].tool);
	for (size_t i = 0; i < s->server_n; i++)
		free((void *)(uintptr_t)s->servers[i].p);
	arena_release(&s->arena);
	free(s->servers);
	free(s->v);
	free(s->texts);
	free(s);
}

struct tools_seen *tools_seen_now(struct admin *a)
{
	if (a->tools && a->tools->key != key_now(a))
		tools_seen_unref(&a->tools);
	if (!a->tools)
		a->tools = make(a);
	a->tools->refs++;
	return a->tools;
}

static struct slice keep(struct arena *a, struct slice s)
{
	char *p = arena_strndup(a, s.n ? s.p : "", s.n);
	return slice_of(p, p ? s.n : 0);
}

static struct seen_text read_text(const struct seen_tool *t, struct arena *to)
{
	struct arena scratch;
	struct seen_text out = { 0 };
	arena_init(&scratch, 64 << 20);
	const struct json *d = json_read(t->tool->definition, &scratch, NULL);
	struct slice title = json_string(json_gets(d, "title"));
	if (!title.n)
		title = json_string(json_gets(json_gets(d, "annotations"), "title"));
	out.title = keep(to, title);
	out.description = keep(to, json_string(json_gets(d, "description")));
	arena_release(&scratch);
	return out;
}

struct seen_text tools_seen_text(const struct seen_tool *t, struct arena *a)
{
	return read_text(t, a);
}

/* Two workers may read them at the same time: the first list that is whole is the one, and each has an arena of its own until then. */
const struct seen_text *tools_seen_texts(struct tools_seen *s)
{
	struct seen_text *is = atomic_load(&s->texts_of);
	struct seen_text *none = NULL;
	if (is)
		return is;
	struct arena arena;
	arena_init(&arena, LIMIT_TOOLS_TEXTS);
	struct seen_text *v = mem_zalloc((s->n + 1) * sizeof *v);
	for (size_t i = 0; i < s->n; i++)
		v[i] = read_text(&s->v[i], &arena);
	if (atomic_compare_exchange_strong(&s->texts_of, &none, v)) {
		s->arena = arena;
		s->texts = v;
		return v;
	}
	free(v);
	arena_release(&arena);
	return none;
}

const char *tools_state_word(enum pin_state s)
{
	switch (s) {
	case PIN_CHANGED: return "changed";
	case PIN_REJECTED: return "rejected";
	case PIN_NEW:
	case PIN_POISONED:
	case PIN_UNSEEN: return "new";
	case PIN_FREE:
	case PIN_AS_REVIEWED:
	case PIN_STATES: break;
	}
	return "ok";
}

/* Outlives the call where a server takes long. */
struct asking {
	struct loop *loop;
	struct api_call *call; /* NULL: it went on */
	void (*then)(struct api_call *c);
	struct loop_timer timer;
	size_t waiting; /* answers, and the timer */
};

static void go_on(struct asking *k)
{
	struct api_call *c = k->call;
	if (!c)
		return;
	k->call = NULL;
	loop_cancel(k->loop, &k->timer);
	k->then(c);
}

static void on_answer(void *ctx)
{
	struct asking *k = ctx;
	if (--k->waiting)
		return;
	go_on(k);
	free(k);
}

static void on_late(void *ctx)
{
	struct asking *k = ctx;
	k->timer = (struct loop_timer){ 0 };
	go_on(k);
}

void tools_ask_unknown(struct api_call *c, struct slice server, void (*then)(struct api_call *c))
{
	struct admin *a = c->admin;
	struct asking *k = mem_zalloc(sizeof *k);
	size_t at = 0;
	*k = (struct asking){ .loop = a->o.loop, .call = c, .then = then, .waiting = 1 };
	for (struct upstream *u; (u = registry_next(a->o.registry, &at));) {
		struct slice name = slice_str(upstream_name(u));
		struct upstream_status now;
		upstream_status(u, &now);
		if (now.state == UPSTREAM_DOWN || (server.n && !slice_eq(name, server)) ||
		    catalog_status(a->o.catalog, name, loop_now_us(a->o.loop)).is_known)
			continue;
		k->waiting++;
		gate_survey(a->o.gate, upstream_name(u), on_answer, k);
	}
	if (k->waiting > 1)
		k->timer = loop_after(a->o.loop, LIMIT_TOOLS_WAIT_MS, on_late, k);
	on_answer(k);
}
