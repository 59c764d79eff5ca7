/*
 * Decides a call of which only the names of its arguments are known, in the order of decide.c. What
 * depends on a value is unsure; a refusal that comes whatever the values are is still certain.
 */
#include "base/check.h"
#include "policy/program.h"

struct partial {
	const struct policy *p;
	struct facts_view *view;
	const struct slice *names;
	size_t n;
	bool is_unsure; /* something before depends on a value */
	struct policy_decision *d;
};

static bool has_name(const struct partial *t, struct slice name)
{
	for (size_t i = 0; i < t->n; i++)
		if (slice_eq(t->names[i], name))
			return true;
	return false;
}

/* Does the path lead into an argument that was given? Then its value is not known. */
static bool is_given(const struct partial *t, const struct path *path)
{
	return path->root == ROOT_ARGS && (path->n == 0 || path->steps[0].kind != STEP_KEY ||
					   has_name(t, path->steps[0].key));
}

static enum holds condition_may_hold(struct partial *t, const struct condition *c, enum group_use use)
{
	if (is_given(t, &c->path)) {
		/* A name in a record counts as a value that is not null. */
		if (c->path.n == 1 && c->path.steps[0].kind == STEP_KEY && c->op->takes_absent)
			return json_true(c->operand.json) ? HOLDS_YES : HOLDS_NO;
		return HOLDS_UNSURE;
	}
	return condition_holds(c, t->view, use) ? HOLDS_YES : HOLDS_NO;
}

static enum holds group_may_hold(struct partial *t, const struct group *g, enum group_use use)
{
	enum holds decisive = g->is_any ? HOLDS_YES : HOLDS_NO;
	bool is_unsure = false;
	for (size_t i = 0; i < g->n; i++) {
		enum holds h = condition_may_hold(t, &g->conditions[i], use);
		if (h == decisive)
			return h;
		is_unsure = is_unsure || h == HOLDS_UNSURE;
	}
	if (is_unsure)
		return HOLDS_UNSURE;
	return g->n && g->is_any ? HOLDS_NO : HOLDS_YES;
}

static bool refuse(struct partial *t, const char *rule)
{
	say_refusal(t->d, rule, "", "refused");
	return false;
}

static bool check_groups(struct partial *t, const struct rules *r, enum group_use use)
{
	const struct group_list *list = groups_of(r, use);
	enum holds refusing = use == GROUP_REQUIRE ? HOLDS_NO : HOLDS_YES;
	char rule[POLICY_RULE_MAX];
	for (size_t i = 0; i < list->n; i++) {
		enum holds h = group_may_hold(t, &list->v[i], use);
		t->is_unsure = t->is_unsure || h == HOLDS_UNSURE;
		if (h != refusing)
			continue;
		rule_of_group(r, use, &list->v[i], 0, rule);
		return refuse(t, rule);
	}
	return true;
}

static bool check_action(struct partial *t, const struct rules *r)
{
	char rule[POLICY_RULE_MAX];
	if (r->action != ACTION_DENY && r->action != ACTION_HIDE)
		return true;
	rule_of_member(r, "action", rule);
	return refuse(t, rule);
}

/* The flow without what it asks of arguments, then that. */
static enum holds flow_may_fire(struct partial *t, const struct flow *w, uint64_t labels)
{
	struct flow bare = *w;
	bare.narrow.n = 0;
	bare.has_unless_same = false;
	if (!(w->refuse & labels) || !flow_fires(t->p, &bare, labels, t->view))
		return HOLDS_NO;
	enum holds h = w->narrow.n ? group_may_hold(t, &w->narrow, GROUP_FLOW) : HOLDS_YES;
	return h == HOLDS_YES && w->has_unless_same && is_given(t, &w->unless_same) ? HOLDS_UNSURE : h;
}

static bool check_flows(struct partial *t, bool *asks)
{
	uint64_t labels = policy_labels(t->p, t->view->facts).bits;
	char rule[POLICY_RULE_MAX];
	for (size_t i = 0; i < t->p->flow_n; i++) {
		const struct flow *w = &t->p->flows[i];
		enum holds h = flow_may_fire(t, w, labels);
		t->is_unsure = t->is_unsure || h == HOLDS_UNSURE;
		if (h != HOLDS_YES)
			continue;
		rule_of_flow(w, rule);
		if (!w->asks)
			return refuse(t, rule);
		*asks = true;
		say_put(t->d->rule, sizeof t->d->rule, "%s", rule);
	}
	return true;
}

static void check_approval(struct partial *t, const struct rules *r, bool *asks)
{
	if (r->action == ACTION_APPROVE) {
		*asks = true;
		rule_of_member(r, "action", t->d->rule);
	}
	for (size_t i = 0; i < r->approve_if.n && !*asks; i++) {
		enum holds h = group_may_hold(t, &r->approve_if.v[i], GROUP_APPROVE_IF);
		t->is_unsure = t->is_unsure || h == HOLDS_UNSURE;
		*asks = h == HOLDS_YES;
		if (*asks)
			rule_of_group(r, GROUP_APPROVE_IF, &r->approve_if.v[i], 0, t->d->rule);
	}
}

/* Limits that count calls. What counts values, or calls with the same ones, is not known; and of
 * what was in flight at once a record says nothing. */
static bool claim_limits(struct partial *t, const struct rules *r)
{
	char rule[POLICY_RULE_MAX];
	for (size_t i = 0; i < r->limit_n; i++) {
		const struct limit *l = &r->limits[i];
		if (l->kind == QUOTA_CONCURRENT)
			continue;
		if (l->is_repeat || (l->is_from_argument && is_given(t, &l->increment_from))) {
			t->is_unsure = true;
			continue;
		}
		BUG_ON(t->d->claim_n == POLICY_CLAIMS_MAX);
		if (limit_claim(t->p, l, t->view, &t->d->claims[t->d->claim_n], t->d->message, sizeof t->d->message)) {
			t->d->claim_n++;
			continue;
		}
		rule_of_limit(l, rule);
		return refuse(t, rule);
	}
	return true;
}

static bool check_schema(struct partial *t, const struct rules *own, enum holds fits)
{
	if (policy_validation(t->p, own) != POLICY_VALIDATE_OFF) {
		if (fits == HOLDS_NO)
			return refuse(t, "(schema)");
		t->is_unsure = fits == HOLDS_UNSURE;
	}
	t->is_unsure = t->is_unsure || own->schema || t->p->all_tools.schema;
	if (t->p->wants_past && !t->view->facts->past)
		return refuse(t, "(past unknown)");
	return true;
}

static bool check_all(struct partial *t, const struct rules *own, enum holds fits, bool *asks)
{
	const struct rules *all = &t->p->all_tools;
	return check_action(t, own) && check_action(t, all) && check_schema(t, own, fits) &&
	       check_groups(t, own, GROUP_REQUIRE) && check_groups(t, all, GROUP_REQUIRE) &&
	       check_groups(t, own, GROUP_DENY_IF) && check_groups(t, all, GROUP_DENY_IF) &&
	       check_flows(t, asks) && claim_limits(t, own) && claim_limits(t, all);
}

bool policy_decide_names(const struct policy *p, const struct policy_facts *f, const struct slice *names, size_t n,
			 enum policy_fits fits, struct policy_decision *d)
{
	static const struct rules none;
	static const enum holds known[] = {[POLICY_FITS_UNKNOWN] = HOLDS_UNSURE,
					   [POLICY_FITS_NOT] = HOLDS_NO,
					   [POLICY_FITS] = HOLDS_YES};
	struct facts_view view;
	struct partial t = {.p = p, .view = &view, .names = names, .n = n, .d = d};
	const struct rules *r = policy_find_rules(p, f->tool, f->tool_class);
	bool asks = false;
	BUG_ON(f->arguments);
	memset(d, 0, sizeof *d);
	d->is_shadow = p->is_shadow;
	facts_view_init(&view, f);
	if (policy_is_hidden(p, r, f->tool)) {
		say_refusal(d, "(hidden)", "", "refused");
		return true;
	}
	if (!r && !p->allows) {
		say_refusal(d, "(default deny)", "/default", "refused");
		return true;
	}
	if (!check_all(&t, r ? r : &none, known[fits], &asks))
		return true;
	check_approval(&t, r ? r : &none, &asks);
	check_approval(&t, &p->all_tools, &asks);
	d->effect = asks ? POLICY_APPROVE : POLICY_ALLOW;
	return !t.is_unsure;
}

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t why_size)
{
	(void)ctx;
	(void)mode;
	(void)why;
	(void)why_size;
	return true;
}

static enum policy_seen never(void *ctx, struct slice identifier, uint64_t *labels)
{
	(void)ctx;
	(void)identifier;
	*labels = 0;
	return POLICY_SEEN_NEVER;
}

void policy_decide_tool(const struct policy *p, const struct policy_facts *f, struct policy_decision *d)
{
	struct policy_past nothing = {.seen = never};
	struct policy_facts early = *f;
	early.arguments = NULL;
	early.arguments_fit = fits;
	early.past = &nothing;
	policy_decide(p, &early, d);
}

const char *policy_word(const struct policy_decision *d)
{
	if (d->effect == POLICY_ALLOW)
		return "allow";
	if (d->effect == POLICY_APPROVE)
		return "approve";
	if (d->is_hidden)
		return "hidden";
	return strstr(d->rule, "/require/") || strstr(d->rule, "/limits/") ? "conditional" : "deny";
}
