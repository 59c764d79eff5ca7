/* What the readers of all three languages share. */
#include "clients/node.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/map.h"
#include "clients/readers.h"

struct node *node_add(struct reader *r, struct node *parent, struct node one)
{
	struct node *n = arena_alloc(r->arena, sizeof *n);
	if (parent && parent->type == NODE_OBJECT && parent->n == LIMIT_JSON_KEYS) {
		err_set(r->e, ERR_LIMIT, "more than %d keys in one object", LIMIT_JSON_KEYS);
		return NULL;
	}
	if (!n || ++r->values > LIMIT_JSON_VALUES) {
		err_set(r->e, ERR_LIMIT, "more values than can be kept");
		return NULL;
	}
	*n = one;
	n->parent = parent;
	if (parent && parent->last)
		parent->last->next = n;
	else if (parent)
		parent->first = n;
	if (parent) {
		parent->last = n;
		parent->n++;
	}
	return n;
}

bool reader_fail(struct reader *r, size_t at, const char *what)
{
	return node_fail(r->text, at, r->e, what);
}

void utf8_add(struct buf *b, unsigned long c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		buf_addc(b, (char)c);
	} else if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
		buf_addc(b, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(b, (char)(0x80 | (c & 63)));
	} else {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 63)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(b, (char)(0x80 | (c & 63)));
	}
}

bool hex_read(struct slice text, size_t at, size_t n, unsigned long *out)
{
	*out = 0;
	if (n > text.n || at > text.n - n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = slice_hex_digit(text.p[at + i]);
		if (digit < 0)
			return false;
		*out = *out << 4 | (unsigned)digit;
	}
	return true;
}

/* The length of the character at the front; 0: it is not UTF-8 (RFC 3629). */
static size_t character_length(const unsigned char *p, size_t n)
{
	size_t more = p[0] < 0x80 ? 0 : p[0] >= 0xc2 && p[0] < 0xe0 ? 1 : p[0] >= 0xe0 && p[0] < 0xf0 ? 2 : p[0] >= 0xf0 && p[0] < 0xf5 ? 3 : 4;
	if (more == 4 || more >= n)
		return 0;
	for (size_t i = 1; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return more + 1;
}

static bool check_utf8(struct slice text, struct err *e)
{
	for (size_t i = 0; i < text.n;) {
		size_t n = character_length((const unsigned char *)text.p + i, text.n - i);
		if (!n)
			return node_fail(text, i, e, "this is not UTF-8: save the file as UTF-8");
		if (!text.p[i])
			return node_fail(text, i, e, "a NUL byte: this is not a text of UTF-8");
		i += n;
	}
	return true;
}

struct node *node_read(enum language l, struct slice text, struct arena *a, struct err *e)
{
	struct reader r = { .text = slice_of(text.p ? text.p : "", text.n), .arena = a, .e = e };
	BUG_ON(l == LANGUAGE_NONE);
	/* Keys of a table are looked for one by one. */
	if (l != LANGUAGE_JSONC && text.n > LIMIT_CONFIG_BYTES) {
		err_set(e, ERR_LIMIT, "longer than %u bytes", LIMIT_CONFIG_BYTES);
		return NULL;
	}
	if (!check_utf8(text, e))
		return NULL;
	r.at = slice_starts(r.text, SLICE_LIT("\xef\xbb\xbf")) ? 3 : 0;
	if (l == LANGUAGE_JSONC)
		return jsonc_read(&r);
	return l == LANGUAGE_TOML ? toml_read(&r) : yaml_tree_read(&r);
}

enum node_type node_type(const struct node *n)
{
	return n ? n->type : NODE_NONE;
}

const struct node *node_get(const struct node *object, struct slice key)
{
	const struct node *found = NULL;
	if (node_type(object) != NODE_OBJECT)
		return NULL;
	for (const struct node *n = object->first; n; n = n->next)
		if (slice_eq(n->key, key))
			found = n;
	return found;
}

const struct node *node_gets(const struct node *object, const char *key)
{
	return node_get(object, slice_str(key));
}

struct slice node_string(const struct node *n)
{
	return node_type(n) == NODE_STRING ? n->text : slice_of(NULL, 0);
}

bool node_is_true(const struct node *n)
{
	return node_type(n) == NODE_BOOL && slice_is(n->text, "true");
}

bool node_is_false(const struct node *n)
{
	return node_type(n) == NODE_BOOL && slice_is(n->text, "false");
}

const struct node *node_twice(const struct node *object)
{
	struct map seen;
	const struct node *n = node_type(object) == NODE_OBJECT ? object->first : NULL;
	map_init(&seen);
	while (n && !map_put(&seen, n->key, (void *)(uintptr_t)n))
		n = n->next;
	map_release(&seen);
	return n;
}

bool node_fail(struct slice text, size_t at, struct err *e, const char *what)
{
	size_t line = 1, column = 1, i = slice_starts(text, SLICE_LIT("\xef\xbb\xbf")) ? 3 : 0;
	for (; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(e, ERR_INPUT, "line %zu, column %zu: %s", line, column, what);
}

void edits_apply(struct buf *out, struct slice text, const struct edit *v, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		BUG_ON(v[i].at < at || v[i].end < v[i].at || v[i].end > text.n);
		buf_add(out, text.p + at, v[i].at - at);
		buf_add_slice(out, v[i].text);
		at = v[i].end;
	}
	buf_add(out, text.p + at, text.n - at);
}
