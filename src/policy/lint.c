/*
 * Conditions that can never hold: by themselves, beside another condition that must hold too, or
 * for any value that the tool's schema or the fact has. And those of require that always hold. Only
 * what is certain is reported: in doubt a value may exist.
 */
#include "base/check.h"
#include "policy/check.h"
#include <stdarg.h>

#define BIT(type) (1u << (type))
#define ALL_TYPES (BIT(JSON_OBJECT + 1) - BIT(JSON_NULL))

static bool is_op(const struct condition *c, const char *name)
{
	return strcmp(c->op->name, name) == 0;
}

static bool is_one_of(const struct condition *c, const char *const *names)
{
	while (*names && !is_op(c, *names))
		names++;
	return *names != NULL;
}

/* Types of the values for which the condition may hold. BIT(JSON_NONE): it may when there is none. */
static unsigned types_of(const struct condition *c)
{
	static const char *const strings[] = {"regex",	 "starts_with", "ends_with",	"glob",
					      "path_within", "host_in",	"host_private", "sql_only", NULL};
	const struct operand *o = &c->operand;
	unsigned types = 0;
	if (is_op(c, "eq"))
		return BIT(o->type);
	if (is_op(c, "in")) {
		for (struct json_iter it = json_iter(o->json); json_next(&it);)
			types |= BIT(json_type(it.value));
		return types;
	}
	if (is_op(c, "exists"))
		return json_true(o->json) ? ALL_TYPES & ~BIT(JSON_NULL) : BIT(JSON_NONE) | BIT(JSON_NULL);
	if (c->op->kind == OPERAND_ORDER)
		return BIT(o->is_time ? JSON_STRING : JSON_NUMBER);
	if (is_one_of(c, strings))
		return BIT(JSON_STRING);
	if (is_op(c, "contains"))
		return BIT(JSON_ARRAY) | (o->type == JSON_STRING ? BIT(JSON_STRING) : 0);
	if (c->op->kind == OPERAND_COUNT)
		return BIT(JSON_STRING) | BIT(JSON_ARRAY) | BIT(JSON_OBJECT);
	return ALL_TYPES | (c->op->takes_absent ? BIT(JSON_NONE) : 0);
}

/* False only when it certainly does not. */
static bool may_hold_for(const struct condition *c, const struct json *v)
{
	struct value value = {.type = json_type(v), .json = v};
	value.text = value.type == JSON_NUMBER ? json_number(v) : json_string(v);
	return !c->op->test || c->op->test(&c->operand, &value) != HOLDS_NO;
}

static bool is_upper(const struct condition *c)
{
	return is_op(c, "lt") || is_op(c, "lte");
}

static bool is_strict(const struct condition *c)
{
	return is_op(c, "lt") || is_op(c, "gt");
}

/* -1, 0, 1: a number or a time against another of its kind. */
static int compare_bounds(const struct operand *a, const struct operand *b)
{
	if (a->is_time)
		return (a->time_us > b->time_us) - (a->time_us < b->time_us);
	return json_number_compare(a->text, b->text);
}

static bool may_both_bound(const struct condition *a, const struct condition *b)
{
	const struct condition *low = is_upper(a) ? b : a, *high = is_upper(a) ? a : b;
	if (is_upper(a) == is_upper(b))
		return true;
	int order = compare_bounds(&low->operand, &high->operand);
	return order < 0 || (order == 0 && !is_strict(low) && !is_strict(high));
}

static bool may_both_begin(const struct condition *a, const struct condition *b)
{
	struct slice x = a->operand.text, y = b->operand.text;
	if (is_op(a, "starts_with"))
		return slice_starts(x, y) || slice_starts(y, x);
	return slice_ends(x, y) || slice_ends(y, x);
}

/* Of the values that a names, may one of them satisfy b? */
static bool may_one_hold(const struct condition *a, const struct condition *b)
{
	if (is_op(a, "eq"))
		return may_hold_for(b, a->operand.json);
	for (struct json_iter it = json_iter(a->operand.json); json_next(&it);)
		if (may_hold_for(b, it.value))
			return true;
	return false;
}

static bool may_both_hold(const struct condition *a, const struct condition *b)
{
	if (!slice_eq(a->path.text, b->path.text) || a->path.has_each)
		return true;
	if (!(types_of(a) & types_of(b)))
		return false;
	if (is_op(a, "eq") || is_op(a, "in"))
		return may_one_hold(a, b);
	if (is_op(b, "eq") || is_op(b, "in"))
		return may_one_hold(b, a);
	if (a->op->kind == OPERAND_ORDER && b->op->kind == OPERAND_ORDER)
		return may_both_bound(a, b);
	if (a->op == b->op && (is_op(a, "starts_with") || is_op(a, "ends_with")))
		return may_both_begin(a, b);
	if (a->op->kind == OPERAND_COUNT && b->op->kind == OPERAND_COUNT && a->op != b->op) {
		bool is_a = is_op(a, "length_lte");
		return (is_a ? b : a)->operand.count <= (is_a ? a : b)->operand.count;
	}
	return true;
}

static unsigned type_named(struct slice name)
{
	static const struct {
		const char *name;
		enum json_type type;
	} names[] = {{"null", JSON_NULL},     {"boolean", JSON_BOOL},	{"number", JSON_NUMBER},
		     {"integer", JSON_NUMBER}, {"string", JSON_STRING}, {"array", JSON_ARRAY},
		     {"object", JSON_OBJECT}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_is(name, names[i].name))
			return BIT(names[i].type);
	return ALL_TYPES;
}

static unsigned types_of_schema(const struct json *schema)
{
	const struct json *type = json_gets(schema, "type");
	unsigned types = 0;
	if (!json_is(type, JSON_ARRAY))
		return type ? type_named(json_string(type)) : ALL_TYPES;
	for (struct json_iter it = json_iter(type); json_next(&it);)
		types |= type_named(json_string(it.value));
	return types;
}

/* How a bound of the schema stands to that of the condition; *has false: it has none. */
static int bound_order(const struct condition *c, const struct json *schema, const char *key, bool *has)
{
	const struct json *v = json_gets(schema, key);
	*has = json_is(v, JSON_NUMBER) && !c->operand.is_time;
	return *has ? json_number_compare(json_number(v), c->operand.text) : 0;
}

static bool is_out_of_bounds(const struct condition *c, const struct json *schema)
{
	bool has, has_strict;
	int sign = is_upper(c) ? 1 : -1;
	int order = sign * bound_order(c, schema, is_upper(c) ? "minimum" : "maximum", &has);
	int strict = sign * bound_order(c, schema, is_upper(c) ? "exclusiveMinimum" : "exclusiveMaximum", &has_strict);
	return (has && (order > 0 || (order == 0 && is_strict(c)))) || (has_strict && strict >= 0);
}

static bool is_within_bounds(const struct condition *c, const struct json *schema)
{
	bool has, has_strict;
	int sign = is_upper(c) ? -1 : 1;
	int order = sign * bound_order(c, schema, is_upper(c) ? "maximum" : "minimum", &has);
	int strict = sign * bound_order(c, schema, is_upper(c) ? "exclusiveMaximum" : "exclusiveMinimum", &has_strict);
	return (has && (order > 0 || (order == 0 && !is_strict(c)))) || (has_strict && strict >= 0);
}

static bool is_out_of_length(const struct condition *c, const struct json *schema, unsigned types)
{
	static const struct {
		unsigned type;
		const char *least, *most;
	} words[] = {{BIT(JSON_STRING), "minLength", "maxLength"},
		     {BIT(JSON_ARRAY), "minItems", "maxItems"},
		     {BIT(JSON_OBJECT), "minProperties", "maxProperties"}};
	bool is_most = is_op(c, "length_lte");
	int64_t n;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (types == words[i].type &&
		    json_int64(json_gets(schema, is_most ? words[i].least : words[i].most), &n) && n >= 0)
			return is_most ? (uint64_t)n > c->operand.count : (uint64_t)n < c->operand.count;
	return false;
}

/* Does the value fit? In doubt it does. */
static bool fits(const struct json *schema, const struct json *v)
{
	struct schema_opts opts = {.check_format = false};
	struct schema *s = schema_new(schema, &opts, NULL);
	bool is_good = !s || schema_check(s, v, SCHEMA_PLAIN, NULL);
	schema_unref(&s);
	return is_good;
}

static bool may_one_fit(const struct condition *c, const struct json *schema)
{
	if (is_op(c, "eq"))
		return fits(schema, c->operand.json);
	for (struct json_iter it = json_iter(c->operand.json); json_next(&it);)
		if (fits(schema, it.value))
			return true;
	return false;
}

/* NULL: a value that fits the schema may satisfy the condition. Else why none can. */
static const char *why_never(const struct condition *c, const struct json *schema, bool may_lack)
{
	const struct json *list = json_gets(schema, "enum"), *only = json_gets(schema, "const");
	unsigned types = types_of_schema(schema), wanted = types_of(c);
	if (may_lack && (wanted & BIT(JSON_NONE)))
		return NULL;
	if (!(types & wanted))
		return "it is of another type";
	if (json_is(list, JSON_ARRAY) || only) {
		bool may = only && may_hold_for(c, only);
		for (struct json_iter it = json_iter(only ? NULL : list); json_next(&it);)
			may = may || may_hold_for(c, it.value);
		return may ? NULL : "none of the values that it can have";
	}
	if (is_op(c, "eq") || is_op(c, "in"))
		return may_one_fit(c, schema) ? NULL : "it cannot have such a value";
	if (c->op->kind == OPERAND_ORDER && is_out_of_bounds(c, schema))
		return "it is out of its bounds";
	if (c->op->kind == OPERAND_COUNT && is_out_of_length(c, schema, types & wanted))
		return "its length is out of its bounds";
	return NULL;
}

static bool always_holds(const struct condition *c, const struct json *schema, bool may_lack)
{
	const struct json *list = json_gets(schema, "enum");
	if (may_lack || !c->op->test)
		return false;
	for (struct json_iter it = json_iter(json_is(list, JSON_ARRAY) ? list : NULL); json_next(&it);) {
		struct value value = {.type = json_type(it.value), .json = it.value};
		value.text = value.type == JSON_NUMBER ? json_number(it.value) : json_string(it.value);
		if (c->op->test(&c->operand, &value) != HOLDS_YES)
			return false;
	}
	if (json_count(list))
		return true;
	return c->op->kind == OPERAND_ORDER && types_of_schema(schema) == BIT(JSON_NUMBER) &&
	       is_within_bounds(c, schema);
}

/* What the facts of a call can be, as a schema; NULL: anything. They may be missing. */
static const struct json *schema_of_fact(struct check *c, const struct path *p)
{
	const char *text = NULL;
	switch (p->root) {
	case ROOT_TIME_HOUR:
		text = "{\"type\":\"integer\",\"minimum\":0,\"maximum\":23}";
		break;
	case ROOT_TIME_WEEKDAY:
		text = "{\"type\":\"string\",\"enum\":[\"monday\",\"tuesday\",\"wednesday\",\"thursday\","
		       "\"friday\",\"saturday\",\"sunday\"]}";
		break;
	case ROOT_TOOL_CLASS:
		text = "{\"type\":\"string\",\"enum\":[\"read\",\"write\",\"execute\",\"destructive\",\"financial\"]}";
		break;
	case ROOT_SESSION_CALLS:
		text = "{\"type\":\"integer\",\"minimum\":0}";
		break;
	case ROOT_TOOL_NAME:
	case ROOT_TOOL_SEVERITY:
	case ROOT_GRANT_LABEL:
	case ROOT_GRANT_SUBJECT:
	case ROOT_CLIENT_NAME:
	case ROOT_CLIENT_IP:
	case ROOT_TIME_UTC:
		text = "{\"type\":\"string\"}";
		break;
	case ROOT_GRANT_TAGS:
	case ROOT_SESSION_LABELS:
		text = p->has_each ? "{\"type\":\"string\"}" : "{\"type\":\"array\"}";
		break;
	case ROOT_NONE:
	case ROOT_ARGS:
		break;
	}
	return text ? json_read(slice_str(text), &c->arena, NULL) : NULL;
}

/* What comes of a condition for all the tools that it concerns together. */
struct verdict {
	const char *never; /* NULL: one of them may satisfy it, or nobody knows */
	bool always;
};

static struct verdict judge_condition(struct check *c, const struct rules *r, const struct condition *k)
{
	struct verdict v = {NULL, false};
	size_t n = 0, always = 0;
	bool may_lack;
	if (k->path.root != ROOT_ARGS) {
		const struct json *fact = schema_of_fact(c, &k->path);
		return (struct verdict){fact ? why_never(k, fact, true) : NULL, false};
	}
	if (is_op(k, "in") && !json_count(k->operand.json))
		return (struct verdict){"the list is empty", false};
	for (struct json_iter it = json_iter(c->tools); json_next(&it);) {
		const struct json *schema = json_gets(it.value, "inputSchema");
		if (r && !check_concerns(c, r, it.value))
			continue;
		if (policy_validation(c->policy, r) == POLICY_VALIDATE_OFF)
			return (struct verdict){NULL, false};
		if (!schema_may_have_path(schema, &k->path))
			continue;
		schema = schema_at_path(schema, &k->path, &may_lack);
		const char *why = schema ? why_never(k, schema, may_lack) : NULL;
		if (!why)
			v.never = NULL;
		if (!why && !(schema && always_holds(k, schema, may_lack)))
			return (struct verdict){NULL, false};
		always += !why;
		if (n++ == 0 || v.never)
			v.never = why;
	}
	v.always = n > 0 && always == n;
	if (always)
		v.never = NULL;
	return v;
}

static void warn_at(struct check *c, size_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void warn_at(struct check *c, size_t at, const char *fmt, ...)
{
	char text[240];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	size_t mark = parser_enter_at(&c->ps, at);
	parser_warn(&c->ps, "%s", text);
	parser_leave(&c->ps, mark);
}

/* The first condition before this one, of the same group, beside which it cannot hold. */
static bool finds_rival(const struct group *g, size_t at, size_t *rival)
{
	for (size_t i = 0; !g->is_any && i < at; i++)
		if (!may_both_hold(&g->conditions[i], &g->conditions[at])) {
			*rival = i;
			return true;
		}
	return false;
}

/* The same among what require has let through by then; those lists' groups before `until`. */
static const struct group *find_refuser(const struct group_list *list, size_t until,
					const struct condition *k)
{
	for (size_t i = 0; i < list->n && i < until; i++)
		for (size_t j = 0; !list->v[i].is_any && j < list->v[i].n; j++)
			if (!may_both_hold(&list->v[i].conditions[j], k))
				return &list->v[i];
	return NULL;
}

static const char *find_refusing_list(struct check *c, const struct rules *r, enum group_use use, size_t group,
				      const struct condition *k)
{
	size_t until = use == GROUP_REQUIRE ? group : SIZE_MAX;
	if (r && find_refuser(&r->require, until, k))
		return use == GROUP_REQUIRE ? "the groups before it" : "'require', which comes before";
	if (r && r->kind != RULES_ALL && use != GROUP_REQUIRE &&
	    find_refuser(&c->policy->all_tools.require, SIZE_MAX, k))
		return "'require' of all_tools, which comes before";
	return NULL;
}

static void check_condition(struct check *c, const struct rules *r, enum group_use use, const struct group *g,
			    size_t group, size_t at)
{
	const struct condition *k = &g->conditions[at];
	struct verdict v = judge_condition(c, r, k);
	const char *list;
	size_t rival;
	if (v.never)
		warn_at(c, at, "this can never hold: %s%s", v.never,
			use == GROUP_REQUIRE && !g->is_any ? "; every call is refused" : "");
	else if (v.always && use == GROUP_REQUIRE)
		warn_at(c, at, "this always holds and refuses nothing: the tool's schema says as much");
	else if (finds_rival(g, at, &rival))
		warn_at(c, at, "this can never hold together with condition %zu%s", rival,
			use == GROUP_REQUIRE ? "; every call is refused" : "");
	else if ((!g->is_any || g->n == 1) && (list = find_refusing_list(c, r, use, group, k)))
		warn_at(c, at, "this can never hold: %s refuse%s what it asks for", list,
			use == GROUP_REQUIRE ? "" : "s");
}

static void check_list(struct check *c, const struct rules *r, enum group_use use, const char *member)
{
	const struct group_list *list = groups_of(r, use);
	size_t mark = parser_enter(&c->ps, slice_str(member));
	for (size_t i = 0; i < list->n; i++) {
		size_t group = parser_enter_at(&c->ps, i);
		size_t conditions = parser_enter(&c->ps, SLICE_LIT("conditions"));
		for (size_t j = 0; j < list->v[i].n; j++)
			check_condition(c, r, use, &list->v[i], i, j);
		parser_leave(&c->ps, conditions);
		parser_leave(&c->ps, group);
	}
	parser_leave(&c->ps, mark);
}

void check_conditions(struct check *c, const struct rules *r)
{
	check_list(c, r, GROUP_REQUIRE, "require");
	check_list(c, r, GROUP_DENY_IF, "deny_if");
	check_list(c, r, GROUP_APPROVE_IF, "approve_if");
}

void check_flow_conditions(struct check *c, const struct flow *w)
{
	for (size_t i = 0; i < w->narrow.n; i++)
		check_condition(c, NULL, GROUP_FLOW, &w->narrow, 0, i);
}
