/*
 * TOML 1.0: headers of tables and lines of keys. Debian has no reader of it for C. Rules of the
 * standard that only forbid (a table of dotted keys that a header names again) are not enforced:
 * the client does that; what is read here is read as it does.
 */
#include "clients/readers.h"

static bool end_line(struct reader *r)
{
	toml_blanks(r);
	if (reader_peek(r) == '#')
		while (r->at < r->text.n && r->text.p[r->at] != '\n')
			r->at++;
	if (r->at >= r->text.n || reader_take(r, "\n") || reader_take(r, "\r\n"))
		return true;
	return reader_fail(r, r->at, "something stands behind the value on its line");
}

static struct node *find(struct node *object, struct slice key)
{
	struct node *n = object->first;
	while (n && !slice_eq(n->key, key))
		n = n->next;
	return n;
}

/* [key]: *table is what the lines below belong to. */
static bool open_table(struct reader *r, struct node *parent, struct node one, struct node **table)
{
	struct node *there = find(parent, one.key);
	one.type = NODE_OBJECT;
	if (!there) {
		*table = node_add(r, parent, one);
		return *table != NULL;
	}
	if (there->type != NODE_OBJECT || there->form != NODE_IMPLIED)
		return reader_fail(r, one.key_at, "this table stands twice");
	there->form = NODE_TABLE;
	there->key_at = one.key_at;
	there->at = one.at;
	there->end = one.end;
	*table = there;
	return true;
}

/* [[key]] */
static bool open_element(struct reader *r, struct node *parent, struct node one, struct node **table)
{
	struct node *list = find(parent, one.key);
	if (list && (list->type != NODE_LIST || list->form != NODE_TABLE))
		return reader_fail(r, one.key_at, "this key has a value already, and cannot be a list of tables");
	if (!list) {
		one.type = NODE_LIST;
		list = node_add(r, parent, one);
	}
	one.type = NODE_OBJECT;
	one.key = slice_of(NULL, 0);
	*table = list ? node_add(r, list, one) : NULL;
	return *table != NULL;
}

static bool read_header(struct reader *r, struct node *root, struct node **table)
{
	struct node one = { .form = NODE_TABLE, .at = r->at };
	bool is_element = reader_take(r, "[[");
	if (!is_element)
		r->at++;
	toml_blanks(r);
	struct node *parent = toml_path(r, root, &one.key, &one.key_at);
	if (!parent)
		return false;
	if (!reader_take(r, is_element ? "]]" : "]"))
		return reader_fail(r, r->at, "the header of a table should end here");
	one.end = r->at;
	return (is_element ? open_element(r, parent, one, table) : open_table(r, parent, one, table)) && end_line(r);
}

static bool read_pair(struct reader *r, struct node *table)
{
	struct slice key;
	size_t key_at;
	struct node *parent = toml_path(r, table, &key, &key_at);
	if (!parent)
		return false;
	if (find(parent, key))
		return reader_fail(r, key_at, "this key stands twice");
	if (!reader_take(r, "="))
		return reader_fail(r, r->at, "an equals sign should stand here");
	toml_blanks(r);
	return toml_value(r, parent, key, key_at) && end_line(r);
}

struct node *toml_read(struct reader *r)
{
	struct node one = { .type = NODE_OBJECT, .form = NODE_IMPLIED, .key_at = r->at, .at = r->at, .end = r->at };
	struct node *root = node_add(r, NULL, one), *table = root;
	while (root) {
		if (!toml_space(r))
			return NULL;
		if (r->at >= r->text.n)
			return root;
		if (reader_peek(r) == '[' ? !read_header(r, root, &table) : !read_pair(r, table))
			return NULL;
	}
	return NULL;
}
