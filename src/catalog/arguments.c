/* The walk over an input schema, bounded in depth and in number. */
#include "catalog/arguments.h"
#include "base/limits.h"

#define PLACE_BYTES 4096 /* of one pointer: deeper ones are cut off, and the argument with them */

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* A word begins at a capital behind a small letter, and at the last of several capitals ("URLPath"). */
static bool begins(struct slice s, size_t i)
{
	if (!i || !is_upper(s.p[i]))
		return false;
	return is_lower(s.p[i - 1]) || (is_upper(s.p[i - 1]) && i + 1 < s.n && is_lower(s.p[i + 1]));
}

void tokens_split(struct tokens *t, struct slice name)
{
	size_t out = 0;
	bool is_in = false;
	t->n = 0;
	for (size_t i = 0; i < name.n && out + 2 < sizeof t->text; i++) {
		char c = name.p[i];
		bool is_letter = is_upper(c) || is_lower(c) || (unsigned char)c >= 0x80;
		if (is_in && (!is_letter || begins(name, i))) {
			t->text[out++] = '\0';
			is_in = false;
		}
		if (!is_letter)
			continue;
		if (!is_in) {
			if (t->n == ARGUMENT_TOKENS)
				break;
			t->at[t->n++] = (unsigned char)out;
			is_in = true;
		}
		t->text[out++] = (char)(is_upper(c) ? c | 32 : c);
	}
	t->text[out] = '\0';
}

bool tokens_have(const struct tokens *t, const char *word)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->text + t->at[i], word) == 0)
			return true;
	return false;
}

struct walk {
	struct arguments_visitor *v;
	const struct json *root;
};

/* What "#/$defs/x" leads to; *at is written with its pointer. NULL: nothing in this document. */
static const struct json *follow(const struct walk *w, struct slice ref, struct buf *at)
{
	const struct json *v = w->root;
	if (!ref.n || ref.p[0] != '#' || (ref.n > 1 && ref.p[1] != '/'))
		return NULL;
	buf_clear(at);
	buf_adds(at, "/inputSchema");
	for (size_t i = 2; v && i <= ref.n && ref.n > 1;) {
		const char *end = memchr(ref.p + i, '/', ref.n - i);
		size_t n = end ? (size_t)(end - ref.p) - i : ref.n - i;
		struct slice key = slice_of(ref.p + i, n);
		if (memchr(key.p, '~', key.n) || memchr(key.p, '%', key.n))
			return NULL;
		v = json_get(v, key);
		json_pointer_add(at, key);
		i += n + 1;
	}
	return buf_ok(at) ? v : NULL;
}

/* The schema behind references; *at is written with its pointer when there are any. A chain ends at
 * the limit. */
static const struct json *resolve(const struct walk *w, const struct json *schema, struct buf *at, bool *has_moved)
{
	*has_moved = false;
	for (int hops = 0; hops < LIMIT_PROFILE_DEPTH; hops++) {
		const struct json *ref = json_gets(schema, "$ref");
		const struct json *next = json_is(ref, JSON_STRING) ? follow(w, json_string(ref), at) : NULL;
		if (!next)
			break;
		schema = next;
		*has_moved = true;
	}
	return schema;
}

static unsigned type_bit(struct slice word)
{
	if (slice_is(word, "string"))
		return TYPE_STRING;
	if (slice_is(word, "number") || slice_is(word, "integer"))
		return TYPE_NUMBER;
	if (slice_is(word, "boolean"))
		return TYPE_BOOLEAN;
	if (slice_is(word, "object"))
		return TYPE_OBJECT;
	return slice_is(word, "array") ? TYPE_ARRAY : 0;
}

static unsigned types_said(const struct json *schema)
{
	const struct json *type = json_gets(schema, "type");
	unsigned bits = type_bit(json_string(type));
	if (json_is(type, JSON_ARRAY))
		for (struct json_iter it = json_iter(type); json_next(&it);)
			bits |= type_bit(json_string(it.value));
	return bits;
}

static const struct json *alternatives(const struct json *schema, int i, const char **key)
{
	static const char *const keys[] = { "anyOf", "oneOf", "allOf" };
	*key = keys[i];
	const struct json *v = json_gets(schema, keys[i]);
	return json_is(v, JSON_ARRAY) ? v : NULL;
}

/* With those of what anyOf and its kin offer, one level down. */
static unsigned types_of(const struct json *schema)
{
	unsigned bits = types_said(schema);
	const char *key;
	for (int i = 0; i < 3; i++)
		for (struct json_iter it = json_iter(alternatives(schema, i, &key)); json_next(&it);)
			bits |= types_said(it.value);
	return bits;
}

static bool names(const struct json *list, struct slice key)
{
	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (slice_eq(json_string(it.value), key))
			return true;
	return false;
}

static void walk_schema(struct walk *w, const struct json *schema, int depth, bool is_required);

static const struct json *find_enum(const struct json *schema)
{
	const struct json *list = json_gets(schema, "enum");
	const char *key;
	if (json_is(list, JSON_ARRAY))
		return list;
	for (int i = 0; i < 2; i++)
		for (struct json_iter it = json_iter(alternatives(schema, i, &key)); json_next(&it);)
			if (json_is(json_gets(it.value, "enum"), JSON_ARRAY))
				return json_gets(it.value, "enum");
	return NULL;
}

static bool is_narrow(const struct json *schema)
{
	int64_t n;
	return json_gets(schema, "pattern") || json_gets(schema, "const") ||
	       (json_int64(json_gets(schema, "maxLength"), &n) && n <= 32);
}

/* What the schema says of this one, with what its own schema says first. */
static void describe(struct argument *a, const struct json *said, const struct json *schema)
{
	const struct json *preset = json_gets(said, "default");
	const struct json *items = json_gets(schema, "items");
	a->description = json_string(json_gets(said, "description"));
	if (!a->description.n)
		a->description = json_string(json_gets(schema, "description"));
	if (!a->description.n)
		a->description = json_string(json_gets(said, "title"));
	a->format = json_string(json_gets(schema, "format"));
	a->types = types_of(schema);
	a->list = find_enum(schema);
	a->has_pattern = is_narrow(schema);
	a->has_default = preset != NULL;
	a->preset = json_string(preset);
	a->is_list = (a->types & TYPE_ARRAY) && !(a->types & TYPE_STRING);
	if (json_is(items, JSON_OBJECT)) {
		a->items = types_of(items);
		if (!a->list)
			a->list = find_enum(items);
		if (!a->format.n)
			a->format = json_string(json_gets(items, "format"));
	}
}

static bool is_plain(struct slice key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!is_upper(key.p[i]) && !is_lower(key.p[i]) && key.p[i] != '_' && !(key.p[i] >= '0' && key.p[i] <= '9'))
			return false;
	return key.n > 0;
}

static void add_path(struct buf *path, struct slice key)
{
	if (is_plain(key)) {
		buf_addc(path, '.');
		buf_add_slice(path, key);
		return;
	}
	buf_adds(path, "[\"");
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] == '"' || key.p[i] == '\\')
			buf_addc(path, '\\');
		buf_addc(path, key.p[i]);
	}
	buf_adds(path, "\"]");
}

/* Goes into the schema that stands where the visitor is, or where its reference leads. */
static void walk_there(struct walk *w, const struct json *schema, int depth, bool is_required)
{
	struct arguments_visitor *v = w->v;
	struct buf at = BUF_INIT(PLACE_BYTES), here = v->pointer;
	bool has_moved;
	schema = resolve(w, schema, &at, &has_moved);
	if (has_moved)
		v->pointer = at;
	walk_schema(w, schema, depth, is_required);
	if (has_moved) {
		at = v->pointer;
		v->pointer = here;
	}
	buf_release(&at);
}

static void walk_property(struct walk *w, const struct json *properties, const struct json_iter *it, int depth,
			  bool is_required)
{
	struct arguments_visitor *v = w->v;
	struct argument a = { .key = it->key, .siblings = properties, .is_required = is_required, .is_inner = v->argument.n };
	size_t argument = v->argument.n, path = v->path.n;
	struct buf unused = BUF_INIT(PLACE_BYTES);
	bool has_moved;
	const struct json *schema = resolve(w, it->value, &unused, &has_moved);
	buf_release(&unused);
	buf_adds(&v->argument, argument ? "." : "");
	buf_add_slice(&v->argument, it->key);
	add_path(&v->path, it->key);
	if (json_is(schema, JSON_OBJECT) && buf_ok(&v->pointer) && buf_ok(&v->argument) && buf_ok(&v->path)) {
		tokens_split(&a.words, it->key);
		describe(&a, it->value, schema);
		v->on_argument(v->ctx, &a);
		walk_there(w, it->value, depth, is_required);
	}
	/* One that is too long to be named empties its buffer, and all that is deeper would be misnamed. */
	v->is_cut |= v->pointer.failed || v->argument.failed || v->path.failed;
	v->argument.n = argument;
	v->path.n = path;
}

static bool is_spent(const struct arguments_visitor *v)
{
	return v->count >= LIMIT_PROFILE_PROPERTIES || v->parts >= LIMIT_PROFILE_PROPERTIES || v->pointer.failed ||
	       v->argument.failed || v->path.failed;
}

static void walk_properties(struct walk *w, const struct json *schema, int depth, bool is_required)
{
	struct arguments_visitor *v = w->v;
	const struct json *properties = json_gets(schema, "properties"), *required = json_gets(schema, "required");
	size_t mark = v->pointer.n;
	if (!json_is(properties, JSON_OBJECT))
		return;
	v->top += v->argument.n ? 0 : json_count(properties);
	for (struct json_iter it = json_iter(properties); json_next(&it);) {
		if (is_spent(v)) {
			v->is_cut = true;
			return;
		}
		v->count++;
		/* A name that no C string holds is none that a rule could name. */
		if (memchr(it.key.p, '\0', it.key.n)) {
			v->is_cut = true;
			continue;
		}
		buf_adds(&v->pointer, "/properties");
		json_pointer_add(&v->pointer, it.key);
		walk_property(w, properties, &it, depth + 1, is_required && names(required, it.key));
		if (buf_ok(&v->pointer))
			v->pointer.n = mark;
	}
}

static void walk_items(struct walk *w, const struct json *items, int depth)
{
	struct arguments_visitor *v = w->v;
	size_t argument = v->argument.n, path = v->path.n, mark = v->pointer.n;
	buf_adds(&v->argument, "[]");
	buf_adds(&v->path, "[*]");
	buf_adds(&v->pointer, "/items");
	walk_there(w, items, depth + 1, false);
	if (is_spent(v))
		return;
	v->argument.n = argument;
	v->path.n = path;
	v->pointer.n = mark;
}

static void walk_alternatives(struct walk *w, const struct json *schema, int depth, bool is_required)
{
	struct arguments_visitor *v = w->v;
	const char *key;
	for (int i = 0; i < 3; i++) {
		int index = -1;
		for (struct json_iter it = json_iter(alternatives(schema, i, &key)); json_next(&it);) {
			size_t mark = v->pointer.n;
			index++;
			if (!json_gets(it.value, "properties") && !json_gets(it.value, "$ref") && !json_gets(it.value, "items"))
				continue;
			if (is_spent(v)) {
				v->is_cut = true;
				return;
			}
			v->parts++;
			buf_addf(&v->pointer, "/%s/%d", key, index);
			walk_there(w, it.value, depth + 1, is_required && i == 2);
			if (buf_ok(&v->pointer))
				v->pointer.n = mark;
		}
	}
}

static void walk_schema(struct walk *w, const struct json *schema, int depth, bool is_required)
{
	const struct json *items = json_gets(schema, "items");
	if (!json_is(schema, JSON_OBJECT))
		return;
	if (depth >= LIMIT_PROFILE_DEPTH) {
		w->v->is_cut |= json_gets(schema, "properties") || items;
		return;
	}
	walk_properties(w, schema, depth, is_required);
	if (json_is(items, JSON_OBJECT) && !is_spent(w->v))
		walk_items(w, items, depth);
	walk_alternatives(w, schema, depth, is_required);
}

void arguments_visit(struct arguments_visitor *v, const struct json *schema)
{
	struct walk w = { v, schema };
	v->pointer = BUF_INIT(PLACE_BYTES);
	v->argument = BUF_INIT(PLACE_BYTES);
	v->path = BUF_INIT(PLACE_BYTES);
	buf_adds(&v->pointer, "/inputSchema");
	buf_adds(&v->path, "args");
	walk_there(&w, schema, 0, true);
}

void arguments_release(struct arguments_visitor *v)
{
	buf_release(&v->pointer);
	buf_release(&v->argument);
	buf_release(&v->path);
}
