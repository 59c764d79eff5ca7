/* All tools behind the gate: what each can do, whether it is as it was reviewed, and what each grant may do with it. */
#include "admin/inside.h"
#include "base/digest.h"
#include "base/limits.h"
#include "policy/policy.h"
#include "store/pins.h"

static const char *state_name(enum upstream_state s)
{
	static const char *const names[] = {
		[UPSTREAM_UNKNOWN] = "unknown", [UPSTREAM_UP] = "up", [UPSTREAM_DOWN] = "down"
	};
	return names[s];
}

static void add_grants(struct buf *b, const struct admin *a, struct grants *grants, struct slice server,
		       const struct catalog_tool *t)
{
	size_t at = 0;
	bool is_first = true;
	for (const struct grant *g; (g = grants_next(grants, &at));) {
		const struct grant_binding *binding = grant_binding(g, server);
		if (!binding)
			continue;
		struct policy_facts f = { .server = server, .tool = t->name, .grant_id = g->id, .grant_label = g->label,
			                  .tool_class = risk_class(&t->risk), .tool_severity = risk_severity(&t->risk),
			                  .tool_labels = t->risk.label, .tool_label_n = t->risk.label_n,
			                  .now_us = loop_wall_us(a->o.loop) };
		struct policy_decision d;
		policy_decide_tool(binding->policy, &f, &d);
		buf_adds(b, is_first ? "{\"label\":" : ",{\"label\":");
		is_first = false;
		buf_add_json_string(b, g->label);
		buf_addf(b, ",\"decision\":\"%s\",\"rule\":", policy_word(&d));
		buf_add_json_string(b, slice_str(d.rule));
		buf_addc(b, '}');
	}
}

static void add_risk(struct buf *b, const struct risk *r)
{
	buf_addf(b, ",\"category\":\"%s\",\"found\":\"%s\",\"severity\":\"%s\",\"confidence\":%.2f,\"labels\":[",
		 category_word(r->category), category_word(r->found), severity_word(r->severity), r->confidence);
	for (size_t i = 0; i < r->label_n; i++)
		buf_addf(b, "%s\"%.*s\"", i ? "," : "", SLICE_ARG(r->label[i]));
	buf_adds(b, "],\"signals\":");
	signals_write(b, r->signals);
	buf_addf(b, ",\"tokens\":%zu,\"disputed\":%s", r->tokens, r->is_disputed ? "true" : "false");
}

static void add_pin(struct buf *b, const struct admin *a, struct slice server, const struct catalog_tool *t, struct arena *arena)
{
	const struct pin_finding *v = NULL;
	struct store_pin kept;
	struct err e = { 0 };
	bool found = false;
	char hex[2 * STORE_PIN_SIZE + 1], name[LIMIT_NAME + 1];
	size_t n = a->o.pins ? pins_findings(a->o.pins, server, t->name, &v) : 0;
	enum pin_state s = a->o.pins ? pins_state(a->o.pins, server, t->name) : PIN_FREE;
	snprintf(name, sizeof name, "%.*s", SLICE_ARG(server));
	buf_addf(b, ",\"state\":\"%s\",\"held\":%s", pin_state_word(s), a->o.pins && pins_holds(a->o.pins, t->pin) ? "true" : "false");
	if (a->o.store && store_pin_get(a->o.store, name, t->name, arena, &kept, &found, &e) && found) {
		digest_hex(s == PIN_AS_REVIEWED ? kept.pin : kept.waiting_pin, STORE_PIN_SIZE, hex);
		buf_addf(b, ",\"pin\":\"%s\"", hex);
	}
	buf_adds(b, ",\"findings\":[");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s{\"name\":\"%s\",\"certain\":%s,\"where\":", i ? "," : "", v[i].name, v[i].is_certain ? "true" : "false");
		buf_add_json_string(b, slice_str(v[i].where));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
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
	add_risk(b, &t->risk);
	add_pin(b, a, server, t, &arena);
	buf_adds(b, ",\"grants\":[");
	add_grants(b, a, grants, server, t);
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
