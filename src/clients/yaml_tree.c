/* The tree of a YAML text: the values of json/yaml.h beside the places where they stand. */
#include "base/check.h"
#include "clients/readers.h"
#include "json/yaml.h"

struct walk {
	struct reader *r;
	const struct yaml *yaml;
	size_t next;	     /* value */
	const size_t *bytes; /* of each character; NULL: one each */
	size_t offset;	     /* of the byte order mark that YAML did not see */
};

/* Where each character begins, and where the last ends. */
static size_t *character_bytes(struct reader *r, struct slice text)
{
	size_t *v = arena_alloc(r->arena, (text.n + 1) * sizeof *v), n = 0;
	for (size_t i = 0; v && i < text.n; i++)
		if (((unsigned char)text.p[i] & 0xc0) != 0x80)
			v[n++] = i;
	for (; v && n <= text.n; n++)
		v[n] = text.n;
	return v;
}

static size_t byte_of(const struct walk *w, size_t character)
{
	size_t at = w->bytes ? w->bytes[character] : character;
	return w->offset + at;
}

static struct slice text_of(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return json_string(v);
	case JSON_NUMBER:
		return json_number(v);
	case JSON_BOOL:
		return json_true(v) ? SLICE_LIT("true") : SLICE_LIT("false");
	case JSON_NONE:
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return slice_of(NULL, 0);
}

static enum node_type type_of(const struct json *v)
{
	static const enum node_type types[] = { [JSON_NULL] = NODE_NULL,     [JSON_BOOL] = NODE_BOOL,	[JSON_NUMBER] = NODE_NUMBER,
						[JSON_STRING] = NODE_STRING, [JSON_ARRAY] = NODE_LIST, [JSON_OBJECT] = NODE_OBJECT };
	return types[json_type(v)];
}

/* A text that goes over lines ends with them: they are not its own. */
static size_t end_of(const struct walk *w, size_t at, size_t end)
{
	const char *p = w->r->text.p;
	while (end > at && strchr(" \t\r\n", p[end - 1]))
		end--;
	return end;
}

static struct node *add_value(struct walk *w, struct node *parent, struct slice key, const struct json *v)
{
	const struct yaml_span *span = yaml_span(w->yaml, w->next++);
	BUG_ON(!span);
	struct node one = { .type = type_of(v), .form = span->is_block ? NODE_BLOCK : NODE_FLOW, .key = key, .text = text_of(v) };
	one.key_at = byte_of(w, span->key_at);
	one.at = byte_of(w, span->at);
	one.end = end_of(w, one.at, byte_of(w, span->end));
	struct node *n = node_add(w->r, parent, one);
	for (struct json_iter it = json_iter(v); n && json_next(&it);)
		if (!add_value(w, n, it.key, it.value))
			return NULL;
	return n;
}

struct node *yaml_tree_read(struct reader *r)
{
	struct slice text = slice_of(r->text.p + r->at, r->text.n - r->at);
	struct walk w = { .r = r, .offset = r->at };
	struct yaml_place place;
	struct err e = { 0 };
	w.yaml = yaml_read(text, r->arena, &place, &e);
	if (!w.yaml) {
		err_set(r->e, e.kind, "line %d, column %d: %s", place.line, place.column, e.text);
		return NULL;
	}
	if (!yaml_span(w.yaml, 0)) {
		bool is_empty = !json_count(yaml_root(w.yaml));
		return is_empty ? node_add(r, NULL, (struct node){ .type = NODE_OBJECT, .form = NODE_IMPLIED }) : jsonc_read(r);
	}
	for (size_t i = 0; i < text.n && !w.bytes; i++) {
		if (!((unsigned char)text.p[i] & 0x80))
			continue;
		w.bytes = character_bytes(r, text);
		if (!w.bytes) {
			err_set(r->e, ERR_LIMIT, "the text needs too much memory");
			return NULL;
		}
	}
	if (json_is(yaml_root(w.yaml), JSON_OBJECT) && !json_count(yaml_root(w.yaml)))
		return node_add(r, NULL, (struct node){ .type = NODE_OBJECT, .form = NODE_IMPLIED });
	return add_value(&w, NULL, slice_of(NULL, 0), yaml_root(w.yaml));
}
