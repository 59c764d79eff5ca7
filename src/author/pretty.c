/* A value goes on one line when it fits, so that rules stay as compact as people write them. */
#include "author/pretty.h"

#define COLUMNS 100

static void write_flat(struct buf *b, const struct json *v)
{
	bool is_object = json_is(v, JSON_OBJECT);
	size_t n = 0;
	if (!json_count(v)) {
		json_write(b, v);
		return;
	}
	buf_adds(b, is_object ? "{ " : "[");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		buf_adds(b, n++ ? ", " : "");
		if (is_object) {
			buf_add_json_string(b, it.key);
			buf_adds(b, ": ");
		}
		write_flat(b, it.value);
	}
	buf_adds(b, is_object ? " }" : "]");
}

static void new_line(struct buf *b, size_t level)
{
	buf_addc(b, '\n');
	for (size_t i = 0; i < level; i++)
		buf_adds(b, "  ");
}

/* used: columns of the line that stand before the value. */
static void write_value(struct buf *b, const struct json *v, size_t level, size_t used)
{
	size_t start = b->n, n = 0;
	bool is_object = json_is(v, JSON_OBJECT);
	write_flat(b, v);
	if (!json_count(v) || (level > 0 && used + (b->n - start) <= COLUMNS) || b->failed)
		return;
	b->n = start;
	buf_addc(b, is_object ? '{' : '[');
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		buf_adds(b, n++ ? "," : "");
		new_line(b, level + 1);
		size_t before = b->n;
		if (is_object) {
			buf_add_json_string(b, it.key);
			buf_adds(b, ": ");
		}
		write_value(b, it.value, level + 1, 2 * (level + 1) + (b->n - before) + 1);
	}
	new_line(b, level);
	buf_addc(b, is_object ? '}' : ']');
}

void pretty_write(struct buf *b, const struct json *v)
{
	write_value(b, v, 0, 0);
	buf_addc(b, '\n');
}
