/* What decisions and explanations say: rules and pointers by name, and words for the agent. */
#include "base/check.h"
#include "policy/program.h"
#include <stdarg.h>

/* Cuts between two characters. */
void say_put(char *out, size_t size, const char *fmt, ...)
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

void say_refusal(struct policy_decision *d, const char *rule, const char *pointer, const char *fmt, ...)
{
	va_list args;
	char text[sizeof d->message];
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	d->effect = POLICY_DENY;
	d->ask = (struct policy_ask){0};
	d->claim_n = 0;
	d->allowed[0] = '\0';
	say_put(d->rule, sizeof d->rule, "%s", rule);
	say_put(d->pointer, sizeof d->pointer, "%s", pointer);
	say_put(d->message, sizeof d->message, "%s", text);
}

static const char *list_name(enum group_use use)
{
	switch (use) {
	case GROUP_REQUIRE:
		return "require";
	case GROUP_DENY_IF:
		return "deny_if";
	case GROUP_APPROVE_IF:
		return "approve_if";
	case GROUP_FLOW:
		break;
	}
	return "conditions";
}

const struct group_list *groups_of(const struct rules *r, enum group_use use)
{
	switch (use) {
	case GROUP_REQUIRE:
		return &r->require;
	case GROUP_DENY_IF:
		return &r->deny_if;
	case GROUP_APPROVE_IF:
		return &r->approve_if;
	case GROUP_FLOW:
		break;
	}
	BUG_ON(true);
	return NULL;
}

static const char *kind_prefix(const struct rules *r)
{
	switch (r->kind) {
	case RULES_TOOL:
		return "/tools/";
	case RULES_ALL:
		return "/all_tools";
	case RULES_CLASS:
		break;
	}
	return "/classes/";
}

void rule_of_member(const struct rules *r, const char *member, char out[POLICY_RULE_MAX])
{
	say_put(out, POLICY_RULE_MAX, "%s%.*s/%s", kind_prefix(r), SLICE_ARG(r->name), member);
}

void rule_of_group(const struct rules *r, enum group_use use, const struct group *g,
		   size_t condition, char out[POLICY_RULE_MAX])
{
	if (g->n == 0) {
		rule_of_member(r, list_name(use), out);
		return;
	}
	const struct condition *c = &g->conditions[condition < g->n ? condition : 0];
	say_put(out, POLICY_RULE_MAX, "%s%.*s/%s/%.*s-%s", kind_prefix(r), SLICE_ARG(r->name),
		list_name(use), SLICE_ARG(c->path.text), c->op->name);
}

void rule_of_limit(const struct limit *l, char out[POLICY_RULE_MAX])
{
	say_put(out, POLICY_RULE_MAX, "%s%.*s/limits/%.*s", kind_prefix(l->rules),
		SLICE_ARG(l->rules->name), SLICE_ARG(l->counter));
}

void rule_of_flow(const struct flow *w, char out[POLICY_RULE_MAX])
{
	say_put(out, POLICY_RULE_MAX, "/flows/%.*s", SLICE_ARG(w->name));
}

void pointer_of_flow(const struct flow *w, char out[POLICY_RULE_MAX])
{
	say_put(out, POLICY_RULE_MAX, "/flows/%u", w->place);
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
	say_put(out, POLICY_RULE_MAX, "%s%.*s/%s", kind_prefix(r), (int)n, name, member);
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

void pointer_of_limit(const struct limit *l, char out[POLICY_RULE_MAX])
{
	char member[40];
	snprintf(member, sizeof member, "limits/%u", l->place);
	pointer_of_rules(l->rules, l->is_short ? "rate_limit" : member, out);
}

void limit_text(const struct limit *l, char *out, size_t size)
{
	char window[40];
	if (l->kind == QUOTA_CONCURRENT) {
		snprintf(out, size, "at once");
		return;
	}
	window_text(&l->window, window, sizeof window);
	snprintf(out, size, "%s %s", l->kind == QUOTA_SLIDING ? "in any" : "per", window);
}

/* Whole parts only: half a rule may say the opposite. */
static void add_words(char *out, size_t size, const char *joint, struct slice words)
{
	size_t n = strlen(out), more = strlen(joint);
	if (n + more + words.n + 1 > size)
		return;
	memcpy(out + n, joint, n ? more : 0);
	n += n ? more : 0;
	memcpy(out + n, words.p, words.n);
	out[n + words.n] = '\0';
}

/* What of the group has to be otherwise for the call to pass. */
static void say_allowed(struct policy_decision *d, const struct group *g, enum group_use use)
{
	bool is_required = use == GROUP_REQUIRE;
	const char *joint = g->is_any == is_required ? ", or " : ", and ";
	d->allowed[0] = '\0';
	for (size_t i = 0; i < g->n; i++)
		add_words(d->allowed, sizeof d->allowed, joint,
			  is_required ? g->conditions[i].requires : g->conditions[i].forbids);
}

static void say_forbidden(struct policy_decision *d, const struct group *g, const struct condition *c)
{
	size_t more = g->n - 1;
	say_put(d->message, sizeof d->message, "%.*s", SLICE_ARG(c->forbids));
	if (more && !g->is_any)
		say_put(d->message, sizeof d->message, "%.*s, together with %zu other condition%s",
			SLICE_ARG(c->forbids), more, more > 1 ? "s" : "");
}

void say_group(struct policy_decision *d, const struct group *g, enum group_use use, size_t at,
	       struct facts_view *f)
{
	const struct condition *c = &g->conditions[at < g->n ? at : 0];
	bool is_absent = false;
	struct value room;
	say_allowed(d, g, use);
	if (g->on_deny.n) {
		say_put(d->message, sizeof d->message, "%.*s", SLICE_ARG(g->on_deny));
		return;
	}
	if (g->n == 0) {
		say_put(d->message, sizeof d->message, "tool '%.*s' %s", SLICE_ARG(f->facts->tool),
			use == GROUP_APPROVE_IF ? "needs the approval of a person"
						: "is refused by policy");
		return;
	}
	if (use != GROUP_REQUIRE) {
		say_forbidden(d, g, c);
		return;
	}
	if (!c->path.has_each)
		is_absent =
			path_find(&c->path, f, &room)->type == JSON_NONE && !c->op->takes_absent;
	say_put(d->message, sizeof d->message, "%.*s%s%s", SLICE_ARG(c->requires),
		is_absent ? " (it is missing)" : "",
		g->is_any && g->n > 1 ? ", or another condition of this rule must hold" : "");
}

void say_flow(struct policy_decision *d, const struct flow *w, const struct policy_facts *f)
{
	char labels[200] = "";
	for (size_t i = 0; i < w->after_names.n; i++)
		add_words(labels, sizeof labels, " and ", w->after_names.v[i]);
	rule_of_flow(w, d->rule);
	pointer_of_flow(w, d->pointer);
	if (w->reason.n)
		say_put(d->message, sizeof d->message, "%.*s", SLICE_ARG(w->reason));
	else
		say_put(d->message, sizeof d->message,
			"tool '%.*s' may not be called after %s in this session",
			SLICE_ARG(f->tool), labels);
	d->allowed[0] = '\0';
	if (w->has_unless_same)
		say_put(d->allowed, sizeof d->allowed,
			"'%.*s' must be the same as in the calls that were %s",
			SLICE_ARG(w->unless_same.text), labels);
	if (w->narrow.n)
		say_allowed(d, &w->narrow, GROUP_FLOW);
}

static const char *duration_text(uint32_t seconds, char out[24])
{
	if (seconds % 60)
		snprintf(out, 24, "%u s", seconds);
	else if (seconds < 7200)
		snprintf(out, 24, "%u minutes", seconds / 60);
	else
		snprintf(out, 24, "%u hours", seconds / 3600);
	return out;
}

void say_asking(struct policy_decision *d)
{
	char who[48], expires[24];
	if (d->ask.quorum > 1)
		snprintf(who, sizeof who, "%u different people have", d->ask.quorum);
	else
		snprintf(who, sizeof who, "a person has");
	say_put(d->allowed, sizeof d->allowed,
		"the same call with the same arguments passes once, within %s, after %s approved it",
		duration_text(d->ask.expires_s, expires), who);
}
