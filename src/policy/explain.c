/* Runs the same questions as decide.c, all of them, and says what each one saw. */
#include "policy/explain.h"
#include "base/check.h"
#include "policy/program.h"
#include <stdarg.h>

struct telling {
	const struct policy *policy;
	struct facts_view *view;
	struct policy_step step;
	void (*on_step)(void *ctx, const struct policy_step *step);
	void *ctx;
};

static void tell(struct telling *t, bool refuses, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void tell(struct telling *t, bool refuses, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(t->step.says, sizeof t->step.says, fmt, args);
	va_end(args);
	t->step.refuses = refuses;
	t->on_step(t->ctx, &t->step);
	memset(&t->step, 0, sizeof t->step);
}

static void name_step(struct telling *t, const char *rule, const char *pointer)
{
	snprintf(t->step.rule, sizeof t->step.rule, "%s", rule);
	snprintf(t->step.pointer, sizeof t->step.pointer, "%s", pointer);
}

struct seen {
	struct buf text;
	size_t n;
};

/* Never the result that ends a walk: all values are to be seen. */
static bool see_value(void *ctx, const struct value *v)
{
	struct seen *s = ctx;
	if (s->text.n > 1000 || s->text.failed)
		return false;
	if (s->n++)
		buf_adds(&s->text, ", ");
	if (v->type == JSON_NONE)
		buf_adds(&s->text, "absent");
	else if (v->json)
		json_write(&s->text, v->json);
	else if (v->type == JSON_STRING)
		buf_add_json_string(&s->text, v->text);
	else if (v->type == JSON_NUMBER)
		buf_add_slice(&s->text, v->text);
	else if (v->type == JSON_OBJECT)
		buf_adds(&s->text, "{}");
	for (size_t i = 0; v->type == JSON_ARRAY && !v->json && i <= v->list_n; i++) {
		buf_adds(&s->text, i == 0 ? "[" : i < v->list_n ? "," : "");
		if (i < v->list_n)
			buf_add_json_string(&s->text, v->list[i]);
		else
			buf_addc(&s->text, ']');
	}
	return false;
}

static void show_value(struct telling *t, const struct path *p)
{
	struct seen s = {.text = BUF_INIT(1 << 20)};
	if (p->has_each) {
		path_each(p, t->view, see_value, &s, true);
	} else {
		struct value room;
		see_value(&s, path_find(p, t->view, &room));
	}
	size_t n = s.text.n, max = sizeof t->step.saw - 4;
	if (n > max) {
		for (n = max; n && ((unsigned char)s.text.p[n] & 0xc0) == 0x80;)
			n--;
		snprintf(t->step.saw, sizeof t->step.saw, "%.*s…", (int)n, s.text.p);
	} else {
		snprintf(t->step.saw, sizeof t->step.saw, "%s",
			 s.text.failed ? "a value too long to show" : buf_str(&s.text));
	}
	buf_release(&s.text);
}

static void explain_groups(struct telling *t, const struct rules *r, enum group_use use)
{
	const struct group_list *list = groups_of(r, use);
	for (size_t i = 0; i < list->n; i++) {
		const struct group *g = &list->v[i];
		for (size_t j = 0; j < g->n; j++) {
			const struct condition *c = &g->conditions[j];
			show_value(t, &c->path);
			rule_of_group(r, use, g, j, t->step.rule);
			pointer_of_group(r, use, i, j, t->step.pointer);
			tell(t, false,
			     condition_holds(c, t->view, use) ? "holds" : "does not hold");
		}
		size_t at;
		bool holds = group_holds(g, t->view, use, &at);
		bool decides = holds == (use != GROUP_REQUIRE);
		rule_of_group(r, use, g, 0, t->step.rule);
		pointer_of_group(r, use, i, GROUP_ITSELF, t->step.pointer);
		tell(t, decides && use != GROUP_APPROVE_IF, "the group %s%s",
		     holds ? "holds" : "does not hold",
		     !decides ? "" : use == GROUP_APPROVE_IF ? ": asks a person" : ": refuses");
	}
}

static void explain_limits(struct telling *t, const struct rules *r)
{
	for (size_t i = 0; i < r->limit_n; i++) {
		const struct limit *l = &r->limits[i];
		struct quota_claim claim;
		char why[200], amount[48], max[48], window[40];
		if (l->is_from_argument)
			show_value(t, &l->increment_from);
		rule_of_limit(l, t->step.rule);
		pointer_of_limit(l, t->step.pointer);
		if (!limit_claim(t->policy, l, t->view, &claim, why, sizeof why)) {
			tell(t, true, "%s: refuses", why);
			continue;
		}
		quota_amount_text(claim.amount, amount);
		quota_amount_text(claim.max, max);
		limit_text(l, window, sizeof window);
		tell(t, false, "counts %s of %s %s", amount, max, window);
	}
}

static void explain_schema(struct telling *t, const struct policy *p, const struct rules *r)
{
	const struct policy_facts *f = t->view->facts;
	enum policy_validate mode = policy_validation(p, r);
	char why[200] = "";
	name_step(t, "(schema)", "");
	if (f->arguments && !json_is(f->arguments, JSON_OBJECT))
		tell(t, true, "arguments are not an object: refuses");
	else if (mode == POLICY_VALIDATE_OFF)
		tell(t, false, "validation is off");
	else if (!f->arguments_fit)
		tell(t, true, "the tool's schema is not known: refuses");
	else if (f->arguments_fit(f->ctx, mode, why, sizeof why))
		tell(t, false, "the arguments fit the tool's schema%s",
		     mode == POLICY_VALIDATE_STRICT ? ", strictly" : "");
	else
		tell(t, true, "%s: refuses", why);
}

static void explain_own_schema(struct telling *t, const struct rules *r)
{
	char why[200] = "";
	if (!r->schema)
		return;
	rule_of_member(r, "schema", t->step.rule);
	pointer_of_rules(r, "schema", t->step.pointer);
	if (rules_schema_fits(t->policy, r, t->view->facts, why, sizeof why))
		tell(t, false, "the arguments fit the policy's schema");
	else
		tell(t, true, "%s: refuses", why);
}

static void explain_action(struct telling *t, const struct rules *r)
{
	if (r->action != ACTION_DENY && r->action != ACTION_APPROVE)
		return;
	pointer_of_rules(r, "action", t->step.pointer);
	rule_of_member(r, "action", t->step.rule);
	if (r->action == ACTION_DENY)
		tell(t, true, "the action is deny: refuses");
	else
		tell(t, false, "the action is require_approval: asks a person");
}

static void explain_past(struct telling *t, const struct policy *p)
{
	if (!p->wants_past)
		return;
	name_step(t, "(past unknown)", "");
	if (t->view->facts->past)
		tell(t, false, "what the session did before is known");
	else
		tell(t, true, "what the session did before is not known: refuses");
}

/* What of the past a flow looks for, in the words of its labels. */
static void show_past(struct telling *t, const struct policy *p, const struct flow *w)
{
	const struct policy_facts *f = t->view->facts;
	size_t n = 0;
	int64_t since_us = flow_since_us(w, f);
	for (size_t i = 0; f->past && i < f->past->label_n; i++) {
		const struct policy_label_seen *l = &f->past->labels[i];
		if (!(policy_label_bits(p, &l->name, 1) & w->after) || l->last_us < since_us)
			continue;
		int m = snprintf(t->step.saw + n, sizeof t->step.saw - n, "%s%.*s", n ? ", " : "",
				 SLICE_ARG(l->name));
		n += m > 0 ? (size_t)m : 0;
		if (n >= sizeof t->step.saw)
			return;
	}
	if (!n)
		snprintf(t->step.saw, sizeof t->step.saw, "none of its labels");
}

static void explain_narrow(struct telling *t, const struct flow *w)
{
	for (size_t i = 0; i < w->narrow.n; i++) {
		const struct condition *c = &w->narrow.conditions[i];
		show_value(t, &c->path);
		rule_of_flow(w, t->step.rule);
		snprintf(t->step.pointer, sizeof t->step.pointer, "/flows/%u/conditions/%zu", w->place,
			 i);
		tell(t, false, condition_holds(c, t->view, GROUP_FLOW) ? "holds" : "does not hold");
	}
}

static void explain_flows(struct telling *t, const struct policy *p)
{
	uint64_t labels = policy_labels(p, t->view->facts).bits;
	for (size_t i = 0; i < p->flow_n; i++) {
		const struct flow *w = &p->flows[i];
		if (w->refuse & labels)
			explain_narrow(t, w);
		rule_of_flow(w, t->step.rule);
		pointer_of_flow(w, t->step.pointer);
		if (!(w->refuse & labels)) {
			tell(t, false, "the tool has none of the labels that it refuses");
			continue;
		}
		show_past(t, p, w);
		if (!t->view->facts->past || !flow_fires(p, w, labels, t->view))
			tell(t, false, "does not fire");
		else
			tell(t, !w->asks, "fires: %s", w->asks ? "asks a person" : "refuses");
	}
}

static void explain_rules(struct telling *t, const struct policy *p, const struct rules *r)
{
	static const struct rules none;
	const struct policy_facts *f = t->view->facts;
	const struct rules *own = r ? r : &none, *all = &p->all_tools;
	char pointer[POLICY_RULE_MAX] = "/default";
	bool is_hidden = policy_is_hidden(p, r, f->tool);
	name_step(t, "(hidden)", "");
	tell(t, is_hidden, is_hidden ? "the tool is hidden: refuses" : "the tool is not hidden");
	if (r)
		pointer_of_rules(r, "", pointer);
	if (r && pointer[0])
		pointer[strlen(pointer) - 1] = '\0'; /* the slash in front of no member */
	name_step(t, r ? "" : p->allows ? "" : "(default deny)", pointer);
	if (r)
		tell(t, false, "the rules of %s'%.*s' apply",
		     r->kind == RULES_CLASS ? "class " : "", SLICE_ARG(r->name));
	else
		tell(t, !p->allows, "nothing names the tool and the default is %s",
		     p->allows ? "allow" : "deny: refuses");
	explain_action(t, own);
	explain_action(t, all);
	explain_schema(t, p, r);
	explain_own_schema(t, own);
	explain_own_schema(t, all);
	explain_past(t, p);
	explain_groups(t, own, GROUP_REQUIRE);
	explain_groups(t, all, GROUP_REQUIRE);
	explain_groups(t, own, GROUP_DENY_IF);
	explain_groups(t, all, GROUP_DENY_IF);
	explain_flows(t, p);
	explain_limits(t, own);
	explain_limits(t, all);
	explain_groups(t, own, GROUP_APPROVE_IF);
	explain_groups(t, all, GROUP_APPROVE_IF);
	if (p->is_shadow) {
		name_step(t, "", "/mode");
		tell(t, false, "the mode is shadow: whatever is decided, the call goes through");
	}
}

void policy_explain(const struct policy *p, const struct policy_facts *f, struct policy_decision *d,
		    void (*on_step)(void *ctx, const struct policy_step *step), void *ctx)
{
	struct facts_view view;
	struct telling t = {.policy = p, .view = &view, .on_step = on_step, .ctx = ctx};
	facts_view_init(&view, f);
	if (p)
		explain_rules(&t, p, policy_find_rules(p, f->tool, f->tool_class));
	policy_decide(p, f, d);
}
