/* Printing values. What was judged is what is printed: nothing is normalised but white space and escapes. */
#include "json/json.h"

void json_write(struct buf *b, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL: buf_adds(b, "null"); return;
	case JSON_BOOL: buf_adds(b, json_true(v) ? "true" : "false"); return;
	case JSON_NUMBER: buf_add_slice(b, json_number(v)); return;
	case JSON_STRING: buf_add_json_string(b, json_string(v)); return;
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	bool is_object = json_is(v, JSON_OBJECT), is_first = true;
	buf_addc(b, is_object ? '{' : '[');
	for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		if (is_object) {
			buf_add_json_string(b, it.key);
			buf_addc(b, ':');
		}
		json_write(b, it.value);
	}
	buf_addc(b, is_object ? '}' : ']');
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
