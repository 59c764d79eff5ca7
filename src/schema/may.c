/*
 * What a schema leaves possible, for those who check policies. Errs on the side of "yes":
 * only what is excluded outright is reported.
 */
#include "base/limits.h"
#include "schema/node.h"

struct question {
	const struct slice *tokens;
	size_t n;
	size_t steps; /* what is left; without any the answer is yes */
	unsigned depth;
};

static bool may_have(struct question *q, const struct node *n, size_t at);

static bool all_may(struct question *q, const struct node_list *l, size_t at)
{
	for (size_t i = 0; i < l->n; i++)
		if (!may_have(q, l->list[i], at))
			return false;
	return true;
}

static bool any_may(struct question *q, const struct node_list *l, size_t at)
{
	for (size_t i = 0; i < l->n; i++)
		if (may_have(q, l->list[i], at))
			return true;
	return l->n == 0;
}

/* Could the subschema, or one applied to the same value, evaluate a member of this name? */
static bool may_evaluate(struct question *q, const struct node *n, struct slice name)
{
	const struct object_rules *o = n->object;
	const struct logic_rules *l = n->logic;
	if (!q->steps || q->depth >= LIMIT_SCHEMA_DEPTH)
		return true;
	q->steps--;
	q->depth++;
	bool may = o && (o->patterns || (o->additional && !o->additional->is_false) || o->unevaluated ||
	                 slice_is(name, "*"));
	const struct property *p = o ? object_find(o, name) : NULL;
	may = may || (p && p->schema);
	for (const struct dependent *d = o ? o->dependents : NULL; d && !may; d = d->next)
		may = d->schema && may_evaluate(q, d->schema, name);
	if (l && !may) {
		const struct node *one[] = { l->ref, l->if_, l->then, l->else_ };
		const struct node_list *lists[] = { &l->all, &l->any, &l->one };
		may = l->dynamic_ref != NULL;
		for (size_t i = 0; i < 4 && !may; i++)
			may = one[i] && may_evaluate(q, one[i], name);
		for (size_t i = 0; i < 3; i++)
			for (size_t k = 0; k < lists[i]->n && !may; k++)
				may = may_evaluate(q, lists[i]->list[k], name);
	}
	q->depth--;
	return may;
}

/* Is a member that the object's own keywords do not name allowed by what is left? */
static bool others_may(struct question *q, const struct node *n, size_t at)
{
	const struct object_rules *o = n->object;
	if (o->additional)
		return may_have(q, o->additional, at + 1);
	if (!o->unevaluated || !o->unevaluated->is_false)
		return true;
	struct object_rules without = *o;
	struct node rest = *n;
	without.unevaluated = NULL;
	rest.object = &without;
	return may_evaluate(q, &rest, q->tokens[at]);
}

static bool object_may(struct question *q, const struct node *n, size_t at)
{
	const struct object_rules *o = n->object;
	struct slice name = q->tokens[at];
	bool is_named = false;
	if (!o)
		return true;
	if (slice_is(name, "*")) {
		for (size_t i = 0; i < o->n; i++)
			if (o->properties[i].schema && may_have(q, o->properties[i].schema, at + 1))
				return true;
		return o->patterns || others_may(q, n, at);
	}
	const struct property *p = object_find(o, name);
	if (p && p->schema) {
		is_named = true;
		if (!may_have(q, p->schema, at + 1))
			return false;
	}
	for (const struct pattern *r = o->patterns; r; r = r->next) {
		enum regex_result found = q->steps ? regex_match(r->regex, name) : REGEX_LIMIT;
		is_named |= found != REGEX_NO;
		if (found == REGEX_YES && !may_have(q, r->schema, at + 1))
			return false;
	}
	return is_named || others_may(q, n, at);
}

static bool array_may(struct question *q, const struct node *n, size_t at)
{
	const struct array_rules *a = n->array;
	unsigned long long i;
	if (!a)
		return true;
	if (a->max == 0)
		return false;
	if (slice_u64(q->tokens[at], &i)) {
		if (i >= a->max)
			return false;
		if (i < a->prefix.n)
			return may_have(q, a->prefix.list[i], at + 1);
		return !a->items || may_have(q, a->items, at + 1);
	}
	if (a->prefix.n && any_may(q, &a->prefix, at + 1))
		return true;
	return !a->items || may_have(q, a->items, at + 1);
}

/* Arrays have elements, objects have members; "*" and numbers could be either. */
static bool parts_may(struct question *q, const struct node *n, size_t at)
{
	unsigned long long i;
	bool is_index = slice_is(q->tokens[at], "*") || slice_u64(q->tokens[at], &i);
	bool as_object = (n->types & TYPE_BIT(JSON_OBJECT)) && object_may(q, n, at);
	return as_object || (is_index && (n->types & TYPE_BIT(JSON_ARRAY)) && array_may(q, n, at));
}

static bool may_have(struct question *q, const struct node *n, size_t at)
{
	const struct logic_rules *l = n->logic;
	if (n->is_false)
		return false;
	if (!q->steps || q->depth >= LIMIT_SCHEMA_DEPTH)
		return true;
	q->steps--;
	q->depth++;
	bool may = at == q->n || parts_may(q, n, at);
	if (may && l)
		may = (!l->ref || may_have(q, l->ref, at)) && all_may(q, &l->all, at) &&
		      any_may(q, &l->any, at) && any_may(q, &l->one, at);
	q->depth--;
	return may;
}

bool schema_may_have(const struct schema *s, const struct slice *tokens, size_t n)
{
	struct question q = { .tokens = tokens, .n = n, .steps = LIMIT_SCHEMA_STEPS / 10 };
	return may_have(&q, s->root, 0);
}
