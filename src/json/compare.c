/* Typed equality. */
#include "json/json.h"

bool json_equal(const struct json *a, const struct json *b)
{
	enum json_type t = json_type(a);
	if (t != json_type(b))
		return false;
	switch (t) {
	case JSON_NONE:
	case JSON_NULL: return true;
	case JSON_BOOL: return json_true(a) == json_true(b);
	case JSON_NUMBER: return json_number_compare(json_number(a), json_number(b)) == 0;
	case JSON_STRING: return slice_eq(json_string(a), json_string(b));
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	if (json_count(a) != json_count(b))
		return false;
	struct json_iter ia = json_iter(a), ib = json_iter(b);
	while (json_next(&ia)) {
		const struct json *other;
		if (t == JSON_OBJECT)
			other = json_get(b, ia.key);
		else
			other = json_next(&ib) ? ib.value : NULL;
		if (!other || !json_equal(ia.value, other))
			return false;
	}
	return true;
}
