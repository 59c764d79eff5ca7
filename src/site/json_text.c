/* JSON as people read and copy it. */
#include "base/html.h"
#include "site/inside.h"

/* Beyond ASCII everything is escaped: what looks alike or turns the line cannot hide in a rule. */
static void add_string(struct buf *b, struct slice s)
{
	buf_addc(b, '"');
	while (s.n) {
		size_t n = 0;
		while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\')
			n++;
		buf_add(b, s.p, n);
		s = slice_of(s.p + n, s.n - n);
		if (!s.n)
			break;
		uint32_t c = html_code_point(s, &n);
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", (int)c);
		else if (c == '\n')
			buf_adds(b, "\\n");
		else if (c < 0x10000)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
		s = slice_of(s.p + n, s.n - n);
	}
	buf_addc(b, '"');
}

static void indent(struct buf *b, int depth)
{
	buf_addc(b, '\n');
	for (int i = 0; i < depth; i++)
		buf_adds(b, "  ");
}

/* json_read bounds the depth. */
static void add_value(struct buf *b, const struct json *v, int depth)
{
	bool is_object = json_is(v, JSON_OBJECT);
	if (json_is(v, JSON_STRING)) {
		add_string(b, json_string(v));
		return;
	}
	if ((!is_object && !json_is(v, JSON_ARRAY)) || !json_count(v)) {
		json_write(b, v);
		return;
	}
	bool is_first = true;
	buf_addc(b, is_object ? '{' : '[');
	for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
		buf_adds(b, is_first ? "" : ",");
		indent(b, depth + 1);
		if (is_object) {
			add_string(b, it.key);
			buf_adds(b, ": ");
		}
		add_value(b, it.value, depth + 1);
	}
	indent(b, depth);
	buf_addc(b, is_object ? '}' : ']');
}

void json_pretty(struct buf *b, const struct json *v)
{
	add_value(b, v, 0);
}
