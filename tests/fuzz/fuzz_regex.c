/*
 * Regular expressions: a pattern, an end of line, a text. Whatever the pattern is, matching
 * ends within its budget, and says the same twice.
 */
#include "base/check.h"
#include "base/regex.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = size ? memchr(p, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - p) : size;
	struct slice text = end ? slice_of(end + 1, size - n - 1) : slice_of("", 0);

	for (int d = REGEX_PCRE; d <= REGEX_ECMA; d++) {
		struct err e = { 0 };
		struct regex *r = regex_new(slice_of(p, n), (enum regex_dialect)d, &e);
		BUG_ON(!r && !e.text[0]);
		if (!r)
			continue;
		enum regex_result first = regex_match(r, text), second = regex_match(r, text);
		BUG_ON(first != second);
		size_t steps = 1000;
		enum regex_result within = regex_match_within(r, text, &steps);
		BUG_ON(steps > 1000 || (within != REGEX_LIMIT && within != first));
		regex_free(&r);
	}
	return 0;
}
