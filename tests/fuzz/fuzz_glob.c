/* A pattern, a line end, a text: a star more never turns a match into none, and all ends. */
#include "base/check.h"
#include "base/glob.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
	char wider[512];
	if (!end || n > 500)
		return 0;
	struct slice pattern = slice_of((const char *)data, (size_t)(end - data));
	struct slice text = slice_of((const char *)end + 1, n - pattern.n - 1);
	memcpy(wider, pattern.p, pattern.n);
	memcpy(wider + pattern.n, "**", 2);
	struct slice more = slice_of(wider, pattern.n + 2);
	bool plain = glob_match(pattern, text, 0), path = glob_match(pattern, text, '/');
	BUG_ON(plain && !glob_match(more, text, 0));
	BUG_ON(path && !glob_match(more, text, '/'));
	BUG_ON(path && !plain);
	BUG_ON(!glob_is_pattern(pattern) && plain != slice_eq(pattern, text));
	BUG_ON(glob_literal(pattern) > pattern.n);
	return 0;
}
