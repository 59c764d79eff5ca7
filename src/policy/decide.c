/*
 * Facts to a decision, in the order that the language fixes: hidden, default, schema,
 * require, deny_if, limits. The first refusal ends it. Nothing here allocates or fails.
 */
#include "base/check.h"
#include "base/glob.h"
#include "policy/program.h"
#include <stdarg.h>

static bool is_named(const struct names *list, struct slice name, char separator)
{
	for (size_t i = 0; i < list->n; i++)
		if (glob_match(list->v[i], name, separator))
			return true;
	return false;
}

const struct rules *policy_find_rules(const struct policy *p, struct slice tool)
{
	const struct rules *r = map_get(&p->exact, tool);
	for (size_t i = 0; !r && i < p->glob_n; i++)
		if (glob_match(p->globs[i]->name, tool, 0))
			r = p->globs[i];
	return r;
}

static bool hides(const struct policy *p, const struct rules *r, struct slice tool)
{
	return is_named(&p->hide, tool, 0) || (r && r->action == ACTION_HIDE) ||
	       p->all_tools.action == ACTION_HIDE;
}

bool policy_hides(const struct policy *p, struct slice tool)
{
	return hides(p, policy_find_rules(p, tool), tool);
}

bool policy_shows_tool(const struct policy *p, struct slice tool)
{
	if (!p)
		return false;
	const struct rules *r = policy_find_rules(p, tool);
	return !hides(p, r, tool) && (p->allows || !p->hides_denied || r);
}

bool policy_allows_name(const struct policy *p, enum policy_kind kind, struct slice name)
{
	if (!p)
		return false;
	const struct name_rules *r = &p->kinds[kind];
	char separator = kind == POLICY_RESOURCE ? '/' : '\0';
	bool is_open = r->allows && !r->deny.n && !r->allow.n;
	if (kind == POLICY_RESOURCE && !is_open && !policy_uri_is_plain(name))
		return false;
	if (is_named(&r->deny, name, separator))
		return false;
	return r->allows || is_named(&r->allow, name, separator);
}

static bool same_list(const struct names *a, const struct names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!slice_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

bool policy_same_names(const struct policy *a, const struct policy *b, enum policy_kind kind)
{
	if (!a || !b)
		return a == b;
	const struct name_rules *x = &a->kinds[kind], *y = &b->kinds[kind];
	return x->allows == y->allows && same_list(&x->allow, &y->allow) && same_list(&x->deny, &y->deny);
}

bool policy_allows_server_request(const struct policy *p, struct slice what)
{
	if (!p)
		return false;
	return (slice_is(what, "sampling") && p->allows_sampling) ||
	       (slice_is(what, "elicitation") && p->allows_elicitation) ||
	       (slice_is(what, "roots") && p->allows_roots);
}

struct test {
	const struct condition *c;
	struct facts_view *f;
	enum group_use use;
};

static bool test_value(void *ctx, const struct value *v)
{
	const struct test *t = ctx;
	if (v->type == JSON_NONE && !t->c->op->takes_absent)
		return false;
	const struct operator *op = t->c->op;
	switch (op->test ? op->test(&t->c->operand, v) : op->test_in_view(&t->c->operand, v, t->f)) {
	case HOLDS_YES:
		return true;
	case HOLDS_NO:
		return false;
	case HOLDS_UNSURE:
		break;
	}
	return t->use == GROUP_DENY_IF;
}

bool condition_holds(const struct condition *c, struct facts_view *f, enum group_use use)
{
	struct test t = {c, f, use};
	if (c->path.has_each)
		return path_each(&c->path, f, test_value, &t, use == GROUP_DENY_IF);
	struct value room;
	return test_value(&t, path_find(&c->path, f, &room));
}

bool group_holds(const struct group *g, struct facts_view *f, enum group_use use, size_t *decisive)
{
	for (size_t i = 0; i < g->n; i++) {
		*decisive = i;
		if (condition_holds(&g->conditions[i], f, use) == g->is_any)
			return g->is_any;
	}
	*decisive = g->n == 1 ? 0 : g->n;
	return !g->is_any || g->n == 0;
}

enum policy_validate policy_validation(const struct policy *p, const struct rules *r)
{
	if (r && r->has_validate)
		return r->validate;
	return p->all_tools.has_validate ? p->all_tools.validate : POLICY_VALIDATE_SCHEMA;
}

static void put(char *out, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Cuts between two characters. */
static void put(char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(out, size, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n < size)
		return;
	size_t end = size - 1;
	while (end && ((unsigned char)out[end - 1] & 0xc0) == 0x80)
		end--;
	if (end && (unsigned char)out[end - 1] >= 0xc0)
		end--;
	out[end] = '\0';
}

static const char *list_name(enum group_use use)
{
	return use == GROUP_REQUIRE ? "require" : "deny_if";
}

void rule_of_group(const struct rules *r, enum group_use use, const struct group *g,
		   size_t condition, char out[POLICY_RULE_MAX])
{
	const char *tools = r->is_all_tools ? "/all_tools" : "/tools/";
	if (g->n == 0) {
		put(out, POLICY_RULE_MAX, "%s%.*s/%s", tools, SLICE_ARG(r->name), list_name(use));
		return;
	}
	const struct condition *c = &g->conditions[condition < g->n ? condition : 0];
	put(out, POLICY_RULE_MAX, "%s%.*s/%s/%.*s-%s", tools, SLICE_ARG(r->name), list_name(use),
	    SLICE_ARG(c->path.text), c->op->name);
}

void pointer_of_rules(const struct rules *r, const char *member, char out[POLICY_RULE_MAX])
{
	char name[2 * 128 + 1];
	size_t n = 0;
	for (size_t i = 0; i < r->name.n && n + 2 < sizeof name; i++) {
		char c = r->name.p[i];
		if (c == '~' || c == '/') {
			name[n++] = '~';
			c = c == '~' ? '0' : '1';
		}
		name[n++] = c;
	}
	put(out, POLICY_RULE_MAX, "%s%.*s/%s", r->is_all_tools ? "/all_tools" : "/tools/", (int)n,
	    name, member);
}

void pointer_of_group(const struct rules *r, enum group_use use, size_t at, size_t condition,
		      char out[POLICY_RULE_MAX])
{
	char member[80];
	if (condition == GROUP_ITSELF)
		snprintf(member, sizeof member, "%s/%zu", list_name(use), at);
	else
		snprintf(member, sizeof member, "%s/%zu/conditions/%zu", list_name(use), at,
			 condition);
	pointer_of_rules(r, member, out);
}

void rule_of_limit(const struct limit *l, char out[POLICY_RULE_MAX])
{
	put(out, POLICY_RULE_MAX, "%s%.*s/limits/%.*s",
	    l->rules->is_all_tools ? "/all_tools" : "/tools/", SLICE_ARG(l->rules->name),
	    SLICE_ARG(l->counter));
}

void pointer_of_limit(const struct limit *l, char out[POLICY_RULE_MAX])
{
	char member[40];
	snprintf(member, sizeof member, "limits/%u", l->place);
	pointer_of_rules(l->rules, l->is_short ? "rate_limit" : member, out);
}

static void refuse(struct policy_decision *d, const char *rule, const char *pointer,
		   const char *fmt, ...) PRINTF_LIKE(4, 5);

static void refuse(struct policy_decision *d, const char *rule, const char *pointer,
		   const char *fmt, ...)
{
	va_list args;
	char text[sizeof d->message];
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	d->effect = POLICY_DENY;
	d->claim_n = 0;
	put(d->rule, sizeof d->rule, "%s", rule);
	put(d->pointer, sizeof d->pointer, "%s", pointer);
	put(d->message, sizeof d->message, "%s", text);
}

static void say_group(struct policy_decision *d, const struct group *g, enum group_use use,
		      size_t at, struct facts_view *f)
{
	const struct condition *c = &g->conditions[at < g->n ? at : 0];
	size_t more = g->n ? g->n - 1 : 0;
	bool is_absent = false;
	struct value room;
	if (g->on_deny.n) {
		put(d->message, sizeof d->message, "%.*s", SLICE_ARG(g->on_deny));
		return;
	}
	if (g->n == 0) {
		put(d->message, sizeof d->message, "tool '%.*s' is refused by policy",
		    SLICE_ARG(f->facts->tool));
		return;
	}
	if (use == GROUP_DENY_IF) {
		const char *plural = more > 1 ? "s" : "";
		put(d->message, sizeof d->message, "%.*s", SLICE_ARG(c->forbids));
		if (more && !g->is_any)
			put(d->message, sizeof d->message,
			    "%.*s, together with %zu other condition%s", SLICE_ARG(c->forbids),
			    more, plural);
		return;
	}
	if (!c->path.has_each)
		is_absent =
			path_find(&c->path, f, &room)->type == JSON_NONE && !c->op->takes_absent;
	put(d->message, sizeof d->message, "%.*s%s%s", SLICE_ARG(c->requires),
	    is_absent ? " (it is missing)" : "",
	    g->is_any && more ? ", or another condition of this rule must hold" : "");
}

static bool check_groups(const struct rules *r, enum group_use use, struct facts_view *f,
			 struct policy_decision *d)
{
	const struct group_list *list = use == GROUP_REQUIRE ? &r->require : &r->deny_if;
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

static bool check_action(const struct rules *r, const struct policy_facts *f,
			 struct policy_decision *d)
{
	if (r->action == ACTION_ALLOW)
		return true;
	pointer_of_rules(r, "action", d->pointer);
	put(d->rule, sizeof d->rule, "%s%.*s/action", r->is_all_tools ? "/all_tools" : "/tools/",
	    SLICE_ARG(r->name));
	if (r->reason.n)
		put(d->message, sizeof d->message, "%.*s", SLICE_ARG(r->reason));
	else
		put(d->message, sizeof d->message, "tool '%.*s' is refused by policy",
		    SLICE_ARG(f->tool));
	return false;
}

static bool check_schema(const struct policy *p, const struct rules *r,
			 const struct policy_facts *f, struct policy_decision *d)
{
	enum policy_validate mode = policy_validation(p, r);
	if (f->arguments && !json_is(f->arguments, JSON_OBJECT)) {
		refuse(d, "(schema)", "", "arguments must be an object");
		return false;
	}
	if (mode == POLICY_VALIDATE_OFF)
		return true;
	if (!f->arguments_fit) {
		refuse(d, "(schema)", "",
		       "the arguments of tool '%.*s' cannot be checked: its schema is not known",
		       SLICE_ARG(f->tool));
		return false;
	}
	if (f->arguments_fit(f->ctx, mode, d->message, sizeof d->message)) {
		d->message[0] = '\0';
		return true;
	}
	refuse(d, "(schema)", "", "the arguments do not fit the tool: %s", d->message);
	return false;
}

static bool claim_limits(const struct rules *r, struct facts_view *f, struct policy_decision *d)
{
	for (size_t i = 0; i < r->limit_n; i++) {
		BUG_ON(d->claim_n == POLICY_CLAIMS_MAX);
		if (limit_claim(&r->limits[i], f, &d->claims[d->claim_n], d->message,
				sizeof d->message)) {
			d->claim_n++;
			continue;
		}
		d->claim_n = 0;
		rule_of_limit(&r->limits[i], d->rule);
		pointer_of_limit(&r->limits[i], d->pointer);
		return false;
	}
	return true;
}

static bool check_hidden(const struct policy *p, const struct rules *r,
			 const struct policy_facts *f, struct policy_decision *d)
{
	if (!hides(p, r, f->tool))
		return true;
	struct slice reason = r && r->action == ACTION_HIDE ? r->reason : SLICE_LIT("");
	d->is_hidden = true;
	if (r && r->action == ACTION_HIDE)
		pointer_of_rules(r, "action", d->pointer);
	put(d->rule, sizeof d->rule, "(hidden)");
	if (is_named(&p->hide, f->tool, 0))
		put(d->pointer, sizeof d->pointer, "/hide");
	else if (!d->pointer[0])
		put(d->pointer, sizeof d->pointer, "/all_tools/action");
	if (reason.n)
		put(d->message, sizeof d->message, "%.*s", SLICE_ARG(reason));
	else
		put(d->message, sizeof d->message, "tool '%.*s' is hidden by policy",
		    SLICE_ARG(f->tool));
	return false;
}

static bool check_default(const struct policy *p, const struct rules *r,
			  const struct policy_facts *f, struct policy_decision *d)
{
	if (r || p->allows)
		return true;
	refuse(d, "(default deny)", "/default", "tool '%.*s' is not permitted by policy",
	       SLICE_ARG(f->tool));
	d->is_hidden = p->hides_denied;
	return false;
}

void policy_decide(const struct policy *p, const struct policy_facts *f, struct policy_decision *d)
{
	static const struct rules none;
	struct facts_view view;
	d->effect = POLICY_DENY;
	d->is_hidden = false;
	d->rule[0] = d->pointer[0] = d->message[0] = '\0';
	d->claim_n = 0;
	d->timeout_ms = 0;
	d->max_result_bytes = 0;
	if (!p) {
		refuse(d, "(no policy)", "", "this grant has no policy, so every call is refused");
		return;
	}
	const struct rules *r = policy_find_rules(p, f->tool), *all = &p->all_tools;
	if (!check_hidden(p, r, f, d) || !check_default(p, r, f, d))
		return;
	const struct rules *own = r ? r : &none;
	facts_view_init(&view, f);
	if (!check_action(own, f, d) || !check_action(all, f, d) || !check_schema(p, r, f, d))
		return;
	if (!check_groups(own, GROUP_REQUIRE, &view, d) ||
	    !check_groups(all, GROUP_REQUIRE, &view, d) ||
	    !check_groups(own, GROUP_DENY_IF, &view, d) ||
	    !check_groups(all, GROUP_DENY_IF, &view, d))
		return;
	if (!claim_limits(own, &view, d) || !claim_limits(all, &view, d))
		return;
	d->timeout_ms = own->timeout_ms ? own->timeout_ms : all->timeout_ms;
	d->max_result_bytes = own->max_result_bytes ? own->max_result_bytes : all->max_result_bytes;
	d->effect = POLICY_ALLOW;
}

void policy_refuse_limit(const struct policy *p, struct policy_decision *d, size_t at,
			 int64_t retry_after_us)
{
	BUG_ON(at >= d->claim_n || d->claims[at].limit >= p->limit_n);
	const struct quota_claim *c = &d->claims[at];
	const struct limit *l = p->limits[c->limit];
	char max[48], amount[48], window[40], rule[POLICY_RULE_MAX], pointer[POLICY_RULE_MAX];
	long long seconds = (retry_after_us + 999999) / 1000000;
	quota_amount_text(c->max, max);
	quota_amount_text(c->amount, amount);
	window_text(&l->window, window, sizeof window);
	rule_of_limit(l, rule);
	pointer_of_limit(l, pointer);
	if (l->on_deny.n)
		refuse(d, rule, pointer, "%.*s", SLICE_ARG(l->on_deny));
	else if (retry_after_us < 0)
		refuse(d, rule, pointer,
		       "limit '%.*s' allows %s per %s: a call that counts %s can never pass",
		       SLICE_ARG(l->counter), max, window, amount);
	else if (c->amount == QUOTA_ONE)
		refuse(d, rule, pointer,
		       "limit '%.*s' of %s per %s is used up; the next call can pass in %lld s",
		       SLICE_ARG(l->counter), max, window, seconds);
	else
		refuse(d, rule, pointer,
		       "limit '%.*s' of %s per %s has no %s left; it starts again in %lld s",
		       SLICE_ARG(l->counter), max, window, amount, seconds);
}
