/*
 * Where a path leads in a tool's JSON Schema, as it is written there. In doubt a schema may have
 * a path; only what it plainly does not declare is said not to be.
 */
#include "base/limits.h"
#include "policy/check.h"

enum declared { DECLARED_NO = 0, DECLARED_SILENT, DECLARED_YES };

struct walk {
	const struct json *root; /* for $ref */
	int left;                /* schemas that may still be looked at */
};

static enum declared find_steps(struct walk *w, const struct json *schema, const struct step *s,
				size_t n);

/* What is declared and says nothing of what is below it may have anything there. */
static enum declared find_below(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	return find_steps(w, schema, s + 1, n - 1) == DECLARED_NO ? DECLARED_NO : DECLARED_YES;
}

static bool may_be(const struct json *schema, const char *type)
{
	const struct json *t = json_gets(schema, "type");
	if (json_is(t, JSON_STRING))
		return slice_is(json_string(t), type);
	for (struct json_iter it = json_iter(t); json_is(t, JSON_ARRAY) && json_next(&it);)
		if (slice_is(json_string(it.value), type))
			return true;
	return !json_is(t, JSON_ARRAY);
}

static enum declared find_property(struct walk *w, const struct json *schema, const struct step *s,
				   size_t n)
{
	const struct json *properties = json_gets(schema, "properties");
	const struct json *others = json_gets(schema, "additionalProperties");
	const struct json *own = json_get(properties, s->key);
	if (own)
		return find_below(w, own, s, n);
	if (json_gets(schema, "patternProperties") || json_gets(schema, "unevaluatedProperties"))
		return DECLARED_YES;
	if (others)
		return find_below(w, others, s, n);
	return properties ? DECLARED_NO : DECLARED_SILENT;
}

static enum declared find_element(struct walk *w, const struct json *schema, const struct step *s,
				  size_t n)
{
	const struct json *first = json_gets(schema, "prefixItems"),
			  *items = json_gets(schema, "items");
	if (s->kind == STEP_EACH && (first || may_be(schema, "object")))
		return DECLARED_YES;
	if (s->kind == STEP_INDEX && s->index < json_count(first))
		return find_below(w, json_at(first, s->index), s, n);
	return items ? find_below(w, items, s, n) : DECLARED_SILENT;
}

static const struct json *resolve(const struct json *root, struct slice ref)
{
	char token[256];
	if (!ref.n || ref.p[0] != '#')
		return NULL;
	for (size_t at = 1; root && at < ref.n;) {
		size_t n = 0;
		if (ref.p[at++] != '/')
			return NULL;
		for (; at < ref.n && ref.p[at] != '/' && n < sizeof token; at++) {
			char c = ref.p[at];
			if (c == '%')
				return NULL;
			if (c == '~' && at + 1 < ref.n)
				c = ref.p[++at] == '1' ? '/' : '~';
			token[n++] = c;
		}
		unsigned long long index;
		bool is_index = json_is(root, JSON_ARRAY) && slice_u64(slice_of(token, n), &index);
		root = is_index ? json_at(root, (size_t)index) : json_get(root, slice_of(token, n));
	}
	return root;
}

static enum declared most(enum declared a, enum declared b)
{
	if (a == DECLARED_YES || b == DECLARED_YES)
		return DECLARED_YES;
	return a == DECLARED_NO || b == DECLARED_NO ? DECLARED_NO : DECLARED_SILENT;
}

static enum declared find_parts(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	static const char *const lists[] = {"allOf", "anyOf", "oneOf"};
	static const char *const single[] = {"then", "else"};
	enum declared d = DECLARED_SILENT;
	const struct json *ref = json_gets(schema, "$ref");
	if (json_gets(schema, "$dynamicRef") || json_gets(schema, "dependentSchemas"))
		return DECLARED_YES;
	if (ref) {
		const struct json *target = resolve(w->root, json_string(ref));
		d = target ? find_steps(w, target, s, n) : DECLARED_YES;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (struct json_iter it = json_iter(json_gets(schema, lists[i])); json_next(&it);)
			d = most(d, find_steps(w, it.value, s, n));
	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		if (json_gets(schema, single[i]))
			d = most(d, find_steps(w, json_gets(schema, single[i]), s, n));
	return d;
}

static enum declared find_steps(struct walk *w, const struct json *schema, const struct step *s,
				size_t n)
{
	if (json_is(schema, JSON_BOOL))
		return json_true(schema) ? DECLARED_YES : DECLARED_NO;
	if (n == 0 || !json_is(schema, JSON_OBJECT) || w->left-- <= 0)
		return DECLARED_YES;
	bool is_key = s->kind == STEP_KEY;
	if (!may_be(schema, is_key ? "object" : "array") &&
	    (s->kind != STEP_EACH || !may_be(schema, "object")))
		return DECLARED_NO;
	enum declared own = is_key ? find_property(w, schema, s, n) : find_element(w, schema, s, n);
	return own == DECLARED_YES ? own : most(own, find_parts(w, schema, s, n));
}

bool schema_may_have_path(const struct json *schema, const struct path *p)
{
	struct walk w = {schema, 1000};
	return p->root != ROOT_ARGS || p->n == 0 ||
	       find_steps(&w, schema, p->steps, p->n) != DECLARED_NO;
}

static bool is_required(const struct json *schema, struct slice key)
{
	for (struct json_iter it = json_iter(json_gets(schema, "required")); json_next(&it);)
		if (slice_eq(json_string(it.value), key))
			return true;
	return false;
}

const struct json *schema_at_path(const struct json *schema, const struct path *p, bool *may_lack)
{
	const struct json *root = schema;
	*may_lack = false;
	for (size_t i = 0; i <= p->n; i++) {
		/* All keywords must hold together, so that what one of them says is never undone by
		 * another: the definition by itself is enough. */
		for (int hops = 0; json_gets(schema, "$ref") && hops < 10; hops++)
			schema = resolve(root, json_string(json_gets(schema, "$ref")));
		if (!json_is(schema, JSON_OBJECT) || json_gets(schema, "$ref"))
			return NULL;
		if (i == p->n)
			return schema;
		const struct step *s = &p->steps[i];
		if (s->kind == STEP_KEY) {
			*may_lack = *may_lack || !is_required(schema, s->key) ||
				    !slice_is(json_string(json_gets(schema, "type")), "object");
			schema = json_get(json_gets(schema, "properties"), s->key);
		} else {
			*may_lack = true;
			schema = json_gets(schema, "prefixItems") || !may_be(schema, "array") ||
						 may_be(schema, "object")
					 ? NULL
					 : json_gets(schema, "items");
		}
	}
	return NULL;
}
