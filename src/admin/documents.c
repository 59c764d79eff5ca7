/* The documents of administration: status, and all tools with what each grant may do with them. */
#include "admin/inside.h"
#include "policy/policy.h"

static const char *state_name(enum upstream_state s)
{
	static const char *const names[] = {
		[UPSTREAM_UNKNOWN] = "unknown", [UPSTREAM_UP] = "up", [UPSTREAM_DOWN] = "down"
	};
	return names[s];
}

static void add_server(struct buf *b, const struct upstream *u)
{
	struct upstream_status s;
	upstream_status(u, &s);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(upstream_name(u)));
	buf_addf(b, ",\"transport\":\"%s\",\"state\":\"%s\",\"last_error\":", upstream_transport(u), state_name(s.state));
	buf_add_json_string(b, slice_str(s.last_error));
	buf_addf(b, ",\"calls_in_flight\":%zu,\"children\":%zu,\"restarts\":%llu}", s.calls_in_flight, s.children,
	         (unsigned long long)s.restarts);
}

void status_write(struct buf *b, const struct admin *a)
{
	struct gate_counts n = gate_counts(a->o.gate);
	struct grants *grants = a->o.grants(a->o.ctx);
	buf_addf(b, "{\"version\":\"%s\",\"uptime_s\":%llu,\"listen\":", GATEHOUSE_VERSION,
	         (unsigned long long)((loop_now_us(a->o.loop) - a->started_us) / 1000000));
	buf_add_json_string(b, slice_str(a->o.listen));
	buf_adds(b, ",\"servers\":[");
	size_t at = 0;
	bool is_first = true;
	for (struct upstream *u; (u = registry_next(a->o.registry, &at)); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		add_server(b, u);
	}
	buf_addf(b,
	         "],\"grants\":%zu,\"connections\":%zu,\"streams\":%zu,\"calls\":{\"allowed\":%llu,\"refused\":%llu,"
	         "\"failed\":%llu,\"in_flight\":%zu},\"unauthenticated\":%llu",
	         grants_count(grants), http_server_connections(a->o.http), n.streams, (unsigned long long)n.allowed,
	         (unsigned long long)n.refused, (unsigned long long)n.failed, n.in_flight,
	         (unsigned long long)n.unauthenticated);
	if (a->o.approvals) {
		struct approvals_counts k = approvals_counts(a->o.approvals);
		buf_addf(b, ",\"approvals\":{\"reachable\":%s,\"pending\":%llu,\"webhooks_failed\":%llu}",
		         k.is_reachable ? "true" : "false", (unsigned long long)k.pending,
		         (unsigned long long)k.notices_failed);
	}
	buf_addf(b, ",\"journal\":{\"healthy\":%s,\"backlog_bytes\":%llu}}",
	         journal_healthy(a->o.journal) ? "true" : "false",
	         (unsigned long long)journal_backlog(a->o.journal));
	grants_unref(&grants);
}

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t why_size)
{
	(void)ctx;
	(void)mode;
	(void)why;
	(void)why_size;
	return true; /* no arguments are given: what they decide is said to be conditional */
}

/* What a grant may do with a tool, before any arguments are known. */
static const char *decision_word(const struct policy_decision *d)
{
	if (d->effect == POLICY_ALLOW)
		return "allow";
	if (d->effect == POLICY_APPROVE)
		return "approve";
	if (d->is_hidden)
		return "hidden";
	return strstr(d->rule, "/require/") || strstr(d->rule, "/limits/") ? "conditional" : "deny";
}

static void add_grants(struct buf *b, struct grants *grants, struct slice server, struct slice tool, int64_t now_us)
{
	size_t at = 0;
	bool is_first = true;
	for (const struct grant *g; (g = grants_next(grants, &at));) {
		const struct grant_binding *binding = grant_binding(g, server);
		if (!binding)
			continue;
		struct policy_facts f = { .server = server, .tool = tool, .grant_id = g->id,
			                  .grant_label = g->label, .now_us = now_us, .arguments_fit = fits };
		struct policy_decision d;
		policy_decide(binding->policy, &f, &d);
		buf_adds(b, is_first ? "{\"label\":" : ",{\"label\":");
		is_first = false;
		buf_add_json_string(b, g->label);
		buf_addf(b, ",\"decision\":\"%s\",\"rule\":", decision_word(&d));
		buf_add_json_string(b, slice_str(d.rule));
		buf_addc(b, '}');
	}
}

static void add_tool(struct buf *b, const struct admin *a, struct grants *grants, struct slice server,
                     struct catalog_tool *t)
{
	struct arena arena;
	struct err e = { 0 };
	arena_init(&arena, 64 << 20);
	const struct json *definition = json_read(t->definition, &arena, NULL);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, t->name);
	buf_adds(b, ",\"description\":");
	buf_add_json_string(b, json_string(json_gets(definition, "description")));
	if (json_gets(definition, "annotations")) {
		buf_adds(b, ",\"annotations\":");
		json_write(b, json_gets(definition, "annotations"));
	}
	if (json_gets(definition, "inputSchema")) {
		buf_adds(b, ",\"inputSchema\":");
		json_write(b, json_gets(definition, "inputSchema"));
	}
	if (t->refused.p || !catalog_schema(t, &e)) {
		buf_adds(b, ",\"schema_error\":");
		buf_add_json_string(b, t->refused.p ? t->refused : slice_str(e.text));
	}
	buf_adds(b, ",\"grants\":[");
	add_grants(b, grants, server, t->name, loop_wall_us(a->o.loop));
	buf_adds(b, "]}");
	arena_release(&arena);
}

void tools_write(struct buf *b, const struct admin *a)
{
	struct grants *grants = a->o.grants(a->o.ctx);
	size_t at = 0;
	bool is_first = true;
	buf_adds(b, "{\"servers\":[");
	for (struct upstream *u; (u = registry_next(a->o.registry, &at)); is_first = false) {
		struct slice server = slice_str(upstream_name(u));
		struct upstream_status s;
		size_t i = 0;
		upstream_status(u, &s);
		buf_adds(b, is_first ? "{\"name\":" : ",{\"name\":");
		buf_add_json_string(b, server);
		buf_addf(b, ",\"state\":\"%s\",\"error\":", state_name(s.state));
		buf_add_json_string(b, slice_str(s.last_error));
		buf_adds(b, ",\"tools\":[");
		for (struct catalog_tool *t; (t = catalog_next(a->o.catalog, server, &i));) {
			if (i > 1)
				buf_addc(b, ',');
			add_tool(b, a, grants, server, t);
		}
		buf_adds(b, "]}");
	}
	buf_adds(b, "]}");
	grants_unref(&grants);
}
