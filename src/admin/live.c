/* Live lists of tools for workers: asked for, copied, and written as the judge reads them. */
#include "admin/live.h"
#include "base/check.h"

struct gathering {
	struct api_call *call;
	struct live *live;
};

static struct slice keep(struct api_call *c, struct slice s)
{
	char *p = arena_strndup(&c->arena, s.n ? s.p : "", s.n);
	return slice_of(p ? p : "", p ? s.n : 0);
}

static bool copy_tool(struct api_call *c, const struct live *l, struct slice server, const struct catalog_tool *t, struct live_tool *out)
{
	struct slice *labels = arena_alloc(&c->arena, (t->risk.label_n + 1) * sizeof *labels);
	if (!labels)
		return false;
	for (size_t i = 0; i < t->risk.label_n; i++)
		labels[i] = t->risk.label[i]; /* constants */
	*out = (struct live_tool){
		.server = server,
		.name = keep(c, t->name),
		.definition = l->wants_definitions ? keep(c, t->definition) : slice_of("", 0),
		.tool_class = risk_class(&t->risk),
		.severity = risk_severity(&t->risk),
		.labels = labels,
		.label_n = t->risk.label_n,
	};
	return out->name.n == t->name.n && (!l->wants_definitions || out->definition.n == t->definition.n);
}

static bool copy_server(struct api_call *c, struct live *l, const char *name)
{
	const struct catalog *catalog = c->admin->o.catalog;
	struct slice server = keep(c, slice_str(name));
	struct catalog_status s = catalog_status(catalog, server, loop_now_us(c->admin->o.loop));
	struct live_tool *grown = arena_realloc(&c->arena, l->v, l->n * sizeof *grown, (l->n + s.tools + 1) * sizeof *grown);
	size_t at = 0;
	l->is_known = l->is_known && s.is_known;
	if (!grown)
		return false;
	l->v = grown;
	for (struct catalog_tool *t; (t = catalog_next(catalog, server, &at));) {
		if (!t->name.n || (l->only && !slice_is(t->name, l->only)))
			continue;
		if (!copy_tool(c, l, server, t, &l->v[l->n]))
			return false;
		l->n++;
	}
	return true;
}

static bool is_wanted(const struct live *l, const struct upstream *u)
{
	return !l->server.n || slice_is(l->server, upstream_name(u));
}

static void on_asked(void *ctx)
{
	struct gathering *g = ctx;
	struct api_call *c = g->call;
	struct live *l = g->live;
	size_t at = 0;
	if (--l->waiting)
		return;
	l->is_known = !l->server.n;
	for (struct upstream *u; (u = registry_next(c->admin->o.registry, &at));) {
		if (!is_wanted(l, u))
			continue;
		l->is_known = true;
		if (!copy_server(c, l, upstream_name(u))) {
			api_fail(c, 413, "the lists of tools are too large to look at at once: name a server");
			break;
		}
	}
	l->then(c);
}

/* A server that is down is not waited for: what it listed before is looked at, if anything. */
static bool must_ask(const struct admin *a, const struct upstream *u)
{
	struct upstream_status now;
	struct catalog_status s = catalog_status(a->o.catalog, slice_str(upstream_name(u)), loop_now_us(a->o.loop));
	upstream_status(u, &now);
	return s.is_known ? s.is_stale && now.state == UPSTREAM_UP : now.state != UPSTREAM_DOWN;
}

void live_gather(struct api_call *c, struct live *l)
{
	struct gathering *g = arena_zalloc(&c->arena, sizeof *g);
	struct admin *a = c->admin;
	size_t at = 0;
	if (!g) {
		api_fail(c, 413, "the request is too large");
		l->then(c);
		return;
	}
	*g = (struct gathering){ c, l };
	l->waiting = 1;
	for (struct upstream *u; (u = registry_next(a->o.registry, &at));) {
		/* Of all servers what is known is enough: nobody waits for five hundred. */
		if (!l->server.n || !is_wanted(l, u) || !must_ask(a, u))
			continue;
		l->waiting++;
		gate_survey(a->o.gate, upstream_name(u), on_asked, g);
	}
	on_asked(g);
}

bool live_check(struct api_call *c, const struct live *l)
{
	if (l->is_known)
		return true;
	return api_field(c, "/server", "the tools of this server are not known: it cannot be asked for them now");
}

static void write_text(struct buf *b, const char *key, struct slice value)
{
	if (!value.n)
		return;
	buf_addf(b, ",\"%s\":", key);
	buf_add_json_string(b, value);
}

/* The gate's own findings stand in place of what a definition may say by these names. */
static void write_members(struct buf *b, const struct json *definition)
{
	static const char *const own[] = { "name", "class", "severity", "labels", "tool", "server", NULL };
	for (struct json_iter it = json_iter(definition); json_next(&it);) {
		if (slice_is_among(it.key, own))
			continue;
		buf_addc(b, ',');
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		json_write(b, it.value);
	}
}

bool live_write(const struct live *l, struct buf *out, struct arena *a)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		const struct live_tool *t = &l->v[i];
		const struct json *definition = t->definition.n ? json_read(t->definition, a, NULL) : NULL;
		if (t->definition.n && !definition)
			return false;
		buf_adds(out, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(out, t->name);
		write_text(out, "class", t->tool_class);
		write_text(out, "severity", t->severity);
		buf_adds(out, ",\"labels\":[");
		for (size_t k = 0; k < t->label_n; k++) {
			buf_adds(out, k ? "," : "");
			buf_add_json_string(out, t->labels[k]);
		}
		buf_addc(out, ']');
		write_members(out, definition);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return buf_ok(out);
}
