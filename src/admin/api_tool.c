/*
 * One tool, whole: what it says of itself, what was found, how it may be abused, the rule we would write, how it was
 * reviewed, who may call it and how often it was called.
 */
#include "admin/routes.h"
#include "admin/tools_seen.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/limits.h"
#include "catalog/attacks.h"
#include "catalog/profile.h"
#include "catalog/show.h"
#include "store/pins.h"
#include "store/stats.h"

struct whole {
	const char *server, *name;
	struct slice definition, refused;
	enum pin_state pin;
	bool is_held, is_known;
	struct buf grants, findings; /* JSON, made on the loop */
	const char *schema_error;
};

static void release(struct api_call *c)
{
	struct whole *w = c->own;
	buf_release(&w->grants);
	buf_release(&w->findings);
}

void tool_get(struct api_call *c)
{
	struct whole *w = arena_zalloc(&c->arena, sizeof *w);
	if (!w) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	w->server = c->v[0].p;
	w->name = c->v[1].p;
	buf_init(&w->grants, LIMIT_API_ANSWER);
	buf_init(&w->findings, LIMIT_ADMIN_BYTES);
	c->own = w;
	c->over = release;
	api_permit(c, MAY_SEE, c->v[0]);
}

static void add_grant(struct buf *b, const struct grant *g, const struct grant_binding *binding, const struct policy_facts *f)
{
	struct policy_decision d;
	policy_decide_tool(binding->policy, f, &d);
	buf_adds(b, b->n ? ",{\"id\":" : "{\"id\":");
	buf_add_json_string(b, g->id);
	buf_adds(b, ",\"label\":");
	buf_add_json_string(b, g->label);
	buf_adds(b, ",\"policy\":");
	if (binding->policy_name.n)
		buf_add_json_string(b, binding->policy_name);
	else
		buf_adds(b, "null");
	buf_addf(b, ",\"decision\":\"%s\",\"rule\":", policy_word(&d));
	buf_add_json_string(b, slice_str(d.rule));
	buf_addc(b, '}');
}

static void add_grants(struct api_call *c, const struct catalog_tool *t)
{
	struct whole *w = c->own;
	struct grants *grants = c->admin->o.grants(c->admin->o.ctx);
	int64_t now = loop_wall_us(c->admin->o.loop);
	size_t at = 0;
	for (const struct grant *g; (g = grants_next(grants, &at));) {
		const struct grant_binding *binding = grant_binding(g, slice_str(w->server));
		if (!binding || grant_state(g, now) != GRANT_VALID)
			continue;
		struct policy_facts f = { .server = slice_str(w->server), .tool = t->name, .grant_id = g->id, .grant_label = g->label,
			                  .grant_subject = g->subject, .grant_tags = g->tags, .grant_tag_n = g->tag_n,
			                  .tool_class = risk_class(&t->risk), .tool_severity = risk_severity(&t->risk),
			                  .tool_labels = t->risk.label, .tool_label_n = t->risk.label_n, .now_us = now };
		add_grant(&w->grants, g, binding, &f);
	}
	grants_unref(&grants);
}

static void add_findings(struct api_call *c)
{
	struct whole *w = c->own;
	const struct pin_finding *v = NULL;
	size_t n = pins_findings(c->admin->o.pins, slice_str(w->server), slice_str(w->name), &v);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&w->findings, "%s{\"name\":\"%s\",\"certain\":%s,\"where\":", i ? "," : "", v[i].name, v[i].is_certain ? "true" : "false");
		buf_add_json_string(&w->findings, slice_str(v[i].where));
		buf_addc(&w->findings, '}');
	}
}

static struct slice keep(struct api_call *c, struct slice s)
{
	char *p = s.p ? arena_strndup(&c->arena, s.p, s.n) : NULL;
	return slice_of(p, p ? s.n : 0);
}

static void copy(struct api_call *c, struct catalog_tool *t)
{
	struct whole *w = c->own;
	struct admin *a = c->admin;
	struct err e = { 0 };
	w->is_known = true;
	w->definition = keep(c, t->definition);
	w->refused = keep(c, t->refused);
	if (!t->refused.p && !catalog_schema(t, &e))
		w->schema_error = arena_strndup(&c->arena, e.text, strlen(e.text));
	w->pin = a->o.pins ? pins_state(a->o.pins, slice_str(w->server), t->name) : PIN_FREE;
	w->is_held = a->o.pins && pins_holds(a->o.pins, w->pin);
	if (a->o.pins)
		add_findings(c);
	add_grants(c, t);
}

static void add_attacks(struct buf *b, const struct profile *p)
{
	struct err e = { 0 };
	buf_adds(b, ",\"attacks\":[");
	for (size_t i = 0; i < p->attack_n; i++) {
		buf_adds(b, i ? "," : "");
		if (advice_attack(slice_str(p->attack[i]->id), b, &e) != ADVICE_FOUND)
			buf_adds(b, "null"); /* the profile names no other than there are */
	}
	buf_addc(b, ']');
}

static void add_profile(struct api_call *c, const struct whole *w, const struct json *definition)
{
	struct buf *b = &c->out;
	struct profile *p = arena_zalloc(&c->arena, sizeof *p);
	bool is_hidden = false;
	if (!p)
		return;
	profile_make(definition, slice_str(w->server), &c->arena, p);
	buf_adds(b, ",\"profile\":");
	profile_write(b, p);
	add_attacks(b, p);
	buf_adds(b, ",\"recommended_rule\":");
	recommend_rule(b, p, &is_hidden);
	buf_addf(b, ",\"is_hidden_recommended\":%s", is_hidden ? "true" : "false");
}

static bool add_pin(struct api_call *c, const struct whole *w, struct err *e)
{
	struct buf *b = &c->out;
	struct store_pin kept;
	struct store_pin_entry *v;
	bool found = false;
	size_t n = 0;
	if (!store_pin_get(c->store, w->server, slice_str(w->name), &c->arena, &kept, &found, e) ||
	    !store_pin_history(c->store, w->server, w->name, &c->arena, &v, &n, e))
		return false;
	if (found) {
		buf_adds(b, ",\"pin\":");
		store_pin_write_json(b, &kept);
	}
	buf_adds(b, ",\"reviews\":[");
	for (size_t i = 0; i < n; i++) {
		char time[CLOCK_TEXT_SIZE], hex[2 * STORE_PIN_SIZE + 1];
		clock_text(v[i].time_us, time);
		digest_hex(v[i].pin, STORE_PIN_SIZE, hex);
		buf_addf(b, "%s{\"at\":\"%s\",\"what\":\"%s\",\"pin\":\"%s\",\"by\":", i ? "," : "", time, v[i].what, hex);
		buf_add_json_string(b, slice_str(v[i].person));
		buf_adds(b, ",\"note\":");
		buf_add_json_string(b, slice_str(v[i].note));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	return true;
}

static bool add_calls(struct api_call *c, const struct whole *w, struct err *e)
{
	uint64_t days[7], sum = 0;
	int64_t now = clock_wall_us() / 1000000;
	if (!stats_tool_days(c->store, slice_str(w->server), slice_str(w->name), now, days, e))
		return false;
	buf_adds(&c->out, ",\"calls_by_day\":[");
	for (int i = 0; i < 7; i++) {
		buf_addf(&c->out, "%s[%lld,%llu]", i ? "," : "", (long long)(now / STATS_DAY - 6 + i) * STATS_DAY, (unsigned long long)days[i]);
		sum += days[i];
	}
	buf_addf(&c->out, "],\"calls\":%llu", (unsigned long long)sum);
	return true;
}

static void add_texts(struct buf *b, const struct json *definition)
{
	struct slice title = json_string(json_gets(definition, "title"));
	if (title.n) {
		buf_adds(b, ",\"title\":");
		show_json(b, title, 0);
	}
	buf_adds(b, ",\"description\":");
	show_json(b, json_string(json_gets(definition, "description")), 0);
}

static void add_risk(struct buf *b, const struct risk *r)
{
	buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.2f,\"labels\":", category_word(r->category),
	         severity_word(r->severity), r->confidence);
	labels_write(b, r->labels);
	buf_adds(b, ",\"signals\":");
	signals_write(b, r->signals);
	buf_addf(b, ",\"is_disputed\":%s,\"tokens\":%zu", r->is_disputed ? "true" : "false", r->tokens);
}

static void write_tool(struct api_call *c)
{
	struct whole *w = c->own;
	struct buf *b = &c->out;
	struct err e = { 0 };
	struct risk risk;
	const struct json *definition = json_read(w->definition, &c->arena, &e);
	if (!definition) {
		api_fail(c, 503, "its definition cannot be read: %s", e.text);
		return;
	}
	risk_find(definition, slice_str(w->server), &risk);
	buf_adds(b, "{\"server\":");
	buf_add_json_string(b, slice_str(w->server));
	buf_adds(b, ",\"name\":");
	show_json(b, slice_str(w->name), 0);
	add_texts(b, definition);
	add_risk(b, &risk);
	buf_addf(b, ",\"state\":\"%s\",\"is_held\":%s,\"definition\":", tools_state_word(w->pin), w->is_held ? "true" : "false");
	json_write(b, definition);
	if (w->refused.p || w->schema_error) {
		buf_adds(b, ",\"schema_error\":");
		buf_add_json_string(b, w->refused.p ? w->refused : slice_str(w->schema_error));
	}
	add_profile(c, w, definition);
	buf_adds(b, ",\"findings\":[");
	buf_add_slice(b, buf_slice(&w->findings));
	buf_adds(b, "],\"grants\":[");
	buf_add_slice(b, buf_slice(&w->grants));
	buf_addc(b, ']');
	if (!add_pin(c, w, &e) || !add_calls(c, w, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	buf_addc(b, '}');
}

static void on_asked(struct api_call *c)
{
	struct whole *w = c->own;
	struct catalog_tool *t = catalog_tool(c->admin->o.catalog, c->v[0], c->v[1]);
	if (t)
		copy(c, t);
	if (w->is_known) {
		api_work(c, write_tool);
		return;
	}
	api_fail(c, 404, "this server lists no such tool, as far as is known");
	api_answer(c);
}

void tool_get_begin(struct api_call *c)
{
	tools_ask_unknown(c, c->v[0], on_asked);
}
