/*
 * Every keyword: its name, the dialects that have it, where its value goes and how it is
 * read. Names that are not here only describe (title, examples, …) and are passed over.
 */
#include "schema/keyword.h"
#include "base/check.h"
#include "base/limits.h"

/* A keyword's group of rules, made when the first of its keywords is met. */
enum group {
	GROUP_NODE = 0,
	GROUP_OBJECT,
	GROUP_ARRAY,
	GROUP_STRING,
	GROUP_NUMBER,
	GROUP_LOGIC,
};

typedef bool keyword_read(struct compiling *c, struct node *n, void *field, const struct json *v);

static bool read_count(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)n;
	return number_count(json_number(v), field) || compile_fail(c, "must be a whole number from 0 on");
}

static bool read_number(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)n;
	if (!json_is(v, JSON_NUMBER))
		return compile_fail(c, "must be a number%s", json_is(v, JSON_BOOL) ? " (draft-04 is not known)" : "");
	return compile_copy(c, json_number(v), field);
}

static bool read_divisor(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)n;
	return divisor_read(field, json_number(v)) ||
	       compile_fail(c, "must be a number above 0 of at most 18 digits");
}

static bool read_bool(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	bool *flag = field;
	(void)n;
	*flag = json_true(v);
	return json_is(v, JSON_BOOL) || compile_fail(c, "must be true or false");
}

static bool read_schema(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	const struct node **to = field;
	*to = compile_schema(c, v, n->resource);
	return *to != NULL;
}

static bool read_unevaluated(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	c->s->has_unevaluated = true;
	return read_schema(c, n, field, v);
}

static bool read_list(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	struct node_list *l = field;
	if (!json_is(v, JSON_ARRAY))
		return compile_fail(c, "must be an array of schemas");
	l->list = compile_alloc(c, json_count(v) * sizeof(struct node *));
	for (struct json_iter it = json_iter(v); l->list && json_next(&it); l->n++) {
		char index[24];
		snprintf(index, sizeof index, "%zu", l->n);
		size_t old = compile_enter(c, slice_str(index));
		l->list[l->n] = compile_schema(c, it.value, n->resource);
		if (!l->list[l->n])
			return false;
		compile_leave(c, old);
	}
	return l->list != NULL;
}

static bool read_schemas(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	if (json_is(v, JSON_ARRAY) && !json_count(v))
		return compile_fail(c, "must have at least one schema");
	return read_list(c, n, field, v);
}

static bool add_regex(struct compiling *c, struct slice pattern, struct regex **to)
{
	struct err why = { 0 };
	struct regex_link *l = compile_alloc(c, sizeof *l);
	if (!l)
		return false;
	l->regex = regex_new(pattern, REGEX_ECMA, &why);
	if (!l->regex)
		return compile_fail(c, "cannot be used: %s", why.text);
	l->next = c->s->regexes;
	c->s->regexes = l;
	c->pattern_bytes += regex_size(l->regex);
	if (c->pattern_bytes > LIMIT_SCHEMA_PATTERN_BYTES)
		return err_set(c->e, ERR_LIMIT, "the patterns of the schema take more than %u bytes",
		               LIMIT_SCHEMA_PATTERN_BYTES);
	*to = l->regex;
	return true;
}

static bool read_pattern(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)n;
	if (!json_is(v, JSON_STRING))
		return compile_fail(c, "must be a string, a regular expression");
	return add_regex(c, json_string(v), field);
}

static const struct {
	const char *name;
	unsigned char types;
} types[] = {
	{ "array", TYPE_BIT(JSON_ARRAY) },
	{ "boolean", TYPE_BIT(JSON_BOOL) },
	{ "integer", TYPE_INTEGER },
	{ "null", TYPE_BIT(JSON_NULL) },
	{ "number", TYPE_BIT(JSON_NUMBER) | TYPE_INTEGER },
	{ "object", TYPE_BIT(JSON_OBJECT) },
	{ "string", TYPE_BIT(JSON_STRING) },
};

static unsigned char read_type_name(const struct json *v)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_is(json_string(v), types[i].name))
			return types[i].types;
	return 0;
}

static bool read_type(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	bool is_known = true;
	(void)field;
	n->types = json_is(v, JSON_STRING) ? read_type_name(v) : 0;
	for (struct json_iter it = json_iter(v); json_is(v, JSON_ARRAY) && json_next(&it);) {
		unsigned char t = read_type_name(it.value);
		is_known = is_known && t;
		n->types |= t;
	}
	return (is_known && n->types) || compile_fail(c, "must be the name of a type, or an array of them");
}

/* A copy that lives as long as the schema. */
static bool read_value(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	const struct json **to = field;
	struct buf text = BUF_INIT((size_t)1 << 30); /* the definition as a whole was smaller */
	(void)n;
	json_write(&text, v);
	*to = json_read(buf_slice(&text), &c->s->arena, c->e);
	buf_release(&text);
	return *to != NULL;
}

static bool read_enum(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	if (!json_is(v, JSON_ARRAY))
		return compile_fail(c, "must be an array of values");
	return read_value(c, n, field, v);
}

static struct property *grow_properties(struct compiling *c, struct object_rules *o, size_t more)
{
	struct property *p = compile_alloc(c, (o->n + more) * sizeof *p);
	if (p && o->n)
		memcpy(p, o->properties, o->n * sizeof *p);
	if (p)
		o->properties = p;
	return p;
}

static bool read_properties(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	struct object_rules *o = n->object;
	(void)field;
	if (!json_is(v, JSON_OBJECT))
		return compile_fail(c, "must be an object of schemas");
	if (!grow_properties(c, o, json_count(v)))
		return false;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct property *p = &o->properties[o->n++];
		size_t old = compile_enter(c, it.key);
		p->schema = compile_schema(c, it.value, n->resource);
		if (!p->schema || !compile_copy(c, it.key, &p->name))
			return false;
		compile_leave(c, old);
	}
	return true;
}

static bool read_required(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	struct object_rules *o = n->object;
	(void)field;
	if (!json_is(v, JSON_ARRAY))
		return compile_fail(c, "must be an array of names");
	if (!grow_properties(c, o, json_count(v)))
		return false;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct property *p = &o->properties[o->n++];
		p->is_required = true;
		if (!json_is(it.value, JSON_STRING))
			return compile_fail(c, "must be an array of names");
		if (!compile_copy(c, json_string(it.value), &p->name))
			return false;
	}
	return true;
}

static bool read_patterns(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	if (!json_is(v, JSON_OBJECT))
		return compile_fail(c, "must be an object of schemas");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct pattern *p = compile_alloc(c, sizeof *p);
		size_t old = compile_enter(c, it.key);
		if (!p || !add_regex(c, it.key, &p->regex))
			return false;
		p->schema = compile_schema(c, it.value, n->resource);
		if (!p->schema)
			return false;
		p->next = n->object->patterns;
		n->object->patterns = p;
		compile_leave(c, old);
	}
	return true;
}

static bool read_names(struct compiling *c, struct name_list *l, const struct json *v)
{
	l->list = compile_alloc(c, json_count(v) * sizeof *l->list);
	for (struct json_iter it = json_iter(v); l->list && json_next(&it); l->n++) {
		if (!json_is(it.value, JSON_STRING))
			return compile_fail(c, "must be an array of names");
		if (!compile_copy(c, json_string(it.value), &l->list[l->n]))
			return false;
	}
	return l->list != NULL;
}

enum dependents { DEPENDENT_NAMES = 1, DEPENDENT_SCHEMAS = 2 };

static bool read_dependents(struct compiling *c, struct node *n, const struct json *v, unsigned allowed)
{
	if (!json_is(v, JSON_OBJECT))
		return compile_fail(c, "must be an object");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		bool is_list = json_is(it.value, JSON_ARRAY);
		size_t old = compile_enter(c, it.key);
		struct dependent *d = compile_alloc(c, sizeof *d);
		if (!d || !compile_copy(c, it.key, &d->name))
			return false;
		if (!is_list && !(allowed & DEPENDENT_SCHEMAS))
			return compile_fail(c, "must be an array of names");
		if (is_list && (allowed & DEPENDENT_NAMES)) {
			if (!read_names(c, &d->names, it.value))
				return false;
		} else if (!read_schema(c, n, &d->schema, it.value)) {
			return false;
		}
		d->next = n->object->dependents;
		n->object->dependents = d;
		compile_leave(c, old);
	}
	return true;
}

static bool read_dependent_names(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	return read_dependents(c, n, v, DEPENDENT_NAMES);
}

static bool read_dependent_schemas(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	return read_dependents(c, n, v, DEPENDENT_SCHEMAS);
}

static bool read_dependencies(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	return read_dependents(c, n, v, DEPENDENT_NAMES | DEPENDENT_SCHEMAS);
}

/* The list form is of older dialects; where none is declared, it cannot mean anything else. */
static bool read_items(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	if (!json_is(v, JSON_ARRAY))
		return read_schema(c, n, field, v);
	if (n->resource->dialect == DIALECT_2020 && !n->resource->is_undeclared)
		return compile_fail(c, "must be a schema: 2020-12 has 'prefixItems' for a list");
	n->array->is_list = true;
	return read_list(c, n, &n->array->prefix, v);
}

static bool read_definitions(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	if (!json_is(v, JSON_OBJECT))
		return compile_fail(c, "must be an object of schemas");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t old = compile_enter(c, it.key);
		if (!compile_schema(c, it.value, n->resource))
			return false;
		compile_leave(c, old);
	}
	return true;
}

static bool read_format(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	if (!json_is(v, JSON_STRING))
		return compile_fail(c, "must be a string");
	if (c->check_format)
		n->string->format = format_find(json_string(v), &n->string->format_name);
	return true;
}

static bool read_ref(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	return compile_reference(c, n, field, v, false);
}

static bool read_dynamic_ref(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	return compile_reference(c, n, field, v, true);
}

static bool is_anchor(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 32);
		bool is_first = (c >= 'a' && c <= 'z') || s.p[i] == '_';
		if (!is_first && (i == 0 || !((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '.')))
			return false;
	}
	return s.n > 0;
}

static bool read_anchor(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	if (!is_anchor(json_string(v)))
		return compile_fail(c, "must be a name of letters, digits, '-', '_' and '.'");
	return compile_anchor(c, n, json_string(v), false);
}

static bool read_dynamic_anchor(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	if (!is_anchor(json_string(v)))
		return compile_fail(c, "must be a name of letters, digits, '-', '_' and '.'");
	return compile_anchor(c, n, json_string(v), true);
}

static bool read_recursive_anchor(struct compiling *c, struct node *n, void *field, const struct json *v)
{
	(void)field;
	return !json_true(v) || compile_anchor(c, n, SLICE_LIT(""), true);
}

#define D_ALL (DIALECT_7 | DIALECT_2019 | DIALECT_2020)
#define D_NEW (DIALECT_2019 | DIALECT_2020)
#define NODE GROUP_NODE, 0
#define OBJECT(field) GROUP_OBJECT, offsetof(struct object_rules, field)
#define ARRAY(field) GROUP_ARRAY, offsetof(struct array_rules, field)
#define STRING(field) GROUP_STRING, offsetof(struct string_rules, field)
#define NUMBER(field) GROUP_NUMBER, offsetof(struct number_rules, field)
#define LOGIC(field) GROUP_LOGIC, offsetof(struct logic_rules, field)

static const struct keyword {
	const char *name;
	unsigned dialects;
	keyword_read *read;
	enum group group;
	size_t offset;
} keywords[] = {
	{ "$anchor", D_NEW, read_anchor, NODE },
	{ "$defs", D_NEW, read_definitions, NODE },
	{ "$dynamicAnchor", DIALECT_2020, read_dynamic_anchor, NODE },
	{ "$dynamicRef", DIALECT_2020, read_dynamic_ref, LOGIC(dynamic_ref) },
	{ "$recursiveAnchor", DIALECT_2019, read_recursive_anchor, NODE },
	{ "$recursiveRef", DIALECT_2019, read_dynamic_ref, LOGIC(dynamic_ref) },
	{ "$ref", D_ALL, read_ref, LOGIC(ref) },
	{ "additionalItems", D_ALL, read_schema, ARRAY(additional) },
	{ "additionalProperties", D_ALL, read_schema, OBJECT(additional) },
	{ "allOf", D_ALL, read_schemas, LOGIC(all) },
	{ "anyOf", D_ALL, read_schemas, LOGIC(any) },
	{ "const", D_ALL, read_value, LOGIC(constant) },
	{ "contains", D_ALL, read_schema, ARRAY(contains) },
	{ "definitions", D_ALL, read_definitions, NODE },
	{ "dependencies", D_ALL, read_dependencies, OBJECT(dependents) },
	{ "dependentRequired", D_NEW, read_dependent_names, OBJECT(dependents) },
	{ "dependentSchemas", D_NEW, read_dependent_schemas, OBJECT(dependents) },
	{ "else", D_ALL, read_schema, LOGIC(else_) },
	{ "enum", D_ALL, read_enum, LOGIC(values) },
	{ "exclusiveMaximum", D_ALL, read_number, NUMBER(below) },
	{ "exclusiveMinimum", D_ALL, read_number, NUMBER(above) },
	{ "format", D_ALL, read_format, STRING(format) },
	{ "if", D_ALL, read_schema, LOGIC(if_) },
	{ "items", D_ALL, read_items, ARRAY(items) },
	{ "maxContains", D_NEW, read_count, ARRAY(max_contains) },
	{ "maxItems", D_ALL, read_count, ARRAY(max) },
	{ "maxLength", D_ALL, read_count, STRING(max) },
	{ "maxProperties", D_ALL, read_count, OBJECT(max) },
	{ "maximum", D_ALL, read_number, NUMBER(maximum) },
	{ "minContains", D_NEW, read_count, ARRAY(min_contains) },
	{ "minItems", D_ALL, read_count, ARRAY(min) },
	{ "minLength", D_ALL, read_count, STRING(min) },
	{ "minProperties", D_ALL, read_count, OBJECT(min) },
	{ "minimum", D_ALL, read_number, NUMBER(minimum) },
	{ "multipleOf", D_ALL, read_divisor, NUMBER(divisor) },
	{ "not", D_ALL, read_schema, LOGIC(not) },
	{ "oneOf", D_ALL, read_schemas, LOGIC(one) },
	{ "pattern", D_ALL, read_pattern, STRING(pattern) },
	{ "patternProperties", D_ALL, read_patterns, OBJECT(patterns) },
	{ "prefixItems", DIALECT_2020, read_schemas, ARRAY(prefix) },
	{ "properties", D_ALL, read_properties, OBJECT(properties) },
	{ "propertyNames", D_ALL, read_schema, OBJECT(names) },
	{ "required", D_ALL, read_required, OBJECT(properties) },
	{ "then", D_ALL, read_schema, LOGIC(then) },
	{ "type", D_ALL, read_type, NODE },
	{ "unevaluatedItems", D_NEW, read_unevaluated, ARRAY(unevaluated) },
	{ "unevaluatedProperties", D_NEW, read_unevaluated, OBJECT(unevaluated) },
	{ "uniqueItems", D_ALL, read_bool, ARRAY(is_unique) },
};

static int compare_name(const void *key, const void *keyword)
{
	const struct slice *s = key;
	const struct keyword *k = keyword;
	size_t n = strlen(k->name), shorter = s->n < n ? s->n : n;
	int order = memcmp(s->p, k->name, shorter);
	return order ? order : s->n < n ? -1 : s->n > n;
}

static void *group(struct compiling *c, struct node *n, enum group g)
{
	switch (g) {
	case GROUP_NODE: return n;
	case GROUP_OBJECT:
		if (!n->object && (n->object = compile_alloc(c, sizeof *n->object)))
			n->object->max = SIZE_MAX;
		return n->object;
	case GROUP_ARRAY:
		if (!n->array && (n->array = compile_alloc(c, sizeof *n->array))) {
			n->array->max = n->array->max_contains = SIZE_MAX;
			n->array->min_contains = 1;
			n->array->contains_counts = n->resource->dialect == DIALECT_2020;
		}
		return n->array;
	case GROUP_STRING:
		if (!n->string && (n->string = compile_alloc(c, sizeof *n->string)))
			n->string->max = SIZE_MAX;
		return n->string;
	case GROUP_NUMBER:
		if (!n->number)
			n->number = compile_alloc(c, sizeof *n->number);
		return n->number;
	case GROUP_LOGIC:
		if (!n->logic)
			n->logic = compile_alloc(c, sizeof *n->logic);
		return n->logic;
	}
	return NULL;
}

bool keyword_compile(struct compiling *c, struct node *n, struct slice name, const struct json *v)
{
	const struct keyword *k =
		name.n ? bsearch(&name, keywords, ARRAY_LEN(keywords), sizeof *k, compare_name) : NULL;
	if (!k || !(k->dialects & n->resource->dialect))
		return true;
	char *rules = group(c, n, k->group);
	return rules && k->read(c, n, rules + k->offset, v);
}

int property_compare(const void *a, const void *b)
{
	const struct property *x = a, *y = b;
	if (x->name.n != y->name.n)
		return x->name.n < y->name.n ? -1 : 1;
	return x->name.n ? memcmp(x->name.p, y->name.p, x->name.n) : 0;
}

/* A name of both `properties` and `required` is one entry, so that one look finds both. */
static void merge_properties(struct object_rules *o)
{
	size_t out = 0;
	qsort(o->properties, o->n, sizeof *o->properties, property_compare);
	for (size_t i = 0; i < o->n; i++) {
		struct property *p = &o->properties[i], *last = out ? &o->properties[out - 1] : NULL;
		if (!last || property_compare(last, p)) {
			o->properties[out++] = *p;
			continue;
		}
		last->is_required |= p->is_required;
		if (p->schema)
			last->schema = p->schema;
	}
	o->n = out;
	for (size_t i = 0; i < o->n; i++)
		o->required_n += o->properties[i].is_required;
}

void keyword_finish(struct node *n)
{
	if (n->object && n->object->n)
		merge_properties(n->object);
	if (n->array && n->array->is_list)
		n->array->items = n->array->additional;
}
