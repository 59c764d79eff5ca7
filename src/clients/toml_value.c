/* Keys and values of TOML 1.0 (toml.io/en/v1.0.0), with 1.1's line ends in inline tables. */
#include "clients/readers.h"

void toml_blanks(struct reader *r)
{
	while (reader_peek(r) == ' ' || reader_peek(r) == '\t')
		r->at++;
}

bool toml_space(struct reader *r)
{
	for (;;) {
		toml_blanks(r);
		if (reader_peek(r) == '#')
			while (r->at < r->text.n && r->text.p[r->at] != '\n')
				r->at++;
		if (reader_take(r, "\n") || reader_take(r, "\r\n"))
			continue;
		return reader_peek(r) != '\r' || reader_fail(r, r->at, "a carriage return without a line feed");
	}
}

static bool add_escape(struct reader *r, struct buf *b)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\033\"\\";
	char c = reader_peek(r);
	const char *found = c ? strchr(from, c) : NULL;
	size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : c == 'x' ? 2 : 0;
	unsigned long code;
	if (found) {
		buf_addc(b, to[found - from]);
		r->at++;
		return true;
	}
	if (!digits || !hex_read(r->text, r->at + 1, digits, &code))
		return reader_fail(r, r->at - 1, "an escape that TOML does not have");
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return reader_fail(r, r->at - 1, "an escape that is no character");
	utf8_add(b, code);
	r->at += digits + 1;
	return true;
}

/* A backslash at the end of a line of a long string takes the break and all blanks behind it away. */
static bool skip_line_end(struct reader *r)
{
	size_t at = r->at;
	while (at < r->text.n && (r->text.p[at] == ' ' || r->text.p[at] == '\t'))
		at++;
	if (at >= r->text.n || (r->text.p[at] != '\n' && r->text.p[at] != '\r'))
		return false;
	while (at < r->text.n && strchr(" \t\r\n", r->text.p[at]))
		at++;
	r->at = at;
	return true;
}

static bool keep(struct reader *r, struct buf *b, struct slice *out)
{
	char *copy = arena_strndup(r->arena, b->p ? b->p : "", b->n);
	*out = slice_of(copy, b->n);
	return copy || err_set(r->e, ERR_LIMIT, "the text needs too much memory");
}

/* Behind the opening quotes. Two more quotes may stand directly before the closing three. */
static bool read_long(struct reader *r, const char *quotes, struct buf *b)
{
	size_t from = r->at - 3;
	if (!reader_take(r, "\n"))
		(void)reader_take(r, "\r\n");
	while (r->at < r->text.n) {
		if (reader_take(r, quotes)) {
			for (int i = 0; i < 2 && reader_peek(r) == quotes[0]; i++, r->at++)
				buf_addc(b, quotes[0]);
			return true;
		}
		char c = r->text.p[r->at++];
		if (c == '\r' && reader_peek(r) == '\n')
			continue; /* line ends of texts are line feeds */
		if (c != '\\' || quotes[0] != '"')
			buf_addc(b, c);
		else if (!skip_line_end(r) && !add_escape(r, b))
			return false;
	}
	return reader_fail(r, from, "a string that does not end");
}

static bool read_short(struct reader *r, char quote, struct buf *b)
{
	size_t from = r->at - 1;
	while (r->at < r->text.n && r->text.p[r->at] != '\n' && r->text.p[r->at] != '\r') {
		char c = r->text.p[r->at++];
		if (c == quote)
			return true;
		if (c != '\\' || quote != '"')
			buf_addc(b, c);
		else if (!add_escape(r, b))
			return false;
	}
	return reader_fail(r, from, "a string that does not end on its line");
}

static bool read_string(struct reader *r, bool may_be_long, struct slice *out)
{
	struct buf b = BUF_INIT(r->text.n + 1);
	char quote = reader_peek(r);
	const char *quotes = quote == '"' ? "\"\"\"" : "'''";
	bool is_good;
	if (may_be_long && reader_take(r, quotes)) {
		is_good = read_long(r, quotes, &b);
	} else {
		r->at++;
		is_good = read_short(r, quote, &b);
	}
	is_good = is_good && keep(r, &b, out);
	buf_release(&b);
	return is_good;
}

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool toml_key_part(struct reader *r, struct slice *key, size_t *at)
{
	*at = r->at;
	if (reader_peek(r) == '"' || reader_peek(r) == '\'')
		return read_string(r, false, key);
	while (is_bare(reader_peek(r)))
		r->at++;
	*key = slice_of(r->text.p + *at, r->at - *at);
	return key->n || reader_fail(r, r->at, "a key should stand here");
}

struct node *toml_path(struct reader *r, struct node *from, struct slice *key, size_t *key_at)
{
	for (int depth = 0;; depth++) {
		if (!toml_key_part(r, key, key_at))
			return NULL;
		toml_blanks(r);
		if (depth == LIMIT_JSON_DEPTH) {
			reader_fail(r, *key_at, "more levels of nesting than are read");
			return NULL;
		}
		if (!reader_take(r, "."))
			return from;
		toml_blanks(r);
		struct node *next = from->first;
		while (next && !slice_eq(next->key, *key))
			next = next->next;
		if (next && next->type == NODE_LIST && next->form == NODE_TABLE)
			next = next->last;
		if (next && (next->type != NODE_OBJECT || next->form == NODE_FLOW)) {
			reader_fail(r, *key_at, "this key has a value already, and cannot be a table");
			return NULL;
		}
		struct node one = { .type = NODE_OBJECT, .form = NODE_IMPLIED, .key = *key, .key_at = *key_at, .at = *key_at, .end = *key_at };
		from = next ? next : node_add(r, from, one);
		if (!from)
			return NULL;
	}
}

static bool read_list(struct reader *r, struct node *n)
{
	for (r->at++;;) {
		if (!toml_space(r))
			return false;
		if (reader_take(r, "]"))
			return true;
		if (!toml_value(r, n, slice_of(NULL, 0), r->at) || !toml_space(r))
			return false;
		if (!reader_take(r, ",") && reader_peek(r) != ']')
			return reader_fail(r, r->at, "a comma or a closing bracket should stand here");
	}
}

static bool read_inline(struct reader *r, struct node *n)
{
	struct slice key;
	size_t key_at;
	for (r->at++;;) {
		if (!toml_space(r))
			return false;
		if (reader_take(r, "}"))
			return true;
		struct node *table = toml_path(r, n, &key, &key_at);
		if (!table)
			return false;
		if (node_get(table, key))
			return reader_fail(r, key_at, "this key stands twice");
		if (!reader_take(r, "="))
			return reader_fail(r, r->at, "an equals sign should stand here");
		toml_blanks(r);
		if (!toml_value(r, table, key, key_at) || !toml_space(r))
			return false;
		if (!reader_take(r, ",") && reader_peek(r) != '}')
			return reader_fail(r, r->at, "a comma or a closing brace should stand here");
	}
}

static bool is_of_word(char c)
{
	return is_bare(c) || c == '+' || c == '.' || c == ':';
}

static bool read_word(struct reader *r, struct node *n)
{
	size_t from = r->at;
	while (is_of_word(reader_peek(r)))
		r->at++;
	/* A date and a time may have a space between them. */
	if (r->at - from == 10 && r->text.p[from + 4] == '-' && reader_peek(r) == ' ' && r->at + 1 < r->text.n &&
	    r->text.p[r->at + 1] >= '0' && r->text.p[r->at + 1] <= '9')
		for (r->at++; is_of_word(reader_peek(r));)
			r->at++;
	n->text = slice_of(r->text.p + from, r->at - from);
	struct slice digits = n->text;
	if (digits.n && (digits.p[0] == '+' || digits.p[0] == '-'))
		digits = slice_of(digits.p + 1, digits.n - 1);
	if (slice_is(n->text, "true") || slice_is(n->text, "false"))
		n->type = NODE_BOOL;
	else if ((digits.n && digits.p[0] >= '0' && digits.p[0] <= '9') || slice_is(digits, "inf") || slice_is(digits, "nan"))
		n->type = NODE_NUMBER;
	else
		return reader_fail(r, from, "this is no value of TOML: text stands in quotes");
	return true;
}

struct node *toml_value(struct reader *r, struct node *parent, struct slice key, size_t key_at)
{
	char c = reader_peek(r);
	struct node one = { .key = key, .key_at = key_at, .at = r->at };
	one.type = c == '{' ? NODE_OBJECT : c == '[' ? NODE_LIST : NODE_STRING;
	struct node *n = node_add(r, parent, one);
	bool is_good;
	if (!n)
		return NULL;
	if (++r->depth > LIMIT_JSON_DEPTH)
		is_good = reader_fail(r, r->at, "more levels of nesting than are read");
	else if (c == '{')
		is_good = read_inline(r, n);
	else if (c == '[')
		is_good = read_list(r, n);
	else if (c == '"' || c == '\'')
		is_good = read_string(r, true, &n->text);
	else
		is_good = read_word(r, n);
	r->depth--;
	n->end = r->at;
	return is_good ? n : NULL;
}
