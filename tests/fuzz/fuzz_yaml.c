/* YAML: whatever the bytes are, what reads also reads back from its own JSON, and marks
 * lead somewhere; printed YAML is records of strings or nothing. */
#include "base/check.h"
#include "json/printed.h"
#include "json/yaml.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct err e = { 0 };
	struct yaml_place at;
	arena_init(&a, 64u << 20);
	const struct yaml *y = yaml_read(slice_of((const char *)data, size), &a, &at, &e);
	if (y) {
		struct buf b = BUF_INIT(32u << 20);
		json_write(&b, yaml_root(y));
		const struct json *again = json_read(buf_slice(&b), &a, &e);
		BUG_ON(!again || !json_equal(again, yaml_root(y)));
		yaml_locate(y, slice_of((const char *)data, size), false, &at);
		for (struct json_iter it = json_iter(yaml_root(y)); json_next(&it);) {
			struct buf pointer = BUF_INIT(4u << 20);
			json_pointer_add(&pointer, it.key.p ? it.key : SLICE_LIT("0"));
			yaml_locate(y, buf_slice(&pointer), true, &at);
			BUG_ON(at.line < 1 || at.column < 1);
			buf_release(&pointer);
		}
		buf_release(&b);
	} else {
		BUG_ON(!e.text[0] || at.line < 1 || at.column < 1);
	}
	const struct json *printed = yaml_printed(slice_of((const char *)data, size), &a);
	BUG_ON(printed && !json_is(printed, JSON_OBJECT) && !json_is(printed, JSON_ARRAY));
	for (struct json_iter it = json_iter(printed); json_next(&it);)
		BUG_ON(!json_is(it.value, JSON_OBJECT) && !json_is(it.value, JSON_ARRAY) &&
		       !json_is(it.value, JSON_STRING));
	arena_release(&a);
	return 0;
}
