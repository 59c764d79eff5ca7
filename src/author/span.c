/* A number and one letter; nothing else, so that "5" is never read as another unit than it was meant. */
#include "author/span.h"
#include "base/compiler.h"

#define YEARS_100 (36525ull * 86400)

bool span_read(struct slice text, int64_t *out_us)
{
	static const struct {
		char unit;
		unsigned long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	unsigned long long n;
	if (text.n < 2 || !slice_u64(slice_of(text.p, text.n - 1), &n))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].unit != text.p[text.n - 1] || n > YEARS_100 / units[i].seconds)
			continue;
		*out_us = (int64_t)(n * units[i].seconds) * 1000000;
		return true;
	}
	return false;
}
