/*
 * From a definition to the tree. Subschemas are compiled in place, by one walk down the
 * definition, whose depth json_read has bounded. References are collected on the way and
 * resolved behind it, as they may point forward, to themselves, or into parts that no
 * keyword leads to; such a part is compiled when it is first referred to.
 */
#include "schema/compile.h"
#include "base/check.h"
#include "base/limits.h"
#include "schema/keyword.h"
#include "schema/metaschema.h"
#include <stdarg.h>

struct reference {
	const struct node **target;
	struct logic_rules *dynamic; /* NULL for a plain one */
	const struct resource *from;
	struct slice text;
	const char *where;
	struct reference *next;
};

/* As much of a pointer as an error has room for. */
#define WHERE_SHOWN 120

bool compile_fail(struct compiling *c, const char *fmt, ...)
{
	char what[200];
	struct slice where = buf_slice(&c->where);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (where.n > WHERE_SHOWN)
		where.n = WHERE_SHOWN;
	if (where.n)
		return err_set(c->e, ERR_INPUT, "the schema at '%.*s' %s", SLICE_ARG(where), what);
	return err_set(c->e, ERR_INPUT, "the schema %s", what);
}

static bool refuse_size(struct compiling *c)
{
	return err_set(c->e, ERR_LIMIT, "the schema is too large: at most %d subschemas and %d bytes",
	               LIMIT_SCHEMA_NODES, LIMIT_SCHEMA_BYTES);
}

void *compile_alloc(struct compiling *c, size_t n)
{
	void *p = arena_zalloc(&c->s->arena, n);
	if (!p)
		refuse_size(c);
	return p;
}

bool compile_copy(struct compiling *c, struct slice from, struct slice *to)
{
	const char *p = arena_strndup(&c->s->arena, from.p ? from.p : "", from.n);
	*to = slice_of(p, from.n);
	return p || refuse_size(c);
}

size_t compile_enter(struct compiling *c, struct slice token)
{
	size_t old = c->where.n;
	/* What no error shows need not be kept. */
	if (old <= WHERE_SHOWN)
		json_pointer_add(&c->where, token);
	return old;
}

void compile_leave(struct compiling *c, size_t old)
{
	c->where.n = old;
}

static const char *keep_where(struct compiling *c)
{
	size_t n = c->where.n > WHERE_SHOWN ? WHERE_SHOWN : c->where.n;
	return arena_strndup(&c->tmp, c->where.p ? c->where.p : "", n);
}

bool compile_reference(struct compiling *c, struct node *n, const struct node **target,
                       const struct json *text, bool is_dynamic)
{
	if (!json_is(text, JSON_STRING))
		return compile_fail(c, "must be a string, a reference");
	struct reference *r = arena_zalloc(&c->tmp, sizeof *r);
	if (!r)
		return refuse_size(c);
	r->target = target;
	r->dynamic = is_dynamic ? n->logic : NULL;
	r->from = n->resource;
	r->text = json_string(text);
	r->where = keep_where(c);
	if (!r->where)
		return refuse_size(c);
	*c->last = r;
	c->last = &r->next;
	return true;
}

static struct slice join(struct compiling *c, struct slice uri, struct slice name)
{
	char *p = arena_alloc(&c->tmp, uri.n + name.n + 1);
	if (!p)
		return slice_of(NULL, 0);
	if (uri.n)
		memcpy(p, uri.p, uri.n);
	p[uri.n] = '#';
	if (name.n)
		memcpy(p + uri.n + 1, name.p, name.n);
	return slice_of(p, uri.n + name.n + 1);
}

static bool put_identity(struct compiling *c, struct slice key, struct node *n)
{
	if (map_put(&c->by_uri, key, n))
		return compile_fail(c, "declares '%.*s' a second time", key.n > 80 ? 80 : (int)key.n, key.p);
	return true;
}

bool compile_anchor(struct compiling *c, struct node *n, struct slice name, bool is_dynamic)
{
	struct slice key = join(c, n->resource->uri, name);
	if (!key.p)
		return refuse_size(c);
	if (name.n && !put_identity(c, key, n))
		return false;
	if (!is_dynamic)
		return true;
	struct anchor *a = compile_alloc(c, sizeof *a);
	if (!a || !compile_copy(c, name, &a->name))
		return false;
	/* The resource is ours until the schema is handed out. */
	struct resource *r = (struct resource *)(uintptr_t)n->resource;
	a->node = n;
	a->next = r->dynamic;
	r->dynamic = a;
	return true;
}

static const struct {
	const char *uri;
	enum dialect dialect;
} dialects[] = {
	{ "://json-schema.org/draft/2020-12/schema", DIALECT_2020 },
	{ "://json-schema.org/draft/2019-09/schema", DIALECT_2019 },
	{ "://json-schema.org/draft-07/schema", DIALECT_7 },
	{ "://json-schema.org/draft-06/schema", DIALECT_7 },
};

static bool read_dialect(struct compiling *c, const struct json *v, struct resource *r)
{
	const struct json *declared = json_gets(v, "$schema");
	if (!declared)
		return true;
	struct slice uri, fragment, text = json_string(declared);
	uri_split(text, &uri, &fragment);
	/* Both schemes are found in the wild, though only one of them is the name. */
	struct slice rest = uri;
	rest.p += slice_starts(uri, SLICE_LIT("https")) ? 5 : slice_starts(uri, SLICE_LIT("http")) ? 4 : 0;
	rest.n = uri.n - (size_t)(rest.p - uri.p);
	for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
		if (rest.n != uri.n && !fragment.n && slice_is(rest, dialects[i].uri)) {
			r->dialect = dialects[i].dialect;
			r->is_undeclared = false;
			return true;
		}
	return compile_fail(c, "is of the dialect '%.*s', which is not known: use 2020-12, 2019-09 or draft-07",
	                    text.n > 80 ? 80 : (int)text.n, text.p);
}

static struct resource *add_resource(struct compiling *c, const struct json *v, struct slice uri,
                                     const struct resource *outer)
{
	struct resource *r = compile_alloc(c, sizeof *r);
	if (!r)
		return NULL;
	r->uri = uri;
	r->value = v;
	r->dialect = outer ? outer->dialect : DIALECT_2020;
	r->is_undeclared = outer ? outer->is_undeclared : true;
	return read_dialect(c, v, r) ? r : NULL;
}

/* $id: the value becomes a resource of its own, or, in draft-07, gets an anchor. */
static bool read_id(struct compiling *c, struct node *n, const struct json *v)
{
	const struct json *id = json_gets(v, "$id");
	struct slice uri, fragment;
	if (!id || (n->resource->dialect == DIALECT_7 && json_gets(v, "$ref")))
		return true;
	if (!json_is(id, JSON_STRING))
		return compile_fail(c, "must have a string as '$id'");
	uri_split(json_string(id), &uri, &fragment);
	if (uri.n) {
		struct slice resolved = uri_resolve(&c->s->arena, n->resource->uri, uri), copy;
		if (resolved.n > LIMIT_SCHEMA_NAME)
			return compile_fail(c, "must have an '$id' of at most %d bytes", LIMIT_SCHEMA_NAME);
		if (!resolved.p || !compile_copy(c, resolved, &copy))
			return refuse_size(c);
		n->resource = add_resource(c, v, copy, n->resource);
		if (!n->resource || !put_identity(c, copy, n))
			return false;
	}
	if (fragment.n && n->resource->dialect != DIALECT_7)
		return compile_fail(c, "must have an '$id' without a fragment");
	return !fragment.n || compile_anchor(c, n, fragment, false);
}

static bool compile_members(struct compiling *c, struct node *n, const struct json *v)
{
	/* In draft-07 a $ref stands alone; its siblings may still be referred to. */
	bool is_alone = n->resource->dialect == DIALECT_7 && json_gets(v, "$ref");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (is_alone && !slice_is(it.key, "$ref") && !slice_is(it.key, "definitions"))
			continue;
		size_t old = compile_enter(c, it.key);
		if (!keyword_compile(c, n, it.key, it.value))
			return false;
		compile_leave(c, old);
	}
	keyword_finish(n);
	return true;
}

static struct slice value_key(const struct json *const *v)
{
	return slice_of((const char *)v, sizeof *v);
}

const struct node *compile_schema(struct compiling *c, const struct json *v,
                                  const struct resource *r)
{
	enum json_type t = json_type(v);
	struct node *n = map_get(&c->by_value, value_key(&v));
	if (n)
		return n;
	if (t != JSON_BOOL && t != JSON_OBJECT) {
		compile_fail(c, "must be a schema: an object, true or false");
		return NULL;
	}
	if (++c->nodes > LIMIT_SCHEMA_NODES) {
		refuse_size(c);
		return NULL;
	}
	n = compile_alloc(c, sizeof *n);
	if (!n)
		return NULL;
	n->resource = r;
	n->types = TYPE_ANY;
	n->is_false = t == JSON_BOOL && !json_true(v);
	map_put(&c->by_value, value_key(&v), n);
	if (t == JSON_BOOL)
		return n;
	return read_id(c, n, v) && compile_members(c, n, v) ? n : NULL;
}

static struct node *find_identity(struct compiling *c, struct slice uri)
{
	struct node *n = map_get(&c->by_uri, uri);
	struct slice text = metaschema_find(uri);
	if (n || !text.p)
		return n;
	struct err e = { 0 };
	const struct json *v = json_read(text, &c->tmp, &e);
	BUG_ON(!v && e.kind != ERR_LIMIT);
	struct resource *outer = v ? add_resource(c, v, slice_of("", 0), NULL) : NULL;
	if (outer && !compile_schema(c, v, outer))
		return NULL;
	return map_get(&c->by_uri, uri);
}

/* One step of a JSON Pointer; at the array or object v. */
static const struct json *step_down(struct compiling *c, const struct json *v, struct slice token)
{
	unsigned long long i;
	char *out = arena_alloc(&c->tmp, token.n + 1);
	size_t n = 0;
	if (!out)
		return NULL;
	for (size_t k = 0; k < token.n; k++) {
		bool is_escape = token.p[k] == '~' && k + 1 < token.n && (token.p[k + 1] | 1) == '1';
		out[n++] = !is_escape ? token.p[k] : token.p[++k] == '0' ? '~' : '/';
	}
	if (json_is(v, JSON_ARRAY))
		return slice_u64(token, &i) && i < json_count(v) ? json_at(v, (size_t)i) : NULL;
	return json_get(v, slice_of(out, n));
}

static const struct node *follow_pointer(struct compiling *c, const struct node *root, struct slice pointer)
{
	const struct json *v = root->resource->value;
	const struct resource *r = root->resource;
	struct slice rest = pointer;
	while (v && rest.n) {
		const char *end = memchr(rest.p + 1, '/', rest.n - 1);
		struct slice token = slice_of(rest.p + 1, end ? (size_t)(end - rest.p) - 1 : rest.n - 1);
		rest = slice_of(token.p + token.n, rest.n - token.n - 1);
		v = step_down(c, v, token);
		struct node *passed = v ? map_get(&c->by_value, value_key(&v)) : NULL;
		if (passed)
			r = passed->resource;
	}
	if (!v)
		return NULL;
	c->where.n = 0;
	buf_add(&c->where, pointer.p, pointer.n > WHERE_SHOWN ? WHERE_SHOWN : pointer.n);
	return compile_schema(c, v, r);
}

static const struct node *find_target(struct compiling *c, struct reference *ref, struct slice *anchor)
{
	struct slice uri, fragment, absolute = ref->from->uri;
	uri_split(ref->text, &uri, &fragment);
	if (uri.n)
		absolute = uri_resolve(&c->tmp, ref->from->uri, uri);
	fragment = uri_unescape(&c->tmp, fragment);
	if (!absolute.p || !fragment.p)
		return NULL;
	const struct node *root = find_identity(c, absolute);
	if (!root || !fragment.n)
		return root;
	if (fragment.p[0] == '/')
		return follow_pointer(c, root, fragment);
	*anchor = fragment;
	struct slice key = join(c, absolute, fragment);
	return key.p ? map_get(&c->by_uri, key) : NULL;
}

static bool resolve(struct compiling *c, struct reference *ref)
{
	struct slice name = { NULL, 0 };
	c->where.n = 0;
	buf_adds(&c->where, ref->where);
	c->e->kind = ERR_NONE;
	const struct node *n = find_target(c, ref, &name);
	if (!n && c->e->kind != ERR_NONE)
		return false;
	if (!n)
		return compile_fail(c, "refers to '%.*s', which is not in the schema; nothing is fetched",
		                    ref->text.n > 80 ? 80 : (int)ref->text.n, ref->text.p);
	*ref->target = n;
	/* $recursiveRef is "#": its anchor has the empty name. */
	if (ref->dynamic && !name.p && slice_is(ref->text, "#"))
		name = SLICE_LIT("");
	for (const struct anchor *a = n->resource->dynamic; a && ref->dynamic && name.p; a = a->next)
		if (a->node == n && slice_eq(a->name, name)) {
			ref->dynamic->dynamic_name = a->name;
			c->s->has_dynamic = true;
		}
	return true;
}

static bool compile_all(struct compiling *c, const struct json *definition)
{
	struct buf size = BUF_INIT(LIMIT_SCHEMA_BYTES);
	json_write(&size, definition);
	bool is_small = buf_ok(&size);
	buf_release(&size);
	if (!is_small)
		return refuse_size(c);
	struct resource *r = add_resource(c, definition, slice_of("", 0), NULL);
	if (!r)
		return false;
	c->s->root = compile_schema(c, definition, r);
	if (!c->s->root)
		return false;
	/* A root with an $id of its own has been put already, under that name. */
	if (!c->s->root->resource->uri.n)
		map_put(&c->by_uri, slice_of("", 0), (void *)(uintptr_t)c->s->root);
	for (struct reference *ref = c->references; ref; ref = ref->next)
		if (!resolve(c, ref))
			return false;
	return true;
}

struct schema *schema_new(const struct json *definition, const struct schema_opts *o, struct err *e)
{
	struct err ignored = { 0 };
	struct compiling c = { .where = BUF_INIT(LIMIT_SCHEMA_BYTES * 2), .e = e ? e : &ignored };
	struct schema *s = mem_zalloc(sizeof *s);
	s->refs = 1;
	arena_init(&s->arena, LIMIT_SCHEMA_ARENA);
	arena_init(&c.tmp, LIMIT_SCHEMA_ARENA);
	map_init(&c.by_value);
	map_init(&c.by_uri);
	c.s = s;
	c.check_format = o && o->check_format;
	c.last = &c.references;
	bool is_fine = compile_all(&c, definition);
	map_release(&c.by_uri);
	map_release(&c.by_value);
	buf_release(&c.where);
	arena_release(&c.tmp);
	if (!is_fine)
		schema_unref(&s);
	return s;
}

struct schema *schema_ref(struct schema *s)
{
	BUG_ON(!s->refs);
	s->refs++;
	return s;
}

void schema_unref(struct schema **sp)
{
	struct schema *s = *sp;
	*sp = NULL;
	if (!s || --s->refs)
		return;
	for (struct regex_link *l = s->regexes; l; l = l->next)
		regex_free(&l->regex);
	arena_release(&s->arena);
	free(s);
}
