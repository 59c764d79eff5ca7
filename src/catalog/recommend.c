/*
 * The rule for one tool: by its category what it may do at all and how often, then what its arguments
 * may be. What only the operator knows (a folder) stands as a default that refuses, and says so.
 */
#include "catalog/profile.h"
#include "base/limits.h"
#include "catalog/branches.h"
#include "catalog/show.h"

/* What only the operator knows: values that load, refuse what is outside of them, and say so. */
#define SPEND_A_DAY 500
#define PATH_BYTES  ((size_t)32 << 10)

/* The name in small letters, other characters as "_", cut so that the suffix fits. */
static void write_counter(struct buf *b, struct slice name, const char *suffix)
{
	size_t room = LIMIT_COUNTER_NAME - strlen(suffix);
	buf_addc(b, '"');
	for (size_t i = 0; i < name.n && i < room; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 32);
		buf_addc(b, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
	}
	buf_addf(b, "%s\"", suffix);
}

/* The members of a rule, each written when its turn comes; empty ones are left out. */
struct rule {
	struct buf require, deny_if, approve_if, limits;
	const char *action;
};

static void init_rule(struct rule *r, size_t max)
{
	*r = (struct rule){ .require = BUF_INIT(max), .deny_if = BUF_INIT(max), .approve_if = BUF_INIT(max), .limits = BUF_INIT(max) };
}

static void write_member(struct buf *b, const char *key, struct buf *items, const char **comma)
{
	b->failed |= !buf_ok(items);
	if (items->n) {
		buf_addf(b, "%s\"%s\":[", *comma, key);
		buf_add_slice(b, buf_slice(items));
		buf_addc(b, ']');
		*comma = ",";
	}
	buf_release(items);
}

static void write_rule(struct buf *b, struct rule *r)
{
	const char *comma = "";
	buf_addc(b, '{');
	if (r->action) {
		buf_addf(b, "\"action\":\"%s\"", r->action);
		comma = ",";
	}
	write_member(b, "require", &r->require, &comma);
	write_member(b, "deny_if", &r->deny_if, &comma);
	write_member(b, "approve_if", &r->approve_if, &comma);
	write_member(b, "limits", &r->limits, &comma);
	buf_addc(b, '}');
}

static void add_rate(struct rule *r, struct slice name, int max)
{
	buf_adds(&r->limits, r->limits.n ? ",{\"counter\":" : "{\"counter\":");
	write_counter(&r->limits, name, "_rate");
	buf_addf(&r->limits, ",\"window\":\"minute\",\"max\":%d,\"scope\":\"grant\"}", max);
}

/* {"path": …, "op": …, "value": …}: value is JSON text. suffix: "[*]" for each element of a list. */
static void add_condition(struct buf *b, const char *path, const char *suffix, const char *op, const char *value)
{
	struct buf whole = BUF_INIT(PATH_BYTES);
	buf_addf(&whole, "%s%s", path, suffix);
	buf_adds(b, "{\"path\":");
	show_json(b, buf_slice(&whole), 0);
	buf_addf(b, ",\"op\":\"%s\",\"value\":%s}", op, value);
	b->failed |= !buf_ok(&whole);
	buf_release(&whole);
}

/* One group for one argument. An argument that a call may leave out is only judged when it is there. */
static void add_group(struct buf *list, const struct profile_signal *s, bool is_require, const char *op, const char *value,
		      const char *on_deny)
{
	bool may_lack = is_require && !s->is_required;
	buf_adds(list, list->n ? ",{" : "{");
	buf_adds(list, may_lack ? "\"any\":true,\"conditions\":[" : "\"conditions\":[");
	if (may_lack) {
		add_condition(list, s->path, "", "exists", "false");
		buf_addc(list, ',');
	}
	add_condition(list, s->path, s->is_list ? "[*]" : "", op, value);
	buf_adds(list, "],\"on_deny\":");
	show_json(list, slice_str(on_deny), 0);
	buf_addc(list, '}');
}

static bool is_judged_before(const struct profile *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->signal[k].kind == p->signal[i].kind && p->signal[k].path && strcmp(p->signal[k].path, p->signal[i].path) == 0)
			return true;
	return false;
}

static bool ends_with_word(struct slice argument, const char *word)
{
	size_t n = strlen(word);
	return argument.n >= n && slice_ieq_bytes(argument.p + argument.n - n, word, n);
}

/* What a day's calls may add up to. A price is no amount that adds up, and what is no number is not counted. */
static void add_total(struct rule *r, const struct profile *p, const struct profile_signal *s)
{
	if (p->category == CATEGORY_READ || !s->is_number || !s->is_required || ends_with_word(s->argument, "price"))
		return;
	if (p->category != CATEGORY_FINANCIAL && !ends_with_word(s->argument, "amount") && !ends_with_word(s->argument, "budget"))
		return;
	/* One total a tool: of two amounts the first counts. */
	if (r->limits.n)
		return;
	buf_adds(&r->limits, r->limits.n ? ",{\"counter\":" : "{\"counter\":");
	write_counter(&r->limits, p->name, "_spend");
	buf_addf(&r->limits, ",\"window\":\"day\",\"max\":%d,\"scope\":\"grant\",\"increment_from\":", SPEND_A_DAY);
	show_json(&r->limits, slice_str(s->path), 0);
	buf_addc(&r->limits, '}');
}

static void add_arguments(struct rule *r, const struct profile *p)
{
	for (size_t i = 0; i < p->signal_n; i++) {
		const struct profile_signal *s = &p->signal[i];
		if (!s->path || is_judged_before(p, i))
			continue;
		if (s->kind == SIGNAL_PATH && s->is_remote)
			add_group(&r->require, s, true, "path_within", "[\".\"]", "a path within the repository or store, not above it");
		else if (s->kind == SIGNAL_PATH)
			add_group(&r->require, s, true, "path_within", "[\"" RECOMMEND_FOLDER "\"]",
				  RECOMMEND_FOLDER_DENIED);
		else if (s->kind == SIGNAL_URL && s->is_text)
			add_group(&r->deny_if, s, false, "host_private", "true",
				  "not an address inside: better still, list the hosts that are needed with host_in");
		else if (s->kind == SIGNAL_AMOUNT)
			add_total(r, p, s);
	}
}

/* The values of a branch that have this category, as a JSON list; false: none has. */
static bool list_values(struct buf *b, const struct branching *g, bool (*wants)(enum category))
{
	const char *comma = "";
	bool has = false;
	buf_addc(b, '[');
	for (size_t i = 0; i < g->n; i++) {
		if (!wants(g->v[i].category))
			continue;
		buf_adds(b, comma);
		show_json(b, g->v[i].value, 0);
		comma = ",";
		has = true;
	}
	buf_addc(b, ']');
	return has;
}

static bool is_destructive(enum category c)
{
	return c == CATEGORY_DESTRUCTIVE;
}

static bool is_financial(enum category c)
{
	return c == CATEGORY_FINANCIAL;
}

static bool is_recallable(enum category c)
{
	return c != CATEGORY_DESTRUCTIVE;
}

static bool is_milder(enum category c)
{
	return c != CATEGORY_DESTRUCTIVE && c != CATEGORY_FINANCIAL;
}

static void add_values(struct buf *list, const struct branching *g, bool (*wants)(enum category), const char *op, const char *why)
{
	struct buf values = BUF_INIT(PATH_BYTES);
	if (list_values(&values, g, wants)) {
		buf_adds(list, list->n ? ",{\"conditions\":[" : "{\"conditions\":[");
		add_condition(list, g->path, "", op, buf_str(&values));
		buf_adds(list, "],\"on_deny\":");
		show_json(list, slice_str(why), 0);
		buf_addc(list, '}');
	}
	list->failed |= !buf_ok(&values);
	buf_release(&values);
}

/* A call without the argument does what the server's default is: that must be known. */
static bool has_safe_default(const struct branching *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (slice_eq(g->v[i].value, g->preset))
			return is_milder(g->v[i].category);
	return false;
}

static void add_branching(struct rule *r, const struct branching *g)
{
	if (branching_worst(g) <= CATEGORY_EXECUTE)
		return;
	add_values(&r->approve_if, g, is_financial, "in", "this moves money: a person must agree");
	if (!g->is_closed) {
		/* Where the schema lists no values, other spellings would pass a list of what is refused. */
		add_values(&r->require, g, is_recallable, "in", "nothing that deletes or changes beyond recall");
		return;
	}
	add_values(&r->deny_if, g, is_destructive, "in", "this deletes or changes beyond recall");
	if (!g->is_required && !has_safe_default(g)) {
		buf_adds(&r->require, r->require.n ? ",{\"conditions\":[" : "{\"conditions\":[");
		add_condition(&r->require, g->path, "", "exists", "true");
		buf_adds(&r->require, "],\"on_deny\":\"say what is to be done\"}");
	}
}

static void add_statement(struct rule *r, const struct profile *p, const struct branching *g)
{
	const char *kinds = p->category == CATEGORY_WRITE ? "[\"select\",\"insert\",\"update\"]" : "[\"select\",\"explain\"]";
	struct profile_signal s = { .path = g->path, .is_required = g->is_required };
	if (g->is_sql)
		add_group(&r->require, &s, true, "sql_only", kinds, "only statements of these kinds: add others where they are needed");
}

/* What the tool is once the worst values of its branches are refused. */
static enum category left_of(const struct profile *p)
{
	enum category left = CATEGORY_READ;
	if (!p->is_branched)
		return p->category;
	for (size_t i = 0; i < p->branching_n; i++)
		for (size_t k = 0; k < p->branching[i].n; k++) {
			enum category c = p->branching[i].v[k].category;
			c = c == CATEGORY_UNKNOWN ? CATEGORY_EXECUTE : c;
			if (is_milder(c) && c > left)
				left = c;
		}
	return left;
}

static const char *action_of(const struct profile *p, enum category left)
{
	if (left == CATEGORY_DESTRUCTIVE || left == CATEGORY_UNKNOWN)
		return "hide";
	/* Arguments that nobody looked at have no rule either. */
	return left == CATEGORY_FINANCIAL || p->is_cut ? "require_approval" : NULL;
}

void recommend_rule(struct buf *b, const struct profile *p, bool *is_hidden)
{
	enum category left = left_of(p);
	struct rule r;
	init_rule(&r, b->max);
	r.action = action_of(p, left);
	*is_hidden = r.action && strcmp(r.action, "hide") == 0;
	if (!*is_hidden) {
		for (size_t i = 0; i < p->branching_n; i++)
			if (p->branching[i].is_statement)
				add_statement(&r, p, &p->branching[i]);
			else
				add_branching(&r, &p->branching[i]);
		add_arguments(&r, p);
		if (left == CATEGORY_WRITE)
			add_rate(&r, p->name, 30);
		else if (left == CATEGORY_EXECUTE)
			add_rate(&r, p->name, 10);
	}
	write_rule(b, &r);
}

/* A name with "*" or "?" would be read as a pattern: such a tool stays with the default, which denies. */
static bool is_named(const struct profile *p)
{
	return p->name.n && p->name.n <= LIMIT_TOOL_NAME && !memchr(p->name.p, '*', p->name.n) && !memchr(p->name.p, '?', p->name.n);
}

/* The first of this name stands for it: a key may stand once. */
static bool is_first(const struct profile *const *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(v[k]->name, v[i]->name))
			return false;
	return true;
}

void recommend_policy(struct buf *b, const struct profile *const *v, size_t n)
{
	struct buf hide = BUF_INIT(b->max), tools = BUF_INIT(b->max);
	for (size_t i = 0; i < n; i++) {
		size_t mark = tools.n;
		bool is_hidden;
		if (!is_named(v[i]) || !is_first(v, i))
			continue;
		buf_adds(&tools, tools.n ? "," : "");
		show_json(&tools, v[i]->name, 0);
		buf_addc(&tools, ':');
		recommend_rule(&tools, v[i], &is_hidden);
		if (!is_hidden)
			continue;
		tools.n = mark;
		buf_adds(&hide, hide.n ? "," : "");
		show_json(&hide, v[i]->name, 0);
	}
	buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\"");
	if (hide.n)
		buf_addf(b, ",\"hide\":[%.*s]", SLICE_ARG(buf_slice(&hide)));
	buf_addf(b, ",\"tools\":{%.*s}}", SLICE_ARG(buf_slice(&tools)));
	b->failed |= !buf_ok(&hide) || !buf_ok(&tools);
	buf_release(&hide);
	buf_release(&tools);
}
