/* Keywords that apply whole subschemas to the value itself, and those that name values. */
#include "base/check.h"
#include "schema/check.h"

/* A short list of what would be right, for an agent that will try again. */
static bool fail_values(struct check *c, const struct json *values)
{
	char text[160];
	size_t n = 0;
	if (!c->report)
		return false;
	for (struct json_iter it = json_iter(values); json_next(&it);) {
		struct buf one = BUF_INIT(256);
		json_write(&one, it.value);
		bool has_room = buf_ok(&one) && n + one.n + 8 < sizeof text;
		if (has_room)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", n ? ", " : "", (int)one.n, one.p);
		buf_release(&one);
		if (has_room)
			continue;
		if (!n)
			break;
		return check_fail(c, "must be one of %s, \xe2\x80\xa6", text);
	}
	return check_fail(c, n ? "must be one of %s" : "must be one of the values in the schema%s", n ? text : "");
}

static bool fail_constant(struct check *c, const struct json *constant)
{
	struct buf one = BUF_INIT(200);
	json_write(&one, constant);
	if (buf_ok(&one))
		check_fail(c, "must be %.*s", (int)one.n, one.p);
	buf_release(&one);
	return check_fail(c, "must be the value in the schema");
}

static bool check_values(struct check *c, const struct logic_rules *l, const struct json *v)
{
	if (l->constant && !check_equal(c, v, l->constant))
		return c->report ? fail_constant(c, l->constant) : false;
	if (!l->values)
		return true;
	for (struct json_iter it = json_iter(l->values); json_next(&it);)
		if (check_equal(c, v, it.value))
			return true;
	return fail_values(c, l->values);
}

/* The outermost resource on the way here that has the anchor (2020-12 core, 8.2.3.2). */
static const struct node *find_dynamic(struct check *c, const struct logic_rules *l)
{
	const struct node *found = l->dynamic_ref;
	for (const struct scope *s = c->scope; s; s = s->outer)
		for (const struct anchor *a = s->resource->dynamic; a; a = a->next) {
			if (!check_pay(c, 1))
				return found;
			if (slice_eq(a->name, l->dynamic_name))
				found = a->node;
		}
	return found;
}

/* Types of the alternatives, when that is all they say: "must be a string or null". */
static bool fail_alternatives(struct check *c, const struct node_list *l, const struct json *v)
{
	unsigned wanted = 0, has = TYPE_BIT(json_type(v));
	if (has & TYPE_BIT(JSON_NUMBER))
		has |= TYPE_INTEGER;
	for (size_t i = 0; i < l->n; i++) {
		const struct node *n = l->list[i];
		for (int hops = 0; hops < 4 && n->types == TYPE_ANY && n->logic && n->logic->ref; hops++)
			n = n->logic->ref;
		if (n->types & has)
			return check_fail(c, "must fit one of the %zu alternatives in the schema", l->n);
		wanted |= n->types;
	}
	return check_fail_type(c, wanted);
}

/*
 * How many alternatives fit, up to `enough`. Of those that do not, the one that failed deepest
 * was most likely meant: its report stays when none fits. When all failed on the value itself,
 * the caller reports about all of them.
 */
static size_t count_fits(struct check *c, const struct node_list *l, const struct json *v, size_t enough)
{
	struct schema_report *outer = c->report;
	size_t outer_depth = c->report_depth, depth = c->place ? c->place->depth : 0, fits = 0;
	/* Kept off the stack: alternatives nest. */
	struct schema_report *inner = outer ? mem_zalloc(sizeof *inner) : NULL;
	c->report = inner;
	c->report_depth = 0;
	for (size_t i = 0; i < l->n && fits < enough && !c->is_exhausted; i++)
		fits += check_node(c, l->list[i], v);
	if (!fits && inner && inner->reason[0] && c->report_depth > depth && !outer->reason[0]) {
		*outer = *inner;
		outer_depth = c->report_depth;
	}
	free(inner);
	c->report = outer;
	c->report_depth = outer_depth;
	return fits;
}

static bool check_any(struct check *c, const struct node_list *l, const struct json *v)
{
	/* Those who ask for marks need the ones of every alternative that fits. */
	if (count_fits(c, l, v, c->is_marking ? SIZE_MAX : 1))
		return !c->is_exhausted;
	return fail_alternatives(c, l, v);
}

static bool check_one(struct check *c, const struct node_list *l, const struct json *v)
{
	size_t fits = count_fits(c, l, v, 2);
	if (fits == 1)
		return !c->is_exhausted;
	if (fits)
		return check_fail(c, "must fit only one of the alternatives in the schema");
	return fail_alternatives(c, l, v);
}

static bool check_condition(struct check *c, const struct logic_rules *l, const struct json *v)
{
	bool is_met = check_quietly(c, l->if_, v);
	const struct node *then = is_met ? l->then : l->else_;
	return !c->is_exhausted && (!then || check_node(c, then, v));
}

bool check_logic(struct check *c, const struct node *n, const struct json *v)
{
	const struct logic_rules *l = n->logic;
	if ((l->constant || l->values) && !check_values(c, l, v))
		return false;
	if (l->ref && !check_node(c, l->ref, v))
		return false;
	if (l->dynamic_ref && !check_node(c, l->dynamic_name.p ? find_dynamic(c, l) : l->dynamic_ref, v))
		return false;
	for (size_t i = 0; i < l->all.n; i++)
		if (!check_node(c, l->all.list[i], v))
			return false;
	if (l->any.n && !check_any(c, &l->any, v))
		return false;
	if (l->one.n && !check_one(c, &l->one, v))
		return false;
	if (l->not) {
		size_t start = c->mark_n;
		bool fits = check_quietly(c, l->not, v);
		if (c->mark_n > start)
			c->mark_n = start;
		if (fits || c->is_exhausted)
			return check_fail(c, "must not be what the schema excludes");
	}
	return !l->if_ || check_condition(c, l, v);
}
