/*
 * Bytes up to the first NUL are a schema, those behind it a value. Whatever they are: no crash,
 * the same answer twice, what fits strictly fits plainly, and a refusal has its reason.
 */
#include "base/check.h"
#include "base/limits.h"
#include "schema/schema.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct schema *s, const struct json *v)
{
	struct schema_report r = { .path = "" };
	bool plain = schema_check(s, v, SCHEMA_PLAIN, &r);
	BUG_ON(!plain && !r.reason[0]);
	BUG_ON(plain != schema_check(s, v, SCHEMA_PLAIN, NULL));
	BUG_ON(schema_check(s, v, SCHEMA_STRICT, &r) && !plain);
	if (!json_is(v, JSON_OBJECT))
		return;
	/* What fits must not be called impossible. */
	for (struct json_iter it = json_iter(v); plain && json_next(&it);)
		BUG_ON(!slice_is(it.key, "*") && !schema_may_have(s, &it.key, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nul = size ? memchr(text, '\0', size) : NULL;
	size_t n = nul ? (size_t)(nul - text) : size;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 1u << 26);
	const struct json *definition = json_read(slice_of(text, n), &a, &e);
	const struct json *value = nul ? json_read(slice_of(nul + 1, size - n - 1), &a, &e) : NULL;
	for (int format = 0; definition && format < 2; format++) {
		struct schema *s = schema_new(definition, &(struct schema_opts){ format }, &e);
		BUG_ON(!s && !e.text[0]);
		if (s && value)
			check(s, value);
		schema_unref(&s);
	}
	arena_release(&a);
	return 0;
}
