/*
 * JSON as editors keep their settings: RFC 8259 with comments of C and C++, and a comma behind the last
 * element. What a client tolerates beyond that (single quotes, keys without quotes) is refused.
 */
#include "clients/readers.h"

static bool skip_comment(struct reader *r)
{
	size_t from = r->at;
	const char *p = r->text.p;
	if (reader_take(r, "//")) {
		while (r->at < r->text.n && p[r->at] != '\n' && p[r->at] != '\r')
			r->at++;
		return true;
	}
	r->at += 2;
	while (r->at < r->text.n) {
		if (reader_take(r, "*/"))
			return true;
		r->at++;
	}
	return reader_fail(r, from, "a comment that does not end");
}

static bool skip_space(struct reader *r)
{
	while (r->at < r->text.n) {
		char c = r->text.p[r->at];
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			r->at++;
			continue;
		}
		if (c != '/' || r->at + 1 >= r->text.n || (r->text.p[r->at + 1] != '/' && r->text.p[r->at + 1] != '*'))
			return true;
		if (!skip_comment(r))
			return false;
	}
	return true;
}

/* Behind the backslash of \u; *end moves over a second half, too. */
static bool add_unicode(struct reader *r, struct buf *b, size_t *end)
{
	unsigned long high, low;
	if (!hex_read(r->text, *end, 4, &high))
		return reader_fail(r, *end, "behind \\u stand four hexadecimal digits");
	*end += 4;
	if (high >= 0xd800 && high < 0xdc00 && *end + 6 <= r->text.n && r->text.p[*end] == '\\' && r->text.p[*end + 1] == 'u' &&
	    hex_read(r->text, *end + 2, 4, &low) && low >= 0xdc00 && low < 0xe000) {
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
		*end += 6;
	}
	utf8_add(b, high);
	return true;
}

static bool add_escape(struct reader *r, struct buf *b, size_t *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *end < r->text.n ? r->text.p[*end] : '\0';
	const char *found = c ? strchr(from, c) : NULL;
	if (c == 'u') {
		++*end;
		return add_unicode(r, b, end);
	}
	if (!found)
		return reader_fail(r, *end - 1, "an escape that JSON does not have");
	buf_addc(b, to[found - from]);
	++*end;
	return true;
}

/* From the quote at r->at to behind the closing one. Without escapes it stays in the text. */
static bool read_string(struct reader *r, struct slice *out)
{
	size_t from = r->at, start = ++r->at;
	struct buf b = BUF_INIT(r->text.n + 1);
	bool is_good = true, is_plain = true;
	for (; is_good && r->at < r->text.n && r->text.p[r->at] != '"'; ) {
		char c = r->text.p[r->at++];
		if (c == '\n' || c == '\r') {
			is_good = reader_fail(r, from, "a string that does not end on its line");
		} else if (c == '\\') {
			if (is_plain)
				buf_add(&b, r->text.p + start, r->at - 1 - start);
			is_plain = false;
			is_good = add_escape(r, &b, &r->at);
		} else if (!is_plain) {
			buf_addc(&b, c);
		}
	}
	if (is_good && r->at >= r->text.n)
		is_good = reader_fail(r, from, "a string that does not end");
	*out = slice_of(r->text.p + start, r->at - start);
	if (is_good && !is_plain) {
		*out = slice_of(arena_strndup(r->arena, b.p ? b.p : "", b.n), b.n);
		if (!out->p)
			is_good = err_set(r->e, ERR_LIMIT, "the text needs too much memory");
	}
	buf_release(&b);
	r->at++;
	return is_good;
}

static bool is_number(struct slice s)
{
	size_t i = 0, from;
	const char *p = s.p;
	i += i < s.n && p[i] == '-';
	for (from = i; i < s.n && p[i] >= '0' && p[i] <= '9';)
		i++;
	if (i == from || (p[from] == '0' && i > from + 1))
		return false;
	if (i < s.n && p[i] == '.') {
		for (from = ++i; i < s.n && p[i] >= '0' && p[i] <= '9';)
			i++;
		if (i == from)
			return false;
	}
	if (i < s.n && (p[i] | 32) == 'e') {
		i++;
		i += i < s.n && (p[i] == '+' || p[i] == '-');
		for (from = i; i < s.n && p[i] >= '0' && p[i] <= '9';)
			i++;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static bool read_word(struct reader *r, struct node *n)
{
	size_t from = r->at;
	while (r->at < r->text.n && !strchr(" \t\r\n,:]}[{\"/", r->text.p[r->at]))
		r->at++;
	n->text = slice_of(r->text.p + from, r->at - from);
	n->type = slice_is(n->text, "true") || slice_is(n->text, "false") ? NODE_BOOL :
		  slice_is(n->text, "null")				  ? NODE_NULL :
		  is_number(n->text)					  ? NODE_NUMBER :
									    NODE_NONE;
	return n->type != NODE_NONE || reader_fail(r, from, r->at >= r->text.n ? "the text ends where a value should stand" : "this is no value of JSON");
}

static struct node *read_value(struct reader *r, struct node *parent, struct slice key, size_t key_at);

static bool read_member(struct reader *r, struct node *n)
{
	struct slice key = slice_of(NULL, 0);
	size_t key_at;
	if (!skip_space(r))
		return false;
	key_at = r->at;
	if (n->type == NODE_OBJECT) {
		if (reader_peek(r) != '"')
			return reader_fail(r, r->at, "a key in double quotes should stand here");
		if (!read_string(r, &key) || !skip_space(r))
			return false;
		if (!reader_take(r, ":"))
			return reader_fail(r, r->at, "a colon should stand here");
		if (!skip_space(r))
			return false;
	}
	return read_value(r, n, key, n->type == NODE_OBJECT ? key_at : r->at) != NULL;
}

static bool read_members(struct reader *r, struct node *n)
{
	const char *close = n->type == NODE_OBJECT ? "}" : "]";
	r->at++;
	if (++r->depth > LIMIT_JSON_DEPTH)
		return reader_fail(r, r->at, "more levels of nesting than are read");
	for (;;) {
		if (!skip_space(r))
			return false;
		if (reader_take(r, close))
			break;
		if (!read_member(r, n) || !skip_space(r))
			return false;
		if (!reader_take(r, ",") && reader_peek(r) != close[0])
			return reader_fail(r, r->at, r->at >= r->text.n ? "the text ends inside an object or a list" : "a comma or a closing bracket should stand here");
	}
	r->depth--;
	return true;
}

static struct node *read_value(struct reader *r, struct node *parent, struct slice key, size_t key_at)
{
	char c = reader_peek(r);
	struct node one = { .key = key, .key_at = key_at, .at = r->at };
	one.type = c == '{' ? NODE_OBJECT : c == '[' ? NODE_LIST : NODE_STRING;
	struct node *n = node_add(r, parent, one);
	if (!n)
		return NULL;
	if (c == '{' || c == '[') {
		if (!read_members(r, n))
			return NULL;
	} else if (c == '"') {
		if (!read_string(r, &n->text))
			return NULL;
	} else if (!read_word(r, n)) {
		return NULL;
	}
	n->end = r->at;
	return n;
}

struct node *jsonc_read(struct reader *r)
{
	if (!skip_space(r))
		return NULL;
	if (r->at >= r->text.n)
		return node_add(r, NULL, (struct node){ .type = NODE_OBJECT, .form = NODE_IMPLIED, .at = r->at, .key_at = r->at, .end = r->at });
	struct node *root = read_value(r, NULL, slice_of(NULL, 0), r->at);
	if (!root || !skip_space(r))
		return NULL;
	if (r->at < r->text.n) {
		reader_fail(r, r->at, "something stands behind the value");
		return NULL;
	}
	return root;
}
