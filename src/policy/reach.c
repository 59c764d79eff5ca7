/* Rules that are never looked at, and what no tool is or carries. */
#include "base/check.h"
#include "base/glob.h"
#include "policy/check.h"

/* A member of the rules at hand that something before it always decides. */
static void warn_member(struct check *c, const char *member, size_t n, const char *why)
{
	if (!n)
		return;
	size_t mark = parser_enter(&c->ps, slice_str(member));
	parser_warn(&c->ps, "never looked at: %s", why);
	parser_leave(&c->ps, mark);
}

static void warn_behind(struct check *c, const struct rules *r, const char *why)
{
	warn_member(c, "require", r->require.n, why);
	warn_member(c, "deny_if", r->deny_if.n, why);
	warn_member(c, "approve_if", r->approve_if.n, why);
	warn_member(c, r->limit_n && r->limits[0].is_short ? "rate_limit" : "limits", r->limit_n, why);
	warn_member(c, "schema", r->schema != NULL, why);
}

/* Is everything with this name or pattern hidden? */
static bool is_hidden(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->hide.n; i++)
		if (slice_is(p->hide.v[i], "*") || slice_eq(p->hide.v[i], name) ||
		    (!glob_is_pattern(name) && glob_match(p->hide.v[i], name, 0)))
			return true;
	return false;
}

/* Behind a group of deny_if without conditions, which refuses every call. */
static void check_behind_denial(struct check *c, const struct rules *r)
{
	size_t at = 0;
	char why[80];
	while (at < r->deny_if.n && r->deny_if.v[at].n)
		at++;
	if (at == r->deny_if.n)
		return;
	snprintf(why, sizeof why, "group %zu of deny_if refuses every call", at);
	size_t mark = parser_enter(&c->ps, SLICE_LIT("deny_if"));
	for (size_t i = at + 1; i < r->deny_if.n; i++) {
		size_t inner = parser_enter_at(&c->ps, i);
		parser_warn(&c->ps, "never looked at: %s", why);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
	warn_member(c, "approve_if", r->approve_if.n, why);
	warn_member(c, "limits", r->limit_n, why);
}

static void check_limits(struct check *c, const struct rules *r)
{
	size_t mark = parser_enter(&c->ps, SLICE_LIT("limits"));
	for (size_t i = 0; i < r->limit_n; i++) {
		const struct limit *l = &r->limits[i];
		if (l->is_short || l->is_from_argument)
			continue;
		size_t inner = parser_enter_at(&c->ps, l->place);
		if (l->increment > l->max)
			parser_warn(&c->ps, "a call counts more than 'max': every call is refused");
		else if (!l->increment)
			parser_warn(&c->ps, "a call counts nothing: this never refuses");
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

/* Does another name go before this pattern, or this class, for each tool? */
static void check_shadowed(struct check *c, const struct rules *r)
{
	size_t matched = 0;
	if (r->kind == RULES_TOOL && !glob_is_pattern(r->name))
		return;
	for (struct json_iter it = json_iter(c->tools); json_next(&it);) {
		struct slice name = check_tool_name(it.value), of_class = check_tool_class(it.value);
		if (r->kind == RULES_TOOL && !glob_match(r->name, name, 0))
			continue;
		if (policy_find_rules(c->policy, name, of_class) == r)
			return;
		matched += r->kind == RULES_TOOL || slice_eq(of_class, r->name);
	}
	if (r->kind == RULES_CLASS)
		parser_warn(&c->ps, matched ? "every tool of this class is named in 'tools': these rules never apply"
					    : "no tool is of this class");
	else if (matched)
		parser_warn(&c->ps, "every tool that this matches has a name or a closer pattern of its own: these rules never apply");
}

void check_reach(struct check *c, const struct rules *r)
{
	if (r->kind == RULES_TOOL && is_hidden(c->policy, r->name))
		parser_warn(&c->ps, "never looked at: 'hide' has the tool");
	else if (r->action == ACTION_DENY || r->action == ACTION_HIDE)
		warn_behind(c, r, "the action refuses every call");
	else
		check_behind_denial(c, r);
	check_limits(c, r);
	if (c->tools && r->kind != RULES_ALL)
		check_shadowed(c, r);
}

static bool has_label(const struct names *list, struct slice label)
{
	for (size_t i = 0; i < list->n; i++)
		if (slice_eq(list->v[i], label))
			return true;
	return false;
}

/* By the policy's own labels, else those that the tool comes with. */
static bool carries(const struct check *c, const struct json *tool, struct slice label)
{
	const struct labels *own = book_find(&c->policy->labelled, check_tool_name(tool));
	if (own)
		return has_label(&own->names, label);
	for (struct json_iter it = json_iter(json_gets(tool, "labels")); json_next(&it);)
		if (slice_eq(json_string(it.value), label))
			return true;
	return false;
}

static bool is_carried(const struct check *c, struct slice label)
{
	for (struct json_iter it = json_iter(c->tools); json_next(&it);)
		if (carries(c, it.value, label))
			return true;
	return false;
}

/* Results of resources and prompts carry it, and every result in which an injection is found. */
static bool comes_anyway(struct slice label)
{
	return slice_is(label, "reads_untrusted");
}

static void check_flow_labels(struct check *c, const struct flow *w)
{
	size_t carried = 0;
	size_t mark = parser_enter(&c->ps, SLICE_LIT("after"));
	for (size_t i = 0; i < w->after_names.n; i++) {
		struct slice label = w->after_names.v[i];
		if (comes_anyway(label) || is_carried(c, label))
			continue;
		size_t inner = parser_enter_at(&c->ps, i);
		parser_warn(&c->ps, "no tool carries '%.*s': this flow never fires", SLICE_ARG(label));
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
	for (size_t i = 0; i < c->policy->labels.n; i++)
		carried += (w->refuse >> i & 1) && is_carried(c, c->policy->labels.v[i]);
	mark = parser_enter(&c->ps, SLICE_LIT("refuse"));
	if (!carried)
		parser_warn(&c->ps, "no tool carries a label of these: this flow never fires");
	parser_leave(&c->ps, mark);
}

static bool is_any_named(const struct check *c, struct slice name)
{
	for (size_t i = 0; i < c->n; i++)
		if (glob_match(name, slice_str(c->names[i]), 0))
			return true;
	return false;
}

static void warn_unnamed(struct check *c, struct slice name)
{
	if (!c->tools || is_any_named(c, name))
		return;
	size_t mark = parser_enter(&c->ps, SLICE_LIT("labels"));
	size_t inner = parser_enter(&c->ps, name);
	parser_warn(&c->ps, "no tool is named so: these labels are nobody's");
	parser_leave(&c->ps, inner);
	parser_leave(&c->ps, mark);
}

void check_labels(struct check *c)
{
	struct slice name;
	void *value;
	size_t at = 0;
	while (map_next(&c->policy->labelled.exact, &at, &name, &value))
		if (!slice_is(name, "resources/read") && !slice_is(name, "prompts/get") &&
		    !slice_is(name, "tasks/result"))
			warn_unnamed(c, name);
	for (size_t i = 0; i < c->policy->labelled.glob_n; i++)
		warn_unnamed(c, c->policy->labelled.globs[i].pattern);
	size_t mark = parser_enter(&c->ps, SLICE_LIT("flows"));
	for (size_t i = 0; c->tools && i < c->policy->flow_n; i++) {
		size_t inner = parser_enter_at(&c->ps, i);
		check_flow_labels(c, &c->policy->flows[i]);
		parser_leave(&c->ps, inner);
	}
	parser_leave(&c->ps, mark);
}

bool policy_is_unnamed(const struct policy *p, struct slice tool, struct slice tool_class)
{
	const struct rules *all = &p->all_tools;
	return !policy_find_rules(p, tool, tool_class) && !names_match(&p->hide, tool, 0) &&
	       (!p->allows || (all->action == ACTION_ALLOW && !all->require.n && !all->deny_if.n &&
			       !all->approve_if.n && !all->limit_n && !all->schema));
}
