/*
 * Facts to a decision, in the order that the language fixes: hidden, default, schema, require,
 * deny_if, flows, limits, approval. The first refusal ends it. Nothing here allocates or fails.
 */
#include "base/check.h"
#include "policy/program.h"

static inline bool is_held(const struct condition *c, const struct value *v, struct facts_view *f,
			   enum group_use use)
{
	const struct operator *op = c->op;
	if (v->type == JSON_NONE && !op->takes_absent)
		return false;
	switch (op->test ? op->test(&c->operand, v) : op->test_in_view(&c->operand, v, f)) {
	case HOLDS_YES:
		return true;
	case HOLDS_NO:
		return false;
	case HOLDS_UNSURE:
		break;
	}
	return use != GROUP_REQUIRE;
}

struct test {
	const struct condition *c;
	struct facts_view *f;
	enum group_use use;
};

static bool test_one(void *ctx, const struct value *v)
{
	const struct test *t = ctx;
	return is_held(t->c, v, t->f, t->use);
}

/* A path that was not looked at before, or has many values. */
static bool find_and_test(const struct condition *c, struct facts_view *f, enum group_use use)
{
	struct test t = {c, f, use};
	struct value room;
	if (c->path.has_each)
		return path_each(&c->path, f, test_one, &t, use != GROUP_REQUIRE);
	return test_one(&t, path_find(&c->path, f, &room));
}

bool condition_holds(const struct condition *c, struct facts_view *f, enum group_use use)
{
	const struct value *v = path_known(&c->path, f);
	return v ? is_held(c, v, f, use) : find_and_test(c, f, use);
}

bool group_holds(const struct group *g, struct facts_view *f, enum group_use use, size_t *decisive)
{
	if (g->n == 1) { /* most of them */
		*decisive = 0;
		return condition_holds(g->conditions, f, use);
	}
	for (size_t i = 0; i < g->n; i++) {
		*decisive = i;
		if (condition_holds(&g->conditions[i], f, use) == g->is_any)
			return g->is_any;
	}
	*decisive = g->n;
	return !g->is_any || g->n == 0;
}

enum policy_validate policy_validation(const struct policy *p, const struct rules *r)
{
	if (r && r->has_validate)
		return r->validate;
	return p->all_tools.has_validate ? p->all_tools.validate : POLICY_VALIDATE_SCHEMA;
}

static bool check_groups(const struct rules *r, enum group_use use, struct facts_view *f,
			 struct policy_decision *d)
{
	const struct group_list *list = groups_of(r, use);
	for (size_t i = 0; i < list->n; i++) {
		size_t at = 0;
		if (group_holds(&list->v[i], f, use, &at) == (use == GROUP_REQUIRE))
			continue;
		bool has_one = use == GROUP_REQUIRE && at < list->v[i].n;
		rule_of_group(r, use, &list->v[i], has_one ? at : 0, d->rule);
		pointer_of_group(r, use, i, has_one ? at : GROUP_ITSELF, d->pointer);
		say_group(d, &list->v[i], use, at, f);
		return false;
	}
	return true;
}

static void say_action(const struct rules *r, const struct policy_facts *f, struct policy_decision *d)
{
	pointer_of_rules(r, "action", d->pointer);
	rule_of_member(r, "action", d->rule);
	if (r->reason.n)
		say_put(d->message, sizeof d->message, "%.*s", SLICE_ARG(r->reason));
	else
		say_put(d->message, sizeof d->message, "tool '%.*s' %s", SLICE_ARG(f->tool),
			r->action == ACTION_APPROVE ? "needs the approval of a person"
						    : "is refused by policy");
}

static bool check_action(const struct rules *r, const struct policy_facts *f,
			 struct policy_decision *d)
{
	if (r->action == ACTION_ALLOW || r->action == ACTION_APPROVE)
		return true;
	say_action(r, f, d);
	return false;
}

static bool check_schema(const struct policy *p, const struct rules *r,
			 const struct policy_facts *f, struct policy_decision *d)
{
	enum policy_validate mode = policy_validation(p, r);
	if (f->arguments && !json_is(f->arguments, JSON_OBJECT)) {
		say_refusal(d, "(schema)", "", "arguments must be an object");
		return false;
	}
	if (mode == POLICY_VALIDATE_OFF)
		return true;
	if (!f->arguments_fit) {
		say_refusal(d, "(schema)", "",
		       "the arguments of tool '%.*s' cannot be checked: its schema is not known",
		       SLICE_ARG(f->tool));
		return false;
	}
	if (f->arguments_fit(f->ctx, mode, d->message, sizeof d->message)) {
		d->message[0] = '\0';
		return true;
	}
	say_refusal(d, "(schema)", "", "the arguments do not fit the tool: %s", d->message);
	return false;
}

bool rules_schema_fits(const struct policy *p, const struct rules *r, const struct policy_facts *f,
		       char *why, size_t why_size)
{
	struct schema_report report = {.path = ""};
	const struct json *arguments = f->arguments ? f->arguments : p->nothing;
	if (!r->schema || schema_check(r->schema, arguments, SCHEMA_PLAIN, &report))
		return true;
	if (report.path[0])
		say_put(why, why_size, "argument '%s' %s", report.path + 1, report.reason);
	else
		say_put(why, why_size, "the arguments: %s", report.reason);
	return false;
}

static bool check_own_schema(const struct policy *p, const struct rules *r,
			     const struct policy_facts *f, struct policy_decision *d)
{
	if (rules_schema_fits(p, r, f, d->message, sizeof d->message))
		return true;
	rule_of_member(r, "schema", d->rule);
	pointer_of_rules(r, "schema", d->pointer);
	return false;
}

static bool claim_limits(const struct policy *p, const struct rules *r, struct facts_view *f, struct policy_decision *d)
{
	for (size_t i = 0; i < r->limit_n; i++) {
		BUG_ON(d->claim_n == POLICY_CLAIMS_MAX);
		if (limit_claim(p, &r->limits[i], f, &d->claims[d->claim_n], d->message,
				sizeof d->message)) {
			d->claim_n++;
			continue;
		}
		d->claim_n = 0;
		d->allowed[0] = '\0';
		rule_of_limit(&r->limits[i], d->rule);
		pointer_of_limit(&r->limits[i], d->pointer);
		return false;
	}
	return true;
}

static bool check_hidden(const struct policy *p, const struct rules *r,
			 const struct policy_facts *f, struct policy_decision *d)
{
	if (!policy_is_hidden(p, r, f->tool))
		return true;
	struct slice reason = r && r->action == ACTION_HIDE ? r->reason : SLICE_LIT("");
	d->is_hidden = true;
	if (r && r->action == ACTION_HIDE)
		pointer_of_rules(r, "action", d->pointer);
	say_put(d->rule, sizeof d->rule, "(hidden)");
	if (names_match(&p->hide, f->tool, 0))
		say_put(d->pointer, sizeof d->pointer, "/hide");
	else if (!d->pointer[0])
		say_put(d->pointer, sizeof d->pointer, "/all_tools/action");
	if (reason.n)
		say_put(d->message, sizeof d->message, "%.*s", SLICE_ARG(reason));
	else
		say_put(d->message, sizeof d->message, "tool '%.*s' is hidden by policy",
		    SLICE_ARG(f->tool));
	return false;
}

static bool check_default(const struct policy *p, const struct rules *r,
			  const struct policy_facts *f, struct policy_decision *d)
{
	if (r || p->allows)
		return true;
	say_refusal(d, "(default deny)", "/default", "tool '%.*s' is not permitted by policy",
	       SLICE_ARG(f->tool));
	d->is_hidden = p->hides_denied;
	return false;
}

/* What is not known of the past may be what a rule is there for. */
static bool check_past(const struct policy *p, const struct policy_facts *f,
		       struct policy_decision *d)
{
	if (!p->wants_past || f->past)
		return true;
	say_refusal(d, "(past unknown)", "",
		    "what this session did before is not known now, and the policy asks for it");
	return false;
}

/* One approval is enough for a call: where more rules ask, it is the strictest of them. */
static void ask_for(struct policy_decision *d, const struct policy_ask *ask, bool *asks)
{
	if (!*asks) {
		d->ask = *ask;
	} else {
		d->ask.quorum = ask->quorum > d->ask.quorum ? ask->quorum : d->ask.quorum;
		d->ask.expires_s = ask->expires_s < d->ask.expires_s ? ask->expires_s : d->ask.expires_s;
	}
	*asks = true;
}

static bool check_flows(const struct policy *p, struct facts_view *f, struct policy_decision *d,
			bool *asks)
{
	if (!p->flow_n)
		return true;
	uint64_t labels = policy_labels(p, f->facts).bits;
	for (size_t i = 0; i < p->flow_n; i++) {
		const struct flow *w = &p->flows[i];
		if (!(w->refuse & labels) || !flow_fires(p, w, labels, f))
			continue;
		if (!w->asks || !*asks)
			say_flow(d, w, f->facts);
		if (!w->asks)
			return false;
		ask_for(d, &p->ask, asks);
	}
	return true;
}

static void check_approval(const struct rules *r, struct facts_view *f, struct policy_decision *d,
			   bool *asks)
{
	struct policy_decision *first = *asks ? NULL : d;
	const struct group_list *list = &r->approve_if;
	bool is_asked = r->action == ACTION_APPROVE;
	if (is_asked && first)
		say_action(r, f->facts, d);
	for (size_t i = 0; i < list->n && !is_asked; i++) {
		size_t at = 0;
		is_asked = group_holds(&list->v[i], f, GROUP_APPROVE_IF, &at);
		if (!is_asked || !first)
			continue;
		rule_of_group(r, GROUP_APPROVE_IF, &list->v[i], 0, d->rule);
		pointer_of_group(r, GROUP_APPROVE_IF, i, GROUP_ITSELF, d->pointer);
		say_group(d, &list->v[i], GROUP_APPROVE_IF, at, f);
	}
	if (is_asked)
		ask_for(d, &r->ask, asks);
}

static void clear(struct policy_decision *d)
{
	d->effect = POLICY_DENY;
	d->is_shadow = d->is_hidden = false;
	d->ask = (struct policy_ask){0};
	d->rule[0] = d->pointer[0] = d->message[0] = d->allowed[0] = '\0';
	d->claim_n = 0;
	d->timeout_ms = 0;
	d->max_result_bytes = 0;
}

/* All that can refuse, in its order; *asks: a flow wants a person to agree. */
static bool check_all(const struct policy *p, const struct rules *own, struct facts_view *view,
		      struct policy_decision *d, bool *asks)
{
	const struct rules *all = &p->all_tools;
	const struct policy_facts *f = view->facts;
	if (!check_action(own, f, d) || !check_action(all, f, d) || !check_schema(p, own, f, d) ||
	    !check_own_schema(p, own, f, d) || !check_own_schema(p, all, f, d) ||
	    !check_past(p, f, d))
		return false;
	if (!check_groups(own, GROUP_REQUIRE, view, d) ||
	    !check_groups(all, GROUP_REQUIRE, view, d) ||
	    !check_groups(own, GROUP_DENY_IF, view, d) ||
	    !check_groups(all, GROUP_DENY_IF, view, d) || !check_flows(p, view, d, asks))
		return false;
	return claim_limits(p, own, view, d) && claim_limits(p, all, view, d);
}

void policy_decide(const struct policy *p, const struct policy_facts *f, struct policy_decision *d)
{
	static const struct rules none;
	struct facts_view view;
	bool asks = false;
	clear(d);
	if (!p) {
		say_refusal(d, "(no policy)", "", "this grant has no policy, so every call is refused");
		return;
	}
	const struct rules *r = policy_find_rules(p, f->tool, f->tool_class), *all = &p->all_tools;
	const struct rules *own = r ? r : &none;
	d->is_shadow = p->is_shadow;
	facts_view_init(&view, f);
	if (!check_hidden(p, r, f, d) || !check_default(p, r, f, d) ||
	    !check_all(p, own, &view, d, &asks)) {
		d->ask = (struct policy_ask){0};
		return;
	}
	check_approval(own, &view, d, &asks);
	check_approval(all, &view, d, &asks);
	d->timeout_ms = own->timeout_ms ? own->timeout_ms : all->timeout_ms;
	d->max_result_bytes = own->max_result_bytes ? own->max_result_bytes : all->max_result_bytes;
	d->effect = asks ? POLICY_APPROVE : POLICY_ALLOW;
	if (asks)
		say_asking(d);
}

/* What could pass, and when. */
static void say_left(const struct limit *l, struct policy_decision *d, long long seconds,
		     quota_amount left, bool is_one)
{
	char max[48], some[48];
	quota_amount_text(l->max, max);
	quota_amount_text(left > 0 ? left : 0, some);
	if (seconds < 0)
		say_put(d->allowed, sizeof d->allowed, "a call that counts at most %s", max);
	else if (l->kind == QUOTA_CONCURRENT)
		say_put(d->allowed, sizeof d->allowed, "the next call can pass when one has ended");
	else if (l->is_repeat)
		say_put(d->allowed, sizeof d->allowed,
			"another call, or the same one in %lld s: its result is not going to change", seconds);
	else if (left >= 0 && !is_one)
		say_put(d->allowed, sizeof d->allowed, "%s of %s are left, and more in %lld s", some,
			max, seconds);
	else
		say_put(d->allowed, sizeof d->allowed, "%s in %lld s",
			is_one ? "the next call can pass" : "it starts again", seconds);
}

void policy_refuse_limit(const struct policy *p, struct policy_decision *d, size_t at,
			 int64_t retry_after_us, quota_amount left)
{
	BUG_ON(at >= d->claim_n || d->claims[at].limit >= p->limit_n);
	const struct quota_claim *c = &d->claims[at];
	const struct limit *l = p->limits[c->limit];
	char max[48], amount[48], window[48], rule[POLICY_RULE_MAX], pointer[POLICY_RULE_MAX];
	long long seconds = retry_after_us < 0 ? -1 : (retry_after_us + 999999) / 1000000;
	bool is_open = l->kind == QUOTA_CONCURRENT, is_one = c->amount == QUOTA_ONE;
	quota_amount_text(c->max, max);
	quota_amount_text(c->amount, amount);
	limit_text(l, window, sizeof window);
	rule_of_limit(l, rule);
	pointer_of_limit(l, pointer);
	if (l->on_deny.n)
		say_refusal(d, rule, pointer, "%.*s", SLICE_ARG(l->on_deny));
	else if (retry_after_us < 0)
		say_refusal(d, rule, pointer,
			    "limit '%.*s' allows %s %s: a call that counts %s can never pass",
			    SLICE_ARG(l->counter), max, window, amount);
	else if (is_open)
		say_refusal(d, rule, pointer,
			    "limit '%.*s' allows %s %s; the next call can pass when one has ended",
			    SLICE_ARG(l->counter), max, window);
	else if (l->is_repeat)
		say_refusal(d, rule, pointer,
			    "limit '%.*s' allows the same call %s times %s; it can pass again in %lld s",
			    SLICE_ARG(l->counter), max, window, seconds);
	else if (is_one)
		say_refusal(d, rule, pointer,
			    "limit '%.*s' of %s %s is used up; the next call can pass in %lld s",
			    SLICE_ARG(l->counter), max, window, seconds);
	else
		say_refusal(d, rule, pointer,
			    "limit '%.*s' of %s %s has no %s left; it starts again in %lld s",
			    SLICE_ARG(l->counter), max, window, amount, seconds);
	say_left(l, d, seconds, left, is_one);
}
