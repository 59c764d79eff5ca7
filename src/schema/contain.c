/* Objects and arrays: their members and elements, and what is left of them at the end. */
#include "schema/check.h"

const struct property *object_find(const struct object_rules *o, struct slice name)
{
	struct property key = { .name = name };
	if (o->n > 8)
		return bsearch(&key, o->properties, o->n, sizeof key, property_compare);
	for (size_t i = 0; i < o->n; i++)
		if (slice_eq(o->properties[i].name, name))
			return &o->properties[i];
	return NULL;
}

static bool fail_required(struct check *c, const struct object_rules *o, const struct json *v)
{
	size_t price = 1 + json_count(v) / 8;
	for (size_t i = 0; c->report && i < o->n && check_pay(c, price); i++)
		if (o->properties[i].is_required && !json_get(v, o->properties[i].name))
			return check_fail(c, "must have the property '%.*s'", SLICE_ARG(o->properties[i].name));
	return false;
}

/* A member that nothing names. Says what would be right, for an agent that will try again. */
static bool fail_unknown(struct check *c, const struct object_rules *o)
{
	char text[160];
	size_t n = 0;
	if (!c->report)
		return false;
	for (size_t i = 0; i < o->n; i++) {
		struct slice name = o->properties[i].name;
		if (!o->properties[i].schema || n + name.n + 8 >= sizeof text)
			continue;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s'%.*s'", n ? ", " : "", SLICE_ARG(name));
	}
	return check_fail(c, n ? "is not a known property; there are %s" : "is not a known property%s", n ? text : "");
}

static bool check_additional(struct check *c, const struct object_rules *o, const struct json *v, struct slice key)
{
	if (!o->additional->is_false)
		return check_child(c, o->additional, v, key, 0);
	const struct place *up = c->place;
	struct place here = { up, key, 0, up ? up->depth + 1 : 1 };
	c->place = &here;
	fail_unknown(c, o);
	c->place = up;
	return false;
}

static bool check_patterns(struct check *c, const struct object_rules *o, const struct json *v, struct slice key,
                           bool *is_evaluated)
{
	for (const struct pattern *p = o->patterns; p; p = p->next) {
		bool is_match;
		if (!check_regex(c, p->regex, key, &is_match))
			return false;
		if (!is_match)
			continue;
		*is_evaluated = true;
		if (!check_child(c, p->schema, v, key, 0))
			return false;
	}
	return true;
}

static bool check_members(struct check *c, const struct object_rules *o, const struct json *v)
{
	size_t required = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct property *p = object_find(o, it.key);
		bool is_evaluated = p && p->schema;
		required += p && p->is_required;
		if (!check_pay(c, 1))
			return false;
		if (o->names && !check_child(c, o->names, it.name, it.key, 0))
			return false;
		if (is_evaluated && !check_child(c, p->schema, it.value, it.key, 0))
			return false;
		if (o->patterns && !check_patterns(c, o, it.value, it.key, &is_evaluated))
			return false;
		if (!is_evaluated && o->additional) {
			if (!check_additional(c, o, it.value, it.key))
				return false;
			is_evaluated = true;
		}
		if (is_evaluated && !check_mark(c, it.value))
			return false;
	}
	return required == o->required_n || fail_required(c, o, v);
}

static bool check_dependents(struct check *c, const struct object_rules *o, const struct json *v)
{
	/* Looking for a member walks over the others. */
	size_t price = 1 + json_count(v) / 8;
	for (const struct dependent *d = o->dependents; d; d = d->next) {
		if (!check_pay(c, price))
			return false;
		if (!json_get(v, d->name))
			continue;
		for (size_t i = 0; i < d->names.n; i++) {
			if (!check_pay(c, price))
				return false;
			if (!json_get(v, d->names.list[i]))
				return check_fail(c, "must have the property '%.*s' beside '%.*s'",
				                  SLICE_ARG(d->names.list[i]), SLICE_ARG(d->name));
		}
		if (d->schema && !check_node(c, d->schema, v))
			return false;
	}
	return true;
}

bool check_object(struct check *c, const struct object_rules *o, const struct json *v)
{
	size_t n = json_count(v);
	if (n < o->min)
		return check_fail(c, "must have at least %zu propert%s", o->min, o->min == 1 ? "y" : "ies");
	if (n > o->max)
		return check_fail(c, "must have at most %zu propert%s", o->max, o->max == 1 ? "y" : "ies");
	return check_members(c, o, v) && (!o->dependents || check_dependents(c, o, v));
}

static bool check_contains(struct check *c, const struct array_rules *a, const struct json *v)
{
	size_t found = 0, i = 0;
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		struct schema_report *r = c->report;
		c->report = NULL;
		bool fits = check_child(c, a->contains, it.value, slice_of(NULL, 0), i);
		c->report = r;
		if (c->is_exhausted)
			return false;
		if (!fits)
			continue;
		found++;
		if (a->contains_counts && !check_mark(c, it.value))
			return false;
		if (found >= a->min_contains && a->max_contains == SIZE_MAX && !c->is_marking)
			break;
	}
	if (found < a->min_contains)
		return check_fail(c, "must have at least %zu element%s of a kind, and has %zu", a->min_contains,
		                  a->min_contains == 1 ? "" : "s", found);
	if (found > a->max_contains)
		return check_fail(c, "must have at most %zu element%s of a kind", a->max_contains,
		                  a->max_contains == 1 ? "" : "s");
	return true;
}

bool check_array(struct check *c, const struct array_rules *a, const struct json *v)
{
	size_t n = json_count(v), i = 0;
	if (n < a->min)
		return check_fail(c, "must have at least %zu element%s", a->min, a->min == 1 ? "" : "s");
	if (n > a->max)
		return check_fail(c, "must have at most %zu element%s", a->max, a->max == 1 ? "" : "s");
	if (a->is_unique && !check_unique(c, v))
		return check_fail(c, "must not have the same element twice");
	for (struct json_iter it = json_iter(v); (a->prefix.n || a->items) && json_next(&it); i++) {
		const struct node *item = i < a->prefix.n ? a->prefix.list[i] : a->items;
		if (!item)
			break;
		if (!check_child(c, item, it.value, slice_of(NULL, 0), i) || !check_mark(c, it.value))
			return false;
	}
	return !a->contains || check_contains(c, a, v);
}

static int by_address(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* The marks from `start` on, sorted for looking up. */
static const struct json **sort_marks(struct check *c, size_t start, size_t *n)
{
	*n = c->mark_n - start;
	const struct json **sorted = arena_alloc(&c->scratch, *n * sizeof *sorted);
	if (!sorted || !check_pay(c, 4 * *n)) {
		(void)!check_pay(c, SIZE_MAX);
		return NULL;
	}
	if (*n)
		memcpy(sorted, c->marks + start, *n * sizeof *sorted);
	qsort(sorted, *n, sizeof *sorted, by_address);
	return sorted;
}

static bool is_marked(const struct json *const *sorted, size_t n, const struct json *v)
{
	return bsearch(&v, sorted, n, sizeof *sorted, by_address) != NULL;
}

bool check_unevaluated(struct check *c, const struct node *n, const struct json *v, size_t start)
{
	bool is_object = json_is(v, JSON_OBJECT);
	const struct node *rest = is_object ? n->object->unevaluated : n->array->unevaluated;
	size_t mark_n, i = 0;
	if (!rest)
		return true;
	const struct json **sorted = sort_marks(c, start, &mark_n);
	for (struct json_iter it = json_iter(v); sorted && json_next(&it); i++) {
		if (!check_pay(c, 1))
			return false;
		if (is_marked(sorted, mark_n, it.value))
			continue;
		if (!check_child(c, rest, it.value, it.key, i) || !check_mark(c, it.value))
			return false;
	}
	return sorted != NULL;
}

static bool all_declared(struct check *c, const struct json *v, const struct json *const *sorted, size_t n)
{
	const struct place *up = c->place;
	struct place here = { .up = up, .depth = up ? up->depth + 1 : 1 };
	c->place = &here;
	for (struct json_iter it = json_iter(v); json_next(&it); here.index++) {
		here.key = it.key;
		if (!check_pay(c, 1))
			return false;
		if (it.key.p && !is_marked(sorted, n, it.value))
			return check_fail(c, "is not a known property");
		if (json_count(it.value) && !all_declared(c, it.value, sorted, n))
			return false;
	}
	c->place = up;
	return true;
}

bool check_strictly(struct check *c, const struct json *v)
{
	size_t n;
	const struct json **sorted = sort_marks(c, 0, &n);
	return sorted && all_declared(c, v, sorted, n);
}
