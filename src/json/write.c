/* Printing values. What was judged is what is printed: nothing is normalised but white space and escapes. */
#include "json/value.h"

static void write_container(struct buf *b, yyjson_val *v)
{
	bool is_object = unsafe_yyjson_is_obj(v);
	size_t n = unsafe_yyjson_get_len(v);
	yyjson_val *at = unsafe_yyjson_get_first(v);
	buf_addc(b, is_object ? '{' : '[');
	for (size_t i = 0; i < n; i++, at = unsafe_yyjson_get_next(at)) {
		if (i)
			buf_addc(b, ',');
		if (is_object) {
			buf_add_json_string(b, slice_of(unsafe_yyjson_get_str(at), unsafe_yyjson_get_len(at)));
			buf_addc(b, ':');
			at++; /* a value stands right behind its key */
		}
		json_write(b, wrap(at));
	}
	buf_addc(b, is_object ? '}' : ']');
}

void json_write(struct buf *b, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL: buf_adds(b, "null"); return;
	case JSON_BOOL: buf_adds(b, json_true(v) ? "true" : "false"); return;
	case JSON_NUMBER: buf_add_slice(b, json_number(v)); return;
	case JSON_STRING: buf_add_json_string(b, json_string(v)); return;
	case JSON_ARRAY:
	case JSON_OBJECT: write_container(b, raw(v)); return;
	}
}

void json_write_with(struct buf *b, const struct json *object, struct slice key, struct slice raw)
{
	bool is_done = !raw.p, is_first = true;
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(object); json_next(&it);) {
		bool is_key = slice_eq(it.key, key);
		if (is_key && !raw.p)
			continue;
		if (!is_first)
			buf_addc(b, ',');
		is_first = false;
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		if (is_key)
			buf_add_slice(b, raw);
		else
			json_write(b, it.value);
		is_done |= is_key;
	}
	if (!is_done) {
		if (!is_first)
			buf_addc(b, ',');
		buf_add_json_string(b, key);
		buf_addc(b, ':');
		buf_add_slice(b, raw);
	}
	buf_addc(b, '}');
}
